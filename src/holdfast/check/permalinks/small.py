"""Zola and Pelican.

Opens nothing.
"""

from __future__ import annotations

import posixpath
import re

from ...addresses import join
from ...generators.settings import table, text
from .. import front as fronts
from ..front import Front
from .record import MARKDOWN, Facts, Page, plain_slug, stem_of, tidied, under


class Zola:
    """``content/post/a.md`` is served at ``post/a/`` (getzola.org/documentation/content/page)."""

    def __init__(self, facts: Facts) -> None:
        values = facts.values
        self._facts = facts
        self._safe = text(table(values.get("slugify")).get("paths")) in ("", "on")
        names = values.get("taxonomies")
        self._taxonomies = {
            text(table(each).get("name")) for each in (names if isinstance(names, list) else ())
        }
        self._language = text(values.get("default_language")) or "en"
        self._languages = set(table(values.get("languages")))

    def page(self, path: str, front: Front | None) -> Page | None:
        """See `Permalinks`."""
        rest = under(path, self._facts.content)
        if rest is None or stem_of(path)[2] not in MARKDOWN:
            return None
        values = front or {}
        folder, stem, _ = stem_of(rest)
        head, dot, tail = stem.rpartition(".")
        prefix = ""
        if dot and tail in self._languages | {self._language}:
            stem, prefix = head, "" if tail == self._language else tail
        own = fronts.text(values, "path")
        slug = fronts.text(values, "slug")
        if own:
            address = own.strip("/")
        elif stem == "_index":
            address = self._clean(folder)
        elif stem == "index":
            parent, name = posixpath.split(folder)
            address = join(self._clean(parent), slug or self._named(name))
        else:
            address = join(self._clean(folder), slug or self._named(stem))
        address = join(prefix, address)
        addresses = [address + "/" if address else ""]
        addresses += [tidied(alias) for alias in fronts.texts(values, "aliases")]
        return Page(path, tuple(addresses), front is not None and self._facts.read)

    def _named(self, stem: str) -> str:
        """A date at the beginning of a file's name is no part of the address."""
        return self._clean(re.sub(r"^\d{4}-\d{2}-\d{2}(?:T[\d:]+Z?)?[-_]\s*", "", stem))

    def _clean(self, path: str) -> str:
        if not self._safe:
            return path
        return "/".join(re.sub(r"[-_\s]+", "-", plain_slug(part)) if part else "" for part in path.split("/"))

    def may_be(self, address: str) -> bool:
        """See `Permalinks`."""
        first = address.split("/")[0]
        made = re.search(r"(?:^|/)page/\d+/?$|\.(?:xml|json|txt|css|js)$|^404\.html$", address)
        return made is not None or first in self._taxonomies or first in self._languages


class Pelican:
    """Articles at ``{slug}.html``, pages at ``pages/{slug}.html``, unless settings move them."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._article = text(facts.values.get("ARTICLE_URL")) or "{slug}.html"
        self._page = text(facts.values.get("PAGE_URL")) or "pages/{slug}.html"
        self._by_name = facts.values.get("SLUGIFY_SOURCE") == "basename"

    def page(self, path: str, front: Front | None) -> Page | None:
        """See `Permalinks`: a guess, since slugs depend on settings and plug-ins."""
        rest = under(path, self._facts.content)
        if rest is None or stem_of(path)[2] not in MARKDOWN | {".rst", ".html"}:
            return None
        values = front or {}
        _, stem, _ = stem_of(rest)
        title = stem if self._by_name else fronts.text(values, "title") or stem
        slug = fronts.text(values, "slug") or plain_slug(title)
        own = fronts.text(values, "url") or fronts.text(values, "save_as")
        pattern = own or (self._page if rest.startswith("pages/") else self._article)
        filled = pattern.replace("{slug}", slug).replace("{lang}", fronts.text(values, "lang"))
        if "{" in filled:
            return Page(path, (slug + ".html",), known=False)
        return Page(path, (tidied(filled),), known=False)

    def may_be(self, address: str) -> bool:  # noqa: ARG002 - whatever it is
        """See `Permalinks`."""
        return True

"""Generators whose pages keep, or nearly keep, the place of their source.

Opens nothing. MkDocs, mdBook, VitePress, Docusaurus and Eleventy; `Unknown` for those whose addresses are
decided by programs.
"""

from __future__ import annotations

import posixpath
import re

from ...addresses import join
from ...generators.scripts import script_value
from ...generators.settings import table
from .. import front as fronts
from ..front import Front
from .record import MARKDOWN, Facts, Page, day_of, stem_of, tidied, under, words

_HTML = frozenset({".html", ".htm"})


class Unknown:
    """Astro, Gatsby: routes are made by code."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def page(self, path: str, front: Front | None) -> Page | None:
        """See `Permalinks`: a guess by the path and by ``slug``."""
        rest = under(path, self._facts.content)
        if rest is None or stem_of(path)[2] not in MARKDOWN:
            return None
        folder, stem, _ = stem_of(re.sub(r"^(?:content|pages)/", "", rest))
        own = [fronts.text(front or {}, key) for key in ("slug", "path", "permalink", "url")]
        given = [tidied(each) for each in own if each]
        plain = join(folder, "" if stem == "index" else stem)
        return Page(path, tuple(dict.fromkeys([*given, plain + "/" if plain else ""])), known=False)

    def may_be(self, address: str) -> bool:  # noqa: ARG002 - whatever it is
        """See `Permalinks`."""
        return True


SILENT_PLUGINS = frozenset(
    words("""
    search minify git-revision-date git-revision-date-localized git-authors git-committers git-committers-2
    glightbox awesome-pages awesome-nav section-index literate-nav redirects social
    offline privacy optimize meta typeset rss mermaid2 exclude exclude-search info tooltips include-markdown
    table-reader charts group panzoom video markdown-exec autolinks swagger-ui-tag pagetree
    img2fig tabbed
    """)
)
"""Plug-ins of MkDocs that add no page to those that are there."""


class MkDocs:
    """``docs/a.md`` is served at ``a/``, or at ``a.html`` without directory URLs (mkdocs.org/user-guide)."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        plugins = facts.values.get("plugins", ["search"])
        names: list[str] = []
        for each in plugins if isinstance(plugins, list) else list(plugins or ()):
            names += [str(key) for key in each] if isinstance(each, dict) else [str(each)]
        self._redirects: dict[str, str] = {}
        for each in plugins if isinstance(plugins, list) else [plugins]:
            maps = table(table(table(each).get("redirects")).get("redirect_maps"))
            self._redirects |= {str(old): str(new) for old, new in maps.items()}
        self.complete = (
            not facts.values.get("hooks")
            and all(name.rpartition("/")[2] in SILENT_PLUGINS for name in names)
            and "INHERIT" not in facts.values
        )
        self._moved = {self._address(old) for old in self._redirects}

    def _address(self, rest: str) -> str:
        folder, stem, _ = stem_of(rest)
        if stem in ("index", "README"):
            return f"{folder}/" if folder else ""
        return join(folder, stem) + ("/" if self._facts.page_folders else ".html")

    def page(self, path: str, front: Front | None) -> Page | None:  # noqa: ARG002 - it moves no page here
        """See `Permalinks`."""
        rest = under(path, self._facts.content)
        if rest is None or stem_of(path)[2] not in MARKDOWN:
            return None
        return Page(path, (self._address(rest),), self.complete)

    def may_be(self, address: str) -> bool:
        """See `Permalinks`."""
        if tidied(address) in self._moved or tidied(address) + "/" in self._moved:
            return True
        return (
            not self.complete
            or posixpath.splitext(address)[1] in (".xml", ".gz", ".json", ".js", ".css")
            or (address in ("404.html", "search.html", "search/", "genindex/"))
        )


class MdBook:
    """``src/a.md`` is served at ``a.html`` (rust-lang.github.io/mdBook)."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        html = table(table(facts.values.get("output")).get("html"))
        self._redirects = {tidied(str(old)) for old in table(html.get("redirect"))}
        # [preprocessor.x] may write chapters, other renderers' output lies beside the HTML
        self.complete = not table(facts.values.get("preprocessor"))

    def page(self, path: str, front: Front | None) -> Page | None:  # noqa: ARG002 - it moves no page here
        """See `Permalinks`."""
        rest = under(path, self._facts.content)
        if rest is None or stem_of(path)[2] not in MARKDOWN:
            return None
        folder, stem, _ = stem_of(rest)
        if rest == "SUMMARY.md":
            return None
        if stem.lower() in ("index", "readme"):
            return Page(path, (f"{folder}/" if folder else "",))
        return Page(path, (join(folder, f"{stem}.html"),))

    def may_be(self, address: str) -> bool:
        """See `Permalinks`."""
        return (
            address in self._redirects
            or address in ("", "print.html", "toc.html", "404.html")
            or (not self.complete)
        )


class VitePress:
    """``a.md`` is served at ``a.html``, with ``cleanUrls`` at ``a`` (vitepress.dev/guide/routing)."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        dynamic = any("[" in posixpath.basename(path) for path in facts.paths)
        self.complete = not dynamic and not re.search(
            r"(?<![\w.$])(?:rewrites|ignoreDeadLinks|locales|transformPageData)\s*:", facts.script
        )

    def page(self, path: str, front: Front | None) -> Page | None:  # noqa: ARG002 - it moves no page here
        """See `Permalinks`."""
        rest = under(path, self._facts.content)
        if rest is None or stem_of(path)[2] not in MARKDOWN or "[" in path:
            return None
        folder, stem, _ = stem_of(rest)
        if stem == "index":
            return Page(path, (f"{folder}/" if folder else "",), self.complete)
        return Page(path, (join(folder, f"{stem}.html"), join(folder, stem)), self.complete)

    def may_be(self, address: str) -> bool:
        """See `Permalinks`."""
        return not self.complete or posixpath.splitext(address)[1] in (".xml", ".json", ".txt")


_NUMBER = re.compile(r"^(?!\d+[-_.]\d+(?:[-_.]|$))\d+\s*[-_.]+\s*(?=[^-_.\s])")
"""Docusaurus' number prefixes: ``01-``, ``1. ``; not what looks like a date or a version."""


class Docusaurus:
    """Docs, blog and pages plug-ins with their own paths (docusaurus.io/docs/create-doc)."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        routes = re.findall(r"""routeBasePath\s*:\s*["']([^"']*)["']""", facts.script)
        self._routes = {
            "docs": self._route(facts.script, "docs", "docs"),
            "blog": self._route(facts.script, "blog", "blog"),
        }
        self._several = len(routes) > 2 or "@docusaurus/plugin-content-docs" in facts.script
        self._version = script_value(facts.script, "lastVersion")

    @staticmethod
    def _route(script: str, plugin: str, fallback: str) -> str:
        inside = re.search(rf"""(?<![\w.$])["']?{plugin}["']?\s*:\s*\{{(?P<body>[^{{}}]*)""", script)
        value = script_value(inside["body"], "routeBasePath") if inside else None
        return fallback if value is None else value.strip("/")

    def page(self, path: str, front: Front | None) -> Page | None:
        """See `Permalinks`: Docusaurus' own addresses are right unless versions or locales move them."""
        folder, stem, ending = stem_of(path)
        if ending not in MARKDOWN or stem.startswith("_"):
            return None
        plugin, _, inner = folder.partition("/")
        slug = fronts.text(front or {}, "slug")
        if plugin == "docs":
            return Page(path, tuple(self._doc(inner, stem, front or {}, slug)), known=False)
        if plugin == "blog":
            return Page(path, tuple(self._post(inner, stem, slug)), known=False)
        if folder == "src/pages" or folder.startswith("src/pages/"):
            rest = folder.removeprefix("src/pages").strip("/")
            return Page(path, (join(rest, "" if stem == "index" else stem),), known=False)
        return Page(path, (join(folder, stem),), known=False)

    def _doc(self, folder: str, stem: str, front: Front, slug: str) -> list[str]:
        route = self._routes["docs"]
        plain = "/".join(_NUMBER.sub("", part) for part in folder.split("/") if part)
        name = fronts.text(front, "id") or _NUMBER.sub("", stem)
        if slug:
            inside = slug.lstrip("/") if slug.startswith("/") else posixpath.normpath(join(plain, slug))
            return [join(route, inside.strip("/"))]
        last = plain.rpartition("/")[2]
        if name.lower() in ("index", "readme") or (last and name.lower() == last.lower()):
            return [join(route, plain) + "/"]
        return [join(route, plain, name)]

    def _post(self, folder: str, stem: str, slug: str) -> list[str]:
        route = self._routes["blog"]
        if slug:
            return [join(route, slug.strip("/"))]
        whole = join(folder, "" if stem == "index" else stem)
        dated = re.match(r"(?:.*/)?(\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(.*)", whole)
        if dated and day_of(dated[1].replace("/", "-")):
            return [join(route, dated[1].replace("-", "/"), dated[2])]
        return [join(route, whole)]

    def may_be(self, address: str) -> bool:  # noqa: ARG002 - whatever it is
        """See `Permalinks`."""
        return True


class Eleventy:
    """``a.md`` is served at ``a/`` (11ty.dev/docs/permalinks); data files and code may say otherwise."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def page(self, path: str, front: Front | None) -> Page | None:
        """See `Permalinks`."""
        rest = under(path, self._facts.content)
        if rest is None or stem_of(path)[2] not in MARKDOWN | _HTML:
            return None
        own = fronts.text(front or {}, "permalink")
        if own and "{" not in own and own != "false":
            return Page(path, (tidied(own),), known=False)
        folder, stem, _ = stem_of(rest)
        stem = re.sub(r"^\d{4}-\d{2}-\d{2}-", "", stem)
        if stem in ("index", "README") or stem == posixpath.basename(folder):
            return Page(path, (f"{folder}/" if folder else "",), known=False)
        return Page(path, (join(folder, stem) + "/",), known=False)

    def may_be(self, address: str) -> bool:  # noqa: ARG002 - whatever it is
        """See `Permalinks`."""
        return True

"""Hexo: posts by ``permalink``, pages by their path (hexo.io/docs/permalinks, hexo.io/docs/configuration).

Opens nothing.
"""

from __future__ import annotations

import posixpath
import re

from ...addresses import join
from ...generators.settings import table, text
from .. import front as fronts
from ..front import Front
from .record import MARKDOWN, Day, Facts, Page, day_of, expand, stem_of, tidied, under

_RENDERED = MARKDOWN | {".html", ".htm", ".ejs", ".pug", ".njk", ".swig", ".json", ".yml", ".yaml"}
_PAGES = MARKDOWN | {".html", ".htm"}
_SPECIAL = re.compile(r"[\s~`!@#$%^&*()\-_+=[\]{}|\\;:\"'<>,.?/]+")
_MADE = re.compile(
    r"(?:page/\d+/?|(?:index|atom|feed|rss\d?|sitemap|search|baidusitemap)\.(?:xml|html|json)|.*\.(?:xml|json|txt)"
    r"|(?:.*/)?page/\d+/?|[^/]*/?)$"
)
_PARTS = {
    "title": r"(.+)",
    "year": r"(\d{4})",
    "month": r"(\d{2})",
    "i_month": r"(\d{1,2})",
    "day": r"(\d{2})",
    "i_day": r"(\d{1,2})",
    "hash": r"([0-9a-f]{12})",
}


def slug_of(title: str) -> str:
    """``slugize`` of hexo-util: every run of marks and white space becomes one hyphen."""
    return re.sub(r"-{2,}", "-", _SPECIAL.sub("-", title)).strip("-")


class Hexo:
    """One site's rules."""

    def __init__(self, facts: Facts) -> None:
        values = facts.values
        self._facts = facts
        self._permalink = text(values.get("permalink")) or ":year/:month/:day/:title/"
        self._defaults = table(values.get("permalink_defaults"))
        self._category = text(values.get("default_category")) or "uncategorized"
        self._category_map = table(values.get("category_map"))
        self._case = values.get("filename_case") or 0
        self._folders = tuple(
            (text(values.get(key)) or fallback).strip("/")
            for key, fallback in (
                ("tag_dir", "tags"),
                ("category_dir", "categories"),
                ("archive_dir", "archives"),
            )
        )
        pattern = re.escape(text(values.get("new_post_name")) or ":title.md").removesuffix(r"\.md")
        self._names: list[str] = []

        def group(match: re.Match[str]) -> str:
            self._names.append(match[1])
            return _PARTS.get(match[1], "(.+?)")

        self._name = re.compile(re.sub(r":(\w+)", group, pattern.replace(r"\:", ":")))

    def page(self, path: str, front: Front | None) -> Page | None:
        """See `Permalinks`."""
        rest = under(path, self._facts.content)
        if rest is None:
            return None
        folder, stem, ending = stem_of(rest)
        if ending not in _PAGES:
            return None
        parts = folder.split("/")
        if parts[0] in ("_posts", "_drafts"):
            return self._post(path, join("/".join(parts[1:]), stem), front)
        if any(part.startswith("_") for part in (*parts, stem)):
            return None
        return self._page(path, folder, stem, front)

    def _page(self, path: str, folder: str, stem: str, front: Front | None) -> Page:
        own = fronts.text(front or {}, "permalink")
        address = tidied(own) if own else tidied(join(folder, f"{stem}.html"))
        if own and not posixpath.splitext(address)[1] and not address.endswith("/"):
            address += "/"
        return Page(path, (address,), front is not None)

    def _post(self, path: str, slug: str, front: Front | None) -> Page:
        values = front or {}
        own = fronts.text(values, "permalink")
        if own and ":" not in own:
            address = tidied(own)
            # "Permalink should end with / or .html"; what has neither is served as a folder
            address += "" if address.endswith("/") or posixpath.splitext(address)[1] else "/"
            return Page(path, (address,), files_at=address if address.endswith("/") else None)
        title, named = self._named(slug)
        tokens = {"title": fronts.text(values, "slug") or title}
        tokens["name"] = posixpath.basename(tokens["title"])
        if fronts.text(values, "title"):
            tokens["post_title"] = slug_of(fronts.text(values, "title")).lower()
        day = day_of(fronts.text(values, "date")) or self._day(named)
        if day is not None:
            tokens |= day.tokens
        tokens["category"] = self._categories(values)
        tokens |= {key: text(value) for key, value in self._defaults.items() if text(value)}
        tokens |= {key: value for key in ("lang", "layout") if (value := fronts.text(values, key))}
        filled = expand(own or self._permalink, tokens)
        if filled is None:
            return Page(path, (tidied(slug) + "/",), known=False)
        known = front is not None and self._facts.read and not (day is not None and day.zoned)
        address = filled if filled.endswith("/") or posixpath.splitext(filled)[1] else filled + "/"
        return Page(
            path, (address,), known, address if address.endswith("/") else posixpath.dirname(address) + "/"
        )

    def _named(self, slug: str) -> tuple[str, dict[str, str]]:
        """The title in a file's name, and what else ``new_post_name`` says is in it."""
        match = self._name.fullmatch(slug)
        if match is None:
            return slug_of(slug), {}
        found = dict(zip(self._names, match.groups(), strict=True))
        return found.get("title", slug), found

    def _day(self, named: dict[str, str]) -> Day | None:
        month, day = named.get("month") or named.get("i_month"), named.get("day") or named.get("i_day")
        return day_of(f"{named['year']}-{month}-{day}") if named.get("year") and month and day else None

    def _categories(self, front: Front) -> str:
        names = fronts.texts(front, "categories") or fronts.texts(front, "category")
        if not names:
            return self._category
        return "/".join(slug_of(text(self._category_map.get(name)) or name) for name in names)

    def may_be(self, address: str) -> bool:
        """See `Permalinks`."""
        return address.split("/")[0] in self._folders or _MADE.fullmatch(address) is not None

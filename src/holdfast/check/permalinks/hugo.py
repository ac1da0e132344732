"""Hugo: content organization, URL management, permalinks, multilingual mode (gohugo.io/content-management).

Opens nothing. Checked against pages that Hugo itself wrote (tests/check/test_permalinks_hugo.py).
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from ...addresses import below, join
from ...generators.settings import listed, table, text, tidy
from .. import front as fronts
from ..front import Front
from .record import DAYS, MARKDOWN, MONTHS, Day, Facts, Page, day_of, expand, stem_of, tidied, under

_CONTENT = MARKDOWN | {".html", ".htm", ".org", ".adoc", ".asciidoc", ".ad", ".pandoc", ".pdc", ".rst"}
_KEPT = frozenset("./\\_-#+~@")
"""What `paths.Sanitize` of Hugo leaves in an address beside letters, digits and marks."""
_NAME_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T_]\d{2}-\d{2}-\d{2})?[-_ ]+(.*)")
_MADE = re.compile(
    r"(?:.*/)?(?:page/\d+/?|index\.[a-z]+|sitemap.*|robots\.txt|404(?:\.html)?|[^/]+\.(?:xml|json|txt|ics|webmanifest))$"
)
"""Pagination, feeds and what output formats write."""


def file_path(path: str) -> str:
    """A path of the content tree as Hugo puts it into an address: every space is a hyphen."""
    return "".join(sign for sign in re.sub(r"\s", "-", path) if _is_kept(sign))


def urlized(text: str) -> str:
    """A slug as Hugo puts it into an address (``urlize``): no two hyphens for the space beside one."""
    made: list[str] = []
    waiting = False
    for sign in text.strip():
        if _is_kept(sign):
            if waiting and sign != "-":
                made.append("-")
            waiting = False
            made.append(sign)
        elif made and made[-1] != "-" and sign.isspace():
            waiting = True
    return "".join(made)


def _is_kept(sign: str) -> bool:
    return sign.isalnum() or sign in _KEPT or unicodedata.category(sign)[0] in "LM"


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize(
        "NFC", "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    )


class Hugo:
    """One site's rules."""

    def __init__(self, facts: Facts) -> None:
        values = facts.values
        self._facts = facts
        self._lower = values.get("disablepathtolower") is not True
        self._accents = values.get("removepathaccents") is not True
        self._ugly: Any = values.get("uglyurls")
        self._permalinks = table(values.get("permalinks"))
        self._read = facts.read
        languages = {
            str(name).lower(): table(each)
            for name, each in table(values.get("languages")).items()
            if not table(each).get("disabled")
        }
        self._default = (text(values.get("defaultcontentlanguage")) or "en").lower()
        self._in_folder = values.get("defaultcontentlanguageinsubdir") is True
        self._languages = languages
        self._folders = {
            tidy(each["contentdir"]): name for name, each in languages.items() if text(each.get("contentdir"))
        }
        self._bundles = {
            posixpath.dirname(path)
            for path in facts.paths
            if re.fullmatch(r"index(?:\.[\w-]+)?", stem_of(path)[1]) and stem_of(path)[2] in _CONTENT
        }
        named = table(values.get("taxonomies"))
        self.taxonomies = (
            {key: text(value) for key, value in named.items()}
            if "taxonomies" in values
            else {"tag": "tags", "category": "categories"}
        )
        disabled = {kind.lower() for kind in listed(values.get("disablekinds"))}
        if "taxonomy" in disabled and "term" in disabled:
            self.taxonomies = {}

    def page(self, path: str, front: Front | None) -> Page | None:
        """See `Permalinks`."""
        rest = under(path, self._facts.content)
        if rest is None:
            return None
        folder, stem, ending = stem_of(rest)
        if ending not in _CONTENT or self._is_resource(path):
            return None
        stem, language = self._language(path, stem)
        found = self._address(folder, stem, front or {})
        prefix = self._prefix(language)
        if found is None:
            guess = self._pretty(join(folder, stem), False)
            return Page(path, (tidied(join(prefix, guess)),), known=False)
        addresses = [self._whole(prefix, address) for address in found]
        ugly = self._is_ugly(folder.split("/")[0])
        for alias in fronts.texts(front or {}, "aliases"):
            # a relative one is measured from the folder that holds the page's own
            above = posixpath.dirname("/" + addresses[0].rstrip("/"))
            path_to = tidied(posixpath.normpath(posixpath.join(above, alias)))
            whole = self._whole(prefix, path_to)
            addresses += [path_to, whole, *(f"{each}.html" for each in (path_to, whole) if ugly)]
        known = front is not None and self._read
        files = addresses[0] if stem in ("index", "_index") else None
        return Page(path, tuple(dict.fromkeys(addresses)), known, files)

    def _is_resource(self, path: str) -> bool:
        """Whether it lies in a leaf bundle whose page is another document."""
        folder, stem, _ = stem_of(path)
        is_index = re.fullmatch(r"_?index(?:\.[\w-]+)?", stem) is not None
        outer = posixpath.dirname(folder) if is_index else folder
        while outer:
            if outer in self._bundles and outer not in self._facts.content:
                return True
            outer = posixpath.dirname(outer)
        return False

    def _language(self, path: str, stem: str) -> tuple[str, str]:
        for folder, language in self._folders.items():
            if below(path, folder) is not None:
                return stem, language
        head, dot, tail = stem.rpartition(".")
        if dot and (tail.lower() in self._languages or tail.lower() == self._default):
            return head, tail.lower()
        return stem, self._default

    def _prefix(self, language: str) -> str:
        several = len(self._languages) > 1 or self._in_folder
        return language if several and (language != self._default or self._in_folder) else ""

    @staticmethod
    def _whole(prefix: str, address: str) -> str:
        if address.startswith("/"):  # ``url: /x/`` is no language's
            return tidied(address)
        return tidied(join(prefix, address.lstrip("/")) if prefix else address)

    def _address(self, folder: str, stem: str, front: Front) -> list[str] | None:
        """Behind the language's prefix; several where Hugo's versions differ. None: not known."""
        section = folder.split("/")[0]
        url = fronts.text(front, "url")
        tokens = self._tokens(folder, stem, front)
        if url:
            filled = expand(url, tokens) if re.search(r":[a-z]", url) else url
            if filled is None:
                return None
            filled = filled if filled.endswith("/") or posixpath.splitext(filled)[1] else filled + "/"
            return [filled, self._clean(filled)]
        ugly = self._is_ugly(section)
        if stem == "_index":
            pattern = self._pattern("section", section) if folder else None
            if pattern:
                filled = expand(pattern, tokens)
                return None if filled is None else [filled.rstrip("/") + "/"]
            return [self._clean(folder) + "/" if folder else ""]
        bundle = stem == "index"
        pattern = self._pattern("page", section)
        if pattern:
            filled = expand(pattern, tokens)
            if filled is None:
                return None
            return [filled if posixpath.splitext(filled)[1] == ".html" else self._pretty(filled, ugly)]
        slug = fronts.text(front, "slug").strip("/")
        name = self._slug(slug) if slug else "" if bundle else self._clean(stem)
        if bundle and not name:
            return [self._pretty(self._clean(folder), ugly)] if folder else [""]
        place = posixpath.dirname(folder) if bundle else folder
        return [self._pretty(join(self._clean(place), name), ugly)]

    def _tokens(self, folder: str, stem: str, front: Front) -> Mapping[str, str]:
        parts = [part for part in folder.split("/") if part]
        name = posixpath.basename(folder) if stem in ("index", "_index") else stem
        if stem in ("index", "_index"):
            parts = parts[:-1] if stem == "index" else parts
        title, slug = fronts.text(front, "title"), fronts.text(front, "slug")
        found = {
            "section": self._clean(parts[0]) if parts else "",
            "sections": self._clean("/".join(parts)),
            "filename": self._clean(name),
            "contentbasename": self._clean(name),
        }
        if title or slug:
            found["title"] = self._token(title.replace("/", "-")) if title else ""
            found["slug"] = self._token(slug) if slug else found["title"]
        found["slugorfilename"] = self._token(slug) if slug else found["filename"]
        found["slugorcontentbasename"] = found["slugorfilename"]
        day = self._day(name, front)
        if day is not None:
            found |= {key: day.tokens[key] for key in ("year", "month", "day", "hour", "minute", "second")}
            found["monthname"] = MONTHS[day.when.month - 1].lower()
            found["weekdayname"] = DAYS[day.when.weekday()].lower()
            found["weekday"] = str((day.when.weekday() + 1) % 7)
            found["yearday"] = str(day.when.timetuple().tm_yday)
        return found

    def _day(self, name: str, front: Front) -> Day | None:
        dated = fronts.text(front, "date") or fronts.text(front, "publishdate")
        order = str(table(self._facts.values.get("frontmatter")).get("date", "")).lower()
        in_name = _NAME_DATE.match(name) if ":filename" in order else None
        if in_name and (not dated or order.find(":filename") <= 2):
            return day_of(in_name[1])
        return day_of(dated)

    def _pattern(self, kind: str, section: str) -> str:
        own = table(self._permalinks.get(kind))
        if own:
            return text(own.get(section.lower()))
        return text(self._permalinks.get(section.lower())) if kind == "page" else ""

    def _is_ugly(self, section: str) -> bool:
        return (
            table(self._ugly).get(section.lower()) is True
            if isinstance(self._ugly, dict)
            else self._ugly is True
        )

    def _clean(self, path: str) -> str:
        return self._cased(file_path(path))

    def _slug(self, text: str) -> str:
        return self._cased(urlized(text))

    def _token(self, text: str) -> str:
        """A title or slug in a pattern (measured: a ``+`` counts as a space there)."""
        return self._cased(urlized(urlized(text).replace("+", " ")))

    def _cased(self, text: str) -> str:
        text = text if self._accents else _without_accents(text)
        return text.lower() if self._lower else text

    def _pretty(self, address: str, ugly: bool) -> str:
        address = address.rstrip("/")
        if ugly:
            return f"{address}.html" if address else ""
        return f"{address}/" if address else ""

    def may_be(self, address: str) -> bool:
        """See `Permalinks`."""
        first, _, rest = address.partition("/")
        if first.lower() in self._languages:
            first, _, rest = rest.partition("/")
        if _MADE.fullmatch(address):
            return True
        if first.removesuffix(".html") in {each.lower() for each in self.taxonomies.values()}:
            return True
        # a folder without _index.md may be a section all the same; themes make pages of their own
        return not rest

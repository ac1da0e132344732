"""The records of permalinks, and what generators do alike: dates, names, patterns.

Opens nothing and knows no generator.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from ...addresses import below
from ..front import Front

MARKDOWN = frozenset({".md", ".markdown", ".mkd", ".mdown", ".mdx"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a site: paths are POSIX below its root."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """Its generator's configuration; of Hugo with keys in lower case."""
    script: str = ""
    """The same where it is JavaScript or TypeScript, without comments."""
    content: tuple[str, ...] = ("",)
    paths: frozenset[str] = frozenset()
    """Every file of the content folders."""
    read: bool = True
    """Whether the configuration could be read as its language says."""
    page_folders: bool = True
    """MkDocs: ``a.md`` is rendered at ``a/``."""


@dataclass(frozen=True, slots=True)
class Page:
    """One document and where it is served."""

    path: str
    addresses: tuple[str, ...]
    """The page's own first, then those that lead to it (aliases); spelled as the package says."""
    known: bool = True
    """False: it may be served elsewhere instead."""
    files_at: str | None = None
    """Where files beside the document are served, when they are: ``post/a/``."""


class Permalinks(Protocol):
    """One generator's rules."""

    def page(self, path: str, front: Front | None) -> Page | None:
        """Where a document is served; None where it is no page. ``front`` is None when it is unreadable."""
        ...

    def may_be(self, address: str) -> bool:
        """Whether the generator, or a usual plug-in, may make a page here that has no document."""
        ...


def under(path: str, folders: tuple[str, ...]) -> str | None:
    """The path below the content folder that it lies in; the deepest counts."""
    found = [rest for folder in folders if (rest := below(path, folder)) is not None]
    return min(found, key=len, default=None)


def stem_of(path: str) -> tuple[str, str, str]:
    """``(folder, stem, ending)``: ``("post", "a", ".md")``."""
    folder, name = posixpath.split(path)
    stem, ending = posixpath.splitext(name)
    return folder, stem, ending.lower()


_DATE = re.compile(
    r"\s*(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    r"(?P<time>[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\.\d+)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2}|[A-Za-z/_]+)?\s*$"
)


def words(table: str) -> tuple[str, ...]:
    """The words of a table that reads as one."""
    return tuple(table.split())


MONTHS = words("""January February March April May June July August September October November December""")
DAYS = words("""Monday Tuesday Wednesday Thursday Friday Saturday Sunday""")


@dataclass(frozen=True, slots=True)
class Day:
    """A date as an address spells it."""

    when: date
    hour: str = "00"
    minute: str = "00"
    second: str = "00"
    zoned: bool = False
    """It carries a time zone: the generator may turn it into the day before or after."""

    @property
    def tokens(self) -> Mapping[str, str]:
        """By the names that generators give them; those in which they differ are not here."""
        when = self.when
        return {
            "year": f"{when.year:04}",
            "month": f"{when.month:02}",
            "i_month": str(when.month),
            "day": f"{when.day:02}",
            "i_day": str(when.day),
            "hour": self.hour,
            "minute": self.minute,
            "second": self.second,
        }


def day_of(text: str) -> Day | None:
    """The date that a value of front matter, or the beginning of a file's name, states."""
    match = _DATE.match(text)
    if match is None:
        return None
    try:
        when = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    hour = (match["hour"] or "0").zfill(2)
    return Day(when, hour, match["minute"] or "00", match["second"] or "00", match["zone"] is not None)


def expand(pattern: str, tokens: Mapping[str, str]) -> str | None:
    """A pattern with ``:name`` tokens filled in; None when one of them is not known. Slashes are tidied."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name = match[1]
        if name in tokens:
            return tokens[name]
        # ``:title_x`` and ``:categories-y``: the longest name that there is
        known = [each for each in tokens if name.startswith(each)]
        if not known:
            missing = True
            return ""
        longest = max(known, key=len)
        return tokens[longest] + name[len(longest) :]

    filled = re.sub(r":([A-Za-z_]+)", value, pattern)
    return None if missing else tidied(filled)


def tidied(address: str) -> str:
    """An address without a slash at its beginning, doubled slashes, and ``index.html``."""
    address = re.sub(r"/{2,}", "/", address).lstrip("/")
    if address == "index.html" or address.endswith("/index.html"):
        address = address[: -len("index.html")]
    return address


def plain_slug(text: str) -> str:
    """Lower case, ASCII where there is an accent, hyphens for everything between words."""
    text = unicodedata.normalize("NFKD", text)
    text = "".join(sign for sign in text if not unicodedata.combining(sign)).lower()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text)).strip("-_ ")

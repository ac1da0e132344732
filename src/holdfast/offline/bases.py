"""Resolve the URLs of one file against its base, the plain ones without a parser.

A parser takes 5 µs for each, and a page has hundreds. What is not plain it still gets: see `scan.requested`.
"""

from __future__ import annotations

import re
from functools import lru_cache

import ada_url

from .. import urls

_NAME = "[A-Za-z0-9_~-][A-Za-z0-9._~-]*+"
_NAMES = f"{_NAME}(?:/{_NAME})*+"
"""Segments of a path that are names and never ``.`` or ``..``."""
_END = "(?:#[A-Za-z0-9._~-]+)?"
_BELOW = re.compile(rf"((?:\.\./)*+)((?:{_NAMES}/?)?{_END})")
_FROM_THE_ROOT = re.compile(rf"(?P<host>https?://(?:(?!xn--)[a-z0-9-]++\.)*+[a-z]++)?/(?:{_NAMES}/?)?{_END}")
"""A host whose last label is of letters is no number, of any base."""

_MOST_KNOWN = 32768
"""URLs that are taken apart once: pages share most of theirs."""
_LONGEST = 512
"""Characters of those: what is longer is hardly seen twice."""


def split(said: str) -> tuple[int, str] | None:
    """A plain relative URL as ``(folders up, the rest)``; None where it takes a parser."""
    match = _BELOW.fullmatch(said)
    if match is None or not said or said[0] == "#":
        return None
    return len(match[1]) // 3, match[2]


_known = lru_cache(maxsize=_MOST_KNOWN)(split)


def is_plain(url: str) -> bool:
    """Whether an absolute URL is one that a parser takes as it is spelled, without a query."""
    match = _FROM_THE_ROOT.fullmatch(url)
    return match is not None and match["host"] is not None


class Base:
    """A base URL, taken apart once for all that is resolved against it."""

    def __init__(self, base: str) -> None:
        self.origin = urls.origin(base) if urls.is_remote(base) else ""
        """Empty where the base is no http or https URL: then nothing is known again."""
        self._folders = [f"{self.origin}/"]
        """The URL's folders, from the root: ``https://a/``, ``https://a/b/`` ..."""
        if self.origin:
            for name in ada_url.URL(base).pathname.split("/")[1:-1]:
                self._folders.append(f"{self._folders[-1]}{name}/")
        self._last = len(self._folders) - 1

    def resolve(self, said: str) -> str | None:
        """What ``said`` resolves to, as WHATWG URL section 4.4 has it; None where that takes a parser."""
        if not self.origin:
            return None
        parts = _known(said) if len(said) <= _LONGEST else split(said)
        if parts is None:
            return None
        up, rest = parts
        return self._folders[self._last - up if up < self._last else 0] + rest

    def plain(self, said: str) -> str | None:
        """The same for what need not be relative: ``/a`` and ``https://a/b``, too."""
        if not self.origin or said[:1] in ("", "#"):
            return None
        if (match := _FROM_THE_ROOT.fullmatch(said)) is not None:
            return said if match["host"] is not None else self.origin + said
        return self.resolve(said)

    def join(self, up: int, rest: str) -> str:
        """The same for what `split` took apart, where there is an origin."""
        return self._folders[self._last - up if up < self._last else 0] + rest


@lru_cache(maxsize=16)
def of(base: str) -> Base:
    """A base that is asked for again and again."""
    return Base(base)

"""Resolve the URLs of one file against its base, the plain ones without a parser.

A parser takes 5 µs for each, and a page has hundreds. What is not plain it still gets: see `scan.requested`.
"""

from __future__ import annotations

import re

import ada_url

from .. import urls

_BELOW = re.compile(
    r"((?:\.\./)*+)((?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*+(?:/(?=[A-Za-z0-9_~-]))?+)*+)(/?)((?:#[A-Za-z0-9._~-]+)?)"
)
"""A relative URL whose segments are names and never ``.`` or ``..``, but for those at its beginning."""


class Base:
    """A base URL, taken apart once for all that is resolved against it."""

    def __init__(self, base: str) -> None:
        self.origin = urls.origin(base) if urls.is_remote(base) else ""
        """Empty where the base is no http or https URL: then nothing is known again."""
        self._folders = [self.origin]
        """The URL's folders, from the root: ``https://a``, ``https://a/b`` ..."""
        if self.origin:
            for name in ada_url.URL(base).pathname.split("/")[1:-1]:
                self._folders.append(f"{self._folders[-1]}/{name}")

    def resolve(self, said: str) -> str | None:
        """What ``said`` resolves to, as WHATWG URL section 4.4 has it; None where that takes a parser."""
        match = _BELOW.fullmatch(said) if self.origin else None
        if match is None or not (match[1] or match[2]) or (match[3] and not match[2]):
            return None
        up = len(match[1]) // 3
        last = len(self._folders) - 1
        return f"{self._folders[max(0, last - up)]}/{match[2]}{match[3]}{match[4]}"

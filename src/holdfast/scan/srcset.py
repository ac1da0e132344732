"""Split a ``srcset`` into its candidates.

Resolves nothing and chooses nothing. The rules are the HTML Standard's "parsing a srcset attribute": a URL
may hold commas, and a candidate whose descriptors are wrong is never fetched, so it is no candidate.
"""

from __future__ import annotations

import re

_GAP = re.compile(rb"[\t\n\f\r ,]*")
_URL = re.compile(rb"[^\t\n\f\r ]+")
_DESCRIPTORS = re.compile(rb"(?:[^,(]|\([^)]*+(?:\)|\Z))*+")
"""Up to the comma that ends a candidate: one in parentheses does not."""

_WORD = re.compile(rb"(?:[^\t\n\f\r (]|\([^)]*+(?:\)|\Z))+")
_WIDTH = re.compile(rb"[0-9]+w")
_HEIGHT = re.compile(rb"[0-9]+h")
_DENSITY = re.compile(rb"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?x")
_ZERO = re.compile(rb"0+[wh]")


def candidates(value: bytes) -> list[tuple[int, int]]:
    """``(start, end)`` of each candidate's URL in ``value``, in order: the byte offsets of the URL alone."""
    found: list[tuple[int, int]] = []
    position = 0
    while True:
        gap = _GAP.match(value, position)
        assert gap is not None, "an empty gap is one too"
        url = _URL.match(value, gap.end())
        if url is None:
            return found
        position = url.end()
        if value[position - 1 : position] == b",":
            found.append((url.start(), url.start() + len(url[0].rstrip(b","))))
            continue
        descriptors = _DESCRIPTORS.match(value, position)
        assert descriptors is not None, "no descriptor is a list of them too"
        position = descriptors.end()
        if _is_valid(descriptors[0]):
            found.append((url.start(), url.end()))


def _is_valid(descriptors: bytes) -> bool:
    """Whether a browser would take a candidate with these descriptors."""
    width = density = height = 0
    for word in _WORD.findall(descriptors):
        if _WIDTH.fullmatch(word) and not _ZERO.fullmatch(word):
            width += 1
        elif _HEIGHT.fullmatch(word) and not _ZERO.fullmatch(word):
            height += 1
        elif _DENSITY.fullmatch(word):
            density += 1
        else:
            return False
    if width > 1 or density > 1 or height > 1 or (density and (width or height)):
        return False
    return not height or bool(width)

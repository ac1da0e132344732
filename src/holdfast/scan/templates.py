"""Find the tags of template languages and shortcodes in a document, and cover them for the Markdown parser.

Reads no arguments (`shortcodes` does) and knows nothing of Markdown. A generator expands these tags before or
beside Markdown, so to the parser they must look like a word: ``![x]({{ a }})`` would be no image otherwise,
and ``{{<img src="y">}}`` would be HTML.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

import msgspec

_TOKEN = re.compile(rb"\{\{[<%]?|[>%]?\}\}|\{%|%\}|<%|%>|\{#|#\}|\$\{[^{}\r\n]*\}")

_OPENERS = {b">}}": b"{{<", b"%}}": b"{{%", b"}}": b"{{", b"%}": b"{%", b"%>": b"<%", b"#}": b"{#"}
"""Closing token -> opening token."""

_SEVERAL_LINES = frozenset({b"{{<", b"{{%", b"{%"})
"""Tags that may be broken over lines; Liquid's and EJS's expressions hardly ever are, and stray braces are
common in prose."""

_BREAK = re.compile(rb"\n[ \t>]*(?:\r?\n|`{3}|~{3})")
"""A blank line or a code fence: no tag reaches across."""

FILLER = b"x"
"""A word character: neither punctuation nor space, so that it joins whatever it stands in."""


class Tag(msgspec.Struct, frozen=True):
    """One tag, delimiters included: ``text[start:end]``."""

    start: int
    end: int
    opener: bytes
    """``{{<``, ``{{%``, ``{{``, ``{%``, ``<%``, ``{#`` or ``${``."""


def may_occur(text: bytes) -> bool:
    """Whether there is anything to look for; quick."""
    # one byte is found far faster than two, and most posts hold no brace at all
    braces = b"{" in text and (b"{{" in text or b"{%" in text or b"${" in text or b"{#" in text)
    return braces or (b"%" in text and b"%>" in text and b"<%" in text)


def find(text: bytes) -> list[Tag]:
    """All tags, outermost only, in order and disjoint; code is not told from text. Linear in time."""
    tags: list[Tag] = []
    opened: dict[bytes, int] = {}
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word[:2] == b"${":
            tags.append(Tag(token.start(), token.end(), b"${"))
            continue
        opener = _OPENERS.get(word)
        if opener is None:
            opened[word] = token.start()
            continue
        if opener not in opened and len(word) == 3:  # ``{{ a >}}``
            opener = b"{{"
        start = opened.pop(opener, None)
        if start is None or not _is_tag(text, start, token.end(), opener):
            continue
        while tags and tags[-1].start >= start:
            tags.pop()
        for other in [key for key, at in opened.items() if at > start]:
            del opened[other]
        if tags and tags[-1].end > start:
            continue
        tags.append(Tag(start, token.end(), opener))
    return tags


def _is_tag(text: bytes, start: int, end: int, opener: bytes) -> bool:
    inside = text[start:end]
    if opener in _SEVERAL_LINES:
        return _BREAK.search(inside) is None
    # with a backtick inside ``{{`` and ``}}`` are more likely quoted, each in code of its own
    return not any(mark in inside for mark in (b"\n", b"\r", b"`"))


def cover(text: bytes, tags: Iterable[Tag]) -> bytes:
    """``text`` with every tag replaced by as many filler bytes."""
    covered = bytearray(text)
    for tag in tags:
        covered[tag.start : tag.end] = FILLER * (tag.end - tag.start)
    return bytes(covered)


class Cover:
    """Which bytes of a document are covered: asks of a span what its bytes were made of."""

    __slots__ = ("_ranges", "_starts")

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        """``ranges`` are sorted and disjoint."""
        self._ranges = ranges
        self._starts = [start for start, _ in ranges]

    def widen(self, start: int, end: int) -> tuple[int, int] | None:
        """The span that takes in every covered range it touches, or None when it touches none."""
        index = bisect_right(self._starts, start) - 1
        first = self._ranges[index] if index >= 0 else (0, 0)
        touched = first[1] > start
        low = first[0] if touched else start
        last = bisect_right(self._starts, end - 1) - 1
        if last > index:
            return low, max(end, self._ranges[last][1])
        return (low, max(end, first[1])) if touched else None

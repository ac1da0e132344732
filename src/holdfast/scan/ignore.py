"""What a document asks holdfast to leave alone.

Parses no Markdown: it is told where the comments and the blocks stand. ``<!-- holdfast-ignore -->`` covers
the block after it, ``<!-- holdfast-ignore-start -->`` everything up to ``<!-- holdfast-ignore-end -->`` or
the document's end; ``{/* ... */}`` says the same in MDX. A reason may follow the word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import itemgetter

from .outline import Block

WORD = b"holdfast-ignore"

_COMMENT = re.compile(
    rb"(?:<!--+|\{\s*/\*+)\s*holdfast-ignore(-start|-end)?(?:[\s:,(].*)?(?:--+!?>|\*+/\s*\})", re.DOTALL
)

_TEXT = re.compile(rb"[^ \t\r\n>]")
"""Not only blanks and the marks of quotes."""


def ranges(
    source: bytes,
    comments: Iterable[tuple[int, int]],
    blocks: Sequence[Block],
) -> list[tuple[int, int]]:
    """The byte ranges in which no reference counts, sorted and disjoint.

    ``comments`` are the ranges of comments, delimiters included, in order; ``blocks`` are all blocks, sorted
    by their start. The block after a comment is what is left of the leaf block that it stands in, and when
    nothing is left, the next block that begins, as a whole.
    """
    found: list[tuple[int, int]] = []
    opened: int | None = None
    for start, end in comments:
        match = _COMMENT.fullmatch(source, start, end)
        if match is None:
            continue
        if match[1] == b"-start":
            opened = end if opened is None else opened
        elif match[1] == b"-end":
            if opened is not None:
                found.append((opened, start))
            opened = None
        else:
            found.append(_block_after(source, start, end, blocks))
    if opened is not None:
        found.append((opened, len(source)))
    return merged(found)


_VOID = frozenset(b"area base br col embed hr img input link meta param source track wbr".split())
_TAG = re.compile(rb"<(/?)([A-Za-z][^\s/<>]*)[^<>]*>")


def in_html(source: bytes) -> list[tuple[int, int]]:
    """The same for an HTML document: the block after a comment is the element after it, with its content."""
    comments = []
    start = source.find(b"<!--")
    while start >= 0:
        end = source.find(b"-->", start + 2)
        if end < 0:
            break
        comments.append((start, end + 3))
        start = source.find(b"<!--", end + 3)
    return ranges(source, comments, _elements(source))


def _elements(source: bytes) -> list[Block]:
    """Every element by its tags, sorted by their start; one that is never closed is its start tag."""
    ends: dict[int, int] = {}
    opened: dict[bytes, list[int]] = {}
    for tag in _TAG.finditer(source):
        name = tag[2].lower()
        if not tag[1]:
            ends[tag.start()] = tag.end()
            if name not in _VOID:
                opened.setdefault(name, []).append(tag.start())
        elif opened.get(name):
            ends[opened[name].pop()] = tag.end()
    return [(start, end, False) for start, end in ends.items()]


def covers(regions: Sequence[tuple[int, int]], offset: int) -> bool:
    """Whether ``offset`` lies in one of the sorted, disjoint ``regions``."""
    index = bisect_left(regions, (offset + 1, 0)) - 1
    return index >= 0 and offset < regions[index][1]


def _block_after(source: bytes, start: int, end: int, blocks: Sequence[Block]) -> tuple[int, int]:
    following = bisect_left(blocks, end, key=itemgetter(0))
    if following:
        begin, stop, leaf = blocks[following - 1]  # nothing is nested in a leaf, so it is the nearest start
        if leaf and begin <= start and end <= stop and _TEXT.search(source, end, stop):
            return end, stop
    if following == len(blocks):
        return end, end
    begin, stop, _ = blocks[following]
    return begin, stop


def merged(regions: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same bytes as sorted, disjoint ranges."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(regions):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result

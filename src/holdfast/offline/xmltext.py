"""What text within XML says, and which of its bytes say it: CDATA sections, comments, character references.

Reads no tags but to pass them by.
"""

from __future__ import annotations

import re

from ..scan import attribute, requested
from ..scan.attribute import Decoded

_CONTENT = re.compile(
    rb"<!\[CDATA\[(?P<literal>(?:[^\]]|\](?!\]>))*+)(?:\]\]>)?|<!--(?:[^-]|-(?!->))*+(?:-->)?|<[^>]*+>?"
    rb"|(?P<text>[^<]++)"
)


def content(buffer: bytes, start: int, end: int, codec: str) -> Decoded:
    """What the text ``buffer[start:end]`` of an element says; places are offsets from ``start``."""
    meaning = bytearray()
    starts: list[int] = []
    for match in _CONTENT.finditer(buffer, start, end):
        name = "literal" if match["literal"] is not None else "text"
        piece = match[name]
        if piece is None:
            continue
        offset = match.start(name) - start
        # in a CDATA section an ampersand is one
        value = attribute.decoded(piece, codec) if name == "text" else _literal(piece, codec)
        meaning += value.meaning
        starts += (
            range(offset, offset + len(piece))
            if value.starts is None
            else (offset + each for each in value.starts[:-1])
        )
    starts.append(end - start)
    return Decoded(bytes(meaning), starts)


def _literal(piece: bytes, codec: str) -> Decoded:
    parts = piece.split(b"&")
    meaning = bytearray()
    starts: list[int] = []
    offset = 0
    for number, part in enumerate(parts):
        if number:
            meaning += b"&"
            starts.append(offset)
            offset += 1
        value = attribute.decoded(part, codec)
        meaning += value.meaning
        places = range(len(part)) if value.starts is None else value.starts[:-1]
        starts += (offset + each for each in places)
        offset += len(part)
    starts.append(len(piece))
    return Decoded(bytes(meaning), starts)


def listed(value: bytes) -> list[tuple[int, int]]:
    """Where the URLs of a list with semicolons stand (SVG 2, attribute ``values``)."""
    found = []
    position = 0
    for part in value.split(b";"):
        trimmed = part.strip(requested.SPACE)
        if trimmed:
            start = position + part.find(trimmed)
            found.append((start, start + len(trimmed)))
        position += len(part) + 1
    return found

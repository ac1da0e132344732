"""Read a start tag's bytes, and take attributes out of it.

Knows no element. HTML Standard, "tokenization": the states of tags and attributes. The parser has said where
the tag stands, but of an attribute that is there twice it knows the first alone, and with that gone the
second would count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..model import Span, Syntax

_NAME = re.compile(rb"</?[^\t\n\f\r />]*+")
_ATTRIBUTE = re.compile(
    rb"""[\t\n\f\r /]*+([^\t\n\f\r />][^\t\n\f\r />=]*+)"""
    rb"""(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"[^"]*+"?|'[^']*+'?|(?=>)|[^\t\n\f\r >]*+))?+"""
)
_SPACE = b"\t\n\f\r "


def name_end(buffer: bytes, start: int) -> int:
    """The offset right after the name of the tag that begins at ``start``: an attribute fits in here."""
    match = _NAME.match(buffer, start)
    return match.end() if match is not None else start


def attributes(buffer: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """``(name in lower case, start, end)`` of each attribute of the start tag ``buffer[start:end]``."""
    position = name_end(buffer, start)
    while (match := _ATTRIBUTE.match(buffer, position, end)) is not None:
        yield match[1].lower(), match.start(1), match.end()
        position = match.end()


def removals(buffer: bytes, start: int, end: int, name: str) -> Iterator[Span]:
    """What to delete so that the start tag ``buffer[start:end]`` has no attribute ``name``."""
    wanted = name.encode()
    for found, first, last in attributes(buffer, start, end):
        if found == wanted:
            # the blank before it goes too, unless it is all that parts its neighbours
            if buffer[first - 1] in _SPACE and (buffer[last] in _SPACE or buffer[last : last + 1] == b">"):
                first -= 1
            yield Span(first, last)


_UNQUOTED_UNSAFE = re.compile(rb"[\t\n\f\r \"'`=<>]")


def escaped(new: bytes, around: Sequence[Syntax]) -> bytes:
    """``new`` as it must be written inside of attributes' values, from the inside out."""
    for syntax in around:
        new = new.replace(b"&", b"&amp;")
        if syntax is Syntax.HTML_DOUBLE:
            new = new.replace(b'"', b"&quot;")
        elif syntax is Syntax.HTML_SINGLE:
            new = new.replace(b"'", b"&#39;")
        else:
            new = _UNQUOTED_UNSAFE.sub(lambda match: b"&#%d;" % match[0][0], new)
    return new

"""Find the value of an HTML attribute in its bytes, and undo its character references with their places.

Parses no tags: the HTML parser has said where the attribute stands. HTML Standard, "tokenization": the states
of attribute values, and of character references in attributes.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from html.entities import html5

import msgspec

from ..model import Syntax
from . import charset

_VALUE = re.compile(rb"[^\t\n\f\r />][^\t\n\f\r />=]*+[\t\n\f\r ]*+=[\t\n\f\r ]*+([\"']?)")
"""A name, which may begin with ``=``, up to its value."""

_SYNTAX = {b'"': Syntax.HTML_DOUBLE, b"'": Syntax.HTML_SINGLE, b"": Syntax.HTML_UNQUOTED}

_REFERENCE = re.compile(r"&(?:#[xX]([0-9a-fA-F]++);?|#([0-9]++);?|([A-Za-z][A-Za-z0-9]*+)(;|(?!=)))")
"""In an attribute ``&copy`` without its semicolon counts only as a whole word that no ``=`` follows."""

_REFERENCE_BYTES = re.compile(_REFERENCE.pattern.encode())
_LOST = "�"
_NUMBERS = {n: bytes((n,)).decode("cp1252", "ignore") or chr(n) for n in range(0x80, 0xA0)}
"""Numbers of C1 controls mean windows-1252 (HTML Standard, "numeric character reference end state")."""


def value_span(buffer: bytes, start: int, end: int) -> tuple[int, int, Syntax] | None:
    """``(start, end, syntax)`` of the value of the attribute ``buffer[start:end]``, if it has one."""
    match = _VALUE.match(buffer, start, end)
    if match is None:
        return None
    quote = match[1]
    return match.end(), end - len(quote), _SYNTAX[quote]


def text(raw: bytes, codec: str) -> str:
    """What the value spelled ``raw`` means."""
    found = raw.decode(codec, "replace")
    if "&" in found:
        found = _REFERENCE.sub(lambda match: _meaning(*match.groups()) or match[0], found)
    return found.replace("\0", _LOST) if "\0" in found else found


class Decoded(msgspec.Struct, frozen=True):
    """A value's meaning in UTF-8, and where each of its bytes comes from."""

    meaning: bytes
    starts: Sequence[int] | None
    """For each byte of `meaning`, and for its end, the offset in the raw value; None when nothing moved."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the raw value of what became ``meaning[start:end]``."""
        return (start, end) if self.starts is None else (self.starts[start], self.starts[end])


def decoded(raw: bytes, codec: str) -> Decoded:
    """The same as `text`, for a value that is parsed further: a ``srcset``, a ``style``."""
    if b"&" not in raw and (codec == charset.UTF8 or raw.isascii()):
        return Decoded(raw, None)
    meaning = bytearray()
    starts: list[int] = []
    position = 0
    for match in _REFERENCE_BYTES.finditer(raw):
        said = _meaning(*(None if group is None else group.decode() for group in match.groups())).encode()
        if said:
            _literal(raw, position, match.start(), codec, meaning, starts)
            meaning += said
            starts += [match.start()] * len(said)
            position = match.end()
    _literal(raw, position, len(raw), codec, meaning, starts)
    starts.append(len(raw))
    return Decoded(bytes(meaning), starts)


def _literal(raw: bytes, start: int, end: int, codec: str, meaning: bytearray, starts: list[int]) -> None:
    """Append the meaning of ``raw[start:end]``, which holds no character reference."""
    piece = raw[start:end]
    if codec == charset.UTF8 or piece.isascii():
        meaning += piece
        starts += range(start, end)
        return
    decoder = codecs.getincrementaldecoder(codec)("replace")
    begun = start
    for position in range(start, end):
        said = decoder.decode(raw[position : position + 1], position + 1 == end).encode()
        if said:
            meaning += said
            starts += [begun] * len(said)
            begun = position + 1


def _meaning(hexadecimal: str | None, decimal: str | None, name: str | None, semicolon: str | None) -> str:
    """What a character reference stands for; empty when it is none."""
    if name is not None:
        return html5.get(name + (semicolon or ""), "")
    digits = (hexadecimal or decimal or "").lstrip("0")
    if len(digits) > 8:
        return _LOST
    point = int(digits or "0", 16 if hexadecimal is not None else 10)
    if point == 0 or point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        return _LOST
    return _NUMBERS.get(point) or chr(point)

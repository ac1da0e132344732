"""How a film, a sound, a paper or a font says where it ends.

Plays nothing and opens no file: bytes (or a mapped file) in, a `Structure` or a `Refusal` out. No decoder
looks at these kinds, so their structure is all that tells a whole file from a cut one.
"""

from __future__ import annotations

import re

from .containers import Data, Structure, damaged, truncated
from .model import Refusal

# -- Matroska, Ogg --------------------------------------------------------------------------------------

_EBML_TOP = frozenset({b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"})
_EBML_SEGMENT = b"\x18\x53\x80\x67"


def matroska(data: Data) -> Structure | Refusal:
    """Walk the top elements (RFC 8794); a segment of unknown size, as live recordings have, ends anywhere."""
    position, size, segment = 0, len(data), False
    while position + 5 <= size:
        identifier = data[position : position + 4]
        if identifier not in _EBML_TOP:
            break
        first = data[position + 4]
        width = 9 - first.bit_length()
        if width > 8:
            return damaged("an element's size cannot be read")
        raw = data[position + 4 : position + 4 + width]
        if len(raw) < width:
            break
        length = int.from_bytes(raw) - (1 << 7 * width)
        if length == (1 << 7 * width) - 1:
            return Structure(size) if identifier == _EBML_SEGMENT else damaged("a header without a size")
        end = position + 4 + width + length
        if end > size:
            return truncated(f"an element reaches {end - size} bytes too far")
        segment = segment or identifier == _EBML_SEGMENT
        position = end
    return Structure(position) if segment else truncated("there is no segment")


def ogg(data: Data) -> Structure | Refusal:
    """Walk the pages (RFC 3533 section 6)."""
    position, size = 0, len(data)
    while data[position : position + 4] == b"OggS":
        table = position + 27
        lacing = data[table : table + data[table - 1]] if table <= size else b""
        end = table + len(lacing) + sum(lacing)
        if table > size or len(lacing) < data[table - 1] or end > size:
            return truncated("the last Ogg page is not whole")
        position = end
    rest = data[position : position + 4]
    if rest and b"OggS".startswith(rest):
        return truncated("the last Ogg page is not whole")
    return Structure(position)


# -- MP3, FLAC, PDF -------------------------------------------------------------------------------------


def mp3(data: Data) -> Structure | Refusal:
    """The ID3 tag must be whole, and the byte count of a Xing or Info header must be there.

    A last frame that is cut is common and played by everything, so it is no sign of truncation.
    """
    position = 0
    if data[:3] == b"ID3":
        size = data[6:10]
        position = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=False))
    head = data[position : position + 256]
    if len(head) < 4:
        return truncated("it ends in its ID3 tag")
    found = re.search(rb"(?s)(?:Xing|Info)\0\0\0(.)(.{8})", head)
    if found is not None and found[1][0] & 3 == 3:
        stated = int.from_bytes(found[2][4:])
        if position + stated > len(data):
            return truncated(f"its header states {stated} bytes of sound")
    return Structure(len(data))


def flac(data: Data) -> Structure | Refusal:
    """Walk the metadata blocks (RFC 9639 section 8); a frame must follow them."""
    position, size = 4, len(data)
    while position + 4 <= size:
        head = int.from_bytes(data[position : position + 4])
        position += 4 + (head & 0xFFFFFF)
        if head >> 31:
            return Structure(size) if position + 2 <= size else truncated("there is no frame")
    return truncated("it ends in its metadata")


_LINEARIZED = re.compile(rb"/Linearized\b(?s:.{0,200}?)/L\s+(\d{1,12})\b")
_PDF_TAIL = 2048


def pdf(data: Data) -> Structure | Refusal:
    """``%%EOF`` stands near the end (ISO 32000-1 7.5.5), and a linearised file has its stated length."""
    stated = _LINEARIZED.search(data[:1024])
    if stated is not None and int(stated[1]) > len(data):
        return truncated(f"the PDF states {int(stated[1])} bytes, and {len(data)} are here")
    found = data.rfind(b"%%EOF")
    if found < 0 or len(data) - found > _PDF_TAIL:
        return truncated("the PDF has no end marker")
    end = found + 5
    while end < len(data) and data[end] in b"\r\n \t":
        end += 1
    return Structure(end)


def woff(data: Data) -> Structure | Refusal:
    """The header states the length of the whole file (WOFF 1.0 section 4, WOFF 2.0 section 4.1)."""
    stated = int.from_bytes(data[8:12])
    if len(data) < max(44, stated):
        return truncated(f"the font states {stated} bytes, and {len(data)} are here")
    return Structure(stated)


def sfnt(data: Data) -> Structure | Refusal:
    """Each table of the directory lies inside (OpenType 1.9, "Organization of an OpenType Font")."""
    last = 12 + 16 * int.from_bytes(data[4:6])
    for start in range(12, last, 16):
        entry = data[start : start + 16]
        if len(entry) < 16:
            return truncated("the font's directory is not whole")
        end = int.from_bytes(entry[8:12]) + int.from_bytes(entry[12:16])
        if end > len(data):
            return truncated("one of the font's tables is not whole")
        last = max(last, end)
    return Structure(last)

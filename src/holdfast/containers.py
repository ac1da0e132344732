"""How a file's own structure says where it ends, how many frames it has and how large they are.

Decodes no pixel and opens no file: bytes (or a mapped file) in, a `Structure` or a `Refusal` out. It is here
because decoders are lenient at the end: Pillow 13 takes a PNG without its last 20 bytes, a GIF without its
last 2 and a JPEG without its EOI, and films are never decoded at all. It runs before the decoder, so that a
bomb is refused before memory is asked for.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from .model import Refusal

Data: TypeAlias = bytes | mmap.mmap
"""Whole bytes, or a file mapped into memory so that a film is never read whole."""


class Structure(msgspec.Struct, frozen=True):
    """What the container says of itself."""

    end: int
    """Offset after the last byte that belongs to the file; what follows is trailing data."""
    frames: int = 1
    pixels: int = 0
    """Of the largest frame, where the container states it; else 0."""
    passes: int = 1
    """How often the pixels are gone over (the scans of a progressive JPEG)."""


def truncated(detail: str) -> Refusal:
    """The body ended too early."""
    return Refusal("truncated", detail)


def damaged(detail: str) -> Refusal:
    """Whole perhaps, but no decoder reads it."""
    return Refusal("not-media", detail)


# -- JPEG -----------------------------------------------------------------------------------------------

_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
SOS, EOI = 0xDA, 0xD9


def jpeg_segments(data: Data) -> Iterator[tuple[int, int, int]]:
    """``(marker, start, end)`` of each segment up to EOI (ITU-T T.81 annex B); a scan includes its data.

    Ends without an EOI where the bytes do.
    """
    position, size = 2, len(data)
    while True:
        position = data.find(b"\xff", position)
        if position < 0:
            return
        start = position
        while position < size and data[position] == 0xFF:
            position += 1
        if position >= size:
            return
        marker = data[position]
        position += 1
        if marker == EOI:
            yield marker, start, position
            return
        if marker == 0x00 or marker in _STANDALONE:
            continue
        if position + 2 > size:
            return
        position += int.from_bytes(data[position : position + 2])
        if position > size:
            return
        if marker == SOS:
            found = _MARKER_IN_SCAN.search(data, position)
            if found is None:
                return
            position = found.start()
        yield marker, start, position


def jpeg(data: Data) -> Structure | Refusal:
    """Walk the segments to EOI; what follows (a second picture, a camera's trailer) is trailing data."""
    pixels, scans, end = 0, 0, 0
    for marker, start, after in jpeg_segments(data):
        if marker in _FRAME_HEADERS:
            header = data.find(bytes((marker,)), start) + 1
            size = data[header + 3 : header + 7]
            pixels = max(pixels, int.from_bytes(size[:2]) * int.from_bytes(size[2:]))
        elif marker == SOS:
            scans += 1
        elif marker == EOI:
            end = after
    if not end:
        return truncated("the JPEG has no end marker")
    return Structure(end, pixels=pixels, passes=max(1, scans))


# -- PNG ------------------------------------------------------------------------------------------------


def png_chunks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """``(kind, start, end)`` of each whole chunk up to IEND (PNG specification 5.3)."""
    position, size = 8, len(data)
    while position + 12 <= size:
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        end = position + 12 + length
        if end > size:
            return
        yield kind, position, end
        if kind == b"IEND":
            return
        position = end


def png(data: Data) -> Structure | Refusal:
    """Walk the chunks to IEND."""
    pixels, frames = 0, 1
    for kind, start, end in png_chunks(data):
        if kind == b"IHDR" and end - start >= 20:
            width, height = struct.unpack(">II", data[start + 8 : start + 16])
            pixels = width * height
        elif kind == b"acTL" and end - start >= 16:
            frames = max(1, int.from_bytes(data[start + 8 : start + 12]))
        elif kind == b"IEND":
            return Structure(end, frames, pixels)
    return truncated("the PNG has no IEND chunk")


_PNG_UNPACKED = frozenset({b"zTXt", b"iTXt", b"iCCP"})


def png_pixels(data: bytes) -> bytes:
    """A PNG without the chunks that Pillow would unpack although no pixel needs them.

    It refuses a picture whose compressed text or colour profile is larger than 1 MiB; browsers show it.
    """
    if not any(kind in data for kind in _PNG_UNPACKED):
        return data
    kept = (data[start:end] for kind, start, end in png_chunks(data) if kind not in _PNG_UNPACKED)
    return data[:8] + b"".join(kept)


# -- GIF ------------------------------------------------------------------------------------------------

_GIF_BLOCK = re.compile(rb"[\x21\x2c\x3b]")


def gif(data: Data) -> Structure | Refusal:
    """Walk the blocks to the trailer (GIF89a); bytes that begin no block are passed over, as decoders do."""
    size = len(data)
    if size < 13:
        return truncated("the GIF ends in its header")
    width, height, flags = struct.unpack("<HHB", data[6:11])
    position = 13 + _gif_colours(flags)
    pixels, frames = width * height, 0
    while (found := _GIF_BLOCK.search(data, position)) is not None:
        position = found.start() + 1
        match data[position - 1]:
            case 0x3B:
                return Structure(position, max(1, frames), pixels)
            case 0x21:
                position += 1
            case _:
                descriptor = data[position : position + 9]
                if len(descriptor) < 9:
                    break
                left, top, width, height, flags = struct.unpack("<HHHHB", descriptor)
                # A frame may lie outside the screen, and decoders then grow the screen.
                pixels = max(pixels, (left + width) * (top + height))
                frames += 1
                position += 10 + _gif_colours(flags)
        while position < size and (length := data[position]):
            position += 1 + length
        position += 1
    return truncated("the GIF has no trailer")


def _gif_colours(flags: int) -> int:
    return 3 << (1 + (flags & 7)) if flags & 0x80 else 0


# -- RIFF: WebP, WAV ------------------------------------------------------------------------------------


def riff_chunks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """``(kind, start, end)`` of each chunk inside the RIFF, padding included."""
    position, last = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while position + 8 <= last:
        kind, length = struct.unpack("<4sI", data[position : position + 8])
        end = position + 8 + length + (length & 1)
        yield kind, position, min(end, last)
        position = end


def riff(data: Data) -> Structure | Refusal:
    """Compare the size that the RIFF header states; a live recording states none."""
    stated = int.from_bytes(data[4:8], "little")
    if stated in (0, 0xFFFFFFFF):
        return Structure(len(data))
    if len(data) < 8 + stated:
        return truncated(f"the RIFF header states {8 + stated} bytes, and {len(data)} are here")
    return Structure(8 + stated)


def webp(data: Data) -> Structure | Refusal:
    """A RIFF; the first chunk states the canvas, and each ANMF chunk is a frame (RFC 9649, RFC 6386)."""
    found = riff(data)
    if isinstance(found, Refusal):
        return found
    frames, pixels = 0, 0
    for kind, start, _ in riff_chunks(data):
        if kind == b"ANMF":
            frames += 1
        elif kind == b"VP8X":
            canvas = data[start + 12 : start + 18]
            pixels = (int.from_bytes(canvas[:3], "little") + 1) * (int.from_bytes(canvas[3:], "little") + 1)
        elif kind == b"VP8 ":
            sides = int.from_bytes(data[start + 14 : start + 18], "little")
            pixels = max(pixels, (sides & 0x3FFF) * (sides >> 16 & 0x3FFF))
        elif kind == b"VP8L":
            sides = int.from_bytes(data[start + 9 : start + 13], "little")
            pixels = max(pixels, ((sides & 0x3FFF) + 1) * ((sides >> 14 & 0x3FFF) + 1))
    return Structure(found.end, max(1, frames), pixels)


# -- ISO base media: AVIF, MP4, MOV, M4A ----------------------------------------------------------------

_BOXES = frozenset(
    b"ftyp styp moov moof mdat free skip wide udta meta meco uuid pnot PICT sidx ssix prft pdin emsg mfra "
    b"bloc mpvd sefd".split()
)
_INDEXES = frozenset({b"moov", b"moof", b"meta"})


def iso(data: Data) -> Structure | Refusal:
    """Walk the top boxes (ISO/IEC 14496-12 section 4.2): none may reach beyond the data."""
    position, size, index, content = 0, len(data), False, False
    while position + 8 <= size:
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        if kind not in _BOXES:
            break
        if length == 1 and position + 16 <= size:
            length = int.from_bytes(data[position + 8 : position + 16])
        elif length == 0:
            length = size - position
        if length < 8:
            break
        if position + length > size:
            return truncated(f"the last box lacks {position + length - size} bytes")
        index = index or kind in _INDEXES
        content = content or kind == b"mdat"
        position += length
    if not index:
        return truncated("the index (moov or meta box) is missing")
    if not content and data.find(b"idat", 0, position) < 0:
        return truncated("the data (mdat box) is missing")
    return Structure(position)


# -- TIFF, ICO ------------------------------------------------------------------------------------------

_TIFF_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}


def tiff(data: Data) -> Structure | Refusal:
    """Walk the directories (TIFF 6.0 section 2, and BigTIFF): entries and values lie inside, no loop."""
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
    sign = "<" if order == "little" else ">"
    big = 43 in (data[2], data[3])
    word, entry, counter = (8, 20, 8) if big else (4, 12, 2)
    size = len(data)
    link = data[8:16] if big else data[4:8]
    seen: set[int] = set()
    while len(link) == word and (position := int.from_bytes(link, order)):
        if position in seen:
            return damaged("its directories form a loop")
        seen.add(position)
        count = int.from_bytes(data[position : position + counter], order)
        end = position + counter + count * entry + word
        if end > size:
            return truncated("a TIFF directory is not whole")
        first = position + counter
        for start in range(first, first + count * entry, entry):
            _, kind, number, value = struct.unpack(
                sign + ("HHQQ" if big else "HHII"), data[start : start + entry]
            )
            room = number * _TIFF_SIZES.get(kind, 1)
            if room > word and value + room > size:
                return truncated("a TIFF value lies beyond the end")
        link = data[end - word : end]
    if not seen:
        return damaged("it has no directory")
    return Structure(size, len(seen))


def ico(data: Data) -> Structure | Refusal:
    """Each picture of the directory lies inside; a PNG in it must be whole and states its own size."""
    count = int.from_bytes(data[4:6], "little")
    last = 6 + 16 * count
    if len(data) < last:
        return truncated("the icon's directory is not whole")
    pixels = 0
    for start in range(6, last, 16):
        length, offset = struct.unpack("<II", data[start + 8 : start + 16])
        if offset + length > len(data):
            return truncated("one of the icon's pictures is not whole")
        last = max(last, offset + length)
        picture = bytes(data[offset : offset + length])
        if picture.startswith(b"\x89PNG\r\n\x1a\n"):
            inner = png(picture)
            if isinstance(inner, Refusal):
                return inner
            pixels = max(pixels, inner.pixels * inner.frames)
        elif len(picture) >= 12:
            width, height = struct.unpack("<ii", picture[4:12])
            pixels = max(pixels, abs(width * height) // 2)
    return Structure(last, max(1, count), pixels)

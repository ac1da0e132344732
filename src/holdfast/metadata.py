"""Remove what a picture tells beyond its pixels: where, when and with what it was taken.

Decodes and recompresses nothing: whole segments and chunks are left out, so every pixel stays as it is.
Colour profiles stay, and so does the orientation, as the only entry of a new Exif block, since without it the
picture would lie on its side.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping

from PIL import Image

from .containers import EOI, jpeg_segments, png_chunks, riff_chunks
from .media import Media

_EXIF = b"Exif\0\0"
_ORIENTATION = 0x0112
_JPEG_KEPT = {0xE0: b"", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""Application segments that decoding needs, and how they begin: JFIF, colour profile, Adobe's transform."""
_PNG_DROPPED = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"caBX"})
_WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})
_VP8X_EXIF, _VP8X_XMP = 0x08, 0x04


def strip_metadata(data: bytes, media: Media) -> bytes:
    """``data`` without Exif, XMP, IPTC, comments and text, and without what follows the picture's end.

    JPEG, PNG and WebP; other kinds come back as they are. ``data`` must have passed `decoding.inspect`.
    """
    strip = STRIPPERS.get(media.type)
    return strip(data) if strip else data


def _jpeg(data: bytes) -> bytes:
    kept = [data[:2]]
    for marker, start, end in jpeg_segments(data):
        segment = data[start:end]
        if marker == 0xE1:
            exif = segment[4:]
            if exif.startswith(_EXIF) and (minimal := _minimal_exif(exif)):
                kept.append(b"\xff\xe1" + struct.pack(">H", len(minimal) + 2) + minimal)
        elif marker in _JPEG_KEPT:
            if segment[4:].startswith(_JPEG_KEPT[marker]):
                kept.append(segment)
        elif marker != 0xFE and not 0xE0 <= marker <= 0xEF:
            kept.append(segment)
        if marker == EOI:
            break
    return b"".join(kept)


def _png(data: bytes) -> bytes:
    kept = [data[:8]]
    for kind, start, end in png_chunks(data):
        if kind not in _PNG_DROPPED:
            kept.append(data[start:end])
        elif kind == b"eXIf" and (minimal := _minimal_exif(_EXIF + data[start + 8 : end - 4])):
            kept.append(_png_chunk(kind, minimal.removeprefix(_EXIF)))
    return b"".join(kept)


def _png_chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def _webp(data: bytes) -> bytes:
    kept, flags = [], 0
    for kind, start, end in riff_chunks(data):
        if kind not in _WEBP_DROPPED:
            kept.append(data[start:end])
        elif kind == b"EXIF" and (
            minimal := _minimal_exif(_EXIF + data[start + 8 : end].removeprefix(_EXIF))
        ):
            payload = minimal.removeprefix(_EXIF)
            kept.append(struct.pack("<4sI", kind, len(payload)) + payload)
            flags = _VP8X_EXIF
    if kept and kept[0].startswith(b"VP8X"):
        head = bytearray(kept[0])
        head[8] = head[8] & ~(_VP8X_EXIF | _VP8X_XMP) | flags
        kept[0] = bytes(head)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _minimal_exif(exif: bytes) -> bytes:
    """An Exif block with the orientation alone; empty when the picture stands upright."""
    block = Image.Exif()
    try:
        block.load(exif)
        orientation = block.get(_ORIENTATION, 1)
    except Exception:  # whatever Pillow thinks of hostile metadata, none is kept
        return b""
    if not isinstance(orientation, int) or not 2 <= orientation <= 8:
        return b""
    return _EXIF + struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)


STRIPPERS: Mapping[str, Callable[[bytes], bytes]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
}
"""By media type; a new one is a row."""

"""Small valid files of every kind that holdfast stores, and some that only look like one.

Imports nothing of holdfast, so that a test compares two independent opinions. Everything is a function of its
arguments: the same ``seed`` gives the same bytes, another seed gives other bytes.
"""

from __future__ import annotations

import gzip
import io
import random
import struct
import wave
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

# -- pictures -------------------------------------------------------------------------------------------


def canvas(width: int = 32, height: int = 24, seed: int = 0, *, grain: int = 4) -> Image.Image:
    """An RGB picture of soft noise; a smaller ``grain`` (pixels) makes files larger."""
    small = (max(1, width // grain), max(1, height // grain))
    noise = random.Random(seed).randbytes(small[0] * small[1] * 3)
    return Image.frombytes("RGB", small, noise).resize((width, height), Image.Resampling.BILINEAR)


def _saved(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: A002 - Pillow's own word
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def _frames(width: int, height: int, seed: int, frames: int) -> list[Image.Image]:
    return [canvas(width, height, seed * 1000 + number) for number in range(frames)]


def jpeg(width: int = 32, height: int = 24, seed: int = 0, *, grain: int = 4, **options: Any) -> bytes:
    """A JPEG; ``options`` go to Pillow (``quality``, ``exif``, ``icc_profile``, ``progressive`` ...)."""
    return _saved(canvas(width, height, seed, grain=grain), "JPEG", **options)


def photo(seed: int = 0) -> bytes:
    """A JPEG of 640×360 and about 42 KB, like the pictures of a real blog."""
    return jpeg(640, 360, seed, grain=8, quality=75)


def png(width: int = 32, height: int = 24, seed: int = 0, **options: Any) -> bytes:
    """A PNG."""
    return _saved(canvas(width, height, seed), "PNG", **options)


def apng(width: int = 32, height: int = 24, seed: int = 0, *, frames: int = 3) -> bytes:
    """An animated PNG."""
    first, *rest = _frames(width, height, seed, frames)
    return _saved(first, "PNG", save_all=True, append_images=rest)


def gif(width: int = 32, height: int = 24, seed: int = 0, *, frames: int = 3) -> bytes:
    """A GIF, animated when it has more than one frame."""
    first, *rest = _frames(width, height, seed, frames)
    return _saved(first, "GIF", save_all=True, append_images=rest)


def webp(width: int = 32, height: int = 24, seed: int = 0, *, frames: int = 1, **options: Any) -> bytes:
    """A WebP, animated when it has more than one frame."""
    first, *rest = _frames(width, height, seed, frames)
    if rest:
        options |= {"save_all": True, "append_images": rest}
    return _saved(first, "WEBP", **options)


def avif(width: int = 32, height: int = 24, seed: int = 0, *, frames: int = 1) -> bytes:
    """An AVIF, a sequence when it has more than one frame."""
    first, *rest = _frames(width, height, seed, frames)
    return _saved(first, "AVIF", save_all=bool(rest), append_images=rest)


def bmp(width: int = 32, height: int = 24, seed: int = 0) -> bytes:
    """A BMP."""
    return _saved(canvas(width, height, seed), "BMP")


def ico(width: int = 32, height: int = 32, seed: int = 0) -> bytes:
    """An ICO with one PNG inside."""
    return _saved(canvas(width, height, seed).convert("RGBA"), "ICO", sizes=[(width, height)])


def ico_of_bitmaps(seed: int = 0) -> bytes:
    """An ICO with two bitmaps inside, as old sites' favicons are."""
    image = canvas(32, 32, seed).convert("RGBA")
    return _saved(image, "ICO", sizes=[(16, 16), (32, 32)], bitmap_format="bmp")


def tiff(width: int = 32, height: int = 24, seed: int = 0, *, frames: int = 1) -> bytes:
    """A TIFF, of several pages when ``frames`` says so."""
    first, *rest = _frames(width, height, seed, frames)
    return _saved(first, "TIFF", save_all=bool(rest), append_images=rest)


def mpo(width: int = 32, height: int = 24, seed: int = 0) -> bytes:
    """A JPEG followed by a second one, as some cameras and phones write it."""
    first, second = _frames(width, height, seed, 2)
    return _saved(first, "MPO", save_all=True, append_images=[second])


def svg(width: int = 32, height: int = 24, seed: int = 0, *, body: str = "", head: str = "") -> bytes:
    """An SVG; ``head`` goes before the root element, ``body`` into it."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="#{seed & 0xFFFFFF:06x}"/>{body}</svg>\n'
    ).encode()


def svgz(width: int = 32, height: int = 24, seed: int = 0) -> bytes:
    """A gzipped SVG, which no browser shows unless the server says so."""
    return gzip.compress(svg(width, height, seed), mtime=0)


def exif(*, gps: bool = False, orientation: int | None = None, text: str = "Made by nobody") -> bytes:
    """An Exif block with a description, for Pillow's ``exif=`` option."""
    block = Image.Exif()
    block[0x010E] = text
    if orientation is not None:
        block[0x0112] = orientation
    if gps:
        block[0x8825] = {1: "N", 2: (30.0, 34.0, 12.0), 3: "E", 4: (103.0, 59.0, 1.0)}
    return block.tobytes()


# -- films, sounds, papers ------------------------------------------------------------------------------


def box(kind: bytes, payload: bytes = b"") -> bytes:
    """One box of an ISO base media file (ISO/IEC 14496-12)."""
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def _iso_media(brand: bytes, seed: int, size: int) -> bytes:
    data = random.Random(seed).randbytes(size)
    return (
        box(b"ftyp", brand + b"\0\0\2\0" + brand + b"mp41")
        + box(b"free")
        + box(b"mdat", data)
        + box(b"moov", box(b"mvhd", bytes(100)))
    )


def mp4(seed: int = 0, *, size: int = 2000) -> bytes:
    """An MP4 of well-formed boxes (there is no film in it); ``size`` bytes of media data."""
    return _iso_media(b"isom", seed, size)


def mov(seed: int = 0, *, size: int = 2000) -> bytes:
    """A QuickTime file of well-formed boxes."""
    return _iso_media(b"qt  ", seed, size)


def m4a(seed: int = 0, *, size: int = 2000) -> bytes:
    """An M4A of well-formed boxes."""
    return _iso_media(b"M4A ", seed, size)


def _element(identifier: bytes, payload: bytes) -> bytes:
    return identifier + struct.pack(">Q", len(payload) | 1 << 56) + payload


def _matroska(doctype: bytes, seed: int, size: int) -> bytes:
    head = _element(b"\x1a\x45\xdf\xa3", _element(b"\x42\x82", doctype))
    data = random.Random(seed).randbytes(size)
    return head + _element(b"\x18\x53\x80\x67", _element(b"\xec", data))


def webm(seed: int = 0, *, size: int = 2000) -> bytes:
    """A WebM of well-formed elements."""
    return _matroska(b"webm", seed, size)


def mkv(seed: int = 0, *, size: int = 2000) -> bytes:
    """A Matroska file of well-formed elements."""
    return _matroska(b"matroska", seed, size)


def mp3(seed: int = 0, *, frames: int = 10) -> bytes:
    """An MP3: an ID3v2 tag, an Info frame that states the size, ``frames`` frames of 417 bytes."""
    source = random.Random(seed)
    tag = b"ID3\x04\x00\x00" + bytes((0, 0, 0, 20)) + bytes(20)
    info = b"Info" + struct.pack(">III", 3, frames, 417 * (frames + 1))
    first = (b"\xff\xfb\x90\x00" + bytes(32) + info).ljust(417, b"\0")
    return tag + first + b"".join(b"\xff\xfb\x90\x00" + source.randbytes(413) for _ in range(frames))


def _ogg_page(payload: bytes, flags: int, number: int) -> bytes:
    lacing = bytes([255] * (len(payload) // 255) + [len(payload) % 255])
    head = b"OggS\0" + struct.pack("<BqIII", flags, number, 7, number, 0) + bytes([len(lacing)]) + lacing
    return head + payload


def _ogg(first: bytes, seed: int) -> bytes:
    data = random.Random(seed).randbytes(1000)
    return _ogg_page(first, 2, 0) + _ogg_page(data, 0, 1) + _ogg_page(data, 4, 2)


def ogg(seed: int = 0) -> bytes:
    """An Ogg file of well-formed pages whose first packet says Vorbis."""
    return _ogg(b"\x01vorbis" + bytes(23), seed)


def opus(seed: int = 0) -> bytes:
    """An Ogg file of well-formed pages whose first packet says Opus."""
    return _ogg(b"OpusHead" + bytes(11), seed)


def ogv(seed: int = 0) -> bytes:
    """An Ogg file of well-formed pages whose first packet says Theora."""
    return _ogg(b"\x80theora" + bytes(35), seed)


def wav(seed: int = 0) -> bytes:
    """A WAV of a tenth of a second."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(random.Random(seed).randbytes(1600))
    return buffer.getvalue()


def flac(seed: int = 0) -> bytes:
    """A FLAC head with its STREAMINFO block, and some bytes after it."""
    return b"fLaC\x80\x00\x00\x22" + bytes(34) + b"\xff\xf8" + random.Random(seed).randbytes(500)


def pdf(seed: int = 0) -> bytes:
    """A PDF of one empty page with a correct cross-reference table."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d 100] >>" % (100 + seed),
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 4\n0000000000 65535 f \n" + table
    return out + b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def vtt(seed: int = 0) -> bytes:
    """The subtitles of a film."""
    return f"WEBVTT\n\n00:00.000 --> 00:01.000\nline {seed}\n".encode()


def woff(seed: int = 0, *, version: int = 1) -> bytes:
    """A WOFF or WOFF2 with a head that states its length."""
    body = random.Random(seed).randbytes(400)
    return (
        (b"wOFF" if version == 1 else b"wOF2")
        + struct.pack(">II", 0x10000, 44 + len(body))
        + bytes(32)
        + body
    )


def woff2(seed: int = 0) -> bytes:
    """A WOFF2 with a head that states its length."""
    return woff(seed, version=2)


def ttf(seed: int = 0, *, flavour: bytes = b"\0\1\0\0") -> bytes:
    """A font of one table."""
    body = random.Random(seed).randbytes(400)
    head = flavour + struct.pack(">HHHH", 1, 16, 0, 0)
    return head + struct.pack(">4sIII", b"glyf", 0, 28, len(body)) + body


def otf(seed: int = 0) -> bytes:
    """A font of one table, with OpenType's other signature."""
    return ttf(seed, flavour=b"OTTO")


KINDS: Mapping[str, Callable[[], bytes]] = {
    "jpg": jpeg,
    "png": png,
    "gif": gif,
    "webp": webp,
    "avif": avif,
    "bmp": bmp,
    "ico": ico,
    "tiff": tiff,
    "svg": svg,
    "pdf": pdf,
    "mp4": mp4,
    "mov": mov,
    "m4a": m4a,
    "webm": webm,
    "mkv": mkv,
    "mp3": mp3,
    "ogg": ogg,
    "opus": opus,
    "ogv": ogv,
    "wav": wav,
    "flac": flac,
    "vtt": vtt,
    "woff": woff,
    "woff2": woff2,
    "ttf": ttf,
    "otf": otf,
}
"""By the extension that holdfast gives it."""

# -- what is no picture ---------------------------------------------------------------------------------


def pixel() -> bytes:
    """The tracker of many a page: a GIF of 1×1."""
    return gif(1, 1, frames=1)


def png_chunk(kind: bytes, payload: bytes = b"") -> bytes:
    """One chunk of a PNG (PNG specification 5.3)."""
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def png_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few bytes that says it has 2.5 thousand million pixels."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + head + body + png_chunk(b"IEND")


def html(seed: int = 0) -> bytes:
    """An error page that a server sends with status 200."""
    title = f"<title>Not found {seed}</title>"
    return f"<!DOCTYPE html>\n<html><head>{title}</head><body>gone</body></html>".encode()


def eps() -> bytes:
    """A PostScript picture; decoding one would mean running a program."""
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nnewpath\n%%EOF\n"


def psd() -> bytes:
    """The head of a Photoshop file."""
    return b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 10, 10, 8, 3) + bytes(400)


def fits() -> bytes:
    """The head of a FITS file."""
    return (
        b"SIMPLE  =                    T".ljust(80)
        + b"BITPIX  =                    8".ljust(80)
        + bytes(2720)
    )

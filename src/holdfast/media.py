"""What received bytes say they are: the kinds that are stored, each known by its first bytes.

Opens no file and no socket, decodes nothing, and trusts neither the URL nor a Content-Type. Whether the bytes
keep what their signature promises is found out by `decoding`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec

from . import containers, recordings
from .containers import Data, Structure
from .model import Refusal

Family: TypeAlias = Literal["image", "video", "audio", "pdf", "track", "font"]
"""The same words as in `families`, which says what a reference may bring."""

HEAD_BYTES = 16 * 1024
"""What `identify` looks at: an SVG's root element can stand behind long comments and an editor's DOCTYPE."""


class Media(msgspec.Struct, frozen=True):
    """What the bytes are. Sizes in pixels, None where the kind has none or does not state it."""

    type: str
    """A media type, e.g. ``image/jpeg``."""
    extension: str
    """Lower case, without the dot."""
    width: int | None = None
    height: int | None = None
    frames: int = 1
    notes: tuple[str, ...] = ()
    """Codes of `NOTES`: true of the file, and no reason to refuse it."""


NOTES: Mapping[str, str] = {
    "gps": "it says where it was taken; --strip-metadata removes that",
    "trailing": "other data follows the end of the picture",
    "no-namespace": "the SVG names no namespace, so browsers may not show it",
    "active": "the SVG holds scripts or loads other files, and that was allowed",
}


class Kind(msgspec.Struct, frozen=True):
    """One kind of file that is stored."""

    type: str
    extension: str
    family: Family
    name: str
    """For a person: "it is a PNG picture"."""
    signature: re.Pattern[bytes]
    """Matches at the first byte."""
    structure: Callable[[Data], Structure | Refusal] | None = None
    """Finds the end, before anything is decoded."""
    pillow: str | None = None
    """The only decoder that may run on it."""


def _row(
    media_type: str,
    extension: str,
    name: str,
    signature: bytes,
    structure: Callable[[Data], Structure | Refusal] | None,
    pillow: str | None = None,
    family: Family | None = None,
) -> Kind:
    found: Family = family or media_type.partition("/")[0]  # type: ignore[assignment]
    return Kind(media_type, extension, found, name, re.compile(signature, re.DOTALL), structure, pillow)


# What stands before an XML root element; possessive, so that a hostile head cannot make it go back and forth.
_PROLOG = rb"(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s[^\[>]*+(?:\[[^\]]*+\]\s*+)?>)*+"
_EBML = rb"\x1a\x45\xdf\xa3.{0,60}?"
_BRANDS = rb".{4}ftyp(?:%b|(?:mif1|msf1|miaf).{4}(?:.{4}){0,8}?%b)"

KINDS: tuple[Kind, ...] = (
    _row("image/jpeg", "jpg", "JPEG picture", rb"\xff\xd8\xff", containers.jpeg, "JPEG"),
    _row("image/png", "png", "PNG picture", rb"\x89PNG\r\n\x1a\n", containers.png, "PNG"),
    _row("image/gif", "gif", "GIF picture", rb"GIF8[79]a", containers.gif, "GIF"),
    _row("image/webp", "webp", "WebP picture", rb"RIFF.{4}WEBP", containers.webp, "WEBP"),
    _row("image/avif", "avif", "AVIF picture", _BRANDS % (rb"avi[fs]", rb"avi[fs]"), containers.iso, "AVIF"),
    _row("image/bmp", "bmp", "BMP picture", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", None, "BMP"),
    _row("image/x-icon", "ico", "icon", rb"\0\0\x01\0[^\0]\0.{3}[\0\xff]", containers.ico, "ICO"),
    _row("image/tiff", "tiff", "TIFF picture", rb"(?:II[*+]\0|MM\0[*+])(?!.{4}CR)", containers.tiff, "TIFF"),
    _row("image/svg+xml", "svg", "SVG picture", _PROLOG + rb"<(?:[\w.-]+:)?svg[\s/>]", None),
    _row("video/quicktime", "mov", "QuickTime film", rb".{4}(?:ftypqt  |moov|wide|mdat)", containers.iso),
    _row("audio/mp4", "m4a", "M4A sound", rb".{4}ftypM4[AB]", containers.iso),
    _row(
        "video/mp4", "mp4", "MP4 film",
        rb".{4}ftyp(?:iso[2-9m]|mp4[12]|avc1|dash|M4V|MSNV|3g|f4v|mmp4|XAVC|cmf|NDS)", containers.iso,
    ),
    _row("video/webm", "webm", "WebM film", _EBML + rb"webm", recordings.matroska),
    _row("video/x-matroska", "mkv", "Matroska film", _EBML + rb"matroska", recordings.matroska),
    _row("video/ogg", "ogv", "Ogg film", rb"OggS.{23,600}?\x80theora", recordings.ogg),
    _row("audio/ogg", "opus", "Opus sound", rb"OggS.{24}OpusHead", recordings.ogg),
    _row("audio/ogg", "ogg", "Ogg sound", rb"OggS\0", recordings.ogg),
    _row("audio/flac", "flac", "FLAC sound", rb"fLaC", recordings.flac),
    _row("audio/wav", "wav", "WAV sound", rb"RIFF.{4}WAVE", containers.riff),
    _row("audio/mpeg", "mp3", "MP3 sound", rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", recordings.mp3),
    _row("application/pdf", "pdf", "PDF document", rb"\s*%PDF-\d", recordings.pdf, family="pdf"),
    _row("text/vtt", "vtt", "WebVTT track", rb"WEBVTT(?=[\s]|$)", None, family="track"),
    _row("font/woff2", "woff2", "WOFF2 font", rb"wOF2", recordings.woff),
    _row("font/woff", "woff", "WOFF font", rb"wOFF", recordings.woff),
    _row("font/ttf", "ttf", "TrueType font", rb"(?:\0\x01\0\0|true)\0[\x01-\x7f]", recordings.sfnt),
    _row("font/otf", "otf", "OpenType font", rb"OTTO\0[\x01-\x7f]", recordings.sfnt),
)  # fmt: skip
"""Every kind that is stored, the first that matches; a new one is a row here and a generator in the tests."""

_TAG = rb"(?:\s|<!--.*?-->)*+<"

OTHERS: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (name, re.compile(pattern, re.DOTALL))
    for name, pattern in (
        (
            "an HTML page",
            rb"(?i)\s*+<!DOCTYPE\s+html|" + _TAG + rb"(?:html|head|body|title|script|meta|div|p|h1|a)\b",
        ),
        ("a PostScript (EPS) file", rb"%!|\xc5\xd0\xd3\xc6"),
        ("a Photoshop file", rb"8BP[SB]"),
        ("a FITS file", rb"SIMPLE  ="),
        ("a HEIC picture, which few browsers show", rb".{4}ftyp(?:hei[cx]|hev[cx]|mif1|msf1)"),
        ("a JPEG XL picture, which few browsers show", rb"\xff\x0a|\0\0\0\x0cJXL "),
        ("a JPEG 2000 picture", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
        ("a camera's raw file", rb"II\*\0.{4}CR|FUJIFILM|IIU\0|IIR[OS]"),
        ("a cursor", rb"\0\0\x02\0"),
        ("a WMF or EMF drawing", rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF"),
        ("an AVI film", rb"RIFF.{4}AVI "),
        ("a Flash file", rb"[FCZ]WS[\x01-\x30]|FLV\x01"),
        ("a gzip file (an SVGZ must be unpacked first)", rb"\x1f\x8b"),
        ("a ZIP archive or an office document", rb"PK\x03\x04"),
        ("an archive", rb"Rar!|7z\xbc\xaf|\xfd7zXZ|BZh|\x28\xb5\x2f\xfd"),
        ("a program", rb"MZ|\x7fELF|\xfe\xed\xfa|\xcf\xfa\xed\xfe"),
        ("a font collection", rb"ttcf"),
        ("a Git LFS pointer, not the file itself", rb"version https://git-lfs"),
        ("an XML document", rb"\s*+<\?xml|" + _TAG + rb"[A-Za-z!?]"),
        ("JSON", rb"\s*+[\[{]\s*+[\"\]}\[{0-9]"),
        ("text", rb"[\t\n\r\x20-\x7e\x80-\xff]++\Z"),
    )
)
"""What it is instead, in words for a person; the first that matches."""


def identify(head: bytes) -> Kind | None:
    """The row whose signature the first bytes (`HEAD_BYTES` are enough) carry, or None."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") and b"<" in head[2:4]:
        head = head[: len(head) & ~1].decode("utf-16", "replace").encode()
    head = head.removeprefix(b"\xef\xbb\xbf")
    return next((kind for kind in KINDS if kind.signature.match(head)), None)


def describe(head: bytes) -> str:
    """What bytes that are of no known kind seem to be: "an HTML page"."""
    if not head.strip(b"\0\t\n\r "):
        return "nothing but blanks" if head else "empty"
    head = head[:1024].removeprefix(b"\xef\xbb\xbf")
    return next((name for name, pattern in OTHERS if pattern.match(head)), "of no known kind")


def not_media(head: bytes, families: frozenset[str]) -> Refusal | None:
    """Why bytes that begin with ``head`` cannot be of one of the ``families``, or None when they can."""
    kind = identify(head)
    if kind is None:
        return Refusal("not-media", f"it is {describe(head)}")
    if kind.family not in families:
        return Refusal("not-media", f"it is of another kind than was asked for: {kind.name}")
    return None

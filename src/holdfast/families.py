"""Which families of files a reference can bring: by its kind, or, for a link, by the URL's extension.

Looks at no bytes: this is what is expected, `media` says what came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

IMAGE: Final = ("image",)

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "css-url": ("font", "image"),
    "css-import": ("style",),
    "html-audio-src": ("audio",),
    "html-embed-src": ("audio", "image", "pdf", "video"),
    "html-frame-src": ("page",),
    "html-iframe-src": ("page",),
    "html-link-imagesrcset": IMAGE,
    "html-meta-refresh": ("page",),
    "html-object-data": ("audio", "image", "pdf", "video"),
    "html-script-src": ("script",),
    "html-source-src": ("audio", "video"),
    "html-track-src": ("track",),
    "html-video-src": ("video",),
    "wiki-embed": ("audio", "image", "pdf", "video"),
}
"""What an embed of each kind shows, in alphabetical order; a kind without a row shows an image."""

MEDIA: frozenset[str] = frozenset({"audio", "font", "image", "pdf", "track", "video"})
"""The families an archive holds; a page, a script or a style sheet is for ``holdfast offline``."""

LINK_TYPES: Mapping[str, frozenset[str]] = {
    "pdf": frozenset({".pdf"}),
    "video": frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".ogv", ".webm"}),
    "audio": frozenset({".aac", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav"}),
    "image": frozenset(
        {
            ".apng",
            ".avif",
            ".bmp",
            ".gif",
            ".ico",
            ".jfif",
            ".jpeg",
            ".jpg",
            ".png",
            ".svg",
            ".tif",
            ".tiff",
            ".webp",
        }
    ),
}
"""The values of ``--links``, and the extensions by which a link's type is known before it is followed."""

_STYLES: frozenset[str] = frozenset({".css"})

_TYPE_OF = {extension: name for name, extensions in LINK_TYPES.items() for extension in extensions}
_NONE: frozenset[str] = frozenset()
_ONE = {name: frozenset({name}) for name in LINK_TYPES}


_EXTENSION = re.compile(r"[A-Za-z]+://[^/?#]*/(?:[^/?#]*/)*[^/?#]+(\.[A-Za-z0-9]+)(?:[?#]|\Z)")


def extension(url: str) -> str:
    """The extension of a URL's path in lower case, with its dot; empty when there is none."""
    match = _EXTENSION.match(url)
    return match[1].lower() if match else ""


def of_embed(kind: str, url: str) -> tuple[str, ...]:
    """What an embed of this kind may bring."""
    found = FAMILIES.get(kind, IMAGE)
    return ("style",) if found == IMAGE and extension(url) in _STYLES else found


def of_link(url: str) -> frozenset[str]:
    """The type in `LINK_TYPES` that a link's extension names; empty when it names none."""
    name = _TYPE_OF.get(extension(url))
    return _ONE[name] if name else _NONE


def of_media(media: str) -> frozenset[str]:
    """The family of a media type that was found in bytes, e.g. ``application/pdf`` is ``pdf``."""
    major, _, minor = media.partition("/")
    return frozenset({"pdf" if minor == "pdf" else "track" if minor == "vtt" else major})


def accept(wanted: frozenset[str]) -> str:
    """The Accept header for these families (RFC 9110 section 12.5.1).

    No single format is named: a CDN that sees ``image/avif`` recodes, and a copy should be what the author
    published.
    """
    major = sorted({"application/pdf" if name == "pdf" else f"{_MAJOR.get(name, name)}/*" for name in wanted})
    return ",".join([*major, "*/*;q=0.5"])


_MAJOR: Mapping[str, str] = {"track": "text"}

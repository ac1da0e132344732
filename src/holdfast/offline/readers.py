"""READERS: which reader a file of a copy has, by what it is; and what its name or its bytes say it is.

Opens nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping

from ..media import describe, identify
from .manifests import manifest
from .pages import page
from .parts import Parts
from .scripts import script
from .styles import style
from .vectors import vector

Reader = Callable[[bytes, str, str | None], Parts]

READERS: Mapping[str, Reader] = {
    "page": page,
    "style": style,
    "script": script,
    "manifest": manifest,
    "vector": vector,
}
"""By language."""

EXTENSIONS: Mapping[str, str] = {
    ".htm": "page",
    ".html": "page",
    ".shtml": "page",
    ".xht": "page",
    ".xhtml": "page",
    ".css": "style",
    ".js": "script",
    ".mjs": "script",
    ".svg": "vector",
    ".webmanifest": "manifest",
}
"""What a built file's name says it is."""

_NAMES: Mapping[str, str] = {"manifest.json": "manifest", "site.webmanifest": "manifest"}

TEXTS: Mapping[str, str] = {
    "style": "css",
    "script": "js",
    "page": "html",
    "manifest": "webmanifest",
    "data": "json",
}
"""Families that are text, and the extension of a fetched one: what they are is for the reference to say."""

_FEED = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>|<!--.*?-->|<\?[^>]*+>|\s)*+<(?:rss|feed|urlset|sitemapindex|rdf:RDF)\b", re.DOTALL
)


def language(path: str, head: Callable[[], bytes]) -> str:
    """A key of `READERS`, or an empty string for a file that is only copied.

    ``head`` gives its first bytes; they are looked at where the name says nothing, as with ``about.php``.
    """
    name = posixpath.basename(path).lower()
    extension = posixpath.splitext(name)[1]
    known = _NAMES.get(name) or EXTENSIONS.get(extension)
    if known or extension in _DATA:
        return known or ""
    return "page" if describe(head()) == "an HTML page" else ""


_DATA = frozenset(
    f".{name}"
    for name in (
        *(
            "7z",
            "avif",
            "bin",
            "bmp",
            "csv",
            "eot",
            "exe",
            "gif",
            "gz",
            "ico",
            "jpeg",
            "jpg",
            "json",
            "m4a",
            "map",
        ),
        *("md", "mp3", "mp4", "ogg", "otf", "pdf", "png", "svgz", "tar", "tif", "tiff", "ttf", "txt", "wasm"),
        *("wav", "webm", "webp", "woff", "woff2", "xml", "xsl", "zip"),
    )
)
"""Extensions of what is never a page."""


def is_feed(head: bytes) -> bool:
    """Whether a file is a feed or a sitemap, which is for other programs."""
    return _FEED.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def of_fetched(families: Iterable[str], data: bytes) -> str:
    """Which family fetched bytes are of, among those that a reference may bring; empty: none of them.

    Text has no signature: a style sheet or a script is taken for what it is wanted as, unless it is plainly
    a page, as servers send for what is not there.
    """
    wanted = list(families)
    kind = identify(data)
    if kind is not None and kind.family in wanted:
        return kind.family
    looks = describe(data)
    if looks == "an HTML page":
        return "page" if "page" in wanted else ""
    if kind is not None or b"\0" in data[:1024]:
        return ""
    return next((family for family in wanted if family in TEXTS and family != "page"), "")

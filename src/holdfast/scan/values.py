"""Which strings of front matter are URLs, and which of those are images.

Reads no syntax: a key path and a decoded string in, a decision out. The keys are rows gathered from the
generators' and themes' own documentation (Hugo, Jekyll, Hexo, Astro, VitePress, MkDocs, Obsidian ...).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import lru_cache

import msgspec

from ..model import Span, Syntax
from ..urls import is_dynamic, is_remote

Key = tuple[str | int, ...]
"""A path from the root of the front matter: mapping keys and list positions (from 0)."""


class Scalar(msgspec.Struct, frozen=True):
    """One string of the front matter."""

    key: Key
    text: str
    """The value, its escapes undone."""
    span: Span
    """The content without quotes; in characters of the block until `frontmatter` turns it into bytes."""
    syntax: Syntax
    image: bool
    """It stands under an image-like key, or an alias brings it there."""


class Unreadable(Exception):  # it says what the block is
    """The block is not valid in its format: `str()` says what is wrong, `at` where (characters)."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.at = at


MAX_BYTES = 256 * 1024
"""A front matter block above this size is not parsed: real ones have a few kilobytes, hostile ones would
cost seconds and hundreds of megabytes."""

MAX_DEPTH = 100
"""Deepest nesting that is followed; libyaml and tomlkit fail, or crash, far beyond."""


# -- keys -----------------------------------------------------------------------------------------------


def _words(table: str) -> frozenset[str]:
    return frozenset(table.split())


class Context(IntEnum):
    """What a key path says of the value at its end."""

    NONE = 0
    PARENT = 1
    """A list of mappings whose ``src`` is an image; strings in it are not."""
    IMAGE = 2


IMAGE_KEYS = _words(
    """
    image images img imgs picture pictures photo photos
    thumbnail thumbnails thumb thumbs thumbnailimage thumbnailurl thumbimage
    cover covers coverimage coverimg coverurl
    banner banners bannerimg bannerimage hero heroimage heroimg
    featuredimage featuredimages featuredimg featuredimagepreview featureimage featureimg feature
    indeximg topimg headerimage headerimg headimg postimage postimg cardimage cardimg
    overlayimage teaser teaserimage ogimage ogimg twitterimage socialimage shareimage
    imagepath imageurl imageuri imagesrc imgurl imgsrc previewimage previewimg
    avatar logo icon favicon poster illustration screenshot screenshots
    background backgroundimage backgroundimg bgimage bgimg
    gallery galleries lqip
    """
)
"""Keys whose value is an image, or a list or mapping of images: lower case, without ``-`` and ``_``."""

PARENT_KEYS = frozenset({"resources"})
"""Keys above lists of mappings that name an image only as ``src`` (Hugo); elsewhere such lists hold links."""

SOURCE_KEYS_BELOW: Mapping[Context, frozenset[str]] = {
    Context.NONE: frozenset(),
    Context.PARENT: frozenset({"src"}),
    Context.IMAGE: _words("src path url uri file filename lqip light dark"),
}
"""What, directly below such a key, names the image: ``cover.src``; not ``cover.caption``."""


@lru_cache(maxsize=4096)
def normal_key(key: str) -> str:
    """The form keys are compared in: ``Featured-Image`` and ``featured_image`` are one key."""
    return key.lower().replace("-", "").replace("_", "")


@lru_cache(maxsize=64)
def known_keys(extra: frozenset[str]) -> frozenset[str]:
    """The image keys of the table with a site's own; ``hero.video`` means ``video`` right below ``hero``, or
    a key that is spelled with its dot (``og.image.url: x`` in YAML is one key).
    """
    paths = {".".join(map(normal_key, key.split(".")[-2:])) for key in extra}
    return IMAGE_KEYS | paths | {normal_key(key) for key in extra}


def context(key: Sequence[str | int], images: frozenset[str], start: Context = Context.NONE) -> Context:
    """What the value at ``key`` is: lists inherit, mappings only through source-like names."""
    state = start
    parent = ""
    for part in key:
        if isinstance(part, int):
            continue
        name = normal_key(part)
        if name in images or name in SOURCE_KEYS_BELOW[state] or f"{parent}.{name}" in images:
            state = Context.IMAGE
        else:
            state = Context.PARENT if name in PARENT_KEYS else Context.NONE
        parent = name
    return state


# -- values ---------------------------------------------------------------------------------------------

IMAGE_EXTENSIONS = _words(
    """
    apng avif bmp gif heic heif ico jfif jp2 jpe jpeg jpg jxl pjp pjpeg png svg svgz tif tiff webp
    """
)

WRAPPERS = (
    re.compile(r"url\(\s*['\"]?([^'\"()\s]+)['\"]?\s*\)", re.IGNORECASE),  # a CSS background (Hexo themes)
    re.compile(r"!?\[\[([^\[\]|#]+)(?:[|#][^\[\]]*)?\]\]"),  # Obsidian
    re.compile(r"!\[[^\[\]]*\]\(\s*([^()\s]+)\s*\)"),  # a Markdown image (Obsidian's banners)
)
"""What may stand around the one URL of a value under an image-like key."""

_URL = re.compile(r"https?://[^\s/?#]+", re.IGNORECASE)
_SCHEME_RELATIVE = re.compile(r"//[^\s/?#]+(?:[/?#]\S*)?")
_PATH = re.compile(r"(?:https?:)?//[^/?#]+(/[^?#]*)", re.IGNORECASE)
_COLOUR_AFTER = re.compile(r"(\S+)[ \t]+#[0-9A-Fa-f]{3,8}")
_NO_PATH = re.compile(r"[*<>|\x00-\x1f]|^[A-Za-z][A-Za-z0-9+.-]*:")
_ROOTED = re.compile(r"(?:\.{0,2}/|\{[a-z]+\}/?)[^\s/]", re.IGNORECASE)
_EXTENSION = re.compile(r"\.([A-Za-z][A-Za-z0-9]{1,4})$")
_EXPRESSION = re.compile(r"\{\{[^{}]*+\}\}|\{%[^%]*+%\}|<%[^%]*+%>|\$\{[^{}]*+\}")
_SPACE = re.compile(r"\s")
_AFTER_PATH = re.compile(r"[?#]")


class Found(msgspec.Struct, frozen=True):
    """The one URL of a value: ``text[start:end]``."""

    start: int
    end: int
    embed: bool
    dynamic: bool = False


def may_refer(text: str, image: bool) -> bool:
    """A cheap test that everything `find` accepts passes: the rest is not looked at again."""
    return "//" in text or (image and ("/" in text or "." in text or "{" in text))


def find(text: str, image: bool) -> Found | None:
    """The URL that ``text`` is, or None: prose that mentions a URL is not a reference.

    Args:
        text: the decoded value.
        image: whether an image-like key leads to it; only then paths and ``//host/`` count.
    """
    token = text.strip(" \t\r\n")
    start = text.find(token)
    if image:
        inner = _unwrap(token)
        if inner is not None:
            start += inner[0]
            token = token[inner[0] : inner[1]]
    if is_dynamic(token):
        bare = _EXPRESSION.sub("x", token)
        if _has_space(bare) or not (image or is_remote(bare)):
            return None
        return Found(start, start + len(token), image or _has_image_extension(bare), dynamic=True)
    if _URL.match(token):
        if _has_space(token) and not (image and _is_spaced_image(token)):
            return None
        return Found(start, start + len(token), image or _has_image_extension(token))
    if image and (_SCHEME_RELATIVE.fullmatch(token) or _is_local(token)):
        return Found(start, start + len(token), embed=True)
    return None


def _has_space(text: str) -> bool:
    return _SPACE.search(text) is not None


def _unwrap(token: str) -> tuple[int, int] | None:
    coloured = _COLOUR_AFTER.fullmatch(token)
    if coloured is not None:
        return coloured.span(1)
    for wrapper in WRAPPERS:
        match = wrapper.fullmatch(token)
        if match is not None:
            return match.span(1)
    return None


def _has_image_extension(token: str) -> bool:
    match = _PATH.match(token)
    return match is not None and match[1].rpartition(".")[2].lower() in IMAGE_EXTENSIONS


def _is_spaced_image(token: str) -> bool:
    """A browser asks for ``https://x/my photo.png`` with ``%20``; two URLs in one value are prose."""
    return token.count("://") == 1 and "\n" not in token and _has_image_extension(token)


def _is_local(token: str) -> bool:
    """Whether this looks like a path: not a colour, a gradient, a glob, an icon's name, ``N/A`` or a word."""
    path = _AFTER_PATH.split(token, maxsplit=1)[0]
    if _NO_PATH.search(path) or "://" in path:
        return False
    extension = _EXTENSION.search(path)
    if extension is not None and extension[1].lower() in IMAGE_EXTENSIONS:
        return True
    if _has_space(path):
        return False
    return _ROOTED.match(path) is not None or ("/" in path and extension is not None)

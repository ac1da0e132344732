"""Which shortcodes and tags show an image, and which of their arguments names it.

Expands nothing and looks nothing up on disk. What a shortcode means is its theme's business; the tables hold
the names that generators and themes have settled on. A new shortcode is a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from .. import urls
from ..model import Place, Reference, Span, Syntax
from .templates import Tag

_IMAGE_NAMES = (
    "figure fig img image picture pic photo imgs images lazyimg lazyimage lightbox zoomimg responsive-image"
    " responsive_image image-caption imagecaption img-figure captioned-image thumbnail webp"
)
_MEDIA_NAMES = "video audio html5video html5audio mp4 localvideo local-video video-file audio-file"
_SOURCES = ("src", "url", "image", "img", "path", "file", "href", "image_path", "image_url")
_IMAGE_SOURCES = (*_SOURCES, "src_s", "src_l", "dark", "light", "poster", "large", "thumb", "thumbnail")
_MEDIA_SOURCES = ("src", "url", "path", "file", "mp4", "webm", "ogg", "ogv", "mp3", "wav", "poster", "cover")


class Shortcode(msgspec.Struct, frozen=True):
    """One row."""

    names: frozenset[str]
    """In lower case; of Jekyll's includes the file's name without folder and extension."""
    embeds: tuple[str, ...] = ()
    """Parameters whose value is fetched when the page is viewed."""
    links: tuple[str, ...] = ()
    """Parameters whose value a reader may follow."""
    positional: bool = False
    """Whether the first argument without a name that looks like a path or URL is an embed."""


def _row(names: str, embeds: tuple[str, ...], *links: str, positional: bool = False) -> Shortcode:
    return Shortcode(frozenset(names.split()), embeds, links, positional)


HUGO = (
    _row(_IMAGE_NAMES, _IMAGE_SOURCES, "link", positional=True),
    _row("gallery-item galleryitem gallery_image gallery-image carousel-item slide", _IMAGE_SOURCES, "link"),
    _row(_MEDIA_NAMES, _MEDIA_SOURCES, positional=True),
    _row("music aplayer", ("url", "src", "cover", "pic")),
    _row("link button cta card-link", (), "href", "url", "link"),
)
"""``{{< name … >}}`` and ``{{% name … %}}``."""

LIQUID = (
    _row(_IMAGE_NAMES, _IMAGE_SOURCES, "link", positional=True),
    _row("asset_img fb_img fancybox inline_image inlineimg inlineimage imgurl", _SOURCES, positional=True),
    _row("local_image img_tag picture_tag cloudinary", _SOURCES, positional=True),
    _row(_MEDIA_NAMES, _MEDIA_SOURCES, positional=True),
)
"""``{% name … %}`` of Hexo and of Jekyll's plugins."""

INCLUDES = (
    _row(_IMAGE_NAMES, _IMAGE_SOURCES, "link"),
    _row("feature_image feature-image image-gallery gallery-image lightbox-image captioned_image", _SOURCES),
    _row(_MEDIA_NAMES, _MEDIA_SOURCES),
)
"""``{% include name.html … %}`` of Jekyll."""

VERBATIM_LIQUID = frozenset({"highlight", "codeblock", "code", "comment", "mermaid"})
"""Liquid and Hexo tags whose body is no Markdown; ``{% endNAME %}`` closes them."""

VERBATIM_HUGO = frozenset({"highlight", "code", "comment", "mermaid", "katex", "math"})
"""The same of Hugo; ``{{< /NAME >}}`` closes them."""

_INCLUDE_WORDS = frozenset({"include", "include_cached", "include_relative", "include_absolute"})

_ARGUMENT = re.compile(
    rb"""(?:([A-Za-z_][\w.-]*)(?:\s*=\s*|:\s+))?"""
    rb"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|`([^`]*)`|([^\s"'`=]\S*))""",
    re.DOTALL,
)
_INCLUDED = re.compile(rb"\s*([\w./-]+)")
_NAME = re.compile(rb"[-~+]?\s*(/?\s*[A-Za-z_][\w./-]*)")
_PATH_LIKE = re.compile(
    rb".*/|.*\.(?:avif|bmp|gif|ico|jpe?g|jfif|png|svg|webp|mp[34]|m4[av]|og[gv]|wav|webm)\b", re.I | re.S
)
"""What an argument without a name must look like: the others are classes, sizes and players' identifiers."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SYNTAXES = (
    Syntax.SHORTCODE_DOUBLE,
    Syntax.SHORTCODE_SINGLE,
    Syntax.SHORTCODE_BACKTICK,
    Syntax.SHORTCODE_BARE,
)


def _by_name(rows: tuple[Shortcode, ...]) -> dict[str, Shortcode]:
    return {name: row for row in rows for name in row.names}


_HUGO, _LIQUID, _INCLUDES = _by_name(HUGO), _by_name(LIQUID), _by_name(INCLUDES)


class _Argument(msgspec.Struct, frozen=True):
    name: str
    start: int
    end: int
    syntax: Syntax


def references(source: bytes, tag: Tag, base: str | None = None) -> Iterator[Reference]:
    """The references in the arguments of one tag, in order; spans are offsets into ``source``."""
    name, position = _name(source, tag)
    if tag.opener == b"{%":
        is_include = name in _INCLUDE_WORDS
        if is_include:
            name, position = _included(source, position, tag.end)
        row = (_INCLUDES if is_include else _LIQUID).get(name)
    elif tag.opener in (b"{{<", b"{{%"):
        is_include = False
        row = _HUGO.get(name)
    else:
        return
    if row is None:
        return
    arguments = list(_arguments(source, position, _inner_end(source, tag)))
    chosen = dict(_chosen(row, arguments, source))
    shown = {source[item.start : item.end] for item, embed in chosen.items() if embed}
    for item in sorted(chosen, key=lambda item: item.start):
        raw = source[item.start : item.end]
        text = raw.decode()
        # an unquoted argument of an include is the name of a variable
        dynamic = urls.is_dynamic(text) or (is_include and item.syntax is Syntax.SHORTCODE_BARE)
        if item.syntax is Syntax.SHORTCODE_DOUBLE and "\\" in text:
            text = _ESCAPED.sub(r"\1", text)
        yield Reference(
            span=Span(item.start, item.end),
            raw=raw,
            url=text if dynamic else urls.resolve(urls.percent_encode(text), base),
            kind="shortcode",
            embed=chosen[item] or raw in shown,
            syntax=item.syntax,
            place=Place.SHORTCODE,
            dynamic=dynamic,
        )


def verbatim(source: bytes, tags: list[Tag]) -> list[tuple[int, int]]:
    """The bodies of tags that hold the source of another language, in order and disjoint.

    ``tags`` are those that stand in running text, in order.
    """
    found: list[tuple[int, int]] = []
    opened: dict[str, int] = {}
    for tag in tags:
        name, _ = _name(source, tag)
        if tag.opener == b"{%":
            opens, closed = name in VERBATIM_LIQUID, name[3:] if name.startswith("end") else ""
        elif tag.opener in (b"{{<", b"{{%"):
            opens, closed = name in VERBATIM_HUGO, name[1:] if name.startswith("/") else ""
        else:
            continue
        if opens:
            opened[name] = tag.end
        elif (start := opened.pop(closed, None)) is not None:
            while found and found[-1][0] >= start:
                found.pop()
            found.append((start, tag.start))
            opened = {other: at for other, at in opened.items() if at < start}
    return found


def _name(source: bytes, tag: Tag) -> tuple[str, int]:
    match = _NAME.match(source, tag.start + len(tag.opener), tag.end)
    if match is None:  # Hugo's ``{{</* … */>}}`` shows a shortcode instead of calling it
        return "", tag.end
    return match[1].decode().replace(" ", "").lower().removesuffix(".html"), match.end()


def _included(source: bytes, position: int, end: int) -> tuple[str, int]:
    """The stem of an include's file and where its parameters begin."""
    match = _INCLUDED.match(source, position, end)
    if match is None:
        return "", end
    stem = match[1].decode().rsplit("/", 1)[-1].lower()
    return stem.split(".", 1)[0], match.end()


def _inner_end(source: bytes, tag: Tag) -> int:
    end = tag.end - (2 if tag.opener == b"{%" else 3)
    if source[end - 1 : end] in (b"-", b"/", b"~"):  # Liquid's white space control, Hugo's self-closing
        end -= 1
    return end


def _arguments(source: bytes, start: int, end: int) -> Iterator[_Argument]:
    for match in _ARGUMENT.finditer(source, start, end):
        group = match.lastindex or 5
        first, last = match.span(group)
        if group == 5 and source[last - 1 : last] == b",":
            last -= 1
        name = match[1].decode().lower() if match[1] else ""
        yield _Argument(name, first, last, _SYNTAXES[group - 2])


def _chosen(row: Shortcode, arguments: list[_Argument], source: bytes) -> Iterator[tuple[_Argument, bool]]:
    """Which arguments are references, and whether each is an embed."""
    wanted = row.positional
    for item in arguments:
        raw = source[item.start : item.end].strip()
        if not raw:
            continue
        if item.name in row.embeds:
            yield item, True
        elif item.name in row.links:
            yield item, False
        elif not item.name and wanted and _PATH_LIKE.match(raw):
            wanted = False
            yield item, True

"""Find the front matter of a document, the URLs in it, and exactly which bytes spell them.

Opens no file, constructs no values and never raises: a block that cannot be read becomes a notice. Where a
block begins and ends is decided here (Hugo's rules, measured with Hugo 0.168, and Jekyll's ``...``); what it
says is asked of PyYAML's events, tomllib with tomlkit, and json.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from ..model import Notice, Place, Reference, ScanOptions, Span
from ..urls import resolve
from . import header_spans, json_spans, yaml_lines
from .values import MAX_BYTES, Found, Key, Scalar, Unreadable, find, known_keys

Format = Literal["yaml", "toml", "json", "headers", ""]

NodeTree = tuple[tuple[Key, str, str], ...]
"""``(key path, what the node is, its value)`` in document order."""


class FrontMatter(msgspec.Struct, frozen=True):
    """What a document begins with."""

    format: Format
    start: int
    end: int
    """Byte range of the block with its fences: the body begins at `end`. ``0, 0`` when there is none."""
    references: tuple[Reference, ...] = ()
    notices: tuple[Notice, ...] = ()


NONE = FrontMatter("", 0, 0)

_BOM = b"\xef\xbb\xbf"
_OPENING = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]*+(?:\r\n|\r|\n))*+"
    rb"(?:(?P<yaml>-{3,}+)[ \t]*+(?:\r\n|\r|\n)|(?P<toml>\+{3})[ \t]*+(?:\r\n|\r|\n)|(?P<json>(?=\{)))"
)
"""Hugo skips a BOM and blank lines; lines end in LF, CRLF or CR."""
_YAML_CLOSING = re.compile(rb"[\r\n](?:-{3,}+|\.{3})[ \t]*+(?:\r\n|\r|\n|\Z)")
_TOML_CLOSING = re.compile(rb"[\r\n]\+{3}[ \t]*+(?:\r\n|\r|\n|\Z)")
_UNFENCED_FIRST = re.compile(rb"[A-Za-z_][\w-]*+[ \t]*+:(?=[ \t\r\n])")
_UNFENCED_CLOSING = re.compile(rb"[\r\n]-{3,}+[ \t]*+(?:\r\n|\r|\n|\Z)")
_KEY_LINE = re.compile(r"(?:^|[\r\n])[ \t]*+[\"']?\w[^\r\n:]*+:(?=\s|$)")
_AFTER_JSON = re.compile(rb"[ \t]*+(?:\r\n|\r|\n)|")
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
"""JSON can spell half a surrogate pair, which no URL and no file can hold."""
_BREAK = re.compile(rb"\r\n|[\r\n]")


class _Block(msgspec.Struct, frozen=True):
    """Where a block stands: bytes. ``source[inner_start:inner_end]`` is what its format's parser reads."""

    format: Format
    start: int
    inner_start: int
    inner_end: int
    end: int


def read(source: bytes, options: ScanOptions) -> FrontMatter:
    """The front matter of a whole document, which may begin with a BOM.

    Args:
        source: the undecoded document; offsets of the result count its bytes.
        options: `headers`, `unfenced` and `image_keys` matter here.
    """
    block = _split(source, options)
    if block is None:
        return NONE
    inner = source[block.inner_start : block.inner_end]
    if len(inner) > MAX_BYTES:
        return _refused(source, block, f"it is larger than {MAX_BYTES // 1024} KiB", 0)
    if not block.end:
        return _refused(source, block, "its last brace is missing", 0)
    try:
        text = inner.decode("utf-8")
    except UnicodeDecodeError as error:
        return _refused(source, block, "it is not UTF-8", error.start)
    images = known_keys(options.image_keys)
    form = block.format
    try:
        scalars = _scalars(form, text, images)
    except Unreadable as error:
        if form == "yaml" and options.headers and header_spans.OPENING.match(inner):
            form, scalars = "headers", header_spans.scalars(text, images)  # Pelican never reads YAML
        elif form == "yaml" and _is_prose(text, error):
            return NONE
        else:
            return _refused(source, block, str(error), len(text[: error.at].encode()))
    references = tuple(_references(source, text, block.inner_start, scalars))
    return FrontMatter(form, block.start, block.end, references)


def tree(source: bytes, options: ScanOptions) -> NodeTree:
    """Every node of the front matter, keys, anchors and aliases too; empty when there is none to be read.

    Two documents with equal trees mean the same: what an edit may change is one row's value. Computed anew
    at each call, as only a document that is about to be replaced needs it.
    """
    text, form = _text(source, options)
    try:
        match form:
            case "yaml":
                from . import yaml_spans

                return yaml_spans.tree(text)
            case "toml":
                from . import toml_spans

                return toml_spans.tree(text)
            case "json":
                return json_spans.tree(text)
            case "headers":
                return header_spans.tree(text)
            case _:
                return ()
    except Unreadable:
        return ()


def metadata(source: bytes, options: ScanOptions) -> dict[str, Any] | None:
    """The values as python-frontmatter's handlers construct them: a second opinion, not for hot paths.

    None where there is no front matter, or a handler refuses what is valid here (an unknown tag, the 31st of
    February), or merge keys could make it grow without bound.
    """
    text, form = _text(source, options)
    if form in ("", "headers") or not tree(source, options) or (form == "yaml" and "<<" in text):
        return None
    from frontmatter import default_handlers

    try:
        match form:
            case "yaml":
                values = default_handlers.YAMLHandler().load(text)
            case "json":
                values = default_handlers.JSONHandler().load(text)
            case _:
                import tomllib  # its TOML handler wants a package that knows only TOML 0.5

                values = tomllib.loads(text)
    except Exception:  # constructors of foreign values raise what they like
        return None
    return values if isinstance(values, dict) else None


def inner(source: bytes, options: ScanOptions) -> tuple[str, Format]:
    """The text between the fences and its format, unparsed; empty where there is none or it is no UTF-8.

    Quick: what `read` would find wrong with it is not looked for.
    """
    block = _split(source, options)
    if block is None or not block.end or block.inner_end - block.inner_start > MAX_BYTES:
        return "", ""
    try:
        return source[block.inner_start : block.inner_end].decode("utf-8"), block.format
    except UnicodeDecodeError:
        return "", ""


def _text(source: bytes, options: ScanOptions) -> tuple[str, Format]:
    """The block of a document that `read` accepts, and its format as `read` decides it."""
    form = read(source, options).format
    block = _split(source, options)
    if block is None or not form or block.inner_end - block.inner_start > MAX_BYTES:
        return "", ""
    try:
        return source[block.inner_start : block.inner_end].decode("utf-8"), form
    except UnicodeDecodeError:
        return "", ""


# -- where the block is ---------------------------------------------------------------------------------


def _split(source: bytes, options: ScanOptions) -> _Block | None:
    opening = _OPENING.match(source)
    if opening is not None:
        start = opening.start(opening.lastgroup or 0)
        if opening["yaml"] is not None:
            block = None
            if options.unfenced:  # Hexo wants a line between the fences: "---" twice is read as one
                block = _closed("yaml", source, start, opening.end(), _YAML_CLOSING, first=0)
            if block is None:
                block = _closed("yaml", source, start, opening.end(), _YAML_CLOSING)
        elif opening["toml"] is not None:
            block = _closed("toml", source, start, opening.end(), _TOML_CLOSING)
        else:
            block = _json(source, start)
        if block is not None:
            return block
    start = len(_BOM) if source.startswith(_BOM) else 0
    if options.unfenced and _UNFENCED_FIRST.match(source, start):
        block = _closed("yaml", source, start, start, _UNFENCED_CLOSING)
        if block is not None:
            return block
    if options.headers and header_spans.OPENING.match(source, start):
        end = header_spans.end_of_headers(source, start)
        return _Block("headers", start, start, end, end)
    return None


def _closed(
    form: Format, source: bytes, start: int, inner: int, closing: re.Pattern[bytes], first: int = -1
) -> _Block | None:
    """The block up to its closing fence; without one a thematic break is only a thematic break.

    The line break before the closing fence may stand at ``inner + first`` at the earliest.
    """
    match = closing.search(source, max(inner + first, 0))
    if match is None:
        return None
    return _Block(form, start, inner, match.start() + 1, match.end())


def _json(source: bytes, start: int) -> _Block | None:
    if not json_spans.OPENING.match(source, start):
        return None
    inner_end = json_spans.end_of_object(source, start)
    if inner_end < 0:
        return _Block("json", start, start, start, 0)
    after = _AFTER_JSON.match(source, inner_end)
    return _Block("json", start, start, inner_end, after.end() if after else inner_end)


def _is_prose(text: str, error: Unreadable) -> bool:
    """Whether a block between two ``---`` lines is text between thematic breaks."""
    from . import yaml_spans

    return str(error) == yaml_spans.NOT_A_MAPPING or not _KEY_LINE.search(text)


def _refused(source: bytes, block: _Block, why: str, at: int) -> FrontMatter:
    offset = block.inner_start + at
    line = len(_BREAK.findall(source, 0, offset)) + 1
    name = "header lines" if block.format == "headers" else f"{block.format.upper()} front matter"
    left = "it is left as it is, and images it names are not archived"
    message = f"line {line}: the {name} cannot be read: {why}; {left}"
    start = block.start if block.end else 0
    return FrontMatter(
        block.format if block.end else "", start, block.end, (), (Notice("front-matter", message, offset),)
    )


# -- what it refers to ----------------------------------------------------------------------------------


def _scalars(form: Format, text: str, images: frozenset[str]) -> list[Scalar]:
    match form:
        case "yaml":
            short_cut = yaml_lines.scalars(text, images)
            if short_cut is not None:
                return short_cut
            from . import yaml_spans  # the parser takes 15 ms to load, and many sites do without

            return yaml_spans.scalars(text, images)
        case "toml":
            from . import toml_spans  # tomllib is not needed for most sites

            return toml_spans.scalars(text, images)
        case "json":
            return json_spans.scalars(text, images)
        case _:
            return header_spans.scalars(text, images)


def _references(source: bytes, text: str, base: int, scalars: list[Scalar]) -> list[Reference]:
    references = []
    ascii_only = text.isascii()
    chars = size = 0
    for scalar in scalars:
        found = find(scalar.text, scalar.image)
        if found is None:
            continue
        url = scalar.text[found.start : found.end]
        place = _place(text, scalar, found, url)
        if place is None or _HALF_A_PAIR.search(url):
            continue
        start, end = place
        if not ascii_only:  # spans come in order, so each character is counted once
            size += len(text[chars:start].encode())
            chars, start = end, size
            size += len(text[place[0] : end].encode())
            end = size
        start += base
        end += base
        references.append(
            Reference(
                span=Span(start, end),
                raw=source[start:end],
                url=url if found.dynamic else resolve(url),
                kind="front-matter",
                embed=found.embed,
                syntax=scalar.syntax,
                place=Place.FRONT_MATTER,
                key=scalar.key,
                dynamic=found.dynamic,
            )
        )
    return references


def _place(text: str, scalar: Scalar, found: Found, url: str) -> tuple[int, int] | None:
    """Where in the block the URL of a scalar stands, as the value may hold more than the URL."""
    start, end = scalar.span.start, scalar.span.end
    if len(url) == len(scalar.text):
        return start, end
    content = text[start:end]
    if content == scalar.text:
        return start + found.start, start + found.end
    if content.count(url) != 1:
        return None
    at = start + content.index(url)
    return at, at + len(url)

"""Find every reference of a Markdown document and exactly which bytes spell it.

Opens no file and no socket, and renders nothing. The parser is pulldown-cmark (CommonMark 0.31, GFM tables,
footnotes and strikethrough); what it does not know is covered for it with filler of the same length first, so
an offset is always an offset into the author's bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pyromark
from msgspec.structs import replace
from pyromark import Options

from .. import urls
from ..model import Place, Reference, Scanned, ScanOptions, Span, Syntax
from . import (
    bare,
    destinations,
    frontmatter,
    ignore,
    markup,
    mdx,
    nested,
    outline,
    shortcodes,
    templates,
)
from .encoding import require_utf8
from .walk import Place as Destination
from .walk import fold, walk

_EXTENSIONS = (
    Options.ENABLE_TABLES | Options.ENABLE_FOOTNOTES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_TASKLISTS
)

_PARSERS = {
    (wiki, math): pyromark.Markdown(
        options=_EXTENSIONS
        | (Options.ENABLE_WIKILINKS if wiki else Options(0))
        | (Options.ENABLE_MATH if math else Options(0))
    )
    for wiki in (False, True)
    for math in (False, True)
}
"""By ``(options.wiki, options.math)``: both extensions spoil documents that were not written for them."""

_BOM = b"\xef\xbb\xbf"
_LONE_CR = re.compile(rb"\r(?!\n)")
_ANYTHING = re.compile(rb"\]\(|\]:|<|\[\[|\{\{|\{%|://|www\.")
"""One of these stands in every body that holds a reference."""

_ANCHOR_TO_IMAGE = re.compile(rb"[\"']?[^<>]*>\s*!\[[^\]]*\]\(\s*<?")
"""What stands between the URL of an HTML link and that of the Markdown image inside."""


@dataclass(slots=True)
class _Body:
    """What is behind the front matter, prepared for the parser. Offsets count from its first byte."""

    source: bytes
    """The author's bytes."""
    masked: bytes
    """The same with tags and expressions covered, and LF for a lone CR."""
    text: bytes = b""
    """The same as the parser gets it."""
    tags: list[templates.Tag] = field(default_factory=list)
    covered: list[tuple[int, int]] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    """Comments that are not HTML's."""
    elements: tuple[tuple[int, int], ...] = ()
    """HTML tags that the parser does not get to see."""


def scan(source: bytes, options: ScanOptions, base: str | None = None, *, is_mdx: bool = False) -> Scanned:
    """The references of a Markdown document, front matter included.

    Raises:
        NotUtf8: the bytes are in another encoding.
    """
    require_utf8(source)
    front = frontmatter.read(source, options)
    begin = max(front.end, len(_BOM) if source.startswith(_BOM) else 0)
    if not _ANYTHING.search(source, begin):
        return Scanned(front.references, front.notices)
    parser = _PARSERS[options.wiki, options.math]
    body = _prepared(source[begin:], parser, is_mdx=is_mdx)
    return Scanned((*front.references, *_references(body, begin, parser, base)), front.notices)


def _prepared(source: bytes, parser: pyromark.Markdown, *, is_mdx: bool) -> _Body:
    # the parser misreads a lone CR, and here too a line is easier to tell by one byte
    plain = _LONE_CR.sub(b"\n", source) if b"\r" in source else source
    body = _Body(source, plain)
    if is_mdx:
        if any(mark in plain for mark in (b"{", b"import", b"export")):
            covered = mdx.cover(plain, outline.read(_without_nul(plain).decode(), parser).code)
            body.masked, body.comments = covered.text, list(covered.comments)
            body.covered = sorted((*covered.expressions, *covered.comments))
    elif templates.may_occur(plain):
        body.tags = templates.find(plain)
        body.masked = templates.cover(plain, body.tags)
        body.covered = [(tag.start, tag.end) for tag in body.tags]
        _cover_verbatim(body, parser)
    shown = nested.cover(body.masked, is_mdx=is_mdx)
    body.text, body.elements = _without_nul(shown.text), shown.tags
    return body


def _without_nul(text: bytes) -> bytes:
    """A NUL stands for U+FFFD (CommonMark 2.3); it would end a destination, a percent sign does not."""
    return text.replace(b"\0", b"%") if b"\0" in text else text


def _cover_verbatim(body: _Body, parser: pyromark.Markdown) -> None:
    """Cover what stands between ``{{< highlight >}}`` and its end, and the like."""
    if not shortcodes.verbatim(body.source, body.tags):
        return
    code = outline.read(_without_nul(body.masked).decode(), parser).code
    tags = [tag for tag in body.tags if not ignore.covers(code, tag.start)]
    masked = bytearray(body.masked)
    bodies = shortcodes.verbatim(body.source, tags)
    markup.wipe(masked, bodies)
    body.tags = [tag for tag in body.tags if not ignore.covers(bodies, tag.start)]
    body.masked = bytes(masked)


def _references(body: _Body, begin: int, parser: pyromark.Markdown, base: str | None) -> list[Reference]:
    """The references of the body, sorted; ``begin`` is where the body begins in the document."""
    text = body.text
    decoded = text.decode()
    candidates = bare.candidates(text)
    positions = [start for start, _ in candidates]
    found = walk(text, decoded, parser, positions=positions, code=bool(body.tags))
    places = found.places
    if b"]:" in text:
        places.extend(_definitions(text, decoded, parser, found.labels))
    if found.runs:
        places.extend(
            Destination(start, end, "bare-url", False, Syntax.TEXT)
            for start, end in bare.find(text, candidates, found.runs)
        )
    html_ranges = found.markup
    if body.elements:
        html_ranges = [*html_ranges, *nested.outside(body.elements, found.code)]
    page = markup.gather(body.masked, html_ranges) if html_ranges else bytearray()
    comments = markup.comments(body.masked, page)
    hidden = _hidden(body, comments, decoded, parser)
    cover = templates.Cover(body.covered) if body.covered else None
    made = [
        _reference(body.source, cover, begin, base, place)
        for place in places
        if not (hidden and ignore.covers(hidden, place.start))
    ]
    markup.wipe(page, hidden)
    if markup.can_refer(page):
        made.extend(_in_markup(body, cover, begin, base, page))
    for tag in body.tags:
        if not ignore.covers(found.code, tag.start) and not ignore.covers(hidden, tag.start):
            made.extend(_moved(item, begin) for item in shortcodes.references(body.source, tag, base))
    made = list(_disjoint(made))
    if found.wrappers or page:
        made = _with_wrappers(made, body.source, begin, found.wrappers)
    return made


def _definitions(
    text: bytes, decoded: str, parser: pyromark.Markdown, shown: set[str]
) -> Iterator[Destination]:
    """Each reference definition once, however many links use it; an embed when an image does."""
    for label, definition in parser.reference_definitions(decoded).items():
        start, end, angle = destinations.definition(text, definition["span"]["start"])
        if start < end:
            syntax = Syntax.MARKDOWN_ANGLE if angle else Syntax.MARKDOWN
            yield Destination(start, end, "definition", fold(label) in shown, syntax)


def _hidden(
    body: _Body, comments: list[tuple[int, int]], decoded: str, parser: pyromark.Markdown
) -> list[tuple[int, int]]:
    """Where nothing counts: in comments, and where the document asks for it."""
    if ignore.WORD not in body.source:
        return comments
    every = sorted([*comments, *body.comments])
    ignored = ignore.ranges(body.source, every, outline.read(decoded, parser).blocks)
    return ignore.merged([*comments, *ignored])


def _reference(
    source: bytes, cover: templates.Cover | None, begin: int, base: str | None, place: Destination
) -> Reference:
    start, end, kind, embed, syntax, in_table = place
    wide = cover.widen(start, end) if cover else None
    if wide:
        start, end = wide
    raw = source[start:end]
    text = raw.decode()
    dynamic = wide is not None or urls.is_dynamic(text)
    return Reference(
        span=Span(start + begin, end + begin),
        raw=raw,
        url=text if dynamic else _url(text, kind, base, in_table=in_table),
        kind=kind,
        embed=embed,
        syntax=syntax,
        place=Place.MARKDOWN,
        dynamic=dynamic,
    )


def _url(text: str, kind: str, base: str | None, *, in_table: bool) -> str:
    """What a browser would request for the text of one destination."""
    if in_table and "\\|" in text:
        text = text.replace("\\|", "|")
    if kind == "autolink" or kind == "bare-url":  # CommonMark 6.5, GFM 6.9: there are no escapes in them
        if text.startswith("www."):
            text = "http://" + text
        elif ":" not in text:
            text = "mailto:" + text
        return urls.resolve(urls.percent_encode(text.replace("\0", "\ufffd")), base)
    return destinations.address(text, base)


def _in_markup(
    body: _Body, cover: templates.Cover | None, begin: int, base: str | None, page: bytearray
) -> Iterator[Reference]:
    from . import html  # 20 ms, which posts without HTML can do without

    for item in html.references(b" " * begin + page, document=False, place=Place.HTML, base=base):
        start, end = item.span.start - begin, item.span.end - begin
        wide = cover.widen(start, end) if cover else None
        if wide:
            raw = body.source[slice(*wide)]
            span = Span(wide[0] + begin, wide[1] + begin)
            yield replace(item, span=span, raw=raw, url=raw.decode(), dynamic=True)
        elif item.raw == (raw := body.source[start:end]):
            yield item
        elif item.raw == _LONE_CR.sub(b"\n", raw):
            yield replace(item, raw=raw)
        # else a comment was wiped inside of an attribute: no URL looks like that


def _moved(item: Reference, by: int) -> Reference:
    return replace(item, span=Span(item.span.start + by, item.span.end + by)) if by else item


def _disjoint(references: list[Reference]) -> Iterator[Reference]:
    """In order, and of two that share bytes the outer one: a shortcode in a URL is part of that URL."""
    behind = 0
    for item in sorted(references, key=_order):
        if item.span.start >= behind:
            behind = item.span.end
            yield item


def _order(item: Reference) -> tuple[int, int]:
    return item.span.start, -item.span.end


def _with_wrappers(
    found: list[Reference], source: bytes, begin: int, wrappers: list[tuple[int, int, int]]
) -> list[Reference]:
    """Make embeds of the links to the very image that they wrap, where one of the two is HTML."""
    result = list(found)
    for index, (first, second) in enumerate(pairwise(found)):
        if first.kind == "html-a-href" and second.kind == "image" and first.url == second.url:
            between = source[first.span.end - begin : second.span.start - begin]
            if _ANCHOR_TO_IMAGE.fullmatch(between):
                result[index] = replace(first, embed=True)
    starts = [item.span.start for item in found]
    for start, end, at in wrappers:
        low, high = bisect_left(starts, start + begin), bisect_left(starts, end + begin)
        link = bisect_left(starts, at + begin)
        if low <= link < high and any(
            found[i].embed and found[i].url == found[link].url for i in range(low, high)
        ):
            result[link] = replace(found[link], embed=True)
    return result

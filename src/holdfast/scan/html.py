"""Find every URL in HTML, in a whole document or in the HTML of a Markdown post, and the bytes that spell it.

Renders nothing and runs no script. The parser is turbohtml's (WHATWG); which attribute of which element holds
a URL is a row of `elements.ATTRIBUTES`. What is inside ``<template>`` and ``<noscript>`` counts as shown, for
lazy pages keep their images there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import turbohtml
from msgspec.structs import replace
from turbohtml import SourceLocation

from .. import urls
from ..model import Place, Reference, Span, Syntax
from . import attribute, charset, elements, requested, srcset
from .elements import Row, Shape

_ROWS = {document: elements.rows(document=document) for document in (False, True)}
_SELECTORS = {
    document: ",".join(
        f"[{name.replace(':', chr(92) + ':')}]"
        for name in sorted({row.attribute for group in _ROWS[document].values() for row in group} | {"style"})
    )
    + ",style"
    for document in (False, True)
}
"""By attribute and not by element: measured at half the time."""

_STYLE = Row("*", "style", shape=Shape.STYLE)

IGNORE = "data-holdfast-ignore"
"""An element with this attribute, and all inside it, holds no reference."""

_BOM = b"\xef\xbb\xbf"
_REFRESH = re.compile(
    rb"[\t\n\f\r ]*+(?:[0-9]++[0-9.]*+|\.[0-9.]*+)(?:[\t\n\f\r ]++[;,]?|[;,])[\t\n\f\r ]*+"
    rb"(?:[uU][rR][lL][\t\n\f\r ]*+=[\t\n\f\r ]*+)?([\"']?)"
)
SVG_TEXT = re.compile(rb"(?:[^<]|<!\[CDATA\[(?:[^\]]|\](?!\]>))*+\]\]>)*+")
"""The text of a ``<style>`` or ``<script>`` within SVG."""
_CDATA = re.compile(rb"<!\[CDATA\[|\]\]>")

_ROOT_TAG = re.compile(rb"<(?:html|body)(?=[\s/>])", re.IGNORECASE)
_SMALL_ROOT_TAG = re.compile(
    rb"""<\w{4}(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'])[^\s>]*+))?+){0,32}+[\s/]*+>"""
)
"""One with at most 32 attributes."""
_ROOT_TAGS = 16
"""So many of them are merged, if they are small."""


def encoding(source: bytes) -> str:
    """Python's name of the encoding that an HTML file is read in."""
    return charset.of_html(source)


def unreadable(source: bytes) -> str | None:
    """The name of the declared encoding when no byte offset can be trusted in it, else None."""
    return charset.html_unreadable(source)


def references(
    buffer: bytes, *, document: bool, place: Place = Place.HTML, base: str | None = None
) -> list[Reference]:
    """The URLs of the HTML in ``buffer``, in order; spans count from its start.

    With ``document`` false, ``buffer`` is the HTML of a Markdown post, in UTF-8, with blanks for all else:
    what belongs to a whole page (style sheets, scripts, frames, ``<base>``) is no reference. With
    ``document`` true it is an HTML file, read in its declared encoding; an unreadable one has no references.
    ``base`` is the URL of the page.
    """
    if b"<" not in buffer:
        return []
    if document and unreadable(buffer):
        return []
    return _Page(buffer, document=document, place=place, base=base).read()


class _Page:
    """One reading of one buffer."""

    __slots__ = ("_base", "_buffer", "_codec", "_document", "_found", "_place")

    def __init__(self, buffer: bytes, *, document: bool, place: Place, base: str | None) -> None:
        self._buffer = buffer
        self._document = document
        self._place = place
        self._base = base
        self._codec = encoding(buffer) if document else charset.UTF8
        self._found: list[tuple[Reference, turbohtml.Element]] = []

    def read(self) -> list[Reference]:
        """All references, in order."""
        lower = self._buffer.lower()
        text = parseable(self._buffer, lower)
        tree = parse(text)
        ignored: frozenset[int] = frozenset()
        if IGNORE.encode() in lower:
            ignored = _starts(tree.select(f"[{IGNORE}], [{IGNORE}] *"))
        if self._document and b"<base" in lower:
            self._base = self._declared_base(tree)
        table = _ROWS[self._document]
        for element in tree.select(_SELECTORS[self._document]):
            tag = element.tag
            attributes = element.attrs
            rows = table.get(tag, ())
            if "style" in attributes and "(" in str(attributes["style"]):  # only a function can hold a URL
                rows = (*rows, _STYLE)
            elif not rows and tag != "style":
                continue
            where = element.source_location
            if tag in ("body", "html") and IGNORE not in attributes:
                known = where.attrs if where is not None else {}
                missing = [row for row in rows if row.attribute in attributes and row.attribute not in known]
                if missing:
                    self._late_root(text, tag, missing)
            if where is None:  # made by the parser
                continue
            if where.start_tag.start_offset not in ignored:
                self._attributes(element, rows, where)
                if tag == "style":
                    self._style_element(element, where)
        return _in_order(self._found)

    def _attributes(self, element: turbohtml.Element, rows: Iterable[Row], where: SourceLocation) -> None:
        """Take the references in the attributes that ``rows`` name."""
        spans = where.attrs
        for row in rows:
            span = spans.get(row.attribute)
            if span is None or (embed := row.role(element.attrs)) is None:
                continue
            value = attribute.value_span(self._buffer, span.start_offset, span.end_offset)
            if value is not None:
                self._value(element, row, *value, embed=embed)

    def _late_root(self, text: str, tag: str, left: list[Row]) -> None:
        """Take the references of a ``<body>`` or ``<html>`` that comes late, as after front matter.

        The parser has opened the element by then, and adds the attributes that are new to it without their
        places. Under another name the tag is an element of its own.
        """
        alias = tag[0] + "-" + tag[2:]
        tree = parse(renamed(text, tag, alias))
        for element in tree.select(alias):
            where = element.source_location
            if where is not None:
                self._attributes(element, [row for row in left if row.attribute in where.attrs], where)
                left = [row for row in left if row.attribute not in where.attrs]

    def _declared_base(self, tree: turbohtml.Document) -> str | None:
        """The base that the first ``<base href>`` sets (HTML Standard, "document base URL")."""
        element = tree.select_one("base[href]")
        where = element.source_location if element is not None else None
        span = where.attrs.get("href") if where is not None else None
        value = span and attribute.value_span(self._buffer, span.start_offset, span.end_offset)
        if not value:
            return self._base
        said = attribute.text(self._buffer[value[0] : value[1]], self._codec)
        found = requested.url(said, self._base, self._codec)
        if urls.is_dynamic(said) or urls.scheme(found) in ("data", "javascript"):
            return self._base
        return found if urls.scheme(found) or found.startswith("/") else self._base

    def _value(
        self, element: turbohtml.Element, row: Row, start: int, end: int, syntax: Syntax, *, embed: bool
    ) -> None:
        """Take the references of one attribute's value."""
        raw = self._buffer[start:end]
        if row.shape is Shape.STYLE:
            self._style(element, start, end)
            return
        if row.shape is Shape.URL or urls.is_dynamic(raw.decode("latin-1")):
            trimmed = raw.strip(requested.SPACE)
            start += raw.find(trimmed)
            said = attribute.text(trimmed, self._codec)
            self._take(element, row, start, start + len(trimmed), said, syntax, embed=embed)
            return
        value = attribute.decoded(raw, self._codec)
        cut = srcset.candidates if row.shape is Shape.SRCSET else refresh
        for first, last in cut(value.meaning):
            said = value.meaning[first:last].decode("utf-8", "replace")
            left, right = value.span(first, last)
            self._take(element, row, start + left, start + right, said, syntax, embed=embed)

    def _take(
        self,
        element: turbohtml.Element,
        row: Row,
        start: int,
        end: int,
        said: str,
        syntax: Syntax,
        *,
        embed: bool,
    ) -> None:
        """Take the URL that ``buffer[start:end]`` says, unless there is nothing to fetch or to follow."""
        said = said.strip(requested.EDGES)
        if not said or said[:5].lower() == "data:" or (embed and said[0] == "#"):
            return
        dynamic = urls.is_dynamic(said)
        url = said if dynamic else requested.url(said, self._base, self._codec)
        raw = self._buffer[start:end]
        item = Reference(Span(start, end), raw, url, row.kind, embed, syntax, self._place, dynamic=dynamic)
        self._found.append((item, element))

    def _style(self, element: turbohtml.Element, start: int, end: int) -> None:
        """Take the references of CSS that is written with HTML's character references."""
        from . import css  # 3 ms, which a page without style can do without

        value = attribute.decoded(self._buffer[start:end], self._codec)
        for item in css.references(value.meaning, place=self._place, base=self._base, codec=charset.UTF8):
            left, right = value.span(item.span.start, item.span.end)
            span = Span(start + left, start + right)
            raw = self._buffer[span.start : span.end]
            self._found.append((replace(item, span=span, raw=raw), element))

    def _style_element(self, element: turbohtml.Element, where: SourceLocation) -> None:
        """Take the references of a ``<style>``, whose text knows character references only within SVG."""
        media = element.attrs.get("type")
        if isinstance(media, str) and media.strip().lower() not in ("", "text/css"):
            return
        start = where.start_tag.end_offset
        end = where.end_tag.start_offset if where.end_tag is not None else len(self._buffer)
        if element.namespace is turbohtml.Namespace.HTML:
            from . import css

            place, base, codec = self._place, self._base, self._codec
            found = css.references(self._buffer, start=start, end=end, place=place, base=base, codec=codec)
            self._found += ((item, element) for item in found)
        elif self._buffer[start - 2 : start] != b"/>":
            text = SVG_TEXT.match(self._buffer, start, end)
            assert text is not None, "no text is text, too"
            self._style(element, start, text.end())


def parse(text: str, *, scripting: bool = False) -> turbohtml.Document:
    """The tree of a `parseable` text, with the place of each tag and attribute.

    ``scripting``: what a browser with scripts sees, to which ``<noscript>`` holds text.
    """
    return turbohtml.parse(
        text, source_locations=True, scripting=scripting, allow_declarative_shadow_roots=False
    )


def renamed(text: str, tag: str, alias: str) -> str:
    """``text`` with each start tag ``tag`` called ``alias``, a name of the same length."""
    return re.sub(rf"(?i)<{tag}(?=[\s/>])", f"<{alias}", text)


def _starts(elements: Iterable[turbohtml.Element]) -> frozenset[int]:
    places = (element.source_location for element in elements)
    return frozenset(place.start_tag.start_offset for place in places if place is not None)


def parseable(buffer: bytes, lower: bytes) -> str:
    """The text that the parser's offsets count in: one character for each byte of ``buffer``.

    Carriage returns are blanks, for the parser would drop them; a BOM is blanks, for it is no text. Each
    further ``<html>`` or ``<body>`` adds its attributes to the first, which costs the parser quadratic time
    and memory (176 KB of them: 4.5 s and 1.8 GB): such a tag, big or one of many, becomes a ``<wbr>``.
    """
    if buffer.startswith(_BOM):
        buffer = b"   " + buffer[len(_BOM) :]
    if lower.count(b"<html") > 1 or lower.count(b"<body") > 1:
        tags = list(_ROOT_TAG.finditer(buffer))
        spent = bytearray(buffer)
        for number, tag in enumerate(tags):
            if number >= _ROOT_TAGS or (number and not _SMALL_ROOT_TAG.match(buffer, tag.start())):
                spent[tag.start() : tag.end()] = b"<wbr/"
        buffer = bytes(spent)
    return buffer.decode("latin-1").replace("\r", " ")


def refresh(value: bytes) -> list[tuple[int, int]]:
    """Where the URL of a ``<meta http-equiv=refresh>`` stands in its content, if it has one."""
    match = _REFRESH.match(value)
    if match is None:
        return []
    start, end = match.end(), len(value)
    if match[1] and (close := value.find(match[1], start)) >= 0:
        end = close
    trimmed = value[start:end].rstrip(requested.SPACE)
    return [(start, start + len(trimmed))] if trimmed else []


def _in_order(found: list[tuple[Reference, turbohtml.Element]]) -> list[Reference]:
    """The references in the order of the bytes; a link to the very image that it wraps is an embed too."""
    found.sort(key=lambda pair: pair[0].span)
    ordered: list[Reference] = []
    link = -1
    for item, element in found:
        if ordered and item.span.start < ordered[-1].span.end:
            continue
        if item.kind in ("html-a-href", "html-a-xlink-href"):
            link = len(ordered)
        elif link >= 0 and item.embed and _same(item.url, ordered[link].url) and element.closest("a"):
            ordered[link] = replace(ordered[link], embed=True)
        ordered.append(item)
    return ordered


def _same(url: str, other: str) -> bool:
    return url == other or urls.split_fragment(url)[0] == urls.split_fragment(other)[0]

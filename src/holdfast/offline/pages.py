"""Read a page: every URL that a browser could fetch or a reader follow, and what must change besides.

Runs no script and fetches nothing. Which attribute of which element holds a URL is a row of
`rows.ATTRIBUTES`, what a copy loses one of `cutting.REMOVALS`. The parser and the reading of values are those
of a scan. A page is read as a browser with scripts sees it, and the contents of its ``<noscript>`` as one
without.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate

import turbohtml
from turbohtml import SourceLocation

from .. import families, urls
from ..model import Notice, Span, Syntax
from ..scan import attribute, charset, html, requested, srcset
from ..scan.elements import Attributes
from . import cutting, embedded, lazy, rows, sealing, tags
from .cutting import CUTS
from .gathering import Gathered
from .parts import Cut, Need, Parts, Role
from .repeats import Repeats
from .rows import Row, Shape
from .selecting import FOREIGN, selector

__all__ = ["CUTS", "page"]

_DEPTH = 4
"""So many pages within each other are read (``srcdoc``, ``data:``)."""

_CAN_FETCH = re.compile(r"(?:url|image-set)\(|\\", re.IGNORECASE)
"""What CSS must have in it to hold a URL: one of these functions, which may be spelled with escapes."""

_NO_ROWS: Mapping[str, tuple[Row, ...]] = {}
_NESTED = frozenset({"style", "script", "page"})
"""Families whose ``data:`` URLs may themselves fetch: a picture's never do."""


def page(buffer: bytes, base: str, codec: str | None = None) -> Parts:
    """The parts of an HTML page, in the order of the bytes.

    ``base`` is the page's own absolute URL. ``codec`` is the label that the transport gave, which counts more
    than the page's ``<meta>`` and less than a BOM (HTML Standard, "determining the character encoding"). A
    page whose encoding allows no byte offsets has no parts but a notice that says so.
    """
    wide, said = charset.of_whole_html(buffer)
    if wide is None and codec and charset.unreadable_label(codec) and not buffer.startswith(b"\xef\xbb\xbf"):
        wide = codec.strip().lower()
    if wide is not None:
        return Parts(
            base=base, notices=(Notice("encoding", f"it is in {wide}: only ASCII's heirs are read"),)
        )
    told = charset.of_label(codec) if codec else None
    known = charset.UTF8 if buffer.startswith(b"\xef\xbb\xbf") else told or said or charset.of_html(buffer)
    reader = _Reader(buffer, base, known)
    parts = reader.read()
    if said != parts.codec and not buffer.isascii():
        parts = sealing.with_charset(parts, reader.head_at, codec if told else None)
    return parts


class _Reader:
    """One reading of one buffer."""

    __slots__ = ("_before", "_depth", "_found", "_repeats", "_scripts", "_text", "head_at")

    def __init__(self, buffer: bytes, base: str, codec: str, depth: int = 0) -> None:
        self._depth = depth
        self._found = Gathered(buffer, base, codec, self._inner if depth < _DEPTH else None)
        self._scripts: list[int] = []
        self._text = ""
        self.head_at = 0
        """Where the contents of ``<head>`` begin."""

    def _inner(self, buffer: bytes, base: str) -> Parts:
        return _Reader(buffer, base, charset.UTF8, self._depth + 1).read()

    def read(self) -> Parts:
        """All parts."""
        found = self._found
        lower = found.buffer.lower()
        self._text = html.parseable(found.buffer, lower)
        self._before = [*accumulate(map(len, self._text.split("\n")), initial=0)]
        hidden = b"<noscript" in lower
        tree = html.parse(self._text, scripting=hidden)
        self._declare_base(tree)
        self._repeats = Repeats(found)
        foreign = tree.select_one(FOREIGN) is not None
        self._elements(tree.select(selector(lower, foreign=foreign)), foreign=foreign)
        if hidden:
            self._unscripted(tree, lower)
        self.head_at = sealing.head(found.buffer, tree)
        needs, cuts = found.in_order()
        return Parts(
            needs,
            cuts,
            seal_at=sealing.place(tree, self.head_at, needs, cuts, self._scripts),
            base=found.base,
            codec=found.codec,
            notices=tuple(sorted(found.notices, key=lambda notice: notice.offset)),
        )

    # -- elements ------------------------------------------------------------------------------------------

    def _declare_base(self, tree: turbohtml.Document) -> None:
        """The first ``<base href>`` of the page sets the base (HTML Standard, "document base URL")."""
        for element in tree.select("base[href]"):
            if element.namespace is not turbohtml.Namespace.HTML or element.closest("template"):
                continue
            said = str(element.attrs.get("href") or "").encode("latin-1", "replace")
            url = requested.url(attribute.text(said, self._found.codec), self._found.base, self._found.codec)
            where = element.source_location
            span = where.attrs.get("href") if where is not None else None
            value = span and attribute.value_span(self._found.buffer, span.start_offset, span.end_offset)
            if value:
                said = self._found.buffer[value[0] : value[1]]
                url = requested.url(
                    attribute.text(said, self._found.codec), self._found.base, self._found.codec
                )
            if value and urls.scheme(url) not in ("data", "javascript", ""):
                self._found.rebased = url != self._found.base
                self._found.base = url
            return

    def _unscripted(self, tree: turbohtml.Document, lower: bytes) -> None:
        """Read what only a browser without scripts parses: the contents of ``<noscript>``."""
        places = [element.source_location for element in tree.select("noscript")]
        ranges = sorted(
            (
                place.start_tag.end_offset,
                place.end_tag.start_offset if place.end_tag is not None else len(self._found.buffer),
            )
            for place in places
            if place is not None
        )
        starts = [first for first, _ in ranges]
        inside = []
        tree = html.parse(self._text)
        foreign = tree.select_one(FOREIGN) is not None
        for element in tree.select(selector(lower, foreign=foreign)):
            where = element.source_location
            if where is None:
                continue
            number = bisect_right(starts, where.start_tag.start_offset) - 1
            if number >= 0 and where.start_tag.end_offset <= ranges[number][1]:
                inside.append(element)
        self._elements(inside, foreign=foreign)

    def _elements(self, elements: Iterable[turbohtml.Element], *, foreign: bool) -> None:
        """Take the parts of some elements; ``foreign``: some of them may be SVG or MathML."""
        places: Iterable[tuple[turbohtml.Element, str, SourceLocation | None]]
        if self._depth:
            places = ((element, element.tag, element.source_location) for element in elements)
        else:
            places = self._repeats.unknown(elements, self._before, foreign=foreign)
        for element, tag, where in places:
            self._read(element, tag, where)

    def _read(self, element: turbohtml.Element, tag: str, where: SourceLocation | None) -> None:
        """Take the parts of one element."""
        attributes = element.attrs
        if tag in ("html", "body"):
            known = where.attrs if where is not None else {}
            late = {name for name in attributes if name not in known}
            # with a first one cut, another tag's attribute of that name would count
            if late or not cutting.OF_ATTRIBUTES.keys().isdisjoint(attributes):
                self._late_root(tag, late)
        if where is None:  # made by the parser
            return
        start, end = where.start_tag.start_offset, where.start_tag.end_offset
        if tag == "wbr" and (root := self._found.buffer[start + 1 : start + 5].lower()) in (b"html", b"body"):
            tag = root.decode()  # one of too many: see `html.parseable`
        for removal in cutting.WHOLE.get(tag, ()):
            if removal.when(attributes):
                stop = end if where.end_tag is None else where.end_tag.end_offset
                if tag == "script" and where.end_tag is None:
                    stop = len(self._found.buffer)
                self._found.cuts.append(Cut(Span(start, stop), b"", removal.why))
                return
        foreign = element.namespace is not turbohtml.Namespace.HTML
        self._attributes(tag, attributes, where, foreign=foreign)
        if tag == "style":
            embedded.style_element(self._found, element, where)
        elif tag == "script":
            self._scripts.append(start)
            embedded.script_element(self._found, attributes, where, foreign=foreign)

    def _late_root(self, tag: str, left: set[str]) -> None:
        """Take the parts of a ``<body>`` or ``<html>`` that comes late, as after front matter.

        The parser has opened the element by then, and adds the attributes that are new to it without their
        places. Under another name the tag is an element of its own.
        """
        alias = tag[0] + "-" + tag[2:]
        for element in html.parse(html.renamed(self._text, tag, alias)).select(alias):
            where = element.source_location
            if where is not None:
                self._attributes(tag, element.attrs, where, only=left)
                left = left - set(where.attrs)

    # -- attributes ----------------------------------------------------------------------------------------

    def _attributes(
        self,
        tag: str,
        attributes: Attributes,
        where: SourceLocation,
        *,
        foreign: bool = False,
        only: set[str] | None = None,
    ) -> None:
        """Take the URLs of a start tag, and what is cut from it."""
        start, end = where.start_tag.start_offset, where.start_tag.end_offset
        spans = where.attrs
        for name in spans:
            removal = cutting.OF_ATTRIBUTES.get(name)
            if removal is not None and removal.element in ("*", tag):
                for lost in tags.removals(self._found.buffer, start, end, name):
                    self._found.cuts.append(Cut(lost, b"", removal.why))
        at = tags.name_end(self._found.buffer, start)
        mark = len(self._found.needs)
        put_off: list[tuple[Row, str, Span]] = []
        for row in self._rows(tag, attributes, foreign=foreign):
            span = spans.get(row.attribute)
            if span is None or (only is not None and row.attribute not in only):
                continue
            value = attribute.value_span(self._found.buffer, span.start_offset, span.end_offset)
            asked = row.of(attributes) if value is not None else None
            if value is None or asked is None:
                continue
            if row.guess and not lazy.looks_like_url(
                attribute.text(self._found.buffer[value[0] : value[1]], self._found.codec).strip()
            ):
                continue
            before = len(self._found.needs)
            self._value(row, asked, attributes, *value, at)
            if (
                row.lazy
                and len(self._found.needs) > before
                and not self._found.needs[before].reference.dynamic
            ):
                place = Span(span.start_offset, span.start_offset + len(row.attribute))
                put_off.append((row, self._found.needs[before].reference.url, place))
        if put_off:
            self._show(tag, attributes, where, put_off, at, mark)

    def _rows(self, tag: str, attributes: Attributes, *, foreign: bool) -> Iterable[Row]:
        own = rows.OF_ELEMENT.get(tag, _NO_ROWS)
        for name in attributes:
            yield from (row for row in own.get(name, ()) if foreign or not row.svg)
            if name in rows.OF_ANY and (foreign or not rows.OF_ANY[name].svg):
                yield rows.OF_ANY[name]
        if "style" in attributes and _CAN_FETCH.search(str(attributes["style"])):
            yield rows.STYLE

    def _value(
        self,
        row: Row,
        asked: tuple[Role, tuple[str, ...] | None],
        attributes: Attributes,
        start: int,
        end: int,
        syntax: Syntax,
        at: int,
    ) -> None:
        """Take the URLs of one attribute's value."""
        role, brings = asked
        self._found.bound |= row.shape in (Shape.STYLE, Shape.SRCDOC)
        if row.shape is Shape.STYLE:
            embedded.style_value(self._found, start, end, (syntax,), at)
            return
        if row.shape is Shape.SRCDOC:
            embedded.page(self._found, start, end, syntax)
            return
        nested = role is Role.REQUISITE and not _NESTED.isdisjoint(
            families.FAMILIES.get(row.kind, families.IMAGE) if brings is None else brings
        )
        if row.shape is Shape.URL:
            if not nested and self._found.buffer[start : start + 5].lower() == b"data:":
                return
            raw = self._found.buffer[start:end]
            trimmed = raw.strip(requested.SPACE)
            start += len(raw) - len(raw.lstrip(requested.SPACE))
            spans = [(start, start + len(trimmed), attribute.text(trimmed, self._found.codec))]
        else:
            decoded = attribute.decoded(self._found.buffer[start:end], self._found.codec)
            spans = []
            for first, last in _CUTTERS[row.shape](decoded.meaning):
                left, right = decoded.span(first, last)
                said = decoded.meaning[first:last].decode("utf-8", "replace")
                spans.append((start + left, start + right, said))
        module = (row.element == "script" and rows.is_module(attributes)) or (
            row.element == "link" and rows.is_module_link(attributes)
        )
        for first, last, said in spans:
            url = self._found.url(said.strip(requested.EDGES), role)
            if url is None:
                continue
            if urls.scheme(url) == "data":
                if nested:
                    embedded.data_url(self._found, url, Span(first, last))
                continue
            kinds = families.of_embed(row.kind, url) if brings is None else brings
            if not kinds and role is Role.REQUISITE:
                kinds = rows.by_extension(url)
            reference = self._found.reference(first, last, url, row.kind, role, syntax, said)
            self._found.needs.append(Need(reference, role, kinds, attribute_at=at, module=module))

    def _show(
        self,
        tag: str,
        attributes: Attributes,
        where: SourceLocation,
        put_off: list[tuple[Row, str, Span]],
        at: int,
        mark: int,
    ) -> None:
        """Give the attribute that a browser reads the picture that a script would give it later."""
        for real in sorted({row.lazy for row, _, _ in put_off}):
            best = lazy.chosen([each for each in put_off if each[0].lazy == real])
            if best is None or (tag == "source" and real == "srcset"):
                continue
            _, url, name = best
            kind = rows.kind(tag, real)
            brings = families.of_embed(kind, url)
            there = where.attrs.get(real)
            value = there and attribute.value_span(self._found.buffer, there.start_offset, there.end_offset)
            if there is None:
                before, offset, after = lazy.insertion(self._found.buffer, name, real)
                self._found.cuts += (before, after)
                start = end = offset
                syntax = Syntax.HTML_DOUBLE
            elif value and lazy.is_placeholder(str(attributes.get(real) or "")):
                start, end, syntax = value
                of_this = [n for n in self._found.needs[mark:] if n.reference.span != Span(start, end)]
                self._found.needs[mark:] = of_this
            else:
                continue
            reference = self._found.reference(start, end, url, kind, Role.REQUISITE, syntax, "")
            self._found.needs.append(Need(reference, Role.REQUISITE, brings, attribute_at=at))
        self._drop_placeholder_set(tag, attributes, where)

    def _drop_placeholder_set(self, tag: str, attributes: Attributes, where: SourceLocation) -> None:
        """Take away a ``srcset`` that stands in: a browser prefers it to ``src``."""
        said = attributes.get("srcset")
        if tag in ("img", "source") and said and lazy.is_placeholder_set(str(said).encode()):
            start, end = where.start_tag.start_offset, where.start_tag.end_offset
            self._found.cuts += (
                Cut(span, b"", "lazy") for span in tags.removals(self._found.buffer, start, end, "srcset")
            )


def _values(value: bytes) -> list[tuple[int, int]]:
    """Where the values of a list between semicolons stand."""
    found, position = [], 0
    for piece in value.split(b";"):
        trimmed = piece.strip(requested.SPACE)
        start = position + len(piece) - len(piece.lstrip(requested.SPACE))
        found.append((start, start + len(trimmed)))
        position += len(piece) + 1
    return found


_CUTTERS: dict[Shape, Callable[[bytes], list[tuple[int, int]]]] = {
    Shape.SRCSET: srcset.candidates,
    Shape.REFRESH: html.refresh,
    Shape.LIST: _values,
}

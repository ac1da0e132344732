"""Read what a page holds in other languages: style sheets, scripts, import maps, pages within the page.

Finds no element: `pages` says where the text stands. Each language has a reader of its own; here its spans
become those of the page, through the character references that the text is written with.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import turbohtml
from msgspec.structs import replace
from turbohtml import SourceLocation

from ..model import Reference, Span, Syntax
from ..scan import attribute, charset, css, html
from ..scan.attribute import Decoded
from ..scan.elements import Attributes
from . import cutting, datauris, importmaps, rows, scripts, styles, tags
from .gathering import Gathered
from .parts import Cut, Need, Parts, Role

_LONGEST_KNOWN = 64 * 1024
"""Bytes of a style sheet that is kept in mind."""
_EXECUTABLE = ("javascript", "ecmascript", "jscript", "livescript")


def style_value(
    found: Gathered, start: int, end: int, around: tuple[Syntax, ...] = (), at: int | None = None
) -> None:
    """Take the URLs of CSS that is written with HTML's character references."""
    value = attribute.decoded(found.buffer[start:end], found.codec)
    parts = styles.style(value.meaning, found.base, charset.UTF8)
    for need in parts.needs:
        item = _moved(found, value, start, need.reference)
        _take(found, replace(need, reference=item, outer=around, attribute_at=at))
    for cut in parts.cuts:
        first, last = value.span(cut.span.start, cut.span.end)
        found.cuts.append(replace(cut, span=Span(start + first, start + last)))
    found.notices += (replace(notice, offset=start) for notice in parts.notices)


def style_element(found: Gathered, element: turbohtml.Element, where: SourceLocation) -> None:
    """Take the URLs of a ``<style>``, whose text knows character references only within SVG."""
    if rows.text(element.attrs, "type") not in ("", "text/css"):
        return
    start, end = _content(found, where)
    if element.namespace is turbohtml.Namespace.HTML:
        if end - start <= _LONGEST_KNOWN and _is_idle(found.buffer[start:end], found.codec):
            return
        parts = styles.style(found.buffer[start:end], found.base, found.codec)
        for need in parts.needs:
            span = need.reference.span
            moved = replace(need.reference, span=Span(start + span.start, start + span.end))
            _take(found, replace(need, reference=moved))
        for cut in parts.cuts:
            found.cuts.append(replace(cut, span=Span(start + cut.span.start, start + cut.span.end)))
        found.notices += (replace(notice, offset=start + notice.offset) for notice in parts.notices)
    elif found.buffer[start - 2 : start] != b"/>":
        text = html.SVG_TEXT.match(found.buffer, start, end)
        assert text is not None, "no text is text, too"
        style_value(found, start, text.end())


@lru_cache(maxsize=64)
def _is_idle(sheet: bytes, codec: str) -> bool:
    """Whether there is nothing to take of a style sheet, wherever it stands: a theme has the same in each
    page."""
    parts = styles.style(sheet, datauris.BASE, codec)
    return not (css.references(sheet, codec=parts.codec) or parts.cuts or parts.notices)


def _take(found: Gathered, need: Need) -> None:
    if found.url(need.reference.url, Role.REQUISITE) is not None:
        found.needs.append(need)


def script_element(found: Gathered, attributes: Attributes, where: SourceLocation, *, foreign: bool) -> None:
    """Take the URLs of an inline script or an import map."""
    start, end = _content(found, where)
    kind = rows.text(attributes, "type")
    if kind == "importmap":
        _import_map(found, start, end)
    elif "src" not in attributes and (kind in ("", "module") or any(word in kind for word in _EXECUTABLE)):
        if foreign and b"&" in found.buffer[start:end]:
            return  # a script of SVG, with character references: what it asks for the proof finds
        literals, notices = scripts.read(found.buffer, start, end, found.codec)
        needs = (scripts.need(found.buffer, literal, found.base) for literal in literals)
        found.needs += (need for need in needs if need is not None)
        found.notices += notices


def _content(found: Gathered, where: SourceLocation) -> tuple[int, int]:
    """Where the text of an element begins and ends."""
    end = where.end_tag.start_offset if where.end_tag is not None else len(found.buffer)
    return where.start_tag.end_offset, end


def _import_map(found: Gathered, start: int, end: int) -> None:
    for part, first, last, said in importmaps.values(found.buffer[start:end]):
        first, last = start + first, start + last
        if part == "integrity":
            if said:
                found.cuts.append(Cut(Span(first, last), b"", "integrity"))
        elif scripts.is_url(said) and not said.endswith("/"):
            url = found.url(said, Role.REQUISITE)
            if url is not None:
                item = found.reference(first, last, url, "html-importmap", Role.REQUISITE, Syntax.JSON, said)
                found.needs.append(Need(item, Role.REQUISITE, ("script",), module=True))


def page(found: Gathered, start: int, end: int, syntax: Syntax) -> None:
    """Read the page in a ``srcdoc``; its base is this page's (HTML Standard, "fallback base URL")."""
    if found.inner is None:
        if end > start:
            found.cuts.append(Cut(Span(start, end), b"", "depth"))
        return
    value = attribute.decoded(found.buffer[start:end], found.codec)
    parts = found.inner(value.meaning, found.base)
    for need in parts.needs:
        at = need.attribute_at
        at = None if at is None else start + value.span(at, at)[0]
        item = _moved(found, value, start, need.reference)
        found.needs.append(replace(need, reference=item, outer=(*need.outer, syntax), attribute_at=at))
    for cut in parts.cuts:
        first, last = value.span(cut.span.start, cut.span.end)
        new = tags.escaped(cut.new, (syntax,))
        found.cuts.append(Cut(Span(start + first, start + last), new, cut.why))
    found.notices += (replace(notice, offset=start) for notice in parts.notices)


def _moved(found: Gathered, value: Decoded, start: int, item: Reference) -> Reference:
    """A reference in an attribute's meaning, where it stands in the page."""
    left, right = value.span(item.span.start, item.span.end)
    span = Span(start + left, start + right)
    return replace(item, span=span, raw=found.buffer[span.start : span.end])


def data_url(found: Gathered, url: str, span: Span) -> None:
    """Read a document within a URL, and put a harmless one in its place where it would fetch."""
    document = datauris.document(url)
    if document is None:
        return
    inner = found.inner
    if inner is None:
        found.cuts.append(Cut(span, b"about:blank", "depth"))
        return
    body = document.body
    readers: dict[str, Callable[[], Parts]] = {
        "page": lambda: inner(body, datauris.BASE),
        "style": lambda: styles.style(body, datauris.BASE, charset.UTF8),
        "script": lambda: scripts.script(body, datauris.BASE),
    }
    parts = readers[document.family]()
    lost = [need.reference.url for need in parts.needs if need.role is Role.REQUISITE]
    lost = [url for url in lost if found.url(url, Role.REQUISITE) is not None]
    if lost or any(cut.why in cutting.REACHING_OUT for cut in parts.cuts):
        found.cuts.append(Cut(span, datauris.harmless(document, parts), "data-uri"))
        found.notices.append(datauris.told(lost, span.start))

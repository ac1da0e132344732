"""What an SVG file fetches when it is looked at as a document of its own: in ``<object>``, in a frame, alone.

As ``<img>`` or in CSS it fetches nothing (SVG Integration, "secure static mode"). It is XML: expat says where
tags stand and which namespace a name is in, and this module reads the attributes from the bytes. What follows
the first error is not read, as in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from xml.parsers import expat

from msgspec.structs import replace

from .. import families, urls
from ..model import Notice, Place, Reference, Span, Syntax
from ..scan import attribute, charset, css, elements, html, requested, srcset
from ..scan.attribute import Decoded
from ..scan.elements import Shape
from ..svg import SVG, XHTML, XLINK, XML
from . import xmltext
from .parts import Cut, Need, Parts, Role
from .styles import sheet_needs

_BOM = b"\xef\xbb\xbf"
_DECLARATION = re.compile(rb"<\?xml\s[^>]*\?>")

HREF: Mapping[str, tuple[Role, tuple[str, ...]]] = {
    "a": (Role.LINK, ("page",)),
    "script": (Role.REQUISITE, ("script",)),
}
"""What ``href`` and ``xlink:href`` of an SVG element bring; of all others (``image``, ``use``, ``feImage``,
``textPath``, gradients ...) a picture (SVG 2, "linking")."""

REMOVED: Mapping[str, str] = {
    "integrity": "integrity",
    "crossorigin": "crossorigin",
    "ping": "ping",
    "attributionsrc": "attribution",
    f"{XML} base": "base",
}
"""Attributes that are cut from any element, and why (`cutting.CUTS`); ``xml:base`` counts in old browsers."""

_ANIMATING = frozenset({"animate", "set"})
_ANIMATED = ("to", "from", "by", "values")

_HTML_ROWS = elements.rows(document=True)

_ATTRIBUTE = re.compile(rb"""\s+(?P<name>[^\s=]+)\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)')""")
_NAME = re.compile(rb"<[^\s/>]+")
_EXTERNAL = re.compile(
    rb"""<!ENTITY\s+(?:%\s+)?[^\s"'<>]+\s+(?P<id>(?:SYSTEM|PUBLIC\s+(?:"[^"]*"|'[^']*'))"""
    rb"""\s+(?:"[^"]*"|'[^']*'))\s*>"""
)
"""An entity whose text is elsewhere. Browsers differ in whether they fetch it, and none needs it."""
_USED = re.compile(rb"&([^\s&;#]+);")
_STYLESHEET = re.compile(rb"""\s(?:(?P<type>type)|(?P<href>href)|[^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CLOSING = b"]]>"
_LONGEST_EXPANDED = 65536

_MASK = bytes(range(0x80)) + b"\xff" * 0x80
"""Every byte that is no ASCII becomes one that may stand in a name, so that expat can read the file as
latin-1, where an offset is one byte, whatever its encoding is."""

_PREDEFINED = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})


def vector(buffer: bytes, base: str, codec: str | None = None) -> Parts:
    """The parts of a stand-alone SVG file, in order.

    The encoding is that of a BOM, else of the transport (``codec``, any label), else of the XML declaration,
    else UTF-8 (XML 1.0 appendix F). In UTF-16 nothing is found, and a notice says so.
    """
    start = len(_BOM) if buffer.startswith(_BOM) else 0
    declaration = _DECLARATION.match(buffer, start)
    declared = declaration[0] if declaration else b""
    wide = charset.css_unreadable(buffer) or charset.html_unreadable(declared)
    if wide is None and not start and codec and charset.unreadable_label(codec):
        wide = codec
    if wide is not None:
        return Parts(base=base, notices=(Notice("encoding", f"{wide} cannot be read byte by byte"),))
    known = charset.declared_in_html(declared) or charset.UTF8
    if start:
        known = charset.UTF8
    elif codec:
        known = charset.of_label(codec) or known
    return _Vector(buffer, base, known, start).read()


@dataclass(frozen=True, slots=True)
class _Attribute:
    """One attribute of a start tag."""

    name: str
    """``href``, or with its namespace: ``http://www.w3.org/1999/xlink href``."""
    start: int
    end: int
    syntax: Syntax
    whole: Span
    """With its name and the blank before it."""


class _Vector:
    """One reading of one file."""

    def __init__(self, buffer: bytes, base: str, codec: str, start: int) -> None:
        self._buffer = buffer
        self._base = base
        self._codec = codec
        self._shift = start
        self._needs: list[Need] = []
        self._cuts: list[Cut] = []
        self._notices: list[Notice] = []
        self._entities: dict[bytes, bytes] = {}
        self._style: int | None = None
        self._rooted = False
        self._doctype = 0
        self._parser = expat.ParserCreate("iso-8859-1", " ")
        self._parser.ordered_attributes = True
        self._parser.specified_attributes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.ProcessingInstructionHandler = self._instruction
        self._parser.EntityDeclHandler = self._entity
        self._parser.StartDoctypeDeclHandler = self._doctype_begins
        self._parser.EndDoctypeDeclHandler = self._doctype_ends
        self._parser.AttlistDeclHandler = self._default

    def read(self) -> Parts:
        """All parts, as far as the file is XML."""
        masked = charset.masked(self._buffer, self._codec)[self._shift :].translate(_MASK)
        try:
            self._parser.Parse(masked, True)
        except expat.ExpatError as error:
            message = f"no well-formed XML from here on: {expat.ErrorString(error.code)}"
            self._notices.append(Notice("unreadable", message, self._shift + self._parser.ErrorByteIndex))
        self._needs.sort(key=lambda need: need.reference.span)
        cuts = sorted(self._cuts, key=lambda cut: cut.span)
        return Parts(tuple(self._needs), tuple(cuts), None, self._base, self._codec, tuple(self._notices))

    def _at(self) -> int:
        return self._shift + self._parser.CurrentByteIndex

    # -- the document type --

    def _doctype_begins(self, *_: object) -> None:
        self._doctype = self._at()

    def _doctype_ends(self) -> None:
        for match in _EXTERNAL.finditer(self._buffer, self._doctype, self._at()):
            self._cuts.append(Cut(Span(*match.span("id")), b'""', "entity"))

    def _entity(self, name: str, parameter: bool, value: str | None, *_: object) -> None:
        if not parameter and value is not None:
            self._entities[name.encode("latin-1", "replace")] = value.encode("latin-1", "xmlcharrefreplace")

    def _default(self, element: str, name: str, _: str, value: str | None, *__: object) -> None:
        if value and (name.rpartition(":")[2] in ("href", "src", "style") or "url(" in value):
            self._notices.append(Notice("entity", f"the DTD gives {element} a URL in {name}", self._at()))

    def _instruction(self, target: str, _: str) -> None:
        """XML Stylesheets 1.0: one before the root element counts."""
        if target != "xml-stylesheet" or self._rooted:
            return
        start = self._at()
        end = self._buffer.find(b"?>", start)
        kind = b"text/css"
        value: tuple[int, int, Syntax] | None = None
        for match in _STYLESHEET.finditer(self._buffer, start, end):
            group, syntax = (3, Syntax.HTML_DOUBLE) if match[3] is not None else (4, Syntax.HTML_SINGLE)
            if match["type"]:
                kind = match[group].strip().lower()
            elif match["href"]:
                value = (*match.span(group), syntax)
        if value is not None:
            brings = ("style",) if kind in (b"", b"text/css") else ("data",)
            self._url(*value, "svg-stylesheet-href", Role.REQUISITE, brings, None)

    # -- elements --

    def _start(self, name: str, pairs: list[str]) -> None:
        self._rooted = True
        start = self._at()
        space, _, local = name.rpartition(" ")
        if not pairs and local != "style":
            return
        tag = _NAME.match(self._buffer, start)
        if tag is None:
            message = f"an entity holds an element {local}, which is left as it is"
            self._notices.append(Notice("entity", message, start))
            return
        lexed, end = _lexed(self._buffer, tag.end(), pairs[::2])
        place = tag.end()
        values = dict(zip(pairs[::2], pairs[1::2], strict=True))
        for each in lexed:
            if why := REMOVED.get(each.name):
                self._cuts.append(Cut(each.whole, b"", why))
        if space == XHTML:
            self._html(local.lower(), lexed, values, place)
        elif space in (SVG, ""):
            self._svg(local, lexed, values, place)
        if local == "style" and space in (SVG, XHTML, "") and self._buffer[end : end + 1] == b">":
            self._style = end + 1

    def _svg(self, local: str, lexed: Iterable[_Attribute], values: Mapping[str, str], place: int) -> None:
        animates = local in _ANIMATING and values.get("attributeName", "").rpartition(":")[2] == "href"
        for each in lexed:
            space, _, name = each.name.rpartition(" ")
            where = (each.start, each.end, each.syntax)
            if name == "href" and space in ("", XLINK):
                role, brings = HREF.get(local, (Role.REQUISITE, families.IMAGE))
                label = f"svg-{local.lower()}-{'xlink-' if space else ''}href"
                self._url(*where, label, role, brings, place)
            elif animates and not space and name in _ANIMATED:
                self._list(*where, f"svg-{local}-{name}", place)
            elif not space and b"(" in self._buffer[each.start : each.end]:
                self._css(each.start, each.end, place)

    def _html(self, local: str, lexed: Iterable[_Attribute], values: Mapping[str, str], place: int) -> None:
        known = {each.name: each for each in lexed}
        for row in _HTML_ROWS.get(local, ()):
            each = known.get(row.attribute)
            embed = row.role(values) if each is not None else None
            if each is None or embed is None:
                continue
            role = Role.REQUISITE if embed else Role.LINK
            if local == "meta" and embed:
                role = Role.INFORMATION
            if row.shape is Shape.URL:
                self._url(each.start, each.end, each.syntax, row.kind, role, None, place)
            else:
                cut = srcset.candidates if row.shape is Shape.SRCSET else html.refresh
                self._parts(each.start, each.end, each.syntax, cut, row.kind, role, place)
        if (style := known.get("style")) is not None:
            self._css(style.start, style.end, place)

    def _end(self, name: str) -> None:
        if self._style is not None and name.rpartition(" ")[2] == "style":
            start, self._style = self._style, None
            self._sheet(xmltext.content(self._buffer, start, self._at(), self._codec), start, None)

    # -- values --

    def _url(
        self,
        start: int,
        end: int,
        syntax: Syntax,
        kind: str,
        role: Role,
        brings: tuple[str, ...] | None,
        place: int | None,
    ) -> None:
        raw = self._buffer[start:end]
        trimmed = raw.strip(requested.SPACE)
        start += raw.find(trimmed)
        said = attribute.text(self._expanded(trimmed), self._codec)
        self._take(start, start + len(trimmed), said, syntax, kind, role, brings, place)

    def _take(
        self,
        start: int,
        end: int,
        said: str,
        syntax: Syntax,
        kind: str,
        role: Role,
        brings: tuple[str, ...] | None,
        place: int | None,
    ) -> None:
        said = said.strip(requested.EDGES)
        embed = role is Role.REQUISITE
        if not said or (embed and said[0] == "#") or urls.is_dynamic(said):
            return
        url = requested.url(said, self._base, self._codec)
        if not urls.is_remote(url):
            return
        item = Reference(
            Span(start, end), self._buffer[start:end], url, kind, role is not Role.LINK, syntax, Place.HTML
        )
        if brings is None:
            brings = families.of_embed(kind, url) if embed else ("page",)
        self._needs.append(Need(item, role, brings, attribute_at=place))

    def _parts(
        self,
        start: int,
        end: int,
        syntax: Syntax,
        cut: Callable[[bytes], list[tuple[int, int]]],
        kind: str,
        role: Role,
        place: int,
    ) -> None:
        """Take the URLs of a value that holds several, or one among other things."""
        value = attribute.decoded(self._buffer[start:end], self._codec)
        for first, last in cut(value.meaning):
            said = value.meaning[first:last].decode("utf-8", "replace")
            left, right = value.span(first, last)
            brings = None if role is Role.REQUISITE else ("page",)
            self._take(start + left, start + right, said, syntax, kind, role, brings, place)

    def _list(self, start: int, end: int, syntax: Syntax, kind: str, place: int) -> None:
        self._parts(start, end, syntax, xmltext.listed, kind, Role.REQUISITE, place)

    def _css(self, start: int, end: int, place: int) -> None:
        raw = self._buffer[start:end]
        if self._expanded(raw) is not raw:
            self._notices.append(Notice("entity", "a style is made of entities, and left as it is", start))
            return
        self._sheet(attribute.decoded(raw, self._codec), start, place)

    def _sheet(self, value: Decoded, start: int, place: int | None) -> None:
        found = css.references(value.meaning, base=self._base, codec=charset.UTF8)
        for need in sheet_needs(value.meaning, found):
            left, right = value.span(need.reference.span.start, need.reference.span.end)
            span = Span(start + left, start + right)
            raw = self._buffer[span.start : span.end]
            if raw.endswith(_CLOSING):  # the URL is the last thing in its section
                raw = raw[: -len(_CLOSING)]
                span = Span(span.start, span.end - len(_CLOSING))
            if b"<" in raw or _CLOSING in raw:
                message = "a URL of a style sheet is in pieces, and left as it is"
                self._notices.append(Notice("entity", message, span.start))
                continue
            self._needs.append(
                replace(need, reference=replace(need.reference, span=span, raw=raw), attribute_at=place)
            )

    def _expanded(self, raw: bytes) -> bytes:
        """``raw`` with the file's own entities in it; the very same where there are none."""
        if b"&" not in raw or not self._entities or len(raw) > _LONGEST_EXPANDED:
            return raw
        new = _USED.sub(
            lambda match: match[0] if match[1] in _PREDEFINED else self._entities.get(match[1], match[0]), raw
        )
        return raw if new == raw else new[:_LONGEST_EXPANDED]


def _lexed(buffer: bytes, position: int, names: Iterable[str]) -> tuple[list[_Attribute], int]:
    """The attributes of the start tag whose name ends at ``position``, and where its ``>`` or ``/>`` stands.

    ``names`` are those that expat has found, in order; it leaves declarations of namespaces out.
    """
    found = []
    left = iter(names)
    while (match := _ATTRIBUTE.match(buffer, position)) is not None:
        position = match.end()
        spelled = match["name"]
        if spelled == b"xmlns" or spelled.startswith(b"xmlns:"):
            continue
        group, syntax = ("d", Syntax.HTML_DOUBLE) if match["d"] is not None else ("s", Syntax.HTML_SINGLE)
        found.append(_Attribute(next(left, ""), *match.span(group), syntax, Span(*match.span())))
    while buffer[position : position + 1].isspace():
        position += 1
    return found, position

"""Whether an SVG is a still picture: it runs nothing, loads nothing, and unpacks to nothing large.

Repairs and cleans nothing: it answers, and the bytes stay as they are. It reads with expat, which loads no
external entity and no DTD, so that what is judged is what a browser's parser would see: entities expanded,
default attributes applied, namespaces resolved. (SVG 2; its "secure static mode" is the model.)
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NoReturn
from urllib.parse import unquote_to_bytes
from xml.parsers import expat

import msgspec

from .model import Refusal

SVG = "http://www.w3.org/2000/svg"
XHTML = "http://www.w3.org/1999/xhtml"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"
EVENTS = "http://www.w3.org/2001/xml-events"

ACTIVE_ELEMENTS = frozenset({
    "script", "handler", "listener", "iframe", "embed", "object", "applet", "audio", "video", "canvas",
    "link", "meta", "base", "frame", "portal",
})  # fmt: skip
"""Elements that run or load, by lower-case local name, in SVG's namespace or none. (``script`` in any, and
``foreignObject`` unless it is for a program that no browser is: Illustrator keeps its own data in one.)"""

INERT_LINKS = frozenset({"http", "https", "mailto", ""})
"""Schemes that ``<a>`` may lead to: a link loads nothing until it is followed."""

_RASTER = re.compile(r"data:image/(?:png|jpe?g|gif|webp|avif|bmp|x-icon)[;,]", re.IGNORECASE)
_FONT = re.compile(r"data:(?:font/|application/(?:x-)?font|application/vnd\.ms-fontobject)", re.IGNORECASE)
_NESTED = re.compile(r"data:image/svg\+xml([^,]*),(.*)", re.IGNORECASE | re.DOTALL)
_IGNORED_IN_URLS = re.compile(r"[\x00-\x20\x7f-\x9f]")
_AROUND_URLS = "".join(map(chr, range(0x21)))
_INSIDE_URLS = str.maketrans("", "", "\t\n\r")
"""What a browser takes off and out of a URL (WHATWG URL section 4.4). A blank inside stays: without its
blanks, a drawing in a ``data:`` URL would look like none."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HANDLER = re.compile(r"on[a-z]+", re.IGNORECASE)

_CSS_NAMESPACE = re.compile(r"@namespace\s+(?:\w+\s+)?url\(\s*[\"']?http://www\.w3\.org/[\w/]+[\"']?\s*\)")
_CSS_ESCAPE = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})\s?|(\r\n|[\r\n\f])|(.))", re.DOTALL)
_CSS_URL = re.compile(r"url\(\s*(\"[^\"]*\"?|'[^']*'?|[^)]*)", re.IGNORECASE)
_CSS_ACTIVE = re.compile(
    r"@import|expression\s*\(|-moz-binding|behavior\s*:|image-set\s*\(|javascript:", re.IGNORECASE
)

_LENGTH = re.compile(r"\s*\+?(\d{1,9}(?:\.\d*)?|\.\d+)(?:e\+?(\d))?\s*(px|pt|pc|mm|cm|in)?\s*", re.IGNORECASE)
_PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}

_ENTITY_BYTES = 64 * 1024
"""What all internal entities together may unpack to. Illustrator's, for namespaces, come to some hundred."""
_DECLARATIONS = 256
"""Entities and attribute defaults. Each is looked for in the whole file; Illustrator's come to some dozen."""
_ELEMENTS = 2_000_000
_NESTING = 3
_ENDS_EARLY = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


class Drawing(msgspec.Struct, frozen=True):
    """What a checked SVG states of itself. Sizes in CSS pixels, rounded; None where it states none."""

    width: int | None
    height: int | None
    notes: tuple[str, ...] = ()


class _RefusedError(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(reason, detail)


def inspect(data: bytes, *, allow_active: bool = False, nesting: int = 0) -> Drawing | Refusal:
    """Read the SVG whole.

    Refusals: ``active-svg`` naming the thing (unless ``allow_active``), ``bomb``, ``truncated``, and
    ``not-media`` for XML that is not well-formed or no SVG.
    """
    check = _Check(data, allow_active, nesting)
    try:
        check.parser.Parse(data, True)
    except _RefusedError as refused:
        return refused.refusal
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        if error.code in _ENDS_EARLY:
            return Refusal("truncated", f"the SVG stops in line {error.lineno}: {message}")
        if "amplification" in message:
            return Refusal("bomb", message)
        return Refusal("not-media", f"the SVG is not well-formed XML: line {error.lineno}: {message}")
    except (LookupError, ValueError) as error:
        return Refusal("not-media", f"the SVG cannot be read: {error}")
    return check.drawing()


class _Check:
    """expat's handlers: each raises `_RefusedError` at the first thing that is not still."""

    def __init__(self, data: bytes, allow_active: bool, nesting: int) -> None:
        self.data = data
        self.allow_active = allow_active
        self.nesting = nesting
        self.root: tuple[str, dict[str, str]] | None = None
        self.active = False
        self.elements = 0
        self.declarations = 0
        self.unpacked = 0
        self.style: list[str] | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.EntityDeclHandler = self.entity
        self.parser.AttlistDeclHandler = self.default
        self.parser.ProcessingInstructionHandler = self.instruction

    def refuse(self, what: str) -> None:
        self.active = True
        if not self.allow_active:
            raise _RefusedError("active-svg", what)

    # -- the DTD's internal subset --

    def entity(
        self,
        name: str,
        parameter: bool,
        value: str | None,
        base: str | None,  # noqa: ARG002 - expat's signature
        system: str | None,
        public: str | None,
        notation: str | None,  # noqa: ARG002
    ) -> None:
        if parameter or value is None or system or public:
            raise _RefusedError("active-svg", f"an external or parameter entity: {name}")
        if "&" in value or "%" in value:
            raise _RefusedError("bomb", f"an entity made of entities: {name}")
        self.unpack(value, b"&" + name.encode() + b";", f"the entity {name}")

    def default(self, element: str, attribute: str, kind: str, value: str | None, required: bool) -> None:  # noqa: ARG002
        self.unpack(value or "", b"<" + element.encode(), f"the default of {attribute}")

    def unpack(self, value: str, user: bytes, what: str) -> None:
        """Count ``value`` once for each time that ``user`` calls for it, before any of it is expanded."""
        self.declarations += 1
        if self.declarations > _DECLARATIONS:
            raise _RefusedError("bomb", f"more than {_DECLARATIONS} declarations")
        wide = b"\0" in self.data[:4]
        self.unpacked += len(value) * (len(self.data) if wide else 1 + self.data.count(user))
        if self.unpacked > _ENTITY_BYTES:
            raise _RefusedError("bomb", f"{what} unpacks to more than {_ENTITY_BYTES} characters")

    def instruction(self, target: str, data: str) -> None:  # noqa: ARG002
        if target.lower() == "xml-stylesheet":
            self.refuse("an xml-stylesheet instruction")

    # -- elements --

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if self.root is None:
            if local != "svg" or space not in (SVG, ""):
                raise _RefusedError("not-media", f"the root element is {local}, not svg")
            self.root = space, attributes
        self.elements += 1
        if self.elements > _ELEMENTS:
            raise _RefusedError("bomb", f"more than {_ELEMENTS} elements")
        lower = local.lower()
        if space == XHTML:
            self.refuse(f"HTML inside: {local}")
        foreign = lower == "foreignobject" and not attributes.get("requiredExtensions", "").strip()
        if foreign or lower == "script" or (lower in ACTIVE_ELEMENTS and space in (SVG, "")):
            self.refuse(f"a {local} element")
        if lower == "style":
            self.style = []
        for attribute, value in attributes.items():
            self.attribute(local, space, attribute, value)

    def attribute(self, element: str, element_space: str, name: str, value: str) -> None:
        space, _, local = name.rpartition(" ")
        if (not space and _HANDLER.fullmatch(local)) or space == EVENTS:
            self.refuse(f"an event handler: {local} of {element}")
        if local == "base" and space == XML and value.strip():
            self.refuse("an xml:base")
        if element_space not in (SVG, ""):
            return  # an editor's own data, which no browser acts upon
        if (local == "href" and space in ("", XLINK)) or (local == "src" and not space):
            self.link(element, value)
        elif local == "attributeName" and (target := value.rpartition(":")[2].strip().lower()):
            if target == "href" or _HANDLER.fullmatch(target):
                self.refuse(f"{element} changes {value}")
        elif not space:
            self.css(value, f"{local} of {element}", whole=local == "style")

    def link(self, element: str, value: str) -> None:
        target = _IGNORED_IN_URLS.sub("", value)
        found = _SCHEME.match(target)
        scheme = found[1].lower() if found else ""
        if element == "a":
            if scheme not in INERT_LINKS:
                self.refuse(f"a link to {scheme}:")
        else:
            self.load(value, f"href of {element}", fonts=False)

    def load(self, value: str, where: str, *, fonts: bool) -> None:
        """What is loaded must be inside the file: a raster picture, a font of a style sheet, a still SVG."""
        target = _IGNORED_IN_URLS.sub("", value)
        if not target or target.startswith("#"):
            return
        if _RASTER.match(target) or (fonts and _FONT.match(target)):
            return
        nested = _NESTED.match(value.strip(_AROUND_URLS).translate(_INSIDE_URLS))
        if nested is None or where == "href of use":
            self.refuse(f"{where} loads {target[:80]}")
        elif self.nesting >= _NESTING:
            raise _RefusedError("bomb", "SVG inside SVG, too deep")
        else:
            payload = unquote_to_bytes(nested[2])
            if nested[1].lower().endswith(";base64"):
                try:
                    payload = base64.b64decode(payload)
                except binascii.Error:
                    return  # shows nothing
            found = inspect(payload, allow_active=self.allow_active, nesting=self.nesting + 1)
            if isinstance(found, Refusal) and found.reason in ("active-svg", "bomb"):
                raise _RefusedError(found.reason, f"inside an embedded SVG: {found.detail}")

    def end(self, name: str) -> None:
        if self.style is not None and name.rpartition(" ")[2].lower() == "style":
            text, self.style = "".join(self.style), None
            self.css(text, "a style sheet", whole=True)

    def text(self, data: str) -> None:
        if self.style is not None:
            self.style.append(data)

    def css(self, text: str, where: str, *, whole: bool) -> None:
        """Judge CSS; ``whole`` for a sheet or a style attribute, else one property's value.

        Escapes are undone first, since ``u\\72l(`` is ``url(``. Comments stay: they never join two tokens,
        and what looks like one inside ``url(`` is none (CSS Syntax 3, section 4.3).
        """
        if "\\" in text:
            text = _CSS_ESCAPE.sub(_unescape, text)
        if not whole and "(" not in text:
            return
        text = _CSS_NAMESPACE.sub("", text)
        found = _CSS_ACTIVE.search(text)
        if found is not None and (whole or "(" in found[0]):
            self.refuse(f"{where} holds {found[0]}")
        for match in _CSS_URL.finditer(text):
            self.load(match[1].strip().strip("\"'"), where, fonts=True)

    # -- the result --

    def drawing(self) -> Drawing:
        if self.root is None:
            _unreachable()
        space, attributes = self.root
        box = [_number(part) for part in re.split(r"[\s,]+", attributes.get("viewBox", "").strip())]
        shown = box if len(box) == 4 else [None] * 4
        width = _number(attributes.get("width", "")) or shown[2]
        height = _number(attributes.get("height", "")) or shown[3]
        notes = (*(("no-namespace",) if not space else ()), *(("active",) if self.active else ()))
        return Drawing(_rounded(width), _rounded(height), notes)


def _unreachable() -> NoReturn:
    raise AssertionError("expat ends without an element only by raising")


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        number = int(match[1], 16)
        return chr(number) if 0 < number < 0x110000 else "\ufffd"
    return "" if match[2] else match[3]


def _number(text: str) -> float | None:
    """A length in CSS pixels; None for percentages, relative units and what is no length."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        return None
    exponent, unit = found[2] or "0", found[3] or ""
    return float(f"{found[1]}e{exponent}") * _PIXELS[unit.lower()]


def _rounded(value: float | None) -> int | None:
    return None if value is None else max(1, round(value))

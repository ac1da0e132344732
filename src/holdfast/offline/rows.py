"""Which attributes of a page hold URLs, what each of them is to a reader, and what it may bring.

Parses nothing. Built on the rows that a scan of a post knows; what only a whole page has, and what a copy
must know that an archive need not, is here. A new attribute is a new row of `ATTRIBUTES`, a new link type one
of `LINK_TYPES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from .. import families
from ..families import IMAGE
from ..scan import elements
from ..scan.elements import Attributes
from .parts import Role


class Shape(Enum):
    """What the value of an attribute looks like."""

    URL = "url"
    SRCSET = "srcset"
    STYLE = "style"
    """CSS: declarations, or one value."""
    REFRESH = "refresh"
    """``5; url=...``"""
    LIST = "list"
    """URLs between semicolons (SMIL ``values``)."""
    SRCDOC = "srcdoc"
    """A page."""


MEDIA = ("audio", "image", "page", "pdf", "video")
"""What ``<embed>`` and ``<object>`` show."""

Asked = tuple[Role, tuple[str, ...] | None]
"""What a URL is, and which families it may bring; None for those that its kind has in `families`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute that holds one URL or more."""

    element: str
    """In the parser's spelling; ``*`` for every element."""
    attribute: str
    asked: Asked | Callable[[Attributes], Asked | None] = (Role.REQUISITE, None)
    """A function gets the element's attributes, and says None where there is no URL."""
    shape: Shape = Shape.URL
    svg: bool = False
    """True when it counts in SVG only."""
    lazy: str = ""
    """The attribute that a browser reads instead: a script is to move the value there."""
    guess: bool = False
    """The value counts only if it looks like a URL."""
    module: bool = False

    kind: str = ""
    """The kind of its references: ``html-ELEMENT-ATTRIBUTE``, and ``html-meta-refresh``."""

    def __post_init__(self) -> None:
        name = "refresh" if self.shape is Shape.REFRESH else self.attribute
        object.__setattr__(self, "kind", kind(self.element, name))

    def of(self, attributes: Attributes) -> Asked | None:
        """What this attribute of an element with these attributes holds."""
        return self.asked(attributes) if callable(self.asked) else self.asked


def kind(element: str, attribute: str) -> str:
    """The kind of the references in an attribute of an element."""
    return f"html-{element.replace('*', 'any')}-{attribute.replace(':', '-')}".lower()


_LINK: Asked = (Role.LINK, ())
_TOLD: Asked = (Role.INFORMATION, ())


def words(attributes: Attributes, name: str) -> set[str]:
    """The words of a value, in lower case."""
    value = attributes.get(name)
    text = " ".join(value) if isinstance(value, list) else value or ""
    return set(text.lower().split())


def text(attributes: Attributes, name: str) -> str:
    """A value in lower case, without white space at its ends."""
    value = attributes.get(name)
    return (" ".join(value) if isinstance(value, list) else value or "").strip().lower()


# -- link ----------------------------------------------------------------------------------------------------

HINTS = frozenset({"preconnect", "dns-prefetch", "compression-dictionary"})
"""Link types that only make a browser reach out early: of no use in a copy."""

_BY_AS = "as"
_ICONS = "icon apple-touch-icon apple-touch-icon-precomposed apple-touch-startup-image mask-icon fluid-icon"

LINK_TYPES: Mapping[str, tuple[str, ...] | str] = {
    "stylesheet": ("style",),
    **dict.fromkeys(_ICONS.split(), IMAGE),
    "manifest": ("manifest",),
    "modulepreload": ("script",),
    "preload": _BY_AS,
    "prefetch": _BY_AS,
    "prerender": ("page",),
}
"""Link types that are fetched with the page, and what they bring; the first of an element's counts."""

_FOLLOWED = frozenset("next prev previous first last start up index contents help license author me".split())  # noqa: SIM905
"""Link types that a reader may follow; all others are told to programs."""

_AS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("audio", "font", "image", "script", "style", "track", "video")},
    "document": ("page",),
    "embed": MEDIA,
    "object": MEDIA,
    "fetch": ("data",),
    "json": ("data",),
    **dict.fromkeys(("worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet"), ("script",)),
}
"""Destinations of a preload (Fetch Standard, "translate a preload destination")."""

_BY_EXTENSION: Mapping[str, tuple[str, ...]] = {
    ".css": ("style",),
    ".js": ("script",),
    ".mjs": ("script",),
    ".json": ("data",),
    ".woff2": ("font",),
    ".woff": ("font",),
}


def by_extension(url: str) -> tuple[str, ...]:
    """What a URL may bring by the extension of its path; a page when that tells nothing."""
    known = _BY_EXTENSION.get(families.extension(url))
    return known or tuple(families.of_link(url)) or ("page",)


def _link(attributes: Attributes) -> Asked | None:
    """HTML Standard, section "link types"; ``rel`` is a set of words."""
    rel = words(attributes, "rel")
    for word, brings in LINK_TYPES.items():
        if word in rel:
            if isinstance(brings, tuple):
                return Role.REQUISITE, brings
            return Role.REQUISITE, _AS.get(text(attributes, "as"), () if word == "prefetch" else ("data",))
    if rel & _FOLLOWED:
        return _LINK
    return _TOLD if rel or "itemprop" in attributes else None


def _link_images(attributes: Attributes) -> Asked | None:
    return (Role.REQUISITE, IMAGE) if "preload" in words(attributes, "rel") else None


def is_module_link(attributes: Attributes) -> bool:
    """Whether a ``<link>`` loads a module ahead of time."""
    return "modulepreload" in words(attributes, "rel")


# -- meta, script, input, SMIL -------------------------------------------------------------------------------


def _meta(attributes: Attributes) -> Asked | None:
    names = (words(attributes, key) for key in ("property", "name", "itemprop"))
    return (Role.INFORMATION, IMAGE) if any(found & elements.META_IMAGES for found in names) else None


def _meta_refresh(attributes: Attributes) -> Asked | None:
    """A requisite: without a click the browser goes there."""
    return (Role.REQUISITE, ("page",)) if text(attributes, "http-equiv") == "refresh" else None


NO_SCRIPTS = frozenset({"importmap", "speculationrules"})
"""Types of a ``<script>`` that no ``src`` is read for."""


def _script(attributes: Attributes) -> Asked | None:
    """Every type but these: a consent banner turns ``text/plain`` into a script."""
    return None if text(attributes, "type") in NO_SCRIPTS else (Role.REQUISITE, ("script",))


def is_module(attributes: Attributes) -> bool:
    """Whether a ``<script>`` is a module (HTML Standard, "prepare the script element")."""
    return text(attributes, "type") == "module"


def _input(attributes: Attributes) -> Asked | None:
    return (Role.REQUISITE, IMAGE) if text(attributes, "type") == "image" else None


def _animated(attributes: Attributes) -> Asked | None:
    """The new values of an ``href``: an image is fetched as soon as the animation begins (SMIL)."""
    name = text(attributes, "attributename")
    name = name or text(attributes, "attributeName")
    return (Role.REQUISITE, IMAGE) if name in ("href", "xlink:href") else None


# -- the table -----------------------------------------------------------------------------------------------

_REQUISITE_FAMILIES: Mapping[str, tuple[str, ...]] = {"embed": MEDIA, "object": MEDIA}

_SCANNED = tuple(
    Row(
        row.element,
        row.attribute,
        (
            _LINK
            if row.role({}) is False
            else _input
            if row.element == "input"
            else (Role.REQUISITE, _REQUISITE_FAMILIES.get(row.element))
        ),
        Shape(row.shape.value),
    )
    for row in elements.ATTRIBUTES
    if row.element not in ("link", "meta", "script") and not row.attribute.startswith("data-")
)
"""What a scan of a post knows, but for what is told apart more finely here."""

_SVG_TEMPLATES = "pattern linearGradient radialGradient filter textPath mpath tref cursor"
_MATHML = "math mrow mi mn mo ms mtext msup msub mfrac msqrt mstyle semantics"

ATTRIBUTES: Sequence[Row] = (
    *_SCANNED,
    Row("link", "href", _link),
    Row("link", "imagesrcset", _link_images, Shape.SRCSET),
    Row("script", "src", _script),
    Row("script", "data-src", (Role.REQUISITE, ("script",)), guess=True),
    *(Row("script", name, (Role.REQUISITE, ("script",)), svg=True) for name in ("href", "xlink:href")),
    Row("meta", "content", _meta),
    Row("meta", "content", _meta_refresh, Shape.REFRESH),
    Row("iframe", "srcdoc", shape=Shape.SRCDOC),
    # tables and their parts (HTML Standard 15.3.8; columns: Chromium)
    *(Row(element, "background") for element in ("thead", "tbody", "tfoot", "col", "colgroup")),
    # SVG
    *(
        Row(element, name, (Role.REQUISITE, IMAGE), svg=True)
        for element in _SVG_TEMPLATES.split()
        for name in ("href", "xlink:href")
    ),
    *(Row("font-face-uri", name, (Role.REQUISITE, ("font",)), svg=True) for name in ("href", "xlink:href")),
    *(
        Row(element, name, _animated, Shape.LIST if name == "values" else Shape.URL, svg=True)
        for element in ("animate", "set")
        for name in ("to", "from", "by", "values")
    ),
    *(
        Row("*", name, shape=Shape.STYLE, svg=True)
        for name in (
            *("fill", "stroke", "filter", "mask", "clip-path", "cursor"),
            *("marker", "marker-start", "marker-mid", "marker-end"),
        )
    ),
    # followed, not fetched
    *(Row(element, "formaction", _LINK) for element in ("button", "input")),
    *(Row(element, "longdesc", _LINK) for element in ("img", "iframe", "frame")),
    *(Row(element, "href", _LINK) for element in _MATHML.split()),
    # lazy pages
    *(
        Row("img", name, lazy="src")
        for name in ("data-src", "data-original", "data-lazy-src", "data-actualsrc", "data-cfsrc")
    ),
    *(
        Row(element, name, shape=Shape.SRCSET, lazy="src" if element == "img" else "srcset")
        for element in ("img", "source")
        for name in ("data-srcset", "data-lazy-srcset", "data-original-set")
    ),
    *(
        Row(element, name, (Role.REQUISITE, (element,) if element != "source" else None), lazy="src")
        for element in ("video", "audio", "source")
        for name in ("data-src", "data-lazy-src")
    ),
    Row("video", "data-poster", (Role.REQUISITE, IMAGE), lazy="poster"),
    Row("iframe", "data-src", (Role.REQUISITE, ("page",))),
    Row("iframe", "data-lazy-src", (Role.REQUISITE, ("page",))),
    Row("embed", "data-src", (Role.REQUISITE, MEDIA)),
    Row("object", "data-src", (Role.REQUISITE, MEDIA)),
    *(
        Row("*", f"data-{name}", (Role.REQUISITE, IMAGE), guess=True)
        for name in (
            *("bg", "bg-src", "background", "background-image", "lazy-background", "image", "image-src"),
            *("img", "thumb", "lazy", "echo", "full", "full-src", "zoom-src", "zoom-image", "hi-res-src"),
            *("large_image", "large-file", "medium-file", "orig-file"),
        )
    ),
)
"""Which attributes hold URLs. A new one is a new row."""

STYLE = Row("*", "style", shape=Shape.STYLE)

OF_ANY: Mapping[str, Row] = {row.attribute: row for row in ATTRIBUTES if row.element == "*"}
"""By attribute."""

OF_ELEMENT: Mapping[str, Mapping[str, tuple[Row, ...]]] = {
    element: {
        name: tuple(row for row in ATTRIBUTES if row.element == element and row.attribute == name)
        for name in {row.attribute for row in ATTRIBUTES if row.element == element}
    }
    for element in {row.element for row in ATTRIBUTES} - {"*"}
}
"""By element, then by attribute."""

"""Which attributes of which elements hold URLs, and whether a browser fetches them with the page.

Parses nothing. A new attribute is a new row of `ATTRIBUTES`, a new link type one of `REL`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum

import msgspec
from msgspec.structs import force_setattr

Attributes = Mapping[str, str | list[str] | None]


class Shape(Enum):
    """What the value of an attribute looks like."""

    URL = "url"
    SRCSET = "srcset"
    STYLE = "style"
    """CSS declarations."""
    REFRESH = "refresh"
    """``5; url=...`` (HTML Standard, "shared declarative refresh steps")."""


Role = Callable[[Attributes], bool | None]
"""From an element's attributes: True for an embed, False for a link, None when there is no reference."""


def _embed(_: Attributes) -> bool | None:
    return True


def _link(_: Attributes) -> bool | None:
    return False


def _words(attributes: Attributes, name: str) -> set[str]:
    value = attributes.get(name)
    text = " ".join(value) if isinstance(value, list) else value or ""
    return set(text.lower().split())


_REL_EMBEDS = (
    "stylesheet icon apple-touch-icon apple-touch-icon-precomposed apple-touch-startup-image mask-icon"
    " fluid-icon image_src manifest preload modulepreload prefetch prerender"
)
_REL_LINKS = (
    "canonical alternate next prev first last start up index contents author publisher help license search me"
    " amphtml shortlink bookmark privacy-policy terms-of-service webmention hub self"
)
REL: Mapping[str, bool] = {
    **dict.fromkeys(_REL_LINKS.split(), False),
    **dict.fromkeys(_REL_EMBEDS.split(), True),
}
"""Link types whose ``href`` is fetched with the page (True) or only followed (False); others name no file."""

META_IMAGES = frozenset(
    {"og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "image"}
    | {"thumbnail", "thumbnailurl", "msapplication-tileimage"}
)
"""Names, properties and itemprops of a ``<meta>`` whose content is an image's URL."""


def _rel(attributes: Attributes) -> bool | None:
    known = [REL[word] for word in _words(attributes, "rel") if word in REL]
    return any(known) if known else None


def _input(attributes: Attributes) -> bool | None:
    return True if _words(attributes, "type") == {"image"} else None


def _meta_image(attributes: Attributes) -> bool | None:
    names = (_words(attributes, key) for key in ("property", "name", "itemprop"))
    return True if any(found & META_IMAGES for found in names) else None


def _meta_refresh(attributes: Attributes) -> bool | None:
    return False if _words(attributes, "http-equiv") == {"refresh"} else None


class Row(msgspec.Struct, frozen=True):
    """One attribute that holds one URL or more."""

    element: str
    attribute: str
    role: Role = _embed
    document: bool = False
    """True when it counts in HTML documents only, not in the HTML of a Markdown post."""
    shape: Shape = Shape.URL

    kind: str = ""
    """The kind of its references: ``html-ELEMENT-ATTRIBUTE``."""

    def __post_init__(self) -> None:
        kind = f"html-{self.element}-{self.attribute.replace(':', '-')}".lower()
        force_setattr(self, "kind", kind)


ATTRIBUTES: Sequence[Row] = (
    Row("img", "src"),
    Row("img", "srcset", shape=Shape.SRCSET),
    Row("source", "src"),
    Row("source", "srcset", shape=Shape.SRCSET),
    Row("video", "src"),
    Row("video", "poster"),
    Row("audio", "src"),
    Row("track", "src"),
    Row("embed", "src"),
    Row("object", "data"),
    Row("input", "src", _input),
    Row("image", "href"),
    Row("image", "xlink:href"),
    Row("feImage", "href"),
    Row("feImage", "xlink:href"),
    Row("use", "href"),
    Row("use", "xlink:href"),
    Row("amp-img", "src"),
    Row("amp-img", "srcset", shape=Shape.SRCSET),
    *(Row(element, "background") for element in ("body", "table", "td", "th", "tr")),
    *(
        Row(element, name, shape=Shape.SRCSET if name.endswith("srcset") else Shape.URL)
        for element in ("img", "source", "video", "audio", "embed")
        for name in ("data-src", "data-srcset", "data-original", "data-lazy-src", "data-lazy-srcset")
    ),
    Row("link", "href", _rel, document=True),
    Row("link", "imagesrcset", _rel, document=True, shape=Shape.SRCSET),
    Row("script", "src", document=True),
    Row("iframe", "src", document=True),
    Row("iframe", "data-src", document=True),
    Row("frame", "src", document=True),
    Row("meta", "content", _meta_image, document=True),
    Row("meta", "content", _meta_refresh, document=True, shape=Shape.REFRESH),
    Row("a", "href", _link),
    Row("a", "xlink:href", _link),
    Row("area", "href", _link),
    *(Row(element, "cite", _link) for element in ("blockquote", "q", "del", "ins")),
    Row("form", "action", _link),
)
"""Which attributes hold URLs. A new one is a new row."""


def rows(*, document: bool) -> Mapping[str, tuple[Row, ...]]:
    """The rows of each element, for HTML documents or for the HTML of Markdown posts."""
    chosen = [row for row in ATTRIBUTES if document or not row.document]
    return {row.element: tuple(other for other in chosen if other.element == row.element) for row in chosen}

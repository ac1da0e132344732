"""Documents within ``data:`` URLs: those that a browser runs, and which may fetch from elsewhere.

Fetches nothing. A style sheet, a script, and a page or an SVG in a frame load what they name; a picture never
does (HTML Standard; SVG Integration, "secure static mode"). A document in a ``data:`` URL has no base, so
that only absolute URLs lead anywhere, and no relative path can take their place.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from ..model import Notice
from ..scan import charset, css
from .parts import Cut, Parts, Role

_FAMILIES: Mapping[str, str] = {
    "text/css": "style",
    "text/html": "page",
    "application/xhtml+xml": "page",
    "image/svg+xml": "page",
    "text/xml": "page",
    "application/xml": "page",
    "text/javascript": "script",
    "application/javascript": "script",
    "application/x-javascript": "script",
    "application/ecmascript": "script",
    "text/ecmascript": "script",
}
"""What a browser makes of a media type."""

_HEAD = re.compile(r"data:([^,#]*),", re.IGNORECASE)
_BASE64 = re.compile(r"; *base64 *\Z", re.IGNORECASE)
_NOTHING = b"data:,"

BASE = "data:,"
"""What URLs in such a document are resolved against: nothing."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a ``data:`` URL holds."""

    media: str
    """The media type with its parameters, as written."""
    family: str
    body: bytes


def document(url: str) -> Document | None:
    """The document in a URL; None for what fetches nothing, or is no valid ``data:`` URL.

    Fetch Standard, "data: URL processor".
    """
    head = _HEAD.match(url)
    if head is None:
        return None
    is_base64 = _BASE64.search(head[1])
    media = head[1][: is_base64.start()] if is_base64 else head[1]
    family = _FAMILIES.get(media.partition(";")[0].strip().lower())
    if family is None:
        return None
    end = url.find("#", head.end())
    body = unquote_to_bytes(url[head.end() : end if end >= 0 else len(url)])
    if is_base64:
        try:
            body = base64.b64decode(re.sub(rb"[\t\n\f\r =]+", b"", body) + b"==")
        except binascii.Error:
            return None
    return Document(media.strip(), family, body)


def harmless(found: Document, parts: Parts) -> bytes:
    """A URL of the same document in which every URL that would be fetched is an empty one."""
    changes = [(need.reference.span, _NOTHING) for need in parts.needs if need.role is Role.REQUISITE]
    changes += [(cut.span, cut.new) for cut in parts.cuts]
    pieces: list[bytes] = []
    position = 0
    for span, new in sorted(changes, key=lambda change: change[0]):
        pieces += (found.body[position : span.start], new)
        position = span.end
    pieces.append(found.body[position:])
    return b"data:%b;base64,%b" % (found.media.encode("ascii", "replace"), base64.b64encode(b"".join(pieces)))


_SCHEME = re.compile(rb"data(?=:)", re.IGNORECASE)
_STAND_IN = b"http"
"""As long as ``data``: a scan of a style sheet leaves out what it has not to fetch."""

_DEPTH = 4


def imported(
    sheet: bytes, codec: str, read: Callable[[bytes], Parts], depth: int = 0
) -> tuple[list[Cut], list[str]]:
    """What a style sheet imports that is written into a URL, made harmless; and what it would have fetched.

    ``read`` finds the needs of a style sheet. Such imports may hold others: after a few, nothing is left.
    """
    if b"import" not in sheet.lower() or not _SCHEME.search(sheet):
        return [], []
    cuts: list[Cut] = []
    lost: list[str] = []
    for item in css.references(_SCHEME.sub(_STAND_IN, sheet), base=BASE, codec=codec):
        span = item.span
        raw = sheet[span.start : span.end]
        if item.kind != "css-import" or not _SCHEME.match(raw):
            continue
        found = document(css.unescape(charset.decode(raw, codec)))
        if found is None or found.family != "style":
            continue
        if depth >= _DEPTH:
            cuts.append(Cut(span, _NOTHING, "depth"))
            continue
        parts = read(found.body)
        inner, within = imported(found.body, charset.UTF8, read, depth + 1)
        urls = [need.reference.url for need in parts.needs] + within
        if urls or inner:
            harmless_parts = Parts(parts.needs, (*parts.cuts, *inner))
            cuts.append(Cut(span, harmless(found, harmless_parts), "data-uri"))
            lost += urls
    return cuts, lost


def told(urls: Sequence[str], offset: int) -> Notice:
    """What a person should know of a document within a URL that was made harmless."""
    message = "a document within a URL would fetch " + (", ".join(urls[:5]) or "from elsewhere")
    return Notice("data-uri", message, offset)

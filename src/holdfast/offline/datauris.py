"""Documents within ``data:`` URLs: those that a browser runs, and which may fetch from elsewhere.

Fetches nothing. A style sheet, a script, and a page or an SVG in a frame load what they name; a picture never
does (HTML Standard; SVG Integration, "secure static mode"). A document in a ``data:`` URL has no base, so
that only absolute URLs lead anywhere, and no relative path can take their place.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from .parts import Parts, Role

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

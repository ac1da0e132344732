"""What a browser refuses to load from another file of ``file://``, although it is there; and how to say it in
the file itself.

A page from ``file://`` has an origin that equals no other's, and what is fetched with CORS, or from the same
origin only, fails (HTML Standard, "origin"; Fetch Standard, "mode"). Told by the names of attributes and
properties; the rows were tried in Chromium and hold in Firefox, which refuses less.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from .parts import Need

REFUSED: Mapping[str, bool] = {
    "module": False,
    "use": False,
    "track": True,
    "style": True,
}
"""Why a local file is refused, and whether a ``data:`` URL in its place is taken. ``<use>`` takes none: what
it shows must stand in the page itself (SVG 2, "the use element")."""

_KINDS = {
    "html-track-src": "track",
    **{
        f"{language}-use-{attribute}": "use"
        for language in ("html", "svg")
        for attribute in ("href", "xlink-href")
    },
}

_PROPERTY = re.compile(
    rb"(?<![-\w])(?:--[-\w]+|(?:-webkit-)?mask(?:-[-a-z]+)?|shape-outside|(?:backdrop-)?filter"
    rb"|clip-path|fill|stroke|marker(?:-[a-z]+)?)\s*+(?::[^;{}=]*+|=\s*+[\"']?+[^\"'=>]*+[\"']?+)\Z",
    re.IGNORECASE,
)
"""The beginning of a declaration, or of a presentation attribute, up to the URL. A property of the
author's own may be used in any of the others."""
_BEFORE = 2048


def is_use(need: Need) -> bool:
    """Whether this is what a ``<use>`` shows."""
    return _KINDS.get(need.reference.kind) == "use"


def refused(buffer: bytes, need: Need) -> str:
    """A key of `REFUSED`, or empty where a local file is loaded as any other.

    ``buffer`` is the file in which ``need`` was found.
    """
    if need.module:
        return "module"
    if need.reference.kind == "css-url":
        start = need.reference.span.start
        before = buffer[max(0, start - _BEFORE) : start]
        cut = max(before.rfind(mark) for mark in (b";", b"{", b"}"))
        return "style" if _PROPERTY.search(before, cut + 1) else ""
    return _KINDS.get(need.reference.kind, "")


def data_url(data: bytes, media: str, fragment: str = "") -> str:
    """A URL that is the file itself (RFC 2397)."""
    end = f"#{fragment}" if fragment else ""
    return f"data:{media};base64,{base64.b64encode(data).decode('ascii')}{end}"

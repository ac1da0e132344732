"""Text that a copy rewrites: style sheets, scripts, pages, manifests and drawings, own and fetched.

Opens nothing.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..offline.parts import Parts
from ..offline.readers import READERS
from ..scan import charset

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

MEDIA_TYPES: Mapping[str, str] = {
    "style": "text/css",
    "script": "text/javascript",
    "page": "text/html",
    "manifest": "application/manifest+json",
    "data": "application/json",
}


_WIDE: Mapping[str, Callable[[bytes], str | None]] = {
    "page": charset.html_unreadable,
    "style": charset.css_unreadable,
}

BLIND = frozenset({"encoding", "too-large"})
"""Notices of a reader that has seen nothing of a file: what it may fetch nobody knows."""


def narrow(language: str, data: bytes, label: str | None = None) -> bytes:
    """A file in UTF-8 with a byte order mark, where no byte offset can be trusted in its own encoding.

    Those are UTF-16 and ISO-2022-JP. The mark counts more than what the file says of itself. Any other file,
    and one that cannot be decoded, stays as it is.
    """
    look = _WIDE.get(language)
    wide = (look(data) if look is not None else None) or (
        label if label and charset.unreadable_label(label) else None
    )
    if wide is None:
        return data
    try:
        return codecs.BOM_UTF8 + data.decode(wide).removeprefix("\ufeff").encode()
    except (LookupError, UnicodeDecodeError):
        return data


@dataclass(frozen=True, slots=True)
class Text:
    """One file, and what it says."""

    language: str
    data: bytes
    base: str
    label: str | None
    parts: Parts

    def read(self, data: bytes, base: str) -> Parts:
        """Read other bytes of the same file."""
        return READERS[self.language](data, base, self.label)


def text_of(family: str, data: bytes, base: str, label: str | None) -> Text:
    """A text as the copy will hold it: nothing tells its encoding there but its own bytes, so what the server
    said of it becomes a byte order mark (Encoding Standard, "BOM sniff")."""
    if family in ("style", "script") and not data.isascii() and not data.startswith(_BOMS):
        charset = re.match(rb'@charset "([^"]+)";', data) if family == "style" else None
        declared = label or (charset[1].decode("ascii", "replace") if charset else "utf-8")
        try:
            data = codecs.BOM_UTF8 + data.decode(declared).encode()
            label = None
        except (LookupError, UnicodeDecodeError):
            pass
    narrowed = narrow(family, data, label)
    if narrowed is not data:
        data, label = narrowed, None
    reader = READERS.get(family)
    return Text(family, data, base, label, reader(data, base, label) if reader else Parts(base=base))

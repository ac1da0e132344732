"""What a style sheet fetches as it is applied.

Finds no URL itself: `scan.css` does. It says in which encoding, what each URL may bring, and what of the
sheet nobody can rewrite.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import replace

from .. import families, urls
from ..model import Notice, Reference
from ..scan import charset, css
from . import datauris
from .parts import Need, Parts, Role

FONT_FIRST = ("font", "image")
IMAGE_FIRST = ("image", "font")
"""What ``url()`` may bring, the likelier first: it is a font where it stands in ``@font-face``."""

_FONT_FACE = re.compile(rb"@font-face[^{}]*+\{[^{}]*+", re.IGNORECASE)
"""An ``@font-face`` up to the end of its block, which holds no other (CSS Fonts 4 section 4.1)."""


def style(buffer: bytes, base: str, codec: str | None = None) -> Parts:
    """The parts of a style sheet, in order.

    The encoding is that of a BOM, else of the transport (``codec``, any label), else of ``@charset``, else
    UTF-8 (CSS Syntax 3 section 3.2). In an unreadable one nothing is found, and a notice says so. A sheet
    that it imports from within a URL is made harmless, for that can be rewritten nowhere.
    """
    parts = _plain(buffer, base, codec)
    cuts, lost = datauris.imported(buffer, parts.codec, lambda body: _plain(body, datauris.BASE))
    told = (datauris.told(lost, cuts[0].span.start),) if lost else ()
    return replace(parts, cuts=tuple(cuts), notices=(*parts.notices, *told))


def _plain(buffer: bytes, base: str, codec: str | None = None) -> Parts:
    wide = charset.css_unreadable(buffer) or (codec if codec and charset.unreadable_label(codec) else None)
    if wide is not None:
        return Parts(base=base, notices=(Notice("encoding", f"{wide} cannot be read byte by byte"),))
    known = charset.of_css(buffer)
    if codec and not buffer.startswith(b"\xef\xbb\xbf"):
        known = charset.of_label(codec) or known
    return Parts(sheet_needs(buffer, css.references(buffer, base=base, codec=known)), base=base, codec=known)


def sheet_needs(buffer: bytes, references: list[Reference]) -> tuple[Need, ...]:
    """The needs of a sheet whose ``references``, with offsets in ``buffer``, are these."""
    faces = [match.span() for match in _FONT_FACE.finditer(buffer)] if references else []
    starts = [start for start, _ in faces]
    needs = []
    for item in references:
        if not urls.is_remote(item.url):
            continue
        expected = families.of_embed(item.kind, item.url)
        if item.kind == "css-url":
            face = bisect.bisect(starts, item.span.start) - 1
            expected = FONT_FIRST if face >= 0 and item.span.start < faces[face][1] else IMAGE_FIRST
        needs.append(Need(item, Role.REQUISITE, expected))
    return tuple(needs)

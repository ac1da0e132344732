"""Where a page takes a seal, and the declaration of its encoding.

Writes neither. A policy in a ``<meta>`` counts from where it stands (HTML Standard, "pragma directives"), so
it must come before anything that can fetch; a declared encoding must end within the first 1024 bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

import turbohtml

from ..model import Span
from .parts import Cut, Need, Parts, Role

_PROLOGUE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[\t\n\f\r ]++|<!--.*?(?:-->|\Z)|<\?[^>]*+>)*+(?:<!doctype[^>]*+>)?+",
    re.IGNORECASE | re.DOTALL,
)
"""What stands before the first tag: white space, comments, the document type."""

_LABEL = re.compile(r"[A-Za-z0-9_:.+-]+")


def head(buffer: bytes, tree: turbohtml.Document) -> int:
    """The offset where the contents of ``<head>`` begin, or would if it were written."""
    for name in ("head", "html"):
        element = tree.select_one(name)
        where = element.source_location if element is not None else None
        if where is not None:
            return where.start_tag.end_offset
    match = _PROLOGUE.match(buffer)
    return match.end() if match is not None else 0


def place(
    tree: turbohtml.Document,
    head_at: int,
    needs: Sequence[Need],
    cuts: Sequence[Cut],
    scripts: Sequence[int],
) -> int:
    """The offset for the seal: after the declared encoding, unless something before that can fetch.

    ``needs`` are in the order of the bytes.
    """
    for element in tree.select('meta[charset],meta[http-equiv="content-type" i]'):
        where = element.source_location
        if where is None or where.start_tag.start_offset < head_at or not _in_head(element):
            continue
        start, end = where.start_tag.start_offset, where.start_tag.end_offset
        before = bisect_left(needs, end, key=_start)  # a page has hundreds of needs, and few so early
        fetching = [
            *(need.reference.span.start for need in needs[:before] if need.role is Role.REQUISITE),
            *(cut.span.start for cut in cuts),
            *scripts,
        ]
        return head_at if any(head_at <= offset < end for offset in fetching) else max(start, end)
    return head_at


def _start(need: Need) -> int:
    return need.reference.span.start


def _in_head(element: turbohtml.Element) -> bool:
    parent = element.parent
    return isinstance(parent, turbohtml.Element) and parent.tag == "head"


def with_charset(parts: Parts, head_at: int, label: str | None) -> Parts:
    """The parts with a declaration of the page's encoding: ``label``, or what its bytes are.

    It stands first, before one that says otherwise, and the seal right after it.
    """
    if label is None or not _LABEL.fullmatch(label.strip()):
        label = "utf-8" if parts.codec == "utf-8" else "windows-1252"
    cut = Cut(Span(head_at, head_at), f'<meta charset="{label.strip().lower()}">'.encode(), "charset")
    return replace(parts, cuts=tuple(sorted((*parts.cuts, cut), key=_by_span)), seal_at=head_at)


def _by_span(cut: Cut) -> Span:
    return cut.span

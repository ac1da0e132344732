"""Documents that show what they expect: ``«an embed»``, ``‹a link›``, ``⟦something dynamic⟧``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from holdfast.model import Reference

_MARK = re.compile("([«‹⟦])(.*?)[»›⟧]", re.DOTALL)
_KINDS = {"«": "embed", "‹": "link", "⟦": "dynamic"}


class Expected(NamedTuple):
    """One reference: byte range, bytes, and which of the three marks it carries."""

    start: int
    end: int
    raw: bytes
    kind: str


def unmark(marked: str) -> tuple[bytes, list[Expected]]:
    """The document without its marks, and what they say."""
    source = b""
    expected = []
    at = 0
    for match in _MARK.finditer(marked):
        source += marked[at : match.start()].encode()
        raw = match[2].encode()
        expected.append(Expected(len(source), len(source) + len(raw), raw, _KINDS[match[1]]))
        source += raw
        at = match.end()
    return source + marked[at:].encode(), expected


def found(references: Iterable[Reference]) -> list[Expected]:
    """The same, of what a scan found."""
    return [
        Expected(
            each.span.start,
            each.span.end,
            each.raw,
            "dynamic" if each.dynamic else "embed" if each.embed else "link",
        )
        for each in references
    ]

"""Put changed bytes into a document: the one place that applies, last change first.

Decides nothing, and does not judge the result: that is the oracle's part, which does not trust this module.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .model import Document


class Change(msgspec.Struct, frozen=True):
    """Which bytes one reference of a document gets."""

    index: int
    """Its ordinal among all references of the document."""
    new: bytes
    """May bring quotes or brackets of its own (see `spelling.spell_into`)."""
    means: str | None = None
    """The URL that ``new`` spells; None for an author's bytes, which mean whatever they mean."""
    widen: int = 0
    """Bytes on either side of the span that go as well: quotes that an earlier change brought."""


def apply(document: Document, changes: Iterable[Change]) -> bytes:
    """The document's bytes with ``changes`` made, all others as they are.

    Raises:
        ValueError: a change of no reference, two of one, spans that overlap, or a reference that is not where
            its scan found it. Nothing of this can happen with the changes and the scan of one document.
    """
    source, references = document.source, document.scanned.references
    pieces: list[bytes] = []
    tail = len(source)
    for change in sorted(changes, key=lambda change: change.index, reverse=True):
        if not 0 <= change.index < len(references):
            raise ValueError(f"there is no reference {change.index}")
        reference = references[change.index]
        start, end = reference.span.start - change.widen, reference.span.end + change.widen
        if source[reference.span.start : reference.span.end] != reference.raw or start < 0:
            raise ValueError(f"reference {change.index} is not where it was found")
        if end > tail:
            raise ValueError(f"change {change.index} overlaps the next")
        pieces += [source[end:tail], change.new]
        tail = start
    pieces.append(source[:tail])
    return b"".join(reversed(pieces))

"""`scan`: what is referred to, and where. Uses no network and writes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from ..model import Document
from ..progress import Progress
from ..results import ScannedReference, ScanResult
from ..scan.positions import Positions
from ..spelling import text_of
from .reading import Reading
from .workspace import open_workspace


def scan(
    paths: Sequence[str] = (), flags: Mapping[str, object] | None = None, progress: Progress | None = None
) -> ScanResult:
    """Every reference of the documents, in order.

    Raises:
        UsageError: a path is not there, or the configuration is wrong.
    """
    started = time.monotonic()
    result = ScanResult()
    for _ in stream(paths, flags or {}, progress or Progress(), result, keep=True):
        pass
    result.seconds = round(time.monotonic() - started, 3)
    return result


def stream(
    paths: Sequence[str],
    flags: Mapping[str, object],
    progress: Progress,
    result: ScanResult,
    *,
    keep: bool = False,
) -> Iterator[ScannedReference]:
    """The references one by one, so that a report need not wait for the last; totals go into ``result``.

    With ``keep`` the references are collected in ``result`` as well.
    """
    workspace = open_workspace(paths, flags)
    reading = Reading(workspace, paths, progress)
    for document in reading:
        result.documents += 1
        result.bytes += len(document.source)
        for reference in _located(document):
            if keep:
                result.references.append(reference)
            yield reference
    result.notices += reading.notices


def _located(document: Document) -> Iterator[ScannedReference]:
    positions = Positions(document.source)
    for reference in document.scanned.references:
        line, column = positions.at(reference.span.start)
        raw = text_of(reference.raw)
        yield ScannedReference(
            path=document.path,
            line=line,
            column=column,
            start=reference.span.start,
            end=reference.span.end,
            raw=raw,
            url=raw if raw == reference.url else reference.url,  # mostly one text: a tenth of all memory
            kind=reference.kind,
            embed=reference.embed,
            dynamic=reference.dynamic,
            key=reference.key,
        )

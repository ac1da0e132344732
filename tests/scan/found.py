"""Write what a scan found as one readable line a reference, for the tables of the scan tests."""

from __future__ import annotations

from holdfast.model import Language, Reference, ScanOptions
from holdfast.scan import scan


def references(
    source: str | bytes, language: Language = "markdown", **options: bool
) -> tuple[Reference, ...]:
    """The references of ``source``, after asserting what holds of every scan."""
    data = source.encode() if isinstance(source, str) else source
    found = scan(data, language, ScanOptions(**options)).references
    behind = 0
    for item in found:
        assert data[item.span.start : item.span.end] == item.raw
        assert behind <= item.span.start < item.span.end
        behind = item.span.end
    return found


def lines(source: str | bytes, language: Language = "markdown", **options: bool) -> list[str]:
    """``kind url`` of each reference; ``!`` in front marks an embed and ``?`` a dynamic one."""
    return [
        ("!" if item.embed else "") + ("?" if item.dynamic else "") + f"{item.kind} {item.url}"
        for item in references(source, language, **options)
    ]

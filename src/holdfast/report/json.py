"""Results as JSON: one document, or one object a line."""

from __future__ import annotations

import msgspec

from ..results import ListResult, ScanResult


def document(result: msgspec.Struct) -> str:
    """The whole result, indented, field names as in `holdfast.results`."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n"


def scan_lines(result: ScanResult) -> str:
    """One object per reference, in document order."""
    encode = msgspec.json.Encoder().encode
    return "".join(encode(reference).decode() + "\n" for reference in result.references)


def listing(result: ListResult) -> str:
    """The held assets as one JSON array."""
    return msgspec.json.format(msgspec.json.encode(result.assets), indent=2).decode() + "\n"

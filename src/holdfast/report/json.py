"""Results as JSON: one document, or one object a line.

A byte that is not UTF-8 (a diff shows a document's own) is written as a lone ``\\udcXX``, as Python's
surrogateescape has it: JSON has no other way to carry it.
"""

from __future__ import annotations

import json

import msgspec

from ..results import ListResult, ScanResult


def document(result: msgspec.Struct) -> str:
    """The whole result, indented, field names as in `holdfast.results`."""
    try:
        return msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n"
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(result), indent=2) + "\n"


def scan_lines(result: ScanResult) -> str:
    """One object per reference, in document order."""
    encode = msgspec.json.Encoder().encode
    return "".join(encode(reference).decode() + "\n" for reference in result.references)


def listing(result: ListResult) -> str:
    """The held assets as one JSON array."""
    return msgspec.json.format(msgspec.json.encode(result.assets), indent=2).decode() + "\n"

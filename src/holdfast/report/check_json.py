"""A check as JSON Lines: one URL a line, as soon as it is certain.

`json.document` writes the whole result; field names are those of `holdfast.results`.
"""

from __future__ import annotations

import json

import msgspec

from ..results import CheckedUrl, CheckResult

_ENCODE = msgspec.json.Encoder().encode


def line(checked: CheckedUrl) -> str:
    """One URL as one line, its end included."""
    try:
        return _ENCODE(checked).decode() + "\n"
    except UnicodeEncodeError:  # a file's name that is not UTF-8, see `json`
        return json.dumps(msgspec.to_builtins(checked), separators=(",", ":")) + "\n"


def lines(result: CheckResult) -> str:
    """Every URL of a result."""
    return "".join(map(line, result.results))

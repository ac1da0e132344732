"""Find the URLs in an import map, and exactly which bytes spell them.

Resolves no specifier. HTML Standard, "parse an import map string": an object whose ``imports`` names a URL
for each specifier, whose ``scopes`` holds such maps, and whose ``integrity`` holds hashes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_TOKEN = re.compile(rb'"((?:[^"\\]|\\[\s\S])*+)"?|[{}\[\],:]')
_DEPTHS = {"imports": 1, "scopes": 2, "integrity": 1}
"""How many objects deep the values of each part stand below it."""


def values(source: bytes) -> Iterator[tuple[str, int, int, str]]:
    """``(part, start, end, text)`` of each string that is a value; offsets without the quotes."""
    part, key, depth = "", "", 0
    is_key = False
    for match in _TOKEN.finditer(source):
        mark = match[0]
        if mark in (b"{", b"["):
            depth += 1
            is_key = mark == b"{"
        elif mark in (b"}", b"]"):
            depth -= 1
            is_key = False
        elif mark == b",":
            is_key = True
        elif mark == b":":
            is_key = False
        elif match[1] is not None:
            said = text(match[1])
            if is_key:
                key = said
                part = key if depth == 1 else part
            elif _DEPTHS.get(part) == depth - 1:
                yield part, match.start(1), match.end(1), said


def text(raw: bytes) -> str:
    """What the inside of a JSON string means; nothing when it is none."""
    try:
        return str(json.loads(b'"' + raw + b'"'))
    except ValueError:
        return ""

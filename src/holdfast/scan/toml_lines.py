"""TOML front matter as most posts have it, read by lines: a short cut, never the judge.

Takes a block that the standard library's parser accepted and whose values all stand on one line without
escapes; anything else is left to tomlkit, which needs eight times as long. What it reads is looked up in
the parsed values, and a property test holds the two ways to the same answers.
"""

from __future__ import annotations

import re
from typing import Any

from ..model import Span, Syntax
from .values import Context, Key, Scalar, context, may_refer

_NAME = r"[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]++)*+"
_STRING = r"\"[^\"\\\n]*+\"|'[^'\n]*+'"
_BARE = r"[A-Za-z0-9+.:_-]++(?: [0-9:.+-]++Z?)?"
_ITEM = re.compile(rf"({_STRING})|{_BARE}")
_PADDED = rf"[ \t]*+(?:{_STRING}|{_BARE})[ \t]*+"
_LIST = rf"\[(?:{_PADDED}(?:,{_PADDED})*+,?)?[ \t]*+\]"
_LINE = re.compile(
    rf"[ \t]*+(?:\[(?P<table>{_NAME})\]|\[\[(?P<array>{_NAME})\]\]"
    rf"|(?P<name>{_NAME})[ \t]*+=[ \t]*+(?:(?P<string>{_STRING})|(?P<list>{_LIST})|{_BARE}))?"
    r"[ \t]*+(?:#[^\n]*+)?\r?(?:\n|\Z)"
)


def scalars(block: str, values: dict[str, Any], images: frozenset[str]) -> list[Scalar] | None:
    """The strings that may be URLs, in order; None where tomlkit has to look.

    Args:
        block: valid TOML.
        values: what it means.
        images: the keys that name images.
    """
    found: list[Scalar] = []
    counts: dict[Key, int] = {}
    base: Key = ()
    at = 0
    while at < len(block):
        line = _LINE.match(block, at)
        if line is None:
            return None
        at = line.end()
        if line["name"] is not None:
            strings = _strings(block, line, (*base, *line["name"].split(".")))
            for key, start, end in strings:
                token = block[start:end]
                image = context(key, images) is Context.IMAGE
                if not may_refer(token, image):
                    continue
                if _value(values, key) != token:
                    return None
                trimmed = token.strip(" \t")
                start += token.index(trimmed)
                syntax = Syntax.TOML_LITERAL if block[end] == "'" else Syntax.TOML_BASIC
                found.append(Scalar(key, trimmed, Span(start, start + len(trimmed)), syntax, image))
        elif line["table"] is not None:
            base = _resolved(line["table"].split("."), counts)
        elif line["array"] is not None:
            *parents, last = line["array"].split(".")
            key = (*_resolved(parents, counts), last)
            counts[key] = counts.get(key, -1) + 1
            base = (*key, counts[key])
    return found


def _strings(block: str, line: re.Match[str], key: Key) -> list[tuple[Key, int, int]]:
    """``(key path, start, end)`` of the content of each string on a line."""
    if line["string"] is not None:
        return [(key, line.start("string") + 1, line.end("string") - 1)]
    if line["list"] is None:
        return []
    items = enumerate(_ITEM.finditer(block, line.start("list") + 1, line.end("list") - 1))
    return [((*key, n), item.start() + 1, item.end() - 1) for n, item in items if item[1] is not None]


def _resolved(names: list[str], counts: dict[Key, int]) -> Key:
    """The key path of a table's name: below an array of tables it means the latest of them."""
    key: Key = ()
    for name in names:
        key = (*key, name)
        if key in counts:
            key = (*key, counts[key])
    return key


def _value(values: Any, key: Key) -> Any:
    for part in key:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return None
    return values

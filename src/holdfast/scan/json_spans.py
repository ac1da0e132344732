"""JSON front matter: where it ends, every string that may be a URL, and which characters spell it.

Does not judge JSON: the standard library's parser does, and the lexer here only walks what that accepted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from ..model import Span, Syntax
from .values import MAX_DEPTH, Context, Key, Scalar, Unreadable, context, may_refer

NodeTree = tuple[tuple[Key, str, str], ...]

OPENING = re.compile(rb'\{[ \t\r\n]*(?:"(?:[^"\\\r\n]|\\.)*"[ \t\r\n]*:|\})')
"""How a JSON object begins: unlike ``{{< shortcode >}}``, ``{% tag %}``, ``{: .class}`` and prose."""

_STRUCTURE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}]', re.DOTALL)
"""A string that never ends runs to the end of the text, so that no quote is looked at twice."""
_TOKEN = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([{}\[\],:])|[^\s"{}\[\],:]++', re.DOTALL)


def end_of_object(source: bytes, start: int) -> int:
    """Offset just after the brace that matches the one at ``start`` (bytes), or -1: Hugo's rule."""
    depth = 0
    for match in _STRUCTURE.finditer(source, start):
        mark = match[0]
        if mark == b"{":
            depth += 1
        elif mark == b"}":
            depth -= 1
            if depth == 0:
                return match.end()
    return -1


def _check(block: str) -> None:
    try:
        json.loads(block)
    except json.JSONDecodeError as error:
        raise Unreadable(error.msg[:1].lower() + error.msg[1:], error.pos) from None
    except RecursionError:
        raise Unreadable(f"it nests deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:  # such as an integer of more digits than Python reads
        raise Unreadable(str(error)) from None


@dataclass(slots=True)
class _Level:
    mapping: bool
    key: str | int
    key_next: bool


class _Node(msgspec.Struct, frozen=True):
    key: Key
    kind: str
    """``map``, ``seq``, ``end``, ``key``, ``str``, or ``literal`` (number, true, false, null)."""
    start: int
    end: int
    """Of the content, without quotes."""


def _nodes(block: str) -> Iterator[_Node]:
    levels: list[_Level] = []

    def path() -> Key:
        return tuple(level.key for level in levels)

    for match in _TOKEN.finditer(block):
        mark = match[2]
        level = levels[-1] if levels else None
        if mark is None:
            quoted = match[1] is not None
            start, end = match.span(1) if quoted else match.span()
            if level is not None and level.mapping and level.key_next:
                level.key = _decoded(block[start:end])
                level.key_next = False
                yield _Node(path(), "key", start, end)
            else:
                yield _Node(path(), "str" if quoted else "literal", start, end)
        elif mark in "{[":
            yield _Node(path(), "map" if mark == "{" else "seq", match.start(), match.start())
            levels.append(_Level(mark == "{", "" if mark == "{" else 0, mark == "{"))
            if len(levels) > MAX_DEPTH:
                raise Unreadable(f"it nests deeper than {MAX_DEPTH} levels", match.start())
        elif mark in "}]":
            levels.pop()
            yield _Node(path(), "end", match.start(), match.start())
        elif mark == "," and level is not None:
            if level.mapping:
                level.key_next = True
            else:
                level.key = int(level.key) + 1


def _decoded(content: str) -> str:
    return str(json.loads(f'"{content}"')) if "\\" in content else content


def scalars(block: str, images: frozenset[str]) -> list[Scalar]:
    """The strings that may be URLs, in order.

    Raises:
        Unreadable: the text is not valid JSON, or nests too deeply.
    """
    _check(block)
    found = []
    for node in _nodes(block):
        if node.kind != "str":
            continue
        start, end = node.start, node.end
        while start < end and block[start] in " \t":
            start += 1
        while start < end and block[end - 1] in " \t":
            end -= 1
        text = _decoded(block[start:end])
        image = context(node.key, images) is Context.IMAGE
        if may_refer(text, image):
            found.append(Scalar(node.key, text, Span(start, end), Syntax.JSON, image))
    return found


def tree(block: str) -> NodeTree:
    """Every node in order: ``(key path, what it is, value)``; keys are nodes too.

    Raises:
        Unreadable: see `scalars`.
    """
    _check(block)
    return tuple(
        (
            node.key,
            node.kind,
            _decoded(block[node.start : node.end])
            if node.kind in ("str", "key")
            else block[node.start : node.end],
        )
        for node in _nodes(block)
    )

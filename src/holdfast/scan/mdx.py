"""Cover what is JavaScript in an MDX document, so that the Markdown parser sees the rest.

Evaluates nothing: the value of an expression is not known here. Code is found by an outline of the document
first, because braces in it are text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .templates import FILLER

_ESM = re.compile(rb"^(?:import|export)\b(?=[\s{*'\"]).*(?:\r?\n(?![ \t]*\r?\n).+)*", re.MULTILINE)
"""An import or export at the start of a line, up to the next blank line (MDX, section ESM)."""

_COMMENT = re.compile(rb"\{\s*/\*.*?\*/\s*\}", re.DOTALL)
_TOKEN = re.compile(
    rb"""[{}]|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'|`(?:[^`\\]|\\.)*`|/\*.*?\*/""", re.DOTALL
)
_NOT_NEWLINE = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))


@dataclass(frozen=True, slots=True)
class Covered:
    """A document of the same length in which expressions are words."""

    text: bytes
    expressions: tuple[tuple[int, int], ...]
    """Byte ranges of ``{...}``, braces included; sorted and disjoint."""
    comments: tuple[tuple[int, int], ...]
    """Byte ranges of ``{/* ... */}``."""


def cover(text: bytes, code: Sequence[tuple[int, int]]) -> Covered:
    """``text`` with imports, exports, comments and expressions covered; ``code`` is left as it is."""
    covered = bytearray(text)
    for start, end in code:  # so that nothing in it is taken for a brace or a quote
        covered[start:end] = b" " * (end - start)
    for match in _ESM.finditer(bytes(covered)):
        covered[match.start() : match.end()] = match[0].translate(_NOT_NEWLINE)
    comments = [match.span() for match in _COMMENT.finditer(bytes(covered))]
    for start, end in comments:
        covered[start:end] = covered[start:end].translate(_NOT_NEWLINE)
    expressions = _expressions(bytes(covered))
    for start, end in expressions:
        is_attribute = covered[start - 1 : start] == b"=" and end - start >= 2
        filler = FILLER * (end - start - 2)
        covered[start:end] = b'"' + filler + b'"' if is_attribute else FILLER * (end - start)
    for start, end in code:
        covered[start:end] = text[start:end]
    return Covered(bytes(covered), tuple(expressions), tuple(comments))


def _expressions(text: bytes) -> list[tuple[int, int]]:
    """The outermost balanced ``{...}``; strings and comments count inside of braces only."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    position = 0
    brace = re.compile(rb"[{}]")
    while token := (_TOKEN if opened else brace).search(text, position):
        position = token.end()
        if token[0] == b"{":
            opened.append(token.start())
        elif token[0] == b"}" and opened:
            start = opened.pop()
            while found and found[-1][0] > start:
                found.pop()
            found.append((start, position))
    return found

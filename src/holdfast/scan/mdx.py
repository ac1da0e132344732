"""Cover what is JavaScript in an MDX document, so that the Markdown parser sees the rest.

Evaluates nothing: the value of an expression is not known here. Code is found by an outline of the document
first, because braces in it are text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from .markup import BLANK
from .templates import FILLER

_ESM = re.compile(rb"^(?:import|export)\b(?=[\s{*'\"]).*(?:\r?\n(?![ \t]*\r?\n).+)*", re.MULTILINE)
"""An import or export at the start of a line, up to the next blank line (MDX, section ESM)."""

_COMMENT_BEGINS = re.compile(rb"\{\s*/\*")
_COMMENT_ENDS = re.compile(rb"\*/\s*\}")
_TOKEN = re.compile(rb"""[{}"'`]|/\*""")
_STRINGS = {
    b'"': re.compile(rb'(?:[^"\\\r\n]|\\.)*+"', re.DOTALL),
    b"'": re.compile(rb"(?:[^'\\\r\n]|\\.)*+'", re.DOTALL),
    b"`": re.compile(rb"(?:[^`\\]|\\.)*+`", re.DOTALL),
}
"""What follows an opening quote."""
_BRACE = re.compile(rb"[{}]")


class Covered(msgspec.Struct, frozen=True):
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
        covered[match.start() : match.end()] = match[0].translate(BLANK)
    comments = _comments(bytes(covered))
    for start, end in comments:
        covered[start:end] = _blanked(covered, start, end)
    expressions = _expressions(bytes(covered))
    for start, end in expressions:
        is_attribute = covered[start - 1 : start] == b"=" and end - start >= 2
        filler = FILLER * (end - start - 2)
        covered[start:end] = b'"' + filler + b'"' if is_attribute else FILLER * (end - start)
    for start, end in code:
        covered[start:end] = text[start:end]
    return Covered(bytes(covered), tuple(expressions), tuple(comments))


def _comments(text: bytes) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    behind = 0
    for begins in _COMMENT_BEGINS.finditer(text):
        if begins.start() < behind:
            continue
        ends = _COMMENT_ENDS.search(text, begins.end())
        if ends is None:
            break  # no other comment has an end either
        behind = ends.end()
        found.append((begins.start(), behind))
    return found


def _blanked(text: bytearray, start: int, end: int) -> bytes:
    """A comment as white space, but as a word where text follows: that must not become indented code."""
    blank = bytes(text[start:end].translate(BLANK))
    behind = text.find(b"\n", end)
    if not text[end : behind if behind >= 0 else len(text)].strip():
        return blank
    spaces = len(blank) - len(blank.rstrip(b" "))
    return blank.rstrip(b" ") + FILLER * spaces


def _expressions(text: bytes) -> list[tuple[int, int]]:
    """The outermost balanced ``{...}``; strings and comments count inside of braces only. Linear in time."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    unclosed: dict[bytes, int] = {}  # by quote: up to where it is known to close nothing
    position = 0
    while token := (_TOKEN if opened else _BRACE).search(text, position):
        position, word = token.end(), token[0]
        if word == b"{":
            opened.append(token.start())
        elif word == b"}":
            if not opened:
                continue
            start = opened.pop()
            while found and found[-1][0] > start:
                found.pop()
            found.append((start, position))
        elif word == b"/*":
            position = text.find(b"*/", position) + 2
            if position < 2:
                break  # the rest is a comment
        elif unclosed.get(word, 0) <= position:
            if string := _STRINGS[word].match(text, position):
                position = string.end()
            else:
                line = text.find(b"\n", position)
                unclosed[word] = len(text) if word == b"`" or line < 0 else line
    return found

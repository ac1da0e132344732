"""Front matter without fences: ``Key: value`` lines up to the first blank line (Pelican, MultiMarkdown).

The rules are those of Python-Markdown's "meta" extension, which Pelican and MkDocs use: values are text and
have no quotes or escapes, and lines indented by four spaces continue a value as further items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model import Span, Syntax
from .values import Context, Key, Scalar, context, may_refer

NodeTree = tuple[tuple[Key, str, str], ...]

OPENING = re.compile(rb"[A-Za-z][\w -]*:[ \t]")
"""What the first line of a document with header lines looks like."""

_HEADERS = re.compile(
    rb"""(?x) (?: (?! [ \t]* (?: [\r\n] | \Z ) )  # a blank line ends them, and belongs to them
              (?: [ ]{0,3} [A-Za-z0-9_] [\w\x80-\xff -]*+ : | [ ]{4} | \t )
              [^\r\n]*+ (?: \r\n | [\r\n] | \Z )
          )*+ (?: [ \t]* (?: \r\n | [\r\n] | \Z ) )?"""
)
"""Header lines and what continues them, in one go: half a million lines are no work."""
_KEY = re.compile(r" {0,3}([A-Za-z0-9_][\w -]*+):")
_MORE = re.compile(r" {4}|\t")
_BREAK = re.compile(r"\r\n|[\r\n]")
_BLANK = " \t"


def end_of_headers(source: bytes, start: int) -> int:
    """Offset where the body begins: after the blank line, or at the first line that is no header.

    The line at ``start`` must be one (`OPENING`).
    """
    match = _HEADERS.match(source, start)
    assert match is not None
    return match.end()


def _lines(block: str) -> Iterator[tuple[Key, int, int]]:
    """``(key path, start, end)`` of each value: a second line of one header is item 1."""
    name, item, at = "", 0, 0
    while at < len(block):
        match = _BREAK.search(block, at)
        stop, following = match.span() if match else (len(block), len(block))
        line = block[at:stop]
        if header := _KEY.match(line):
            name, item = header[1].rstrip(_BLANK), 0
            key: Key = (name,)
            value = line[header.end() :]
        elif name and _MORE.match(line):
            item += 1
            key, value = (name, item), line
        else:
            break
        end = at + len(line.rstrip(_BLANK))
        start = at + len(line) - len(value.lstrip(_BLANK))
        yield key, min(start, end), end
        at = following


def scalars(block: str, images: frozenset[str]) -> list[Scalar]:
    """The values that may be URLs, in order; nothing is ever invalid here."""
    found = []
    for key, start, end in _lines(block):
        text, image = block[start:end], context(key, images) is Context.IMAGE
        if may_refer(text, image):
            found.append(Scalar(key, text, Span(start, end), Syntax.HEADER, image))
    return found


def tree(block: str) -> NodeTree:
    """Every value in order: ``(key path, "str", value)``."""
    return tuple((key, "str", block[start:end]) for key, start, end in _lines(block))

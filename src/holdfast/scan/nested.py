"""Let the parser see Markdown where CommonMark sees indented code or raw HTML.

Finds no references. Python-Markdown and kramdown read Markdown inside of admonitions (``!!! note``), tabs
(``=== "Tab"``) and elements with a ``markdown`` attribute, and MDX inside of any element. All of them begin
with a line of their own; to CommonMark that line is turned into a list item's, of the same length, which
makes what is indented below it the item's content.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from .templates import FILLER

_ADMONITION = re.compile(
    rb"^([ \t>]*)(!!!|\?\?\?\+?|===[+!]?(?=[ ]+\"))[ ](?=[ ]{0,9}[\w\"'-])", re.MULTILINE
)
"""Python-Markdown's admonition and PyMdown's details and tabs, up to the title."""

_BLOCKS = (
    rb"address|article|aside|blockquote|center|dd|details|div|dl|dt|figcaption|figure|footer|header|li|main"
    rb"|nav|ol|p|section|span|summary|td|th|ul"
)

_WITH_ATTRIBUTE = re.compile(
    rb"^[ \t>]*(<(" + _BLOCKS + rb")\b(?:[^<>\r\n]{0,300}\s)markdown"
    rb"(?!\s*=\s*[\"']?0)(?:[\s=][^<>\r\n]{0,300})?>)([^\r\n]*)",
    re.MULTILINE | re.IGNORECASE,
)
"""kramdown, "HTML blocks"; Python-Markdown, "Markdown in HTML"."""

_RAW = rb"(?:script|style|pre|textarea|img|br|hr|input|source|track|area|base|col|embed|link|meta|wbr)\b"

_ELEMENT = re.compile(
    rb"^[ \t>]*(</?(?!" + _RAW + rb")[A-Za-z][\w.-]*(?:\s[^<>\r\n]{0,1000}[^<>\r\n/])?>)([ \t]*)\r?$",
    re.MULTILINE | re.IGNORECASE,
)
"""An opening or closing tag alone on its line."""


class Nested(msgspec.Struct, frozen=True):
    """A text of the same length for the parser, and the byte ranges of the tags that were taken out of it."""

    text: bytes
    tags: tuple[tuple[int, int], ...] = ()


def cover(text: bytes, *, is_mdx: bool) -> Nested:
    """Turn the first lines of nested Markdown into those of list items."""
    if is_mdx:
        return _elements(text, _ELEMENT) if b"<" in text else Nested(text)
    # a lone byte is found ten times as fast as several
    if b"!!! " in text or (b"?" in text and b"???" in text) or (b"=" in text and b"===" in text):
        text = _ADMONITION.sub(_item, text)
    if b"markdown" in text and (found := _WITH_ATTRIBUTE.search(text)):
        names = {match[2].lower() for match in _WITH_ATTRIBUTE.finditer(text, found.start())}
        closing = rb"^[ \t>]*(</(?:" + b"|".join(sorted(names)) + rb")\s{0,9}>)([ \t]*)\r?$"
        opened = _elements(text, _WITH_ATTRIBUTE)
        closed = _elements(opened.text, re.compile(closing, re.MULTILINE | re.IGNORECASE))
        return Nested(closed.text, tuple(sorted((*opened.tags, *closed.tags))))
    return Nested(text)


def _item(match: re.Match[bytes]) -> bytes:
    """``!!! note`` to ``-   note``: content four columns in, as the body below it is."""
    marker = b"-   "
    return match[1] + marker + FILLER * (len(match[0]) - len(match[1]) - len(marker))


def _elements(text: bytes, pattern: re.Pattern[bytes]) -> Nested:
    covered = bytearray(text)
    tags = []
    for match in pattern.finditer(text):
        start, end = match.span(1)
        tags.append((start, end))
        blank = b" " * (end - start)
        if match[match.re.groups].strip():
            covered[start:end] = FILLER * (end - start)  # the content is on the same line
        elif match[1].startswith(b"</"):
            covered[start:end] = blank
        else:
            covered[start:end] = b"-" + blank[1:]
    return Nested(bytes(covered), tuple(tags))


def outside(tags: Sequence[tuple[int, int]], code: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The tags that do not stand in ``code``; both are sorted and disjoint."""
    found = []
    index = 0
    for tag in tags:
        while index < len(code) and code[index][1] <= tag[0]:
            index += 1
        if index == len(code) or code[index][0] >= tag[1]:
            found.append(tag)
    return found

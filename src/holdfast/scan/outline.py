"""The blocks of a Markdown document, for the few documents in which something depends on them.

Finds no references. It is an extra pass of the parser, made only where a document asks for something to be
ignored, holds the source of another language between shortcodes, or is MDX.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import pyromark

Block: TypeAlias = tuple[int, int, bool]
"""``(start, end, leaf)``: a leaf holds text and no other block (CommonMark section 4)."""

_CONTAINERS = frozenset({"Item", "TableHead", "TableRow"})
_CONTAINERS_WITH_DATA = frozenset({"List", "BlockQuote", "Table", "FootnoteDefinition"})
_LEAVES = frozenset({"Paragraph", "HtmlBlock", "TableCell"})
_LEAVES_WITH_DATA = frozenset({"Heading", "CodeBlock"})


class Outline(msgspec.Struct, frozen=True):
    """Byte ranges, sorted by their start, the outer before the inner."""

    blocks: tuple[Block, ...]
    code: tuple[tuple[int, int], ...]
    """Fenced, indented and inline code."""


def read(text: str, parser: pyromark.Markdown) -> Outline:
    """The outline of ``text``, which has no lone CR and no BOM."""
    blocks: list[Block] = []
    code: list[tuple[int, int]] = []
    in_leaf = False
    loose = -1  # where text stands directly in a list item: a tight list has no paragraphs
    loose_end = -1
    for event, range_ in parser.events_with_range(text):
        start, end = range_["start"], range_["end"]
        if isinstance(event, dict) and ("Start" in event or "End" in event):
            tag = event["Start"] if "Start" in event else event["End"]
            name = tag if isinstance(tag, str) else next(iter(tag))
            leaf = name in _LEAVES or name in _LEAVES_WITH_DATA
            if leaf or name in _CONTAINERS or name in _CONTAINERS_WITH_DATA:
                if loose >= 0:
                    blocks.append((loose, loose_end, True))
                    loose = -1
                if "Start" in event:
                    blocks.append((start, end, leaf))
                in_leaf = leaf and "Start" in event
                if name == "CodeBlock" and "Start" in event:
                    code.append((start, end))
                continue
        if isinstance(event, dict) and "Code" in event:
            code.append((start, end))
        if not in_leaf:
            loose = start if loose < 0 else loose
            loose_end = end
    if loose >= 0:
        blocks.append((loose, loose_end, True))
    for definition in parser.reference_definitions(text).values():
        span = definition["span"]
        blocks.append((span["start"], span["end"], True))
    return Outline(tuple(sorted(blocks, key=lambda block: (block[0], -block[1]))), tuple(code))

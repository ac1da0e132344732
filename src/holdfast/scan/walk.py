"""One pass over the Markdown parser's events: where links, images, HTML, text and code stand.

Decides nothing about URLs, covers nothing and opens nothing. This loop is where scanning spends its time:
what a document cannot need is not collected.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import pyromark

from ..model import Syntax
from . import destinations


class Place(NamedTuple):
    """One destination: ``text[start:end]`` spells it."""

    start: int
    end: int
    kind: str
    embed: bool
    syntax: Syntax
    in_table: bool = False
    """In a table a backslash before ``|`` is the table's, not the destination's (GFM section 4.10)."""


@dataclass(slots=True)
class Walk:
    """What was found; byte ranges are sorted by their start, and disjoint but for `wrappers`."""

    places: list[Place] = field(default_factory=list)
    """Links and images that name their destination themselves."""
    labels: set[str] = field(default_factory=set)
    """Folded labels of the definitions that an image uses."""
    wrappers: list[tuple[int, int, int]] = field(default_factory=list)
    """Links with HTML inside: start, end, and where the destination begins."""
    markup: list[tuple[int, int]] = field(default_factory=list)
    """HTML, the prefixes of quotes and lists left out."""
    runs: list[tuple[int, int]] = field(default_factory=list)
    """Running text that holds one of the positions asked for."""
    code: list[tuple[int, int]] = field(default_factory=list)


class _Open(msgspec.Struct, gc=False):
    """A link or image whose children are going by. A struct: a site has millions, and a dataclass takes as
    long to make as the parser takes to find it."""

    start: int
    data: Any
    is_image: bool
    markup: int
    shown: list[str] = []
    """Destinations of the images inside."""


_NEVER = 1 << 62
_GAP = 3
"""Bytes: the longest mark of emphasis."""

_INLINE_ELEMENT = re.compile(r"<(/?)(?:a|code|kbd|samp)\b", re.IGNORECASE)
"""Elements whose text is a link already, or code."""


_TEXT_BLOCKS = frozenset({"Paragraph", "Item", "TableCell"})
"""Where inline HTML that was never closed ends at the latest; headings do too."""


def fold(label: str) -> str:
    """A label as labels are compared (CommonMark section 4.7): case-folded, white space collapsed."""
    return " ".join(label.split()).casefold()


def walk(
    source: bytes, text: str, parser: pyromark.Markdown, *, positions: Sequence[int] = (), code: bool = False
) -> Walk:
    """Go through ``text``, which is ``source`` decoded.

    ``positions``, sorted, are those whose running text is wanted; ``code`` asks for inline code too.
    """
    found = Walk()
    upcoming = iter(positions)
    position = next(upcoming, _NEVER)
    run_end = -_NEVER
    stack: list[_Open] = []
    images = 0  # how many of the open links are images: inside of one there is only its alt text
    child_end = 0
    in_code = in_table = False
    in_element = 0
    event: Any  # narrowing the union of event types would cost a call an event
    for event, range_ in parser.events_with_range(text):
        if event.__class__ is str:
            if stack:
                child_end = range_["end"]
        elif "Text" in event:
            if stack:
                child_end = range_["end"]
            elif range_["end"] > position or range_["start"] - run_end <= _GAP:
                start, end = range_["start"], range_["end"]
                while position < start:
                    position = next(upcoming, _NEVER)
                if not in_code and not in_element and _extend(found.runs, source, start, end, position < end):
                    run_end = end
        elif "Start" in event:
            tag = event["Start"]
            if tag.__class__ is str:
                if in_element and tag in _TEXT_BLOCKS:
                    in_element = 0
            elif "Link" in tag or "Image" in tag:
                is_image = "Image" in tag
                data = tag["Image"] if is_image else tag["Link"]
                images += is_image
                child_end = range_["start"] + 1 + is_image
                stack.append(_Open(range_["start"], data, is_image, len(found.markup)))
            elif "CodeBlock" in tag:
                in_code = True
                found.code.append((range_["start"], range_["end"]))
            elif "Table" in tag:
                in_table = True
            elif "Heading" in tag:
                in_element = 0
        elif "End" in event:
            ended = event["End"]
            if ended == "Link" or ended == "Image":
                link = stack.pop()
                images -= link.is_image
                if not images:
                    _close(found, link, stack, source, child_end, range_["end"], in_table)
                child_end = range_["end"]
            elif stack:
                child_end = range_["end"]
            elif ended == "CodeBlock":
                in_code = False
            elif ended == "Table":
                in_table = False
        elif "Code" in event:
            child_end = range_["end"]
            if code:
                found.code.append((range_["start"], child_end))
        elif "Html" in event or "InlineHtml" in event:
            child_end = range_["end"]
            if not images:
                found.markup.append((range_["start"], child_end))
            element = _INLINE_ELEMENT.match(event["InlineHtml"]) if "InlineHtml" in event else None
            if element:
                in_element = max(0, in_element - 1) if element[1] else in_element + 1
        else:
            child_end = range_["end"]
    return found


def _extend(runs: list[tuple[int, int]], source: bytes, start: int, end: int, begins: bool) -> bool:
    """Add text to the run before it, or as a new one if it ``begins`` something; whether that was done.

    It belongs to the run when only underscores or a backslash are between: ``https://a/_b_/c`` is one URL
    although the parser sees emphasis, and so is ``a\\_b``.
    """
    if runs:
        begin, before = runs[-1]
        if start - before <= _GAP and not source[before:start].strip(b"_\\"):
            runs[-1] = (begin, end)
            return True
    if begins:
        runs.append((start, end))
    return begins


def _close(
    found: Walk, link: _Open, stack: list[_Open], source: bytes, child_end: int, end: int, in_table: bool
) -> None:
    """Record the link or image that has ended; it is in no image's alt text."""
    data = link.data
    target = data["dest_url"]
    if link.is_image and stack:
        stack[-1].shown.append(target)
    embed = link.is_image or target in link.shown
    how = data["link_type"]
    if how == "Inline":
        first, last, angle = destinations.inline(source, child_end)
        syntax = Syntax.MARKDOWN_ANGLE if angle else Syntax.MARKDOWN
        kind = "image" if link.is_image else "link"
    elif how == "Autolink" or how == "Email":
        first, last, kind, syntax = link.start + 1, end - 1, "autolink", Syntax.TEXT
    elif how.__class__ is dict:
        first, last = _wiki_target(source, link.start + 2 + link.is_image, end - 2)
        kind, syntax = ("wiki-embed" if link.is_image else "wiki-link"), Syntax.WIKI
    else:  # a reference: its definition is the place
        if embed:
            found.labels.add(fold(data["id"]))
        return
    if first == last:
        return
    if len(found.markup) > link.markup:
        found.wrappers.append((link.start, end, first))
    found.places.append(Place(first, last, kind, embed, syntax, in_table))


def _wiki_target(source: bytes, start: int, end: int) -> tuple[int, int]:
    """The target of ``[[target|alias]]``; in a table the bar is escaped."""
    bar = source.find(b"|", start, end)
    if bar >= 0:
        end = bar - 1 if source[bar - 1 : bar] == b"\\" else bar
    while start < end and source[start] in b" \t":
        start += 1
    while start < end and source[end - 1] in b" \t":
        end -= 1
    return start, end

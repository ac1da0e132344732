"""Find what gives a Markdown document its anchors: headings, elements with ids, footnotes, block ids.

Makes no ids (`slugs` does) and opens nothing: bytes in, what is written there out. The parser and the covers
for what it does not know are those of `scan.markdown`; code, comments and front matter hold no heading.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyromark
from pyromark import Options

from ..model import ScanOptions
from ..scan import frontmatter, ignore, markup, mdx, nested, outline, shortcodes, templates
from ..scan.encoding import require_utf8
from .flavours import Flavour, Text
from .headingtext import Kind, Piece, text_of
from .pagetree import ids_of, tree_of

_PARSER = pyromark.Markdown(
    options=Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
)
_BOM = b"\xef\xbb\xbf"
_LONE_CR = re.compile(rb"\r(?!\n)")

_NAME = rb"([^\s{}\"'=>|^]{1,200})"
_REST = rb"(?:\s[^{}\r\n]{0,500})?"
_LISTS = {
    "b": re.compile(
        rb"\{[ \t]*(?:[^{}#:\r\n][^{}#\r\n]{0,200})?(?:#|(?<![\w-])id=[\"']?)"
        + _NAME
        + b"[\"']?"
        + _REST
        + rb"\}"
    ),
    "c": re.compile(rb"\{:[^{}#\r\n]{0,200}#" + _NAME + _REST + rb"\}"),
    "j": re.compile(rb"\{/\*[ \t]*#" + _NAME + rb"[ \t]*\*/\}"),
}
_CLASSES = re.compile(rb"\{:?[ \t]*[.\w][^{}#\r\n]{0,300}\}")
"""A list of attributes without an id: not a part of the text either."""
_UNDERLINE = re.compile(rb"\n[ \t>]*(?:=+|-+)[ \t]*\r?\n?\Z")
_OPENING = re.compile(rb"#{1,6}[ \t]*")
_BLOCK_ID = re.compile(rb"(?:^|[ \t])\^([A-Za-z0-9-]{1,200})[ \t]*\r?$", re.MULTILINE)
_NOTE = re.compile(rb"\[\^([^\]\s]{1,200})\](:?)")

_INCLUDES = re.compile(
    rb"^[ \t]*(?::::[ \t]+[\w.]|-{1,3}8<-{1,3}|\{!|<!--[ \t]*@?include\b)|\{\{\s*#(?:include|rustdoc_include)"
    rb"|\{\{[^{}\n]*(?:\(|\binclude\b|\bcontent\b|\bmarkdownify\b)",
    re.MULTILINE | re.IGNORECASE,
)
"""What other files' text comes in by: mkdocstrings, snippets, MarkdownInclude, VitePress, mdBook, macros."""
_DEFINITION = re.compile(rb"(?<=[^\s])[ \t]*\r?\n(?:[ \t]*\r?\n)?[> ]{0,6}:[ \t]{1,4}(?=\S)")
"""Where a definition begins, below its term."""
_HARMLESS_TAGS_LISTED = (
    "ref relref param figure fig img image picture youtube vimeo tweet x twitter instagram gist"
    " highlight raw endraw endhighlight link post_url asset_path asset_img asset_link codeblock"
    " endcodeblock comment endcomment math katex mermaid code kbd icon badge button video audio more"
    " abbr if elif else endif unless endunless assign capture endcapture details tip note info warning"
    " notice callout alert admonition expand tabs tab hint blockquote quote"
)
_HARMLESS_TAGS = frozenset(_HARMLESS_TAGS_LISTED.split())
"""Shortcodes and tags whose ids are not linked to; the Markdown between their ends stands in the document."""
_TAG_NAME = re.compile(rb"[-~+]?\s*/?\s*([\w.-]+)")
_COMPONENT = re.compile(rb"<([A-Z][\w.]*)")
_HARMLESS_COMPONENTS = frozenset(
    b"Tabs TabItem Tab Image Picture Link Admonition Card CardGrid LinkCard Aside Steps FileTree Badge Icon"
    b" CodeBlock Code CodeGroup Details Note Tip Warning Info YouTube Video Head Columns Column Button"
    b" BrowserWindow Highlight Callout Accordion ThemedImage".split()
)


@dataclass(slots=True)
class Heading:
    """One heading; `start` is the offset of its first byte in the document."""

    start: int
    level: int
    source: str = ""
    """Its inline source, without the list of attributes."""
    attributes: str = ""
    """That list, as it is written, if it belongs to the text where such lists are not known."""
    id: str = ""
    """The id that the list gives."""
    pieces: list[Piece] = field(default_factory=list)
    certain: bool = True
    """False when a template writes a part of it."""

    def text(self, which: Text, *, attributes: bool = True) -> str:
        """The text that a rule is given; with ``attributes`` false, lists of attributes are a part of it."""
        said = self.source if which is Text.SOURCE else text_of(self.pieces, which)
        return said.rstrip() + ("" if attributes else self.attributes)


@dataclass(slots=True)
class Headings:
    """What a document holds that can be linked to."""

    headings: list[Heading] = field(default_factory=list)
    """In document order."""
    ids: set[str] = field(default_factory=set)
    """Of HTML elements, ``<a name>``, and lists of attributes that stand elsewhere."""
    notes: list[str] = field(default_factory=list)
    """Labels of footnotes in the order in which they are first referred to."""
    blocks: set[str] = field(default_factory=set)
    """Obsidian's block ids, without ``^``, in lower case."""
    complete: bool = True
    """False when includes, shortcodes or components may add more."""


def read(source: bytes, flavour: Flavour, options: ScanOptions, *, is_mdx: bool = False) -> Headings:
    """What can be linked to in a Markdown document. Time is linear in its length.

    Raises:
        NotUtf8: the bytes are in another encoding.
    """
    require_utf8(source)
    front = frontmatter.read(source, options)
    begin = max(front.end, len(_BOM) if source.startswith(_BOM) else 0)
    return _Reading(source[begin:], begin, flavour, is_mdx=is_mdx).read()


class _Reading:
    """One reading of one body."""

    __slots__ = (
        "_begin",
        "_body",
        "_code",
        "_covered",
        "_elements",
        "_flavour",
        "_found",
        "_html",
        "_mdx",
        "_tags",
    )

    def __init__(self, body: bytes, begin: int, flavour: Flavour, *, is_mdx: bool) -> None:
        self._body = _LONE_CR.sub(b"\n", body) if b"\r" in body else body
        self._begin = begin
        self._flavour = flavour
        self._mdx = is_mdx
        self._found = Headings()
        self._code: list[tuple[int, int]] = []
        self._html: list[tuple[int, int]] = []
        self._covered: list[tuple[int, int]] = []
        self._elements: tuple[tuple[int, int], ...] = ()
        self._tags: list[templates.Tag] = []

    def read(self) -> Headings:
        masked = self._masked()
        shown = nested.cover(masked, is_mdx=self._mdx)
        self._elements = shown.tags
        self._walk(shown.text.replace(b"\0", b"%"))
        comments = self._markup(masked)
        self._lists(comments)
        self._notes(comments)
        if self._flavour.complete and self._found.complete:
            self._found.complete = not self._may_add(comments)
        return self._found

    def _masked(self) -> bytes:
        """The body with templates and expressions covered."""
        body = self._body
        if self._mdx:
            code = outline.read(body.replace(b"\0", b"%").decode(), _PARSER).code
            if "j" in self._flavour.attributes or "b" in self._flavour.attributes:
                body = _without_lists(body, code)
            covered = mdx.cover(body, code)
            self._covered = ignore.merged((*covered.expressions, *covered.comments))
            return covered.text
        if not self._flavour.templates or not templates.may_occur(body):
            return body
        starts = {at.start() for form in self._flavour.attributes for at in _LISTS[form].finditer(body)}
        tags = [tag for tag in templates.find(body) if tag.start not in starts]
        masked = templates.cover(body, tags)
        code = outline.read(masked.replace(b"\0", b"%").decode(), _PARSER).code
        tags = [tag for tag in tags if not ignore.covers(code, tag.start)]
        hidden = shortcodes.verbatim(body, tags)
        if hidden:
            wiped = bytearray(masked)
            markup.wipe(wiped, hidden)
            masked = bytes(wiped)
            tags = [tag for tag in tags if not ignore.covers(hidden, tag.start)]
        self._tags = tags
        self._covered = ignore.merged((tag.start, tag.end) for tag in tags)
        return masked

    def _walk(self, text: bytes) -> None:
        """Go through the parser's events once."""
        heading: Heading | None = None
        cut = images = 0
        within: list[tuple[int, bool]] = []  # of each mark: its children so far, and whether it leads itself
        last = -1  # where a text ended that the next may continue
        event: Any  # as in scan.walk: narrowing the union would cost a call an event
        for event, range_ in _PARSER.events_with_range(text.decode()):
            start, end = range_["start"], range_["end"]
            leads = not within or (within[-1][1] and within[-1][0] == 0)
            kind, said = Kind.BREAK, ""
            if event.__class__ is str:
                said = "\n" if event == "SoftBreak" else " "
            elif "Text" in event:
                kind, said = Kind.TEXT, event["Text"]
                if text[start : start + 1] == b"&" and end - start > 1 and text[end - 1 : end] == b";":
                    kind = Kind.ENTITY if text[start:end].decode() != said else kind
                if within and last in (start, start - 1):
                    leads = within[-1][1] and within[-1][0] == 1
                    within[-1] = (0, within[-1][1])
                last = end
            elif "Start" in event:
                tag = event["Start"]
                if tag.__class__ is dict and "Heading" in tag:
                    heading, cut = self._heading(text, start, end, int(tag["Heading"]["level"][1:]))
                    within.clear()
                    continue
                if tag.__class__ is dict and "Image" in tag:
                    images += 1
                elif tag.__class__ is dict and "CodeBlock" in tag:
                    self._code.append((start, end))
                last = -1
                if heading is not None:
                    _count(within)
                    within.append((0, leads))
                continue
            elif "End" in event:
                ended = event["End"]
                if ended == "Image":
                    images -= 1
                if ended.__class__ is dict and "Heading" in ended and heading is not None:
                    self._found.headings.append(heading)
                    heading = None
                elif within:
                    within.pop()
                last = -1
                continue
            elif "Code" in event:
                self._code.append((start, end))
                kind, said = Kind.CODE, event["Code"]
            elif "Html" in event or "InlineHtml" in event:
                self._html.append((start, end))
                _count(within)
                continue
            else:
                continue
            if heading is not None and start < cut:
                if end > cut and kind is Kind.TEXT:
                    said = text[start:cut].decode()
                source = text[start:end].decode() if kind is Kind.ENTITY else said
                heading.pieces.append(Piece(kind, said, source, images > 0, len(within), leads))
                _count(within)

    def _heading(self, text: bytes, start: int, end: int, level: int) -> tuple[Heading, int]:
        """A heading whose text is not known yet, and the offset at which its text ends."""
        body = text[start:end]
        lead = 0
        if opening := _OPENING.match(body):
            lead = opening.end()
            stop = _before_closing(body, lead)
        else:
            tail = _UNDERLINE.search(body)
            stop = tail.start() if tail else len(body)
        heading = Heading(self._begin + start, level)
        cut = len(body)
        known = self._flavour.attributes
        at = body.rfind(b"{", lead, stop)
        if known and at >= 0:
            # a list stands at the end, or before closing number signs
            for form in (_LISTS[name] for name in known):
                if (match := form.match(self._body, start + at)) and match.end() >= start + stop:
                    heading.id = match[1].decode()
                    break
            else:
                match = _CLASSES.match(self._body, start + at)
            if match and match.end() >= start + stop:
                before = body[lead:at].rstrip(b" \t")
                heading.attributes = body[lead + len(before) : at].decode() + match[0].decode()
                cut = stop = lead + len(before)
        if "c" in known and not heading.id and (match := _IAL_LINE.match(self._body, end)):
            heading.id = match[1].decode()
        heading.source = self._body[start + lead : start + stop].decode("utf-8", "replace").strip()
        heading.certain = not _touches(self._covered, start, start + stop)
        return heading, start + cut

    def _markup(self, masked: bytes) -> list[tuple[int, int]]:
        """Take the ids of the HTML; the ranges of comments."""
        ranges = self._html
        if self._elements:
            ranges = [*ranges, *nested.outside(self._elements, self._code)]
        if not ranges:
            return []
        page = markup.gather(masked, ranges)
        comments = markup.comments(masked, page)
        markup.wipe(page, comments)
        if b"=" in page:
            self._found.ids.update(ids_of(tree_of(page.decode("utf-8", "replace"))))
        return comments

    def _outside(self, comments: list[tuple[int, int]], at: int) -> bool:
        return not ignore.covers(self._code, at) and not ignore.covers(comments, at)

    def _lists(self, comments: list[tuple[int, int]]) -> None:
        """Take the ids of lists of attributes that stand anywhere but in code and comments."""
        for form in self._flavour.attributes:
            for match in _LISTS[form].finditer(self._body):
                if self._outside(comments, match.end() - 1):
                    self._found.ids.add(match[1].decode())
        if not self._flavour.templates and b"^" in self._body:
            for match in _BLOCK_ID.finditer(self._body):
                if self._outside(comments, match.start(1)):
                    self._found.blocks.add(match[1].decode().lower())

    def _notes(self, comments: list[tuple[int, int]]) -> None:
        if b"[^" not in self._body:
            return
        defined: dict[str, None] = {}
        used: dict[str, None] = {}
        for match in _NOTE.finditer(self._body):
            if self._outside(comments, match.start()):
                (defined if match[2] else used).setdefault(match[1].decode())
        self._found.notes = [label for label in used if label in defined]

    def _may_add(self, comments: list[tuple[int, int]]) -> bool:
        """Whether something in the document may bring ids that are not written in it."""
        if any(not heading.certain for heading in self._found.headings):
            return True
        if self._flavour.components or self._mdx:
            for match in _COMPONENT.finditer(self._body):
                if match[1] not in _HARMLESS_COMPONENTS and self._outside(comments, match.start()):
                    return True
        if self._flavour.terms:
            definitions = _DEFINITION.finditer(self._body)
            if any(self._outside(comments, definition.end() - 1) for definition in definitions):
                return True
        if not self._flavour.templates:
            return False
        for tag in self._tags:
            if tag.opener in (b"{{<", b"{{%", b"{%", b"<%"):
                name = _TAG_NAME.match(self._body, tag.start + len(tag.opener))
                word = name[1].decode("utf-8", "replace").lower() if name else ""
                if word not in _HARMLESS_TAGS and self._outside(comments, tag.start):
                    return True
        return any(not ignore.covers(self._code, match.start()) for match in _INCLUDES.finditer(self._body))


_IAL_LINE = re.compile(rb"[ \t>]*" + _LISTS["c"].pattern)


def _count(within: list[tuple[int, bool]]) -> None:
    if within:
        within[-1] = (within[-1][0] + 1, within[-1][1])


def _before_closing(body: bytes, lead: int) -> int:
    """Where the text of an ATX heading ends: before its closing number signs and white space."""
    text = body[lead:].rstrip(b" \t\r\n")
    without = text.rstrip(b"#")
    if len(without) < len(text) and (not without or without[-1:] in (b" ", b"\t")):
        text = without.rstrip(b" \t")
    return lead + len(text)


def _touches(ranges: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether one of the sorted, disjoint ``ranges`` shares a byte with ``[start, end)``."""
    before = bisect_left(ranges, (end, 0)) - 1  # the last that begins before the end
    return before >= 0 and start < ranges[before][1]


def _without_lists(body: bytes, code: tuple[tuple[int, int], ...]) -> bytes:
    """An MDX body in which lists of attributes are no expressions: their braces are parentheses."""
    wiped = bytearray(body)
    for form in "bj":
        for match in _LISTS[form].finditer(body):
            if not ignore.covers(code, match.start()):
                wiped[match.start() : match.start() + 1] = b"("
                wiped[match.end() - 1 : match.end()] = b")"
    return bytes(wiped)

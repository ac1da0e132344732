"""Know a start tag again: the pages of a site repeat what their theme writes, byte for byte.

Parses nothing. What `pages` found in a tag is kept with offsets that count from the tag's first byte, and
without what depends on the page: a URL that is relative to it is resolved anew. A navigation of 300 links
takes a fifth of the time so (``python -m tests.benchmarks offline``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import turbohtml
from turbohtml import SourceLocation

from .. import urls
from ..model import Reference, Span
from . import bases
from .bases import split
from .gathering import Gathered
from .parts import Cut, Need, Role

_MOST = 32768
"""Tags of one generation: a site of some thousand pages has as many, each linked from here and there."""
_MOST_BYTES = 4 * 1024 * 1024
"""Their bytes."""
_MOST_KEYS = 64
_LONGEST = 2048
"""Bytes of a tag that is kept."""

NEVER = frozenset({"body", "html", "iframe", "script", "style", "wbr"})
"""Elements whose parts are not all in their start tag, or not always the same."""

_HTML = turbohtml.Namespace.HTML


_LINKING = re.compile(rb"""(<[^>]*?\shref=["']?)([A-Za-z0-9._~/:#-]++)(["'\s>][^>]*+>?)""")
"""A start tag with a plain URL, taken apart around it: no such URL ends a value, and none is a template's."""


class _Tag(msgspec.Struct, frozen=True, gc=False):
    """What one start tag holds; offsets count from its first byte."""

    needs: tuple[tuple[Need, tuple[int, str] | None], ...]
    """Each with its URL as `bases.split` takes it apart, where that is relative to the page."""
    cuts: tuple[Cut, ...] = ()


_Key = tuple[str, str, bool]
"""A page's origin, its encoding, and whether it names another base."""
_Tags = dict[bytes, _Tag]
"""By their bytes. What a tag begins with is a whole tag or is none, whatever comes after it."""
_Links = dict[tuple[bytes, bytes], Need]
"""By what stands before and after its plain URL in its tag: a link, about which these bytes say the rest."""


class _Memory:
    """Two generations of tags: what is used again moves to the young one, and the old one is forgotten as a
    whole, so that memory stays what it is."""

    def __init__(self) -> None:
        self.young: dict[_Key, _Tags] = {}
        self.old: dict[_Key, _Tags] = {}
        self.links: dict[_Key, _Links] = {}
        self.count = self.size = 0

    def is_full(self) -> bool:
        return self.count >= _MOST or self.size >= _MOST_BYTES or len(self.young) > _MOST_KEYS

    def turn(self) -> None:
        """The young ones are old now."""
        self.old, self.young, self.links = self.young, {}, {}
        self.count = self.size = 0


_MEMORY = _Memory()


def forget() -> None:
    """Know no tag any more."""
    _MEMORY.turn()
    _MEMORY.turn()


class Repeats:
    """The tags of one page, beside those of all pages before it."""

    def __init__(self, found: Gathered) -> None:
        self._found = found
        self._base = bases.of(found.base)
        self._key = (self._base.origin, found.codec, found.rebased)
        self._taken: set[int] = set()
        self._begin()

    def _begin(self) -> None:
        self._young = _MEMORY.young.setdefault(self._key, {})
        self._old = _MEMORY.old.get(self._key, {})
        self._links = _MEMORY.links.setdefault(self._key, {})

    def unknown(
        self, elements: Iterable[turbohtml.Element], before: Sequence[int], *, foreign: bool
    ) -> Iterator[tuple[turbohtml.Element, str, SourceLocation | None]]:
        """The elements that have to be read, with their tags and places. The parts of all others are taken,
        each before the next comes.

        ``before``: how many characters stand before each line, the ends of lines left aside. ``foreign``:
        some elements may be SVG or MathML.
        """
        found, taken, buffer = self._found, self._taken, self._found.buffer
        find, take, join = buffer.find, found.needs.append, self._base.join
        for element in elements:
            line = element.source_line
            if line:  # its whole location takes ten times as long as all that is looked at here
                first = before[line - 1] + line - 1 + (element.source_col or 0)
                tag = buffer[first : find(b">", first) + 1]
                known = self._young.get(tag) or self._again(tag)
                if known is not None and (not foreign or element.namespace is _HTML):
                    if first in taken:
                        continue  # the parser's second element for one tag: `<b>` goes on behind `</p>`
                    taken.add(first)
                    for need, below in known.needs:
                        take(_moved(need, first, need.reference.url if below is None else join(*below)))
                    if known.cuts:
                        self._cut(known, first)
                    continue
            name, where = element.tag, element.source_location
            if name in NEVER or element.namespace is not _HTML:
                yield element, name, where
                continue
            if line:
                if first in taken:
                    continue
                taken.add(first)
            mark = len(found.needs), len(found.cuts), len(found.notices)
            found.bound, found.said = False, []
            yield element, name, where
            if where is not None:
                self._keep(where.start_tag.start_offset, where.start_tag.end_offset, mark)

    def _again(self, tag: bytes) -> _Tag | None:
        """A tag that was not seen for long, or is a link as another was."""
        known = self._old.get(tag) or self._linking(tag)
        if known is not None:
            self._remember(tag, known)
        return known

    def _linking(self, tag: bytes) -> _Tag | None:
        match = _LINKING.fullmatch(tag) if len(tag) <= _LONGEST else None
        need = self._links.get((match[1], match[3])) if match is not None else None
        if match is None or need is None:
            return None
        said = match[2].decode("ascii")
        url = self._base.plain(said)
        if url is None:
            return None
        old = need.reference
        reference = Reference(Span(*match.span(2)), match[2], url, old.kind, old.embed, old.syntax, old.place)
        known = Need(reference, need.role, need.families, need.outer, need.attribute_at, need.module)
        return _Tag(((known, split(said) if _is_relative(said) else None),))

    def _remember(self, tag: bytes, known: _Tag) -> None:
        if _MEMORY.is_full():
            _MEMORY.turn()
            self._begin()
        _MEMORY.count += 1
        _MEMORY.size += len(tag)
        self._young[tag] = known

    def _cut(self, known: _Tag, start: int) -> None:
        """Take what is cut from a tag that is known already."""
        for cut in known.cuts:
            span = Span(cut.span.start + start, cut.span.end + start)
            self._found.cuts.append(Cut(span, cut.new, cut.why))

    def _keep(self, start: int, end: int, mark: tuple[int, int, int]) -> None:
        """After a tag was read: keep what came of it, if it will come of it on other pages, too."""
        found = self._found
        if not self._base.origin or end - start > _LONGEST or len(found.notices) != mark[2]:
            return
        needs, cuts = found.needs[mark[0] :], found.cuts[mark[1] :]
        below: list[tuple[int, str] | None] = [None] * len(needs)
        if found.bound:
            if not needs or len(needs) != len(found.said) or cuts:
                return
            for number, (need, said) in enumerate(zip(needs, found.said, strict=True)):
                if _is_relative(said):
                    below[number] = parts = split(said)
                    if parts is None or not self._is_below(need, parts, said):
                        return
        known = [_moved(need, -start, need.reference.url) for need in needs]
        tag = found.buffer[start:end]
        lost = (Cut(Span(cut.span.start - start, cut.span.end - start), cut.new, cut.why) for cut in cuts)
        self._remember(tag, _Tag(tuple(zip(known, below, strict=True)), tuple(lost)))
        if len(known) == 1 and not cuts and known[0].role is Role.LINK and not known[0].families:
            self._keep_link(tag, known[0])

    def _keep_link(self, tag: bytes, need: Need) -> None:
        match = _LINKING.fullmatch(tag)
        reference = need.reference
        if match is not None and match.span(2) == (reference.span.start, reference.span.end):
            self._links[match[1], match[3]] = need

    def _is_below(self, need: Need, below: tuple[int, str], said: str) -> bool:
        """Whether all but the URL is the same for every base: a file's name says what it may bring."""
        named = need.role is Role.LINK or not said.partition("#")[0].endswith("/")
        return named and self._base.join(*below) == need.reference.url


def _is_relative(said: str) -> bool:
    return said[:1] != "/" and not urls.is_remote(said)


def _moved(need: Need, by: int, url: str) -> Need:
    old = need.reference
    span = Span(old.span.start + by, old.span.end + by)
    reference = Reference(
        span, old.raw, url, old.kind, old.embed, old.syntax, old.place, old.key, old.dynamic
    )
    at = None if need.attribute_at is None else need.attribute_at + by
    return Need(reference, need.role, need.families, need.outer, at, need.module)

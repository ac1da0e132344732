"""Know a start tag again: the pages of a site repeat what their theme writes, byte for byte.

Parses nothing. What `pages` found in a tag is kept with offsets that count from the tag's first byte, and
without what depends on the page: a URL that is relative to it is resolved anew. A navigation of 300 links
takes a fifth of the time so (``python -m tests.benchmarks offline``).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..model import Reference, Span
from .bases import Base
from .gathering import Gathered
from .parts import Cut, Need, Role

_MOST = 16384
"""Tags that are kept; after that all are forgotten, so that memory stays what it is."""
_MOST_KEYS = 64
_LONGEST = 2048
"""Bytes of a tag that is kept."""

NEVER = frozenset({"body", "html", "iframe", "script", "style", "wbr"})
"""Elements whose parts are not all in their start tag, or not always the same."""


@dataclass(frozen=True, slots=True)
class _Tag:
    """What one start tag holds; offsets count from its first byte."""

    needs: tuple[Need, ...]
    cuts: tuple[Cut, ...]
    said: str
    """The text of its only URL, where that is relative to the page; else empty."""


_Key = tuple[str, str, bool]
"""A page's origin, its encoding, and whether it names another base."""
_KNOWN: dict[_Key, dict[bytes, _Tag]] = {}
"""By their bytes. What a tag begins with is a whole tag or is none, whatever comes after it."""


def forget() -> None:
    """Know no tag any more."""
    for tags in _KNOWN.values():
        tags.clear()
    if len(_KNOWN) > _MOST_KEYS:
        _KNOWN.clear()


class Repeats:
    """The tags of one page, beside those of all pages before it."""

    def __init__(self, found: Gathered) -> None:
        self._found = found
        self._base = Base(found.base)
        self._known = _KNOWN.setdefault((self._base.origin, found.codec, found.rebased), {})

    def take(self, start: int, end: int) -> bool:
        """Take the parts of a tag that is known already; False where it is none."""
        found = self._found
        known = self._known.get(found.buffer[start:end])
        if known is None:
            return False
        if known.said:
            url = self._base.resolve(known.said)
            if url is None:
                return False
            found.needs.append(_moved(known.needs[0], start, url))
            return True
        if len(known.needs) == 1 and not known.cuts:
            found.needs.append(_moved(known.needs[0], start, known.needs[0].reference.url))
            return True
        for need in known.needs:
            found.needs.append(_moved(need, start, need.reference.url))
        for cut in known.cuts:
            found.cuts.append(Cut(Span(cut.span.start + start, cut.span.end + start), cut.new, cut.why))
        return True

    def begin(self) -> tuple[int, int, int]:
        """Before a tag is read."""
        found = self._found
        found.bound, found.said = False, ""
        return len(found.needs), len(found.cuts), len(found.notices)

    def keep(self, start: int, end: int, mark: tuple[int, int, int]) -> None:
        """After a tag was read: keep what came of it, if it will come of it on other pages, too."""
        found = self._found
        if not self._base.origin or end - start > _LONGEST or len(found.notices) != mark[2]:
            return
        needs, cuts = found.needs[mark[0] :], found.cuts[mark[1] :]
        said = ""
        if found.bound:
            said = found.said
            if len(needs) != 1 or cuts or not said or not self._is_below(needs[0], said):
                return
        if sum(map(len, _KNOWN.values())) >= _MOST:
            forget()
        self._known[found.buffer[start:end]] = _Tag(
            tuple(_moved(need, -start, need.reference.url) for need in needs),
            tuple(Cut(Span(cut.span.start - start, cut.span.end - start), cut.new, cut.why) for cut in cuts),
            said,
        )

    def _is_below(self, need: Need, said: str) -> bool:
        """Whether all but the URL is the same for every base: a file's name says what it may bring."""
        named = need.role is Role.LINK or not said.partition("#")[0].endswith("/")
        return named and self._base.resolve(said) == need.reference.url


def _moved(need: Need, by: int, url: str) -> Need:
    old = need.reference
    span = Span(old.span.start + by, old.span.end + by)
    reference = Reference(
        span, old.raw, url, old.kind, old.embed, old.syntax, old.place, old.key, old.dynamic
    )
    at = None if need.attribute_at is None else need.attribute_at + by
    return Need(reference, need.role, need.families, need.outer, at, need.module)

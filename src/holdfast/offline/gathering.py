"""What is found while a page is read, and how a URL of it is resolved.

Parses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .. import urls
from ..model import Notice, Place, Reference, Span, Syntax
from ..scan import requested
from . import bases
from .parts import Cut, Need, Parts, Role

_BELOW_THE_BASE = re.compile(r"(?!//)[A-Za-z0-9_./?=&#~+,-]*")
"""Relative, whatever the base, and without anything that a URL could be refused for."""


@dataclass(slots=True)
class Gathered:
    """Of one buffer: a page, or one within it."""

    buffer: bytes
    base: str
    codec: str
    inner: Callable[[bytes, str], Parts] | None = None
    """Reads a page within this one, in UTF-8, at a base; None where it would be too deep."""
    rebased: bool = False
    """A ``<base>`` says that the page's own URL is not what its URLs are resolved against."""
    bound: bool = False
    """Since this was last set to False: something was found that depends on the base's path."""
    said: list[str] = field(default_factory=list)
    """The text of each reference that was found since this was last emptied."""
    needs: list[Need] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def url(self, said: str, role: Role) -> str | None:
        """What is requested for ``said``; None where nothing is fetched and nobody is led anywhere."""
        if not said or (said[0] == "#" and (role is Role.REQUISITE or not self.rebased)):
            return None
        if said[:5].lower() == "data:":
            return said
        if said[0] != "/" and not urls.is_remote(said):
            self.bound = True
        plain = bases.of(self.base).plain(said)
        if plain is not None:
            return plain  # it cannot be invalid: to ask costs as much as to resolve it
        url = requested.url(said, self.base, self.codec)
        if url[:4] == "http" and _BELOW_THE_BASE.fullmatch(said) and "://" in url[:8]:
            return url
        scheme = urls.scheme(url)
        if scheme in ("http", "https"):
            return None if urls.refusal(url) is not None else url
        return url if scheme in ("data", "ftp", "file") and role is Role.REQUISITE else None

    def reference(
        self, start: int, end: int, url: str, kind: str, role: Role, syntax: Syntax, said: str
    ) -> Reference:
        embed, dynamic = role is Role.REQUISITE, urls.is_dynamic(said)
        raw = self.buffer[start:end]
        self.said.append(said)
        return Reference(Span(start, end), raw, url, kind, embed, syntax, Place.HTML, dynamic=dynamic)

    def in_order(self) -> tuple[tuple[Need, ...], tuple[Cut, ...]]:
        """Needs and cuts in the order of the bytes, without those inside of a cut."""
        return _in_order(self.needs, self.cuts)


def _in_order(needs: Sequence[Need], cuts: Sequence[Cut]) -> tuple[tuple[Need, ...], tuple[Cut, ...]]:
    """Needs and cuts in the order of the bytes, without those inside of a cut."""
    kept_cuts: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: (cut.span.start, -cut.span.end)):
        if not kept_cuts or cut.span.start >= kept_cuts[-1].span.end:
            kept_cuts.append(cut)
    ascends = _ascends(needs)
    if ascends and not kept_cuts:
        return tuple(needs), ()
    places = [(cut.span.start, cut.span.end) for cut in kept_cuts]
    kept: list[Need] = []
    last = number = 0
    for need in needs if ascends else sorted(needs, key=_place):
        start, end = _place(need)
        while number < len(places) and places[number][0] <= start:
            number += 1
        if number:
            first, stop = places[number - 1]
            if start < stop and (end > start or start > first):
                continue
        if start < last:
            continue
        kept.append(need)
        last = end
    return tuple(kept), tuple(kept_cuts)


def _ascends(needs: Sequence[Need]) -> bool:
    """Whether each need begins where the one before it has ended, as on nearly every page."""
    last = 0
    for need in needs:
        span = need.reference.span
        if span.start < last:
            return False
        last = span.end
    return True


def _place(need: Need) -> tuple[int, int]:
    """As the span itself compares, which costs ten times as much."""
    span = need.reference.span
    return span.start, span.end

"""What is found while a page is read, and how a URL of it is resolved.

Parses nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .. import urls
from ..model import Notice, Place, Reference, Span, Syntax
from ..scan import requested
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
    said: str = ""
    """The text of the reference that was found last."""
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
        url = requested.url(said, self.base, self.codec)
        if url[:4] == "http" and _BELOW_THE_BASE.fullmatch(said) and "://" in url[:8]:
            return url  # it cannot be invalid: to ask costs as much as to resolve it
        scheme = urls.scheme(url)
        if scheme in ("http", "https"):
            return None if urls.refusal(url) is not None else url
        return url if scheme in ("data", "ftp", "file") and role is Role.REQUISITE else None

    def reference(
        self, start: int, end: int, url: str, kind: str, role: Role, syntax: Syntax, said: str
    ) -> Reference:
        embed, dynamic = role is Role.REQUISITE, urls.is_dynamic(said)
        raw = self.buffer[start:end]
        self.said = said
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
    starts = [cut.span.start for cut in kept_cuts]
    kept: list[Need] = []
    for need in sorted(needs, key=_place):
        span = need.reference.span
        number = bisect_right(starts, span.start) - 1
        inside = number >= 0 and span.start < kept_cuts[number].span.end
        if inside and (span.end > span.start or span.start > kept_cuts[number].span.start):
            continue
        if kept and span.start < kept[-1].reference.span.end:
            continue
        kept.append(need)
    return tuple(kept), tuple(kept_cuts)


def _place(need: Need) -> tuple[int, int]:
    """As the span itself compares, which costs ten times as much."""
    span = need.reference.span
    return span.start, span.end

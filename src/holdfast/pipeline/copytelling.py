"""What a report says of a copy: what is missing and where, which links lead nowhere, what is to carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .. import urls
from ..offline.deciding import Decided, World
from ..offline.ledger import Remote
from ..offline.parts import Need
from ..oracle import Disagreement
from ..results import DocumentNotice, OfflineResult, Passed, Place, Problem
from ..scan.positions import Positions
from .mirroring import Copy
from .requisites import Gathered
from .texts import BLIND, Text

_MOST_PLACES = 20
"""Places that are told of one URL."""


@dataclass(slots=True)
class _Told:
    """Where a URL stands."""

    places: list[Place] = field(default_factory=list)

    def add(self, path: str, positions: Positions, need: Need) -> None:
        if len(self.places) < _MOST_PLACES:
            self.places.append(Place(path, *positions.at(need.reference.span.start)))


class Telling:
    """Collects what one run has to say."""

    def __init__(self, result: OfflineResult) -> None:
        self._result = result
        self._missing: defaultdict[str, _Told] = defaultdict(_Told)
        self._unbuilt: defaultdict[str, _Told] = defaultdict(_Told)
        self._dynamic: set[str] = set()
        self._shown: defaultdict[str, set[str]] = defaultdict(set)

    def pages(self, url: str) -> tuple[str, ...]:
        """The first files of the copy that lack a URL."""
        return tuple(sorted(self._shown[url])[:_MOST_PLACES])

    def file(self, path: str, name: str, text: Text, decided: Decided) -> None:
        """One file of the site, and what was decided for it."""
        self._result.outside += decided.outside
        self._notices(path, text)
        positions = Positions(text.data)
        for need in decided.missing:
            url = urls.split_fragment(need.reference.url)[0]
            self._shown[url].add(name)
            self._missing[url].add(path, positions, need)
            if need.reference.dynamic:
                self._dynamic.add(url)
        for need in decided.unbuilt:
            self._unbuilt[need.reference.url].add(path, positions, need)
        if decided.apart:
            line, column = positions.at(decided.apart[0].reference.span.start)
            self._result.notices.append(
                DocumentNotice(
                    path=path,
                    code="use",
                    message="from file:// no <use> of another file is shown, only when the copy is served",
                    line=line,
                    column=column,
                )
            )
        if decided.modules:
            self._result.notices.append(
                DocumentNotice(
                    path=path,
                    code="module",
                    message="its module scripts do not run from file://, only when the copy is served",
                )
            )

    def _notices(self, path: str, text: Text) -> None:
        positions = Positions(text.data)
        for notice in text.parts.notices:
            blind = notice.code in BLIND
            line, column = (0, 0) if blind else positions.at(notice.offset)
            self._result.notices.append(
                DocumentNotice(
                    path=path,
                    code=notice.code,
                    message=f"a placeholder stands there: {notice.message}" if blind else notice.message,
                    line=line,
                    column=column,
                    severe=blind,
                )
            )

    def fetched(self, name: str, decided: Decided) -> None:
        """One fetched file that was rewritten."""
        for need in decided.missing:
            url = urls.split_fragment(need.reference.url)[0]
            self._shown[url].add(name)
            self._missing[url]  # told without a place: it stands in no file of the site

    def not_rewritten(self, path: str, data: bytes, why: Disagreement) -> None:
        """The oracle did not agree to a file's new bytes."""
        line, column = Positions(data).at(why.offset)
        self._result.notices.append(
            DocumentNotice(
                path=path,
                code="not-rewritten",
                message=f"its URLs are as they were, and nothing remote is shown: {why.message}",
                line=line,
                column=column,
                severe=True,
            )
        )

    def conclude(self, copy: Copy, world: World, gathered: Gathered) -> None:
        """The totals, and everything by URL."""
        result = self._result
        result.files = len(copy.files)
        result.bytes = sum(file.bytes for file in copy.files.values())
        result.urls = len(world.remote)
        result.fetched = gathered.fetched
        result.unchanged = len(gathered.unchanged)
        result.new, result.removed = sorted(copy.written), copy.removed
        if gathered.stopped:
            result.warnings.append(f"stopped early: {gathered.stopped}")
        self._requisites(world.remote, gathered)
        result.unbuilt = [
            Problem(url=url, reason="no-file", locations=tuple(told.places))
            for url, told in sorted(self._unbuilt.items())
        ]

    def _requisites(self, remote: Mapping[str, Remote], gathered: Gathered) -> None:
        told: Iterable[tuple[str, _Told]] = sorted(self._missing.items())
        for url, where in told:
            unasked = Remote(reason="dynamic" if url in self._dynamic else "page")
            record, failed = remote.get(url, unasked), gathered.attempts.get(url)
            locations = tuple(where.places)
            if record.reason in ("skipped", "budget", "page", "dynamic"):
                passed = Passed(url=url, reason=record.reason, locations=locations)
                self._result.skipped.append(passed)
                continue
            self._result.missing.append(
                Problem(
                    url=url,
                    reason=record.reason,
                    detail=record.detail,
                    attempts=failed.attempts if failed else 0,
                    transient=failed.transient if failed else False,
                    locations=locations,
                )
            )

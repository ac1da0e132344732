"""What a report says of a copy: what is missing and where, which links lead nowhere, what is to carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .. import urls
from ..offline.deciding import Decided, World
from ..offline.ledger import Remote
from ..oracle import Disagreement
from ..results import OfflineResult, Passed, Place, Problem
from ..scan.positions import Positions
from .mirroring import Copy
from .requisites import Gathered
from .saying import Said, Spot, not_rewritten, refusals
from .texts import Text

_MOST_PLACES = 20
"""Places that are told of one URL."""


@dataclass(slots=True)
class _Told:
    """Where a URL stands."""

    places: list[Place] = field(default_factory=list)

    def add(self, path: str, spot: Spot) -> None:
        if len(self.places) < _MOST_PLACES:
            self.places.append(Place(path, spot[1], spot[2]))


class Telling:
    """Collects what one run has to say."""

    def __init__(self, result: OfflineResult) -> None:
        self._result = result
        self._missing: defaultdict[str, _Told] = defaultdict(_Told)
        self._unbuilt: defaultdict[str, _Told] = defaultdict(_Told)
        self._foreign: defaultdict[str, _Told] = defaultdict(_Told)
        self._dynamic: set[str] = set()
        self._shown: defaultdict[str, set[str]] = defaultdict(set)
        self.refused: set[str] = set()
        """Files of the copy of which a notice says that browsers refuse them."""

    def pages(self, url: str) -> tuple[str, ...]:
        """The first files of the copy that lack a URL."""
        return tuple(sorted(self._shown[url])[:_MOST_PLACES])

    def file(self, path: str, name: str, said: Said) -> None:
        """What there is to say of one file of the site, which is called ``name`` in the copy."""
        self._result.outside += said.outside
        self._result.notices += said.notices
        for spot in said.missing:
            self._shown[spot[0]].add(name)
            self._missing[spot[0]].add(path, spot)
        self._dynamic.update(said.dynamic)
        for spot in said.unbuilt:
            self._unbuilt[spot[0]].add(path, spot)
        for spot in said.foreign:
            self._foreign[spot[0]].add(path, spot)
        self.refused.update(said.refused)
        if said.feed:
            self._result.feeds.append(path)

    def fetched(self, url: str, name: str, text: Text, decided: Decided, why: Disagreement | None) -> None:
        """One fetched file that was rewritten. Of a module's own imports nothing is told: where the module
        is refused they are never asked for, and what names the module is told of."""
        self.kept(name, (urls.split_fragment(need.reference.url)[0] for need in decided.missing))
        for need in decided.foreign:
            self._foreign[urls.split_fragment(need.reference.url)[0]]
        self._result.notices += not_rewritten(url, text.data, why)
        if text.language != "script" or name not in self.refused:
            self.refused |= decided.refused
            self._result.notices += refusals(name, Positions(text.data), decided)

    def kept(self, name: str, missing: Iterable[str]) -> None:
        """One fetched file, and what is missing in it."""
        for url in missing:
            self._shown[url].add(name)
            self._missing[url]  # told without a place: it stands in no file of the site

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
        self._result.skipped += [
            Passed(url=url, reason="use", locations=tuple(told.places))
            for url, told in sorted(self._foreign.items())
        ]
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

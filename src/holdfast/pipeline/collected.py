"""What came of a run's requests: records, and what is to be seen only when all of them are in.

Fetches nothing, and imports nothing of the network: a run that asks no server must not wait for its engine.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ..model import Asset, Failed, Skipped
from ..words import count

if TYPE_CHECKING:
    from ..fetch.events import Event
    from ..store import Facts, Staged


@dataclass(frozen=True, slots=True)
class Arrived:
    """Verified bytes in the staging folder, and what is known of the response that brought them."""

    url: str
    staged: Staged
    facts: Facts

    def record(self) -> Asset:
        """The manifest's record of it, still without a path."""
        known = {name: value for name, value in self.facts.items() if value is not None}
        return msgspec.convert(
            {
                "type": "asset",
                "url": self.url,
                "path": "",
                "sha256": self.staged.sha256,
                "bytes": self.staged.bytes,
                "media": self.staged.media.type,
                "fetched": self.staged.fetched,
                "width": self.staged.media.width,
                "height": self.staged.media.height,
                "source": "web",
                **known,
            },
            Asset,
        )


@dataclass(slots=True)
class Collected:
    """What a run's requests came to."""

    arrived: dict[str, Arrived] = field(default_factory=dict)
    """By URL."""
    unchanged: set[str] = field(default_factory=set)
    """URLs that a refresh found as they were."""
    failed: dict[str, Failed] = field(default_factory=dict)
    skipped: dict[str, Skipped] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    interrupted: bool = False
    stopped: str = ""

    def warnings(self) -> list[str]:
        """What a person should know of the run as a whole, each once."""
        told = {event.message: None for event in self.events if event.kind in _TOLD}
        many: Counter[str] = Counter(arrived.staged.sha256 for arrived in self.arrived.values())
        for digest, number in sorted(many.items()):
            if number >= _SUSPICIOUS:
                first = min(url for url, arrived in self.arrived.items() if arrived.staged.sha256 == digest)
                told[f"{number} URLs brought the same bytes, {first} among them: a placeholder?"] = None
        located = sum("gps" in arrived.staged.media.notes for arrived in self.arrived.values())
        if located:
            said = count(located, "picture says where it was", "pictures say where they were")
            told[f"{said} taken; --strip-metadata removes that"] = None
        lower = sorted(
            {event.url for event in self.events if event.kind == "downgrade"} & self.arrived.keys()
        )
        if lower:
            said = count(len(lower), "file", "files")
            told[f"{said} came over http after a redirect from https, {lower[0]} for one: look at it"] = None
        return list(told)


_TOLD = frozenset({"fake-ip", "resolver-dead", "host-given-up"})
"""Kinds of events that concern more than one URL."""

_SUSPICIOUS = 5
"""So many URLs with the same bytes are worth a look; they are kept: dividers and QR codes are alike too.
So many that are redirected to one URL are not (they were pictures of their own once)."""


def refuse_common_ends(collected: Collected, held: Iterable[Asset]) -> None:
    """Where many pictures are redirected to one, that one says that they are gone: it is no picture of any.

    Counts what is ``held`` of earlier runs as well. URLs that differ in their query only are one picture.
    """
    leading: defaultdict[str, set[str]] = defaultdict(set)
    for asset in held:
        if asset.final_url is not None:
            leading[asset.final_url].add(asset.url.partition("?")[0])
    arriving: defaultdict[str, list[str]] = defaultdict(list)
    for url, arrived in collected.arrived.items():
        end = arrived.facts.get("final_url")
        if isinstance(end, str):
            leading[end].add(url.partition("?")[0])
            arriving[end].append(url)
    for end, found in arriving.items():
        if len(leading[end]) >= _SUSPICIOUS:
            detail = f"{len(leading[end])} URLs are redirected to {end}"
            for url in found:
                del collected.arrived[url]
                collected.failed[url] = Failed(url, "placeholder", detail, attempts=1)

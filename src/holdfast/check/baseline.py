"""``--baseline FILE``: links that are known to be broken, and since when somebody accepted that.

Asks nobody. A remote link is known by its URL; a local one, which only means something where it stands, by
its document too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from .. import disk as disks
from ..disk import Disk
from . import lines


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One accepted link."""

    url: str
    path: str = ""
    """The document of a local link."""
    reason: str = ""
    accepted: str = ""
    """The date: ``2026-11-25``."""


class Baseline:
    """What is accepted."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}
        for entry in entries:
            before = self._entries.get((entry.url, entry.path))
            # Two branches that accepted it: the earlier date, whichever line comes first.
            if before is None or entry.accepted < before.accepted:
                self._entries[entry.url, entry.path] = entry

    def accepted(self, url: str, path: str = "") -> str | None:
        """The date on which this link was accepted; None where it was not."""
        entry = self._entries.get((url, path))
        return None if entry is None else entry.accepted

    def entries(self) -> list[Entry]:
        """Every entry, sorted."""
        return [self._entries[key] for key in sorted(self._entries)]


def load(path: Path, *, missing_ok: bool = False) -> Baseline:
    """The baseline in this file.

    Raises:
        HoldfastError: there is none (unless that is fine), or it cannot be read.
    """
    return Baseline(lines.read(path, "baseline", Entry, missing_ok=missing_ok))


def write(
    path: Path,
    broken: Iterable[Entry],
    today: str,
    old: Baseline | None = None,
    disk: Disk = disks.SYSTEM,
) -> None:
    """Accept what is broken now, and nothing else; what was accepted before keeps its date.

    Raises:
        DiskError: the disk refused.
    """
    new = {
        (entry.url, entry.path): Entry(
            url=entry.url,
            path=entry.path,
            reason=entry.reason,
            accepted=(old.accepted(entry.url, entry.path) if old is not None else None) or today,
        )
        for entry in broken
    }
    lines.write(path, "baseline", (new[key] for key in sorted(new)), disk)

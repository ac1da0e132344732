"""What a session of measuring found: records, from which the table and the JSON are made alike.

Measures nothing. Times are in seconds, memory in bytes.
"""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

import holdfast

from .measuring import Measured, peak
from .peers import NGINX, PEERS
from .work import Row

Reached = Literal["reached", "missed", "unknown"]
"""Unknown: nobody to compare with, or only a part of the work was done."""


class Machine(msgspec.Struct, frozen=True):
    """Where it was measured."""

    cores: int
    processor: str
    memory: int
    system: str

    @classmethod
    def here(cls) -> Machine:
        """This one."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(os.cpu_count() or 1, _processor(), memory, platform.platform())


class Run(msgspec.Struct, frozen=True):
    """One run of one contestant."""

    seconds: float
    cpu: float
    peak: int


class Contest(msgspec.Struct, frozen=True):
    """All runs of one contestant that count."""

    name: str
    median: float
    least: float
    cpu: float
    """Median; user and system, with all children."""
    peak: int
    """The most of all runs, in the largest process."""
    hidden: bool
    """The peak is no more than what a process begins with: its own is not to be known."""
    ratio: float | None
    """Our median beside its own; None for ours, and where the work is not the same."""
    amount: float
    """How much it worked through, in ``what``; 0 where nobody asks."""
    what: str
    rate: float
    """So much of it in a second."""
    runs: list[Run]


class Aim(msgspec.Struct, frozen=True):
    """One goal, and what became of it."""

    told: str
    figure: float | None
    reached: Reached


class Result(msgspec.Struct, frozen=True):
    """One row."""

    name: str
    work: str
    contests: list[Contest]
    goals: list[Aim]
    missing: list[str]
    """Peers that are not here."""
    not_measured: str
    """Why there are no figures; empty when there are."""


class Session(msgspec.Struct, frozen=True):
    """Everything that was measured by one command."""

    schema: str
    date: str
    """RFC 3339, UTC; when it began."""
    machine: Machine
    versions: dict[str, str]
    load: str
    """What served."""
    runs: int
    """Asked for; a row may have fewer."""
    scale: float
    rows: list[Result]


def session(load: str, runs: int, scale: float, rows: list[Result]) -> Session:
    """A session that begins now, with the rows that come to be in ``rows``."""
    versions = {"python": platform.python_version(), "holdfast": holdfast.__version__}
    versions |= {peer.name: peer.version for peer in (NGINX, *PEERS.values()) if peer.path is not None}
    date = datetime.now(UTC).isoformat(timespec="seconds")
    return Session("holdfast/benchmarks/1", date, Machine.here(), versions, load, runs, scale, rows)


def result(row: Row, measured: Sequence[Measured], scale: float, why: str = "") -> Result:
    """What a row came to; ``why`` it has no figures, when it has none."""
    return Result(
        row.name,
        row.work,
        [_contest(each, measured[0] if row.alike else each) for each in measured],
        [*_aims(row, measured, scale)],
        [name for name in row.peers if PEERS[name].path is None],
        why,
    )


def _contest(measured: Measured, ours: Measured) -> Contest:
    return Contest(
        measured.name,
        measured.median,
        measured.least,
        measured.cpu,
        measured.peak,
        measured.peak <= peak(resource.getrusage(resource.RUSAGE_SELF)),
        None if measured is ours else ours.median / measured.median,
        measured.amount,
        measured.what,
        measured.rate,
        [Run(ran.seconds, ran.cpu, ran.peak) for ran in measured.runs],
    )


def _aims(row: Row, measured: Sequence[Measured], scale: float) -> Iterable[Aim]:
    for goal in row.goals:
        figure = goal.figure(measured) if measured else None
        reached: Reached = "unknown"
        if figure is not None and scale == 1:
            reached = "reached" if goal.is_reached(figure) else "missed"
        yield Aim(goal.told, figure, reached)


def _processor() -> str:
    """What the processor calls itself; empty where nothing tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())

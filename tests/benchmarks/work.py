"""What rows of the benchmarks are made of: folders and servers, goals, the proof that work was done."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from . import load
from .measuring import Contestant, Measured, Ran, WorkNotDoneError

MIB = 1 << 20


@dataclass(slots=True)
class Bench:
    """One row's folder, which stays until the last row is done, and its servers, which end with it."""

    folder: Path
    scale: float
    """1: the whole work; less: so much of it."""
    own_server: bool = False
    """Take our own server, although there may be nginx."""
    stack: ExitStack = field(default_factory=ExitStack)

    def serve(self, root: Path | None = None, hosts: int = 1, tls: bool = False) -> load.Load:
        """A server that runs until the row's end."""
        folder = self.folder / "server"
        return self.stack.enter_context(
            load.serve(folder, own=self.own_server, root=root, hosts=hosts, tls=tls)
        )

    def some(self, whole: int) -> int:
        """So much of the whole work as the scale says, and at least a little."""
        return max(4, round(whole * self.scale))


@dataclass(frozen=True, slots=True)
class Goal:
    """How good our figure is to be: at most ``most`` of the peer's median, seconds, or bytes."""

    unit: str
    """The contestant whose median counts as 1, ``s``, ``MiB``, or ``MB/s``, of which it is to be as much or
    more."""
    most: float
    cpu: bool = False
    """Compare the time of the processor: for two runs of our own it tells more than the clock does."""
    of: str = ""
    """The contestant whose figure it is; empty: the first."""
    each: bool = False
    """Compare the time for each of the amount."""

    def __str__(self) -> str:
        plain = self.unit in ("s", "MiB", "MB/s")
        return f"{self.most:g} {self.unit}" if plain else f"{self.most:g} × {self.unit}"

    @property
    def told(self) -> str:
        """With its direction."""
        words = f"at {'least' if self.unit == 'MB/s' else 'most'} {self}"
        if self.each:
            words += ", for each of them"
        return f"{self.of}: {words}" if self.of else words

    def figure(self, measured: Sequence[Measured]) -> float | None:
        """What it came to; None where the peer, or whose figure it is, has not run."""
        ours = _named(measured, self.of) if self.of else measured[0]
        if ours is None:
            return None
        if self.unit in _PLAIN:
            return _PLAIN[self.unit](ours)
        peer = _named(measured, self.unit)
        if peer is None:
            return None
        ratio = ours.cpu / peer.cpu if self.cpu else ours.median / peer.median
        return ratio * peer.amount / ours.amount if self.each else ratio

    def is_reached(self, figure: float) -> bool:
        """Whether that is good enough."""
        return figure >= self.most if self.unit == "MB/s" else figure <= self.most


_PLAIN: Mapping[str, Callable[[Measured], float]] = {
    "s": lambda measured: measured.median,
    "MiB": lambda measured: measured.peak / MIB,
    "MB/s": lambda measured: measured.rate,
}


def _named(measured: Sequence[Measured], name: str) -> Measured | None:
    return next((each for each in measured if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Row:
    """One work. The first contestant is us, and the goals are for it."""

    name: str
    work: str
    goals: Sequence[Goal]
    contestants: Callable[[Bench], Iterator[Contestant]]
    peers: Sequence[str] = ()
    alike: bool = True
    """All contestants do the same work: their times are compared."""
    runs: int = 5
    """No more of these, however many are asked for."""
    warm_up: int = 1
    """Rounds that do not count; 0 where nothing gets warm and each takes long."""


ASKING = ("--allow-private", "--proxy", "", "--no-memory", "--concurrency", "256")
HASTY = ("--host-interval", "0", "--host-concurrency", "128")
"""How `check` asks where nobody is polite."""


def holdfast(*arguments: str | Path) -> list[str | Path]:
    """Our command line, with this interpreter."""
    return [sys.executable, "-m", "holdfast", *arguments]


def caching(bench: Bench) -> Mapping[str, str]:
    """Each run leaves what it found for the next, in a folder of this row."""
    return {"HOLDFAST_CACHE_DIR": str(bench.folder / "cache")}


def says(pattern: str, number: int, code: int = 0) -> Callable[[Ran], None]:
    """The proof of a run that prints how much it did: ``pattern`` finds a number, at least this one."""

    def proof(ran: Ran) -> None:
        found = re.search(pattern, ran.output)
        if ran.code != code or found is None or int(found[1].replace(",", "")) < number:
            raise WorkNotDoneError(
                f"exit code {ran.code}, {found[1] if found else 'nothing'} of {number:,}: {ran.output[-600:]}"
            )

    return proof


def afresh(source: Path | None, target: Path) -> Callable[[], None]:
    """Make ``target`` anew, as a copy or empty.

    What was there is moved aside until all rows are done, and not deleted: for five minutes ext4 looks again
    at every file that is gone before it makes a new one (`recently_deleted` in its ialloc.c), so that 2,600
    files that were deleted before a run made the 2,600 that it writes take 1.2 s longer.
    """

    def before() -> None:
        if target.exists():
            target.rename(Path(tempfile.mkdtemp(prefix="earlier-", dir=target.parent), target.name))
        shutil.copytree(source, target) if source else target.mkdir()

    return before

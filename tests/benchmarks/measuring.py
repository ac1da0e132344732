"""Run commands in turn, several times, and say what each took. Knows nothing of what they do."""

from __future__ import annotations

import compileall
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

REPOSITORY = Path(__file__).parents[2]


class WorkNotDoneError(Exception):
    """A contestant did not do what it was asked to: its time says nothing."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of one command."""

    seconds: float
    cpu: float
    """Seconds of the processor, user and system, with all children."""
    peak: int
    """Bytes of memory resident at most, in the largest process."""
    code: int
    output: str
    """Standard output and standard error."""


def nothing() -> None:
    """What most runs need before them."""


def well_ended(ran: Ran) -> None:
    """The usual proof: exit code 0.

    Raises:
        WorkNotDoneError: another code.
    """
    if ran.code != 0:
        raise WorkNotDoneError(f"exit code {ran.code}: {ran.output[-600:]}")


@dataclass(frozen=True, slots=True)
class Contestant:
    """A command that does a row's work."""

    name: str
    command: Sequence[str | Path]
    cwd: Path = REPOSITORY
    env: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] = nothing
    """Makes everything as it was before; not timed."""
    proof: Callable[[Ran], None] = well_ended
    """Raises `WorkNotDoneError`."""
    amount: float = 0
    """How much it works through, where that is told of ..."""
    what: str = "MB"
    """... and of what."""


@dataclass(frozen=True, slots=True)
class Measured:
    """All runs of one contestant."""

    name: str
    runs: Sequence[Ran]
    amount: float = 0
    """How much each run worked through; 0 where nobody asks."""
    what: str = "MB"

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(ran.seconds for ran in self.runs)

    @property
    def least(self) -> float:
        """Seconds."""
        return min(ran.seconds for ran in self.runs)

    @property
    def cpu(self) -> float:
        """Seconds, median."""
        return statistics.median(ran.cpu for ran in self.runs)

    @property
    def rate(self) -> float:
        """So much of the amount in a second, median."""
        return self.amount / self.median

    @property
    def peak(self) -> int:
        """Bytes, the most of all runs."""
        return max(ran.peak for ran in self.runs)


def compile_all() -> None:
    """Leave byte code beside our modules, as an installer does: no start is measured with a compiler's
    work in it, which also ``PYTHONDONTWRITEBYTECODE`` would bring to every run.
    """
    compileall.compile_dir(REPOSITORY / "src", quiet=2)


def measure(contestants: Sequence[Contestant], runs: int, warm_up: int = 0) -> list[Measured]:
    """Let each run once, then each again: what else the machine does then falls on all of them alike.

    ``warm_up``: so many rounds before that do not count.

    Raises:
        WorkNotDoneError: a contestant did not do the work.
    """
    taken: dict[str, list[Ran]] = {contestant.name: [] for contestant in contestants}
    for turn in range(-warm_up, runs):
        for contestant in contestants:
            contestant.before()
            ran = _run(contestant)
            try:
                contestant.proof(ran)
            except WorkNotDoneError as error:
                raise WorkNotDoneError(f"{contestant.name}: {error}") from error
            if turn >= 0:
                taken[contestant.name].append(ran)
    return [Measured(each.name, taken[each.name], each.amount, each.what) for each in contestants]


def _run(contestant: Contestant) -> Ran:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    kept.pop("CI", None)
    # What a user's own runs have left is no part of the work.
    kept["HOLDFAST_CACHE_DIR"] = ""
    env = {**kept, "TERM": "dumb", "NO_COLOR": "1", "PYTHONUTF8": "1", **contestant.env}
    with TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [*map(str, contestant.command)],
            cwd=contestant.cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return Ran(seconds, usage.ru_utime + usage.ru_stime, peak(usage), process.returncode, text)


def peak(usage: resource.struct_rusage) -> int:
    """The resident memory of ``usage`` at its most, in bytes; Linux tells it in KiB."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)

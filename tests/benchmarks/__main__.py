"""``python -m tests.benchmarks [--runs N] [--scale F] [NAME...]``: measure, and print the table."""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from .load import nginx
from .measuring import Measured, WorkNotDoneError, compile_all, measure, peak
from .peers import PEERS
from .rows import ROWS
from .work import MIB, Bench, Goal, Row


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; 0 when every row could be measured, whatever its figures are."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure holdfast.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(ROWS)}")
    parser.add_argument("--runs", type=int, default=5, help="runs of each contestant, in turn [5]")
    parser.add_argument("--scale", type=float, default=1.0, help="so much of the whole work, 1 for all of it")
    parser.add_argument("--own-server", action="store_true", help="take our own server, not nginx")
    parser.add_argument("--list", action="store_true", help="say what there is")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in ROWS]
    if unknown or asked.runs < 1 or not 0 < asked.scale <= 1:
        parser.error(f"no such row: {', '.join(unknown)}" if unknown else "--runs from 1, --scale up to 1")
    rows = [ROWS[name] for name in asked.names or ROWS]
    if asked.list:
        print(*(f"{row.name:16} {row.work}" for row in rows), sep="\n")
        return 0
    served = "nginx" if nginx() and not asked.own_server else "our own server"
    print(
        f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load by {served}; {asked.runs} runs each"
    )
    if asked.scale != 1:
        print(f"only {asked.scale:g} of the work that each row names: figures are not comparable")
    compile_all()
    bad = 0
    for row in rows:
        print(f"\n{row.name}: {row.work}", flush=True)
        try:
            print(*_lines(row, asked.runs, asked.scale, asked.own_server), sep="\n", flush=True)
        except WorkNotDoneError as error:
            bad += 1
            print(f"  not measured: {error}", flush=True)
    return 1 if bad else 0


def _lines(row: Row, runs: int, scale: float, own_server: bool) -> Iterator[str]:
    with TemporaryDirectory(prefix="holdfast-benchmark-") as folder:
        bench = Bench(Path(folder), scale, own_server)
        with bench.stack:
            measured = measure([*row.contestants(bench)], runs)
    ours = measured[0]
    yield f"  {'':34} {'median':>9} {'least':>9} {'CPU':>9} {'peak':>9} {'ours is':>9}"
    for each in measured:
        ratio = "" if each is ours else f"{ours.median / each.median:.2f} ×"
        yield (
            f"  {each.name:34} {each.median:>7.3f} s {each.least:>7.3f} s {each.cpu:>7.2f} s "
            f"{_peak(each):>9} {ratio:>9}".rstrip()
        )
        if each.size:
            yield f"  {'':34} {each.rate:>7.1f} MB/s of {each.size / 1e6:.0f} MB"
    for goal in row.goals:
        yield f"  goal: {goal.told}: {_reached(goal, measured)}"
    for name in row.peers:
        if PEERS[name].path is None:
            yield f"  {name} is not here: {PEERS[name].get}"


def _peak(measured: Measured) -> str:
    """A process begins with what its parent had, so that a small one's own peak is not to be known."""
    least = peak(resource.getrusage(resource.RUSAGE_SELF))
    return f"{'<' if measured.peak <= least else ''}{measured.peak // MIB} MiB"


def _reached(goal: Goal, measured: Sequence[Measured]) -> str:
    """What the goal's figure came to; a word only, since another machine, or another hour, says otherwise."""
    ours = measured[0]
    if goal.unit == "s":
        figure = ours.median
    elif goal.unit == "MiB":
        figure = ours.peak / MIB
    elif goal.unit == "MB/s":
        return f"{ours.rate:.3g}, {'reached' if ours.rate >= goal.most else 'missed'}"
    else:
        peer = next((each for each in measured if each.name == goal.unit), None)
        if peer is None:
            return "cannot be told"
        figure = ours.cpu / peer.cpu if goal.cpu else ours.median / peer.median
    return f"{figure:.3g}, {'reached' if figure <= goal.most else 'missed'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""``python -m tests.benchmarks [OPTIONS] [NAME...]``: measure, print the table, and write the JSON.

With ``--profile``: say where our own time goes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from . import profiling, records, table
from .measuring import Measured, WorkNotDoneError, compile_all, measure
from .peers import NGINX, PEERS, PERF, install
from .rows import ROWS
from .work import Bench, Row

_QUICK = 0.003
"""So much of the work shows that a row works."""


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; 0 when every row could be measured, whatever its figures are."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure holdfast.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(ROWS)}")
    parser.add_argument("--runs", type=int, default=5, help="runs of each contestant, in turn [5]")
    parser.add_argument("--scale", type=float, default=1.0, help="so much of the whole work, 1 for all of it")
    parser.add_argument(
        "--quick", action="store_true", help="one run of a little of the work: does every row still work?"
    )
    parser.add_argument("--json", metavar="FILE", help="write every figure there; - for standard output")
    parser.add_argument("--install", action="store_true", help="first install what is missing")
    parser.add_argument("--own-server", action="store_true", help="take our own server, not nginx")
    parser.add_argument(
        "--profile", action="store_true", help="instead say where our own time goes; needs `perf`"
    )
    parser.add_argument("--list", action="store_true", help="say what there is")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in ROWS]
    if unknown or asked.runs < 1 or not 0 < asked.scale <= 1:
        parser.error(f"no such row: {', '.join(unknown)}" if unknown else "--runs from 1, --scale up to 1")
    rows = [ROWS[name] for name in asked.names or ROWS]
    if asked.list:
        print(*(f"{row.name:16} {row.work}" for row in rows), sep="\n")
        return 0
    # Where the JSON takes standard output, the table is what a person sees meanwhile.
    shown = sys.stderr if asked.json == "-" else sys.stdout

    def say(*lines: str) -> None:
        print(*lines, sep="\n", file=shown, flush=True)

    if asked.install:
        peers = [PERF] if asked.profile else [PEERS[name] for row in rows for name in row.peers]
        install(dict.fromkeys((NGINX, *peers)), say)
    runs, scale = (1, min(asked.scale, _QUICK)) if asked.quick else (asked.runs, asked.scale)
    results: list[records.Result] = []
    load = "nginx" if NGINX.path and not asked.own_server else "our own server"
    session = records.session(load, runs, scale, results)
    say(*table.head(session))
    compile_all()
    with TemporaryDirectory(prefix="holdfast-benchmark-") as folder:
        # The rows' folders stay until all is measured: see `work.afresh`.
        benches = Benches(Path(folder), scale, asked.own_server)
        if asked.profile:
            return _profiled(rows, benches, say)
        for row in rows:
            say(f"\n{row.name}: {row.work}")
            why, measured = "", list[Measured]()
            try:
                with benches.of(row) as bench:
                    warm_up = 0 if asked.quick else row.warm_up
                    measured = measure([*row.contestants(bench)], min(runs, row.runs), warm_up)
            except (WorkNotDoneError, RuntimeError) as error:
                why = str(error)
            results.append(records.result(row, measured, scale, why))
            say(*table.row(results[-1]))
            if asked.json and asked.json != "-":  # what was measured is not lost with the next row
                Path(asked.json).write_bytes(_json(session))
    if asked.json == "-":
        sys.stdout.buffer.write(_json(session))
    return 1 if any(result.not_measured for result in results) else 0


@dataclass(frozen=True, slots=True)
class Benches:
    """Where the rows of a session work."""

    folder: Path
    scale: float
    own_server: bool

    @contextmanager
    def of(self, row: Row) -> Iterator[Bench]:
        """One row's; its servers end with it."""
        folder = self.folder / row.name
        folder.mkdir()
        bench = Bench(folder, self.scale, self.own_server)
        with bench.stack:
            yield bench


def _profiled(rows: Sequence[Row], benches: Benches, say: Callable[..., None]) -> int:
    """Say where the time of each row's first contestant goes; 0 when all of them could be looked at."""
    failed = False
    for row in rows:
        say(f"\n{row.name}: {row.work}")
        try:
            with benches.of(row) as bench:
                say(*profiling.table(profiling.profile(next(row.contestants(bench)))))
        except (WorkNotDoneError, RuntimeError) as error:
            failed = True
            say(f"  not looked at: {error}")
    return int(failed)


def _json(session: records.Session) -> bytes:
    return msgspec.json.format(msgspec.json.encode(session)) + b"\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

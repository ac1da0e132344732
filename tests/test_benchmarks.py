"""The benchmarks still run, every row, on a little of the work. No time is asserted anywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.benchmarks import records
from tests.benchmarks.measuring import REPOSITORY, Contestant, Measured, Ran, WorkNotDoneError, measure
from tests.benchmarks.peers import Peer
from tests.benchmarks.records import Session
from tests.benchmarks.rows import ROWS
from tests.benchmarks.work import MIB, Goal, Row


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=180, check=False)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs every address below 127.0.0.0/8")
@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_measured(name: str, tmp_path: Path) -> None:
    # Our own server, so that it is the same test with and without nginx.
    figures = tmp_path / "figures.json"
    done = benchmarks(name, "--quick", "--own-server", "--json", str(figures))

    assert done.returncode == 0, done.stdout + done.stderr
    session = msgspec.json.decode(figures.read_bytes(), type=Session)
    (row,) = session.rows
    assert (row.name, row.work, row.not_measured) == (name, ROWS[name].work, "")
    assert row.contests
    for contest in row.contests:
        assert contest.name in done.stdout
        assert len(contest.runs) == 1
        assert contest.median == contest.least == contest.runs[0].seconds > 0
    assert [goal.told for goal in row.goals] == [goal.told for goal in ROWS[name].goals]
    assert all(goal.told in done.stdout for goal in row.goals)


@pytest.mark.slow
def test_the_json_may_have_standard_output_to_itself() -> None:
    done = benchmarks("version", "--quick", "--json", "-")

    session = msgspec.json.decode(done.stdout, type=Session)
    assert session.machine.cores > 0
    assert session.versions.keys() >= {"python", "holdfast"}
    assert session.rows[0].contests[1].ratio is not None
    assert "holdfast --version" in done.stderr


def test_a_row_that_did_not_do_its_work_is_not_measured() -> None:
    """A proof that nothing fails would let any tool win."""
    idle = Contestant("idle", [sys.executable, "-c", "raise SystemExit(3)"])

    with pytest.raises(WorkNotDoneError, match="idle: exit code 3"):
        measure([idle], 1)


def test_what_there_is_can_be_listed() -> None:
    listed = benchmarks("--list").stdout.splitlines()

    assert [line.split()[0] for line in listed] == [*ROWS]


def test_an_unknown_row_is_a_usage_error() -> None:
    assert benchmarks("nonsense").returncode == 2


# -- where the time goes ----------------------------------------------------------------------------------

_PERF = """#!/bin/sh
if [ "$1" = report ]; then
    printf '# Event count (approx.): 2000000000\\n#\\n'
    printf '    60.00%%\\tlibpython3.11.so.1.0\\n    10.00%%\\tpython3.11\\n'
    printf '    29.90%%\\t[kernel.kallsyms]\\n     0.10%%\\tlibnobody.so\\n'
else
    while [ "$1" != -- ]; do shift; done
    shift
    exec "$@"
fi
"""


def test_where_the_time_of_a_row_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By library as `perf` has it, which not every machine has, and by function as our sampler does."""
    perf = tmp_path / "perf"
    perf.write_text(_PERF)
    perf.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    done = benchmarks("scan", "--quick", "--profile")

    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert "2.00 s of the processor, 80,000.00 µs for each of 25 posts" in done.stdout
    assert ["70.0%", "56,000.00", "µs", "Python", "itself"] in lines
    assert ["29.9%", "23,920.00", "µs", "the", "kernel"] in lines
    assert ["0.1%", "80.00", "µs", "1", "more"] in lines
    functions = done.stdout.partition("by function")[2]
    assert ".py <module>" in functions  # what so short a run does is mostly to start
    assert sum(float(share) for share in re.findall(r"([\d.]+)%", functions)) == pytest.approx(100, abs=2)


def test_without_perf_nothing_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    done = benchmarks("version", "--quick", "--profile")

    assert done.returncode == 1
    assert "not looked at: perf is not here: `apt-get install linux-perf`, or --install" in done.stdout


# -- figures ----------------------------------------------------------------------------------------------


def measured(name: str, *seconds: float, amount: float = 0, peak: int = MIB) -> Measured:
    return Measured(name, [Ran(each, each / 2, peak, 0, "") for each in seconds], amount)


OURS = measured("ours", 1.0, 3.0, 2.0, amount=20, peak=512 * MIB)
PEER = measured("peer", 4.0, 4.0, 9.0, amount=10)


@pytest.mark.parametrize(
    ("goal", "told", "figure", "is_reached"),
    [
        (Goal("s", 2.0), "at most 2 s", 2.0, True),
        (Goal("MiB", 500), "at most 500 MiB", 512.0, False),
        (Goal("MB/s", 10), "at least 10 MB/s", 10.0, True),
        (Goal("MB/s", 11), "at least 11 MB/s", 10.0, False),
        (Goal("peer", 0.5), "at most 0.5 × peer", 0.5, True),
        (Goal("peer", 0.2, each=True), "at most 0.2 × peer, for each of them", 0.25, False),
        (Goal("s", 3.0, of="peer"), "peer: at most 3 s", 4.0, False),
        (Goal("nobody", 1.0), "at most 1 × nobody", None, None),
        (Goal("s", 1.0, of="nobody"), "nobody: at most 1 s", None, None),
    ],
)
def test_what_becomes_of_a_goal(goal: Goal, told: str, figure: float | None, is_reached: bool | None) -> None:
    found = goal.figure([OURS, PEER])

    assert (goal.told, found) == (told, figure)
    assert found is None or goal.is_reached(found) is is_reached


def test_a_goal_is_not_told_of_a_part_of_the_work() -> None:
    row = Row("row", "work", [Goal("s", 9.0), Goal("nobody", 1.0)], lambda bench: iter(()))

    whole, part = (records.result(row, [OURS, PEER], scale) for scale in (1, 0.5))

    assert [aim.reached for aim in whole.goals] == ["reached", "unknown"]
    assert [aim.reached for aim in part.goals] == ["unknown", "unknown"]
    assert [contest.ratio for contest in whole.contests] == [None, 0.5]


def test_a_round_to_warm_up_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    note = f"open({str(log)!r}, 'a').write('x')"

    (found,) = measure([Contestant("noted", [sys.executable, "-c", note])], 2, warm_up=1)

    assert (len(found.runs), log.read_text()) == (2, "xxx")


def test_a_peer_is_found_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    peer = Peer("no-such-tool", "no-such-package", "pip")
    assert (peer.path, peer.version) == (None, "")

    program = tmp_path / "holdfast-benchmarks" / "no-such-tool" / "bin" / "no-such-tool"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho no-such-tool v1.2.3 of today\n")
    program.chmod(0o755)
    assert (peer.path, peer.version) == (str(program), "1.2.3")

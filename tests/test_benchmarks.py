"""The benchmarks still run, every row, on a hundredth of the work. No time is asserted anywhere."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.benchmarks.measuring import REPOSITORY
from tests.benchmarks.rows import ROWS


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs every address below 127.0.0.0/8")
@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_measured(name: str) -> None:
    # Our own server, so that it is the same test with and without nginx.
    done = benchmarks(name, "--runs", "1", "--scale", "0.003", "--own-server")

    assert done.returncode == 0, done.stdout + done.stderr
    assert ROWS[name].work in done.stdout
    for goal in ROWS[name].goals:
        assert goal.told in done.stdout


def test_a_row_that_did_not_do_its_work_is_not_measured() -> None:
    """A proof that nothing fails would let any tool win."""
    from tests.benchmarks.measuring import Contestant, WorkNotDoneError, measure

    idle = Contestant("idle", [sys.executable, "-c", "raise SystemExit(3)"])

    with pytest.raises(WorkNotDoneError, match="idle: exit code 3"):
        measure([idle], 1)


def test_what_there_is_can_be_listed() -> None:
    listed = benchmarks("--list").stdout.splitlines()

    assert [line.split()[0] for line in listed] == [*ROWS]


def test_an_unknown_row_is_a_usage_error() -> None:
    assert benchmarks("nonsense").returncode == 2

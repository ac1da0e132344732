"""A run that is cut off anywhere: by a disk that refuses one operation, or by ``kill -9`` in its place.

For every operation of each work in `crashing.WORKS`: nothing is lost or half done, the next run completes the
work, and one more does nothing.
"""

from __future__ import annotations

import errno
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.campaign.crashing import WORKS, Stage, serve, spread
from tests.campaign.durable import PowerDisk
from tests.campaign.rows import ids
from tests.campaign.victim import Victims
from tests.faulty_disk import FaultyDisk
from tests.servers import Origin

from holdfast.errors import DiskError

pytestmark = pytest.mark.slow

SHARES = 2
"""Each work's steps are divided among so many tests, for as many cores."""


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with serve() as server:
        yield server


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    with Victims() as zygote:
        yield zygote


def _cases(row: int) -> list[Any]:
    return [
        pytest.param(work, share, id=f"{ids(row)}-{work}-{share + 1}-of-{SHARES}")
        for work in WORKS
        for share in range(SHARES)
    ]


@pytest.mark.parametrize(("work", "share"), _cases(55))
def test_any_operation_fails(work: str, share: int, tmp_path: Path, origin: Origin) -> None:
    stage = Stage(WORKS[work], tmp_path, origin)
    untold = []
    for number, step in enumerate(spread(stage.steps, share, SHARES)):
        disk = FaultyDisk(step, code=errno.EIO if number % 2 else errno.ENOSPC)
        root = stage.copy()
        error = _error(stage, root, disk)
        # Only what is not needed any more may stay where it is without a word.
        if error is None and step.operation != "unlink":
            untold.append(step)
        assert error is None or (error.exit_code, bool(error.hint)) == (1, True)
        assert disk.hit, step
        stage.check_cut_off(root, killed=False)
        stage.finish(root)
        stage.remove(root)
    assert not untold


@pytest.mark.parametrize(("work", "share"), _cases(56))
def test_killed_at_any_operation(
    work: str, share: int, tmp_path: Path, origin: Origin, victims: Victims
) -> None:
    stage = Stage(WORKS[work], tmp_path, origin)
    for step in spread(stage.steps, share, SHARES):
        root = stage.copy()
        ended = victims.kill(step, stage.work.verb, stage.settings(root), stage.work.modes)
        assert ended == -signal.SIGKILL, step
        stage.check_cut_off(root, killed=True)
        stage.finish(root)
        stage.remove(root)


def _error(stage: Stage, root: Path, disk: FaultyDisk) -> DiskError | None:
    try:
        stage.work.run(root, stage.origin, disk)
    except DiskError as error:
        return error
    return None


@pytest.mark.parametrize("work", [pytest.param(work, id=f"{ids(57)}-{work}") for work in WORKS])
def test_what_counts_is_durable_before_what_builds_on_it(work: str, tmp_path: Path, origin: Origin) -> None:
    root = tmp_path / "site"
    WORKS[work].prepare(root, origin)
    disk = PowerDisk(root)
    WORKS[work].run(root, origin, disk)
    assert disk.replaced if WORKS[work].verb != "verify" else not disk.replaced
    assert disk.loose() == set()

"""Every row of the campaign has its test."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.campaign.rows import ROWS, ids

HERE = Path(__file__).parent
_ID = re.compile(r"(?P<file>\w+)\.py::\w+\[(?P<id>[^\]]*)\]$")


@pytest.fixture(scope="module")
def collected() -> dict[str, list[str]]:
    """By module: the ids of its parametrised tests, as pytest itself collects them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", str(HERE)]
    done = subprocess.run(
        [*command, f"--ignore={__file__}"], cwd=HERE.parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        if match := _ID.search(line):
            found.setdefault(match["file"], []).append(match["id"])
    return found


def test_the_table_is_whole() -> None:
    assert list(ROWS) == list(range(1, 79))
    assert len({row.name for row in ROWS.values()}) == len(ROWS)


def test_every_row_has_a_test_that_begins_with_its_number(collected: dict[str, list[str]]) -> None:
    missing = [
        ids(number)
        for number, row in ROWS.items()
        if not row.instead and not any(name.startswith(ids(number)) for name in collected.get(row.module, []))
    ]
    assert not missing


def test_no_test_claims_a_row_that_is_not_there(collected: dict[str, list[str]]) -> None:
    known = {ids(number) for number in ROWS}
    claimed = {name for names in collected.values() for name in names if re.match(r"\d\d-", name)}
    assert not [name for name in claimed if not any(name.startswith(one) for one in known)]

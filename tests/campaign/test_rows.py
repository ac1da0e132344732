"""Every row of the campaign has its test."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.campaign.rows import ROWS, SHOWN, ids

from holdfast import reasons

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_ID = re.compile(r"(?P<file>[\w/]+)\.py::(?P<test>\w+)(?:\[(?P<id>.*)\])?$")


@pytest.fixture(scope="module")
def names(pytestconfig: pytest.Config, all_collected: list[str]) -> list[tuple[str, str, str]]:
    """File, function and parameters' id of every test here, and of those named, as pytest collects them."""
    others = {f"{name.partition('::')[0]}.py" for name in SHOWN.values() if "/" in name}
    every = others | {path.relative_to(ROOT).as_posix() for path in HERE.glob("test_*.py")}
    whole = not any("::" in argument for argument in pytestconfig.args)
    if whole and every <= {name.partition("::")[0] for name in all_collected}:
        return _parts([name for name in all_collected if name.partition("::")[0] in every])
    return _parts(_collected(sorted(others)))


def _collected(others: Sequence[str]) -> list[str]:
    """For a run of some files only."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-m",
        "",
        "-p",
        "no:cacheprovider",
        str(HERE),
    ]
    done = subprocess.run(
        [*command, *others, f"--ignore={__file__}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def _parts(lines: Sequence[str]) -> list[tuple[str, str, str]]:
    return [
        (match["file"], match["test"], match["id"] or "") for line in lines if (match := _ID.search(line))
    ]


@pytest.fixture(scope="module")
def collected(names: list[tuple[str, str, str]]) -> dict[str, list[str]]:
    """By module: the ids of its parametrised tests."""
    found: dict[str, list[str]] = {}
    for file, _, name in names:
        if name:
            found.setdefault(file.rpartition("/")[2], []).append(name)
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


def test_every_reason_code_is_shown_by_a_test(names: list[tuple[str, str, str]]) -> None:
    """The README explains each code: each is met by somebody, through the real command."""
    assert SHOWN.keys() == reasons.REASONS.keys() | reasons.SKIPS.keys()
    known = [f"{file}::{test}" + (f"[{name}]" if name else "") for file, test, name in names]
    for code, shown in SHOWN.items():
        where = shown if "/" in shown else f"tests/campaign/{shown}"
        assert any(each.startswith(where) for each in known), f"{code}: there is no {where}"
        source = (ROOT / f"{where.partition('::')[0]}.py").read_text(encoding="utf-8")
        assert re.search(rf"[\"'`]{re.escape(code)}[\"'`]", source), f"{where} does not say {code}"

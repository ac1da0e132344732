"""The memory between runs: what counts as a failure, what survives a kill, what becomes of a broken file."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.check.memory import Memory, Remembered
from holdfast.check.remembered import after, joined
from holdfast.model import Answer, Verdict

URL = "https://a.lan/x"
OK = Answer(Verdict.OK, status=200, etag='"1"', last_modified="then")
GONE = Answer(Verdict.BROKEN, "http-404", status=404)
BLOCKED = Answer(Verdict.UNVERIFIED, "challenge", status=403)
MOVED = Answer(Verdict.REDIRECTED, status=200, final_url="https://b.lan/", permanent=True)


def day(number: int) -> str:
    return f"2026-11-{number:02d}T12:00:00Z"


ROWS: list[tuple[list[Answer], int, str | None]] = [
    ([OK], 0, None),
    ([GONE], 1, day(1)),
    ([GONE, GONE, GONE], 3, day(1)),
    ([OK, GONE, GONE], 2, day(2)),
    ([GONE, OK], 0, None),
    ([GONE, MOVED, GONE], 1, day(3)),
    # what nobody can verify proves neither
    ([GONE, BLOCKED, GONE], 2, day(1)),
    ([BLOCKED], 0, None),
]


@pytest.mark.parametrize(("answers", "failures", "first"), ROWS)
def test_failures_are_counted_in_a_row(
    tmp_path: Path, answers: list[Answer], failures: int, first: str | None
) -> None:
    for number, answer in enumerate(answers, 1):
        memory = Memory.open(tmp_path / "m")
        memory.note(URL, answer, day(number))
        memory.close()
    memory = Memory.open(tmp_path / "m")
    known = memory.recall(URL)
    assert known is not None
    assert (known.failures, known.first_failed, known.checked) == (failures, first, day(len(answers)))
    assert [each.url for each in memory.failing()] == ([URL] if failures else [])
    memory.close()
    assert memory.notices == []


def test_everything_that_is_known_comes_back(tmp_path: Path) -> None:
    for number, answer in enumerate((OK, GONE, BLOCKED, MOVED)):
        memory = Memory.open(tmp_path / "m")
        noted = memory.note(f"{URL}{number}", answer, day(1))
        memory.close()
        memory = Memory.open(tmp_path / "m")
        assert memory.recall(f"{URL}{number}") == noted
        memory.close()


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1700])
def test_many_come_back_as_each_of_them_does(tmp_path: Path, count: int) -> None:
    names = [f"{URL}{number}" for number in range(count)]
    memory = Memory.open(tmp_path / "m")
    assert list(memory.recall_all(names)) == [(name, None) for name in names]
    for number, name in enumerate(names):
        if number % 3:
            memory.note(name, (OK, GONE, BLOCKED, MOVED)[number % 4], day(1))
    memory.close()
    memory = Memory.open(tmp_path / "m")
    for name in names[::7]:
        memory.note(name, GONE, day(2))  # waits to be written, and counts all the same
    assert list(memory.recall_all(names)) == [(name, memory.recall(name)) for name in names]
    memory.close()
    assert memory.notices == []


@pytest.mark.parametrize("answer", [OK, GONE, BLOCKED, MOVED])
@pytest.mark.parametrize("before", [OK, GONE, BLOCKED, MOVED])
def test_what_is_noted_is_what_follows_from_what_was_known(
    tmp_path: Path, before: Answer, answer: Answer
) -> None:
    memory = Memory.open(tmp_path / "m")
    known = memory.note(URL, before, day(1))
    memory.close()
    memory = Memory.open(tmp_path / "m")
    assert memory.note(URL, answer, day(2), "terms") == after(known, URL, answer, day(2), "terms")
    memory.close()


def test_nothing_is_created_before_there_is_something_to_keep(tmp_path: Path) -> None:
    memory = Memory.open(tmp_path / "m")
    assert memory.recall(URL) is None
    assert list(memory.failing()) == []
    memory.forget(day(1))
    memory.close()
    assert list(tmp_path.iterdir()) == []


def test_no_password_is_kept(tmp_path: Path) -> None:
    memory = Memory.open(tmp_path / "m")
    memory.note("https://me:secret@a.lan/x", OK, day(1))
    memory.close()
    assert b"secret" not in (tmp_path / "m").read_bytes()


def test_what_nothing_refers_to_any_more_is_forgotten(tmp_path: Path) -> None:
    memory = Memory.open(tmp_path / "m")
    for name, answer, when in (("old", OK, 1), ("new", OK, 9), ("dead", GONE, 1), ("gone", GONE, 1)):
        memory.note(f"https://a.lan/{name}", answer, day(when))
    memory.forget(day(5))
    assert [each.url for each in memory.failing()] == ["https://a.lan/dead", "https://a.lan/gone"]
    memory.forget(day(5), ["https://a.lan/gone"])
    left = [name for name in ("old", "new", "dead", "gone") if memory.recall(f"https://a.lan/{name}")]
    assert left == ["new", "dead"]
    memory.close()


def test_a_row_from_the_future_does_not_swallow_failures(tmp_path: Path) -> None:
    for moment in ("2036-01-01T00:00:00Z", day(2), day(3)):
        memory = Memory.open(tmp_path / "m")
        known = memory.note(URL, OK if moment.startswith("2036") else GONE, moment)
        memory.close()
    assert known.failures == 2


def test_what_a_server_sends_can_be_kept(tmp_path: Path) -> None:
    memory = Memory.open(tmp_path / "m")
    memory.note(URL, Answer(Verdict.BROKEN, "protocol", "bad \udcff byte", etag="\udc80"), day(1))
    memory.close()
    memory = Memory.open(tmp_path / "m")
    known = memory.recall(URL)
    assert known is not None
    assert known.detail == "bad \\udcff byte"
    memory.close()
    assert memory.notices == []


def test_what_has_recovered_is_no_failure_though_it_cannot_be_written(tmp_path: Path) -> None:
    memory = Memory.open(tmp_path / "m")
    memory.note(URL, GONE, day(1))
    memory.close()
    holder = sqlite3.connect(tmp_path / "m", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    memory = Memory.open(tmp_path / "m")
    memory.note(URL, OK, day(2))
    assert memory._rows is not None
    memory._rows.execute("PRAGMA query_only = ON")
    assert list(memory.failing()) == []
    memory.close()
    holder.close()


# -- files that cannot be used ------------------------------------------------------------------------------


def damage_garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 500)


def damage_truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def damage_header_only(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def damage_overwritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(random.Random(1).randbytes(4096))
    path.write_bytes(data)


def damage_other_table(path: Path) -> None:
    path.unlink()
    rows = sqlite3.connect(path)
    rows.execute("CREATE TABLE checks (name TEXT)")
    rows.execute("PRAGMA user_version = 1")
    rows.commit()
    rows.close()


@pytest.mark.parametrize(
    "damage",
    [damage_garbage, damage_truncated, damage_header_only, damage_overwritten, damage_other_table],
    ids=lambda damage: damage.__name__.removeprefix("damage_"),
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "m"
    memory = Memory.open(path)
    for number in range(200):
        memory.note(f"{URL}{number}", GONE, day(1))
    memory.close()
    damage(path)
    damaged = path.read_bytes()
    memory = Memory.open(path)
    assert len(list(memory.recall_all(f"{URL}{number}" for number in range(200)))) == 200
    for number in range(200):
        memory.recall(f"{URL}{number}")
    memory.note(URL, GONE, day(2))
    memory.close()
    assert len(memory.notices) == 1
    assert "m.broken-1" in memory.notices[0]
    assert (tmp_path / "m.broken-1").read_bytes() == damaged
    memory = Memory.open(path)
    known = memory.recall(URL)
    assert known is not None
    assert known.failures == 1
    memory.close()
    assert memory.notices == []


def test_a_file_of_a_newer_holdfast_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m"
    rows = sqlite3.connect(path)
    rows.execute("PRAGMA user_version = 7")
    rows.close()
    before = path.read_bytes()
    memory = Memory.open(path)
    memory.note(URL, GONE, day(1))
    assert [known.url for known in memory.failing()] == [URL]
    memory.close()
    assert path.read_bytes() == before
    assert "newer holdfast (format 7)" in memory.notices[0]


def test_a_file_of_an_older_holdfast_is_carried_on(tmp_path: Path) -> None:
    path = tmp_path / "m"
    with sqlite3.connect(path) as rows:
        rows.execute(
            "CREATE TABLE checks (url TEXT PRIMARY KEY, verdict TEXT NOT NULL, reason TEXT NOT NULL, "
            "status INTEGER, detail TEXT NOT NULL, final_url TEXT, permanent INTEGER NOT NULL, "
            "checked TEXT NOT NULL, first_failed TEXT, failures INTEGER NOT NULL, etag TEXT, "
            "last_modified TEXT) WITHOUT ROWID"
        )
        rows.execute(
            "INSERT INTO checks VALUES (?, 'broken', 'http-404', 404, '', NULL, 0, ?, ?, 1, NULL, NULL)",
            (URL, day(1), day(1)),
        )
        rows.execute("PRAGMA user_version = 1")
    rows.close()
    memory = Memory.open(path)
    assert memory.note(URL, GONE, day(2), "other").failures == 2
    memory.close()
    assert memory.notices == []
    memory = Memory.open(path)
    known = memory.recall(URL)
    memory.close()
    assert known is not None
    assert (known.first_failed, known.terms) == (day(1), "other")


def test_a_folder_in_its_place_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    memory = Memory.open(tmp_path / "m")
    assert memory.note(URL, GONE, day(1)).failures == 1
    assert memory.note(URL, GONE, day(2)).failures == 2
    memory.close()
    assert len(memory.notices) == 1
    assert "goes on without it" in memory.notices[0]


# -- kills, and runs at the same time -----------------------------------------------------------------------

_WRITER = """
import sys
from holdfast.check.memory import Memory
from holdfast.model import Answer, Verdict
memory = Memory.open(__import__("pathlib").Path(sys.argv[1]), clock=iter(range(0, 10**9, 3)).__next__)
for number in range(10**6):
    memory.note(f"https://a.lan/{number % 500}", Answer(Verdict.BROKEN, "http-404"), sys.argv[2])
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_leaves_what_was_written(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "m"
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), day(1)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        last = 0
        until = random.Random(seed).randrange(20, 400)
        for line in child.stdout:
            last = int(line)
            if last >= until:
                break
        os.kill(child.pid, signal.SIGKILL)
        child.stdout.read()
    memory = Memory.open(path)
    known = [memory.recall(f"https://a.lan/{number}") for number in range(last)]
    assert all(each is not None for each in known[: last - 1])
    memory.note(URL, OK, day(2))
    memory.close()
    assert memory.notices == []


def test_of_two_runs_that_meet_a_damaged_file_one_sets_it_aside(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    one, two = Memory.open(path), Memory.open(path)
    one.note(URL, GONE, day(1))
    one.close()
    two.note("https://b.lan/", GONE, day(1))
    two.close()
    memory = Memory.open(path)
    assert [known.url for known in memory.failing()] == [URL, "https://b.lan/"]
    memory.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["m", "m.broken-1"]


def test_two_runs_at_once_count_one_failure(tmp_path: Path) -> None:
    one, two = Memory.open(tmp_path / "m"), Memory.open(tmp_path / "m")
    for memory in (one, two):
        memory.note(URL, GONE, day(1))
    one.close()
    two.note("https://b.lan/", GONE, day(1))
    two.close()
    memory = Memory.open(tmp_path / "m")
    assert [(known.url, known.failures) for known in memory.failing()] == [(URL, 1), ("https://b.lan/", 1)]
    memory.close()


def test_a_transaction_of_another_run_is_waited_for(tmp_path: Path) -> None:
    memory = Memory.open(tmp_path / "m")
    memory.note(URL, GONE, day(1))
    memory.close()
    holder = (
        "import sqlite3, sys, time; rows = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "rows.execute('BEGIN EXCLUSIVE'); print('held', flush=True); time.sleep(0.5); rows.execute('COMMIT')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path / "m")], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        memory = Memory.open(tmp_path / "m")
        assert memory.note(URL, GONE, day(2)).failures == 2
        memory.close()
    assert memory.notices == []


# -- properties ---------------------------------------------------------------------------------------------

_ANSWERS = st.sampled_from([OK, GONE, BLOCKED, MOVED])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), _ANSWERS, st.booleans()), max_size=30))
def test_it_agrees_with_a_dictionary(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    path = tmp_path_factory.mktemp("memory") / "m"
    model: dict[str, Remembered] = {}
    memory = Memory.open(path)
    for number, (name, answer, reopen) in enumerate(steps):
        url = f"https://{name}.lan/"
        moment = f"2026-11-01T00:00:{number:02d}Z"
        model[url] = after(model.get(url), url, answer, moment)
        assert memory.note(url, answer, moment) == model[url]
        if reopen:
            memory.close()
            memory = Memory.open(path)
    assert list(memory.failing()) == [model[url] for url in sorted(model) if model[url].failures]
    memory.close()


_KNOWN = st.builds(
    lambda failures, first, last: Remembered(
        URL,
        "broken" if failures else "ok",
        checked=day(max(first, last)),
        first_failed=day(first) if failures else None,
        failures=failures,
    ),
    st.integers(0, 4),
    st.integers(1, 9),
    st.integers(1, 9),
)


@given(_KNOWN, _KNOWN)
def test_the_order_of_merging_is_irrelevant(one: Remembered, two: Remembered) -> None:
    assert joined(one, two) == joined(two, one)
    assert joined(one, one) == one


def test_a_success_after_the_last_failure_told_ends_it() -> None:
    good = Remembered(URL, "ok", checked=day(5))
    told = Remembered(URL, "broken", checked=day(3), first_failed=day(1), failures=3)
    assert joined(good, told) == good
    later = Remembered(URL, "broken", checked=day(6), first_failed=day(6), failures=1)
    assert joined(told, later).failures == 3
    assert joined(told, later).first_failed == day(1)


@pytest.mark.slow
def test_many_rows_in_bounded_memory(tmp_path: Path) -> None:
    import resource

    memory = Memory.open(tmp_path / "m", clock=time.monotonic)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(300_000):
        memory.note(f"https://host-{number % 977}.lan/some/path/{number}", OK, day(1))
    memory.close()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # KiB

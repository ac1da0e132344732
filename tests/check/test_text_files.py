"""The baseline and the history: text made for git, read back whatever a merge made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.check import baseline, history
from holdfast.check.baseline import Baseline, Entry
from holdfast.check.judging import fresh, in_grace
from holdfast.check.remembered import Remembered
from holdfast.errors import HoldfastError

URL = "https://a.lan/x"


def failing(url: str, failures: int = 1, first: int = 1, last: int = 2) -> Remembered:
    moment = "2026-11-{:02d}T12:00:00Z".format
    return Remembered(
        url, "broken", "http-404", 404, checked=moment(last), first_failed=moment(first), failures=failures
    )


# -- history ------------------------------------------------------------------------------------------------


def test_the_history_is_sorted_text_and_says_the_same_twice(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    told = [failing("https://b.lan/"), failing(URL, 3), Remembered("https://ok.lan/", "ok", checked="x")]
    history.save(path, told)
    assert path.read_text() == (
        '{"holdfast-history":1}\n'
        '{"url":"https://a.lan/x","reason":"http-404","status":404,"first_failed":"2026-11-01T12:00:00Z",'
        '"last":"2026-11-02T12:00:00Z","failures":3}\n'
        '{"url":"https://b.lan/","reason":"http-404","status":404,"first_failed":"2026-11-01T12:00:00Z",'
        '"last":"2026-11-02T12:00:00Z"}\n'
    )
    before = path.stat().st_mtime_ns
    history.save(path, reversed(told))
    assert path.stat().st_mtime_ns == before
    assert history.load(path) == [failing(URL, 3), failing("https://b.lan/")]


def test_a_union_merge_of_two_histories_is_read_as_one(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one", "two", "both", "turned")]
    history.save(paths[0], [failing(URL, 3, 1, 5), failing("https://b.lan/")])
    history.save(paths[1], [failing(URL, 1, 6, 6)])
    texts = [path.read_text() for path in paths[:2]]
    paths[2].write_text(texts[0] + texts[1])
    paths[3].write_text(texts[1] + "\n" + texts[0])
    assert (
        history.load(paths[2]) == history.load(paths[3]) == [failing(URL, 3, 1, 6), failing("https://b.lan/")]
    )


def test_a_history_that_was_cut_off_is_told(tmp_path: Path) -> None:
    path = tmp_path / "h"
    history.save(path, [failing("https://b.lan/"), failing(URL)])
    path.write_bytes(path.read_bytes()[:-9])
    notices: list[str] = []
    assert history.load(path, notices) == [failing(URL)]
    assert notices == [f"{path}:3: the last line was cut off, and is dropped"]


def test_a_history_is_written_where_its_symlink_leads_and_keeps_its_mode(tmp_path: Path) -> None:
    history.save(tmp_path / "new folder" / "h", [failing(URL)])
    real = tmp_path / "real"
    real.write_text("")
    real.chmod(0o600)
    (tmp_path / "link").symlink_to(real)
    history.save(tmp_path / "link", [failing(URL)])
    assert (tmp_path / "link").is_symlink()
    assert history.load(real) == history.load(tmp_path / "new folder" / "h") == [failing(URL)]
    assert real.stat().st_mode & 0o777 == 0o600


def test_no_password_of_a_history_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "h"
    history.save(path, [failing("https://me:secret@a.lan/x")])
    assert [known.url for known in history.load(path)] == [URL]


def test_no_history_yet_is_an_empty_one(tmp_path: Path) -> None:
    assert history.load(tmp_path / "none") == []


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(1, 99)), unique_by=lambda row: row[0]))
def test_histories_round_trip(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]) -> None:
    path = tmp_path_factory.mktemp("history") / "h"
    told = [failing(f"https://a.lan/{url}", failures) for url, failures in rows if url.isprintable()]
    history.save(path, told)
    assert history.load(path) == sorted(told, key=lambda known: known.url)


# -- baseline -----------------------------------------------------------------------------------------------


def test_a_baseline_keeps_dates_and_drops_what_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    local = Entry(url="../b.md", path="a.md", reason="no-file")
    baseline.write(path, [Entry(url=URL, reason="dns"), local], "2026-11-01")
    assert path.read_text() == (
        '{"holdfast-baseline":1}\n'
        '{"url":"../b.md","path":"a.md","reason":"no-file","accepted":"2026-11-01"}\n'
        '{"url":"https://a.lan/x","reason":"dns","accepted":"2026-11-01"}\n'
    )
    old = baseline.load(path)
    assert baseline.load(path).entries() == old.entries()
    baseline.write(path, [Entry(url="https://new.lan/"), local], "2026-11-09", old)
    new = baseline.load(path)
    assert (new.accepted("../b.md", "a.md"), new.accepted("https://new.lan/")) == ("2026-11-01", "2026-11-09")
    assert new.accepted(URL) is None
    assert new.accepted("../b.md", "other.md") is None


def test_of_two_branches_the_earlier_date_counts() -> None:
    rows = [Entry(url=URL, accepted="2026-11-09"), Entry(url=URL, accepted="2026-11-01")]
    assert Baseline(rows).accepted(URL) == Baseline(reversed(rows)).accepted(URL) == "2026-11-01"


UNREADABLE = [
    ("", "no such file"),
    ("# Links\n", "f:1: this is no baseline file of holdfast"),
    ('{"url":"https://a/"}\n', "f:1: this is no baseline file of holdfast"),
    ('{"holdfast-history":1}\n', "f:1: this is no baseline file of holdfast"),
    ('{"holdfast-baseline":9}\n', "written by a newer holdfast (format 9)"),
    ('{"holdfast-baseline":1}\n{"url":1}\n', "f:2: cannot be read"),
    ('{"holdfast-baseline":1}\n\n{"url":"x"\n', "f:3: cannot be read"),
    ('{"holdfast-baseline":1}\n' + "[" * 5000, "f:2: cannot be read"),
    ('{"holdfast-baseline":1}\n<<<<<<< HEAD\n=======\n>>>>>>> b\n', "f:2: git's conflict markers"),
]


@pytest.mark.parametrize(("text", "said"), UNREADABLE)
def test_what_cannot_be_read_is_named_by_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "f"
    if text:
        path.write_text(text)
    with pytest.raises(HoldfastError) as caught:
        baseline.load(path)
    assert said in str(caught.value)
    assert caught.value.exit_code == 1
    assert caught.value.hint
    if text:
        assert path.read_text() == text


# -- judging ------------------------------------------------------------------------------------------------

NOW = "2026-11-10T12:00:00Z"
FRESH = [
    ("ok", "2026-11-10T11:00:00Z", 86400, True),
    ("redirected", "2026-11-09T12:00:00Z", 86400, True),
    ("ok", "2026-11-09T11:59:59Z", 86400, False),
    ("ok", "2026-11-10T12:00:00Z", 0, False),
    ("broken", "2026-11-10T12:00:00Z", 86400, False),
    ("unverified", "2026-11-10T12:00:00Z", 86400, False),
    ("ok", "2026-11-11T12:00:00Z", 86400, False),
    ("ok", "yesterday", 86400, False),
]
GRACE = [
    (1, 1, True),
    (2, 1, True),
    (3, 1, False),
    (3, 3, False),
    (3, 4, True),
    (9, 9, True),
    (9, 3, False),
]


@pytest.mark.parametrize(("verdict", "checked", "most", "expected"), FRESH)
def test_only_good_answers_are_fresh_and_only_for_so_long(
    verdict: str, checked: str, most: float, expected: bool
) -> None:
    assert fresh(Remembered(URL, verdict, checked=checked), most, NOW) is expected


@pytest.mark.parametrize(("failures", "first", "expected"), GRACE)
def test_grace_asks_for_failures_and_for_time(failures: int, first: int, expected: bool) -> None:
    assert in_grace(failing(URL, failures, first), (3, 7 * 86400), NOW) is expected

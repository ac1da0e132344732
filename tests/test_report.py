"""How results are written: numbers, plurals, columns, and text that must not steer what it stands in."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from holdfast import cli, reasons, report
from holdfast.report.table import align, cells
from holdfast.results import (
    ArchiveResult,
    CheckedUrl,
    CheckResult,
    CheckSummary,
    DocumentNotice,
    Fault,
    HeldAsset,
    HostTotals,
    ListedAsset,
    ListResult,
    OfflineResult,
    Passed,
    Place,
    Problem,
    RestoreResult,
    Revived,
    ScanResult,
    VerifyResult,
)
from holdfast.words import count, shorten, size, visible

HOSTILE = "a\x1b[31m\r\n\u202e\x07|`b"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (41819, "40.8 KiB"),
        (25 * 1024**2, "25.0 MiB"),
        (3 * 1024**5, "3072.0 TiB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text


def test_plurals() -> None:
    assert count(1, "document") == "1 document"
    assert count(0, "document") == "0 documents"
    assert count(12345, "loss", "losses") == "12,345 losses"


def test_long_urls_keep_both_ends() -> None:
    text = shorten("https://pics.example/" + "x" * 200 + "/last.png", 40)
    assert len(text) <= 40
    assert text.startswith("https://pics.")
    assert text.endswith("/last.png")
    assert shorten("short", 5) == "short"


# -- columns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("灯塔", 4),
        ("かな", 4),
        ("한글", 4),
        ("ｆｕｌｌ", 8),
        ("ｱｲ", 2),
        ("e\u0301", 1),
        ("…→", 2),
        ("🖼", 1),
    ],
)
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width


@given(st.text(st.characters(categories=["L", "N", "P"]), max_size=30))
def test_cells_agree_with_a_second_opinion(text: str) -> None:
    """rich draws tables; where the two differ, it is by newer versions of Unicode, hardly and rarely."""
    assert abs(cells(text) - cell_len(text)) <= max(2, len(text) // 3)


def test_columns_are_as_wide_as_a_terminal_draws_them() -> None:
    lines = align([("灯塔.md:1:5", "12"), ("lighthouse.md:10:5", "3"), ("é", "1,000")], "<>")
    assert lines == [
        "灯塔.md:1:5            12",
        "lighthouse.md:10:5      3",
        "é                   1,000",
    ]
    assert len({cells(line) for line in lines}) == 1
    assert align([], "<>") == []


@given(st.lists(st.tuples(st.text(st.characters(categories=["L", "N"])), st.text("灯a塔b")), min_size=1))
def test_the_second_column_begins_at_one_cell(rows: list[tuple[str, str]]) -> None:
    lines = align([(first, f"|{second}") for first, second in rows], "<<")
    assert len({cells(line[: line.index("|")]) for line in lines}) == 1


# -- hostile text ----------------------------------------------------------------------------------------


def full() -> dict[str, object]:
    """A result of every command in which everything that comes from elsewhere is hostile."""
    place = Place(HOSTILE, 1, 2)
    asset = HeldAsset(url=HOSTILE, path=HOSTILE, sha256="0" * 64, bytes=1, media="image/png")
    notice = DocumentNotice(path=HOSTILE, code="x", message=HOSTILE, line=1, column=1, severe=True)
    return {
        "archive": ArchiveResult(
            failed=[Problem(url=HOSTILE, reason="dns", detail=HOSTILE, locations=(place,) * 7)],
            skipped=[Passed(url=HOSTILE, reason="dynamic", locations=(place,))],
            assets=[asset],
            largest=[asset],
            stored=1,
            by_host={HOSTILE: HostTotals(urls=1)},
            warnings=[HOSTILE],
            notices=[notice],
        ),
        "check": CheckResult(
            summary=CheckSummary(failing=2),
            results=[
                CheckedUrl(url=HOSTILE, verdict=verdict, tolerated=tolerated, permanent=True, **said)
                for said in (
                    {
                        "reason": "dns",
                        "detail": HOSTILE,
                        "hint": HOSTILE,
                        "final_url": HOSTILE,
                        "locations": (place,) * 7,
                        "accepted": HOSTILE,
                        "first_failed": HOSTILE,
                        "failures": 2,
                    },
                )
                for verdict in ("broken", "unverified", "redirected", "excluded")
                for tolerated in ("", "baseline", "grace")
            ],
            revived=[Revived(url=HOSTILE, path=HOSTILE, accepted=HOSTILE)],
            warnings=[HOSTILE],
            notices=[notice],
        ),
        "restore": RestoreResult(notices=[notice], warnings=[HOSTILE]),
        "scan": ScanResult(notices=[notice]),
        "verify": VerifyResult(
            faults=[Fault(path=HOSTILE, kind="missing", detail=HOSTILE, url=HOSTILE)], warnings=[HOSTILE]
        ),
        "offline": OfflineResult(
            copy=HOSTILE,
            base_url="https://blog.example/",
            missing=[
                Problem(url=HOSTILE, reason="http-404", detail=HOSTILE, locations=(Place(HOSTILE, 1, 1),))
            ],
            skipped=[Passed(url=HOSTILE, reason="skipped", locations=(Place(HOSTILE, 1, 1),))],
            unbuilt=[Problem(url=HOSTILE, reason="no-file", locations=(Place(HOSTILE, 1, 1),))],
            feeds=[HOSTILE],
            searches=[HOSTILE],
            new=[HOSTILE],
            proof="not-proved",
            proof_report=HOSTILE,
            warnings=[HOSTILE],
            notices=[notice],
        ),
        "list": ListResult(
            assets=[
                ListedAsset(url=HOSTILE, new=HOSTILE, path=HOSTILE, sha256="", bytes=1, documents=(HOSTILE,))
            ],
            warnings=[HOSTILE],
        ),
    }


@pytest.mark.parametrize(
    ("command", "name"),
    [(command, name) for command, rows in report.FORMATS.items() for name in rows if name != "csv"],
)
def test_no_text_from_elsewhere_steers_a_terminal(command: str, name: str) -> None:
    """Of what people read; JSON escapes control characters, and is for programs otherwise."""
    steering = r"[\x00-\x09\x0b-\x1f\x7f]" if "json" in name else r"[\x00-\x09\x0b-\x1f\x7f\u202e]"
    assert not re.search(steering, report.FORMATS[command][name](full()[command]))
    assert not re.search(steering, report.aside(command, name, full()[command]))


def test_markdown_cells_stay_cells() -> None:
    text = report.FORMATS["archive"]["markdown"](full()["archive"])
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7, 4}
    assert not [row for row in rows if row.count("`") % 2]


def test_csv_gives_back_what_went_in_and_runs_no_formula() -> None:
    listed = ListedAsset(
        url='https://x.example/a"b,c\n',
        new="=1+1",
        path="@x",
        sha256="0",
        bytes=3,
        documents=("a.md", "b.md"),
    )
    text = report.FORMATS["list"]["csv"](ListResult(assets=[listed]))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [
        ["url", "new", "path", "sha256", "bytes", "documents"],
        ['https://x.example/a"b,c\n', "'=1+1", "'@x", "0", "3", "a.md;b.md"],
    ]


def test_visible_leaves_readable_text_alone() -> None:
    assert visible("灯塔/é (1).png") == "灯塔/é (1).png"
    assert visible("a\nb") == r"a\nb"


# -- reasons ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [*reasons.REASONS, "http-404", "http-503", "http-418", "http-599"])
def test_every_failure_is_told_with_what_to_do(reason: str) -> None:
    problem = Problem(url="https://x.example/a.png", reason=reason, locations=(Place("a.md", 1, 5),))
    text = report.FORMATS["archive"]["text"](ArchiveResult(failed=[problem], urls=1))
    row = reasons.describe(reason)
    assert f"1 failure: {row.meaning} [{reason}]\n" in text
    assert "    a.md:1:5\n" in text
    assert f"  → {row.advice}\n" in text
    assert row.advice


@pytest.mark.parametrize("reason", reasons.SKIPS)
def test_every_skip_is_told(reason: str) -> None:
    passed = Passed(url="https://x.example/a.png", reason=reason, locations=(Place("a.md", 1, 5),))
    text = report.FORMATS["archive"]["text"](ArchiveResult(skipped=[passed]))
    assert f"1 skipped: {reasons.SKIPS[reason].meaning} [{reason}]\n" in text
    assert ("a.md:1:5" in text) == bool(reasons.SKIPS[reason].advice)


def test_advice_names_only_commands_and_options_that_there_are() -> None:
    options = {
        name for command in cli.main.commands.values() for each in command.params for name in each.opts
    }
    for row in (*reasons.REASONS.values(), *reasons.SKIPS.values(), reasons.describe("http-429")):
        assert set(re.findall(r"--[a-z][a-z-]+", row.advice)) <= options, row
        assert set(re.findall(r"`?holdfast ([a-z]+)", row.advice)) <= set(cli.main.commands), row


def test_many_are_counted_and_not_listed() -> None:
    problems = [
        Problem(url=f"https://x.example/{number:03}", reason="dns", locations=(Place("a.md", 1, 5),) * 5)
        for number in range(50)
    ]
    hosts = {f"h{number:03}.example": HostTotals(urls=1) for number in range(30)}
    text = report.FORMATS["archive"]["text"](ArchiveResult(failed=problems, by_host=hosts))
    assert "50 failures: the host name did not resolve [dns]\n" in text
    assert "  … and 30 more (--format json lists all)\n" in text
    assert "    … and 2 more places\n" in text
    assert "… and 10 more hosts\n" in text
    assert "x.example/020" not in text


def test_limits_of_hosts_that_are_near_are_told() -> None:
    big = HeldAsset(url="u", path="p", sha256="", bytes=30 * 1024**2, media="video/mp4")
    text = report.FORMATS["archive"]["text"](
        ArchiveResult(stored=1, largest=[big], total_bytes=1000 * 1024**2)
    )
    assert re.search(r"note: 1000\.0 MiB are held; .* takes", text)
    assert re.search(r"note: 1 file is larger than .* takes", text)
    few = report.FORMATS["archive"]["text"](ArchiveResult(stored=1, total_bytes=100 * 1024**2))
    assert "note:" not in few

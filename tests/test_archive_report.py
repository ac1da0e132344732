"""What `holdfast archive` says: for programs as JSON, for a pull request as Markdown, for people as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import pictures
from tests.life import HOST, Life, post, routes, sha256
from tests.servers import Origin, Reply

SMALL, LARGE = pictures.png(seed=1), pictures.photo(seed=2)
BADGE = "https://img.shields.io/badge/a-b-green"
FIELDS = {
    *("schema", "documents", "references", "urls", "stored", "held", "failed", "skipped", "rewritten"),
    *("bytes", "seconds", "assets", "by_host"),
}
"""What other programs may count on."""


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with Origin({**routes({"/small.png": SMALL, "/large": LARGE}), "/gone": Reply(404)}) as origin:
        yield Life(
            tmp_path,
            origin,
            {
                "one.md": post(HOST + "/small.png", "http://other.example/large", BADGE),
                "deep/二.md": f"汉字 ![图]({HOST}/gone) 和 ![]({HOST}/small.png)\n\n[page]({HOST}/page)\n",
            },
        )


def test_json(life: Life) -> None:
    report = life.archived(code=2)
    assert set(report) >= FIELDS
    assert {field: report[field] for field in ("documents", "references", "urls", "stored", "held")} == {
        "documents": 2,
        "references": 6,
        "urls": 3,
        "stored": 2,
        "held": 0,
    }
    assert report["bytes"] == len(SMALL) + len(LARGE)
    assert report["rewritten"] == 2
    (failed,) = report["failed"]
    assert {"url", "reason", "detail", "attempts", "transient", "locations"} <= set(failed)
    assert (failed["url"], failed["reason"], failed["attempts"], failed["transient"]) == (
        HOST + "/gone",
        "http-404",
        1,
        False,
    )
    # lines and columns count from 1, columns in characters
    assert failed["locations"] == [{"path": "deep/二.md", "line": 1, "column": 9}]
    (skipped,) = report["skipped"]
    assert (skipped["url"], skipped["reason"]) == (BADGE, "live")
    assert skipped["locations"] == [{"path": "one.md", "line": 11, "column": 14}]
    assert {asset["url"]: asset["sha256"] for asset in report["assets"]} == {
        HOST + "/small.png": sha256(SMALL),
        "http://other.example/large": sha256(LARGE),
    }
    for asset in report["assets"]:
        assert sha256((life.root / asset["path"]).read_bytes()) == asset["sha256"]
    assert (report["by_host"]["pics.example"]["stored"], report["by_host"]["pics.example"]["failed"]) == (
        1,
        1,
    )
    assert report["by_host"]["other.example"]["bytes"] == len(LARGE)


def test_several_reports_of_one_run(life: Life, tmp_path: Path) -> None:
    done = life.archive("--format", "json=report.json", "--format", "markdown=report.md", code=2)
    assert done.stdout == ""
    report = json.loads((life.root / "report.json").read_text(encoding="utf-8"))
    assert report["stored"] == 2
    markdown = (life.root / "report.md").read_text(encoding="utf-8")
    # per host, and every failure with its place
    assert "pics.example" in markdown
    assert "other.example" in markdown
    assert "| --" in markdown or "|--" in markdown or "| :-" in markdown
    assert f"{HOST}/gone" in markdown
    assert "deep/二.md:1:9" in markdown
    done = life.archive("--format", "json=again.json", "--format", "text", code=2)
    assert "held" in done.stdout


def test_text(life: Life) -> None:
    done = life.archive(code=2)
    for said in ("http-404", HOST + "/gone", "deep/二.md:1:9", "2 stored", "1 failed", "large-"):
        assert said in done.stdout
    assert done.stderr == ""
    assert done.stdout.index("large-") < done.stdout.index("small-")  # the largest first
    quiet = life.archive("-q", code=2)
    assert (quiet.stdout, quiet.stderr) == ("", "")


def test_what_is_held_already_is_not_told_as_news(life: Life) -> None:
    life.archive(code=2)
    report = life.archived(code=2)
    assert (report["stored"], report["held"], report["assets"], report["bytes"]) == (0, 2, [], 0)
    assert report["failed"][0]["earlier"]


def test_a_diff_as_json_of_a_page_in_another_encoding(tmp_path: Path) -> None:
    page = f'<meta charset="gb18030"><p>汉字<img src="{HOST}/small.png">'.encode("gb18030")
    with Origin(routes({"/small.png": SMALL})) as origin:
        life = Life(tmp_path, origin, {"page.html": page})
        diff = life.run("archive", "--diff", "--format", "json", "--extensions", "html").json()["diff"]
        before, after = [
            line.encode("utf-8", "surrogateescape") for line in diff.splitlines() if "<meta" in line
        ]
        assert before == b"-" + page
        assert after.startswith(b"+" + page.partition(HOST.encode())[0] + b"archive/assets/")
        life.archive("--extensions", "html")
        assert HOST.encode() not in (tmp_path / "page.html").read_bytes()
        life.restore("--extensions", "html")
        assert life.documents() == life.before


@pytest.mark.parametrize(
    "arguments", [["--dry-run", "--refresh"], ["--check", "--accept-failures"], ["--diff", "--retry-failed"]]
)
def test_looking_and_doing_exclude_each_other(arguments: list[str], life: Life) -> None:
    done = life.run("archive", *arguments, code=3)
    assert done.stdout == ""
    assert "ask no server" in done.stderr
    assert not (life.root / "archive").exists()

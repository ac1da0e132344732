"""What a person sees: every command in the situations of an archive's life, as snapshots.

The pictures' bytes are the same everywhere, so names and sizes are too. See `tests.snapshots`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests import pictures
from tests.commands import environment, holdfast, tree, write
from tests.servers import Origin, Reply
from tests.snapshots import Session, bitmap, drawing, tile, within

from holdfast import cli, console, report

H = "https://pics.example"

SERVES = {
    "/cover/640": Reply(body=tile(10, 40)),
    "/a/lamp.png": Reply(body=tile(20), headers={"Content-Type": "image/jpeg"}),
    "/b/灯塔.bmp": Reply(body=bitmap(30)),
    "/%E7%81%AF%E5%A1%94.bmp": Reply(body=bitmap(30)),
    "/map": Reply(body=drawing(20)),
    "/doc.pdf": Reply(body=pictures.pdf()),
    "/gone.png": Reply(410),
    "/lost.png": Reply(404),
    "/busy.png": Reply(503),
    "/page.png": Reply(body=pictures.html()),
    "/cut.png": Reply(body=tile(40, 40)[:500]),
    "/private.png": Reply(302, headers={"Location": "http://10.1.2.3/a.png"}),
    "/active.svg": Reply(body=b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
}

POSTS = {
    "posts/lighthouse.md": f"""---
title: "海边的灯塔"
thumbnail: {H}/cover/640
---

![灯]({H}/a/lamp.png) and ![map]({H}/map)

The [source]({H}/doc.pdf).
""",
    "posts/中文/灯塔.md": f"![又是灯]({H}/a/lamp.png)\n\n第二张 ![]({H}/灯塔.bmp)\n",
    "about.md": "No picture here.\n",
}

FAILING = {
    "posts/bad.md": f"""![]({H}/gone.png)
![]({H}/lost.png) ![again]({H}/lost.png)
![]({H}/page.png) ![]({H}/cut.png)
![]({H}/private.png) ![]({H}/active.svg)
![no URL](http://[::1/x.png)
""",
    "posts/worse.md": f"![]({H}/lost.png)\n![]({H}/lost.png)\n\n![]({H}/busy.png) ![]({H}/a/lamp.png)\n",
}

LEFT_ALONE = {
    "a.md": f"""![build](https://img.shields.io/badge/build-passing-green.svg)
![](https://pics.example/{{{{ .Site.Title }}}}.png)
![](ftp://pics.example/a.png)
![ours](local.png)
![]({H}/a/lamp.png)
[a link](https://example.org/)
""",
}


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin(SERVES, tls=True) as served:
        yield served


@pytest.fixture
def new(tmp_path: Path, origin: Origin) -> Session:
    """A session in an empty site whose names all lead to the origin; nobody waits."""
    settings = f"""site = "plain"
connect-to = ["pics.example:443:127.0.0.1:{origin.port}"]
ca-file = "{origin.ca_pem}"
host-interval = 0
retries = 0
"""
    root = tmp_path / "site"
    write(root, {"holdfast.toml": settings})
    return Session(root)


# -- the days of an archive -----------------------------------------------------------------------------


def test_scan(new: Session) -> None:
    write(new.root, {**POSTS, **LEFT_ALONE})
    new("scan")
    new("scan --format jsonl posts")
    new("scan --extensions html about.md")
    new.check("scan")


def test_a_first_run_a_second_and_back(new: Session) -> None:
    write(new.root, POSTS)
    before = tree(new.root)
    new("archive")
    new("archive")
    new("list")
    new("list --format csv")
    new("verify")
    new("restore --dry-run")
    new("restore posts/lighthouse.md")
    new("restore")
    new("restore")
    assert {path: digest for path, digest in tree(new.root).items() if path in before} == before
    new("archive")
    new("archive posts/lighthouse.md --links pdf")
    new.check("life")


def test_failures_by_reason(new: Session) -> None:
    write(new.root, FAILING)
    new("archive")
    new("archive")
    new("archive --check")
    new("archive --format markdown")
    new("archive --accept-failures")
    new("archive --check")
    new.check("failures")


def test_what_is_left_alone(new: Session) -> None:
    write(new.root, LEFT_ALONE)
    new("archive --exclude lamp")
    new("archive --max-total 100")
    new.check("skipped")


def test_looking_only(new: Session) -> None:
    write(new.root, {**POSTS, **FAILING})
    new("archive --check")
    new("archive --check --format markdown")
    new("archive --dry-run")
    new("archive --dry-run --format markdown")
    new("archive --diff posts/中文")
    new("list")
    new("verify")
    new("restore --diff")
    new.check("looking")


def test_a_review_in_parts(new: Session) -> None:
    write(new.root, POSTS)
    new("archive --no-rewrite")
    new("archive --check")
    new("archive --diff posts/中文")
    new("archive posts/中文")
    new("archive --check")
    new("archive")
    new("archive --check")
    new("archive --url-prefix https://cdn.example/ --diff about.md posts/lighthouse.md")
    new.check("review")


def test_diffs_show_documents_as_they_are(new: Session) -> None:
    write(
        new.root,
        {
            "crlf.md": f"one\r\n![]({H}/a/lamp.png)\r\nthree\r\n",
            "no-end.md": f"one\n![]({H}/a/lamp.png)",
            "page.html": b'<meta charset="gbk">\n<p>\xd6\xd0</p>\n<img src="' + H.encode() + b'/map">\n',
        },
    )
    new("archive --no-rewrite --extensions html -q")
    done = new("archive --diff --extensions html")
    new("archive -q --extensions html")
    new("restore --diff page.html no-end.md")
    new.check("diffs")
    assert "␍" not in done.stdout
    assert "\r\n" in done.stdout


@pytest.mark.parametrize("extra", [(), ("--no-rewrite",)])
def test_a_diff_can_be_applied(new: Session, extra: tuple[str, ...]) -> None:
    """``holdfast archive --diff | git apply`` is what archive would have done, to the last byte."""
    page = b'<meta charset="gbk">\n<p>\xd6\xd0</p>\n<img src="' + H.encode() + b'/map">\n'
    files = {**POSTS, "crlf.md": f"one\r\n![]({H}/a/lamp.png)\r\n", "p.html": page, "end.md": f"![]({H}/map)"}
    write(new.root, files)
    assert holdfast("archive", "--no-rewrite", "--extensions", "html", cwd=new.root).code == 0
    command = [sys.executable, "-m", "holdfast", "archive", "--diff", "--extensions", "html", *extra]
    done = subprocess.run(command, cwd=new.root, env=environment(), capture_output=True, check=True)
    subprocess.run(["git", "apply", "-"], cwd=new.root, input=done.stdout, check=True, capture_output=True)
    by_git = tree(new.root, "**/*.md") | tree(new.root, "**/*.html")
    write(new.root, files)
    assert holdfast("archive", "--extensions", "html", cwd=new.root).code == 0
    assert tree(new.root, "**/*.md") | tree(new.root, "**/*.html") == by_git


def test_faults(new: Session) -> None:
    write(new.root, POSTS)
    new("archive -q")
    assets = new.root / "archive" / "assets" / "pics.example"
    (lamp,) = assets.glob("lamp-*.png")
    lamp.write_bytes(b"x")
    (cover,) = assets.glob("640-*.png")
    cover.unlink()
    (bitmap_file,) = assets.glob("*.bmp")
    bitmap_file.write_bytes(
        b"version https://git-lfs.github.com/spec/v1\n"
        + f"oid sha256:{tree(assets)[bitmap_file.name]}\nsize 246\n".encode()
    )
    (assets / "stray.png").write_bytes(tile(1))
    write(new.root, {"posts/lighthouse.md": "Nothing any more.\n"})
    new("verify")
    new("verify --prune")
    new("archive")
    new("verify")
    new.check("faults")


def test_a_way_down_to_http_is_told_of_what_arrived(tmp_path: Path) -> None:
    down = Reply(302, headers={"Location": "http://pics.example/a.png"})
    lost = Reply(302, headers={"Location": "http://pics.example/lost.png"})
    secure = Origin({"/first.png": down, "/second.png": lost}, tls=True)
    with secure, Origin({"/a.png": Reply(body=tile(20))}) as plain:
        write(tmp_path, {"a.md": f"![]({H}/first.png) ![]({H}/second.png)\n"})
        network = ("--connect-to", secure.connect_to("pics.example", 443), "--ca-file", str(secure.ca_pem))
        done = holdfast(
            *("archive", *network, "--connect-to", plain.connect_to("pics.example", 80), "--retries", "0"),
            cwd=tmp_path,
        )
    assert done.stdout.startswith(
        f"note: 1 file came over http after a redirect from https, {H}/first.png for one: look at it\n"
    )


# -- formats ---------------------------------------------------------------------------------------------


def test_json_of_archive_has_the_fields_of_the_contract(new: Session) -> None:
    write(new.root, {**POSTS, **FAILING, **LEFT_ALONE})
    done = holdfast("archive", "--format", "json", cwd=new.root)
    told = done.json()
    assert done.code == 2
    assert done.stderr == ""
    kinds = {
        "schema": str,
        "documents": int,
        "references": int,
        "urls": int,
        "stored": int,
        "held": int,
        "failed": list,
        "skipped": list,
        "rewritten": int,
        "bytes": int,
        "seconds": float,
        "assets": list,
        "by_host": dict,
    }
    assert {key: type(told[key]) for key in kinds} == kinds
    for problem in told["failed"]:
        assert {"url", "reason", "detail", "attempts", "transient", "locations"} <= problem.keys()
    lost = next(problem for problem in told["failed"] if problem["url"] == f"{H}/lost.png")
    assert lost["reason"] == "http-404"
    assert lost["transient"] is False
    assert lost["locations"] == [
        {"path": "posts/bad.md", "line": 2, "column": 5},
        {"path": "posts/bad.md", "line": 2, "column": 45},
        {"path": "posts/worse.md", "line": 1, "column": 5},
        {"path": "posts/worse.md", "line": 2, "column": 5},
    ]
    assert {row["reason"] for row in told["skipped"]} == {"live", "dynamic", "scheme"}
    assert told["urls"] == told["stored"] + told["held"] + len(told["failed"]) + told["accepted"]
    assert told["stored"] == len(told["assets"]) == 4
    assert told["bytes"] == sum(asset["bytes"] for asset in told["assets"])
    assert told["by_host"]["pics.example"]["stored"] == 4
    assert told["rewritten"] == 4


def test_json_adds_up_when_nothing_is_touched(new: Session) -> None:
    write(new.root, {**POSTS, **FAILING})
    for mode in ("--check", "--dry-run", "--diff"):
        told = within("archive", mode, "--format", "json", cwd=new.root).json()
        totals = told["by_host"].values()
        assert told["urls"] == sum(host["urls"] for host in totals) == 12, mode
        wanted = sum(host["wanted"] for host in totals)
        assert told["urls"] == told["held"] + len(told["failed"]) + wanted, mode


def test_jsonl_of_scan_is_exactly_the_contract(new: Session) -> None:
    write(new.root, {**POSTS, **LEFT_ALONE})
    required = ["path", "line", "column", "start", "end", "raw", "url", "kind", "embed"]
    rows = [
        json.loads(line) for line in holdfast("scan", "--format", "jsonl", cwd=new.root).stdout.splitlines()
    ]
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    for row in rows:
        assert list(row)[:9] == required
        assert set(row) - set(required) <= {"dynamic", "key"}
        source = (new.root / row["path"]).read_bytes()
        assert source[row["start"] : row["end"]].decode() == row["raw"]
        before = source[: row["start"]].decode()
        assert row["line"] == before.count("\n") + 1
        assert row["column"] == len(before.rpartition("\n")[2]) + 1
    assert [row["kind"] for row in rows if row.get("dynamic")] == ["image"]
    assert [row["key"] for row in rows if "key" in row] == [["thumbnail"]]


@pytest.mark.parametrize("command", ["scan", "restore", "verify", "list"])
def test_json_of_the_others_is_json(new: Session, command: str) -> None:
    write(new.root, POSTS)
    holdfast("archive", cwd=new.root)
    told = within(command, "--format", "json", cwd=new.root).json()
    if command == "list":
        assert [set(row) for row in told] == [{"url", "new", "path", "sha256", "bytes", "documents"}] * 4
    else:
        assert told["schema"] == f"holdfast/{command}/1"


def test_the_command_line_offers_every_format_there_is() -> None:
    assert {name: set(rows) for name, rows in report.FORMATS.items()} == {
        name: set(rows) for name, rows in console.FORMATS.items()
    }


def test_several_reports_at_once(new: Session) -> None:
    write(new.root, POSTS)
    done = holdfast(
        *("archive", "--format", "text", "--format", "json=a.json", "--format", "markdown=a.markdown.txt"),
        cwd=new.root,
    )
    assert "3 documents" in done.stdout
    assert json.loads((new.root / "a.json").read_text())["stored"] == 4
    assert (new.root / "a.markdown.txt").read_text().startswith("## holdfast\n")


@pytest.mark.parametrize("names", [("text", "github"), ("github", "markdown", "text")])
def test_reports_for_people_may_follow_each_other(new: Session, names: tuple[str, ...]) -> None:
    write(new.root, {"a.md": "[gone](nowhere.md)\n"})
    flags = [flag for name in names for flag in ("--format", name)]

    done = holdfast("check", "--local", *flags, cwd=new.root)

    assert "::error file=a.md" in done.stdout
    assert done.stdout.count("nowhere.md") >= len(names)


# -- how it looks ----------------------------------------------------------------------------------------


def test_help(new: Session) -> None:
    new("--version")
    new("--help")
    for name in cli.main.commands:
        new(f"{name} --help")
    new("")
    new.check("help")


def test_every_option_says_what_it_is_for() -> None:
    for command in cli.main.commands.values():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, parameter.name
                assert parameter.help[0].isupper(), parameter.name
                assert parameter.help.rstrip("]").rstrip()[-1] in ".:" or "[" in parameter.help, (
                    parameter.help
                )


def test_quiet_and_verbose(new: Session) -> None:
    write(new.root, FAILING)
    assert holdfast("archive", "-q", cwd=new.root) == (done := holdfast("archive", "-q", cwd=new.root))
    assert (done.code, done.stdout, done.stderr) == (2, "", "")
    said = holdfast("archive", "-v", "--retry-failed", cwd=new.root).stderr
    assert f"holdfast: {H}/lost.png: failed: http-404\n" in said
    assert "holdfast: fetching (" in said
    assert "lamp.png" not in said
    more = holdfast("archive", "-vv", "--refresh", cwd=new.root).stderr
    assert f"holdfast: {H}/a/lamp.png: 140 B, image/png\n" in more


def test_colour_is_never_on_a_pipe(new: Session) -> None:
    write(new.root, POSTS)
    for env in ({}, {"CI": "true"}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "TERM": "xterm-256color"}):
        done = holdfast("archive", "-v", cwd=new.root, env=env)
        assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [("scan",), ("scan", "--format", "jsonl"), ("--help",)])
def test_a_reader_that_goes_away_is_no_error(new: Session, arguments: tuple[str, ...]) -> None:
    write(new.root, {f"{number}.md": f"![]({H}/{'x' * 200}{number}.png)\n" * 20 for number in range(60)})
    read, end = os.pipe()
    running = subprocess.Popen(
        [sys.executable, "-m", "holdfast", *arguments],
        cwd=new.root,
        env=environment(),
        stdout=end,
        stderr=subprocess.PIPE,
    )
    os.close(end)
    os.close(read)
    _, said = running.communicate(timeout=60)
    assert said == b""
    assert running.returncode == 0


@pytest.mark.parametrize("encoding", ["gbk", "latin-1", "ascii", "cp1252"])
def test_consoles_of_other_encodings(new: Session, encoding: str) -> None:
    """A text is escaped where the console cannot show it; data is UTF-8 everywhere."""
    write(new.root, POSTS)

    def run(*arguments: str) -> bytes:
        env = environment({"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
        command = [sys.executable, "-m", "holdfast", *arguments]
        done = subprocess.run(command, cwd=new.root, env=env, capture_output=True, check=False)
        assert b"Traceback" not in done.stderr
        assert done.returncode in (0, 2, 3)
        return done.stdout

    text = run("scan").decode(encoding)
    assert ("灯塔" in text) == (encoding == "gbk")
    assert "3 documents" in text
    run("scan", "不在.md")
    run("archive", "--dry-run")
    rows = [json.loads(line) for line in run("scan", "--format", "jsonl").decode().splitlines()]
    assert {row["path"] for row in rows} == {"posts/lighthouse.md", "posts/中文/灯塔.md"}
    json.loads(run("archive", "--check", "--format", "json").decode())
    assert "+第二张" in run("archive", "--diff").decode()


# -- nothing is touched ----------------------------------------------------------------------------------

LOOKING = [
    ("archive", "--check"),
    ("archive", "--dry-run"),
    ("archive", "--diff"),
    ("restore", "--dry-run"),
    ("restore", "--diff"),
    ("scan",),
    ("scan", "--format", "jsonl"),
    ("list",),
    ("verify",),
]


@pytest.mark.parametrize("arguments", LOOKING, ids=" ".join)
@pytest.mark.parametrize("archived", [False, True])
def test_looking_changes_nothing(new: Session, arguments: tuple[str, ...], archived: bool) -> None:
    write(new.root, {**POSTS, **FAILING})
    if archived:
        holdfast("archive", "posts", cwd=new.root)
        write(new.root, {"later.md": f"![]({H}/map) ![]({H}/new.png)\n"})

    def state() -> dict[str, object]:
        return {
            path.relative_to(new.root).as_posix(): (
                path.stat().st_mtime_ns,
                path.read_bytes() if path.is_file() else None,
            )
            for path in sorted(new.root.rglob("*"))
        } | {".": new.root.stat().st_mtime_ns}

    before = state()
    assert within(*arguments, cwd=new.root).code in (0, 2)
    assert state() == before

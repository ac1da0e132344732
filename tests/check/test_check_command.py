"""`holdfast check` as its users call it: exit codes, memory from run to run, what is tolerated and why."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.commands import Ran, holdfast, write
from tests.servers import Origin, Reply

HASTE = ("--allow-private", "--second-look", "0", "--host-interval", "0", "--retries", "0", "--proxy", "")


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin(
        {"/good": Reply(body=b"<p>good", headers={"ETag": '"1"'}), "/also": Reply(body=b"also")}
    ) as server:
        yield server


class Site:
    """A folder of posts whose links lead to one server, and the command run in it."""

    def __init__(self, root: Path, origin: Origin, posts: dict[str, str]) -> None:
        self.root = root
        self.origin = origin
        write(root, {"holdfast.toml": ""})
        self.write(posts)

    def write(self, posts: dict[str, str]) -> None:
        """Write posts; ``HOST`` stands for the server."""
        write(self.root, {name: text.replace("HOST", self.origin.url("")) for name, text in posts.items()})

    def check(self, *arguments: str, code: int = 0, env: dict[str, str] | None = None) -> Ran:
        ran = holdfast("check", *arguments, *HASTE, cwd=self.root, env=env)
        assert ran.code == code, ran
        return ran

    def results(self, *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
        """The results by the path of their URL."""
        report = self.check(*arguments, "--format", "json", code=code).json()
        return {result["url"].replace(self.origin.url(""), ""): result for result in report["results"]}

    def asked(self, *arguments: str, code: int = 0) -> list[str]:
        """The paths that a run asks for."""
        before = len(self.origin.requests)
        self.check(*arguments, code=code)
        return sorted(request.path for request in self.origin.requests[before:])


@pytest.fixture
def site(tmp_path: Path, origin: Origin) -> Site:
    return Site(
        tmp_path,
        origin,
        {"a.md": "# A\n\n[good](HOST/good) 图 [gone](HOST/gone)\n", "b.md": "[x](HOST/gone)"},
    )


# -- the verdict and its place ------------------------------------------------------------------------------


def test_a_broken_link_is_told_by_file_line_and_column(site: Site) -> None:
    ran = site.check(code=2)
    for place in ("a.md:3:", "b.md:1:5"):
        assert place in ran.stdout
    found = site.results(code=2)
    assert (found["/good"]["verdict"], found["/good"]["status"]) == ("ok", 200)
    gone = found["/gone"]
    assert (gone["verdict"], gone["status"], gone["reason"]) == ("broken", 404, "http-404")
    column = len("[good](/good) 图 [gone](") + len(site.origin.url("")) + 1
    assert gone["locations"] == [
        {"path": "a.md", "line": 3, "column": column},
        {"path": "b.md", "line": 1, "column": 5},
    ]
    assert gone["hint"]


def test_what_is_no_address_of_the_web_needs_no_advice(site: Site) -> None:
    site.write(
        {"a.md": "[mail](mailto:a@b.lan) [call](tel:123) [t](<{{ page.url }}>) [e](https://example.com/)"}
    )
    ran = holdfast("check", "a.md", "--local", "--format", "json", cwd=site.root)
    hints = {result["reason"]: result["hint"] for result in ran.json()["results"]}
    assert hints == {"scheme": "", "dynamic": "", "reserved": "check it with --include-reserved"}


def test_all_good_is_0(site: Site) -> None:
    site.write({"a.md": "[good](HOST/good) [b](b.md)", "b.md": "![x](HOST/also)"})
    ran = site.check()
    assert "no link is broken" in ran.stdout


def test_unverified_fails_only_a_strict_run(site: Site) -> None:
    site.origin.routes["/locked"] = Reply(401, body=b"who are you?")
    site.write({"a.md": "[x](HOST/locked)", "b.md": ""})
    found = site.results()["/locked"]
    assert (found["verdict"], found["reason"]) == ("unverified", "login")
    site.check("--strict", code=2)
    assert site.results("--accept", "200,401", "--max-age", "0")["/locked"]["verdict"] == "ok"


def test_a_failure_is_looked_at_twice_before_it_is_called_one(site: Site) -> None:
    answers = iter([Reply(404), Reply(body=b"here again")])
    site.origin.routes["/gone"] = lambda _: next(answers)
    assert site.results()["/gone"]["verdict"] == "ok"


# -- memory -------------------------------------------------------------------------------------------------


def test_what_is_good_is_not_asked_again_and_what_fails_always_is(site: Site) -> None:
    assert set(site.asked(code=2)) == {"/good", "/gone"}
    assert set(site.asked(code=2)) == {"/gone"}
    found = site.results(code=2)
    assert found["/good"]["remembered"]
    assert not found["/gone"]["remembered"]
    assert found["/gone"]["failures"] == 3
    assert found["/gone"]["first_failed"]
    assert set(site.asked("--max-age", "0", code=2)) == {"/good", "/gone"}
    assert site.origin.requests[-1].header("if-none-match") == '"1"' or any(
        request.header("if-none-match") == '"1"' for request in site.origin.requests
    )
    assert set(site.asked("--no-memory", code=2)) == {"/good", "/gone"}


@pytest.mark.parametrize(
    ("generous", "strict"),
    [
        pytest.param(("--accept", "200..=499"), (), id="statuses"),
        pytest.param((), ("--accept", "204"), id="fewer statuses"),
        pytest.param(("--remap", "/gone$ /good"), (), id="another URL was asked"),
        pytest.param((), ("--soft-404",), id="pages that say they are not there"),
    ],
)
def test_what_was_good_on_other_terms_is_asked_again(
    generous: tuple[str, ...], strict: tuple[str, ...], site: Site
) -> None:
    site.origin.routes["/good"] = Reply(  # type: ignore[index]
        headers={"Content-Type": "text/html", "ETag": '"1"'}, body="<title>404 Not Found</title>"
    )
    on_other_terms = site.results(*generous, code=0 if generous else 2)
    assert on_other_terms["/good"]["verdict"] == "ok"
    found = site.results(*strict, code=2)
    assert found["/gone"]["verdict"] == "broken"
    assert found["/good"]["remembered"] == (not strict and generous[0] == "--remap")
    assert found["/good"]["verdict"] == ("broken" if strict else "ok")


def test_what_was_good_on_stricter_terms_is_good(site: Site) -> None:
    site.check("--soft-404", code=2)
    assert set(site.asked(code=2)) == {"/gone"}


def test_git_does_not_see_the_memory(site: Site) -> None:
    site.check(code=2)
    subprocess.run(["git", "init", "-q"], cwd=site.root, check=True)
    seen = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=site.root, check=True, capture_output=True, text=True
    )
    assert (site.root / "archive/checks.sqlite").is_file()
    assert "sqlite" not in seen.stdout


def test_only_failing_asks_again_what_failed(site: Site) -> None:
    site.check(code=2)
    site.origin.routes["/gone"] = Reply(body=b"back")
    site.write({"c.md": "[new](HOST/also)"})
    assert set(site.asked("--only", "failing")) == {"/gone"}
    assert site.asked("--only", "failing") == []


def test_grace_tolerates_a_failure_for_a_while(site: Site) -> None:
    for failures in (1, 2):
        found = site.results("--grace", "3x0s")["/gone"]
        assert (found["verdict"], found["failures"], found["tolerated"]) == ("broken", failures, "grace")
    found = site.results("--grace", "3x0s", code=2)["/gone"]
    assert (found["failures"], found["tolerated"]) == (3, "")
    assert site.results("--grace", "3x7d")["/gone"]["tolerated"] == "grace"


def test_the_history_file_brings_the_memory_back(site: Site) -> None:
    for _ in range(2):
        site.check("--history", "dead.jsonl", code=2)
    lines = [json.loads(line) for line in (site.root / "dead.jsonl").read_text().splitlines()]
    assert [line["url"] for line in lines[1:]] == [site.origin.url("/gone")]
    assert lines[1]["failures"] == 2
    (site.root / "archive/checks.sqlite").unlink()
    assert site.results("--history", "dead.jsonl", code=2)["/gone"]["failures"] == 3
    site.origin.routes["/gone"] = Reply(body=b"back")
    site.check("--history", "dead.jsonl")
    assert len((site.root / "dead.jsonl").read_text().splitlines()) == 1


def test_a_corrupt_memory_is_set_aside_and_said(site: Site) -> None:
    site.check(code=2)
    memory = site.root / "archive/checks.sqlite"
    memory.write_bytes(b"not a database at all" * 100)
    ran = site.check(code=2)
    assert "checks.sqlite" in ran.stdout + ran.stderr
    assert set(site.asked(code=2)) == {"/gone"}
    assert [path for path in memory.parent.iterdir() if path.name.startswith("checks.sqlite.")]
    with sqlite3.connect(memory) as rows:
        assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows.close()


def test_two_runs_at_once_both_finish(site: Site) -> None:
    ended: list[Ran] = []
    threads = [
        threading.Thread(target=lambda: ended.append(holdfast("check", *HASTE, cwd=site.root)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [ran.code for ran in ended] == [2, 2, 2], ended
    assert set(site.asked(code=2)) == {"/gone"}


# -- what is tolerated --------------------------------------------------------------------------------------


def test_a_baseline_accepts_what_is_broken_and_only_new_breakage_fails(site: Site) -> None:
    site.write({"c.md": "[local](nowhere.md)"})
    site.check("--baseline", "known.jsonl", "--write-baseline")
    first = (site.root / "known.jsonl").read_text()
    found = site.results("--baseline", "known.jsonl")
    assert (found["/gone"]["tolerated"], found["nowhere.md"]["tolerated"]) == ("baseline", "baseline")
    assert found["/gone"]["accepted"] == first.partition('"accepted":"')[2][:10]
    site.write({"d.md": "[new](HOST/dead)"})
    assert site.results("--baseline", "known.jsonl", code=2)["/dead"]["tolerated"] == ""
    # alive again, and no longer referred to: both are told, and neither is an error
    site.origin.routes["/gone"] = site.origin.routes["/dead"] = Reply(body=b"back")
    (site.root / "c.md").unlink()
    report = site.check("--baseline", "known.jsonl", "--format", "json").json()
    assert [(each["url"], each["gone"]) for each in report["revived"]] == [
        (site.origin.url("/gone"), False),
        ("nowhere.md", True),
    ]
    assert (site.root / "known.jsonl").read_text() == first
    site.check("--baseline", "known.jsonl", "--write-baseline")
    assert len((site.root / "known.jsonl").read_text().splitlines()) == 1


def test_a_baseline_of_a_part_keeps_the_rest(site: Site) -> None:
    site.check("--baseline", "known.jsonl", "--write-baseline")
    site.write({"c.md": "[x](nowhere.md)"})
    site.check("c.md", "--local", "--baseline", "known.jsonl", "--write-baseline")
    found = site.results("--baseline", "known.jsonl")
    assert (found["/gone"]["tolerated"], found["nowhere.md"]["tolerated"]) == ("baseline", "baseline")


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.lan", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def test_only_what_was_added_since_a_revision_can_fail(site: Site) -> None:
    site.write({"l.md": "[old](nowhere.md)\n"})
    git(site.root, "init", "-q", "-b", "main")
    git(site.root, "add", ".")
    git(site.root, "commit", "-qm", "one")
    site.check("--changed-since", "main")
    assert site.asked("--changed-since", "main") == []
    site.write(
        {"l.md": "[old](nowhere.md)\n[new](neither.md)\n", "n.md": "[new](HOST/dead) [old](HOST/gone)"}
    )
    found = site.results("--changed-since", "main", code=2)
    assert {
        url for url, result in found.items() if result["verdict"] == "broken" and not result["tolerated"]
    } == {
        "/dead",
        "/gone",
        "neither.md",
    }
    assert found["nowhere.md"]["tolerated"] == "unchanged"


# -- what is given ------------------------------------------------------------------------------------------


def listed(site: Site, text: str, *arguments: str) -> Ran:
    return holdfast("check", "-", *arguments, *HASTE, cwd=site.root, stdin=text)


def test_a_list_on_stdin_names_documents_and_urls(site: Site) -> None:
    ran = listed(site, f"{site.origin.url('/dead')}\n\nb.md\nremoved.md\n", "--format", "json")
    assert ran.code == 2, ran
    report = ran.json()
    found = {result["url"]: result["locations"] for result in report["results"]}
    assert found == {
        site.origin.url("/dead"): [{"path": "(stdin)", "line": 1, "column": 1}],
        site.origin.url("/gone"): [{"path": "b.md", "line": 1, "column": 5}],
    }
    assert any("removed.md" in warning for warning in report["warnings"])


def test_an_empty_list_is_no_error(site: Site) -> None:
    assert listed(site, "").code == 0


def test_urls_may_be_arguments(site: Site) -> None:
    assert set(site.results(site.origin.url("/good"), site.origin.url("/dead"), code=2)) == {"/good", "/dead"}


def test_globs_folders_and_files_are_taken(site: Site) -> None:
    site.write({"posts/c.md": "[x](HOST/c)", "posts/d.md": "[x](HOST/d)", "e.html": '<a href="HOST/e">'})
    assert set(site.asked("posts", code=2)) == {"/c", "/d"}
    assert set(site.asked("posts/*.md", code=2)) == {"/c", "/d"}
    assert set(site.asked("e.html", code=2)) == {"/e"}
    assert set(site.asked("posts/d.md", "a.md", "--no-memory", code=2)) == {"/d", "/good", "/gone"}


def test_a_folder_of_html_is_taken_as_a_built_site(site: Site) -> None:
    site.write(
        {
            "public/index.html": '<a href="/post/">a</a><a href="/none/">b</a><a href="HOST/good">c</a>',
            "public/post/index.html": '<h1 id="top1">x</h1><a href="../#no">d</a><a href="#top1">e</a>',
        }
    )
    found = site.results("public", code=2)
    assert {url: result["reason"] for url, result in found.items() if result["verdict"] == "broken"} == {
        "/none/": "no-file",
        "../#no": "no-anchor",
    }


def test_a_built_site_may_be_where_one_stands(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "index.html": '<link rel="stylesheet" href="css/site.css"><a href="a/x.html">a</a>',
            "a/x.html": '<a href="../b/x.html">b</a>',
            "b/x.html": '<a href="y.html">c</a>',
            "css/site.css": 'a { background: url(none.png) } b { background: url("../logo.svg") }',
            "logo.svg": "<svg/>",
        },
    )
    ran = holdfast("check", ".", "--local", "--format", "json", cwd=tmp_path)
    found = {result["url"]: (result["verdict"], result["reason"]) for result in ran.json()["results"]}
    assert found == {
        "css/site.css": ("ok", ""),
        "a/x.html": ("ok", ""),
        "../b/x.html": ("ok", ""),
        "y.html": ("broken", "no-file"),
        "none.png": ("broken", "no-file"),
        "../logo.svg": ("ok", ""),
    }


def test_local_asks_nobody(site: Site) -> None:
    site.write({"c.md": "[x](nowhere.md)"})
    before = len(site.origin.requests)
    found = site.results("--local", code=2)
    assert len(site.origin.requests) == before
    assert found["nowhere.md"]["reason"] == "no-file"
    assert found["/gone"]["reason"] == "no-network"
    assert not (site.root / "archive").exists()


def test_remap_include_exclude_and_ignore_files_choose(site: Site) -> None:
    site.write({".lycheeignore": "# known\n/gone$\n"})
    assert set(site.asked()) == {"/good"}
    (site.root / ".lycheeignore").unlink()
    assert set(site.asked("--exclude", "gone", "--no-memory")) == {"/good"}
    assert set(site.asked("--include", "good", "--no-memory")) == {"/good"}
    assert set(site.asked("--remap", "/gone$ /also", "--no-memory")) == {"/also", "/good"}


# -- how it is told -----------------------------------------------------------------------------------------


def test_a_remap_to_no_address_of_the_web_is_said(site: Site) -> None:
    found = site.results("--remap", "http://.*/(good|gone)$ ftp://mirror.lan/$1")
    assert {(each["verdict"], each["reason"], each["detail"]) for each in found.values()} == {
        ("unverified", "scheme", "--remap leads to ftp:"),
    }


def test_several_formats_at_once(site: Site) -> None:
    site.check("--format", "text", "--format", "jsonl=out.jsonl", "--format", "sarif=out.sarif", code=2)
    lines = [json.loads(line) for line in (site.root / "out.jsonl").read_text().splitlines()]
    assert {line["verdict"] for line in lines} == {"broken", "ok"} or {line["verdict"] for line in lines} == {
        "broken"
    }
    assert json.loads((site.root / "out.sarif").read_text())["version"] == "2.1.0"
    ran = site.check("--format", "jsonl", code=2)
    assert [json.loads(line)["url"] for line in ran.stdout.splitlines()]


def test_annotations_name_files_below_the_repository(site: Site) -> None:
    git(site.root, "init", "-q")
    write(site.root, {"docs/holdfast.toml": "", "docs/x y.md": "[x](nowhere.md)"})
    ran = holdfast("check", "--local", "--format", "github", cwd=site.root / "docs")
    assert ran.code == 2
    assert "file=docs/x y.md,line=1," in ran.stdout
    assert json.loads(holdfast("check", "--local", "--format", "json", cwd=site.root).stdout)["folder"] == ""


# -- bad input ----------------------------------------------------------------------------------------------

WRONG = [
    (("--grace", "soon"), 3, "--grace is"),
    (("--accept", "fine"), 3, "--accept is"),
    (("--max-age", "old"), 3, "--max-age is"),
    (("--only", "new"), 3, "--only"),
    (("--exclude", "("), 3, "position 0"),
    (("--remap", "( x"), 3, "position 0"),
    (("--remap", "^(.*)/good$ $1/x", "--remap", "^(.*)/x$ $1/good"), 3, "in a circle"),
    (("--changed-since", "nonsense"), 3, "git"),
    (("--write-baseline",), 3, "--baseline FILE"),
    (("--baseline", "none.jsonl"), 1, "none.jsonl"),
    (("--baseline", "a.md"), 1, "a.md"),
    (("--built", "nowhere"), 3, "nowhere"),
    (("nowhere.md",), 3, "nowhere.md"),
    (("--format", "pdf"), 3, "pdf"),
    (("--only", "failing", "--no-memory"), 3, "--no-memory"),
    (("ftp://mirror.lan/a.md",), 3, "only http and https URLs"),
    (("mailto:a@b.lan",), 3, "only http and https URLs"),
]


@pytest.mark.parametrize(("arguments", "code", "said"), WRONG)
def test_wrong_calls_are_explained(arguments: tuple[str, ...], code: int, said: str, site: Site) -> None:
    ran = site.check(*arguments, code=code)
    assert said in ran.stderr
    assert "\n  → " in ran.stderr or "; allowed: " in ran.stderr
    assert "Traceback" not in ran.stderr

"""Days of an archive: reviewing in parts, looking before leaping, moving the assets somewhere else."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import pictures
from tests.commands import tree
from tests.life import HOST, Life, post, routes, sha256
from tests.servers import Origin, Reply

PICTURES = {f"/{name}": pictures.png(seed=seed) for seed, name in enumerate(("a.png", "b", "c.jpg", "d"), 1)}
A, B, C, D = (HOST + path for path in PICTURES)
GONE = HOST + "/gone.png"


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin(routes(PICTURES)) as server:
        yield server


SITE = {"2019/one.md": post(A, B), "2019/two.md": post(B, C), "2020/three.md": post(C, D)}


@pytest.fixture
def life(tmp_path: Path, origin: Origin) -> Life:
    return Life(tmp_path, origin, SITE)


# -- in parts ---------------------------------------------------------------------------------------------


def test_stored_first_rewritten_later_folder_by_folder(life: Life) -> None:
    report = life.archived("--no-rewrite")
    assert (report["stored"], report["rewritten"], report["no_rewrite"]) == (4, 0, True)
    assert life.documents() == life.before
    with life.offline():
        assert life.archived("2019")["rewritten"] == 2
        assert HOST not in life.read("2019/one.md") + life.read("2019/two.md")
        assert life.documents()["2020/three.md"] == life.before["2020/three.md"]
        assert life.archived()["rewritten"] == 1
    assert HOST not in life.read("2020/three.md")
    life.restore()
    assert life.documents() == life.before


def test_a_part_asks_only_for_its_own(life: Life) -> None:
    assert life.asked(lambda: life.archive("2020/three.md")) == ["/c.jpg", "/d"]
    assert life.asked(lambda: life.archive()) == ["/a.png", "/b"]


# -- looking before leaping -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["--dry-run", "--diff", "--check"])
def test_looking_changes_nothing_and_asks_nobody(mode: str, life: Life) -> None:
    state = life.state()
    with life.offline():
        life.archive(mode, code=2 if mode == "--check" else 0)
    assert life.state() == state
    life.archive()
    state = life.state()
    with life.offline():
        life.archive(mode)
    assert life.state() == state


def test_stand_ins_are_said_to_be_such_where_names_are_shown(life: Life) -> None:
    done = life.archive("--diff")
    assert re.search(r"^\+.*archive/assets/pics\.example/a-HASH", done.stdout, re.MULTILINE)
    assert re.search(r"note: HASH and EXT in a name stand for", done.stderr)
    assert "HASH" not in str(life.archive("--dry-run")), "it shows no name"
    life.archive("--no-rewrite")
    done = life.archive("--diff")
    assert "HASH" not in done.stdout + done.stderr


ODD = {
    "crlf.md": f"---\r\ntitle: x\r\n---\r\n![]({A})\r\n\r\n![]({B})".encode(),
    "no newline at the end.md": f"x\n\n![]({C})".encode(),
    "深/文.md": "文字\n\n" * 20 + f"![图]({A})\n" + "更多\n\n" * 20 + f'<img src="{D}">\n',
    "bom.md": b"\xef\xbb\xbf" + f"![]({B})\n".encode(),
    "form feed.md": f"a\x0cb\x85c\u2028d\n![]({B})\n\x0b\x1c\n".encode(),
}


@pytest.mark.parametrize("program", ["git", "patch"])
def test_the_diff_is_what_happens(program: str, life: Life, tmp_path: Path) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    for path, text in ODD.items():
        life.write(path, text)
    life.archive("--no-rewrite")
    diff = life.archive("--diff").stdout.encode()
    copy = tmp_path.with_name(tmp_path.name + "-copy")
    shutil.copytree(tmp_path, copy)
    command = ["git", "apply", "--whitespace=nowarn"] if program == "git" else ["patch", "-p1", "--binary"]
    applied = subprocess.run(command, cwd=copy, input=diff, capture_output=True, check=False)
    assert applied.returncode == 0, applied
    life.archive()
    assert tree(copy, "**/*.md") == tree(tmp_path, "**/*.md")


def test_check_is_the_gate(life: Life) -> None:
    done = life.run("archive", "--check", "--format", "json", code=2)
    failed = done.json()["failed"]
    assert [problem["url"] for problem in failed] == sorted([A, B, C, D])
    assert {problem["reason"] for problem in failed} == {"not-held"}
    assert failed[1]["locations"] == [
        {"path": "2019/one.md", "line": 9, "column": 14},
        {"path": "2019/two.md", "line": 7, "column": 14},
    ]
    life.archive()
    assert life.run("archive", "--check").stdout
    life.edit("2019/one.md", "Text after.", f"![new]({GONE})")
    assert life.run("archive", "--check", "--format", "json", code=2).json()["failed"][0]["url"] == GONE
    # a part of the site can be held to it alone
    life.run("archive", "--check", "2020")


# -- moving -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        pytest.param(
            ["--url-prefix", "https://cdn.example.net/x/"], "https://cdn.example.net/x/", id="prefix"
        ),
        pytest.param(["--url-prefix", "/somewhere"], "/somewhere/", id="path prefix"),
        pytest.param(["--set", "layout=beside"], "a-", id="beside"),
        pytest.param(["--assets", "pictures/kept"], "../pictures/kept/", id="assets"),
    ],
)
def test_what_moves_is_pointed_at_anew(arguments: list[str], written: str, life: Life) -> None:
    life.archive()
    first = life.documents()
    with life.offline():
        report = life.archived(*arguments)
        assert (report["rewritten"], report["stored"]) == (3, 0)
        assert f"]({written}" in life.read("2019/one.md")
        assert life.verify(*arguments)["faults"] == []
        state = life.state()
        assert life.archived(*arguments)["rewritten"] == 0
        assert life.state() == state
        # and back again
        assert life.archived()["rewritten"] == 3
        assert life.documents() == first
        life.archive(*arguments)
        life.restore()
    assert life.documents() == life.before


def test_where_the_assets_were_is_said(life: Life) -> None:
    life.archive()
    old = life.stored()
    report = life.archived("--assets", "kept")
    assert [warning for warning in report["warnings"] if warning.startswith("archive/assets holds files")]
    assert life.stored() == old
    assert sorted(life.stored("kept").values()) == sorted(old.values())
    shutil.rmtree(life.root / "archive" / "assets")
    assert life.archived("--assets", "kept")["warnings"] == []


def test_a_restore_under_other_settings(life: Life) -> None:
    life.archive("--url-prefix", "https://cdn.example.net/")
    life.restore()  # it knows what was written, whatever the prefix is today
    assert life.documents() == life.before


def test_a_base_path_that_changes(tmp_path: Path, origin: Origin) -> None:
    life = Life(
        tmp_path, origin, {"hugo.toml": 'baseURL = "https://site.net/"\n', "content/posts/a.md": post(A, B)}
    )
    life.archive()
    assert "](/archive/pics.example/a-" in life.read("content/posts/a.md")
    life.write("hugo.toml", 'baseURL = "https://site.net/blog/"\n')
    with life.offline():
        assert life.archived()["rewritten"] == 1
        assert "](/blog/archive/pics.example/a-" in life.read("content/posts/a.md")
        assert life.archived("--base-path", "/other")["rewritten"] == 1
        assert "](/other/archive/pics.example/a-" in life.read("content/posts/a.md")
        life.restore()
    assert life.documents()["content/posts/a.md"] == life.before["content/posts/a.md"]


def test_a_prefix_of_our_own_counts_as_held(life: Life) -> None:
    prefix = "https://cdn.example.net/"
    life.archive("--url-prefix", prefix)
    life.edit("2019/one.md", "Text after.", f"![by hand]({prefix}pics.example/elsewhere.png)")
    with life.offline():
        assert life.archived("--url-prefix", prefix)["failed"] == []


# -- bundles ----------------------------------------------------------------------------------------------


def test_a_bundle_keeps_its_pictures_beside_it_one_copy_for_all_languages(
    tmp_path: Path, origin: Origin
) -> None:
    files = {
        "hugo.toml": 'baseURL = "https://site.net/"\n',
        "content/posts/trip/index.md": post(A, B),
        "content/posts/trip/index.zh-cn.md": post(A),
        "content/posts/single.md": post(A),
    }
    life = Life(tmp_path, origin, files)
    life.archive()
    beside = {path.name for path in (tmp_path / "content/posts/trip").iterdir()}
    assert len(beside) == 4  # two languages, two pictures
    name = next(path for path in beside if path.startswith("a-"))
    assert f"]({name})" in life.read("content/posts/trip/index.md")
    assert f"]({name})" in life.read("content/posts/trip/index.zh-cn.md")
    assert list(life.stored("static/archive").values()) == [sha256(PICTURES["/a.png"])]
    assert life.verify()["faults"] == []
    with life.offline():
        state = life.state()
        assert life.archived()["rewritten"] == 0
        assert life.state() == state
        # a language that joins later shows the same copy; a bundle that joins later gets one of its own
        life.write("content/posts/trip/index.fr.md", post(B))
        life.write("content/posts/other/index.md", post(B))
        assert life.archived()["rewritten"] == 2
        assert len(list((tmp_path / "content/posts/trip").iterdir())) == 5
        assert len(list((tmp_path / "content/posts/other").iterdir())) == 2
        life.restore()
    assert {path: text for path, text in life.documents().items() if path in files} == life.before


def test_beside_every_post(life: Life) -> None:
    life.archive("--layout", "beside")
    assert {path.name for path in (life.root / "2020").iterdir()} == {
        "three.md",
        f"c-{sha256(PICTURES['/c.jpg'])[:16]}.png",
        f"d-{sha256(PICTURES['/d'])[:16]}.png",
    }
    assert not (life.root / "archive" / "assets").exists()
    assert life.verify("--set", "layout=beside")["good"] == 5  # c is shown in both folders
    life.restore()
    assert life.documents() == life.before


# -- links ------------------------------------------------------------------------------------------------

LINKED = """[report](http://pics.example/report.pdf) and [film](http://pics.example/film.mp4#t=5)

[![small](http://pics.example/a.png)](http://pics.example/a.png) [big](http://pics.example/a.png?big)

[page](http://pics.example/page)
"""


def test_links_are_archived_by_type_and_where_an_embed_shows_the_same(tmp_path: Path) -> None:
    media = {"/report.pdf": pictures.pdf(), "/film.mp4": pictures.mp4(), "/a.png": PICTURES["/a.png"]}
    with Origin(routes(media)) as origin:
        life = Life(tmp_path, origin, {"a.md": LINKED})
        assert life.asked(lambda: life.archive()) == ["/a.png"]
        text = life.read("a.md")
        assert len(re.findall(r"archive/assets/pics\.example/a-[0-9a-f]{16}\.png", text)) == 2
        assert "http://pics.example/a.png?big" in text
        assert life.asked(lambda: life.archive("--links", "pdf,video")) == ["/film.mp4", "/report.pdf"]
        text = life.read("a.md")
        assert re.search(r"\[report\]\(archive/assets/pics\.example/report-[0-9a-f]{16}\.pdf\)", text)
        assert re.search(r"\[film\]\(archive/assets/pics\.example/film-[0-9a-f]{16}\.mp4#t=5\)", text)
        assert "(http://pics.example/page)" in text
        with life.offline():
            assert life.archived()["rewritten"] == 0  # what is held stays, without the option too
        life.restore()
        assert life.documents() == life.before


def test_ignored_and_live_pictures_are_left_alone(life: Life) -> None:
    text = (
        f"<!-- holdfast-ignore -->\n![kept as it is]({HOST}/x1)\n\n"
        f"<!-- holdfast-ignore-start -->\n![]({HOST}/x2)\n\n![]({HOST}/x3)\n<!-- holdfast-ignore-end -->\n\n"
        f"<img data-holdfast-ignore src='{HOST}/x4'>\n\n"
        "![badge](https://img.shields.io/badge/a-b-green)\n\n```\n"
        f"![code]({HOST}/x5)\n```\n\n![held]({A})\n"
    )
    life.write("marked.md", text)
    report = life.archived("marked.md")
    assert life.origin.paths() == ["/a.png"]
    assert [(each["url"], each["reason"]) for each in report["skipped"]] == [
        ("https://img.shields.io/badge/a-b-green", "live")
    ]
    after = life.read("marked.md")
    assert after.count(HOST) == text.count(HOST) - 1


def test_a_picture_that_is_lost_is_asked_for_again(life: Life) -> None:
    life.archive()
    state = life.state()
    lost = life.root / "archive" / "assets" / life.asset(B)["path"]
    lost.unlink()
    life.run("archive", "--check", code=2)
    assert life.asked(lambda: life.archive()) == ["/b"]
    assert {
        path: digest for path, (digest, _) in life.state().items() if path != "archive/manifest.jsonl"
    } == {path: digest for path, (digest, _) in state.items() if path != "archive/manifest.jsonl"}


def test_a_file_in_git_lfs_is_neither_missing_nor_asked_for(life: Life) -> None:
    life.archive()
    record = life.asset(A)
    life.write(
        f"archive/assets/{record['path']}",
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{record['sha256']}\nsize {record['bytes']}\n",
    )
    with life.offline():
        assert life.archived()["failed"] == []
        life.run("archive", "--check")
    verified = life.verify()
    assert verified["faults"] == []
    assert [note["kind"] for note in verified["notes"]] == ["lfs"]


def test_a_failure_leaves_its_reference_alone(tmp_path: Path) -> None:
    with Origin({**routes(PICTURES), "/gone.png": Reply(404)}) as origin:
        life = Life(tmp_path, origin, {"a.md": post(A, GONE, B)})
        life.archive(code=2)
        assert life.read("a.md").count(GONE) == 1
        assert life.read("a.md").count(HOST) == 1
        life.restore()
        assert life.documents() == life.before

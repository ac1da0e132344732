"""`holdfast restore`: the author's bytes come back, whatever has happened to the posts meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import pictures
from tests.life import HOST, Life, post, routes, touch
from tests.servers import Origin, Reply

PICTURES = {f"/{name}": pictures.png(seed=seed) for seed, name in enumerate(("a.png", "b", "c.jpg", "d"), 1)}
A, B, C, D = (HOST + path for path in PICTURES)
SITE = {"2019/one.md": post(A, B), "2019/two.md": post(B, C), "2020/three.md": post(C, D)}


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """An archived site; no test below asks any server for anything but what it names."""
    with Origin({**routes(PICTURES), "/a2": Reply(body=PICTURES["/a.png"])}) as origin:
        life = Life(tmp_path, origin, SITE)
        life.archive()
        yield life


def test_whole(life: Life) -> None:
    stored = life.stored()
    with life.offline():
        report = life.restore("--format", "json").json()
    assert (report["restored"], report["rewritten"], report["exact"], report["left"]) == (6, 3, 3, [])
    assert life.documents() == life.before
    assert life.stored() == stored
    state = life.state()
    assert life.restore("--format", "json").json()["rewritten"] == 0
    assert life.state() == state


@pytest.mark.parametrize("looking", ["--dry-run", "--diff"])
def test_looking_first(looking: str, life: Life) -> None:
    state = life.state()
    done = life.restore(looking)
    assert life.state() == state
    if looking == "--diff":
        assert len(re.findall(rf"^\+!.*{HOST}", done.stdout, re.MULTILINE)) == 6


def test_by_path(life: Life) -> None:
    life.restore("2019/one.md")
    now = life.documents()
    assert now["2019/one.md"] == life.before["2019/one.md"]
    assert now["2019/two.md"] != life.before["2019/two.md"]
    life.restore("2020")
    assert life.documents()["2020/three.md"] == life.before["2020/three.md"]
    assert HOST not in life.read("2019/two.md")


def test_by_url(life: Life) -> None:
    life.restore("--include", r"/b$")
    assert [life.read(path).count(B) for path in SITE] == [1, 1, 0]
    assert A not in life.read("2019/one.md")
    life.restore("--exclude", r"/d$")
    assert life.documents() == life.before | {"2020/three.md": life.documents()["2020/three.md"]}
    assert D not in life.read("2020/three.md")
    life.restore()
    assert life.documents() == life.before


def test_what_was_restored_stays_so_until_it_is_named(life: Life) -> None:
    life.restore("2019")
    with life.offline():
        report = life.archived()
        assert report["rewritten"] == 0
        assert {(each["url"], each["reason"]) for each in report["skipped"]} == {
            (A, "restored"),
            (B, "restored"),
            (C, "restored"),
        }
        assert life.documents()["2019/one.md"] == life.before["2019/one.md"]
        life.run("archive", "--check")
        # a new reference in a restored post is a new reference
        life.edit("2019/one.md", "Text after.", f"![]({D})")
        assert life.archived()["replaced"] == 1
        assert life.read("2019/one.md").count(HOST) == 2
        # named: archived again
        assert life.archived("2019/two.md")["rewritten"] == 1
        assert HOST not in life.read("2019/two.md")
        assert life.archived("2019")["rewritten"] == 1
        life.restore("2019/two.md")
        assert life.documents()["2019/two.md"] == life.before["2019/two.md"]


def test_after_edits_elsewhere(life: Life) -> None:
    life.edit("2019/one.md", "Text before.", "Another beginning.\n\n![mine](mine.png)\n\nMore.")
    life.edit("2019/one.md", "title: A post", "title: Retold")
    life.archive()
    life.edit("2019/one.md", "Text after.", "Another end.")
    report = life.restore("--format", "json", code=0).json()
    assert (report["rewritten"], report["exact"]) == (3, 2)
    before = SITE["2019/one.md"]
    for old, new in (
        ("Text before.", "Another beginning.\n\n![mine](mine.png)\n\nMore."),
        ("title: A post", "title: Retold"),
        ("Text after.", "Another end."),
    ):
        before = before.replace(old, new)
    assert life.read("2019/one.md") == before


@pytest.mark.parametrize("archived_again", [False, True])
def test_after_a_rename(archived_again: bool, life: Life) -> None:
    (life.root / "2021").mkdir()
    (life.root / "2019/one.md").rename(life.root / "2021/renamed.md")
    if archived_again:
        with life.offline():
            life.archive()
    assert life.restore("--format", "json").json()["left"] == []
    assert life.read("2021/renamed.md") == SITE["2019/one.md"]


def test_a_copy_of_a_post_is_a_post_of_its_own(life: Life) -> None:
    life.write("2019/copy.md", life.read("2019/one.md").replace("A post", "A copy"))
    life.restore("2019/copy.md")
    assert life.read("2019/copy.md") == SITE["2019/one.md"].replace("A post", "A copy")
    assert HOST not in life.read("2019/one.md")


@pytest.mark.parametrize(
    "repathed",
    [
        pytest.param(lambda name: f"/archive/assets/{name}", id="from the root"),
        pytest.param(lambda name: f"./../archive/assets/{name}", id="with a dot"),
        pytest.param(lambda name: "../media/" + name.rpartition("/")[2], id="moved to another folder"),
    ],
)
def test_after_an_editor_repathed_a_picture(repathed: object, life: Life) -> None:
    name = life.asset(A)["path"]
    life.edit("2019/one.md", f"../archive/assets/{name}", repathed(name))  # type: ignore[operator]
    life.restore()
    assert life.documents() == life.before


def test_two_originals_of_one_picture_are_told_apart_by_their_order_or_left(life: Life) -> None:
    twice = post(A, HOST + "/a2")
    life.write("both.md", twice)
    life.archive()
    life.restore("both.md")
    assert life.read("both.md") == twice
    life.archive("both.md")
    # a third reference to the same picture, by hand: nobody can tell which URL it stands for
    shown = re.search(r"!\[picture 0\]\(([^)]+)\)", life.read("both.md"))
    assert shown
    life.edit("both.md", "Text before.", f"![by hand]({shown[1]})")
    report = life.restore("both.md", "--format", "json", code=2).json()
    assert {left["raw"] for left in report["left"]} == {shown[1]}
    assert report["left"][0]["location"]["path"] == "both.md"


def test_a_post_that_was_never_archived_is_left_alone(life: Life) -> None:
    text = "![by hand](archive/assets/pics.example/none-0123456789abcdef.png)\n"
    life.write("own.md", text)
    life.restore()
    assert life.read("own.md") == text


EVERY_KIND = f"""---
title: x
cover: "{A}"
gallery: [{{image: {B}}}, '{C}']
thumbnail: {D}#crop
---
\ufeff![inline]({A} "title") ![ref][r] ![short] ![angle](<{C}>)\r
[![linked]({B})]({B})  <img src='{C}' srcset="{A} 1x, {B} 2x">\r

| a | b |
|---|---|
| ![t]({D}) | `![code]({D})` |

> - ![quoted]({A}#fragment)
>   <video poster={B}></video>

{{{{< figure src="{C}" title="x" >}}}}

[r]: {D} 'title'
[short]: <{B}>"""


def test_every_kind_of_reference_comes_back(tmp_path: Path) -> None:
    with Origin(routes(PICTURES)) as origin:
        files = {
            "hugo.toml": "",
            "content/posts/all.md": EVERY_KIND,
            "content/posts/all/index.md": EVERY_KIND,
        }
        life = Life(tmp_path, origin, files)
        report = life.archived()
        assert report["notices"] == []
        for path in list(files)[1:]:
            # what is left: the code, and nothing else
            assert life.read(path).count(HOST) == 1, life.read(path)
        life.restore()
        assert life.documents() == life.before


def test_hexo_shows_no_new_date(tmp_path: Path) -> None:
    with Origin(routes(PICTURES)) as origin:
        life = Life(tmp_path, origin, {"_config.yml": "title: x\nroot: /\n", "source/_posts/a.md": post(A)})
        life.write("package.json", '{"dependencies": {"hexo": "7.0.0"}, "hexo": {"version": "7.0.0"}}')
        post_file = tmp_path / "source/_posts/a.md"
        touch(post_file, 1_500_000_000)
        post_file.chmod(0o640)
        life.archive()
        assert "/archive/pics.example/a-" in life.read("source/_posts/a.md")
        assert (post_file.stat().st_mtime, post_file.stat().st_mode & 0o777) == (1_500_000_000, 0o640)
        life.restore()
        assert (post_file.stat().st_mtime, post_file.stat().st_mode & 0o777) == (1_500_000_000, 0o640)
        assert life.documents()["source/_posts/a.md"] == life.before["source/_posts/a.md"]

"""`holdfast verify` and `holdfast list`: what is held, whether it is there, and what is there besides."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import pictures
from tests.commands import tree
from tests.life import HOST, Life, post, routes, sha256
from tests.servers import Origin, Reply

from holdfast import disk

PICTURES = {f"/{name}": pictures.png(seed=seed) for seed, name in enumerate(("a.png", "b", "c.jpg"), 1)}
A, B, C = (HOST + path for path in PICTURES)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """An archived site."""
    with Origin(routes(PICTURES)) as origin:
        life = Life(tmp_path, origin, {"one.md": post(A, B), "2/two.md": post(B, C)})
        life.archive()
        yield life


def file_of(life: Life, url: str) -> Path:
    return life.root / "archive" / "assets" / life.asset(url)["path"]


def found(result: Any) -> set[tuple[str, str]]:
    """Faults and notes as (kind, name of the file)."""
    return {
        (fault["kind"], fault["path"].rpartition("/")[2]) for fault in (*result["faults"], *result["notes"])
    }


def test_all_is_well(life: Life) -> None:
    result = life.verify()
    assert (result["assets"], result["good"], result["faults"], result["notes"]) == (3, 3, [], [])
    assert result["bytes"] == sum(map(len, PICTURES.values()))
    state = life.state()
    life.run("verify", "--prune")
    assert {path for path in life.state() if "/.lock" not in path} == {
        path for path in state if "/.lock" not in path
    }


def test_missing_and_changed(life: Life) -> None:
    missing, changed, longer = (file_of(life, url) for url in (A, B, C))
    missing.unlink()
    bad = bytearray(changed.read_bytes())
    bad[len(bad) // 2] ^= 1
    changed.write_bytes(bad)
    longer.write_bytes(longer.read_bytes() + b"\0")
    result = life.verify(code=2)
    assert found(result) == {("missing", missing.name), ("changed", changed.name), ("changed", longer.name)}
    assert {fault["url"] for fault in result["faults"]} == {A, B, C}
    assert result["good"] == 0
    # pruning is not for these
    assert life.verify("--prune", code=2)["pruned"] == []
    assert changed.exists()
    done = life.run("verify", code=2)
    assert missing.name in done.stdout


def test_what_nobody_knows(life: Life) -> None:
    stray = life.root / "archive/assets/pics.example/stray-0123456789abcdef.png"
    stray.write_bytes(b"x")
    torn = stray.with_name(f".torn{disk.TEMPORARY}")
    torn.write_bytes(b"half")
    deep = life.root / "archive/assets/gone.example/deep/er.png"
    deep.parent.mkdir(parents=True)
    deep.write_bytes(b"y")
    result = life.verify(code=2)
    assert found(result) == {("orphaned", stray.name), ("partial", torn.name), ("orphaned", "er.png")}
    assert stray.exists()
    pruned = life.verify("--prune")
    assert sorted(pruned["pruned"]) == sorted(
        path.relative_to(life.root).as_posix() for path in (stray, torn, deep)
    )
    assert not stray.exists()
    assert not (life.root / "archive/assets/gone.example").exists()
    assert found(life.verify()) == set()


def test_prune_says_what_it_removes(life: Life) -> None:
    stray = life.root / "archive/assets/pics.example/stray-0123456789abcdef.png"
    stray.write_bytes(b"x")
    done = life.run("verify", "--prune")
    assert "archive/assets/pics.example/stray-0123456789abcdef.png" in done.stdout
    assert "removed" in done.stdout


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("layouts/partials/head.html", '<link href="/x/{name}">'),
        ("data/gallery.yaml", "- {name}\n"),
        ("assets/style.css", "a {{ background: url(../{name}) }}"),
        (".github/README", "see {name}"),
        ("drafts/later.txt", "{name}"),
        ("notebook.ipynb", '{{"x": "{name}"}}'),
    ],
)
def test_prune_never_takes_what_any_text_names(path: str, text: str, life: Life) -> None:
    name = file_of(life, A).name
    stray = file_of(life, A).with_name("stray-0123456789abcdef.png")
    stray.write_bytes(b"x")
    life.write("one.md", "nothing here any more\n")  # no document shows A now
    life.write(path, text.format(name=name) + text.format(name=stray.name))
    result = life.verify("--prune")
    assert result["pruned"] == []
    assert found(result) == {("unrecorded", stray.name)}
    assert stray.exists()
    assert file_of(life, A).exists()


def test_what_no_document_shows_any_more(life: Life) -> None:
    unused = file_of(life, A)
    life.write("one.md", post(B))
    result = life.verify()  # no fault: an archive may hold more than is shown
    assert (found(result), result["faults"]) == ({("unused", unused.name)}, [])
    pruned = life.verify("--prune")
    assert [Path(path).name for path in pruned["pruned"]] == [unused.name]
    assert [record["url"] for record in life.records("asset")] == [B, C]
    assert found(life.verify()) == set()
    # shown again, it is asked for again
    life.write("one.md", post(A))
    assert life.asked(lambda: life.archive()) == ["/a.png"]


def test_what_was_restored_or_not_yet_rewritten_is_used(life: Life) -> None:
    life.restore("one.md")
    assert found(life.verify("--prune")) == set()
    life.write("three.md", post(C))
    life.archive("--no-rewrite")
    life.write("2/two.md", "gone\n")
    assert found(life.verify("--prune")) == set()


def test_lfs_pointers(life: Life) -> None:
    for url, digest in ((A, sha256(PICTURES["/a.png"])), (B, "0" * 64)):
        file_of(life, url).write_text(
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 9\n"
        )
    result = life.verify(code=2)
    assert found(result) == {("lfs", file_of(life, A).name), ("changed", file_of(life, B).name)}


HUGO = {"hugo.toml": "", "content/a.md": post(A), "static/archive/mine.png": b"mine"}


@pytest.mark.parametrize("command", ["verify", "verify --prune", "restore", "restore --dry-run", "list"])
def test_nothing_is_made_where_nothing_is_held(command: str, tmp_path: Path) -> None:
    with Origin(routes(PICTURES)) as origin:
        life = Life(tmp_path, origin, HUGO)
        life.run(*command.split())
        assert tree(tmp_path) == life.before
        assert not (tmp_path / "archive").exists()
        # so the first run still sees that what is there is not ours, and nothing takes it for an orphan
        life.archive()
        assert not list((tmp_path / "static/archive").glob("pics.example"))
        assert found(life.verify("--prune")) == set()
        assert life.documents()["static/archive/mine.png"] == life.before["static/archive/mine.png"]


def test_prune_leaves_what_a_run_never_stored_in_a_folder_that_was_named(tmp_path: Path) -> None:
    own = {
        "static/images/mine.png": b"mine",
        "static/images/0123456789abcdef.png": b"a name that a CDN gave",
        "static/images/deep/er.svg": b"<svg/>",
    }
    lost = b"stored once, and its record is gone"
    left = f"static/images/pics.example/old-{sha256(lost)[:16]}.png"
    with Origin(routes(PICTURES)) as origin:
        life = Life(tmp_path, origin, {"hugo.toml": "", "content/a.md": post(A, B), **own})
        life.write("holdfast.toml", 'assets = "static/images"\n')
        life.archive()
        assert found(life.verify()) == set()
        assert "3 files that holdfast did not store" in life.verify()["warnings"][0]
        life.write(left, lost)
        assert found(life.verify(code=2)) == {("orphaned", Path(left).name)}
        assert life.verify("--prune")["pruned"] == [left]
        assert {path: life.documents()[path] for path in own} == {path: sha256(own[path]) for path in own}


def test_files_in_a_folder_that_was_named_once(life: Life) -> None:
    life.archive("--assets", "pictures")
    (life.root / "archive/assets").rename(life.root / "elsewhere")
    assert "--assets DIR" in life.run("verify", code=2).stdout
    assert "--assets DIR" not in life.run("verify", "--assets", "pictures").stdout


# -- is it served? ----------------------------------------------------------------------------------------


def test_remote(tmp_path: Path) -> None:
    with Origin(routes(PICTURES)) as origin:
        life = Life(tmp_path, origin, {"one.md": post(A, B, C)})
        prefix = "http://cdn.example/kept/"
        life.archive("--url-prefix", prefix)
        served = {f"/kept/{life.asset(url)['path']}": PICTURES[url.removeprefix(HOST)] for url in (A, B, C)}
        assert isinstance(origin.routes, dict)
        origin.routes.update(routes(served))
        result = life.verify("--remote", "--url-prefix", prefix)
        assert (result["good"], result["faults"]) == (3, [])
        assert set(origin.paths()[3:]) == set(served)

        _, gone, other = served
        origin.routes[gone] = Reply(404)
        origin.routes[other] = Reply(body=served[other][:-1] + b"x")
        result = life.verify("--remote", "--url-prefix", prefix, code=2)
        details = {fault["path"].rpartition("/")[2]: fault["detail"] for fault in result["faults"]}
        assert set(details) == {Path(gone).name, Path(other).name}
        assert "http-404" in details[Path(gone).name]
        assert "other bytes" in details[Path(other).name]
        assert {fault["kind"] for fault in result["faults"]} == {"not-served"}
        # larger than what was stored is other bytes too, and no more of it is read than that takes
        origin.routes[gone] = Reply(body=served[gone] + bytes(5_000_000))
        result = life.verify("--remote", "--url-prefix", prefix, code=2)
        assert "more than the" in next(
            fault["detail"] for fault in result["faults"] if fault["path"].endswith(Path(gone).name)
        )


def test_remote_needs_an_address(life: Life) -> None:
    done = life.run("verify", "--remote", code=3)
    assert "--url-prefix" in done.stderr


# -- list -------------------------------------------------------------------------------------------------


def test_list(life: Life) -> None:
    rows = life.run("list", "--format", "json").json()
    assert [row["url"] for row in rows] == [A, B, C]
    assert rows[1]["documents"] == ["2/two.md", "one.md"]
    for row in rows:
        body = PICTURES[row["url"].removeprefix(HOST)]
        assert (row["sha256"], row["bytes"]) == (sha256(body), len(body))
        assert (life.root / row["path"]).read_bytes() == body
        assert row["new"].removeprefix("../") == row["path"]

    table = list(csv.DictReader(io.StringIO(life.run("list", "--format", "csv").stdout)))
    assert [row["url"] for row in table] == [A, B, C]
    assert {"url", "new", "path", "sha256", "bytes", "documents"} <= set(table[0])
    assert table[0]["sha256"] == rows[0]["sha256"]

    text = life.run("list").stdout
    for row in rows:
        assert row["url"] in text
        assert row["path"] in text

    life.restore()
    rows = life.run("list", "--format", "json").json()
    assert [(row["url"], row["documents"]) for row in rows] == [(A, []), (B, []), (C, [])]


def test_nothing_held(tmp_path: Path) -> None:
    with Origin() as origin:
        life = Life(tmp_path, origin, {"a.md": "x\n"})
        assert life.run("list", "--format", "json").json() == []
        assert life.verify()["assets"] == 0
        assert life.documents() == life.before

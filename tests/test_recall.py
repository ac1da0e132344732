"""What is kept of scans between runs, and everything that can befall it: the result is always the same."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.commands import holdfast

from holdfast.model import ScanOptions
from holdfast.pipeline.recall import LEAST, Recall, encode, folder
from holdfast.scan import scan

POST = (
    "---\ncover: https://img.lan/{0}.jpg\ntags: [a: b]\n---\n![{0}](https://img.lan/{0}/a.png) [l](../b.md)\n"
)
OPTIONS = ScanOptions()


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def fill(recall: Recall, numbers: range) -> None:
    for number in numbers:
        text = POST.format(number) * 40
        recall.put(recall.key(digest(text), "markdown"), encode(scan(text.encode(), "markdown")))


def known(recall: Recall, numbers: range) -> int:
    """How many of these are known, each exactly as a scan finds it."""
    found = 0
    for number in numbers:
        text = POST.format(number) * 40
        scanned = recall.get(recall.key(digest(text), "markdown"))
        if scanned is not None:
            assert scanned == scan(text.encode(), "markdown")
            found += 1
    return found


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    with again(tmp_path) as recall:
        assert known(recall, range(20)) == 0
        fill(recall, range(20))
        recall.save(whole=True)
    return tmp_path


def stored(root: Path) -> Path:
    (path,) = (root / "cache").iterdir()
    return path


def again(root: Path, options: ScanOptions = OPTIONS) -> Recall:
    return Recall(root, options, root / "cache")


def count(root: Path, numbers: range, options: ScanOptions = OPTIONS) -> int:
    """How many of these a later run knows."""
    with again(root, options) as recall:
        return known(recall, numbers)


def test_what_was_scanned_is_known(filled: Path) -> None:
    assert count(filled, range(25)) == 20


def test_it_is_for_its_owner_alone(filled: Path) -> None:
    assert stored(filled).stat().st_mode & 0o077 == 0
    assert (filled / "cache").stat().st_mode & 0o077 == 0


def test_what_is_new_is_added(filled: Path) -> None:
    with again(filled) as recall:
        assert known(recall, range(10, 20)) == 10
        fill(recall, range(20, 25))
        recall.save(whole=False)
    assert count(filled, range(30)) == 25


def test_nothing_new_leaves_the_file_alone(filled: Path) -> None:
    before = stored(filled).stat()
    with again(filled) as recall:
        assert known(recall, range(20)) == 20
        recall.save(whole=True)
    assert stored(filled).stat().st_mtime_ns == before.st_mtime_ns


def test_much_is_written_as_it_comes(tmp_path: Path) -> None:
    entry = encode(scan((POST * 200).encode(), "markdown"))
    keys = [hashlib.sha256(str(number).encode()).digest()[:20] for number in range(400)]
    for run in (1, 2):
        with again(tmp_path) as recall:
            for key in keys[: 200 * run]:
                if recall.get(key) is None:
                    recall.put(key, entry)
                assert len(b"".join(recall._waiting)) < (5 << 20)
            assert sum(each.stat().st_size for each in (tmp_path / "cache").iterdir()) > (8 << 20)
            recall.save(whole=True)
    with again(tmp_path) as recall:
        assert all(recall.get(key) for key in keys)


def test_a_run_that_is_cut_short_leaves_nothing_behind(tmp_path: Path) -> None:
    with again(tmp_path) as recall:
        for number in range(8):
            recall.put(bytes([number]) * 20, bytes(1 << 20))
        assert list((tmp_path / "cache").iterdir())
    assert not list((tmp_path / "cache").iterdir())


def test_little_is_not_kept(tmp_path: Path) -> None:
    with again(tmp_path) as recall:
        recall.put(b"k" * 20, bytes(LEAST - 1))
        recall.save(whole=True)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(("whole", "left"), [(True, 11), (False, 61)])
def test_what_a_run_over_the_whole_site_did_not_need_goes(tmp_path: Path, whole: bool, left: int) -> None:
    with again(tmp_path) as recall:
        fill(recall, range(60))
        recall.save(whole=True)
    with again(tmp_path) as recall:
        assert known(recall, range(10)) == 10
        fill(recall, range(60, 61))
        recall.save(whole=whole)
    assert count(tmp_path, range(61)) == left


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"something else", id="another file"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut"),
        pytest.param(lambda data: data[:-1], id="cut by a byte"),
        pytest.param(lambda data: data + b"more", id="more behind it"),
        pytest.param(lambda data: data.replace(b"img.lan", b"IMG.LAN"), id="other bytes"),
        pytest.param(lambda data: data[:17] + b"\xff" * (len(data) - 17), id="nonsense"),
    ],
)
def test_what_is_spoiled_is_scanned_again(filled: Path, spoil: object) -> None:
    path = stored(filled)
    path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    with again(filled) as recall:
        known(recall, range(20))  # each as a scan finds it, or not known
        fill(recall, range(20))
        recall.save(whole=True)
    assert count(filled, range(20)) == 20


def test_other_options_are_another_scan(filled: Path) -> None:
    assert count(filled, range(20), ScanOptions(wiki=True)) == 0
    assert count(filled, range(20), ScanOptions(image_keys=frozenset({"hero"}))) == 0


def test_other_languages_are_another_scan(filled: Path) -> None:
    with again(filled) as recall:
        assert recall.key(b"a", "markdown") != recall.key(b"a", "mdx")


def test_a_site_that_nobody_scans_any_more_goes(filled: Path) -> None:
    long_ago = stored(filled).stat().st_mtime - 91 * 86400
    os.utime(stored(filled), (long_ago, long_ago))
    with Recall(filled / "other", OPTIONS, filled / "cache") as recall:
        fill(recall, range(20))
        recall.save(whole=True)
    assert len(list((filled / "cache").iterdir())) == 1


def test_a_disk_that_refuses_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with again(tmp_path) as recall:
        fill(recall, range(20))
        recall.save(whole=True)
    assert (tmp_path / "cache").read_text() == "a file"


def test_where_it_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOLDFAST_CACHE_DIR", str(tmp_path))
    assert folder() == tmp_path
    monkeypatch.setenv("HOLDFAST_CACHE_DIR", "")
    assert folder() is None
    monkeypatch.delenv("HOLDFAST_CACHE_DIR")
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert folder() == tmp_path / "holdfast"
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert folder() == tmp_path / ".cache" / "holdfast"


# -- as a user sees it ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that is large enough for several processes: 6 MB."""
    site = tmp_path_factory.mktemp("large")
    filler = "这一段代码看起来没有问题,但是在高并发下会重复创建连接。 *Twice* a `day`.\n\n" * 260
    for number in range(210):
        text = POST.format(number) + filler + f"<img src=https://img.lan/{number}.gif>\n"
        (site / f"{number:03}.md").write_text(text)
    (site / "050.md").write_bytes("---\ntitle: 日本語\n---\n日本語の文章です。\n".encode("shift_jis"))
    (site / "051.md").write_text("---\ntitle: [\n---\n![a](https://img.lan/51.png)\n")
    (site / "052.md").unlink()
    (site / "052.md").symlink_to("053.md")
    (site / "054.md").write_bytes(b"")
    return site


def report(site: Path, cache: Path | str, *arguments: str, cores: int | None = None) -> bytes:
    """All that a scan prints, on stdout and stderr."""
    command = [sys.executable, "-m", "holdfast", "scan", "--format", "jsonl", *arguments]
    if cores and hasattr(os, "sched_setaffinity"):
        some = sorted(os.sched_getaffinity(0))[:cores]
        command = ["taskset", "-c", ",".join(map(str, some)), *command]
    env = {**os.environ, "HOLDFAST_CACHE_DIR": str(cache)}
    ran = subprocess.run(command, cwd=site, env=env, capture_output=True, timeout=120, check=False)
    return ran.stdout + ran.stderr + str(ran.returncode).encode()


def test_several_processes_and_the_memory_find_what_one_finds(large: Path, tmp_path: Path) -> None:
    alone = report(large, "", cores=1)
    assert alone.count(b'"raw"') > 200 * 4
    assert b"050.md" in alone, "its encoding is named"
    assert report(large, "") == alone
    assert report(large, tmp_path) == alone
    assert list(tmp_path.iterdir())
    assert report(large, tmp_path) == alone


def test_what_changed_is_scanned_again(large: Path, tmp_path: Path) -> None:
    before = report(large, tmp_path)
    path = large / "007.md"
    old = path.read_text()
    status = path.stat()
    try:
        path.write_text(old.replace("https://img.lan/7/a.png", "https://img.lan/8/b.png"))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # neither size nor time tell of it
        after = report(large, tmp_path)
        assert after == before.replace(b"https://img.lan/7/a.png", b"https://img.lan/8/b.png")
        assert after != before
    finally:
        path.write_text(old)


def test_a_scan_writes_nothing_into_the_site(large: Path, tmp_path: Path) -> None:
    before = sorted(large.rglob("*"))
    report(large, tmp_path)
    assert sorted(large.rglob("*")) == before


def test_an_archive_recalls_what_a_scan_found(large: Path, tmp_path: Path) -> None:
    report(large, tmp_path)
    env = {"HOLDFAST_CACHE_DIR": str(tmp_path)}
    command = ("archive", "--dry-run", "--format", "json")
    told, plain = (holdfast(*command, cwd=large, env=each).json() for each in (env, {}))
    assert {**told, "seconds": 0} == {**plain, "seconds": 0}
    assert len(told["assets"]) > 400 or told["urls"] > 400

"""Rows 54, 60 to 64 and 67: a disk that is full, write-protected, in several parts, or changed meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests import pictures
from tests.campaign.rows import ids
from tests.campaign.running import GOOD, GOOD_PATH, Measured, Site, measure, post
from tests.commands import tree, write
from tests.servers import Origin, Reply

from holdfast import pipeline
from holdfast.disk import SystemDisk
from holdfast.errors import DiskError

pytestmark = pytest.mark.slow

KIB = 1024
HOST = "http://pics.example"
URL = HOST + GOOD_PATH
LARGE = {f"/large-{number}.png": pictures.png(360, 280, seed=number, compress_level=0) for number in range(3)}


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin({path: Reply(body=body) for path, body in {GOOD_PATH: GOOD, **LARGE}.items()}) as server:
        yield server


@contextmanager
def mounted(folder: Path, *options: str, kind: str = "tmpfs") -> Iterator[None]:
    """A file system of its own in ``folder``; skips the test where nobody may mount."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", kind, *options, kind, str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


def unprivileged() -> tuple[str, ...]:
    """What to put before a command so that permissions bind it, root's too."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root, and there is no setpriv to bind root")
    return (setpriv, "--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all")


def run_bound(site: Site, verb: str = "archive") -> Measured:
    """The command, bound by permissions."""
    network = site.network if verb == "archive" else ()
    command = (*unprivileged(), sys.executable, "-m", "holdfast")
    return measure(verb, "--format", "json", *network, cwd=site.root, command=command)


# -- 54 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("_", [pytest.param(None, id=f"{ids(54)}-a-tmpfs-of-one-mebibyte")])
def test_more_comes_than_fits(_: None, tmp_path: Path, origin: Origin) -> None:
    assert sum(map(len, LARGE.values())) > 800 * KIB
    folder = tmp_path / "small"
    with mounted(folder, "-o", "size=1m"):
        (folder / "ballast").write_bytes(bytes(300 * KIB))
        files = {"a.md": post(URL), "b.md": post(*(HOST + path for path in LARGE))}
        site = Site(folder / "site", origin, files)
        before = len(origin.requests)
        done = site.archive()
        assert done.code == 1, done
        assert "No space left on device" in done.stderr
        assert "free some space" in done.stderr
        assert {path: (site.root / path).read_bytes() for path in files} == site.before
        _check_no_partial(site)
        (folder / "ballast").unlink()
        _mount("-o", "remount,size=8m", str(folder))
        done = site.archive()
        assert done.code == 0, done
        site.check()
        assert len(origin.paths()[before:]) < 2 * len({GOOD_PATH, *LARGE}), (
            "nothing was kept of the first run"
        )
        assert site.archive().json()["rewritten"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("room", range(0, 44, 4), ids=lambda room: f"{ids(54)}-{room}-KiB-left")
def test_the_disk_is_full_somewhere_on_the_way(room: int, tmp_path: Path, origin: Origin) -> None:
    folder = tmp_path / "small"
    with mounted(folder, "-o", "size=1m"):
        site = Site(folder / "site", origin, {"a.md": post(URL), "b.md": post(URL, HOST + "/none.png")})
        ballast = folder / "ballast"
        with ballast.open("wb") as file:
            free = os.statvfs(folder)
            file.write(bytes(free.f_bavail * free.f_frsize - room * KIB))
        done = site.archive()
        assert done.code in (1, 2), done
        if done.code == 1:
            assert "free some space" in done.stderr
        documents = {path: (site.root / path).read_bytes() for path in site.before}
        _check_no_partial(site)
        ballast.unlink()
        assert site.archive().code == 2  # one picture is not to be had
        site.check()
        for path, old in documents.items():
            assert old in (site.before[path], (site.root / path).read_bytes())
        state = tree(site.root, "**/*.*")
        assert site.archive().json()["rewritten"] == 0
        assert tree(site.root, "**/*.*") == state


def _check_no_partial(site: Site) -> None:
    known = {"good": GOOD, **{path[1:-4]: body for path, body in LARGE.items()}}
    for file in (site.root / "archive" / "assets").rglob("*"):
        if file.is_file():
            assert file.read_bytes() == known[file.name.rpartition("-")[0]], file
    assert not [path for path in site.root.glob("*") if path.name.endswith(".holdfast-tmp")]


# -- 60 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("_", [pytest.param(None, id=f"{ids(60)}-file")])
def test_a_write_protected_document(_: None, tmp_path: Path, origin: Origin) -> None:
    site = Site(tmp_path, origin, {"a.md": post(URL), "b.md": post(URL)})
    (tmp_path / "a.md").chmod(0o444)
    done = site.archive()
    assert done.code == 2
    (notice,) = done.json()["notices"]
    assert (notice["path"], notice["code"]) == ("a.md", "read-only")
    assert site.text("a.md") == post(URL)
    assert HOST not in site.text("b.md")
    site.check()
    (tmp_path / "a.md").chmod(0o644)
    assert site.archive().code == 0
    assert HOST not in site.text("a.md")
    site.check()


FOLDERS = {
    "of-a-post": ("posts", 2, "read-only"),
    "of-the-assets": ("archive/assets", 1, "Permission denied"),
    "of-the-archive": ("archive", 1, "Permission denied"),
}


@pytest.mark.parametrize("name", FOLDERS, ids=lambda name: f"{ids(60)}-folder-{name}")
def test_a_write_protected_folder(name: str, tmp_path: Path, origin: Origin) -> None:
    folder, code, words = FOLDERS[name]
    site = Site(tmp_path, origin, {"a.md": post(), "posts/b.md": post(URL)})
    assert site.archive("a.md").code == 0
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder).chmod(0o555)
    try:
        done = run_bound(site)
        assert done.code == code, done
        assert words in done.stderr + done.stdout
        assert "permission" in (done.stderr + done.stdout).lower()
        assert site.text("posts/b.md") == post(URL)
    finally:
        (tmp_path / folder).chmod(0o755)
    assert site.archive().code == 0
    assert HOST not in site.text("posts/b.md")
    site.check()


@pytest.mark.parametrize("_", [pytest.param(None, id=f"{ids(60)}-file-system")])
def test_a_read_only_file_system(_: None, tmp_path: Path, origin: Origin) -> None:
    folder = tmp_path / "disk"
    with mounted(folder):
        site = Site(folder / "site", origin, {"a.md": post(URL)})
        _mount("-o", "remount,ro", str(folder))
        done = site.archive()
        assert done.code == 1
        assert "read-only" in done.stderr.lower()
        _mount("-o", "remount,rw", str(folder))
        assert site.archive().code == 0
        _mount("-o", "remount,ro", str(folder))
        # What writes nothing works on it.
        assert measure("verify", cwd=site.root).code == 0
        assert measure("list", cwd=site.root).code == 0
        assert measure("archive", "--check", cwd=site.root).code == 0
        assert measure("restore", "--diff", cwd=site.root).code == 0


# -- 61 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["archive/.staging", "archive/assets"], ids=lambda w: f"{ids(61)}-{w}")
def test_staging_and_assets_on_two_devices(where: str, tmp_path: Path, origin: Origin) -> None:
    with mounted(tmp_path / where):
        site = Site(tmp_path, origin, {"a.md": post(URL)})
        # Ours already; else a folder called archive with something in it would be somebody's own.
        write(tmp_path, {"archive/.gitattributes": "manifest.jsonl merge=union\n"})
        done = site.archive()
        assert done.code == 0, done
        site.check()
        assert site.body(URL) == GOOD
        assert site.archive().json()["rewritten"] == 0


# -- 62 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("_", [pytest.param(None, id=f"{ids(62)}-post")])
def test_a_symlinked_post_stays_one(_: None, tmp_path: Path, origin: Origin) -> None:
    site = Site(tmp_path, origin, {"real/a.md": post(URL), "posts/none.md": post()})
    (tmp_path / "posts" / "a.md").symlink_to("../real/a.md")
    done = site.archive()
    assert done.code == 0, done
    assert (tmp_path / "posts" / "a.md").is_symlink()
    assert HOST not in site.text("real/a.md")
    site.check_documents()
    site.check_assets()


@pytest.mark.parametrize(
    "named", [True, False], ids=[f"{ids(62)}-post-outside-named", f"{ids(62)}-post-outside"]
)
def test_a_post_that_lies_outside_is_not_written(named: bool, tmp_path: Path, origin: Origin) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text(post(URL))
    site = Site(tmp_path / "site", origin, {"b.md": post(URL), "holdfast.toml": ""})
    (site.root / "a.md").symlink_to(outside)
    done = site.archive(*(["a.md", "b.md"] if named else []))
    assert outside.read_text() == post(URL)
    assert HOST not in site.text("b.md")
    assert (site.root / "a.md").is_symlink()
    assert "outside" in done.stdout + done.stderr
    assert done.code in (0, 2)


@pytest.mark.parametrize("inside", [True, False], ids=[f"{ids(62)}-assets", f"{ids(62)}-assets-outside"])
def test_a_symlinked_asset_folder(inside: bool, tmp_path: Path, origin: Origin) -> None:
    site = Site(tmp_path / "site", origin, {"hugo.toml": "", "content/a.md": post(URL)})
    target = site.root / "kept" if inside else tmp_path / "elsewhere"
    target.mkdir(exist_ok=True)
    (site.root / "static").mkdir()
    (site.root / "static" / "archive").symlink_to(target)
    done = site.archive()
    if inside:
        assert done.code == 0, done
        assert [file.read_bytes() for file in (target / "pics.example").iterdir()] == [GOOD]
        assert HOST not in site.text("content/a.md")
    else:
        assert done.code == 1, done
        assert "leads out of" in done.stderr
        assert "→" in done.stderr
        assert list(target.iterdir()) == []
        assert site.text("content/a.md") == post(URL)


# -- 63 ---------------------------------------------------------------------------------------------------


class SwappingDisk(SystemDisk):
    """Somebody else is at work: right before one operation, something is put in a place."""

    def __init__(self, operation: str, name: str, swap: Callable[[], None]) -> None:
        self._when = (operation, re.compile(name))
        self._swap: Callable[[], None] | None = swap
        self._paths: dict[int, Path] = {}

    def _step(self, operation: str, path: Path) -> None:
        wanted, name = self._when
        if self._swap is not None and operation == wanted and name.fullmatch(path.name):
            swap, self._swap = self._swap, None
            swap()

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        self._step("open", path)
        fd = super().open(path, flags, mode)
        self._paths[fd] = path
        return fd

    def fsync(self, fd: int) -> None:
        self._step("fsync", self._paths[fd])
        super().fsync(fd)

    def link(self, source: Path, target: Path) -> None:
        self._step("link", target)
        super().link(source, target)


def _archive(site: Site, disk: SystemDisk) -> Any:
    settings = {"connect_to": (site.origin.connect_to(),), "host_interval": 0.0, "retries": 0}
    return pipeline.archive(flags={"root": str(site.root), **settings}, disk=disk)


@pytest.mark.parametrize("moment", ["open", "fsync"], ids=lambda moment: f"{ids(63)}-post-at-{moment}")
def test_a_post_becomes_a_symlink_while_it_is_written(moment: str, tmp_path: Path, origin: Origin) -> None:
    victim = tmp_path / "victim"
    victim.write_text(post(URL))  # even the same text: it is another file
    site = Site(tmp_path / "site", origin, {"a.md": post(URL), "b.md": post(URL)})

    def swap() -> None:
        (site.root / "a.md").unlink()
        (site.root / "a.md").symlink_to(victim)

    result = _archive(site, SwappingDisk(moment, r"\.a\.md\.holdfast-tmp", swap))
    assert victim.read_text() == post(URL)
    assert result.exit_code == 2
    assert [(each.path, each.code) for each in result.notices] == [("a.md", "changed")]
    assert HOST not in site.text("b.md")
    assert not list(tmp_path.rglob("*.holdfast-tmp"))


@pytest.mark.parametrize("_", [pytest.param(None, id=f"{ids(63)}-asset-folder")])
def test_the_asset_folder_becomes_a_symlink(_: None, tmp_path: Path, origin: Origin) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    site = Site(tmp_path / "site", origin, {"a.md": post(URL)})
    folder = site.root / "archive" / "assets" / "pics.example"

    def swap() -> None:
        folder.rmdir()
        folder.symlink_to(outside)

    with pytest.raises(DiskError, match=r"became a symlink|leads out"):
        _archive(site, SwappingDisk("link", r"good-.*\.png", swap))
    assert list(outside.iterdir()) == []
    assert site.text("a.md") == post(URL)


# -- 64 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755], ids=lambda mode: f"{ids(64)}-{mode:o}")
def test_a_document_keeps_its_mode(mode: int, tmp_path: Path, origin: Origin) -> None:
    site = Site(tmp_path, origin, {"a.md": post(URL)})
    (tmp_path / "a.md").chmod(mode)
    umask = os.umask(0o027)
    try:
        assert site.archive().code == 0
    finally:
        os.umask(umask)
    assert (tmp_path / "a.md").stat().st_mode & 0o7777 == mode
    asset = tmp_path / "archive" / "assets" / site.asset(URL)["path"]
    assert asset.stat().st_mode & 0o7777 == 0o640
    assert site.manifest.stat().st_mode & 0o7777 == 0o640
    assert HOST not in site.text("a.md")
    site.check()


# -- 67 ---------------------------------------------------------------------------------------------------

MERGED = b"<<<<<<< HEAD\n%s=======\n%s>>>>>>> other\n"


def _conflict(data: bytes) -> bytes:
    head, *lines = data.splitlines(keepends=True)
    return head + MERGED % (lines[0], b"".join(lines[1:]))


REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "newer": (lambda data: data.replace(b'{"holdfast":1}', b'{"holdfast":2}'), "upgrade holdfast"),
    "conflict-markers": (_conflict, "conflict markers"),
    "corrupt-in-the-middle": (lambda data: data.replace(b'"url"', b'"u\xffl"', 1), "not a record"),
    "half-a-line-in-the-middle": (lambda data: data.replace(b'","path"', b"\n", 1), "not a record"),
    "no-header": (lambda data: data.partition(b"\n")[2], "first line"),
    "another-file": (lambda data: b"%PDF-1.7\n" + data, "not a record"),
}


@pytest.mark.parametrize("how", REFUSED, ids=lambda how: f"{ids(67)}-{how}")
def test_a_manifest_that_cannot_be_trusted_stops_the_run(how: str, tmp_path: Path, origin: Origin) -> None:
    site = Site(tmp_path, origin, {"a.md": post(URL), "b.md": post(URL)})
    assert site.archive("a.md").code == 0
    damage, words = REFUSED[how]
    whole = site.manifest.read_bytes()
    site.manifest.write_bytes(damage(whole))
    assert site.manifest.read_bytes() != whole
    before = tree(tmp_path)
    every = ("archive", "restore", "verify", "list", "verify --prune", "archive --check")
    for command in every if how == "newer" else every[:2]:
        done = measure(*command.split(), cwd=tmp_path)
        assert done.code == 1, (command, done)
        assert words in done.stderr, (command, done)
        assert "manifest.jsonl" in done.stderr
        assert "→" in done.stderr, "what to do next"
        assert "Traceback" not in done.stderr
        assert tree(tmp_path) == before, command
    site.manifest.write_bytes(whole)
    assert site.archive().code == 0
    site.check()


@pytest.mark.parametrize("cut", [1, 9, 60, 10_000], ids=lambda cut: f"{ids(67)}-torn-by-{cut}")
def test_a_torn_manifest_heals(cut: int, tmp_path: Path, origin: Origin) -> None:
    site = Site(tmp_path, origin, {"a.md": post(URL), "b.md": post()})
    assert site.archive().code == 0
    whole = site.manifest.read_bytes()
    shown = site.text("a.md")
    site.manifest.write_bytes(whole[:-cut])
    done = site.archive()
    assert done.code == 0, done
    assert site.text("a.md") == shown
    for line in site.manifest.read_bytes().splitlines():
        json.loads(line)
    if cut == 1:
        assert site.manifest.read_bytes() == whole
    elif cut < 1000:
        assert "cut off" in done.stdout


@pytest.mark.parametrize("_", [pytest.param(None, id=f"{ids(67)}-joined-by-hand")])
def test_conflict_markers_taken_out_leave_both_sides(_: None, tmp_path: Path, origin: Origin) -> None:
    site = Site(tmp_path, origin, {"a.md": post(URL)})
    assert site.archive().code == 0
    whole = site.manifest.read_bytes()
    marked = _conflict(whole)
    healed = b"".join(
        line for line in marked.splitlines(keepends=True) if not line.startswith((b"<<<<", b"====", b">>>>"))
    )
    site.manifest.write_bytes(healed)
    assert site.archive().code == 0
    assert site.manifest.read_bytes() == whole

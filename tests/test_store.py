"""Nothing unverified is kept, nothing partial is named, nothing is overwritten, nothing leaves the root."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import itertools
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from tests import pictures

from holdfast.config import MediaLimits
from holdfast.disk import SYSTEM, SystemDisk
from holdfast.errors import DiskError
from holdfast.media import Media
from holdfast.model import Head, Refusal
from holdfast.store import Staged, Store, holds
from holdfast.store.receiving import MEMORY_BYTES

_T = TypeVar("_T")
URL = "https://x.example/a.jpg"
VIDEO = frozenset({"video"})


def head(length: int | None = None, url: str = URL) -> Head:
    return Head(url, url, 200, (), length)


async def stream(data: bytes, size: int = 7000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def with_store(folder: Path, use: Callable[[Store], Awaitable[_T]], **options: object) -> _T:
    async def run() -> _T:
        store = Store(folder / "staging", **options)  # type: ignore[arg-type]
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(run())


def receive(folder: Path, data: bytes, length: int | None = None, **options: object) -> Staged | Refusal:
    families = options.pop("families", frozenset({"image"}))
    return with_store(
        folder,
        lambda store: store.receive(head(length), stream(data), families),  # type: ignore[arg-type]
        **options,
    )


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


class Recorder(SystemDisk):
    """The real disk, which tells what was done, and fails where it is told to."""

    __slots__ = ("calls", "failing", "names")

    def __init__(self, failing: Callable[[str, str], int | None] = lambda call, name: None) -> None:
        self.calls: list[tuple[str, str]] = []
        self.names: dict[int, str] = {}
        self.failing = failing

    def _did(self, call: str, name: str) -> None:
        self.calls.append((call, name))
        number = self.failing(call, name)
        if number is not None:
            raise OSError(number, os.strerror(number), name)

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        self._did("open", path.name)
        descriptor = super().open(path, flags, mode)
        self.names[descriptor] = path.name
        return descriptor

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._did("write", self.names[fd])
        return super().write(fd, data[:50_000])

    def fsync(self, fd: int) -> None:
        self._did("fsync", self.names[fd])
        super().fsync(fd)

    def replace(self, source: Path, target: Path) -> None:
        self._did("replace", target.name)
        super().replace(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._did("link", target.name)
        super().link(source, target)

    def mkdir(self, path: Path) -> None:
        self._did("mkdir", path.name)
        super().mkdir(path)


# -- receiving ------------------------------------------------------------------------------------------

LARGE = pictures.mp4(size=3 * MEMORY_BYTES)


@pytest.mark.parametrize(
    ("data", "families"),
    [
        (pictures.jpeg(), {"image"}),
        (pictures.mp4(), {"video"}),
        (LARGE, {"video"}),
        (pictures.pdf(), {"pdf"}),
    ],
)
def test_what_is_received_is_staged_under_its_hash(tmp_path: Path, data: bytes, families: set[str]) -> None:
    staged = receive(tmp_path, data, len(data), families=frozenset(families), clock=lambda: 1_795_000_000.5)
    assert isinstance(staged, Staged)
    assert (staged.sha256, staged.bytes) == (sha256(data), len(data))
    assert staged.path == tmp_path / "staging" / staged.sha256
    assert staged.path.read_bytes() == data
    assert staged.fetched == "2026-11-18T11:06:40Z"
    assert tree(tmp_path) == {f"staging/{staged.sha256}"}


def test_a_large_picture_is_decoded_too(tmp_path: Path) -> None:
    data = pictures.jpeg(2000, 1500, grain=2, quality=95)
    assert len(data) > MEMORY_BYTES
    staged = receive(tmp_path, data)
    assert isinstance(staged, Staged)
    assert staged.media == Media("image/jpeg", "jpg", 2000, 1500)
    assert receive(tmp_path, data[:-50]) == Refusal("truncated", "the JPEG has no end marker")
    assert tree(tmp_path) == {f"staging/{staged.sha256}"}


@pytest.mark.parametrize(
    ("data", "length", "reason"),
    [
        (b"", None, "not-media"),
        (pictures.html(), None, "not-media"),
        (pictures.jpeg()[:-30], None, "truncated"),
        (pictures.jpeg(), 10_000, "truncated"),
        (pictures.jpeg(), 100, "truncated"),
        (LARGE, len(LARGE) + 1, "truncated"),
        (LARGE[:-1], None, "truncated"),
        (pictures.pixel(), None, "placeholder"),
        (pictures.png_bomb(), None, "bomb"),
        (pictures.svg(body="<script/>"), None, "active-svg"),
        (pictures.pdf(), None, "not-media"),
        (b"<html>" + bytes(2 * MEMORY_BYTES), None, "not-media"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    tmp_path: Path, data: bytes, length: int | None, reason: str
) -> None:
    found = receive(tmp_path, data, length, families=frozenset({"image", "video"}))
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert tree(tmp_path) == set()


def test_a_jpeg_cut_short_and_closed_properly_is_caught_by_its_declared_length(tmp_path: Path) -> None:
    data = pictures.jpeg(200, 200)
    cut = data[: len(data) // 2] + b"\xff\xd9"
    found = receive(tmp_path, cut, len(data))
    assert found == Refusal("truncated", f"{len(data)} bytes were announced, and {len(cut)} came")


def test_a_large_body_of_the_wrong_kind_is_not_read_to_its_end(tmp_path: Path) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"<html>" + bytes(65_530)

    async def use(store: Store) -> Staged | Refusal:
        return await store.receive(head(), body())

    assert with_store(tmp_path, use) == Refusal("not-media", "it is an HTML page")
    assert read < 20


@pytest.mark.parametrize("size", [2000, 3 * MEMORY_BYTES])
def test_what_the_body_raises_goes_through_and_leaves_nothing_behind(tmp_path: Path, size: int) -> None:
    async def body() -> AsyncIterator[bytes]:
        async for chunk in stream(pictures.mp4(size=size)[:-100]):
            yield chunk
        raise ConnectionResetError("gone")

    async def use(store: Store) -> Staged | Refusal:
        return await store.receive(head(), body(), VIDEO)

    with pytest.raises(ConnectionResetError):
        with_store(tmp_path, use)
    assert tree(tmp_path) == set()


def test_a_cancelled_body_leaves_nothing_behind(tmp_path: Path) -> None:
    async def body() -> AsyncIterator[bytes]:
        async for chunk in stream(LARGE[:-100]):
            yield chunk
        await asyncio.sleep(60)

    async def use(store: Store) -> None:
        task = asyncio.create_task(store.receive(head(), body(), VIDEO))
        await asyncio.sleep(0.3)
        assert tree(tmp_path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with_store(tmp_path, use)
    assert tree(tmp_path) == set()


def test_the_same_bytes_from_many_urls_are_written_once(tmp_path: Path) -> None:
    disk = Recorder()
    data = pictures.jpeg()

    async def use(store: Store) -> set[str]:
        found = await asyncio.gather(*(store.receive(head(), stream(data)) for _ in range(30)))
        return {staged.sha256 for staged in found if isinstance(staged, Staged)}

    assert with_store(tmp_path, use, disk=disk) == {sha256(data)}
    assert disk.calls.count(("replace", sha256(data))) == 1


def test_a_film_is_never_held_in_memory(tmp_path: Path) -> None:
    part = bytes(65_536)

    async def body() -> AsyncIterator[bytes]:
        yield pictures.box(b"ftyp", b"isom\0\0\2\0isom") + (len(part) * 640 + 8).to_bytes(4) + b"mdat"
        for _ in range(640):
            yield part
        yield pictures.box(b"moov", bytes(100))

    async def use(store: Store) -> Staged | Refusal:
        return await store.receive(head(), body(), VIDEO)

    tracemalloc.start()
    staged = with_store(tmp_path, use)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(staged, Staged)
    assert staged.bytes > 40_000_000
    assert peak < 8_000_000


def test_metadata_is_stripped_before_the_hash_is_taken(tmp_path: Path) -> None:
    data = pictures.jpeg(exif=pictures.exif(gps=True))
    staged = receive(tmp_path, data, len(data), strip_metadata=True)
    assert isinstance(staged, Staged)
    assert staged.media.notes == ()
    kept = staged.path.read_bytes()
    assert (sha256(kept), len(kept)) == (staged.sha256, staged.bytes)
    assert b"Made by nobody" not in kept
    large = pictures.jpeg(2000, 1500, grain=2, quality=95, exif=pictures.exif(gps=True))
    staged = receive(tmp_path, large, strip_metadata=True)
    assert isinstance(staged, Staged)
    assert b"Made by nobody" not in staged.path.read_bytes()
    assert not [name for name in tree(tmp_path) if name.endswith("tmp")]


def test_the_limits_and_the_leave_for_active_svg_are_passed_on(tmp_path: Path) -> None:
    active = pictures.svg(body="<script/>")
    assert isinstance(receive(tmp_path, active, allow_active_svg=True), Staged)
    found = receive(tmp_path, pictures.png(), limits=MediaLimits(pixels=10))
    assert isinstance(found, Refusal)
    assert found.reason == "bomb"


# -- placing --------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


def place(folder: Path, data: bytes, *targets: Path, root: Path, **options: object) -> Staged:
    async def use(store: Store) -> Staged:
        staged = await store.receive(head(), stream(data))
        assert isinstance(staged, Staged)
        await store.place_all([(staged, target) for target in targets], root=root)
        return staged

    return with_store(folder, use, **options)


def test_a_placed_file_has_its_bytes_and_a_usual_mode(tmp_path: Path, site: Path) -> None:
    data = pictures.jpeg()
    target = site / "static" / "archive" / "x.example" / "a.jpg"
    place(tmp_path, data, target, root=site)
    assert target.read_bytes() == data
    mask = os.umask(0)
    os.umask(mask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~mask


def test_bytes_are_durable_before_their_name_and_that_before_the_return(tmp_path: Path, site: Path) -> None:
    disk = Recorder()
    data = pictures.jpeg()
    place(tmp_path, data, site / "new" / "a.jpg", root=site, disk=disk)
    interesting = [
        call
        for call in disk.calls
        if call[0] in ("fsync", "link", "mkdir", "replace") and call[1] not in ("staging", tmp_path.name)
    ]
    assert sorted(interesting) == sorted(
        [
            ("replace", sha256(data)),
            ("fsync", sha256(data)),
            ("mkdir", "new"),
            ("fsync", "site"),
            ("link", "a.jpg"),
            ("fsync", "new"),
        ]
    )
    # The bytes go to the disk while the folder is made: only these orders matter.
    for first, then in itertools.pairwise(
        [("replace", sha256(data)), ("fsync", sha256(data)), ("link", "a.jpg")]
    ):
        assert interesting.index(first) < interesting.index(then)
    for first, then in itertools.pairwise(
        [("mkdir", "new"), ("fsync", "site"), ("link", "a.jpg"), ("fsync", "new")]
    ):
        assert interesting.index(first) < interesting.index(then)


def test_of_many_files_each_is_on_the_disk_before_it_has_a_name(tmp_path: Path, site: Path) -> None:
    disk = Recorder()

    async def use(store: Store) -> list[str]:
        found = await asyncio.gather(
            *(store.receive(head(), stream(pictures.jpeg(seed=number))) for number in range(30))
        )
        staged = [each for each in found if isinstance(each, Staged)]
        await store.place_all([(each, site / f"{each.sha256}.jpg") for each in staged], root=site)
        return [each.sha256 for each in staged]

    names = with_store(tmp_path, use, disk=disk)
    assert len(names) == 30
    for name in names:
        assert disk.calls.index(("fsync", name)) < disk.calls.index(("link", f"{name}.jpg"))


def test_a_folder_is_synced_once_for_all_its_files(tmp_path: Path, site: Path) -> None:
    disk = Recorder()

    async def use(store: Store) -> None:
        staged = [await store.receive(head(), stream(pictures.jpeg(seed=n))) for n in range(20)]
        await store.place_all([(one, site / "d" / f"{n}.jpg") for n, one in enumerate(staged)], root=site)  # type: ignore[misc]

    with_store(tmp_path, use, disk=disk)
    assert disk.calls.count(("fsync", "d")) == 1
    assert len(tree(site)) == 20


def test_two_names_of_the_same_bytes_are_two_files(tmp_path: Path, site: Path) -> None:
    data = pictures.jpeg()
    place(tmp_path, data, site / "a.jpg", site / "b" / "a.jpg", root=site)
    with (site / "a.jpg").open("r+b") as file:
        file.write(b"edited")
    assert (site / "b" / "a.jpg").read_bytes() == data


def test_a_held_file_is_copied_to_its_second_place(tmp_path: Path, site: Path) -> None:
    held = site / "held.png"
    held.write_bytes(pictures.png())

    async def use(store: Store) -> None:
        await store.place(held, site / "beside" / "held.png", root=site)
        await store.place(held, site / "beside" / "held.png", root=site)

    with_store(tmp_path, use)
    assert (site / "beside" / "held.png").read_bytes() == pictures.png()
    assert (site / "beside" / "held.png").stat().st_nlink == 1


def test_a_name_that_holds_the_same_bytes_is_fine(tmp_path: Path, site: Path) -> None:
    data = pictures.jpeg()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256(data)}\nsize {len(data)}\n"
    (site / "lfs.jpg").write_text(pointer)
    (site / "same.jpg").write_bytes(data)
    (site / "link.jpg").symlink_to(site / "same.jpg")
    place(tmp_path, data, site / "same.jpg", site / "lfs.jpg", site / "link.jpg", root=site)
    assert (site / "lfs.jpg").read_text() == pointer
    assert (site / "same.jpg").read_bytes() == data
    assert (site / "link.jpg").is_symlink()


def test_what_stands_there_already_is_made_durable_too(tmp_path: Path, site: Path) -> None:
    disk = Recorder()
    (site / "a.jpg").write_bytes(pictures.jpeg())
    place(tmp_path, pictures.jpeg(), site / "a.jpg", root=site, disk=disk)
    assert [call for call in disk.calls if call[0] == "fsync"][-2:] == [("fsync", "a.jpg"), ("fsync", "site")]


@pytest.mark.parametrize("other", [b"", b"the user's own file", pictures.jpeg(seed=9), pictures.jpeg()[:-1]])
def test_other_bytes_are_never_overwritten(tmp_path: Path, site: Path, other: bytes) -> None:
    (site / "taken.jpg").write_bytes(other)
    with pytest.raises(DiskError, match=r"taken\.jpg.*other bytes"):
        place(tmp_path, pictures.jpeg(), site / "taken.jpg", site / "free.jpg", root=site)
    assert (site / "taken.jpg").read_bytes() == other
    assert (site / "free.jpg").read_bytes() == pictures.jpeg()


def test_a_symlink_that_leads_nowhere_is_a_taken_name(tmp_path: Path, site: Path) -> None:
    (site / "a.jpg").symlink_to(tmp_path / "outside.jpg")
    with pytest.raises(DiskError):
        place(tmp_path, pictures.jpeg(), site / "a.jpg", root=site)
    assert not (tmp_path / "outside.jpg").exists()


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP])
def test_where_nothing_can_be_linked_it_is_copied(tmp_path: Path, site: Path, number: int) -> None:
    data = pictures.jpeg()
    disk = Recorder(lambda call, name: number if call == "link" else None)
    place(tmp_path, data, site / "d" / "a.jpg", root=site, disk=disk)
    assert (site / "d" / "a.jpg").read_bytes() == data
    assert tree(site) == {"d/a.jpg"}
    order = [call for call, name in disk.calls if name.endswith("a.jpg") or "a.jpg" in name]
    assert order.index("write") < order.index("fsync") < order.index("replace")
    (site / "taken.jpg").write_bytes(b"mine")
    with pytest.raises(DiskError):
        place(tmp_path, data, site / "taken.jpg", root=site, disk=disk)
    assert (site / "taken.jpg").read_bytes() == b"mine"


def devices() -> Iterator[Path]:
    for folder in (Path("/dev/shm"), Path("/tmp")):
        if folder.is_dir() and os.access(folder, os.W_OK):
            yield folder


def test_another_device_is_no_obstacle(tmp_path: Path, site: Path) -> None:
    here = tmp_path.stat().st_dev
    other = next((folder for folder in devices() if folder.stat().st_dev != here), None)
    if other is None:
        pytest.skip("this machine has one file system only")
    staging = other / f"holdfast-test-{os.getpid()}"
    try:
        place(staging, pictures.jpeg(), site / "a.jpg", root=site)
        assert (site / "a.jpg").read_bytes() == pictures.jpeg()
    finally:
        for path in sorted(staging.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        staging.rmdir()


# -- inside the root ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../out/a.jpg", "way/a.jpg", "way/deeper/a.jpg", "in/../../out/a.jpg"])
def test_nothing_is_written_outside_the_root(tmp_path: Path, site: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (site / "way").symlink_to(tmp_path / "out")
    with pytest.raises(DiskError, match="leads out of"):
        place(tmp_path, pictures.jpeg(), site / name, site / "fine.jpg", root=site)
    assert list((tmp_path / "out").iterdir()) == []
    assert (site / "fine.jpg").is_file()


def test_symlinks_that_stay_inside_are_followed(tmp_path: Path, site: Path) -> None:
    (site / "real").mkdir()
    (site / "way").symlink_to("real")
    (tmp_path / "also").symlink_to(site)
    place(tmp_path, pictures.jpeg(), tmp_path / "also" / "way" / "a.jpg", root=tmp_path / "also")
    assert (site / "real" / "a.jpg").is_file()


def test_a_symlink_that_is_swapped_in_meanwhile_is_noticed(tmp_path: Path, site: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (site / "d").mkdir()

    def swap(call: str, name: str) -> None:
        if call == "link":
            (site / "d").rename(site / "moved")
            (site / "d").symlink_to(out)

    with pytest.raises(DiskError, match="became a symlink"):
        place(tmp_path, pictures.jpeg(), site / "d" / "a.jpg", root=site, disk=Recorder(swap))
    assert list(out.iterdir()) == []


# -- a disk that refuses --------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [pictures.jpeg(), LARGE])
@pytest.mark.parametrize("call", ["open", "write", "replace", "mkdir"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_that_refuses_stops_the_run_and_keeps_nothing_partial(
    tmp_path: Path, data: bytes, call: str, number: int
) -> None:
    disk = Recorder(lambda this, name: number if this == call else None)
    with pytest.raises(DiskError) as caught:
        receive(tmp_path, data, families=frozenset({"image", "video"}), disk=disk)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.hint
    assert tree(tmp_path) == set()


def test_what_cannot_be_synced_gets_no_name(tmp_path: Path, site: Path) -> None:
    data = pictures.jpeg()
    disk = Recorder(lambda call, name: errno.EIO if (call, name) == ("fsync", sha256(data)) else None)
    with pytest.raises(DiskError):
        place(tmp_path, data, site / "a.jpg", root=site, disk=disk)
    assert tree(site) == set()


def test_a_folder_that_cannot_be_synced_is_an_error(tmp_path: Path, site: Path) -> None:
    disk = Recorder(lambda call, name: errno.EIO if (call, name) == ("fsync", "site") else None)
    with pytest.raises(DiskError):
        place(tmp_path, pictures.jpeg(), site / "a.jpg", root=site, disk=disk)


def test_whichever_call_fails_nothing_partial_has_a_name_and_the_next_run_finishes(tmp_path: Path) -> None:
    data = pictures.photo()
    recorder = Recorder()
    (tmp_path / "site").mkdir()
    place(tmp_path, data, tmp_path / "site" / "d" / "a.jpg", root=tmp_path / "site", disk=recorder)
    for number in range(len(recorder.calls)):
        folder = tmp_path / f"run{number}"
        site = folder / "site"
        site.mkdir(parents=True)
        left = number

        def fail(call: str, name: str) -> int | None:
            nonlocal left
            left -= 1
            return errno.EIO if left == -1 else None

        target = site / "d" / "a.jpg"
        with pytest.raises(DiskError):
            place(folder, data, target, root=site, disk=Recorder(fail))
        assert not target.exists() or target.read_bytes() == data
        place(folder, data, target, root=site)
        assert target.read_bytes() == data
        assert tree(site) == {"d/a.jpg"}


# -- what a killed run leaves ---------------------------------------------------------------------------

FACTS = {"status": 200, "etag": '"a"', "final_url": "https://y.example/a.jpg", "last_modified": None}


async def keep(store: Store, url: str, data: bytes) -> Staged:
    staged = await store.receive(head(url=url), stream(data), frozenset({"image", "video"}))
    assert isinstance(staged, Staged)
    await store.note(url, staged, FACTS)
    return staged


def recovered(folder: Path, **options: object) -> dict[str, tuple[Staged, dict[str, str | int | None]]]:
    async def use(store: Store) -> dict[str, tuple[Staged, dict[str, str | int | None]]]:
        return store.recover()

    return with_store(folder, use, **options)


def test_what_was_noted_is_recovered(tmp_path: Path, site: Path) -> None:
    staged = with_store(tmp_path, lambda store: keep(store, URL, pictures.photo()))
    assert recovered(tmp_path) == {URL: (staged, FACTS)}

    async def use(store: Store) -> None:
        (found, _) = store.recover()[URL]
        await store.place(found, site / "a.jpg", root=site)
        await keep(store, "https://x.example/b", pictures.jpeg(seed=2))

    with_store(tmp_path, use)
    assert (site / "a.jpg").read_bytes() == pictures.photo()
    assert set(recovered(tmp_path)) == {URL, "https://x.example/b"}


def test_nothing_is_recovered_on_trust(tmp_path: Path) -> None:
    async def use(store: Store) -> list[Staged]:
        return [await keep(store, f"https://x.example/{n}", pictures.jpeg(seed=n)) for n in range(4)]

    torn, gone, empty, _ = with_store(tmp_path, use)
    torn.path.write_bytes(torn.path.read_bytes()[:-5])
    gone.path.unlink()
    empty.path.write_bytes(b"")
    journal = tmp_path / "staging" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"url":"https://x.example/torn","sha')
    assert set(recovered(tmp_path)) == {"https://x.example/3"}
    # What was torn is fetched again, and then replaced.
    staged = with_store(tmp_path, lambda store: keep(store, "https://x.example/0", pictures.jpeg(seed=0)))
    assert staged.path.read_bytes() == pictures.jpeg(seed=0)


def test_a_line_written_after_a_torn_one_is_read(tmp_path: Path) -> None:
    with_store(tmp_path, lambda store: keep(store, URL, pictures.jpeg()))
    journal = tmp_path / "staging" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-9])

    async def use(store: Store) -> None:
        assert store.recover() == {}
        await keep(store, "https://x.example/b", pictures.jpeg(seed=2))

    with_store(tmp_path, use)
    assert set(recovered(tmp_path)) == {"https://x.example/b"}


def test_a_journal_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    with_store(tmp_path, lambda store: keep(store, URL, pictures.jpeg()))
    journal = tmp_path / "staging" / "journal.jsonl"
    journal.write_text(journal.read_text().replace(sha256(pictures.jpeg()), "../../etc/passwd"))
    assert recovered(tmp_path) == {}


def test_what_was_accepted_under_other_settings_is_not_recovered(tmp_path: Path) -> None:
    active = pictures.svg(body="<script/>")
    with_store(tmp_path, lambda store: keep(store, URL, active), allow_active_svg=True)
    assert recovered(tmp_path) == {}
    assert recovered(tmp_path, strip_metadata=True) == {}
    assert set(recovered(tmp_path, allow_active_svg=True)) == {URL}


def test_passwords_are_never_written(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        staged = await keep(store, "https://user:secret@x.example/a.jpg", pictures.jpeg())
        await store.note(URL, staged, {"final_url": "https://user:secret@x.example/b.jpg"})

    with_store(tmp_path, use)
    assert set(recovered(tmp_path)) == {URL}
    assert b"secret" not in (tmp_path / "staging" / "journal.jsonl").read_bytes()


def test_unfinished_files_are_removed_and_a_clean_end_removes_all(tmp_path: Path) -> None:
    with_store(tmp_path, lambda store: keep(store, URL, pictures.jpeg()))
    part = tmp_path / "staging" / ".0123456789abcdef.holdfast-tmp"
    part.write_bytes(b"half")
    recovered(tmp_path)
    assert not part.exists()
    store = Store(tmp_path / "staging")
    store.clear()
    assert not (tmp_path / "staging").exists()
    Store(tmp_path / "staging").clear()


def test_files_that_are_not_ours_survive_a_clean_end(tmp_path: Path) -> None:
    with_store(tmp_path, lambda store: keep(store, URL, pictures.jpeg()))
    (tmp_path / "staging" / "notes.txt").write_text("mine")
    Store(tmp_path / "staging").clear()
    assert tree(tmp_path) == {"staging/notes.txt"}


PROGRAM = """
import asyncio, sys
from pathlib import Path
from holdfast.model import Head
from holdfast.store import Store
from tests import pictures

async def main():
    store = Store(Path(sys.argv[1]) / "staging")
    async def body(data):
        for start in range(0, len(data), 4096):
            yield data[start : start + 4096]
    for number in range(100_000):
        url = f"https://x.example/{number}"
        data = pictures.jpeg(seed=number) if number % 3 else pictures.mp4(number, size=700_000)
        staged = await store.receive(Head(url, url, 200, (), len(data)), body(data), {"image", "video"})
        await store.note(url, staged, {"status": 200})
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("count", [1, 4, 11])
def test_a_killed_run_loses_nothing_that_it_had_noted(tmp_path: Path, site: Path, count: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    assert process.stdout is not None
    for _ in range(count):
        done = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    found = recovered(tmp_path)
    assert {f"https://x.example/{number}" for number in range(done + 1)} <= set(found)

    async def use(store: Store) -> None:
        again = store.recover()
        await store.place_all([(staged, site / staged.sha256) for staged, _ in again.values()], root=site)
        await store.close()
        store.clear()

    with_store(tmp_path, use)
    assert not (tmp_path / "staging").exists()
    for staged, _ in found.values():
        assert holds(site / staged.sha256, staged.sha256)


def test_the_recorder_is_a_disk() -> None:
    assert {name for name in dir(SYSTEM) if not name.startswith("_")} <= set(dir(Recorder()))

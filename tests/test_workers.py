"""A hostile file may crash, hang or swell the process that decodes it; the run and the other files go on."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from PIL import Image
from tests import pictures
from tests.commands import environment, write
from tests.life import Running, until
from tests.servers import Origin, Reply

from holdfast.config import GIB, MIB, MediaLimits
from holdfast.dialogue import Settings
from holdfast.media import Media, identify
from holdfast.model import Head, Refusal
from holdfast.store import Staged, Store
from holdfast.store.receiving import MEMORY_BYTES
from holdfast.store.workers import Workers

pytestmark = pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads Linux's /proc")

_T = TypeVar("_T")
ANY = frozenset({"image", "video", "audio", "pdf", "track", "font"})
SMALL = MediaLimits(decode_memory=64 * MIB)


# -- what processes there are, as the system tells it -----------------------------------------------------


def children(parent: int) -> set[int]:
    """The processes whose parent this is; also those that have ended and that nobody has waited for."""
    found: set[int] = set()
    for task in Path(f"/proc/{parent}/task").glob("*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that just ended
            found.update(map(int, (task / "children").read_text().split()))
    return found


def alive(pid: int) -> bool:
    return state(pid) not in ("", "Z")


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def busy_for(pid: int) -> float:
    """Seconds of processor time that a process has had, without what its start took."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") - 0.3


@pytest.fixture(autouse=True)
def _none_stays() -> Iterator[None]:
    """No process, ended or not, stays behind any of these tests."""
    before = children(os.getpid())
    yield
    assert children(os.getpid()) <= before


# -- files ------------------------------------------------------------------------------------------------


def slow(seconds: float) -> bytes:
    """A JPEG of some KB that decodes for about so long (more on a busy machine): it has so many scans."""
    buffer = io.BytesIO()
    Image.new("L", (1000, 1000), 99).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * int(seconds * 2300) + data[-2:]


PATIENT = MediaLimits(pixels=10**10)
"""Under the usual limits, `slow` would be refused before it is decoded."""


def swollen(kind: str) -> bytes:
    """A picture of some KB that takes more than 64 MiB to decode, and is well below the limit of pixels."""
    buffer = io.BytesIO()
    options = {"jpeg": {"progressive": True, "subsampling": 0}, "avif": {"speed": 10}, "webp": {"method": 0}}
    image = Image.new("RGB", (4000, 4000), "teal")
    image.save(buffer, kind, **options.get(kind, {"compression": "tiff_deflate"} if kind == "tiff" else {}))
    return buffer.getvalue()


# -- a store ----------------------------------------------------------------------------------------------


async def stream(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 60_000):
        yield data[start : start + 60_000]


async def receive(store: Store, data: bytes) -> Staged | Refusal:
    return await store.receive(
        Head("https://x.example/", "https://x.example/", 200, (), None), stream(data), ANY
    )


def with_store(folder: Path, use: Callable[[Store], Awaitable[_T]], **options: object) -> _T:
    async def run() -> _T:
        store = Store(folder / "staging", **options)  # type: ignore[arg-type]
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(run())


async def together(store: Store, *files: bytes) -> list[Staged | Refusal]:
    return await asyncio.gather(*(receive(store, data) for data in files))


# -- memory -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff", "bmp", "avif"])
def test_a_picture_that_takes_too_much_memory_is_refused_and_the_others_are_kept(
    tmp_path: Path, kind: str
) -> None:
    hostile = swollen(kind)
    good = [pictures.jpeg(seed=number) for number in range(6)]

    async def use(store: Store) -> None:
        first, *others = await together(store, hostile, *good)
        assert first == Refusal("bomb", "decoding it takes more than 64 MiB of memory")
        assert all(isinstance(each, Staged) for each in others)

    with_store(tmp_path, use, limits=SMALL)


def test_with_the_usual_limits_the_same_picture_is_kept(tmp_path: Path) -> None:
    assert isinstance(with_store(tmp_path, lambda store: receive(store, swollen("png"))), Staged)


@pytest.mark.parametrize("strip", [False, True])
def test_small_files_of_every_kind_pass_within_the_least_memory(tmp_path: Path, strip: bool) -> None:
    files = {name: make() for name, make in pictures.KINDS.items()}

    async def use(store: Store) -> None:
        found = await together(store, *files.values())
        for name, each in zip(files, found, strict=True):
            assert isinstance(each, Staged), (name, each)
            assert each.media.extension == name
        assert 1 <= len(children(os.getpid())) <= 2

    with_store(tmp_path, use, limits=SMALL, strip_metadata=strip, workers=2)


def test_a_film_larger_than_the_memory_is_mapped_not_read(tmp_path: Path) -> None:
    film = pictures.mp4(size=80 * MIB)
    assert isinstance(with_store(tmp_path, lambda store: receive(store, film), limits=SMALL), Staged)


def test_metadata_is_read_where_pictures_are_decoded(tmp_path: Path) -> None:
    """Exif of a hostile hand: each of its 600 entries claims the same 8 MiB."""
    claims = b"".join(struct.pack("<HHII", 0x9000 + number, 2, 8 * MIB, 8) for number in range(600))
    exif = b"II*\0" + struct.pack("<IH", 8, 600) + claims + bytes(8 * MIB)
    plain = pictures.png()
    hostile = plain[:33] + pictures.png_chunk(b"eXIf", exif) + plain[33:]
    found = with_store(
        tmp_path,
        lambda store: together(store, hostile, pictures.jpeg()),
        limits=MediaLimits(decode_memory=128 * MIB),
        strip_metadata=True,
    )
    assert [each.bytes < 8000 for each in found if isinstance(each, Staged)] == [True, True]


# -- time -------------------------------------------------------------------------------------------------


def test_a_file_that_takes_too_long_is_refused_and_the_others_are_kept(tmp_path: Path) -> None:
    good = [pictures.jpeg(seed=number) for number in range(20)]
    started = time.monotonic()

    async def use(store: Store) -> None:
        first, *others = await together(store, slow(30), *good)
        assert first == Refusal("bomb", "decoding it takes more than 1 s")
        assert all(isinstance(each, Staged) for each in others)

    limits = MediaLimits(pixels=10**10, decode_timeout=1)
    with_store(tmp_path, use, limits=limits, workers=1)
    assert time.monotonic() - started < 15


def test_getting_ready_is_no_part_of_a_files_time(tmp_path: Path) -> None:
    found = with_store(
        tmp_path,
        lambda store: receive(store, pictures.gif(frames=1)),
        limits=MediaLimits(decode_timeout=0.09),  # a process takes longer to start
    )
    assert isinstance(found, Staged)


def test_closing_waits_for_no_decoder(tmp_path: Path) -> None:
    async def run() -> None:
        store = Store(tmp_path / "staging", limits=PATIENT)
        task = asyncio.create_task(receive(store, slow(60)))
        await asyncio.to_thread(until, lambda: any(busy_for(pid) > 0 for pid in children(os.getpid())))
        started = time.monotonic()
        await store.close()
        assert time.monotonic() - started < 5
        with pytest.raises(RuntimeError, match=r"closed|shutdown"):
            await task

    asyncio.run(run())


# -- answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"<g on{'click' * 100_000}='x'/>", id="a-name-without-end"),
        pytest.param("<style>a { b: url('http://x.example/\\d800 ') }</style>", id="half-a-surrogate-pair"),
        pytest.param("<g style='b: url(\\0 \\1 http://x.example)'/>", id="control-characters"),
    ],
)
def test_what_a_refusal_quotes_can_be_told(tmp_path: Path, body: str) -> None:
    found = with_store(tmp_path, lambda store: receive(store, pictures.svg(body=body)))
    assert isinstance(found, Refusal)
    assert found.reason == "active-svg"
    assert 0 < len(found.detail) <= 500
    assert found.detail.encode()


# -- processes that die -----------------------------------------------------------------------------------


def kill_while_busy(number: int, by: signal.Signals, killed: list[int]) -> None:
    """End the process that decodes the slow file, and the next one that does."""
    for _ in range(number):
        until(lambda: any(busy_for(pid) > 0 for pid in children(os.getpid()) if pid not in killed), 30)
        pid = max(children(os.getpid()).difference(killed), key=busy_for)
        killed.append(pid)
        os.kill(pid, by)


@pytest.mark.parametrize(
    ("times", "by", "expected"),
    [
        pytest.param(1, signal.SIGKILL, None, id="killed-once"),
        pytest.param(
            2,
            signal.SIGKILL,
            Refusal("bomb", "the system ended its decoder twice: out of memory?"),
            id="killed-twice",
        ),
        pytest.param(
            2, signal.SIGSEGV, Refusal("not-media", "its decoder crashed on it (SIGSEGV)"), id="crashed-twice"
        ),
    ],
)
def test_a_file_whose_process_dies_is_tried_once_more(
    tmp_path: Path, times: int, by: signal.Signals, expected: Refusal | None
) -> None:
    killed: list[int] = []

    async def use(store: Store) -> None:
        killer = asyncio.create_task(asyncio.to_thread(kill_while_busy, times, by, killed))
        found = await receive(store, slow(1))
        await killer
        if expected is None:
            assert isinstance(found, Staged)
        else:
            assert found == expected
        assert isinstance(await receive(store, pictures.jpeg()), Staged)
        assert len(killed) == times

    with_store(tmp_path, use, limits=PATIENT, workers=1)


def test_when_every_idle_process_is_killed_nothing_is_lost(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        for number in range(3):
            found = await together(store, *(pictures.jpeg(seed=number * 10 + each) for each in range(10)))
            assert all(isinstance(each, Staged) for each in found)
            for pid in children(os.getpid()):
                os.kill(pid, signal.SIGKILL)

    with_store(tmp_path, use, workers=3)


# -- how many, and when -----------------------------------------------------------------------------------


def test_no_process_is_begun_before_there_is_something_to_look_at(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        store.recover()
        refused = await receive(store, b"<!DOCTYPE html><html>gone</html>")
        assert refused == Refusal("not-media", "it is an HTML page")
        assert children(os.getpid()) == set()
        store.start()
        assert len(children(os.getpid())) == 1
        for number in range(4):
            await receive(store, pictures.jpeg(seed=number))
        assert len(children(os.getpid())) == 1, "one after the other needs one"
        await together(store, *(slow(0.3) for _ in range(4)))
        assert len(children(os.getpid())) == 3

    with_store(tmp_path, use, limits=PATIENT, workers=3)


RUN = """
import resource, sys
import holdfast
result = holdfast.archive(root=sys.argv[1], connect_to=(sys.argv[2],))
assert not result.failed, result.failed
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(result.stored, usage.ru_utime + usage.ru_stime > 0)
"""


def test_a_second_run_begins_no_process(tmp_path: Path) -> None:
    write(tmp_path, {"post.md": "![a](http://pics.example/a.jpg)\n"})
    with Origin({"/a.jpg": Reply(body=pictures.jpeg())}) as origin:
        said = [
            subprocess.run(
                [sys.executable, "-c", RUN, tmp_path, origin.connect_to()],
                env=environment(),
                stdout=subprocess.PIPE,
                check=True,
                timeout=60,
            ).stdout.split()
            for _ in range(2)
        ]
    assert said == [[b"1", b"True"], [b"0", b"False"]]


DESCRIPTORS = """
import os, resource, sys
from concurrent.futures import ThreadPoolExecutor
from holdfast.config import MediaLimits
from holdfast.errors import HoldfastError
from holdfast.dialogue import Settings
from holdfast.media import Media, identify
from holdfast.store.workers import Workers
from tests import pictures

data = [pictures.jpeg(seed=number) for number in range(8)]
kind = identify(data[0])

def exhaust():
    while True:
        try:
            os.dup(0)
        except OSError:
            return

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
workers = Workers(Settings(MediaLimits(), False, False), 4)
if sys.argv[1] == "one":
    workers.start()
exhaust()
try:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda each: workers.inspect(each, kind)[0], data))
    print(all(isinstance(each, Media) for each in found))
except HoldfastError as error:
    print(error)
os._exit(0)
"""


@pytest.mark.parametrize(
    ("begun", "said"),
    [
        ("one", "True"),
        ("none", "the process that decodes pictures cannot be started: [Errno 24] Too many open files"),
    ],
)
def test_without_room_for_more_processes_those_that_are_there_do_it(begun: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DESCRIPTORS, begun],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    assert done.stdout.decode().strip() == said


# -- what a process may ------------------------------------------------------------------------------------


def test_a_process_holds_no_secret_and_little_else(tmp_path: Path) -> None:
    os.environ["EXAMPLE_TOKEN"] = "secret"
    try:
        with_store(tmp_path, _look_at_process, limits=MediaLimits(decode_memory=300 * MIB))
    finally:
        del os.environ["EXAMPLE_TOKEN"]


async def _look_at_process(store: Store) -> None:
    assert isinstance(await receive(store, pictures.jpeg()), Staged)
    (pid,) = children(os.getpid())
    proc = Path(f"/proc/{pid}")
    assert b"secret" not in (proc / "environ").read_bytes()
    held = {str(entry.readlink()).partition(":")[0] for entry in (proc / "fd").iterdir()}
    assert held == {"pipe", "/dev/null"}, "no socket, no document, no lock"
    limits = {line[:26].strip(): line[26:].split()[:2] for line in (proc / "limits").read_text().splitlines()}
    assert limits["Max data size"] == [str(300 * MIB)] * 2
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max file size"] == ["0", "0"]
    assert int(limits["Max open files"][0]) <= 10
    assert os.getpgid(pid) != os.getpgid(0), "the terminal's Ctrl-C is not for it"
    assert b"1000" in (proc / "oom_score_adj").read_bytes()


# -- the end of a run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scene:
    """A run that is decoding, and has another picture on its way."""

    running: Running
    root: Path
    release: threading.Event

    @property
    def pid(self) -> int:
        return self.running.process.pid

    def decoders(self) -> set[int]:
        return children(self.pid)


@contextlib.contextmanager
def decoding(root: Path, seconds: float) -> Iterator[Scene]:
    """The real command, in the midst of a picture that takes about so long."""
    release = threading.Event()

    async def late(_: object) -> Reply:
        await asyncio.to_thread(release.wait, 30)
        return Reply(body=pictures.png(seed=1))

    posts = {f"{number}.md": f"![a](http://{number}.example/{number})\n" for number in range(2)}
    write(root, {"holdfast.toml": "pixels = 10_000_000_000\n", **posts})
    with Origin({"/0": Reply(body=slow(seconds)), "/1": late}) as origin:
        running = Running("archive", "--connect-to", origin.connect_to(), cwd=root)
        scene = Scene(running, root, release)
        try:
            until(
                lambda: len(origin.requests) == 2 and any(busy_for(pid) > 0 for pid in scene.decoders()), 30
            )
            yield scene
        finally:
            release.set()
            running.process.kill()
            running.process.communicate()


def test_ctrl_c_lets_the_picture_in_hand_finish(tmp_path: Path) -> None:
    with decoding(tmp_path, 1) as scene:
        decoders = scene.decoders()
        for pid in (scene.pid, *decoders):
            os.kill(pid, signal.SIGINT)
        scene.release.set()
        done = scene.running.end()
        assert "2 stored" in done.stdout, done
        assert len(list((tmp_path / "archive").rglob("*.jpg"))) == 1
        until(lambda: not any(alive(pid) for pid in decoders))


def test_the_second_ctrl_c_waits_for_no_decoder(tmp_path: Path) -> None:
    with decoding(tmp_path, 60) as scene:
        decoders = scene.decoders()
        scene.running.interrupt()
        time.sleep(0.3)
        started = time.monotonic()
        scene.running.interrupt()
        assert scene.running.end().code == 130
        assert time.monotonic() - started < 10
        until(lambda: not any(alive(pid) for pid in decoders))


def test_no_process_outlives_a_run_that_was_killed(tmp_path: Path) -> None:
    with decoding(tmp_path, 60) as scene:
        decoders = scene.decoders()
        scene.running.process.kill()
        scene.running.process.wait()
        until(lambda: not any(alive(pid) for pid in decoders))


def test_workers_are_of_use_from_many_threads() -> None:
    files = [make() for name, make in pictures.KINDS.items() for _ in range(3) if name != "mov"]
    workers = Workers(Settings(MediaLimits(decode_memory=GIB), False, False), 2)
    try:
        with ThreadPoolExecutor(8) as pool:

            def look(data: bytes) -> Media | Refusal:
                kind = identify(data)
                assert kind is not None
                return workers.inspect(data, kind)[0]

            assert all(isinstance(each, Media) for each in pool.map(look, files))
    finally:
        workers.close()
    with pytest.raises(RuntimeError, match="closed"):
        workers.start()


def test_large_files_are_looked_at_where_they_are(tmp_path: Path) -> None:
    data = pictures.jpeg(2000, 1500, grain=2, quality=95)
    assert len(data) > MEMORY_BYTES
    assert isinstance(with_store(tmp_path, lambda store: receive(store, data)), Staged)
    cut = with_store(tmp_path, lambda store: receive(store, data[:-1000]))
    assert isinstance(cut, Refusal)
    assert cut.reason == "truncated"


def test_paths_and_bytes_may_be_mixed_and_answers_may_be_long(tmp_path: Path) -> None:
    """Files are handed over ahead: neither side may wait for the other while both pipes are full."""
    large = pictures.jpeg(1200, 900, grain=2, quality=95, exif=pictures.exif(gps=True))
    path = tmp_path / "large.jpg"
    path.write_bytes(large)
    kind = identify(large)
    assert kind is not None
    workers = Workers(Settings(MediaLimits(), False, True), 2)
    try:
        files = [workers.look(path if number % 3 else large, kind) for number in range(24)]
        files.append(workers.look(tmp_path / "gone.jpg", kind))
        *found, gone = (file.answer.result(30) for file in files)
    finally:
        workers.close()
    for media, shorter in found:
        assert isinstance(media, Media)
        assert shorter is not None
        assert 64 * 1024 < len(shorter) < len(large)
    assert isinstance(gone[0], Refusal)


def test_what_waits_behind_a_file_that_ends_its_process_is_looked_at_all_the_same(tmp_path: Path) -> None:
    good = [pictures.jpeg(seed=number) for number in range(12)]

    async def use(store: Store) -> None:
        found = await together(store, *good[:4], swollen("png"), *good[4:], slow(30), *good)
        refused = [each for each in found if isinstance(each, Refusal)]
        assert [each.reason for each in refused] == ["bomb", "bomb"]
        assert len(found) - len(refused) == 24

    limits = MediaLimits(pixels=10**10, decode_memory=64 * MIB, decode_timeout=1)
    with_store(tmp_path, use, limits=limits, workers=1)

"""What happens to an archive while a run is on: Ctrl-C, a kill, an editor, another run."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import pictures
from tests.life import HOST, Life, Running, post, sha256, until
from tests.servers import Origin, Reply, Request

BODIES = {f"/{number}": pictures.png(seed=200 + number) for number in range(8)}
URLS = [HOST + path for path in BODIES]


class Gate:
    """Serves the first requests at once, and keeps the others waiting until it is opened."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._opened = threading.Event()
        self._count = 0

    async def __call__(self, request: Request) -> Reply:
        self._count += 1
        if self._count > self._free:
            while not self._opened.is_set():
                await asyncio.sleep(0.01)
        return Reply(body=BODIES[request.path])

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
def gate() -> Gate:
    return Gate(free=3)


@pytest.fixture
def life(tmp_path: Path, gate: Gate) -> Iterator[Life]:
    with Origin(gate) as origin:
        yield Life(tmp_path, origin, {"a.md": post(*URLS[:4]), "b.md": post(*URLS[4:])})
        gate.open()


def interrupt(running: Running) -> None:
    """Ctrl-C, and the moment that the program needs to see it."""
    running.interrupt()
    time.sleep(0.5)


def start(life: Life, *arguments: str) -> Running:
    """An archive run of which some requests are in flight."""
    flags = ("--host-concurrency", "2", "--timeout", "300", *arguments)
    running = Running("archive", *life.network, *flags, cwd=life.root)
    until(lambda: len(life.origin.requests) >= 5)
    return running


def test_ctrl_c_finishes_what_is_in_flight(life: Life, gate: Gate) -> None:
    running = start(life, "--format", "json")
    interrupt(running)
    gate.open()
    ended = running.end()
    assert ended.code == 130, ended
    report = ended.json()
    assert report["interrupted"]
    assert report["stored"] == 5
    assert report["urls"] == len(BODIES)  # those that nobody asked for yet are still to be kept
    assert sum(host["wanted"] for host in report["by_host"].values()) == len(BODIES) - 5
    assert len(life.origin.requests) == 5  # nothing more was begun
    assert report["failed"] == []
    assert life.documents() == life.before
    assert len(life.records("asset")) == 5
    assert life.verify()["good"] == 5

    # the next run asks for the rest, and for nothing twice
    assert sorted(life.asked(lambda: life.archive())) == sorted(set(BODIES) - set(life.origin.paths()[:5]))
    assert HOST not in life.read("a.md") + life.read("b.md")
    life.restore()
    assert life.documents() == life.before


def test_ctrl_c_prints_the_summary(life: Life, gate: Gate) -> None:
    running = start(life)
    interrupt(running)
    gate.open()
    ended = running.end()
    assert ended.code == 130
    assert f"{len(BODIES)} URLs to keep" in ended.stdout
    assert "5 stored" in ended.stdout
    assert f"{len(BODIES) - 5} not asked for yet" in ended.stdout
    assert "interrupted" in ended.stdout + ended.stderr


def test_a_second_ctrl_c_stops_at_once(life: Life, gate: Gate) -> None:
    running = start(life)
    running.interrupt()
    while running.process.poll() is None:
        # the program has to have seen the first before the second can be one
        try:
            running.process.wait(0.3)
        except Exception:
            running.interrupt()
    ended = running.end()
    assert ended.code == 130, ended
    assert "Traceback" not in ended.stderr
    assert life.documents() == life.before
    arrived = set(life.origin.paths()[:3])
    gate.open()
    # what had arrived whole is not asked for again
    assert set(life.asked(lambda: life.archive())) == set(BODIES) - arrived
    assert HOST not in life.read("a.md") + life.read("b.md")
    assert life.verify()["faults"] == []
    life.restore()
    assert life.documents() == life.before


def test_a_killed_run_loses_nothing(life: Life, gate: Gate) -> None:
    running = start(life)
    arrived = set(life.origin.paths()[:3])
    running.process.send_signal(signal.SIGKILL)
    assert running.end().code == -9
    assert life.documents() == life.before
    gate.open()
    assert set(life.asked(lambda: life.archive())) == set(BODIES) - arrived
    assert life.verify()["faults"] == []
    assert [path.name for path in (life.root / "archive" / ".staging").glob("*")] == []
    life.restore()
    assert life.documents() == life.before


# -- another writer ---------------------------------------------------------------------------------------


def test_a_post_that_is_edited_meanwhile_is_left_to_its_editor(tmp_path: Path) -> None:
    body = pictures.png(seed=1)
    life: Life

    def serve(request: Request) -> Reply:
        if request.path == "/edit":
            text = life.read("a.md").replace("Text after.", "An editor was here.")
            life.write("a.md", text)
        return Reply(body=body)

    with Origin(serve) as origin:
        life = Life(tmp_path, origin, {"a.md": post(HOST + "/edit"), "b.md": post(HOST + "/b")})
        report = life.archived(code=2)
        assert life.read("a.md") == post(HOST + "/edit").replace("Text after.", "An editor was here.")
        assert [(notice["path"], notice["severe"]) for notice in report["notices"]] == [("a.md", True)]
        assert (report["rewritten"], report["stored"]) == (1, 2)
        assert HOST not in life.read("b.md")
        # the manifest says nothing that is not so
        assert {record["path"] for record in life.records("edit")} == {"b.md"}
        with life.offline():
            assert life.archived()["rewritten"] == 1
        assert HOST not in life.read("a.md")
        life.restore()
        assert life.read("a.md") == post(HOST + "/edit").replace("Text after.", "An editor was here.")


def test_a_post_that_is_deleted_meanwhile(tmp_path: Path) -> None:
    def serve(request: Request) -> Reply:
        (tmp_path / "a.md").unlink()
        return Reply(body=pictures.png(seed=1))

    with Origin(serve) as origin:
        life = Life(tmp_path, origin, {"a.md": post(HOST + "/x"), "b.md": "text\n"})
        report = life.archived(code=2)
        assert [notice["path"] for notice in report["notices"]] == ["a.md"]
        assert not (tmp_path / "a.md").exists()
        assert life.archived()["notices"] == []


# -- two runs at once -------------------------------------------------------------------------------------


def test_two_runs_at_once(life: Life, gate: Gate) -> None:
    first = start(life, "--format", "json")
    second = Running("archive", "--format", "json", *life.network, cwd=life.root)
    until(lambda: b"waiting" in _peek(second))
    gate.open()
    one, two = first.end(), second.end()
    assert (one.code, two.code) == (0, 0), (one, two)
    assert sorted(life.origin.paths()) == sorted(BODIES)
    assert (json.loads(one.stdout)["stored"], json.loads(two.stdout)["held"]) == (8, 8)
    assert life.verify()["faults"] == []
    life.restore()
    assert life.documents() == life.before


def _peek(running: Running) -> bytes:
    assert running.process.stderr
    return bytes(running.process.stderr.peek())  # type: ignore[attr-defined]


def test_the_second_says_who_is_at_work(life: Life, gate: Gate) -> None:
    first = start(life)
    done = life.run("restore", "--set", "lock-wait=1", code=1)
    assert f"process {first.process.pid}" in done.stderr
    assert "holdfast archive" in done.stderr
    # who only looks need not wait
    life.run("archive", "--dry-run")
    life.run("verify")
    gate.open()
    assert first.end().code == 0


def test_a_lock_that_a_dead_run_left_is_no_lock(life: Life, gate: Gate) -> None:
    running = start(life)
    running.process.kill()
    running.end()
    assert (life.root / "archive" / ".lock").exists()
    gate.open()
    assert life.archived()["failed"] == []
    assert sorted(life.stored().values()) == sorted(map(sha256, BODIES.values()))

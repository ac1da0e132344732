"""Rows 58, 59, 65 and 66: other runs, dead runs, few descriptors, a clock that is wrong."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests import pictures
from tests.campaign.rows import ids
from tests.campaign.running import GOOD, GOOD_PATH, Site, post
from tests.commands import tree
from tests.life import Running, until
from tests.servers import Origin, Reply, Request

pytestmark = pytest.mark.slow

HOST = "http://pics.example"
URL = HOST + GOOD_PATH


class Gate:
    """A server that answers when it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.asked = threading.Event()

    async def __call__(self, request: Request) -> Reply:
        self.asked.set()
        while not self.opened.is_set():
            await asyncio.sleep(0.01)
        return Reply(body=GOOD)


@contextmanager
def running(site: Site, *arguments: str) -> Iterator[Running]:
    """A run of ``archive`` that is still on; it is ended, however the block ends."""
    run = Running("archive", *arguments, *site.network, cwd=site.root)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.process.communicate()


# -- 58 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first_ever", [True, False], ids=[ids(58), f"{ids(58)}-later"])
def test_the_second_run_waits(first_ever: bool, tmp_path: Path) -> None:
    gate = Gate()
    with Origin({"/slow.png": gate, GOOD_PATH: Reply(body=GOOD)}) as origin:
        site = Site(tmp_path, origin, {"a.md": post(URL), "b.md": post(HOST + "/slow.png")})
        if not first_ever:
            assert site.archive("a.md").code == 0
        with running(site, "b.md") as first:
            assert gate.asked.wait(30)
            with running(site, "-v") as second:
                line = second.process.stderr.readline().decode()  # type: ignore[union-attr]
                assert re.search(rf"waiting .* holdfast archive \(process {first.process.pid} on ", line), (
                    line
                )
                gate.opened.set()
                assert first.end().code == 0
                assert second.end().code == 0
        assert sorted(origin.paths()) == [GOOD_PATH, "/slow.png"]
        assert {record["url"] for record in site.records("asset")} == {URL, HOST + "/slow.png"}
        assert HOST not in site.text("a.md") + site.text("b.md")
        site.check()
        assert not (tmp_path / ".holdfast").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "verb", ["archive", "restore", "verify --prune"], ids=lambda verb: f"{ids(58)}-{verb}"
)
def test_who_waits_too_long_is_told_for_whom(verb: str, tmp_path: Path) -> None:
    gate = Gate()
    with Origin({"/slow.png": gate, GOOD_PATH: Reply(body=GOOD)}) as origin:
        site = Site(tmp_path, origin, {"a.md": post(URL), "b.md": post(HOST + "/slow.png")})
        assert site.archive("a.md").code == 0
        with running(site, "b.md") as first:
            assert gate.asked.wait(30)
            before = tree(tmp_path)
            second = Running(*verb.split(), cwd=tmp_path).end()
            assert second.code == 1, second
            assert f"holdfast archive (process {first.process.pid} on " in second.stderr
            assert "let that run finish" in second.stderr
            assert tree(tmp_path) == before
            # What only reads need not wait.
            assert Running("list", cwd=tmp_path).end().code == 0
            assert Running("verify", cwd=tmp_path).end().code == 0
            gate.opened.set()
            assert first.end().code == 0
        site.check()


# -- 59 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("holder", ["its own", "junk", "none"], ids=lambda holder: f"{ids(59)}-{holder}")
def test_a_dead_run_holds_nothing(holder: str, tmp_path: Path) -> None:
    gate = Gate()
    with Origin({"/slow.png": gate, GOOD_PATH: Reply(body=GOOD)}) as origin:
        site = Site(tmp_path, origin, {"a.md": post(URL, HOST + "/slow.png")})
        staged = tmp_path / "archive" / ".staging" / "journal.jsonl"
        with running(site) as first:
            until(lambda: gate.asked.is_set() and staged.exists() and staged.stat().st_size > 0)
            first.process.send_signal(signal.SIGKILL)
            first.process.communicate()
        lock = tmp_path / "archive" / ".lock.json"
        assert json.loads(lock.read_bytes())["pid"] == first.process.pid
        assert (tmp_path / "archive" / ".lock").exists()
        if holder == "junk":
            lock.write_bytes(b"\xff{")
        elif holder == "none":
            lock.unlink()
        gate.opened.set()
        done = site.archive()
        assert done.code == 0, done
        assert "waiting" not in done.stderr
        assert origin.paths().count(GOOD_PATH) == 1, "what had come was fetched again"
        assert not lock.exists()
        site.check()


# -- 65 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hosts", [1, 60], ids=lambda hosts: f"{ids(65)}-{hosts}-hosts")
def test_sixty_four_descriptors(hosts: int, tmp_path: Path) -> None:
    bodies = {f"/{number}.png": pictures.png(8, 8, seed=number) for number in range(300)}
    with Origin({path: Reply(body=body) for path, body in bodies.items()}) as origin:
        posts = {
            f"{group}.md": post(
                *(f"http://h{number % hosts}.example/{number}.png" for number in range(group, 300, 10))
            )
            for group in range(10)
        }
        site = Site(tmp_path, origin, posts)
        done = site.archive(limits={resource.RLIMIT_NOFILE: 64})
        assert done.code == 0, done
        assert done.json()["stored"] == 300
        site.check()


# -- 66 ---------------------------------------------------------------------------------------------------

FUTURE = "2199-01-01T00:00:00Z"


def _set_clock_back(site: Site) -> None:
    """Whatever was recorded so far, was at a time that has yet to come."""
    text = site.manifest.read_text(encoding="utf-8")
    text = re.sub(r'"(fetched|first|last|restored|accepted)":"[^"]*"', rf'"\1":"{FUTURE}"', text)
    site.manifest.write_text(text, encoding="utf-8")


@pytest.fixture
def changing() -> Iterator[tuple[Origin, dict[str, Any]]]:
    now: dict[str, Any] = {"body": GOOD, "status": 200}
    with Origin({GOOD_PATH: lambda _: Reply(now["status"], body=now["body"])}) as origin:
        yield origin, now


@pytest.mark.parametrize("_", [pytest.param(None, id=f"{ids(66)}-refresh")])
def test_what_came_last_counts(_: None, tmp_path: Path, changing: tuple[Origin, dict[str, Any]]) -> None:
    origin, now = changing
    site = Site(tmp_path, origin, {"a.md": post(URL)})
    assert site.archive().code == 0
    _set_clock_back(site)
    now["body"] = pictures.png(seed=77)
    done = site.archive("--refresh")
    assert (done.code, done.json()["stored"]) == (0, 1), done
    shown = re.search(r"\]\(([^)]*)\)", site.text("a.md"))
    assert shown
    assert (tmp_path / shown[1]).read_bytes() == now["body"], "the document shows what was there before"
    state = tree(tmp_path, "**/*.*")
    assert site.archive().json()["rewritten"] == 0
    assert tree(tmp_path, "**/*.*") == state
    # And back again: the first bytes are the latest now.
    now["body"] = GOOD
    assert site.archive("--refresh").code == 0
    shown = re.search(r"\]\(([^)]*)\)", site.text("a.md"))
    assert shown
    assert (tmp_path / shown[1]).read_bytes() == GOOD
    site.check()


@pytest.mark.parametrize("_", [pytest.param(None, id=f"{ids(66)}-restore")])
def test_restored_and_asked_for_again(
    _: None, tmp_path: Path, changing: tuple[Origin, dict[str, Any]]
) -> None:
    origin, _now = changing
    site = Site(tmp_path, origin, {"a.md": post(URL)})
    for _round in range(2):
        assert site.archive("a.md").code == 0
        assert HOST not in site.text("a.md")
        _set_clock_back(site)
        assert Running("restore", cwd=tmp_path).end().code == 0
        assert site.text("a.md") == post(URL)
        _set_clock_back(site)
        assert site.archive().code == 0
        assert site.text("a.md") == post(URL), "what was restored stays so"
        _set_clock_back(site)
    assert origin.paths() == [GOOD_PATH]
    site.check()


@pytest.mark.parametrize("_", [pytest.param(None, id=f"{ids(66)}-failure")])
def test_a_failure_is_overcome(_: None, tmp_path: Path, changing: tuple[Origin, dict[str, Any]]) -> None:
    origin, now = changing
    now["status"] = 404
    site = Site(tmp_path, origin, {"a.md": post(URL)})
    assert site.archive().code == 2
    _set_clock_back(site)
    now["status"] = 200
    assert site.archive("--retry-failed").code == 0
    assert site.records("failure") == []
    site.check()

"""What a running command shows: a bar on a terminal, and nothing of it anywhere else."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.commands import environment, write
from tests.life import until
from tests.servers import Origin, Reply
from tests.snapshots import tile

pty = pytest.importorskip("pty", reason="there are pseudo terminals on POSIX only")

H = "http://pics.example"
SLOW = 0.2
"""Seconds: the bar is drawn ten times in one."""


@pytest.fixture
def origin() -> Iterator[Origin]:
    serves = {f"/{number}.png": Reply(body=tile(number), delay=SLOW) for number in range(6)}
    serves |= {"/busy.png": Reply(503), "/never.png": Reply(delay=60)}
    with Origin(serves) as served:
        yield served


@pytest.fixture
def site(tmp_path: Path, origin: Origin) -> Path:
    settings = f"""site = "plain"
connect-to = ["::127.0.0.1:{origin.port}"]
host-concurrency = 2
host-interval = 0
retries = 1
backoff-first = 0.3
"""
    posts = {f"{number}.md": f"![]({H}/{number}.png)\n" for number in range(6)}
    return write(tmp_path / "site", {"holdfast.toml": settings, **posts, "busy.md": f"![]({H}/busy.png)\n"})


@dataclass
class Screen:
    """A command whose stderr (and stdout, when nothing else is said) is a terminal of 120 columns."""

    process: subprocess.Popen[bytes]
    terminal: int
    shown: bytes = b""

    def read(self, timeout: float = 0.05) -> None:
        """Take what has been drawn."""
        while select.select([self.terminal], [], [], timeout)[0]:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:  # Linux says EIO where others say end of file
                return
            if not data:
                return
            self.shown += data

    def until(self, condition: Callable[[str], object]) -> None:
        """Wait until what was drawn fulfils a condition."""

        def fulfilled() -> bool:
            self.read()
            return bool(condition(self.text))

        until(fulfilled)

    def end(self) -> int:
        while self.process.poll() is None:
            self.read()
        self.read(0.2)
        return self.process.returncode

    @property
    def text(self) -> str:
        """Everything ever drawn, without colours."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown.decode("utf-8", "replace"))

    @property
    def left(self) -> str:
        """What stands on the screen in the end: a line that was erased does not."""
        lines = [""]
        for part in re.split(r"(\x1b\[[0-9;?]*[A-Za-z]|\r\n|\r|\n)", self.shown.decode("utf-8", "replace")):
            if part == "\x1b[2K":
                lines[-1] = ""
            elif part == "\x1b[1A" and len(lines) > 1:
                lines.pop()
            elif part.endswith("\n"):
                lines.append("")
            elif part and part != "\r" and not part.startswith("\x1b"):
                lines[-1] += part
        return "\n".join(lines)


@pytest.fixture
def on_terminal(site: Path) -> Iterator[Callable[..., Screen]]:
    screens: list[Screen] = []

    def start(*arguments: str, env: Mapping[str, str] | None = None, stdout: int | None = None) -> Screen:
        ours, theirs = pty.openpty()
        running = subprocess.Popen(
            [sys.executable, "-m", "holdfast", *arguments],
            cwd=site,
            env=environment({"TERM": "xterm-256color", "COLUMNS": "120", **(env or {})}),
            stdin=subprocess.DEVNULL,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        screens.append(Screen(running, ours))
        return screens[-1]

    yield start
    for screen in screens:
        if screen.process.poll() is None:
            screen.process.kill()
            screen.process.wait()
        os.close(screen.terminal)


Start = Callable[..., Screen]


def test_the_bar_shows_documents_urls_bytes_and_hosts_in_trouble(on_terminal: Start) -> None:
    screen = on_terminal("archive")
    assert screen.end() == 2
    assert re.search(r"fetching .*[1-6]/7", screen.text), screen.text
    assert re.search(r"[0-9]+ B ", screen.text), screen.text
    assert "pics.example ×" in screen.text
    assert "━" in screen.text


def test_the_bar_goes_when_the_work_is_done(on_terminal: Start) -> None:
    screen = on_terminal("archive")
    assert screen.end() == 2
    assert "fetching" in screen.text
    assert "fetching" not in screen.left
    assert "━" not in screen.left
    assert "7 documents, 7 references, 7 URLs to keep:" in screen.left


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        pytest.param(("archive",), {"CI": "true"}, id="CI"),
        pytest.param(("archive",), {"TERM": "dumb"}, id="a dumb terminal"),
        pytest.param(("archive", "-q"), {}, id="quiet"),
    ],
)
def test_no_bar(on_terminal: Start, arguments: tuple[str, ...], env: Mapping[str, str]) -> None:
    screen = on_terminal(*arguments, env=env)
    assert screen.end() == 2
    assert "fetching" not in screen.text
    assert b"\x1b" not in screen.shown


@pytest.mark.parametrize(
    ("arguments", "env"), [(("--no-color",), {}), ((), {"NO_COLOR": "1"})], ids=["--no-color", "NO_COLOR"]
)
def test_a_bar_without_colour(on_terminal: Start, arguments: tuple[str, ...], env: Mapping[str, str]) -> None:
    screen = on_terminal("archive", *arguments, env=env)
    assert screen.end() == 2
    assert "fetching" in screen.text
    assert not re.findall(rb"\x1b\[[0-9;]*(?:3[0-7]|38;5;\d+|9[0-7])m", screen.shown)


def test_colour_is_used_where_it_may_be(on_terminal: Start) -> None:
    screen = on_terminal("archive")
    screen.end()
    assert re.findall(rb"\x1b\[[0-9;]*(?:3[0-7]|38;5;\d+|9[0-7])m", screen.shown)


def test_the_report_can_go_elsewhere(on_terminal: Start, tmp_path: Path) -> None:
    """With stdout in a file the bar is still drawn, and the file holds the report alone."""
    with (tmp_path / "out").open("wb") as out:
        screen = on_terminal("archive", "--format", "json", stdout=out.fileno())
        assert screen.end() == 2
    assert "fetching" in screen.text
    assert screen.left.strip() == ""
    assert (tmp_path / "out").read_bytes().startswith(b'{\n  "schema"')


def test_log_lines_stand_above_the_bar(on_terminal: Start) -> None:
    screen = on_terminal("archive", "-vv")
    screen.end()
    assert "holdfast: http://pics.example/3.png: 140 B, image/png" in screen.left
    assert "━" not in screen.left


def test_ctrl_c_lets_what_is_in_flight_finish(on_terminal: Start, origin: Origin) -> None:
    screen = on_terminal("archive")
    until(lambda: len(origin.requests) >= 2)
    os.killpg(screen.process.pid, signal.SIGINT)
    assert screen.end() == 130
    assert "interrupted: what had arrived is kept; run the same command to go on" in screen.left
    assert "━" not in screen.left
    assert on_terminal("archive").end() == 2


def test_a_second_ctrl_c_ends_at_once(on_terminal: Start, origin: Origin, site: Path) -> None:
    write(site, {"never.md": f"![]({H}/never.png)\n"})
    screen = on_terminal("archive", "never.md")
    until(lambda: "/never.png" in origin.paths())
    os.killpg(screen.process.pid, signal.SIGINT)
    time.sleep(0.5)
    assert screen.process.poll() is None
    began = time.monotonic()
    os.killpg(screen.process.pid, signal.SIGINT)
    assert screen.end() == 130
    assert time.monotonic() - began < 10
    assert "holdfast: interrupted; every document is wholly old or wholly new" in screen.left
    assert "Traceback" not in screen.text

"""One process that looks at files, as the thread sees it which belongs to it.

Knows no format and no other process; what is done there stands in `inspecting`. Files are handed over ahead,
so that it never waits for the next one, and are answered one after the other: the first without an answer is
the one it has in hand, and whatever happens to it is that file's doing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import msgspec

from ..dialogue import ANSWER, READY, REQUEST, Answer, Settings
from ..media import Kind, Media
from ..model import Refusal

_START_SECONDS = 60.0
"""For a process to import Pillow: 0.1 s, but a machine may be busy."""
_LEAVE_SECONDS = 2.0
"""For a process that went silent to end by itself, so that its status says why."""
_TEXT_BYTES = 64 * 1024
"""The longest `Answer` that is believed."""
_PIPE_BYTES = 64 * 1024
_PASSED_ON = ("PYTHON", "LD_", "DYLD_", "SYSTEMROOT")
"""Which variables a process gets, by how they begin: what Python needs to start, and no one's passwords."""
_PROGRAM = """
import sys
sys.path[:] = {path!r}
import msgspec
from holdfast.inspecting import Settings, serve
serve(msgspec.json.decode({settings!r}, type=Settings))
"""
_ANSWERS = msgspec.json.Decoder(Answer)

Verdict: TypeAlias = tuple[Media | Refusal, bytes | None]
"""What a file is, and the bytes to keep in place of its own, if any."""


@dataclass(slots=True, eq=False)
class File:
    """What is to be looked at, and where the answer goes."""

    source: bytes | Path
    kind: Kind
    """What its first bytes say; another answer is not believed."""
    answer: Future[Verdict] = field(default_factory=Future)
    taken: bool = False
    """Handed over before, so that nobody can take it back."""
    deaths: int = 0
    """Processes that died on it."""


class DiedError(Exception):
    """A process ended, or had to be ended, before it answered."""

    def __init__(self, status: int, *, started: bool, overran: bool) -> None:
        super().__init__(status)
        self.status = status
        self.started = started
        self.overran = overran

    def refusal(self) -> Refusal:
        """What that says of a file on which two processes died."""
        try:
            name = signal.Signals(-self.status).name
        except ValueError:
            return Refusal("not-media", f"its decoder gave up on it (status {self.status})")
        if name == "SIGKILL":
            return Refusal("bomb", "the system ended its decoder twice: out of memory?")
        return Refusal("not-media", f"its decoder crashed on it ({name})")


class Process:
    """One process. All methods but `charge` and `kill` belong to one thread."""

    def __init__(self, settings: Settings) -> None:
        """Begin the process; it need not be ready on return.

        Raises:
            OSError: the system has no room for it.
        """
        program = _PROGRAM.format(path=sys.path, settings=msgspec.json.encode(settings))
        # A process group of its own keeps the terminal's Ctrl-C from it: what is in flight is to finish.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name.upper().startswith(_PASSED_ON)},
            process_group=0 if os.name == "posix" else None,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self._seconds = settings.limits.decode_timeout
        self._lock = threading.Lock()
        self._left: float | None = None
        self._overran = False
        self._started = False
        self._come = bytearray()
        self.in_hand: deque[File] = deque()
        """Handed over and not answered, in this order."""

    def get_ready(self) -> None:
        """Return when it can be asked; at once when it has been.

        Raises:
            DiedError: it ended instead.
        """
        if self._started:
            return
        self._allow(_START_SECONDS)
        with self._dying():
            self._read()
            self._started = self._come.startswith(READY)
            if not self._started:
                raise EOFError
        del self._come[: len(READY)]
        self._allow(None)

    def hand_over(self, files: Sequence[File]) -> None:
        """Ask for some files. Paths may travel together; bytes travel alone, when there is nothing in hand:
        a process that waits until its answer is read would not read them.

        Raises:
            DiedError: it has ended.
        """
        if not self.in_hand:
            self._allow(self._seconds)
        self.in_hand += files
        with self._dying():
            for file in files:
                by_path = isinstance(file.source, Path)
                body = os.fsencode(file.source) if isinstance(file.source, Path) else file.source
                self._requests.write(REQUEST.pack(by_path, len(body)))
                self._requests.write(body)
            self._requests.flush()

    def answers(self) -> Iterator[tuple[File, Verdict]]:
        """Wait for the next answer; then this one, and those that have come with it.

        Raises:
            DiedError: there is none; the first in hand is to blame, if the process had started.
        """
        with self._dying():
            while (verdict := self._next()) is None:
                self._read()
            while verdict is not None:
                file = self.in_hand.popleft()
                self._allow(self._seconds if self.in_hand else None)
                yield file, verdict
                verdict = self._next() if self.in_hand else None

    def _next(self) -> Verdict | None:
        """The next answer, if it has come whole."""
        if len(self._come) < ANSWER.size:
            return None
        text_bytes, shorter_bytes = ANSWER.unpack_from(self._come)
        file = self.in_hand[0]
        if text_bytes > _TEXT_BYTES or (shorter_bytes and shorter_bytes > _size(file.source)):
            raise EOFError("an answer that cannot be")
        first = ANSWER.size + text_bytes
        if len(self._come) < first + shorter_bytes:
            return None
        answer = _ANSWERS.decode(self._come[ANSWER.size : first])
        shorter = bytes(self._come[first : first + shorter_bytes]) if shorter_bytes else None
        del self._come[: first + shorter_bytes]
        if answer.refusal is not None:
            return answer.refusal, None
        media = answer.media
        if media is None or (media.type, media.extension) != (file.kind.type, file.kind.extension):
            raise EOFError("an answer that cannot be")
        return media, shorter

    def _read(self) -> None:
        piece = os.read(self._answers.fileno(), _PIPE_BYTES)
        if not piece:
            raise EOFError
        self._come += piece

    @contextlib.contextmanager
    def _dying(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, msgspec.DecodeError) as error:
            self._allow(None, forgive=False)
            overran = self._started and self._overran
            raise DiedError(self.end(), started=self._started, overran=overran) from error

    # -- its time --

    def _allow(self, seconds: float | None, *, forgive: bool = True) -> None:
        with self._lock:
            self._left = seconds
            if forgive:  # who answers in the last moment has not overrun, nor has the next file
                self._overran = False

    def charge(self, seconds: float) -> None:
        """Take time from what it has left for its file; with none left, end it."""
        with self._lock:
            if self._left is None:
                return
            if self._left <= 0:
                self._overran = True
                self._process.kill()
            self._left -= seconds

    # -- its end --

    def kill(self) -> None:
        """Make it end; whoever waits for its answer waits no more."""
        self._process.kill()

    def end(self) -> int:
        """See it off, and return its exit status as `subprocess` gives it."""
        with contextlib.suppress(OSError):
            self._requests.close()
        self._answers.close()
        try:
            return self._process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _size(source: bytes | Path) -> int:
    return source.stat().st_size if isinstance(source, Path) else len(source)

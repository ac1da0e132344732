"""Files are looked at in processes of their own, which a hostile file may take down and the run outlives.

Knows no format, and touches no disk; what is done there stands in `inspecting`. Called from the store's
threads: each lends its file to one process and waits. One file at a time, so that whatever happens to a
process is the doing of one file.

What that costs (``python -m tests.benchmarks decode``, two quiet cores, median of 5 runs, start included):
2,000 JPEGs of 42 KB take 1.38 s here and 0.98 s in threads of the process itself, where one hostile file
takes the run down; of the processor 2.30 s and 1.67 s: 0.3 ms a picture, of which its request takes many.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from ..dialogue import ANSWER, READY, REQUEST, Answer, Settings
from ..errors import HoldfastError
from ..media import Kind, Media
from ..model import Refusal

_START_SECONDS = 60.0
"""For a process to import Pillow: 0.1 s, but a machine may be busy."""
_LEAVE_SECONDS = 2.0
"""For a process that went silent to end by itself, so that its status says why."""
_TEXT_BYTES = 64 * 1024
"""The longest `Answer` that is believed."""
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

Verdict = tuple[Media | Refusal, bytes | None]
"""What a file is, and the bytes to keep in place of its own, if any."""


class Workers:
    """Up to ``most`` processes; each is begun when there is a file for it and all others are busy.

    Its methods may be called from any thread.
    """

    def __init__(self, settings: Settings, most: int) -> None:
        self._settings = settings
        self._room = threading.Semaphore(most)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None

    def start(self) -> None:
        """Begin the first process: it gets ready while the first file is on its way.

        Raises:
            HoldfastError: it cannot be started.
        """
        self._give_back(self._take(new=False))

    def inspect(self, source: bytes | Path, kind: Kind) -> Verdict:
        """What a file is, decoded whole.

        Args:
            kind: what its first bytes say; another answer is not believed.

        When its process dies it is tried once more in a new one, since the blame may lie elsewhere (the
        system was out of memory, say). When it takes too long it is not.

        Raises:
            HoldfastError: no process can be started.
        """
        limits, started = self._settings.limits, False
        for attempt in range(2):
            worker = self._take(new=attempt > 0)
            try:
                return worker.ask(source, kind, limits.decode_timeout)
            except _DiedError as died:
                last = died
            finally:
                self._give_back(worker)
            if last.overran:
                return Refusal("bomb", f"decoding it takes more than {limits.decode_timeout:g} s"), None
            started = started or last.started
        if not started:
            raise _no_process(f"it ended with status {last.status}")
        return last.refusal(), None

    def close(self) -> None:
        """End every process. A file that one has in hand gets no answer: RuntimeError in its thread."""
        self._closed.set()
        with self._lock:
            idle, self._idle = self._idle, []
            busy = self._all.difference(idle)
            self._all.difference_update(idle)
        for worker in busy:
            worker.kill()  # the thread that waits for it notices, and takes its leave
        for worker in idle:
            worker.kill()
            worker.end()

    # -- which process --

    def _take(self, *, new: bool) -> _Worker:
        """A process for one file, for this thread alone until it is given back."""
        self._room.acquire()
        try:
            while True:
                with self._lock:
                    worker = self._idle.pop() if self._idle else None
                if worker is not None and not new:
                    return worker
                if worker is not None:
                    self._forget(worker)
                try:
                    return self._begin()
                except OSError as error:
                    with self._lock:
                        if not self._all:
                            raise _no_process(str(error)) from error
                    self._room.acquire()  # for good: make do with fewer, and wait for one of them
                    new = False
        except BaseException:
            self._room.release()
            raise

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            usable = not worker.ended and not self._closed.is_set()
            if usable:
                self._idle.append(worker)
        if not usable:
            self._forget(worker)
        self._room.release()

    def _begin(self) -> _Worker:
        if self._closed.is_set():
            raise RuntimeError("the store is closed")
        worker = _Worker(self._settings)
        with self._lock:
            self._all.add(worker)
            if self._closed.is_set():
                worker.kill()
            if self._watch is None:
                self._watch = threading.Thread(target=self._charge, name="holdfast-watch", daemon=True)
                self._watch.start()
        return worker

    def _forget(self, worker: _Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.kill()
        worker.end()

    def _charge(self) -> None:
        """Count time in ticks of this thread, so that none passes while Ctrl-Z has stopped the run."""
        tick = min(1.0, max(0.01, self._settings.limits.decode_timeout / 8))
        while not self._closed.wait(tick):
            with self._lock:
                workers = tuple(self._all)
            for worker in workers:
                worker.charge(tick)


class _DiedError(Exception):
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


class _Worker:
    """One process. All methods but `charge` and `kill` belong to the thread that took it."""

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
        self._lock = threading.Lock()
        self._left: float | None = None
        self._overran = False
        self._started = False
        self.ended = False

    def ask(self, source: bytes | Path, kind: Kind, seconds: float) -> Verdict:
        """Hand over a file, and wait for the answer.

        Raises:
            _DiedError: there is none; the process has ended.
        """
        try:
            if not self._started:
                self._allow(_START_SECONDS)
                self._started = self._answers.read(len(READY)) == READY
                if not self._started:
                    raise EOFError
            self._allow(seconds)
            return self._exchange(source, kind)
        except (OSError, EOFError, msgspec.DecodeError) as error:
            self._allow(None)
            died = _DiedError(self.end(), started=self._started, overran=self._started and self._overran)
            raise died from error
        finally:
            self._allow(None)

    def _exchange(self, source: bytes | Path, kind: Kind) -> Verdict:
        by_path = isinstance(source, Path)
        body = os.fsencode(source) if isinstance(source, Path) else source
        self._requests.write(REQUEST.pack(by_path, len(body)))
        self._requests.write(body)
        self._requests.flush()
        text_bytes, shorter_bytes = ANSWER.unpack(self._read(ANSWER.size))
        most = source.stat().st_size if isinstance(source, Path) else len(source)
        if text_bytes > _TEXT_BYTES or shorter_bytes > most:
            raise EOFError("an answer that cannot be")
        answer = _ANSWERS.decode(self._read(text_bytes))
        shorter = self._read(shorter_bytes) if shorter_bytes else None
        if answer.refusal is not None:
            return answer.refusal, None
        media = answer.media
        if media is None or (media.type, media.extension) != (kind.type, kind.extension):
            raise EOFError("an answer that cannot be")
        return media, shorter

    def _read(self, size: int) -> bytes:
        data = self._answers.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def _allow(self, seconds: float | None) -> None:
        with self._lock:
            self._left = seconds

    def charge(self, seconds: float) -> None:
        """Take time from what it has left for its file; with none left, end it."""
        with self._lock:
            if self._left is None:
                return
            if self._left <= 0:
                self._overran = True
                self._process.kill()
            self._left -= seconds

    def kill(self) -> None:
        """Make it end; whoever waits for its answer waits no more."""
        self._process.kill()

    def end(self) -> int:
        """See it off, and return its exit status as `subprocess` gives it."""
        self.ended = True
        with contextlib.suppress(OSError):
            self._requests.close()
        self._answers.close()
        try:
            return self._process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _no_process(why: str) -> HoldfastError:
    return HoldfastError(
        f"the process that decodes pictures cannot be started: {why}",
        "allow it more with --set decode-memory=SIZE, or close other programs; then run again",
    )

"""Do work in several processes: each has a worker of its own, and answers what it is asked in order.

Knows no file and no stage. The processes are our own interpreter with our own program, and no fork: who calls
from a program with threads, or from a script without a guard, gets the same.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import queue
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any, Protocol

from .. import errors
from ..errors import HoldfastError

_MOST = 8
"""Processes; after that the disk decides."""
_SIZE = struct.Struct("<Q")
_PROGRAM = "import sys; sys.path[:] = {path!r}; from holdfast.pipeline.processes import serve; serve()"


class Brief(Protocol):
    """What a process must know before it can work; it goes through a pipe, so it can be pickled."""

    def worker(self) -> Any:
        """Whose methods are asked, and whose ``tell`` gets the news."""


def worthwhile(size: int, worth: int) -> int:
    """How many processes are worth their start for work of ``size`` bytes, where one is worth it for
    ``worth``; 0: none but this one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    most = min(cores, _MOST, size // worth)
    return most if most > 1 else 0


class Processes:
    """Some of them, from now until `end`."""

    def __init__(self, brief: Brief, count: int) -> None:
        self._all = [_Process(brief) for _ in range(count)]
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        for each in self._all:
            self._idle.put(each)
        self._threads = ThreadPoolExecutor(count)

    def end(self) -> None:
        """See them off, whatever they are at."""
        for each in self._all:
            each.end()
        self._threads.shutdown(cancel_futures=True)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._all)

    def tell(self, news: object) -> None:
        """All of them know it for what is asked from now on; of several news the last count."""
        for each in self._all:
            each.news = news

    def ask(self, method: str, batch: Sequence[Any], about: Sequence[str]) -> Future[list[Any]]:
        """Have one of them call this method for each of a batch; what came of it, or what it raised: an
        OSError, or an error of ours.

        ``about``: the names of the batch's files, for the HoldfastError of a process that ended.
        """
        return self._threads.submit(self._ask, method, batch, about)

    def _ask(self, method: str, batch: Sequence[Any], about: Sequence[str]) -> list[Any]:
        process = self._idle.get()
        try:
            return process.ask(method, batch)
        except EOFError:
            # What ended it would have ended this one: it is not asked for the same.
            raise HoldfastError(
                f"a process that reads for this one ended ({process.end()}), at one of " + ", ".join(about),
                "is there enough memory? Then look at these files, or leave them out",
            ) from None
        finally:
            self._idle.put(process)


class _Process:
    """One of them; it belongs to the thread that took it."""

    def __init__(self, brief: Brief) -> None:
        # A process group of its own keeps the terminal's Ctrl-C from it: it ends when it is told to.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", _PROGRAM.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0 if os.name == "posix" else None,
        )
        self._brief: Brief | None = brief
        self.news: object = None

    def ask(self, method: str, batch: Sequence[Any]) -> list[Any]:
        """Hand over a batch, and wait for what comes of it.

        Raises:
            EOFError: it has ended.
        """
        out, back = self._process.stdin, self._process.stdout
        assert out is not None
        assert back is not None
        try:
            if self._brief is not None:
                _send(out, self._brief)
                self._brief = None
            if self.news is not None:
                _send(out, ("tell", self.news))
                self.news = None
            _send(out, (method, batch))
            answer = _receive(back)
        except (BrokenPipeError, ValueError):
            raise EOFError from None
        if isinstance(answer, OSError):
            raise answer
        if isinstance(answer, tuple):
            name, message, hint = answer
            raise getattr(errors, name)(message, hint)
        came: list[Any] = answer
        return came

    def end(self) -> int:
        """See it off; its exit status."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return self._process.wait()


def _send(file: IO[bytes], what: object) -> None:
    data = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    file.write(_SIZE.pack(len(data)))
    file.write(data)
    file.flush()


def _receive(file: IO[bytes]) -> Any:
    head = file.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(head)
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - from our own process, through a pipe of our own


def serve() -> None:
    """What such a process does, until its standard input ends."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what anything prints is no answer
    # Documents are read into thousands of small records, none of which leads back to itself: to look through
    # them for such took a quarter of the time.
    gc.set_threshold(20_000, 50, 50)
    with contextlib.suppress(EOFError, BrokenPipeError):
        worker = _receive(asked).worker()
        while True:
            method, argument = _receive(asked)
            if method == "tell":
                worker.tell(argument)
            else:
                _send(answers, _answer(getattr(worker, method), argument))


def _answer(work: Callable[[Any], Any], batch: Sequence[Any]) -> object:
    try:
        return [work(each) for each in batch]
    except HoldfastError as error:
        return type(error).__name__, str(error), error.hint
    except OSError as error:
        return error

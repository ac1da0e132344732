"""Make the files of a copy in several processes, in batches; what comes is in the order of what was asked.

Knows no file. A small site is made in this process, for each of the others takes a fifth of a second to
start. They are our own interpreter with our own program, and no fork: who calls from a program with threads,
or from a script without a guard, gets the same.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import pickle
import queue
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any, Self

from .. import errors
from ..errors import HoldfastError
from .making import Brief, Job, Made, Maker

_BATCH = 8
"""Files that are asked for at once: to ask costs 0.1 ms, and the last batch keeps one process busy alone."""
_AHEAD = 4
"""Batches for each process that are under way or done before they are taken."""
_MOST = 8
"""Processes; after that the disk decides."""
_WORTH = 8 * 1024 * 1024
"""Bytes of text for which another process is worth its start: about what one makes in a second."""
_SIZE = struct.Struct("<Q")
_PROGRAM = "import sys; sys.path[:] = {path!r}; from holdfast.pipeline.crew import serve; serve()"

_Asked = tuple[str, Any]
"""A method of `Maker`, and its argument: ``tell``, or ``look`` and ``make`` with several jobs."""


def processes(size: int) -> int:
    """How many are worth their start for ``size`` bytes of text; 0: none but this one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    most = min(cores, _MOST, size // _WORTH)
    return most if most > 1 else 0


class Crew:
    """A context manager; the processes end with it."""

    def __init__(self, brief: Brief, count: int) -> None:
        """``count``: processes besides this one; 0 for none."""
        self._brief = brief
        self._own: Maker | None = None
        self._remote: Mapping[str, str] = {}
        self._all = [_Process(brief) for _ in range(count)]
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        for each in self._all:
            self._idle.put(each)
        self._threads = ThreadPoolExecutor(count) if count else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._all:
            each.end()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)

    def tell(self, remote: Mapping[str, str]) -> None:
        """See `Maker.tell`: all of them know it for what is asked from now on."""
        self._remote = remote
        if self._own is not None:
            self._own.tell(remote)
        for each in self._all:
            each.news = remote

    def look(self, jobs: Iterable[Job]) -> Iterator[Made]:
        """See `Maker.look`.

        Raises:
            OSError: a file cannot be read.
            DiskError: the disk refused.
        """
        return self._each("look", jobs)

    def make(self, jobs: Iterable[Job]) -> Iterator[Made]:
        """See `Maker.make`.

        Raises:
            OSError: a file cannot be read.
            DiskError: the disk refused.
        """
        return self._each("make", jobs)

    def _each(self, method: str, jobs: Iterable[Job]) -> Iterator[Made]:
        if self._threads is None:
            work: Callable[[Job], Made] = getattr(self._maker(), method)
            yield from map(work, jobs)
            return
        left = iter(jobs)
        under_way: deque[Future[list[Made]]] = deque()
        while True:
            while len(under_way) < _AHEAD * len(self._all):
                batch = list(itertools.islice(left, _BATCH))
                if not batch:
                    break
                under_way.append(self._threads.submit(self._batch, method, batch))
            if not under_way:
                return
            yield from under_way.popleft().result()

    def _batch(self, method: str, batch: list[Job]) -> list[Made]:
        process = self._idle.get()
        try:
            return process.ask(method, batch)
        except EOFError:
            # What ended it would have ended this one: it is not asked for the same.
            raise HoldfastError(
                f"a process that reads pages ended ({process.end()}), at one of "
                + ", ".join(job.path for job in batch),
                "is there enough memory? Then look at these pages, or take them out of the site",
            ) from None
        finally:
            self._idle.put(process)

    def _maker(self) -> Maker:
        if self._own is None:
            self._own = Maker(self._brief)
            self._own.tell(self._remote)
        return self._own


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
        self.news: Mapping[str, str] | None = None

    def ask(self, method: str, batch: Sequence[Job]) -> list[Made]:
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
                _send(out, ("tell", dict(self.news)))
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
        made: list[Made] = answer
        return made

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
    file.write(_SIZE.pack(len(data)) + data)
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
    # Pages are read into thousands of small records, none of which leads back to itself: to look through them
    # for such took a quarter of the time.
    gc.set_threshold(20_000, 50, 50)
    with contextlib.suppress(EOFError, BrokenPipeError):
        maker = Maker(_receive(asked))
        while True:
            method, argument = _receive(asked)
            if method == "tell":
                maker.tell(argument)
            else:
                _send(answers, _answer(getattr(maker, method), argument))


def _answer(work: Callable[[Job], Made], batch: Sequence[Job]) -> object:
    try:
        return [work(job) for job in batch]
    except HoldfastError as error:
        return type(error).__name__, str(error), error.hint
    except OSError as error:
        return error

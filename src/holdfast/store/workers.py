"""Files are looked at in processes of their own, which a hostile file may take down and the run outlives.

Touches no disk. Each process has a thread here, which hands files to it a few ahead and takes the answers as
they come: neither waits for the other, and what a run has most of, small pictures, costs one visit to that
thread for several of them.

What that costs (``python -m tests.benchmarks decode``, two cores that others use too, start included): of the
processor 1.70 s for 2,000 JPEGs of 42 KB, and 1.25 s in threads of the process itself, where one hostile file
takes the run down; 0.2 s of that is the start of two processes.
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

from ..dialogue import Settings
from ..errors import HoldfastError
from ..media import Kind
from ..model import Refusal
from .process import DiedError, File, Process, Verdict

_AHEAD = 8
"""Files that a process has in hand at most: it looks at some while its thread waits for a turn. Behind a file
that takes long so many less one must wait, and no more."""


class Workers:
    """Up to ``most`` processes; each is begun when there is a file for it and all others are busy.

    Its methods may be called from any thread.
    """

    def __init__(self, settings: Settings, most: int) -> None:
        self._settings = settings
        self._most = most
        self._change = threading.Condition()
        self._waiting: deque[File] = deque()
        self._unanswered = 0
        self._threads: list[threading.Thread] = []
        self._processes: set[Process] = set()
        self._serving = 0
        self._closed = threading.Event()

    def start(self, count: int = 1) -> None:
        """Begin the first process, or ``count``: they get ready while the first file is on its way.

        Raises:
            HoldfastError: none can be started.
            RuntimeError: after `close`.
        """
        with self._change:
            self._insist()
            while self._serving < min(count, self._most):
                self._widen()

    def look(self, source: bytes | Path, kind: Kind) -> File:
        """Have a file looked at, decoded whole; its `File.answer` is there when that is done.

        Args:
            source: where the file is, or its bytes: a path is the faster way.
            kind: what its first bytes say; another answer is not believed.

        When its process dies it is tried once more in a new one, since the blame may lie elsewhere (the
        system was out of memory, say). When it takes too long it is not.

        Raises:
            HoldfastError: no process can be started; that may also be the answer.
            RuntimeError: after `close`; that is also the answer for a file in hand then.
        """
        file = File(source, kind)
        with self._change:
            self._insist()
            if self._unanswered >= self._serving < self._most:
                self._widen()
            self._unanswered += 1
            self._waiting.append(file)
            self._change.notify()
        return file

    def inspect(self, source: bytes | Path, kind: Kind) -> Verdict:
        """As `look`, and wait for the answer."""
        return self.look(source, kind).answer.result()

    def close(self) -> None:
        """End every process. A file without an answer gets none: RuntimeError."""
        self._closed.set()
        with self._change:
            for process in self._processes:
                process.kill()  # its thread notices, and takes its leave
            self._change.notify_all()
        for thread in self._threads:
            thread.join()
        self._fail(RuntimeError("the store is closed"))

    def _insist(self) -> None:
        if self._closed.is_set():
            raise RuntimeError("the store is closed")

    def _widen(self) -> None:
        """One more process and its thread; called with the lock."""
        try:
            process = self._begin()
        except OSError as error:
            if not self._serving:
                raise _no_process(str(error)) from error
            self._most = self._serving  # make do with fewer
            return
        if not self._threads:
            self._run(threading.Thread(target=self._charge, name="holdfast-watch", daemon=True))
        self._serving += 1
        self._run(threading.Thread(target=self._serve, args=(process,), name="holdfast-worker", daemon=True))

    def _run(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _begin(self) -> Process:
        process = Process(self._settings)
        with self._change:
            self._processes.add(process)
            if self._closed.is_set():
                process.kill()
        return process

    # -- a process's thread --

    def _serve(self, process: Process) -> None:
        """Keep one process busy, and put another one in its place when it dies."""
        stillborn, again = 0, list[File]()
        while self._is_work_for(process, again):
            try:
                process.get_ready()
                stillborn = 0
                if files := again or self._next_for(process):
                    again = []
                    process.hand_over(files)
                if process.in_hand:
                    for file, verdict in process.answers():
                        self._answer(file, verdict)
            except DiedError as died:
                stillborn += not died.started
                again += self._blame(process, died)
                self._forget(process)
                if self._closed.is_set():
                    break
                try:
                    if stillborn > 1:
                        raise OSError(f"it ended with status {died.status}")
                    process = self._begin()
                except OSError as error:
                    self._give_up(again, error)
                    return
        with self._change:
            self._waiting.extendleft((*again, *process.in_hand))
        self._forget(process)

    def _is_work_for(self, process: Process, again: list[File]) -> bool:
        """Wait until there is something to do; False when nothing more is to be done."""
        with self._change:
            while not (self._closed.is_set() or again or process.in_hand or self._waiting):
                self._change.wait()
        return not self._closed.is_set()

    def _next_for(self, process: Process) -> list[File]:
        """What to hand over: a fair share of what waits, and nothing behind bytes."""
        files: list[File] = []
        with self._change:
            most = min(_AHEAD - len(process.in_hand), max(1, len(self._waiting) // self._serving))
            while self._waiting and len(files) < most:
                alone = not isinstance(self._waiting[0].source, Path)
                if alone and (files or process.in_hand):
                    break
                file = self._waiting.popleft()
                if not file.taken and not file.answer.set_running_or_notify_cancel():
                    self._unanswered -= 1
                    continue
                file.taken = True
                files.append(file)
                if alone:
                    break
        return files

    def _answer(self, file: File, verdict: Verdict) -> None:
        with self._change:
            self._unanswered -= 1  # before whoever waits for it can bring the next one
        file.answer.set_result(verdict)

    def _blame(self, process: Process, died: DiedError) -> list[File]:
        """What becomes of the files of a process that died: the one to be tried again at once, if any."""
        again: list[File] = []
        if died.started and process.in_hand and not self._closed.is_set():
            file = process.in_hand.popleft()
            file.deaths += 1
            if died.overran:
                seconds = self._settings.limits.decode_timeout
                self._answer(file, (Refusal("bomb", f"decoding it takes more than {seconds:g} s"), None))
            elif file.deaths > 1:
                self._answer(file, (died.refusal(), None))
            else:
                again.append(file)
        with self._change:
            self._waiting.extendleft(reversed(process.in_hand))
            process.in_hand.clear()
            self._change.notify_all()
        return again

    def _give_up(self, again: list[File], error: OSError) -> None:
        """End a thread that can have no process; the others go on, if there are any."""
        with self._change:
            self._waiting.extendleft(again)
            self._serving -= 1
            self._most = self._serving
            self._change.notify_all()
            last = not self._serving
        if last:
            self._fail(_no_process(str(error)))

    def _fail(self, error: Exception) -> None:
        """Nobody is left who could answer what waits."""
        with self._change:
            waiting, self._waiting = self._waiting, deque()
            self._unanswered -= len(waiting)
        for file in waiting:
            if file.taken or file.answer.set_running_or_notify_cancel():
                file.answer.set_exception(error)

    def _forget(self, process: Process) -> None:
        with self._change:
            self._processes.discard(process)
        process.kill()
        process.end()

    def _charge(self) -> None:
        """Count time in ticks of this thread, so that none passes while Ctrl-Z has stopped the run."""
        tick = min(1.0, max(0.01, self._settings.limits.decode_timeout / 8))
        while not self._closed.wait(tick):
            with self._change:
                processes = tuple(self._processes)
            for process in processes:
                process.charge(tick)


def _no_process(why: str) -> HoldfastError:
    return HoldfastError(
        f"the process that decodes pictures cannot be started: {why}",
        "allow it more with --set decode-memory=SIZE, or close other programs; then run again",
    )

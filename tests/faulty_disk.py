"""A disk that fails, or dies, at its Nth operation: the real interface over the real file system."""

from __future__ import annotations

import errno
import os
import re
import threading
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from holdfast.disk import SystemDisk


class Step(NamedTuple):
    """One operation of a run, named so that another run of the same work has it too, whatever its order."""

    operation: str
    subject: str
    """The last two parts of the path; of an operation on a descriptor, the path that it was opened with."""
    nth: int
    """Which of the operations with these names it is, from 1."""

    def __str__(self) -> str:
        return f"{self.operation} {self.subject} #{self.nth}"


_RANDOM = re.compile(r"^\.[0-9a-f]{16}(?=\.holdfast-tmp$)")


class KilledError(BaseException):
    """The process is gone: nothing after it runs, no `except OSError` sees it."""


class FaultyDisk(SystemDisk):
    """Counts operations; the one numbered ``fail_at`` (from 1), or the ``Step``, does not take place.

    With ``kill`` every operation from there on is dead too, tidying up included, and a write is torn in half.
    """

    def __init__(
        self, fail_at: int | Step | None = None, *, kill: bool = False, code: int = errno.ENOSPC
    ) -> None:
        self.fail_at = fail_at
        self.kill = kill
        self.code = code
        self.log: list[str] = []
        self.steps: list[Step] = []
        self.dead = False
        self.hit = False
        self._counts: Counter[tuple[str, str]] = Counter()
        self._paths: dict[int, Path] = {}
        self._mutex = threading.Lock()

    def _step(self, name: str, subject: Path | int) -> None:
        with self._mutex:
            if self.dead:
                raise KilledError
            self.log.append(f"{name} {subject.name}" if isinstance(subject, Path) else name)
            self.steps.append(self._named(name, subject))
            if self.fail_at not in (len(self.log), self.steps[-1]):
                return
            self.hit = True
            self.dead = self.kill
        if self.kill:
            self._die()
        raise OSError(self.code, os.strerror(self.code))

    def _die(self) -> None:
        raise KilledError

    def _named(self, name: str, subject: Path | int) -> Step:
        path = self._paths.get(subject, Path("?")) if isinstance(subject, int) else subject
        last = _RANDOM.sub(".RANDOM", path.name)
        what = f"{path.parent.name}/{last}"
        self._counts[name, what] += 1
        return Step(name, what, self._counts[name, what])

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        self._step("open", path)
        fd = super().open(path, flags, mode)
        self._paths[fd] = path
        return fd

    def write(self, fd: int, data: bytes | memoryview) -> int:
        try:
            self._step("write", fd)
        except KilledError:
            if self.fail_at in (len(self.log), self.steps[-1]):
                os.write(fd, data[: len(data) // 2])
            raise
        return super().write(fd, data)

    def truncate(self, fd: int, length: int) -> None:
        self._step("truncate", fd)
        super().truncate(fd, length)

    def fsync(self, fd: int) -> None:
        # Not done: no test can see whether the platter has it, and a hundred tests would wait for it.
        self._step("fsync", fd)

    def close(self, fd: int) -> None:
        # A dead process closes its files: no operation that could fail on the way.
        self._paths.pop(fd, None)
        super().close(fd)

    def replace(self, source: Path, target: Path) -> None:
        self._step("replace", target)
        super().replace(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._step("link", target)
        super().link(source, target)

    def mkdir(self, path: Path) -> None:
        self._step("mkdir", path)
        super().mkdir(path)

    def unlink(self, path: Path) -> None:
        self._step("unlink", path)
        super().unlink(path)

"""A disk that fails, or dies, at its Nth operation: the real interface over the real file system."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from holdfast.disk import SystemDisk


class KilledError(BaseException):
    """The process is gone: nothing after it runs, no `except OSError` sees it."""


class FaultyDisk(SystemDisk):
    """Counts operations; the one numbered ``fail_at`` (from 1) does not take place.

    With ``kill`` every operation from there on is dead too, tidying up included, and a write is torn in half.
    """

    def __init__(self, fail_at: int | None = None, *, kill: bool = False, code: int = errno.ENOSPC) -> None:
        self.fail_at = fail_at
        self.kill = kill
        self.code = code
        self.log: list[str] = []
        self.dead = False

    def _step(self, name: str, subject: object = "") -> None:
        if self.dead:
            raise KilledError
        self.log.append(f"{name} {Path(subject).name}" if isinstance(subject, Path) else name)
        if len(self.log) == self.fail_at:
            if self.kill:
                self.dead = True
                raise KilledError
            raise OSError(self.code, os.strerror(self.code))

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        self._step("open", path)
        return super().open(path, flags, mode)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        try:
            self._step("write")
        except KilledError:
            if len(self.log) == self.fail_at:
                os.write(fd, data[: len(data) // 2])
            raise
        return super().write(fd, data)

    def truncate(self, fd: int, length: int) -> None:
        self._step("truncate")
        super().truncate(fd, length)

    def fsync(self, fd: int) -> None:
        # Not done: no test can see whether the platter has it, and a hundred tests would wait for it.
        self._step("fsync")

    def close(self, fd: int) -> None:
        # A dead process closes its files: no operation that could fail on the way.
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

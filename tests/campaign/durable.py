"""A disk that knows what a power failure could still take away, and insists on the order of calls.

What was written is on the platter when its file was synced, and a name when its folder was (fsync(2)). No
test can cut the power; so this counts what has not been synced, over the real file system.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from holdfast.disk import SystemDisk


class PowerDisk(SystemDisk):
    """Fails the test where a step is taken while something that it rests on is not durable.

    The staging folder may be lost at any instant; all else below ``root`` counts.
    """

    def __init__(self, root: Path) -> None:
        self.replaced: list[str] = []
        """Documents, in the order in which they were replaced."""
        self._root = root
        self._written: dict[int, Path] = {}
        """Files with bytes that are not synced, by inode."""
        self._named: set[Path] = set()
        """Names that their folder does not durably hold yet."""
        self._open: dict[int, Path] = {}
        self._mutex = threading.Lock()

    def loose(self, *but: Path) -> set[str]:
        """What a power failure could take away now."""
        with self._mutex:
            paths = {*self._written.values(), *self._named} - set(but)
        names = {path.relative_to(self._root).as_posix() for path in paths}
        return {name for name in names if not name.startswith("archive/.staging")}

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        new = bool(flags & os.O_CREAT) and not path.exists()
        fd = super().open(path, flags, mode)
        with self._mutex:
            self._open[fd] = path
            if new:
                self._named.add(path)
        return fd

    def write(self, fd: int, data: bytes | memoryview) -> int:
        path = self._open[fd]
        if path.name == "manifest.jsonl" and b'"type":"asset"' in data:
            # An asset is recorded when file and name are there to stay.
            assert self.loose() <= {"archive/manifest.jsonl"}, self.loose()
        with self._mutex:
            self._written[os.fstat(fd).st_ino] = path
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        with self._mutex:
            self._written.pop(os.fstat(fd).st_ino, None)
            self._named = {path for path in self._named if path.parent != self._open[fd]}

    def replace(self, source: Path, target: Path) -> None:
        self._about_to_name(source, target)
        if target.suffix == ".md":
            assert self.loose(source) == set(), f"{target.name} is replaced before what it shows is durable"
            self.replaced.append(target.name)
        super().replace(source, target)
        with self._mutex:
            self._named.discard(source)
            self._named.add(target)

    def link(self, source: Path, target: Path) -> None:
        self._about_to_name(source, target)
        super().link(source, target)
        with self._mutex:
            self._named.add(target)

    def _about_to_name(self, source: Path, target: Path) -> None:
        if target.parent.name != ".staging":
            assert source.stat().st_ino not in self._written, (
                f"{target.name} is named before its bytes are synced"
            )

    def mkdir(self, path: Path) -> None:
        super().mkdir(path)
        with self._mutex:
            self._named.add(path)

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        with self._mutex:
            self._named.discard(path)

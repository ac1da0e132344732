"""The few disk operations that durability rests on, as one small interface, and the sequences made of them.

Knows no document, no asset and no manifest. Writers take a `Disk`, so that a test can let the Nth operation
fail, or end the process there, without patching anything. Imports nothing of the program but its errors.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from .errors import DiskError

TEMPORARY = ".holdfast-tmp"
"""How the name of a file that is not finished ends; it begins with a dot, so that no walk takes it."""

_NAME_MOST = 255
"""Bytes in one file name, on every file system that matters."""

_SYNC_THREADS = 8
"""More gain nothing (ext4, two cores)."""

_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})
"""What file systems answer that cannot sync a folder (some FUSE and network mounts): nothing can be done."""

_BINARY = getattr(os, "O_BINARY", 0)
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)


class Disk(Protocol):
    """The operations that change a disk. Each raises OSError as its namesake in `os` does."""

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int: ...
    def write(self, fd: int, data: bytes | memoryview) -> int: ...
    def truncate(self, fd: int, length: int) -> None: ...
    def fsync(self, fd: int) -> None: ...
    def close(self, fd: int) -> None: ...
    def replace(self, source: Path, target: Path) -> None: ...
    def link(self, source: Path, target: Path) -> None: ...
    def mkdir(self, path: Path) -> None: ...
    def unlink(self, path: Path) -> None: ...


class SystemDisk:
    """The disk itself: each method is one call of `os`."""

    __slots__ = ()

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        return os.open(path, flags | _BINARY | _CLOSE_ON_EXEC, mode)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return os.write(fd, data)

    def truncate(self, fd: int, length: int) -> None:
        os.ftruncate(fd, length)

    def fsync(self, fd: int) -> None:
        os.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def replace(self, source: Path, target: Path) -> None:
        os.replace(source, target)  # noqa: PTH105 - one call of os, as every method here

    def link(self, source: Path, target: Path) -> None:
        os.link(source, target)

    def mkdir(self, path: Path) -> None:
        os.mkdir(path)  # noqa: PTH102

    def unlink(self, path: Path) -> None:
        os.unlink(path)  # noqa: PTH108


SYSTEM: Disk = SystemDisk()


_IN_THE_WAY = "move away the file that stands there, or name another folder with --assets or --archive"


def refused(error: OSError, doing: str) -> DiskError:
    """The error of the program for one of the operating system: what was being done, and to what."""
    words = error.strerror or type(error).__name__
    name = error.filename2 or error.filename  # of two files it is the new one that was refused
    if name and not doing.endswith(str(name)):
        words = f"{name}: {words}"
    hint = {
        errno.ENOSPC: "free some space and run the same command again: nothing is lost",
        errno.EDQUOT: "your quota is used up: free some space and run the same command again",
        errno.EROFS: "the file system is mounted read-only",
        errno.EACCES: "check the permissions of this folder",
        errno.EPERM: "check the permissions of this folder",
        errno.EXDEV: "a symlink leads elsewhere: replace it, or name another folder with --assets",
        errno.ENOTDIR: _IN_THE_WAY,
        errno.EEXIST: _IN_THE_WAY,
        errno.EMFILE: "raise the limit of open files (ulimit -n), or lower --concurrency",
    }.get(error.errno or 0, "check the disk, then run the same command again: nothing is lost")
    return DiskError(f"{doing}: {words}", hint)


def write_all(disk: Disk, fd: int, data: bytes) -> None:
    """Write every byte: one call may take fewer than it was given (POSIX write(2))."""
    view = memoryview(data)
    while view:
        view = view[disk.write(fd, view) :]


def sync_together(
    disk: Disk, fds: Sequence[int], folders: Collection[Path]
) -> tuple[list[OSError | None], dict[Path, OSError | None]]:
    """Bring files to the disk, and the names in folders (fsync(2)), which it takes together.

    Returns the errors of both. 633 posts of 8 KB, 64 at a time: 0.36 s until each has been replaced; 0.45 s
    where the disk is waited for twice for each (ext4, two cores, nobody else who writes).
    """
    from concurrent.futures import ThreadPoolExecutor  # brings logging, and most runs write no document

    def sync(step: Callable[[], None]) -> OSError | None:
        try:
            step()
        except OSError as error:
            return error
        return None

    steps = [partial(disk.fsync, fd) for fd in fds] + [partial(sync_folder, disk, each) for each in folders]
    if len(steps) < 2:
        errors = [*map(sync, steps)]
    else:
        with ThreadPoolExecutor(min(len(steps), _SYNC_THREADS), "holdfast-sync") as threads:
            errors = [*threads.map(sync, steps)]
    return errors[: len(fds)], dict(zip(folders, errors[len(fds) :], strict=True))


def sync_folder(disk: Disk, folder: Path) -> None:
    """Make names in ``folder`` durable: a rename is not, until its folder is synced (fsync(2))."""
    if sys.platform == "win32":
        return
    fd = disk.open(folder, os.O_RDONLY)
    try:
        disk.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        disk.close(fd)


def make_folders(disk: Disk, folder: Path) -> None:
    """Create ``folder`` and what is missing above it, each name durable. A folder that exists is fine."""
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        try:
            disk.mkdir(each)
        except FileExistsError:
            if not each.is_dir():
                raise
        sync_folder(disk, each.parent)


def temporary(target: Path) -> Path:
    """Where the next bytes of ``target`` are collected: in its own folder; a rename never crosses devices.

    The name follows from the target's, so what a killed run leaves behind is overwritten by the next one.
    """
    name = f".{target.name}{TEMPORARY}"
    if len(os.fsencode(name)) > _NAME_MOST:
        name = f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:32]}{TEMPORARY}"
    return target.with_name(name)


def create_temporary(disk: Disk, target: Path, mode: int = 0o666) -> tuple[Path, int]:
    """Open the temporary file of ``target``, new and empty: ``(its path, descriptor for writing)``.

    Never opens what it did not create: a symlink laid there is removed, not followed (O_EXCL, open(2)).
    """
    path = temporary(target)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return path, disk.open(path, flags, mode)
    except FileExistsError:
        disk.unlink(path)
        return path, disk.open(path, flags, mode)


def write_atomically(
    disk: Disk,
    target: Path,
    data: bytes,
    *,
    mode: int = 0o666,
    dress: Callable[[Path], None] | None = None,
    allowed: Callable[[], bool] | None = None,
) -> bool:
    """Put ``data`` in place of ``target``, wholly or not at all, and durably.

    ``dress`` gets the path of the temporary file, complete, to give it owner, mode and times. ``allowed`` is
    asked last of all, right before the rename; when it says no, nothing has changed and the answer is False.

    Raises:
        OSError: the disk refused; ``target`` is what it was, unless only the sync of its folder failed.
    """
    path, fd = create_temporary(disk, target, mode)
    try:
        try:
            write_all(disk, fd, data)
            if dress is not None:
                dress(path)
            disk.fsync(fd)
        finally:
            disk.close(fd)
        if allowed is not None and not allowed():
            _remove_quietly(disk, path)
            return False
        disk.replace(path, target)
    except OSError:
        _remove_quietly(disk, path)
        raise
    sync_folder(disk, target.parent)
    return True


def _remove_quietly(disk: Disk, path: Path) -> None:
    """Tidy up after an error; that error is what matters, and the next run overwrites the file anyway."""
    try:
        disk.unlink(path)
    except OSError:
        return

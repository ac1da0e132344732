"""Files get their final names, durably, below a root, and never over other bytes.

Chooses no name and judges no bytes.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..config import KIB
from ..disk import Disk, create_temporary, make_folders, refused, sync_folder, write_all

_READ_BYTES = 256 * KIB
_LFS = b"version https://git-lfs"
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})
"""Another device, or a file system without hard links: the bytes are copied instead."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One file that gets a name."""

    source: Path
    target: Path
    sha256: str | None = None
    """Of a file that may be linked, not copied; it is on the disk when `Placer.wait` has returned."""


class Placer:
    """One batch of placements: each folder is opened, checked and synced once.

    Args:
        root: nothing is written outside it.
        wait: returns when the file with this SHA-256 is on the disk (OSError: it never will be).
    """

    def __init__(self, root: Path, wait: Callable[[str], None], disk: Disk) -> None:
        self._root = _real(root)
        self._wait = wait
        self._disk = disk
        self._folders: dict[Path, Path | OSError] = {}
        self._made: dict[Path, list[Path]] = {}
        self._failures: list[tuple[Path, OSError]] = []

    def place_all(self, placements: Iterable[Placement]) -> None:
        """Give every file its name; on return each is durable, and so is its name.

        Raises:
            DiskError: of the first that failed; all that could be placed have been.
        """
        for placement in placements:
            try:
                folder = self._folder(placement.target.parent)
                target = folder / placement.target.name
                if self._place(placement, target):
                    self._made[folder].append(target)
            except OSError as error:
                self._failures.append((placement.target, error))
        for folder, made in self._made.items():
            try:
                self._finish(folder, made)
            except OSError as error:
                self._failures.append((folder, error))
        if self._failures:
            path, first = self._failures[0]
            more = f" (and {len(self._failures) - 1} more)" if len(self._failures) > 1 else ""
            raise refused(first, f"cannot store {path}{more}") from first

    def _folder(self, folder: Path) -> Path:
        if folder not in self._folders:
            try:
                self._folders[folder] = self._open(folder)
            except OSError as error:
                self._folders[folder] = error
        found = self._folders[folder]
        if isinstance(found, OSError):
            raise found
        self._made.setdefault(found, [])
        return found

    def _open(self, folder: Path) -> Path:
        """The folder without symlinks, made where it is missing.

        The one guard against escapes: names come from foreign hosts, and the tree may hold any symlink.
        """
        real = _real(folder)
        if not real.is_relative_to(self._root):
            raise OSError(errno.EXDEV, f"leads out of {self._root}", str(folder))
        make_folders(self._disk, real)
        return real

    def _finish(self, folder: Path, made: list[Path]) -> None:
        if _real(folder) != folder:
            # A symlink was set while we wrote: take back what went through it.
            for path in made:
                self._disk.unlink(path)
            raise PermissionError(errno.EPERM, "became a symlink while it was written to", str(folder))
        sync_folder(self._disk, folder)

    def _place(self, placement: Placement, target: Path) -> bool:
        """Link or copy; False when the name holds the same bytes already."""
        try:
            if placement.sha256 is None or not self._link(placement.source, placement.sha256, target):
                self._copy(placement.source, target)
        except FileExistsError:
            if not holds(target, placement.sha256 or file_sha256(placement.source)):
                raise FileExistsError(errno.EEXIST, "it holds other bytes; move it away") from None
            sync_file(self._disk, target)
            return False
        return True

    def _link(self, source: Path, sha256: str, target: Path) -> bool:
        self._wait(sha256)
        if source.stat().st_nlink > 1:
            return False  # it has a name already, and who edits one file in place must not change the other
        try:
            self._disk.link(source, target)
        except OSError as error:
            if error.errno in _NO_LINK:
                return False
            raise
        return True

    def _copy(self, source: Path, target: Path) -> None:
        """A synced copy under a name that must be free."""
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "exists", str(target))
        temporary, descriptor = create_temporary(self._disk, target)
        try:
            try:
                with source.open("rb") as file:
                    while piece := file.read(_READ_BYTES):
                        write_all(self._disk, descriptor, piece)
                self._disk.fsync(descriptor)
            finally:
                self._disk.close(descriptor)
            self._rename(temporary, target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def _rename(self, temporary: Path, target: Path) -> None:
        """Where there are hard links a taken name refuses; elsewhere it was free just now."""
        try:
            self._disk.link(temporary, target)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            self._disk.replace(temporary, target)
        else:
            self._disk.unlink(temporary)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def sync_file(disk: Disk, path: Path) -> None:
    """Bring a file's bytes to the disk (fsync(2))."""
    # Windows flushes only what is open for writing.
    descriptor = disk.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        disk.fsync(descriptor)
    finally:
        disk.close(descriptor)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def holds(path: Path, sha256: str) -> bool:
    """Whether a file has these bytes, or is Git LFS's pointer to them. A symlink is followed for reading."""
    try:
        with path.open("rb") as file:
            head = file.read(KIB)
        if head.startswith(_LFS):
            return f"oid sha256:{sha256}".encode() in head
        return file_sha256(path) == sha256
    except FileNotFoundError:
        return False  # a symlink that leads nowhere

"""Documents on disk: read, and replaced wholly or not at all. The only writer of documents.

Decides nothing about their content and never changes permissions to get its way. What one document refuses
is a value; only a disk that refuses everything is an error.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import disk as disks
from .disk import Disk
from .model import Refusal

MAX_DOCUMENT = 256 * 1024 * 1024
"""Bytes. A larger "document" is none; the largest posts known are a hundredth of it."""

REFUSALS: Mapping[str, str] = {
    "changed": "it changed on disk since it was scanned; run the same command again",
    "gone": "it is no longer there",
    "outside": "it is a symlink that leads outside the site; name the site that holds the file",
    "read-only": "it is write-protected; make it writable if it may be changed",
    "unreadable": "it cannot be read",
}
"""Why a document was left as it was: the codes of `replace`."""

_DISK_IS_ILL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors that the next document would meet as well."""


def read(path: Path, *, limit: int = MAX_DOCUMENT) -> bytes:
    """The bytes of a document.

    Raises:
        OSError: it cannot be read, is no regular file (a FIFO would never end), or is larger than ``limit``
            bytes; its ``strerror`` is a message for a person.
    """
    # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if status.st_size > limit:
            raise OSError(errno.EFBIG, f"it is larger than {limit >> 20} MiB", str(path))
        data = os.read(fd, status.st_size + 1)
        if len(data) == status.st_size:
            return data
        # Linux reads at most 2 GiB at once, and a file may grow while it is read.
        parts = [data]
        while part := os.read(fd, 1 << 20):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(fd)


def digest(path: Path) -> str | None:
    """The SHA-256 of a document, in hex; None where none can be read. What `Manifest.settle` asks for."""
    try:
        return hashlib.sha256(read(path)).hexdigest()
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Replacement:
    """New bytes for one document."""

    path: Path
    new: bytes
    expected_sha256: str
    """Of the bytes that they replace."""


def replace(
    path: Path,
    new: bytes,
    *,
    root: Path,
    expected_sha256: str,
    keep_mtime: bool,
    disk: Disk = disks.SYSTEM,
) -> Refusal | None:
    """As `replace_all`, for one document."""
    return replace_all(
        [Replacement(path, new, expected_sha256)], root=root, keep_mtime=keep_mtime, disk=disk
    )[0]


def replace_all(
    replacements: Sequence[Replacement], *, root: Path, keep_mtime: bool, disk: Disk = disks.SYSTEM
) -> list[Refusal | None]:
    """Put new bytes in place of documents, each atomically and durably; None, or why one was left as it was.

    A symlink is followed to its target, which must lie below ``root``. Mode, extended attributes and (where
    the user may) owner are kept; the modification time with ``keep_mtime``, to the nanosecond. A hard link to
    the document keeps the old bytes. The target and its hash are checked right before the rename: whoever
    swaps either earlier is noticed. All new bytes are on the disk before the first rename, so that the disk
    is waited for once for them and not for each document; until then each has a temporary file. One document
    has taken its place for good before the next one does.

    Raises:
        DiskError: the disk is full or failing; each document is wholly old or wholly new.
    """
    drafts: dict[int, _Draft] = {}
    refusals: dict[int, Refusal] = {}
    taken: set[Path] = set()
    top = os.path.realpath(root)

    def attempt(number: int, step: Callable[[], Refusal | None]) -> None:
        try:
            refusal = step()
        except OSError as error:
            refusal = _refusal(error, replacements[number].path)
        if refusal is not None:
            refusals[number] = refusal

    try:
        for number, each in enumerate(replacements):
            drafts[number] = _Draft(each, top, disk)
            attempt(number, partial(drafts[number].write, taken, keep_mtime))
            taken.add(drafts[number].target)
        whole = [number for number in drafts if number not in refusals]
        # Of one document alone nothing else is waiting to be on the disk when it is replaced.
        folders = dict.fromkeys(drafts[number].target.parent for number in whole) if len(whole) > 1 else ()
        errors, unnamed = disks.sync_together(disk, [drafts[number].descriptor for number in whole], folders)
        for number, error in zip(whole, errors, strict=True):
            attempt(number, partial(drafts[number].put, error or unnamed.get(drafts[number].target.parent)))
    finally:
        for draft in drafts.values():
            draft.discard()
    return [refusals.get(number) for number in range(len(replacements))]


_NOWHERE = Path()


class _Draft:
    """The new bytes of one document, on their way."""

    def __init__(self, replacement: Replacement, root: str, disk: Disk) -> None:
        self._replacement = replacement
        self._root = root
        self._disk = disk
        self._temporary: Path | None = None
        self.target = _NOWHERE
        self.descriptor = -1

    def write(self, taken: Collection[Path], keep_mtime: bool) -> Refusal | None:
        """Write a temporary file beside the document, not yet on the disk.

        Args:
            taken: what is being replaced already; of two documents that are one file, the second has changed
                when its turn comes.
        """
        target = _target(self._replacement.path, self._root)
        if isinstance(target, Refusal):
            return target
        before = target.stat()
        if not before.st_mode & 0o222 or not os.access(target, os.W_OK):
            return _refuse("read-only")
        if target in taken:
            return _refuse("changed")
        self.target = target
        # Created for the owner alone: nobody may read it before it has the document's mode.
        self._temporary, self.descriptor = disks.create_temporary(self._disk, target, 0o600)
        disks.write_all(self._disk, self.descriptor, self._replacement.new)
        _take_after(self._temporary, target, before, keep_mtime)
        return None

    def put(self, error: OSError | None) -> Refusal | None:
        """Let it take the document's place; ``error``: what came of bringing it to the disk."""
        self._close()
        if error is not None:
            raise error
        assert self._temporary is not None
        expected = self._replacement.expected_sha256
        if _target(self._replacement.path, self._root) != self.target or _sha256(self.target) != expected:
            return _refuse("changed")
        self._disk.replace(self._temporary, self.target)
        self._temporary = None
        disks.sync_folder(self._disk, self.target.parent)
        return None

    def discard(self) -> None:
        """Leave nothing behind; what cannot be removed is overwritten by the next run."""
        with suppress(OSError):
            self._close()
        if self._temporary is not None:
            with suppress(OSError):
                self._disk.unlink(self._temporary)

    def _close(self) -> None:
        if self.descriptor >= 0:
            descriptor, self.descriptor = self.descriptor, -1
            self._disk.close(descriptor)


def _refusal(error: OSError, path: Path) -> Refusal:
    """What an error says of one document.

    Raises:
        DiskError: it says that the disk is full or failing.
    """
    if isinstance(error, FileNotFoundError):
        return _refuse("gone")
    if error.errno in _DISK_IS_ILL:
        raise disks.refused(error, f"writing {path}") from error
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _refuse("read-only", error.strerror or "")
    return _refuse("unreadable", error.strerror or str(error))


def sweep(root: Path, leftovers: Iterable[str], *, disk: Disk = disks.SYSTEM) -> None:
    """Remove unfinished files that a killed run left beside documents (`walk.Walked.leftovers`).

    Only for the holder of the archive's lock: another run's file may be growing.
    """
    for name in leftovers:
        path = root / name
        if path.name.endswith(disks.TEMPORARY):
            try:
                disk.unlink(path)
            except OSError:
                # It does no harm; what could not be removed is overwritten when its document is replaced.
                continue


def _target(path: Path, root: str) -> Path | Refusal:
    """Where a document is, without symlinks; ``root`` has none."""
    target = Path(os.path.realpath(path, strict=True))
    if not target.is_relative_to(root):
        return _refuse("outside")
    return target


def _sha256(path: Path) -> str:
    return hashlib.sha256(read(path, limit=sys.maxsize)).hexdigest()


def _take_after(temporary: Path, target: Path, before: os.stat_result, keep_mtime: bool) -> None:
    """Give the new file the owner, mode, attributes and, if asked, times of the old one."""
    if hasattr(os, "chown"):
        mine = temporary.stat()
        if (mine.st_uid, mine.st_gid) != (before.st_uid, before.st_gid):
            try:
                os.chown(temporary, before.st_uid, before.st_gid)
            except OSError:
                # Only root may give files away; a group of one's own is kept all the same.
                _chown_group(temporary, before.st_gid)
    times = temporary.stat()
    shutil.copystat(target, temporary)
    if not keep_mtime:
        os.utime(temporary, ns=(times.st_atime_ns, times.st_mtime_ns))


def _chown_group(path: Path, group: int) -> None:
    try:
        os.chown(path, -1, group)
    except OSError:
        return


def _refuse(code: str, detail: str = "") -> Refusal:
    return Refusal(code, f"{REFUSALS[code]} ({detail})" if detail else REFUSALS[code])

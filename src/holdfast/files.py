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
from collections.abc import Iterable, Mapping
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


def replace(
    path: Path,
    new: bytes,
    *,
    root: Path,
    expected_sha256: str,
    keep_mtime: bool,
    disk: Disk = disks.SYSTEM,
) -> Refusal | None:
    """Put ``new`` in place of a document, atomically and durably; None, or why it was left as it was.

    A symlink is followed to its target, which must lie below ``root``. Mode, extended attributes and (where
    the user may) owner are kept; the modification time with ``keep_mtime``, to the nanosecond. A hard link to
    the document keeps the old bytes. The target and its hash are checked right before the rename: whoever
    swaps either earlier is noticed.

    Raises:
        DiskError: the disk is full or failing; the document is wholly old or wholly new.
    """
    try:
        target = _target(path, root)
        if isinstance(target, Refusal):
            return target
        before = target.stat()
        if not before.st_mode & 0o222 or not os.access(target, os.W_OK):
            return _refuse("read-only")
        if _sha256(target) != expected_sha256:
            return _refuse("changed")

        def dress(temporary: Path) -> None:
            _take_after(temporary, target, before, keep_mtime)

        def allowed() -> bool:
            return _target(path, root) == target and _sha256(target) == expected_sha256

        # Created for the owner alone: nobody may read it before it has the document's mode.
        if not disks.write_atomically(disk, target, new, mode=0o600, dress=dress, allowed=allowed):
            return _refuse("changed")
    except FileNotFoundError:
        return _refuse("gone")
    except OSError as error:
        if error.errno in _DISK_IS_ILL:
            raise disks.refused(error, f"writing {path}") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return _refuse("read-only", error.strerror or "")
        return _refuse("unreadable", error.strerror or str(error))
    return None


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


def _target(path: Path, root: Path) -> Path | Refusal:
    target = Path(os.path.realpath(path, strict=True))
    if not target.is_relative_to(os.path.realpath(root)):
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

"""The archive folder's own files: what git must know of it, and who is at work in it.

Knows neither the manifest's records nor an asset. Two runs at once would each compact away what the other
appended; so a run that writes holds the lock, and one that only reads does not need it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from . import disk as disks
from .disk import Disk
from .errors import Locked

if TYPE_CHECKING:
    from filelock import FileLock

GIT: dict[str, tuple[str, ...]] = {
    # Not one byte of an asset may follow core.autocrlf, and two branches' records add up.
    ".gitattributes": ("* -text", "manifest.jsonl merge=union linguist-generated"),
    ".gitignore": ("/.lock*", "/.staging/", "/.cache/", "/checks.sqlite*", f"*{disks.TEMPORARY}"),
}
"""Lines that these files must have; what else a person writes there stays."""

LOCK = ".lock"
HOLDER = ".lock.json"
"""Who holds the lock: read only to tell a person whom a run waits for, so a stale one misleads nobody."""


class Holder(msgspec.Struct, frozen=True):
    """The run that holds an archive."""

    pid: int
    host: str
    command: str
    since: str

    def __str__(self) -> str:
        return f"holdfast {self.command} (process {self.pid} on {self.host}, since {self.since})"


def prepare(archive: Path, *, disk: Disk = disks.SYSTEM) -> None:
    """Create the archive folder and its git files; what is right already is not touched.

    Only for the holder of the lock: what a killed run left unfinished here is removed.

    Raises:
        DiskError: the disk refused.
    """
    try:
        disks.make_folders(disk, archive)
        for left in archive.glob(f".*{disks.TEMPORARY}"):
            disk.unlink(left)
        for name, needed in GIT.items():
            path = archive / name
            there = path.read_bytes() if path.exists() else b""
            lines = {line.strip() for line in there.decode("utf-8", "replace").splitlines()}
            missing = [line for line in needed if line not in lines]
            if missing:
                # Ours go last: in both kinds of file the last line that matches decides.
                begin = there if not there or there.endswith(b"\n") else there + b"\n"
                disks.write_atomically(disk, path, begin + "".join(f"{line}\n" for line in missing).encode())
    except OSError as error:
        raise disks.refused(error, f"preparing {archive}") from error


@contextmanager
def lock(
    archive: Path,
    *,
    command: str,
    since: str,
    wait: float = 0.0,
    waiting: Callable[[str], object] = str,
    disk: Disk = disks.SYSTEM,
) -> Iterator[None]:
    """Hold the archive for this run. The operating system lets go of it when the process ends, however.

    Args:
        command: which of holdfast's commands this is, without its arguments (a header may hold a secret).
        since: the time now, RFC 3339.
        wait: seconds to wait for another run; `waiting` is told about it once.

    Raises:
        Locked: another run held it all that time.
        DiskError: the folder cannot be written.
    """
    try:
        disks.make_folders(disk, archive)
        held = _acquire(archive, wait, waiting)
    except OSError as error:
        raise disks.refused(error, f"locking {archive}") from error
    holder = archive / HOLDER
    try:
        # Only for the eyes of whoever waits: no reason to fail for, or to sync.
        with suppress(OSError):
            import socket

            me = Holder(os.getpid(), socket.gethostname(), command, since)
            holder.write_bytes(msgspec.json.encode(me) + b"\n")
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        held.release()


def _acquire(archive: Path, wait: float, waiting: Callable[[str], object]) -> FileLock:
    from filelock import FileLock, Timeout  # 15 ms, which a run that only reads can do without

    held = FileLock(archive / LOCK)
    try:
        held.acquire(timeout=0)
    except Timeout:
        who = _holder(archive)
        if wait > 0:
            waiting(f"waiting up to {wait:g} s for {who}")
            with suppress(Timeout):
                held.acquire(timeout=wait, poll_interval=min(0.05, wait))
                return held
        raise Locked(
            f"{archive} is in use by {_holder(archive)}",
            "let that run finish, then run the same command again (--set lock-wait=TIME waits longer)",
        ) from None
    return held


def _holder(archive: Path) -> str:
    try:
        return str(msgspec.json.decode((archive / HOLDER).read_bytes(), type=Holder))
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return "another run of holdfast"

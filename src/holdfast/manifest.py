"""What is held and what was rewritten: loaded, appended to while a run goes on, compacted when it ends well.

Decides nothing about assets or documents, and never looks at either. What the records say is in `holdings`,
how a line reads in `records`; here is the file, and what of it survives a kill at any instant.
"""

from __future__ import annotations

import gc
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from . import disk as disks
from . import records
from .disk import Disk
from .holdings import Holdings
from .model import Asset, Edit, Record, Rewrite
from .records import Key

NAME = "manifest.jsonl"


class Manifest(Holdings):
    """One archive's records and their file. Change them through a journal, or with `forget`."""

    def __init__(self, path: Path, *, disk: Disk = disks.SYSTEM) -> None:
        super().__init__()
        self.path = path
        self._disk = disk
        self._size = 0
        """Bytes of the file as this object knows it."""
        self._length = 0
        """Bytes of its whole lines."""
        self._open_ended = False
        self._fd: int | None = None
        self._mutex = threading.Lock()

    @classmethod
    def load(cls, path: Path, *, disk: Disk = disks.SYSTEM) -> tuple[Manifest, tuple[str, ...]]:
        """Read the manifest at ``path``, and what a person should know of it. No file is an empty manifest.

        Raises:
            NewerFormat: written by a newer holdfast.
            MergeConflict: git's conflict markers stand in it.
            ManifestError: a line in the middle is no record.
            DiskError: the file cannot be read.
        """
        manifest = cls(path, disk=disk)
        return manifest, tuple(manifest._refresh())

    # -- changing it --------------------------------------------------------------------------------------

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Append records as they become true. The file is not touched before the first one."""
        try:
            yield Journal(self._append)
        finally:
            with self._mutex:
                self._close()

    def compact(self) -> bool:
        """Write the file anew, sorted, one record a key, atomically; True when its bytes have changed.

        An equal file is left alone, so that a run without news shows nothing in git. What someone else
        added meanwhile (a pull during a long run) is joined, not overwritten.

        Raises:
            DiskError: the disk refused; the file is what it was, journal and all.
        """
        with self._mutex:
            self._close()
            try:
                known = self.path.read_bytes() if self.path.exists() else None
                if known is not None and len(known) != self._size:
                    self._absorb(known)
                data = bytes(self)
                if data == known or (known is None and data == records.HEADER):
                    return False
                target = self.path.resolve()
                disks.make_folders(self._disk, target.parent)
                disks.write_atomically(self._disk, target, data, dress=_mode_of(target))
            except OSError as error:
                raise disks.refused(error, f"writing {self.path}") from error
            self._size = self._length = len(data)
            self._open_ended = False
            self.settled()
            return True

    def _refresh(self) -> list[str]:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise disks.refused(error, f"reading {self.path}") from error
        return self._absorb(data)

    def _absorb(self, data: bytes) -> list[str]:
        """Join what a file says into memory; return its notices."""
        # Records are many and none of them is garbage: a collector that looks costs a third of the time.
        collecting = gc.isenabled()
        gc.disable()
        try:
            parsed = records.parse(data, self.path.name)
            self.take(parsed)
        finally:
            if collecting:
                gc.enable()
        self._size = len(data)
        self._length = parsed.length
        self._open_ended = parsed.open_ended
        return parsed.notices

    # -- on disk ------------------------------------------------------------------------------------------

    def _append(self, new: Iterable[Record], sync: bool) -> None:
        with self._mutex:
            news: dict[Key, Record] = {}
            for record in new:
                where = records.key(record)
                news[where] = records.later(news.get(where) or self.known(record), record)
                if isinstance(record, Asset):
                    news[where] = records.current(self.asset(record.url), cast("Asset", news[where]))
            if not news and not (sync and self._fd is not None):
                return
            data = b"".join(self.line_of(each) for each in news.values())
            try:
                self._write(data, sync=sync)
            except OSError as error:
                raise disks.refused(error, f"writing {self.path}") from error
            for record in news.values():
                if isinstance(record, Edit | Rewrite):
                    self.note(record)
                self.apply(record)

    def _write(self, data: bytes, *, sync: bool) -> None:
        fresh = self._fd is None
        if self._fd is None:
            data = self._open() + data
        assert self._fd is not None
        try:
            disks.write_all(self._disk, self._fd, data)
            if sync:
                self._disk.fsync(self._fd)
        except OSError:
            # Half a record may be there. Without it the file is whole again; should that fail as well,
            # the torn line is dropped by the next run.
            with suppress(OSError):
                self._disk.truncate(self._fd, self._length)
            self._close()
            self._size = -1
            raise
        self._length += len(data)
        self._size = self._length
        if fresh:
            disks.sync_folder(self._disk, self.path.parent)

    def _open(self) -> bytes:
        """Open the file for appending; return what has to stand before the first record."""
        new = not self.path.exists()
        if not new and self.path.stat().st_size != self._size:
            self._refresh()
        disks.make_folders(self._disk, self.path.parent)
        self._fd = self._disk.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        if new:
            self._size = self._length = 0
        elif self._length < self._size:
            self._disk.truncate(self._fd, self._length)
        begins = b"\n" if self._open_ended else b""
        self._open_ended = False
        # The file's header, unless it has one, and the one that begins a journal.
        return begins + (records.HEADER if self._length == 0 else b"") + records.HEADER

    def _close(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            self._disk.close(fd)


class Journal:
    """Appends to one manifest. May be used from several threads."""

    __slots__ = ("_append",)

    def __init__(self, append: Callable[[Iterable[Record], bool], None]) -> None:
        self._append = append

    def append(self, new: Iterable[Record], *, sync: bool) -> None:
        """Record facts, on disk first and then in memory; with ``sync`` they are durable on return.

        The edits of a document travel in one call with the rewrite that they belong to, the rewrite last and
        synced, *before* the document is replaced: edits without their rewrite are dropped after a crash.

        Raises:
            DiskError: the disk refused; none of these records counts.
        """
        self._append(new, sync)


def merge(*texts: bytes) -> Manifest:
    """One manifest from several files' bytes; neither their order nor their grouping matters.

    Raises:
        ManifestError: as `Manifest.load`.
    """
    merged = Manifest(Path(NAME))
    for text in texts:
        part = Holdings()
        part.take(records.parse(text))
        merged.join(part)
    return merged


def _mode_of(target: Path) -> Callable[[Path], None] | None:
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return None
    return lambda path: path.chmod(mode)

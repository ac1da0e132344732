"""The staging folder: verified bytes under their hash, and a journal of which URL brought them.

Judges nothing and gives no final name. Everything here may be lost at any instant without harm: a later run
hashes what it finds and takes nothing on trust.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import secrets
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from ..disk import TEMPORARY, Disk, make_folders, refused, write_all
from ..media import Media
from ..urls import without_credentials
from .placing import file_sha256, sync_file

_SYNC_THREADS = 8
"""2,000 files: 0.54 s with one thread, 0.23 s with eight; more gain nothing (ext4, two cores). While files
still come it is one: each takes the interpreter from the event loop again and again."""
_NOTES_PER_SYNC = 256
_JOURNAL = "journal.jsonl"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OURS = re.compile(rf"[0-9a-f]{{64}}|{re.escape(_JOURNAL)}|\..*{re.escape(TEMPORARY)}")

Facts: TypeAlias = Mapping[str, str | int | None]
"""What is known of a response beside its bytes (status, final URL, ETag ...): kept as given."""


@dataclass(frozen=True, slots=True)
class Staged:
    """Verified bytes that wait in the staging folder for their name."""

    sha256: str
    bytes: int
    media: Media
    path: Path
    fetched: str
    """When the last byte came: UTC, RFC 3339 with seconds."""


class _Note(msgspec.Struct, frozen=True):
    """One line of the staging journal. ``policy``: under which settings the bytes were accepted."""

    url: str
    sha256: str
    bytes: int
    media: Media
    fetched: str
    policy: str
    facts: dict[str, str | int | None]


_NOTES = msgspec.json.Decoder(_Note)


class Staging:
    """One run's staging folder. Its methods are called from worker threads, `note` and `clear` from one.

    Args:
        policy: the settings under which bytes are accepted; what another policy accepted is not recovered.
    """

    def __init__(self, folder: Path, *, policy: str, disk: Disk) -> None:
        self.folder = folder
        self._policy = policy
        self._disk = disk
        self._token = secrets.token_hex(4)
        self._fresh = itertools.count()
        self._syncers = ThreadPoolExecutor(_SYNC_THREADS, "holdfast-sync")
        self._lock = threading.Lock()
        self._made = False
        self._syncs: dict[str, Future[None]] = {}
        """By SHA-256: what is staged, and whether it is on the disk yet."""
        self._unsynced: deque[str] = deque()
        self._syncing = 0
        self._most = 1
        self._journal: int | None = None
        self._notes = 0
        self._torn = False

    # -- files --

    def fresh(self) -> Path:
        """Where the next bytes may be collected: a name that no file has, and that a later run removes."""
        return self.folder / f".{self._token}{next(self._fresh):08x}{TEMPORARY}"

    def write(self, path: Path, data: bytes) -> None:
        """A new file of this folder with these bytes.

        Raises:
            DiskError: the disk refused.
        """
        with disk_errors(self.folder):
            descriptor = self._open(path)
            try:
                write_all(self._disk, descriptor, data)
            finally:
                self._disk.close(descriptor)

    def create(self, path: Path) -> SpillFile:
        """The same for bytes that come piece by piece.

        Raises:
            DiskError: the disk refused.
        """
        with disk_errors(self.folder):
            return SpillFile(self._disk, self._open(path))

    def _open(self, path: Path) -> int:
        self._make()
        return self._disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)

    def adopt(self, sha256: str, path: Path) -> None:
        """A file of this folder becomes the staged one with its hash for a name; it goes where there is one.

        Raises:
            DiskError: the disk refused.
        """
        with disk_errors(self.folder), self._claimed(sha256) as new:
            if new:
                self._disk.replace(path, self.folder / sha256)
            else:
                self.remove(path)

    @contextlib.contextmanager
    def _claimed(self, sha256: str) -> Iterator[bool]:
        """Whether these bytes are new to this run; if so, they go to the disk when the block has ended."""
        with self._lock:
            new = sha256 not in self._syncs
            if new:
                self._syncs[sha256] = Future()
        try:
            yield new
        except BaseException as error:
            if new:
                with self._lock:
                    self._syncs.pop(sha256).set_exception(error)
            raise
        if new:
            self._sync_soon(sha256)

    def _sync_soon(self, sha256: str) -> None:
        """Bring a staged file to the disk while the run goes on; `place` waits for it."""
        with self._lock:
            self._unsynced.append(sha256)
            self._begin_syncing()

    def _begin_syncing(self) -> None:
        while self._syncing < min(self._most, len(self._unsynced)):
            self._syncing += 1
            self._syncers.submit(self._sync_all)

    def _sync_all(self) -> None:
        while True:
            with self._lock:
                if not self._unsynced:
                    self._syncing -= 1
                    return
                sha256 = self._unsynced.popleft()
                written = self._syncs[sha256]
            try:
                sync_file(self._disk, self.folder / sha256)
            except BaseException as error:
                written.set_exception(error)
            else:
                written.set_result(None)

    def hurry(self) -> None:
        """Nothing more comes: bring what is left to the disk with as many threads as are of use."""
        with self._lock:
            self._most = _SYNC_THREADS
            self._begin_syncing()

    def wait(self, sha256: str) -> None:
        """Return when a staged file's bytes are on the disk.

        Raises:
            OSError: they could not be brought there.
        """
        with self._lock:
            written = self._syncs.get(sha256)
        if written is None:
            raise FileNotFoundError(f"{sha256} is not staged")
        written.result()

    def _make(self) -> None:
        with self._lock:
            if not self._made:
                make_folders(self._disk, self.folder)
                self._made = True

    def remove(self, path: Path) -> None:
        """Remove a file if it is there; one that stays is harmless, and the next run's to remove."""
        with contextlib.suppress(OSError):
            self._disk.unlink(path)

    # -- the journal --

    def note(self, url: str, staged: Staged, facts: Facts | None = None) -> None:
        """Remember that ``url`` brought these bytes, so that a run after a kill need not fetch them again.

        Not for a URL that carries a password: nothing is ever written of it.

        Raises:
            DiskError: the disk refused.
        """
        if without_credentials(url) != url:
            return
        known = {
            name: without_credentials(value) if isinstance(value, str) else value
            for name, value in (facts or {}).items()
        }
        note = _Note(url, staged.sha256, staged.bytes, staged.media, staged.fetched, self._policy, known)
        line = (b"\n" if self._torn else b"") + msgspec.json.encode(note) + b"\n"
        with disk_errors(self.folder):
            if self._journal is None:
                self._make()
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
                self._journal = self._disk.open(self.folder / _JOURNAL, flags)
            self._torn = True
            write_all(self._disk, self._journal, line)
            self._torn = False
        self._notes += 1
        if self._notes % _NOTES_PER_SYNC == 0:
            self._syncers.submit(self._disk.fsync, self._journal)

    def recover(self) -> dict[str, tuple[Staged, dict[str, str | int | None]]]:
        """By URL: the verified bytes that a run left which was killed, and the facts that were noted.

        Every file is hashed again, so that nothing has to be taken on trust; what was accepted under other
        settings is left out. Unfinished files are removed.
        """
        try:
            lines = (self.folder / _JOURNAL).read_bytes().split(b"\n")
            names = [entry.name for entry in os.scandir(self.folder)]
        except FileNotFoundError:
            return {}
        self._torn = True
        for name in names:
            if name.endswith(TEMPORARY):
                self.remove(self.folder / name)
        found = {}
        for line in lines:
            try:
                note = _NOTES.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # torn by the kill
            if note.policy == self._policy and self._is_whole(note.sha256):
                path = self.folder / note.sha256
                found[note.url] = Staged(note.sha256, note.bytes, note.media, path, note.fetched), note.facts
        return found

    def _is_whole(self, sha256: str) -> bool:
        if sha256 in self._syncs:
            return True
        try:
            whole = bool(_SHA256.fullmatch(sha256)) and file_sha256(self.folder / sha256) == sha256
        except OSError:
            whole = False
        if whole:
            with self._claimed(sha256):
                pass
        return whole

    # -- the end --

    def close(self) -> None:
        """Wait for what is under way. The folder stays."""
        self._syncers.shutdown()
        if self._journal is not None:
            journal, self._journal = self._journal, None
            self._disk.close(journal)

    def clear(self) -> None:
        """Remove the folder; files in it that are not ours stay, and so does it."""
        self.close()
        with contextlib.suppress(FileNotFoundError):
            for entry in list(os.scandir(self.folder)):
                if _OURS.fullmatch(entry.name):
                    self.remove(self.folder / entry.name)
            with contextlib.suppress(OSError):
                self.folder.rmdir()


class SpillFile(io.FileIO):
    """What aiofiles writes a large body to: a file whose every write goes through the `Disk`."""

    def __init__(self, disk: Disk, descriptor: int) -> None:
        super().__init__(descriptor, "wb")
        self._disk = disk

    def write(self, data: Any) -> int:
        write_all(self._disk, self.fileno(), data)
        return len(data)


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """An OSError of the disk becomes a `DiskError`; those of the network never pass here."""
    try:
        yield
    except OSError as error:
        raise refused(error, f"cannot write to {path}") from error

"""How new files take the place of a copy's old ones.

Reads no page. A first copy gets its name when it is whole; a refresh is prepared beside the copy, and then
its files take their places one by one, those that pages need before the pages. Whenever it is killed, every
file is wholly old or wholly new, and the next run finishes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from .. import upkeep
from ..disk import refused
from ..errors import UsageError
from ..offline import ledger
from ..offline.ledger import File, Ledger
from ..progress import Progress
from ..store.placing import file_sha256
from .workspace import now


class Copy:
    """One copy, as it is and as it becomes. A context manager: it holds the copy's lock."""

    def __init__(self, place: Path, progress: Progress, wait: float) -> None:
        """``place``: the copy's folder. ``wait``: seconds for another run to end.

        Raises:
            UsageError: something else is there.
            ManifestError: its list of files cannot be read.
        """
        self.place = place
        self._progress = progress
        self._wait = wait
        self.work = place.parent / f".{place.name}.holdfast"
        """What is being prepared, beside the copy: on the same file system."""
        self.staging = self.work / "staging"
        self._new = self.work / "copy"
        self.old = _old(place)
        self.there: dict[str, tuple[int, int]] = {}
        """What `seen` said when an earlier run had finished, if that is known."""
        self._good: dict[str, bool] = {}
        self.files: dict[str, File] = {}
        self.written: list[str] = []
        """Files that are new or changed."""
        self.removed: list[str] = []

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock. What a killed run left is taken away, but for what it had fetched."""
        with upkeep.lock(
            self.work,
            command="offline",
            since=now(),
            wait=self._wait,
            waiting=lambda text: self._progress.say(text),
        ):
            shutil.rmtree(self._new, ignore_errors=True)
            yield
        with suppress(OSError):
            (self.work / upkeep.LOCK).unlink()
            self.work.rmdir()

    def has(self, path: str, sha256: str) -> bool:
        """Whether a file of the copy holds these bytes already."""
        known = self.old.files.get(path)
        return known is not None and known.sha256 == sha256 and self.is_good(path)

    def is_good(self, path: str) -> bool:
        """Whether a file of the copy is as it was written. It is read only where its size or its time is
        another than when it was last known to be so."""
        if path not in self._good:
            self._good[path] = self._is_good(path)
        return self._good[path]

    def _is_good(self, path: str) -> bool:
        known, place = self.old.files.get(path), self.place / path
        try:
            if known is None or (seen := _size_and_time(place))[0] != known.bytes:
                return False
            return seen == self.there.get(path) or file_sha256(place) == known.sha256
        except OSError:
            return False

    def sha256_of(self, path: str) -> str:
        """Of a file of the copy that is as it was written; else empty."""
        return self.old.files[path].sha256 if self.is_good(path) else ""

    def seen(self) -> dict[str, tuple[int, int]]:
        """By the path of each file of the finished copy: its size, and when its bytes changed."""
        return {path: _size_and_time(self.place / path) for path in self.files}

    @property
    def new(self) -> Path:
        """Where new files are prepared."""
        return self._new

    def whereabouts(self, path: str) -> Path:
        """Where a file's bytes are until everything is in its place."""
        prepared = self._new / path
        return prepared if prepared.is_file() else self.place / path

    def keep(self, path: str) -> None:
        """Leave a file as it is."""
        self.files[path] = self.old.files[path]

    def put(self, path: str, data: bytes, *, sha256: str = "", **facts: str | bool) -> None:
        """Give a file these bytes.

        Raises:
            DiskError: the disk refused.
        """
        sha256 = sha256 or hashlib.sha256(data).hexdigest()
        if self._wants(path, File(sha256=sha256, bytes=len(data), **facts)):  # type: ignore[arg-type]
            self._write(path, lambda target: target.write_bytes(data))

    def made(self, path: str, file: File, *, written: bool) -> None:
        """The same for bytes that are in `new` already, where they are to be ``written``."""
        self.files[path] = file
        if written:
            self.written.append(path)

    def take(self, path: str, taken: Path, file: File) -> None:
        """The same for bytes that are in another file, however large.

        Raises:
            DiskError: the disk refused.
        """
        if self._wants(path, file):
            self._write(path, lambda target: shutil.copyfile(taken, target))

    def _wants(self, path: str, file: File) -> bool:
        self.files[path] = file
        return not self.has(path, file.sha256)

    def _write(self, path: str, write: Callable[[Path], object]) -> None:
        target = self._new / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write(target)
        except OSError as error:
            raise refused(error, f"cannot write {target}") from error
        self.written.append(path)

    def finish(self, **about: object) -> None:
        """Put everything in its place, and remove what is gone.

        Raises:
            DiskError: the disk refused; the next run goes on.
        """
        gone = sorted(self.old.files.keys() - self.files.keys())
        same = not gone and not self.written and self.old.files == self.files
        made = self.old.made if same and self.old.made else now()
        new = Ledger(holdfast=ledger.FORMAT, made=made, files=self.files, **about)  # type: ignore[arg-type]
        if same and new == self.old:
            return
        try:
            self._new.mkdir(parents=True, exist_ok=True)
            (self._new / ledger.NAME).write_bytes(ledger.dump(new))
            _sync()
            if not self.place.exists() or not any(self.place.iterdir()):
                with suppress(FileNotFoundError):
                    self.place.rmdir()
                self._new.rename(self.place)
            else:
                self._replace(gone)
            _sync()
        except OSError as error:
            raise refused(error, f"cannot finish {self.place}") from error
        self.removed = gone

    def _replace(self, gone: Iterable[str]) -> None:
        """Pages last, for they need the others; then the list of files; then what nobody needs any more."""
        left = list(gone)
        pages = {path for path, file in self.files.items() if file.pages}
        for path in sorted(self.written, key=lambda path: (path in pages, path)):
            target = self.place / path
            if target.is_dir() or any((self.place / parent).is_file() for parent in _parents(path)):
                self._remove(left)  # a folder has become a file, or a file a folder
                left = []
            target.parent.mkdir(parents=True, exist_ok=True)
            (self._new / path).replace(target)
        (self._new / ledger.NAME).replace(self.place / ledger.NAME)
        self._remove(left)

    def _remove(self, paths: Iterable[str]) -> None:
        for path in paths:
            with suppress(FileNotFoundError):
                (self.place / path).unlink()
            for parent in _parents(path):
                with suppress(OSError):
                    (self.place / parent).rmdir()

    def clear(self) -> None:
        """Remove what was only for this run."""
        shutil.rmtree(self._new, ignore_errors=True)


def _size_and_time(path: Path) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - a third of the time, for each file of a copy
    return found.st_size, found.st_mtime_ns


def _parents(path: str) -> Iterator[str]:
    """The folders that a path stands in, the innermost first."""
    parts = path.split("/")[:-1]
    for depth in range(len(parts), 0, -1):
        yield "/".join(parts[:depth])


def _old(place: Path) -> Ledger:
    listed = place / ledger.NAME
    if listed.is_file():
        return ledger.load(listed.read_bytes(), str(listed))
    if place.is_dir() and any(place.iterdir()):
        raise UsageError(
            f"{place} is not empty, and no copy that holdfast made",
            "name a new folder, or empty this one yourself: holdfast removes nothing that is not its own",
        )
    if place.exists() and not place.is_dir():
        raise UsageError(f"{place} is a file", "name a folder")
    return Ledger()


def _sync() -> None:
    """Everything that was written is on the disk when this returns (Linux; POSIX lets it be under way)."""
    if hasattr(os, "sync"):
        os.sync()


def options_line(options: Mapping[str, object]) -> str:
    """What decides about a copy's bytes besides the site, in one line."""
    return " ".join(f"{name}={value}" for name, value in sorted(options.items()))

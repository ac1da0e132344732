"""The memory between runs: one SQLite file, a row a URL. Knows nothing of documents, and asks nobody.

A kill at any moment leaves the rows of the last transaction (SQLite's rollback journal), and runs at the same
time wait for each other's transactions, which are short; of two answers about one URL the last to be written
counts. A file that cannot be used is never a reason to stop: it is set
aside or left alone, and said.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from .. import urls
from ..model import Answer
from .remembered import WELL, Remembered, after, joined

__all__ = ["Memory", "Remembered"]

T = TypeVar("T")

VERSION = 2
"""``PRAGMA user_version``. 2 brought the column `terms`."""
BATCH = 2000
"""Rows that wait for a transaction at the most ..."""
PAUSE = 2.0
"""... and for how long (seconds)."""
RECALLED = 500
"""Rows that are read at once; every SQLite takes so many parameters."""
PATIENCE = 30.0
"""Seconds that another run's transaction is waited for."""

_COLUMNS = (
    "url, verdict, reason, status, detail, final_url, permanent, checked, first_failed, failures, etag, "
    "last_modified, terms"
)
_NAMES = _COLUMNS.split(", ")
_CREATE = """
CREATE TABLE IF NOT EXISTS checks (
  url TEXT PRIMARY KEY, verdict TEXT NOT NULL, reason TEXT NOT NULL, status INTEGER, detail TEXT NOT NULL,
  final_url TEXT, permanent INTEGER NOT NULL, checked TEXT NOT NULL, first_failed TEXT,
  failures INTEGER NOT NULL, etag TEXT, last_modified TEXT, terms TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID
"""
_OF_1 = f"SELECT {_COLUMNS.removesuffix(', terms')} FROM checks LIMIT 0"  # noqa: S608
_ADD_TERMS = "ALTER TABLE checks ADD COLUMN terms TEXT NOT NULL DEFAULT ''"
_PUT = f"""
INSERT INTO checks ({_COLUMNS}) VALUES ({", ".join("?" * len(_NAMES))})
ON CONFLICT (url) DO UPDATE SET ({_COLUMNS}) = ({", ".join(f"excluded.{name}" for name in _NAMES)})
"""  # noqa: S608 - the names are the ones above
_GET = f"SELECT {_COLUMNS} FROM checks WHERE url = ?"  # noqa: S608
_GET_ALL = f"SELECT {_COLUMNS} FROM checks WHERE url IN (%s)"  # noqa: S608
_FAILING = f"SELECT {_COLUMNS} FROM checks WHERE failures > 0 ORDER BY url"  # noqa: S608


class ForeignRowError(Exception):
    """A row that holdfast never wrote."""


class Memory:
    """What earlier runs found. Made by `open`; `close` must follow."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.notices: list[str] = []
        """What a person should know."""
        self._path = path
        self._clock = clock
        self._rows: sqlite3.Connection | None = None
        self._waiting: dict[str, Remembered] = {}
        self._flushed = clock()
        self._identity: tuple[int, int] | None = None
        """Which file was opened."""
        self._kept = True
        """Whether what is noted outlives the run."""

    @classmethod
    def open(cls, path: Path, *, clock: Callable[[], float] = time.monotonic) -> Memory:
        """The memory in this file, which is created only when there is something to write."""
        memory = cls(path, clock)
        if path.exists():
            memory._guarded(memory._connect, None)
        return memory

    def recall(self, url: str) -> Remembered | None:
        """The last that is known of a URL."""
        waiting = self._waiting.get(url)
        if waiting is not None or self._rows is None:
            return waiting
        return self._guarded(lambda: self._get(url), None)

    def recall_all(self, urls: Iterable[str]) -> Iterator[tuple[str, Remembered | None]]:
        """The last that is known of each of many URLs, in a third of the time that asking for one takes.

        The rows are read some hundred at a time: what is noted meanwhile may be missing from them.
        """
        rest = iter(urls)
        while part := list(islice(rest, RECALLED)):
            stored: dict[str, Remembered] = {}
            if self._rows is not None:
                stored = self._guarded(partial(self._get_all, part), stored)
            for url in part:
                yield url, self._waiting.get(url) or stored.get(url)

    def note(self, url: str, answer: Answer, moment: str, terms: str = "") -> Remembered:
        """Take an answer of this run (``moment``: RFC 3339; ``terms``: see `terms`): what is known now."""
        url = urls.without_credentials(url)
        # What is well again is so whatever was known of it: most answers need not be looked up.
        before = None if answer.verdict in WELL else self.recall(url)
        known = self._waiting[url] = after(before, url, answer, moment, terms)
        if len(self._waiting) >= BATCH or self._clock() - self._flushed > PAUSE:
            self._flush()
        return known

    def merge(self, told: Iterable[Remembered]) -> None:
        """Add what a history file tells."""
        for each in told:
            self._waiting[each.url] = joined(self.recall(each.url), each)
            if len(self._waiting) >= BATCH:
                self._flush()

    def failing(self) -> Iterator[Remembered]:
        """What fails, sorted by URL."""
        self._flush()
        stored: list[Remembered] = []
        if self._rows is not None:
            stored = self._guarded(self._failing, [])
        rest = [known for known in self._waiting.values() if known.failures]  # where nothing can be stored
        known = [each for each in stored if each.url not in self._waiting]
        yield from sorted([*known, *rest], key=lambda each: each.url)

    def forget(self, before: str, gone: Iterable[str] = ()) -> None:
        """Drop what was fine and has not been asked since ``before`` (RFC 3339), and ``gone`` in any case."""
        self._flush()
        rows = self._rows
        if rows is None or not self._kept:
            return

        def drop() -> None:
            with rows:
                rows.execute("DELETE FROM checks WHERE failures = 0 AND checked < ?", (before,))
                rows.executemany("DELETE FROM checks WHERE url = ?", [(url,) for url in gone])

        self._guarded(drop, None)

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        self._flush()
        if self._rows is not None:
            self._rows.close()
            self._rows = None

    # -- the file -------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._identity = _identity(self._path)
        rows = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level="IMMEDIATE")
        try:
            rows.execute("PRAGMA cache_size = -32768")  # answers come in any order, and so do their pages
            (version,) = rows.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                self._go_without(f"was written by a newer holdfast (format {version})")
                rows.close()
                return
            if version < VERSION:
                with rows:
                    rows.execute("BEGIN IMMEDIATE")
                    (version,) = rows.execute("PRAGMA user_version").fetchone()  # another run may be quicker
                    if version == 1:
                        rows.execute(_OF_1)  # another program's table stays as it is
                        rows.execute(_ADD_TERMS)
                    else:
                        rows.execute(_CREATE)
                    rows.execute(f"PRAGMA user_version = {VERSION}")
            rows.execute(_GET, ("",)).fetchone()
        except BaseException:
            rows.close()
            raise
        self._rows = rows

    def _get(self, url: str) -> Remembered | None:
        assert self._rows is not None
        row = self._rows.execute(_GET, (url,)).fetchone()
        return None if row is None else _remembered(row)

    def _get_all(self, urls: Sequence[str]) -> dict[str, Remembered]:
        assert self._rows is not None
        rows = self._rows.execute(_GET_ALL % ",".join("?" * len(urls)), urls)
        return {known.url: known for known in map(_remembered, rows)}

    def _failing(self) -> list[Remembered]:
        assert self._rows is not None
        return [_remembered(row) for row in self._rows.execute(_FAILING)]

    def _flush(self) -> None:
        """Write what waits, in one transaction; where the file is busy or cannot be used, it waits on."""
        self._flushed = self._clock()
        if not self._waiting or not self._kept:
            return
        if self._rows is None:
            self._guarded(self._connect, None)
        if self._rows is not None and self._guarded(self._put, False):
            self._waiting.clear()

    def _put(self) -> bool:
        assert self._rows is not None
        with self._rows as rows:
            rows.executemany(_PUT, map(_row, self._waiting.values()))
        return True

    def _guarded(self, work: Callable[[], T], instead: T) -> T:
        """Do something with the file. One that is broken is set aside, and the memory begins anew."""
        try:
            return work()
        except sqlite3.OperationalError as error:
            # Busy, read-only, full, not to be opened: nothing is wrong with what is in it.
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_ERROR:
                self._set_aside(error)
            else:
                self._go_without(f"cannot be used: {error}")
        except (sqlite3.DatabaseError, ForeignRowError) as error:
            self._set_aside(error)
        return instead

    def _go_without(self, why: str) -> None:
        self._kept = False
        self.notices.append(f"the memory of earlier runs, {self._path}, {why}; this run goes on without it")

    def _set_aside(self, error: Exception) -> None:
        if self._rows is not None:
            with suppress(sqlite3.Error):
                self._rows.close()
            self._rows = None
        if _identity(self._path) != self._identity:
            return  # another run has set it aside already: the new file is as good as ours would be
        aside = next(
            path
            for number in range(1, 1_000_000)
            if not (path := self._path.with_name(f"{self._path.name}.broken-{number}")).exists()
        )
        try:
            self._path.rename(aside)
            # A journal of the broken file must not be played back into the new one.
            journal = self._path.with_name(f"{self._path.name}-journal")
            if journal.exists():
                journal.rename(aside.with_name(f"{aside.name}-journal"))
        except OSError as refused:
            self._go_without(f"is damaged ({error}) and cannot be moved away ({refused.strerror})")
            return
        self.notices.append(
            f"the memory of earlier runs, {self._path}, was damaged ({error}): it is kept as {aside.name}, "
            "and a new one is begun"
        )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _row(known: Remembered) -> tuple[object, ...]:
    return (
        known.url,
        known.verdict,
        known.reason,
        known.status,
        _utf8(known.detail),
        _utf8(known.final_url),
        int(known.permanent),
        known.checked,
        known.first_failed,
        known.failures,
        _utf8(known.etag),
        _utf8(known.last_modified),
        known.terms,
    )


def _utf8(text: str | None) -> str | None:
    """Text that SQLite can keep: no lone surrogates, whatever a server sent."""
    return text if text is None or text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _remembered(row: tuple[object, ...]) -> Remembered:
    """A row as a record.

    Raises:
        ForeignRowError: some other program wrote it.
    """
    (url, verdict, reason, status, detail, final, permanent, checked, first, failures, *rest) = row
    etag, modified, terms = rest
    if not isinstance(url, str) or not isinstance(checked, str) or not isinstance(failures, int):
        raise ForeignRowError("a row of another shape")
    return Remembered(
        url,
        str(verdict),
        str(reason),
        status if isinstance(status, int) else None,
        str(detail),
        final if isinstance(final, str) else None,
        bool(permanent),
        checked,
        first if isinstance(first, str) else None,
        failures,
        etag if isinstance(etag, str) else None,
        modified if isinstance(modified, str) else None,
        str(terms),
    )

"""Which files and folders there are: an index of a tree on disk, read folder by folder as it is asked.

Opens no file and writes nothing. It never looks outside its root: a path that climbs out, or a symlink that
leads out, is told as such. Names are compared as they are written on disk, whatever the file system would
accept: what only macOS or Windows finds, a web server does not.
"""

from __future__ import annotations

import difflib
import os
import posixpath
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

MOST_NAMES = 5000
"""A larger folder is not searched for a similar name: it would take seconds for each."""


LONGEST = 1000
"""Characters: a longer path is nobody's file, and might nest without end."""


class Kind(Enum):
    """What is at a path."""

    FILE = "file"
    FOLDER = "folder"
    OUTSIDE = "outside"
    """A symlink that leads out of the tree: it is there, and nobody looks behind it."""


@dataclass(slots=True)
class _Folder:
    names: dict[str, Kind] = field(default_factory=dict)
    """By the name as it is, and by its NFC form (macOS stores NFD, authors write NFC)."""
    real: dict[str, str] = field(default_factory=dict)
    """By the NFC form without case: the name as it is."""
    listed: list[str] = field(default_factory=list)


class Tree:
    """An index of the files below `root`. Paths are POSIX, without a leading slash; "" is the root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._top = os.path.realpath(root)
        self._folders: dict[str, _Folder | None] = {}
        self._kinds: dict[str, Kind | None] = {}

    def kind(self, path: str) -> Kind | None:
        """What is at a normalised path; None where there is nothing of exactly this name."""
        if path in self._kinds:
            return self._kinds[path]
        found = self._kinds[path] = self._look(path)
        return found

    def is_file(self, path: str) -> bool:
        return self.kind(path) is Kind.FILE

    def is_folder(self, path: str) -> bool:
        return self.kind(path) is Kind.FOLDER

    def _look(self, path: str) -> Kind | None:
        if path in ("", "."):
            return Kind.FOLDER
        if len(path) > LONGEST:
            return None
        found: Kind | None = Kind.FOLDER
        parent = ""
        for part in path.split("/"):
            if found is not Kind.FOLDER:
                return found if found is Kind.OUTSIDE else None
            found = self._named(parent, part)
            parent = f"{parent}/{part}" if parent else part
        return found

    def _named(self, parent: str, name: str) -> Kind | None:
        folder = self._folder(parent)
        if folder is None:
            return Kind.OUTSIDE
        found = folder.names.get(name)
        if found is None and not name.isascii():
            found = folder.names.get(_nfc(name))
        return found

    def _folder(self, path: str) -> _Folder | None:
        """The names in a folder that is there; None where it may not be read."""
        path = "" if path == "." else path
        if path in self._folders:
            return self._folders[path]
        found: _Folder | None = _Folder()
        assert found is not None
        try:
            with os.scandir(self.root / path) as entries:
                for entry in entries:
                    kind = self._kind_of(entry)
                    if kind is None:
                        continue
                    name = entry.name
                    found.listed.append(name)
                    found.names[name] = kind
                    composed = name if name.isascii() else _nfc(name)
                    found.names.setdefault(composed, kind)
                    found.real.setdefault(composed.casefold(), name)
        except OSError:
            found = None
        self._folders[path] = found
        return found

    def _kind_of(self, entry: os.DirEntry[str]) -> Kind | None:
        try:
            if entry.is_symlink():
                target = os.path.realpath(entry.path)
                if not (target == self._top or target.startswith(self._top.rstrip(os.sep) + os.sep)):
                    return Kind.OUTSIDE
            if entry.is_dir():
                return Kind.FOLDER
            return Kind.FILE if entry.is_file() or not entry.is_symlink() else None
        except OSError:
            return Kind.OUTSIDE

    # -- what it may be instead -----------------------------------------------------------------------------

    def spelled(self, path: str) -> str | None:
        """The path as it is really spelled, when it is there but for upper and lower case."""
        real = ""
        if len(path) > LONGEST:
            return None
        for part in path.split("/"):
            folder = self._folder(real)
            if folder is None:
                return None
            if part in folder.names:
                name = part
            else:
                found = folder.real.get(_nfc(part).casefold())
                if found is None:
                    return None
                name = found
            real = f"{real}/{name}" if real else name
        return real if real != path else None

    def nearest(self, path: str) -> str | None:
        """A path that is there and differs in its last name only, and not much."""
        parent, name = posixpath.split(path)
        if not name or self.kind(parent) is not Kind.FOLDER:
            return None
        folder = self._folder(parent)
        if folder is None or len(folder.names) > MOST_NAMES:
            return None
        close = difflib.get_close_matches(name, sorted(folder.listed), 1, 0.75)
        return posixpath.join(parent, close[0]) if close else None

    def names(self, path: str) -> tuple[str, ...]:
        """The names in a folder, sorted; none where there is no such folder."""
        if self.kind(path) is not Kind.FOLDER:
            return ()
        folder = self._folder(path)
        return () if folder is None else tuple(sorted(folder.listed))

    def walk(self, path: str, leave_out: frozenset[str] = frozenset()) -> Iterator[str]:
        """All files below a folder, hidden ones and ``node_modules`` left out; symlinked folders too.

        Raises nothing: a folder that cannot be read has no files.
        """
        waiting = [path]
        seen = set()
        while waiting:
            folder = waiting.pop()
            real = os.path.realpath(self.root / folder)
            if real in seen:
                continue
            seen.add(real)
            for name in self.names(folder):
                if name.startswith(".") or name == "node_modules":
                    continue
                below = f"{folder}/{name}" if folder else name
                kind = self.kind(below)
                if kind is Kind.FILE:
                    yield below
                elif kind is Kind.FOLDER and below not in leave_out:
                    waiting.append(below)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)

"""The built site that a copy is made of: its files, and what each is.

Only reads.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError
from ..offline.readers import language

_HEAD = 16 * 1024
_LEFT_OUT = frozenset({".git", ".hg", ".svn", ".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"})
"""Names of what is in a folder and no part of the site."""


def listing(source: Path) -> tuple[list[str], list[str]]:
    """``(files, symlinks that lead out of the site)``: POSIX paths below ``source``, sorted.

    A symlink to a file of the site is that file; one to a folder is not followed, for it can run in a circle.
    """
    root = source.resolve()
    files, strangers = [], []
    for folder, names, entries in os.walk(root):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT)
        here = Path(folder)
        strangers += [
            (here / name).relative_to(root).as_posix() for name in names if (here / name).is_symlink()
        ]
        for name in entries:
            path = here / name
            if name in _LEFT_OUT or name.endswith(".holdfast-tmp"):
                continue
            below = path.relative_to(root).as_posix()
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                strangers.append(below)
            elif path.is_file():
                files.append(below)
    return sorted(files), sorted(strangers)


class BuiltSite:
    """The built site's files."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self.root = root
        self.paths = paths
        self.languages = {path: language(path, lambda path=path: self.head(path)) for path in paths}  # type: ignore[misc]
        self.pages = [path for path in paths if self.languages[path] == "page"]
        named = {".html", ".htm", ".xhtml", ".xht", ".shtml"}
        self.extensions = {
            path: ".html" for path in self.pages if posixpath.splitext(path)[1].lower() not in named
        }
        """Pages that a browser would not take for such from ``file://``."""

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return (self.root / path).read_bytes()

    def head(self, path: str) -> bytes:
        """The first bytes of a file."""
        try:
            with (self.root / path).open("rb") as file:
                return file.read(_HEAD)
        except OSError:
            return b""


def folders(source: Path, place: Path) -> tuple[Path, Path]:
    if not source.is_dir():
        raise UsageError(f"{source}: there is no such folder", "name the folder that the generator built")
    root, target = source.resolve(), Path(os.path.abspath(place))  # noqa: PTH100 - it need not be there yet
    real = target.resolve()
    if real == root or real.is_relative_to(root):
        raise UsageError(f"{place} is inside {source}", "name a folder outside of the site: it is only read")
    if root.is_relative_to(real):
        raise UsageError(f"{source} is inside {place}", "name a folder for the copy alone")
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent}: there is no such folder", "create it first")
    return root, target

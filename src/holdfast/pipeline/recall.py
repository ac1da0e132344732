"""What earlier runs found in documents, so that bytes that were read once need not be read again.

Decides by the bytes alone: neither a name nor a time vouches for a document. The file stands in the user's
cache folder and not in the site: a run that says it writes nothing there keeps its word. It can be lost, cut
or spoiled; then documents are scanned, and the result is the same.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from sys import intern
from typing import BinaryIO, Self

import msgspec
from msgspec.structs import force_setattr

from .. import __version__
from ..disk import TEMPORARY
from ..model import Language, Scanned, ScanOptions

FOLDER = "HOLDFAST_CACHE_DIR"
"""Environment variable: the folder to keep it in; empty to keep none."""
LEAST = 64 * 1024
"""Bytes of entries from which on they are kept: fewer are scanned in a few hundredths of a second."""
_LARGEST = 64 * 1024 * 1024
"""Bytes of an entry: half a million references in one document. What is larger is scanned each time."""
_CHUNK = 4 * 1024 * 1024
"""Bytes that are written at once."""
_MAGIC = b"holdfast scans 1\n"
_KEY = 20
"""Bytes of a key, cut from a SHA-256."""
_RECORD = struct.Struct(f"<{_KEY}sII")
"""Before each entry: key, CRC-32, size."""
_OLD = 90 * 86400
"""Seconds after which the file of a site that nobody scans any more is removed."""
_WASTE = 4
"""A file is written anew when it is so many times as large as what a run over the whole site needs of it."""
_LIBRARIES = ("ada_url", "frontmatter", "pyromark", "tomlkit", "turbohtml", "yaml")
"""Packages that decide what is found."""

encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Scanned).decode


def decode(entry: bytes) -> Scanned:
    """What `encode` was given.

    Raises:
        msgspec.DecodeError: these are other bytes.
    """
    scanned = _decode(entry)
    for reference in scanned.references:
        # A million references have a dozen kinds: as a text of its own for each they took 60 MB.
        force_setattr(reference, "kind", intern(reference.kind))
    return scanned


def folder() -> Path | None:
    """Where it is kept: `FOLDER`, else the place that the system has for such things."""
    told = os.environ.get(FOLDER)
    if told is not None:
        return Path(told) if told else None
    with suppress(RuntimeError):  # no home
        if sys.platform == "win32":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "holdfast"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "holdfast"
        # An empty or relative value is to be ignored (XDG Base Directory Specification).
        given = Path(os.environ.get("XDG_CACHE_HOME", ""))
        return (given if given.is_absolute() else Path.home() / ".cache") / "holdfast"
    return None


class Recall:
    """What is known of one site's documents. A context manager, for it holds a file open."""

    def __init__(self, root: Path, options: ScanOptions, place: Path | None = None) -> None:
        """``place``: instead of `folder`."""
        place = folder() if place is None else place
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
        self._path = None if place is None else place / f"{name}.scans"
        self._salt = b"" if self._path is None else _salt(options)
        self._file: BinaryIO | None = None
        self._at: dict[bytes, tuple[int, int, int]] = {}
        """By key: where an entry begins, its size and its CRC-32."""
        self._torn = True
        """It cannot be read to its end, or is not there: nothing may be written behind it."""
        self._used: dict[bytes, int] = {}
        """The sizes of the entries that were needed ..."""
        self._new: dict[bytes, int] = {}
        """... and of those that were not there."""
        self._waiting: list[bytes] = []
        self._size = 0
        """Bytes that wait to be written."""
        self._fresh: BinaryIO | None = None
        """The file that takes the other's place when it is whole, at ..."""
        self._temporary = Path()
        if self._path is not None:
            self._temporary = self._path.with_name(f"{name}.scans.{os.getpid()}{TEMPORARY}")
            with suppress(OSError):
                self._load(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        if self._fresh is not None and not self._fresh.closed:
            self._fresh.close()
            with suppress(OSError):
                self._temporary.unlink()

    def key(self, sha256: bytes, language: Language) -> bytes:
        """What a document's scan is kept under."""
        return hashlib.sha256(self._salt + language.encode() + sha256).digest()[:_KEY]

    def get(self, key: bytes) -> Scanned | None:
        """What was found in these bytes, where that is known."""
        entry = self._entry(key)
        if entry is None:
            return None
        try:
            scanned = decode(entry)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        self._used[key] = len(entry)
        return scanned

    def put(self, key: bytes, entry: bytes) -> None:
        """Keep what `encode` made of a scan."""
        if self._path is not None and key not in self._new and len(entry) <= _LARGEST:
            self._new[key] = len(entry)
            self._waiting.append(_record(key, entry))
            self._size += len(entry)
            if self._size >= _CHUNK:
                self._flush()

    def save(self, *, whole: bool) -> None:
        """Write down what is new. A disk that refuses costs the next run its time, and nothing else.

        ``whole``: all documents of the site were asked for, so that what was not needed never will be.
        """
        needed = sum(self._used.values()) + sum(self._new.values())
        if self._path is None or needed < LEAST:
            return
        self._flush()
        if self._path is None:
            return
        with suppress(OSError):
            if self._torn:
                if self._fresh is not None:
                    self._copy(self._used)
                    self._fresh.close()
                    self._temporary.replace(self._path)
            elif whole and self._path.stat().st_size > _WASTE * needed:
                self._rewrite(self._path)

    def _flush(self) -> None:
        """Write what waits: behind the rest, or, where nothing may follow that, into a new file."""
        data, self._waiting, self._size = b"".join(self._waiting), [], 0
        if self._path is None or not data:
            return
        try:
            if not self._torn:
                with self._path.open("ab", buffering=0) as file:
                    file.write(data)  # in one go: no other run writes into the middle of it
                return
            if self._fresh is None:
                self._begin(self._path)
            if self._fresh is not None:
                self._fresh.write(data)
        except OSError:
            self._path = None

    def _begin(self, path: Path) -> None:
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True)
        _sweep(path.parent)
        self._temporary.unlink(missing_ok=True)
        self._fresh = open(os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")  # noqa: PTH123, SIM115
        self._fresh.write(_MAGIC)

    def _rewrite(self, path: Path) -> None:
        """Leave out what is not needed."""
        self._begin(path)
        if self._file is not None and self._fresh is not None:
            self._file.close()
            self._load(path)
            self._copy({**self._used, **self._new})
            self._fresh.close()
            self._temporary.replace(path)

    def _copy(self, keys: Iterable[bytes]) -> None:
        for key in keys:
            entry = self._entry(key)
            if entry is not None and self._fresh is not None:
                self._fresh.write(_record(key, entry))

    def _entry(self, key: bytes) -> bytes | None:
        found = self._at.get(key)
        if found is None or self._file is None:
            return None
        start, size, checksum = found
        try:
            self._file.seek(start)
            entry = self._file.read(size)
        except OSError:
            return None
        return entry if zlib.crc32(entry) == checksum else None

    def _load(self, path: Path) -> None:
        self._file = file = path.open("rb")
        whole = os.fstat(file.fileno()).st_size
        if file.read(len(_MAGIC)) != _MAGIC:
            return
        at, unpack, length, known = len(_MAGIC), _RECORD.unpack, _RECORD.size, self._at
        while len(head := file.read(length)) == length:
            key, checksum, size = unpack(head)
            at += length
            if at + size > whole:
                return  # a run was killed while it wrote
            known[key] = (at, size, checksum)
            at += size
            file.seek(at)
        self._torn = at != whole


def _record(key: bytes, entry: bytes) -> bytes:
    return _RECORD.pack(key, zlib.crc32(entry), len(entry)) + entry


def _sweep(place: Path) -> None:
    """Remove what nobody has asked for in a long time: the site has gone, or was in a temporary folder."""
    before = time.time() - _OLD
    for path in place.glob("*.scans*"):
        with suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()


def _salt(options: ScanOptions) -> bytes:
    """What decides about a scan besides the bytes: the site's options, our own code and the libraries."""
    parts = [__version__, *(f"{name}={value!r}" for name, value in _listed(options))]
    own = Path(__file__).parents[1]
    places = {own.parent}
    for each in ("", "scan"):
        with os.scandir(own / each) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    parts.append(f"{each}/{entry.name} {status.st_size} {status.st_mtime_ns}")
    for name in _LIBRARIES:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            places.add(Path(spec.origin).parents[1])
    for place in sorted(places):
        # The name of a package's folder of metadata tells its version (PyPA, recording installed projects).
        parts += sorted(name for name in os.listdir(place) if name.endswith("-info"))  # noqa: PTH208
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).digest()


def _listed(options: ScanOptions) -> list[tuple[str, object]]:
    return [
        (name, sorted(value) if isinstance(value, frozenset) else value)
        for name in ScanOptions.__struct_fields__
        for value in (getattr(options, name),)
    ]

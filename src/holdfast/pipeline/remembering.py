"""What a copy's last run knew, so that the next reads no file again that is as it was.

Decides by what the system says of a file: its size, and when it changed. Whatever cannot be told by that is
read. What is remembered can be lost or spoiled: then everything is read, and the copy is the same.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from ..disk import TEMPORARY
from ..offline import ledger
from .making import Wanted
from .saying import NOTHING, Said

NAME = "_holdfast/memory.bin"
"""In the copy. No part of what there is to carry: without it a refresh takes as long as the first run."""
_FORMAT = 1
_NANOSECONDS = 1_000_000_000
_FINE, _COARSE = _NANOSECONDS // 20, 2 * _NANOSECONDS
"""How long after a change another one may leave the same time: Linux counts in ticks of up to 10 ms, FAT in
two seconds."""

Stat = tuple[int, int, int]
"""Size in bytes; when the bytes, and when anything of the file last changed, in nanoseconds."""
_UNSURE = -1


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One file of the site, and what became of it."""

    stat: Stat
    source_sha256: str
    said: Said = NOTHING
    wanted: tuple[Wanted, ...] = ()
    came: tuple[str, ...] = ()
    """Where each of the ``wanted`` was in the copy; empty where it was missing."""
    inlined: dict[str, str] = {}
    """See `making.Made.inlined`."""


class Memory(msgspec.Struct, kw_only=True):
    """All of it."""

    format: int = _FORMAT
    key: str = ""
    """What else decides about the copy: settings, names, version."""
    ledger: str = ""
    """SHA-256 of the list of files that it was written with."""
    rows: dict[str, Row] = {}
    """By the path of each file of the site."""
    there: dict[str, tuple[int, int]] = {}
    """By the path of each file of the copy: its size, and when its bytes changed, when it was known to be
    good."""


def load(place: Path, key: str) -> Memory:
    """What is remembered of the copy at ``place``; where that is of no use: nothing."""
    try:
        listed = (place / ledger.NAME).read_bytes()
        found = msgspec.msgpack.decode((place / NAME).read_bytes(), type=Memory)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Memory()
    if found.format != _FORMAT or found.ledger != hashlib.sha256(listed).hexdigest():
        return Memory()
    return found if found.key == key else Memory(there=found.there)


def save(place: Path, memory: Memory) -> None:
    """Keep it for the next run. A disk that refuses costs that run its time, and nothing else."""
    target = place / NAME
    with suppress(OSError):
        memory.ledger = hashlib.sha256((place / ledger.NAME).read_bytes()).hexdigest()
        data = msgspec.msgpack.encode(memory, order="sorted")
        if target.is_file() and target.read_bytes() == data:
            return
        target.parent.mkdir(exist_ok=True)
        new = target.with_name(target.name + TEMPORARY)
        new.write_bytes(data)
        new.replace(target)


def stat_of(path: Path) -> Stat:
    """What the system says of a file before it is read."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of the time, for each file of a site
    except OSError:
        return 0, _UNSURE, _UNSURE
    slack = _FINE if found.st_mtime_ns % _NANOSECONDS else _COARSE
    if time.time_ns() - found.st_mtime_ns < slack:
        return found.st_size, _UNSURE, _UNSURE
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def is_sure(stat: Stat) -> bool:
    """Whether a later change would be seen by these figures."""
    return stat[1] != _UNSURE


def key_of(*parts: object) -> str:
    """One word for everything that decides about a copy besides its files."""
    return hashlib.sha256("\0".join(map(repr, parts)).encode("utf-8", "surrogatepass")).hexdigest()

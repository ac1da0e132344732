"""From a response's body to a staged file: length, hash and kind are judged before anything is kept.

A body of usual size waits in memory until it has come, and is then written to a file of no name, from where
another process reads it, see `workers`; a large one goes there through aiofiles as it comes, and is never in
memory whole. Of what strangers sent, only the first bytes are looked at here.

What is small is written and hashed on the spot, 0.1 ms for 42 KB: threads that take the interpreter from each
other at each call of the system took ten times as long (2,000 pictures: 219,000 futex calls, of 324,000).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from aiofiles.threadpool import wrap

from ..config import KIB, MediaLimits
from ..dialogue import Settings
from ..disk import SYSTEM, Disk
from ..media import HEAD_BYTES, Kind, Media, identify, not_media
from ..model import Head, Refusal
from .placing import Placement, Placer
from .staging import Facts, Staged, Staging, disk_errors
from .workers import Workers

MEMORY_BYTES = 512 * KIB
"""A body up to this size waits in memory; 256 of them at once are 128 MiB."""
_WRITE_BYTES = 256 * KIB
"""What is gathered for one write of a larger body."""
_AT_ONCE = 128 * KIB
"""A body up to this size is written and hashed by the event loop itself; others by a thread."""
_IMAGE = frozenset({"image"})

_T = TypeVar("_T")


class Store:
    """The staging folder of one run, and the way from it to the final names.

    Args:
        staging: on the same device as the assets where that is possible (files are then linked, not copied).
        workers: processes that decode; as many as there are processors when None.
        disk: what changes the disk, so that a test can record the order and fail a call.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        staging: Path,
        *,
        limits: MediaLimits | None = None,
        allow_active_svg: bool = False,
        strip_metadata: bool = False,
        workers: int | None = None,
        disk: Disk = SYSTEM,
        clock: Callable[[], float] = time.time,
    ) -> None:
        policy = f"svg={allow_active_svg:d} strip={strip_metadata:d}"
        self._staging = Staging(staging, policy=policy, disk=disk)
        most = workers or _processors()
        self._workers = Workers(Settings(limits or MediaLimits(), allow_active_svg, strip_metadata), most)
        self._disk = disk
        self._clock = clock
        self._threads = ThreadPoolExecutor(most, "holdfast-store")

    def start(self, count: int = 1) -> None:
        """Let processes get ready for ``count`` files before the first has come, which would wait for one.

        Raises:
            HoldfastError: none can be started.
        """
        self._workers.start(count)

    async def receive(
        self, head: Head, body: AsyncIterator[bytes], families: frozenset[str] = _IMAGE
    ) -> Staged | Refusal:
        """Keep a response's body in the staging folder, if it is whole and of one of the ``families``.

        Refusals: those of `decoding.inspect`, and ``truncated`` when less came than ``head.length``.
        What ``body`` raises goes through, and nothing of it stays on the disk.

        Raises:
            DiskError: the disk refused.
        """
        chunks: list[bytes] = []
        size = 0
        async for chunk in body:
            chunks.append(chunk)
            size += len(chunk)
            if size > MEMORY_BYTES:
                return await self._receive_large(head, b"".join(chunks), body, families)
        if (refusal := _wrong_length(head, size)) is not None:
            return refusal
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        kind = _kind(data[:HEAD_BYTES], families)
        if isinstance(kind, Refusal):
            return kind
        path, found = self._staging.fresh(), None
        try:
            if size <= _AT_ONCE:
                sha256 = self._keep(path, data)
            else:
                sha256 = await self._work(self._keep, path, data)
            found = await self._judged(path, sha256, size, kind)
        finally:
            if not isinstance(found, Staged):
                self._staging.remove(path)
        return found

    async def _receive_large(
        self, head: Head, begun: bytes, body: AsyncIterator[bytes], families: frozenset[str]
    ) -> Staged | Refusal:
        kind = _kind(begun[:HEAD_BYTES], families)
        if isinstance(kind, Refusal):
            return kind  # before the rest is fetched
        path, found = self._staging.fresh(), None
        try:
            sha256, size = await self._spill(path, begun, body)
            if (refusal := _wrong_length(head, size)) is not None:
                return refusal
            found = await self._judged(path, sha256, size, kind)
        finally:
            if not isinstance(found, Staged):
                self._staging.remove(path)
        return found

    async def _spill(self, path: Path, begun: bytes, body: AsyncIterator[bytes]) -> tuple[str, int]:
        """Write a body to ``path`` as it comes; return its SHA-256 and size."""
        file = wrap(await self._work(self._staging.create, path), executor=self._threads)
        try:
            digest, size = hashlib.sha256(), 0
            waiting, gathered = [begun], len(begun)
            async for chunk in body:
                waiting.append(chunk)
                gathered += len(chunk)
                if gathered >= _WRITE_BYTES:
                    size += await _write(file, waiting, digest, path)
                    waiting, gathered = [], 0
            size += await _write(file, waiting, digest, path)
        finally:
            await file.close()
        return digest.hexdigest(), size

    async def _work(self, function: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def _keep(self, path: Path, data: bytes) -> str:
        """Write a body that is in memory to a new file; return its SHA-256."""
        self._staging.write(path, data)
        return hashlib.sha256(data).hexdigest()

    async def _judged(self, path: Path, sha256: str, size: int, kind: Kind) -> Staged | Refusal:
        """Have a body looked at that is in a file, and give it its hash for a name; refused, it stays."""
        media, shorter = await asyncio.wrap_future(self._workers.look(path, kind).answer)
        if isinstance(media, Refusal):
            return media
        if shorter is not None:
            self._staging.remove(path)
            sha256, size = await self._work(self._keep, path, shorter), len(shorter)
        self._staging.adopt(sha256, path)
        return self._staged(sha256, size, media)

    def _staged(self, sha256: str, size: int, media: Media) -> Staged:
        fetched = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))
        return Staged(sha256, size, media, self._staging.folder / sha256, fetched)

    # -- the journal --

    async def note(self, url: str, staged: Staged, facts: Facts | None = None) -> None:
        """Remember that ``url`` brought these bytes; see `Staging.note`.

        Raises:
            DiskError: the disk refused.
        """
        self._staging.note(url, staged, facts)

    def recover(self) -> dict[str, tuple[Staged, dict[str, str | int | None]]]:
        """By URL: what a killed run had verified and noted, hashed again; see `Staging.recover`."""
        return self._staging.recover()

    # -- placing and the end --

    async def place(self, source: Staged | Path, target: Path, *, root: Path) -> None:
        """Give one file its final name; see `place_all`."""
        await self.place_all([(source, target)], root=root)

    async def place_all(self, placements: Iterable[tuple[Staged | Path, Path]], *, root: Path) -> None:
        """Give files their final names; on return each is durable, and so is its name.

        A name that holds the same bytes already (or Git LFS's pointer to them) is fine. A `Path` is a held
        asset that is wanted in a second place: it is copied.

        Raises:
            DiskError: a name holds other bytes or leads out of ``root``, or the disk refused. All that could
                be placed have been.
        """
        wanted = [
            Placement(source.path, target, source.sha256)
            if isinstance(source, Staged)
            else Placement(source, target)
            for source, target in placements
        ]
        self._staging.hurry()
        await self._work(Placer(root, self._staging.wait, self._disk).place_all, wanted)

    async def close(self) -> None:
        """End the processes and threads. The staging folder stays; see `clear`.

        What is still being decoded is given up: a second Ctrl-C need not wait for it.
        """
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._end()
        self._staging.close()

    def clear(self) -> None:
        """Remove the staging folder after a clean end."""
        self._end()
        self._staging.clear()

    def _end(self) -> None:
        self._workers.close()
        self._threads.shutdown()


def _processors() -> int:
    """Those that this process may use, where the system says."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def _write(file: Any, pieces: list[bytes], digest: hashlib._Hash, path: Path) -> int:
    data = b"".join(pieces)
    digest.update(data)
    with disk_errors(path):
        await file.write(data)
    return len(data)


def _kind(head: bytes, families: frozenset[str]) -> Kind | Refusal:
    """What a body that begins so is, or why it is none of the ``families``."""
    return not_media(head, families) or identify(head) or Refusal("not-media")


def _wrong_length(head: Head, size: int) -> Refusal | None:
    if head.length is None or head.length == size:
        return None
    return Refusal("truncated", f"{head.length} bytes were announced, and {size} came")

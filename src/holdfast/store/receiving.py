"""From a response's body to a staged file: length, hash and kind are judged before anything is kept.

A body of usual size waits in memory and is judged, hashed and written in one visit to a thread: a hop for
each chunk would cost more than the chunk. A large one goes to a file through aiofiles, and is never read
whole. Of what strangers sent, only the first bytes are looked at here; the rest is for other processes, see
`workers`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from aiofiles.threadpool import wrap

from ..config import KIB, MediaLimits
from ..dialogue import Settings
from ..disk import SYSTEM, TEMPORARY, Disk
from ..media import HEAD_BYTES, Media, identify, not_media
from ..model import Head, Refusal
from .placing import Placement, Placer
from .staging import Facts, Staged, Staging, disk_errors
from .workers import Workers

MEMORY_BYTES = 512 * KIB
"""A body up to this size waits in memory; 256 of them at once are 128 MiB."""
_WRITE_BYTES = 256 * KIB
"""What is gathered for one write of a larger body."""
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
        # The further threads hash and write while the others wait for a process.
        self._threads = ThreadPoolExecutor(most + 2, "holdfast-store")

    def start(self) -> None:
        """Let the first process get ready while nothing has come yet; without this, the first body waits.

        Raises:
            HoldfastError: it cannot be started.
        """
        self._workers.start()

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
        return await self._work(self._keep, b"".join(chunks), families)

    async def _receive_large(
        self, head: Head, begun: bytes, body: AsyncIterator[bytes], families: frozenset[str]
    ) -> Staged | Refusal:
        if (refusal := not_media(begun[:HEAD_BYTES], families)) is not None:
            return refusal  # before the rest is fetched
        path = self._staging.folder / f".{secrets.token_hex(8)}{TEMPORARY}"
        try:
            sha256, size = await self._spill(path, begun, body)
            if (refusal := _wrong_length(head, size)) is not None:
                return refusal
            return await self._work(self._keep_file, path, sha256, size, families)
        finally:
            await self._work(self._staging.remove, path)

    async def _spill(self, path: Path, begun: bytes, body: AsyncIterator[bytes]) -> tuple[str, int]:
        """Write a body to ``path`` as it comes; return its SHA-256 and size."""
        file = wrap(await self._work(self._staging.create, path.name), executor=self._threads)
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

    # -- in a thread --

    def _keep(self, data: bytes, families: frozenset[str]) -> Staged | Refusal:
        """Judge, hash and write a body that is in memory."""
        media, shorter = self._judge(data[:HEAD_BYTES], data, families)
        if isinstance(media, Refusal):
            return media
        return self._keep_bytes(data if shorter is None else shorter, media)

    def _keep_file(self, path: Path, sha256: str, size: int, families: frozenset[str]) -> Staged | Refusal:
        """Judge a body that is in a file, and give it its hash for a name."""
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        media, shorter = self._judge(head, path, families)
        if isinstance(media, Refusal):
            return media
        if shorter is not None:
            return self._keep_bytes(shorter, media)
        self._staging.adopt(sha256, path)
        return self._staged(sha256, size, media)

    def _keep_bytes(self, data: bytes, media: Media) -> Staged:
        sha256 = hashlib.sha256(data).hexdigest()
        self._staging.keep(sha256, data)
        return self._staged(sha256, len(data), media)

    def _judge(
        self, head: bytes, source: bytes | Path, families: frozenset[str]
    ) -> tuple[Media | Refusal, bytes | None]:
        refusal, kind = not_media(head, families), identify(head)
        if refusal is not None or kind is None:
            return refusal or Refusal("not-media"), None
        return self._workers.inspect(source, kind)

    def _staged(self, sha256: str, size: int, media: Media) -> Staged:
        fetched = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
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


def _wrong_length(head: Head, size: int) -> Refusal | None:
    if head.length is None or head.length == size:
        return None
    return Refusal("truncated", f"{head.length} bytes were announced, and {size} came")

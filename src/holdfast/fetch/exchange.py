"""One response of the engine, and the request that asks for it.

Resolves nothing and chooses no address: whoever begins a request here has made sure where it goes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import Protocol

from pyreqwest.client import Client
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.http import Url
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

from .faults import ProtocolFault, of_body

LEAST_SECONDS = 0.001
"""The engine takes no shorter time limit."""


class Exchange(Protocol):
    """One response: its head, and a body that is read once. Must be closed, unless it has `ended`."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, values as latin-1."""
    unreadable: frozenset[str]
    """Names of headers left out because their bytes could not be read."""
    ended: bool
    """Nothing is left of it that would have to be closed."""

    async def read(self) -> bytes | None:
        """The next bytes of the body as they come, None at its end. Raises `Fault`."""
        ...

    async def skim(self, most: int) -> None:
        """Take so many bytes of the body and throw them away, or as many as come; they are all that were
        declared. Raises nothing."""
        ...

    def taken(self) -> None:
        """Say that all bytes that were declared have been read."""
        ...

    async def aclose(self) -> None:
        """Give the connection back, or cut it when the body was not read to its end."""
        ...


class EngineExchange:
    """A response of the engine."""

    __slots__ = ("_reader", "_stream", "ended", "headers", "status", "unreadable")

    def __init__(self, stream: StreamRequest, response: Response) -> None:
        self._stream = stream
        self._reader = response.body_reader
        self.status = response.status
        self.ended = False
        self.unreadable: frozenset[str] = _NONE
        try:
            self.headers = tuple(response.headers.items())
        except ValueError:
            self._read_headers_one_by_one(response)

    def _read_headers_one_by_one(self, response: Response) -> None:
        found, unreadable = [], set()
        for name in dict.fromkeys(response.headers.keys()):
            try:
                found += [(name, value) for value in response.headers.getall(name)]
            except ValueError:
                unreadable.add(name)
        self.headers = tuple(found)
        self.unreadable = frozenset(unreadable)

    async def read(self) -> bytes | None:
        try:
            chunk = await self._reader.read_chunk()
        except PyreqwestError as error:
            raise of_body(error) from error
        _mind_cancellation()
        if chunk is None:
            self.ended = True
            return None
        return bytes(chunk)

    async def skim(self, most: int) -> None:
        try:
            while most > 0:
                chunk = await self._reader.read_chunk()
                _mind_cancellation()
                if chunk is None:
                    break
                most -= len(chunk)
        except PyreqwestError:
            return
        self.ended = True

    def taken(self) -> None:
        # The engine's own reader is done with them too: nothing is left that closing would end.
        self.ended = True

    async def aclose(self) -> None:
        with suppress(PyreqwestError):
            await self._stream.__aexit__(None, None, None)


_NONE: frozenset[str] = frozenset()


def _mind_cancellation() -> None:
    """The engine can lose a cancellation while a busy body is read (8 to 23 %)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def begin(
    client: Client,
    method: str,
    url: Url,
    headers: Sequence[tuple[str, str]],
    seconds: float | None,
    body: bytes,
) -> StreamRequest:
    """One request that is ready to be sent. ``seconds``: longest time for the whole exchange.

    Raises:
        ProtocolFault: the engine cannot send it.
    """
    try:
        builder = client.request(method, url).headers(headers).streamed_read_buffer_limit(0)
        if seconds is not None:
            builder = builder.timeout(_duration(seconds))
        if body:
            builder = builder.body_bytes(body)
        return builder.build_streamed()
    except (ValueError, PyreqwestError) as error:
        raise ProtocolFault("bad-url", "the engine could not send this request", passing=False) from error


@lru_cache(maxsize=16)
def _duration(seconds: float) -> timedelta:
    """As the engine takes it. The first requests of a run's fetches all have the same time."""
    return timedelta(seconds=max(seconds, LEAST_SECONDS))

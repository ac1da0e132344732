"""The end of a page's network: a proxy that connects to nothing and writes down who knocks.

Opens one listening socket on loopback and no connection to anywhere. Each page gets its own, so what arrives
is known to be that page's, whatever made it: a worker, a frame, a beacon sent as the page closes.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from .judging import SILENT
from .seen import Attempt

_HEAD = 8192
"""Bytes that a request to a proxy may take before it is refused unread."""
_WAIT = 2.0
"""Seconds for the head of a request to arrive; a connection that stays silent is written down as such."""
_MOST = 500
"""Different knocks that are kept for one page."""

_REFUSAL = b"HTTP/1.1 403 No network\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Wall:
    """An HTTP proxy (RFC 9110, 3.7) that refuses everything; an asynchronous context manager."""

    def __init__(self) -> None:
        self.address = ""
        """``http://127.0.0.1:PORT``."""
        self._knocks: dict[str, int] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=_HEAD)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()

    def knocks(self) -> list[Attempt]:
        """What wanted to get out, as far as a proxy is told: the whole URL of http, host and port else."""
        return [Attempt(url, "connection", count) for url, count in self._knocks.items()]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, asyncio.IncompleteReadError):
            try:
                line = await asyncio.wait_for(reader.readline(), _WAIT)
            except TimeoutError:
                line = b""
            url = self._asked(line)
            if url in self._knocks or len(self._knocks) < _MOST:
                self._knocks[url] = self._knocks.get(url, 0) + 1
            writer.write(_REFUSAL)
            await writer.drain()
        writer.close()

    @staticmethod
    def _asked(line: bytes) -> str:
        """The address in ``CONNECT a.example:443 HTTP/1.1`` or ``GET http://a.example/x HTTP/1.1``."""
        words = line.decode("latin-1").split()
        if len(words) < 2:
            return SILENT
        if words[0] != "CONNECT":
            return words[1]
        host, _, port = words[1].rpartition(":")
        return (
            f"http://{host}"
            if port == "80"
            else f"https://{host}"
            if port == "443"
            else f"https://{words[1]}"
        )

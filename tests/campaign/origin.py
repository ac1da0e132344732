"""A web of hostile servers on loopback, over HTTP and over TLS, in which every misbehaviour has a name.

What an honest server does is in `tests.servers`; this says exactly which bytes leave, when, and how the
connection ends. A new misbehaviour is a function that yields bytes, and a row in the test that uses it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from tests.servers import Authority, Origin, Reply, Request, send

End = Literal["close", "reset", "stay"]


@dataclass(frozen=True, slots=True)
class Says:
    """Exactly these bytes, whatever was asked for."""

    pieces: Iterable[bytes] | Callable[[Request], Iterable[bytes]]
    """What is sent; made anew for every request where it is callable, and it may never end."""
    every: float = 0.0
    """Seconds between two pieces."""
    end: End = "close"
    """``stay``: the connection is left open without another byte."""

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Send it; True when the connection may carry another request."""
        pieces = self.pieces(request) if callable(self.pieces) else self.pieces
        async for piece in _paced(pieces, self.every):
            writer.write(piece)
            await writer.drain()
        if self.end == "stay":
            await asyncio.sleep(3600)
        if self.end == "reset":
            await asyncio.sleep(
                0.05
            )  # what was written must leave first: a reset throws away what is buffered
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        return False


async def _paced(pieces: Iterable[bytes], every: float) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(every)


Answer = Says | Reply | Callable[[Request], Reply | Awaitable[Reply]]


class Web:
    """One table of paths, served over HTTP and over TLS under every name; a context manager.

    What it serves well it serves with keep-alive, so that connections are used again after trouble.
    """

    def __init__(self, paths: Mapping[str, Answer]) -> None:
        self.authority = Authority()
        self.plain = _Hostile(paths, None)
        self.tls = _Hostile(paths, self.authority)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self.authority.close)
            stack.enter_context(self.plain)
            stack.enter_context(self.tls)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def network(self) -> tuple[str, ...]:
        """Options with which every name leads here, at the schemes' own ports."""
        return (
            *("--connect-to", self.plain.connect_to(port=80)),
            *("--connect-to", self.tls.connect_to(port=443)),
            *("--ca-file", str(self.authority.pem), "--host-interval", "0"),
        )

    def requests(self) -> list[Request]:
        """All that either server was asked, in the order of arrival."""
        return sorted((*self.plain.requests, *self.tls.requests), key=lambda request: request.at)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests() if request.path == path]


class _Hostile(Origin):
    """An origin that may also say exactly what a row wants."""

    def __init__(self, paths: Mapping[str, Answer], authority: Authority | None) -> None:
        routes = {path: answer for path, answer in paths.items() if not isinstance(answer, Says)}
        super().__init__(routes, tls=authority is not None, authority=authority)
        self._says = {path: answer for path, answer in paths.items() if isinstance(answer, Says)}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while (request := await self.read_request(reader, writer, number)) is not None:
            says = self._says.get(request.target) or self._says.get(request.path)
            if says is not None:
                keep = await says.answer(request, writer)
            else:
                keep = await send(writer, request, await self._reply(request))
            if not keep:
                return


# -- heads and bodies ---------------------------------------------------------------------------------------


def head(*lines: str | bytes, status: str = "200 OK") -> bytes:
    """A response's head with these lines in it, as they are."""
    texts = [line if isinstance(line, bytes) else line.encode("latin-1") for line in lines]
    return b"\r\n".join([f"HTTP/1.1 {status}".encode(), *texts, b"", b""])


def whole(body: bytes, *lines: str | bytes, status: str = "200 OK") -> bytes:
    """A response with its right length."""
    return head(f"Content-Length: {len(body)}", *lines, status=status) + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = head("Transfer-Encoding: chunked")
LAST_CHUNK = b"0\r\n\r\n"


def bytewise(data: bytes) -> Iterator[bytes]:
    """One byte at a time."""
    return (data[at : at + 1] for at in range(len(data)))


def endless(begin: bytes, piece: bytes) -> Callable[[Request], Iterator[bytes]]:
    """``begin``, and ``piece`` for ever."""

    def pieces(request: Request) -> Iterator[bytes]:
        yield begin
        while True:
            yield piece

    return pieces


# -- what unpacks to far more than it is --------------------------------------------------------------------


def zstd_bomb(size: int, begin: bytes = b"", *, window: int = 0x58) -> bytes:
    """Zeros after ``begin`` in blocks that say one byte and a length (RFC 8878 section 3.1.1.2).

    ``window``: the frame's window descriptor; 0x58 is 2 MiB.
    """
    most = 128 * 1024
    blocks = bytearray()
    if begin:
        blocks += (len(begin) << 3).to_bytes(3, "little") + begin
    for _ in range(size // most):
        blocks += (1 << 1 | most << 3).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00" + bytes([window]) + bytes(blocks) + (1).to_bytes(3, "little")

"""A web server for machines without nginx: ``python -m tests.benchmarks.own_server SETTINGS.json``.

Answers GET over HTTP/1.1 with keep-alive, from memory, and nothing else. Several processes may listen on one
port: the kernel shares the connections out.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from pathlib import Path
from typing import cast

import msgspec

from holdfast.looping import run

PAGE = b"<!doctype html><title>A page</title><p>Somebody wrote this." + b" And more." * 20
"""What stands at every path below ``/page/``."""


class Settings(msgspec.Struct):
    """What `load` tells of the work."""

    folder: str
    """With a certificate for each group, where there is TLS."""
    root: str | None
    """Its files are served."""
    port: int
    groups: list[list[str]]
    """Addresses that share a certificate."""
    tls: bool


_HEAD = b'HTTP/1.1 %s\r\nContent-Type: %s\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n'


def _answer(status: bytes, media: bytes, body: bytes) -> bytes:
    return _HEAD % (status, media, len(body)) + body


_FOUND = _answer(b"200 OK", b"text/html", PAGE)
_SAME = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
"""Nothing of it ever changes."""
_MISSING = _answer(b"404 Not Found", b"text/plain", b"no such page\n")


class _Connection(asyncio.Protocol):
    def __init__(self, files: dict[bytes, bytes]) -> None:
        self._files = files
        self._come = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        *requests, self._come = (self._come + data).split(b"\r\n\r\n")
        for request in requests:
            path = request.split(b" ", 2)[1]
            found = _FOUND if path.startswith(b"/page/") else self._files.get(path, _MISSING)
            known = found is not _MISSING and b"\r\nif-none-match:" in request.lower()
            self._transport.write(_SAME if known else found)


async def _serve(settings: Settings) -> None:
    files = {
        f"/{path.name}".encode(): _answer(b"200 OK", b"image/jpeg", path.read_bytes())
        for path in (Path(settings.root).iterdir() if settings.root else ())
    }
    loop = asyncio.get_running_loop()
    for number, names in enumerate(settings.groups):
        context = None
        if settings.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            own = Path(settings.folder, str(number))
            context.load_cert_chain(own.with_suffix(".pem"), own.with_suffix(".key"))
        for name in names:
            listener = socket.create_server((name, settings.port), backlog=4096, reuse_port=True)
            await loop.create_server(lambda: _Connection(files), sock=listener, ssl=context, backlog=4096)
    await asyncio.Event().wait()


if __name__ == "__main__":
    told = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Settings)
    run(_serve(told))

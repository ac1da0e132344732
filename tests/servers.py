"""Real servers on loopback for every test: well behaved, or ill behaved in exactly the way that a test needs.

Knows nothing of holdfast. An `Origin` answers HTTP/1.1 from a thread with its own event loop, so that tests
of the program as a child process can use it too:

    with Origin({"/a.png": Reply(body=png, headers={"Content-Type": "image/png"})}) as origin:
        fetch(origin.url("/a.png"))
        assert origin.paths() == ["/a.png"]

With ``tls=True`` it issues a certificate for whatever name the client asks for (server name indication), so
one origin is as many hosts as a test cares to pin to it: ``origin.connect_to("inews.gtimg.com")``.
"""

from __future__ import annotations

import asyncio
import inspect
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import trustme

PHRASES = {200: "OK", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 302: "Found"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    method: str
    target: str
    """The request line's target, untouched."""
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    body: bytes
    connection: int
    """Which connection of this origin it came over, counted from 1."""
    server_name: str | None
    """The name in the TLS handshake, when there was one."""
    at: float
    """``time.monotonic()`` when its head had been read."""

    @property
    def path(self) -> str:
        """The target without its query; of a proxy's absolute target, the path."""
        return urlsplit(self.target).path if "://" in self.target else self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def host(self) -> str:
        """The Host header as sent, with its port."""
        return self.header("host") or ""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name.lower()), None)


Headers = Mapping[str, str] | Iterable[tuple[str, str | bytes]]
Body = bytes | str | Iterable[bytes] | AsyncIterable[bytes]


@dataclass(frozen=True)
class Reply:
    """What to answer. The plain fields make an honest reply; the last ones make it misbehave."""

    status: int = 200
    headers: Headers = ()
    body: Body = b""
    """Bytes or text travel with a Content-Length, anything iterable in chunks."""
    delay: float = 0.0
    """Seconds before the head is sent."""
    close: bool = False
    """Close the connection afterwards, and say so."""
    length: int | None = None
    """Declare this Content-Length whatever the body is; after a shorter body the connection ends."""
    until_eof: bool = False
    """Declare no length at all: the body ends where the connection does."""
    cut: bool = False
    """Leave out the end of a chunked body and close."""
    reset: bool = False
    """Answer with RST after whatever the other fields say; with ``status=0``, at once."""
    raw: bytes | None = None
    """Send exactly these bytes and close."""


Route = Reply | Callable[[Request], Reply | Awaitable[Reply]]
NOT_FOUND = Reply(404, body=b"no such route")


@dataclass(frozen=True, slots=True)
class drip:  # noqa: N801 - reads as a verb where it is used
    """A body that comes piece by piece, `every` so many seconds; can be sent many times."""

    pieces: Sequence[bytes]
    every: float

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece
            await asyncio.sleep(self.every)


@dataclass(frozen=True, slots=True)
class gathering:  # noqa: N801 - as above
    """A route that answers as soon as so many requests wait for it, and from then on at once."""

    count: int
    reply: Reply
    seconds: float = 10.0
    """Whoever waits in vain is answered after these."""
    _together: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: list[Request] = field(default_factory=list)

    async def __call__(self, request: Request) -> Reply:
        self._waiting.append(request)
        if len(self._waiting) >= self.count:
            self._together.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._together.wait(), self.seconds)
        return self.reply


class Authority:
    """A private certificate authority that vouches for any name it is asked for."""

    def __init__(self) -> None:
        self._ca = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="servers-")
        self.pem = Path(self._folder.name) / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.pem))

    def close(self) -> None:
        self._folder.cleanup()

    def server_context(self, names: Iterable[str] = (), **issue: Any) -> ssl.SSLContext:
        """For ``names`` only when there are any, else for whatever the handshake asks for."""
        fixed = tuple(names)
        if fixed or issue:
            return self._context(fixed or ("localhost", "127.0.0.1"), **issue)
        context = self._context(("localhost", "127.0.0.1", "::1"))

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name is not None:
                if name not in self._contexts:
                    self._contexts[name] = self._context((name,))
                connection.context = self._contexts[name]
                connection.asked_for = name  # type: ignore[attr-defined]

        context.sni_callback = choose  # type: ignore[assignment]
        return context

    def _context(self, names: tuple[str, ...], **issue: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names, **issue).configure_cert(context)
        return context


@dataclass
class _Log:
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    at_once: int = 0
    most_at_once: int = 0


class Loopback:
    """A thread with an event loop and one listening socket; a context manager."""

    also: Sequence[str] = ()
    """Further addresses that it listens at, with the same port."""

    def __init__(
        self, address: str = "127.0.0.1", context: ssl.SSLContext | None = None, backlog: int = 4096
    ):
        self.address = address
        self.port = 0
        self.log = _Log()
        self._tls = context
        self._backlog = backlog
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="loopback server", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()
            self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        server = await asyncio.start_server(
            self._connected, self.address, 0, family=family, ssl=self._tls, backlog=self._backlog, limit=2**20
        )
        self.port = server.sockets[0].getsockname()[1]
        others = [
            await asyncio.start_server(
                self._connected, address, self.port, ssl=self._tls, backlog=self._backlog, limit=2**20
            )
            for address in self.also
        ]
        self._ready.set()
        await self._stop.wait()
        for each in (server, *others):
            each.close()
        for writer in list(self._writers):
            writer.transport.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.log.connections += 1
        self.log.open_now += 1
        self._writers.add(writer)
        try:
            await self.serve(reader, writer, self.log.connections)
        except (
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.CancelledError,
            ssl.SSLError,
            TimeoutError,
        ):
            pass
        finally:
            self.log.open_now -= 1
            self._writers.discard(writer)
            with suppress(RuntimeError):
                writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        """Answer one connection until it ends."""
        raise NotImplementedError

    async def read_request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> Request | None:
        """The next request of a connection; None at its end."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return None
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = tuple(
            (key.lower(), value.strip()) for key, _, value in (line.partition(":") for line in lines)
        )
        length = next((int(value) for key, value in headers if key == "content-length"), 0)
        body = await reader.readexactly(length) if length else b""
        secure = writer.get_extra_info("ssl_object")
        name = getattr(secure, "asked_for", None)
        request = Request(method, target, headers, body, number, name, time.monotonic())
        self.log.requests.append(request)
        return request

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in the order of arrival."""
        return list(self.log.requests)

    def paths(self) -> list[str]:
        """The paths asked for so far, in the order of arrival."""
        return [request.path for request in self.log.requests]

    @property
    def connections(self) -> int:
        """How many connections were ever made."""
        return self.log.connections

    def kept_after(self) -> set[str]:
        """The paths whose answers left a connection that then carried another request.

        The way to say that connections are kept. How many there were says less: the engine puts a connection
        back from a thread of its own, a moment after it handed out the last byte (or the end, or was told to
        close), and who asks for the next page within that moment is given a new one. On a busy machine that
        is one request in a hundred.
        """
        lasts: dict[int, str] = {}
        kept = set()
        for request in self.requests:
            if request.connection in lasts:
                kept.add(lasts[request.connection])
            lasts[request.connection] = request.path
        return kept

    @property
    def open_now(self) -> int:
        return self.log.open_now

    @property
    def most_at_once(self) -> int:
        """The most requests that were ever being answered at the same time."""
        return self.log.most_at_once


class Origin(Loopback):
    """An HTTP/1.1 server with keep-alive. Routes are paths (with query, else without), or one callable."""

    def __init__(
        self,
        routes: Mapping[str, Route] | Callable[[Request], Reply | Awaitable[Reply]] | None = None,
        *,
        tls: bool = False,
        names: Iterable[str] = (),
        authority: Authority | None = None,
        address: str = "127.0.0.1",
        backlog: int = 4096,
        context: ssl.SSLContext | None = None,
        **issue: Any,
    ) -> None:
        """``names`` limits the certificate to these; ``issue`` goes to trustme (``not_after=...``);
        ``context``: serves TLS with this instead."""
        self._own = Authority() if tls and authority is None else None
        self.authority = authority or self._own
        if tls and context is None and self.authority is not None:
            context = self.authority.server_context(names, **issue)
        super().__init__(address, context, backlog)
        self.routes = routes if callable(routes) else dict(routes or {})
        self.scheme = "http" if context is None else "https"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._own is not None:
            self._own.close()

    @property
    def ca_pem(self) -> Path:
        """The authority's certificate, for ``--ca-file``."""
        assert self.authority is not None, "an origin without TLS has no authority"
        return self.authority.pem

    def url(self, path: str = "/", host: str | None = None) -> str:
        """A URL with this origin's port; ``host`` instead of its address where that name is pinned here."""
        name = host or (f"[{self.address}]" if ":" in self.address else self.address)
        return f"{self.scheme}://{name}:{self.port}{path}"

    def connect_to(self, host: str = "", port: int | str = "") -> str:
        """The value for ``--connect-to`` that leads ``host:port`` here; without arguments, everything."""
        name = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{port}:{name}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while (request := await self.read_request(reader, writer, number)) is not None:
            self.log.at_once += 1
            self.log.most_at_once = max(self.log.most_at_once, self.log.at_once)
            try:
                keep = await send(writer, request, await self._reply(request))
            finally:
                self.log.at_once -= 1
            if not keep:
                return

    async def _reply(self, request: Request) -> Reply:
        if callable(self.routes):
            route: Route = self.routes
        else:
            route = self.routes.get(request.target) or self.routes.get(request.path) or NOT_FOUND
        if isinstance(route, Reply):
            return route
        answer = route(request)
        return await answer if inspect.isawaitable(answer) else answer


async def send(writer: asyncio.StreamWriter, request: Request, reply: Reply) -> bool:
    """Send one reply; True when the connection may carry another."""
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.raw is not None:
        writer.write(reply.raw)
        await writer.drain()
    elif reply.status:
        await _send_reply(writer, request, reply)
    if reply.reset:
        await asyncio.sleep(0.02)  # what was written must leave first: a reset throws away what is buffered
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    if reply.raw is not None or reply.close or reply.until_eof or reply.cut:
        return False
    short = isinstance(reply.body, bytes | str) and reply.length is not None
    wants_close = (request.header("connection") or "").lower() == "close"
    return not (short and reply.length != len(_bytes(reply.body))) and not wants_close  # type: ignore[arg-type]


def _bytes(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body


async def _send_reply(writer: asyncio.StreamWriter, request: Request, reply: Reply) -> None:
    headers = list(reply.headers.items() if isinstance(reply.headers, Mapping) else reply.headers)
    bodiless = request.method == "HEAD" or reply.status in (204, 304) or reply.status < 200
    whole = _bytes(reply.body) if isinstance(reply.body, bytes | str) else None
    chunked = whole is None and reply.length is None and not reply.until_eof
    if reply.length is not None:
        headers.append(("Content-Length", str(reply.length)))
    elif chunked:
        headers.append(("Transfer-Encoding", "chunked"))
    elif whole is not None and not reply.until_eof and reply.status not in (204, 304):
        given = any(name.lower() == "content-length" for name, _ in headers)
        headers += [] if given else [("Content-Length", str(len(whole)))]
    if reply.close or reply.until_eof:
        headers.append(("Connection", "close"))
    head = bytearray(f"HTTP/1.1 {reply.status} {PHRASES.get(reply.status, 'Status')}\r\n".encode())
    for name, value in headers:
        text = value if isinstance(value, bytes) else value.encode("latin-1")
        head += name.encode("latin-1") + b": " + text + b"\r\n"
    head += b"\r\n"
    if whole is not None:
        writer.write(bytes(head) + (b"" if bodiless else whole))
        await writer.drain()
        return
    writer.write(bytes(head))
    await writer.drain()
    if bodiless:
        return
    async for piece in _pieces(reply.body):
        if piece:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
    if chunked and not reply.cut:
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _pieces(body: Body) -> AsyncIterator[bytes]:
    if isinstance(body, AsyncIterable):
        async for piece in body:
            yield piece
    else:
        assert not isinstance(body, bytes | str)
        for piece in body:
            yield piece


class Proxy(Loopback):
    """A forward proxy: absolute targets and CONNECT. ``leads`` says where a ``host:port`` really goes."""

    def __init__(
        self, leads: Mapping[str, tuple[str, int]] | None = None, *, password: str | None = None
    ) -> None:
        """``password``: the value of Proxy-Authorization it insists on, e.g. ``Basic dTpw``."""
        super().__init__()
        self.leads = dict(leads or {})
        self.password = password

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while (request := await self.read_request(reader, writer, number)) is not None:
            if self.password is not None and request.header("proxy-authorization") != self.password:
                await send(writer, request, Reply(407, close=True))
                return
            authority = request.target if request.method == "CONNECT" else urlsplit(request.target).netloc
            if ":" not in authority.rpartition("]")[2]:
                authority += ":80"
            address, port = self.leads.get(authority, (None, 0))
            if address is None:
                await send(writer, request, Reply(502, body=b"the proxy knows no such host", close=True))
                return
            far_reader, far_writer = await asyncio.open_connection(address, port)
            self._writers.add(far_writer)
            try:
                if request.method == "CONNECT":
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    origin_form = request.target.split("/", 3)[3]
                    lines = [f"{request.method} /{origin_form} HTTP/1.1"]
                    lines += [
                        f"{key}: {value}" for key, value in request.headers if not key.startswith("proxy-")
                    ]
                    far_writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            finally:
                self._writers.discard(far_writer)
                far_writer.close()
            return


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError, RuntimeError):
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()


@contextmanager
def unanswering() -> Iterator[int]:
    """The port of a listening socket whose backlog is full: connecting to it can only time out."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        fillers = []
        try:
            for _ in range(8):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(server.getsockname())
                fillers.append(filler)
            time.sleep(0.01)
            yield server.getsockname()[1]
        finally:
            for filler in fillers:
                filler.close()


@contextmanager
def refusing() -> Iterator[int]:
    """A port on 127.0.0.1 that is bound but not listening: connecting to it is refused."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield server.getsockname()[1]

"""An httpx transport over pyreqwest that connects only to vetted addresses.

Follows no redirect, keeps no cookie, reads no environment and decodes nothing unless asked to. What is
vetted is what is requested: hosts are spelt by the engine's own parser (`pyreqwest.http.Url`), pinned under
exactly that spelling, and checked once more before every call.

`PinnedTransport.open` is the same without httpx's request and response objects, which cost 90 us a request
(24,000 requests/s direct, 8,500 with them, measured on loopback with two cores). The fetcher uses it; whoever
mounts the transport in an `httpx.AsyncClient` gets `handle_async_request`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

import httpx
from pyreqwest.client import Client
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.http import Url
from pyreqwest.proxy import ProxyBuilder

from .address import literal
from .exchange import EngineExchange, Exchange, begin
from .faults import ConnectFault, Fault, ProtocolFault, is_beyond_engine, of_head, through_proxy
from .names import Names, Route
from .pins import Engine, Pinned, Pins
from .proxy import Proxies

MOST_ADDRESSES = 3
"""So many addresses of a host are tried for one request; the next one goes on from there."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a transport needs to know about the world."""

    names: Names
    engine: Engine
    proxies: Proxies
    idle: Callable[[int], int]
    """How many connections each of so many hosts may keep."""


class PinnedTransport(httpx.AsyncBaseTransport):
    """Sends requests to vetted addresses only."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._names = reach.names
        self._pins = Pins(reach.engine, reach.idle)
        self._decoding = Pins(replace(reach.engine, decoding=True), lambda _: 0)  # rare: none is kept
        self._best: dict[tuple[str, int], int] = {}
        """Which of a host's routes to begin with, where that is not the first."""
        self._ways: dict[tuple[str, int], _Way] = {}
        """Of hosts that need no proxy and have a client: what most requests need to know."""
        self._served: set[tuple[str, int]] = set()
        """Hosts that have answered, so a connection to them may be a kept one."""
        self._vias: dict[tuple[str, bool], asyncio.Task[Client]] = {}
        self._context: ssl.SSLContext | None = None
        self._closed = False

    # -- the seam ---------------------------------------------------------------------------------------

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx defines it. The engine's own time limits hold, not the request's.

        Raises:
            Fault: an `httpx.TransportError` with one of our reason codes.
        """
        raw = str(request.url)
        try:
            url = Url(raw)
        except ValueError as error:
            raise ProtocolFault("bad-url", "the engine could not read it", passing=False) from error
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.headers.raw
            if name.lower() != b"host"
        ]
        exchange = await self.open(request.method, url, headers, body=await request.aread())
        return httpx.Response(
            exchange.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in exchange.headers],
            stream=_Stream(exchange),
            request=request,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        self._closed = True
        await self._pins.close()
        await self._decoding.close()
        for via in self._vias.values():
            via.cancel()
            for client in await asyncio.gather(via, return_exceptions=True):
                if isinstance(client, Client):
                    await client.close()
        self._vias.clear()

    # -- one request ------------------------------------------------------------------------------------

    def is_prepared(self, url: Url) -> bool:
        """Whether `prepare` has nothing left to do for a URL's host."""
        return _endpoint(url) in self._ways

    async def prepare(self, url: Url) -> None:
        """Resolve and vet a URL's host and have a client for it, so that `open` need not wait for any of
        that.

        Raises:
            Fault: ``scheme``, ``dns`` or ``blocked-address``.
        """
        host, port = _endpoint(url)
        if self._proxy(url, host, port):
            await self._names.permit(host, port)
            return
        routes = self._names.known(host, port) or await self._names.routes(host, port)
        route = routes[self._best.get((host, port), 0) % len(routes)]
        if not _needs_plain(route):
            pinned = self._pins.known(route) or await self._pins.client(route)
            if not self._reach.proxies:
                self._ways[host, port] = _Way(routes, route, pinned)

    async def open(
        self,
        method: str,
        url: Url,
        headers: Sequence[tuple[str, str]],
        *,
        seconds: float | None = None,
        decode: bool = False,
        body: bytes = b"",
    ) -> Exchange:
        """Send one request and return as soon as its head is there.

        The wait for the head should not be cancelled: the socket would stay open until the engine's own
        time limit. ``seconds``: longest time for the whole exchange; ``decode``: let the engine undo
        compression.

        Raises:
            Fault: with the reason code of what went wrong.
        """
        if self._closed:
            raise ConnectFault("unreachable", "the transport is closed", local=True, passing=False)
        endpoint = host, port = _endpoint(url)
        way = self._ways.get(endpoint)
        if way is None and (proxy := self._proxy(url, host, port)):
            await self._names.permit(host, port)
            try:
                client = await self._through(proxy, decode)
                return await self._fresh(client, method, url, headers, seconds, body, endpoint)
            except Fault as fault:
                raise through_proxy(fault) from fault
        if way is None:
            routes = self._names.known(host, port) or await self._names.routes(host, port)
        else:
            routes = way.routes
        turn = self._best.get(endpoint, 0)
        left = min(len(routes), MOST_ADDRESSES)
        while True:
            route = routes[turn % len(routes)]
            left -= 1
            try:
                if _needs_plain(route):
                    return await self._plain(route, method, url, headers)
                if way is None or way.route is not route or decode:
                    pins = self._decoding if decode else self._pins
                    pinned = pins.known(route) or await pins.client(route)
                else:
                    pinned = way.pinned
                return await self._along(pinned, route, method, url, headers, seconds, body, endpoint)
            except Fault as fault:
                if not fault.connecting or fault.local:
                    raise
                turn = (turn + 1) % len(routes)
                self._best[endpoint] = turn
                self._ways.pop(endpoint, None)
                if not left:
                    raise

    async def _along(
        self,
        pinned: Pinned,
        route: Route,
        method: str,
        url: Url,
        headers: Sequence[tuple[str, str]],
        seconds: float | None,
        body: bytes,
        endpoint: tuple[str, int],
    ) -> Exchange:
        self._insist(pinned, route, url)
        target, said = url, headers
        if route.port:
            # A port in a pin counts only for URLs without one of their own, so it goes into the URL instead.
            target, said = url.with_port(route.port), [("Host", url.authority.rpartition("@")[2]), *headers]
        safe = method in ("GET", "HEAD")
        try:
            exchange = await self._fresh(pinned.client, method, target, said, seconds, body, endpoint)
        except Fault as fault:
            if not safe or not is_beyond_engine(fault, url.scheme):
                raise
            try:
                return await self._plain(route, method, url, headers)
            except Fault:
                from .plain import explained

                raise await explained(fault, url, route, self._reach.engine.connect_timeout) from fault
        if (
            safe
            and exchange.unreadable
            and "location" in exchange.unreadable
            and 300 <= exchange.status < 400
        ):
            await exchange.aclose()
            return await self._plain(route, method, url, headers)
        return exchange

    async def _plain(
        self, route: Route, method: str, url: Url, headers: Sequence[tuple[str, str]]
    ) -> Exchange:
        from .plain import open_plain  # brings httpcore: 40 ms, for what is rare

        engine = self._reach.engine
        if self._context is None:
            self._context = engine.trust.context()
        return await open_plain(
            method,
            url,
            headers,
            route,
            self._context,
            connect_timeout=engine.connect_timeout,
            headers_timeout=engine.headers_timeout,
        )

    async def _fresh(
        self,
        client: Client,
        method: str,
        url: Url,
        headers: Sequence[tuple[str, str]],
        seconds: float | None,
        body: bytes,
        endpoint: tuple[str, int],
    ) -> EngineExchange:
        """Send; once more at once when a kept connection may have been closed by the server meanwhile."""
        again = endpoint in self._served
        while True:
            stream = begin(client, method, url, headers, seconds, body)
            try:
                response = await stream.__aenter__()
            except PyreqwestError as error:
                fault = of_head(error)
                if not (fault.stale and again):
                    raise fault from error
                again = False
            else:
                self._served.add(endpoint)
                return EngineExchange(stream, response)

    def _insist(self, pinned: Pinned, route: Route, url: Url) -> None:
        """The last check before the engine is called: this host is pinned here, or a literal that was
        vetted."""
        found = pinned.routes.get(url.host_str or "")
        if found is not route and found != route:
            raise AssertionError(f"{url.host_str} is not pinned in this client")
        address = literal(route.host)
        if address is not None and (address != route.address or route.port):
            raise AssertionError(f"{route.host} cannot be pinned elsewhere")

    # -- proxies ----------------------------------------------------------------------------------------

    def _proxy(self, url: Url, host: str, port: int) -> str:
        proxies = self._reach.proxies
        if not proxies or self._names.is_overridden(host, port):
            return ""
        return proxies.of(url.scheme, host)

    async def _through(self, proxy: str, decode: bool) -> Client:
        """The client for a proxy. Its own name is resolved here, once, and pinned; the operator named it."""
        via = self._vias.get((proxy, decode))
        if via is None or (via.done() and via.exception() is not None):
            via = self._vias[proxy, decode] = asyncio.create_task(self._build_via(proxy, decode))
        return await asyncio.shield(via)

    async def _build_via(self, proxy: str, decode: bool) -> Client:
        scheme, _, rest = proxy.partition("://")
        spelt = Url(f"http://{rest}")
        host = spelt.host_str or ""
        address = literal(host) or await self._names.operator_address(host)
        builder = replace(self._reach.engine, decoding=decode).builder(self._reach.idle(1))
        if scheme == "https":  # the name is needed for its certificate
            builder = builder.resolve(host, address, 0)
        else:
            spelt = spelt.with_ip_host(address)
        return builder.proxy(ProxyBuilder.all(f"{scheme}://{str(spelt).partition('://')[2]}")).build()


@dataclass(frozen=True, slots=True)
class _Way:
    """How a host is reached, once that has been found out."""

    routes: tuple[Route, ...]
    route: Route
    """The one that is taken, and has been working so far."""
    pinned: Pinned


class _Stream(httpx.AsyncByteStream):
    """A response's body for httpx."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (chunk := await self._exchange.read()) is not None:
            yield chunk

    async def aclose(self) -> None:
        await self._exchange.aclose()


def _endpoint(url: Url) -> tuple[str, int]:
    host, port = url.host_str, url.port_or_known_default
    if url.scheme not in ("http", "https"):
        raise ProtocolFault("scheme", f"{url.scheme} is not fetched", passing=False)
    if not host or not port:
        raise ProtocolFault("bad-url", "it names no host", passing=False)
    return host, port


def _needs_plain(route: Route) -> bool:
    """The engine connects to a literal by itself, so another address for it takes another way."""
    address = literal(route.host)
    return address is not None and (address != route.address or route.port != 0)

"""One exchange with httpcore, for what the engine cannot do.

The engine cannot read a header value with bytes >= 0x80 (a ``Location`` in raw UTF-8), it connects to an
address literal itself, past any pin (``--connect-to`` for such a URL), it reads no more than 100 headers, and
its TLS knows no RSA key exchange; browsers do. Slow, rarely used, and bound to one vetted address all the
same: the network backend ignores the host it is asked for.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import httpcore
from pyreqwest.http import Url

from .faults import (
    ConnectFault,
    ConnectTimeoutFault,
    Fault,
    ProtocolFault,
    ReadFault,
    TimeoutFault,
    is_unknown_issuer,
    of_unknown_issuer,
)
from .names import Route


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Connects to one route, whatever it is asked for."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del host
        return await self._inner.connect_tcp(
            self._route.address, self._route.port or port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class PlainExchange:
    """A response of httpcore, as `exchange.Exchange` has it."""

    def __init__(self, pool: httpcore.AsyncConnectionPool, response: httpcore.Response) -> None:
        self._pool = pool
        self._response = response
        self._stream = response.aiter_stream().__aiter__()
        self.status = response.status
        self.headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers
        )
        self.unreadable: frozenset[str] = frozenset()
        self.ended = False  # its pool has to be closed in any case

    async def read(self) -> bytes | None:
        try:
            return await anext(self._stream, None)
        except httpcore.RemoteProtocolError as error:
            raise ReadFault("truncated", "the body ended before its declared end") from error
        except (httpcore.TimeoutException, httpcore.NetworkError) as error:
            raise _translate(error) from error

    async def skim(self, most: int) -> None:
        with suppress(Fault):
            while most > 0 and (chunk := await self.read()) is not None:
                most -= len(chunk)

    def taken(self) -> None:
        pass

    async def aclose(self) -> None:
        await self._response.aclose()
        await self._pool.aclose()


async def open_plain(
    method: str,
    url: Url,
    headers: Sequence[tuple[str, str]],
    route: Route,
    context: ssl.SSLContext,
    *,
    connect_timeout: float,
    headers_timeout: float,
) -> PlainExchange:
    """Send one request along ``route`` and return as soon as its head is there. Times in seconds; the head as
    a whole has ``headers_timeout``, also one that drips.

    Raises:
        Fault: no connection, no answer, or none that is HTTP.
    """
    pool = httpcore.AsyncConnectionPool(
        ssl_context=context, network_backend=PinnedBackend(route), http1=True, max_connections=1
    )
    target = url.path + (f"?{url.query_string}" if url.query_string is not None else "")
    request = httpcore.Request(
        method,
        httpcore.URL(
            scheme=url.scheme.encode(),
            host=(url.host_str or "").encode(),
            port=url.port,
            target=target.encode("ascii"),
        ),
        headers=[
            ("Host", url.authority.rpartition("@")[2]),
            *((name, value) for name, value in headers if name.lower() != "host"),
        ],
        extensions={
            "timeout": {"connect": connect_timeout, "read": headers_timeout, "write": headers_timeout}
        },
    )
    try:
        async with asyncio.timeout(connect_timeout + headers_timeout):
            response = await pool.handle_async_request(request)
    except TimeoutError as error:
        await pool.aclose()
        raise TimeoutFault("timeout", "no answer in time") from error
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        await pool.aclose()
        raise _translate(error) from error
    except BaseException:
        await pool.aclose()
        raise
    return PlainExchange(pool, response)


async def explained(fault: Fault, url: Url, route: Route, limit: float) -> Fault:
    """The fault, and where a certificate's issuer is not known, what that certificate says of it.

    Makes one more connection then, of at most ``limit`` seconds, and sends nothing but the handshake.
    """
    if not is_unknown_issuer(fault):
        return fault
    return of_unknown_issuer(fault, await _certificate(url, route, limit))


async def _certificate(url: Url, route: Route, limit: float) -> bytes:
    """The certificate (DER) that a server shows, whether or not it can be believed; empty: none came."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(limit):
            _, writer = await asyncio.open_connection(
                route.address.strip("[]"),
                route.port or url.port_or_known_default,
                ssl=context,
                server_hostname=(url.host_str or "").strip("[]").removesuffix("."),
            )
    except (OSError, ValueError):  # TimeoutError and SSLError are OSErrors
        return b""
    try:
        return writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
    finally:
        writer.transport.abort()


def _translate(error: Exception) -> Fault:
    if isinstance(error, httpcore.ConnectTimeout):
        return ConnectTimeoutFault("timeout", "no connection in time", connecting=True)
    if isinstance(error, httpcore.TimeoutException):
        return TimeoutFault("timeout", "no answer in time")
    if isinstance(error, httpcore.ConnectError):
        if isinstance(error.__context__, ssl.SSLError) or "ssl" in str(error).lower():
            return ConnectFault("tls", "the certificate is not trusted", passing=False)
        return ConnectFault("refused", "no connection", connecting=True)
    if isinstance(error, httpcore.NetworkError):
        return ReadFault("reset", "the connection broke off")
    return ProtocolFault("protocol", "the answer is not HTTP", passing=False)

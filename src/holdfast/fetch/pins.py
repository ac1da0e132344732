"""Engine clients by the batch, each knowing where its hosts are and nothing else.

Resolves nothing and sends nothing. Building a client costs 5 to 7 ms (it loads the system's root store), so
the routes that come up within a few milliseconds share one. A client looks up a host in its pins first and
asks the system's DNS when there is none; therefore `Pins` only ever hands out a client that has the pin.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pyreqwest.client import Client, ClientBuilder

from ..errors import ConfigError
from .names import Route

GATHER = 0.002
"""Seconds to wait for more routes before the first client is built ..."""
SPACING = 0.025
"""... and the least time between two builds: building takes a fifth of the loop's time at most."""
BATCH = 512
"""Most hosts in one client; 5,000 pins cost 16 ms."""

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom TLS believes: the system's roots, and these."""

    roots: tuple[bytes, ...] = ()
    """DER certificates of further authorities."""
    insecure: bool = False

    @classmethod
    def load(cls, ca_file: Path | None, insecure: bool = False) -> Trust:
        """Read a PEM bundle. The engine silently accepts one that holds no certificate; this does not.

        Raises:
            ConfigError: the file cannot be read, or holds no valid certificate.
        """
        if ca_file is None:
            return cls((), insecure)
        try:
            text = ca_file.read_bytes()
        except OSError as error:
            raise ConfigError(f"ca-file: {ca_file} cannot be read: {error.strerror}") from error
        blocks = _PEM.findall(text)
        try:
            if not blocks:
                raise ValueError("it holds no certificate")
            roots = tuple(ssl.PEM_cert_to_DER_cert(block.decode("ascii")) for block in blocks)
            for root in roots:  # all of them at once would let an empty one pass
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=root)
        except (ssl.SSLError, ValueError) as error:
            raise ConfigError(
                f"ca-file: {ca_file} is no PEM bundle of certificates: {error}",
                "it should hold one or more blocks between BEGIN CERTIFICATE and END CERTIFICATE",
            ) from error
        return cls(roots, insecure)

    def context(self) -> ssl.SSLContext:
        """The same trust for a client that uses Python's ssl, with the ciphers that browsers still take (RSA
        key exchange among them), and like them without regard to a certificate's common name."""
        context = ssl.create_default_context()
        context.set_ciphers("DEFAULT:@SECLEVEL=2")
        context.hostname_checks_common_name = False
        if self.roots:
            context.load_verify_locations(cadata=b"".join(self.roots))
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True, slots=True)
class Engine:
    """How every client of a run is built. Times in seconds."""

    connect_timeout: float
    headers_timeout: float
    """Bounds the wait for the head as a whole (also one that drips), and every read of a body."""
    trust: Trust
    decoding: bool = False
    """Undo gzip, deflate, br and zstd; the engine then hides that there was any."""

    def builder(self, idle: int) -> ClientBuilder:
        """A builder that follows nothing, keeps no cookies and knows no proxy.

        ``idle``: connections that may be kept for each host.
        """
        builder = (
            ClientBuilder()
            .no_proxy()
            .follow_redirects(False)
            .referer(False)
            .connect_timeout(timedelta(seconds=self.connect_timeout))
            .read_timeout(timedelta(seconds=self.headers_timeout))
            .pool_max_idle_per_host(idle)
            .pool_idle_timeout(timedelta(seconds=15))
            .gzip(self.decoding)
            .deflate(self.decoding)
            .brotli(self.decoding)
            .zstd(self.decoding)
            .danger_accept_invalid_certs(self.trust.insecure)
        )
        for root in self.trust.roots:
            builder = builder.add_root_certificate_der(root)
        return builder


@dataclass(frozen=True, slots=True)
class Pinned:
    """A client and the only hosts it may be asked for."""

    client: Client
    routes: dict[str, Route] = field(default_factory=dict)
    """By `Url.host_str`."""


class Pins:
    """Hands out the client that has a route's pin, building clients for many routes at a time."""

    def __init__(self, engine: Engine, idle: Callable[[int], int]) -> None:
        """``idle``: how many connections a host may keep, when a client for so many hosts is built."""
        self._engine = engine
        self._idle = idle
        self._pinned: dict[Route, Pinned] = {}
        self._waiting: dict[Route, asyncio.Future[Pinned]] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._not_before = 0.0

    def known(self, route: Route) -> Pinned | None:
        """The client for ``route`` when there is one."""
        return self._pinned.get(route)

    async def client(self, route: Route) -> Pinned:
        """The client for ``route``, built with whatever else is wanted meanwhile."""
        known = self._pinned.get(route)
        if known is not None:
            return known
        waiting = self._waiting.get(route)
        if waiting is None:
            loop = asyncio.get_running_loop()
            waiting = self._waiting[route] = loop.create_future()
            if self._flush is None:
                self._flush = loop.call_at(max(loop.time() + GATHER, self._not_before), self._build)
        return await asyncio.shield(waiting)

    def _build(self) -> None:
        """Build one client for the routes that wait: each host once, since a second pin replaces the
        first."""
        loop = asyncio.get_running_loop()
        self._flush = None
        batch: dict[str, Route] = {}
        for route in self._waiting:
            if route.host not in batch and len(batch) < BATCH:
                batch[route.host] = route
        futures = [(route, self._waiting.pop(route)) for route in batch.values()]
        try:
            pinned = Pinned(self._client(list(batch.values())), batch)
        except Exception as error:
            for _, future in futures:
                future.set_exception(error)
            return
        for route, future in futures:
            self._pinned[route] = pinned
            if not future.done():
                future.set_result(pinned)
        self._not_before = loop.time() + SPACING
        if self._waiting:
            self._flush = loop.call_at(self._not_before, self._build)

    def _client(self, routes: Sequence[Route]) -> Client:
        builder = self._engine.builder(self._idle(len(routes)))
        for route in routes:
            if not route.host.startswith("["):
                builder = builder.resolve(route.host, route.address, 0)
        return builder.build()

    async def close(self) -> None:
        """Close every client and let go of it: idle sockets live until then."""
        if self._flush is not None:
            self._flush.cancel()
        for future in self._waiting.values():
            future.cancel()
        self._waiting.clear()
        for client in {id(pinned): pinned.client for pinned in self._pinned.values()}.values():
            await client.close()
        self._pinned.clear()

"""Host names to addresses: asked once per run, many at a time, vetted before anybody sees them.

Connects to nothing but the system's resolver. An answer is kept for the whole run, so that what was vetted is
what is contacted, whatever DNS says later (rebinding).
"""

from __future__ import annotations

import asyncio
import queue
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from .address import FAKE_IP, Vetting, literal
from .events import Event, Listener, unheard
from .faults import ConnectFault, Fault
from .overrides import Overrides

LOOKUP_THREADS = 64
SLOW_LOOKUP = 2.0
"""Seconds. A lookup that fails after so long found a resolver that does not answer; one that fails at once
costs nothing and says nothing about the resolver."""
DEAD_AFTER = 3
"""So many slow failures with no answer between them, and no name is asked for any more."""


class Resolver(Protocol):
    """Turns a name into addresses; `SystemResolver` is the one of the real program."""

    async def resolve(self, host: str) -> Sequence[str]:
        """The addresses of ``host``, best first.

        Raises:
            OSError: there are none; `socket.gaierror` says why, EAI_AGAIN and `TimeoutError` may pass.
        """
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """Where a connection for a URL's host goes. Nothing but `Names` makes one: it has been vetted."""

    host: str
    """`Url.host_str`: lower case, punycode, IPv6 in brackets."""
    address: str
    """An IP address, IPv6 without brackets."""
    port: int
    """0: the URL's own."""


class Names:
    """Routes for hosts: overrides first, then the resolver, then the vetting."""

    def __init__(
        self,
        resolver: Resolver,
        vetting: Vetting,
        overrides: Overrides,
        *,
        limit: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        listener: Listener = unheard,
    ) -> None:
        """``limit``: seconds that one lookup may take."""
        self._resolver = resolver
        self._vetting = vetting
        self._overrides = overrides
        self._limit = limit
        self._clock = clock
        self._listener = listener
        self._routes: dict[tuple[str, int], tuple[Route, ...] | Fault] = {}
        self._lookups: dict[str, asyncio.Future[tuple[str, ...] | Fault]] = {}
        self._fake_ip: asyncio.Task[None] | None = None
        self._unanswered = 0
        self._dead = False
        self._tasks: set[asyncio.Task[None]] = set()

    def known(self, host: str, port: int) -> tuple[Route, ...] | None:
        """What `routes` would return without waiting, when it would.

        Raises:
            Fault: the host is known not to resolve, or not to be allowed.
        """
        found = self._routes.get((host, port))
        if isinstance(found, Fault):
            raise found.with_traceback(None)
        return found

    async def routes(self, host: str, port: int) -> tuple[Route, ...]:
        """The vetted addresses for ``host`` (as in `Url.host_str`), best first; never empty.

        Raises:
            Fault: ``dns`` when it does not resolve, ``blocked-address`` when nothing it leads to is allowed.
        """
        known = self.known(host, port)
        if known is not None:
            return known
        try:
            found = await self._find(host, port)
        except Fault as fault:
            if not fault.passing:
                self._routes[host, port] = fault
            raise
        self._routes[host, port] = found
        return found

    async def permit(self, host: str, port: int) -> None:
        """Agree to let a proxy connect to ``host``: it must not lead to a forbidden address from here either.

        A name that does not resolve here is left to the proxy.

        Raises:
            Fault: ``blocked-address``.
        """
        try:
            await self.routes(host, port)
        except Fault as fault:
            if fault.reason == "blocked-address":
                raise

    async def operator_address(self, host: str) -> str:
        """The first address of a host that the operator named himself (a proxy): not vetted.

        Raises:
            Fault: ``dns``.
        """
        return (await self._resolve(host))[0]

    def is_overridden(self, host: str, port: int) -> bool:
        """Whether the operator said where ``host:port`` is: such connections are direct, also beside a
        proxy."""
        if not self._overrides:
            return False
        bare = host.removeprefix("[").removesuffix("]")
        going = self._overrides.connection(bare, port)
        return (going.host, going.port) != (bare, port) or bool(self._overrides.addresses(bare, port))

    def forget_failures(self) -> None:
        """Ask again for names that did not resolve; also when the resolver seemed dead."""
        self._dead = False
        self._unanswered = 0
        for endpoint, found in list(self._routes.items()):
            if isinstance(found, Fault) and found.reason == "dns":
                del self._routes[endpoint]
        for name, lookup in list(self._lookups.items()):
            if lookup.done() and (
                lookup.cancelled() or lookup.exception() or isinstance(lookup.result(), Fault)
            ):
                del self._lookups[name]

    async def close(self) -> None:
        """Stop asking."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find(self, host: str, port: int) -> tuple[Route, ...]:
        bare = host.removeprefix("[").removesuffix("]")
        going = self._overrides.connection(bare, port)
        to_port = going.port if going.port != port else 0
        given = self._overrides.addresses(going.host, going.port)
        if given:
            return tuple(Route(host, address, to_port) for address in given)
        is_literal = literal(f"[{going.host}]" if ":" in going.host else going.host) is not None
        addresses = (going.host,) if is_literal else await self._resolve(going.host)
        if going.named:
            return tuple(Route(host, address, to_port) for address in addresses)
        if not is_literal:
            await self._look_for_fake_ip(addresses)
        objections = [(self._vetting.objection(one, of_name=not is_literal), one) for one in addresses]
        allowed = tuple(
            Route(host, address, to_port) for objection, address in objections if objection is None
        )
        if not allowed:
            objection, address = objections[0]
            detail = f"{address} is {objection}" if is_literal else f"{host} leads to {address}: {objection}"
            raise ConnectFault("blocked-address", detail, passing=False)
        return allowed

    async def _resolve(self, name: str) -> tuple[str, ...]:
        lookup = self._lookups.get(name)
        if lookup is None:
            lookup = self._lookups[name] = asyncio.get_running_loop().create_future()
            task = asyncio.create_task(self._look_up(name, lookup))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        found = await asyncio.shield(lookup)
        if isinstance(found, Fault):
            raise found.with_traceback(None)
        return found

    async def _look_up(self, name: str, lookup: asyncio.Future[tuple[str, ...] | Fault]) -> None:
        """Ask the resolver once; whoever wants this name meanwhile waits for the same answer."""
        if self._dead:
            self._settle(name, lookup, _dead())
            return
        started = self._clock()
        try:
            async with asyncio.timeout(self._limit):
                addresses = tuple(dict.fromkeys(await self._resolver.resolve(name)))
        except (OSError, UnicodeError) as error:  # TimeoutError and gaierror are OSErrors
            passing = isinstance(error, TimeoutError) or (
                isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
            )
            slow = isinstance(error, TimeoutError) or self._clock() - started >= SLOW_LOOKUP
            if passing and slow:
                self._count_unanswered()
            elif not passing:
                self._unanswered = 0
            detail = "the resolver did not answer" if passing else f"no address for {name}"
            fault = ConnectFault("dns", detail, connecting=True, here=passing, passing=passing)
            self._settle(name, lookup, fault)
            return
        except asyncio.CancelledError:
            lookup.cancel()
            raise
        except Exception as error:  # a resolver's own mistake belongs to whoever waits for it
            lookup.set_exception(error)
            return
        self._unanswered = 0
        if addresses:
            self._settle(name, lookup, addresses)
        else:
            self._settle(name, lookup, ConnectFault("dns", f"no address for {name}", passing=False))

    def _settle(
        self, name: str, lookup: asyncio.Future[tuple[str, ...] | Fault], found: tuple[str, ...] | Fault
    ) -> None:
        if isinstance(found, Fault) and found.passing:
            self._lookups.pop(name, None)  # so that a later try asks again
        if not lookup.done():
            lookup.set_result(found)

    def _count_unanswered(self) -> None:
        self._unanswered += 1
        if self._unanswered < DEAD_AFTER or self._dead:
            return
        self._dead = True
        self._listener(
            Event("resolver-dead", "", "the resolver answers nothing; no more names are looked up")
        )
        for name, lookup in list(self._lookups.items()):
            if not lookup.done():
                self._settle(name, lookup, _dead())

    async def _look_for_fake_ip(self, addresses: Sequence[str]) -> None:
        """Allow `FAKE_IP` for names when a name that cannot exist leads there too."""
        if self._vetting.fake_ip or not any(_is_fake(address) for address in addresses):
            return
        if self._fake_ip is None:  # a task of its own: whoever asked first may be cancelled
            self._fake_ip = asyncio.create_task(self._probe())
            self._tasks.add(self._fake_ip)
            self._fake_ip.add_done_callback(self._tasks.discard)
        await asyncio.shield(self._fake_ip)

    async def _probe(self) -> None:
        try:
            answers = await self._resolve(f"{secrets.token_hex(16)}.com")
        except Fault:
            return
        if any(_is_fake(address) for address in answers):
            self._vetting.fake_ip = True
            message = f"every name resolves into {FAKE_IP} here (fake-IP), so it is allowed"
            self._listener(Event("fake-ip", "", message))


def _dead() -> Fault:
    return ConnectFault("dns", "the resolver answers nothing", here=True, passing=False)


def _is_fake(address: str) -> bool:
    return address.startswith(("198.18.", "198.19."))


class SystemResolver:
    """`getaddrinfo` in daemon threads of its own: a resolver that hangs cannot hold up the program's exit."""

    def __init__(self, threads: int = LOOKUP_THREADS) -> None:
        self._most = threads
        self._idle = 0
        self._started = 0
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[
            tuple[str, asyncio.Future[list[str]], asyncio.AbstractEventLoop] | None
        ] = queue.SimpleQueue()

    async def resolve(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()
        with self._lock:
            if self._idle > 0:
                self._idle -= 1
            elif self._started < self._most:
                self._started += 1
                threading.Thread(target=self._work, name="resolver", daemon=True).start()
        self._jobs.put((host, answer, loop))
        return await answer

    def close(self) -> None:
        """Let the threads end; those that wait for a resolver do so when it has answered."""
        for _ in range(self._started):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            host, answer, loop = job
            if not answer.cancelled():
                found: list[str] | Exception
                try:
                    # As bytes: the engine's parser has already spelt the name in punycode.
                    infos = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
                    found = [str(info[4][0]).partition("%")[0] for info in infos]
                except (OSError, UnicodeError) as error:
                    found = error
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(_deliver, answer, found)
            with self._lock:
                self._idle += 1


def _deliver(answer: asyncio.Future[list[str]], found: list[str] | Exception) -> None:
    if answer.done():
        return
    if isinstance(found, Exception):
        answer.set_exception(found)
    else:
        answer.set_result(found)

"""What tests of the network ask with: time that passes only when somebody sleeps, a resolver that is a
table, and a receiver that keeps what it gets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import uvloop
from msgspec.structs import replace
from tests.servers import Origin

from holdfast.config import Network, NetworkLimits
from holdfast.fetch.events import Event
from holdfast.fetch.fetcher import Fetched, Fetcher
from holdfast.model import Failed, Head, Refusal

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on the loop that the program uses."""
    return uvloop.run(work)


class Time:
    """A clock that only sleeping moves, and a record of who slept for how long."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Table:
    """A resolver: names to answers, a list of them where every question is answered differently."""

    def __init__(self, names: Mapping[str, Any] | None = None, everything: Sequence[str] = ()) -> None:
        self.names = dict(names or {})
        self.everything = everything
        self.asked: list[str] = []

    async def resolve(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        await asyncio.sleep(0)
        answer = self.names.get(host, self.everything)
        if isinstance(answer, list) and answer and isinstance(answer[0], list | Exception):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        if not answer:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return list(answer)


NO_ANSWER = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


async def keep(head: Head, body: AsyncIterator[bytes]) -> bytes | Refusal:
    """A receiver that keeps the body."""
    return b"".join([chunk async for chunk in body])


LOOPBACK = Network(allow_private=("127.0.0.0/8", "::1"), limits=NetworkLimits(host_interval=0.0))
"""A network in which tests may reach their own servers, without waiting between requests."""


def limits(network: Network = LOOPBACK, **changed: Any) -> Network:
    """The same network with other limits."""
    return replace(network, limits=replace(network.limits, **changed))


def led_to(origin: Origin, *names: str, network: Network = LOOPBACK) -> Network:
    """The same network, in which ``names`` (or all) lead to ``origin``, whose authority is trusted."""
    ways = tuple(origin.connect_to(name) for name in names or ("",))
    return replace(
        network, connect_to=network.connect_to + ways, ca_file=origin.ca_pem if origin.authority else None
    )


class Asked:
    """Everything that one run of a fetcher brought."""

    def __init__(self) -> None:
        self.answers: list[Fetched[bytes] | Failed] = []
        self.events: list[Event] = []
        self.time = Time()

    @property
    def reasons(self) -> list[str]:
        """The reason of each failure, "" for a success, in the order of asking."""
        return [answer.reason if isinstance(answer, Failed) else "" for answer in self.answers]

    @property
    def bodies(self) -> list[bytes]:
        return [answer.value for answer in self.answers if isinstance(answer, Fetched)]

    def happened(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]


def ask(
    *urls: str,
    network: Network = LOOPBACK,
    resolver: Table | None = None,
    receive: Any = keep,
    one_by_one: bool = False,
    max_bytes: int = 1_000_000,
    **options: Any,
) -> Asked:
    """Fetch all ``urls`` with one fetcher whose sleeping takes no time."""
    asked = Asked()

    async def work() -> None:
        async with Fetcher(
            network,
            resolver=resolver or Table(),
            sleep=asked.time.sleep,
            clock=asked.time,
            jitter=lambda: 0.0,
            on_event=asked.events.append,
        ) as fetcher:
            fetches = [fetcher.fetch(url, receive, max_bytes=max_bytes, **options) for url in urls]
            if one_by_one:
                asked.answers = [await fetch for fetch in fetches]
            else:
                asked.answers = list(await asyncio.gather(*fetches))

    run(work())
    return asked


def ask_one(url: str, **options: Any) -> Fetched[bytes] | Failed:
    """Fetch one URL."""
    return ask(url, **options).answers[0]

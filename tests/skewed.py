"""Many hosts, few of which have most of the links, on a server with latency: what politeness costs there."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.servers import Origin, Reply, Request

INTERVAL = 0.1
"""Seconds between two requests to one host."""
LATENCY = 0.08
"""Seconds that an answer takes on the average."""


@dataclass(frozen=True, slots=True)
class Skewed:
    """URLs of so many hosts, one at least of each."""

    urls: Sequence[str]
    longest: int
    """How many of them the longest host has."""

    @classmethod
    def made(cls, hosts: int = 1000, links: int = 4000) -> Skewed:
        """The same at each call."""
        chance = random.Random(1)
        names = [f"h{number}.lan" for number in range(hosts)]
        share = [1 / (number + 1) ** 0.7 for number in range(hosts)]
        owners = [*names, *chance.choices(names, share, k=links - hosts)]
        urls = [f"http://{name}/{number}" for number, name in enumerate(owners)]
        return cls(urls, max(Counter(owners).values()))

    def bound(self, interval: float = INTERVAL) -> float:
        """The least seconds that the longest host's own pace allows."""
        return (self.longest - 1) * interval + LATENCY


def serve() -> Origin:
    """A server of all of them, which takes its time."""
    chance = random.Random(2)

    async def late(_: Request) -> Reply:
        await asyncio.sleep(LATENCY * chance.random() * 2)
        return Reply()

    return Origin(late)


def shortest(origin: Origin, count: int, interval: float) -> float:
    """By the server's own log: the fewest intervals between the first and last of so many requests in a row
    to one host."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    for request in origin.requests:
        times[request.host].append(request.at)
    spans = (
        late - early for each in times.values() for early, late in zip(each, each[count - 1 :], strict=False)
    )
    return min(spans) / interval

"""One host's state in a run: its pace, who waits for it, and how it has behaved."""

from __future__ import annotations

import asyncio
import math
from collections import deque

FIRST_GUESS = 0.25
"""Seconds a request takes, until the first has come back."""


class LaneClosedError(Exception):
    """No more turns in this lane; `reason` and `detail` say why."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Lane:
    """One host's state in a run."""

    __slots__ = (
        "begun",
        "closed",
        "concurrency",
        "critical",
        "due",
        "expected",
        "failed_at",
        "failures",
        "first",
        "good",
        "host",
        "in_flight",
        "interval",
        "on_time",
        "place",
        "postponed",
        "postponed_until",
        "seconds",
        "slowed",
        "slowed_at",
        "stamp",
        "usual",
        "waiting",
        "warm",
        "warned",
    )

    def __init__(self, host: str, interval: float, concurrency: int) -> None:
        self.host = host
        self.interval = interval
        self.concurrency = concurrency
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.expected = 0
        """Turns that were announced and have not been asked for yet."""
        self.in_flight = 0
        self.warm = 1
        """Most requests that were in flight when one came back: so many connections are there already."""
        self.seconds = FIRST_GUESS
        """What a request takes, the late ones counting more."""
        self.begun = False
        """A request has been let go."""
        self.first: float | None = None
        """When its first request was let go, until that one is back or another one starts."""
        self.due = 0.0
        """No request starts before this time of the clock ..."""
        self.on_time = 0.0
        """... and it would start at this one if nothing had been late while somebody waited."""
        self.place: list[tuple[float, int, Lane]] | None = None
        """The heap that it stands in ..."""
        self.stamp = 0
        """... and the entry that counts; others of this lane are left over."""
        self.critical = False
        """It is among those that the run will end with."""
        self.closed: LaneClosedError | None = None
        self.failures = 0
        """Failures in a row to resolve, to connect or to get an answer; tries that overlap count as one."""
        self.failed_at = float("-inf")
        self.postponed = 0
        """Times in a row that the host has asked for patience, with no other answer between them ..."""
        self.postponed_until = float("-inf")
        """... and until when it did so last."""
        self.usual = (interval, concurrency)
        """Its pace when nobody complains."""
        self.slowed = 0
        """How many times that pace was halved ..."""
        self.slowed_at = float("-inf")
        """... when it was so last ..."""
        self.good = 0
        """... and how many good answers in a row came since."""
        self.warned = False
        """It has said once when to come back, and was obeyed."""

    def left(self) -> float:
        """Seconds that this lane needs, at its own pace, for what waits in it and what was announced."""
        each = self.interval or self.seconds / self.concurrency
        return (len(self.waiting) + self.expected) * each

    def rank(self) -> float:
        """Smaller goes first. Without an interval places go in proportion to what waits, so that many hosts
        get one connection each before any gets several."""
        return -self.left() / (1 if self.interval else self.in_flight + 1)

    def wants(self) -> int:
        """Places it lacks to keep its pace."""
        if not self.interval:
            return 0
        return min(self.concurrency, math.ceil(self.seconds / self.interval)) - self.in_flight

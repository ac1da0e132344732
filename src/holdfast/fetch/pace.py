"""Whose turn it is: a lane for each host, one limit over all, and what ``Retry-After`` asks for.

Sends nothing. A lane lets requests start an interval apart and so many at once. A place among all is taken
only when a lane's turn has come, so nobody holds one while waiting for politeness; when places are scarce,
the lane with the most left to do goes first, since it is the one the run will end with.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Sleep = Callable[[float], Awaitable[object]]

TICK = 0.001
"""Seconds: turns that come so close together are given at once."""
LATENESS = 0.1
"""The part of an interval by which a turn that was given late may bring the next one forward."""


class LaneClosedError(Exception):
    """No more turns in this lane; `reason` and `detail` say why."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Lane:
    """One host's state in a run."""

    __slots__ = (
        "closed",
        "concurrency",
        "due",
        "failed_at",
        "failures",
        "host",
        "in_flight",
        "interval",
        "queued",
        "serial",
        "waiting",
    )

    def __init__(self, host: str, interval: float, concurrency: int, serial: int) -> None:
        self.host = host
        self.interval = interval
        self.concurrency = concurrency
        self.serial = serial
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.in_flight = 0
        self.due = 0.0
        """No request starts before this time of the clock."""
        self.queued = False
        """It stands in one of the pacer's two heaps."""
        self.closed: LaneClosedError | None = None
        self.failures = 0
        """Failures to resolve or connect in a row; tries that overlap count as one."""
        self.failed_at = float("-inf")


class Pacer:
    """Gives out turns."""

    def __init__(
        self,
        concurrency: int,
        *,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``concurrency``: requests under way at once over all lanes."""
        self._free = concurrency
        self._sleep = sleep
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._later: list[tuple[float, int, Lane]] = []
        """Lanes that wait for their time."""
        self._ready: list[tuple[int, int, Lane]] = []
        """Lanes that wait for a place, the longest first."""
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = float("inf")
        self._shut: LaneClosedError | None = None

    def known(self, host: str) -> Lane | None:
        """The lane of ``host``, if it has one."""
        return self._lanes.get(host)

    def lane(self, host: str, interval: float = 0.0, concurrency: int = 1) -> Lane:
        """The lane of ``host``, with this pace when it is new. ``interval`` in seconds."""
        lane = self._lanes.get(host)
        if lane is None:
            lane = self._lanes[host] = Lane(host, interval, max(1, concurrency), len(self._lanes))
        return lane

    async def turn(self, lane: Lane) -> None:
        """Wait for a turn; `release` must follow.

        Raises:
            LaneClosedError: there will be none.
        """
        closed = self._shut or lane.closed
        if closed is not None:
            raise closed.with_traceback(None)
        if not lane.waiting and not self._ready and self._free > 0 and lane.in_flight < lane.concurrency:
            now = self._clock()
            if now >= lane.due:
                self._start(lane, now)
                return
        turn = asyncio.get_running_loop().create_future()
        lane.waiting.append(turn)
        self._queue(lane)
        self._give_turns()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.release(lane)
            raise

    def release(self, lane: Lane) -> None:
        """Give a turn back."""
        lane.in_flight -= 1
        self._free += 1
        self._queue(lane)
        self._give_turns()

    def postpone(self, lane: Lane, seconds: float) -> None:
        """Let nothing start in this lane for so long."""
        lane.due = max(lane.due, self._clock() + seconds)

    def close(self, lane: Lane, reason: str, detail: str) -> None:
        """End a lane: whoever waits in it, or comes later, gets `LaneClosedError`."""
        lane.closed = LaneClosedError(reason, detail)
        self._wake(lane, lane.closed)

    def shut(self, reason: str, detail: str) -> None:
        """End all lanes; turns that were given go on."""
        self._shut = LaneClosedError(reason, detail)
        for lane in self._lanes.values():
            self._wake(lane, self._shut)
        if self._alarm is not None:
            self._alarm.cancel()

    @staticmethod
    def _wake(lane: Lane, closed: LaneClosedError) -> None:
        while lane.waiting:
            turn = lane.waiting.popleft()
            if not turn.done():
                turn.set_exception(closed)

    def _start(self, lane: Lane, now: float) -> None:
        lane.in_flight += 1
        self._free -= 1
        # Waking up a little late must not add up over a long lane; but nobody catches up with a burst.
        lane.due = max(lane.due, now - lane.interval * LATENESS) + lane.interval

    def _queue(self, lane: Lane) -> None:
        """Put a lane where it belongs: with those that wait for a place, for their time, or nowhere."""
        if lane.queued or not lane.waiting or lane.in_flight >= lane.concurrency:
            return
        lane.queued = True
        now = self._clock()
        if lane.due <= now + TICK:
            heapq.heappush(self._ready, (-len(lane.waiting), lane.serial, lane))
        else:
            heapq.heappush(self._later, (lane.due, lane.serial, lane))
            self._set_alarm(now)

    def _give_turns(self, now: float | None = None) -> None:
        if now is None:
            if not self._ready or self._free <= 0:
                return
            now = self._clock()
        while self._free > 0 and self._ready:
            lane = heapq.heappop(self._ready)[2]
            lane.queued = False
            if lane.due > now + TICK:  # postponed meanwhile
                self._queue(lane)
                continue
            while lane.waiting and lane.in_flight < lane.concurrency and self._free > 0:
                turn = lane.waiting.popleft()
                if turn.done():
                    continue
                self._start(lane, now)
                turn.set_result(None)
                if lane.interval > 0:
                    break
            self._queue(lane)

    def _set_alarm(self, now: float) -> None:
        at = self._later[0][0]
        if at >= self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = asyncio.create_task(self._ring(at, max(0.0, at - now)))

    async def _ring(self, at: float, seconds: float) -> None:
        await self._sleep(seconds)
        self._alarm, self._alarm_at = None, float("inf")
        now = max(self._clock(), at)  # a sleep that was cut short by a test still ends at its time
        while self._later and self._later[0][0] <= now + TICK:
            lane = heapq.heappop(self._later)[2]
            heapq.heappush(self._ready, (-len(lane.waiting), lane.serial, lane))
        self._give_turns(now)
        if self._later and self._alarm is None:
            self._set_alarm(self._clock())


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (RFC 9110 section 10.2.3), or None when it says nothing.

    A date in the past is 0. ``now`` is aware.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 12 else float("inf")
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())

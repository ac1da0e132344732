"""Whose turn it is: a lane for each host, and one limit over all.

Sends nothing. A lane lets requests start an interval apart and so many at once. A place among all is taken
only when a lane's turn has come, so nobody holds one while waiting for politeness. A lane's first request
has to connect before it is sent: the intervals are counted from when it is back, or from one interval after
its start, whichever comes first.

A run is as long as its longest lane, which needs an interval for every URL whatever else happens. So when
places are scarce, the lane with the most time left goes first, and as many places as the longest lanes need
to keep their pace are kept free of the others (level scheduling; 300 skewed hosts: 1.17 times the lower
bound without, see the test of the bound).
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from itertools import count

from .lane import Lane, LaneClosedError

Sleep = Callable[[float], Awaitable[object]]

TICK = 0.001
"""Seconds: turns that come so close together are given at once."""
LATENESS = 0.1
"""The part of an interval by which a turn that was given late may bring the next one forward, once ..."""
CATCHING_UP = 0.05
"""... and the part by which each may be shortened of a lane that is later than that, until it is on time."""
LATEST = 10
"""So many intervals late at most: what a lane lost beyond that, or while nobody waited, is lost."""
SLOWEST = 6
"""So many times at most a lane's pace is halved ..."""
SLOW_INTERVAL = 0.1
"""... beginning with this interval (seconds) where the lane's own is shorter: 0.2 s, 0.4 s ... 6.4 s."""
RECOVERY = 16
"""After so many good answers in a row a lane that was slowed down goes twice as fast again."""


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
        self._all = self._free = concurrency
        self._sleep = sleep
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._stamps = count(1)
        self._later: list[tuple[float, int, Lane]] = []
        """Lanes that wait for their time."""
        self._ready: list[tuple[float, int, Lane]] = []
        """Lanes that wait for a place, by `Lane.rank`."""
        self._kept = 0
        """Free places that only critical lanes may take."""
        self._critical: list[Lane] = []
        """Those the run will end with, as of the last survey ..."""
        self._survey_in = 0
        """... and so many turns before the next one."""
        self._paced = False
        """Some lane has an interval."""
        self._giving: asyncio.Handle | None = None
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
            lane = self._lanes[host] = Lane(host, interval, max(1, concurrency))
            self._paced = self._paced or interval > 0
        return lane

    def take(self, lane: Lane) -> bool:
        """Take a turn that is to be had at once; `release` must follow. False: wait for it with `turn`.

        Raises:
            LaneClosedError: there will be none.
        """
        closed = self._shut or lane.closed
        if closed is not None:
            raise closed.with_traceback(None)
        if self._free > self._kept and not lane.waiting and lane.in_flight < lane.warm and not self._ready:
            now = self._clock()
            if now >= lane.due and lane.in_flight < lane.concurrency:
                if lane.expected > 0:
                    lane.expected -= 1
                lane.on_time = now
                self._start(lane, now)
                return True
        return False

    async def turn(self, lane: Lane) -> None:
        """Wait for a turn; `release` must follow.

        Raises:
            LaneClosedError: there will be none.
        """
        if self.take(lane):
            return
        lane.expected = max(0, lane.expected - 1)
        turn = asyncio.get_running_loop().create_future()
        if not lane.waiting and (now := self._clock()) > lane.due:
            lane.on_time = now  # nobody wanted a turn until now: there is no time to make up
        lane.waiting.append(turn)
        self._queue(lane)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.release(lane, lane.seconds)
            raise

    def release(self, lane: Lane, seconds: float) -> None:
        """Give a turn back that took so many seconds."""
        lane.seconds += (seconds - lane.seconds) / 4
        lane.warm = max(lane.warm, lane.in_flight)
        lane.in_flight -= 1
        if lane.first is not None:
            self._arrived(lane, self._clock())
        self._free += 1
        if lane.critical and lane.wants() > 0:
            self._kept = min(self._kept + 1, self._all // 2)
        self._queue(lane)
        self._give_soon()

    def postpone(self, lane: Lane, seconds: float) -> None:
        """Let nothing start in this lane for so long. Answers that come meanwhile count as one request for
        patience."""
        now = self._clock()
        if now >= lane.postponed_until:
            lane.postponed += 1
        lane.postponed_until = max(lane.postponed_until, now + seconds)
        lane.due = lane.on_time = max(lane.due, now + seconds)
        if lane.place is self._ready:
            self._queue(lane)

    def slow_down(self, lane: Lane, started: float, says_when: bool = False) -> bool:
        """The host complains about the pace (429) of a request that ``started`` then: halve it.

        Complaints about requests that were under way when it was halved say nothing about the new pace: they
        change nothing. A host that ``says_when`` to come back is taken at its word the first time. Returns
        whether the pace has changed.
        """
        lane.good = 0
        if started <= lane.slowed_at:
            return False
        lane.slowed_at = now = self._clock()
        if says_when and not lane.warned:
            lane.warned = True
            return False
        lane.slowed = min(SLOWEST, lane.slowed + 1)
        self._paced = True
        self._set_pace(lane)
        lane.due = lane.on_time = max(lane.due, now + lane.interval)
        if lane.place is self._ready:
            self._queue(lane)
        return True

    def speed_up(self, lane: Lane) -> None:
        """The host has answered well: after enough of that, go faster again, up to the usual pace."""
        lane.good += 1
        if lane.good >= RECOVERY:
            lane.good = 0
            lane.slowed -= 1
            self._set_pace(lane)
            self._queue(lane)

    @staticmethod
    def _set_pace(lane: Lane) -> None:
        interval, concurrency = lane.usual
        if lane.slowed:
            interval = max(interval, SLOW_INTERVAL) * 2.0**lane.slowed
        lane.interval, lane.concurrency = interval, max(1, concurrency >> lane.slowed)

    def reopen(self) -> None:
        """Forget what hosts did wrong so far: lanes that were closed are open again. Their pace stays."""
        for lane in self._lanes.values():
            lane.closed = None
            lane.failures = lane.postponed = 0
            lane.failed_at = lane.postponed_until = float("-inf")

    def close(self, lane: Lane, reason: str, detail: str) -> None:
        """End a lane: whoever waits in it, or comes later, gets `LaneClosedError`."""
        lane.closed = LaneClosedError(reason, detail)
        lane.expected = 0
        self._wake(lane, lane.closed)

    def shut(self, reason: str, detail: str) -> None:
        """End all lanes; turns that were given go on."""
        self._shut = LaneClosedError(reason, detail)
        for lane in self._lanes.values():
            self._wake(lane, self._shut)
        if self._alarm is not None:
            self._alarm.cancel()
        if self._giving is not None:
            self._giving.cancel()

    @staticmethod
    def _wake(lane: Lane, closed: LaneClosedError) -> None:
        while lane.waiting:
            turn = lane.waiting.popleft()
            if not turn.done():
                turn.set_exception(closed)

    def _start(self, lane: Lane, now: float) -> None:
        if lane.critical and lane.wants() > 0:
            self._kept = max(0, self._kept - 1)
        lane.in_flight += 1
        self._free -= 1
        # Waking up late must not add up over a long lane; but nobody catches up with a burst.
        little = now - lane.on_time <= LATENESS * lane.interval
        lane.on_time = max(lane.on_time, now - LATEST * lane.interval) + lane.interval
        lane.due = lane.on_time if little else max(lane.on_time, now + (1 - CATCHING_UP) * lane.interval)
        lane.first = None
        if not lane.begun:
            # It has to connect, and a thousand may be doing so at once: when it will be there nobody knows.
            lane.begun, lane.first = True, now
            lane.due = lane.on_time = now + 2 * lane.interval

    @staticmethod
    def _arrived(lane: Lane, now: float) -> None:
        """The lane's first request is back: count its pace from now, or from an interval after its start."""
        begun, lane.first = lane.first or 0.0, None
        if lane.due == begun + 2 * lane.interval:  # nobody has put it off meanwhile
            lane.due = lane.on_time = min(now, begun + lane.interval) + lane.interval

    def _queue(self, lane: Lane) -> None:
        """Put a lane where it belongs: with those that wait for a place, for their time, or nowhere."""
        lane.place = None
        if not lane.waiting or lane.in_flight >= lane.concurrency:
            return
        now = self._clock()
        lane.stamp = next(self._stamps)
        if lane.due <= now + TICK:
            lane.place = self._ready
            heapq.heappush(self._ready, (lane.rank(), lane.stamp, lane))
            self._give_soon()
        else:
            lane.place = self._later
            heapq.heappush(self._later, (lane.due, lane.stamp, lane))
            self._set_alarm(now)

    def _first(self, heap: list[tuple[float, int, Lane]]) -> Lane | None:
        """The first lane of a heap, after what is left over has been thrown away."""
        while heap:
            _, stamp, lane = heap[0]
            if lane.place is heap and lane.stamp == stamp:
                return lane
            heapq.heappop(heap)
        return None

    def _give_soon(self) -> None:
        """Give turns when everybody who is about to ask has asked."""
        if self._giving is None and self._ready and self._free > 0:
            self._giving = asyncio.get_running_loop().call_soon(self._give_turns)

    def _give_turns(self) -> None:
        self._giving = None
        now = self._clock()
        while self._free > 0 and (lane := self._first(self._ready)) is not None:
            if self._survey_in <= 0:
                self._survey()
            if self._free <= self._kept and not lane.critical:
                return
            while lane.waiting and lane.waiting[0].done():  # cancelled meanwhile
                lane.waiting.popleft()
            if lane.waiting and lane.due <= now + TICK:
                self._start(lane, now)
                self._survey_in -= 1
                lane.waiting.popleft().set_result(None)
            self._queue(lane)

    def _survey(self) -> None:
        """Look over all lanes: which ones will the run end with, and what do they lack?"""
        self._survey_in = max(64, len(self._lanes) // 8)
        if not self._paced:  # no lane keeps a pace, so none lacks anything for it
            return
        for lane in self._critical:
            lane.critical = False
        left = [(lane.left(), lane) for lane in self._lanes.values() if lane.waiting or lane.expected]
        half = max((each for each, _ in left), default=0.0) / 2
        self._critical = [lane for each, lane in left if each >= half > 0]
        wanted = 0
        for lane in self._critical:
            lane.critical = True
            wanted += max(0, lane.wants())
        self._kept = min(wanted, self._all // 2)

    def _set_alarm(self, now: float) -> None:
        lane = self._first(self._later)
        if lane is None or lane.due >= self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = lane.due
        self._alarm = asyncio.create_task(self._ring(lane.due, max(0.0, lane.due - now)))

    async def _ring(self, at: float, seconds: float) -> None:
        await self._sleep(seconds)
        self._alarm, self._alarm_at = None, float("inf")
        now = max(self._clock(), at)  # a sleep that a test cuts short still ends at its time
        while (lane := self._first(self._later)) is not None and lane.due <= now + TICK:
            lane.due = min(lane.due, self._clock())
            self._queue(lane)
        self._set_alarm(now)

"""What a run has learnt of its hosts: their pace, whether they answer, and when they are given up.

Sends nothing: the fetcher tells what came, and takes turns in the lanes it gets here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .. import hosts
from ..config import NetworkLimits
from .answers import PATIENCE, Miss
from .descriptors import Room
from .events import Event, Listener
from .faults import Fault
from .lane import Lane
from .pace import Pacer
from .settings import HostRules

TOO_FAST = 429


class Lanes:
    """The lanes of a run, and the rules by which they are slowed down and closed."""

    def __init__(
        self,
        pacer: Pacer,
        limits: NetworkLimits,
        rules: HostRules,
        room: Room,
        clock: Callable[[], float],
        tell: Listener,
    ) -> None:
        self._pacer = pacer
        self._limits = limits
        self._rules = rules
        self._room = room
        self._clock = clock
        self._tell = tell

    def of(self, host: str) -> Lane:
        """The lane of ``host``: at the operator's pace for it, else at ours and no faster than its row."""
        lane = self._pacer.known(host)
        if lane is not None:
            return lane
        limits, quirk, rule = self._limits, hosts.quirk(host), self._rules.of(host)
        interval, concurrency = rule.interval, rule.concurrency
        if interval is None:
            interval = max(limits.host_interval, quirk.interval or 0.0)
        if concurrency is None:
            concurrency = min(limits.host_concurrency, quirk.concurrency or limits.host_concurrency)
        return self._pacer.lane(host, interval, concurrency)

    def expect(self, urls_of_host: Mapping[str, int]) -> None:
        """So many URLs of each host are going to be asked for."""
        self._room.expect(len(urls_of_host))
        for host, number in urls_of_host.items():
            self.of(host).expected += number

    def at_once(self, host: str, sleepers: int = 0) -> int:
        """How many URLs of ``host`` are worth being under way: as many as it may be asked at once, and no
        fewer than any host may, for some sleep until their further try.

        ``sleepers``: so many more where there is a pace to keep; elsewhere whoever waits for a turn takes one
        more slowly.
        """
        interval, concurrency = self.of(host).usual
        return max(concurrency, self._limits.host_concurrency) + (sleepers if interval else 0)

    def faulted(self, lane: Lane, fault: Fault, started: float) -> Miss:
        """Note a fault; a host that could not be reached, or did not answer, too often in a row is given up.

        Otherwise a thousand URLs of a server that says nothing would take a thousand times its time limit.
        """
        silent = fault.connecting or fault.reason == "timeout"
        if silent and fault.passing and not fault.local and started >= lane.failed_at:
            lane.failures += 1
            lane.failed_at = self._clock()
            if lane.failures >= self._limits.host_failures:
                self.give_up(lane, fault.reason, fault.detail)
        return Miss(fault.reason, fault.detail, fault.passing and lane.closed is None, here=fault.here)

    def answered(self, lane: Lane, status: int) -> None:
        """Note that an answer came."""
        lane.failures = 0
        if status not in PATIENCE:
            lane.postponed = 0
            if lane.slowed:
                self._pacer.speed_up(lane)

    def complained(self, lane: Lane, status: int, delay: float | None, started: float) -> bool:
        """Note that the host asks for patience, ``delay`` seconds if it says so, after a request that
        ``started`` then; False when it has done so too often in a row."""
        if delay:
            self._pacer.postpone(lane, delay)
        if status == TOO_FAST and self._pacer.slow_down(lane, started, says_when=bool(delay)):
            message = f"{lane.host} says 429: from now on {lane.interval:.1f} s between two requests"
            self._tell(Event("slow-down", lane.host, message, seconds=lane.interval))
        return not delay or lane.postponed <= max(self._limits.retries, self._limits.host_failures)

    def give_up(self, lane: Lane, reason: str, why: str) -> None:
        """Ask nothing more of a host, until `Pacer.reopen`."""
        if lane.closed is not None:
            return
        detail = f"host given up after {max(lane.failures, lane.postponed)} failures"
        self._pacer.close(lane, reason, detail)
        self._tell(Event("host-given-up", lane.host, f"{lane.host}: {why}; {detail}"))

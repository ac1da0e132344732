"""Lanes: how far apart, how many at once, who goes first, and what ``Retry-After`` means."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from datetime import UTC, datetime

import pytest
from tests.fetch.asking import Time, run

from holdfast.fetch.answers import retry_after
from holdfast.fetch.lane import Lane, LaneClosedError
from holdfast.fetch.pace import RECOVERY, SLOWEST, TICK, Pacer

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)

RETRY_AFTER = [
    (None, None),
    ("", None),
    ("0", 0.0),
    ("1", 1.0),
    (" 120 ", 120.0),
    ("3600", 3600.0),
    ("99999999999999999999", float("inf")),
    ("-1", None),
    ("1.5", None),
    ("soon", None),
    ("１２", None),
    ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
    ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
    ("Monday, 23-Nov-26 12:00:05 GMT", 5.0),
    ("Mon Nov 23 12:00:10 2026", 10.0),
    ("Mon, 23 Nov 2026 12:00:30", 30.0),
    ("Mon, 99 Nov 2026 12:00:30 GMT", None),
]


@pytest.mark.parametrize(("value", "expected"), RETRY_AFTER)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert retry_after(value, NOON) == expected


async def visit(pacer: Pacer, lane: Lane, seconds: float, log: list[tuple[str, float]]) -> None:
    await pacer.turn(lane)
    started = time.monotonic()
    log.append((lane.host, started))
    await asyncio.sleep(seconds)
    pacer.release(lane, time.monotonic() - started)


class Late(Time):
    """A clock on which every sleep takes a little longer than it should."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + self.by)


@pytest.mark.parametrize(
    ("late", "shortest", "mean"), [(0.0, 0.05, 0.05), (0.004, 0.049, 0.05), (0.02, 0.0675, 0.0675)]
)
def test_starts_in_a_lane_are_an_interval_apart(late: float, shortest: float, mean: float) -> None:
    """Being a little late does not add up, being very late each time does: there is no burst to catch up."""
    clock = Late(late)
    starts: list[float] = []

    async def visiting(pacer: Pacer, lane: Lane) -> None:
        await pacer.turn(lane)
        starts.append(clock.now)
        pacer.release(lane, 0.0)

    async def work() -> None:
        pacer = Pacer(100, sleep=clock.sleep, clock=clock)
        lane = pacer.lane("a", 0.05, 8)
        await asyncio.gather(*(visiting(pacer, lane) for _ in range(101)))

    run(work())
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    assert min(gaps) > shortest - 2 * TICK
    assert sum(gaps) / len(gaps) == pytest.approx(mean, abs=0.002)


@pytest.mark.parametrize(("back", "second"), [(0.0, 0.1), (0.03, 0.13), (0.1, 0.2), (0.7, 0.7), (None, 0.2)])
def test_the_pace_counts_from_when_the_first_request_was_there(back: float | None, second: float) -> None:
    """It may have waited for its connection, which the next ones need not; an interval is all that is given
    for that. The second one changes nothing."""
    clock = Time()
    starts: list[float] = []

    async def work() -> None:
        pacer = Pacer(100, sleep=clock.sleep, clock=clock)
        lane = pacer.lane("a", 0.1, 8)
        await pacer.turn(lane)
        begun = clock.now
        if back is not None:
            clock.now += back
            pacer.release(lane, back)
        for _ in range(2):
            await pacer.turn(lane)
            starts.append(clock.now - begun)
            clock.now += 0.04
            pacer.release(lane, 0.04)

    run(work())
    assert starts == pytest.approx([second, second + 0.1], abs=2 * TICK)


def test_patience_that_was_asked_for_is_not_cut_short_by_the_first_request() -> None:
    clock = Time()

    async def work() -> None:
        pacer = Pacer(100, sleep=clock.sleep, clock=clock)
        lane = pacer.lane("a", 0.1, 8)
        await pacer.turn(lane)
        begun = clock.now
        pacer.postpone(lane, 5.0)
        pacer.release(lane, 0.0)
        await pacer.turn(lane)
        assert clock.now - begun >= 5.0

    run(work())


@pytest.mark.parametrize(("waiting", "made_up"), [(True, True), (False, False)])
def test_a_lane_makes_up_for_a_stall_little_by_little_and_never_for_idleness(
    waiting: bool, made_up: bool
) -> None:
    """Whoever counts from the first request never finds more of them than the pace allows."""
    clock = Time()
    starts: list[float] = []

    async def visiting(pacer: Pacer, lane: Lane) -> None:
        await pacer.turn(lane)
        starts.append(clock.now)
        pacer.release(lane, 0.0)

    async def work() -> None:
        pacer = Pacer(1, sleep=clock.sleep, clock=clock)
        lane, other = pacer.lane("a", 0.1, 8), pacer.lane("b", 0.0, 1)
        await visiting(pacer, lane)
        await pacer.turn(other)  # the only place there is
        visits = [asyncio.create_task(visiting(pacer, lane)) for _ in range(100)] if waiting else []
        await asyncio.sleep(0)
        clock.now += 0.5
        pacer.release(other, 0.5)
        await asyncio.gather(*visits, *(visiting(pacer, lane) for _ in range(100 - len(visits))))

    run(work())
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    assert min(gaps) > 0.09 - 2 * TICK
    assert all(start - starts[0] > number * 0.1 - 2 * TICK for number, start in enumerate(starts))
    assert starts[-1] - starts[0] == pytest.approx(10.0 if made_up else 10.4, abs=0.01)


def test_so_many_at_once_in_a_lane_and_over_all() -> None:
    under_way = {"a": 0, "b": 0, "all": 0}
    most = dict(under_way)

    async def visiting(pacer: Pacer, lane: Lane) -> None:
        await pacer.turn(lane)
        for name in (lane.host, "all"):
            under_way[name] += 1
            most[name] = max(most[name], under_way[name])
        await asyncio.sleep(0.001 * random.random())
        for name in (lane.host, "all"):
            under_way[name] -= 1
        pacer.release(lane, 0.001)

    async def work() -> None:
        pacer = Pacer(5)
        lanes = [pacer.lane("a", 0.0, 3), pacer.lane("b", 0.0, 4)]
        await asyncio.gather(*(visiting(pacer, random.choice(lanes)) for _ in range(300)))

    run(work())
    assert most == {"a": 3, "b": 4, "all": 5} or (most["a"] <= 3 and most["b"] <= 4 and most["all"] == 5)


def test_waiting_for_ones_turn_takes_nobodys_place() -> None:
    async def work() -> float:
        pacer = Pacer(1)
        slow, other = pacer.lane("slow", 30.0, 8), pacer.lane("other", 0.0, 8)
        waiting = [asyncio.ensure_future(visit(pacer, slow, 0.0, [])) for _ in range(3)]
        await asyncio.sleep(0.01)
        started = time.monotonic()
        await asyncio.gather(*(visit(pacer, other, 0.0, []) for _ in range(50)))
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        pacer.shut("interrupted", "")
        return time.monotonic() - started

    assert run(work()) < 2


def test_many_hosts_get_one_connection_each_before_one_gets_several() -> None:
    order: list[tuple[str, float]] = []

    async def work() -> None:
        pacer = Pacer(10)
        lanes = [pacer.lane(f"h{number}", 0.0, 8) for number in range(10)]
        await asyncio.gather(*(visit(pacer, lane, 0.001, order) for lane in lanes for _ in range(4)))

    run(work())
    assert len({host for host, _ in order[:10]}) == 10


@pytest.mark.parametrize(
    ("announced", "order"), [({}, "cbda"), ({"a": 9}, "acbd"), ({"d": 5, "b": 9}, "bdca")]
)
def test_the_lane_with_the_most_left_goes_first(announced: dict[str, int], order: str) -> None:
    """What waits counts, and what was announced."""
    given: list[str] = []

    async def visiting(pacer: Pacer, lane: Lane) -> None:
        await pacer.turn(lane)
        given.append(lane.host)
        pacer.release(lane, 0.0)

    async def work() -> None:
        clock = Time()
        pacer = Pacer(1, sleep=clock.sleep, clock=clock)
        first = pacer.lane("first", 0.0, 1)
        await pacer.turn(first)
        lanes = {host: pacer.lane(host, 1.0, 1) for host in "abcd"}
        for host, number in announced.items():
            lanes[host].expected += number + 1
        waiting = [visiting(pacer, lanes[host]) for host in "abbbccccdd"]
        visits = asyncio.gather(*waiting)
        await asyncio.sleep(0)
        pacer.release(first, 0.0)
        await visits

    run(work())
    assert "".join(dict.fromkeys(given)) == order


def test_postponing_holds_up_the_whole_lane_and_no_other() -> None:
    clock = Time()
    times: list[tuple[str, float]] = []

    async def visiting(pacer: Pacer, lane: Lane) -> None:
        await pacer.turn(lane)
        times.append((lane.host, clock.now))
        pacer.release(lane, 0.0)

    async def work() -> None:
        pacer = Pacer(10, sleep=clock.sleep, clock=clock)
        lane, other = pacer.lane("a", 0.0, 2), pacer.lane("b", 0.0, 2)
        await visiting(pacer, lane)
        pacer.postpone(lane, 60.0)
        pacer.postpone(lane, 5.0)
        await asyncio.gather(visiting(pacer, other), *(visiting(pacer, lane) for _ in range(3)))

    run(work())
    assert times == [("a", 1000.0), ("b", 1000.0), ("a", 1060.0), ("a", 1060.0), ("a", 1060.0)]
    assert clock.slept == [60.0]


def test_closing_a_lane_wakes_whoever_waits_in_it() -> None:
    async def work() -> list[str]:
        pacer = Pacer(1)
        lane, other = pacer.lane("a", 0.0, 1), pacer.lane("b", 0.0, 1)
        await pacer.turn(lane)
        waiting = [asyncio.ensure_future(pacer.turn(lane)) for _ in range(3)]
        elsewhere = asyncio.ensure_future(pacer.turn(other))
        await asyncio.sleep(0)
        pacer.close(lane, "refused", "given up")
        pacer.release(lane, 0.0)
        waiting.append(asyncio.ensure_future(pacer.turn(lane)))
        await elsewhere
        found = await asyncio.gather(*waiting, return_exceptions=True)
        return [error.reason if isinstance(error, LaneClosedError) else "turn" for error in found]

    assert run(work()) == ["refused"] * 4


def test_shutting_ends_all_lanes_but_not_the_turns_that_were_given() -> None:
    async def work() -> list[str]:
        pacer = Pacer(1)
        lanes = [pacer.lane("a", 5.0, 1), pacer.lane("b", 0.0, 1)]
        await pacer.turn(lanes[0])
        waiting = [asyncio.ensure_future(pacer.turn(lane)) for lane in lanes]
        await asyncio.sleep(0)
        pacer.shut("interrupted", "stopped")
        found = await asyncio.gather(*waiting, return_exceptions=True)
        pacer.release(lanes[0], 0.0)
        return [error.reason if isinstance(error, LaneClosedError) else "turn" for error in found]

    assert run(work()) == ["interrupted"] * 2


def test_a_turn_that_is_cancelled_is_not_lost() -> None:
    async def work() -> None:
        pacer = Pacer(1)
        lane = pacer.lane("a", 0.0, 1)
        for _ in range(50):
            await pacer.turn(lane)
            waiting = [asyncio.ensure_future(pacer.turn(lane)) for _ in range(4)]
            await asyncio.sleep(0)
            pacer.release(lane, 0.0)
            if random.random() < 0.5:
                await asyncio.sleep(0)
            for one in waiting:
                one.cancel()
            for one in await asyncio.gather(*waiting, return_exceptions=True):
                if one is None:
                    pacer.release(lane, 0.0)
        async with asyncio.timeout(1):
            await pacer.turn(lane)

    run(work())


def test_a_skewed_run_is_near_its_lower_bound() -> None:
    """300 hosts, the largest needing 41 turns 20 ms apart, and 64 places for all of them: the slowest lane's
    own pace or the places, whichever is more, bounds the run from below."""
    turns = [max(1, int(41 / (rank + 1) ** 0.6)) for rank in range(300)]
    interval, seconds, places = 0.02, 0.05, 64
    bound = max((turns[0] - 1) * interval + seconds, sum(turns) * seconds / places)

    async def work() -> float:
        pacer = Pacer(places)
        lanes = [pacer.lane(f"h{number}", interval, 8) for number in range(300)]
        visits = [lane for lane, number in zip(lanes, turns, strict=True) for _ in range(number)]
        random.Random(1).shuffle(visits)
        started = time.monotonic()
        await asyncio.gather(*(visit(pacer, lane, seconds, []) for lane in visits))
        return time.monotonic() - started

    taken = min(run(work()) for _ in range(2))
    assert taken < bound * 1.25, f"{taken / bound:.2f} times the bound"
    print(f"{taken / bound:.3f} times the bound")


# -- complaints -------------------------------------------------------------------------------------------


def test_a_lane_is_slowed_down_by_complaints_and_recovers() -> None:
    """Each new complaint halves the pace, down to a bound; enough good answers double it, up to the usual."""
    clock = Time()

    async def work() -> list[tuple[float, int]]:
        pacer = Pacer(100, clock=clock, sleep=clock.sleep)
        lane = pacer.lane("a", 0.05, 8)
        paces = []
        for _ in range(SLOWEST + 2):
            clock.now += 1
            pacer.slow_down(lane, clock.now)
            paces.append((lane.interval, lane.concurrency))
        for _ in range(SLOWEST):
            for _ in range(RECOVERY):
                pacer.speed_up(lane)
            paces.append((lane.interval, lane.concurrency))
        assert not lane.slowed
        return paces

    paces = run(work())
    assert paces[:4] == [(0.2, 4), (0.4, 2), (0.8, 1), (1.6, 1)]
    assert paces[SLOWEST - 1] == paces[SLOWEST + 1] == (6.4, 1)
    assert paces[-2:] == [(0.2, 4), (0.05, 8)]


@pytest.mark.parametrize(("interval", "slowed"), [(0.0, 0.2), (0.05, 0.2), (0.25, 0.5), (3.0, 6.0)])
def test_how_slow_a_complaint_makes(interval: float, slowed: float) -> None:
    async def work() -> float:
        pacer = Pacer(100)
        lane = pacer.lane("a", interval, 8)
        pacer.slow_down(lane, time.monotonic())
        return lane.interval

    assert run(work()) == slowed


def test_complaints_about_what_was_under_way_already_count_once() -> None:
    clock = Time()

    async def work() -> list[bool]:
        pacer = Pacer(100, clock=clock, sleep=clock.sleep)
        lane = pacer.lane("a", 0.05, 8)
        before = clock.now
        clock.now += 1
        first = pacer.slow_down(lane, before + 0.5)
        clock.now += 1
        return [first, pacer.slow_down(lane, before + 0.6), pacer.slow_down(lane, clock.now)]

    assert run(work()) == [True, False, True]


def test_who_says_when_to_come_back_is_taken_at_its_word_once() -> None:
    clock = Time()

    async def work() -> list[bool]:
        pacer = Pacer(100, clock=clock, sleep=clock.sleep)
        lane = pacer.lane("a", 0.05, 8)
        changed = []
        for _ in range(3):
            clock.now += 1
            changed.append(pacer.slow_down(lane, clock.now, says_when=True))
        return changed

    assert run(work()) == [False, True, True]


def test_one_complaint_between_good_answers_begins_the_count_again() -> None:
    clock = Time()

    async def work() -> int:
        pacer = Pacer(100, clock=clock, sleep=clock.sleep)
        lane = pacer.lane("a", 0.05, 8)
        clock.now += 1
        pacer.slow_down(lane, clock.now)
        for _ in range(RECOVERY - 1):
            pacer.speed_up(lane)
        clock.now += 1
        pacer.slow_down(lane, clock.now)
        for _ in range(RECOVERY - 1):
            pacer.speed_up(lane)
        return lane.slowed

    assert run(work()) == 2


def test_a_slowed_lane_gives_its_turns_at_the_new_pace() -> None:
    clock = Time()
    starts: list[float] = []

    async def visiting(pacer: Pacer, lane: Lane) -> None:
        await pacer.turn(lane)
        starts.append(clock.now)
        if len(starts) == 3:
            clock.now += 0.001
            pacer.slow_down(lane, clock.now)
        pacer.release(lane, 0.0)

    async def work() -> None:
        pacer = Pacer(100, sleep=clock.sleep, clock=clock)
        lane = pacer.lane("a", 0.05, 8)
        await asyncio.gather(*(visiting(pacer, lane) for _ in range(8)))

    run(work())
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    assert max(gaps[:2]) < 0.06
    assert min(gaps[2:]) > 0.2 - 2 * TICK


def test_reopened_lanes_take_turns_again() -> None:
    async def work() -> None:
        pacer = Pacer(10)
        lane = pacer.lane("a")
        pacer.close(lane, "timeout", "given up")
        with pytest.raises(LaneClosedError):
            await pacer.turn(lane)
        pacer.reopen()
        await pacer.turn(lane)
        pacer.release(lane, 0.0)

    run(work())

"""A host's questions are all served, by no more tasks than there are turns to be had."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from holdfast.check.crew import Crew


class Turns:
    """Gives turns to so many at once, and writes down who waited and who was served."""

    def __init__(self, at_once: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self.waiting = self.most_waiting = 0
        self.busy = self.most_busy = 0
        self.served: list[int] = []

    async def serve(self, item: int, began: Callable[[], object]) -> None:
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        async with self._places:
            self.waiting -= 1
            began()
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
            await asyncio.sleep(0.001 * (item % 3))
            self.busy -= 1
        self.served.append(item)


@pytest.mark.parametrize("items", [0, 1, 2, 7, 50])
@pytest.mark.parametrize("at_once", [1, 3, 100])
@pytest.mark.parametrize("most", [1, 2, 8])
def test_all_are_served_by_as_many_as_get_turns(items: int, at_once: int, most: int) -> None:
    async def work() -> Turns:
        turns = Turns(at_once)
        await Crew(list(range(items)), turns.serve, most, asyncio.Event()).work()
        return turns

    turns = asyncio.run(work())
    assert sorted(turns.served) == list(range(items))
    assert turns.most_busy <= min(at_once, most)
    if items == 50:
        assert turns.most_busy == min(at_once, most)


def test_one_who_waits_is_enough() -> None:
    async def work() -> tuple[int, int]:
        turns, before = Turns(0), len(asyncio.all_tasks())
        crew = asyncio.create_task(Crew(list(range(1000)), turns.serve, 24, asyncio.Event()).work())
        await asyncio.sleep(0.01)
        found = turns.waiting, len(asyncio.all_tasks()) - before
        crew.cancel()
        await asyncio.gather(crew, return_exceptions=True)
        return found

    assert asyncio.run(work()) == (1, 1)


def test_what_is_stopped_begins_nothing_more() -> None:
    async def work() -> list[int]:
        turns, stopped = Turns(2), asyncio.Event()

        async def serve(item: int, began: Callable[[], object]) -> None:
            await turns.serve(item, began)
            if len(turns.served) == 5:
                stopped.set()

        items = list(range(100))
        await Crew(items, serve, 2, stopped).work()
        assert len(items) + len(turns.served) == 100
        return turns.served

    assert 5 <= len(asyncio.run(work())) <= 7


@pytest.mark.parametrize("bad", range(4))
def test_what_one_raises_is_raised_and_leaves_nobody_behind(bad: int) -> None:
    async def work() -> int:
        async def serve(item: int, began: Callable[[], object]) -> None:
            began()
            await asyncio.sleep(0.001)
            if item == bad:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await Crew(list(range(4)), serve, 4, asyncio.Event()).work()
        return len(asyncio.all_tasks())

    assert asyncio.run(work()) == 1

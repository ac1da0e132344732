"""Those who ask one host: no more of them than there are turns to be had.

Asks nothing itself. Each of a thousand hosts with twenty who wait would be twenty thousand tasks; one who
waits for the host's next turn is enough, and when he has got it somebody else waits for the one after that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

Serve: TypeAlias = Callable[[T, Callable[[], object]], Awaitable[None]]
"""Serves one item, and calls once what it is given: when its turn has come, or when there will be none."""


class Crew(Generic[T]):
    """Serves the items of one host, from the last to the first."""

    def __init__(self, items: list[T], serve: Serve[T], most: int, stopped: asyncio.Event) -> None:
        """``most``: so many items at once; ``stopped``: begin no more of them. ``items`` is emptied."""
        self._items = items
        self._serve = serve
        self._more = most - 1
        """So many more may join."""
        self._stopped = stopped
        self._waiting = 0
        """Those of them who wait for a turn."""
        self._joined: list[asyncio.Task[None]] = []

    async def work(self) -> None:
        """Serve them all; where one fails, end the others and raise what it raised."""
        try:
            await self._work()
            for task in self._joined:  # grows meanwhile
                await task
        except BaseException:
            for task in self._joined:
                task.cancel()
            await asyncio.gather(*self._joined, return_exceptions=True)
            raise

    async def _work(self) -> None:
        while self._items and not self._stopped.is_set():
            self._waiting += 1
            await self._serve(self._items.pop(), self._began)

    def _began(self) -> None:
        self._waiting -= 1
        if self._waiting == 0 and self._items and self._more > 0:
            self._more -= 1
            self._joined.append(asyncio.create_task(self._work()))

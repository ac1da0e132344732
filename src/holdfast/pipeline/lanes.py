"""Serve many URLs host by host, so that one slow host never keeps the others waiting."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from .. import urls
from ..fetch.fetcher import Fetcher

T = TypeVar("T")


async def serve_by_host(
    fetcher: Fetcher,
    items: Iterable[T],
    url_of: Callable[[T], str],
    serve: Callable[[T], Awaitable[None]],
    *,
    stopped: Callable[[], bool],
) -> None:
    """Serve every item in order, as many of each host at once as are worth it; return when all have ended, or
    were stopped."""
    lanes: defaultdict[str, list[T]] = defaultdict(list)
    for item in items:
        lanes[urls.host(url_of(item))].append(item)
    for lane in lanes.values():
        lane.reverse()
    fetcher.expect({host: len(lane) for host, lane in lanes.items()})

    async def work(lane: list[T]) -> None:
        while lane and not stopped():
            await serve(lane.pop())

    workers = [
        asyncio.create_task(work(lane))
        for host, lane in lanes.items()
        for _ in range(min(len(lane), fetcher.at_once(host)))
    ]
    try:
        await asyncio.gather(*workers)
    except BaseException:
        fetcher.stop()
        await asyncio.gather(*workers, return_exceptions=True)
        raise

"""Fetch every URL of a list with holdfast's own fetcher: ``python -m tests.benchmarks.fetching LIST [CA]``.

Prints how many came; the row proves by it that all were asked for.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from holdfast.config import Network, NetworkLimits
from holdfast.fetch.fetcher import Fetched, Fetcher
from holdfast.looping import run
from holdfast.model import Head
from holdfast.urls import host

WORKERS = 256


async def _receive(head: Head, body: AsyncIterator[bytes]) -> int:
    async for _ in body:
        pass
    return head.status


async def _fetch(urls: list[str], authority: Path | None) -> int:
    """How many of the URLs were answered with 200."""
    limits = NetworkLimits(concurrency=WORKERS, host_concurrency=128, host_interval=0.0)
    network = Network(limits=limits, ca_file=authority, proxy="", allow_private=("*",))
    waiting, good = iter(urls), 0

    async def work(fetcher: Fetcher) -> None:
        nonlocal good
        for url in waiting:
            answer = await fetcher.fetch(url, _receive, max_bytes=1 << 20)
            good += isinstance(answer, Fetched) and answer.value == 200

    async with Fetcher(network) as fetcher:
        fetcher.expect(Counter(map(host, urls)))  # as the pipeline does
        await asyncio.gather(*(work(fetcher) for _ in range(WORKERS)))
    return good


if __name__ == "__main__":
    listed = Path(sys.argv[1]).read_text().split()
    print(run(_fetch(listed, Path(sys.argv[2]) if len(sys.argv) > 2 else None)), "came", flush=True)
    os._exit(0)  # as the command line ends: see holdfast.__main__

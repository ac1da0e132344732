"""The event loop of a run, and Ctrl-C in it. Knows no stage."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine on the fastest event loop there is here."""
    try:
        from uvloop import new_event_loop
    except ImportError:  # Windows
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


async def pause(
    seconds: float, stopped: asyncio.Event, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> None:
    """Sleep, but not past the end of the run."""
    if seconds <= 0:
        return
    sleeping = asyncio.ensure_future(sleep(seconds))
    ended = asyncio.ensure_future(stopped.wait())
    try:
        await asyncio.wait((sleeping, ended), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
        ended.cancel()


@contextmanager
def stopping(end: Callable[[], object]) -> Iterator[None]:
    """The first Ctrl-C calls ``end``, which lets nothing new begin; the second stops the program."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        end()
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        loop.add_signal_handler(signal.SIGINT, stop)
    except (NotImplementedError, RuntimeError, ValueError):
        # Windows, or not the main thread: Ctrl-C then ends the run at once, and nothing is lost either.
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)

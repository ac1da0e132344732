"""Whether work takes time in proportion to its input: by the processor's clock, at two sizes."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

TIMES = 9
"""Four times the size may take so many times as long: a quadratic reader takes sixteen times, and what else
the machine does falls on both."""
LEAST = 0.05
"""Seconds below which nothing is compared, unless a test knows that its work is shorter."""
_TRIES = 3


@contextmanager
def alone() -> Iterator[None]:
    """What other tests left in memory is out of the collector's sight: it would walk through all of it, and
    more often the more a run makes. Garbage is collected afterwards: to do so here would be that same
    walk, for each of hundreds of tests."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def user_seconds() -> float:
    """Seconds of the processor outside the kernel so far; good for work of a tenth of a second and more.

    For work on tens of megabytes: blocks of more than 32 MiB malloc takes from the kernel each time, page by
    page, and smaller ones it keeps, so the kernel's time is in no proportion to the size, least of all on a
    busy machine.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def seconds(work: Callable[[T], object], data: T, clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of the processor."""
    begun = clock()
    work(data)
    return clock() - begun


def too_slow(
    work: Callable[[T], object],
    small: T,
    large: T,
    least: float = LEAST,
    clock: Callable[[], float] = time.process_time,
) -> tuple[float, float] | None:
    """The seconds for both where ``large``, of four times the size, takes too long; what is slow once is
    measured again. None when the time is in proportion."""
    figures = (0.0, 0.0)
    for _ in range(_TRIES):
        most = seconds(work, large, clock)
        if most <= TIMES * least:  # whatever the smaller one takes
            return None
        figures = seconds(work, small, clock), most
        if most <= TIMES * figures[0]:
            return None
    return figures

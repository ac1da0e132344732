"""Make the files of a copy, in this process or in several, in batches; what comes is in the order of what was
asked.

Knows no file. A small site is made in this process, for each of the others takes a fifth of a second to
start.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import Self

from .making import Brief, Job, Made, Maker
from .processes import Processes, worthwhile

_BATCH = 8
"""Files that are asked for at once: to ask costs 0.1 ms, and the last batch keeps one process busy alone."""
_AHEAD = 4
"""Batches for each process that are under way or done before they are taken."""
_WORTH = 8 * 1024 * 1024
"""Bytes of text for which another process is worth its start: about what one makes in a second."""


def processes(size: int) -> int:
    """How many are worth their start for ``size`` bytes of text; 0: none but this one."""
    return worthwhile(size, _WORTH)


class Crew:
    """A context manager; the processes end with it."""

    def __init__(self, brief: Brief, count: int) -> None:
        """``count``: processes besides this one; 0 for none."""
        self._brief = brief
        self._own: Maker | None = None
        self._remote: Mapping[str, str] = {}
        self._others = Processes(brief, count) if count else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._others is not None:
            self._others.end()

    def tell(self, remote: Mapping[str, str]) -> None:
        """See `Maker.tell`: all of them know it for what is asked from now on."""
        self._remote = remote
        if self._own is not None:
            self._own.tell(remote)
        if self._others is not None:
            self._others.tell(dict(remote))

    def look(self, jobs: Iterable[Job]) -> Iterator[Made]:
        """See `Maker.look`.

        Raises:
            OSError: a file cannot be read.
            DiskError: the disk refused.
        """
        return self._each("look", jobs)

    def make(self, jobs: Iterable[Job]) -> Iterator[Made]:
        """See `Maker.make`.

        Raises:
            OSError: a file cannot be read.
            DiskError: the disk refused.
        """
        return self._each("make", jobs)

    def _each(self, method: str, jobs: Iterable[Job]) -> Iterator[Made]:
        others = self._others
        if others is None:
            work: Callable[[Job], Made] = getattr(self._maker(), method)
            yield from map(work, jobs)
            return
        left = iter(jobs)
        under_way: deque[Future[list[Made]]] = deque()
        while True:
            while len(under_way) < _AHEAD * others.count:
                batch = list(itertools.islice(left, _BATCH))
                if not batch:
                    break
                under_way.append(others.ask(method, batch, [job.path for job in batch]))
            if not under_way:
                return
            yield from under_way.popleft().result()

    def _maker(self) -> Maker:
        if self._own is None:
            self._own = Maker(self._brief)
            self._own.tell(self._remote)
        return self._own

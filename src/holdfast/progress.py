"""What a running command shows on stderr: a live line on a terminal, plain lines on request, else nothing.

Decides nothing: the stages call it, the command line chooses which one. rich is imported only when
something is drawn.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


class Progress:
    """The silent one, and the interface of the others."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def stage(self, name: str, total: int | None = None) -> None:
        """A stage begins; ``total`` is how many steps it has, when that is known."""

    def step(self, count: int = 1, received: int = 0) -> None:
        """``count`` steps of the stage are done, and ``received`` bytes came from the network."""

    def trouble(self, host: str, what: str) -> None:
        """A host makes difficulties: retries, waits, failures."""

    def say(self, text: str, level: int = 0) -> None:
        """A line for the log; ``level`` 1 is shown with ``-v``, 2 with ``-vv``."""


class Lines(Progress):
    """One line per event, for logs."""

    def __init__(self, verbose: int) -> None:
        self._verbose = verbose

    def stage(self, name: str, total: int | None = None) -> None:
        if total != 0:
            self.say(f"{name}{f' ({total:,})' if total is not None else ''}", 1)

    def trouble(self, host: str, what: str) -> None:
        self.say(f"{host}: {what}", 1)

    def say(self, text: str, level: int = 0) -> None:
        if level <= self._verbose:
            sys.stderr.write(f"holdfast: {text}\n")


class Live(Progress):
    """A bar with documents, URLs, bytes and the hosts that make trouble."""

    _REDRAW = 0.1
    """Seconds between two redraws: more would cost time, less would look frozen."""

    def __init__(self, verbose: int, *, colour: bool) -> None:
        self._verbose = verbose
        self._colour = colour
        self._bar: RichProgress | None = None
        self._task: Any = None
        self._troubles: Counter[str] = Counter()
        self._pending = 0
        self._received = 0
        self._drawn = 0.0

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True, no_color=not self._colour, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description:<9}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[bytes]}"),
            TimeElapsedColumn(),
            TextColumn("[yellow]{task.fields[trouble]}"),
            console=console,
            transient=True,
        )
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def stage(self, name: str, total: int | None = None) -> None:
        if self._bar is None:
            return
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._pending = 0
        self._task = self._bar.add_task(name, total=total, bytes="", trouble="")

    def step(self, count: int = 1, received: int = 0) -> None:
        self._pending += count
        self._received += received
        now = time.monotonic()
        if self._bar is None or self._task is None or now - self._drawn < self._REDRAW:
            return
        self._drawn = now
        from .words import size

        worst = ", ".join(f"{host} ×{number}" for host, number in self._troubles.most_common(3))
        self._bar.update(
            self._task,
            advance=self._pending,
            bytes=size(self._received) if self._received else "",
            trouble=worst,
        )
        self._pending = 0

    def trouble(self, host: str, what: str) -> None:
        self._troubles[host] += 1
        self._drawn = 0.0  # a host in trouble is shown at once
        self.step(0)
        self.say(f"{host}: {what}", 1)

    def say(self, text: str, level: int = 0) -> None:
        if level <= self._verbose and self._bar is not None:
            from rich.text import Text

            self._bar.console.print(Text(f"holdfast: {text}"))

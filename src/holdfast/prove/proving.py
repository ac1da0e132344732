"""`prove`: a finished copy, a browser without a network, and a report of what came of it.

Reads the copy and writes into the report's folder only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..progress import Progress
from . import judging, report
from .browser import Browsers, Limits, View, ready, started, views
from .comparing import difference
from .seen import Attempt, Fault, Look, Proof, Trouble
from .serving import served

if TYPE_CHECKING:
    from .looking import Task


def prove(
    copy: Path,
    *,
    pages: Sequence[str],
    online: Mapping[str, str] | None = None,
    full: bool = False,
    out: Path,
    progress: Progress | None = None,
    of: int | None = None,
    limits: Limits | None = None,
    refused: Collection[str] = (),
) -> Proof:
    """Open ``pages`` (paths in ``copy``); write ``proof.html``, ``proof.json`` and screenshots to ``out``.

    ``online`` maps a page to its URL in the network, to compare with; ``of``: how many pages the copy has.
    ``refused``: files of the copy that are known to be refused from ``file:``, which the reader was told.
    Ctrl-C ends the browser and is raised on.

    Raises:
        UsageError: Chromium or its driver is missing; nothing was done.
        OSError: ``out`` cannot be written.
    """
    began = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    run = _Run(copy.resolve(), out, limits or Limits(), progress or Progress())
    looks = [judging.with_limits(each, refused) for each in run.all(pages, tuple(views(full)), online or {})]
    proof = judging.proof(
        looks,
        browser=run.version,
        seconds=time.monotonic() - began,
        pages=len(pages) if of is None else of,
        own_requests=run.own_requests,
    )
    (out / "proof.json").write_text(report.json(proof), encoding="utf-8")
    (out / "proof.html").write_text(report.html(proof), encoding="utf-8")
    return proof


def count_remote(
    folder: Path, pages: Sequence[str], *, progress: Progress | None = None, limits: Limits | None = None
) -> dict[str, tuple[Attempt, ...]]:
    """What each page of any folder reaches for outside of it: to count what other programs left remote.

    Raises:
        UsageError: Chromium or its driver is missing.
    """
    run = _Run(folder.resolve(), None, limits or Limits(), progress or Progress())
    return {look.page: look.attempts for look in run.all(pages, tuple(views(False)), {})}


class _Run:
    """One run over pages and views."""

    def __init__(self, copy: Path, out: Path | None, limits: Limits, progress: Progress) -> None:
        self._copy = copy
        self._out = out
        self._limits = limits
        self._progress = progress
        self.version = ""
        self.own_requests: list[str] = []

    def all(self, pages: Sequence[str], each_in: Sequence[View], online: Mapping[str, str]) -> list[Look]:
        """Every page in every view, in the order given."""
        ready()
        from .looking import Task

        tasks = [
            Task(page, view, number, online.get(page))
            for number, page in enumerate(pages, 1)
            for view in each_in
        ]
        self._progress.stage("prove", len(tasks))
        with ExitStack() as stack:
            own = stack.enter_context(served(self._copy)) if any(view.served for view in each_in) else ""
            return asyncio.run(self._looks(tasks, own))

    async def _looks(self, tasks: Sequence[Task], own: str) -> list[Look]:
        looks: dict[Task, Look] = {}
        ends = time.monotonic() + self._limits.total
        async with started(self._limits) as browsers:
            waiting = list(reversed(tasks))
            again: list[Task] = []

            async def work() -> None:
                while waiting:
                    task = waiting.pop()
                    look = await self._one(browsers, task, own, ends)
                    if look is None:
                        again.append(task)
                    else:
                        looks[task] = look

            async with asyncio.TaskGroup() as group:
                for _ in range(self._limits.at_once):
                    group.create_task(work())
            # The browser ended under these. Alone, it shows which of them made it end.
            for task in again:
                ended = Look(
                    task.page, task.view.name, troubles=(Trouble(Fault.CRASHED, "the browser ended"),)
                )
                looks[task] = await self._one(browsers, task, own, ends) or ended
            self.version, self.own_requests = browsers.version, browsers.own_requests
        return [looks[task] for task in tasks]

    async def _one(self, browsers: Browsers, task: Task, own: str, ends: float) -> Look | None:
        """One look with its comparison; None when the browser ended under it."""
        from .looking import BrowserEnded, look

        if time.monotonic() > ends:
            late = Trouble(Fault.UNSEEN, f"the proof's {self._limits.total:g} seconds have passed")
            return Look(task.page, task.view.name, troubles=(late,))
        try:
            seen = await look(browsers, task, self._copy, self._out, self._limits, own)
        except BrowserEnded:
            return None
        if task.online is not None and self._out is not None and seen.screenshot is not None:
            seen = await self._compared(browsers, task, seen, self._out)
        self._progress.step()
        return seen

    async def _compared(self, browsers: Browsers, task: Task, look: Look, out: Path) -> Look:
        from playwright.async_api import Error as BrowserError

        from .looking import screenshot_online

        assert look.screenshot is not None
        try:
            online = await screenshot_online(browsers, task, self._limits)
        except (BrowserError, TimeoutError) as error:
            words = str(error).partition("\n")[0][:300] or "it did not answer in time"
            trouble = Trouble(Fault.UNCOMPARED, words)
            return msgspec.structs.replace(look, troubles=(*look.troubles, trouble))
        name = f"{task.number:03}-{task.view.name}-online.png"
        (out / name).write_bytes(online)
        apart = await asyncio.to_thread(difference, (out / look.screenshot).read_bytes(), online)
        return msgspec.structs.replace(look, online=name, difference=apart)

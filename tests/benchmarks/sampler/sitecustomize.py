"""Sample what this process runs: Python itself imports a module of this name, from PYTHONPATH, as it starts.

After each millisecond of the processor's time the main thread notes in which function of ours it is, itself
or by what that one calls. Where the time went to other threads, as to the HTTP engine's, it notes that.
A note is one line and one write, so that whoever ends the process, and how, loses none.
"""

from __future__ import annotations

import os
import signal
import time
from types import FrameType

INTERVAL = 0.001
"""Seconds of the processor, of all threads; the kernel may have a coarser tick."""


def _begin(folder: str, package: str) -> None:
    """Write notes into ``folder``; ours is what is in ``package``."""
    ours = package + os.sep
    notes = os.open(f"{folder}/{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
    before = (time.thread_time_ns(), time.process_time_ns())

    def note(_signal: int, frame: FrameType | None) -> None:
        nonlocal before
        now = (time.thread_time_ns(), time.process_time_ns())
        here, whole = now[0] - before[0], now[1] - before[1]
        before = now
        place = _place(frame, ours) if 2 * here >= whole else "other threads"
        os.write(notes, f"{whole} {place}\n".encode())

    signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)


def _place(frame: FrameType | None, ours: str) -> str:
    """The innermost function of ours, ``module function``."""
    first = frame
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(ours):
            return f"{path.removeprefix(ours)} {frame.f_code.co_qualname}"
        frame = frame.f_back
    starting = first is None or "importlib" in first.f_code.co_filename
    return "start and imports" if starting else "other Python"


if folder := os.environ.get("HOLDFAST_SAMPLES"):
    _begin(folder, os.environ["HOLDFAST_PACKAGE"])

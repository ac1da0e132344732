"""When an earlier answer still counts, and when a broken link is broken for long enough to fail a run.

Knows no clock: the moment is given.
"""

from __future__ import annotations

from datetime import datetime

from ..model import Verdict
from .remembered import Remembered

GOOD = frozenset({Verdict.OK.value, Verdict.REDIRECTED.value})


def fresh(known: Remembered, most: float, moment: str) -> bool:
    """Whether a good answer is at most ``most`` seconds old; a bad one is always asked again.

    An answer from the future (a clock that went back, another machine's) counts as no answer.
    """
    if known.verdict not in GOOD or most <= 0:
        return False
    age = _seconds_between(known.checked, moment)
    return age is not None and 0 <= age <= most


def in_grace(known: Remembered, grace: tuple[int, float], moment: str) -> bool:
    """Whether there have not yet been so many failures in a row, over at least that time (seconds)."""
    failures, seconds = grace
    if known.failures < failures:
        return True
    since = _seconds_between(known.first_failed or moment, moment)
    return since is not None and since < seconds


def _seconds_between(earlier: str, later: str) -> float | None:
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (ValueError, TypeError):  # another program's idea of a time
        return None

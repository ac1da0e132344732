"""``--history FILE``: what fails, as sorted text that outlives the caches of a CI system.

The memory is rebuilt from it. Knows no document and asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec

from .. import disk as disks
from .. import urls
from ..disk import Disk
from ..model import Verdict
from . import lines
from .remembered import Remembered, joined


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    url: str
    reason: str = ""
    status: int | None = None
    first_failed: str
    last: str
    failures: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 1


def load(path: Path, notices: list[str] | None = None) -> list[Remembered]:
    """What the file tells, sorted by URL; nothing where there is none yet.

    A last line that was cut off is told in ``notices``.

    Of several lines for one URL, as a union merge leaves them, the longest row of failures counts.

    Raises:
        HoldfastError: it cannot be read.
    """
    known: dict[str, Remembered] = {}
    for line in lines.read(path, "history", _Line, missing_ok=True, notices=notices):
        told = Remembered(
            urls.without_credentials(line.url),
            Verdict.BROKEN.value,
            line.reason,
            line.status,
            checked=line.last,
            first_failed=line.first_failed,
            failures=max(1, line.failures),
        )
        known[told.url] = joined(known.get(told.url), told)
    return [known[url] for url in sorted(known)]


def save(path: Path, failing: Iterable[Remembered], disk: Disk = disks.SYSTEM) -> None:
    """Write what fails; the same failures give the same bytes.

    Raises:
        DiskError: the disk refused.
    """
    records = {
        known.url: _Line(
            url=known.url,
            reason=known.reason,
            status=known.status,
            first_failed=known.first_failed or known.checked,
            last=known.checked,
            failures=known.failures,
        )
        for known in failing
        if known.failures
    }
    lines.write(path, "history", (records[url] for url in sorted(records)), disk)

"""The rows of growth: the same work ten and a hundred times, so that the table shows time and memory grow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import material
from .measuring import Contestant
from .work import ASKING, HASTY, Bench, Goal, Row, afresh, caching, holdfast, says

_EACH = 1000
"""References of a document."""
_DOCUMENTS = (10, 100, 1000)
_HOSTS = 64
_WHAT = "references"
_SLOWER = 1.3
"""So many times the time of each reference at most, where there are ten times as many."""


def _name(documents: int) -> str:
    return f"{documents * _EACH:,} {_WHAT}"


def _dense(bench: Bench, arguments: Sequence[str], count: str) -> Iterator[Contestant]:
    """Documents that hold nothing but references, all of them different."""
    for documents in _DOCUMENTS:
        site, written = bench.folder / str(documents), bench.some(documents)
        material.dense(site, written, _EACH)
        yield Contestant(
            _name(documents),
            holdfast(*arguments, "--root", site),
            env=caching(bench),
            before=afresh(None, bench.folder / "cache"),
            proof=says(count, written * _EACH),
            amount=written * _EACH,
            what=_WHAT,
        )


def _check(bench: Bench) -> Iterator[Contestant]:
    """Links, all of them different, to 64 hosts that answer at once."""
    server = bench.serve(hosts=_HOSTS)
    for documents in _DOCUMENTS:
        site, written = bench.folder / str(documents), bench.some(documents)
        site.mkdir()
        for number in range(written):
            rows = (
                f"- [{index}]({server.url(f'/page/{number}/{index}', host=(number + index) % _HOSTS)})\n"
                for index in range(_EACH)
            )
            (site / f"{number:05}.md").write_text("".join(rows))
        yield Contestant(
            _name(documents),
            holdfast("check", "--root", site, *ASKING, *HASTY),
            cwd=site,
            proof=says(r"([\d,]+) ok", written * _EACH),
            amount=written * _EACH,
            what=_WHAT,
        )


_HUNDREDTH, _TENTH, _WHOLE = map(_name, _DOCUMENTS)
_GOALS = (Goal("MiB", 1024, of=_WHOLE), Goal(_TENTH, _SLOWER, of=_WHOLE, each=True))

ROWS: Sequence[Row] = (
    Row(
        "growth-check",
        f"check ever more {_WHAT}, each to another page",
        _GOALS,
        _check,
        alike=False,
        runs=1,
        warm_up=0,
    ),
    Row(
        "growth-scan",
        f"scan ever more {_WHAT}",
        _GOALS,
        lambda bench: _dense(bench, ["scan"], r"([\d,]+) references"),
        alike=False,
        runs=1,
        warm_up=0,
    ),
    Row(
        "growth-archive",
        f"plan ever more {_WHAT} (archive --dry-run)",
        _GOALS,
        lambda bench: _dense(bench, ["archive", "--dry-run"], r"([\d,]+) references"),
        alike=False,
        runs=1,
        warm_up=0,
    ),
)

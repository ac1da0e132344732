"""The row of the simulated web: every verdict is compared with the truth, the time with what is polite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from tests.web import Kind, Manners, Web, serving

from .measuring import Contestant, Ran, WorkNotDoneError
from .work import Bench, Goal, Row, holdfast

_HOSTS, _LONGEST = 300, 250
_LEAST = (45, 8)
"""Hosts, and links of the largest: enough for every kind of fault."""
_MANNERS = Manners()
_WHOLE = Web.made(_HOSTS, _LONGEST)
_LATENESS = 1.1
"""Of the bound."""


class _Told(msgspec.Struct):
    """What a report says of one URL, as far as it is judged here."""

    url: str
    verdict: str
    reason: str | None = None


class _Report(msgspec.Struct):
    results: list[_Told]


def _web(bench: Bench) -> Iterator[Contestant]:
    shape = (max(_LEAST[0], bench.some(_HOSTS)), max(_LEAST[1], bench.some(_LONGEST)))
    web = Web.made(*shape)
    server = bench.stack.enter_context(serving(*shape))
    truth = web.truth()
    document, report = bench.folder / "links.md", bench.folder / "report.json"
    document.write_text("".join(f"<{url}>\n" for url in truth))
    manners = (
        *("--host-interval", str(_MANNERS.interval), "--host-concurrency", str(_MANNERS.at_once)),
        *("--timeout", str(_MANNERS.timeout), "--retries", str(_MANNERS.retries)),
        *("--second-look", f"{_MANNERS.second_look}s", "--no-memory", "--proxy", ""),
    )
    detours = [word for value in server.connect_to(web) for word in ("--connect-to", value)]

    def before() -> None:
        report.unlink(missing_ok=True)
        server.begin_anew()

    yield Contestant(
        "holdfast check",
        holdfast(
            *("check", document, "--root", bench.folder, "--ca-file", server.authority),
            *(*manners, *detours, "--format", f"json={report}"),
        ),
        before=before,
        proof=lambda ran: compare(ran, report, truth),
    )


def compare(ran: Ran, report: Path, truth: Mapping[str, Kind]) -> None:
    """Whether a run told the truth about every URL, and nothing else.

    Raises:
        WorkNotDoneError: it did not; some of what differs is named.
    """
    if ran.code != 2:
        raise WorkNotDoneError(f"exit code {ran.code}, and there are dead links: {ran.output[-600:]}")
    told = msgspec.json.decode(report.read_bytes(), type=_Report).results
    found = {each.url: (each.verdict, each.reason or "") for each in told}
    wrong = [
        f"{url} is {kind.verdict} {kind.reason}".rstrip() + f", not {' '.join(found.get(url, ('told of',)))}"
        for url, kind in truth.items()
        if found.get(url) != (kind.verdict, kind.reason)
    ]
    if wrong or len(told) != len(truth):
        raise WorkNotDoneError(f"{len(wrong)} of {len(truth)} verdicts are wrong: {'; '.join(wrong[:8])}")


_BOUND = _WHOLE.bound(_MANNERS)
ROW = Row(
    "web",
    f"check {len(_WHOLE.truth()):,} links on {_HOSTS} TLS hosts, {_WHOLE.told()}: tell the truth of each, "
    f"in {_LATENESS:g} times what is polite, {_BOUND:.2f} s",
    [Goal("s", round(_LATENESS * _BOUND, 2))],
    _web,
    warm_up=0,
)

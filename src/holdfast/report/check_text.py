"""A check for a person at a terminal: what is broken and where, what to do, and the rest in few lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from ..results import CheckedUrl, CheckResult, Place
from ..words import count, legible, shorten, visible
from . import findings
from .table import align
from .text import leads_to, notices_of, warnings_of

_PLACES = 3
_MOST = 1000
"""Findings told one by one."""
_ROWS = 20
"""Rows of a section that does not fail the run."""


def render(result: CheckResult) -> str:
    """What fails the run, then what does not, then the totals and what to do next."""
    failing = findings.failing(result)
    lines = warnings_of(result.warnings) + notices_of(result.notices)
    lines += _failing(failing)
    lines += _tolerated(findings.tolerated(result))
    lines += _unverified(findings.unverified(result))
    lines += _moved(findings.moved(result))
    lines += _revived(result)
    lines += _reasons(failing)
    lines += _conclusion(result)
    return "\n".join(lines) + "\n"


# -- what fails the run ---------------------------------------------------------------------------------


def _failing(failing: Sequence[CheckedUrl]) -> list[str]:
    everywhere, single = findings.apart(failing)
    advise = len(failing) <= findings.FEW
    lines: list[str] = []
    for checked in everywhere[:_MOST]:
        lines += [*_finding(checked, checked.locations, advise), ""]
    room = _MOST - len(everywhere)
    for _, items in findings.by_document(single):
        for checked, places in items[: max(room, 0)]:
            lines += _finding(checked, places, advise)
        if room > 0:
            lines.append("")
        room -= len(items)
    if room < 0:
        lines += [f"… and {count(-room, 'more finding', 'more findings')} (--format json lists all)", ""]
    return lines


def _finding(checked: CheckedUrl, places: Sequence[Place], advise: bool) -> list[str]:
    url = visible(shorten(legible(checked.url)))
    shown = [visible(str(place)) for place in places[:_PLACES]] or ["(no place)"]
    lines = [f"{line}  {url}" for line in align([(each,) for each in shown], "<")]
    if len(places) > _PLACES:
        documents = len({place.path for place in places})
        among = f" in {documents:,} documents" if documents > 1 else ""
        lines.append(f"… and {count(len(places) - _PLACES, 'more place', 'more places')}{among}")
    lines.append(f"    {_why(checked)}")
    if findings.hint(checked) and (advise or findings.is_own(checked)):
        lines.append(f"    → {visible(shorten(findings.hint(checked), 200))}")
    return lines


def _why(checked: CheckedUrl) -> str:
    return visible(shorten(findings.why(checked), 240))


def _reasons(failing: Sequence[CheckedUrl]) -> list[str]:
    """Of many findings: how many of which sort, on which hosts, and what to do about each sort."""
    if len(failing) <= findings.FEW:
        return []
    lines = []
    for code, number in findings.by_reason(failing):
        lines.append(f"{number:,} × {findings.meaning(code)} [{code}]")
        if findings.advice(code):
            lines.append(f"    → {findings.advice(code)}")
    lines.append("")
    hosts = Counter(leads_to(each.url) for each in failing).most_common()
    table = [("links", "host")]
    table += [(f"{number:,}", visible(shorten(name, 48))) for name, number in _ranked(hosts)[:_ROWS]]
    lines += align(table, "><")
    if len(hosts) > _ROWS:
        lines.append(f"… and {count(len(hosts) - _ROWS, 'more host', 'more hosts')}")
    return [*lines, ""]


def _ranked(counts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda item: (-item[1], item[0]))


# -- what does not --------------------------------------------------------------------------------------


def _tolerated(tolerated: Sequence[CheckedUrl]) -> list[str]:
    if not tolerated:
        return []
    lines = [f"{count(len(tolerated), 'link')} broken, and tolerated:"]
    for checked in tolerated[:_ROWS]:
        lines.append(f"  {_first_place(checked)}  {visible(shorten(legible(checked.url)))}")
        lines.append(f"      {findings.meaning(findings.code(checked))}; {visible(findings.excuse(checked))}")
    return [*lines, *_more(len(tolerated)), ""]


def _unverified(unverified: Sequence[CheckedUrl]) -> list[str]:
    if not unverified:
        return []
    groups: defaultdict[tuple[str, str], list[CheckedUrl]] = defaultdict(list)
    for checked in unverified:
        groups[leads_to(checked.url), findings.code(checked)].append(checked)
    rows = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    table = [
        (
            f"  {len(group):,}",
            visible(shorten(name, 48)),
            f"{findings.meaning(code)} [{code}]",
            f"{_first_place(group[0])}" + (" …" if len(group) > 1 or len(group[0].locations) > 1 else ""),
        )
        for (name, code), group in rows[:_ROWS]
    ]
    lines = [f"{count(len(unverified), 'link')} that no program can verify:", *align(table, "><<<")]
    lines += _more(len(rows), "group")
    own = [checked for checked in unverified if findings.is_own(checked)]
    for checked in own[:_ROWS]:
        named = f"{_first_place(checked)}  {visible(shorten(legible(checked.url)))}"
        lines.append(f"  → {named}: {visible(shorten(findings.hint(checked), 200))}")
    lines += _more(len(own), "hint")
    codes = [code for (_, code), group in rows if not all(map(findings.is_own, group))]
    for code in dict.fromkeys(codes):
        if findings.advice(code):
            lines.append(f"  → {code}: {findings.advice(code)}")
    return [*lines, ""]


def _moved(moved: Sequence[CheckedUrl]) -> list[str]:
    if not moved:
        return []
    lines = [f"{count(len(moved), 'link')} moved for good:"]
    for checked in moved[:_ROWS]:
        lines.append(f"  {_first_place(checked)}  {visible(shorten(legible(checked.url)))}")
        lines.append(f"      → {visible(shorten(legible(checked.final_url or '(unknown)')))}")
    return [*lines, *_more(len(moved)), ""]


def _revived(result: CheckResult) -> list[str]:
    if not result.revived:
        return []
    revived = result.revived
    lines = [f"{count(len(revived), 'entry', 'entries')} of the baseline not needed any more:"]
    for each in revived[:_ROWS]:
        day = findings.day(each.accepted)
        since = f", accepted on {day}" if day else ""
        what = "nothing refers to it" if each.gone else "alive again"
        where = f"{visible(each.path)}  " if each.path else ""
        lines.append(f"  {where}{visible(shorten(legible(each.url)))}  ({what}{since})")
    lines += _more(len(revived))
    return [*lines, "  → --write-baseline leaves them out", ""]


def _more(number: int, one: str = "") -> list[str]:
    if number <= _ROWS:
        return []
    left = number - _ROWS
    what = count(left, f"more {one}") if one else f"{left:,} more"
    return [f"  … and {what} (--format json lists all)"]


def _first_place(checked: CheckedUrl) -> str:
    return visible(str(checked.locations[0])) if checked.locations else "(no place)"


# -- totals ---------------------------------------------------------------------------------------------


def _conclusion(result: CheckResult) -> list[str]:
    summary = result.summary
    lines = [f"{findings.read(summary)}: {findings.totals(summary)}"]
    asked = f"  {summary.requests:,} asked over the network"
    known = f", {summary.remembered:,} known from an earlier run" if summary.remembered else ""
    lines.append(f"{asked}{known}; {summary.seconds:.1f} s")
    lines.append(findings.conclusion(result))
    if result.interrupted:
        lines.append("→ run the same command to go on")
    elif summary.failing:
        again = (
            "; `holdfast check --only failing` asks again for these alone"
            if summary.requests and result.remembers
            else ""
        )
        lines.append(f"→ correct them{again}")
        lines.append("→ or accept them for now, so that only new ones fail: --baseline FILE --write-baseline")
    elif summary.unverified and not result.strict and summary.unverified > summary.ok:
        lines.append("→ most could not be verified: --strict makes that a failure")
    return lines

"""Records as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator

from .peers import PEERS
from .records import Aim, Contest, Result, Session
from .work import MIB


def head(session: Session) -> Iterator[str]:
    """What all rows have in common."""
    machine = session.machine
    known = ", ".join(f"{name} {version}".rstrip() for name, version in session.versions.items())
    yield f"{session.date}: {machine.cores} cores ({machine.processor}), {machine.memory / (1 << 30):.0f} GiB"
    yield f"{known}; load by {session.load}; runs of each: {session.runs} at most"
    if session.scale != 1:
        yield f"only {session.scale:g} of the work that each row names: figures are not comparable"


def row(result: Result) -> Iterator[str]:
    """One row's figures, goals, and who is missing."""
    if result.not_measured:
        yield f"  not measured: {result.not_measured}"
    else:
        last = "ours is" if any(each.ratio is not None for each in result.contests) else ""
        header = f"  {'':34} {'median':>9} {'least':>9} {'CPU':>9} {'peak':>9} {last:>9}".rstrip()
        yield f"{header}   runs"
        for each in result.contests:
            yield from _contest(each)
    for goal in result.goals:
        yield f"  goal: {goal.told}: {_told(goal)}"
    for name in result.missing:
        yield f"  {name} is not here: {PEERS[name].get}"


def _contest(each: Contest) -> Iterator[str]:
    ratio = "" if each.ratio is None else f"{each.ratio:.2f} ×"
    size = f"{'<' if each.hidden else ''}{each.peak // MIB} MiB"
    yield (
        f"  {each.name:34} {each.median:>7.3f} s {each.least:>7.3f} s {each.cpu:>7.2f} s "
        f"{size:>9} {ratio:>9}   {len(each.runs)}"
    )
    if each.amount:
        yield f"  {'':34} {each.rate:>9,.5g} {each.what}/s, of {each.amount:,.0f} {each.what}"


def _told(goal: Aim) -> str:
    """A word only, since another machine, or another hour, says otherwise."""
    if goal.figure is None:
        return "cannot be told"
    return f"{goal.figure:.3g}" + ("" if goal.reached == "unknown" else f", {goal.reached}")

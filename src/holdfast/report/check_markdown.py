"""A check as Markdown: for a step's summary, a comment on a pull request, the one issue that tracks a site.

Never longer than GitHub takes. Whatever comes from outside stands in code spans, so that it links to nothing,
mentions nobody and is no markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..results import CheckedUrl, CheckResult, Place
from ..words import count, legible, shorten, visible
from . import findings
from .text import leads_to

MOST = 60_000
"""Characters; GitHub refuses an issue or a comment of more than 65,536."""
_TAIL = 400
"""Characters kept free for what closes the page."""
_KEPT = 12_000
"""Characters that what is broken leaves to the sections after it."""
_ROWS = 200
"""Entries of a section that does not fail the run."""
_PLACES = 5


def render(result: CheckResult) -> str:
    """Totals, what is broken by document, and the rest folded up."""
    failing = findings.failing(result)
    advise = len(failing) <= findings.FEW
    page = _Page(MOST - _TAIL)
    page.add("## holdfast check", "", f"**{_first_upper(findings.conclusion(result))}.**", "")
    page.add(*_totals(result))
    if not advise:
        page.add(*_reasons(failing))
    page.section("### Broken", _broken(failing, advise), keep=_KEPT)
    page.section("### Broken, and tolerated", _tolerated(findings.tolerated(result)), keep=_KEPT // 2)
    page.section("### Could not be read", _notices(result))
    unverified, moved = findings.unverified(result), findings.moved(result)
    page.folded(len(unverified), "could not be verified", _unverified(unverified))
    page.folded(len(moved), "moved for good", _moved(moved))
    page.folded(len(result.revived), "in the baseline, and not needed any more", _revived(result))
    page.folded(len(result.warnings), "said about this run", _said(result))
    return page.text()


class _Page:
    """Lines that may not pass a limit; what does not fit is counted."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lines: list[str] = []
        self._left = 0

    def add(self, *lines: str) -> bool:
        """Take these lines as one, where they fit."""
        size = sum(len(line) + 1 for line in lines)
        if size > self._room:
            return False
        self._room -= size
        self._lines += lines
        return True

    def section(self, heading: str, entries: Sequence[str], keep: int = 0) -> None:
        """A heading and its entries; nothing where there are none. ``keep``: room left to what follows."""
        self._room -= keep
        if self._opens(entries, heading):
            self._fill(entries)
            self.add("")
        self._room += keep

    def folded(self, number: int, title: str, entries: Sequence[str]) -> None:
        """Entries behind one line that says how many there are."""
        closing = "\n</details>\n"
        self._room -= len(closing) + 1
        if self._opens(entries, f"<details><summary>{number:,} {title}</summary>"):
            self._fill(entries)
            self._lines.append(closing)
        else:
            self._room += len(closing) + 1

    def _opens(self, entries: Sequence[str], heading: str) -> bool:
        """Take the heading where something fits below it."""
        if entries and len(heading) + len(entries[0]) + 3 <= self._room:
            return self.add(heading, "")
        self._left += _count(entries)
        return False

    def _fill(self, entries: Sequence[str]) -> None:
        for index, entry in enumerate(entries):
            if not self.add(entry):
                self._left += _count(entries[index:])
                return

    def text(self) -> str:
        """The page."""
        text = "\n".join(self._lines).rstrip()
        if self._left:
            more = count(self._left, "more entry", "more entries")
            text += f"\n\n… and {more}: there is no room for them here (`--format json` has all)."
        return text + "\n"


def _count(entries: Sequence[str]) -> int:
    return sum(entry.startswith("- ") for entry in entries)


def _totals(result: CheckResult) -> Iterable[str]:
    summary = result.summary
    yield f"{findings.read(summary)}; {summary.requests:,} asked over the network."
    yield ""
    names = ("ok", "redirected", "broken", "unverified", "excluded", "tolerated")
    yield f"| {' | '.join(names)} |"
    yield f"|{' ---: |' * len(names)}"
    yield f"| {' | '.join(f'{getattr(summary, name):,}' for name in names)} |"
    yield ""


def _reasons(failing: Sequence[CheckedUrl]) -> Iterable[str]:
    """Of many findings: how many of which sort, and what to do about each sort."""
    yield "| links | reason | what to do |"
    yield "| ---: | --- | --- |"
    for code, number in findings.by_reason(failing):
        yield f"| {number:,} | {findings.meaning(code)} (`{code}`) | {findings.advice(code)} |"
    yield ""


def _broken(failing: Sequence[CheckedUrl], advise: bool) -> list[str]:
    everywhere, rest = findings.apart(failing)
    entries = [f"- in {_first(checked)}: {_entry(checked, advise)}" for checked in everywhere]
    for path, items in findings.by_document(rest):
        entries.append(("\n" if entries else "") + _code(path or "in no document") + "\n")
        entries += [f"- {_at(places)}{_entry(checked, advise)}" for checked, places in items]
    return entries


def _entry(checked: CheckedUrl, advise: bool) -> str:
    told = f"{_code(shorten(legible(checked.url), 200))}: {_why(checked)}"
    if findings.is_own(checked):
        return f"{told}<br>→ {_code(shorten(checked.hint, 200))}"
    return f"{told}<br>→ {findings.hint(checked)}" if advise and findings.hint(checked) else told


def _at(places: Sequence[Place]) -> str:
    if not places:
        return ""
    lines = [f"{place.line}:{place.column}" for place in places[:_PLACES]]
    more = f" and {len(places) - _PLACES:,} more" if len(places) > _PLACES else ""
    return f"{', '.join(lines)}{more} "


def _why(checked: CheckedUrl) -> str:
    """The reason; what was seen is somebody else's text."""
    said = f"{findings.meaning(findings.code(checked))} (`{findings.code(checked)}`)"
    if checked.detail:
        said += f" {_code(shorten(legible(checked.detail), 200))}"
    if checked.failures > 1 and not checked.tolerated:
        said += f"; {findings.lasting(checked)}"
    return said


def _tolerated(tolerated: Sequence[CheckedUrl]) -> list[str]:
    return _limited(
        f"- {_code(shorten(legible(checked.url), 200))} in {_first(checked)}: {_why(checked)}; "
        f"{findings.excuse(checked)}"
        for checked in tolerated
    )


def _unverified(unverified: Sequence[CheckedUrl]) -> list[str]:
    ordered = sorted(unverified, key=lambda each: (leads_to(each.url), findings.code(each), each.url))
    return _limited(
        f"- {_code(shorten(legible(checked.url), 200))} in {_first(checked)}: {_why(checked)}"
        for checked in ordered
    )


def _moved(moved: Sequence[CheckedUrl]) -> list[str]:
    return _limited(
        f"- {_code(shorten(legible(checked.url), 200))} in {_first(checked)}"
        f" → {_code(shorten(legible(checked.final_url or 'unknown'), 200))}"
        for checked in moved
    )


def _revived(result: CheckResult) -> list[str]:
    return _limited(
        f"- {_code(shorten(legible(each.url), 200))}"
        + (f" in {_code(each.path)}" if each.path else "")
        + (": nothing refers to it" if each.gone else ": alive again")
        for each in result.revived
    )


def _said(result: CheckResult) -> list[str]:
    return _limited(f"- {_code(shorten(warning, 400))}" for warning in result.warnings)


def _notices(result: CheckResult) -> list[str]:
    severe = [notice for notice in result.notices if notice.severe]
    return _limited(f"- {_code(findings.where(notice) or '.')}: {_code(notice.message)}" for notice in severe)


def _limited(entries: Iterable[str]) -> list[str]:
    every = list(entries)
    if len(every) <= _ROWS:
        return every
    return [*every[:_ROWS], f"\n… and {len(every) - _ROWS:,} more"]


def _first(checked: CheckedUrl) -> str:
    if not checked.locations:
        return _code("no document")
    more = len(checked.locations) - 1
    return _code(str(checked.locations[0])) + (
        f" and {count(more, 'more place', 'more places')}" if more else ""
    )


def _code(text: str) -> str:
    """A code span that nothing in it can end (CommonMark 6.1)."""
    return f"`{visible(text).replace('`', chr(39)) or ' '}`"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]

"""A check as GitHub annotations: workflow commands that a runner reads from a step's output.

GitHub shows ten errors and ten warnings of a step, so the most important come first and each tells another
URL; what is left stands in the log as plain lines, which no document can turn into commands.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..results import CheckedUrl, CheckResult, DocumentNotice, Place
from ..words import count, legible, visible
from . import findings

MOST = 10
"""Annotations of one level that GitHub shows for a step."""


def render(result: CheckResult) -> str:
    """Commands, then the log, then one line that sums up."""
    severe = [notice for notice in result.notices if notice.severe]
    broken = findings.spread(findings.failing(result))
    graced = findings.spread([each for each in findings.tolerated(result) if each.tolerated == "grace"])
    told = [_of_notice(result.folder, notice) for notice in severe]
    told += [_of_url("error", result.folder, *pair) for pair in broken[: max(MOST - len(told), 0)]]
    left = broken[max(MOST - len(severe), 0) :]
    told += [_of_url("warning", result.folder, *pair) for pair in graced[:MOST]]
    left += graced[MOST:]
    lines = told
    if left:
        lines.append(f"::group::{count(len(left), 'more place', 'more places')}")
        lines += [
            _plain(f"- {place or 'given'}: {legible(checked.url)}: {findings.why(checked)}")
            for checked, place in left
        ]
        lines.append("::endgroup::")
    lines += [_plain(f"note: {warning}") for warning in result.warnings]
    lines += [
        _plain(f"- {findings.where(notice)}: {notice.message}" if notice.path else f"- {notice.message}")
        for notice in result.notices
        if not notice.severe
    ]
    lines.append(_summary(result))
    return "\n".join(lines) + "\n"


def _summary(result: CheckResult) -> str:
    summary = result.summary
    return f"holdfast: {findings.conclusion(result)}; {findings.read(summary)}: {findings.totals(summary)}"


def _of_url(level: str, folder: str, checked: CheckedUrl, place: Place | None) -> str:
    said = f"{legible(checked.url)}: {findings.why(checked)}"
    if checked.tolerated:
        said += f"; {findings.excuse(checked)}"
    if len(checked.locations) > 1:
        said += f"; in {len(checked.locations):,} places"
    lines = [visible(said)]
    if findings.hint(checked):
        lines.append(visible(f"→ {findings.hint(checked)}"))
    where: list[tuple[str, str]] = []
    if place is not None and place.path not in findings.NO_DOCUMENT:
        where = _file(folder, place.path, place.line, place.column)
    return _command(level, [*where, ("title", findings.meaning(findings.code(checked)))], "\n".join(lines))


def _of_notice(folder: str, notice: DocumentNotice) -> str:
    where = _file(folder, notice.path, notice.line, notice.column) if notice.path else []
    return _command("error", [*where, ("title", "not everything could be read")], visible(notice.message))


def _file(folder: str, path: str, line: int, column: int) -> list[tuple[str, str]]:
    places = [("file", visible(findings.below(folder, path)))]
    return [*places, ("line", str(line)), ("col", str(column))] if line else places


def _command(name: str, properties: Iterable[tuple[str, str]], message: str) -> str:
    """Escaped as the runner unescapes: properties end at ``,`` and ``:``, the command at the line's end."""
    given = ",".join(
        f"{key}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for key, value in properties
    )
    return f"::{name} {given}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _plain(text: str) -> str:
    """A line of the log; the runner's older commands (``##[error]``) are found anywhere in a line."""
    return visible(text).replace("##[", "##%5B")

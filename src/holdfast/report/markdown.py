"""Results as Markdown, for the text of a pull request."""

from __future__ import annotations

from .. import reasons
from ..results import ArchiveResult
from ..words import count, size, visible
from .text import HOST_COLUMNS, wanted


def archive(result: ArchiveResult) -> str:
    """Totals, a table per host, and the failures with their places."""
    lines = ["## holdfast", "", _sentence(result), ""]
    rows = [(name, totals) for name, totals in result.by_host.items() if totals.urls]
    if rows:
        columns = HOST_COLUMNS[result.mode]
        lines.append(f"| {' | '.join(['host', *columns])} |")
        lines.append(f"| --- |{' ---: |' * len(columns)}")
        for name, totals in sorted(rows, key=lambda item: (-item[1].urls, item[0])):
            cells = [cell(name), *(columns[column](totals) for column in columns)]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    if result.failed:
        lines += ["### Not archived", "", "| URL | reason | where |", "| --- | --- | --- |"]
        for problem in result.failed:
            row = reasons.row(problem.reason)
            where = ", ".join(f"`{cell(str(place))}`" for place in problem.locations[:5])
            if len(problem.locations) > 5:
                where += f" and {len(problem.locations) - 5} more"
            lines.append(f"| `{cell(problem.url)}` | {row.meaning} (`{problem.reason}`) | {where} |")
        lines.append("")
    lines += [f"- {cell(warning)}" for warning in result.warnings]
    for notice in result.notices:
        where = notice.path + (f":{notice.line}:{notice.column}" if notice.line else "")
        lines.append((f"- `{cell(where)}`: " if where else "- ") + cell(notice.message))
    return "\n".join(lines).rstrip() + "\n"


def _sentence(result: ArchiveResult) -> str:
    what = f"{count(result.documents, 'document')}, {count(result.urls, 'URL')} to keep"
    accepted = f", {count(result.accepted, 'loss', 'losses')} accepted" if result.accepted else ""
    failed = f"**{len(result.failed):,} failed**{accepted}"
    if result.mode == "check":
        return f"{what}: {result.held:,} held, **{len(result.failed):,} not held**{accepted}."
    changed = count(result.rewritten, "document")
    if result.mode != "archive":
        fetch = f"**{wanted(result):,} would be fetched**"
        return f"{what}: {result.held:,} held already, {fetch}, {failed}; {changed} would change."
    stored = f"**{result.stored:,} stored** ({size(result.bytes)})"
    return f"{what}: {stored}, {result.held:,} held already, {failed}; {changed} rewritten."


def cell(text: str) -> str:
    """Text that cannot end its table cell or its code span."""
    return visible(text).replace("|", "\\|").replace("`", "'")

"""Results as Markdown, for the text of a pull request."""

from __future__ import annotations

from .. import reasons
from ..results import ArchiveResult
from .words import count, size, visible


def archive(result: ArchiveResult) -> str:
    """Totals, a table per host, and the failures with their places."""
    lines = ["## holdfast", "", _sentence(result), ""]
    rows = [(name, totals) for name, totals in result.by_host.items() if totals.urls]
    if rows:
        lines += [
            "| host | URLs | stored | held | failed | size |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for name, totals in sorted(rows, key=lambda item: (-item[1].urls, item[0])):
            lines.append(
                f"| {_cell(name)} | {totals.urls:,} | {totals.stored:,} | {totals.held:,} "
                f"| {totals.failed:,} | {size(totals.bytes)} |"
            )
        lines.append("")
    if result.failed:
        lines += ["### Not archived", "", "| URL | reason | where |", "| --- | --- | --- |"]
        for problem in result.failed:
            row = (
                reasons.SKIPS[problem.reason]
                if problem.reason in reasons.SKIPS
                else reasons.describe(problem.reason)
            )
            where = ", ".join(f"`{_cell(str(place))}`" for place in problem.locations[:5])
            if len(problem.locations) > 5:
                where += f" and {len(problem.locations) - 5} more"
            lines.append(f"| `{_cell(problem.url)}` | {row.meaning} (`{problem.reason}`) | {where} |")
        lines.append("")
    for notice in result.notices:
        lines.append(f"- `{_cell(notice.path)}`: {_cell(notice.message)}")
    return "\n".join(lines).rstrip() + "\n"


def _sentence(result: ArchiveResult) -> str:
    return (
        f"{count(result.documents, 'document')}, {count(result.urls, 'URL')} to keep: "
        f"**{result.stored:,} stored** ({size(result.bytes)}), {result.held:,} held already, "
        f"**{len(result.failed):,} failed**; {count(result.rewritten, 'document')} rewritten."
    )


def _cell(text: str) -> str:
    """Text that cannot end its table cell or its code span."""
    return visible(text).replace("|", "\\|").replace("`", "'")

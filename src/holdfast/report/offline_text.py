"""`holdfast offline` for a person."""

from __future__ import annotations

from collections.abc import Sequence

from .. import reasons
from ..results import OfflineResult, Passed, Place, Problem
from ..words import count, legible, shorten, size, visible
from .text import notices_of, warnings_of

_MOST = 20
"""URLs of one kind that are listed; all of them are in the JSON report."""
_PLACES = 3


def render(result: OfflineResult) -> str:
    """What is missing first, then what there is."""
    if result.interrupted:
        return "interrupted: the copy is as it was; run the same command again to go on\n"
    lines = [*warnings_of(result.warnings), *notices_of(result.notices)]
    lines += _missing(result.missing)
    lines += _left_out(result.skipped)
    lines += _unbuilt(result.unbuilt)
    lines += [visible(told) for told in result.searches]
    if result.feeds:
        few = ", ".join(visible(path) for path in result.feeds[:_PLACES])
        more = ", …" if len(result.feeds) > _PLACES else ""
        total = count(len(result.feeds), "feed or sitemap", "feeds and sitemaps")
        lines.append(f"left as they are, for other programs: {total} ({few}{more})")
    if lines:
        lines.append("")
    lines += _totals(result)
    return "\n".join(lines) + "\n"


def _totals(result: OfflineResult) -> list[str]:
    lines = [
        f"{visible(result.copy)}: {count(result.pages, 'page')}, {count(result.files, 'file')},"
        f" {size(result.bytes)}; published at {result.base_url}",
    ]
    inside = result.urls - len(result.missing) - len(result.skipped)
    asked = f"{result.fetched:,} fetched, {result.unchanged:,} unchanged"
    lines.append(
        f"  {count(result.urls, 'remote URL')} shown by pages: {max(0, inside):,} inside ({asked}),"
        f" {len(result.missing):,} missing, {len(result.skipped):,} left out"
    )
    lines.append(
        f"  {count(result.outside, 'link')} to other sites stay; "
        f"{count(len(result.unbuilt), 'link leads', 'links lead')} to pages that were never built"
    )
    changed = f"{count(len(result.new), 'file')} new or changed"
    gone = f", {len(result.removed):,} removed" if result.removed else ""
    lines.append(f"  {changed}{gone}; {result.seconds:.1f} s")
    if result.proof:
        said = (
            "proved in a browser: nothing is asked of the network"
            if result.proof == "proved"
            else ("NOT proved: a browser found something amiss")
        )
        lines.append(f"  {said} ({visible(result.proof_report)})")
        if result.proof_limits:
            files = count(result.proof_limits, "file")
            lines.append(f"  browsers refuse {files} from file://, as is said above of their pages")
    else:
        lines.append("→ `--prove` opens the copy in a browser with its network cut off")
    return lines


def _missing(missing: Sequence[Problem]) -> list[str]:
    lines = []
    for reason in sorted({problem.reason for problem in missing}):
        group = [problem for problem in missing if problem.reason == reason]
        row = reasons.describe(reason)
        lines.append(
            f"{count(len(group), 'embed')} missing, a placeholder stands there: {row.meaning} [{reason}]"
        )
        for problem in group[:_MOST]:
            detail = f"  ({visible(problem.detail)})" if problem.detail else ""
            lines.append(f"    {visible(shorten(legible(problem.url)))}{detail}")
            lines += _places(problem.locations)
        if len(group) > _MOST:
            lines.append(f"    and {len(group) - _MOST:,} more (--format json names them all)")
        if advice := reasons.advice_on_link(reason) if reason.startswith("http-") else row.advice:
            lines.append(f"  → {advice}")
    return lines


def _left_out(skipped: Sequence[Passed]) -> list[str]:
    lines = []
    for reason, meaning in _LEFT_OUT.items():
        group = [passed for passed in skipped if passed.reason == reason]
        if group:
            lines.append(f"{count(len(group), 'embed')} left out: {meaning}")
    return lines


_LEFT_OUT = {
    "skipped": "of a kind that --skip names",
    "budget": "the copy would pass --max-total",
    "dynamic": "their URL holds a template expression",
    "use": "<use> of another site's file, which no browser shows, not in the network either",
    "page": "in frames within embedded pages, which are kept one level deep",
}


def _unbuilt(unbuilt: Sequence[Problem]) -> list[str]:
    if not unbuilt:
        return []
    lines = [f"{count(len(unbuilt), 'link')} to pages of the site that were never built:"]
    for problem in unbuilt[:_MOST]:
        lines.append(f"    {visible(shorten(legible(problem.url)))}")
        lines += _places(problem.locations)
    if len(unbuilt) > _MOST:
        lines.append(f"    and {len(unbuilt) - _MOST:,} more (--format json names them all)")
    lines.append("  → build the whole site (drafts and future posts too?), or correct the links")
    return lines


def _places(places: Sequence[Place]) -> list[str]:
    shown = ", ".join(visible(str(place)) for place in places[:_PLACES])
    more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    return [f"        in {shown}{more}"] if places else []

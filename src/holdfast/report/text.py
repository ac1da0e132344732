"""Results for a person at a terminal: a clear summary, then what failed, where, and what to do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from .. import hosts, reasons
from ..results import (
    ArchiveResult,
    DocumentNotice,
    ListResult,
    Passed,
    Place,
    Problem,
    RestoreResult,
    ScanResult,
    VerifyResult,
)
from ..urls import host as host_of
from .words import count, shorten, size, visible

_PLACES_SHOWN = 3
_URLS_SHOWN = 20
_LARGEST_SHOWN = 20


def archive(result: ArchiveResult) -> str:
    """The summary of an archive run."""
    if result.diff:
        return result.diff
    lines: list[str] = []
    lines += _warnings(result.warnings)
    lines += _notices(result.notices)
    lines += _failed(result.failed)
    lines += _skipped(result.skipped)
    lines += _hosts(result)
    lines += _largest(result)
    lines += _near_limits(result)
    lines += _conclusion(result)
    return "\n".join(lines) + "\n"


def _conclusion(result: ArchiveResult) -> list[str]:
    what = f"{count(result.documents, 'document')}, {count(result.references, 'reference')}"
    lines = [f"{what}, {count(result.urls, 'URL')} to keep:"]
    if result.mode == "archive":
        lines.append(
            f"  {result.stored:,} stored ({size(result.bytes)}), {result.held:,} held already, "
            f"{len(result.failed):,} failed, {len(result.skipped):,} skipped in {result.seconds:.1f} s"
        )
        changed = f"{count(result.replaced, 'reference')} in {count(result.rewritten, 'document')}"
        if result.no_rewrite:
            lines.append("  documents left as they are (--no-rewrite)")
        elif result.rewritten:
            lines.append(f"  {changed} rewritten")
        elif not result.interrupted:
            lines.append("  no document needed a change")
        if result.accepted:
            lines.append(f"  {count(result.accepted, 'loss', 'losses')} accepted earlier")
    elif result.mode == "check":
        if not result.exit_code:
            lines.append("  every embed is held")
        else:
            lines.append(f"  {result.held:,} held, {len(result.failed):,} not held")
    else:
        wanted = result.urls - result.held - len(result.failed)
        lines.append(f"  {result.held:,} held already, {wanted:,} would be fetched")
        lines.append(f"  {count(result.rewritten, 'document')} would change; nothing was changed or fetched")
    if result.stopped:
        lines.append(f"stopped early: {result.stopped}")
    if result.interrupted:
        lines.append("interrupted: what had arrived is kept; the next run goes on from here")
    return lines


def _warnings(warnings: Sequence[str]) -> list[str]:
    return [f"note: {visible(line)}" for line in warnings] + ([""] if warnings else [])


def _notices(notices: Sequence[DocumentNotice]) -> list[str]:
    if not notices:
        return []
    lines = []
    for notice in notices:
        where = notice.path + (f":{notice.line}:{notice.column}" if notice.line else "")
        lines.append(f"{visible(where)}: {visible(notice.message)}")
    return [*lines, ""]


def _failed(failed: Sequence[Problem]) -> list[str]:
    groups: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in failed:
        groups[problem.reason].append(problem)
    lines: list[str] = []
    for reason, problems in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        row = reasons.SKIPS[reason] if reason in reasons.SKIPS else reasons.describe(reason)
        lines.append(f"{count(len(problems), 'failure')}: {row.meaning} [{reason}]")
        for problem in problems[:_URLS_SHOWN]:
            told = visible(problem.detail)
            if problem.earlier:
                told = (
                    f"{told}; failed in an earlier run, not asked again"
                    if told
                    else "failed in an earlier run"
                )
            lines.append(f"  {visible(shorten(problem.url))}" + (f"  ({told})" if told else ""))
            lines += _places(problem.locations)
        if len(problems) > _URLS_SHOWN:
            lines.append(f"  … and {len(problems) - _URLS_SHOWN:,} more (--format json lists all)")
        lines.append(f"  → {row.advice}")
        lines.append("")
    return lines


def _places(locations: Sequence[Place]) -> list[str]:
    lines = [f"    {visible(str(place))}" for place in locations[:_PLACES_SHOWN]]
    if len(locations) > _PLACES_SHOWN:
        lines.append(f"    … and {len(locations) - _PLACES_SHOWN:,} more places")
    return lines


def _skipped(skipped: Sequence[Passed]) -> list[str]:
    lines = []
    for reason, number in sorted(Counter(passed.reason for passed in skipped).items()):
        row = reasons.SKIPS[reason]
        lines.append(f"{number:,} skipped: {row.meaning} [{reason}]")
        if row.advice:
            lines.append(f"  → {row.advice}")
    return [*lines, ""] if lines else []


def _hosts(result: ArchiveResult) -> list[str]:
    rows = [(name, totals) for name, totals in result.by_host.items() if totals.urls]
    if not rows:
        return []
    rows.sort(key=lambda item: (-item[1].urls, item[0]))
    table: list[Sequence[str]] = [("host", "URLs", "stored", "held", "failed", "size")]
    for name, totals in rows[:_URLS_SHOWN]:
        numbers = (totals.urls, totals.stored, totals.held, totals.failed)
        table.append((shorten(name, 48), *(f"{number:,}" for number in numbers), size(totals.bytes)))
    lines = align(table, "<>>>>>")
    if len(rows) > _URLS_SHOWN:
        lines.append(f"… and {len(rows) - _URLS_SHOWN:,} more hosts")
    return [*lines, ""]


def _largest(result: ArchiveResult) -> list[str]:
    if result.mode != "archive" or not result.stored:
        return []
    lines = ["largest of what was stored:"]
    rows = [(size(asset.bytes), asset.media, asset.path) for asset in result.largest[:_LARGEST_SHOWN]]
    return [*lines, *(f"  {line}" for line in align(rows, "><<")), ""]


def _near_limits(result: ArchiveResult) -> list[str]:
    """Limits of common hosts that the archive passes, or comes near to (nine tenths)."""
    if result.mode != "archive":
        return []
    lines = []
    for limit in hosts.LIMITS:
        if limit.total and result.total_bytes > limit.total * 0.9:
            lines.append(
                f"note: {size(result.total_bytes)} are held; "
                f"{limit.host} takes {size(limit.total)} ({limit.why})"
            )
        big = [asset for asset in result.largest if limit.file and asset.bytes > limit.file]
        if big and limit.file:
            lines.append(
                f"note: {count(len(big), 'file is', 'files are')} larger than {limit.host} takes "
                f"({size(limit.file)})"
            )
    return [*lines, ""] if lines else []


def scan(result: ScanResult) -> str:
    """Every reference with its place, then totals per kind and host."""
    lines = _notices(result.notices)
    rows = [
        (
            f"{visible(reference.path)}:{reference.line}:{reference.column}",
            ("embed " if reference.embed else "link  ")
            + reference.kind
            + (" (dynamic)" if reference.dynamic else ""),
            visible(shorten(reference.url)),
        )
        for reference in result.references
    ]
    lines += align(rows, "<<<")
    if rows:
        lines.append("")
    kinds = Counter((reference.kind, reference.embed) for reference in result.references)
    table = [("kind", "embeds", "links")]
    table += [
        (kind, f"{kinds[kind, True]:,}", f"{kinds[kind, False]:,}")
        for kind in sorted({kind for kind, _ in kinds})
    ]
    if len(table) > 1:
        lines += [*align(table, "<>>"), ""]
    lines += _host_totals(result)
    embeds = sum(reference.embed for reference in result.references)
    lines.append(
        f"{count(result.documents, 'document')} ({size(result.bytes)}): "
        f"{count(len(result.references), 'reference')}, {count(embeds, 'embed')}, "
        f"{count(len(result.references) - embeds, 'link')}"
    )
    return "\n".join(lines) + "\n"


def _host_totals(result: ScanResult) -> list[str]:
    embeds: Counter[str] = Counter()
    links: Counter[str] = Counter()
    for reference in result.references:
        (embeds if reference.embed else links)[host_of(reference.url) or "(this site)"] += 1
    names = sorted(set(embeds) | set(links), key=lambda name: (-embeds[name], -links[name], name))
    if not names:
        return []
    table = [("host", "embeds", "links")]
    table += [(shorten(name, 48), f"{embeds[name]:,}", f"{links[name]:,}") for name in names[:_URLS_SHOWN]]
    lines = align(table, "<>>")
    if len(names) > _URLS_SHOWN:
        lines.append(f"… and {len(names) - _URLS_SHOWN:,} more hosts")
    return [*lines, ""]


def restore(result: RestoreResult) -> str:
    """What was put back, and what was left."""
    if result.diff:
        return result.diff
    lines = _notices(result.notices)
    for left in result.left:
        lines.append(f"{visible(str(left.location))}: {visible(left.raw)} left as it is: {left.why}")
    if result.left:
        lines.append("")
    would = "would be " if result.mode != "restore" else ""
    lines.append(
        f"{count(result.restored, 'original')} {would}put back in {count(result.rewritten, 'document')} "
        f"of {result.documents:,}"
        + (f"; {result.exact:,} are byte for byte as before archiving" if result.exact else "")
    )
    return "\n".join(lines) + "\n"


def verify(result: VerifyResult) -> str:
    """Every fault by kind, then the count of what is good."""
    lines = _warnings(result.warnings)
    gone = set(result.pruned)
    for fault in (*result.faults, *result.notes):
        said = "removed" if fault.path in gone else fault.kind
        lines.append(
            f"{said}: {visible(fault.path)}" + (f"  ({visible(fault.detail)})" if fault.detail else "")
        )
        if fault.url:
            lines.append(f"    from {visible(shorten(fault.url))}")
    if result.faults or result.notes:
        lines.append("")
    lines.append(
        f"{count(result.assets, 'asset')} ({size(result.bytes)}): {result.good:,} good, "
        f"{count(len(result.faults), 'fault')}"
    )
    kinds = {fault.kind for fault in result.faults if fault.path not in gone}
    if kinds & {"missing", "changed"}:
        lines.append("→ `holdfast archive` fetches again what is missing or changed")
    if kinds & {"orphaned", "partial"}:
        lines.append("→ `holdfast verify --prune` removes what nothing refers to")
    return "\n".join(lines) + "\n"


def listing(result: ListResult) -> str:
    """One line per held asset."""
    rows = [
        (size(asset.bytes), asset.path, visible(shorten(asset.url)), count(len(asset.documents), "document"))
        for asset in result.assets
    ]
    total = sum({asset.path: asset.bytes for asset in result.assets}.values())
    lines = _warnings(result.warnings) + align(rows, "><<<")
    lines.append(f"{count(len(result.assets), 'asset')}, {size(total)}")
    return "\n".join(lines) + "\n"


def align(rows: Iterable[Sequence[str]], sides: str) -> list[str]:
    """Columns side by side; ``sides`` holds ``<`` or ``>`` for each."""
    table = [list(row) for row in rows]
    if not table:
        return []
    widths = [max(len(row[index]) for row in table) for index in range(len(sides))]
    return [
        "  ".join(
            cell.rjust(width) if side == ">" else cell.ljust(width)
            for cell, width, side in zip(row, widths, sides, strict=True)
        ).rstrip()
        for row in table
    ]

"""Results for a person at a terminal: a clear summary, then what failed, where, and what to do."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import hosts, reasons
from ..results import (
    ArchiveResult,
    DocumentNotice,
    HostTotals,
    ListResult,
    Passed,
    Place,
    Problem,
    RestoreResult,
    ScanResult,
    VerifyResult,
)
from ..urls import host as host_of
from ..urls import is_remote
from ..words import count, shorten, size, visible
from .table import align

_PLACES_SHOWN = 3
_URLS_SHOWN = 20
_LARGEST_SHOWN = 20
_NOTHING = "nothing is held here yet: `holdfast archive` begins an archive"

_Column = Callable[[HostTotals], str]
_URLS: Mapping[str, _Column] = {"URLs": lambda host: f"{host.urls:,}"}
_HELD: Mapping[str, _Column] = {"held": lambda host: f"{host.held:,}"}
_FAILED: Mapping[str, _Column] = {"failed": lambda host: f"{host.failed:,}"}
_STORED: Mapping[str, _Column] = {"stored": lambda host: f"{host.stored:,}"}
_WANTED: Mapping[str, _Column] = {"to fetch": lambda host: f"{host.wanted:,}"}
_SIZE: Mapping[str, _Column] = {"size": lambda host: size(host.bytes)}

HOST_COLUMNS: Mapping[str, Mapping[str, _Column]] = {
    "archive": {**_URLS, **_STORED, **_HELD, **_FAILED, **_SIZE},
    "check": {**_URLS, **_HELD, "not held": _FAILED["failed"]},
    "dry-run": {**_URLS, **_HELD, **_WANTED, **_FAILED},
    "diff": {**_URLS, **_HELD, **_WANTED, **_FAILED},
}
"""What the table of hosts tells, by the run's mode."""


def archive(result: ArchiveResult) -> str:
    """The summary of an archive run; with ``--diff`` the diff and nothing else, so that it can be applied."""
    return result.diff if result.mode == "diff" else archive_summary(result)


def archive_summary(result: ArchiveResult) -> str:
    """What an archive run did, or would do, and what a person should look at."""
    lines: list[str] = []
    lines += warnings_of(result.warnings)
    lines += notices_of(result.notices)
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
        brought = f" ({size(result.bytes)})" if result.stored else ""
        unasked = wanted(result) - sum(passed.reason == "budget" for passed in result.skipped)
        left = f", {unasked:,} not asked for yet" if unasked else ""
        lines.append(
            f"  {result.stored:,} stored{brought}, {result.held:,} held already, "
            f"{len(result.failed):,} failed, {len(result.skipped):,} skipped{left}; {result.seconds:.1f} s"
        )
    elif result.mode == "check":
        lines.append(f"  {result.held:,} held, {len(result.failed):,} not held")
    else:
        lines.append(
            f"  {result.held:,} held already, {wanted(result):,} would be fetched, "
            f"{len(result.failed):,} failed, {len(result.skipped):,} skipped"
        )
    if result.accepted:
        lines.append(f"  {count(result.accepted, 'loss', 'losses')} accepted")
    lines += _rewritten(result)
    lines += _trouble(result.notices)
    if result.stopped:
        lines.append(f"stopped early: {result.stopped}")
    if result.interrupted:
        lines.append("interrupted: what had arrived is kept; run the same command to go on")
    return lines


def wanted(result: ArchiveResult) -> int:
    """How many URLs a run that touches nothing, or that was interrupted, left for another one."""
    return sum(totals.wanted for totals in result.by_host.values())


def _rewritten(result: ArchiveResult) -> list[str]:
    if result.mode == "check":
        return []
    changed = f"{count(result.replaced, 'reference')} in {count(result.rewritten, 'document')}"
    if result.mode != "archive":
        would = f"{changed} would change" if result.rewritten else "no document would change"
        return [f"  {would}; nothing was changed or fetched"]
    if result.no_rewrite:
        return ["  documents left as they are (--no-rewrite)"]
    if result.rewritten:
        return [f"  {changed} rewritten"]
    return [] if result.interrupted else ["  no document needed a change"]


def _trouble(notices: Sequence[DocumentNotice]) -> list[str]:
    """Why the exit code is 2 although no URL failed."""
    severe = any(notice.severe for notice in notices)
    return ["  not everything could be read or rewritten, see above"] if severe else []


def warnings_of(warnings: Sequence[str]) -> list[str]:
    return [f"note: {visible(line)}" for line in warnings] + ([""] if warnings else [])


def notices_of(notices: Sequence[DocumentNotice]) -> list[str]:
    if not notices:
        return []
    lines = []
    for notice in notices:
        where = notice.path + (f":{notice.line}:{notice.column}" if notice.line else "")
        lines.append(visible(f"{where}: {notice.message}" if where else notice.message))
    return [*lines, ""]


def _failed(failed: Sequence[Problem]) -> list[str]:
    groups: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in failed:
        groups[problem.reason].append(problem)
    lines: list[str] = []
    for reason, problems in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        row = reasons.row(reason)
        lines.append(f"{count(len(problems), 'failure')}: {row.meaning} [{reason}]")
        for problem in problems[:_URLS_SHOWN]:
            said = [problem.detail, "failed in an earlier run, not asked again" if problem.earlier else ""]
            told = visible("; ".join(filter(None, said)))
            lines.append(f"  {visible(shorten(problem.url))}" + (f"  ({told})" if told else ""))
            lines += _places(problem.locations)
        if len(problems) > _URLS_SHOWN:
            lines.append(f"  … and {len(problems) - _URLS_SHOWN:,} more (--format json lists all)")
        again = any(problem.earlier for problem in problems) and "--retry-failed" not in row.advice
        lines.append(f"  → {row.advice}" + ("; --retry-failed asks again" if again else ""))
        lines.append("")
    return lines


def _places(locations: Sequence[Place]) -> list[str]:
    lines = [f"    {visible(str(place))}" for place in locations[:_PLACES_SHOWN]]
    if len(locations) > _PLACES_SHOWN:
        more = len(locations) - _PLACES_SHOWN
        lines.append(f"    … and {count(more, 'more place', 'more places')}")
    return lines


def _skipped(skipped: Sequence[Passed]) -> list[str]:
    """Per reason, how many; and where the first ones are, when there is something to do about them."""
    groups: defaultdict[str, list[Passed]] = defaultdict(list)
    for passed in skipped:
        groups[passed.reason].append(passed)
    lines = []
    for reason, group in sorted(groups.items()):
        row = reasons.SKIPS[reason]
        lines.append(f"{len(group):,} skipped: {row.meaning} [{reason}]")
        if not row.advice:
            continue
        for passed in group[:_PLACES_SHOWN]:
            lines.append(f"  {visible(shorten(passed.url))}")
            lines += _places(passed.locations)
        if len(group) > _PLACES_SHOWN:
            lines.append(f"  … and {len(group) - _PLACES_SHOWN:,} more (--format json lists all)")
        lines.append(f"  → {row.advice}")
    return [*lines, ""] if lines else []


def _hosts(result: ArchiveResult) -> list[str]:
    rows = [(name, totals) for name, totals in result.by_host.items() if totals.urls]
    if not rows:
        return []
    rows.sort(key=lambda item: (-item[1].urls, item[0]))
    columns = HOST_COLUMNS[result.mode]
    table: list[Sequence[str]] = [("host", *columns)]
    for name, totals in rows[:_URLS_SHOWN]:
        table.append((visible(shorten(name, 48)), *(columns[column](totals) for column in columns)))
    lines = align(table, "<" + ">" * len(columns))
    if len(rows) > _URLS_SHOWN:
        more = len(rows) - _URLS_SHOWN
        lines.append(f"… and {count(more, 'more host', 'more hosts')}")
    return [*lines, ""]


def _largest(result: ArchiveResult) -> list[str]:
    if result.mode != "archive" or not result.stored:
        return []
    lines = ["largest of what was stored:"]
    rows = [
        (size(asset.bytes), asset.media, visible(asset.path)) for asset in result.largest[:_LARGEST_SHOWN]
    ]
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
    lines = notices_of(result.notices)
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
    lines += _trouble(result.notices)
    return "\n".join(lines) + "\n"


def _host_totals(result: ScanResult) -> list[str]:
    embeds: Counter[str] = Counter()
    links: Counter[str] = Counter()
    # Of a million references a few thousand differ in what stands before the path: only those are parsed.
    counted = Counter((_before_path(each.url), each.embed) for each in result.references)
    for (url, embed), number in counted.items():
        (embeds if embed else links)[leads_to(url)] += number
    names = sorted(set(embeds) | set(links), key=lambda name: (-embeds[name], -links[name], name))
    if not names:
        return []
    table = [("host", "embeds", "links")]
    table += [
        (visible(shorten(name, 48)), f"{embeds[name]:,}", f"{links[name]:,}") for name in names[:_URLS_SHOWN]
    ]
    lines = align(table, "<>>")
    if len(names) > _URLS_SHOWN:
        more = len(names) - _URLS_SHOWN
        lines.append(f"… and {count(more, 'more host', 'more hosts')}")
    return [*lines, ""]


def _before_path(url: str) -> str:
    """A URL without what follows its host; anything else as it is."""
    parts = url.split("/", 3)
    return (
        "/".join(parts[:3]) if len(parts) == 4 and parts[0] in ("http:", "https:") and not parts[1] else url
    )


def leads_to(url: str) -> str:
    """What a URL leads to, for a table: its host, or why it has none."""
    scheme = _SCHEME.match(url)
    return host_of(url) or ("(no host)" if is_remote(url) else f"({scheme[0]})" if scheme else "(this site)")


_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")


def restore(result: RestoreResult) -> str:
    """The summary of a restore; with ``--diff`` the diff and nothing else."""
    return result.diff if result.mode == "diff" else restore_summary(result)


def restore_summary(result: RestoreResult) -> str:
    """What was put back, and what was left."""
    lines = warnings_of(result.warnings) + notices_of(result.notices)
    for left in result.left:
        lines.append(f"{visible(str(left.location))}: {visible(left.raw)} left as it is: {left.why}")
    if result.left:
        lines.append("")
    read = count(result.documents, "document")
    if not result.restored:
        lines.append(f"{read}: nothing to put back")
    else:
        would = "would be " if result.mode != "restore" else ""
        back = (
            f"{count(result.restored, 'original')} {would}put back in {count(result.rewritten, 'document')}"
        )
        lines.append(f"{read}: {back}")
        if result.exact:
            would = "would be" if result.mode != "restore" else "is" if result.exact == 1 else "are"
            exact = count(result.exact, "document")
            lines.append(f"  {exact} {would} byte for byte as before archiving")
    lines += _trouble(result.notices)
    return "\n".join(lines) + "\n"


def verify(result: VerifyResult) -> str:
    """Every fault by kind, then the count of what is good."""
    lines = warnings_of(result.warnings)
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
    left = sum(fault.path not in gone for fault in result.faults)
    held = f"{count(result.assets, 'asset')} ({size(result.bytes)})"
    removed = f", {count(len(gone), 'file')} removed" if gone else ""
    good = f"{held}: {result.good:,} good, {count(left, 'fault')}{removed}"
    lines.append(good if result.assets or result.faults or result.notes else _NOTHING)
    kinds = {fault.kind for fault in result.faults if fault.path not in gone}
    if "missing" in kinds:
        lines.append("→ `holdfast archive` fetches again what is missing, `holdfast offline` in a copy")
        if not result.good:
            lines.append(
                "→ if the files are in another folder, name it: --assets DIR, or assets in holdfast.toml"
            )
    if "changed" in kinds:
        lines.append("→ bring back what changed from git, or remove it and run `holdfast archive`")
    if "not-served" in kinds:
        lines.append("→ publish the site, or correct --url-prefix, then ask again")
    notes = {fault.kind for fault in result.notes if fault.path not in gone}
    if kinds & {"orphaned", "partial"} or "unused" in notes:
        lines.append("→ `holdfast verify --prune` removes what nothing refers to")
    return "\n".join(lines) + "\n"


def listing(result: ListResult) -> str:
    """One line per held asset."""
    table: list[Sequence[str]] = [("size", "path", "URL", "shown by")]
    table += [
        (
            size(asset.bytes),
            visible(asset.path),
            visible(shorten(asset.url)),
            count(len(asset.documents), "document"),
        )
        for asset in result.assets
    ]
    lines = warnings_of(result.warnings)
    if result.assets:
        lines += [*align(table, "><<<"), ""]
        total = sum({asset.path: asset.bytes for asset in result.assets}.values())
        lines.append(f"{count(len(result.assets), 'asset')}, {size(total)}")
    else:
        lines.append(_NOTHING)
    return "\n".join(lines) + "\n"


def remarks(result: Any) -> str:
    """What a report that is pure data has no room for: warnings, and what is the matter with documents."""
    lines = [f"note: {visible(line)}" for line in getattr(result, "warnings", ())]
    lines += notices_of(getattr(result, "notices", ()))[:-1]
    return "".join(f"{line}\n" for line in lines)

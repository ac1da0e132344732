"""`archive`: every embed stored, every document pointing at what is held."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext

from .. import policy, reasons, urls
from ..errors import UsageError
from ..manifest import Journal
from ..model import Asset, Document, Failed, Failure, Reference
from ..plan import Use
from ..plan import plan as make_plan
from ..policy import Own
from ..progress import Progress
from ..results import ArchiveResult, HeldAsset, HostTotals, Passed, Place, Problem
from ..scan.positions import Positions
from ..store import Store
from . import placing, rewriting
from .collecting import Collected, collect, run
from .diffing import unified
from .workspace import Reading, Workspace, locked, now, open_workspace, settled

_LARGEST = 20


def archive(
    paths: Sequence[str] = (),
    flags: Mapping[str, object] | None = None,
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
    diff: bool = False,
    check: bool = False,
    no_rewrite: bool = False,
    refresh: bool = False,
    retry_failed: bool = False,
    accept_failures: bool = False,
) -> ArchiveResult:
    """Store every embed of the documents, then rewrite them.

    Args:
        paths: files and folders; empty for the site's content folders.
        flags: settings by their option's name (``url_prefix`` ...), over those of holdfast.toml.
        dry_run, diff, check: change nothing and ask no server; see the command line's help.

    Raises:
        HoldfastError: the run could not be done; `errors` says which kinds there are.
    """
    started = time.monotonic()
    progress = progress or Progress()
    workspace = open_workspace(paths, flags or {})
    touches_nothing = dry_run or diff or check
    if touches_nothing and (refresh or retry_failed or accept_failures):
        raise UsageError(
            "--dry-run, --diff and --check ask no server and write nothing",
            "leave out --refresh, --retry-failed and --accept-failures, or run without them first",
        )
    mode = "check" if check else "diff" if diff else "dry-run" if dry_run else "archive"
    result = ArchiveResult(mode=mode, site=workspace.site.preset, warnings=list(workspace.site.notices))
    with nullcontext() if touches_nothing else locked(workspace, "archive", progress):
        run = _Run(workspace, paths, progress, result, retry_failed=retry_failed, refresh=refresh)
        if touches_nothing:
            run.foresee(check=check, diff=diff)
        else:
            run.perform(no_rewrite=no_rewrite, refresh=refresh, accept_failures=accept_failures)
    result.seconds = round(time.monotonic() - started, 3)
    return result


class _Run:
    """One run's state: what was read, what is known, what is planned."""

    def __init__(
        self,
        workspace: Workspace,
        paths: Sequence[str],
        progress: Progress,
        result: ArchiveResult,
        *,
        retry_failed: bool,
        refresh: bool,
    ) -> None:
        self.workspace = workspace
        self.progress = progress
        self.result = result
        self.manifest, warnings = settled(workspace)
        result.warnings += warnings
        self.documents: dict[str, Document] = {}
        self._present: dict[str, bool] = {}
        self._names = {asset.path.rpartition("/")[2]: asset for asset in self.manifest.assets}
        self._positions: dict[str, Positions] = {}
        reading = Reading(workspace, paths, progress)
        self.plan = make_plan(
            self._remember(reading),
            self.manifest,
            policy.from_config(
                workspace.config,
                retry_failed=retry_failed,
                refresh=refresh,
                own=self._own,
                has_asset=self._has,
                named=lambda path: path in reading.named,
            ),
        )
        result.notices += reading.notices
        result.documents = self.plan.documents
        result.references = self.plan.references
        result.links = self.plan.links

    def _remember(self, reading: Reading) -> Iterator[Document]:
        """Keep the documents that may change; a site's others need not stay in memory."""
        for document in reading:
            if any(
                reference.embed or self._is_selected(reference) for reference in document.scanned.references
            ):
                self.documents[document.path] = document
            yield document

    def _is_selected(self, reference: Reference) -> bool:
        return reference.url.rpartition("/")[2] in self._names or urls.is_remote(reference.url)

    def _own(self, document: Document, reference: Reference) -> Own:
        """Whether a reference points at one of our assets, and which (also after an editor moved it)."""
        site = self.workspace.site
        text = urls.split_fragment(reference.url)[0]
        asset = self._names.get(text.rpartition("/")[2])
        if asset is None:
            return site.is_own(document.path, text, reference.place)
        located = site.locate(document.path, text, reference.place)
        if located is None or located == self.workspace.asset_path(asset):
            return self._wanted_asset(document, asset)
        if (self.workspace.root / located).exists() and not any(
            located == self.workspace.asset_path(copy) for copy in self.manifest.copies(asset.url)
        ):
            return False
        return self._wanted_asset(document, asset)

    def _wanted_asset(self, document: Document, asset: Asset) -> Asset:
        """Of several URLs with these bytes, the one that this document's author wrote, if its edits tell."""
        same = self.manifest.with_sha256(asset.sha256)
        if len(same) > 1:
            raws = {edit.raw for edit in self.manifest.edits_of(document.path)}
            for each in same:
                if each.url in raws:
                    return each
        return asset

    def _has(self, asset: Asset) -> bool:
        """Whether some copy's file is there (an LFS pointer counts: git has the rest)."""
        there = self._present.get(asset.url)
        if there is None:
            there = self._present[asset.url] = any(
                self.workspace.asset_file(copy).is_file() for copy in self.manifest.copies(asset.url)
            )
        return there

    # -- without touching anything --------------------------------------------------------------------------

    def foresee(self, *, check: bool, diff: bool) -> None:
        """Say what a run would do: no request, nothing written."""
        result, plan = self.result, self.plan
        result.urls = len(set(plan.held) | {request.url for request in plan.requests}) + len(
            plan.failed_before
        )
        result.held = len(plan.held)
        self._report_failures(Collected())
        self._report_skips(Collected())
        if check:
            result.failed += [
                Problem(url=request.url, reason="not-held", locations=self._places(request.uses))
                for request in plan.requests
                if request.embed and request.url not in plan.held
            ]
            result.failed.sort(key=lambda problem: problem.url)
            self._count_hosts(())
            waiting = sum(len(plan.uses.get(url, ())) for url in plan.held)
            if waiting:
                result.warnings.append(f"{waiting} references to held assets are not rewritten yet")
            return
        work = rewriting.prepare(
            self.workspace,
            self.manifest,
            self.documents,
            plan,
            placing.Foreseen(self.workspace, self.manifest, plan),
        )
        result.notices += work.notices
        result.rewritten = len(work.ready)
        result.replaced = work.replaced
        stand_ins = any(request.url not in plan.held for request in plan.requests)
        if stand_ins:
            result.warnings.append(placing.STAND_IN_NOTE)
        if diff:
            result.diff = "".join(
                unified(document.path, document.source, rewritten.new) for document, rewritten in work.ready
            )
        self._count_hosts(())

    # -- the real thing -------------------------------------------------------------------------------------

    def perform(self, *, no_rewrite: bool, refresh: bool, accept_failures: bool) -> None:
        """Fetch, store, record, rewrite."""
        with self.manifest.journal() as journal:
            collected, new = run(self._store(journal, refresh))
            journal.append(self._failures(collected, accept_failures), sync=True)
            self._report(collected, new)
            self.result.no_rewrite = no_rewrite
            if not no_rewrite and not collected.interrupted:
                self._rewrite(journal)
        self.manifest.compact()

    async def _store(self, journal: Journal, refresh: bool) -> tuple[Collected, list[Asset]]:
        """Fetch what is asked for, and put it, with copies of what is held, in its places."""
        workspace, config = self.workspace, self.workspace.config
        held_bytes = sum(
            {workspace.asset_path(asset): asset.bytes for asset in self.manifest.assets}.values()
        )
        store = Store(
            workspace.staging,
            limits=config.media,
            allow_active_svg=config.allow_active_svg,
            strip_metadata=config.strip_metadata,
        )
        try:
            collected = await collect(
                workspace, self.plan.requests, store, self.progress, refresh=refresh, held_bytes=held_bytes
            )
            new = await placing.place(
                workspace, self.manifest, journal, store, collected.arrived, self.documents, self.plan
            )
            store.clear()
        finally:
            await store.close()
        return collected, new

    def _rewrite(self, journal: Journal) -> None:
        work = rewriting.prepare(
            self.workspace,
            self.manifest,
            self.documents,
            self.plan,
            placing.Placed(self.workspace, self.manifest),
        )
        rewriting.commit(self.workspace, self.manifest, journal, work, self.progress)
        self.result.rewritten = work.done
        self.result.replaced = work.replaced
        self.result.notices += work.notices

    def _failures(self, collected: Collected, accept: bool) -> list[Failure]:
        """The failures' records: what is new, what was met again, what a person accepts."""
        moment = now()
        records = []
        for failed in (*collected.failed.values(), *self.plan.failed):
            known = self.manifest.failure(failed.url)
            records.append(
                Failure(
                    url=failed.url,
                    reason=failed.reason,
                    attempts=failed.attempts + (known.attempts if known else 0),
                    first=known.first if known else moment,
                    last=moment,
                    accepted=(known.accepted if known else None) or (moment if accept else None),
                    detail=failed.detail or None,
                )
            )
        if accept:
            records += [
                Failure(
                    **{name: getattr(known, name) for name in known.__struct_fields__} | {"accepted": moment}
                )
                for known in self.plan.failed_before
            ]
        return records

    # -- what is told ---------------------------------------------------------------------------------------

    def _report(self, collected: Collected, new: Sequence[Asset]) -> None:
        result, plan = self.result, self.plan
        result.interrupted = collected.interrupted
        result.stopped = collected.stopped
        stored = {asset.url: asset for asset in new if asset.url in collected.arrived}
        result.stored = len(stored)
        result.held = len({*plan.held, *collected.arrived} - stored.keys())
        self._report_failures(collected)
        self._report_skips(collected)
        result.urls = result.stored + result.held + len(result.failed) + result.accepted
        result.assets = [self._held(asset) for _, asset in sorted(stored.items())]
        by_path = {asset.path: asset for asset in result.assets}
        result.bytes = sum(asset.bytes for asset in by_path.values())
        result.largest = sorted(by_path.values(), key=lambda asset: (-asset.bytes, asset.path))[:_LARGEST]
        everything = {self.workspace.asset_path(asset): asset.bytes for asset in self.manifest.assets}
        result.total_bytes = sum(everything.values())
        result.warnings += collected.warnings()
        self._count_hosts(collected.arrived)

    def _report_failures(self, collected: Collected) -> None:
        """Failures of this run, and those of earlier runs that nobody has fixed or accepted."""
        result, plan = self.result, self.plan
        places = {request.url: request.uses for request in plan.requests}
        for failed in collected.failed.values():
            known = self.manifest.failure(failed.url)
            if known is not None and known.accepted:
                result.accepted += 1
                continue
            result.failed.append(_problem(failed, self._places(places[failed.url])))
        for failed in plan.failed:
            known = self.manifest.failure(failed.url)
            if known is not None and known.accepted:
                result.accepted += 1
                continue
            uses = plan.passed_uses.get((failed.url, failed.reason), ())
            result.failed.append(_problem(failed, self._places(uses)))
        for failure in plan.failed_before:
            known = self.manifest.failure(failure.url)
            if known is not None and known.accepted:
                result.accepted += 1
                continue
            uses = plan.passed_uses.get((failure.url, "failed-before"), ())
            result.failed.append(
                Problem(
                    url=failure.url,
                    reason=failure.reason,
                    detail=failure.detail or "",
                    attempts=failure.attempts,
                    transient=reasons.is_transient(failure.reason),
                    earlier=True,
                    locations=self._places(uses),
                )
            )
        result.failed.sort(key=lambda problem: problem.url)

    def _report_skips(self, collected: Collected) -> None:
        result = self.result
        silent = {"failed-before", "accepted", "local", "own-prefix"}
        for skipped in self.plan.skipped:
            if skipped.reason == "accepted":
                result.accepted += 1
            if skipped.reason not in silent:
                uses = self.plan.passed_uses.get((skipped.url, skipped.reason), ())
                result.skipped.append(
                    Passed(
                        url=skipped.url,
                        reason=skipped.reason,
                        detail=skipped.detail,
                        locations=self._places(uses),
                    )
                )
        places = {request.url: request.uses for request in self.plan.requests}
        for skipped in collected.skipped.values():
            result.skipped.append(
                Passed(url=skipped.url, reason=skipped.reason, locations=self._places(places[skipped.url]))
            )
        result.skipped.sort(key=lambda passed: (passed.url, passed.reason))

    def _count_hosts(self, arrived: Iterable[str]) -> None:
        by_host: dict[str, HostTotals] = {}

        def totals(url: str) -> HostTotals:
            return by_host.setdefault(urls.host(url) or "(no host)", HostTotals())

        stored = {asset.url for asset in self.result.assets}
        for asset in self.result.assets:
            row = totals(asset.url)
            row.stored += 1
            row.bytes += asset.bytes
        for url in {*self.plan.held, *arrived} - stored:
            totals(url).held += 1
        for problem in self.result.failed:
            totals(problem.url).failed += 1
        for passed in self.result.skipped:
            if urls.is_remote(passed.url):
                totals(passed.url).skipped += 1
        for row in by_host.values():
            row.urls = row.stored + row.held + row.failed
        self.result.by_host = dict(sorted(by_host.items()))

    def _places(self, uses: Sequence[Use]) -> tuple[Place, ...]:
        places = []
        for path, index in uses:
            document = self.documents.get(path)
            if document is None:
                continue
            positions = self._positions.get(path)
            if positions is None:
                positions = self._positions[path] = Positions(document.source)
            line, column = positions.at(document.scanned.references[index].span.start)
            places.append(Place(path, line, column))
        return tuple(places)

    def _held(self, asset: Asset) -> HeldAsset:
        return HeldAsset(
            url=asset.url,
            path=self.workspace.asset_path(asset),
            sha256=asset.sha256,
            bytes=asset.bytes,
            media=asset.media,
            width=asset.width,
            height=asset.height,
        )


def _problem(failed: Failed, places: tuple[Place, ...]) -> Problem:
    return Problem(
        url=failed.url,
        reason=failed.reason,
        detail=failed.detail,
        attempts=failed.attempts,
        transient=failed.transient,
        locations=places,
    )

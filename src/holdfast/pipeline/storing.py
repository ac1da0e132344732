"""`archive`: every embed stored, every document pointing at what is held."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext

import msgspec

from .. import policy, urls
from ..disk import SYSTEM, Disk
from ..errors import UsageError
from ..manifest import Journal
from ..model import Asset, Document, Failure, ScanOptions
from ..plan import plan as make_plan
from ..progress import Progress
from ..restoration import wide
from ..results import ArchiveResult
from ..spelling import text_of
from . import network, placing, rewriting
from .collected import Collected, refuse_common_ends
from .diffing import unified
from .ours import Ours
from .reading import Reading
from .telling import Telling
from .whereabouts import Whereabouts
from .workspace import locked, now, open_workspace, settled


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
    disk: Disk = SYSTEM,
) -> ArchiveResult:
    """Store every embed of the documents, then rewrite them.

    Args:
        paths: files and folders; empty for the site's content folders.
        flags: settings by their option's name (``url_prefix`` ...), over those of holdfast.toml.
        dry_run, diff, check: change nothing and ask no server; see the command line's help.
        disk: what every change goes through.

    Raises:
        HoldfastError: the run could not be done; `errors` says which kinds there are.
    """
    started = time.monotonic()
    progress = progress or Progress()
    workspace = open_workspace(paths, flags or {}, disk)
    if check and (dry_run or diff):
        raise UsageError(
            "--check does not go with --dry-run or --diff",
            "run them one after the other: none of them writes anything",
        )
    touches_nothing = dry_run or diff or check
    if touches_nothing and (refresh or retry_failed or accept_failures):
        raise UsageError(
            "--dry-run, --diff and --check ask no server and write nothing",
            "leave out --refresh, --retry-failed and --accept-failures, or run without them first",
        )
    network.vet(workspace.config.network)
    mode = "check" if check else "diff" if diff else "dry-run" if dry_run else "archive"
    result = ArchiveResult(mode=mode, site=workspace.site.preset, warnings=list(workspace.site.notices))
    reading = Reading(workspace, paths, progress)
    reading.find()
    with nullcontext() if touches_nothing else locked(workspace, "archive", progress):
        run = _Run(reading, result, retry_failed=retry_failed, refresh=refresh)
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
        reading: Reading,
        result: ArchiveResult,
        *,
        retry_failed: bool,
        refresh: bool,
    ) -> None:
        self.reading = reading
        self.workspace = workspace = reading.workspace
        self.progress = reading.progress
        self.result = result
        self.manifest, warnings = settled(workspace)
        result.warnings += warnings
        self.documents: dict[str, Document] = {}
        self._wider: dict[str, ScanOptions] = {}
        self.whereabouts = Whereabouts(workspace, self.manifest)
        self.ours = Ours(workspace, self.manifest, self.whereabouts)
        self.plan = make_plan(
            self._remember(reading),
            self.manifest,
            policy.from_config(
                workspace.config,
                retry_failed=retry_failed,
                refresh=refresh,
                own=self.ours.own,
                has_asset=self.ours.has,
                named=lambda path: path in reading.named,
            ),
        )
        result.notices += reading.notices
        self.telling = Telling(workspace, self.manifest, self.plan, self.documents, result)

    def _remember(self, reading: Reading) -> Iterator[Document]:
        """Keep the documents that may change; a site's others need not stay in memory."""
        for read in reading:
            document = self._with_every_edit(read)
            if any(
                reference.embed or urls.is_remote(reference.url) or self.ours.names(reference)
                for reference in document.scanned.references
            ):
                self.documents[document.path] = document
            yield document

    def _with_every_edit(self, document: Document) -> Document:
        """The document scanned so that each of our edits is seen in it.

        A path under an ordinary front matter key is no reference to a plain scan, while the URL that stood
        there was one: without this it would not follow a new prefix.
        """
        written: Counter[str] = Counter()
        for edit in self.manifest.edits_of(document.path):
            if edit.restored is None:
                written[edit.new] += len(edit.places)
        if written:
            written.subtract(text_of(reference.raw) for reference in document.scanned.references)
        if all(unseen <= 0 for unseen in written.values()):
            return document
        wider, self._wider[document.path] = wide(document, self.workspace.site.options)
        return wider

    def _options(self, path: str) -> ScanOptions:
        """How a document was scanned."""
        return self._wider.get(path, self.workspace.site.options)

    # -- without touching anything --------------------------------------------------------------------------

    def foresee(self, *, check: bool, diff: bool) -> None:
        """Say what a run would do: no request, nothing written."""
        result, plan = self.result, self.plan
        self.telling.before(check=check)
        if check:
            return
        work = rewriting.prepare(
            self.workspace,
            self.manifest,
            self.documents,
            plan,
            self._options,
            placing.Foreseen(self.workspace, self.manifest, plan),
        )
        result.notices += work.notices
        result.rewritten = len(work.ready)
        result.replaced = work.replaced
        stand_ins = any(request.url not in plan.held for request in plan.requests)
        if diff and stand_ins:
            result.warnings.append(placing.STAND_IN_NOTE)
        if diff:
            result.diff = "".join(
                unified(document.path, document.source, rewritten.new) for document, rewritten in work.ready
            )

    # -- the real thing -------------------------------------------------------------------------------------

    def perform(self, *, no_rewrite: bool, refresh: bool, accept_failures: bool) -> None:
        """Fetch, store, record, rewrite."""
        self.reading.sweep()
        with self.manifest.journal() as journal:
            collected, new = self._stored(journal, refresh)
            journal.append(self._failures(collected, accept_failures), sync=True)
            self.telling.after(collected, new)
            self.result.warnings += [
                f"{folder} holds files that were copied from there; it can go once nothing else shows them"
                for folder in sorted(self.whereabouts.left)
            ]
            self.result.no_rewrite = no_rewrite
            if not no_rewrite and not collected.interrupted:
                self._rewrite(journal)
        self.manifest.compact()

    def _stored(self, journal: Journal, refresh: bool) -> tuple[Collected, list[Asset]]:
        """Fetch and place, where there is something to fetch, to place or to tidy up.

        The second run has none of it: it must not wait for the HTTP engine and Pillow, whose import takes
        half as long as reading 600 posts.
        """
        nothing = Collected()
        if self.plan.requests or self.workspace.staging.exists() or self._wanted(nothing):
            from ..looping import run

            return run(self._store(journal, refresh))
        return nothing, []

    async def _store(self, journal: Journal, refresh: bool) -> tuple[Collected, list[Asset]]:
        """Fetch what is asked for, and put it, with copies of what is held, in its places."""
        from ..store import Store

        workspace, config = self.workspace, self.workspace.config
        held_bytes = sum(
            {workspace.asset_path(asset): asset.bytes for asset in self.manifest.assets}.values()
        )
        store = Store(
            workspace.staging,
            limits=config.media,
            allow_active_svg=config.allow_active_svg,
            strip_metadata=config.strip_metadata,
            disk=workspace.disk,
        )
        try:
            if self.plan.requests and not workspace.staging.exists():
                store.start(len(self.plan.requests))  # gets ready while this process imports the HTTP engine
            from .collecting import collect

            collected = await collect(
                workspace, self.plan.requests, store, self.progress, refresh=refresh, held_bytes=held_bytes
            )
            refuse_common_ends(collected, self.manifest.assets)
            new = await placing.place(workspace, self.manifest, journal, store, self._wanted(collected))
            store.clear()
        finally:
            await store.close()
        return collected, new

    def _wanted(self, collected: Collected) -> placing.Wanted:
        return placing.wanted(
            self.workspace, self.manifest, collected.arrived, self.documents, self.plan, self.whereabouts
        )

    def _rewrite(self, journal: Journal) -> None:
        work = rewriting.prepare(
            self.workspace,
            self.manifest,
            self.documents,
            self.plan,
            self._options,
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
            records += [msgspec.structs.replace(known, accepted=moment) for known in self.plan.failed_before]
        return records

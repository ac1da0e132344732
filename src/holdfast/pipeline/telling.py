"""What a run of `archive` has to say: plan and outcomes become an `ArchiveResult`, with every place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from .. import reasons, urls
from ..manifest import Manifest
from ..model import Asset, Document, Failed
from ..plan import Plan, Use
from ..results import ArchiveResult, HeldAsset, HostTotals, Passed, Place, Problem
from ..scan.positions import Positions
from ..spelling import text_of
from ..words import count
from .collected import Collected
from .workspace import Workspace

_LARGEST = 20


class Telling:
    """Fills in one result."""

    def __init__(
        self,
        workspace: Workspace,
        manifest: Manifest,
        plan: Plan,
        documents: Mapping[str, Document],
        result: ArchiveResult,
    ) -> None:
        self._workspace = workspace
        self._manifest = manifest
        self._plan = plan
        self._documents = documents
        self._result = result
        self._positions: dict[str, Positions] = {}
        result.documents = plan.documents
        result.references = plan.references
        result.links = plan.links

    def before(self, *, check: bool) -> None:
        """Conclude a run that touches nothing; with ``check``, what is not held is a failure."""
        result, plan = self._result, self._plan
        result.held = len(plan.held)
        self._tell_failures(Collected())
        self._tell_skips(Collected())
        waiting = {request.url for request in plan.requests if request.url not in plan.held}
        result.urls = len(waiting) + result.held + len(result.failed) + result.accepted
        if check:
            result.failed += [
                Problem(
                    url=request.url,
                    reason="not-held",
                    detail=self._last_try(request.url),
                    locations=self._places(request.uses),
                )
                for request in plan.requests
                if request.embed and request.url not in plan.held
            ]
            result.failed.sort(key=lambda problem: problem.url)
            waiting -= {problem.url for problem in result.failed}
            late = sum(len(plan.uses.get(url, ())) for url in plan.held)
            if late:
                said = count(late, "reference to a held asset is", "references to held assets are")
                result.warnings.append(f"{said} not rewritten yet")
        self._count_hosts((), waiting)

    def _last_try(self, url: str) -> str:
        """Why an earlier run did not get it."""
        known = self._manifest.failure(url)
        return "" if known is None else f"last time: {reasons.describe(known.reason).meaning}"

    def after(self, collected: Collected, new: Sequence[Asset]) -> None:
        """Conclude a run that has fetched and placed what it could."""
        result, plan = self._result, self._plan
        result.interrupted = collected.interrupted
        result.stopped = collected.stopped
        stored = {asset.url: asset for asset in new if asset.url in collected.arrived}
        result.stored = len(stored)
        result.held = len({*plan.held, *collected.arrived} - stored.keys())
        self._tell_failures(collected)
        self._tell_skips(collected)
        over = {skipped.url for skipped in collected.skipped.values()}
        settled = {*plan.held, *collected.arrived, *collected.failed, *over}
        left = {request.url for request in plan.requests} - settled if collected.interrupted else set()
        result.urls = (
            result.stored + result.held + len(result.failed) + result.accepted + len(over) + len(left)
        )
        result.assets = [self._held(asset) for _, asset in sorted(stored.items())]
        by_path = {asset.path: asset for asset in result.assets}
        result.bytes = sum(asset.bytes for asset in by_path.values())
        result.largest = sorted(by_path.values(), key=lambda asset: (-asset.bytes, asset.path))[:_LARGEST]
        everything = {self._workspace.asset_path(asset): asset.bytes for asset in self._manifest.assets}
        result.total_bytes = sum(everything.values())
        result.warnings += collected.warnings()
        self._count_hosts(collected.arrived, left | over)

    def _tell_failures(self, collected: Collected) -> None:
        """Failures of this run, and those of earlier runs that nobody has fixed or accepted."""
        result, plan = self._result, self._plan
        places = {request.url: request.uses for request in plan.requests}
        unrefreshed = 0
        for failed in collected.failed.values():
            known = self._manifest.failure(failed.url)
            if failed.url in plan.held:
                unrefreshed += 1
            elif known is not None and known.accepted:
                result.accepted += 1
            else:
                result.failed.append(_problem(failed, self._places(places[failed.url])))
        if unrefreshed:
            said = count(unrefreshed, "held file", "held files")
            result.warnings.append(f"{said} could not be asked for again; what is held is kept")
        for failed in plan.failed:
            known = self._manifest.failure(failed.url)
            if known is not None and known.accepted:
                result.accepted += 1
                continue
            uses = plan.passed_uses.get((failed.url, failed.reason), ())
            written = self._written(uses)
            if written not in ("", failed.url):
                failed = replace(failed, detail=f"written as {written}; {failed.detail}")
            result.failed.append(_problem(failed, self._places(uses)))
        for failure in plan.failed_before:
            known = self._manifest.failure(failure.url)
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

    def _tell_skips(self, collected: Collected) -> None:
        result = self._result
        silent = {"failed-before", "accepted", "local", "own-prefix"}
        for skipped in self._plan.skipped:
            if skipped.reason == "accepted":
                result.accepted += 1
            if skipped.reason not in silent:
                uses = self._plan.passed_uses.get((skipped.url, skipped.reason), ())
                result.skipped.append(
                    Passed(
                        url=skipped.url,
                        reason=skipped.reason,
                        detail=skipped.detail,
                        locations=self._places(uses),
                    )
                )
        places = {request.url: request.uses for request in self._plan.requests}
        for skipped in collected.skipped.values():
            result.skipped.append(
                Passed(url=skipped.url, reason=skipped.reason, locations=self._places(places[skipped.url]))
            )
        result.skipped.sort(key=lambda passed: (passed.url, passed.reason))

    def _count_hosts(self, arrived: Iterable[str], waiting: Iterable[str] = ()) -> None:
        by_host: dict[str, HostTotals] = {}

        def totals(url: str) -> HostTotals:
            return by_host.setdefault(urls.host(url) or "(no host)", HostTotals())

        stored = {asset.url for asset in self._result.assets}
        counted: set[str] = set()
        for asset in self._result.assets:
            row = totals(asset.url)
            row.stored += 1
            row.bytes += 0 if asset.path in counted else asset.bytes
            counted.add(asset.path)
        for url in {*self._plan.held, *arrived} - stored:
            totals(url).held += 1
        for problem in self._result.failed:
            totals(problem.url).failed += 1
        for passed in self._result.skipped:
            if urls.is_remote(passed.url):
                totals(passed.url).skipped += 1
        for url in waiting:
            totals(url).wanted += 1
        for row in by_host.values():
            row.urls = row.stored + row.held + row.failed + row.wanted
        self._result.by_host = dict(sorted(by_host.items()))

    def _places(self, uses: Sequence[Use]) -> tuple[Place, ...]:
        places = []
        for path, index in uses:
            document = self._documents.get(path)
            if document is None:
                continue
            positions = self._positions.get(path)
            if positions is None:
                positions = self._positions[path] = Positions(document.source)
            line, column = positions.at(document.scanned.references[index].span.start)
            places.append(Place(path, line, column))
        return tuple(places)

    def _written(self, uses: Sequence[Use]) -> str:
        """How the document spells a URL that is none: what a person has to look for."""
        for path, index in uses[:1]:
            if path in self._documents:
                return text_of(self._documents[path].scanned.references[index].raw)
        return ""

    def _held(self, asset: Asset) -> HeldAsset:
        return HeldAsset(
            url=asset.url,
            path=self._workspace.asset_path(asset),
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

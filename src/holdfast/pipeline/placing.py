"""Verified bytes get their names and their places, durably, and the manifest says so.

Comes after the run's fetches are done and before any rewrite, so that names do not depend on the order of
arrival. Changes no document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from .. import naming
from ..manifest import Journal, Manifest
from ..model import Asset, Document, Reference
from ..plan import Plan
from .collected import Arrived
from .whereabouts import Whereabouts
from .workspace import Workspace

if TYPE_CHECKING:
    from ..store import Staged, Store

STAND_IN_NOTE = (
    f"{naming.STAND_IN_HASH} and {naming.STAND_IN_EXTENSION} in a name stand for what only the download can "
    "tell (after --no-rewrite the diff is exact)"
)


@dataclass(frozen=True, slots=True)
class _Copy:
    """One file that a folder lacks: its bytes, and the record that will tell of it (all but the path)."""

    record: Asset
    extension: str
    source: Staged | Path


Wanted: TypeAlias = Mapping[str | None, Sequence[_Copy]]
"""By folder (None: the shared one): the copies that it lacks."""


class Placed:
    """Where the file is that a reference should show."""

    def __init__(self, workspace: Workspace, manifest: Manifest) -> None:
        self._workspace = workspace
        self._manifest = manifest

    def __call__(self, url: str, document: Document, reference: Reference) -> str | None:
        copies = self._manifest.copies(url)
        if not copies:
            return None
        folder = self._workspace.site.folder_for(document.path, reference.place)
        here = next((copy for copy in copies if copy.beside == folder), copies[0])
        return self._workspace.asset_path(here)


class Foreseen(Placed):
    """The same before anything was fetched: what is not held has a name with stand-ins."""

    def __init__(self, workspace: Workspace, manifest: Manifest, plan: Plan) -> None:
        super().__init__(workspace, manifest)
        self._asked = {request.url for request in plan.requests}

    def __call__(self, url: str, document: Document, reference: Reference) -> str | None:
        workspace = self._workspace
        folder = workspace.site.folder_for(document.path, reference.place)
        copies = self._manifest.copies(url)
        here = next((copy for copy in copies if copy.beside == folder), None)
        if here is not None:
            return workspace.asset_path(here)
        if copies:
            # A copy will be made in this folder, under a name that its bytes decide: known already.
            return _join(folder, naming.flat(copies[0].path)) if folder is not None else None
        if url not in self._asked:
            return None
        template = workspace.config.naming
        name = naming.stand_in(url, template if folder is None else naming.flat(template))
        return _join(workspace.site.assets if folder is None else folder, name)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _folders(
    workspace: Workspace, documents: Mapping[str, Document], plan: Plan, url: str
) -> set[str | None]:
    """Every folder (None: the shared one) in which a document wants a copy."""
    found = set()
    for path, index in (*plan.uses.get(url, ()), *plan.own.get(url, ())):
        reference = documents[path].scanned.references[index]
        found.add(workspace.site.folder_for(path, reference.place))
    return found


def wanted(
    workspace: Workspace,
    manifest: Manifest,
    arrived: Mapping[str, Arrived],
    documents: Mapping[str, Document],
    plan: Plan,
    whereabouts: Whereabouts,
) -> Wanted:
    """What has arrived, or is held elsewhere, and is not yet in a folder where a document wants it."""
    found: defaultdict[str | None, list[_Copy]] = defaultdict(list)
    for url in sorted({*arrived, *plan.held}):
        come, held = arrived.get(url), plan.held.get(url)
        for folder in _folders(workspace, documents, plan, url):
            for copy in _lacking(workspace, manifest, url, folder, come, held, whereabouts):
                found[folder].append(copy)
    for copy in _lost(workspace, manifest, whereabouts, arrived):
        if all(copy.record.url != other.record.url for other in found.get(copy.record.beside, ())):
            found[copy.record.beside].append(copy)
    return found


def _lost(
    workspace: Workspace, manifest: Manifest, whereabouts: Whereabouts, arrived: Mapping[str, Arrived]
) -> Iterator[_Copy]:
    """Files that are gone from a folder that is there, while another folder has the same bytes, or gets them
    in this very run: the next one would find them there, and must have nothing to do."""
    fresh = {each.staged.sha256: each.staged for each in arrived.values()}
    places: defaultdict[str, set[Path]] = defaultdict(set)
    for asset in manifest.assets:
        places[asset.sha256].add(workspace.asset_file(asset))
    for asset in manifest.assets:
        met = whereabouts.met(asset)
        if met is not None or asset.sha256 in fresh or len(places[asset.sha256]) > 1:
            file = workspace.asset_file(asset)
            if not file.is_file() and (asset.beside is None or file.parent.is_dir()):
                held = next((path for path in sorted(places[asset.sha256]) if path.is_file()), met)
                twin = held or fresh.get(asset.sha256)
                if twin is not None:
                    yield _Copy(asset, asset.path.rpartition(".")[2], twin)


async def place(
    workspace: Workspace, manifest: Manifest, journal: Journal, store: Store, wanted: Wanted
) -> list[Asset]:
    """Give every wanted file its name and its place; return the new records.

    Raises:
        DiskError: the disk refused; what is durable is recorded, nothing else is.
    """
    placed: list[tuple[Staged | Path, Path]] = []
    records: list[Asset] = []
    for folder in sorted(wanted, key=lambda name: name or ""):
        taken = {asset.path: asset.sha256 for asset in manifest.assets if asset.beside == folder}
        template = workspace.config.naming
        names = naming.assign(
            {copy.record.url: (copy.record.sha256, copy.extension) for copy in wanted[folder]},
            taken,
            template if folder is None else naming.flat(template),
        )
        for copy in wanted[folder]:
            record = replace(copy.record, path=names[copy.record.sha256], beside=folder)
            records.append(record)
            placed.append((copy.source, workspace.asset_file(record)))
    await store.place_all(placed, root=workspace.root)
    if records:
        journal.append(records, sync=True)
    return records


def _lacking(
    workspace: Workspace,
    manifest: Manifest,
    url: str,
    folder: str | None,
    come: Arrived | None,
    held: Asset | None,
    whereabouts: Whereabouts,
) -> Iterator[_Copy]:
    """The copy of one URL's bytes that one folder lacks, if it does."""
    copies = manifest.copies(url)
    here = [copy for copy in copies if copy.beside == folder and workspace.asset_file(copy).is_file()]
    if come is not None:
        # A refresh that brought the same bytes is no news.
        if not here or here[0].sha256 != come.staged.sha256:
            yield _Copy(come.record(), come.staged.media.extension, come.staged)
        return
    assert held is not None
    if all(copy.sha256 != held.sha256 for copy in here):
        source, file = next(
            (copy, file)
            for copy in copies
            if copy.sha256 == held.sha256 and (file := whereabouts.file(copy)) is not None
        )
        yield _Copy(source, source.path.rpartition(".")[2], file)

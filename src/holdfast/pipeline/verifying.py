"""`verify`: fixity. Is every held asset there and unchanged, is anything there that nobody knows?

Reads files and, with ``--remote``, asks the prefix; removes nothing but with ``prune``, and then only what
neither the manifest nor any text of the site names.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

from msgspec import structs

from .. import disk as disks
from .. import urls
from ..disk import SYSTEM, Disk
from ..errors import NoDocuments, UsageError
from ..manifest import Manifest
from ..model import Asset
from ..progress import Progress
from ..results import Fault, VerifyResult
from ..words import count
from .reading import Reading
from .workspace import Workspace, locked, open_workspace, settled

_PIECE = 1 << 20
_LFS = b"version https://git-lfs.github.com/spec/"
_NAMED = re.compile(rb"(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])")
_NAMED_SOMEHOW = re.compile(rb"[0-9a-f]{16}")
_LARGEST_TEXT = 16 << 20
"""Bytes of the largest file that is searched for an asset's name before it is removed."""


def verify(
    flags: Mapping[str, object] | None = None,
    progress: Progress | None = None,
    *,
    prune: bool = False,
    remote: bool = False,
    disk: Disk = SYSTEM,
) -> VerifyResult:
    """Compare every file with its record.

    Args:
        prune: remove what is orphaned, partial or unused; the result says which.
        remote: ask, for every asset, whether it is served under the URL prefix.

    Raises:
        HoldfastError: the run could not be done.
    """
    started = time.monotonic()
    progress = progress or Progress()
    workspace = open_workspace((), flags or {}, disk)
    prefix = workspace.site.url_prefix
    if remote and not (prefix and urls.is_remote(prefix)):
        raise UsageError(
            "--remote needs to know where the assets are served",
            "give --url-prefix https://… or set url-prefix in holdfast.toml",
        )
    # What another run is about to record looks orphaned until then: only under the lock it is certain.
    # Where there is no archive nothing is, and to make its folder would say that what lies here is ours.
    prune = prune and workspace.archive.is_dir()
    with locked(workspace, "verify", progress) if prune else nullcontext():
        manifest, warnings = settled(workspace)
        result = VerifyResult(warnings=warnings)
        by_path = _by_path(workspace, manifest)
        result.assets = len(by_path)
        result.bytes = sum(asset.bytes for asset in by_path.values())
        _check_files(workspace, by_path, progress, result)
        extra = _extra(workspace, by_path, result)
        named = _named_in_texts(workspace, {*extra, *by_path}) if extra or by_path else set()
        _check_extra(extra, named, result)
        _excuse_lost(workspace, manifest, by_path, named, result)
        _check_unused(workspace, manifest, by_path, named, result)
        if remote:
            from .asking import check_remote  # the HTTP engine is imported when it is needed

            check_remote(workspace, by_path, progress, result)
        if prune:
            _prune(workspace, manifest, result)
    result.faults.sort(key=lambda fault: (fault.path, fault.kind))
    result.notes.sort(key=lambda fault: (fault.path, fault.kind))
    result.seconds = round(time.monotonic() - started, 3)
    return result


def _by_path(workspace: Workspace, manifest: Manifest) -> dict[str, Asset]:
    """One record per file; several URLs may share one."""
    found: dict[str, Asset] = {}
    for asset in sorted(manifest.assets, key=lambda each: each.url):
        found.setdefault(workspace.asset_path(asset), asset)
    return dict(sorted(found.items()))


def _check_files(
    workspace: Workspace, by_path: Mapping[str, Asset], progress: Progress, result: VerifyResult
) -> None:
    progress.stage("verifying", len(by_path))
    with ThreadPoolExecutor(max_workers=4) as pool:
        verdicts = pool.map(lambda item: _judge(workspace.root / item[0], item[1]), by_path.items())
        for (path, asset), verdict in zip(by_path.items(), verdicts, strict=True):
            progress.step()
            if verdict is None:
                result.good += 1
                continue
            kind, detail = verdict
            fault = Fault(path=path, kind=kind, detail=detail, url=asset.url)
            (result.notes if kind == "lfs" else result.faults).append(fault)


def _judge(path: Path, asset: Asset) -> tuple[str, str] | None:
    """What is wrong with one file; None when it is what its record says."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_PIECE)
            if head.startswith(_LFS) and len(head) < 1024:
                if f"oid sha256:{asset.sha256}".encode() in head:
                    return "lfs", "in Git LFS, not checked out here"
                return "changed", "a Git LFS pointer to other bytes"
            digest = hashlib.sha256(head)
            size = len(head)
            while piece := stream.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except FileNotFoundError:
        return "missing", ""
    except OSError as error:
        return "missing", f"it cannot be read: {error.strerror}"
    if digest.hexdigest() == asset.sha256:
        return None
    return (
        "changed",
        f"{count(size, 'byte')} long, {asset.bytes:,} were stored" if size != asset.bytes else "other bytes",
    )


def _extra(workspace: Workspace, by_path: Mapping[str, Asset], result: VerifyResult) -> dict[str, str]:
    """Files in the asset folder and in staging that no record knows: path -> kind.

    A folder that the operator named (``--assets static/images``) may hold what is his: there, only what bears
    its own hash in its name was stored by a run.
    """
    found: dict[str, str] = {}
    foreign: list[str] = []
    archive = workspace.site.archive
    for path in _files_below(workspace.root, workspace.site.assets):
        name = path.rpartition("/")[2]
        if name.endswith(disks.TEMPORARY):
            found[path] = "partial"
        elif path not in by_path and not path.startswith(f"{archive}/.") and not _is_upkeep(path, archive):
            if workspace.config.assets is None or _bears_its_hash(workspace.root / path):
                found[path] = "orphaned"
            else:
                foreign.append(path)
    if foreign:
        said = count(len(foreign), "file", "files")
        others = f"{workspace.site.assets} holds {said} that holdfast did not store ({foreign[0]}"
        result.warnings.append(f"{others}{', ...' if foreign[1:] else ''}): left alone")
    for folder in sorted({asset.beside for asset in by_path.values() if asset.beside}):
        for left in sorted((workspace.root / folder).glob(f".*{disks.TEMPORARY}")):
            found[f"{folder}/{left.name}"] = "partial"
    return found


def _bears_its_hash(path: Path) -> bool:
    """Whether a file's name holds the first 16 digits of its SHA-256, as every template's names do."""
    if not _NAMED_SOMEHOW.search(path.name.encode()):
        return False
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:16] in path.name
    except OSError:
        return False


def _is_upkeep(path: str, archive: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder == archive and (name == "manifest.jsonl" or name.startswith("."))


def _files_below(root: Path, folder: str) -> Iterator[str]:
    for where, folders, names in os.walk(root / folder):
        folders.sort()
        for name in sorted(names):
            yield (Path(where) / name).relative_to(root).as_posix()


def _named_in_texts(workspace: Workspace, paths: set[str]) -> set[str]:
    """Which of these files some text of the site names: templates, data files, drafts, whatever it is."""
    by_hash: dict[bytes, set[str]] = {}
    plain: dict[bytes, str] = {}
    for path in paths:
        name = path.rpartition("/")[2].encode()
        mark = _NAMED.search(name)
        if mark:
            by_hash.setdefault(mark[0], set()).add(path)
        else:
            plain[name] = path
    found: set[str] = set()
    inside = {workspace.archive.as_posix(), (workspace.root / workspace.site.assets).as_posix()}
    for where, folders, names in os.walk(str(workspace.root)):
        folders[:] = [
            folder
            for folder in folders
            if folder not in (".git", "node_modules", ".venv") and f"{where}/{folder}" not in inside
        ]
        for file in names:
            data = _text(Path(where) / file)
            for digits in set(_NAMED.findall(data)):
                found |= by_hash.get(digits, set())
            found |= {path for called, path in plain.items() if called in data}
    return found


def _text(path: Path) -> bytes:
    """A file's bytes, when it may be a text of the site; nothing of binary, large and unreadable ones."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_TEXT:
            return b""
        data = path.read_bytes()
    except OSError:
        return b""
    return b"" if b"\0" in data[:1024] and data[:2] not in (b"\xff\xfe", b"\xfe\xff") else data


def _check_extra(extra: Mapping[str, str], named: set[str], result: VerifyResult) -> None:
    for path, kind in extra.items():
        if kind == "orphaned" and path in named:
            result.notes.append(
                Fault(path=path, kind="unrecorded", detail="no record of it, but the site names it")
            )
        else:
            result.faults.append(Fault(path=path, kind=kind))


def _excuse_lost(
    workspace: Workspace,
    manifest: Manifest,
    by_path: Mapping[str, Asset],
    named: set[str],
    result: VerifyResult,
) -> None:
    """A lost file is no loss where nothing shows it, or where a renamed post took its folder along."""
    lost = {fault.path for fault in result.faults if fault.kind == "missing"}
    if not lost:
        return
    excused = dict.fromkeys(
        lost - named - _used(workspace, manifest), "lost, and no document shows it any more"
    )
    needed = {
        workspace.asset_path(asset)
        for asset in manifest.assets
        if (latest := manifest.asset(asset.url)) is None or latest.sha256 == asset.sha256
    }
    excused |= dict.fromkeys(lost - named - needed, "lost, and its URL has brought something newer")
    good = {asset.sha256 for path, asset in by_path.items() if path not in lost}
    twins = {path for path in lost if by_path[path].beside is not None and by_path[path].sha256 in good}
    for path in twins - _pointed_at(workspace, twins):
        excused[path] = "no document shows it from there any more, and another folder has the same file"
    for fault in [fault for fault in result.faults if fault.path in excused]:
        result.faults.remove(fault)
        result.notes.append(structs.replace(fault, kind="unused", detail=excused[fault.path]))


def _check_unused(
    workspace: Workspace,
    manifest: Manifest,
    by_path: Mapping[str, Asset],
    named: set[str],
    result: VerifyResult,
) -> None:
    """Assets that no text of the site names, by their own name or by the URL they came from."""
    told = named.union(fault.path for fault in (*result.faults, *result.notes))
    waiting = {path: asset for path, asset in by_path.items() if path not in told}
    if not waiting:
        return
    used = _used(workspace, manifest)
    for path, asset in waiting.items():
        if path not in used:
            result.notes.append(
                Fault(path=path, kind="unused", detail="no document shows it any more", url=asset.url)
            )


def _used(workspace: Workspace, manifest: Manifest) -> set[str]:
    """The files whose URL some document shows as its author wrote it."""
    try:
        shown = {
            urls.without_credentials(urls.split_fragment(reference.url)[0])
            for document in Reading(workspace, (), Progress())
            for reference in document.scanned.references
        }
    except NoDocuments:
        return set()
    return {workspace.asset_path(asset) for asset in manifest.assets if asset.url in shown}


def _pointed_at(workspace: Workspace, paths: Collection[str]) -> set[str]:
    """Those of these files that some document's reference leads to."""
    if not paths:
        return set()
    names = {path.rpartition("/")[2] for path in paths}
    site = workspace.site
    try:
        return {
            located
            for document in Reading(workspace, (), Progress())
            for reference in document.scanned.references
            if urls.split_fragment(reference.url)[0].rpartition("/")[2] in names
            and (located := site.locate(document.path, reference.url, reference.place, reference.kind))
        }
    except NoDocuments:
        return set()


def _prune(workspace: Workspace, manifest: Manifest, result: VerifyResult) -> None:
    """Remove what nothing refers to, and its records."""
    removable = [
        fault for fault in (*result.faults, *result.notes) if fault.kind in ("orphaned", "partial", "unused")
    ]
    # Records first: the next run removes a file that no record knows, and calls a record without one a loss.
    doomed = {fault.path for fault in removable}
    records = [asset for asset in manifest.assets if workspace.asset_path(asset) in doomed]
    manifest.forget(records)
    if records:
        manifest.compact()
    gone: set[str] = set()
    for fault in removable:
        path = workspace.root / fault.path
        try:
            workspace.disk.unlink(path)
        except FileNotFoundError:
            pass  # only its record was left
        except OSError as error:
            result.warnings.append(f"{fault.path} could not be removed: {error.strerror}")
            continue
        gone.add(fault.path)
        _remove_empty(path.parent, workspace.root / workspace.site.assets)
    result.pruned = sorted(gone)


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and folder.is_relative_to(top):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent

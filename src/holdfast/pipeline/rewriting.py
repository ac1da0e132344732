"""Documents are pointed at the assets that are held: the diagram's last arrow but one.

Every edit is agreed to by the oracle, then durable in the manifest, then made. Fetches nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from .. import files, urls
from ..config import MIB
from ..manifest import Journal, Manifest
from ..model import Document, Edit, Record, Reference, ScanOptions
from ..oracle import Disagreement, reader
from ..origins import asset_name, origins, unquoted
from ..plan import Plan, uses_by_document
from ..progress import Progress
from ..restoration import Restored
from ..results import DocumentNotice
from ..rewrite import Change, Rewritten, change, no_edits, rewrite
from ..scan.positions import Positions
from ..spelling import text_of
from .workspace import Workspace, now

_BATCH = 256
"""Documents whose edits are made durable with one sync."""

_TOGETHER = 64
"""Of these, so many are brought to the disk together: more gain little, and a kill leaves that many temporary
files."""
_TOGETHER_BYTES = 16 * MIB
"""With more new bytes in hand, no further document goes along: they take room on the disk beside the old."""

_Ready: TypeAlias = tuple[Document, Rewritten | Restored]

AssetFor = Callable[[str, Document, Reference], str | None]
"""(URL, document, reference) -> the path below the root of the file to show there; None: there is none."""

_MARK = re.compile(rb"(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])")


def marks(text: str) -> list[str]:
    """The short hashes in an asset's name."""
    return [mark.decode() for mark in _MARK.findall(text.encode())]


class EditIndex:
    """Every edit of the manifest by its asset's name: for posts that were renamed or copied."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._by_name: dict[str, list[Edit]] | None = None
        self._marks: set[str] | None = None

    def __call__(self, name: str) -> Sequence[Edit]:
        if self._by_name is None:
            self._by_name = {}
            for edits in self._manifest.edits.values():
                for edit in edits.values():
                    self._by_name.setdefault(asset_name(edit.new), []).append(edit)
        return self._by_name.get(name, ())

    def names_any(self, source: bytes) -> bool:
        """Whether a document holds a hash of some asset's name: cheap, and right for all names with one."""
        if self._marks is None:
            self._marks = {
                mark
                for edits in self._manifest.edits.values()
                for edit in edits.values()
                for mark in marks(edit.new)
            }
        return any(mark.decode() in self._marks for mark in _MARK.findall(source))


def locator(workspace: Workspace, document: Document) -> Callable[[Reference], str | None]:
    """Which file below the site's root a reference of this document leads to."""

    def locate(reference: Reference) -> str | None:
        return workspace.site.locate(document.path, reference.url, reference.place, reference.kind)

    return locate


@dataclass(slots=True)
class Work:
    """The documents that are to change, and what went wrong with others."""

    ready: list[_Ready] = field(default_factory=list)
    stale: list[Edit] = field(default_factory=list)
    """Records of edits that new ones take the place of."""
    superseded: list[Edit] = field(default_factory=list)
    """The same, of those that other documents may show."""
    notices: list[DocumentNotice] = field(default_factory=list)
    replaced: int = 0
    """References that change, in the documents that were not refused."""
    done: int = 0
    """Documents that were replaced."""

    def refuse(self, document: Document, code: str, message: str, offset: int | None = None) -> None:
        """A document stays as it was, and a person is told."""
        line, column = (0, 0) if offset is None else Positions(document.source).at(offset)
        self.notices.append(
            DocumentNotice(
                path=document.path, code=code, message=message, line=line, column=column, severe=True
            )
        )


def prepare(
    workspace: Workspace,
    manifest: Manifest,
    documents: Mapping[str, Document],
    plan: Plan,
    options_of: Callable[[str], ScanOptions],
    asset_for: AssetFor,
) -> Work:
    """Work out every document's edits, and have the oracle agree to them. Touches no file."""
    work = Work()
    index = EditIndex(manifest)
    fresh = uses_by_document(plan.uses)
    own = uses_by_document({url: uses for url, uses in plan.own.items() if url})
    for path in sorted({*fresh, *own}):
        document = documents[path]
        changes = [*_fresh(workspace, document, fresh.get(path, ()), asset_for, work)]
        if path in own:
            changes += _again(workspace, manifest, document, own[path], asset_for, index)
        if not changes:
            continue
        edits = manifest.edits_of(path)
        result = rewrite(
            document,
            sorted(changes, key=lambda each: each.index),
            reader(document.language, options_of(path)),
            edits=edits,
            asset_edits=index if manifest.edits else no_edits,
            locate=locator(workspace, document),
            previous=manifest.rewrites.get(path),
        )
        if isinstance(result, Disagreement):
            message = f"left as it was, for the rewritten text would not mean the same: {result.message}"
            work.refuse(document, "oracle", message, result.offset)
            continue
        _tell_of_left(work, document, result)
        if not result.replaced:
            continue
        _supersede(work, edits, result.edits)
        work.ready.append((document, result))
        work.replaced += result.replaced
    return work


def _supersede(work: Work, edits: Sequence[Edit], new: Sequence[Edit]) -> None:
    """Say which of a document's edits stand there no longer.

    A URL under an earlier prefix is still known: a copy of the post, or an older revision of it, may show it,
    and on another host nothing else tells that it leads to one of our assets.
    """
    kept, raws = {(edit.raw, edit.new) for edit in new}, {edit.raw for edit in new}
    for edit in edits:
        if edit.restored is None and (edit.raw, edit.new) not in kept:
            elsewhere = edit.raw in raws and urls.scheme(unquoted(edit.new))
            (work.superseded if elsewhere else work.stale).append(edit)


def _tell_of_left(work: Work, document: Document, result: Rewritten) -> None:
    """References that could not be written anew, while the rest of the document is."""
    references = document.scanned.references
    for index, disagreement in result.refused:
        message = (
            f"this reference stays as it is, for the text would not mean the same: {disagreement.message}"
        )
        work.refuse(document, "oracle", message, references[index].span.start)
    for index in result.unclear:
        message = "this reference stays as it is: two originals are possible, and nothing tells which it was"
        work.refuse(document, "unclear", message, references[index].span.start)


def _point(
    workspace: Workspace, document: Document, reference: Reference, ordinal: int, path: str
) -> Change | None:
    """The edit that makes a reference show the file at ``path``; None where it does, or cannot."""
    return change(
        ordinal, reference, workspace.site.spell(document.path, path, reference.place, reference.kind)
    )


def _fresh(
    workspace: Workspace, document: Document, uses: Sequence[tuple[int, str]], asset_for: AssetFor, work: Work
) -> Iterator[Change]:
    """References that show the author's URL now."""
    for index, url in uses:
        reference = document.scanned.references[index]
        target = asset_for(url, document, reference)
        if target is None:
            continue
        new = _point(workspace, document, reference, index, target)
        if new is not None:
            yield new
        elif reference.embed:
            message = f"{target} cannot be written here; the reference stays as it is"
            work.refuse(document, "spelling", message, reference.span.start)


def _again(
    workspace: Workspace,
    manifest: Manifest,
    document: Document,
    uses: Sequence[tuple[int, str]],
    asset_for: AssetFor,
    index: EditIndex,
) -> Iterator[Change]:
    """References that show our asset already, by a prefix, layout or folder that is not today's.

    What nobody recorded is the author's own, and what an editor re-pathed to a file that is there works:
    both are left alone.
    """
    changes: list[tuple[Reference, Change]] = []
    for ordinal, url in uses:
        reference = document.scanned.references[ordinal]
        target = asset_for(url, document, reference)
        new = _point(workspace, document, reference, ordinal, target) if target is not None else None
        if new is not None:
            changes.append((reference, new))
    if not changes:
        return  # the usual: every reference is as it is to be, and nobody need ask what stood there
    locate = locator(workspace, document)
    edits = manifest.edits_of(document.path)
    written = {edit.new for edit in edits}
    known = origins(document, edits, index, locate)
    for reference, new in changes:
        if new.index not in known:
            continue
        text = text_of(reference.raw)
        # A post that was renamed or copied shows what was written into the one it comes from.
        if text not in written and all(unquoted(edit.new) != text for edit in index(asset_name(text))):
            located = locate(reference)
            if located is not None and (workspace.root / located).is_file():
                continue
        yield new


def commit(
    workspace: Workspace, manifest: Manifest, journal: Journal, work: Work, progress: Progress
) -> None:
    """Record the edits durably, then replace the documents. What a document refuses becomes a notice.

    Raises:
        DiskError: the disk refused; every document is wholly old or wholly new.
    """
    progress.stage("rewriting", len(work.ready))
    refused: dict[str, str] = {}
    superseded: defaultdict[str, list[Edit]] = defaultdict(list)
    for edit in work.superseded:
        superseded[edit.path].append(msgspec.structs.replace(edit, restored=now()))
    for start in range(0, len(work.ready), _BATCH):
        batch = work.ready[start : start + _BATCH]
        records: list[Record] = []
        for _, result in batch:
            records += [*result.edits, *superseded.get(result.record.path, ()), result.record]
        journal.append(records, sync=True)
        for group in _groups(batch):
            refusals = files.replace_all(
                [
                    files.Replacement(workspace.root / document.path, result.new, document.sha256)
                    for document, result in group
                ],
                root=workspace.root,
                keep_mtime=workspace.site.keep_mtime,
                disk=workspace.disk,
            )
            for (document, _), refusal in zip(group, refusals, strict=True):
                progress.step()
                if refusal is None:
                    work.done += 1
                else:
                    refused[document.path] = document.sha256
                    work.refuse(document, refusal.reason, f"left as it was: {refusal.detail}")
    work.ready = [(document, result) for document, result in work.ready if document.path not in refused]
    work.replaced = sum(result.replaced for _, result in work.ready)
    _tidy(workspace, manifest, work, refused)


def _groups(batch: Sequence[_Ready]) -> Iterator[list[_Ready]]:
    """Documents that are replaced together."""
    group: list[_Ready] = []
    size = 0
    for ready in batch:
        if group and (len(group) == _TOGETHER or size > _TOGETHER_BYTES):
            yield group
            group, size = [], 0
        group.append(ready)
        size += len(ready[1].new)
    if group:
        yield group


def _tidy(workspace: Workspace, manifest: Manifest, work: Work, refused: Mapping[str, str]) -> None:
    """Forget what did not happen, and what has been replaced.

    Args:
        refused: the hashes of the documents that were left alone, as they were when they were read: by what
            an editor has made of them meanwhile, nobody could tell that they were not rewritten before.
    """
    if refused:
        manifest.settle(lambda path: refused.get(path) or files.digest(workspace.root / path))
    manifest.forget(edit for edit in work.stale if edit.path not in refused)

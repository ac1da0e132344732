"""`restore`: the originals come back. Uses no network; stored files stay where they are."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext

from ..disk import SYSTEM, Disk
from ..errors import ConfigError
from ..manifest import Manifest
from ..model import Document
from ..oracle import Disagreement, reader
from ..progress import Progress
from ..restoration import Restoration, Restored, plan_restore, wide
from ..restoration import restore as undo
from ..results import LeftReference, Place, RestoreResult
from ..scan.positions import Positions
from . import rewriting
from .diffing import unified
from .reading import Reading
from .rewriting import EditIndex, Work
from .workspace import Workspace, locked, now, open_workspace, settled


def restore(
    paths: Sequence[str] = (),
    flags: Mapping[str, object] | None = None,
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
    diff: bool = False,
    disk: Disk = SYSTEM,
) -> RestoreResult:
    """Put the author's URLs back into the documents.

    Args:
        paths: files and folders; empty for the whole site.
        flags: settings by their option's name; ``include`` and ``exclude`` select originals.

    Raises:
        HoldfastError: the run could not be done.
    """
    started = time.monotonic()
    progress = progress or Progress()
    workspace = open_workspace(paths, flags or {}, disk)
    looks_only = dry_run or diff
    # Where nothing is held, to make our folder would say that what lies in the asset folder is ours.
    holds = workspace.archive.is_dir()
    result = RestoreResult(mode="diff" if diff else "dry-run" if dry_run else "restore")
    reading = Reading(workspace, paths, progress)
    reading.find()
    with nullcontext() if looks_only or not holds else locked(workspace, "restore", progress):
        manifest, warnings = settled(workspace)
        result.warnings += warnings
        work = _prepare(workspace, manifest, reading, result)
        result.notices += reading.notices
        if diff:
            result.diff = "".join(
                unified(document.path, document.source, done.new) for document, done in work.ready
            )
        if looks_only:
            result.rewritten = len(work.ready)
        elif holds:
            reading.sweep()
            with manifest.journal() as journal:
                rewriting.commit(workspace, manifest, journal, work, progress)
            manifest.compact()
            result.rewritten = work.done
        result.restored = work.replaced
        result.notices += work.notices
        result.exact = sum(done.exact for _, done in work.ready if isinstance(done, Restored))
    result.seconds = round(time.monotonic() - started, 3)
    return result


def _prepare(workspace: Workspace, manifest: Manifest, reading: Reading, result: RestoreResult) -> Work:
    work = Work()
    index = EditIndex(manifest)
    selected = _selection(workspace.config.include, workspace.config.exclude)
    when = now()
    for plain in reading:
        result.documents += 1
        edits = manifest.edits_of(plain.path)
        if not edits and not index.names_any(plain.source):
            continue
        document, options = wide(plain, workspace.site.options)
        previous = manifest.rewrites.get(plain.path)
        planned = plan_restore(
            document,
            edits,
            index,
            locate=rewriting.locator(workspace, document),
            rewrite=previous,
            selected=selected,
        )
        _leave(document, planned, result)
        if not planned.changes:
            continue
        done = undo(document, planned, reader(document.language, options), when=when, rewrite=previous)
        if isinstance(done, Disagreement):
            work.refuse(document, "oracle", f"left as it was: {done.message}", done.offset)
            continue
        work.ready.append((document, done))
        work.replaced += len(planned.changes)
    return work


def _leave(document: Document, planned: Restoration, result: RestoreResult) -> None:
    """Tell of every reference that could not be decided about."""
    positions = Positions(document.source)
    for left in planned.left:
        line, column = positions.at(document.scanned.references[left.index].span.start)
        result.left.append(
            LeftReference(location=Place(document.path, line, column), raw=left.raw, why=left.why)
        )


def _selection(include: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool]:
    try:
        wanted = [re.compile(pattern) for pattern in include]
        unwanted = [re.compile(pattern) for pattern in exclude]
    except re.error as error:
        raise ConfigError(
            f"--include or --exclude: {error.pattern!r} is no regular expression: {error}"
        ) from None

    def selected(raw: str) -> bool:
        if wanted and not any(pattern.search(raw) for pattern in wanted):
            return False
        return not any(pattern.search(raw) for pattern in unwanted)

    return selected

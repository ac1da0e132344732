"""Decide which references get their author's bytes back.

Writes nothing. The result is a `Restoration`; `restore` turns it into the new bytes after the oracle agreed,
and compares them with the hash of what the author wrote where that is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec

from .model import Document, Edit, Reference, Rewrite, ScanOptions
from .oracle import Disagreement, Reader, agree, reader, widened
from .origins import Unclear, origins
from .spelling import bytes_of
from .splice import Change, apply


class Left(msgspec.Struct, frozen=True):
    """A reference that stays as it is, and why."""

    index: int
    """Its ordinal among all references of the document."""
    raw: str
    """What stands there now."""
    why: str


class Restoration(msgspec.Struct, frozen=True):
    """What is to be put back in one document."""

    changes: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()
    """The edits that are undone, as records of this document, without the date."""
    left: tuple[Left, ...] = ()
    fully: bool = True
    """Whether nothing of ours is left in the document."""
    expect_sha256: str | None = None
    """What the author's document hashed to, when it is known and everything is put back."""


class Restored(msgspec.Struct, frozen=True):
    """A document with its author's bytes, and the records that must be durable before it is replaced."""

    new: bytes
    edits: tuple[Edit, ...]
    record: Rewrite
    exact: bool
    """Whether the bytes are, by SHA-256, the author's."""
    replaced: int
    """References whose original is back."""


Selection: TypeAlias = Callable[[str], bool]


def _everything(raw: str) -> bool:  # noqa: ARG001 - the interface
    return True


def _nowhere(reference: Reference) -> str | None:  # noqa: ARG001 - the interface
    return None


def wide(document: Document, options: ScanOptions) -> tuple[Document, ScanOptions]:
    """The document scanned so that a path under any front matter key is a reference; and those options."""
    options = widened(options, reader(document.language, options).tree(document.source))
    return reader(document.language, options).wide(document), options


def plan_restore(
    document: Document,
    edits: Sequence[Edit],
    asset_edits: Callable[[str], Iterable[Edit]],
    *,
    locate: Callable[[Reference], str | None] = _nowhere,
    rewrite: Rewrite | None = None,
    selected: Selection = _everything,
) -> Restoration:
    """Find what stood where our assets are referred to now.

    Args:
        document: as it is now, scanned `wide`.
        edits: all recorded for its path.
        asset_edits: every edit, of any document, whose `new` ends in an asset's name: for renamed posts.
        locate: the asset that a reference leads to, for names that carry no hash.
        rewrite: the record of the document's last replacement.
        selected: whether an original (as the edit's `raw`) is to be put back.
    """
    found = origins(document, edits, asset_edits, locate)
    changes: list[Change] = []
    undone: dict[tuple[str, str], Edit] = {}
    left: list[Left] = []
    passed = False
    for index, origin in found.items():
        if isinstance(origin, Unclear):
            now = document.scanned.references[index].raw
            why = f"it could have been any of {len(origin.raws)}: {', '.join(origin.raws)}"
            left.append(Left(index, now.decode("utf-8", "replace"), why))
        elif not selected(origin.edit.raw):
            passed = True
        else:
            new = bytes_of(origin.edit.raw)
            changes.append(Change(index, new, None, origin.widen))
            edit = msgspec.structs.replace(origin.edit, path=document.path, restored=None)
            undone[edit.raw, edit.new] = edit
    fully = not left and not passed
    unchanged = rewrite is not None and rewrite.after == document.sha256
    return Restoration(
        changes=tuple(changes),
        edits=tuple(undone[key] for key in sorted(undone)),
        left=tuple(left),
        fully=fully,
        expect_sha256=authored(rewrite) if rewrite and unchanged and fully and changes else None,
    )


def restore(
    document: Document,
    restoration: Restoration,
    reader: Reader,
    *,
    when: str,
    rewrite: Rewrite | None = None,
) -> Restored | Disagreement:
    """The document with a restoration's changes, once the oracle agrees.

    Args:
        document: the one the restoration was planned for.
        restoration: from `plan_restore`.
        reader: `oracle.reader` with the options the document was scanned with.
        when: UTC, RFC 3339: written into the edits, which stay restored until they are asked for again.
        rewrite: the record of the document's last replacement.
    """
    changes = restoration.changes
    new = apply(document, changes)
    expected = restoration.expect_sha256
    if expected and _sha256(new) != expected:
        message = "the document does not come out as its author wrote it; it was left as it is"
        return Disagreement("hash", message)
    disagreement = agree(document, changes, new, reader)
    if disagreement:
        return disagreement
    after = _sha256(new)
    unchanged = rewrite is not None and rewrite.after == document.sha256
    whole = after if restoration.fully else (authored(rewrite) if rewrite and unchanged else None) or ""
    return Restored(
        new=new,
        edits=tuple(msgspec.structs.replace(edit, restored=when) for edit in restoration.edits),
        record=Rewrite(path=document.path, before=document.sha256, after=after, authored=whole),
        exact=expected is not None,
        replaced=len(restoration.changes),
    )


def authored(rewrite: Rewrite) -> str | None:
    """The SHA-256 of a document's bytes without any edit, as its last rewrite knew it."""
    return (rewrite.before if rewrite.authored is None else rewrite.authored) or None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

"""Point a document's references at our assets: the bytes that change, and the records that come before.

Writes nothing. Where a reference can be changed safely is decided by `spelling`, the bytes are put together
by `splice`, and nothing is returned that the `oracle` does not agree with.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from .model import Document, Edit, Reference, Rewrite
from .oracle import Disagreement, Reader, agree, reader
from .origins import Origin, Unclear, origins
from .restoration import authored, plan_restore
from .spelling import bytes_of, spell_into, text_of, with_fragment
from .splice import Change, apply

__all__ = ["Change", "Rewritten", "apply", "change", "no_edits", "reader", "rewrite", "spell_into"]


class Rewritten(msgspec.Struct, frozen=True):
    """New bytes of a document, and the records that must be durable before it is replaced."""

    new: bytes
    edits: tuple[Edit, ...]
    """Every edit that stands in the new bytes, the earlier ones with their places as they are now."""
    record: Rewrite
    replaced: int
    """References that were changed by this rewrite."""
    unclear: tuple[int, ...] = ()
    """References of ours that were to be written anew, and were not: their author's URL could be one of
    several, and a record of the wrong one would be worse than an old prefix."""
    refused: tuple[tuple[int, Disagreement], ...] = ()
    """References that keep their URL because the oracle found fault with the change, and why."""


def change(index: int, reference: Reference, new: str) -> Change | None:
    """The change that makes a reference say ``new``, its own ``#fragment`` kept.

    None where that is what it says already, or cannot be written there safely (see `spelling`): it then keeps
    its URL.
    """
    if reference.dynamic or not new:
        return None
    new = with_fragment(reference, new)
    written = spell_into(reference, new)
    if written is None or written == reference.raw:
        return None
    return Change(index, written, new)


def no_edits(name: str) -> Iterable[Edit]:  # noqa: ARG001 - the interface
    """For an archive that has made none: nobody need ask for each reference whether it is ours."""
    return ()


def _nowhere(reference: Reference) -> str | None:  # noqa: ARG001 - the interface
    return None


def rewrite(
    document: Document,
    changes: Sequence[Change],
    reader: Reader,
    *,
    edits: Sequence[Edit] = (),
    asset_edits: Callable[[str], Iterable[Edit]] = no_edits,
    locate: Callable[[Reference], str | None] = _nowhere,
    previous: Rewrite | None = None,
) -> Rewritten | Disagreement:
    """The document with ``changes``, once the oracle agrees.

    Args:
        document: as it was scanned.
        changes: from `change`, one a reference, in any order.
        reader: `oracle.reader` with the options the document was scanned with.
        edits: those recorded for its path: a reference of ours that is written anew keeps its author's bytes
            in its record.
        asset_edits: every edit, of any document, whose `new` ends in an asset's name: for renamed posts.
        locate: the asset that a reference leads to, for names that carry no hash.
        previous: the record of the document's last replacement.
    """
    whole, known = _origins(document, reader, edits, asset_edits, locate)
    twin = {each.span.start: number for number, each in enumerate(whole.scanned.references)}

    def origin(index: int) -> Origin | Unclear | None:
        return known.get(twin.get(document.scanned.references[index].span.start, -1))

    unclear = tuple(sorted(each.index for each in changes if isinstance(origin(each.index), Unclear)))
    agreed = _agreed(document, [each for each in changes if each.index not in unclear], reader)
    if isinstance(agreed, Disagreement):
        return agreed
    new, changes, refused = agreed
    written = {twin[document.scanned.references[each.index].span.start]: each.new for each in changes}
    hidden = _hidden(edits, known, new)
    records = _records(whole, written, known)
    kept = {(edit.raw, edit.new) for edit in records}
    return Rewritten(
        new=new,
        edits=(*records, *(edit for edit in hidden if (edit.raw, edit.new) not in kept)),
        record=Rewrite(
            path=document.path,
            before=document.sha256,
            after=hashlib.sha256(new).hexdigest(),
            authored=_authored(whole, known, hidden, edits, asset_edits, locate, previous),
        ),
        replaced=len(changes),
        unclear=unclear,
        refused=refused,
    )


def _origins(
    document: Document,
    reader: Reader,
    edits: Sequence[Edit],
    asset_edits: Callable[[str], Iterable[Edit]],
    locate: Callable[[Reference], str | None],
) -> tuple[Document, dict[int, Origin | Unclear]]:
    """What earlier edits stand in the document, which is scanned wide when there are some."""
    if not edits and (asset_edits is no_edits or not origins(document, edits, asset_edits, locate)):
        return document, {}
    whole = reader.wide(document)
    starts = {each.span.start for each in whole.scanned.references}
    if not all(each.span.start in starts for each in document.scanned.references):
        whole = document  # a wide scan may read a value differently; it must never see less
    return whole, origins(whole, edits, asset_edits, locate)


_ROUNDS = 8
"""So many references of one document may be refused one by one; with more the document is left as it is."""


def _agreed(
    document: Document, changes: Sequence[Change], reader: Reader
) -> tuple[bytes, Sequence[Change], tuple[tuple[int, Disagreement], ...]] | Disagreement:
    """The bytes the oracle agrees with, after the changes it finds fault with are taken back."""
    refused: list[tuple[int, Disagreement]] = []
    while True:
        new = apply(document, changes)
        disagreement = agree(document, changes, new, reader)
        if disagreement is None:
            return new, changes, tuple(refused)
        index = disagreement.index
        left = [each for each in changes if each.index != index]
        if len(left) == len(changes) or not left or len(refused) == _ROUNDS:
            return disagreement
        assert index is not None
        refused.append((index, disagreement))
        changes = left


def _records(
    document: Document, written: Mapping[int, bytes], known: Mapping[int, Origin | Unclear]
) -> tuple[Edit, ...]:
    """One edit for each (author's bytes, new bytes), with all its places."""
    places: dict[tuple[str, str], list[int]] = {}
    for index, reference in enumerate(document.scanned.references):
        origin = known.get(index)
        if index not in written and not isinstance(origin, Origin):
            continue
        raw = origin.edit.raw if isinstance(origin, Origin) else text_of(reference.raw)
        widen = origin.widen if isinstance(origin, Origin) else 0
        start, end = reference.span.start, reference.span.end
        before, after = document.source[start - widen : start], document.source[end : end + widen]
        new = text_of(before + written.get(index, reference.raw) + after)
        places.setdefault((raw, new), []).append(index)
    several = Counter(new for _, new in places)
    return tuple(
        Edit(
            path=document.path,
            raw=raw,
            new=new,
            places=tuple(places[raw, new]),
            # With an ampersand there are two spellings: another post may have the other one.
            place=_common_place(document, places[raw, new]) if several[new] > 1 or "&" in raw else "",
        )
        for raw, new in sorted(places)
    )


def _common_place(document: Document, indexes: Iterable[int]) -> str:
    """Where all of these references stand, as far as that is one kind of place; else empty."""
    found = {document.scanned.references[index].place for index in indexes}
    return found.pop().value if len(found) == 1 else ""


def _hidden(edits: Sequence[Edit], known: Mapping[int, Origin | Unclear], new: bytes) -> tuple[Edit, ...]:
    """Earlier edits whose bytes still stand in the document where no reference is seen.

    A path under an ordinary front matter key is none (see `restore.wide`). To keep a record too many does no
    harm; to drop one loses the author's URL.
    """
    seen = {(origin.edit.raw, origin.edit.new) for origin in known.values() if isinstance(origin, Origin)}
    return tuple(
        edit
        for edit in edits
        if edit.restored is None and (edit.raw, edit.new) not in seen and bytes_of(edit.new) in new
    )


def _authored(
    document: Document,
    known: Mapping[int, Origin | Unclear],
    hidden: Sequence[Edit],
    edits: Sequence[Edit],
    asset_edits: Callable[[str], Iterable[Edit]],
    locate: Callable[[Reference], str | None],
    previous: Rewrite | None,
) -> str | None:
    """What `Rewrite.authored` says of a document that may hold earlier edits."""
    if not known and not hidden:
        return None
    if previous is not None and previous.after == document.sha256:
        return authored(previous) or ""
    restoration = plan_restore(document, edits, asset_edits, locate=locate)
    if hidden or not restoration.fully:
        return ""
    return hashlib.sha256(apply(document, restoration.changes)).hexdigest()

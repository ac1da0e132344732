"""Which bytes of its author a reference to one of our assets stands for.

Reads no manifest: the edits come in. A reference is recognised by the very bytes an edit put there, or, when
the post was renamed or an editor re-pathed the asset, by the asset's name, which carries its hash. Where two
different originals are possible, their order decides; where the order cannot, nobody does.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from . import urls
from .model import Document, Edit, Reference
from .spelling import text_of

_HASHED = re.compile(r"(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])")
"""The part of an asset's name that no other file has by accident."""


class Origin(msgspec.Struct, frozen=True):
    """What an author wrote where a reference to our asset stands now."""

    edit: Edit
    """The edit to undo; of the document itself where it has one, else of the one the post was copied from."""
    widen: int = 0
    """Bytes on either side of the reference that the edit brought with it."""


class Unclear(msgspec.Struct, frozen=True):
    """More than one original is possible here."""

    raws: tuple[str, ...]


def asset_name(text: str) -> str:
    """The last segment of a URL or path, without query and fragment: what an edit or a reference names."""
    return re.split(r"[?#]", unquoted(text), maxsplit=1)[0].rpartition("/")[2]


def unquoted(text: str) -> str:
    """What an edit brought, without quotes of its own."""
    return text.strip("\"'<>")


def origins(
    document: Document,
    edits: Sequence[Edit],
    asset_edits: Callable[[str], Iterable[Edit]],
    locate: Callable[[Reference], str | None],
) -> dict[int, Origin | Unclear]:
    """For every reference to one of our assets, by its ordinal: what stood there.

    Args:
        document: as it is now.
        edits: those recorded for its path, restored ones too: what counts is what stands in the document.
        asset_edits: every edit, of any document, whose `new` ends in an asset's name.
        locate: the asset's path below the site's root that a reference leads to, or None: needed for asset
            names that carry no hash.
    """
    candidates: dict[int, tuple[tuple[Edit, int], ...]] = {}
    strangers: dict[int, tuple[tuple[Edit, int], ...]] = {}
    exact = _by_bytes(edits)
    named = _by_name(edits)
    for index, reference in enumerate(document.scanned.references):
        found = tuple(_exact(document, reference, exact))
        name = "" if found or reference.dynamic else asset_name(reference.url)
        if name and _may_be_ours(reference, locate):
            found = tuple((edit, 0) for edit in _same_fragment(reference, named.get(name, ())))
            if not found:
                strangers[index] = tuple(
                    (edit, 0) for edit in _same_fragment(reference, tuple(asset_edits(name)))
                )
        elif name:
            # A copied or renamed post may show what stands under an earlier prefix, on another host.
            text = text_of(reference.raw)
            strangers[index] = tuple((edit, 0) for edit in asset_edits(name) if unquoted(edit.new) == text)
        if found:
            candidates[index] = _of_place(reference, found)
    candidates.update(
        (index, _of_place(document.scanned.references[index], found))
        for index, found in _from_one_document(strangers).items()
    )
    return _decided(candidates)


def _by_bytes(edits: Iterable[Edit]) -> Mapping[str, list[tuple[Edit, int]]]:
    """Edits by the reference a scan finds where they were made: without quotes of their own."""
    found: dict[str, list[tuple[Edit, int]]] = defaultdict(list)
    for edit in edits:
        found[edit.new].append((edit, 0))
        if len(edit.new) > 2 and edit.new[0] + edit.new[-1] in ('""', "''", "<>"):
            found[edit.new[1:-1]].append((edit, 1))
    return found


def _by_name(edits: Iterable[Edit]) -> Mapping[str, tuple[Edit, ...]]:
    found: dict[str, tuple[Edit, ...]] = {}
    for edit in edits:
        name = asset_name(edit.new)
        found[name] = (*found.get(name, ()), edit)
    return found


def _exact(
    document: Document, reference: Reference, exact: Mapping[str, list[tuple[Edit, int]]]
) -> Iterable[tuple[Edit, int]]:
    start, end = reference.span.start, reference.span.end
    for edit, widen in exact.get(text_of(reference.raw), ()):
        if text_of(document.source[max(start - widen, 0) : end + widen]) == edit.new:
            yield edit, widen


def _may_be_ours(reference: Reference, locate: Callable[[Reference], str | None]) -> bool:
    """Whether a reference that no edit spells could still lead to an asset: not on another site."""
    if not urls.scheme(reference.url) and _HASHED.search(asset_name(reference.url)):
        return True
    return locate(reference) is not None


def _same_fragment(reference: Reference, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits that spell the reference's own fragment, when there are some."""
    fragment = urls.split_fragment(reference.url)[1]
    alike = tuple(edit for edit in edits if urls.split_fragment(unquoted(edit.new))[1] == fragment)
    return alike or edits


def _of_place(reference: Reference, found: tuple[tuple[Edit, int], ...]) -> tuple[tuple[Edit, int], ...]:
    """The edits that were made in such a place, when there are some that say so."""
    alike = tuple(each for each in found if each[0].place in ("", reference.place.value))
    return alike or found


def _from_one_document(
    strangers: Mapping[int, tuple[tuple[Edit, int], ...]],
) -> dict[int, tuple[tuple[Edit, int], ...]]:
    """Of edits of other documents, those of the one that explains most: a renamed post is one other post."""
    explained = Counter(path for found in strangers.values() for path in {edit.path for edit, _ in found})
    chosen = {}
    for index, found in strangers.items():
        if not found:
            continue
        most = max(explained[edit.path] for edit, _ in found)
        chosen[index] = tuple(each for each in found if explained[each[0].path] == most)
    return chosen


_Candidates: TypeAlias = Mapping[int, tuple[tuple[Edit, int], ...]]


def _decided(candidates: _Candidates) -> dict[int, Origin | Unclear]:
    """One origin for each reference: by the order of all that show one asset, else one by one."""
    by_asset: dict[str, list[int]] = defaultdict(list)
    for index, found in candidates.items():
        by_asset[asset_name(found[0][0].new)].append(index)
    decided: dict[int, Origin | Unclear] = {}
    for indexes in by_asset.values():
        decided.update(_in_order(candidates, indexes) or _one_by_one(candidates, indexes))
    return dict(sorted(decided.items()))


def _one_by_one(candidates: _Candidates, indexes: Sequence[int]) -> Iterator[tuple[int, Origin | Unclear]]:
    alike: dict[frozenset[tuple[str, str, str]], list[int]] = defaultdict(list)
    for index in indexes:
        alike[frozenset((edit.path, edit.raw, edit.new) for edit, _ in candidates[index])].append(index)
    for group in alike.values():
        found = candidates[group[0]]
        raws = sorted({edit.raw for edit, _ in found})
        ordered = _in_order(candidates, group) if len(found) > 1 else None
        if ordered:
            yield from ordered
        elif len(raws) == 1:
            # of two edits with one original one brought quotes: here they may be the author's
            least = min(found, key=lambda each: (each[1], each[0].path, each[0].new))
            yield from ((index, Origin(*least)) for index in group)
        else:
            yield from ((index, Unclear(tuple(raws))) for index in group)


def _in_order(candidates: _Candidates, indexes: Sequence[int]) -> list[tuple[int, Origin | Unclear]] | None:
    """Each reference with the edit whose turn it is; None where places and references are not as many."""
    edits = {(edit.path, edit.raw, edit.new): edit for index in indexes for edit, _ in candidates[index]}
    standing = [edit for edit in edits.values() if edit.restored is None] or list(edits.values())
    told: dict[str, set[tuple[str, str, tuple[int, ...]]]] = defaultdict(set)
    for edit in standing:
        told[edit.path].add((edit.raw, edit.new, edit.places))
    one = min(told)
    if any(each != told[one] for each in told.values()):
        return None
    # Copies of one post say the same.
    standing = [edit for edit in standing if edit.path == one]
    turns = sorted((place, edit.raw, edit.new) for edit in standing for place in edit.places)
    if len(turns) != len(indexes):
        return None
    matched: list[tuple[int, Origin | Unclear]] = []
    for index, (_, raw, new) in zip(sorted(indexes), turns, strict=True):
        here = [each for each in candidates[index] if (each[0].raw, each[0].new) == (raw, new)]
        if not here:
            return None
        matched.append((index, Origin(*here[0])))
    return matched

"""Which bytes of its author a reference to one of our assets stands for.

Reads no manifest: the edits come in. A reference is recognised by the very bytes an edit put there, or, when
the post was renamed or an editor re-pathed the asset, by the asset's name, which carries its hash. Where two
different originals are possible, their order decides; where the order cannot, nobody does.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from . import urls
from .model import Document, Edit, Reference
from .spelling import text_of

_HASHED = re.compile(r"(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])")
"""The part of an asset's name that no other file has by accident."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What an author wrote where a reference to our asset stands now."""

    edit: Edit
    """The edit to undo; of the document itself where it has one, else of the one the post was copied from."""
    widen: int = 0
    """Bytes on either side of the reference that the edit brought with it."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """More than one original is possible here."""

    raws: tuple[str, ...]


def asset_name(text: str) -> str:
    """The last segment of a URL or path, without query and fragment: what an edit or a reference names."""
    return re.split(r"[?#]", text.strip("\"'<>"), maxsplit=1)[0].rpartition("/")[2]


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
        if not found and _may_be_ours(reference, locate):
            name = asset_name(reference.url)
            found = tuple((edit, 0) for edit in _same_fragment(reference, named.get(name, ())))
            if not found and name:
                strangers[index] = tuple(
                    (edit, 0) for edit in _same_fragment(reference, tuple(asset_edits(name)))
                )
        if found:
            candidates[index] = found
    candidates.update(_from_one_document(strangers))
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
    if reference.dynamic:
        return False
    if not urls.scheme(reference.url) and _HASHED.search(asset_name(reference.url)):
        return True
    return locate(reference) is not None


def _same_fragment(reference: Reference, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits that spell the reference's own fragment, when there are some."""
    fragment = urls.split_fragment(reference.url)[1]
    alike = tuple(edit for edit in edits if urls.split_fragment(edit.new.strip("\"'<>"))[1] == fragment)
    return alike or edits


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


def _decided(candidates: Mapping[int, tuple[tuple[Edit, int], ...]]) -> dict[int, Origin | Unclear]:
    decided: dict[int, Origin | Unclear] = {}
    open_groups: dict[tuple[tuple[str, str, str], ...], list[int]] = defaultdict(list)
    for index, found in candidates.items():
        if len({edit.raw for edit, _ in found}) == 1:
            decided[index] = Origin(*min(found, key=lambda each: (each[1], each[0].path, each[0].new)))
        else:
            open_groups[tuple(sorted((edit.path, edit.raw, edit.new) for edit, _ in found))].append(index)
    for indexes in open_groups.values():
        found = candidates[indexes[0]]
        in_order = _in_order(found)
        for turn, index in enumerate(sorted(indexes)):
            if len(in_order) == len(indexes):
                decided[index] = Origin(*in_order[turn])
            else:
                decided[index] = Unclear(tuple(sorted({edit.raw for edit, _ in found})))
    return dict(sorted(decided.items()))


def _in_order(found: Sequence[tuple[Edit, int]]) -> list[tuple[Edit, int]]:
    """The originals in the order of their places; nothing when they come from several documents."""
    if len({edit.path for edit, _ in found}) > 1:
        return []
    placed = [(place, number) for number, (edit, _) in enumerate(found) for place in edit.places]
    return [found[number] for _, number in sorted(placed)]

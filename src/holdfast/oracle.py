"""The second opinion without which no document is written: was done what was meant, and nothing else?

Trusts neither the spelling nor the splicing. It compares the bytes itself, has the new bytes scanned again
and the front matter parsed again, and holds both against the document as it was. What it cannot explain is
a `Disagreement`, and the document stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from . import urls
from .model import Document, Language, Place, Reference, Scanned, ScanOptions
from .spelling import text_of
from .splice import Change


class Disagreement(msgspec.Struct, frozen=True):
    """Why a document must stay as it is."""

    reason: str
    """A stable name: ``overlap``, ``bytes``, ``lost``, ``appeared``, ``changed``, ``meaning``,
    ``front-matter``, ``hash``."""
    message: str
    offset: int = 0
    """Byte offset, in the document as it was, of what the message is about."""
    index: int | None = None
    """The ordinal of the reference whose change is at fault, where one is."""


Node: TypeAlias = tuple[tuple[str | int, ...], str, Any]
"""Key path, kind and value of one node of front matter."""


class Reader(msgspec.Struct, frozen=True):
    """How a document's bytes are understood: exactly as they were when the document was scanned."""

    scan: Callable[[bytes], Scanned]
    tree: Callable[[bytes], tuple[Node, ...]]
    """The front matter's nodes in order, aliases among them; nothing where there is none."""
    scan_wide: Callable[[bytes], Scanned] | None = None
    """A scan that sees a path under *any* front matter key. A URL with an image's extension is an embed under
    every key, but the path that replaced it is one only under keys that name images. None: as `scan`."""
    front: Callable[[bytes], object] | None = None
    """What decides about `tree`: where it is equal for two texts, so are their trees. None: nothing does."""

    def wide(self, document: Document) -> Document:
        """The document with every reference that can be a path of ours."""
        if self.scan_wide is None:
            return document
        return replace(document, scanned=self.scan_wide(document.source))


def reader(language: Language, options: ScanOptions) -> Reader:
    """The reader for documents of one language on one site."""
    from .scan import frontmatter, scan  # most runs rewrite nothing, and need no second look

    def tree(source: bytes) -> tuple[Node, ...]:
        return frontmatter.tree(source, options) if language in ("markdown", "mdx") else ()

    def scan_wide(source: bytes) -> Scanned:
        return scan(source, language, widened(options, tree(source)))

    def front(source: bytes) -> object:
        return frontmatter.inner(source, options)

    return Reader(
        lambda source: scan(source, language, options),
        tree,
        scan_wide,
        front if language in ("markdown", "mdx") else None,
    )


def widened(options: ScanOptions, tree: Iterable[Node]) -> ScanOptions:
    """The options under which every key of a front matter names images."""
    keys = frozenset(part.lower() for key, _, _ in tree for part in key if isinstance(part, str))
    return replace(options, image_keys=options.image_keys | keys)


class _Pair(msgspec.Struct, frozen=True):
    """One reference before and after; None when it is not seen any more."""

    index: int
    before: Reference
    after: Reference | None
    change: Change | None


class _RefusedError(Exception):
    def __init__(self, reason: str, message: str, offset: int = 0, index: int | None = None) -> None:
        self.disagreement = Disagreement(reason, message, offset, index)


def agree(document: Document, changes: Sequence[Change], after: bytes, reader: Reader) -> Disagreement | None:
    """None when ``after`` is ``document`` with exactly ``changes``; else why it is not.

    1. Outside the changed spans, both are the same bytes; inside stands what was to be put there.
    2. A new scan finds the same references in the same order: kind, place, key, whether they are fetched with
       the page. Only the changed ones have another URL, the one that was meant.
    3. The front matter has the same nodes, but for the values at the changed keys.

    Two differences are explained and accepted: a link is an embed exactly when it leads to the image it
    wraps, and a front matter value under an ordinary key is a reference only while it is an http URL.
    """
    try:
        places = _compare_bytes(document, changes, after)
        pairs = _compare_references(document, changes, places, reader.scan(after).references)
        _compare_embeds(pairs)
        if _may_differ(pairs, document.source, after, reader):
            _compare_trees(pairs, reader.tree(document.source), reader.tree(after))
    except _RefusedError as refused:
        return refused.disagreement
    return None


# -- 1: bytes ---------------------------------------------------------------------------------------------


def _compare_bytes(document: Document, changes: Sequence[Change], after: bytes) -> list[tuple[int, int]]:
    """Where each reference must be in ``after``: for a changed one, where its new bytes are."""
    source, references = document.source, document.scanned.references
    by_index = {change.index: change for change in changes}
    if len(by_index) != len(changes) or not all(0 <= index < len(references) for index in by_index):
        raise _RefusedError("overlap", "two changes of one reference, or a change of none")
    places = []
    read = written = 0
    for index, reference in enumerate(references):
        change = by_index.get(index)
        start, end = reference.span.start, reference.span.end
        if change is None:
            places.append((start - read + written, end - read + written))
            continue
        start, end = start - change.widen, end + change.widen
        if start < read or end > len(source):
            raise _RefusedError("overlap", "two changes touch", start)
        same = start - read
        if source[read:start] != after[written : written + same]:
            raise _RefusedError("bytes", "other bytes than the reference's were changed", read)
        written += same
        if after[written : written + len(change.new)] != change.new:
            raise _RefusedError("bytes", "the new bytes are not where they belong", start)
        places.append((written, written + len(change.new)))
        written += len(change.new)
        read = end
    if source[read:] != after[written:]:
        raise _RefusedError("bytes", "other bytes than the reference's were changed", read)
    return places


# -- 2: references ----------------------------------------------------------------------------------------


def _compare_references(
    document: Document,
    changes: Sequence[Change],
    places: Sequence[tuple[int, int]],
    found: Sequence[Reference],
) -> list[_Pair]:
    by_index = {change.index: change for change in changes}
    pairs = []
    at = 0
    for index, before in enumerate(document.scanned.references):
        change = by_index.get(index)
        start, end = places[index]
        here = at < len(found) and start <= found[at].span.start and found[at].span.end <= end
        if not here:
            if change is None or before.place is not Place.FRONT_MATTER:
                message = f"{_named(before)} is no reference any more"
                raise _RefusedError("lost", message, before.span.start, _culprit(index, by_index))
            pairs.append(_Pair(index, before, None, change))
            continue
        after = found[at]
        at += 1
        wrong = (
            _wrong_untouched(before, after, (start, end))
            if change is None
            else _wrong_changed(before, after, change)
        )
        if wrong:
            raise _RefusedError(*wrong, before.span.start, _culprit(index, by_index))
        pairs.append(_Pair(index, before, after, change))
    if at < len(found):
        raise _RefusedError("appeared", f"{_named(found[at])} is a reference that was none", 0)
    return pairs


def _culprit(index: int, changed: Mapping[int, Change]) -> int | None:
    """The change at fault when something is wrong with a reference: its own, or the last one before it."""
    return max((each for each in changed if each <= index), default=None)


def _wrong_untouched(before: Reference, after: Reference, place: tuple[int, int]) -> tuple[str, str] | None:
    """Reason and message of what is wrong with a reference that was not changed."""
    if (after.span.start, after.span.end) != place or after.raw != before.raw:
        return "changed", f"{_named(before)} has other bounds"
    if after.url != before.url or after.syntax is not before.syntax:
        return "changed", f"{_named(before)} means something else"
    return _wrong_role(before, after)


def _wrong_changed(before: Reference, after: Reference, change: Change) -> tuple[str, str] | None:
    bare = after.raw == change.new
    if not bare and not (len(change.new) == len(after.raw) + 2 and change.new[1:-1] == after.raw):
        return "changed", f"{_named(after)} is not all that was written"
    if after.syntax is not before.syntax and bare and not change.widen:
        return "changed", f"{_named(before)} is read in another way"
    if change.means is not None and not _means(after.url, change.means):
        return "meaning", f"{change.means} would be read as {after.url}"
    return _wrong_role(before, after)


def _wrong_role(before: Reference, after: Reference) -> tuple[str, str] | None:
    one = (before.kind, before.place, before.key, before.dynamic)
    two = (after.kind, after.place, after.key, after.dynamic)
    return None if one == two else ("changed", f"{_named(before)} became a {after.kind}")


def _means(url: str, meant: str) -> bool:
    return url in (meant, urls.resolve(meant), urls.resolve(urls.percent_encode(meant)))


def _named(reference: Reference) -> str:
    return f"{reference.kind} {text_of(reference.raw[:200])}"


_WRAPPING = frozenset({"link", "definition", "html-a-href", "html-area-href", "wiki-link"})
"""Kinds that are embeds only when they lead to the image they wrap."""


def _compare_embeds(pairs: Sequence[_Pair]) -> None:
    """A link may begin or cease to lead to the image it wraps; nothing else may change its nature."""
    for pair in pairs:
        if pair.after is None or pair.after.embed == pair.before.embed:
            continue
        if pair.change and pair.before.place is Place.FRONT_MATTER:
            continue  # under an ordinary key the extension decides
        if pair.before.kind not in _WRAPPING or not _is_explained(pair, pair.after, pairs):
            what = "is" if pair.after.embed else "is not"
            message = f"{_named(pair.before)} {what} fetched with the page any more"
            raise _RefusedError(
                "changed", message, pair.before.span.start, pair.index if pair.change else None
            )


def _is_explained(pair: _Pair, after: Reference, pairs: Sequence[_Pair]) -> bool:
    def alike(one: Reference, two: Reference) -> bool:
        return urls.split_fragment(one.url)[0] == urls.split_fragment(two.url)[0]

    for other in pairs:
        if other is pair or other.after is None or not (pair.change or other.change):
            continue
        joined = after.embed and other.after.embed and alike(after, other.after)
        parted = not after.embed and other.before.embed and alike(pair.before, other.before)
        if joined or (parted and not (alike(after, other.after) and after.raw == other.after.raw)):
            return True  # one URL in two spellings is not always seen to be one
    return False


# -- 3: front matter --------------------------------------------------------------------------------------


def _may_differ(pairs: Sequence[_Pair], before: bytes, after: bytes, reader: Reader) -> bool:
    """Whether the trees have to be compared: not, where nothing in the front matter was to change and its
    bytes are the same."""
    if any(pair.change and pair.before.place is Place.FRONT_MATTER for pair in pairs):
        return True
    return reader.front is None or reader.front(before) != reader.front(after)


def _compare_trees(pairs: Sequence[_Pair], before: Sequence[Node], after: Sequence[Node]) -> None:
    open_pairs: dict[tuple[str | int, ...], list[_Pair]] = {}
    for pair in pairs:
        if pair.change and pair.before.place is Place.FRONT_MATTER:
            open_pairs.setdefault(pair.before.key, []).append(pair)
    if len(before) != len(after):
        raise _RefusedError("front-matter", "the front matter has other nodes than before")
    for one, two in zip(before, after, strict=True):
        key, kind, old = tuple(one[0]), one[1], one[2]
        expected = open_pairs.get(key, []) if not kind.startswith("key") else []
        index = expected[0].index if expected else None
        if two[:2] != one[:2]:
            message = f"{_path(key)} would be {two[1]}, and was {kind}"
            raise _RefusedError("front-matter", message, 0, index)
        if one == two:
            continue  # another node under the same key may be the one that was meant
        met = next((pair for pair in expected if _is_meant(pair, str(old), str(two[2]))), None)
        if met is not None:
            expected.remove(met)
        else:
            raise _RefusedError("front-matter", f"{_path(key)} would be {str(two[2])[:200]!r}", 0, index)
    left = next((pair for group in open_pairs.values() for pair in group), None)
    if left is not None:
        message = f"{_path(left.before.key)} did not change"
        raise _RefusedError("front-matter", message, left.before.span.start, left.index)


def _is_meant(pair: _Pair, old: str, new: str) -> bool:
    """Whether ``new`` is the value ``old`` after the pair's change, and nothing more."""
    change = pair.change
    assert change is not None
    was, written = text_of(pair.before.raw), text_of(change.new)
    if change.means is not None:
        return new == change.means or (was in old and new == old.replace(was, change.means, 1))
    if was in old and new in (old.replace(was, written, 1), old.replace(was, written[1:-1], 1)):
        return True
    # an author's bytes with escapes: the scan has undone them, and the value is the URL it found
    return pair.after is not None and urls.resolve(new.strip()) == pair.after.url


def _path(key: Sequence[str | int]) -> str:
    return ".".join(map(str, key)) or "the front matter"

"""The records of one archive in memory, by key: what is held, what was rewritten, what failed.

Opens nothing and never looks at a document: whoever knows a document's hash passes it in. Which of two
records of one key counts is `records.join`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, cast

from . import records
from .model import Asset, Edit, Failure, Record, Rewrite
from .records import Extra, Key, Parsed

_K = TypeVar("_K")
_R = TypeVar("_R", Edit, Failure, Rewrite)


class Holdings:
    """Read `edits`, `rewrites` and `failures` freely; a `Manifest` changes them together with its file."""

    def __init__(self) -> None:
        self.edits: dict[str, dict[Key, Edit]] = {}
        """By document."""
        self.rewrites: dict[str, Rewrite] = {}
        """By document."""
        self.failures: dict[str, Failure] = {}
        """By URL; never of a URL that is held: a success supersedes its failure."""
        self._assets: dict[Key, Asset] = {}
        self._by_url: dict[str, tuple[Asset, ...]] = {}
        self._by_sha256: dict[str, dict[Key, Asset]] | None = None
        self._by_place: dict[tuple[str | None, str], dict[Key, Asset]] | None = None
        self._restored: dict[str, frozenset[str]] = {}
        self._extras: dict[Key, Extra] = {}
        self._foreign: set[bytes] = set()
        # Documents with journaled edits: what was known of them before, and what the journal says since.
        self._before: dict[str, tuple[dict[Key, Edit], Rewrite | None]] = {}
        self._since: dict[str, list[Edit | Rewrite]] = {}

    # -- what is held -------------------------------------------------------------------------------------

    @property
    def assets(self) -> Iterable[Asset]:
        """Every asset, in no order."""
        return self._assets.values()

    def copies(self, url: str) -> tuple[Asset, ...]:
        """Every asset of a URL, the latest fetched first."""
        return tuple(sorted(self._by_url.get(url, ()), key=records.age, reverse=True))

    def asset(self, url: str, *, beside: str | None = None) -> Asset | None:
        """The latest fetched asset of a URL; with ``beside``, of its copies in that folder."""
        found = self._by_url.get(url, ())
        if beside is not None:
            found = tuple(asset for asset in found if asset.beside == beside)
        return max(found, key=records.age, default=None)

    def with_sha256(self, sha256: str) -> tuple[Asset, ...]:
        """Every asset of these bytes, sorted by key."""
        if self._by_sha256 is None:
            self._by_sha256 = {}
            for where, asset in self._assets.items():
                self._by_sha256.setdefault(asset.sha256, {})[where] = asset
        return _sorted(self._by_sha256.get(sha256))

    def at(self, path: str, *, beside: str | None = None) -> tuple[Asset, ...]:
        """Every asset that is stored at this path: below the asset folder, or in the folder ``beside``."""
        if self._by_place is None:
            self._by_place = {}
            for where, asset in self._assets.items():
                self._by_place.setdefault((asset.beside, asset.path), {})[where] = asset
        return _sorted(self._by_place.get((beside, path)))

    def failure(self, url: str) -> Failure | None:
        """Why a URL that is not held could not be stored."""
        return self.failures.get(url)

    def restored(self, path: str, raw: str) -> bool:
        """Whether restore put ``raw`` back in this document, and it was left so."""
        found = self._restored.get(path)
        if found is None:
            edits = self.edits.get(path, {}).values()
            standing = {edit.raw for edit in edits if edit.restored is None}
            # One that stands there took the place of another, under an earlier prefix.
            found = self._restored[path] = frozenset(edit.raw for edit in edits if edit.restored) - standing
        return raw in found

    def edits_of(self, path: str) -> tuple[Edit, ...]:
        """Every edit of a document, sorted by what was replaced."""
        found = self.edits.get(path, {})
        return tuple(found[where] for where in sorted(found))

    def __iter__(self) -> Iterator[Record]:
        yield from self._assets.values()
        for edits in self.edits.values():
            yield from edits.values()
        yield from self.failures.values()
        yield from self.rewrites.values()

    def __bytes__(self) -> bytes:
        """The compacted file: the same records give the same bytes."""
        return b"".join(
            records.lines(((records.key(each), each) for each in self), self._extras, self._foreign)
        )

    # -- changing it --------------------------------------------------------------------------------------

    def take(self, parsed: Parsed) -> None:
        """Join what a file's lines say."""
        for record in parsed.settled:
            self.apply(record)
        touched = set()
        for record in parsed.journal:
            if isinstance(record, Edit | Rewrite):
                touched.add(record.path)
                self.note(record)
            self.apply(record)
        for path in touched:
            # Edits without their rewrite: the append was cut off, so the document was never replaced.
            whole = _flat(_batches(self._since[path]))
            if len(whole) < len(self._since[path]):
                self._since[path] = whole
                self._replay(path, whole)
        self._keep(parsed.extras, parsed.foreign)

    def note(self, record: Edit | Rewrite) -> None:
        """Remember how a document stood before the first journaled record about it."""
        path = record.path
        if path not in self._before:
            self._before[path] = (dict(self.edits.get(path, {})), self.rewrites.get(path))
        self._since.setdefault(path, []).append(record)

    def _replay(self, path: str, kept: Iterable[Edit | Rewrite]) -> None:
        """Put a document's records back to what they were, then apply those that count."""
        edits, rewrite = self._before[path]
        self._restored.pop(path, None)
        self.edits.pop(path, None)
        self.rewrites.pop(path, None)
        if edits:
            self.edits[path] = dict(edits)
        if rewrite is not None:
            self.rewrites[path] = rewrite
        for record in kept:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Join one record with what is known."""
        match record:
            case Asset():
                where = records.key(record)
                known = self._assets.get(where)
                if known is not None:
                    self._unindex(where, known)
                    record = cast("Asset", records.join(known, record))
                self._assets[where] = record
                held = self._by_url.get(record.url)
                self._by_url[record.url] = (record,) if held is None else (*held, record)
                if self._by_sha256 is not None:
                    self._by_sha256.setdefault(record.sha256, {})[where] = record
                if self._by_place is not None:
                    self._by_place.setdefault((record.beside, record.path), {})[where] = record
                self.failures.pop(record.url, None)
            case Edit():
                self._restored.pop(record.path, None)
                _join_into(self.edits.setdefault(record.path, {}), records.key(record), record)
            case Failure():
                if record.url not in self._by_url:
                    _join_into(self.failures, record.url, record)
            case Rewrite():
                _join_into(self.rewrites, record.path, record)

    def _unindex(self, where: Key, asset: Asset) -> None:
        left = tuple(each for each in self._by_url[asset.url] if each is not asset)
        if left:
            self._by_url[asset.url] = left
        else:
            del self._by_url[asset.url]
        if self._by_sha256 is not None:
            self._by_sha256[asset.sha256].pop(where)
        if self._by_place is not None:
            self._by_place[asset.beside, asset.path].pop(where)

    def known(self, record: Record) -> Record | None:
        """The record of the same key."""
        match record:
            case Asset():
                return self._assets.get(records.key(record))
            case Edit():
                return self.edits.get(record.path, {}).get(records.key(record))
            case Failure():
                return self.failures.get(record.url)
            case Rewrite():
                return self.rewrites.get(record.path)

    def forget(self, gone: Iterable[Record]) -> None:
        """Drop records of these keys; the file follows when it is compacted."""
        for record in gone:
            where = records.key(record)
            self._extras.pop(where, None)
            match record:
                case Asset():
                    known = self._assets.pop(where, None)
                    if known is not None:
                        self._unindex(where, known)
                case Edit():
                    edits = self.edits.get(record.path, {})
                    edits.pop(where, None)
                    self._restored.pop(record.path, None)
                    if not edits:
                        self.edits.pop(record.path, None)
                case Failure():
                    self.failures.pop(record.url, None)
                case Rewrite():
                    self.rewrites.pop(record.path, None)

    def settle(self, digest: Callable[[str], str | None]) -> tuple[str, ...]:
        """Find out which journaled rewrites took place; return the documents where one did not.

        ``digest`` gives the SHA-256 of a document now, None where there is none. Only documents with
        journaled records are asked about: after a clean end there are none. Of a rewrite that did not happen
        the edits are dropped, or are again what they were before. To be called after loading, and before
        compacting a run in which a document was refused after its records had been appended.
        """
        undone = []
        for path in sorted(self._since):
            batches = _batches(self._since[path])
            verdicts = records.happened([rewrite for _, rewrite in batches], digest(path))
            kept = [batch for batch, true in zip(batches, verdicts, strict=True) if true]
            if len(kept) < len(batches):
                loose = self._since[path][len(_flat(batches)) :]
                self._replay(path, _flat(kept) + loose)
                undone.append(path)
        self.settled()
        return tuple(undone)

    def settled(self) -> None:
        """Every journaled record is true: nothing of it will be judged again."""
        self._before.clear()
        self._since.clear()

    def join(self, other: Holdings) -> None:
        """Take in everything that another archive's records say."""
        for record in other:
            self.apply(record)
        self._keep(other._extras, other._foreign)

    def line_of(self, record: Record) -> bytes:
        """The line of a record, with what a later program wrote into it."""
        return records.line_of(record, self._extras.get(records.key(record)))

    def _keep(self, extras: dict[Key, Extra], foreign: set[bytes]) -> None:
        for where, extra in extras.items():
            self._extras[where] = records.join_extras(self._extras.get(where), extra)
        self._foreign |= foreign


def _sorted(found: dict[Key, Asset] | None) -> tuple[Asset, ...]:
    return tuple(found[where] for where in sorted(found)) if found else ()


def _join_into(held: dict[_K, _R], where: _K, record: _R) -> None:
    known = held.get(where)
    held[where] = record if known is None else cast("_R", records.join(known, record))


def _batches(log: list[Edit | Rewrite]) -> list[tuple[list[Edit], Rewrite]]:
    """A document's journaled records as rewrites, each with its edits; edits after the last are left over."""
    batches: list[tuple[list[Edit], Rewrite]] = []
    edits: list[Edit] = []
    for record in log:
        if isinstance(record, Edit):
            edits.append(record)
        else:
            batches.append((edits, record))
            edits = []
    return batches


def _flat(batches: Iterable[tuple[list[Edit], Rewrite]]) -> list[Edit | Rewrite]:
    log: list[Edit | Rewrite] = []
    for edits, rewrite in batches:
        log += edits
        log.append(rewrite)
    return log

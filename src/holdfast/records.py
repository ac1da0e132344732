"""Lines of a manifest become records, and two records of one key become one.

Opens nothing: bytes in, records out. Every rule that joins two records is commutative and associative, so
the order of lines, of files and of branches never decides what is held.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from .errors import ManifestError, MergeConflict, NewerFormat
from .model import Asset, Edit, Failure, Record, Rewrite

FORMAT = 1
"""The version that is written, and the newest that is read."""

HEADER = b'{"holdfast":1}\n'
"""The first line. Once more in the middle it says: from here on the file is a journal (see `parse`)."""

Key: TypeAlias = tuple[str, ...]
"""What makes two records the same one: the record's type first."""

Extra: TypeAlias = dict[str, Any]
"""Fields of a record that this version does not know, kept as they are."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)
_header = re.compile(rb'\{\s*"holdfast"\s*:')
_conflict = re.compile(rb"(?:<{7}|>{7}|\|{7}) |={7}$|<{7}$|>{7}$|\|{7}$")
_TYPES = ("asset", "edit", "failure", "rewrite")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the decoder raises: the second for a name that is not UTF-8, the third for nesting without end."""


def key(record: Record) -> Key:
    """The key of a record; keys sort as the lines of a manifest do."""
    match record:
        case Asset():
            return ("asset", record.url, record.sha256, "" if record.beside is None else f"{record.beside}/")
        case Edit():
            return ("edit", record.path, record.raw, record.new)
        case Failure():
            return ("failure", record.url)
        case Rewrite():
            return ("rewrite", record.path)


def age(asset: Asset) -> tuple[int, str, str, str]:
    """Sorts the assets of one URL: the last is the current one."""
    return (asset.turn, asset.fetched, asset.sha256, asset.path)


def current(known: Asset | None, new: Asset) -> Asset:
    """``new``, with its turn raised where it would not come after ``known``, other bytes of its URL.

    A clock that was set back, or a second that both came in, must not hide what has just been fetched.
    """
    if known is None or known.sha256 == new.sha256 or age(new) > age(known):
        return new
    return msgspec.structs.replace(new, turn=known.turn + 1)


def join(one: Record, two: Record) -> Record:
    """The one record that two of the same key stand for, whichever comes first.

    Of two assets the latest fetched, of two edits the restored one, unless ``turn`` says which is later:
    the manifest raises it where a newer record would otherwise lose (a Lamport clock: no other clock has to
    be right for it). Of two failures the earliest first and the latest last time, and an accepted loss stays
    accepted.
    """
    if one == two:
        return one
    if isinstance(one, Failure) and isinstance(two, Failure):
        latest = max(one, two, key=lambda each: (each.last, each.reason, each.detail or ""))
        return Failure(
            url=one.url,
            reason=latest.reason,
            attempts=max(one.attempts, two.attempts),
            first=min(one.first, two.first),
            last=latest.last,
            accepted=max(one.accepted or "", two.accepted or "") or None,
            detail=latest.detail,
        )
    return max(one, two, key=_rank)


def _rank(record: Record) -> tuple[Any, ...]:
    """Total order of the records of one key; the line itself breaks the last tie."""
    match record:
        case Asset():
            return (record.turn, record.fetched, _encoder.encode(record))
        case Edit():
            return (record.turn, record.restored or "", _encoder.encode(record))
        case Rewrite():
            return (record.turn, _encoder.encode(record))
        case Failure():
            return (_encoder.encode(record),)


def later(known: Record | None, new: Record) -> Record:
    """``new``, with its turn raised as far as it takes to come after ``known`` in every join.

    A failure has no turn: its join keeps what matters of both.
    """
    if known is None:
        return new
    if isinstance(new, Failure):
        return join(known, new)
    if join(known, new) == new:
        return new
    assert not isinstance(known, Failure)
    return msgspec.structs.replace(new, turn=known.turn + 1)


# -- lines ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Parsed:
    """What the lines of one manifest say."""

    settled: list[Record] = field(default_factory=list)
    """Records before the journal begins; in any order, keys may repeat."""
    journal: list[Record] = field(default_factory=list)
    """Records that a run appended and did not live to compact, in the order in which they became true."""
    extras: dict[Key, Extra] = field(default_factory=dict)
    foreign: set[bytes] = field(default_factory=set)
    """Lines of record types that this version does not know."""
    journaled: bool = False
    """A journal has begun, if only by its header."""
    length: int = 0
    """Bytes that are whole lines: where an appended record must begin."""
    open_ended: bool = False
    """The last whole line lacks its line end."""
    notices: list[str] = field(default_factory=list)


def parse(data: bytes, name: str = "manifest.jsonl") -> Parsed:
    """Read a manifest, however far a killed run got and however git's union merge shuffled it.

    A last line without its end that is no record is dropped with a notice, and so is, within a journal, what
    a power failure left as NUL bytes.

    Raises:
        NewerFormat: a header names a later version.
        MergeConflict: git's conflict markers stand in it.
        ManifestError: a line in the middle is no record, or there is no header at all.
    """
    parsed = Parsed(length=len(data))
    headers = 0
    target = parsed.settled
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    lines = data[start:].split(b"\n")
    tail = lines.pop()
    decode = _decoder.decode
    for number, line in enumerate(lines, 1):
        try:
            record = decode(line)
            if line != _encoder.encode(record):
                _keep_extra(line, record, parsed)
        except _UNREADABLE as error:
            if _check_header(line, number, name):
                headers += 1
                if headers > 1:
                    target = parsed.journal
                    parsed.journaled = True
            elif target is parsed.journal and b"\0" in line:
                parsed.notices.append(f"{name}:{number}: a record lost in a power failure was dropped")
            else:
                _odd(line, number, name, parsed, error)
            continue
        target.append(record)
    if tail.strip(b" \t\r\0"):
        headers += _tail(tail, len(lines) + 1, name, target, parsed)
    elif tail:
        parsed.length -= len(tail)
        if b"\0" in tail:
            parsed.notices.append(f"{name}: records lost in a power failure were dropped")
    if not headers and (parsed.settled or parsed.foreign):
        raise ManifestError(
            f"{name}: the first line is not a holdfast manifest's",
            f"put {HEADER.decode().strip()} in its first line if this is one",
        )
    return parsed


def _check_header(line: bytes, number: int, name: str) -> bool:
    if not _header.match(line):
        return False
    try:
        version = msgspec.json.decode(line)["holdfast"]
    except _UNREADABLE:
        return False
    if not isinstance(version, int) or version > FORMAT:
        raise NewerFormat(
            f"{name}:{number}: written in format {version}; this holdfast reads up to {FORMAT}",
            "upgrade holdfast, then run the same command again",
        )
    return True


def _odd(line: bytes, number: int, name: str, parsed: Parsed, error: Exception) -> None:
    """A line that is no record of ours: blank, a conflict marker, a later type's, or corrupt."""
    if not line.strip():
        return
    if _conflict.match(line.rstrip(b"\r")):
        raise MergeConflict(
            f"{name}:{number}: git's conflict markers stand in the manifest",
            "delete the lines that begin with <<<<<<<, |||||||, ======= or >>>>>>> and keep all others: "
            "holdfast joins both sides",
        )
    try:
        found = msgspec.json.decode(line)
    except _UNREADABLE:
        found = None
    if isinstance(found, dict) and isinstance(found.get("type"), str) and found["type"] not in _TYPES:
        parsed.foreign.add(line.rstrip(b"\r"))
        return
    raise ManifestError(
        f"{name}:{number}: this line is not a record: {error}",
        "restore the file from git, or delete this line: what it recorded is then stored again",
    ) from error


def _tail(tail: bytes, number: int, name: str, target: list[Record], parsed: Parsed) -> int:
    """The last line, which has no line end: whole all the same, or torn. Returns the headers it holds."""
    if _conflict.match(tail):
        _odd(tail, number, name, parsed, ManifestError(""))
    try:
        record = _decoder.decode(tail)
        _keep_extra(tail, record, parsed)
    except _UNREADABLE:
        if _check_header(tail, number, name):
            parsed.open_ended = True
            return 1
        parsed.length -= len(tail)
        parsed.notices.append(
            f"{name}:{number}: the last line was cut off and is dropped; nothing else is lost"
        )
        # A torn header of a new journal, or of a new manifest, is no loss either.
        return 1 if HEADER.startswith(tail) else 0
    target.append(record)
    parsed.open_ended = True
    return 0


def _keep_extra(line: bytes, record: Record, parsed: Parsed) -> None:
    """Remember the fields that a later program of the same format wrote."""
    known = {"type", *record.__struct_fields__}
    extra = {name: value for name, value in msgspec.json.decode(line).items() if name not in known}
    if extra:
        where = key(record)
        parsed.extras[where] = join_extras(parsed.extras.get(where), extra)


def join_extras(one: Extra | None, two: Extra) -> Extra:
    """Unknown fields of two records of one key: all of them; of two values the greater, as JSON."""
    joined = dict(one or {})
    for name, value in two.items():
        held = joined.get(name, value)
        joined[name] = max(held, value, key=_canonical.encode)
    return joined


_canonical = msgspec.json.Encoder(order="deterministic")


def line_of(record: Record, extra: Extra | None = None) -> bytes:
    """One record as its line, with the line end; unknown fields last, sorted by name."""
    line = _encoder.encode(record)
    if extra:
        line = line[:-1] + b"," + _canonical.encode(extra)[1:]
    return line + b"\n"


def lines(
    records: Iterable[tuple[Key, Record]], extras: dict[Key, Extra], foreign: Iterable[bytes]
) -> Iterator[bytes]:
    """A whole manifest: header, records sorted by key, lines of unknown types."""
    yield HEADER
    for where, record in sorted(records, key=lambda pair: pair[0]):
        yield line_of(record, extras.get(where))
    for line in sorted(foreign):
        yield line + b"\n"


def happened(rewrites: Sequence[Rewrite], now: str | None) -> list[bool]:
    """Which of a document's journaled rewrites took place, judged by its SHA-256 ``now`` (None: it is gone).

    Each was recorded while the document was its ``before``; so the next one's ``before`` tells what became of
    it, and the document itself what became of the last. A document that is neither was edited since: then
    the rewrite stands, for a record too many does no harm and a lost one loses the author's URL.
    """
    verdicts: list[bool] = []
    for rewrite in reversed(rewrites):
        verdicts.append(now != rewrite.before or now == rewrite.after)
        now = rewrite.before
    return verdicts[::-1]

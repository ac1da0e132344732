"""Make a file of a copy: put in what was decided of each URL, what changes anyhow, and the seal.

Decides nothing. As with `rewrite`, an oracle has the second word: it compares the bytes itself and has the
result read again by the reader that the file was read by. What it cannot explain is told as a `Disagreement`;
the caller reports the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ..model import Syntax
from ..oracle import Disagreement
from ..scan import requested
from ..spelling import spell_into
from . import bases
from .parts import Need, Parts

Read = Callable[[bytes], Parts]
"""The reader of the file, with the file's URL in the copy bound to it."""

_CSS = frozenset({Syntax.CSS_DOUBLE, Syntax.CSS_SINGLE, Syntax.CSS_UNQUOTED})
_HTML = frozenset({Syntax.HTML_DOUBLE, Syntax.HTML_SINGLE, Syntax.HTML_UNQUOTED})
_CUT, _SEAL, _ATTRIBUTE, _URL = range(4)
_TAG_REST = 16384
"""Bytes of a tag that are searched for an attribute that is there already."""

_PLAIN = re.compile(r"[A-Za-z0-9._~/%-]+")
"""A URL that is spelled as it is in every attribute."""
_UNQUOTED_UNSAFE = re.compile(r"""[&"'<>=`\t\n\f\r ]""")


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What becomes of one need."""

    new_url: str | None = None
    """A URL that is relative to the file itself (see `relative`); None leaves the need as it is."""
    original: str | None = None
    """The URL that could not be had: kept in an attribute ``data-holdfast-...`` of the element, if the need
    stands in one."""


LEAVE = Decision()


@dataclass(frozen=True, slots=True)
class Assembled:
    """The new bytes, and what the oracle has to say against them."""

    data: bytes
    disagreement: Disagreement | None = None


_Change = tuple[int, int, int, bytes, int]
"""Start, end, rank, new bytes, and the ordinal of the need whose URL this is, or -1. The rank is the order of
what is put in at one place: cuts (a page's encoding comes first), the seal, attributes, URLs."""
_Moved = tuple[_Change, int, int]
"""A change, and where it begins and ends in the new bytes."""


def assemble(
    buffer: bytes,
    parts: Parts,
    decided: Mapping[int, Decision],
    *,
    read: Read,
    seal: bytes = b"",
    extra_at_seal: bytes = b"",
) -> Assembled:
    """The file's new bytes.

    Args:
        decided: by the ordinal of a need; one that is not in it is left.
        read: reads the new bytes again, for the oracle.
        seal: put in at ``parts.seal_at``, where the file has such a place, and ``extra_at_seal`` after it.

    In a style sheet nothing is left of a URL that is missing: a comment is not allowed in every place where a
    URL is.
    """
    changes: list[_Change] = []
    if parts.seal_at is not None and (seal or extra_at_seal):
        changes.append((parts.seal_at, parts.seal_at, _SEAL, seal + extra_at_seal, -1))
    changes += [(cut.span.start, cut.span.end, _CUT, cut.new, -1) for cut in parts.cuts]
    lost = []
    for index, decision in sorted(decided.items()):
        need = parts.needs[index]
        if decision.original is not None and need.attribute_at is not None:
            lost.append((need, need.attribute_at, decision.original))
        if decision.new_url is None:
            continue
        written = spell(need, decision.new_url)
        span = need.reference.span
        if written is None:
            message = f"{decision.new_url!r} cannot be written as {need.reference.syntax.value}"
            return Assembled(buffer, Disagreement("spelling", message, span.start, index))
        changes.append((span.start, span.end, _URL, written, index))
    changes += _originals(buffer, parts.codec, lost)
    changes.sort()
    pieces: list[bytes] = []
    position = 0
    for start, end, _, new, _ in changes:
        if start < position:
            return Assembled(buffer, Disagreement("overlap", "two changes touch", start))
        pieces += (buffer[position:start], new)
        position = end
    data = b"".join([*pieces, buffer[position:]])
    return Assembled(data, _judge(buffer, parts, decided, changes, data, read))


def spell(need: Need, new: str) -> bytes | None:
    """The bytes that say ``new`` where ``need`` stands; None where they cannot be written.

    All of them are ASCII, and so the same in every encoding that a file of a copy can be in.
    """
    reference = need.reference
    if reference.syntax in _HTML and not need.outer and _PLAIN.fullmatch(new):
        return new.encode("ascii")
    text: str | None
    if reference.syntax in _CSS:
        text = _decoded(spell_into(reference, new.replace("&", "%26")))
    elif reference.syntax in _HTML:
        # XML wants every ampersand escaped, and a part of an unquoted value cannot bring quotes
        text = _escape(new, reference.syntax) if spell_into(reference, new) is not None else None
    elif reference.kind.startswith("manifest-"):
        text = _decoded(spell_into(reference, new))
    else:
        text = _decoded(spell_into(reference, specifier(new)))
    if text is None or not text.isascii():
        return None
    for syntax in need.outer:
        text = _escape(text, syntax)
    return text.encode("ascii")


def _decoded(written: bytes | None) -> str | None:
    return None if written is None else written.decode()


def specifier(new: str) -> str:
    """A relative URL as a script has to write it: a bare one would be looked up in the import map (HTML
    Standard, "resolve a module specifier")."""
    relative = not new.startswith(("/", "./", "../", "#", "?")) and not re.match(
        r"[A-Za-z][A-Za-z0-9+.-]*:", new
    )
    return f"./{new}" if relative else new


def _escape(text: str, syntax: Syntax) -> str:
    """``text`` as the value, or a part of the value, of an HTML attribute (HTML 13.1.2.3)."""
    if syntax is Syntax.HTML_UNQUOTED:
        return _UNQUOTED_UNSAFE.sub(lambda match: f"&#{ord(match[0])};", text)
    quote, reference = ("'", "&#39;") if syntax is Syntax.HTML_SINGLE else ('"', "&quot;")
    return text.replace("&", "&amp;").replace(quote, reference).replace("<", "&lt;")


# -- what could not be had --------------------------------------------------------------------------------


def attribute_name(kind: str) -> str:
    """The attribute that keeps the original URL of a need: ``data-holdfast-src`` for ``html-img-src``."""
    rest = kind.removeprefix("html-").removeprefix("svg-").removeprefix("amp-")
    name = rest.partition("-")[2] if kind.startswith(("html-", "svg-")) else "style"
    return f"data-holdfast-{name.removeprefix('data-') or 'url'}"


def _originals(buffer: bytes, codec: str, lost: Iterable[tuple[Need, int, str]]) -> list[_Change]:
    """The attributes that keep what could not be had: one for each attribute, with all its URLs.

    ``lost``: each need with the place for an attribute in its tag, and its original URL.
    """
    kept: dict[int, tuple[tuple[Syntax, ...], dict[str, list[str]]]] = {}
    for need, place, original in lost:
        # what is around a style within an attribute is that attribute first
        around = need.outer[1:] if need.reference.syntax in _CSS else need.outer
        _, names = kept.setdefault(place, (around, {}))
        urls = names.setdefault(attribute_name(need.reference.kind), [])
        if original not in urls:
            urls.append(original)
    changes = []
    for place, (around, names) in kept.items():
        # an earlier copy's attribute tells the same, and XML takes no second one
        rest = buffer[place : place + _TAG_REST].partition(b">")[0].lower()
        text = "".join(
            f' {name}="{_escape(" ".join(urls), Syntax.HTML_DOUBLE)}"'
            for name, urls in names.items()
            if f"{name}=".encode() not in rest
        )
        for syntax in around:
            text = _escape(text, syntax)
        if text:
            written = text.encode(codec, "xmlcharrefreplace")
            changes.append((place, place, _ATTRIBUTE, written, -1))
    return changes


# -- the oracle -------------------------------------------------------------------------------------------


def _judge(
    buffer: bytes,
    parts: Parts,
    decided: Mapping[int, Decision],
    changes: Sequence[_Change],
    data: bytes,
    read: Read,
) -> Disagreement | None:
    """None when ``data`` is ``buffer`` with exactly ``changes``, and is read so; else why not.

    1. Outside the changed spans both are the same bytes.
    2. The reader finds the same needs in the same order, each where it was written: a changed one with the
       URL that was meant, another with its bytes. What was put in at the seal's place is no part of this.
    3. It finds nothing more to cut.
    """
    moved = _compare_bytes(buffer, changes, data)
    if isinstance(moved, Disagreement):
        return moved
    after = read(data)
    found = after.needs
    ours = [(start, end) for change, start, end in moved if change[2] == _SEAL]
    if ours:
        found = tuple(need for need in found if not _within(need.reference.span.start, ours))
    base = bases.of(after.base)
    at, count = 0, len(found)
    for index, (need, (start, end)) in enumerate(zip(parts.needs, _places(parts, moved), strict=True)):
        decision = decided.get(index, LEAVE)
        new = decision.new_url
        other = found[at].reference if at < count else None
        if other is None or not (start <= other.span.start and other.span.end <= end):
            if new is not None and new.startswith(("#", "data:")):
                continue  # it leads into its own file now, or is the file itself: nothing to fetch
            message = f"the URL {need.reference.url} is not read any more"
            return Disagreement("lost", message, need.reference.span.start, index)
        at += 1
        if new is None:
            same = other.raw == need.reference.raw
        else:
            if "&" in new:
                new = _meant(need, new)
            same = other.url == (base.resolve(new) or requested.url(new, after.base))
        if not same:
            message = f"{need.reference.url} is now read as {other.url}"
            return Disagreement("changed", message, need.reference.span.start, index)
    if at < count:
        url = found[at].reference.url
        return Disagreement(
            "appeared", f"a URL that was not there before: {url}", found[at].reference.span.start
        )
    for cut in after.cuts:
        if not _within(cut.span.start, ours):
            return Disagreement("cut", f"there is still something to cut: {cut.why}", cut.span.start)
    return None


def _within(offset: int, ranges: Sequence[tuple[int, int]]) -> bool:
    for start, end in ranges:  # noqa: SIM110 - a generator takes three times as long, and there are hundreds
        if start <= offset < end:
            return True
    return False


def _meant(need: Need, new: str) -> str:
    """The URL as it is written where ``need`` stands, its syntax's escapes left aside."""
    return new.replace("&", "%26") if need.reference.syntax in _CSS else new


def _compare_bytes(buffer: bytes, changes: Sequence[_Change], data: bytes) -> list[_Moved] | Disagreement:
    """Each change with its place in ``data``."""
    moved = []
    read = written = 0
    for change in changes:
        start, stop, _, new, _ = change
        same = start - read
        if same < 0 or buffer[read:start] != data[written : written + same]:
            return Disagreement("bytes", "other bytes were changed than those that were to be", read)
        written += same
        end = written + len(new)
        if data[written:end] != new:
            return Disagreement("bytes", "the new bytes are not where they belong", start)
        moved.append((change, written, end))
        written, read = end, stop
    if buffer[read:] != data[written:]:
        return Disagreement("bytes", "other bytes were changed than those that were to be", read)
    return moved


def _places(parts: Parts, moved: Sequence[_Moved]) -> list[tuple[int, int]]:
    """Where each need must be in the new bytes."""
    places = []
    shift = 0
    written = {change[4]: (start, end) for change, start, end in moved if change[4] >= 0}
    left = iter(moved)
    following = next(left, None)
    for index, need in enumerate(parts.needs):
        span = need.reference.span
        while following is not None and following[0][1] <= span.start:
            change, _, end = following
            shift = end - change[1]
            following = next(left, None)
        places.append(written.get(index) or (span.start + shift, span.end + shift))
    return places

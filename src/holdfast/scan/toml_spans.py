"""TOML front matter: every string that may be a URL, and which characters spell it.

Lexes nothing itself: the standard library's parser says whether the block is valid and what it holds, and
tomlkit, which gives back every byte but no offsets, is made to tell where a string stands.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from ..model import Span, Syntax
from . import toml_lines
from .values import MAX_DEPTH, Context, Key, Scalar, Unreadable, context, may_refer

_MAX_DOTS = 1000
"""Between two ``=`` of a line: tomllib takes quadratic time for a dotted key (128,000 parts: minutes)."""

NodeTree = tuple[tuple[Key, str, str], ...]

_LONE_CR = re.compile(r"\r(?!\n)")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")
_MARK = re.compile(r"\x01(\d+)\x02")
"""Around a string's number in the marked dump: TOML allows these characters nowhere, not even in comments."""


def _parsed(block: str) -> tuple[str, dict[str, Any]]:
    """The block with line breaks TOML knows (same length), and what it means."""
    block = _LONE_CR.sub("\n", block)
    if any(part.count(".") > _MAX_DOTS for line in block.split("\n") for part in line.split("=")):
        raise Unreadable("one of its keys has too many parts")
    try:
        values = tomllib.loads(block)
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(*_explained(str(error), block)) from None
    except RecursionError:
        raise Unreadable(f"it nests deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:  # such as an integer of more digits than Python reads
        raise Unreadable(str(error)) from None
    return block, values


def _explained(message: str, block: str) -> tuple[str, int]:
    place = _PLACE.search(message)
    words = _PLACE.sub("", message).strip()
    if place is None or place[1] is None:
        return words, len(block)
    lines = block.split("\n")[: int(place[1]) - 1]
    return words, sum(len(line) + 1 for line in lines) + int(place[2]) - 1


def _leaves(values: dict[str, Any]) -> Iterator[tuple[Key, Any]]:
    """Every value that is no table and no array, with its key path.

    Raises:
        Unreadable: deeper than tomlkit could follow.
    """
    stack: list[tuple[Key, Any]] = [((), values)]
    while stack:
        key, value = stack.pop()
        if len(key) > MAX_DEPTH:
            raise Unreadable(f"it nests deeper than {MAX_DEPTH} levels")
        if isinstance(value, dict):
            stack.extend(((*key, name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            stack.extend(((*key, position), inner) for position, inner in enumerate(value))
        else:
            yield key, value


def scalars(block: str, images: frozenset[str]) -> list[Scalar]:
    """The strings that may be URLs, in order.

    Raises:
        Unreadable: the text is not valid TOML, or nests too deeply.
    """
    block, values = _parsed(block)
    if not any(
        isinstance(value, str) and may_refer(value, context(key, images) is Context.IMAGE)
        for key, value in _leaves(values)
    ):
        return []
    short_cut = toml_lines.scalars(block, values, images)
    return _dumped(block, images) if short_cut is None else short_cut


def _dumped(block: str, images: frozenset[str]) -> list[Scalar]:
    """The strings that may be URLs, as tomlkit tells them; see `scalars`."""
    found = []
    for key, text, start, end, quote in _strings(block):
        token = text.strip(" \t\r\n")
        image = context(key, images) is Context.IMAGE
        if not token or not may_refer(token, image):
            continue
        while start < end and block[start] in " \t\r\n":
            start += 1
        while start < end and block[end - 1] in " \t\r\n":
            end -= 1
        syntax = Syntax.TOML_LITERAL if quote[0] == "'" else Syntax.TOML_BASIC
        raw = block[start:end]
        if raw != token and (quote[0] == "'" or _unescaped(raw) != token):
            continue
        found.append(Scalar(key, token, Span(start, end), syntax, image))
    found.sort(key=lambda scalar: scalar.span)
    return found


def _unescaped(raw: str) -> str | None:
    if "\\" not in raw:
        return None
    try:
        value = tomllib.loads(f'v = """{raw}"""')["v"]
    except tomllib.TOMLDecodeError:
        return None
    return value if isinstance(value, str) else None


def _strings(block: str) -> list[tuple[Key, str, int, int, str]]:
    """``(key path, value, start, end, quotes)`` of every string: tomlkit dumps with each one numbered."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError
    from tomlkit.items import String

    try:
        document = tomlkit.parse(block)
        strings = [(key, item) for key, item in _items(document) if isinstance(item, String)]
        for number, (_, item) in enumerate(strings):
            item._original = f"\x01{number}\x02{item._original}"  # noqa: SLF001  # there is no public way
        dump = document.as_string()
    except (TOMLKitError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise Unreadable(f"tomlkit cannot read it: {error}") from None
    pieces = _MARK.split(dump)
    if "".join(pieces[0::2]) != block:
        raise Unreadable("tomlkit does not give it back as it was, so no string in it can be located")
    rows = []
    at = len(pieces[0])
    for digits, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        key, item = strings[int(digits)]
        quote = item._t.value  # noqa: SLF001
        length = len(item._original) - len(digits) - 2  # noqa: SLF001
        rows.append((key, str(item), at, at + length, quote))
        at += len(piece)
    return rows


def _items(document: Any) -> Iterator[tuple[Key, Any]]:
    """Every item of a tomlkit document in order, tables and arrays before what they hold."""
    from tomlkit.container import Container
    from tomlkit.items import AoT, Array, InlineTable, Table

    counts: dict[Key, int] = {}

    def below(key: Key, item: Any) -> Iterator[tuple[Key, Any]]:
        if isinstance(item, Container):
            for name, inner in item.body:
                if name is not None:
                    yield from below((*key, name.key), inner)
            return
        yield key, item
        if isinstance(item, Table | InlineTable):
            yield from below(key, item.value)
        elif isinstance(item, AoT):
            for table in item.body:  # the same array may come back after another table
                position = counts[key] = counts.get(key, -1) + 1
                yield from below((*key, position), table)
        elif isinstance(item, Array):
            for position, inner in enumerate(item):
                yield from below((*key, position), inner)

    return below((), document)


def tree(block: str) -> NodeTree:
    """Every node: ``(key path, what it is, value)``, in the order the parser keeps them.

    Raises:
        Unreadable: see `scalars`.
    """
    _, values = _parsed(block)
    rows: list[tuple[Key, str, str]] = []
    list(_leaves(values))  # bounds the depth before anything recurses

    def below(key: Key, value: Any) -> None:
        if isinstance(value, dict):
            rows.append((key, "map", ""))
            for name, inner in value.items():
                below((*key, name), inner)
        elif isinstance(value, list):
            rows.append((key, "seq", ""))
            for position, inner in enumerate(value):
                below((*key, position), inner)
        else:
            rows.append((key, type(value).__name__, value if isinstance(value, str) else repr(value)))

    below((), values)
    return tuple(rows)

"""YAML front matter: every string that may be a URL, and which characters spell it.

Constructs no values and composes no nodes: libyaml's composer crashes on deep nesting and constructing
follows alias bombs. Events are linear, and their marks count characters (code points).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from ..model import Span, Syntax
from .values import MAX_DEPTH, Context, Key, Scalar, Unreadable, context, may_refer

try:
    from yaml._yaml import CParser as Parser
except ImportError:  # a PyYAML without libyaml: slower, the same events
    from yaml import Loader as Parser  # type: ignore[assignment]

NodeTree = tuple[tuple[Key, str, str], ...]

NOT_A_MAPPING = "the block is not a mapping"
"""What `Unreadable` says of a valid block that is prose or a list: two thematic breaks, not front matter."""

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+(?:#[^\r\n]*\s+)*)+")
_BREAK = re.compile(r"\r\n|[\r\n]")
MAX_ALIASES = 10_000

_COMPLEX_KEY = "?"
"""Stands in a key path for a mapping key that is itself a collection."""


def _events(block: str) -> Iterator[Event]:
    """The parser's events, each as it is found.

    Raises:
        Unreadable: the text is not valid YAML, nests too deeply or holds several documents.
    """
    depth = documents = 0
    try:
        get: Callable[[], Event | None] = Parser(block).get_event
        while (event := get()) is not None:
            kind = type(event)
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                depth += 1
                if depth > MAX_DEPTH:
                    raise Unreadable(f"it nests deeper than {MAX_DEPTH} levels", _start(event))
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                depth -= 1
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise Unreadable("a second YAML document begins", _start(event))
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.problem, error.context) if part)
        raise Unreadable(words or "it is not valid YAML", mark.index if mark else 0) from None
    except yaml.YAMLError as error:  # a character that YAML does not allow
        at = getattr(error, "position", None) or 0  # here libyaml counts bytes
        before = block.encode()[:at].decode(errors="ignore")
        words = str(error).partition("\n")[0]
        raise Unreadable(words or "it is not valid YAML", len(before)) from None


def _start(event: Event) -> int:
    return event.start_mark.index if event.start_mark is not None else 0


def _end(event: Event) -> int:
    return event.end_mark.index if event.end_mark is not None else 0


@dataclass(slots=True)
class _Level:
    """One open collection."""

    mapping: bool
    key: str | int = -1
    """The key whose value comes next, or the position of the latest item."""
    value_next: bool = False
    """A mapping's key was read, its value was not."""
    anchor: int = -1
    """Which `_Anchored` this collection is, or -1."""

    def advance(self, event: NodeEvent) -> bool:
        """Note which key or item ``event`` is the node of; True when it is itself a mapping key."""
        if not self.mapping:
            self.key += 1  # type: ignore[operator]  # the key of a sequence is a position
            return False
        self.value_next = not self.value_next
        if self.value_next:
            self.key = event.value if isinstance(event, ScalarEvent) else _COMPLEX_KEY
        return self.value_next


@dataclass(slots=True)
class _Anchored:
    """What an alias repeats: a range of the candidates and one of the aliases."""

    depth: int
    """Length of the key path of the definition."""
    scalars: range
    aliases: range
    done: set[Context] = field(default_factory=set)


@dataclass(slots=True)
class _Candidate:
    key: Key
    event: ScalarEvent
    image: bool


def scalars(block: str, images: frozenset[str]) -> list[Scalar]:
    """The strings that may be URLs, in order.

    Raises:
        Unreadable: the text is not valid YAML, nests too deeply, holds several documents, or is not a
            mapping (`NOT_A_MAPPING`).
    """
    found: list[_Candidate] = []
    aliases: list[tuple[Key, int]] = []
    anchors: dict[str, int] = {}
    anchored: list[_Anchored] = []
    levels: list[_Level] = []
    root = True
    for event in _events(block):
        if isinstance(event, CollectionEndEvent):
            number = levels.pop().anchor
            if number >= 0:
                target = anchored[number]
                target.scalars = range(target.scalars.start, len(found))
                target.aliases = range(target.aliases.start, len(aliases))
            continue
        if not isinstance(event, NodeEvent):
            continue
        is_key = False
        if levels:
            is_key = levels[-1].advance(event)
        elif root:
            root = False
            if not isinstance(event, MappingStartEvent) and not _is_empty(event):
                raise Unreadable(NOT_A_MAPPING, _start(event))
        if isinstance(event, AliasEvent):
            if not is_key and event.anchor in anchors:
                aliases.append((_path(levels), anchors[event.anchor]))
                if len(aliases) > MAX_ALIASES:
                    raise Unreadable(f"it holds more than {MAX_ALIASES} aliases", _start(event))
            continue
        number = -1
        if event.anchor is not None:
            number = anchors[event.anchor] = len(anchored)
            anchored.append(_Anchored(len(levels), range(len(found), len(found)), range(len(aliases), 0)))
        if isinstance(event, ScalarEvent):
            if not is_key and may_refer(event.value, image=True):
                key = _path(levels)
                image = context(key, images) is Context.IMAGE
                if not anchored and not may_refer(event.value, image):
                    continue
                found.append(_Candidate(key, event, image))
                if number >= 0:
                    anchored[number].scalars = range(len(found) - 1, len(found))
        else:
            levels.append(_Level(isinstance(event, MappingStartEvent), anchor=number))
    if aliases:
        _follow(aliases, anchored, found, images)
    return [scalar for each in found if (scalar := _scalar(block, each)) is not None]


def _is_empty(event: NodeEvent) -> bool:
    return isinstance(event, ScalarEvent) and not event.value and not event.style


def _path(levels: list[_Level]) -> Key:
    return tuple(level.key for level in levels)


def _follow(
    aliases: list[tuple[Key, int]],
    anchored: list[_Anchored],
    found: list[_Candidate],
    images: frozenset[str],
) -> None:
    """Mark what an alias brings under an image-like key; each definition once, so a bomb costs nothing."""
    queue = [(number, context(key, images)) for key, number in aliases]
    while queue:
        number, state = queue.pop()
        target = anchored[number]
        if not state or state in target.done:
            continue
        target.done.add(state)
        for index in target.scalars:
            inside = found[index].key[target.depth :]
            if context(inside, images, state) is Context.IMAGE:
                found[index].image = True
        for index in target.aliases:
            key, inner = aliases[index]
            queue.append((inner, context(key[target.depth :], images, state)))


# -- spans ----------------------------------------------------------------------------------------------

_BLANK = " \t\r\n"


def _scalar(block: str, candidate: _Candidate) -> Scalar | None:
    """The candidate with the span of its content, or None where it holds no single token to point at."""
    event = candidate.event
    start, end, value = _start(event), _end(event), event.value
    token = value.strip(_BLANK)
    if not token or not may_refer(token, candidate.image):
        return None
    if event.anchor is not None or event.tag is not None:  # the mark includes them
        match = _PROPERTIES.match(block, start, end)
        start = match.end() if match else start
    match event.style:
        case "'" | '"':
            start, end = _trim(block, start + 1, end - 1)
            syntax = Syntax.YAML_SINGLE if event.style == "'" else Syntax.YAML_DOUBLE
            if block[start:end] != token and _unescaped(block[start:end], event.style) != token:
                return None
        case "|" | ">":
            header = _BREAK.search(block, start, end)
            if header is None:
                return None
            start, end = _trim(block, header.end(), end)
            syntax = Syntax.YAML_BLOCK
            if block[start:end] != token:
                return None
        case _:
            start, end = _trim(block, start, end)
            syntax = Syntax.YAML_PLAIN
            if block[start:end] != token:
                return None
    return Scalar(candidate.key, token, Span(start, end), syntax, candidate.image)


def _trim(block: str, start: int, end: int) -> tuple[int, int]:
    while start < end and block[start] in _BLANK:
        start += 1
    while start < end and block[end - 1] in _BLANK:
        end -= 1
    return start, end


def _unescaped(content: str, style: str) -> str | None:
    """What quoted content means, asked of the parser itself."""
    if style == "'" and "''" not in content:
        return None
    try:
        values = [event.value for event in _events(style + content + style) if isinstance(event, ScalarEvent)]
    except Unreadable:
        return None
    return values[0] if len(values) == 1 else None


# -- the node tree --------------------------------------------------------------------------------------


def tree(block: str) -> NodeTree:
    """Every node in order: ``(key path, what it is, value)``; keys, anchors and aliases are nodes too.

    Scalars carry the tag that YAML's rules give them, so ``true`` and ``"true"`` differ.

    Raises:
        Unreadable: see `_events`.
    """
    resolve: Callable[..., str] = Resolver().resolve
    rows: list[tuple[Key, str, str]] = []
    levels: list[_Level] = []
    for event in _events(block):
        if isinstance(event, CollectionEndEvent):
            levels.pop()
            rows.append((_path(levels), "end", ""))
        if not isinstance(event, NodeEvent):
            continue
        role = "key " if levels and levels[-1].advance(event) else ""
        path = _path(levels)
        anchor = f" &{event.anchor}" if event.anchor is not None else ""
        if isinstance(event, ScalarEvent):
            tag = event.tag or resolve(ScalarNode, event.value, event.implicit)
            rows.append((path, f"{role}{tag}{anchor}", event.value))
        elif isinstance(event, CollectionStartEvent):
            mapping = isinstance(event, MappingStartEvent)
            rows.append((path, f"{role}{event.tag or ('map' if mapping else 'seq')}{anchor}", ""))
            levels.append(_Level(mapping))
        else:
            rows.append((path, f"{role}alias{anchor}", ""))
    return tuple(rows)

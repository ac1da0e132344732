"""Decide what becomes of each URL of one file of a copy.

Opens nothing and writes nothing: it is told what the site holds and what was fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec

from .. import urls
from .assembling import Decision
from .inlining import REFUSED, is_use, refused
from .ledger import Remote
from .parts import Need, Parts, Role
from .placeholders import placeholder
from .relative import From
from .tree import Tree


@dataclass(frozen=True, slots=True)
class World:
    """What is there to point at."""

    tree: Tree
    names: Mapping[str, str]
    """By a built file's path: what it is called in the copy."""
    remote: Mapping[str, Remote]
    """By URL, without its fragment."""
    inline: Callable[[str], str | None] = lambda _: None
    """By a file's path in the copy: the file as a ``data:`` URL; None where it is too large."""
    information: bool = False
    """What only other programs read (``og:image``, canonical) is treated as a reader's."""


@dataclass(slots=True)
class Decided:
    """What was decided for one file."""

    decisions: dict[int, Decision] = field(default_factory=dict)
    unbuilt: list[Need] = field(default_factory=list)
    """Links to pages of the site that were never built."""
    missing: list[Need] = field(default_factory=list)
    """Requisites that a placeholder stands for."""
    noted: list[tuple[Need, str]] = field(default_factory=list)
    """Links that only a forgiving server follows; see `tree.Found.note`."""
    outside: int = 0
    """Links to other sites."""
    modules: int = 0
    """Module scripts, which browsers refuse from ``file://``."""
    apart: list[Need] = field(default_factory=list)
    """What browsers refuse to load from another file, and take in no other form: ``<use href="a.svg#x">``."""
    foreign: list[Need] = field(default_factory=list)
    """``<use>`` of another site's file, which no browser shows anywhere: it leads nowhere now."""
    refused: set[str] = field(default_factory=set)
    """Files of the copy that browsers refuse from ``file://`` where this file wants them."""
    used: set[str] = field(default_factory=set)
    """Placeholders, by their path in the copy."""


def wanted(need: Need, parts: Parts, world: World) -> bool:
    """Whether a need of a file's ``parts`` is its own requisite and not in the built site: it has to be
    fetched."""
    role = (
        Role.REQUISITE if world.information and need.role is Role.INFORMATION and need.families else need.role
    )
    url = need.reference.url
    if role is not Role.REQUISITE or need.reference.dynamic or not urls.is_remote(url):
        return False
    if need.reference.kind == "html-meta-refresh" or _is_foreign(need, parts, world):
        return False
    return world.tree.find(url) is None


def _is_foreign(need: Need, parts: Parts, world: World) -> bool:
    """Whether a ``<use>`` names a file of another origin: it is fetched from its own only (SVG 2, "URL
    reference attributes"), so there was nothing to be seen in the network either."""
    url = need.reference.url
    return is_use(need) and not world.tree.owns(url) and urls.origin(url) != urls.origin(parts.base)


def decide(buffer: bytes, parts: Parts, path: str, world: World) -> Decided:
    """What becomes of each need of the file at ``path`` in the copy; ``parts`` were read in ``buffer``."""
    decided = Decided()
    way, find, names = From(path), world.tree.find, world.names
    for index, need in enumerate(parts.needs):
        decided.modules += need.module
        reference = need.reference
        if need.role is Role.LINK and not reference.dynamic:  # nearly all are: what follows does the same
            found = find(reference.url)
            if found is not None and not found.note:
                new = way.to(names[found.path], found.query, found.fragment)
                if reference.raw != new.encode():
                    decided.decisions[index] = Decision(new)
                continue
        if need.role is Role.REQUISITE and _is_foreign(need, parts, world):
            decided.foreign.append(need)
            decided.decisions[index] = Decision("#", urls.without_credentials(need.reference.url))
            continue
        target = _one(need, world, decided)
        decision = (
            _placed(buffer, need, target, way, world, decided) if isinstance(target, _Target) else target
        )
        if decision is not None:
            decided.decisions[index] = decision
    return decided


class _Target(msgspec.Struct, frozen=True, gc=False):
    """A file of the copy that a need is to lead to."""

    path: str
    query: str = ""
    fragment: str = ""
    original: str | None = None
    """The URL that a placeholder stands for."""


def _one(need: Need, world: World, decided: Decided) -> _Target | Decision | None:
    url, fragment = urls.split_fragment(need.reference.url)
    if not urls.is_remote(url) or (need.reference.dynamic and need.role is not Role.REQUISITE):
        return None  # a browser asks for a template's expression as it stands, a reader is never led there
    role = need.role
    if role is Role.INFORMATION:
        if not world.information:
            return None
        role = Role.REQUISITE if need.families else Role.LINK
    found = world.tree.find(need.reference.url)
    if found is not None:
        if found.note:
            decided.noted.append((need, found.note))
        return _Target(world.names[found.path], found.query, found.fragment)
    if role is Role.LINK:
        return _link(need, world, decided)
    held = world.remote.get(url)
    if held is not None and held.path:
        return _Target(held.path, "", fragment.removeprefix("#"))
    decided.missing.append(need)
    stand_in = placeholder(need.families)
    decided.used.add(stand_in.name)
    shown = quote(need.reference.url, safe="/:?=&") if stand_in.name.endswith(".html") else ""
    return _Target(stand_in.name, "", shown, urls.without_credentials(need.reference.url))


def _placed(
    buffer: bytes, need: Need, target: _Target, way: From, world: World, decided: Decided
) -> Decision | None:
    """How a need leads to a file of the copy; None where it does so already."""
    new = way.to(target.path, target.query, target.fragment)
    reason = refused(buffer, need) if need.role is Role.REQUISITE else ""
    if REFUSED.get(reason) and (whole := world.inline(target.path)) is not None:
        new = f"{whole}#{target.fragment}" if target.fragment else whole
    elif reason in ("module", "use"):
        decided.refused.add(target.path)
        if reason == "use":
            decided.apart.append(need)
    if target.original is None and need.reference.raw == new.encode():
        return None
    return Decision(new, target.original)


def _link(need: Need, world: World, decided: Decided) -> Decision | None:
    if world.tree.owns(need.reference.url):
        decided.unbuilt.append(need)
    else:
        decided.outside += 1
    # ``//host/path`` and ``/path`` would mean a file of the reader's machine
    if need.reference.raw[:5].lower() in (b"http:", b"https"):
        return None
    return Decision(need.reference.url)

"""Which pages of a copy are opened: few, over all templates. Pure, and the same for the same pages.

A site of thousands of pages has a handful of templates, and what is wrong with a page is mostly wrong with
its template. So a page is sketched by its structure, and pages are taken that differ the most from those
already taken (Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

MOST = 20
"""Pages that a proof opens unless it is asked for all."""

_NEAR = 600
"""Start tags of a body that make its sketch: the rest is what the author wrote."""
_DEEP = 5
"""Levels below the body that belong to the template."""
_HEAD = 65_536
"""Bytes in which a head is looked for its generator."""
_READ = 1_048_576
"""Bytes of a page that are read at all."""

_TAG = re.compile(rb"<!--|<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]{0,30})(?P<rest>[^<>]{0,4000})>")
_CLASS = re.compile(rb"""\bclass\s*=\s*(?:"([^"]{0,400})|'([^']{0,400})|([^\s"'>]{1,400}))""", re.IGNORECASE)
_GENERATOR = re.compile(rb"""<meta\b[^>]{0,200}\bgenerator\b[^>]{0,200}>""", re.IGNORECASE)
_BODY = re.compile(rb"<(?:body|frameset)\b", re.IGNORECASE)
_NUMBER = re.compile(rb"\d+")
_CONSTRUCTS = re.compile(
    rb"<(audio|canvas|embed|form|frame|iframe|img|input|math|object|picture|pre|script|source|style|svg|table"
    rb"|template|video)\b",
    re.IGNORECASE,
)
_VOID = frozenset(
    b"area base br col embed hr img input link meta param source track wbr".split()  # HTML Standard, 13.1.2
)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What tells a page's template from another, and how much the page holds."""

    features: frozenset[bytes]
    size: int


def sketch(buffer: bytes) -> Sketch:
    """Look at a page's structure: its outer elements with their classes, what kinds of content it has."""
    read = buffer[:_READ]
    body = _BODY.search(read)
    start = body.start() if body else 0
    features = {b"has " + name.lower() for name in _CONSTRUCTS.findall(read)}
    features |= {
        b"generator " + found.lower() for found in _GENERATOR.findall(read[: min(start or _HEAD, _HEAD)])
    }
    path: list[bytes] = []
    for tag in islice(_tags(read, start), _NEAR):
        name = tag["name"].lower()
        if tag["end"]:
            if name in path:
                while path.pop() != name:
                    pass
            continue
        if len(path) <= _DEEP:
            features.add(b"/".join((*path, name)) + _classes(tag["rest"]))
        if name not in _VOID and not tag["rest"].endswith(b"/") and len(path) < _NEAR:
            path.append(name)
    return Sketch(frozenset(features), len(buffer))


def _tags(buffer: bytes, at: int) -> Iterator[re.Match[bytes]]:
    """Start and end tags, comments left out; a comment without an end swallows the rest."""
    while (tag := _TAG.search(buffer, at)) is not None:
        at = tag.end()
        if tag["name"] is None:
            end = buffer.find(b"-->", at)
            if end < 0:
                return
            at = end
        else:
            yield tag


def _classes(rest: bytes) -> bytes:
    """``.post.page-0``: the classes in order, numbers made equal, since WordPress numbers each page."""
    found = _CLASS.search(rest)
    if found is None:
        return b""
    names = sorted({_NUMBER.sub(b"0", name) for name in next(filter(None, found.groups()), b"").split()})
    return b"".join(b"." + name for name in names[:8])


def choose(pages: Mapping[str, bytes | Sketch], most: int = MOST) -> list[str]:
    """Names of at most ``most`` pages: the home page, then what differs most, then what is spread most.

    ``pages`` maps a page's path in the copy to its bytes, or to the `sketch` of them.
    """
    if len(pages) <= most:
        return _home_first(sorted(pages))
    sketches = {
        name: page if isinstance(page, Sketch) else sketch(page) for name, page in sorted(pages.items())
    }
    alike: dict[frozenset[bytes], list[str]] = {}
    for name, each in sketches.items():
        alike.setdefault(each.features, []).append(name)
    taken = _home_first(list(sketches))[:1][:most]
    distance = (
        {features: _apart(features, sketches[taken[0]].features) for features in alike} if taken else {}
    )
    while len(taken) < most:
        # The farthest; of equals the template of most pages; of its pages the one that holds most.
        features = max(distance, key=lambda f: (distance[f], len(alike[f]), _last_wins(alike[f][0])))
        if distance[features] == 0:
            break
        name = max(alike[features], key=lambda n: (sketches[n].size, _last_wins(n)))
        taken.append(name)
        distance = {f: min(far, _apart(f, features)) for f, far in distance.items()}
    return taken + _spread([name for name in sketches if name not in set(taken)], taken, most - len(taken))


def _apart(one: frozenset[bytes], two: frozenset[bytes]) -> float:
    """Jaccard's distance: 0 for the same features, 1 for none in common."""
    both = len(one | two)
    return 1 - len(one & two) / both if both else 0.0


def _last_wins(name: str) -> tuple[int, ...]:
    """A key that makes `max` prefer the first of equal names in their order."""
    return tuple(-ord(char) for char in name)


def _home_first(names: list[str]) -> list[str]:
    """The page that a site opens with: the index nearest to the root, else the first."""
    if not names:
        return []
    index = [name for name in names if name.rpartition("/")[2].lower().startswith("index.htm")]
    home = min(index or names, key=lambda name: (name.count("/"), name))
    return [home, *(name for name in names if name != home)]


def _spread(left: list[str], taken: list[str], room: int) -> list[str]:
    """More pages when every template is covered: folders and depths that have had the fewest, in turn."""
    depths: dict[str, int] = {}
    for name in taken:
        depths[_place(name)] = depths.get(_place(name), 0) + 1
    waiting: dict[str, list[str]] = {}
    for name in left:
        waiting.setdefault(_place(name), []).append(name)
    chosen: list[str] = []
    while waiting and len(chosen) < room:
        place = min(waiting, key=lambda p: (depths.get(p, 0), p))
        names = waiting[place]
        chosen.append(names.pop(len(names) // 2))
        depths[place] = depths.get(place, 0) + 1
        if not names:
            del waiting[place]
    return chosen


def _place(name: str) -> str:
    """The first folder of a path, and how deep it lies."""
    return f"{name.count('/')} {name.partition('/')[0] if '/' in name else ''}"

"""Pictures that a script is to show later: what they show in a copy without waiting for it.

Moves nothing away: the attribute a script reads stays, with a local value, and the attribute a browser reads
gets the same file. So the picture is there with the script and without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..model import Span
from ..scan import srcset
from .parts import Cut
from .rows import Row

_STANDS_IN = re.compile(
    r"(?:\A|[_.-])(?:blank|spacer|pixel|transparent|placeholder|loading|loader|lazy|lazyload|1x1|grey|gray"
    r"|empty)(?![a-z])",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\.(?:apng|avif|bmp|gif|ico|jfif|jpe?g|png|svg|webp)\Z", re.IGNORECASE)
_SCRIPT = re.compile(r"\.m?js\Z", re.IGNORECASE)
_OF_A_COPY = "_holdfast/"
"""The folder of what was fetched for a copy: what is read once more may have any extension."""

_ABSOLUTE = re.compile(r"(?:https?:)?//[^/]", re.IGNORECASE)
_SPACE = re.compile(r"\s")
_TAIL = re.compile(r"[?#]")


def is_placeholder(said: str) -> bool:
    """Whether a ``src`` only stands in until a script comes: a ``data:`` picture, a ``blank.gif``."""
    said = said.strip()
    if not said or said[:5].lower() == "data:" or said[:11].lower() == "about:blank":
        return True
    name = _TAIL.split(said, maxsplit=1)[0].rpartition("/")[2]
    return _PICTURE.search(name) is not None and _STANDS_IN.search(name) is not None


def is_placeholder_set(value: bytes) -> bool:
    """Whether every candidate of a ``srcset`` only stands in."""
    found = srcset.candidates(value)
    return all(is_placeholder(value[first:last].decode("utf-8", "replace")) for first, last in found)


def looks_like_url(said: str) -> bool:
    """Whether a value that may be anything is the URL of a picture or a script."""
    if _SPACE.search(said):
        return False
    if _ABSOLUTE.match(said) or _OF_A_COPY in said:
        return True
    path = _TAIL.split(said, maxsplit=1)[0]
    return ":" not in path and (_PICTURE.search(path) or _SCRIPT.search(path)) is not None


def insertion(buffer: bytes, name: Span, real: str) -> tuple[Cut, int, Cut]:
    """Bytes to write so that the attribute ``real`` stands before the one whose name is at ``name``.

    Between the two cuts, at the offset, its value goes in. They are made of the name's first two bytes, which
    nothing else changes.
    """
    first, second = name.start, name.start + 1
    one, two = buffer[first:second], buffer[second : second + 1]
    before = Cut(Span(first, second), real.encode() + b'="', "lazy")
    after = Cut(Span(second, second + 1), b'" ' + one + two, "lazy")
    return before, second, after


RANK: Mapping[str, int] = {
    name: number
    for number, name in enumerate(
        ("data-src", "data-original", "data-lazy-src", "data-actualsrc", "data-cfsrc", "data-poster")
    )
}
"""Which of several sources is shown: the first of these, else the first candidate of a set."""


def chosen(found: list[tuple[Row, str, Span]]) -> tuple[Row, str, Span] | None:
    """Of the lazy URLs of one element, the one that the real attribute gets."""
    return min(found, key=lambda each: RANK.get(each[0].attribute, len(RANK)), default=None)

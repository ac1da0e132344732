"""What there is to say of one file of a copy: plain data, so that it passes between processes and is kept.

Opens nothing. `copytelling` puts the sayings of all files together.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from .. import urls
from ..offline.deciding import Decided
from ..offline.parts import Need
from ..oracle import Disagreement
from ..results import DocumentNotice
from ..scan.positions import Positions
from .texts import BLIND, Text

Spot = tuple[str, int, int]
"""A URL, and the line and column where it stands."""


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of one file."""

    outside: int = 0
    """Links to other sites."""
    notices: tuple[DocumentNotice, ...] = ()
    missing: tuple[Spot, ...] = ()
    """What a placeholder stands for."""
    dynamic: tuple[str, ...] = ()
    """Those of the missing that are a template's expressions."""
    unbuilt: tuple[Spot, ...] = ()
    foreign: tuple[Spot, ...] = ()
    refused: tuple[str, ...] = ()
    """Files of the copy that browsers refuse from ``file://`` where this file wants them."""
    used: tuple[str, ...] = ()
    """Placeholders, by their path in the copy."""
    boxes: tuple[str, ...] = ()
    """Kinds of search boxes, by name."""
    shim: bool = False
    feed: bool = False


NOTHING = Said()


def said_of(
    path: str,
    text: Text,
    decided: Decided,
    disagreement: Disagreement | None = None,
    *,
    boxes: tuple[str, ...] = (),
    shim: bool = False,
) -> Said:
    """What there is to say of the file at ``path``; ``disagreement``: of the oracle to its new bytes."""
    notices = [*not_rewritten(path, text.data, disagreement), *_notices(path, text)]
    positions = Positions(text.data)
    return Said(
        outside=decided.outside,
        missing=tuple(_spot(need, positions) for need in decided.missing),
        dynamic=tuple(_asked(need) for need in decided.missing if need.reference.dynamic),
        unbuilt=tuple(
            (need.reference.url, *positions.at(need.reference.span.start)) for need in decided.unbuilt
        ),
        foreign=tuple(_spot(need, positions) for need in decided.foreign),
        notices=(*notices, *refusals(path, positions, decided)),
        refused=tuple(sorted(decided.refused)),
        used=tuple(sorted(decided.used)),
        boxes=boxes,
        shim=shim,
    )


def _asked(need: Need) -> str:
    return urls.split_fragment(need.reference.url)[0]


def _spot(need: Need, positions: Positions) -> Spot:
    return (_asked(need), *positions.at(need.reference.span.start))


def refusals(path: str, positions: Positions, decided: Decided) -> Iterator[DocumentNotice]:
    """What browsers refuse from ``file://``, although it is there."""
    if decided.apart:
        line, column = positions.at(decided.apart[0].reference.span.start)
        yield DocumentNotice(
            path=path,
            code="use",
            message="from file:// no <use> of another file is shown, only when the copy is served",
            line=line,
            column=column,
        )
    if decided.modules:
        yield DocumentNotice(
            path=path,
            code="module",
            message="its module scripts do not run from file://, only when the copy is served",
        )


def _notices(path: str, text: Text) -> Iterator[DocumentNotice]:
    positions = Positions(text.data)
    for notice in text.parts.notices:
        blind = notice.code in BLIND
        line, column = (0, 0) if blind else positions.at(notice.offset)
        yield DocumentNotice(
            path=path,
            code=notice.code,
            message=f"a placeholder stands there: {notice.message}" if blind else notice.message,
            line=line,
            column=column,
            severe=blind,
        )


def not_rewritten(path: str, data: bytes, why: Disagreement | None) -> Iterator[DocumentNotice]:
    """The oracle did not agree to a file's new bytes."""
    if why is not None:
        line, column = Positions(data).at(why.offset)
        yield DocumentNotice(
            path=path,
            code="not-rewritten",
            message=f"its URLs are as they were, and nothing remote is shown: {why.message}",
            line=line,
            column=column,
            severe=True,
        )

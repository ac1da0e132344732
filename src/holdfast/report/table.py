"""Columns side by side, as wide as a terminal draws them.

Knows nothing of results. The width of a character is counted in cells: a Chinese character takes two
(Unicode Standard Annex 11), a combining mark none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

_WIDE = frozenset("WF")
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


def align(rows: Iterable[Sequence[str]], sides: str) -> list[str]:
    """Columns side by side; ``sides`` holds ``<`` or ``>`` for each."""
    table = list(rows)  # and not one thing more for each cell: there may be a million rows
    if not table:
        return []
    widths = [max(cells(row[index]) for row in table) for index in range(len(sides))]
    # Where a character is a cell the language itself aligns, in a third of the time.
    ascii_line = "  ".join(f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True)).format
    lines = []
    for row in table:
        line = ascii_line(*row)
        lines.append((line if line.isascii() else _padded(row, widths, sides)).rstrip())
    return lines


def _padded(row: Sequence[str], widths: Sequence[int], sides: str) -> str:
    padded = []
    for cell, width, side in zip(row, widths, sides, strict=True):
        space = " " * (width - cells(cell))
        padded.append(space + cell if side == ">" else cell + space)
    return "  ".join(padded)

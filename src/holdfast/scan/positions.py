"""Turn a byte offset into the line and column that a person sees in an editor.

Opens nothing and finds no references. Nothing is counted before the first question is asked.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
_CONTINUATION = bytes(range(0x80, 0xC0))
"""UTF-8 bytes that continue a character (RFC 3629): every other byte begins one."""
_STEP = 1024


class Positions:
    """The lines of one document. CRLF, LF and a lone CR end a line, as in CommonMark section 2.1."""

    __slots__ = ("_counts", "_lines", "_source")

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._lines: list[int] = []
        self._counts: list[int] = []

    def at(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a byte offset; columns count characters, and a BOM is none.

        An offset behind the last byte is the position just after it. Takes O(log n) once the lines are known.
        """
        if not self._lines:
            self._measure()
        offset = max(self._lines[0], min(offset, len(self._source)))
        line = bisect_right(self._lines, offset)
        begin = self._lines[line - 1]
        if not self._counts:  # ASCII: a byte is a character
            return line, offset - begin + 1
        return line, self._characters(offset) - self._characters(begin) + 1

    def _measure(self) -> None:
        source = self._source
        first = len(_BOM) if source.startswith(_BOM) else 0
        self._lines = [first, *(match.end() for match in _LINE_END.finditer(source))]
        if source.isascii():
            return
        total = 0
        counts = [0]
        for start in range(0, len(source), _STEP):
            total += len(source[start : start + _STEP].translate(None, _CONTINUATION))
            counts.append(total)
        self._counts = counts

    def _characters(self, offset: int) -> int:
        """How many characters begin before ``offset``: a step's count, then at most `_STEP` bytes."""
        step, rest = divmod(offset, _STEP)
        begin = step * _STEP
        return self._counts[step] + len(self._source[begin : begin + rest].translate(None, _CONTINUATION))

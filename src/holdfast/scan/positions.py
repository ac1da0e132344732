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
    """The lines of one document. CRLF, LF and a lone CR end a line, as in CommonMark section 2.1.

    Who asks in ascending order, as every report does, walks along: nothing is counted twice, and no table of
    lines is made. It is made when somebody asks for an earlier place, or where a CR may end a line.
    """

    __slots__ = ("_column", "_counts", "_line", "_lines", "_offset", "_source", "_walks")

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._lines: list[int] = []
        self._counts: list[int] = []
        self._offset = len(_BOM) if source.startswith(_BOM) else 0
        """The place that was asked for last, with its line and column."""
        self._line = self._column = 1
        self._walks = b"\r" not in source

    def at(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a byte offset; columns count characters, and a BOM is none.

        An offset behind the last byte is the position just after it. Takes O(log n), or, in ascending order,
        O(n) for all together.
        """
        if not self._lines:
            if self._walks and offset >= self._offset:
                return self._ahead(min(offset, len(self._source)))
            self._measure()
        offset = max(self._lines[0], min(offset, len(self._source)))
        line = bisect_right(self._lines, offset)
        begin = self._lines[line - 1]
        if not self._counts:  # ASCII: a byte is a character
            return line, offset - begin + 1
        return line, self._characters(offset) - self._characters(begin) + 1

    def _ahead(self, offset: int) -> tuple[int, int]:
        source, before = self._source, self._offset
        begin = source.rfind(b"\n", before, offset) + 1
        if begin:
            self._line += source.count(b"\n", before, begin)
            self._column, before = 1, begin
        self._column += len(source[before:offset].translate(None, _CONTINUATION))
        self._offset = offset
        return self._line, self._column

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

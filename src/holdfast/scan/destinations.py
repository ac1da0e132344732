"""Find the bytes that spell a Markdown destination, and undo its escapes.

Decides nothing about what is a link: the parser has done that. CommonMark sections 4.7 and 6.3 say how a
destination is written, 2.4 and 2.5 how it is escaped.
"""

from __future__ import annotations

import re
from html.entities import html5

from .. import urls

_GAP = re.compile(rb"[ \t]*(?:\r?\n[ \t]*(?:>[ \t]*)*)?")
"""White space with at most one line end; after it the prefixes of block quotes, which are no content."""

_USUAL = re.compile(rb"\]\(([^\\()<\x00-\x20]+)[) ]")
"""Nearly every link there is: no escapes, no brackets, nothing to skip. One match instead of four."""

_ANGLE = re.compile(rb"<((?:[^\\<>\r\n]|\\.|\\)*?)>")
_PLAIN = re.compile(rb"[^\\()\x00-\x20]*")
_STOP = re.compile(rb"\\[!-/:-@\[-`{-~]|[()\x00-\x20]")
_LABEL = re.compile(rb"\[(?:[^\\\]]|\\.|\\)*?\]:", re.DOTALL)

_ESCAPE = re.compile(
    r"\\([!-/:-@\[-`{-~])|&(?:#[xX]([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|([A-Za-z][A-Za-z0-9]{1,31}));"
)


def inline(text: bytes, child_end: int) -> tuple[int, int, bool]:
    """``(start, end, in angle brackets)`` of an inline link's destination.

    ``child_end`` is where the last thing inside the link's text ends; only white space can come between it
    and the closing ``](``.
    """
    usual = _USUAL.match(text, child_end)
    if usual is not None:
        return usual.start(1), usual.end(1), False
    return _at(text, text.find(b"](", child_end) + 2)


def definition(text: bytes, start: int) -> tuple[int, int, bool]:
    """The same for the reference definition whose ``[label]:`` begins at ``start``."""
    label = _LABEL.match(text, start)
    assert label is not None, "the parser saw a definition here"
    return _at(text, label.end())


def _at(text: bytes, position: int) -> tuple[int, int, bool]:
    gap = _GAP.match(text, position)
    assert gap is not None, "an empty gap is one too"
    position = gap.end()
    angle = _ANGLE.match(text, position)
    if angle is not None:
        return angle.start(1), angle.end(1), True
    plain = _PLAIN.match(text, position)
    assert plain is not None, "an empty destination is one too"
    end = plain.end()
    if text[end : end + 1] in b"\\(":
        end = _balanced(text, end)
    return position, end, False


def _balanced(text: bytes, position: int) -> int:
    """Where a destination with parentheses or escapes ends (CommonMark 6.3: unescaped ones are balanced)."""
    depth = 0
    for stop in _STOP.finditer(text, position):
        token = stop[0]
        if token == b"(":
            depth += 1
        elif token == b")":
            if depth == 0:
                return stop.start()
            depth -= 1
        elif len(token) == 1:
            return stop.start()
    return len(text)


def unescape(text: str) -> str:
    """What ``text`` stands for: backslash escapes and the entities of HTML that end in ``;`` are undone."""
    if "\\" in text or "&" in text:
        text = _ESCAPE.sub(_character, text)
    return text.replace("\0", "�") if "\0" in text else text


def _character(match: re.Match[str]) -> str:
    escaped, hexadecimal, decimal, name = match.groups()
    if escaped:
        return escaped
    if name:
        return html5.get(name + ";", match[0])
    point = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if point == 0 or point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        return "�"
    return chr(point)


def address(text: str, base: str | None = None) -> str:
    """What a browser would request for the destination spelled ``text``.

    It is percent-encoded as CommonMark's reference renderer does before it is read as a browser does.
    """
    if urls.is_plain(text) and "&" not in text and "%" not in text:
        return text
    return urls.resolve(urls.percent_encode(unescape(text)), base)

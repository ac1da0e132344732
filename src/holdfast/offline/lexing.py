"""Walk through a script and stop at the words that can bring a URL, wherever they are words of the program.

Builds no tree. The one hard question of JavaScript's lexer, whether a slash divides or begins a regular
expression, is answered as es-module-lexer does, by the token before it and by what opened the bracket or
brace that just closed (ECMA-262, "lexical grammar": InputElementRegExp).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

STRING = rb'(?:"(?:[^"\\\r\n]|\\(?:\r\n|[\s\S]))*+"?|' + rb"'(?:[^'\\\r\n]|\\(?:\r\n|[\s\S]))*+'?)"
_SPACE = rb"[\t\n\v\f\r ]|\xc2\xa0|\xef\xbb\xbf|\xe2\x80[\xa8\xa9]"
WORD_END = rb"(?![\w$]|(?!%b)[\x80-\xff])" % _SPACE
_COMMENT = rb"/\*(?:[^*]|\*(?!/))*+(?:\*/)?|//[^\r\n]*+|<!--[^\r\n]*+"
"""The last is HTML's, which classic scripts know (ECMA-262 annex B.1.1)."""

GAP = rb"(?:%b|%b)*+" % (_SPACE, _COMMENT)

_STOPS = b"import|export|new|importScripts|serviceWorker"
_MEMBERS = frozenset({b"importScripts", b"serviceWorker"})
"""Those that may be asked of an object: ``self.importScripts()``, ``navigator.serviceWorker``."""

_WORD = rb"(?:[\w$]|(?!%b)[\x80-\xff])++" % _SPACE
_TOKEN = (
    rb"(?:[^\t\n\v\f\r \"'`/(){}\w$\x80-\xff<-]++|<(?!!--)|-(?!->)|" + STRING
    + rb"|(?!(?:" + _STOPS + rb")" + WORD_END + rb")" + _WORD + rb")"
)  # fmt: skip
_RUN = re.compile(rb"((?:" + GAP + _TOKEN + rb")*+)(" + GAP + rb")")
"""Tokens that neither open nor close anything, and the white space and comments after them."""

_STOP = re.compile(rb"(" + _STOPS + rb")" + WORD_END)
_REGEXP = re.compile(
    rb"/(?:[^/\\\[\r\n]|\\[^\r\n]|\[(?:[^\]\\\r\n]|\\[^\r\n])*+\])++/[\w$]*+",
)
_PLAIN_REGEXP = re.compile(rb"/(?:[^/\\\[\r\n]|\\[^\r\n])++/[\w$]*+")
"""One without a class."""
_TEMPLATE = re.compile(rb"(?:[^`\\$]|\\[\s\S]|\$(?!\{))*+(?:(`)|(\$\{)|\Z|\\\Z)")
_LINE = re.compile(rb"[^\r\n]*+")
_HASHBANG = re.compile(rb"(?:\xef\xbb\xbf)?(?:#![^\r\n]*+)?")

_KEYWORD = re.compile(
    rb"(?<![\w$.\x80-\xff])(?:await|case|debugger|delete|do|else|in|instanceof|new|return|throw|typeof|void"
    rb"|yield)\Z"
)
"""What a value follows, not an operator."""
_CONDITION = re.compile(rb"(?<![\w$.\x80-\xff])(?:if|while|for|with)\Z")
_BLOCK = re.compile(rb"(?:[;){}]|=>|(?<![\w$.\x80-\xff])(?:else|finally|try|do))\Z|\A\Z")
_LONGEST = 12
"""Bytes before a token that are enough to tell these."""


def words(source: bytes) -> Iterator[tuple[int, bytes]]:
    """``(offset, word)`` of each word of interest, in order: not in a string, a comment, a template's text or
    a regular expression, and not the name of a property.

    ``source`` has no ASCII byte inside a longer character (see `charset.masked`).
    """
    opened: list[
        tuple[int, bool]
    ] = []  # which bracket, and whether a slash after its end begins an expression
    begin = _HASHBANG.match(source)
    position = begin.end() if begin is not None else 0
    token_end = position  # of the last token
    expression: bool | None = None  # what a bracket that closed just now says of a slash
    barren = 0  # up to here no regular expression with a class ends: the line was searched
    while position < len(source):
        run = _RUN.match(source, position)
        assert run is not None, "a run may be empty"
        if run.end(1) > position:
            token_end, expression = run.end(1), None
        position = run.end()
        mark = source[position : position + 1]
        stop = _STOP.match(source, position)
        if stop is not None:
            if stop[1] in _MEMBERS or not _is_property(source, token_end):
                yield position, stop[1]
            position = token_end = stop.end()
            expression = None
        elif mark == b"`":
            position = token_end = _template(source, position + 1, opened)
            expression = None
        elif mark in (b"(", b"{"):
            pattern = _CONDITION if mark == b"(" else _BLOCK
            opened.append((mark[0], pattern.search(_before(source, token_end)) is not None))
            position = token_end = position + 1
            expression = None
        elif mark in (b")", b"}"):
            kind, flag = opened.pop() if opened else (0, False)
            position += 1
            if kind == ord("`"):
                position = _template(source, position, opened)
            token_end, expression = position, flag
        elif mark == b"/":
            regexp = None
            if expression if expression is not None else _begins_value(source, token_end):
                regexp = (_REGEXP if position >= barren else _PLAIN_REGEXP).match(source, position)
                if regexp is None and position >= barren:
                    barren = _line_end(source, position)
            position = token_end = regexp.end() if regexp is not None else position + 1
            # after an expression comes an operator, after a division a value
            expression = None if regexp is None else False
        elif mark == b"-" and _begins_line(source, token_end, position):
            position = _line_end(source, position)  # HTML's ``-->``
        else:
            position = token_end = position + 1
            expression = None


def _begins_line(source: bytes, token_end: int, position: int) -> bool:
    """Whether nothing but white space and comments stands before ``position`` on its line."""
    return not token_end or any(source.find(end, token_end, position) >= 0 for end in (b"\n", b"\r"))


def _line_end(source: bytes, position: int) -> int:
    match = _LINE.match(source, position)
    assert match is not None, "a line may be empty"
    return match.end()


def _template(source: bytes, position: int, opened: list[tuple[int, bool]]) -> int:
    """Skip a template's text; return where its end or its next expression begins."""
    match = _TEMPLATE.match(source, position)
    if match is None:
        return len(source)
    if match[2]:
        opened.append((ord("`"), False))
    return match.end()


def _before(source: bytes, end: int) -> bytes:
    return source[max(0, end - _LONGEST) : end]


def _is_property(source: bytes, end: int) -> bool:
    """Whether the token that ends at ``end`` makes the word after it a property's name: ``a.import``."""
    last = source[end - 1 : end]
    return last == b"#" or (last == b"." and source[end - 3 : end] != b"...")


def _begins_value(source: bytes, end: int) -> bool:
    """Whether a value, and so a regular expression, may follow what ends at ``end``."""
    before = _before(source, end)
    last = before[-1:]
    if not last:
        return True
    if last in b")]}\"'`" or before[-2:] in (b"++", b"--"):
        return False
    if last == b".":
        return not before[-2:-1].isdigit()
    if last.isalnum() or last in b"_$" or last >= b"\x80":
        return _KEYWORD.search(before) is not None
    return True

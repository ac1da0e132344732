"""Find every URL a style sheet fetches, and exactly which bytes spell it.

Judges no selector, property or media query. A lexer of CSS Syntax 3 over bytes, which runs past what cannot
hold a URL at the speed of the regular expression engine; an ``@import`` that comes too late for a browser to
honour it is reported all the same.
"""

from __future__ import annotations

import re

from .. import urls
from ..model import Place, Reference, Span, Syntax
from . import charset, requested

_FUNCTIONS = {"url": "url", "image-set": "image-set", "-webkit-image-set": "image-set"}
_NOT_FETCHED = frozenset({"namespace", "document", "-moz-document", "supports", "container"})
"""At-rules whose prelude names URLs, or tests declarations, and fetches nothing."""

_PLAIN = rb"[-\w\x80-\xff\x00]"
_ESCAPE = rb"\\(?:[0-9a-fA-F]{1,6}(?:\r\n|[ \t\n\r\f])?|[^\n\r\f0-9a-fA-F])"
_WORD = rb"(?:%b|%b)++" % (_PLAIN, _ESCAPE)
"""An identifier, a number or a dimension: nothing here needs to tell them apart."""

_COMMENT = rb"/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
_IN_DOUBLE = rb'(?:[^"\\\n\r\f]|' + _ESCAPE + rb"|\\(?:\r\n|[\s\S]|\Z))*+"
_IN_SINGLE = _IN_DOUBLE.replace(b'"', b"'")
_STRING = rb'"%b"?|' % _IN_DOUBLE + rb"'%b'?" % _IN_SINGLE
_FUNCTION_NAMES = b"|".join(re.escape(name).encode() for name in _FUNCTIONS)
_AT_NAMES = b"|".join(re.escape(name).encode() for name in ("import", *sorted(_NOT_FETCHED)))

_BORING = re.compile(
    rb"(?:[^-\w\x80-\xff\x00\\\"'/@#<]++"
    rb"|" + _COMMENT + rb"|" + _STRING + rb"|#" + _WORD + rb"|" + _WORD + rb"(?!\()"
    rb"|(?!(?:" + _FUNCTION_NAMES + rb")\()" + _PLAIN + rb"++\("
    rb"|@(?!(?:" + _AT_NAMES + rb")(?!" + _PLAIN + rb"))" + _PLAIN + rb"++(?!\\)"
    rb"|<!--|[/<#]|@(?!" + _PLAIN + rb"|\\)|\\(?:[\n\r\f]|\Z))*+",
    re.IGNORECASE,
)  # fmt: skip
"""A run of tokens that hold no URL and begin nothing that does. Words with escapes may stop it."""

_PRELUDE = re.compile(
    rb"(?:[^;{}\\\"'/#\w\x80-\xff\x00-]++|" + _COMMENT + rb"|" + _STRING
    + rb"|url\((?!\s*[\"'])(?:[^)\\]|\\[\s\S]|\\\Z)*+\)?|#?" + _WORD + rb"|[/#\\])*+",
    re.IGNORECASE,
)  # fmt: skip
"""What stands between an at-rule's name and its ``;`` or block."""

_TOKEN = re.compile(
    rb"(?P<gap>[ \t\n\r\f]++|" + _COMMENT + rb")|(?P<string>" + _STRING + rb")|#" + _WORD
    + rb"|(?P<word>" + _WORD + rb")(?P<open>\(?)|(?P<mark>[\s\S])"
)  # fmt: skip

_GAP = re.compile(rb"(?:[ \t\n\r\f]++|" + _COMMENT + rb")*+")
_SPACE = re.compile(rb"[ \t\n\r\f]*+")
_NAME = re.compile(rb"(@?)(" + _WORD + rb")(\(?)")
_QUOTED = re.compile(rb'"(%b)("?)|' % _IN_DOUBLE + rb"'(%b)('?)" % _IN_SINGLE)
_UNQUOTED = re.compile(
    rb"((?:[^\"'()\\ \t\n\r\f\x01-\x08\x0b\x0e-\x1f\x7f]|" + _ESCAPE + rb")*+)[ \t\n\r\f]*+(?:\)|\Z)"
)
_BAD_URL = re.compile(rb"((?:[^)\\]|\\[\s\S]|\\\Z)*+)\)?")
_UNESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\n\r\f])?|(\r\n|[\n\r\f])|([\s\S])|\Z)")

_Found = tuple[int, int, str, Syntax]


def unreadable(source: bytes) -> str | None:
    """The name of the declared encoding when no byte offset can be trusted in it, else None."""
    return charset.css_unreadable(source)


def references(
    source: bytes,
    *,
    start: int = 0,
    end: int | None = None,
    place: Place = Place.CSS,
    base: str | None = None,
    codec: str | None = None,
) -> list[Reference]:
    """The URLs that the style sheet ``source[start:end]`` fetches, in order; spans are offsets in ``source``.

    Fragments (``url(#mask)``), ``data:`` URLs and empty ones are nothing to fetch and are left out. ``codec``
    is Python's name of the encoding where the surroundings have settled it; None: what the file declares. An
    unreadable file has no references.
    """
    text = source if start == 0 and end in (None, len(source)) else source[start:end]
    if codec is None:
        if charset.css_unreadable(text):
            return []
        codec = charset.of_css(text)
    found: list[Reference] = []
    for first, last, kind, syntax in _find(charset.masked(text, codec)):
        raw = text[first:last]
        said = unescape(charset.decode(raw, codec)).strip(requested.EDGES)
        if not said or said[0] == "#" or said[:5].lower() == "data:":
            continue
        dynamic = urls.is_dynamic(said)
        url = said if dynamic else requested.url(said, base)
        span = Span(start + first, start + last)
        found.append(Reference(span, raw, url, kind, True, syntax, place, dynamic=dynamic))
    return found


def unescape(text: str) -> str:
    """Undo the escapes of a string or ``url()`` (CSS Syntax 3 section 4.3.7)."""
    if "\\" in text:
        text = _UNESCAPE.sub(_character, text)
    return text.replace("\0", "�") if "\0" in text else text


def _character(match: re.Match[str]) -> str:
    digits, newline, other = match.groups()
    if digits is None:
        return "" if newline else other or ""
    point = int(digits, 16)
    return "�" if point == 0 or point > 0x10FFFF or 0xD800 <= point <= 0xDFFF else chr(point)


def _find(source: bytes) -> list[_Found]:
    """``(start, end, kind, syntax)`` of every URL; ``source`` has no ASCII byte inside a longer character."""
    found: list[_Found] = []
    position = 3 if source.startswith(b"\xef\xbb\xbf") else 0
    while (position := _end(_BORING, source, position)) < len(source):
        name = _NAME.match(source, position)
        if name is None:
            position += 1
            continue
        word = unescape(name[2].decode("latin-1")).lower()
        if name[1]:
            position = name.end(2)
            if word == "import":
                position = _import(source, position, found)
            elif word in _NOT_FETCHED:
                position = _end(_PRELUDE, source, position)
            continue
        position = name.end()
        function = _FUNCTIONS.get(word) if name[3] else None
        if function == "url":
            position = _url(source, position, "css-url", found)
        elif function == "image-set":
            position = _image_set(source, position, found)
    return found


def _end(pattern: re.Pattern[bytes], source: bytes, position: int) -> int:
    match = pattern.match(source, position)
    assert match is not None, "the pattern matches nothing at all, too"
    return match.end()


def _url(source: bytes, position: int, kind: str, found: list[_Found]) -> int:
    """Read what follows ``url(``; return where to go on."""
    position = _end(_SPACE, source, position)
    if source[position : position + 1] in (b'"', b"'"):
        return _string(source, position, kind, found)
    token = _UNQUOTED.match(source, position)
    if token is not None:
        found.append((token.start(1), token.end(1), kind, Syntax.CSS_UNQUOTED))
        return token.end()
    bad = _BAD_URL.match(source, position)
    assert bad is not None, "no character at all is a bad URL, too"
    if urls.is_dynamic(bad[1].decode("latin-1")):  # a template's expression holds spaces and quotes
        stop = position + len(bad[1].rstrip(requested.SPACE))
        found.append((position, stop, kind, Syntax.CSS_UNQUOTED))
    return bad.end()


def _string(source: bytes, position: int, kind: str, found: list[_Found]) -> int:
    """Read the string at ``position``; a line's end makes it bad, the file's end does not."""
    token = _QUOTED.match(source, position)
    assert token is not None, "a quote begins a string"
    double = token[1] is not None
    first, stop = token.span(1 if double else 3)
    if not token[2 if double else 4] and stop < len(source):
        return stop
    trimmed = source[first:stop].rstrip(requested.SPACE)
    if not trimmed.endswith(b"\\"):
        stop = first + len(trimmed)
    first += len(trimmed) - len(trimmed.lstrip(requested.SPACE))
    found.append((first, stop, kind, Syntax.CSS_DOUBLE if double else Syntax.CSS_SINGLE))
    return token.end()


def _import(source: bytes, position: int, found: list[_Found]) -> int:
    """Read an ``@import`` up to its ``;``: the URL comes first, the rest are conditions."""
    position = _end(_GAP, source, position)
    if source[position : position + 1] in (b'"', b"'"):
        position = _string(source, position, "css-import", found)
    else:
        name = _NAME.match(source, position)
        if name is not None and name[3] and unescape(name[0].decode("latin-1")).lower() == "url(":
            position = _url(source, name.end(), "css-import", found)
    return _end(_PRELUDE, source, position)


def _image_set(source: bytes, position: int, found: list[_Found]) -> int:
    """Read the arguments of ``image-set(``: a string is an image where an argument begins (CSS Images 4)."""
    depth, fresh = 1, True
    while depth and (token := _TOKEN.match(source, position)):
        position = token.end()
        mark = token["mark"]
        if token["gap"]:
            continue
        if token["string"]:
            if depth == 1 and fresh:
                _string(source, token.start(), "css-url", found)
        elif token["open"]:
            if unescape(token["word"].decode("latin-1")).lower() == "url":
                position = _url(source, position, "css-url", found)
                if source[position - 1 : position] == b")":
                    fresh = False
                    continue
            depth += 1
        elif mark == b"(":
            depth += 1
        elif mark == b")":
            depth -= 1
        elif mark is not None and mark in b";{}":
            return token.start()
        fresh = mark == b"," and depth == 1
    return position

"""Find the URLs that a script names by itself: its imports, and the workers and files it asks for.

Runs nothing. What a script puts together at run time cannot be seen here; the proof finds that. Only literal
specifiers count, and of those the ones that are URLs (``./a.js``, ``/a.js``, ``https://...``): a bare one
(``vue``) is for the import map (HTML Standard, "resolve a module specifier").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .. import families, urls
from ..model import Notice, Place, Reference, Span, Syntax
from ..scan import charset, requested
from . import lexing
from .lexing import GAP, STRING
from .parts import Need, Parts, Role

_STRING_SYNTAX = {b'"': Syntax.JSON, b"'": Syntax.SHORTCODE_SINGLE, b"`": Syntax.SHORTCODE_BACKTICK}
"""A URL stands in a literal as it does in JSON, or verbatim, without its quote and without a backslash."""

_SPECIFIER = re.compile(r"\.{0,2}/|[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3]?[0-7]{1,2})|(\r\n|[\s\S]))"
)
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_LINE_ENDS = frozenset({"\r\n", "\n", "\r", "\u2028", "\u2029"})

_LITERAL = rb"(?P<literal>" + STRING + rb"|`(?:[^`\\$]|\\[\s\S]|\$(?!\{))*+`)"
_NAME = rb"(?:[\w$]|[\x80-\xff])++"
_WITH = rb"(?:%b(?:with|assert)%b\{%b[\"']?type[\"']?%b:%b[\"'](?P<type>[a-z]+)[\"'])?+" % ((GAP,) * 5)
_BINDINGS = rb"\{(?:[^{}\"'`/]++|" + STRING + rb"|/\*(?:[^*]|\*(?!/))*+\*/|//[^\r\n]*+)*+\}"

_FORMS = {
    # import "x"; import a, * as b from "x"; import {a as b} from "x"
    b"import": re.compile(
        rb"import(?:"
        rb"%b\.%b(?:source|defer)%b\(%b|%b\(%b"  # import("x"), import.defer("x")
        rb"|(?P<static>%b(?:(?:(?:defer|source)%b(?=[\w*{]))?+"
        rb"(?:(?!from%b[\"'])%b%b(?:,%b)?+)?+(?:\*%bas%b%b%b|%b%b)?+from%b)?+))"
        % (
            *((GAP,) * 6),
            *(GAP, GAP),
            *(GAP, _NAME, GAP, GAP),
            *(GAP, GAP, _NAME, GAP),
            *(_BINDINGS, GAP),
            GAP,
        )
        + _LITERAL
    ),
    # export * from "x"; export * as a from "x"; export {a} from "x"
    b"export": re.compile(
        rb"export%b(?:\*%b(?:as%b(?:%b|%b)%b)?+|%b%b)from%b"
        % (GAP, GAP, GAP, _NAME, STRING, GAP, _BINDINGS, GAP, GAP)
        + _LITERAL
    ),
    # new Worker("x"); new window.Worker("x"); new URL("x", import.meta.url)
    b"new": re.compile(
        rb"new%b(?:(?:window|self|globalThis)%b\.%b)?+(?P<class>Worker|SharedWorker|URL)%b\(%b" % ((GAP,) * 5)
        + _LITERAL
    ),
    b"importScripts": re.compile(rb"importScripts%b\(%b" % (GAP, GAP) + _LITERAL),
    b"serviceWorker": re.compile(rb"serviceWorker%b\.%bregister%b\(" % (GAP, GAP, GAP)),
}
"""What may follow each of the words that the lexer stops at."""

_AFTER_STATIC = re.compile(_WITH)
_AFTER_CALL = re.compile(GAP + rb"(?:\)|(?P<more>,))")
_NEXT_LITERAL = re.compile(GAP + _LITERAL)
_IMPORT_META_URL = re.compile(rb"%b,%bimport%b\.%bmeta%b\.%burl%b\)" % ((GAP,) * 7))
_MODULE_OPTION = re.compile(rb"%b,%b\{(?:[^{}\"'/]++)?+[\"']?type[\"']?%b:%b[\"']module[\"']" % ((GAP,) * 4))

_MAY_NAME = re.compile(rb"\b(?:import|export|Worker|URL|importScripts|serviceWorker)\b")

_FILE = re.compile(rb"[^./]\.[A-Za-z0-9]+(?:[?#][^\r\n]*)?\Z")

_TYPES = {"css": ("style",), "json": ("data",)}
_BY_EXTENSION = {".css": ("style",), ".js": ("script",), ".mjs": ("script",), ".html": ("page",)}
_FONTS = frozenset({".woff2", ".woff", ".ttf", ".otf"})


@dataclass(frozen=True, slots=True)
class Literal:
    """One string of a script that is a URL."""

    span: Span
    """Without its quotes."""
    said: str
    """What it means."""
    kind: str
    syntax: Syntax
    families: tuple[str, ...] = ("script",)
    module: bool = False


def script(buffer: bytes, base: str, codec: str | None = None) -> Parts:
    """The parts of a script, be it classic or a module, in the order of the bytes.

    A URL given to ``new Worker`` is resolved against the page that runs the script, which is not known here:
    it is a notice and no need.
    """
    codec = (codec and charset.of_label(codec)) or charset.UTF8
    literals, notices = read(buffer, 0, len(buffer), codec)
    needs = []
    for literal in literals:
        if literal.kind == "js-worker":
            message = f"starts a worker from {literal.said!r}, as seen from the page that runs it"
            notices.append(Notice("worker", message, literal.span.start))
        elif (found := need(buffer, literal, base)) is not None:
            needs.append(found)
    return Parts(tuple(needs), base=base, codec=codec, notices=tuple(notices))


def need(buffer: bytes, literal: Literal, base: str) -> Need | None:
    """What a literal asks for, resolved against ``base``; None for what no network brings."""
    url = requested.url(literal.said, base)
    if urls.refusal(url) is not None:
        return None
    raw = buffer[literal.span.start : literal.span.end]
    reference = Reference(literal.span, raw, url, literal.kind, True, literal.syntax, Place.HTML)
    return Need(reference, Role.REQUISITE, literal.families, module=literal.module)


def is_url(said: str) -> bool:
    """Whether a specifier is a URL, and no bare name that an import map knows."""
    return _SPECIFIER.match(said) is not None


def read(buffer: bytes, start: int, end: int, codec: str) -> tuple[list[Literal], list[Notice]]:
    """The literals of the script ``buffer[start:end]`` in order, and what a person should know of it.

    Spans are offsets in ``buffer``.
    """
    if _MAY_NAME.search(buffer, start, end) is None:
        return [], []
    source = charset.masked(buffer[start:end], codec)
    found: list[Literal] = []
    notices: list[Notice] = []
    for position, word in lexing.words(source):
        match = _FORMS[word].match(source, position)
        if match is None:
            continue
        if word == b"serviceWorker":
            message = (
                "registers a service worker, which answers for the pages of a server it was installed by"
            )
            notices.append(Notice("service-worker", message, start + position))
            continue
        found += _literals(buffer, source, start, word, match, codec)
    return found, notices


def _literals(
    buffer: bytes, source: bytes, start: int, word: bytes, match: re.Match[bytes], codec: str
) -> Iterable[Literal]:
    """The URLs of one form that was found in ``source``, which begins at ``start`` of ``buffer``."""
    first, last = match.span("literal")
    if source[last - 1] != source[first] or last - first < 2:  # a string that never ends
        return
    kind, kinds, module = "js-import", ("script",), word in (b"import", b"export")
    if word == b"export" or (word == b"import" and match["static"] is not None):
        if source[first] == 0x60:  # a template is no specifier of a static import
            return
        with_type = _AFTER_STATIC.match(source, last)
        if with_type is not None and with_type["type"]:
            kinds = _TYPES.get(with_type["type"].decode(), kinds)
    elif word == b"new" and match["class"] == b"URL":
        # without an extension it is no file but what other URLs are resolved against
        if not _IMPORT_META_URL.match(source, last) or not _FILE.search(source[first : last - 1]):
            return
        kind = "js-url"
    else:
        after = _AFTER_CALL.match(source, last)
        if after is None:  # "./a" + name
            return
        kind = {b"import": "js-dynamic-import", b"new": "js-worker"}.get(word, "js-import-scripts")
        module = module or (word == b"new" and _MODULE_OPTION.match(source, last) is not None)
    while True:
        said = unescape(charset.decode(buffer[start + first + 1 : start + last - 1], codec))
        if kind in ("js-url", "js-worker", "js-import-scripts") or is_url(said):
            span = Span(start + first + 1, start + last - 1)
            syntax = _STRING_SYNTAX[source[first : first + 1]]
            brings = _of_url(said) if kind == "js-url" else kinds
            yield Literal(span, said, kind, syntax, brings, module)
        if word != b"importScripts":
            return
        comma = _AFTER_CALL.match(source, last)
        following = _NEXT_LITERAL.match(source, comma.end()) if comma and comma["more"] else None
        if following is None or not _AFTER_CALL.match(source, following.end()):
            return
        first, last = following.span("literal")
        if last - first < 2 or source[last - 1] != source[first]:
            return


def _of_url(said: str) -> tuple[str, ...]:
    """What ``new URL("x", import.meta.url)`` may be for."""
    extension = families.extension("https://x/" + said.rpartition("/")[2])
    if extension in _FONTS:
        return ("font",)
    known = _BY_EXTENSION.get(extension)
    return known or tuple(families.of_link("https://x/x" + extension)) or ("data",)


def unescape(text: str) -> str:
    """What the characters of a string literal mean (ECMA-262, "static semantics: SV")."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    braced, four, two, octal, other = match.groups()
    if other is not None:
        return "" if other in _LINE_ENDS else _SIMPLE_ESCAPES.get(other, other)
    point = int(octal, 8) if octal is not None else int(braced or four or two, 16)
    return chr(point) if point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF else "\ufffd"

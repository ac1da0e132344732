"""What strangers write never breaks a reader, and never costs more than in proportion to its size.

`fuzzing` says what is read and what must hold. Here are the inputs that once broke something, hypothesis's
own, and shapes of which a parser that looks back or ahead too far takes quadratic time (row 78, for every
language by itself). A longer search, led by coverage: ``python -m tests.campaign.fuzz TARGET SECONDS``.
"""

# ruff: noqa: E501 - a shape is one row of a table

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.campaign.fuzzing import TARGETS, Target
from tests.linear import LEAST, TIMES, alone, seconds, too_slow

# -- what was found ----------------------------------------------------------------------------------------

FOUND: list[tuple[str, bytes, str]] = [
    # (target, input, what it did)
    ("rewrite-html", b"<source srcset=//\xc3\xa9>\x93", "a URL in UTF-8 in a page that is not: UnicodeEncodeError"),
    ("rewrite-css", b"url(http\xc3\xa9)\xa9", "the same in a style sheet"),
    ("rewrite-html", b'<img src="http://a/\xe9"><img src="http://a/\xc3\xa9">', "two URLs kept as one text"),
    ("rewrite", b'---\nog.image.url: "http://g"\n---\n{{<fig src=http>}}', "a key with two dots: not restored"),
    ("rewrite", b'{"..":"http://g"}{{<fig src=http>}}', "the same in JSON"),
    ("rewrite", b"---\nimage: http://a/b#x2f;-\n---\n", "a semicolon in a fragment: no end"),
    ("rewrite", b"---\na: http:x.exa\na: http://x.exa\n---\n", "one key twice, one URL in two forms: not restored"),
    ("rewrite", b"---\n[]: http:x.exa\n[]: http://x.exa\n---\n", "the same with keys that are lists"),
    ("manifest", b'{"holdfast":"\xbe"', "not UTF-8 in a header: UnicodeDecodeError"),
    (
        "manifest",
        b'{"holdfast":1}\n{"type":"asset","url":"","path":"","sha256":"","bytes":1,"media":"","fetched":"",'
        b'"\xf1":0,"":""}\n',
        "not UTF-8 in a field's name: UnicodeDecodeError",
    ),
    ("manifest", b'{"holdfast":1}\n' + b"[" * 100_000 + b"\n", "brackets without end: RecursionError"),
    ("manifest", b'{"holdfast":1}\n{"type":"edit","x":' + b"[" * 100_000, "the same in a torn line"),
    ("configuration", b"include = " + b"[" * 100_000, "brackets without end: RecursionError"),
    ("configuration", b'include = ["' + b"(a" * 3000 + b'"]', "a pattern of brackets: RecursionError"),
    ("configuration", b'include = ["a{99999999999999999999}"]', "a number too large for a pattern: OverflowError"),
    ("generators", b"baseURL=//[", "an address with half a bracket: ValueError"),
    ("generators", b"PATH='\0'", "NUL in a folder's name: ValueError"),
    ("generators", b"PATH='" + b"a" * 300 + b"'", "a name that no file system takes: OSError"),
    ("generators", b'{"attachmentFolderPath": "\\ud800", "root": "\\ud800"}', "half a character: UnicodeEncodeError"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "data", "was"), FOUND, ids=[f"{each[0]}: {each[2]}" for each in FOUND])
def test_what_once_broke(target: str, data: bytes, was: str) -> None:
    TARGETS[target].run(data)


# -- what hypothesis finds ---------------------------------------------------------------------------------


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Bytes made of the language's pieces, and whole inputs with some of them put in."""
    pieces = st.lists(st.sampled_from(target.pieces) | st.binary(max_size=3), max_size=24).map(b"".join)
    whole = st.tuples(st.sampled_from((b"", *target.seeds)), pieces, st.integers(0, 400))
    return pieces | whole.map(lambda drawn: drawn[0][: drawn[2]] + drawn[1] + drawn[0][drawn[2] :])


def search(name: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(inputs(TARGETS[name]))
    def run(data: bytes) -> None:
        TARGETS[name].run(data)

    run()


SLOW = {"generators": 5}
"""How many times slower than the others a target is: each input is tried as a dozen files."""


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)
    search(name, 100 // SLOW.get(name, 1))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks_in_a_longer_search(name: str) -> None:
    search(name, 2000 // SLOW.get(name, 1))


# -- what takes how long -----------------------------------------------------------------------------------

Shape = Callable[[int], bytes]
"""An input of so many parts."""


def of(piece: bytes, before: bytes = b"", after: bytes = b"") -> Shape:
    return lambda count: before + piece * count + after


def each(piece: bytes, before: bytes = b"", after: bytes = b"") -> Shape:
    """Every part with a number of its own for ``%d``."""
    return lambda count: before + b"".join(piece.replace(b"%d", b"%d" % n) for n in range(count)) + after


def pairs(opening: bytes, closing: bytes, middle: bytes = b"a") -> Shape:
    return lambda count: opening * count + middle + closing * count


def line(size: int, before: bytes = b"", after: bytes = b"") -> Shape:
    """One line without end: ``size`` bytes for each part."""
    return lambda count: before + b"x" * (count * size) + after


_MARKDOWN: Mapping[str, Shape] = {
    **{piece.decode(): of(piece) for piece in (
        b"[", b"![", b"[a](", b"![a](", b"](", b"[a][", b"<", b"<a ", b"<!--", b"`", b"`` ", b"*a ", b"_a_", b"~~a ", b"&amp;", b"&a",
        b"> ", b"- ", b"1. ", b"|", b"\\", b"\\[", b"(", b"{", b"{{", b"{{<", b"{{< a", b"{%", b"<%", b"${", b"$", b"[^a]", b"[[", b"www.",
        b"http://", b"http://a(", b"<http://", b"a@b", b"\0", b"\r", b"\xef\xbb\xbf", b"\n- ", b"```\n", b"# ", b"<style>",
        b'<img src="', b"<img srcset='", b"<img src=a ", b"</div>", b"{/*", b"<!-- holdfast-ignore -->", b"<!-- holdfast-ignore-start -->",
        b"{{< raw >}}", b"{% raw %}", b"{{< figure src=\"", b"{{< /figure >}}", b"![a](http://a/b)\n", b"<a href='http://a'>", b":::\n", b"~~~\n",
    )},
    "brackets": pairs(b"[", b"]"),
    "links in links": pairs(b"[", b"](a)"),
    "pictures in pictures": pairs(b"![", b"](http://a/b)"),
    "elements": pairs(b"<div>", b"</div>"),
    "definitions": each(b"[a%d]: http://a/%d\n", after=b"![a1]\n"),
    "uses of definitions": each(b"![a][b%d]\n", before=b"[b1]: http://a/b\n\n"),
    "footnotes": each(b"[^%d]\n\n[^%d]: a\n\n"),
    "table": of(b"| a | ![b](http://a/b) |\n", b"| a | b |\n|---|---|\n"),
    "wide table": lambda count: b"|a" * count + b"\n" + b"|-" * count + b"\n" + b"|b" * count,
    "attributes": each(b" a%d=b", b"<img", b">"),
    "one attribute again": of(b" src=http://a/b", b"<img", b">"),
    "attributes of the page": each(b"<html a%d=1>"),
    "candidates": of(b"http://a/b 1x, ", b"<img srcset='", b"'>"),
    "a line": line(100),
    "a URL": line(100, b"![a](http://a/", b")"),
    "a title": line(100, b"![a](http://a/b '", b"')"),
    "a URL in text": of(b"a_*", b"http://a/"),
    "quotes in quotes": lambda count: b"".join(b"> " * (n % 100) + b"a\n" for n in range(count // 4)),
    "a comment of blanks": of(b" ", b"<!-- holdfast-ignore", b"x -->\n"),
    "ignored again": of(b"<!-- holdfast-ignore -->", b"a "),
    "ticks of every length": lambda count: b"".join(b"`" * (n % 300) + b" " for n in range(count // 20)),
}  # fmt: skip
_HTML: Mapping[str, Shape] = {
    **{piece.decode(): of(piece) for piece in (
        b"<", b"</", b"<a ", b"<a href='", b"<!--", b"<!", b"<?", b"<![CDATA[", b"&", b"&amp;", b"<p>", b"<b>", b"<a>", b"<table>", b"<td>", b"<svg>",
        b"<template>", b"<select>", b"<style>", b"<script>", b"<title>", b"<img src=a>", b"<img srcset=','>", b"<div style='url('>", b"<base href=a>",
        b"<font>", b"<button>", b"<li>", b"<math>", b"</p>", b"<form>", b"<img src='{{", b"<div data-holdfast-ignore>", b"<!-- holdfast-ignore -->",
        b"<meta http-equiv=refresh content='0;url=a'>", b"<a href=a><img src=a>", b"<noscript>", b"\0", b"<frameset>", b"<option>", b"<nobr>",
    )},
    "elements": pairs(b"<div>", b"</div>"),
    "misnested": pairs(b"<b><p>", b"</b></p>"),
    "attributes": each(b" a%d=b", b"<img", b">"),
    "one attribute again": of(b" src=http://a/b", b"<img", b">"),
    "attributes of the page": each(b"<html a%d=1>"),
    "attributes of the body": each(b"<body a%d=1>"),
    "candidates": of(b"http://a/b 1x, ", b"<img srcset='", b"'>"),
    "a line": line(100),
    "a style sheet": of(b"a{b:url(c)}", b"<style>", b"</style>"),
    "styles": of(b"<p style='a:url(b)'>"),
}  # fmt: skip
_CSS: Mapping[str, Shape] = {
    **{piece.decode(): of(piece) for piece in (
        b"{", b"a{", b"}", b"(", b"[", b"url(", b"url('", b"url(a ", b'"', b"'", b"/*", b"/", b"*/", b"\\", b"\\\n", b"\\75", b"\\75 rl(", b"@import ", b"@import url(",
        b"@media a{", b"image-set(", b"image-set('a' ", b"@font-face{src:", b"<!--", b"-->", b"@", b"#", b"--", b"u", b"url(a)", b";", b",", b"!", b"\0", b"@namespace url(",
    )},
    "nested": pairs(b"@media a{", b"}"),
    "a URL": line(100, b"a{b:url(", b")}"),
    "escapes": of(b"\\62 ", b"a{b:url(", b")}"),
    "a line": line(100),
}  # fmt: skip
_YAML: Mapping[str, Shape] = {
    **{repr(piece.decode()): of(piece) for piece in (
        b"[", b"{", b"- ", b"? ", b"a: ", b"'", b'"', b"&a ", b"*a ", b"!a ", b"# ", b"|\n", b"\\", b"- a\n", b"''", b"%a\n", b"---\n", b"...\n", b"{a: ", b"[a, ", b"a: b: ",
    )},
    "lists in lists": pairs(b"[", b"]", b""),
    "maps in maps": pairs(b"{a: ", b"}"),
    "indented": lambda count: b"".join(b" " * min(n, 90) + b"a:\n" for n in range(count)),
    "keys": each(b"a%d: http://a/b.png\n"),
    "a list of pictures": of(b"- http://a/b.png\n", b"images:\n"),
    "a flow of pictures": of(b"http://a/b.png, ", b"images: [", b"]"),
    "anchors": each(b"a%d: &a%d http://a/b.png\n"),
    "aliases": of(b"- *a\n", b"a: &a http://a/b.png\nb:\n"),
    "a value": line(2, b"image: http://a/"),
    "a block": of(b"  a\n", b"image: |\n"),
    "quoted": of(b"\\x61", b'image: "http://a/', b'"'),
}  # fmt: skip
_TOML: Mapping[str, Shape] = {
    **{repr(piece.decode()): of(piece) for piece in (b"[", b"{", b"a.", b"'", b'"', b"[[a]]\n", b"\\", b"# ", b"= ", b'"""', b"[a]\n", b"a=[", b"a={a=")},
    "lists in lists": lambda count: b"a = " + b"[" * count + b"]" * count,
    "keys": each(b'a%d = "http://a/b.png"\n'),
    "tables": each(b'[a%d]\nimage = "http://a/b.png"\n'),
    "tables in a list": of(b'[[a]]\nimage = "http://a/b.png"\n'),
    "a list of pictures": of(b'"http://a/b.png", ', b"images = [", b"]"),
    "a dotted key": of(b".a", b"a", b" = 1"),
    "a value": line(2, b'image = "http://a/', b'"'),
    "quoted": of(b"\\u0061", b'image = "http://a/', b'"'),
}  # fmt: skip
_JSON: Mapping[str, Shape] = {
    **{repr(piece.decode()): of(piece) for piece in (b"[", b"{", b'"', b"\\", b'{"a":', b"[1,", b'"a":1,', b"1")},
    "lists in lists": lambda count: b'"a": ' + b"[" * count + b"]" * count,
    "keys": each(b'"a%d": "http://a/b.png",', after=b'"b": 1'),
    "a list of pictures": of(b'"http://a/b.png", ', b'"images": [', b'""]'),
    "a value": line(2, b'"image": "http://a/', b'"'),
    "quoted": of(b"\\u0061", b'"image": "http://a/', b'"'),
}  # fmt: skip
_SVG: Mapping[str, Shape] = {
    **{piece.decode(): of(piece, b"<svg xmlns='http://www.w3.org/2000/svg'>", b"</svg>") for piece in (
        b"<g/>", b"<g>", b"<!--", b"&amp;", b"<style>a{}</style>", b"<![CDATA[]]>", b"<?a?>", b"<rect style='a:url(#b)'/>", b"\\", b"<image href='data:image/svg+xml,%3Csvg/%3E'/>",
    )},
    "elements": pairs(b"<svg>", b"</svg>", b""),
    "attributes": each(b" a%d='b'", b"<svg", b"/>"),
    "entities": each(b"<!ENTITY a%d 'b'>", b"<!DOCTYPE svg [", b"]><svg/>"),
    "defaults": each(b"<!ATTLIST svg a%d CDATA 'b'>", b"<!DOCTYPE svg [", b"]><svg/>"),
    "an entity's uses": of(b"&a;", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>", b"</svg>"),
    "a style sheet": of(b"a{b:url(#c)}", b"<svg xmlns='http://www.w3.org/2000/svg'><style>", b"</style></svg>"),
    "escapes": of(b"\\62 ", b"<svg xmlns='http://www.w3.org/2000/svg'><style>", b"</style></svg>"),
    "comments of CSS": of(b"/*", b"<svg xmlns='http://www.w3.org/2000/svg'><style>", b"</style></svg>"),
    "a picture inside": line(100, b"<svg><image href='data:image/png;base64,", b"'/></svg>"),
    "drawings in drawings": of(b"data:image/svg+xml,", b"<svg><image href='", b"'/></svg>"),
    "blanks": of(b"&#10;", b"<svg><image href='", b"a'/></svg>"),
    "@namespace": of(b"@namespace ", b"<svg xmlns='http://www.w3.org/2000/svg'><style>", b"</style></svg>"),
    "url(": of(b"url( ", b"<svg xmlns='http://www.w3.org/2000/svg'><style>", b"</style></svg>"),
}  # fmt: skip
_SRCSET: Mapping[str, Shape] = {
    repr(piece.decode()): of(piece)
    for piece in (
        b",",
        b" ",
        b"a ",
        b"a, ",
        b"a (",
        b"a 1x,",
        b"(",
        b") ",
        b",(",
        b"a 1w 2h,",
        b"a 1x ",
        b"a 1",
    )
}
_RECORD = b'{"type":"edit","path":"a%d.md","raw":"http://a/%d","new":"/archive/a/%d.png"}\n'
_MANIFEST: Mapping[str, Shape] = {
    "records": each(_RECORD, b'{"holdfast":1}\n'),
    "one record again": of(_RECORD, b'{"holdfast":1}\n'),
    "a journal": each(_RECORD, b'{"holdfast":1}\n{"holdfast":1}\n'),
    "headers": of(b'{"holdfast":1}\n'),
    "blank lines": of(b"\n"),
    "unknown types": each(b'{"type":"x%d"}\n', b'{"holdfast":1}\n'),
    "unknown fields": each(b',"x%d":1', b'{"holdfast":1}\n{"type":"failure","url":"a","reason":"dns","attempts":1,"first":"a","last":"b"', b"}\n"),
    "a line": line(100, b'{"holdfast":1}\n'),
    "NUL": of(b"\0", b'{"holdfast":1}\n'),
    "places": of(b"1,", b'{"holdfast":1}\n{"type":"edit","path":"a","raw":"b","new":"c","places":[', b"1]}\n"),
}  # fmt: skip
_SETTINGS: Mapping[str, Shape] = {
    "lists": lambda count: b"include = " + b"[" * count,
    "patterns": of(b'"a",', b"include = [", b"]"),
    "open": of(b"("),
    "a pattern": of(b"(a", b'include = ["', b'"]'),
    "hosts": each(b'[hosts."a%d.example"]\n'),
    "a value": line(100, b'site = "', b'"'),
}
_GENERATORS: Mapping[str, Shape] = {
    repr(piece.decode()): of(piece)
    for piece in (b"(", b"a: ", b"'", b'"', b"`", b"//", b"/*", b"\\", b"base: ", b"const a = ", b"addPassthroughCopy(", b"${", b"!a ", b"- ", b"dir: {", b"path: '", b"a = ", b"\n", b" ", b"=", b"+", b"-", b"not ", b"lambda:")
}  # fmt: skip
"""Brackets of YAML's flow are not here: each costs time for every open one, up to the depth that is followed."""
_REWRITE: Mapping[str, Shape] = {
    "pictures": each(b"![a](http://a/%d)\n"),
    "a picture again": of(b"![a](http://a/b) "),
    "a line of pictures": each(b"![a](http://a/%d)"),
    "tags": each(b"<img src='http://a/%d'>"),
    "a fragment": of(b"a", b"---\nimage: http://a/b#", b";\n---\n"),
    "a fragment of steps": of(b"a&b:", b"---\nimage: http://a/b#", b";\n---\n"),
    "front matter": each(b"- http://a/%d.png\n", b"---\nimages:\n", b"---\n"),
    "definitions": each(b"![a%d]\n\n[a%d]: http://a/%d\n\n"),
}

SHAPES: Mapping[str, tuple[int, Mapping[str, Shape]]] = {
    "markdown": (600, _MARKDOWN),
    "mdx": (1250, {name: _MARKDOWN[name] for name in ("{", "{/*", "<a ", "${", "brackets", "elements", "a line")}),
    "html": (1250, _HTML),
    "css": (5000, _CSS),
    "yaml": (600, _YAML),
    "toml": (300, _TOML),
    "json": (600, _JSON),
    "svg": (2500, _SVG),
    "srcset": (5000, _SRCSET),
    "manifest": (1000, _MANIFEST),
    "configuration": (2500, _SETTINGS),
    "generators": (100, _GENERATORS),
    "rewrite": (150, _REWRITE),
}  # fmt: skip
"""By target: of how many parts the smaller input of the short test is, and the shapes."""


def check_linear(name: str, shapes: Mapping[str, Shape], count: int) -> None:
    run = TARGETS[name].run
    with alone():
        figures = {title: too_slow(run, shape(count), shape(4 * count)) for title, shape in shapes.items()}
    found = {title: both for title, both in figures.items() if both is not None}
    assert not found, found


@pytest.mark.parametrize("name", SHAPES)
def test_time_is_linear(name: str) -> None:
    count, shapes = SHAPES[name]
    check_linear(name, shapes, count)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_time_is_linear_in_large(name: str) -> None:
    """Eight times the parts; row 78 has a hundred thousand of them through the command line."""
    count, shapes = SHAPES[name]
    check_linear(name, shapes, 8 * count)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["markdown", "mdx", "html", "css", "manifest", "svg"])
def test_a_line_of_ten_megabytes(name: str) -> None:
    shapes = {
        title: SHAPES[name][1][title]
        for title in ("a line", "a URL", "a picture inside")
        if title in SHAPES[name][1]
    }
    check_linear(name, shapes, 25_000)


def test_what_is_quadratic_is_found() -> None:
    """The measure tells: a reader that looks from every byte to the end is not linear."""

    def reader(data: bytes) -> None:
        for start in range(0, len(data), 16):
            data.count(b"b", start)

    count = 1000
    while seconds(reader, b"a" * count) < LEAST:
        count = count * 5 // 4
    small, large = (seconds(reader, b"a" * size) for size in (count, 4 * count))
    assert large > TIMES * max(small, LEAST)

"""SVG files as documents: what a browser would fetch of one, what it would not, and what is cut."""

from __future__ import annotations

import time

import pytest

from holdfast.offline import vectors
from holdfast.offline.parts import Parts, Role

BASE = "https://site.example/pics/a.svg"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'

FOUND = [
    # what the file holds, then the bytes of each URL
    ("an image", '<image href="b.png"/>', ["b.png"]),
    ("the older attribute", '<image xlink:href="b.png"/>', ["b.png"]),
    ("single quotes and blanks", "<image\n href = ' b.png ' />", ["b.png"]),
    ("another file's symbol", '<use href="icons.svg#x"/>', ["icons.svg#x"]),
    ("a filter's image", '<filter><feImage xlink:href="b.png"/></filter>', ["b.png"]),
    ("a script", '<script href="b.js"/>', ["b.js"]),
    ("a link", '<a href="b.html"><text>b</text></a>', ["b.html"]),
    ("another file's gradient", '<linearGradient href="g.svg#a"/>', ["g.svg#a"]),
    (
        "a presentation attribute",
        '<path fill="url(p.svg#a)" mask="url(\'q.svg#b\')"/>',
        ["p.svg#a", "q.svg#b"],
    ),
    ("a style attribute", '<path style="fill:url(p.svg#a)"/>', ["p.svg#a"]),
    ("a style sheet", "<style>@import 'a.css'; a{b:url(c.png)}</style>", ["a.css", "c.png"]),
    ("a style sheet in CDATA", "<style><![CDATA[a > b{b:url(c.png)}]]></style>", ["c.png"]),
    ("a style sheet with references", "<style>a{b:url(&quot;c.png&quot;)}</style>", ["c.png"]),
    ("a style sheet in pieces", "<style>a{<!-- url(x) -->b:url(<![CDATA[c.png]]>)}</style>", ["c.png"]),
    ("an animated image", '<image><set attributeName="href" to="b.png"/></image>', ["b.png"]),
    (
        "several of them",
        '<image><animate attributeName="xlink:href" values="b.png; c.png"/></image>',
        ["b.png", "c.png"],
    ),
    ("references in the URL", '<image href="b.png?x=1&amp;y=2"/>', ["b.png?x=1&amp;y=2"]),
    (
        "a prefix of its own",
        '<s:image xmlns:s="http://www.w3.org/2000/svg" s:x="1" href="b.png"/>',
        ["b.png"],
    ),
    (
        "a prefix of its own for links",
        '<image xmlns:l="http://www.w3.org/1999/xlink" l:href="b.png"/>',
        ["b.png"],
    ),
    (
        "HTML inside",
        '<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="b.png" srcset="c.png 2x, d.png 3x"/>'
        "</foreignObject>",
        ["b.png", "c.png", "d.png"],
    ),
    (
        "HTML with a prefix",
        '<h:body xmlns:h="http://www.w3.org/1999/xhtml"><h:iframe src="b.html"/><h:a href="c.html"/>'
        '<h:p style="background:url(d.png)"/></h:body>',
        ["b.html", "c.html", "d.png"],
    ),
    ("letters outside ASCII", '<path 名="图"/><image href="图.png"/>', ["图.png"]),
    ("what comes before an error", '<image href="b.png"/></wrong><image href="c.png"/>', ["b.png"]),
]

NOT_FOUND = [
    ("its own symbol", '<use href="#x"/>'),
    ("its own gradient", '<path fill="url(#a)"/>'),
    ("what is written in the URL", '<image href="data:image/png;base64,AAAA"/>'),
    ("a script's URL", '<a href="javascript:void(0)"/>'),
    ("a mail address", '<a href="mailto:a@b.example"/>'),
    ("a comment", '<!-- <image href="b.png"/> -->'),
    ("a CDATA section", '<text><![CDATA[<image href="b.png"/>]]></text>'),
    ("an instruction inside", '<?xml-stylesheet href="b.css"?>'),
    ("an attribute of an editor", '<path xmlns:e="urn:e" e:href="b.png"/>'),
    ("an element of an editor", '<e:image xmlns:e="urn:e" href="b.png"/>'),
    ("an attribute that is no link", '<image title="b.png" id="url"/>'),
    ("an animated colour", '<animate attributeName="fill" values="red;blue" to="b.png"/>'),
    ("a string of a style sheet", "<style>a{content:'url(x.png)'}</style>"),
    ("a namespace", "<style>@namespace url(http://www.w3.org/2000/svg);</style>"),
    ("a title", "<title>url(b.png)</title>"),
]

CUT = [
    # before, after
    (
        '<script href="b.js" integrity="sha256-x" crossorigin="anonymous"/>',
        '<script href="b.js"/>',
    ),
    ('<a ping="https://t.example/" href="b">x</a>', '<a href="b">x</a>'),
    ('<g xml:base="https://other.example/"/>', "<g/>"),
]

CUT_NOT = [
    '<g base="x" e:ping="y" xmlns:e="urn:e"/>',
    '<text>integrity="x" crossorigin</text>',
]


def read(inside: str, codec: str = "utf-8", head: str = "") -> tuple[bytes, Parts]:
    source = f"{head}{SVG}{inside}</svg>".encode(codec)
    return source, vectors.vector(source, BASE)


def cut(source: bytes, parts: Parts) -> bytes:
    for each in reversed(parts.cuts):
        source = source[: each.span.start] + each.new + source[each.span.end :]
    return source


@pytest.mark.parametrize(("inside", "expected"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["", "BOM"])
def test_finds_what_a_browser_would_fetch(inside: str, expected: list[str], bom: str) -> None:
    source, parts = read(inside, head=bom)
    found = [need.reference for need in parts.needs]
    assert [each.raw.decode() for each in found] == expected
    assert [source[each.span.start : each.span.end] for each in found] == [each.raw for each in found]
    assert all(each.url.startswith("https://site.example/pics/") for each in found)


@pytest.mark.parametrize("inside", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_leaves_alone_what_no_browser_fetches(inside: str) -> None:
    _, parts = read(inside)
    assert parts.needs == parts.cuts == ()


@pytest.mark.parametrize(("before", "after"), CUT)
def test_cuts_what_would_break_or_leak(before: str, after: str) -> None:
    source, parts = read(before)
    assert cut(source, parts).decode() == f"{SVG}{after}</svg>"


@pytest.mark.parametrize("inside", CUT_NOT)
def test_cuts_nothing_else(inside: str) -> None:
    assert read(inside)[1].cuts == ()


def test_says_what_a_url_is() -> None:
    _, parts = read('<image href="a"/><a href="b"/><script href="c"/><style>@import "d";</style>')
    assert [(need.role, need.families, need.reference.kind) for need in parts.needs] == [
        (Role.REQUISITE, ("image",), "svg-image-href"),
        (Role.LINK, ("page",), "svg-a-href"),
        (Role.REQUISITE, ("script",), "svg-script-href"),
        (Role.REQUISITE, ("style",), "css-import"),
    ]


def test_says_where_an_attribute_can_be_put_in() -> None:
    source, parts = read('<image href="a"/>')
    place = parts.needs[0].attribute_at
    assert place is not None
    assert source[:place].endswith(b"<image")


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ('<?xml-stylesheet href="b.css" type="text/css"?>', ["b.css"]),
        ("<?xml-stylesheet type='text/css' href='b.css?x&amp;y'?>", ["b.css?x&amp;y"]),
        ('<?xml-stylesheet type="text/xsl" href="b.xsl"?>', ["b.xsl"]),
        ('<?xml-stylesheet xhref="b.css"?>', []),
        ('<?xml-model href="b.rng"?>', []),
    ],
)
def test_reads_the_instruction_for_style_sheets(instruction: str, expected: list[str]) -> None:
    _, parts = read("", head=f'<?xml version="1.0"?>\n{instruction}\n')
    assert [need.reference.raw.decode() for need in parts.needs] == expected


DTD = (
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [%s]>'
)


@pytest.mark.parametrize(
    ("subset", "after"),
    [
        ('<!ENTITY a SYSTEM "https://h/a">', '<!ENTITY a "">'),
        ("<!ENTITY a PUBLIC 'x' 'https://h/a' >", '<!ENTITY a "" >'),
        ('<!ENTITY % a SYSTEM "https://h/a">', '<!ENTITY % a "">'),
        ('<!ENTITY a "text">', '<!ENTITY a "text">'),
        ('<!ENTITY a SYSTEM "https://h/a" NDATA gif>', '<!ENTITY a SYSTEM "https://h/a" NDATA gif>'),
    ],
)
def test_empties_entities_whose_text_is_elsewhere(subset: str, after: str) -> None:
    source, parts = read("<text>&a;</text>" if "%" not in subset else "", head=DTD % subset)
    assert cut(source, parts).decode().startswith(DTD % after)


def test_reads_urls_through_the_file_s_own_entities() -> None:
    _, parts = read('<image href="&host;/b.png"/>', head=DTD % '<!ENTITY host "https://h.example">')
    assert [(need.reference.raw, need.reference.url) for need in parts.needs] == [
        (b"&host;/b.png", "https://h.example/b.png")
    ]


@pytest.mark.parametrize(
    ("subset", "inside"),
    [
        ("<!ENTITY x '<image href=\"b.png\"/>'>", "&x;"),
        ('<!ENTITY x "url(b.png)">', '<path fill="&x;" style="(&x;)"/>'),
        ('<!ATTLIST image href CDATA "b.png">', "<image/>"),
    ],
)
def test_tells_of_what_entities_hide(subset: str, inside: str) -> None:
    _, parts = read(inside, head=DTD % subset)
    assert parts.needs == ()
    assert {notice.code for notice in parts.notices} == {"entity"}


@pytest.mark.parametrize("codec", ["windows-1251", "gb18030", "shift_jis", "iso-8859-1"])
def test_spans_are_bytes_in_any_encoding(codec: str) -> None:
    text = {"windows-1251": "Ж", "gb18030": "甛騜", "shift_jis": "表ソ", "iso-8859-1": "é"}[codec]
    inside = f'<title>{text}</title><image href="{text}.png"/><style>a{{b:url({text})}}</style>'
    source, parts = read(inside, codec, f'<?xml version="1.0" encoding="{codec}"?>')
    assert [need.reference.raw.decode(codec) for need in parts.needs] == [f"{text}.png", text]
    other = vectors.vector(source.replace(f' encoding="{codec}"'.encode(), b""), BASE, codec)
    assert [need.reference.url for need in other.needs] == [need.reference.url for need in parts.needs]


def test_tells_of_a_url_in_pieces() -> None:
    _, parts = read("<style>a{b:url(c<![CDATA[.png]]>)}</style>")
    assert (parts.needs, [notice.code for notice in parts.notices]) == ((), ["entity"])


def test_says_that_it_cannot_read_utf_16() -> None:
    source = f"{SVG}<image href='b'/></svg>".encode("utf-16")
    parts = vectors.vector(source, BASE)
    assert (parts.needs, [notice.code for notice in parts.notices]) == ((), ["encoding"])


HOSTILE = [
    "<g>", "<g/>", "<image href='", "<image href='a' ", '<style>a{b:url(', "<!--", "<![CDATA[", "&a;", "<?x ",
    "<style>&amp;url(a)", "<image href='a'/>",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_takes_linear_time(piece: str) -> None:
    def seconds(times: int) -> float:
        source = (SVG + piece * times).encode()
        best = 9.0
        for _ in range(3):
            begun = time.process_time()
            vectors.vector(source, BASE)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(20000) < 9 * max(seconds(5000), 0.004)

"""Style sheets: which URLs are found, which are not, and that tinycss2 reads the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import tinycss2
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast import urls
from holdfast.model import Place, Syntax
from holdfast.scan import css

FOUND = [
    # the style sheet, then the bytes that spell each URL
    ("a { background: url(a.png) }", ["a.png"]),
    ('a { background: url("a b.png") }', ["a b.png"]),
    ("a { background: url( 'a.png' ) }", ["a.png"]),
    ("a { background: url(\n\ta.png\r\n) }", ["a.png"]),
    ('a { background: url(" a.png\t") }', ["a.png"]),
    ("a { background: URL(a.png), Url('b.png') }", ["a.png", "b.png"]),
    ("a{background:url(a.png)no-repeat,url(b.png)}", ["a.png", "b.png"]),
    ("a{cursor:-webkit-image-set(url(a.png)1x,url('b.png')2x)}", ["a.png", "b.png"]),
    ('a{b:image-set("a.png" 1x, "b.avif" type("image/avif") 2x)}', ["a.png", "b.avif"]),
    ('a{b:image-set(linear-gradient(red,blue) 1x, "b.png" 2x)}', ["b.png"]),
    ('a{b:image-set(/* one */ "a.png" /* two */, url(b.png) 2x)}', ["a.png", "b.png"]),
    ("a{b:cross-fade(url(a.png),url(b.png))}", ["a.png", "b.png"]),
    ('@import "a.css";', ["a.css"]),
    ("@import 'a.css' layer(x) screen; @import url(b.css);", ["a.css", "b.css"]),
    ('@import/**/url( "a.css" )supports(b:url(c)) screen;d{e:url(f)}', ["a.css", "f"]),
    ('@IMPORT"a.css"', ["a.css"]),
    (r'@im\70 ort "a.css";', ["a.css"]),
    ('@charset "utf-8"; @import "a.css";', ["a.css"]),
    ("@font-face{src:local('x'),url(a.woff2)format('woff2')}", ["a.woff2"]),
    ("@media print { a { b: url(c) } }", ["c"]),
    ("@page { background: url(a) }", ["a"]),
    (r"a{b:\75 rl(c) u\52L('d')}", ["c", "d"]),
    (r"a{b:url(a\)b.png)}", [r"a\)b.png"]),
    ("a{--image: url(a.png)}", ["a.png"]),
    ("<!-- a{b:url(c)} -->", ["c"]),
    (".md\\:flex{b:url(c)} .a\\(b{c:url(d)}", ["c", "d"]),
    # what is never closed, is closed by the end of the file
    ("a{b:url(c", ["c"]),
    ("a{b:url('c", ["c"]),
    ("@import 'a", ["a"]),
    # errors end where the specification says, and what follows counts
    ('a{b:url(c"d)} e{f:url(g)}', ["g"]),
    ("a{b:url(c d)} e{f:url(g)}", ["g"]),
    ("a{content:'open\n;b:url(c)}", ["c"]),
    ("a{content:'\\26\nclosed';b:url(c)}", ["c"]),
    ("a{b:image-set('a.png' 1x;c:'d'}", ["a.png"]),
    ("\ufeff@import 'a.css';", ["a.css"]),
]

NOT_FOUND = [
    "",
    "url",
    "a { color: red }",
    "/* url(a.png) */",
    "/* url(a.png)",
    "a::after { content: 'url(a.png)' }",
    'a::after { content: "image-set(\\"a.png\\")" }',
    "a{b:url()}",
    "a{b:url('')}",
    "a{filter:url(#blur)}",
    "a{filter:url( '#blur' )}",
    "a{b:url(data:image/gif;base64,R0lGOD)}",
    "a{b:url(' DATA:image/gif,x')}",
    "@namespace url(http://www.w3.org/1999/xhtml);",
    "@namespace svg 'http://www.w3.org/2000/svg';",
    "@supports (background: url(a.png)) { }",
    "@-moz-document url(http://example.com/) { }",
    "@imports 'a.css';",
    "@import-x 'a.css';",
    "@media 'a.css' { }",
    "my-url(a.png)",
    "-url(a.png) _url(a.png) urls(a.png) 1url(a.png) .5url(a.png)",
    "#url(a.png)",
    "@url(a.png)",
    "éurl(a.png)",
    "<!--url",
    "a{b:format('woff2') local('x') attr(src) type('image/png')}",
    "a{b:image-set(url() type('image/png'))}",
    "a{b:url('open\n)}",
    "url (a.png)",
]


def _raw(source: str) -> list[str]:
    return [item.raw.decode() for item in css.references(source.encode())]


@pytest.mark.parametrize(("source", "expected"), FOUND)
def test_finds(source: str, expected: list[str]) -> None:
    assert _raw(source) == expected


@pytest.mark.parametrize("source", NOT_FOUND)
def test_does_not_find(source: str) -> None:
    assert _raw(source) == []


@pytest.mark.parametrize(
    ("source", "url"),
    [
        (r'url("a\"b")', "a%22b"),
        (r"url(\61\62 c)", "abc"),
        (r"url(a\26 b=\000026c)", "a&b=&c"),
        ("url('a\\\nb')", "ab"),
        ("url('a\\\r\nb')", "ab"),
        (r"url(a\0 b)", "a%EF%BF%BDb"),
        ("url(图.png)", "%E5%9B%BE.png"),
        ("url(//host/a.png)", "https://host/a.png"),
        ("url(HTTP://Host/a/../b)", "http://host/b"),
        (r"url(https:\\host\a)", "https://host/"),
        (r"url('img\\a.png')", "img/a.png"),
    ],
)
def test_url_is_what_a_browser_requests(source: str, url: str) -> None:
    (item,) = css.references(source.encode())
    assert item.url == url


def test_a_base_resolves() -> None:
    (item,) = css.references(b"a{b:url(../c.png)}", base="https://example.com/x/y/z.css")
    assert item.url == "https://example.com/x/c.png"


@pytest.mark.parametrize(
    ("source", "kind", "syntax"),
    [
        ("a{b:url(c)}", "css-url", Syntax.CSS_UNQUOTED),
        ('a{b:url("c")}', "css-url", Syntax.CSS_DOUBLE),
        ("a{b:url('c')}", "css-url", Syntax.CSS_SINGLE),
        ("a{b:image-set('c')}", "css-url", Syntax.CSS_SINGLE),
        ("@import url(c)", "css-import", Syntax.CSS_UNQUOTED),
        ('@import "c"', "css-import", Syntax.CSS_DOUBLE),
    ],
)
def test_kind_and_syntax(source: str, kind: str, syntax: Syntax) -> None:
    (item,) = css.references(source.encode())
    assert (item.kind, item.syntax, item.embed, item.place) == (kind, syntax, True, Place.CSS)


@pytest.mark.parametrize(
    ("source", "raw"),
    [
        ("a{b:url({{ site.url }}/c.png)} d{e:url(f)}", "{{ site.url }}/c.png"),
        ('a{b:url("{{ site.url }}/c.png")} d{e:url(f)}', "{{ site.url }}/c.png"),
        ("a{b:url(<%= asset 'c' %>)} d{e:url(f)}", "<%= asset 'c' %>"),
    ],
)
def test_a_template_expression_is_dynamic(source: str, raw: str) -> None:
    first, second = css.references(source.encode())
    assert (first.raw.decode(), first.dynamic) == (raw, True)
    assert (second.raw, second.dynamic) == (b"f", False)


@pytest.mark.parametrize("codec", ["gb18030", "big5", "shift_jis", "euc-kr", "windows-1252", "utf-8"])
def test_a_declared_encoding_is_read(codec: str) -> None:
    # the second byte of each of the first three is a backslash in its encoding
    name = {"gb18030": "誠", "big5": "功", "shift_jis": "表", "euc-kr": "각", "windows-1252": "é"}.get(
        codec, "图"
    )
    source = f'@charset "{codec}";a{{b:url("{name}.png");c:url({name})}}'.encode(codec)
    first, second = css.references(source)
    assert first.raw.decode(codec) == f"{name}.png"
    assert second.raw.decode(codec) == name
    assert first.url == urls.percent_encode(f"{name}.png")


def test_bytes_of_no_character_are_kept_in_raw() -> None:
    (item,) = css.references(b"a{b:url(\xff.png)}")
    assert (item.raw, item.url) == (b"\xff.png", "%EF%BF%BD.png")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a{b:url(c)}".encode("utf-16"), "utf-16le"),
        (b"\xfe\xff" + "a{b:url(c)}".encode("utf-16-be"), "utf-16be"),
        ("a { b: url(c) }".encode("utf-16-le"), "utf-16"),
        (b'@charset "ISO-2022-JP";a{b:url(c)}', "iso-2022-jp"),
        (b'@charset "utf-16";a{b:url(c)}', None),
        (b'@charset "utf-8";a{b:url(c)}', None),
        (b"a{b:url(c)}", None),
    ],
)
def test_an_unreadable_encoding_is_named_and_left(source: bytes, name: str | None) -> None:
    assert css.unreadable(source) == name
    assert bool(css.references(source)) == (name is None)


def test_a_part_of_a_document_has_the_documents_offsets() -> None:
    source = b"<style>url(no)</style><style>a{b:url(yes)}</style>url(no)"
    start, end = source.rindex(b"<style>") + 7, source.rindex(b"</style>")
    (item,) = css.references(source, start=start, end=end, place=Place.HTML)
    assert source[item.span.start : item.span.end] == item.raw == b"yes"
    assert item.place is Place.HTML


# -- a second opinion -------------------------------------------------------------------------------------


def _oracle(tokens: list[Any]) -> Iterator[str]:
    """The URLs that tinycss2 sees in a list of component values without at-rules."""
    for token in tokens:
        if token.type == "url":
            yield token.value
        elif token.type == "function" and token.lower_name == "url":
            arguments = [item for item in token.arguments if item.type != "whitespace"]
            if arguments and arguments[0].type == "string":
                yield arguments[0].value
                arguments = arguments[1:]
            yield from _oracle(arguments)
        elif token.type == "function":
            yield from _oracle(token.arguments)
        elif token.type in ("{} block", "() block", "[] block"):
            yield from _oracle(token.content)


def _agrees(source: str) -> None:
    edges = "".join(map(chr, range(0x21)))
    expected = [value.strip(edges) for value in _oracle(tinycss2.parse_component_value_list(source))]
    seen = [css.unescape(item.raw.decode()).strip(edges) for item in css.references(source.encode())]
    wanted = [
        value for value in expected if value and value[0] != "#" and not value.lower().startswith("data:")
    ]
    assert seen == wanted


PIECES = st.one_of(
    st.sampled_from(
        [
            *("url(", "URL(", "u\\72l(", "\\75rl(", "-url(", "url", "f(", "url('a')", 'url("b")', "url(c)"),
            *(
                "url( d )",
                "(",
                ")",
                "{",
                "}",
                "[",
                "]",
                '"',
                "'",
                "\\",
                "\n",
                "\r\n",
                "\f",
                "\t",
                " ",
                "/*",
                "*/",
            ),
            *(
                "/",
                "*",
                "#",
                "@",
                "<!--",
                "-->",
                "<",
                ";",
                ":",
                ",",
                "a",
                "b.png",
                "1",
                "1e3",
                "%",
                "é",
                "图",
            ),
            *("\\26 ", "\\000026", "\\\n", "\x00", "\x7f", "\x01", "data:x", "!", "+", ".", "/* e */", "'f'"),
            *('"g"', "--x", "_"),
        ]
    ),
    st.text(alphabet="abc()'\"\\ \n/*@#-url", max_size=6),
)


def _comparable(source: str) -> bool:
    """Whether tinycss2 follows the specification, which has no escaped line ends in ``url()``."""
    return not urls.is_dynamic(source) and not re.search(r"\\(?:[\n\r\f\\]|\Z)", source)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=24).map("".join).filter(_comparable))
def test_tinycss2_finds_the_same(source: str) -> None:
    _agrees(source)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.lists(PIECES, max_size=24).map(lambda pieces: "".join(pieces).encode()))
def test_spans_are_exact_ordered_and_apart(source: bytes) -> None:
    behind = 0
    for item in css.references(source):
        assert source[item.span.start : item.span.end] == item.raw
        assert behind <= item.span.start < item.span.end
        behind = item.span.end


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "url(",
            "url('",
            "url(a ",
            "url(a)",
            "\\75 rl(",
            '"',
            "'\\",
            "/*",
            "/",
            "\\",
            "<!--",
            "-",
            "@",
            "#",
            "(",
            "{",
        ),
        *(
            "@import ",
            "@import url(",
            "@import 'a",
            "@supports (",
            "image-set(",
            "image-set('a',",
            "aaaaaaa",
            "a\\(",
        ),
    ],
)
def test_hostile_repetition_takes_linear_time(piece: str) -> None:
    source = (piece * (300_000 // len(piece))).encode()
    css.references(source)  # quadratic work here would take minutes

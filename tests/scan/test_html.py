"""HTML: which attributes hold references, which do not, and that lexbor reads the same."""

from __future__ import annotations

import pytest

from holdfast import urls
from holdfast.model import Place, Syntax
from holdfast.scan import html
from holdfast.scan.elements import ATTRIBUTES, REL, Shape

E, L = True, False

EVERYWHERE = [
    # in posts and documents: the HTML, then (bytes, embed) of each reference
    ('<img src="a.png">', [("a.png", E)]),
    ("<img src='a.png'>", [("a.png", E)]),
    ("<img src=a.png>", [("a.png", E)]),
    ("<img src=a.png/>", [("a.png/", E)]),
    ("<IMG SRC='a.png' ALT=b>", [("a.png", E)]),
    ("<img\n  alt='>'\r\n  src\n=\n'a.png'\n/>", [("a.png", E)]),
    ('<img src=" \t\r\na.png\n">', [("a.png", E)]),
    ('<img src="a.png" src="b.png">', [("a.png", E)]),
    ('<img alt="" src="a.png"src=b>', [("a.png", E)]),
    ('<img srcset="a.png 1x, b.png 2x">', [("a.png", E), ("b.png", E)]),
    ('<img srcset="a,b.png 100w,\n c.png">', [("a,b.png", E), ("c.png", E)]),
    ('<img srcset="a.png&#32;1x&#44; b.png&Tab;2x">', [("a.png", E), ("b.png", E)]),
    ('<img srcset="a.png?x=1&amp;y=2 1x">', [("a.png?x=1&amp;y=2", E)]),
    ('<picture><source srcset="a.avif 2x"><img src=b></picture>', [("a.avif", E), ("b", E)]),
    ("<video src=a poster=b><source src=c><track src=d></video>", [("a", E), ("b", E), ("c", E), ("d", E)]),
    ("<audio src=a></audio><embed src=b><object data=c></object>", [("a", E), ("b", E), ("c", E)]),
    ("<input type=image src=a><input TYPE=' Image ' src=b>", [("a", E), ("b", E)]),
    ("<image src=a>", [("a", E)]),
    ("<svg><image href=a /><image xlink:href='b'/><use href='c#d'/></svg>", [("a", E), ("b", E), ("c#d", E)]),
    ("<svg><filter><feImage href=a /></filter><a xlink:href=b></a></svg>", [("a", E), ("b", L)]),
    ("<body background=a><table background=b><tr><td background=c></table>", [("a", E), ("b", E), ("c", E)]),
    ('<p style="background: url(a.png)">', [("a.png", E)]),
    ("<p style='background: url(\"a.png\")'>", [("a.png", E)]),
    ('<p style="b:url(&quot;a&amp;b.png&quot;), url(c)">', [("a&amp;b.png", E), ("c", E)]),
    ("<p style=b:url(a)>", [("a", E)]),
    ("<style>a{b:url(c)}</style>", [("c", E)]),
    ("<style type=text/css>@import 'a';b{c:url('d')}</style>", [("a", E), ("d", E)]),
    ("<style>a{b:url(c)", [("c", E)]),
    ("<svg><style>a{b:url(c&amp;d)}</style></svg>", [("c&amp;d", E)]),
    ("<svg><style><![CDATA[a>b{c:url(d)}]]></style></svg>", [("d", E)]),
    ("<svg><style/><image href=a /></svg>", [("a", E)]),
    ("<img src=x.gif data-src=a data-srcset='b 1x' data-original=c data-lazy-src=d>",
     [("x.gif", E), ("a", E), ("b", E), ("c", E), ("d", E)]),
    ('<a href="a.html">x</a><area href=b>', [("a.html", L), ("b", L)]),
    ("<a href=#top>", [("#top", L)]),
    ("<a href=mailto:a@example.com>", [("mailto:a@example.com", L)]),
    ("<q cite=a></q><blockquote cite=b></blockquote><ins cite=c></ins><del cite=d></del>",
     [("a", L), ("b", L), ("c", L), ("d", L)]),
    ("<form action=a></form>", [("a", L)]),
    # a link to the very image that it wraps
    ("<a href=a.jpg><img src=a.jpg></a>", [("a.jpg", E), ("a.jpg", E)]),
    ("<a href=a.jpg title=x><p><img src='a.jpg'></p></a>", [("a.jpg", E), ("a.jpg", E)]),
    ("<a href=big.jpg><img src=small.jpg></a>", [("big.jpg", L), ("small.jpg", E)]),
    ("<a href=a.jpg>x</a><img src=a.jpg>", [("a.jpg", L), ("a.jpg", E)]),
    ("<a href=a.jpg>x</a><a href=b><img src=a.jpg></a>", [("a.jpg", L), ("b", L), ("a.jpg", E)]),
    # where the tree is not the text: in the order of the text, and once
    ("<table><img src=b><tr><td background=c></table>", [("b", E), ("c", E)]),
    ("<a href=1><p>x<a href=2><div>y</a>z</div>", [("1", L), ("2", L)]),
    ("<b><p><img src=a></b><img src=b></p>", [("a", E), ("b", E)]),
    ("<noscript><img src=a></noscript><template><img src=b></template>", [("a", E), ("b", E)]),
    ("<template shadowrootmode=open><img src=a></template>", [("a", E)]),
    ("<select><img src=a></select>", [("a", E)]),
    ("<div>" * 2000 + "<img src=a>", [("a", E)]),
    ("<html><body><html a=1><body b=2>" * 400 + "<img src=a>", [("a", E)]),
    ("<p>unclosed <img src=a><img src=b", [("a", E)]),
    # a root element after text, as after front matter
    ("---\ntitle: x\n---\n<html><!-- <body background=no> --><body background=a style='b:url(c)'><img src=d>",
     [("a", E), ("c", E), ("d", E)]),
    ("x<body class=a><body background=b><body background=no>", [("b", E)]),
    ("<body class=a><p><body background=b><body style='c:url(d)' background=no>", [("b", E), ("d", E)]),
]  # fmt: skip

DOCUMENTS_ONLY = [
    # references of a document; of the HTML in a post they are none
    ("<link rel=stylesheet href=a.css>", [("a.css", E)]),
    ("<link rel='Shortcut ICON' href=a.ico>", [("a.ico", E)]),
    ("<link href=a rel='apple-touch-icon-precomposed' sizes=57x57>", [("a", E)]),
    ("<link rel=preload as=image href=a imagesrcset='b 1x, c 2x'>", [("a", E), ("b", E), ("c", E)]),
    ("<link rel=manifest href=a><link rel=mask-icon href=b>", [("a", E), ("b", E)]),
    ("<link rel=canonical href=a><link rel='alternate' href=b>", [("a", L), ("b", L)]),
    ("<link rel='alternate stylesheet' href=a>", [("a", E)]),
    ("<script src=a.js></script>", [("a.js", E)]),
    ("<iframe src=a></iframe>", [("a", E)]),
    ("<frameset><frame src=a></frameset>", [("a", E)]),
    ("<meta property='og:image' content='a'><meta name=twitter:image content=b>", [("a", E), ("b", E)]),
    ("<meta http-equiv=Refresh content='0; url=a'>", [("a", L)]),
    ("<meta http-equiv=refresh content=\"5 ;URL = 'a b' x\">", [("a b", L)]),
    ("<meta http-equiv=refresh content='3,a'>", [("a", L)]),
]

NOWHERE = [
    "",
    "no markup, src=a.png",
    "1 < 2 src=a.png",
    "<!-- <img src=a> -->",
    "<!-- <img src=a>",
    "<!--[if IE]><img src=a><![endif]-->",
    "<script>document.write('<img src=a>')</script>",
    "<textarea><img src=a></textarea>",
    "<title><img src=a></title>",
    "<xmp><img src=a></xmp><noembed><img src=b></noembed><noframes><img src=c></noframes>",
    "<plaintext><img src=a>",
    "<p title='<img src=a>'>",
    "&lt;img src=a&gt;",
    "<img>",
    "<img src>",
    "<img src=''>",
    "<img src=' '>",
    "<img src=&#32;>",
    "<img data='a' href='b' content='c' cite=d action=e poster=f background=g>",
    "<img alt=a sizes=b id=c class=d>",
    "<img src=data:image/gif;base64,R0lGODlhAQABAAAAACw=>",
    "<img srcset='data:image/gif;base64,R0lG 1x'>",
    "<img srcset='a.png 1x 2x, b.png 3y, c d e 1x'>",
    "<img srcset=', ,'>",
    "<input src=a><input type=text src=b>",
    "<svg><use href='#a'/><use xlink:href=' #a'/></svg>",
    "<image href=a>",
    "<p style='color: red'><p style='b:\"url(c)\"'>",
    "<style type='text/x-template'>a{b:url(c)}</style>",
    "<link rel=dns-prefetch href=//a><link rel=preconnect href=//b><link href=c><link rel=pingback href=d>",
    "<meta name=description content=a><meta property=og:title content=b>",
    "<meta http-equiv=refresh content=5><meta http-equiv=refresh content='url=a'>",
    "<meta http-equiv=refresh content='5; url='>",
    "<div data-holdfast-ignore><img src=a><p style='b:url(c)'><style>a{b:url(c)}</style></div>",
    "<img src=a data-holdfast-ignore>",
    "<a href=1 DATA-HOLDFAST-IGNORE=''><p><img src=2></a>",
    "<div data-holdfast-ignore><div data-holdfast-ignore><img src=a></div><img src=b></div>",
    "x<body background=a data-holdfast-ignore>",
    "</img src=a>",
    "<?img src=a>",
    "<img src=a",
]


def _found(source: str | bytes, *, document: bool = True) -> list[tuple[str, bool]]:
    source = source.encode() if isinstance(source, str) else source
    return [(item.raw.decode(), item.embed) for item in html.references(source, document=document)]


@pytest.mark.parametrize(("source", "expected"), EVERYWHERE)
@pytest.mark.parametrize("document", [True, False])
def test_finds(source: str, expected: list[tuple[str, bool]], document: bool) -> None:
    assert _found(source, document=document) == expected


@pytest.mark.parametrize(("source", "expected"), DOCUMENTS_ONLY)
def test_finds_in_documents_only(source: str, expected: list[tuple[str, bool]]) -> None:
    assert _found(source) == expected
    assert _found(source, document=False) == []


@pytest.mark.parametrize("source", NOWHERE)
@pytest.mark.parametrize("document", [True, False])
def test_does_not_find(source: str, document: bool) -> None:
    assert _found(source, document=document) == []


def test_what_follows_an_ignored_element_counts() -> None:
    assert _found("<p data-holdfast-ignore><img src=a></p><img src=b>") == [("b", E)]


@pytest.mark.parametrize("row", ATTRIBUTES, ids=lambda row: f"{row.kind}-{row.shape.value}")
def test_every_row_is_alive(row: object) -> None:
    """Each row of the table finds its URL, under its kind; a row that finds nothing has no business there."""
    assert isinstance(row, type(ATTRIBUTES[0]))
    extra = "rel=preload type=image " + (
        "http-equiv=refresh" if row.shape is Shape.REFRESH else "name=og:image"
    )
    value = "1;url=a" if row.shape is Shape.REFRESH else "a"
    tag = f"<{row.element} {extra} {row.attribute}='{value}'>"
    wrap = {"image": "<svg>{}", "feImage": "<svg>{}", "use": "<svg>{}", "frame": "<frameset>{}"}
    wrap |= {"td": "<table><tr>{}", "th": "<table><tr>{}", "tr": "<table>{}"}
    inside = "<svg>{}" if row.attribute == "xlink:href" else "{}"
    source = wrap.get(row.element, inside).format(tag).encode()
    (item,) = html.references(source, document=True)
    assert (item.raw, item.kind) == (b"a", row.kind)
    assert source[item.span.start : item.span.end] == b"a"
    assert bool(html.references(source, document=False)) == (not row.document)


@pytest.mark.parametrize("rel", REL)
def test_every_link_type_is_alive(rel: str) -> None:
    assert _found(f"<link rel={rel} href=a>") == [("a", REL[rel])]


@pytest.mark.parametrize(
    ("source", "kind", "syntax"),
    [
        ('<img src="a">', "html-img-src", Syntax.HTML_DOUBLE),
        ("<img src='a'>", "html-img-src", Syntax.HTML_SINGLE),
        ("<img src=a>", "html-img-src", Syntax.HTML_UNQUOTED),
        ("<img srcset='a 1x'>", "html-img-srcset", Syntax.HTML_SINGLE),
        ("<svg><use xlink:href='a'>", "html-use-xlink-href", Syntax.HTML_SINGLE),
        ("<p style='b:url(a)'>", "css-url", Syntax.CSS_UNQUOTED),
        ("<p style=\"b:url('a')\">", "css-url", Syntax.CSS_SINGLE),
        ("<style>@import 'a'</style>", "css-import", Syntax.CSS_SINGLE),
    ],
)
def test_kind_and_syntax(source: str, kind: str, syntax: Syntax) -> None:
    (item,) = html.references(source.encode(), document=False, place=Place.MARKDOWN)
    assert (item.kind, item.syntax, item.place) == (kind, syntax, Place.MARKDOWN)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("a&amp;b", "a&b"),
        ("a?b&copy=1", "a?b&copy=1"),
        ("a?b&copy", "a?b%C2%A9"),
        ("a?b&copyc", "a?b&copyc"),
        ("a?b&copy;c", "a?b%C2%A9c"),
        ("a&#x26;b&#38c", "a&b&c"),
        ("a&#0;b", "a%EF%BF%BDb"),
        ("a&#128;b", "a%E2%82%ACb"),
        ("a&nosuch;b", "a&nosuch;b"),
        ("a&#99999999999999999999;", "a%EF%BF%BD"),
        ("\na\n b", "a%20b"),
        ("a\r\nb", "ab"),
        ("a\\b?c\\d", "a/b?c%5Cd"),
        ("图.png?图#图", "%E5%9B%BE.png?%E5%9B%BE#%E5%9B%BE"),
        ("//Host/a b", "https://host/a%20b"),
        ("HTTPS://Example.COM:443/../a", "https://example.com/a"),
        ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
        ("https://exa mple/", "https://exa mple/"),
        ("a\0b", "a%EF%BF%BDb"),
    ],
)
def test_url_is_what_a_browser_requests(value: str, url: str) -> None:
    (item,) = html.references(f'<img src="{value}">'.encode(), document=True)
    assert item.url == url
    assert item.raw.decode() == value.strip()


@pytest.mark.parametrize(
    ("page", "base", "url"),
    [
        ("<img src=a.png>", "https://example.com/x/y.html", "https://example.com/x/a.png"),
        ("<base href=https://cdn.example.com/z/><img src=a.png>", None, "https://cdn.example.com/z/a.png"),
        ("<base href=z/><img src=a.png>", "https://example.com/x/", "https://example.com/x/z/a.png"),
        ("<base href=/blog/><img src=a.png>", None, "/blog/a.png"),
        ("<base href=/blog/><img src=../a.png>", None, "/a.png"),
        ("<base href=/blog/><img src=//host/a.png>", None, "https://host/a.png"),
        ("<base href=z/><img src=a.png>", None, "a.png"),
        ("<base target=_top><base href=/y/><base href=/z/><img src=a.png>", None, "/y/a.png"),
        ("<base href='{{ root }}'><img src=a.png>", None, "a.png"),
        ("<base href=data:,><img src=a.png>", None, "a.png"),
        ("<base href=/y/><p style='b:url(a.png)'>", None, "/y/a.png"),
    ],
)
def test_a_base_resolves(page: str, base: str | None, url: str) -> None:
    (item,) = html.references(page.encode(), document=True, base=base)
    assert item.url == url


def test_a_base_in_a_post_is_none_of_the_pages() -> None:
    (item,) = html.references(b"<base href=/blog/><img src=a.png>", document=False)
    assert item.url == "a.png"


@pytest.mark.parametrize(
    ("source", "raw"),
    [
        ("<img src='{{ site.url }}/a.png'>", "{{ site.url }}/a.png"),
        ("<img src={{url}}>", "{{url}}"),
        ('<img src="{% asset "a.png" %}">', "{% asset"),
        ("<img srcset='{{ a, b }} 1x, c 2x'>", "{{ a, b }} 1x, c 2x"),
        ("<a href='<%= url %>'>", "<%= url %>"),
        ("<p style='b:url(${a})'>", "${a}"),
    ],
)
def test_a_template_expression_is_dynamic(source: str, raw: str) -> None:
    (item,) = html.references(source.encode(), document=True)
    assert (item.raw.decode(), item.dynamic) == (raw, True)


# -- encodings --------------------------------------------------------------------------------------------

SAMPLES = {
    "utf-8": "图é",
    "gb18030": "图誠",
    "gbk": "图誠",
    "big5": "圖功",
    "shift_jis": "図表",
    "euc-jp": "図表",
    "euc-kr": "각",
    "windows-1252": "é€",
    "iso-8859-1": "é",
    "windows-1251": "Жя",
    "koi8-r": "Жя",
}


@pytest.mark.parametrize("codec", SAMPLES)
@pytest.mark.parametrize(
    "head", ["<meta charset={}>", "<META content='text/html; CharSet={}' HTTP-EQUIV=Content-Type>"]
)
def test_a_declared_encoding_is_read(codec: str, head: str) -> None:
    name = SAMPLES[codec]
    source = (
        f"<!doctype html><html><head>{head.format(codec)}<title>{name}</title></head>"
        f'<p style="b:url({name}1)">'
        f"<img alt='{name}' src='https://h/{name}?{name}' srcset='{name} 1x, {name}2&amp; 2x'>"
        f"<style>a{{b:url('{name}3')}}</style>"
    ).encode(codec)
    found = html.references(source, document=True)
    path = urls.percent_encode(name)
    # a byte of a character that is ASCII is left as it is (WHATWG URL, "percent-encode after encoding")
    query = "".join(chr(byte) if byte < 0x7F else f"%{byte:02X}" for byte in name.encode(codec))
    assert [(item.raw.decode(codec), item.url) for item in found] == [
        (f"{name}1", f"{path}1"),
        (f"https://h/{name}?{name}", f"https://h/{path}?{query}"),
        (name, path),
        (f"{name}2&amp;", f"{path}2&"),
        (f"{name}3", f"{path}3"),
    ]
    assert all(source[item.span.start : item.span.end] == item.raw for item in found)


def test_a_character_that_the_encoding_lacks_is_sent_as_its_number() -> None:
    (item,) = html.references(
        b"<meta charset=big5><a href='https://h/?a&#x1F600;b#&#x1F600;'>x", document=True
    )
    assert item.url == "https://h/?a%26%23128512%3Bb#%F0%9F%98%80"


@pytest.mark.parametrize(
    ("source", "codec"),
    [
        ("<p>图".encode(), "utf-8"),
        ("<p>é".encode("latin-1"), "cp1252"),
        (b"\xef\xbb\xbf<meta charset=gbk><p>", "utf-8"),
        (b"<meta charset=utf-16><p>", "utf-8"),
        (b"<meta charset=nonsense><meta charset=big5><p>", "big5hkscs"),
        (b"<!-- <meta charset=big5> --><meta charset=gbk>", "gb18030"),
        (b"<script>'<meta charset=big5>'</script><meta charset=gbk>", "gb18030"),
        (b"<p title='<meta charset=big5>'><meta charset=gbk>", "gb18030"),
        (b"<!doctype html><!-- " + b"x" * 3000 + b" --><meta charset=gbk>", "gb18030"),
        (b"<body><meta charset=gbk>\xe9", "cp1252"),
        (b"<?xml version='1.0' encoding='gbk'?><p>\xc4\xe3", "gb18030"),
    ],
)
def test_the_encoding_is_settled_as_a_browser_does(source: bytes, codec: str) -> None:
    assert html.encoding(source) == codec


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("<img src=a>".encode("utf-16"), "utf-16le"),
        (b"\xfe\xff" + "<img src=a>".encode("utf-16-be"), "utf-16be"),
        ("<img src=a>".encode("utf-16-be"), "utf-16"),
        (b"<meta charset=ISO-2022-JP><img src=a>", "iso-2022-jp"),
        (b"<meta charset=hz-gb-2312><img src=a>", "hz-gb-2312"),
        (b"\xef\xbb\xbf<meta charset=iso-2022-jp><img src=a>", None),
        (b"<meta charset=gb18030><img src=a>", None),
        (b"<img src=a>", None),
    ],
)
def test_an_unreadable_encoding_is_named_and_left(source: bytes, name: str | None) -> None:
    assert html.unreadable(source) == name
    assert bool(html.references(source, document=True)) == (name is None)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\0"])
def test_line_ends_and_a_bom_move_nothing(newline: str, start: str) -> None:
    source = (
        f"{start}<html>{newline}<body{newline}background='a'>{newline}<img{newline}src='b'>{newline}".encode()
    )
    found = html.references(source, document=True)
    assert [item.raw for item in found] == [b"a", b"b"]
    assert all(source[item.span.start : item.span.end] == item.raw for item in found)

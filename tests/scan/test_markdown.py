"""What is a reference in Markdown, and what only looks like one."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scan.found import lines, references

from holdfast.model import Language, Place, ScanOptions, Syntax
from holdfast.scan import LANGUAGES, NotUtf8, scan

FOUND: dict[str, tuple[str, list[str]]] = {
    "inline image": ("![a](i.png)", ["!image i.png"]),
    "image with a title": ('![a](i.png "t (x)")', ["!image i.png"]),
    "image in angle brackets": ("![a](<b c.png>)", ["!image b%20c.png"]),
    "image with nested brackets in its text": ("![a [b] c](i.png)", ["!image i.png"]),
    "balanced parentheses": ("![a](x(y)z.png)", ["!image x(y)z.png"]),
    "escaped parentheses": (r"![a](x\(y.png)", ["!image x(y.png"]),
    "a backslash that escapes nothing stays": (r"[a](x\y)", [r"link x%5Cy"]),
    "an entity": ("[a](x?a=1&amp;b=2)", ["link x?a=1&b=2"]),
    "an entity without its semicolon is text": ("[a](x?a=1&copy=2)", ["link x?a=1&copy=2"]),
    "characters beyond ASCII": ("![a](图/é.png)", ["!image %E5%9B%BE/%C3%A9.png"]),
    "an absolute URL in normal form": (
        "![a](HTTP://例子.测试/ü)",
        ["!image http://xn--fsqu00a.xn--0zwm56d/%C3%BC"],
    ),
    "a URL without a scheme": ("![a](//host/i.png)", ["!image https://host/i.png"]),
    "a fragment": ("[a](x.md#part)", ["link x.md#part"]),
    "link": ("[a](b)", ["link b"]),
    "link over two lines": ("[a\nb](\n  c\n  'd')", ["link c"]),
    "linked image": ("[![a](thumb.png)](page)", ["!image thumb.png", "link page"]),
    "link to the image that it wraps": ("[![a](i.png)](i.png)", ["!image i.png", "!link i.png"]),
    "the same, by reference": ("[![a](i.png)][r]\n\n[r]: i.png", ["!image i.png", "!definition i.png"]),
    "a link that wraps its image in HTML": (
        '[<img src="i.png">](i.png)',
        ["!html-img-src i.png", "!link i.png"],
    ),
    "an HTML link that wraps its image in Markdown": (
        '<a href="i.png">![a](i.png)</a>',
        ["!html-a-href i.png", "!image i.png"],
    ),
    "reference image": ("![a][r]\n\n[r]: i.png", ["!definition i.png"]),
    "collapsed image": ("![r][]\n\n[r]: i.png", ["!definition i.png"]),
    "shortcut image": ("![r]\n\n[r]: <i i.png> 'title'", ["!definition i%20i.png"]),
    "labels fold case and space": ("![ß  B]\n\n[SS\nb]: i.png", ["!definition i.png"]),
    "a definition counts once": ("![a][r] ![b][r] [c][r]\n\n[r]: i.png", ["!definition i.png"]),
    "a definition used by links": ("[a][r]\n\n[r]: page", ["definition page"]),
    "a definition nobody uses": ("[r]: page", ["definition page"]),
    "a definition in a quote": ("![r]\n\n> [r]:\n>   i.png\n>   'title'", ["!definition i.png"]),
    "autolink": ("<https://a.example/?x=1&amp;y>", ["autolink https://a.example/?x=1&amp;y"]),
    "autolink of an address": ("<me@a.example>", ["autolink mailto:me@a.example"]),
    "bare URL": ("see https://a.example/x_y_z.", ["bare-url https://a.example/x_y_z"]),
    "bare URL before Chinese punctuation": (
        "见https://a.example/x，再见。",
        ["bare-url https://a.example/x"],
    ),
    "bare URL in full-width brackets": ("（https://a.example/x）", ["bare-url https://a.example/x"]),
    "bare URL in brackets": (
        "(https://a.example/x_(y)) [https://b.example]",
        ["bare-url https://a.example/x_(y)", "bare-url https://b.example/"],
    ),
    "bare URL in bold": ("**https://a.example/x**后", ["bare-url https://a.example/x"]),
    "bare URL with underscores that look like emphasis": (
        "https://a.example/_x_/y",
        ["bare-url https://a.example/_x_/y"],
    ),
    "bare URL with an entity is literal": (
        "https://a.example/?x=1&amp;y=2",
        ["bare-url https://a.example/?x=1&amp;y=2"],
    ),
    "bare URL with a backslash is literal": (
        r"https://a.example/x\_y",
        ["bare-url https://a.example/x%5C_y"],
    ),
    "bare URL before an entity": ("https://a.example/x&gt;", ["bare-url https://a.example/x"]),
    "bare URL without a scheme": ("www.a.example/x", ["bare-url http://www.a.example/x"]),
    "bare URL without a scheme after Chinese": ("见www.a.example。", ["bare-url http://www.a.example/"]),
    "bare URL in a quote": (">www.a.example", ["bare-url http://www.a.example/"]),
    "bare URL of a local host": ("http://localhost:8000/x", ["bare-url http://localhost:8000/x"]),
    "in a heading": ("# ![a](i.png)\n\n![b](j.png)\n===", ["!image i.png", "!image j.png"]),
    "in lists": (
        "- ![a](i.png)\n\n  1. ![b](j.png)\n- [ ] ![c](k.png)",
        ["!image i.png", "!image j.png", "!image k.png"],
    ),
    "in quotes": ("> > ![a](\n> > i.png)\n> ~~![b](j.png)~~", ["!image i.png", "!image j.png"]),
    "in a table": (
        "| a | ![b](i.png) |\n|---|---|\n| ![c](j.png) | [d](<x\\|y>) |",
        ["!image i.png", "!image j.png", "link x%7Cy"],
    ),
    "in a footnote": ("a[^1]\n\n[^1]: ![b](i.png)\n\n    ![c](j.png)", ["!image i.png", "!image j.png"]),
    "raw HTML": ('a <img src="i.png"> b', ["!html-img-src i.png"]),
    "HTML block": ('<div>\n<img src="i.png">\n</div>', ["!html-img-src i.png"]),
    "HTML block over the lines of a quote": (
        '> <div>\n> <img\n> src="i.png">\n> </div>',
        ["!html-img-src i.png"],
    ),
    "Markdown between HTML": ("<div>\n\n![a](i.png)\n\n</div>", ["!image i.png"]),
    "style element": ("<style>\np { background: url(i.png) }\n</style>", ["!css-url i.png"]),
    "a line end in an attribute": ("<img src='i\n.png'>", ["!html-img-src i.png"]),
    "style attribute": ('<p style="background: url(i.png)">x</p>', ["!css-url i.png"]),
    "front matter and body": ("---\nimage: i.png\n---\n![a](j.png)", ["!front-matter i.png", "!image j.png"]),
    "a template in a destination": ("![a]({{ x | y('z') }}/i.png)", ["!?image {{ x | y('z') }}/i.png"]),
    "a template as part of a URL": (
        "[a](https://a.example/<%= x %>/y)",
        ["?link https://a.example/<%= x %>/y"],
    ),
    "a template in HTML": ('<img src="{{ "i.png" | relURL }}">', ['!?html-img-src {{ "i.png" | relURL }}']),
    "a shortcode as a destination": ('[a]({{< ref "page.md" >}})', ['?link {{< ref "page.md" >}}']),
    "a shell variable in a URL": ("https://a.example/${X}/y", ["?bare-url https://a.example/${X}/y"]),
    "an admonition": ('!!! note "A"\n\n    ![a](i.png)\n\n        ![b](no.png)\n', ["!image i.png"]),
    "nested admonitions": ("??? note\n\n    !!! tip\n\n        ![a](i.png)", ["!image i.png"]),
    "an open admonition": ("???+ note\n\n    ![a](i.png)", ["!image i.png"]),
    "tabs": ('=== "A"\n\n    ![a](i.png)\n\n=== "B"\n\n    ![b](j.png)', ["!image i.png", "!image j.png"]),
    "an element with Markdown": (
        '<figure markdown="span">\n    ![a](i.png)\n    <figcaption>b</figcaption>\n</figure>\n![c](j.png)',
        ["!image i.png", "!image j.png"],
    ),
    "an element with Markdown that has a style": (
        '<div style="background: url(i.png)" markdown>\n![a](j.png)\n</div>',
        ["!css-url i.png", "!image j.png"],
    ),
    "an element with Markdown on its line": ('<p markdown="1">![a](i.png)</p>', ["!image i.png"]),
    "braces quoted in code": ("`{{` ![a](i.png) `}}`", ["!image i.png"]),
}


@pytest.mark.parametrize(("source", "expected"), FOUND.values(), ids=FOUND.keys())
def test_found(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
@pytest.mark.parametrize("source", [source for source, _ in FOUND.values()], ids=FOUND.keys())
def test_line_endings_make_no_difference(source: str, ending: str) -> None:
    assert lines(source.replace("\n", ending)) == lines(source)


@pytest.mark.parametrize("source", [source for source, _ in FOUND.values()], ids=FOUND.keys())
def test_a_byte_order_mark_only_shifts(source: str) -> None:
    plain, marked = references(source), references(b"\xef\xbb\xbf" + source.encode())
    assert [(item.span.start + 3, item.raw) for item in plain] == [
        (item.span.start, item.raw) for item in marked
    ]


UNTOUCHED: dict[str, str] = {
    "fenced code": "```\n![a](i.png) https://a.example\n```",
    "fenced code without an end": "~~~\n![a](i.png)",
    "indented code": "a\n\n    ![a](i.png) https://a.example",
    "inline code": "`![a](i.png)` ``https://a.example ` ``",
    "code in a link's text": "a `[x](y)` b",
    "HTML comment": "<!-- ![a](i.png) <img src='j.png'> https://a.example -->",
    "HTML comment over blank lines": "<!--\n\n![a](i.png)\n\n-->",
    "HTML comment begun in another block": "<div><!--\n\n![a](i.png)\n\n--></div>",
    "HTML comment in a line": "a <!-- ![a](i.png) --> b",
    "escaped bracket": r"\[a](b)",
    "escaped closing": r"[a\](b)",
    "no destination": "![a]() [b](<>)",
    "a space in a plain destination": "[a](b c)",
    "unbalanced parenthesis": "[a](b(c",
    "a label without a definition": "![a][b] [c] [d][]",
    "not a definition": "a\n[r]: b",
    "not a scheme": "xhttps://a.example",
    "a scheme alone": "https:// http://. www.",
    "www in a word": "awww.example.com a.www.example.com éwww.example.com",
    "an underscore in the domain": "http://a_b.example_c",
    "Obsidian's links in other sites": "[[a]] ![[b.png]]",
    "a task": "- [ ] a\n- [x] b",
    "a footnote": "[^1]\n\n[^1]: a",
    "a tag without references": "<br> <b>a</b> <p class='c'>d</p>",
    "an element without Markdown": "<div>\n![a](i.png)\n</div>",
    "an element that declines Markdown": '<div markdown="0">\n![a](i.png)\n</div>',
    "code in an admonition": "!!! note\n\n    ```\n    ![a](i.png)\n    ```\n\n        ![b](j.png)",
    "an exclamation": "Wow!!! Great\n\n    ![a](i.png)",
    "a declaration": "<!DOCTYPE html>",
    "a bare e-mail address": "me@a.example",
}


@pytest.mark.parametrize("source", UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_not_found(source: str) -> None:
    assert lines(source) == []


ONCE: dict[str, tuple[str, list[str]]] = {
    "a URL as a link's text": ("[https://a.example](b)", ["link b"]),
    "a URL as an HTML link's text": ('<a href="b">https://a.example</a>', ["html-a-href b"]),
    "an anchor that is never closed": (
        '- <a name="x">a\n- https://a.example',
        ["bare-url https://a.example/"],
    ),
    "a URL in an HTML code element": ("<code>https://a.example</code>", []),
    "a URL in an image's text": ("![https://a.example](i.png)", ["!image i.png"]),
    "everything in an image's text": (
        '![a [b](c) ![d](e) <img src="f"> <https://a.example>](i.png)',
        ["!image i.png"],
    ),
    "a definition used in an image's text only": (
        "![a [b][r]](i.png)\n\n[r]: page",
        ["!image i.png", "definition page"],
    ),
    "the later of two definitions": ("[r]\n\n[r]: a\n[r]: b", ["definition a"]),
    "a URL in a title": ('[a](b "https://a.example")', ["link b"]),
    "a URL in a URL": (
        "https://a.example/https://b.example",
        ["bare-url https://a.example/https://b.example"],
    ),
}


@pytest.mark.parametrize(("source", "expected"), ONCE.values(), ids=ONCE.keys())
def test_counted_once(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


def test_options_of_a_vault() -> None:
    source = (
        "[[a b#h|c]] ![[i.png|300]] ![[https://a.example/x y.png]] `[[no]]`\n\n|a|\n|-|\n|![[j.png\\|30]]|"
    )
    assert lines(source, wiki=True) == [
        "wiki-link a%20b#h",
        "!wiki-embed i.png",
        "!wiki-embed https://a.example/x%20y.png",
        "!wiki-embed j.png",
    ]
    assert references(source, wiki=True)[0].raw == b"a b#h"
    assert {item.syntax for item in references(source, wiki=True)} == {Syntax.WIKI}


def test_mathematics_is_text_only_where_the_site_says_so() -> None:
    source = "$![a](i.png)$ and $$\n[b](c)\n$$"
    assert lines(source, math=True) == []
    assert lines(source) == ["!image i.png", "link c"]


def test_what_a_span_excludes() -> None:
    found = references("![a](<i.png> 't') ![b](j.png) <https://a.example>\n\n[r]: <k.png>")
    assert [(item.raw, item.syntax) for item in found] == [
        (b"i.png", Syntax.MARKDOWN_ANGLE),
        (b"j.png", Syntax.MARKDOWN),
        (b"https://a.example", Syntax.TEXT),
        (b"k.png", Syntax.MARKDOWN_ANGLE),
    ]
    assert {item.place for item in found} == {Place.MARKDOWN}


def test_relative_references_are_resolved_where_the_page_is_known() -> None:
    found = scan(b"![a](../i.png) <img src=j.png>", "markdown", base="https://a.example/x/y/").references
    assert [item.url for item in found] == ["https://a.example/x/i.png", "https://a.example/x/y/j.png"]


def test_nul_bytes_are_normal_input() -> None:
    assert lines(b"a\0b ![\0](i\0.png) \0https://a.example/\0") == [
        "!image i%EF%BF%BD.png",
        "bare-url https://a.example/%EF%BF%BD",
    ]


MDX: dict[str, tuple[str, list[str]]] = {
    "an attribute": ('<Image src="/i.png" />', ["!html-img-src /i.png"]),
    "an attribute's expression": (
        "<img src={require('./i.png').default} alt=\"a\" />",
        ["!?html-img-src {require('./i.png').default}"],
    ),
    "an expression in a URL": ("[a](https://a.example/{x})", ["?link https://a.example/{x}"]),
    "a comment": ("{/* ![a](i.png)\n\nhttps://a.example */} ![b](j.png)", ["!image j.png"]),
    "imports and exports": (
        "import a from 'https://a.example/x.js'\nexport const b = {\n  c: 'https://a.example/y',\n}\n\n![d](i.png)",
        ["!image i.png"],
    ),
    "Markdown in elements": (
        "<Tabs>\n  <Tab label='a'>\n    ![a](i.png)\n  </Tab>\n</Tabs>\n![b](j.png)",
        ["!image i.png", "!image j.png"],
    ),
    "an element's own reference": (
        '<a href="https://a.example">\n  ![a](i.png)\n</a>',
        ["html-a-href https://a.example/", "!image i.png"],
    ),
    "elements in code": ('```\n<a href="https://a.example">\n</a>\n```', []),
    "an expression with strings and braces": ("{f({a: '}'}, `}`)} ![b](i.png) {'{'}", ["!image i.png"]),
    "braces in code": ("`{` ![a](i.png) `}`\n\n```\n{\n```\n\n![b](j.png)", ["!image i.png", "!image j.png"]),
}


@pytest.mark.parametrize(("source", "expected"), MDX.values(), ids=MDX.keys())
def test_mdx(source: str, expected: list[str]) -> None:
    assert lines(source, "mdx") == expected


ENCODINGS = {
    "gb18030": "这是一篇关于海带的中文博客，图片如下：",
    "utf-16-le": "UTF-16 without a mark, mostly ASCII",
    "utf-16-be": "UTF-16 without a mark, mostly ASCII",
    "shift_jis": "これは昆布についての日本語のブログです。",
    "iso-2022-jp": "これは昆布についての日本語のブログです。",
    "windows-1252": "Un café au lait, s'il vous plaît. Élève, garçon, naïve.",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_another_encoding_is_named(encoding: str) -> None:
    with pytest.raises(NotUtf8) as caught:
        scan((ENCODINGS[encoding] + "\n![a](i.png)\n").encode(encoding), "markdown")
    assert caught.value.encoding == encoding
    assert encoding in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_mark_of_another_encoding_is_believed(encoding: str) -> None:
    with pytest.raises(NotUtf8) as caught:
        scan("图".encode(encoding), "mdx")
    assert caught.value.encoding.startswith(encoding)


@pytest.mark.parametrize(
    ("language", "source"), [("html", b"<meta charset=utf-16><img src=i>"), ("css", "a{}".encode("utf-16"))]
)
def test_html_and_css_that_no_offset_can_be_trusted_in_is_reported(language: Language, source: bytes) -> None:
    if language == "html":
        source = b"\xff\xfe" + source
    found = scan(source, language)
    assert found.references == ()
    assert [notice.code for notice in found.notices] == ["encoding"]


def test_every_language_scans() -> None:
    assert {scan(b"", language, ScanOptions()).references for language in LANGUAGES.values()} == {()}


PIECES = [
    *(
        "![",
        "[",
        "](",
        ")",
        "]",
        "]: ",
        "<",
        ">",
        "(",
        "`",
        "```\n",
        "~~~",
        "*",
        "_",
        "\\",
        "|",
        "|-|\n",
        "!",
    ),
    *("\n", "\n\n", "\r\n", "\r", "> ", "- ", "1. ", "    ", "\t", " ", "---\n", "+++\n", "image: ", "# "),
    *("&amp;", "&", "$", "$$", "\0", "\ufeff", "a", "中", "，", "é", '"', "'"),
    *("{{", "}}", "{{< ", " >}}", "{% ", " %}", "<%", "%>", "{", "}", "{/*", "*/}", "${", "import "),
    *("figure src=", "img ", "highlight", "endhighlight", "!!! note\n", "<figure markdown>\n", "<Tabs>\n"),
    *("<!--", "-->", "<!-- holdfast-ignore -->", "<!-- holdfast-ignore-start -->", "{/* holdfast-ignore */}"),
    *(
        "https://a.example/x",
        "http://",
        "www.a.b",
        "i.png",
        "[r]",
        "[r]: u\n",
        "[[",
        "]]",
        "![[",
        "[^1]",
        "[^1]: ",
    ),
    *('<img src="', '">', "<a href=x>", "<div>\n", "</div>", "<style>", "url("),
]


@settings(deadline=None, max_examples=400)
@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.sampled_from(["markdown", "mdx"]),
    st.booleans(),
    st.booleans(),
)
def test_spans_are_exact_and_never_overlap(source: str, language: str, wiki: bool, math: bool) -> None:
    references(source, "mdx" if language == "mdx" else "markdown", wiki=wiki, math=math)


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["markdown", "mdx"]))
def test_arbitrary_bytes_are_scanned_or_named(source: bytes, language: str) -> None:
    try:
        source.decode()
    except UnicodeDecodeError:
        with pytest.raises(NotUtf8):
            scan(source, "mdx" if language == "mdx" else "markdown")
    else:
        with suppress(NotUtf8):  # UTF-16 and ISO-2022-JP can be UTF-8 as well
            references(source, "mdx" if language == "mdx" else "markdown")


HOSTILE = {
    "brackets": b"[",
    "images": b"![",
    "closings": b"](",
    "links without an end": b"[a](<b",
    "parentheses": b"[a](((((",
    "emphasis": b"*a **_",
    "backticks": b"`a``b",
    "quotes": b">",
    "angle brackets": b"<a ",
    "comments": b"<!-- ",
    "comment ends": b"-->",
    "ignore marks": b"<!-- holdfast-ignore -->\n",
    "ignore marks in a paragraph": b"<!-- holdfast-ignore --> a ",
    "templates": b"{{ ",
    "template ends": b"}} ",
    "shortcodes": b"{{< ",
    "shortcode pairs": b"{{< figure src=a >}}",
    "highlights": b"{% highlight %}a{% endhighlight %}",
    "highlights without an end": b"{% highlight %}",
    "shell variables": b"${",
    "bare URLs": b"http://",
    "bare URLs with bad domains": b"www._.",
    "trailing brackets": b"http://a.b/)))]]]",
    "entities at the end": b"http://a.b/&amp;&amp;;;",
    "definitions": b"[a]: b\n",
    "labels": b"[a][b]",
    "tables": b"|a|b|\n|-|-|\n",
    "wiki links": b"![[a|",
    "MDX comments": b"{/* ",
    "MDX comments without a brace": b"{/* */ ",
    "MDX expressions": b"={`",
    "MDX strings that never end": b"{\\`'\\\"",
    "MDX imports": b"import a\n",
    "admonitions": b"!!! a\n\n",
    "elements with Markdown": b"<figure markdown>\n",
}


@pytest.mark.parametrize("language", ["markdown", "mdx"])
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_takes_linear_time(piece: bytes, language: str) -> None:
    source = piece * (100_000 // len(piece))
    start = time.perf_counter()
    scan(source, "mdx" if language == "mdx" else "markdown", ScanOptions(wiki="[[" in piece.decode()))
    assert time.perf_counter() - start < 2.0

"""Files of a copy: what is written where a URL stood, and the oracle that looks at it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from holdfast.model import Span
from holdfast.offline import assembling, manifests, scripts, styles, vectors
from holdfast.offline.assembling import Assembled, Decision, assemble
from holdfast.offline.parts import Cut, Need, Parts, Role
from holdfast.offline.relative import relative
from holdfast.oracle import Disagreement

BASE = "https://site.example/a/b"
COPY = "https://copy.invalid/a/b"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'

READERS: dict[str, Callable[..., Parts]] = {
    "style": styles.style,
    "svg": vectors.vector,
    "manifest": manifests.manifest,
    "script": scripts.script,
}


def assembled(
    reader: str,
    source: str | bytes,
    new: str | None,
    original: str | None = None,
    codec: str | None = None,
    **options: bytes,
) -> Assembled:
    """The source in which every need gets the URL ``new``."""
    data = source if isinstance(source, bytes) else source.encode()
    parts = READERS[reader](data, BASE, codec)
    assert parts.needs
    decided = {index: Decision(new, original) for index in range(len(parts.needs))}
    return assemble(data, parts, decided, read=partial(READERS[reader], base=COPY, codec=codec), **options)


WRITTEN = [
    # the reader, before, the new URL, after
    ("style", "a{b:url(https://h/c.png)}", "../c.png", "a{b:url(../c.png)}"),
    ("style", 'a{b:url("https://h/c (1).png")}', "c%20%281%29.png", 'a{b:url("c%20%281%29.png")}'),
    ("style", "@import 'https://h/c.css' screen;", "c.css", "@import 'c.css' screen;"),
    ("style", "a{b:image-set('https://h/c.png' 1x,url(/d.png) 2x)}", "e", "a{b:image-set('e' 1x,url(e) 2x)}"),
    ("style", "a{b:url(https://h/c.svg#a&b)}", "c.svg#a&b", "a{b:url(c.svg#a%26b)}"),
    ("style", r"a{b:\75 rl(https\3a //h/c.png)}", "c.png", r"a{b:\75 rl(c.png)}"),
    (
        "svg",
        SVG + '<image href="https://h/c.png"/></svg>',
        "../c.png",
        SVG + '<image href="../c.png"/></svg>',
    ),
    ("svg", SVG + "<a href='/x'/></svg>", "x.html?a=1&b#c", SVG + "<a href='x.html?a=1&amp;b#c'/></svg>"),
    (
        "svg",
        SVG + "<style>a{b:url(https://h/c)}<![CDATA[ d{e:url('/f')}]]></style></svg>",
        "g.png",
        SVG + "<style>a{b:url(g.png)}<![CDATA[ d{e:url('g.png')}]]></style></svg>",
    ),
    (
        "svg",
        SVG + '<a style="fill:url(/x#y)"/></svg>',
        "x.svg#y",
        SVG + '<a style="fill:url(x.svg#y)"/></svg>',
    ),
    ("manifest", '{"icons":[{"src":"https:\\/\\/h\\/i.png"}]}', "i.png", '{"icons":[{"src":"i.png"}]}'),
    ("script", 'import a from "https://h/a.js";', "a.js", 'import a from "./a.js";'),
    ("script", "import 'https://h/a.js'", "../a.js", "import '../a.js'"),
    ("script", "import(`/a.js`)", "a.js", "import(`./a.js`)"),
]


@pytest.mark.parametrize(("reader", "before", "new", "after"), WRITTEN)
def test_writes_a_url_as_its_place_reads_it(reader: str, before: str, new: str, after: str) -> None:
    assert assembled(reader, before, new) == Assembled(after.encode())


@pytest.mark.parametrize(("reader", "before"), [row[:2] for row in WRITTEN])
def test_leaves_every_byte_of_what_is_left(reader: str, before: str) -> None:
    assert assembled(reader, before, None).data == before.encode()


ORIGINALS = [
    (
        '<image href="https://h/c.png?a&amp;b"/>',
        '<image data-holdfast-href="https://h/c.png?a&amp;b" href="x.svg"/>',
    ),
    (
        '<image xlink:href="https://h/c.png"/>',
        '<image data-holdfast-xlink-href="ORIGINAL" xlink:href="x.svg"/>',
    ),
    ('<a style="fill:url(/c)"/>', '<a data-holdfast-style="ORIGINAL" style="fill:url(x.svg)"/>'),
    (
        '<image href="/c" style="fill:url(/d) url(/e)"/>',
        '<image data-holdfast-href="ORIGINAL" data-holdfast-style="ORIGINAL" href="x.svg"'
        ' style="fill:url(x.svg) url(x.svg)"/>',
    ),
    ("<style>a{b:url(/c)}</style>", "<style>a{b:url(x.svg)}</style>"),
    # an earlier copy has told it
    (
        '<image data-holdfast-href="https://h/c" href="/c"/>',
        '<image data-holdfast-href="https://h/c" href="x.svg"/>',
    ),
]


@pytest.mark.parametrize(("before", "after"), ORIGINALS)
def test_keeps_the_url_of_what_could_not_be_had(before: str, after: str) -> None:
    original = "https://h/c.png?a&b" if "ORIGINAL" not in after else "https://h/<c>"
    after = after.replace("ORIGINAL", "https://h/&lt;c>")
    found = assembled("svg", f"{SVG}{before}</svg>", "x.svg", original)
    assert found == Assembled(f"{SVG}{after}</svg>".encode())


@pytest.mark.parametrize("codec", ["windows-1251", "gb18030", "shift_jis"])
def test_other_encodings_keep_their_bytes(codec: str) -> None:
    text = {"windows-1251": "Жы", "gb18030": "甛騜", "shift_jis": "表ソ"}[codec]
    before = f"{SVG}<title>{text}</title><image href='/{text}.png'/><g id='{text}'/></svg>"
    after = before.replace(
        f"<image href='/{text}.png'", "<image data-holdfast-href=\"https://h/ÿ\" href='x.png'"
    )
    data = after.encode(codec, "xmlcharrefreplace")
    assert assembled("svg", before.encode(codec), "x.png", "https://h/ÿ", codec) == Assembled(data)


def test_a_link_into_its_own_file_is_nothing_to_fetch() -> None:
    found = assembled("svg", f'{SVG}<use href="/a/b#c"/><image href="/d"/></svg>', "#c")
    assert found == Assembled(f'{SVG}<use href="#c"/><image href="#c"/></svg>'.encode())


def test_puts_the_seal_where_it_belongs() -> None:
    source = b"a{b:url(/c)}"
    parts = replace(styles.style(source, BASE), seal_at=2, cuts=(Cut(Span(2, 2), b"\n", "charset"),))
    found = assemble(
        source,
        parts,
        {0: Decision("d")},
        read=partial(styles.style, base=COPY),
        seal=b"/*seal*/",
        extra_at_seal=b"/*shim*/",
    )
    assert found == Assembled(b"a{\n/*seal*//*shim*/b:url(d)}")


def test_what_stands_in_the_seal_is_not_judged() -> None:
    source = b"a{b:url(/c)}"
    parts = replace(styles.style(source, BASE), seal_at=0)
    found = assemble(
        source, parts, {0: Decision("d")}, read=partial(styles.style, base=COPY), seal=b"@import 'x';"
    )
    assert found == Assembled(b"@import 'x';a{b:url(d)}")


# -- the oracle ------------------------------------------------------------------------------------------


def _spoiled(change: Callable[[Parts], Parts]) -> Callable[[bytes], Parts]:
    return lambda data: change(styles.style(data, COPY))


def _other_url(parts: Parts) -> Parts:
    need = parts.needs[0]
    return replace(parts, needs=(changed(need, reference=changed(need.reference, url="https://h/x")),))


def _doubled(parts: Parts) -> Parts:
    last = parts.needs[-1]
    return replace(parts, needs=(*parts.needs, last))


DISAGREEMENTS: list[tuple[str, Callable[[Parts], Parts]]] = [
    ("lost", lambda parts: replace(parts, needs=())),
    ("changed", _other_url),
    ("appeared", _doubled),
    ("cut", lambda parts: replace(parts, cuts=(Cut(Span(0, 1), b"", "integrity"),))),
]


@pytest.mark.parametrize(("reason", "change"), DISAGREEMENTS, ids=[row[0] for row in DISAGREEMENTS])
def test_the_oracle_tells_what_it_cannot_explain(reason: str, change: Callable[[Parts], Parts]) -> None:
    source = b"a{b:url(/c)}"
    parts = styles.style(source, BASE)
    for decision in (Decision("d"), Decision()):
        found = assemble(source, parts, {0: decision}, read=_spoiled(change)).disagreement
        if reason == "changed" and decision.new_url is None:
            assert found is None, "what is left is compared by its bytes"
        else:
            assert found is not None
            assert found.reason == reason


def test_what_is_left_must_be_there_byte_for_byte() -> None:
    source = b"a{b:url(/c)}"
    parts = styles.style(source, BASE)

    def read(data: bytes) -> Parts:
        need = styles.style(data, COPY).needs[0]
        return Parts((changed(need, reference=changed(need.reference, raw=b"/d")),))

    found = assemble(source, parts, {}, read=read).disagreement
    assert found is not None
    assert found.reason == "changed"


@pytest.mark.parametrize(
    ("new", "reason"),
    [("a b", None), ("a\nb", "spelling"), ("", "spelling"), ("a'b", "spelling"), ("图", "spelling")],
)
def test_says_what_cannot_be_written(new: str, reason: str | None) -> None:
    found = assembled("style", 'a{b:url("https://h/c")}', new).disagreement
    assert (found and found.reason) == reason


def test_says_when_two_changes_touch() -> None:
    source = b"a{b:url(/c)}"
    parts = replace(styles.style(source, BASE), cuts=(Cut(Span(3, 9), b"", "integrity"),))
    found = assemble(source, parts, {0: Decision("d")}, read=partial(styles.style, base=COPY))
    assert found == Assembled(source, Disagreement("overlap", "two changes touch", 8))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("html-img-src", "data-holdfast-src"),
        ("html-img-data-src", "data-holdfast-src"),
        ("html-amp-img-srcset", "data-holdfast-srcset"),
        ("html-image-xlink-href", "data-holdfast-xlink-href"),
        ("html-meta-content", "data-holdfast-content"),
        ("svg-image-href", "data-holdfast-href"),
        ("css-url", "data-holdfast-style"),
    ],
)
def test_names_the_attribute_for_what_is_missing(kind: str, name: str) -> None:
    assert assembling.attribute_name(kind) == name


# -- for any file --------------------------------------------------------------------------------------------

PIECES = {
    "style": ["a{b:url(%s)}", "a{b:url( '%s' )}", '@import "%s";', "/* %s */", "a{b:image-set('%s' 1x)}"],
    "svg": ['<image href="%s"/>', "<use xlink:href='%s'/>", "<style>a{b:url(%s)}</style>", "<!--%s-->"],
    "script": ['import "%s";', "import a from '%s';", 'b("%s");', "/* %s */", "import('%s');"],
}
URLS = ["https://h.example/x.png", "/y", "../z?q=1", "./é.png"]
NEW = st.builds(
    relative,
    st.just("a/b"),
    st.lists(st.text("ab %?#:'\"(é&<", min_size=1, max_size=4), min_size=1, max_size=3).map("/".join),
    st.just(""),
    st.sampled_from(["", "x", "a('&\"<"]),
)


@given(
    st.sampled_from(sorted(PIECES)).flatmap(
        lambda name: st.tuples(
            st.just(name),
            st.lists(st.tuples(st.sampled_from(PIECES[name]), st.sampled_from(URLS)), max_size=6),
        )
    ),
    st.lists(st.none() | NEW, min_size=6, max_size=6),
)
def test_what_was_meant_is_read_again(file: tuple[str, list[tuple[str, str]]], new: list[str | None]) -> None:
    name, pieces = file
    text = "\n".join(piece % url for piece, url in pieces)
    source = (f"{SVG}{text}</svg>" if name == "svg" else text).encode()
    read = READERS[name]
    parts = read(source, BASE)
    decided = {index: Decision(each) for index, each in enumerate(new[: len(parts.needs)])}
    found = assemble(source, parts, decided, read=partial(read, base=COPY))
    assert found.disagreement is None
    again = read(found.data, COPY)
    assert [_shown(need) for need in again.needs] == [
        _shown(need) for index, need in enumerate(parts.needs) if not (new[index] or "").startswith("#")
    ]
    # and once more: nothing is left to be done
    decided = {index: Decision(need.reference.raw.decode()) for index, need in enumerate(again.needs)}
    assert assemble(found.data, again, {}, read=partial(read, base=COPY)) == Assembled(found.data)


def _shown(need: Need) -> tuple[str, Role]:
    return need.reference.kind, need.role

"""Style sheets of a copy: what a URL may bring, and in which encoding it is read."""

from __future__ import annotations

import pytest

from holdfast.offline import styles
from holdfast.offline.parts import Role
from holdfast.scan import css

BASE = "https://site.example/css/a.css"
FONT = ("font", "image")
IMAGE = ("image", "font")

FOUND = [
    ("@import 'b.css';", [("b.css", ("style",))]),
    ("@import url(b.css) layer(x) screen;", [("b.css", ("style",))]),
    (
        "@font-face{font-family:x;src:url(b.woff2)format('woff2'),url(b.svg#x)}",
        [("b.woff2", FONT), ("b.svg#x", FONT)],
    ),
    ("@font-face{src:url(b.woff)} a{b:url(c.png)}", [("b.woff", FONT), ("c.png", IMAGE)]),
    ("a{b:image-set('c.png' 1x, url(d.avif) 2x)}", [("c.png", IMAGE), ("d.avif", IMAGE)]),
    ("a{cursor:url(c.cur),auto;filter:url(f.svg#x)}", [("c.cur", IMAGE), ("f.svg#x", IMAGE)]),
    ("a{b:url(https://other.example/c.png)}", [("https://other.example/c.png", IMAGE)]),
    ("a{b:url(//other.example/c.png)}", [("//other.example/c.png", IMAGE)]),
]

NOT_FOUND = [
    "@namespace url(http://www.w3.org/1999/xhtml);",
    "a{b:url(#c)}",
    "a{b:url(data:image/png;base64,AA)}",
    "a{b:url(about:blank)} c{d:url(blob:https://a/b)} e{f:url(chrome://x/y.png)}",
    "/* url(b.png) */",
    "a{content:'url(b.png)'}",
    "a{b:url({{ c }})}",
]


@pytest.mark.parametrize(("sheet", "expected"), FOUND)
def test_says_what_each_url_brings(sheet: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    parts = styles.style(sheet.encode(), BASE)
    assert [(need.reference.raw.decode(), need.families) for need in parts.needs] == expected
    assert {need.role for need in parts.needs} == {Role.REQUISITE}
    assert (parts.base, parts.cuts, parts.seal_at) == (BASE, (), None)


@pytest.mark.parametrize("sheet", NOT_FOUND)
def test_leaves_alone_what_is_not_fetched(sheet: str) -> None:
    assert styles.style(sheet.encode(), BASE).needs == ()


@pytest.mark.parametrize(
    ("sheet", "codec", "known"),
    [
        ("a{b:url(ж.png)}".encode(), None, "utf-8"),
        ('@charset "windows-1251";a{b:url(ж.png)}'.encode("cp1251"), None, "cp1251"),
        ("a{b:url(ж.png)}".encode("cp1251"), "windows-1251", "cp1251"),
        ('@charset "utf-8";a{b:url(ж.png)}'.encode("cp1251"), "windows-1251", "cp1251"),
        ("\ufeffa{b:url(ж.png)}".encode(), "windows-1251", "utf-8"),
        ("a{b:url(ж.png)}".encode("gb18030"), "GB2312", "gb18030"),
        ("a{b:url(ж.png)}".encode(), "no-such-label", "utf-8"),
    ],
)
def test_takes_the_encoding_of_mark_transport_and_sheet_in_this_order(
    sheet: bytes, codec: str | None, known: str
) -> None:
    parts = styles.style(sheet, BASE, codec)
    assert parts.codec == known
    (need,) = parts.needs
    assert need.reference.url == "https://site.example/css/%D0%B6.png"
    assert (
        sheet[need.reference.span.start : need.reference.span.end]
        == need.reference.raw
        == "ж.png".encode(known)
    )


@pytest.mark.parametrize(
    ("sheet", "codec"),
    [
        ("a{b:url(c)}".encode("utf-16"), None),
        (b'@charset "iso-2022-jp";', None),
        (b"a{b:url(c)}", "utf-16le"),
    ],
)
def test_says_what_it_cannot_read(sheet: bytes, codec: str | None) -> None:
    parts = styles.style(sheet, BASE, codec)
    assert (parts.needs, [notice.code for notice in parts.notices]) == ((), ["encoding"])


def test_makes_harmless_a_sheet_within_a_url_and_says_so() -> None:
    parts = styles.style(b"@import url('data:text/css,@import%20%22https://h/a.css%22');", BASE)
    assert [notice.code for notice in parts.notices] == ["data-uri"]
    assert "https://h/a.css" in parts.notices[0].message
    assert [(cut.span.start, cut.new[:5]) for cut in parts.cuts] == [(13, b"data:")]


def test_a_sheet_within_a_url_that_fetches_nothing_stays() -> None:
    parts = styles.style(b"@import url('data:text/css,p%7Bcolor:red%7D');", BASE)
    assert (parts.cuts, parts.notices) == ((), ())


def test_finds_what_the_scan_finds() -> None:
    sheet = "".join(row[0] for row in FOUND).encode()
    assert [need.reference for need in styles.style(sheet, BASE).needs] == css.references(sheet, base=BASE)

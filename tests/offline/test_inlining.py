"""What a browser refuses from ``file://`` although it is there; `test_seal` asks a browser."""

from __future__ import annotations

import pytest

from holdfast.offline import inlining, styles, vectors
from holdfast.offline.assembling import Assembled, Decision, assemble

BASE = "https://site.example/a"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("mask:url(x)", ["style"]),
        ("mask-image:url('x')", ["style"]),
        ("-webkit-mask-image: url( x )", ["style"]),
        ("MASK:url(x),url(y)", ["style", "style"]),
        ("shape-outside:url(x)", ["style"]),
        ("filter:blur(1px) url(x#f)", ["style"]),
        ("clip-path:url(x#c)", ["style"]),
        ("fill:url(x#g)", ["style"]),
        ("--icon:url(x)", ["style"]),
        ("background:url(x)", [""]),
        ("mask:none;background:url(x)", [""]),
        ("background:url(x);mask:url(y)", ["", "style"]),
        ("border-image:url(x)", [""]),
        ("cursor:url(x),auto", [""]),
        ("content:'mask:';background:url(x)", [""]),
        ("unmask:url(x)", [""]),
    ],
)
def test_tells_which_properties_take_no_file(declaration: str, expected: list[str]) -> None:
    sheet = f"b{{mask:none}} a{{{declaration}}}".encode()
    assert [inlining.refused(sheet, need) for need in styles.style(sheet, BASE).needs] == expected


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('<use href="x.svg#a"/>', "use"),
        ('<use xlink:href="x.svg#a"/>', "use"),
        ('<image href="x.svg"/>', ""),
        ('<path fill="url(x.svg#a)"/>', "style"),
        ('<path style="fill:url(x.svg#a)"/>', "style"),
        ('<path cursor="url(x.svg)"/>', ""),
        ('<path fill="red" cursor="url(x.svg)"/>', ""),
    ],
)
def test_tells_which_attributes_take_no_file(inside: str, expected: str) -> None:
    source = f"{SVG}{inside}</svg>".encode()
    (need,) = vectors.vector(source, BASE).needs
    assert inlining.refused(source, need) == expected


def test_a_file_can_stand_in_its_own_url() -> None:
    url = inlining.data_url(b"<svg/>", "image/svg+xml", "a")
    assert url == "data:image/svg+xml;base64,PHN2Zy8+#a"
    source = b"a{mask:url(/x.svg);b:url(/y)}"
    found = assemble(
        source,
        styles.style(source, BASE),
        {0: Decision(url), 1: Decision("y")},
        read=lambda d: styles.style(d, BASE),
    )
    assert found == Assembled(f"a{{mask:url({url});b:url(y)}}".encode())

"""Character references in attributes: what they mean, and where each byte of the meaning comes from."""

from __future__ import annotations

import html
from html.entities import html5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from holdfast.scan import attribute

PIECES = st.sampled_from(
    [
        *(
            "&amp;",
            "&amp",
            "&copy=",
            "&copy",
            "&copyb",
            "&notit;",
            "&#65;",
            "&#x41",
            "&#128;",
            "&#xD800;",
            "&#0",
        ),
        *(
            "&#",
            "&",
            ";",
            "=",
            "a",
            "1",
            "图",
            "é",
            "&nvlt;",
            "&fjlig;",
            "&AMP",
            "&x;",
            "&#xg",
            "&#1114112;",
            " ",
        ),
    ]
)
VALUES = st.lists(PIECES, max_size=8).map("".join)


def test_every_named_reference_is_read() -> None:
    for name, meaning in html5.items():
        assert attribute.text(f"&{name}".encode(), "utf-8") == meaning
        if name.endswith(";"):
            assert html.unescape(f"&{name}") == meaning


@settings(deadline=None)
@given(VALUES)
def test_lexbor_reads_the_same(value: str) -> None:
    node = LexborHTMLParser(f'<p x="{value}">').css_first("p")
    assert node is not None
    assert attribute.text(value.encode(), "utf-8") == (node.attributes["x"] or "")


@settings(deadline=None)
@given(VALUES, st.sampled_from(["utf-8", "gb18030", "shift_jis"]))
def test_the_meaning_with_places_is_the_meaning(value: str, codec: str) -> None:
    raw = value.encode(codec, "ignore")
    found = attribute.decoded(raw, codec)
    assert found.meaning.decode() == attribute.text(raw, codec)
    assert found.span(0, len(found.meaning)) == (0, len(raw))
    if found.starts is not None:
        assert len(found.starts) == len(found.meaning) + 1
        assert list(found.starts) == sorted(found.starts)


@pytest.mark.parametrize(
    ("raw", "codec", "piece", "spelled"),
    [
        (b"a&#44;b", "utf-8", b",", b"&#44;"),
        (b"a&quot;b.png&quot;", "utf-8", b"b.png", b"b.png"),
        ("图&amp;b".encode("gb18030"), "gb18030", "图&".encode(), "图&amp;".encode("gb18030")),
        ("é,b&amp;".encode("latin-1"), "cp1252", b"b&", b"b&amp;"),
    ],
)
def test_a_piece_of_the_meaning_has_its_place(raw: bytes, codec: str, piece: bytes, spelled: bytes) -> None:
    found = attribute.decoded(raw, codec)
    at = found.meaning.index(piece)
    start, end = found.span(at, at + len(piece))
    assert raw[start:end] == spelled

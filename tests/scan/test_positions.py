"""Lines and columns as an editor shows them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.scan import Positions

BOM = b"\xef\xbb\xbf"

PLACES: dict[str, tuple[bytes, bytes, tuple[int, int]]] = {
    "the first byte": (b"*", b"*", (1, 1)),
    "an empty document": (b"", b"", (1, 1)),
    "on the first line": (b"ab*", b"*", (1, 3)),
    "after LF": (b"a\nb*", b"*", (2, 2)),
    "after CRLF": (b"a\r\nb*", b"*", (2, 2)),
    "after CR": (b"a\rb*", b"*", (2, 2)),
    "after mixed line ends": (b"a\r\r\n\n\rb*", b"*", (5, 2)),
    "after characters of several bytes": ("海带é*".encode(), b"*", (1, 4)),
    "after a character beyond the basic plane": ("😀*".encode(), b"*", (1, 2)),
    "after a byte order mark": (BOM + b"*", b"*", (1, 1)),
    "on the second line after a byte order mark": (BOM + "海\n带*".encode(), b"*", (2, 2)),
    "after a NUL": (b"\0*", b"*", (1, 2)),
    "after a tab": (b"\t*", b"*", (1, 2)),
    "far along a line": ("海".encode() * 5000 + b"*", b"*", (1, 5001)),
}


@pytest.mark.parametrize(("source", "mark", "expected"), PLACES.values(), ids=PLACES.keys())
def test_places(source: bytes, mark: bytes, expected: tuple[int, int]) -> None:
    assert Positions(source).at(source.index(mark)) == expected


@given(st.text(alphabet="aé海😀\r\n\t\0", max_size=60), st.integers(min_value=0, max_value=60), st.booleans())
def test_agrees_with_counting(text: str, index: int, marked: bool) -> None:
    before, after = text[:index], text[index:]
    if before.endswith("\r") and after.startswith("\n"):
        return  # inside of a line end there is no character
    source = (BOM if marked else b"") + text.encode()
    offset = len(source) - len(after.encode())
    passed = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert Positions(source).at(offset) == (len(passed), len(passed[-1]) + 1)


@given(
    st.text(alphabet="aé海😀\r\n\t\0", max_size=60),
    st.lists(st.integers(min_value=-1, max_value=250), max_size=12),
    st.booleans(),
)
def test_the_order_of_questions_does_not_matter(text: str, offsets: list[int], marked: bool) -> None:
    source = (BOM if marked else b"") + text.encode()
    positions = Positions(source)
    assert [positions.at(offset) for offset in offsets] == [
        Positions(source).at(offset) for offset in offsets
    ]


def test_positions_of_one_long_line_take_no_time() -> None:
    source = "海 ".encode() * 500_000
    positions = Positions(source)
    start = time.perf_counter()
    for offset in range(0, len(source), 400):
        positions.at(offset)
    assert time.perf_counter() - start < 1.0

"""``srcset``: the candidates that a browser would consider."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.scan import srcset

TABLE = [
    ("a.png", ["a.png"]),
    ("a.png 1x", ["a.png"]),
    ("a.png 1x, b.png 2x", ["a.png", "b.png"]),
    ("a.png 1x,b.png 2x", ["a.png", "b.png"]),
    ("a.png,b.png", ["a.png,b.png"]),
    ("a.png, b.png", ["a.png", "b.png"]),
    ("a.png,,, b.png", ["a.png", "b.png"]),
    (",a.png 1x", ["a.png"]),
    ("  a.png\n100w ,\tb.png  200w  ", ["a.png", "b.png"]),
    ("https://h/w_100,h_50/a.png 1x, https://h/w_200,h_99/a.png 2x",
     ["https://h/w_100,h_50/a.png", "https://h/w_200,h_99/a.png"]),
    ("data:image/png;base64,AA== 1x, b.png 2x", ["data:image/png;base64,AA==", "b.png"]),
    ("a.png 100w 50h, b.png 1.5x, c.png .5x, d.png 1e2x", ["a.png", "b.png", "c.png", "d.png"]),
]  # fmt: skip

INVALID = [
    "", " ", ",", " , ,",
    "a.png 1x 2x", "a.png 1", "a.png x", "a.png 0w", "a.png -1x", "a.png 1.5w",
    "a.png 1x 100w", "a.png 50h", "a.png 1x 50h", "a.png b.png 1x", "a.png (1x, b.png 2x)",
    "a.png 1x (", "a.png 1w 1w", "a.png 1.x",
]  # fmt: skip


def _found(value: str) -> list[str]:
    raw = value.encode()
    return [raw[start:end].decode() for start, end in srcset.candidates(raw)]


@pytest.mark.parametrize(("value", "expected"), TABLE)
def test_candidates(value: str, expected: list[str]) -> None:
    assert _found(value) == expected


@pytest.mark.parametrize("value", INVALID)
def test_no_candidates(value: str) -> None:
    assert _found(value) == []


def test_a_wrong_candidate_does_not_take_its_neighbours_along() -> None:
    assert _found("a.png 1x, b.png 2y, c.png 3x") == ["a.png", "c.png"]


@settings(deadline=None)
@given(st.text(alphabet="ab,() \t1x2wh.", max_size=40))
def test_candidates_are_ordered_and_hold_no_space(value: str) -> None:
    raw, behind = value.encode(), 0
    for start, end in srcset.candidates(raw):
        assert behind <= start < end
        assert not raw[start:end].translate(None, b"ab,()1x2wh.")
        assert not raw[start:end].startswith(b",")
        assert not raw[start:end].endswith(b",")
        behind = end

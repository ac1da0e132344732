"""Text directives (``#:~:text=``): which are well formed, and which a page holds."""

from __future__ import annotations

import pytest

from holdfast.check.textfragment import TextQuote, holds_text, text_fragment


@pytest.mark.parametrize(
    ("value", "quote"),
    [
        ("a", TextQuote("a")),
        ("a%20b", TextQuote("a b")),
        ("a,b", TextQuote("a", "b")),
        ("p-,a", TextQuote("a", prefix="p")),
        ("a,-s", TextQuote("a", suffix="s")),
        ("p-,a,b,-s", TextQuote("a", "b", "p", "s")),
        ("a%2Cb%2Dc", TextQuote("a,b-c")),
    ],
)
def test_well_formed(value: str, quote: TextQuote) -> None:
    parsed = text_fragment(f"anything:~:text={value}")
    assert parsed is not None
    assert parsed.quotes == (quote,)


@pytest.mark.parametrize("value", ["", "a,b,c", "p-", "-,a", "a,-", "p-,-s", "a,", "p-,a,b,-s,x"])
def test_malformed(value: str) -> None:
    assert text_fragment(f":~:text={value}") is None


def test_no_directive() -> None:
    assert text_fragment("text=a") is None
    assert text_fragment(":~:selector=a") is None


PAGE = (
    "<title>unseen</title><style>styled</style><p>One <i>two</i> three.</p><p>Four&shy;teen  five</p>"
    "<ul><li>six<li>seven</ul><script>scripted</script><p>中文标题和 caf&eacute;</p>"
).encode()


@pytest.mark.parametrize(
    ("value", "there"),
    [
        ("one%20two%20three", True),
        ("THREE", True),
        ("fourteen%20five", True),
        ("three.%20fourteen", True),
        ("six%20seven", True),
        ("标题", True),
        ("CAFE%CC%81", True),
        ("one,seven", True),
        ("one-,two,-three", True),
        ("two-,one", False),
        ("seven,one", False),
        ("two,-four", False),
        ("thre", False),
        ("ourteen", False),
        ("unseen", False),
        ("styled", False),
        ("scripted", False),
    ],
)
def test_what_a_page_holds(value: str, there: bool) -> None:
    parsed = text_fragment(f":~:text={value}")
    assert parsed is not None
    assert holds_text(PAGE, parsed) is there


def test_every_quote_is_wanted() -> None:
    both, one = text_fragment(":~:text=one&text=six"), text_fragment(":~:text=one&text=nine")
    assert both is not None
    assert one is not None
    assert holds_text(PAGE, both)
    assert not holds_text(PAGE, one)


def test_nothing_is_called_missing_where_there_is_too_much_to_look_at() -> None:
    parsed = text_fragment(":~:text=a,-b")
    assert parsed is not None
    assert not holds_text(b"<p>" + b"a " * 10_000, parsed)
    assert holds_text(b"<p>" + b"a " * 30_000, parsed)

"""Which references are asked for, which are looked up here, which are left alone and why."""

from __future__ import annotations

import re

import pytest

from holdfast.check.remap import Remap
from holdfast.check.selecting import Selection, Sorted, question
from holdfast.model import Answer, Reference, ScanOptions, Verdict
from holdfast.results import Place
from holdfast.scan import scan


def only(markdown: str) -> Reference:
    (reference,) = scan(markdown.encode(), "markdown").references
    return reference


def sort(markdown: str, **settings: object) -> Answer | str | None:
    return Sorted(Selection(**settings)).sort(only(markdown))  # type: ignore[arg-type]


ASKED = [
    ("[x](https://a.lan/b#c)", "https://a.lan/b"),
    ("![x](//a.lan/b.png)", "https://a.lan/b.png"),
    ("[x](HTTPS://A.lan)", "https://a.lan/"),
    ("[x](https://me:secret@a.lan/)", "https://a.lan/"),
]

HERE = ["[x](b.md)", "[x](/b/)", "[x](#c)", "![x](../b.png)", "[x](file:///srv/b)", "[x](?q)"]

LEFT_ALONE = [
    ("[x](mailto:a@b.c)", "scheme"),
    ("[x](tel:+49)", "scheme"),
    ("[x](javascript:alert(1))", "scheme"),
    ("![x](data:image/png;base64,AA)", "scheme"),
    ("[x](https://example.com/a)", "reserved"),
    ("[x](http://localhost:1313/)", "reserved"),
    ('<img src="https://a.lan/{{ x }}">', "dynamic"),
]


@pytest.mark.parametrize(("markdown", "url"), ASKED)
def test_asked(markdown: str, url: str) -> None:
    assert sort(markdown) == url


@pytest.mark.parametrize("markdown", HERE)
def test_looked_up_here(markdown: str) -> None:
    assert sort(markdown) is None


def test_a_notes_name_may_hold_a_colon() -> None:
    (reference,) = scan(b"[[N: a note]]", "markdown", ScanOptions(wiki=True)).references
    assert Sorted(Selection()).sort(reference) is None


@pytest.mark.parametrize(("markdown", "reason"), LEFT_ALONE)
def test_left_alone(markdown: str, reason: str) -> None:
    found = sort(markdown)
    assert isinstance(found, Answer)
    assert (found.verdict, found.reason) == (Verdict.EXCLUDED, reason)


def test_a_url_no_browser_could_read_is_broken() -> None:
    found = sort("[x](<https://a b/>)")
    assert isinstance(found, Answer)
    assert (found.verdict, found.reason) == (Verdict.BROKEN, "bad-url")


def test_reserved_names_are_asked_on_request() -> None:
    assert sort("[x](https://example.com/a)", include_reserved=True) == "https://example.com/a"


def test_include_exclude_and_ignore_files_see_the_url_without_its_fragment() -> None:
    pattern = (re.compile(r"/b$"),)
    for name in ("exclude", "ignored"):
        found = sort("[x](https://a.lan/b#c)", **{name: pattern})
        assert isinstance(found, Answer)
        assert found.verdict is Verdict.EXCLUDED
        assert found.detail == "/b$"
        assert sort("[x](https://a.lan/bb)", **{name: pattern}) == "https://a.lan/bb"
    assert sort("[x](https://a.lan/b#c)", include=pattern) == "https://a.lan/b"
    assert isinstance(sort("[x](https://a.lan/bb)", include=pattern), Answer)


def test_own_urls_are_looked_up_here_also_after_a_remap() -> None:
    def claims(url: str) -> bool:
        return url.startswith("https://me.lan/")

    assert sort("[x](https://me.lan/a)", claims=claims) is None
    remap = Remap((("^https://old.lan/", "https://me.lan/"),))
    assert sort("[x](https://old.lan/a)", claims=claims, remap=remap) is None
    assert Sorted(Selection(remap=remap)).asked("https://old.lan/a#b") == "https://me.lan/a#b"


def test_one_question_a_url_whatever_its_fragments() -> None:
    for fragments, places, asked in ((False, {""}, ()), (True, {"", "b", "c"}, ("b", "c"))):
        found = Sorted(Selection(fragments=fragments))
        for line, text in enumerate(
            ("[x](https://a.lan/#c)", "![x](https://a.lan/#b)", "<https://a.lan/>"), 1
        ):
            reference = only(text)
            assert found.sort(reference) == "https://a.lan/"
            found.want(reference, Place("a.md", line, 1), embed=reference.embed, fresh=line == 2)
        assert list(found) == ["https://a.lan/"]
        gathered = found["https://a.lan/"]
        assert {label for label in ("", "b", "c") if gathered.at(label)} == places
        assert [place.line for place in gathered.places()] == [1, 2, 3]
        assert gathered.embed
        assert gathered.fresh
        assert question("https://a.lan/", gathered).fragments == asked

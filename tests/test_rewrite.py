"""Rewriting: in each syntax only the URL's bytes change; elsewhere nothing does."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast import oracle
from holdfast.model import Language, Place, Reference, ScanOptions, Span, Syntax
from holdfast.oracle import Disagreement
from holdfast.rewrite import Change, Rewritten, apply, change, rewrite, spell_into
from holdfast.spelling import _SPELLINGS, bytes_of, text_of

from .documents import PLAIN, archive, archived_as, changes, document

URL = "https://x.example/a.png"
NEW = archived_as(URL)

CHANGED: list[tuple[str, str]] = [
    ("inline", "an ![alt](URL) image"),
    ("with a title", "![alt](URL 'a title')"),
    ("in angle brackets", "![alt](<URL>)"),
    ("with spaces around", "![alt](  URL  )"),
    ("reference", "![alt][one]\n\n[one]: URL"),
    ("reference with a title", '![alt][one]\n\n[one]: <URL>\n  "title"'),
    ("shortcut", "![one]\n\n[one]: URL"),
    ("a definition without a use comes along", "[one]: URL\n\n![one]"),
    ("linked", "[![alt](URL)](URL)"),
    ("twice in one line", "![a](URL)![b](URL)"),
    ("in a table", "|a|\n|-|\n|![a](URL)|"),
    ("in a list", "- one\n  - ![a](URL)\n"),
    ("in a quote", "> ![a](URL)"),
    ("in a footnote", "a[^1]\n\n[^1]: ![a](URL)"),
    ("in a heading", "# ![a](URL)"),
    ("among CJK", "图片，![图](URL)。之后"),
    ("with CRLF", "a\r\n\r\n![a](URL)\r\nb\r\n"),
    ("with a BOM", "\ufeff![a](URL)"),
    ("without a last line end", "a\n\n![a](URL)"),
    ("with NUL", "a\0b ![a](URL)"),
    ("HTML", '<img alt="a" src="URL">'),
    ("HTML, single quotes", "<img src='URL'>"),
    ("HTML, no quotes", "<img src=URL alt=a>"),
    ("HTML, srcset", '<img srcset="URL 1x, URL 2x">'),
    ("HTML, poster", '<video poster="URL"></video>'),
    ("HTML, style", "<p style=\"background: url('URL')\">a</p>"),
    ("HTML, style without quotes", '<p style="background: url(URL)">a</p>'),
    ("HTML among text", 'a <img src="URL"> b'),
    ("YAML", "---\nimage: URL\n---\na"),
    ("YAML, quoted", "---\nimage: 'URL'\ncover: \"URL\" # as well\n---\n"),
    ("YAML, a list", "---\nimages: [URL, 'URL']\n---\n"),
    ("YAML, a map", "---\ncover:\n  image: URL\n  caption: a\n---\n"),
    ("YAML, a block", "---\nimage: >-\n  URL\n---\n"),
    ("YAML, an anchor", "---\nimage: &a URL\nthumbnail: *a\n---\n"),
    ("YAML, another key", "---\nog: URL\n---\n"),
    ("YAML, a colour after", "---\nthumbnail: 'URL #fff'\n---\n"),
    ("TOML", '+++\nimage = "URL"\n+++\n'),
    ("TOML, literal", "+++\nimages = ['URL', 'URL']\n+++\n"),
    ("TOML, inline table", '+++\ncover = {image = "URL"}\n+++\n'),
    ("JSON", '{"image": "URL"}\n\nbody ![a](URL)'),
    ("a shortcode", '{{< figure src="URL" >}}'),
    ("a shortcode without quotes", "{{< figure src=URL >}}"),
    ("a Hexo tag", "{% img URL %}"),
]

UNTOUCHED: list[tuple[str, str]] = [
    ("a fence", "```\n![a](URL)\n```"),
    ("indented code", "a\n\n    ![a](URL)\n"),
    ("inline code", "`![a](URL)`"),
    ("a comment", "<!-- ![a](URL) -->"),
    ("escaped", r"\![a\](URL)"[:5] + r"\(" + "https" + r"\://x.example/a.png)"),
    ("an autolink", "<URL>"),
    ("a bare URL", "see URL there"),
    ("a template", "![a](https://x.example/{{ name }}.png)"),
    ("local", "![a](img/a.png)"),
    ("ignored", "<!-- holdfast-ignore -->\n![a](URL)\n"),
    ("in prose of front matter", "---\ntitle: see URL there\n---\n"),
]


@pytest.mark.parametrize("text", [row[1] for row in CHANGED], ids=[row[0] for row in CHANGED])
def test_only_the_bytes_of_the_url_change(text: str) -> None:
    before = text.replace("URL", URL).encode()
    answer = archive(document(before))
    assert answer.new == text.replace("URL", NEW).encode()
    assert answer.replaced == text.count("URL")
    assert answer.record.before == hashlib.sha256(before).hexdigest()
    assert answer.record.after == hashlib.sha256(answer.new).hexdigest()
    assert {(edit.path, edit.raw, edit.new) for edit in answer.edits} == {("post.md", URL, NEW)}
    assert not changes(document(answer.new)), "a second run has nothing to do"


@pytest.mark.parametrize("text", [row[1] for row in UNTOUCHED], ids=[row[0] for row in UNTOUCHED])
def test_what_is_no_reference_stays(text: str) -> None:
    before = text.replace("URL", URL).encode()
    answer = archive(document(before))
    assert answer.new == before
    assert not answer.edits


def test_html_and_css_documents_change_too() -> None:
    cases: list[tuple[Language, bytes]] = [
        ("html", b'<!doctype html><title>\xe9</title><link rel="icon" href="URL"><img src=URL>'),
        ("css", b"a { background: url( URL ) } b { background: url('URL') }"),
    ]
    for language, text in cases:
        one = document(text.replace(b"URL", URL.encode()), f"a.{language}", language)
        assert archive(one).new == text.replace(b"URL", NEW.encode())


def test_urls_that_begin_alike_are_not_mistaken() -> None:
    source = b"![a](https://x.example/a) ![b](https://x.example/a.png) ![c](https://x.example/a.png?b) [d](https://x.example)"
    answer = archive(document(source))
    expected = source
    for url in ("https://x.example/a.png?b", "https://x.example/a.png", "https://x.example/a"):
        expected = expected.replace(f"({url})".encode(), f"({archived_as(url)})".encode())
    expected = expected.replace(b"(https://x.example)", f"({archived_as('https://x.example/')})".encode())
    assert answer.new == expected
    assert [edit.places for edit in sorted(answer.edits, key=lambda edit: edit.raw)] == [
        (3,),
        (0,),
        (1,),
        (2,),
    ]


def test_a_fragment_survives() -> None:
    answer = archive(document(b"![a](https://x.example/a.svg#icon)"))
    assert answer.new == f"![a]({archived_as('https://x.example/a.svg')}#icon)".encode()


def test_places_count_all_references() -> None:
    answer = archive(document(f"<{URL}> ![a]({URL}) ![b](img/b.png) ![c]({URL})".encode()))
    (edit,) = answer.edits
    assert edit.places == (1, 3)


# -- spelling ---------------------------------------------------------------------------------------------

DIFFICULT = [
    # what is to be written, and how, where it cannot be verbatim
    ("---\nimage: URL\n---\n", "{static}/images/a.png", '---\nimage: "{static}/images/a.png"\n---\n'),
    ("---\nimage: URL # why\n---\n", "{static}/a.png", '---\nimage: "{static}/a.png" # why\n---\n'),
    ("---\nimage: &a URL\n---\n", "{static}/a.png", '---\nimage: &a "{static}/a.png"\n---\n'),
    ("---\nimage: 'URL'\n---\n", "{static}/it's.png", "---\nimage: '{static}/it''s.png'\n---\n"),
    ("---\nimages: [URL]\n---\n", "a,b.png", '---\nimages: ["a,b.png"]\n---\n'),
    ("![a](URL)", "{static}/images/a.png", "![a]({static}/images/a.png)"),
    ("![a](URL)", "a b.png", "![a](<a b.png>)"),
    ("![a](<URL>)", "a b.png", "![a](<a b.png>)"),
    ("![a](URL)", "a(b).png", "![a](a(b).png)"),
    ("![a](URL)", "a(b.png", r"![a](a\(b.png)"),
    ("![a](URL)", "/p?a&copy=1.png", "![a](/p?a&amp;copy=1.png)"),
    ("<img src='URL'>", "/it's.png", "<img src='/it&#39;s.png'>"),
    ('<img src="URL">', "/p?a&copy=1.png", '<img src="/p?a&amp;copy=1.png">'),
    ("<img src=URL>", "a b.png", '<img src="a b.png">'),
    ("{{< figure src=URL >}}", "a b.png", '{{< figure src="a b.png" >}}'),
]


@pytest.mark.parametrize(("text", "new", "expected"), DIFFICULT)
def test_a_difficult_path_is_written_as_its_place_wants(text: str, new: str, expected: str) -> None:
    assert archive(document(text.replace("URL", URL).encode()), lambda _: new).new == expected.encode()


IMPOSSIBLE = [
    ("![a](URL)", "a|b.png"),
    ("![a](URL)", "a<b>.png"),
    ("![a](URL)", "a\nb.png"),
    ("![a](URL)", "{{ a }}.png"),
    ("![a](URL)", ""),
    ("![a](<URL>)", "a>b.png"),
    ('<img srcset="URL 1x">', "a b.png"),
    ('<img srcset="URL 1x">', "a.png,"),
    ('<p style="background:url(URL)">', "a b.png"),
    ("<p style=\"background:url('URL')\">", "it's.png"),
    ("---\nimage: >-\n  URL\n---\n", "a b.png"),
    ("+++\nimage = 'URL'\n+++\n", "it's.png"),
    ('{{< figure src="URL" >}}', 'a".png'),
]


@pytest.mark.parametrize(("text", "new"), IMPOSSIBLE)
def test_a_reference_that_cannot_say_it_stays(text: str, new: str) -> None:
    before = text.replace("URL", URL).encode()
    assert archive(document(before), lambda _: new).new == before


def test_every_syntax_has_a_spelling() -> None:
    assert set(_SPELLINGS) == set(Syntax)


@pytest.mark.parametrize("syntax", sorted(set(Syntax) - {Syntax.TEXT}))
def test_an_ordinary_path_is_verbatim_in_every_syntax(syntax: Syntax) -> None:
    reference = Reference(Span(0, 23), URL.encode(), URL, "image", True, syntax, Place.MARKDOWN)
    for path in (NEW, NEW[1:], "../" + NEW[1:], "a-0123456789abcdef.png", "https://cdn.example/a%20b-1.png"):
        assert spell_into(reference, path) == path.encode()


def test_text_a_reader_sees_is_never_written() -> None:
    reference = Reference(Span(0, 23), URL.encode(), URL, "autolink", False, Syntax.TEXT, Place.MARKDOWN)
    assert spell_into(reference, "https://cdn.example/a.png") is None


# -- applying ---------------------------------------------------------------------------------------------


def test_no_change_is_identity() -> None:
    for source in (b"", b"a", f"![a]({URL})".encode()):
        one = document(source)
        assert apply(one, ()) == source
        answer = rewrite(one, (), oracle.reader("markdown", PLAIN))
        assert isinstance(answer, Rewritten)
        assert (answer.new, answer.edits, answer.replaced) == (source, (), 0)


def test_wrong_changes_are_refused() -> None:
    one = document(f"![a]({URL})![b]({URL})".encode())
    for wrong in (
        [Change(2, b"a")],
        [Change(-1, b"a")],
        [Change(0, b"a"), Change(0, b"b")],
        [Change(0, b"a", widen=4), Change(1, b"b", widen=4)],
        [Change(0, b"a", widen=9)],
    ):
        with pytest.raises(ValueError):
            apply(one, wrong)


def test_a_change_to_what_it_says_already_is_none() -> None:
    (reference,) = document(b"![a](/archive/a.png)").scanned.references
    assert change(0, reference, "/archive/a.png") is None
    assert change(0, reference, "/blog/archive/a.png") == Change(
        0, b"/blog/archive/a.png", "/blog/archive/a.png"
    )


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("图.png".encode(), "图.png"),
        (b"\xcd\xbc.png", "ͼ.png"),
        (b"\xff\xbc.png", "\uf7ff\uf7bc.png"),
        (b"\xe9\xc3\xa9", "\uf7e9é"),
        ("\uf780".encode(), "\uf7ef\uf79e\uf780"),
        (b"\xed\xb3\xa9", "\uf7ed\uf7b3\uf7a9"),
    ],
)
def test_bytes_are_kept_as_utf8_and_what_is_not_byte_by_byte(raw: bytes, text: str) -> None:
    assert text_of(raw) == text
    assert bytes_of(text) == raw


@given(st.binary() | st.text(alphabet="a\uf77f\uf780\uf7ff\uf800é").map(str.encode))
def test_no_two_references_are_kept_as_one(raw: bytes) -> None:
    text_of(raw).encode()
    assert bytes_of(text_of(raw)) == raw


# -- the records of a second rewrite ----------------------------------------------------------------------


def test_a_second_rewrite_keeps_the_authors_bytes_in_the_records() -> None:
    first = archive(document(f"![a]({URL})".encode()))
    other = "https://x.example/b.png"
    source = f"![b]({other}) ".encode() + first.new
    second = archive(document(source), edits=first.edits, previous=first.record)
    assert [(edit.raw, edit.places) for edit in second.edits] == [(URL, (1,)), (other, (0,))]
    whole = f"![b]({other}) ![a]({URL})".encode()
    assert second.record.authored == hashlib.sha256(whole).hexdigest()


def test_a_new_prefix_is_a_new_edit_of_the_same_original() -> None:
    source = f"---\nimage: {URL}\n---\n![a]({URL})".encode()
    first = archive(document(source), lambda _: "{static}/a.png")
    one = document(first.new)
    again = [change(index, each, "/blog/a.png") for index, each in enumerate(one.scanned.references)]
    second = rewrite(
        one,
        [each for each in again if each],
        oracle.reader("markdown", PLAIN),
        edits=first.edits,
        previous=first.record,
    )
    assert isinstance(second, Rewritten)
    assert second.new == b'---\nimage: "/blog/a.png"\n---\n![a](/blog/a.png)'
    assert [(edit.raw, edit.new) for edit in second.edits] == [(URL, '"/blog/a.png"'), (URL, "/blog/a.png")]
    assert second.record.authored == hashlib.sha256(source).hexdigest()


def test_an_edit_that_no_reference_shows_any_more_is_not_forgotten() -> None:
    first = archive(document(f"---\nog: {URL}\n---\n".encode()))
    other = "https://x.example/b.png"
    second = archive(
        document(first.new + f"![b]({other})".encode()), edits=first.edits, previous=first.record
    )
    assert {edit.raw for edit in second.edits} == {URL, other}
    whole = f"---\nog: {URL}\n---\n![b]({other})".encode()
    assert second.record.authored == hashlib.sha256(whole).hexdigest()


def test_an_edit_that_no_scan_sees_is_not_forgotten_either() -> None:
    first = archive(document(f"---\nog: {URL}\n---\n".encode()), lambda _: "a-0123456789abcdef")
    other = "https://x.example/b.png"
    second = archive(
        document(first.new + f"![b]({other})".encode()), edits=first.edits, previous=first.record
    )
    assert {edit.raw for edit in second.edits} == {URL, other}
    assert second.record.authored == "", "what the author's document hashes to is not known"


def test_one_reference_that_goes_wrong_does_not_stop_the_others() -> None:
    source = f"---\nbanner: url({URL})\n---\n![a]({URL}) ![b]({URL})".encode()
    answer = archive(document(source), lambda _: "{static}/a.png")
    assert (
        answer.new == f"---\nbanner: url({URL})\n---\n![a]({{static}}/a.png) ![b]({{static}}/a.png)".encode()
    )
    assert answer.replaced == 2
    assert [(index, why.reason) for index, why in answer.refused] == [(0, "front-matter")]
    assert [edit.places for edit in answer.edits] == [(1, 2)]


def test_when_every_reference_goes_wrong_the_document_stays() -> None:
    one = document(f"---\nbanner: url({URL})\n---\n".encode())
    answer = rewrite(one, changes(one, lambda _: "{static}/a.png"), oracle.reader("markdown", PLAIN))
    assert isinstance(answer, Disagreement)
    assert answer.index == 0


def test_a_reference_of_unclear_origin_is_not_written_anew() -> None:
    urls = ("https://x.example/a.png", "http://x.example/a.png")
    first = archive(
        document(f"![a]({urls[0]}) ![b]({urls[1]})".encode()), lambda _: "/a-0123456789abcdef.png"
    )
    one = document(first.new + b" ![c](/a-0123456789abcdef.png)")
    again = [
        change(index, each, "/b-0123456789abcdef.png") for index, each in enumerate(one.scanned.references)
    ]
    reader = oracle.reader("markdown", PLAIN)
    second = rewrite(one, [each for each in again if each], reader, edits=first.edits, previous=first.record)
    assert isinstance(second, Rewritten)
    assert second.new == one.source
    assert second.unclear == (0, 1, 2)


def test_headers_are_front_matter_where_the_site_says_so() -> None:
    options = ScanOptions(headers=True)
    source = f"Title: a\nCover: {URL}\n\nbody ![a]({URL})\n".encode()
    one = document(source, options=options)
    answer = archive(one, lambda _: "{static}/images/a.png", options=options)
    assert answer.new == source.replace(URL.encode(), b"{static}/images/a.png")


def test_a_base_element_makes_a_local_path_remote_so_nothing_is_written() -> None:
    source = f'<base href="https://y.example/"><img src="{URL}">'.encode()
    one = document(source, "a.html", "html")
    answer = rewrite(one, changes(one), oracle.reader("html", PLAIN))
    assert isinstance(answer, Disagreement)
    assert answer.reason == "meaning"

"""The oracle must be able to refuse: every wrong result of a rewrite is handed to it here."""

from __future__ import annotations

import pytest

from holdfast import oracle
from holdfast.model import Document, Language, ScanOptions
from holdfast.oracle import Disagreement, agree
from holdfast.splice import Change, apply

from .documents import PLAIN, archived_as, changes, document

URL = "https://x.example/a.png"
OTHER = "https://x.example/b.png"
NEW = archived_as(URL)
READER = oracle.reader("markdown", PLAIN)

POST = f"""\
---
title: A post
image: {URL} # shown above
og: '{URL}'
tags: [a, b]
---

Text ![a]({URL} "title") and ![b]({OTHER}), see <https://y.example/>.

[![c]({URL})]({URL}) <img src='{OTHER}' alt="d">

[one]: {URL}
""".encode()


def judge(after: bytes, changed: list[Change] | None = None, post: bytes = POST) -> str:
    """The reason of a disagreement, or an empty string."""
    one = document(post)
    answer = agree(one, changes(one) if changed is None else changed, after, READER)
    assert answer is None or (answer.message and 0 <= answer.offset <= len(post))
    return answer.reason if answer else ""


def rewritten(post: bytes = POST) -> bytes:
    one = document(post)
    return apply(one, changes(one))


def test_it_agrees_with_what_is_right() -> None:
    assert judge(rewritten()) == ""
    assert judge(POST, []) == ""


def test_it_refuses_any_other_byte() -> None:
    """Each byte of the result in turn is replaced, dropped and doubled: never one of them passes."""
    good = rewritten()
    for at in range(0, len(good), 3):
        for wrong in (
            good[:at] + b"~" + good[at + 1 :],
            good[:at] + good[at + 1 :],
            good[:at] + b"~" + good[at:],
        ):
            if wrong != good:
                assert judge(wrong), (at, wrong)


@pytest.mark.parametrize(
    ("what", "after"),
    [
        ("nothing was done", POST),
        ("cut off", rewritten()[:-1]),
        ("empty", b""),
        ("something after the end", rewritten() + b"\n"),
        ("another image first", b"![x](/x.png)" + rewritten()),
        ("all but one", rewritten().replace(archived_as(OTHER).encode(), OTHER.encode(), 1)),
        (
            "two swapped",
            rewritten().replace(NEW.encode(), b"@").replace(archived_as(OTHER).encode(), NEW.encode()),
        ),
        ("line ends", rewritten().replace(b"\n", b"\r\n")),
        ("one span off by one", rewritten().replace(b"(" + NEW.encode(), NEW.encode() + b"(", 1)),
        ("the title went too", rewritten().replace(b' "title"', b"")),
        ("the comment went too", rewritten().replace(b" # shown above", b"")),
    ],
)
def test_it_refuses_bytes_that_are_not_the_change(what: str, after: bytes) -> None:
    assert judge(after) == "bytes", what


def one_change(text: str, new: str, means: str | None = "", at: int = 0, widen: int = 0) -> str:
    """What the oracle says when the bytes are spliced as told, and what is told is wrong."""
    one = document(text.replace("URL", URL).encode())
    told = [Change(at, new.encode(), new if means == "" else means, widen)]
    answer = agree(one, told, apply(one, told), READER)
    return answer.reason if answer else ""


WRONG = [
    ("closes the link early", "![a](URL)", "/a).png", "changed lost"),
    ("ends the destination", "![a](URL)", "/a b.png", "lost"),
    ("is a title by accident", "![a](URL)", "/a.png 'b'", "changed lost"),
    ("closes the angle brackets", "![a](<URL>)", "/a>b.png", "lost changed"),
    ("closes code that was open", "`x ![a](URL)", "/a`.png", "lost"),
    ("opens a comment", "![a](URL) ![b](URL)", ") <!-- ", "lost changed"),
    ("is another image too", "![a](URL)", "/a.png) ![b](/b.png", "changed appeared"),
    ("ends the attribute", '<img src="URL">', '/a.png" alt="x', "changed"),
    ("ends the element", "<img src=URL>", "/a.png><img", "changed"),
    ("is two candidates", '<img srcset="URL 1x">', "/a.png 2x, /b.png", "changed appeared lost"),
    ("is a template", "![a](URL)", "/{{ a }}.png", "changed lost"),
    ("is empty", "![a](URL)", "", "changed lost"),
    ("is a definition no more", "![a][b]\n\n[b]: URL", "/a b.png", "lost"),
    ("breaks a table's cell", "|a|b|\n|-|-|\n|![a](URL)|b|", "/a|b.png", "lost changed"),
    ("breaks the YAML", "---\nimage: URL\n---\n", "{static}/a.png", "front-matter"),
    ("is a YAML comment", "---\nimage: URL\n---\n", "/a.png #b", "changed front-matter meaning"),
    ("is a YAML mapping", "---\nimage: URL\n---\n", "/a.png: b", "front-matter"),
    ("is a YAML number", "---\nog: URL\n---\n", "12", "front-matter"),
    ("is a YAML alias", "---\nimage: URL\n---\n", "*a", "front-matter"),
    ("is two YAML entries", "---\nimages: [URL]\n---\n", "/a.png, /b.png", "front-matter changed appeared"),
    ("adds a YAML key", "---\nimage: URL\n---\n", "/a.png\nx: y", "front-matter changed"),
    ("ends the front matter", "---\nimage: URL\n---\n", "/a.png\n---\n", "front-matter changed"),
    ("breaks the TOML", "+++\nimage = 'URL'\n+++\n", "/it's.png", "front-matter"),
    ("breaks the JSON", '{"image": "URL"}\n', '/a".png', "front-matter"),
    ("ends the shortcode", '{{< figure src="URL" >}}', '/a.png" >}} {{< x "', "changed lost appeared"),
]


@pytest.mark.parametrize(
    ("text", "new", "reasons"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_it_refuses_a_value_that(text: str, new: str, reasons: str) -> None:
    assert one_change(text, new) in reasons.split()


def test_it_refuses_another_meaning() -> None:
    assert one_change("![a](URL)", "/a.png", means="/b.png") == "meaning"
    assert one_change("![a](URL)", "/a&copy;.png", means="/a&copy;.png") == "meaning"
    assert one_change('<img src="URL">', "/a&amp;b.png", means="/a&amp;b.png") == "meaning"
    assert one_change('{"og": "URL"}\n', r"/\u0061.png", means="/b.png") == "front-matter"
    assert one_change("![a](URL)", "/a&amp;b.png", means="/a&b.png") == ""


def test_it_refuses_changes_that_touch_or_do_not_exist() -> None:
    one = document(f"![a]({URL})![b]({URL})".encode())
    for wrong in (
        [Change(0, b"x", "x"), Change(0, b"y", "y")],
        [Change(7, b"x", "x")],
        [Change(0, b"x", "x", widen=4), Change(1, b"y", "y", widen=4)],
        [Change(1, b"x", "x", widen=9)],
    ):
        answer = agree(one, wrong, one.source, READER)
        assert isinstance(answer, Disagreement)
        assert answer.reason in ("overlap", "bytes")


def test_a_swap_of_two_values_in_front_matter_is_seen() -> None:
    post = f"---\nimage: {URL}\ncover: {OTHER}\n---\n".encode()
    one = document(post)
    first, second = changes(one)
    swapped = [
        Change(0, second.new, first.means),
        Change(1, first.new, second.means),
    ]
    answer = agree(one, swapped, apply(one, swapped), READER)
    assert answer is not None
    assert answer.reason == "meaning"


def test_a_value_under_an_ordinary_key_may_cease_to_be_a_reference() -> None:
    assert one_change("---\nog: URL\n---\n", "/a.png") == ""
    assert one_change("---\nog: URL\n---\n", "/a.png", means="/b.png") == "front-matter"
    assert one_change("---\nog: &o URL\nx: *o\n---\n", "/a.png") == ""


def test_a_reference_in_the_body_may_not() -> None:
    assert one_change("see <URL>", "/a.png") == "lost"
    assert one_change("see URL there", "/a.png") == "lost"


def embeds(text: str, *new: str | None) -> str:
    """What the oracle says when the references of ``text`` get ``new``."""
    one = document(text.encode())
    told = [Change(index, each.encode(), each) for index, each in enumerate(new) if each is not None]
    answer = agree(one, told, apply(one, told), READER)
    return answer.reason if answer else ""


def test_a_link_may_begin_and_cease_to_lead_to_the_image_it_wraps() -> None:
    same = f"[![a]({URL})]({URL})"
    assert embeds(same, "/a.png", "/a.png") == ""
    assert embeds(same, "/a.png", None) == "", "the link still leads to the original"
    assert embeds(same, None, "/a.png") == ""
    assert embeds(f"[![a]({URL})]({OTHER})", "/a.png", "/a.png") == "", "two URLs served the same bytes"
    assert embeds(f'<a href="{URL}"><img src="{URL}"></a>', "/a.png", "/a.png") == ""
    assert embeds(f'<a href="{URL}"><img src="{URL}"></a>', None, "/a.png") == ""


def test_a_link_may_part_from_its_image_by_its_spelling() -> None:
    assert (
        embeds("[![a](/a.png)](/a.png)", "https://x.example/图.png", "https://x.example/%E5%9B%BE.png") == ""
    )


def test_a_change_of_nature_without_a_cause_is_refused() -> None:
    """A scanner that suddenly sees a link where an image was, though nothing about it changed."""
    one = document(f"![a]({URL}) [b]({OTHER})".encode())
    other = document(f"![a]({URL}) [![b]({OTHER})]({OTHER})".encode()).scanned.references[2]
    for number in (0, 1):
        found = list(one.scanned.references)
        before = found[number]
        found[number] = type(before)(
            before.span, before.raw, before.url, before.kind, not before.embed, before.syntax, before.place
        )
        reader = oracle.Reader(lambda source, found=found: type(one.scanned)(tuple(found)), READER.tree)
        answer = agree(one, [], one.source, reader)
        assert answer is not None
        assert answer.reason == "changed"
    assert other.embed, "the scanner does see such a link as an embed when it wraps the image"


@pytest.mark.parametrize(
    ("language", "text"),
    [("html", b"<img src='URL'><style>a{background:url(URL)}</style>"), ("css", b"a{background:url('URL')}")],
)
def test_html_and_css_are_judged_too(language: Language, text: bytes) -> None:
    source = text.replace(b"URL", URL.encode())
    one: Document = document(source, "a", language)
    told = changes(one)
    reader = oracle.reader(language, ScanOptions())
    assert told
    assert agree(one, told, apply(one, told), reader) is None
    wrong = [Change(0, b"/a'b.png", "/a'b.png"), *told[1:]]
    assert agree(one, wrong, apply(one, wrong), reader) is not None


_FRONTS = (
    "---\ntitle: A\nimage: {}\n---\n",
    "---\ntitle: [\n---\n",
    "---\nprose: it is\n\nno: [list\n---\n",
    "+++\ntitle = 'A'\nimage = '{}'\n+++\n",
    '{{"title": "A", "image": "{}"}}\n',
    '{{"title": "A", "image": "{}"\n',
    "---\nimage: {}\n",
    "---\r\nimage: {}\r\n---\r\n",
    "\ufeff---\nimage: {}\n---\n",
    "",
)


@pytest.mark.parametrize("front", _FRONTS)
def test_where_the_front_matter_is_the_same_its_tree_is(front: str) -> None:
    """What lets the oracle leave it alone: bytes that are equal for two texts whose trees are not would be a
    hole in the second opinion."""
    assert READER.front is not None
    bodies = (f"text ![a]({URL})\n", f"text ![a]({NEW})\n", "---\nimage: b\n---\n", "}\n", "")
    posts = [(front.format(url) + body).encode() for body in bodies for url in (URL, NEW, "x: y")]
    seen = {}
    for post in posts:
        tree = READER.tree(post)
        assert seen.setdefault(READER.front(post), tree) == tree
    assert len(seen) == 1 or len({READER.tree(post) for post in posts}) > 1


def test_a_change_in_the_front_matter_that_nobody_meant_is_found() -> None:
    """Also where only the body was to change."""
    post = f"---\ntitle: A\n---\n![a]({URL})\n".encode()
    good = rewritten(post)
    assert judge(good, post=post) == ""
    one = document(post)
    lost = Document(one.path, one.language, post.replace(b"title: A", b"title: B"), one.sha256, one.scanned)
    answer = agree(lost, changes(lost), good, READER)
    assert answer is not None
    assert answer.reason == "bytes"

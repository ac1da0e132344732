"""Restore gives back the author's bytes: at once, after other edits, a rename, or an editor's hand."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model import Edit, Language, Reference, ScanOptions
from holdfast.oracle import Disagreement
from holdfast.origins import asset_name
from holdfast.restoration import Restored, authored
from holdfast.rewrite import Rewritten
from holdfast.scan import NotUtf8

from .documents import PLAIN, archive, archived_as, document, undo

URL = "https://x.example/a.png"
HTTP = "http://x.example/a.png"
OTHER = "https://x.example/b.png"
NEW = archived_as(URL)
SAME = "/archive/x.example/a-0123456789abcdef.png"
"""One file, for URLs that served the same bytes."""


def archived(text: str, spell: Any = archived_as, **more: Any) -> Rewritten:
    return archive(document(text.encode()), spell, **more)


def back(source: bytes, edits: Any, **more: Any) -> bytes:
    answer, left = undo(source, edits, **more)
    assert isinstance(answer, Restored), answer
    assert not left
    return answer.new


POSTS = [
    f"![a]({URL})",
    f"![a]({URL} 't') ![b]({URL})![c]({OTHER}#icon)",
    f"---\nimage: {URL} # c\nog: '{OTHER}'\n---\r\n[![a](<{URL}>)]({URL})\r\n",
    f'+++\nimages = ["{URL}", "{OTHER}"]\n[a.b]\nc = """{URL}"""\n+++\n',
    '{"og": "https:\\/\\/x.example\\/\\u0061.png"}\n\nbody',
    f'<img src={URL} srcset="{URL} 1x, {OTHER} 2x"><a href="{URL}"><img src=\'{URL}\'></a>',
    f"\ufeff图![图]({URL})。\n\n[一]: <{OTHER}>\n\n![一]",
    "![a](https://x.example/图.png) ![b](https://x.example/%E5%9B%BE.png)",
    "![a](https://x.example/a&amp;b.png) ![b](https://x.example/a&b.png)",
    "![a](HTTPS://X.example/a.png) ![b](https://x.example:443/a.png) ![c](//x.example/a.png)",
    "---\nthumbnail: 'https://x.example/a.png #fff'\nbanner: url(https://x.example/b.png)\n---\n",
]


@pytest.mark.parametrize("text", POSTS)
@pytest.mark.parametrize(
    "spell", [archived_as, lambda url: "{static}" + archived_as(url)], ids=["plain", "quoted"]
)
def test_restore_is_the_inverse_of_archive(text: str, spell: Any) -> None:
    source = text.encode()
    done = archived(text, spell)
    answer, left = undo(done.new, done.edits, last=done.record)
    assert isinstance(answer, Restored)
    assert (answer.new, left) == (source, ())
    if done.edits:
        assert answer.exact, "the author's bytes, SHA-256 for SHA-256"
        assert answer.record.before == done.record.after
        assert answer.record.after == hashlib.sha256(source).hexdigest()
        assert {(edit.raw, edit.new) for edit in answer.edits} == {
            (edit.raw, edit.new) for edit in done.edits
        }
        assert all(edit.restored == "2026-11-23T12:00:00Z" for edit in answer.edits)


def test_html_in_another_encoding_comes_back() -> None:
    for source in (
        '<meta charset="gbk"><img src="https://x.example/图.png">'.encode("gbk"),
        '<meta charset="gbk"><p>图<img src="https://x.example/图.png">'.encode("gbk"),
        '<meta charset="latin1"><img src="https://x.example/é.png">é'.encode("latin-1"),
    ):
        done = archive(document(source, "a.html", "html"))
        language: Language = "html"
        assert back(done.new, done.edits, path="a.html", language=language, last=done.record) == source


def test_other_parts_of_the_post_may_have_changed() -> None:
    done = archived(f"---\nimage: {URL}\n---\n# Title\n\n![a]({URL}) and ![b]({OTHER})")
    edited = done.new.replace(
        b"# Title", b"# Another title\n\n![new](https://x.example/new.png) <https://y.example>"
    )
    edited = edited.replace(b"and", b"und") + b"\n\nMore."
    assert (
        back(edited, done.edits, last=done.record)
        == (
            f"---\nimage: {URL}\n---\n# Another title\n\n![new](https://x.example/new.png) <https://y.example>\n\n"
            f"![a]({URL}) und ![b]({OTHER})\n\nMore."
        ).encode()
    )


def test_a_renamed_post_is_known_by_its_assets() -> None:
    done = archived(f"![a]({URL}) ![b]({OTHER})")
    answer, _ = undo(done.new, (), path="other.md", others=done.edits)
    assert isinstance(answer, Restored)
    assert answer.new == f"![a]({URL}) ![b]({OTHER})".encode()
    assert {edit.path for edit in answer.edits} == {"other.md"}, "it is this post that stays restored"


def test_of_two_posts_with_the_same_asset_the_one_that_explains_more_is_believed() -> None:
    mine = archived(f"![a]({URL}) ![b]({OTHER})", lambda url: SAME if "a." in url else archived_as(url)).edits
    theirs = archive(document(f"![a]({HTTP})".encode(), "theirs.md"), lambda _: SAME).edits
    source = f"![a]({SAME}) ![b]({archived_as(OTHER)})".encode()
    assert back(source, (), path="new.md", others=(*theirs, *mine)) == f"![a]({URL}) ![b]({OTHER})".encode()


def test_of_two_posts_that_explain_as_much_neither_is_believed() -> None:
    mine = archived(f"![a]({URL})", lambda _: SAME).edits
    theirs = archive(document(f"![a]({HTTP})".encode(), "theirs.md"), lambda _: SAME).edits
    answer, left = undo(f"![a]({SAME})".encode(), (), path="new.md", others=(*theirs, *mine))
    assert isinstance(answer, Restored)
    assert left == (SAME,)


@pytest.mark.parametrize(
    "moved", ["../.." + NEW, NEW[1:], "./" + NEW[1:], "/blog" + NEW, NEW.rpartition("/")[2], NEW + "?v=1"]
)
def test_an_editor_may_have_repathed_the_asset(moved: str) -> None:
    done = archived(f"![a]({URL}) <img src='{URL}'>")
    source = done.new.replace(NEW.encode(), moved.encode())
    assert back(source, done.edits, last=done.record) == f"![a]({URL}) <img src='{URL}'>".encode()


FOREIGN = [
    f"![a](https://elsewhere.example{NEW})",
    "![a](/archive/x.example/a-ffffffffffffffff.png)",
    "![a](/archive/x.example/photo.png)",
    f"`![a]({NEW})`",
    f"```\n![a]({NEW})\n```",
    f"text {NEW}",
    "![a](/archive/{{ x }}.png)",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_what_only_looks_like_ours_stays(text: str) -> None:
    done = archived(f"![a]({URL})")
    photo = Edit(path="post.md", raw=OTHER, new="/assets/photo.png", places=(0,))
    assert back(text.encode(), (*done.edits, photo)) == text.encode()


def test_a_name_without_a_hash_needs_the_site_to_say_that_it_is_ours() -> None:
    photo = Edit(path="post.md", raw=OTHER, new="/assets/photo.png", places=(0,))
    source = b"![a](../assets/photo.png)"
    assert back(source, [photo]) == source

    def locate(reference: Reference) -> str | None:
        return "static/assets/photo.png" if reference.url.endswith("assets/photo.png") else None

    assert back(source, [photo], locate=locate) == f"![a]({OTHER})".encode()


def test_two_urls_with_one_file_come_back_in_their_order() -> None:
    text = f"![a]({URL}) ![b]({HTTP}) ![c]({URL})"
    done = archived(text, lambda _: SAME)
    assert back(done.new, done.edits, last=done.record) == text.encode()
    assert back(b"# New\n\n![n](n.png)\n" + done.new, done.edits) == f"# New\n\n![n](n.png)\n{text}".encode()
    moved = done.new.replace(b"/archive", b"../archive")
    assert back(moved, done.edits) == text.encode()


def test_where_the_order_leaves_two_answers_the_reference_is_left() -> None:
    done = archived(
        f"![a]({URL}) ![b]({HTTP}) ![c]({OTHER})", lambda url: archived_as(url) if "b" in url else SAME
    )
    source = done.new.replace(b"![a]", b"![copied](" + SAME.encode() + b") ![a]")
    answer, left = undo(source, done.edits, last=done.record)
    assert isinstance(answer, Restored)
    assert left == (SAME,) * 3
    assert answer.new == source.replace(archived_as(OTHER).encode(), OTHER.encode()), (
        "what is clear is restored"
    )
    assert not answer.exact
    assert answer.record.authored == ""


def test_a_copy_that_the_author_made_comes_back_too_when_there_is_one_answer() -> None:
    done = archived(f"![a]({URL})")
    assert back(done.new + b" " + done.new, done.edits) == f"![a]({URL}) ![a]({URL})".encode()


def test_quotes_that_an_edit_brought_go_again_and_the_authors_stay() -> None:
    text = f"---\nimage: {URL}\ncover: \"{URL}\"\nthumbnail: '{URL}'\n---\n![a]({URL})"
    done = archived(text, lambda _: "{static}/a-0123456789abcdef.png")
    assert done.new.count(b'"') == 4
    assert back(done.new, done.edits, last=done.record) == text.encode()
    assert back(done.new + b" more", done.edits) == text.encode() + b" more"


def test_a_selection_leaves_the_others_and_says_nothing_of_them() -> None:
    done = archived(f"![a]({URL}) ![b]({OTHER})")
    answer, left = undo(done.new, done.edits, last=done.record, selected=lambda raw: raw == URL)
    assert isinstance(answer, Restored)
    assert answer.new == f"![a]({URL}) ![b]({archived_as(OTHER)})".encode()
    assert (left, answer.exact, len(answer.edits)) == ((), False, 1)
    assert answer.record.authored == done.record.before, "the whole is still known"
    rest = back(answer.new, done.edits, last=answer.record)
    assert hashlib.sha256(rest).hexdigest() == done.record.before


def test_after_a_second_rewrite_the_first_authors_bytes_come_back() -> None:
    first = archived(f"---\nog: {URL}\n---\n![a]({URL})")
    edited = first.new + f"\n![b]({OTHER})".encode()
    second = archive(document(edited), edits=first.edits, previous=first.record)
    whole = f"---\nog: {URL}\n---\n![a]({URL})\n![b]({OTHER})".encode()
    assert back(second.new, second.edits, last=second.record) == whole


def test_bytes_that_do_not_come_out_as_the_authors_are_not_written() -> None:
    done = archived(f"![a]({URL})")
    lying = msgspec.structs.replace(done.record, before="0" * 64)
    answer, _ = undo(done.new, done.edits, last=lying)
    assert isinstance(answer, Disagreement)
    assert answer.reason == "hash"


def test_edits_that_were_restored_count_when_their_bytes_stand_again() -> None:
    done = archived(f"![a]({URL})")
    put_back = [msgspec.structs.replace(edit, restored="2026-11-22T12:00:00Z") for edit in done.edits]
    assert back(done.new, put_back) == f"![a]({URL})".encode()


def test_nothing_of_ours_is_nothing_to_do() -> None:
    answer, left = undo(b"![a](a.png)", ())
    assert isinstance(answer, Restored)
    assert (answer.new, answer.edits, left, answer.exact) == (b"![a](a.png)", (), (), False)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/archive/x/a-1.png", "a-1.png"),
        ('"{static}/a-1.png"', "a-1.png"),
        ("<a b-1.png>", "a b-1.png"),
        ("a-1.svg#icon", "a-1.svg"),
        ("../a-1.png?v=1#x", "a-1.png"),
        ("https://cdn.example/a/b.png", "b.png"),
    ],
)
def test_an_asset_is_known_by_its_name(text: str, name: str) -> None:
    assert asset_name(text) == name


def test_authored_is_the_hash_of_the_document_without_edits() -> None:
    record = archived(f"![a]({URL})").record
    assert authored(record) == record.before
    assert authored(msgspec.structs.replace(record, authored="1" * 64)) == "1" * 64
    assert authored(msgspec.structs.replace(record, authored="")) is None


# -- documents made up ------------------------------------------------------------------------------------

ADDRESSES = st.sampled_from(
    [
        "https://x.example/a",
        "https://x.example/a.png",
        "https://x.example/a.png?w=1",
        "https://x.example/a.png?w=1&h=2",
        "https://x.example/a.png#f",
        "http://x.example/a.png",
        "//x.example/a.png",
        "https://x.example/a(1).png",
        "https://x.example/%E5%9B%BE.png",
        "https://x.example/图.png",
        "https://例え.example/a.png",
    ]
)


def block(pattern: str) -> st.SearchStrategy[str]:
    return st.builds(lambda one, two: pattern.replace("URL", one).replace("ALSO", two), ADDRESSES, ADDRESSES)


BLOCKS = st.one_of(
    *map(
        block,
        [
            "![a](URL)",
            "![a](URL)![b](ALSO) and ![c](URL)",
            '![a](URL "title") ![b](<ALSO> (title))',
            "[![a](URL)](URL) [![b](URL)](ALSO)",
            "|a|b|\n|-|-|\n|![a](URL)|![b](ALSO)|",
            "- ![a](URL)\n  > ![b](ALSO)\n",
            '<img src="URL" alt="a"> <img src=\'ALSO\'>',
            "<p style=\"background:url('URL')\">a</p>",
            '<img srcset="URL 1x, ALSO 2x">',
            "![一][def]\n\n[def]: URL 'title'",
            '{{< figure src="URL" title="ALSO" >}}',
            "图，![图](URL)。后 URL 和 <ALSO>",
            "`![a](URL)` \\![a](ALSO)",
            "```\n![a](URL)\n```",
            "<!-- ![a](URL) -->",
            "# Words\n\nand more",
        ],
    )
)

HEADS = st.one_of(
    st.just(""),
    block("---\ntitle: 图\nimage: URL\nog: 'ALSO'\n---\n"),
    block("---\nimages:\n  - URL # first\n  - \"ALSO\"\ncover: {image: 'URL'}\n---\n"),
    block("---\nimage: &a URL\nthumbnail: *a\nsummary: |\n  see ALSO\n---\n"),
    block('+++\nimages = ["URL", \'ALSO\']\n[cover]\nimage = """URL"""\n+++\n'),
    block('{"image": "URL", "og": {"x": ["ALSO"]}}\n'),
)
SPELLINGS = st.sampled_from(
    [
        archived_as,
        lambda url: "{static}" + archived_as(url),
        lambda url: ".." + archived_as(url),
        lambda url: "https://cdn.example" + archived_as(url),
        lambda url: SAME,
        lambda url: "a b-0123456789abcdef.png",
    ]
)
ENDS = st.sampled_from(["\n", "\r\n"])


@st.composite
def posts(draw: st.DrawFn) -> bytes:
    text = draw(HEADS) + "\n" + "\n\n".join(draw(st.lists(BLOCKS, min_size=1, max_size=5)))
    text = draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", draw(ENDS)).encode()


@settings(max_examples=250, deadline=None)
@given(posts(), SPELLINGS)
def test_restore_after_archive_is_identity(source: bytes, spell: Any) -> None:
    done = archive(document(source), spell)
    answer, left = undo(done.new, done.edits, last=done.record)
    assert isinstance(answer, Restored), answer
    assert answer.new == source
    assert not left
    assert answer.exact == bool(done.edits)


@settings(max_examples=100, deadline=None)
@given(posts(), SPELLINGS, posts())
def test_restore_works_after_more_was_written(source: bytes, spell: Any, more: bytes) -> None:
    """What is appended must not continue what is there: a heading of its own stands between."""
    more = b"\r\n\r\n# More\r\n\r\n" + more.removeprefix(b"\xef\xbb\xbf")
    done = archive(document(source), spell)
    # a file that stands for several URLs can become unclear only when more references to it are written
    answer, left = undo(done.new + more, done.edits)
    assert isinstance(answer, Restored), answer
    assert not left
    assert answer.new == source + more


@settings(max_examples=150, deadline=None)
@given(posts(), SPELLINGS)
def test_archiving_twice_is_archiving_once(source: bytes, spell: Any) -> None:
    once = archive(document(source), spell)
    local = spell("https://x.example/a.png").startswith("https:")
    if not local:
        twice = archive(document(once.new), spell, edits=once.edits, previous=once.record)
        assert twice.new == once.new
        assert {(edit.raw, edit.new, len(edit.places)) for edit in twice.edits} == {
            (edit.raw, edit.new, len(edit.places)) for edit in once.edits
        }
        assert twice.record.authored == once.record.before or not once.edits


@settings(max_examples=100, deadline=None)
@given(posts())
def test_spans_never_overlap_and_no_change_is_identity(source: bytes) -> None:
    one = document(source)
    ends = 0
    for reference in one.scanned.references:
        assert reference.span.start >= ends
        assert source[reference.span.start : reference.span.end] == reference.raw
        ends = reference.span.end
    assert archive(one, lambda url: "").new == source


CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real posts is not beside the repository")
def test_real_posts_come_back_byte_for_byte() -> None:
    for path in sorted(CORPUS.rglob("*.md"))[::5]:
        source = path.read_bytes()
        try:
            one = document(source)
        except NotUtf8:
            continue
        done = archive(one)
        answer, left = undo(done.new, done.edits, last=done.record)
        assert isinstance(answer, Restored), (path, answer)
        assert (answer.new, left, done.refused) == (source, (), ()), path


def test_options_of_the_site_are_kept() -> None:
    options = ScanOptions(wiki=True, math=True)
    source = f"$a$ ![[b.png]] ![a]({URL})".encode()
    done = archive(document(source, options=options), options=options)
    assert back(done.new, done.edits, options=options, last=done.record) == source
    assert options != PLAIN

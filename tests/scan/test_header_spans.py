"""Header lines without fences, as Pelican and MultiMarkdown read them."""

from __future__ import annotations

import pytest
from tests.scan.marks import found, unmark

from holdfast.model import ScanOptions, Syntax
from holdfast.scan import frontmatter

OPTIONS = ScanOptions(headers=True)

MUST_FIND = {
    "one header": "Title: x\nImage: «https://h/a»\n\n",
    "a path of Pelican's": "Title: x\nCover: «{static}/images/x.png»\n\n",
    "a link": "Title: x\nLink: ‹https://h/a›\n\n",
    "space around it": "Title: x\nImage:    «https://h/a»  \n\n",
    "a second line": "Title: x\nImages: «https://h/a»\n    «https://h/b»\n\n",
    "duplicate keys": "Image: «https://h/a»\nImage: «https://h/b»\n\n",
    "words in a key": "Title: x\nFeatured Image: ‹https://h/a›\nfeatured-image: «https://h/b»\n\n",
    "wide characters before it": "Title: 腾讯😀\nImage: «https://h/图»\n\n",
    "no front matter of YAML": "---\nTitle: a: b\nImage: «https://h/a»\n---\n",
}

MUST_NOT_FIND = {
    "prose in the first line": "Prose without a colon\nImage: https://h/a\n\n",
    "prose in a header": "Title: see https://h/a.png\n\n",
    "a URL in the first line": "https://h/a\n\n",
    "after the blank line": "Title: x\n\nImage: https://h/a\n",
    "after a line that is no header": "Title: x\nprose\nImage: https://h/a\n",
}


@pytest.mark.parametrize("marked", MUST_FIND.values(), ids=MUST_FIND.keys())
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_finds_exactly_the_bytes_of_the_url(marked: str, line_break: str) -> None:
    source, expected = unmark(f"{marked}body: https://h/x\n".replace("\n", line_break))
    result = frontmatter.read(source, OPTIONS)
    assert (result.format, result.notices) == ("headers", ())
    assert found(result.references) == expected
    assert {each.syntax for each in result.references} == {Syntax.HEADER}
    assert source[result.end :] == b"body: https://h/x" + line_break.encode()


@pytest.mark.parametrize("source", MUST_NOT_FIND.values(), ids=MUST_NOT_FIND.keys())
def test_leaves_alone_what_is_no_reference(source: str) -> None:
    assert frontmatter.read(source.encode(), OPTIONS).references == ()


@pytest.mark.parametrize("source", MUST_FIND.values(), ids=MUST_FIND.keys())
def test_header_lines_are_text_where_a_site_does_not_use_them(source: str) -> None:
    assert frontmatter.read(unmark(source)[0], ScanOptions()).references == ()


def test_real_yaml_is_still_read_as_yaml() -> None:
    assert frontmatter.read(b"---\nimage: '//h/a'\n---\n", OPTIONS).format == "yaml"


def test_an_edited_value_is_one_row_of_the_tree() -> None:
    source = b"Title: x\nImage: //h/a\n    //h/b\n\n"
    assert frontmatter.tree(source, OPTIONS) == (
        (("Title",), "str", "x"),
        (("Image",), "str", "//h/a"),
        (("Image", 1), "str", "//h/b"),
    )

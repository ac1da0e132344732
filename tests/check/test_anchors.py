"""Which fragments name a place in a Markdown document or a page."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.check import anchors, headings
from holdfast.check.flavours import FLAVOURS
from holdfast.check.slugs import counted
from holdfast.model import ScanOptions
from holdfast.sites import PRESETS

NOT_HEADINGS = (
    "---\ntitle: x\n# front\n---\n\n"
    "```\n# fenced\n```\n\n    # indented\n\n<!--\n# comment\n-->\n\n## There\n"
)


@pytest.mark.parametrize(
    ("flavour", "source", "ids"),
    [
        ("plain", "# A `b` *c*\n", {"a-b-c"}),
        ("plain", "# A {#x}\n", {"a-x"}),
        ("plain", "Two\nlines\n===\n", {"twolines"}),
        ("plain", "> # Q\n\n- # L\n", {"q", "l"}),
        ("plain", "# A\n\n# A\n\n# A-1\n", {"a", "a-1", "a-1-1"}),
        ("plain", '<a name="x"></a>\n\n<h2 id="y">Z</h2>\n', {"x", "y"}),
        ("docusaurus", "# A {#x}\n", {"x"}),
        ("jekyll", "# A\n{: #x}\n", {"x"}),
        ("mkdocs", "# A\n\n# A\n", {"a", "a_1"}),
        ("vitepress", "# 1. Été\n", {"_1-ete"}),
        ("plain", NOT_HEADINGS, {"there"}),
    ],
)
def test_ids_of_markdown(flavour: str, source: str, ids: set[str]) -> None:
    assert anchors.of_markdown(source.encode(), "markdown", flavour, ScanOptions()).ids == ids


def test_every_preset_has_a_flavour() -> None:
    assert set(PRESETS) <= set(FLAVOURS)


@pytest.mark.parametrize(
    ("page", "fragment", "there"),
    [
        ("<script></script>" + "word " * 100 + "<p id=a>", "a", True),
        ("<script></script>" + "word " * 100 + "<p id=a>", "A", False),
        ("<div id=root></div><script type=module src=x></script>", "a", None),
        ("<p id='é'>", "%C3%A9", True),
        ("<p id=user-content-a>", "a", True),
        ("<p>", "/route", None),
        ("<p>", "", True),
        ("<p>", "top", True),
    ],
)
def test_fragments_of_html(page: str, fragment: str, there: bool | None) -> None:
    assert anchors.has(anchors.of_html(page.encode()), fragment) is there


@pytest.mark.parametrize(
    ("directive", "there"),
    [
        ("hello%20world", True),
        ("wor", False),
        ("%E6%96%87", True),
        ("hello-,world,-next", True),
        ("code", False),
    ],
)
def test_text_directives(directive: str, there: bool) -> None:
    page = "<p>Hello <b>wor</b>ld</p><p>next</p><p>中文标题</p><script>code</script>".encode()
    parsed = anchors.text_fragment("x:~:text=" + directive)
    assert parsed is not None
    assert anchors.holds_text(page, parsed) is there


# -- what scripts build -----------------------------------------------------------------------------------

TEXT = "word " * 100


@pytest.mark.parametrize(
    "page",
    [
        "<div id=app></div><script></script>" + TEXT,
        "<noscript>You need to <b>enable</b> JavaScript.</noscript><script></script>" + TEXT,
        "<img><noscript><img></noscript>" * 30
        + "<NOSCRIPT>JavaScript is required</NOSCRIPT><script></script>"
        + TEXT,
        f"<p>short</p><script>{TEXT}</script>",
        f"<p>short</p><noscript>{TEXT}</noscript><script></script>",
        "<script>window.$docsify = {}</script>" + TEXT,
    ],
)
def test_pages_that_scripts_build(page: str) -> None:
    assert anchors.has(anchors.of_html(page.encode()), "missing") is None


@pytest.mark.parametrize(
    "page",
    [
        "<p>short</p>",
        "<noscript>JavaScript is required</noscript>" + TEXT,
        f"<div id=app>{TEXT}</div><script></script>",
        "<noscript><img src=x></noscript><script></script>" + TEXT,
        "<p>You need JavaScript.</p><script></script>" + TEXT,
    ],
)
def test_pages_that_scripts_only_decorate(page: str) -> None:
    assert anchors.has(anchors.of_html(page.encode()), "missing") is False


# -- what is no heading, in every flavour --------------------------------------------------------------------

HIDDEN = {
    "front matter": "---\n# hidden\ntitle: hidden\n---\n\n",
    "TOML front matter": "+++\n# hidden\n+++\n\n",
    "a fence": "```md\n# hidden\n<a id=hidden></a>\n```\n\n",
    "a fence of tildes": "~~~\n# hidden {#hidden}\n~~~\n\n",
    "a fence in a list": "- a\n\n  ```\n  # hidden\n  ```\n\n",
    "indented code": "    # hidden\n    {: #hidden}\n\n",
    "a comment": "<!--\n\n# hidden\n\n<a id=hidden></a>\n-->\n\n",
    "a code span": "`<a id=hidden></a>` and `{#hidden}`\n\n",
    "no space": "#hidden\n\n",
    "too many signs": "####### hidden\n\n",
    "escaped": "\\# hidden\n\n",
}


@pytest.mark.parametrize("flavour", sorted(FLAVOURS))
@pytest.mark.parametrize("where", HIDDEN)
def test_what_is_no_heading(where: str, flavour: str) -> None:
    options = ScanOptions()
    ids = anchors.of_markdown((HIDDEN[where] + "# there\n").encode(), "markdown", flavour, options).ids
    assert "there" in ids
    assert "hidden" not in ids


# -- definition lists in Hugo -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "complete"),
    [
        ("Term\n: what it is\n", False),
        ("Term\n\n: what it is\n", False),
        ("# A\n\ntext : text\n", True),
        ("```\nTerm\n: code\n```\n", True),
        ("<!--\nTerm\n: comment\n-->\n", True),
    ],
)
def test_terms_may_have_ids_in_hugo(source: str, complete: bool) -> None:
    assert anchors.of_markdown(source.encode(), "markdown", "hugo", ScanOptions()).complete is complete


# -- did you mean -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fragment", "meant"),
    [
        ("Getting-Started", "getting-started"),
        ("getting_started", "getting-started"),
        ("geting-started", "getting-started"),
        ("%E4%B8%AD%E6%96%87%E6%A0%87", "中文标题"),
        ("completely-different", ""),
        ("", ""),
        ("---", ""),
    ],
)
def test_nearest(fragment: str, meant: str) -> None:
    source = "# Getting started\n\n# 中文标题\n\n# Other\n".encode()
    found = anchors.of_markdown(source, "markdown", "plain", ScanOptions())
    assert anchors.nearest(found, fragment) == meant


# -- properties ------------------------------------------------------------------------------------------

lines = st.lists(
    st.sampled_from(
        [
            "# a",
            "# a-1",
            "# a_1",
            "# !",
            "## 中文",
            "# b {#x}",
            "# É",
            "# `a` *b*",
            "text",
            "a\n===",
            "{: #y}",
            "",
        ]
    ),
    max_size=12,
)


@given(lines, st.sampled_from(sorted(FLAVOURS)))
def test_headings_that_name_themselves_are_unique_and_always_the_same(
    source: list[str], flavour: str
) -> None:
    document = "\n\n".join(source).encode()
    row = FLAVOURS[flavour]
    found = headings.read(document, row, ScanOptions()).headings
    again = headings.read(document, row, ScanOptions()).headings
    for way in row.ways:
        ids = anchors.named(found, way)
        assert ids == anchors.named(again, way)
        own = [name for name, heading in zip(ids, found, strict=True) if name and not heading.id]
        # kramdown, Hexo and mdBook do not look whether a number is taken
        if way.numbering is not counted:
            assert len(own) == len(set(own))


@given(st.binary(max_size=200), st.sampled_from(sorted(FLAVOURS)))
def test_any_bytes_are_read(source: bytes, flavour: str) -> None:
    found = anchors.of_markdown(source, "markdown", flavour, ScanOptions())
    assert all(anchors.has(found, quote(name, safe="")) for name in found.ids)

"""Our rules for the ids of headings beside the real generators, over one table of headings."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import turbohtml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.check.headings_table import HEADINGS, document
from tests.check.kramdown_table import KRAMDOWN
from tests.generators import Hexo, Hugo, MkDocs, installed, node

from holdfast.check import slugs
from holdfast.check.anchors import named, of_markdown
from holdfast.check.flavours import FLAVOURS, Text, Way
from holdfast.check.headings import read
from holdfast.model import ScanOptions

PACKAGES = {"github-slugger": "2.0.0", "@mdit-vue/shared": "2.1.3", "hexo-util": "4.0.0"}
JAVASCRIPT = """
import Slugger, { slug } from 'github-slugger';
import { slugify } from '@mdit-vue/shared';
import { createRequire } from 'module';
import { createInterface } from 'readline';
const { slugize } = createRequire(import.meta.url)('hexo-util');
const rules = {
  github: (texts) => texts.map((text) => slug(text)),
  numbered: (texts) => { const slugger = new Slugger(); return texts.map((text) => slugger.slug(text)); },
  vitepress: (texts) => texts.map((text) => slugify(text)),
  hexo: (texts) => texts.map((text) => slugize(text.trim())),
};
for await (const line of createInterface({ input: process.stdin })) {
  const [rule, texts] = JSON.parse(line);
  console.log(JSON.stringify(rules[rule](texts)));
}
"""

Real = Callable[[str, Sequence[str]], list[str]]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """Ask the real rules, in one process of node."""
    folder = tmp_path_factory.mktemp("slugs")
    (folder / "node_modules").symlink_to(installed("slugs", PACKAGES), target_is_directory=True)
    script = folder / "ask.mjs"
    script.write_text(JAVASCRIPT)
    with subprocess.Popen([*node(), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        to, back = process.stdin, process.stdout

        def ask(rule: str, texts: Sequence[str]) -> list[str]:
            to.write(json.dumps([rule, list(texts)]).encode() + b"\n")
            to.flush()
            answers: list[str] = json.loads(back.readline())
            return answers

        yield ask
        to.close()


RULES = {"github": slugs.github, "vitepress": slugs.vitepress, "hexo": slugs.hexo}

PLANE = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]


@pytest.mark.sites
@pytest.mark.parametrize("rule", RULES)
def test_rules_agree_on_the_table(rule: str, real: Real) -> None:
    assert dict(zip(HEADINGS, real(rule, HEADINGS), strict=True)) == {
        heading: RULES[rule](heading) for heading in HEADINGS
    }


@pytest.mark.sites
def test_hexo_agrees_on_every_character(real: Real) -> None:
    # trim() of JavaScript and strip() of Python differ in white space alone: it stands inside here
    texts = [f"x{character}x" for character in PLANE]
    answers = real("hexo", texts)
    wrong = [text for text, answer in zip(texts, answers, strict=True) if slugs.hexo(text) != answer]
    assert wrong == []


headings = st.text(
    st.one_of(
        st.sampled_from("aAzZ09-_ .!'\u00e9\u0301\u4e2d\u3042\u0416\u00df\u0130\u2014\U0001f680`*"),
        # what github-slugger knows: Unicode 13
        st.characters(max_codepoint=0x52F, exclude_categories=["Cn", "Cs", "Co"]),
    ),
    max_size=12,
)


@pytest.mark.sites
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(headings, max_size=12))
def test_generated_headings_are_numbered_as_github_slugger_does(real: Real, texts: list[str]) -> None:
    taken: dict[str, int] = {}
    assert [slugs.until_free(slugs.github(text), taken) for text in texts] == real("numbered", texts)


@pytest.mark.sites
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(headings, max_size=12))
def test_generated_headings_are_slugged_as_vitepress_does(real: Real, texts: list[str]) -> None:
    assert [slugs.vitepress(text) for text in texts] == real("vitepress", texts)


# -- whole documents -------------------------------------------------------------------------------------

Ids = tuple[str, ...]


def ids_of(page: Path) -> Ids:
    tree = turbohtml.parse(page.read_text(encoding="utf-8"))
    return tuple(str(heading.attrs.get("id") or "") for heading in tree.select("h2"))


def ours(preset: str, way: Way, source: str) -> list[str]:
    return named(read(source.encode(), FLAVOURS[preset], ScanOptions()).headings, way)


def differences(
    texts: Sequence[str], real_ids: Sequence[str], ids: Sequence[str]
) -> list[tuple[str, str, str]]:
    rows = zip(texts, real_ids, ids, strict=True)
    return [(text, theirs, mine) for text, theirs, mine in rows if theirs != mine]


def in_one(texts: Sequence[str]) -> str:
    return document(tuple(texts))


def hugo_ids(root: Path, kind: str, source: str) -> Ids:
    site = Hugo(root).write({"content/post/a.md": f"---\ntitle: x\n---\n{source}"})
    configuration = root / "hugo.yaml"
    parser = f"goldmark: {{parser: {{autoHeadingIDType: {kind}}}, "
    configuration.write_text(configuration.read_text().replace("goldmark: {", parser))
    return ids_of(site.build() / "post/a/index.html")


INSIDE = (
    "**bold *nested* x** y",
    "*a `code` b* c",
    "[`code` and text](x) d",
    "**[link](x) f** g",
    "![a *b* c](x.png) h",
    "![](x.png)",
    "<https://a.b>",
    "<https://a.b> tail",
    "https://a.b/c",
    "(https://a.b/c)",
    "ftp://a.b/c d",
    "a@b.com",
    "www.a.com",
    "*see https://a.b/c x* y",
    "`code`",
    "*`x`*",
    "a **b _c_ d** e",
    "[![alt](i.png) t](u) k",
    "<b>in *it*</b>",
    "&eacute;t&eacute; &#x41; &hellip;",
    "a&nbsp;b",
    "a -- b",
    "a---b",
    "a...b",
    "x \\-\\- y",
    "x `--` y",
    "*a--b* c",
    "*it's x* y",
    "*a\\*b c* d",
    "*a &amp; b* c",
    "~~a *b*~~ c",
    "a <!-- c --> b",
    "!",
    "?? !!",
    "T {id=w}",
    "T {.c #z2}",
    "T {#z3}{#y3}",
    "T {#a.b:c}",
)
"""What stands within marks, and links that nobody marked: where Hugo's ids are not what a reader reads."""

HUGO_DOES_NOT_KNOW = ("Closed and named {#shut} ##",)
"""The list before closing number signs is a part of the text to Hugo; a `Way` of its own knows that."""


@pytest.mark.sites
@pytest.mark.parametrize(
    ("kind", "rule"),
    [("github", slugs.hugo), ("github-ascii", slugs.hugo_ascii), ("blackfriday", slugs.blackfriday)],
)
@pytest.mark.parametrize("texts", [HEADINGS, INSIDE], ids=["table", "inside"])
def test_hugo(kind: str, rule: slugs.Rule, texts: Sequence[str], tmp_path: Path) -> None:
    known = [text for text in texts if text not in HUGO_DOES_NOT_KNOW]
    source = in_one(known)
    assert (
        differences(known, hugo_ids(tmp_path, kind, source), ours("hugo", Way(rule, Text.HUGO), source)) == []
    )


@pytest.mark.sites
def test_hugo_takes_the_last_line_and_no_list_before_closing_signs(tmp_path: Path) -> None:
    source = f"Two\nlines here\n---\n\nTwo **b\nc** d\n---\n\n## {HUGO_DOES_NOT_KNOW[0]}\n"
    found = of_markdown(source.encode(), "markdown", "hugo", ScanOptions())
    assert set(hugo_ids(tmp_path, "github", source)) <= found.ids


MKDOCS = {
    "default": ("", Way(slugs.python_markdown, numbering=slugs.underscored, attributes=False)),
    "attr_list": (
        "markdown_extensions: [attr_list]\n",
        Way(slugs.python_markdown, numbering=slugs.underscored),
    ),
    "unicode": (
        "markdown_extensions:\n- toc: {slugify: !!python/name:markdown.extensions.toc.slugify_unicode }\n",
        Way(slugs.python_markdown_unicode, Text.COLLAPSED, slugs.underscored, attributes=False),
    ),
}


@pytest.mark.sites
@pytest.mark.parametrize("configuration", MKDOCS)
def test_mkdocs(configuration: str, tmp_path: Path) -> None:
    lines, way = MKDOCS[configuration]
    page = MkDocs(tmp_path, settings=lines).write({"docs/index.md": document()}).build() / "index.html"
    preset = "mkdocs-unicode" if configuration == "unicode" else "mkdocs"
    assert differences(HEADINGS, ids_of(page), ours(preset, way, document())) == []


PROTOTYPE = ("constructor", "__proto__", "toString")
"""Hexo counts these among names of JavaScript's own (``constructor-NaN``); it calls no id missing anyway."""


@pytest.mark.sites
def test_hexo(tmp_path: Path) -> None:
    # nunjucks, before the Markdown, takes {# for a comment
    texts = tuple(text.replace("{#", "{ #") for text in HEADINGS if text not in PROTOTYPE)
    post = f"---\ntitle: x\ndate: 2024-01-02\n---\n{document(texts)}"
    page = Hexo(tmp_path).write({"source/_posts/a.md": post}).build() / "2024/01/a/index.html"
    way = Way(slugs.hexo, Text.HEXO, slugs.counted)
    assert differences(texts, ids_of(page), ours("hexo", way, document(texts))) == []


def test_the_table_of_kramdown_is_that_of_the_headings() -> None:
    assert tuple(heading for heading, _, _ in KRAMDOWN) == HEADINGS


@pytest.mark.parametrize(
    ("column", "rule", "text"),
    [(1, slugs.kramdown_gfm, Text.SMART), (2, slugs.kramdown, Text.SOURCE)],
)
def test_kramdown(column: int, rule: slugs.Rule, text: Text) -> None:
    # only {#id} at the end is a list to kramdown
    ways = [Way(rule, text, slugs.counted, attributes=known) for known in (True, False)]
    columns = [ours("jekyll", way, document()) for way in ways]
    wrong = [
        (row[0], row[column], ids)
        for row, *ids in zip(KRAMDOWN, *columns, strict=True)
        if row[column] not in ids
    ]
    assert wrong == []


# -- pure --------------------------------------------------------------------------------------------------


@functools.cache
def _reference() -> Callable[[str, set[str]], str]:
    from markdown.extensions.toc import unique

    return unique


@given(st.lists(st.sampled_from(["a", "a_1", "a_2", "a_7", "", "_1", "_", "b_01"]), max_size=14))
def test_numbers_are_python_markdowns(texts: list[str]) -> None:
    theirs: set[str] = set()
    mine: dict[str, int] = {}
    assert [slugs.underscored(text, mine) for text in texts] == [_reference()(text, theirs) for text in texts]


@pytest.mark.parametrize(
    ("rule", "text", "slug"),
    [
        (slugs.mdbook, "Hello, World_1 é", "hello-world_1-é"),
        (slugs.mdbook, "ÉTÉ", "ÉtÉ"),
        (slugs.mdbook_lower, "ÉTÉ", "été"),
        (slugs.zola, "Été à 1.0!", "ete-a-1-0"),
        (slugs.zola, "中文", ""),
        (slugs.zola_safe, "Été à (1)", "Été_à_1"),
        (slugs.obsidian, "A: b  (c)", "a b c"),
        (slugs.pymdown, "<b>A  É</b> İ x", "a--é-i-x"),
        (slugs.pymdown_cased, "A É", "A-É"),
    ],
)
def test_rules_that_are_read_only(rule: slugs.Rule, text: str, slug: str) -> None:
    assert rule(text) == slug


NON_LATIN = ("中文", "日本語の見出し", "Привет, мир", "हिन्दी", "العربية", "한국어", "Straße Øre", "½ ™")


@pytest.mark.parametrize("heading", NON_LATIN)
def test_what_zola_writes_in_latin_letters_is_not_called_missing(heading: str) -> None:
    found = of_markdown(f"# {heading}\n".encode(), "markdown", "zola", ScanOptions())
    assert not found.complete


def test_a_latin_document_of_zola_is_complete() -> None:
    assert of_markdown("# Été\n".encode(), "markdown", "zola", ScanOptions()).complete

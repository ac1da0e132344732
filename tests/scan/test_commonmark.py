"""Our reading of CommonMark against other implementations of it, and against its own examples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import commonmark
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser
from tests.generators import commonmark_specification

from holdfast import urls
from holdfast.model import ScanOptions
from holdfast.scan import frontmatter, scan

BASE = "https://base.example/dir/"


@dataclass(frozen=True)
class Targets:
    """The URLs of a document as browsers would request them."""

    images: frozenset[str]
    links: frozenset[str]


def request(destination: str) -> str:
    """What a browser requests for a destination whose escapes are undone."""
    return urls.resolve(urls.percent_encode(destination), BASE)


def ours(source: str) -> tuple[Targets, frozenset[str]]:
    """What we find of Markdown proper, and apart from it the definitions that no image uses."""
    found = [item for item in scan(source.encode(), "markdown", base=BASE).references if not item.dynamic]
    markdown = [item for item in found if item.kind in ("image", "link", "autolink", "definition")]
    return (
        Targets(
            frozenset(item.url for item in markdown if item.embed and item.kind != "link"),
            frozenset(item.url for item in markdown if item.kind in ("link", "autolink")),
        ),
        frozenset(item.url for item in markdown if item.kind == "definition"),
    )


def by_markdown_it(source: str) -> Targets:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.normalizeLink = lambda url: url
    parser.validateLink = lambda _: True
    images, links = set(), set()

    def visit(tokens: list[Token]) -> None:
        for token in tokens:
            if token.type == "image":
                images.add(str(token.attrs["src"]))
            elif token.type == "link_open":
                links.add(str(token.attrs["href"]))
                visit(token.children or [])
            else:
                visit(token.children or [])

    visit(parser.parse(source))
    return _requested(images, links)


def by_commonmark(source: str) -> Targets:
    images, links = set(), set()
    in_image = 0
    for node, entering in commonmark.Parser().parse(source).walker():
        if node.t == "image":
            if entering and not in_image:
                images.add(node.destination)
            in_image += 1 if entering else -1
        elif node.t == "link" and entering and not in_image:
            links.add(node.destination)
    # this one keeps its destinations escaped for HTML
    return _requested(
        {url.replace("&amp;", "&") for url in images}, {url.replace("&amp;", "&") for url in links}
    )


def _requested(images: set[str], links: set[str]) -> Targets:
    return Targets(
        frozenset(request(url) for url in images if url), frozenset(request(url) for url in links if url)
    )


def assert_agrees(source: str, theirs: Targets) -> None:
    """Our references are theirs, a link by reference being found at its definition."""
    mine, definitions = ours(source)
    assert mine.images == theirs.images
    assert mine.links <= theirs.links
    assert theirs.links <= mine.links | definitions


CASES = [
    # 2.4 and 2.5: escapes and entities
    r"[a](b\*c\\d\e) [b](<c\>d>) ![c](\#x) [d](&auml;&#228;&#xe4;) [e](x&nosuch;y)",
    "[a](b%20c%zz) [b](ü?ö=ä&amp;x) [c](a\\)b) [d](http://a.example/\\[x\\])",
    # 4.4 to 4.6: what is code or HTML
    "    [a](b)\n\n\t[c](d)\n\na\n    [e](f)\n\n```\n[g](h)\n````\n[i](j)",
    "~~~ x\n[a](b)\n~~~\n\n`` [c](d) ` ``[e](f) `[g](h)\n\n<b [x](y)>\n\n<div>\n[i](j)\n\n[k](l)\n</div>",
    # 4.7: definitions
    "[a]:\n/b\n'c'\n\n[a] [A][] [x][ a ]\n\n[d]: <e f> (g)\n[h]: i 'j' k\n[h]\n\n[l]: <>\n[l] [d]",
    "[x]\n[a]: b\n\n[c]: d\n[c]: e\n\n[c] [a]\n\n> [q]: r\n\n[q] [[q]] [q][c] [q](s)",
    "[a\\]b]: c\n\n[a\\]b] [a]b]\n\n- [n]: m\n\n  [n]\n\n# [h]: x\n[h]",
    # 5: containers
    "> [a](b)\nc\n> - [d](\n>   e\n>   'f')\n> 1. ![g](h)\n\n-\t[i](j)\n\n      [k](l)\n\n10) [m](n)",
    # 6.3 and 6.4: links and images
    "[a]( b 'c' ) [d](e(f(g))) [h](i(j) [k](l 'm \"n') [o](p\"q) [r](<s\nt>) [u](v\nw)",
    "[a [b](c) d](e) [f ![g](h) i](j) ![k [l](m)](n) ![o ![p](q)](r) [s *t](u)* *v [w*](x)",
    "[a]()[b](<>)[c](#d)[e](?f)[g] (h) [i]\n(j) [k](l)m](n) \\[o](p) [q\\](r) !\\[s](t) \\![u](v)",
    "[a](b)[c](d)![e](f)[![g](h)](i) [`j](k)` <l [m](n)> [o<p](q)r>",
    # 6.5: autolinks
    "<https://a.example/?b=c&d=e> <https://f.example/g h> <mailto:i@j> <k@l.example> <m:n> <ab:> <https://o.example/\\[p>",
]


@pytest.mark.parametrize("source", CASES)
def test_agrees_with_two_others(source: str) -> None:
    first, second = by_markdown_it(source), by_commonmark(source)
    assert first == second, "a case on which they disagree proves nothing"
    assert_agrees(source, first)


PIECES = [
    *(
        "[",
        "]",
        "(",
        ")",
        "](",
        "![",
        "<",
        ">",
        "](<",
        ">)",
        "`",
        "``",
        "*",
        "_",
        "\\",
        "\\]",
        "\\[",
        "!",
        "|",
    ),
    *(
        "\n",
        "\n\n",
        "> ",
        "- ",
        "1. ",
        "    ",
        "\t",
        " ",
        "#",
        "---\n",
        "=\n",
        "```\n",
        "~~~\n",
        '"t"',
        ' "t"',
        "'",
    ),
    *("[r]", "[r]: /u\n", "\n[r]: <b c>\n", "[s]: x(y) 't'\n", "[x][r]", "![x][s]", "[s][]"),
    *("[a](b)", "![i](j)", "[![i](j)](k)", "/u(v)", "/u\\)", "%20", "%zz", "&amp;", "&copy", "a", "é", "中"),
    *("<https://a.example/z>", "<a@b.example>", "<b>", "</b>", "<!-- c -->"),
]


@settings(deadline=None, max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_agrees_wherever_two_others_do(source: str) -> None:
    theirs = by_markdown_it(source)
    assume(theirs == by_commonmark(source))
    assume("|" not in source or theirs == by_markdown_it(source.replace("|", "a")))  # tables are GFM's
    assert_agrees(source, theirs)


CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus of real posts beside this checkout")
def test_agrees_on_real_posts() -> None:
    seen = 0
    for path in sorted(CORPUS.rglob("*.md")):
        source = path.read_bytes()
        body = source[frontmatter.read(source, ScanOptions()).end :].decode().removeprefix("\ufeff")
        if re.search(r"\{\{|\{%|<%|\$\{", body):
            continue  # template languages are ours alone
        assert_agrees(body, by_markdown_it(body))
        seen += 1
    assert seen > 500


EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.MULTILINE | re.DOTALL)


def test_every_example_of_the_specification() -> None:
    examples = EXAMPLE.findall(commonmark_specification().replace("→", "\t"))
    assert len(examples) == 652
    for source, rendered in examples:
        tree = LexborHTMLParser(f"<body>{rendered}")
        theirs = {
            urls.resolve(url, BASE)
            for node in tree.css("[href], img[src]")
            for url in (node.attributes.get("href") or node.attributes.get("src"),)
            if url
        }
        found = [
            item
            for item in scan(source.encode(), "markdown", base=BASE).references
            if item.kind != "bare-url"
        ]
        assert theirs <= {item.url for item in found}, source
        assert {item.url for item in found if item.kind != "definition"} <= theirs, source

"""No document and no page costs more than in proportion to its length.

The processor's time at two sizes: eight times the input may take 24 times as long, where quadratic work would
take 64.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest

from holdfast.check.anchors import has, nearest, of_html, of_markdown
from holdfast.check.textfragment import holds_text, text_fragment
from holdfast.model import Language, ScanOptions

Work = Callable[[int], None]


def markdown(flavour: str, make: Callable[[int], str], language: Language = "markdown") -> Work:
    def work(count: int) -> None:
        of_markdown(make(count).encode(), language, flavour, ScanOptions())

    return work


def repeated(text: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda count: before + text * count + after


def page(text: str) -> Work:
    def work(count: int) -> None:
        anchors = of_html((text * count).encode())
        has(anchors, "missing")
        nearest(anchors, "missing")

    return work


def quoted(text: str, value: Callable[[int], str]) -> Work:
    def work(count: int) -> None:
        parsed = text_fragment(":~:text=" + value(count))
        assert parsed is not None
        holds_text(("<p>" + text * count).encode(), parsed)

    return work


HOSTILE: Mapping[str, Work] = {
    "templates in headings": markdown("hugo", repeated("# {{ x }}\n\n")),
    "expressions in headings": markdown("docusaurus", repeated("# {x}\n\n"), "mdx"),
    "ids in comments": markdown("docusaurus", repeated("# a {/* #x */}\n\n"), "mdx"),
    "components": markdown("docusaurus", repeated("<A>\n\n# x\n\n</A>\n"), "mdx"),
    "shortcodes": markdown("hugo", repeated("## {{< x >}} {#a}\n")),
    "open shortcodes": markdown("hugo", repeated("{{< highlight x >}}\n# a\n")),
    "definitions": markdown("hugo", repeated("a\n: b\n\n")),
    "white space": markdown("hugo", repeated(" \t", "x", "x")),
    "bare URLs": markdown("hugo", repeated("http://", "# ")),
    "dots": markdown("hugo", repeated("a.", "# a@", "\n")),
    "one name": markdown("plain", repeated("# a\n")),
    "one name numbered": markdown("mkdocs", repeated("# a_1\n")),
    "names that are numbers of others": markdown(
        "plain", lambda count: "".join(f"# a-{number}\n# a\n" for number in range(count))
    ),
    "numbers of others in MkDocs": markdown(
        "mkdocs", lambda count: "".join(f"# a_{number}\n# a\n" for number in range(count))
    ),
    "no letters in MkDocs": markdown(
        "mkdocs", lambda count: "".join(f"# _{number}\n# !\n" for number in range(count))
    ),
    "one long heading": markdown("jekyll", repeated("aaaa", "# ")),
    "one heading of many parts": markdown("jekyll", repeated("a\\*`b`", "# ")),
    "setext of many lines": markdown("jekyll", repeated("a\n", "", "===\n")),
    "open lists of attributes": markdown("jekyll", repeated("{#", "# ")),
    "spaces before a list": markdown("jekyll", repeated("  ", "# ", "{")),
    "spaces before a brace": markdown("jekyll", repeated("  ", "x", "x {")),
    "lists of attributes": markdown("jekyll", repeated("# a {: .b}\n")),
    "lists on their own lines": markdown("jekyll", repeated("# a\n{: #b}\n")),
    "closing signs": markdown("jekyll", repeated(" #", "# ", "x")),
    "tags without an end": markdown("mkdocs-unicode", repeated("\\<", "# ")),
    "elements with ids": markdown("plain", repeated("<a id=x></a>\n\n")),
    "open comments": markdown("plain", repeated("<!--\n\n")),
    "comments": markdown("plain", repeated("<!-- # x -->\n\n# x\n")),
    "many bodies": markdown("plain", repeated("<body id=x>\n\n")),
    "nested elements": markdown("plain", repeated("<div>", "", "<p id=x>")),
    "nested quotes": markdown("plain", repeated("> ", "", "# a\n")),
    "nested marks": markdown("hugo", repeated("*a _b ", "# ")),
    "open links": markdown("plain", repeated("[", "# ")),
    "open pictures": markdown("plain", repeated("![", "# ")),
    "footnotes": markdown(
        "mkdocs", lambda count: "".join(f"a[^{number}]\n\n[^{number}]: x\n\n" for number in range(count))
    ),
    "block ids": markdown("obsidian", repeated("a ^b\n\n")),
    "emoji": markdown("vitepress", repeated(":a", "# ")),
    "ids of a page": page("<p id=x>"),
    "nesting of a page": page("<div>"),
    "bodies of a page": page("<body a=b>"),
    "noscripts of a page": page("<script></script><noscript>requires "),
    "roots of applications": page("<script></script><div id=app>x"),
    "many starts": quoted("a ", lambda _: "a,-b"),
    "starts within words": quoted("a", lambda _: "a"),
    "a long start": quoted("a", lambda count: "a" * (count // 2)),
    "a long prefix": quoted("a ", lambda count: "a%20" * (count // 2) + "z-,a"),
    "many quotes": quoted("a ", lambda count: "&text=".join(["a,-a"] * (count // 10))),
    "many ends": quoted("a ", lambda count: "&text=".join(["a,a"] * (count // 10))),
}


def cost(work: Work, count: int) -> float:
    begin = time.process_time()
    work(count)
    return time.process_time() - begin


@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_linear(name: str) -> None:
    work = HOSTILE[name]
    work(10)  # what is made once
    # 50 ms: where nothing takes that long, the clock and the collector decide
    most = 3 * 8 * min(cost(work, 500), cost(work, 500)) + 0.05
    large = cost(work, 4000)
    if large >= most:  # the better of two counts, and it may be this one
        large = min(large, cost(work, 4000))
    assert large < most, f"{large * 1000:.1f} ms where {most * 1000:.1f} ms are the most"

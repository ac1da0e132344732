"""A second opinion on what pages fetch: lexbor's tree and tinycss2's tokens, which share no line with ours.

The set of URLs that they find in a page must be the set that is read from its bytes.
"""

# ruff: noqa: E501 - tables

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import ada_url
import pytest
import tinycss2
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode
from tests.offline.sites.copying import mkdocs

from holdfast.offline.pages import page
from holdfast.offline.parts import Role

HERE = "https://blog.example/post/a/"

# -- the second opinion --------------------------------------------------------------------------------------

ATTRIBUTES = {
    "img": "src srcset data-src data-srcset data-original",
    "source": "src srcset data-src data-srcset",
    "video": "src poster data-src data-poster",
    "audio": "src data-src",
    "track": "src",
    "embed": "src",
    "object": "data",
    "iframe": "src data-src",
    "frame": "src",
    "script": "src",
    "body": "background",
    "table": "background",
    "td": "background",
    "image": "href xlink:href",
    "use": "href xlink:href",
    "feimage": "href xlink:href",
}
"""By the element's name in lower case: whatever is fetched without looking at other attributes."""

FOREIGN = {
    "svg": True,
    "math": True,
    "foreignobject": False,
    "desc": False,
    "title": False,
    "annotation-xml": False,
}
"""By the nearest of these around an element: whether it is no HTML (HTML 13.2.6.5)."""

FETCHING = [
    "stylesheet",
    "icon",
    "apple-touch-icon",
    "manifest",
    "preload",
    "modulepreload",
    "prefetch",
    "prerender",
    "mask-icon",
]


def second_opinion(source: bytes) -> set[str]:
    tree = LexborHTMLParser(source.decode())
    base = HERE
    for node in tree.css("base"):
        if (href := node.attributes.get("href")) is not None and not is_foreign(node):
            base = join(HERE, href) or HERE
            break
    found: set[str] = set()
    for node in nodes(tree):
        found |= {url for said in of_node(node) if (url := fetched(base, said))}
    return found


def is_foreign(node: LexborNode) -> bool:
    """Whether the parser made an element of SVG's or MathML's of it: `<base>` is one's own there, not HTML's."""
    above = node.parent
    while above is not None and above.tag not in FOREIGN:
        above = above.parent
    return above is not None and FOREIGN[above.tag]


def nodes(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    """Every element, also in templates, whose content is no part of the tree."""
    yield from tree.css("*")
    for node in tree.css("template"):
        inner = (node.html or "").partition(">")[2].rpartition("</template>")[0]
        yield from nodes(LexborHTMLParser(inner))


def of_node(node: LexborNode) -> Iterator[str]:
    name, attributes = (node.tag or "").lower(), node.attributes
    if name == "link" and set((attributes.get("rel") or "").lower().split()) & set(FETCHING):
        yield attributes.get("href") or ""
    if name == "input" and (attributes.get("type") or "").lower() == "image":
        yield attributes.get("src") or ""
    if name == "meta" and (attributes.get("http-equiv") or "").lower() == "refresh":
        match = re.fullmatch(
            r"\s*\d+\s*[;,]\s*url\s*=\s*(\S+)\s*", attributes.get("content") or "", re.IGNORECASE
        )
        yield match[1] if match else ""
    for attribute in ATTRIBUTES.get(name, "").split():
        value = attributes.get(attribute) or ""
        if attribute.endswith("srcset"):
            yield from (piece.split()[0] for piece in value.split(", ") if piece.split())
        else:
            yield value
    yield from in_css(tinycss2.parse_component_value_list(attributes.get("style") or ""))
    if name == "style":
        yield from in_css(tinycss2.parse_component_value_list(node.text(deep=True)))


def in_css(tokens: list[tinycss2.ast.Node]) -> Iterator[str]:
    importing = False
    for token in tokens:
        if token.type == "at-keyword":
            importing = token.lower_value == "import"
        elif token.type == "url" or (token.type == "string" and importing):
            yield token.value
        elif token.type == "function" and token.lower_name == "url":
            yield from (each.value for each in token.arguments if each.type == "string")
        elif token.type != "whitespace":
            importing = False
        if token.type in ("function", "() block", "[] block", "{} block"):
            yield from in_css(token.arguments if token.type == "function" else token.content)


def join(base: str, said: str) -> str:
    try:
        return ada_url.join_url(base, said)
    except ValueError:
        return ""


def fetched(base: str, said: str) -> str:
    said = said.strip()
    if not said or said.startswith("#"):
        return ""
    url = join(base, said)
    return url if url.startswith(("http://", "https://")) else ""


# -- what they must agree on ---------------------------------------------------------------------------------


def ours(source: bytes) -> set[str]:
    parts = page(source, HERE)
    return {need.reference.url for need in parts.needs if need.role is Role.REQUISITE}


URLS = st.sampled_from([
    *("a.png", "/b.css", "../c.js?x=1&amp;y=2", "//far.example/d.png", "https://far.example/e%20f.svg#x", "#top"),
    *("data:image/gif;base64,R", "javascript:x()", "mailto:a@b.example", "http://[", "", " g.png ", "ü.png", "h?&copy"),
])  # fmt: skip
TEMPLATES = [
    *("<img src='{}'>", '<img src="{}" srcset="{} 1x, {} 2x">', "<img data-src='{}'>", "<IMG SRC={}>"),
    *("<picture><source srcset='{}'><img src='{}'></picture>", "<video src='{}' poster='{}'><source src='{}'></video>"),
    *("<audio src='{}'></audio>", "<embed src='{}'>", "<object data='{}'></object>", "<iframe src='{}'></iframe>"),
    *("<script src='{}'></script>", "<link rel=stylesheet href='{}'>", "<link rel='x ICON' href='{}'>", "<a href='{}'>"),
    *("<link rel=canonical href='{}'>", "<input type=image src='{}'>", "<input src='{}'>", "<table background='{}'>"),
    *("<td background='{}'>", "<meta http-equiv=refresh content='1; url={}'>", "<p style='background: url({})'>"),
    *("<style>@import '{}'; p {{ background: url(\"{}\") }}</style>", "<style>/* {} */ p::after {{ content: '{}' }}</style>"),
    *("<svg><use href='{}'/><image xlink:href='{}'/></svg>", "<svg>", "</svg>", "<noscript><img src='{}'></noscript>"),
    *("<template><img src='{}'></template>", "<!-- <img src='{}'> -->", "<textarea><img src='{}'></textarea>"),
    *("<p>", "</p>", "</a>", "<table>", "</table>", "<tr>", "text", "<b>", "</b>", "<div>", "</div>", "&lt;img src={}&gt;"),
    *("<body background='{}'>", "<base href='/base/'>", "<h1>", "<ul><li>", "</ul>", "<form>", "<select>", "</select>"),
]  # fmt: skip


@st.composite
def pages(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.sampled_from(TEMPLATES), max_size=10))
    return "".join(piece.format(*(draw(URLS) for _ in range(piece.count("{}")))) for piece in pieces)


@settings(max_examples=250, deadline=None)
@given(pages())
def test_both_find_the_same_in_any_page(text: str) -> None:
    assert ours(text.encode()) == second_opinion(text.encode())


# -- real pages ----------------------------------------------------------------------------------------------

THEMES = ["{name: mkdocs}", "{name: readthedocs}", "{name: material, features: [navigation.instant]}"]
DOCUMENT = """# A page

![](a.png) <img src="https://far.example/b.png" loading="lazy"> [far](https://far.example/)

<video src="c.mp4" poster="d.png"></video><iframe src="https://far.example/e"></iframe>

```js
import "./a.js"; document.write("<img src='x.png'>")
```
"""


@pytest.mark.sites
@pytest.mark.parametrize("theme", THEMES)
def test_both_find_the_same_in_real_pages(tmp_path: Path, theme: str) -> None:
    settings = f"site_name: x\nsite_url: {HERE}\nrepo_url: https://far.example/r\ntheme: {theme}\n"
    site = mkdocs(tmp_path, settings, {"index.md": DOCUMENT, "b/c.md": DOCUMENT})
    pages = sorted(site.rglob("*.html"))
    assert len(pages) >= 3
    for path in pages:
        source = path.read_bytes()
        assert ours(source) == second_opinion(source) > set()

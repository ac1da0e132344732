"""What a document asks holdfast to leave alone."""

from __future__ import annotations

import pytest
from tests.scan.found import lines

from holdfast.scan import ignore

IGNORED: dict[str, tuple[str, list[str]]] = {
    "the paragraph after": (
        "<!-- holdfast-ignore -->\n![a](no) https://no.example\n\n![b](i.png)",
        ["!image i.png"],
    ),
    "the block after a blank line": ("<!-- holdfast-ignore -->\n\n![a](no)\n\n![b](i.png)", ["!image i.png"]),
    "a whole list": ("<!-- holdfast-ignore -->\n- ![a](no)\n- ![b](no)\n\na ![c](i.png)", ["!image i.png"]),
    "a whole quote": ("<!-- holdfast-ignore -->\n> ![a](no)\n>\n> ![b](no)\n\n![c](i.png)", ["!image i.png"]),
    "a whole table": (
        "<!-- holdfast-ignore -->\n\n|![a](no)|\n|-|\n|![b](no)|\n\n![c](i.png)",
        ["!image i.png"],
    ),
    "a heading": ("<!-- holdfast-ignore -->\n# ![a](no)\n![b](i.png)", ["!image i.png"]),
    "an HTML block": (
        '<!-- holdfast-ignore -->\n<div>\n<img src="no">\n</div>\n\n<img src="i.png">',
        ["!html-img-src i.png"],
    ),
    "the rest of an HTML block": (
        '<div>\n<img src="i.png">\n<!-- holdfast-ignore -->\n<img src="no">\n</div>',
        ["!html-img-src i.png"],
    ),
    "the rest of a paragraph": (
        "![a](i.png) <!-- holdfast-ignore --> ![b](no)\n![c](no)\n\n![d](j.png)",
        ["!image i.png", "!image j.png"],
    ),
    "an item of a list": ("- <!-- holdfast-ignore -->\n  ![a](no)\n- ![b](i.png)", ["!image i.png"]),
    "a cell of a table": ("|a|b|\n|-|-|\n|<!-- holdfast-ignore --> ![a](no)|![b](i.png)|", ["!image i.png"]),
    "a definition": ("<!-- holdfast-ignore -->\n[r]: no\n\n![r] ![b](i.png)", ["!image i.png"]),
    "a shortcode": (
        "<!-- holdfast-ignore -->\n{{< img src=no >}}\n\n{{< img src=i.png >}}",
        ["!shortcode i.png"],
    ),
    "one block of two": ("<!-- holdfast-ignore -->\n![a](no)\n\n<!-- b -->\n\n![c](i.png)", ["!image i.png"]),
    "a reason": ("<!-- holdfast-ignore: made up -->\n![a](no)\n\n<!--holdfast-ignore (x)-->\n![b](no)", []),
    "a region": (
        "![a](i.png)\n\n<!-- holdfast-ignore-start -->\n![b](no)\n\n- [c](no)\n\n"
        "<!-- holdfast-ignore-end -->\n![d](j.png)",
        ["!image i.png", "!image j.png"],
    ),
    "a region in a line": (
        "![a](i.png) <!-- holdfast-ignore-start --> ![b](no) <!-- holdfast-ignore-end --> ![c](j.png)",
        ["!image i.png", "!image j.png"],
    ),
    "a region without an end": (
        "![a](i.png)\n\n<!-- holdfast-ignore-start -->\n\n![b](no)",
        ["!image i.png"],
    ),
    "regions do not nest": (
        "<!-- holdfast-ignore-start -->\n\n<!-- holdfast-ignore-start -->\n![a](no)\n\n"
        "<!-- holdfast-ignore-end -->\n![b](i.png)",
        ["!image i.png"],
    ),
}


@pytest.mark.parametrize(("source", "expected"), IGNORED.values(), ids=IGNORED.keys())
def test_ignored(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(("source", "expected"), IGNORED.values(), ids=IGNORED.keys())
def test_everything_counts_without_the_mark(source: str, expected: list[str]) -> None:
    assert len(lines(source.replace("holdfast-", "other-"))) > len(expected)


HEEDED = {
    "another word": "<!-- holdfast-ignored -->\n![a](i.png)",
    "a word before it": "<!-- please holdfast-ignore -->\n![a](i.png)",
    "in code": "`<!-- holdfast-ignore -->` ![a](i.png)",
    "in fenced code": "```\n<!-- holdfast-ignore-start -->\n```\n\n![a](i.png)",
    "escaped": "\\<!-- holdfast-ignore -->\n![a](i.png)",
    "an end without a start": "<!-- holdfast-ignore-end -->\n![a](i.png)",
    "a mark at the end": "![a](i.png)\n\n<!-- holdfast-ignore -->\n",
    "in prose": "holdfast-ignore ![a](i.png)",
}


@pytest.mark.parametrize("source", HEEDED.values(), ids=HEEDED.keys())
def test_not_ignored(source: str) -> None:
    assert lines(source) == ["!image i.png"]


MDX = {
    "the paragraph after": ("{/* holdfast-ignore */}\n![a](no)\n\n![b](i.png)", ["!image i.png"]),
    "the rest of a paragraph": ("![a](i.png) {/* holdfast-ignore */} ![b](no)", ["!image i.png"]),
    "in a quote": ("> {/* holdfast-ignore */}\n>\n> ![a](no)\n>\n> ![b](i.png)", ["!image i.png"]),
    "a region": (
        "{/* holdfast-ignore-start */}\n\n![a](no)\n\n{/* holdfast-ignore-end */}\n\n![b](i.png)",
        ["!image i.png"],
    ),
}


@pytest.mark.parametrize(("source", "expected"), MDX.values(), ids=MDX.keys())
def test_ignored_in_mdx(source: str, expected: list[str]) -> None:
    assert lines(source, "mdx") == expected


def test_an_element_with_the_attribute() -> None:
    assert lines('<p data-holdfast-ignore><img src="no"></p>\n\n<img src="i.png">') == ["!html-img-src i.png"]


HTML = {
    "the element after": (
        '<!-- holdfast-ignore --><div><div><img src="no"></div><img src="no"></div><img src="i.png">',
        ["!html-img-src i.png"],
    ),
    "an element without content": (
        '<!-- holdfast-ignore -->\n<img src="no"><IMG src="i.png">',
        ["!html-img-src i.png"],
    ),
    "an element that is never closed": (
        '<!-- holdfast-ignore -->\n<p style="background: url(no)"><img src="i.png">',
        ["!html-img-src i.png"],
    ),
    "a region": (
        '<!-- holdfast-ignore-start --><img src="no"><!-- holdfast-ignore-end --><img src="i.png">',
        ["!html-img-src i.png"],
    ),
}


@pytest.mark.parametrize(("source", "expected"), HTML.values(), ids=HTML.keys())
def test_ignored_in_html(source: str, expected: list[str]) -> None:
    assert lines(source, "html") == expected
    assert len(lines(source.replace("holdfast-", "other-"), "html")) > len(expected)


def test_merged_ranges_cover_the_same_bytes() -> None:
    ranges = [(5, 9), (1, 3), (8, 12), (3, 4), (20, 20)]
    merged = ignore.merged(ranges)
    assert merged == [(1, 4), (5, 12), (20, 20)]
    for offset in range(25):
        assert ignore.covers(merged, offset) == any(start <= offset < end for start, end in ranges)

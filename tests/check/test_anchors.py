"""Which fragments name a place in a Markdown document or a page."""

from __future__ import annotations

import pytest

from holdfast.check import anchors
from holdfast.check.flavours import FLAVOURS
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

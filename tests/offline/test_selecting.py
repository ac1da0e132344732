"""What a page has nowhere is not asked for; what it has is, however it is spelled."""

from __future__ import annotations

import pytest

from holdfast.offline.pages import page
from holdfast.offline.rows import ATTRIBUTES, Shape
from holdfast.offline.selecting import selector

DATA = sorted({row.attribute for row in ATTRIBUTES if row.attribute.startswith("data-")})


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("before", ["<p data-x>", "<p data->", "data-data-", '<p title="data-'])
def test_an_attribute_is_seen_whatever_stands_around_it(name: str, before: str) -> None:
    spelled = name.upper()
    element = next(row.element for row in ATTRIBUTES if row.attribute == name).replace("*", "img")
    after = '">' if before.endswith('"data-') else ""
    found = page(f"{before}{after}<{element} {spelled}=a.png>".encode(), "https://a.lan/b/")
    other = page(f"<{element} {spelled}=a.png>".encode(), "https://a.lan/b/")
    assert [need.reference.url for need in found.needs] == [need.reference.url for need in other.needs] != []


def test_what_is_nowhere_is_not_asked_for() -> None:
    assert "data-" not in selector(b"<p class=data>", foreign=False)
    assert "[data-src]" in selector(b"<p data-src-x data-src=a>", foreign=False)
    assert "[fill" in selector(b"", foreign=True)
    assert "[fill" not in selector(b"", foreign=False)


@pytest.mark.parametrize(
    "around", ["{}", "<template>{}</template>", "<p><table>{}", "<noscript>{}</noscript>", "<math><mtext>{}"]
)
@pytest.mark.parametrize(
    "name", sorted({row.attribute for row in ATTRIBUTES if row.shape is Shape.STYLE and row.svg})
)
def test_drawings_are_seen_wherever_they_stand(name: str, around: str) -> None:
    drawing = f'<SVG><path {name}="url(a.svg#b)"><animate attributeName=href to=c.png></SVG>'
    found = page(around.format(drawing).encode(), "https://a.lan/b/")
    assert [need.reference.raw for need in found.needs] == [b"a.svg#b", b"c.png"]

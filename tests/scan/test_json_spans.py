"""JSON front matter: where it ends, and which bytes spell a URL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scan.marks import found, unmark

from holdfast.model import ScanOptions, Syntax
from holdfast.scan import frontmatter

OPTIONS = ScanOptions()

MUST_FIND = {
    "one line": '{"title": "x", "image": "«https://h/a»"}\n',
    "many lines": '{\n  "title": "x",\n  "image": "«https://h/a»"\n}\n',
    "no spaces": '{"images":["«https://h/a»","«https://h/b»"],"link":"‹https://h/c›"}\n',
    "escaped slashes": '{"image": "«https:\\/\\/h\\u002fa»"}\n',
    "space around it": '{"image": " «https://h/a» "}\n',
    "nested": '{"cover": {"image": "«https://h/a»", "caption": "‹https://h/b›"}}\n',
    "list of mappings": '{"gallery": [{"url": "«//h/a»"}, {"alt": "‹https://h/b›", "src": "«c.png»"}]}\n',
    "escaped key": '{"im\\u0061ge": "«https://h/a»"}\n',
    "duplicate keys": '{"image": "«https://h/a»", "image": "«https://h/b»"}\n',
    "braces and quotes inside strings": '{"title": "}{\\"}", "image": "«https://h/a»"}\n',
    "wide characters before it": '{"标题": "腾讯😀", "image": "«https://h/图»"}\n',
    "literals around it": '{"a": 1e5, "b": null, "image": "«https://h/a»", "c": [true, -0.5]}\n',
    "dynamic": '{"image": "⟦https://h/{{ x }}⟧"}\n',
}

MUST_NOT_FIND = {
    "a key": '{"https://h/a.png": "x"}\n',
    "prose": '{"image": "see https://h/a.png"}\n',
    "a path under another key": '{"path": "/a/b.png"}\n',
    "half a surrogate pair": '{"image": "https://h/\\ud800"}\n',
    "nothing": "{}\n",
}

NOT_FRONT_MATTER = [
    "{{< figure src=a.png >}}\n",
    "{% raw %}\n",
    "{: .class}\n",
    "{ prose }\n",
    '{"prose"}\n',
    "{\n",
    "text {}",
]


@pytest.mark.parametrize("marked", MUST_FIND.values(), ids=MUST_FIND.keys())
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["", "BOM"])
def test_finds_exactly_the_bytes_of_the_url(marked: str, bom: str) -> None:
    source, expected = unmark(f"{bom}{marked}body\n")
    result = frontmatter.read(source, OPTIONS)
    assert result.notices == ()
    assert found(result.references) == expected
    assert {each.syntax for each in result.references} == {Syntax.JSON}
    assert source[result.end :] == b"body\n"


@pytest.mark.parametrize("block", MUST_NOT_FIND.values(), ids=MUST_NOT_FIND.keys())
def test_leaves_alone_what_is_no_reference(block: str) -> None:
    result = frontmatter.read(block.encode(), OPTIONS)
    assert (result.references, result.notices, result.format) == ((), (), "json")


@pytest.mark.parametrize("source", NOT_FRONT_MATTER)
def test_a_brace_is_not_always_json(source: str) -> None:
    assert frontmatter.read(source.encode(), OPTIONS) == frontmatter.NONE


def test_text_after_the_last_brace_is_the_body() -> None:
    source = b'{"image":"/a.png"} body'
    assert source[frontmatter.read(source, OPTIONS).end :] == b" body"


@pytest.mark.parametrize(
    ("source", "end", "words"),
    [
        ('{"a": tru}\nbody', 11, "line 1: the JSON front matter cannot be read: expecting value"),
        (
            '{"a": 1,\n "b" 2}\nbody',
            17,
            "line 2: the JSON front matter cannot be read: expecting ':' delimiter",
        ),
        ('{"a": 1,\n', 0, "its last brace is missing"),
        ('{"a": "x', 0, "its last brace is missing"),
        ('{"a": ' + "[" * 150 + "]" * 150 + "}", 307, "it nests deeper than 100 levels"),
        ('{"a": ' + "[" * 60_000 + "]" * 60_000 + "}", 120_007, "it nests deeper than 100 levels"),
        ('{"a": ' + "1" * 5000 + "}", 5007, "integer string conversion"),
    ],
)
def test_says_in_plain_words_what_is_wrong_and_where(source: str, end: int, words: str) -> None:
    result = frontmatter.read(source.encode(), OPTIONS)
    assert [notice.code for notice in result.notices] == ["front-matter"]
    assert words in result.notices[0].message
    assert (result.references, result.end) == ((), end)


_VALUES = st.recursive(
    st.one_of(
        st.sampled_from(["https://h/a.png", "http://例.com/图", 'https://h/"', "//h/a", "a/b\\.png"]),
        st.text(max_size=8),
        st.integers(),
        st.booleans(),
        st.none(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["image", "src", "t", "链", '"']), inner, max_size=3),
    ),
    max_leaves=10,
)


def _put(data: Any, key: tuple[str | int, ...], value: str) -> Any:
    if not key:
        return value
    if isinstance(data, dict):
        return {
            name: _put(inner, key[1:], value) if name == key[0] else inner for name, inner in data.items()
        }
    return [_put(inner, key[1:], value) if at == key[0] else inner for at, inner in enumerate(data)]


@given(
    st.dictionaries(st.sampled_from(["image", "images", "cover", "x"]), _VALUES, max_size=3),
    st.booleans(),
    st.sampled_from([None, 0, 2]),
)
def test_an_edit_of_a_span_changes_that_value_alone(
    data: dict[str, Any], ascii_only: bool, indent: int | None
) -> None:
    dump = json.dumps(data, ensure_ascii=ascii_only, indent=indent)
    source = dump.encode()
    result = frontmatter.read(source, OPTIONS)
    assert result.notices == ()
    assert result.end == len(source)
    assert dump.count('"https://h/a.png"') == sum(
        each.raw == b"https://h/a.png" for each in result.references
    )
    for each in result.references:
        edited = source[: each.span.start] + b"/archive/x.png" + source[each.span.end :]
        old: Any = data
        for part in each.key:
            old = old[part]
        new = old.replace(old.strip(" \t\r\n"), "/archive/x.png")
        assert json.loads(edited) == _put(data, each.key, new)
        before, after = (frontmatter.tree(text, OPTIONS) for text in (source, edited))
        assert sum(one != other for one, other in zip(before, after, strict=True)) == 1

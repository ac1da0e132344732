"""Web app manifests: which members are URLs, and where exactly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.offline import manifests
from holdfast.offline.parts import Role

BASE = "https://site.example/app/site.webmanifest"

FOUND = [
    ('{"icons":[{"src":"a.png","sizes":"any"},{"src":"b.png"}]}', ["a.png", "b.png"]),
    ('{"screenshots": [{"src": "a.png"}]}', ["a.png"]),
    ('{"shortcuts":[{"url":"/x","icons":[{"src":"a.png"}]}]}', ["/x", "a.png"]),
    ('{"start_url":"\\/x\\u002fy"}', ["\\/x\\u002fy"]),
    ('{"名":"图\\"{","icons":[{"src":"图.png"}]}', ["图.png"]),
    ('\ufeff{"scope":"/","id":"/?a"}', ["/", "/?a"]),
]

NOT_FOUND = [
    "{}",
    '{"name":"a.png","src":"b.png"}',
    '{"icons":{"src":"a.png"}}',
    '{"icons":[{"src":["a.png"]}]}',
    '{"icons":[{"src":"data:image/png;base64,AA"},{"src":""},{"src":1}]}',
    '{"start_url":{"a":"b"}}',
    '{"x":{"icons":[{"src":"a.png"}]}}',
    '{"icons.*.src":"a.png"}',
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_finds_the_urls(text: str, expected: list[str]) -> None:
    source = text.encode()
    found = [need.reference for need in manifests.manifest(source, BASE).needs]
    assert [each.raw.decode() for each in found] == expected
    assert [source[each.span.start : each.span.end] for each in found] == [each.raw for each in found]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_leaves_alone_what_is_none(text: str) -> None:
    parts = manifests.manifest(text.encode(), BASE)
    assert parts.needs == parts.notices == ()


def test_says_what_a_url_is() -> None:
    parts = manifests.manifest(b'{"start_url":"..","scope":"../","icons":[{"src":"i.png"}]}', BASE)
    assert [(need.role, need.reference.url) for need in parts.needs] == [
        (Role.LINK, "https://site.example/"),
        (Role.INFORMATION, "https://site.example/"),
        (Role.REQUISITE, "https://site.example/app/i.png"),
    ]


@pytest.mark.parametrize("text", ["", "{", "<html>", '{"a":' * 5000, "[" * 100000])
def test_says_that_it_is_no_json(text: str) -> None:
    parts = manifests.manifest(text.encode(), BASE)
    assert (parts.needs, [notice.code for notice in parts.notices]) == ((), ["unreadable"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["icons", "src", "start_url", "a"]) | st.text(max_size=3), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_names_exactly_the_bytes_of_each_string(value: object, indent: int | None, ascii_only: bool) -> None:
    source = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    for need in manifests.manifest(source, BASE).needs:
        span = need.reference.span
        assert source[span.start - 1 : span.start] == source[span.end : span.end + 1] == b'"'
        member = json.loads(source)
        for part in need.reference.key:
            member = member[part]
        assert json.loads(source[span.start - 1 : span.end + 1]) == member

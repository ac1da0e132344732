"""URLs that are in normal form already are told from the others without parsing them."""

from __future__ import annotations

import ada_url
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from holdfast import urls
from holdfast.scan import destinations

PLAIN = (
    "https://a.lan/",
    "http://img.example/large/0aF/7.jpg",
    "https://inews.gtimg.com/om_bt/OE9aXkP2nQm1_bT7cS0jS1o/641",
    "https://a-b.c1.lan/x.y/z~(1)!*,;=:@$&+?a=b&c=%20/?#top",
    "https://a--b.lan/a%2fb/c.",
)
OTHERS = (
    "https://a.lan",  # a slash is missing
    "https://A.lan/",
    "HTTPS://a.lan/",
    "https://a.lan:443/",
    "https://u@a.lan/",
    "https://xn--mnchen-3ya.lan/",
    "https://xn--.lan/",  # no name at all
    "https://a.xn--p1ai/",
    "https://127.0.0.1/",
    "https://a.0x7f/",
    "https://a.1/",
    "https://[::1]/",
    "https://localhost/",
    "https://a.lan/b/../c",
    "https://a.lan/./c",
    "https://a.lan/%2e%2E/c",
    "https://a.lan/.well-known/x",
    "https://a.lan/a b",
    "https://a.lan/ä",
    "https://a.lan/a\\b",
    "https://a.lan/a'b",
    "https://a.lan/?'",
    "https://a.lan/^",
    "https://a_b.lan/",
    "//a.lan/",
    "ftp://a.lan/",
    "a.png",
    "https://a.lan/\n",
    "https://a.lan/{{ x }}",
)


@pytest.mark.parametrize("url", PLAIN)
def test_most_urls_are_plain(url: str) -> None:
    assert urls.is_plain(url)
    assert ada_url.URL(url).href == url == urls.resolve(url)
    assert urls.host(url) == ada_url.URL(url).hostname
    assert urls.refusal(url) is None


@pytest.mark.parametrize("url", OTHERS)
def test_the_rest_is_parsed(url: str) -> None:
    assert not urls.is_plain(url)


_TEXT = st.text(alphabet="abz09-._xn:/?#%2eE@&;+~!$()*,='|[]\\^`{}\"< é", max_size=12)


@given(
    st.sampled_from(["https://", "http://", "https:/", "//", ""]),
    st.lists(st.text(alphabet="abxn09-._", max_size=6), max_size=4).map(".".join),
    st.sampled_from(["/", "", "/.", "/%2", "/a/", ":"]),
    _TEXT,
)
@example("https://", "xn--.lan", "/", "")
@example("https://", "a.lan", "/", "..")
def test_what_is_plain_means_itself(scheme: str, name: str, gap: str, rest: str) -> None:
    url = scheme + name + gap + rest
    if not urls.is_plain(url):
        return
    parsed = ada_url.URL(url)
    assert parsed.href == url == ada_url.join_url("https://other.lan/deep/er", url)
    assert urls.host(url) == parsed.hostname
    assert not urls.is_dynamic(url)
    said = urls.percent_encode(destinations.unescape(url))
    assert destinations.address(url) == ada_url.URL(said).href

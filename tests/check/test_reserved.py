"""Which hosts are nobody's, and which only look like it."""

from __future__ import annotations

import pytest

from holdfast import urls
from holdfast.check.reserved import reserved

NOBODYS = [
    ("https://example.com/", "example.com is reserved for examples and tests"),
    ("https://www.example.org./x", "example.org is reserved for examples and tests"),
    ("https://a.b.example/", "example is reserved for examples and tests"),
    ("https://my.test:8443/", "test is reserved for examples and tests"),
    ("http://nothing.invalid/", "invalid is reserved for examples and tests"),
    ("http://localhost:1313/", "localhost is reserved for examples and tests"),
    ("http://app.localhost/", "localhost is reserved for examples and tests"),
    ("http://printer.local/", "local names a network of one's own"),
    ("http://router.home.arpa/", "home.arpa names a network of one's own"),
    ("http://127.0.0.1:8000/", "an address of this machine"),
    ("http://0x7f.1/", "an address of this machine"),
    ("http://[::1]/", "an address of this machine"),
    ("http://192.168.1.1/", "an address that is not public"),
    ("http://169.254.169.254/latest/", "an address that is not public"),
    ("http://192.0.2.7/", "an address for documentation"),
]

SOMEBODYS = [
    "https://example.com.cn/",
    "https://examples.com/",
    "https://test.com/",
    "https://mylocalhost/",
    "https://local.example.de/",
    "https://contest/",
    "https://1.1.1.1/",
    "https://[2606:4700:4700::1111]/",
    "https://docs.lan/",
    "https://xn--fsqu00a.xn--0zwm56d/",
]


@pytest.mark.parametrize(("url", "why"), NOBODYS)
def test_nobodys(url: str, why: str) -> None:
    assert reserved(urls.host(url)) == why


@pytest.mark.parametrize("url", SOMEBODYS)
def test_somebodys(url: str) -> None:
    assert reserved(urls.host(url)) == ""

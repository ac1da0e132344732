"""Proxies are chosen as curl chooses them, and through one everything else still holds."""

from __future__ import annotations

import socket

import pytest
from msgspec.structs import replace
from tests.fetch.asking import LOOPBACK, Table, ask, ask_one, led_to
from tests.servers import Origin, Proxy, Reply

from holdfast.errors import ConfigError
from holdfast.fetch.proxy import Proxies

ENVIRONMENTS = [
    ({}, "", ""),
    ({"http_proxy": "http://p:1"}, "http://p:1", ""),
    ({"HTTP_PROXY": "http://p:1"}, "", ""),  # a CGI's Proxy header
    ({"https_proxy": "http://p:1"}, "", "http://p:1"),
    ({"HTTPS_PROXY": "http://p:1"}, "", "http://p:1"),
    ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "", "http://a:1"),
    ({"all_proxy": "p:1"}, "http://p:1", "http://p:1"),
    ({"ALL_PROXY": "socks5://p:1"}, "socks5h://p:1", "socks5h://p:1"),
    ({"ALL_PROXY": "http://a:1", "https_proxy": "http://b:2"}, "http://a:1", "http://b:2"),
    ({"https_proxy": ""}, "", ""),
]


@pytest.mark.parametrize(("environment", "http", "https"), ENVIRONMENTS)
def test_the_environment(environment: dict[str, str], http: str, https: str) -> None:
    proxies = Proxies.choose(None, environment)
    assert (proxies.of("http", "a.example"), proxies.of("https", "a.example")) == (http, https)


def test_the_option_beats_the_environment() -> None:
    environment = {"https_proxy": "http://e:1", "no_proxy": "b.example"}
    assert Proxies.choose("o:2", environment).of("https", "a.example") == "http://o:2"
    assert Proxies.choose("o:2", environment).of("https", "b.example") == ""
    assert Proxies.choose("", environment).of("https", "a.example") == ""


DIRECT = [
    ("*", "a.example", True),
    ("a.example", "a.example", True),
    ("a.example", "www.a.example", True),
    (".a.example", "a.example", True),
    (".a.example", "www.a.example", True),
    ("a.example", "ba.example", False),
    ("www.a.example", "a.example", False),
    ("x.example, a.example", "a.example", True),
    ("x.example a.example", "a.example", True),
    ("A.Example", "a.example", True),
    ("a.example", "a.example.", True),
    ("10.0.0.0/8", "10.1.2.3", True),
    ("10.0.0.0/8", "11.1.2.3", False),
    ("10.1.2.3", "10.1.2.3", True),
    ("fd00::/8", "[fd00::1]", True),
    ("[::1]", "[::1]", True),
    ("", "a.example", False),
]


@pytest.mark.parametrize(("no_proxy", "host", "expected"), DIRECT)
def test_no_proxy(no_proxy: str, host: str, expected: bool) -> None:
    proxies = Proxies.choose("http://p:1", {"NO_PROXY": no_proxy})
    assert (proxies.of("https", host) == "") is expected


@pytest.mark.parametrize("url", ["ftp://p:1", "http://", "http://a b:1", "http://p:99999", "://"])
def test_a_proxy_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        Proxies.choose(url, {})


def test_an_error_never_shows_the_password() -> None:
    with pytest.raises(ConfigError) as caught:
        Proxies.choose("ftp://user:secret@p:1", {})
    assert "secret" not in str(caught.value)


PUBLIC = Table({"a.example": ["8.8.8.8"], "in.example": ["127.0.0.1"], "px.example": ["127.0.0.1"]})
STRICT = replace(LOOPBACK, allow_private=())


def test_http_goes_through_the_proxy_with_its_name() -> None:
    with (
        Origin({"/x": Reply(body=b"far")}) as origin,
        Proxy({"a.example:80": ("127.0.0.1", origin.port)}) as proxy,
    ):
        network = replace(STRICT, proxy=f"http://px.example:{proxy.port}")
        assert ask("http://a.example/x", network=network, resolver=PUBLIC).bodies == [b"far"]
        assert [request.target for request in proxy.requests] == ["http://a.example/x"]


def test_https_goes_through_a_tunnel_and_is_verified_end_to_end() -> None:
    with (
        Origin({"/x": Reply(body=b"far")}, tls=True) as origin,
        Proxy({"a.example:443": ("127.0.0.1", origin.port)}, password="Basic dTpw") as proxy,
    ):
        network = replace(STRICT, proxy=f"http://u:p@127.0.0.1:{proxy.port}", ca_file=origin.ca_pem)
        assert ask("https://a.example/x", network=network, resolver=PUBLIC).bodies == [b"far"]
        assert [request.target for request in proxy.requests] == ["a.example:443"]
        untrusting = replace(network, ca_file=None)
        assert ask("https://a.example/x", network=untrusting, resolver=PUBLIC).reasons == ["tls"]


def test_a_name_that_only_the_proxy_knows_is_left_to_it() -> None:
    with (
        Origin({"/x": Reply(body=b"far")}) as origin,
        Proxy({"hidden.example:80": ("127.0.0.1", origin.port)}) as proxy,
    ):
        network = replace(STRICT, proxy=proxy.url)
        assert ask("http://hidden.example/x", network=network, resolver=PUBLIC).bodies == [b"far"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x", "http://[::1]/x", "http://169.254.169.254/x", "http://in.example/x"]
)
def test_a_forbidden_address_is_not_asked_of_the_proxy_either(url: str) -> None:
    with Proxy() as proxy:
        network = replace(STRICT, proxy=proxy.url)
        assert ask(url, network=network, resolver=PUBLIC).reasons == ["blocked-address"]
        assert proxy.requests == []


def test_what_the_operator_leads_elsewhere_goes_there_directly() -> None:
    with Origin({"/x": Reply(body=b"near")}) as origin, Proxy() as proxy:
        network = led_to(origin, "a.example", network=replace(STRICT, proxy=proxy.url))
        assert ask("http://a.example/x", network=network, resolver=PUBLIC).bodies == [b"near"]
        assert proxy.connections == 0


def test_the_environment_cannot_slip_a_proxy_past_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    with Origin({"/x": Reply(body=b"near")}) as origin, Proxy() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert ask(origin.url("/x"), network=replace(LOOPBACK, proxy="")).bodies == [b"near"]
        assert proxy.connections == 0
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        assert ask(origin.url("/x")).bodies == [b"near"]
        assert proxy.connections == 0


def test_a_proxy_that_does_not_reach_the_host_says_so() -> None:
    with Origin({}, tls=True) as origin, Proxy() as proxy:
        network = replace(STRICT, proxy=proxy.url, ca_file=origin.ca_pem)
        asked = ask(
            "https://a.example/x", "http://a.example/x", network=network, resolver=PUBLIC, one_by_one=True
        )
        assert asked.reasons == ["unreachable", "unreachable"]  # the second: the host was given up meanwhile
        assert ask_one("http://a.example/x", network=network, resolver=PUBLIC).reason == "http-502"


def test_a_proxy_that_does_not_resolve_is_a_failure_not_a_crash() -> None:
    network = replace(STRICT, proxy="http://nowhere.example:1")
    asked = ask("http://a.example/x", network=network, resolver=PUBLIC)
    assert asked.reasons == ["unreachable"]


def test_a_proxy_at_a_name_is_resolved_by_us() -> None:
    table = Table({"a.example": ["8.8.8.8"], "px.example": socket.gaierror(socket.EAI_NONAME, "none")})
    network = replace(STRICT, proxy="http://px.example:1")
    assert ask("http://a.example/x", network=network, resolver=table).reasons == ["unreachable"]
    assert "px.example" in table.asked

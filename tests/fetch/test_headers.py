"""What a request says of itself, and to whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from pyreqwest.http import Url

from holdfast import __version__
from holdfast.config import Network
from holdfast.errors import ConfigError
from holdfast.fetch.headers import Composer, Wish, take_credentials

TOKEN = {"GITHUB_TOKEN": "t0ken"}


def composed(
    url: str,
    network: Network | None = None,
    *,
    wish: Wish | None = None,
    credentials: str = "",
    first: bool = True,
    environment: dict[str, str] | None = None,
) -> dict[str, str]:
    composer = Composer(network or Network(), environment or {}, now=lambda: 0.0)
    pairs = composer.compose(Url(url), wish or Wish(), credentials, first)
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


def test_an_ordinary_request() -> None:
    said = composed("https://a.example/x", wish=Wish("image/*"))
    assert said.pop("user-agent").startswith(f"holdfast/{__version__} (+https://")
    assert said == {"accept": "image/*", "accept-encoding": "identity"}


def test_the_operator_names_the_agent() -> None:
    network = Network(user_agent="mine/1", headers=(("X-A", "1"), ("Accept", "text/plain")))
    said = composed("https://a.example/", network)
    assert (said["user-agent"], said["x-a"], said["accept"]) == ("mine/1", "1", "text/plain")


OWN = Network(
    headers=(("Authorization", "Bearer mine"), ("Cookie", "a=1"), ("X-Key", "k"), ("User-Agent", "me"))
)


def test_the_operators_headers_stay_with_the_first_origin() -> None:
    first = composed("https://a.example/", OWN)
    assert (first["authorization"], first["cookie"], first["x-key"]) == ("Bearer mine", "a=1", "k")
    other = composed("https://b.example/", OWN, first=False)
    assert set(other) == {"user-agent", "accept", "accept-encoding"}
    assert other["user-agent"] == "me"


TOKEN_HOSTS = ["https://github.com/", "https://api.github.com/", "https://raw.githubusercontent.com/x"]
NO_TOKEN = [
    "http://github.com/",
    "https://github.com.evil.example/",
    "https://evilgithub.com/",
    "https://github.io/",
    "https://user.github.io/",
    "https://camo.githubusercontent.com/",
    "https://github.evil.example/",
    "https://a.example/?github.com",
]


@pytest.mark.parametrize("url", TOKEN_HOSTS)
def test_the_token_goes_to_its_hosts(url: str) -> None:
    assert composed(url, environment=TOKEN)["authorization"] == "Bearer t0ken"
    assert "authorization" not in composed(url)
    assert "authorization" not in composed(url, environment={"GITHUB_TOKEN": " "})


@pytest.mark.parametrize("url", NO_TOKEN)
def test_and_to_no_other(url: str) -> None:
    assert "authorization" not in composed(url, environment=TOKEN)


def test_the_jar_is_asked_for_every_hop(tmp_path: Path) -> None:
    file = tmp_path / "jar"
    file.write_text(".a.example\tTRUE\t/\tFALSE\t0\tn\tv\n", "utf-8")
    network = replace(OWN, cookie_jar=file)
    assert composed("https://www.a.example/", network)["cookie"] == "n=v; a=1"
    assert composed("https://www.a.example/", network, first=False)["cookie"] == "n=v"
    assert "cookie" not in composed("https://b.example/", network, first=False)


def test_conditions_and_referers_are_said() -> None:
    said = composed(
        "https://a.example/", wish=Wish(extra=(("If-None-Match", '"x"'),), referer="https://r.example/")
    )
    assert (said["if-none-match"], said["referer"]) == ('"x"', "https://r.example/")


CREDENTIALS = [
    ("https://u:p@a.example/x", "https://a.example/x", "Basic dTpw"),
    ("https://u@a.example/", "https://a.example/", "Basic dTo="),
    ("https://:p@a.example/", "https://a.example/", "Basic OnA="),
    ("https://u%40x:p%3a@a.example/", "https://a.example/", "Basic dUB4OnA6"),
    ("https://%C3%BC:p@a.example/", "https://a.example/", "Basic w7w6cA=="),
    ("https://a.example/u:p@x", "https://a.example/u:p@x", ""),
]


@pytest.mark.parametrize(("url", "bare", "expected"), CREDENTIALS)
def test_credentials_are_taken_out_of_a_url(url: str, bare: str, expected: str) -> None:
    found, credentials = take_credentials(Url(url))
    assert (str(found), credentials) == (bare, expected)


def test_credentials_beat_a_token() -> None:
    said = composed("https://github.com/", credentials="Basic x", environment=TOKEN)
    assert said["authorization"] == "Basic x"


@pytest.mark.parametrize(
    "header",
    [
        ("Host", "a"),
        ("content-length", "1"),
        ("Connection", "close"),
        ("Accept-Encoding", "gzip"),
        ("", "x"),
        ("A B", "x"),
        ("A:", "x"),
        ("X-A", "a\r\nX-B: b"),
        ("X-A", "a\0"),
        ("X-A", "漢"),
    ],
)
def test_a_header_that_would_break_the_request_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(ConfigError):
        Composer(Network(headers=(header,)), {})


def test_so_is_such_an_agent() -> None:
    with pytest.raises(ConfigError):
        Composer(Network(user_agent="a\nb"), {})

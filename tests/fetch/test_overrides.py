"""``--resolve`` and ``--connect-to`` mean what they mean to curl."""

from __future__ import annotations

import pytest

from holdfast.errors import ConfigError
from holdfast.fetch.overrides import Overrides

DETOURS = [
    ("a.example:443:127.0.0.1:8443", ("a.example", 443), ("127.0.0.1", 8443)),
    ("a.example:443:127.0.0.1:8443", ("a.example", 80), ("a.example", 80)),
    ("a.example:443:127.0.0.1:8443", ("b.example", 443), ("b.example", 443)),
    ("A.Example:443:B.Example:", ("a.example", 443), ("b.example", 443)),
    ("bücher.example::b.example:", ("xn--bcher-kva.example", 80), ("b.example", 80)),
    ("::127.0.0.1:8080", ("any.example", 443), ("127.0.0.1", 8080)),
    ("a.example:::8080", ("a.example", 80), ("a.example", 8080)),
    (":443:::", None, None),
    ("a.example::[::1]:81", ("a.example", 80), ("::1", 81)),
    ("[::1]:80:a.example:81", ("::1", 80), ("a.example", 81)),
    ("10.0.0.1:80:127.1:81", ("10.0.0.1", 80), ("127.0.0.1", 81)),
]


@pytest.mark.parametrize(("option", "asked", "expected"), DETOURS)
def test_connect_to(option: str, asked: tuple[str, int] | None, expected: tuple[str, int] | None) -> None:
    if asked is None:
        with pytest.raises(ConfigError):
            Overrides.parse(connect_to=[option])
        return
    going = Overrides.parse(connect_to=[option]).connection(*asked)
    assert (going.host, going.port) == expected


def test_the_first_detour_that_fits_wins() -> None:
    overrides = Overrides.parse(connect_to=["a.example::x.example:", "::y.example:"])
    assert overrides.connection("a.example", 80).host == "x.example"
    assert overrides.connection("b.example", 80).host == "y.example"


def test_only_a_host_that_was_written_counts_as_named_by_the_operator() -> None:
    overrides = Overrides.parse(connect_to=["a.example:80::8080", "b.example:80:c.example:80"])
    assert not overrides.connection("a.example", 80).named
    assert overrides.connection("b.example", 80).named


PINS = [
    ("a.example:443:127.0.0.1", ("a.example", 443), ("127.0.0.1",)),
    ("a.example:443:127.0.0.1", ("a.example", 80), ()),
    ("a.example:443:127.0.0.1,[::1]", ("a.example", 443), ("127.0.0.1", "::1")),
    ("+A.example:443:127.0.0.1", ("a.example", 443), ("127.0.0.1",)),
    ("*:443:127.0.0.1", ("whatever.example", 443), ("127.0.0.1",)),
    ("*:443:127.0.0.1", ("whatever.example", 80), ()),
]


@pytest.mark.parametrize(("option", "asked", "expected"), PINS)
def test_resolve(option: str, asked: tuple[str, int], expected: tuple[str, ...]) -> None:
    assert Overrides.parse(resolve=[option]).addresses(*asked) == expected


def test_a_host_beats_the_star_and_the_last_one_given_wins() -> None:
    overrides = Overrides.parse(
        resolve=["a.example:80:127.0.0.1", "*:80:127.0.0.9", "a.example:80:127.0.0.2"]
    )
    assert overrides.addresses("a.example", 80) == ("127.0.0.2",)
    assert overrides.addresses("b.example", 80) == ("127.0.0.9",)


@pytest.mark.parametrize(
    "option",
    [
        "",
        "a.example",
        "a.example:443",
        "a.example:443:",
        "a.example:443:b.example",
        "a.example:x:127.0.0.1",
        "a.example:0:127.0.0.1",
        "a.example:65536:127.0.0.1",
        "a b:443:127.0.0.1",
        "-a.example:443",
    ],
)
def test_a_resolve_that_cannot_be_meant_is_refused(option: str) -> None:
    with pytest.raises(ConfigError):
        Overrides.parse(resolve=[option])


@pytest.mark.parametrize(
    "option", ["", "a.example:443:b.example", "a:b:c:d", "a.example:443:127.0.0.1:99999", "a b:1:c:2"]
)
def test_a_connect_to_that_cannot_be_meant_is_refused(option: str) -> None:
    with pytest.raises(ConfigError):
        Overrides.parse(connect_to=[option])

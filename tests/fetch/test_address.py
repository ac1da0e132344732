"""Which addresses may be contacted, in every spelling that a URL allows."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyreqwest.http import Url

from holdfast.errors import ConfigError
from holdfast.fetch.address import FORBIDDEN_V4, FORBIDDEN_V6, Vetting, embedded, judge, literal

FORBIDDEN = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "127.1": "loopback",
    "127.0.1": "loopback",
    "0x7f.1": "loopback",
    "0x7f000001": "loopback",
    "2130706433": "loopback",
    "017700000001": "loopback",
    "①②⑦.0.0.1": "loopback",
    "127。0。0。1": "loopback",
    "127.0.0.1.": "loopback",
    "%31%32%37.0.0.1": "loopback",
    "0.0.0.0": "this network",
    "0": "this network",
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "shared address space",
    "100.100.100.200": "shared address space",
    "169.254.169.254": "link-local",
    "0xa9fea9fe": "link-local",
    "168.63.129.16": "cloud metadata",
    "192.0.0.192": "reserved for protocols",
    "192.0.2.1": "documentation",
    "198.51.100.7": "documentation",
    "203.0.113.9": "documentation",
    "192.88.99.1": "6to4 relay",
    "198.18.0.1": "benchmarking",
    "198.19.255.255": "benchmarking",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "[::]": "unspecified",
    "[::1]": "loopback",
    "[0:0:0:0:0:0:0:1]": "loopback",
    "[::ffff:127.0.0.1]": "loopback",
    "[::ffff:7f00:1]": "loopback",
    "[::ffff:169.254.169.254]": "link-local",
    "[::127.0.0.1]": "reserved",
    "[64:ff9b::7f00:1]": "loopback",
    "[64:ff9b::10.0.0.1]": "private",
    "[64:ff9b:1::1]": "local NAT64",
    "[2002:7f00:1::]": "loopback",
    "[2002:a9fe:a9fe::1]": "link-local",
    "[2001:0:7f00:1::]": "Teredo",
    "[fe80::1]": "link-local",
    "[fec0::1]": "site-local",
    "[fc00::1]": "private",
    "[fd00:ec2::254]": "private",
    "[ff02::1]": "multicast",
    "[2001:db8::1]": "documentation",
    "[3fff::1]": "documentation",
    "[2001:2::1]": "benchmarking",
    "[100::1]": "reserved",
    "[5f00::1]": "reserved",
    "[4000::1]": "reserved",
}

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "134744072",
    "0x08080808",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "[2606:4700:4700::1111]",
    "[2a00:1450:4001::1]",
    "[::ffff:8.8.8.8]",
    "[64:ff9b::808:808]",
    "[2002:808:808::1]",
]


def spelt(host: str) -> str:
    """The address that the engine would connect to for this spelling."""
    address = literal(Url(f"http://{host}/").host_str or "")
    assert address is not None, f"{host} is no literal to the engine"
    return address


@pytest.mark.parametrize(("host", "why"), FORBIDDEN.items())
def test_a_forbidden_address_is_known_in_every_spelling(host: str, why: str) -> None:
    assert Vetting().objection(spelt(host)) == why


@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_address_is_left_alone(host: str) -> None:
    assert Vetting().objection(spelt(host)) is None


@pytest.mark.parametrize(
    "host", ["example.org", "xn--bcher-kva.example", "1.example", "a_b.example", "127.0.0.1.example"]
)
def test_a_name_is_no_literal(host: str) -> None:
    assert literal(Url(f"http://{host}/").host_str or "") is None


@given(st.ip_addresses())
def test_whatever_python_calls_not_global_is_refused(address: IPv4Address | IPv6Address) -> None:
    inner = embedded(address) or address
    known_exceptions = ("192.0.0.", "192.31.196.", "192.52.193.", "192.175.48.", "2001:")
    if not inner.is_global and not str(inner).startswith(known_exceptions):
        assert judge(address) is not None


@given(st.sampled_from([network for network, _ in (*FORBIDDEN_V4, *FORBIDDEN_V6)]), st.data())
def test_every_address_of_a_forbidden_range_is_refused(network: object, data: st.DataObject) -> None:
    address = data.draw(st.ip_addresses(network=str(network)))
    assert judge(address) is not None
    if isinstance(address, IPv4Address):
        for outer in (f"::ffff:{address}", f"64:ff9b::{address}"):
            assert judge(ip_address(outer)) is not None


ALLOWED = [
    (("127.0.0.0/8",), "127.0.0.1", True),
    (("127.0.0.0/8",), "::ffff:127.0.0.1", True),
    (("127.0.0.0/8",), "64:ff9b::7f00:1", True),
    (("127.0.0.0/8",), "10.0.0.1", False),
    (("10.1.2.3",), "10.1.2.3", True),
    (("10.1.2.3",), "10.1.2.4", False),
    (("10.1.2.3/8",), "10.9.9.9", True),
    (("fd00::/8",), "fd12::1", True),
    (("fd00::/8",), "fe80::1", False),
    (("*",), "169.254.169.254", True),
    (("10.0.0.0/8", "192.168.0.0/16"), "192.168.3.4", True),
]


@pytest.mark.parametrize(("allowed", "address", "expected"), ALLOWED)
def test_the_operator_can_allow_ranges(allowed: tuple[str, ...], address: str, expected: bool) -> None:
    assert (Vetting(allowed).objection(address) is None) is expected


@pytest.mark.parametrize("text", ["10.0.0.0/33", "localhost", "", "10.0.0.0/8,fd00::/8"])
def test_what_is_no_range_is_a_configuration_error(text: str) -> None:
    with pytest.raises(ConfigError, match="allow-private"):
        Vetting((text,))


def test_fake_ip_counts_for_names_only_and_only_once_known() -> None:
    vetting = Vetting()
    assert vetting.objection("198.18.0.7", of_name=True) == "benchmarking"
    vetting.fake_ip = True
    assert vetting.objection("198.18.0.7", of_name=True) is None
    assert vetting.objection("198.18.0.7") == "benchmarking"
    assert vetting.objection("10.0.0.1", of_name=True) == "private"

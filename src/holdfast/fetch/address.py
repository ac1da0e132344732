"""Which addresses may be contacted.

Resolves nothing and connects to nothing: an address in, an objection or none out. The rule is an allow-list
in IPv6 (only 2000::/3 is handed out as global unicast) and a table of what is not public in both families,
after the IANA special-purpose address registries (RFC 6890) and the addresses at which clouds serve
credentials.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from ..errors import ConfigError

Address: TypeAlias = IPv4Address | IPv6Address
Range: TypeAlias = IPv4Network | IPv6Network

FORBIDDEN_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), name)
    for network, name in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared address space"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

GLOBAL_V6 = IPv6Network("2000::/3")
"""All that IANA hands out as global unicast; everything else in IPv6 is refused."""

FORBIDDEN_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), name)
    for network, name in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("2001::/32", "Teredo"),
        ("2001:2::/48", "benchmarking"),
        ("2001:10::/28", "ORCHID"),
        ("2001:20::/28", "ORCHID"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
    )
)

EMBEDDING: tuple[tuple[IPv6Network, int], ...] = (
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped, RFC 4291 section 2.5.5.2
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64's well-known prefix, RFC 6052
    (IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
)
"""Prefixes that carry an IPv4 address, and how many bits stand after it. That address is what is judged."""

FAKE_IP = IPv4Network("198.18.0.0/15")
"""From here *fake-IP* resolvers (Clash and the like) answer every name, and route by it."""


class Vetting:
    """Judges addresses by the tables above and by what the operator allows besides."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        """``allowed``: CIDR ranges or single addresses, or ``*`` for everything.

        Raises:
            ConfigError: one of them is no range.
        """
        self._everything = "*" in allowed
        self._allowed = tuple(_range(text) for text in allowed if text != "*")
        self.fake_ip = False
        """Names may lead to `FAKE_IP`; set once a probe has shown that the resolver works that way."""

    def objection(self, address: str, *, of_name: bool = False) -> str | None:
        """Why this address may not be contacted, or None.

        ``of_name``: the address was a resolver's answer, not written in the URL.
        """
        if self._everything:
            return None
        found = _parse(address)
        if found is None:
            return "not an address"
        if self.fake_ip and of_name and found in FAKE_IP:
            return None
        if self._allowed and any(
            one in allowed for one in (found, embedded(found)) for allowed in self._allowed if one is not None
        ):
            return None
        return judge(found)


def judge(address: Address) -> str | None:
    """The name of the forbidden range ``address`` lies in, or None when it is public."""
    if isinstance(address, IPv4Address):
        return next((name for network, name in FORBIDDEN_V4 if address in network), None)
    inner = embedded(address)
    if inner is not None:
        return judge(inner)
    for network, name in FORBIDDEN_V6:
        if address in network:
            return name
    return None if address in GLOBAL_V6 else "reserved"


def embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, when it does."""
    if isinstance(address, IPv6Address):
        for prefix, after in EMBEDDING:
            if address in prefix:
                return IPv4Address((int(address) >> after) & 0xFFFFFFFF)
    return None


@lru_cache(maxsize=4096)
def literal(host: str) -> str | None:
    """The address that a URL's host spells, as WHATWG parsing left it, or None for a name."""
    if host.startswith("["):
        return host[1:-1]
    last = host.rpartition(".")[2]
    # A normalised IPv4 host ends in a digit and no registered name does (WHATWG URL, "ends in a number").
    return host if last.isdigit() and _parse(host) is not None else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found


def _range(text: str) -> Range:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise ConfigError(
            f"allow-private: {text!r} is no address range", "write it as 10.0.0.0/8 or fd00::/8, or * for all"
        ) from error

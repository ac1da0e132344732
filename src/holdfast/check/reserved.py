"""Names that lead nowhere on purpose: for examples, for tests, for this very machine.

Asks no resolver. Sources: RFC 2606 and RFC 6761 for names, RFC 5737, RFC 3849 and the address classes of
`ipaddress` for literals. `.local` (RFC 6762) is somebody's own network, which no reader shares.
"""

from __future__ import annotations

import re

DOMAINS = frozenset(
    {"example.com", "example.net", "example.org", "example.edu", "example", "test", "invalid", "localhost"}
)
"""These names and everything under them."""

LOCAL = frozenset({"local", "localdomain", "home.arpa", "internal"})
"""Names of a network of one's own (RFC 6762, RFC 8375, ICANN's .internal)."""

_NUMERIC = re.compile(r"\[[0-9a-fA-F:.]+\]|[0-9.]+")
_DOCUMENTATION = ("192.0.2.", "198.51.100.", "203.0.113.")


def reserved(host: str) -> str:
    """Why a host (lower case, as `urls.host` spells it) is nobody's; empty when it is somebody's."""
    name = host.removesuffix(".")
    if _NUMERIC.fullmatch(name):
        return _literal(name)
    labels = name.split(".")
    for start in range(max(0, len(labels) - 2), len(labels)):
        domain = ".".join(labels[start:])
        if domain in DOMAINS:
            return f"{domain} is reserved for examples and tests"
        if domain in LOCAL:
            return f"{domain} names a network of one's own"
    return ""


def _literal(text: str) -> str:
    import ipaddress  # 8 ms, and few documents hold an address

    if text.startswith(_DOCUMENTATION):
        return "an address for documentation"
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return ""
    if address.is_global:
        return ""
    return "an address of this machine" if address.is_loopback else "an address that is not public"

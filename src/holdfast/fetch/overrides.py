"""Where the operator says that connections go: ``--resolve`` and ``--connect-to``, in curl's syntax.

Resolves nothing and connects to nothing. An address that is named here is allowed whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

from pyreqwest.http import Url

from ..errors import ConfigError

_PART = r"(\[[^\]]*\]|[^:\[\]]*)"
_CONNECT_TO = re.compile(rf"{_PART}:(\d*):{_PART}:(\d*)")
_RESOLVE = re.compile(rf"\+?{_PART}:(\d+):(.+)")


@dataclass(frozen=True, slots=True)
class Connection:
    """What to resolve and connect to instead of a URL's own host and port."""

    host: str
    """In lower case, IPv6 without brackets."""
    port: int
    named: bool
    """The operator named this host, so its addresses are allowed."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """The operator's map. Hosts are as in `Url.host_str` but for the brackets of IPv6."""

    pins: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    """``--resolve``: host or ``*``, port, addresses; the last one given wins, a host before ``*``."""
    detours: tuple[tuple[str, int, str, int], ...] = ()
    """``--connect-to``: the first match wins; an empty host or port 0 matches any, or keeps what is."""

    @classmethod
    def parse(cls, resolve: Sequence[str] = (), connect_to: Sequence[str] = ()) -> Self:
        """Read the options.

        Raises:
            ConfigError: one of them does not follow curl's syntax.
        """
        return cls(tuple(_pin(text) for text in resolve), tuple(_detour(text) for text in connect_to))

    def __bool__(self) -> bool:
        return bool(self.pins or self.detours)

    def connection(self, host: str, port: int) -> Connection:
        """Where a connection for ``host:port`` goes, before any name is resolved."""
        for from_host, from_port, to_host, to_port in self.detours:
            if from_host in ("", host) and from_port in (0, port):
                return Connection(to_host or host, to_port or port, bool(to_host))
        return Connection(host, port, False)

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses given for ``host:port``, in order; empty when a resolver has to be asked."""
        for wanted in (host, "*"):
            for name, of_port, addresses in reversed(self.pins):
                if name == wanted and of_port == port:
                    return addresses
        return ()


def _pin(text: str) -> tuple[str, int, tuple[str, ...]]:
    match = _RESOLVE.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"resolve: {text!r} is not HOST:PORT:ADDRESS", "for example example.org:443:203.0.113.7"
        )
    host, port, addresses = match[1], _port(match[2], text), match[3]
    found = []
    for address in addresses.split(","):
        bare = address.strip().removeprefix("[").removesuffix("]")
        try:
            found.append(str(ip_address(bare)))
        except ValueError as error:
            raise ConfigError(f"resolve: {address!r} in {text!r} is no address") from error
    return ("*" if host == "*" else _host(host, text)), port, tuple(found)


def _detour(text: str) -> tuple[str, int, str, int]:
    match = _CONNECT_TO.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"connect-to: {text!r} is not HOST1:PORT1:HOST2:PORT2",
            "for example example.org:443:127.0.0.1:8443",
        )
    from_host, from_port, to_host, to_port = match.groups()
    return (
        _host(from_host, text) if from_host else "",
        _port(from_port, text) if from_port else 0,
        _host(to_host, text) if to_host else "",
        _port(to_port, text) if to_port else 0,
    )


def _port(text: str, whole: str) -> int:
    if not 0 < int(text) < 65536:
        raise ConfigError(f"{text} in {whole!r} is no port", "ports go from 1 to 65535")
    return int(text)


def _host(text: str, whole: str) -> str:
    """Spell a host as the engine's own parser does, so that comparing is enough later."""
    try:
        host = Url(f"http://{text}/").host_str or ""
    except ValueError as error:
        raise ConfigError(f"{text!r} in {whole!r} is no host name") from error
    return host.removeprefix("[").removesuffix("]")

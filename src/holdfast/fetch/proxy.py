"""Which proxy a request goes through: the operator's, or the environment's read as curl reads it.

Resolves nothing and connects to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Self

from pyreqwest.http import Url

from ..errors import ConfigError

SCHEMES: Mapping[str, str] = {
    "http": "http",
    "https": "https",
    "socks4": "socks4a",
    "socks4a": "socks4a",
    "socks5": "socks5h",
    "socks5h": "socks5h",
}
"""What may be named, and what is used: a SOCKS proxy is always given the name. The local resolver's answer
could not be pinned there."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies by the scheme of the request, and the hosts that go without."""

    http: str = ""
    https: str = ""
    direct: tuple[str, ...] = ()
    """NO_PROXY's parts: ``*``, host names (and all below them), addresses and CIDR ranges."""

    @classmethod
    def choose(cls, option: str | None, environment: Mapping[str, str]) -> Self:
        """``option``: a proxy for everything, "" for none, None for what the environment says.

        ``http_proxy`` counts in lower case only: a web server sets HTTP_PROXY from a request's Proxy header.

        Raises:
            ConfigError: a proxy's URL cannot be used.
        """
        direct = environment.get("no_proxy", environment.get("NO_PROXY", ""))
        parts = tuple(part.lower() for part in re.split(r"[\s,]+", direct) if part)
        if option is not None:
            url = _checked(option, "proxy") if option else ""
            return cls(url, url, parts)
        found = {}
        for scheme in ("http", "https"):
            names = [f"{scheme}_proxy", "all_proxy", "ALL_PROXY"]
            if scheme != "http":
                names.insert(1, f"{scheme.upper()}_PROXY")
            name = next((name for name in names if environment.get(name)), None)
            found[scheme] = _checked(environment[name], name) if name else ""
        return cls(found["http"], found["https"], parts)

    def __bool__(self) -> bool:
        return bool(self.http or self.https)

    def of(self, scheme: str, host: str) -> str:
        """The proxy's URL for a request, or "" when it goes direct. ``host`` is as in `Url.host_str`."""
        proxy = self.https if scheme == "https" else self.http
        return "" if not proxy or self._is_direct(host.removesuffix(".")) else proxy

    def _is_direct(self, host: str) -> bool:
        bare = host.removeprefix("[").removesuffix("]")
        for part in self.direct:
            if part == "*":
                return True
            name = part.removeprefix(".").removesuffix(".")
            if bare == name or bare.endswith("." + name):
                return True
            try:
                if ip_address(bare) in ip_network(part.strip("[]"), strict=False):
                    return True
            except ValueError:
                continue
        return False


def _checked(text: str, source: str) -> str:
    """A proxy's URL as the engine takes it; without a scheme it is http, as for curl."""
    whole = text if "://" in text else f"http://{text}"
    scheme, _, rest = whole.partition("://")
    try:
        used = SCHEMES[scheme.lower()]
        # Parsed as http, so that every scheme gets the same strict rules for the host.
        valid = Url(f"http://{rest}").has_host
    except (KeyError, ValueError):
        valid = False
    if not valid:
        raise ConfigError(
            f"{source}: {_without_password(whole)!r} is no proxy", f"it may begin with {', '.join(SCHEMES)}"
        )
    return f"{used}://{rest}"


def _without_password(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"

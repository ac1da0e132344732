"""What a request says of itself, hop by hop, and what must not cross hosts.

Sends nothing. Credentials go to the origin they were meant for: those in a URL to that URL's host, the
operator's own headers to the host that a document names but not where it redirects to, a host's token (a
row of `hosts`) to that host over https only, the headers of a table ``[hosts]`` to its hosts only.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote_to_bytes

import msgspec
from pyreqwest.http import Url

from .. import __version__, hosts
from ..config import Network
from ..errors import ConfigError
from . import cookies
from .events import Listener, unheard
from .settings import HostRules

USER_AGENT = f"holdfast/{__version__} (+https://holdfast.example/)"

CROSSING = frozenset({"user-agent", "accept", "accept-language"})
"""The operator's headers that a redirect to another origin may carry along; curl drops Authorization and
Cookie only, but any other may hold a key."""

MOST_COMPOSED = 4096
"""So many composed lists are kept for the next request to the same host."""

_RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110 section 5.6.2


class Wish(msgspec.Struct, frozen=True, gc=False):
    """What one fetch wants said on every hop."""

    accept: str = "*/*"
    extra: Sequence[tuple[str, str]] = ()
    """Headers of this fetch alone: conditions."""
    referer: str = ""
    cookies: str = ""
    """What this host set earlier in the same fetch, where that is kept."""


class Composer:
    """Composes the headers of requests from what the operator gave and what rows say of hosts."""

    def __init__(
        self,
        network: Network,
        environment: Mapping[str, str],
        *,
        now: Callable[[], float] = time.time,
        listener: Listener = unheard,
    ) -> None:
        """``now``: seconds since 1970, for cookies that expire. ``listener``: is told what cannot be sent.

        Raises:
            ConfigError: a header or the cookie file cannot be used.
        """
        self._own = tuple((_checked(name, value), value) for name, value in network.headers)
        self._user_agent = network.user_agent
        _checked("User-Agent", self._user_agent)
        for settings in network.hosts:
            for name, value in settings.headers:
                _checked(name, value)
            _checked("User-Agent", settings.user_agent or "")
        self.rules = HostRules(network.hosts, environment, listener)
        self._cookies = cookies.load(network.cookie_jar) if network.cookie_jar is not None else ()
        self._environment = environment
        self._now = now
        self._composed: dict[tuple[str | None, bool, bool, str], list[tuple[str, str]]] = {}

    def compose(self, url: Url, wish: Wish, credentials: str, first: bool) -> list[tuple[str, str]]:
        """The headers of one hop.

        ``credentials``: user name and password from this hop's URL, as `take_credentials` gives them;
        ``first``: the hop's origin is that of the URL asked for.
        """
        secure = url.scheme == "https"
        plain = not (credentials or wish.extra or wish.referer or wish.cookies or self._cookies)
        key = (url.host_str, secure, first, wish.accept)
        if plain and key in self._composed:  # 9 of 10 requests differ from the one before in nothing
            return self._composed[key]
        host = (url.host_str or "").removesuffix(".")
        quirk = hosts.quirk(host)
        rule = self.rules.of(host)
        headers = {
            "user-agent": rule.user_agent or self._user_agent or quirk.user_agent or USER_AGENT,
            "accept": wish.accept,
            "accept-encoding": "identity",
        }
        if wish.referer:
            headers["referer"] = wish.referer
        jar = self._cookies and cookies.header(self._cookies, host, url.path, secure, self._now())
        if wish.cookies:
            jar = f"{jar}; {wish.cookies}" if jar else wish.cookies
        if jar:
            headers["cookie"] = jar
        if quirk.token_env and secure and (token := self._environment.get(quirk.token_env, "").strip()):
            headers["authorization"] = f"Bearer {token}"
        for name, value in self._own:
            if first or name in CROSSING:
                both = name == "cookie" and jar
                headers[name] = f"{jar}; {value}" if both else value
        if first or secure:  # not after a redirect from https to http
            headers.update(rule.headers)
        for name, value in wish.extra:
            if first or name.lower() not in ("authorization", "cookie"):
                headers[name.lower()] = value
        if credentials:
            headers["authorization"] = credentials
        said = list(headers.items())
        if plain and len(self._composed) < MOST_COMPOSED:
            self._composed[key] = said
        return said


def is_conditional(headers: Sequence[tuple[str, str]]) -> bool:
    """Whether an answer may be that nothing has changed (RFC 9110 section 13.1)."""
    return any(name.lower() in ("if-none-match", "if-modified-since") for name, _ in headers)


def take_credentials(url: Url) -> tuple[Url, str]:
    """``(the URL without user name and password, the Authorization they stand for or "")``."""
    if not url.username and url.password is None:
        return url, ""
    pair = unquote_to_bytes(url.username) + b":" + unquote_to_bytes(url.password or "")
    bare = url.with_password(None).with_username("")
    return bare, "Basic " + base64.b64encode(pair).decode("ascii")


def _checked(name: str, value: str) -> str:
    """A header's name in lower case.

    Raises:
        ConfigError: it would break the request.
    """
    if not _NAME.fullmatch(name) or name.lower() in _RESERVED:
        raise ConfigError(f"header: {name!r} cannot be set", f"any other than {', '.join(sorted(_RESERVED))}")
    if any((ord(sign) < 32 and sign != "\t") or ord(sign) > 255 or sign == "\x7f" for sign in value):
        raise ConfigError(f"header: the value of {name} holds characters that no header can carry")
    return name.lower()

"""One fetch: what it asks for, who takes the response, and what comes of it.

Does nothing: `fetcher.Fetcher` carries it out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

import msgspec
from pyreqwest.http import Url

from ..model import Head, Hop, Refusal
from .headers import Wish

T = TypeVar("T")

LONGEST_COOKIE = 4096
"""Characters, as browsers have it (RFC 6265 section 6.1)."""

Receive: TypeAlias = Callable[[Head, AsyncIterator[bytes]], Awaitable[T | Refusal]]
"""Takes a response. Called once for each final 2xx response (and 304, where a condition was sent); when the
body breaks off, the iterator raises, and with the next try it is called again."""


class Fetched(msgspec.Struct, Generic[T], frozen=True):
    """What a receiver made of a response."""

    head: Head
    value: T
    attempts: int


@dataclass(slots=True)
class Job(Generic[T]):
    """One call of `Fetcher.fetch`."""

    url: Url
    shown: str
    """The URL asked for, without credentials."""
    credentials: str
    receive: Receive[T]
    wish: Wish
    method: str
    most: int
    seconds: float
    """Left of the time for requests and bodies; waiting for turns does not count."""
    conditional: bool
    retries: int
    """Further tries after a passing failure."""
    look: int = 0
    """Bytes of the body of an answer that is no success that the caller wants to see."""
    decode: bool = True
    """Undo the body's compression; without, whoever does not want the body is not told that it has a strange
    one."""
    referers: bool = True
    """Try once more with a Referer where that may help."""
    glance: Callable[[Head], T | None] | None = None
    """Asked before `receive`: what it makes of the head alone, if anything, is the value."""
    began: Callable[[], object] | None = None
    """Called when the first request has got its turn, or when there will be none."""
    attempts: int = 0
    hops: list[Hop] = field(default_factory=list)
    """The redirects of this try."""
    sets_cookies: bool = False
    """One of them sets a cookie ..."""
    cookies: dict[str, dict[str, str]] | None = None
    """... which is kept, by host and name, when the redirects run in a circle without."""

    def begin(self) -> None:
        """Say once that the first request has got its turn, or that there will be none."""
        if self.began is not None:
            began, self.began = self.began, None
            began()

    def cookies_for(self, url: Url) -> str:
        """The Cookie header for a hop: what that very host has set before."""
        kept = (self.cookies or {}).get(url.host_str or "", {})
        return "; ".join(f"{name}={value}" for name, value in kept.items())

    def note_redirect(self, url: Url, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """One more hop is behind us."""
        self.hops.append(Hop(status, str(url)))
        for name, value in headers:
            if name == "set-cookie":
                self.sets_cookies = True
                if self.cookies is not None:
                    key, equals, rest = value.partition(";")[0].partition("=")
                    if equals and len(value) < LONGEST_COOKIE:
                        self.cookies.setdefault(url.host_str or "", {})[key.strip()] = rest.strip()

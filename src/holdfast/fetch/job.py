"""One fetch: what it asks for, who takes the response, and what comes of it.

Does nothing: `fetcher.Fetcher` carries it out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from pyreqwest.http import Url

from ..model import Head, Refusal
from .headers import Wish

T = TypeVar("T")

Receive: TypeAlias = Callable[[Head, AsyncIterator[bytes]], Awaitable[T | Refusal]]
"""Takes a response. Called once for each final 2xx response (and 304, where a condition was sent); when the
body breaks off, the iterator raises, and with the next try it is called again."""


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T]):
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
    attempts: int = 0

"""What a response's head, or the lack of one, says about what to do next.

Sends nothing and reads no body.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from pyreqwest.http import Url

from .. import hosts
from ..model import Head
from .exchange import Exchange

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PATIENCE = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses that another try may change (RFC 9110 section 15.6, RFC 6585, RFC 8470)."""
_ASCII = "".join(map(chr, range(33, 127)))


@dataclass(frozen=True, slots=True)
class Miss:
    """One try that came to nothing."""

    reason: str
    detail: str = ""
    again: bool = False
    """Another try may go better."""
    delay: float | None = None
    """Seconds that the server asked for; the host's lane already waits for them."""
    referer: str = ""
    """One more try with this Referer may go better."""
    here: bool = False
    """It may be this machine's own trouble."""
    head: Head | None = None
    """Of the answer, for a caller that wants to look at it ..."""
    page: bytes = b""
    """... and the first bytes of its body."""


@dataclass(frozen=True, slots=True)
class Onward:
    """A redirect."""

    url: Url


def header(exchange: Exchange, name: str) -> str | None:
    for key, value in exchange.headers:  # a generator for each of many questions costs more than the answer
        if key == name:
            return value
    return None


def listed(exchange: Exchange, name: str) -> str | None:
    """All of a header's lines as the one list they stand for (RFC 9110 section 5.3)."""
    return ", ".join(value for key, value in exchange.headers if key == name) or None


def length_of(exchange: Exchange) -> int | None:
    """The declared length of a body; none counts beside Transfer-Encoding (RFC 9112 section 6.3)."""
    text = None
    for key, value in exchange.headers:
        if key == "transfer-encoding":
            return None
        if text is None and key == "content-length":
            text = value.strip()
    return int(text) if text and text.isascii() and text.isdigit() else None


def referer_for(url: Url) -> str:
    """What the second try names as the page that embeds the image."""
    return hosts.quirk(url.host_str or "").referer or f"{url.origin_ascii}/"


def onward(url: Url, location: str | None) -> Onward | Miss:
    """Where a redirect leads (RFC 9110 section 10.2.2)."""
    if location is None:
        return Miss("protocol", "the redirect's target cannot be read")
    try:
        # Bytes beyond ASCII are sent back as they came, percent-encoded, as browsers do.
        target = url.join(quote(location.strip(), safe=_ASCII, encoding="latin-1")).with_fragment(None)
    except ValueError:
        return Miss("bad-url", "it redirects to something that is no URL")
    if target.scheme not in ("http", "https"):
        return Miss("scheme", f"it redirects to {target.scheme}:")
    return Onward(target)


def missed(exchange: Exchange, url: Url, most: float, now: datetime) -> Miss:
    """What a status that is no success calls for. ``most``: seconds, the longest Retry-After to wait for."""
    status = exchange.status
    miss = Miss(f"http-{status}")
    if status in (401, 403) or (status == 418 and hosts.quirk(url.host_str or "").referer):
        return replace(miss, referer=referer_for(url))
    if status not in PATIENCE:
        return miss
    delay = retry_after(header(exchange, "retry-after"), now)
    if not delay:
        return replace(miss, again=True)
    if delay > most:
        return replace(miss, detail=f"it asks to come back in {delay:.0f} s")
    return replace(miss, again=True, delay=delay)


def is_success(status: int, conditional: bool) -> bool:
    """Whether a receiver gets to see it. A part of a file nobody asked a part of (206) is none."""
    return (200 <= status < 300 and status != 206) or (status == 304 and conditional)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (RFC 9110 section 10.2.3), or None when it says nothing.

    A date in the past is 0. ``now`` is aware.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 12 else float("inf")
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())

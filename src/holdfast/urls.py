"""URLs as browsers read them: escapes, resolving, WHATWG normal form, and what may be fetched at all.

Opens no socket and asks no resolver. ada is the WHATWG parser here, the same rules as the engine's own
parser: what is judged is what is requested.
"""

from __future__ import annotations

import re
from urllib.parse import quote

import ada_url

from .model import Refusal

_REFERENCE_RENDERER_SAFE = ";/?:@&=+$,-_.!~*'()#%"
"""What CommonMark's reference renderer leaves alone in a destination."""

_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PLAIN = re.compile(
    r"https?://((?:(?!xn--)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?!xn--)[a-z](?:[a-z0-9-]*[a-z0-9])?)"
    r"(?:/(?![.%])[A-Za-z0-9._~!$&()*+,;=:@%-]*+)++"
    r"(?:\?[A-Za-z0-9._~!$&()*+,;=:@%/?-]*+)?(?:#[A-Za-z0-9._~!$&()*+,;=:@%/?-]*+)?"
)
"""A URL that is in normal form already, as most are, and its host: a tenth of the time that parsing takes.

WHATWG URL: names in lower case without punycode, the last label no number (3.5), no port, no user; a path
whose segments cannot be dots (4.4), and in all parts only characters that no percent-encode set holds (1.3).
"""
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{|\}\}|%\}|%>|\{#")


def percent_encode(text: str) -> str:
    """Spell ``text`` in ASCII as CommonMark's reference renderer does, keeping valid escapes.

    Must run before WHATWG parsing, which would turn a backslash into a slash.
    """
    if text.isascii() and not _NEEDS_ENCODING.search(text):
        return text
    return quote(_BARE_PERCENT.sub("%25", text), safe=_REFERENCE_RENDERER_SAFE, errors="replace")


_NEEDS_ENCODING = re.compile(r"[^A-Za-z0-9;/?:@&=+$,\-_.!~*'()#%]|%(?![0-9A-Fa-f]{2})")


def is_plain(text: str) -> bool:
    """Whether this is an http or https URL of the plainest kind, in normal form; others may be, too."""
    return _PLAIN.fullmatch(text) is not None


def resolve(text: str, base: str | None = None) -> str:
    """What a browser would request for ``text`` on a page at ``base``.

    ``//host/path`` without a base is taken as https. A relative reference without a base, and anything that
    is no valid URL, comes back as it is.
    """
    if _PLAIN.fullmatch(text):
        return text
    if base is None and text.startswith("//"):
        text = "https:" + text
    if base is None and not _SCHEME.match(text):
        return text
    try:
        return ada_url.join_url(base, text) if base else ada_url.normalize_url(text)
    except ValueError:
        return text


def scheme(url: str) -> str:
    """The scheme in lower case, or an empty string for a relative reference."""
    match = _SCHEME.match(url)
    return match[1].lower() if match else ""


def is_remote(url: str) -> bool:
    """Whether this is an http or https URL with a host."""
    return url[:7].lower() == "http://" or url[:8].lower() == "https://"


def is_dynamic(text: str) -> bool:
    """Whether ``text`` holds an expression of a template language."""
    return _TEMPLATE.search(text) is not None


def split_fragment(url: str) -> tuple[str, str]:
    """``(what is fetched, "#fragment" or "")``: a fragment never travels (RFC 9110 section 4.2.5)."""
    head, mark, fragment = url.partition("#")
    return head, mark + fragment


def host(url: str) -> str:
    """The host in lower case, in punycode, IPv6 in brackets; empty when there is none."""
    if plain := _PLAIN.fullmatch(url):
        return plain[1]
    try:
        return ada_url.URL(url).hostname
    except ValueError:
        return ""


def origin(url: str) -> str:
    """``scheme://host[:port]`` of a valid URL, else an empty string."""
    try:
        return ada_url.URL(url).origin
    except ValueError:
        return ""


_USER_INFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:[/\\]*)([^/\\?#]*)@")
"""What looks like scheme, user name and password of a text that is no valid URL."""


def has_password(url: str) -> bool:
    """Whether a password stands in ``url`` (WHATWG URL section 4.1), be it a valid URL or not."""
    if "@" not in url:
        return False
    try:
        return bool(ada_url.URL(url).password)
    except ValueError:
        match = _USER_INFO.match(url)
        return match is not None and ":" in match[2]


def without_credentials(url: str) -> str:
    """The URL without user name and password: no record and no report ever shows one."""
    if "@" not in url:
        return url
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        return _USER_INFO.sub(r"\1", url, count=1) if _USER_INFO.match(url) else url
    if parsed.username or parsed.password:
        parsed.username = ""
        parsed.password = ""
        return parsed.href
    return url


def refusal(url: str) -> Refusal | None:
    """Why ``url`` can never be fetched, or None when it may be asked for."""
    if _PLAIN.fullmatch(url):
        return None
    found = scheme(url)
    if found not in ("http", "https"):
        return Refusal("scheme", f"{found or 'no'} scheme")
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        return Refusal("bad-url", "a browser could not read it either")
    if not parsed.hostname:
        return Refusal("bad-url", "it names no host")
    return None

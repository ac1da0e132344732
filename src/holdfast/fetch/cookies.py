"""The operator's cookie file in Netscape's format: read once, sent where it says, never written.

Keeps nothing that a server sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigError


@dataclass(frozen=True, slots=True)
class Cookie:
    """One line of the file."""

    domain: str
    """In lower case, without a leading dot."""
    below: bool
    """Hosts below `domain` get it too."""
    path: str
    secure: bool
    expires: float
    """Seconds since 1970; 0: a session's cookie, which counts."""
    name: str
    value: str

    def is_for(self, host: str, path: str, secure: bool, now: float) -> bool:
        """RFC 6265 section 5.4."""
        if (self.secure and not secure) or (self.expires and self.expires < now):
            return False
        if host != self.domain and not (self.below and host.endswith("." + self.domain)):
            return False
        if not path.startswith(self.path):
            return False
        return path == self.path or self.path.endswith("/") or path[len(self.path)] == "/"


def load(file: Path) -> tuple[Cookie, ...]:
    """Read a cookie file as curl and browsers' exporters write it.

    Raises:
        ConfigError: it cannot be read, or a line has not its seven fields.
    """
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"cookie-jar: {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"cookie-jar: {file} is not text in UTF-8") from error
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.removeprefix("#HttpOnly_")
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) == 6:  # a cookie without a value
            fields.append("")
        if len(fields) != 7 or not _is_number(fields[4]):
            raise ConfigError(
                f"cookie-jar: line {number} of {file} is no cookie",
                "seven fields between tabs: domain, subdomains, path, secure, expiry, name, value",
            )
        domain, below, path, secure, expires, name, value = fields
        found.append(
            Cookie(
                domain.removeprefix(".").lower(),
                below.upper() == "TRUE",
                path or "/",
                secure.upper() == "TRUE",
                float(expires),
                name,
                value,
            )
        )
    return tuple(found)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def header(cookies: Sequence[Cookie], host: str, path: str, secure: bool, now: float) -> str:
    """The Cookie header for a request, or "": longer paths first (RFC 6265 section 5.4)."""
    fitting = [cookie for cookie in cookies if cookie.is_for(host, path, secure, now)]
    fitting.sort(key=lambda cookie: -len(cookie.path))
    return "; ".join(f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in fitting)

"""On which terms an answer was called good; on other terms an earlier run's answer proves nothing.

Asks nobody. What decides here is what a run takes for good (statuses, certificates, pages that say they are
not there) and who really answers (--remap, --connect-to, --resolve).
"""

from __future__ import annotations

from hashlib import sha256

from .. import urls
from ..config import Config

_SOFT_404 = "+soft-404"


class Terms:
    """The terms of one run."""

    def __init__(self, config: Config) -> None:
        own = _deciding(config)
        self._own = "" if own == _deciding(Config()) else _mark(repr(own))
        self._strictest = _SOFT_404 if config.check.soft_404 else ""

    def of(self, url: str, fetch_url: str) -> str:
        """The terms of an answer about ``url`` that ``fetch_url`` gave; empty for the usual ones."""
        return self._base(url, fetch_url) + self._strictest

    def met(self, known: str, url: str, fetch_url: str) -> bool:
        """Whether what was good on the terms ``known`` is good on this run's too."""
        return known in (self.of(url, fetch_url), self._base(url, fetch_url) + _SOFT_404)

    def _base(self, url: str, fetch_url: str) -> str:
        asked = urls.without_credentials(fetch_url)
        return self._own if asked == url else self._own + _mark(asked)


def _deciding(config: Config) -> tuple[object, ...]:
    network = config.network
    hosts = tuple((each.pattern, each.accept) for each in network.hosts if each.accept)
    return config.check.accept, hosts, network.insecure, network.resolve, network.connect_to


def _mark(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

"""What all tests of the network share."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def engine_comes_to_rest() -> Iterator[None]:
    """The engine can abort a process that ends within moments of using TLS (1 to 30 % of runs; 0 of 180
    so)."""
    yield
    time.sleep(0.1)


@pytest.fixture(autouse=True)
def no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests says nothing about proxies or tokens here."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)

"""What a run collected, before it leaves anything out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

_ALL = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    config.stash[_ALL] = [item.nodeid for item in items]


@pytest.fixture(scope="session")
def all_collected(pytestconfig: pytest.Config) -> list[str]:
    """The id of every test that this run collected, of those that it does not run as well."""
    return pytestconfig.stash[_ALL]

"""Which of these tests open a browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BROWSERS = ("test_chromium", "test_prove", "test_search", "test_seal")
"""Files that do begin so. They fail where there is no Chromium: CI brings it, a newcomer need not have it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE and item.path.name.startswith(BROWSERS):
            item.add_marker(pytest.mark.slow)

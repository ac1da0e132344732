"""What all tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is: no test asserts a time.
settings.register_profile("holdfast", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("holdfast")

MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes that must be free there: a run that keeps what failed needs far less."""


def pytest_configure(config: pytest.Config) -> None:
    # A test is to scan, and not to recall what the one before it did; nor does it write to its user's home.
    os.environ["HOLDFAST_CACHE_DIR"] = ""
    _take_memory(config)


def _take_memory(config: pytest.Config) -> None:
    """Let the everyday tests write to memory: a disk takes 3 ms for each folder that goes and each file that
    is to last, a third of the time of the tests that write most. The campaigns write to the disk, and so does
    everybody who says where (``TMPDIR``)."""
    if config.getoption("markexpr") == "not slow" and "TMPDIR" not in os.environ and _roomy(MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def _roomy(folder: Path) -> bool:
    """Whether files can be made and run there: hooks of git stand in the repositories of some tests."""
    if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < ROOM:
        return False
    return not os.statvfs(folder).f_flag & os.ST_NOEXEC

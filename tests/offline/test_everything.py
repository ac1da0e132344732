"""Each construct by which a page asks for something, and what stands in the copy in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.commands import holdfast
from tests.offline.everything import BASE, PAGES, Everything, everything

from holdfast.offline.seal import SEAL


@dataclass(frozen=True, slots=True)
class Made:
    """The copy that the command made, and what it said."""

    site: Everything
    copy: Path
    said: Any

    def page(self, name: str) -> str:
        return self.site.plain(name, (self.copy / name).read_bytes(), SEAL)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("everything")
    with everything(folder / "public") as site:
        done = holdfast(
            "offline", "public", "copy", "--base-url", BASE, "--allow-private", "--proxy", "",
            "--retries", "0", "--format", "json", cwd=folder,
        )  # fmt: skip
        assert done.code == 2, done
        yield Made(site, folder / "copy", done.json())


@pytest.mark.parametrize("page", PAGES)
def test_what_stands_in_the_copy(made: Made, page: str) -> None:
    """Construct by construct, so that a difference names its row; and between them nothing else."""
    text = made.page(page)
    at = 0
    for row in PAGES[page]:
        assert text[at : at + len(row.copied)] == row.copied, row.construct
        at += len(row.copied)
    assert text[at:] == ""

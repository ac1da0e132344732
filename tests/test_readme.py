"""The README keeps its word: its blocks are what the code says, its examples run, nothing is left out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from tests.commands import holdfast, write
from tests.readme import BLOCKS, README, found

from holdfast import cli, reasons
from holdfast.config import Config, load
from holdfast.keys import KEYS

TEXT = README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_what_the_code_says(name: str) -> None:
    assert found(TEXT).get(name) == BLOCKS[name](), "run: python -m tests.readme"


def test_every_reason_is_explained() -> None:
    assert not [code for code in (*reasons.REASONS, *reasons.SKIPS) if f"`{code}`" not in TEXT]


def test_every_option_is_in_the_readme() -> None:
    options = {
        name
        for command in cli.main.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }
    assert not [name for name in sorted(options) if name not in TEXT]


def test_every_setting_is_in_the_readme() -> None:
    assert not [key for key in KEYS if f"`{key}`" not in TEXT]


@pytest.mark.parametrize("text", re.findall(r"^```toml\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))
def test_a_configuration_is_understood(text: str, tmp_path: Path) -> None:
    write(tmp_path, {"holdfast.toml": text})
    config, _ = load(tmp_path)
    assert config != Config()


def test_the_first_two_blocks_are_the_two_commands() -> None:
    first, second = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)[:2]
    assert "holdfast demo" in first
    assert "pytest" in second


def examples() -> list[str]:
    """Every command line of holdfast in the README's shell examples."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    lines = [line.partition(" #")[0].strip() for block in blocks[2:] for line in block.splitlines()]
    return [line for line in lines if line.startswith("holdfast ")]


@pytest.mark.parametrize("line", examples())
def test_an_example_is_understood(line: str, tmp_path: Path) -> None:
    """Each runs on a site without anything remote: a word the command line does not know exits with 3."""
    write(
        tmp_path,
        {
            "hugo.toml": "baseURL = '/'\n",
            "content/posts/tides.md": "# Tides\n",
            "content/posts/2024/a.md": "# A\n",
            "content/posts/2025/b.md": "# B\n",
            "public/index.html": "<!doctype html><title>Built</title>\n",
        },
    )
    arguments = shlex.split(line)[1:]
    assert arguments[0] in cli.main.commands
    ran = holdfast(*arguments, cwd=tmp_path)
    assert ran.code in (0, 2), ran


def test_every_link_within_the_readme_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    assert not [anchor for anchor in re.findall(r"\]\(#([^)]+)\)", TEXT) if anchor not in headings]

"""The README's blocks that follow from the code: `python -m tests.readme` writes them anew, a test compares.

A block stands between ``<!-- block: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from holdfast import cli, reasons
from holdfast.keys import KEYS
from holdfast.sites import PRESETS

README = Path(__file__).parents[1] / "README.md"
_BLOCK = re.compile(r"<!-- block: (?P<name>[a-z ]+) -->\n(?P<text>.*?)<!-- end -->", re.DOTALL)


def failures() -> str:
    """Every reason of a failure: what it means, what to do, whether the next run asks again."""
    rows = ["| code | what happened | asked again | what to do |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `{code}` | {row.meaning} | {_again(row.transient)} | {row.advice} |"
        for code, row in reasons.REASONS.items()
    ]
    rows += [
        f"| `http-{status}` | {reasons.describe(f'http-{status}').meaning} "
        f"| {_again(reasons.is_transient_status(status))} "
        f"| {reasons.describe(f'http-{status}').advice} |"
        for status in (401, 403, 404, 410, 429, 503)
    ]
    return "\n".join(rows) + "\n"


def _again(transient: bool) -> str:
    return "next run" if transient else "with `--retry-failed`"


def skips() -> str:
    """Every reason to leave a URL alone."""
    rows = ["| code | why | what to do if you want it |", "| --- | --- | --- |"]
    rows += [f"| `{code}` | {row.meaning} | {row.advice or '–'} |" for code, row in reasons.SKIPS.items()]
    return "\n".join(rows) + "\n"


def checks() -> str:
    """Every reason that only a check concludes."""
    rows = ["| code | what was found | what to do |", "| --- | --- | --- |"]
    rows += [f"| `{code}` | {row.meaning} | {row.advice or '–'} |" for code, row in reasons.CHECKS.items()]
    return "\n".join(rows) + "\n"


def sites() -> str:
    """Every preset, and whether a test builds such a site."""
    rows = ["| `--site` | what builds it | proven by building real sites |", "| --- | --- | --- |"]
    rows += [
        f"| `{name}` | {preset.title} | {'yes' if preset.built else 'no: follows the documentation'} |"
        for name, preset in PRESETS.items()
    ]
    return "\n".join(rows) + "\n"


def settings() -> str:
    """Every key of holdfast.toml."""
    return ", ".join(f"`{key}`" for key in sorted(KEYS)) + "\n"


def help_of(*names: str) -> Callable[[], str]:
    """What ``holdfast NAMES --help`` prints, 100 columns wide."""

    def text() -> str:
        command: click.Command = cli.main
        context = click.Context(command, info_name="holdfast", **_CONTEXT)
        for name in names:
            assert isinstance(command, click.Group)
            command = command.commands[name]
            context = click.Context(command, info_name=name, parent=context, **_CONTEXT)
        call = " ".join(["holdfast", *names, "--help"])
        return f"```console\n$ {call}\n{command.get_help(context).rstrip()}\n```\n"

    return text


_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "terminal_width": 100}

BLOCKS: Mapping[str, Callable[[], str]] = {
    "failures": failures,
    "skips": skips,
    "checks": checks,
    "sites": sites,
    "settings": settings,
    "help": help_of(),
    **{f"help {name}": help_of(name) for name in cli.main.commands},
}


def found(text: str) -> dict[str, str]:
    """The README's blocks as they stand."""
    return {match["name"]: match["text"] for match in _BLOCK.finditer(text)}


def renewed(text: str) -> str:
    """The README with every block as the code has it."""
    return _BLOCK.sub(
        lambda match: f"<!-- block: {match['name']} -->\n{BLOCKS[match['name']]()}<!-- end -->", text
    )


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")

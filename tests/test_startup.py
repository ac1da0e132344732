"""What a command imports its user waits for: no engine, no Pillow, no display where nobody needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests import pictures
from tests.commands import environment
from tests.life import HOST, Life, post, routes
from tests.servers import Origin

ENGINE = {"httpx", "httpcore", "pyreqwest", "uvloop"}
DECODERS = {"PIL", "aiofiles"}
DISPLAY = {"rich", "pygments"}
PARSERS = {"pyromark", "turbohtml", "yaml", "tomlkit", "ada_url"}

SAY = """
import sys
from holdfast.cli import run
code = run(sys.argv[1:])
print("imported:", *{name.partition(".")[0] for name in sys.modules})
sys.exit(code)
"""


def imports(*arguments: str, cwd: Path) -> set[str]:
    """The top-level modules that a command has loaded when it ends well."""
    done = subprocess.run(
        [sys.executable, "-c", SAY, *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(done.stdout.rpartition("imported:")[2].split())


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("archive", "--help")], ids=" ".join)
def test_help_loads_no_stage(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert not imports(*arguments, cwd=tmp_path) & (ENGINE | DECODERS | DISPLAY | PARSERS)


@pytest.mark.parametrize("arguments", [("scan",), ("archive", "--dry-run"), ("restore",)], ids=" ".join)
def test_what_asks_no_server_loads_no_engine(arguments: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("![x](https://img.lan/a.png)\n")

    assert not imports(*arguments, cwd=tmp_path) & (ENGINE | DECODERS | DISPLAY)


@pytest.mark.parametrize(
    "arguments", [("archive",), ("archive", "--check"), ("list",), ("verify",)], ids=" ".join
)
def test_the_second_run_loads_no_engine(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with Origin(routes({"/a.png": pictures.png()})) as origin:
        Life(tmp_path, origin, {"a.md": post(f"{HOST}/a.png")}).archive()

    assert not imports(*arguments, cwd=tmp_path) & (ENGINE | DECODERS | DISPLAY)

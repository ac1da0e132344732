"""What commands print, kept in files: the command, its exit code, stdout and stderr together.

A case's file stands in ``tests/cases/cli``. ``SNAPSHOTS=write pytest ...`` writes the files anew; read the
difference before it is committed. What differs from run to run is masked by `MASKS`, and nothing else is.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import struct
import zlib
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Protocol

from tests.commands import Ran, holdfast

from holdfast import cli

FOLDER = Path(__file__).parent / "cases" / "cli"
WRITE = os.environ.get("SNAPSHOTS") == "write"

MASKS: Mapping[str, str] = {
    "seconds": r"(?<=; )[0-9]+\.[0-9](?= s$)",
    "port": r"(?<=127\.0\.0\.1:)[0-9]+",
    "process": r"(?<=process )[0-9]+ on .+?(?=, since)",
    "moment": r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z",
    "version": r"(?<=^holdfast )[0-9]+\.[0-9]+\S*$",
}
"""The name that stands in the file, and what it stands for. ``{root}`` is the site's folder."""


def masked(text: str, root: Path) -> str:
    """The text with what is unstable masked."""
    text = text.replace(str(root), "{root}")
    for name, pattern in MASKS.items():
        text = re.sub(pattern, f"{{{name}}}", text, flags=re.MULTILINE)
    return text


class Runner(Protocol):
    """What runs a command: `tests.commands.holdfast`, or something in its place."""

    def __call__(self, *arguments: str, cwd: Path) -> Ran: ...


def within(*arguments: str, cwd: Path) -> Ran:
    """Run the command line in this process: for many calls that end before they do anything."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with chdir(cwd), redirect_stdout(out), redirect_stderr(err):
        code = cli.run(arguments)
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8", "replace"))
    return Ran(code, *texts)


LOOKING = ("--check", "--diff", "--dry-run")


def quick(*arguments: str, cwd: Path) -> Ran:
    """What asks a server, and what shows help as wide as a terminal, gets a process of its own.

    The rest runs here, which saves the start of an interpreter a hundred times over.
    """
    looks = arguments[:1] in (("scan",), ("list",), ("verify",), ("restore",)) or set(arguments) & {*LOOKING}
    return (
        within(*arguments, cwd=cwd) if looks and "--help" not in arguments else holdfast(*arguments, cwd=cwd)
    )


class Session:
    """Commands run one after the other in one folder, and their record."""

    def __init__(self, root: Path, runner: Runner = quick) -> None:
        self.root = root
        self._told: list[str] = []
        self._runner = runner

    def __call__(self, line: str) -> Ran:
        """Run ``holdfast`` with the arguments of a shell line, and record it."""
        done = self._runner(*shlex.split(line), cwd=self.root)
        self._told.append(masked(f"$ holdfast {line}".rstrip() + f"\n{_shown(done)}", self.root))
        return done

    def note(self, text: str) -> None:
        """Something that happens between two commands."""
        self._told.append(f"# {text}\n")

    def check(self, name: str) -> None:
        """Compare the record with the case's file, or write it."""
        path = FOLDER / f"{name}.txt"
        told = "\n".join(self._told)
        if WRITE:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(told, encoding="utf-8")
        kept = path.read_text(encoding="utf-8") if path.exists() else "(there is no such file)"
        assert told == kept, (
            f"if this is meant: SNAPSHOTS=write pytest, then read the difference in {path.name}"
        )


def _shown(done: Ran) -> str:
    parts = [f"exit code {done.code}\n"]
    for name, text in (("stdout", done.stdout), ("stderr", done.stderr)):
        if text:
            end = "" if text.endswith("\n") else "\n(no line end)\n"
            parts.append(f"--- {name}\n{text.replace(chr(13), '␍')}{end}")
    return "".join(parts)


# -- pictures whose bytes are the same with every version of every encoder --------------------------------


def tile(shade: int, side: int = 8) -> bytes:
    """A grey square PNG whose data is stored, not compressed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([shade]) * side) * side
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xFFFF) + rows
    data = stored + struct.pack(">I", zlib.adler32(rows))
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bitmap(shade: int, side: int = 8) -> bytes:
    """A grey square BMP."""
    body = bytes([shade]) * (3 * side * side)
    head = struct.pack("<IHHI", 54 + len(body), 0, 0, 54)
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, len(body), 2835, 2835, 0, 0)
    return b"BM" + head + info + body


def drawing(radius: int) -> bytes:
    """An SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle r="{radius}"/></svg>\n'
    ).encode()

"""Runs the real command in a real process, as a user would."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import warm


@dataclass(frozen=True, slots=True)
class Ran:
    """What one command did."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """The report, where it was asked for as JSON."""
        return json.loads(self.stdout)

    def __str__(self) -> str:
        return f"exit code {self.code}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}"


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A child's environment: no proxy, no colour, no terminal width of the developer's own."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    for name in ("CI", "GITHUB_TOKEN", "NO_COLOR", "FORCE_COLOR"):
        kept.pop(name, None)
    return {**kept, "COLUMNS": "100", "TERM": "dumb", "PYTHONUTF8": "1", **(extra or {})}


def holdfast(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout: float = 120,
) -> Ran:
    """Run ``holdfast`` with these arguments in ``cwd`` and wait for it."""
    return Ran(*warm.ran([*map(str, arguments)], cwd, environment(env), stdin.encode(), timeout))


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a tree of files; text is written exactly, without newline translation."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def tree(root: Path, pattern: str = "**/*") -> dict[str, str]:
    """Every file below ``root`` with the SHA-256 of its bytes."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.glob(pattern))
        if path.is_file()
    }

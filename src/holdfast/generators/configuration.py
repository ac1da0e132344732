"""Read what a generator's configuration says, also where its own syntax is stretched or broken.

Decides nothing about sites, runs no configuration and imports none: YAML tags construct nothing, Python and
JavaScript are read as text. A file that does not parse is read line by line, and the caller is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

LARGEST_CONFIGURATION = 1024 * 1024
"""Bytes; a larger file is no configuration a person wrote."""

Values: TypeAlias = Mapping[str, Any]


@dataclass(slots=True)
class Folder:
    """A site's root, as far as recognition and settings look into it; each small file is read once."""

    root: Path
    notices: list[str] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder at this POSIX path below the root."""
        return (self.root / path).exists()

    def is_folder(self, path: str) -> bool:
        return (self.root / path).is_dir()

    def first(self, *paths: str) -> str | None:
        """The first of these files that exists."""
        return next((path for path in paths if (self.root / path).is_file()), None)

    def text(self, path: str) -> str:
        """The text of a small file; empty when there is none or it cannot be read."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> str:
        try:
            with (self.root / path).open("rb") as file:
                data = file.read(LARGEST_CONFIGURATION + 1)
        except OSError:
            return ""
        if len(data) > LARGEST_CONFIGURATION:
            self.notices.append(f"{path} is larger than 1 MiB and was not read")
            return ""
        return data.decode("utf-8-sig", "replace")

    def values(self, path: str | None) -> Values:
        """The values of a configuration file; what does not parse is read line by line, with a notice."""
        if path is None:
            return {}
        values, problem = parse(path, self.text(path))
        if problem:
            self.notices.append(
                f"{path} does not parse ({problem}): holdfast read what it could line by line; "
                "set base-path in holdfast.toml if references come out wrong"
            )
        return values


def parse(name: str, text: str) -> tuple[Values, str]:
    """``(values, problem)`` of a configuration in YAML, TOML, JSON or Python, by the ending of its name.

    The problem is empty when the file parses as its language says.
    """
    ending = name.rpartition(".")[2].lower()
    try:
        match ending:  # each parser takes longer to load than a small site to scan
            case "toml":
                import tomllib

                found: Any = tomllib.loads(text.replace("\r\n", "\n"))
            case "json":
                found = json.loads(text)
            case "py":
                found = python_values(text)
            case _:
                from . import tolerant_yaml

                found = tolerant_yaml.load(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        return lines(text), _reason(error)
    if found is None:
        return {}, ""
    if not isinstance(found, dict):
        return lines(text), "it is not a table of keys"
    return found, ""


def _reason(error: Exception) -> str:
    """One short line of a parser's complaint."""
    if isinstance(error, RecursionError):
        return "it nests too deeply"
    return (str(error).splitlines() or [type(error).__name__])[0]


_LINE = re.compile(
    r"""^(?P<indent>[ ]*)["']?(?P<key>[A-Za-z_][\w.-]*)["']?[ \t]*(?::(?=[\s"']|$)|=)(?P<value>.*)$"""
)
_SECTION = re.compile(r"^\s*\[(?P<name>[A-Za-z_][\w.-]*)\]")


def lines(text: str) -> dict[str, Any]:
    """Keys and simple values of a file that no parser accepts: top level, and one level below.

    Takes ``key: value``, ``key = value`` and ``[section]`` lines as they come; what is neither is passed by.
    """
    found: dict[str, Any] = {}
    inner: dict[str, Any] | None = None
    indents = [len(match["indent"]) for match in map(_LINE.match, text.splitlines()) if match]
    outermost = min(indents, default=0)
    for line in text.splitlines():
        if section := _SECTION.match(line):
            inner = found.setdefault(section["name"], {})
            inner = inner if isinstance(inner, dict) else None
            continue
        match = _LINE.match(line)
        if match is None:
            continue
        value = _scalar(match["value"])
        if len(match["indent"]) > outermost or ("=" in line[: match.start("value")] and inner is not None):
            if inner is not None:
                inner.setdefault(match["key"], value)
        elif value is None:
            inner = found.setdefault(match["key"], {})
            inner = inner if isinstance(inner, dict) else None
        else:
            inner = None
            found.setdefault(match["key"], value)
    return {key: value for key, value in found.items() if value != {}}


_QUOTED = re.compile(r"""^(["'])(?P<text>.*?)\1\s*,?\s*(?:(?:#|//).*)?$""")


def _scalar(text: str) -> str | bool | None:
    """A value at the end of a line: quotes and comments off; None when there is none."""
    text = text.strip()
    if quoted := _QUOTED.match(text):
        return quoted["text"]
    text = re.sub(r"(^|\s)#.*$", "", text).strip().rstrip(",")
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text or None


def python_values(text: str) -> dict[str, Any]:
    """The literal top-level assignments of a Python file, which is parsed and never run.

    Raises:
        SyntaxError: it is not Python of this version.
    """
    import ast

    found: dict[str, Any] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        try:
            value = ast.literal_eval(node.value) if node.value is not None else None
        except (ValueError, TypeError):
            continue
        found.update(dict.fromkeys(names, value))
    return found

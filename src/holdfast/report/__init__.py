"""FORMATS: how a result is written for a person or a program; one small module each.

Takes results, returns text. Prints nothing and opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import (
    check_json,
    check_markdown,
    check_text,
    csv,
    github,
    json,
    junit,
    markdown,
    offline_text,
    sarif,
    text,
)

Render = Callable[[Any], str]

FORMATS: Mapping[str, Mapping[str, Render]] = {
    "scan": {"text": text.scan, "jsonl": json.scan_lines, "json": json.document},
    "archive": {"text": text.archive, "json": json.document, "markdown": markdown.archive},
    "restore": {"text": text.restore, "json": json.document},
    "verify": {"text": text.verify, "json": json.document},
    "check": {
        "text": check_text.render,
        "json": json.document,
        "jsonl": check_json.lines,
        "junit": junit.render,
        "sarif": sarif.render,
        "github": github.render,
        "markdown": check_markdown.render,
    },
    "offline": {"text": offline_text.render, "json": json.document},
    "list": {"text": text.listing, "csv": csv.listing, "json": json.listing},
}
"""Command -> format name -> renderer; the command line's choices are these rows."""


def aside(command: str, name: str, result: Any) -> str:
    """What a person should see on stderr because the format on stdout is pure data; often nothing."""
    if name == "text":
        summary = _SUMMARIES.get(command)
        return summary(result) if summary is not None and result.mode == "diff" else ""
    return text.remarks(result) if (command, name) in _BARE else ""


_SUMMARIES: Mapping[str, Render] = {"archive": text.archive_summary, "restore": text.restore_summary}
"""Commands that know ``--diff``: their summary stands beside the diff."""

_BARE = frozenset({("scan", "jsonl"), ("check", "jsonl"), ("list", "csv"), ("list", "json")})
"""Formats without a place for warnings and notices."""

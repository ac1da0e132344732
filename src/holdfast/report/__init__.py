"""FORMATS: how a result is written for a person or a program; one small module each.

Takes results, returns text. Prints nothing and opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import csv, json, markdown, text

Render = Callable[[Any], str]

FORMATS: Mapping[str, Mapping[str, Render]] = {
    "scan": {"text": text.scan, "jsonl": json.scan_lines, "json": json.document},
    "archive": {"text": text.archive, "json": json.document, "markdown": markdown.archive},
    "restore": {"text": text.restore, "json": json.document},
    "verify": {"text": text.verify, "json": json.document},
    "list": {"text": text.listing, "csv": csv.listing, "json": json.listing},
}
"""Command -> format name -> renderer; the command line's choices are these rows."""

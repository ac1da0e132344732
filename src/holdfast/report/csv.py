"""Results as CSV (RFC 4180) for spreadsheets."""

from __future__ import annotations

import csv
import io

from ..results import ListResult


def listing(result: ListResult) -> str:
    """One row per held asset; documents are separated by a space-less ``;``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("url", "new", "path", "sha256", "bytes", "documents"))
    for asset in result.assets:
        row = (asset.url, asset.new, asset.path, asset.sha256, asset.bytes, ";".join(asset.documents))
        writer.writerow([_inert(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()


def _inert(cell: str) -> str:
    """A spreadsheet must not run a cell as a formula; URLs never begin so, paths might."""
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell

"""``holdfast.json`` in a copy's root: what was taken from where, its hashes, and what is missing.

Opens nothing: bytes in, records out, and back. Deterministic, so that two copies of one site are equal.
"""

from __future__ import annotations

import msgspec

from ..errors import ManifestError, NewerFormat

NAME = "holdfast.json"
FORMAT = 1


class File(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of the copy."""

    sha256: str
    bytes: int
    source: str = ""
    """Its POSIX path in the built site; empty for what is not from there."""
    source_sha256: str = ""
    """Of the built site's file, where the copy's bytes are others."""
    url: str = ""
    """Where it was fetched from."""
    pages: bool = False
    """It is a page of the built site."""


class Remote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a URL came to that the site's own files, or what was fetched for them, would fetch."""

    path: str = ""
    """Where its copy is; empty when there is none."""
    sha256: str = ""
    """Of the bytes as they were served; the copy's own may be rewritten."""
    bytes: int = 0
    media: str = ""
    final_url: str = ""
    etag: str = ""
    last_modified: str = ""
    fetched: str = ""
    """UTC, RFC 3339."""
    needs: tuple[tuple[str, str, str], ...] = ()
    """Of a style sheet, a script, a page or a drawing: what it fetches in turn, each as its URL, the families
    that it may bring, with commas, and its path in the copy (empty: none)."""
    reason: str = ""
    """Why there is no copy: a code of `reasons.REASONS`, or ``skipped`` or ``budget``."""
    detail: str = ""
    pages: tuple[str, ...] = ()
    """Files of the copy that show it, the first of them."""


class Ledger(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole of it."""

    holdfast: int = msgspec.field(name="holdfast-offline", default=0)
    base_url: str = ""
    made: str = ""
    """When anything in the copy last changed; UTC, RFC 3339."""
    options: str = ""
    """What else decides about its bytes, in one line."""
    files: dict[str, File] = {}
    remote: dict[str, Remote] = {}


def dump(ledger: Ledger) -> bytes:
    """One JSON document, sorted, a line for each record."""
    return msgspec.json.format(msgspec.json.encode(ledger, order="sorted"), indent=1) + b"\n"


def load(data: bytes, name: str) -> Ledger:
    """The records of a ``holdfast.json``.

    Raises:
        ManifestError: it is none of ours, or damaged.
        NewerFormat: a newer holdfast wrote it.
    """
    try:
        ledger = msgspec.json.decode(data, type=Ledger)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ManifestError(
            f"{name} cannot be read: {error}", "make the copy anew in an empty folder"
        ) from None
    if ledger.holdfast > FORMAT:
        raise NewerFormat(f"{name} was written by a newer holdfast", "upgrade holdfast, then run again")
    if ledger.holdfast != FORMAT:
        raise ManifestError(f"{name} is not a copy's list of files", "name a folder that holdfast made")
    return ledger

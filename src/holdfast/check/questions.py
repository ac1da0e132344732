"""What a check asks about: one question a URL, however many references want it answered.

Decides nothing: records for `selecting` to make and for `remote` to answer.
"""

from __future__ import annotations

import msgspec


class Question(msgspec.Struct, frozen=True, gc=False):
    """One URL to ask for."""

    url: str
    """The identity: what memory and reports call it, without fragment and credentials."""
    fetch_url: str
    """What is sent: remapped, a user name kept."""
    embed: bool = False
    """Some page shows it; otherwise it is only followed."""
    fragments: tuple[str, ...] = ()
    """The anchors that references name, sorted, without ``#``; only where anchors are looked for."""
    etag: str | None = None
    """The validators of the last good answer: with them it is asked whether anything has changed."""
    last_modified: str | None = None

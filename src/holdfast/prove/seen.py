"""What a browser made of a copy: records only, and the JSON report is exactly these.

``proof.json`` is one `Proof` object, field names as here, times in seconds, paths relative to the copy
(pages) or to the report's own folder (screenshots). ``schema`` grows by one when a field changes its meaning.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Fault(StrEnum):
    """What can be wrong with a page; each is a row of `judging.FAULTS`."""

    REMOTE = "remote"
    MISSING = "missing"
    OUTSIDE = "outside"
    REFUSED = "refused"
    FOLDER = "folder"
    LIMIT = "limit"
    EMPTY_IMAGE = "empty-image"
    DIFFERS = "differs"
    CRASHED = "crashed"
    HUNG = "hung"
    RESTLESS = "restless"
    UNSEEN = "unseen"
    UNCOMPARED = "uncompared"
    SCRIPT_ERROR = "script-error"
    MOVED = "moved"
    PARTLY = "partly"


class Attempt(msgspec.Struct, frozen=True):
    """One address outside the copy that a page reached for. It was stopped each time."""

    url: str
    """As asked for; ``https://HOST:PORT`` where only the connection was seen."""
    kind: str
    """Playwright's resource type (``image``, ``script``, ``fetch``, ``document`` ...), ``websocket``,
    ``webtransport``, ``webrtc``, ``connection`` (seen at the wall alone), or what was read in the page and
    not carried out while it was open: ``speculation``, words of `judging.HINTS` and `judging.LATER`."""
    count: int = 1
    initiator: str = ""
    """Who asked, where that is known: a script with its line, a style sheet, the page's own markup."""


class Local(msgspec.Struct, frozen=True):
    """A file that a page asked for and did not get."""

    url: str
    kind: str
    fault: Fault
    """``missing``, ``outside`` (of the copy), ``refused`` (by the rules for ``file:``), ``folder``, or
    ``limit``: refused, and whoever made the copy knew it and said so."""
    detail: str = ""


class Image(msgspec.Struct, frozen=True):
    """An image of a page that shows nothing."""

    url: str
    what: str
    """``img``, ``input``, ``poster``, ``svg-image``, or the CSS property."""
    detail: str = ""


class Trouble(msgspec.Struct, frozen=True):
    """Anything else that went wrong while a page was looked at."""

    fault: Fault
    detail: str
    count: int = 1


class Difference(msgspec.Struct, frozen=True):
    """How two screenshots of a page differ. The threshold that decides is in `Proof.threshold`."""

    share: float
    """Of all pixels of the larger one, 0 to 1; what only one of the two covers counts as different."""
    offline: tuple[int, int]
    """Width and height in pixels."""
    online: tuple[int, int]


class Look(msgspec.Struct, frozen=True):
    """One page, opened once."""

    page: str
    view: str
    """A row of `browser.VIEWS`."""
    seconds: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    failed: tuple[Local, ...] = ()
    images: tuple[Image, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    files: int = 0
    """Requests answered out of the copy."""
    looked_at: int = 0
    """Images whose width was asked for, in all frames and styles."""
    frames: int = 0
    screenshot: str | None = None
    online: str | None = None
    """The online page's screenshot."""
    difference: Difference | None = None


class Finding(msgspec.Struct, frozen=True):
    """One fault of one page in one sentence, for a person."""

    page: str
    view: str
    fault: Fault
    url: str
    text: str
    fails: bool
    """Whether the copy is not proved because of it."""


class Totals(msgspec.Struct, frozen=True):
    """Sums over all looks."""

    pages: int
    looks: int
    attempts: int
    failed: int
    images: int
    looked_at: int
    files: int
    limits: int = 0
    """Files that a browser refuses from ``file:`` and of which that was told before."""


class Proof(msgspec.Struct, frozen=True):
    """The whole result."""

    schema: int
    verdict: str
    """``proved`` or ``not-proved``."""
    browser: str
    seconds: float
    pages: int
    """How many the copy has; `totals` says how many were opened."""
    threshold: float
    totals: Totals
    findings: tuple[Finding, ...]
    looks: tuple[Look, ...]
    own_requests: tuple[str, ...] = ()
    """What the browser itself wanted (updates): stopped too, and no fault of the copy."""

"""What was seen becomes a judgement: which requests are remote, what a message means, what makes a fault.

Pure: takes what the browser told, returns records.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import msgspec

from ..words import shorten
from .seen import Attempt, Fault, Finding, Local, Look, Proof, Totals, Trouble

SCHEMA = 1

THRESHOLD = 0.01
"""Share of differing pixels up to which two screenshots show the same page: fonts are drawn a hair
differently from ``file:`` and over http, a clock in a footer is a few hundred pixels."""

INNER = frozenset({"about", "blob", "chrome-error", "data", "devtools", "javascript"})
"""Schemes that no request leaves the page with."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a fault means to a person."""

    words: str
    """A sentence with ``{}`` where the URL or the detail stands."""
    fails: bool = True


FAULTS: dict[Fault, Row] = {
    Fault.REMOTE: Row("reaches for the network: {}"),
    Fault.MISSING: Row("asks for a file that is not in the copy: {}"),
    Fault.OUTSIDE: Row("asks for a file outside of the copy: {}"),
    Fault.REFUSED: Row("the browser refuses this from file: {}"),
    Fault.FOLDER: Row("shows a folder's listing in the place of a page: {}"),
    Fault.EMPTY_IMAGE: Row("an image shows nothing: {}"),
    Fault.DIFFERS: Row("does not look like the online page: {}"),
    Fault.CRASHED: Row("the page crashed: {}"),
    Fault.HUNG: Row("the page did not answer in time: {}"),
    Fault.RESTLESS: Row("never stops asking for files, so what it asks for later was not seen: {}"),
    Fault.UNSEEN: Row("was not looked at: {}"),
    Fault.LIMIT: Row("no browser takes this from file:, as the copy's own report says: {}", fails=False),
    Fault.UNCOMPARED: Row("could not be compared with the online page: {}", fails=False),
    Fault.SCRIPT_ERROR: Row("a script failed: {}", fails=False),
    Fault.MOVED: Row("leads on to another page of the copy: {}", fails=False),
    Fault.PARTLY: Row("was looked at in part: {}", fails=False),
}
"""Each fault, worst first: the report lists them in this order."""


@dataclass(frozen=True, slots=True)
class Message:
    """A line of the browser's console that tells of a file it refuses, and what a reader notices."""

    pattern: re.Pattern[str]
    """Finds ``url``; may find ``what``."""
    kind: str
    detail: str


MESSAGES: tuple[Message, ...] = (
    Message(
        re.compile(r"^Access to script at '(?P<url>[^']+)' from origin"),
        "module",
        "module scripts do not run from file:",
    ),
    Message(
        re.compile(r"^Access to (?:fetch|XMLHttpRequest) at '(?P<url>[^']+)'.* from origin"),
        "fetch",
        "scripts cannot read files from file:; a search that does so does not work",
    ),
    Message(
        re.compile(r"^Access to (?P<what>[\w ]+) at '(?P<url>[^']+)' .*from origin"),
        "cross-origin",
        "files of a copy cannot be asked for across origins; the attribute crossorigin does that",
    ),
    Message(
        re.compile(r"(?:Worker|SharedWorker)': Script at '(?P<url>[^']+)' cannot be accessed from origin"),
        "worker",
        "workers do not start from file:; a search that needs one does not work",
    ),
    Message(
        re.compile(r"^Unsafe attempt to load URL (?P<url>\S+) from frame"),
        "document",
        "parts of another file (SVG use, frames) cannot be used from file:",
    ),
    Message(
        re.compile(r"Failed to load '(?P<url>[^']+)'.*"),
        "script",
        "scripts of a worker cannot be loaded from file:",
    ),
)
"""What Chromium says, as of version 156; a message it words anew is still told, as a script's error or as a
request that failed."""

HINTS = ("dns-prefetch", "preconnect", "prerender")
"""Values of ``rel`` that this browser does not act on without a network, and that others may."""
LATER = ("icon", "apple-touch-icon", "mask-icon", "manifest")
"""Values of ``rel`` that are fetched when a tab is drawn or a page is put on a home screen."""
_READ = frozenset({*HINTS, *LATER, "speculation"})
"""Kinds of attempts that were read in the page; the request itself, when it was seen, says more."""

SILENT = "(a connection without a request)"
"""What is told of a socket that was opened ahead of a request: of which one, nobody says."""

_AT_THE_WALL = re.compile(r"(?:https?|wss?)://(?P<host>[^/?#]+)")


def scheme(url: str) -> str:
    """``HTTPS://a`` -> ``https``."""
    return url.partition(":")[0].lower()


def is_remote(url: str, own: str = "") -> bool:
    """Whether a request for ``url`` leaves the copy; ``own`` is the origin that serves it, if one does.

    ``//cdn.example/x`` in a page of ``file:`` is ``file://cdn.example/x``: Windows asks that host for it.
    """
    if own and (url + "/").startswith(own + "/"):
        return False
    return scheme(url) not in INNER and file_path(url) is None


def file_path(url: str) -> str | None:
    """The path that a ``file:`` URL names on this machine; None of other URLs (RFC 8089)."""
    if scheme(url) != "file":
        return None
    parts = urlsplit(url)
    return unquote(parts.path) if parts.netloc in ("", "localhost") else None


def refusal(text: str) -> Local | None:
    """What a line of the console says the browser refused; None when it is about something else."""
    for message in MESSAGES:
        found = message.pattern.search(text)
        if found is not None and scheme(found["url"]) == "file":
            return Local(found["url"], message.kind, Fault.REFUSED, message.detail)
    return None


def merged(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Each address and kind once, counted, sorted, without connections and hints that a request explains."""
    counts: dict[tuple[str, str], Attempt] = {}
    for each in attempts:
        key = (each.url, each.kind)
        before = counts.get(key)
        counts[key] = (
            each
            if before is None
            else Attempt(each.url, each.kind, before.count + each.count, before.initiator or each.initiator)
        )
    explained = {authority(url) for url, kind in counts if kind != "connection"}
    if explained:
        explained.add(SILENT)
    asked = {url for url, kind in counts if kind not in _READ}
    kept = (
        each
        for each in counts.values()
        if not (each.kind == "connection" and authority(each.url) in explained)
        and not (each.kind in _READ and each.url in asked)
    )
    return tuple(sorted(kept, key=lambda a: (a.url, a.kind)))


_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def authority(url: str) -> str:
    """``wss://a.example/x`` -> ``a.example:443``: what a proxy is told of a connection (RFC 9110, 7.2)."""
    found = _AT_THE_WALL.match(url.lower())
    if found is None:
        return url.lower()
    host = found["host"].rpartition("@")[2]
    has_port = ":" in host.rpartition("]")[2]
    return host if has_port else f"{host}:{_PORTS[scheme(url)]}"


def findings(look: Look, threshold: float = THRESHOLD) -> list[Finding]:
    """Every fault of one look, a sentence each, worst first."""

    def finding(fault: Fault, url: str, *details: str) -> Finding:
        row = FAULTS[fault]
        more = ", ".join(filter(None, details))
        text = row.words.format(shorten(url, 160) or more) + (f" ({more})" if url and more else "")
        return Finding(look.page, look.view, fault, url, text, row.fails)

    found = [
        finding(Fault.REMOTE, a.url, a.kind, f"{a.count} times" if a.count > 1 else "", a.initiator)
        for a in look.attempts
    ]
    found += [finding(each.fault, each.url, each.kind, each.detail) for each in look.failed]
    found += [finding(Fault.EMPTY_IMAGE, each.url, each.what, each.detail) for each in look.images]
    found += [finding(each.fault, "", each.detail) for each in look.troubles]
    if look.difference is not None and look.difference.share > threshold:
        share = f"{look.difference.share:.1%} of its pixels differ, {threshold:.0%} may"
        found.append(finding(Fault.DIFFERS, "", share))
    order = list(FAULTS)
    return sorted(found, key=lambda f: (not f.fails, order.index(f.fault), f.url, f.text))


def with_limits(look: Look, refused: Collection[str]) -> Look:
    """The look, where files in ``refused`` are no faults when the browser refuses them: that was told before.

    A page that shows something else without them still fails for what it looks like.
    """
    failed = (
        Local(each.url, each.kind, Fault.LIMIT, each.detail)
        if each.fault is Fault.REFUSED and each.url in refused
        else each
        for each in look.failed
    )
    return msgspec.structs.replace(look, failed=tuple(failed))


def proof(
    looks: Sequence[Look],
    *,
    browser: str,
    seconds: float,
    pages: int,
    own_requests: Iterable[str] = (),
    threshold: float = THRESHOLD,
) -> Proof:
    """All looks in one result. No look at all proves nothing."""
    ordered = tuple(looks)
    found = tuple(f for look in ordered for f in findings(look, threshold))
    bad = any(f.fails for f in found) or not ordered
    return Proof(
        schema=SCHEMA,
        verdict="not-proved" if bad else "proved",
        browser=browser,
        seconds=round(seconds, 3),
        pages=pages,
        threshold=threshold,
        totals=Totals(
            pages=len({look.page for look in ordered}),
            looks=len(ordered),
            attempts=sum(a.count for look in ordered for a in look.attempts),
            failed=sum(each.fault is not Fault.LIMIT for look in ordered for each in look.failed),
            limits=len({each.url for look in ordered for each in look.failed if each.fault is Fault.LIMIT}),
            images=sum(len(look.images) for look in ordered),
            looked_at=sum(look.looked_at for look in ordered),
            files=sum(look.files for look in ordered),
        ),
        findings=found,
        looks=ordered,
        own_requests=tuple(sorted(set(own_requests))),
    )


def counted(troubles: Iterable[Trouble]) -> tuple[Trouble, ...]:
    """Each trouble once, with how often it was told."""
    counts: dict[tuple[Fault, str], int] = {}
    for each in troubles:
        key = (each.fault, each.detail)
        counts[key] = counts.get(key, 0) + each.count
    return tuple(Trouble(fault, detail, count) for (fault, detail), count in counts.items())

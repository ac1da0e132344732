"""Every reason why a URL failed or was skipped: its code, what it means, what a person can do.

Opens nothing. The codes are stable: reports, manifests and the README use them. A new reason is a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """One row: what happened and what to do, in words for a person."""

    meaning: str
    advice: str
    """Empty where there is nothing to do."""
    transient: bool = False
    """True when the next run asks again without being told to."""


REASONS: Mapping[str, Reason] = {
    "dns": Reason("the host name did not resolve", "check the spelling, or whether the site is gone", True),
    "refused": Reason("the server refused the connection", "try again later", True),
    "reset": Reason("the connection broke off", "try again later", True),
    "timeout": Reason("the server did not answer in time", "try again later, or raise --timeout", True),
    "slow": Reason("the body came too slowly", "try again later, or raise --deadline", True),
    "unreachable": Reason("there is no route to the server", "check this machine's network", True),
    "tls": Reason(
        "the secure connection could not be trusted", "check the certificate; --ca-file names a private CA"
    ),
    "protocol": Reason("the answer was not valid HTTP", "open the URL in a browser"),
    "redirect-loop": Reason(
        "the redirects never ended", "open the URL in a browser and use the address it ends at"
    ),
    "too-large": Reason("the body is larger than the limit", "raise --max-bytes if you want it"),
    "truncated": Reason("the body ended too early", "try again later", True),
    "bomb": Reason(
        "decoding it would take more than the limits allow",
        "do not trust this file; if you do: --set pixels=N, decode-memory=SIZE or decode-timeout=TIME",
    ),
    "not-media": Reason(
        "the server sent something else, no image or media file", "open the URL in a browser"
    ),
    "placeholder": Reason(
        "the server sent a placeholder, not the image", "save the image by hand while it can be seen"
    ),
    "active-svg": Reason("the SVG holds scripts or loads other files", "allow it with --allow-active-svg"),
    "blocked-address": Reason(
        "the name leads to an address that is not on the public internet", "allow it with --allow-private"
    ),
    "bad-url": Reason("this is not a valid URL", "correct it in the document"),
    "scheme": Reason("only http and https are fetched", "correct the redirect or the document"),
    "encoding": Reason("the body's compression is broken or unknown", "open the URL in a browser"),
    "not-held": Reason("not held yet", "run `holdfast archive`, or accept the loss with --accept-failures"),
    "interrupted": Reason("the run was stopped before this was fetched", "run the command again", True),
}
"""The reasons of a failure; ``http-NNN`` stands beside them (see `describe`)."""

SKIPS: Mapping[str, Reason] = {
    "live": Reason("made anew for every viewer (a badge, a counter, a player)", ""),
    "dynamic": Reason("holds a template expression", "archive what the template produces instead"),
    "link": Reason(
        "only followed by a click, not shown", "select it with --links if you want a copy of the file"
    ),
    "page": Reason("embeds a page, a script or a style sheet, not a media file", ""),
    "local": Reason("belongs to the site already", ""),
    "credentials": Reason(
        "its URL holds a password, which the archive's records must not keep",
        "take the password out of the document, or give it with --header",
    ),
    "own-prefix": Reason("stands under the archive's own prefix", ""),
    "excluded": Reason("excluded by --exclude or not selected by --include", ""),
    "scheme": Reason("not http or https (data:, mailto: ...)", ""),
    "restored": Reason("put back by restore, and left so", "name the document to archive it again"),
    "failed-before": Reason(
        "failed for good in an earlier run", "ask again with --retry-failed, or accept with --accept-failures"
    ),
    "accepted": Reason("failed, and the loss was accepted", "ask again with --retry-failed"),
    "budget": Reason("would pass --max-total", "raise --max-total"),
}
"""Why a URL was left alone."""

CHECKS: Mapping[str, Reason] = {
    # broken
    "no-file": Reason("there is no such file or page in this site", "correct the link, or restore the file"),
    "no-anchor": Reason(
        "the page has no such anchor", "correct the part after #, or give the heading that id"
    ),
    "case": Reason("the file's name differs in upper and lower case", "write it as the file is called"),
    "soft-404": Reason(
        "the server says 200 with a page that says it is not there", "look for it in a web archive"
    ),
    "no-text": Reason(
        "the page does not hold the text that is to be highlighted", "correct the part after #"
    ),
    # unverified
    "challenge": Reason("the server wants to see a browser", "open the URL in a browser"),
    "login": Reason(
        "the server wants a login", "give it one in holdfast.toml under [hosts], or --exclude it"
    ),
    "forbidden": Reason("the server lets no program look", "open the URL in a browser, or --exclude it"),
    "rate-limited": Reason("the server asked for patience to the end", "lower the pace of this host"),
    "legal": Reason("withheld for legal reasons", "open the URL from another country"),
    "paywall": Reason("the server wants to be paid", "open the URL in a browser"),
    "anchor-by-script": Reason("the page builds its anchors with scripts", "open the URL in a browser"),
    "unresolved": Reason(
        "only the site's generator knows where this leads", "build the site and check with --built DIR"
    ),
    "other-branch": Reason(
        "this working tree has no such file, and that branch may", "correct the link, unless it is there"
    ),
    "offline": Reason("this machine reached no server at all", "check this machine's network"),
    # excluded
    "reserved": Reason(
        "a name that is reserved for examples or for this machine", "check it with --include-reserved"
    ),
    "ignored": Reason("a pattern of an ignore file matches", ""),
    "unchanged": Reason("was there before the revision given with --changed-since", ""),
    "not-failing": Reason("was no failure when it was last asked, and only failing ones are asked", ""),
    "no-network": Reason("on another server, and this run uses no network", "leave out --local"),
}
"""What only a check concludes, in the order of its verdicts."""

TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 508, 520, 521, 522, 523, 524, 529})
"""Statuses that a later run asks again by itself; every other 5xx is transient too."""


def row(code: str) -> Reason:
    """The row of a failure's code, of a check's, or of a skip's.

    Raises:
        KeyError: no such reason.
    """
    if code in REASONS or code.startswith("http-"):
        return describe(code)
    return CHECKS[code] if code in CHECKS else SKIPS[code]


_FOLLOWED: Mapping[str, str] = {
    "http-404": "look for its new address, or for a copy in a web archive",
    "http-410": "it is gone for good: look for a copy in a web archive, or take the link out",
    "bad-url": "correct it in the document",
    "scheme": "open the URL in a browser",
    "redirect-loop": "open the URL in a browser",
    "tls": "open the URL in a browser; --ca-file names a private CA",
    "blocked-address": "ask for it with --allow-private, or --exclude it",
}


def advice_on_link(code: str) -> str:
    """What to do about a link, where a check found it so: nobody wants to store what it leads to."""
    return _FOLLOWED.get(code) or row(code).advice


def describe(code: str) -> Reason:
    """The row of a failure's code, made for ``http-NNN``.

    Raises:
        KeyError: no such reason.
    """
    if code.startswith("http-"):
        return _http(int(code.removeprefix("http-")))
    return REASONS[code]


def _http(status: int) -> Reason:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "unknown status"
    advice = {
        401: "the server wants a login; --header or --cookie-jar can carry one",
        403: "the server refuses foreign requests; --user-agent or --header may help",
        404: "the file is gone: look for it in a web archive, or accept the loss with --accept-failures",
        410: "the file is gone for good: accept the loss with --accept-failures",
        429: "the server asks for patience: lower --host-concurrency or raise --host-interval",
    }.get(status, "try again later" if status >= 500 else "open the URL in a browser")
    return Reason(f"the server answered {status} {phrase}", advice, is_transient_status(status))


def is_transient_status(status: int) -> bool:
    """Whether a status may change by itself (RFC 9110 section 15.6, RFC 6585)."""
    return status in TRANSIENT_STATUS or 500 <= status <= 599


def is_transient(code: str) -> bool:
    """Whether a later run asks again by itself."""
    return describe(code).transient

"""What a fetched page says about the anchors that references name.

Sends nothing: a head, the page's bytes and fragments in, answers out. Anchors of HTML are those of WHATWG
section 7.4.6; the rows below are for sites whose fragments mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from msgspec.structs import replace

from ..model import Answer, Head, Verdict
from .anchors import Anchors, has, holds_text, nearest, of_html, text_fragment

HTML = ("text/html", "application/xhtml+xml")
PREFIX = "user-content-"
"""What GitHub and others put before the ids of what their users write; their scripts look for both."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row: fragments that are no anchors of the page as it is sent."""

    url: str
    """A regular expression to search in the URL."""
    fragment: str
    """A regular expression for the whole fragment."""
    reason: str
    """Empty where nothing can be wrong; else why nobody can tell."""


MEANINGS: tuple[Meaning, ...] = (
    # Lines of a file: GitHub, GitLab, Gitea, Bitbucket, Sourcegraph.
    Meaning(
        r"/(blob|blame|src|tree|raw|file|browse)/",
        r"(L\d+(C\d+)?(-L?\d+(C\d+)?)?|lines?-\d+(:\d+)?|n?\d+)",
        "",
    ),
    # The README below a repository's list of files.
    Meaning(r"^https?://[^/]+/[^/]+/[^/]+(/tree/.*)?/?$", r"readme|readme-ov-file", ""),
    # Routes of pages that are made in the browser.
    Meaning(r"", r"!.*|/.*|.*=.*&.*", "anchor-by-script"),
    Meaning(r"^https?://(docs|drive)\.google\.com/", r".*", "anchor-by-script"),
)


def is_html(head: Head, page: bytes) -> bool:
    """Whether a body is HTML: by its type, or by its first bytes where none is given."""
    kind = (head.header("content-type") or "").partition(";")[0].strip().lower()
    return kind in HTML if kind else page.lstrip()[:1] == b"<"


def judge(found: Answer, head: Head, page: bytes, fragments: Sequence[str], *, whole: bool) -> list[Answer]:
    """An answer for each of ``fragments``.

    Args:
        found: what was concluded of the page itself.
        page: its bytes, unpacked.
        whole: False where it is longer than what was read.
    """
    if not is_html(head, page):
        return [found] * len(fragments)  # pages of a PDF, seconds of a video: the reader's program decides
    known = of_html(page)
    return [_judge(found, head.final_url, page, known, fragment, whole) for fragment in fragments]


def _judge(found: Answer, url: str, page: bytes, known: Anchors, fragment: str, whole: bool) -> Answer:
    for row in MEANINGS:
        if re.search(row.url, url) and re.fullmatch(row.fragment, fragment):
            return found if not row.reason else _untold(found, row.reason)
    name, directive, _ = fragment.partition(":~:")
    if name and has(known, name) is not True and has(known, PREFIX + name) is not True:
        if not whole or not known.complete or has(known, name) is None:
            return _untold(found, "anchor-by-script" if whole else "too-large", f"no #{name} in what is sent")
        near = nearest(known, name)
        hint = f"did you mean #{near}?" if near else "correct the part after #"
        return _missing(found, "no-anchor", f"no #{name} on the page", hint)
    if directive and (text := text_fragment(fragment)) is not None:
        if holds_text(page, text):
            return found
        if not whole or not known.complete:
            return _untold(found, "anchor-by-script" if whole else "too-large")
        return _missing(found, "no-text", unquote(directive).removeprefix("text="), "")
    return found


def _untold(found: Answer, reason: str, detail: str = "") -> Answer:
    return replace(found, verdict=Verdict.UNVERIFIED, reason=reason, detail=detail, permanent=False)


def _missing(found: Answer, reason: str, detail: str, hint: str) -> Answer:
    return Answer(Verdict.BROKEN, reason, detail, hint=hint, status=found.status, final_url=found.final_url)

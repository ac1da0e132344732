"""What is known of a URL from earlier runs, and how a new answer changes it.

Opens nothing. Only *broken* counts as a failure; what cannot be verified proves neither, so it leaves the
count as it is.
"""

from __future__ import annotations

import msgspec

from ..model import Answer, Verdict

WELL = frozenset({Verdict.OK, Verdict.REDIRECTED})
"""After one of these nothing is left of what was known before."""


class Remembered(msgspec.Struct, frozen=True, gc=False):
    """The last answer about one URL, and since when it fails."""

    url: str
    """Without credentials; with its fragment where anchors are looked for."""
    verdict: str
    reason: str = ""
    status: int | None = None
    detail: str = ""
    final_url: str | None = None
    permanent: bool = False
    checked: str = ""
    """When it was asked last; UTC, RFC 3339."""
    first_failed: str | None = None
    failures: int = 0
    """Runs in a row that found it broken."""
    etag: str | None = None
    last_modified: str | None = None
    terms: str = ""
    """On which terms it was asked, see `terms`."""


def after(before: Remembered | None, url: str, answer: Answer, moment: str, terms: str = "") -> Remembered:
    """What is known of ``url`` once this answer is in."""
    first, failures = (before.first_failed, before.failures) if before is not None else (None, 0)
    if answer.verdict is Verdict.BROKEN:
        first, failures = first or moment, failures + 1
    elif answer.verdict in WELL:
        first, failures = None, 0
    return Remembered(
        url,
        answer.verdict.value,
        answer.reason,
        answer.status,
        answer.detail,
        answer.final_url,
        answer.permanent,
        moment,
        first,
        failures,
        answer.etag,
        answer.last_modified,
        terms,
    )


def joined(one: Remembered | None, told: Remembered) -> Remembered:
    """What a memory and a history file know together: of the same row of failures the longer one.

    A success that is later than the last failure told ends that row. The answer does not depend on which of
    several histories comes first.
    """
    if one is None:
        return told
    later = max(one, told, key=lambda known: (known.checked, known.failures, known.reason))
    earlier = told if later is one else one
    if later.failures == 0 or not earlier.failures:
        return later
    starts = [known.first_failed for known in (one, told) if known.first_failed]
    return Remembered(
        later.url,
        later.verdict,
        later.reason,
        later.status,
        later.detail,
        later.final_url,
        later.permanent,
        later.checked,
        min(starts, default=None),
        max(one.failures, told.failures),
        later.etag,
        later.last_modified,
        later.terms,
    )

"""What every report of a check says of a finding: in which order, in which words.

Knows no format. The order is by importance: what fails the run, what is tolerated, what nobody can tell, what
has moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from .. import reasons
from ..results import CheckedUrl, CheckResult, CheckSummary, DocumentNotice, Place
from ..words import count, legible

NO_DOCUMENT = frozenset({"(arguments)", "(stdin)"})
"""Paths of places that are no files: URLs that were named on the command line, or came in a list."""


def failing(result: CheckResult) -> list[CheckedUrl]:
    """What fails the run."""
    return [each for each in result.results if result.fails(each)]


def tolerated(result: CheckResult) -> list[CheckedUrl]:
    """What would fail it, but for the baseline, the grace time or --changed-since."""
    return [each for each in result.results if each.tolerated]


def unverified(result: CheckResult) -> list[CheckedUrl]:
    """What nobody can tell, and what does not fail the run."""
    return [
        each
        for each in result.results
        if each.verdict == "unverified" and not each.tolerated and not result.fails(each)
    ]


def moved(result: CheckResult) -> list[CheckedUrl]:
    """What has a new address for good."""
    return [each for each in result.results if each.verdict == "redirected" and each.permanent]


def code(checked: CheckedUrl) -> str:
    """The reason's code; of what needs none, the verdict."""
    return checked.reason or checked.verdict


def meaning(of: str) -> str:
    """What a `code` says, in words."""
    return _VERDICTS.get(of) or reasons.row(of).meaning


def advice(of: str) -> str:
    """What can be done about a `code` in general; often nothing."""
    return "" if of in _VERDICTS else reasons.advice_on_link(of)


_VERDICTS = {
    "ok": "it is there",
    "redirected": "it has moved to another address",
    "broken": "it is not there",
    "unverified": "nobody can tell",
    "excluded": "not looked at",
}


def why(checked: CheckedUrl) -> str:
    """The reason in words, what was seen, and how long that has been so: one line, not made visible yet."""
    said = meaning(code(checked))
    if checked.reason:
        said += f" [{checked.reason}]"
    if checked.verdict == "redirected" and checked.final_url:
        said += f": {legible(checked.final_url)}"
    if checked.detail:
        said += f" ({legible(checked.detail)})"
    if checked.failures > 1 and checked.first_failed and not checked.tolerated:
        said += f"; {lasting(checked)}"
    return said


def lasting(checked: CheckedUrl) -> str:
    """Since when it is broken, and in how many runs."""
    since = day(checked.first_failed)
    return f"{count(checked.failures, 'failure')} in a row" + (f", since {since}" if since else "")


def day(moment: str | None) -> str:
    """The day of an RFC 3339 moment; empty where it is none: files that people edit hold these."""
    found = (moment or "")[:10]
    return found if found.isascii() and found.replace("-", "").isdigit() else ""


def excuse(checked: CheckedUrl) -> str:
    """Why it does not fail the run."""
    match checked.tolerated:
        case "baseline":
            since = day(checked.accepted)
            return f"accepted on {since}" if since else "accepted"
        case "grace":
            return f"in its time of grace: {lasting(checked)}"
        case "unchanged":
            return "was there before"
        case other:
            return other


def hint(checked: CheckedUrl) -> str:
    """What to do about it; often nothing."""
    return checked.hint or (advice(checked.reason) if checked.reason else "")


def is_own(checked: CheckedUrl) -> bool:
    """Whether its hint is about this very URL, and not the advice that its reason always gives."""
    return bool(checked.hint) and checked.hint != advice(code(checked))


def by_document(found: Iterable[CheckedUrl]) -> list[tuple[str, list[tuple[CheckedUrl, list[Place]]]]]:
    """Each document with what was found in it, and the places there; all in reading order."""
    documents: dict[str, list[tuple[CheckedUrl, list[Place]]]] = {}
    for checked in found:
        here: dict[str, list[Place]] = {}
        for place in checked.locations:
            here.setdefault(place.path, []).append(place)
        for path, places in (here or {"": []}).items():
            documents.setdefault(path, []).append((checked, places))
    for items in documents.values():
        items.sort(key=lambda item: (item[1][:1], item[0].url))
    return sorted(documents.items())


def apart(found: Sequence[CheckedUrl]) -> tuple[list[CheckedUrl], list[CheckedUrl]]:
    """What stands in many documents (a theme's footer, a snippet) and is told once; and the rest."""
    everywhere: list[CheckedUrl] = []
    rest: list[CheckedUrl] = []
    for checked in found:
        documents = len({place.path for place in checked.locations})
        (everywhere if documents > MANY else rest).append(checked)
    everywhere.sort(key=lambda each: (-len(each.locations), each.url))
    return everywhere, rest


FEW = 20
"""Up to so many findings each says what to do; beyond, each reason does so once."""
MANY = 3
"""Documents; a URL in more of them is one mistake and not many."""


def by_reason(found: Iterable[CheckedUrl]) -> list[tuple[str, int]]:
    """How many URLs each code stands for, the most first."""
    counts = Counter(map(code, found))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def totals(summary: CheckSummary) -> str:
    """The verdicts as people read them: those that there are."""
    named = ("ok", "redirected", "broken", "unverified", "excluded")
    return (
        ", ".join(f"{getattr(summary, name):,} {name}" for name in named if getattr(summary, name)) or "none"
    )


def read(summary: CheckSummary) -> str:
    """What was read."""
    return (
        f"{count(summary.documents, 'document')}, {count(summary.references, 'reference')}, "
        f"{count(summary.urls, 'URL')}"
    )


def conclusion(result: CheckResult) -> str:
    """The run in one sentence."""
    summary = result.summary
    excused = f" ({summary.tolerated:,} more tolerated)" if summary.tolerated else ""
    severe = sum(notice.severe for notice in result.notices)
    if result.interrupted:
        said = "interrupted: not everything was looked at"
    elif summary.failing:
        what = "broken or cannot be verified" if result.strict else "broken"
        said = f"{count(summary.failing, 'link')} {'is' if summary.failing == 1 else 'are'} {what}{excused}"
    elif severe:
        said = f"{count(severe, 'document')} could not be read{excused}"
    else:
        said = "no link is broken"
        if summary.tolerated:
            said = f"no link is newly broken ({summary.tolerated:,} tolerated)"
    return said


def where(notice: DocumentNotice) -> str:
    """The place that a notice is about; empty where it is about the site."""
    return notice.path + (f":{notice.line}:{notice.column}" if notice.line else "")


def below(folder: str, path: str) -> str:
    """A document's path from where the repository begins; ``folder`` is the site's own in it."""
    return f"{folder}/{path}" if folder and folder != "." else path


def spread(found: Sequence[CheckedUrl]) -> list[tuple[CheckedUrl, Place | None]]:
    """Every URL with its places, the first place of each before the second of any.

    Where only the first few are shown, these are different URLs.
    """
    flat: list[tuple[int, int, CheckedUrl, Place | None]] = []
    for rank, checked in enumerate(found):
        for turn, place in enumerate(checked.locations or (None,)):
            flat.append((turn, rank, checked, place))
    flat.sort(key=lambda item: item[:2])
    return [(checked, place) for _, _, checked, place in flat]

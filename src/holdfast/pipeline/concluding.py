"""From answers to the conclusion of a check: what fails the run, what is tolerated, and since when it fails.

Asks nobody. Memory, baseline and grace come in from outside; what is fine is only counted, unless a report
wants every URL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .. import reasons
from ..check.baseline import Baseline, Entry
from ..check.judging import in_grace
from ..check.memory import Memory, Remembered
from ..model import Answer, Verdict
from ..results import CheckedUrl, CheckResult, Place, Revived

OnResult = Callable[[CheckedUrl], object]


def _advice(answer: Answer) -> str:
    if answer.verdict is Verdict.EXCLUDED and answer.reason not in reasons.CHECKS:
        return ""  # mailto:, a template: a reason shared with other commands, and nothing to do here
    return reasons.advice_on_link(answer.reason) if answer.reason else ""


class Conclusions:
    """Gathers one run's answers in its result."""

    def __init__(
        self,
        result: CheckResult,
        *,
        memory: Memory | None,
        baseline: Baseline,
        grace: tuple[int, float] | None,
        moment: str,
        everything: bool,
        on_result: OnResult | None,
    ) -> None:
        """``moment``: the time of this run, RFC 3339; ``everything``: keep what is fine or excluded too."""
        self._result = result
        self._memory = memory
        self._baseline = baseline
        self._grace = grace
        self._moment = moment
        self._everything = everything
        self._on_result = on_result
        self._met: dict[tuple[str, str], bool] = {}
        """Entries of the baseline that came by, and whether they are alive."""
        self._broken: list[Entry] = []

    def remote(
        self, url: str, answer: Answer, places: Sequence[Place], *, fresh: bool, terms: str = ""
    ) -> None:
        """Take an answer that was just given, and remember it with the terms on which it was asked."""
        known = None
        if self._memory is not None and answer.verdict is not Verdict.EXCLUDED:
            known = self._memory.note(url, answer, self._moment, terms)
        self._conclude(url, answer, places, fresh=fresh, known=known)

    def recalled(self, known: Remembered, places: Sequence[Place], *, fresh: bool) -> None:
        """Take the answer of an earlier run, which is still good."""
        answer = Answer(
            Verdict(known.verdict),
            known.reason,
            known.detail,
            status=known.status,
            final_url=known.final_url,
            permanent=known.permanent,
        )
        self._conclude(known.url, answer, places, fresh=fresh, remembered=True)

    def local(self, url: str, path: str, answer: Answer, places: Sequence[Place], *, fresh: bool) -> None:
        """Take an answer about the site's own files, or one that needed no look; ``path``: the document."""
        self._conclude(url, answer, places, fresh=fresh, path=path)

    def _conclude(
        self,
        url: str,
        answer: Answer,
        places: Sequence[Place],
        *,
        fresh: bool,
        path: str = "",
        known: Remembered | None = None,
        remembered: bool = False,
    ) -> None:
        result, summary = self._result, self._result.summary
        verdict = answer.verdict
        summary.urls += 1
        setattr(summary, verdict.value, getattr(summary, verdict.value) + 1)
        summary.remembered += remembered
        accepted = self._baseline.accepted(url, path)
        if accepted is not None:
            alive = verdict in (Verdict.OK, Verdict.REDIRECTED)
            self._met[url, path] = self._met.get((url, path), True) and alive
        if verdict is Verdict.OK and not self._everything:
            return
        broken = verdict is Verdict.BROKEN
        tolerated = self._tolerated(answer, fresh, accepted, known)
        checked = CheckedUrl(
            url=url,
            verdict=verdict.value,
            status=answer.status,
            reason=answer.reason,
            detail=answer.detail,
            hint=answer.hint or _advice(answer),
            final_url=answer.final_url,
            permanent=answer.permanent,
            first_failed=known.first_failed if known is not None and broken else None,
            failures=known.failures if known is not None and broken else 0,
            remembered=remembered,
            tolerated=tolerated,
            accepted=accepted if tolerated == "baseline" else None,
            locations=tuple(places),
        )
        if broken:
            self._broken.append(Entry(url=url, path=path, reason=answer.reason))
        summary.failing += result.fails(checked)
        summary.tolerated += bool(tolerated)
        if verdict is not Verdict.EXCLUDED or self._everything:
            result.results.append(checked)
        if self._on_result is not None:
            self._on_result(checked)

    def _tolerated(self, answer: Answer, fresh: bool, accepted: str | None, known: Remembered | None) -> str:
        """Why this does not fail the run; empty where it does, or where there is nothing to tolerate."""
        strict = self._result.strict and answer.verdict is Verdict.UNVERIFIED
        if answer.verdict is not Verdict.BROKEN and not strict:
            return ""
        if not fresh:
            return "unchanged"
        if accepted is not None:
            return "baseline"
        if self._grace is not None and known is not None and in_grace(known, self._grace, self._moment):
            return "grace"
        return ""

    def accepted(self, *, whole: bool) -> list[Entry]:
        """What a new baseline holds: what is broken now, and what was accepted and has not been found alive.

        ``whole``: every document was read, so what nothing refers to is left out.
        """
        new = {(entry.url, entry.path): entry for entry in self._broken}
        for entry in self._baseline.entries():
            alive = self._met.get((entry.url, entry.path))
            if not alive and not (alive is None and whole):
                new.setdefault((entry.url, entry.path), entry)
        return list(new.values())

    def finish(self, *, whole: bool) -> None:
        """Put the results in order, and tell of entries of the baseline that are needed no more.

        ``whole``: every document of the site was read, so an entry nothing refers to is one nobody needs.
        """
        self._result.results.sort(key=lambda checked: (checked.url, checked.locations))
        for entry in self._baseline.entries():
            alive = self._met.get((entry.url, entry.path))
            if alive or (alive is None and whole):
                self._result.revived.append(
                    Revived(url=entry.url, path=entry.path, accepted=entry.accepted or "", gone=alive is None)
                )

"""`check`: which links of a site are dead.

Rewrites nothing. What it remembers from run to run lies in the archive's folder, out of git's sight.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path

from msgspec.structs import replace

from .. import upkeep, urls
from ..check.baseline import Baseline
from ..check.baseline import load as load_baseline
from ..check.baseline import write as write_to_baseline
from ..check.changes import Changes, added
from ..check.history import load as load_history
from ..check.history import save as save_history
from ..check.ignorefile import load as load_ignored
from ..check.judging import fresh as is_fresh
from ..check.local import Local
from ..check.memory import Memory
from ..check.questions import Question
from ..check.remap import Remap
from ..check.repository import find_repository
from ..check.selecting import Selection, Sorted, question
from ..check.terms import Terms
from ..errors import HoldfastError, UsageError
from ..model import Answer, Document, Reference, Verdict
from ..policy import patterns
from ..progress import Progress
from ..results import CheckResult, Place
from ..scan.positions import Positions
from .concluding import Conclusions, OnResult
from .given import Given, as_reference, reading
from .reading import Reading
from .workspace import STAMP, Workspace, now, open_workspace

REMEMBERED = 90
"""Days that an answer is kept which nobody has asked for again."""
FAILING = "failing"
"""``--only failing``: what failed when it was last asked."""


def check(
    paths: Sequence[str] = (),
    flags: Mapping[str, object] | None = None,
    progress: Progress | None = None,
    *,
    lines: Iterable[str] = (),
    local: bool = False,
    only: str | None = None,
    changed_since: str | None = None,
    write_baseline: bool = False,
    no_memory: bool = False,
    everything: bool = True,
    on_result: OnResult | None = None,
) -> CheckResult:
    """Tell which references lead nowhere.

    Args:
        paths: files, folders, globs and URLs; ``-`` stands for ``lines``. Empty: the site's content folders.
        flags: settings by their option's name (``max_age`` ...), over those of holdfast.toml.
        lines: more paths and URLs, one each; a path that is not there is told, and passed over.
        local: the site's own files alone; no network.
        only: ``failing`` to ask again what failed last time, and nothing else over the network.
        changed_since: a git revision; only references that were added since can fail the run.
        everything: keep results that are fine or excluded too, not only what a person has to look at.
        on_result: gets each result as soon as it is certain.

    Raises:
        HoldfastError: the run could not be done; `errors` says which kinds there are.
    """
    started = time.monotonic()
    progress = progress or Progress()
    given = Given.of(paths, lines)
    workspace = open_workspace([path for path in given.paths if path not in given.listed], flags or {})
    if write_baseline and workspace.config.check.baseline is None:
        raise UsageError("--write-baseline: no file is named", "name it with --baseline FILE")
    result = CheckResult(
        site=workspace.site.preset,
        strict=workspace.config.check.strict,
        remembers=not (no_memory or local),
        folder=_below_repository(workspace.root),
    )
    result.warnings += given.missing
    run = _Run(workspace, given, progress, result, changed_since)
    run.perform(
        local=local,
        only_failing=only == FAILING,
        write_baseline=write_baseline,
        memory=not (no_memory or local),
        everything=everything,
        on_result=on_result,
    )
    result.summary.seconds = round(time.monotonic() - started, 3)
    return result


class _Run:
    """One run's state."""

    def __init__(
        self,
        workspace: Workspace,
        given: Given,
        progress: Progress,
        result: CheckResult,
        changed_since: str | None,
    ) -> None:
        self.given = given
        self.progress = progress
        self.result = result
        self.reading: Reading | None = None
        self.workspace = workspace
        if not given.nothing:
            self.reading = reading(workspace, given.paths, progress)
            self.workspace = self.reading.workspace
        self.config = self.workspace.config
        self.terms = Terms(self.config)
        self.changes: Changes | None = (
            None
            if changed_since is None
            else added(self.workspace.root, changed_since, self.workspace.site.options)
        )
        self.local = Local(
            self.workspace.site,
            self.config,
            own_repository=find_repository(self.workspace.root),
        )
        self.sorted = Sorted(
            Selection(
                include=patterns("include", self.config.include),
                exclude=patterns("exclude", self.config.exclude),
                ignored=load_ignored(self.workspace.root),
                include_reserved=self.config.check.include_reserved
                or bool(self.config.network.allow_private),
                fragments=self.config.check.fragments,
                remap=Remap(self.config.check.remap),
                claims=self.local.claims,
                understands=self.local.understands,
            )
        )

    def perform(
        self,
        *,
        local: bool,
        only_failing: bool,
        write_baseline: bool,
        memory: bool,
        everything: bool,
        on_result: OnResult | None,
    ) -> None:
        """Scan, look up, ask, conclude."""
        settings = self.config.check
        moment = now()
        old = load_baseline(settings.baseline, missing_ok=write_baseline) if settings.baseline else None
        remembered = self._open_memory(settings.history) if memory else None
        if only_failing and remembered is None:
            raise UsageError(
                "--only failing needs the memory of earlier runs", "leave out --no-memory and --local"
            )
        conclusions = Conclusions(
            self.result,
            memory=remembered,
            baseline=old or Baseline(),
            grace=settings.grace,
            moment=moment,
            everything=everything,
            on_result=on_result,
        )
        try:
            self._scan(conclusions)
            forgotten = self._unreferred(remembered)
            questions = self._questions(
                conclusions, remembered, moment, local=local, only_failing=only_failing
            )
            if questions:
                self._ask(questions, conclusions)
            if remembered is not None:
                self._put_away(remembered, forgotten, moment)
        finally:
            if remembered is not None:
                remembered.close()
                self.result.warnings += remembered.notices
        whole = not (self.given.paths or self.given.urls or self.result.interrupted)
        conclusions.finish(whole=whole)
        if write_baseline and settings.baseline is not None:
            write_to_baseline(settings.baseline, conclusions.accepted(whole=whole), moment[:10], old)
            self._accept_all()

    # -- reading --------------------------------------------------------------------------------------------

    def _scan(self, conclusions: Conclusions) -> None:
        """Sort every reference; answer at once what the site's own files tell."""
        summary = self.result.summary
        if self.reading is not None:
            for document in self.reading:
                summary.documents += 1
                summary.references += len(document.scanned.references)
                self._look_at(document, conclusions)
            self.result.notices += self.reading.notices
        for text, place in self.given.urls:
            summary.references += 1
            self._take(as_reference(text), place, conclusions)

    def _look_at(self, document: Document, conclusions: Conclusions) -> None:
        positions = Positions(document.source)
        here: dict[str, _Here] = {}
        for ordinal, reference in enumerate(document.scanned.references):
            decided = self.sorted.sort(reference)
            fresh = self.changes is None or self.changes.is_new(document, ordinal)
            place = Place(document.path, *positions.at(reference.span.start))
            if isinstance(decided, str):
                self.sorted.want(reference, place, embed=reference.embed, fresh=fresh)
                continue
            found = here.get(reference.url)
            if found is None:
                answer = decided if decided is not None else self._answer(document, reference)
                found = here[reference.url] = _Here(answer)
            found.places.append(place)
            found.fresh |= fresh
        for url, found in here.items():
            conclusions.local(_shown(url), document.path, found.answer, found.places, fresh=found.fresh)

    def _answer(self, document: Document, reference: Reference) -> Answer:
        if urls.is_remote(reference.url):
            asked = self.sorted.asked(reference.url)
            if asked != reference.url:
                return self.local.answer_url(asked)
        return self.local.answer(document, reference)

    def _take(self, reference: Reference, place: Place, conclusions: Conclusions) -> None:
        """One URL that stands in no document."""
        decided = self.sorted.sort(reference)
        if isinstance(decided, str):
            self.sorted.want(reference, place, embed=False, fresh=True)
            return
        answer = decided or self.local.answer_url(self.sorted.asked(reference.url))
        conclusions.local(_shown(reference.url), "", answer, [place], fresh=True)

    # -- asking ---------------------------------------------------------------------------------------------

    def _questions(
        self,
        conclusions: Conclusions,
        memory: Memory | None,
        moment: str,
        *,
        local: bool,
        only_failing: bool,
    ) -> list[Question]:
        """What has to be asked over the network; the rest is concluded here."""
        settings = self.config.check
        found: list[Question] = []
        every = sorted(self.sorted)
        recalled = memory.recall_all(every) if memory is not None else zip(every, repeat(None))
        for url, known in recalled:
            gathered = self.sorted[url]
            why = "no-network" if local else "" if gathered.fresh else "unchanged"
            if only_failing and not why and not (known and known.failures):
                why = "not-failing"
            if why:
                conclusions.local(url, "", Answer(Verdict.EXCLUDED, why), gathered.places(), fresh=True)
                continue
            asked = question(url, gathered)
            if known is not None and memory is not None:
                all_known = [known, *(memory.recall(f"{url}#{fragment}") for fragment in asked.fragments)]
                still = all(
                    each is not None and self.terms.met(each.terms, url, asked.fetch_url)
                    for each in all_known
                )
                if still and all(
                    each is not None and is_fresh(each, settings.max_age, moment) for each in all_known
                ):
                    for fragment, each in zip(("", *asked.fragments), all_known, strict=True):
                        places = gathered.at(fragment)
                        if each is not None and places:
                            conclusions.recalled(each, places, fresh=gathered.fresh)
                    continue
                if still and not asked.fragments and not settings.soft_404 and not known.failures:
                    asked = replace(asked, etag=known.etag, last_modified=known.last_modified)
            found.append(asked)
        return found

    def _ask(self, questions: Sequence[Question], conclusions: Conclusions) -> None:
        from ..check.remote import ask  # brings the HTTP engine
        from ..looping import run

        def tell(asked: Question, fragment: str, answer: Answer) -> None:
            gathered = self.sorted.get(asked.url)
            if gathered is None:
                return  # the page is not there, so none of its anchors is: that is one finding, and was told
            if fragment:
                url, places = f"{asked.url}#{fragment}", gathered.at(fragment)
            else:
                there = answer.verdict in (Verdict.OK, Verdict.REDIRECTED) and asked.fragments
                url, places = asked.url, gathered.at("") if there else gathered.places()
                if not there:
                    self.sorted.drop(asked.url)
                self.progress.step()
            if places:
                terms = self.terms.of(asked.url, asked.fetch_url)
                conclusions.remote(url, answer, places, fresh=gathered.fresh, terms=terms)

        asked = run(ask(questions, self.config, self.progress, tell))
        self.result.summary.requests = asked.requests
        self.result.interrupted = asked.interrupted
        self.result.warnings += asked.warnings

    # -- memory ---------------------------------------------------------------------------------------------

    def _open_memory(self, told: Path | None) -> Memory:
        """The memory of earlier runs; what a history file tells is added to it."""
        archive = self.workspace.archive
        if not (archive / ".gitignore").is_file():
            # A folder of ours that git would show; whoever holds its lock prepares it himself.
            with suppress(HoldfastError), upkeep.lock(archive, command="check", since=now()):
                upkeep.prepare(archive)
        memory = Memory.open(archive / "checks.sqlite")
        if told is not None:
            memory.merge(load_history(told, self.result.warnings))
        return memory

    def _unreferred(self, memory: Memory | None) -> list[str]:
        """What fails in the memory and stands in no document any more; only a run over the whole site can
        tell."""
        if (
            memory is None
            or self.given.paths
            or self.given.urls
            or self.config.include
            or self.config.exclude
        ):
            return []
        return [
            known.url
            for known in memory.failing()
            if self.sorted.get(urls.split_fragment(known.url)[0]) is None
        ]

    def _put_away(self, memory: Memory, forgotten: Sequence[str], moment: str) -> None:
        """Let go of what nobody needs, and write what fails where another machine can find it."""
        before = datetime.fromisoformat(moment) - timedelta(days=REMEMBERED)
        memory.forget(before.strftime(STAMP), forgotten)
        if self.config.check.history is not None:
            save_history(self.config.check.history, memory.failing(), self.workspace.disk)

    def _accept_all(self) -> None:
        """What a baseline was just written of fails this run no more."""
        summary, today = self.result.summary, now()[:10]
        for index, checked in enumerate(self.result.results):
            if checked.verdict == Verdict.BROKEN and self.result.fails(checked):
                self.result.results[index] = replace(checked, tolerated="baseline", accepted=today)
                summary.failing -= 1
                summary.tolerated += 1


@dataclass(slots=True)
class _Here:
    """One URL in one document."""

    answer: Answer
    places: list[Place] = field(default_factory=list)
    fresh: bool = False


def _below_repository(root: Path) -> str:
    """The site's root below the top of its git working tree; empty where it is the top, or in none."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    return "" if top == root else root.relative_to(top).as_posix()


_SHOWN = 160


def _shown(url: str) -> str:
    """A URL as a report names it: no credentials, and of a ``data:`` URL, which may be megabytes, the
    beginning."""
    shown = urls.without_credentials(url)
    return shown if len(shown) <= _SHOWN or urls.scheme(shown) != "data" else shown[:_SHOWN] + "…"

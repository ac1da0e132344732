"""Ask servers: every question once, host by host, and what failed a second time before it is called broken.

Judges nothing itself (`verdicts`, `fragments`, `soft404` do) and remembers nothing. No question has a task
of its own: a bounded number of workers take them from their hosts' lists, and an answer is told when it is
final.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from ..config import Config
from ..fetch.events import Event
from ..fetch.fetcher import Fetched, Fetcher, Resolver
from ..fetch.pace import Sleep
from ..fetch.routing import has_way_out
from ..looping import pause, stopping
from ..model import Answer, Verdict
from ..progress import Progress
from . import blocks, verdicts
from .crew import Crew
from .pages import Page, Reader
from .questions import Question

Tell: TypeAlias = Callable[[Question, str, Answer], None]
"""Takes each answer when it is final: the question, the fragment ("": the page itself), the answer."""

HOSTS_AT_ONCE = 1024
"""Hosts whose lists are worked on at once: enough for any pace, and no more workers than needed."""
SLEEPERS = 16
"""So many workers more for one host than it may be asked at once: those whose URL sleeps until its further
try do not keep the others from the host's pace (250 URLs, a sixth of which failed at first: 22 s instead of
26 s, and the pace alone takes 18 s)."""
PAGES = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EMBEDS = "image/*,*/*;q=0.8"
SECOND_RETRIES = 1
"""Further tries of the second look: by then each URL has had its own."""

SILENT = frozenset({"dns", "unreachable", "timeout"})
"""Failures that come of themselves where there is no network."""
_SIGNS = frozenset({"refused", "reset", "tls", "protocol"})
"""Failures that only a network can bring."""
_WARN = frozenset({"resolver-dead", "fake-ip", "unset"})


@dataclass(slots=True)
class Asked:
    """What a run of questions came to, besides the answers."""

    requests: int = 0
    interrupted: bool = False
    warnings: list[str] = field(default_factory=list)


class _Found(msgspec.Struct, frozen=True):
    """What one look at one URL came to."""

    answer: Answer
    fragments: Sequence[Answer] = ()
    """One for each of the question's."""
    here: bool = False
    """It may be this machine's own trouble."""


async def ask(
    questions: Sequence[Question],
    config: Config,
    progress: Progress,
    tell: Tell,
    *,
    resolver: Resolver | None = None,
    sleep: Sleep = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
    jitter: Callable[[], float] = random.random,
    has_way_out: Callable[[], bool] = has_way_out,
) -> Asked:
    """Ask every question and ``tell`` each answer once, as soon as it is final.

    The first Ctrl-C lets what is under way finish and tells what was found so far, also what has had no
    second look; a second one ends at once (KeyboardInterrupt).
    """
    asked = Asked()

    def on_event(event: Event) -> None:
        progress.trouble(event.host, event.message)
        if event.kind in _WARN and event.message not in asked.warnings:
            asked.warnings.append(event.message)

    async with Fetcher(
        config.network, resolver=resolver, sleep=sleep, clock=clock, jitter=jitter, on_event=on_event
    ) as fetcher:
        inquiry = _Inquiry(fetcher, config, progress, tell, asked, sleep, has_way_out)
        with stopping(inquiry.stop):
            await inquiry.run(questions)
        asked.requests = fetcher.requests
    return asked


class _Inquiry:
    """One run of questions."""

    def __init__(
        self,
        fetcher: Fetcher,
        config: Config,
        progress: Progress,
        tell: Tell,
        asked: Asked,
        sleep: Sleep,
        has_way_out: Callable[[], bool],
    ) -> None:
        self._fetcher = fetcher
        self._limits = config.network.limits
        self._settings = config.check
        self._policy = verdicts.Policy.of(config.check, config.network.hosts)
        self._reader = Reader(fetcher, self._policy, config.check.soft_404, self._limits.check_deadline)
        self._progress = progress
        self._tell_one = tell
        self._asked = asked
        self._sleep = sleep
        self._has_way_out = has_way_out
        self._stopped = asyncio.Event()
        self._again: list[tuple[Question, _Found]] = []
        """What is looked at a second time."""
        self._first: dict[str, _Found] = {}
        """While the second look goes on: what the first one came to, by URL."""
        self._alive = False
        """Some server has answered: there is a network."""
        self._resolving = False
        """Some resolver has answered."""
        self._held: list[tuple[Question, _Found]] = []
        """What is final unless there is no network at all."""

    def stop(self) -> None:
        """Let what is under way finish, and begin nothing more."""
        self._asked.interrupted = True
        self._stopped.set()
        self._fetcher.stop()

    async def run(self, questions: Sequence[Question]) -> None:
        """Both looks, and what can only be said at the end."""
        self._progress.stage("checking", len(questions))
        await self._look(questions)
        if self._again and not self._stopped.is_set():
            await self._look_again()
        for question, found in self._again:  # interrupted before its second look
            self._tell(question, found)
        self._again.clear()
        self._conclude()

    # -- looks ------------------------------------------------------------------------------------------

    async def _look_again(self) -> None:
        again, self._again = self._again, []
        self._progress.stage("second look", len(again))
        await pause(self._settings.second_look, self._stopped, self._sleep)
        self._fetcher.forgive()
        self._first = {question.url: found for question, found in again}
        await self._look([question for question, _ in again])
        for question, found in again:
            if question.url in self._first:
                self._tell(question, found)
        self._first = {}

    async def _look(self, questions: Sequence[Question]) -> None:
        """Look at every URL, the hosts with the most of them first."""
        lists: dict[str, list[Question]] = {}
        for question in reversed(questions):
            lists.setdefault(_host(question.fetch_url), []).append(question)
        self._fetcher.expect({host: len(each) for host, each in lists.items()})
        waiting = iter(sorted(lists.items(), key=lambda each: len(each[1]), reverse=True))
        work = [
            asyncio.create_task(self._serve_hosts(waiting)) for _ in range(min(len(lists), HOSTS_AT_ONCE))
        ]
        try:
            await asyncio.gather(*work)
        except BaseException:
            self._fetcher.stop()
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            raise

    async def _serve_hosts(self, waiting: Iterator[tuple[str, list[Question]]]) -> None:
        for host, questions in waiting:
            most = self._fetcher.at_once(host, SLEEPERS)
            await Crew(questions, self._serve, most, self._stopped).work()

    async def _serve(self, question: Question, began: Callable[[], object]) -> None:
        found = await self._find(question, began)
        if found is not None:
            self._take(question, found)

    def _take(self, question: Question, found: _Found) -> None:
        """Tell what is final; keep the rest for the second look, or for the end."""
        first = not self._first or self._first.pop(question.url, None) is None
        if first and verdicts.is_suspect(found.answer):
            self._again.append((question, found))
        elif found.answer.reason in SILENT and not self._alive:
            self._held.append((question, found))
        else:
            self._tell(question, found)

    def _tell(self, question: Question, found: _Found) -> None:
        self._tell_one(question, "", found.answer)
        if not question.fragments:
            return
        answers = found.fragments or [found.answer] * len(question.fragments)
        for fragment, answer in zip(question.fragments, answers, strict=True):
            self._tell_one(question, fragment, answer)

    # -- one URL ----------------------------------------------------------------------------------------

    async def _find(self, question: Question, began: Callable[[], object]) -> _Found | None:
        """Look at one URL; None when the run is ending. ``began``: see `Fetcher.fetch`."""
        reader = self._reader
        wants_body = reader.wants_body(question)
        got = await self._fetcher.fetch(
            question.fetch_url,
            reader.receiver(question),
            accept=EMBEDS if question.embed else PAGES,
            max_bytes=sys.maxsize,
            headers=() if wants_body else _conditions(question),
            deadline=self._limits.check_deadline,
            retries=min(SECOND_RETRIES, self._limits.retries) if self._first else None,
            look=blocks.LOOK,
            decode=wants_body,
            referers=question.embed,
            glance=reader.glance(question),
            began=began,
        )
        fragments: Sequence[Answer] = ()
        if isinstance(got, Fetched):
            self._alive = True
            page: Page = got.value
            seen = reader.at_sight(page)
            if seen is not None:
                answer = seen
            else:
                answer, fragments = await reader.judge(question, page)
            if page.head.status == 304:
                answer = replace(
                    answer,
                    etag=answer.etag or question.etag,
                    last_modified=answer.last_modified or question.last_modified,
                )
            return _Found(answer, fragments)
        if got.reason == "interrupted":
            return None
        self._alive = self._alive or got.head is not None or got.reason in _SIGNS
        self._resolving = self._resolving or (got.reason == "dns" and not got.here)
        answer = verdicts.of_failure(got, self._policy)
        if question.fragments and answer.verdict in (Verdict.OK, Verdict.REDIRECTED):
            unread = replace(answer, verdict=Verdict.UNVERIFIED, reason=got.reason, permanent=False)
            fragments = [unread] * len(question.fragments)
        return _Found(answer, fragments, got.here)

    # -- the end ----------------------------------------------------------------------------------------

    def _conclude(self) -> None:
        """Tell what was held back: as it is, or, where no server at all has answered, as nobody's fault."""
        held, self._held = self._held, []
        offline = held and not self._alive and self._is_offline(held)
        if offline:
            self._asked.warnings.append(
                "no server at all has answered: this machine seems to have no network, so none is broken"
            )
        for question, found in held:
            if offline:
                detail = found.answer.detail or found.answer.reason
                found = _Found(Answer(Verdict.UNVERIFIED, "offline", detail))
            self._tell(question, found)

    def _is_offline(self, held: Sequence[tuple[Question, _Found]]) -> bool:
        """Whether silence is this machine's own: there is no way out, or nothing but that was found out.

        A resolver that says "no such name" shows that there is a network (not on macOS, where it says so
        without one: there the way out decides).
        """
        if not self._has_way_out():
            return True
        return not self._resolving and all(found.here for _, found in held)


def _conditions(question: Question) -> tuple[tuple[str, str], ...]:
    """Ask only whether it has changed (RFC 9110 section 13.1); not where a body is wanted."""
    if question.etag is None and question.last_modified is None:
        return ()
    pairs = (("if-none-match", question.etag), ("if-modified-since", question.last_modified))
    return tuple((name, value) for name, value in pairs if value)


def _host(url: str) -> str:
    """The host of a URL in normal form, as `urls.host` has it; a twentieth of the time that parsing takes."""
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
    host, colon, port = authority.rpartition(":")
    return host if colon and port.isdigit() else authority

"""What tests of remote verdicts ask with: one run for many URLs, each row of a table on a host of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.servers import NOT_FOUND, Origin, Reply, Request, Route

from holdfast import config
from holdfast.check.questions import Question
from holdfast.check.remote import Asked, ask
from holdfast.config import Config
from holdfast.looping import run
from holdfast.model import Answer
from holdfast.progress import Progress

QUICK: Mapping[str, Any] = {
    "allow-private": ("127.0.0.0/8", "::1"),
    "host-interval": "0",
    "backoff-first": "0.01",
    "second-look": "0",
    "include-reserved": True,
}
"""Settings with which no test waits for politeness."""


@dataclass
class Told:
    """Everything that one run told."""

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    """By URL and fragment."""
    asked: Asked = field(default_factory=Asked)
    order: list[str] = field(default_factory=list)

    def __getitem__(self, url: str) -> Answer:
        return self.answers[url, ""]


def settings(**flags: Any) -> Config:
    """A configuration as the command line would make it of these flags over `QUICK`."""
    given = {name.replace("_", "-"): value for name, value in flags.items()}
    return config.merge(Config(), {**QUICK, **given})


def questions(urls: Sequence[str | Question]) -> list[Question]:
    return [each if isinstance(each, Question) else Question(each, each) for each in urls]


def told_of(urls: Sequence[str | Question], made: Config, **how: Any) -> Told:
    """Ask all of them in one run."""
    told = Told()

    def tell(question: Question, fragment: str, answer: Answer) -> None:
        assert (question.url, fragment) not in told.answers, "an answer is told once"
        told.answers[question.url, fragment] = answer
        told.order.append(question.url)

    told.asked = run(ask(questions(urls), made, Progress(), tell, **how))
    return told


Hosts = Mapping[str, Mapping[str, Route]]


def serving(hosts: Hosts, **how: Any) -> Origin:
    """One origin that is all these hosts: by Host header, then by path."""

    async def route(request: Request) -> Reply:
        paths = hosts.get(request.host.partition(":")[0], {})
        found = paths.get(request.target) or paths.get(request.path) or NOT_FOUND
        if isinstance(found, Reply):
            return found
        answer = found(request)
        return await answer if isinstance(answer, Awaitable) else answer

    return Origin(route, **how)


def in_turn(*replies: Reply) -> Callable[[Request], Reply]:
    """A route that answers differently each time; the last reply stays."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


async def never(request: Request) -> Reply:
    """A route that does not answer."""
    del request
    await asyncio.sleep(60)
    return Reply()

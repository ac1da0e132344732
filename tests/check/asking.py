"""What tests of remote verdicts ask with: one run for many URLs, each row of a table on a host of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from tests.commands import holdfast
from tests.servers import NOT_FOUND, Origin, Reply, Request, Route

from holdfast import config
from holdfast.check.questions import Question
from holdfast.check.remote import Asked, ask
from holdfast.config import Config
from holdfast.looping import run
from holdfast.model import Answer
from holdfast.progress import Progress
from holdfast.results import CheckedUrl

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


class Report(msgspec.Struct):
    """What is looked at of ``holdfast check --format json``."""

    results: list[CheckedUrl]
    warnings: list[str] = []


def arguments(made: Mapping[str, Any]) -> list[str]:
    """The command line's words for these settings over `QUICK`."""
    words = ["check", "-", "--format", "json"]
    options = {
        "allow-private",
        "connect-to",
        "include-reserved",
        "soft-404",
        "fragments",
        "timeout",
        "ca-file",
    }
    for name, value in {**QUICK, **{key.replace("_", "-"): each for key, each in made.items()}}.items():
        for one in value if isinstance(value, tuple) else (value,):
            if name not in options:
                words += ["--set", f"{name}={one}"]
            else:
                words += [f"--{name}"] if one is True else [f"--{name}={one}"]
    return words


def reported(folder: Path, urls: Sequence[str], **made: Any) -> dict[str, CheckedUrl]:
    """Ask all of them through the command line, on its standard input; what it says of each."""
    ran = holdfast(*arguments(made), cwd=folder, stdin="\n".join(urls), timeout=100)
    assert ran.code in (0, 2), ran
    report = msgspec.json.decode(ran.stdout, type=Report)
    found = {result.url: result for result in report.results}
    assert len(found) == len(report.results), "one result a URL"
    return found


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
    """A route that answers each time differently, to each program from the start; the last reply stays."""
    left: dict[str | None, list[Reply]] = {}

    def answer(request: Request) -> Reply:
        own = left.setdefault(request.header("user-agent"), list(replies))
        return own.pop(0) if len(own) > 1 else own[0]

    return answer


async def never(request: Request) -> Reply:
    """A route that does not answer."""
    del request
    await asyncio.sleep(60)
    return Reply()

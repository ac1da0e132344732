"""The simulated web: what is true of it can be told apart, and what a check says of hosts that are asked too
much is no lie. How long a check of all of it takes is a row of the benchmarks."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from tests.benchmarks.measuring import Ran, WorkNotDoneError
from tests.benchmarks.web import compare
from tests.servers import Origin, Reply, Request
from tests.web import KINDS, SHARE, TRAITS, Manners, Web

from holdfast.check import remote
from holdfast.check.questions import Question
from holdfast.config import Config, merge
from holdfast.looping import run
from holdfast.model import Answer
from holdfast.progress import Progress

FASTER = 20


def clock() -> float:
    """Seconds that pass faster than others' do ..."""
    return time.monotonic() * FASTER


async def nap(seconds: float) -> None:
    """... for whoever sleeps as well."""
    await asyncio.sleep(seconds / FASTER)


def answers_of(origin: Origin, count: int, **flags: str) -> list[Answer]:
    """The last answers to so many questions at one host."""
    config = merge(Config(), {"proxy": "", "allow-private": "*", "host-interval": "0.2", **flags})
    told: dict[str, Answer] = {}

    def tell(question: Question, fragment: str, answer: Answer) -> None:
        told[question.url] = answer

    urls = [origin.url(f"/{number}") for number in range(count)]
    questions = [Question(url, url) for url in urls]
    run(remote.ask(questions, config, Progress(), tell, sleep=nap, clock=clock))
    return [told[url] for url in urls]


@pytest.mark.parametrize(
    ("status", "verdict", "reason"), [(429, "unverified", "rate-limited"), (503, "broken", "http-503")]
)
def test_a_host_that_is_given_up_says_the_same_of_all_its_urls(
    status: int, verdict: str, reason: str
) -> None:
    """Found by the row `web`: of the URLs that a rate limit left unasked a check said that they are dead."""
    with Origin(lambda _: Reply(status, {"Retry-After": "1"})) as origin:
        found = answers_of(origin, 12, retries="1", second_look="0")

    assert {(str(each.verdict.value), each.reason) for each in found} == {(verdict, reason)}
    assert status != 429 or any("given up" in each.detail for each in found)


def test_urls_that_wait_for_a_further_try_do_not_stop_the_others() -> None:
    """As many URLs as the host may be asked at once fail first; the next ones do not wait for their tries."""

    def route(request: Request) -> Reply:
        return Reply(500 if request.path in ("/0", "/1") else 200)

    with Origin(route) as origin:
        answers_of(origin, 4, host_concurrency="2", retries="1", second_look="0")
    assert {request.path for request in origin.requests[:4]} == {"/0", "/1", "/2", "/3"}


# -- the truth --------------------------------------------------------------------------------------------


def test_every_kind_of_fault_has_its_share() -> None:
    web = Web.made()
    links = [kind for host in web.hosts if not host.trait for kind in host.kinds]
    shares = Counter(kind.name for kind in links)

    for name in KINDS.keys() - {"good"}:
        assert shares[name] / len(links) == pytest.approx(SHARE, rel=0.6), name
    assert Counter(host.trait for host in web.hosts) == {
        "": 300 - 9 * len(TRAITS),
        **dict.fromkeys(TRAITS, 9),
    }


def test_the_bound_is_what_politeness_needs() -> None:
    """One interval for each request of the largest host at least, and more where the client may do less."""
    web, manners = Web.made(), Manners()
    bound = web.bound(manners)

    assert bound > (len(web.hosts[0].kinds) - 1) * manners.interval + manners.second_look
    assert web.bound(Manners(interval=0.2)) > bound + len(web.hosts[0].kinds) * 0.1
    assert web.bound(Manners(at_once=1)) > bound
    assert web.bound(Manners(retries=3)) > bound
    assert Web.made(longest=300).bound(manners) > bound


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({}, "not told of"),
        ({"https://a.web.lan/": ("ok", "")}, "broken http-404, not ok"),
        ({"https://a.web.lan/": ("broken", "http-410")}, "not broken http-410"),
        ({"https://a.web.lan/": ("broken", "http-404"), "https://b.web.lan/": ("ok", "")}, "0 of 1"),
    ],
)
def test_one_wrong_verdict_is_enough(
    tmp_path: Path, told: Mapping[str, tuple[str, str]], complaint: str
) -> None:
    report = tmp_path / "report.json"
    results = [{"url": url, "verdict": verdict, "reason": reason} for url, (verdict, reason) in told.items()]
    report.write_bytes(msgspec.json.encode({"results": results}))

    with pytest.raises(WorkNotDoneError, match=complaint):
        compare(Ran(1.0, 1.0, 1, 2, ""), report, {"https://a.web.lan/": KINDS["missing"]})

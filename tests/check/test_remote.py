"""How servers are asked: pace, second look, validators, anchors with one request, Ctrl-C, no network."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections import defaultdict
from pathlib import Path

import pytest
from tests.check.asking import Told, in_turn, questions, reported, serving, settings, told_of
from tests.fetch.asking import NO_ANSWER, Table
from tests.servers import Origin, Reply, Request, gathering, refusing
from tests.skewed import Skewed, serve, shortest

from holdfast.check.questions import Question
from holdfast.check.remote import ask
from holdfast.looping import run
from holdfast.model import Answer
from holdfast.progress import Progress

HTML = {"Content-Type": "text/html"}


def verdicts(told: Told) -> dict[str, tuple[str, str]]:
    """Verdict and reason by what stands after the host."""
    return {
        url.split("/", 3)[3]: (answer.verdict.value, answer.reason)
        for (url, _), answer in told.answers.items()
    }


# -- pace -------------------------------------------------------------------------------------------------


def test_the_pace_of_a_host_is_never_exceeded_by_the_servers_own_log() -> None:
    interval = 0.02
    with serving({f"h{n}.lan": {} for n in range(5)}) as origin:
        made = settings(connect_to=(origin.connect_to(),), host_interval=str(interval), host_concurrency="2")
        told_of([f"http://h{n}.lan/{page}" for n in range(5) for page in range(n * 4)], made)
        times = defaultdict(list)
        for request in origin.requests:
            times[request.host].append(request.at)
    for each in times.values():
        # Ten intervals between any eleven requests: one alone may be late, and the next one early by that.
        assert all(late - early >= interval * 9 for early, late in zip(each, each[10:], strict=False))
    assert {host: len(each) for host, each in times.items()} == {f"h{n}.lan": n * 8 for n in range(1, 5)}


def test_a_hosts_own_pace() -> None:
    """``[hosts]`` says it for one host, and over everything else."""
    with serving({}) as origin:
        made = settings(connect_to=(origin.connect_to(),), hosts={"*.slow.lan": {"interval": 0.05}})
        told_of([f"http://{name}/{n}" for name in ("a.slow.lan", "b.lan") for n in range(8)], made)
        slow = [request.at for request in origin.requests if request.host == "a.slow.lan"]
        quick = [request.at for request in origin.requests if request.host == "b.lan"]
    assert slow[7] - slow[0] >= 0.05 * 7 * 0.9
    assert quick[7] < slow[7]


@pytest.mark.parametrize("interval", ["0", "0.001"])
def test_a_host_may_be_asked_more_at_once_than_the_others(interval: str) -> None:
    """``[hosts]`` says it for one host; without it eight are the most."""
    for table, most in ({"127.0.0.1": {"concurrency": 40, "interval": 0}}, 40), ({}, 8):
        with Origin(gathering(most, Reply(body=b"x"))) as origin:
            told = told_of(
                [origin.url(f"/{n}") for n in range(40)], settings(hosts=table, host_interval=interval)
            )
        assert origin.most_at_once == most
        assert {answer.verdict.value for answer in told.answers.values()} == {"ok"}


def test_a_host_that_complains_is_asked_more_slowly() -> None:
    """A bucket of ten requests that fills slowly: at the pace it complains about, few would ever be well."""
    tokens, last = [10.0], [time.monotonic()]

    def bucket(request: Request) -> Reply:
        tokens[0] = min(10.0, tokens[0] + (request.at - last[0]) * 25)
        last[0] = request.at
        if tokens[0] < 1:
            return Reply(429)
        tokens[0] -= 1
        return Reply(200)

    with Origin(bucket) as origin:
        told = told_of([origin.url(f"/{n}") for n in range(40)], settings(backoff_first="0.2"))
        refused = len(origin.requests) - 40
    assert set(verdicts(told).values()) == {("ok", "")}
    assert 0 < refused < 40


# -- the second look --------------------------------------------------------------------------------------


def test_what_failed_is_looked_at_again_before_it_is_called_broken() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    routes = {
        "/well": Reply(),
        "/gone": Reply(404),
        "/gone-once": in_turn(Reply(404), Reply()),
        "/down-once": in_turn(Reply(503), Reply()),
        "/wall": Reply(403),
    }
    with Origin(routes) as origin:
        made = settings(second_look="7", retries="0")
        told = told_of([origin.url(path) for path in routes], made, sleep=sleep)
        asked = origin.paths()
    assert verdicts(told) == {
        "well": ("ok", ""),
        "gone": ("broken", "http-404"),
        "gone-once": ("ok", ""),
        "down-once": ("ok", ""),
        "wall": ("unverified", "forbidden"),
    }
    assert slept == [7.0], "one pause, for all of them"
    assert sorted(asked) == sorted([*routes, "/gone", "/gone-once", "/down-once"])
    assert told.order[:2] == [origin.url("/well"), origin.url("/wall")] or set(told.order[:2]) == {
        origin.url("/well"),
        origin.url("/wall"),
    }
    assert told.asked.requests == 8


def test_nothing_failed_and_nothing_is_waited_for() -> None:
    async def sleep(seconds: float) -> None:
        raise AssertionError("no pause")

    with Origin({"/": Reply()}) as origin:
        told = told_of([origin.url("/")], settings(second_look="7"), sleep=sleep)
    assert told.asked.requests == 1


def test_a_host_that_was_given_up_gets_another_chance() -> None:
    """Its name is known to be bad by then: it is asked for again."""
    none = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    resolver = Table({"late.lan": [none, ["127.0.0.1"]]})
    with Origin({"/a": Reply(), "/b": Reply()}) as origin:
        urls = [origin.url(path, "late.lan") for path in ("/a", "/b")]
        told = told_of(urls, settings(retries="0"), resolver=resolver)
    assert set(verdicts(told).values()) == {("ok", "")}
    assert resolver.asked == ["late.lan", "late.lan"]


# -- validators -------------------------------------------------------------------------------------------


def test_what_has_not_changed_is_not_sent_again() -> None:
    def page(request: Request) -> Reply:
        same = request.header("if-none-match") == '"1"' or request.header("if-modified-since") is not None
        return Reply(304 if same else 200, {"ETag": '"2"'})

    with Origin(
        {"/same": page, "/other": page, "/date": page, "/moved": Reply(301, {"Location": "/same"})}
    ) as origin:
        told = told_of(
            [
                Question(origin.url("/same"), origin.url("/same"), etag='"1"'),
                Question(origin.url("/other"), origin.url("/other"), etag='"0"'),
                Question(
                    origin.url("/date"), origin.url("/date"), last_modified="Mon, 23 Nov 2026 12:00:00 GMT"
                ),
                Question(origin.url("/moved"), origin.url("/moved"), etag='"1"'),
            ],
            settings(),
        )
    found = {
        url.rsplit("/", 1)[1]: (a.verdict.value, a.status, a.etag) for (url, _), a in told.answers.items()
    }
    assert found == {
        "same": ("ok", 304, '"2"'),
        "other": ("ok", 200, '"2"'),
        "date": ("ok", 304, '"2"'),
        "moved": ("redirected", 304, '"2"'),
    }


# -- anchors ----------------------------------------------------------------------------------------------

PAGE = b"<h2 id=here>Here</h2><a name=old></a><h2 id=user-content-usage>Usage</h2><p>Some words to find.</p>"
SCRIPTED = b"<div id=app></div><script src=app.js></script>"


def fragments_of(path: str, *fragments: str, reply: Reply) -> tuple[dict[str, tuple[str, str]], int]:
    with Origin({path: reply}) as origin:
        url = origin.url(path)
        told = told_of([Question(url, url, fragments=fragments)], settings(fragments=True))
        return {name: (a.verdict.value, a.reason) for (_, name), a in told.answers.items()}, len(
            origin.requests
        )


def test_one_request_however_many_anchors() -> None:
    found, requests = fragments_of(
        "/p", "here", "old", "usage", "top", "nowhere", ":~:text=words%20to", ":~:text=no%20such",
        "here:~:text=Some", "nowhere:~:text=Some", reply=Reply(200, HTML, PAGE),
    )  # fmt: skip
    assert found == {
        "": ("ok", ""),
        "here": ("ok", ""),
        "old": ("ok", ""),
        "usage": ("ok", ""),
        "top": ("ok", ""),
        "nowhere": ("broken", "no-anchor"),
        ":~:text=words%20to": ("ok", ""),
        ":~:text=no%20such": ("broken", "no-text"),
        "here:~:text=Some": ("ok", ""),
        "nowhere:~:text=Some": ("broken", "no-anchor"),
    }
    assert requests == 1


@pytest.mark.parametrize(
    ("path", "fragment", "reply", "expected"),
    [
        ("/app", "made-later", Reply(200, HTML, SCRIPTED), ("unverified", "anchor-by-script")),
        ("/app", "/route/to", Reply(200, HTML, PAGE), ("unverified", "anchor-by-script")),
        ("/o/r/blob/main/a.py", "L10", Reply(200, HTML, PAGE), ("ok", "")),
        ("/o/r/blob/main/a.py", "L1-L5", Reply(200, HTML, PAGE), ("ok", "")),
        ("/owner/repository", "readme", Reply(200, HTML, PAGE), ("ok", "")),
        ("/a/page", "L10", Reply(200, HTML, PAGE), ("broken", "no-anchor")),
        ("/x.pdf", "page=3", Reply(200, {"Content-Type": "application/pdf"}, b"%PDF"), ("ok", "")),
        ("/cut", "here", Reply(200, HTML, PAGE, length=9999), ("unverified", "truncated")),
        ("/gone", "here", Reply(404, HTML, PAGE), ("broken", "http-404")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_anchor(path: str, fragment: str, reply: Reply, expected: tuple[str, str]) -> None:
    found, _ = fragments_of(path, fragment, reply=reply)
    assert found[fragment] == expected


def test_a_hint_to_the_anchor_that_may_be_meant() -> None:
    with Origin({"/p": Reply(200, HTML, PAGE)}) as origin:
        told = told_of([Question(origin.url("/p"), origin.url("/p"), fragments=("heer",))], settings())
    assert told.answers[origin.url("/p"), "heer"].hint == "did you mean #here?"


# -- no network -------------------------------------------------------------------------------------------

NONE = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
URLS = ["http://a.lan/", "http://b.lan/", "http://c.lan/"]


@pytest.mark.parametrize(
    ("answer", "way_out", "expected"),
    [
        (NO_ANSWER, True, ("unverified", "offline")),
        (NO_ANSWER, False, ("unverified", "offline")),
        (NONE, False, ("unverified", "offline")),
        (NONE, True, ("broken", "dns")),
    ],
)
def test_where_there_is_no_network_nothing_is_broken(
    answer: Exception, way_out: bool, expected: tuple[str, str]
) -> None:
    """A resolver that says "no such name" shows that there is one."""
    told = told_of(
        URLS, settings(retries="0"), resolver=Table(dict.fromkeys("abc", answer), ()) if answer is NONE else
        Table({url[7:-1]: answer for url in URLS}), has_way_out=lambda: way_out,
    )  # fmt: skip
    assert {(a.verdict.value, a.reason) for a in told.answers.values()} == {expected}
    assert ("no server at all" in " ".join(told.asked.warnings)) == (expected[1] == "offline")


def test_one_answer_is_enough_to_show_that_there_is_a_network() -> None:
    with Origin({"/": Reply(404)}) as origin:
        urls = [*URLS, origin.url("/")]
        told = told_of(urls, settings(retries="0"), resolver=Table({url[7:-1]: NO_ANSWER for url in URLS}))
    assert [told[url].reason for url in urls] == ["dns", "dns", "dns", "http-404"]


def test_a_server_that_refuses_shows_it_too() -> None:
    with refusing() as port:
        told = told_of([f"http://127.0.0.1:{port}/"], settings(), has_way_out=lambda: False)
    assert [(a.verdict.value, a.reason) for a in told.answers.values()] == [("broken", "refused")]


# -- secrets ----------------------------------------------------------------------------------------------


def test_a_hosts_secrets_stay_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCS_TOKEN", " s3cret\n")
    monkeypatch.delenv("NOT_SET", raising=False)
    hosts = {
        "docs.lan": {
            "headers": ["Authorization: Bearer ${DOCS_TOKEN}", "X-Key: ${NOT_SET}"],
            "user-agent": "me/1",
        }
    }
    with serving(
        {"docs.lan": {"/": Reply(302, {"Location": "http://other.lan/"})}, "other.lan": {"/": Reply()}}
    ) as origin:
        told = told_of(
            ["http://docs.lan/", "http://other.lan/"],
            settings(connect_to=(origin.connect_to(),), hosts=hosts),
        )
        docs = [request for request in origin.requests if request.host == "docs.lan"]
        others = [request for request in origin.requests if request.host == "other.lan"]
    assert [(r.header("authorization"), r.header("user-agent"), r.header("x-key")) for r in docs] == [
        ("Bearer s3cret", "me/1", None)
    ]
    assert len(others) == 2
    assert {request.header("authorization") for request in others} == {None}
    assert [warning for warning in told.asked.warnings if "NOT_SET" in warning] == told.asked.warnings
    assert len(told.asked.warnings) == 1


# -- Ctrl-C -----------------------------------------------------------------------------------------------


def test_ctrl_c_tells_what_was_found_so_far() -> None:
    """What is under way ends well, what failed is told without its second look, the rest is not told."""

    async def route(request: Request) -> Reply:
        if request.path == "/5":
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.1)
        return Reply(404 if request.path == "/2" else 200)

    with Origin(route) as origin:
        urls = [origin.url(f"/{number}") for number in range(50)]
        told = told_of(urls, settings(host_concurrency="1", second_look="60"))
    assert told.asked.interrupted
    assert [told[url].status for url in urls[:6]] == [200, 200, 404, 200, 200, 200]
    assert 6 <= len(told.answers) <= 7


# -- many -------------------------------------------------------------------------------------------------


def test_many_questions_take_few_workers() -> None:
    """No question has a task of its own."""
    most = 0

    def tell(question: Question, fragment: str, answer: Answer) -> None:
        nonlocal most
        most = max(most, len(asyncio.all_tasks()))

    with Origin({}) as origin:
        asked = run(ask(questions([origin.url(f"/{n}") for n in range(500)]), settings(), Progress(), tell))
    assert asked.requests == 1000, "each is looked at twice"
    assert 0 < most < 40


@pytest.mark.slow
def test_a_thousand_hosts_each_at_its_own_pace(tmp_path: Path) -> None:
    """How long it takes is a row of the benchmarks. The interval is long beside what a busy machine adds to
    the times that the server sees."""
    skewed, interval = Skewed.made(links=1800), 0.4
    with serve() as origin:
        found = reported(
            tmp_path, skewed.urls, connect_to=(origin.connect_to(),), host_interval=str(interval)
        )
    assert [result.verdict for result in found.values()] == ["ok"] * len(skewed.urls)
    assert shortest(origin, 10, interval) >= 8.0, "nine intervals lie between ten requests; one may be late"

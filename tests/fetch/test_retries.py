"""Tries and when they are made again; whole hosts that are waited for or given up; stopping."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.fetch.asking import LOOPBACK, NO_ANSWER, Table, Time, ask, ask_one, keep, led_to, limits, run
from tests.servers import Origin, Reply, Request, drip, refusing

from holdfast import reasons
from holdfast.fetch.events import Event
from holdfast.fetch.fetcher import Fetched, Fetcher
from holdfast.model import Failed, Head, Refusal


def first(number: int, bad: Reply, good: Reply | None = None) -> Callable[[Request], Reply]:
    """A route that goes wrong so many times and then well."""
    left = [number]

    def serve(request: Request) -> Reply:
        left[0] -= 1
        return bad if left[0] >= 0 else (good or Reply(body=b"good"))

    return serve


AGAIN = {
    **{f"status {status}": Reply(status) for status in (408, 425, 429, 500, 502, 503, 504, 520, 599)},
    "reset": Reply(status=0, reset=True),
    "closed": Reply(raw=b""),
    "cut": Reply(body=b"abc", length=10),
    "cut chunks": Reply(body=[b"abc"], cut=True),
}


@pytest.mark.parametrize("name", AGAIN)
def test_what_may_pass_is_tried_again(name: str) -> None:
    with Origin({"/": first(1, AGAIN[name])}) as origin:
        asked = ask(origin.url("/"))
        assert asked.bodies == [b"good"]
        assert isinstance(asked.answers[0], Fetched)
        assert asked.answers[0].attempts == 2
        assert [event.seconds for event in asked.happened("retry")] == [1.0]


ONCE = {
    **{f"status {status}": Reply(status) for status in (400, 404, 405, 406, 410, 451)},
    "not HTTP": Reply(raw=b"SSH-2.0-x\r\n"),
    "too large": Reply(body=b"x" * 100, length=10**9),
    "wrong encoding": Reply(headers={"Content-Encoding": "gzip"}, body=b"no"),
    "a loop": Reply(302, headers={"Location": "/"}),
}


@pytest.mark.parametrize("name", ONCE)
def test_what_will_not_pass_is_asked_for_once(name: str) -> None:
    with Origin({"/": ONCE[name]}) as origin:
        asked = ask(origin.url("/"))
        assert [event.kind for event in asked.events] == []
        assert len(origin.requests) == 1
        assert asked.time.slept == []


def test_tries_are_further_and_further_apart_and_end() -> None:
    with Origin({"/": Reply(503)}) as origin:
        asked = ask(origin.url("/"), network=limits(retries=7))
        assert asked.time.slept == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
        answer = asked.answers[0]
        assert isinstance(answer, Failed)
        assert (answer.reason, answer.attempts, answer.transient) == ("http-503", 8, True)
        assert ask(origin.url("/"), network=limits(retries=0)).time.slept == []


def test_jitter_only_adds_and_never_passes_the_most() -> None:
    clock = Time()

    async def work(url: str) -> None:
        network = limits(retries=6)
        async with Fetcher(
            network, resolver=Table(), sleep=clock.sleep, clock=clock, jitter=lambda: 0.5
        ) as fetcher:
            await fetcher.fetch(url, keep, max_bytes=100)

    with Origin({"/": Reply(500)}) as origin:
        run(work(origin.url("/")))
    assert clock.slept == [1.5, 3.0, 6.0, 12.0, 24.0, 30.0]


def test_a_receiver_sees_every_try_and_the_last_one_whole() -> None:
    got: list[bytes] = []

    async def receive(head: Head, body: AsyncIterator[bytes]) -> bytes:
        got.append(b"")
        async for chunk in body:
            got[-1] += chunk
        return got[-1]

    with Origin({"/": first(2, Reply(body=b"abc", length=9), Reply(body=b"abcdefghi"))}) as origin:
        assert ask(origin.url("/"), receive=receive).bodies == [b"abcdefghi"]
    assert got == [b"abc", b"abc", b"abcdefghi"]


def test_a_redirect_is_walked_again_with_every_try() -> None:
    routes = {"/": Reply(302, headers={"Location": "/x"}), "/x": first(1, Reply(503))}
    with Origin(routes) as origin:
        assert ask(origin.url("/")).bodies == [b"good"]
        assert origin.paths() == ["/", "/x", "/", "/x"]


# -- Retry-After ----------------------------------------------------------------------------------------


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


PATIENCE = [
    ("7", 7.0),
    ("120", 120.0),
    ("121", None),
    ("86400", None),
    ("99999999999999999999999", None),
    ("0", 1.0),
    ("-5", 1.0),
    ("soon", 1.0),
    ("", 1.0),
    ("Mon, 23 Nov 2020 12:00:00 GMT", 1.0),
    ("Fri, 31 Dec 9999 23:59:59 GMT", None),
]


@pytest.mark.parametrize(("value", "waited"), PATIENCE)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_within_reason(value: str, waited: float | None, status: int) -> None:
    with Origin({"/": first(1, Reply(status, headers={"Retry-After": value}))}) as origin:
        asked = ask(origin.url("/"))
        if waited is None:
            assert asked.reasons == [f"http-{status}"]
            assert asked.time.slept == []
        else:
            assert asked.bodies == [b"good"]
            assert asked.time.slept == [waited]


def test_a_date_is_obeyed_too() -> None:
    with Origin({"/": first(1, Reply(429, headers={"Retry-After": in_seconds(40)}))}) as origin:
        asked = ask(origin.url("/"))
        assert asked.bodies == [b"good"]
        assert asked.time.slept == [pytest.approx(40, abs=3)]


def test_the_whole_host_waits_and_no_other() -> None:
    clock = Time()
    served: list[tuple[str, float]] = []

    def serve(request: Request) -> Reply:
        host = request.host.partition(":")[0]
        served.append((host + request.path, clock.now))
        busy = host == "a.example" and clock.now < 1050
        return Reply(429, headers={"Retry-After": "50"}, delay=0.2) if busy else Reply(body=b"x")

    async def work(urls: list[str]) -> list[str]:
        network = limits(host_concurrency=1)
        table = Table(everything=["127.0.0.1"])
        async with Fetcher(network, resolver=table, sleep=clock.sleep, clock=clock) as fetcher:
            answers = await asyncio.gather(*(fetcher.fetch(url, keep, max_bytes=10) for url in urls))
            return [answer.reason if isinstance(answer, Failed) else "" for answer in answers]

    with Origin(serve) as origin:
        urls = [origin.url(f"/{number}", "a.example") for number in range(3)]
        assert run(work([*urls, origin.url("/", "b.example")])) == [""] * 4
    times = dict(served)
    assert times.pop("b.example/") < 1050
    assert list(times.values()) == [1050.0] * 3, "also the URLs that had not been asked for yet"


# -- hosts ----------------------------------------------------------------------------------------------


def test_a_host_that_cannot_be_reached_is_given_up() -> None:
    with refusing() as port:
        urls = [f"http://a.example:{port}/{number}" for number in range(200)]
        asked = ask(*urls, network=limits(host_concurrency=2), resolver=Table({"a.example": ["127.0.0.1"]}))
        assert asked.reasons == ["refused"] * 200
        assert len(asked.happened("host-given-up")) == 1
        details = [answer.detail for answer in asked.answers if isinstance(answer, Failed)]
        assert sum(detail == "host given up after 3 failures" for detail in details) > 150
        assert all(isinstance(answer, Failed) and answer.transient for answer in asked.answers)


def test_one_after_the_other_takes_three_failures() -> None:
    with refusing() as port:
        urls = [f"http://127.0.0.1:{port}/{number}" for number in range(4)]
        asked = ask(*urls, network=limits(retries=0), one_by_one=True)
        attempts = [answer.attempts for answer in asked.answers if isinstance(answer, Failed)]
        assert attempts == [1, 1, 1, 0]


def test_another_host_goes_on() -> None:
    table = Table({"a.example": NO_ANSWER, "b.example": ["127.0.0.1"]})
    with Origin({"/": Reply(body=b"b")}) as origin:
        urls = [origin.url("/", "a.example"), origin.url("/", "b.example")]
        asked = ask(*urls, resolver=table)
        assert asked.reasons == ["dns", ""]


def test_a_host_that_answers_again_starts_anew() -> None:
    with Origin({"/": Reply(body=b"x")}) as origin, refusing() as port:
        ways = (f"a.example:80:127.0.0.1:{port}", origin.connect_to("a.example", 81))
        network = replace(limits(retries=0), connect_to=ways)
        bad, good = "http://a.example/", "http://a.example:81/"
        asked = ask(bad, bad, good, bad, bad, good, network=network, one_by_one=True)
        assert asked.reasons == ["refused", "refused", "", "refused", "refused", ""]


def test_a_status_is_no_failure_of_the_host() -> None:
    with Origin(lambda _: Reply(500)) as origin:
        urls = [origin.url(f"/{number}") for number in range(10)]
        assert ask(*urls, network=limits(retries=0)).reasons == ["http-500"] * 10


def test_a_host_that_says_nothing_is_given_up() -> None:
    with Origin(lambda _: Reply(delay=30)) as origin:
        urls = [origin.url(f"/{number}") for number in range(50)]
        asked = ask(*urls, network=limits(headers_timeout=0.2, host_concurrency=2))
        assert asked.reasons == ["timeout"] * 50
        assert len(origin.requests) <= 8, "three times two at once"
        assert len(asked.happened("host-given-up")) == 1


def test_a_slow_answer_between_others_is_no_reason() -> None:
    def serve(request: Request) -> Reply:
        return Reply(delay=30 if request.path.startswith("/slow") else 0)

    with Origin(serve) as origin:
        urls = [origin.url(path) for path in ("/slow1", "/slow2", "/", "/slow3", "/slow4", "/")]
        asked = ask(*urls, network=limits(headers_timeout=0.2, retries=0), one_by_one=True)
        assert asked.reasons == ["timeout", "timeout", "", "timeout", "timeout", ""]


def test_a_host_that_only_ever_asks_for_patience_is_given_up() -> None:
    with Origin(lambda _: Reply(429, headers={"Retry-After": "100"})) as origin:
        urls = [origin.url(f"/{number}") for number in range(50)]
        asked = ask(*urls, network=limits(host_concurrency=1))
        assert asked.reasons == ["http-429"] * 50
        assert len(origin.requests) == 4, "as often as one URL is tried"
        assert sum(asked.time.slept) <= 400
        (given_up,) = asked.happened("host-given-up")
        assert "patience" in given_up.message


def test_one_that_serves_between_its_requests_for_patience_is_not() -> None:
    turns = iter(range(10**6))

    def serve(request: Request) -> Reply:
        return Reply(429, headers={"Retry-After": "10"}) if next(turns) % 3 else Reply(body=b"x")

    with Origin(serve) as origin:
        urls = [origin.url(f"/{number}") for number in range(20)]
        asked = ask(*urls, network=limits(host_concurrency=1, retries=20))
        assert asked.reasons == [""] * 20
        assert len(asked.happened("retry-after")) > 21


def test_a_resolver_that_hiccups_is_asked_again() -> None:
    with Origin({"/": Reply(body=b"x")}) as origin:
        table = Table({"a.example": [NO_ANSWER, ["127.0.0.1"]]})
        asked = ask(origin.url("/", "a.example"), resolver=table)
        assert asked.bodies == [b"x"]
        assert asked.time.slept == [1.0]


def test_a_name_that_is_not_there_is_not() -> None:
    table = Table()
    asked = ask("http://a.example/1", "http://a.example/2", resolver=table)
    assert asked.reasons == ["dns", "dns"]
    assert (table.asked, asked.time.slept) == (["a.example"], [])


# -- a Referer, once ------------------------------------------------------------------------------------


def guarded(request: Request) -> Reply:
    return Reply(body=b"image") if request.header("referer") else Reply(403)


def test_a_refused_image_is_asked_for_once_more_with_its_own_origin() -> None:
    with Origin({"/a.png": guarded, "/": Reply(302, headers={"Location": "/a.png"})}) as origin:
        for path in ("/a.png", "/"):
            asked = ask(origin.url(path))
            assert asked.bodies == [b"image"]
            assert asked.time.slept == []
        assert origin.requests[1].header("referer") == origin.url("/")


def test_the_hosts_row_names_a_better_one() -> None:
    with Origin({"/": guarded}, tls=True) as origin:
        network = led_to(origin, "wx1.sinaimg.cn")
        assert ask("https://wx1.sinaimg.cn/", network=network).bodies == [b"image"]
        assert [request.header("referer") for request in origin.requests] == [None, "https://weibo.com/"]


def test_a_placeholder_is_asked_for_once_more() -> None:
    async def receive(head: Head, body: AsyncIterator[bytes]) -> bytes | Refusal:
        got = await keep(head, body)
        return Refusal("placeholder", "image removed") if got == b"removed" else got

    def serve(request: Request) -> Reply:
        return Reply(body=b"image" if request.header("referer") else b"removed")

    with Origin({"/": serve, "/gone": Reply(body=b"removed")}) as origin:
        assert ask(origin.url("/"), receive=receive).bodies == [b"image"]
        answer = ask_one(origin.url("/gone"), receive=receive)
        assert isinstance(answer, Failed)
        assert (answer.reason, answer.detail) == ("placeholder", "image removed")
        assert origin.paths().count("/gone") == 2


@pytest.mark.parametrize("status", [401, 403])
def test_and_no_third_time(status: int) -> None:
    with Origin({"/": Reply(status)}) as origin:
        assert ask(origin.url("/")).reasons == [f"http-{status}"]
        assert len(origin.requests) == 2


def test_other_refusals_are_final() -> None:
    async def receive(head: Head, body: AsyncIterator[bytes]) -> Refusal:
        return Refusal("not-media", "a page")

    with Origin({"/": Reply(body=b"<html>")}) as origin:
        answer = ask_one(origin.url("/"), receive=receive)
        assert answer == Failed(origin.url("/"), "not-media", "a page", 1, False)
        assert len(origin.requests) == 1


# -- stopping -------------------------------------------------------------------------------------------


def test_stopping_lets_finish_what_is_in_flight() -> None:
    async def work(urls: list[str]) -> list[str]:
        async with Fetcher(limits(host_concurrency=2), resolver=Table()) as fetcher:
            fetches = [asyncio.ensure_future(fetcher.fetch(url, keep, max_bytes=1000)) for url in urls]
            await asyncio.sleep(0.15)
            fetcher.stop()
            answers = await asyncio.gather(*fetches, fetcher.fetch(urls[0], keep, max_bytes=1000))
            return [answer.reason if isinstance(answer, Failed) else "" for answer in answers]

    with Origin(lambda _: Reply(body=drip([b"x"] * 5, 0.1))) as origin:
        found = run(work([origin.url(f"/{number}") for number in range(6)]))
        assert found == ["", "", *["interrupted"] * 5]
        assert len(origin.requests) == 2


def test_stopping_ends_a_pause_between_tries() -> None:
    async def work(url: str) -> str:
        async with Fetcher(limits(backoff_first=60.0, backoff_most=60.0), resolver=Table()) as fetcher:
            fetch = asyncio.ensure_future(fetcher.fetch(url, keep, max_bytes=1000))
            await asyncio.sleep(0.2)
            fetcher.stop()
            answer = await asyncio.wait_for(fetch, 5)
            return answer.reason if isinstance(answer, Failed) else ""

    with Origin({"/": Reply(503)}) as origin:
        assert run(work(origin.url("/"))) in ("http-503", "interrupted")


def test_an_interrupted_fetch_is_asked_for_again_by_the_next_run() -> None:
    assert reasons.is_transient("interrupted")


# -- many -----------------------------------------------------------------------------------------------


def test_hundreds_of_hosts_at_once() -> None:
    table = Table(everything=["127.0.0.1"])
    with Origin(lambda request: Reply(body=request.host), tls=True) as origin:
        network = replace(LOOPBACK, ca_file=origin.ca_pem)
        urls = [origin.url(f"/{number}", f"h{number % 60}.example") for number in range(300)]
        asked = ask(*urls, network=network, resolver=table)
        assert asked.reasons == [""] * 300
        assert all(body.startswith(b"h") for body in asked.bodies)


LITTLE_ROOM = """
import asyncio, os, sys
from holdfast.config import Network, NetworkLimits
from holdfast.fetch.fetcher import Fetcher
class Table:
    async def resolve(self, host): return ["127.0.0.1"]
async def keep(head, body): return [chunk async for chunk in body]
async def work(port):
    network = Network(limits=NetworkLimits(host_interval=0.0), allow_private=("127.0.0.0/8",))
    async with Fetcher(network, resolver=Table()) as fetcher:
        urls = [f"http://h{n % 150}.example:{port}/{n}" for n in range(600)]
        answers = await asyncio.gather(*(fetcher.fetch(url, keep, max_bytes=100) for url in urls))
        print(sorted({getattr(answer, "reason", "fetched") for answer in answers}), flush=True)
asyncio.run(work(int(sys.argv[1])))
os._exit(0)
"""


@pytest.mark.parametrize("descriptors", [64, 256])
def test_few_descriptors_are_enough(descriptors: int, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(LITTLE_ROOM, "utf-8")
    with Origin(lambda _: Reply(body=b"x")) as origin:
        command = f"ulimit -n {descriptors}; exec {sys.executable} {program} {origin.port}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout.strip()) == (0, "['fetched']"), done.stderr[-2000:]


def test_events_have_a_message_and_no_secrets() -> None:
    with Origin({"/": first(1, Reply(503, headers={"Retry-After": "3"}))}) as origin:
        url = origin.url("/").replace("http://", "http://user:secret@")
        asked = ask(url)
        assert [event.kind for event in asked.events] == ["retry-after", "retry"]
        assert all(isinstance(event, Event) and event.message and event.host for event in asked.events)
        assert "secret" not in repr(asked.events)

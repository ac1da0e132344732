"""What a caller is told besides a body: how redirects went, what a refusal says, whose trouble it may be."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from msgspec.structs import replace
from tests.fetch.asking import LOOPBACK, NO_ANSWER, Asked, Table, ask, ask_one, keep, limits, run
from tests.servers import Origin, Reply, drip, gathering

from holdfast.config import HostSettings, Network
from holdfast.fetch.events import Event
from holdfast.fetch.fetcher import Fetched, Fetcher
from holdfast.fetch.headers import Composer, Wish
from holdfast.fetch.settings import HostRules, fitting
from holdfast.model import Failed, Head, Hop


def test_each_hop_is_told() -> None:
    with Origin(
        {"/a": Reply(301, {"Location": "/b"}), "/b": Reply(302, {"Location": "/c"}), "/c": Reply(body=b"x")}
    ) as origin:
        answer = ask_one(origin.url("/a"))
        assert isinstance(answer, Fetched)
        assert answer.head.hops == (Hop(301, origin.url("/a")), Hop(302, origin.url("/b")))
        assert answer.head.final_url == origin.url("/c")
        direct = ask_one(origin.url("/c"))
        assert isinstance(direct, Fetched)
        assert direct.head.hops == ()


def test_the_hops_of_the_last_try_are_told() -> None:
    asked: list[str] = []

    def late(_: object) -> Reply:
        asked.append("x")
        return Reply(503) if len(asked) == 1 else Reply()

    with Origin({"/a": Reply(307, {"Location": "/b"}), "/b": late}) as origin:
        answer = ask_one(origin.url("/a"))
        assert isinstance(answer, Fetched)
        assert len(answer.head.hops) == 1


@pytest.mark.parametrize(
    ("headers", "body", "seen"),
    [
        ({}, b"a refusal" * 9999, (b"a refusal" * 9999)[:64]),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"packed" * 99, mtime=0), (b"packed" * 99)[:64]),
        ({"Content-Encoding": "gzip"}, b"not packed", b""),
        ({"Content-Encoding": "x-unknown"}, b"whatever", b""),
        ({}, b"", b""),
    ],
)
def test_a_refusal_can_be_looked_at(headers: dict[str, str], body: bytes, seen: bytes) -> None:
    with Origin({"/": Reply(404, {"X-Why": "gone", **headers}, body)}) as origin:
        looked = ask_one(origin.url(), look=64)
        other = ask_one(origin.url())
    assert isinstance(looked, Failed)
    assert looked.head is not None
    assert (looked.head.status, looked.head.header("x-why"), looked.page) == (404, "gone", seen)
    assert isinstance(other, Failed)
    assert (other.head, other.page) == (None, b"")


def test_a_refusals_little_body_leaves_the_connection_in_use() -> None:
    slowly = drip([b"x" * 900] * 10, 0.01)  # what has come, the engine reads itself
    with Origin({"/": Reply(404, body=slowly, length=9000)}) as origin:
        ask(*[origin.url()] * 5, one_by_one=True, look=100)
        assert origin.kept_after() == {"/"}


def test_a_body_that_nobody_wants_is_not_unpacked() -> None:
    """So a strange compression is no failure of whoever asks only whether something is there."""

    async def glance(head: object, body: object) -> str:
        return "there"

    with Origin({"/": Reply(200, {"Content-Encoding": "x-strange"}, b"x")}) as origin:
        assert isinstance(ask_one(origin.url()), Failed)
        assert isinstance(ask_one(origin.url(), receive=glance, decode=False), Fetched)


def test_a_receiver_that_has_seen_enough_costs_no_connection() -> None:
    async def glance(head: object, body: object) -> str:
        return "there"

    routes = {"/little": Reply(body=b"x" * 5000), "/chunks": Reply(body=[b"x" * 500] * 20)}
    with Origin(routes) as origin:
        ask(*[origin.url("/little"), origin.url("/chunks")] * 5, receive=glance, one_by_one=True)
        assert origin.kept_after() == {"/little", "/chunks"}


def test_a_value_from_the_head_alone() -> None:
    """Where a glance says nothing, the receiver is asked; the connection stays in use either way."""

    def glance(head: Head) -> bytes | None:
        return b"seen" if head.header("x-plain") else None

    slowly = drip([b"x" * 1000] * 5, 0.01)
    routes = {"/plain": Reply(200, {"X-Plain": "1"}, slowly, length=5000), "/odd": Reply(200, {}, b"read")}
    with Origin(routes) as origin:
        asked = ask(*[origin.url("/plain"), origin.url("/odd")] * 5, glance=glance, one_by_one=True)
        assert asked.bodies == [b"seen", b"read"] * 5
        assert origin.kept_after() == {"/plain", "/odd"}


@pytest.mark.parametrize(("retries", "tries"), [(None, 4), (0, 1), (1, 2)])
def test_tries_of_one_fetch(retries: int | None, tries: int) -> None:
    with Origin({"/": Reply(500)}) as origin:
        ask_one(origin.url(), retries=retries)
        assert len(origin.requests) == tries


@pytest.mark.parametrize(("referers", "tries"), [(True, 2), (False, 1)])
def test_a_second_try_with_a_referer_only_where_it_is_wanted(referers: bool, tries: int) -> None:
    with Origin({"/": Reply(403)}) as origin:
        ask_one(origin.url(), referers=referers)
        assert len(origin.requests) == tries


@pytest.mark.parametrize(
    ("names", "here"), [({"a.lan": NO_ANSWER}, True), ({}, False)], ids=["no answer", "no such name"]
)
def test_whose_trouble_it_may_be(names: dict[str, object], here: bool) -> None:
    answer = ask_one("http://a.lan/", resolver=Table(names), retries=0)
    assert isinstance(answer, Failed)
    assert (answer.reason, answer.here) == ("dns", here)


def test_forgiven_hosts_are_asked_again() -> None:
    """A host that was given up, a name that did not exist, a resolver that seemed dead."""
    resolver = Table({"late.lan": [NO_ANSWER, ["127.0.0.1"]]})
    asked = Asked()

    async def work(origin: Origin) -> list[str]:
        async with Fetcher(
            limits(LOOPBACK, host_failures=1, retries=0), resolver=resolver, sleep=asked.time.sleep
        ) as fetcher:
            found = []
            for _ in range(2):
                for _ in range(2):
                    answer = await fetcher.fetch(origin.url("/", "late.lan"), keep, max_bytes=99)
                    found.append(answer.reason if isinstance(answer, Failed) else "")
                fetcher.forgive()
            return found

    with Origin({"/": Reply()}) as origin:
        assert run(work(origin)) == ["dns", "dns", "", ""]
    assert resolver.asked == ["late.lan", "late.lan"]


# -- cookies on the way -----------------------------------------------------------------------------------


def test_cookies_are_kept_only_where_redirects_lead_nowhere_without() -> None:
    def page(request: object) -> Reply:
        known = request.header("cookie")  # type: ignore[attr-defined]
        return Reply(body=b"in") if known else Reply(302, {"Location": "/set"})

    set_it = Reply(302, {"Location": "/", "Set-Cookie": "id=7; Path=/; HttpOnly"})
    with Origin(
        {
            "/": page,
            "/set": set_it,
            "/plain": Reply(302, {"Location": "/x", "Set-Cookie": "a=b"}),
            "/x": Reply(),
        }
    ) as origin:
        answer = ask_one(origin.url())
        assert isinstance(answer, Fetched)
        assert origin.requests[-1].header("cookie") == "id=7"
        ask_one(origin.url("/plain"))
        assert origin.requests[-1].header("cookie") is None


def test_cookies_on_the_way_do_not_cross_hosts() -> None:
    """A circle over two hosts: each gets back what it set, and nothing of the other's."""
    other = Origin({"/": Reply(302, {"Location": "/"})})
    with Origin({}) as first, other:
        first.routes = {"/": Reply(302, {"Location": other.url("/", "b.lan"), "Set-Cookie": "a=1"})}
        other.routes = {"/": Reply(302, {"Location": first.url("/", "a.lan"), "Set-Cookie": "b=2"})}
        resolver = Table({"a.lan": ["127.0.0.1"], "b.lan": ["127.0.0.1"]})
        answer = ask_one(first.url("/", "a.lan"), resolver=resolver)
        assert isinstance(answer, Failed)
        assert answer.reason == "redirect-loop"
        assert {request.header("cookie") for request in first.requests} == {None, "a=1"}
        assert {request.header("cookie") for request in other.requests} == {None, "b=2"}


# -- what is said of single hosts -------------------------------------------------------------------------

FITTING = [
    ("docs.lan", "docs.lan", True),
    ("docs.lan", "a.docs.lan", False),
    ("docs.lan", "docs.lan.", True),
    ("*.docs.lan", "docs.lan", True),
    ("*.docs.lan", "a.b.docs.lan", True),
    ("*.docs.lan", "otherdocs.lan", False),
    ("[::1]", "[::1]", True),
]


@pytest.mark.parametrize(("pattern", "host", "fits"), FITTING)
def test_which_hosts_a_table_is_for(pattern: str, host: str, fits: bool) -> None:
    assert (fitting([HostSettings(pattern)], host) is not None) == fits


def test_the_first_table_that_fits_counts() -> None:
    tables = [HostSettings("a.lan", interval=1.0), HostSettings("*.lan", interval=2.0)]
    rules = HostRules(tables, {})
    assert [rules.of(host).interval for host in ("a.lan", "b.lan", "c.org")] == [1.0, 2.0, None]


def test_a_host_keeps_as_many_connections_as_it_may_be_asked_at_once() -> None:
    """Those beyond would each be made anew."""
    together = [gathering(20, Reply(body=b"x")) for _ in range(2)]
    network = replace(LOOPBACK, hosts=(HostSettings("127.0.0.1", interval=0.0, concurrency=20),))

    async def work() -> None:
        async with Fetcher(network) as fetcher:
            for wave in range(2):
                urls = [origin.url(f"/{wave}") for _ in range(20)]
                await asyncio.gather(*(fetcher.fetch(url, keep, max_bytes=9) for url in urls))
                await asyncio.sleep(0.05)  # until the engine has put them back

    with Origin({f"/{wave}": route for wave, route in enumerate(together)}) as origin:
        run(work())
        waves = [
            {request.connection for request in origin.requests if request.path == f"/{n}"} for n in (0, 1)
        ]
    assert [len(wave) for wave in waves] == [20, 20]
    assert len(waves[0] & waves[1]) > 8, "eight is what a host may keep where nothing else is said"


SECRET = Network(
    user_agent="everybody/1",
    hosts=(HostSettings("a.lan", headers=(("Authorization", "Bearer ${TOKEN}"),), user_agent="a/1"),),
)


@pytest.mark.parametrize(
    ("url", "first", "expected"),
    [
        ("https://a.lan/", True, "Bearer s3cret"),
        ("https://a.lan/", False, "Bearer s3cret"),
        ("http://a.lan/", True, "Bearer s3cret"),
        ("http://a.lan/", False, None),
        ("https://b.lan/", True, None),
        ("https://a.lan.evil.example/", True, None),
    ],
)
def test_where_a_hosts_secret_goes(url: str, first: bool, expected: str | None) -> None:
    """To its host; not after a redirect from https to http."""
    from pyreqwest.http import Url

    composer = Composer(SECRET, {"TOKEN": "s3cret"})
    for _ in range(2):  # the second time from what was kept
        said = dict(composer.compose(Url(url), Wish(), "", first))
        assert said.get("authorization") == expected
        assert said["user-agent"] == ("a/1" if "a.lan/" in url else "everybody/1")


@pytest.mark.parametrize("value", [None, "", "  ", "two\nlines\x00"])
def test_a_secret_that_is_not_set_is_said_once(value: str | None) -> None:
    events: list[Event] = []
    rules = HostRules(SECRET.hosts, {} if value is None else {"TOKEN": value}, events.append)
    assert [rules.of("a.lan").headers for _ in range(3)] == [()] * 3
    assert [event.kind for event in events] == ["unset"]
    assert "Authorization" in events[0].message
    assert "Bearer" not in events[0].message

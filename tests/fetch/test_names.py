"""Names are asked for once, vetted before anybody sees the answer, and a dead resolver is noticed once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest
from tests.fetch.asking import NO_ANSWER, Table, Time, run

from holdfast.fetch.address import Vetting
from holdfast.fetch.events import Event
from holdfast.fetch.faults import Fault
from holdfast.fetch.names import DEAD_AFTER, Names, Resolver, Route, SystemResolver
from holdfast.fetch.overrides import Overrides

GONE = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class Slow:
    """A resolver that never answers, and takes its time over it."""

    def __init__(self, clock: Time, answers: Sequence[str] = ()) -> None:
        self.clock = clock
        self.asked = 0

    async def resolve(self, host: str) -> Sequence[str]:
        self.asked += 1
        self.clock.now += 5.0
        await asyncio.sleep(0)
        raise NO_ANSWER


def names(
    resolver: Resolver,
    *,
    allowed: Sequence[str] = (),
    resolve: Sequence[str] = (),
    connect_to: Sequence[str] = (),
    clock: Time | None = None,
    events: list[Event] | None = None,
    limit: float = 10.0,
) -> Names:
    return Names(
        resolver,
        Vetting(allowed),
        Overrides.parse(resolve, connect_to),
        clock=clock or Time(),
        listener=(events if events is not None else []).append,
        limit=limit,
    )


def addresses(found: Sequence[Route]) -> list[str]:
    return [route.address for route in found]


async def reason(names: Names, host: str, port: int = 443) -> str:
    try:
        await names.routes(host, port)
    except Fault as fault:
        return fault.reason
    return ""


ANSWERS = [
    (["8.8.8.8"], ["8.8.8.8"]),
    (["8.8.8.8", "1.1.1.1"], ["8.8.8.8", "1.1.1.1"]),
    (["8.8.8.8", "8.8.8.8"], ["8.8.8.8"]),
    (["2606:4700::1111", "8.8.8.8"], ["2606:4700::1111", "8.8.8.8"]),
    (["127.0.0.1", "8.8.8.8"], ["8.8.8.8"]),
    (["8.8.8.8", "10.0.0.1", "::1"], ["8.8.8.8"]),
    (["64:ff9b::808:808"], ["64:ff9b::808:808"]),
]
BLOCKED = [
    ["127.0.0.1"],
    ["10.0.0.1", "192.168.0.1"],
    ["::1"],
    ["fe80::1"],
    ["64:ff9b::7f00:1"],
    ["0.0.0.0"],
    ["x"],
]


@pytest.mark.parametrize(("answer", "expected"), ANSWERS)
def test_only_what_may_be_contacted_is_a_route(answer: list[str], expected: list[str]) -> None:
    assert addresses(run(names(Table({"a.example": answer})).routes("a.example", 443))) == expected


@pytest.mark.parametrize("answer", BLOCKED)
def test_a_name_that_leads_nowhere_public_is_blocked(answer: list[str]) -> None:
    assert run(reason(names(Table({"a.example": answer})), "a.example")) == "blocked-address"


def test_the_first_answer_counts_for_the_whole_run() -> None:
    table = Table({"a.example": [["8.8.8.8"], ["127.0.0.1"]]})
    known = names(table)

    async def work() -> list[list[str]]:
        together = await asyncio.gather(*(known.routes("a.example", 443) for _ in range(50)))
        later = await known.routes("a.example", 80)
        return [addresses(found) for found in (*together, later)]

    assert run(work()) == [["8.8.8.8"]] * 51
    assert table.asked == ["a.example"]


@pytest.mark.parametrize(
    ("host", "expected"), [("8.8.8.8", ""), ("127.0.0.1", "blocked-address"), ("[::1]", "blocked-address")]
)
def test_a_literal_is_judged_without_a_resolver(host: str, expected: str) -> None:
    table = Table()
    assert run(reason(names(table), host)) == expected
    assert table.asked == []


def test_what_the_operator_names_is_allowed() -> None:
    table = Table({"inner.example": ["10.0.0.7"]})
    known = names(
        table,
        resolve=["a.example:443:127.0.0.1,127.0.0.2", "*:8443:127.0.0.9"],
        connect_to=["b.example:443:10.0.0.1:8443", "c.example::inner.example:", "d.example:443::81"],
    )
    expected = {
        ("a.example", 443): [("127.0.0.1", 0), ("127.0.0.2", 0)],
        ("x.example", 8443): [("127.0.0.9", 0)],
        ("b.example", 443): [("127.0.0.9", 8443)],  # as with curl, --resolve speaks of where a detour ends
        ("c.example", 80): [("10.0.0.7", 0)],
        ("[::1]", 8443): [("127.0.0.9", 0)],
    }

    async def work() -> None:
        for (host, port), routes in expected.items():
            found = await known.routes(host, port)
            assert [(route.address, route.port) for route in found] == routes, host
            assert {route.host for route in found} == {host}
        assert await reason(known, "a.example", 80) == "dns"
        assert await reason(known, "d.example", 443) == "dns"

    run(work())


def test_a_port_alone_does_not_name_a_host() -> None:
    known = names(Table({"d.example": ["127.0.0.1"]}), connect_to=["d.example:443::81"])
    assert run(reason(known, "d.example")) == "blocked-address"


# -- failing --------------------------------------------------------------------------------------------


def test_a_name_that_is_not_there_is_asked_for_once() -> None:
    table = Table({"a.example": GONE})
    known = names(table)

    async def work() -> list[str]:
        return [await reason(known, "a.example") for _ in range(3)]

    assert run(work()) == ["dns"] * 3
    assert table.asked == ["a.example"]


def test_a_failure_that_may_pass_is_asked_again() -> None:
    table = Table({"a.example": [NO_ANSWER, ["8.8.8.8"]]})
    known = names(table)

    async def work() -> list[str]:
        return [await reason(known, "a.example") for _ in range(2)]

    assert run(work()) == ["dns", ""]


def test_a_dead_resolver_is_noticed_once() -> None:
    clock, events = Time(), []
    resolver = Slow(clock)
    known = names(resolver, clock=clock, events=events)

    async def work() -> list[str]:
        return [await reason(known, f"h{number}.example") for number in range(1000)]

    assert run(work()) == ["dns"] * 1000
    assert resolver.asked == DEAD_AFTER
    assert [event.kind for event in events] == ["resolver-dead"]


def test_when_it_is_noticed_nobody_waits_any_longer() -> None:
    class Hanging:
        async def resolve(self, host: str) -> Sequence[str]:
            await asyncio.sleep(0.2 if host in ("h0.example", "h1.example", "h2.example") else 60)
            raise TimeoutError

    known = names(Hanging())

    async def work() -> list[str]:
        found = await asyncio.gather(*(reason(known, f"h{number}.example") for number in range(500)))
        await known.close()
        return found

    started = time.monotonic()
    assert run(work()) == ["dns"] * 500
    assert time.monotonic() - started < 5


def test_a_resolver_that_says_no_at_once_is_not_dead() -> None:
    table = Table({f"h{number}.example": NO_ANSWER for number in range(10)} | {"a.example": ["8.8.8.8"]})
    known = names(table)

    async def work() -> str:
        for number in range(10):
            await reason(known, f"h{number}.example")
        return await reason(known, "a.example")

    assert run(work()) == ""


def test_an_answer_between_slow_failures_means_that_it_lives() -> None:
    clock = Time()
    slow, table = Slow(clock), Table(everything=["8.8.8.8"])

    class Mixed:
        async def resolve(self, host: str) -> Sequence[str]:
            return await (slow if host.startswith("slow") else table).resolve(host)

    known = names(Mixed(), clock=clock)

    async def work() -> list[str]:
        hosts = ["slow1.example", "slow2.example", "a.example", "slow3.example", "slow4.example", "b.example"]
        return [await reason(known, host) for host in hosts]

    assert run(work()) == ["dns", "dns", "", "dns", "dns", ""]


def test_a_lookup_is_bounded() -> None:
    class Hanging:
        async def resolve(self, host: str) -> Sequence[str]:
            await asyncio.sleep(60)
            return ()

    started = time.monotonic()
    assert run(reason(names(Hanging(), limit=0.1), "a.example")) == "dns"
    assert time.monotonic() - started < 5


# -- fake-IP --------------------------------------------------------------------------------------------


def test_a_resolver_that_answers_everything_from_the_fake_range_is_believed() -> None:
    events: list[Event] = []
    known = names(Table(everything=["198.18.0.9"]), events=events)

    async def work() -> list[str]:
        found = await asyncio.gather(*(reason(known, f"h{number}.example") for number in range(20)))
        return [*found, await reason(known, "later.example"), await reason(known, "198.18.0.9")]

    assert run(work()) == [""] * 21 + ["blocked-address"]
    assert [event.kind for event in events] == ["fake-ip"]


def test_a_single_name_in_that_range_is_not() -> None:
    events: list[Event] = []
    table = Table({"a.example": ["198.18.0.9"], "b.example": ["198.19.9.9"]})
    known = names(table, events=events)

    async def work() -> list[str]:
        return [await reason(known, host) for host in ("a.example", "b.example")]

    assert run(work()) == ["blocked-address"] * 2
    assert events == []
    assert len(table.asked) == 3, "the name that cannot exist is asked for once"


# -- the system's resolver ------------------------------------------------------------------------------


def test_the_system_resolves_localhost_and_not_what_cannot_be() -> None:
    async def work() -> Sequence[str]:
        resolver = SystemResolver(threads=2)
        found = await asyncio.gather(*(resolver.resolve("localhost") for _ in range(20)))
        with contextlib.suppress(OSError):
            await resolver.resolve("x" * 64 + ".invalid")
            raise AssertionError("a label of 64 bytes resolved")
        resolver.close()
        return {address for addresses in found for address in addresses}

    assert run(work()) <= {"127.0.0.1", "::1"}


def test_threads_that_wait_for_a_resolver_do_not_hold_up_the_exit() -> None:
    program = """
import asyncio, socket, time
socket.getaddrinfo = lambda *_, **__: time.sleep(60)  # stands for a resolver that hangs
from holdfast.fetch.names import SystemResolver
async def work():
    resolver = SystemResolver()
    waiting = [asyncio.ensure_future(resolver.resolve("a.example")) for _ in range(5)]
    await asyncio.sleep(0.05)
    for one in waiting: one.cancel()
asyncio.run(work())
"""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
    assert time.monotonic() - started < 20

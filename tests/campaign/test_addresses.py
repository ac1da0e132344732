"""Rows 14 to 21: whoever can write a URL, a redirect or a DNS answer reaches nothing inside.

Through the command line where there is an option for it; what needs a name server of its own goes through
`Fetcher`, with a resolver that really asks one. In every test a server inside stands ready to be reached, so
that a leak is seen; and each rule has its other way round, where the same request is allowed.
"""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.http import Url
from tests import pictures
from tests.campaign.dns import Asking, NameServer
from tests.campaign.origin import Web
from tests.campaign.rows import ids
from tests.campaign.running import GOOD, GOOD_PATH, Measured, Site, place, post
from tests.fetch.asking import keep, run
from tests.servers import Origin, Proxy, Reply

from holdfast.config import Network, NetworkLimits
from holdfast.fetch.address import Vetting, literal
from holdfast.fetch.faults import Fault
from holdfast.fetch.fetcher import Event, Fetched, Fetcher
from holdfast.fetch.names import Names
from holdfast.fetch.overrides import Overrides
from holdfast.fetch.pins import Engine, Trust
from holdfast.fetch.proxy import Proxies
from holdfast.fetch.transport import PinnedTransport, Reach
from holdfast.model import Failed

pytestmark = pytest.mark.slow

SECRET = pictures.png(seed=666)
"""What must never be seen: a picture, so that whoever gets it archives it."""
QUICK = ("--timeout", "2", "--retries", "0", "--set", "connect-timeout=1", "--host-interval", "0")


class Inside:
    """A server inside; it notices who comes."""

    def __enter__(self) -> Self:
        self._origin = Origin(lambda request: Reply(body=SECRET)).__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._origin.__exit__(*error)

    @property
    def port(self) -> int:
        return self._origin.port

    def untouched(self) -> bool:
        return self._origin.connections == 0


@contextmanager
def outside(redirects: Mapping[str, str]) -> Iterator[Origin]:
    """A server of the public web: pics.example, which redirects to these places, spelt in UTF-8."""
    routes: dict[str, Any] = {
        path: Reply(302, [("Location", place.encode())]) for path, place in redirects.items()
    }
    with Origin({**routes, GOOD_PATH: Reply(body=GOOD)}) as origin:
        yield origin


def page(*urls: str) -> str:
    """A post in HTML, for Markdown would escape the brackets of an IPv6 address."""
    return "---\ntitle: A page\n---\n" + "".join(f'\n<img src="{url}">\n' for url in urls)


def archive(
    root: Path, urls: Sequence[str], origin: Origin, *options: str, env: Mapping[str, str] | None = None
) -> tuple[Site, Measured, Any]:
    """Archive a post of these URLs and the good picture, where only pics.example leads anywhere."""
    good = f"http://pics.example{GOOD_PATH}"
    network = ("--connect-to", origin.connect_to("pics.example", 80), *QUICK, *options)
    site = Site(root / "site", origin, {"post.md": page(*urls, good)}, network=network)
    done = site.archive(env=env)
    assert done.stdout, done
    site.check()
    assert site.body(good) == GOOD
    return site, done, done.json()


def blocked(site: Site, report: Any, urls: Sequence[str], reason: str = "blocked-address") -> None:
    """Each of these was refused, says so and where it stands, and is as it was."""
    for number, url in enumerate(urls):
        failed = [each for each in report["failed"] if {**place(number), "column": 11} in each["locations"]]
        assert [each["reason"] for each in failed] == [reason], (url, report["failed"])
        assert f'"{url}"' in site.text("post.md")
    assert len(report["failed"]) == len({each["url"] for each in report["failed"]}) <= len(urls)


# -- 14: what a cloud tells its own machines ----------------------------------------------------------------

METADATA = (
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://169.254.169.254./latest/",
    "http://[::ffff:169.254.169.254]/latest/",
    "http://2852039166/latest/",
    "http://0xa9fea9fe/latest/",
    "http://169.254.170.2/v2/credentials",
    "http://[fd00:ec2::254]/latest/",
    "http://100.100.100.200/latest/",
    "http://168.63.129.16/machine",
    "http://192.0.0.192/opc/v1/",
)


@pytest.mark.parametrize("name", [ids(14)])
def test_metadata(name: str, tmp_path: Path) -> None:
    paths = {f"/{number}": place for number, place in enumerate(METADATA)}
    with Inside() as inside:
        paths |= {"/two-hops": "/0", "/inside": f"http://127.0.0.1:{inside.port}/", "/other": "//10.0.0.1/x"}
        with outside(paths) as origin:
            urls = [f"http://pics.example{path}" for path in paths] + list(METADATA)
            site, done, report = archive(tmp_path, urls, origin)
            assert done.code == 2
            blocked(site, report, urls)
            assert inside.untouched()
            # and the other way round: the operator may say that it is allowed
            again = site.archive("--retry-failed", "--allow-private", "127.0.0.0/8")
            left = {each["url"] for each in again.json()["failed"]}
            assert len(left) == len(urls) - 1 - _alike(urls), again
            assert site.body("http://pics.example/inside") == SECRET


def _alike(urls: Sequence[str]) -> int:
    """How many of these are only other spellings of the others."""
    return len(urls) - len({Url(url) and str(Url(url)) for url in urls})


# -- 15 and 16: spellings ------------------------------------------------------------------------------------

V4 = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f.1",
    "0x7F000001",
    "0177.0.0.1",
    "017700000001",
    "0x7f.0.0x0.01",
    "127.0.0.1.",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "１２７．０．０．１",
    "%31%32%37.0.0.1",
    "127.0.0.%31",
    "user@127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "0x0",
)
V6 = (
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:7F00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[100::1]",
    "[4000::1]",
)


@pytest.mark.parametrize(("name", "hosts"), [(ids(15), V4), (ids(16), V6)], ids=[ids(15), ids(16)])
def test_spellings(name: str, hosts: tuple[str, ...], tmp_path: Path) -> None:
    with Inside() as inside:
        direct = [f"http://{host}:{inside.port}/direct" for host in hosts]
        redirects = {f"/{number}": url for number, url in enumerate(direct)}
        with outside(redirects) as origin:
            hopping = [f"http://pics.example{path}" for path in redirects]
            site, done, report = archive(tmp_path, [*direct, *hopping], origin)
            assert done.code == 2
            blocked(site, report, [*direct, *hopping])
            assert inside.untouched()
            # a zone is no part of a URL, and an address with too many parts is none
            bad = [
                f"http://[fe80::1%25lo]:{inside.port}/",
                "http://127.0.0.1.1.1/",
                "http://256.256.256.256/",
            ]
            site, done, report = archive(tmp_path / "bad", bad, origin)
            blocked(site, report, bad, "bad-url")
            assert inside.untouched()
            if hosts is V4:  # the other way round: all of them really lead inside
                network = ("--allow-private", "--retry-failed")
                site = Site(tmp_path / "x", origin, {"post.md": page(*direct[:16])}, network=QUICK)
                allowed = site.archive(*network)
                assert allowed.code == 0, allowed
                assert site.body(f"http://127.0.0.1:{inside.port}/direct") == SECRET


# -- 17 and 18: what a name server says ----------------------------------------------------------------------

OUTSIDE = "127.0.0.2"
"""Stands for a public address: the tests allow this one alone."""
PUBLIC = Network(
    allow_private=(f"{OUTSIDE}/32",),
    limits=NetworkLimits(host_interval=0.0, backoff_first=0.0, connect_timeout=1.0, retries=1),
)


class Answers(NamedTuple):
    """What a fetcher with a real name server brought."""

    answers: list[Fetched[bytes] | Failed]
    events: list[Event]

    @property
    def reasons(self) -> list[str]:
        return [each.reason if isinstance(each, Failed) else "" for each in self.answers]


def fetch(urls: Sequence[str], server: NameServer, network: Network = PUBLIC) -> Answers:
    """Fetch one after the other, every name asked of ``server``."""
    events: list[Event] = []

    async def work() -> list[Fetched[bytes] | Failed]:
        async with Fetcher(network, resolver=Asking(server), on_event=events.append) as fetcher:
            return [await fetcher.fetch(url, keep, max_bytes=10**6) for url in urls]

    return Answers(run(work()), events)


@contextmanager
def both_sides() -> Iterator[tuple[Origin, socket.socket]]:
    """A good server outside, and inside a socket on the same port that waits for whoever leaks."""
    with Origin(lambda request: Reply(body=GOOD), address=OUTSIDE) as origin, socket.socket() as inside:
        inside.bind(("127.0.0.1", origin.port))
        inside.listen()
        inside.setblocking(False)
        yield origin, inside


def reached(inside: socket.socket) -> bool:
    with suppress(BlockingIOError):
        inside.accept()[0].close()
        return True
    return False


def test_the_socket_inside_notices() -> None:
    with both_sides() as (origin, inside):
        assert not reached(inside)
        socket.create_connection(("127.0.0.1", origin.port)).close()
        assert reached(inside)


@pytest.mark.parametrize("name", [ids(17)])
def test_rebinding(name: str) -> None:
    names = {
        "turns.example": [[OUTSIDE], ["127.0.0.1"]],
        "turns-at-once.example": [["127.0.0.1"], [OUTSIDE]],
        "alias.example": [["turns.example", OUTSIDE], ["localhost", "127.0.0.1"]],
    }
    with both_sides() as (origin, inside), NameServer(names) as server:
        urls = [f"http://{host}:{origin.port}/{number}" for host in names for number in range(4)]
        found = fetch(urls, server)
        assert found.reasons == [""] * 4 + ["blocked-address"] * 4 + [""] * 4
        assert not reached(inside)
        assert [server.times(host) for host in names] == [1, 1, 1], "one answer holds for the whole run"
    # an address that stops answering is no reason to ask again and believe the next answer
    with NameServer({"gone.example": [[OUTSIDE], ["127.0.0.1"]]}) as server, Inside() as inner:
        urls = [f"http://gone.example:{inner.port}/{number}" for number in range(3)]
        assert fetch(urls, server).reasons == ["refused"] * 3
        assert inner.untouched()


@pytest.mark.parametrize("name", [ids(18)])
def test_mixed_answers(name: str) -> None:
    inner = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:127.0.0.1", "0.0.0.0"]
    names = {
        "private-first.example": [*inner, OUTSIDE],
        "private-last.example": [OUTSIDE, *inner],
        "private-only.example": inner,
        "v6-private.example": ["::1", "::ffff:7f00:1"],
        "nowhere.example": (),
    }
    with both_sides() as (origin, inside), NameServer(names) as server:
        found = fetch([f"http://{host}:{origin.port}/" for host in names], server)
        assert found.reasons == ["", "", "blocked-address", "blocked-address", "dns"]
        assert not reached(inside)
    with NameServer(names) as server, Inside() as inner_server:
        # the public address refuses: the private ones beside it are not tried in its place
        urls = [f"http://{host}:{inner_server.port}/" for host in list(names)[:2]]
        assert fetch(urls, server).reasons == ["refused", "refused"]
        assert inner_server.untouched()


def test_fake_ip() -> None:
    """A resolver that answers every name from 198.18.0.0/15 is believed; one name in that range is not."""
    quick = replace(PUBLIC, limits=replace(PUBLIC.limits, connect_timeout=0.3, retries=0))
    urls = ["http://a.example:9/", "http://b.example:9/", "http://198.18.0.9:9/"]
    with NameServer(everything=lambda name: ["198.18.0.7"]) as server:
        found = fetch(urls, server, quick)
        assert "blocked-address" not in found.reasons[:2], "it is connected to, and nobody is there"
        assert found.reasons[2] == "blocked-address", "an address that a URL spells is not a name"
        assert [event.kind for event in found.events].count("fake-ip") == 1
    with NameServer({"a.example": ["198.18.0.7"], "b.example": ["198.19.255.1"]}) as server:
        found = fetch(urls, server, quick)
        assert found.reasons == ["blocked-address"] * 3
        assert not found.events
    # that everything leads there allows that range and nothing else
    with NameServer({"b.example": ["127.0.0.1"]}, lambda name: ["198.18.0.7"]) as server, Inside() as inside:
        found = fetch(["http://a.example:9/", f"http://b.example:{inside.port}/"], server, quick)
        assert found.reasons[1] == "blocked-address"
        assert inside.untouched()


def test_nat64() -> None:
    """An IPv6 address that stands for an IPv4 one is judged as that."""
    quick = replace(PUBLIC, limits=replace(PUBLIC.limits, connect_timeout=0.3, retries=0))
    names = {
        "public.example": ["64:ff9b::808:808"],
        "six-to-four.example": ["2002:808:808::1"],
        "allowed.example": ["64:ff9b::7f00:2"],
        "inside.example": ["64:ff9b::7f00:1"],
        "metadata.example": ["64:ff9b::a9fe:a9fe"],
        "private.example": ["2002:a00:1::1"],
        "own-prefix.example": ["64:ff9b:1::808:808"],
    }
    with NameServer(names) as server:
        found = fetch([f"http://{host}:9/" for host in names], server, quick)
        assert "blocked-address" not in found.reasons[:3]
        assert found.reasons[3:] == ["blocked-address"] * 4


# -- 19: proxies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ids(19)])
def test_proxies(name: str, tmp_path: Path) -> None:
    """What the environment says is obeyed as curl obeys it, and no way round the rules."""
    with Inside() as inside, outside({}) as origin, Proxy() as proxy:
        proxy.leads = {"proxied.example:80": ("127.0.0.1", origin.port)}
        proxy.leads[f"127.0.0.1:{inside.port}"] = proxy.leads[f"localhost:{inside.port}"] = (
            "127.0.0.1",
            inside.port,
        )
        forbidden = [
            f"http://{host}:{inside.port}/s.png" for host in ("127.0.0.1", "localhost", "127.1", "[::1]")
        ]
        environment = {"http_proxy": proxy.url, "https_proxy": proxy.url, "ALL_PROXY": proxy.url}
        urls = [*forbidden, f"http://proxied.example{GOOD_PATH}"]
        site, _, report = archive(tmp_path / "a", urls, origin, env=environment)
        blocked(site, report, forbidden)
        assert site.body(urls[-1]) == GOOD, "a name that only the proxy knows is its to resolve"
        assert {request.target for request in proxy.requests} == {urls[-1]}
        assert inside.untouched()
        seen = len(proxy.requests)
        # upper case comes from a request's Proxy header where a web server starts programs: not obeyed
        for number, (env, options) in enumerate(
            [
                ({"HTTP_PROXY": proxy.url}, ()),
                ({"http_proxy": proxy.url, "no_proxy": "example"}, ()),
                ({"http_proxy": proxy.url}, ("--proxy", "")),
                ({"https_proxy": proxy.url}, ()),
            ]
        ):
            site, _, report = archive(
                tmp_path / f"direct-{number}", [urls[-1]], origin, *options, env={"NO_PROXY": "", **env}
            )
            blocked(site, report, [urls[-1]], "dns")
            assert len(proxy.requests) == seen, env


# -- 20 and 21: what must not cross --------------------------------------------------------------------------

PASSWORD = "correct-horse-battery"
TOKEN = "ghp_never-to-be-seen"


@pytest.mark.parametrize("name", [ids(20)])
def test_credentials(name: str, tmp_path: Path) -> None:
    there = {"/p.png": Reply(body=pictures.png(seed=5))}

    def cross(place: str) -> Reply:
        return Reply(302, [("Location", place), ("Set-Cookie", "session=server-s; Domain=example; Path=/")])

    jar = tmp_path / "jar.txt"
    jar.write_text(
        "# Netscape HTTP Cookie File\n"
        "first.example\tFALSE\t/\tFALSE\t0\tsecret\tjar-cookie\n"
        "first.example\tFALSE\t/\tTRUE\t0\tonly\tsecure-cookie\n"
    )
    routes = {
        "/to-other": cross("http://other.example/p.png"),
        "/to-port": cross("http://first.example:81/p.png"),
        "/to-sub": cross("http://sub.first.example/p.png"),
        "/to-user": cross("http://intruder:evil@other.example/p.png?user"),
        "/to-github": cross("http://raw.githubusercontent.com/p.png"),
        "/to-self": cross("/p.png"),
        **there,
    }
    with Origin(routes) as first, Origin(there) as other, outside({}) as good:
        detours = [f"--connect-to={first.connect_to('first.example', 80)}"]
        detours += [f"--connect-to={other.connect_to(host, port)}" for host, port in OTHERS]
        urls = [
            f"http://owner@first.example/to-{each}"
            for each in ("other", "port", "sub", "user", "github", "self")
        ]
        options = (
            "--header",
            "Authorization: Bearer top",
            "--header",
            f"X-Api-Key: {PASSWORD}",
            "--cookie-jar",
            str(jar),
        )
        site, done, _ = archive(tmp_path, urls, good, *detours, *options, env={"GITHUB_TOKEN": TOKEN})
        assert done.code == 0, done
        for request in other.requests:
            sent = " ".join(value for _, value in request.headers)
            for secret in (
                PASSWORD,
                "b3duZXI6",
                "Bearer",
                "secure-cookie",
                "server-s",
                TOKEN,
            ):
                assert secret not in sent, request
            # a cookie belongs to a host with all of its ports (RFC 6265 section 8.5)
            assert (request.header("cookie") is not None) == request.host.startswith("first.example:")
            basic = request.header("authorization")
            assert basic == ("Basic aW50cnVkZXI6ZXZpbA==" if request.query == "user" else None)
        assert len(other.requests) == 5
        # the other way round: where they were meant for, they went, and never over http where they must not
        for request in first.requests:
            assert request.header("authorization"), request
            assert (request.header("cookie"), request.header("x-api-key")) == ("secret=jar-cookie", PASSWORD)
        for request in good.requests:
            assert request.header("cookie") is None
        # and nothing of it is written down
        for path in site.root.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                for secret in (PASSWORD, "b3duZXI6", "evil", TOKEN, "jar-cookie"):
                    assert secret.encode() not in data, path
        assert PASSWORD not in done.stderr


OTHERS = (
    ("other.example", 80),
    ("first.example", 81),
    ("sub.first.example", 80),
    ("raw.githubusercontent.com", 80),
)


@pytest.mark.parametrize("name", [ids(21)])
def test_downgrade(name: str, tmp_path: Path) -> None:
    """A redirect from https to http is followed and told; what is for https alone is not sent there."""
    jar = tmp_path / "jar.txt"
    jar.write_text(
        "a.example\tFALSE\t/\tTRUE\t0\tonly\tsecure-cookie\na.example\tFALSE\t/\tFALSE\t0\tany\tplain-cookie\n"
    )
    paths = {
        "/down": Reply(302, {"Location": "http://a.example/p.png"}),
        "/p.png": Reply(body=GOOD),
        "/up": Reply(301, {"Location": "https://a.example/p.png"}),
        GOOD_PATH: Reply(body=GOOD),
    }
    with Web(paths) as web:
        urls = ["https://owner@a.example/down", "http://a.example/up"]
        network = (*web.network, *QUICK, "--cookie-jar", str(jar), "--header", "X-Api-Key: key")
        site = Site(tmp_path / "site", web.plain, {"post.md": post(*urls)}, network=network)
        done = site.archive()
        report = done.json()
        assert (done.code, report["failed"]) == (0, []), done
        site.check()
        plain = {request.path: request for request in web.plain.requests}
        assert plain["/p.png"].header("authorization") is None
        assert plain["/p.png"].header("x-api-key") is None
        assert plain["/p.png"].header("cookie") == "any=plain-cookie"
        assert any("http" in warning and "a.example" in warning for warning in report["warnings"]), report[
            "warnings"
        ]


# -- no engine client ever receives a host without a pin -----------------------------------------------------


@dataclass
class Watched:
    """A client of the engine, with an eye on what it is asked for."""

    client: Client
    pins: dict[str, str]
    asked: list[tuple[str, str]]

    def request(self, method: str, url: Any) -> Any:
        host = url.host_str
        address = literal(host)
        assert isinstance(url, Url), "the engine's own parser has read it, and will not read it again"
        assert address is not None or host in self.pins, f"{host} without a pin"
        self.asked.append((host, address or self.pins[host]))
        return self.client.request(method, url)

    async def close(self) -> None:
        await self.client.close()


class Watching:
    """A builder of the engine that writes down every pin; whatever else it is told goes through."""

    def __init__(self, builder: ClientBuilder, asked: list[tuple[str, str]]) -> None:
        self._builder = builder
        self._pins: dict[str, str] = {}
        self._asked = asked

    def resolve(self, host: str, address: str, port: int) -> Watching:
        assert host not in self._pins, "a second pin replaces the first"
        assert port == 0, "another port would count for all ports of the host"
        self._pins[host] = address
        self._builder = self._builder.resolve(host, address, port)
        return self

    def build(self) -> Watched:
        return Watched(self._builder.build(), self._pins, self._asked)


class WatchedEngine(Engine):
    """The real engine; every client it builds is watched."""

    asked: list[tuple[str, str]]

    def builder(self, idle: int) -> Any:
        return Watching(super().builder(idle), self.asked)


class Everywhere:
    """A resolver to which every name is at one address; it writes down what it is asked."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses
        self.asked: set[str] = set()

    async def resolve(self, host: str) -> Sequence[str]:
        self.asked.add(host)
        return self._addresses


def watched(
    urls: Sequence[str], resolver: Everywhere, allowed: Sequence[str]
) -> tuple[list[str], list[tuple[str, str]]]:
    """Send each URL through a transport: the reason of each failure, and what clients were asked for."""
    engine = WatchedEngine(1.0, 1.0, Trust())
    asked: list[tuple[str, str]] = []
    object.__setattr__(engine, "asked", asked)

    async def one(transport: PinnedTransport, url: str) -> str:
        try:
            exchange = await transport.open("GET", Url(url), [])
        except Fault as fault:
            return fault.reason
        except ValueError:
            return "bad-url"
        await exchange.aclose()
        return ""

    async def work() -> list[str]:
        names = Names(resolver, Vetting(allowed), Overrides.parse())
        transport = PinnedTransport(Reach(names, engine, Proxies(), lambda hosts: 8))
        try:
            return list(await asyncio.gather(*(one(transport, url) for url in urls)))
        finally:
            await transport.aclose()

    return run(work()), asked


SPELLINGS = (
    "Example.COM", "EXAMPLE.com.", "ｅｘａｍｐｌｅ.com", "exa%6Dple.com", "exam\u00adple.com", "example。com", "Bücher.example",
    "BÜCHER.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example.", "faß.example", "☃.example", "a_b.example",
    "localhost", "LOCALHOST", "localhost.", "ｌｏｃａｌｈｏｓｔ", "loc%61lhost", "例え.テスト", "-x-.example", "a..b.example", "1.2.3.4.example",
)  # fmt: skip


def test_no_client_receives_a_host_without_a_pin() -> None:
    with both_sides() as (origin, inside):
        resolver = Everywhere(OUTSIDE)
        urls = [f"http://{host}:{origin.port}/" for host in SPELLINGS]
        reasons, asked = watched(urls, resolver, [f"{OUTSIDE}/32"])
        assert {reason for reason in reasons if reason} <= {"bad-url"}, reasons
        assert reasons.count("") >= len(SPELLINGS) - 2
        assert {address for _, address in asked} == {OUTSIDE}
        assert {host for host, _ in asked} == resolver.asked, "what is vetted is what is requested"
        assert not reached(inside), "localhost was where its pin said"
        # the other way round: where nothing is allowed, no client is asked for anything
        reasons, asked = watched(urls, Everywhere("127.0.0.1"), [])
        assert set(reasons) <= {"blocked-address", "bad-url"}
        assert asked == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(min_size=1, max_size=20),
            st.sampled_from([*SPELLINGS, *V4, *V6]),
            st.from_regex(r"[a-zA-Z0-9_.-]{1,30}\.?", fullmatch=True),
            st.from_regex(r"(0[xX])?[0-9a-fA-F]{1,9}(\.(0[xX])?[0-9a-fA-F]{1,4}){0,4}\.?", fullmatch=True),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_whatever_a_host_is_spelt_like(hosts: list[str]) -> None:
    """No spelling is asked of a client unpinned, and none leads a client where the rules do not."""
    allowed = f"{OUTSIDE}/32"
    _, asked = watched(
        [f"http://{host}:9/" for host in hosts if literal(host) != OUTSIDE], Everywhere(OUTSIDE), [allowed]
    )
    vetting = Vetting([allowed])
    for _, address in asked:
        assert vetting.objection(address) is None

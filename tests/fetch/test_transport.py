"""The transport reaches what was vetted and nothing else, and says truthfully what went wrong."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from msgspec.structs import replace
from pyreqwest.http import Url
from tests.fetch.asking import LOOPBACK, Table, led_to, run
from tests.servers import Origin, Reply, drip, refusing, unanswering

from holdfast.config import Network
from holdfast.errors import ConfigError
from holdfast.fetch.address import Vetting
from holdfast.fetch.faults import Fault
from holdfast.fetch.names import Names
from holdfast.fetch.overrides import Overrides
from holdfast.fetch.pins import Engine, Trust
from holdfast.fetch.proxy import Proxies
from holdfast.fetch.transport import PinnedTransport, Reach

T = TypeVar("T")


@asynccontextmanager
async def transport_of(
    network: Network = LOOPBACK, table: Table | None = None, *, wait: float = 5.0, connect: float = 5.0
) -> AsyncIterator[PinnedTransport]:
    vetting = Vetting(network.allow_private)
    names = Names(table or Table(), vetting, Overrides.parse(network.resolve, network.connect_to))
    engine = Engine(connect, wait, Trust.load(network.ca_file, network.insecure))
    transport = PinnedTransport(Reach(names, engine, Proxies(), lambda hosts: 8))
    try:
        yield transport
    finally:
        await transport.aclose()


async def read(transport: PinnedTransport, url: str, **options: bool) -> bytes:
    exchange = await transport.open("GET", Url(url), [("Accept-Encoding", "identity")], **options)
    try:
        body = b""
        while (chunk := await exchange.read()) is not None:
            body += chunk
        return body
    finally:
        await exchange.aclose()


def reason(url: str, network: Network = LOOPBACK, table: Table | None = None, **options: float) -> str:
    """Why this URL cannot be read to its end, or ""."""

    async def work() -> str:
        async with transport_of(network, table, **options) as transport:
            try:
                await read(transport, url)
            except Fault as fault:
                return fault.reason
            return ""

    return run(work())


def body(url: str, network: Network = LOOPBACK, table: Table | None = None) -> bytes:
    async def work() -> bytes:
        async with transport_of(network, table) as transport:
            return await read(transport, url)

    return run(work())


# -- httpx's side ---------------------------------------------------------------------------------------


def test_it_is_an_httpx_transport() -> None:
    async def work() -> httpx.Response:
        async with transport_of() as transport, httpx.AsyncClient(transport=transport) as client:
            return await client.post(origin.url("/x?a=1"), content=b"body", headers={"X-A": "1"})

    with Origin({"/x?a=1": lambda request: Reply(headers={"X-B": "2"}, body=request.body * 2)}) as origin:
        response = run(work())
        assert (response.status_code, response.content, response.headers["x-b"]) == (200, b"bodybody", "2")
        assert origin.requests[0].header("x-a") == "1"
        assert origin.requests[0].host == f"127.0.0.1:{origin.port}"


def test_errors_are_httpxs_too() -> None:
    async def work() -> None:
        async with transport_of() as transport, httpx.AsyncClient(transport=transport) as client:
            with refusing() as port, pytest.raises(httpx.ConnectError):
                await client.get(f"http://127.0.0.1:{port}/")
            with pytest.raises(httpx.ReadError):
                await client.get(origin.url("/short"))
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(origin.url("/ssh"))

    with Origin({"/short": Reply(body=b"abc", length=9), "/ssh": Reply(raw=b"SSH-2.0-x\r\n")}) as origin:
        run(work())


# -- what is reached ------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "LocalHost", "ｌocalhost", "localhost."])
def test_a_pin_beats_the_systems_resolver_in_every_spelling(host: str) -> None:
    table = Table({"localhost": ["127.0.0.2"], "localhost.": ["127.0.0.2"]})
    with Origin({"/": Reply(body=b"second")}, address="127.0.0.2") as origin:
        assert body(origin.url("/", host=host), table=table) == b"second"


def test_an_international_name_is_pinned_as_it_is_sent() -> None:
    table = Table({"xn--bcher-kva.example": ["127.0.0.1"]})
    with Origin({"/": lambda request: Reply(body=request.host)}) as origin:
        assert body(origin.url("/", host="Bücher.example"), table=table).startswith(b"xn--bcher-kva.example:")


def test_two_ports_of_a_host_can_lead_to_different_places() -> None:
    with Origin({"/": Reply(body=b"one")}) as one, Origin({"/": Reply(body=b"two")}) as two:
        network = replace(
            LOOPBACK, connect_to=(one.connect_to("a.example", 80), two.connect_to("a.example", 8080))
        )

        async def work() -> list[bytes]:
            async with transport_of(network) as transport:
                urls = ["http://a.example/", "http://a.example:8080/"] * 3
                return list(await asyncio.gather(*(read(transport, url) for url in urls)))

        assert run(work()) == [b"one", b"two"] * 3


def test_the_next_address_is_taken_when_one_cannot_be_reached() -> None:
    table = Table({"a.example": ["127.0.0.3", "127.0.0.4", "127.0.0.1"]})
    with Origin({"/": Reply(body=b"here")}) as origin:
        assert body(origin.url("/", host="a.example"), table=table) == b"here"


def test_the_next_request_goes_on_where_the_last_one_gave_up() -> None:
    table = Table({"a.example": [f"127.0.0.{last}" for last in (11, 12, 13, 14, 1)]})

    async def work() -> list[str]:
        async with transport_of(table=table) as transport:
            found = []
            for _ in range(3):
                try:
                    found.append((await read(transport, origin.url("/", host="a.example"))).decode())
                except Fault as fault:
                    found.append(fault.reason)
            return found

    with Origin({"/": Reply(body=b"here")}) as origin:
        assert run(work()) == ["refused", "here", "here"]


def test_and_keeps_to_that_way() -> None:
    """Also where the address before it could be reached meanwhile."""
    table = Table({"a.example": ["127.0.0.9", "127.0.0.1"]})
    with Origin({"/": Reply(body=b"here")}) as origin, socket.socket() as other:

        async def work() -> list[bytes]:
            async with transport_of(table=table) as transport:
                found = [await read(transport, origin.url("/", host="a.example"))]
                other.bind(("127.0.0.9", origin.port))
                other.listen()
                return found + [await read(transport, origin.url("/", host="a.example")) for _ in range(3)]

        assert run(work()) == [b"here"] * 4
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.accept()


def test_a_way_that_fails_is_prepared_no_more() -> None:
    table = Table({"a.example": ["127.0.0.2", "127.0.0.1"]})

    async def work() -> list[bool]:
        async with transport_of(table=table) as transport:
            url, found = Url(origin.url("/", host="a.example")), []
            for _ in range(2):
                found.append(transport.is_prepared(url))
                await transport.prepare(url)
                found.append(transport.is_prepared(url))
                assert await read(transport, str(url)) == b"here"
            return [*found, transport.is_prepared(url)]

    with Origin({"/": Reply(body=b"here")}) as origin:
        assert run(work()) == [False, True, False, True, True]


def test_many_hosts_share_few_clients() -> None:
    table = Table(everything=["127.0.0.1"])

    async def work() -> int:
        async with transport_of(table=table) as transport:
            urls = [origin.url(f"/{number}", host=f"h{number}.example") for number in range(200)]
            bodies = await asyncio.gather(*(read(transport, url) for url in urls))
            assert bodies == [f"h{number}.example".encode() for number in range(200)]
            return len({id(pinned) for pinned in transport._pins._pinned.values()})

    with Origin(lambda request: Reply(body=request.host.partition(":")[0])) as origin:
        assert run(work()) <= 5


LITERALS = ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "①②⑦.0.0.1", "[::ffff:127.0.0.1]"]


@pytest.mark.parametrize("host", LITERALS)
def test_a_literal_is_refused_before_anything_is_sent(host: str) -> None:
    with Origin({"/": Reply(body=b"secret")}) as origin:
        assert reason(origin.url("/", host=host), replace(LOOPBACK, allow_private=())) == "blocked-address"
        assert origin.connections == 0


def test_a_name_that_turns_to_loopback_later_still_goes_where_it_was_vetted() -> None:
    table = Table({"a.example": [["127.0.0.2"], ["127.0.0.1"]]})
    network = replace(LOOPBACK, allow_private=("127.0.0.2/32",))
    with Origin({"/": Reply(body=b"secret")}) as inner:

        async def work() -> list[str]:
            async with transport_of(network, table) as transport:
                found = []
                for _ in range(3):
                    try:
                        await read(transport, inner.url("/", host="a.example"))
                    except Fault as fault:
                        found.append(fault.reason)
                return found

        assert run(work()) == ["refused"] * 3
        assert inner.connections == 0


def test_an_operators_detour_for_a_literal_is_taken() -> None:
    with Origin({"/x": lambda request: Reply(body=f"{request.host} {request.server_name}")}) as origin:
        network = led_to(origin, network=replace(LOOPBACK, allow_private=()))
        assert body("http://8.8.8.8/x", network) == b"8.8.8.8 None"


def test_and_its_certificate_is_checked() -> None:
    with Origin({"/x": Reply(body=b"safe")}, tls=True, names=["8.8.8.8"]) as origin:
        assert body("https://8.8.8.8/x", led_to(origin)) == b"safe"
        assert reason("https://1.1.1.1/x", led_to(origin)) == "tls"


# -- TLS ------------------------------------------------------------------------------------------------


def test_a_detour_keeps_name_and_certificate() -> None:
    routes = {"/x": lambda request: Reply(body=f"{request.server_name} {request.host}")}
    with Origin(routes, tls=True) as origin:
        found = body("https://inews.gtimg.com/x", led_to(origin, "inews.gtimg.com"))
        assert found == b"inews.gtimg.com inews.gtimg.com"


def test_a_certificate_is_not_believed_without_reason() -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    with Origin({"/": Reply()}, tls=True) as origin:
        assert reason("https://a.example/", replace(led_to(origin), ca_file=None)) == "tls"
        with Origin({"/": Reply()}, tls=True, authority=origin.authority, names=["b.example"]) as wrong:
            assert reason("https://a.example/", led_to(wrong)) == "tls"
            assert reason("https://a.example/", replace(led_to(wrong), insecure=True, ca_file=None)) == ""
        with Origin(
            {"/": Reply()}, tls=True, authority=origin.authority, names=["a.example"], not_after=past
        ) as expired:
            assert reason("https://a.example/", led_to(expired)) == "tls"


def test_a_bundle_of_authorities_is_trusted_whole(tmp_path: Path) -> None:
    with Origin({"/": Reply()}, tls=True) as one, Origin({"/": Reply()}, tls=True) as two:
        bundle = tmp_path / "bundle.pem"
        bundle.write_bytes(b"# two\n" + one.ca_pem.read_bytes() + b"\n# and\n" + two.ca_pem.read_bytes())
        for origin in (one, two):
            assert reason("https://a.example/", replace(led_to(origin), ca_file=bundle)) == ""


JUNK = [
    b"",
    b"junk",
    b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
]


@pytest.mark.parametrize("text", JUNK)
def test_a_ca_file_that_holds_no_certificate_is_refused(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(text)
    with pytest.raises(ConfigError, match="ca-file"):
        Trust.load(file)


def test_a_ca_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Trust.load(tmp_path / "none.pem")


# -- what goes wrong ------------------------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

FAULTS = {
    "reset at once": (Reply(status=0, reset=True), "reset"),
    "closed at once": (Reply(raw=b""), "reset"),
    "reset in the body": (Reply(body=b"x" * 5000, length=90_000, reset=True), "reset"),
    "shorter than declared": (Reply(body=b"abc", length=10), "truncated"),
    "chunks cut off": (Reply(body=[b"abc"], cut=True), "truncated"),
    "a chunk cut off": (Reply(raw=CHUNKED + b"ff\r\nabc"), "truncated"),
    "no head in time": (Reply(delay=5), "timeout"),
    "a body that stops": (Reply(body=drip([b"a", b"b"], 5)), "timeout"),
    "not HTTP": (Reply(raw=b"SSH-2.0-OpenSSH_9.6\r\n"), "protocol"),
    "a broken header": (Reply(raw=OK + b"Bad Header\r\n\r\n"), "protocol"),
    "a broken chunk": (Reply(raw=CHUNKED + b"zz\r\n"), "protocol"),
    "too many headers": (Reply(headers=[(f"x{number}", "y") for number in range(50_000)]), "protocol"),
    "too long a header": (Reply(headers={"x": "y" * 2_000_000}), "protocol"),
    "two lengths": (Reply(raw=OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"), "protocol"),
    "an ordinary answer": (Reply(body=b"abc"), ""),
    "up to the end": (Reply(body=b"abc", until_eof=True), ""),
    "an odd status": (Reply(999, body=b"abc"), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_faults(name: str, tls: bool) -> None:
    reply, expected = FAULTS[name]
    if tls and name == "up to the end":
        return  # asyncio sends no close_notify for the server; see the next test
    with Origin(lambda _: reply, tls=tls) as origin:
        wait = 0.4 if expected == "timeout" else 10.0
        assert reason("http{}://a.example/".format("s" * tls), led_to(origin), wait=wait) == expected


def test_nobody_listens() -> None:
    with refusing() as port:
        assert reason(f"http://127.0.0.1:{port}/") == "refused"
        assert (
            reason(f"http://a.example:{port}/", table=Table({"a.example": ["127.0.0.1", "127.0.0.2"]}))
            == "refused"
        )


def test_nobody_answers() -> None:
    with unanswering() as port:
        assert reason(f"http://127.0.0.1:{port}/", connect=0.2) == "timeout"


def test_a_name_that_does_not_resolve() -> None:
    assert reason("http://a.example/") == "dns"


async def a_byte_at_a_time(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        for sign in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: " + b"y" * 100 + b"\r\n\r\n":
            writer.write(bytes([sign]))
            await asyncio.sleep(0.1)
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


def test_a_head_that_drips_is_bounded_as_a_whole() -> None:
    async def work() -> str:
        server = await asyncio.start_server(a_byte_at_a_time, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with transport_of(wait=0.5) as transport:
            try:
                await read(transport, f"http://127.0.0.1:{port}/")
            except Fault as fault:
                server.close()
                return fault.reason
        return "it came"

    assert asyncio.run(work()) == "timeout"


def test_a_kept_connection_that_was_closed_meanwhile_is_not_a_failure() -> None:
    def once(request: object) -> Reply:
        return Reply(body=b"x")

    async def work() -> list[bytes]:
        async with transport_of() as transport:
            found = []
            for _ in range(5):
                found.append(await read(transport, origin.url("/")))
                for writer in list(origin._writers):  # the server hangs up without a word
                    origin._loop.call_soon_threadsafe(writer.transport.abort)
            return found

    with Origin(once) as origin:
        assert run(work()) == [b"x"] * 5


# -- headers that the engine cannot read ----------------------------------------------------------------


def test_a_location_in_raw_bytes_is_read_another_way() -> None:
    async def work(url: str) -> tuple[int, dict[str, str]]:
        async with transport_of(led_to(origin)) as transport:
            exchange = await transport.open("GET", Url(url), [])
            await exchange.aclose()
            return exchange.status, dict(exchange.headers)

    reply = Reply(302, headers=[("Location", "/ü".encode()), ("X-A", "1")])
    for tls in (False, True):
        with Origin({"/": reply}, tls=tls) as origin:
            status, headers = run(work("http{}://a.example/".format("s" * tls)))
            assert status == 302
            assert headers["location"].encode("latin-1") == "/ü".encode()
            assert headers["x-a"] == "1"
            assert [request.host for request in origin.requests] == ["a.example"] * 2


def test_other_headers_in_raw_bytes_are_left_out() -> None:
    async def work() -> tuple[dict[str, str], frozenset[str]]:
        async with transport_of() as transport:
            exchange = await transport.open("GET", Url(origin.url("/")), [])
            await exchange.aclose()
            return dict(exchange.headers), exchange.unreadable

    headers = [("Content-Disposition", "inline; filename=ü".encode()), ("X-A", "1"), ("X-A", "2")]
    with Origin({"/": Reply(headers=headers)}) as origin:
        found, unreadable = run(work())
        assert unreadable == {"content-disposition"}
        assert found["x-a"] == "2"


# -- what nobody wants ----------------------------------------------------------------------------------


def skimmed(reply: Reply, times: int) -> tuple[bool, list[bool]]:
    """Open a page so many times in a row and throw its declared bytes away; close nothing that has ended.

    Returns whether a connection was used again, and what each exchange says of its end.
    """

    async def work() -> list[bool]:
        async with transport_of() as transport:
            ended = []
            for _ in range(times):
                exchange = await transport.open("GET", Url(origin.url("/")), [])
                (length,) = (int(value) for name, value in exchange.headers if name == "content-length")
                await exchange.skim(length)
                ended.append(exchange.ended)
                if not exchange.ended:
                    await exchange.aclose()
            return ended

    with Origin({"/": reply}) as origin:
        found = run(work())
        for _ in range(100):
            if origin.open_now == 0:
                break
            run(asyncio.sleep(0.02))
        assert origin.open_now == 0
        return bool(origin.kept_after()), found


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"x" * 700),
        Reply(body=b""),
        Reply(body=drip([b"x" * 10] * 5, 0.02), length=50),
    ],
    ids=["at once", "empty", "piece by piece"],
)
def test_a_little_body_is_thrown_away_and_its_connection_kept(reply: Reply) -> None:
    assert skimmed(reply, 5) == (True, [True] * 5)


def test_a_body_that_breaks_off_while_it_is_thrown_away_is_nobodys_trouble() -> None:
    assert skimmed(Reply(body=b"x" * 10, length=50), 2) == (False, [False, False])


# -- cancelling -----------------------------------------------------------------------------------------


def open_sockets() -> int:
    return sum(is_socket(file) for file in Path("/proc/self/fd").iterdir())


def is_socket(file: Path) -> bool:
    try:
        return str(file.readlink()).startswith("socket:")
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_no_socket_outlives_the_transport() -> None:
    async def work() -> None:
        async with transport_of(wait=0.5) as transport:
            await asyncio.gather(*(read(transport, origin.url(f"/{number}")) for number in range(20)))
            cut = await transport.open("GET", Url(origin.url("/endless")), [])
            assert await cut.read() == b"x" * 1000
            await cut.aclose()

    def routes(request: object) -> Reply:
        path = request.path
        return Reply(body=drip([b"x" * 1000] * 50, 0.05)) if path == "/endless" else Reply(body=b"x")

    with Origin(routes) as origin:
        before = open_sockets()
        run(work())
        for _ in range(100):
            if origin.open_now == 0:
                break
            run(asyncio.sleep(0.02))
        assert origin.open_now == 0
        assert open_sockets() <= before


def test_a_body_can_be_cancelled() -> None:
    async def work() -> None:
        async with transport_of() as transport:
            task = asyncio.ensure_future(read(transport, origin.url("/")))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with Origin(lambda _: Reply(body=drip([b"x" * 100] * 10_000, 0.001))) as origin:
        for _ in range(5):
            run(work())


def test_throwing_a_body_away_can_be_cancelled() -> None:
    async def skim(transport: PinnedTransport) -> None:
        exchange = await transport.open("GET", Url(origin.url("/")), [])
        try:
            await exchange.skim(10**6)
        finally:
            await exchange.aclose()

    async def work() -> None:
        async with transport_of() as transport:
            task = asyncio.ensure_future(skim(transport))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with Origin(lambda _: Reply(body=drip([b"x" * 100] * 10_000, 0.001), length=10**6)) as origin:
        for _ in range(5):
            run(work())


def test_a_closed_transport_says_so() -> None:
    async def work() -> str:
        async with transport_of() as transport:
            pass
        try:
            await transport.open("GET", Url("http://127.0.0.1:1/"), [])
        except Fault as fault:
            return fault.detail
        return ""

    assert run(work()) == "the transport is closed"

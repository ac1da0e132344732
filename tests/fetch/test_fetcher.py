"""One URL to a response or a failure: redirects, limits, encodings, and what reaches the receiver."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace
from tests.fetch.asking import LOOPBACK, Table, ask, ask_one, keep, led_to, limits
from tests.servers import Origin, Reply, Request, drip

from holdfast.config import Network
from holdfast.model import Failed, Head, Refusal

STRICT = replace(LOOPBACK, allow_private=())


def to(location: str | bytes, status: int = 302) -> Reply:
    return Reply(status, headers=[("Location", location)])


# -- the plain case -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "requests"),
    [
        ("/here", 1),
        ("/gone", 1),
        ("/moved", 2),
        ("/busy", 3),
        ("http://nowhere.example/", 0),
        ("http://[/", 0),
    ],
)
def test_it_says_once_that_it_has_begun(path: str, requests: int) -> None:
    begun: list[int] = []
    routes = {"/here": Reply(), "/moved": to("/here"), "/busy": Reply(503)}
    with Origin(routes) as origin:
        url = path if "://" in path else origin.url(path)
        ask_one(url, retries=2, began=lambda: begun.append(len(origin.requests)))
        assert len(origin.requests) == requests
    assert begun == [0]


def test_a_response_reaches_the_receiver() -> None:
    heads: list[Head] = []

    async def receive(head: Head, body: AsyncIterator[bytes]) -> bytes | Refusal:
        heads.append(head)
        return await keep(head, body)

    with Origin(
        {"/a.png?x=1": Reply(headers={"Content-Type": "image/png", "X-B": "2"}, body=b"png")}
    ) as origin:
        url = origin.url("/a.png?x=1")
        answer = ask_one(url + "#part", receive=receive, accept="image/*")
        assert not isinstance(answer, Failed)
        assert (answer.value, answer.attempts, answer.head) == (b"png", 1, heads[0])
        assert (heads[0].url, heads[0].final_url, heads[0].status, heads[0].length) == (
            url + "#part",
            url,
            200,
            3,
        )
        assert heads[0].header("content-type") == "image/png"
        request = origin.requests[0]
        assert (request.method, request.target) == ("GET", "/a.png?x=1")
        assert request.header("accept") == "image/*"
        assert request.header("accept-encoding") == "identity"
        assert request.header("referer") is None


def test_head_has_no_body() -> None:
    with Origin({"/": Reply(body=b"x" * 100, headers={"Content-Encoding": "gzip"})}) as origin:
        answer = ask_one(origin.url("/"), method="HEAD", max_bytes=10)
        assert not isinstance(answer, Failed)
        assert (answer.value, answer.head.length, answer.head.status) == (b"", None, 200)
        assert origin.requests[0].method == "HEAD"


def test_what_the_receiver_leaves_is_left() -> None:
    async def nothing(head: Head, body: AsyncIterator[bytes]) -> str:
        return "seen"

    # What has come, the engine reads by itself.
    slowly = Reply(body=drip([b"x" * 10_000] * 5, 0.01), length=50_000)
    with Origin({"/": slowly}) as origin:
        asked = ask(*[origin.url("/")] * 5, receive=nothing, one_by_one=True)
        assert asked.reasons == [""] * 5
        assert origin.kept_after(), "a small rest is read, so that the connection can be kept"


def test_what_the_receiver_raises_of_its_own_goes_through() -> None:
    async def full(head: Head, body: AsyncIterator[bytes]) -> str:
        async for _ in body:
            raise OSError(28, "No space left on device")
        return ""

    with Origin({"/": Reply(body=b"x")}) as origin, pytest.raises(OSError, match="No space"):
        ask(origin.url("/"), receive=full)


def test_a_receiver_cannot_make_a_broken_body_whole() -> None:
    async def careless(head: Head, body: AsyncIterator[bytes]) -> bytes:
        got = b""
        try:
            async for chunk in body:
                got += chunk
        except Exception:
            return got
        return got

    with Origin({"/": Reply(body=b"abc", length=10)}) as origin:
        assert ask(origin.url("/"), receive=careless, network=limits(retries=0)).reasons == ["truncated"]


BAD = {
    "ftp://a.example/": "scheme",
    "file:///etc/passwd": "scheme",
    "data:image/png;base64,AAAA": "scheme",
    "relative/path.png": "scheme",
    "": "scheme",
    "http://": "bad-url",
    "http://a b/": "bad-url",
    "http://[::1/": "bad-url",
    "http://xn--/": "bad-url",
    "http://1.2.3.4.5/": "bad-url",
    "http://a.example:99999/": "bad-url",
}


@pytest.mark.parametrize(("url", "reason"), BAD.items())
def test_what_can_never_be_fetched(url: str, reason: str) -> None:
    answer = ask_one(url)
    assert isinstance(answer, Failed)
    assert (answer.reason, answer.attempts) == (reason, 0)


STATUSES = [(status, f"http-{status}") for status in (204, 206, 300, 304, 400, 401, 404, 410, 451, 999)]


@pytest.mark.parametrize(("status", "reason"), STATUSES)
def test_statuses(status: int, reason: str) -> None:
    with Origin({"/": Reply(status)}) as origin:
        assert ask(origin.url("/")).reasons == ["" if status == 204 else reason]


def test_an_unchanged_answer_counts_where_a_condition_was_sent() -> None:
    def serve(request: Request) -> Reply:
        return Reply(304) if request.header("if-none-match") == '"v1"' else Reply(body=b"new")

    with Origin({"/": serve, "/to": to("/")}) as origin:
        for path in ("/", "/to"):
            answer = ask_one(origin.url(path), headers=[("If-None-Match", '"v1"')])
            assert not isinstance(answer, Failed)
            assert (answer.head.status, answer.value) == (304, b"")
        assert ask(origin.url("/"), headers=[("If-None-Match", '"v2"')]).bodies == [b"new"]


# -- redirects ------------------------------------------------------------------------------------------

REDIRECTS = {
    "/end": "/end",
    "end": "/end",
    "./end": "/end",
    "?q=1": "/start?q=1",
    " /end ": "/end",
    "/end#part": "/end",
    "/a b": "/a%20b",
    "/%7Eend": "/%7Eend",
    "/漢".encode(): "/%E6%BC%A2",
    "/\xfc".encode("latin-1"): "/%FC",
    b"/?q=\xc3\xbc": "/?q=%C3%BC",
    "\\end": "/end",
}


@pytest.mark.parametrize(("location", "target"), REDIRECTS.items())
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(location: str | bytes, target: str, status: int) -> None:
    def serve(request: Request) -> Reply:
        return to(location, status) if request.target == "/start" else Reply(body=request.target)

    with Origin(serve) as origin:
        answer = ask_one(origin.url("/start"))
        assert not isinstance(answer, Failed), answer
        assert answer.value == target.encode()
        assert answer.head.final_url == origin.url(target)
        assert answer.head.url == origin.url("/start")


NOWHERE = {
    "file:///etc/passwd": "scheme",
    "data:text/plain,x": "scheme",
    "javascript:alert(1)": "scheme",
    "ftp://a.example/": "scheme",
    "gopher://127.0.0.1:25/": "scheme",
    "http://": "bad-url",
    "http://a b/": "bad-url",
    "//": "bad-url",
    "http://[::1": "bad-url",
    "": "redirect-loop",
    "/start": "redirect-loop",
    "#part": "redirect-loop",
}


@pytest.mark.parametrize(("location", "reason"), NOWHERE.items())
def test_a_redirect_to_what_is_not_fetched(location: str, reason: str) -> None:
    with Origin({"/start": to(location)}) as origin:
        assert ask(origin.url("/start")).reasons == [reason]


INSIDE = [
    "http://169.254.169.254/latest/meta-data/",
    "http://127.1/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://①②⑦.0.0.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[fe80::1]/",
    "http://[::]/",
    "http://0/",
    "http://inner.example/",
    "//localhost/",
]


@pytest.mark.parametrize("location", INSIDE)
def test_a_redirect_inside_is_refused_on_every_hop(location: str) -> None:
    table = Table({"inner.example": ["10.0.0.1"], "localhost": ["127.0.0.1", "::1"]})
    with Origin({"/": to("/next"), "/next": to(location.encode())}) as origin:
        network = led_to(origin, "a.example", network=STRICT)
        answer = ask_one("http://a.example/", network=network, resolver=table)
        assert isinstance(answer, Failed)
        assert answer.reason == "blocked-address"
        assert len(origin.requests) <= 3


def test_redirects_end() -> None:
    def serve(request: Request) -> Reply:
        number = int(request.path[1:])
        return Reply(body=b"end") if number == 0 else to(f"/{number - 1}")

    with Origin(serve) as origin:
        assert ask(origin.url("/10")).bodies == [b"end"]
        assert ask(origin.url("/11")).reasons == ["redirect-loop"]
        assert ask(origin.url("/3"), network=limits(redirects=2)).reasons == ["redirect-loop"]
    with Origin({"/a": to("/b"), "/b": to("/a")}) as origin:
        assert ask(origin.url("/a")).reasons == ["redirect-loop"]
        assert origin.paths() == ["/a", "/b"]


def test_each_hop_waits_for_its_own_lane() -> None:
    table = Table(everything=["127.0.0.1"])

    def serve(request: Request) -> Reply:
        return to(origin.url("/end", "b.example")) if request.path == "/" else Reply(body=b"x")

    with Origin(serve) as origin:
        network = limits(host_interval=10.0)
        urls = [origin.url("/", "a.example"), origin.url("/", "c.example")]
        asked = ask(*urls, network=network, resolver=table)
        assert asked.reasons == ["", ""]
        assert asked.time.now >= 1010.0


def test_a_downgrade_is_followed_and_told() -> None:
    with (
        Origin({"/x": Reply(body=b"x")}) as plain,
        Origin({"/": to(f"http://b.example:{plain.port}/x")}, tls=True) as origin,
    ):
        network = led_to(origin, "a.example")
        asked = ask("https://a.example/", network=network, resolver=Table({"b.example": ["127.0.0.1"]}))
        assert asked.bodies == [b"x"]
        assert [event.host for event in asked.happened("downgrade")] == ["a.example"]


# -- credentials ----------------------------------------------------------------------------------------


def secrets_of(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers if name in ("authorization", "cookie", "x-key")}


def test_credentials_do_not_cross_hosts(tmp_path: Any) -> None:
    jar = tmp_path / "jar"
    jar.write_text("a.example\tFALSE\t/\tFALSE\t0\tn\tv\n", "utf-8")

    def serve(request: Request) -> Reply:
        here, _, port = request.host.partition(":")
        return {
            "a.example/": to("/same"),
            "a.example/same": to(f"http://b.example:{port}/other"),
            "b.example/other": to(f"http://a.example:{port}/back"),
        }.get(here + request.path, Reply(body=b"end"))

    with Origin(serve) as origin:
        network = replace(LOOPBACK, headers=(("X-Key", "k"),), cookie_jar=jar)
        url = f"http://user:secret@a.example:{origin.port}/"
        asked = ask(url, network=network, resolver=Table(everything=["127.0.0.1"]))
        assert asked.bodies == [b"end"]
        basic = "Basic dXNlcjpzZWNyZXQ="
        assert [secrets_of(request) for request in origin.requests] == [
            {"authorization": basic, "cookie": "n=v", "x-key": "k"},
            {"authorization": basic, "cookie": "n=v", "x-key": "k"},
            {},
            {"cookie": "n=v", "x-key": "k"},
        ]
        told = repr(asked.answers) + repr(asked.events)
        assert "secret" not in told
        assert "dXNlcjpzZWNyZXQ" not in told


def test_another_port_or_scheme_is_another_origin() -> None:
    with Origin({"/": Reply(body=b"x")}) as other, Origin({"/": to(other.url("/"))}) as origin:
        network = replace(LOOPBACK, headers=(("Authorization", "Bearer k"),))
        assert ask(origin.url("/"), network=network).bodies == [b"x"]
        assert secrets_of(origin.requests[0]) == {"authorization": "Bearer k"}
        assert secrets_of(other.requests[0]) == {}


def test_a_cookie_that_a_server_sets_is_not_kept() -> None:
    with Origin({"/": Reply(302, headers={"Location": "/x", "Set-Cookie": "a=1"}), "/x": Reply()}) as origin:
        ask(origin.url("/"))
        assert secrets_of(origin.requests[1]) == {}


def test_a_failure_never_shows_credentials() -> None:
    answer = ask_one("http://user:secret@127.0.0.1/", network=STRICT)
    assert isinstance(answer, Failed)
    assert answer.url == "http://127.0.0.1/"


# -- limits ---------------------------------------------------------------------------------------------

SIZES = [
    (Reply(body=b"x" * 1000), 1000, ""),
    (Reply(body=b"x" * 1001), 1000, "too-large"),
    (Reply(body=b"x" * 10, length=10**12), 1000, "too-large"),
    (Reply(body=[b"x" * 500] * 2), 1000, ""),
    (Reply(body=[b"x" * 500] * 3), 1000, "too-large"),
    (Reply(body=b"x" * 2000, until_eof=True), 1000, "too-large"),
    (Reply(body=b"x" * 20, headers={"Content-Length": "20"}), 1000, ""),
]


@pytest.mark.parametrize(("reply", "most", "reason"), SIZES)
def test_a_body_is_bounded(reply: Reply, most: int, reason: str) -> None:
    with Origin({"/": reply}) as origin:
        asked = ask(origin.url("/"), max_bytes=most)
        assert asked.reasons == [reason]
        assert len(origin.requests) == 1


def test_an_endless_body_is_cut_at_the_limit() -> None:
    class Endless:
        sent = 0

        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                Endless.sent += 65536
                yield b"x" * 65536

    with Origin({"/": Reply(body=Endless())}) as origin:
        assert ask(origin.url("/"), max_bytes=1_000_000).reasons == ["too-large"]
    assert Endless.sent < 60_000_000


def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    network = limits(slow_window=0.2, slow_bytes_per_second=1000)
    with Origin({"/": Reply(body=drip([b"x" * 10] * 200, 0.02))}) as origin:
        answer = real(origin.url("/"), network)
        assert isinstance(answer, Failed)
        assert (answer.reason, answer.attempts) == ("slow", 1)


def test_and_one_that_keeps_the_rate_is_not() -> None:
    network = limits(slow_window=0.2, slow_bytes_per_second=1000)
    with Origin({"/": Reply(body=drip([b"x" * 100] * 30, 0.02))}) as origin:
        assert not isinstance(real(origin.url("/"), network), Failed)


def test_the_deadline_holds_for_a_body_that_never_ends() -> None:
    with Origin({"/": Reply(body=drip([b"x" * 1000] * 1000, 0.02))}) as origin:
        answer = real(origin.url("/"), LOOPBACK, deadline=0.3)
        assert isinstance(answer, Failed)
        assert (answer.reason, answer.attempts) == ("timeout", 1)


def real(url: str, network: Network, **options: Any) -> Any:
    """Fetch with the real clock."""
    from tests.fetch.asking import run

    from holdfast.fetch.fetcher import Fetcher

    async def work() -> Any:
        async with Fetcher(network, resolver=Table()) as fetcher:
            return await fetcher.fetch(url, keep, max_bytes=10**6, **options)

    return run(work())


# -- encodings ------------------------------------------------------------------------------------------

BODY = b"\x89PNG" * 5000
GZIPPED = gzip.compress(BODY)
# Made with node's zlib: the two that Python has no encoder for.
BR = bytes.fromhex("8b058068656c6c6f2062726f746c6903")
BR_BOMB = bytes.fromhex("cbffff3ff82700e2b14020f7fe2fff2c31f04f00c46111808e2306")
"""10,000,000 zeros."""
ZSTD = bytes.fromhex("28b52ffd200a51000068656c6c6f207a737464")


def coded(name: str, body: Any) -> Reply:
    return Reply(headers={"Content-Encoding": name}, body=body)


ENCODINGS = {
    "gzip": (coded("gzip", GZIPPED), BODY),
    "x-gzip": (coded("x-gzip", GZIPPED), BODY),
    "GZIP, identity": (coded("GZIP, identity", GZIPPED), BODY),
    "gzip in chunks": (coded("gzip", [GZIPPED[:7], GZIPPED[7:]]), BODY),
    "deflate": (coded("deflate", zlib.compress(BODY)), BODY),
    "bare deflate": (coded("deflate", zlib.compress(BODY)[2:-4]), BODY),
    "br": (coded("br", BR), b"hello brotli"),
    "zstd": (coded("zstd", ZSTD), b"hello zstd"),
    "truncated br": (coded("br", BR[:-3]), "truncated"),
    "truncated zstd": (coded("zstd", ZSTD[:-3]), "truncated"),
    "a br bomb": (coded("br", BR_BOMB), "bomb"),
    "identity": (coded("identity", BODY), BODY),
    "empty": (coded("gzip", b""), b""),
    "truncated gzip": (coded("gzip", GZIPPED[:-9]), "truncated"),
    "gzip without its end": (coded("gzip", GZIPPED[:-1]), "truncated"),
    "gzip with a wrong sum": (coded("gzip", GZIPPED[:-8] + b"\0" * 8), "encoding"),
    "a lie": (coded("gzip", BODY), "encoding"),
    "another lie": (coded("deflate", BODY), "encoding"),
    "a lie in zstd": (coded("zstd", BODY), "encoding"),
    "stacked": (coded("gzip, gzip", gzip.compress(GZIPPED)), "encoding"),
    "unknown": (coded("rot13", BODY), "encoding"),
    "a bomb": (coded("gzip", gzip.compress(b"\0" * 200_000_000)), "bomb"),
    "a deflate bomb": (coded("deflate", zlib.compress(b"\0" * 20_000_000)), "bomb"),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_encodings(name: str) -> None:
    reply, expected = ENCODINGS[name]
    with Origin({"/": reply}) as origin:
        answer = ask_one(origin.url("/"), network=limits(retries=0))
        if isinstance(answer, Failed):
            assert answer.reason == expected
        else:
            assert answer.value == expected
            plain = name == "identity"
            assert answer.head.length == (len(BODY) if plain else None)


def test_what_the_engine_decodes_is_bounded_too() -> None:
    with Origin({"/": coded("br", BR_BOMB)}) as origin:
        assert ask(origin.url("/")).reasons == ["bomb"]
        assert len(origin.requests) == 2, "once as it came, once for the engine to decode"
        answer = ask_one(origin.url("/"), max_bytes=10_000_000)
        assert not isinstance(answer, Failed)
        assert answer.value == b"\0" * 10_000_000

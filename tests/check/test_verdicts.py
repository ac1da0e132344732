"""Server behaviours, and what a check says of each: through the command line, against servers on loopback.

Every row has a host of its own, and all of them are asked in one run. The rows that follow a refusal of a
vendor have twins that must not be taken for one.
"""

from __future__ import annotations

import asyncio
import datetime
import gzip
import re
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from tests.check.asking import in_turn, never, reported, serving, settings, told_of
from tests.check.certified import RSA_ONLY, Signer, context
from tests.servers import Authority, Loopback, Origin, Proxy, Reply, Route, drip, refusing

from holdfast.results import CheckedUrl

HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Row:
    """One behaviour. ``{host}`` in a redirect is the row's own host, ``{other}`` another one."""

    name: str
    routes: Mapping[str, Route] | Route
    """By path; a single one stands for ``/page``, which is asked for."""
    verdict: str
    reason: str = ""
    status: int | None = None
    final: str | None = None
    permanent: bool = False
    detail: str = ""
    """A regular expression."""
    path: str = "/page"


def page(text: str = "", title: str = "A page", status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = f"<!doctype html><html><head><title>{title}</title></head><body>{text}</body></html>"
    return Reply(status, {**HTML, **named}, body)


def to(where: str, status: int = 302, **headers: str) -> Reply:
    return Reply(
        status, {"Location": where, **{key.replace("_", "-"): each for key, each in headers.items()}}
    )


def ok(name: str, route: Mapping[str, Route] | Route, status: int = 200) -> Row:
    return Row(name, route, "ok", status=status)


def broken(name: str, route: Mapping[str, Route] | Route, reason: str, **more: object) -> Row:
    status = int(reason[5:]) if reason.startswith("http-") else None
    return Row(name, route, "broken", reason, **{"status": status, **more})  # type: ignore[arg-type]


def unverified(
    name: str, route: Mapping[str, Route] | Route, reason: str, status: int, **more: object
) -> Row:
    return Row(name, route, "unverified", reason, status, **more)  # type: ignore[arg-type]


def raw(text: str) -> Reply:
    return Reply(raw=text.replace("\n", "\r\n").encode("latin-1"))


async def endless(_: object) -> Reply:
    async def forever() -> Iterable[bytes]:  # type: ignore[misc]
        while True:
            yield b"x" * 65536
            await asyncio.sleep(0)

    return Reply(body=forever())


CF = {"Server": "cloudflare", "CF-RAY": "8a-FRA"}
JUST_A_MOMENT = "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
LONG = "/" + "x" * 3000

STATUSES = [
    *(ok(f"status {status}", Reply(status), status) for status in (200, 201, 202, 203, 204, 205, 226)),
    ok("206 that nobody asked for", Reply(206, body=b"part"), 206),
    ok("300 with a page of choices", page("<a href=x>x</a>", status=300), 300),
    *(
        broken(f"status {status}", Reply(status, body=b"gone"), f"http-{status}")
        for status in (
            304,
            400,
            404,
            409,
            410,
            411,
            414,
            415,
            421,
            422,
            431,
            500,
            501,
            502,
            503,
            504,
            520,
            521,
            530,
        )
    ),
    broken("301 without a Location", Reply(301), "http-301"),
    unverified("401", Reply(401, {"WWW-Authenticate": "Basic"}), "login", 401),
    unverified("402", Reply(402), "paywall", 402),
    unverified("a bare 403", Reply(403, body=b"Forbidden"), "forbidden", 403),
    unverified("405 to GET", Reply(405, {"Allow": "POST"}), "forbidden", 405),
    unverified("406 although all is accepted", Reply(406), "forbidden", 406),
    unverified("407 of a server", Reply(407), "forbidden", 407),
    unverified("418", Reply(418), "forbidden", 418),
    unverified("426", Reply(426, {"Upgrade": "h2"}), "forbidden", 426),
    unverified("429 for ever", Reply(429), "rate-limited", 429),
    unverified("451", Reply(451), "legal", 451),
    unverified("511", Reply(511), "login", 511),
    unverified("999", Reply(999), "forbidden", 999),
]

REDIRECTS = [
    *(
        Row(
            f"a {status}",
            {"/page": to("/new", status), "/new": page()},
            "redirected",
            status=200,
            final="http://{host}/new",
            permanent=status in (301, 308),
        )
        for status in (301, 302, 303, 307, 308)
    ),
    Row(
        "a chain for good",
        {"/page": to("/b", 301), "/b": to("/c", 308), "/c": page()},
        "redirected",
        status=200,
        final="http://{host}/c",
        permanent=True,
    ),
    Row(
        "a chain with one hop for now",
        {"/page": to("/b", 301), "/b": to("/c", 302), "/c": page()},
        "redirected",
        status=200,
        final="http://{host}/c",
    ),
    Row(
        "to another host",
        to("http://{other}/page", 301),
        "redirected",
        status=200,
        final="http://{other}/page",
        permanent=True,
    ),
    Row(
        "relative to the folder",
        {"/page": to("sub/x?y=1#z"), "/sub/x?y=1": page()},
        "redirected",
        status=200,
        final="http://{host}/sub/x?y=1",
    ),
    Row(
        "in raw UTF-8",
        {"/page": Reply(302, [("Location", "/caf\u00e9".encode())]), "/caf%C3%A9": page()},
        "redirected",
        status=200,
        final="http://{host}/caf%C3%A9",
    ),
    Row(
        "nine hops",
        {"/page": to("/1"), **{f"/{n}": to(f"/{n + 1}") for n in range(1, 9)}, "/9": page()},
        "redirected",
        status=200,
        final="http://{host}/9",
    ),
    Row(
        "with a body of its own",
        {"/page": Reply(302, {"Location": "/n"}, b"moved " * 500), "/n": page()},
        "redirected",
        status=200,
        final="http://{host}/n",
    ),
    broken("in a circle", {"/page": to("/b"), "/b": to("/page")}, "redirect-loop"),
    broken("to itself", to("/page"), "redirect-loop"),
    broken("without an end", {f"/{n}": to(f"/{n + 1}") for n in range(20)}, "redirect-loop", path="/0"),
    broken(
        "to what is gone",
        {"/page": to("/n", 301), "/n": Reply(404)},
        "http-404",
        final="http://{host}/n",
        detail="after a redirect",
    ),
    broken("to no URL", to("http://[::1/"), "bad-url"),
    Row("into an application", to("market://details?id=x"), "unverified", "scheme"),
    Row("to a forbidden address", to("http://10.0.0.1/"), "unverified", "blocked-address", detail="private"),
    Row(
        "a circle for whoever keeps no cookie",
        {
            "/page": lambda request: page() if request.header("cookie") == "seen=1" else to("/set", 302),
            "/set": to("/page", 302, Set_Cookie="seen=1; Path=/"),
        },
        "ok",
        status=200,
    ),
    unverified(
        "to a login",
        {"/page": to("/login?next=%2Fpage"), "/login?next=%2Fpage": page()},
        "login",
        200,
        final="http://{host}/login?next=%2Fpage",
    ),
    unverified(
        "to sign in",
        {"/page": to("/users/sign_in"), "/users/sign_in": page()},
        "login",
        200,
        final="http://{host}/users/sign_in",
    ),
    Row(
        "from a login to a login",
        {"/login": to("/en/login", 301), "/en/login": page()},
        "redirected",
        status=200,
        final="http://{host}/en/login",
        permanent=True,
        path="/login",
    ),
    Row(
        "to a page about logins",
        {"/page": to("/docs/login/overview", 301), "/docs/login/overview": page()},
        "redirected",
        status=200,
        final="http://{host}/docs/login/overview",
        permanent=True,
    ),
]

WALLS = [
    unverified(
        "Cloudflare's mark",
        page(JUST_A_MOMENT, status=403, cf_mitigated="challenge", **CF),
        "challenge",
        403,
        detail="Cloudflare",
    ),
    unverified("Cloudflare's old page", page(JUST_A_MOMENT, status=503, **CF), "challenge", 503),
    unverified(
        "Cloudflare, packed",
        Reply(403, {**HTML, **CF, "Content-Encoding": "gzip"}, gzip.compress(JUST_A_MOMENT.encode())),
        "challenge",
        403,
    ),
    unverified(
        "Cloudflare on a 404",
        page(JUST_A_MOMENT, status=404, cf_mitigated="challenge", **CF),
        "challenge",
        404,
    ),
    unverified(
        "Cloudflare's list", page("error code: 1020", status=403, **CF), "forbidden", 403, detail="Cloudflare"
    ),
    unverified("Cloudflare's limit", page("error code: 1015", status=429, **CF), "rate-limited", 429),
    unverified(
        "Akamai",
        page("<H1>Access Denied</H1> Reference&#32;&#35;18.1", status=403, Server="AkamaiGHost"),
        "challenge",
        403,
        detail="Akamai",
    ),
    unverified(
        "Imperva",
        page("<script src='/_Incapsula_Resource?x'></script>", status=403),
        "challenge",
        403,
        detail="Imperva",
    ),
    unverified(
        "Imperva with a 200",
        page("<iframe src='/_Incapsula_Resource?x'>", X_Iinfo="1-2-3"),
        "challenge",
        200,
        detail="Imperva",
    ),
    unverified(
        "DataDome",
        page("<script src=https://ct.captcha-delivery.com/c.js>", status=403, x_datadome="protected"),
        "challenge",
        403,
        detail="DataDome",
    ),
    unverified("HUMAN", page("<div id=px-captcha></div>", status=403), "challenge", 403, detail="HUMAN"),
    unverified(
        "AWS WAF challenge",
        Reply(202, {"x-amzn-waf-action": "challenge"}),
        "challenge",
        202,
        detail="AWS WAF",
    ),
    unverified("AWS WAF captcha", page(status=405, x_amzn_waf_action="captcha"), "challenge", 405),
    unverified(
        "Sucuri",
        page("Access Denied - Sucuri Website Firewall", status=403),
        "challenge",
        403,
        detail="Sucuri",
    ),
    unverified(
        "DDoS-Guard",
        page("DDoS-Guard", status=403, Server="ddos-guard"),
        "challenge",
        403,
        detail="DDoS-Guard",
    ),
    unverified(
        "Vercel's checkpoint",
        page(status=429, x_vercel_mitigated="challenge"),
        "challenge",
        429,
        detail="Vercel",
    ),
    unverified("Vercel's firewall", page(status=403, x_vercel_mitigated="deny"), "forbidden", 403),
    unverified(
        "Anubis",
        page(title="Making sure you&#39;re not a bot!", Set_Cookie="techaro.lol-anubis-auth=1"),
        "challenge",
        200,
        detail="Anubis",
    ),
    unverified("Kasada", Reply(429, {"x-kpsdk-ct": "x"}), "challenge", 429),
    unverified("Wordfence", page("Generated by Wordfence", status=503), "forbidden", 503),
    unverified("a captcha", page("<div class='g-recaptcha'></div>", status=403), "challenge", 403),
    unverified("a captcha by its title", page(title="安全验证", status=403), "challenge", 403),
    unverified(
        "a mail address that is hidden", Reply(404), "challenge", 404, path="/cdn-cgi/l/email-protection"
    ),
]

NO_WALLS = [
    ok("a page about captchas", page("<div class='g-recaptcha'></div>", title="What is a captcha?")),
    ok("a page behind Cloudflare", page("Just a moment...", title="Just a moment, please", **CF)),
    ok("a page behind Imperva", page("x", X_Iinfo="1-2-3", Set_Cookie="visid_incap_1=x")),
    ok("a page about Anubis", page("Making sure you're not a bot", Set_Cookie="a=anubis")),
    broken("Cloudflare, 404", page("Not found", status=404, **CF), "http-404"),
    broken("Cloudflare, 410", page("Gone", status=410, **CF), "http-410"),
    broken("Cloudflare, the origin is down", page("error code: 522", status=522, **CF), "http-522"),
    broken("Akamai, 404", page("Not found", status=404, Server="AkamaiGHost"), "http-404"),
    broken(
        "a 404 with a captcha in its form", page("<div class='g-recaptcha'></div>", status=404), "http-404"
    ),
    broken("a 500 that speaks of captchas", page("captcha service failed", status=500), "http-500"),
    broken("a 503 that asks for a moment", page("Just a moment", status=503), "http-503"),
]

PATIENCE = [
    ok("503, then well", in_turn(Reply(503), page())),
    ok("500 twice, then well", in_turn(Reply(500), Reply(500), page())),
    ok("429 with seconds, then well", in_turn(Reply(429, {"Retry-After": "0"}), page())),
    ok("429 with a second, then well", in_turn(Reply(429, {"Retry-After": "1"}), page())),
    ok(
        "503 with a date that is over",
        in_turn(Reply(503, {"Retry-After": "Mon, 23 Nov 2020 12:00:00 GMT"}), page()),
    ),
    ok("503 with nonsense", in_turn(Reply(503, {"Retry-After": "soon"}), page())),
    unverified("429 with a day", Reply(429, {"Retry-After": "86400"}), "rate-limited", 429),
    broken("503 with a day", Reply(503, {"Retry-After": "86400"}), "http-503"),
    ok("a 404 that is none a moment later", in_turn(Reply(404), page())),
    ok("a reset, then well", in_turn(Reply(0, reset=True), page())),
    ok("408, then well", in_turn(Reply(408), page())),
]

WIRE = [
    broken("a reset at once", Reply(0, reset=True), "reset"),
    broken("closed without a word", raw(""), "reset"),
    broken("closed within the head", raw("HTTP/1.1 200 OK\nContent-Ty"), "reset|protocol"),
    broken("no HTTP", raw("SSH-2.0-OpenSSH_9.2\n"), "protocol"),
    broken("two lengths", raw("HTTP/1.1 200 OK\nContent-Length: 1\nContent-Length: 2\n\nab"), "protocol"),
    broken("nothing for ever", never, "timeout"),
    ok("a reset within the body", Reply(200, HTML, b"x" * 100, length=5000, reset=True)),
    ok("a body that is cut", Reply(200, HTML, b"x" * 100, length=5000)),
    ok("chunks that are cut", Reply(200, HTML, [b"x"], cut=True)),
    ok("a body until the end", Reply(200, HTML, b"x", until_eof=True)),
    ok("a body without end", endless),
    ok("a body that drips", Reply(200, HTML, drip([b"x"] * 40, 0.2))),
    ok("a body that never comes", Reply(200, HTML, drip([b"", b"x"], 30.0), length=1_000_000)),
    ok("a large file", Reply(200, {"Content-Type": "video/mp4"}, b"x" * 3_000_000)),
    ok("a length of a terabyte", Reply(200, {}, b"x", length=10**12)),
    ok("HTTP/1.0", raw("HTTP/1.0 200 OK\nContent-Length: 2\n\nok")),
    ok(
        "an early hint first",
        raw("HTTP/1.1 103 Early Hints\nLink: <x>\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    ),
    ok("gzip although nobody asked", Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 999))),
    unverified("broken gzip", Reply(200, {"Content-Encoding": "gzip"}, b"no gzip at all"), "encoding", 200),
    ok("gzip that is cut", Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 999)[:-9])),
    ok("nothing, in gzip", Reply(200, {"Content-Encoding": "gzip"})),
    ok("an unknown compression", Reply(200, {"Content-Encoding": "x-rot13"}, b"uryyb")),
    ok("deflate, bare", Reply(200, {"Content-Encoding": "deflate"}, zlib.compress(b"x")[2:-4])),
    ok("more than a hundred headers", Reply(200, [(f"X-{n}", "v") for n in range(150)], b"x")),
    Row(
        "a redirect among more than a hundred headers",
        {
            "/page": Reply(301, [("Location", "/n"), *((f"X-{n}", "v") for n in range(150))]),
            "/n": page(),
        },
        "redirected",
        status=200,
        final="http://{host}/n",
        permanent=True,
    ),
    broken(
        "a 404 among more than a hundred headers",
        Reply(404, [(f"X-{n}", "v") for n in range(150)]),
        "http-404",
    ),
    broken("headers without end", Reply(200, [(f"X-{n}", "v" * 4000) for n in range(300)]), "protocol"),
    ok("a header in Latin-1", Reply(200, [("X-Name", "caf\u00e9".encode("latin-1"))], b"x")),
    ok("closes after each answer", Reply(200, HTML, b"x", close=True)),
    ok("no type", Reply(200, {}, b"x")),
    ok("refuses HEAD", lambda request: Reply(405 if request.method == "HEAD" else 200)),
    ok("hangs on HEAD", lambda request: Reply(404 if request.method == "HEAD" else 200)),
]

ROWS = [*STATUSES, *REDIRECTS, *WALLS, *NO_WALLS, *PATIENCE, *WIRE]


def host(number: int) -> str:
    return f"row{number}.lan"


def filled(text: str, number: int) -> str:
    return text.replace("{host}", host(number)).replace("{other}", "other.lan")


def routes(row: Row, number: int) -> dict[str, Route]:
    given = row.routes if isinstance(row.routes, Mapping) else {row.path: row.routes}

    def place(route: Route) -> Route:
        if isinstance(route, Reply) and isinstance(route.headers, Mapping) and "Location" in route.headers:
            headers = {name: filled(value, number) for name, value in route.headers.items()}
            return Reply(route.status, headers, route.body)
        return route

    return {path: place(route) for path, route in given.items()}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CheckedUrl]:
    """One run of the command line over all rows."""
    hosts = {host(number): routes(row, number) for number, row in enumerate(ROWS)}
    with serving({**hosts, "other.lan": {"/page": page()}}) as origin:
        return reported(
            tmp_path_factory.mktemp("rows"),
            [f"http://{host(number)}{row.path}" for number, row in enumerate(ROWS)],
            connect_to=tuple(origin.connect_to(name) for name in (*hosts, "other.lan")),
            timeout="0.7",
            check_deadline="3",
            retry_after_most="2",
        )


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[row.name for row in ROWS])
def test_behaviour(found: dict[str, CheckedUrl], number: int) -> None:
    row = ROWS[number]
    answer = found[f"http://{host(number)}{row.path}"]
    assert (answer.verdict, answer.status, answer.permanent) == (row.verdict, row.status, row.permanent), (
        answer
    )
    assert re.fullmatch(row.reason, answer.reason), answer
    if row.final is not None or row.verdict == "ok":
        assert answer.final_url == (filled(row.final, number) if row.final else None)
    assert re.search(row.detail, answer.detail)


def test_there_are_enough_rows_and_no_two_are_called_alike() -> None:
    assert len(ROWS) >= 80
    assert len({row.name for row in ROWS}) == len(ROWS)


# -- secure connections ----------------------------------------------------------------------------------


class Plain(Loopback):
    """What a web server without TLS says to a handshake."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await reader.read(5)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    def connect_to(self, host: str) -> str:
        return f"{host}::127.0.0.1:{self.port}"


PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


SECURE: Mapping[str, tuple[str, str, str]] = {
    "good.lan": ("ok", "", ""),
    "expired.lan": ("broken", "tls", "expired"),
    "wrong.lan": ("broken", "tls", "name"),
    "stranger.lan": ("broken", "tls", "issuer"),
    "itself.lan": ("broken", "tls", "signed by itself"),
    "plain.lan": ("broken", "tls", ""),
    "closed.lan": ("broken", "refused", ""),
    "whole.lan": ("ok", "", ""),
    # A browser has the intermediate certificate, or fetches it from where the server's own says.
    "forgetful.lan": ("unverified", "tls", "does not send"),
    "forgetful-stranger.lan": ("broken", "tls", "issuer"),
    # Key exchange with RSA alone: old, and open in every browser.
    "rsa.lan": ("ok", "", ""),
    "rsa-stranger.lan": ("broken", "tls|reset", ""),
}
"""By host: verdict, reason and detail (regular expressions)."""
ISSUERS = "http://issuers.lan/intermediate.der"


def test_secure_connections() -> None:
    """A certificate that no reader's browser would take is a broken link, and the detail says why."""
    with ExitStack() as stack:
        authority, stranger = Authority(), Authority()
        stack.callback(authority.close)
        stack.callback(stranger.close)
        root = Signer.root("Root")
        between, unknown = root.below("Intermediate"), Signer.root("Unknown").below("Unknown Intermediate")

        def origin(**how: object) -> Origin:
            return stack.enter_context(Origin({"/": page()}, tls=True, **how))  # type: ignore[arg-type]

        ways = {
            "good.lan": origin(authority=authority),
            "expired.lan": origin(authority=authority, names=["expired.lan"], not_after=PAST),
            "wrong.lan": origin(authority=authority, names=["another.lan"]),
            "stranger.lan": origin(authority=stranger),
            "itself.lan": origin(context=context("itself.lan", None, issuers=ISSUERS)),
            "plain.lan": stack.enter_context(Plain()),
            "whole.lan": origin(context=context("whole.lan", between, between)),
            "forgetful.lan": origin(context=context("forgetful.lan", between, issuers=ISSUERS)),
            "forgetful-stranger.lan": origin(context=context("forgetful-stranger.lan", unknown)),
            "rsa.lan": origin(context=context("rsa.lan", between, between, ciphers=RSA_ONLY)),
            "rsa-stranger.lan": origin(context=context("rsa-stranger.lan", unknown, ciphers=RSA_ONLY)),
        }
        closed = stack.enter_context(refusing())
        trusted = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".pem"))
        trusted.write(authority.pem.read_bytes() + root.pem)
        trusted.flush()
        connect = [served.connect_to(name) for name, served in ways.items()]
        made = settings(connect_to=(*connect, f"closed.lan::127.0.0.1:{closed}"), ca_file=trusted.name)
        told = told_of([f"https://{name}/" for name in SECURE], made)
    for name, (verdict, reason, detail) in SECURE.items():
        answer = told[f"https://{name}/"]
        assert answer.verdict == verdict, (name, answer)
        assert re.fullmatch(reason, answer.reason), (name, answer)
        assert detail in answer.detail.lower(), (name, answer)


# -- through a proxy --------------------------------------------------------------------------------------

PROXIES: list[tuple[bytes, tuple[str, str], tuple[str, str]]] = [
    # What the proxy says to everything; the verdicts on an http and an https URL.
    (b"HTTP/1.1 403 Forbidden", ("unverified", "forbidden"), ("unverified", "unreachable")),
    (b"HTTP/1.1 407 Log in", ("unverified", "forbidden"), ("unverified", "unreachable")),
    # Of http, a proxy's 502 looks as the server's own does, and says the same of the link.
    (b"HTTP/1.1 502 Bad Gateway", ("broken", "http-502"), ("unverified", "unreachable")),
    (b"HTTP/1.1 503 Unavailable", ("broken", "http-503"), ("unverified", "unreachable")),
    (b"HTTP/1.1 504 Timeout", ("broken", "http-504"), ("unverified", "unreachable")),
    (b"SSH-2.0-OpenSSH_9.2", ("unverified", "protocol"), ("unverified", "unreachable")),
    (b"", ("unverified", "reset"), ("unverified", "unreachable")),
]


class Curt(Loopback):
    """A proxy that says the same to everything."""

    def __init__(self, says: bytes) -> None:
        super().__init__()
        self._says = says

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await self.read_request(reader, writer, number)
        writer.write(self._says and self._says + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()


@pytest.mark.parametrize(("says", "http", "https"), PROXIES)
def test_a_proxy_that_refuses(says: bytes, http: tuple[str, str], https: tuple[str, str]) -> None:
    """What a proxy does not let through says nothing about a link."""
    with Curt(says) as proxy:
        told = told_of(
            ["http://a.lan/", "https://b.lan/"], settings(proxy=f"http://127.0.0.1:{proxy.port}", retries="0")
        )
    found = [(told[url].verdict.value, told[url].reason) for url in ("http://a.lan/", "https://b.lan/")]
    assert found == [http, https]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_that_is_down(scheme: str) -> None:
    """A proxy that nobody answers at makes no link broken."""
    with refusing() as port:
        told = told_of(
            ["http://a.lan/", "https://b.lan/"],
            settings(proxy=f"{scheme}://127.0.0.1:{port}", retries="0"),
        )
    for answer in told.answers.values():
        assert answer.verdict == "unverified"
        assert answer.detail.startswith("through the proxy: ")


def test_a_proxy_that_reads_secure_connections() -> None:
    """That nobody known has issued a certificate is its doing; that one has expired is not."""
    with ExitStack() as stack:
        authority = Authority()
        stack.callback(authority.close)
        good = stack.enter_context(Origin({"/": page()}, tls=True, authority=authority))
        old = stack.enter_context(
            Origin({"/": page()}, tls=True, authority=authority, names=["old.lan"], not_after=PAST)
        )
        leads = {"good.lan:443": ("127.0.0.1", good.port), "old.lan:443": ("127.0.0.1", old.port)}
        proxy = stack.enter_context(Proxy(leads))
        urls = ["https://good.lan/", "https://old.lan/"]
        blind = told_of(urls[:1], settings(proxy=proxy.url, retries="0"))
        seeing = told_of(urls, settings(proxy=proxy.url, retries="0", ca_file=str(authority.pem)))
    assert (blind[urls[0]].verdict, blind[urls[0]].reason) == ("unverified", "tls")
    assert [seeing[url].verdict.value for url in urls] == ["ok", "broken"]


# -- what the operator takes for good ---------------------------------------------------------------------


def test_accepted_statuses() -> None:
    """``--accept`` for all hosts; a host's own are taken besides; what is not listed is no longer good."""
    with serving(
        {
            name: {"/": Reply(status)}
            for name, status in [("a.lan", 403), ("b.lan", 404), ("c.lan", 200), ("d.lan", 404)]
        }
    ) as origin:
        made = settings(connect_to=(origin.connect_to(),), accept="403", hosts={"b.lan": {"accept": "404"}})
        told = told_of([f"http://{name}.lan/" for name in "abcd"], made)
    assert [told[f"http://{name}.lan/"].verdict.value for name in "abcd"] == ["ok", "ok", "broken", "broken"]
    assert told["http://c.lan/"].reason == "http-200"


# -- soft 404s --------------------------------------------------------------------------------------------

WORDS = "This is the whole of what there is to read on this page, in words enough to tell it from any other."

SOFT: list[tuple[str, dict[str, Route], str, str]] = [
    (title, {"/page": page(WORDS, title=title)}, "broken", "soft-404")
    for title in (
        "404 Not Found",
        "Page not found | Example",
        "Example - 404",
        "Seite nicht gefunden",
        "Page introuvable",
        "页面不存在",
        "抱歉，您访问的页面不存在",
        "ページが見つかりません",
        "Oops! That page can’t be found.",
        "Sorry, the page you are looking for could not be found",
        "Страница не найдена",
    )
] + [
    (title, {"/page": page(WORDS, title=title)}, "ok", "")
    for title in (
        "How to write a 404 page",
        "The lost page was found",
        "Page",
        "404 Media",
        "HTTP 404",
        "What “not found” means",
        "关于页面",
        "Error handling",
    )
    if title != "HTTP 404"
]


def test_soft_404_by_its_words() -> None:
    """The title or the first heading says it; a page about such pages is none."""
    hosts = {host(number): routes for number, (_, routes, _, _) in enumerate(SOFT)}
    with serving(hosts) as origin:
        made = settings(connect_to=(origin.connect_to(),), soft_404=True)
        told = told_of([f"http://{name}/page" for name in hosts], made)
    for number, (title, _, verdict, reason) in enumerate(SOFT):
        answer = told[f"http://{host(number)}/page"]
        assert (answer.verdict, answer.reason) == (verdict, reason), title


def test_soft_404_by_what_a_stranger_gets() -> None:
    """A host that answers everything with 200: its address that cannot exist is asked for once."""
    everything = page(WORDS + " We have nothing here.", title="Example")

    def always(request: object) -> Reply:
        return Reply(200, HTML, f"<title>Example</title>{WORDS} {request.target}")  # type: ignore[attr-defined]

    with Origin(
        lambda request: (
            {"same.lan": everything, "turns.lan": to("/home", 302)}.get(request.host, always(request))
            if request.path not in ("/real", "/home", "/")
            else page(request.path + WORDS)
        )
    ) as origin:
        made = settings(connect_to=(origin.connect_to(),), soft_404=True)
        urls = [
            f"http://{name}.lan/{path}"
            for name in ("same", "turns")
            for path in ("gone", "gone2", "real", "")
        ]
        told = told_of(urls, made)
        strangers = [path for path in origin.paths() if re.fullmatch("/[0-9a-f]{24}", path)]
    assert len(strangers) == 2
    found = {url[7:]: (told[url].verdict.value, told[url].reason) for url in urls}
    for name in ("same.lan", "turns.lan"):
        assert found[f"{name}/gone"] == found[f"{name}/gone2"] == ("broken", "soft-404")
        assert found[f"{name}/real"] == found[f"{name}/"] == ("ok", "")

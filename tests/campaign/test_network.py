"""Rows 1 to 13 and 22 to 32: servers that are slow, broken, lying or out to exhaust whoever asks.

A row is one post whose URLs are as many ways to go wrong, over HTTP and over TLS, beside two good pictures.
What must come of each way stands beside it: the reason of its failure, or nothing where it is archived.
"""

# ruff: noqa: E501 - a way to go wrong is one line of a table

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import ssl
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from msgspec.structs import replace
from tests import pictures
from tests.campaign.dns import Asking, NameServer
from tests.campaign.origin import (
    CHUNKED,
    LAST_CHUNK,
    Answer,
    Says,
    Web,
    bytewise,
    chunk,
    endless,
    head,
    whole,
    zstd_bomb,
)
from tests.campaign.rows import ids
from tests.campaign.running import (
    GOOD,
    GOOD_PATH,
    SECONDS,
    Measured,
    Site,
    place,
    post,
    problem,
)
from tests.fetch.asking import LOOPBACK, keep, run
from tests.servers import Authority, Loopback, Origin, Reply, Request

from holdfast.fetch.fetcher import Event, Fetched, Fetcher
from holdfast.model import Failed

pytestmark = pytest.mark.slow

PICTURE = pictures.png(seed=11)
"""What the hostile URLs would bring if they were not hostile."""
QUICK = (
    *("--timeout", "1.5", "--retries", "1", "--max-bytes", "1M"),
    *("--set", "connect-timeout=1.5", "--set", "backoff-first=0"),
)
"""Limits so low that a row is over soon."""


@dataclass(frozen=True)
class Row:
    """One row of the table, and what its post is made of."""

    number: int
    ways: Mapping[str, tuple[Answer, str]]
    """Path -> what is answered there, and the reason of the failure; "" where it is archived."""
    options: tuple[str, ...] = ()
    seconds: float = SECONDS
    also: Callable[[Web, Site, Any], None] | None = None
    """What must be true besides."""
    others: Mapping[str, Answer] = field(default_factory=dict)
    """What is answered at paths that no post names."""
    only: tuple[str, ...] = ("http", "https")


def coded(coding: str, data: bytes) -> Says:
    """A body that says how it is coded, with its right length."""
    return Says([whole(data, f"Content-Encoding: {coding}")])


def fresh() -> Says:
    return Says([whole(PICTURE)])


# -- 1 to 6: bodies and heads that come slowly, or not to their end --------------------------------------

CUT = PICTURE[: len(PICTURE) // 2]


def early_hints(request: Request) -> Iterator[bytes]:
    """Interim answers without end."""
    while True:
        yield head("Link: </style.css>", status="103 Early Hints")


def forged_after_picture(request: Request) -> Iterator[bytes]:
    """A whole answer, and behind it a second one that nobody asked for."""
    yield whole(PICTURE) + whole(pictures.png(seed=99))


SLOWLY = {
    "headers-drip": (Says(lambda _: bytewise(whole(PICTURE)), every=0.1), "timeout"),
    "headers-never": (Says([], end="stay"), "timeout"),
    "headers-stop": (Says([b"HTTP/1.1 200 OK\r\nConte"], end="stay"), "timeout"),
    "hints-for-ever": (Says(early_hints, every=0.05), "timeout"),
    "headers-a-little-late": (Reply(body=PICTURE, delay=0.3), ""),
}
BODIES_SLOWLY = {
    "body-drips": (Says(lambda _: itertools.chain([head("Content-Length: 9999")], bytewise(PICTURE)), every=0.1), "slow"),
    "body-drips-in-chunks": (Says(endless(CHUNKED, chunk(b"x")), every=0.1), "slow"),
    "body-never": (Says([head("Content-Length: 999")], end="stay"), "timeout"),
    "body-stops": (Says([head("Content-Length: 9999"), CUT], end="stay"), "timeout"),
    "body-just-fast-enough-for-ever": (Says(endless(CHUNKED, chunk(b"\x89PNG\r\n\x1a\n" * 20)), every=0.05), "timeout"),
    "body-a-little-slow": (Says([head(f"Content-Length: {len(PICTURE)}"), CUT, PICTURE[len(CUT) :]], every=0.3), ""),
}  # fmt: skip

# -- 7 to 11: what is packed -----------------------------------------------------------------------------

PNG_HEAD = PICTURE[:64]
"""So that nobody takes it for something else before it has grown."""
BROTLI_BOMB = bytes.fromhex(
    "cfffff7f0004ea64977f138a966d28666a130f0672eafdffefa4c90558571cfcffff074002200e0b40f7fe9fffffff004800c461"
    "01e8defff3ffff1f000980382c00ddfb7ffeffff032001108705a07bffcfffff7f002400e2b00074effff9ffff0f8004401c1680"
    "eefd3fffffff01900088c302d0bdffe7ffff3f001200715800baf7fffcffff074002200e0b40f7fe9fffffff004800c46101e8de"
    "ffe783f03a000980382c00e5dc75"
)
"""The first bytes of a PNG and 200,000,000 zeros, as node's zlib packs them: Python has no encoder for it."""


def zstd_stored(data: bytes) -> bytes:
    """A frame that holds ``data`` as it is."""
    return zstd_bomb(0, data)


# -- 12 and 13: redirects --------------------------------------------------------------------------------


def to(place: str) -> Reply:
    return Reply(302, {"Location": place})


def hop(request: Request) -> Reply:
    """``?9`` leads to ``?8``, and so on to the picture."""
    left = int(request.query)
    return to(f"/hop?{left - 1}") if left else Reply(body=PICTURE)


def check_hops(web: Web) -> None:
    """Ten redirects are followed and no more, and nobody is asked twice for a URL of a circle."""
    assert len(web.asked("/further")) == 10 * 2
    assert len(web.asked("/circle-1")) == len(web.asked("/circle-2")) == 2


DATA = "data:image/png;base64," + base64.b64encode(PICTURE).decode()

# -- 22 to 32 --------------------------------------------------------------------------------------------


Serve = Callable[[Request], Reply]


def in_turn(*replies: Reply | Serve) -> Serve:
    """One after the other, and the last one from then on; each scheme has its own turn."""
    turns: dict[str | None, Iterator[Reply | Serve]] = {}

    def serve(request: Request) -> Reply:
        turn = turns.setdefault(request.server_name, itertools.chain(replies, itertools.repeat(replies[-1])))
        reply = next(turn)
        return reply(request) if callable(reply) else reply

    return serve


def patience(value: str | bytes | Callable[[], str], status: int = 429) -> Serve:
    """An answer that asks to come back later."""
    return lambda _: Reply(status, [("Retry-After", value() if callable(value) else value)])


def soon() -> str:
    return formatdate(time.time() + 1, usegmt=True)


def check_patience(web: Web, report: Any) -> None:
    """What would take too long is not waited for, and the reader is told how long that is."""
    (long,) = [each for each in report["failed"] if each["url"].startswith("http://three")]
    assert "180 s" in long["detail"]
    assert (long["attempts"], len(web.asked("/three-minutes"))) == (1, 2)
    first, second = (each.at for each in web.asked("/one-second") if each.server_name is None)
    assert second - first >= 0.9


def check_records_are_short(site: Site) -> None:
    """No server makes the manifest grow."""
    assert max(map(len, site.manifest.read_bytes().splitlines())) < 5000


def check_tries(web: Web, report: Any, tries: int) -> None:
    """What may pass is tried again, so many times in all."""
    for failed in report["failed"]:
        assert failed["attempts"] == tries, failed
    for path, number in Counter(request.path for request in web.requests()).items():
        assert number == (2 if path == GOOD_PATH else 2 * tries), path


# -- the rows --------------------------------------------------------------------------------------------

ROWS = [
    Row(1, SLOWLY),
    Row(2, BODIES_SLOWLY, ("--deadline", "3", "--set", "slow-window=1", "--set", "slow-bytes-per-second=1000")),
    Row(
        3,
        {
            "cut": (Says([head(f"Content-Length: {len(PICTURE)}"), CUT]), "truncated"),
            "cut-by-one": (Says([head(f"Content-Length: {len(PICTURE)}"), PICTURE[:-1]]), "truncated"),
            "whole-but-more-was-declared": (Says([head("Content-Length: 9999"), PICTURE]), "truncated"),
            "nothing": (Says([head("Content-Length: 9999")]), "truncated"),
            "forged-answer-behind": (Says(forged_after_picture), ""),
        },
    ),
    Row(
        4,
        {
            "within-a-chunk": (Says([CHUNKED, b"fff\r\n", CUT]), "truncated"),
            "between-chunks": (Says([CHUNKED, chunk(CUT)]), "truncated"),
            "before-the-last-chunk": (Says([CHUNKED, chunk(PICTURE)]), "truncated"),
            "within-the-last-chunk": (Says([CHUNKED, chunk(PICTURE), b"0\r"]), "truncated"),
            "size-that-is-none": (Says([CHUNKED, b"-1\r\n", PICTURE]), "protocol"),
            "size-beyond-measure": (Says([CHUNKED, b"f" * 40 + b"\r\n", PICTURE]), "protocol"),
            "whole": (Says([CHUNKED, chunk(CUT), chunk(PICTURE[len(CUT) :]), LAST_CHUNK]), ""),
        },
    ),
    Row(
        5,
        {
            "picture-without-end": (Says(endless(CHUNKED + chunk(PICTURE), chunk(b"\0" * 65536)), every=0.002), "too-large"),
            "text-without-end": (Says(endless(CHUNKED, chunk(b"text " * 9999)), every=0.002), "not-media"),
            "length-without-measure": (Says(endless(head("Content-Length: 1099511627776") + PICTURE, b"\0" * 65536), every=0.002), "too-large"),
            "no-length-without-end": (Says(endless(head() + PICTURE, b"\0" * 65536), every=0.002), "too-large"),
            "extension-without-end": (Says(endless(CHUNKED + b"5;", b"x" * 65536), every=0.002), "protocol"),
            "trailers-without-end": (Says(endless(CHUNKED + chunk(PICTURE) + b"0\r\n", b"X-Trailer: x\r\n" * 999), every=0.002), "protocol"),
            "size-without-end": (Says(endless(CHUNKED, b"0" * 999), every=0.01), "timeout"),
        },
    ),
    Row(
        6,
        {
            "cut": (Says([head(), CUT]), "truncated"),
            "cut-jpeg": (Says([head(), pictures.jpeg(640, 480)[:5000]]), "truncated"),
            "cut-gif": (Says([head(), pictures.gif(640, 480)[:-900]]), "truncated"),
            "whole": (Says([head(), PICTURE]), ""),
        },
    ),
    Row(
        7,
        {
            "zeros": (coded("gzip", gzip.compress(PNG_HEAD + b"\0" * 200_000_000, 1)), "bomb"),
            "zeros-in-chunks": (Says([head("Transfer-Encoding: chunked", "Content-Encoding: gzip"), chunk(gzip.compress(PNG_HEAD + b"\0" * 50_000_000)), LAST_CHUNK]), "bomb"),
            "zeros-in-members": (coded("gzip", gzip.compress(PNG_HEAD) + gzip.compress(b"\0" * 1_000_000) * 200), "bomb"),
            "deflate": (coded("deflate", zlib.compress(PNG_HEAD + b"\0" * 50_000_000, 9)), "bomb"),
            "members-of-nothing": (coded("gzip", gzip.compress(b"", mtime=0) * 40_000), "not-media"),
            "no-bomb": (coded("gzip", gzip.compress(PICTURE)), ""),
        },
    ),
    Row(
        8,
        {
            "brotli": (coded("br", BROTLI_BOMB), "bomb"),
            "zstd": (coded("zstd", zstd_bomb(200_000_000, PNG_HEAD)), "bomb"),
            "zstd-window-without-measure": (coded("zstd", zstd_bomb(2_000_000, PNG_HEAD, window=0xF8)), "encoding"),
            "zstd-cut": (coded("zstd", zstd_bomb(500_000, PNG_HEAD)[:-9]), "truncated"),
            "no-bomb": (coded("zstd", zstd_stored(PICTURE)), ""),
        },
    ),
    Row(
        9,
        {
            "gzip-twice": (coded("gzip, gzip", gzip.compress(gzip.compress(PICTURE))), "encoding"),
            "gzip-in-two-lines": (Says([whole(gzip.compress(gzip.compress(PICTURE)), "Content-Encoding: gzip", "Content-Encoding: gzip")]), "encoding"),
            "gzip-then-brotli": (coded("gzip, br", BROTLI_BOMB), "encoding"),
            "ninety-nine": (coded(", ".join(["gzip"] * 99), gzip.compress(PICTURE)), "encoding"),
            "one-and-identity": (coded("gzip, identity", gzip.compress(PICTURE)), ""),
        },
    ),
    Row(
        10,
        {
            "half": (coded("gzip", gzip.compress(PICTURE)[: len(PICTURE) // 2]), "truncated"),
            "without-its-sum": (coded("gzip", gzip.compress(PICTURE)[:-8]), "truncated"),
            "without-its-last-byte": (coded("gzip", gzip.compress(PICTURE)[:-1]), "truncated"),
            "deflate": (coded("deflate", zlib.compress(PICTURE)[:-5]), "truncated"),
            "head-only": (coded("gzip", gzip.compress(PICTURE)[:10]), "truncated"),
            "zstd": (coded("zstd", zstd_stored(PICTURE)[:-3]), "truncated"),
            "whole": (coded("gzip", gzip.compress(PICTURE)), ""),
        },
    ),
    Row(
        11,
        {
            "gzip": (coded("gzip", PICTURE), "encoding"),
            "deflate": (coded("deflate", PICTURE), "encoding"),
            "br": (coded("br", PICTURE), "encoding"),
            "zstd": (coded("zstd", PICTURE), "encoding"),
            "unknown": (coded("rot13", PICTURE), "encoding"),
            "wrong-sum": (coded("gzip", gzip.compress(PICTURE)[:-8] + b"\0" * 8), "encoding"),
            "packed-without-saying-so": (Says([whole(gzip.compress(PICTURE))]), "not-media"),
            "identity": (coded("identity", PICTURE), ""),
            "said-without-a-word": (coded("", PICTURE), ""),
        },
    ),
    Row(
        12,
        {
            "to-itself": (Reply(302, {"Location": "/to-itself"}), "redirect-loop"),
            "in-a-circle": (to("/circle-1"), "redirect-loop"),
            "between-hosts": (Reply(301, {"Location": "http://other.example/back"}), "redirect-loop"),
            "eleven": (to("/hop?11"), "redirect-loop"),
            "ten": (to("/hop?9"), ""),
            "always-further": (to("/further?"), "redirect-loop"),
            "without-a-place": (Reply(302), "http-302"),
            "to-nothing": (Reply(302, {"Location": ""}), "redirect-loop"),
        },
        others={
            "/circle-1": to("/circle-2"),
            "/circle-2": to("/circle-1"),
            "/back": Reply(307, {"Location": "http://between-hosts.http.example/between-hosts"}),
            "/hop": hop,
            "/further": lambda request: Reply(302, {"Location": f"/further?{request.query}x"}),
        },
        also=lambda web, site, report: check_hops(web),
    ),
    Row(
        13,
        {
            "file": (to("file:///etc/hostname"), "scheme"),
            "file-with-host": (to("file://localhost/etc/hostname"), "scheme"),
            "data": (to(DATA), "scheme"),
            "ftp": (to("ftp://ftp.example/a.png"), "scheme"),
            "javascript": (to("javascript:alert(1)"), "scheme"),
            "gopher": (to("gopher://127.0.0.1:11211/_stats"), "scheme"),
            "blob": (to("blob:https://a.example/1-2-3"), "scheme"),
            "mailto": (to("mailto:a@b.example"), "scheme"),
            "spelt-oddly": (to(" JaVaScRiPt:alert(1)"), "scheme"),
            "no-host": (to("http://"), "bad-url"),
            "no-port": (to("http://a.example:99999/"), "bad-url"),
        },
    ),
    Row(
        23,
        {
            "no-colon": (Says([whole(PICTURE, "Bad Header Line")]), "protocol"),
            "no-name": (Says([whole(PICTURE, ": x")]), "protocol"),
            "space-before-the-colon": (Says([whole(PICTURE, "X-A : x")]), "protocol"),
            "folded": (Says([whole(PICTURE, "X-A: a", " b")]), "protocol"),
            "nul": (Says([whole(PICTURE, "X-A: a\0b")]), "protocol"),
            "lone-cr": (Says([whole(PICTURE, "X-A: a\rX-B: b")]), "protocol"),
            "length-with-a-sign": (Says([head("Content-Length: +5") + PICTURE]), "protocol"),
            "length-below-nothing": (Says([head("Content-Length: -1") + PICTURE]), "protocol"),
            "length-in-hex": (Says([head("Content-Length: 0x99") + PICTURE]), "protocol"),
            "length-beyond-measure": (Says([head("Content-Length: " + "9" * 40) + PICTURE]), "protocol"),
            "length-in-words": (Says([head("Content-Length: many") + PICTURE]), "protocol"),
            "lone-lf": (Says([whole(PICTURE).replace(b"\r\n", b"\n", 2)]), ""),
            "raw-bytes": (Says([whole(PICTURE, b"X-A: \xff\xfe\x80\xe4", b"ETag: \"\xe4\xf6\"")]), ""),
            "raw-bytes-in-a-redirect": (Says([head(b"Location: /r\xc3\xa4w", "Content-Length: 0", status="302 Found")]), ""),
            "etag-without-measure": (Says([whole(PICTURE, "ETag: " + "e" * 90_000)]), ""),
        },
        others={"/r%C3%A4w": fresh()},
        also=lambda web, site, report: check_records_are_short(site),
    ),
    Row(
        24,
        {
            "fifty-thousand": (Says([whole(PICTURE, *(f"X-{number}: x" for number in range(50_000)))]), "protocol"),
            "fifty-thousand-alike": (Says([whole(PICTURE, *["Set-Cookie: a=b"] * 50_000)]), "protocol"),
            "two-megabytes": (Says([whole(PICTURE, "X-A: " + "x" * 2_000_000)]), "protocol"),
            "for-ever": (Says(endless(b"HTTP/1.1 200 OK\r\n", b"X-A: x\r\n" * 999), every=0.002), "protocol"),
            "one-for-ever": (Says(endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"x" * 9999), every=0.002), "protocol"),
            "hints-as-well": (Says([head(*["Link: </a>"] * 9000, status="103 Early Hints") + whole(PICTURE)]), ""),
            "three-hundred-kilobytes": (Says([whole(PICTURE, "X-A: " + "x" * 300_000)]), ""),
            "ninety": (Says([whole(PICTURE, *["Set-Cookie: " + "c" * 3000] * 90)]), ""),
        },
    ),
    Row(
        25,
        {
            "shorter-first": (Says([head("Content-Length: 5", f"Content-Length: {len(PICTURE)}") + PICTURE]), "protocol"),
            "longer-first": (Says([head(f"Content-Length: {len(PICTURE)}", "Content-Length: 5") + PICTURE]), "protocol"),
            "in-one-line": (Says([head(f"Content-Length: 5, {len(PICTURE)}") + PICTURE]), "protocol"),
            "chunked-as-well": (Says([head("Content-Length: 5", "Transfer-Encoding: chunked") + chunk(PICTURE) + LAST_CHUNK]), ""),
            "twice-the-same": (Says([whole(PICTURE, f"Content-Length: {len(PICTURE)}")]), ""),
        },
    ),
    Row(
        26,
        {
            "status-999": (Says([whole(PICTURE, status="999 Request denied")]), "http-999"),
            "status-600": (Says([whole(PICTURE, status="600 Beyond")]), "http-600"),
            "status-206": (Says([whole(PICTURE, "Content-Range: bytes 0-9/99", status="206 Partial Content")]), "http-206"),
            "status-204": (Says([head(status="204 No Content")]), "not-media"),
            "status-304-unasked": (Says([head(status="304 Not Modified")]), "http-304"),
            "status-300": (Says([whole(PICTURE, status="300 Multiple Choices")]), "http-300"),
            "status-000": (Says([whole(PICTURE, status="000 None")]), "protocol"),
            "status-99": (Says([whole(PICTURE, status="99 Few")]), "protocol"),
            "status-1000": (Says([whole(PICTURE, status="1000 Many")]), "protocol"),
            "status-in-words": (Says([whole(PICTURE, status="two hundred")]), "protocol"),
            "switching": (Says([head("Upgrade: websocket", "Connection: upgrade", status="101 Switching Protocols")]), "http-101"),
            "picture-alone": (Says([PICTURE]), "protocol"),
            "ssh": (Says([b"SSH-2.0-OpenSSH_9.6\r\n"]), "protocol"),
            "smtp": (Says([b"220 mail.example ESMTP\r\n"], end="stay"), "protocol"),
            "icy": (Says([whole(PICTURE).replace(b"HTTP/1.1", b"ICY")]), "protocol"),
            "http-2-in-the-clear": (Says([b"\0\0\x12\x04\0\0\0\0\0" + b"\0" * 18]), "protocol"),
            "zeros": (Says([b"\0" * 5000]), "protocol"),
            "nothing": (Says([]), "reset"),
            "interim-only": (Says([head(status="100 Continue")]), "reset"),
            "without-a-phrase": (Says([whole(PICTURE).replace(b" OK", b"")]), ""),
            "http-1.0": (Says([whole(PICTURE).replace(b"HTTP/1.1", b"HTTP/1.0")]), ""),
            "status-203": (Says([whole(PICTURE, status="203 Non-Authoritative Information")]), ""),
            "interim-first": (Says([head(status="100 Continue") + head(status="103 Early Hints") + whole(PICTURE)]), ""),
        },
    ),
    Row(
        27,
        {
            "huge": (patience("9" * 30), "http-429"),
            "three-minutes": (patience("180", 503), "http-503"),
            "year-9999": (patience("Fri, 31 Dec 9999 23:59:59 GMT"), "http-429"),
            "past": (in_turn(patience("Wed, 21 Oct 2015 07:28:00 GMT"), Reply(body=PICTURE)), ""),
            "junk": (in_turn(patience("soon"), Reply(body=PICTURE)), ""),
            "raw": (in_turn(patience(b"\xff\xfe"), Reply(body=PICTURE)), ""),
            "below-nothing": (in_turn(patience("-5"), Reply(body=PICTURE)), ""),
            "a-fraction": (in_turn(patience("0.5", 503), Reply(body=PICTURE)), ""),
            "nothing": (in_turn(patience("", 503), Reply(body=PICTURE)), ""),
            "one-second": (in_turn(patience("1"), Reply(body=PICTURE)), ""),
            "a-date": (in_turn(patience(soon), Reply(body=PICTURE)), ""),
            "again-and-again": (patience("1"), "http-429"),
        },
        also=lambda web, site, report: check_patience(web, report),
    ),
    Row(
        28,
        {
            "in-the-body": (Says([head("Content-Length: 9999"), CUT], end="reset"), "reset"),
            "in-a-chunk": (Says([CHUNKED, b"fff\r\n", CUT], end="reset"), "reset"),
            "in-the-head": (Says([b"HTTP/1.1 200 OK\r\nConte"], end="reset"), "reset"),
            "before-a-byte": (Says([], end="reset"), "reset"),
            "with-a-picture-whole-to-the-eye": (Says([head(), PICTURE], end="reset"), "reset"),
            "in-a-large-body": (Says([head("Content-Length: 999999"), PNG_HEAD + b"\0" * 700_000], end="reset"), "reset"),
            "once": (in_turn(Reply(body=PICTURE, length=9999, reset=True), Reply(body=PICTURE)), ""),
        },
        also=lambda web, site, report: check_tries(web, report, 2),
    ),
]  # fmt: skip


def urls_of(row: Row) -> dict[str, str]:
    """URL -> expected reason. Each at a host of its own: what one does must not count for another."""
    return {
        f"{scheme}://{path}.{scheme}.example/{path}": reason
        for path, (_, reason) in row.ways.items()
        for scheme in row.only
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ids(row.number))
def test_row(row: Row, tmp_path: Path) -> None:
    paths = {f"/{path}": answer for path, (answer, _) in row.ways.items()}
    good = [f"{scheme}://good.{scheme}.example{GOOD_PATH}" for scheme in row.only]
    expected = urls_of(row)
    urls = [*expected, *good]
    with Web({**paths, **row.others, GOOD_PATH: Reply(body=GOOD)}) as web:
        network = (*web.network, *QUICK, *row.options)
        site = Site(tmp_path / "site", web.plain, {"post.md": post(*urls)}, network=network)
        done = site.archive(seconds=row.seconds)
        check(site, done, {**expected, **dict.fromkeys(good, "")})
        for url in good:
            assert site.body(url) == GOOD
        if row.also is not None:
            row.also(web, site, done.json())


def check(site: Site, done: Measured, expected: Mapping[str, str]) -> None:
    """What the report says, and what the disk holds."""
    assert done.code == (2 if any(expected.values()) else 0), done
    report = done.json()
    assert {each["url"]: each["reason"] for each in report["failed"]} == {
        url: reason for url, reason in expected.items() if reason
    }
    site.check()
    text = site.text("post.md")
    for number, (url, reason) in enumerate(expected.items()):
        if reason:
            assert problem(report, url)["locations"] == [place(number)]
            assert f"]({url})" in text
        else:
            assert f"]({url})" not in text
            assert site.body(url) == (GOOD if url.endswith(GOOD_PATH) else PICTURE)
    assert report["stored"] == sum(not reason for reason in expected.values())


# -- 22: whom nobody can trust --------------------------------------------------------------------------------


def self_signed(host: str) -> ssl.SSLContext:
    """A certificate for the right name, which nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as pem:
        pem.write(certificate.public_bytes(Encoding.PEM))
        pem.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        pem.flush()
        context.load_cert_chain(pem.name)
    return context


@pytest.fixture
def untrusted(tmp_path: Path) -> Iterator[tuple[Web, dict[str, Loopback], dict[str, str]]]:
    """The good web, hosts nobody can trust, and what comes of each."""
    served = {"/p.png": Reply(body=PICTURE)}
    past, now = datetime.now(UTC) - timedelta(days=2), datetime.now(UTC)
    with ExitStack() as stack:
        web = stack.enter_context(Web({GOOD_PATH: Reply(body=GOOD), **served}))
        stranger = Authority()
        stack.callback(stranger.close)
        ours = web.authority
        servers: dict[str, Loopback] = {
            "expired": Origin(served, tls=True, authority=ours, names=["expired.example"], not_after=past),
            "not-yet": Origin(
                served,
                tls=True,
                authority=ours,
                names=["not-yet.example"],
                not_before=now + timedelta(days=2),
                not_after=now + timedelta(days=9),
            ),
            "wrong-host": Origin(served, tls=True, authority=ours, names=["another.example"]),
            "wildcard-too-deep": Origin(served, tls=True, authority=ours, names=["*.example"]),
            "unknown-authority": Origin(served, tls=True, authority=stranger),
            "self-signed": _Tls(self_signed("self-signed.example")),
            "no-tls": _Speaks(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
            "hangs-up": _Speaks(b""),
            "speaks-nonsense": _Speaks(b"\x15\x03\x01\xff\xff" + b"\0" * 99),
            "says-nothing": _Speaks(None),
        }
        for server in servers.values():
            stack.enter_context(server)
        reasons = dict.fromkeys(servers, "tls") | {"hangs-up": "reset", "says-nothing": "timeout"}
        yield web, servers, reasons


class _Tls(Origin):
    """An origin with a TLS context of its own."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__({"/p.png": Reply(body=PICTURE)})
        self._tls = context


class _Speaks(Loopback):
    """Says this to whoever connects, and hangs up; None: says nothing and waits."""

    def __init__(self, words: bytes | None) -> None:
        super().__init__()
        self._words = words

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await reader.read(1)
        if self._words is None:
            await asyncio.sleep(3600)
        writer.write(self._words or b"")
        await writer.drain()


@pytest.mark.parametrize("name", [ids(22)])
def test_tls(name: str, tmp_path: Path, untrusted: tuple[Web, dict[str, Loopback], dict[str, str]]) -> None:
    web, servers, reasons = untrusted
    hosts = {
        each: ("deep.wildcard" if each == "wildcard-too-deep" else each) + ".example" for each in servers
    }
    expected = {f"https://{hosts[each]}/p.png": reason for each, reason in reasons.items()}
    expected |= {"https://good.example" + GOOD_PATH: "", "https://trusted.example/p.png": ""}
    detours = [f"--connect-to={hosts[each]}:443:127.0.0.1:{server.port}" for each, server in servers.items()]
    site = Site(
        tmp_path / "site", web.plain, {"post.md": post(*expected)}, network=(*detours, *web.network, *QUICK)
    )
    done = site.archive()
    check(site, done, expected)
    for server in servers.values():
        assert server.requests == [], "not a byte of a request for one who cannot be trusted"
    # and the other way round: whoever insists gets them
    secure = [
        url
        for url, reason in expected.items()
        if reason == "tls" and "no-tls" not in url and "nonsense" not in url
    ]
    again = site.archive("--insecure", "--retry-failed")
    left = {each["url"] for each in again.json()["failed"]}
    assert not left & set(secure), again
    assert len(secure) >= 5
    site.check()


# -- 29 to 32 -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ids(29)])
def test_dead_resolver(name: str) -> None:
    """One time-out and not a thousand, though every name could still be asked for."""
    urls = [f"http://host-{number}.example/a.png" for number in range(1000)]
    network = replace(LOOPBACK, limits=replace(LOOPBACK.limits, connect_timeout=3.0, backoff_first=0.0))
    events: list[Event] = []

    async def work(origin: Origin, resolver: Asking) -> list[Fetched[bytes] | Failed]:
        good = replace(network, connect_to=(origin.connect_to("good.example"),))
        async with Fetcher(good, resolver=resolver, on_event=events.append) as fetcher:
            wanted = [*urls, f"http://good.example{GOOD_PATH}"]
            return list(await asyncio.gather(*(fetcher.fetch(url, keep, max_bytes=10**6) for url in wanted)))

    with NameServer(everything=lambda _: None) as server, Origin({GOOD_PATH: Reply(body=GOOD)}) as origin:
        started = time.monotonic()
        *dead, good = run(work(origin, Asking(server, wait=9)))
        taken = time.monotonic() - started
    assert isinstance(good, Fetched)
    assert good.value == GOOD
    assert {each.reason for each in dead if isinstance(each, Failed)} == {"dns"}
    assert len(dead) == 1000
    assert taken < 2.5 * network.limits.connect_timeout, f"{taken:.1f} s"
    assert [event.kind for event in events if event.kind == "resolver-dead"] == ["resolver-dead"]


@pytest.mark.parametrize("name", [ids(30)])
def test_head_lies(name: str, tmp_path: Path) -> None:
    """What is archived is asked for with GET alone: nobody who lies to HEAD is believed."""
    heads = {
        "404": Reply(404),
        "405": Reply(405),
        "500": Reply(500),
        "reset": Reply(0, reset=True),
        "empty": Reply(body=b""),
        "redirect": to("/elsewhere"),
    }
    heads["never"] = Reply(delay=60)

    def lying(head_reply: Reply) -> Serve:
        return lambda request: head_reply if request.method == "HEAD" else Reply(body=PICTURE)

    with Web(
        {GOOD_PATH: Reply(body=GOOD)} | {f"/{each}": lying(reply) for each, reply in heads.items()}
    ) as web:
        urls = [f"http://{each}.example/{each}" for each in heads]
        expected = dict.fromkeys([*urls, f"http://good.example{GOOD_PATH}"], "")
        site = Site(
            tmp_path / "site", web.plain, {"post.md": post(*expected)}, network=(*web.network, *QUICK)
        )
        done = site.archive()
        check(site, done, expected)
        assert {request.method for request in web.requests()} == {"GET"}


@pytest.mark.parametrize("name", [ids(31)])
def test_refresh(name: str, tmp_path: Path) -> None:
    """A refresh asks for what changed, believes a 304 only where it asked for one, and loses nothing."""
    changed = pictures.gif(seed=77)
    day = "Wed, 21 Oct 2015 07:28:00 GMT"
    calls: Counter[str] = Counter()

    def tagged(tag: str, later: Reply) -> Serve:
        def serve(request: Request) -> Reply:
            calls[request.path] += 1
            return (
                later
                if request.header("if-none-match") == tag
                else Reply(body=PICTURE, headers={"ETag": tag})
            )

        return serve

    def serve_dated(request: Request) -> Reply:
        since = request.header("if-modified-since")
        return Reply(304) if since == day else Reply(body=PICTURE, headers={"Last-Modified": day})

    paths: dict[str, Answer] = {
        "/same": tagged('"1"', Reply(304)),
        "/weak": tagged('W/"1"', Reply(304, headers={"ETag": 'W/"2"'})),
        "/changed": tagged('"1"', Reply(body=changed, headers={"ETag": '"2"'})),
        "/broken": tagged('"1"', Reply(body=changed[:50], length=len(changed))),
        "/page": tagged('"1"', Reply(body=pictures.html(), headers={"Content-Type": "image/png"})),
        "/gone": tagged('"1"', Reply(410)),
        "/lost": tagged('"1"', Reply(304)),
        "/dated": serve_dated,
        "/unasked": in_turn(Reply(body=PICTURE), Reply(304)),
    }
    with Web({**paths, GOOD_PATH: Reply(body=GOOD)}) as web:
        urls = {path: f"http://{path[1:]}.example{path}" for path in [*paths, GOOD_PATH]}
        site = Site(
            tmp_path / "site", web.plain, {"post.md": post(*urls.values())}, network=(*web.network, *QUICK)
        )
        check(site, site.archive(), dict.fromkeys(urls.values(), ""))
        time.sleep(1)  # the manifest counts in seconds, and the later of two records is what is held
        done = site.archive("--refresh")
        assert done.code == 0, done
        report = done.json()
        assert (report["stored"], report["held"], report["failed"]) == (1, len(urls) - 1, []), done
        site.check()
        for path, url in urls.items():
            assert site.body(url) == (
                changed if path == "/changed" else GOOD if path == GOOD_PATH else PICTURE
            )
        # a file that is lost is asked for without a condition: "not modified" brings none back
        for file in (site.root / site.assets).rglob("*.png"):
            file.unlink()
        again = site.archive("--refresh")
        site.check()
        assert site.body(urls["/lost"]) == site.body(urls["/same"]) == PICTURE, again


@pytest.mark.parametrize("name", [ids(32)])
def test_different_bytes(name: str, tmp_path: Path) -> None:
    """What is stored is one answer whole, never a mixture; what changes with every request is asked for once."""
    seeds = itertools.count(1)
    sent: dict[str, list[bytes]] = {}

    def serve(request: Request) -> Reply:
        body = pictures.png(64, 64, next(seeds))
        sent.setdefault(request.path, []).append(body)
        # every first answer breaks off in the middle
        whole_one = len(sent[request.path]) > 1 or request.path == "/always"
        return Reply(body=body if whole_one else body[: len(body) // 2], length=len(body))

    with Web({"/always": serve, "/after-a-break": serve, GOOD_PATH: Reply(body=GOOD)}) as web:
        urls = [
            "http://a.example/always",
            "http://a.example/after-a-break",
            f"http://good.example{GOOD_PATH}",
        ]
        files = {"post.md": post(*urls), "other/post.md": post(*urls)}
        site = Site(tmp_path / "site", web.plain, files, network=(*web.network, *QUICK))
        done = site.archive()
        assert (done.code, done.json()["stored"]) == (0, 3), done
        site.check()
        assert site.body(urls[0]) == sent["/always"][0]
        assert site.body(urls[1]) == sent["/after-a-break"][1]
        assert site.body(urls[2]) == GOOD
        numbers = {path: len(bodies) for path, bodies in sent.items()}
        assert numbers == {"/always": 1, "/after-a-break": 2}, "once for both documents"
        before = len(web.requests())
        assert site.archive().code == 0
        assert len(web.requests()) == before
        site.check()

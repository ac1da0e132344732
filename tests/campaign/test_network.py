"""Rows 1 to 13 and 22 to 32: servers that are slow, broken, lying or out to exhaust whoever asks.

A row is one post whose URLs are as many ways to go wrong, over HTTP and over TLS, beside two good pictures.
What must come of each way stands beside it: the reason of its failure, or nothing where it is archived.
"""

# ruff: noqa: E501 - a way to go wrong is one line of a table

from __future__ import annotations

import base64
import gzip
import itertools
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests import pictures
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
    check_cost,
    place,
    post,
    problem,
)
from tests.servers import Reply, Request

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


def in_turn(*replies: Reply) -> Callable[[Request], Reply]:
    """One after the other, and the last one from then on; each scheme has its own turn."""
    turns: dict[str | None, Iterator[Reply]] = {}

    def serve(request: Request) -> Reply:
        turn = turns.setdefault(request.server_name, itertools.chain(replies, itertools.repeat(replies[-1])))
        return next(turn)

    return serve


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
            "hints-as-well": (Says([head(*["Link: </a>"] * 9000, status="103 Early Hints") + whole(PICTURE)]), "protocol"),
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
        done = site.archive()
        check(site, done, {**expected, **dict.fromkeys(good, "")})
        check_cost(done, seconds=row.seconds)
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

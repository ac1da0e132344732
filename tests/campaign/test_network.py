"""Rows 1 to 13 and 22 to 32: servers that are slow, broken, lying or out to exhaust whoever asks.

A row is one post whose URLs are as many ways to go wrong, over HTTP and over TLS, beside two good pictures.
What must come of each way stands beside it: the reason of its failure, or nothing where it is archived.
"""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
    MEMORY,
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
    only: tuple[str, ...] = ("http", "https")


def coded(coding: str, data: bytes) -> Says:
    """A body that says how it is coded, with its right length."""
    return Says([whole(data, f"Content-Encoding: {coding}")])


def fresh() -> Says:
    return Says([whole(PICTURE)])


# -- 1 to 6: bodies and heads that come slowly, or not to their end -------------------------------------------

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

# -- the rows -------------------------------------------------------------------------------------------------

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
            "picture-without-end": (Says(endless(CHUNKED + chunk(PICTURE), chunk(b"\0" * 65536))), "too-large"),
            "text-without-end": (Says(endless(CHUNKED, chunk(b"text " * 9999))), "too-large"),
            "length-without-measure": (Says(endless(head("Content-Length: 1099511627776") + PICTURE, b"\0" * 65536)), "too-large"),
            "no-length-without-end": (Says(endless(head() + PICTURE, b"\0" * 65536)), "too-large"),
            "extension-without-end": (Says(endless(CHUNKED + b"5;", b"x" * 65536)), "protocol"),
            "trailers-without-end": (Says(endless(CHUNKED + chunk(PICTURE) + b"0\r\n", b"X-Trailer: x\r\n" * 999)), "protocol"),
            "size-without-end": (Says(endless(CHUNKED, b"0" * 65536)), "protocol"),
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
    with Web({**paths, GOOD_PATH: Reply(body=GOOD)}) as web:
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

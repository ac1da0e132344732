"""Rows 33 to 45: servers that send something else than a picture, a broken one, or one that bites.

A row is one post whose URLs bring as many such files, each from a host of its own, beside one good picture.
What must come of each stands beside it: the reason of its failure, or the extension it is stored under.
"""

# ruff: noqa: E501 - a file is one line of a table

from __future__ import annotations

import gzip
import io
import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests import pictures
from tests.campaign.rows import ids
from tests.campaign.running import (
    GOOD,
    GOOD_PATH,
    MIB,
    Measured,
    Site,
    check_cost,
    measure,
    place,
    post,
    problem,
)
from tests.servers import Origin, Reply, Route

pytestmark = pytest.mark.slow

Way = tuple[bytes | Reply, str]
"""What is answered (bytes: honestly, as a PNG), and the reason of the failure or the extension."""
GOOD_URL = f"http://good.example{GOOD_PATH}"


@dataclass(frozen=True)
class Row:
    """One row of the table, and what its post is made of."""

    number: int
    ways: Mapping[str, Way]
    """By file name."""
    options: tuple[str, ...] = ()
    memory: int = 400 * MIB
    """At the peak of any one process of the run; the decoder's has Pillow and one picture in it."""
    also: Callable[[Site, Any], None] | None = None
    """What must be true besides."""
    others: Mapping[str, Route] = field(default_factory=dict)
    """What is answered at paths that no post names."""


def reply(body: bytes | Reply, media: str | None = "image/png") -> Reply:
    if isinstance(body, Reply):
        return body
    return Reply(body=body, headers={} if media is None else {"Content-Type": media})


def url_of(name: str) -> str:
    return f"http://{name.rpartition('.')[0] or name}.example/{name}"


def archive(
    folder: Path, row: Mapping[str, Way], *options: str, others: Mapping[str, Route] | None = None
) -> tuple[Site, Measured]:
    """Run it, and check all that must be true whatever was sent."""
    served: dict[str, Route] = {f"/{name}": reply(body) for name, (body, _) in row.items()}
    with Origin({**served, **(others or {}), GOOD_PATH: Reply(body=GOOD)}) as origin:
        urls = {url_of(name): want for name, (_, want) in row.items()}
        site = Site(folder, origin, {"post.md": post(*urls, GOOD_URL)})
        done = site.archive(*options)
    failed = {url: want for url, want in urls.items() if want in REASONS}
    report = done.json()
    assert {each["url"]: each["reason"] for each in report["failed"]} == failed, done
    assert done.code == (2 if failed else 0), done
    site.check()
    text = site.text("post.md")
    stripped = "--strip-metadata" in options
    for number, (name, (body, want)) in enumerate(row.items()):
        url = url_of(name)
        assert (f"]({url})" in text) == (url in failed)
        if url in failed:
            assert problem(report, url)["locations"] == [place(number)]
        else:
            assert site.asset(url)["path"].endswith(f".{want}"), site.asset(url)
            if isinstance(body, bytes) and not stripped:
                assert site.body(url) == body
    assert site.body(GOOD_URL) == GOOD
    return site, done


REASONS = frozenset({"not-media", "truncated", "bomb", "placeholder", "active-svg", "http-204"})
"""What may come of a file; everything else in the tables is an extension."""


# -- 33 to 36: pages, lies, nothing -------------------------------------------------------------------------

PAGE = pictures.html()
XHTML = b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd"><html/>'
S3 = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>'

ERROR_PAGES: dict[str, Way] = {
    "page.png": (PAGE, "not-media"),
    "said.png": (reply(PAGE, "text/html"), "not-media"),
    "xhtml.png": (XHTML, "not-media"),
    "mark.png": (b"\xef\xbb\xbf" + PAGE, "not-media"),
    "wide.png": ("\ufeff<!DOCTYPE html><html></html>".encode("utf-16"), "not-media"),
    "comment.png": (b"<!-- " + b"x" * 20_000 + b" -->" + PAGE, "not-media"),
    "blanks.png": (b"\n" * 20_000 + PAGE, "not-media"),
    "svg-in-it.png": (b"<html><body>" + pictures.svg() + b"</body></html>", "not-media"),
    "svg-in-comment.png": (b"<!-- <svg xmlns='http://www.w3.org/2000/svg'/> -->" + PAGE, "not-media"),
    "packed.png": (Reply(body=gzip.compress(PAGE), headers={"Content-Encoding": "gzip"}), "not-media"),
    "json.png": (b'{"error": "not found"}', "not-media"),
    "list.png": (b'["gone"]', "not-media"),
    "text.png": (b"404 page not found\n", "not-media"),
    "bucket.png": (S3, "not-media"),
    "script.png": (b"window.location='/404'", "not-media"),
}
NAMED_JPG: dict[str, Way] = {
    f"{extension}.{extension}": (reply(PAGE, media), "not-media")
    for extension, media in {
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "png": "image/png",
        "gif": "image/gif",
        "webp": "image/webp",
        "avif": "image/avif",
        "svg": "image/svg+xml",
        "bmp": "image/bmp",
        "ico": "image/x-icon",
        "tiff": "image/tiff",
    }.items()
}
LYING_TYPES: dict[str, Way] = {
    "none.png": (reply(pictures.png(), None), "png"),
    "empty.png": (reply(pictures.png(seed=1), ""), "png"),
    "page.png": (reply(pictures.png(seed=2), "text/html; charset=utf-8"), "png"),
    "octets.png": (reply(pictures.png(seed=3), "application/octet-stream"), "png"),
    "other.png": (reply(pictures.png(seed=5), "image/jpeg"), "png"),
    "junk.png": (reply(pictures.png(seed=6), "////;;;=\xff"), "png"),
    "long.png": (reply(pictures.png(seed=7), "image/" + "x" * 5000), "png"),
    "is-png.jpg": (reply(pictures.png(seed=8), "image/jpeg"), "png"),
    "is-jpeg.png": (reply(pictures.jpeg(seed=9), "image/png"), "jpg"),
    "is-svg.png": (reply(pictures.svg(seed=10), "image/png"), "svg"),
    "is-webp.svg": (reply(pictures.webp(seed=11), "image/svg+xml"), "webp"),
    "no-extension": (reply(pictures.gif(seed=12), "text/plain"), "gif"),
    "page.php": (reply(pictures.avif(seed=13), "application/x-httpd-php"), "avif"),
    "nosniff.png": (Reply(body=pictures.png(seed=14), headers={"Content-Type": "text/plain", "X-Content-Type-Options": "nosniff"}), "png"),
    "twice.png": (Reply(body=pictures.png(seed=15), headers=[("Content-Type", "text/html"), ("Content-Type", "image/gif")]), "png"),
    "paper.png": (reply(pictures.pdf(), "image/png"), "not-media"),
    "font.png": (reply(pictures.woff2(), "image/png"), "not-media"),
    "sound.png": (reply(pictures.mp3(), "image/png"), "not-media"),
}  # fmt: skip
EMPTY: dict[str, Way] = {
    "empty.png": (b"", "not-media"),
    "chunks.png": (Reply(body=[], headers={"Content-Type": "image/png"}), "not-media"),
    "until-the-end.png": (Reply(body=b"", until_eof=True), "not-media"),
    "packed.png": (Reply(body=gzip.compress(b""), headers={"Content-Encoding": "gzip"}), "not-media"),
    "blanks.png": (b" \r\n\t" * 1000, "not-media"),
    "zeros.png": (bytes(100_000), "not-media"),
    "one-byte.png": (b"\x89", "not-media"),
    "mark.png": (b"\xef\xbb\xbf", "not-media"),
    "signature.png": (b"\x89PNG\r\n\x1a\n", "truncated"),
}


# -- 37 to 41: what is broken, or costs too much ------------------------------------------------------------

WHOLE: Mapping[str, bytes] = {
    "jpeg": pictures.jpeg(64, 48),
    "progressive": pictures.jpeg(64, 48, progressive=True),
    "png": pictures.png(64, 48),
    "apng": pictures.apng(),
    "gif": pictures.gif(64, 48),
    "webp": pictures.webp(64, 48),
    "lossless": pictures.webp(64, 48, lossless=True),
    "moving": pictures.webp(64, 48, frames=3),
    "avif": pictures.avif(64, 48),
    "sequence": pictures.avif(64, 48, frames=2),
    "bmp": pictures.bmp(64, 48),
    "ico": pictures.ico(),
    "tiff": pictures.tiff(),
    "svg": pictures.svg(),
}
CUTS: Mapping[str, Callable[[int], int]] = {
    "one-byte": lambda size: size - 1,
    "twelve-bytes": lambda size: size - 12,
    "a-tenth": lambda size: size * 9 // 10,
    "half": lambda size: size // 2,
    "all-but-64": lambda size: 64,
}
TRUNCATED: dict[str, Way] = {
    f"{kind}-{cut}.png": (data[: where(len(data))], "truncated")
    for kind, data in WHOLE.items()
    for cut, where in CUTS.items()
    if not (kind == "svg" and cut == "one-byte")  # its last byte is a line's end
}


def jpeg_of(width: int, height: int) -> bytes:
    """A small JPEG that says it is larger."""
    data = bytearray(pictures.jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def gif_of(width: int, height: int) -> bytes:
    data = bytearray(pictures.gif(frames=1))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def gif_of_frame(width: int, height: int) -> bytes:
    """The screen is small; its one frame is not."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x80, 0, 0) + bytes(6) + frame + b"\x3b"


def webp_of(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas + pictures.webp()[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def bmp_of(width: int, height: int) -> bytes:
    data = bytearray(pictures.bmp())
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def avif_of(width: int, height: int) -> bytes:
    data = bytearray(pictures.avif())
    at = data.index(b"ispe")
    data[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(data)


def ico_of(picture: bytes) -> bytes:
    return (
        struct.pack("<HHH", 0, 1, 1)
        + struct.pack("<BBBBHHII", 32, 32, 0, 0, 1, 32, len(picture), 22)
        + picture
    )


def tiff_of(*entries: tuple[int, int, int, int], link: int = 0, count: int | None = None) -> bytes:
    """A little-endian TIFF of one directory, ``(tag, type, number, value)`` each."""
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    number = len(entries) if count is None else count
    return b"II*\0" + struct.pack("<IH", 8, number) + rows + struct.pack("<I", link) + bytes(64)


def plain_tiff(width: int, height: int, *more: tuple[int, int, int, int], **how: int) -> bytes:
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, 64),
    ]
    return tiff_of(*entries, *more, **how)


def png_with(*chunks: bytes) -> bytes:
    """A good PNG with chunks behind its header."""
    data = pictures.png()
    return data[:33] + b"".join(chunks) + data[33:]


def zeros(size: int) -> bytes:
    """So many zeros, compressed: those of one MiB, again and again, and their Adler-32 (RFC 1950, section 9)."""
    squeezer = zlib.compressobj(9, wbits=-15)
    part = squeezer.compress(bytes(MIB)) + squeezer.flush(zlib.Z_FULL_FLUSH)
    return b"\x78\xda" + part * (size // MIB) + squeezer.flush() + struct.pack(">HH", size % 65_521, 1)


def test_the_zeros_are_as_many_as_it_says() -> None:
    assert zlib.decompress(zeros(3 * MIB)) == bytes(3 * MIB)


PIXELS: dict[str, Way] = {
    "png.png": (pictures.png_bomb(), "bomb"),
    "png-most.png": (pictures.png_bomb(2**31 - 1, 2**31 - 1), "bomb"),
    "png-strip.png": (pictures.png_bomb(2**31 - 1, 1), "bomb"),
    "jpeg.jpg": (jpeg_of(65_500, 65_500), "bomb"),
    "gif.gif": (gif_of(65_535, 65_535), "bomb"),
    "gif-frame.gif": (gif_of_frame(65_535, 65_535), "bomb"),
    "webp.webp": (webp_of(16_383, 16_383), "bomb"),
    "webp-most.webp": (webp_of(2**24, 2**24), "bomb"),
    "avif.avif": (avif_of(60_000, 60_000), "not-media"),
    "bmp.bmp": (bmp_of(50_000, 50_000), "bomb"),
    "bmp-upside-down.bmp": (bmp_of(50_000, -50_000), "bomb"),
    "ico.ico": (ico_of(pictures.png_bomb()), "bomb"),
    "tiff.tiff": (plain_tiff(50_000, 50_000), "bomb"),
    # what is unpacked though no pixel needs it: it is not unpacked
    "text.png": (png_with(pictures.png_chunk(b"zTXt", b"a\0\0" + zeros(200 * MIB))), "png"),
    "profile.png": (png_with(pictures.png_chunk(b"iCCP", b"a\0\0" + zeros(200 * MIB))), "png"),
    # more pixels than were announced: nobody makes room for them
    "data.png": (b"\x89PNG\r\n\x1a\n" + pictures.png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)) + pictures.png_chunk(b"IDAT", zeros(200 * MIB)) + pictures.png_chunk(b"IEND"), "png"),
    "large.svg": (pictures.svg(10**9, 10**9), "svg"),
}  # fmt: skip


def gif_of_frames(number: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", 32, 32, 0x80, 0, 0) + bytes(6) + frame * number + b"\x3b"


def webp_of_frames(number: int) -> bytes:
    frame = b"ANMF" + struct.pack("<I", 16 + 8) + bytes(16) + b"VP8L" + struct.pack("<I", 0)
    chunks = (
        b"VP8X"
        + struct.pack("<I", 10)
        + b"\x02"
        + bytes(3)
        + b"\x1f\0\0\x1f\0\0"
        + b"ANIM"
        + struct.pack("<I", 6)
        + bytes(6)
        + frame * number
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def jpeg_of_scans(number: int) -> bytes:
    """A large progressive JPEG that goes over its pixels again and again."""
    data = pictures.jpeg(4000, 4000, grain=400, progressive=True, quality=1)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * number + data[-2:]


def tiff_of_pages(number: int) -> bytes:
    """Each page is a directory that shares its pixels with the others."""
    page = struct.pack("<H", 9) + plain_tiff(32, 2)[10 : 10 + 9 * 12]
    size = len(page) + 4
    pages = (page + struct.pack("<I", 8 + size * (at + 1) if at + 1 < number else 0) for at in range(number))
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages)


FRAMES: dict[str, Way] = {
    "gif.gif": (gif_of_frames(200_000), "bomb"),
    "apng.png": (png_with(pictures.png_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))), "bomb"),
    "webp.webp": (webp_of_frames(100_000), "bomb"),
    "jpeg.jpg": (jpeg_of_scans(2000), "bomb"),
    "tiff.tiff": (tiff_of_pages(60_000), "bomb"),
    "moving.gif": (pictures.gif(frames=50), "gif"),
    "moving.webp": (pictures.webp(frames=20), "webp"),
}

OFF_THE_LIST: dict[str, Way] = {
    "eps.eps": (pictures.eps(), "not-media"),
    "eps-named.png": (pictures.eps(), "not-media"),
    "eps-dos.png": (b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 32, 60) + bytes(20) + pictures.eps(), "not-media"),
    "psd.png": (pictures.psd(), "not-media"),
    "fits.png": (pictures.fits(), "not-media"),
    "heic.png": (pictures.box(b"ftyp", b"heic\0\0\0\0mif1heic") + pictures.avif()[32:], "not-media"),
    "jxl.png": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100), "not-media"),
    "jp2.png": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "not-media"),
    "ppm.png": (b"P6 10 10 255\n" + bytes(300), "not-media"),
    "pcx.png": (b"\x0a\x05\x01\x08" + bytes(200), "not-media"),
    "icns.png": (b"icns" + struct.pack(">I", 100) + bytes(92), "not-media"),
    "dds.png": (b"DDS |\0\0\0" + bytes(120), "not-media"),
    "wmf.png": (b"\xd7\xcd\xc6\x9a" + bytes(80), "not-media"),
    "fli.png": (struct.pack("<IH", 200, 0xAF11) + bytes(194), "not-media"),
    "svgz.svg": (pictures.svgz(), "not-media"),
    "program.png": (b"MZ" + bytes(200), "not-media"),
    "cursor.png": (b"\0\0\x02\0" + pictures.ico()[4:], "not-media"),
    "raw.png": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(200), "not-media"),
    "tiff.tiff": (pictures.tiff(), "tiff"),
    "pages.tiff": (pictures.tiff(frames=3), "tiff"),
    "tiff-loop.tiff": (plain_tiff(8, 8, link=8), "not-media"),
    "tiff-no-directory.tiff": (b"II*\0\0\0\0\0" + bytes(64), "not-media"),
    "tiff-far-directory.tiff": (b"II*\0\xf0\xff\xff\xff" + bytes(64), "truncated"),
    "tiff-long-directory.tiff": (plain_tiff(8, 8, count=65_535), "truncated"),
    "tiff-far-value.tiff": (plain_tiff(8, 8, (270, 2, 0x7FFFFFFF, 0x7FFFFFFF)), "truncated"),
    "tiff-odd-compression.tiff": (tiff_of((256, 4, 1, 8), (257, 4, 1, 8), (259, 3, 1, 34_712), (273, 4, 1, 8), (279, 4, 1, 64)), "not-media"),
    "tiff-no-size.tiff": (tiff_of((259, 3, 1, 1)), "not-media"),
    "tiff-big-loop.tiff": (b"II+\0\x08\0\0\0" + struct.pack("<QQQ", 16, 0, 16), "not-media"),
}  # fmt: skip


# -- 42: drawings that are programs -------------------------------------------------------------------------

LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 10}">' for n in range(10))
ENTITY = pictures.svg(head=f"<!DOCTYPE svg [{LOL}]>", body="<text>&l9;</text>")
LONG = pictures.svg(
    head=f'<!DOCTYPE svg [<!ENTITY a "{"x" * 10_000}">]>', body="<text>" + "&a;" * 5000 + "</text>"
)
XXE = pictures.svg(head='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>', body="<text>&x;</text>")
PARAMETER = pictures.svg(head='<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://evil.example/x.dtd"> %x;]>')
DTD = pictures.svg(head='<!DOCTYPE svg SYSTEM "http://evil.example/x.dtd">')


def drawn(body: str) -> bytes:
    return pictures.svg(body=body)


ACTIVE: dict[str, bytes] = {
    "script": drawn("<script>alert(1)</script>"),
    "script-from-elsewhere": drawn('<script xlink:href="http://evil.example/x.js"/>'),
    "script-in-html": drawn('<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>'),
    "onload": pictures.svg().replace(b"<rect", b'<rect onload="alert(1)"'),
    "onbegin": drawn('<set onbegin="alert(1)" attributeName="x"/>'),
    "set-handler": drawn('<set attributeName="onmouseover" to="alert(1)"/>'),
    "set-href": drawn('<a href="#x"><animate attributeName="xlink:href" values="javascript:alert(1)"/></a>'),
    "foreign-object": drawn('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">a</p></foreignObject>'),
    "frame": drawn('<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="http://evil.example"/></foreignObject>'),
    "image-elsewhere": drawn('<image href="http://evil.example/x.png"/>'),
    "image-relative": drawn('<image href="x.png"/>'),
    "use-elsewhere": drawn('<use href="http://evil.example/x.svg#a"/>'),
    "use-data": drawn('<use href="data:image/svg+xml,&lt;svg/>#a"/>'),
    "link-script": drawn('<a href="java&#10;script:alert(1)"><text>x</text></a>'),
    "link-data": drawn('<a href="data:text/html,x"><text>x</text></a>'),
    "style-import": drawn("<style>@import url(http://evil.example/x.css);</style>"),
    "style-url": drawn("<style>rect { fill: url(http://evil.example/x.svg#a) }</style>"),
    "style-escaped": drawn(r"<style>rect { background: \75rl(http://evil.example/x.png) }</style>"),
    "style-attribute": drawn('<rect style="background: url(//evil.example/x.png)"/>'),
    "fill": drawn('<rect fill="url(http://evil.example/x.svg#a)"/>'),
    "base": drawn('<g xml:base="http://evil.example/"/>'),
    "instruction": pictures.svg(head='<?xml-stylesheet href="http://evil.example/x.css"?>'),
    "inside-another": drawn('<image href="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22%3E%3Cscript/%3E%3C/svg%3E"/>'),
    "wide": pictures.svg(body="<script/>").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
}  # fmt: skip
SVG: dict[str, Way] = {
    **{f"{name}.svg": (data, "active-svg") for name, data in ACTIVE.items()},
    "entities.svg": (ENTITY, "bomb"),
    "long-entity.svg": (LONG, "bomb"),
    "external-entity.svg": (XXE, "active-svg"),
    "parameter-entity.svg": (PARAMETER, "active-svg"),
    "document-type.svg": (DTD, "svg"),
    "not-well-formed.svg": (pictures.svg(body="<g>"), "not-media"),
    "deep.svg": (drawn("<g>" * 100_000 + "</g>" * 100_000), "svg"),
    "still.svg": (drawn('<a href="http://fine.example/"><use href="#x"/></a>'), "svg"),
}


def check_nothing_else_was_asked_for(site: Site, report: Any) -> None:
    """Judging a drawing loads nothing that it names."""
    assert not [request for request in site.origin.requests if request.host.startswith("evil")]


# -- 43: two things at once ---------------------------------------------------------------------------------

COMMENT = b"<script>alert(1)</script>"
POLYGLOTS: dict[str, Way] = {
    "page-behind.png": (pictures.png(seed=20) + PAGE, "png"),
    "page-behind.jpg": (pictures.jpeg(seed=21) + PAGE, "jpg"),
    "page-behind.gif": (pictures.gif(seed=22) + PAGE, "gif"),
    "page-behind.webp": (pictures.webp(seed=23) + PAGE, "webp"),
    "page-named.html": (pictures.png(seed=24) + PAGE, "png"),
    "program-named.js": (b"GIF89a" + pictures.gif(seed=25)[6:] + b"=1;alert(1)", "gif"),
    "page-in-comment.jpg": (pictures.jpeg(seed=26, comment=COMMENT), "jpg"),
    "page-in-text.png": (png_with(pictures.png_chunk(b"tEXt", b"a\0" + COMMENT)), "png"),
    "program-by-its-head.gif": (b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", "not-media"),
    "archive-behind.png": (pictures.png(seed=27) + b"PK\x03\x04" + bytes(30), "png"),
    "page-before.png": (PAGE + pictures.png(), "not-media"),
    "page-before-paper.png": (PAGE + pictures.pdf(), "not-media"),
    "blank-before.png": (b"\n" + pictures.png(), "not-media"),
    "page-behind.svg": (pictures.svg() + PAGE, "not-media"),
    "bitmap-by-two-letters.bmp": (b"BM<script>alert(1)</script>", "not-media"),
}


ROWS = [
    Row(33, ERROR_PAGES),
    Row(34, NAMED_JPG),
    Row(35, LYING_TYPES),
    Row(36, EMPTY),
    Row(38, TRUNCATED),
    Row(39, PIXELS),
    Row(40, FRAMES),
    Row(41, OFF_THE_LIST),
    Row(42, SVG, also=check_nothing_else_was_asked_for),
    Row(43, POLYGLOTS),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ids(row.number))
def test_row(row: Row, tmp_path: Path) -> None:
    site, done = archive(tmp_path, row.ways, *row.options, others=row.others)
    check_cost(done, memory=row.memory)
    if row.also is not None:
        row.also(site, done.json())


def test_every_file_of_the_tables_differs() -> None:
    """So that a file on the disk tells which URL it is of."""
    for row in ROWS:
        stored = [
            body.body if isinstance(body, Reply) else body
            for body, want in row.ways.values()
            if want not in REASONS
        ]
        assert len(set(map(bytes, stored))) == len(stored), row.number  # type: ignore[arg-type]


# -- 37: what stands for a picture --------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ids(37)])
def test_placeholders(name: str, tmp_path: Path) -> None:
    removed, shared = pictures.png(seed=30), pictures.png(seed=31)
    ways: dict[str, Way] = {
        "pixel.gif": (pictures.pixel(), "placeholder"),
        "pixel.png": (pictures.png(1, 1), "placeholder"),
        "pixel.jpg": (pictures.jpeg(1, 1), "placeholder"),
        "pixel.webp": (pictures.webp(1, 1), "placeholder"),
        "pixel.bmp": (pictures.bmp(1, 1), "placeholder"),
        "moving-pixel.gif": (pictures.gif(1, 1, frames=2), "placeholder"),
        "thin.png": (pictures.png(1, 2), "png"),
        **{
            f"gone-{n}.png": (Reply(302, {"Location": "http://x.example/removed"}), "placeholder")
            for n in range(6)
        },
        **{f"moved-{n}.png": (Reply(302, {"Location": "http://x.example/shared"}), "png") for n in range(2)},
        "imgur.png": (Reply(302, {"Location": "http://i.imgur.com/removed.png"}), "placeholder"),
        "flickr.png": (
            Reply(302, {"Location": "http://s.yimg.com/pw/images/photo_unavailable.png"}),
            "placeholder",
        ),
    }
    others: dict[str, Route] = {
        "/removed": Reply(body=removed),
        "/shared": Reply(body=shared),
        "/removed.png": Reply(body=removed),
        "/pw/images/photo_unavailable.png": Reply(body=removed),
    }
    site, done = archive(tmp_path / "a", ways, others=others)
    assert site.body(url_of("moved-0.png")) == shared
    # the same bytes at many URLs, without a redirect: kept, and a person is told to look
    same: dict[str, Way] = {f"same-{n}.png": (shared, "png") for n in range(6)}
    site, done = archive(tmp_path / "b", same)
    assert [text for text in done.json()["warnings"] if "6 URLs brought the same bytes" in text]
    assert len({asset["path"] for asset in site.records("asset")}) == 2


# -- 44: where it was taken ---------------------------------------------------------------------------------

WHERE = pictures.exif(gps=True, orientation=6)
LOCATED: dict[str, Way] = {
    "a.jpg": (pictures.jpeg(seed=40, exif=WHERE), "jpg"),
    "b.png": (pictures.png(seed=41, exif=WHERE), "png"),
    "c.webp": (pictures.webp(seed=42, exif=WHERE), "webp"),
}
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d exif:GPSLatitude="30,34.2N"/></x:xmpmeta>'
LOCATED["d.jpg"] = (pictures.jpeg(seed=43, xmp=XMP), "jpg")


@pytest.mark.parametrize("name", [ids(44)])
def test_gps(name: str, tmp_path: Path) -> None:
    told = f"{len(LOCATED)} pictures say where they were taken"
    site, done = archive(tmp_path / "kept", LOCATED)
    assert [text for text in done.json()["warnings"] if told in text], done
    bare, done = archive(tmp_path / "bare", LOCATED, "--strip-metadata")
    for file, (data, _) in LOCATED.items():
        assert isinstance(data, bytes)
        assert site.body(url_of(file)) == data
        stripped = bare.body(url_of(file))
        with Image.open(io.BytesIO(data)) as old, Image.open(io.BytesIO(stripped)) as new:
            assert old.tobytes() == new.tobytes(), "not one pixel changes"
            assert 0x8825 in old.getexif() or b"GPSLatitude" in data
            assert 0x8825 not in new.getexif()
            assert new.getexif().get(0x0112) == old.getexif().get(0x0112), "it must not lie on its side"
        assert b"GPSLatitude" not in stripped
        assert b"Made by nobody" not in stripped


# -- 45: what becomes of files on the disk ------------------------------------------------------------------


def changed(data: bytes) -> bytes:
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


@pytest.mark.parametrize("name", [ids(45)])
def test_changed_or_deleted(name: str, tmp_path: Path) -> None:
    kinds = ("bit", "shorter", "longer", "emptied", "deleted", "folder", "fine")
    bodies = {kind: pictures.png(seed=50 + number) for number, kind in enumerate(kinds)}
    with Origin({f"/{kind}": Reply(body=body) for kind, body in bodies.items()}) as origin:
        urls = {kind: f"http://x.example/{kind}" for kind in kinds}
        site = Site(tmp_path, origin, {"post.md": post(*urls.values())})
        assert site.archive().code == 0
        site.check()
        files = {kind: tmp_path / site.assets / site.asset(url)["path"] for kind, url in urls.items()}
        for kind, file in files.items():
            match kind:
                case "bit":
                    file.write_bytes(changed(bodies[kind]))
                case "shorter":
                    file.write_bytes(bodies[kind][:-9])
                case "longer":
                    file.write_bytes(bodies[kind] + b"\n")
                case "emptied":
                    file.write_bytes(b"")
                case "deleted":
                    file.unlink()
                case "folder":
                    file.unlink()
                    file.mkdir()
        done = measure("verify", "--format", "json", cwd=tmp_path)
        assert done.code == 2, done
        faults = {Path(fault["path"]).name: fault["kind"] for fault in done.json()["faults"]}
        assert faults == {
            file.name: "missing" if kind in ("deleted", "folder") else "changed"
            for kind, file in files.items()
            if kind != "fine"
        }, done
        assert json.loads(done.stdout)["good"] == 1
        # a run brings back what is missing; what verify calls changed, it says so of
        (files["folder"]).rmdir()
        again = site.archive()
        assert again.code == 0, again
        for kind in ("deleted", "folder", "fine"):
            assert files[kind].read_bytes() == bodies[kind]
        for kind in ("bit", "shorter", "longer", "emptied"):
            files[kind].unlink()
        assert site.archive().code == 0
        site.check()
        assert measure("verify", "--format", "json", cwd=tmp_path).code == 0

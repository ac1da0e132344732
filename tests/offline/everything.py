"""A site made by hand that holds each construct at least once by which a page asks for something.

Knows nothing of holdfast. `ROWS` is the documentation: what an author wrote, and what stands in the copy.
``NEAR`` and ``FAR`` are two hosts that are not the site's own; in what stands in the copy, ``near`` and
``far`` are their folders, and names of files have lost their hash.
"""

# ruff: noqa: E501 - a construct is one row of a table

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests import pictures
from tests.servers import Origin, Reply

BASE = "https://blog.example/"
CHECK = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
PNG = base64.b64encode(pictures.png(4, 4)).decode()
LARGE = base64.b64encode(pictures.png(640, 560, seed=9)).decode()
"""A megabyte of picture."""


@dataclass(frozen=True, slots=True)
class Row:
    """One construct, in the page that has it."""

    page: str
    construct: str
    written: str
    copied: str
    """What stands in its place; the same as `written` where nothing may touch it."""


def _rows(page: str, *rows: tuple[str, str] | tuple[str, str, str]) -> Iterator[Row]:
    for construct, written, *copied in rows:
        yield Row(page, construct, written, copied[0] if copied else written)


HEAD = (
    ("policy", '<meta http-equiv="Content-Security-Policy" content="img-src NEAR">', ""),
    ("preconnect", '<link rel="preconnect" href="NEAR" crossorigin>', ""),
    ("dns-prefetch", '<link rel="dns-prefetch" href="//cdn.example">', ""),
    ("names looked up", '<meta http-equiv="x-dns-prefetch-control" content="on">', ""),
    ("icon", '<link rel="shortcut icon" href="NEAR/a.png">', '<link rel="shortcut icon" href="_holdfast/near/a.png">'),
    ("touch icon", '<link rel="apple-touch-icon" href="FAR/b.png">', '<link rel="apple-touch-icon" href="_holdfast/far/b.png">'),
    ("app manifest", '<link rel="manifest" href="/site.webmanifest" crossorigin="use-credentials">', '<link rel="manifest" href="site.webmanifest">'),
    ("stylesheet, integrity, crossorigin", f'<link rel="stylesheet" href="FAR/sheet.css" integrity="{CHECK}" crossorigin="anonymous">', '<link rel="stylesheet" href="_holdfast/far/sheet.css">'),
    ("alternate stylesheet", '<link rel="alternate stylesheet" title="dark" href="NEAR/dark.css">', '<link rel="alternate stylesheet" title="dark" href="_holdfast/near/dark.css">'),
    ("preload of a picture", '<link rel="preload" as="image" href="NEAR/a.png" imagesrcset="NEAR/a.png 1x, FAR/b.png 2x" imagesizes="50vw">', '<link rel="preload" as="image" href="_holdfast/near/a.png" imagesrcset="_holdfast/near/a.png 1x, _holdfast/far/b.png 2x" imagesizes="50vw">'),
    ("preload of a style sheet", '<link rel="preload" as="style" href="NEAR/more.css">', '<link rel="preload" as="style" href="_holdfast/near/more.css">'),
    ("prefetch of a script", '<link rel="prefetch" href="NEAR/script.js">', '<link rel="prefetch" href="_holdfast/near/script.js">'),
    ("classic script", '<script src="NEAR/script.js" async></script>', '<script src="_holdfast/near/script.js" async></script>'),
    ("@import in all forms", "<style>\n@import 'NEAR/more.css';\n@import url(FAR/sheet.css) screen;\n@import url('NEAR/dark.css') layer(base) supports(display: grid) print;\n", "<style>\n@import '_holdfast/near/more.css';\n@import url(_holdfast/far/sheet.css) screen;\n@import url('_holdfast/near/dark.css') layer(base) supports(display: grid) print;\n"),
    ("@font-face", "@font-face { font-family: kelp; src: url('FAR/kelp.ttf') format('truetype'), local('Arial') }\nh1 { font-family: kelp }\n", "@font-face { font-family: kelp; src: url('_holdfast/far/kelp.ttf') format('truetype'), local('Arial') }\nh1 { font-family: kelp }\n"),
    ("image-set()", "h2 { background: image-set('NEAR/a.png' 1x, url(FAR/b.png) 2x) }</style>", "h2 { background: image-set('_holdfast/near/a.png' 1x, url(_holdfast/far/b.png) 2x) }</style>"),
)  # fmt: skip

TOLD = (
    ("og:image", '<meta property="og:image" content="NEAR/a.png">'),
    ("twitter:image", '<meta name="twitter:image" content="FAR/b.png">'),
    ("canonical", f'<link rel="canonical" href="{BASE}">'),
    ("feed", '<link rel="alternate" type="application/rss+xml" href="/index.xml">'),
    ("pingback", '<link rel="pingback" href="NEAR/ping">'),
    ("structured data", '<script type="application/ld+json">{"image": "NEAR/a.png"}</script>'),
)
"""What other programs read."""

BODY = (
    ("img", '<img src="NEAR/a.png" alt="a">', '<img src="_holdfast/near/a.png" alt="a">'),
    ("srcset, sizes", '<img src="NEAR/a.png" srcset="NEAR/a.png 1x, FAR/b.png 2x" alt="">', '<img src="_holdfast/near/a.png" srcset="_holdfast/near/a.png 1x, _holdfast/far/b.png 2x" alt="">'),
    ("picture", '<picture><source srcset="FAR/w.webp 640w" sizes="100vw" type="image/webp"><img src=NEAR/a.png></picture>', '<picture><source srcset="_holdfast/far/w.webp 640w" sizes="100vw" type="image/webp"><img src=_holdfast/near/a.png></picture>'),
    ("integrity of a picture's query", '<img src="NEAR/q.php?id=1&amp;w=2">', '<img src="_holdfast/near/q.php.png">'),
    ("lazy data-src", '<img data-src="NEAR/a.png">', '<img src="_holdfast/near/a.png" data-src="_holdfast/near/a.png">'),
    ("lazy data-srcset", f'<img src="data:image/png;base64,{PNG}" data-srcset="FAR/b.png 2x">', '<img src="_holdfast/far/b.png" data-srcset="_holdfast/far/b.png 2x">'),
    ("noscript", '<noscript><img src="NEAR/c.png"></noscript>', '<noscript><img src="_holdfast/near/c.png"></noscript>'),
    ("svg image", '<svg width="9" height="9"><image width="9" height="9" href="NEAR/a.png"/></svg>', '<svg width="9" height="9"><image width="9" height="9" href="_holdfast/near/a.png"/></svg>'),
    ("svg image, xlink", '<svg width="9" height="9"><image width="9" height="9" xlink:href="FAR/b.png"/></svg>', '<svg width="9" height="9"><image width="9" height="9" xlink:href="_holdfast/far/b.png"/></svg>'),
    ("a drawing that holds a picture", '<img src="FAR/drawing.svg">', '<img src="_holdfast/far/drawing.svg">'),
    ("svg use within the page", '<svg><symbol id="s"><path d="M0 0h9v9z"/></symbol><use href="#s"/></svg>', '<svg><symbol id="s"><path d="M0 0h9v9z"/></symbol><use href="#s"/></svg>'),
    ("svg use of another site's file", '<svg><use href="FAR/icons.svg#i"/></svg>', '<svg><use data-holdfast-href="FAR/icons.svg#i" href="#"/></svg>'),
    ("svg use of another site's file, xlink", '<svg><use xlink:href="FAR/icons.svg#i"/></svg>', '<svg><use data-holdfast-xlink-href="FAR/icons.svg#i" xlink:href="#"/></svg>'),
    ("style attribute", '<p style="background: url(NEAR/a.png)">p</p>', '<p style="background: url(_holdfast/near/a.png)">p</p>'),
    ("style attribute with quotes", """<p style="background: url('FAR/b.png')">p</p>""", """<p style="background: url('_holdfast/far/b.png')">p</p>"""),
    ("lazy background", '<div data-bg="NEAR/a.png"></div>', '<div data-bg="_holdfast/near/a.png"></div>'),
    ("audio", '<audio src="NEAR/s.wav" crossorigin preload="metadata"></audio>', '<audio src="_holdfast/near/s.wav" preload="metadata"></audio>'),
    ("video, poster, source, track", '<video poster="FAR/b.png" preload="none"><source src="NEAR/v.webm" type="video/webm"><track src="NEAR/t.vtt" kind="captions" default></video>', '<video poster="_holdfast/far/b.png" preload="none"><source src="_holdfast/near/v.webm" type="video/webm"><track src="data:text/vtt;base64,TRACK" kind="captions" default></video>'),
    ("frame", '<iframe src="FAR/frame.html"></iframe>', '<iframe src="_holdfast/far/frame.html"></iframe>'),
    ("srcdoc", """<iframe srcdoc='<img src="NEAR/a.png"><a href="/post/">p</a>'></iframe>""", """<iframe srcdoc='<img src="_holdfast/near/a.png"><a href="post/index.html">p</a>'></iframe>"""),
    ("object", '<object data="NEAR/c.png" type="image/png"></object>', '<object data="_holdfast/near/c.png" type="image/png"></object>'),
    ("embed", '<embed src="FAR/drawing.svg" type="image/svg+xml">', '<embed src="_holdfast/far/drawing.svg" type="image/svg+xml">'),
    ("input", '<input type="image" src="NEAR/a.png" alt="go">', '<input type="image" src="_holdfast/near/a.png" alt="go">'),
    ("large data: URI", f'<img src="data:image/png;base64,{LARGE}">'),
    ("ping", '<a href="https://other.example/" ping="NEAR/ping">p</a>', '<a href="https://other.example/">p</a>'),
    ("root-relative link", '<a href="/post/">p</a>', '<a href="post/index.html">p</a>'),
    ("absolute link, query, fragment", f'<a href="{BASE}post/?from=home#x">p</a>', '<a href="post/index.html?from=home#x">p</a>'),
    ("link to a page never built", '<a href="/draft/">d</a>', f'<a href="{BASE}draft/">d</a>'),
    ("link without a scheme", '<a href="//other.example/p">o</a>', '<a href="https://other.example/p">o</a>'),
    ("area", '<map name="m"><area href="/post/" shape="default"></map>', '<map name="m"><area href="post/index.html" shape="default"></map>'),
)  # fmt: skip

FOLLOWED = (
    ("link to another site", '<a href="https://other.example/a?b=1&amp;c#d">o</a>'),
    ("link to a picture of another site", '<a href="NEAR/a.png">a</a>'),
    ("form of another site", '<form action="https://other.example/search"><input name="q"></form>'),
    ("quotation", '<q cite="https://other.example/a.png">q</q>'),
    ("URL in text", "<code>&lt;img src=NEAR/a.png&gt;</code>"),
    ("URL in a comment", '<!-- <img src="NEAR/a.png"> -->'),
    ("mail", '<a href="mailto:a@other.example">m</a>'),
)
"""What only a reader follows, or nobody at all."""

ROWS: tuple[Row, ...] = (
    *_rows("index.html", ("before", '<!doctype html>\n<html><head><meta charset="utf-8">', '<!doctype html>\n<html><head><meta charset="utf-8">SEAL')),
    *_rows("index.html", *HEAD, *TOLD),
    *_rows("index.html", ("between", "<title>All</title></head><body><h1>All</h1><h2>of it</h2>")),
    *_rows("index.html", *BODY, *FOLLOWED),
    *_rows("index.html", ("after", "</body></html>")),
    # a base is taken away, and what it led to is spelled from the page itself
    *_rows(
        "base/index.html",
        ("base", '<!doctype html><meta charset="utf-8"><base href="NEAR/" target="_top"><title>b</title>', '<!doctype html><meta charset="utf-8">SEAL<base target="_top"><title>b</title>'),
        ("picture below the base", '<img src="a.png">', '<img src="../_holdfast/near/a.png">'),
        ("link below the base", '<a href="page.html">n</a>', '<a href="NEAR/page.html">n</a>'),
        ("link to a place in the base's page", '<a href="#x">x</a>', '<a href="NEAR/#x">x</a>'),
    ),
    *_rows(
        "refresh/index.html",
        ("page of a refresh", '<!doctype html><meta charset="utf-8">', '<!doctype html><meta charset="utf-8">SEAL'),
        ("refresh", f'<meta http-equiv="refresh" content="0; url={BASE}post/#x"><title>r</title>', '<meta http-equiv="refresh" content="0; url=../post/index.html#x"><title>r</title>'),
    ),
    *_rows(
        "lost/index.html",
        ("page of what is lost", '<!doctype html><meta charset="utf-8"><title>l</title>', '<!doctype html><meta charset="utf-8">SEAL<title>l</title>'),
        ("lost picture", '<img src="NEAR/gone.png" alt="x">', '<img data-holdfast-src="NEAR/gone.png" src="../_holdfast/missing/image.svg" alt="x">'),
        ("lost candidate", '<img srcset="NEAR/a.png 1x, NEAR/gone.png 2x">', '<img data-holdfast-srcset="NEAR/gone.png" srcset="../_holdfast/near/a.png 1x, ../_holdfast/missing/image.svg 2x">'),
        ("lost background", '<p style="background: url(NEAR/gone.png)">x</p>', '<p data-holdfast-style="NEAR/gone.png" style="background: url(../_holdfast/missing/image.svg)">x</p>'),
    ),
    *_rows(
        "modules/index.html",
        ("page of modules", '<!doctype html><meta charset="utf-8"><title>m</title>', '<!doctype html><meta charset="utf-8">SEAL<title>m</title>'),
        ("modulepreload", f'<link rel="modulepreload" href="NEAR/module.js" integrity="{CHECK}">', '<link rel="modulepreload" href="../_holdfast/near/module.js">'),
        ("import map", '<script type="importmap">{"imports": {"kelp": "FAR/kelp.mjs"}}</script>', '<script type="importmap">{"imports": {"kelp": "../_holdfast/far/kelp.mjs.js"}}</script>'),
        ("module script", '<script type="module" src="NEAR/module.js" crossorigin></script>', '<script type="module" src="../_holdfast/near/module.js"></script>'),
        ("inline module", '<script type="module">import { a } from "FAR/kelp.mjs"; import("NEAR/late.js");</script>', '<script type="module">import { a } from "../_holdfast/far/kelp.mjs.js"; import("../_holdfast/near/late.js");</script>'),
        ("svg use of an own file", '<svg><use href="/icons.svg#i"/></svg>', '<svg><use href="../icons.svg#i"/></svg>'),
    ),
    # nothing in it ends as it should
    *_rows(
        "broken.html",
        ("seal of a broken page", "", "SEAL"),
        ("attributes without quotes, twice, cut off", "<p><b><img src=NEAR/a.png alt=1<br src=FAR/b.png><table><img src='FAR/b.png'</table>", "<p><b><img src=_holdfast/near/a.png alt=1<br src=FAR/b.png><table><img src='_holdfast/far/b.png'</table>"),
        ("a tag that never ends", "<a href='/post/'>p<img src='NEAR/c.png'><div <img src=\"NEAR/a.png\"", "<a href='post/index.html'>p<img src='_holdfast/near/c.png'><div <img src=\"NEAR/a.png\""),
    ),
    *_rows("post/index.html", ("a page that needs nothing", '<!doctype html><meta charset="utf-8"><title>p</title><h1 id="x">p</h1>', '<!doctype html><meta charset="utf-8">SEAL<title>p</title><h1 id="x">p</h1>')),
    *_rows(
        "cyrillic.html",
        ("windows-1251", '<!doctype html><meta charset="windows-1251"><title>Водоросль</title><img src="NEAR/a.png" alt="Ж">', '<!doctype html><meta charset="windows-1251">SEAL<title>Водоросль</title><img src="_holdfast/near/a.png" alt="Ж">'),
        ("a URL spelled in windows-1251", '<img src="NEAR/я.png?п=ж">', '<img src="_holdfast/near/file.png">'),
    ),
    *_rows("chinese.html", ("gb18030", '<!doctype html><meta charset="gb18030"><title>海带</title><img src="FAR/b.png" alt="图乗">', '<!doctype html><meta charset="gb18030">SEAL<title>海带</title><img src="_holdfast/far/b.png" alt="图乗">')),
)  # fmt: skip
"""All of it, in the order of the bytes of each page."""

CODECS: Mapping[str, str] = {"cyrillic.html": "cp1251", "chinese.html": "gb18030"}

PAGES: Mapping[str, tuple[Row, ...]] = {
    name: tuple(rows) for name, rows in groupby(ROWS, key=lambda row: row.page)
}

SITE: Mapping[str, str] = {
    "site.webmanifest": '{"name": "All", "start_url": "/", "icons": [{"src": "NEAR/a.png", "sizes": "32x24"}]}',
    "index.xml": '<?xml version="1.0"?><rss version="2.0"><channel><link>NEAR/a.png</link></channel></rss>',
    "sitemap.xml": f'<?xml version="1.0"?><urlset><url><loc>{BASE}post/</loc></url></urlset>',
    "icons.svg": pictures.svg(body='<symbol id="i"><path d="M0 0h9v9z"/></symbol>').decode(),
}
"""The site's files that are no pages."""

NEAR: Mapping[str, tuple[str, bytes | str]] = {
    "/a.png": ("image/png", pictures.png()),
    "/c.png": ("image/png", pictures.png(seed=3)),
    "/q.php": ("image/png", pictures.png(seed=4)),
    "/s.wav": ("audio/wav", pictures.wav()),
    "/v.webm": ("video/webm", pictures.webm()),
    "/t.vtt": ("text/vtt", pictures.vtt()),
    "/dark.css": ("text/css", "body { color: #222 }"),
    "/more.css": ("text/css", "@import url(FAR/sheet.css); h3 { background: url(c.png) }"),
    "/script.js": ("text/javascript", "document.documentElement.dataset.ran = 'yes'"),
    "/module.js": ("text/javascript", "import { a } from './late.js'; document.title = a"),
    "/late.js": ("text/javascript", "export const a = 'ran'"),
    "/%D1%8F.png": ("image/png", pictures.png(seed=6)),
}
FAR: Mapping[str, tuple[str, bytes | str]] = {
    "/b.png": ("image/png", pictures.png(seed=5)),
    "/w.webp": ("image/webp", pictures.webp()),
    "/sheet.css": ("text/css", "@import 'NEAR/dark.css'; h4 { background: url('b.png') }"),
    "/kelp.ttf": ("font/ttf", pictures.ttf()),
    "/kelp.mjs": ("text/javascript", "export const a = 'kelp'"),
    "/drawing.svg": ("image/svg+xml", pictures.svg(body='<image href="b.png" width="9" height="9"/>')),
    "/frame.html": ("text/html; charset=utf-8", "<!doctype html><title>f</title><link rel=stylesheet href=sheet.css><img src=NEAR/a.png><iframe src=deep.html></iframe>"),
    "/icons.svg": ("image/svg+xml", pictures.svg(body='<symbol id="i"><path d="M0 0h9v9z"/></symbol>')),
}  # fmt: skip


def _answering(files: Mapping[str, tuple[str, bytes | str]], hosts: Mapping[str, str]) -> Mapping[str, Reply]:
    return {
        path: Reply(
            body=body if isinstance(body, bytes) else named(body, hosts), headers={"Content-Type": media}
        )
        for path, (media, body) in files.items()
    }


def named(text: str, hosts: Mapping[str, str]) -> str:
    """With the hosts' own addresses; a word within a ``data:`` URL is none of their names."""
    return re.sub(r"(?<![\w+/])(?:NEAR|FAR)\b", lambda found: hosts[found[0]], text)


@dataclass(frozen=True, slots=True)
class Everything:
    """The site in a folder, and the addresses of its two hosts."""

    folder: Path
    hosts: Mapping[str, str]
    near: Origin
    far: Origin

    @property
    def asked(self) -> list[str]:
        """What was asked of both hosts, sorted."""
        return sorted(
            [f"NEAR{path}" for path in self.near.paths()] + [f"FAR{path}" for path in self.far.paths()]
        )

    def plain(self, page: str, data: bytes, seal: bytes) -> str:
        """A page of the copy as `Row.copied` spells it."""
        text = self.short(data.replace(seal, b"SEAL").decode(CODECS.get(page, "utf-8")))
        return re.sub(r"(?<=data:text/vtt;base64,)[\w+/=]+", "TRACK", text)

    def short(self, text: str) -> str:
        """With the hosts' names for their addresses, and names of files without their hash."""
        for name, url in self.hosts.items():
            host = re.escape(url.removeprefix("http://").partition(":")[0])
            text = re.sub(rf"_holdfast/{host}[^/]*/", f"_holdfast/{name.lower()}/", text.replace(url, name))
        return re.sub(r"(?P<said>\.\w+)?-[0-9a-f]{16}(?:(?P=said)|(?=\.))", r"\g<said>", text)


@contextmanager
def everything(folder: Path) -> Iterator[Everything]:
    """Write the site into ``folder``, and serve the rest of it while the block runs."""
    hosts: dict[str, str] = {}
    near, far = Origin(address="127.0.0.2"), Origin(address="127.0.0.3")
    with near, far:
        hosts |= {"NEAR": near.url(""), "FAR": far.url("")}
        near.routes, far.routes = _answering(NEAR, hosts), _answering(FAR, hosts)
        pages = {name: "".join(row.written for row in rows) for name, rows in PAGES.items()}
        for name, text in {**SITE, **pages}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(named(text, hosts).encode(CODECS.get(name, "utf-8")))
        yield Everything(folder, hosts, near, far)

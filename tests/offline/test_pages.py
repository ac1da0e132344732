"""Every construct of a page that fetches, that is followed, or that is taken out: one row each, and its twin.

A row's page says what is found in it: requisites, links and information by URL, cuts by reason.
"""

# ruff: noqa: E501 - a construct is one row of a table

from __future__ import annotations

import itertools
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.linear import alone, too_slow, user_seconds

from holdfast.model import Syntax
from holdfast.offline.assembling import Decision, assemble
from holdfast.offline.pages import CUTS, page
from holdfast.offline.parts import Parts, Role
from holdfast.offline.seal import SEAL

HERE = "https://blog.example/post/a/"
SITE = "https://blog.example"
FAR = "https://far.example"

IMAGE, STYLE, SCRIPT, PAGE = ("image",), ("style",), ("script",), ("page",)
CSS_IMAGE = ("image", "font")
ANY = ("audio", "image", "page", "pdf", "video")


def short(url: str) -> str:
    """A URL without what all of this page's have in common."""
    return url.removeprefix(HERE) if url != HERE else "."


def of(parts: Parts, role: Role) -> list[tuple[str, tuple[str, ...]]]:
    return [(short(need.reference.url), need.families) for need in parts.needs if need.role is role]


def read(text: str, **options: str) -> Parts:
    source = text.encode()
    parts = page(source, HERE, **options)
    check(source, parts)
    return parts


def check(source: bytes, parts: Parts) -> None:
    """What holds of every page."""
    for need in parts.needs:
        span = need.reference.span
        assert source[span.start : span.end] == need.reference.raw
        assert need.attribute_at is None or 0 < need.attribute_at <= len(source)
    spans = sorted([need.reference.span for need in parts.needs] + [cut.span for cut in parts.cuts])
    assert all(before.end <= after.start for before, after in itertools.pairwise(spans))
    assert [need.reference.span for need in parts.needs] == sorted(n.reference.span for n in parts.needs)
    assert [cut.span for cut in parts.cuts] == sorted(cut.span for cut in parts.cuts)
    assert all(cut.why in CUTS for cut in parts.cuts)
    assert parts.seal_at is None or 0 <= parts.seal_at <= len(source)


# -- what a browser fetches --------------------------------------------------------------------------------

FETCHED: list[tuple[str, list[tuple[str, tuple[str, ...]]]]] = [
    ("<img src=a.png>", [("a.png", IMAGE)]),
    ("<img src='a.png?x=1&amp;y=2#f'>", [("a.png?x=1&y=2#f", IMAGE)]),
    ("<img src=a.png srcset='b.png 1x, c.png 2x'>", [("a.png", IMAGE), ("b.png", IMAGE), ("c.png", IMAGE)]),
    ("<image src=a.png>", [("a.png", IMAGE)]),
    ("<picture><source srcset=a.avif><img src=a.png></picture>", [("a.avif", IMAGE), ("a.png", IMAGE)]),
    ("<video src=a.mp4 poster=a.png></video>", [("a.mp4", ("video",)), ("a.png", IMAGE)]),
    ("<video><source src=a.webm><track src=a.vtt></video>", [("a.webm", ("audio", "video")), ("a.vtt", ("track",))]),
    ("<audio src=a.ogg></audio>", [("a.ogg", ("audio",))]),
    ("<input type=IMAGE src=a.png>", [("a.png", IMAGE)]),
    ("<body background=a.png>", [("a.png", IMAGE)]),
    ("<table background=a.png><tbody background=b.png><tr background=c.png><td background=d.png>", [(f"{n}.png", IMAGE) for n in "abcd"]),
    ("<iframe src=a.html></iframe>", [("a.html", PAGE)]),
    ("<frameset><frame src=a.html></frameset>", [("a.html", PAGE)]),
    ("<object data=a.svg></object>", [("a.svg", ANY)]),
    ("<embed src=a.pdf>", [("a.pdf", ANY)]),
    ("<script src=a.js></script>", [("a.js", SCRIPT)]),
    ("<script src=a.js type=text/plain></script>", [("a.js", SCRIPT)]),
    ("<link rel=stylesheet href=a.css>", [("a.css", STYLE)]),
    ("<link rel='alternate stylesheet' href=a.css title=x>", [("a.css", STYLE)]),
    ("<link rel='shortcut ICON' href=a.ico>", [("a.ico", IMAGE)]),
    ("<link rel=apple-touch-icon href=a.png>", [("a.png", IMAGE)]),
    ("<link rel=manifest href=a.webmanifest>", [("a.webmanifest", ("manifest",))]),
    ("<link rel=modulepreload href=a.js>", [("a.js", SCRIPT)]),
    ("<link rel=preload as=font href=a.woff2>", [("a.woff2", ("font",))]),
    ("<link rel=preload as=fetch href=a.json>", [("a.json", ("data",))]),
    ("<link rel=preload as=image imagesrcset='a.png 1x, b.png 2x'>", [("a.png", IMAGE), ("b.png", IMAGE)]),
    ("<link rel=prefetch href=a.css>", [("a.css", STYLE)]),
    ("<link rel=prefetch href=a/>", [("a/", PAGE)]),
    ("<link rel=prerender href=a/>", [("a/", PAGE)]),
    ("<link rel='dns-prefetch stylesheet' href=a.css>", [("a.css", STYLE)]),
    ("<meta http-equiv=refresh content='5; URL=a.html'>", [("a.html", PAGE)]),
    ("<noscript><img src=a.png><link rel=stylesheet href=b.css></noscript>", [("a.png", IMAGE), ("b.css", STYLE)]),
    ("<head><noscript><img src=a.png></noscript><link rel=icon href=b.png></head>", [("a.png", IMAGE), ("b.png", IMAGE)]),
    ("<noscript><!--</noscript><img src=a.png>-->", [("a.png", IMAGE)]),
    ("<template><img src=a.png><template><img src=b.png></template></template>", [("a.png", IMAGE), ("b.png", IMAGE)]),
    ("<div><template shadowrootmode=open><img src=a.png></template></div>", [("a.png", IMAGE)]),
    # style sheets
    ("<style>@import 'a.css'; p { background: url(b.png) }</style>", [("a.css", STYLE), ("b.png", CSS_IMAGE)]),
    ("<style>@font-face { src: url(a.woff2) }</style>", [("a.woff2", ("font", "image"))]),
    ("<p style=\"background: url('a.png')\">", [("a.png", CSS_IMAGE)]),
    ("<p style='background: image-set(&quot;a.png&quot; 1x)'>", [("a.png", CSS_IMAGE)]),
    # SVG
    ("<svg><image href=a.png /><image xlink:href=b.png /></svg>", [("a.png", IMAGE), ("b.png", IMAGE)]),
    ("<svg><use href='a.svg#x'/></svg>", [("a.svg#x", IMAGE)]),
    ("<svg><filter><feImage href=a.png /></filter></svg>", [("a.png", IMAGE)]),
    ("<svg><pattern href='a.svg#x'/><linearGradient xlink:href='b.svg#x'/></svg>", [("a.svg#x", IMAGE), ("b.svg#x", IMAGE)]),
    ("<svg><text><textPath href='a.svg#x'>t</textPath></text></svg>", [("a.svg#x", IMAGE)]),
    ("<svg><rect fill='url(a.svg#x)' mask='url(&quot;b.svg#x&quot;)'/></svg>", [("a.svg#x", CSS_IMAGE), ("b.svg#x", CSS_IMAGE)]),
    ("<svg><script href=a.js></script></svg>", [("a.js", SCRIPT)]),
    ("<svg><style>@import 'a.css';<!-- p{} --></style></svg>", [("a.css", STYLE)]),
    ("<svg><image><set attributeName=href to=a.png /></image></svg>", [("a.png", IMAGE)]),
    ("<svg><image><animate attributeName=xlink:href values='a.png;b.png'/></image></svg>", [("a.png", IMAGE), ("b.png", IMAGE)]),
    ("<svg><foreignObject><img src=a.png></foreignObject></svg>", [("a.png", IMAGE)]),
    # scripts
    ("<script type=module>import x from './a.js'</script>", [("a.js", SCRIPT)]),
    ("<script>import('./a.js')</script>", [("a.js", SCRIPT)]),
    ("<script>new Worker('a.js')</script>", [("a.js", SCRIPT)]),
    ('<script type=importmap>{"imports": {"v": "./a.js"}, "scopes": {"/x/": {"w": "./b.js"}}}</script>', [("a.js", SCRIPT), ("b.js", SCRIPT)]),
    # lazy pages: what a script reads later
    ("<iframe data-src=a.html></iframe>", [("a.html", PAGE)]),
    ("<div data-bg=a.png></div>", [("a.png", IMAGE)]),
    ("<img src=a.png data-zoom-src=//far.example/b>", [("a.png", IMAGE), (FAR + "/b", IMAGE)]),
    # pages within the page
    ("<iframe srcdoc='<img src=a.png>'></iframe>", [("a.png", IMAGE)]),
    ("<iframe srcdoc='&lt;img src=&quot;a.png&quot;>'></iframe>", [("a.png", IMAGE)]),
    ("<iframe srcdoc=\"<iframe srcdoc='<img src=a.png>'></iframe>\"></iframe>", [("a.png", IMAGE)]),
    # broken pages
    ("<img src=a.png src=b.png>", [("a.png", IMAGE)]),
    ("text<body background=a.png><html style='background: url(b.png)'>", [("a.png", IMAGE), ("b.png", CSS_IMAGE)]),
    ("<body background=a.png><body background=b.png>", [("a.png", IMAGE)]),
    ("<p><a>x<p><img src=a.png></a><b><img src=b.png", [("a.png", IMAGE)]),
    ("<select><img src=a.png></select>", [("a.png", IMAGE)]),
    ("<div><script src=a.js>", [("a.js", SCRIPT)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), FETCHED, ids=[row[0] for row in FETCHED])
def test_what_is_fetched(text: str, found: list[tuple[str, tuple[str, ...]]]) -> None:
    assert of(read(text), Role.REQUISITE) == found


NOT_FETCHED = [
    "<img alt=a.png>",
    "<img src=data:image/png;base64,AAAA>",
    "<img src=''>",
    "<img src=blob:https://blog.example/x>",
    "<img src='http://[/'>",
    "<img lowsrc=a.png dynsrc=b.avi>",
    "<p>img src=a.png</p>",
    "<!-- <img src=a.png> -->",
    "<textarea><img src=a.png></textarea>",
    "<title><img src=a.png></title>",
    "<plaintext><img src=a.png>",
    "<iframe><img src=a.png></iframe>",
    "<iframe src=about:blank></iframe>",
    "<iframe src=javascript:void(0)></iframe>",
    "<input type=text src=a.png>",
    "<object><param name=movie value=a.swf></object>",
    "<applet code=a.class></applet>",
    "<link href=a.css>",
    "<link rel=stylesheet>",
    "<link rel=preload as=font imagesrcset=''>",
    "<script type=importmap src=a.json></script>",
    "<script>'<img src=a.png>'</script>",
    '<script type=application/ld+json>{"image": "https://far.example/a.png"}</script>',
    "<script type=text/template><img src=a.png></script>",
    "<script type=module>import 'vue'; // import './a.js'\n a.import('./b.js')</script>",
    '<script type=importmap>{"imports": {"v/": "./v/", "w": null, "x": "bare"}}</script>',
    "<style type=text/less>@import 'a.css';</style>",
    "<style>/* url(a.png) */ p::after { content: 'url(b.png)' }</style>",
    "<style>p { fill: url(#a) }</style>",
    "<p style='color: red'>",
    "<p fill='url(a.svg#x)'>",
    "<svg><use href='#x'/><rect fill='url(#x)'/></svg>",
    "<svg><image><set attributeName=opacity to=0.5 /></image></svg>",
    "<svg><script>x = 1 < 2 ? 'import' : './a.js'</script></svg>",
    "<meta name=refresh content='0; url=a.html'>",
    "<meta http-equiv=refresh content=5>",
    "<meta name=description content=https://far.example/a.png>",
    "<div data-bg=dark data-image='no url' data-full=3></div>",
    "<a href=#top>x</a>",
    "<area href=mailto:a@b.example><a href=tel:1>x</a><a href=javascript:x()>y</a>",
    "<iframe srcdoc='&amp;lt;img src=a.png>'></iframe>",
]


@pytest.mark.parametrize("text", NOT_FETCHED)
def test_what_is_not_fetched(text: str) -> None:
    assert not read(text).needs


# -- what a reader follows, and what other programs are told -----------------------------------------------

FOLLOWED: list[tuple[str, Role, list[str]]] = [
    ("<a href=b/>x</a>", Role.LINK, ["b/"]),
    ("<a href='b/#x'>x</a>", Role.LINK, ["b/#x"]),
    ("<map><area href=b/></map>", Role.LINK, ["b/"]),
    ("<svg><a href=b/ /><a xlink:href=c/ /></svg>", Role.LINK, ["b/", "c/"]),
    ("<math><mi href=b/>x</mi></math>", Role.LINK, ["b/"]),
    ("<form action=b/><button formaction=c/>x</button><input type=submit formaction=d/></form>", Role.LINK, ["b/", "c/", "d/"]),
    ("<blockquote cite=b/></blockquote><q cite=c/></q><del cite=d/></del><ins cite=e/></ins>", Role.LINK, ["b/", "c/", "d/", "e/"]),
    ("<link rel=next href=b/><link rel=prev href=c/><link rel=author href=d/>", Role.LINK, ["b/", "c/", "d/"]),
    ("<iframe src=about:blank longdesc=b/></iframe>", Role.LINK, ["b/"]),
    ("<meta property=og:image content=b.png><meta name=twitter:image content=c.png>", Role.INFORMATION, ["b.png", "c.png"]),
    ("<meta itemprop=image content=b.png><link itemprop=url href=c/>", Role.INFORMATION, ["b.png", "c/"]),
    ("<link rel=canonical href=b/><link rel=alternate type=application/rss+xml href=c.xml>", Role.INFORMATION, ["b/", "c.xml"]),
    ("<link rel=alternate hreflang=zh href=b/><link rel=search href=c.xml>", Role.INFORMATION, ["b/", "c.xml"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "role", "found"), FOLLOWED, ids=[row[0] for row in FOLLOWED])
def test_what_is_followed_or_told(text: str, role: Role, found: list[str]) -> None:
    parts = read(text)
    assert [url for url, _ in of(parts, role)] == found
    assert not of(parts, Role.REQUISITE)


# -- what is taken out -------------------------------------------------------------------------------------


def without(text: str, parts: Parts) -> str:
    """The page after its cuts."""
    source, pieces, position = text.encode(), [], 0
    for cut in parts.cuts:
        pieces += (source[position : cut.span.start], cut.new)
        position = cut.span.end
    return b"".join([*pieces, source[position:]]).decode()


CUT: list[tuple[str, str, str]] = [
    # (page, reason, what is left)
    ("<script src=a.js integrity='sha384-x' defer></script>", "integrity", "<script src=a.js defer></script>"),
    ("<script integrity=x INTEGRITY=y src=a.js></script>", "integrity", "<script src=a.js></script>"),
    ('<link rel=stylesheet href="a.css"integrity="x">', "integrity", '<link rel=stylesheet href="a.css">'),
    ('<script integrity="x"src=a.js></script>', "integrity", "<script src=a.js></script>"),
    ("<img src=a.png crossorigin>", "crossorigin", "<img src=a.png>"),
    ("<svg><image crossorigin=anonymous href=a.png /></svg>", "crossorigin", "<svg><image href=a.png /></svg>"),
    ("<a href=b ping='https://far.example/p'>x</a>", "ping", "<a href=b>x</a>"),
    ("<img src=a.png attributionsrc>", "attribution", "<img src=a.png>"),
    ("<meta http-equiv=Content-Security-Policy content=\"img-src 'none'\"><p>", "policy", "<p>"),
    ("<iframe src=a.html csp=x></iframe>", "policy", "<iframe src=a.html></iframe>"),
    ("<link rel=preconnect href=//far.example><p>", "hint", "<p>"),
    ("<link rel='dns-prefetch preconnect' href=//far.example crossorigin><p>", "hint", "<p>"),
    ("<meta http-equiv=x-dns-prefetch-control content=on><p>", "hint", "<p>"),
    ("<script type=speculationrules>{}</script><p>", "speculation", "<p>"),
    ("<html manifest=a.appcache><p>", "app-cache", "<html><p>"),
    ("<html manifest=a><p><html manifest=b lang=en>", "app-cache", "<html><p><html lang=en>"),
    ("<base href=/b/ target=_blank><p>", "base", "<base target=_blank><p>"),
    ("<base href=/b/><base href=/c/><p>", "base", "<base><base><p>"),
    ("<iframe srcdoc='<base href=/b/>'></iframe>", "base", "<iframe srcdoc='<base>'></iframe>"),
    ('<script type=importmap>{"integrity": {"a.js": "sha384-x"}}</script>', "integrity", '<script type=importmap>{"integrity": {"a.js": ""}}</script>'),
    ("<link rel=stylesheet href='data:text/css,@import %22https://far.example/a.css%22'>", "data-uri", "<link rel=stylesheet href='data:text/css;base64,QGltcG9ydCAiZGF0YTosIg=='>"),
    ("<style>@import 'data:text/css,@import url(https://far.example/a.css)';</style>", "data-uri", "<style>@import 'data:text/css;base64,QGltcG9ydCB1cmwoZGF0YTosKQ==';</style>"),
    ("<style>@import url(data:text/css;base64,QGltcG9ydCAiZGF0YTp0ZXh0L2NzcyxwJTdCYmFja2dyb3VuZDp1cmwoaHR0cHM6Ly9mYXIuZXhhbXBsZS9hKSU3RCI=);</style>", "data-uri", "<style>@import url(data:text/css;base64,QGltcG9ydCAiZGF0YTp0ZXh0L2NzcztiYXNlNjQsY0h0aVlXTnJaM0p2ZFc1a09uVnliQ2hrWVhSaE9pd3BmUT09Ig==);</style>"),
    ("<iframe src='data:text/html,<link rel=preconnect href=https://far.example>'></iframe>", "data-uri", "<iframe src='data:text/html;base64,'></iframe>"),
    ("<iframe src='data:text/html,<img src=//far.example/a>'></iframe><iframe src='data:text/html,<img src=https://far.example/a>'></iframe>", "data-uri", "<iframe src='data:text/html,<img src=//far.example/a>'></iframe><iframe src='data:text/html;base64,PGltZyBzcmM9ZGF0YTosPg=='></iframe>"),
    ("<script src='data:text/javascript,import(%22https://far.example/a.js%22)'></script>", "data-uri", "<script src='data:text/javascript;base64,aW1wb3J0KCJkYXRhOiwiKQ=='></script>"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why", "left"), CUT, ids=[row[0] for row in CUT])
def test_what_is_cut(text: str, why: str, left: str) -> None:
    parts = read(text)
    assert {cut.why for cut in parts.cuts} == {why}
    assert without(text, parts) == left
    assert not read(left).cuts


NOT_CUT = [
    "<script src=a.js nonce=x defer async></script>",
    "<img src=a.png loading=lazy referrerpolicy=no-referrer decoding=async>",
    "<p integrityx=1 data-integrity=2>integrity=3</p>",
    "<a href=b rel=noopener target=_blank>ping=x</a>",
    "<meta http-equiv=Content-Security-Policy-Report-Only content=x>",
    "<meta http-equiv=content-type content=text/html>",
    "<meta http-equiv=x-dns-prefetch-control content=off>",
    "<link rel=preload as=image href=a.png>",
    "<base target=_blank>",
    "<script type=text/javascript>x</script>",
    "<html lang=en>",
    "<iframe src='data:text/html,<p>x'></iframe>",
    "<iframe src='data:text/html,<img src=data:image/gif;base64,R>'></iframe>",
    "<link rel=stylesheet href='data:text/css,p{color:red}'>",
    "<style>@import 'data:text/css,p{color:red}'; @import 'a.css'; p { background: url(data:text/css,x) }</style>",
    "<iframe src='data:text/html,<a href=https://far.example/>x</a><script>new Worker(x)</script>'></iframe>",
    "<img src='data:image/svg+xml,<svg><image href=https://far.example/a /></svg>'>",
    "<a href='data:text/html,<img src=https://far.example/a>'>x</a>",
]


@pytest.mark.parametrize("text", NOT_CUT)
def test_what_is_not_cut(text: str) -> None:
    assert not read(text).cuts


def test_every_reason_has_a_row() -> None:
    """But for those with tests of their own."""
    assert set(CUTS) - {row[1] for row in CUT} == {"charset", "lazy", "depth"}


def test_pages_within_pages_end_somewhere() -> None:
    text = "<img src=a.png>"
    for _ in range(6):
        text = text.replace("&", "&amp;").replace('"', "&quot;")
        text = f'<img src=b.png><iframe srcdoc="{text}"></iframe>'
    parts = read(text)
    assert [cut.why for cut in parts.cuts] == ["depth"]
    assert not read(without(text, parts)).cuts
    assert len(parts.needs) == 5


def test_a_page_within_a_page_tells_of_its_attributes() -> None:
    (need,) = read("<iframe srcdoc=\"<p style='background: url(a.png)'>\"></iframe>").needs
    assert need.outer == (Syntax.HTML_SINGLE, Syntax.HTML_DOUBLE)
    assert need.reference.syntax is Syntax.CSS_UNQUOTED


def test_modules_are_known_as_such() -> None:
    text = (
        "<script type=module src=a.js></script><link rel=modulepreload href=b.js><script src=c.js></script>"
        "<script type=module>import './d.js'; new Worker('e.js')</script>"
    )
    found = {short(need.reference.url): need.module for need in read(text).needs}
    assert found == {"a.js": True, "b.js": True, "c.js": False, "d.js": True, "e.js": False}


def test_a_refresh_is_no_link_for_it_needs_no_click() -> None:
    (need,) = read("<meta http-equiv=Refresh content='0;https://far.example/'>").needs
    assert (need.role, need.reference.kind, need.families) == (Role.REQUISITE, "html-meta-refresh", PAGE)


# -- the base ----------------------------------------------------------------------------------------------

BASES: list[tuple[str, list[str]]] = [
    ("<base href=/b/><img src=a.png><a href=#x>x</a>", [SITE + "/b/a.png", SITE + "/b/#x"]),
    ("<img src=a.png><base href=/b/>", [SITE + "/b/a.png"]),
    ("<base target=x><base href=//far.example/><base href=/c/><img src=a.png>", [FAR + "/a.png"]),
    ("<base href=/b/><style>p { background: url(a.png) }</style><p style='background: url(c.png)'>", [SITE + "/b/a.png", SITE + "/b/c.png"]),
    ("<base href=/b/><script type=module>import './a.js'</script>", [SITE + "/b/a.js"]),
    ("<base href=/b/><iframe srcdoc='<img src=a.png>'></iframe>", [SITE + "/b/a.png"]),
    ("<iframe srcdoc='<base href=/b/><img src=a.png>'></iframe><img src=c.png>", [SITE + "/b/a.png", HERE + "c.png"]),
    ("<base href=/b/><svg><use href='#x'/></svg>", []),
    # none of these sets a base
    ("<base href=data:,x><img src=a.png>", [HERE + "a.png"]),
    ("<template><base href=/b/></template><img src=a.png>", [HERE + "a.png"]),
    ("<svg><base href=/b/></base></svg><img src=a.png>", [HERE + "a.png"]),
    ("<!-- <base href=/b/> --><img src=a.png>", [HERE + "a.png"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), BASES, ids=[row[0] for row in BASES])
def test_what_urls_are_resolved_against(text: str, found: list[str]) -> None:
    assert [need.reference.url for need in read(text).needs] == found


# -- lazy pages --------------------------------------------------------------------------------------------

LAZY: list[tuple[str, str]] = [
    # (page, what it becomes with each URL in its place, relative to the page)
    ("<img data-src=a.png>", '<img src="a.png" data-src=a.png>'),
    ("<img class=x DATA-SRC='a.png'>", "<img class=x src=\"a.png\" DATA-SRC='a.png'>"),
    ('<img src="data:image/gif;base64,R" data-src=a.png>', '<img src="a.png" data-src=a.png>'),
    ("<img src=/img/blank.gif data-original=a.png>", "<img src=a.png data-original=a.png>"),
    ("<img src='' data-src=a.png>", "<img src='a.png' data-src=a.png>"),
    ("<img data-srcset='a.png 1x, b.png 2x'>", "<img src=\"a.png\" data-srcset='a.png 1x, b.png 2x'>"),
    ("<img src=data:, srcset='data:image/gif,x 1w' data-src=a.png>", "<img src=a.png data-src=a.png>"),
    ("<video data-poster=a.png><source data-src=b.mp4></video>", '<video poster="a.png" data-poster=a.png><source src="b.mp4" data-src=b.mp4></video>'),
    # what is there already stays
    ("<img src=a.png data-src=b.png>", "<img src=a.png data-src=b.png>"),
    ("<img src=a.png srcset='b.png 2x' data-src=c.png>", "<img src=a.png srcset='b.png 2x' data-src=c.png>"),
    ("<img src=data:image/png;base64,R>", "<img src=data:image/png;base64,R>"),
    ("<img src=blank.gif>", "<img src=blank.gif>"),
    ("<iframe data-src=a.html></iframe>", "<iframe data-src=a.html></iframe>"),
    ("<picture><source data-srcset='a.avif'></picture>", "<picture><source data-srcset='a.avif'></picture>"),
    ("<img data-src='{{ x }}.png'>", "<img data-src='{{ x }}.png'>"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), LAZY, ids=[row[0] for row in LAZY])
def test_lazy_pictures_are_shown(text: str, shown: str) -> None:
    parts = read(text)
    made = copied(text.encode(), parts, keep=True)
    assert made.decode() == shown
    assert not read(shown).cuts


# -- a copy ------------------------------------------------------------------------------------------------


def copied(source: bytes, parts: Parts, *, keep: bool = False) -> bytes:
    """The page with each URL decided, and read again by the oracle.

    With ``keep`` each URL is what it was, relative to the page; else it is another one.
    """
    decided = {
        number: Decision(
            short(need.reference.url) if keep else f"../_holdfast/x-{number}.bin",
            None if keep else need.reference.url,
        )
        for number, need in enumerate(parts.needs)
        if not need.reference.dynamic
        and not (keep and need.reference.raw.decode() == short(need.reference.url))
    }
    made = assemble(source, parts, decided, read=lambda new: page(new, HERE), seal=b"" if keep else SEAL)
    assert made.disagreement is None
    return made.data


ALL = [row[0] for row in (*FETCHED, *FOLLOWED, *CUT, *BASES, *LAZY)]


@pytest.mark.parametrize("text", ALL)
def test_a_copy_of_each_is_read_as_meant(text: str) -> None:
    copied(text.encode(), read(text))


PIECES = [
    *ALL,
    *(
        "<p>",
        "</p>",
        "<table>",
        "<svg>",
        "</svg>",
        "<noscript>",
        "</noscript>",
        "<template>",
        "<head>",
        "<body>",
    ),
    *(
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<a href='",
        "'>",
        '"',
        "&amp;",
        "&#",
        "<",
    ),
    *(
        ">",
        "text",
        "<html>",
        "</html>",
        "<select>",
        "<title>",
        "<math>",
        "<frameset>",
        "\r\n",
        "\x00",
        "ü",
        " ",
    ),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_any_page_is_read(text: str) -> None:
    read(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(ALL), max_size=6).map("".join))
def test_any_page_of_whole_constructs_is_copied(text: str) -> None:
    copied(text.encode(), read(text))


# -- encodings ---------------------------------------------------------------------------------------------

ENCODED = [
    ("привет", "windows-1251"),
    ("乗誠弌", "gb18030"),
    ("表示十", "shift_jis"),
    ("café", "windows-1252"),
]


BACKSLASH = "\\"
"""Stays in a query, as the second byte of a character too (WHATWG URL, "query percent-encode set")."""


@pytest.mark.parametrize(("text", "label"), ENCODED)
@pytest.mark.parametrize("where", ["meta", "transport"])
def test_offsets_are_bytes_in_any_encoding(text: str, label: str, where: str) -> None:
    meta = f"<meta charset={label}>" if where == "meta" else ""
    source = (
        f"{meta}<title>{text}</title><p>{text}<img alt='{text}' src='{text}.png'>"
        f"<p style='background: url({text}.gif)'><style>p {{ background: url({text}.webp) }}</style>"
        f"<a href='?q={text}'>x</a><script>x = '{text}'; import('./{text}.js')</script>"
        f"<iframe srcdoc='<img src=&quot;{text}.ico&quot;>'></iframe>"
    ).encode(label)
    parts = page(source, HERE, None if where == "meta" else label)
    check(source, parts)
    path = quote(text)
    ends = [
        f"{path}.png",
        f"{path}.gif",
        f"{path}.webp",
        f"?q={quote(text.encode(label), safe=BACKSLASH)}",
        f"{path}.js",
        f"{path}.ico",
    ]
    assert [short(need.reference.url) for need in parts.needs] == ends
    told = [cut.new for cut in parts.cuts]
    assert told == ([] if where == "meta" else [f'<meta charset="{label}">'.encode()])
    assert page(copied(source, parts), HERE).codec == parts.codec


DECLARED: list[tuple[bytes, str | None, bytes]] = [
    # (page, what the transport says, what is put in)
    ("é".encode(), None, b'<meta charset="utf-8">'),
    ("é".encode("cp1252"), None, b'<meta charset="windows-1252">'),
    ("<meta charset=utf-8>ж".encode("cp1251"), "windows-1251", b'<meta charset="windows-1251">'),
    # these need none
    ("<meta charset=utf-8>é".encode(), None, b""),
    ("<meta charset=utf-8>é".encode(), "UTF-8", b""),
    ("<meta http-equiv=Content-Type content='text/html; charset=utf-8'>é".encode(), None, b""),
    ("\ufeffé".encode(), "windows-1251", b""),
    (b"plain", None, b""),
    (b"plain", "windows-1251", b""),
]


@pytest.mark.parametrize(("source", "label", "new"), DECLARED)
def test_a_file_says_which_encoding_it_is_in(source: bytes, label: str | None, new: bytes) -> None:
    parts = page(source, HERE, label)
    assert b"".join(cut.new for cut in parts.cuts) == new


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("<img src=a.png>".encode("utf-16"), None),
        (b"<meta charset=iso-2022-jp><img src=a.png>", None),
        (b"<img src=a.png>", "UTF-16LE"),
        (b"<img src=a.png>", "iso-2022-jp"),
    ],
)
def test_what_cannot_be_read_is_told(source: bytes, label: str | None) -> None:
    parts = page(source, HERE, label)
    assert not parts.needs
    assert [notice.code for notice in parts.notices] == ["encoding"]


# -- the seal's place --------------------------------------------------------------------------------------

SEALED = [
    # the place is marked with |
    "<!doctype html><html lang=en><head>|<link rel=icon href=a><meta charset=utf-8></head>",
    "<!doctype html><html lang=en><head>\n<meta charset=utf-8>|<link rel=icon href=a></head>",
    "<head><title>x</title><meta http-equiv=content-type content='text/html; charset=utf-8'>|<style></style>",
    "<head>|<script>x</script><meta charset=utf-8>",
    "<head>|<meta http-equiv=content-security-policy content=x><meta charset=utf-8>",
    "<html>|<link rel=icon href=a>",
    "<!-- x --><!DOCTYPE html>|<link rel=icon href=a>",
    "<?xml version='1.0'?>\n<!DOCTYPE html>|text<head><meta charset=utf-8>",
    "|<img src=a.png>",
    "|text<html><head><body background=a.png>",
    "\ufeff<!doctype html>|<p>",
    "<html><head>|</head><frameset><frame src=a></frameset></html>",
    "|",
]


@pytest.mark.parametrize("marked", SEALED)
def test_where_the_seal_goes(marked: str) -> None:
    before, _, after = marked.partition("|")
    source = (before + after).encode()
    assert page(source, HERE).seal_at == len(before.encode())


# -- size --------------------------------------------------------------------------------------------------

SHAPES = [
    *("<img src=a.png>", "<a href=b ping=c>", "<base href=a>", "<link rel=preconnect href=a>", "<svg>", "<template>"),
    *("<noscript>", "<noscript><img src=a></noscript>", "<style>", "<style>@import 'a'</style>", "<script>", "<!--"),
    *("<html a=1>", "<body background=a>", "<img integrity", " integrity", "<p style='a:url(b)'>", "<iframe srcdoc='"),
    *("<iframe srcdoc='<img src=a>'></iframe>", "<img srcset='a 1x, b 2x'>", "<img data-src=a.png>", "&amp;", "<p a="),
    *("<script>import('./a.js')</script>", "<script type=importmap>{", '{"imports":', "<svg fill='url(a)'>", "<meta charset=x>"),
    *("<iframe src='data:text/html,<img src=https://a>'></iframe>","<img src=blank.gif data-src=a.png>", "<plaintext>", "<img data-bg=blank_", "_blank"),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("before", ["", "<img src='data:text/css,", "<script type=importmap>"])
def test_time_is_linear(before: str, shape: str) -> None:
    """Four times the size, at most nine times the time."""

    def read(size: int) -> None:
        page((before + (shape * size)[:size]).encode(), HERE)

    read(1000)
    with alone():
        assert too_slow(read, 6_000, 24_000, least=0.002) is None


@pytest.mark.parametrize(
    "text", ["<img src='data:image/png;base64,%s'>", "<img srcset='data:image/png,%s 1x'>"]
)
def test_a_picture_of_fifty_megabytes_within_a_url(text: str) -> None:
    def read(size: int) -> None:
        assert len(page((text % ("A" * size) + "<img src=a.png>").encode(), HERE).needs) == 1

    with alone():
        assert too_slow(read, 12_500_000, 50_000_000, clock=user_seconds) is None

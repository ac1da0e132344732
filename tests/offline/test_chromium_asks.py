"""What Chromium asks for as it shows a page is among what was read from the page's bytes, or is cut.

The other hosts answer from within this process; no request leaves it.
"""

# ruff: noqa: E501 - a construct is one row of a table

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Error, Request, Route
from tests.offline.sites.copying import chromium

from holdfast.offline.cutting import REACHING_OUT
from holdfast.offline.pages import page
from holdfast.offline.parts import Role

HERE = "https://blog.example/post/a/"
FAR = "https://far.example/"

ROWS: list[tuple[str, str]] = [
    # (page, the paths below FAR that Chromium asks for, which shows that the row means something)
    ("<img src=FAR/a lowsrc=FAR/b dynsrc=FAR/c>", "a"),
    ("<img srcset='FAR/a 1x, FAR/b 2x'>", "a"),
    ("<picture><source srcset=FAR/a><img src=FAR/b></picture>", "a"),
    ("<select><option>x<img src=FAR/a></select>", "a"),
    ("<input type=image src=FAR/a>", "a"),
    ("<video poster=FAR/a><source src=FAR/b><track default src=FAR/c kind=subtitles></video>", "a b"),
    ("<table background=FAR/a><thead background=FAR/b><tr background=FAR/c><td background=FAR/d>x<colgroup background=FAR/e></table>", "a b c d"),
    ("<table><colgroup background=FAR/a><col background=FAR/b><tr><td>x</table>", "a b"),
    ("<frameset><frame src=FAR/a></frameset>", "a"),
    ("<object data=FAR/a codebase=FAR/b></object><object data=FAR/c classid=FAR/d></object>", "a"),
    ("<object><param name=src value=FAR/a></object><embed src=FAR/b><bgsound src=FAR/c><applet code=FAR/d></applet>", "b"),
    ("<fencedframe src=FAR/a></fencedframe><portal src=FAR/b></portal>", ""),
    ("<noscript><img src=FAR/a></noscript><noscript><!--</noscript><img src=FAR/b>-->", "b"),
    ("<div><template shadowrootmode=open><img src=FAR/a><style>@import 'FAR/b'</style></template></div>", "a b"),
    ("<iframe srcdoc='<img src=FAR/a>'></iframe>", "a"),
    ("<meta http-equiv=refresh content='0;url=FAR/a'>", "a"),
    ("<meta http-equiv=link content='<FAR/a>; rel=stylesheet'>", ""),
    ("<html manifest=FAR/a><p>x", ""),
    # links
    ("<link rel='alternate stylesheet' title=x href=FAR/a><link rel=stylesheet disabled href=FAR/b>", "a"),
    ("<link rel=stylesheet type=text/less href=FAR/a>", ""),
    ("<link rel=modulepreload href=FAR/a><link rel=prefetch href=FAR/b>", "a b"),
    ("<link rel=preload as=image href=FAR/a imagesrcset='FAR/b 1x'>", "b"),
    ("<link rel=compression-dictionary href=FAR/a>", "a"),
    ("<link rel=search type=application/opensearchdescription+xml href=FAR/a><link rel=next href=FAR/b><link rel=pingback href=FAR/c>", ""),
    ("<link rel=stylesheet href='data:text/css,@import %22FAR/a%22'>", "a"),
    # scripts
    ("<script src=FAR/a></script><script type=text/plain src=FAR/b></script>", "a"),
    ('<script type=importmap>{"imports":{"v":"FAR/a"}}</script><script type=module>import "v"</script>', "a"),
    ('<script type=speculationrules>{"prefetch":[{"source":"list","urls":["FAR/a"]}]}</script>', "a"),
    ("<script>import('FAR/a')</script><script src='data:text/javascript,import(%22FAR/b%22)'></script>", "a b"),
    # style sheets
    ("<style>@layer a; @import url(FAR/a) layer(x) supports(display:grid) screen;</style>", "a"),
    ("<style>@import 'data:text/css,@import \"FAR/a\";';</style>", "a"),
    ("<p style='background: \\75rl(FAR/a)'>x<p style='background: ur\\6c(FAR/b)'>x", "a b"),
    ("<style>p { background: image-set('FAR/a' 1x); --x: url(FAR/b) }</style><p>x", "a"),
    ("<style>p { background: -webkit-image-set(url(FAR/a) 1x); clip-path: url(FAR/b#a) }</style><p>x", "a b"),
    ("<style>@font-face { font-family: q; src: url(FAR/a) } p { font-family: q }</style><p>x", "a"),
    ("<ul style='list-style: url(FAR/a)'><li style='cursor: url(FAR/b), auto; border-image: url(FAR/c) 1'>x</ul>", "a c"),
    # SVG
    ("<svg><rect width=9 height=9 fill='url(FAR/a#x)' filter='url(FAR/b#x)' mask='url(FAR/c#x)'/></svg>", "b c"),
    ("<svg><use href='FAR/a#x'/><image width=9 height=9 xlink:href=FAR/b /></svg>", "b"),
    ("<svg><filter id=f><feImage href=FAR/a /></filter><rect filter='url(#f)' width=9 height=9 /></svg>", "a"),
    ("<svg><image width=9 height=9><set attributeName=href to=FAR/a begin=0s /></image></svg>", "a"),
    ("<svg><style>@import url(FAR/a);</style><script xlink:href=FAR/b /></svg>", "a b"),
    ("<svg><font-face-uri xlink:href=FAR/a /><pattern href=FAR/b#x /><textPath href=FAR/c#x /></svg>", ""),
    # documents within URLs
    ("<iframe src='data:image/svg+xml,<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"FAR/a\"/></svg>'></iframe>", "a"),
    ("<embed src='data:text/html,<img src=FAR/a>'><object data='data:text/html,<img src=FAR/b>'></object>", "a b"),
    ("<img src='data:image/svg+xml,<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"FAR/a\"/></svg>'>", ""),
    ("<svg><use href='data:image/svg+xml,<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"a\"><image href=\"FAR/a\"/></svg>#a'/></svg>", ""),
]  # fmt: skip


Shown = Callable[[str], set[str]]


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    """Shows a page, and says what it asks for."""
    text = ""
    seen: set[str] = set()

    def answer(route: Route, request: Request) -> None:
        if request.url == HERE:
            route.fulfill(body=text, content_type="text/html")
        else:
            route.fulfill(body="", content_type=_TYPES.get(request.resource_type, "image/svg+xml"))

    with chromium() as browser:
        context = browser.new_context()
        context.route("**/*", answer)

        def show(shown: str) -> set[str]:
            nonlocal text
            text = shown
            seen.clear()
            view = context.new_page()  # what is left of a refresh interrupts what its page is sent to next
            view.on("request", lambda request: seen.add(request.url.partition("#")[0]))
            with contextlib.suppress(Error):  # a refresh leaves before all is loaded
                view.goto(HERE, timeout=5000)
            view.wait_for_timeout(80)
            found = set(seen)
            view.close()
            return found

        yield show


@pytest.mark.parametrize(("text", "asked"), ROWS, ids=[row[0] for row in ROWS])
def test_what_chromium_asks_for_is_known(shown: Shown, text: str, asked: str) -> None:
    text = text.replace("FAR/", FAR)
    seen = shown(text)
    wanted = {FAR + path for path in asked.split()}
    assert wanted <= seen, "Chromium does not ask for it"
    parts = page(text.encode(), HERE)
    known = {need.reference.url.partition("#")[0] for need in parts.needs if need.role is Role.REQUISITE}
    if not any(cut.why in REACHING_OUT for cut in parts.cuts):
        assert {url for url in seen if url.startswith(FAR)} <= known


_TYPES = {"stylesheet": "text/css", "script": "text/javascript", "document": "text/html"}

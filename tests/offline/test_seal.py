"""The seal and the placeholders, asked of a real browser: what is local works, nothing else is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from holdfast.families import MEDIA
from holdfast.media import identify
from holdfast.offline import inlining
from holdfast.offline.placeholders import PLACEHOLDERS, placeholder
from holdfast.offline.seal import PATTERN, SEAL
from holdfast.svg import Drawing, inspect

pytestmark = pytest.mark.slow  # a browser is opened

MISSING = "_holdfast/missing"


@dataclass
class Copy:
    """A folder with the placeholders, on disk and on a server; and another server that counts."""

    folder: Path
    served: str
    remote: str
    asked: list[str] = field(default_factory=list)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    folder = tmp_path_factory.mktemp("copy")
    for each in PLACEHOLDERS.values():
        file = folder / each.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(each.data)
    (folder / "a.css").write_text(
        f"@font-face{{font-family:a;src:url({MISSING}/font.ttf)}} p{{font-family:a}}"
        f" body{{background:url({MISSING}/image.svg)}}"
    )
    (folder / "a.js").write_text("window.ran = 1")
    (folder / "worker.js").write_text("postMessage(1)")
    (folder / "frame.html").write_text("<script>parent.postMessage('frame', '*')</script>")
    found = Copy(folder, "", "")

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the server's own names

        def log_message(self, *_: object) -> None:
            pass

    servers = [
        ThreadingHTTPServer(("127.0.0.1", 0), handler)
        for handler in (partial(_Quiet, directory=str(folder)), Counting)
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    found.served, found.remote = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    yield found
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield found
        found.close()


def look(
    browser: Browser, copy: Copy, url: str, body: str, seal: bytes = SEAL, *, wait: float = 150
) -> tuple[Any, list[str]]:
    """What `LOOK` says of a page, and the local requests that failed."""
    page = f"<!doctype html><html><head><meta charset=utf-8>{seal.decode()}</head><body>{body}"
    (copy.folder / "page.html").write_text(page)
    copy.asked.clear()
    failed: list[str] = []
    context = browser.new_context()
    tab = context.new_page()
    tab.on("requestfailed", lambda request: failed.append(request.url))
    tab.goto(f"{url}/page.html")
    tab.wait_for_timeout(wait)  # milliseconds, for what a script or a style asks for
    found = tab.evaluate(LOOK)
    context.close()
    return found, [each for each in failed if not each.startswith(copy.remote)]


LOOK = """() => ({
  pictures: [...document.images].every(image => image.naturalWidth > 0),
  sounds: [...document.querySelectorAll("video, audio")].every(each => each.readyState > 1 && !each.error),
  fonts: [...document.fonts].map(font => font.status).join(),
  styled: getComputedStyle(document.body).backgroundImage.includes("image.svg"),
  ran: window.ran, evaluated: window.evaluated, framed: window.framed,
})"""

LOCAL = f"""
<link rel=stylesheet href=a.css><link rel=icon href={MISSING}/image.svg>
<link rel=manifest href={MISSING}/manifest.webmanifest>
<script>addEventListener("message", event => window.framed = event.data)</script>
<script src=a.js></script><script>eval("window.evaluated = 1")</script>
<script src={MISSING}/script.js></script>
<p>text <img src={MISSING}/image.svg srcset="{MISSING}/image.svg 2x">
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">
<iframe src=frame.html></iframe><iframe src="{MISSING}/page.html#https%3A//h.example/x"></iframe>
<object data={MISSING}/image.svg></object><embed src={MISSING}/image.svg>
<video src={MISSING}/sound.wav preload=auto></video><audio src={MISSING}/sound.wav preload=auto></audio>
<iframe srcdoc="<img src={MISSING}/image.svg>"></iframe>
"""


@pytest.mark.parametrize("where", ["file", "server"])
def test_what_is_local_works_behind_the_seal(browser: Browser, copy: Copy, where: str) -> None:
    url = copy.folder.as_uri() if where == "file" else copy.served
    found, failed = look(browser, copy, url, LOCAL, wait=500)
    assert found == {
        "pictures": True,
        "sounds": True,
        "fonts": "loaded",
        "styled": True,
        "ran": 1,
        "evaluated": 1,
        "framed": "frame",
    }
    assert failed == []


REMOTE = [
    # each with the path that it asks for
    "<img src=$/img>",
    "<img srcset='$/srcset 2x, $/srcset 1x'>",
    "<link rel=stylesheet href=$/stylesheet>",
    "<link rel=icon href=$/icon>",
    "<link rel=preload as=image href=$/preload>",
    "<link rel=prefetch href=$/prefetch>",
    "<link rel=modulepreload href=$/modulepreload>",
    "<style>@import '$/import';</style>",
    "<style>@font-face{font-family:b;src:url($/font)} i{font-family:b}</style><i>x</i>",
    "<p style='background:url($/background)'>x</p>",
    "<script src=$/script></script>",
    "<script type=module src=$/module></script>",
    "<iframe src=$/iframe></iframe>",
    "<iframe srcdoc='<img src=$/srcdoc>'></iframe>",
    "<object data=$/object></object>",
    "<embed src=$/embed>",
    "<video src=$/video></video>",
    "<video poster=$/poster></video>",
    "<audio src=$/audio></audio>",
    "<input type=image src=$/input>",
    "<svg><image href=$/image /></svg>",
    "<script>fetch('$/fetch').catch(() => 0)</script>",
    "<script>var x = new XMLHttpRequest(); x.open('GET', '$/xhr'); x.send()</script>",
    "<script>navigator.sendBeacon('$/beacon', 'x')</script>",
    "<script>new EventSource('$/events')</script>",
    "<script>new WebSocket('ws:$/socket'.replace('http:', ''))</script>",
    "<script>new Image().src = '$/made'</script>",
    "<script>import('$/dynamic').catch(() => 0)</script>",
]


@pytest.mark.parametrize("where", ["file", "server"])
def test_what_is_remote_is_asked_for_without_the_seal_only(browser: Browser, copy: Copy, where: str) -> None:
    url = copy.folder.as_uri() if where == "file" else copy.served
    body = "\n".join(REMOTE).replace("$", copy.remote)
    look(browser, copy, url, body, b"", wait=1000)
    asked = set(copy.asked)
    # a headless browser shows no icon
    assert len(REMOTE) - 1 <= len(asked | {"/icon"}), "each of them leaks"
    look(browser, copy, url, body, wait=1000)
    assert copy.asked == []


def test_links_and_forms_to_other_sites_stay_open(browser: Browser, copy: Copy) -> None:
    body = f"<form action={copy.remote}/form></form><script>document.forms[0].submit()</script>"
    page = f"<!doctype html><meta charset=utf-8>{SEAL.decode()}{body}"
    (copy.folder / "page.html").write_text(page)
    copy.asked.clear()
    tab = browser.new_page()
    tab.goto(f"{copy.folder.as_uri()}/page.html")
    tab.wait_for_url(f"{copy.remote}/form?")
    tab.close()
    assert "/form?" in copy.asked


INLINED = inlining.data_url(
    b'<svg xmlns="http://www.w3.org/2000/svg"><filter id="a"><feFlood/></filter></svg>', "image/svg+xml", "a"
)
TRACK = inlining.data_url(b"WEBVTT\n\n00:00.000 --> 00:01.000\nx\n", "text/vtt")

REFUSED = [
    # what fails from a file, and what takes its place; an empty place: nothing can
    (f"<p style='mask:url({MISSING}/image.svg)'>x", f"<p style='mask:url({INLINED})'>x"),
    (
        f"<p style='shape-outside:url({MISSING}/image.svg);float:left'>x",
        f"<p style='shape-outside:url({INLINED})'>x",
    ),
    (f"<p style='filter:url({MISSING}/image.svg#a)'>x", f"<p style='filter:url({INLINED})'>x"),
    (f"<p style='clip-path:url({MISSING}/image.svg#a)'>x", f"<p style='clip-path:url({INLINED})'>x"),
    (
        f"<svg><path d='M0 0h9v9' fill='url({MISSING}/image.svg#a)'/></svg>",
        f"<svg><path fill='url({INLINED})'/></svg>",
    ),
    (
        f"<video src={MISSING}/sound.wav><track default src={MISSING}/track.vtt></video>",
        f"<video src={MISSING}/sound.wav><track default src='{TRACK}'></video>",
    ),
    (f"<svg><use href='{MISSING}/image.svg#a'/></svg>", ""),
    ("<script type=module src=a.js></script>", ""),
]


@pytest.mark.parametrize(("refused", "taken"), REFUSED, ids=[row[0][:24] for row in REFUSED])
def test_a_file_that_is_refused_is_taken_as_a_data_url(
    browser: Browser, copy: Copy, refused: str, taken: str
) -> None:
    url = copy.folder.as_uri()
    assert look(browser, copy, url, refused)[1]
    assert look(browser, copy, url, taken)[1] == []


# -- placeholders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [*sorted(MEDIA), "style", "script", "page", "manifest", "data"])
def test_there_is_a_placeholder_for_every_family(family: str) -> None:
    found = placeholder([family])
    assert found.data
    assert len(found.data) < 2048
    assert found.name.startswith(f"{MISSING}/")
    kind = identify(found.data)
    if family in MEDIA - {"pdf"}:
        assert kind is not None or family == "track"


@pytest.mark.parametrize(
    ("families", "name"),
    [
        (("image", "font"), "image.svg"),
        (("font", "image"), "font.ttf"),
        (("audio", "image", "pdf", "video"), "image.svg"),
        (("page",), "page.html"),
        ((), "image.svg"),
    ],
)
def test_the_likeliest_family_decides(families: tuple[str, ...], name: str) -> None:
    assert placeholder(families).name == f"{MISSING}/{name}"


def test_the_picture_is_still() -> None:
    assert isinstance(inspect(PLACEHOLDERS["image"].data), Drawing)


def test_the_page_says_what_is_missing(browser: Browser, copy: Copy) -> None:
    tab = browser.new_page()
    tab.goto(f"{copy.folder.as_uri()}/{MISSING}/page.html#https%3A//h.example/%E5%9B%BE?a")
    assert tab.inner_text("#url") == "https://h.example/图?a"
    tab.close()


def test_a_seal_is_known_again() -> None:
    assert PATTERN.fullmatch(SEAL)
    assert not PATTERN.search(b'<meta http-equiv="Content-Security-Policy" content="default-src *">')

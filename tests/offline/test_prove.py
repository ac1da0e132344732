"""The proof, with the real Chromium: a row per fault that a copy can have, and its twin that has none.

One copy holds all rows, one run opens them. A loopback origin counts connections: whatever the pages try,
none arrives. Chromium is the system's; these tests fail without it, they do not skip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from PIL import Image
from tests.offline.copies import QUICK, png, write
from tests.servers import Origin, Reply

from holdfast.prove.proving import count_remote, prove
from holdfast.prove.seen import Finding, Look, Proof


@dataclass(frozen=True, slots=True)
class Row:
    """One construct: a page that has it, and what is told of it (nothing: it is as it should be)."""

    name: str
    body: str
    """``{remote}`` stands for the origin on loopback."""
    fault: str = ""
    url: str = ""
    """A part of the URL or of the words that are told."""
    alone: bool = False
    """It does something to the whole page; the others share one, the twins another."""

    @property
    def page(self) -> str:
        return f"{self.name}.html" if self.alone else "faults.html" if self.fault else "twins.html"


def row(name: str, body: str, fault: str = "", url: str = "", *, alone: bool = False) -> object:
    return pytest.param(Row(name, body, fault, url, alone), id=name)


def worker(script: str) -> str:
    """A page that starts a worker from a text: the only kind that starts from ``file:``."""
    return f"<script>new Worker(URL.createObjectURL(new Blob([`{script}`])))</script>"


SEAL = "<meta http-equiv=Content-Security-Policy content=\"default-src 'self' file: data: 'unsafe-inline'\">"

ROWS = [
    # What reaches for the network, however it does it.
    row("img", "<img src={remote}/a.png>", "remote", "/a.png"),
    row("img-by-script", "<script>new Image().src = '{remote}/s.png'</script>", "remote", "/s.png"),
    row("css", "<link rel=stylesheet href=remote.css><p>x", "remote", "remote.example/bg.png"),
    row("css-import", "<link rel=stylesheet href=remote.css>", "remote", "/i.css"),
    row("no-scheme", "<img src=//cdn.example/a.png>", "remote", "cdn.example"),
    row("font", "<style>@font-face{font-family:z;src:url({remote}/z.woff2)} p{font-family:z}</style><p>x",
        "remote", "z.woff2"),
    row("fetch", "<script>fetch('{remote}/data').catch(() => 0)</script>", "remote", "/data"),
    row("fetch-later", "<script>setTimeout(() => fetch('{remote}/late').catch(() => 0), 150)</script>",
        "remote", "/late"),
    row("fetch-much-later",
        "<script>setTimeout(() => fetch('{remote}/in50s').catch(() => 0), 50000)</script>", "remote",
        "/in50s"),
    row("later-in-a-frame",
        "<iframe srcdoc=\"<script>setTimeout(() => { new Image().src = '{remote}/in9s' }, 9000)</script>\">"
        "</iframe>", "remote", "/in9s"),
    row("websocket", "<script>new WebSocket('wss://remote.example/socket')</script>", "remote", "/socket"),
    row("beacon", "<script>navigator.sendBeacon('{remote}/beacon', 'x')</script>", "remote", "/beacon"),
    row("beacon-at-the-end", "<script>onpagehide = () => navigator.sendBeacon('{remote}/bye')</script>",
        "remote", "{remote}", alone=True),
    row("eventsource", "<script>new EventSource('{remote}/events')</script>", "remote", "/events"),
    row("webtransport",
        "<script>new WebTransport('https://remote.example:4433/wt').ready.catch(() => 0)</script>", "remote",
        "4433/wt"),
    row("webrtc", "<script>new RTCPeerConnection({iceServers: [{urls: 'stun:stun.example:3478'}]})</script>",
        "remote", "stun:stun.example"),
    row("frame-in-frame", "<iframe src=frame.html></iframe>", "remote", "deep.png"),
    row("srcdoc", "<iframe srcdoc=\"<iframe srcdoc='<img src={remote}/d.png>'></iframe>\"></iframe>",
        "remote", "/d.png"),
    row("sandboxed-frame",
        "<iframe sandbox=allow-scripts srcdoc=\"<script>new WebSocket('wss://boxed.example/')</script>\">"
        "</iframe>", "remote", "boxed.example"),
    row("remote-frame", "<iframe src={remote}/frame></iframe>", "remote", "/frame"),
    row("worker", worker("fetch('{remote}/w').catch(() => 0)"),
        "remote", "/w"),
    row("worker-socket", worker("new WebSocket('wss://remote.example/ws')"),
        "remote", "/ws"),
    row("media", "<video src={remote}/v.mp4></video>", "remote", "v.mp4"),
    row("object", "<object data={remote}/o.svg></object>", "remote", "o.svg"),
    row("prefetch", "<link rel=prefetch href={remote}/next.html>", "remote", "next.html"),
    row("preload", "<link rel=preload as=image href={remote}/pre.png>", "remote", "pre.png"),
    row("preconnect", "<link rel=preconnect href=https://pre.example>", "remote", "pre.example"),
    row("dns-prefetch", "<link rel=dns-prefetch href=//dns.example>", "remote", "dns.example"),
    row("hint-by-script", "<script>l = document.createElement('link'); l.rel = 'dns-prefetch'; "
        "l.href = 'https://made.example'; document.head.append(l)</script>", "remote", "made.example"),
    row("speculation", '<script type=speculationrules>{"prefetch": [{"urls": ["https://next.example/"]}]}</script>',
        "remote", "next.example"),
    row("icon", "<link rel=icon href={remote}/fav.ico>", "remote", "fav.ico"),
    row("ping", "<a id=a href=#x ping={remote}/ping>x</a><script>a.click()</script>", "remote", "/ping"),
    row("refresh", "<meta http-equiv=refresh content='0; url={remote}/away'>", "remote", "/away", alone=True),
    row("leads-away", "<script>location = '{remote}/gone'</script>", "remote", "/gone", alone=True),
    row("popup", "<script>open('{remote}/pop')</script>", "remote", "/pop", alone=True),
    row("on-first-move", "<script>onmousemove = () => fetch('{remote}/moved').catch(() => 0)</script>",
        "remote", "/moved", alone=True),
    row("far-below", "<div style='height: 9000px'></div><img loading=lazy src={remote}/below.png>",
        "remote", "below.png", alone=True),
    row("sealed", SEAL + "<img src={remote}/hidden.png>", "remote", "hidden.png", alone=True),
    # What is asked of the copy and not had.
    row("missing-image", "<img src=gone.png>", "missing", "gone.png"),
    row("missing-below", "<div style='height: 9000px'></div><img loading=lazy src=gone2.png>", "missing",
        "gone2.png", alone=True),
    row("missing-style", "<link rel=stylesheet href=gone.css>", "missing", "gone.css"),
    row("missing-in-frame", "<iframe src=lost-inside.html></iframe>", "missing", "gone-inside.png"),
    row("missing-film", "<video preload=none src=gone.mp4></video>", "missing", "gone.mp4"),
    row("outside", "<img src=../beside.png>", "outside", "beside.png"),
    row("folder", "<iframe src=folder/></iframe>", "folder", "folder"),
    row("module", "<script type=module src=module.js></script>", "refused", "module.js"),
    row("fetch-file", "<script>fetch('data.json').catch(() => 0)</script>", "refused", "data.json"),
    row("worker-file", "<script>new Worker('worker.js')</script>", "refused", "worker.js"),
    row("broken-image", "<img src=broken0.png>", "empty-image", "broken0.png"),
    row("broken-background", "<p style='background: url(broken1.png)'>x", "empty-image", "broken1.png"),
    row("broken-before", "<style>p::before {content: url(broken2.png)}</style><p>x", "empty-image",
        "broken2.png"),
    row("broken-poster", "<video poster=broken3.png></video>", "empty-image", "broken3.png"),
    row("lazy-by-script", "<img data-src=pixel.png alt=''>", "empty-image", "data attribute"),
    row("broken-in-shadow", "<div><template shadowrootmode=open><img src=broken4.png></template></div>",
        "empty-image", "broken4.png"),
    # What a page may do to whoever looks at it.
    row("crashes",
        "<script>setTimeout(() => { a = []; for (;;) a.push(new Array(1e5).fill(1.5)) }, 50)</script>",
        "crashed", alone=True),
    row("never-rests",
        "<script>setInterval(() => { new Image().src = 'pixel.png?' + Math.random() }, 40)</script>",
        "restless", "pixel.png", alone=True),
    row("script-error", "<script>throw new Error('a mistake')</script>", "script-error", "a mistake"),
    # The twins: the same words, and nothing is wrong.
    row("clean",
        "<link rel=stylesheet href=local.css><img src=pixel.png><img srcset='second.png 2x' src=pixel.png>"
        "<picture><source srcset=second.png><img src=pixel.png></picture><script src=classic.js></script>"),
    row("links-stay", "<a href={remote}/linked>x</a><form action={remote}/form></form><link rel=canonical "
        "href={remote}/me><meta property=og:image content={remote}/og.png><a ping={remote}/p href=#a>y</a>"),
    row("text-only", "<p>{remote}/text.png <!-- <img src={remote}/no.png> --><template>"
        "<img src={remote}/t.png></template><textarea><img src={remote}/area.png></textarea>"),
    row("inert", "<noscript><img src={remote}/noscript.png></noscript><script type=text/plain>"
        "fetch('{remote}/x')</script>"),
    row("frames", "<iframe src=page.html></iframe><iframe srcdoc='<img src=pixel.png>'></iframe>"),
    row("blob-worker", worker("postMessage(1)")),
    row("data", "<img src='data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'>"),
    row("lightbox", "<img alt='filled on a click'><img class=zoom>"),
    row("vector", "<img src=icons.svg><div style='background: url(icons.svg)'>x</div>"),
    row("lazy", "<div style='height: 9000px'></div><img loading=lazy src=pixel.png>"),
    row("hidden-lazy", "<div style='display: none'><img loading=lazy src=pixel.png></div>"),
    row("sealed-clean", SEAL + "<img src=pixel.png><p style='background: url(second.png)'>x", alone=True),
    row("mask-by-id", "<svg><mask id=m></mask></svg><p style='background: url(#m); mask: url(#m)'>x"),
    row("timers", "<script>setInterval(() => { document.title += 1 }, 100)</script>"),
    row("own-socket-words", "<script>text = \"new WebSocket('wss://remote.example/x')\"</script>"),
]  # fmt: skip


def rows() -> list[Row]:
    return [each.values[0] for each in ROWS]  # type: ignore[attr-defined]


@dataclass
class Proved:
    proof: Proof
    origin: Origin
    out: Path

    def look(self, row: Row) -> Look:
        return next(look for look in self.proof.looks if look.page == row.page)

    def findings(self, row: Row) -> list[Finding]:
        return [each for each in self.proof.findings if each.page == row.page]


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proved]:
    folder = tmp_path_factory.mktemp("proof")
    copy = folder / "copy with ü space"
    (folder / "beside.png").write_bytes(png())
    with Origin(lambda _: Reply(body=b"reached")) as origin:
        bodies: dict[str, str] = {}
        for each in rows():
            bodies[each.page] = f"{bodies.get(each.page, '')}<div>{each.body}</div>\n"
        write(copy, {name: body.replace("{remote}", origin.url("")) for name, body in bodies.items()})
        pages = list(bodies)
        proof = prove(copy, pages=pages, out=folder / "out", limits=QUICK)
        yield Proved(proof, origin, folder / "out")


@pytest.mark.parametrize("row", ROWS)
def test_row(proved: Proved, row: Row) -> None:
    found = proved.findings(row)
    told = [(each.fault, each.text) for each in found]
    if not row.fault:
        assert told == []
        assert proved.look(row).screenshot is not None
        return
    url = row.url.replace("{remote}", proved.origin.url(""))
    assert any(each.fault == row.fault and url in f"{each.url} {each.text}" for each in found), told
    if row.alone:
        assert {each.fault for each in found if each.fails} <= {row.fault}, told


def test_nothing_arrived_anywhere(proved: Proved) -> None:
    assert proved.origin.connections == 0


def test_it_is_told_who_asked(proved: Proved) -> None:
    by_url = {a.url: a.initiator for look in proved.proof.looks for a in look.attempts}
    assert by_url["https://remote.example/bg.png"] == "parser remote.css"
    assert by_url[proved.origin.url("/s.png")].partition(" ")[2].startswith("faults.html:")
    assert by_url["https://remote.example/deep.png"].partition(" ")[2].startswith("inner.html:")


def test_the_report_holds_it_all(proved: Proved) -> None:
    assert proved.proof.verdict == "not-proved"
    read = msgspec.json.decode((proved.out / "proof.json").read_bytes(), type=Proof)
    assert read == proved.proof
    page = (proved.out / "proof.html").read_text()
    assert "Not proved" in page
    assert "https://remote.example/deep.png" in page
    for look in proved.proof.looks:
        if look.screenshot is not None:
            assert look.screenshot in page
            with Image.open(proved.out / look.screenshot) as picture:
                assert picture.width == QUICK.width
                assert picture.height <= QUICK.tallest


def test_the_report_itself_is_a_copy_that_asks_for_nothing(proved: Proved) -> None:
    assert count_remote(proved.out, ["proof.html"], limits=QUICK) == {"proof.html": ()}

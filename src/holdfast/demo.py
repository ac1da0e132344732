"""``holdfast demo``: a small site, a server on loopback that behaves like the web, and the whole flow.

Contacts nothing but its own server. What it shows is real: the same verbs, the same files, the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TextIO

from .errors import UsageError
from .words import count, size

_HOSTS = "pictures.holdfast.example", "flaky.holdfast.example"

_POSTS = {
    "hugo.toml": 'baseURL = "/"\ntitle = "Kelp and rock"\n',
    "content/posts/tides.md": """---
title: "Tides"
thumbnail: "http://pictures.holdfast.example/cover/7fA2/0"   # no extension, as CDNs like it
tags: [sea]
---

The water leaves twice a day.

![low water](http://pictures.holdfast.example/om_bt/Oael-_wU/641)

A redirect on the way: ![a buoy](http://pictures.holdfast.example/moved/buoy.png "by the pier")

[the tide tables](http://pictures.holdfast.example/tables) are a link, so they stay a link.

`![code](http://pictures.holdfast.example/never.png)` is code, so it is left alone.
""",
    "content/posts/潮汐.md": """+++
title = "潮汐"
cover = { image = "http://pictures.holdfast.example/cover/7fA2/0" }
+++

海水每天退两次。![图片](http://flaky.holdfast.example/om_bt/OTzJ/641)，而礁石一直在。

<img src="http://pictures.holdfast.example/om_bt/Oael-_wU/641" alt="again the same picture">

![lost](http://pictures.holdfast.example/gone.jpg)
""",
}


@dataclass(slots=True)
class _Sea:
    """What the server answers, and how often it was asked."""

    pictures: dict[str, tuple[str, bytes]]
    asked: list[str] = field(default_factory=list)
    stumbles: int = 1
    """How often the flaky host fails before it works."""

    def answer(self, host: str, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for one request."""
        self.asked.append(f"{host}{path}")
        if host.startswith("flaky") and self.stumbles:
            self.stumbles -= 1
            return 503, {"Retry-After": "1"}, b"busy"
        if path == "/moved/buoy.png":
            return 301, {"Location": "/buoys/9.webp"}, b""
        if path in self.pictures:
            media, body = self.pictures[path]
            return 200, {"Content-Type": media}, body
        return 404, {"Content-Type": "text/html"}, b"<!doctype html><title>404</title>gone"


def free(folder: Path) -> Path:
    """The folder itself, or the first of ``NAME-2``, ``NAME-3`` ... that is not there yet."""
    number = 1
    candidate = folder
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate


def play(folder: Path, out: TextIO) -> int:
    """Write the site into ``folder``, archive it, run again, check, restore; narrate to ``out``.

    Returns the exit code: 0 when everything went as it should.

    Raises:
        UsageError: the folder is there already and holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder} is there already, and the demo never writes over anything",
            "name another folder: holdfast demo DIR",
        )
    from . import pipeline
    from .report import FORMATS

    def say(text: str = "") -> None:
        out.write(text + "\n")

    for name, text in _POSTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    originals = _fingerprints(folder)
    say(f"1. A small Hugo site stands in {folder}/ ({count(len(originals), 'post')}).")
    tides = folder / "content/posts/tides.md"
    say(_quote(tides))

    with _server(_Sea(_pictures())) as (sea, port):
        say(f"2. Its pictures come from a server on loopback (port {port}): URLs without an extension,")
        say("   a redirect, a dead link, a host that fails at first. Now: holdfast archive")
        say()
        flags: dict[str, object] = {
            "root": folder,
            "connect_to": [f"{name}:80:127.0.0.1:{port}" for name in _HOSTS],
        }
        result = pipeline.archive([], flags)
        say(_indent(FORMATS["archive"]["text"](result)))
        say("   The post now, with not one other byte changed:")
        say(_quote(tides))
        say("   What is held:")
        for asset in result.assets:
            say(f"     {asset.path}  {size(asset.bytes)}  {asset.media}  {asset.width}×{asset.height}")
        say()
        before = len(sea.asked)
        again = pipeline.archive([], flags)
        requests = len(sea.asked) - before
        say(f"3. Run again: {count(requests, 'request')}, {count(again.rewritten, 'document')} changed.")
    fixity = pipeline.verify({"root": folder})
    say(
        f"4. holdfast verify: {fixity.good} of {count(fixity.assets, 'asset')} good, "
        f"{count(len(fixity.faults), 'fault')}."
    )
    archived = {path: path.read_bytes() for path in originals}
    pipeline.restore([], {"root": folder})
    exact = sum(_fingerprint(path) == digest for path, digest in originals.items())
    say(f"5. holdfast restore: {exact} of {len(originals)} posts are, by SHA-256, the author's bytes again.")
    pipeline.archive([str(folder)], {"root": folder})
    back = sum(path.read_bytes() == data for path, data in archived.items())
    say(
        "6. Archived once more from what is held, without a server: "
        f"{back} of {len(originals)} posts as in step 2."
    )
    say()
    expected = (
        result.stored == 4
        and [problem.reason for problem in result.failed] == ["http-404"]
        and not requests
        and not again.rewritten
        and not fixity.faults
        and exact == back == len(originals)
    )
    say(
        "The dead link kept its original URL, and is reported until it is fixed or accepted. "
        f"Look around in {folder}/."
        if expected
        else "Something did not go as it should: please report this output."
    )
    return 0 if expected else 1


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fingerprints(folder: Path) -> dict[Path, str]:
    return {path: _fingerprint(path) for path in sorted(folder.rglob("*.md"))}


def _quote(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(f"     | {line}" for line in lines) + "\n"


def _indent(text: str) -> str:
    return "\n".join(f"     {line}".rstrip() for line in text.splitlines()) + "\n"


def _pictures() -> dict[str, tuple[str, bytes]]:
    """Small pictures of different kinds, drawn here."""
    from PIL import Image

    def draw(kind: str, colour: tuple[int, int, int], width: int, height: int) -> bytes:
        picture = Image.linear_gradient("L").resize((width, height))
        flat = Image.new("RGB", (width, height), colour)
        out = io.BytesIO()
        Image.composite(flat, Image.new("RGB", (width, height), "white"), picture).save(out, kind)
        return out.getvalue()

    return {
        "/cover/7fA2/0": ("application/octet-stream", draw("JPEG", (20, 60, 120), 640, 360)),
        "/om_bt/Oael-_wU/641": ("image/jpeg", draw("PNG", (40, 120, 90), 641, 320)),
        "/om_bt/OTzJ/641": ("image/jpeg", draw("JPEG", (120, 60, 20), 641, 480)),
        "/buoys/9.webp": ("image/png", draw("WEBP", (200, 80, 40), 320, 200)),
    }


@contextmanager
def _server(sea: _Sea) -> Iterator[tuple[_Sea, int]]:
    """The sea on a free port of loopback, for as long as the context lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(sea.answer))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield sea, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(answer: Callable[[str, str], tuple[int, dict[str, str], bytes]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = answer(self.headers.get("Host", "").partition(":")[0], self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            del args

    return Handler

"""What a browser tells while a page is open: what it asked for, what it was refused, what its console says.

Listens and steers nothing. Whatever comes is bounded: a page may ask for things for ever.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from playwright.async_api import Error as BrowserError

from . import judging
from .browser import Limits
from .seen import Attempt, Fault, Local, Trouble

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebSocket

_MOST = 5000
"""Events of one kind that are kept of one page."""
_LATE = 0.1
"""Seconds by which an event may come after what caused it: the driver is a process of its own."""
TEXT = 300
"""Characters of a message."""


@dataclass
class Watch:
    """Everything that a browser tells while a page is open. Listens only."""

    copy: Path
    own: str
    limits: Limits
    attempts: list[Attempt] = field(default_factory=list)
    failures: dict[str, tuple[str, str]] = field(default_factory=dict)
    """URL of a local request -> its kind and what the browser says of its failure (empty: answered)."""
    refused: dict[str, Local] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    initiators: dict[str, str] = field(default_factory=dict)
    crashed: bool = False
    answered: int = 0
    _open: int = 0
    _last: float = field(default_factory=time.monotonic)
    _recent: str = ""

    def listen(self, context: BrowserContext) -> None:
        """Before the first page of the context is opened."""
        context.on("request", self._request)
        context.on("requestfinished", self._finished)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._message(str(error.error)))
        context.on("page", self._page)

    def _page(self, page: Page) -> None:
        page.on("websocket", self._websocket)

    def _websocket(self, socket: WebSocket) -> None:
        self._attempt(socket.url, "websocket")

    def _attempt(self, url: str, kind: str, initiator: str = "") -> None:
        if len(self.attempts) < _MOST:
            self.attempts.append(Attempt(url, kind, 1, initiator))

    def _request(self, request: Request) -> None:
        self._last = time.monotonic()
        self._recent = request.url
        if judging.is_remote(request.url, self.own):
            self._attempt(request.url, request.resource_type, self._frame_of(request))
        if self._counts(request):
            self._open += 1

    def _counts(self, request: Request) -> bool:
        # A player reads as much of a file as it needs and leaves the request open.
        return request.resource_type not in ("media", "eventsource")

    def _frame_of(self, request: Request) -> str:
        with suppress(BrowserError):  # a worker's request has no frame, a navigation's has none yet
            if request.frame.parent_frame is not None:
                return f"in the frame {self.name(request.frame.url)}"
        return ""

    def _finished(self, request: Request) -> None:
        self._ended(request)
        if self._local(request.url):
            self.answered += 1
            if len(self.failures) < _MOST:
                self.failures.setdefault(request.url, (request.resource_type, ""))

    def _failed(self, request: Request) -> None:
        self._ended(request)
        if self._local(request.url) and len(self.failures) < _MOST:
            self.failures[request.url] = (request.resource_type, request.failure or "failed")

    def _local(self, url: str) -> bool:
        return not judging.is_remote(url, self.own) and judging.scheme(url) not in judging.INNER

    def _response(self, response: Response) -> None:
        if self.own and response.url.startswith(self.own) and response.status >= 400:
            self.failures[response.url] = (response.request.resource_type, f"http {response.status}")

    def _ended(self, request: Request) -> None:
        self._last = time.monotonic()
        if self._counts(request):
            self._open = max(0, self._open - 1)

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if text.startswith("holdfast:webrtc "):
            self._attempt(text.partition(" ")[2][:2000], "webrtc")
        elif text.startswith("Failed to establish a connection to https://"):
            # WebTransport has no event of its own in the driver.
            self._attempt(text.split()[6].rstrip(":"), "webtransport")
        elif message.type in ("error", "warning") and (local := judging.refusal(text)) is not None:
            self.refused.setdefault(local.url, local)

    def _message(self, text: str) -> None:
        if (local := judging.refusal(text)) is not None:
            self.refused.setdefault(local.url, local)
        elif len(self.troubles) < _MOST:
            self.troubles.append(Trouble(Fault.SCRIPT_ERROR, text.partition("\n")[0][:TEXT]))

    def caused(self, event: dict[str, Any]) -> None:
        """Who asked for it, from the protocol's own event (Network.requestWillBeSent)."""
        url = event["request"]["url"]
        initiator = event.get("initiator", {})
        frames = initiator.get("stack", {}).get("callFrames") or [initiator]
        where, line = frames[0].get("url", ""), frames[0].get("lineNumber")
        if where and len(self.initiators) < _MOST:
            number = f":{int(line) + 1}" if line is not None else ""
            self.initiators.setdefault(url, f"{initiator.get('type', 'page')} {self.name(where)}{number}")

    def name(self, url: str) -> str:
        """A file of the copy by its path in it, anything else by its URL."""
        path = judging.file_path(url)
        prefix = f"{self.copy}/"
        if path is not None and path.startswith(prefix):
            return path.removeprefix(prefix)
        if self.own and url.startswith(self.own + "/"):
            return unquote(urlsplit(url).path).lstrip("/")
        return url[:TEXT]

    async def rest(self) -> bool:
        """Wait until nothing has been asked for during a while; whether that came about in time."""
        began = time.monotonic()
        await asyncio.sleep(_LATE)
        while (now := time.monotonic()) - began < self.limits.quiet_most:
            since = now - self._last
            # A request that neither ends nor is followed by another is not worth waiting for to the end.
            if since > (self.limits.quiet if self._open == 0 else self.limits.quiet_most / 2):
                return True
            await asyncio.sleep(0.05)
        return time.monotonic() - self._last > self.limits.quiet

    def restless(self) -> Trouble:
        return Trouble(Fault.RESTLESS, f"last of all for {self.name(self._recent)}")

    def locals(self) -> list[Local]:
        """What was asked of the copy and not had, each once. Looks at the folder, not only at the answers: a
        file beside the copy is on this machine and on no other."""
        found: dict[str, Local] = {}
        for url, (kind, failure) in self.failures.items():
            if (fault := self.fault(url, failure)) is not None:
                told = self.refused.get(url)
                detail = failure if fault in (Fault.REFUSED, Fault.MISSING) else ""
                keep = (
                    told if told is not None and fault is Fault.REFUSED else Local(url, kind, fault, detail)
                )
                found[url] = Local(self.name(url), keep.kind, keep.fault, keep.detail)
        for url, local in self.refused.items():
            if url not in found:
                found[url] = Local(self.name(url), local.kind, local.fault, local.detail)
        return sorted(found.values(), key=lambda each: (each.url, each.kind))

    def fault(self, url: str, failure: str) -> Fault | None:
        """What is wrong with a local URL, given what the browser says of it (empty: nothing)."""
        path = judging.file_path(url)
        if path is None:
            if not failure or "ERR_ABORTED" in failure:
                return None
            here = self.copy / unquote(urlsplit(url).path).lstrip("/")
            if here.name == "favicon.ico" and not here.exists():
                return None  # asked for by the browser itself, of every server
            return Fault.REFUSED if here.is_file() else Fault.MISSING
        try:
            real = Path(path).resolve()
            if not real.is_relative_to(self.copy):
                return Fault.OUTSIDE
            if real.is_dir():
                return Fault.FOLDER
            if not real.exists():
                return Fault.MISSING
        except (OSError, ValueError, RuntimeError):  # a name too long, a NUL in it, a loop of symlinks
            return Fault.MISSING
        # A player that has read enough, a page that was left: aborted, and not for lack of anything.
        return None if not failure or "ERR_ABORTED" in failure else Fault.REFUSED

"""The system's Chromium, started so that nothing of a page can leave it.

Drives no page (`looking` does) and needs the extra ``holdfast[browser]``: playwright is imported when a
browser is really started. Chromium itself is the system's; nothing is downloaded.

Three walls stand one behind the other, because each alone has been seen to leak or to be blind: requests are
aborted as they are made (WebSockets are not), the network is emulated as off (it is what a reader without one
has, but WebTransport does not know it, and a sandboxed frame's first requests came before it was off), and
all sockets lead to a `walls.Wall`. No name is resolved at all.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from . import judging
from .walls import Wall

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright, ProxySettings

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
"""What Chromium is called on one system or another, looked for on PATH in this order."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page, and the whole proof, may take. Times in seconds."""

    page: float = 45.0
    """For everything about one page."""
    load: float = 15.0
    """For the load event; after that the page is looked at as it is."""
    quiet: float = 0.4
    """Without a new request: the page is at rest."""
    quiet_most: float = 8.0
    """For a page to come to rest."""
    ahead: float = 60.0
    """Of the page's own time that its clock is put forward at the end: what waits for a timer comes."""
    ahead_most: float = 3.0
    """Of real time for that."""
    total: float = 3600.0
    at_once: int = 2
    """Pages open at the same time: one draws while the other waits."""
    memory: int = 1024
    """MiB that the scripts of one page may hold: a page that wants more crashes, not the machine."""
    width: int = 1280
    height: int = 800
    tallest: int = 6000
    """Pixels of a screenshot's height, before scaling."""
    steps: int = 100
    """Screens that a page is scrolled at most."""
    frames: int = 50
    elements: int = 20_000
    urls: int = 500
    """Of one list that a page may fill."""


@dataclass(frozen=True, slots=True)
class View:
    """One way to open a page."""

    name: str
    words: str
    scale: int = 1
    dark: bool = False
    served: bool = False
    """Over http from loopback, not from ``file:``."""


VIEWS = (
    View("file", "from the folder"),
    View("2x", "on a screen of double density", scale=2),
    View("dark", "in the dark colour scheme", dark=True),
    View("served", "from a server on loopback", served=True),
)
"""The first is every proof's; all of them are a full one's."""


def executable() -> str:
    """Where Chromium is.

    Raises:
        UsageError: there is none on PATH.
    """
    for name in NAMES:
        if (path := shutil.which(name)) is not None:
            return path
    raise UsageError(
        "a proof needs the browser Chromium, and there is none on PATH",
        "install it with `apt install chromium` (Debian, Ubuntu), `dnf install chromium` (Fedora) or "
        "`brew install --cask chromium` (macOS)",
    )


def ready() -> str:
    """Check that both parts are there before any work is done; the path of the browser.

    Raises:
        UsageError: one is missing; the hint says how to get it.
    """
    if find_spec("playwright") is None:
        raise UsageError(
            "a proof needs the browser's driver, playwright, and it is not installed",
            "install it with `pip install 'holdfast[browser]'`; the browser is the system's own",
        )
    return executable()


def arguments(limits: Limits) -> list[str]:
    """What Chromium is started with when it is cut off."""
    return [
        *_common(limits),
        # A literal address is not looked up, but the rule is applied to it all the same: without the
        # exception even the wall's own address is not found.
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-domain-reliability",
        "--disable-quic",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    ]


def _common(limits: Limits) -> list[str]:
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # refuses root with it
    return [*alone, f"--js-flags=--max-old-space-size={limits.memory}", "--font-render-hinting=none"]


class Browsers:
    """The one cut off, and the one for online pages when there are any; started when first asked for."""

    def __init__(self, playwright: Playwright, limits: Limits) -> None:
        self._playwright = playwright
        self._limits = limits
        self._path = executable()
        self._running: dict[bool, Browser] = {}
        self._lock = asyncio.Lock()
        self._own = Wall()
        self.version = ""

    @property
    def own_requests(self) -> list[str]:
        """The hosts that the browser wanted for itself."""
        return [judging.authority(each.url) for each in self._own.knocks()]

    async def get(self, *, online: bool = False) -> Browser:
        """A browser that runs; a new one where the last has ended."""
        async with self._lock:
            browser = self._running.get(online)
            if browser is None or not browser.is_connected():
                browser = await self._start(online)
                self._running[online] = browser
            return browser

    async def _start(self, online: bool) -> Browser:
        if not online and not self._own.address:
            await self._own.__aenter__()
        browser = await self._playwright.chromium.launch(
            executable_path=self._path,
            args=_common(self._limits) if online else arguments(self._limits),
            proxy=None if online else {"server": self._own.address},
            handle_sigint=False,  # ours: the run ends in order, and the browser with it
        )
        self.version = f"Chromium {browser.version}"
        return browser

    async def close(self) -> None:
        """End them all, in whatever state they are."""
        for browser in self._running.values():
            with suppress(Exception):  # it may have ended by itself, in any of many ways
                await asyncio.wait_for(browser.close(), 10)
        self._running.clear()
        await self._own.__aexit__(None, None, None)


@asynccontextmanager
async def started(limits: Limits) -> AsyncIterator[Browsers]:
    """Browsers while the block runs; none of them outlives it.

    Raises:
        UsageError: Chromium or its driver is missing.
    """
    ready()
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browsers = Browsers(playwright, limits)
        try:
            yield browsers
        finally:
            await asyncio.shield(browsers.close())


def _screen(view: View, limits: Limits) -> dict[str, Any]:
    """What decides how a page is drawn: the same for both sides of a comparison."""
    return {
        "viewport": {"width": limits.width, "height": limits.height},
        "device_scale_factor": view.scale,
        "color_scheme": "dark" if view.dark else "light",
        "reduced_motion": "reduce",
        "locale": "en-US",
        "accept_downloads": False,
    }


@asynccontextmanager
async def cut_off(
    browser: Browser, view: View, limits: Limits, wall: Wall, own: str = ""
) -> AsyncIterator[BrowserContext]:
    """A fresh profile without a network and without the seal; ``own``: the origin that serves the copy."""
    proxy: ProxySettings = {"server": wall.address}
    if own:
        proxy["bypass"] = own.removeprefix("http://")
    context = await browser.new_context(
        **_screen(view, limits),
        bypass_csp=True,  # a seal that hides what a page reaches for would make the proof worthless
        offline=not own,
        proxy=proxy,
    )
    async with _closing(context):
        yield context


@asynccontextmanager
async def connected(browser: Browser, view: View, limits: Limits) -> AsyncIterator[BrowserContext]:
    """A fresh profile with the network as it is, for the online page."""
    async with _closing(await browser.new_context(**_screen(view, limits))) as context:
        yield context


@asynccontextmanager
async def _closing(context: BrowserContext) -> AsyncIterator[BrowserContext]:
    try:
        yield context
    finally:
        with suppress(Exception):  # a page that hangs or has crashed; the browser's end takes it along
            await asyncio.wait_for(context.close(), 5)


def views(full: bool) -> Iterator[View]:
    """The rows of `VIEWS` that a proof opens each page in."""
    yield from VIEWS if full else VIEWS[:1]

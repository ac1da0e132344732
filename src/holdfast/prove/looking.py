"""One page in a browser without a network: opened, waited for, scrolled to its end and looked at.

Starts no browser and judges nothing: it writes down what happened. Whatever a page does (crash, hang, lead
away, never come to rest) ends in a `Look`; only the end of the browser itself is raised.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as BrowserError
from playwright.async_api import TimeoutError as BrowserTimeout

from . import browser as chromium
from . import judging
from .browser import Browsers, Limits, View
from .seen import Attempt, Fault, Image, Local, Look, Trouble
from .walls import Wall
from .watching import TEXT, Watch

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession, Frame, Page

_SCRIPTS = {
    name: (files(__package__) / f"{name}.js").read_text(encoding="utf-8")
    for name in ("before", "scroll", "look")
}


class BrowserEnded(Exception):
    """The whole browser is gone, and this page may or may not be why."""


@dataclass(frozen=True, slots=True)
class Task:
    """One page to look at, in one view."""

    page: str
    view: View
    number: int
    online: str | None = None
    """The URL of the same page in the network, to compare with."""


async def look(
    browsers: Browsers, task: Task, copy: Path, out: Path | None, limits: Limits, own: str = ""
) -> Look:
    """Open a page and tell all about it; screenshots go to ``out`` when there is one.

    Raises:
        BrowserEnded: while the page was open.
    """
    began = time.monotonic()
    browser = await browsers.get()
    watch = Watch(copy, own if task.view.served else "", limits)
    sights = _Sights()
    async with Wall() as wall:
        try:
            async with chromium.cut_off(browser, task.view, limits, wall, watch.own) as context:
                await _visit(context, watch, task, sights, limits)
        except BrowserError as error:
            if not browser.is_connected():
                raise BrowserEnded from error
            watch.troubles.append(_trouble(watch, error))
        except TimeoutError:
            watch.troubles.append(Trouble(Fault.HUNG, f"{limits.page:g} seconds have passed"))
        if not browser.is_connected():
            raise BrowserEnded
        attempts = [*watch.attempts, *wall.knocks(), *sights.hints]
    attempts = [Attempt(a.url, a.kind, a.count, watch.initiators.get(a.url, a.initiator)) for a in attempts]
    name = f"{task.number:03}-{task.view.name}-offline.png"
    if out is not None and sights.screenshot:
        (out / name).write_bytes(sights.screenshot)
    failed = watch.locals()
    known = {each.url for each in failed}
    failed += [each for each in _declared(watch, sights) if each.url not in known]
    return Look(
        page=task.page,
        view=task.view.name,
        seconds=round(time.monotonic() - began, 3),
        attempts=judging.merged(attempts),
        failed=tuple(failed),
        images=tuple(
            Image(watch.name(each.url), each.what, each.detail)
            for each in sorted(set(sights.images), key=lambda i: (i.url, i.what))
            if watch.name(each.url) not in known
        ),
        troubles=judging.counted(watch.troubles),
        files=watch.answered,
        looked_at=sights.looked_at,
        frames=sights.frames,
        screenshot=name if out is not None and sights.screenshot else None,
    )


@dataclass
class _Sights:
    """What was to be seen, as far as it came."""

    images: list[Image] = field(default_factory=list)
    hints: list[Attempt] = field(default_factory=list)
    declared: list[tuple[str, str]] = field(default_factory=list)
    looked_at: int = 0
    frames: int = 0
    screenshot: bytes = b""


async def _visit(context: BrowserContext, watch: Watch, task: Task, sights: _Sights, limits: Limits) -> None:
    watch.listen(context)
    await context.add_init_script(_SCRIPTS["before"])
    inner = "|".join(sorted(judging.INNER))
    ours = f"(?!{re.escape(watch.own)}/)" if watch.own else ""
    # As without a network: a page that leads away becomes an error page, which is what its reader would see.
    # (Merely aborted, a navigation that began before the page had loaded leaves it undrawn for ever.)
    pattern = re.compile(f"^(?!file:///|(?:{inner}):){ours}", re.IGNORECASE)
    await context.route(pattern, lambda route: route.abort("internetdisconnected"))
    page = await context.new_page()
    page.on("crash", lambda _: setattr(watch, "crashed", True))
    protocol = await context.new_cdp_session(page)
    protocol.on("Network.requestWillBeSent", watch.caused)
    await protocol.send("Network.enable")
    async with asyncio.timeout(limits.page):
        url = f"{watch.own}/{_quoted(task.page)}" if watch.own else (watch.copy / task.page).as_uri()
        height = await _arrive(page, watch, url, limits)
        landed = page.url.partition("#")[0].partition("?")[0]
        if landed != url and not landed.startswith("chrome-error:"):
            watch.troubles.append(Trouble(Fault.MOVED, watch.name(landed)))
        frames = page.frames
        sights.frames = len(frames)
        for frame in frames[: limits.frames]:
            await _inspect(frame, watch, sights, limits)
        if len(frames) > limits.frames:
            watch.troubles.append(Trouble(Fault.PARTLY, f"{limits.frames} of {len(frames)} frames"))
        sights.screenshot = await _screenshot(page, height, limits)
        await _later(protocol, limits)
        # What a page says as it is left (a beacon that counts the visit) is said now.
        with suppress(BrowserError):
            await page.goto("about:blank", timeout=3000)
            await asyncio.sleep(0.1)


async def _later(protocol: CDPSession, limits: Limits) -> None:
    """Let the page's timers run out in a moment: counters and widgets like to come seconds after the rest.

    Virtual time (Chrome DevTools Protocol, Emulation) stands still while something is fetched. It ends
    paused, so nothing but leaving the page may follow.
    """
    over = asyncio.Event()
    protocol.on("Emulation.virtualTimeBudgetExpired", lambda _: over.set())
    with suppress(BrowserError, TimeoutError):
        settings = {"policy": "pauseIfNetworkFetchesPending", "budget": limits.ahead * 1000}
        await protocol.send("Emulation.setVirtualTimePolicy", settings)
        await asyncio.wait_for(over.wait(), limits.ahead_most)
        await asyncio.sleep(0.05)


def _quoted(path: str) -> str:
    return Path("/", path).as_uri().removeprefix("file:///")


async def _arrive(page: Page, watch: Watch, url: str, limits: Limits) -> int:
    """Open a page, wait until it is at rest, and scroll it to its end; its height in pixels."""
    await page.goto(url, wait_until="commit", timeout=limits.page * 1000)
    with suppress(BrowserTimeout):
        await page.wait_for_load_state("load", timeout=limits.load * 1000)
    await watch.rest()
    # Many pages fetch what they need on the first sign of life.
    await page.mouse.move(limits.width / 2, limits.height / 2)
    await page.keyboard.press("Shift")
    settings = {"pause": 60, "steps": limits.steps, "elements": limits.elements}
    height = int(await _patiently(page.main_frame, "scroll", settings) or limits.height)
    for frame in page.frames[1 : limits.frames]:
        with suppress(BrowserError, TimeoutError):
            await asyncio.wait_for(frame.evaluate(_SCRIPTS["scroll"], settings), 5)
    if not await watch.rest():
        watch.troubles.append(watch.restless())
    return height


async def _patiently(frame: Frame, script: str, settings: dict[str, Any]) -> Any:
    """Run one of our scripts; again, when a navigation took the page away under it."""
    for attempt in range(4):
        try:
            return await frame.evaluate(_SCRIPTS[script], settings)
        except BrowserError as error:
            gone = "navigation" in str(error) or "context" in str(error)
            if not gone or attempt == 3:
                raise
            await asyncio.sleep(0.3)
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _inspect(frame: Frame, watch: Watch, sights: _Sights, limits: Limits) -> None:
    if frame.url.startswith("chrome-error:"):
        return  # the browser's own page, with its own pictures
    settings = {
        "elements": limits.elements,
        "urls": limits.urls,
        "wait": 3000,
        "own": watch.own,
        "hints": judging.HINTS,
        "later": judging.LATER,
    }
    try:
        if frame.parent_frame is None:
            seen = await _patiently(frame, "look", settings)
        else:
            seen = await asyncio.wait_for(frame.evaluate(_SCRIPTS["look"], settings), 10)
    except (BrowserError, TimeoutError) as error:
        if frame.parent_frame is None:
            raise
        if not frame.is_detached():
            text = str(error).partition("\n")[0][:TEXT] or "no answer"
            watch.troubles.append(Trouble(Fault.PARTLY, f"the frame {watch.name(frame.url)}: {text}"))
        return
    sights.images += [Image(str(i["url"]), str(i["what"]), str(i["detail"])) for i in seen["images"]]
    sights.hints += [Attempt(str(h["url"]), str(h["kind"]), 1, watch.name(frame.url)) for h in seen["hints"]]
    sights.declared += [(str(d["url"]), str(d["kind"])) for d in seen["declared"]]
    sights.looked_at += int(seen["looked"])
    if seen["partly"]:
        watch.troubles.append(Trouble(Fault.PARTLY, str(seen["partly"])[:TEXT]))


def _declared(watch: Watch, sights: _Sights) -> list[Local]:
    """Files that a page names and has not asked for yet, such as a film that waits for a click."""
    found = {}
    for url, kind in sights.declared:
        fault = watch.fault(url, "")
        if fault is not None:
            found[url] = Local(watch.name(url), kind, fault, "named and not asked for yet")
    return list(found.values())


async def _screenshot(page: Page, height: int, limits: Limits) -> bytes:
    """The whole page from its top, up to the limit, still and without a caret; fonts are waited for."""
    clip = {"x": 0, "y": 0, "width": limits.width, "height": max(1, min(height, limits.tallest))}
    return await page.screenshot(
        full_page=True,
        clip=clip,  # type: ignore[arg-type]
        animations="disabled",
        caret="hide",
        timeout=limits.page * 1000,
    )


async def screenshot_online(browsers: Browsers, task: Task, limits: Limits) -> bytes:
    """The same page in the network, opened and scrolled the same way.

    Raises:
        BrowserError, TimeoutError: it could not be.
    """
    assert task.online is not None
    browser = await browsers.get(online=True)
    async with chromium.connected(browser, task.view, limits) as context, asyncio.timeout(limits.page):
        watch = Watch(Path("/"), "", limits)
        watch.listen(context)
        page = await context.new_page()
        height = await _arrive(page, watch, task.online, limits)
        return await _screenshot(page, height, limits)


def _trouble(watch: Watch, error: BrowserError) -> Trouble:
    text = str(error).partition("\n")[0][:TEXT]
    if watch.crashed or "crash" in text.lower():
        return Trouble(Fault.CRASHED, "its process ended, for example for want of memory")
    if isinstance(error, BrowserTimeout):
        return Trouble(Fault.HUNG, text)
    return Trouble(Fault.UNSEEN, text)

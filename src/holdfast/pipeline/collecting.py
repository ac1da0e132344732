"""From requests to verified bytes in the staging folder: the middle of the diagram's upper line.

Names nothing and writes no document. Nothing here raises for what one URL or one server does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from .. import families, hosts, urls
from ..config import NetworkLimits
from ..fetch.fetcher import Event, Fetcher
from ..looping import stopping
from ..model import Failed, Head, Refusal, Skipped
from ..plan import Request
from ..progress import Progress
from ..store import Facts, Staged, Store
from ..words import size
from .collected import Arrived, Collected
from .lanes import serve_by_host
from .workspace import Workspace

_LONGEST_FACT = 2048
"""Characters of a header or a URL that the manifest keeps: no server makes its lines grow."""


def facts_of(url: str, head: Head) -> Facts:
    """What the manifest keeps of a response."""
    final = urls.without_credentials(urls.split_fragment(head.final_url)[0])
    said = {
        "final_url": final if final != url else None,
        "etag": head.header("etag"),
        "last_modified": head.header("last-modified"),
    }
    short = {name: value for name, value in said.items() if value is not None and len(value) <= _LONGEST_FACT}
    return {"status": head.status, **short}


@dataclass(slots=True)
class Budget:
    """``--max-total``: what may still be stored, in bytes. None: no bound."""

    left: int | None

    def take(self, size: int) -> bool:
        """Reserve ``size`` bytes; False when they do not fit."""
        if self.left is None:
            return True
        if size > self.left:
            return False
        self.left -= size
        return True


async def collect(
    workspace: Workspace,
    requests: Sequence[Request],
    store: Store,
    progress: Progress,
    *,
    refresh: bool,
    held_bytes: int,
) -> Collected:
    """Fetch every request into the staging folder; return what arrived.

    Args:
        held_bytes: what all assets take already, for ``--max-total``.

    Ctrl-C lets what is in flight finish; a second one ends at once (KeyboardInterrupt).
    """
    collected = Collected()
    maximum = workspace.config.max_total
    budget = Budget(None if maximum is None else maximum - held_bytes)
    waiting = _recover(store, requests, budget, collected)
    if not waiting:
        return collected
    store.start(len(waiting))
    progress.stage("fetching", len(waiting))

    def on_event(event: Event) -> None:
        progress.trouble(event.host, event.message)
        collected.events.append(event)

    async with Fetcher(workspace.config.network, on_event=on_event) as fetcher:
        gather = _Gather(
            store, fetcher, budget, collected, progress, workspace.config.network.limits, refresh
        )
        with stopping(gather.stop):
            await gather.run(waiting)
    return collected


def _recover(
    store: Store, requests: Sequence[Request], budget: Budget, collected: Collected
) -> list[Request]:
    """Take over what a killed run had verified; return the requests that are still to be made."""
    verified = store.recover()
    waiting = []
    for request in requests:
        found = verified.get(request.url)
        if found is not None and request.known is None and budget.take(found[0].bytes):
            collected.arrived[request.url] = Arrived(request.url, *found)
        else:
            waiting.append(request)
    return waiting


class _Gather:
    """One run's requests."""

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        budget: Budget,
        collected: Collected,
        progress: Progress,
        limits: NetworkLimits,
        refresh: bool,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._budget = budget
        self._collected = collected
        self._progress = progress
        self._limits = limits
        self._refresh = refresh

    def stop(self) -> None:
        """Let what is in flight finish, and begin nothing more."""
        self._collected.interrupted = True
        self._fetcher.stop()

    async def run(self, requests: Sequence[Request]) -> None:
        """Serve every request; return when all have ended."""
        await serve_by_host(
            self._fetcher,
            requests,
            lambda request: request.fetch_url,
            self._take_turn,
            stopped=lambda: self._collected.interrupted,
        )

    async def _take_turn(self, request: Request) -> None:
        if self._collected.stopped:
            self._collected.skipped[request.url] = Skipped(request.url, "budget")
        else:
            await self._serve(request)
        self._progress.step()

    async def _serve(self, request: Request) -> None:
        collected = self._collected
        wanted = frozenset(request.families)
        over = False

        async def receive(head: Head, body: AsyncIterator[bytes]) -> Staged | Refusal | None:
            nonlocal over
            if head.status == 304:
                return None
            if head.length is not None and self._budget.left is not None and head.length > self._budget.left:
                over = True
                return Refusal("too-large", "it would pass --max-total")
            what = hosts.placeholder(head.final_url)
            if what:
                return Refusal("placeholder", what)
            staged = await self._store.receive(head, body, wanted)
            if isinstance(staged, Staged):
                what = hosts.placeholder(head.final_url, staged.sha256)
                if what:
                    return Refusal("placeholder", what)
            return staged

        answer = await self._fetcher.fetch(
            request.fetch_url,
            receive,
            accept=families.accept(wanted),
            max_bytes=self._most(wanted),
            headers=self._conditions(request),
        )
        if isinstance(answer, Failed):
            if over:
                self._over(request)
            elif answer.reason != "interrupted":
                collected.failed[request.url] = replace(answer, url=request.url)
                self._progress.say(f"{request.url}: failed: {answer.reason}", 1)
            return
        if answer.value is None:
            collected.unchanged.add(request.url)
            self._progress.say(f"{request.url}: unchanged", 2)
            return
        staged = answer.value
        if not self._budget.take(staged.bytes):
            self._over(request)
            return
        self._progress.step(0, staged.bytes)
        self._progress.say(f"{request.url}: {size(staged.bytes)}, {staged.media.type}", 2)
        facts = facts_of(request.url, answer.head)
        collected.arrived[request.url] = Arrived(request.url, staged, facts)
        await self._store.note(request.url, staged, facts)

    def _over(self, request: Request) -> None:
        self._collected.skipped[request.url] = Skipped(request.url, "budget")
        self._collected.stopped = "the next file would pass --max-total"

    def _most(self, wanted: frozenset[str]) -> int:
        limits = self._limits
        if limits.max_bytes is not None:
            return limits.max_bytes
        return limits.max_image_bytes if wanted <= {"image"} else limits.max_media_bytes

    def _conditions(self, request: Request) -> tuple[tuple[str, str], ...]:
        """A refresh asks only for what changed (RFC 9110 section 13.1)."""
        if not self._refresh or request.known is None:
            return ()
        known = request.known
        pairs = (("if-none-match", known.etag), ("if-modified-since", known.last_modified))
        return tuple((name, value) for name, value in pairs if value)

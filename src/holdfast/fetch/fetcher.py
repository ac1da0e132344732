"""One URL to a response or a failure: redirects hop by hop, limits, retries, and the pace of its hosts.

Stores nothing and judges no content: a response's body is handed to a receiver while it comes, and what the
receiver refuses is a failure. Every failure of the network is a value, never an exception.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from msgspec.structs import replace as changed
from pyreqwest.http import Url

from .. import reasons, urls
from ..config import Network
from ..model import Failed, Head, Refusal
from .address import Vetting
from .answers import (
    REDIRECTS,
    Miss,
    Onward,
    header,
    is_success,
    length_of,
    listed,
    missed,
    onward,
    referer_for,
)
from .body import Body, Bounds, drain, look, spare
from .decode import Coding, CodingError, coding
from .descriptors import Room, raise_limit
from .events import Event, EventKind, Listener, unheard
from .exchange import Exchange
from .faults import Fault
from .headers import Composer, Wish, is_conditional, take_credentials
from .job import Fetched, Job, Receive, T
from .lane import Lane, LaneClosedError
from .lanes import Lanes
from .names import Names, Resolver, SystemResolver
from .overrides import Overrides
from .pace import Pacer, Sleep
from .pins import Engine, Trust
from .proxy import Proxies
from .retrying import Retrying
from .transport import PinnedTransport, Reach

__all__ = ["Event", "Fetched", "Fetcher", "Receive", "Resolver"]


class Fetcher:
    """Fetches URLs, many at once: give it all there are, it keeps the pace. An async context manager."""

    def __init__(
        self,
        network: Network,
        *,
        resolver: Resolver | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        on_event: Listener | None = None,
    ) -> None:
        """``jitter``: a number in [0, 1). ``resolver``: instead of the system's.

        Raises:
            ConfigError: something that the operator says of the network cannot be used.
        """
        limits = network.limits
        self._limits = limits
        self._clock = clock
        self._tell: Listener = on_event or unheard
        self.requests = 0
        """Sent so far, redirects and further tries included."""
        self._own_resolver = SystemResolver() if resolver is None else None
        self._composer = Composer(network, os.environ, listener=self._tell)
        self._names = Names(
            resolver or self._own_resolver or SystemResolver(),
            Vetting(network.allow_private),
            Overrides.parse(network.resolve, network.connect_to),
            limit=limits.connect_timeout,
            clock=clock,
            listener=self._tell,
        )
        most = self._composer.rules.most_at_once(limits.host_concurrency)
        room = Room(raise_limit(), limits.concurrency, most)
        engine = Engine(
            limits.connect_timeout, limits.headers_timeout, Trust.load(network.ca_file, network.insecure)
        )
        proxies = Proxies.choose(network.proxy, os.environ)
        self._transport = PinnedTransport(Reach(self._names, engine, proxies, room.idle))
        self._pacer = Pacer(room.concurrency, sleep=sleep, clock=clock)
        self._lanes = Lanes(self._pacer, limits, self._composer.rules, room, clock, self._tell)
        self._stopped = asyncio.Event()
        self._retrying = Retrying(limits, sleep, jitter, self._stopped, self._tell)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        await self._names.close()
        await self._transport.aclose()
        if self._own_resolver is not None:
            self._own_resolver.close()

    def stop(self) -> None:
        """Let what is in flight finish and start nothing more: other fetches fail as ``interrupted``."""
        self._stopped.set()
        self._pacer.shut("interrupted", "the run was stopped")

    def expect(self, urls_of_host: Mapping[str, int]) -> None:
        """Say how many URLs of each host (as `urls.host` spells it) are going to be fetched.

        Optional. Whoever asks for a few URLs of a host at a time says here how long its lane will be, so that
        the longest can go first.
        """
        self._lanes.expect(urls_of_host)

    def at_once(self, host: str, sleepers: int = 0) -> int:
        """How many URLs of a host are worth being under way. See `Lanes.at_once`."""
        return self._lanes.at_once(host, sleepers)

    def forgive(self) -> None:
        """Give every host another chance: those given up, those that did not resolve, a resolver that seemed
        dead."""
        self._pacer.reopen()
        self._names.forget_failures()

    async def fetch(
        self,
        url: str,
        receive: Receive[T],
        *,
        accept: str = "*/*",
        max_bytes: int,
        headers: Sequence[tuple[str, str]] = (),
        method: str = "GET",
        deadline: float | None = None,
        retries: int | None = None,
        look: int = 0,
        decode: bool = True,
        referers: bool = True,
        glance: Callable[[Head], T | None] | None = None,
        began: Callable[[], object] | None = None,
    ) -> Fetched[T] | Failed:
        """Ask for ``url`` and hand the response to ``receive``.

        ``max_bytes`` bounds the body, also unpacked. ``headers`` are this fetch's own (conditions).
        ``deadline``: seconds for all requests of this fetch together, waits not counted; None:
        `store_deadline`. ``retries``: instead of the limit's. ``look``: so many bytes of the body come with a
        `Failed` that had an answer, and its head. Without ``decode`` a receiver gets the body as it came.
        ``referers``: whether a second try with a Referer is made where that may help. ``glance`` may make the
        value from the head alone; where it returns None, ``receive`` is called. ``began`` is called once:
        when the first request has got its turn, or when there will be none. What ``receive`` raises of itself
        propagates; a `Refusal` it returns becomes a `Failed`.
        """
        shown = urls.without_credentials(url)
        try:
            start, credentials = Url(urls.split_fragment(url)[0]), ""
            fit = start.scheme in ("http", "https") and start.host_str
            if "@" in url:  # without one there are none
                start, credentials = take_credentials(start)
        except ValueError:  # ada accepts a few hosts that the engine does not
            fit = False
        if not fit:
            if began is not None:
                began()
            refusal = urls.refusal(url) or Refusal("bad-url", "the engine could not read it")
            return Failed(shown, refusal.reason, refusal.detail)
        job = Job(
            start,
            shown,
            credentials,
            receive,
            Wish(accept, headers),
            method,
            max_bytes,
            self._limits.store_deadline if deadline is None else deadline,
            bool(headers) and is_conditional(headers),
            self._limits.retries if retries is None else retries,
            look,
            decode,
            referers,
            glance,
            began,
        )
        # Most fetches end with their first hop, and each coroutine that stands around it costs when it ends.
        hop = await self._hop(job, start, credentials, 0)
        job.begin()
        if isinstance(hop, Fetched):
            return hop
        result = await self._try(job, hop)
        if isinstance(result, Miss) and self._retrying.may_go_on(job, result):
            result = await self._retrying.go_on(job, result, self._try)
        if isinstance(result, Miss):
            return Failed(
                shown,
                result.reason,
                result.detail,
                job.attempts,
                reasons.is_transient(result.reason),
                result.here,
                result.head,
                result.page,
            )
        return result

    # -- tries ------------------------------------------------------------------------------------------

    async def _try(self, job: Job[T], begun: Miss | Onward | None = None) -> Fetched[T] | Miss:
        """One try, and one more with a Referer where that may help. ``begun``: what its first hop came to,
        where that has been made."""
        result = await self._follow(job, begun)
        if isinstance(result, Miss) and result.referer and job.referers and not job.wish.referer:
            job.wish = changed(job.wish, referer=result.referer)
            self._event("referer", job.url, f"{result.reason}; once more with a Referer", job.shown)
            result = await self._follow(job)
        return result

    async def _follow(self, job: Job[T], begun: Miss | Onward | None = None) -> Fetched[T] | Miss:
        """Follow redirects to the response they lead to; once more with cookies where they end nowhere
        without, as a browser would."""
        result = await self._walk(job, begun)
        if job.sets_cookies and isinstance(result, Miss) and result.reason == "redirect-loop":
            job.cookies = job.cookies or {}
            result = await self._walk(job)
        return result

    async def _walk(self, job: Job[T], begun: Miss | Onward | None = None) -> Fetched[T] | Miss:
        if isinstance(begun, Miss):
            return begun
        url, credentials = job.url, job.credentials
        if begun is None:
            job.hops.clear()
        seen = set()
        for hop in range(self._limits.redirects + 1):
            spelling = f"{url} {job.cookies_for(url)}" if job.cookies is not None else str(url)
            if spelling in seen:
                return Miss("redirect-loop", "the redirects run in a circle")
            seen.add(spelling)
            result = begun or await self._hop(job, url, credentials, hop)
            begun = None
            if not isinstance(result, Onward):
                return result
            if url.scheme == "https" and result.url.scheme == "http":
                self._event("downgrade", url, f"redirects from https to {result.url.origin_ascii}", job.shown)
            same = result.url.origin_ascii == url.origin_ascii
            url, found = take_credentials(result.url)
            credentials = found or (credentials if same else "")
        return Miss("redirect-loop", f"more than {self._limits.redirects} redirects")

    # -- one hop ----------------------------------------------------------------------------------------

    async def _hop(self, job: Job[T], url: Url, credentials: str, hop: int) -> Fetched[T] | Miss | Onward:
        """Resolve, wait for a turn, ask, and read the answer."""
        lane = self._lanes.of(url.host_str or "")
        started = self._clock()
        try:
            if lane.closed is not None:
                raise lane.closed.with_traceback(None)
            if self._stopped.is_set():
                return Miss("interrupted", "the run was stopped")
            if not self._transport.is_prepared(url):
                await self._transport.prepare(url)
            if not self._pacer.take(lane):
                await self._pacer.turn(lane)
        except LaneClosedError as closed:
            return Miss(closed.reason, closed.detail)
        except Fault as fault:
            return self._lanes.faulted(lane, fault, started)
        turned = self._clock()
        try:
            job.begin()
            if hop == 0:
                job.attempts += 1
            first = url is job.url or url.origin_ascii == job.url.origin_ascii
            wish = changed(job.wish, cookies=job.cookies_for(url)) if job.cookies else job.wish
            said = self._composer.compose(url, wish, credentials, first)
            answer = await self._ask(job, url, said, lane, turned)
            if answer is None:
                answer = await self._ask(job, url, said, lane, self._clock(), decode=True)
            return answer or Miss("encoding", "the engine cannot decode it")
        finally:
            self._pacer.release(lane, self._clock() - turned)

    async def _ask(
        self,
        job: Job[T],
        url: Url,
        said: Sequence[tuple[str, str]],
        lane: Lane,
        started: float,
        decode: bool = False,
    ) -> Fetched[T] | Miss | Onward | None:
        """Send one request and read its answer; None when only the engine can decode it."""
        self.requests += 1
        try:
            exchange = await self._transport.open(job.method, url, said, seconds=job.seconds, decode=decode)
        except Fault as fault:
            job.seconds -= self._clock() - started
            return self._lanes.faulted(lane, fault, started)
        job.seconds -= self._clock() - started
        self._lanes.answered(lane, exchange.status)
        try:
            return await self._answer(job, url, exchange, lane, decode, started)
        finally:
            if not exchange.ended:
                await exchange.aclose()

    async def _answer(
        self, job: Job[T], url: Url, exchange: Exchange, lane: Lane, decoded: bool, started: float
    ) -> Fetched[T] | Miss | Onward | None:
        """Make of a response what it is; None when only the engine can decode it."""
        status = exchange.status
        if status in REDIRECTS:
            location = header(exchange, "location")
            if location is not None or "location" in exchange.unreadable:
                job.note_redirect(url, status, exchange.headers)
                await drain(exchange)
                return onward(url, location)
        if not is_success(status, job.conditional):
            miss = self._missed(job, url, exchange, lane, started)
            if job.look:
                miss = replace(miss, head=_head(job, url, exchange), page=await look(exchange, job.look))
            await drain(exchange)
            return miss
        bodiless = job.method == "HEAD" or status in (204, 205, 304)
        as_it_comes = bodiless or not job.decode
        try:
            wrapped: Coding | None = None if as_it_comes else coding(listed(exchange, "content-encoding"))
        except CodingError as bad:
            return Miss(bad.reason, bad.detail, head=_head(job, url, exchange) if job.look else None)
        if wrapped == "engine":
            return None
        length = None if bodiless or wrapped or decoded else length_of(exchange)
        if length is not None and length > job.most:
            return Miss("too-large", f"{length} bytes declared, {job.most} allowed")
        head = _head(job, url, exchange, length)
        if job.glance is not None and (seen := job.glance(head)) is not None:
            if not bodiless:
                await spare(exchange, length)
            return Fetched(head, seen, job.attempts)
        return await self._receive(job, url, head, exchange, "engine" if decoded else wrapped)

    async def _receive(
        self, job: Job[T], url: Url, head: Head, exchange: Exchange, wrapped: Coding | None
    ) -> Fetched[T] | Miss:
        limits = self._limits
        bounds = Bounds(job.most, max(0.0, job.seconds), limits.slow_window, limits.slow_bytes_per_second)
        body = Body(exchange, bounds, wrapped, length=head.length, clock=self._clock)
        chunks = body.chunks()
        try:
            value = await job.receive(head, chunks)
        except Exception:
            if body.trouble is None:
                raise
            value = Refusal("")
        finally:
            await chunks.aclose()
            job.seconds -= body.waited
        if body.trouble is not None:
            trouble = body.trouble
            return Miss(trouble.reason, trouble.detail, trouble.passing, head=head if job.look else None)
        if not body.ended:
            await spare(exchange, None if head.length is None else head.length - body.received)
        if isinstance(value, Refusal):
            referer = referer_for(url) if value.reason == "placeholder" else ""
            return Miss(value.reason, value.detail, referer=referer)
        return Fetched(head, value, job.attempts)

    def _missed(self, job: Job[T], url: Url, exchange: Exchange, lane: Lane, started: float) -> Miss:
        """What a status that is no success calls for; the host's lane waits when it asks for patience."""
        miss = missed(exchange, url, self._limits.retry_after_most, datetime.now(UTC))
        goes_on = self._lanes.complained(lane, exchange.status, miss.delay, started)
        if not miss.delay:
            return miss
        message = f"{lane.host} asks for {miss.delay:.0f} s of patience"
        self._event("retry-after", url, message, job.shown, miss.delay)
        if goes_on:
            return miss
        self._lanes.give_up(lane, miss.reason, f"asks for patience {lane.postponed} times in a row")
        return replace(miss, again=False)

    def _event(self, kind: EventKind, url: Url, message: str, shown: str, seconds: float = 0.0) -> None:
        self._tell(Event(kind, url.host_str or "", message, shown, seconds))


def _head(job: Job[T], url: Url, exchange: Exchange, length: int | None = None) -> Head:
    return Head(job.shown, str(url), exchange.status, exchange.headers, length, tuple(job.hops))

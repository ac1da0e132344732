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

from pyreqwest.http import Url
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from .. import hosts, reasons, urls
from ..config import Network
from ..model import Failed, Head, Refusal
from .address import Vetting
from .answers import (
    PATIENCE,
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
from .body import Body, Bounds, drain
from .decode import Coding, CodingError, coding
from .descriptors import Room, raise_limit
from .events import Event, EventKind, Listener, unheard
from .faults import Fault
from .headers import Composer, Wish, take_credentials
from .job import Fetched, Job, Receive, T
from .names import Names, Resolver, SystemResolver
from .overrides import Overrides
from .pace import Lane, LaneClosedError, Pacer, Sleep
from .pins import Engine, Trust
from .proxy import Proxies
from .transport import Exchange, PinnedTransport, Reach

__all__ = ["Event", "Fetched", "Fetcher", "Receive", "Resolver"]

LEAST_SECONDS = 0.1
"""With less time left than this there is no further try."""
LITTLE = 65536
"""Bytes of a body nobody wants that are read all the same, to keep its connection."""


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
        self._sleep = sleep
        self._jitter = jitter
        self._tell: Listener = on_event or unheard
        self._own_resolver = SystemResolver() if resolver is None else None
        self._composer = Composer(network, os.environ)
        self._names = Names(
            resolver or self._own_resolver or SystemResolver(),
            Vetting(network.allow_private),
            Overrides.parse(network.resolve, network.connect_to),
            limit=limits.connect_timeout,
            clock=clock,
            listener=self._tell,
        )
        self._room = room = Room(raise_limit(), limits.concurrency, limits.host_concurrency)
        engine = Engine(
            limits.connect_timeout, limits.headers_timeout, Trust.load(network.ca_file, network.insecure)
        )
        proxies = Proxies.choose(network.proxy, os.environ)
        self._transport = PinnedTransport(Reach(self._names, engine, proxies, room.idle))
        self._pacer = Pacer(room.concurrency, sleep=sleep, clock=clock)
        self._stopped = asyncio.Event()

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
        self._room.expect(len(urls_of_host))
        for host, number in urls_of_host.items():
            self._lane(host).expected += number

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
    ) -> Fetched[T] | Failed:
        """Ask for ``url`` and hand the response to ``receive``.

        ``max_bytes`` bounds the body, also unpacked. ``headers`` are this fetch's own (conditions).
        ``deadline``: seconds for all requests of this fetch together, waits not counted; None:
        `store_deadline`. What ``receive`` raises of itself propagates; a `Refusal` it returns becomes a
        `Failed`.
        """
        shown = urls.without_credentials(url)
        refusal = urls.refusal(url)
        if refusal is not None:
            return Failed(shown, refusal.reason, refusal.detail)
        try:
            start, credentials = take_credentials(Url(urls.split_fragment(url)[0]))
        except ValueError:  # ada accepts a few hosts that the engine does not
            return Failed(shown, "bad-url", "the engine could not read it")
        job = Job(
            start,
            shown,
            credentials,
            receive,
            Wish(accept, headers),
            method,
            max_bytes,
            self._limits.store_deadline if deadline is None else deadline,
            any(name.lower() in ("if-none-match", "if-modified-since") for name, _ in headers),
        )
        result = await self._try(job)
        if isinstance(result, Miss) and self._may_go_on(job, result):
            result = await self._retry(job, result)
        if isinstance(result, Miss):
            return Failed(
                shown, result.reason, result.detail, job.attempts, reasons.is_transient(result.reason)
            )
        return result

    # -- tries ------------------------------------------------------------------------------------------

    async def _retry(self, job: Job[T], first: Miss) -> Fetched[T] | Miss:
        """Further tries. The first has been made outside: it costs nothing extra when it goes well."""
        made: list[Fetched[T] | Miss] = [first]

        async def step() -> Fetched[T] | Miss:
            return made.pop() if made else await self._try(job)

        def wait(state: RetryCallState) -> float:
            assert state.outcome is not None
            miss: Miss = state.outcome.result()
            return 0.0 if miss.delay else self._backoff(state.attempt_number)

        async def announce(state: RetryCallState) -> None:
            assert state.outcome is not None
            assert state.next_action is not None
            miss: Miss = state.outcome.result()
            seconds = miss.delay or state.next_action.sleep
            self._event("retry", job.url, miss.detail or miss.reason, job.shown, seconds)

        retrying = AsyncRetrying(
            sleep=self._pause,
            stop=stop_after_attempt(self._limits.retries + 1),
            wait=wait,
            retry=retry_if_result(lambda result: isinstance(result, Miss) and self._may_go_on(job, result)),
            before_sleep=announce,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else first,
        )
        return await retrying(step)

    def _may_go_on(self, job: Job[T], miss: Miss) -> bool:
        return miss.again and job.seconds > LEAST_SECONDS and not self._stopped.is_set()

    def _backoff(self, attempt: int) -> float:
        """Seconds before the next try: exponential, with jitter that only ever adds."""
        limits = self._limits
        return min(limits.backoff_most, limits.backoff_first * 2.0 ** (attempt - 1) * (1 + self._jitter()))

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not past `stop`."""
        if seconds <= 0:
            return
        sleeping = asyncio.ensure_future(self._sleep(seconds))
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait((sleeping, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            stopped.cancel()

    async def _try(self, job: Job[T]) -> Fetched[T] | Miss:
        """One try, and one more with a Referer where that may help."""
        result = await self._follow(job)
        if isinstance(result, Miss) and result.referer and not job.wish.referer:
            job.wish = replace(job.wish, referer=result.referer)
            self._event("referer", job.url, f"{result.reason}; once more with a Referer", job.shown)
            result = await self._follow(job)
        return result

    async def _follow(self, job: Job[T]) -> Fetched[T] | Miss:
        """Follow redirects to the response they lead to."""
        url, credentials = job.url, job.credentials
        seen = set()
        for hop in range(self._limits.redirects + 1):
            spelling = str(url)
            if spelling in seen:
                return Miss("redirect-loop", "the redirects run in a circle")
            seen.add(spelling)
            result = await self._hop(job, url, credentials, hop)
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
        lane = self._lane(url.host_str or "")
        started = self._clock()
        try:
            if lane.closed is not None:
                raise lane.closed.with_traceback(None)
            if self._stopped.is_set():
                return Miss("interrupted", "the run was stopped")
            await self._transport.prepare(url)
            await self._pacer.turn(lane)
        except LaneClosedError as closed:
            return Miss(closed.reason, closed.detail)
        except Fault as fault:
            return self._missed(lane, fault, started)
        turned = self._clock()
        try:
            if hop == 0:
                job.attempts += 1
            return await self._ask(job, url, credentials, lane)
        finally:
            self._pacer.release(lane, self._clock() - turned)

    async def _ask(
        self, job: Job[T], url: Url, credentials: str, lane: Lane, decode: bool = False
    ) -> Fetched[T] | Miss | Onward:
        started = self._clock()
        said = self._composer.compose(url, job.wish, credentials, url.origin_ascii == job.url.origin_ascii)
        try:
            exchange = await self._transport.open(job.method, url, said, seconds=job.seconds, decode=decode)
        except Fault as fault:
            job.seconds -= self._clock() - started
            return self._missed(lane, fault, started)
        job.seconds -= self._clock() - started
        lane.failures = 0
        try:
            answer = await self._answer(job, url, exchange, lane, decode)
        finally:
            await exchange.aclose()
        if answer is not None:
            return answer
        return await self._ask(job, url, credentials, lane, decode=True)

    async def _answer(
        self, job: Job[T], url: Url, exchange: Exchange, lane: Lane, decoded: bool
    ) -> Fetched[T] | Miss | Onward | None:
        """Make of a response what it is; None when it has to be asked for again, with the engine decoding."""
        status = exchange.status
        location = header(exchange, "location")
        if status not in PATIENCE:
            lane.postponed = 0
        if status in REDIRECTS and (location is not None or "location" in exchange.unreadable):
            await drain(exchange, LITTLE)
            return onward(url, location)
        if not is_success(status, job.conditional):
            await drain(exchange, LITTLE)
            miss = missed(exchange, url, self._limits.retry_after_most, datetime.now(UTC))
            if miss.delay:
                self._pacer.postpone(lane, miss.delay)
                message = f"{lane.host} asks for {miss.delay:.0f} s of patience"
                self._event("retry-after", url, message, job.shown, miss.delay)
                if lane.postponed > max(self._limits.retries, self._limits.host_failures):
                    self._give_up(lane, miss.reason, f"asks for patience {lane.postponed} times in a row")
                    return replace(miss, again=False)
            return miss
        bodiless = job.method == "HEAD" or status in (204, 205, 304)
        try:
            wrapped: Coding | None = None if bodiless else coding(listed(exchange, "content-encoding"))
        except CodingError as bad:
            return Miss(bad.reason, bad.detail)
        if wrapped == "engine":
            return Miss("encoding", "the engine cannot decode it") if decoded else None
        length = None if bodiless or wrapped or decoded else length_of(exchange)
        if length is not None and length > job.most:
            return Miss("too-large", f"{length} bytes declared, {job.most} allowed")
        head = Head(job.shown, str(url), status, exchange.headers, length)
        return await self._receive(job, url, head, exchange, "engine" if decoded else wrapped)

    async def _receive(
        self, job: Job[T], url: Url, head: Head, exchange: Exchange, wrapped: Coding | None
    ) -> Fetched[T] | Miss:
        limits = self._limits
        bounds = Bounds(job.most, max(0.0, job.seconds), limits.slow_window, limits.slow_bytes_per_second)
        body = Body(exchange, bounds, wrapped, clock=self._clock)
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
            return Miss(trouble.reason, trouble.detail, trouble.passing)
        if not body.ended:
            left = LITTLE if head.length is None else head.length - body.received
            if left <= LITTLE:
                await drain(exchange, left)
        if isinstance(value, Refusal):
            referer = referer_for(url) if value.reason == "placeholder" else ""
            return Miss(value.reason, value.detail, referer=referer)
        return Fetched(head, value, job.attempts)

    # -- hosts ------------------------------------------------------------------------------------------

    def _lane(self, host: str) -> Lane:
        lane = self._pacer.known(host)
        if lane is not None:
            return lane
        limits, quirk = self._limits, hosts.quirk(host)
        return self._pacer.lane(
            host,
            max(limits.host_interval, quirk.interval or 0.0),
            min(limits.host_concurrency, quirk.concurrency or limits.host_concurrency),
        )

    def _missed(self, lane: Lane, fault: Fault, started: float) -> Miss:
        """Note a fault; a host that could not be reached, or did not answer, too often in a row is given up.

        Otherwise a thousand URLs of a server that says nothing would take a thousand times its time limit.
        """
        silent = fault.connecting or fault.reason == "timeout"
        if silent and fault.passing and not fault.local and started >= lane.failed_at:
            lane.failures += 1
            lane.failed_at = self._clock()
            if lane.failures >= self._limits.host_failures:
                self._give_up(lane, fault.reason, fault.detail)
        return Miss(fault.reason, fault.detail, fault.passing and lane.closed is None)

    def _give_up(self, lane: Lane, reason: str, why: str) -> None:
        """Ask nothing more of a host in this run."""
        if lane.closed is not None:
            return
        detail = f"host given up after {max(lane.failures, lane.postponed)} failures"
        self._pacer.close(lane, reason, detail)
        self._tell(Event("host-given-up", lane.host, f"{lane.host}: {why}; {detail}"))

    def _event(self, kind: EventKind, url: Url, message: str, shown: str, seconds: float = 0.0) -> None:
        self._tell(Event(kind, url.host_str or "", message, shown, seconds))

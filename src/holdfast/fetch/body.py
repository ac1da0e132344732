"""One response's body: decoded, bounded in size, in time and in slowness.

Opens nothing. What is wrong with a body is raised inside the iterator, passes through whoever reads it, and
is found again in `Body.trouble`, so that nobody's ``except`` can turn a broken body into a whole one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress

import msgspec

from .answers import listed
from .decode import Coding, CodingError, Inflater, coding
from .exchange import Exchange
from .faults import Fault

DRAINING = 0.5
"""Seconds that the rest of a body which nobody wants is waited for: a new connection costs less than more."""
LITTLE = 65536
"""Bytes of a body nobody wants that are read all the same, to keep its connection."""
AT_ONCE = 8192
"""Bytes that a server sends together with the head."""
LOOKING = 5.0
"""Seconds that the first bytes of a body are waited for, where they are only looked at."""


class BodyError(Exception):
    """The body cannot be had; `reason` is a code of `reasons.REASONS`."""

    def __init__(self, reason: str, detail: str, passing: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.passing = passing
        """Another try may go better."""


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """What one body may cost."""

    most: int
    """Bytes, also after unpacking."""
    seconds: float
    """Time spent waiting for the body's bytes; what the reader does with them does not count."""
    window: float
    """Seconds over which `rate` is watched."""
    rate: int
    """Least bytes a second over every window."""


class Body:
    """The bytes of one body; see `Bounds`."""

    def __init__(
        self,
        exchange: Exchange,
        bounds: Bounds,
        coding: Coding | None,
        *,
        length: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``coding``: what has to be undone here; ``engine`` means that the engine does it already.
        ``length``: the bytes that are declared to come; None where that is not known."""
        self._exchange = exchange
        self._length = length
        self._bounds = bounds
        self._coding = coding
        self._clock = clock
        self.trouble: BodyError | None = None
        self.ended = False
        """Everything has been read."""
        self.received = 0
        """Bytes off the wire so far (unpacked ones when the engine decodes)."""
        self.waited = 0.0
        """Seconds spent waiting for them."""
        self._half_waited = 0.0
        self._half_received = 0
        self._half_before: int | None = None

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The bytes.

        Raises:
            BodyError: they end here, and are not what was declared.
        """
        inflater = Inflater(self._coding) if self._coding in ("gzip", "deflate") else None
        produced = 0
        try:
            while (chunk := await self._next()) is not None:
                if inflater is None:
                    yield chunk
                    continue
                for piece in inflater.feed(chunk):
                    produced += len(piece)
                    if produced > self._bounds.most:
                        raise BodyError("bomb", f"it unpacks to more than {self._bounds.most} bytes")
                    yield piece
            if inflater is not None:
                inflater.finish()
        except BodyError as trouble:
            self.trouble = trouble
            raise
        except CodingError as bad:
            self.trouble = BodyError(bad.reason, bad.detail, bad.reason == "truncated")
            raise self.trouble from bad
        self.ended = True

    async def _next(self) -> bytes | None:
        if self.received == self._length:  # asking for the end costs as much as asking for the bytes
            self._exchange.taken()
            return None
        before = self._clock()
        try:
            chunk = await self._exchange.read()
        except Fault as fault:
            raise BodyError(fault.reason, fault.detail, fault.passing) from fault
        self.waited += self._clock() - before
        if chunk is None:
            return None
        self.received += len(chunk)
        if self.received > self._bounds.most:
            if self._coding == "engine":
                raise BodyError("bomb", f"it unpacks to more than {self._bounds.most} bytes")
            raise BodyError("too-large", f"more than {self._bounds.most} bytes")
        self._check_pace()
        return chunk

    def _check_pace(self) -> None:
        """Windows overlap by half, so no stretch much longer than one can stay below the rate."""
        bounds = self._bounds
        if self.waited > bounds.seconds:
            raise BodyError("timeout", f"the body took longer than {bounds.seconds:.0f} s", passing=False)
        if self.waited - self._half_waited < bounds.window / 2:
            return
        now = self.received - self._half_received
        if self._half_before is not None and now + self._half_before < bounds.window * bounds.rate:
            raise BodyError("slow", f"less than {bounds.rate} bytes/s over {bounds.window:.0f} s")
        self._half_waited, self._half_received, self._half_before = self.waited, self.received, now


def spare(exchange: Exchange, left: int | None) -> Awaitable[None]:
    """Read what is left of a body that nobody wants, where that is little: its connection can be kept.

    ``left``: the bytes that are declared to come; None where that is not known.
    """
    if left is not None and left < AT_ONCE:  # a time limit costs as much as reading them
        # Taking the declared bytes is enough for the engine to keep the connection: 20,000 requests of
        # 128 workers opened 113 and 119 connections so, 128 when the end was read too.
        return exchange.skim(left)
    return drain(exchange, LITTLE if left is None else left)


async def drain(exchange: Exchange, most: int = LITTLE) -> None:
    """Read what is left of a body, when that is little and comes soon, so that its connection can be kept."""
    if most > LITTLE:
        return
    with suppress(Fault, TimeoutError):
        async with asyncio.timeout(DRAINING):
            while most >= 0 and (chunk := await exchange.read()) is not None:
                most -= len(chunk)


async def look(exchange: Exchange, most: int) -> bytes:
    """The beginning of the body of an answer that is no success."""
    try:
        wrapped = coding(listed(exchange, "content-encoding"))
    except CodingError:
        return b""
    return b"" if wrapped == "engine" else await peek(exchange, most, wrapped)


async def peek(exchange: Exchange, most: int, coding: Coding | None) -> bytes:
    """The first bytes of a body that is no more than looked at: what comes soon and can be unpacked."""
    inflater = Inflater(coding) if coding in ("gzip", "deflate") else None
    seen = b""
    with suppress(Fault, TimeoutError, CodingError):
        async with asyncio.timeout(LOOKING):
            while len(seen) < most and (chunk := await exchange.read()) is not None:
                for piece in inflater.feed(chunk) if inflater is not None else (chunk,):
                    seen += piece
                    if len(seen) >= most:
                        break
    return seen[:most]

"""When a fetch is tried again, and after how long.

Sends nothing; sleep, jitter and the end of the run are given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from ..config import NetworkLimits
from ..looping import pause
from .answers import Miss
from .events import Event, Listener
from .job import Fetched, Job
from .pace import Sleep

T = TypeVar("T")

LEAST_SECONDS = 0.1
"""With less time left than this there is no further try."""


class Retrying:
    """The further tries of fetches."""

    def __init__(
        self,
        limits: NetworkLimits,
        sleep: Sleep,
        jitter: Callable[[], float],
        stopped: asyncio.Event,
        tell: Listener,
    ) -> None:
        self._limits = limits
        self._sleep = sleep
        self._jitter = jitter
        self._stopped = stopped
        self._tell = tell

    def may_go_on(self, job: Job[T], miss: Miss) -> bool:
        """Whether another try is worth it."""
        return miss.again and job.retries > 0 and job.seconds > LEAST_SECONDS and not self._stopped.is_set()

    async def go_on(
        self, job: Job[T], first: Miss, again: Callable[[Job[T]], Awaitable[Fetched[T] | Miss]]
    ) -> Fetched[T] | Miss:
        """Further tries. The first has been made outside: it costs nothing extra when it goes well."""
        made: list[Fetched[T] | Miss] = [first]

        async def step() -> Fetched[T] | Miss:
            return made.pop() if made else await again(job)

        def wait(state: RetryCallState) -> float:
            assert state.outcome is not None
            miss: Miss = state.outcome.result()
            return 0.0 if miss.delay else self._backoff(state.attempt_number)

        async def announce(state: RetryCallState) -> None:
            assert state.outcome is not None
            assert state.next_action is not None
            miss: Miss = state.outcome.result()
            seconds = miss.delay or state.next_action.sleep
            host = job.url.host_str or ""
            self._tell(Event("retry", host, miss.detail or miss.reason, job.shown, seconds))

        retrying = AsyncRetrying(
            sleep=lambda seconds: pause(seconds, self._stopped, self._sleep),
            stop=stop_after_attempt(job.retries + 1),
            wait=wait,
            retry=retry_if_result(lambda result: isinstance(result, Miss) and self.may_go_on(job, result)),
            before_sleep=announce,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else first,
        )
        return await retrying(step)

    def _backoff(self, attempt: int) -> float:
        """Seconds before the next try: exponential, with jitter that only ever adds."""
        limits = self._limits
        return min(limits.backoff_most, limits.backoff_first * 2.0 ** (attempt - 1) * (1 + self._jitter()))

"""Take in what a server sends, as far as a question needs it, and have it judged.

Decides nothing itself. Of a page that is there the body is not read at all, unless its anchors are asked for,
it may be a wall in disguise, or it may be a soft 404.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from .. import urls
from ..fetch.decode import CodingError, Inflater, coding
from ..fetch.fetcher import Fetched, Fetcher
from ..model import Answer, Head, Verdict
from . import blocks, soft404, verdicts
from .questions import Question

MOST = 4 * 1024 * 1024
"""Bytes of a page that are read for its anchors."""


class Page(msgspec.Struct, frozen=True):
    """What was taken in of an answer."""

    head: Head
    body: bytes = b""
    whole: bool = True
    garbled: str = ""
    """Why its compression, which nobody asked for, could not be undone."""
    plain: bool = False
    """Nothing about its head is odd, and its body was not wanted."""


Receiver: TypeAlias = Callable[[Head, AsyncIterator[bytes]], Awaitable[Page]]


class Reader:
    """Reads and judges pages for one run."""

    def __init__(self, fetcher: Fetcher, policy: verdicts.Policy, soft_404: bool, deadline: float) -> None:
        self._fetcher = fetcher
        self._policy = policy
        self._soft_404 = soft_404
        self._deadline = deadline
        self._strangers: dict[str, asyncio.Task[soft404.Stranger | None]] = {}
        """By origin."""

    def wants_body(self, question: Question) -> bool:
        """Whether a question cannot be answered by the head alone."""
        return bool(question.fragments) or self._soft_404

    def receiver(self, question: Question) -> Receiver:
        """What takes in the answer to a question."""
        if question.fragments:
            return _read_whole
        return _read_some if self._soft_404 else _read_little

    def glance(self, question: Question) -> Callable[[Head], Page | None] | None:
        """What makes a page of the head alone, where that is enough."""
        return None if self.wants_body(question) else _glance

    def at_sight(self, page: Page) -> Answer | None:
        """The answer about a page of which nothing but the head counts; None where it has to be judged."""
        if page.body or page.garbled:
            return None
        return verdicts.of_head(page.head, self._policy, plain=page.plain)

    async def judge(self, question: Question, page: Page) -> tuple[Answer, Sequence[Answer]]:
        """The answer about the page, and one for each fragment (none: the same as the page's)."""
        answer = verdicts.of_head(page.head, self._policy, page.body[: blocks.LOOK])
        if answer.verdict not in (Verdict.OK, Verdict.REDIRECTED):
            return answer, ()
        if page.garbled:
            # Browsers show an error then. But they ask for compression, and may be sent another body.
            answer = replace(answer, verdict=Verdict.UNVERIFIED, reason="encoding", detail=page.garbled)
            return replace(answer, permanent=False), ()
        if not page.body:
            return answer, ()
        if self._soft_404 and page.head.status == 200:
            answer = await self._look_for_soft_404(question, page, answer)
            if answer.verdict is Verdict.BROKEN:
                return answer, ()
        if not question.fragments:
            return answer, ()
        from . import fragments  # brings a parser

        return answer, fragments.judge(answer, page.head, page.body, question.fragments, whole=page.whole)

    # -- soft 404 ---------------------------------------------------------------------------------------

    async def _look_for_soft_404(self, question: Question, page: Page, answer: Answer) -> Answer:
        from .fragments import is_html

        if not is_html(page.head, page.body):
            return answer
        said = soft404.says(page.body)
        detail = f"it is headed {said!r}" if said else ""
        if not said:
            stranger = await self._stranger(page.head.final_url)
            detail = soft404.resembles(stranger, question.url, page.head.final_url, page.body)
        if not detail:
            return answer
        return replace(answer, verdict=Verdict.BROKEN, reason="soft-404", detail=detail, permanent=False)

    async def _stranger(self, url: str) -> soft404.Stranger | None:
        """What the host answers to an address that cannot exist: asked once, whoever wants to know."""
        origin = urls.origin(url)
        task = self._strangers.get(origin)
        if task is None:
            task = self._strangers[origin] = asyncio.create_task(self._ask_stranger(origin))
        return await asyncio.shield(task)

    async def _ask_stranger(self, origin: str) -> soft404.Stranger | None:
        got = await self._fetcher.fetch(
            f"{origin}/{secrets.token_hex(12)}",
            _read_some,
            accept="text/html,*/*;q=0.8",
            max_bytes=2**62,
            deadline=self._deadline,
            retries=0,
            referers=False,
        )
        if not isinstance(got, Fetched) or got.value.head.status != 200:
            return None
        page = got.value
        return soft404.Stranger(page.head.final_url, soft404.digest(page.body), bool(page.head.hops))


def _glance(head: Head) -> Page | None:
    """The head alone, unless something about it is odd."""
    if blocks.is_suspicious(head) or head.header("content-encoding"):
        return Page(head) if head.status == 304 else None
    return Page(head, plain=True)


async def _read_little(head: Head, body: AsyncIterator[bytes]) -> Page:
    raw, whole = await _take(body, blocks.LOOK)
    try:
        return Page(head, _unpacked(head, raw), whole)
    except CodingError as error:
        return Page(head, b"", whole, error.detail)


async def _read_whole(head: Head, body: AsyncIterator[bytes]) -> Page:
    return Page(head, *await _take(body, MOST))


async def _read_some(head: Head, body: AsyncIterator[bytes]) -> Page:
    return Page(head, *await _take(body, soft404.READ))


async def _take(body: AsyncIterator[bytes], most: int) -> tuple[bytes, bool]:
    """The first bytes of a body, and whether that is all of it."""
    parts: list[bytes] = []
    left = most
    async for chunk in body:
        parts.append(chunk[:left])
        left -= len(chunk)
        if left < 0:
            return b"".join(parts), False
    return b"".join(parts), True


def _unpacked(head: Head, raw: bytes) -> bytes:
    """The beginning of a body that was taken as it came.

    Raises:
        CodingError: it is not compressed as it says. (What is compressed in a way that nobody here knows
            stays as it is, as in browsers.)
    """
    names = ", ".join(value for name, value in head.headers if name == "content-encoding")
    try:
        how = coding(names)
    except CodingError:
        return raw
    if how not in ("gzip", "deflate"):
        return raw
    seen = b""
    for piece in Inflater(how).feed(raw):
        seen += piece
        if len(seen) > blocks.LOOK:
            break
    return seen

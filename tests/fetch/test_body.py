"""A body is read to the end that was declared, and not a step further."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.fetch.body import Body, BodyError, Bounds
from holdfast.fetch.faults import Fault, ReadFault


class Pieces:
    """An exchange whose body comes in these pieces; at its end it fails, where it is told to."""

    status = 200
    headers = ()
    unreadable: frozenset[str] = frozenset()

    def __init__(self, pieces: list[bytes], fault: Fault | None = None) -> None:
        self._pieces = pieces
        self._fault = fault
        self.asked = 0
        self.ended = False

    async def read(self) -> bytes | None:
        self.asked += 1
        if self._pieces:
            return self._pieces.pop(0)
        if self._fault is not None:
            raise self._fault
        return None

    async def skim(self, most: int) -> None:
        raise AssertionError("somebody wants this body")

    def taken(self) -> None:
        self.ended = True

    async def aclose(self) -> None:
        pass


def read(exchange: Pieces, length: int | None, most: int = 100) -> bytes:
    async def work() -> bytes:
        body = Body(exchange, Bounds(most, 10.0, 30.0, 1024), None, length=length)
        found = b"".join([chunk async for chunk in body.chunks()])
        assert body.ended
        return found

    return asyncio.run(work())


@pytest.mark.parametrize("pieces", [[], [b"abcdef"], [b"ab", b"cd", b"ef"]])
def test_the_end_of_a_declared_length_is_not_asked_for(pieces: list[bytes]) -> None:
    whole, count = b"".join(pieces), len(pieces)
    exchange = Pieces([*pieces], ReadFault("reset", "nobody is to find out"))
    assert read(exchange, len(whole)) == whole
    assert (exchange.asked, exchange.ended) == (count, True)


def test_the_end_of_another_is() -> None:
    exchange = Pieces([b"ab", b"cd"])
    assert read(exchange, None) == b"abcd"
    assert (exchange.asked, exchange.ended) == (3, False)


def test_a_body_that_is_shorter_than_declared_is_no_body() -> None:
    exchange = Pieces([b"ab"], ReadFault("truncated", "the body ended before its declared end"))
    with pytest.raises(BodyError, match="before its declared end"):
        read(exchange, 3)


def test_a_declared_body_is_bounded_too() -> None:
    with pytest.raises(BodyError, match="more than 3 bytes"):
        read(Pieces([b"ab", b"cd"]), 4, most=3)

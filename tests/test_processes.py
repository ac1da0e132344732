"""Several processes at work: what each is told, what comes back, and what is said when one ends."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest

from holdfast.errors import DiskError, HoldfastError
from holdfast.pipeline.processes import Processes, worthwhile


class Adding(NamedTuple):
    """Adds ``to`` to a number, and meets trouble with some."""

    to: int

    def worker(self) -> Worker:
        return Worker(self.to)


class Worker:
    def __init__(self, to: int) -> None:
        self._to = to

    def tell(self, to: int) -> None:
        self._to = to

    def add(self, number: int) -> int:
        if number == 404:
            raise FileNotFoundError(2, "not there", "lost.md")
        if number == 507:
            raise DiskError("the disk is full", "make room")
        if number == 666:
            os._exit(7)
        print("no answer")
        return self._to + number


def test_each_answers_and_hears_the_news() -> None:
    others = Processes(Adding(1), 2)
    try:
        asked = [others.ask("add", [10 * each, 10 * each + 1], ["a"]) for each in range(8)]
        assert [each.result() for each in asked] == [[10 * n + 1, 10 * n + 2] for n in range(8)]
        others.tell(5)
        assert [others.ask("add", [each], ["a"]).result() for each in range(4)] == [[5], [6], [7], [8]]
    finally:
        others.end()


@pytest.mark.parametrize(
    ("number", "error", "words"),
    [
        (404, FileNotFoundError, "not there"),
        (507, DiskError, "the disk is full"),
        (666, HoldfastError, r"a process that reads for this one ended \(7\), at one of a\.md, b\.md"),
    ],
)
def test_trouble_comes_back(number: int, error: type[Exception], words: str) -> None:
    others = Processes(Adding(1), 1)
    try:
        with pytest.raises(error, match=words):
            others.ask("add", [1, number], ["a.md", "b.md"]).result()
    finally:
        others.end()


def test_little_work_starts_none() -> None:
    assert worthwhile(9, worth=10) == 0
    assert worthwhile(19, worth=10) == 0, "one more would not be one less at work"
    assert worthwhile(10**9, worth=10) in (0, *range(2, 9))

"""The rows of `offline`: a copy of a large built site, and the same once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from . import built, material
from .measuring import Contestant, measure
from .work import Bench, afresh, holdfast, says

_PAGES = 5000
_REMOTE = 60
_EAGER = ("--allow-private", "--proxy", "", "--host-interval", "0")


def _site(bench: Bench) -> tuple[int, int]:
    """A site whose pages show pictures of a server that runs; its pages, and their bytes."""
    material.photographs(bench.folder / "pictures", _REMOTE)
    server = bench.serve(root=bench.folder / "pictures")
    count = bench.some(_PAGES)
    urls = [server.url(f"/{number}.jpg") for number in range(_REMOTE)]
    return count, built.site(bench.folder / "site", count, urls)


def _run(bench: Bench, count: int, size: int, more: Sequence[str] = ()) -> Contestant:
    site, copy = bench.folder / "site", bench.folder / "copy"
    return Contestant(
        "holdfast offline",
        holdfast("offline", site, copy, "--base-url", built.BASE, *_EAGER, *more),
        proof=says(r"([\d,]+) pages", count),
        amount=size / 1e6,
    )


def first(bench: Bench) -> Iterator[Contestant]:
    """Into a new folder."""
    count, size = _site(bench)
    yield replace(_run(bench, count, size), before=afresh(None, bench.folder / "copy"))


def again(bench: Bench) -> Iterator[Contestant]:
    """With nothing that changed, on either side."""
    run = _run(bench, *_site(bench))
    # The first run belongs to the material.
    measure([run], 1)
    yield replace(run, name="holdfast offline, again", proof=says(r" (0) files new or changed", 0))

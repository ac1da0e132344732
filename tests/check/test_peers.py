"""holdfast beside lychee and linkchecker, over the same servers and files: each difference has its reason.

The tables say what a reader finds with a browser. A difference that no table gives a reason for fails, and so
does a reason without its difference.
"""

from __future__ import annotations

import inspect
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Self, TypeVar

import pytest
from tests.check.certified import RSA_ONLY, Signer, context
from tests.check.peers_asked import (
    Link,
    Said,
    ended,
    holdfasts,
    linkcheckers,
    lychees,
    start,
    start_holdfast,
    start_linkchecker,
    start_lychee,
)
from tests.check.peers_rows import (
    DIFFERENCES,
    FILES,
    FOR_PEOPLE,
    GONE,
    LOCAL_DIFFERENCES,
    MISSING,
    PRESENT,
    Tool,
)
from tests.check.test_verdicts import ISSUERS, PAST, ROWS, Plain, Row, page
from tests.commands import write
from tests.servers import NOT_FOUND, Authority, Loopback, Origin, Reply, Request, Route, refusing

pytestmark = [
    pytest.mark.slow,  # each worker asks the whole table with three programs
    pytest.mark.skipif(
        sys.platform != "linux",
        reason="needs an address of 127.0.0.0/8 for every row; elsewhere there is one",
    ),
]

ADDRESSES = [f"127.1.0.{number + 1}" for number in range(len(ROWS))]
OTHER = "127.1.1.1"
UNASKED: Mapping[str, str] = {
    "to a forbidden address": "the others would ask a stranger's private address",
    "429 with a day": "lychee waits a minute of it",
}


class Street(Origin):
    """Every row of the table at an address of its own, all with one port."""

    also = (*ADDRESSES, OTHER)

    def __init__(self) -> None:
        super().__init__(self._answer)
        self._paths: dict[str, Mapping[str, Route]] = {}

    def __enter__(self) -> Self:
        super().__enter__()
        for row, address in zip(ROWS, ADDRESSES, strict=True):
            self._paths[address] = self._placed(row, address)
        self._paths[OTHER] = {"/page": page()}
        return self

    def _placed(self, row: Row, address: str) -> dict[str, Route]:
        given = row.routes if isinstance(row.routes, Mapping) else {row.path: row.routes}

        def place(route: Route) -> Route:
            if not isinstance(route, Reply) or not isinstance(route.headers, Mapping):
                return route
            headers = {
                name: value.replace("{host}", f"{address}:{self.port}").replace(
                    "{other}", f"{OTHER}:{self.port}"
                )
                for name, value in route.headers.items()
            }
            return Reply(route.status, headers, route.body) if "Location" in headers else route

        return {path: place(route) for path, route in given.items()}

    async def _answer(self, request: Request) -> Reply:
        paths = self._paths.get(request.host.partition(":")[0], {})
        found = paths.get(request.target) or paths.get(request.path) or NOT_FOUND
        if isinstance(found, Reply):
            return found
        answer = found(request)
        return await answer if inspect.isawaitable(answer) else answer


def secure(stack: ExitStack, folder: Path) -> tuple[dict[str, str], Path]:
    """URLs by their rows' names, and whom to trust."""
    authority, stranger = Authority(), Authority()
    stack.callback(authority.close)
    stack.callback(stranger.close)
    root = Signer.root("Root")
    between, unknown = root.below("Intermediate"), Signer.root("Unknown").below("Unknown Intermediate")
    number = iter(range(1, 100))

    def at(made: Callable[[str], Loopback]) -> str:
        address = f"127.2.0.{next(number)}"
        served = stack.enter_context(made(address))
        return f"https://{address}:{served.port}/"

    def with_context(*chain: Signer | None, **how: str) -> str:
        return at(lambda ip: Origin({"/": page()}, tls=True, address=ip, context=context(ip, *chain, **how)))

    def with_authority(of: Authority, name: str = "", **how: object) -> str:
        return at(
            lambda ip: Origin({"/": page()}, tls=True, address=ip, authority=of, names=[name or ip], **how)  # type: ignore[arg-type]
        )

    urls = {
        "TLS, well": with_context(between, between),
        "TLS, expired": with_authority(authority, not_after=PAST),
        "TLS, another name": with_authority(authority, "another.lan"),
        "TLS, an issuer whom nobody knows": with_authority(stranger),
        "TLS, signed by itself": with_context(None),
        "TLS, no TLS": at(Plain),
        "TLS, refused": f"https://127.0.0.1:{stack.enter_context(refusing())}/",
        "TLS, a forgotten intermediate": with_context(between, issuers=ISSUERS),
        "TLS, an intermediate whom nobody knows": with_context(unknown),
        "TLS, RSA key exchange": with_context(between, between, ciphers=RSA_ONLY),
    }
    trusted = folder / "trusted.pem"
    trusted.write_bytes(authority.pem.read_bytes() + root.pem)
    return urls, trusted


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="peers-"))
    yield made
    shutil.rmtree(made)


T = TypeVar("T", str, Link)


@dataclass(frozen=True)
class Count(Generic[T]):
    """What one program made of a table."""

    right: int
    false_alarms: frozenset[T]
    """Dead, it says, and a reader gets in."""
    misses: frozenset[T]
    """Fine, it says, or nothing at all, and a reader finds nothing."""
    unsure: frozenset[T]
    """It does not say what it could."""


def count(said: Mapping[T, Said | None], dead: frozenset[T], people: frozenset[T] = frozenset()) -> Count[T]:
    """``people``: of these a program need not be sure."""
    alarms = frozenset(name for name, each in said.items() if each == "dead" and name not in dead)
    misses = frozenset(name for name, each in said.items() if each in ("fine", None) and name in dead)
    unsure = frozenset(
        name
        for name, each in said.items()
        if (each == "unsure" or (each is None and name not in dead)) and name not in people
    )
    return Count(len(said) - len(alarms) - len(misses) - len(unsure), alarms, misses, unsure)


@pytest.fixture(scope="module")
def remote(folder: Path) -> dict[str, dict[str, Said | None]]:
    """What each program says of each row."""
    with ExitStack() as stack:
        street = stack.enter_context(Street())
        urls, trusted = secure(stack, folder)
        for row, address in zip(ROWS, ADDRESSES, strict=True):
            if row.name not in UNASKED:
                urls[row.name] = f"http://{address}:{street.port}{row.path}"
        rooms = [folder / name for name in ("holdfast", "lychee", "linkchecker")]
        for room in rooms:
            room.mkdir()
        listed = rooms[1] / "list.html"
        listed.write_text("".join(f'<a href="{url}">x</a>\n' for url in urls.values()))
        asked = list(urls.values())
        running = (
            start_holdfast(rooms[0], asked, trusted),
            start_lychee(rooms[1], listed, trusted),
            start_linkchecker(rooms[2], asked, trusted, "-r0", "-t50"),
        )
        printed = [ended(each) for each in running]
    answers = (holdfasts(printed[0]), lychees(printed[1]), linkcheckers(printed[2]))
    return {
        tool: {name: said.get(("", url)) for name, url in urls.items()}
        for tool, said in zip(("holdfast", "lychee", "linkchecker"), answers, strict=True)
    }


def test_the_reasons_for_differences_are_told_once_and_of_rows_that_exist(
    remote: dict[str, dict[str, Said | None]],
) -> None:
    told = [(tool, name) for each in DIFFERENCES for tool in each.tools for name in each.names]
    assert len(set(told)) == len(told)
    assert set(remote["holdfast"]) >= GONE | FOR_PEOPLE | {name for _, name in told}
    assert not GONE & FOR_PEOPLE
    assert all(each.why.endswith((".", "?")) for each in DIFFERENCES)


@pytest.mark.parametrize("tool", ["lychee", "linkchecker"])
def test_each_difference_about_servers_has_a_reason(
    remote: dict[str, dict[str, Said | None]], tool: Tool
) -> None:
    ours, theirs = remote["holdfast"], remote[tool]
    found = {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}
    assert found == {
        name: (each.ours, each.theirs) for each in DIFFERENCES if tool in each.tools for name in each.names
    }


def test_who_is_right_about_servers(remote: dict[str, dict[str, Said | None]]) -> None:
    """By what a reader finds. The figures of the others follow from the table above; they stand here to be
    seen."""
    counts = {tool: count(said, GONE, FOR_PEOPLE) for tool, said in remote.items()}
    ours = counts["holdfast"]
    assert (ours.false_alarms, ours.misses) == (frozenset(), frozenset())
    # Of one, a browser can be sent something else than we are; of the other, it has what we have not.
    assert ours.unsure == {"broken gzip", "TLS, a forgotten intermediate"}
    assert {
        tool: (each.right, len(each.false_alarms), len(each.misses)) for tool, each in counts.items()
    } == {
        "holdfast": (148, 0, 0),
        "lychee": (104, 45, 1),
        "linkchecker": (105, 40, 5),
    }
    assert len(remote["holdfast"]) == 150


# -- files ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local(folder: Path) -> dict[str, dict[Link, Said]]:
    """What each program says of each link. linkchecker reads no Markdown."""
    site = write(folder / "site", FILES)
    rooms = [folder / f"{name} of files" for name in ("holdfast", "lychee", "linkchecker")]
    for room in rooms:
        room.mkdir()
    root = f"{site}/"
    ours = [sys.executable, "-m", "holdfast", "check", site, "--extensions", "html", "--format", "json"]
    running = (
        start(ours, rooms[0]),
        start_lychee(rooms[1], site, None, "--include-fragments"),
        # Without threads: where one more cannot be had, it ends and prints the links that it saw by then.
        start_linkchecker(rooms[2], [f"file://{root}i.html"], None, "-t0"),
    )
    printed = [ended(each) for each in running]
    return {
        "holdfast": holdfasts(printed[0], root),
        "lychee": lychees(printed[1], root),
        "linkchecker": linkcheckers(printed[2], root),
    }


def read_by(tool: str) -> Callable[[Link], bool]:
    return lambda link: tool != "linkchecker" or link[0].endswith(".html")


@pytest.mark.parametrize("tool", ["lychee", "linkchecker"])
def test_each_difference_about_files_has_a_reason(local: dict[str, dict[Link, Said]], tool: Tool) -> None:
    ours, theirs = local["holdfast"], local[tool]
    links = filter(read_by(tool), ours.keys() | theirs.keys())
    found = {link: (ours.get(link), theirs.get(link)) for link in links if ours.get(link) != theirs.get(link)}
    assert found == {each.link: (each.ours, each.theirs) for each in LOCAL_DIFFERENCES if tool in each.tools}


def test_who_is_right_about_files(local: dict[str, dict[Link, Said]]) -> None:
    links = PRESENT | MISSING
    assert local["holdfast"].keys() == links, "a link that is none, or one that was not seen"
    counts = {
        tool: count({link: said.get(link) for link in links if read_by(tool)(link)}, MISSING)
        for tool, said in local.items()
    }
    ours = counts["holdfast"]
    assert (ours.false_alarms, ours.misses, ours.unsure) == (
        frozenset(),
        frozenset(),
        {("i.html", "i.html#Q")},
    )
    assert {
        tool: (each.right, len(each.false_alarms), len(each.misses)) for tool, each in counts.items()
    } == {
        "holdfast": (50, 0, 0),
        "lychee": (50, 0, 1),
        "linkchecker": (14, 2, 1),
    }

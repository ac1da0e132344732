"""A web of many hosts, most of which have few links, with the faults that webs have; what is true of each URL
is known, since it is made so.

Asks nothing. `Web` says what there is, which verdict each URL deserves, and the least time that is polite;
``python -m tests.web HOSTS LONGEST`` serves it by TLS, and ``serving`` does so in a process of its own. Every
name is the server's address: clients are to connect to it whatever the name is, but for `Web.refused`.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from tests.servers import Authority, Origin, Reply, Request, refusing

DOMAIN = "web.lan"
"""One certificate for ``*.web.lan`` is the certificate of all hosts that have a good one."""
SHARE = 0.03
"""Of the URLs, for each kind but the good one, and of the hosts, for each trait."""
LATENCY = (0.02, 0.8)
"""Seconds: every host has its own, most of them little."""
PATIENCE = 1
"""Seconds that a host asks for which is asked too fast."""
COMPLAINTS = 4
"""After so many in a row a host has been asked enough, in one look."""
SLOW, SLOWEST = 0.1, 6.4
"""Seconds between two requests to a host that complains, unless its interval is longer: doubled with each
complaint but the first; and the most that comes of it."""
OWN_PACE = 0.15
"""Seconds between two requests that a host with a rate limit stands."""
_LARGEST = 20
"""So many hosts, those with the most links, have no trait: the longest lane is that of an honest host."""


@dataclass(frozen=True, slots=True)
class Manners:
    """The client's, as its options say; all times in seconds."""

    interval: float = 0.1
    at_once: int = 8
    """Requests to one host."""
    timeout: float = 2.5
    retries: int = 1
    backoff: float = 1.0
    """Before the first further try at the least; doubled before each other one."""
    second_look: float = 1.0
    """The pause before what failed is asked once more."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a URL is like."""

    name: str
    verdict: str
    reason: str = ""
    replies: Sequence[Reply] = (Reply(),)
    """To the first request for it in a run, the second one, and so on; the last to all others."""
    hops: int = 1
    """Requests that one try takes."""
    tries_again: bool = False
    """Another try may go better, for all that a client knows."""
    seems_dead: bool = False
    """It is looked at a second time, after all others."""


def _to(path: str, status: int = 302) -> Reply:
    return Reply(status, {"Location": path})


SILENT = Reply(delay=3600.0)
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("good", "ok"),
        Kind("missing", "broken", "http-404", (Reply(404),), seems_dead=True),
        Kind("gone", "broken", "http-410", (Reply(410),), seems_dead=True),
        Kind("failing", "broken", "http-500", (Reply(500),), tries_again=True, seems_dead=True),
        Kind("closed", "broken", "http-503", (Reply(503),), tries_again=True, seems_dead=True),
        Kind("recovering", "ok", "", (Reply(503), Reply()), tries_again=True),
        Kind("reset", "broken", "reset", (Reply(0, reset=True),), tries_again=True, seems_dead=True),
        Kind("silent", "broken", "timeout", (SILENT,), tries_again=True, seems_dead=True),
        Kind("garbled", "broken", "protocol", (Reply(raw=b"SSH-2.0-none of it HTTP\r\n"),), seems_dead=True),
        Kind("moved", "redirected", "", (_to("/there", 301),), hops=2),
        Kind("found", "redirected", "", (_to("/there"),), hops=2),
        Kind("circle", "broken", "redirect-loop", (_to(""),), seems_dead=True),
        Kind("members", "unverified", "login", (_to("/login?next=it"),), hops=2),
        Kind("private", "unverified", "login", (Reply(401),)),
        Kind("forbidden", "unverified", "forbidden", (Reply(403),)),
        Kind("walled", "unverified", "challenge", (Reply(403, {"cf-mitigated": "challenge"}),)),
    )
}
TRAITS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("expired", "broken", "tls", seems_dead=True),
        Kind("misnamed", "broken", "tls", seems_dead=True),
        Kind("unknown-issuer", "broken", "tls", seems_dead=True),
        Kind("refused", "broken", "refused", tries_again=True, seems_dead=True),
        Kind("busy", "unverified", "rate-limited", tries_again=True, seems_dead=True),
        Kind("limited", "ok"),
    )
}
"""What a whole host may be like: the verdict on all its URLs."""
_TOO_FAST = Reply(429, {"Retry-After": str(PATIENCE)})


@dataclass(frozen=True, slots=True)
class Host:
    """One name."""

    name: str
    latency: float
    """Seconds between a request and its answer."""
    trait: str
    kinds: Sequence[Kind]
    """Of its URLs, in the order of the document."""

    def urls(self) -> Iterator[tuple[str, Kind]]:
        """Each URL, with the verdict that it deserves."""
        for number, kind in enumerate(self.kinds):
            yield f"https://{self.name}/{kind.name}/{number}", TRAITS.get(self.trait, kind)


@dataclass(frozen=True, slots=True)
class Web:
    """All of it."""

    hosts: Sequence[Host]

    @classmethod
    def made(cls, hosts: int = 300, longest: int = 250) -> Web:
        """``hosts`` names, the first with ``longest`` links and the others with ever fewer; the same at each
        call."""
        chance = random.Random(7)
        plain = min(_LARGEST, hosts // 2)
        several = max(1, round(SHARE * hosts))
        traits = ["", *[trait for trait in TRAITS for _ in range(several)]]
        given = dict(zip(chance.sample(range(plain, hosts), len(traits) - 1), traits[1:], strict=True))
        kinds = [*KINDS.values()]
        weights = [1 - SHARE * (len(kinds) - 1), *[SHARE] * (len(kinds) - 1)]
        made = []
        for number in range(hosts):
            links = max(1, round(longest / (number + 1)))
            low, high = LATENCY
            latency = low * (high / low) ** chance.random()
            trait = given.get(number, "")
            own = [KINDS["good"]] * links if trait else chance.choices(kinds, weights, k=links)
            made.append(Host(f"h{number}.{DOMAIN}", latency, trait, own))
        return cls(made)

    def truth(self) -> dict[str, Kind]:
        """What each URL deserves."""
        return dict(url for host in self.hosts for url in host.urls())

    def refused(self) -> list[str]:
        """The names at which nobody listens."""
        return [host.name for host in self.hosts if host.trait == "refused"]

    def told(self) -> str:
        """How much there is of what, in one line."""
        count = Counter(kind.verdict for kind in self.truth().values())
        return ", ".join(f"{number} {verdict}" for verdict, number in sorted(count.items()))

    def bound(self, manners: Manners) -> float:
        """The least seconds that are polite.

        The first look is as long as the slowest host's: each request to it, also a redirect's second one and
        every further try, starts an interval after the one before, and not while `Manners.at_once` are under
        way; a further try comes no sooner than the backoff says, without its jitter. Then there is the
        pause, and the second look, of what seems dead, as long as its slowest host's. Hosts are taken as if
        each were alone. One that asks for patience whenever it is asked gets twice as much each time, up to
        `SLOWEST`, and no more requests in a look than `COMPLAINTS`; those that refuse, or cannot be trusted,
        cost nothing.
        """
        first = max(_alone(host, manners, again=False) for host in self.hosts)
        second = max(_alone(host, manners, again=True) for host in self.hosts)
        return first + manners.second_look + second


def _alone(host: Host, manners: Manners, *, again: bool) -> float:
    """Seconds that one look takes at one host."""
    if host.trait == "busy":
        return _complaining(host, manners, again=again)
    if host.trait not in ("", "limited"):
        return 0.0
    interval = max(manners.interval, OWN_PACE if host.trait == "limited" else 0.0)
    retries = min(1, manners.retries) if again else manners.retries
    waiting: list[tuple[float, int, Sequence[tuple[float, float]]]] = []
    for number, (_, deserved) in enumerate(host.urls()):
        kind = deserved if host.trait else host.kinds[number]
        if deserved.seems_dead or not again:
            waiting.append((0.0, number, _requests(kind, host.latency, manners, retries)))
    under_way: list[float] = []
    turn = end = 0.0
    while waiting:
        ready, number, (request, *others) = heapq.heappop(waiting)
        start = max(ready, turn)
        if len(under_way) == manners.at_once:
            start = max(start, heapq.heappop(under_way))
        turn = start + interval
        done = start + request[1]
        heapq.heappush(under_way, done)
        end = max(end, done)
        if others:
            heapq.heappush(waiting, (done + others[0][0], number, others))
    return end


def _complaining(host: Host, manners: Manners, *, again: bool) -> float:
    """Seconds that one look takes at a host that always asks for patience."""
    rounds = min(COMPLAINTS, len(host.kinds) + manners.retries)
    begun = rounds if again else 0
    slow = max(SLOW, manners.interval)
    waits = (min(SLOWEST, slow * 2.0**number) for number in range(begun, begun + rounds - 1))
    return sum(max(PATIENCE, wait) for wait in waits) + rounds * host.latency


def _requests(kind: Kind, latency: float, manners: Manners, retries: int) -> list[tuple[float, float]]:
    """Of each request for a URL in one look: its wait after the one before, and how long it takes."""
    seconds = manners.timeout if kind.name == "silent" else latency
    if kind.name == "recovering":
        retries = min(retries, 1)
    found = []
    for number in range(1 + retries * kind.tries_again):
        wait = manners.backoff * 2.0 ** (number - 1) if number else 0.0
        found += [(wait, seconds), *[(0.0, seconds)] * (kind.hops - 1)]
    return found


# -- the server -------------------------------------------------------------------------------------------


class _Answering:
    """Knows when each host was asked, and how often each URL."""

    def __init__(self, web: Web) -> None:
        self._hosts = {host.name: host for host in web.hosts}
        self._asked: Counter[tuple[str, str]] = Counter()
        self._served: dict[str, float] = {}

    def forget(self) -> None:
        """Begin anew: the next request is every URL's first."""
        self._asked.clear()
        self._served.clear()

    async def answer(self, request: Request) -> Reply:
        host = self._hosts[request.host]
        reply = self._reply(host, request)
        if reply is not SILENT:
            await asyncio.sleep(host.latency)
        return reply

    def _reply(self, host: Host, request: Request) -> Reply:
        if host.trait == "busy":
            return _TOO_FAST
        if host.trait == "limited":
            if request.at - self._served.get(host.name, float("-inf")) < OWN_PACE:
                return _TOO_FAST
            self._served[host.name] = request.at
        kind = KINDS.get(request.path.split("/")[1], KINDS["good"])
        asked = self._asked[host.name, request.path]
        self._asked[host.name, request.path] += 1
        return kind.replies[min(asked, len(kind.replies) - 1)]


def _context(web: Web, authority: Authority) -> ssl.SSLContext:
    """A good certificate for all, but for those whose trait is another one."""
    traits = {host.name: host.trait for host in web.hosts}
    now = datetime.now(UTC)
    good = authority.server_context([f"*.{DOMAIN}"])
    bad = {
        "expired": authority.server_context(
            [f"*.{DOMAIN}"], not_before=now - timedelta(days=9), not_after=now - timedelta(days=2)
        ),
        "misnamed": authority.server_context(["elsewhere.lan"]),
        "unknown-issuer": ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
    }
    trustme.CA().issue_cert(f"*.{DOMAIN}").configure_cert(bad["unknown-issuer"])

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = bad.get(traits.get(name or "", ""), good)

    good.sni_callback = choose  # type: ignore[assignment]
    return good


@dataclass(frozen=True, slots=True)
class Served:
    """A web that runs."""

    process: subprocess.Popen[str]
    port: int
    refusing: int
    """A port at which nobody listens."""
    authority: Path
    """The PEM file that a client must trust."""

    def begin_anew(self) -> None:
        """The server is to forget what it was asked."""
        assert self.process.stdin is not None
        self.process.stdin.write("anew\n")
        self.process.stdin.flush()

    def connect_to(self, web: Web) -> list[str]:
        """The values of ``--connect-to``; the first that fits counts."""
        return [f"{name}::127.0.0.1:{self.refusing}" for name in web.refused()] + [f"::127.0.0.1:{self.port}"]


@contextmanager
def serving(hosts: int, longest: int) -> Iterator[Served]:
    """Serve ``Web.made(hosts, longest)`` in another process."""
    command = [sys.executable, "-m", "tests.web", str(hosts), str(longest)]
    repository = Path(__file__).parents[1]
    with subprocess.Popen(
        command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            port, refused, authority = process.stdout.readline().rstrip("\n").split(" ", 2)
            yield Served(process, int(port), int(refused), Path(authority))
        finally:
            process.stdin.close()


def _serve(web: Web) -> None:
    """Until standard input ends; each of its lines begins anew."""
    authority = Authority()
    answering = _Answering(web)
    try:
        with Origin(answering.answer, context=_context(web, authority)) as origin, refusing() as refused:
            print(origin.port, refused, authority.pem, flush=True)
            for _ in sys.stdin:
                answering.forget()
    finally:
        authority.close()


if __name__ == "__main__":
    _serve(Web.made(int(sys.argv[1]), int(sys.argv[2])))

"""A small real name server on loopback, and a resolver that asks it: UDP, one question a packet (RFC 1035).

The server answers as a table says, differently each time where a name has several answers in turn. `Asking`
implements the resolver's interface and believes whatever it is told; what may be contacted is not its affair.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from itertools import chain, repeat
from types import TracebackType
from typing import Self

A, CNAME, AAAA = 1, 5, 28
NXDOMAIN, SERVFAIL = 3, 2

Answers = Sequence[str]
"""Addresses, or other names (as CNAME), in the order in which they are answered."""


class NameServer:
    """Answers for the names of a table from a thread; a context manager.

    ``names``: a name to its answers; to a list of lists, which are given one after the other; to None for no
    reply at all. ``everything``: the answers for all other names, by default that there is no such name.
    """

    def __init__(
        self,
        names: Mapping[str, Answers | Sequence[Answers] | None] | None = None,
        everything: Callable[[str], Answers | None] = lambda name: (),
    ) -> None:
        self._turns: dict[str, Iterator[Answers | None]] = {}
        for name, answers in (names or {}).items():
            if answers and not isinstance(answers[0], str):
                self._turns[name] = chain(answers, repeat(answers[-1]))  # type: ignore[arg-type]
            else:
                self._turns[name] = repeat(answers)  # type: ignore[arg-type]
        self._everything = everything
        self._given: dict[tuple[str, int], Answers | None] = {}
        self.asked: list[str] = []
        """Every question's name, in the order of arrival; each name is asked for twice, A and AAAA."""

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="name server", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waking:
            waking.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def times(self, name: str) -> int:
        """How often a name was looked up."""
        return self.asked.count(name) // 2

    def _serve(self) -> None:
        while packet := self._socket.recvfrom(4096):
            question, asker = packet
            if not question:
                return
            reply = self._reply(question)
            if reply is not None:
                self._socket.sendto(reply, asker)

    def _reply(self, question: bytes) -> bytes | None:
        name, kind, end = _question(question)
        self.asked.append(name)
        answers = self._answers(name, kind)
        if answers is None:
            return None
        found = [record for answer in answers if (record := _record(answer, kind)) is not None]
        code = 0 if answers else NXDOMAIN
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(found), 0, 0)
        return head + question[12:end] + b"".join(found)

    def _answers(self, name: str, kind: int) -> Answers | None:
        """A turn is one look-up: the questions for A and AAAA get the same."""
        if name not in self._turns:
            return self._everything(name)
        other = (name, A if kind == AAAA else AAAA)
        if other in self._given:
            return self._given.pop(other)
        answers = self._given[name, kind] = next(self._turns[name])
        return answers


class Asking:
    """Resolves names by asking one server. Keeps nothing: every call is a look-up."""

    def __init__(self, server: NameServer, *, wait: float = 5.0) -> None:
        """``wait``: seconds for an answer."""
        self._address = ("127.0.0.1", server.port)
        self._wait = wait

    async def resolve(self, host: str) -> Sequence[str]:
        try:
            async with asyncio.timeout(self._wait):
                found = await asyncio.gather(self._ask(host, A), self._ask(host, AAAA))
        except TimeoutError as error:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution") from error
        addresses = [address for each in found for address in each]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return addresses

    async def _ask(self, host: str, kind: int) -> list[str]:
        asking = secrets.token_bytes(2)
        question = asking + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + _spelt(host)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Waiting(asking, answer), remote_addr=self._address
        )
        try:
            transport.sendto(question + struct.pack(">HH", kind, 1))
            return _addresses(await answer)
        finally:
            transport.close()


class _Waiting(asyncio.DatagramProtocol):
    def __init__(self, asking: bytes, answer: asyncio.Future[bytes]) -> None:
        self._asking = asking
        self._answer = answer

    def datagram_received(self, data: bytes, addr: object) -> None:
        if data[:2] == self._asking and not self._answer.done():
            self._answer.set_result(data)


def _spelt(name: str) -> bytes:
    """A name in labels (RFC 1035 section 3.1)."""
    labels = [label.encode("ascii") for label in name.removesuffix(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _name(packet: bytes, at: int) -> tuple[str, int]:
    """A name, and where it ends (section 4.1.4: a pointer ends it)."""
    labels = []
    while length := packet[at]:
        if length >= 0xC0:
            rest, _ = _name(packet, (length & 0x3F) << 8 | packet[at + 1])
            return ".".join([*labels, rest]), at + 2
        labels.append(packet[at + 1 : at + 1 + length].decode("ascii").lower())
        at += 1 + length
    return ".".join(labels), at + 1


def _question(packet: bytes) -> tuple[str, int, int]:
    name, at = _name(packet, 12)
    return name, int.from_bytes(packet[at : at + 2]), at + 4


def _record(answer: str, kind: int) -> bytes | None:
    """A record for the question's own name, which lives no second; None when it answers another kind."""
    try:
        address = ip_address(answer)
    except ValueError:
        data, of_kind = _spelt(answer), CNAME
    else:
        data, of_kind = address.packed, A if address.version == 4 else AAAA
        if of_kind != kind:
            return None
    return struct.pack(">HHHIH", 0xC00C, of_kind, 1, 0, len(data)) + data


def _addresses(packet: bytes) -> list[str]:
    _, _, at = _question(packet)
    found = []
    for _ in range(int.from_bytes(packet[6:8])):
        _, at = _name(packet, at)
        kind, _, _, length = struct.unpack_from(">HHIH", packet, at)
        at += 10
        if kind in (A, AAAA):
            found.append(str(ip_address(packet[at : at + length])))
        at += length
    return found

"""What went wrong on the wire, as an httpx exception with one of our reason codes.

Touches no socket. The engine's own classes mislead (a head that never comes is a ``ConnectTimeoutError``, a
reset is a ``ConnectError``), so its chain of causes is read instead; see `of_head` and `of_body`.
"""

from __future__ import annotations

import httpx

# Imported at start on purpose: the engine imports its exceptions lazily and aborts the process when that
# fails for want of a file descriptor.
from pyreqwest.exceptions import (
    BuilderError,
    DecodeError,
    DetailedPyreqwestError,
    PyreqwestError,
    RequestTimeoutError,
)

from .certificates import is_self_signed, names_its_issuers


class Fault(httpx.TransportError):
    """One failed exchange."""

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        connecting: bool = False,
        stale: bool = False,
        local: bool = False,
        here: bool = False,
        passing: bool = True,
    ) -> None:
        super().__init__(detail or reason)
        self.reason = reason
        """A code of `reasons.REASONS`."""
        self.detail = detail
        self.connecting = connecting
        """It failed before the connection stood: another address may do."""
        self.stale = stale
        """It looks as a kept connection does that the server has closed meanwhile."""
        self.local = local
        """This machine ran out of something; the host has done nothing wrong."""
        self.here = here or local
        """It may be this machine's own trouble, but then again it may be the host's."""
        self.passing = passing
        """Another try may go better."""


class ConnectFault(Fault, httpx.ConnectError):
    """No connection: no address, refused, unreachable, not trusted."""


class ConnectTimeoutFault(Fault, httpx.ConnectTimeout):
    """No connection in time."""


class TimeoutFault(Fault, httpx.ReadTimeout):
    """The head, or the next piece of a body, did not come in time."""


class ReadFault(Fault, httpx.ReadError):
    """The connection broke off."""


class ProtocolFault(Fault, httpx.RemoteProtocolError):
    """What came is not HTTP."""


class EncodingFault(Fault, httpx.DecodingError):
    """The body's compression is broken."""

    def __init__(self, reason: str, detail: str = "") -> None:
        Fault.__init__(self, reason, detail, passing=False)


_VIA = "through the proxy: "
_EXHAUSTED = ("os error 24", "os error 23", "too many open files")
_UNTRUSTED = (
    "certificate",
    "fatal alert",
    "corrupt message",
    "peer is incompatible",
    "peer misbehaved",
    "tls",
)
_UNROUTED = ("unreachable", "no route", "os error 101", "os error 113", "permission denied", "not permitted")
_ENDED = ("unexpected eof", "end of file")
_BROKEN_OFF = (
    "connection reset",
    "broken pipe",
    "connection closed",
    "connection aborted",
    "connection error",
    "connection was not ready",
    "channel closed",
    "operation was canceled",
    "unexpected eof",
    "handshake eof",
)


def _causes(error: PyreqwestError) -> str:
    if isinstance(error, DetailedPyreqwestError):
        return "; ".join(cause["message"] for cause in error.details["causes"] or ()).lower()
    return str(error).lower()


def _last_cause(error: PyreqwestError) -> str:
    if isinstance(error, DetailedPyreqwestError) and error.details["causes"]:
        return error.details["causes"][-1]["message"]
    return error.message


def _any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


def of_head(error: PyreqwestError) -> Fault:
    """What an exception means that came instead of a response's head."""
    causes = _causes(error)
    if _any(_EXHAUSTED, causes):
        return ConnectFault("unreachable", "too many open files here", connecting=True, local=True)
    if "client error (connect)" in causes or "dns error" in causes:
        return _of_connecting(error, causes)
    if isinstance(error, RequestTimeoutError) or "timed out" in causes:
        return TimeoutFault("timeout", "no answer in time")
    if _any(_BROKEN_OFF, causes):
        return ReadFault("reset", "the connection ended before an answer came", stale=True)
    if isinstance(error, BuilderError):
        return ProtocolFault("bad-url", "the engine could not send this request", passing=False)
    if isinstance(error, DecodeError):
        return ProtocolFault("protocol", _last_cause(error), passing=False)
    return ProtocolFault("protocol", type(error).__name__, passing=False)


def _of_connecting(error: PyreqwestError, causes: str) -> Fault:
    if "tunnel error" in causes or "socks" in causes:
        return ConnectFault("unreachable", f"{_VIA}{_last_cause(error)}", connecting=True)
    if "connection refused" in causes or "os error 111" in causes or "os error 61" in causes:
        return ConnectFault("refused", "connection refused", connecting=True)
    if "timed out" in causes or "deadline has elapsed" in causes:
        return ConnectTimeoutFault("timeout", "no connection in time", connecting=True)
    if _any(_UNROUTED, causes):
        return ConnectFault("unreachable", "no route to the server", connecting=True, here=True)
    if _any(_BROKEN_OFF, causes):
        return ConnectFault("reset", "the connection ended as it was being made", connecting=True)
    if "dns error" in causes:
        # Not to be reached: no client is asked for a host without its pin.
        return ConnectFault("dns", "the name did not resolve", connecting=True)
    if _any(_UNTRUSTED, causes):
        return ConnectFault("tls", _last_cause(error), passing=False)
    return ConnectFault("unreachable", _last_cause(error), connecting=True)


def is_beyond_engine(fault: Fault, scheme: str) -> bool:
    """Whether another client may get an answer: one with other ciphers, or that reads more headers."""
    if fault.reason == "protocol":
        return "head is too large" in fault.detail
    return scheme == "https" and (fault.reason == "tls" or (fault.reason == "reset" and fault.connecting))


def is_unknown_issuer(fault: Fault) -> bool:
    """Whether a certificate was refused because nobody known has issued it."""
    return fault.reason == "tls" and "unknownissuer" in fault.detail.lower()


def of_unknown_issuer(fault: Fault, certificate: bytes) -> Fault:
    """The same with what the certificate (DER, or empty) says of the reason.

    A server that forgets to send its issuer's certificate is no stranger to browsers: they have it, or get it
    from where the server's own certificate says. So it may be only ours that is missing.
    """
    if is_self_signed(certificate):
        return _but(fault, detail=f"{fault.detail}: it is signed by itself")
    if names_its_issuers(certificate):
        detail = f"{fault.detail}: the server does not send that certificate, but browsers can fetch it"
        return _but(fault, detail=detail, here=True)
    return fault


def through_proxy(fault: Fault) -> Fault:
    """The same, of a request that went through a proxy.

    A proxy that is down or refuses looks as a dead host does, and one that reads secure connections shows its
    own certificates: none of it need be the host's.
    """
    if fault.reason == "tls" and not is_unknown_issuer(fault):
        return fault
    if fault.reason == "dns":  # the proxy's own name: hosts' names are left to it
        return _but(fault, reason="unreachable", detail="the proxy's name did not resolve", here=True)
    told = fault.detail.removeprefix(_VIA)
    return _but(fault, detail=f"{_VIA}{told}", here=True)


def _but(fault: Fault, *, reason: str = "", detail: str, here: bool = False) -> Fault:
    """A new fault like another one, which may be kept somewhere, except for this."""
    return type(fault)(
        reason or fault.reason,
        detail,
        connecting=fault.connecting,
        stale=fault.stale,
        local=fault.local,
        here=here or fault.here,
        passing=fault.passing,
    )


def of_body(error: PyreqwestError) -> Fault:
    """What an exception means that came in the middle of a body."""
    causes = _causes(error)
    if isinstance(error, RequestTimeoutError) or "timed out" in causes:
        return TimeoutFault("timeout", "the body stopped coming")
    if "before message length" in causes or "did not finish" in causes or _any(_ENDED, causes):
        return ReadFault("truncated", "the body ended before its declared end")
    if "close_notify" in causes:
        return ReadFault("truncated", "the secure connection ended without saying so")
    if _any(_BROKEN_OFF, causes):
        return ReadFault("reset", "the connection broke off in the body")
    if "from connection" in causes:
        return ProtocolFault("protocol", _last_cause(error), passing=False)
    return EncodingFault("encoding", _last_cause(error))

"""What an answer, or the lack of one, says about a link.

Sends nothing and keeps nothing: a head or a failure in, an `Answer` out. The rule in doubt: *broken* is what
a reader who follows the link would call broken; what tells only how a server treats programs is *unverified*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import urls
from ..config import CheckSettings
from ..fetch.settings import fitting
from ..kinds import HostSettings
from ..model import Answer, Failed, Head, Verdict
from . import blocks

PERMANENT = frozenset({301, 308})
"""RFC 9110 section 15.4: the address itself has changed."""
CHOICES = 300
"""A page of choices is a page (RFC 9110 section 15.4.1)."""
LONGEST = 2048
"""Characters of a URL or a validator that an answer keeps: no server makes our records grow."""

HIDDEN_ADDRESS = "/cdn-cgi/l/email-protection"
"""Where Cloudflare puts mail addresses that it hides in a page: nothing is there, by design."""

_PASSING = frozenset({"rate-limited", "unreachable", "refused", "reset", "timeout"})
"""What may be otherwise a little later, although nobody is called broken for it."""

Statuses = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Policy:
    """What this run takes for good."""

    accept: Statuses
    hosts: Sequence[HostSettings] = ()

    @classmethod
    def of(cls, settings: CheckSettings, hosts: Sequence[HostSettings]) -> Policy:
        return cls(settings.accept, tuple(each for each in hosts if each.accept))

    def accepts(self, status: int, url: str) -> bool:
        """Whether this status, from that URL, is good."""
        for first, last in self.accept:
            if first <= status <= last:
                return True
        if not self.hosts:
            return False
        own = fitting(self.hosts, urls.host(url))
        return own is not None and any(first <= status <= last for first, last in own.accept)


def of_head(head: Head, policy: Policy, page: bytes = b"", *, plain: bool = False) -> Answer:
    """The verdict on an answer that the fetcher takes for a success (2xx, or 304 where a condition was sent).

    ``page``: the first bytes of the body, where they were looked at; ``plain``: nothing about the head is
    suspicious, as somebody has found out already.
    """
    if head.status != 304 and not policy.accepts(head.status, head.final_url):
        return _refused(head, page)
    if page or (not plain and blocks.is_suspicious(head)):
        block = blocks.find(head, page)
        if block is not None:
            return _blocked(block, head)
    return _there(head)


def of_failure(failed: Failed, policy: Policy) -> Answer:
    """The verdict on what is no success."""
    head = failed.head
    if head is None:
        return _unreached(failed)
    if failed.reason != f"http-{head.status}":
        # The page is there, and more than that was wanted: what came of its body was broken.
        return _there(head) if policy.accepts(head.status, head.final_url) else _refused(head, failed.page)
    if policy.accepts(head.status, head.final_url) or head.status == CHOICES:
        block = blocks.find(head, failed.page)
        return _there(head) if block is None else _blocked(block, head)
    return _refused(head, failed.page)


def is_suspect(answer: Answer) -> bool:
    """Whether a URL is looked at a second time before this is said of it."""
    if answer.verdict is Verdict.BROKEN:
        return answer.reason != "bad-url"
    return answer.verdict is Verdict.UNVERIFIED and answer.reason in _PASSING


def _there(head: Head) -> Answer:
    final = _final_url(head)
    if final is not None and head.hops and blocks.leads_to_login(head.hops[0].url, final):
        return Answer(
            Verdict.UNVERIFIED,
            "login",
            f"it redirects to {_short(final)}",
            status=head.status,
            final_url=final,
        )
    etag, modified = head.header("etag"), head.header("last-modified")
    return Answer(
        Verdict.OK if final is None else Verdict.REDIRECTED,
        status=head.status,
        final_url=final,
        permanent=final is not None and all(hop.status in PERMANENT for hop in head.hops),
        etag=etag if etag and len(etag) <= LONGEST else None,
        last_modified=modified if modified and len(modified) <= LONGEST else None,
    )


def _refused(head: Head, page: bytes) -> Answer:
    block = blocks.find(head, page)
    if block is not None:
        return _blocked(block, head)
    status = head.status
    final = _final_url(head)
    if status == 404 and HIDDEN_ADDRESS in head.final_url:
        detail = "a mail address that Cloudflare hides from programs"
        return Answer(Verdict.UNVERIFIED, "challenge", detail, status=status, final_url=final)
    row = blocks.STATUSES.get(status)
    if row is not None:
        return Answer(Verdict.UNVERIFIED, row.reason, row.why, status=status, final_url=final)
    detail = f"after a redirect to {_short(final)}" if final else ""
    return Answer(Verdict.BROKEN, f"http-{status}", detail, status=status, final_url=final)


def _blocked(block: blocks.Block, head: Head) -> Answer:
    detail = f"{block.name} answers {head.status}"
    return Answer(Verdict.UNVERIFIED, block.reason, detail, status=head.status, final_url=_final_url(head))


def _unreached(failed: Failed) -> Answer:
    return _FAILURES.get(failed.reason, _broken)(failed)


def _broken(failed: Failed) -> Answer:
    row = blocks.STATUSES.get(_status(failed.reason))
    if row is not None:  # the host was given up after such answers to other URLs
        return Answer(Verdict.UNVERIFIED, row.reason, failed.detail)
    return Answer(Verdict.BROKEN, failed.reason, failed.detail)


def _unverified(failed: Failed) -> Answer:
    return Answer(Verdict.UNVERIFIED, failed.reason, failed.detail)


def _perhaps_ours(failed: Failed) -> Answer:
    """The host's fault, or this machine's own: it has no IPv6, its proxy refuses, it lacks a certificate that
    browsers have."""
    return _unverified(failed) if failed.here else _broken(failed)


_FAILURES: dict[str, Callable[[Failed], Answer]] = {
    # The reader's network may resolve and reach it; ours must not.
    "blocked-address": _unverified,
    # A redirect into an application (market:, itms-apps:, mailto:): a reader who has it gets there.
    "scheme": _unverified,
    **dict.fromkeys(("unreachable", "refused", "reset", "timeout", "protocol", "tls"), _perhaps_ours),
}


def _status(reason: str) -> int:
    number = reason.removeprefix("http-")
    return int(number) if number.isdigit() else 0


def _final_url(head: Head) -> str | None:
    if not head.hops:
        return None
    final = urls.without_credentials(urls.split_fragment(head.final_url)[0])
    return final if final != head.url and len(final) <= LONGEST else None


def _short(url: str) -> str:
    return url if len(url) <= 120 else url[:117] + "..."

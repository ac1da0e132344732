"""Decide, for every reference, what has to be fetched, what is held, and what is left alone and why.

Fetches nothing and opens nothing. What the disk and the manifest know comes in through `Policy` and
`ManifestView`; the answer depends on the references alone, not on the order the documents come in.

The first of these that applies decides (the codes are `reasons.SKIPS`):

    dynamic       the URL holds a template expression
    credentials   its URL holds a password, which a record would keep (one of a link is only counted)
    own-prefix    it points at our own assets; a known one whose file is missing is asked for again
    local, scheme it is the site's own, or no http(s) URL
    link          it is only followed by a click, and neither an embed nor --links selects it (only counted)
    page          what it embeds is no media file: a frame, a script, a style sheet
    excluded      --exclude matches, or --include is given and does not
    live          the image is made anew for every viewer
    restored      the author's URL was put back, and its document is not named in this run
    (held)        the manifest has it and its file is there; with refresh it is asked for as well
    accepted      it failed, and a person accepted the loss
    bad-url       a failure: no browser could read it
    failed-before it failed for good earlier; a transient failure is asked for again, both with retry_failed
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import msgspec

from . import families, hosts, reasons, urls
from .model import Asset, Document, Failed, Failure, Reference, Skipped
from .policy import ManifestView, Policy
from .spelling import text_of


class Use(NamedTuple):
    """One reference: the document's path, and the ordinal among all its references."""

    path: str
    ordinal: int


# -- the answer -------------------------------------------------------------------------------------------


class Request(msgspec.Struct, frozen=True):
    """One URL to ask for, once, however many references want it."""

    url: str
    """The identity: what manifest and reports call it, without fragment and credentials."""
    fetch_url: str
    """What is sent: a user name kept, pages of files replaced by the files (`hosts.equivalent`)."""
    families: tuple[str, ...]
    """What may come back, in alphabetical order: ``image``, ``video`` ... (`families.MEDIA`)."""
    uses: tuple[Use, ...]
    """Every reference that wants it, those that point at our copy already among them."""
    embed: bool = True
    """False when only selected links want it."""
    known: Asset | None = None
    """The record of an earlier fetch: for a conditional request, or because its file is missing."""


class Plan(msgspec.Struct, frozen=True):
    """The decisions of one run: everything sorted by URL, uses by document and place."""

    requests: tuple[Request, ...] = ()
    held: Mapping[str, Asset] = msgspec.field(default_factory=dict)
    """By URL, and their files are there."""
    uses: Mapping[str, tuple[Use, ...]] = msgspec.field(default_factory=dict)
    """The references to be rewritten, by URL requested or held; those that are ours already are in `own`."""
    own: Mapping[str, tuple[Use, ...]] = msgspec.field(default_factory=dict)
    """The references that point at our assets already, by the asset's URL (empty: not known which asset):
    to be written anew when prefix or layout changed."""
    failed: tuple[Failed, ...] = ()
    """URLs that cannot be asked for at all (``bad-url``)."""
    skipped: tuple[Skipped, ...] = ()
    """One for each URL and reason. Links that nothing selects are only counted."""
    passed_uses: Mapping[tuple[str, str], tuple[Use, ...]] = msgspec.field(default_factory=dict)
    """The references of `skipped` and `failed`, by URL and reason."""
    failed_before: tuple[Failure, ...] = ()
    """The records behind the skips ``failed-before``: they make the exit code 2 until fixed or accepted."""
    links: int = 0
    """References to URLs that are only followed, and were not selected."""
    references: int = 0
    documents: int = 0

    @property
    def incomplete(self) -> bool:
        """Whether something is not archived that no run to come will archive by itself."""
        return bool(self.failed or self.failed_before)


def uses_by_document(uses: Mapping[str, tuple[Use, ...]]) -> dict[str, tuple[tuple[int, str], ...]]:
    """Turn uses by URL into ``path -> ((ordinal, url), ...)``, in order: what a rewrite works through."""
    found: dict[str, list[tuple[int, str]]] = {}
    for url, places in uses.items():
        for path, ordinal in places:
            found.setdefault(path, []).append((ordinal, url))
    return {path: tuple(sorted(found[path])) for path in sorted(found)}


# -- deciding ---------------------------------------------------------------------------------------------


class _Verdict(Enum):
    ASK = "ask"
    HELD = "held"
    BAD = "bad-url"


@dataclass(slots=True)
class _Wanted:
    """What is gathered of one URL."""

    verdict: _Verdict | Skipped
    known: Asset | None
    there: bool
    """Whether the file of the known asset is where it should be."""
    fetch_url: str
    families: frozenset[str] = frozenset()
    embed: bool = False
    uses: list[Use] = field(default_factory=list)
    own: list[Use] | None = None


def plan(documents: Iterable[Document], manifest: ManifestView, policy: Policy) -> Plan:
    """Decide about every reference of ``documents``, which are looked at once and not kept.

    Linear in the references. Returns the same plan whatever order the documents come in.
    """
    planner = _Planner(manifest, policy)
    for document in documents:
        planner.add(document)
    return planner.finish()


class _Planner:
    def __init__(self, manifest: ManifestView, policy: Policy) -> None:
        self._manifest = manifest
        self._policy = policy
        self._wanted: dict[str, _Wanted] = {}
        self._followed: dict[str, Use | list[Use]] = {}
        """Links that only an embed elsewhere can still select; most URLs have one use, and need no list."""
        self._passed: dict[tuple[str, str], list[Use]] = {}
        self._own_unknown: list[Use] = []
        self._families: dict[frozenset[str], frozenset[str]] = {}
        self._links = 0
        self._references = 0
        self._documents = 0

    def add(self, document: Document) -> None:
        """Sort the references of one document."""
        self._documents += 1
        self._references += len(document.scanned.references)
        for index, reference in enumerate(document.scanned.references):
            self._sort(document, reference, Use(document.path, index))

    def _sort(self, document: Document, reference: Reference, use: Use) -> None:
        if reference.dynamic:
            self._pass(reference.url, "dynamic", use)
            return
        secret = urls.has_password(reference.url)
        own = False if secret else self._policy.own(document, reference)
        if own is not False:
            self._mend(own, reference, use)
            return
        if not urls.is_remote(reference.url):
            if reference.embed:
                self._pass(reference.url, "scheme" if urls.scheme(reference.url) else "local", use)
            else:
                self._links += 1
            return
        fetch_url = urls.split_fragment(reference.url)[0]
        url = urls.without_credentials(fetch_url)
        if reference.embed:
            wanted = families.MEDIA.intersection(families.of_embed(reference.kind, url))
            if not wanted:
                self._pass(url, "page", use)
                return
        else:
            wanted = families.of_link(url) & self._policy.links
            if not wanted and secret:
                self._links += 1
                return
            if not wanted:
                self._follow(document, reference, url, use)
                return
        if secret:
            self._pass(url, "credentials", use)
            return
        entry = self._entry(url, fetch_url)
        if _may_be_restored(entry) and self._is_restored(document, reference):
            self._pass(url, "restored", use)
            return
        self._join(entry, wanted, reference.embed)
        entry.uses.append(use)

    def _entry(self, url: str, fetch_url: str) -> _Wanted:
        entry = self._wanted.get(url)
        if entry is None:
            known = self._manifest.asset(url)
            there = known is not None and self._policy.has_asset(known)
            entry = self._wanted[url] = _Wanted(self._judge(url, there), known, there, fetch_url)
        elif fetch_url < entry.fetch_url:
            entry.fetch_url = fetch_url
        return entry

    def _join(self, entry: _Wanted, wanted: frozenset[str], embed: bool) -> None:
        if not wanted <= entry.families:
            both = entry.families | wanted
            entry.families = self._families.setdefault(both, both)
        entry.embed |= embed

    def _mend(self, own: Asset | bool, reference: Reference, use: Use) -> None:
        """Take note of a reference that is ours; its asset is asked for when its file is gone."""
        if not isinstance(own, Asset):
            self._own_unknown.append(use)
            self._pass(reference.url, "own-prefix", use)
            return
        entry = self._entry(own.url, own.url)
        self._join(entry, families.of_media(own.media), reference.embed)
        if entry.own is None:
            entry.own = []
        entry.own.append(use)

    def _is_restored(self, document: Document, reference: Reference) -> bool:
        return not self._policy.named(document.path) and self._manifest.restored(
            document.path, text_of(reference.raw)
        )

    def _follow(self, document: Document, reference: Reference, url: str, use: Use) -> None:
        if self._is_restored(document, reference):
            self._links += 1
            return
        before = self._followed.setdefault(url, use)
        if before is use:
            return
        if isinstance(before, list):
            before.append(use)
        else:
            self._followed[url] = [before, use]

    def _pass(self, url: str, reason: str, use: Use) -> None:
        self._passed.setdefault((_shown(url), reason), []).append(use)

    def _judge(self, url: str, there: bool) -> _Verdict | Skipped:
        """What is to be done about a URL, whoever refers to it."""
        policy = self._policy
        if policy.include and not any(pattern.search(url) for pattern in policy.include):
            return Skipped(url, "excluded", "--include does not match")
        for pattern in policy.exclude:
            if pattern.search(url):
                return Skipped(url, "excluded", pattern.pattern)
        why = hosts.live(url)
        if why:
            return Skipped(url, "live", why)
        if there:
            return _Verdict.ASK if policy.refresh else _Verdict.HELD
        failure = None if policy.retry_failed else self._manifest.failure(url)
        if failure and failure.accepted:
            return Skipped(url, "accepted", failure.reason)
        if urls.refusal(url):
            return _Verdict.BAD
        if failure and not _is_transient(failure.reason):
            return Skipped(url, "failed-before", failure.reason)
        return _Verdict.ASK

    # -- the end ------------------------------------------------------------------------------------------

    def finish(self) -> Plan:
        """Put what was gathered in order."""
        self._promote()
        requests: list[Request] = []
        held: dict[str, Asset] = {}
        uses: dict[str, tuple[Use, ...]] = {}
        own: dict[str, tuple[Use, ...]] = {"": tuple(sorted(self._own_unknown))} if self._own_unknown else {}
        failed: list[Failed] = []
        skipped = {key: Skipped(*key) for key in self._passed}
        for url in sorted(self._wanted):
            entry = self._wanted.pop(url)
            if entry.own:
                own[url] = tuple(sorted(entry.own))
            if not entry.uses and (not entry.own or (entry.there and isinstance(entry.verdict, Skipped))):
                # every reference was put back by restore, or ours already and no longer selected
                if entry.own and entry.known:
                    held[url] = entry.known
                continue
            if entry.verdict is _Verdict.BAD:
                failed.append(_bad(url))
                self._passed[url, "bad-url"] = entry.uses
            elif isinstance(entry.verdict, Skipped):
                key = (_shown(url), entry.verdict.reason)
                skipped[key] = entry.verdict
                self._passed.setdefault(key, []).extend([*entry.uses, *(entry.own or ())])
            else:
                if entry.uses:
                    uses[url] = tuple(sorted(entry.uses))
                if entry.known and entry.there:
                    held[url] = entry.known
                if entry.verdict is _Verdict.ASK:
                    requests.append(_request(url, entry))
        return Plan(
            requests=tuple(requests),
            held=held,
            uses=uses,
            own=own,
            failed=tuple(failed),
            skipped=tuple(skipped[key] for key in sorted(skipped)),
            passed_uses={key: tuple(sorted(self._passed[key])) for key in sorted(self._passed)},
            failed_before=tuple(self._failed_before(skipped.values())),
            links=self._links,
            references=self._references,
            documents=self._documents,
        )

    def _promote(self) -> None:
        """Let links join the embeds of the same URL; count the others."""
        for url, uses in self._followed.items():
            places = uses if isinstance(uses, list) else [uses]
            entry = self._wanted.get(url)
            if entry and entry.embed and not isinstance(entry.verdict, Skipped):
                entry.uses.extend(places)
            else:
                self._links += len(places)
        self._followed.clear()

    def _failed_before(self, skipped: Iterable[Skipped]) -> Iterator[Failure]:
        urls_before = sorted(one.url for one in skipped if one.reason == "failed-before")
        return filter(None, map(self._manifest.failure, urls_before))


def _request(url: str, entry: _Wanted) -> Request:
    uses = sorted([*entry.uses, *entry.own]) if entry.own else sorted(entry.uses)
    fetch_url = hosts.equivalent(entry.fetch_url) if entry.embed else entry.fetch_url
    return Request(
        url=url,
        fetch_url=fetch_url,
        families=tuple(sorted(entry.families)),
        uses=tuple(uses),
        embed=entry.embed,
        known=entry.known,
    )


def _bad(url: str) -> Failed:
    refusal = urls.refusal(url)
    return Failed(url, "bad-url", refusal.detail if refusal else "")


def _may_be_restored(entry: _Wanted) -> bool:
    """Whether the rules before ``restored`` left the URL alone."""
    return not (isinstance(entry.verdict, Skipped) and entry.verdict.reason in ("excluded", "live"))


def _is_transient(reason: str) -> bool:
    try:
        return reasons.is_transient(reason)
    except (KeyError, ValueError):  # written by another version: asking once more is the safe side
        return True


def _shown(url: str) -> str:
    """A URL as a report names it: without credentials, and of a ``data:`` URL, which may be megabytes, only
    the beginning."""
    if urls.scheme(url) != "data":
        return urls.without_credentials(url)
    return url if len(url) <= _SHOWN else url[:_SHOWN] + "…"


_SHOWN = 80

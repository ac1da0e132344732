"""What a command concluded: plain records that every report format reads, and that the Python API returns.

Opens nothing. Field names are the JSON reports' names, so they are stable.
"""

from __future__ import annotations

import msgspec


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a person finds it: 1-based line and column, the column counted in characters."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A URL that is not archived although it should be."""

    url: str
    reason: str
    detail: str = ""
    attempts: int = 0
    transient: bool = False
    earlier: bool = False
    """True when it failed in an earlier run and was not asked again."""
    locations: tuple[Place, ...] = ()


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A URL that was left alone on purpose."""

    url: str
    reason: str
    detail: str = ""
    locations: tuple[Place, ...] = ()


class DocumentNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Something about one document, or about the site when ``path`` is empty."""

    path: str
    code: str
    message: str
    line: int = 0
    column: int = 0
    severe: bool = False
    """True when it makes the exit code 2: a document could not be read, scanned or rewritten."""


class HeldAsset(msgspec.Struct, frozen=True, kw_only=True):
    """One stored file, as lists and reports show it."""

    url: str
    path: str
    """POSIX path below the site's root."""
    sha256: str
    bytes: int
    media: str
    width: int | None = None
    height: int | None = None


class HostTotals(msgspec.Struct, kw_only=True):
    """What one host brought."""

    urls: int = 0
    stored: int = 0
    held: int = 0
    failed: int = 0
    skipped: int = 0
    bytes: int = 0
    wanted: int = 0
    """What a run left for another: one that touches nothing (``--dry-run``, ``--diff``, ``--check``), that
    was interrupted, or that ``--max-total`` stopped."""


class ArchiveResult(msgspec.Struct, kw_only=True):
    """The conclusion of ``holdfast archive``."""

    schema: str = "holdfast/archive/1"
    mode: str = "archive"
    """``archive``, ``check``, ``dry-run`` or ``diff``."""
    site: str = ""
    documents: int = 0
    references: int = 0
    urls: int = 0
    """Different URLs that are, or should be, archived."""
    stored: int = 0
    held: int = 0
    failed: list[Problem] = []
    skipped: list[Passed] = []
    accepted: int = 0
    """Failures that a person accepted; they are not in ``failed``."""
    links: int = 0
    """Links that nothing asked to archive."""
    rewritten: int = 0
    """Documents replaced, or, in a dry run, that would be."""
    replaced: int = 0
    """References that point somewhere else now."""
    bytes: int = 0
    """Bytes of the assets stored in this run."""
    total_bytes: int = 0
    """Bytes of all assets held."""
    seconds: float = 0.0
    no_rewrite: bool = False
    interrupted: bool = False
    stopped: str = ""
    """Why a run ended early, e.g. ``--max-total``; empty otherwise."""
    assets: list[HeldAsset] = []
    """What was stored in this run."""
    largest: list[HeldAsset] = []
    by_host: dict[str, HostTotals] = {}
    warnings: list[str] = []
    notices: list[DocumentNotice] = []
    diff: str = ""

    @property
    def exit_code(self) -> int:
        """0 all good, 2 something failed, 130 after Ctrl-C."""
        if self.interrupted:
            return 130
        bad = self.failed or self.stopped or any(notice.severe for notice in self.notices)
        return 2 if bad else 0


class LeftReference(msgspec.Struct, frozen=True, kw_only=True):
    """A reference that restore could not decide about."""

    location: Place
    raw: str
    why: str


class RestoreResult(msgspec.Struct, kw_only=True):
    """The conclusion of ``holdfast restore``."""

    schema: str = "holdfast/restore/1"
    mode: str = "restore"
    documents: int = 0
    restored: int = 0
    """References whose original URL is back."""
    rewritten: int = 0
    """Documents replaced."""
    exact: int = 0
    """Of these, documents whose bytes are, by SHA-256, the author's."""
    left: list[LeftReference] = []
    warnings: list[str] = []
    notices: list[DocumentNotice] = []
    seconds: float = 0.0
    diff: str = ""

    @property
    def exit_code(self) -> int:
        return 2 if self.left or any(notice.severe for notice in self.notices) else 0


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fixity finding."""

    path: str
    """POSIX path below the site's root."""
    kind: str
    """``missing``, ``changed``, ``orphaned``, ``partial``, ``unused``, ``lfs``, ``not-served``; of a copy
    also ``not-ours``."""
    detail: str = ""
    url: str = ""


class VerifyResult(msgspec.Struct, kw_only=True):
    """The conclusion of ``holdfast verify``."""

    schema: str = "holdfast/verify/1"
    assets: int = 0
    bytes: int = 0
    good: int = 0
    faults: list[Fault] = []
    notes: list[Fault] = []
    """Findings that are no error: unused assets, files that Git LFS has not checked out."""
    pruned: list[str] = []
    warnings: list[str] = []
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        gone = set(self.pruned)
        return 2 if any(fault.path not in gone for fault in self.faults) else 0


class ListedAsset(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``holdfast list``."""

    url: str
    new: str
    """How documents refer to it; the first spelling when there are several."""
    path: str
    sha256: str
    bytes: int
    documents: tuple[str, ...]


class ListResult(msgspec.Struct, kw_only=True):
    """The conclusion of ``holdfast list``."""

    schema: str = "holdfast/list/1"
    assets: list[ListedAsset] = []
    warnings: list[str] = []
    exit_code: int = 0


class ScannedReference(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of ``holdfast scan --format jsonl``."""

    path: str
    line: int
    column: int
    start: int
    end: int
    raw: str
    url: str
    kind: str
    embed: bool
    dynamic: bool = False
    key: tuple[str | int, ...] = ()


class ScanResult(msgspec.Struct, kw_only=True):
    """The conclusion of ``holdfast scan``."""

    schema: str = "holdfast/scan/1"
    documents: int = 0
    bytes: int = 0
    references: list[ScannedReference] = []
    notices: list[DocumentNotice] = []
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        return 2 if any(notice.severe for notice in self.notices) else 0


class CheckedUrl(msgspec.Struct, frozen=True, kw_only=True):
    """What was concluded of one URL; of a local one, in one document."""

    url: str
    verdict: str
    """A value of `model.Verdict`."""
    status: int | None = None
    reason: str = ""
    detail: str = ""
    hint: str = ""
    """What to do about it; never empty where something can be done."""
    final_url: str | None = None
    permanent: bool = False
    """With ``redirected``: every hop says that it is for good."""
    first_failed: str | None = None
    """When it was first found broken, with no success since; UTC, RFC 3339."""
    failures: int = 0
    """How many runs in a row have found it broken, this one included."""
    remembered: bool = False
    """Answered from the memory of an earlier run; nothing was asked."""
    tolerated: str = ""
    """Why it is broken and does not fail the run: ``baseline``, ``grace``, ``unchanged``; else empty."""
    accepted: str | None = None
    """With ``baseline``: the date it was accepted."""
    locations: tuple[Place, ...] = ()


class Revived(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the baseline that is alive again, or that nothing refers to any more."""

    url: str
    path: str = ""
    """The document, for a local link."""
    accepted: str = ""
    gone: bool = False
    """True when no document refers to it any more."""


class CheckSummary(msgspec.Struct, kw_only=True):
    """The totals of a check. The verdicts count URLs, as ``results`` does."""

    documents: int = 0
    references: int = 0
    urls: int = 0
    ok: int = 0
    redirected: int = 0
    broken: int = 0
    unverified: int = 0
    excluded: int = 0
    failing: int = 0
    """URLs that fail the run."""
    tolerated: int = 0
    """URLs that are broken and do not fail the run."""
    remembered: int = 0
    requests: int = 0
    """URLs that were asked for over the network."""
    seconds: float = 0.0


class CheckResult(msgspec.Struct, kw_only=True):
    """The conclusion of ``holdfast check``."""

    schema: str = "holdfast/check/1"
    site: str = ""
    folder: str = ""
    """The site's root below that of its repository, POSIX; empty where they are the same."""
    summary: CheckSummary = msgspec.field(default_factory=CheckSummary)
    results: list[CheckedUrl] = []
    """Sorted by URL, then by place. Only where a report needs every one are those that are ok among them."""
    revived: list[Revived] = []
    strict: bool = False
    remembers: bool = True
    """What was found is kept for the next run."""
    interrupted: bool = False
    warnings: list[str] = []
    notices: list[DocumentNotice] = []

    @property
    def exit_code(self) -> int:
        """0 all good, 2 something is broken (with ``--strict``, or unverified), 130 after Ctrl-C."""
        if self.interrupted:
            return 130
        return 2 if self.summary.failing or any(notice.severe for notice in self.notices) else 0

    def fails(self, checked: CheckedUrl) -> bool:
        """Whether this URL fails the run."""
        failing = ("broken", "unverified") if self.strict else ("broken",)
        return checked.verdict in failing and not checked.tolerated


class OfflineResult(msgspec.Struct, kw_only=True):
    """The conclusion of ``holdfast offline``."""

    schema: str = "holdfast/offline/1"
    copy: str = ""
    base_url: str = ""
    pages: int = 0
    files: int = 0
    """All files of the copy."""
    bytes: int = 0
    urls: int = 0
    """Remote URLs that pages, or what they show, would fetch."""
    fetched: int = 0
    unchanged: int = 0
    """Asked for, and still what an earlier run had fetched."""
    read: int = 0
    """Files of the site that were opened: the others, and what they show, are as in an earlier run."""
    new: list[str] = []
    """Files of the copy that are new or changed: what there is to carry."""
    removed: list[str] = []
    missing: list[Problem] = []
    """Embeds that a placeholder stands for."""
    skipped: list[Passed] = []
    """Embeds that were left out on request: a placeholder stands for them as well."""
    unbuilt: list[Problem] = []
    """Links to pages of the site that were never built; they lead to the published site."""
    outside: int = 0
    """Links to other sites, which stay."""
    feeds: list[str] = []
    """Feeds and sitemaps, which are for other programs and stay as they are."""
    searches: list[str] = []
    """What became of each search box, in words."""
    proof: str = ""
    """``proved`` or ``not-proved``, where a browser was asked ..."""
    proof_report: str = ""
    """... and where its report is."""
    proof_limits: int = 0
    """Files that browsers refuse from ``file://`` on the pages that were opened, each told in ``notices``."""
    interrupted: bool = False
    warnings: list[str] = []
    notices: list[DocumentNotice] = []
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 all inside, 2 something is missing or was not proved, 130 after Ctrl-C."""
        if self.interrupted:
            return 130
        stopped = any(passed.reason == "budget" for passed in self.skipped)
        severe = any(notice.severe for notice in self.notices)
        return 2 if self.missing or stopped or severe or self.proof == "not-proved" else 0

"""What a hostile web, a full disk and an unlucky moment do: one row each, and where its test is.

A row's test runs the real command against a real server, a real file system or a real killed process. The
number begins the id of its test: ``test_row[03-body-shorter-than-content-length]``. What no test can bring
about says in ``instead`` which test protects against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that goes wrong."""

    name: str
    module: str
    """The file in this folder whose tests show what happens."""
    instead: str = ""
    """Why there is no test that makes it happen, and what is tested in its place."""


def _rows(module: str, first: int, *names: str) -> dict[int, Row]:
    return {number: Row(name, module) for number, name in enumerate(names, first)}


ROWS: Mapping[int, Row] = {
    **_rows(
        "test_network",
        1,
        "headers-one-byte-a-second",
        "body-one-byte-a-second",
        "body-shorter-than-content-length",
        "chunked-body-cut-off",
        "endless-chunked-body",
        "body-until-eof-cut-off",
        "gzip-bomb",
        "brotli-and-zstd-bombs",
        "stacked-encodings",
        "gzip-truncated-at-its-declared-length",
        "wrong-content-encoding",
        "redirects-that-never-end",
        "redirect-to-another-scheme",
    ),
    **_rows(
        "test_addresses",
        14,
        "redirect-to-cloud-metadata",
        "odd-spellings-of-ipv4",
        "ipv4-inside-ipv6",
        "rebinding",
        "public-and-private-answers-mixed",
        "proxy-in-the-environment",
        "credentials-across-hosts",
        "https-to-http",
    ),
    **_rows(
        "test_network",
        22,
        "tls-nobody-can-trust",
        "malformed-header-lines",
        "endless-headers",
        "conflicting-content-lengths",
        "status-999-and-no-http-at-all",
        "retry-after",
        "reset-in-mid-body",
        "dead-resolver",
        "head-lies",
        "refresh-with-etag",
        "different-bytes-for-each-request",
    ),
    **_rows(
        "test_content",
        33,
        "error-page-with-status-200",
        "html-named-jpg",
        "content-type-wrong-or-missing",
        "empty-200",
        "placeholders",
        "truncated-pictures",
        "pixel-bomb",
        "frame-bomb",
        "formats-not-on-the-list",
        "hostile-svg",
        "polyglots",
        "gps-in-exif",
        "asset-changed-or-deleted",
    ),
    **_rows(
        "test_names",
        46,
        "paths-that-climb",
        "control-and-bidi-characters",
        "reserved-names",
        "names-over-255-bytes",
        "names-alike-but-for-case-or-normal-form",
        "equal-basenames",
        "urls-alike-but-for-the-query",
        "idn-ports-and-userinfo",
    ),
    **_rows("test_disk", 54, "disk-full-in-mid-write"),
    **_rows("test_crash", 55, "fsync-fails", "killed-at-every-operation"),
    57: Row(
        "power-lost-after-rename",
        "test_crash",
        instead="no test can cut the power; that everything is synced before what builds on it is tested",
    ),
    **_rows("test_process", 58, "two-runs-at-once", "stale-lock"),
    **_rows(
        "test_disk",
        60,
        "read-only-file-and-folder",
        "temporary-folder-on-another-device",
        "symlinks",
        "symlink-swapped-in",
        "file-mode-kept",
    ),
    **_rows("test_process", 65, "descriptors-exhausted", "clock-going-backwards"),
    **_rows("test_disk", 67, "manifest-torn-newer-or-in-conflict"),
    **_rows(
        "test_documents",
        68,
        "document-changed-meanwhile",
        "byte-order-mark",
        "line-endings",
        "not-utf-8",
        "front-matter",
        "urls-in-code-and-comments",
        "brackets-titles-escapes",
        "one-url-a-prefix-of-another",
        "second-run-changes-nothing",
        "partial-failure",
        "sizes-without-end",
    ),
}
"""By number."""

SHOWN: Mapping[str, str] = {
    # failures
    "dns": "test_addresses::test_proxies",
    "refused": "test_reasons::test_refused",
    "reset": "test_network::test_row[28-reset-in-mid-body",
    "timeout": "test_network::test_row[01-headers-one-byte-a-second",
    "slow": "test_network::test_row[02-body-one-byte-a-second",
    "unreachable": "test_reasons::test_unreachable",
    "tls": "test_network::test_tls",
    "protocol": "test_network::test_row[05-endless-chunked-body",
    "redirect-loop": "test_network::test_row[12-redirects-that-never-end",
    "too-large": "test_network::test_row[05-endless-chunked-body",
    "truncated": "test_network::test_row[03-body-shorter-than-content-length",
    "bomb": "test_content::test_row[39-pixel-bomb",
    "not-media": "test_content::test_row[33-error-page-with-status-200",
    "placeholder": "test_content::test_placeholders[37-placeholders",
    "active-svg": "test_content::test_row[42-hostile-svg",
    "blocked-address": "test_addresses::test_spellings",
    "bad-url": "test_addresses::test_spellings",
    "scheme": "test_network::test_row[13-redirect-to-another-scheme",
    "encoding": "test_network::test_row[11-wrong-content-encoding",
    "not-held": "test_reasons::test_the_gate_says_what_is_not_held",
    "interrupted": "tests/test_interruptions::test_ctrl_c_prints_the_summary",
    # what is left alone
    **dict.fromkeys(
        ("live", "dynamic", "link", "local", "credentials", "own-prefix", "excluded"),
        "test_reasons::test_what_is_left_alone",
    ),
    "page": "test_reasons::test_pages_are_no_media",
    "restored": "test_reasons::test_what_was_put_back_is_left_alone",
    "failed-before": "test_reasons::test_what_failed_for_good_is_not_asked_again",
    "accepted": "test_reasons::test_what_failed_for_good_is_not_asked_again",
    "budget": "test_reasons::test_what_would_pass_the_budget",
}
"""By the code of `reasons.REASONS` and `reasons.SKIPS`: the test that shows it through the real command, as
its file (in this folder, unless it says otherwise) and how its name begins."""


def ids(number: int) -> str:
    """The id of a row's test, or how the ids of its several tests begin."""
    return f"{number:02d}-{ROWS[number].name}"

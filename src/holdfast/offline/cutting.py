"""What a page loses in a copy, whatever becomes of its URLs.

Parses nothing. A new loss is a new row of `REMOVALS`, and of `CUTS` when it has a new reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..scan.elements import Attributes
from . import rows

CUTS: Mapping[str, str] = {
    "integrity": "the bytes of what it names change, and a browser refuses what does not match its hash",
    "crossorigin": "asks for leave to read, which no file and no other server gives to a page from file://",
    "policy": "an old policy names hosts: it would block the files of the copy, which gets a seal of its own",
    "ping": "tells an address of each click",
    "attribution": "registers a view or a click with an address",
    "hint": "makes a browser look up a name or connect early, for nothing that the copy needs",
    "speculation": "lets a browser fetch pages that nobody has asked for",
    "app-cache": "names a list of files for a cache that browsers no longer have",
    "base": "resolves URLs against another address; those of the copy are relative to each file",
    "charset": "a file has no HTTP header that tells its encoding",
    "lazy": "a script was to put the picture here",
    "data-uri": "a document within a URL that fetches from elsewhere, where no relative path leads",
    "depth": "a page within a page within a page ...: deeper than is read",
}
"""Why bytes are cut, by the name in `Cut.why`."""

REACHING_OUT = frozenset({"ping", "attribution", "hint", "speculation", "data-uri", "depth"})
"""Reasons of what would reach out by itself; the others are there for the sake of the copy's own files."""


def _always(_: Attributes) -> bool:
    return True


def _http_equiv(*names: str) -> Callable[[Attributes], bool]:
    return lambda attributes: rows.text(attributes, "http-equiv") in names


def _prefetches_names(attributes: Attributes) -> bool:
    """Chromium looks up the host of every link when this says ``on``, on pages from a file too."""
    equiv, content = (rows.text(attributes, name) for name in ("http-equiv", "content"))
    return equiv == "x-dns-prefetch-control" and content != "off"


def _is_hint(attributes: Attributes) -> bool:
    """One that is a hint and fetches nothing besides."""
    rel = rows.words(attributes, "rel")
    return bool(rel & rows.HINTS) and not any(word in rel for word in rows.LINK_TYPES)


def _is_speculation(attributes: Attributes) -> bool:
    return rows.text(attributes, "type") == "speculationrules"


@dataclass(frozen=True, slots=True)
class Removal:
    """An attribute, or a whole element, that is taken out."""

    why: str
    element: str
    """``*`` for every element."""
    attribute: str = ""
    """Empty: the whole element."""
    when: Callable[[Attributes], bool] = _always


REMOVALS: Sequence[Removal] = (
    Removal("hint", "link", when=_is_hint),
    Removal("policy", "meta", when=_http_equiv("content-security-policy")),
    Removal("hint", "meta", when=_prefetches_names),
    Removal("hint", "meta", when=_http_equiv("link")),
    Removal("speculation", "script", when=_is_speculation),
    Removal("base", "base", "href"),
    Removal("integrity", "*", "integrity"),
    Removal("crossorigin", "*", "crossorigin"),
    Removal("ping", "*", "ping"),
    Removal("attribution", "*", "attributionsrc"),
    Removal("policy", "iframe", "csp"),
    Removal("app-cache", "html", "manifest"),
)
"""What is taken out. A nonce stays: without a policy it means nothing. So does a report-only policy, which no
browser reads from a page."""

WHOLE: Mapping[str, tuple[Removal, ...]] = {
    name: tuple(row for row in REMOVALS if row.element == name and not row.attribute)
    for name in {row.element for row in REMOVALS if not row.attribute}
}
OF_ATTRIBUTES: Mapping[str, Removal] = {row.attribute: row for row in REMOVALS if row.attribute}
"""By attribute: no two rows have the same."""

"""Sort references: which URLs are asked for, which are looked up in the site, which are left alone and why.

Asks nobody and opens nothing. The first of these that applies decides (the codes are in `reasons`):

    dynamic    the URL holds a template expression whose result only the generator knows
    scheme     it is neither http(s) nor a path: mailto:, tel:, data: ...
    excluded   --exclude matches, or --include is given and does not
    ignored    a line of .lycheeignore matches
    (local)    a path, or a URL of the site's own (after --remap)
    bad-url    a failure: no browser could read it
    reserved   the host is nobody's (RFC 2606, RFC 6761), unless --include-reserved
    unchanged  nothing refers to it that was not there before --changed-since
    (asked)    what is left
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .. import urls
from ..model import Answer, Reference, Verdict
from ..results import Place
from .questions import Question
from .remap import Remap
from .reserved import reserved


@dataclass(frozen=True, slots=True)
class Selection:
    """What a run wants; regular expressions are searched in the URL as it is reported."""

    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()
    ignored: tuple[re.Pattern[str], ...] = ()
    include_reserved: bool = False
    fragments: bool = False
    remap: Remap = field(default_factory=lambda: Remap(()))
    claims: Callable[[str], bool] = lambda _: False
    """Whether a remote URL is one of the site's own, to be looked up here."""
    understands: Callable[[Reference], bool] = lambda _: False
    """Whether a template expression is one whose result can be told."""


@dataclass(slots=True)
class Gathered:
    """What is gathered of one remote URL."""

    fetch_url: str
    embed: bool = False
    fresh: bool = False
    """A reference is new since --changed-since (without it, every one is)."""
    places: dict[str, list[Place]] = field(default_factory=dict)
    """By fragment; all under "" where anchors are not looked for."""

    def all_places(self) -> list[Place]:
        """Every place, in order."""
        if len(self.places) == 1:
            return next(iter(self.places.values()))
        return sorted(place for places in self.places.values() for place in places)


class Sorted:
    """The remote URLs of a run, as they come by."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._remote: dict[str, Gathered] = {}
        self._known: dict[str, tuple[str, str] | Answer] = {}
        """By URL without fragment: identity and what is asked for, or why not."""

    def sort(self, reference: Reference) -> Answer | str | None:
        """Decide about one reference.

        Returns an `Answer` where the decision is final; None where it is a matter of the site's own files; a
        URL without credentials where it has to be asked for: `want` takes it.
        """
        if reference.dynamic:
            known = self._selection.understands(reference)
            return None if known else Answer(Verdict.EXCLUDED, "dynamic")
        if urls.is_remote(reference.url):
            decided = self._decide(urls.split_fragment(reference.url)[0])
            return decided if isinstance(decided, Answer) or decided is None else decided[0]
        if urls.scheme(reference.url) not in ("", "file"):
            return Answer(Verdict.EXCLUDED, "scheme")
        return self._unwanted(reference.url)

    def asked(self, url: str) -> str:
        """What is looked at instead of ``url``, where --remap says so."""
        head, fragment = urls.split_fragment(url)
        return self._selection.remap(head) + fragment

    def want(self, reference: Reference, place: Place, *, embed: bool, fresh: bool) -> None:
        """Take note of a reference that `sort` gave a URL for."""
        whole, fragment = urls.split_fragment(reference.url)
        decided = self._known[whole]
        assert isinstance(decided, tuple)
        url, fetch_url = decided
        entry = self._remote.get(url)
        if entry is None:
            entry = self._remote[url] = Gathered(fetch_url)
        entry.embed |= embed
        entry.fresh |= fresh
        label = fragment[1:] if self._selection.fragments else ""
        entry.places.setdefault(label, []).append(place)

    def _decide(self, url: str) -> tuple[str, str] | Answer | None:
        known = self._known.get(url)
        if known is None:
            found = self._judge(url)
            if found is None:
                return None
            known = self._known[url] = found
        return known

    def _judge(self, url: str) -> tuple[str, str] | Answer | None:
        shown = urls.without_credentials(url)
        unwanted = self._unwanted(shown)
        if unwanted is not None:
            return unwanted
        asked = self._selection.remap(url)
        if not urls.is_remote(asked):
            # --remap https://… file:///…: a copy of that server is at hand
            return None
        if self._selection.claims(asked):
            return None
        refusal = urls.refusal(asked)
        if refusal is not None:
            return Answer(Verdict.BROKEN, refusal.reason, refusal.detail)
        if not self._selection.include_reserved:
            why = reserved(urls.host(asked))
            if why:
                return Answer(Verdict.EXCLUDED, "reserved", why)
        return shown, asked

    def _unwanted(self, url: str) -> Answer | None:
        selection = self._selection
        if selection.include and not any(pattern.search(url) for pattern in selection.include):
            return Answer(Verdict.EXCLUDED, "excluded", "--include does not match")
        for pattern in selection.exclude:
            if pattern.search(url):
                return Answer(Verdict.EXCLUDED, "excluded", pattern.pattern)
        for pattern in selection.ignored:
            if pattern.search(url):
                return Answer(Verdict.EXCLUDED, "ignored", pattern.pattern)
        return None

    # -- what came together ---------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._remote)

    def __getitem__(self, url: str) -> Gathered:
        return self._remote[url]

    def __iter__(self) -> Iterator[str]:
        return iter(self._remote)

    def pop(self, url: str) -> Gathered:
        """Take a URL out: its answer is final, and its places need no more room."""
        return self._remote.pop(url)


def question(url: str, gathered: Gathered) -> Question:
    """The question that a URL's references come to."""
    fragments = sorted(label for label in gathered.places if label)
    return Question(url, gathered.fetch_url, gathered.embed, tuple(fragments))

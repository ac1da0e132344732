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


class Gathered:
    """What is gathered of one remote URL. A million of these are nothing unusual, so they are small: most
    URLs stand in one place, and need no list for it."""

    __slots__ = ("_labels", "_places", "embed", "fetch_url", "fresh")

    def __init__(self, fetch_url: str) -> None:
        self.fetch_url = fetch_url
        self.embed = False
        self.fresh = False
        """A reference is new since --changed-since (without it, every one is)."""
        self._places: Place | list[Place] | None = None
        self._labels: list[str] | None = None
        """The fragment of each place; None where there is none at all."""

    def add(self, place: Place, label: str) -> None:
        """One more place; ``label``: the fragment, where anchors are looked for."""
        if self._places is None:
            self._places = place
        elif isinstance(self._places, list):
            self._places.append(place)
        else:
            self._places = [self._places, place]
        if self._labels is not None:
            self._labels.append(label)
        elif label:
            self._labels = [""] * (len(self.places()) - 1) + [label]

    def places(self) -> list[Place]:
        """Every place, in order."""
        if self._places is None:
            return []
        return self._places if isinstance(self._places, list) else [self._places]

    def labels(self) -> tuple[str, ...]:
        """The fragments, sorted, each once; without the empty one."""
        return tuple(sorted({*self._labels} - {""})) if self._labels is not None else ()

    def at(self, label: str) -> list[Place]:
        """The places with this fragment, or with none."""
        if self._labels is None:
            return [] if label else self.places()
        return [place for place, each in zip(self.places(), self._labels, strict=True) if each == label]


class Sorted:
    """The remote URLs of a run, as they come by."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._remote: dict[str, Gathered] = {}
        self._known: dict[str, tuple[str, str] | Answer] = {}
        """By URL without fragment: identity and what is asked for, where that is not the URL itself; or why
        nobody is asked."""

    def sort(self, reference: Reference) -> Answer | str | None:
        """Decide about one reference.

        Returns an `Answer` where the decision is final; None where it is a matter of the site's own files; a
        URL without credentials where it has to be asked for: `want` takes it.
        """
        if reference.dynamic:
            known = self._selection.understands(reference)
            return None if known else Answer(Verdict.EXCLUDED, "dynamic")
        if reference.kind.startswith("wiki"):  # a note's name may hold a colon
            return self._unwanted(reference.url)
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
        decided = self._known.get(whole, (whole, whole))
        assert isinstance(decided, tuple)
        url, fetch_url = decided
        entry = self._remote.get(url)
        if entry is None:
            entry = self._remote[url] = Gathered(fetch_url)
        entry.embed |= embed
        entry.fresh |= fresh
        entry.add(place, fragment[1:] if self._selection.fragments else "")

    def _decide(self, url: str) -> tuple[str, str] | Answer | None:
        known = self._known.get(url)
        if known is not None:
            return known
        if url in self._remote:
            return url, url
        found = self._judge(url)
        if found is not None and found != (url, url):
            self._known[url] = found
        return found

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

    def get(self, url: str) -> Gathered | None:
        """What was gathered of a URL, where something was."""
        return self._remote.get(url)

    def drop(self, url: str) -> None:
        """Take a URL out: its answer is final, and its places need no more room."""
        del self._remote[url]


def question(url: str, gathered: Gathered) -> Question:
    """The question that a URL's references come to."""
    return Question(url, gathered.fetch_url, gathered.embed, gathered.labels())

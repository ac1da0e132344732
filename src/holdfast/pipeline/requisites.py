"""Fetch what the pages of a copy need, and what those files need in turn, to any depth.

Decides nothing about a document: it ends with one `Remote` for each URL. Nothing here raises for what one URL
or one server does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from .. import families, hosts, urls
from ..config import Config
from ..fetch.fetcher import Event, Fetcher
from ..looping import stopping
from ..model import Failed, Head, Refusal
from ..naming import host_and_stem
from ..offline import deciding
from ..offline.deciding import World
from ..offline.ledger import Remote
from ..offline.readers import READERS, TEXTS, of_fetched
from ..progress import Progress
from ..store import Staged, Store
from ..words import size
from .collecting import Budget, facts_of
from .lanes import serve_by_host
from .texts import MEDIA_TYPES, Text, text_of
from .workspace import now

FOLDER = "_holdfast"
_STEM = 60
"""Characters of a URL's own name that its file keeps."""
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)


@dataclass(slots=True)
class Gathered:
    """What came of all requests."""

    remote: dict[str, Remote] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    """By URL: what has to be rewritten."""
    staged: dict[str, Staged] = field(default_factory=dict)
    """By URL: verified bytes in the staging folder."""
    unchanged: set[str] = field(default_factory=set)
    """URLs whose copy of an earlier run is still what is served."""
    fetched: int = 0
    bytes: int = 0
    interrupted: bool = False
    stopped: str = ""
    """Why the run stopped fetching early."""
    attempts: dict[str, Failed] = field(default_factory=dict)


def name_of(url: str, extension: str) -> str:
    """Where in the copy the file of a URL is: by the URL alone, so that a refresh finds it in its place."""
    host, stem = host_and_stem(url)
    digest = hashlib.sha256(url.encode()).hexdigest()[:16]
    short = stem[:_STEM].rstrip(".-_") or "file"
    return f"{FOLDER}/{host}/{short}-{digest}.{extension}"


class Requisites:
    """The requests of one copy."""

    def __init__(
        self,
        config: Config,
        world: World,
        known: Mapping[str, Remote],
        good: Callable[[str], bool],
        store: Store,
        progress: Progress,
        *,
        skip: frozenset[str],
        same: bool,
    ) -> None:
        """``known``: what an earlier run fetched. ``good``: whether the copy's file at a path is as it was
        written then. ``skip``: families that are not wanted. ``same``: everything else that decides about
        the copy is as it was then."""
        self._config = config
        self._world = world
        self._known = known
        self._good = good
        self._same = same
        self._store = store
        self._progress = progress
        self._skip = skip
        self._budget = Budget(config.max_total)
        self._recovered = store.recover()
        self._afresh: set[str] = set()
        self.found = Gathered()

    async def run(self, roots: Mapping[str, tuple[str, ...]]) -> Gathered:
        """Fetch all ``roots``, and what is found in them; by URL, with the families that each may bring."""
        wave = dict(roots)
        if not wave:
            return self.found
        self._progress.stage("fetching", len(wave))
        self._store.start()

        def on_event(event: Event) -> None:
            self._progress.trouble(event.host, event.message)

        async with Fetcher(self._config.network, on_event=on_event) as fetcher:
            self._fetcher = fetcher
            with stopping(self._stop):
                while wave and not self.found.interrupted:
                    await self._wave(wave)
                    wave = self._next(wave)
        return self.found

    def _stop(self) -> None:
        self.found.interrupted = True
        self._fetcher.stop()

    # -- waves --------------------------------------------------------------------------------------------

    async def _wave(self, wave: Mapping[str, tuple[str, ...]]) -> None:
        async def serve(item: tuple[str, tuple[str, ...]]) -> None:
            await self._serve(*item)
            self._progress.step()

        await serve_by_host(
            self._fetcher,
            wave.items(),
            lambda item: item[0],
            serve,
            stopped=lambda: self.found.interrupted,
        )

    def _next(self, wave: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """What the files of a wave need and nobody has asked for yet."""
        found: dict[str, tuple[str, ...]] = {}
        remote = self.found.remote
        for url in wave:
            for other, wanted in self._needs(url):
                if other not in remote:
                    found[other] = tuple(dict.fromkeys((*found.get(other, ()), *wanted)))
        if found:
            return found
        # A file that has not changed is written as it was only if all that it needs is where it was, and is
        # what it was: it may stand in the file itself, as a mask does.
        for url in list(self.found.unchanged):
            known = self._known[url]
            if any(self._path(other) != path or self._is_new(other) for other, _, path in known.needs):
                self.found.unchanged.discard(url)
                self._afresh.add(url)
                found[url] = _families(known)
        return found

    def _needs(self, url: str) -> Iterable[tuple[str, tuple[str, ...]]]:
        text = self.found.texts.get(url)
        if text is None:
            if url in self.found.unchanged:
                yield from ((other, tuple(wanted.split(","))) for other, wanted, _ in self._known[url].needs)
            return
        for need in text.parts.needs:
            # A page within a page is kept one level deep.
            if deciding.wanted(need, text.parts, self._world) and not (
                text.language == "page" and "page" in need.families
            ):
                yield urls.split_fragment(need.reference.url)[0], need.families

    def _is_new(self, url: str) -> bool:
        """Whether a URL brought other bytes than in an earlier run."""
        now, before = self.found.remote.get(url), self._known.get(url)
        return now is not None and before is not None and now.sha256 != before.sha256

    def _path(self, url: str) -> str:
        remote = self.found.remote.get(url)
        return remote.path if remote is not None else ""

    def finish(self) -> Mapping[str, Remote]:
        """Every URL's record, with what it needs as it came out."""
        found = self.found
        for url in found.texts:
            needs = {(other, ",".join(wanted), self._path(other)) for other, wanted in self._needs(url)}
            record = msgspec.structs.replace(found.remote[url], needs=tuple(sorted(needs)))
            if any(self._world.tree.owns(need.reference.url) for need in found.texts[url].parts.needs):
                # No server knows when a file of the site changes that it leads to: the whole is asked for.
                record = msgspec.structs.replace(record, etag="", last_modified="")
            found.remote[url] = record
        return found.remote

    # -- one URL --------------------------------------------------------------------------------------------

    async def _serve(self, url: str, wanted: tuple[str, ...]) -> None:
        found = self.found
        if reason := self._unwanted(url, wanted):
            found.remote[url] = Remote(reason=reason)
            return
        if (kept := self._recovered.get(url)) is not None and url not in self._known:
            staged, noted = kept
            self._take(url, staged, {name: str(value) for name, value in noted.items() if value})
            return
        known = self._known.get(url)
        conditions = self._conditions(url, known)

        over = False

        async def receive(head: Head, body: AsyncIterator[bytes]) -> Staged | Text | Refusal | None:
            nonlocal over
            if head.status == 304:
                return None
            if what := hosts.placeholder(head.final_url):
                return Refusal("placeholder", what)
            left = self._budget.left
            if left is not None and head.length is not None and head.length > left:
                over = True
                return Refusal("too-large", "it would pass --max-total")
            return await self._received(head, body, wanted)

        answer = await self._fetcher.fetch(
            url,
            receive,
            accept=_accept(wanted),
            max_bytes=self._most(wanted),
            headers=conditions,
        )
        if isinstance(answer, Failed):
            if over:
                self._over(url)
            elif answer.reason != "interrupted":
                found.remote[url] = Remote(reason=answer.reason, detail=answer.detail)
                found.attempts[url] = answer
                self._progress.say(f"{url}: failed: {answer.reason}", 1)
            return
        if answer.value is None:
            assert known is not None, "a condition was sent for something that is known"
            found.unchanged.add(url)
            found.remote[url] = known
            return
        facts = _facts(url, answer.head)
        if isinstance(answer.value, Staged):
            if not self._budget.take(answer.value.bytes):
                self._over(url)
                return
            found.fetched += 1
            await self._store.note(url, answer.value, facts)
            self._take(url, answer.value, facts)
        else:
            if not self._budget.take(len(answer.value.data)):
                self._over(url)
                return
            found.fetched += 1
            self._take_text(url, answer.value, facts)

    def _unwanted(self, url: str, wanted: tuple[str, ...]) -> str:
        """Why a URL is not asked for at all: it is of a family that is not wanted, or it never may be."""
        named = families.of_link(url)
        if set(wanted) <= self._skip or (named and named <= self._skip):
            return "skipped"
        if self.found.stopped:
            return "budget"
        return "credentials" if urls.has_password(url) else ""

    def _conditions(self, url: str, known: Remote | None) -> tuple[tuple[str, str], ...]:
        """A refresh asks only for what changed (RFC 9110 section 13.1), where the copy has it."""
        if known is None or not known.path or url in self._afresh or not self._good(known.path):
            return ()
        if not self._same and (known.needs or known.media in MEDIA_TYPES.values()):
            return ()  # it may have to be written otherwise than it was
        pairs = (("if-none-match", known.etag), ("if-modified-since", known.last_modified))
        return tuple((name, value) for name, value in pairs if value)

    async def _received(
        self, head: Head, body: AsyncIterator[bytes], wanted: tuple[str, ...]
    ) -> Staged | Text | Refusal:
        """A body, judged: media by their own bytes, text by what it is wanted as."""
        media = frozenset(wanted) & families.MEDIA
        if not set(wanted) & TEXTS.keys():
            return await self._store.receive(head, body, media)
        data = b"".join([piece async for piece in body])
        family = of_fetched(wanted, data)
        if family in families.MEDIA:
            return await self._store.receive(head, _once(data), frozenset({family}))
        if not family:
            return Refusal("not-media", f"it is none of {', '.join(wanted)}")
        said = _CHARSET.search(head.header("content-type") or "")
        return text_of(family, data, head.final_url, said[1] if said else None)

    def _take(self, url: str, staged: Staged, facts: Mapping[str, str]) -> None:
        media = staged.media
        if families.of_media(media.type) <= self._skip:
            self.found.remote[url] = Remote(reason="skipped")
            return
        self._progress.step(0, staged.bytes)
        self._progress.say(f"{url}: {size(staged.bytes)}, {media.type}", 2)
        self.found.bytes += staged.bytes
        self.found.staged[url] = staged
        self.found.remote[url] = Remote(
            path=name_of(url, media.extension),
            sha256=staged.sha256,
            bytes=staged.bytes,
            media=media.type,
            fetched=staged.fetched,
            final_url=facts.get("final_url", ""),
            etag=facts.get("etag", ""),
            last_modified=facts.get("last_modified", ""),
        )
        if media.extension == "svg":
            base = facts.get("final_url") or url
            data = staged.path.read_bytes()
            parts = READERS["vector"](data, base, None)
            if parts.needs or parts.cuts:
                self.found.texts[url] = Text("vector", data, base, None, parts)

    def _take_text(self, url: str, text: Text, facts: Mapping[str, str]) -> None:
        self._progress.step(0, len(text.data))
        self.found.bytes += len(text.data)
        self.found.texts[url] = text
        self.found.remote[url] = Remote(
            path=name_of(url, TEXTS[text.language]),
            sha256=hashlib.sha256(text.data).hexdigest(),
            bytes=len(text.data),
            media=MEDIA_TYPES[text.language],
            fetched=now(),
            final_url=facts.get("final_url", ""),
            etag=facts.get("etag", ""),
            last_modified=facts.get("last_modified", ""),
        )

    def _most(self, wanted: tuple[str, ...]) -> int:
        limits = self._config.network.limits
        if limits.max_bytes is not None:
            return limits.max_bytes
        return (
            limits.max_image_bytes if not set(wanted) & {"audio", "video", "pdf"} else limits.max_media_bytes
        )

    def _over(self, url: str) -> None:
        self.found.remote[url] = Remote(reason="budget")
        self.found.stopped = "the next file would pass --max-total"


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _families(known: Remote) -> tuple[str, ...]:
    """What an earlier copy's text may bring when it is asked for again."""
    return next(((name,) for name, media in MEDIA_TYPES.items() if media == known.media), ("image",))


def _accept(wanted: tuple[str, ...]) -> str:
    media = frozenset(wanted) & families.MEDIA
    texts = [MEDIA_TYPES[name] for name in wanted if name in MEDIA_TYPES]
    return ",".join([*texts, families.accept(media)]) if media or texts else "*/*"


def _facts(url: str, head: Head) -> dict[str, str]:
    """What the list of files keeps of a response."""
    return {name: value for name, value in facts_of(url, head).items() if isinstance(value, str)}

"""One run of `offline`: what is to be read, what is to be fetched, what is written; the rest stays.

Reads no page itself: `making` does, here or in other processes. A file of the site is looked at once, and
once more only where something remote is shown in it; on a refresh not at all, where it and all that it shows
are as they were.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from .. import __version__
from ..config import Config
from ..looping import run as in_loop
from ..offline import deciding, shim
from ..offline.deciding import World
from ..offline.ledger import File
from ..offline.placeholders import PLACEHOLDERS, placeholder
from ..offline.readers import is_feed
from ..offline.search import Search, packing, searches
from ..progress import Progress
from ..results import OfflineResult
from ..store import Store
from ..store.placing import file_sha256
from . import remembering
from .builtsite import BuiltSite
from .copytelling import Telling
from .crew import Crew, processes
from .inlined import Inlined
from .making import Brief, Job, Made, assembled, digest
from .mirroring import Copy, options_line
from .remembering import Memory, Row, is_sure
from .requisites import Gathered, Requisites
from .saying import NOTHING, Said

_SEARCH_PAGES = 3
"""Pages that are named for each kind of search box."""
_MOST_KEPT = 64 * 1024 * 1024
"""Bytes of what was read of files that wait, which is some thousands of pages for each 20 MiB; of those after
it nothing is kept, and they are read again."""
_FEEDS = (".xml", ".rss", ".atom")


class Work:
    """One run's state."""

    def __init__(
        self,
        site: BuiltSite,
        copy: Copy,
        config: Config,
        world: World,
        progress: Progress,
        result: OfflineResult,
        skip: frozenset[str],
        *,
        seal: bool,
    ) -> None:
        self._site = site
        self._copy = copy
        self._config = config
        self._world = world
        self._progress = progress
        self._result = result
        self._skip = skip
        self._seal = seal
        self._roots: dict[str, tuple[str, ...]] = {}
        self._rows: dict[str, Row] = {}
        """By path: what is known of a file of the site, and its copy is as that says."""
        self._files: dict[str, tuple[File, bool]] = {}
        """By path: a file that was made in this run, and whether its bytes are new."""
        self._waiting: dict[str, bytes] = {}
        """Files that wait for what is fetched for them, each with what was read of it, if that is kept."""
        self._kept = 0
        """Bytes of that."""
        self._telling = Telling(result)
        self._searches = searches(site.paths, site.read)
        self._boxes: defaultdict[Search, list[str]] = defaultdict(list)
        """By kind of search box: the pages that have it."""
        self._placeholders: set[str] = set()
        self._needs_shim = False
        self._options = options_line(
            {"seal": seal, "skip": ",".join(sorted(skip)), "information": world.information}
        )
        kinds = [(row.name, row.works, row.shim) for row in self._searches]
        self._key = remembering.key_of(
            __version__, world.tree.base_url, self._options, sorted(world.names.items()), kinds
        )
        self._memory = remembering.load(copy.place, self._key)
        copy.there = self._memory.there
        self._stats = {path: remembering.stat_of(site.root / path) for path in site.paths}
        """What the system said of each file before any of them was read."""
        self._known = {path for path in site.paths if self._is_known(path)}
        self._texts = [path for path in site.paths if site.languages[path] and path not in self._known]
        """What there is to read."""

    @property
    def refused(self) -> frozenset[str]:
        """Files of the copy that the report says browsers refuse from ``file://``."""
        return frozenset(self._telling.refused)

    def perform(self) -> None:
        """Read, fetch, write.

        Raises:
            HoldfastError: the run could not be done.
        """
        self._rows = {path: row for path, row in self._memory.rows.items() if path in self._known}
        with Crew(self._brief(), processes(sum(self._stats[path][0] for path in self._texts))) as crew:
            self._look(crew)
            gathered = in_loop(self._fetch())
            if gathered.interrupted:
                self._result.interrupted = True
                return
            self._write_fetched(gathered)
            self._write_site(crew)
        self._tell_site()
        self._write_ours()
        remote = {
            url: msgspec.structs.replace(record, pages=self._telling.pages(url))
            for url, record in self._world.remote.items()
        }
        self._copy.finish(base_url=self._world.tree.base_url, options=self._options, remote=remote)
        memory = Memory(key=self._key, rows=self._rows, there=self._copy.seen())
        remembering.save(self._copy.place, memory)
        self._result.pages = len(self._site.pages)
        self._telling.conclude(self._copy, self._world, gathered)

    # -- what is read ----------------------------------------------------------------------------------------

    def _brief(self) -> Brief:
        site, world = self._site, self._world
        return Brief(
            root=str(site.root),
            place=str(self._copy.place),
            out=str(self._copy.new),
            languages=site.languages,
            names=dict(world.names),
            base_url=world.tree.base_url,
            information=world.information,
            seal=self._seal,
        )

    def _is_known(self, path: str) -> bool:
        """Whether a file of the site is as it was in an earlier run, and so is its copy."""
        row, stat = self._memory.rows.get(path), self._stats[path]
        known = row is not None and row.stat == stat and is_sure(stat)
        return known and self._copy.is_good(self._world.names[path])

    def _look(self, crew: Crew) -> None:
        """Read all texts that may have changed, and make those that want nothing remote."""
        self._progress.stage("reading", len(self._texts))
        for made in crew.look(map(self._job, self._texts)):
            self._result.read += 1
            self._take(made)
            self._progress.step()
        for row in self._rows.values():
            self._want(row.wanted)

    def _job(self, path: str) -> Job:
        there = self._copy.sha256_of(self._world.names[path])
        row = self._memory.rows.get(path)
        known = row.source_sha256 if row is not None and there else ""
        return Job(path, there, known, self._waiting.get(path, b""))

    def _take(self, made: Made) -> None:
        path = made.path
        stat = self._stats[path]
        if made.same:
            self._rows[path] = msgspec.structs.replace(self._memory.rows[path], stat=stat)
        elif not made.sha256:
            self._kept += len(made.packed)
            self._waiting[path] = made.packed if self._kept <= _MOST_KEPT else b""
            self._want(made.wanted)
        else:
            self._rows[path] = Row(
                stat,
                made.source_sha256,
                made.said,
                made.wanted,
                tuple(self._came(url) for url, _ in made.wanted),
                made.inlined,
            )
            file = File(
                sha256=made.sha256,
                bytes=made.bytes,
                source=path,
                source_sha256=made.source_sha256 if made.changed else "",
                pages=self._site.languages[path] == "page",
            )
            self._files[path] = file, made.written

    def _want(self, wanted: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        for url, brings in wanted:
            self._roots[url] = tuple(dict.fromkeys((*self._roots.get(url, ()), *brings)))

    def _came(self, url: str) -> str:
        """Where a remote URL is in the copy; empty where it is missing."""
        held = self._world.remote.get(url)
        return held.path if held is not None else ""

    # -- what is fetched -------------------------------------------------------------------------------------

    async def _fetch(self) -> Gathered:
        copy = self._copy
        store = Store(copy.staging, limits=self._config.media, allow_active_svg=True)
        try:
            requisites = Requisites(
                self._config,
                self._world,
                copy.old.remote,
                copy.is_good,
                store,
                self._progress,
                skip=self._skip,
                same=self._memory.key == self._key,
            )
            gathered = await requisites.run(dict(sorted(self._roots.items())))
            if not gathered.interrupted:
                inline = Inlined(self._site.root, self._world.names, copy.whereabouts)
                self._world = replace(self._world, remote=requisites.finish(), inline=inline)
                self._place(gathered)
                store.clear()
        finally:
            await store.close()
        return gathered

    def _place(self, gathered: Gathered) -> None:
        """Give fetched media their names; what is text is written when it has been rewritten."""
        for url, record in sorted(gathered.remote.items()):
            if not record.path or url in gathered.texts:
                continue
            if url in gathered.unchanged:
                self._copy.keep(record.path)
            elif (staged := gathered.staged.get(url)) is not None:
                file = File(sha256=staged.sha256, bytes=staged.bytes, url=url)
                self._copy.take(record.path, staged.path, file)

    # -- what is written -------------------------------------------------------------------------------------

    def _write_fetched(self, gathered: Gathered) -> None:
        """Drawings first: they may stand in the others, and in pages, as a whole."""
        texts = sorted(gathered.texts.items(), key=lambda item: (item[1].language != "vector", item[0]))
        for url, text in texts:
            record = self._world.remote[url]
            decided = deciding.decide(text.data, text.parts, record.path, self._world)
            data, disagreement = assembled(text, decided)
            self._placeholders |= decided.used
            self._telling.fetched(url, record.path, text, decided, disagreement)
            self._copy.put(record.path, data, url=url)
        for url in sorted(gathered.unchanged):
            record = self._world.remote[url]
            missing = [other for other, wanted, path in record.needs if not path]
            self._telling.kept(record.path, missing)
            self._placeholders |= {
                placeholder(tuple(wanted.split(","))).name for _, wanted, path in record.needs if not path
            }
            if record.path not in self._copy.files:
                self._copy.keep(record.path)

    def _write_site(self, crew: Crew) -> None:
        """Make what waited, and what is known but shows something that has changed."""
        again = {path for path in self._rows if not self._holds(path)}
        todo = sorted({*self._waiting, *again})
        plain = [path for path in self._site.paths if not self._site.languages[path]]
        self._progress.stage("writing", len(todo) + len(plain))
        crew.tell({url: record.path for url, record in self._world.remote.items()})
        for made in crew.make(map(self._job, todo)):
            self._result.read += made.path in self._known
            self._take(made)
            self._progress.step()
        for path in plain:
            self._copy_plain(path, self._world.names[path])
            self._progress.step()
        for path in self._site.paths:
            name = self._world.names[path]
            if path in self._files:
                file, written = self._files[path]
                self._copy.made(name, file, written=written)
            elif self._site.languages[path]:
                self._copy.keep(name)

    def _holds(self, path: str) -> bool:
        """Whether what a known file shows is where it was, and is what it was where it stands in the file."""
        row = self._rows[path]
        if tuple(self._came(url) for url, _ in row.wanted) != row.came:
            return False
        return all(digest(self._world.inline(name)) == known for name, known in row.inlined.items())

    def _copy_plain(self, path: str, name: str) -> None:
        source, copy = self._site.root / path, self._copy
        if path in self._known:
            copy.keep(name)
            return
        self._result.read += 1
        sha256 = file_sha256(source)
        feed = posixpath.splitext(path)[1].lower() in _FEEDS and is_feed(self._site.head(path))
        self._rows[path] = Row(self._stats[path], sha256, Said(feed=True) if feed else NOTHING)
        if copy.has(name, sha256):
            copy.keep(name)
        else:
            copy.take(name, source, File(sha256=sha256, bytes=source.stat().st_size, source=path))

    def _tell_site(self) -> None:
        by_name = {box.name: box for box in self._searches}
        for path in self._site.paths:
            said, name = self._rows[path].said, self._world.names[path]
            self._telling.file(path, name, said)
            self._placeholders.update(said.used)
            self._needs_shim |= said.shim
            for box in said.boxes:
                self._boxes[by_name[box]].append(name)

    def _write_ours(self) -> None:
        copy = self._copy
        by_name = {row.name: row for row in PLACEHOLDERS.values()}
        for name in sorted(self._placeholders):
            copy.put(name, by_name[name].data)
        if self._needs_shim or self._boxes:
            self._write_shim()
        self._result.searches = [_told(box, pages) for box, pages in self._boxes.items()]

    def _write_shim(self) -> None:
        site, copy, world = self._site, self._copy, self._world
        pack = packing(box for box in self._boxes if box.works)
        if self._needs_shim:
            copy.put(shim.CODE, shim.code(world.tree.base_url, pack.data, dict(pack.workers)))
            copy.put(shim.PAGES, shim.pages(site.paths, world.names))
        for name, path, prefix in pack.files:
            copy.put(name, pack.make(path, prefix, site.read(path)))


def _told(box: Search, pages: Sequence[str]) -> str:
    """What becomes of a search box, and on which pages it is."""
    few = ", ".join(pages[:_SEARCH_PAGES])
    more = f" and {len(pages) - _SEARCH_PAGES:,} more pages" if len(pages) > _SEARCH_PAGES else ""
    return f"{box.told} (on {few}{more})"

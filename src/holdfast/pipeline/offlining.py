"""`offline`: a built site becomes a copy that asks no network."""

from __future__ import annotations

import hashlib
import posixpath
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from .. import config as configuration
from .. import families, urls
from ..config import Config
from ..errors import NoDocuments, UsageError
from ..looping import run as in_loop
from ..model import Notice
from ..offline import deciding, shim
from ..offline.assembling import assemble
from ..offline.deciding import Decided, World
from ..offline.ledger import File
from ..offline.legal import legal
from ..offline.parts import Parts
from ..offline.placeholders import PLACEHOLDERS
from ..offline.readers import READERS, is_feed
from ..offline.seal import SEAL
from ..offline.search import Search, packing, searches, uses
from ..offline.tree import Tree
from ..progress import Progress
from ..results import DocumentNotice, OfflineResult
from ..store import Store
from ..store.placing import file_sha256
from ..words import size
from . import network, sitebase
from .builtsite import BuiltSite, folders, listing
from .copytelling import Telling
from .inlined import Inlined
from .mirroring import Copy, options_line
from .requisites import Gathered, Requisites
from .texts import BLIND, Text, narrow

_SEARCH_PAGES = 3
"""Pages that are named for each kind of search box."""
_LARGEST_TEXT = 256 * 1024 * 1024
"""Bytes of a page, style sheet or script of the site that is still read."""


def offline(
    source: str,
    place: str,
    flags: dict[str, object] | None = None,
    progress: Progress | None = None,
    *,
    base_url: str | None = None,
    skip: str | Sequence[str] | None = None,
    seal: bool = True,
    information: bool = False,
    prove: str | None = None,
    proof: str | None = None,
) -> OfflineResult:
    """Make, or refresh, a copy of a built site that needs no network.

    Args:
        source: the folder that a site generator built, or that a mirror program wrote.
        place: the copy's folder: new, empty, or made by an earlier run.
        flags: settings by their option's name, over those of holdfast.toml.
        base_url: where the site is published; found in its pages where they say so.
        skip: families (``video``, ``audio`` ...) that are left out.
        seal: put a policy into each page that allows nothing remote.
        information: make ``og:image`` and canonical URLs local too.
        prove: ``some``, ``all`` or ``full``: which pages are opened in a browser.
        proof: the folder for the proof's report; beside the copy when None.

    Raises:
        HoldfastError: the run could not be done; `errors` says which kinds there are.
    """
    started = time.monotonic()
    progress = progress or Progress()
    root, target = folders(Path(source), Path(place))
    options = {name: value for name, value in (flags or {}).items() if value not in (None, ())}
    loaded, _ = configuration.load(configuration.find_root(root))
    config = configuration.merge(loaded, options)
    network.vet(config.network)
    left_out = _families(skip)
    if prove:
        from . import proving

        proving.ready()
    everything, strangers = listing(root)
    paths = [path for path in everything if not _is_of(path, left_out)]
    result = OfflineResult(copy=str(target))
    result.notices += [
        DocumentNotice(path=path, code="symlink", message="a symlink that leads out of the site: left out")
        for path in strangers
    ]
    site = BuiltSite(root, paths)
    if not site.pages:
        raise NoDocuments(*sitebase.no_pages(root))
    copy = Copy(target, progress, config.lock_wait)
    base = base_url or sitebase.found(site.pages, site.read)
    tree = _tree(paths, base)
    result.base_url = tree.base_url
    result.warnings += sitebase.doubts(site.pages, site.read, tree)
    with copy.held():
        world = World(tree, legal(paths, site.extensions), {}, information=information)
        work = _Work(site, copy, config, world, progress, result, left_out, seal=seal)
        work.perform()
    if prove and not result.interrupted:
        out = Path(proof) if proof else target.with_name(f"{target.name}-proof")
        proving.prove(root, target, tree, world.names, site.pages, out, progress, result, mode=prove)
    result.seconds = round(time.monotonic() - started, 3)
    return result


def _families(skip: str | Sequence[str] | None) -> frozenset[str]:
    """The families that ``--skip`` names.

    Raises:
        UsageError: there is no such family.
    """
    words = skip.split(",") if isinstance(skip, str) else skip or ()
    asked = {word.strip().lower() for word in words if word.strip()}
    if unknown := sorted(asked - PLACEHOLDERS.keys() - {"pdf"}):
        raise UsageError(
            f"--skip {unknown[0]}: there is no such kind of file",
            f"allowed: {', '.join(sorted({*PLACEHOLDERS, 'pdf'}))}",
        )
    return frozenset(asked)


def _is_of(path: str, left_out: frozenset[str]) -> bool:
    """Whether a file of the site is of a family that is left out, by its name."""
    found = families.of_link(f"http://site.invalid/{path}")
    return bool(found) and found <= left_out


def _tree(paths: Sequence[str], base: str) -> Tree:
    try:
        return Tree(paths, base)
    except ValueError:
        raise UsageError(
            f"--base-url {base} is no http or https URL", "write it as in https://blog.example/"
        ) from None


class _Work:
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
        self._seal = SEAL if seal else b""
        self._roots: dict[str, tuple[str, ...]] = {}
        self._telling = Telling(result)
        self._placeholders: set[str] = set()
        self._searches: list[Search] = []
        self._boxes: defaultdict[Search, list[str]] = defaultdict(list)
        """By kind of search box: the pages that have it."""
        self._needs_shim = False
        self._options = {"seal": seal, "skip": ",".join(sorted(skip)), "information": world.information}

    def perform(self) -> None:
        """Read, fetch, write."""
        self._gather_roots()
        gathered = in_loop(self._fetch())
        if gathered.interrupted:
            self._result.interrupted = True
            return
        self._write_site()
        self._write_fetched(gathered)
        self._write_ours()
        remote = {
            url: msgspec.structs.replace(record, pages=self._telling.pages(url))
            for url, record in self._world.remote.items()
        }
        self._copy.finish(
            base_url=self._world.tree.base_url, options=options_line(self._options), remote=remote
        )
        self._result.pages = len(self._site.pages)
        self._telling.conclude(self._copy, self._world, gathered)

    # -- what is needed --------------------------------------------------------------------------------------

    def _gather_roots(self) -> None:
        site, tree = self._site, self._world.tree
        self._searches = searches(site.paths, site.read)
        texts = [path for path in site.paths if site.languages[path]]
        self._progress.stage("reading", len(texts))
        for path in texts:
            parts = self._parts(path, self._data(path), tree.url_of(path))
            for need in parts.needs:
                if deciding.wanted(need, self._world):
                    url = urls.split_fragment(need.reference.url)[0]
                    known = self._roots.get(url, ())
                    self._roots[url] = tuple(dict.fromkeys((*known, *need.families)))
            self._progress.step()

    def _data(self, path: str) -> bytes:
        return narrow(self._site.languages[path], self._site.read(path))

    def _parts(self, path: str, data: bytes, base: str) -> Parts:
        if len(data) > _LARGEST_TEXT:
            message = f"its {size(len(data))} are more than {size(_LARGEST_TEXT)}"
            return Parts(base=base, notices=(Notice("too-large", message),))
        return READERS[self._site.languages[path]](data, base, None)

    async def _fetch(self) -> Gathered:
        store = Store(self._copy.staging, limits=self._config.media, allow_active_svg=True)
        try:
            requisites = Requisites(
                self._config,
                self._world,
                self._copy.old.remote,
                self._copy.place,
                store,
                self._progress,
                skip=self._skip,
            )
            gathered = await requisites.run(self._roots)
            if not gathered.interrupted:
                inline = Inlined(self._site, self._world, self._copy)
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

    def _write_site(self) -> None:
        site, world = self._site, self._world
        self._progress.stage("writing", len(site.paths))
        for path in site.paths:
            self._write_own(path, world.names[path])
            self._progress.step()

    def _write_own(self, path: str, name: str) -> None:
        site = self._site
        if not site.languages[path]:
            self._copy_plain(path, name)
            return
        data = self._data(path)
        base = self._world.tree.url_of(path)
        text = Text(site.languages[path], data, base, None, self._parts(path, data, base))
        page = text.language == "page"
        extra = self._shim_for(name, data) if page else b""
        decided = deciding.decide(data, text.parts, name, self._world)
        new = self._assembled(path, text, decided, extra)
        self._telling.file(path, name, text, decided)
        source_sha256 = hashlib.sha256(data).hexdigest()
        facts = {} if new is data else {"source_sha256": source_sha256}
        self._copy.put(name, new, source=path, pages=page, **facts)

    def _copy_plain(self, path: str, name: str) -> None:
        source = self._site.root / path
        if posixpath.splitext(path)[1].lower() in (".xml", ".rss", ".atom") and is_feed(
            self._site.head(path)
        ):
            self._result.feeds.append(path)
        sha256 = file_sha256(source)
        if self._copy.has(name, sha256):
            self._copy.keep(name)
        else:
            self._copy.take(name, source, File(sha256=sha256, bytes=source.stat().st_size, source=path))

    def _assembled(
        self,
        shown: str,
        text: Text,
        decided: Decided,
        extra: bytes = b"",
    ) -> bytes:
        """A file's new bytes. Where the oracle disagrees, a page keeps its own and is sealed in any case, and
        a placeholder stands for any other file: nothing in a copy may ask the network because a rewrite
        failed."""
        data, parts = text.data, text.parts
        page = text.language == "page"
        if any(notice.code in BLIND for notice in parts.notices):
            return _stand_in(text)
        self._placeholders |= decided.used
        seal = self._seal if page else b""
        if not (decided.decisions or parts.cuts or seal or extra):
            return data
        made = assemble(
            data,
            parts,
            decided.decisions,
            read=lambda new: text.read(new, parts.base),
            seal=seal,
            extra_at_seal=extra,
        )
        if made.disagreement is None:
            return made.data
        self._telling.not_rewritten(shown, data, made.disagreement)
        if parts.seal_at is None:
            return _stand_in(text)
        return data[: parts.seal_at] + SEAL + data[parts.seal_at :]

    def _shim_for(self, name: str, data: bytes) -> bytes:
        """What a page's search box, or its scripts for browsers without modules, need from ``file://``."""
        boxes = uses(data, self._searches)
        for box in boxes:
            self._boxes[box].append(name)
        if any(box.works and box.shim for box in boxes) or shim.has_twins(data):
            self._needs_shim = True
            return shim.tag("../" * name.count("/"))
        return b""

    def _write_fetched(self, gathered: Gathered) -> None:
        for url, text in sorted(gathered.texts.items()):
            record = self._world.remote[url]
            decided = deciding.decide(text.data, text.parts, record.path, self._world)
            data = self._assembled(url, text, decided)
            self._telling.fetched(record.path, decided)
            self._copy.put(record.path, data, url=url)
        for url in gathered.unchanged:
            record = self._world.remote[url]
            if record.path not in self._copy.files:
                self._copy.keep(record.path)

    def _write_ours(self) -> None:
        copy, world = self._copy, self._world
        by_name = {row.name: row for row in PLACEHOLDERS.values()}
        for name in sorted(self._placeholders):
            copy.put(name, by_name[name].data)
        if self._needs_shim or self._boxes:
            self._write_shim(world)
        self._result.searches = [_told(box, pages) for box, pages in self._boxes.items()]

    def _write_shim(self, world: World) -> None:
        site, copy = self._site, self._copy
        pack = packing(box for box in self._boxes if box.works)
        if self._needs_shim:
            copy.put(shim.CODE, shim.code(world.tree.base_url, pack.data, dict(pack.workers)))
            copy.put(shim.PAGES, shim.pages(site.paths, world.names))
        for name, path, prefix in pack.files:
            copy.put(name, pack.make(path, prefix, site.read(path)))


def _stand_in(text: Text) -> bytes:
    """What stands in the place of a file that nobody can rewrite."""
    return PLACEHOLDERS.get(text.language, PLACEHOLDERS["image"]).data


def _told(box: Search, pages: Sequence[str]) -> str:
    """What becomes of a search box, and on which pages it is."""
    few = ", ".join(pages[:_SEARCH_PAGES])
    more = f" and {len(pages) - _SEARCH_PAGES:,} more pages" if len(pages) > _SEARCH_PAGES else ""
    return f"{box.told} (on {few}{more})"

"""Make a file of a copy of a file of the site, in whichever process this runs.

Fetches nothing, and knows no other file's outcome. A file is read and made at once where nothing remote is
shown in it; else `Maker.look` says what that is, and `Maker.make` comes when it is known what became of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from .. import urls
from ..disk import refused
from ..model import Notice
from ..offline import deciding, shim
from ..offline.assembling import assemble
from ..offline.deciding import Decided, World
from ..offline.ledger import Remote
from ..offline.packed import pack, unpack
from ..offline.parts import Parts, Role
from ..offline.placeholders import PLACEHOLDERS
from ..offline.readers import READERS
from ..offline.seal import SEAL
from ..offline.search import searches, uses
from ..offline.tree import Tree
from ..oracle import Disagreement
from ..words import size
from .inlined import Inlined
from .saying import NOTHING, Said, said_of
from .texts import BLIND, Text, narrow

_LARGEST_TEXT = 256 * 1024 * 1024
"""Bytes of a page, style sheet or script of the site that is still read."""

Wanted = tuple[str, tuple[str, ...]]
"""A URL to be fetched, and the families that it may bring."""


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What a `Maker` must know of the site and of the run."""

    root: str
    """The site's folder."""
    place: str
    """The copy's folder, as an earlier run left it."""
    out: str
    """Where new files are written."""
    languages: dict[str, str]
    """By each path of the site: a key of `READERS`, or empty."""
    names: dict[str, str]
    """By each path: what it is called in the copy."""
    base_url: str
    information: bool
    seal: bool

    def worker(self) -> Maker:
        """Who makes what it tells of."""
        return Maker(self)


class Job(msgspec.Struct, frozen=True, array_like=True):
    """One file."""

    path: str
    there: str = ""
    """SHA-256 of the bytes that the copy has under its name."""
    known: str = ""
    """SHA-256 of the site's file of which everything is known, as it was."""
    packed: bytes = b""
    """What an earlier look found in it: see `Made.packed`."""


class Made(msgspec.Struct, kw_only=True, array_like=True):
    """What came of one file."""

    path: str
    source_sha256: str
    same: bool = False
    """It is as it was, and was not read any further."""
    wanted: tuple[Wanted, ...] = ()
    packed: bytes = b""
    """What was read of it, where it waits for what is ``wanted``: a `Job` may bring it again."""
    sha256: str = ""
    """Of the copy's bytes; empty while they wait for what is ``wanted``."""
    bytes: int = 0
    changed: bool = False
    """The copy's bytes are others than the site's."""
    written: bool = False
    inlined: dict[str, str] = {}
    """Files of the copy that stand in it as ``data:`` URLs, and the SHA-256 of each such URL."""
    said: Said = NOTHING


class Maker:
    """Makes files, one at a time."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._root, self._out = Path(brief.root), Path(brief.out)
        self._searches = searches(brief.languages, lambda path: (self._root / path).read_bytes())
        self._inlined: dict[str, str] = {}
        self.tell({})

    def tell(self, remote: Mapping[str, str]) -> None:
        """What became of remote URLs: where each is in the copy, empty where it is missing."""
        brief = self._brief
        read = Inlined(self._root, brief.names, _whereabouts(self._out, Path(brief.place)))

        def inline(name: str) -> str | None:
            found = read(name)
            self._inlined[name] = digest(found)
            return found

        self._world = World(
            Tree(brief.languages, brief.base_url),
            brief.names,
            {url: Remote(path=path) for url, path in remote.items()},
            inline,
            brief.information,
        )

    def look(self, job: Job) -> Made:
        """Read a file, and make it if nothing remote is wanted.

        Raises:
            OSError: it cannot be read.
            DiskError: the disk refused.
        """
        return self._work(job, look=True)

    def make(self, job: Job) -> Made:
        """Make a file.

        Raises:
            OSError: it cannot be read.
            DiskError: the disk refused.
        """
        return self._work(job, look=False)

    def _work(self, job: Job, *, look: bool) -> Made:
        path, world = job.path, self._world
        raw = (self._root / path).read_bytes()
        source_sha256 = hashlib.sha256(raw).hexdigest()
        if look and source_sha256 == job.known:
            return Made(path=path, source_sha256=source_sha256, same=True)
        language = self._brief.languages[path]
        data = narrow(language, raw)
        base = world.tree.url_of(path)
        parts = unpack(job.packed, source_sha256) or _parts(language, data, base)
        text = Text(language, data, base, None, parts)
        wanted: dict[str, tuple[str, ...]] = {}
        for need in parts.needs:
            if need.role is not Role.LINK and deciding.wanted(need, parts, world):
                url = urls.split_fragment(need.reference.url)[0]
                wanted[url] = tuple(dict.fromkeys((*wanted.get(url, ()), *need.families)))
        made = Made(path=path, source_sha256=source_sha256, wanted=tuple(wanted.items()))
        if look and wanted:
            made.packed = pack(source_sha256, parts)
        else:
            self._finish(made, text, raw, job.there)
        return made

    def _finish(self, made: Made, text: Text, raw: bytes, there: str) -> None:
        name = self._brief.names[made.path]
        self._inlined = {}
        extra, boxes = self._shim_for(name, text.data) if text.language == "page" else (b"", ())
        decided = deciding.decide(text.data, text.parts, name, self._world)
        seal = SEAL if self._brief.seal and text.language == "page" else b""
        new, disagreement = assembled(text, decided, seal, extra)
        made.said = said_of(made.path, text, decided, disagreement, boxes=boxes, shim=bool(extra))
        made.inlined = self._inlined
        made.changed = new != raw
        made.sha256 = hashlib.sha256(new).hexdigest() if made.changed else made.source_sha256
        made.bytes = len(new)
        if made.sha256 != there:
            self._write(self._out / name, new)
            made.written = True

    def _shim_for(self, name: str, data: bytes) -> tuple[bytes, tuple[str, ...]]:
        """What a page's search box, or its scripts for browsers without modules, need from ``file://``."""
        boxes = uses(data, self._searches)
        names = tuple(box.name for box in boxes)
        if any(box.works and box.shim for box in boxes) or shim.has_twins(data):
            return shim.tag("../" * name.count("/")), names
        return b"", names

    def _write(self, target: Path, data: bytes) -> None:
        try:
            try:
                target.write_bytes(data)
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
        except OSError as error:
            raise refused(error, f"cannot write {target}") from error


def assembled(
    text: Text, decided: Decided, seal: bytes = b"", extra: bytes = b""
) -> tuple[bytes, Disagreement | None]:
    """A file's new bytes. Where the oracle disagrees, a page keeps its own and is sealed in any case, and a
    placeholder stands for any other file: nothing in a copy may ask the network because a rewrite failed."""
    data, parts = text.data, text.parts
    if any(notice.code in BLIND for notice in parts.notices):
        return _stand_in(text), None
    if not (decided.decisions or parts.cuts or seal or extra):
        return data, None
    made = assemble(
        data,
        parts,
        decided.decisions,
        read=lambda new: text.read(new, parts.base),
        seal=seal,
        extra_at_seal=extra,
    )
    if made.disagreement is None:
        return made.data, None
    if parts.seal_at is None:
        return _stand_in(text), made.disagreement
    return data[: parts.seal_at] + SEAL + data[parts.seal_at :], made.disagreement


def _stand_in(text: Text) -> bytes:
    """What stands in the place of a file that nobody can rewrite."""
    return PLACEHOLDERS.get(text.language, PLACEHOLDERS["image"]).data


def _parts(language: str, data: bytes, base: str) -> Parts:
    if len(data) > _LARGEST_TEXT:
        message = f"its {size(len(data))} are more than {size(_LARGEST_TEXT)}"
        return Parts(base=base, notices=(Notice("too-large", message),))
    return READERS[language](data, base, None)


def digest(url: str | None) -> str:
    """Of a file as a ``data:`` URL; empty where it is none."""
    return "" if url is None else hashlib.sha256(url.encode()).hexdigest()


def _whereabouts(out: Path, place: Path) -> Callable[[str], Path]:
    def find(name: str) -> Path:
        new = out / name
        return new if new.is_file() else place / name

    return find

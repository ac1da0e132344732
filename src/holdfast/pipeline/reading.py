"""The documents of one run: found, read and scanned, in order.

What was scanned before is recalled; of the rest a small site's is scanned in this process, and a large one's
in several.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from .. import files, walk
from ..errors import UsageError
from ..model import Document, Language, Scanned, ScanOptions
from ..progress import Progress
from ..results import DocumentNotice
from ..scan import LANGUAGES, NotUtf8, Positions, scan
from .recall import Recall, decode, encode
from .workspace import Workspace

if TYPE_CHECKING:
    from .processes import Processes

_MANY = 32
"""Documents from which on it is worth to look what is known of them."""
_BATCH = 512 * 1024
"""Bytes of documents that another process is given at once."""
_WAITING = 4 * 1024 * 1024
"""Bytes of documents that wait to be scanned: if there are more, other processes help."""
_WORTH = 2 * 1024 * 1024
"""Bytes of documents for which another process is worth its start: what one scans in a tenth of a second."""
_AHEAD = 32 * 1024 * 1024
"""Bytes of documents that are read before the first of them is taken."""

_Answer: TypeAlias = bytes | str
"""What `encode` made of a scan; or the encoding that makes one impossible."""


class _Job(msgspec.Struct, frozen=True, array_like=True):
    source: bytes
    language: Language


class _Brief(msgspec.Struct, frozen=True):
    """What a process must know to scan."""

    options: ScanOptions

    def worker(self) -> _Scanner:
        return _Scanner(self.options)


class _Scanner:
    """Scans documents, in whichever process this runs."""

    def __init__(self, options: ScanOptions) -> None:
        self._options = options

    def scan(self, job: _Job) -> _Answer:
        """What is in a document."""
        try:
            return encode(scan(job.source, job.language, self._options))
        except NotUtf8 as error:
            return error.encoding


@dataclass(slots=True)
class _Read:
    """A document that was read, and what is known of it yet."""

    path: str
    language: Language
    source: bytes
    sha256: str = ""
    key: bytes = b""
    known: Scanned | None = None
    asked: Future[list[_Answer]] | None = None
    """The batch it belongs to ..."""
    place: int = 0
    """... and its place there."""


@dataclass(slots=True)
class Reading:
    """The documents of one run, read and scanned one after the other."""

    workspace: Workspace
    paths: Sequence[str]
    progress: Progress
    notices: list[DocumentNotice] = field(default_factory=list)
    named: frozenset[str] = frozenset()
    """Documents that the user named, by themselves or by a folder."""
    leftovers: tuple[str, ...] = ()
    """Unfinished files of a killed run, which the walk came by."""
    _found: walk.Walked | None = None

    def find(self) -> walk.Walked:
        """Find the documents, once: before the archive's folder is made for a site that has none.

        Raises:
            UsageError: a path is not there, or there is nothing to scan.
        """
        workspace, config = self.workspace, self.workspace.config
        if self._found is None:
            self._found = walk.walk(
                workspace.root,
                self.paths,
                content=workspace.site.content,
                leave_out=(*workspace.site.leave_out, workspace.site.archive, workspace.site.assets),
                suffixes=_suffixes(config.extensions),
                include_path=config.include_path,
                exclude_path=config.exclude_path,
            )
        return self._found

    def __iter__(self) -> Iterator[Document]:
        found, config = self.find(), self.workspace.config
        for text in sorted({*found.notices, *found.unread}):
            severe = text in found.unread
            self.notices.append(DocumentNotice(path="", code="walk", message=text, severe=severe))
        if self.paths:
            self.named = frozenset(found.documents)
        self.leftovers = found.leftovers
        self.progress.stage("scanning", len(found.documents))
        many = len(found.documents) >= _MANY
        options = self.workspace.site.options
        with (
            Recall(self.workspace.root, options) if many else nullcontext() as recall,
            closing(_Scans(options, recall, len(found.documents))) as scans,
        ):
            for document, notices in scans.of(map(self._read, found.documents)):
                self.progress.step()
                self.notices += notices
                if document is not None:
                    yield document
            if recall is not None:
                recall.save(whole=not (self.paths or config.include_path or config.exclude_path))

    def sweep(self) -> None:
        """Remove what a killed run left beside documents. Only while the archive is locked."""
        files.sweep(self.workspace.root, self.leftovers, disk=self.workspace.disk)

    def _read(self, path: str) -> _Read | DocumentNotice:
        try:
            source = files.read(self.workspace.root / path)
        except OSError as error:
            message = f"could not be read: {error.strerror or error}"
            return DocumentNotice(path=path, code="unreadable", message=message, severe=True)
        return _Read(path, _language(path), source)


class _Scans:
    """Scans what is read, where it is not known what that comes to. `close` must follow."""

    def __init__(self, options: ScanOptions, recall: Recall | None, count: int) -> None:
        """``count``: documents of this run."""
        self._options = options
        self._recall = recall
        self._count = count
        self._others: Processes | None = None
        self._alone = False
        """No other process is worth its start."""
        self._batch: deque[_Read] = deque()
        """Documents that are not known, and were neither scanned nor given to anybody."""
        self._size = 0
        """Their bytes."""

    def close(self) -> None:
        """See the other processes off."""
        if self._others is not None:
            self._others.end()

    def of(
        self, reads: Iterable[_Read | DocumentNotice]
    ) -> Iterator[tuple[Document | None, list[DocumentNotice]]]:
        """The documents, and what a person should know of each, in the same order; None where one cannot be
        read."""
        waiting: deque[_Read | DocumentNotice] = deque()
        ahead = 0
        for number, read in enumerate(reads, 1):
            waiting.append(read)
            if isinstance(read, _Read):
                ahead += len(read.source)
                self._take(read, number)
            while waiting and ahead > (_WAITING if self._others is None else _AHEAD):
                head = waiting.popleft()
                ahead -= len(head.source) if isinstance(head, _Read) else 0
                yield self._done(head)
        self._hand_over()
        for read in waiting:
            yield self._done(read)

    def _take(self, read: _Read, number: int) -> None:
        """Recall what is known of a document, the run's ``number``-th, or have it scanned."""
        digest = hashlib.sha256(read.source)
        read.sha256 = digest.hexdigest()
        if self._recall is not None:
            read.key = self._recall.key(digest.digest(), read.language)
            read.known = self._recall.get(read.key)
        if read.known is not None or self._alone:
            return
        self._batch.append(read)
        self._size += len(read.source)
        if self._others is None and self._size > _WAITING:
            self._ask_for_help(number)
        if self._others is not None and self._size > _BATCH:
            self._hand_over()

    def _ask_for_help(self, number: int) -> None:
        from .processes import Processes, worthwhile  # 6 ms, which a small site can do without

        expected = self._size * self._count // number
        if count := worthwhile(expected, _WORTH):
            self._others = Processes(_Brief(self._options), count)
        else:
            self._alone = True

    def _hand_over(self) -> None:
        """Give to the others what waits, in batches."""
        if self._others is None:
            return
        self._size = 0
        while self._batch:
            batch, size = [], 0
            while self._batch and size < _BATCH:
                batch.append(self._batch.popleft())
                size += len(batch[-1].source)
            jobs = [_Job(read.source, read.language) for read in batch]
            asked = self._others.ask("scan", jobs, [read.path for read in batch])
            for place, read in enumerate(batch):
                read.asked, read.place = asked, place

    def _done(self, read: _Read | DocumentNotice) -> tuple[Document | None, list[DocumentNotice]]:
        if isinstance(read, DocumentNotice):
            return None, [read]
        path, source = read.path, read.source
        try:
            scanned = read.known or self._scanned(read)
        except NotUtf8 as error:
            message = f"{error}, and is left as it is: save it as UTF-8 to have it read"
            return None, [DocumentNotice(path=path, code="encoding", message=message, severe=True)]
        notices = []
        if scanned.notices:
            positions = Positions(source)
            for notice in scanned.notices:
                line, column = positions.at(notice.offset)
                message = notice.message.removeprefix(f"line {line}: ")
                notices.append(
                    DocumentNotice(path=path, code=notice.code, message=message, line=line, column=column)
                )
        return Document(path, read.language, source, read.sha256, scanned), notices

    def _scanned(self, read: _Read) -> Scanned:
        """What is in a document, now that it is asked for.

        Raises:
            NotUtf8: it is in another encoding.
        """
        if read.asked is None:
            self._hand_over()
        if read.asked is None:
            if self._batch and self._batch[0] is read:
                self._size -= len(self._batch.popleft().source)
            scanned = scan(read.source, read.language, self._options)
            if self._recall is not None:
                self._recall.put(read.key, encode(scanned))
            return scanned
        answer = read.asked.result()[read.place]
        if isinstance(answer, str):
            raise NotUtf8(answer)
        if self._recall is not None:
            self._recall.put(read.key, answer)
        return decode(answer)


def _suffixes(extensions: Sequence[str]) -> frozenset[str]:
    """The suffixes of documents: Markdown's always, others by language or suffix when asked for.

    Raises:
        UsageError: there is no such kind of document.
    """
    asked = {name.lower().lstrip(".") for name in extensions}
    known = {*LANGUAGES.values(), *(suffix[1:] for suffix in LANGUAGES)}
    if unknown := sorted(asked - known):
        raise UsageError(
            f"extensions: {unknown[0]!r} is no kind of document", f"allowed: {', '.join(sorted(known))}"
        )
    return frozenset(
        suffix
        for suffix, language in LANGUAGES.items()
        if language in ("markdown", "mdx") or language in asked or suffix[1:] in asked
    )


def _language(path: str) -> Language:
    """A document's language; a file that was named and has no suffix of ours is read as Markdown."""
    return LANGUAGES.get(posixpath.splitext(path)[1].lower(), "markdown")

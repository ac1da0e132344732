"""One site as a run sees it: where it is, how it is configured, and its documents, read and scanned."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .. import config as configuration
from .. import files, naming, upkeep, walk
from ..config import Config
from ..disk import SYSTEM, Disk
from ..errors import UsageError
from ..manifest import Manifest
from ..model import Asset, Document, Language
from ..progress import Progress
from ..results import DocumentNotice
from ..scan import LANGUAGES, NotUtf8, Positions, scan
from ..site import Site, open_site
from ..sites import GENERATOR_FILES
from ..words import count

STAMP = "%Y-%m-%dT%H:%M:%SZ"
"""How moments are written: RFC 3339, UTC, seconds."""


def now() -> str:
    """This moment in UTC, RFC 3339 with seconds."""
    return datetime.now(UTC).strftime(STAMP)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A site's root, its configuration and where its archive lives."""

    site: Site
    config: Config
    disk: Disk = SYSTEM
    """What every change to the site goes through."""

    @property
    def root(self) -> Path:
        return self.site.root

    @property
    def archive(self) -> Path:
        """The archive folder: manifest, lock, staging."""
        return self.root / self.site.archive

    @property
    def manifest(self) -> Path:
        return self.archive / "manifest.jsonl"

    @property
    def staging(self) -> Path:
        return self.archive / ".staging"

    def asset_path(self, asset: Asset) -> str:
        """The asset's POSIX path below the site's root."""
        folder = self.site.assets if asset.beside is None else asset.beside
        return f"{folder}/{asset.path}" if folder else asset.path

    def asset_file(self, asset: Asset) -> Path:
        """Where the asset's bytes are."""
        return self.root / self.asset_path(asset)


def open_workspace(paths: Sequence[str], flags: Mapping[str, object], disk: Disk = SYSTEM) -> Workspace:
    """Find the site's root from the first path, read its configuration, recognise its generator.

    Raises:
        UsageError: a path is not there, or the configuration is wrong.
    """
    options = {name: value for name, value in flags.items() if value is not None and value != ()}
    named = options.pop("root", None)
    if isinstance(named, str | Path):
        root = Path(named)
        if not root.is_dir():
            raise UsageError(
                f"--root {named}: there is no such folder", "name the folder that holds the site"
            )
    else:
        first = Path(paths[0]).absolute() if paths else Path.cwd()
        root = configuration.find_root(first, GENERATOR_FILES)
        if not first.is_relative_to(root):
            # A lone folder elsewhere, with no mark of a site: it is the site.
            root = first if first.is_dir() else first.parent
    root = root.absolute()
    loaded, _ = configuration.load(root)
    config = configuration.merge(loaded, options, root=root)
    naming.check_template(config.naming)
    return Workspace(open_site(root, config), config, disk)


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


@contextmanager
def locked(workspace: Workspace, command: str, progress: Progress) -> Iterator[None]:
    """Hold the archive for this run; its folder and git files are made where they are missing.

    Raises:
        Locked: another run holds it.
        DiskError: the folder cannot be written.
    """
    with upkeep.lock(
        workspace.archive,
        command=command,
        since=now(),
        wait=workspace.config.lock_wait,
        waiting=lambda text: progress.say(text),
        disk=workspace.disk,
    ):
        # Not before: of two first runs at once one would take away the file that the other is writing.
        upkeep.prepare(workspace.archive, disk=workspace.disk)
        yield


def settled(workspace: Workspace) -> tuple[Manifest, list[str]]:
    """The manifest as the documents bear it out, and what a person should know of it.

    Raises:
        ManifestError: it cannot be trusted as it is.
    """
    manifest, notices = Manifest.load(workspace.manifest, disk=workspace.disk)
    undone = manifest.settle(lambda path: files.digest(workspace.root / path))
    warnings = list(notices)
    if workspace.manifest.is_file() and not workspace.manifest.stat().st_size:
        warnings.append("manifest.jsonl is empty; if there were records in it, bring it back from git")
    if undone:
        what = undone[0] if len(undone) == 1 else count(len(undone), "document")
        warnings.append(f"an earlier run was cut off before it rewrote {what}; nothing is lost")
    return manifest, warnings


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
        found = self.find()
        for text in sorted({*found.notices, *found.unread}):
            severe = text in found.unread
            self.notices.append(DocumentNotice(path="", code="walk", message=text, severe=severe))
        if self.paths:
            self.named = frozenset(found.documents)
        self.leftovers = found.leftovers
        self.progress.stage("scanning", len(found.documents))
        for path in found.documents:
            document = self._read(path)
            self.progress.step()
            if document is not None:
                yield document

    def sweep(self) -> None:
        """Remove what a killed run left beside documents. Only while the archive is locked."""
        files.sweep(self.workspace.root, self.leftovers, disk=self.workspace.disk)

    def _read(self, path: str) -> Document | None:
        try:
            source = files.read(self.workspace.root / path)
        except OSError as error:
            message = f"could not be read: {error.strerror or error}"
            self.notices.append(DocumentNotice(path=path, code="unreadable", message=message, severe=True))
            return None
        language = _language(path)
        try:
            scanned = scan(source, language, self.workspace.site.options)
        except NotUtf8 as error:
            message = f"{error}, and is left as it is: save it as UTF-8 to have it read"
            self.notices.append(DocumentNotice(path=path, code="encoding", message=message, severe=True))
            return None
        if scanned.notices:
            positions = Positions(source)
            for notice in scanned.notices:
                line, column = positions.at(notice.offset)
                message = notice.message.removeprefix(f"line {line}: ")
                self.notices.append(
                    DocumentNotice(path=path, code=notice.code, message=message, line=line, column=column)
                )
        return Document(path, language, source, hashlib.sha256(source).hexdigest(), scanned)

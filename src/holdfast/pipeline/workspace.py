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
from .. import files, upkeep, walk
from ..config import Config
from ..errors import UsageError
from ..manifest import Manifest
from ..model import Asset, Document, Language
from ..progress import Progress
from ..results import DocumentNotice
from ..scan import LANGUAGES, NotUtf8, Positions, scan
from ..site import Site, open_site
from ..sites import GENERATOR_FILES


def now() -> str:
    """This moment in UTC, RFC 3339 with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A site's root, its configuration and where its archive lives."""

    site: Site
    config: Config

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


def open_workspace(paths: Sequence[str], flags: Mapping[str, object]) -> Workspace:
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
    return Workspace(open_site(root, config), config)


def _suffixes(extensions: Sequence[str]) -> frozenset[str]:
    """The suffixes of documents: Markdown's always, others by language or suffix when asked for."""
    asked = {name.lower().lstrip(".") for name in extensions}
    return frozenset(
        suffix
        for suffix, language in LANGUAGES.items()
        if language in ("markdown", "mdx") or language in asked or suffix[1:] in asked
    )


def _language(path: str) -> Language:
    """A document's language; a file that was named and has no suffix of ours is read as Markdown."""
    return LANGUAGES.get(posixpath.splitext(path)[1].lower(), "markdown")


LOCK_WAIT = 10.0
"""Seconds that a second run waits for the first."""


@contextmanager
def locked(workspace: Workspace, command: str, progress: Progress) -> Iterator[None]:
    """Hold the archive for this run; its folder and git files are made where they are missing.

    Raises:
        Locked: another run holds it.
        DiskError: the folder cannot be written.
    """
    upkeep.prepare(workspace.archive)
    with upkeep.lock(
        workspace.archive,
        command=command,
        since=now(),
        wait=LOCK_WAIT,
        waiting=lambda text: progress.say(text),
    ):
        yield


def settled(workspace: Workspace) -> tuple[Manifest, list[str]]:
    """The manifest as the documents bear it out, and what a person should know of it.

    Raises:
        ManifestError: it cannot be trusted as it is.
    """
    manifest, notices = Manifest.load(workspace.manifest)
    undone = manifest.settle(lambda path: files.digest(workspace.root / path))
    warnings = list(notices)
    if undone:
        number = f"{len(undone)} documents" if len(undone) > 1 else undone[0]
        warnings.append(f"an earlier run was cut off before it rewrote {number}; nothing is lost")
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

    def __iter__(self) -> Iterator[Document]:
        workspace, config = self.workspace, self.workspace.config
        suffixes = _suffixes(config.extensions)
        found = walk.walk(
            workspace.root,
            self.paths,
            content=workspace.site.content,
            leave_out=(*workspace.site.leave_out, workspace.site.archive, workspace.site.assets),
            suffixes=suffixes,
            include_path=config.include_path,
            exclude_path=config.exclude_path,
        )
        self.notices += [DocumentNotice(path="", code="walk", message=text) for text in found.notices]
        if self.paths:
            self.named = frozenset(found.documents)
        self.progress.stage("scanning", len(found.documents))
        for path in found.documents:
            document = self._read(path)
            self.progress.step()
            if document is not None:
                yield document

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
            self.notices.append(DocumentNotice(path=path, code="encoding", message=str(error), severe=True))
            return None
        if scanned.notices:
            positions = Positions(source)
            for notice in scanned.notices:
                line, column = positions.at(notice.offset)
                self.notices.append(
                    DocumentNotice(
                        path=path, code=notice.code, message=notice.message, line=line, column=column
                    )
                )
        return Document(path, language, source, hashlib.sha256(source).hexdigest(), scanned)

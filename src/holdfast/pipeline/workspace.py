"""One site as a run sees it: where it is, how it is configured, and its documents, read and scanned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from .. import config as configuration
from .. import files, naming, upkeep
from ..config import Config
from ..disk import SYSTEM, Disk
from ..errors import UsageError
from ..manifest import Manifest
from ..model import Asset
from ..progress import Progress
from ..site import Site, open_site
from ..sites import GENERATOR_FILES
from ..words import count

STAMP = "%Y-%m-%dT%H:%M:%SZ"
"""How moments are written: RFC 3339, UTC, seconds."""


def now() -> str:
    """This moment in UTC, RFC 3339 with seconds."""
    return datetime.now(UTC).strftime(STAMP)


class Workspace(msgspec.Struct, frozen=True):
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

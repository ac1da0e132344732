"""Where an asset's bytes are: in its place, or where they lay before the asset folder was another.

Moves nothing. The manifest tells paths below the asset folder; where that folder was, the edits tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..addresses import Style
from ..manifest import Manifest
from ..model import Asset
from ..origins import asset_name, unquoted
from .rewriting import EditIndex
from .workspace import Workspace


class Whereabouts:
    """The files of one site's assets."""

    def __init__(self, workspace: Workspace, manifest: Manifest) -> None:
        self._workspace = workspace
        self._edits = EditIndex(manifest)
        self._met: dict[str, Path] = {}
        """By SHA-256; see `met`."""
        self._former: set[str] = set()
        """Asset folders of earlier days, as far as they were needed."""
        self.left: set[str] = set()
        """Those of them in which a file was found that is not in its place."""

    def file(self, asset: Asset) -> Path | None:
        """The file with an asset's bytes, or with Git LFS's pointer to them; None when it is lost.

        In its place a file counts as it is: whether it was changed is for ``verify`` to say.
        """
        path = self._workspace.asset_file(asset)
        if path.is_file():
            return path
        return self.met(asset) or (None if asset.beside is not None else self._moved(asset))

    def met(self, asset: Asset) -> Path | None:
        """A file with these bytes that no record tells of, but a document shows."""
        return self._met.get(asset.sha256)

    def meet(self, asset: Asset, path: Path) -> bool:
        """Learn of a file that may hold an asset's bytes; whether it does."""
        if not path.is_file() or not _holds(path, asset.sha256):
            return False
        self._met.setdefault(asset.sha256, path)
        return True

    def _moved(self, asset: Asset) -> Path | None:
        self._former.update(self._told_by_edits(asset))
        for folder in sorted(self._former):
            path = self._workspace.root / folder / asset.path
            if path.is_file() and _holds(path, asset.sha256):
                self.left.add(folder)
                return path
        return None

    def _told_by_edits(self, asset: Asset) -> Iterator[str]:
        """Folders that documents were pointed at for this asset; none of them outside the site."""
        addresses = self._workspace.site.rules.addresses
        for edit in self._edits(asset_name(asset.path)):
            for style in Style:
                for path in addresses.read(style, edit.path, unquoted(edit.new)):
                    folder = path.removesuffix("/" + asset.path)
                    if folder != path and not folder.startswith(("/", "..")):
                        yield folder


def _holds(path: Path, sha256: str) -> bool:
    from ..store import holds  # not for every run: the store brings what decodes pictures

    return holds(path, sha256)

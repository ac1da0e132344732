"""Which references are ours already, and which of our files are there: what the plan asks of the disk."""

from __future__ import annotations

from .. import urls
from ..manifest import Manifest
from ..model import Asset, Document, Reference
from ..origins import Origin, origins
from ..policy import Own
from .whereabouts import Whereabouts
from .workspace import Workspace


class Ours:
    """The assets of one site, recognised by their names and places."""

    def __init__(self, workspace: Workspace, manifest: Manifest, whereabouts: Whereabouts) -> None:
        self._workspace = workspace
        self._manifest = manifest
        self._whereabouts = whereabouts
        self._names = {asset.path.rpartition("/")[2]: asset for asset in manifest.assets}
        self._present: dict[str, bool] = {}
        self._raws: tuple[str, dict[int, str]] = ("", {})
        """The document looked at last, and what its author wrote where its references to assets stand."""

    def names(self, reference: Reference) -> bool:
        """Whether a reference ends in the name of one of our files."""
        return urls.split_fragment(reference.url)[0].rpartition("/")[2] in self._names

    def own(self, document: Document, reference: Reference) -> Own:
        """Whether a reference points at one of our assets, and which (also after an editor moved it)."""
        site = self._workspace.site
        text = urls.split_fragment(reference.url)[0]
        asset = self._names.get(text.rpartition("/")[2])
        if asset is None:
            return site.is_own(document.path, text, reference.place)
        located = site.locate(document.path, text, reference.place, reference.kind)
        if located is None or located == self._workspace.asset_path(asset):
            return self._as_written(document, reference, asset)
        if (self._workspace.root / located).exists() and not any(
            located == self._workspace.asset_path(copy) for copy in self._manifest.copies(asset.url)
        ):
            return self._moved_along(document, reference, asset, located) and self._as_written(
                document, reference, asset
            )
        return self._as_written(document, reference, asset)

    def _moved_along(self, document: Document, reference: Reference, asset: Asset, located: str) -> bool:
        """Whether a copy beside a post went with the folder that was renamed: it is ours there too."""
        folder = self._workspace.site.folder_for(document.path, reference.place)
        return (
            folder is not None
            and located.rpartition("/")[0] == folder
            and self._whereabouts.meet(asset, self._workspace.root / located)
        )

    def _as_written(self, document: Document, reference: Reference, asset: Asset) -> Asset:
        """Of several URLs with these bytes, the one that the author wrote here, if the edits tell."""
        same = {each.url: each for each in self._manifest.with_sha256(asset.sha256)}
        if len(same) < 2:
            return asset
        raw = self._authored(document).get(reference.span.start, "")
        for text in (raw, raw.replace("&amp;", "&"), urls.percent_encode(raw)):
            url = urls.without_credentials(urls.split_fragment(urls.resolve(text))[0])
            if url in same:
                return same[url]
        raws = {edit.raw for edit in self._manifest.edits_of(document.path)}
        return next((each for each in same.values() if each.url in raws), asset)

    def _authored(self, document: Document) -> dict[int, str]:
        """By where a reference begins: what stood there before the edits of this document."""
        key = f"{document.path}\0{document.sha256}"
        if self._raws[0] != key:
            edits = self._manifest.edits_of(document.path)
            found = origins(document, edits, lambda _: (), lambda _: None)
            starts = document.scanned.references
            self._raws = (
                key,
                {
                    starts[index].span.start: origin.edit.raw
                    for index, origin in found.items()
                    if isinstance(origin, Origin)
                },
            )
        return self._raws[1]

    def has(self, asset: Asset) -> bool:
        """Whether some copy's file is there (an LFS pointer counts: git has the rest).

        A copy of what the URL brought before its last refresh is none.
        """
        there = self._present.get(asset.url)
        if there is None:
            there = self._present[asset.url] = any(
                copy.sha256 == asset.sha256 and self._whereabouts.file(copy) is not None
                for copy in self._manifest.copies(asset.url)
            )
        return there

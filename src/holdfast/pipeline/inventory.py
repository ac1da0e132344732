"""`list`: what is held, and who shows it. Reads the manifest alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ..origins import asset_name
from ..results import ListedAsset, ListResult
from .workspace import open_workspace, settled


def listing(flags: Mapping[str, object] | None = None) -> ListResult:
    """Every held asset, sorted by URL and path.

    Raises:
        HoldfastError: the configuration or the manifest cannot be read.
    """
    workspace = open_workspace((), flags or {})
    manifest, warnings = settled(workspace)
    shown: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for edits in manifest.edits.values():
        for edit in edits.values():
            if edit.restored is None:
                shown[asset_name(edit.new)].append((edit.path, edit.new))
    rows = []
    for asset in sorted(manifest.assets, key=lambda each: (each.url, each.beside or "", each.path)):
        places = sorted(shown.get(asset_name(asset.path), ()))
        rows.append(
            ListedAsset(
                url=asset.url,
                new=places[0][1] if places else "",
                path=workspace.asset_path(asset),
                sha256=asset.sha256,
                bytes=asset.bytes,
                documents=tuple(dict.fromkeys(path for path, _ in places)),
            )
        )
    return ListResult(assets=rows, warnings=warnings)

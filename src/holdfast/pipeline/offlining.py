"""`offline`: a built site becomes a copy that asks no network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from .. import config as configuration
from .. import families
from ..errors import NoDocuments, UsageError
from ..offline.deciding import World
from ..offline.legal import legal
from ..offline.placeholders import PLACEHOLDERS
from ..offline.tree import Tree
from ..progress import Progress
from ..results import DocumentNotice, OfflineResult
from . import network, sitebase
from .builtsite import BuiltSite, folders, listing
from .copying import Work
from .mirroring import Copy


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
        work = Work(site, copy, config, world, progress, result, left_out, seal=seal)
        work.perform()
    if prove and not result.interrupted:
        out = Path(proof) if proof else target.with_name(f"{target.name}-proof")
        proving.prove(
            root, target, tree, world.names, site.pages, out, progress, result,
            mode=prove, refused=work.refused,
        )  # fmt: skip
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

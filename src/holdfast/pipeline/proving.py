"""The proof of a copy: its pages in a browser whose network is cut off, beside the site as it was built."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..offline.relative import encoded
from ..offline.tree import Tree
from ..progress import Progress
from ..prove import browser, choosing
from ..prove import proving as browsing
from ..prove.seen import Fault
from ..prove.serving import served
from ..results import OfflineResult


def ready() -> None:
    """Look whether a browser can be driven, before any work is done.

    Raises:
        UsageError: it says what is missing and how to get it.
    """
    browser.ready()


def prove(
    source: Path,
    copy: Path,
    tree: Tree,
    names: Mapping[str, str],
    pages: Sequence[str],
    out: Path,
    progress: Progress,
    result: OfflineResult,
    *,
    mode: str,
    refused: frozenset[str],
) -> None:
    """Open pages of ``copy`` and put into ``result`` what a browser makes of them.

    ``mode``: ``some`` opens 20 of all kinds, ``all`` and ``full`` each one. Each is compared with the built
    page, served on loopback under the path that it is published under, with the network as it is. Of the
    files in ``refused`` the report has said already that browsers do not take them from ``file://``.
    """
    chosen = list(pages)
    if mode == "some":
        chosen = choosing.choose({page: choosing.sketch((source / page).read_bytes()) for page in pages})
    with tempfile.TemporaryDirectory(prefix="holdfast-") as made:
        root = Path(made)
        below = tree.base_path.strip("/")
        if below:
            (root / below).parent.mkdir(parents=True, exist_ok=True)
            (root / below).symlink_to(source, target_is_directory=True)
        with served(root if below else source) as url:
            prefix = url.rstrip("/") + tree.base_path
            found = browsing.prove(
                copy,
                pages=[names[page] for page in chosen],
                online={names[page]: prefix + encoded(page) for page in chosen},
                full=mode == "full",
                out=out,
                progress=progress,
                of=len(pages),
                refused=refused,
            )
    result.proof = found.verdict
    result.proof_limits = len({each.url for each in found.findings if each.fault is Fault.LIMIT})
    result.proof_report = str(out / "proof.html")

"""holdfast keeps the images and links of a Markdown site alive.

The command line's verbs as functions, typed; see the README for their settings:

    import holdfast

    result = holdfast.archive("content/posts", root="site", url_prefix="https://cdn.example.org/")
    for problem in result.failed:
        print(problem.url, problem.reason, *problem.locations)

Settings are the long options' names with underscores. What one URL or one document does wrong stands in the
result; a run that cannot be done raises `errors.HoldfastError`. Importing this costs next to nothing: the
stages are imported when a verb is called.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

# Loaded before the verbs of their names are defined: a package that is imported later would take the name.
from .check import __doc__ as _check  # noqa: F401
from .offline import __doc__ as _offline  # noqa: F401
from .scan import LANGUAGES as LANGUAGES

if TYPE_CHECKING:
    from .results import (
        ArchiveResult,
        CheckResult,
        ListResult,
        OfflineResult,
        RestoreResult,
        ScanResult,
        VerifyResult,
    )

__version__ = "0.1.0"
__all__ = ["LANGUAGES", "archive", "check", "listing", "offline", "restore", "scan", "verify"]

Path = str | PathLike[str]


def scan(*paths: Path, root: Path | None = None, **settings: object) -> ScanResult:
    """What the documents refer to, and where; without paths, those of the site's content folders.

    Raises:
        errors.UsageError: a path is not there, a setting is wrong, or there is nothing to scan.
    """
    from . import pipeline

    return pipeline.scan(_texts(paths), {**settings, "root": root})


def archive(
    *paths: Path,
    root: Path | None = None,
    dry_run: bool = False,
    diff: bool = False,
    check: bool = False,
    no_rewrite: bool = False,
    refresh: bool = False,
    retry_failed: bool = False,
    accept_failures: bool = False,
    **settings: object,
) -> ArchiveResult:
    """Store every embed and rewrite the documents; a second call makes no request and no change.

    Must not be called from a running event loop: it runs one of its own.

    Raises:
        errors.HoldfastError: the run could not be done; nothing is lost, and the next run goes on from there.
    """
    from . import pipeline

    return pipeline.archive(
        _texts(paths),
        {**settings, "root": root},
        dry_run=dry_run,
        diff=diff,
        check=check,
        no_rewrite=no_rewrite,
        refresh=refresh,
        retry_failed=retry_failed,
        accept_failures=accept_failures,
    )


def restore(
    *paths: Path, root: Path | None = None, dry_run: bool = False, diff: bool = False, **settings: object
) -> RestoreResult:
    """Put the author's URLs back.

    Raises:
        errors.HoldfastError: the run could not be done.
    """
    from . import pipeline

    return pipeline.restore(_texts(paths), {**settings, "root": root}, dry_run=dry_run, diff=diff)


def listing(*, root: Path | None = None, **settings: object) -> ListResult:
    """What is held (``holdfast list``).

    Raises:
        errors.HoldfastError: the manifest or the configuration cannot be read.
    """
    from . import pipeline

    return pipeline.listing({**settings, "root": root})


def verify(
    *, root: Path | None = None, prune: bool = False, remote: bool = False, **settings: object
) -> VerifyResult:
    """Whether every held asset is still there and unchanged, and what is there that nobody knows.

    Raises:
        errors.HoldfastError: the run could not be done.
    """
    from . import pipeline

    return pipeline.verify({**settings, "root": root}, prune=prune, remote=remote)


def check(
    *paths: Path,
    root: Path | None = None,
    local: bool = False,
    only: str | None = None,
    changed_since: str | None = None,
    write_baseline: bool = False,
    no_memory: bool = False,
    **settings: object,
) -> CheckResult:
    """Which links are dead; ``paths`` may be URLs too.

    Must not be called from a running event loop: it runs one of its own.

    Raises:
        errors.HoldfastError: the run could not be done.
    """
    from . import pipeline

    return pipeline.check(
        _texts(paths),
        {**settings, "root": root},
        local=local,
        only=only,
        changed_since=changed_since,
        write_baseline=write_baseline,
        no_memory=no_memory,
    )


def offline(
    site: Path,
    copy: Path,
    *,
    base_url: str | None = None,
    skip: str = "",
    seal: bool = True,
    information: bool = False,
    prove: str | None = None,
    proof: Path | None = None,
    **settings: object,
) -> OfflineResult:
    """Make, or refresh, a copy of a built site that needs no network; see `pipeline.offlining.offline`.

    Must not be called from a running event loop: it runs one of its own.

    Raises:
        errors.HoldfastError: the run could not be done.
    """
    from . import pipeline

    return pipeline.offline(
        str(site),
        str(copy),
        settings,
        base_url=base_url,
        skip=skip,
        seal=seal,
        information=information,
        prove=prove,
        proof=None if proof is None else str(proof),
    )


def _texts(paths: tuple[Path, ...]) -> list[str]:
    return [str(path) for path in paths]

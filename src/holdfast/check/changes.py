"""``--changed-since REV``: which references a branch has added. Asks git, and changes nothing.

REV is compared where this branch left it (the merge base), so that ``origin/main`` means what a pull request
adds, whatever has come to main since. No hook, pager, file system monitor or external diff of a repository is
run: it may be a stranger's.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import subprocess
from collections import Counter
from pathlib import Path

from ..errors import UsageError
from ..model import Document, Language, ScanOptions
from ..scan import NotUtf8, scan

_QUIET = (
    "--no-pager",
    "-c", "core.fsmonitor=false",
    "-c", "core.quotepath=off",
    "-c", "core.hooksPath=/dev/null",
    "-c", "diff.external=",
    "-c", "submodule.recurse=false",
)  # fmt: skip
_SHALLOW = "fetch the whole history (actions/checkout: fetch-depth: 0; elsewhere: git fetch --unshallow)"


class Changes:
    """What has been added since a revision."""

    def __init__(
        self,
        root: Path,
        prefix: str,
        blobs: dict[str, str],
        links: frozenset[str],
        renamed: dict[str, str],
        options: ScanOptions,
    ) -> None:
        """``blobs``: object by path at the revision; ``links``: those that are symlinks; ``renamed``: new
        path to old. Paths are git's own."""
        self._root = root
        self._prefix = prefix
        self._blobs = blobs
        self._links = links
        self._renamed = renamed
        self._options = options
        self._answers: dict[str, frozenset[int] | None] = {}

    def is_new(self, document: Document, ordinal: int) -> bool:
        """Whether a reference was added: its URL stands oftener in the document than it did then."""
        if document.path not in self._answers:
            self._answers = {document.path: self._added(document)}  # documents come one after the other
        added = self._answers[document.path]
        return added is None or ordinal in added

    def _added(self, document: Document) -> frozenset[int] | None:
        """The ordinals of the references that are new; None for all of them."""
        path = self._prefix + document.path
        path = self._renamed.get(path, path)
        blob = self._blobs.get(path)
        if path in self._links and blob is not None:
            target = os.fsdecode(_run(self._root, "cat-file", "blob", blob))
            blob = self._blobs.get(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
        if blob is None:
            return None
        if _name_of(document.source, blob) == blob:
            return frozenset()
        old = _run(self._root, "cat-file", "blob", blob)
        before = _urls(old, document.language, self._options)
        found = set()
        for ordinal, reference in enumerate(document.scanned.references):
            if before[reference.url] > 0:
                before[reference.url] -= 1
            else:
                found.add(ordinal)
        return frozenset(found)


def _urls(source: bytes, language: Language, options: ScanOptions) -> Counter[str]:
    try:
        return Counter(reference.url for reference in scan(source, language, options).references)
    except NotUtf8:
        return Counter()


def added(root: Path, revision: str, options: ScanOptions) -> Changes:
    """What the working tree at ``root`` has added since ``revision``.

    Raises:
        UsageError: git is not there, this is no repository, or it has no such revision.
    """
    prefix = os.fsdecode(_run(root, "rev-parse", "--show-prefix")).removesuffix("\n")
    if revision.startswith("-") or not revision:
        raise UsageError(
            f"--changed-since {revision}: git has no such revision", "name a branch, a tag or a commit"
        )
    commit = _ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if not commit:
        shallow = _ask(root, "rev-parse", "--is-shallow-repository") == "true"
        raise UsageError(
            f"--changed-since {revision}: git has no such revision here",
            _SHALLOW if shallow else "name a branch, a tag or a commit; git fetch brings what is elsewhere",
        )
    base = _ask(root, "merge-base", "HEAD", commit)
    if not base and _ask(root, "rev-parse", "--is-shallow-repository") == "true":
        raise UsageError(
            f"--changed-since {revision}: where this branch left it is not in this shallow clone", _SHALLOW
        )
    blobs, links = {}, set()
    for entry in _run(root, "ls-tree", "-r", "-z", "--full-tree", base or commit).split(b"\0"):
        about, _, path = entry.partition(b"\t")
        fields = about.split()
        if len(fields) == 3 and fields[1] == b"blob":
            blobs[os.fsdecode(path)] = fields[2].decode()
            if fields[0] == b"120000":
                links.add(os.fsdecode(path))
    return Changes(root, prefix, blobs, frozenset(links), _renames(root, base or commit), options)


def _name_of(source: bytes, like: str) -> str:
    """The name that git gives these bytes, by the hash that ``like`` was made with: no process needed."""
    digest = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return digest(b"blob %d\0" % len(source) + source).hexdigest()


def _renames(root: Path, base: str) -> dict[str, str]:
    """New path to old, of what git takes for renamed between a commit and the working tree."""
    told = _run(
        root, "diff", "--no-ext-diff", "--no-textconv", "--name-status", "-z", "--find-renames",
        "--diff-filter=R", "--no-relative", base, "--",
    ).split(b"\0")  # fmt: skip
    fields = list(map(os.fsdecode, told))
    return {
        new: old for status, old, new in zip(fields[::3], fields[1::3], fields[2::3], strict=False) if status
    }


def _ask(root: Path, *arguments: str) -> str:
    """What git answers; empty where it says no."""
    try:
        return os.fsdecode(_run(root, *arguments)).strip()
    except UsageError:
        return ""


def _run(root: Path, *arguments: str) -> bytes:
    """What git prints.

    Raises:
        UsageError: it is not there, or refuses.
    """
    # A hook's own idea of where the repository is must not be ours.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - no shell; revisions cannot be options
            ["git", *_QUIET, *arguments],  # noqa: S607 - git is where PATH says
            cwd=root,
            env={**env, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise UsageError(
            f"--changed-since needs git, which cannot be run: {error.strerror}", "install git"
        ) from error
    if done.returncode:
        said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[0]
        said = said.removeprefix("fatal: ")
        hint = "run it in the repository that holds the site"
        if "dubious ownership" in said:
            hint = f"git config --global --add safe.directory {root}"
        raise UsageError(f"--changed-since: git says: {said}", hint)
    return done.stdout

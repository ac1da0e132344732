"""Which files of a site are documents. Opens none of them: names, folders and `.gitignore` files decide.

A walk never follows a symlinked folder (it may lead in circles) and never leaves the site's root. What the
user named himself is taken, whatever the rules say.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from .disk import TEMPORARY
from .errors import NoDocuments, UsageError
from .ignoring import PatternError, Patterns, Rules

ANYWHERE = frozenset({"node_modules", "__pycache__"})
"""Folders that are never content, at any depth; so is every hidden one."""

BUILT = ("public", "_site", "site")
"""Folders at the site's root that generators write to; content when the site or the user says so."""


class Walked(msgspec.Struct, frozen=True):
    """What a walk found."""

    documents: tuple[str, ...]
    """POSIX paths below the site's root, sorted, each once."""
    notices: tuple[str, ...] = ()
    """What a person should know: what leads outside, what is not followed."""
    unread: tuple[str, ...] = ()
    """Folders that could not be read, and why: documents may be missing."""
    leftovers: tuple[str, ...] = ()
    """Unfinished files of a killed run, as paths below the root; see `files.sweep`."""


def walk(
    root: Path,
    paths: Sequence[str],
    *,
    content: Sequence[str],
    leave_out: Sequence[str],
    suffixes: frozenset[str],
    include_path: Sequence[str] = (),
    exclude_path: Sequence[str] = (),
    cwd: Path | None = None,
) -> Walked:
    """Find the documents of a site.

    Args:
        root: the site's root, absolute.
        paths: as the user wrote them, relative to ``cwd``; none for the content folders. Globs that the shell
            left alone are expanded here.
        content: content folders, POSIX paths below the root; "" is the root.
        leave_out: folders to leave out, likewise. Not the root, whatever is said.
        suffixes: of documents, in lower case, with the dot.
        include_path, exclude_path: patterns as in a `.gitignore` at the root.

    Raises:
        UsageError: a path is not there, or not within the site; a pattern is none.
        NoDocuments: there is nothing to scan.
    """
    walker = _Walker(root, suffixes, frozenset({*leave_out, *BUILT} - {"", "."}))
    walker.included = _patterns("--include-path", include_path)
    walker.excluded = _patterns("--exclude-path", exclude_path)
    wanted = []
    if paths:
        for path in _expanded(paths, cwd or Path.cwd(), suffixes):
            rel = _below(path, root)
            if path.is_dir():
                wanted.append(rel)
                walker.folder(rel, named=True)
            else:
                walker.found.add(rel)
    else:
        for rel in dict.fromkeys("" if each == "." else each.strip("/") for each in content):
            wanted.append(rel)
            if (root / rel).is_dir():
                walker.folder(rel, named=False)
    walker.add_links()
    if not walker.found:
        raise _nothing(root, wanted, walker)
    return Walked(
        tuple(sorted(walker.found)),
        tuple(walker.notices),
        tuple(sorted(walker.unread)),
        tuple(sorted(walker.leftovers)),
    )


@dataclass(slots=True)
class _Walker:
    root: Path
    suffixes: frozenset[str]
    left_out: frozenset[str]
    included: Patterns | None = None
    excluded: Patterns | None = None
    found: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    leftovers: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    ignored: int = 0
    """Documents and folders that a `.gitignore` left out."""
    unselected: int = 0
    """Documents that --include-path or --exclude-path left out."""
    seen: set[str] = field(default_factory=set)

    def folder(self, start: str, *, named: bool) -> None:
        """Add the documents below one folder."""
        rules = Rules.above(self.root, start, self.notices, keep=named)
        if rules is None:
            self.ignored += 1
            return
        waiting = [(start, rules)]
        while waiting:
            rel, rules = waiting.pop()
            if rel in self.seen:
                continue
            self.seen.add(rel)
            waiting += self._one(rel, rules)

    def _one(self, rel: str, rules: Rules) -> Iterator[tuple[str, Rules]]:
        """Add one folder's documents; yield its folders that are to be walked."""
        try:
            with os.scandir(self.root / rel) as entries:
                listed = list(entries)
        except OSError as error:
            self.unread.append(f"{rel or '.'}: this folder cannot be read: {error.strerror or error}")
            return
        prefix = f"{rel}/" if rel else ""
        if any(entry.name == ".gitignore" for entry in listed):
            rules = rules.within(self.root, rel, self.notices)
        for entry in listed:
            name = entry.name
            if name[0] == ".":
                if name.endswith(TEMPORARY):
                    self.leftovers.add(prefix + name)
                continue
            path = prefix + name
            try:
                is_folder = entry.is_dir()
                is_link = entry.is_symlink()
            except OSError as error:
                self.notices.append(f"{path}: cannot be read: {error.strerror or error}")
                continue
            if is_folder:
                if name in ANYWHERE or path in self.left_out:
                    continue
                if rules and rules.ignore(f"{path}/"):
                    self.ignored += 1
                elif is_link:
                    self.notices.append(f"{path}: this symlinked folder is not followed; name it to walk it")
                else:
                    yield path, rules
            elif _suffix(name) in self.suffixes and self._wants(path, rules):
                (self.links if is_link else self.found).add(path)

    def _wants(self, path: str, rules: Rules) -> bool:
        if not _is_text(path):
            shown = os.fsencode(path).decode("utf-8", "backslashreplace")
            self.notices.append(f"{shown}: left out, its name is not UTF-8; rename it")
            return False
        if rules and rules.ignore(path):
            self.ignored += 1
            return False
        if (self.included is not None and not self.included.cover(path)) or (
            self.excluded is not None and self.excluded.cover(path)
        ):
            self.unselected += 1
            return False
        return True

    def add_links(self) -> None:
        """Take symlinked documents that stay within the site, and no file under two names."""
        top = os.path.realpath(self.root)
        taken = {os.path.join(top, path) for path in self.found}  # noqa: PTH118 - as realpath spells it
        for path in sorted(self.links - self.found):
            try:
                target = os.path.realpath(self.root / path, strict=True)
            except OSError as error:
                self.notices.append(f"{path}: this symlink leads nowhere: {error.strerror or error}")
                continue
            if not Path(target).is_relative_to(top):
                self.notices.append(f"{path}: this symlink leads outside the site and is left out")
            elif target not in taken:
                taken.add(target)
                self.found.add(path)


def _expanded(paths: Sequence[str], cwd: Path, suffixes: frozenset[str]) -> Iterator[Path]:
    """The paths that were meant, absolute; globs as a shell would expand them, where none did (Windows)."""
    for text in paths:
        if not text:
            raise UsageError("a PATH is empty", "name a file or a folder; without any it is the whole site")
        path = _absolute(cwd / text)
        if os.path.lexists(path) and (path.exists() or not path.is_symlink()):
            yield path
            continue
        if os.path.lexists(path):
            raise UsageError(f"{text}: this symlink leads nowhere", "name the file itself")
        if not glob.has_magic(text):
            raise UsageError(f"{text}: there is no such file or folder", "check the spelling")
        # `posts/*` names pictures too; who wants another kind of document writes its suffix.
        kinds = suffixes | {_suffix(text)}
        matched = sorted(_absolute(cwd / each) for each in glob.glob(text, root_dir=cwd, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        taken = [each for each in matched if each.is_dir() or _suffix(each.name) in kinds]
        if not taken:
            raise UsageError(f"{text}: no document matches this pattern", "check the spelling")
        if "**" in text:
            # Its folders come as files already, and walking them as well would forget what was asked for.
            taken = [each for each in taken if not each.is_dir()]
        yield from taken


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the user's symlinks


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - ten times the speed of Path


def _below(path: Path, root: Path) -> str:
    """The POSIX path below the root, by the names the user used or, failing that, by the real ones."""
    for candidate, top in (
        (path, root),
        (Path(os.path.realpath(path.parent)) / path.name, Path(os.path.realpath(root))),
        (Path(os.path.realpath(path)), Path(os.path.realpath(root))),
    ):
        if candidate.is_relative_to(top):
            rel = candidate.relative_to(top).as_posix()
            if not _is_text(rel):
                raise UsageError(f"{str(path)!a}: the name is not UTF-8", "rename it")
            return "" if rel == "." else rel
    raise UsageError(
        f"{path}: lies outside the site at {root}",
        "run holdfast once for each site, or name the site's root with --root",
    )


def _is_text(path: str) -> bool:
    """Whether a path can be written as UTF-8: what cannot has lone surrogates in it (PEP 383)."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _patterns(option: str, lines: Sequence[str]) -> Patterns | None:
    if not lines:
        return None
    try:
        return Patterns(lines)
    except PatternError as error:
        raise UsageError(
            f"{option}: not a pattern: {error}", "write it like a line of a .gitignore"
        ) from error


def _nothing(root: Path, wanted: Sequence[str], walker: _Walker) -> NoDocuments:
    looked = ", ".join(sorted(walker.suffixes))
    why = list(walker.unread)
    if walker.ignored:
        why.append(f"{walker.ignored} left out by .gitignore")
    if walker.unselected:
        why.append(f"{walker.unselected} left out by --include-path or --exclude-path")
    reasons = f" ({', '.join(why)})" if why else ""
    return NoDocuments(
        f"no document in {' or '.join(str(root / rel) for rel in wanted)}: looked for {looked}{reasons}",
        "name a file or a folder, or choose further kinds with --extensions html,css",
    )

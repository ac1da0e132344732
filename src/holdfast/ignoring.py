"""What `.gitignore` files say about a path, read the way git reads them (gitignore(5)).

Asks git nothing, and knows neither the index (a file that was added by force is still ignored here) nor the
user's global excludes: what a site publishes must not depend on whose machine looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class _File:
    """One file of patterns, and how a path below the site's root is spelled for it."""

    spec: GitIgnoreSpec
    cut: int
    """Leading characters to drop: the pattern file is that far below the root."""
    prepend: str = ""
    """What to put in front instead: the pattern file is that far above the root."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The pattern files that hold in one folder, the outermost first. False where there are none."""

    files: tuple[_File, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files)

    def ignore(self, path: str) -> bool:
        """Whether a path (below the root; a folder's ends in ``/``) is ignored: the innermost word counts."""
        for each in reversed(self.files):
            verdict = each.spec.check_file(each.prepend + path[each.cut :]).include
            if verdict is not None:
                return verdict
        return False

    def within(self, root: Path, rel: str, notices: list[str]) -> Rules:
        """These rules and those of the `.gitignore` in the folder ``rel``."""
        spec = _read(root / rel / ".gitignore", notices)
        if spec is None:
            return self
        return Rules((*self.files, _File(spec, len(rel) + 1 if rel else 0)))

    @classmethod
    def above(cls, root: Path, start: str, notices: list[str], *, keep: bool) -> Rules | None:
        """What holds for the folder ``start`` from outside it; None when it is ignored itself.

        With ``keep`` it is wanted all the same, and what ignores it does not count below it. The same goes
        for the site's root: who ignores a whole site says nothing about its documents.
        """
        rules = cls(tuple(_around(root, notices)))
        if any(each.prepend for each in rules.files) and rules.ignore(""):
            rules = cls()
        rel = ""
        for name in filter(None, start.split("/")):
            rules = rules.within(root, rel, notices)
            rel = f"{rel}/{name}" if rel else name
            if rules and rules.ignore(f"{rel}/"):
                if not keep:
                    return None
                rules = cls()
        return rules


def _around(root: Path, notices: list[str]) -> Iterable[_File]:
    """The repository's own excludes, and the `.gitignore` files above the site's root."""
    top = next((each for each in (root, *root.parents) if (each / ".git").exists()), None)
    if top is None:
        return
    between = root.relative_to(top).parts
    below = "".join(f"{part}/" for part in between)
    spec = _read(_git_folder(top) / "info" / "exclude", notices)
    if spec is not None:
        yield _File(spec, 0, below)
    for depth in range(len(between)):
        spec = _read(top.joinpath(*between[:depth], ".gitignore"), notices)
        if spec is not None:
            yield _File(spec, 0, "".join(f"{part}/" for part in between[depth:]))


def _git_folder(top: Path) -> Path:
    """Where `info/exclude` is: in a worktree `.git` is a file that says so (gitrepository-layout(5))."""
    git = top / ".git"
    try:
        if git.is_file():
            git = top / git.read_text("utf-8").removeprefix("gitdir:").strip()
            common = git / "commondir"
            if common.is_file():
                git = git / common.read_text("utf-8").strip()
    except (OSError, ValueError):
        return top / ".git"
    return git


def _read(path: Path, notices: list[str]) -> GitIgnoreSpec | None:
    try:
        lines = path.read_bytes().decode("utf-8-sig", "surrogateescape").splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        notices.append(f"{path}: cannot be read: {error.strerror or error}")
        return None
    spec = patterns(lines, lenient=True)
    return spec if spec.patterns else None


def patterns(lines: Iterable[str], *, lenient: bool = False) -> GitIgnoreSpec:
    """Compile lines of a `.gitignore`; with ``lenient`` leave out those that are none, as git does.

    Raises:
        ValueError: a line is no pattern, and ``lenient`` was not asked for.
    """
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        if not lenient:
            raise
    return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True

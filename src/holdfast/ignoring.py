"""What `.gitignore` files say about a path, read the way git reads them (gitignore(5)).

Asks git nothing, and knows neither the index (a file that was added by force is still ignored here) nor the
user's global excludes: what a site publishes must not depend on whose machine looks at it.

Own patterns, because a walk asks about one entry of one folder after the other, as git does. pathspec 1.1
judges whole paths: it takes ``!*/`` for weaker than ``*`` and so never enters a folder of a site that ignores
all but its posts. The tests let git itself judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec


class PatternError(ValueError):
    """A line that git would pass over: it can match nothing."""


class Patterns:
    """Lines of one `.gitignore`; paths are relative to its folder, and a folder's ends in ``/``."""

    __slots__ = ("_any", "_lines")

    def __init__(self, lines: Iterable[str]) -> None:
        """Compile lines; comments and blank lines are none.

        Raises:
            PatternError: a line can match nothing.
        """
        self._lines = [pattern for line in lines if (pattern := _compiled(line)) is not None]
        # Most paths match no line: one search tells that, in place of one a line.
        self._any = re.compile("|".join(pattern.pattern for _, pattern in self._lines) or r"(?!)")

    def __bool__(self) -> bool:
        return bool(self._lines)

    def verdict(self, path: str) -> bool | None:
        """Whether the last line that matches this very entry ignores it; None when no line matches."""
        path = _bytewise(path)
        if self._any.fullmatch(path) is None:
            return None
        return next(ignored for ignored, pattern in reversed(self._lines) if pattern.fullmatch(path))

    def cover(self, path: str) -> bool:
        """Whether the lines match a file or one of the folders that it is in."""
        slash = path.find("/")
        while slash >= 0:
            if self.verdict(path[: slash + 1]):
                return True
            slash = path.find("/", slash + 1)
        return self.verdict(path) or False


def _bytewise(text: str) -> str:
    """One character a byte, as git matches: ``?`` is a byte, not a character."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _compiled(line: str) -> tuple[bool, re.Pattern[str]] | None:
    line = _bytewise(line.rstrip("\r\n"))
    if not line.endswith("\\ "):
        line = re.sub(r"(?<!\\)[ ]+$", "", line)
    if not line or line.startswith("#"):
        return None
    ignored = not line.startswith("!")
    glob = line if ignored else line[1:]
    only_folders = glob.endswith("/")
    glob = glob.removesuffix("/")
    if not glob.strip("/") or re.search(r"(?<!\\)(?:\\\\)*\\$", glob):
        raise PatternError(f"{line!r}")
    # A slash at the start or in the middle ties the pattern to its folder.
    tied = "/" in glob
    try:
        body = _regex(glob.removeprefix("/"))
        # No name is empty: `post/*` says nothing about `post/`.
        end = r"(?<!/)/" if only_folders else r"(?<!/)/?"
        return ignored, re.compile(f"{'' if tied else '(?:.*/)?'}{body}{end}", re.DOTALL)
    except re.error as error:
        raise PatternError(f"{line!r}") from error


_TOKEN = re.compile(
    r"(?P<any>(?:^|(?<=/))\*{2,}/)|(?P<below>(?<=/)\*{2,}$)|(?P<star>\*+)|(?P<one>\?)"
    r"|\[(?P<not>[!^]?)(?P<set>\]?(?:\\.|\[:[a-z]+:\]|[^\]\\])*)\]|\\(?P<escaped>.)|(?P<plain>.)",
    re.DOTALL,
)
_CLASSES = {"[:alnum:]": "a-zA-Z0-9", "[:alpha:]": "a-zA-Z", "[:digit:]": "0-9", "[:space:]": r"\s"}
_CLASSES |= {"[:lower:]": "a-z", "[:upper:]": "A-Z", "[:xdigit:]": "0-9a-fA-F", "[:punct:]": r"!-/:-@\[-`{-~"}


def _regex(glob: str) -> str:
    """The glob as a regular expression: of wildcards only ``**`` between slashes passes a slash."""
    parts = []
    for token in _TOKEN.finditer(glob):
        match token.lastgroup:
            case "any":
                parts.append("(?:.*/)?")
            case "below":
                parts.append(".+")
            case "star":
                parts.append("[^/]*")
            case "one":
                parts.append("[^/]")
            case "set":
                parts.append(_set(token["set"], negated=bool(token["not"])))
            case _:
                parts.append(re.escape(token["escaped"] or token["plain"]))
    return "".join(parts)


def _set(inside: str, *, negated: bool) -> str:
    def member(match: re.Match[str]) -> str:
        text = match[0]
        return _CLASSES.get(text, "") if len(text) > 2 else "-" if text == "-" else re.escape(text[-1])

    members = re.sub(r"\[:[a-z]+:\]|\\.|.", member, inside, flags=re.DOTALL)
    return f"(?!/)[{'^' if negated else ''}{members}]"


class _File(msgspec.Struct, frozen=True):
    """One file of patterns, and how a path below the site's root is spelled for it."""

    patterns: Patterns
    cut: int
    """Leading characters to drop: the pattern file is that far below the root."""
    prepend: str = ""
    """What to put in front instead: the pattern file is that far above the root."""


class Rules(msgspec.Struct, frozen=True):
    """The pattern files that hold in one folder, the outermost first. False where there are none."""

    files: tuple[_File, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files)

    def ignore(self, path: str) -> bool:
        """Whether a path (below the root; a folder's ends in ``/``) is ignored: the innermost word counts."""
        for each in reversed(self.files):
            verdict = each.patterns.verdict(each.prepend + path[each.cut :])
            if verdict is not None:
                return verdict
        return False

    def within(self, root: Path, rel: str, notices: list[str]) -> Rules:
        """These rules and those of the `.gitignore` in the folder ``rel``."""
        patterns = _read(root / rel / ".gitignore", notices)
        if patterns is None:
            return self
        return Rules((*self.files, _File(patterns, len(rel) + 1 if rel else 0)))

    @classmethod
    def above(cls, root: Path, start: str, notices: list[str], *, keep: bool) -> Rules | None:
        """What holds for the folder ``start`` from outside it; None when it is ignored itself.

        With ``keep`` it is wanted all the same, and what ignores it does not count below it. The same goes
        for the site's root: who ignores a whole site says nothing about its documents.
        """
        rules = cls(tuple(_around(root, notices)))
        if any(each.prepend and each.patterns.cover(each.prepend) for each in rules.files):
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
    patterns = _read(_git_folder(top) / "info" / "exclude", notices)
    if patterns is not None:
        yield _File(patterns, 0, below)
    for depth in range(len(between)):
        patterns = _read(top.joinpath(*between[:depth], ".gitignore"), notices)
        if patterns is not None:
            yield _File(patterns, 0, "".join(f"{part}/" for part in between[depth:]))


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


def _read(path: Path, notices: list[str]) -> Patterns | None:
    try:
        lines = path.read_bytes().decode("utf-8-sig", "surrogateescape").split("\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        notices.append(f"{path}: cannot be read: {error.strerror or error}")
        return None
    patterns = Patterns(line for line in lines if can_match(line))
    return patterns or None


def can_match(line: str) -> bool:
    """Whether a line is a pattern; git passes over those that are none."""
    try:
        return _compiled(line) is not None
    except PatternError:
        return False

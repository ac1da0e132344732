"""Which repository on GitHub a tree belongs to, and under which names its current commit is known there.

Runs no git and asks no server: the few files that git keeps for this are read (gitrepository-layout(5)).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_URL = re.compile(
    r"""^(?:https?://(?:[^@/]*@)?|ssh://(?:[^@/]*@)?|git://|[^@/:]+@)?(?:www\.)?github\.com[:/]+(?:\d+/)?
    (?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?$""",
    re.VERBOSE | re.IGNORECASE,
)
_REMOTE = re.compile(r'^\[remote "(?P<name>[^"]*)"\]')
_ADDRESS = re.compile(r"^\s*url\s*=\s*(?P<url>\S+)")
_LINK = re.compile(
    r"""^https?://(?: (?:www\.)?github\.com/(?P<owner>[^/?#]+)/(?P<name>[^/?#]+)/
                      (?P<verb>blob|tree|edit|raw|blame)/(?P<rest>[^?#]+)
                    | raw\.githubusercontent\.com/
                      (?P<raw_owner>[^/?#]+)/(?P<raw_name>[^/?#]+)/(?P<raw_rest>[^?#]+)
                 )""",
    re.VERBOSE | re.IGNORECASE,
)

LARGEST = 1024 * 1024
"""Bytes of a file of git's own that is still read."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree and its home on GitHub."""

    owner: str
    name: str
    root: Path
    """Of the working tree."""
    current: frozenset[str] = frozenset()
    """Branches of which the working tree is the newest state we know: checked out, or the default."""
    others: frozenset[str] = frozenset({"main", "master"})
    """Branches that are likely to hold the same files: what is there is there, what is not may be."""
    submodules: tuple[str, ...] = ()
    """Folders whose files another repository holds."""

    def place(self, url: str) -> tuple[str, bool] | None:
        """``(path below the root, surely this state)`` of a link to a file or folder of this repository.

        None for every other URL, other branches, commits and tags included: the server knows those.
        """
        if "github" not in url:
            return None
        link = _LINK.match(url)
        if link is None:
            return None
        owner, name = link["owner"] or link["raw_owner"], link["name"] or link["raw_name"]
        if (owner.lower(), name.lower()) != (self.owner.lower(), self.name.lower()):
            return None
        rest = unquote(link["rest"] or link["raw_rest"])
        rest = rest.removeprefix("refs/heads/")
        for names, surely in ((self.current | {"HEAD"}, True), (self.others, False)):
            for branch in sorted(names, key=len, reverse=True):
                if rest == branch or rest.startswith(branch + "/"):
                    return rest[len(branch) + 1 :].strip("/"), surely
        return None


def find_repository(root: Path, env: Mapping[str, str] = os.environ) -> Repository | None:
    """The repository that ``root`` lies in; None where there is none, or it is not at home on GitHub.

    ``GITHUB_REPOSITORY`` (GitHub Actions) names it, else the remote ``origin``, else the only one there is.
    """
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if top is None:
        return None
    git = _git_folder(top)
    common = _common_folder(git)
    owner_name = _owner_and_name(env.get("GITHUB_REPOSITORY", ""), _text(common / "config"))
    if owner_name is None:
        return None
    head = _text(git / "HEAD").strip()
    checked_out = {head.removeprefix("ref: refs/heads/")} if head.startswith("ref: refs/heads/") else set()
    default = _text(common / "refs" / "remotes" / "origin" / "HEAD").strip()
    prefix = "ref: refs/remotes/origin/"
    others = {"main", "master"}
    if default.startswith(prefix):
        others.add(default.removeprefix(prefix))
    for key in ("GITHUB_REF_NAME", "GITHUB_HEAD_REF", "GITHUB_BASE_REF"):
        if env.get(key) and not re.fullmatch(r"\d+/merge", env[key]):
            (others if key == "GITHUB_BASE_REF" else checked_out).add(env[key])
    return Repository(
        owner=owner_name[0],
        name=owner_name[1],
        root=top,
        current=frozenset(checked_out),
        others=frozenset(others - checked_out),
        submodules=tuple(
            match.strip("/ ")
            for match in re.findall(r"(?m)^\s*path\s*=\s*(.+?)\s*$", _text(top / ".gitmodules"))
        ),
    )


def _owner_and_name(named: str, config: str) -> tuple[str, str] | None:
    if re.fullmatch(r"[\w.-]+/[\w.-]+", named):
        owner, _, name = named.partition("/")
        return owner, name
    remotes: dict[str, str] = {}
    remote = ""
    for line in config.splitlines():
        if line.startswith("["):
            section = _REMOTE.match(line)
            remote = section["name"] if section else ""
        elif remote and (address := _ADDRESS.match(line)):
            remotes.setdefault(remote, address["url"])
    url = remotes.get("origin") or (next(iter(remotes.values())) if len(remotes) == 1 else "")
    home = _URL.match(url)
    return (home["owner"], home["name"]) if home else None


def _git_folder(top: Path) -> Path:
    """``.git`` itself, or what it points at in a linked worktree or a submodule."""
    git = top / ".git"
    if git.is_dir():
        return git
    return top / _text(git).strip().removeprefix("gitdir:").strip()


def _common_folder(git: Path) -> Path:
    """Where the configuration is: in a linked worktree it is the main one's folder."""
    common = _text(git / "commondir").strip()
    return git / common if common else git


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""

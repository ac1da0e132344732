"""Which repository a tree belongs to, and which links to GitHub are links to its own files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.check.looking import Site

from holdfast.check.repository import Repository, find_repository


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def repository(folder: Path, url: str = "https://github.com/kelp/garden.git", branch: str = "trunk") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", branch)
    git(folder, "remote", "add", "origin", url)
    return folder


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/kelp/garden.git",
        "https://github.com/kelp/garden",
        "https://token@github.com/kelp/garden.git",
        "git@github.com:kelp/garden.git",
        "ssh://git@github.com/kelp/garden.git",
        "ssh://git@github.com:22/kelp/garden",
        "git://github.com/kelp/garden.git",
    ],
)
def test_a_remote_names_the_repository(url: str, tmp_path: Path) -> None:
    found = find_repository(repository(tmp_path, url) / "", {})
    assert found is not None
    assert (found.owner, found.name, found.root) == ("kelp", "garden", tmp_path)
    assert found.current == {"trunk"}


@pytest.mark.parametrize(
    "url",
    ["https://gitlab.com/kelp/garden.git", "https://github.com.evil.org/kelp/garden", "/srv/git/garden.git"],
)
def test_another_home_is_none(url: str, tmp_path: Path) -> None:
    assert find_repository(repository(tmp_path, url), {}) is None


def test_no_repository_is_none(tmp_path: Path) -> None:
    assert find_repository(tmp_path, {}) is None or (tmp_path / ".git").exists() is False


def test_the_runner_names_repository_and_branch(tmp_path: Path) -> None:
    env = {"GITHUB_REPOSITORY": "else/where", "GITHUB_REF_NAME": "12/merge", "GITHUB_HEAD_REF": "feature/x"}
    found = find_repository(repository(tmp_path), env)
    assert found is not None
    assert (found.owner, found.name) == ("else", "where")
    assert found.current == {"trunk", "feature/x"}


def test_a_linked_worktree_has_its_own_branch(tmp_path: Path) -> None:
    top = repository(tmp_path / "main")
    (top / "a").write_text("x")
    git(top, "add", "a")
    git(top, "commit", "-q", "-m", "x")
    git(top, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    found = find_repository(tmp_path / "side", {})
    assert found is not None
    assert (found.owner, found.root, found.current) == ("kelp", tmp_path / "side", {"side"})


HOME = "https://github.com/kelp/garden"
LINKS = (
    (f"{HOME}/blob/trunk/docs/a.md", "ok"),
    (f"{HOME}/blob/trunk/docs/a.md#here", "ok"),
    (f"{HOME}/blob/trunk/src/x.py#L3-L9", "ok"),
    (f"{HOME}/tree/trunk/docs", "ok"),
    (f"{HOME}/tree/trunk", "ok"),
    (f"{HOME}/edit/trunk/docs/a.md", "ok"),
    (f"{HOME}/raw/refs/heads/trunk/docs/a.md", "ok"),
    (f"{HOME}/blob/HEAD/docs/a.md", "ok"),
    (f"{HOME}/blob/main/docs/a.md", "ok"),
    ("https://github.com/Kelp/Garden/blob/trunk/docs/a.md", "ok"),
    ("https://raw.githubusercontent.com/kelp/garden/trunk/docs/a.md", "ok"),
    (f"{HOME}/blob/trunk/docs/no.md", "broken no-file"),
    (f"{HOME}/blob/trunk/docs/A.md", "broken case"),
    (f"{HOME}/blob/trunk/docs/a.md#there", "broken no-anchor"),
    # another branch may hold it, another repository does
    (f"{HOME}/blob/main/docs/no.md", "unverified other-branch"),
    (f"{HOME}/blob/trunk/vendor/lib/no.c", "unverified other-branch"),
)  # fmt: skip

NOT_OURS = (
    HOME,
    f"{HOME}/issues/3",
    f"{HOME}/releases/latest",
    f"{HOME}/wiki/Page",
    f"{HOME}/blob/v1.0/docs/a.md",
    f"{HOME}/blob/0123456789abcdef/docs/a.md",
    f"{HOME}/blob/trunk2/docs/a.md",
    f"{HOME}/commits/trunk/docs/a.md",
    "https://github.com/kelp/garden-2/blob/trunk/docs/a.md",
    "https://github.com/other/garden/blob/trunk/docs/a.md",
    "https://gist.github.com/kelp/garden/blob/trunk/docs/a.md",
    "https://evil.org/github.com/kelp/garden/blob/trunk/docs/a.md",
)


def garden(tmp_path: Path) -> Site:
    tree = {
        "docs/a.md": "# Here\n",
        "src/x.py": "x\n",
        ".gitmodules": '[submodule "lib"]\n\tpath = vendor/lib\n\turl = https://example.org/lib\n',
    }
    found = find_repository(repository(tmp_path), {})
    assert found is not None
    site = Site(tmp_path, tree)
    found = find_repository(tmp_path, {})
    return Site(tmp_path, {}, repository=found) if site else site


@pytest.mark.parametrize(("url", "expected"), LINKS)
def test_links_to_own_files_are_looked_up(url: str, expected: str, tmp_path: Path) -> None:
    site = garden(tmp_path)
    assert site.local.claims(url)
    answer = site.local.answer_url(url)
    assert f"{answer.verdict} {answer.reason}".strip() == expected


@pytest.mark.parametrize("url", NOT_OURS)
def test_everything_else_is_github_to_answer(url: str, tmp_path: Path) -> None:
    assert not garden(tmp_path).local.claims(url)


def test_a_branch_may_have_slashes(tmp_path: Path) -> None:
    home = Repository("kelp", "garden", tmp_path, frozenset({"feature/x", "feature"}))
    assert home.place(f"{HOME}/blob/feature/x/a.md") == ("a.md", True)
    assert home.place(f"{HOME}/blob/feature/y.md") == ("y.md", True)


@pytest.mark.parametrize(
    "path", ["../../issues", "../../releases/latest", "../../wiki/Page", "../../pulls?q=x"]
)
def test_pages_of_the_repository_are_named_from_its_readme(path: str, tmp_path: Path) -> None:
    site = garden(tmp_path)
    (tmp_path / "README.md").write_text("")
    assert site.said("README.md", f"[]({path})") == "unverified unresolved"
    assert site.said("README.md", "[](../other/x.md)") == "broken no-file"


def test_files_of_the_repository_above_the_site_are_found(tmp_path: Path) -> None:
    repository(tmp_path)
    (tmp_path / "LICENSE").write_text("x")
    home = find_repository(tmp_path / "site", {})
    site = Site(tmp_path / "site", {"a.md": ""}, repository=home)
    assert site.local.answer_url(f"{HOME}/blob/trunk/LICENSE").verdict == "ok"
    assert site.said("a.md", "[](../LICENSE)") == "unverified unresolved"

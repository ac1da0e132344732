"""``--changed-since``: which references a branch has added, told by real repositories."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from tests.commands import write

from holdfast.check.changes import added
from holdfast.errors import UsageError
from holdfast.model import Document, ScanOptions
from holdfast.scan import scan

OPTIONS = ScanOptions()


class Repository:
    def __init__(self, root: Path, files: dict[str, str]) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.commit(files)

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@b.lan", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, files: dict[str, str], *, remove: tuple[str, ...] = ()) -> str:
        write(self.root, files)
        for name in remove:
            (self.root / name).unlink()
        self.git("add", "-A")
        self.git("commit", "-qm", "x", "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def new(self, path: str, revision: str, *, root: Path | None = None) -> list[str]:
        """The URLs in a document that were added since a revision."""
        top = root or self.root
        source = (top / path).read_bytes()
        document = Document(
            path, "markdown", source, hashlib.sha256(source).hexdigest(), scan(source, "markdown", OPTIONS)
        )
        changes = added(top, revision, OPTIONS)
        return [
            reference.url
            for ordinal, reference in enumerate(document.scanned.references)
            if changes.is_new(document, ordinal)
        ]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(
        tmp_path / "r", {"a.md": "[x](https://a.lan/1)\n", "博 客/b c.md": "[x](https://b.lan/1)\n"}
    )


CASES: list[tuple[str, str, list[str]]] = [
    ("untouched", "[x](https://a.lan/1)\n", []),
    ("other words", "# New words\n\n[y](https://a.lan/1)\n", []),
    ("one more", "[x](https://a.lan/1)\n[y](https://a.lan/2)\n", ["https://a.lan/2"]),
    ("the same once more", "[x](https://a.lan/1) [y](https://a.lan/1)\n", ["https://a.lan/1"]),
    ("another in its place", "[x](https://a.lan/3)\n", ["https://a.lan/3"]),
    ("written another way", "[x]: https://a.lan/1\n\n![x]\n", []),
]


@pytest.mark.parametrize(("name", "text", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_reference_is_new_when_its_url_stands_there_oftener(
    repository: Repository, name: str, text: str, expected: list[str]
) -> None:
    write(repository.root, {"a.md": text})
    assert repository.new("a.md", "HEAD") == expected  # not committed yet
    repository.commit({})
    assert repository.new("a.md", "HEAD~1") == expected


def test_documents_git_does_not_know_are_new(repository: Repository) -> None:
    write(
        repository.root,
        {"n.md": "[x](https://n.lan/)", ".gitignore": "ignored.md\n", "ignored.md": "<https://i.lan/>"},
    )
    assert repository.new("n.md", "main") == ["https://n.lan/"]
    assert repository.new("ignored.md", "main") == ["https://i.lan/"]


def test_a_renamed_document_is_compared_with_its_old_self(repository: Repository) -> None:
    long = "".join(f"Line {number} of a post that says something.\n" for number in range(30))
    repository.commit({"博 客/b c.md": long + "[x](https://b.lan/1)\n"})
    repository.commit(
        {"new/名.md": long + "[x](https://b.lan/1) [y](https://b.lan/2)\n"}, remove=("博 客/b c.md",)
    )
    assert repository.new("new/名.md", "HEAD~1") == ["https://b.lan/2"]


def test_a_symlinked_document_is_what_it_leads_to(repository: Repository) -> None:
    (repository.root / "docs").mkdir()
    (repository.root / "docs/link.md").symlink_to("../a.md")
    repository.commit({})
    assert repository.new("docs/link.md", "HEAD") == []
    write(repository.root, {"a.md": "[x](https://a.lan/1) [y](https://a.lan/2)"})
    assert repository.new("docs/link.md", "HEAD") == ["https://a.lan/2"]


def test_a_hooks_environment_is_not_ours(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit({"docs/in.md": "[x](https://d.lan/1)"})
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", "elsewhere")
    assert repository.new("in.md", "main", root=repository.root / "docs") == []


def test_what_came_to_main_meanwhile_is_not_this_branchs(repository: Repository) -> None:
    repository.git("checkout", "-qb", "topic")
    repository.commit({"a.md": "[x](https://a.lan/1)\n[y](https://a.lan/topic)\n"})
    repository.git("checkout", "-q", "main")
    repository.commit({"a.md": "[x](https://a.lan/other)\n"})
    repository.git("checkout", "-q", "topic")
    assert repository.new("a.md", "main") == ["https://a.lan/topic"]


def test_a_site_in_a_folder_of_the_repository(repository: Repository) -> None:
    repository.commit({"docs/in.md": "[x](https://d.lan/1)"})
    write(repository.root, {"docs/in.md": "[x](https://d.lan/1) [y](https://d.lan/2)"})
    assert repository.new("in.md", "main", root=repository.root / "docs") == ["https://d.lan/2"]


def test_no_program_that_a_repository_names_is_run(repository: Repository, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager", "diff.x.textconv", "diff.x.command"):
        repository.git("config", key, str(trap))
    (repository.root / ".git/hooks/post-index-change").write_text(trap.read_text())
    (repository.root / ".git/hooks/post-index-change").chmod(0o755)
    write(repository.root, {".gitattributes": "*.md diff=x\n", "a.md": "[x](https://a.lan/2)"})
    assert repository.new("a.md", "main") == ["https://a.lan/2"]
    assert not (tmp_path / "sprung").exists()


WRONG = ["nonsense", "-h", "--output=x", "", "HEAD~99", "main:a.md"]


@pytest.mark.parametrize("revision", WRONG)
def test_a_revision_that_is_none_is_named(repository: Repository, revision: str) -> None:
    with pytest.raises(UsageError, match="--changed-since") as caught:
        added(repository.root, revision, OPTIONS)
    assert caught.value.hint
    assert not (repository.root / "x").exists()


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    if subprocess.run(["git", "rev-parse"], cwd=tmp_path, capture_output=True, check=False).returncode == 0:
        pytest.fail("the folder for temporary files lies in a repository")
    with pytest.raises(UsageError, match="git says: not a git repository"):
        added(tmp_path, "main", OPTIONS)


def test_without_git_it_says_so(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(UsageError, match="needs git") as caught:
        added(repository.root, "main", OPTIONS)
    assert caught.value.hint == "install git"


def test_a_shallow_clone_is_told_to_fetch_more(repository: Repository, tmp_path: Path) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit({"a.md": "new"})
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", repository.root.as_uri(), tmp_path / "shallow"], check=True
    )
    with pytest.raises(UsageError) as caught:
        added(tmp_path / "shallow", first, OPTIONS)
    assert "fetch-depth: 0" in caught.value.hint

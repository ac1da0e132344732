"""Which files of a site are documents: what a walk takes, what it leaves, and what it says about the rest."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import NoDocuments, UsageError
from holdfast.ignoring import PatternError, Patterns, can_match
from holdfast.walk import Walked, walk

MARKDOWN = frozenset({".md", ".markdown"})


def make(root: Path, *paths: str, **texts: str) -> None:
    for path in paths:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    for name, text in texts.items():
        (root / name).write_text(text)


def ignore(folder: Path, *lines: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("".join(f"{line}\n" for line in lines))


def go(
    root: Path,
    *paths: str,
    content: Sequence[str] = ("",),
    leave_out: Sequence[str] = (),
    suffixes: frozenset[str] = MARKDOWN,
    include_path: Sequence[str] = (),
    exclude_path: Sequence[str] = (),
    cwd: Path | None = None,
) -> Walked:
    return walk(
        root,
        paths,
        content=content,
        leave_out=leave_out,
        suffixes=suffixes,
        include_path=include_path,
        exclude_path=exclude_path,
        cwd=cwd or root,
    )


def names(root: Path, *paths: str, **options: object) -> list[str]:
    walked = go(root, *paths, **options)  # type: ignore[arg-type]
    assert walked.notices == ()
    return list(walked.documents)


# -- what is a document, and what is not -----------------------------------------------------------------

TAKEN = [
    "a.md",
    "A.MD",
    "é 漢.markdown",
    "posts/b.md",
    "posts/public/c.md",
    "posts/site/d.md",
    "drafts.md/e.md",
]
LEFT = [
    "a.html",
    "md",
    "a.md.bak",
    ".md",
    "._a.md",
    ".hidden/a.md",
    "posts/.obsidian/a.md",
    "node_modules/x/README.md",
    "posts/node_modules/a.md",
    "public/a.md",
    "_site/a.md",
    "site/a.md",
    "themes/x/README.md",
    "static/archive/a.md",
]


def test_what_is_taken_and_what_is_left(tmp_path: Path) -> None:
    make(tmp_path, *TAKEN, *LEFT)
    assert names(tmp_path, leave_out=["themes", "static/archive", ""]) == sorted(TAKEN)


def test_further_suffixes_on_request(tmp_path: Path) -> None:
    make(tmp_path, "a.md", "b.html", "c.css")
    assert names(tmp_path, suffixes=MARKDOWN | {".html"}) == ["a.md", "b.html"]


def test_only_the_content_folders_without_a_path(tmp_path: Path) -> None:
    make(tmp_path, "README.md", "content/a.md", "blog/b.md")
    assert names(tmp_path, content=["content", "blog/", "missing"]) == ["blog/b.md", "content/a.md"]
    assert names(tmp_path, content=["", "content"]) == ["README.md", "blog/b.md", "content/a.md"]


def test_a_content_folder_may_have_the_name_of_build_output(tmp_path: Path) -> None:
    make(tmp_path, "site/a.md", ".vuepress/b.md")
    assert names(tmp_path, content=["site", ".vuepress"]) == [".vuepress/b.md", "site/a.md"]


# -- what the user names ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LEFT)
def test_a_named_file_is_always_taken(tmp_path: Path, path: str) -> None:
    make(tmp_path, *LEFT, "a.md")
    ignore(tmp_path, "*")
    assert names(tmp_path, path, leave_out=["themes"], exclude_path=["*"]) == [path]


def test_a_named_folder_is_walked_even_if_it_would_be_left_out(tmp_path: Path) -> None:
    make(
        tmp_path,
        "public/a.md",
        "public/node_modules/b.md",
        ".hidden/c.md",
        "ignored/d.md",
        "ignored/e.tmp.md",
    )
    ignore(tmp_path, "ignored/", "*.tmp.md")
    assert names(tmp_path, "public", ".hidden") == [".hidden/c.md", "public/a.md"]
    assert names(tmp_path, "ignored") == ["ignored/d.md", "ignored/e.tmp.md"]


def test_paths_are_relative_to_the_current_folder_and_counted_once(tmp_path: Path) -> None:
    make(tmp_path, "content/a.md", "content/b.md", "c.md")
    cwd = tmp_path / "content"
    absolute = str(tmp_path / "c.md")
    found = names(tmp_path, "a.md", ".", "../c.md", absolute, "./b.md", "../content/a.md", cwd=cwd)
    assert found == ["c.md", "content/a.md", "content/b.md"]


def test_globs_that_the_shell_left_alone(tmp_path: Path) -> None:
    make(tmp_path, "p/a.md", "p/b.md", "p/c.png", "p/q/d.md", "p/e.html")
    assert names(tmp_path, "p/*") == ["p/a.md", "p/b.md", "p/q/d.md"]
    assert names(tmp_path, "p/[ab].md") == ["p/a.md", "p/b.md"]
    assert names(tmp_path, "**/*.md") == ["p/a.md", "p/b.md", "p/q/d.md"]
    assert names(tmp_path, "p/*.html") == ["p/e.html"]
    assert names(tmp_path, str(tmp_path / "p" / "?.md")) == ["p/a.md", "p/b.md"]


def test_a_name_with_brackets_is_a_name(tmp_path: Path) -> None:
    make(tmp_path, "[a].md", "a.md")
    assert names(tmp_path, "[a].md") == ["[a].md"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing.md", "missing.md: there is no such file or folder"),
        ("*.rst", r"\*\.rst: no document matches this pattern"),
        ("../other/a.md", "lies outside the site at"),
        ("..", "lies outside the site at"),
        ("dangling.md", "dangling.md: this symlink leads nowhere"),
    ],
)
def test_paths_that_cannot_be_meant(tmp_path: Path, path: str, message: str) -> None:
    make(tmp_path, "site/a.md", "other/a.md")
    (tmp_path / "site" / "dangling.md").symlink_to("nowhere")
    with pytest.raises(UsageError, match=message) as caught:
        go(tmp_path / "site", path)
    assert caught.value.exit_code == 3
    assert caught.value.hint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"no document in /.*: looked for \.markdown, \.md$"),
        ({"content": ["content", "posts"]}, r"no document in /.*/content or /.*/posts: "),
        ({"content": ["ignored"]}, r"\(1 left out by \.gitignore\)$"),
        (
            {"content": ["drafts"], "exclude_path": ["drafts"]},
            r"\(1 left out by --include-path or --exclude-path\)$",
        ),
    ],
)
def test_nothing_to_scan_says_what_was_looked_for(
    tmp_path: Path, options: dict[str, list[str]], message: str
) -> None:
    make(tmp_path, "a.txt")
    if options:
        make(tmp_path, "ignored/a.md", "drafts/a.md")
        ignore(tmp_path, "ignored")
    with pytest.raises(NoDocuments, match=message) as caught:
        go(tmp_path, content=options.get("content", [""]), exclude_path=options.get("exclude_path", []))
    assert "--extensions" in caught.value.hint


# -- patterns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["post"], [], ["post/a.md", "post/b.en.md"]),
        (["post/*.md"], [], ["post/a.md", "post/b.en.md"]),
        (["*.en.md"], [], ["c.en.md", "post/b.en.md"]),
        (["/*.md"], [], ["c.en.md"]),
        ([], ["post/"], ["c.en.md"]),
        ([], ["**/b.*"], ["c.en.md", "post/a.md"]),
        (["post"], ["*.en.md"], ["post/a.md"]),
        (["*.md", "!post/*"], [], ["c.en.md"]),
    ],
)
def test_include_and_exclude_path(
    tmp_path: Path, include: list[str], exclude: list[str], expected: list[str]
) -> None:
    make(tmp_path, "post/a.md", "post/b.en.md", "c.en.md")
    assert names(tmp_path, include_path=include, exclude_path=exclude) == expected


def test_a_pattern_that_is_none(tmp_path: Path) -> None:
    make(tmp_path, "a.md")
    with pytest.raises(UsageError, match="--exclude-path: not a pattern"):
        go(tmp_path, exclude_path=["!"])


# -- .gitignore: git itself is the judge -----------------------------------------------------------------

IGNORING: list[dict[str, list[str]]] = [
    {"": ["drafts/"]},
    {"": ["*.tmp.md", "!keep.tmp.md"]},
    {"": ["/a.md", "post/b.md"]},
    {"": ["*", "!*/", "!*.md"], "post": ["b.md"]},
    {"": ["/*", "!/post"], "post": ["*.md", "!b.md"]},
    {"": ["post/*", "!post/deep/"], "post/deep": ["d.md"]},
    {"": ["b.md"], "post": ["!b.md"]},
    {"": ["# a comment", "", "\\#c.md", "a.md  "]},
    {"": ["**/deep", "!post/deep/d.md"]},
    {"post": ["/deep", "/b.md"]},
    {"": ["drafts"], "drafts": ["!x.md"]},
    {"": ["po?t/[a-c].md"]},
    {"": ["?.md", "!*/"]},
    {"": ["deep", "!post/"]},
    {"": ["post/**"]},
    {"": ["/**/d.md"]},
    {"": ["post/**/b.md"]},
    {"": ["[!a]*.md"]},
    {"": ["[[:alpha:]].md"]},
    {"": ["x.tmp.md/", "dr*"]},
    {"": ["\\!x", "d?ee?", "**b.md"]},
]
FILES = [
    "a.md",
    "b.md",
    "#c.md",
    "keep.tmp.md",
    "x.tmp.md",
    "drafts/x.md",
    "post/b.md",
    "post/deep/d.md",
    "post/deep/b.md",
]


@pytest.mark.parametrize("ignores", IGNORING)
def test_gitignore_is_read_as_git_reads_it(tmp_path: Path, ignores: dict[str, list[str]]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    make(tmp_path, *FILES)
    for folder, lines in ignores.items():
        ignore(tmp_path / folder, *lines)
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-standard", "*.md"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    expected = sorted(filter(None, listed.split("\0")))
    assert expected != sorted(FILES)
    assert names(tmp_path) == expected


# Not `a**/b`: gitignore(5) takes those asterisks for one, git before 2.40 as memory happens to lie.
_GLOB = (
    st.lists(
        st.sampled_from(
            ["a", "b", "*", "**", "?", "/", "[ab]", "[!a]", "[]a]", "\\*", ".", "!", " ", "#", "漢"]
        ),
        min_size=1,
        max_size=6,
    )
    .map("".join)
    .filter(lambda line: not re.search(r"[^/*]\*\*|\*\*[^/*]", line))
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(_GLOB, min_size=1, max_size=3))
def test_any_gitignore_is_read_as_git_reads_it(lines: list[str]) -> None:
    paths = ["a", "b", "ab", "a/b", "a/a/b", "b/a/a", "ab/b/a", "*/a", "漢/b", " /#", ".a/b", "!a/b"]
    # Folders end in a slash here; git learns that from the paths that lie below them.
    entries = sorted(
        {*paths, *(f"{path.rpartition('/')[0]}/" for path in paths if "/" in path)} - {"a", "b", "ab"}
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
        make(root, *(f"{entry}x" if entry.endswith("/") else entry for entry in entries))
        ignore(root, *lines)
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(
            ["git", "check-ignore", "-z", "--no-index", "--stdin"],
            input="\0".join(entry.rstrip("/") for entry in entries),
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
        )
    judged = set(filter(None, done.stdout.split("\0")))
    assert done.returncode in (0, 1)
    ours = Patterns(line for line in lines if can_match(line))
    assert {entry.rstrip("/") for entry in entries if ours.cover(entry)} == judged


def test_a_site_within_a_repository_obeys_the_files_above_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    root = tmp_path / "web" / "site"
    make(root, "a.md", "b.md", "c.md", "content/d.md", "content/e.md")
    ignore(tmp_path, "web/site/a.md")
    ignore(tmp_path / "web", "site/b.md")
    ignore(root, "/content/d.md")
    (tmp_path / ".git" / "info").mkdir(exist_ok=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("web/site/c.md\n")
    assert names(root) == ["content/e.md"]
    assert names(root, content=["content"]) == ["content/e.md"]
    # Who ignores a whole site says nothing about its documents.
    ignore(tmp_path, "web")
    assert names(root) == ["a.md", "b.md", "c.md", "content/e.md"]


def test_a_worktree_has_its_excludes_in_the_main_repository(tmp_path: Path) -> None:
    main, tree = tmp_path / "main", tmp_path / "tree"
    (main / ".git" / "info").mkdir(parents=True)
    (main / ".git" / "worktrees" / "tree").mkdir(parents=True)
    (main / ".git" / "info" / "exclude").write_text("b.md\n")
    (main / ".git" / "worktrees" / "tree" / "commondir").write_text("../..\n")
    make(tree, "a.md", "b.md")
    (tree / ".git").write_text(f"gitdir: {main}/.git/worktrees/tree\n")
    assert names(tree) == ["a.md"]


def test_lines_that_are_no_patterns_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "a.md", "b.md")
    (tmp_path / ".gitignore").write_bytes(b"\xef\xbb\xbfb.md\r\n!\n\xff\n")
    assert names(tmp_path) == ["a.md"]
    for line in ("!", "/", "!/", "a\\"):
        with pytest.raises(PatternError):
            Patterns([line])


# -- links and what cannot be read -----------------------------------------------------------------------


def test_links(tmp_path: Path) -> None:
    root = tmp_path / "site"
    make(root, "content/a.md", "elsewhere/b.md", "elsewhere/deep/c.md")
    make(tmp_path, "outside.md")
    content = root / "content"
    (content / "same.md").symlink_to("a.md")
    (content / "linked.md").symlink_to("../elsewhere/b.md")
    (content / "twice.md").symlink_to("../elsewhere/b.md")
    (content / "out.md").symlink_to("../../outside.md")
    (content / "dangling.md").symlink_to("nowhere.md")
    (content / "circle.md").symlink_to("circle.md")
    (content / "loop").symlink_to("..")
    (content / "deep").symlink_to("../elsewhere/deep")
    walked = go(root, content=["content"])
    assert walked.documents == ("content/a.md", "content/linked.md")
    assert sorted(notice.split(": ")[0] for notice in walked.notices) == [
        f"content/{name}" for name in ("circle.md", "dangling.md", "deep", "loop", "out.md")
    ]
    assert names(root, "content/deep") == ["content/deep/c.md"]


def test_a_site_reached_through_a_link(tmp_path: Path) -> None:
    make(tmp_path, "real/content/a.md")
    (tmp_path / "link").symlink_to("real")
    for root, path in (("real", "link"), ("link", "real")):
        assert names(tmp_path / root, str(tmp_path / path / "content" / "a.md")) == ["content/a.md"]
        assert names(tmp_path / root, str(tmp_path / path / "content")) == ["content/a.md"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    make(tmp_path, "a.md", "closed/b.md")
    (tmp_path / "closed").chmod(0)
    try:
        walked = go(tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o755)
    assert walked.documents == ("a.md",)
    assert walked.unread == ("closed: this folder cannot be read: Permission denied",)


def test_a_name_that_is_not_utf8_is_named_and_left(tmp_path: Path) -> None:
    make(tmp_path, "a.md")
    try:
        (tmp_path / os.fsdecode(b"\xb0\xa1.md")).touch()
    except OSError:
        pytest.skip("this file system takes no such name")
    walked = go(tmp_path)
    assert walked.documents == ("a.md",)
    assert walked.notices == ("\\xb0\\xa1.md: left out, its name is not UTF-8; rename it",)
    with pytest.raises(UsageError, match="not UTF-8"):
        go(tmp_path, os.fsdecode(b"\xb0\xa1.md"))


def test_unfinished_files_of_a_killed_run_are_found(tmp_path: Path) -> None:
    make(tmp_path, "a.md", "post/.b.md.holdfast-tmp", "themes/.c.md.holdfast-tmp")
    assert go(tmp_path, leave_out=["themes"]).leftovers == ("post/.b.md.holdfast-tmp",)


# -- big sites -------------------------------------------------------------------------------------------


def test_ten_thousand_files_are_walked_in_a_moment(tmp_path: Path) -> None:
    ignore(tmp_path, "public/", "*.log", "/resources", "node_modules", "!keep.log")
    for folder in range(100):
        (tmp_path / f"p{folder}").mkdir()
        for number in range(100):
            os.close(os.open(f"{tmp_path}/p{folder}/{number}.md", os.O_CREAT | os.O_WRONLY))
    began = time.process_time()
    assert len(go(tmp_path).documents) == 10_000
    # 0.05 s on an idle core; a bound that a busy one keeps and quadratic work does not.
    assert time.process_time() - began < 1

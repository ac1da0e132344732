"""Months of a site in any order: posts come, change, move and go; runs archive and restore; branches merge.

The model knows one thing: what every post would be had holdfast never been there. A post is a list of lines,
and whatever holdfast does stays within a line; so an author's edit is the same edit of both texts.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from tests import pictures
from tests.commands import tree, write
from tests.faulty_disk import FaultyDisk
from tests.servers import Origin, Reply, Request

from holdfast import pipeline

HOST = "http://pics.example"
PATHS = ("/a.png", "/b", "/c.jpg?x=1&y=2", "/d%20d.gif", "/深.png", "/gone.png")
MAKERS: tuple[Callable[..., bytes], ...] = (
    pictures.png,
    pictures.jpeg,
    pictures.jpeg,
    pictures.gif,
    pictures.webp,
)
URLS = tuple(HOST + path for path in PATHS)
BODIES = dict(zip(PATHS, (make(8, 8, seed=seed) for seed, make in enumerate(MAKERS)), strict=False))
GONE = URLS[-1]


def answer(request: Request) -> Reply:
    """The pictures, by their target as a client spells it."""
    spelled = {"/%E6%B7%B1.png": "/深.png"}
    body = BODIES.get(spelled.get(request.target, request.target))
    return Reply(404) if body is None else Reply(body=body)


# -- what an author writes --------------------------------------------------------------------------------

urls = st.sampled_from(URLS)
lines = st.one_of(
    st.sampled_from(["Text.", "", "`![code](http://pics.example/a.png)`", "深 — text\r", "![](local.png)"]),
    urls.map(lambda url: f"![a picture]({url})"),
    urls.map(lambda url: f'![titled](<{url}> "title")'),
    urls.map(lambda url: f'<img alt="" src="{url.replace("&", "&amp;")}">'),
    st.tuples(urls, urls).map(lambda two: f"Two ![one]({two[0]}) in ![two]({two[1]}) a line"),
    urls.map(lambda url: f"[![linked]({url})]({url})"),
)
posts = st.tuples(urls | st.none(), st.lists(lines, min_size=1, max_size=5)).map(
    lambda drawn: [
        "---",
        "title: A post",
        *([f"thumbnail: {drawn[0]}"] if drawn[0] else []),
        "---",
        "",
        *(piece for line in drawn[1] for piece in (line, "")),
    ]
)
NAMES = ("one", "two", "three", "four")
places = st.tuples(st.sampled_from(NAMES), st.booleans()).map(
    lambda drawn: f"content/posts/{drawn[0]}/index.md" if drawn[1] else f"content/posts/{drawn[0]}.md"
)
PREFIXES = (None, "/elsewhere/", "https://cdn.example.org/site")


def _hides(text: Sequence[str]) -> bool:
    """Whether a line of Markdown stands right below one that begins an HTML block."""
    return any(
        above.startswith("<img") and below.strip() and not below.startswith("<img")
        for above, below in itertools.pairwise(text)
    )


def _lines(text: str) -> frozenset[str]:
    return frozenset(text.split("\n"))


class Archive(RuleBasedStateMachine):
    """One Hugo site; files on the disk, the origin on loopback."""

    origin: Origin

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="months-")
        self.root = Path(self._folder.name) / "site"
        self.authored: dict[str, list[str]] = {}
        self.prefix: str | None = None
        self.left_alone: dict[str, frozenset[str]] = {}
        """Of posts that nobody touched since: the lines that were restored."""

    def teardown(self) -> None:
        self._folder.cleanup()

    # -- the author --

    @initialize(post=posts)
    def begin(self, post: list[str]) -> None:
        write(
            self.root,
            {"hugo.toml": "title = 'x'\n", "content/plain.md": "Nothing.\n", ".gitignore": "/public\n"},
        )
        self.add("content/posts/one.md", post)

    @rule(path=places, post=posts)
    def add(self, path: str, post: list[str]) -> None:
        if path not in self.authored:
            self.authored[path] = post
            write(self.root, {path: "\n".join(post)})

    @precondition(lambda self: self.authored)
    @rule(data=st.data(), line=lines)
    def insert_a_line(self, data: st.DataObject, line: str) -> None:
        path = self._some(data)
        at = data.draw(st.integers(self._body(path), len(self.authored[path])))
        # A blank line before it too: right below an <img> it would be HTML (CommonMark section 4.6, kind 7).
        self._edit(path, lambda text: [*text[:at], "", line, "", *text[at:]])

    @precondition(lambda self: self.authored)
    @rule(data=st.data())
    def remove_a_line(self, data: st.DataObject) -> None:
        path = self._some(data)
        if len(self.authored[path]) > self._body(path):
            at = data.draw(st.integers(self._body(path), len(self.authored[path]) - 1))
            # What comes right below an <img> is HTML from then on, as in `insert_a_line`: no reference.
            if not _hides([*self.authored[path][:at], *self.authored[path][at + 1 :]]):
                self._edit(path, lambda text: [*text[:at], *text[at + 1 :]])

    @precondition(lambda self: self.authored)
    @rule(data=st.data())
    def repeat_a_line(self, data: st.DataObject) -> None:
        path = self._some(data)
        if len(self.authored[path]) > self._body(path):
            at = data.draw(st.integers(self._body(path), len(self.authored[path]) - 1))
            self._edit(path, lambda text: [*text, "", text[at]])

    @precondition(lambda self: self.authored)
    @rule(data=st.data(), new=places)
    def rename(self, data: st.DataObject, new: str) -> None:
        """A post gets another name; of a bundle the whole folder moves."""
        old = self._some(data)
        if new in self.authored or old.endswith("/index.md") != new.endswith("/index.md"):
            return
        note(f"{old} -> {new}")
        if old.endswith("/index.md"):
            target = (self.root / new).parent
            shutil.rmtree(target, ignore_errors=True)
            (self.root / old).parent.rename(target)
        else:
            (self.root / old).rename(self.root / new)
        self.authored[new] = self.authored.pop(old)
        self.left_alone.pop(old, None)

    @precondition(lambda self: self.authored)
    @rule(data=st.data(), new=places)
    def copy(self, data: st.DataObject, new: str) -> None:
        """A post begins as a copy of another, as it is now; of a bundle the whole folder is copied."""
        old = self._some(data)
        if new in self.authored or old.endswith("/index.md") != new.endswith("/index.md"):
            return
        note(f"{old} => {new}")
        if old.endswith("/index.md"):
            target = (self.root / new).parent
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree((self.root / old).parent, target)
        else:
            shutil.copyfile(self.root / old, self.root / new)
        self.authored[new] = self.authored[old]

    @precondition(lambda self: len(self.authored) > 1)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        path = self._some(data)
        if path.endswith("/index.md"):
            shutil.rmtree((self.root / path).parent)
        else:
            (self.root / path).unlink()
        del self.authored[path]
        self.left_alone.pop(path, None)

    @rule(prefix=st.sampled_from(PREFIXES))
    def change_the_prefix(self, prefix: str | None) -> None:
        self.prefix = prefix

    @rule(data=st.data())
    def lose_an_asset(self, data: st.DataObject) -> None:
        files = self._assets()
        if files:
            (self.root / data.draw(st.sampled_from(files))).unlink()

    # -- holdfast --

    @rule()
    def archive(self) -> None:
        self._archived()
        after = self._documents()
        for path, restored in self.left_alone.items():
            assert restored <= _lines(after[path]), f"{path} was restored, and did not stay so"
        self._check_done()

    @precondition(lambda self: self.authored)
    @rule()
    def archive_every_post_by_name(self) -> None:
        self._archived("content")
        self.left_alone.clear()
        for path, text in self._documents().items():
            for line in text.split("\n"):
                shown = line if not line.startswith("`") else ""
                for url in URLS[:-1]:
                    assert url not in shown.replace("&amp;", "&"), f"{path} still shows {url}"
        self._check_done()

    @precondition(lambda self: self.authored)
    @rule(data=st.data())
    def archive_one(self, data: st.DataObject) -> None:
        path = self._some(data)
        before = self._documents()
        self._archived(path)
        self._others_unchanged(before, {path})
        self.left_alone.pop(path, None)

    @rule()
    def restore(self) -> None:
        before = self._documents()
        self._restored()
        after = self._documents()
        assert after == self._expected()
        for path, text in after.items():
            # What was never archived is no part of this: the next run may well store it.
            restored = {line for line in _lines(text) - _lines(before[path]) if GONE not in line}
            self.left_alone[path] = self.left_alone.get(path, frozenset()) | restored

    @precondition(lambda self: self.authored)
    @rule(data=st.data())
    def restore_one(self, data: st.DataObject) -> None:
        path = self._some(data)
        before = self._documents()
        self._restored(path)
        self._others_unchanged(before, {path})
        assert self._documents()[path] == self._expected()[path]

    @rule(mine=places, theirs=places, post=posts, other=posts, restoring=st.booleans())
    def merge_two_branches(
        self, mine: str, theirs: str, post: list[str], other: list[str], restoring: bool
    ) -> None:
        """Here a post is added and all is archived; on another branch too, or all was restored there."""
        if {mine, theirs} & set(self.authored) or mine.split("/")[2] == theirs.split("/")[2]:
            return
        manifest = self.root / "archive" / "manifest.jsonl"
        base = _read(manifest)
        origin_documents = self._documents()
        with self._branch() as branch:
            branch.add(theirs, other)
            if restoring:
                branch._restored()
            else:
                branch._archived()
            self.add(mine, post)
            self._archived(mine)
            here, there = self._documents(), branch._documents()
            # Git's own work: a document that only one branch changed is that branch's.
            for path, text in there.items():
                if text != origin_documents.get(path) and here.get(path) == origin_documents.get(path):
                    write(self.root, {path: text})
            for path in branch._assets():
                if not (self.root / path).exists():
                    write(self.root, {path: (branch.root / path).read_bytes()})
            self._merge(manifest, base, branch.root / "archive" / "manifest.jsonl")
            self.authored[theirs] = other
        self.left_alone.clear()

    def _merge(self, manifest: Path, base: bytes, theirs: Path) -> None:
        """As ``merge=union`` in .gitattributes has it, by git itself."""
        with tempfile.TemporaryDirectory() as folder:
            names = ("ours", "base", "theirs")
            texts = (_read(manifest), base, _read(theirs))
            for name, text in zip(names, texts, strict=True):
                (Path(folder) / name).write_bytes(text)
            command = ["git", "merge-file", "--union", "-p", *names]
            merged = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
        write(self.root, {"archive/manifest.jsonl": merged})

    # -- what must be true after every step --

    @invariant()
    def restoring_gives_the_authors_bytes(self) -> None:
        with self._branch() as branch:
            branch._restored()
            assert branch._documents() == self._expected()

    @invariant()
    def what_is_shown_from_here_is_there(self) -> None:
        """Every reference that holdfast wrote leads to a file of ours, or to one that was lost since."""
        with self._branch() as branch:
            faults = pipeline.verify(flags={"root": str(branch.root)}, disk=FaultyDisk()).faults
        assert {fault.kind for fault in faults} <= {"missing", "orphaned"}, faults

    # -- means --

    def _check_done(self) -> None:
        """After a whole run: nothing is missing, every local reference resolves, another run does nothing."""
        result = pipeline.verify(flags=self._settings(), disk=FaultyDisk())
        # By its path: a copy beside a post has the name of a shared one that nothing shows any more.
        missing = {self.root / fault.path for fault in result.faults if fault.kind == "missing"}
        held = {each.path for each in pipeline.listing(self._settings()).assets}
        for path, text in self._documents().items():
            for name in re.findall(r"[\w./%-]*-[0-9a-f]{16}\.\w+", text):
                file = self._file_of(path, name)
                assert file not in missing, f"{path} shows {name}, which verify misses"
                assert file.is_file(), f"{path} shows {name}, which is not there"
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                assert digest[:16] in name
                assert file.relative_to(self.root).as_posix() in held
        before, asked = self._state(), len(self.origin.requests)
        again = self._archived()
        assert (again.rewritten, again.stored) == (0, 0)
        assert self._state() == before
        assert self.origin.paths()[asked:] == []

    def _file_of(self, path: str, name: str) -> Path:
        if "/" not in name:
            return (self.root / path).parent / name
        return self.root / "static" / "archive" / "/".join(name.split("/")[-2:])

    def _settings(self) -> dict[str, Any]:
        known: dict[str, Any] = {"root": str(self.root)}
        return known | ({"url_prefix": self.prefix} if self.prefix else {})

    def _archived(self, *paths: str) -> Any:
        network = {"connect_to": (self.origin.connect_to(),), "host_interval": 0.0, "retries": 0}
        named = [str(self.root / path) for path in paths]
        result = pipeline.archive(named, {**self._settings(), **network}, disk=FaultyDisk())
        assert not result.notices, result.notices
        assert {(problem.url, problem.reason) for problem in result.failed} <= {(GONE, "http-404")}
        return result

    def _restored(self, *paths: str) -> None:
        named = [str(self.root / path) for path in paths]
        result = pipeline.restore(named, self._settings(), disk=FaultyDisk())
        assert not result.notices, result.notices
        assert not result.left, result.left

    @contextmanager
    def _branch(self) -> Iterator[Archive]:
        """The same site in another folder; what happens there does not happen here."""
        branch = Archive()
        try:
            shutil.copytree(self.root, branch.root)
            branch.authored = dict(self.authored)
            branch.prefix = self.prefix
            yield branch
        finally:
            branch.teardown()

    def _some(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.authored)))

    def _body(self, path: str) -> int:
        """The first line after the front matter."""
        return self.authored[path].index("---", 1) + 2

    def _edit(self, path: str, change: Callable[[list[str]], list[str]]) -> None:
        """The author edits what is there."""
        now = (self.root / path).read_bytes().decode().split("\n")
        assert len(now) == len(self.authored[path])
        self.authored[path] = change(self.authored[path])
        write(self.root, {path: "\n".join(change(now))})
        self.left_alone.pop(path, None)

    def _documents(self) -> dict[str, str]:
        return {path: (self.root / path).read_bytes().decode() for path in sorted(self.authored)}

    def _expected(self) -> dict[str, str]:
        return {path: "\n".join(text) for path, text in sorted(self.authored.items())}

    def _others_unchanged(self, before: dict[str, str], but: Iterable[str]) -> None:
        after = self._documents()
        assert {path for path in before if after[path] != before[path]} <= set(but)
        assert (self.root / "content/plain.md").read_bytes() == b"Nothing.\n"

    def _assets(self) -> list[str]:
        found = [*(self.root / "static").rglob("*"), *(self.root / "content").rglob("*-*.*")]
        return sorted(file.relative_to(self.root).as_posix() for file in found if file.is_file())

    def _state(self) -> dict[str, tuple[str, int]]:
        return {
            path: (digest, (self.root / path).stat().st_mtime_ns)
            for path, digest in tree(self.root).items()
            if not path.startswith("archive/.lock")
        }


def _read(manifest: Path) -> bytes:
    return manifest.read_bytes() if manifest.exists() else b'{"holdfast":1}\n'


@pytest.fixture(scope="module", autouse=True)
def origin() -> Iterator[Origin]:
    with Origin(answer) as server:
        Archive.origin = server
        yield server


PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
"""Without telling which lines only failing examples run: that takes minutes."""
BOUNDS = settings(
    deadline=None, suppress_health_check=list(HealthCheck), stateful_step_count=12, phases=PHASES
)


def test_a_few_months() -> None:
    run_machine(Archive, settings=settings(BOUNDS, max_examples=25, derandomize=True))


@pytest.mark.slow
def test_many_years(request: pytest.FixtureRequest) -> None:
    """The same years each time, so that what fails is what was changed; others with ``--hypothesis-seed``."""
    same = request.config.getoption("--hypothesis-seed") is None
    years = settings(BOUNDS, max_examples=20, stateful_step_count=30, derandomize=same)
    run_machine(Archive, settings=years)


# -- days that the machine found --------------------------------------------------------------------------

SHOWS_A = ["---", "title: A post", "---", "", f"![a]({URLS[0]})", ""]
BUNDLE, SINGLE = "content/posts/one/index.md", "content/posts/two.md"


@pytest.fixture
def site() -> Iterator[Archive]:
    """A bundle and a single post with the same picture, archived: two copies of one file."""
    machine = Archive()
    write(machine.root, {"hugo.toml": ""})
    machine.add(BUNDLE, SHOWS_A)
    machine.add(SINGLE, SHOWS_A)
    machine._archived()
    assert len(machine._assets()) == 2
    yield machine
    machine.teardown()


def _verify(site: Archive, **modes: bool) -> Any:
    return pipeline.verify(site._settings(), disk=FaultyDisk(), **modes)


def test_the_copy_beside_a_renamed_post_is_known_in_its_new_place(site: Archive) -> None:
    (site.root / SINGLE).unlink()
    shutil.rmtree(site.root / "static")
    (site.root / "content/posts/one").rename(site.root / "content/posts/other")
    del site.authored[SINGLE]
    site.authored["content/posts/other/index.md"] = site.authored.pop(BUNDLE)
    assert {fault.kind for fault in _verify(site).faults} == {"missing"}
    asked = len(site.origin.requests)
    site._archived()
    assert site.origin.paths()[asked:] == [], "it is there, in another folder"
    mark = hashlib.sha256(BODIES["/a.png"]).hexdigest()[:16]
    beside, shared = f"content/posts/other/a-{mark}.png", f"static/archive/pics.example/a-{mark}.png"
    assert site._assets() == [beside, shared], "and what was lost is copied from there"
    assert set(site._assets()) <= {each.path for each in pipeline.listing(site._settings()).assets}
    assert _verify(site, prune=True).faults == []
    assert sorted(each.path for each in pipeline.listing(site._settings()).assets) == site._assets()


def test_the_copy_of_a_removed_post_is_no_loss(site: Archive) -> None:
    shutil.rmtree((site.root / BUNDLE).parent)
    result = _verify(site, prune=True)
    assert (result.faults, [note.kind for note in result.notes]) == ([], ["unused"])
    assert sorted(each.path for each in pipeline.listing(site._settings()).assets) == site._assets()


def test_a_lost_file_is_copied_from_its_twin(site: Archive) -> None:
    (site.root / SINGLE).unlink()
    files = site._assets()
    for file in (site.root / "static").rglob("*.png"):
        file.unlink()
    assert [fault.kind for fault in _verify(site).faults] == ["missing"]
    asked = len(site.origin.requests)
    del site.authored[SINGLE]
    site._archived()
    assert site.origin.paths()[asked:] == []
    assert site._assets() == files
    assert _verify(site).faults == []


def test_a_lost_file_that_nothing_shows_is_no_fault(site: Archive) -> None:
    shutil.rmtree(site.root / "content")
    shutil.rmtree(site.root / "static")
    write(site.root, {"content/plain.md": "Nothing.\n"})
    result = _verify(site, prune=True)
    assert (result.faults, {note.kind for note in result.notes}) == ([], {"unused"})
    assert _verify(site).notes == []


def test_a_lost_copy_that_nothing_leads_to_any_more_is_no_fault(site: Archive) -> None:
    """Its twin's name is shown, but from the shared folder."""
    for file in (site.root / BUNDLE).parent.glob("*.png"):
        file.unlink()
    assert [fault.kind for fault in _verify(site).faults] == ["missing"]
    site.prefix = "/elsewhere/"
    site._archived()
    assert _verify(site).faults == []
    site._check_done()


def test_a_renamed_post_follows_the_prefix_in_the_same_run(site: Archive) -> None:
    (site.root / SINGLE).rename(site.root / "content/posts/three.md")
    site.authored["content/posts/three.md"] = site.authored.pop(SINGLE)
    site.prefix = "https://cdn.example.org/site"
    assert site._archived("content/posts/three.md").rewritten == 1
    assert "https://cdn.example.org/site/pics.example/a-" in site._documents()["content/posts/three.md"]
    site._archived()
    site._check_done()


def test_a_copied_post_that_shows_an_earlier_prefix_is_restored(site: Archive) -> None:
    spelled = f'<img alt="" src="{URLS[2].replace("&", "&amp;")}">'
    both = ["---", "title: A post", "---", "", f"![c]({URLS[2]})", spelled, f"![a]({URLS[0]})"]
    for path in ("content/posts/three.md", "content/posts/four.md"):
        site.add(path, both)
    site.prefix = "https://cdn.example.org/site"
    site._archived()
    shutil.copyfile(site.root / "content/posts/three.md", site.root / "content/posts/copy.md")
    site.authored["content/posts/copy.md"] = both
    site.prefix = None
    with site._branch() as branch:
        branch._restored()
        assert branch._documents() == branch._expected()
    site._archived()
    assert "cdn.example.org" not in "".join(site._documents().values())


def test_a_post_copied_before_its_prefix_went_is_restored(site: Archive) -> None:
    """Of the URL that the copy shows, only the edit that another took the place of tells whose it is."""
    site.prefix = "https://cdn.example.org/site"
    site._archived(SINGLE)
    shown = site._documents()[SINGLE]
    assert "cdn.example.org" in shown
    write(site.root, {"content/posts/three.md": shown})
    site.authored["content/posts/three.md"] = SHOWS_A
    for _ in range(2):
        site.prefix = None
        site._archived(SINGLE)
        assert "cdn.example.org" not in site._documents()[SINGLE]
        site.restoring_gives_the_authors_bytes()
        site.prefix = "https://cdn.example.org/site"
        site._archived(SINGLE)
    site.archive()
    site._restored()
    assert site._documents() == site._expected()
    restored = site._documents()
    site.archive()
    assert site._documents() == restored


IN_MARKDOWN = f"![c]({URLS[2]})"
IN_HTML = f'<img alt="" src="{URLS[2].replace("&", "&amp;")}">'


@pytest.mark.parametrize(
    "left",
    [
        [IN_HTML],
        [IN_MARKDOWN],
        [IN_HTML, "", IN_HTML],
        [IN_MARKDOWN, "", IN_MARKDOWN],
        [IN_HTML, "", IN_MARKDOWN],
    ],
    ids=["the HTML", "the Markdown", "the HTML twice", "the Markdown twice", "both, the other way round"],
)
def test_what_markdown_and_html_spell_differently_is_told_apart_by_its_place(
    site: Archive, left: list[str]
) -> None:
    """One picture, two spellings of its URL: after lines went and came, their order says nothing."""
    path, head = "content/posts/three.md", ["---", "title: A post", "---", ""]
    site.add(path, [*head, IN_MARKDOWN, "", IN_HTML, ""])
    site._archived()
    shown = site._documents()[path].split("\n")
    new = {IN_MARKDOWN: shown[4], IN_HTML: shown[6]}
    (site.root / path).write_text("\n".join([*head, *(new.get(line, line) for line in left), ""]))
    site.authored[path] = [*head, *left, ""]
    site._restored()
    assert site._documents() == site._expected()


def test_a_lost_file_is_made_again_from_what_the_same_run_fetches(site: Archive) -> None:
    """Else the next run would find the bytes beside the new post, and have something to do."""
    shutil.rmtree(site.root / "static")
    shutil.rmtree((site.root / BUNDLE).parent)
    (site.root / SINGLE).unlink()
    site.authored.clear()
    site.add("content/posts/new/index.md", SHOWS_A)
    asked = len(site.origin.requests)
    site._archived()
    assert site.origin.paths()[asked:] == ["/a.png"]
    mark = hashlib.sha256(BODIES["/a.png"]).hexdigest()[:16]
    files = [f"content/posts/new/a-{mark}.png", f"static/archive/pics.example/a-{mark}.png"]
    assert site._assets() == files
    site._archived()
    assert site._assets() == files
    assert _verify(site).faults == []

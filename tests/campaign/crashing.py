"""Small runs to be cut off at any operation of the disk, and what must be true afterwards.

A `Work` is what a run is to do in a site that is prepared once. Done without trouble it gives the tree that
every troubled run must reach in the end. What is true in between is read from the files themselves.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import pictures
from tests.commands import tree, write
from tests.faulty_disk import FaultyDisk, Step
from tests.servers import Origin, Reply

from holdfast import pipeline
from holdfast.manifest import Manifest

HOST = "http://pics.example"
PICTURES = {
    "/a.png": pictures.png(seed=1),
    "/b": pictures.jpeg(seed=2),
    "/new.gif": pictures.gif(seed=3),
    # More than waits in memory: it comes through a file.
    "/large.png": pictures.png(500, 400, seed=4, compress_level=0),
}
A, B, NEW, LARGE = (HOST + path for path in PICTURES)
GONE = HOST + "/gone.png"

SITE = {
    "hugo.toml": "title = 'x'\n",
    "content/posts/one.md": f"---\ntitle: One\nthumbnail: {A}\n---\n\n![b]({B})\r\n\n![gone]({GONE})\n",
    "content/posts/two/index.md": f'\ufeff+++\nimages = ["{LARGE}"]\n+++\n![a]({A})\n<img src="{B}">',
    "content/about.md": "Not a picture here.\n",
}


def serve() -> Origin:
    """The origin of these pictures."""
    assert len(PICTURES["/large.png"]) > 512 * 1024
    return Origin({path: Reply(body=body) for path, body in PICTURES.items()})


@dataclass(frozen=True)
class Work:
    """What one run is to do."""

    verb: str
    prepare: Callable[[Path, Origin], None]
    flags: Mapping[str, Any] = field(default_factory=dict)
    modes: Mapping[str, Any] = field(default_factory=dict)
    authored: Mapping[str, bytes] = field(default_factory=dict)
    """The documents as restoring them must leave them."""

    def settings(self, root: Path, origin: Origin) -> dict[str, Any]:
        known: dict[str, Any] = {"root": str(root), **self.flags}
        if self.verb == "archive":
            # One after the other, so that two runs do the same in the same order.
            one = {"concurrency": 1, "host_concurrency": 1, "host_interval": 0.0, "retries": 0}
            known |= {"connect_to": (origin.connect_to(),), **one}
        return known

    def run(self, root: Path, origin: Origin, disk: FaultyDisk) -> Any:
        do: Callable[..., Any] = getattr(pipeline, self.verb)
        return do(flags=self.settings(root, origin), disk=disk, **self.modes)


ORIGINALS = {path: text.encode() for path, text in SITE.items() if path.endswith(".md")}
ONE = "content/posts/one.md"


def _later(one: bytes) -> bytes:
    """A post after its author went on with it."""
    return one.replace(b"title: One", b"title: 1") + f"\n![new]({NEW})\n".encode()


def _fresh(root: Path, origin: Origin) -> None:
    write(root, SITE)


def _archived(root: Path, origin: Origin) -> None:
    write(root, SITE)
    WORKS["first"].run(root, origin, FaultyDisk())


ADDED = {"content/posts/three/index.md": f"![]({NEW})\n![]({LARGE})\n".encode()}


def _moved_on(root: Path, origin: Origin) -> None:
    """Archived, then a post was changed and one was added."""
    _archived(root, origin)
    write(root, {ONE: _later((root / ONE).read_bytes()), **ADDED})


def _left_over(root: Path, origin: Origin) -> None:
    """Archived, then a post was removed, and somebody put a file among the assets."""
    _archived(root, origin)
    shutil.rmtree(root / "content/posts/two")
    write(root, {"static/archive/pics.example/stray-0123456789abcdef.png": b"stray"})


WORKS: Mapping[str, Work] = {
    "first": Work("archive", _fresh, authored=ORIGINALS),
    "again": Work(
        "archive",
        _moved_on,
        {"url_prefix": "https://cdn.example.org/a"},
        authored={**ORIGINALS, **ADDED, ONE: _later(ORIGINALS[ONE])},
    ),
    "restore": Work("restore", _archived),
    "prune": Work("verify", _left_over, modes={"prune": True}),
}


class Stage:
    """One work's site, prepared, and what it is once the work is done; copies of it to be harmed."""

    def __init__(self, work: Work, folder: Path, origin: Origin) -> None:
        self.work = work
        self.origin = origin
        self._folder = folder
        self._number = 0
        self.prepared = folder / "prepared" / "site"
        work.prepare(self.prepared, origin)
        self.before = _files(self.prepared)
        done, disk = self.copy(), FaultyDisk()
        work.run(done, origin, disk)
        self.after = _files(done)
        self.steps = disk.steps
        assert self.before != self.after

    def copy(self) -> Path:
        self._number += 1
        # The folder above is of one name in every copy: it is synced too, and so it names a step.
        root = self._folder / str(self._number) / "web" / "site"
        shutil.copytree(self.prepared, root)
        return root

    def settings(self, root: Path) -> dict[str, Any]:
        return self.work.settings(root, self.origin)

    # -- what must be true --

    def check_cut_off(self, root: Path, *, killed: bool) -> None:
        """After the run was cut off: all that was there is old or new, and what is new is whole."""
        now = _files(root)
        for path, data in now.items():
            if path.startswith(("archive/.staging/", "archive/.lock")):
                continue
            if path.endswith(".holdfast-tmp"):
                assert killed, f"{path} was left behind by a run that could tidy up"
                continue
            if path == "archive/manifest.jsonl":
                continue
            known = {self.before.get(path), self.after.get(path)}
            # The folder's own files are written one after the other.
            assert data in known, f"{path} is neither old nor new"
        for path in self.before.keys() & self.after.keys():
            assert path in now, f"{path} is gone"
        manifest, _ = Manifest.load(root / "archive" / "manifest.jsonl")
        for path in (name for name in now if name.endswith(".md")):
            if now[path] != self.before[path]:
                written = {edit.raw for edit in manifest.edits_of(path)}
                assert written, f"{path} was rewritten and nothing tells what it was"
            _check_references(root, path, now[path])

    def finish(self, root: Path) -> None:
        """The next run completes the work, without asking again for what had come; another does nothing."""
        come = _staged(root)
        before = len(self.origin.requests)
        self.work.run(root, self.origin, FaultyDisk())
        asked = set(self.origin.paths()[before:])
        assert not asked & {url.removeprefix(HOST) for url in come}, "what had come was fetched again"
        assert len(self.origin.paths()[before:]) == len(asked), "one URL was fetched twice"
        now = _files(root)
        assert now.keys() == self.after.keys()
        for path, data in now.items():
            if path == "archive/manifest.jsonl":
                self._check_manifest(data)
            elif not path.startswith("archive/.lock"):
                assert data == self.after[path], path
        state, before = _state(root), len(self.origin.requests)
        self.work.run(root, self.origin, FaultyDisk())
        assert _state(root) == state, "a second run changed something"
        assert self.origin.paths()[before:] == []

        if self.work.verb == "archive":
            pipeline.restore(flags={"root": str(root)}, disk=FaultyDisk())
            for path, data in self.work.authored.items():
                assert (root / path).read_bytes() == data, f"{path} is not what its author wrote"

    def _check_manifest(self, data: bytes) -> None:
        """It says what it says without trouble. An edit too many may stand in it, of a rewritten document:
        which of the earlier ones count no more was forgotten with the run, and restoring must not mind."""
        now, expected = (
            _timeless(data).splitlines(),
            _timeless(self.after["archive/manifest.jsonl"]).splitlines(),
        )
        assert set(expected) <= set(now)
        assert len(set(now)) == len(now)
        assert all(line.startswith(b'{"type":"edit"') for line in set(now) - set(expected)), now

    def remove(self, root: Path) -> None:
        shutil.rmtree(root.parents[1])


def _files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _state(root: Path) -> dict[str, tuple[str, int]]:
    return {
        path: (digest, (root / path).stat().st_mtime_ns)
        for path, digest in tree(root).items()
        if not path.startswith("archive/.lock")
    }


_LOCAL = re.compile(rb"(?:/archive/|https://cdn\.example\.org/a/)[\w./-]+|[\w.-]+-[0-9a-f]{16}\.\w+")


def _check_references(root: Path, path: str, data: bytes) -> None:
    """Every local reference of a document leads to a file that holds the bytes that its name tells of."""
    for found in _LOCAL.findall(data):
        name = found.decode()
        if name.startswith(("/archive/", "https://")):
            target = root / "static/archive" / name.split("/archive/" if name[0] == "/" else "/a/")[1]
        else:
            target = (root / path).parent / name
        assert target.is_file(), f"{path} refers to {name}, which is not there"
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        assert digest[:16] == name[-20:].rpartition(".")[0][-16:], target


def _staged(root: Path) -> set[str]:
    """The URLs whose bytes wait whole in the staging folder, read without holdfast's own code."""
    folder = root / "archive" / ".staging"
    found = set()
    journal = folder / "journal.jsonl"
    for line in journal.read_bytes().splitlines() if journal.exists() else ():
        try:
            note = json.loads(line)
        except ValueError:
            continue
        file = folder / note["sha256"]
        if file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == note["sha256"]:
            found.add(note["url"])
    return found


_TIMES = re.compile(rb'"(fetched|first|last|restored)":"[^"]*"')


def _timeless(manifest: bytes) -> bytes:
    return _TIMES.sub(b"", manifest)


def spread(steps: list[Step], worker: int, workers: int) -> list[Step]:
    """One share of the steps; together all of them."""
    return steps[worker::workers]

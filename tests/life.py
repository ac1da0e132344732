"""A site in a folder, a web of pictures on loopback, and the real command between them.

Everything a test of an archive's daily life says is in terms of documents, URLs and what was asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.commands import Ran, environment, holdfast, tree, write
from tests.servers import Origin, Reply, Route

HOST = "http://pics.example"


def picture(body: bytes, media: str = "", **headers: str) -> Reply:
    """A reply that brings a file, with its media type where it is given."""
    typed = {"Content-Type": media} if media else {}
    return Reply(body=body, headers={**typed, **headers})


def post(*urls: str, title: str = "A post") -> str:
    """A post that shows these URLs, one a line."""
    images = "\n\n".join(f"![picture {number}]({url})" for number, url in enumerate(urls))
    return f"---\ntitle: {title}\n---\n\nText before.\n\n{images}\n\nText after.\n"


class Life:
    """One site's days: what it consists of, and the commands that are run in it."""

    def __init__(self, root: Path, origin: Origin, files: Mapping[str, str | bytes]) -> None:
        self.root = root
        self.origin = origin
        root.mkdir(parents=True, exist_ok=True)
        write(root, files)
        self.before = tree(root)
        """Every file's SHA-256 before anything was run."""

    @property
    def network(self) -> tuple[str, ...]:
        """Every name leads to the origin; nobody waits."""
        options = ("--connect-to", self.origin.connect_to(), "--host-interval", "0", "--retries", "0")
        return (*options, "--ca-file", str(self.origin.ca_pem)) if self.origin.authority else options

    def archive(self, *arguments: str, code: int = 0) -> Ran:
        return self.run("archive", *arguments, *self.network, code=code)

    def archived(self, *arguments: str, code: int = 0) -> Any:
        """Archive; the report as JSON."""
        return self.archive("--format", "json", *arguments, code=code).json()

    def restore(self, *arguments: str, code: int = 0) -> Ran:
        return self.run("restore", *arguments, code=code)

    def verify(self, *arguments: str, code: int = 0) -> Any:
        """Verify; the report as JSON."""
        network = self.network if "--remote" in arguments else ()
        return self.run("verify", "--format", "json", *arguments, *network, code=code).json()

    def run(self, *arguments: str, code: int = 0) -> Ran:
        done = holdfast(*arguments, cwd=self.root)
        assert done.code == code, done
        return done

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Within it nothing is asked of any server."""
        before = len(self.origin.requests)
        yield
        assert self.origin.paths()[before:] == []

    def asked(self, command: Callable[[], object]) -> list[str]:
        """The paths that a command asks for, sorted."""
        before = len(self.origin.requests)
        command()
        return sorted(self.origin.paths()[before:])

    # -- what is on the disk --------------------------------------------------------------------------------

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def write(self, path: str, text: str | bytes) -> None:
        write(self.root, {path: text})

    def edit(self, path: str, old: str, new: str) -> None:
        """A person edits a document; what is replaced must be there."""
        text = self.read(path)
        assert old in text, text
        self.write(path, text.replace(old, new))

    @property
    def manifest(self) -> Path:
        return self.root / "archive" / "manifest.jsonl"

    def records(self, kind: str) -> list[Any]:
        lines = self.manifest.read_text(encoding="utf-8").splitlines()[1:]
        return [record for record in map(json.loads, lines) if record["type"] == kind]

    def asset(self, url: str) -> Any:
        """The latest record of a URL."""
        found = [record for record in self.records("asset") if record["url"] == url]
        return max(found, key=lambda record: (record.get("turn", 0), record["fetched"], record["sha256"]))

    def stored(self, folder: str = "archive/assets") -> dict[str, str]:
        """The assets' files below a folder: path below the root -> SHA-256."""
        return {f"{folder}/{name}": digest for name, digest in tree(self.root / folder).items()}

    def documents(self) -> dict[str, str]:
        """The files that were there before anything was run, as they are now."""
        now = tree(self.root)
        return {path: now[path] for path in self.before if path in now}

    def state(self) -> dict[str, tuple[str, int]]:
        """Every file, its bytes and its modification time: what a run that does nothing leaves."""
        return {
            path: (digest, (self.root / path).stat().st_mtime_ns) for path, digest in tree(self.root).items()
        }


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def routes(pictures: Mapping[str, bytes]) -> dict[str, Route]:
    """Paths that serve these bytes, without a media type: the bytes themselves must do."""
    return {path: Reply(body=body) for path, body in pictures.items()}


class Running:
    """A command in a process of its own, while it is on."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "holdfast", *arguments],
            cwd=cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self, timeout: float = 30) -> Ran:
        out, err = self.process.communicate(timeout=timeout)
        return Ran(self.process.returncode, out.decode(), err.decode())


def until(condition: Callable[[], bool], timeout: float = 20) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)


def touch(path: Path, seconds: int) -> None:
    """Give a file a modification time of long ago."""
    os.utime(path, (seconds, seconds))

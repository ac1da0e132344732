"""Runs the real command on a small site, measures it, and looks at everything it left behind.

Knows nothing of what goes wrong: a row of the campaign says that. The invariants (`Site.check`) are read from
the files themselves, with no code of holdfast's own.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import pictures
from tests.commands import environment, tree, write
from tests.servers import Origin

MIB = 1024 * 1024
MEMORY = 192 * MIB
"""What a run on a small site may take at its peak; without any trouble it takes about 80 MiB."""
SECONDS = 20.0
"""What a run on a small site may take; tests share two cores."""

GOOD = pictures.png(seed=4)
"""The picture beside the trouble: it must be archived in every run."""
GOOD_PATH = "/good.png"

_LAUNCHER = """
import json, os, resource, sys
report, limits, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
child = os.fork()
if child == 0:
    os.close(report)
    for which, most in limits.items():
        resource.setrlimit(int(which), (most, most))
    try:
        os.execv(command[0], command)
    finally:
        os._exit(127)
_, status, usage = os.wait4(child, 0)
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
cpu = usage.ru_utime + usage.ru_stime
os.write(report, json.dumps([os.waitstatus_to_exitcode(status), peak, cpu]).encode())
"""
"""Stands between pytest and the command. A process begins with the peak of the one that it was forked from
(Linux keeps that over exec), so the measured one must not be forked from pytest."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one command did, and what it cost."""

    code: int
    """Negative: the signal that ended it."""
    stdout: str
    stderr: str
    seconds: float
    peak: int
    """Bytes of memory at the most (resident set)."""
    cpu: float
    """Seconds, user and system."""

    def json(self) -> Any:
        return json.loads(self.stdout)

    def __str__(self) -> str:
        cost = f"{self.seconds:.2f} s, {self.cpu:.2f} s of CPU, {self.peak / MIB:.0f} MiB"
        return f"exit code {self.code}, {cost}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}"


def measure(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    limits: Mapping[int, int] | None = None,
    timeout: float = 60,
    command: Sequence[str] = (sys.executable, "-m", "holdfast"),
) -> Measured:
    """Run holdfast in ``cwd`` to its end and measure it.

    Args:
        limits: of the child's resources, such as ``{resource.RLIMIT_NOFILE: 64}``.
        timeout: seconds after which the test fails, with everything that was started killed.
    """
    launch = (sys.executable, "-I", "-S", "-c", _LAUNCHER)
    reading, writing = os.pipe()
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        launcher = subprocess.Popen(
            [*launch, str(writing), json.dumps(limits or {}), *command, *map(str, arguments)],
            cwd=cwd,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=(writing,),
            start_new_session=True,
        )
        os.close(writing)
        try:
            launcher.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(launcher.pid, signal.SIGKILL)
            launcher.wait()
            raise
        finally:
            with os.fdopen(reading, "rb") as report:
                said = report.read()
            out.seek(0)
            err.seek(0)
            texts = [stream.read().decode("utf-8", "replace") for stream in (out, err)]
        seconds = time.monotonic() - started
        assert said, f"the launcher did not report: {texts}"
        code, peak, cpu = json.loads(said)
        return Measured(code, *texts, seconds, peak, cpu)


# -- a site, and what must be true of it after every run ---------------------------------------------------


class Site:
    """A plain site in a folder, and the origin that its pictures come from.

    The network leads every name to ``origin`` unless ``network`` says something else.
    """

    def __init__(
        self,
        root: Path,
        origin: Origin,
        files: Mapping[str, str | bytes],
        *,
        network: Sequence[str] | None = None,
        assets: str = "archive/assets",
        archive: str = "archive",
    ) -> None:
        self.root = root
        self.origin = origin
        self.assets = assets
        self.archive_folder = archive
        root.mkdir(parents=True, exist_ok=True)
        write(root, files)
        self.before = {path: (root / path).read_bytes() for path in files}
        """The documents as their author wrote them."""
        self._network = network

    @property
    def network(self) -> tuple[str, ...]:
        if self._network is not None:
            return tuple(self._network)
        led = ("--connect-to", self.origin.connect_to(), "--host-interval", "0", "--retries", "0")
        return (*led, "--ca-file", str(self.origin.ca_pem)) if self.origin.authority else led

    def archive(
        self, *arguments: str, memory: int = MEMORY, seconds: float = SECONDS, **how: Any
    ) -> Measured:
        """``holdfast archive --format json`` with this site's network, which stays within its bounds."""
        done = measure("archive", "--format", "json", *arguments, *self.network, cwd=self.root, **how)
        assert "Traceback" not in done.stderr, done
        check_cost(done, memory=memory, seconds=seconds)
        return done

    # -- what is on the disk --

    @property
    def manifest(self) -> Path:
        return self.root / self.archive_folder / "manifest.jsonl"

    def records(self, kind: str) -> list[Any]:
        """The manifest's records of one kind; every line must be whole."""
        first, *lines = self.manifest.read_bytes().decode("utf-8").splitlines()
        assert json.loads(first) == {"holdfast": 1}
        return [record for record in map(json.loads, lines) if record["type"] == kind]

    def asset(self, url: str) -> Any:
        """The latest record of a URL."""
        found = [record for record in self.records("asset") if record["url"] == url]
        assert found, f"nothing is held of {url}"
        return max(found, key=lambda record: (record.get("turn", 0), record["fetched"], record["sha256"]))

    def body(self, url: str) -> bytes:
        """What is held of a URL."""
        return (self.root / self.assets / self.asset(url)["path"]).read_bytes()

    def text(self, path: str) -> str:
        return (self.root / path).read_bytes().decode("utf-8")

    # -- what must be true --

    def check(self) -> None:
        """The invariants after any run: nothing lost, nothing partial, every document old or wholly right."""
        self.check_assets()
        self.check_documents()
        self.check_nothing_left()

    def check_assets(self) -> None:
        """Every record's file is there with its hash, and no other file stands among them."""
        known = {f"{record['path']}": record for record in self.records("asset")}
        for path, record in known.items():
            data = (self.root / self.assets / path).read_bytes()
            assert (len(data), _sha256(data)) == (record["bytes"], record["sha256"]), path
        assert set(tree(self.root / self.assets)) <= known.keys(), "a file that no record knows"

    def check_documents(self) -> None:
        """Each document is the author's, with the recorded edits in it and nothing else changed."""
        edits: dict[str, dict[str, str]] = {}
        for edit in self.records("edit"):
            edits.setdefault(edit["path"], {})[edit["raw"]] = edit["new"]
        held: dict[str, str] = {}
        for record in sorted(
            self.records("asset"),
            key=lambda record: (record.get("turn", 0), record["fetched"], record["sha256"]),
        ):
            held[record["url"]] = record["sha256"]
        for path, old in self.before.items():
            now = (self.root / path).read_bytes()
            expected = old
            # The longest first: one URL may be the beginning of another.
            for raw, new in sorted(edits.get(path, {}).items(), key=lambda item: -len(item[0])):
                expected = expected.replace(raw.encode(), new.encode())
                target = (self.root / path).parent / new.partition("#")[0]
                assert target.is_file(), f"{path} refers to {new}, which is not there"
                if raw in held:
                    shown = _sha256(target.read_bytes())
                    assert shown == held[raw], f"{path} shows {new} where {raw} stood, which brought another"
            assert now in (old, expected), f"{path} is neither old nor wholly new"

    def check_nothing_left(self) -> None:
        """No temporary file outside the staging folder, and nothing outside the archive."""
        for path in self._files():
            below = path.relative_to(self.root).as_posix()
            assert not path.name.endswith(".holdfast-tmp"), below
            assert (
                below in self.before
                or below.startswith((f"{self.archive_folder}/", f"{self.assets}/"))
                or below.split("/")[0] == "holdfast.toml"
            ), f"{below} was not there before"

    def _files(self) -> Iterator[Path]:
        staging = self.root / self.archive_folder / ".staging"
        return (path for path in self.root.rglob("*") if path.is_file() and not path.is_relative_to(staging))


def post(*urls: str) -> str:
    """A post whose Nth URL, counted from 0, stands on line 5 + 2N at column 6."""
    return "---\ntitle: A post\n---\n" + "".join(f"\n![a]({url})\n" for url in urls)


def place(number: int, path: str = "post.md") -> dict[str, Any]:
    """Where `post` has put its URL of this number, counted from 0, as a report names it."""
    return {"path": path, "line": 5 + 2 * number, "column": 6}


def problem(report: Any, url: str) -> Any:
    """What a report says of the failure of one URL."""
    found = [each for each in report["failed"] if each["url"] == url]
    assert len(found) == 1, report["failed"]
    return found[0]


def check_cost(done: Measured, *, memory: int = MEMORY, seconds: float = SECONDS) -> None:
    """The process stayed within its bounds."""
    assert done.peak <= memory, f"{done.peak / MIB:.0f} MiB at the peak"
    assert done.seconds <= seconds, f"{done.seconds:.1f} s"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

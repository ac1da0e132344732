"""What was read of a file as a few bytes, so that what waits for the network need not be read twice.

A page of 360 URLs is packed into 6 KB; to pack and unpack it takes a good third of the time of reading it.
"""

from __future__ import annotations

import zlib

import msgspec

from .parts import Parts

_FAST = 1
"""zlib's quickest level: a seventh is left. The usual one saves a tenth of that for four times the work."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[str, Parts])


def pack(sha256: str, parts: Parts) -> bytes:
    """What was read of the file that has this SHA-256; empty where that cannot be packed: UTF-8 has no bytes
    for half a surrogate pair, which JSON and scripts can spell."""
    try:
        return zlib.compress(_ENCODER.encode((sha256, parts)), _FAST)
    except UnicodeEncodeError:
        return b""


def unpack(packed: bytes, sha256: str) -> Parts | None:
    """The same again; None where nothing was packed, and where the file was another then."""
    if not packed:
        return None
    of, parts = _DECODER.decode(zlib.decompress(packed))
    return parts if of == sha256 else None

"""Bodies that came compressed although ``identity`` was asked for: undone piece by piece, within bounds.

Reads no connection. A decoder that has not reached its end when the body has means truncation.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

PIECE = 65536
"""Most bytes that one step may unpack: a bomb is noticed before it is in memory."""

Coding: TypeAlias = Literal["gzip", "deflate", "engine"]

CODINGS: Mapping[str, Coding] = {
    "gzip": "gzip",
    "x-gzip": "gzip",
    "deflate": "deflate",
    "br": "engine",
    "zstd": "engine",
}
"""Content codings (RFC 9110 section 8.4.1) and who undoes them; ``engine``: a second request, which the
engine decodes, because Python has no decoder of its own for it."""


class CodingError(Exception):
    """The body is not what its Content-Encoding says: `reason` is ``encoding`` or ``truncated``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def coding(header: str | None) -> Coding | None:
    """What has to be undone.

    Raises:
        CodingError: an unknown coding, or several on top of each other.
    """
    names = [
        name for part in (header or "").split(",") if (name := part.strip().lower()) not in ("", "identity")
    ]
    if not names:
        return None
    if len(names) > 1 or names[0] not in CODINGS:
        raise CodingError("encoding", f"Content-Encoding: {', '.join(names)[:80]}")
    return CODINGS[names[0]]


class Inflater:
    """Undoes gzip (RFC 1952, also of several members) or deflate (RFC 1950, or bare RFC 1951 as some send
    it)."""

    def __init__(self, name: Coding) -> None:
        self._gzip = name == "gzip"
        self._engine = zlib.decompressobj(31 if self._gzip else 15)
        self._begun = False
        self._held = b""
        """The first byte of a deflate stream: two tell whether it is bare."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Unpack, in pieces of `PIECE` at most.

        Raises:
            CodingError: the data is not compressed as it says.
        """
        if not self._begun and not self._gzip:
            data = self._held + data
            if len(data) < 2:
                self._held = data
                return
            if data[0] & 0x0F != 8 or int.from_bytes(data[:2]) % 31:
                self._engine = zlib.decompressobj(-15)
        self._begun = self._begun or bool(data)
        while data:
            if self._engine.eof:
                if not self._gzip or data[0] != 0x1F:
                    return  # padding after the end is left alone, as browsers do
                self._engine = zlib.decompressobj(31)
            try:
                piece = self._engine.decompress(data, PIECE)
            except zlib.error as error:
                raise CodingError(
                    "encoding", f"not {'gzip' if self._gzip else 'deflate'}: {error}"
                ) from error
            if piece:
                yield piece
            data = self._engine.unused_data if self._engine.eof else self._engine.unconsumed_tail
            if not data and len(piece) == PIECE and not self._engine.eof:
                yield from self._rest()
                return

    def _rest(self) -> Iterator[bytes]:
        """What the decoder still holds after its input is used up."""
        while not self._engine.eof:
            piece = self._engine.decompress(b"", PIECE)
            if not piece:
                return
            yield piece

    def finish(self) -> None:
        """Say that the body has ended.

        Raises:
            CodingError: the compressed data has not. A body of no bytes at all is an empty one.
        """
        if (self._begun or self._held) and not self._engine.eof:
            raise CodingError("truncated", "the compressed data ends too early")

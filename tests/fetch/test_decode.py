"""Compressed bodies are undone within bounds, however they arrive."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.fetch.decode import PIECE, CodingError, Inflater, coding


def bare(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "bare": bare}


def inflate(packed: bytes, name: Any, step: int) -> bytes:
    inflater = Inflater(name)
    pieces = [piece for at in range(0, len(packed), step) for piece in inflater.feed(packed[at : at + step])]
    inflater.finish()
    assert all(0 < len(piece) <= PIECE for piece in pieces)
    return b"".join(pieces)


@given(st.binary(max_size=3000), st.sampled_from(sorted(PACKERS)), st.integers(1, 4000))
def test_what_was_packed_comes_back_however_it_is_cut(data: bytes, packer: str, step: int) -> None:
    name = "gzip" if packer == "gzip" else "deflate"
    assert inflate(PACKERS[packer](data), name, step) == data


@given(st.binary(min_size=1, max_size=300), st.sampled_from(sorted(PACKERS)), st.data())
def test_whatever_is_cut_short_is_noticed(data: bytes, packer: str, draw: st.DataObject) -> None:
    packed = PACKERS[packer](data)
    cut = packed[: draw.draw(st.integers(1, len(packed) - 1))]
    with pytest.raises(CodingError):
        inflate(cut, "gzip" if packer == "gzip" else "deflate", 64)


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_members_follow_each_other_and_padding_is_left_alone(step: int) -> None:
    packed = gzip.compress(b"one") + gzip.compress(b"two")
    assert inflate(packed, "gzip", step) == b"onetwo"
    assert inflate(packed + b"\0" * 20, "gzip", step) == b"onetwo"


def test_a_bomb_comes_in_pieces() -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    pieces = Inflater("gzip").feed(packed)
    assert len(next(pieces)) <= PIECE
    assert len(next(pieces)) <= PIECE


def test_all_of_a_bomb_comes() -> None:
    assert len(inflate(gzip.compress(b"\0" * 3_000_001), "gzip", 65536)) == 3_000_001
    assert len(inflate(zlib.compress(b"\0" * PIECE * 4), "deflate", 65536)) == PIECE * 4


def test_no_bytes_at_all_are_an_empty_body() -> None:
    assert inflate(b"", "gzip", 1) == b""


@pytest.mark.parametrize(
    ("name", "data"), [("gzip", b"\xff\xd8\xff\xe0JFIF"), ("deflate", b"\xff\xd8\xff\xe0JFIF")]
)
def test_what_is_not_compressed_is_said_to_be_broken(name: Any, data: bytes) -> None:
    with pytest.raises(CodingError) as caught:
        inflate(data, name, 100)
    assert caught.value.reason == "encoding"


CODINGS = {
    None: None,
    "": None,
    "identity": None,
    "gzip": "gzip",
    "GZIP": "gzip",
    "x-gzip": "gzip",
    "identity, gzip": "gzip",
    "deflate": "deflate",
    "br": "engine",
    "zstd": "engine",
}


@pytest.mark.parametrize(("header", "expected"), CODINGS.items())
def test_codings(header: str | None, expected: str | None) -> None:
    assert coding(header) == expected


@pytest.mark.parametrize("header", ["gzip, gzip", "br, gzip", "compress", "aes128gcm", "none", "utf-8"])
def test_codings_that_nobody_undoes(header: str) -> None:
    with pytest.raises(CodingError):
        coding(header)

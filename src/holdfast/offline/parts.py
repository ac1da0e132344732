"""What the readers of an offline copy say of one file: which URLs it holds, and what must change whatever
they come to.

Records only. A reader takes bytes and the file's own URL and returns `Parts`; `assembling` makes bytes of
them once it is known what becomes of each URL.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from ..model import Notice, Reference, Span, Syntax


class Role(StrEnum):
    """What a URL is to the one who looks at the page."""

    REQUISITE = "requisite"
    """Fetched as the page is shown: it must be inside the copy, or be replaced."""
    LINK = "link"
    """Followed by a reader: relative when it leads into the site, else left alone."""
    INFORMATION = "information"
    """Told to other programs and fetched by no browser (``og:image``, canonical): left unless asked for."""


class Need(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One URL of a file."""

    reference: Reference
    """Its span, raw bytes, kind and syntax; ``url`` is absolute, resolved against the file's base, with its
    fragment."""
    role: Role
    families: tuple[str, ...] = ()
    """What it may bring: words of `families`, and ``style``, ``script``, ``page``, ``manifest``, ``data``."""
    outer: tuple[Syntax, ...] = ()
    """Syntaxes around the reference's own, from the inside out: HTML within ``srcdoc``. New bytes are written
    in ``reference.syntax`` first, then escaped for each of these."""
    attribute_at: int | None = None
    """Byte offset, right after the element's name, where an attribute can be put in; None outside of tags."""
    module: bool = False
    """A module script or an import of one: browsers refuse it from ``file://``."""


class Cut(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Bytes that change whatever becomes of any URL. An empty span is a place to put something in."""

    span: Span
    new: bytes
    why: str
    """A row of `pages.CUTS`: ``integrity``, ``crossorigin``, ``ping``, ``policy``, ``base``, ``lazy`` ..."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a reader found, in the order of the bytes."""

    needs: tuple[Need, ...] = ()
    cuts: tuple[Cut, ...] = ()
    """Overlap neither each other nor the span of a need: what an element holds that is cut is not listed."""
    seal_at: int | None = None
    """Where the seal goes in (HTML only): before anything that could fetch."""
    base: str = ""
    """What relative URLs of this file are resolved against: the file's own URL, or its ``<base>``."""
    codec: str = "utf-8"
    """Python's name of the encoding that new text must be written in."""
    notices: tuple[Notice, ...] = ()
    """What a person should know: not readable, built by script."""

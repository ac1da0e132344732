"""What each generator takes for the text of a heading, from its pieces.

Reads no Markdown (`headings` does) and makes no ids (`slugs` does).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from .flavours import Text


class Kind(Enum):
    """What a part of a heading is."""

    TEXT = "text"
    CODE = "between backticks"
    ENTITY = "a character reference"
    BREAK = "the end of a line"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a heading's text."""

    kind: Kind
    said: str
    source: str
    alt: bool
    """Whether it stands for a picture."""
    depth: int
    """How many marks (emphasis, links, pictures) are around it."""
    leads: bool
    """Whether it is the first thing within each of them."""


def text_of(pieces: Sequence[Piece], which: Text) -> str:
    """The text that a rule is given of these pieces; `Text.SOURCE` is not theirs to tell."""
    return _TEXTS[which](pieces)


def _shown(pieces: Sequence[Piece]) -> str:
    return "".join(piece.said for piece in pieces if not piece.alt)


def _alt(pieces: Sequence[Piece]) -> str:
    return "".join(piece.said for piece in pieces)


def smart(text: str) -> str:
    """``text`` with the dashes, dots and quotes of SmartyPants; kramdown and Hexo write headings so."""
    text = text.replace("---", "\u2014").replace("--", "\u2013").replace("...", "\u2026")
    text = re.sub(r"(^|[-\u2014/(\[{\"\s])'", "\\1\u2018", text).replace("'", "\u2019")
    return re.sub(r"(^|[-\u2014/(\[{\u2018\s])\"", "\\1\u201c", text).replace('"', "\u201d")


def _smart(piece: Piece) -> str:
    return smart(piece.said) if piece.kind is Kind.TEXT else piece.said


_LINKED = re.compile(r"(?:\b(?:https?|ftp)://|\bwww\.)[^\s<>()]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TYPED = re.compile(r"--|\.\.\.|['\"]|<<|>>")


def _as_hugo(pieces: Sequence[Piece]) -> str:
    """What Hugo makes an id of.

    Only the last line counts. Of what stands within marks only the first node does: a bare URL, and what
    the typographer replaces (``--``, ``'``), are nodes of their own. No number stands for a character.
    """
    parts: list[str] = []
    ended = False  # whether the first node within the marks is over
    for piece in pieces:
        if piece.kind is Kind.BREAK:
            parts.clear()
        elif not piece.depth:
            ended = False
            parts.append(
                smart(_LINKED.sub("", piece.said)) if piece.kind is Kind.TEXT else _named_only(piece)
            )
        elif piece.leads and not ended:
            text = piece.said if piece.kind is Kind.CODE else _named_only(piece)
            if piece.kind is Kind.TEXT:
                stops = [match.start() for form in (_LINKED, _TYPED) if (match := form.search(text))]
                ended = bool(stops)
                text = text[: min(stops)] if stops else text
            parts.append(text)
    return "".join(parts)


def _named_only(piece: Piece) -> str:
    return piece.source if piece.kind is Kind.ENTITY and piece.source.startswith("&#") else piece.said


_KNOWN_TO_HEXO = frozenset(("&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#96;", "&#x2F;", "&#x3D;"))
_TAG = re.compile(r"<(?! )[^<>]*>")


def _as_hexo(pieces: Sequence[Piece]) -> str:
    """What Hexo makes an id of: HTML that is shown as text is taken for tags, few entities are known."""
    parts = [
        piece.source if piece.kind is Kind.ENTITY and piece.source not in _KNOWN_TO_HEXO else _smart(piece)
        for piece in pieces
        if not piece.alt
    ]
    return _TAG.sub("", "".join(parts))


_EMOJI_CODE = re.compile(r":[+\-\w]{1,50}:")
_TEXTS: Mapping[Text, Callable[[Sequence[Piece]], str]] = MappingProxyType(
    {
        Text.SHOWN: _shown,
        Text.ALT: _alt,
        Text.SMART: lambda pieces: "".join(_smart(piece) for piece in pieces if not piece.alt),
        Text.COLLAPSED: lambda pieces: " ".join(_shown(pieces).split()),
        Text.NO_EMOJI: lambda pieces: _EMOJI_CODE.sub("", _alt(pieces)),
        Text.HUGO: _as_hugo,
        Text.HUGO_NO_EMOJI: lambda pieces: _EMOJI_CODE.sub("", _as_hugo(pieces)),
        Text.HEXO: _as_hexo,
    }
)

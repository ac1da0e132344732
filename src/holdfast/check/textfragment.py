"""Text directives (``#:~:text=``): read them, and look for their text in a page.

Fetches nothing and scrolls nowhere. The source is WICG's "URL Fragment Text Directives"
(https://wicg.github.io/scroll-to-text-fragment/): what is compared is the page's text, without regard to case
and white space, and a match begins and ends at the boundaries of words. Words are runs of letters, digits
and marks here; in scripts that are written without spaces each character is a word of its own, and a bound
between blocks is a space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import turbohtml

from ..scan import charset
from . import pagetree

_DELIMITER = ":~:"


@dataclass(frozen=True, slots=True)
class TextQuote:
    """One ``text=[prefix-,]start[,end][,-suffix]``, percent-decoded."""

    start: str
    end: str = ""
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class TextDirective:
    """The quotes of one fragment; a browser shows the first that is found, and marks all."""

    quotes: tuple[TextQuote, ...]


def text_fragment(fragment: str) -> TextDirective | None:
    """The text directive of ``fragment`` (without ``#``), or None when there is none that is well formed."""
    _, delimiter, directives = fragment.partition(_DELIMITER)
    if not delimiter:
        return None
    parsed = [_quote(part[5:]) for part in directives.split("&") if part.startswith("text=")]
    quotes = tuple(quote for quote in parsed if quote is not None)
    return TextDirective(quotes) if quotes else None


def _quote(value: str) -> TextQuote | None:
    """The specification's "parse a text directive": 1 to 4 parts, of which only start is needed."""
    parts = value.split(",")
    prefix = suffix = ""
    if len(parts) > 4:
        return None
    if parts[0].endswith("-"):
        prefix = parts.pop(0)[:-1]
        if not prefix:
            return None
    if parts and parts[-1].startswith("-"):
        suffix = parts.pop()[1:]
        if not suffix:
            return None
    if not 1 <= len(parts) <= 2 or not all(parts):
        return None
    start, end = parts if len(parts) == 2 else (parts[0], "")
    decoded = (unquote(part, errors="replace") for part in (start, end, prefix, suffix))
    return TextQuote(*decoded)


def holds_text(source: bytes, directive: TextDirective) -> bool:
    """Whether every quote of ``directive`` is found in the text of the HTML page ``source``.

    Of a page with more than `_TRIES` places to look at, nothing is called missing.
    """
    page = _folded(_text(source))
    tries = iter(range(_TRIES))
    try:
        return all(_holds(page, quote, tries) for quote in directive.quotes)
    except _TooMany:
        return True


_UNSEEN = "script,style,template,head,noscript,iframe,object,video,audio,select,textarea"
_BLOCKS_LISTED = (
    "address article aside blockquote br center dd details dialog dir div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre search section"
    " summary table caption colgroup col thead tbody tfoot tr td th ul"
)
_BLOCKS = frozenset(_BLOCKS_LISTED.split())


def _text(source: bytes) -> str:
    """The text that a page shows, a line for each block."""
    if charset.html_unreadable(source):
        return ""
    tree = pagetree.tree_of(charset.decode(source, charset.of_html(source)))
    for element in list(tree.select(_UNSEEN)):
        element.decompose()
    for element in tree.select(",".join(sorted(_BLOCKS))):
        element.insert_before(turbohtml.Text("\n"))
        element.insert_after(turbohtml.Text("\n"))
    body = tree.select_one("body")
    return (body if body is not None else tree).text


def _folded(text: str) -> str:
    """Case folded, white space collapsed, and nothing of what is not seen (soft hyphens, joiners)."""
    plain = unicodedata.normalize("NFC", text).casefold().replace("\u00ad", "").replace("\u200b", "")
    return " ".join(plain.split())


_WITHOUT_SPACES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9d"
    r"\U00020000-\U0003ffff]"
)


def _is_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM" or character == "_"


def _is_bound(page: str, at: int) -> bool:
    """Whether a word may begin or end before ``page[at]``."""
    if at <= 0 or at >= len(page):
        return True
    left, right = page[at - 1], page[at]
    if _WITHOUT_SPACES.match(left) or _WITHOUT_SPACES.match(right):
        return True
    return not (_is_word(left) and _is_word(right))


_TRIES = 20_000
"""How many places are looked at for one directive: about 50 ms (measured), whatever the page."""


class _TooMany(Exception):
    """More places than that."""


def _places(page: str, text: str, tries: Iterator[int]) -> Iterator[tuple[int, int]]:
    """Where ``text`` stands in ``page`` between bounds of words."""
    at = page.find(text) if text else -1
    while at >= 0:
        if next(tries, None) is None:
            raise _TooMany
        if _is_bound(page, at) and _is_bound(page, at + len(text)):
            yield at, at + len(text)
        at = page.find(text, at + 1)


def _holds(page: str, quote: TextQuote, tries: Iterator[int]) -> bool:
    start, end, prefix, suffix = map(_folded, (quote.start, quote.end, quote.prefix, quote.suffix))
    if not start:
        return False
    last_end = -1
    if end:
        for first, last in _places(page, end, tries):
            if not suffix or _followed(page, last, suffix):
                last_end = first
        if last_end < 0:
            return False
    for first, last in _places(page, start, tries):
        if prefix and not _preceded(page, first, prefix):
            continue
        if end:
            if last_end >= last:
                return True
        elif not suffix or _followed(page, last, suffix):
            return True
    return False


def _preceded(page: str, at: int, prefix: str) -> bool:
    behind = at - 1 if page[at - 1 : at] == " " else at
    return page.endswith(prefix, 0, behind) and _is_bound(page, behind - len(prefix))


def _followed(page: str, at: int, suffix: str) -> bool:
    ahead = at + 1 if page[at : at + 1] == " " else at
    return page.startswith(suffix, ahead) and _is_bound(page, ahead + len(suffix))

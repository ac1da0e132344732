"""The HTML inside a Markdown document, put together so that an HTML parser can read it once.

Parses no HTML. The Markdown parser says which bytes are HTML; they are copied to the same offsets of a blank
page, which leaves out the prefixes of quotes and lists and everything that is Markdown.
"""

from __future__ import annotations

from collections.abc import Iterable

BLANK = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))
"""For `bytes.translate`: everything but line ends becomes a space."""


def gather(text: bytes, ranges: Iterable[tuple[int, int]]) -> bytearray:
    """A page as long as ``text`` that is blank but for ``ranges``."""
    page = bytearray(text.translate(BLANK))
    for start, end in ranges:
        page[start:end] = text[start:end]
    return page


def comments(text: bytes, page: bytearray) -> list[tuple[int, int]]:
    """The byte ranges of the comments that begin in ``page``, delimiters included, in order.

    A comment ends at the first ``-->`` of the whole text: Markdown between two blocks of HTML that share a
    comment is commented out as well. One that never ends is left to the HTML parser.
    """
    found: list[tuple[int, int]] = []
    start = page.find(b"<!--")
    while start >= 0:
        end = text.find(b"-->", start + 2)  # <!--> and <!---> are whole comments (CommonMark 6.6)
        if end < 0:
            break
        found.append((start, end + 3))
        start = page.find(b"<!--", end + 3)
    return found


def wipe(page: bytearray, ranges: Iterable[tuple[int, int]]) -> None:
    """Blank ``ranges`` of ``page``."""
    for start, end in ranges:
        page[start:end] = page[start:end].translate(BLANK)


def can_refer(page: bytearray) -> bool:
    """Whether any HTML in ``page`` could name a URL: in an attribute, or in a style element."""
    return b"=" in page or b"<style" in page.lower()

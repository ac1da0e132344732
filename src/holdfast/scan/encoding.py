"""Tell UTF-8 from everything else, and name what else it probably is.

Converts nothing: offsets count bytes of the undecoded document, so a document in another encoding is
reported and left alone.
"""

from __future__ import annotations

import codecs

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""UTF-32 first: its little-endian mark begins with UTF-16's."""

_CANDIDATES = ("gb18030", "shift_jis", "euc-jp", "euc-kr", "big5", "windows-1252")
"""In the order of likelihood; the last one takes what no other explains."""

_ISO_2022_JP = (b"\x1b$B", b"\x1b$@", b"\x1b(J")
"""Escape sequences of RFC 1468: pure ASCII bytes, so that UTF-8 decoding would not notice."""

_SAMPLE = 4096


class NotUtf8(ValueError):
    """A Markdown document is not UTF-8: where its references begin and end would be a guess."""

    def __init__(self, encoding: str) -> None:
        super().__init__(f"not UTF-8; it looks like {encoding}")
        self.encoding = encoding
        """What it probably is, by the names of Python's codecs (WHATWG's where both exist)."""


def require_utf8(source: bytes) -> None:
    """Return when ``source`` is UTF-8 text (RFC 3629), with or without a BOM; NUL bytes are allowed.

    Raises:
        NotUtf8: it is not, or it is text of UTF-16 or ISO-2022-JP that only looks like it.
    """
    for mark, name in _BOMS:
        if source.startswith(mark):
            raise NotUtf8(name)
    if b"\0" in source[:_SAMPLE] and (wide := _utf16_without_mark(source[:_SAMPLE])):
        raise NotUtf8(wide)
    if b"\x1b" in source and any(escape in source for escape in _ISO_2022_JP):
        raise NotUtf8("iso-2022-jp")
    if source.isascii():
        return
    try:
        source.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8(_guess(source, error.start)) from None


def _utf16_without_mark(sample: bytes) -> str:
    """UTF-16 of mostly ASCII text has a NUL in nearly every second byte, always on the same side."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(sample) < 16:  # a stray NUL or two proves nothing
        return ""
    if odd * 5 >= len(sample) * 2 and not even:
        return "utf-16-le"
    if even * 5 >= len(sample) * 2 and not odd:
        return "utf-16-be"
    return ""


def _guess(source: bytes, fault: int) -> str:
    line = source.rfind(b"\n", 0, fault) + 1  # no encoding of several bytes begins a character before it
    sample = source[line : line + _SAMPLE]
    best, name = 0.0, _CANDIDATES[-1]
    for candidate in _CANDIDATES:
        score = _plausible(sample, candidate)
        if score > best:
            best, name = score, candidate
    return name


def _plausible(sample: bytes, encoding: str) -> float:
    """The share of everyday characters among those that are not ASCII; 0 when it does not decode."""
    try:
        # not final: the sample may end, but not begin, in the middle of a character
        text = codecs.getincrementaldecoder(encoding)("strict").decode(sample, final=False)
    except UnicodeDecodeError:
        return 0.0
    foreign = [character for character in text if character > "\x7f"]
    if not foreign:
        return 0.0
    return sum(map(_everyday, foreign)) / len(foreign)


def _everyday(character: str) -> float:
    if "぀" <= character <= "ヿ":  # kana are a surer sign of Japanese than ideographs are of Chinese
        return 1.2
    if "一" <= character <= "龥" or "가" <= character <= "힣":
        return 1.0
    if "、" <= character <= "〟" or "！" <= character <= "～" or "‐" <= character <= "…":
        return 1.0
    return 0.9 if "À" <= character <= "ÿ" else 0.0

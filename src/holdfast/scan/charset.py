"""Which encoding an HTML or CSS file is in, and whether byte offsets can be trusted in it.

Converts no document: only single values are decoded. The rules are the WHATWG Encoding Standard's (labels),
the HTML Standard's "determining the character encoding" and CSS Syntax 3 section 3.2.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping

UTF8 = "utf-8"
WESTERN = "cp1252"
"""What a browser falls back to where nothing is declared and the bytes are not UTF-8."""

_BOM = b"\xef\xbb\xbf"
_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16le", codecs.BOM_UTF16_BE: "utf-16be"}
_UTF16_BARE = re.compile(rb"(?:[\t\n\r -~]\x00){4}|(?:\x00[\t\n\r -~]){4}")
"""Four ASCII characters in UTF-16 without a mark: a browser shows such a file as noise."""

_LABELS: Mapping[str, str] = {
    # a meta or @charset that could be read at all is not in UTF-16
    UTF8: "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8"
    " utf-16 utf-16le utf-16be unicode ucs-2 iso-10646-ucs-2 csunicode",
    "gb18030": "gb18030 gbk gb2312 gb_2312 gb_2312-80 chinese x-gbk csgb2312 csiso58gb231280 iso-ir-58",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji csshiftjis ms932 windows-31j",
    "euc_jp": "euc-jp x-euc-jp cseucpkdfmtjapanese",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 cseuckr csksc56011987 iso-ir-149 korean"
    " windows-949",
    WESTERN: "us-ascii ascii ansi_x3.4-1968 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 latin1"
    " l1 cp819 ibm819 iso-ir-100 csisolatin1 x-cp1252 cp1252 windows-1252 x-user-defined",
    "cp1254": "iso-8859-9 iso8859-9 iso_8859-9 latin5 l5 windows-1254 cp1254 x-cp1254",
    "cp874": "tis-620 iso-8859-11 dos-874 windows-874",
    "koi8_r": "koi8-r koi koi8 koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru",
    "mac_roman": "macintosh mac x-mac-roman csmacintosh",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "cp866": "ibm866 866 cp866 csibm866",
    **{f"cp125{n}": f"windows-125{n} cp125{n} x-cp125{n}" for n in (0, 1, 3, 5, 6, 7, 8)},
    **{f"iso8859_{n}": f"iso-8859-{n} iso8859-{n} iso_8859-{n}" for n in (3, 4, 5, 6, 7, 10, 13, 14, 15, 16)},
    "iso8859_2": "iso-8859-2 iso8859-2 iso_8859-2 latin2 l2",
    "iso8859_8": "iso-8859-8 iso8859-8 iso_8859-8 iso-8859-8-i logical visual",
}
"""Python's codec for what the standard reads a label as, and its labels in lower case."""

_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}

_UNREADABLE = frozenset({
    "iso-2022-jp", "csiso2022jp", "iso-2022-kr", "csiso2022kr", "iso-2022-cn", "iso-2022-cn-ext",
    "hz-gb-2312", "replacement",
})  # fmt: skip
"""Labels of encodings that spell text with ASCII's own bytes: no offset in them can be trusted."""

_WIDE = frozenset({
    "utf-16", "utf-16le", "utf-16be", "unicode", "ucs-2", "iso-10646-ucs-2", "csunicode", "unicodefffe",
})  # fmt: skip
"""Labels of UTF-16, where a transport and no ``<meta>`` gives them."""

_TRAIL_ASCII = frozenset({"gb18030", "big5hkscs", "cp932", "cp949"})
"""Codecs in which the second byte of a character can be an ASCII letter or backslash."""

_PAIR = re.compile(rb"[\x81-\xfe][\x30-\x7e\x80-\xfe]")
_PAIR_CP932 = re.compile(rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]")

_HEAD = 65536
"""Bytes searched for a declaration. The standard asks for 1024, and to begin again when one comes later."""

_TAG = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(?:(?P<meta>meta(?=[\s/]))|(?P<body>body\b)|(?P<raw>script|style|title)\b"
    rb"|(?P<other>/?[a-z][^\s/>]*)|[!/?][^>]*>)",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    rb"""[\s/]*(?P<name>[^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<u>[^\s>"'][^\s>]*)))?"""
)
_CONTENT_CHARSET = re.compile(r"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"']+))""", re.IGNORECASE)
_XML = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*(["'])([^"'>]*)\1""")
_AT_CHARSET = re.compile(rb'@charset "([^"]*)";')


def of_html(source: bytes) -> str:
    """Python's codec for an HTML file: its BOM, its ``<meta>``, else UTF-8 if valid, else windows-1252."""
    return _known(source, _html_label) or (UTF8 if _is_utf8(source) else WESTERN)


def of_css(source: bytes) -> str:
    """Python's codec for a CSS file: its BOM, its ``@charset``, else UTF-8 (CSS Syntax 3 section 3.2)."""
    return UTF8 if source.isascii() else _known(source, _css_label) or UTF8


def of_label(label: str) -> str | None:
    """Python's codec for what the standard reads a label as; None for one that it does not know.

    Meant for a label that came with the bytes: a transport's. UTF-16 is none, see `unreadable_label`.
    """
    found = label.strip().lower()
    return None if unreadable_label(found) else _CODECS.get(found, found if found in _LABELS else None)


def unreadable_label(label: str) -> bool:
    """Whether no byte offset can be trusted in what a transport labels so."""
    found = label.strip().lower()
    return found in _UNREADABLE or found in _WIDE


def declared_in_html(source: bytes) -> str | None:
    """Python's codec for what an HTML file says of itself, by a BOM or a ``<meta>``; None if nothing."""
    return _known(source, _html_label)


def of_whole_html(source: bytes) -> tuple[str | None, str | None]:
    """``(html_unreadable, declared_in_html)`` of an HTML file, whose head is looked through once for both."""
    label = "" if source.startswith(_BOM) else _html_label(source)
    return _unreadable(source, lambda _: label), _known(source, lambda _: label)


def html_unreadable(source: bytes) -> str | None:
    """The name of the encoding of an HTML file in which no byte offset can be trusted, else None."""
    return _unreadable(source, _html_label)


def css_unreadable(source: bytes) -> str | None:
    """The name of the encoding of a CSS file in which no byte offset can be trusted, else None."""
    return _unreadable(source, _css_label)


def _known(source: bytes, label: Callable[[bytes], str]) -> str | None:
    return UTF8 if source.startswith(_BOM) else _CODECS.get(label(source))


def _is_utf8(source: bytes) -> bool:
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(source: bytes, label: Callable[[bytes], str]) -> str | None:
    for mark, name in _UTF16_MARKS.items():
        if source.startswith(mark):
            return name
    if _UTF16_BARE.match(source):
        return "utf-16"
    declared = "" if source.startswith(_BOM) else label(source)
    return declared if declared in _UNREADABLE else None


def _css_label(source: bytes) -> str:
    match = _AT_CHARSET.match(source)
    return match[1].decode("latin-1").strip().lower() if match else ""


def _html_label(source: bytes) -> str:
    """The label that a ``<meta>`` before the body declares, else one in an XML declaration, else nothing."""
    head = source[:_HEAD]
    lower = head.lower()
    position = 0 if b"charset" in lower else len(head)
    while match := _TAG.search(head, position):
        position = match.end()
        if match["body"]:
            break
        if match["raw"]:
            end = lower.find(b"</" + match["raw"].lower(), position)
            position = len(head) if end < 0 else end
        elif match["meta"] or match["other"]:
            attributes, position = _attributes(head, position)
            if match["meta"] and (label := _meta_label(attributes)):
                return label
    declaration = _XML.match(head)
    return declaration[2].decode("latin-1").strip().lower() if declaration else ""


def _attributes(head: bytes, position: int) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    while match := _ATTRIBUTE.match(head, position):
        value = match["d"] or match["s"] or match["u"] or b""
        found.setdefault(match["name"].decode("latin-1").lower(), value.decode("latin-1"))
        position = match.end()
    return found, position


def _meta_label(attributes: Mapping[str, str]) -> str:
    label = attributes.get("charset", "")
    if not label and attributes.get("http-equiv", "").strip().lower() == "content-type":
        match = _CONTENT_CHARSET.search(attributes.get("content", ""))
        label = (match[1] or match[2] or match[3] or "") if match else ""
    label = label.strip().lower()
    return label if label in _CODECS or label in _UNREADABLE else ""


def masked(source: bytes, codec: str) -> bytes:
    """``source`` in which no byte below 0x80 is part of a longer character; of the same length.

    In GBK, Big5, Shift_JIS and UHC a character's second byte can be a backslash, which must not read as an
    escape.
    """
    if codec not in _TRAIL_ASCII or source.isascii():
        return source
    return (_PAIR_CP932 if codec == "cp932" else _PAIR).sub(b"\xff\xff", source)


def decode(raw: bytes, codec: str) -> str:
    """The text of ``raw``; what is no character becomes U+FFFD, as in a browser."""
    return raw.decode(codec, "replace")

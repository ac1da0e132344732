"""Read a URL of HTML or CSS as a browser does, from its text to what is requested.

Knows no escapes of any syntax: they are undone before. WHATWG URL section 4.4, and the HTML Standard's
"encoding-parsing a URL": the path is UTF-8, the query is in the document's encoding.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from .. import urls

SPACE = b"\t\n\f\r "
"""ASCII white space of the HTML Standard."""

_CLEAN = re.compile(r"[!#-;=?-\[\]_a-z|~]*")
"""Text in which nothing needs to be stripped, turned or encoded."""

_STRIPPED = re.compile(r"[\t\n\r]+")
_UNSAFE = re.compile(r"""[^\x21-\x7e]|["<>`{}\\^]""")
EDGES = "".join(map(chr, range(0x21)))
"""What a browser takes off both ends of a URL: C0 controls and spaces."""

_QUERY_SAFE = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in "\"#<>'")
_IN_DOCUMENT_ENCODING = frozenset({"", "http", "https", "ftp", "file"})
"""Schemes whose query is spelled in the document's encoding; a relative reference has its page's."""

_PLACEHOLDER = "https://site.invalid"
"""Stands for the site's own origin while a path is resolved against ``<base href="/blog/">``."""


def url(text: str, base: str | None = None, codec: str = "utf-8") -> str:
    """What a browser would request for ``text`` on a page at ``base`` that is encoded in ``codec``.

    ``base`` may be a path from the root (``/blog/``); then a relative reference becomes one too.
    """
    if _CLEAN.fullmatch(text):
        if base is None:
            return urls.resolve(text)
        if base[:1] != "/":
            return urls.resolve(text, base)
    text = _STRIPPED.sub("", text.strip(EDGES))
    if codec != "utf-8" and "?" in text and not text.isascii() and urls.scheme(text) in _IN_DOCUMENT_ENCODING:
        text = _encode_query(text, codec)
    if base is not None and base.startswith("/") and not base.startswith("//"):
        found = urls.resolve(text, _PLACEHOLDER + base)
        return found.removeprefix(_PLACEHOLDER)
    if base is None and not text.startswith("//") and not urls.scheme(text):
        return _relative(text)
    return urls.resolve(text, base)


def _relative(text: str) -> str:
    """A relative reference in ASCII, with the slashes a browser would see."""
    if not _UNSAFE.search(text):
        return text
    cut = min((at for at in map(text.find, "?#") if at >= 0), default=len(text))
    path = text[:cut].replace("\\", "/")
    if path.startswith("//"):
        return urls.resolve(path + text[cut:])
    return _UNSAFE.sub(lambda match: quote(match[0], safe="", errors="replace"), path + text[cut:])


def _encode_query(text: str, codec: str) -> str:
    """Spell the query in the bytes of the document's encoding (WHATWG "percent-encode after encoding").

    A character that the encoding lacks is sent as ``%26%23NNN%3B``.
    """
    head, mark, fragment = text.partition("#")
    path, _, query = head.partition("?")
    encoded = "".join(_one(character, codec) for character in query)
    return f"{path}?{encoded}{mark}{fragment}"


def _one(character: str, codec: str) -> str:
    if character < "\x80":
        return character
    try:
        return quote(character.encode(codec), safe=_QUERY_SAFE)
    except UnicodeEncodeError:
        return f"%26%23{ord(character)}%3B"

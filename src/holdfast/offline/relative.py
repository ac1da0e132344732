"""Spell the way from one file of a copy to another, as a URL that works from ``file://`` and over HTTP alike.

Knows paths alone, POSIX and below the copy's root; looks for no file.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from ..addresses import encode

PAGES = frozenset({".htm", ".html", ".shtml", ".xht", ".xhtml"})
"""Extensions of pages, whose scripts may read the query they were opened with. From ``file://`` a browser
finds the same file with any query; what is no page is therefore spelled in one way only."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._~/?:@&=+;!$*%-]")
"""What is percent-encoded in a query or a fragment, so that it can stand in ``srcset``, in ``url()`` and in
any quotes. A browser looks for a fragment's decoded form, too (HTML Standard, "find a potential indicated
element")."""


def relative(from_path: str, to_path: str, query: str = "", fragment: str = "") -> str:
    """See `From.to`."""
    return From(from_path).to(to_path, query, fragment)


class From:
    """The ways from one file."""

    def __init__(self, path: str) -> None:
        self._path = path
        folders = path.split("/")[:-1]
        self._folders = [
            ("".join(f"{name}/" for name in folders[:depth]), "../" * (len(folders) - depth))
            for depth in range(len(folders), 0, -1)
        ]
        """The folders it is in, the innermost first, and how each is reached."""
        self._root = "../" * len(folders)

    def to(self, path: str, query: str = "", fragment: str = "") -> str:
        """The URL of the file ``path`` in this one.

        ``query`` and ``fragment`` are those of the original URL, percent-encoded, without their marks. A
        query is kept where it leads to a page. To the very same file with a fragment the URL is that fragment
        alone; the answer is never empty. All but unreserved characters of names are percent-encoded, so that
        no ``?``, ``#``, ``%`` or ``:`` of a name reads as something else.
        """
        end = ""
        if query and posixpath.splitext(path)[1].lower() in PAGES:
            end = f"?{_safe(query)}"
        if fragment:
            end += f"#{_safe(fragment)}"
        if path == self._path:
            return end if end.startswith("#") else encoded(posixpath.basename(path)) + end
        for folder, up in self._folders:
            if path.startswith(folder):
                return up + encoded(path[len(folder) :]) + end
        return self._root + encoded(path) + end


@lru_cache(maxsize=32768)
def encoded(path: str) -> str:
    """Percent-encode a path below the root; bytes of names that are no UTF-8 stay what they are."""
    try:
        return encode(path)
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "surrogateescape")
        return "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in raw)


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def _safe(text: str) -> str:
    if not _UNSAFE.search(text):
        return text
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)

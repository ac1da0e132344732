"""Which file of a built site a URL leads to, and which URL a file is served under.

Opens nothing: it is given the paths. A static web server's rules decide, and the names that ``wget -m`` gives
to what it mirrored; what only a forgiving server finds is found too, and told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from urllib.parse import unquote

import ada_url
import msgspec

from .bases import is_plain
from .relative import encoded

_INDEX = ("index.html", "index.htm")
"""What is sent for a folder."""
_SLASHES = re.compile(r"/{2,}")
_ADDED = (".html", ".htm", ".css")
"""What ``wget -E`` writes after a query: ``page.php?p=2.html``."""

_PLAIN_HOST = re.compile(r"https?://((?:[a-z0-9-]+\.)*+[a-z]++)/")
"""A host that a parser takes as it is spelled: it is no number, of any base."""

_MOST_KNOWN = 65536
"""URLs whose files are remembered."""


class Found(msgspec.Struct, frozen=True, gc=False):
    """The file that a URL leads to."""

    path: str
    query: str = ""
    """The URL's query, percent-encoded, where it is no part of the file's name."""
    fragment: str = ""
    note: str = ""
    """``letter-case`` where the name is written otherwise, ``slash`` where ``a/`` led to ``a.html``: not
    every server forgives this. Else empty."""


class Tree:
    """The files of one built site, by their POSIX paths, below ``base_url``.

    Raises:
        ValueError: ``base_url`` is no URL of a web server.
    """

    def __init__(self, paths: Iterable[str], base_url: str) -> None:
        parsed = ada_url.URL(base_url)
        if parsed.protocol not in ("http:", "https:"):
            raise ValueError(f"no http or https URL: {base_url}")
        self.paths = frozenset(paths)
        self.base_path = parsed.pathname if parsed.pathname.endswith("/") else parsed.pathname + "/"
        self.base_url = f"{parsed.protocol}//{parsed.host}{self.base_path}"
        self._host = parsed.host
        self._known: dict[str, Found | None] = {}

    def url_of(self, path: str) -> str:
        """The URL that a file is served under: a page ``a/index.html`` under ``a/``.

        A ``?`` in a name is what a mirror made of a query.
        """
        folder, slash, name = path.rpartition("/")
        name, mark, query = name.partition("?")
        if mark:
            query = next((query.removesuffix(ending) for ending in _ADDED if query.endswith(ending)), query)
        if name in _INDEX[:1]:
            name = ""
        end = f"?{_query(query)}" if mark else ""
        return self.base_url + encoded(folder + slash + name) + end

    def owns(self, url: str) -> bool:
        """Whether an absolute URL lies below the base URL, be there a file or not; http and https alike."""
        return self._inside(url) is not None

    def find(self, url: str) -> Found | None:
        """The file that an absolute URL leads to; None where it is not ours, or there is none.

        The URL's query is looked for in the names of files first (``style.css?ver=1.2``), and counts for
        nothing after that.
        """
        try:
            return self._known[url]  # pages share most of their URLs, and to look for one takes 25 µs
        except KeyError:
            pass
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        found = self._known[url] = self._find(url)
        return found

    def _find(self, url: str) -> Found | None:
        if url.startswith(self.base_url) and is_plain(url):  # the first of all that is tried below
            path, _, fragment = url[len(self.base_url) :].partition("#")
            for name in _served(path):
                if name in self.paths:
                    return Found(name, "", fragment)
        inside = self._inside(url)
        if inside is None:
            return None
        rest, query, fragment = inside
        for look, note in ((self._exact, ""), (self._any_case, "letter-case")):
            for rewrite in (str, _single_slashes):
                path = rewrite(rest)
                for text in dict.fromkeys((unquote(path, errors="surrogateescape"), path)):
                    for name in _with_query(text, query):
                        if found := look(name):
                            return Found(found, "", fragment, note)
                for text in dict.fromkeys((unquote(path, errors="surrogateescape"), path)):
                    for name in _served(text):
                        if found := look(name):
                            return Found(found, query, fragment, note)
                    if text.endswith("/") and (found := look(text.rstrip("/") + ".html")):
                        return Found(found, query, fragment, note or "slash")
        return None

    def _inside(self, url: str) -> tuple[str, str, str] | None:
        """``(path below the base, query, fragment)`` of a URL that is ours, still percent-encoded."""
        plain = _PLAIN_HOST.match(url)
        if plain is not None and plain[1] != self._host:
            return None
        try:
            parsed = ada_url.URL(url)
        except ValueError:
            return None
        if parsed.protocol not in ("http:", "https:") or parsed.host != self._host:
            return None
        path = parsed.pathname
        if path + "/" == self.base_path:
            path = self.base_path
        if not path.startswith(self.base_path):
            return None
        return path[len(self.base_path) :], parsed.search.removeprefix("?"), parsed.hash.removeprefix("#")

    def _exact(self, name: str) -> str | None:
        if name in self.paths:
            return name
        # macOS stores decomposed names, authors write composed ones
        return None if name.isascii() else self._composed.get(_nfc(name))

    def _any_case(self, name: str) -> str | None:
        return self._folded.get(_nfc(name).casefold())

    @cached_property
    def _composed(self) -> dict[str, str]:
        return self._by(_nfc)

    @cached_property
    def _folded(self) -> dict[str, str]:
        return self._by(lambda path: _nfc(path).casefold())

    def _by(self, key: Callable[[str], str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in sorted(self.paths):
            found.setdefault(key(path), path)
        return found


def _served(path: str) -> Iterator[str]:
    """The names of the file that a server sends for a path, in its order."""
    if path and not path.endswith("/"):
        yield path
        yield from (f"{path}/{name}" for name in _INDEX)
        yield from (path + ending for ending in (".html", ".htm"))
    else:
        yield from (path + name for name in _INDEX)


def _with_query(path: str, query: str) -> Iterator[str]:
    """The names that a mirror gives to what was served for a path and a query.

    wget writes ``?``, and ``@`` where it makes names for Windows (its manual, ``--restrict-file-names``).
    """
    if not query:
        return
    stem = path + _INDEX[0] if not path or path.endswith("/") else path
    for text in dict.fromkeys((query, unquote(query, errors="surrogateescape"))):
        # wget spells a slash in a query in this way, whatever the URL has
        for said in dict.fromkeys((text, text.replace("/", "%2F"))):
            for mark in ("?", "%3F", "@"):
                for ending in ("", *_ADDED):
                    yield f"{stem}{mark}{said}{ending}"


def _single_slashes(path: str) -> str:
    return _SLASHES.sub("/", path).lstrip("/")


def _query(text: str) -> str:
    """A name's query as a URL holds it: escapes that are there are left."""
    return re.sub(r"[^!$%&'()*+,\-./:;=?@\w~]|[^\x00-\x7f]", lambda match: encoded(match[0]), text)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)

"""Spell the address of a file in one of the styles that generators understand, and read it back.

Opens nothing and knows no preset: `site` decides which style a place takes. Paths are POSIX below the site's
root, without a leading slash; "" is the root itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import quote, unquote

import msgspec

_STATIC_MARK = re.compile(r"[{|](?:static|attach|filename)[|}]")


class Style(StrEnum):
    """How a reference to a file of the site is written. ``x`` is the path the file is served under."""

    BASED = "based"
    """``/blog/x``: from the host's root, the base path included."""
    ROOTED = "rooted"
    """``/x``: the generator or the theme puts the base path before it."""
    BARE = "bare"
    """``x``: from the site's root without a leading slash; the theme puts everything before it."""
    SOURCE = "source"
    """``../y``: from the document's own folder to the file, as both lie in the source tree."""
    DOTTED = "dotted"
    """As SOURCE, and ``./y`` where it would begin with a name (bundlers take a bare name for a package)."""
    PAGE = "page"
    """``../../x``: from the rendered page, which may lie one folder deeper than its source."""
    STATIC = "static"
    """``{static}/x``: Pelican's mark for a file of the content tree."""
    VAULT = "vault"
    """``folder/y``: from the root of the source tree, not percent-encoded (Obsidian's links)."""


class Mount(msgspec.Struct, frozen=True):
    """A folder whose files are served as they are."""

    folder: str
    """POSIX below the site's root; "" is the root itself."""
    at: str = ""
    """The path it is served under, without slashes at its ends."""


class Addresses(msgspec.Struct, frozen=True):
    """Which paths a site's files and pages are served under."""

    mounts: tuple[Mount, ...] = ()
    base_path: str = ""
    """``/blog``, percent-encoded, or empty."""
    page_folders: bool = True
    """A document ``a.md`` is rendered at ``a/``."""

    def write(self, style: Style, document: str, asset: str) -> str:
        """Spell the file `asset` in `document`. What nothing publishes keeps its own path."""
        address = self.served_at(asset) or asset
        match style:
            case Style.BASED:
                return f"{self.base_path}/{encode(address)}"
            case Style.ROOTED:
                return f"/{encode(address)}"
            case Style.BARE:
                return encode(address)
            case Style.STATIC:
                return "{static}/" + encode(address)
            case Style.VAULT:
                return asset
            case Style.PAGE:
                return encode(posixpath.relpath("/" + address, self._page_folder(document)))
            case Style.SOURCE | Style.DOTTED:
                text = encode(posixpath.relpath("/" + asset, "/" + posixpath.dirname(document)))
                return f"./{text}" if style is Style.DOTTED and not text.startswith("../") else text

    def served_at(self, path: str) -> str | None:
        """The path a file is served under, without a leading slash; None when nothing publishes it."""
        for mount in sorted(self.mounts, key=lambda mount: -len(mount.folder)):
            rest = below(path, mount.folder)
            if rest is not None:
                return join(mount.at, rest)
        return None

    def _page_folder(self, document: str) -> str:
        """The folder of the address that a document's page is rendered at, with a leading slash."""
        address = self.served_at(document) or document
        folder, name = posixpath.split(address)
        stem, ending = posixpath.splitext(name)
        rendered = ending.lower() not in (".html", ".htm", ".css")
        if rendered and self.page_folders and stem.lower() not in ("index", "readme"):
            folder = join(folder, stem)
        return "/" + folder

    def read(self, style: Style, document: str, text: str) -> Iterator[str]:
        """Undo `write`: the paths that ``text`` means if it is written in this style."""
        if style is Style.VAULT:
            # A folder's name may hold ? and #, an asset's never does.
            yield normal(re.sub(r"[?#][^/]*$", "", text).removeprefix("/"))
            yield normal(unquote(bare(text)).removeprefix("/"))
            return
        plain = unquote(bare(text))
        match style:
            case Style.BASED:
                base = unquote(self.base_path) + "/"
                if plain.startswith(base):
                    yield from self._files_at(plain[len(base) :])
            case Style.ROOTED:
                if plain.startswith("/"):
                    yield from self._files_at(plain[1:])
            case Style.BARE:
                if not plain.startswith(("/", "./", "../")):
                    yield from self._files_at(plain)
            case Style.STATIC:
                mark = _STATIC_MARK.match(plain)
                if mark:
                    yield from self._files_at(plain[mark.end() :].removeprefix("/"))
            case Style.PAGE:
                if not plain.startswith("/"):
                    yield from self._files_at(normal(posixpath.join(self._page_folder(document), plain)[1:]))
            case Style.SOURCE | Style.DOTTED:
                if not plain.startswith("/"):
                    yield normal(posixpath.join(posixpath.dirname(document), plain))

    def _files_at(self, address: str) -> Iterator[str]:
        """The files that may be meant by this path: what nothing publishes keeps its own, see `write`."""
        address = normal(address)
        if self.served_at(address) is None:
            yield address
        for mount in sorted(self.mounts, key=lambda mount: -len(mount.at)):
            rest = below(address, mount.at)
            if rest is not None:
                yield join(mount.folder, rest)
        yield address


def below(path: str, folder: str) -> str | None:
    """The path below `folder`, or None when it lies elsewhere."""
    if not folder:
        return path or None
    return path[len(folder) + 1 :] or None if path.startswith(folder + "/") else None


def encode(path: str) -> str:
    """Percent-encode, as UTF-8, all but unreserved characters and slashes (RFC 3986 section 2.3)."""
    return quote(path, safe="/-._~")


def bare(text: str) -> str:
    """Without query and fragment."""
    return re.split(r"[?#]", text, maxsplit=1)[0]


def normal(path: str) -> str:
    """Without ``.``, ``..`` and doubled slashes, as far as that can be."""
    return posixpath.normpath(path) if path else "."


def join(*parts: str) -> str:
    """Folders put together; empty ones are left out."""
    return "/".join(part for part in parts if part)

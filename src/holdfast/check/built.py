"""Resolve links against a built site (``--built DIR``): what its generator wrote decides, not its rules.

Builds nothing and writes nothing. A page of the source tree is found in DIR by its permalink; a link is read
as a browser would on that page and, where the generator has rewritten it, as the source means it.
"""

from __future__ import annotations

import posixpath
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .. import files
from ..addresses import below, join, normal
from ..model import Answer, Verdict
from ..scan import scan
from ..site import Site
from .facts import Pages
from .permalinks.record import under
from .reading import OK, Here
from .tree import Tree

if TYPE_CHECKING:
    from .anchors import Anchors


class Built:
    """The output of one site's generator."""

    def __init__(self, site: Site, folder: Path, pages: Pages) -> None:
        self._site = site
        self._pages = pages
        self._tree = Tree(folder)
        self._base = unquote(site.base_path)
        self._anchors: dict[str, Anchors] = {}
        self._links: dict[str, frozenset[str]] = {}
        self._inside = self._path_below(site.root, folder)

    @staticmethod
    def _path_below(root: Path, folder: Path) -> str | None:
        top, inner = root.resolve(), folder.resolve()
        return inner.relative_to(top).as_posix() if inner.is_relative_to(top) else None

    def answer(self, here: Here, text: str, fragment: str) -> Answer | None:
        """What a link of a document comes to in DIR; None where this is no matter of the built site."""
        own = self._in_folder(here.path)
        page = own if own is not None else self.page_of(here.path)
        if own is None and under(here.path, self._site.content) is None:
            return None
        if text[0] == "/":
            return self.rooted(text, fragment, here.path if own is None else None)
        if page is None:
            return Answer(Verdict.UNVERIFIED, "unresolved", "this document's page is not in the built site")
        address = self._address(page)
        path = unquote(text.partition("?")[0], errors="surrogateescape")
        joined = normal(posixpath.join(posixpath.dirname(address) or ".", path))
        if joined.startswith(".."):
            return Answer(Verdict.UNVERIFIED, "unresolved", "the path leads out of the built site")
        file = self._file(joined + ("/" if path.endswith("/") else ""))
        if file is not None:
            return self._anchored(file, fragment)
        if own is None and text not in self._links_of(page):
            # the generator has written another address in its place
            return self._rewritten(here, path, fragment, text)
        return self._missing(joined)

    def _in_folder(self, document: str) -> str | None:
        """A document's path below DIR where it is a part of the built site itself."""
        if self._inside is None:
            return None
        if self._inside != ".":
            return below(document, self._inside)
        # DIR is the site's root: what is served there is HTML and CSS, and Markdown is what it was made of
        return document if document.lower().endswith((".html", ".htm", ".css")) else None

    def rooted(self, text: str, fragment: str, document: str | None = None) -> Answer:
        """What a path from the host's root comes to."""
        path = unquote(text.partition("?")[0], errors="surrogateescape")
        inside = path
        if self._base:
            if path == self._base or path.startswith(self._base + "/"):
                inside = path[len(self._base) :] or "/"
            else:
                page = self.page_of(document) if document else None
                file = self._file(normal(path.strip("/")))
                rewritten = page is not None and text not in self._links_of(page)
                if file is not None and rewritten:
                    return self._anchored(file, fragment)
                return Answer(
                    Verdict.UNVERIFIED, "unresolved", f"the site is served under {self._site.base_path}/"
                )
        address = normal(inside.lstrip("/")) if inside.strip("/") else ""
        file = self._file(address + ("/" if inside.endswith("/") else ""))
        if file is not None:
            return self._anchored(file, fragment)
        if document is not None:
            page = self.page_of(document)
            if page is not None and text not in self._links_of(page):
                source = self._source_page(address)
                if source is not None:
                    return self._anchored(source, fragment)
                return Answer(Verdict.UNVERIFIED, "unresolved", "the generator wrote something else")
        return self._missing(address)

    # -- finding -----------------------------------------------------------------------------------------

    def page_of(self, document: str) -> str | None:
        """The file of DIR that a document was rendered to."""
        page = self._pages.table.by_path.get(document)
        for address in page.addresses if page else ():
            file = self._file(address)
            if file is not None:
                return file
        rest = under(document, self._site.content)
        stem = posixpath.splitext(rest or document)[0]
        if posixpath.basename(stem).lower() in ("index", "_index", "readme"):
            stem = posixpath.dirname(stem)
        file = self._file(stem)
        if file is not None and file.endswith((".html", ".htm")):
            return file
        same = self._by_name.get(posixpath.basename(stem).lower(), [])
        return same[0] if len(same) == 1 and stem else None

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """Pages of DIR by the last part of their address."""
        found: dict[str, list[str]] = {}
        for path in self._tree.walk(""):
            if path.endswith((".html", ".htm")):
                address = posixpath.splitext(path)[0].removesuffix("/index")
                found.setdefault(posixpath.basename(address).lower(), []).append(path)
        return found

    def _file(self, address: str) -> str | None:
        """The file that a server sends for an address of DIR."""
        path = address.strip("/")
        path = "" if path == "." else path
        if path and not address.endswith("/") and self._tree.is_file(path):
            return path
        if self._tree.is_file(join(path, "index.html")):
            return join(path, "index.html")
        if path and self._tree.is_file(path + ".html"):
            return path + ".html"
        return None

    @staticmethod
    def _address(page: str) -> str:
        return page.removesuffix("index.html") if posixpath.basename(page) == "index.html" else page

    def _rewritten(self, here: Here, path: str, fragment: str, text: str) -> Answer:
        source = normal(posixpath.join(here.folder, path))
        file = self.page_of(source) if source in self._pages.table.by_path else None
        if file is None:
            rest = under(source, self._site.content)
            file = self._file(rest) if rest else None
        if file is not None:
            return self._anchored(file, fragment)
        return Answer(Verdict.UNVERIFIED, "unresolved", f"the generator wrote something else for {text}")

    def _source_page(self, address: str) -> str | None:
        """The page of a document that is named by its path from a content folder."""
        for folder in self._site.content:
            path = join(folder, address)
            if path in self._pages.table.by_path:
                return self.page_of(path)
        return None

    def _links_of(self, page: str) -> frozenset[str]:
        """Every URL as a built page writes it."""
        if page not in self._links:
            source = self._read(page)
            found = scan(source, "html").references if source is not None else ()
            self._links[page] = frozenset(item.url.partition("#")[0] for item in found)
        return self._links[page]

    # -- judging -----------------------------------------------------------------------------------------

    def _anchored(self, file: str, fragment: str) -> Answer:
        if not fragment or not file.endswith((".html", ".htm")):
            return OK
        from . import anchors

        if file not in self._anchors:
            source = self._read(file)
            if source is None:
                return OK
            self._anchors[file] = anchors.of_html(source)
        found = self._anchors[file]
        has = anchors.has(found, fragment)
        if has:
            return OK
        near = anchors.nearest(found, fragment)
        hint = f"did you mean #{near}?" if near else ""
        if has is None:
            return Answer(Verdict.UNVERIFIED, "anchor-by-script", f"no #{fragment} in {file}", hint)
        return Answer(Verdict.BROKEN, "no-anchor", f"no #{fragment} in {file}", hint)

    def own_anchor(self, document: str, fragment: str) -> Answer | None:
        """What ``#fragment`` comes to on a document's own page; None where the page is not in DIR."""
        page = self.page_of(document)
        return None if page is None else self._anchored(page, fragment)

    def _missing(self, address: str) -> Answer:
        path = address.strip("/")
        real = self._tree.spelled(path) if path else None
        if real is not None:
            return Answer(Verdict.BROKEN, "case", f"the file is called {real}", f"write {real}")
        near = self._tree.nearest(path) if path else None
        hint = f"did you mean {near}?" if near else ""
        return Answer(Verdict.BROKEN, "no-file", f"the built site has no {path or 'index.html'}", hint)

    def _read(self, file: str) -> bytes | None:
        try:
            return files.read(self._tree.root / file)
        except OSError:
            return None

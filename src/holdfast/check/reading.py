"""Read a local link in every way in which this kind of site may understand it, and see what is there.

Writes nothing and opens no document: an index of the tree and a table of addresses answer. What a miss means
is for `missing` to say.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from ..addresses import below, join, normal
from ..model import Answer, Verdict
from ..site import Site
from . import manners
from .facts import Pages
from .manners import MANNERS, Manner
from .permalinks import Page
from .permalinks.record import under
from .tree import Kind, Tree

OK = Answer(Verdict.OK)

_PELICAN = re.compile(r"[{|](?:filename|static|attach)[|}]")


@dataclass(frozen=True, slots=True)
class Target:
    """What a link without its fragment leads to."""

    answer: Answer
    file: str | None = None
    """The file whose anchors count, below the root; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Here:
    """The document that a link stands in."""

    path: str
    folder: str
    page: Page | None
    manner: Manner
    key: str
    """What relative links depend on: the folder, or the document where its page has an address of its own."""


class Reading:
    """The files and pages of one site."""

    def __init__(self, site: Site, tree: Tree, pages: Pages) -> None:
        self.site = site
        self.tree = tree
        self.pages = pages
        self._base = unquote(site.base_path)

    def here(self, path: str) -> Here:
        """What has to be known of a document once."""
        folder, name = posixpath.split(path)
        manner = MANNERS[self.site.preset]
        ending = posixpath.splitext(name)[1].lower()
        if self._is_output(path, ending):
            return Here(path, folder, None, manners.HTML, folder + "\0html")
        if manner.pages and under(path, self.site.content) is None:
            # README.md beside a site's content is read on GitHub
            return Here(path, folder, None, MANNERS["plain"], folder)
        page = self.pages.table.by_path.get(path) if manner.pages and ending != ".css" else None
        return Here(path, folder, page, manner, path if manner.pages else folder)

    def _is_output(self, path: str, ending: str) -> bool:
        """Whether a browser reads the document where it lies: plain HTML, or a generator's output."""
        if ending not in (".html", ".htm", ".css"):
            return False
        if self.site.preset in ("plain", "obsidian"):
            return True
        left_out = (*self.site.leave_out, "public", "_site", "site")
        return any(folder and below(path, folder) is not None for folder in left_out)

    # -- what is there -----------------------------------------------------------------------------------

    def found(self, here: Here, path: str, *, rooted: bool) -> Target | None:
        for candidate in self.sources(here, path, rooted=rooted):
            found = self._at(candidate, here.manner, closed=path.endswith("/"))
            if found is not None:
                return found
        return self._page(here, path, rooted=rooted) if here.manner.pages else None

    def sources(self, here: Here, path: str, *, rooted: bool) -> Iterator[str]:
        """The paths below the root that a link may mean, read in the source tree."""
        marked = self.marked(here, path)
        if marked is not None:
            yield from marked
            return
        if not rooted:
            candidate = normal(posixpath.join(here.folder, path))
            if not climbs(candidate):
                yield bare(candidate)
            if self.site.preset in ("hexo", "obsidian", "docusaurus"):
                yield from self._further(here, path)
            return
        rest = bare(normal(path.lstrip("/")))
        if climbs(rest):
            return
        yield from self._rooted(here, rest)
        inside = below("/" + rest, self._base) if self._base else None
        if inside:
            yield from self._rooted(here, inside)

    def marked(self, here: Here, path: str) -> tuple[str, ...] | None:
        """What a path with its generator's own mark means; None where there is no such mark.

        Pelican's ``{filename}`` and ``{static}`` (``|filename|`` of old), Zola's ``@/``.
        """
        if self.site.preset == "pelican" and path[0] in "{|":
            mark = _PELICAN.match(path)
            if mark is None:
                return None
            rest = path[mark.end() :]
            folders = self.site.content if rest.startswith("/") else (here.folder,)
            found = (normal(join(folder, rest.lstrip("/"))) for folder in folders)
            return tuple(each for each in found if not climbs(each))
        if self.site.preset == "zola" and path.startswith("@/"):
            found = (normal(join(folder, path[2:])) for folder in self.site.content)
            return tuple(each for each in found if not climbs(each))
        return None

    def _further(self, here: Here, path: str) -> Iterator[str]:
        if self.site.preset == "hexo":
            # post_asset_folder: the files of _posts/a.md are in _posts/a/
            stem = posixpath.splitext(here.path)[0]
            yield normal(posixpath.join(stem, path))
        elif self.site.preset == "docusaurus":
            if path.startswith("@site/"):
                yield normal(path.removeprefix("@site/"))
            for folder in self.site.content:
                yield normal(join(folder, path))
        else:
            yield normal(path)

    def _rooted(self, here: Here, rest: str) -> Iterator[str]:
        if not here.manner.pages:
            # a tree that may be served from any of its folders: README.md on GitHub, docs/ elsewhere
            yield rest
            folder = here.folder
            while folder:
                yield join(folder, rest)
                folder = posixpath.dirname(folder)
            for served in ("public", "static", "docs"):
                yield join(served, rest)
            return
        for mount in self.pages.mounts:
            at = below(rest, mount.at) if mount.at else rest
            if at is not None:
                yield join(mount.folder, at)
        for folder in self.site.content:
            yield join(folder, rest)
        if self.site.preset in ("docusaurus", "hexo"):
            yield rest

    def _at(self, path: str, manner: Manner, *, closed: bool) -> Target | None:
        """What a path of the source tree holds, with what may be left out of its name."""
        kind = self.tree.kind(path)
        if kind is Kind.FILE:
            return Target(OK, path) if not closed else None
        if kind is Kind.OUTSIDE:
            return Target(unresolved("a symlink leads out of the site"))
        if kind is Kind.FOLDER:
            for ending in (*manner.endings, *manners.INDEXES):
                if ending[0] == "/" and self.tree.is_file(bare(path + ending)):
                    return Target(OK, bare(path + ending))
            return Target(OK) if manner.folders else None
        for ending in manner.endings:
            if ending[0] == "." and self.tree.is_file(path + ending):
                return Target(OK, path + ending)
        if manner.html and path.endswith(".html"):
            for ending in (".md", ".mdx", ".markdown"):
                if self.tree.is_file(path.removesuffix(".html") + ending):
                    return Target(OK, path.removesuffix(".html") + ending)
        return None

    def _page(self, here: Here, path: str, *, rooted: bool) -> Target | None:
        """What a browser finds that resolves the link at the page's own address."""
        for address in self.addresses(here, path, rooted=rooted):
            found = self.page_at(address)
            if found is not None:
                return found
        return None

    def page_at(self, address: str) -> Target | None:
        """What is served at an address behind the base path, without a slash at its beginning."""
        document = self.pages.table.find(address)
        if document is not None:
            return Target(OK, document)
        rest = address.strip("/")
        if rest in self.pages.redirects[0]:
            return Target(OK)
        for mount in self.pages.mounts:
            at = below(rest, mount.at) if mount.at else rest
            if at and self.tree.is_file(join(mount.folder, at)):
                return Target(OK, join(mount.folder, at))
            if at is not None and self.tree.is_file(join(mount.folder, at, "index.html")):
                return Target(OK, join(mount.folder, at, "index.html"))
        return self._beside(rest)

    def _beside(self, address: str) -> Target | None:
        """A file that is served beside the page of the document that it lies beside."""
        folder, name = posixpath.split(address)
        for _ in range(3):
            document = self.pages.table.by_address.get(folder)
            page = self.pages.table.by_path.get(document) if document else None
            if page is not None and page.files_at is not None:
                stem = posixpath.splitext(page.path)[0]
                for place in (posixpath.dirname(page.path), stem):
                    if self.tree.is_file(join(place, name)):
                        return Target(OK, join(place, name))
            folder, above = posixpath.split(folder)
            name = join(above, name)
        return None

    def addresses(self, here: Here, path: str, *, rooted: bool) -> Iterator[str]:
        if rooted:
            inside = self.inside(path)
            if inside is not None:
                yield inside
            if self._base:
                yield kept(path)
            return
        page = here.page
        if page is None or not page.addresses:
            return
        for own in page.addresses[:1]:
            folder = own if own.endswith("/") or not own else posixpath.dirname(own)
            address = normal(posixpath.join("/", folder, path)).lstrip("/")
            if not climbs(normal(posixpath.join(folder or ".", path))):
                yield ("" if address == "." else address) + ("/" if path.endswith("/") and address else "")

    def inside(self, path: str) -> str | None:
        """The address behind the base path; None for what lies outside of it."""
        if not self._base:
            return kept(path)
        if path == self._base or path == self._base + "/":
            return ""
        return kept(path[len(self._base) :]) if path.startswith(self._base + "/") else None


def unresolved(detail: str, hint: str = "") -> Answer:
    return Answer(Verdict.UNVERIFIED, "unresolved", detail, hint)


def climbs(path: str) -> bool:
    return path == ".." or path.startswith("../")


def bare(path: str) -> str:
    """The root is ""."""
    return "" if path == "." else path.lstrip("/")


def kept(path: str) -> str:
    """A rooted path as an address: normalised, a slash at its end kept."""
    address = bare(normal(path.lstrip("/")))
    return address + "/" if path.endswith("/") and address else address

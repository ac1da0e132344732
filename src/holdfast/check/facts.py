"""Read what a site's permalinks depend on: its generator's configuration and its documents' front matter.

Writes nothing and decides nothing. Every document's first bytes are read once, when the first link asks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from ..addresses import Mount, join
from ..generators.configuration import Folder, Values
from ..generators.readers import hugo_values
from ..generators.scripts import SCRIPT_READERS, without_comments
from ..generators.settings import listed, table
from ..scan import LANGUAGES
from ..site import Site
from ..sites import PRESETS
from . import front
from .permalinks import PERMALINKS, Facts, Page, Permalinks
from .table import Table, build
from .tree import Tree

HEAD = 64 * 1024
"""Bytes of a document that are read for its front matter."""

MOST_PAGES = 200_000
"""A site of more documents has its addresses unknown rather than minutes of reading."""

REDIRECT_FILES = (
    "_redirects", "netlify.toml", "vercel.json", ".htaccess", "firebase.json", "staticwebapp.config.json",
    "nginx.conf", "Caddyfile", "serve.json", "now.json", "render.yaml", "amplify.yml", "_worker.js",
)  # fmt: skip
"""Files that tell a host to answer for paths that no page has."""

_SLUGS = re.compile(r"slugify|rehype-slug|markdown-it-anchor|anchor\s*:")
"""What stands in a script that gives headings other ids."""

_ID_KEYS = (("autodefinitiontermid", True), ("autoheadingid", False))

_CONFIGURATIONS = {
    "hexo": ("_config.yml", "_config.yaml", "_config.json"),
    "jekyll": ("_config.yml", "_config.yaml", "_config.toml"),
    "mkdocs": ("mkdocs.yml", "mkdocs.yaml"),
    "mdbook": ("book.toml",),
    "zola": ("zola.toml", "config.toml"),
    "pelican": ("pelicanconf.py",),
}


class Pages:
    """The pages of one site, and the folders whose files are served as they are."""

    def __init__(self, site: Site, tree: Tree) -> None:
        self._site = site
        self._tree = tree
        self._folder = Folder(site.root)
        self.values, self.script = self._configuration()

    def _configuration(self) -> tuple[Values, str]:
        preset = self._site.preset
        if preset == "hugo":
            return hugo_values(self._folder), ""
        if preset in _CONFIGURATIONS:
            return self._folder.values(self._folder.first(*_CONFIGURATIONS[preset])), ""
        if preset in SCRIPT_READERS:
            name = self._folder.first(*(mark.file for mark in PRESETS[preset].marks))
            return {}, without_comments(self._folder.text(name or ""))
        return {}, ""

    @cached_property
    def paths(self) -> frozenset[str]:
        """Every file of the content folders."""
        left_out = frozenset(self._site.leave_out) - frozenset(self._site.content)
        return frozenset(path for folder in self._site.content for path in self._tree.walk(folder, left_out))

    @cached_property
    def permalinks(self) -> Permalinks | None:
        """The generator's rules; None for a tree whose pages are its files."""
        make = PERMALINKS.get(self._site.preset)
        if make is None:
            return None
        return make(
            Facts(
                values=self.values,
                script=self.script,
                content=self._site.content,
                paths=self.paths,
                read=not self._folder.notices,
                page_folders=self._site.rules.addresses.page_folders,
            )
        )

    @cached_property
    def table(self) -> Table:
        """Every page by its address."""
        complete = len(self.paths) <= MOST_PAGES and not self._makes_pages()
        return build(self._pages() if len(self.paths) <= MOST_PAGES else (), complete=complete)

    def _pages(self) -> Iterator[Page]:
        permalinks = self.permalinks
        if permalinks is None:
            return
        options = self._site.options
        for path in sorted(self.paths):
            if os.path.splitext(path)[1].lower() not in LANGUAGES:  # noqa: PTH122 - ten times the speed
                continue
            page = permalinks.page(path, front.read(head_of(self._site.root / path), options))
            if page is not None:
                yield page

    def _makes_pages(self) -> bool:
        """Whether pages come from elsewhere: Hugo's content adapters."""
        return any(path.rpartition("/")[2].startswith("_content.") for path in self.paths)

    @cached_property
    def redirects(self) -> tuple[frozenset[str], bool]:
        """``(addresses that surely lead on, whether more may)``: what a host is told in files of its own."""
        simple: set[str] = set()
        more = False
        for folder in dict.fromkeys(("", *(mount.folder for mount in self.mounts), "static", "public")):
            for name in REDIRECT_FILES:
                path = join(folder, name)
                if not self._tree.is_file(path):
                    continue
                more = True
                if name == "_redirects":
                    lines = (line.split() for line in self._folder.text(path).splitlines())
                    simple |= {
                        line[0].strip("/")
                        for line in lines
                        if len(line) > 1 and line[0][0] == "/" and not {"*", ":"} & set(line[0])
                    }
        return frozenset(simple), more

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        """Folders that are served as they are, those of installed themes too."""
        own = self._site.rules.addresses.mounts
        if self._site.preset == "hugo":
            own = (*own, *(Mount(f"themes/{name}/static") for name in self._tree.names("themes")))
        if self._site.preset == "hexo":
            own = (*own, *(Mount(f"themes/{name}/source") for name in self._tree.names("themes")))
        return own

    @cached_property
    def brings_files(self) -> bool:
        """Whether a theme that is not here may bring files of its own."""
        values = self.values
        match self._site.preset:
            case "hugo":
                named = listed(values.get("theme"))
                module = values.get("module")
                imports = isinstance(module, dict) and bool(module.get("imports"))
                return imports or any(not self._tree.names(f"themes/{name}/layouts") for name in named)
            case "hexo":
                theme = values.get("theme")
                return isinstance(theme, str) and not self._tree.names(join("themes", theme))
            case "jekyll":
                return bool(values.get("theme") or values.get("remote_theme"))
            case "plain" | "obsidian":
                return False
            case _:
                return True

    @cached_property
    def own_slugs(self) -> bool:
        """Whether settings give headings other ids than usual, or ids to other things."""
        values = self.values
        match self._site.preset:
            case "hugo":
                goldmark = table(table(values.get("markup")).get("goldmark"))
                parser = table(goldmark.get("parser"))
                kind = str(parser.get("autoidtype", parser.get("autoheadingidtype", "github"))).lower()
                handler = str(table(values.get("markup")).get("defaultmarkdownhandler", "goldmark")).lower()
                return (
                    kind != "github"
                    or handler != "goldmark"
                    or any(
                        parser.get(key) is wanted
                        for key, wanted in (("autodefinitiontermid", True), ("autoheadingid", False))
                    )
                )
            case "mkdocs":
                return "slugify" in str(values.get("markdown_extensions", ""))
            case "jekyll":
                kramdown = str(table(values.get("kramdown")))
                markdown = str(values.get("markdown", "kramdown")).lower()
                return "auto_id" in kramdown or "kramdown" not in markdown
            case "zola":
                return "slugify" in values
            case _:
                return _SLUGS.search(self.script) is not None


def head_of(path: Path) -> bytes:
    """The first bytes of a file; empty where it cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError:
        return b""
    try:
        return os.read(fd, HEAD)
    except OSError:
        return b""
    finally:
        os.close(fd)

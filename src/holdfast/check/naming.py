"""Find a document that a link names in its generator's own way: Hugo's ``ref``, Jekyll's ``link``, a note.

Writes nothing and opens no document.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from functools import cached_property

from ..addresses import join, normal
from ..model import Answer, Verdict
from ..site import Site
from .expressions import Expression
from .facts import Pages
from .reading import OK, Target
from .tree import Tree

_SOURCES = (".md", ".markdown", ".mdx", ".html")


class Named:
    """The documents of one site by the names that generators know them by."""

    def __init__(self, site: Site, tree: Tree, pages: Pages) -> None:
        self._site = site
        self._tree = tree
        self._pages = pages

    @cached_property
    def _paths(self) -> dict[str, list[str]]:
        """Documents by their path below a content folder in lower case, as `_logical` spells it."""
        found: dict[str, list[str]] = {}
        for path in sorted(self._pages.paths):
            for folder in self._site.content:
                if folder and not path.startswith(folder + "/"):
                    continue
                rest = path[len(folder) + 1 :] if folder else path
                for name in _logical(rest):
                    found.setdefault(name, []).append(path)
        return found

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """The same by the last part alone."""
        found: dict[str, list[str]] = {}
        for name, paths in self._paths.items():
            found.setdefault(name.rpartition("/")[2], []).extend(paths)
        return found

    def find(self, document: str, expression: Expression) -> Target:
        """The document that an expression names."""
        match expression.name:
            case "ref":
                return self._ref(document, expression)
            case "link":
                return self._link(expression.argument)
            case _:
                return self._post(expression.argument)

    def _ref(self, document: str, expression: Expression) -> Target:
        """Hugo's ``ref`` and ``relref``: from the document's folder, the content's root, or by name."""
        argument = expression.argument
        if not argument:
            return Target(OK, document)
        if "{" in argument or re.match(r"[a-z]+:", argument):
            return Target(Answer(Verdict.UNVERIFIED, "unresolved"))
        wanted = argument.strip("/").lower()
        folder = self._below_content(posixpath.dirname(document)).lower()
        stem = self._below_content(posixpath.splitext(document)[0]).lower()
        tries = [wanted] if argument.startswith("/") else [join(folder, wanted), join(stem, wanted), wanted]
        for each in tries:
            for name in _logical(normal(each)):
                if name in self._paths:
                    return Target(OK, self._paths[name][0])
        same = self._names.get(_logical(wanted)[-1].rpartition("/")[2], [])
        if same and "/" not in wanted:
            return Target(OK, same[0])
        folders = self._is_folder(wanted) or self._is_folder(join(folder, wanted))
        hint = f"did you mean {self._below_content(same[0])}?" if len(set(same)) == 1 else ""
        if folders or expression.special or not self._pages.table.complete or not self._closed:
            return Target(Answer(Verdict.UNVERIFIED, "unresolved", f"no document {argument}", hint))
        return Target(Answer(Verdict.BROKEN, "no-file", f"there is no page {argument}", hint))

    @cached_property
    def _closed(self) -> bool:
        """Whether all content is in this tree: no module or theme brings pages."""
        return not self._pages.brings_files

    def _is_folder(self, path: str) -> bool:
        return any(
            self._tree.spelled(join(folder, path)) is not None or self._tree.is_folder(join(folder, path))
            for folder in self._site.content
        )

    def _below_content(self, path: str) -> str:
        for folder in sorted(self._site.content, key=len, reverse=True):
            if folder and (path == folder or path.startswith(folder + "/")):
                return path[len(folder) + 1 :]
        return path

    def _link(self, argument: str) -> Target:
        """Jekyll's ``link``: a file, by its path below the source folder; without it the build fails."""
        for folder in self._site.content:
            path = normal(join(folder, argument.strip("/")))
            if self._tree.is_file(path):
                return Target(OK, path)
        near = self._tree.nearest(normal(join(self._site.content[0], argument.strip("/"))))
        hint = f"did you mean {near}?" if near else ""
        if "{" in argument or self._pages.brings_files:
            return Target(Answer(Verdict.UNVERIFIED, "unresolved", f"no file {argument}", hint))
        return Target(Answer(Verdict.BROKEN, "no-file", f"there is no file {argument}", hint))

    def _post(self, argument: str) -> Target:
        """Jekyll's ``post_url``, Hexo's ``post_path``: a post by the name of its file."""
        name = argument.strip("/").lower()
        for each in (name, *(posixpath.splitext(name)[:1] if name.endswith(_SOURCES) else ())):
            same = self._names.get(each.rpartition("/")[2], [])
            if same:
                return Target(OK, same[0])
        return Target(Answer(Verdict.BROKEN, "no-file", f"there is no post {argument}"))

    # -- notes -------------------------------------------------------------------------------------------

    @cached_property
    def _notes(self) -> dict[str, list[str]]:
        """Every file of a vault by its name without case, Markdown also without ending."""
        found: dict[str, list[str]] = {}
        for path in sorted(self._pages.paths):
            name = _folded(posixpath.basename(path))
            found.setdefault(name, []).append(path)
            if name.endswith(".md"):
                found.setdefault(name[:-3], []).append(path)
        return found

    def note(self, document: str, name: str) -> Target:
        """The file that a link in a vault means: by its path from the root or the note, or by its name."""
        wanted = _folded(name.strip("/"))
        if name.startswith(("./", "../")):
            wanted = _folded(normal(join(posixpath.dirname(document), name)))
        for path in self._notes.get(wanted.rpartition("/")[2], ()):
            folded = _folded(path)
            for each in (folded, folded.removesuffix(".md")):
                if each == wanted or each.endswith("/" + wanted):
                    return Target(OK, path)
        if wanted in self._aliases:
            return Target(OK, self._aliases[wanted])
        near = next((path for path in self._notes.get(wanted.rpartition("/")[2], ())), None)
        hint = f"did you mean {near}?" if near else ""
        return Target(Answer(Verdict.BROKEN, "no-file", f"there is no note or file {name}", hint))

    @cached_property
    def _aliases(self) -> dict[str, str]:
        """Obsidian writes ``[[Note|alias]]``, but plug-ins find a note by its alias too."""
        from . import front
        from .facts import head_of

        found: dict[str, str] = {}
        for path in sorted(self._pages.paths):
            if path.endswith(".md"):
                values = front.read(head_of(self._site.root / path), self._site.options) or {}
                for key in ("aliases", "alias", "title"):
                    for alias in front.texts(values, key):
                        found.setdefault(_folded(alias), path)
        return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _logical(path: str) -> list[str]:
    """Names by which Hugo knows a file: its path, without ending, without language, without index."""
    path = path.lower()
    names = [path]
    stem, ending = posixpath.splitext(path)
    if ending in _SOURCES:
        names.append(stem)
        shorter, tail = posixpath.splitext(stem)
        if tail and re.fullmatch(r"\.[a-z]{2,3}(?:-[a-z0-9]+)?", tail):
            names.append(shorter)
    folder, name = posixpath.split(names[-1])
    if name in ("index", "_index"):
        names.append(folder)
    return names

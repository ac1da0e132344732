"""Judge a local link that leads to nothing that is there: broken, or nobody can tell.

Writes nothing. The rule above all is that nothing is called broken which some generator might still find:
where the row of `manners` does not vouch for a miss, it is unverified.
"""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from urllib.parse import quote, unquote

from ..addresses import join, normal
from ..ignoring import Rules
from ..model import Answer, Verdict
from . import manners
from .manners import LENIENT, ROOTED, Form
from .reading import OK, Here, Reading, Target, bare, kept, unresolved

_REPOSITORY_PAGE = re.compile(
    r"(?:\.\./)+(?:issues|pulls?|releases|wiki|actions|discussions|projects|stargazers|graphs|network|tags|"
    r"branches|commits?|compare|blob|tree|raw|edit|workflows|security|milestones?|labels|fork|archive|blame|"
    r"packages|contributors|settings|deployments|community|subscription|watchers|sponsors)(?:[/?#]|$)"
)
"""A link from README.md on GitHub (/OWNER/REPO/blob/main/) to the repository's own pages."""

_DOMAIN = re.compile(
    r"(?i)(?:www\.[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}|(?:[\w-]+\.)+(?:com|org|net|edu|gov|io|dev|cn|de|fr|jp|ru|uk))(?:[/?:]|$)"
)
"""A path that begins with a server's name: its author forgot ``https://``."""
_PERSON = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}")

_SPECIAL = ("@theme", "@docusaurus", "~", "$", "{", "pathname:")
"""How names begin that bundlers and generators give a meaning of their own."""


class Missing:
    """What misses of one site come to."""

    def __init__(self, reading: Reading, *, is_repository: bool) -> None:
        self._reading = reading
        self._is_repository = is_repository
        """The root is that of a repository on GitHub: nothing lies above it."""
        self._base = unquote(reading.site.base_path)
        self._ignoring: dict[str, Rules | None] = {}

    def judge(self, here: Here, path: str, *, rooted: bool, embed: bool) -> Target:
        form = manners.form_of(path, rooted=rooted)
        if path.startswith(_SPECIAL) and self._reading.marked(here, path) is None:
            return Target(unresolved("a name that the generator gives a meaning"))
        candidates = list(dict.fromkeys(self._reading.sources(here, path, rooted=rooted)))
        if not rooted and not candidates:
            return Target(self._outside(path))
        elsewhere = _elsewhere(path)
        if elsewhere is not None and not rooted:
            return Target(
                Answer(Verdict.BROKEN, "no-file", f"there is no {shown(path)}", f"did you mean {elsewhere}?")
            )
        for candidate in candidates:
            real = self._reading.tree.spelled(candidate)
            if real is not None:
                link = self._link(here, real, rooted=rooted)
                if not here.manner.case:
                    return Target(OK, real)
                hint = f"write {link}"
                if form in here.manner.sure and self._is_certain(here, form, path):
                    return Target(
                        Answer(Verdict.BROKEN, "case", f"the file is called {shown(real)}", hint), real
                    )
                return Target(unresolved(f"the file is called {shown(real)}", hint), real)
        lenient = self._lenient(here, path, candidates, rooted=rooted)
        if lenient is not None:
            return Target(unresolved(f"{lenient} is there", f"did you mean {lenient}?"))
        similar = self._similar(here, path, candidates, rooted=rooted)
        if similar and here.manner.pages and _differ_in_case(path, unquote(similar)):
            # hosts differ: GitHub Pages says 404, Netlify serves the page
            return Target(unresolved("only upper and lower case differ", f"write {similar}"))
        hint = f"did you mean {similar}?" if similar else ""
        certain = self._reading.marked(here, path) is not None
        certain |= form in here.manner.sure and self._is_certain(here, form, path)
        certain |= embed and here.manner.embeds and path.startswith(("./", "../")) and form is Form.FILE
        if certain and any(self._is_ignored(each) for each in candidates):
            return Target(unresolved(f"{shown(candidates[0])} is ignored by git: a build may make it", hint))
        named = shown(path if rooted or not candidates else candidates[0])
        if certain:
            return Target(Answer(Verdict.BROKEN, "no-file", f"there is no {named}", hint))
        return Target(unresolved(f"no {named} among the sources", hint))

    def _outside(self, path: str) -> Answer:
        """A path that climbs out of the root."""
        if self._reading.site.preset in ("plain", "obsidian") and self._is_repository:
            if _REPOSITORY_PAGE.match(path):
                return unresolved("a page of the repository on GitHub")
            return Answer(Verdict.BROKEN, "no-file", "the path leads out of the repository")
        return unresolved("the path leads out of the site")

    def _is_certain(self, here: Here, form: Form, path: str) -> bool:
        """Whether everything that could answer has been asked."""
        if self._reading.marked(here, path) is not None:
            return True
        table = self._reading.pages.table
        if not here.manner.pages:
            if form not in ROOTED:
                return form is not Form.PAGE or not self._is_foreign
            return form is not Form.ROOTED_PAGE and self._is_among_files(here, path)
        if form is Form.DOCUMENT:
            if self._reading.site.preset == "docusaurus":
                # what is not translated, or not of this version, is taken from elsewhere
                return not here.path.startswith(("i18n/", "versioned_docs/"))
            return table.complete or self._reading.site.preset not in ("mkdocs", "vitepress", "hugo")
        if form is not Form.FILE and self._reading.pages.redirects[1]:
            return False
        permalinks = self._reading.pages.permalinks
        addresses = [each.rstrip("/") for each in self._reading.addresses(here, path, rooted=form in ROOTED)]
        if not addresses or permalinks is None or any(permalinks.may_be(each) for each in addresses):
            return False
        if form is Form.FILE:
            return here.page is not None and here.page.known
        if form is Form.PAGE:
            return table.complete and here.page is not None and all(map(table.is_own, addresses))
        return self._is_own(here, form, path)

    def _is_among_files(self, here: Here, path: str) -> bool:
        """Whether the top folder of a rooted path is there, in the root or a folder above the document."""
        first, _, rest = path.strip("/").partition("/")
        folder = here.folder
        while folder and not self._reading.tree.is_folder(join(folder, first)):
            folder = posixpath.dirname(folder)
        return bool(rest) and self._reading.tree.is_folder(join(folder, first))

    @cached_property
    def _is_foreign(self) -> bool:
        """Whether a generator that holdfast does not know makes pages of the tree."""
        return any(
            self._reading.tree.kind(join(folder, name)) is not None
            for folder in ("", *self._reading.tree.names(""))
            if self._reading.tree.is_folder(folder)
            for name in manners.FOREIGN
        )

    def _is_own(self, here: Here, form: Form, path: str) -> bool:
        """Whether what lies at a rooted path can only be this site's, and is known."""
        table = self._reading.pages.table
        address = self._reading.inside(path)
        if (
            self._base
            and address is None
            and self._reading.site.preset not in ("hexo", "vitepress", "docusaurus")
        ):
            return False
        if here.manner.foreign and not (self._base and address is not None):
            return False
        address = address if address is not None else kept(path)
        if form is Form.ROOTED_FILE:
            first, _, rest = address.partition("/")
            owned = bool(rest) and (first in self._file_tops or first in table.tops)
            return owned and not self._reading.pages.brings_files
        return table.complete and table.is_own(address)

    @cached_property
    def _file_tops(self) -> frozenset[str]:
        """The top folders of files that are served as they are."""
        return frozenset(
            name
            for mount in self._reading.site.rules.addresses.mounts
            if not mount.at and mount.folder
            for name in self._reading.tree.names(mount.folder)
            if self._reading.tree.is_folder(join(mount.folder, name))
        )

    def _is_ignored(self, path: str) -> bool:
        """Whether git leaves this path alone: such files are often made by a build."""
        folder = posixpath.dirname(path)
        while folder and not self._reading.tree.is_folder(folder):
            folder = posixpath.dirname(folder)
        rules = self._ignoring.get(folder)
        if rules is None and folder not in self._ignoring:
            rules = Rules.above(self._reading.site.root, folder, [], keep=False)
            rules = rules.within(self._reading.site.root, folder, []) if rules is not None else None
            self._ignoring[folder] = rules
        if rules is None:
            return True
        below_it = path[len(folder) + 1 :] if folder else path
        parts = below_it.split("/")
        steps = [join(folder, *parts[: count + 1]) for count in range(len(parts))]
        return any(rules.ignore(step + "/") for step in steps[:-1]) or rules.ignore(path)

    # -- hints -------------------------------------------------------------------------------------------

    def _lenient(self, here: Here, path: str, candidates: list[str], *, rooted: bool) -> str | None:
        """A file that some other reading of the link finds."""
        plain = [candidate.rstrip("/") for candidate in candidates]
        if "\\" in path:
            plain += [normal(each.replace("\\", "/")) for each in plain]
            if any(self._reading.tree.kind(each) for each in plain):
                return path.replace("\\", "/")
        for each in plain:
            stem = re.sub(r"\.(?:html?|md)$", "", each)
            for ending in ("", *LENIENT):
                if stem + ending != each and self._reading.tree.is_file(bare(stem + ending)):
                    return self._link(here, bare(stem + ending), rooted=rooted)
            if self._reading.tree.is_folder(each) and each:
                return self._link(here, each, rooted=rooted) + "/"
        if self._reading.site.preset == "hugo":
            inner = join("assets", re.sub(r"^(?:\.{0,2}/)+", "", path))
            if self._reading.tree.is_file(normal(inner)):
                return inner
        if not rooted and here.manner.pages and not path.startswith("../"):
            found = self._reading.page_at(normal(path).removeprefix("./"))
            if found is not None:
                return "/" + normal(path)
        return None

    def _similar(self, here: Here, path: str, candidates: list[str], *, rooted: bool) -> str | None:
        for each in candidates:
            near = self._reading.tree.nearest(each)
            if near is not None:
                return self._link(here, near, rooted=rooted)
        name = posixpath.basename(path.rstrip("/"))
        same = self._by_name.get(name.lower(), ())
        if len(same) == 1:
            return self._link(here, same[0], rooted=rooted)
        if here.manner.pages:
            for address in self._reading.addresses(here, path, rooted=rooted):
                near = self._reading.pages.table.similar(address)
                if near is not None and near != address:
                    return f"{self._reading.site.base_path}/{quoted(near)}"
        return None

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self._reading.pages.paths):
            found.setdefault(posixpath.basename(path).lower(), []).append(path)
        return found

    def _link(self, here: Here, path: str, *, rooted: bool) -> str:
        """How the document would write a link to a file."""
        if not rooted:
            return quoted(posixpath.relpath(path, here.folder or "."))
        address = path
        if here.manner.pages:
            address = self._reading.site.rules.addresses.served_at(path) or path
        return "/" + quoted(address)


def _elsewhere(path: str) -> str | None:
    """The address on another server, or of a person, that was meant by what reads as a path here."""
    inner = path.find("://")
    if inner > 0:
        word = re.search(r"https?$", path[:inner])
        return shown(path[word.start() :]) if word else None
    if _DOMAIN.match(path):
        return "https://" + shown(path)
    return "mailto:" + path if _PERSON.fullmatch(path) else None


def _differ_in_case(path: str, other: str) -> bool:
    path, other = path.strip("/"), other.strip("/")
    return path != other and path.lower() == other.lower()


def shown(path: str) -> str:
    """A path as a report may hold it: what is no UTF-8 is replaced."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def quoted(path: str) -> str:
    return quote(path, safe="/-._~", errors="surrogateescape")

"""Answer local links: is the file there, is the page, has it that anchor?

Asks no server and writes nothing. `resolving` finds the file or page, `anchors` knows what is in it; this
module knows which of them to ask, and keeps what it has learnt.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from .. import files, urls
from ..config import Config
from ..generators.settings import host_of
from ..model import Answer, Document, Language, Reference, Verdict
from ..scan import LANGUAGES
from ..site import Site
from ..spelling import text_of
from . import expressions, wiki
from .built import Built
from .facts import Pages
from .naming import Named
from .reading import OK, Here, Target
from .repository import Repository
from .resolving import Resolver
from .tree import Kind, Tree

if TYPE_CHECKING:
    from .anchors import Anchors

_LINES = re.compile(r"L\d+(?:C\d+)?(?:-L?\d+(?:C\d+)?)?")
"""Lines of a source file, as GitHub and others number them."""

_OF_THEMES = re.compile(
    r"(?i)(?:comments?|disqus_thread|respond|reply|toc|tableofcontents|contents?|main(?:-?content)?|header|footer|"
    r"nav(?:bar|igation)?|sidebar|menu|search|page|article|post|site|wrapper|container|top|bottom|up|back|"
    r"__.*|fn(?:ref)?[:-]?.*|cite_.*|gitalk.*|valine.*|waline.*|twikoo.*|giscus.*|utterances.*|contact.*|"
    r"[!/?].*|skip.*|share.*|related.*|about)"
)
"""Anchors that themes' own layouts bring."""

LARGEST = 32 * 1024 * 1024
"""Bytes of a file that is read for its anchors."""


class Local:
    """The site's own files, and what links to them come to."""

    def __init__(self, site: Site, config: Config, *, own_repository: Repository | None = None) -> None:
        self._site = site
        self._repository = own_repository
        self._tree = Tree(site.root)
        self._pages = Pages(site, self._tree)
        is_repository = own_repository is not None and own_repository.root == site.root
        self._resolver = Resolver(site, self._tree, self._pages, is_repository=is_repository)
        self._named = Named(site, self._tree, self._pages)
        self._whole = self._tree if own_repository is None or is_repository else Tree(own_repository.root)
        self._built = Built(site, config.check.built, self._pages) if config.check.built else None
        self._host = host_of(site.rules.own_address)
        self._own = site.rules.own_address.lower()
        self._here: Here | None = None
        self._anchors: dict[tuple[str, str], Anchors | None] = {}

    # -- what is asked -----------------------------------------------------------------------------------

    def claims(self, url: str) -> bool:
        """Whether an absolute URL is the site's own, or a file or folder of this repository on GitHub."""
        return self._own_path(url) is not None or (
            self._repository is not None and self._repository.place(url) is not None
        )

    def understands(self, reference: Reference) -> bool:
        """Whether a template expression is one whose result can be told: ``{{< ref "a.md" >}}``."""
        return reference.dynamic and expressions.read(text_of(reference.raw), self._site.preset) is not None

    def answer(self, document: Document, reference: Reference) -> Answer:
        """What one reference of a document comes to: a local one, or a URL that `claims` took."""
        if reference.dynamic:
            return self._expression(document, reference)
        if reference.kind.startswith("wiki"):
            return self._wiki(document, text_of(reference.raw))
        url = reference.url
        if urls.is_remote(url) or urls.scheme(url) == "file":
            return self.answer_url(url)
        if urls.scheme(url):
            return Answer(Verdict.EXCLUDED, "scheme", f"{urls.scheme(url)} scheme")
        text, _, fragment = url.partition("#")
        here = self._at(document)
        if not text or text[0] == "?":
            own = self._built.own_anchor(document.path, fragment) if self._built is not None else None
            return own or self._anchored(Target(OK, document.path), fragment, document)
        if self._built is not None:
            answer = self._built.answer(here, text, fragment)
            if answer is not None:
                return answer
        return self._anchored(self._resolver.resolve(here, text, embed=reference.embed), fragment, document)

    def answer_url(self, url: str) -> Answer:
        """What a URL comes to that stands in no document: one that `claims` took, or ``file://``."""
        head, _, fragment = url.partition("#")
        if urls.scheme(url) == "file":
            return self._file_url(head, fragment)
        if not urls.is_remote(url):
            return Answer(
                Verdict.UNVERIFIED,
                "scheme",
                f"--remap leads to {urls.scheme(url)}:" if urls.scheme(url) else "--remap leads to no URL",
            )
        if self._repository is not None:
            place = self._repository.place(head)
            if place is not None:
                return self._in_repository(self._repository, *place, fragment)
        path = self._own_path(head)
        if path is None:
            return Answer(Verdict.UNVERIFIED, "unresolved", "no URL of this site")
        if self._built is not None:
            return self._built.rooted(path or "/", fragment)
        here = self._resolver.here(posixpath.join(self._site.content[0], "index.md"))
        return self._anchored(self._resolver.resolve(here, path or "/", embed=False), fragment, None)

    def _at(self, document: Document) -> Here:
        if self._here is None or self._here.path != document.path:
            self._here = self._resolver.here(document.path)
        return self._here

    def _own_path(self, url: str) -> str | None:
        """The path of a URL below the site's own address; None for every other URL."""
        if not self._host or self._host not in url:
            return None
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return None
        expected = urlsplit(self._own)
        default = {"http": 80, "https": 443}
        if parts.hostname != self._host or parts.scheme not in default:
            return None
        if (port or default[parts.scheme]) != (expected.port or default[parts.scheme]):
            return None
        base = self._site.base_path
        if base and parts.path.rstrip("/") != base and not parts.path.startswith(base + "/"):
            return None
        return parts.path + (f"?{parts.query}" if parts.query else "")

    # -- other ways to name a page -----------------------------------------------------------------------

    def _expression(self, document: Document, reference: Reference) -> Answer:
        found = expressions.read(text_of(reference.raw), self._site.preset)
        if found is None:
            return Answer(Verdict.EXCLUDED, "dynamic")
        if found.name == "path":
            target = self._resolver.resolve(self._at(document), found.argument, embed=reference.embed)
        else:
            target = self._named.find(document.path, found)
        return self._anchored(target, found.fragment, document)

    def _wiki(self, document: Document, text: str) -> Answer:
        name, fragment = wiki.parts(text)
        target = self._named.note(document.path, name) if name else Target(OK, document.path)
        if target.answer.verdict is not Verdict.OK or not fragment:
            return target.answer
        return self._anchored(target, quote(fragment, errors="surrogateescape"), document)

    def _file_url(self, url: str, fragment: str) -> Answer:
        path = Path(unquote(urlsplit(url).path, errors="surrogateescape"))
        try:
            if not path.exists():
                return Answer(Verdict.BROKEN, "no-file", "there is no such file on this machine")
        except (OSError, ValueError):
            return Answer(Verdict.BROKEN, "no-file", "no file can have this name")
        if not fragment or not path.is_file():
            return OK
        return self._judged(self._anchors_of(path, str(path), "github"), fragment, str(path), theme=False)

    def _in_repository(self, repository: Repository, path: str, surely: bool, fragment: str) -> Answer:
        if any(path == each or path.startswith(each + "/") for each in repository.submodules):
            return Answer(Verdict.UNVERIFIED, "other-branch", "another repository holds this folder")
        kind = self._whole.kind(posixpath.normpath(path) if path else "")
        if kind is Kind.FILE:
            if not fragment or _LINES.fullmatch(fragment):
                return OK
            file = self._whole.root / path
            return self._judged(self._anchors_of(file, path, "github"), fragment, path, theme=False)
        if kind is not None:
            return OK
        real, near = self._whole.spelled(path), self._whole.nearest(path)
        hint = f"did you mean {real or near}?" if real or near else ""
        if surely:
            return Answer(Verdict.BROKEN, "case" if real else "no-file", f"there is no {path}", hint)
        return Answer(Verdict.UNVERIFIED, "other-branch", f"there is no {path} here", hint)

    # -- anchors -----------------------------------------------------------------------------------------

    def _anchored(self, target: Target, fragment: str, document: Document | None) -> Answer:
        """The answer of a target with the fragment looked for in it."""
        if not fragment or target.answer.verdict is not Verdict.OK:
            return target.answer
        if _LINES.fullmatch(fragment):
            return OK
        if target.file is None:
            return Answer(Verdict.UNVERIFIED, "unresolved", "a page without a source")
        answer = OK
        # a Jekyll site of GitHub Pages is read on GitHub too
        for flavour in (self._site.preset, "github")[: 2 if self._site.preset == "jekyll" else 1]:
            if document is not None and target.file == document.path:
                found = self._of(document.path, flavour, document.language, lambda: document.source)
            else:
                found = self._anchors_of(self._tree.root / target.file, target.file, flavour)
            theme = self._site.preset not in ("plain", "obsidian")
            judged = self._judged(found, fragment, target.file, theme=theme)
            if judged.verdict is not Verdict.BROKEN:
                return judged
            answer = judged if answer is OK else answer
        return answer

    def _anchors_of(self, file: Path, path: str, flavour: str) -> Anchors | None:
        language = LANGUAGES.get(posixpath.splitext(path)[1].lower())
        if language is None or language == "css":
            return None
        return self._of(path, flavour, language, lambda: self._read(file))

    def _of(
        self, path: str, flavour: str, language: Language, read: Callable[[], bytes | None]
    ) -> Anchors | None:
        key = (path, flavour)
        if key not in self._anchors:
            from . import anchors

            source = read()
            if source is None or language == "css":
                self._anchors[key] = None
            elif language == "html":
                self._anchors[key] = anchors.of_html(source)
            else:
                self._anchors[key] = anchors.of_markdown(source, language, flavour, self._site.options)
        return self._anchors[key]

    def _read(self, file: Path) -> bytes | None:
        try:
            return files.read(file, limit=LARGEST)
        except OSError:
            return None

    def _judged(self, found: Anchors | None, fragment: str, path: str, *, theme: bool) -> Answer:
        if found is None:
            return OK
        from . import anchors

        has = anchors.has(found, fragment)
        if has:
            return OK
        near = anchors.nearest(found, fragment)
        hint = f"did you mean #{near}?" if near else ""
        detail = f"no #{fragment} in {path}"
        if has is None:
            scripted = posixpath.splitext(path)[1].lower() in (".html", ".htm")
            return Answer(Verdict.UNVERIFIED, "anchor-by-script" if scripted else "unresolved", detail, hint)
        name = posixpath.splitext(posixpath.basename(path))[0]
        own = theme and self._pages.own_slugs and not path.endswith((".html", ".htm"))
        listing = name in ("_index", "index") or _OF_THEMES.fullmatch(unquote(fragment)) is not None
        if own or (theme and listing):
            # list and home pages are the theme's work more than the document's
            return Answer(Verdict.UNVERIFIED, "unresolved", detail, hint)
        return Answer(Verdict.BROKEN, "no-anchor", detail, hint)

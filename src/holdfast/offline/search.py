"""Which search boxes a built site has, what each needs to work from ``file://``, and which cannot.

Pure: the site's paths and a way to read a file in, `Search` out. The table `ROWS` is what is known; the order
counts, a page's box belongs to the first row that fits. What makes a box work is `shim`'s part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from . import shim

Read = Callable[[str], bytes]
"""The bytes of a file of the site, by its POSIX path."""

REMOTE = "it asks a service on the network"
MODULES = "it is loaded as a module script, which browsers refuse to a page from file://"
ROUTED = "its pages read their paths from the address, which from file:// is another"
FOUND = "it is not known to holdfast: its index was packed under its usual name, so it will most likely work"


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of search box."""

    name: str
    marks: str
    """What a page with the box has: a pattern over its bytes, in any encoding that spells ASCII as ASCII."""
    tree: str | None = None
    """What a site with it has: a pattern over paths, one of which must fit. None: nothing of its own."""
    data: str | None = None
    """Which files it asks for by ``fetch``, ``XMLHttpRequest`` or ``importScripts``; None: as `tree`."""
    why: str = ""
    """Why it cannot work in a copy; empty when it can."""
    worker: str | None = None
    """Its worker's script, that needs all of `data` at once."""
    shim: bool = True
    """False where it works from ``file://`` by itself, and its results link to files."""
    note: str = ""
    """What a person should know though it works."""
    unless: tuple[str, str, str] | None = None
    """A pattern over paths and one over the bytes of such a file: with it the box does not work, and why."""
    script: tuple[str, str, str, str] | None = None
    """Over paths and over the bytes of such a file, as in `unless`: it looks, from ``file://``, for its index
    in this script beside the data, which declares it after this prefix. Nothing has to be packed then."""


@dataclass(frozen=True, slots=True)
class Search:
    """A kind of search box that a site has or, where it leaves no file there, may have."""

    name: str
    marks: re.Pattern[bytes]
    why: str = ""
    note: str = ""
    data: tuple[str, ...] = ()
    """Files of the site to be packed, see `shim.packed`."""
    workers: tuple[str, ...] = ()
    """Scripts of workers that need all of `data` before they run."""
    declared: tuple[tuple[str, str, str], ...] = ()
    """Files to be added beside the site's own: the path, which file it is made of, the prefix; see
    `shim.variable`."""
    shim: bool = True
    """Whether pages with this box need the shim."""

    @property
    def works(self) -> bool:
        """Whether the box works in a copy that is opened from ``file://``."""
        return not self.why

    @property
    def told(self) -> str:
        """One sentence for the report."""
        if self.why:
            return f"{self.name}: this search box does not work in the copy: {self.why}"
        return f"{self.name}: this search box works in the copy" + (f"; {self.note}" if self.note else "")


def _id(names: str) -> str:
    return rf"""(?<=[\s"'/])id\s*=\s*["']?(?:{names})(?![\w-])"""


def _class(names: str) -> str:
    return rf"""(?<=[\s"'/])class\s*=\s*(?:["'](?:[^"'<>]{{0,300}}?\s)?)?(?:{names})(?![\w-])"""


def _file(names: str) -> str:
    return rf"(?:^|/)(?:{names})\Z"


_INDEX = r"\A(?:[^/]+/)?index\.json\Z"
"""Of the site or of one language; Hugo can write one for each section and page too, which no box asks for."""
_HEXO = _file(r"(?:local-)?search\.(?:xml|json)")

ROWS: tuple[Row, ...] = (
    Row(
        "MkDocs",
        r"\bsearch/main\.js\b",
        tree=_file(r"search/worker\.js"),
        data=_file(r"search/(?:search_index\.json|lunr[\w.-]*\.js|tinyseg\.js)"),
        worker=_file(r"search/worker\.js"),
    ),
    Row(
        "MkDocs Material",
        r"workers/search\.\w+(?:\.min)?\.js\b",
        tree=_file(r"workers/search\.\w+(?:\.min)?\.js"),
        data=_file(r"search/search_index\.json"),
        script=(
            r"(?:^|/)javascripts/bundle\.[\w.]+\.js\Z",
            r"search_index\.js\b(?!on)",
            "search_index.js",
            "var __index = ",
        ),
    ),
    Row(
        "Sphinx",
        r"\bsearchtools\.js\b",
        tree=_file(r"searchindex\.js"),
        data=r"(?!)",
        shim=False,
        note="without a summary under each result",
    ),
    Row(
        "mdBook",
        _id("mdbook-searchbar|searchbar"),
        tree=_file(r"searchindex(?:-\w+)?\.(?:js|json)"),
        data=_file(r"searchindex(?:-\w+)?\.json"),
    ),
    Row(
        "Zola",
        r"search_index\.[\w-]+\.js\b|\belasticlunr\b",
        tree=_file(r"search_index\.[\w-]+\.js(?:on)?"),
        data=_file(r"search_index\.[\w-]+\.json"),
    ),
    Row(
        "GitBook",
        r"\bgitbook-plugin-(?:search|lunr)\b|gitbook/gitbook\.js",
        tree=_file(r"search_index\.json"),
    ),
    Row(
        "Docsy",
        r"\bdata-offline-search-index-json-src\b",
        tree=_file(r"offline-search-index(?:[.-]\w+)*\.json"),
    ),
    Row(
        "Hugo Book",
        _id("book-search-input"),
        tree=_file(r"(?:[\w-]+\.)?search-data(?:\.\w+)*\.json"),
        unless=(_file(r"(?:[\w-]+\.)?search(?:\.min)?\.\w+\.js"), r"\bimport\(", MODULES),
    ),
    Row(
        "just-the-docs",
        _class("js-search-input") + "|" + _id("search-input"),
        tree=_file(r"js/search-data\.json"),
        data=_file(r"js/search-data\.json"),
    ),
    Row(
        "Hextra",
        _class("hextra-search[\\w-]*|search-input"),
        tree=_file(r"(?:[\w-]+\.)?search-data(?:\.\w+)*\.json"),
    ),
    Row("PaperMod", _id("searchInput"), tree=_INDEX),
    Row(
        "LoveIt, DoIt, FixIt",
        _id("search-input-desktop|search-desktop"),
        tree=_file(r"(?:index|search)\.json"),
    ),
    Row("Congo, Blowfish", _id("search-wrapper"), tree=_INDEX),
    Row("Stack", r"\bdata-json\s*=\s*[^<>\s]{0,300}search/index\.json", tree=_file(r"search/index\.json")),
    Row(
        "Hugo Learn, Relearn",
        _id("(?:R-)?search-by"),
        tree=_file(r"(?:index|searchindex[\w.]*)\.(?:js|json)"),
        data=_INDEX,
    ),
    Row("Hugo with Fuse", _id("fastSearch|search-query|search-hits|searchbox-query"), tree=_INDEX),
    Row(
        "Hexo NexT, Butterfly",
        _class("search-popup|local-search[\\w-]*|local-search") + "|" + _id("local-search"),
        tree=_HEXO,
    ),
    Row("Hexo Fluid", _id("local-search-input"), tree=_HEXO),
    Row("Hexo Icarus", _class("searchbox-input|ins-search-input"), tree=_file(r"content\.json")),
    Row(
        "Simple-Jekyll-Search",
        r"\bSimpleJekyllSearch\b|\bsimple-jekyll-search\b|" + _id("search-results"),
        tree=_file(r"search\.json"),
    ),
    Row(
        "Pagefind",
        r"\bpagefind(?:-[\w-]+)?\b",
        tree=r"(?:^|/)pagefind/pagefind\.js\Z",
        data=r"(?!)",
        why=MODULES,
    ),
    Row(
        "VitePress",
        _class("VPNavBarSearch\\w*|VPLocalSearchBox") + "|" + _id("VPContent|local-search"),
        tree=r"@localSearchIndex",
        data=r"(?!)",
        why=MODULES,
    ),
    Row(
        "Quartz", r"contentIndex\.json\b", tree=_file(r"static/contentIndex\.json"), data=r"(?!)", why=MODULES
    ),
    Row(
        "Docusaurus",
        _id("__docusaurus"),
        tree=_file(r"search-index(?:[\w.-]*)\.json|lunr-index(?:-\w+)?\.json"),
        data=r"(?!)",
        why=ROUTED,
    ),
    Row(
        "Algolia",
        r"(?<![\w-])docsearch(?:\.min)?\.(?:js|css)\b|@docsearch/|\balgolia(?:search|net|AppI[dD])\b|"
        + _class("DocSearch[\\w-]*")
        + "|"
        + _id("docsearch"),
        why=REMOTE,
    ),
    Row(
        "Google",
        r"cse\.google\.com/cse|\bgcse-search\w*|action\s*=\s*[\"']?https?://(?:www\.)?google\.[a-z.]+/(?:custom)?search",
        why=REMOTE,
    ),
    Row("DuckDuckGo", r"action\s*=\s*[\"']?https?://(?:www\.)?duckduckgo\.com\b", why=REMOTE),
    Row("Read the Docs", r"readthedocs-(?:addons|search)[\w.-]*\.js|<readthedocs-search\b", why=REMOTE),
    Row("Typesense", r"\btypesense(?:-[\w-]+)?(?:\.min)?\.(?:js|css)\b", why=REMOTE),
    Row("Meilisearch", r"\bmeilisearch\b", why=REMOTE),
    Row("Swiftype", r"\bswiftype\.com\b|\bst-search-input\b", why=REMOTE),
)

UNKNOWN = Row(
    "Search",
    r"""\btype\s*=\s*["']?search\b|\brole\s*=\s*["']?search\b|<search\b|"""
    + _id(r"[\w-]{0,60}search[\w-]{0,60}"),
    tree=_file(
        r"(?:[\w-]+\.)?(?:search|searchindex|search[_-]?index|search[_-]?data|local-search|lunr(?:[_-]?index)?"
        r"|fuse[_-]?index)(?:\.(?:min|[0-9a-f]{8,64}))*\.(?:json|xml)"
    )
    + r"|\A(?:[^/]+/)?(?:index|content)\.(?:[a-z-]+\.)?json\Z",
    note=FOUND,
)
"""For boxes of no row in a site that has an index under one of its usual names."""


def searches(paths: Iterable[str], read: Read) -> list[Search]:
    """Which kinds of search boxes a site with these files has, the likeliest first.

    Reads a few scripts where the path alone does not decide, and no page.
    """
    likely = [path for path in sorted(paths) if path.endswith((".js", ".json", ".xml"))]
    return [found for row in (*ROWS, UNKNOWN) if (found := _search(row, likely, read)) is not None]


def _search(row: Row, paths: Sequence[str], read: Read) -> Search | None:
    marks = re.compile(row.marks.encode("ascii"), re.IGNORECASE)
    if row.tree is None:
        return Search(row.name, marks, why=row.why, shim=False)
    if not _matching(row.tree, paths):
        return None
    why = row.why or (
        row.unless[2] if row.unless and _holds(row.unless[0], row.unless[1], paths, read) else ""
    )
    if why:
        return Search(row.name, marks, why=why, shim=False)
    data = _matching(row.data if row.data is not None else row.tree, paths)
    workers = _matching(row.worker, paths) if row.worker else ()
    if row.script and _holds(row.script[0], row.script[1], paths, read):
        beside = tuple((_sibling(path, row.script[2]), path, row.script[3]) for path in data)
        declared = tuple(one for one in beside if one[0] not in paths)
        return Search(row.name, marks, note=row.note, declared=declared)
    return Search(row.name, marks, note=row.note, data=data, workers=workers, shim=row.shim)


def _matching(pattern: str, paths: Sequence[str]) -> tuple[str, ...]:
    fits = re.compile(pattern).search
    return tuple(path for path in paths if fits(path))


def _holds(pattern: str, text: str, paths: Sequence[str], read: Read) -> bool:
    says = re.compile(text.encode("ascii")).search
    return any(says(read(path)) for path in _matching(pattern, paths))


def _sibling(path: str, name: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return f"{folder}{slash}{name}"


def uses(page: bytes, known: Sequence[Search]) -> tuple[Search, ...]:
    """The search boxes of one page, out of what `searches` found for its site.

    A remote service beside an own index is told too: themes bring several and switch between them. A box of
    no row is only looked for where no row fits.
    """
    near = _near(page, _words(tuple(one.name for one in known)))
    found = tuple(one for one in known if one.name != UNKNOWN.name and one.marks.search(near))
    if found:
        works = [one for one in found if one.works][:1]
        return (*works, *(one for one in found if not one.works))
    return tuple(one for one in known if one.name == UNKNOWN.name and one.marks.search(near))


_WORDS = (
    *(b"search", b"algolia", b"contentindex", b"cse.google", b"docusaurus", b"duckduckgo", b"elasticlunr"),
    *(b"gitbook", b"pagefind", b"readthedocs", b"swiftype", b"typesense", b"vpcontent"),
)
"""Every mark has one of these in it, in lower case."""
_BEFORE, _AFTER = 400, 200


@lru_cache(maxsize=8)
def _words(names: tuple[str, ...]) -> tuple[bytes, ...]:
    """Of `_WORDS` those that the marks of these rows have in them: most sites have few kinds of boxes."""
    marks = [row.marks.lower().replace("\\", "") for row in (*ROWS, UNKNOWN) if row.name in names]
    return tuple(word for word in _WORDS if any(word.decode() in each for each in marks))


def _near(page: bytes, words: Iterable[bytes]) -> bytes:
    """What stands around these words: the marks are looked for there alone, for each is far slower than a
    word (2.7 MB/s for all of them over a whole site)."""
    lowered = page.lower()
    places = []
    for word in words:
        at = lowered.find(word)
        while at >= 0:
            places.append(at)
            at = lowered.find(word, at + _AFTER // 2)
    kept: list[bytes] = []
    end = 0
    for at in sorted(places):
        start = max(end, at - _BEFORE)
        if start > end:
            kept.append(b"\n>\n")
        end = max(end, at + _AFTER)
        kept.append(page[start:end])
    return b"".join(kept)


@dataclass(frozen=True, slots=True)
class Packing:
    """What a copy gets for its search boxes."""

    files: tuple[tuple[str, str, str | None], ...]
    """Path in the copy, the file of the site that it is made of, and the prefix for `shim.variable`; None:
    for `shim.packed`."""
    data: tuple[str, ...]
    workers: tuple[tuple[str, tuple[str, ...]], ...]
    """For `shim.code`."""

    def make(self, source: str, prefix: str | None, data: bytes) -> bytes:
        """The bytes of one of `files`."""
        return shim.packed(source, data) if prefix is None else shim.variable(prefix, data)


def packing(used: Iterable[Search]) -> Packing:
    """What to add to a copy whose pages use these search boxes, each file once."""
    kinds = list(dict.fromkeys(used))
    data = tuple(sorted({path for one in kinds for path in one.data}))
    declared = sorted({row for one in kinds for row in one.declared})
    return Packing(
        files=(*((shim.data_path(path), path, None) for path in data), *declared),
        data=data,
        workers=tuple((script, one.data) for one in kinds for script in one.workers),
    )

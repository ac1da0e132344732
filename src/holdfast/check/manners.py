"""How each kind of site reads a link: a row for every preset.

Opens nothing. A row says what a miss means: only forms in ``sure`` may be called broken, everything else is
the generator's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """How a local link is written, as far as generators treat it differently."""

    DOCUMENT = "document"
    """``../b.md``: the source of a page, from the document's folder."""
    FILE = "file"
    """``img/x.png``: a file with another ending, likewise."""
    PAGE = "page"
    """``../b/``, ``b``, ``b.html``: no source's name."""
    ROOTED_DOCUMENT = "rooted-document"
    """``/post/b.md``"""
    ROOTED_FILE = "rooted-file"
    """``/img/x.png``"""
    ROOTED_PAGE = "rooted-page"
    """``/post/b/``"""


ROOTED = frozenset({Form.ROOTED_DOCUMENT, Form.ROOTED_FILE, Form.ROOTED_PAGE})
RELATIVE = frozenset({Form.DOCUMENT, Form.FILE, Form.PAGE})

_SOURCES = (".md", ".mdx", ".markdown")
INDEXES = ("/index.md", "/README.md", "/index.mdx", "/_index.md", "/index.html", "/readme.md")
LENIENT = (*_SOURCES, ".html", *INDEXES)
"""What may be meant where a name lacks an ending; a link that only this finds is unverified."""


@dataclass(frozen=True, slots=True)
class Manner:
    """One row."""

    sure: frozenset[Form]
    """Forms of which a miss is broken."""
    pages: bool = True
    """Pages have addresses of their own, at which a browser reads a relative link."""
    folders: bool = False
    """A folder without an index can be shown."""
    endings: tuple[str, ...] = INDEXES
    """What a link to a source may leave out."""
    html: bool = False
    """``a.html`` may be written for ``a.md``."""
    case: bool = True
    """Names differ in upper and lower case."""
    embeds: bool = False
    """The build fails for want of a picture that is named by ``./`` or ``../``."""
    foreign: bool = False
    """Rooted paths are left as they are and may lead to the host's other sites, even to those of this
    site's own names."""


_ALL = frozenset(Form)
_NONE: frozenset[Form] = frozenset()
_DOCUMENT, _FILE, _PAGE = Form.DOCUMENT, Form.FILE, Form.PAGE

MANNERS: Mapping[str, Manner] = {
    "plain": Manner(sure=_ALL, pages=False, folders=True),
    # goldmark's link hook finds pages by their logical path: without ending, in any case of letters
    "hugo": Manner(sure=_ALL, endings=(*_SOURCES, *INDEXES), case=False),
    "hexo": Manner(sure=_ALL),
    "jekyll": Manner(sure=_ALL, html=True),
    "mkdocs": Manner(sure=_ALL, foreign=True),
    "docusaurus": Manner(
        sure=frozenset({_DOCUMENT, Form.ROOTED_DOCUMENT}), endings=(*_SOURCES, *INDEXES), embeds=True
    ),
    "vitepress": Manner(sure=_ALL, endings=(*_SOURCES, *INDEXES), html=True, embeds=True),
    "astro": Manner(sure=_NONE, endings=(*_SOURCES, *INDEXES), embeds=True),
    "gatsby": Manner(sure=_NONE, endings=(*_SOURCES, *INDEXES), embeds=True),
    "eleventy": Manner(sure=_NONE),
    "pelican": Manner(sure=_NONE),
    "zola": Manner(sure=_ALL),
    "mdbook": Manner(sure=frozenset({_DOCUMENT, _FILE}), html=True),
    "obsidian": Manner(sure=_ALL, pages=False, folders=True, endings=_SOURCES, case=False),
}
"""By preset."""

HTML = Manner(sure=_ALL, pages=False, endings=("/index.html", ".html"))
"""An HTML or CSS document that is no page's source: a browser reads it where it lies."""

FOREIGN = (
    "conf.py", ".vuepress", "_quarto.yml", "_toc.yml", "book.json", "antora.yml", "mint.json", "docs.json",
    "next.config.js", "next.config.mjs", "next.config.ts", "nuxt.config.ts", "nuxt.config.js",
    "svelte.config.js", "gridsome.config.js", "remix.config.js", "react-router.config.ts", "_sidebar.md",
    "rspress.config.ts", "dumi.config.ts", ".dumirc.ts", "theme.config.tsx", "quartz.config.ts", "docfx.json",
    "Doxyfile", "_bookdown.yml", "lektorproject", "nikola.conf", "site.lektorproject",
    "publish.el", "honkit.json", ".gitbook.yaml", "writerside.cfg", "_Sidebar.md",
)  # fmt: skip
"""Names by which generators are known that holdfast has no preset for: what they make of a path is theirs."""

DOCUMENT_ENDINGS = frozenset(
    {".md", ".mdx", ".markdown", ".mkd", ".mdown", ".rst", ".adoc", ".org", ".ipynb"}
)
_PAGE_ENDINGS = frozenset({"", ".html", ".htm", ".php", ".aspx", ".asp", ".jsp"})


def form_of(path: str, *, rooted: bool) -> Form:
    """The form of a link's path, decoded, without query and fragment."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    ending = name[dot:].lower() if dot > 0 else ""
    if ending and (not ending[1:].isalnum() or len(ending) > 6 or ending[1:].isdigit()):
        ending = ""
    if ending in DOCUMENT_ENDINGS:
        return Form.ROOTED_DOCUMENT if rooted else Form.DOCUMENT
    if ending in _PAGE_ENDINGS:
        return Form.ROOTED_PAGE if rooted else Form.PAGE
    return Form.ROOTED_FILE if rooted else Form.FILE

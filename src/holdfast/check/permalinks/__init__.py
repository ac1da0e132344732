"""Under which addresses the pages of a site are served: front matter and settings in, paths out.

Opens nothing. Every generator has its own module or function, entered in `PERMALINKS`. An address is the part
of a URL's path behind the base path, without a slash at its beginning, not percent-encoded: ``post/a/``,
``about.html``, "" for the home page. What the settings do not tell is said to be unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .hexo import Hexo
from .hugo import Hugo
from .jekyll import Jekyll
from .record import Facts, Page, Permalinks
from .simple import Docusaurus, Eleventy, MdBook, MkDocs, Unknown, VitePress
from .small import Pelican, Zola

__all__ = ["PERMALINKS", "Facts", "Page", "Permalinks"]

PERMALINKS: Mapping[str, Callable[[Facts], Permalinks]] = {
    "hugo": Hugo,
    "hexo": Hexo,
    "jekyll": Jekyll,
    "mkdocs": MkDocs,
    "docusaurus": Docusaurus,
    "vitepress": VitePress,
    "mdbook": MdBook,
    "eleventy": Eleventy,
    "pelican": Pelican,
    "zola": Zola,
    "astro": Unknown,
    "gatsby": Unknown,
}
"""By preset; plain trees and vaults have no pages but their files."""

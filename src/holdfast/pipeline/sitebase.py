"""Where a built site is published, as far as its own pages say; and what to say of a folder without pages.

Writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import ada_url

from ..errors import UsageError
from ..offline.tree import Tree
from ..sites import PRESETS

_LINK = re.compile(rb"<link\b[^>]*>", re.IGNORECASE)
_CANONICAL = re.compile(rb"""\brel\s*=\s*["']?canonical\b""", re.IGNORECASE)
_HREF = re.compile(rb"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_LOOKED_AT = 20
"""Pages that are asked for their canonical URL."""

BUILD: dict[str, tuple[str, str]] = {
    "hugo": ("hugo", "public/"),
    "hexo": ("hexo generate", "public/"),
    "jekyll": ("jekyll build", "_site/"),
    "mkdocs": ("mkdocs build", "site/"),
    "docusaurus": ("docusaurus build", "build/"),
    "vitepress": ("vitepress build", ".vitepress/dist/"),
    "astro": ("astro build", "dist/"),
    "gatsby": ("gatsby build", "public/"),
    "eleventy": ("eleventy", "_site/"),
    "pelican": ("pelican content", "output/"),
    "zola": ("zola build", "public/"),
    "mdbook": ("mdbook build", "book/"),
}
"""By preset: what builds the site, and into which folder."""


def no_pages(root: Path) -> tuple[str, str]:
    """Message and hint for a folder that holds no HTML."""
    for name, (command, folder) in BUILD.items():
        if any((root / mark.file).exists() for mark in PRESETS[name].marks):
            return (
                f"{root} holds no HTML page: it is the source of a {PRESETS[name].title} site",
                f"build it first (`{command}`), then name what was built: holdfast offline {folder} COPY",
            )
    return f"{root} holds no HTML page", "build the site first, then name the folder that the generator wrote"


def found(pages: Sequence[str], read: Callable[[str], bytes]) -> str:
    """The base URL that the pages agree on, by their canonical URLs.

    Raises:
        UsageError: they say nothing, or contradict one another.
    """
    said = {base for base in (_base(page, read(page)) for page in _first(pages)) if base}
    if len(said) == 1:
        return said.pop()
    what = f"the pages name several: {', '.join(sorted(said))}" if said else "no page says it"
    raise UsageError(
        f"it is not known where the site is published: {what}",
        "say it, as in --base-url https://blog.example/",
    )


def doubts(pages: Sequence[str], read: Callable[[str], bytes], tree: Tree) -> list[str]:
    """What speaks against a base URL.

    Raises:
        UsageError: each page that says where it is published says another site.
    """
    said = {base for base in (_base(page, read(page)) for page in _first(pages)) if base}
    if not said or any(tree.owns(base) or tree.base_url.startswith(base) for base in said):
        return []
    others = ", ".join(sorted(said))
    raise UsageError(
        f"--base-url {tree.base_url} matches nothing: the pages say that they are published under {others}",
        f"write --base-url {sorted(said)[0]}",
    )


def _first(pages: Sequence[str]) -> Sequence[str]:
    """The pages nearest to the root, which name it best."""
    return sorted(pages, key=lambda page: (page.count("/"), page))[:_LOOKED_AT]


def _base(path: str, data: bytes) -> str:
    """The site's base by one page's canonical URL: what is left when the page's own path is taken off."""
    for link in _LINK.findall(data[:65536]):
        if not _CANONICAL.search(link) or not (href := _HREF.search(link)):
            continue
        text = next(part for part in href.groups() if part is not None).decode("utf-8", "replace")
        try:
            parsed = ada_url.URL(text.replace("&amp;", "&").strip())
        except ValueError:
            return ""
        if parsed.protocol not in ("http:", "https:"):
            return ""
        whole = f"{parsed.protocol}//{parsed.host}{parsed.pathname}"
        for ending in _endings(path):
            if whole.endswith("/" + ending):
                return whole[: len(whole) - len(ending)]
        return ""
    return ""


def _endings(path: str) -> list[str]:
    """How a page's own path can end its URL, the longest first."""
    from ..offline.relative import encoded

    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    whole = [path, f"{folder}/{stem}" if folder else stem]
    if name in ("index.html", "index.htm"):
        whole = [path, f"{folder}/" if folder else "", folder]
    return [encoded(each) for each in whole if each or name.startswith("index.")]

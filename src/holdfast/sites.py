"""The kinds of sites as rows of data: how each is recognised, where its images live, how they are written.

Opens nothing. `site` turns a row and a site's own settings into arithmetic on paths; `settings` reads what a
generator's configuration says. A new kind of site is a row here (and, where its configuration moves folders,
a reader in `settings`).

Rows marked ``built`` were shown right by building real sites, under ``/`` and under a base path
(tests/test_real_sites.py); the others follow their generator's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

import msgspec

from .addresses import Style
from .model import Place, ScanOptions


def _everywhere(style: Style, **but: Style) -> Mapping[Place, Style]:
    """One style for all places, with exceptions by the place's name."""
    return {place: but.get(place.name.lower(), style) for place in Place}


class Mark(msgspec.Struct, frozen=True):
    """One sign of a kind of site: a file of this name and, where the name alone is not enough, more."""

    file: str
    """POSIX path below the root."""
    says: str = ""
    """A regular expression that the file's text must match: a file that no parser accepts is still known."""
    near: tuple[str, ...] = ()
    """Files or folders, one of which must exist too."""


class Look(Protocol):
    """What recognition may ask of a folder."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder at this POSIX path below the root."""
        ...

    def text(self, path: str) -> str:
        """The text of a small file; empty when it cannot be read."""
        ...


class Preset(msgspec.Struct, frozen=True):
    """One kind of site."""

    name: str
    title: str
    """The generator's name, for a person."""
    marks: tuple[Mark, ...]
    """Any one of them suffices."""
    content: tuple[str, ...]
    """Folders of documents, unless the site's settings say otherwise; those that exist are taken."""
    published: str
    """The folder whose files are served under the site's root as they are; settings may move it."""
    assets: str
    """The asset folder below `published`."""
    styles: Mapping[Place, Style]
    """How a file in the asset folder is referred to, place by place."""
    kinds: Mapping[str, Style] = msgspec.field(default_factory=dict)
    """The same for kinds of references that are written differently from others of their place."""
    bundle: Mapping[Place, Style] = msgspec.field(default_factory=dict)
    """The same for files beside a leaf bundle's ``index.md``; a missing place uses the asset folder."""
    beside: Mapping[Place, Style] = msgspec.field(default_factory=dict)
    """The same with ``--layout beside``; a place that is missing uses the asset folder, because the generator
    would not publish, or not find, a file beside the document."""
    always_beside: bool = False
    archive: str = "archive"
    """``.holdfast`` where the generator would publish a folder called archive."""
    leave_out: tuple[str, ...] = ()
    options: ScanOptions = msgspec.field(default_factory=ScanOptions)
    keep_mtime: bool = False
    """The generator shows a file's modification time to readers."""
    built: bool = False
    """A test builds such a site with the real generator."""


def _keys(*names: str, unfenced: bool = False, headers: bool = False) -> ScanOptions:
    return ScanOptions(image_keys=frozenset(names), unfenced=unfenced, headers=headers)


def _scripts(stem: str, *endings: str) -> tuple[Mark, ...]:
    return tuple(Mark(f"{stem}.{ending}") for ending in endings)


_HUGO_ENDINGS = ("toml", "yaml", "yml", "json")
_HUGO_SAYS = r"(?im)^\s*[\"']?(baseurl|languagecode|defaultcontentlanguage|disablekinds)[\"']?\s*[:=]"
_HUGO_NEAR = ("archetypes", "layouts", "themes")

HUGO_CONFIGURATIONS = tuple(
    f"{folder}{stem}.{ending}"
    for folder in ("", "config/_default/")
    for stem in ("hugo", "config")
    for ending in _HUGO_ENDINGS
)
"""Hugo's main configuration files, in its own order (``hugo`` since 0.110, ``config`` before)."""

_HUGO = Preset(
    name="hugo",
    title="Hugo",
    marks=(
        *(Mark(name) for name in HUGO_CONFIGURATIONS if name.rpartition("/")[2].startswith("hugo.")),
        *(Mark(f"config/_default/config.{ending}") for ending in _HUGO_ENDINGS),
        *(Mark(f"config.{ending}", says=_HUGO_SAYS) for ending in _HUGO_ENDINGS),
        *(Mark(f"config.{ending}", near=_HUGO_NEAR) for ending in _HUGO_ENDINGS if ending != "json"),
    ),
    content=("content",),
    published="static",
    assets="archive",
    # Measured with Hugo 0.168, baseURL https://blog.example.com/blog/, a value v and `{{ v | relURL }}`:
    #   /archive/x       -> /archive/x             (base path missing: broken)
    #   archive/x        -> /blog/archive/x        (but printed raw it is relative to the page: broken)
    #   /blog/archive/x  -> /blog/archive/x        (right, raw as well, and with absURL and canonifyURLs)
    # Without a base path the last is `/archive/x`, right in every theme. So one style serves all places, and
    # themes that print the value raw as well as those that use relURL.
    styles=_everywhere(Style.BASED),
    # A bundle's resources are published beside its page, so a bare name is right wherever the page goes
    # (slug, permalinks). Not so in front matter and in a theme's own shortcodes: `{{ "x.png" | relURL }}` is
    # `/blog/x.png`, while `figure` finds the asset folder's file as well.
    bundle={Place.MARKDOWN: Style.SOURCE, Place.HTML: Style.SOURCE},
    # A single file's page is one level deeper than its folder (`/post/a/`), while a file beside it is
    # published with the section (`/post/x.png`, measured, also without an `_index.md`).
    beside=_everywhere(Style.BASED),
    leave_out=("public", "themes", "layouts", "archetypes", "resources", "data", "i18n"),
    options=_keys(
        "images", "image", "thumbnail", "cover", "banner", "feature", "featureimage", "featuredimage",
        "featuredimagepreview", "featured_image", "thumbnailimage", "coverimage",
    ),
    built=True,
)  # fmt: skip

_HEXO_SAYS = r"(?m)^(source_dir|public_dir|new_post_name|skip_render|post_asset_folder|archive_dir)\s*:"

_HEXO = Preset(
    name="hexo",
    title="Hexo",
    marks=(
        *(Mark(f"_config.{ending}", says=_HEXO_SAYS) for ending in ("yml", "yaml")),
        *(
            Mark(f"_config.{ending}", near=("scaffolds", "node_modules/hexo"))
            for ending in ("yml", "yaml", "json")
        ),
        Mark("package.json", says=r'"hexo"\s*:'),
    ),
    content=("source",),
    published="source",
    assets="archive",
    # Measured with Hexo 8.1, hexo-renderer-marked 7.0, `root: /blog/`, the value /archive/x:
    #   ![](...)          -> /blog/archive/x       {% img ... %}           -> /blog/archive/x
    #   <img src="...">   -> /archive/x            [](...)                 -> /archive/x
    #   url_for(cover)    -> /blog/archive/x       (and /blog/archive/x -> /blog/blog/archive/x)
    # Themes print covers with url_for. `settings` changes the first where another renderer is installed.
    styles=_everywhere(Style.BASED, markdown=Style.ROOTED, shortcode=Style.ROOTED, front_matter=Style.ROOTED),
    kinds={"link": Style.BASED, "autolink": Style.BASED, "bare-url": Style.BASED},
    leave_out=("public", "themes", "scaffolds", "node_modules", ".deploy_git"),
    options=_keys(
        "cover", "top_img", "banner_img", "index_img", "thumbnail", "img", "photos", "banner", unfenced=True
    ),
    keep_mtime=True,
    built=True,
)

_MKDOCS_STYLES = _everywhere(
    Style.SOURCE, html=Style.PAGE, css=Style.PAGE, shortcode=Style.PAGE, front_matter=Style.BASED
)

_MKDOCS = Preset(
    name="mkdocs",
    title="MkDocs",
    marks=(Mark("mkdocs.yml"), Mark("mkdocs.yaml")),
    content=("docs",),
    published="docs",
    assets="archive",
    # Measured with MkDocs 1.6, docs/post/a.md, site_url https://e.com/blog/: Markdown is rewritten from the
    # source's place to the page's; raw HTML is left alone; in front matter `/blog/archive/x` is right both
    # printed raw and with the `url` filter, which would bend every relative form.
    styles=_MKDOCS_STYLES,
    beside=_MKDOCS_STYLES,
    leave_out=("site", "overrides"),
    options=_keys("image", "cover", headers=True),
    built=True,
)

_SCRIPT_ENDINGS = ("js", "ts", "mjs", "mts", "cjs", "cts")

_DOCUSAURUS = Preset(
    name="docusaurus",
    title="Docusaurus",
    marks=_scripts("docusaurus.config", *_SCRIPT_ENDINGS),
    content=("docs", "blog", "src/pages", "versioned_docs", "i18n"),
    published="static",
    assets="archive",
    # Markdown is resolved against the static folders by the bundler, front matter by useBaseUrl (which adds
    # the base path); JSX is left alone.
    styles=_everywhere(Style.ROOTED, html=Style.BASED, css=Style.BASED),
    beside={Place.MARKDOWN: Style.DOTTED, Place.FRONT_MATTER: Style.DOTTED},
    leave_out=("build", ".docusaurus", "node_modules"),
    options=_keys("image"),
)

_VITEPRESS_ENDINGS = ("ts", "mts", "js", "mjs", "cjs")
VITEPRESS_HOMES = ("", "docs/", "doc/", "site/")
"""Where a project keeps VitePress, below the site's root."""

_VITEPRESS = Preset(
    name="vitepress",
    title="VitePress",
    marks=tuple(
        Mark(f"{home}.vitepress/config.{ending}") for home in VITEPRESS_HOMES for ending in _VITEPRESS_ENDINGS
    ),
    content=("",),
    published="public",
    assets="archive",
    # Measured with VitePress 1.6, base /blog/: all images, srcset and poster too, are completed by Vite (it
    # fails on /blog/archive/x), Markdown's links by VitePress, front matter by themes; a raw <a> by nobody.
    styles=_everywhere(Style.ROOTED),
    kinds={"html-a-href": Style.BASED},
    beside={Place.MARKDOWN: Style.DOTTED, Place.HTML: Style.DOTTED},
    leave_out=("node_modules",),
    options=_keys("src", "icon", "image"),
)

_ASTRO = Preset(
    name="astro",
    title="Astro",
    marks=_scripts("astro.config", *_SCRIPT_ENDINGS),
    content=("src",),
    published="public",
    assets="archive",
    styles=_everywhere(Style.BASED),
    # Measured with Astro 5: only a relative image of Markdown (or of a schema's image()) is processed.
    beside={Place.MARKDOWN: Style.DOTTED, Place.FRONT_MATTER: Style.DOTTED},
    leave_out=("dist", ".astro", "node_modules", "public"),
    options=_keys("image", "heroimage", "cover", "ogimage"),
)

_GATSBY = Preset(
    name="gatsby",
    title="Gatsby",
    marks=_scripts("gatsby-config", *_SCRIPT_ENDINGS),
    content=("content", "src/pages", "src/content", "blog"),
    published="content",
    assets="archive",
    # gatsby-remark-images and file nodes know relative paths only.
    styles=_everywhere(Style.DOTTED),
    beside=_everywhere(Style.DOTTED),
    always_beside=True,
    leave_out=("public", ".cache", "node_modules"),
    options=_keys("cover", "image", "featuredimage", "thumbnail", "hero"),
)

_ELEVENTY = Preset(
    name="eleventy",
    title="Eleventy",
    marks=(Mark(".eleventy.js"), *_scripts("eleventy.config", "js", "mjs", "cjs", "ts")),
    content=("",),
    published="",
    assets="assets/archive",
    # Measured with Eleventy 3: only its HTML base plugin completes bodies; layouts print covers with `| url`.
    styles=_everywhere(Style.BASED, front_matter=Style.ROOTED),
    leave_out=("_site", "_includes", "_layouts", "_data", "node_modules"),
    options=_keys("image", "cover", "thumbnail"),
)

_PELICAN = Preset(
    name="pelican",
    title="Pelican",
    marks=(Mark("pelicanconf.py"),),
    content=("content",),
    published="content",
    assets="images/archive",
    # Measured with Pelican 4: {static} is resolved everywhere but in srcset and style; themes print
    # SITEURL/{{ article.cover }}.
    styles=_everywhere(Style.STATIC, css=Style.BASED, front_matter=Style.BARE),
    kinds={"html-img-srcset": Style.BASED, "html-source-srcset": Style.BASED},
    leave_out=("output", "themes", "plugins"),
    options=_keys("cover", "image", "thumbnail", "header_cover", headers=True),
)

_ZOLA = Preset(
    name="zola",
    title="Zola",
    marks=(Mark("config.toml", says=r"(?m)^\s*base_url\s*="), Mark("zola.toml")),
    content=("content",),
    published="static",
    assets="archive",
    # Bodies are passed on as written; templates complete front matter with get_url.
    styles=_everywhere(Style.BASED, front_matter=Style.ROOTED),
    bundle={Place.MARKDOWN: Style.SOURCE, Place.HTML: Style.SOURCE},
    leave_out=("public", "themes", "templates", "sass"),
    options=_keys("image", "cover", "thumbnail", "banner"),
)

_MDBOOK = Preset(
    name="mdbook",
    title="mdBook",
    marks=(Mark("book.toml", says=r"(?m)^\s*\[(book|build|output)"),),
    content=("src",),
    published="src",
    assets="archive",
    # Pages keep their source's place, so the same relative path serves the source and the page.
    styles=_everywhere(Style.SOURCE),
    beside=_everywhere(Style.SOURCE),
    leave_out=("book", "theme"),
)

_JEKYLL = Preset(
    name="jekyll",
    title="Jekyll",
    marks=(
        *(Mark(f"_config.{ending}") for ending in ("yml", "yaml", "toml")),
        Mark("Gemfile", says=r"(?m)^\s*gem\s+['\"](jekyll|github-pages)['\"]"),
    ),
    content=("",),
    published="",
    assets="assets/archive",
    # kramdown passes bodies on as written; themes print front matter with relative_url, which adds the base
    # path. `{{ site.baseurl }}` would work too, but no other program can read it.
    styles=_everywhere(Style.BASED, front_matter=Style.ROOTED),
    beside=_everywhere(Style.BASED, front_matter=Style.ROOTED),
    archive=".holdfast",
    leave_out=("_site", "_includes", "_layouts", "_sass", "_data", "_plugins", "vendor", "node_modules"),
    options=_keys(
        "image", "path", "lqip", "overlay_image", "teaser", "og_image", "image_path", "cover", "thumbnail",
        "background", "img", "feature",
    ),
)  # fmt: skip

_OBSIDIAN = Preset(
    name="obsidian",
    title="Obsidian vault",
    marks=(Mark(".obsidian"),),
    content=("",),
    published="",
    assets="archive/assets",
    # Obsidian reads a Markdown path from the note's folder or from the vault's root, percent-encoded;
    # plug-ins look a property's path up in the vault as it is.
    styles=_everywhere(Style.SOURCE, front_matter=Style.VAULT),
    beside=_everywhere(Style.SOURCE, front_matter=Style.VAULT),
    leave_out=(".obsidian", ".trash"),
    options=ScanOptions(wiki=True, math=True, image_keys=frozenset({"cover", "banner", "image"})),
)

_PLAIN = Preset(
    name="plain",
    title="plain tree",
    marks=(),
    content=("",),
    published="",
    assets="archive/assets",
    styles=_everywhere(Style.SOURCE),
    beside=_everywhere(Style.SOURCE),
)

_ROWS = (
    _HUGO, _HEXO, _MKDOCS, _DOCUSAURUS, _VITEPRESS, _ASTRO, _GATSBY, _ELEVENTY, _PELICAN, _ZOLA, _MDBOOK,
    _JEKYLL, _OBSIDIAN, _PLAIN,
)  # fmt: skip

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in _ROWS}
"""Every kind of site, in the order in which they are tried: Jekyll late, because ``_config.yml`` is also
Hexo's and GitHub's; a vault last, because any site's source can be opened as one."""

_AMBIGUOUS = frozenset({"package.json", "Gemfile", "config.json"})
"""Names that are found in folders which are no site's root."""

GENERATOR_FILES: tuple[str, ...] = tuple(
    dict.fromkeys(
        mark.file for preset in PRESETS.values() for mark in preset.marks if mark.file not in _AMBIGUOUS
    )
)
"""Names (POSIX paths below a folder) by which that folder is taken for a site's root."""

ASSET_PIPELINE_THEMES: tuple[str, ...] = ("stack", "blowfish")
"""Hugo themes that look an image of front matter up among the resources and fail, or show nothing, for a file
of ``static/``: such images are kept under ``assets/`` and named without a leading slash."""


def recognise(look: Look) -> str:
    """The name of the first preset of which a mark is found; ``plain`` when there is none."""
    for preset in PRESETS.values():
        if any(_found(mark, look) for mark in preset.marks):
            return preset.name
    return "plain"


def _found(mark: Mark, look: Look) -> bool:
    if not look.exists(mark.file):
        return False
    if mark.says and not re.search(mark.says, look.text(mark.file)):
        return False
    return not mark.near or any(look.exists(path) for path in mark.near)

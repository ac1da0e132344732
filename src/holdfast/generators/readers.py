"""Read the settings that move content or files, or that change how an address is completed.

Writes nothing and decides nothing about references. One reader for each generator, in `READERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..addresses import Mount, Style, join
from ..model import Place
from ..sites import ASSET_PIPELINE_THEMES, HUGO_CONFIGURATIONS, Preset
from .configuration import Folder, Values
from .scripts import SCRIPT_READERS
from .settings import Settings, listed, table, text, tidy, unique

# -- Hugo ------------------------------------------------------------------------------------------------


def _lower(values: Values) -> dict[str, Any]:
    """Hugo's keys know no case."""
    return {
        str(key).lower(): _lower(value) if isinstance(value, dict) else value for key, value in values.items()
    }


def hugo_values(folder: Folder) -> dict[str, Any]:
    """The main configuration, with ``config/_default/`` over it: its other files are tables of that name."""
    merged: dict[str, Any] = {}
    for place in ("", "config/_default/"):
        names = [
            name
            for name in HUGO_CONFIGURATIONS
            if name.startswith(place) and name.count("/") == place.count("/")
        ]
        merged.update(_lower(folder.values(folder.first(*names))))
    for part in ("languages", "module", "markup", "frontmatter", "permalinks", "taxonomies", "outputs"):
        name = folder.first(
            *(f"config/_default/{part}.{ending}" for ending in ("toml", "yaml", "yml", "json"))
        )
        if name:
            merged[part] = _lower(folder.values(name))
    return merged


def _hugo(folder: Folder) -> Settings:
    values = hugo_values(folder)
    languages = [table(each) for each in table(values.get("languages")).values()]
    languages = [each for each in languages if not each.get("disabled")]
    mounted = list(_hugo_mounts(values))

    # Measured: mounts of a kind take the place of that kind's own folder.
    content = unique(
        [mount.folder for kind, mount in mounted if kind == "content"]
        or [
            tidy(values.get("contentdir"), "content") or "content",
            *(tidy(each["contentdir"]) for each in languages if each.get("contentdir")),
        ]
    )
    static = [mount for kind, mount in mounted if kind == "static"] or [
        Mount(tidy(name)) for name in listed(values.get("staticdir")) or ("static",)
    ]
    urls = (text(each.get("baseurl")) for each in (values, *languages))
    found = Settings(content=content, url=next(filter(None, urls), ""))
    # Content is published too; files of a section keep their path (see the preset's `beside`).
    found.mounts = (*static, *(Mount(name) for name in content))
    found.leave_out = unique(
        tidy(values[key])
        for key in ("publishdir", "themesdir", "layoutdir", "archetypedir")
        if values.get(key)
    )
    several = len(languages) > 1
    missing: set[Place] = set()
    if values.get("relativeurls") is True:
        # Measured: /archive/x becomes ../../archive/x, but /blog/archive/x becomes ../../blog/archive/x; and
        # so does what Hugo itself finds for a bundle's file in Markdown, when there are several languages.
        found.styles = dict.fromkeys(Place, Style.ROOTED)
        missing.update({Place.MARKDOWN} if several else ())
    if several:
        # Measured: siblings of one bundle share one published copy. Hugo's own render hook finds it for
        # Markdown, and nothing does for raw HTML.
        missing.add(Place.HTML)
    if values.get("uglyurls"):
        # Measured: the page is post/a.html, its resources stay in post/a/: a bare name finds nothing.
        missing.update(Place)
    found.no_bundle = frozenset(missing)
    found.no_beside = several
    themes = " ".join(
        [*listed(values.get("theme")), *(text(table(item).get("path")) for item in _imports(values))]
    ).lower()
    if any(re.search(rf"(?:^|[\s/-]){name}(?:$|[\s/-])", themes) for name in ASSET_PIPELINE_THEMES):
        assets = tidy(values.get("assetdir"), "assets") or "assets"
        # Its name differs from the asset folder's: below the root of resources both would be `archive/x`.
        found.front_matter_folder = join(assets, "archived")
        found.mounts = (*found.mounts, Mount(assets))
    if ":filemodtime" in str(values.get("frontmatter", "")).lower():
        found.keep_mtime = True
    extensions = table(table(table(values.get("markup")).get("goldmark")).get("extensions"))
    passthrough = table(extensions.get("passthrough"))
    found.math = passthrough.get("enable") is True and "$" in str(passthrough.get("delimiters"))
    return found


def _hugo_mounts(values: Mapping[str, Any]) -> Iterator[tuple[str, Mount]]:
    """``(kind, mount)`` of the module mounts that lie in this tree; the kind is the target's first folder."""
    mounts = table(values.get("module")).get("mounts")
    for mount in mounts if isinstance(mounts, list) else ():
        entry = _lower(table(mount))
        source, target = tidy(entry.get("source")), tidy(entry.get("target"))
        if source and not text(entry.get("source")).startswith("/"):
            kind, _, at = target.partition("/")
            yield kind, Mount(source, at)


def _imports(values: Mapping[str, Any]) -> list[Any]:
    imports = table(values.get("module")).get("imports")
    return [_lower(item) for item in imports if isinstance(item, dict)] if isinstance(imports, list) else []


# -- Hexo ------------------------------------------------------------------------------------------------


def _hexo(folder: Folder) -> Settings:
    values = folder.values(folder.first("_config.yml", "_config.yaml", "_config.json"))
    source = tidy(values.get("source_dir"), "source") or "source"
    root = values.get("root")
    found = Settings(content=(source,), mounts=(Mount(source),), url=text(values.get("url")))
    found.base_path = root if isinstance(root, str) else None
    found.leave_out = unique(tidy(values[key]) for key in ("public_dir",) if values.get(key))
    packages = folder.text("package.json")
    marked = table(values.get("marked"))
    markdown_it = table(table(values.get("markdown")).get("images"))
    if values.get("relative_link") is True or marked.get("prependRoot") is False:
        completed = False
    elif "hexo-renderer-marked" in packages or "hexo-renderer-" not in packages:
        completed = True
    else:
        completed = markdown_it.get("prepend_root") is True
        others = re.search(
            r'"hexo-renderer-(?:markdown-it|kramed|pandoc|markdown-it-plus|multi-markdown-it)\b', packages
        )
        completed = completed or others is None
    if not completed:
        found.styles = {Place.MARKDOWN: Style.BASED}
    # https://hexo.io/docs/configuration: `mtime` is the default; `date` and `empty` do not show it.
    found.keep_mtime = values.get("updated_option", "mtime") == "mtime"
    return found


# -- MkDocs, mdBook, Zola, Jekyll, Pelican ------------------------------------------------------------------


def _mkdocs(folder: Folder) -> Settings:
    values = dict(folder.values(folder.first("mkdocs.yml", "mkdocs.yaml")))
    parent = tidy(values.get("INHERIT"))
    if parent and folder.first(parent):
        values = {**folder.values(parent), **values}
    docs = tidy(values.get("docs_dir"), "docs") or "docs"
    found = Settings(content=(docs,), mounts=(Mount(docs),), url=text(values.get("site_url")))
    found.page_folders = values.get("use_directory_urls") is not False
    found.leave_out = unique(tidy(values[key]) for key in ("site_dir",) if values.get(key))
    found.math = "arithmatex" in str(values.get("markdown_extensions", ""))
    return found


def _mdbook(folder: Folder) -> Settings:
    source = tidy(table(folder.values("book.toml").get("book")).get("src"), "src") or "src"
    return Settings(content=(source,), mounts=(Mount(source),))


def _zola(folder: Folder) -> Settings:
    values = folder.values(folder.first("zola.toml", "config.toml"))
    return Settings(
        content=("content",), mounts=(Mount("static"), Mount("content")), url=text(values.get("base_url"))
    )


def _jekyll(folder: Folder) -> Settings:
    values = folder.values(folder.first("_config.yml", "_config.yaml", "_config.toml"))
    source = tidy(values.get("source"))
    found = Settings(content=(source,), mounts=(Mount(source),), url=text(values.get("url")))
    found.base_path = text(values.get("baseurl"))
    found.leave_out = unique(tidy(values[key]) for key in ("destination",) if values.get(key))
    return found


def _pelican(folder: Folder) -> Settings:
    values = folder.values("pelicanconf.py")
    content = tidy(values.get("PATH"), "content")
    if content == "":
        content = "content" if folder.is_folder("content") else ""
    found = Settings(content=(content,), mounts=(Mount(content),))
    found.url = text(values.get("SITEURL"))
    static = [tidy(path) for path in listed(values.get("STATIC_PATHS"))] or ["images"]
    found.assets = join(content, static[0], "archive")
    found.leave_out = unique(tidy(values[key]) for key in ("OUTPUT_PATH",) if values.get(key))
    found.keep_mtime = True if values.get("DEFAULT_DATE") == "fs" else None
    found.math = "render_math" in str(values.get("PLUGINS", ""))
    return found


# -- Obsidian ------------------------------------------------------------------------------------------------


def _obsidian(folder: Folder) -> Settings:
    values = folder.values(folder.first(".obsidian/app.json"))
    found = Settings(content=("",), mounts=(Mount(""),))
    where = text(values.get("attachmentFolderPath")).strip() or "/"
    if where == "." or where.startswith("./"):
        found.note_folder = tidy(where)
    elif tidy(where):
        found.assets = join(tidy(where), "archive")
    if values.get("newLinkFormat") == "absolute":
        found.styles = {place: Style.BARE for place in Place if place is not Place.FRONT_MATTER}
    return found


READERS: Mapping[str, Callable[[Folder], Settings]] = {
    "hugo": _hugo,
    "hexo": _hexo,
    "mkdocs": _mkdocs,
    "mdbook": _mdbook,
    "zola": _zola,
    "jekyll": _jekyll,
    "pelican": _pelican,
    "obsidian": _obsidian,
}


def read_settings(preset: Preset, folder: Folder) -> Settings:
    """What the configuration below `folder` changes about `preset`; notices say what could not be read."""
    if preset.name in READERS:
        found = READERS[preset.name](folder)
    elif preset.name in SCRIPT_READERS:
        found = SCRIPT_READERS[preset.name](folder, tuple(mark.file for mark in preset.marks))
    else:
        found = Settings()
    found.content = found.content or preset.content
    existing = tuple(name for name in found.content if folder.is_folder(name))
    found.content = existing or found.content[:1]
    found.mounts = found.mounts or (Mount(preset.published),)
    found.notices = [*folder.notices, *found.notices]
    return found

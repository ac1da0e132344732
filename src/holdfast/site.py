"""One site: where the files of its documents belong, how a reference to them is spelled, what one points at.

Fetches nothing and writes nothing. `Site` is arithmetic on paths; `open_site` alone looks at the disk, at a
few small configuration files. Paths are POSIX below the site's root; "" is the root itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

import msgspec
from msgspec.structs import replace

from .addresses import Addresses, Style, bare, below, encode, join, normal
from .config import Config
from .disk import TEMPORARY
from .errors import ConfigError
from .generators.configuration import Folder
from .generators.readers import read_settings
from .generators.settings import Settings, host_of, is_placeholder, path_of, tidy
from .model import Place, ScanOptions
from .sites import PRESETS, Preset, recognise

HEADER = re.compile(r'^\{"holdfast":\s*\d+')
"""The first line of a manifest of ours."""

_BUNDLE = re.compile(
    r"(?:.*/)?index(?:\.[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)?\.(?:md|mdx|markdown|mkd|mdown|html|htm)"
)
"""A leaf bundle's page (Hugo's manual, page bundles): ``index.md``, in any language."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Rules(msgspec.Struct, frozen=True):
    """How a site's files are referred to: a preset as the site's own settings have changed it."""

    addresses: Addresses
    styles: Mapping[Place, Style]
    kinds: Mapping[str, Style] = msgspec.field(default_factory=dict)
    bundle: Mapping[Place, Style] = msgspec.field(default_factory=dict)
    bundles: bool = False
    """A document called ``index`` owns the folder it is in."""
    beside: Mapping[Place, Style] = msgspec.field(default_factory=dict)
    always_beside: bool = False
    note_folder: str | None = None
    front_matter_folder: str | None = None
    own_address: str = ""
    """``https://host`` of the site itself, when it is known and no placeholder."""


class Site(msgspec.Struct, frozen=True):
    """The tree that documents belong to, and its rules for files."""

    root: Path
    preset: str
    """A name of `sites.PRESETS`."""
    title: str
    """What builds it, for a person: ``Hugo``, ``plain tree``."""
    content: tuple[str, ...]
    """Folders of documents."""
    leave_out: tuple[str, ...]
    """Folders a walk leaves out."""
    assets: str
    """The asset folder of the shared layout: ``static/archive``."""
    archive: str
    """The folder of the manifest."""
    base_path: str
    """The path the site is served under: "" or ``/blog``."""
    layout: Literal["auto", "shared", "beside"]
    url_prefix: str | None
    keep_mtime: bool
    """The generator shows a file's modification time to readers."""
    options: ScanOptions
    notices: tuple[str, ...]
    rules: Rules

    # -- where a document's files go ---------------------------------------------------------------------

    def folder_for(self, document: str, place: Place = Place.MARKDOWN) -> str | None:
        """The folder for files that `document` shows in `place`; None for the asset folder.

        The place matters where a generator finds a file beside the document in one place and not in another:
        in a Hugo bundle a bare name is right in the body, while ``relURL`` breaks it in front matter.
        """
        rules = self.rules
        if self.layout == "shared" or (self.url_prefix is not None and self.layout == "auto"):
            return None
        if rules.front_matter_folder is not None and place is Place.FRONT_MATTER:
            return rules.front_matter_folder
        folder = posixpath.dirname(document)
        if rules.note_folder is not None:
            return join(folder, rules.note_folder)
        if self._is_bundle(document):
            return folder if place in rules.bundle else None
        if (self.layout == "beside" or rules.always_beside) and place in rules.beside:
            return self._published_beside(document, place)
        return None

    def _is_bundle(self, document: str) -> bool:
        named = self.rules.bundles and _BUNDLE.fullmatch(document) is not None
        return named and posixpath.dirname(document) not in self.content

    def _published_beside(self, document: str, place: Place) -> str | None:
        """The folder beside a document, unless a file there would not be served at a path we can tell."""
        folder = posixpath.dirname(document)
        if self.rules.beside[place] not in (Style.BASED, Style.ROOTED):
            return folder
        if self.rules.addresses.served_at(join(folder, "x")) is None:
            return None
        # Generators turn folders into addresses by rules of their own (lower case, spaces to hyphens) and
        # keep folders with an underscore to themselves: only a name that all of them keep is safe.
        kept = folder == folder.lower() and all(sign.isalnum() or sign in "-/." for sign in folder)
        return folder if kept else None

    # -- spelling ----------------------------------------------------------------------------------------

    def spell(self, document: str, asset: str, reference_place: Place, kind: str = "") -> str:
        """The text that refers from `document` to the file `asset`, in this place.

        A `url_prefix` wins over every style: prefix, then the path below the asset folder (below the root
        with layout ``beside``). Percent-encoded as UTF-8, but for Obsidian's own links.
        """
        prefixed = self._prefixed(asset)
        if prefixed is not None:
            return prefixed
        style = self._style(document, asset, reference_place, kind)
        return self.rules.addresses.write(style, document, asset)

    def _prefixed(self, asset: str) -> str | None:
        if self.url_prefix is None:
            return None
        rest = asset if self.layout == "beside" else below(asset, self.assets)
        return None if rest is None else _closed(self.url_prefix) + encode(rest)

    def _style(self, document: str, asset: str, place: Place, kind: str) -> Style:
        rules = self.rules
        if kind.startswith("wiki"):
            return Style.VAULT
        if rules.front_matter_folder is not None and below(asset, rules.front_matter_folder) is not None:
            return Style.BARE
        if below(asset, self.assets) is not None:
            return rules.kinds.get(kind, rules.styles[place])
        if self._is_bundle(document) and below(asset, posixpath.dirname(document)) is not None:
            return rules.bundle.get(place, rules.styles[place])
        return rules.beside.get(place, rules.styles[place])

    # -- reading -----------------------------------------------------------------------------------------

    def locate(self, document: str, text: str, place: Place, kind: str = "") -> str | None:
        """The file below the root that ``text`` points at, when it is one that we would write for `document`.

        The inverse of `spell`; forms that another place, or an editor that moved the reference, would write
        (``../../static/archive/x`` for ``/archive/x``) are understood too. Whether such a file exists, and is
        ours, the manifest knows.
        """
        for path in self._readings(document, text, place, kind):
            if _is_inside(path) and (self._is_shared(path) or self._is_beside(path, document)):
                return path
        return None

    def _is_beside(self, path: str, document: str) -> bool:
        return posixpath.dirname(path) in {self.folder_for(document, place) for place in Place}

    def is_own(self, document: str, text: str, place: Place) -> bool:
        """Whether ``text`` points below our own asset folder, or our own prefix."""
        path = self.locate(document, text, place)
        return path is not None and (self._is_shared(path) or self._after_prefix(text) is not None)

    def _is_shared(self, path: str) -> bool:
        return any(below(path, folder) is not None for folder in self._shared_folders())

    def _shared_folders(self) -> tuple[str, ...]:
        extra = self.rules.front_matter_folder
        return (self.assets,) if extra is None else (self.assets, extra)

    def _after_prefix(self, text: str) -> str | None:
        """What follows our prefix, which may be written with a scheme or without."""
        if self.url_prefix is None:
            return None
        prefix = _without_scheme(_closed(self.url_prefix))
        text = _without_scheme(text)
        return text[len(prefix) :] if text.startswith(prefix) else None

    def _readings(self, document: str, text: str, place: Place, kind: str) -> Iterator[str]:
        """Paths that ``text`` may mean, the likeliest first."""
        rest = self._after_prefix(text)
        if rest is not None:
            yield normal(join("" if self.layout == "beside" else self.assets, unquote(bare(rest))))
        own = self.rules.own_address
        if own and text.startswith(own + "/"):
            text = text[len(own) :]
        if text.startswith("//") or _SCHEME.match(text):
            return
        addresses = self.rules.addresses
        styles = self._usual_styles(document, place, kind)
        for style in (*styles, *(style for style in Style if style not in styles)):
            yield from addresses.read(style, document, text)
        moved = re.sub(r"^(?:\.{1,2}/)+", "", text)
        if moved != text:
            yield from addresses.read(Style.ROOTED, document, "/" + moved)
            yield from addresses.read(Style.VAULT, document, moved)

    def _usual_styles(self, document: str, place: Place, kind: str) -> tuple[Style, ...]:
        """The styles `spell` uses here, for a file of each folder that it may lie in."""
        folders = (*reversed(self._shared_folders()), posixpath.dirname(document))
        return tuple(
            dict.fromkeys(self._style(document, join(folder, "x"), place, kind) for folder in folders)
        )


def _is_inside(path: str) -> bool:
    """Whether a normalised path stays below the root, on every system: no document leads us out of it."""
    return not path.startswith(("/", "../")) and path not in (".", "..") and not re.search(r"[\\\0]", path)


def _closed(prefix: str) -> str:
    return prefix if prefix.endswith(("/", "=")) else prefix + "/"


def _without_scheme(url: str) -> str:
    return re.sub(r"^https?:(?=//)", "", url, flags=re.IGNORECASE)


# -- opening ---------------------------------------------------------------------------------------------


def open_site(root: Path, config: Config) -> Site:
    """Recognise what builds the tree at `root`, and read the settings that move its files.

    Raises:
        ConfigError: the configuration names an unknown preset, or a folder outside the root.
    """
    folder = Folder(root)
    if config.site != "auto" and config.site not in PRESETS:
        raise ConfigError(f"site: {config.site!r} is no preset", f"use auto, or one of {', '.join(PRESETS)}")
    preset = PRESETS[recognise(folder) if config.site == "auto" else config.site]
    read = read_settings(preset, folder)
    archive = _inside(config.archive, "archive") or _archive_folder(folder, preset)
    assets = _inside(config.assets, "assets") or _asset_folder(folder, preset, read, archive)
    base_path, notices = _base_path(config, read)
    rules = _rules(preset, read, base_path)
    return Site(
        root=root,
        preset=preset.name,
        title=preset.title,
        content=read.content,
        leave_out=tuple(dict.fromkeys([*preset.leave_out, *read.leave_out])),
        assets=assets,
        archive=archive,
        base_path=base_path,
        layout=config.layout,
        url_prefix=config.url_prefix or None,
        keep_mtime=preset.keep_mtime if read.keep_mtime is None else read.keep_mtime,
        options=_options(preset, read, config),
        notices=tuple(dict.fromkeys([*read.notices, *notices, *_misfits(config, preset, rules, assets)])),
        rules=rules,
    )


def _inside(path: str | None, option: str) -> str | None:
    """A folder that the operator named, as a path below the root."""
    if path is None:
        return None
    cleaned = tidy(path)
    if not cleaned or path.startswith("/"):
        raise ConfigError(f"{option}: {path!r} is no folder below the site's root", "use a relative path")
    return cleaned


def _rules(preset: Preset, read: Settings, base_path: str) -> Rules:
    own = ""
    if host_of(read.url) and not is_placeholder(read.url):
        own = "/".join(read.url.split("/")[:3])
    beside = {} if read.no_beside else preset.beside
    return Rules(
        addresses=Addresses(read.mounts, base_path, read.page_folders),
        styles={**preset.styles, **read.styles},
        kinds=preset.kinds,
        bundle={place: style for place, style in preset.bundle.items() if place not in read.no_bundle},
        bundles=bool(preset.bundle),
        beside={
            place: read.styles.get(place, style) if style is Style.BASED else style
            for place, style in beside.items()
        },
        always_beside=preset.always_beside,
        note_folder=read.note_folder,
        front_matter_folder=read.front_matter_folder,
        own_address=own,
    )


def _options(preset: Preset, read: Settings, config: Config) -> ScanOptions:
    keys = preset.options.image_keys | {key.lower() for key in config.front_matter_keys}
    return replace(preset.options, math=preset.options.math or read.math, image_keys=keys)


def _misfits(config: Config, preset: Preset, rules: Rules, assets: str) -> Iterator[str]:
    """What was asked for and cannot work with this generator."""
    relative = {Style.SOURCE, Style.DOTTED, Style.VAULT}
    needed = not config.url_prefix and not relative.issuperset(rules.styles.values())
    if needed and rules.addresses.served_at(join(assets, "x")) is None:
        folders = " or ".join(mount.folder or "the root" for mount in rules.addresses.mounts)
        yield f"{preset.title} does not publish {assets}: name a folder below {folders}, or set url-prefix"
    if config.layout == "beside" and not (preset.beside or preset.bundle or rules.note_folder is not None):
        yield f"{preset.title} does not publish files beside posts: they go to {assets}"


def _base_path(config: Config, read: Settings) -> tuple[str, list[str]]:
    """The base path, and a notice when the address it comes from is a template's."""
    if config.base_path is not None:
        return _encoded(config.base_path), []
    base_path = _encoded(read.url if read.base_path is None else read.base_path)
    if not is_placeholder(read.url):
        return base_path, []
    return base_path, [
        f"the site's address, {read.url}, looks like a placeholder: {base_path or '/'} is taken as its base "
        "path; set base-path in holdfast.toml if it is another"
    ]


def _encoded(url: str) -> str:
    return quote(path_of(url), safe="/-._~%!$&'()*+,;=:@", errors="replace")


def _archive_folder(folder: Folder, preset: Preset) -> str:
    """``archive``, or ``.holdfast`` where that name is taken, in any letter case, by something not ours."""
    for name in dict.fromkeys([preset.archive, "archive", ".holdfast"]):
        if _is_archive(folder, name):
            return name
    return ".holdfast" if _taken(folder.root, preset.archive) else preset.archive


def _is_archive(folder: Folder, name: str) -> bool:
    """Whether this folder holds a manifest of ours; conflict markers may stand before its header.

    Where there is none, or one that lost its header, the folder's git files say whether it is ours: a run
    that is on, or was killed, has written only those, and to begin another archive beside it, without a
    word, would part what belongs together.
    """
    path = folder.root / name
    with suppress(OSError), (path / "manifest.jsonl").open(encoding="utf-8", errors="replace") as file:
        if any(HEADER.match(file.readline(1000)) for _ in range(3)):
            return True
    with suppress(OSError):
        return b"manifest.jsonl merge=union" in (path / ".gitattributes").read_bytes()
    with suppress(OSError):
        # Not even those: the lock is the first file of all.
        names = [entry.name for entry in path.iterdir()]
        return bool(names) and all(name.startswith(".lock") or name.endswith(TEMPORARY) for name in names)
    return False


def _taken(parent: Path, name: str) -> bool:
    """Whether something of this name, in any letter case, is there; an empty folder is not."""
    try:
        found = [entry for entry in parent.iterdir() if entry.name.casefold() == name.casefold()]
        return any(not entry.is_dir() or any(entry.iterdir()) for entry in found)
    except OSError:
        return False


def _asset_folder(folder: Folder, preset: Preset, read: Settings, archive: str) -> str:
    """The preset's asset folder; ``holdfast`` in place of ``archive`` where that name is taken.

    Files that are not ours must not lie in it: verify would call them orphans. Once chosen it is kept.
    """
    if read.assets is None and preset.assets.startswith("archive/"):
        return preset.assets.replace("archive", archive, 1)
    wanted = read.assets or join(read.mounts[0].folder, preset.assets)
    parent, name = posixpath.split(wanted)
    other = join(parent, "holdfast")
    if folder.is_folder(other):
        return other
    return other if not _is_archive(folder, archive) and _taken(folder.root / parent, name) else wanted

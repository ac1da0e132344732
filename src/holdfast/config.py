"""holdfast.toml, [tool.holdfast] and flags become one `Config`. Every limit and default lives here.

Reads only the two configuration files it is pointed at. Keys are the long options' names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path, PurePath
from typing import Any, Literal, TypeVar

import msgspec

from . import keys
from .errors import ConfigError
from .kinds import HostSettings as HostSettings
from .kinds import parse_duration as parse_duration
from .kinds import parse_size as parse_size

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class NetworkLimits(msgspec.Struct, frozen=True):
    """How holdfast behaves towards servers. Times in seconds, sizes in bytes."""

    concurrency: int = 256
    """Requests under way at once, over all hosts."""
    host_concurrency: int = 8
    host_interval: float = 0.05
    """Shortest time between the starts of two requests to one host."""
    connect_timeout: float = 10.0
    headers_timeout: float = 20.0
    """``--timeout``: longest wait for the head of a response."""
    check_deadline: float = 120.0
    store_deadline: float = 1800.0
    """``--deadline``: longest time for one body that is stored."""
    slow_window: float = 30.0
    slow_bytes_per_second: int = KIB
    """A body must bring this many bytes a second over every window."""
    redirects: int = 10
    retries: int = 3
    backoff_first: float = 1.0
    backoff_most: float = 30.0
    retry_after_most: float = 120.0
    host_failures: int = 3
    """After so many failures to resolve or connect a host is given up for the run."""
    max_bytes: int | None = None
    """``--max-bytes``: one limit for every kind of body; None: `max_image_bytes` and `max_media_bytes`."""
    max_image_bytes: int = 25 * MIB
    max_media_bytes: int = 64 * MIB


class MediaLimits(msgspec.Struct, frozen=True):
    """What a picture may cost to decode."""

    pixels: int = 100_000_000
    """Over all frames."""
    decode_memory: int = 2 * GIB
    """Bytes that a process which decodes may take."""
    decode_timeout: float = 60.0
    """Seconds that decoding one file may take."""


class Network(msgspec.Struct, frozen=True):
    """Everything the operator says about the network; curl's names and syntax where curl has them."""

    limits: NetworkLimits = msgspec.field(default_factory=NetworkLimits)
    user_agent: str = ""
    """Empty: ``holdfast/VERSION (+URL)``."""
    headers: tuple[tuple[str, str], ...] = ()
    cookie_jar: Path | None = None
    """A Netscape cookie file, read and never written."""
    proxy: str | None = None
    """None: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as curl reads them; "" for none at all."""
    ca_file: Path | None = None
    insecure: bool = False
    resolve: tuple[str, ...] = ()
    """``HOST:PORT:ADDR[,ADDR]``; HOST may be ``*``."""
    connect_to: tuple[str, ...] = ()
    """``HOST1:PORT1:HOST2:PORT2``; empty parts match anything or keep what is."""
    allow_private: tuple[str, ...] = ()
    """CIDR ranges that may be contacted although they are not public; ``*`` for all."""
    hosts: tuple[HostSettings, ...] = ()
    """What is said of single hosts; the first that fits counts."""


class CheckSettings(msgspec.Struct, frozen=True):
    """What a check takes for good, and what it remembers. Times in seconds."""

    accept: tuple[tuple[int, int], ...] = ((100, 103), (200, 299))
    """Statuses that are good, both ends included."""
    remap: tuple[tuple[str, str], ...] = ()
    """Regular expression and template: what is asked for instead, one rule after the other."""
    fragments: bool = False
    """Look for the anchors of remote pages too."""
    soft_404: bool = False
    """Look whether a page with status 200 says that it is not there."""
    include_reserved: bool = False
    """Ask for names that are reserved for examples (RFC 2606, RFC 6761) too."""
    strict: bool = False
    """What cannot be verified fails the run."""
    max_age: float = 86400.0
    """What was fine so recently is not asked again."""
    grace: tuple[int, float] | None = None
    """A broken URL fails the run after so many failures in a row, over at least this time."""
    second_look: float = 5.0
    """The pause before what failed is asked once more, at the end of the run."""
    history: Path | None = None
    baseline: Path | None = None
    built: Path | None = None
    """The folder that the site's generator wrote to."""


class Config(msgspec.Struct, frozen=True):
    """One run's settings, after files and flags are merged."""

    network: Network = msgspec.field(default_factory=Network)
    media: MediaLimits = msgspec.field(default_factory=MediaLimits)
    check: CheckSettings = msgspec.field(default_factory=CheckSettings)
    site: str = "auto"
    archive: str | None = None
    """The archive folder below the site's root; None: the preset's."""
    assets: str | None = None
    """The asset folder below the site's root; None: the preset's."""
    url_prefix: str | None = None
    """What references to assets begin with; None: as the preset writes them."""
    base_path: str | None = None
    """The path the site is served under; None: from the generator's configuration."""
    naming: str = "{host}/{stem}-{hash16}.{ext}"
    layout: Literal["auto", "shared", "beside"] = "auto"
    links: tuple[str, ...] = ()
    """Types of linked files that are archived too: ``pdf``, ``video``, ``audio``, ``image``."""
    include: tuple[str, ...] = ()
    """Regular expressions; a URL must match one, when there are any."""
    exclude: tuple[str, ...] = ()
    include_path: tuple[str, ...] = ()
    """Globs on document paths below the site's root."""
    exclude_path: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    """Further document extensions to walk (``html``, ``css``); Markdown always is."""
    front_matter_keys: tuple[str, ...] = ()
    max_total: int | None = None
    """Bytes of all assets; a run stops before it is passed."""
    strip_metadata: bool = False
    allow_active_svg: bool = False
    lock_wait: float = 10.0
    """Seconds that a second run waits for the first to end."""


# -- where settings come from ---------------------------------------------------------------------------

FILE = "holdfast.toml"
PROJECT = "pyproject.toml"
"""Its ``[tool.holdfast]`` counts where there is no `FILE`."""

_OUR_TABLE = re.compile(rb"""^\s*\[\s*["']?tool["']?\s*\.\s*["']?holdfast["']?\s*[].]""", re.MULTILINE)


def load(root: Path) -> tuple[Config, Path | None]:
    """The settings of a site, and the file they stand in: None where there is none.

    Paths of files in it are relative to it.

    Raises:
        ConfigError: the file cannot be read or is no TOML, a key is unknown, a value is not allowed.
    """
    path = root / FILE
    if path.is_file():
        return _apply(Config(), _toml(path), FILE, root), path
    path = root / PROJECT
    table = _project_table(path)
    if table is not None:
        return _apply(Config(), table, f"{PROJECT} [tool.holdfast]", root), path
    return Config(), None


def merge(config: Config, flags: Mapping[str, object], *, root: Path | None = None) -> Config:
    """The configuration with the flags over it. None and () say that a flag was not given.

    Args:
        flags: by the option's name, with hyphens or underscores; values as texts, or already parsed.
        root: the site's root, which an absolute ``--archive`` or ``--assets`` may name.

    Raises:
        ConfigError: a value is not allowed.
        KeyError: there is no such setting: a mistake of the program, not of its user.
    """
    given: dict[str, Any] = {}
    for name, value in flags.items():
        key = keys.spelled(name)
        if key not in keys.KEYS:
            raise KeyError(name)
        if value is None or value == ():
            continue
        if root is not None and keys.KEYS[key].place in (("archive",), ("assets",)):
            value = _below(value, root)
        given[key] = keys.parse(key, value, f"--{key}")
    return _placed(config, given)


def find_root(first_path: Path, generator_files: Collection[str] = ()) -> Path:
    """The root of the site that a path belongs to.

    The nearest folder, from the path upwards, with a holdfast.toml, a ``[tool.holdfast]`` table, one of
    ``generator_files`` (POSIX paths below a root) or ``.git``; else the current folder.

    Raises:
        ConfigError: a pyproject.toml with such a table is no TOML.
    """
    start = Path(os.path.abspath(first_path))  # noqa: PTH100 - by the names the user knows, not the real ones
    marks = (FILE, *generator_files, ".git")
    for folder in (start, *start.parents):
        if not os.path.isdir(folder):  # noqa: PTH112 - see `_is_there`
            continue
        if any(_is_there(folder / mark) for mark in marks) or _project_table(folder / PROJECT) is not None:
            return folder
    return Path.cwd()


def _is_there(path: Path) -> bool:
    """Whether something is there; not, where its folder may not be entered (pathlib would raise)."""
    return os.path.exists(path)  # noqa: PTH110


def _project_table(path: Path) -> dict[str, Any] | None:
    """Our table in a pyproject.toml. One that does not mention us is not ours to judge."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if b"holdfast" not in data:
        return None
    try:
        table = _toml(path).get("tool", {})
    except ConfigError:
        if _OUR_TABLE.search(data):
            raise
        return None
    table = table.get("holdfast") if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def _toml(path: Path) -> dict[str, Any]:
    import tomllib  # only where there is a file to read: 6 ms

    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name}: not TOML: {error}", "correct that line") from error
    except RecursionError as error:
        raise ConfigError(f"{path.name}: it nests too deeply", "take some brackets out") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path.name}: line {line} is not UTF-8", "save the file as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read: {error.strerror}") from error


def _apply(config: Config, table: Mapping[str, Any], where: str, folder: Path) -> Config:
    given: dict[str, Any] = {}
    for name, value in table.items():
        key = keys.spelled(name)
        if key not in keys.KEYS:
            raise keys.unknown(name, where, value)
        if key in given:
            raise ConfigError(f"{where}: {key} stands there twice, in two spellings", "keep one of them")
        parsed = keys.parse(key, value, f"{where}: {name}")
        given[key] = folder / parsed if isinstance(parsed, PurePath) else parsed
    return _placed(config, given)


_T = TypeVar("_T", Config, Network, NetworkLimits, MediaLimits, CheckSettings)


def _placed(config: Config, given: Mapping[str, Any]) -> Config:
    """The configuration with these values in their places."""
    tree: dict[str, Any] = {}
    for key, value in given.items():
        *parents, name = keys.KEYS[key].place
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[name] = value
    return _replaced(config, tree)


def _replaced(part: _T, tree: Mapping[str, Any]) -> _T:
    changes = {
        name: _replaced(getattr(part, name), value) if isinstance(value, dict) else value
        for name, value in tree.items()
    }
    return msgspec.structs.replace(part, **changes)


def _below(value: object, root: Path) -> object:
    if isinstance(value, str | Path) and Path(value).is_absolute():
        path = Path(os.path.abspath(value))  # noqa: PTH100
        for each, top in ((path, root), (path.resolve(), root.resolve())):
            if each.is_relative_to(top):
                return each.relative_to(top).as_posix()
    return str(value) if isinstance(value, Path) else value

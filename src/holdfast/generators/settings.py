"""What a site's own configuration may change about its preset, as one record.

Opens nothing; `readers` and `scripts` fill it in.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..addresses import Mount, Style
from ..model import Place


@dataclass(slots=True)
class Settings:
    """What was read; None and empty mean that the preset's own value holds."""

    content: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    """Published folders; the first takes the assets."""
    url: str = ""
    """The site's own address."""
    base_path: str | None = None
    """Where the configuration states it apart from `url`."""
    assets: str | None = None
    """The asset folder below the root, where it is not the preset's."""
    leave_out: tuple[str, ...] = ()
    styles: dict[Place, Style] = field(default_factory=dict)
    no_bundle: frozenset[Place] = frozenset()
    """Places in which a file of a leaf bundle would not be found."""
    no_beside: bool = False
    note_folder: str | None = None
    """Obsidian: attachments go to this folder below each note's own ("" the note's own)."""
    front_matter_folder: str | None = None
    """Hugo: where images of front matter go with a theme that looks them up among the resources."""
    page_folders: bool = True
    """MkDocs: ``a.md`` is rendered at ``a/``."""
    keep_mtime: bool | None = None
    math: bool = False
    notices: list[str] = field(default_factory=list)


_LONGEST_NAME, _LONGEST_PATH = 255, 2048
"""Bytes of a folder's name, and of a path below the root, that file systems still take."""


def tidy(path: object, fallback: str = "") -> str:
    """A folder of a configuration as a POSIX path below the root: no ``./``, no slash at an end.

    What leads outside the root is replaced by `fallback`: nothing is ever written there. So is what no
    folder can be called.
    """
    if not isinstance(path, str):
        return fallback
    cleaned = posixpath.normpath(path.replace("\\", "/").strip().strip("/") or ".")
    if cleaned == ".." or cleaned.startswith("../") or not _can_be(cleaned):
        return fallback
    return "" if cleaned == "." else cleaned


def _can_be(path: str) -> bool:
    """Whether the system can be asked for a path at all; it raises for NUL, and for what it cannot spell."""
    try:
        name = path.encode()
    except UnicodeEncodeError:  # half a pair of surrogates, which JSON may name
        return False
    return (
        b"\0" not in name and len(name) <= _LONGEST_PATH and max(map(len, name.split(b"/"))) <= _LONGEST_NAME
    )


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def listed(value: object) -> tuple[str, ...]:
    """A string, or the strings of a list."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def path_of(url: str) -> str:
    """The base path in a site's address or in a setting: "" for the host's root, else ``/blog``."""
    try:
        path = urlsplit(url).path if "//" in url else url
    except ValueError:  # no address: the brackets of its host, say, are not closed
        return ""
    path = "/".join(part for part in path.split("/") if part not in ("", "."))
    return f"/{path}" if path else ""


def host_of(url: str) -> str:
    """The host of a site's address in lower case, without a port; "" when there is none."""
    try:
        return (urlsplit(url).hostname or "") if "//" in url else ""
    except ValueError:
        return ""


_PLACEHOLDER = re.compile(
    r"""(?ix) ^(?: (?:.+\.)? example (?:\.(?:com|org|net|edu))? | .+\.(?:example|test|invalid|localhost)
      | localhost | 127\.\d+\.\d+\.\d+ | 0\.0\.0\.0 | \[::1\]
      | (?:www\.)? (?:your|my)[-_]?(?:site|domain|blog|website|page|docusaurus-site|docusaurus-test-site)
        (?:[-_.]?(?:name|here))? (?:\.example)? \.[a-z.]+
      | (?:your|my)?[-_]?(?:user|username|github-username|name|org)\.(?:github|gitlab)\.io
    )$"""
)
"""Hosts that templates of configurations come with."""


def is_placeholder(url: str) -> bool:
    """Whether a site's address is a template's: it says nothing about where the site will be."""
    return _PLACEHOLDER.match(host_of(url)) is not None

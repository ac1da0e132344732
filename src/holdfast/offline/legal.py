"""Names that a USB stick takes: a path of a built site as FAT, exFAT, NTFS and macOS can all hold it.

Writes nothing. The rules are Microsoft's "Naming Files, Paths, and Namespaces" and the exFAT specification,
section 7.7.3 (file names); what is legal there stays as it is.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping

OURS = frozenset({"_holdfast", "holdfast.json"})
"""Names in the copy's root that are holdfast's own."""

LONGEST = 255
"""UTF-16 units in one name."""
_LONGEST_BYTES = 255
"""UTF-8 bytes in a name that is made here: Linux's file systems take no more."""

_ILLEGAL = re.compile(r'[\x00-\x1f\x7f"*:<>?\\|\ud800-\udfff]')
"""Lone surrogates stand for bytes of a name that is no UTF-8."""
_DEVICE = re.compile(r"(?i)(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ ]*(?:\.|$)")
"""Names that Windows keeps for devices, whatever follows the first dot."""

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")
_ADDED = re.compile(r"(?i)\.(?:x?html?|css)\Z")
"""What ``wget -E`` writes after the query: ``page.php?p=2.html``."""
_HASH_LENGTHS = (8, 16, 32, 64)


def legal(paths: Iterable[str], extensions: Mapping[str, str] | None = None) -> dict[str, str]:
    """What each path is called in the copy, all of them at once: no two names differ by letter case alone.

    Args:
        paths: POSIX, of the files of the site. Folders follow from them.
        extensions: by path, the extension (``.html``) that a file's bytes ask for where its name has another
            or none: from ``file://`` a browser goes by the name.

    A name that must change carries eight hexadecimal digits of its old name's SHA-256, so that it does not
    depend on what else is there. Where two collide, the first in order keeps its name.

    Raises:
        ValueError: a path that is absolute or has an empty part.
    """
    wanted = extensions or {}
    folders: dict[str, set[str]] = {}
    files = sorted(set(paths))
    for path in files:
        parts = path.split("/")
        if "" in parts:
            raise ValueError(f"no path below a folder: {path!r}")
        for depth, part in enumerate(parts):
            folders.setdefault("/".join(parts[:depth]), set()).add(part)
    named = {folder: _named(folder, names, wanted) for folder, names in folders.items()}
    found = {}
    for path in files:
        parts = path.split("/")
        found[path] = "/".join(named["/".join(parts[:depth])][part] for depth, part in enumerate(parts))
    return found


def is_legal(name: str) -> bool:
    """Whether every file system takes one file's or folder's name as it is."""
    return not (
        _ILLEGAL.search(name) or _DEVICE.match(name) or name[-1:] in (".", " ", "") or _units(name) > LONGEST
    )


def _named(folder: str, names: Iterable[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The new name of each entry of a folder."""
    found: dict[str, str] = {}
    used = set() if folder else {_key(name) for name in OURS}
    left = []
    for name in sorted(names):
        extension = wanted.get(f"{folder}/{name}" if folder else name, "")
        if is_legal(name) and _key(name) not in used and name.lower().endswith(extension):
            used.add(_key(name))
            found[name] = name
        else:
            left.append((name, extension))
    for name, extension in left:
        made = (_made(name, extension, length) for length in _HASH_LENGTHS)
        found[name] = next(each for each in made if _key(each) not in used)
        used.add(_key(found[name]))
    return found


def _key(name: str) -> str:
    """Equal for two names that some file system takes for one: without case, composed."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _units(name: str) -> int:
    return len(name) if name.isascii() else len(name.encode("utf-16-le", "surrogatepass")) // 2


def _made(name: str, extension: str, length: int) -> str:
    """A legal name in the place of ``name``, with so many digits of its hash."""
    digits = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:length]
    head, _, query = name.partition("?")
    if "=" not in query and not _EXTENSION.search(head):  # a question, and no query
        head, query = name, ""
    known = _EXTENSION.search(head)
    added = _ADDED.search(query)
    suffix = extension or (added[0] if added else known[0] if known else "")
    stem = head[: known.start()] if known else head
    if query := query[: added.start()] if added else query:
        stem = f"{stem}-{query}"
    stem = _ILLEGAL.sub("_", stem).strip(" ").rstrip(".")
    room = _LONGEST_BYTES - len(f"_-{digits}{suffix}")
    stem = stem.encode()[:room].decode("utf-8", "ignore")
    made = f"{stem or '_'}-{digits}{suffix}"
    return f"_{made}" if _DEVICE.match(made) else made

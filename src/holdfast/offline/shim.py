"""The script that lets search boxes work from ``file://``, and the files that it answers from.

Pure: a path and its bytes in, the bytes of a classic script out. From ``file://`` a page may load classic
scripts and nothing else of its own folder: no ``fetch``, no ``XMLHttpRequest``, no ``Worker`` (HTML Standard,
"origin": each such file is an opaque origin of its own). So what a search box asks for is packed as a script
that hands its text over, and `shim.js` answers from there. Served over HTTP the shim does nothing.

    _holdfast/shim/shim.js          the shim, with what was packed written before it
    _holdfast/shim/pages.js         the pages of the copy: result lists link to "/post/", a file needs more
    _holdfast/shim/data/NAME.js     one packed file; loaded when it is first asked for
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Final

FOLDER: Final = "_holdfast/shim"
CODE: Final = f"{FOLDER}/shim.js"
PAGES: Final = f"{FOLDER}/pages.js"

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAGE = re.compile(r"\.x?html?\Z", re.IGNORECASE)
_TWIN = re.compile(rb"""<script\b[^<>]{0,2000}?[\s"']nomodule[\s=>/]""", re.IGNORECASE)
_MODULE = re.compile(rb"""<script\b[^<>]{0,2000}?\btype\s*=\s*["']?module\b""", re.IGNORECASE)


def code(base_url: str, data: Iterable[str], workers: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """The shim for a site that is served under `base_url`.

    `data` are the packed files' paths; `workers` names, for a worker's script, the packed files that it reads
    or imports: ``importScripts`` answers at once, so their texts must be there before the worker runs.
    """
    settings = {
        "site": base_url if base_url.endswith("/") else f"{base_url}/",
        "data": {path: _name(path) for path in sorted(data)},
        "workers": {path: list(wanted) for path, wanted in sorted((workers or {}).items())},
    }
    own = files(__package__).joinpath("shim.js").read_bytes()
    return b"var HOLDFAST_OFFLINE = " + _literal(settings).encode("ascii") + b";\n" + own


def data_path(path: str) -> str:
    """Where in the copy the packed form of a file of the site lies."""
    return f"{FOLDER}/{_name(path)}"


def packed(path: str, data: bytes) -> bytes:
    """A file of the site as a script that hands its text to the shim.

    Linear in its length. Starts with a byte order mark: it decides over the encoding of the page that loads
    the script (Encoding Standard section 6.1).
    """
    text = (
        json.dumps(_text(data), ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )
    return codecs.BOM_UTF8 + f"holdfastOffline.data({_literal(path)},{text});\n".encode("utf-8", "replace")


def variable(prefix: str, data: bytes) -> bytes:
    """JSON as a script that declares it: what a theme's own offline search looks for."""
    return codecs.BOM_UTF8 + prefix.encode() + _text(data).encode("utf-8", "replace")


def pages(paths: Iterable[str], renamed: Mapping[str, str] | None = None) -> bytes:
    """The list of pages for result lists, from the paths of the site.

    `renamed` has a row for each path that is another one in the copy, where a name was not legal there.
    """
    changed = {
        path: new for path, new in sorted((renamed or {}).items()) if _PAGE.search(path) and path != new
    }
    kept = sorted(path for path in paths if _PAGE.search(path) and path not in changed)
    return f"holdfastOffline.pages({_literal(kept)},{_literal(changed)});\n".encode("ascii")


def tag(to_root: str) -> bytes:
    """What is put in at a page's seal; `to_root` is the way from the page to the copy's root: ``../../`` or
    empty. A classic script without ``defer``: it must run before any script of the page."""
    return f'<script src="{to_root}{CODE}"></script>'.encode("ascii")


def has_twins(page: bytes) -> bool:
    """Whether a page brings scripts for browsers without modules: with the shim these run from ``file://``,
    where module scripts are refused."""
    return b"nomodule" in page.lower() and _TWIN.search(page) is not None and _MODULE.search(page) is not None


def _name(path: str) -> str:
    """Legal on FAT, and unique: files of one name lie in many folders (``en/index.json``, ``de/…``)."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", path.rpartition("/")[2]).strip("-")[:60]
    return f"data/{stem}-{hashlib.sha256(path.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.js"


def _text(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def _literal(value: object) -> str:
    """A value as JavaScript of plain ASCII, which no encoding and no ``</script>`` can spoil."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")

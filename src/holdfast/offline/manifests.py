"""What a web app manifest names: icons and screenshots, and the pages that an installed site opens.

Judges no JSON: the standard library does. The members are those of the W3C's "Web Application Manifest" and
its "App Information" supplement.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from ..model import Notice, Place, Reference, Span, Syntax
from ..scan import json_spans, requested
from ..scan.values import Unreadable
from .parts import Need, Parts, Role

_IMAGE = (Role.REQUISITE, ("image",))
_LINK = (Role.LINK, ("page",))

MEMBERS: Mapping[str, tuple[Role, tuple[str, ...]]] = {
    "icons.*.src": _IMAGE,
    "screenshots.*.src": _IMAGE,
    "shortcuts.*.icons.*.src": _IMAGE,
    "file_handlers.*.icons.*.src": _IMAGE,
    "start_url": _LINK,
    "shortcuts.*.url": _LINK,
    "file_handlers.*.action": _LINK,
    "share_target.action": _LINK,
    "protocol_handlers.*.url": _LINK,
    "related_applications.*.url": _LINK,
    # a prefix of URLs and no file: any one file in its place would shut out all others
    "scope": (Role.INFORMATION, ()),
    "id": (Role.INFORMATION, ()),
}
"""Which members hold URLs; ``*`` is any index. A browser fetches the images of a manifest when it offers to
install the site."""

_NAMES = {tuple(0 if part == "*" else part for part in name.split(".")): name for name in MEMBERS}
_BOM = b"\xef\xbb\xbf"
_STRING = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)


def manifest(buffer: bytes, base: str, codec: str | None = None) -> Parts:  # noqa: ARG001 - always UTF-8
    """The parts of a manifest, in order; one that is no JSON has none, and a notice says so."""
    start = len(_BOM) if buffer.startswith(_BOM) else 0
    # as latin-1 an offset is one byte; every mark of JSON is ASCII, and no byte of a longer character is
    text = buffer[start:].decode("latin-1")
    try:
        nodes = json_spans.tree(text)
    except Unreadable as error:
        return Parts(base=base, notices=(Notice("unreadable", f"the manifest is no JSON: {error}"),))
    needs = []
    strings = _STRING.finditer(buffer, start)
    for key, kind, _ in nodes:
        if kind not in ("key", "str"):
            continue
        match = next(strings)
        name = _NAMES.get(tuple(0 if isinstance(part, int) else part for part in key))
        if kind == "key" or name is None:
            continue
        role, families = MEMBERS[name]
        said = _said(match[1]).strip(requested.EDGES)
        if said and said[:5].lower() != "data:":
            label = "manifest-" + name.replace(".*.", "-").replace(".", "-").replace("_", "-")
            embed = role is Role.REQUISITE
            url = requested.url(said, base)
            item = Reference(Span(*match.span(1)), match[1], url, label, embed, Syntax.JSON, Place.HTML, key)
            needs.append(Need(item, role, families))
    return Parts(needs=tuple(needs), base=base)


def _said(content: bytes) -> str:
    text = content.decode("utf-8", "replace")
    said = str(json.loads(f'"{text}"')) if "\\" in text else text
    return said.encode("utf-8", "replace").decode()

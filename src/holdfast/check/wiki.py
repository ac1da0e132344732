"""The parts of an Obsidian link (help.obsidian.md/links): ``Note#Heading|text``, ``Note#^block``.

Opens nothing.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_BLOCK = re.compile(r"\^([A-Za-z0-9-]+)\s*$")


def parts(text: str) -> tuple[str, str]:
    """``(note, fragment)``; the note is "" for a link within the note itself."""
    text = text.replace("\\|", "|").partition("|")[0]
    name, _, fragment = text.partition("#")
    return name.strip().rstrip("\\"), fragment.strip()


def block(fragment: str) -> str | None:
    """The identifier of a block, without ``^``; None where a heading is named."""
    found = _BLOCK.search(fragment.rpartition("#")[2])
    return found[1] if found else None


def has_block(source: bytes, name: str) -> bool:
    """Whether some paragraph, list item or block is marked ``^name``; letters in any case."""
    pattern = rf"(?im)(?:^|\s)\^{re.escape(name)}[ \t]*\r?$".encode()
    return re.search(pattern, source) is not None


def heading(fragment: str) -> str:
    """The last heading of a path of headings (``Part#Chapter``), percent-encoded."""
    return quote(fragment.rpartition("#")[2].strip(), errors="surrogateescape")

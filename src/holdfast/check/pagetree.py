"""The tree of an HTML page and the ids in it.

Fetches nothing, and lets no page cost more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import turbohtml

_ROOT_TAG = re.compile(r"<(?:html|body)(?=[\s/>])", re.IGNORECASE)


def tree_of(text: str) -> turbohtml.Document:
    """The tree of a page (WHATWG).

    Each further ``<html>`` or ``<body>`` adds its attributes to the first, which costs the parser quadratic
    time and memory (176 KB of them: 4.5 s and 1.8 GB): all but the first two become ``<wbr>``, which keeps an
    id of theirs.
    """
    tags = list(_ROOT_TAG.finditer(text))
    if len(tags) > 2:
        parts = [text[: tags[2].start()]]
        for index, tag in enumerate(tags[2:], 2):
            behind = tags[index + 1].start() if index + 1 < len(tags) else len(text)
            parts += ("<wbr", text[tag.end() : behind])
        text = "".join(parts)
    return turbohtml.parse(text, allow_declarative_shadow_roots=False)


def ids_of(tree: turbohtml.Document) -> Iterable[str]:
    """Every id, and the name of every ``<a>`` (HTML Standard, "find a potential indicated element")."""
    for element in tree.select("[id],a[name]"):
        attributes = element.attrs
        for name in ("id", "name") if element.tag == "a" else ("id",):
            value = attributes.get(name)
            if isinstance(value, str) and value:
                yield value

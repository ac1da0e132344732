"""The pages of a site by address: an exact look-up, and a loose one for hints.

Opens nothing: `pages` come from `permalinks`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from .permalinks import Page

_LOOSE = re.compile(r"[\W_]+")

MOST_SIMILAR = 3000
"""Among more names none is looked for that is nearly alike."""


@dataclass(slots=True)
class Table:
    """Pages by their addresses. Keys have no slash at their ends."""

    by_address: dict[str, str] = field(default_factory=dict)
    """The document that is served there."""
    by_path: dict[str, Page] = field(default_factory=dict)
    loose: dict[str, str] = field(default_factory=dict)
    last: dict[str, list[str]] = field(default_factory=dict)
    """Addresses by the loose form of their last part."""
    tops: set[str] = field(default_factory=set)
    """First parts of addresses: what lies below them is this site's own."""
    complete: bool = True
    """Whether every page's address is known."""

    def find(self, address: str) -> str | None:
        """The document served at an address; ``/``, ``index.html``, ``.html`` at its end may be left out."""
        key = address.strip("/")
        found = self.by_address.get(key)
        if found is not None:
            return found
        if key == "index.html" or key.endswith("/index.html"):
            return self.by_address.get(key[: -len("index.html")].strip("/"))
        if not address.endswith("/"):
            # most hosts serve a.html for a
            return self.by_address.get(key + ".html")
        return None

    def similar(self, address: str) -> str | None:
        """An address that differs in case, accents, marks or ending only; else one that ends alike."""
        found = self.loose.get(_loosely(address))
        if found is not None:
            return found
        end = _loosely(address.strip("/").rpartition("/")[2])
        ends = self.last.get(end, ())
        if not ends and end and len(self.last) <= MOST_SIMILAR:
            close = difflib.get_close_matches(end, self.last, 1, 0.8)
            ends = self.last[close[0]] if close else ()
        return ends[0] if len(ends) == 1 else None

    def is_own(self, address: str) -> bool:
        """Whether an address lies where this site has pages."""
        first, _, rest = address.strip("/").partition("/")
        return bool(rest) and first in self.tops


def build(pages: Iterable[Page], *, complete: bool = True) -> Table:
    """The table of all pages; of two at one address the first counts."""
    table = Table(complete=complete)
    for page in pages:
        table.by_path[page.path] = page
        table.complete &= page.known
        for address in page.addresses:
            key = unicodedata.normalize("NFC", address).strip("/")
            table.by_address.setdefault(key, page.path)
            table.loose.setdefault(_loosely(key), address)
            table.last.setdefault(_loosely(key.rpartition("/")[2]), []).append(address)
            table.tops.add(key.partition("/")[0])
    return table


def _loosely(address: str) -> str:
    text = unicodedata.normalize("NFKD", address.strip("/")).casefold()
    text = re.sub(r"(?:^|/)index$|(?:/index)?\.(?:html?|mdx?|markdown)$", "", text)
    return "/".join(_LOOSE.sub("", part) for part in text.split("/"))

"""Find the file or page that a local link means, or say whether it surely is not there.

Writes nothing and opens no document. `reading` finds, `missing` judges what it does not find; this
module asks each link once.
"""

from __future__ import annotations

from urllib.parse import unquote

from ..model import Answer, Verdict
from ..site import Site
from .facts import Pages
from .missing import Missing
from .reading import OK, Here, Reading, Target
from .tree import Tree


class Resolver:
    """The local links of one site."""

    def __init__(self, site: Site, tree: Tree, pages: Pages, *, is_repository: bool) -> None:
        self._reading = Reading(site, tree, pages)
        self._missing = Missing(self._reading, is_repository=is_repository)
        self._known: dict[tuple[str, str, bool], Target] = {}

    def here(self, path: str) -> Here:
        """What has to be known of a document once."""
        return self._reading.here(path)

    def resolve(self, here: Here, text: str, *, embed: bool) -> Target:
        """What a link leads to. ``text``: percent-encoded, without fragment, not empty."""
        rooted = text[0] == "/"
        key = ("" if rooted and here.manner.pages else here.key, text, embed)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._resolve(here, text, rooted=rooted, embed=embed)
        return found

    def _resolve(self, here: Here, text: str, *, rooted: bool, embed: bool) -> Target:
        head = text.partition("?")[0]
        path = unquote(head, errors="surrogateescape")
        if "\0" in path:
            return Target(Answer(Verdict.BROKEN, "no-file", "no name holds a NUL"))
        if not path:
            return Target(OK, here.path)
        for spelling in dict.fromkeys((path, head)):
            found = self._reading.found(here, spelling, rooted=rooted)
            if found is not None:
                return found
        return self._missing.judge(here, path, rooted=rooted, embed=embed)

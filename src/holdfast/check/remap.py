"""``--remap``: another URL is asked for than the one in the document.

Opens nothing. The rules go one after the other, each once; what one makes the next may match.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import UsageError


class Remap:
    """The rules of one run."""

    def __init__(self, rules: Sequence[tuple[str, str]]) -> None:
        """``rules``: regular expression and template, as `kinds.read_remaps` gives them."""
        self._rules = [(re.compile(pattern), pattern, template) for pattern, template in rules]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __call__(self, url: str) -> str:
        """What is asked for instead of ``url``; itself where no rule matches.

        Raises:
            UsageError: the rules lead in a circle: what one of them turned into something, a later one turns
                back.
        """
        seen = [url]
        for pattern, text, template in self._rules:
            new, times = pattern.subn(template, seen[-1])
            if not times or new == seen[-1]:
                continue
            if new in seen:
                raise UsageError(
                    f"--remap {text!r} turns {seen[-1]} back into {new}: the rules lead in a circle",
                    "leave out one of them",
                )
            seen.append(new)
        return seen[-1]

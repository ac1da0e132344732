"""What the operator says of single hosts (``[hosts."docs.example.org"]``), with secrets from the environment.

Sends nothing. The headers of a host are for that host alone, on whichever hop it comes up; `headers.Composer`
sees to that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..kinds import HostSettings
from .events import Event, Listener, unheard

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_UNFIT = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


@dataclass(frozen=True, slots=True)
class HostRule:
    """What holds for one host. None: as for every other host."""

    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case, values with their variables filled in."""
    user_agent: str | None = None
    interval: float | None = None
    """Seconds."""
    concurrency: int | None = None


_NONE = HostRule()


def fitting(settings: Sequence[HostSettings], host: str) -> HostSettings | None:
    """The first table that fits ``host`` (lower case, as in `Url.host_str`).

    ``*.example.org`` fits ``example.org`` and everything under it.
    """
    name = host.removesuffix(".")
    for each in settings:
        if each.pattern.startswith("*."):
            domain = each.pattern[2:]
            if name == domain or name.endswith("." + domain):
                return each
        elif name == each.pattern:
            return each
    return None


class HostRules:
    """The tables of a run."""

    def __init__(
        self, settings: Sequence[HostSettings], environment: Mapping[str, str], listener: Listener = unheard
    ) -> None:
        self._settings = tuple(settings)
        self._environment = environment
        self._tell = listener
        self._rules: dict[str, HostRule] = {}
        self._filled: dict[str, tuple[tuple[str, str], ...]] = {}
        """By pattern."""

    def of(self, host: str) -> HostRule:
        """What holds for ``host``."""
        if not self._settings:
            return _NONE
        rule = self._rules.get(host)
        if rule is None:
            rule = self._rules[host] = self._find(host)
        return rule

    def most_at_once(self, usual: int) -> int:
        """The most requests that any host may be asked at once; ``usual``: where no table says it."""
        return max([usual, *(each.concurrency or 0 for each in self._settings)])

    def _find(self, host: str) -> HostRule:
        found = fitting(self._settings, host)
        if found is None:
            return _NONE
        if found.pattern not in self._filled:
            self._filled[found.pattern] = self._fill(found)
        return HostRule(self._filled[found.pattern], found.user_agent, found.interval, found.concurrency)

    def _fill(self, settings: HostSettings) -> tuple[tuple[str, str], ...]:
        """The headers with their variables filled in; one whose variable is not set is left out, and said."""
        headers = []
        for name, value in settings.headers:
            # A secret that a CI system withholds (from a fork's pull request, say) is an empty variable.
            missing = [
                each for each in _VARIABLE.findall(value) if not self._environment.get(each, "").strip()
            ]
            filled = _VARIABLE.sub(lambda found: self._environment.get(found[1], "").strip(), value)
            if missing:
                why = f"${{{missing[0]}}} is not set in the environment"
            elif _UNFIT.search(filled):
                why = "its value holds characters that no header can carry"
            else:
                headers.append((name.lower(), filled))
                continue
            message = f"hosts: {settings.pattern} is asked without the header {name}: {why}"
            self._tell(Event("unset", settings.pattern, message))
        return tuple(headers)

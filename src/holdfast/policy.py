"""What a run wants of the plan, and what the plan asks of the manifest and the disk.

Decides nothing by itself: `plan.plan` applies it. What is known outside comes in as callables, so that the
plan stays pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

import msgspec

from .config import Config
from .errors import ConfigError
from .families import LINK_TYPES
from .model import Asset, Document, Failure, Reference


class ManifestView(Protocol):
    """What a plan asks of the manifest."""

    def asset(self, url: str) -> Asset | None:
        """What is held of ``url`` (without fragment and credentials)."""

    def failure(self, url: str) -> Failure | None:
        """Why ``url`` could not be stored, when that is the last that is known."""

    def restored(self, document: str, raw: str) -> bool:
        """Whether ``raw`` was put back in this document by restore."""


Own: TypeAlias = Asset | bool
"""False: not ours. True: under our own prefix. An asset: ours, and this is what it points at."""


def _nothing_is_own(document: Document, reference: Reference) -> Own:  # noqa: ARG001 - the interface
    return False


def _everything_is_there(asset: Asset) -> bool:  # noqa: ARG001 - the interface
    return True


def _nothing_is_named(path: str) -> bool:  # noqa: ARG001 - the interface
    return False


class Policy(msgspec.Struct, frozen=True):
    """What a run wants; see `from_config`."""

    include: tuple[re.Pattern[str], ...] = ()
    """Searched in the URL as it is recorded; one must match, when there are any."""
    exclude: tuple[re.Pattern[str], ...] = ()
    links: frozenset[str] = frozenset()
    """Keys of `LINK_TYPES`: links to such files are archived too."""
    retry_failed: bool = False
    refresh: bool = False
    """Ask again for what is held; a plan then holds it *and* requests it."""
    own: Callable[[Document, Reference], Own] = _nothing_is_own
    has_asset: Callable[[Asset], bool] = _everything_is_there
    """Whether the file of a held asset is where it should be."""
    named: Callable[[str], bool] = _nothing_is_named
    """Whether the user named this document: restored references are then archived again."""


def from_config(
    config: Config,
    *,
    retry_failed: bool = False,
    refresh: bool = False,
    own: Callable[[Document, Reference], Own] = _nothing_is_own,
    has_asset: Callable[[Asset], bool] = _everything_is_there,
    named: Callable[[str], bool] = _nothing_is_named,
) -> Policy:
    """The policy that a configuration asks for.

    Raises:
        ConfigError: a pattern is no regular expression, or a link type is not in `LINK_TYPES`.
    """
    unknown = sorted(set(config.links) - LINK_TYPES.keys())
    if unknown:
        raise ConfigError(f"links: {unknown[0]!r} is no type", f"allowed: {', '.join(sorted(LINK_TYPES))}")
    return Policy(
        include=patterns("include", config.include),
        exclude=patterns("exclude", config.exclude),
        links=frozenset(config.links),
        retry_failed=retry_failed,
        refresh=refresh,
        own=own,
        has_asset=has_asset,
        named=named,
    )


def patterns(key: str, texts: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """Compile the regular expressions of a setting.

    Raises:
        ConfigError: one is none; it is named.
    """
    compiled = []
    for pattern in texts:
        try:
            compiled.append(re.compile(pattern))
        except re.error as error:
            raise ConfigError(f"{key}: {pattern!r} is no regular expression: {error}") from None
    return tuple(compiled)

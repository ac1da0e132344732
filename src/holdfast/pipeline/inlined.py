"""Files of a copy as ``data:`` URLs, for the few places in which a browser takes them in no other form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..media import HEAD_BYTES, identify
from ..offline.inlining import data_url
from ..offline.placeholders import PLACEHOLDERS

_LARGEST = 256 * 1024
"""Bytes: a mask or a track is small, and each place that shows it holds it once more."""


class Inlined:
    """Reads each file once, wherever its bytes are by now."""

    def __init__(self, root: Path, names: Mapping[str, str], fetched: Callable[[str], Path]) -> None:
        """``names``: by the path of each file below ``root``, its path in the copy. ``fetched``: where the
        file of any other path is by now."""
        self._root = root
        self._own = {name: path for path, name in names.items()}
        self._ours = {row.name: row.data for row in PLACEHOLDERS.values()}
        self._fetched = fetched
        self._known: dict[str, str | None] = {}

    def __call__(self, name: str) -> str | None:
        """The file of the copy with this name; None where it is too large, or no media file."""
        if name not in self._known:
            self._known[name] = self._url(name)
        return self._known[name]

    def _url(self, name: str) -> str | None:
        data = self._ours.get(name)
        if data is None:
            own = self._own.get(name)
            data = _small(self._fetched(name) if own is None else self._root / own)
        kind = identify(data[:HEAD_BYTES]) if data is not None else None
        return data_url(data, kind.type) if data is not None and kind is not None else None


def _small(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.stat().st_size <= _LARGEST else None
    except OSError:
        return None

"""Numbers and plurals as people read them."""

from __future__ import annotations

import re

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size(count: int) -> str:
    """``41819`` -> ``40.8 KiB``."""
    value = float(count)
    for unit in _UNITS:
        if value < 1024 or unit == _UNITS[-1]:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError("unreachable: the last unit has no upper bound")


def count(number: int, one: str, many: str = "") -> str:
    """``1 document``, ``2 documents``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shorten(text: str, width: int = 96) -> str:
    """Cut the middle out of a long URL, keeping both ends readable."""
    if len(text) <= width:
        return text
    half = (width - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


_ENCODED = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")


def legible(text: str) -> str:
    """``b.md#%E6%A0%87`` -> ``b.md#标``: as its author wrote it and a browser shows it.

    What is no UTF-8 or could not be seen stays as it is; so does ASCII, which would read as another URL.
    """
    return _ENCODED.sub(_decoded, text) if "%" in text else text


def _decoded(found: re.Match[str]) -> str:
    try:
        decoded = bytes.fromhex(found[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return found[0]
    return decoded if decoded.isprintable() else found[0]


def visible(text: str) -> str:
    """Escape what could steer a terminal or hide in a line: control and bidirectional characters."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)

"""What a page's front matter says about its address: `slug`, `url`, `date` ..., and nothing else of it.

Opens nothing and constructs nothing but texts and lists of texts. It is asked of every page of a
site, so only the lines of the wanted keys are parsed.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from ..model import ScanOptions
from ..scan import frontmatter

Value: TypeAlias = str | tuple[str, ...]
Front: TypeAlias = Mapping[str, Value]
"""Keys in lower case; scalars as texts (``true``, ``2024-05-01T00:00:00Z``), lists as tuples of texts."""


def _words(table: str) -> frozenset[str]:
    return frozenset(table.split())


WANTED = _words(
    """
    title slug url permalink aliases alias redirect_from date publishdate published draft tags tag
    categories category series lang language layout type id path section status save_as name authors
    """
)
"""Keys that some generator builds addresses from."""

LARGEST_VALUE = 16 * 1024
"""Characters: the lines of the wanted keys together. Longer ones are no addresses."""

_KEY = re.compile(r"""^["']?([A-Za-z_][\w-]*)["']?[ \t]*:(?=\s|$)""", re.MULTILINE)
_NEXT = re.compile(r"^(?=[^\s#\]}-])", re.MULTILINE)
_HEADER = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)$", re.MULTILINE)
_TABLE_LINE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def read(source: bytes, options: ScanOptions, taxonomies: frozenset[str] = frozenset()) -> Front | None:
    """The wanted values of a document's front matter.

    Args:
        taxonomies: further keys, in lower case.

    Returns None where the front matter cannot be understood: then nothing is known of the page's address.
    """
    text, form = frontmatter.inner(source, options)
    if not text.strip():
        return {}
    wanted = WANTED | taxonomies
    try:
        match form:
            case "yaml":
                return dict(_flat(_yaml(text, wanted), wanted))
            case "toml":
                return dict(_flat(_toml(text), wanted))
            case "json":
                return dict(_flat(json.loads(text), wanted))
            case "headers":
                return dict(_flat({match[1]: match[2].strip() for match in _HEADER.finditer(text)}, wanted))
    except (ValueError, RecursionError):
        return None
    return {}


def _yaml(text: str, wanted: frozenset[str]) -> Any:
    """The wanted keys of a block, whose other lines (long summaries, theme's maps) are not parsed."""
    kept = []
    for match in _KEY.finditer(text):
        if match[1].lower() in wanted:
            following = _NEXT.search(text, match.end())
            kept.append(text[match.start() : following.start() if following else len(text)])
    lines = "".join(line if line.endswith("\n") else line + "\n" for line in kept)
    if len(lines) > LARGEST_VALUE or lines.count("[") + lines.count("{") > 100:
        return None
    if not lines.strip():
        return {}
    import yaml  # 10 ms, which posts without such keys can do without

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return yaml.load(lines, loader)  # noqa: S506 - constructs texts alone
    except yaml.YAMLError as error:  # an alias or an anchor reaches beyond these lines, too
        raise ValueError from error


def _toml(text: str) -> Any:
    """All of a block; or, where it does not parse, the keys before the first table."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError:
        table = _TABLE_LINE.search(text)
        if table is None:
            raise
        return tomllib.loads(text[: table.start()].replace("\r\n", "\n"))


def _flat(values: Any, wanted: frozenset[str]) -> Iterator[tuple[str, Value]]:
    if not isinstance(values, dict):
        return
    for key, value in values.items():
        name = str(key).lower()
        if name == "taxonomies" and isinstance(value, dict):  # Zola
            yield from _flat(value, wanted | {str(each).lower() for each in value})
        elif name == "extra":
            continue
        elif name in wanted:
            if isinstance(value, dict):
                yield name, tuple(f"{part}={_text(inner)}" for part, inner in value.items())
            elif isinstance(value, list):
                yield name, tuple(_text(item) for item in value if not isinstance(item, dict))
            elif value is not None:
                yield name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def text(front: Front, key: str) -> str:
    """A scalar; "" where there is none."""
    value = front.get(key, "")
    return value if isinstance(value, str) else ""


def texts(front: Front, key: str, split: str = "") -> tuple[str, ...]:
    """A list; of a scalar the one value, or, with ``split``, the parts between these characters."""
    value = front.get(key, ())
    if isinstance(value, tuple):
        return value
    if not value:
        return ()
    return tuple(value.split(None if split == " " else split)) if split else (value,)

"""Kinds of values that a setting takes: each reads what a TOML file or a flag brings, or says what is
allowed.

Opens no file and knows no key: `keys` says which key takes which kind.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import msgspec

from .errors import ConfigError

Value: TypeAlias = Any
"""What a TOML file, or a flag, brings."""


class UnfitError(ValueError):
    """A value that a key does not take; says what it does."""


_SIZES = {"": 1, "B": 1}
for _power, _letter in enumerate("KMGT", 1):
    # As curl and wget count: K is KiB. Only KB, MB ... are the powers of ten that their name says.
    _SIZES |= {_letter: 1024**_power, f"{_letter}IB": 1024**_power, f"{_letter}B": 1000**_power}

_TIMES = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

_NUMBER = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([A-Za-z]*)\s*")

_LEAST_DECODE_MEMORY = 64 * 1024**2
"""A process that has imported Pillow and looked at nothing yet takes 30 MiB."""

A_SIZE = "bytes as a whole number, or a size such as 25MiB, 500K or 1G"
A_DURATION = "seconds as a number, or a time such as 10s, 500ms, 2m or 1h"


def parse_size(value: Value) -> int:
    """Bytes, from a whole number or a text such as ``25MiB``, ``25M`` (the same) or ``25MB`` (25,000,000).

    Raises:
        ConfigError: it is neither.
    """
    return int(_or_config_error(read_size, value))


def parse_duration(value: Value) -> float:
    """Seconds, from a number or a text such as ``10s``, ``500ms``, ``2m``.

    Raises:
        ConfigError: it is neither.
    """
    return float(_or_config_error(read_duration, value))


def _or_config_error(parse: Callable[[Value], Value], value: Value) -> Value:
    try:
        return parse(value)
    except UnfitError as error:
        raise ConfigError(f"{show(value)} is not allowed: {error}") from None


def show(value: Value) -> str:
    """A value as a person wrote it, not more of it than a line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):  # a flag that may be repeated
        text = " ".join(f'"{each}"' for each in value)
    elif isinstance(value, list):
        text = f"[{', '.join(map(show, value))}]"
    else:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def read_size(value: Value) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2].upper() not in _SIZES:
        raise UnfitError(A_SIZE)
    factor = _SIZES[match[2].upper()]
    return int(float(match[1]) * factor) if "." in match[1] else int(match[1]) * factor


def read_decode_memory(value: Value) -> int:
    size = read_size(value)
    if size < _LEAST_DECODE_MEMORY:
        raise UnfitError(f"{A_SIZE}, at least 64MiB")
    return size


def read_duration(value: Value) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
        if match is None or match[2].lower() not in _TIMES:
            raise UnfitError(A_DURATION)
        seconds = float(match[1]) * _TIMES[match[2].lower()]
    if not math.isfinite(seconds) or seconds < 0:
        raise UnfitError(A_DURATION)
    return seconds


def read_positive(value: Value) -> float:
    seconds = read_duration(value)
    if seconds == 0:
        raise UnfitError(f"{A_DURATION}, more than 0")
    return seconds


def read_whole(least: int) -> Callable[[Value], int]:
    def parse(value: Value) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise UnfitError(f"a whole number of at least {least}")
        return value

    return parse


def read_flag(value: Value) -> bool:
    if isinstance(value, str) and value in ("true", "false"):  # as --set brings it
        return value == "true"
    if not isinstance(value, bool):
        raise UnfitError("true or false")
    return value


def read_text(value: Value) -> str:
    if not isinstance(value, str):
        raise UnfitError("a text")
    return value


def read_folder(value: Value) -> str:
    """A folder below the site's root: nothing is ever written elsewhere."""
    allowed = "a folder below the site's root, such as static/archive"
    text = read_text(value).replace("\\", "/")
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", text) or "\0" in text:
        raise UnfitError(allowed)
    return "" if path == PurePosixPath() else path.as_posix()


def read_path(value: Value) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise UnfitError("a file's path")
    return Path(value).expanduser()


def read_texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise UnfitError('a list of texts, such as ["a", "b"]')
    return tuple(value)


def read_split(value: Value) -> tuple[str, ...]:
    """A list, or its entries in one text with commas, as on the command line."""
    parts = [part.strip().lower() for text in read_texts(value) for part in text.split(",")]
    return tuple(dict.fromkeys(filter(None, parts)))


def read_one_of(*allowed: str) -> Callable[[Value], str]:
    def parse(value: Value) -> str:
        if value not in allowed:
            raise UnfitError(f"one of {', '.join(allowed)}")
        return str(value)

    return parse


def read_patterns(value: Value) -> tuple[str, ...]:
    for pattern in (found := read_texts(value)):
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise UnfitError(f"regular expressions; in {show(pattern)}: {error}") from None
    return found


def read_headers(value: Value) -> tuple[tuple[str, str], ...]:
    """``["Name: value"]`` as curl's -H has them, or a table; both parts as RFC 9110 section 5 allows them."""
    lines: Iterable[tuple[str, str, str]]
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        lines = [(name, ":", each) for name, each in value.items()]
    else:
        lines = [line.partition(":") for line in read_texts(value)]
    headers = []
    for name, colon, text in lines:
        if (
            not colon
            or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
            or re.search(r"[\0\r\n]", text)
        ):
            raise UnfitError('headers such as "Accept-Language: de"')
        headers.append((name, text.strip()))
    return tuple(headers)


def read_ranges(value: Value) -> tuple[str, ...]:
    """``true`` for all, or CIDR ranges; ``*`` is all too, as the bare flag gives it."""
    import ipaddress  # 8 ms, and hardly anyone needs it

    if isinstance(value, bool):
        return ("*",) if value else ()
    for each in (found := read_texts(value)):
        try:
            if each != "*":
                ipaddress.ip_network(each, strict=False)
        except ValueError:
            raise UnfitError("true, or address ranges such as 10.0.0.0/8") from None
    return found


def read_statuses(value: Value) -> tuple[tuple[int, int], ...]:
    """Ranges of HTTP statuses, both ends included: ``"200..=299, 429"`` as in lychee, or ``200-299``."""
    parts = [str(part) for part in value] if isinstance(value, list | tuple) else str(value).split(",")
    found = []
    for part in parts:
        match = _STATUSES.fullmatch(part)
        if match is None:
            raise UnfitError('statuses such as "200..=299,429" or 403')
        low = int(match["low"] or 100)
        high = (
            int(match["high"] or 999) - (match["mark"] == ".." and bool(match["high"]))
            if match["mark"]
            else low
        )
        if not 100 <= low <= high <= 999:
            raise UnfitError("statuses between 100 and 999, the lower one first")
        found.append((low, high))
    return tuple(found)


_STATUSES = re.compile(r"\s*(?P<low>[0-9]{3})?(?:\s*(?P<mark>\.\.=|\.\.|-)\s*(?P<high>[0-9]{3})?)?\s*")


def read_grace(value: Value) -> tuple[int, float]:
    """``3x7d``: so many failures in a row, over at least this time (seconds)."""
    number, mark, time = value.partition("x") if isinstance(value, str) else ("", "", "")
    try:
        if mark:
            return read_whole(1)(number.strip()), read_duration(time)
    except UnfitError:
        pass
    raise UnfitError("failures and a time, such as 3x7d")


def read_remaps(value: Value) -> tuple[tuple[str, str], ...]:
    """``PATTERN REPLACEMENT`` each; ``$1`` and ``$name`` stand for the pattern's groups, as in lychee."""
    rules = []
    for text in read_texts(value):
        pattern, _, new = text.strip().rpartition(" ")
        if not pattern.strip():
            raise UnfitError(
                f'a pattern and its replacement, such as "^https://a/ https://b/"; not {show(text)}'
            )
        (pattern,) = read_patterns([pattern.strip()])
        template = _GROUP.sub(lambda group: f"\\g<{group[1] or group[2]}>", new.replace("\\", "\\\\"))
        try:
            # The parser of replacements knows whether its groups are there.
            re.compile(f"(?:{pattern})|").sub(template, "")
        except (re.error, IndexError) as error:
            raise UnfitError(f"a replacement for {show(pattern)}; in {show(new)}: {error}") from None
        rules.append((pattern, template))
    return tuple(rules)


_GROUP = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class HostSettings(msgspec.Struct, frozen=True):
    """What a table of ``[hosts]`` says of one host, or of a domain and everything under it."""

    pattern: str
    """``docs.example.org``, or ``*.example.org``; in lower case."""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent to this host alone; ``${NAME}`` in a value is that environment variable."""
    user_agent: str | None = None
    interval: float | None = None
    """Seconds between two requests."""
    concurrency: int | None = None
    accept: tuple[tuple[int, int], ...] = ()
    """Statuses that a check takes for good, besides those of ``accept``."""


_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9a-fA-F:.]+\]")


def read_hosts(value: Value) -> tuple[HostSettings, ...]:
    """The tables ``[hosts."docs.example.org"]``; keys are those of `HostSettings`, named as settings are."""
    readers: dict[str, tuple[str, Callable[[Value], Value]]] = {
        "header": ("headers", read_headers),
        "headers": ("headers", read_headers),
        "user-agent": ("user_agent", read_text),
        "interval": ("interval", read_duration),
        "concurrency": ("concurrency", read_whole(1)),
        "accept": ("accept", read_statuses),
    }
    if not isinstance(value, dict):
        raise UnfitError('tables such as [hosts."docs.example.org"]')
    found = []
    for pattern, table in value.items():
        if not _HOST.fullmatch(pattern):
            raise UnfitError(f"hosts such as docs.example.org or *.example.org; not {show(pattern)}")
        if not isinstance(table, dict):
            raise UnfitError(f'a table for each host: [hosts."{pattern}"]')
        fields: dict[str, Value] = {}
        for key, each in table.items():
            name = key.replace("_", "-")
            if name not in readers:
                raise UnfitError(f"for {pattern} the keys {', '.join(readers)}; not {key}")
            field, read = readers[name]
            try:
                fields[field] = read(each)
            except UnfitError as error:
                raise UnfitError(f"for {pattern}, {key}: {error}") from None
        found.append(HostSettings(pattern.lower(), **fields))
    return tuple(found)

"""The keys of holdfast.toml and the flags beside them: what each is called, where it goes and what it takes.

Opens no file. One row a key, in `KEYS`; a new setting is a field in `config` and a row here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

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
    return int(_or_config_error(_size, value))


def parse_duration(value: Value) -> float:
    """Seconds, from a number or a text such as ``10s``, ``500ms``, ``2m``.

    Raises:
        ConfigError: it is neither.
    """
    return float(_or_config_error(_duration, value))


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


# -- kinds of values: each gives what the field takes, or raises UnfitError ------------------------------


def _size(value: Value) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2].upper() not in _SIZES:
        raise UnfitError(A_SIZE)
    factor = _SIZES[match[2].upper()]
    return int(float(match[1]) * factor) if "." in match[1] else int(match[1]) * factor


def _decode_memory(value: Value) -> int:
    size = _size(value)
    if size < _LEAST_DECODE_MEMORY:
        raise UnfitError(f"{A_SIZE}, at least 64MiB")
    return size


def _duration(value: Value) -> float:
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


def _positive(value: Value) -> float:
    seconds = _duration(value)
    if seconds == 0:
        raise UnfitError(f"{A_DURATION}, more than 0")
    return seconds


def _whole(least: int) -> Callable[[Value], int]:
    def parse(value: Value) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise UnfitError(f"a whole number of at least {least}")
        return value

    return parse


def _flag(value: Value) -> bool:
    if not isinstance(value, bool):
        raise UnfitError("true or false")
    return value


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise UnfitError("a text")
    return value


def _folder(value: Value) -> str:
    """A folder below the site's root: nothing is ever written elsewhere."""
    allowed = "a folder below the site's root, such as static/archive"
    text = _text(value).replace("\\", "/")
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", text) or "\0" in text:
        raise UnfitError(allowed)
    return "" if path == PurePosixPath() else path.as_posix()


def _path(value: Value) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise UnfitError("a file's path")
    return Path(value).expanduser()


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise UnfitError('a list of texts, such as ["a", "b"]')
    return tuple(value)


def _split(value: Value) -> tuple[str, ...]:
    """A list, or its entries in one text with commas, as on the command line."""
    parts = [part.strip().lower() for text in _texts(value) for part in text.split(",")]
    return tuple(dict.fromkeys(filter(None, parts)))


def _one_of(*allowed: str) -> Callable[[Value], str]:
    def parse(value: Value) -> str:
        if value not in allowed:
            raise UnfitError(f"one of {', '.join(allowed)}")
        return str(value)

    return parse


def _patterns(value: Value) -> tuple[str, ...]:
    for pattern in (found := _texts(value)):
        try:
            re.compile(pattern)
        except re.error as error:
            raise UnfitError(f"regular expressions; in {show(pattern)}: {error}") from None
    return found


def _headers(value: Value) -> tuple[tuple[str, str], ...]:
    """``["Name: value"]`` as curl's -H has them, or a table; both parts as RFC 9110 section 5 allows them."""
    lines: Iterable[tuple[str, str, str]]
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        lines = [(name, ":", each) for name, each in value.items()]
    else:
        lines = [line.partition(":") for line in _texts(value)]
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


def _ranges(value: Value) -> tuple[str, ...]:
    """``true`` for all, or CIDR ranges; ``*`` is all too, as the bare flag gives it."""
    import ipaddress  # 8 ms, and hardly anyone needs it

    if isinstance(value, bool):
        return ("*",) if value else ()
    for each in (found := _texts(value)):
        try:
            if each != "*":
                ipaddress.ip_network(each, strict=False)
        except ValueError:
            raise UnfitError("true, or address ranges such as 10.0.0.0/8") from None
    return found


# -- the keys --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a value goes, and how it is read."""

    place: tuple[str, ...]
    """The path of the field in `config.Config`."""
    parse: Callable[[Value], Value]


def _rows() -> Mapping[str, Setting]:
    limits = ("network", "limits")
    return {
        "site": Setting(("site",), _text),
        "archive": Setting(("archive",), _folder),
        "assets": Setting(("assets",), _folder),
        "url-prefix": Setting(("url_prefix",), _text),
        "base-path": Setting(("base_path",), _text),
        "naming": Setting(("naming",), _text),
        "layout": Setting(("layout",), _one_of("auto", "shared", "beside")),
        "links": Setting(("links",), _split),
        "include": Setting(("include",), _patterns),
        "exclude": Setting(("exclude",), _patterns),
        "include-path": Setting(("include_path",), _texts),
        "exclude-path": Setting(("exclude_path",), _texts),
        "extensions": Setting(("extensions",), _split),
        "front-matter-key": Setting(("front_matter_keys",), _texts),
        "max-total": Setting(("max_total",), _size),
        "strip-metadata": Setting(("strip_metadata",), _flag),
        "allow-active-svg": Setting(("allow_active_svg",), _flag),
        "pixels": Setting(("media", "pixels"), _whole(1)),
        "decode-memory": Setting(("media", "decode_memory"), _decode_memory),
        "decode-timeout": Setting(("media", "decode_timeout"), _positive),
        "user-agent": Setting(("network", "user_agent"), _text),
        "header": Setting(("network", "headers"), _headers),
        "cookie-jar": Setting(("network", "cookie_jar"), _path),
        "proxy": Setting(("network", "proxy"), _text),
        "ca-file": Setting(("network", "ca_file"), _path),
        "insecure": Setting(("network", "insecure"), _flag),
        "resolve": Setting(("network", "resolve"), _texts),
        "connect-to": Setting(("network", "connect_to"), _texts),
        "allow-private": Setting(("network", "allow_private"), _ranges),
        "concurrency": Setting((*limits, "concurrency"), _whole(1)),
        "host-concurrency": Setting((*limits, "host_concurrency"), _whole(1)),
        "host-interval": Setting((*limits, "host_interval"), _duration),
        "connect-timeout": Setting((*limits, "connect_timeout"), _positive),
        "timeout": Setting((*limits, "headers_timeout"), _positive),
        "check-deadline": Setting((*limits, "check_deadline"), _positive),
        "deadline": Setting((*limits, "store_deadline"), _positive),
        "slow-window": Setting((*limits, "slow_window"), _positive),
        "slow-bytes-per-second": Setting((*limits, "slow_bytes_per_second"), _size),
        "redirects": Setting((*limits, "redirects"), _whole(0)),
        "retries": Setting((*limits, "retries"), _whole(0)),
        "backoff-first": Setting((*limits, "backoff_first"), _duration),
        "backoff-most": Setting((*limits, "backoff_most"), _duration),
        "retry-after-most": Setting((*limits, "retry_after_most"), _duration),
        "host-failures": Setting((*limits, "host_failures"), _whole(1)),
        "max-bytes": Setting((*limits, "max_bytes"), _size),
        "max-image-bytes": Setting((*limits, "max_image_bytes"), _size),
        "max-media-bytes": Setting((*limits, "max_media_bytes"), _size),
    }


KEYS: Mapping[str, Setting] = _rows()
"""Every key, spelled as the long option of the same meaning."""

SYNONYMS: Mapping[str, str] = {"headers": "header", "front-matter-keys": "front-matter-key"}
"""A list reads better in the plural."""


def spelled(key: str) -> str:
    """The key as `KEYS` has it: underscores are taken for hyphens."""
    key = key.replace("_", "-")
    return SYNONYMS.get(key, key)


def parse(key: str, value: Value, where: str) -> Value:
    """The value that a key's field takes.

    Args:
        where: what a message begins with: the file and key, or the flag.

    Raises:
        ConfigError: the value is not allowed there.
    """
    try:
        return KEYS[key].parse(value)
    except UnfitError as error:
        raise ConfigError(f"{where} is {show(value)}; allowed: {error}") from None


def unknown(key: str, where: str, value: Value) -> ConfigError:
    """The error for a key that is none: what was probably meant, and every key there is."""
    from difflib import get_close_matches  # 4 ms

    if isinstance(value, dict):
        return ConfigError(
            f"{where}: {key} is not a setting; settings stand at the top, in no table",
            "move what is in it above the first [table]",
        )
    near = get_close_matches(spelled(key), [*KEYS, *SYNONYMS], n=1)
    if near:
        return ConfigError(f"{where}: {key} is not a setting; did you mean {near[0]}?", "correct its name")
    return ConfigError(f"{where}: {key} is not a setting", f"the settings are {', '.join(sorted(KEYS))}")

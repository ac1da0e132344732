"""What an asset's file is called: a function of its URL, its bytes and a template.

Touches no disk, and takes no name from a server: of a URL only the host and the last part of the path are
used, reduced to letters, digits, ``.``, ``_`` and ``-``; the extension comes from the bytes.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from urllib.parse import unquote

import ada_url

from .errors import ConfigError

FIELDS: Mapping[str, str] = {
    "host": "the URL's host in punycode, with -PORT where it states one",
    "stem": "the last part of the URL's path, without its extension",
    "hash16": "the first 16 hexadecimal digits of the SHA-256, more where two names would be equal",
    "hash": "the whole SHA-256",
    "ext": "the extension that fits the bytes",
}
"""What a template may hold, in braces."""

FLAT = "{stem}-{hash16}.{ext}"
"""The template of a file beside its post, where the configured one has its hash in a folder's name."""
STAND_IN_HASH = "HASH"
STAND_IN_EXTENSION = "EXT"
"""What `stand_in` writes for what only the bytes can tell."""

SEGMENT_BYTES = 120
"""Longest folder or file name. File systems take 255; archives, editors and sync programs less."""
_FIXED_BYTES = 100
_HASH_LENGTHS = (16, 24, 32, 48, 64)

_LITERAL = re.compile(r"[A-Za-z0-9._/-]*")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]+")
_DOTS = re.compile(r"\.{2,}")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")
"""Names that Windows keeps for devices, whatever follows the first dot."""
_KNOWN_EXTENSION = re.compile(
    r"(?i)\.(?:jpe?g|jpe|jfif|a?png|gif|webp|avif|bmp|ico|tiff?|svgz?|mp4|m4v|webm|mkv|mov|og[agv]|opus|mp3|m4a|"
    r"wav|flac|pdf|vtt|woff2?|ttf|otf|heic)$"
)


def check_template(template: str) -> None:
    """Refuse a template that could name a file badly.

    Raises:
        ConfigError: an unknown field, no hash, no ``.{ext}`` at the end, or a character that is not portable.
    """

    def refuse(what: str) -> ConfigError:
        allowed = ", ".join(f"{{{name}}}" for name in FIELDS)
        hint = f"allowed are {allowed} and the characters A-Z a-z 0-9 . _ - /, as in {{host}}/{FLAT}"
        return ConfigError(f"naming: {template!r} {what}", hint)

    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise refuse(f"is no template: {error}") from None
    names = [name for _, name, _, _ in parts if name is not None]
    for literal, name, form, conversion in parts:
        if not _LITERAL.fullmatch(literal):
            raise refuse(f"holds a character that not every system takes in a file name: {literal!r}")
        if name is not None and (name not in FIELDS or form or conversion):
            raise refuse(f"holds an unknown field: {{{name}}}")
    if not {"hash16", "hash"} & set(names):
        raise refuse("holds no hash, so two files could want one name")
    if not template.endswith(".{ext}") or names.count("ext") != 1:
        raise refuse("does not end in .{ext}")
    for segment in template.split("/"):
        if not segment.strip("."):
            raise refuse("has a folder name that is empty, or of dots alone")
        longest = segment.format(host="", stem="", hash16="0" * 64, hash="0" * 64, ext="12345")
        if len(longest) > _FIXED_BYTES:
            raise refuse(f"leaves no room for the rest of a name: {segment!r}")


def flat(name: str) -> str:
    """A template, or a name made from one, without its folders: for a file that stands beside its post."""
    last = name.rpartition("/")[2]
    return FLAT if "{hash" in name and "{hash" not in last else last


def stand_in(url: str, template: str) -> str:
    """The name that ``url`` would get, with `STAND_IN_HASH` and `STAND_IN_EXTENSION` in it."""
    return _format(template, url, STAND_IN_HASH, STAND_IN_HASH, STAND_IN_EXTENSION)


def assign(
    wanted: Mapping[str, tuple[str, str]], taken: Mapping[str, str], template: str
) -> Mapping[str, str]:
    """Name every file: ``{sha256: POSIX path}``, whatever the order of ``wanted``.

    Args:
        wanted: by URL, the SHA-256 of the bytes and the extension that fits them. Bytes that several URLs
            brought are named after the first URL in sort order.
        taken: by path, the SHA-256 of what stands there. A name once given is kept.
        template: see `check_template`.

    No two paths differ only by the case of their letters.
    """
    names: dict[str, str] = {}
    for path in sorted(taken):
        names.setdefault(taken[path], path)
    owners = {path.lower(): sha256 for path, sha256 in taken.items()}
    found: dict[str, str] = {}
    for url in sorted(wanted):
        sha256, extension = wanted[url]
        if sha256 not in found:
            path = names.get(sha256) or _free(template, url, sha256, extension, owners)
            owners[path.lower()] = sha256
            found[sha256] = path
    return found


def _free(template: str, url: str, sha256: str, extension: str, owners: Mapping[str, str]) -> str:
    candidates = (_format(template, url, sha256[:length], sha256, extension) for length in _HASH_LENGTHS)
    return next(path for path in candidates if owners.get(path.lower(), sha256) == sha256)


def _format(template: str, url: str, short: str, whole: str, extension: str) -> str:
    host, stem = host_and_stem(url)
    fields = {"host": host, "hash16": short, "hash": whole, "ext": extension}
    return "/".join(_segment(part, fields, stem) for part in template.split("/"))


def _segment(part: str, fields: Mapping[str, str], stem: str) -> str:
    """One folder's or file's name: host and stem give way when it would be too long, the hash never does."""
    if part.count("{host}") + part.count("{stem}") == 1:  # nearly always, and nearly always short enough
        name = part.format(**fields, stem=stem.rstrip(".-_") or "file")
        if len(name) < SEGMENT_BYTES:
            return _portable(name)
    room = SEGMENT_BYTES - 1 - len(part.format(**{**fields, "host": "", "stem": ""}))
    host = fields["host"][: room // max(1, part.count("{host}") + part.count("{stem}"))]
    room -= len(host) * part.count("{host}")
    short = stem[: room // max(1, part.count("{stem}"))].rstrip(".-_") or "file"
    return _portable(part.format(**{**fields, "host": host, "stem": short}))


def _portable(name: str) -> str:
    """A name that no system reads as a device, as hidden or as another folder."""
    name = (_DOTS.sub(".", name) if ".." in name else name).strip(".-") or "file"
    return f"_{name}" if _RESERVED.match(name) else name


def host_and_stem(url: str) -> tuple[str, str]:
    """``("example.com-8080", "photo")`` of ``https://user@example.com:8080/a/photo.jpg?x``."""
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        return "unknown", "file"
    host = parsed.hostname + (f"-{parsed.port}" if parsed.port else "")
    last = next((part for part in reversed(parsed.pathname.split("/")) if part), "")
    stem = unquote(last, errors="replace")
    while (shorter := _KNOWN_EXTENSION.sub("", stem)) != stem:
        stem = shorter
    return _clean(host) or "unknown", _clean(stem) or ("file" if last else "index")


def _clean(text: str) -> str:
    """The portable characters of ``text``; accents are taken off first, so that ``é`` is ``e``."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _DOTS.sub(".", _FORBIDDEN.sub("-", text)).strip(".-")

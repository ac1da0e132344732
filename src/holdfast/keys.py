"""The keys of holdfast.toml and the flags beside them: what each is called and where it goes.

Opens no file. One row a key, in `KEYS`; a new setting is a field in `config`, a row here and, where no kind
fits, a kind in `kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from . import kinds
from .errors import ConfigError
from .kinds import UnfitError, Value, show


class Setting(msgspec.Struct, frozen=True):
    """Where a value goes, and how it is read."""

    place: tuple[str, ...]
    """The path of the field in `config.Config`."""
    parse: Callable[[Value], Value]


def _rows() -> Mapping[str, Setting]:
    limits = ("network", "limits")
    return {
        "site": Setting(("site",), kinds.read_text),
        "archive": Setting(("archive",), kinds.read_folder),
        "assets": Setting(("assets",), kinds.read_folder),
        "url-prefix": Setting(("url_prefix",), kinds.read_text),
        "base-path": Setting(("base_path",), kinds.read_text),
        "naming": Setting(("naming",), kinds.read_text),
        "layout": Setting(("layout",), kinds.read_one_of("auto", "shared", "beside")),
        "links": Setting(("links",), kinds.read_split),
        "include": Setting(("include",), kinds.read_patterns),
        "exclude": Setting(("exclude",), kinds.read_patterns),
        "include-path": Setting(("include_path",), kinds.read_texts),
        "exclude-path": Setting(("exclude_path",), kinds.read_texts),
        "extensions": Setting(("extensions",), kinds.read_split),
        "front-matter-key": Setting(("front_matter_keys",), kinds.read_texts),
        "max-total": Setting(("max_total",), kinds.read_size),
        "strip-metadata": Setting(("strip_metadata",), kinds.read_flag),
        "allow-active-svg": Setting(("allow_active_svg",), kinds.read_flag),
        "lock-wait": Setting(("lock_wait",), kinds.read_duration),
        "accept": Setting(("check", "accept"), kinds.read_statuses),
        "remap": Setting(("check", "remap"), kinds.read_remaps),
        "fragments": Setting(("check", "fragments"), kinds.read_flag),
        "soft-404": Setting(("check", "soft_404"), kinds.read_flag),
        "include-reserved": Setting(("check", "include_reserved"), kinds.read_flag),
        "strict": Setting(("check", "strict"), kinds.read_flag),
        "max-age": Setting(("check", "max_age"), kinds.read_duration),
        "grace": Setting(("check", "grace"), kinds.read_grace),
        "second-look": Setting(("check", "second_look"), kinds.read_duration),
        "history": Setting(("check", "history"), kinds.read_path),
        "baseline": Setting(("check", "baseline"), kinds.read_path),
        "built": Setting(("check", "built"), kinds.read_path),
        "pixels": Setting(("media", "pixels"), kinds.read_whole(1)),
        "decode-memory": Setting(("media", "decode_memory"), kinds.read_decode_memory),
        "decode-timeout": Setting(("media", "decode_timeout"), kinds.read_positive),
        "user-agent": Setting(("network", "user_agent"), kinds.read_text),
        "header": Setting(("network", "headers"), kinds.read_headers),
        "cookie-jar": Setting(("network", "cookie_jar"), kinds.read_path),
        "proxy": Setting(("network", "proxy"), kinds.read_text),
        "ca-file": Setting(("network", "ca_file"), kinds.read_path),
        "insecure": Setting(("network", "insecure"), kinds.read_flag),
        "resolve": Setting(("network", "resolve"), kinds.read_texts),
        "connect-to": Setting(("network", "connect_to"), kinds.read_texts),
        "hosts": Setting(("network", "hosts"), kinds.read_hosts),
        "allow-private": Setting(("network", "allow_private"), kinds.read_ranges),
        "concurrency": Setting((*limits, "concurrency"), kinds.read_whole(1)),
        "host-concurrency": Setting((*limits, "host_concurrency"), kinds.read_whole(1)),
        "host-interval": Setting((*limits, "host_interval"), kinds.read_duration),
        "connect-timeout": Setting((*limits, "connect_timeout"), kinds.read_positive),
        "timeout": Setting((*limits, "headers_timeout"), kinds.read_positive),
        "check-deadline": Setting((*limits, "check_deadline"), kinds.read_positive),
        "deadline": Setting((*limits, "store_deadline"), kinds.read_positive),
        "slow-window": Setting((*limits, "slow_window"), kinds.read_positive),
        "slow-bytes-per-second": Setting((*limits, "slow_bytes_per_second"), kinds.read_size),
        "redirects": Setting((*limits, "redirects"), kinds.read_whole(0)),
        "retries": Setting((*limits, "retries"), kinds.read_whole(0)),
        "backoff-first": Setting((*limits, "backoff_first"), kinds.read_duration),
        "backoff-most": Setting((*limits, "backoff_most"), kinds.read_duration),
        "retry-after-most": Setting((*limits, "retry_after_most"), kinds.read_duration),
        "host-failures": Setting((*limits, "host_failures"), kinds.read_whole(1)),
        "max-bytes": Setting((*limits, "max_bytes"), kinds.read_size),
        "max-image-bytes": Setting((*limits, "max_image_bytes"), kinds.read_size),
        "max-media-bytes": Setting((*limits, "max_media_bytes"), kinds.read_size),
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

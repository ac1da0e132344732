"""Settings: what a file and the flags may say, where they go, and what a person is told who got one wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from holdfast import keys
from holdfast.config import (
    GIB,
    KIB,
    MIB,
    Config,
    HostSettings,
    find_root,
    load,
    merge,
    parse_duration,
    parse_size,
)
from holdfast.errors import ConfigError


def loaded(root: Path, text: str, name: str = "holdfast.toml") -> Config:
    (root / name).write_text(text, encoding="utf-8")
    found, path = load(root)
    assert path == root / name
    return found


def value(config: Config, key: str) -> Any:
    """What a key's field holds."""
    part: Any = config
    for name in keys.KEYS[key].place:
        part = getattr(part, name)
    return part


# -- every key ----------------------------------------------------------------------------------------------

CASES: list[tuple[str, str, object]] = [
    ("site", '"hugo"', "hugo"),
    ("archive", '"data/archive/"', "data/archive"),
    ("archive", '"."', ""),
    ("assets", '"static\\\\archive"', "static/archive"),
    ("url-prefix", '"/archive"', "/archive"),
    ("base-path", '"/blog/"', "/blog/"),
    ("naming", '"{hash16}.{ext}"', "{hash16}.{ext}"),
    ("layout", '"beside"', "beside"),
    ("links", '["pdf", "video"]', ("pdf", "video")),
    ("links", '"PDF, video"', ("pdf", "video")),
    ("include", "'^https://e\\.test/'", (r"^https://e\.test/",)),
    ("exclude", '["a", "b"]', ("a", "b")),
    ("include-path", '"post/**"', ("post/**",)),
    ("exclude-path", '["drafts"]', ("drafts",)),
    ("extensions", '"html,css"', ("html", "css")),
    ("front-matter-key", '["hero"]', ("hero",)),
    ("front-matter-keys", '["hero"]', ("hero",)),
    ("max-total", '"1G"', GIB),
    ("strip-metadata", "true", True),
    ("allow-active-svg", "true", True),
    ("lock-wait", '"1m"', 60.0),
    ("pixels", "1_000", 1000),
    ("decode-memory", '"64MiB"', 64 * MIB),
    ("decode-timeout", '"90s"', 90.0),
    ("user-agent", '"me"', "me"),
    ("header", '["Accept-Language: de", "X:"]', (("Accept-Language", "de"), ("X", ""))),
    ("headers", '{ Accept-Language = "de" }', (("Accept-Language", "de"),)),
    ("cookie-jar", '"/c.txt"', Path("/c.txt")),
    ("proxy", '""', ""),
    ("ca-file", '"/ca.pem"', Path("/ca.pem")),
    ("insecure", "true", True),
    ("resolve", '"e.test:443:192.0.2.1"', ("e.test:443:192.0.2.1",)),
    ("connect-to", '["::localhost:8080"]', ("::localhost:8080",)),
    ("allow-private", "true", ("*",)),
    ("allow-private", "false", ()),
    ("allow-private", '["10.0.0.0/8", "fd00::/8", "127.0.0.1"]', ("10.0.0.0/8", "fd00::/8", "127.0.0.1")),
    ("concurrency", "3", 3),
    ("host-concurrency", "1", 1),
    ("host_concurrency", "1", 1),
    ("host-interval", "0", 0.0),
    ("host-interval", '"500ms"', 0.5),
    ("connect-timeout", '"10s"', 10.0),
    ("timeout", "2.5", 2.5),
    ("check-deadline", '"2m"', 120.0),
    ("deadline", '"1h"', 3600.0),
    ("slow-window", "30", 30.0),
    ("slow-bytes-per-second", '"2K"', 2 * KIB),
    ("redirects", "0", 0),
    ("retries", "0", 0),
    ("backoff-first", "0.1", 0.1),
    ("backoff-most", "1", 1.0),
    ("retry-after-most", '"2m"', 120.0),
    ("host-failures", "5", 5),
    ("max-bytes", '"25MiB"', 25 * MIB),
    ("max-image-bytes", "1000", 1000),
    ("max-media-bytes", '"1.5M"', 3 * MIB // 2),
    (
        "hosts",
        '{ "*.Docs.test" = { header = ["Authorization: Bearer ${T}"], interval = "1s", accept = "403" } }',
        (
            HostSettings(
                "*.docs.test", (("Authorization", "Bearer ${T}"),), interval=1.0, accept=((403, 403),)
            ),
        ),
    ),
    ("accept", '"200..=299, 429"', ((200, 299), (429, 429))),
    ("accept", '"..=399"', ((100, 399),)),
    ("accept", '"500.."', ((500, 999),)),
    ("accept", '"200..300,403-405"', ((200, 299), (403, 405))),
    ("accept", "[200, 404]", ((200, 200), (404, 404))),
    ("remap", '"^https://a/(.*)$ https://b/$1"', (("^https://a/(.*)$", r"https://b/\g<1>"),)),
    ("fragments", "true", True),
    ("soft-404", "true", True),
    ("include-reserved", "true", True),
    ("strict", "true", True),
    ("max-age", '"7d"', 604800.0),
    ("grace", '"3x7d"', (3, 604800.0)),
    ("second-look", "0", 0.0),
    ("history", '"/h.jsonl"', Path("/h.jsonl")),
    ("baseline", '"/b.jsonl"', Path("/b.jsonl")),
    ("built", '"/public"', Path("/public")),
]


@pytest.mark.parametrize(("key", "text", "expected"), CASES)
def test_every_key_reaches_its_field(tmp_path: Path, key: str, text: str, expected: object) -> None:
    found = loaded(tmp_path, f"{key} = {text}\n")
    assert value(found, keys.spelled(key)) == expected
    assert replace(found) == found
    pyproject = tmp_path / "p"
    pyproject.mkdir()
    assert loaded(pyproject, f"[tool.holdfast]\n{key} = {text}\n", "pyproject.toml") == found


def test_every_key_has_a_case_and_every_field_a_key() -> None:
    assert {keys.spelled(key) for key, _, _ in CASES} == set(keys.KEYS)

    def fields(part: Any, *above: str) -> Iterator[tuple[str, ...]]:
        for name in part.__struct_fields__:
            held = getattr(part, name)
            if isinstance(held, Struct):
                yield from fields(held, *above, name)
            else:
                yield (*above, name)

    assert set(fields(Config())) == {row.place for row in keys.KEYS.values()}


WRONG: list[tuple[str, str]] = [
    ("concurrency = 0", "holdfast.toml: concurrency is 0; allowed: a whole number of at least 1"),
    ("concurrency = 1.5", "holdfast.toml: concurrency is 1.5; allowed: a whole number of at least 1"),
    ("concurrency = true", "holdfast.toml: concurrency is true; allowed: a whole number of at least 1"),
    ('host_concurrency = "many"', 'holdfast.toml: host_concurrency is "many"; allowed: a whole number of'),
    (
        "decode-memory = 1000",
        "holdfast.toml: decode-memory is 1000; allowed: bytes as a whole number, or a size",
    ),
    (
        'timeout = "soon"',
        'holdfast.toml: timeout is "soon"; allowed: seconds as a number, or a time such as 10s',
    ),
    (
        "timeout = 0",
        "holdfast.toml: timeout is 0; allowed: seconds as a number, or a time such as 10s, 500ms",
    ),
    ("timeout = -1", "holdfast.toml: timeout is -1; allowed: seconds"),
    ("timeout = nan", "holdfast.toml: timeout is nan; allowed: seconds"),
    ("deadline = inf", "holdfast.toml: deadline is inf; allowed: seconds"),
    (
        'max-bytes = "25 apples"',
        'holdfast.toml: max-bytes is "25 apples"; allowed: bytes as a whole number, or a size',
    ),
    ('accept = "ok"', 'holdfast.toml: accept is "ok"; allowed: statuses such as "200..=299,429" or 403'),
    ("accept = 99", "holdfast.toml: accept is 99; allowed: statuses"),
    ('accept = "300..=200"', "allowed: statuses between 100 and 999, the lower one first"),
    ('grace = "3"', 'holdfast.toml: grace is "3"; allowed: failures and a time, such as 3x7d'),
    ('grace = "0x7d"', "allowed: failures and a time"),
    ('remap = "https://a/"', "allowed: a pattern and its replacement"),
    ('remap = "( https://b/"', 'allowed: regular expressions; in "(": missing ), unterminated subpattern'),
    ('remap = "^a$ b$1"', 'allowed: a replacement for "^a$"; in "b$1": invalid group reference 1'),
    ("hosts = 1", "allowed: tables such as"),
    ('hosts = { "a b" = {} }', "allowed: hosts such as docs.example.org"),
    ('hosts = { "a.test" = { pace = 1 } }', "allowed: for a.test the keys header, headers, user-agent"),
    ('hosts = { "a.test" = { interval = "x" } }', "allowed: for a.test, interval: seconds"),
    ("max-total = -5", "holdfast.toml: max-total is -5; allowed: bytes"),
    ("max-total = 1.5", "holdfast.toml: max-total is 1.5; allowed: bytes"),
    ('layout = "flat"', 'holdfast.toml: layout is "flat"; allowed: one of auto, shared, beside'),
    ("site = 3", "holdfast.toml: site is 3; allowed: a text"),
    ('insecure = "yes"', 'holdfast.toml: insecure is "yes"; allowed: true or false'),
    ('include = "("', 'holdfast.toml: include is "("; allowed: regular expressions; in "(": missing )'),
    ("exclude = [1]", 'holdfast.toml: exclude is [1]; allowed: a list of texts, such as ["a", "b"]'),
    (
        'header = "no colon"',
        'holdfast.toml: header is "no colon"; allowed: headers such as "Accept-Language: de"',
    ),
    ('header = "A B: c"', 'holdfast.toml: header is "A B: c"; allowed: headers'),
    ('header = "A: b\\r\\nC: d"', "allowed: headers"),
    (
        'allow-private = "10.0.0.0/99"',
        'allow-private is "10.0.0.0/99"; allowed: true, or address ranges such as',
    ),
    ('archive = "../elsewhere"', 'archive is "../elsewhere"; allowed: a folder below the site\'s root'),
    ('assets = "/etc"', 'assets is "/etc"; allowed: a folder below the site\'s root'),
    ('assets = "C:\\\\x"', "allowed: a folder below the site's root"),
    ('cookie-jar = ""', 'cookie-jar is ""; allowed: a file\'s path'),
    ("concurency = 3", "holdfast.toml: concurency is not a setting; did you mean concurrency?"),
    ("time_out = 3", "holdfast.toml: time_out is not a setting; did you mean timeout?"),
    ("xyzzy = 3", "holdfast.toml: xyzzy is not a setting"),
    ("[network]\nconcurrency = 3", "network is not a setting; settings stand at the top, in no table"),
    ("max-bytes = 1\nmax_bytes = 2", "max-bytes stands there twice, in two spellings"),
    ("a = 1\nb = = 2", r"holdfast.toml: not TOML: Invalid value (at line 2, column 5)"),
    ('site = "x', "holdfast.toml: not TOML: "),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_setting_names_file_key_value_and_what_is_allowed(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "holdfast.toml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        load(tmp_path)
    assert caught.value.exit_code == 3


def test_an_unknown_key_lists_all_there_are(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_text("xyzzy = 1")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert caught.value.hint == f"the settings are {', '.join(sorted(keys.KEYS))}"


# -- files --------------------------------------------------------------------------------------------------


def test_without_a_file_everything_is_default(tmp_path: Path) -> None:
    assert load(tmp_path) == (Config(), None)
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    assert load(tmp_path) == (Config(), None)


def test_holdfast_toml_comes_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.holdfast]\nretries = 1\n")
    assert load(tmp_path)[0].network.limits.retries == 1
    assert loaded(tmp_path, "redirects = 1").network.limits.retries == Config().network.limits.retries


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'cookie-jar = "c.txt"').network.cookie_jar == tmp_path / "c.txt"
    assert merge(Config(), {"cookie_jar": "c.txt"}).network.cookie_jar == Path("c.txt")


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\ufeffretries = 1\n").network.limits.retries == 1


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "holdfast.toml"
    path.write_bytes(b'site = "\xb0\xa1"')
    with pytest.raises(ConfigError, match=r"holdfast\.toml: line 1 is not UTF-8"):
        load(tmp_path)


PROJECTS = [
    ("[tool.holdfast]\nretries = =\n", True),
    ('["tool" . "holdfast"]\nretries = =\n', True),
    ("[tool.holdfast.x]\nretries = =\n", True),
    ('[project]\ndependencies = ["holdfast"]\nbroken = =\n', False),
    ("[tool.other]\nbroken = =\n", False),
]


@pytest.mark.parametrize(("text", "ours"), PROJECTS)
def test_a_broken_pyproject_stops_only_where_it_is_about_us(tmp_path: Path, text: str, ours: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    if ours:
        with pytest.raises(ConfigError, match=r"pyproject\.toml: not TOML"):
            load(tmp_path)
    else:
        assert load(tmp_path) == (Config(), None)


def test_a_wrong_key_in_pyproject_names_its_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.holdfast]\nretry = 1\n")
    with pytest.raises(
        ConfigError, match=r"pyproject\.toml \[tool\.holdfast\]: retry is not .* did you mean retries"
    ):
        load(tmp_path)


# -- flags --------------------------------------------------------------------------------------------------


def test_flags_come_before_the_file_and_what_was_not_given_does_not_count(tmp_path: Path) -> None:
    base = loaded(
        tmp_path, 'retries = 1\nredirects = 1\ninclude = ["a"]\nmax-total = 5\nproxy = "http://p"\n'
    )
    merged = merge(
        base,
        {"retries": 2, "redirects": None, "include": (), "max-total": "1K", "proxy": "", "header": ("A: b",)},
    )
    limits = merged.network.limits
    assert (limits.retries, limits.redirects, merged.include, merged.max_total) == (2, 1, ("a",), KIB)
    assert (merged.network.proxy, merged.network.headers) == ("", (("A", "b"),))
    assert merge(base, {}) == base


def test_a_flag_that_may_be_repeated_replaces_the_list(tmp_path: Path) -> None:
    base = loaded(tmp_path, 'exclude = ["a", "b"]')
    assert merge(base, {"exclude": ("c",)}).exclude == ("c",)


def test_a_wrong_flag_is_named_as_it_is_typed() -> None:
    with pytest.raises(ConfigError, match=r'^--host-interval is "x"; allowed: seconds'):
        merge(Config(), {"host_interval": "x"})


def test_a_flag_that_is_no_setting_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        merge(Config(), {"dry_run": True})


def test_folders_may_be_named_absolutely_below_the_root(tmp_path: Path) -> None:
    merged = merge(Config(), {"archive": str(tmp_path / "a" / "b"), "assets": "static/x"}, root=tmp_path)
    assert (merged.archive, merged.assets) == ("a/b", "static/x")
    with pytest.raises(ConfigError, match=r"^--archive is "):
        merge(Config(), {"archive": str(tmp_path.parent)}, root=tmp_path)


# -- sizes and times ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (0, 0),
        ("0", 0),
        ("1", 1),
        ("1b", 1),
        ("1k", KIB),
        ("1 KiB", KIB),
        ("1kB", 1000),
        ("25MiB", 25 * MIB),
        ("25m", 25 * MIB),
        ("25MB", 25_000_000),
        ("0.5G", GIB // 2),
        ("2TiB", 2048 * GIB),
        (" 7 M ", 7 * MIB),
    ],
)
def test_sizes(text: object, expected: int) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    "text", ["", "M", "-1", "1X", "1e3", "1,5M", "٣", "1MiBs", True, None, -1, 1.5, [], "1 2"]
)
def test_what_is_no_size(text: object) -> None:
    with pytest.raises(
        ConfigError, match=r"is not allowed: bytes as a whole number, or a size such as 25MiB"
    ):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (0, 0.0),
        (1.5, 1.5),
        ("10", 10.0),
        ("10s", 10.0),
        ("500ms", 0.5),
        ("2m", 120.0),
        ("2min", 120.0),
        ("1.5h", 5400.0),
    ],
)
def test_durations(text: object, expected: float) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "s", "-1s", "1w", "1:30", True, None, -1, float("nan"), float("inf"), []]
)
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ConfigError, match=r"is not allowed: seconds as a number, or a time such as 10s"):
        parse_duration(text)


@given(st.text(max_size=8) | st.integers() | st.floats() | st.booleans() | st.none())
def test_no_value_breaks_a_parser(found: object) -> None:
    for parse in (parse_size, parse_duration):
        with suppress(ConfigError):
            assert parse(found) >= 0


@given(
    st.sampled_from(sorted(keys.KEYS)),
    st.recursive(st.text(max_size=5) | st.integers() | st.booleans(), st.lists),
)
def test_no_value_breaks_a_key(key: str, found: object) -> None:
    with suppress(ConfigError):
        assert isinstance(merge(Config(), {key: found}), Config)


# -- the site's root ----------------------------------------------------------------------------------------

ROOTS: list[tuple[list[str], str, str]] = [
    # (what there is, the first path, the root)
    (["a/b/c.md", "a/holdfast.toml"], "a/b/c.md", "a"),
    (["a/b/c.md", "a/holdfast.toml"], "a/b", "a"),
    (["a/b/c.md", "a/holdfast.toml", ".git/"], "a", "a"),
    (["a/b/c.md", ".git/"], "a/b/c.md", "."),
    (["a/b/c.md", ".git"], "a/b/c.md", "."),
    (["a/b/c.md", "a/hugo.toml", ".git/"], "a/b/c.md", "a"),
    (["a/b/c.md", "a/config/_default/hugo.toml", ".git/"], "a/b/c.md", "a"),
    (["a/b/c.md", "a/.obsidian/", ".git/"], "a/b/c.md", "a"),
    (["a/b/c.md", "a/pyproject.toml", ".git/"], "a/b/c.md", "."),
    (["a/b/c.md", "a/b/holdfast.toml", "a/holdfast.toml"], "a/b/c.md", "a/b"),
    (["a/holdfast.toml"], "a/missing/deep.md", "a"),
    (["a/holdfast.toml", "a/b/c.md"], "a/b/*.md", "a"),
]
GENERATORS = ("hugo.toml", "config/_default/hugo.toml", ".obsidian")


@pytest.mark.parametrize(("there", "first", "root"), ROOTS)
def test_the_root_is_the_nearest_folder_that_says_so(
    tmp_path: Path, there: list[str], first: str, root: str
) -> None:
    for each in there:
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        if each.endswith("/"):
            (tmp_path / each).mkdir()
        else:
            (tmp_path / each).touch()
    assert find_root(tmp_path / first, GENERATORS) == tmp_path / root


def test_a_table_in_pyproject_makes_a_root(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.holdfast]\n")
    (tmp_path / ".git").mkdir()
    assert find_root(tmp_path / "a" / "b", GENERATORS) == tmp_path / "a"


def test_without_any_sign_the_current_folder_is_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if any((folder / ".git").exists() for folder in tmp_path.parents):
        pytest.skip("temporary folders lie within a repository here")
    (tmp_path / "a").mkdir()
    assert find_root(Path("a"), GENERATORS) == tmp_path

"""Names are portable, short, and the same whatever the order in which files arrived."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.config import Config
from holdfast.errors import ConfigError
from holdfast.naming import (
    FIELDS,
    FLAT,
    SEGMENT_BYTES,
    STAND_IN_EXTENSION,
    STAND_IN_HASH,
    assign,
    check_template,
    flat,
    host_and_stem,
    stand_in,
)

DEFAULT = Config().naming
HASH = "3fa9c1d2b7e04c55" + "0" * 48


def name(url: str, template: str = DEFAULT, extension: str = "jpg") -> str:
    return assign({url: (HASH, extension)}, {}, template)[HASH]


# -- one name -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "stem"),
    [
        ("https://inews.gtimg.com/newsapp_bt/0/1/641", "inews.gtimg.com", "641"),
        ("https://example.com/a/photo.jpg", "example.com", "photo"),
        ("https://example.com/a/photo.JPG?w=1#x", "example.com", "photo"),
        ("https://example.com/photo.jpg.webp", "example.com", "photo"),
        ("https://example.com/archive.tar.gz", "example.com", "archive.tar.gz"),
        ("https://example.com/a/", "example.com", "a"),
        ("https://example.com/", "example.com", "index"),
        ("https://example.com", "example.com", "index"),
        ("https://example.com/?image=1.png", "example.com", "index"),
        ("https://Example.COM:8080/a.png", "example.com-8080", "a"),
        ("https://example.com:443/a.png", "example.com", "a"),
        ("https://user:secret@example.com/a.png", "example.com", "a"),
        ("https://例え.jp/图片.png", "xn--r8jz45g.jp", "file"),
        ("https://example.com/r%C3%A9sum%C3%A9.png", "example.com", "resume"),
        ("https://example.com/a%20b%20(1).png", "example.com", "a-b-1"),
        ("http://[2001:db8::1]/a.png", "2001-db8-1", "a"),
        ("https://example.com/%2e%2e/%2e%2e/etc/passwd", "example.com", "passwd"),
        ("https://example.com/..%2f..%2fetc%2fpasswd", "example.com", "etc-passwd"),
        ("https://example.com/..%5c..%5cboot.ini", "example.com", "boot.ini"),
        ("https://example.com/a%00b.png", "example.com", "a-b"),
        ("https://example.com/a%E2%80%AEgnp.exe.png", "example.com", "agnp.exe"),
        ("https://example.com/.hidden", "example.com", "hidden"),
        ("https://example.com/trailing.%20", "example.com", "trailing"),
        ("https://example.com/-rf.png", "example.com", "rf"),
        ("https://example.com/.png", "example.com", "file"),
        ("not a url", "unknown", "file"),
    ],
)
def test_host_and_stem(url: str, host: str, stem: str) -> None:
    found = host_and_stem(url)
    assert found == (host, stem)


def test_the_default_name() -> None:
    assert name("https://inews.gtimg.com/newsapp_bt/0/1/641") == "inews.gtimg.com/641-3fa9c1d2b7e04c55.jpg"
    assert stand_in("https://x.example/641", DEFAULT) == f"x.example/641-{STAND_IN_HASH}.{STAND_IN_EXTENSION}"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{stem}-{hash16}.{ext}", "photo-3fa9c1d2b7e04c55.jpg"),
        ("{hash}.{ext}", f"{HASH}.jpg"),
        ("img/{host}/{hash16}/{stem}.{ext}", "img/x.example/3fa9c1d2b7e04c55/photo.jpg"),
        ("{host}_{hash16}.{ext}", "x.example_3fa9c1d2b7e04c55.jpg"),
    ],
)
def test_other_templates(template: str, expected: str) -> None:
    check_template(template)
    assert name("https://x.example/photo.jpg", template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (DEFAULT, FLAT),
        ("a/{hash16}.{ext}", "{hash16}.{ext}"),
        ("{hash16}/{stem}.{ext}", FLAT),
        ("x.example/641-3fa9c1d2b7e04c55.jpg", "641-3fa9c1d2b7e04c55.jpg"),
        ("641-3fa9c1d2b7e04c55.jpg", "641-3fa9c1d2b7e04c55.jpg"),
    ],
)
def test_flat_names_have_no_folder_and_keep_a_hash(template: str, expected: str) -> None:
    assert flat(template) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://con/a.png", "_con/a"),
        ("https://nul.example/a.png", "_nul.example/a"),
        ("https://x.example/CON", "x.example/CON-"),
        ("https://x.example/NUL.txt", "x.example/_NUL.txt-"),
        ("https://x.example/com1.tar", "x.example/_com1.tar-"),
        ("https://x.example/console", "x.example/console-"),
    ],
)
def test_no_name_is_one_of_windows_devices(url: str, expected: str) -> None:
    assert name(url).startswith(expected)


def test_a_reserved_name_made_by_the_template_is_escaped_too() -> None:
    assert name("https://x.example/a", "aux/nul.{hash16}.{ext}") == "_aux/_nul.3fa9c1d2b7e04c55.jpg"


def test_long_names_are_cut_in_the_stem() -> None:
    found = name("https://" + "h" * 63 + "." + "i" * 63 + ".example/" + "a" * 400, extension="woff2")
    folder, file = found.split("/")
    assert len(folder) <= SEGMENT_BYTES
    assert len(file) <= SEGMENT_BYTES
    assert file.endswith("-3fa9c1d2b7e04c55.woff2")
    host = "https://" + ".".join(["h" * 60] * 4) + "/a"
    assert name(host, "{host}-{hash}.{ext}").endswith(f"-{HASH}.jpg")


# -- templates ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "template",
    [
        "{host}/{stem}.{ext}",
        "{host}/{stem}-{hash16}",
        "{hash16}.jpg",
        "{ext}/{hash16}.{ext}",
        "{name}-{hash16}.{ext}",
        "{hash16!r}.{ext}",
        "{hash16:>20}.{ext}",
        "{hash16.x}.{ext}",
        "{}-{hash16}.{ext}",
        "{hash16.{ext}",
        "a//{hash16}.{ext}",
        "/{hash16}.{ext}",
        "../{hash16}.{ext}",
        "./{hash16}.{ext}",
        "a\\{hash16}.{ext}",
        "a b/{hash16}.{ext}",
        "图/{hash16}.{ext}",
        "{hash16}:{stem}.{ext}",
        "x" * 90 + "{hash16}.{ext}",
        "",
    ],
)
def test_a_bad_template_is_refused(template: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_template(template)
    assert repr(template) in str(caught.value)
    assert all(f"{{{field}}}" in caught.value.hint for field in FIELDS)


def test_the_default_template_is_good() -> None:
    check_template(DEFAULT)
    check_template(FLAT)


# -- many names -----------------------------------------------------------------------------------------


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_urls_that_end_alike_do_not_collide() -> None:
    found = assign(
        {"https://x.example/A/641": (sha("a"), "jpg"), "https://x.example/B/641": (sha("b"), "jpg")},
        {},
        DEFAULT,
    )
    assert len(set(found.values())) == 2


def test_shared_bytes_take_the_first_urls_name() -> None:
    wanted = {f"https://{host}.example/{host}.jpg": (HASH, "jpg") for host in "cab"}
    assert assign(wanted, {}, DEFAULT) == {HASH: "a.example/a-3fa9c1d2b7e04c55.jpg"}


def test_a_name_once_given_is_kept() -> None:
    taken = {"z.example/z-3fa9c1d2b7e04c55.jpg": HASH}
    assert assign({"https://a.example/a": (HASH, "jpg")}, taken, DEFAULT) == {HASH: next(iter(taken))}


def test_a_taken_name_makes_the_hash_longer_whatever_its_case() -> None:
    taken = {"X.example/A-3FA9C1D2B7E04C55.jpg": sha("other")}
    found = assign({"https://x.example/a": (HASH, "jpg")}, taken, DEFAULT)
    assert found == {HASH: f"x.example/a-{HASH[:24]}.jpg"}


URLS = st.builds(
    "https://{}/{}".format,
    st.sampled_from(["x.example", "X.example:81", "例え.jp", "con", "a" * 60 + ".example"]),
    st.text(max_size=200),
)
# Few different first digits, so that short hashes do collide.
HASHES = st.builds(
    lambda head, tail: head * 20 + sha(str(tail))[20:], st.sampled_from("ab"), st.integers(0, 6)
)
WANTED = st.dictionaries(
    URLS, HASHES.map(lambda value: (value, "jpg" if value[-1] < "8" else "png")), max_size=12
)


@given(WANTED, st.randoms(use_true_random=False))
def test_names_do_not_depend_on_the_order_of_arrival(wanted: dict[str, tuple[str, str]], random) -> None:  # type: ignore[no-untyped-def]
    items = list(wanted.items())
    random.shuffle(items)
    assert assign(dict(items), {}, DEFAULT) == assign(wanted, {}, DEFAULT)


@given(WANTED, WANTED, st.sampled_from([DEFAULT, FLAT, "{hash}.{ext}", "{stem}/{hash16}.{ext}"]))
def test_names_are_portable_distinct_and_kept(
    first: dict[str, tuple[str, str]], second: dict[str, tuple[str, str]], template: str
) -> None:
    before = assign(first, {}, template)
    after = assign(second, {path: sha256 for sha256, path in before.items()}, template)
    assert all(after[sha256] == before[sha256] for sha256 in before.keys() & after.keys())
    paths = {**before, **after}
    assert len({path.lower() for path in paths.values()}) == len(paths)
    assert set(after) == {sha256 for sha256, _ in second.values()}
    for path in paths.values():
        for part in path.split("/"):
            assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?<!\.)", part), path
            assert len(part) <= SEGMENT_BYTES
            assert ".." not in part

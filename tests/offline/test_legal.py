"""Names in a copy: what every file system takes stays, what it does not gets a name that never changes."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.offline.legal import is_legal, legal

KEPT = [
    "index.html",
    "post/foo/index.html",
    "a b.png",
    ".htaccess",
    ".well-known/x.txt",
    "图.png",
    "é.png",
    "e\u0301.png",
    "50%.png",
    "a#b.png",
    "a+b=c,d;e&f@g!.png",
    "(a) [b] {c} 'd' `e` ~f^.png",
    "console.log",
    "com10.txt",
    "auxiliary/nulls.txt",
    "x" * 251 + ".png",
    "holdfast.json5",
    "a/holdfast.json",
]

CHANGED = [
    # the path, what it becomes; HASH: eight hexadecimal digits
    ("page.html?p=2", "page-p=2-HASH.html"),
    ("index.html?p=2.html", "index-p=2-HASH.html"),
    ("page.php?p=2.html", "page-p=2-HASH.html"),
    ("style.css?ver=1.2", "style-ver=1.2-HASH.css"),
    ("q?a=1.5", "q-a=1.5-HASH"),
    ("why?.png", "why_-HASH.png"),
    ("a:b.png", "a_b-HASH.png"),
    ('a"b*c<d>e|f\\g.png', "a_b_c_d_e_f_g-HASH.png"),
    ("a\tb\x7f.png", "a_b_-HASH.png"),
    ("a./b.png", "a-HASH/b.png"),
    ("a /b.png", "a-HASH/b.png"),
    ("...", "_-HASH"),
    ("CON", "CON-HASH"),
    ("con.txt", "con-HASH.txt"),
    ("con.foo.txt", "_con.foo-HASH.txt"),
    ("nul .txt", "nul-HASH.txt"),
    ("lpt¹.txt", "lpt¹-HASH.txt"),
    ("Aux/b.png", "Aux-HASH/b.png"),
    ("_holdfast/x.png", "_holdfast-HASH/x.png"),
    ("_Holdfast/x.png", "_Holdfast-HASH/x.png"),
    ("holdfast.json", "holdfast-HASH.json"),
    ("\udcff.png", "_-HASH.png"),
]

COLLIDING = [
    (["A.png", "a.png"], {"A.png": "A.png", "a.png": "a-HASH.png"}),
    (["A/x", "a/x"], {"A/x": "A/x", "a/x": "a-HASH/x"}),
    (["É.png", "é.png"], {"É.png": "É.png", "é.png": "é-HASH.png"}),
    (["e\u0301.png", "é.png"], {"e\u0301.png": "e\u0301.png", "é.png": "é-HASH.png"}),
    (["a/A.png", "b/a.png"], {"a/A.png": "a/A.png", "b/a.png": "b/a.png"}),
    (["a?.png", "a*.png"], {"a?.png": "a_-HASH.png", "a*.png": "a_-HASH.png"}),
]


def without_hash(path: str) -> str:
    return re.sub(r"-[0-9a-f]{8}(?=$|[./])", "-HASH", path)


@pytest.mark.parametrize("path", KEPT)
def test_keeps_what_every_file_system_takes(path: str) -> None:
    assert legal([path]) == {path: path}


@pytest.mark.parametrize(("path", "new"), CHANGED)
def test_gives_another_name_to_what_it_does_not_take(path: str, new: str) -> None:
    assert {key: without_hash(value) for key, value in legal([path]).items()} == {path: new}


@pytest.mark.parametrize(("paths", "expected"), COLLIDING)
def test_parts_what_differs_by_case_or_composition_alone(paths: list[str], expected: dict[str, str]) -> None:
    assert {key: without_hash(value) for key, value in legal(paths).items()} == expected
    assert len(set(legal(paths).values())) == len(paths)


@pytest.mark.parametrize(
    ("path", "extension", "new"),
    [
        ("LICENSE", ".html", "LICENSE-HASH.html"),
        ("a.php", ".html", "a-HASH.html"),
        ("q?a=1", ".html", "q-a=1-HASH.html"),
        ("a/b", ".html", "a/b-HASH.html"),
        ("a.HTML", ".html", "a.HTML"),
    ],
)
def test_gives_the_extension_that_the_bytes_ask_for(path: str, extension: str, new: str) -> None:
    assert without_hash(legal([path], {path: extension})[path]) == new


def test_shortens_what_is_too_long() -> None:
    new = legal(["图" * 300 + ".png"])["图" * 300 + ".png"]
    assert len(new.encode()) <= 255
    assert new.startswith("图图")
    assert new.endswith(".png")


@pytest.mark.parametrize("path", ["", "/a", "a//b", "a/"])
def test_refuses_what_is_no_path_below_a_folder(path: str) -> None:
    with pytest.raises(ValueError):
        legal([path])


NAMES = st.one_of(
    st.text("aAéÉe\u0301?*:. <~_-1", min_size=1, max_size=4),
    st.text(st.characters(exclude_characters="/"), min_size=1, max_size=8),
    st.sampled_from(["con", "NUL.txt", "_holdfast", "a.html?x=1.html", "ß", "ss", "x" * 300]),
)
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), max_size=12)


def folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


@given(PATHS)
def test_all_names_are_legal_and_no_two_are_one(paths: list[str]) -> None:
    found = legal(paths)
    assert set(found) == set(paths)
    assert all(is_legal(part) for path in found.values() for part in path.split("/"))
    assert len({folded(path) for path in found.values()}) == len(found)
    # what lay together lies together
    folders = {path.rpartition("/")[0]: found[path].rpartition("/")[0] for path in found}
    assert len(set(map(folded, folders.values()))) == len(folders)


@given(PATHS, st.randoms())
def test_names_depend_on_no_order_and_stay(paths: list[str], random: object) -> None:
    found = legal(paths)
    shuffled = list(paths)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert legal(shuffled) == found
    again = legal(found.values())
    assert all(new == old for old, new in again.items())


@given(PATHS)
def test_a_name_that_changes_alone_changes_so_among_others(paths: list[str]) -> None:
    found = legal(paths)
    keys = [folded(part) for path in paths for part in set(path.split("/"))]
    for path in paths:
        if "/" not in path and keys.count(folded(path)) == 1:
            assert found[path] == legal([path])[path]

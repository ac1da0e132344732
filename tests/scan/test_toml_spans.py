"""TOML front matter: which bytes of every kind of string spell a URL."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st
from tests.scan.marks import found, unmark

from holdfast.model import ScanOptions, Syntax
from holdfast.scan import frontmatter, toml_lines, toml_spans
from holdfast.scan.values import known_keys

OPTIONS = ScanOptions()
IMAGES = known_keys(frozenset())

MUST_FIND = {
    "basic": 'image = "«https://h/a»"\n',
    "literal": "image = '«https://h/a»'\n",
    "multi-line basic": 'image = """\n«https://h/a»"""\n',
    "multi-line basic on one line": 'image = """«https://h/a»"""\n',
    "multi-line literal": "image = '''\n«https://h/a»\n'''\n",
    "escapes": 'image = "«https:\\u002F/h\\U0000002Fa»"\n',
    "line continuation": 'image = """«https://h/\\\n    a.png»"""\n',
    "a comment after it": 'image = "«https://h/a»" # https://h/comment\n',
    "quoted key": '"image" = "«https://h/a»"\n',
    "dotted key": 'cover.image = "«https://h/a»"\ncover.caption = "‹https://h/b›"\n',
    "table": '[cover]\n  image = "«https://h/a»"\n  caption = "‹https://h/b›"\n',
    "inline table": 'cover = { image = "«https://h/a»", caption = "‹https://h/b›" }\n',
    "array": "images = [\"«https://h/a»\", '«https://h/b»']\n",
    "array over lines with comments": 'images = [\n  "«https://h/a»", # "https://h/comment"\n  "«https://h/b»",\n]\n',
    "array of tables": '[[resources]]\nname = "x"\nsrc = "«b.png»"\n[[resources]]\nsrc = "«https://h/a»"\n',
    "sub-table of an array of tables": '[[a]]\n[a.cover]\nsrc = "«https://h/a»"\n[[a]]\nimage = "«https://h/b»"\n',
    "tables out of order": '[x.a]\nimage="«https://h/a»"\n[y]\nimage="«https://h/b»"\n[x.b]\nimage="«https://h/c»"\n',
    "arrays in arrays": 'images = [["«https://h/a»"], ["«https://h/b»"]]\n',
    "wide characters before it": 'title = "腾讯😀"\nimage = "«https://h/图»"\n',
    "an image by its extension": 'x = "«https://h/a.webp»"\ny = "‹https://h/b›"\n',
    "//host": 'thumbnailImage = "«//h/a»"\n',
    "dynamic": 'image = "⟦https://h/{{ x }}⟧"\n',
    "dates, numbers and booleans": 'd = 2024-01-02T03:04:05Z\nimage = "«/a/b.png»"\nf = 1_0.5e3\nb = true\n',
}

MUST_NOT_FIND = {
    "a comment": '# image = "https://h/a.png"\nx = 1\n',
    "prose": 'image = "see https://h/a.png for more"\n',
    "a key": '"https://h/a.png" = 1\n',
    "a glob": '[[resources]]\nsrc = "images/*.png"\n',
    "a name under resources": '[[resources]]\nname = "img/x"\ntitle = "a/b.png"\n',
    "a path under another key": 'path = "/a/b.png"\n',
}


@pytest.mark.parametrize("marked", MUST_FIND.values(), ids=MUST_FIND.keys())
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_finds_exactly_the_bytes_of_the_url(marked: str, line_break: str) -> None:
    source, expected = unmark(f"\ufeff+++\n{marked}+++\nbody\n".replace("\n", line_break))
    result = frontmatter.read(source, OPTIONS)
    assert result.notices == ()
    assert found(result.references) == expected
    assert source[result.end :] == b"body" + line_break.encode()


@pytest.mark.parametrize("block", MUST_NOT_FIND.values(), ids=MUST_NOT_FIND.keys())
def test_leaves_alone_what_is_no_reference(block: str) -> None:
    result = frontmatter.read(f"+++\n{block}+++\n".encode(), OPTIONS)
    assert (result.references, result.notices, result.format) == ((), (), "toml")


def test_says_how_the_value_is_written_and_where_it_stands() -> None:
    source = b'+++\nimages = ["//h/a", \'//h/b\']\n[[x]]\n[[x]]\ncover.src = """//h/c"""\n+++\n'
    assert [(each.key, each.syntax, each.url) for each in frontmatter.read(source, OPTIONS).references] == [
        (("images", 0), Syntax.TOML_BASIC, "https://h/a"),
        (("images", 1), Syntax.TOML_LITERAL, "https://h/b"),
        (("x", 1, "cover", "src"), Syntax.TOML_BASIC, "https://h/c"),
    ]


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("title = x\n", "line 2: the TOML front matter cannot be read: Invalid value"),
        ("a = 1\na = 2\n", "line 3: the TOML front matter cannot be read: Cannot overwrite a value"),
        ('a = 1\nb = "x\n', "line 3: the TOML front matter cannot be read: Illegal character"),
        ("a = " + "[" * 5000 + "\n", "line 2: the TOML front matter cannot be read: it nests deeper"),
        ("a = " + "[" * 150 + "]" * 150 + "\n", "it nests deeper than 100 levels"),
        ("a." * 5000 + "a = 1\n", "one of its keys has too many parts"),
        ("a = " + "1" * 5000 + "\n", "integer string conversion"),
    ],
)
def test_says_in_plain_words_what_is_wrong_and_where(block: str, words: str) -> None:
    result = frontmatter.read(f"+++\n{block}+++\nbody".encode(), OPTIONS)
    assert [notice.code for notice in result.notices] == ["front-matter"]
    assert words in result.notices[0].message
    assert (result.references, result.end) == ((), len(f"+++\n{block}+++\n".encode()))


def test_the_tree_tells_apart_what_toml_tells_apart() -> None:
    spellings = [
        'a="1"',
        "a=1",
        "a=1.0",
        "a=true",
        'a="true"',
        "a=[1]",
        "a={}",
        "a=2024-01-02",
        'a="2024-01-02"',
        "a=[[1]]",
    ]
    trees = [frontmatter.tree(f"+++\n{text}\n+++\n".encode(), OPTIONS) for text in spellings]
    assert all(trees)
    assert len(set(trees)) == len(spellings)


# -- the short cut by lines agrees with tomlkit ---------------------------------------------------------

_PIECES = st.sampled_from(
    ["'//h/a'", '"https://h/a.png"', '" //h/b "', '"\\u0061"', '"/图.png"', "1", "true", "'#'", '""', "1.5"]
)
_ASSIGNMENTS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["image = ", "  x.image=", "images = ", "src\t= ", '"image" = ', "cover = "]),
    st.one_of(
        _PIECES,
        st.lists(_PIECES, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(_PIECES, max_size=2).map(lambda items: f"[ {' ,'.join(items)} , ]"),
        _PIECES.map(lambda item: f"{{image = {item}}}"),
        st.sampled_from(['"""//h/a"""', "'''\n//h/a'''", "2024-01-02 03:04:05Z", "[\n'//h/a']"]),
    ),
    st.sampled_from(["", " ", " # 'https://h/c'"]),
)
_TABLES = st.sampled_from(
    ["[a]", "[[b]]", "[b.c]", "[[b.d]]", "[b.d.e]", " [f.g] # x", "[[resources]]", "", "# image = '//h'"]
)


@given(st.lists(st.one_of(_ASSIGNMENTS, _TABLES), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_the_short_cut_agrees_with_tomlkit(lines: list[str], line_break: str) -> None:
    block = "".join(line.replace("\n", line_break) + line_break for line in lines)
    values = _values(block)
    short_cut = toml_lines.scalars(block, values, IMAGES) if values is not None else None
    if short_cut is not None and _tomlkit_reads(block):
        assert short_cut == toml_spans._dumped(block, IMAGES)


def _tomlkit_reads(block: str) -> bool:
    """It refuses, or reorders, tables that come back to an array of tables after another table."""
    try:
        return tomlkit.dumps(tomlkit.parse(block)) == block
    except tomlkit.exceptions.TOMLKitError:
        return False


def test_tables_that_tomlkit_reorders_are_read_or_named() -> None:
    simple = b"+++\n[[b]]\nimage = '//h/a'\n[c]\n[[b]]\nimage = '//h/b'\n+++\n"
    assert [(each.key, each.raw) for each in frontmatter.read(simple, OPTIONS).references] == [
        (("b", 0, "image"), b"//h/a"),
        (("b", 1, "image"), b"//h/b"),
    ]
    complicated = simple.replace(b"[c]", b"[c]\nx = {}")
    result = frontmatter.read(complicated, OPTIONS)
    assert result.references == ()
    assert "tomlkit does not give it back as it was" in result.notices[0].message


def _values(block: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(block)
    except tomllib.TOMLDecodeError:
        return None


@pytest.mark.parametrize(
    ("block", "taken"),
    [
        ("title = 'x'\ndate = 2024-01-02T03:04:05+08:00\ntags = [\"a\", 'b']\n", True),
        ("[cover]\n  image = '//h/a' # x\n[[resources]]\nsrc = 'a.png'\n", True),
        ('image = "a\\u0062"\n', False),
        ('image = """a"""\n', False),
        ("images = [\n'a']\n", False),
        ("cover = {image = 'a'}\n", False),
        ("'image' = 'a'\n", False),
    ],
)
def test_the_short_cut_takes_everyday_front_matter_and_nothing_else(block: str, taken: bool) -> None:
    assert (toml_lines.scalars(block, tomllib.loads(block), IMAGES) is not None) is taken


# -- an edit changes its value alone --------------------------------------------------------------------

_STRINGS = st.sampled_from(
    ["https://h/a.png", "http://例.com/图", 'https://h/"', "https://h/it's", "//h/a", "a\\b", ""]
)
_VALUES = st.recursive(
    st.one_of(_STRINGS, st.integers(-9, 9), st.booleans(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["image", "src", "t", "链", "a b"]), inner, max_size=3),
    ),
    max_leaves=8,
)


def _put(data: Any, key: tuple[str | int, ...], value: str) -> Any:
    if not key:
        return value
    if isinstance(data, dict):
        return {
            name: _put(inner, key[1:], value) if name == key[0] else inner for name, inner in data.items()
        }
    return [_put(inner, key[1:], value) if at == key[0] else inner for at, inner in enumerate(data)]


@given(st.dictionaries(st.sampled_from(["image", "images", "cover", "x"]), _VALUES, max_size=3))
def test_an_edit_of_a_span_changes_that_value_alone(data: dict[str, Any]) -> None:
    dump = tomlkit.dumps(data)
    source = f"+++\n{dump}\n+++\n".encode()
    parsed = tomllib.loads(dump)
    result = frontmatter.read(source, OPTIONS)
    assert result.notices == ()
    assert dump.count("https://h/a.png") == sum(each.raw == b"https://h/a.png" for each in result.references)
    for each in result.references:
        edited = source[: each.span.start] + b"/archive/x.png" + source[each.span.end :]
        old: Any = parsed
        for part in each.key:
            old = old[part]
        new = old.replace(old.strip(), "/archive/x.png")
        assert tomllib.loads(edited.decode()[4:-4]) == _put(parsed, each.key, new)

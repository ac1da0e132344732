"""YAML front matter: which bytes of every scalar style spell a URL."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.scan.marks import found, unmark

from holdfast.model import ScanOptions, Syntax
from holdfast.scan import frontmatter, yaml_lines, yaml_spans
from holdfast.scan.values import Scalar, Unreadable, known_keys

OPTIONS = ScanOptions()
IMAGES = known_keys(frozenset())

MUST_FIND = {
    "plain": "image: «https://h/a»\n",
    "single-quoted": "image: '«https://h/a»'\n",
    "double-quoted": 'image: "«https://h/a»"\n',
    "single-quoted, with a doubled quote": "image: '«https://h/it''s.png»'\n",
    "double-quoted, with escaped slashes": 'image: "«https:\\/\\/h\\u002Fa»"\n',
    "double-quoted, broken over two lines": 'image: "«https://h/\\\n   a.png»"\n',
    "space inside the quotes": 'image: " «https://h/a» "\n',
    "quotes on the next line": 'image:\n  "«https://h/a»"\n',
    "plain on the next line": "image:\n  «https://h/a»\n",
    "literal block": "image: |\n  «https://h/a»\n",
    "folded block": "image: >-\n  «https://h/a»\n",
    "block with an indentation indicator and a comment": "image: |2- # https://h/comment\n  «https://h/a»\n",
    "block followed by blank lines": "image: |+\n  «https://h/a»\n\n\nt: x\n",
    "an anchor": "image: &i «https://h/a»\n",
    "a tag": "image: !!str «https://h/a»\n",
    "a tag, an anchor and quotes": "image: !!str &i '«https://h/a»'\n",
    "an anchor and a comment before the value": "image: &i # https://h/comment\n  «https://h/a»\n",
    "a comment after the value": "image: «https://h/a» # https://h/comment\n",
    "a hash that is no comment": "image: «https://h/a#b»\n",
    "colons": "image: «https://h:80/a:b»\n",
    "block list": "images:\n- «https://h/a»\n- '«https://h/b»'\n",
    "indented block list": "images:\n  - «https://h/a»\n  - «https://h/b»\n",
    "flow list": "images: [«https://h/a», '«https://h/b»',«https://h/c»]\n",
    "flow list over lines": "images: [\n  «https://h/a»,\n  «https://h/b»\n]\n",
    "flow mapping": "cover: {image: «https://h/a», caption: ‹https://h/b›}\n",
    "flow mapping of JSON": 'cover: {"image":"«https://h/a»","alt":""}\n',
    "nested mapping": "a:\n  b:\n    cover:\n      image: «https://h/a»\n",
    "list of mappings": "gallery:\n  - image_path: «https://h/a»\n    url: «https://h/b»\n    alt: ‹https://h/c›\n",
    "duplicate keys": "image: «https://h/a»\nimage: «https://h/b»\n",
    "quoted keys": "'image': «https://h/a»\n\"cover\": «https://h/b»\n",
    "key with a question mark": "? image\n: «https://h/a»\n",
    "wide characters before it": "标题: '腾讯😀'\nimage: «https://h/图»\nb: 中文\ncover: «https://例/é.png»\n",
    "byte order mark inside a value": "title: '\u00e9\ufeff'\nimage: «https://h/a»\n",
    "merge key": "d: &d\n  image: «https://h/a»\nx:\n  <<: *d\n",
    "a link": "link: ‹https://h/a›\n",
    "a list of links": "links:\n- ‹https://h/a›\n- ‹http://h/b›\n",
    "an image by its extension": "anything: «https://h/a.PNG?x=1#y»\n",
    "an image by its use elsewhere": "logo_of: &x ‹https://h/a›\nother: *x\n",
    "an image through an alias": "first: &x «https://h/a»\nimage: *x\n",
    "a list through an alias": "l: &l [«//h/a», {src: «//h/b», alt: ‹https://h/c›}]\nimages: *l\n",
    "a path through an alias": "first: &x «/img/a.png»\nimage: *x\n",
    "an anchor that is defined again": "a: &x ‹https://h/a›\nb: &x «https://h/b»\nimage: *x\n",
    "dynamic": "image: ⟦https://h/{{ site.name }}/a.png⟧\n",
    "dynamic and quoted": "image: '⟦{{ site.url }}/a.png⟧'\n",
    "no line break at the end of a value": "image: «https://h/a»",
}

MUST_NOT_FIND = {
    "a comment": "# image: https://h/a.png\n",
    "prose with a URL in it": "image: see https://h/a.png for more\ndescription: https://h/a is it\n",
    "folded prose": "description: >\n  https://h/a\n  https://h/b\n",
    "a URL that is broken by folding": "image: https://h/\n  a.png\n",
    "a mapping key": "https://h/a.png: x\n",
    "a path under a key that names no image": "path: /a/b.png\n",
    "//host under a key that names no image": "x: //h/a.png\n",
    "a host alone": "site: example.com\n",
    "an alias of something that is not there": "title: x\n",
    "mail": "image: mailto:a@b.c\n",
    "data": "image: data:image/png;base64,AAAA\n",
    "an ftp URL": "image: ftp://h/a.png\n",
    "a URL without a host": "image: 'https://'\n",
}


@pytest.mark.parametrize("marked", MUST_FIND.values(), ids=MUST_FIND.keys())
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_finds_exactly_the_bytes_of_the_url(marked: str, line_break: str) -> None:
    source, expected = unmark(f"\ufeff---\n{marked}\n---\nimage: https://h/body\n".replace("\n", line_break))
    result = frontmatter.read(source, OPTIONS)
    assert result.notices == ()
    assert found(result.references) == expected
    assert source[result.end :] == b"image: https://h/body" + line_break.encode()


@pytest.mark.parametrize("block", MUST_NOT_FIND.values(), ids=MUST_NOT_FIND.keys())
def test_leaves_alone_what_is_no_reference(block: str) -> None:
    result = frontmatter.read(f"---\n{block}---\n".encode(), OPTIONS)
    assert (result.references, result.notices, result.format) == ((), (), "yaml")


def test_says_how_the_value_is_written_and_where_it_stands() -> None:
    source = b"---\nimages: [//h/a, '//h/b', \"//h/c\"]\ncover:\n  image: |\n    //h/d\n---\n"
    assert [(each.key, each.syntax, each.url) for each in frontmatter.read(source, OPTIONS).references] == [
        (("images", 0), Syntax.YAML_PLAIN, "https://h/a"),
        (("images", 1), Syntax.YAML_SINGLE, "https://h/b"),
        (("images", 2), Syntax.YAML_DOUBLE, "https://h/c"),
        (("cover", "image"), Syntax.YAML_BLOCK, "https://h/d"),
    ]


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("title: [x\n", "line 3: the YAML front matter cannot be read: did not find expected ',' or ']'"),
        ("title: x\n\ty: 1\n", "line 3: the YAML front matter cannot be read: found a tab character"),
        ("title: a: b\n", "line 2: the YAML front matter cannot be read: mapping values are not allowed"),
        ("title: 'x\n", "found unexpected end of stream"),
        ("image: *nobody\nx: \x00\n", "control characters are not allowed"),
        ("title: x\n--- y: z\n", "a second YAML document begins"),
        (
            "a: " + "[" * 101 + "]" * 101 + "\n",
            "line 2: the YAML front matter cannot be read: it nests deeper",
        ),
        ("a: &a x\nb: [" + "*a , " * 10_001 + "]\n", "more than 10000 aliases"),
    ],
)
def test_says_in_plain_words_what_is_wrong_and_where(block: str, words: str) -> None:
    result = frontmatter.read(f"---\n{block}---\nbody".encode(), OPTIONS)
    assert [notice.code for notice in result.notices] == ["front-matter"]
    assert words in result.notices[0].message
    assert result.references == ()
    assert result.end == len(f"---\n{block}---\n".encode())


def test_the_tree_tells_apart_what_yaml_tells_apart() -> None:
    spellings = [
        "a: true",
        "a: 'true'",
        "a: 1",
        "a: '1'",
        "a: &x 1",
        "a: [1]",
        "a: {1: }",
        "a:",
    ]
    spellings += ["'1': a", "1: a", "a: &x 1\nb: *x", "a: &x 1\nb: 1", "a: 2024-01-02", 'a: "2024-01-02"']
    trees = [frontmatter.tree(f"---\n{text}\n---\n".encode(), OPTIONS) for text in spellings]
    assert all(trees)
    assert len(set(trees)) == len(spellings)


def test_the_tree_does_not_care_how_a_value_is_written() -> None:
    spellings = ["a: x\nb: [1, y]\n", "a: 'x' # c\nb:\n- 1\n- \"y\"\n", "{a: x, b: [1,\n y]}\n"]
    trees = {frontmatter.tree(f"---\n{text}---\n".encode(), OPTIONS) for text in spellings}
    assert len(trees) == 1


def test_an_edited_value_is_one_row_of_the_tree() -> None:
    source = b"---\nt: 1\nimage: &i '//h/a'\nu: *i\n---\n"
    before = frontmatter.tree(source, OPTIONS)
    after = frontmatter.tree(source.replace(b"//h/a", b"/b.png"), OPTIONS)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    tag = "tag:yaml.org,2002:str &i"
    assert changed == [((("image",), tag, "//h/a"), (("image",), tag, "/b.png"))]


# -- the short cut by lines agrees with the parser ------------------------------------------------------

_PIECES = st.one_of(
    st.sampled_from(
        ["a", "image", "x-y", "标题", ": ", "  ", "\n", "\r\n", "\n  ", "\n- ", "\n  - ", " #", "? "]
    ),
    st.sampled_from(["//h/a", "https://h/a.png", "/a.png", "&a", "*a", "...", "---", "<<", "{{ x }}"]),
    st.sampled_from(" :-'\"#[],{}\t\\!|>%@`?~1.=\u00a0\u2028\u3000\x85"),
)
_LINES = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["image: ", "t: ", "a:\n  - ", "images:\n- ", "- ", "  - ", "'k': "]),
            st.lists(_PIECES, max_size=4),
        ),
        st.tuples(
            st.sampled_from(["image: [", "tags: ['"]),
            st.lists(_PIECES, max_size=4).map(lambda all_: [*all_, "]"]),
        ),
        st.tuples(st.just(""), st.lists(_PIECES, max_size=3)),
    ).map(lambda pair: pair[0] + "".join(pair[1])),
    max_size=5,
).map("\n".join)


@given(_LINES)
def test_the_short_cut_agrees_with_the_parser(block: str) -> None:
    short_cut = yaml_lines.scalars(block, IMAGES)
    if short_cut is not None:
        assert short_cut == yaml_spans.scalars(block, IMAGES)


@pytest.mark.parametrize(
    ("block", "taken"),
    [
        ('title: "x: y"\ndate: 2024-01-02T03:04:05+08:00\n', True),
        ("tags:\n  - a\n  - b c\nimage: https://h/a\n\n# c\nz: ''\n", True),
        ("tags: [a, 'b', \"c d\"]\nmenu:\n", True),
        ("title: x # y\n", False),
        ("title: a: b\n", False),
        ("image: [a.png]\n", False),
        ("a:\n  b: c\n", False),
        ("title: x\n  y\n", False),
        ("a: x\n- y\n", False),
    ],
)
def test_the_short_cut_takes_everyday_front_matter_and_nothing_else(block: str, taken: bool) -> None:
    assert (yaml_lines.scalars(block, IMAGES) is not None) is taken


# -- spans decode to the value, and an edit changes that value alone ------------------------------------

_URLS = st.sampled_from(
    ["https://h/a.png", "http://例.com/图?x=1&y=2#z", "https://h/it's", 'https://h/"q"', "//h/a"]
)
_WORDS = st.one_of(st.text(max_size=12), st.sampled_from(["true", "1", "2024-01-02", "", "a: b", "- x", "#"]))
_LEAVES = st.one_of(_URLS, _WORDS, st.integers(), st.booleans(), st.none())
_KEYS = st.sampled_from(["image", "images", "cover", "src", "title", "链接", "a b", "resources"])
_DATA = st.dictionaries(
    _KEYS,
    st.recursive(
        _LEAVES,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
        max_leaves=8,
    ),
    max_size=4,
)


def _at(data: Any, key: tuple[str | int, ...]) -> Any:
    for part in key:
        data = data[part]
    return data


def _put(data: Any, key: tuple[str | int, ...], value: str) -> Any:
    if not key:
        return value
    if isinstance(data, dict):
        return {
            name: _put(inner, key[1:], value) if name == key[0] else inner for name, inner in data.items()
        }
    return [_put(inner, key[1:], value) if at == key[0] else inner for at, inner in enumerate(data)]


@given(
    _DATA,
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.sampled_from([None, True, False]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_spans_decode_to_the_value_and_an_edit_changes_that_value_alone(
    data: dict[str, Any], style: str | None, flow: bool | None, unicode: bool, line_break: str, bom: bool
) -> None:
    dump = yaml.safe_dump(
        data,
        default_style=style,
        default_flow_style=flow,
        allow_unicode=unicode,
        width=10_000,
        line_break=line_break,
    )
    source = (b"\xef\xbb\xbf" if bom else b"") + f"---{line_break}{dump}---{line_break}".encode()
    if yaml.safe_load(dump) != data:  # PyYAML cannot write every string in every style
        return
    result = frontmatter.read(source, OPTIONS)
    assert result.notices == ()
    wanted = [key for key, value in _flat(data) if isinstance(value, str) and value.startswith("http")]
    assert {each.key for each in result.references} >= set(wanted)
    for each in result.references:
        assert source[each.span.start : each.span.end] == each.raw
        edited = source[: each.span.start] + b"/archive/x.png" + source[each.span.end :]
        inner = (
            edited[3 if bom else 0 :]
            .decode()
            .removeprefix(f"---{line_break}")
            .removesuffix(f"---{line_break}")
        )
        old = _at(data, each.key)
        new = old.replace(old.strip(), "/archive/x.png")
        assert yaml.safe_load(inner) == _put(data, each.key, new)


def _flat(data: Any, key: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    if isinstance(data, dict):
        return [row for name, inner in data.items() for row in _flat(inner, (*key, name))]
    if isinstance(data, list):
        return [row for at, inner in enumerate(data) for row in _flat(inner, (*key, at))]
    return [(key, data)]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_no_text_makes_it_raise_anything_but_unreadable(block: str) -> None:
    result = _outcome(block)
    if isinstance(result, Unreadable):
        assert str(result)
        assert 0 <= result.at <= len(block)
    else:
        assert all(block[each.span.start : each.span.end] for each in result)


def _outcome(block: str) -> list[Scalar] | Unreadable:
    try:
        return yaml_spans.scalars(block, IMAGES)
    except Unreadable as error:
        return error

"""Where front matter begins and ends, what is said when it cannot be read, and what nothing may break."""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import Any

import frontmatter as python_frontmatter
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model import ScanOptions
from holdfast.scan import frontmatter

OPTIONS = ScanOptions()
EVERYTHING = ScanOptions(headers=True, unfenced=True, image_keys=frozenset({"hero.video"}))
HEXO = ScanOptions(unfenced=True)
SHARED = Path(__file__).resolve().parents[3] / "shared"

BLOCKS = {
    "YAML": ("---\nt: x\n---\n", "yaml"),
    "TOML": ("+++\nt = 'x'\n+++\n", "toml"),
    "JSON": ('{"t": "x"}\n', "json"),
    "spaces after the fences": ("---  \nt: x\n--- \t\n", "yaml"),
    "spaces after the fences of TOML": ("+++ \nt = 'x'\n+++  \n", "toml"),
    "Jekyll's closing dots": ("---\nt: x\n...\n", "yaml"),
    "long fences": ("-----\nt: x\n----------\n", "yaml"),
    "empty": ("---\n---\n", "yaml"),
    "comments alone": ("---\n# x\n---\n", "yaml"),
    "blank lines before it": ("\n \n---\nt: x\n---\n", "yaml"),
    "dashes inside": ("---\nt: '---'\nu: --- x\n  ---\n---\n", "yaml"),
    "plus signs inside": ("+++\nt = '+++'\n+++\n", "toml"),
}

NOT_FRONT_MATTER = {
    "nothing": "",
    "a byte order mark": "\ufeff",
    "prose": "text\n---\nt: x\n---\n",
    "a thematic break": "---\n",
    "a thematic break and prose": "---\ntext\n",
    "a thematic break and a key": "---\nimage: https://h/a\n",
    "prose between thematic breaks": "---\n\nSome prose, ![](https://h/a.png).\n\n---\n",
    "prose that is no YAML between thematic breaks": "---\n**bold** text\n---\n",
    "a list between thematic breaks": "---\n- a\n- b\n---\n",
    "an indented fence": "    ---\n    t: x\n    ---\n",
    "text after the fence": "--- x\nt: x\n---\n",
    "two dashes": "--\nt: x\n--\n",
    "open TOML": "+++\nt = 'x'\n",
    "Hexo's form elsewhere": "title: x\n---\ntext\n",
}


@pytest.mark.parametrize(("block", "form"), BLOCKS.values(), ids=BLOCKS.keys())
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["", "BOM"])
@pytest.mark.parametrize("body", ["body\n---\n", ""], ids=["body", "no body"])
def test_the_body_begins_after_the_block(block: str, form: str, line_break: str, bom: str, body: str) -> None:
    head = (bom + block).replace("\n", line_break).encode()
    result = frontmatter.read(head + body.encode(), OPTIONS)
    assert (result.format, result.end, result.notices) == (form, len(head), ())
    assert head[result.start : result.start + 1] in (b"-", b"+", b"{")
    assert head[: result.start].strip(b"\xef\xbb\xbf \r\n") == b""


def test_the_closing_fence_may_end_the_file() -> None:
    assert frontmatter.read(b"---\nt: x\n---", OPTIONS).end == 12


@pytest.mark.parametrize("source", NOT_FRONT_MATTER.values(), ids=NOT_FRONT_MATTER.keys())
def test_what_is_no_front_matter(source: str) -> None:
    assert frontmatter.read(source.encode(), OPTIONS) == frontmatter.NONE
    assert frontmatter.tree(source.encode(), OPTIONS) == ()
    assert frontmatter.metadata(source.encode(), OPTIONS) is None


def test_hexo_does_without_the_opening_fence() -> None:
    source = b"layout: x\ncover: //h/a\n---\nbody\n---\n"
    result = frontmatter.read(source, HEXO)
    assert [each.raw for each in result.references] == [b"//h/a"]
    assert source[result.end :] == b"body\n---\n"
    assert frontmatter.read(b"Prose\n---\n", HEXO) == frontmatter.NONE
    assert frontmatter.read(b"https://h/a\n---\n", HEXO) == frontmatter.NONE


def test_hexo_takes_a_doubled_opening_fence_for_one() -> None:
    source = b"---\n---\ncover: //h/a\n---\nbody\n"
    assert [each.raw for each in frontmatter.read(source, HEXO).references] == [b"//h/a"]
    assert source[frontmatter.read(source, HEXO).end :] == b"body\n"
    assert frontmatter.read(source, OPTIONS).end == len(b"---\n---\n")
    assert frontmatter.read(b"---\n---\nbody\n", HEXO).end == len(b"---\n---\n")


def test_bytes_that_are_not_utf8_are_named() -> None:
    result = frontmatter.read(b"---\nt: x\nimage: //h/\xff\n---\nbody", OPTIONS)
    assert (result.references, result.end) == ((), 26)
    assert result.notices[0].message.startswith(
        "line 3: the YAML front matter cannot be read: it is not UTF-8"
    )
    assert result.notices[0].offset == 20


def test_a_notice_counts_lines_of_the_file_and_bytes() -> None:
    source = "\ufeff\r\n---\r\n标题: x\r\nt: [\r\n---\r\n".encode()
    notice = frontmatter.read(source, OPTIONS).notices[0]
    assert notice.message.startswith("line 5: ")
    assert notice.offset == source.rindex(b"---")


HOSTILE = {
    "60,000 brackets": b"---\na: " + b"[" * 60_000 + b"\n---\n",
    "60,000 braces": b"---\na: " + b"{a: " * 60_000 + b"\n---\n",
    "60,000 nested lists": b"---\nx: y\n" + b"- " * 60_000 + b"\n---\n",
    "60,000 question marks": b"---\n" + b"? " * 60_000 + b"\n---\n",
    "alias bomb": b"---\na: &a [//h/x]\n"
    + b"".join(b"%c: &%c [*%c,*%c,*%c,*%c]\n" % (n + 1, n + 1, n, n, n, n) for n in range(97, 121))
    + b"images: *y\n---\n",
    "merge bomb": b"---\na: &a {x: //h/x}\n"
    + b"".join(b"%c: &%c {<<: [*%c,*%c,*%c]}\n" % (n + 1, n + 1, n, n, n) for n in range(97, 121))
    + b"---\n",
    "5 MB of YAML": b"---\n" + b"a: //h/x\n" * 600_000 + b"---\n",
    "5 MB of TOML": b"+++\n" + b"a = '//h/x'\n" * 400_000 + b"+++\n",
    "5 MB of JSON": b'{"a": "' + b"x" * 5_000_000 + b'"}',
    "5 MB without a fence": b"---\n" + b"a: x\n" * 1_000_000,
    "5 MB of blank lines": b"\n" * 5_000_000,
    "5 MB of dashes": b"a: x\n" + b"-" * 5_000_000,
    "5 MB of escaped quotes": b'{"a": "' + b'\\"' * 2_500_000,
    "5 MB of headers": b"Title: x\n" * 500_000,
    "deep TOML": b"+++\na = " + b"[" * 60_000 + b"\n+++\n",
    "a TOML key of 100,000 parts": b"+++\n" + b"a." * 100_000 + b"a = 1\n+++\n",
    "deep JSON": b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    "open expressions": b"---\nimage: '" + b"{{" * 100_000 + b"'\n---\n",
    "open wrappers": b"---\nimage: '" + b"![[" * 60_000 + b"'\n---\n",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("options", [OPTIONS, EVERYTHING], ids=["default", "everything on"])
def test_hostile_input_neither_raises_nor_takes_long(source: bytes, options: ScanOptions) -> None:
    begun = time.process_time()
    result = frontmatter.read(source, options)
    frontmatter.tree(source, options)
    frontmatter.metadata(source, options)
    assert time.process_time() - begun < 3
    assert len(result.references) <= 1


@pytest.mark.parametrize(
    "name", ["60,000 brackets", "60,000 braces", "5 MB of YAML", "5 MB of TOML", "deep TOML", "deep JSON"]
)
def test_hostile_input_is_named(name: str) -> None:
    assert [notice.code for notice in frontmatter.read(HOSTILE[name], OPTIONS).notices] == ["front-matter"]


_SOUP = st.lists(
    st.one_of(
        st.sampled_from(
            [b"---\n", b"+++\n", b"image", b"a = ", b"//h/a", b"https://h/a.png", b"\xef\xbb\xbf"]
        ),
        st.sampled_from([b"&a ", b"*a ", b"- ", b"|\n", b"\xe5\x9b\xbe", b"\xff", b"\x00", b"\r", b"\n"]),
        st.sampled_from("{}[]\"': #\\,").map(str.encode),
    ),
    max_size=25,
).map(b"".join)


@given(
    st.sampled_from([b"", b"---\n", b"+++\n", b'{"image":', b"Image: "]),
    _SOUP,
    st.sampled_from([b"", b"\n---\n", b"\n+++\n", b"}"]),
)
def test_no_bytes_make_it_raise_and_spans_are_true(head: bytes, middle: bytes, tail: bytes) -> None:
    source = head + middle + tail
    for options in (OPTIONS, EVERYTHING):
        result = frontmatter.read(source, options)
        frontmatter.tree(source, options)
        frontmatter.metadata(source, options)
        assert 0 <= result.start <= result.end <= len(source)
        at = result.start
        for each in result.references:
            assert at <= each.span.start < each.span.end <= result.end
            assert source[each.span.start : each.span.end] == each.raw
            at = each.span.end


@pytest.mark.parametrize(
    ("source", "values"),
    [
        (b"\xef\xbb\xbf---\r\nt: x\r\nd: 2024-01-02\r\n---\r\n", {"t": "x", "d": datetime.date(2024, 1, 2)}),
        (b"+++\nt = 'x'\n+++\n", {"t": "x"}),
        (b'{"t": ["x"]}', {"t": ["x"]}),
        (b"---\nt: !env X\n---\n", None),
        (b"---\nt: 2024-02-31\n---\n", None),
        (b"---\na: &a {x: 1}\nb: {<<: *a}\n---\n", None),
        (b"---\nt: [\n---\n", None),
        (b"text", None),
    ],
)
def test_metadata_is_a_second_opinion(source: bytes, values: dict[str, Any] | None) -> None:
    assert frontmatter.metadata(source, OPTIONS) == values


def _strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_strings, value.values()))
    if isinstance(value, list):
        return set().union(*map(_strings, value))
    return {value} if isinstance(value, str) else set()


def test_real_front_matter_agrees_with_python_frontmatter() -> None:
    paths = [*SHARED.glob("corpus/**/*.md"), *SHARED.glob("samples/*.md")]
    if not paths:
        pytest.skip("the corpus of real posts is not beside this repository")
    read = 0
    for path in paths:
        source = path.read_bytes()
        if not source.startswith(b"---"):
            continue
        result = frontmatter.read(source, OPTIONS)
        if result.notices:  # templates for new posts, which python-frontmatter refuses as well
            with pytest.raises(Exception, match="expected"):
                python_frontmatter.loads(source.decode())
            continue
        try:
            post = python_frontmatter.loads(source.decode())
        except yaml.YAMLError:  # valid, and nothing that can be constructed: ``title: {{ title }}``
            assert frontmatter.metadata(source, OPTIONS) is None
            continue
        assert source[result.end :].decode().strip() == post.content, path
        assert (frontmatter.metadata(source, OPTIONS) or {}) == post.metadata, path
        strings = {text.strip() for text in _strings(post.metadata)}
        urls = {text for text in strings if text.startswith(("http://", "https://")) and " " not in text}
        raws = {each.raw.decode() for each in result.references}
        assert urls <= raws <= strings, path
        read += 1
    assert read > len(paths) / 2

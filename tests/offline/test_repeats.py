"""A tag that was seen before is read as if it were new: on any page, at any base, in any encoding."""

from __future__ import annotations

import re
from itertools import permutations

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.offline import repeats
from holdfast.offline.bases import Base, is_plain
from holdfast.offline.pages import page
from holdfast.offline.parts import Parts

TAGS = (
    '<a href="/p/">1</a>', '<a href="../p/#x">2</a>', '<a href="q">3</a>', "<a href='#top'>4</a>",
    '<a href="?page=2">5</a>', '<a href="//cdn.lan/é?ü">6</a>', '<a href="../">7</a>', '<a href="./a">8</a>',
    '<img src="a.png" srcset="a.png 1x, /b.png 2x" crossorigin>', '<img data-src="big.jpg" src="blank.gif">',
    '<img data-src="//cdn.lan/big.jpg">', '<div style="background: url(a.png)">',
    '<p style="mask:url(/m.svg)">',
    '<img src="http://cdn.lan/{{x}}.png">', '<embed src="a.swf"><object data="../o/">o</object>',
    '<iframe srcdoc="&lt;img src=a.png&gt;"></iframe>', '<a href="mailto:a@b">m</a>', '<a href="h:/x">x</a>',
    '<link rel=preconnect href="//cdn.lan">', '<link rel=stylesheet href=a.css integrity=x>',
    '<meta http-equiv=refresh content="1; url=next.html">',
    '<svg><image href="a.png"/><a href="/p/">s</a></svg>',
    '<object data="data:text/html,<img src=http://cdn.lan/a.png>"></object>',
    '<a ping=/p href=/p/ ping=/q>9</a>', '<img src=a.png srcset="b.png 1x, ../c.png 2x">',
    '<a class=x href="/p/1/">10</a>', '<a class=x href="q/2">11</a>', '<a class=x href="https://c.lan/p">12</a>',
    '<a class=x href="tel:12">13</a>', '<a class=x href="#p">14</a>', "<a class=x href='../p/#x'>15</a>",
    '<a class=x href=../p>16</a>', '<a class=x href=/q/>17</a>', '<a rel=me data-bg=a.png href=/q/>18</a>',
    '<a rel=me data-bg=a.png href="/r/">19</a>', '<svg><a class=x href="/p/3/">20</a></svg>',
    '<link rel=license href="/a/"><link rel=license href="b/">',
    '<link rel=icon href="a/"><link rel=icon href="c/">',
    '<math><mi href="/p/">21</mi></math>', '<p><b><a class=x href="/p/4/"></p>22</a></b>',
    '<template><a class=x href="/p/5/">23</a></template>', '<p style="background:url(#a)">',
    '<base-x href="/p/">', '<style>b{c:d}</style>', '<style>b{c:url(e.png)}</style>',
    "<style>@import 'data:text/css,@import%20\"//x.lan\"'</style>",
)  # fmt: skip
PAGES = (
    # (the page's URL, what stands before, its encoding)
    ("https://blog.lan/", "", "utf-8"),
    ("https://blog.lan/a/b/", "<meta charset=utf-8>", "utf-8"),
    ("https://blog.lan/a/c.html?p=1", '<meta charset="gb18030">', "gb18030"),
    ("http://blog.lan/a/b/", '<base href="/other/">', "utf-8"),
    ("https://other.lan/a/b/", "<!doctype html><p>", "utf-8"),
)


def read(number: int) -> Parts:
    base, before, codec = PAGES[number]
    return page((before + "\n".join(TAGS)).encode(codec), base)


def test_what_was_read_before_changes_nothing() -> None:
    alone = {}
    for number in range(len(PAGES)):
        repeats.forget()
        alone[number] = read(number)
        assert read(number) == alone[number]
    for order in permutations(range(len(PAGES)), 3):
        repeats.forget()
        for number in order:
            assert read(number) == alone[number]


@pytest.mark.parametrize("tag", TAGS)
def test_each_tag_is_the_same_further_down(tag: str) -> None:
    repeats.forget()
    one = page(f"<p>{tag}</p>".encode(), "https://blog.lan/a/b/")
    two = page(f"<p>down here</p><p>{tag}</p>".encode(), "https://blog.lan/a/b/")
    repeats.forget()
    assert page(f"<p>down here</p><p>{tag}</p>".encode(), "https://blog.lan/a/b/") == two
    assert len(one.needs) == len(two.needs)


@pytest.mark.parametrize("tag", [tag for tag in TAGS if "href" in tag])
@pytest.mark.parametrize("number", range(len(PAGES)))
def test_a_link_is_read_as_one_that_was_never_seen(tag: str, number: int) -> None:
    base, before, codec = PAGES[number]
    other = re.sub(r"(href=[\"']?)(?:https://c.lan)?[/.a-z]*", r"\1other/", tag)
    data = f"{before}{tag}".encode(codec)
    repeats.forget()
    alone = page(data, base)
    repeats.forget()
    page(f"{before}{other}{other.replace('other/', '/other#x')}".encode(codec), base)
    assert page(data, base) == alone


def test_memory_has_an_end_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    repeats.forget()
    alone = [read(number) for number in range(len(PAGES))]
    for name, most in (("_MOST", 5), ("_MOST_BYTES", 200), ("_MOST_KEYS", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(repeats, name, most)
            repeats.forget()
            for _ in range(3):
                assert [read(number) for number in range(len(PAGES))] == alone
            kept = repeats._MEMORY
            tags = [tag for tags in (*kept.young.values(), *kept.old.values()) for tag in tags]
            if name == "_MOST":
                assert len(tags) <= 2 * most
            if name == "_MOST_BYTES":
                assert sum(map(len, tags)) <= 2 * (most + repeats._LONGEST)


PIECES = st.lists(
    st.sampled_from(("../", "./", "a", "b/", "/", "#x", "#", "..", ".", "~", "-", "%20", "A.html", "?q", ":"))
).map("".join)  # fmt: skip
BASES = st.sampled_from(
    [row[0] for row in PAGES] + ["https://b.lan/x%20y/'/z?a/b#c/d", "https://b.lan:81/é/ü/"]
)


@given(BASES, PIECES)
def test_a_plain_url_is_resolved_as_the_parser_does(base: str, said: str) -> None:
    found = Base(base).resolve(said)
    assert found is None or found == ada_url.join_url(base, said)


HOSTS = (
    "https://blog.lan", "http://x-.a--b.lan", "https://xn--a.lan", "https://1.2", "https://0x7f", "http://a.lan:80",
    "HTTPS://b.lan", "https://localhost", "https://a..lan",
    "https://u@b.lan", "https:/b.lan", "https:", "//b.lan", "",
)  # fmt: skip


@given(BASES, st.sampled_from(HOSTS), PIECES)
def test_a_plain_url_of_any_host_is_resolved_as_the_parser_does(base: str, host: str, said: str) -> None:
    found = Base(base).plain(host + said)
    assert found is None or found == ada_url.join_url(base, host + said)
    assert not is_plain(host + said) or ada_url.URL(host + said).href == host + said


def test_most_urls_of_other_hosts_are_plain() -> None:
    base = Base("https://blog.lan/a/b/")
    for said in ("/", "/a/b.html#x", "https://b.lan/", "http://www.b.lan/a/#x", "a", "../b/"):
        assert base.plain(said) == ada_url.join_url("https://blog.lan/a/b/", said)
    for said in (
        "",
        "#x",
        "//",
        "//a",
        "https://b.lan",
        "https://1.2.3.4/",
        "https://b.lan:8080/",
        "/a?b",
        "/../a",
    ):
        assert base.plain(said) is None
    assert Base("data:,").plain("/a") is None
    assert is_plain("https://b.lan/a/")
    assert not is_plain("/a/")


def test_most_urls_of_pages_are_plain() -> None:
    base = Base("https://blog.lan/a/b/")
    for said in ("a", "../a/", "../../", "a/b.html#x-1", "../../../../a"):
        assert base.resolve(said) == ada_url.join_url("https://blog.lan/a/b/", said)
    for said in ("", "/a", "#x", "?q", "a//b", "a/../b", "./a", "a:b", "a%20b", "a b", "é"):
        assert base.resolve(said) is None
    assert Base("data:,").resolve("a") is None

"""From URLs to the files of a built site, and from file to file."""

from __future__ import annotations

import posixpath

import ada_url
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from holdfast.offline.relative import relative
from holdfast.offline.tree import Found, Tree

BASE = "https://site.example/blog/"

SITE = [
    "index.html",
    "about.html",
    "post/index.html",
    "post/a b.png",
    "post/50%.png",
    "old/index.htm",
    "css/Main.CSS",
    "é.png",
    "e\u0301tude.png",
    "图/index.html",
    "page.html?p=2",
    "post/index.html?p=3.html",
    "style.css?ver=1.2",
    "win.html@p=4.html",
    "list%3Fq=1",
    "q?u=%2Fa",
    "both",
    "both.html",
    "LICENSE",
    "dir.d/index.html",
]

FOUND = [
    # the URL below the base, the file, what else is told
    ("", "index.html"),
    ("index.html", "index.html"),
    ("about.html", "about.html"),
    ("about", "about.html"),
    ("post/", "post/index.html"),
    ("post", "post/index.html"),
    ("post/index.html#a", "post/index.html"),
    ("post/a%20b.png", "post/a b.png"),
    ("post/50%25.png", "post/50%.png"),
    ("post/50%.png", "post/50%.png"),
    ("old/", "old/index.htm"),
    ("%C3%A9.png", "é.png"),
    ("e%CC%81.png", "é.png"),
    ("%C3%A9tude.png", "e\u0301tude.png"),
    ("%E5%9B%BE/", "图/index.html"),
    ("图", "图/index.html"),
    ("both", "both"),
    ("dir.d", "dir.d/index.html"),
    ("post//a%20b.png", "post/a b.png"),
    ("x/../about.html", "about.html"),
    # what a mirror has made of a query
    ("page.html?p=2", "page.html?p=2"),
    ("post/?p=3", "post/index.html?p=3.html"),
    ("style.css?ver=1.2", "style.css?ver=1.2"),
    ("win.html?p=4", "win.html@p=4.html"),
    ("list?q=1", "list%3Fq=1"),
    ("list%3Fq=1", "list%3Fq=1"),
    ("q?u=/a", "q?u=%2Fa"),
    ("page.html%3Fp=2", "page.html?p=2"),
]

NOTED = [
    ("css/main.css", Found("css/Main.CSS", note="letter-case")),
    ("ABOUT", Found("about.html", note="letter-case")),
    ("about/", Found("about.html", note="slash")),
    ("about.html?x=1#y", Found("about.html", "x=1", "y")),
    ("page.html?p=2#y", Found("page.html?p=2", "", "y")),
]

NOT_FOUND = [
    "never",
    "about.htm",
    "post/never/",
    "page.html?p=9",
    "page.html",
    "post/index.html/",
    "%2e%2e/secret",
    "list%2Fq",
]

NOT_OURS = [
    "https://site.example/",
    "https://site.example/blogs/",
    "https://site.example/other/about.html",
    "https://www.site.example/blog/about.html",
    "https://site.example:8443/blog/about.html",
    "https://blog/about.html",
    "ftp://site.example/blog/about.html",
    "mailto:a@site.example",
    "file:///blog/about.html",
    "about.html",
    "",
    "https://site.example/blog/../about.html",
]


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(SITE, BASE)


@pytest.mark.parametrize(("url", "path"), FOUND)
@pytest.mark.parametrize("base", [BASE, "http://site.example/blog/", "HTTPS://SITE.example:443/blog/"])
def test_finds_the_file_that_a_server_would_send(tree: Tree, url: str, path: str, base: str) -> None:
    found = tree.find(base + url)
    assert found is not None
    assert (found.path, found.note) == (path, "")


@pytest.mark.parametrize(("url", "found"), NOTED)
def test_tells_what_else_there_is_to_know(tree: Tree, url: str, found: Found) -> None:
    assert tree.find(BASE + url) == found


@pytest.mark.parametrize("url", NOT_FOUND)
def test_knows_what_was_never_built(tree: Tree, url: str) -> None:
    assert tree.find(BASE + url) is None
    assert tree.owns(BASE + url) is (not url.startswith("%2e%2e"))


@pytest.mark.parametrize("url", NOT_OURS)
def test_knows_what_is_not_the_sites(tree: Tree, url: str) -> None:
    assert tree.find(url) is None
    assert not tree.owns(url)


@pytest.mark.parametrize("base", ["https://site.example/blog", "https://user:pw@site.example/blog/?x#y"])
def test_takes_the_base_url_as_people_write_it(base: str) -> None:
    tree = Tree(SITE, base)
    assert tree.base_url == BASE
    for url in ("https://site.example/blog", BASE):
        assert tree.find(url) == Found("index.html")


@pytest.mark.parametrize("base", ["site.example", "/blog/", "file:///blog/", "ftp://site.example/"])
def test_refuses_a_base_url_that_no_server_has(base: str) -> None:
    with pytest.raises(ValueError):
        Tree(SITE, base)


@pytest.mark.parametrize("path", SITE)
def test_a_file_is_found_under_its_own_url(tree: Tree, path: str) -> None:
    url = tree.url_of(path)
    assert ada_url.URL(url).href == url
    assert tree.find(url) == Found(path)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("index.html", ""),
        ("post/index.html", "post/"),
        ("old/index.htm", "old/index.htm"),
        ("post/a b.png", "post/a%20b.png"),
        ("图/index.html", "%E5%9B%BE/"),
        ("page.html?p=2", "page.html?p=2"),
        ("post/index.html?p=3.html", "post/?p=3"),
        ("a#b.html", "a%23b.html"),
    ],
)
def test_a_page_has_the_url_of_a_server(tree: Tree, path: str, url: str) -> None:
    assert tree.url_of(path) == BASE + url


RELATIVE = [
    # from, to, query, fragment, the URL
    ("index.html", "post/index.html", "", "", "post/index.html"),
    ("post/index.html", "post/foo/index.html", "", "", "foo/index.html"),
    ("post/a/index.html", "post/b/index.html", "", "", "../b/index.html"),
    ("post/a/index.html", "index.html", "", "", "../../index.html"),
    ("a.html", "b.html", "", "top", "b.html#top"),
    ("a.html", "a.html", "", "top", "#top"),
    ("a/a.html", "a/a.html", "", "", "a.html"),
    ("a/a.html", "a/a.html", "x=1", "", "a.html?x=1"),
    ("a/a.html", "a/a.html", "x=1", "y", "a.html?x=1#y"),
    ("a.html", "b.html", "q=a&b", "", "b.html?q=a&b"),
    ("a.html", "b.css", "ver=1.2", "", "b.css"),
    ("a.html", "icons.svg", "v=1", "home", "icons.svg#home"),
    ("a.html", "b?c#d%e.html", "", "", "b%3Fc%23d%25e.html"),
    ("a.html", "b:c/d.png", "", "", "b%3Ac/d.png"),
    ("a.html", "b (1), 'x'.png", "", "", "b%20%281%29%2C%20%27x%27.png"),
    ("a.html", "图.png", "", "", "%E5%9B%BE.png"),
    ("a.html", "b.html", "", ":~:text=a,-b", "b.html#:~:text=a%2C-b"),
    ("a.html", "b.html", "", "a('b')%20{{c}}", "b.html#a%28%27b%27%29%20%7B%7Bc%7D%7D"),
    ("a/b/c.html", "a/b.html", "", "", "../b.html"),
    ("a.html", "\udcff.png", "", "", "%FF.png"),
]


@pytest.mark.parametrize(("here", "there", "query", "fragment", "url"), RELATIVE)
def test_spells_the_way_to_another_file(here: str, there: str, query: str, fragment: str, url: str) -> None:
    assert relative(here, there, query, fragment) == url


NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=6
).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(PATHS, PATHS, st.sampled_from(["", "x=1"]), st.sampled_from(["", "y", "a,b"]))
def test_a_browser_comes_to_the_very_file(here: str, there: str, query: str, fragment: str) -> None:
    root = "file:///media/stick/"
    at = root + relative("", here)
    url = relative(here, there, query, fragment)
    assert url
    found = ada_url.URL(ada_url.join_url(at, url))
    assert found.pathname == ada_url.URL(root + relative("", there)).pathname
    assert not found.hash if not fragment else found.hash
    assert ("/" + "media/stick/" + there) == _decoded(found.pathname)


def _decoded(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path)


@given(st.lists(PATHS, min_size=1, max_size=6), st.booleans())
def test_every_file_can_be_found(paths: list[str], deep: bool) -> None:
    paths = [path for path in paths if posixpath.basename(path) not in (".", "..")]
    assume(paths)
    tree = Tree(paths, BASE if deep else "https://site.example/")
    for path in paths:
        if "?" not in path and "%" not in path:
            found = tree.find(tree.url_of(path))
            assert found is not None
            assert tree.url_of(found.path) == tree.url_of(path)


@pytest.mark.parametrize(
    ("base", "url", "path"),
    [
        ("https://127.0.0.1/", "https://127.1/a.html", "a.html"),
        ("https://127.0.0.1/", "https://0x7f.1/a.html", "a.html"),
        ("https://blog.lan/", "https://BLOG.lan/a.html", "a.html"),
        ("https://blog.lan/", "https://u:p@blog.lan/a.html", "a.html"),
        ("https://blog.lan/", "https://blog.lan:443/a.html", "a.html"),
        ("https://blog.lan/", "http://blog.lan/a.html", "a.html"),
        ("https://blog.lan/", "http://blog.lan/A.html", "a.html"),
        ("https://blog.lan/", "https://blog.lan:8443/a.html", None),
        ("https://blog.lan/", "https://blog.lan.lan/a.html", None),
        ("https://blog.lan:8443/", "https://blog.lan/a.html", None),
        ("https://blog.lan/a.html/", "https://blog.lan/a.html/", None),
    ],
)
def test_a_host_is_ours_however_it_is_spelled(base: str, url: str, path: str | None) -> None:
    tree = Tree(["a.html"], base)
    found = tree.find(url)
    assert (found.path if found is not None else None) == path
    assert tree.owns(url) is (path is not None or url.startswith(base))

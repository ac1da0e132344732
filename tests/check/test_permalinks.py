"""Where pages are served, read as a table; and, with the real generators, that they wrote them there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.built import HOST
from tests.check.looking import Site
from tests.generators import GENERATORS, Generator, Hexo, Hugo, MkDocs

from holdfast.check import front
from holdfast.check.facts import Pages
from holdfast.check.local import Local
from holdfast.check.permalinks import PERMALINKS, Facts
from holdfast.check.tree import Tree
from holdfast.config import Config
from holdfast.model import ScanOptions, Verdict
from holdfast.scan import scan
from holdfast.site import open_site

ROWS: tuple[tuple[str, Mapping[str, object], str, str, str | None], ...] = (
    # Hugo
    ("hugo", {}, "content/post/a.md", "", "post/a/"),
    ("hugo", {}, "content/post/A B.md", "", "post/a-b/"),
    ("hugo", {}, "content/post/Foo & Bar.md", "", "post/foo--bar/"),
    ("hugo", {}, "content/post/a.md", "slug: Other One", "post/other-one/"),
    ("hugo", {}, "content/post/a.md", "url: /My/Own.html", "My/Own.html"),
    ("hugo", {}, "content/_index.md", "", ""),
    ("hugo", {}, "content/post/_index.md", "", "post/"),
    ("hugo", {}, "content/post/x/index.md", "", "post/x/"),
    ("hugo", {}, "content/post/x/index.md", "slug: y", "post/y/"),
    ("hugo", {}, "content/post/a.md", "aliases: [\n  /x,\n]\nslug: b", "post/b/"),
    ("hugo", {"uglyurls": True}, "content/post/a.md", "", "post/a.html"),
    ("hugo", {"disablepathtolower": True}, "content/post/A.md", "", "post/A/"),
    ("hugo", {"permalinks": {"post": "/:year/:month/:slug/"}}, "content/post/a.md",
     "title: The Title\ndate: 2024-05-06T00:30:00+08:00", "2024/05/the-title/"),
    ("hugo", {"permalinks": {"page": {"post": "/:contentbasename/"}}}, "content/post/A.md", "", "a/"),
    ("hugo", {"permalinks": {"post": "/:year/:title/"}}, "content/post/a.md", "title: x", None),
    ("hugo", {"permalinks": {"post": "/:nothing/"}}, "content/post/a.md", "title: x", None),
    ("hugo", {"languages": {"en": {}, "fr": {}}}, "content/a.fr.md", "", "fr/a/"),
    ("hugo", {"languages": {"en": {}, "fr": {}}}, "content/a.en.md", "", "a/"),
    ("hugo", {"languages": {"en": {}, "fr": {}}, "defaultcontentlanguageinsubdir": True},
     "content/a.md", "", "en/a/"),
    # Hexo
    ("hexo", {}, "source/_posts/a.md", "date: 2024-05-06 07:08:09", "2024/05/06/a/"),
    ("hexo", {}, "source/_posts/sub/a.md", "date: 2024-05-06", "2024/05/06/sub/a/"),
    ("hexo", {"permalink": ":title.html"}, "source/_posts/a.md", "", "a.html"),
    ("hexo", {"permalink": "posts/:name/"}, "source/_posts/sub/a.md", "", "posts/a/"),
    ("hexo", {"permalink": ":category/:title/"}, "source/_posts/a.md", "categories: [X, Y Z]", "X/Y-Z/a/"),
    ("hexo", {"permalink": ":category/:title/"}, "source/_posts/a.md", "", "uncategorized/a/"),
    ("hexo", {"permalink": ":title/", "new_post_name": ":year-:month-:day-:title.md"},
     "source/_posts/2024-05-06-a.md", "", "a/"),
    ("hexo", {}, "source/_posts/a.md", "permalink: my/own", "my/own/"),
    ("hexo", {}, "source/_posts/a.md", "", None),
    ("hexo", {"permalink": ":hash/"}, "source/_posts/a.md", "", None),
    ("hexo", {}, "source/about/index.md", "", "about/"),
    ("hexo", {}, "source/about/me.md", "", "about/me.html"),
    # Jekyll
    ("jekyll", {}, "_posts/2024-05-06-a-b.md", "", "2024/05/06/a-b.html"),
    ("jekyll", {}, "news/_posts/2024-05-06-a.md", "", "news/2024/05/06/a.html"),
    ("jekyll", {}, "_posts/2024-05-06-a.md", "categories: X Y", "x/y/2024/05/06/a.html"),
    ("jekyll", {"permalink": "pretty"}, "_posts/2024-05-06-a.md", "", "2024/05/06/a/"),
    ("jekyll", {"permalink": "ordinal"}, "_posts/2024-05-06-a.md", "", "2024/127/a.html"),
    ("jekyll", {"permalink": "none"}, "_posts/2024-05-06-a.md", "category: x", "x/a.html"),
    ("jekyll", {"permalink": "/:title"}, "_posts/2024-05-06-a.md", "", "a.html"),
    ("jekyll", {"permalink": "/p/:title/"}, "_posts/2024-05-06-a.md", "slug: New", "p/new/"),
    ("jekyll", {"permalink": "/:nothing/"}, "_posts/2024-05-06-a.md", "", None),
    ("jekyll", {}, "_posts/2024-05-06-a.md", "permalink: /own/", "own/"),
    ("jekyll", {"defaults": [{"scope": {"type": "posts"}, "values": {"permalink": "/d/:title/"}}]},
     "_posts/2024-05-06-a.md", "", "d/a/"),
    ("jekyll", {}, "about.md", "", "about.html"),
    ("jekyll", {"permalink": "pretty"}, "about.md", "", "about/"),
    ("jekyll", {}, "docs/index.md", "", "docs/"),
    ("jekyll", {"collections": {"things": {"output": True}}}, "_things/a/b.md", "", "things/a/b.html"),
    ("jekyll", {"collections": {"things": {"output": True, "permalink": "/t/:name/"}}}, "_things/b.md", "",
     "t/b/"),
    # those that keep the source's place
    ("mkdocs", {}, "docs/a.md", "", "a/"),
    ("mkdocs", {}, "docs/x/README.md", "", "x/"),
    ("mkdocs", {"plugins": ["monorepo"]}, "docs/a.md", "", None),
    ("mdbook", {}, "src/x/a.md", "", "x/a.html"),
    ("mdbook", {}, "src/x/README.md", "", "x/"),
    ("vitepress", {}, "x/a.md", "", "x/a.html"),
    ("vitepress", {}, "x/index.md", "", "x/"),
    ("zola", {}, "content/post/A B.md", "", "post/a-b/"),
    ("zola", {}, "content/post/2024-05-06-a.md", "", "post/a/"),
    ("zola", {}, "content/a.md", "slug: other", "other/"),
    ("zola", {}, "content/a.md", "path: x/y", "x/y/"),
)  # fmt: skip
"""Preset, configuration, document, front matter, address (None: not known)."""

CONTENT = {
    "hugo": ("content",),
    "hexo": ("source",),
    "mkdocs": ("docs",),
    "mdbook": ("src",),
    "zola": ("content",),
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]} {row[2]} {row[3]!r}")
def test_a_page_is_served_at(row: tuple[str, Mapping[str, object], str, str, str | None]) -> None:
    preset, values, path, text, expected = row
    facts = Facts(values=values, content=CONTENT.get(preset, ("",)), paths=frozenset({path}))
    site_front = front.read(f"---\n{text}\n---\n".encode(), ScanOptions())
    page = PERMALINKS[preset](facts).page(path, site_front)
    assert page is not None
    assert (page.addresses[0] if page.known else None) == expected


NO_PAGES = (
    ("hugo", "content/x/index.md", "content/x/part.md"),
    ("hugo", "content/x.png", "content/x.png"),
    ("hugo", "static/a.md", "static/a.md"),
    ("hexo", "source/_data/a.md", "source/_data/a.md"),
    ("jekyll", "_things/a.md", "_things/a.md"),
    ("jekyll", "_includes/a.md", "_includes/a.md"),
    ("mdbook", "src/SUMMARY.md", "src/SUMMARY.md"),
)


@pytest.mark.parametrize("row", NO_PAGES, ids=lambda row: f"{row[0]} {row[2]}")
def test_no_page_is_made_of(row: tuple[str, str, str]) -> None:
    preset, other, path = row
    facts = Facts(content=CONTENT.get(preset, ("",)), paths=frozenset({other, path}))
    assert PERMALINKS[preset](facts).page(path, {}) is None


# -- what the generators write ------------------------------------------------------------------------------

TITLES = (
    "C# and .NET: what's *new* — 2.0?", "Ünïcödé Título", "中文，标题！（测试）", "a_b -- c & d + e~f@g",
    "Don't quote 100%", "x...y", "Tab #1", "with/slash",
)  # fmt: skip
NAMES = ("C++ and d + e", "a -- b", "Foo & Bar", "dot.name", "Ünï", "x(1)", "at@x", "_under", "a..b", "it's")

HUGO_SITES: Mapping[str, str] = {
    "pretty": "",
    "ugly": "uglyURLs: true\n",
    "by date": "permalinks: {post: '/:year/:month/:day/:slug/'}\ntimeZone: America/New_York\n",
    "by title": "permalinks: {page: {post: '/:section/:title/'}, section: {docs: /handbook/}}\n",
    "by name": "permalinks: {post: '/:year/:contentbasename/'}\n",
    "languages": "languages: {en: {weight: 1}, fr: {weight: 2}}\n",
    "languages below": "languages: {en: {}, fr: {}}\ndefaultContentLanguageInSubdir: true\n",
}


def hugo_content() -> dict[str, str | bytes]:
    """One of everything that moves a page."""
    date = "date: 2024-01-01T00:30:00+08:00\n"
    tree: dict[str, str | bytes] = {
        f"content/post/t{number}.md": f"---\ntitle: {title!r}\n{date}---\nx\n".replace("\\'", "''")
        if "'" not in title
        else f'---\ntitle: "{title}"\n{date}---\nx\n'
        for number, title in enumerate(TITLES)
    }
    tree |= {f"content/other/{name}.md": f"---\ntitle: x\n{date}---\nx\n" for name in NAMES}
    tree |= {
        "content/post/s1.md": f"---\ntitle: x\nslug: 'Sl+ug -- Two & THREE'\n{date}---\nx\n",
        "content/post/bundle/index.md": f"---\ntitle: Bundle\n{date}---\n![](x.png) [](../s1.md)\n",
        "content/post/bundle/part.md": "---\ntitle: no page\n---\nx\n",
        "content/post/bundle/x.png": b"x",
        "content/post/moved.md": (
            f"---\ntitle: x\n{date}url: /My Url/X/\naliases: [/abs/old, rel-old, ../up]\n---\nx\n"
        ),
        "content/docs/_index.md": "---\ntitle: Docs\n---\nx\n",
        "content/docs/Sub Dir/z.md": f"---\ntitle: z\n{date}---\nx\n",
        "content/about.fr.md": f"---\ntitle: x\n{date}---\nx\n",
        "content/about.md": f"---\ntitle: x\n{date}---\nx\n",
        "content/toml.md": "+++\ntitle = 'x'\nslug = 'Toml Slug'\ndate = 2024-01-01\n+++\nx\n",
        "static/img/x.png": b"x",
    }
    return tree


def written(output: Path) -> set[str]:
    """The pages of a built site, as addresses without slashes at their ends."""
    return {
        path.relative_to(output).as_posix().removesuffix("index.html").strip("/")
        for path in output.rglob("*.html")
    }


def table_of(generator: Generator) -> Pages:
    site = open_site(generator.root, Config())
    return Pages(site, Tree(generator.root))


def assert_known(pages: Pages, addresses: set[str]) -> None:
    permalinks = pages.permalinks
    assert permalinks is not None
    unknown = [
        each for each in sorted(addresses) if pages.table.find(each) is None and not permalinks.may_be(each)
    ]
    assert not unknown, f"not in {sorted(pages.table.by_address)}"


@pytest.mark.sites
@pytest.mark.parametrize("base", ["/", "/blog/"])
@pytest.mark.parametrize("settings", HUGO_SITES.values(), ids=HUGO_SITES.keys())
def test_hugo_wrote_its_pages_where_the_table_says(settings: str, base: str, tmp_path: Path) -> None:
    generator = Hugo(tmp_path, base, settings).write(hugo_content())
    found = written(generator.build())
    pages = table_of(generator)
    assert_known(pages, found)
    assert pages.table.complete
    firsts = {page.addresses[0].strip("/") for page in pages.table.by_path.values()}
    assert firsts <= found, sorted(firsts - found)


@pytest.mark.sites
@pytest.mark.parametrize("directory", [True, False])
def test_mkdocs_wrote_its_pages_where_the_table_says(directory: bool, tmp_path: Path) -> None:
    generator = MkDocs(tmp_path, "/blog/", f"use_directory_urls: {str(directory).lower()}\n")
    generator.write({"docs/index.md": "x", "docs/a.md": "x", "docs/A B/c.md": "x", "docs/sub/README.md": "x"})
    found = written(generator.build())
    pages = table_of(generator)
    assert_known(pages, found)
    assert {page.addresses[0].strip("/") for page in pages.table.by_path.values()} <= found


HEXO_SITES = (
    "", "permalink: :title.html\n", "permalink: :category/:name/\n",
    "permalink: p/:year-:i_month/:post_title/\n",
    "new_post_name: :year-:month-:day-:title.md\n",
)  # fmt: skip


@pytest.mark.sites
@pytest.mark.parametrize("settings", HEXO_SITES)
def test_hexo_wrote_its_pages_where_the_table_says(settings: str, tmp_path: Path) -> None:
    generator = Hexo(tmp_path, "/blog/", "")
    generator.write({})
    configuration = tmp_path / "_config.yml"
    text = configuration.read_text()
    if "permalink" in settings:
        text = "\n".join(line for line in text.splitlines() if not line.startswith("permalink"))
    configuration.write_text(text + "\n" + settings)
    date = "date: 2024-05-06 07:08:09\n"
    tree: dict[str, str | bytes] = {
        f"source/_posts/{name}.md": f"---\ntitle: {name}\n{date}categories: [Big News, X]\n---\nx\n"
        for name in ("a", "A B", "sub/c", "2023-01-02-dated", "中文")
    }
    tree |= {
        "source/_posts/own.md": f"---\ntitle: x\n{date}permalink: my/own/\n---\nx\n",
        "source/_posts/bare.md": f"---\ntitle: Some title\n{date}---\nx\n",
        "source/about/index.md": "---\ntitle: About\n---\nx\n",
        "source/notes/x.md": "---\ntitle: X\n---\nx\n",
    }
    generator.write(tree)
    found = written(generator.build())
    pages = table_of(generator)
    assert_known(pages, found)
    assert {page.addresses[0].strip("/") for page in pages.table.by_path.values()} <= found


GOOD_LINKS = "[](../b/) []({base}post/b/) [](#own) ![]({base}img/x.png) [](/post/b/#two)"


@pytest.mark.sites
@pytest.mark.parametrize("name", ["hugo", "mkdocs"])
def test_links_that_work_in_the_built_site_are_never_called_broken(name: str, tmp_path: Path) -> None:
    generator = GENERATORS[name](tmp_path, "/")
    media = "static/img/x.png" if name == "hugo" else "docs/img/x.png"
    posts = generator.posts
    body = "# Own\n\n" + GOOD_LINKS.replace("{base}", "/") + f" [x]({HOST}/post/b/)\n"
    if name == "mkdocs":
        body += "[](b.md#two)\n"
    generator.write({f"{posts}/a.md": body, f"{posts}/b.md": "# B\n\n## Two\n", media: b"x"})
    output = generator.build()
    for built in (None, output):
        config = Site.configured(built)
        site = open_site(tmp_path, config)
        local = Local(site, config)
        for path in (f"{posts}/a.md", f"{posts}/b.md"):
            source = (tmp_path / path).read_bytes()
            document = Site.read(path, source, site.options)
            for reference in scan(source, "markdown", site.options).references:
                answer = local.answer(document, reference)
                assert answer.verdict is Verdict.OK, (reference.url, answer)

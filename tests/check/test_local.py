"""What a local link comes to, by kind of site: a table of links that lead somewhere, that surely do not, and
that only the generator knows about, which must never be called broken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.check.looking import SETTINGS, Site

from holdfast.model import Verdict

NO_FILE, CASE, UNKNOWN = "broken no-file", "broken case", "unverified unresolved"
NO_ANCHOR = "broken no-anchor"

TREES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "plain": (
        "docs/a.md",
        {
            "README.md": "# Read me\n",
            "docs/a.md": "# Here\n",
            "docs/b.md": "# One thing\n\n## Two things\n",
            "docs/with space.md": "# x\n",
            "docs/50%.md": "# x\n",
            "docs/what?.md": "# x\n",
            "docs/ünï.md": "# x\n",
            "docs/sub/README.md": "# Sub\n",
            "docs/empty/x.txt": "x",
            "docs/page.html": "<p id=here>",
            "src/main.py": "x\n",
            "img/Logo.png": "x",
            ".gitignore": "generated/\n",
        },
    ),
    "hugo": (
        "content/post/a.md",
        {
            "content/_index.md": "---\ntitle: Home\n---\n",
            "content/post/a.md": "---\ntitle: A\n---\n# Here\n",
            "content/post/b.md": "---\ntitle: B\naliases: [/old/b/]\ntags: [go]\n---\n# Two things\n",
            "content/post/slugged.md": "---\ntitle: C\nslug: other-name\n---\n",
            "content/post/moved.md": "---\ntitle: D\nurl: /elsewhere/d/\n---\n",
            "content/post/bundle/index.md": "---\ntitle: E\n---\n# E\n",
            "content/post/bundle/x.png": "x",
            "content/post/beside.png": "x",
            "content/about.md": "---\ntitle: About\n---\n# Me\n",
            "static/img/x.png": "x",
            "static/file.pdf": "x",
            "assets/pics/y.png": "x",
            "README.md": "# x\n",
        },
    ),
    "hexo": (
        "source/_posts/a.md",
        {
            "source/_posts/a.md": "---\ntitle: A\ndate: 2024-05-06 07:08:09\n---\n# Here\n",
            "source/_posts/b.md": "---\ntitle: B\ndate: 2024-05-06 07:08:09\n---\n# Two things\n",
            "source/_posts/a/beside.png": "x",
            "source/_posts/own.md": "---\ntitle: C\npermalink: my/own/\n---\n",
            "source/about/index.md": "---\ntitle: About\n---\n",
            "source/notes/x.md": "---\ntitle: X\n---\n",
            "source/img/x.png": "x",
            "scaffolds/post.md": "",
        },
    ),
    "jekyll": (
        "_posts/2024-05-06-a.md",
        {
            "_posts/2024-05-06-a.md": "---\ntitle: A\n---\n# Here\n",
            "_posts/2024-05-07-b.md": "---\ntitle: B\ncategories: [news, big]\n---\n# Two things\n",
            "_posts/2024-05-08-c.md": "---\ntitle: C\npermalink: /my/own/\n---\n",
            "about.md": "---\ntitle: About\n---\n",
            "docs/x.md": "---\ntitle: X\n---\n# X\n\n## 1. Été\n",
            "docs/index.md": "---\ntitle: Docs\n---\n",
            "assets/x.png": "x",
        },
    ),
    "mkdocs": (
        "docs/post/a.md",
        {
            "docs/index.md": "# Home\n",
            "docs/post/a.md": "# Here\n",
            "docs/post/b.md": "# Two things\n",
            "docs/guide/index.md": "# Guide\n",
            "docs/img/x.png": "x",
        },
    ),
    "docusaurus": (
        "docs/guide/a.md",
        {
            "docs/guide/a.md": "# Here\n",
            "docs/guide/02-b.md": "# Two things\n",
            "docs/intro.md": "---\nslug: /\n---\n# Intro\n",
            "blog/2024-05-06-post.md": "# Post\n",
            "static/img/x.png": "x",
        },
    ),
    "vitepress": (
        "guide/a.md",
        {
            "index.md": "# Home\n",
            "guide/a.md": "# Here\n",
            "guide/b.md": "# Two things\n",
            "guide/index.md": "# Guide\n",
            "guide/x.png": "x",
            "public/logo.png": "x",
        },
    ),
    "pelican": (
        "content/a.md",
        {
            "content/a.md": "Title: A\n\n# Here\n",
            "content/sub/b.md": "Title: The B\nSlug: bee\n\n# Two\n",
            "content/images/x.png": "x",
        },
    ),
    "zola": (
        "content/post/a.md",
        {
            "content/_index.md": "+++\ntitle = 'Home'\n+++\n",
            "content/post/_index.md": "+++\ntitle = 'Posts'\n+++\n",
            "content/post/a.md": "+++\ntitle = 'A'\n+++\n# Here\n",
            "content/post/2024-05-06-b.md": "+++\ntitle = 'B'\n+++\n# Two\n",
            "static/x.png": "x",
        },
    ),
    "mdbook": (
        "src/a.md",
        {
            "src/SUMMARY.md": "- [A](a.md)\n- [B](ch/b.md)\n",
            "src/a.md": "# Here\n",
            "src/ch/b.md": "# Two\n",
            "src/ch/README.md": "# Chapter\n",
            "src/x.png": "x",
        },
    ),
    "obsidian": (
        "notes/a.md",
        {
            "notes/a.md": "# Here\n\nA block. ^blk\n",
            "notes/Other Note.md": "---\naliases: [Nick]\n---\n# Two things\n\nText ^b-2\n",
            "deep/er/Unique.md": "# x\n",
            "files/pic.png": "x",
        },
    ),
    "eleventy": ("a.md", {"a.md": "# Here\n", "b.md": "# Two\n", "x.png": "x"}),
    "astro": (
        "src/pages/a.md", {"src/pages/a.md": "# Here\n", "src/pages/b.md": "# B\n", "public/x.png": "x"},
    ),
    "gatsby": ("content/a.md", {"content/a.md": "# Here\n", "content/b/index.md": "# B\n"}),
}  # fmt: skip
"""By preset: the document that the links stand in, and the tree."""

ROWS: tuple[tuple[str, str, str], ...] = (
    # -- a tree as GitHub shows it ---------------------------------------------------------------------
    ("plain", "[](b.md)", "ok"),
    ("plain", "[](./b.md?plain=1)", "ok"),
    ("plain", "[](../README.md)", "ok"),
    ("plain", "[](/README.md)", "ok"),
    ("plain", "[](/src/main.py#L1-L2)", "ok"),
    ("plain", "[](with%20space.md)", "ok"),
    ("plain", "[](<with space.md>)", "ok"),
    ("plain", "[](50%25.md)", "ok"),
    ("plain", "[](what%3F.md)", "ok"),
    ("plain", "[](ünï.md)", "ok"),
    ("plain", "[](u%CC%88ni%CC%88.md)", "ok"),
    ("plain", "[](sub)", "ok"),
    ("plain", "[](sub/)", "ok"),
    ("plain", "[](empty/)", "ok"),
    ("plain", "[](..)", "ok"),
    ("plain", "[](#here)", "ok"),
    ("plain", "[](b.md#two-things)", "ok"),
    ("plain", "[](page.html#here)", "ok"),
    ("plain", "![](/img/Logo.png)", "ok"),
    ("plain", "[](c.md)", NO_FILE),
    ("plain", "[](nowhere/)", NO_FILE),
    ("plain", "![](../img/no.png)", NO_FILE),
    ("plain", "[](/src/no.py)", NO_FILE),
    ("plain", "![](/img/logo.png)", CASE),
    ("plain", "[](B.md)", CASE),
    ("plain", "[](#nowhere)", NO_ANCHOR),
    ("plain", "[](b.md#three-things)", NO_ANCHOR),
    ("plain", "[](page.html#there)", NO_ANCHOR),
    ("plain", "[](www.python.org/doc)", NO_FILE),
    ("plain", "[](generated/api.md)", UNKNOWN),
    ("plain", "[](b)", UNKNOWN),
    ("plain", "[](b.html)", UNKNOWN),
    ("plain", "[](/guide/)", UNKNOWN),
    ("plain", "[](/nowhere/x.png)", UNKNOWN),
    ("plain", "[](../../x.md)", UNKNOWN),
    # -- Hugo ------------------------------------------------------------------------------------------
    ("hugo", "[](b.md)", "ok"),
    ("hugo", "[](../b/)", "ok"),
    ("hugo", "[](/post/b/)", "ok"),
    ("hugo", "[](/post/b)", "ok"),
    ("hugo", "[](/post/b/index.html)", "ok"),
    ("hugo", "[](/post/b.md)", "ok"),
    ("hugo", "[](/post/b/#two-things)", "ok"),
    ("hugo", "[](/old/b/)", "ok"),
    ("hugo", "[](/post/other-name/)", "ok"),
    ("hugo", "[](/elsewhere/d/)", "ok"),
    ("hugo", "[](/post/bundle/x.png)", "ok"),
    ("hugo", "![](/post/beside.png)", "ok"),
    ("hugo", "![](/img/x.png)", "ok"),
    ("hugo", "[](/file.pdf)", "ok"),
    ("hugo", "[](/)", "ok"),
    ("hugo", "[](/about/)", "ok"),
    ("hugo", "[](https://blog.lan/post/b/)", "ok"),
    ("hugo", '[]({{< ref "b.md" >}})', "ok"),
    ("hugo", '[]({{% relref "/post/b#two-things" %}})', "ok"),
    ("hugo", '[]({{< ref "bundle" >}})', "ok"),
    ("hugo", '[]({{< relref path="about.md" >}}#me)', "ok"),
    ("hugo", '<a href="{{< ref `post/b.md` >}}">x</a>', "ok"),
    ("hugo", "[](c.md)", NO_FILE),
    ("hugo", "[](/post/c/)", NO_FILE),
    ("hugo", "![](/img/no.png)", NO_FILE),
    ("hugo", "[](../nothing/)", NO_FILE),
    ("hugo", '[]({{< ref "nothing.md" >}})', NO_FILE),
    ("hugo", "[](/post/b/#three)", NO_ANCHOR),
    ("hugo", '[]({{< ref "b.md#three" >}})', NO_ANCHOR),
    ("hugo", "[](https://blog.lan/post/c/)", NO_FILE),
    ("hugo", "[](/tags/go/)", UNKNOWN),
    ("hugo", "[](/tags/no/)", UNKNOWN),
    ("hugo", "[](/post/page/2/)", UNKNOWN),
    ("hugo", "[](/post/index.xml)", UNKNOWN),
    ("hugo", "[](/post/b/index.json)", UNKNOWN),
    ("hugo", "[](/unknown/)", UNKNOWN),
    ("hugo", "[](/other-project/docs/)", UNKNOWN),
    ("hugo", "[](/Post/B/)", UNKNOWN),
    ("hugo", "![](pics/y.png)", UNKNOWN),
    ("hugo", "[](/post/b/#comments)", UNKNOWN),
    ("hugo", '[]({{< ref path="no.md" lang="fr" >}})', UNKNOWN),
    ("hugo", '[]({{ .Site.BaseURL }})', "excluded dynamic"),
    # -- Hexo ------------------------------------------------------------------------------------------
    ("hexo", "[](/2024/05/b/)", "ok"),
    ("hexo", "[](/my/own/)", "ok"),
    ("hexo", "[](/about/)", "ok"),
    ("hexo", "[](/notes/x.html)", "ok"),
    ("hexo", "![](/img/x.png)", "ok"),
    ("hexo", "![](beside.png)", "ok"),
    ("hexo", "{% asset_img beside.png %}", "ok"),
    ("hexo", "[](b.md)", "ok"),
    ("hexo", "[]({% post_path b %})", "ok"),
    ("hexo", "[](/2024/05/c/)", NO_FILE),
    ("hexo", "![](no.png)", NO_FILE),
    ("hexo", "[](c.md)", NO_FILE),
    ("hexo", "[](/tags/go/)", UNKNOWN),
    ("hexo", "[](/archives/2024/)", UNKNOWN),
    ("hexo", "[](/page/2/)", UNKNOWN),
    ("hexo", "[](/atom.xml)", UNKNOWN),
    # -- Jekyll ----------------------------------------------------------------------------------------
    ("jekyll", "[](/2024/05/06/a.html)", "ok"),
    ("jekyll", "[](/news/big/2024/05/07/b.html#two-things)", "ok"),
    ("jekyll", "[](/my/own/)", "ok"),
    ("jekyll", "[](/about.html)", "ok"),
    ("jekyll", "[](/about)", "ok"),
    ("jekyll", "[](/docs/x.html)", "ok"),
    ("jekyll", "[](/docs/)", "ok"),
    ("jekyll", "[](/docs/x.html#1-été)", "ok"),
    ("jekyll", "[](/docs/x.html#1-ete)", NO_ANCHOR),
    ("jekyll", "![](/assets/x.png)", "ok"),
    ("jekyll", "[]({% post_url 2024-05-07-b %})", "ok"),
    ("jekyll", "[]({{ site.baseurl }}{% link docs/x.md %})", "ok"),
    ("jekyll", "[]({{ site.baseurl }}/about.html)", "ok"),
    ("jekyll", '[]({{ "/assets/x.png" | relative_url }})', "ok"),
    ("jekyll", "[](/2024/05/06/nothing.html)", NO_FILE),
    ("jekyll", "[]({% link docs/no.md %})", NO_FILE),
    ("jekyll", "[]({% post_url 2024-05-07-no %})", NO_FILE),
    ("jekyll", "[](/tags/x/)", UNKNOWN),
    ("jekyll", "[](/feed.xml)", UNKNOWN),
    ("jekyll", "[](/page2/)", UNKNOWN),
    ("jekyll", "![](/assets/theme/no.png)", UNKNOWN),
    ("jekyll", "[]({{ page.next.url }})", "excluded dynamic"),
    # -- MkDocs (under /docs/) -------------------------------------------------------------------------
    ("mkdocs", "[](b.md)", "ok"),
    ("mkdocs", "[](b.md#two-things)", "ok"),
    ("mkdocs", "[](../guide/)", "ok"),
    ("mkdocs", "[](../index.md)", "ok"),
    ("mkdocs", "![](../img/x.png)", "ok"),
    ("mkdocs", '<img src="../../img/x.png">', "ok"),
    ("mkdocs", '<a href="../b/">x</a>', "ok"),
    ("mkdocs", "[](/docs/post/b/)", "ok"),
    ("mkdocs", "[](https://blog.lan/docs/guide/)", "ok"),
    ("mkdocs", "[](c.md)", NO_FILE),
    ("mkdocs", "![](../img/no.png)", NO_FILE),
    ("mkdocs", "[](b.md#three-things)", NO_ANCHOR),
    ("mkdocs", "[](/docs/post/c/)", NO_FILE),
    ("mkdocs", "[](/elsewhere/)", UNKNOWN),
    ("mkdocs", "[](/docs/sitemap.xml)", UNKNOWN),
    ("mkdocs", "[](../../../other/)", UNKNOWN),
    # -- Docusaurus ------------------------------------------------------------------------------------
    ("docusaurus", "[](./02-b.md#two-things)", "ok"),
    ("docusaurus", "[](b)", "ok"),
    ("docusaurus", "[](/docs/guide/b)", "ok"),
    ("docusaurus", "[](/docs/)", "ok"),
    ("docusaurus", "[](/blog/2024/05/06/post)", "ok"),
    ("docusaurus", "[](@site/docs/intro.md)", "ok"),
    ("docusaurus", "![](/img/x.png)", "ok"),
    ("docusaurus", "[](./no.md)", NO_FILE),
    ("docusaurus", "![](./no.png)", NO_FILE),
    ("docusaurus", "[](/docs/category/x)", UNKNOWN),
    ("docusaurus", "[](/docs/1.0/guide/b)", UNKNOWN),
    ("docusaurus", "[](no-such)", UNKNOWN),
    # -- VitePress -------------------------------------------------------------------------------------
    ("vitepress", "[](b)", "ok"),
    ("vitepress", "[](./b.html)", "ok"),
    ("vitepress", "[](b.md#two-things)", "ok"),
    ("vitepress", "[](/guide/)", "ok"),
    ("vitepress", "[](/guide/b)", "ok"),
    ("vitepress", "![](/logo.png)", "ok"),
    ("vitepress", "![](./x.png)", "ok"),
    ("vitepress", "[](c.md)", NO_FILE),
    ("vitepress", "[](/guide/c)", NO_FILE),
    ("vitepress", "![](./no.png)", NO_FILE),
    ("vitepress", "[](/unknown)", UNKNOWN),
    # -- Pelican ---------------------------------------------------------------------------------------
    ("pelican", "[]({filename}sub/b.md)", "ok"),
    ("pelican", "[]({filename}/sub/b.md)", "ok"),
    ("pelican", "![]({static}/images/x.png)", "ok"),
    ("pelican", "![](|filename|/images/x.png)", "ok"),
    ("pelican", "[](/bee.html)", "ok"),
    ("pelican", "[]({filename}sub/c.md)", NO_FILE),
    ("pelican", "![]({static}/images/no.png)", NO_FILE),
    ("pelican", "[]({tag}x)", UNKNOWN),
    ("pelican", "[]({index})", UNKNOWN),
    ("pelican", "[](/no.html)", UNKNOWN),
    # -- Zola ------------------------------------------------------------------------------------------
    ("zola", "[](@/post/2024-05-06-b.md#two)", "ok"),
    ("zola", "[](/post/b/)", "ok"),
    ("zola", "[](../b/)", "ok"),
    ("zola", "![](/x.png)", "ok"),
    ("zola", "[](@/post/c.md)", NO_FILE),
    ("zola", "[](/post/c/)", NO_FILE),
    ("zola", "[](/post/page/2/)", UNKNOWN),
    # -- mdBook ----------------------------------------------------------------------------------------
    ("mdbook", "[](ch/b.md#two)", "ok"),
    ("mdbook", "[](ch/b.html)", "ok"),
    ("mdbook", "[](ch/)", "ok"),
    ("mdbook", "![](x.png)", "ok"),
    ("mdbook", "[](ch/c.md)", NO_FILE),
    ("mdbook", "[](print.html)", UNKNOWN),
    ("mdbook", "[](../../std/vec/index.html)", UNKNOWN),
    # -- Obsidian --------------------------------------------------------------------------------------
    ("obsidian", "[[Other Note]]", "ok"),
    ("obsidian", "[[other note#Two things|text]]", "ok"),
    ("obsidian", "[[Other Note#^b-2]]", "ok"),
    ("obsidian", "[[#Here]]", "ok"),
    ("obsidian", "[[#^blk]]", "ok"),
    ("obsidian", "[[er/Unique]]", "ok"),
    ("obsidian", "[[Nick]]", "ok"),
    ("obsidian", "![[pic.png|300]]", "ok"),
    ("obsidian", "[](Other%20Note.md)", "ok"),
    ("obsidian", "![](files/pic.png)", "ok"),
    ("obsidian", "[[No Note]]", NO_FILE),
    ("obsidian", "![[no.png]]", NO_FILE),
    ("obsidian", "[[Other Note#Three]]", NO_ANCHOR),
    ("obsidian", "[[Other Note#^none]]", NO_ANCHOR),
    # -- generators whose addresses are made by programs -----------------------------------------------
    ("eleventy", "[](b.md)", "ok"),
    ("eleventy", "[](/b/)", "ok"),
    ("eleventy", "![](/x.png)", "ok"),
    ("eleventy", "[](c.md)", UNKNOWN),
    ("eleventy", "[](/c/)", UNKNOWN),
    ("astro", "[](./b.md)", "ok"),
    ("astro", "![](/x.png)", "ok"),
    ("astro", "![](./no.png)", NO_FILE),
    ("astro", "[](/c)", UNKNOWN),
    ("gatsby", "[](b/)", "ok"),
    ("gatsby", "![](./no.png)", NO_FILE),
    ("gatsby", "[](/c)", UNKNOWN),
)  # fmt: skip
"""Preset, a text with one link, what it comes to."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]} {row[2].split()[0]}")
def test_a_link_comes_to(row: tuple[str, str, str], tmp_path: Path) -> None:
    preset, text, expected = row
    document, tree = TREES[preset]
    site = Site(tmp_path, tree, preset)
    answer = site.answer(document, text)
    assert f"{answer.verdict} {answer.reason}".strip() == expected, answer


def test_every_preset_has_rows() -> None:
    assert {row[0] for row in ROWS} == set(SETTINGS)


HINTS = (
    ("plain", "[](c.md)", "b.md"),
    ("plain", "[](bb.md)", "b.md"),
    ("plain", "[](main.py)", "../src/main.py"),
    ("plain", "![](/img/logo.png)", "/img/Logo.png"),
    ("plain", "[](b.md#two-thing)", "#two-things"),
    ("plain", "[](www.python.org/doc)", "https://www.python.org/doc"),
    ("plain", "[](someone@example.org)", "mailto:someone@example.org"),
    ("plain", "[](b.html)", "b.md"),
    ("hugo", "[](/post/bundel/)", "/post/bundle"),
    ("hugo", "[](/wrong/other-name/)", "/post/other-name/"),
    ("hugo", "[](/Post/B/)", "/post/b/"),
)


@pytest.mark.parametrize("row", HINTS, ids=lambda row: f"{row[0]} {row[1]}")
def test_what_was_meant_is_named(row: tuple[str, str, str], tmp_path: Path) -> None:
    preset, text, meant = row
    document, tree = TREES[preset]
    assert meant in Site(tmp_path, tree, preset).answer(document, text).hint


def test_a_document_outside_the_content_is_read_as_github_shows_it(tmp_path: Path) -> None:
    site = Site(tmp_path, TREES["hugo"][1], "hugo")
    assert site.said("README.md", "[](content/post/a.md)") == "ok"
    assert site.said("README.md", "[](LICENSE)") == NO_FILE


def test_html_and_css_are_read_where_they_lie(tmp_path: Path) -> None:
    site = Site(
        tmp_path,
        {
            "www/index.html": "",
            "www/a/index.html": "<h1 id=x>",
            "www/b.html": "",
            "www/css/s.css": "",
            "www/f/x.woff": "",
            "www/bare/x.txt": "",
        },
    )
    page = "www/index.html"
    assert site.said(page, '<a href="a/#x">') == "ok"
    assert site.said(page, '<a href="/a/">') == "ok"
    assert site.said(page, '<a href="b">') == "ok"
    assert site.said(page, '<base href="/a/"><a href="../b.html">') == "ok"
    assert site.said("www/css/s.css", "a { background: url(../f/x.woff) }") == "ok"
    assert site.said("www/css/s.css", "a { background: url(/f/x.woff) }") == "ok"
    assert site.said(page, '<a href="c.html">') == NO_FILE
    assert site.said(page, '<a href="a/#y">') == NO_ANCHOR
    assert site.said("www/css/s.css", "a { background: url(f/x.woff) }") == NO_FILE
    assert site.said(page, '<a href="bare/">') == UNKNOWN
    assert site.said(page, '<a href="/elsewhere/c.html">') == UNKNOWN


def test_the_base_path_is_no_folder(tmp_path: Path) -> None:
    tree = {"content/post/a.md": "# A\n", "static/x.png": "x"}
    site = Site(tmp_path, tree, "hugo", settings="baseURL: https://blog.lan/blog/\n")
    assert site.said("content/post/a.md", "[](/blog/post/a/)") == "ok"
    assert site.said("content/post/a.md", "[](/post/a/)") == "ok"
    assert site.said("content/post/a.md", "![](/blog/x.png)") == "ok"
    assert site.said("content/post/a.md", "[](/blog/post/c/)") == NO_FILE
    assert site.said("content/post/a.md", "[](/shop/post/c/)") == UNKNOWN
    assert site.local.claims("https://blog.lan/blog/post/a/")
    assert not site.local.claims("https://blog.lan/shop/")


@pytest.mark.parametrize(
    ("url", "claimed"),
    [
        ("https://blog.lan/post/a/", True),
        ("http://blog.lan/post/a/", True),
        ("https://blog.lan:443/post/a/", True),
        ("https://blog.lan:8443/post/a/", False),
        ("https://www.blog.lan/post/a/", False),
        ("https://other.lan/?u=https://blog.lan/", False),
        ("https://blog.lan.evil.org/", False),
        ("ftp://blog.lan/x", False),
        ("https://[bad/blog.lan", False),
    ],
)
def test_its_own_address_is_claimed(url: str, claimed: bool, tmp_path: Path) -> None:
    assert Site(tmp_path, TREES["hugo"][1], "hugo").local.claims(url) is claimed


def test_a_placeholder_address_is_nobodys(tmp_path: Path) -> None:
    site = Site(tmp_path, {"content/a.md": "x"}, "hugo", settings="baseURL: https://example.org/\n")
    assert not site.local.claims("https://example.org/a/")


def test_what_a_host_is_told_to_redirect_is_known_or_not_judged(tmp_path: Path) -> None:
    tree = {**TREES["hugo"][1], "static/_redirects": "/post/gone/ /post/a/ 301\n/post/many/* /post/:splat\n"}
    site = Site(tmp_path, tree, "hugo")
    assert site.said("content/post/a.md", "[](/post/gone/)") == "ok"
    assert site.said("content/post/a.md", "[](/post/many/x/)") == UNKNOWN
    assert site.said("content/post/a.md", "[](/post/c/)") == UNKNOWN


@pytest.mark.parametrize(
    ("preset", "settings", "tree", "text"),
    [
        ("mkdocs", "site_name: x\nplugins: [search, gen-files]\n", {}, "[](api/x.md)"),
        ("mkdocs", "site_name: x\nhooks: [hook.py]\n", {}, "[](x.md)"),
        ("hugo", "baseURL: https://blog.lan/\n", {"content/post/_content.gotmpl": ""}, "[](/post/x/)"),
        ("hugo", "baseURL: https://blog.lan/\ntheme: gone\n", {"static/img/a.png": ""}, "![](/img/no.png)"),
        ("hugo", "baseURL: https://blog.lan/\npermalinks: {post: '/:unheard/'}\n", {}, "[](/post/x/)"),
        ("hugo", "markup: {goldmark: {parser: {autoDefinitionTermID: true}}}\n", {}, "[](b.md#three)"),
        ("mkdocs", "markdown_extensions: [{toc: {slugify: x}}]\n", {}, "[](b.md#three)"),
        ("jekyll", "kramdown: {auto_ids: false}\n", {}, "[](/2024/05/06/a.html#three)"),
        ("vitepress", "export default {markdown: {anchor: {slugify}}}\n", {}, "[](b.md#three)"),
        ("vitepress", "export default {rewrites: {'a': 'b'}}\n", {}, "[](./x.md)"),
        ("vitepress", "export default {}\n", {"guide/[pkg].md": ""}, "[](./x.md)"),
        ("plain", "", {"next.config.js": ""}, "[](./some/page)"),
    ],
    ids=lambda value: value if isinstance(value, str) and "[" in value else None,
)
def test_what_a_build_may_add_is_not_judged(
    preset: str, settings: str, tree: dict[str, str], text: str, tmp_path: Path
) -> None:
    document, files = TREES[preset]
    site = Site(tmp_path, {**files, **tree}, preset, settings=settings)
    assert site.answer(document, text).verdict is Verdict.UNVERIFIED


def test_a_symlink_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.md").write_text("x")
    site = Site(tmp_path / "site", {"a.md": "# A\n", "real/b.md": "# B\n"})
    (tmp_path / "site" / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (tmp_path / "site" / "in").symlink_to("real", target_is_directory=True)
    (tmp_path / "site" / "dead").symlink_to("nowhere")
    assert site.said("a.md", "[](in/b.md)") == "ok"
    assert site.said("a.md", "[](out/x.md)") == UNKNOWN
    assert site.said("a.md", "[](out/no.md)") == UNKNOWN
    assert site.said("a.md", "[](dead)") == NO_FILE


@pytest.mark.parametrize("name", [b"caf\xe9.md", b"x\\y.md", b"a%20b.md"])
def test_any_name_is_found_and_shown(name: bytes, tmp_path: Path) -> None:
    site = Site(tmp_path, {"a.md": "# A\n"})
    try:
        (tmp_path / name.decode("utf-8", "surrogateescape")).write_text("x")
    except OSError:
        pytest.skip("this file system takes no such name")
    quoted = "".join(f"%{byte:02X}" for byte in name)
    assert site.said("a.md", f"[]({quoted})") == "ok"
    missed = site.answer("a.md", f"[](no/{quoted})")
    assert missed.reason == "no-file"
    f"{missed.detail}{missed.hint}".encode()


@pytest.mark.parametrize("text", ["[](" + "a/" * 5000 + ")", "[](" + "../" * 5000 + ")", "[](%00)", "[](//)"])
def test_hostile_paths_are_only_missing(text: str, tmp_path: Path) -> None:
    site = Site(tmp_path, {"a.md": "# A\n"})
    assert site.answer("a.md", text).verdict in (Verdict.BROKEN, Verdict.UNVERIFIED)


def test_file_urls_are_looked_up_on_this_machine(tmp_path: Path) -> None:
    site = Site(tmp_path, {"a.md": "# A\n"})
    there = (tmp_path / "a.md").as_uri()
    assert site.local.answer_url(there).verdict is Verdict.OK
    assert site.local.answer_url(there + "#a").verdict is Verdict.OK
    assert site.local.answer_url(there + "#b").reason == "no-anchor"
    assert site.local.answer_url(there + "x").reason == "no-file"

"""Links against a built site: what the generator wrote decides, and the source's own line is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.check.looking import Site
from tests.generators import Hugo

from holdfast.check.local import Local
from holdfast.model import Verdict
from holdfast.site import open_site

PAGES = {
    "content/post/a.md": "---\ntitle: A\n---\n# Own\n",
    "content/post/b.md": "---\ntitle: B\n---\n## Two\n",
    "content/post/draft.md": "---\ntitle: D\ndraft: true\n---\n",
    "public/index.html": "<p>",
    "public/post/a/index.html": (
        "<h1 id=own></h1><a href='../b/'></a><a href='b.md'></a><a href='/post/b/'></a><a href='../no/'></a>"
        "<a href='/tags/gone/'></a><a href='/Post/b/'></a><a href='/IMG/x.png'></a>"
    ),
    "public/post/b/index.html": "<h2 id=two></h2><p id=comments>",
    "public/tags/go/index.html": "<p>",
    "public/img/x.png": "x",
    "public/feed.xml": "x",
    "public/clean.html": "<p>",
}

ROWS = (
    ("[](../b/)", "ok"),
    ("[](../b/#two)", "ok"),
    ("[](../b/#comments)", "ok"),
    ("[](/post/b/)", "ok"),
    ("[](/tags/go/)", "ok"),
    ("[](/feed.xml)", "ok"),
    ("[](/clean)", "ok"),
    ("![](/img/x.png)", "ok"),
    ("[](#own)", "ok"),
    ("[](https://blog.lan/tags/go/)", "ok"),
    # written anew by a link hook: the page has no such href
    ("[](../post/b.md)", "ok"),
    # the page still says b.md: no reader gets anywhere
    ("[](b.md)", "broken no-file"),
    ("[](../no/)", "broken no-file"),
    ("[](/tags/gone/)", "broken no-file"),
    ("[](/IMG/x.png)", "broken case"),
    ("[](../b/#three)", "broken no-anchor"),
    ("[](#elsewhere)", "broken no-anchor"),
    ("[](https://blog.lan/tags/gone/)", "broken no-file"),
    # the page says something else, and nobody knows what
    ("[](hidden/)", "unverified unresolved"),
    ("[](../../../../out/)", "unverified unresolved"),
)


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_a_link_of_a_source_comes_to(text: str, expected: str, tmp_path: Path) -> None:
    site = Site(tmp_path, PAGES, "hugo", built=tmp_path / "public")
    assert site.said("content/post/a.md", text) == expected


def test_a_document_without_a_page_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path, PAGES, "hugo", built=tmp_path / "public")
    assert site.said("content/post/draft.md", "[](../nothing/)") == "unverified unresolved"
    assert site.said("content/post/draft.md", "[](/post/b/)") == "ok"


def test_pages_of_the_built_site_are_read_where_they_lie(tmp_path: Path) -> None:
    site = Site(tmp_path, PAGES, "hugo", built=tmp_path / "public")
    page = "public/post/a/index.html"
    assert site.said(page, "<a href='../b/#two'>") == "ok"
    assert site.said(page, "<a href='/img/x.png'>") == "ok"
    assert site.said(page, "<a href='../c/'>") == "broken no-file"
    assert site.said(page, "<a href='/post/c/'>") == "broken no-file"


def test_what_is_served_above_the_base_path_is_not_in_it(tmp_path: Path) -> None:
    site = Site(
        tmp_path,
        {**PAGES, "public/post/a/index.html": "<a href='/shop/'></a><a href='/blog/post/b/'></a>"},
        "hugo",
        settings="baseURL: https://blog.lan/blog/\n",
        built=tmp_path / "public",
    )
    assert site.said("content/post/a.md", "[](/blog/post/b/)") == "ok"
    assert site.said("content/post/a.md", "[](/shop/)") == "unverified unresolved"
    assert site.said("content/post/a.md", "[](/blog/no/)") != "ok"


@pytest.mark.sites
@pytest.mark.parametrize("hook", [True, False])
def test_hugo_rewrites_a_source_path_with_a_link_hook_alone(hook: bool, tmp_path: Path) -> None:
    generator = Hugo(tmp_path, "/blog/")
    body = "[x](b.md) [y](no.md)\n"
    generator.write({"content/post/a.md": body, "content/post/b.md": "# B\n"})
    if hook:
        generator.write(
            {
                "layouts/_default/_markup/render-link.html": (
                    "{{ $u := .Destination }}{{ with .Page.GetPage $u }}{{ $u = .RelPermalink }}{{ end }}"
                    '<a href="{{ $u }}">{{ .Text }}</a>'
                )
            }
        )
    config = Site.configured(generator.build())
    site = open_site(tmp_path, config)
    document = Site.read("content/post/a.md", body.encode(), site.options)
    known, unknown = document.scanned.references
    local = Local(site, config)
    assert local.answer(document, known).verdict is (Verdict.OK if hook else Verdict.BROKEN)
    assert local.answer(document, unknown).verdict is Verdict.BROKEN

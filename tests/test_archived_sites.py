"""Real sites, built before and after `holdfast archive`, and after `restore`: readers see the same.

Every post shows remote pictures in every place that its generator knows; every address brings a picture of
its own. So two builds are equal when their pages are, once each address is replaced by what it brings.
"""

from __future__ import annotations

import difflib
import functools
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from tests import pictures
from tests.built import Brings, addresses_of, files_of, pages_of, served, views_of
from tests.commands import tree
from tests.generators import GENERATORS, Generator, Hexo, Hugo, MkDocs
from tests.life import Life
from tests.servers import Origin, Reply, Request

pytestmark = [pytest.mark.sites, pytest.mark.slow]

# -- the web of pictures ----------------------------------------------------------------------------------

WEB = ".pics.lan"
"""Hosts of pictures end in this; others are only linked to."""
MAKERS = (pictures.jpeg, pictures.png, pictures.gif, pictures.webp, pictures.svg)


@functools.cache
def painted(target: str) -> bytes:
    """The picture at a path with its query: always the same, and another one everywhere else."""
    seed = zlib.crc32(target.encode())
    return MAKERS[seed % len(MAKERS)](seed=seed)


def target_of(address: str) -> str | None:
    """What is asked for to get a remote picture; None for any other address."""
    parts = urlsplit(address)
    if not (parts.hostname or "").endswith(WEB):
        return None
    return unquote(parts.path) + (f"?{unquote(parts.query)}" if parts.query else "")


def remote(address: str) -> bytes | None:
    """What an address of the web of pictures brings."""
    target = target_of(address)
    return None if target is None else painted(target)


def _paint(request: Request) -> Reply:
    return Reply(body=painted(unquote(request.target)), headers={"Content-Type": "image/jpeg"})


@pytest.fixture(scope="module")
def web() -> Iterator[Origin]:
    with Origin(_paint, tls=True) as origin:
        yield origin


# -- the posts --------------------------------------------------------------------------------------------


def url(post: str, name: str, host: str = "a") -> str:
    return f"https://{host}{WEB}/{post}/{name}"


def body(post: str, *more: str) -> str:
    """Pictures in all places of a text; `more` are those that only one generator knows."""
    at = functools.partial(url, post)
    return "\n\n".join(
        [
            "正文开始，渔民说：看见它就像看见家门。",
            f"前文![行内]({at('inline.png')} '标题，带逗号')后文，还有 ![没有后缀]({at('om_bt/641')})。",
            f"![参考][pic]，再来一次 ![pic][] 和 ![pic]。\n\n[pic]: {at('definition/0')} '题'",
            f"[![带链接的图]({at('linked')})](https://news.lan/original?a=1&b=2)",
            f"[![看大图]({at('self.jpg')})]({at('self.jpg')})",
            f"| 表头 | 图 |\n|---|---|\n| 一 | ![格]({at('cell?a=1&b=2')}) |\n| 二 | 没有图 |",
            f"- 列表 ![一]({at('item/0')})\n- 第二项\n\n    ![二]({at('item/1')})",
            f"> 引用 ![引]({at('quote/0')})\n>\n> 第二段 ![引]({at('quote/1')})",
            f'<img src="{at("raw?x=1&amp;y=2")}" alt="raw" width="10">',
            f'行内 <img src=\'{at("single")}\' srcset="{at("small")} 1x, {at("large")} 2x" alt=""> 也有。',
            f'<picture><source srcset="{at("a.webp")} 640w, {at("b.webp")} 1280w" type="image/webp">'
            f'<img src="{at("fallback")}" alt=""></picture>',
            f'<p align="center"><a href="{at("big.jpg")}"><img src="{at("big.jpg")}" alt=""></a></p>',
            f'<video poster="{at("poster")}" controls></video>',
            f"![汉字]({at('图片/灯塔 一.png'.replace(' ', '%20'))}) ![括号]({at('a_(1).png')})",
            f"![域名](https://图床{WEB}/{post}/idn.png) ![没有协议](//b{WEB}/{post}/slashes.png)",
            f"![共用]({url('shared', 'divider.png')})",
            *more,
            # what no reader is shown
            f"```\n![代码]({url('never', 'fenced.png')})\n```",
            f"行内代码 `![代码]({url('never', 'inline.png')})` 之后。",
            f"注释 <!-- ![注释]({url('never', 'comment')}) --> 之后。",
            "[原文](https://news.lan/rain/a/20250210A03W1200) 和 <https://news.lan/auto>，完。\n",
        ]
    )


def front(post: str, key: str, *lines: str) -> str:
    # Hexo lists posts of the same second in any order
    day = zlib.crc32(post.encode()) % 28 + 1
    date = f"date: 2020-05-{day:02} 08:00:00"
    titled = f"title: “{post}”的标题"
    return "\n".join(["---", titled, date, f'{key}: "{url(post, "cover/0")}"', *lines, "---", ""])


FIGURES = (
    '{{{{< figure src="{0}/figure" alt="图" title="短代码" >}}}}',
    '{{{{< picture src="{0}/angle.png" >}}}}',
    '{{{{% picture src="{0}/percent.png" %}}}}',
    '{{{{< img src="{0}/completed.png" >}}}}',
)


def hugo_body(post: str) -> str:
    return body(post, *(line.format(url(post, "shortcode")) for line in FIGURES))


OG = '{{ range .Params.images }}<meta property="og:image" content="{{ . | absURL }}">{{ end }}'
"""As Hugo's own opengraph template does."""


def hugo_posts() -> dict[str, str | bytes]:
    def post(name: str, *lines: str) -> str:
        extra = ("images:", f"  - {url(name, 'og/0')}", f"  - '{url(name, 'og/1')}'", *lines)
        return front(name, "thumbnail", *extra) + hugo_body(name)

    toml = (
        f'+++\ntitle = "TOML"\ndate = 2020-05-02\nthumbnail = "{url("toml", "cover")}"\n'
        f"images = ['{url('toml', 'og')}']\n+++\n"
    )
    json = f'{{\n  "title": "JSON",\n  "thumbnail": "{url("json", "cover")}"\n}}\n\n'
    return {
        "content/_index.md": post("home"),
        "content/post/_index.md": post("section"),
        "content/post/single.md": post("single"),
        "content/post/中文文章.md": post("zh"),
        "content/post/bundle/index.md": post("bundle") + "\n![自己的图](own.png)\n",
        "content/post/bundle/own.png": pictures.png(seed=77),
        "content/文章/包 裹/index.md": post("zhbundle"),
        "content/post/toml.md": toml + hugo_body("toml"),
        "content/post/json.md": json + hugo_body("json"),
        "content/about.md": b"\xef\xbb\xbf" + post("about").replace("\n", "\r\n").encode(),
        "content/post/empty.md": "---\ntitle: 没有图\n---\n只有字。\n",
        # the theme's part
        "layouts/shortcodes/picture.html": '<img class="picture" src="{{ .Get "src" }}">',
        "layouts/shortcodes/img.html": '<img src="{{ .Get "src" | relURL }}">',
        "layouts/_default/list.html": (
            f"<!doctype html><html><head><meta charset=utf-8>{OG}</head><body><h1>{{{{ .Title }}}}</h1>"
            '{{ with .Params.thumbnail }}<img src="{{ . | absURL }}">{{ end }}'
            "{{ .Content }}<ul>{{ range .Site.RegularPages }}<li>{{ .Title }}"
            '{{ with .Params.thumbnail }}<img src="{{ . | relURL }}">{{ end }}</li>{{ end }}</ul>'
            "</body></html>\n"
        ),
        "layouts/_default/single.html": (
            f"<!doctype html><html><head><meta charset=utf-8>{OG}</head><body><h1>{{{{ .Title }}}}</h1>"
            '{{ with .Params.thumbnail }}<img src="{{ . | relURL }}"><img src="{{ . }}">{{ end }}\n'
            "{{ .Content }}</body></html>\n"
        ),
    }


def mkdocs_posts() -> dict[str, str | bytes]:
    def post(name: str) -> str:
        return front(name, "image") + f"# {name}\n\n" + body(name)

    headers = f"title: 页眉\nimage: {url('headers', 'cover')}\n\n# 页眉\n\n"
    return {
        "docs/index.md": post("home"),
        "docs/top.md": post("top"),
        "docs/post/a.md": post("a") + "\n![自己的图](own.png)\n",
        "docs/post/own.png": pictures.png(seed=77),
        "docs/post/README.md": post("readme"),
        "docs/deep/er/index.md": post("deep"),
        "docs/深 度/中文 页.md": post("zh"),
        "docs/post/headers.md": headers + body("headers"),
        "docs/post/bare.md": f"# 没有页眉\n\n![图]({url('bare', 'only.png')})\n",
    }


TAGS = (
    "{{% img {0}/plain.png %}}",
    "{{% img center {0}/sized.png 320 240 '标题' %}}",
    '{{% img left "{0}/quoted.png" 100 %}}',
)


HEXO_COVERS = "".join(
    f'<% if (page.{key}) {{ %><img class="{key}" src="<%- url_for(page.{key}) %>"><% }} %>'
    for key in ("index_img", "banner_img", "cover")
)
HEXO_PAGE = f"""<!doctype html><html><head><title><%- page.title %></title></head><body>
<time><%- page.updated.toISOString() %></time>
{HEXO_COVERS}<% (page.photos || []).forEach(function (one) {{ %><img src="<%- url_for(one) %>"><% }}) %>
<%- page.content %></body></html>
"""
"""As themes print covers; `updated` is the file's modification time."""


def hexo_posts() -> dict[str, str | bytes]:
    def post(name: str) -> str:
        photos = ("photos:", f"  - {url(name, 'photo/0')}", f"  - {url(name, 'photo/1')}")
        lines = (*photos, f"index_img: {url(name, 'index')}", f"banner_img: {url(name, 'banner')}")
        return front(name, "cover", *lines) + text(name)

    def text(name: str) -> str:
        return body(name, *(line.format(url(name, "tag")) for line in TAGS))

    open_front = f"title: 没有首行\ndate: 2020-05-03\ncover: {url('unfenced', 'cover')}\n---\n"
    return {
        "source/_posts/first.md": post("first"),
        "source/_posts/中文.md": post("zh"),
        "source/_posts/子目录/深 层.md": post("nested"),
        "source/_posts/unfenced.md": open_front + text("unfenced"),
        "source/about/index.md": post("about"),
        "source/关于/index.md": b"\xef\xbb\xbf" + post("bom").replace("\n", "\r\n").encode(),
        # the theme's part
        "themes/tiny/layout/post.ejs": HEXO_PAGE,
        "themes/tiny/layout/page.ejs": HEXO_PAGE,
    }


POSTS = {"hugo": hugo_posts, "mkdocs": mkdocs_posts, "hexo": hexo_posts}


@dataclass(frozen=True)
class Case:
    generator: type[Generator]
    base: str
    settings: str = ""
    flags: tuple[str, ...] = ()
    posts: Mapping[str, str | bytes] = field(default_factory=dict)
    """In addition to the generator's."""
    name: str = ""

    def __str__(self) -> str:
        return "-".join(part for part in (self.generator.name, self.base.strip("/"), self.name) if part)


FLAT = "use_directory_urls: false\n"
POST_ASSETS = "post_asset_folder: true\nmarked: {prependRoot: true, postAsset: true}\n"
LANGUAGES = "languages: {en: {weight: 1}, zh: {weight: 2}}\n"
TRANSLATED = {
    "content/post/bundle/index.zh.md": front("translated", "thumbnail") + hugo_body("translated"),
    "content/about.zh.md": front("about-zh", "thumbnail") + hugo_body("about-zh"),
}
"""A bundle's siblings share its folder, and some pictures."""
LISTED = {
    "layouts/_default/list.html": (
        "<html><body>{{ range .Site.RegularPages }}<h2>{{ .Title }}</h2>{{ .Content }}{{ end }}</body></html>"
    ),
    "content/_index.md": "---\ntitle: Home\n---\n",
    "content/post/_index.md": "---\ntitle: Posts\n---\n",
    "content/post/bundle/index.md": front("bundle", "thumbnail") + hugo_body("bundle"),
}
"""Lists that show whole posts: a bundle's file, named alone, would not be found from there."""
HOOK = {
    "layouts/_default/_markup/render-image.html": (
        '{{ $own := .Page.Resources.Get .Destination }}<img alt="{{ .Text }}" '
        'src="{{ with $own }}{{ .RelPermalink }}{{ else }}{{ .Destination | relURL }}{{ end }}">'
    )
}
CASES = (
    Case(Hugo, "/"),
    Case(Hugo, "/blog/"),
    Case(Hugo, "/blog/", flags=("--layout", "beside"), name="beside"),
    Case(Hugo, "/blog/", flags=("--layout", "shared"), posts=LISTED, name="lists"),
    Case(Hugo, "/blog/", posts=HOOK, name="render-hook"),
    Case(Hugo, "/blog/", LANGUAGES, posts=TRANSLATED, name="languages"),
    Case(MkDocs, "/"),
    Case(MkDocs, "/blog/"),
    Case(MkDocs, "/blog/", FLAT, name="flat"),
    Case(MkDocs, "/blog/", flags=("--layout", "beside"), name="beside"),
    Case(Hexo, "/"),
    Case(Hexo, "/blog/"),
    Case(Hexo, "/blog/", POST_ASSETS, ("--layout", "beside"), name="post-assets"),
)


def targets_of(output: Path, base: str) -> set[str]:
    """What the built pages ask of the web of pictures, links to pictures included."""
    return {
        target
        for page, tree_ in pages_of(output).items()
        for _, address, _ in addresses_of(page, tree_, base)
        if (target := target_of(address)) is not None
    }


def look(output: Path, base: str, *sources: Brings) -> Mapping[str, str]:
    """Every page, whatever its pictures are called; nothing may be missing."""

    def brings(address: str) -> bytes | None:
        return next((found for source in sources if (found := source(address)) is not None), None)

    views = views_of(output, base, brings)
    assert {
        page: re.findall(r"\[nothing\] [^\s\"]+", view) for page, view in views.items() if "[nothing]" in view
    } == {}
    return views


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The lines in which two builds differ; pages that only one of them has, too."""
    return [
        line
        for page in sorted(before.keys() | after.keys())
        for line in difflib.unified_diff(
            before.get(page, "").splitlines(), after.get(page, "").splitlines(), page, page, n=0, lineterm=""
        )
    ]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_readers_see_the_same(case: Case, tmp_path: Path, web: Origin) -> None:
    base = case.base
    site = case.generator(tmp_path / "site", base, case.settings)
    site.write({**POSTS[site.name](), **case.posts})
    output = site.build()
    published = tree(output)
    before = look(output, base, remote, files_of(output, base))
    shown = targets_of(output, base)
    assert len(shown) > 100

    # All that is shown is asked for, once, and nothing else.
    life = Life(site.root, web, {})
    documents = tree(site.root / site.content)
    known = len(web.requests)
    report = life.archived(*case.flags)
    assert (report["stored"], report["failed"]) == (len(shown), [])
    requests = [unquote(request.target) for request in web.requests[known:]]
    assert sorted(requests) == sorted(shown)

    # The same pages say the same, and show the same pictures, all of them from the site itself.
    output = site.build()
    assert targets_of(output, base) == set()
    after = look(output, base, files_of(output, base))
    assert differences(before, after) == []

    with served(output, base, tmp_path / "www") as root:
        _visit(root, base, output, after)

    # And back: the documents, and every file of the built site. What is held stays held, so it is there too.
    life.restore()
    now = tree(site.root / site.content)
    assert {path: now[path] for path in documents} == documents
    restored = tree(site.build())
    assert {path: restored.get(path) for path in published} == published
    held = {record["sha256"] for record in life.records("asset")}
    assert {restored[path] for path in restored.keys() - published} == held


def _visit(root: str, base: str, output: Path, views: Mapping[str, str]) -> None:
    """Fetch every page of a served site and every picture on it, over HTTP."""
    with httpx.Client(trust_env=False) as client:

        @functools.cache
        def get(address: str) -> bytes:
            reply = client.get(address)
            assert reply.status_code == 200, address
            return reply.content

        for page, tree_ in pages_of(output).items():
            assert get(f"{root}{page}") == (output / page).read_bytes()
            local = files_of(output, base)
            for where, address, _ in addresses_of(page, tree_, base):
                if where.startswith("a ") and local(address) is None:
                    continue
                path = address.split(base, 3 if base == "/" else 1)[-1]
                assert get(root + path) == local(address)


# -- the look at a built site can fail ----------------------------------------------------------------------


def test_a_wrong_base_path_is_noticed(tmp_path: Path, web: Origin) -> None:
    site = Hugo(tmp_path, "/blog/").write({"content/a.md": f"![a]({url('a', '1')})\n"})
    site.write({"holdfast.toml": 'base-path = "/"\n'})
    Life(tmp_path, web, {}).archived()
    with pytest.raises(AssertionError, match=re.escape("https://blog.lan/archive/a.pics.lan/1-")):
        look(site.build(), "/blog/", files_of(site.root / site.output, "/blog/"))


def test_a_remote_picture_and_a_wrong_one_are_noticed(tmp_path: Path) -> None:
    def page(*images: str) -> Mapping[str, str]:
        (tmp_path / "index.html").write_text("".join(f'<p><img src="{image}"></p>\n' for image in images))
        return look(tmp_path, "/", remote, files_of(tmp_path, "/"))

    for name in ("1", "2"):
        (tmp_path / f"{name}.png").write_bytes(painted(f"/a/{name}"))
    before = page(url("a", "1"), url("a", "2"))
    assert targets_of(tmp_path, "/") == {"/a/1", "/a/2"}
    assert differences(before, page("1.png", "/2.png")) == []
    assert targets_of(tmp_path, "/") == set()
    assert len(differences(before, page("1.png", "1.png"))) == 5
    with pytest.raises(AssertionError):
        page("1.png", "3.png")


def test_a_site_of_every_proven_kind_is_built() -> None:
    assert {case.generator.name for case in CASES} == set(GENERATORS) == set(POSTS)

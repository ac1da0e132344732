# ruff: noqa: E501 - a row of a table is one line
"""How a site is recognised, what of its own settings is followed, and how its files are referred to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from holdfast.addresses import Style
from holdfast.config import Config
from holdfast.errors import ConfigError
from holdfast.generators.configuration import LARGEST_CONFIGURATION, parse
from holdfast.generators.scripts import SCRIPT_READERS, script_value, without_comments
from holdfast.generators.settings import is_placeholder, path_of, tidy
from holdfast.model import Place
from holdfast.site import Site, open_site
from holdfast.sites import GENERATOR_FILES, PRESETS

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"

HEADER = '{"holdfast":1}\n'

Tree = Mapping[str, str]
Open = Callable[..., Site]


@pytest.fixture
def site(tmp_path: Path) -> Open:
    """Write a tree (a path that ends in a slash is a folder) and open it as a site."""

    def opened(tree: Tree, **config: object) -> Site:
        return open_tree(tmp_path, tree, **config)

    return opened


def open_tree(root: Path, tree: Tree, **config: object) -> Site:
    for path, text in tree.items():
        file = root / path
        if path.endswith("/"):
            file.mkdir(parents=True, exist_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return open_site(root, replace(Config(), **config))  # type: ignore[arg-type]


# -- recognition -----------------------------------------------------------------------------------------

RECOGNISED: list[tuple[str, Tree]] = [
    ("hugo", {"hugo.toml": ""}),
    ("hugo", {"hugo.yaml": ""}),
    ("hugo", {"hugo.yml": ""}),
    ("hugo", {"hugo.json": "{}"}),
    ("hugo", {"config/_default/hugo.toml": ""}),
    ("hugo", {"config/_default/config.yaml": ""}),
    ("hugo", {"config.toml": 'baseURL = "https://a.lan/"\n'}),
    ("hugo", {"config.toml": 'baseurl = "https://a.lan/"\n'}),
    ("hugo", {"config.yaml": "title: x\nbaseURL: https://a.lan/\n"}),
    ("hugo", {"config.yml": "title: x\n", "themes/": ""}),
    ("hugo", {"config.json": '{\n  "baseURL": "https://a.lan/"\n}'}),
    ("hugo", {"config.yaml": "baseURL: x\n\tbroken: [\n"}),
    ("hexo", {"_config.yml": "title: x\nsource_dir: source\n"}),
    ("hexo", {"_config.yml": "source_dir: source\nrepo:\n\t  #github: x\n"}),
    ("hexo", {"_config.yml": "title: x\n", "scaffolds/": ""}),
    ("hexo", {"_config.yml": "title: x\n", "package.json": '{"dependencies": {"hexo": "^8.0.0"}}'}),
    ("jekyll", {"_config.yml": "title: x\n"}),
    ("jekyll", {"_config.yml": "title: [\n"}),
    ("jekyll", {"_config.toml": 'title = "x"\n'}),
    ("jekyll", {"_config.yml": "title: x\n", "source/_posts/": ""}),
    ("jekyll", {"Gemfile": 'gem "jekyll", "~> 4.3"\n'}),
    ("mkdocs", {"mkdocs.yml": "site_name: x\n"}),
    ("mkdocs", {"mkdocs.yaml": "site_name: [\n"}),
    ("docusaurus", {"docusaurus.config.js": "module.exports = {};"}),
    ("docusaurus", {"docusaurus.config.ts": ""}),
    ("vitepress", {".vitepress/config.mts": ""}),
    ("vitepress", {"docs/.vitepress/config.js": ""}),
    ("astro", {"astro.config.mjs": ""}),
    ("gatsby", {"gatsby-config.js": ""}),
    ("eleventy", {".eleventy.js": ""}),
    ("eleventy", {"eleventy.config.mjs": ""}),
    ("pelican", {"pelicanconf.py": ""}),
    ("zola", {"config.toml": 'base_url = "https://a.lan"\n'}),
    ("mdbook", {"book.toml": '[book]\ntitle = "x"\n'}),
    ("obsidian", {".obsidian/app.json": "{}"}),
    ("obsidian", {".obsidian/": ""}),
    ("plain", {}),
    ("plain", {"README.md": "# x\n"}),
    # Several signs: the generator that builds the site wins over a folder that only looks like another.
    ("hugo", {"hugo.toml": "", ".obsidian/": ""}),
    ("hugo", {"hugo.toml": "", "package.json": '{"devDependencies": {"hexo": "1"}}'}),
    ("mkdocs", {"mkdocs.yml": "", "_config.yml": "theme: x\n"}),
    ("docusaurus", {"docusaurus.config.js": "", "_config.yml": ""}),
    ("hexo", {"_config.yml": "new_post_name: :title.md\n", ".obsidian/": ""}),
    ("jekyll", {"_config.yml": "", ".obsidian/": ""}),
    # Names that other programs use too are no sign by themselves.
    ("plain", {"config.toml": '[alias]\nb = "build"\n'}),
    ("plain", {"config.json": '{"track": "python"}'}),
    ("plain", {"config.yaml": "a: 1\n", "content/": ""}),
    ("plain", {"package.json": '{"dependencies": {"express": "1"}}'}),
    ("plain", {"Gemfile": 'gem "rails"\n'}),
    ("plain", {"book.toml": "x = 1\n"}),
    ("plain", {"content/hugo.toml": ""}),
]


@pytest.mark.parametrize(("name", "tree"), RECOGNISED)
def test_recognition(site: Open, name: str, tree: Tree) -> None:
    opened = site(tree)
    assert opened.preset == name
    assert opened.title == PRESETS[name].title


def test_every_preset_is_recognised_somewhere_above() -> None:
    assert {name for name, _ in RECOGNISED} == set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_named(site: Open, name: str) -> None:
    assert site({"hugo.toml": ""}, site=name).preset == name


def test_an_unknown_preset_is_refused(site: Open) -> None:
    with pytest.raises(ConfigError, match="'wordpress' is no preset") as caught:
        site({}, site="wordpress")
    assert "hugo" in caught.value.hint


def test_names_of_a_site_root() -> None:
    assert {"hugo.toml", "_config.yml", "mkdocs.yml", ".obsidian", "astro.config.mjs"} <= set(GENERATOR_FILES)
    assert not {"package.json", "Gemfile", "config.json"} & set(GENERATOR_FILES)


# -- configurations that do not parse --------------------------------------------------------------------

HEXO_WITH_TAB = """\
# URL
url: http://blog.lan/sub  # a comment
root: '/sub/'
source_dir: "texts"

marked:
  prependRoot: false
deploy:
  type: git
  repo:
\t  #github: git@github.com:x
    github: git@github.com:x
"""


def test_a_hexo_configuration_with_a_tab(site: Open) -> None:
    opened = site({"_config.yml": HEXO_WITH_TAB, "texts/_posts/": ""})
    assert (opened.preset, opened.content, opened.assets) == ("hexo", ("texts",), "texts/archive")
    assert opened.base_path == "/sub"
    text = opened.spell("texts/_posts/a.md", "texts/archive/h/x.png", Place.MARKDOWN, "image")
    assert text == "/sub/archive/h/x.png", "prependRoot was read too"
    (notice,) = opened.notices
    assert "_config.yml does not parse (line 11:" in notice
    assert "base-path" in notice


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", 'baseURL = "https://b.lan/x/"\ntitle = oops\n[params]\nurl = "no"\n'),
        ("a.yaml", 'baseURL: "https://b.lan/x/"\n\tbad: 1\nparams:\n  url: no\n'),
        ("a.json", '{\n  "baseURL": "https://b.lan/x/", // why\n  "title": "t",\n}\n'),
        ("a.py", "baseURL = 'https://b.lan/x/'\nprint 'python 2'\n"),
    ],
)
def test_a_broken_file_is_read_line_by_line(name: str, text: str) -> None:
    values, problem = parse(name, text)
    assert problem
    assert values["baseURL"] == "https://b.lan/x/"
    assert "url" not in values


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deep.yaml", "a: " + "[" * 5000),
        ("deep.json", "[" * 100_000),
        ("list.yaml", "- a\n- b\n"),
        ("binary.toml", "\x00\x01"),
        ("unhashable.yaml", "? [a]\n: b\n"),
    ],
)
def test_a_hostile_file_stops_nothing(name: str, text: str) -> None:
    values, problem = parse(name, text)
    assert isinstance(values, dict)
    assert problem


@pytest.mark.parametrize("name", ["a.yaml", "a.toml", "a.py"])
def test_an_empty_file_is_no_problem(name: str) -> None:
    assert parse(name, "") == ({}, "")


def test_mkdocs_tags_are_read_and_construct_nothing(site: Open) -> None:
    opened = site(
        {
            "mkdocs.yml": (
                "site_name: x\nsite_url: !ENV [SITE_URL, 'https://b.lan/docs/']\n"
                "markdown_extensions:\n  - pymdownx.arithmatex\n"
                "  - pymdownx.emoji:\n      emoji_index: !!python/name:material.extensions.emoji.twemoji\n"
                "hooks: !relative $config_dir\n"
            )
        }
    )
    assert (opened.base_path, opened.notices, opened.options.math) == ("/docs", (), True)


def test_a_huge_configuration_is_not_read(site: Open) -> None:
    opened = site({"hugo.yaml": "baseURL: https://b.lan/x/\n#" + "x" * LARGEST_CONFIGURATION})
    assert opened.preset == "hugo"
    assert "larger than 1 MiB" in opened.notices[0]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real sites is not here")
def test_the_corpus() -> None:
    hexo = open_site(CORPUS / "hexo-blog", Config())
    assert (hexo.preset, hexo.content, hexo.base_path) == ("hexo", ("source",), "")
    assert "does not parse" in hexo.notices[0]
    assert hexo.keep_mtime
    hugo = open_site(CORPUS / "hugo-blog", Config())
    assert (hugo.preset, hugo.content, hugo.base_path, hugo.notices) == ("hugo", ("content",), "", ())


# -- the site's own settings -----------------------------------------------------------------------------

JS = "export default "

FOLLOWED: list[tuple[str, Tree, str, tuple[str, ...], str, str]] = [
    # (what, files, asset folder, content, a document there, what a Markdown image becomes)
    ("hugo", {"hugo.toml": 'baseURL = "https://b.lan/blog/"'}, "static/archive", ("content",), "content/a.md",
     "/blog/archive/h/x.png"),
    ("hugo staticDir", {"hugo.toml": 'staticDir = ["files", "static"]'}, "files/archive", ("content",),
     "content/a.md", "/archive/h/x.png"),
    ("hugo key case", {"hugo.yaml": "BASEURL: https://b.lan/b/\ncontentdir: texts\n", "texts/": ""},
     "static/archive", ("texts",), "texts/a.md", "/b/archive/h/x.png"),
    ("hugo mounts",
     {"hugo.toml": '[[module.mounts]]\nsource="pub"\ntarget="static/p"\n[[module.mounts]]\nsource="c"\ntarget="content"\n',
      "c/": ""},
     "pub/archive", ("c",), "c/a.md", "/p/archive/h/x.png"),
    ("hugo mounts outside", {"hugo.yaml": "module: {mounts: [{source: ../x, target: static}]}\n"},
     "static/archive", ("content",), "content/a.md", "/archive/h/x.png"),
    ("hugo folder of configurations",
     {"config/_default/hugo.toml": 'baseURL = "https://b.lan/"',
      "config/_default/module.toml": '[[mounts]]\nsource = "files"\ntarget = "static"\n'},
     "files/archive", ("content",), "content/a.md", "/archive/h/x.png"),
    ("hugo languages",
     {"hugo.yaml": "languages: {en: {contentDir: content/en}, zh: {contentDir: content/zh, baseURL: https://b.lan/z/}}\n",
      "content/en/": "", "content/zh/": ""},
     "static/archive", ("content", "content/en", "content/zh"), "content/en/a.md", "/z/archive/h/x.png"),
    ("hexo", {"_config.yml": "url: https://b.lan/b\nroot: /b/\nsource_dir: texts\n"}, "texts/archive", ("texts",),
     "texts/_posts/a.md", "/archive/h/x.png"),
    ("hexo without root", {"_config.yml": "url: https://b.lan/b\nsource_dir: s\nmarked: {prependRoot: false}\n"},
     "s/archive", ("s",), "s/_posts/a.md", "/b/archive/h/x.png"),
    ("hexo with another renderer",
     {"_config.yml": "root: /b/\nsource_dir: s\n", "package.json": '{"dependencies":{"hexo-renderer-markdown-it":"7"}}'},
     "s/archive", ("s",), "s/_posts/a.md", "/b/archive/h/x.png"),
    ("hexo, markdown-it completing",
     {"_config.yml": "root: /b/\nsource_dir: s\nmarkdown: {images: {prepend_root: true}}\n",
      "package.json": '{"dependencies":{"hexo-renderer-markdown-it":"7"}}'},
     "s/archive", ("s",), "s/_posts/a.md", "/archive/h/x.png"),
    ("mkdocs", {"mkdocs.yml": "docs_dir: 文档\n", "文档/": ""}, "文档/archive", ("文档",), "文档/p/a.md",
     "../archive/h/x.png"),
    ("mkdocs INHERIT", {"mkdocs.yml": "INHERIT: base.yml\n", "base.yml": "docs_dir: d\n", "d/": ""}, "d/archive", ("d",),
     "d/a.md", "archive/h/x.png"),
    ("jekyll", {"_config.yml": "baseurl: /b\nurl: https://b.lan\n"}, "assets/archive", ("",), "_posts/a.md",
     "/b/assets/archive/h/x.png"),
    ("jekyll source", {"_config.yml": "source: src\n", "src/": ""}, "src/assets/archive", ("src",), "src/_posts/a.md",
     "/assets/archive/h/x.png"),
    ("docusaurus", {"docusaurus.config.js": JS + "{ staticDirectories: ['pub', 'static'], baseUrl: '/b/' }", "docs/": "",
                    "blog/": ""},
     "pub/archive", ("docs", "blog"), "docs/a.md", "/archive/h/x.png"),
    ("vitepress", {".vitepress/config.ts": JS + "defineConfig({ base: '/b/' })"}, "public/archive", ("",), "p/a.md",
     "/archive/h/x.png"),
    ("vitepress in docs", {"docs/.vitepress/config.ts": JS + "{ srcDir: './src' }", "docs/src/": ""},
     "docs/src/public/archive", ("docs/src",), "docs/src/a.md", "/archive/h/x.png"),
    ("astro", {"astro.config.mjs": JS + "defineConfig({ publicDir: './pub', base: '/b' })"}, "pub/archive", ("src",),
     "src/content/blog/a.md", "/b/archive/h/x.png"),
    ("gatsby", {"gatsby-config.js": "path: `${__dirname}/texts`,", "texts/": ""}, "texts/archive", ("texts",), "texts/p/a.md",
     "./x.png"),
    ("eleventy", {".eleventy.js": "c.addPassthroughCopy('src/img'); return { dir: { input: 'src' }, pathPrefix: '/b/' }",
                  "src/img/": ""},
     "src/img/archive", ("src",), "src/a.md", "/b/img/archive/h/x.png"),
    ("eleventy mapping", {".eleventy.js": "c.addPassthroughCopy({ 'public': '/' })", "public/": ""},
     "public/archive", ("",), "a.md", "/archive/h/x.png"),
    ("eleventy base plugin", {"eleventy.config.js": "add(HtmlBasePlugin); add.addPassthroughCopy('p'); x({pathPrefix: '/b/'})",
                              "p/": ""},
     "p/archive", ("",), "a.md", "/p/archive/h/x.png"),
    ("pelican", {"pelicanconf.py": "PATH = 'texts'\nSTATIC_PATHS = ['pics', 'extra']\n", "texts/": ""}, "texts/pics/archive",
     ("texts",), "texts/a.md", "{static}/pics/archive/h/x.png"),
    ("zola", {"config.toml": 'base_url = "https://b.lan/b"'}, "static/archive", ("content",), "content/a.md",
     "/b/archive/h/x.png"),
    ("mdbook", {"book.toml": '[book]\nsrc = "text"\n', "text/": ""}, "text/archive", ("text",), "text/p/a.md",
     "../archive/h/x.png"),
    ("obsidian", {".obsidian/app.json": '{"attachmentFolderPath": "附件 images"}'}, "附件 images/archive", ("",), "笔记/a.md",
     "../%E9%99%84%E4%BB%B6%20images/archive/h/x.png"),
    ("obsidian, from the vault's root",
     {".obsidian/app.json": '{"attachmentFolderPath": "附件", "newLinkFormat": "absolute"}'},
     "附件/archive", ("",), "笔记/a.md", "%E9%99%84%E4%BB%B6/archive/h/x.png"),
    ("obsidian without a setting", {".obsidian/": ""}, "archive/assets", ("",), "a/b.md", "../archive/assets/h/x.png"),
    ("plain", {}, "archive/assets", ("",), "a/b.md", "../archive/assets/h/x.png"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tree", "assets", "content", "document", "image"),
    [pytest.param(*row[1:], id=row[0]) for row in FOLLOWED],
)
def test_settings_are_followed(
    site: Open, tree: Tree, assets: str, content: tuple[str, ...], document: str, image: str
) -> None:
    opened = site({**tree, **{f"{folder}/": "" for folder in content if folder}})
    assert (opened.assets, opened.content) == (assets, content)
    folder = opened.folder_for(document)
    asset = f"{assets}/h/x.png" if folder is None else f"{folder}/x.png"
    assert opened.spell(document, asset, Place.MARKDOWN, "image") == image
    assert opened.locate(document, image, Place.MARKDOWN, "image") == asset


@pytest.mark.parametrize(
    ("tree", "keep"),
    [
        ({"_config.yml": "source_dir: s\n"}, True),
        ({"_config.yml": "source_dir: s\nupdated_option: mtime\n"}, True),
        ({"_config.yml": "source_dir: s\nupdated_option: date\n"}, False),
        ({"hugo.yaml": "frontmatter: {lastmod: [lastmod, ':fileModTime']}\n"}, True),
        ({"hugo.yaml": "title: x\n"}, False),
        ({"pelicanconf.py": "DEFAULT_DATE = 'fs'\n"}, True),
        ({}, False),
    ],
)
def test_where_readers_see_a_file_s_time(site: Open, tree: Tree, keep: bool) -> None:
    assert site(tree).keep_mtime is keep


def test_scan_options(site: Open) -> None:
    vault = site({".obsidian/": ""}, front_matter_keys=("Bild",))
    assert (vault.options.wiki, vault.options.math) == (True, True)
    assert {"cover", "bild"} <= vault.options.image_keys
    pelican = site({"pelicanconf.py": ""}, site="pelican").options
    assert (pelican.wiki, pelican.math, pelican.headers) == (False, False, True)
    hugo = site({"hugo.toml": ""}, site="hugo").options
    assert (hugo.wiki, hugo.math, "featuredimage" in hugo.image_keys) == (False, False, True)


def test_hugo_mathematics(site: Open) -> None:
    delimiters = "{inline: [['$', '$']]}"
    passthrough = f"{{passthrough: {{enable: true, delimiters: {delimiters}}}}}"
    assert site({"hugo.yaml": f"markup: {{goldmark: {{extensions: {passthrough}}}}}\n"}).options.math


# -- the base path ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "base_path"),
    [
        ("https://b.lan/", ""),
        ("https://b.lan", ""),
        ("https://b.lan/blog/", "/blog"),
        ("https://b.lan/a/b", "/a/b"),
        ("//b.lan/blog/", "/blog"),
        ("/", ""),
        ("/blog/", "/blog"),
        ("", ""),
        ("https://b.lan/博客/", "/%E5%8D%9A%E5%AE%A2"),
        ("https://b.lan/%E5%8D%9A/", "/%E5%8D%9A"),
    ],
)
def test_base_path_from_the_configuration(site: Open, stated: str, base_path: str) -> None:
    opened = site({"hugo.yaml": f"baseURL: '{stated}'\n"})
    assert (opened.base_path, opened.notices) == (base_path, ())


@pytest.mark.parametrize(
    ("given_path", "base_path"),
    [("blog", "/blog"), ("/blog/", "/blog"), ("/", ""), ("https://b.lan/x/", "/x"), ("", "")],
)
def test_base_path_from_the_operator_wins(site: Open, given_path: str, base_path: str) -> None:
    opened = site({"hugo.yaml": "baseURL: https://example.org/other/\n"}, base_path=given_path)
    assert (opened.base_path, opened.notices) == (base_path, ())


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/", "https://example.com/blog/", "http://www.example.com", "http://yoursite.com",
        "http://your-domain.com/", "https://username.github.io", "http://localhost:1313/", "http://127.0.0.1:4000",
        "https://my-site.com", "https://blog.example/", "https://your-docusaurus-site.example.com",
    ],
)  # fmt: skip
def test_a_placeholder_is_named(site: Open, url: str) -> None:
    (notice,) = site({"hugo.yaml": f"baseURL: {url}\n"}).notices
    assert url in notice
    assert "base-path" in notice
    assert is_placeholder(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://crossoverjie.top/", "https://someone.github.io/", "https://blog.lan/example.com/", "https://myblog.net",
        "https://exampleblog.com", "https://sites.mysites.dev", "", "/blog/",
    ],
)  # fmt: skip
def test_a_real_address_is_no_placeholder(url: str) -> None:
    # myblog.net could be somebody's: only what templates come with counts.
    assert is_placeholder(url) is (url == "https://myblog.net")


# -- JavaScript ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("{ base: '/b/' }", "/b/"),
        ('{ "base": "/b/" }', "/b/"),
        ("{ base: `/b/` }", "/b/"),
        ("{\n  // base: '/old/',\n  base: '/b/',\n}", "/b/"),
        ("{ /* base: '/old/' */ base: '/b/' }", "/b/"),
        ("{ site: 'https://x.lan//y', base: '/b/' }", "/b/"),
        ("{ base: process.env.BASE || '/b/' }", "/b/"),
        ("{ base: process.env.BASE ?? '/b/', }", "/b/"),
        ("const base = '/b/'\nexport default { base, x: 1 }", "/b/"),
        ("const BASE: string = '/b/';\nexport default { base: BASE }", "/b/"),
        ("{ base: '/b/' as const }", "/b/"),
        ("{ base: prod ? '/b/' : '/' }", None),
        ("{ base: `/${name}/` }", None),
        ("{ base: compute() }", None),
        ("{ database: '/b/' }", None),
        ("{ 'data-base': '/b/' }", None),
        ("{ x: y.base }", None),
        ("", None),
    ],
)
def test_a_value_of_a_script(script: str, value: str | None) -> None:
    assert script_value(without_comments(script), "base") == value


def test_a_computed_base_is_said(site: Open) -> None:
    opened = site({"astro.config.mjs": JS + "{ base: prod ? '/b/' : '/' }"})
    assert opened.base_path == ""
    assert "base is computed when the site is built" in opened.notices[0]


def test_eleventy_without_a_folder_of_files(site: Open) -> None:
    opened = site({".eleventy.js": "module.exports = () => ({});"})
    assert opened.assets == "assets/archive"
    assert 'addPassthroughCopy("assets/archive")' in opened.notices[0]


# -- where the archive and the assets are ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("tree", "archive"),
    [
        ({}, "archive"),
        ({"archive/": ""}, "archive"),
        ({"archive/manifest.jsonl": HEADER}, "archive"),
        ({"archive/manifest.jsonl": '{"holdfast": 2}\n'}, "archive"),
        ({"archive/manifest.jsonl": "<<<<<<< HEAD\n" + HEADER}, "archive"),
        ({"archive/2019.md": "old posts"}, ".holdfast"),
        ({"Archive/2019.md": "old posts"}, ".holdfast"),
        ({"ARCHIVE/manifest.jsonl": "something else\n"}, ".holdfast"),
        ({"archive/manifest.jsonl": '{"type":"asset"}\n'}, ".holdfast"),
        ({"archive": "a file"}, ".holdfast"),
        ({".holdfast/manifest.jsonl": HEADER, "archive/2019.md": ""}, ".holdfast"),
        ({".holdfast/manifest.jsonl": HEADER}, ".holdfast"),
        ({"archive/manifest.jsonl": HEADER, "Archives/x.md": ""}, "archive"),
        ({"archives/x.md": ""}, "archive"),
        ({"_config.yml": ""}, ".holdfast"),
        ({"_config.yml": "", "archive/manifest.jsonl": HEADER}, "archive"),
    ],
)
def test_the_archive_folder(site: Open, tree: Tree, archive: str) -> None:
    assert site(tree).archive == archive


@pytest.mark.parametrize(
    ("tree", "assets"),
    [
        ({"hugo.toml": ""}, "static/archive"),
        ({"hugo.toml": "", "static/archive/": ""}, "static/archive"),
        ({"hugo.toml": "", "static/archive/old.png": ""}, "static/holdfast"),
        ({"hugo.toml": "", "static/Archive/old.png": ""}, "static/holdfast"),
        ({"hugo.toml": "", "static/archive/x.png": "", "archive/manifest.jsonl": HEADER}, "static/archive"),
        (
            {
                "hugo.toml": "",
                "static/archive/old.png": "",
                "static/holdfast/": "",
                "archive/manifest.jsonl": HEADER,
            },
            "static/holdfast",
        ),
        ({"archive/x.md": ""}, ".holdfast/assets"),
        ({"Archive/x.md": "", ".obsidian/": ""}, ".holdfast/assets"),
    ],
)
def test_the_asset_folder(site: Open, tree: Tree, assets: str) -> None:
    assert site(tree).assets == assets


def test_folders_from_the_operator(site: Open) -> None:
    opened = site({"hugo.toml": ""}, archive="keep/", assets="./static/img/ext/")
    assert (opened.archive, opened.assets, opened.notices) == ("keep", "static/img/ext", ())
    assert (
        opened.spell("content/a.md", "static/img/ext/x.png", Place.HTML, "html-img-src") == "/img/ext/x.png"
    )


def test_assets_that_nothing_publishes(site: Open) -> None:
    (notice,) = site({"hugo.toml": ""}, assets="pictures").notices
    assert notice.startswith("Hugo does not publish pictures")
    assert "static" in notice
    assert site({"hugo.toml": ""}, assets="pictures", url_prefix="https://cdn.lan/").notices == ()
    assert site({}, site="plain", assets="pictures").notices == ()


@pytest.mark.parametrize("folder", ["../out", "/etc", ".", "a/../../b", ""])
@pytest.mark.parametrize("option", ["archive", "assets"])
def test_a_folder_outside_is_refused(site: Open, option: str, folder: str) -> None:
    with pytest.raises(ConfigError, match=option):
        site({}, **{option: folder})


@pytest.mark.parametrize(
    "tree",
    [
        {"_config.yml": "source_dir: ../../outside\n"},
        {"mkdocs.yml": "docs_dir: ../docs\n"},
        {"hugo.toml": 'staticDir = "../../x"\ncontentDir = "../y"\n'},
        {".obsidian/app.json": json.dumps({"attachmentFolderPath": "../../x"})},
        {"astro.config.mjs": "{ publicDir: '../../public' }"},
        {"pelicanconf.py": "PATH = '../x'\nSTATIC_PATHS = ['../../y']\n"},
    ],
)
def test_no_setting_leads_out_of_the_root(site: Open, tree: Tree) -> None:
    opened = site(tree)
    for folder in (opened.assets, opened.archive, *opened.content, *opened.leave_out):
        assert not folder.startswith(("..", "/"))


# -- how references are written --------------------------------------------------------------------------

TREES: Mapping[str, Tree] = {
    "hugo": {"hugo.yaml": "baseURL: https://b.lan/blog/\n"},
    "hexo": {"_config.yml": "url: https://b.lan/blog\nroot: /blog/\nsource_dir: source\n"},
    "mkdocs": {"mkdocs.yml": "site_url: https://b.lan/blog/\n"},
    "docusaurus": {"docusaurus.config.js": "{ baseUrl: '/blog/' }", "docs/": ""},
    "vitepress": {".vitepress/config.js": "{ base: '/blog/' }"},
    "astro": {"astro.config.mjs": "{ base: '/blog' }"},
    "gatsby": {"gatsby-config.js": "{ pathPrefix: '/blog' }", "content/": ""},
    "eleventy": {".eleventy.js": "x.addPassthroughCopy('img'); ({ pathPrefix: '/blog/' })", "img/": ""},
    "pelican": {"pelicanconf.py": "SITEURL = 'https://b.lan/blog'\n", "content/": ""},
    "zola": {"config.toml": 'base_url = "https://b.lan/blog"'},
    "mdbook": {"book.toml": "[book]\n"},
    "jekyll": {"_config.yml": "baseurl: /blog\n"},
    "obsidian": {".obsidian/": ""},
    "plain": {},
}

SPELLED: list[tuple[str, str, str, str, str, str]] = [
    # preset, document, then: Markdown image, raw HTML, front matter, shortcode
    ("hugo", "content/post/a.md", "/blog/archive/h/x.png", "/blog/archive/h/x.png", "/blog/archive/h/x.png",
     "/blog/archive/h/x.png"),
    ("hexo", "source/_posts/a.md", "/archive/h/x.png", "/blog/archive/h/x.png", "/archive/h/x.png", "/archive/h/x.png"),
    ("mkdocs", "docs/post/a.md", "../archive/h/x.png", "../../archive/h/x.png", "/blog/archive/h/x.png",
     "../../archive/h/x.png"),
    ("mkdocs", "docs/index.md", "archive/h/x.png", "archive/h/x.png", "/blog/archive/h/x.png", "archive/h/x.png"),
    ("mkdocs", "docs/css/a.css", "../archive/h/x.png", "../archive/h/x.png", "/blog/archive/h/x.png",
     "../archive/h/x.png"),
    ("docusaurus", "docs/p/a.md", "/archive/h/x.png", "/blog/archive/h/x.png", "/archive/h/x.png", "/archive/h/x.png"),
    ("vitepress", "p/a.md", "/archive/h/x.png", "/archive/h/x.png", "/archive/h/x.png", "/archive/h/x.png"),
    ("astro", "src/content/a.md", "/blog/archive/h/x.png", "/blog/archive/h/x.png", "/blog/archive/h/x.png",
     "/blog/archive/h/x.png"),
    ("gatsby", "content/p/a.md", "../archive/h/x.png", "../archive/h/x.png", "../archive/h/x.png", "../archive/h/x.png"),
    ("gatsby", "content/a.md", "./archive/h/x.png", "./archive/h/x.png", "./archive/h/x.png", "./archive/h/x.png"),
    ("eleventy", "p/a.md", "/blog/img/archive/h/x.png", "/blog/img/archive/h/x.png", "/img/archive/h/x.png",
     "/blog/img/archive/h/x.png"),
    ("pelican", "content/p/a.md", "{static}/images/archive/h/x.png", "{static}/images/archive/h/x.png",
     "images/archive/h/x.png", "{static}/images/archive/h/x.png"),
    ("zola", "content/p/a.md", "/blog/archive/h/x.png", "/blog/archive/h/x.png", "/archive/h/x.png",
     "/blog/archive/h/x.png"),
    ("mdbook", "src/p/a.md", "../archive/h/x.png", "../archive/h/x.png", "../archive/h/x.png", "../archive/h/x.png"),
    ("jekyll", "_posts/a.md", "/blog/assets/archive/h/x.png", "/blog/assets/archive/h/x.png", "/assets/archive/h/x.png",
     "/blog/assets/archive/h/x.png"),
    ("obsidian", "n/a.md", "../archive/assets/h/x.png", "../archive/assets/h/x.png", "archive/assets/h/x.png",
     "../archive/assets/h/x.png"),
    ("plain", "n/a.md", "../archive/assets/h/x.png", "../archive/assets/h/x.png", "../archive/assets/h/x.png",
     "../archive/assets/h/x.png"),
    ("plain", "README.md", "archive/assets/h/x.png", "archive/assets/h/x.png", "archive/assets/h/x.png",
     "archive/assets/h/x.png"),
]  # fmt: skip


@pytest.mark.parametrize(("preset", "document", "markdown", "html", "front", "shortcode"), SPELLED)
def test_spelling(
    site: Open, preset: str, document: str, markdown: str, html: str, front: str, shortcode: str
) -> None:
    opened = site(TREES[preset])
    asset = f"{opened.assets}/h/x.png"
    assert opened.preset == preset
    assert opened.spell(document, asset, Place.MARKDOWN, "image") == markdown
    assert opened.spell(document, asset, Place.HTML, "html-img-src") == html
    assert opened.spell(document, asset, Place.FRONT_MATTER, "front-matter") == front
    assert opened.spell(document, asset, Place.SHORTCODE, "shortcode") == shortcode


def test_every_preset_is_spelled_above() -> None:
    assert {row[0] for row in SPELLED} == set(TREES) == set(PRESETS)


def test_every_row_says_how_in_every_place() -> None:
    for preset in PRESETS.values():
        assert set(preset.styles) == set(Place), preset.name


KINDS: list[tuple[str, str, Place, str, str]] = [
    # what a generator does to other references of a place, it does not do to these
    ("hexo", "source/a.md", Place.MARKDOWN, "definition", "/archive/h/x.png"),
    ("hexo", "source/a.md", Place.MARKDOWN, "link", "/blog/archive/h/x.png"),
    ("vitepress", "p/a.md", Place.MARKDOWN, "link", "/archive/h/x.png"),
    ("vitepress", "p/a.md", Place.HTML, "html-source-srcset", "/archive/h/x.png"),
    ("vitepress", "p/a.md", Place.HTML, "html-a-href", "/blog/archive/h/x.png"),
    ("pelican", "content/a.md", Place.HTML, "html-a-href", "{static}/images/archive/h/x.png"),
    ("pelican", "content/a.md", Place.HTML, "html-img-srcset", "/blog/images/archive/h/x.png"),
    ("pelican", "content/a.md", Place.HTML, "html-source-srcset", "/blog/images/archive/h/x.png"),
    ("pelican", "content/a.md", Place.CSS, "css-url", "/blog/images/archive/h/x.png"),
]


@pytest.mark.parametrize(("preset", "document", "place", "kind", "expected"), KINDS)
def test_kinds_of_their_own(
    site: Open, preset: str, document: str, place: Place, kind: str, expected: str
) -> None:
    opened = site(TREES[preset])
    path = f"{opened.assets}/h/x.png"
    assert opened.spell(document, path, place, kind) == expected
    assert opened.locate(document, expected, place, kind) == path


def test_mkdocs_without_page_folders(site: Open) -> None:
    opened = site({"mkdocs.yml": "use_directory_urls: false\n"})
    assert (
        opened.spell("docs/p/a.md", "docs/archive/h/x.png", Place.HTML, "html-img-src")
        == "../archive/h/x.png"
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("image", "../%E9%99%84%E4%BB%B6%20images/archive/h/x.png"),
        ("wiki-embed", "附件 images/archive/h/x.png"),
        ("wiki-link", "附件 images/archive/h/x.png"),
    ],
)
def test_obsidian_links(site: Open, kind: str, text: str) -> None:
    opened = site({".obsidian/app.json": '{"attachmentFolderPath": "附件 images"}'})
    asset = "附件 images/archive/h/x.png"
    assert opened.spell("n/a.md", asset, Place.MARKDOWN, kind) == text
    assert opened.locate("n/a.md", text, Place.MARKDOWN) == asset


@pytest.mark.parametrize(
    ("setting", "document", "folder"),
    [
        ("./", "notes/a.md", "notes"),
        (".", "notes/a.md", "notes"),
        ("./附件", "notes/a.md", "notes/附件"),
        ("./files", "a.md", "files"),
        ("./", "a.md", ""),
        ("/", "notes/a.md", None),
        ("files", "notes/a.md", None),
    ],
)
def test_obsidian_attachments_near_the_note(
    site: Open, setting: str, document: str, folder: str | None
) -> None:
    opened = site({".obsidian/app.json": json.dumps({"attachmentFolderPath": setting})})
    assert opened.folder_for(document) == folder
    assert opened.folder_for(document, Place.FRONT_MATTER) == folder
    shared = site({".obsidian/app.json": json.dumps({"attachmentFolderPath": setting})}, layout="shared")
    assert shared.folder_for(document) is None


# -- beside a document -----------------------------------------------------------------------------------

FOLDERS: list[tuple[str, str, str, str | None, str | None]] = [
    # preset, layout, document; folder for its Markdown images, for its front matter
    ("hugo", "auto", "content/post/b/index.md", "content/post/b", None),
    ("hugo", "auto", "content/post/b/index.zh.md", "content/post/b", None),
    ("hugo", "auto", "content/post/b/index.zh-cn.md", "content/post/b", None),
    ("hugo", "auto", "content/post/b/index.html", "content/post/b", None),
    ("hugo", "auto", "content/post/b/_index.md", None, None),
    ("hugo", "auto", "content/post/b/reindex.md", None, None),
    ("hugo", "auto", "content/post/b/index.tar.gz.md", None, None),
    ("hugo", "auto", "content/post/a.md", None, None),
    ("hugo", "shared", "content/post/b/index.md", None, None),
    ("hugo", "beside", "content/post/b/index.md", "content/post/b", None),
    ("hugo", "beside", "content/post/a.md", "content/post", "content/post"),
    ("hugo", "beside", "content/文章/a.md", "content/文章", "content/文章"),
    ("hugo", "beside", "content/My Posts/a.md", None, None),
    ("zola", "auto", "content/post/b/index.md", "content/post/b", None),
    ("mkdocs", "auto", "docs/b/index.md", None, None),
    ("mkdocs", "beside", "docs/b/My page.md", "docs/b", "docs/b"),
    ("plain", "auto", "b/index.md", None, None),
    ("plain", "beside", "b/index.md", "b", "b"),
    ("plain", "beside", "a.md", "", ""),
    ("obsidian", "beside", "n/a.md", "n", "n"),
    ("gatsby", "auto", "content/p/a.md", "content/p", "content/p"),
    ("gatsby", "shared", "content/p/a.md", None, None),
    ("jekyll", "beside", "pages/a.md", "pages", "pages"),
    ("jekyll", "beside", "_posts/a.md", None, None),
    ("docusaurus", "beside", "docs/p/a.md", "docs/p", "docs/p"),
    ("vitepress", "beside", "p/a.md", "p", None),
    ("astro", "beside", "src/content/a.md", "src/content", "src/content"),
    ("hexo", "beside", "source/_posts/a.md", None, None),
    ("eleventy", "beside", "p/a.md", None, None),
    ("pelican", "beside", "content/a.md", None, None),
]


@pytest.mark.parametrize(("preset", "layout", "document", "markdown", "front"), FOLDERS)
def test_where_a_document_s_files_go(
    site: Open, preset: str, layout: str, document: str, markdown: str | None, front: str | None
) -> None:
    opened = site(TREES[preset], layout=layout)
    assert opened.folder_for(document) == markdown
    assert opened.folder_for(document, Place.FRONT_MATTER) == front


@pytest.mark.parametrize("preset", ["hexo", "eleventy", "pelican"])
def test_beside_that_cannot_be_is_said(site: Open, preset: str) -> None:
    assert any("beside posts" in notice for notice in site(TREES[preset], layout="beside").notices)
    assert not any("beside posts" in notice for notice in site(TREES[preset]).notices)


def test_a_bundle_s_body_names_the_file_alone(site: Open) -> None:
    opened = site(TREES["hugo"])
    document, asset = "content/post/b/index.md", "content/post/b/x.png"
    for place in (Place.MARKDOWN, Place.HTML):
        assert opened.spell(document, asset, place, "") == "x.png"
    # a theme's shortcode may complete what it is given with relURL, as for front matter
    for place in (Place.FRONT_MATTER, Place.SHORTCODE):
        assert opened.folder_for(document, place) is None
        assert opened.spell(document, asset, place, "") == "/blog/post/b/x.png"


def test_siblings_of_several_languages(site: Open) -> None:
    """They share one copy, which Hugo finds for Markdown and not for raw HTML."""
    opened = site({"hugo.yaml": "languages: {en: {}, zh: {}}\n"})
    assert opened.folder_for("content/p/b/index.zh.md", Place.MARKDOWN) == "content/p/b"
    assert opened.folder_for("content/p/b/index.zh.md", Place.HTML) is None


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ("theme: hugo-theme-stack\n", "assets/archived"),
        ("module: {imports: [{path: github.com/CaiJimmy/hugo-theme-stack/v3}]}\n", "assets/archived"),
        ("theme: [blowfish]\nassetDir: pipes\n", "pipes/archived"),
        ("theme: mainroad\n", None),
        ("theme: stackoverflow\n", None),
    ],
)
def test_hugo_themes_that_look_among_the_resources(
    site: Open, configuration: str, expected: str | None
) -> None:
    opened = site({"hugo.yaml": "baseURL: https://b.lan/blog/\n" + configuration})
    document = "content/post/a.md"
    assert opened.folder_for(document, Place.FRONT_MATTER) == expected
    assert opened.folder_for(document, Place.MARKDOWN) is None
    if expected is not None:
        text = opened.spell(document, f"{expected}/x.png", Place.FRONT_MATTER, "front-matter")
        assert text == "archived/x.png"
        assert opened.locate(document, text, Place.FRONT_MATTER) == f"{expected}/x.png"


# -- a prefix --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefix", ["https://cdn.lan/pics/", "https://cdn.lan/pics", "//cdn.lan/pics/", "/media/pics/"]
)
@pytest.mark.parametrize("preset", ["hugo", "hexo", "mkdocs", "obsidian", "plain"])
def test_a_prefix_wins_everywhere(site: Open, preset: str, prefix: str) -> None:
    opened = site(TREES[preset], url_prefix=prefix)
    document = "content/p/index.md"
    assert opened.folder_for(document) is None
    for place in Place:
        text = opened.spell(document, f"{opened.assets}/h o/x.png", place, "image")
        assert text == prefix.rstrip("/") + "/h%20o/x.png"
        assert opened.locate(document, text, place) == f"{opened.assets}/h o/x.png"
        assert opened.is_own(document, text, place)
    assert opened.is_own(document, "https://cdn.lan/pics/h/x.png", Place.HTML) is ("cdn" in prefix)
    assert not opened.is_own(document, "https://cdn.lan/other/x.png", Place.HTML)


def test_a_prefix_with_files_beside_posts(site: Open) -> None:
    opened = site({}, url_prefix="https://cdn.lan/", layout="beside")
    text = opened.spell("p/a.md", "p/x.png", Place.MARKDOWN, "image")
    assert text == "https://cdn.lan/p/x.png"
    assert opened.locate("p/a.md", text, Place.MARKDOWN) == "p/x.png"
    assert opened.is_own("p/a.md", text, Place.MARKDOWN)


# -- reading references back -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "document", "text"),
    [
        ("hugo", "content/post/a.md", "/blog/archive/h/x.png"),
        ("hugo", "content/post/a.md", "/archive/h/x.png"),
        ("hugo", "content/post/a.md", "archive/h/x.png"),
        ("hugo", "content/post/a.md", "../archive/h/x.png"),
        ("hugo", "content/post/a.md", "../../static/archive/h/x.png"),
        ("hugo", "content/post/a.md", "/static/archive/h/x.png"),
        ("hugo", "content/post/a.md", "https://b.lan/blog/archive/h/x.png"),
        ("hugo", "content/post/a.md", "/blog/archive/h/x.png#fragment"),
        ("hugo", "content/post/a.md", "/blog/archive/h/x.png?v=1"),
        ("hugo", "content/post/a.md", "/blog/archive/h/%78.png"),
        ("hexo", "source/_posts/a.md", "../archive/h/x.png"),
        ("hexo", "source/_posts/a.md", "/archive/h/x.png"),
        ("hexo", "source/_posts/a.md", "/blog/archive/h/x.png"),
        ("mkdocs", "docs/p/a.md", "../archive/h/x.png"),
        ("mkdocs", "docs/p/a.md", "../../archive/h/x.png"),
        ("mkdocs", "docs/p/a.md", "/archive/h/x.png"),
        ("obsidian", "n/a.md", "archive/assets/h/x.png"),
        ("obsidian", "n/a.md", "../archive/assets/h/x.png"),
        ("pelican", "content/a.md", "|static|/images/archive/h/x.png"),
        ("plain", "n/a.md", "/archive/assets/h/x.png"),
    ],
)
def test_references_that_were_moved_are_understood(site: Open, preset: str, document: str, text: str) -> None:
    opened = site(TREES[preset])
    for place in Place:
        assert opened.locate(document, text, place) == f"{opened.assets}/h/x.png"
        assert opened.is_own(document, text, place)


@pytest.mark.parametrize(
    "text",
    [
        "", "#top", "/", ".", "..", "photo.jpg", "./photo.jpg", "../photo.jpg", "/img/photo.jpg", "/blog/img/x.png",
        "https://other.lan/archive/h/x.png", "https://other.lan/blog/archive/h/x.png", "//other.lan/archive/h/x.png",
        "/archive", "/archive/", "/archive/../img/x.png", "/archive/%2e%2e/secret.png", "/archive/..%2f..%2fx.png",
        "/archive/..\\..\\x.png", "/archive/%5c..%5cx.png", "/archive/x%00.png", "../../../../etc/passwd",
        "/archived/h/x.png", "/ARCHIVE/h/x.png", "mailto:archive/x@y.lan", "data:image/png;base64,archive/x",
        "javascript:archive/x", "static/other/x.png", "{static}/img/x.png",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", Place)
def test_what_is_not_ours(site: Open, text: str, place: Place) -> None:
    opened = site(TREES["hugo"])
    assert opened.locate("content/post/a.md", text, place) is None
    assert not opened.is_own("content/post/a.md", text, place)


def test_a_neighbour_of_a_bundle_is_located_but_not_claimed(site: Open) -> None:
    opened = site(TREES["hugo"])
    assert opened.locate("content/p/b/index.md", "photo.jpg", Place.MARKDOWN) == "content/p/b/photo.jpg"
    assert not opened.is_own("content/p/b/index.md", "photo.jpg", Place.MARKDOWN)
    assert opened.locate("content/p/b/index.md", "../photo.jpg", Place.MARKDOWN) is None


def test_a_placeholder_s_address_is_not_our_own(site: Open) -> None:
    opened = site({"hugo.yaml": "baseURL: https://example.com/\n"})
    assert not opened.is_own("content/a.md", "https://example.com/archive/h/x.png", Place.MARKDOWN)


# -- spelling and reading are inverse --------------------------------------------------------------------

VARIANTS: list[dict[str, object]] = [
    {},
    {"layout": "beside"},
    {"layout": "shared"},
    {"base_path": ""},
    {"base_path": "/archive"},
    {"base_path": "/a b/博客"},
    {"url_prefix": "https://cdn.lan/p/"},
    {"url_prefix": "/archive/"},
    {"url_prefix": "https://cdn.lan/?f=", "layout": "beside"},
    {"assets": "other/100% mine#1"},
]


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    """Every preset in every variant, and one with a folder for attachments that needs encoding."""
    opened = [
        open_tree(tmp_path_factory.mktemp(name), tree, **variant)
        for name, tree in TREES.items()
        for variant in VARIANTS
    ]
    for setting in ("附件 a%20b", "./pics (1)"):
        tree = {".obsidian/app.json": json.dumps({"attachmentFolderPath": setting})}
        opened.append(open_tree(tmp_path_factory.mktemp("vault"), tree))
    return opened


part = st.text("abcXYZ019._- %#?&'()[]中文é+=:@", min_size=1, max_size=8).filter(
    lambda text: text.strip(".") != ""
)
folders = st.lists(part, max_size=3)
names = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,12}-[0-9a-f]{16}\.(?:png|jpg|svg)", fullmatch=True)
hosts = st.sampled_from(["inews.gtimg.com", "a.lan", "archive", "static", "b", "xn--fiqs8s"])
kinds = st.sampled_from(["image", "link", "definition", "bare-url", "wiki-embed", "front-matter"])


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_locate_inverts_spell(variants: list[Site], data: st.DataObject) -> None:
    site = data.draw(st.sampled_from(variants))
    content = data.draw(st.sampled_from(site.content))
    document = "/".join(
        [
            *([content] if content else []),
            *data.draw(folders),
            data.draw(st.sampled_from(["index", "README", "a", "_index", "index.zh", "一 篇", "x.y"]))
            + ".md",
        ]
    )
    place, kind = data.draw(st.sampled_from(Place)), data.draw(kinds)
    folder = site.folder_for(document, place)
    name = data.draw(names)
    if folder is None or data.draw(st.booleans()):
        asset = f"{site.assets}/{data.draw(hosts)}/{name}"
    else:
        asset = f"{folder}/{name}" if folder else name
    text = site.spell(document, asset, place, kind)
    assert site.locate(document, text, place, kind) == asset
    assert site.locate(document, text + "#part", place, kind) == asset
    if asset.startswith(site.assets + "/"):
        assert site.is_own(document, text, place)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_text_leads_out_of_our_folders(variants: list[Site], data: st.DataObject) -> None:
    site = data.draw(st.sampled_from(variants))
    pieces = st.sampled_from(
        [
            "..",
            ".",
            "",
            "archive",
            "assets",
            "static",
            "%2e%2e",
            "%2F",
            "\\",
            "x.png",
            "https:",
            "{static}",
            "blog",
            "?",
            "#",
        ]
    )
    text = "/".join(data.draw(st.lists(pieces, max_size=8)))
    document = "content/p/index.md"
    path = site.locate(document, text, data.draw(st.sampled_from(Place)))
    allowed = {site.assets, *(site.folder_for(document, place) for place in Place)} - {None}
    assert path is None or any(path.startswith(f"{folder}/") or not folder for folder in allowed)
    assert path is None or (".." not in path.split("/") and not path.startswith("/"))


def test_encoded_text_needs_no_escaping_anywhere(variants: list[Site]) -> None:
    """What is written is inert in Markdown, HTML, YAML, TOML, CSS and shortcodes (but for Obsidian's own form)."""
    for site in variants:
        for place in Place:
            text = site.spell("content/p/a.md", f"{site.assets}/h/x.png", place, "image")
            if site.url_prefix is None and site.rules.styles[place] is not Style.VAULT:
                assert not set(text.removeprefix("{static}")) & set(" \"'<>()[]{}\\|`*&;,\n")


# -- small parts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("a", "a"), ("./a/", "a"), ("a//b", "a/b"), ("a\\b", "a/b"), ("/a", "a"), (".", ""), ("", ""), ("/", ""),
        ("..", "fallback"), ("a/../..", "fallback"), ("../a", "fallback"), (None, "fallback"), (3, "fallback"),
    ],
)  # fmt: skip
def test_tidy(path: object, folder: str) -> None:
    assert tidy(path, "fallback") == folder


@pytest.mark.parametrize(
    ("url", "path"), [("https://a.lan//x//", "/x"), ("x/./y/", "/x/y"), ("https://a.lan?q", "")]
)
def test_path_of(url: str, path: str) -> None:
    assert path_of(url) == path


def test_script_readers_are_of_presets() -> None:
    assert set(SCRIPT_READERS) <= set(PRESETS)

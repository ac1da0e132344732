"""What is fuzzed: each reader of bytes that strangers write, what must hold of it, and what it is fed.

Runs nothing: hypothesis (`test_fuzz`) and a coverage-guided fuzzer (`fuzz`) call the same targets. A target
returns where all is well and raises where it is not: any exception but a documented one is a defect.
"""

# ruff: noqa: E501 - what a language is made of is one table

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from tests.documents import changes, document, undo

from holdfast import config, oracle, reasons, records, svg
from holdfast.config import Config
from holdfast.errors import ConfigError, ManifestError
from holdfast.generators import configuration
from holdfast.generators.configuration import Folder
from holdfast.ignoring import Rules
from holdfast.manifest import merge
from holdfast.model import Language, Refusal, ScanOptions
from holdfast.restoration import Restored
from holdfast.rewrite import Rewritten, rewrite
from holdfast.scan import NotUtf8, frontmatter, scan, srcset
from holdfast.site import open_site
from holdfast.sites import PRESETS, recognise

EVERYTHING = ScanOptions(wiki=True, math=True, headers=True, unfenced=True)
"""Every extension of the syntax at once."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader of bytes."""

    run: Callable[[bytes], None]
    pieces: tuple[bytes, ...]
    """What its language is made of: hypothesis draws from it, and the fuzzer's dictionary is made of it."""
    seeds: tuple[bytes, ...] = ()
    """Whole inputs to begin with."""


# -- what must hold -----------------------------------------------------------------------------------------


def scanned(source: bytes, language: Language, options: ScanOptions = ScanOptions()) -> None:  # noqa: B008
    """References are in order, apart and what their bytes say; notices lie inside; a second scan agrees."""
    try:
        found = scan(source, language, options)
    except NotUtf8 as error:
        assert language in ("markdown", "mdx")
        assert error.encoding  # noqa: PT017 - no test yet: what it says must be of use
        return
    assert scan(source, language, options) == found
    behind = 0
    for item in found.references:
        assert behind <= item.span.start < item.span.end <= len(source), item
        assert source[item.span.start : item.span.end] == item.raw
        behind = item.span.end
    for notice in found.notices:
        assert 0 <= notice.offset <= len(source), notice


def every_option(source: bytes, language: Language) -> None:
    """With the extensions of no site, and with those of all."""
    scanned(source, language)
    scanned(source, language, EVERYTHING)


def fenced(opening: bytes, closing: bytes, inner: bytes) -> None:
    """Front matter of one format, whatever stands between its fences."""
    source = opening + inner + closing + b"\n![a](http://x.example/a.png)\n"
    scanned(source, "markdown")
    with suppress(NotUtf8):
        scan(source, "markdown")
        options = ScanOptions()
        found = frontmatter.read(source, options)
        assert found.start <= found.end <= len(source)
        tree = frontmatter.tree(source, options)
        if found.references:
            assert tree, "a reference in what has no nodes"
        frontmatter.metadata(source, options)


def rewritten(source: bytes, language: Language) -> None:
    """Archived, every remote reference is ours or has its reason; archived again nothing changes; restored,
    the author's bytes are back."""
    options = ScanOptions()
    try:
        before = document(source, language=language, options=options)
    except NotUtf8:
        return
    wanted = changes(before)
    done = rewrite(before, wanted, oracle.reader(language, options))
    if not isinstance(done, Rewritten):
        return  # left as it was, with the reason
    assert done.replaced + len(done.refused) == len(wanted)
    if not done.replaced:
        assert done.new == source
        return
    again = document(done.new, language=language, options=options)
    refused = {before.scanned.references[index].url for index, _ in done.refused}
    assert {each.url for each in (again.scanned.references[new.index] for new in changes(again))} <= refused
    answer, left = undo(done.new, done.edits, language=language, options=options, last=done.record)
    assert isinstance(answer, Restored), answer
    assert not left
    assert answer.new == source


def manifest(data: bytes) -> None:
    """Whatever is read can be written, and reads the same; reading it twice adds nothing."""
    try:
        once = merge(data)
    except ManifestError as error:
        assert error.hint  # noqa: PT017
        return
    text = bytes(once)
    assert text.startswith(records.HEADER)
    assert bytes(merge(text)) == text
    assert bytes(merge(data, data)) == text
    assert bytes(merge(text, data)) == text


@cache
def _folder() -> Path:
    """A folder for the configurations; gone when the process ends."""
    held = tempfile.TemporaryDirectory(prefix="holdfast-fuzz-")
    _held.append(held)
    return Path(held.name)


_held: list[tempfile.TemporaryDirectory[str]] = []


def own_configuration(data: bytes) -> None:
    """``holdfast.toml`` gives settings, or says what is wrong with it; so does a table of pyproject.toml."""
    for name, text in ((config.FILE, data), (config.PROJECT, b"[tool.holdfast]\n" + data)):
        path = _folder() / name
        path.write_bytes(text)
        try:
            found, where = config.load(_folder())
            assert isinstance(found, Config)
            assert where in (path, None)
        except ConfigError as error:
            assert name in str(error)  # noqa: PT017
        finally:
            path.unlink()


_MARKED = {
    name: next(mark.file for mark in preset.marks if "*" not in mark.file)
    for name, preset in PRESETS.items()
    if preset.marks
}
"""By preset: a file that its configuration may stand in."""
_OTHERS = {
    "hugo": ("hugo.toml", "hugo.yaml", "hugo.json", "config/_default/module.toml"),
    "hexo": ("_config.yml", "package.json"),
    "obsidian": (".obsidian/app.json",),
}


def generator_configuration(data: bytes) -> None:
    """No configuration of a generator's keeps a site from being opened, and none leads out of it."""
    text = data.decode("utf-8-sig", "replace")
    for ending in ("toml", "yaml", "json", "py"):
        values, _ = configuration.parse(f"config.{ending}", text)
        assert isinstance(values, Mapping)
    for name, marked in _MARKED.items():
        for file in dict.fromkeys((marked, *_OTHERS.get(name, ()))):
            path = _folder() / name / file
            if path.is_dir():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            try:
                assert recognise(Folder(_folder() / name)) in PRESETS
                site = open_site(_folder() / name, Config(site=name))
            finally:
                path.unlink()
            for folder in (site.assets, site.archive, *site.content, *site.leave_out):
                parts = folder.split("/")
                assert not folder.startswith("/"), (name, file, folder)
                assert ".." not in parts, (name, file, folder)
                assert "\0" not in folder, (name, file, folder)


def drawing(data: bytes) -> None:
    """Allowed or not, an SVG gives what it states of itself, or a reason that is in the table."""
    for allow_active in (False, True):
        found = svg.inspect(data, allow_active=allow_active)
        if isinstance(found, Refusal):
            assert found.reason in reasons.REASONS
            assert allow_active is False or found.reason != "active-svg" or b"<!" in data
        else:
            assert all(size is None or size > 0 for size in (found.width, found.height))


def candidates(value: bytes) -> None:
    behind = 0
    for start, end in srcset.candidates(value):
        assert behind <= start < end <= len(value)
        assert not set(value[start:end]) & set(b" \t\n\f\r")
        behind = end


def ignore_file(data: bytes) -> None:
    """``.gitignore``: any bytes are a list of patterns, and any path can be held against them."""
    path = _folder() / ".gitignore"
    path.write_bytes(data)
    notices: list[str] = []
    rules = Rules().within(_folder(), "", notices)
    path.unlink()
    for name in ("a.md", "a/", "图/文.md", ".hidden", "a/b/c.md"):
        assert rules.ignore(name) in (True, False)
    assert all(".gitignore" in notice for notice in notices)


# -- what it is fed -----------------------------------------------------------------------------------------

URL = b"http://x.example/a.png"
_COMMON = (b"\n", b"\r\n", b"\r", b" ", b"\t", b"    ", b"\xef\xbb\xbf", b"\0", "中".encode(), "，".encode(),
    "\u2028".encode(), "é".encode(), b"\xff", b"\\", b"a", b"b.png", URL, b"http://x.example/a_(b).png",
    b"//x.example/c.jpg", b"/d.gif", b"#e", b"?f=1&amp;g=2", b"data:image/png;base64,AA", b"http://[", b"mailto:a@b")  # fmt: skip

_TEMPLATES = (b"{{<", b">}}", b"{{%", b"%}}", b"{{", b"}}", b"{%", b"%}", b"<%", b"%>", b"${", b"}", b"{{</*", b"*/>}}",
    b' figure src="', b" figure ", b' img src="', b"highlight", b"raw", b"endraw", b"image ", b"include ", b"gallery",
    b"/figure", b" asset_img ", b"`", b"=", b'"', b"'", b" title=", b"{% raw %}", b"{% endraw %}", b"{{< figure src=\"",
    b"{{% notice %}}", b"{{% /notice %}}", b"{% img http://x.example/a.png %}")  # fmt: skip

_MARKUP = (b"<img src=", b"<img srcset='", b"<a href=\"", b"<picture>", b"<source ", b"<video poster=", b"<style>",
    b"</style>", b"<script>", b"</script>", b"<div ", b"</div>", b"style='", b'url("', b"url(", b")", b">", b"<", b"/>",
    b'"', b"'", b"=", b"&amp;", b"&#x2f;", b"&colon;", b"&", b";", b"<!--", b"-->", b"<!-- holdfast-ignore -->",
    b"<!-- holdfast-ignore-start -->", b"<!-- holdfast-ignore-end -->", b"data-holdfast-ignore", b"<svg>", b"<image ",
    b"href=", b"xlink:href=", b"data-src=", b"<base href='/b/'>", b"<template>", b"<noscript>", b"<math>", b"<title>",
    b"<meta http-equiv=refresh content='0;url=", b"<meta charset=gbk>", b"<link rel=stylesheet href=", b" 1x, ", b" 2w",
    b"<html>", b"<body background=", b"<table>", b"<td>", b"<select>", b"<!DOCTYPE html>", b"<![CDATA[", b"]]>", b"<?", b"<p>",
    b"<pre><code>", b"</code></pre>")  # fmt: skip

_MARKDOWN = (b"![a](", b"![", b"[", b"](", b"][", b"]", b"(", b")", b"<", b">", b"> ", b"- ", b"1. ", b"# ", b"===", b"---\n",
    b"+++\n", b"```", b"~~~", b"`", b"``", b"*", b"**", b"_", b"~~", b"!", b"|", b"|---|", b":", b"[a]: ", b"\n[a]: ", b"[^1]",
    b"\n[^1]: ", b"![[", b"[[", b"]]", b"$", b"$$", b" 'title'", b' "title"', b"\\]", b"{/* holdfast-ignore */}", b"import x from 'y'\n",
    b"export const a = {\n", b"{/*", b"*/}", b"{", b"}", b"image: ", b"![a](http://x.example/a.png)", b"<http://x.example/a>",
    b"\n\n", b"  \n", b"www.x.example")  # fmt: skip

_CSS = (b"url(", b'url("', b"url('", b")", b"@import ", b"@import url(", b"image-set(", b"src:", b"{", b"}", b";", b"/*", b"*/",
    b'"', b"'", b"\\", b"\\75 rl(", b"\\\n", b"@charset \"", b"@font-face{", b"<!--", b"-->", b"@namespace url(", b"--x:", b"!", b"(",
    b"[", b"]", b",", b" 1x", b"@media x{", b"@supports (", b"background:", b"@charset \"gbk\";", b"u\\", b"URL(", b"type(")  # fmt: skip

_YAML = (b"image: ", b"cover:\n  image: ", b"- ", b": ", b"\n", b"\n  ", b"'", b'"', b"|\n  ", b">-\n  ", b"&a ", b"*a", b"!!str ",
    b"!x ", b"# ", b"[", b"]", b"{", b"}", b", ", b"? ", b"<<: *a", b"%YAML 1.2\n", b"---\n", b"...\n", b"\\n", b"\\x2f", b"\\u4e2d",
    b"''", b"~", b"null", b"2021-02-31", b"!!binary ", b"!!python/object/apply:os.system ", b"images: [", b"@", b"`", b"%", b"\t",
    b"!!set {", b"!!omap [", b"0x1", b"1_000", b".inf", b"=")  # fmt: skip

_TOML = (b"image = ", b'"', b"'", b'"""', b"'''", b"[a]", b"[[a]]", b"[a.b]", b"\n", b" = ", b".", b"{", b"}", b"[", b"]", b", ", b"# ",
    b"1979-05-27T07:32:00Z", b"1_000", b"inf", b"\\u002f", b"\\n", b"\\\n", b"images = [", b'"a b" = ', b"true", b"0x1F", b"a.b.c = ",
    b"07:32:00", b"\r", b"\\x00", b"nan")  # fmt: skip

_JSON = (b'"image": ', b'"', b": ", b", ", b"[", b"]", b"{", b"}", b"\\u002f", b"\\ud83d", b"\\/", b"\\n", b"1e999", b"null", b"true",
    b"NaN", b"-0", b"\n", b"  ", b'"images": [', b'{"a": ', b"//", b"/*", b"0.1")  # fmt: skip

_RECORDS = (
    records.HEADER,
    b'{"type":"asset","url":"https://a.example/1","path":"a/1-0123456789abcdef.png","sha256":"' + b"0" * 64
    + b'","bytes":1,"media":"image/png","fetched":"2026-11-23T12:00:00Z","status":200,"source":"web"}\n',
    b'{"type":"edit","path":"a.md","raw":"https://a.example/1","new":"/archive/a/1.png","places":[0]}\n',
    b'{"type":"rewrite","path":"a.md","before":"0","after":"1"}\n',
    b'{"type":"failure","url":"https://a.example/2","reason":"http-404","attempts":1,"first":"a","last":"b"}\n',
    b'{"type":"later","x":[1]}\n',
    b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> b\n", b'{"holdfast":2}\n', b'{"holdfast":', b"\0", b"\n", b"\r\n", b'"turn":1,',
    b'"x":', b'"', b"{", b"}", b"[", b"]", b",", b"1", b"1e400", b"-1", b"null", b"\\ud800", b'"accepted":"c"', b'"restored":"d"', b"\xff",
    b'"places":[1]', b'"beside":["a/b"]', b"\xef\xbb\xbf", b"99999999999999999999",
)  # fmt: skip

_SVG = (b"<svg xmlns='http://www.w3.org/2000/svg' ", b"<svg>", b"</svg>", b"<script/>", b" onload='", b"<image href='", b"<a href='",
    b"<use xlink:href='#", b"<foreignObject>", b"<style>", b"</style>", b"@import", b"url(", b")", b"<!DOCTYPE svg [", b"]>",
    b"<!ENTITY a '", b"<!ENTITY % b '", b"&a;", b"%b;", b" SYSTEM 'http://x'", b"<!ATTLIST svg onload CDATA '", b"<?xml version='1.0'",
    b" encoding='", b"utf-16", b"latin-1", b"?>", b"<?xml-stylesheet ", b"<![CDATA[", b"]]>", b"width='", b"height='", b"1e9", b"100%", b"viewBox='0 0 1 1'",
    b"' ", b">", b"/>", b"<animate attributeName='", b"values='", b"data:image/svg+xml,%3Csvg ", b"data:image/svg+xml;base64,", b"PHN2Zy8+",
    b"\xff\xfe", b"\xfe\xff", b"xmlns:x='", b"x:", b"<g ", b"</g>", b"javascript:", b"style='", b"\\75 ", b"/*", b"*/", b"xml:base='", b"<!--", b"-->", b"0", b"px", b"\0")  # fmt: skip

_SRCSET = (b",", b" ", b"a.png", b" 1x", b" 2w", b" 3h", b"(", b")", b"\t", b"\f", b"data:,a", b".5x", b"0w", b"-1x", b"1e3x", b",,", b"\n", b"+", b"100w 50h")  # fmt: skip

_SETTINGS = (b"site = ", b'"hugo"', b"archive = ", b'"../x"', b"assets = ", b"concurrency = ", b"timeout = ", b'"5s"', b"max-bytes = ", b'"1 MiB"',
    b"include = [", b'"("', b"]", b"[hosts]\n", b"[hosts.\"a\"]\n", b"resolve = [", b'"a:1:127.0.0.1"', b"allow-private = ", b"true", b"url-prefix = ",
    b"naming = ", b'"{host}/{stem}"', b"\n", b"1", b"-1", b"1e99", b"inf", b"nan", b"0x7fffffffffffffffff", b"[", b"{", b"}", b'"', b"'", b"base_path = ", b"header = [", b'"A: b"', b"proxy = ", b'"socks5://x"', b"layout = ",
    b"1979-05-27", b"links = ", b"user-agent = ", b"retries = ", b"connect-to = ", b"exclude-path = ", b"front-matter-key = ", b"[tool.holdfast]\n", b"\xff", b"\xef\xbb\xbf")  # fmt: skip

_GENERATORS = (b"baseURL = ", b"baseURL: ", b'"http://x.example/blog/"', b"contentDir = ", b"staticDir = [", b"publishDir: ", b"[module]\n", b"[[module.mounts]]\n",
    b"source = ", b"target = ", b"languages:\n  en:\n    contentDir: ", b"docs_dir: ", b"site_url: ", b"!ENV [A, ", b"!!python/name:a.b", b"source_dir: ", b"root: ", b"url: ", b"baseurl: ",
    b"base: ", b"module.exports = {", b"export default {", b"base: '", b"srcDir: '", b"const a = '", b"PATH = ", b"STATIC_PATHS = [", b"SITEURL = ",
    b'"attachmentFolderPath": ', b'{"', b'": ', b"}", b"]", b"[", b"{", b"'", b'"', b"`", b"${a}", b"//", b"/*", b"*/", b"\n", b"\n  - ", b": ", b"../", b"/etc", b"\\", b"a/./b", b"theme: ", b"themes", b"null", b"1", b"true",
    b"addPassthroughCopy('", b"dir: { input: ", b"\0", b"\xff", b"&a ", b"*a", b"<<: ", b"[a]\n", b"eleventyConfig.", b"=", b"[book]\nsrc = ", b"plugins: [", b"collections_dir: ", b"permalink")  # fmt: skip

_IGNORES = (b"/", b"*", b"**", b"?", b"[a-z]", b"[!a]", b"[", b"]", b"\\", b"!", b"#", b" ", b"\n", b"a", b"a.md", b".", b"[[:alpha:]]", b"\r\n", b"**/", b"/**", b"[z-a]", b"[]", b"[\\", b"{a,b}")  # fmt: skip

_POSTS = (
    b"---\nimage: http://x.example/a.png\n---\n\n![a](http://x.example/b.png 'c') <img src=\"http://x.example/d\">\n",
    b'+++\ncover = "http://x.example/a.png"\n[[resources]]\nsrc = "http://x.example/b.png"\n+++\n[a]: http://x.example/c\n![a]\n',
    b'{"image": "http://x.example/a.png"}\n\n{{< figure src="http://x.example/b.png" >}}\n',
    b"> - ![a](<http://x.example/a b.png>)\n\n| ![a](http://x.example/c.png) |\n|---|\n| `x` |\n",
    b"<div style='background:url(http://x.example/a.png)'><picture><source srcset='http://x.example/b 1x, http://x.example/c 2x'></div>\n",
)

TARGETS: Mapping[str, Target] = {
    "markdown": Target(partial(every_option, language="markdown"), (*_COMMON, *_MARKDOWN, *_MARKUP), _POSTS),
    "mdx": Target(partial(every_option, language="mdx"), (*_COMMON, *_MARKDOWN, *_MARKUP), _POSTS),
    "shortcodes": Target(
        partial(every_option, language="markdown"), (*_COMMON, *_TEMPLATES, b"![a](", b")", b"<img src="), _POSTS
    ),
    "html": Target(partial(scanned, language="html"), (*_COMMON, *_MARKUP, *_TEMPLATES), _POSTS[-1:]),
    "css": Target(
        partial(scanned, language="css"),
        (*_COMMON, *_CSS),
        (b'@import "a.css"; a { background: url(http://x.example/a.png) } @font-face { src: url("b") }',),
    ),
    "yaml": Target(
        partial(fenced, b"---\n", b"\n---\n"),
        (*_COMMON, *_YAML),
        (b"image: http://x.example/a.png\na: &b ['c', \"d\"]\ne: *b\nf: |\n  g\n",),
    ),
    "toml": Target(
        partial(fenced, b"+++\n", b"\n+++\n"),
        (*_COMMON, *_TOML),
        (b'image = "http://x.example/a.png"\na = [\'b\', """c"""]\n[d.e]\nf = {g = 1}\n',),
    ),
    "json": Target(
        partial(fenced, b"{", b"}\n"), (*_COMMON, *_JSON), (b'"image": "http://x.example/a.png", "a": [{"b": 1}]',)
    ),
    "rewrite": Target(
        partial(rewritten, language="markdown"),
        (*_COMMON, *_MARKDOWN, *_MARKUP, *_TEMPLATES, URL, URL, b"http://x.example/a", b"http://y.example/"),
        _POSTS,
    ),
    "rewrite-html": Target(
        partial(rewritten, language="html"), (*_COMMON, *_MARKUP, URL, b"http://x.example/a"), _POSTS[-1:]
    ),
    "rewrite-css": Target(
        partial(rewritten, language="css"), (*_COMMON, *_CSS, URL, b"http://x.example/a"), (b"a{b:url(http://x.example/a)}",)
    ),
    "manifest": Target(manifest, _RECORDS, (b"".join(_RECORDS[:6]), _RECORDS[0] + _RECORDS[1] + _RECORDS[0] + _RECORDS[2])),
    "configuration": Target(
        own_configuration, _SETTINGS, (b'site = "hugo"\nconcurrency = 4\ntimeout = "5s"\n[hosts."a.example"]\n',)
    ),
    "generators": Target(generator_configuration, _GENERATORS, (b"baseURL = 'http://x.example/'\n", b"site_url: http://x/\n", b'{"root": "/a/"}')),
    "svg": Target(
        drawing, _SVG, (b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='2'><style>a{b:url(#c)}</style></svg>",)
    ),
    "srcset": Target(candidates, _SRCSET, (b"a.png 1x, b,c.png 2x, d 100w 50h",)),
    "ignore-file": Target(ignore_file, _IGNORES, (b"a/*.md\n!b\n**/c/\n[a-z]?\n",)),
}  # fmt: skip
"""By name. A new reader is a new row."""

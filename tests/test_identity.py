"""Posts of every shape: archived and restored they are what they were; archived twice as archived once."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import pictures
from tests.commands import tree, write
from tests.servers import Origin, Reply, Request

import holdfast

HOST = "http://pics.example"
PATHS = (
    "/a.png",
    "/om/0",
    "/om/641",
    "/x/641",
    "/same/1.jpg",
    "/same/2",
    "/q?w=1&h=2",
    "/paren_(1).png",
    "/图/文.webp",
    "/sp%20ace",
    "/a.png#crop",
    "/gone",
)
URLS = st.sampled_from([HOST + path for path in PATHS])

SHAPES = (
    "![alt]({url})",
    '![alt](<{url}> "title")',
    "text ![a]({url}) and ![b]({url}) text",
    "[![thumb]({url})]({url})",
    "![ref][{label}]\n\n[{label}]: {url}",
    "> - ![quoted]({url})\n>   more",
    "| a | b |\n|---|---|\n| ![cell]({url}) | x |",
    '<img src="{url}" alt="x">',
    "<p><img src='{url}' srcset=\"{url} 1x, {url} 2x\"></p>",
    "<div style='background: url({url})'>x</div>",
    "```\n![code]({url})\n```",
    "`![code]({url})` and \\![escaped]({url})",
    "<!-- ![comment]({url}) -->",
    "<!-- holdfast-ignore -->\n![ignored]({url})",
    "[link]({url}) <{url}> {url}",
    '{{{{< figure src="{url}" >}}}}',
    "![dynamic]({url}/{{{{ page.id }}}})",
    "汉字，![图]({url})。结束",
    "# Heading ![h]({url})",
    "1. one\n\n   ![item]({url})\n2. two",
    "![broken]({url}",
    "![a](\t{url}\t'x')",
)
FRONT = (
    "",
    "---\ntitle: x\nthumbnail: {url}\n---\n",
    "---\ncover: \"{url}\"\nimages: ['{url}', {url}]\n---\n",
    "---\nheader:\n  image: &one '{url}'\n  teaser: *one # why\n---\n",
    '+++\ntitle = "x"\nimage = "{url}"\n+++\n',
    '{{"cover": "{url}"}}\n\n',
    "---\nbroken: [x\nimage: {url}\n---\n",
)


@st.composite
def posts(draw: st.DrawFn) -> bytes:
    """A post of shapes in any order, with line endings of any kind."""
    text = draw(st.sampled_from(FRONT)).format(url=draw(URLS))
    for number in range(draw(st.integers(0, 7))):
        shape = draw(st.one_of(st.sampled_from(SHAPES), st.text(max_size=12).map(_literal)))
        text += shape.format(url=draw(URLS), label=f"r{number}")
        text += draw(st.sampled_from(["\n\n", "\n", " ", "\n\n---\n\n", "\n    "]))
    if draw(st.booleans()):
        text = text.rstrip("\n")
    data = text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"]))).encode("utf-8", "replace")
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + data


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def serve(request: Request) -> Reply:
    if request.path == "/gone":
        return Reply(410)
    name = "same" if request.path.startswith("/same/") else request.target
    seed = zlib.crc32(name.encode())
    return Reply(body=(pictures.png, pictures.gif)[seed % 2](8, 6, seed=seed))


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin(serve) as server:
        yield server


SITES = {
    "plain": {},
    "hugo": {"hugo.toml": 'baseURL = "https://site.net/blog/"\n'},
    "hexo": {"_config.yml": "title: x\n", "package.json": '{"hexo": {"version": "7"}}'},
}
FOLDERS = {"plain": "", "hugo": "content/posts/", "hexo": "source/_posts/"}


@pytest.mark.parametrize("site", SITES)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=st.lists(posts(), min_size=1, max_size=3))
def test_archive_then_restore_is_identity_and_archive_twice_is_once(
    site: str, documents: list[bytes], origin: Origin
) -> None:
    names = ["one.md", "deep/two.md", "bundle/index.md"]
    files = {FOLDERS[site] + name: text for name, text in zip(names, documents, strict=False)}
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder), {**SITES[site], **files})
        network = {"connect_to": (origin.connect_to(),), "host_interval": 0, "retries": 0}
        before = tree(root)
        first = holdfast.archive(root=root, **network)
        assert not any(notice.severe for notice in first.notices), first.notices
        once = tree(root)
        asked = len(origin.requests)

        second = holdfast.archive(root=root, **network)
        assert (second.stored, second.rewritten) == (0, 0)
        assert tree(root) == once
        assert len(origin.requests) == asked
        assert holdfast.verify(root=root).faults == []
        assert {problem.url for problem in second.failed} <= {HOST + "/gone"}

        restored = holdfast.restore(root=root)
        assert restored.left == []
        assert {path: digest for path, digest in tree(root).items() if path in before} == before

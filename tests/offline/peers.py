"""One built site, and what each program makes of it that copies sites for reading without a network.

The site is that of `everything`, each construct at hosts' paths of its own: whatever a browser asks for
tells which construct it was left in. The one `Origin` here is the web of all programs: to those that take a
proxy it is the proxy, so no name is looked up and nothing leaves loopback. What they are told is what someone
who knows them would: see each one's docstring.
"""

from __future__ import annotations

import mimetypes
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.commands import environment, holdfast
from tests.offline import everything
from tests.offline.everything import CODECS, PAGES, named
from tests.servers import NOT_FOUND, Origin, Reply, Request

BASE = "http://blog.example/"
NEAR, FAR = "near.example", "far.example"
FILES = {NEAR: everything.NEAR, FAR: everything.FAR}
LONGEST = 120.0
"""Seconds that a program may take; each takes a few."""


def slug(construct: str) -> str:
    """``svg image, xlink`` -> ``svg-image-xlink``: the first part of the path of all that it shows."""
    return re.sub(r"\W+", "-", construct).strip("-")


def _at(construct: str, text: str) -> str:
    hosts = {"NEAR": f"http://{NEAR}/{slug(construct)}", "FAR": f"http://{FAR}/{slug(construct)}"}
    return named(text, hosts).replace(everything.BASE, BASE)


def texts() -> Mapping[str, str]:
    """The site's files by their paths."""
    return {
        **{name: _at(name, text) for name, text in everything.SITE.items()},
        **{name: "".join(_at(row.construct, row.written) for row in rows) for name, rows in PAGES.items()},
    }


@dataclass(frozen=True, slots=True)
class World:
    """The built site in ``folder / "public"``, and the web that shows it and what it shows."""

    folder: Path
    origin: Origin

    @property
    def public(self) -> Path:
        return self.folder / "public"

    @property
    def proxy(self) -> str:
        return self.origin.url("")

    @property
    def starts(self) -> list[str]:
        """The URLs of all pages: those that no other page links to have to be told to a crawler."""
        return [BASE + re.sub(r"(?:^|(?<=/))index\.html$", "", page) for page in PAGES]

    def run(self, *command: str | Path, codes: Sequence[int] = (0,)) -> None:
        """Run a program that knows no way out but the origin."""
        proxies = {f"{scheme}_proxy": self.proxy for scheme in ("http", "https")}
        done = subprocess.run(
            [*map(str, command)],
            cwd=self.folder,
            env=environment({**proxies, "HOME": str(self.folder)}),
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        assert done.returncode in codes, f"{command}\n{done.stdout}\n{done.stderr}"

    def answer(self, request: Request) -> Reply:
        """What the web says, asked as an origin or as a proxy."""
        host, path = request.host.partition(":")[0], unquote(request.path)
        if host in FILES:
            construct, _, name = path.removeprefix("/").partition("/")
            files = {unquote(key): found for key, found in FILES[host].items()}
            if (found := files.get(f"/{name}")) is None:
                return NOT_FOUND
            media, body = found
            return Reply(
                headers={"Content-Type": media},
                body=body if isinstance(body, bytes) else _at(construct, body),
            )
        file = self.public / path.removeprefix("/") / ("index.html" if path.endswith("/") else "")
        if host != urlsplit(BASE).hostname or not file.is_file():
            return NOT_FOUND
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return Reply(headers={"Content-Type": kind}, body=file.read_bytes())


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Write the site, and serve it and its web while the block runs."""
    made = World(folder, Origin())
    for name, text in texts().items():
        (made.public / name).parent.mkdir(parents=True, exist_ok=True)
        (made.public / name).write_bytes(text.encode(CODECS.get(name, "utf-8")))
    made.origin.routes = made.answer
    with made.origin:
        yield made


@dataclass(frozen=True, slots=True)
class Copy:
    """What a program made: all that it wrote, and in which folder of that the pages stand."""

    folder: Path
    below: str = ""

    @property
    def pages(self) -> list[str]:
        """The pages of the site, as paths in the copy."""
        return [f"{self.below}{page}" for page in PAGES]


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, and how it makes a copy."""

    name: str
    copy: Callable[[World], Copy]
    version: Callable[[], str] = lambda: ""
    get: str = ""
    """How to get it."""
    here: Callable[[], bool] = lambda: True


def nothing(world: World) -> Copy:
    """The built site itself."""
    return Copy(world.public)


def ours(world: World) -> Copy:
    """``--retries 0 --host-interval 0``: one picture is lost for good, and the host is our own."""
    done = holdfast(
        "offline", "public", "copy", "--base-url", BASE, "--proxy", "", "--retries", "0",
        "--host-interval", "0", "--connect-to", world.origin.connect_to(), cwd=world.folder, timeout=LONGEST,
    )  # fmt: skip
    assert done.code == 2, done  # for the lost picture
    return Copy(world.folder / "copy")


def wget(world: World) -> Copy:
    """``-p -k -E``: what pages need, links made local, ``.html`` at the end, as its manual says for this.

    ``-r -l inf``: the whole site, and what is needed by what is needed; ``-H -D``: pictures may come from the
    two other hosts, and from no one else. ``-e robots=off``: what robots.txt keeps from crawlers a reader's
    browser shows all the same.
    """
    world.run(
        "wget", "--no-config", "-q", "-r", "-l", "inf", "-p", "-k", "-E", "-H",
        "-D", f"{urlsplit(BASE).hostname},{NEAR},{FAR}", "-e", "robots=off", "-t", "1", "-T", "10",
        "-P", "wget", *world.starts, codes=(0, 8),  # 8: a server said no, for what is lost
    )  # fmt: skip
    return Copy(world.folder / "wget", "blog.example/")


def httrack(world: World) -> Copy:
    """``-n``: what pages show may come from anywhere; the filters say so for what that leaves out.

    ``-s0``: no robots.txt, as above. ``-%!``, ``-A``, ``-%c0``: otherwise it keeps itself to few bytes and
    connections a second, and does not come to an end in a minute. ``-I0``: no index of its own.
    ``--max-time`` is a limit that it does not come near.
    """
    world.run(
        "httrack", *world.starts, f"+{NEAR}/*", f"+{FAR}/*", "-O", world.folder / "httrack", "-q", "-n",
        "-s0", "-%!", "-A100000000", "-%c0", "-I0", "-R0", "--max-time=60",
        "-P", world.proxy.removeprefix("http://"),
    )  # fmt: skip
    return Copy(world.folder / "httrack", "blog.example/")


def privacy(world: World) -> Copy:
    """It works on what MkDocs builds: each page is a template that says the same, as UTF-8.

    All settings are the plugin's own; ``use_directory_urls`` only lets the pages be called the same.
    """
    project = world.folder / "privacy"
    pages, docs = project / "overrides/pages", project / "docs"
    for name, text in texts().items():
        if name in PAGES:
            text = text.replace('charset="windows-1251"', 'charset="utf-8"')
            text = "{% raw %}" + text.replace('charset="gb18030"', 'charset="utf-8"') + "{% endraw %}"
            template = name.replace("/", "-")
            files = {
                pages / template: text,
                docs / name.replace(".html", ".md"): f"---\ntemplate: pages/{template}\n---\n",
            }
        else:
            files = {docs / name: text}
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    (project / "mkdocs.yml").write_text(
        f"site_name: All\nsite_url: {BASE}\nuse_directory_urls: false\n"
        "theme: {name: material, custom_dir: overrides}\nplugins: [privacy]\n"
    )
    config = ["--config-file", project / "mkdocs.yml"]
    world.run(sys.executable, "-m", "mkdocs", "build", *config, "--site-dir", project / "site")
    return Copy(project / "site")


def _says(*command: str) -> str:
    """The first number with a dot that a program says of itself."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    found = re.search(r"\d+\.\d[\w.-]*", done.stdout)
    return found[0] if found else ""


TOOLS = (
    Tool("the site as built", nothing),
    Tool("holdfast offline", ours, lambda: version("holdfast")),
    Tool(
        "wget -p -k -E",
        wget,
        lambda: _says("wget", "--version"),
        "`apt-get install wget`",
        lambda: shutil.which("wget") is not None,
    ),
    Tool(
        "httrack",
        httrack,
        lambda: _says("httrack", "--version"),
        "`apt-get install httrack`",
        lambda: shutil.which("httrack") is not None,
    ),
    Tool(
        "Material's privacy plugin",
        privacy,
        lambda: version("mkdocs-material"),
        "`pip install mkdocs-material`",
        lambda: find_spec("material") is not None,
    ),
)

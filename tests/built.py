"""What a reader of a built site sees: its pages, their text and their pictures, from its files or over HTTP.

Knows nothing of holdfast, and of no generator:

    images = images_of(output, base="/blog/")
    assert all(image.exists for image in images)
"""

from __future__ import annotations

import functools
import hashlib
import posixpath
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

HOST = "https://blog.lan"
"""Where the sites would be served."""


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


# -- the same page, whatever its pictures are called --------------------------------------------------------

_ADDRESSES = (("img", "src"), ("video", "poster"), ("meta[property='og:image']", "content"), ("a", "href"))
_SETS = (("img", "srcset"), ("source", "srcset"))

Brings = Callable[[str], bytes | None]
"""The bytes that an absolute address brings; None when it brings no picture."""


def files_of(output: Path, base: str) -> Brings:
    """What a server of this built site would send, read from its files; pages are no pictures."""

    def brings(address: str) -> bytes | None:
        if not address.startswith(f"{HOST}{base}"):
            return None
        path = unquote(urlsplit(address).path[len(base) :])
        file = output / path
        return file.read_bytes() if file.is_file() and file.suffix != ".html" else None

    return brings


def addresses_of(
    page: str, tree: LexborHTMLParser, base: str
) -> Iterator[tuple[str, str, Callable[[str], None]]]:
    """Every address by which a page shows, or links to, something: where it stands, it, how to replace it."""
    here = f"{HOST}{base}{quote(page)}"
    for selector, attribute in _ADDRESSES:
        for node in tree.css(f"{selector}[{attribute}]"):
            written = node.attributes[attribute] or ""
            yield f"{selector} {attribute}", urljoin(here, written), _setter(node, attribute)
    for selector, attribute in _SETS:
        for node in tree.css(f"{selector}[{attribute}]"):
            candidates = [one.split() for one in (node.attributes[attribute] or "").split(", ")]
            for index, candidate in enumerate(candidates):
                yield (
                    f"{selector} {attribute}",
                    urljoin(here, candidate[0]),
                    _candidate_setter(node, attribute, candidates, index),
                )


def _setter(node: LexborNode, attribute: str) -> Callable[[str], None]:
    def replace(new: str) -> None:
        node.attrs[attribute] = new
        # Hexo marks links to other sites so that they open elsewhere; a link to a local picture is none
        for mark in ("target", "rel"):
            if node.tag == "a" and mark in node.attrs:
                del node.attrs[mark]

    return replace


def _candidate_setter(
    node: LexborNode, attribute: str, candidates: list[list[str]], index: int
) -> Callable[[str], None]:
    def replace(new: str) -> None:
        candidates[index][0] = new
        node.attrs[attribute] = ", ".join(" ".join(candidate) for candidate in candidates)

    return replace


def views_of(output: Path, base: str, brings: Brings) -> Mapping[str, str]:
    """The HTML of every page with each picture's address replaced by what it brings: ``[sha256]``.

    So two builds of one site are equal when they have the same pages, which say the same and show the same
    pictures, whatever these are called. What brings nothing is ``[nothing]``, but for links to other pages.
    """
    views = {}
    for page, tree in pages_of(output).items():
        for where, address, replace in addresses_of(page, tree, base):
            body = brings(address)
            if body is not None:
                replace(f"[{hashlib.sha256(body).hexdigest()}]")
            elif not where.startswith("a "):
                replace(f"[nothing] {address}")
        views[page] = tree.html or ""
    return views


@contextmanager
def served(output: Path, base: str, folder: Path) -> Iterator[str]:
    """Serve a built site under its base path, as a host would; the address of its root.

    `folder` must be empty: a link to the site is made in it.
    """
    top = output
    if base != "/":
        top = folder
        link = folder / base.strip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(output, target_is_directory=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(top))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{base}"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own word
        """Say nothing: what matters is what the test receives."""

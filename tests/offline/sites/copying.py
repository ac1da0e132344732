"""The little of a copy that its search boxes need, and a look at one with Chromium from ``file://``.

Takes no part in rewriting: the pages are as they were built, with the shim and the seal put in.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, sync_playwright

from holdfast.offline import search, shim
from holdfast.offline.seal import SEAL


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def mkdocs(folder: Path, settings: str, documents: Mapping[str, str]) -> Path:
    """A site built by the real MkDocs."""
    written(folder, {"mkdocs.yml": settings, **{f"docs/{name}": text for name, text in documents.items()}})
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet"], cwd=folder, check=True, capture_output=True
    )
    return folder / "site"


def paths_of(site: Path) -> list[str]:
    return [path.relative_to(site).as_posix() for path in sorted(site.rglob("*")) if path.is_file()]


def copied(site: Path, copy: Path, base_url: str) -> Mapping[str, tuple[search.Search, ...]]:
    """Copy a built site, with what its search boxes need; what each page uses."""
    shutil.copytree(site, copy)
    paths = paths_of(site)
    known = search.searches(paths, lambda path: (site / path).read_bytes())
    used = {}
    for path in (path for path in paths if path.endswith(".html")):
        body = (site / path).read_bytes()
        used[path] = search.uses(body, known)
        extra = SEAL
        if any(one.shim for one in used[path]) or shim.has_twins(body):
            extra += shim.tag("../" * path.count("/"))
        at = body.find(b"<title")  # after the charset, before any script
        at = body.index(b"<head>") + len(b"<head>") if at < 0 else at
        (copy / path).write_bytes(body[:at] + extra + body[at:])
    packing = search.packing(one for found in used.values() for one in found)
    for path, source, prefix in packing.files:
        put(copy / path, packing.make(source, prefix, (site / source).read_bytes()))
    put(copy / shim.CODE, shim.code(base_url, packing.data, dict(packing.workers)))
    put(copy / shim.PAGES, shim.pages(paths))
    return used


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"],
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[tuple[Page, list[str], list[str]]]:
    """A page, what it asked the network for, and what went wrong in its scripts."""
    context = browser.new_context()
    asked: list[str] = []
    faults: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            asked.append(request.url)

    context.on("request", note)
    page = context.new_page()
    page.set_default_timeout(8000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    yield page, asked, faults
    context.close()

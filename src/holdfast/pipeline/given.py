"""What a check was given: documents, folders and globs, URLs, and lists of them line by line.

Asks nobody about a URL; of paths it asks only whether they are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from .. import urls
from ..errors import NoDocuments, UsageError
from ..model import Place as Spot
from ..model import Reference, Span, Syntax
from ..progress import Progress
from ..results import Place
from .reading import Reading
from .workspace import Workspace

_NOT_ASKED = frozenset({"ftp", "ftps", "file", "mailto", "data", "tel", "ws", "wss", "gopher", "git", "ssh"})


@dataclass(frozen=True, slots=True)
class Given:
    """What the user named."""

    paths: tuple[str, ...]
    urls: tuple[tuple[str, Place], ...] = ()
    missing: tuple[str, ...] = ()
    listed: frozenset[str] = frozenset()
    """Those of the paths that came line by line."""
    nothing: bool = False
    """A list was given, and it is empty: there is nothing to do, and nothing wrong."""

    @classmethod
    def of(cls, paths: Sequence[str], lines: Iterable[str]) -> Given:
        named: list[str] = []
        addresses: list[tuple[str, Place]] = []
        missing: list[str] = []
        listed: list[str] = []
        for position, path in enumerate(paths, 1):
            if urls.is_remote(path):
                addresses.append((path, Place("(arguments)", 1, position)))
            elif urls.scheme(path) in _NOT_ASKED and not Path(path).exists():
                raise UsageError(
                    f"{path}: only http and https URLs are asked for", "name a file or such a URL"
                )
            elif path != "-":
                named.append(path)
        for number, line in enumerate(lines if "-" in paths else (), 1):
            text = line.strip()
            if urls.is_remote(text):
                addresses.append((text, Place("(stdin)", number, 1)))
            elif text and Path(text).exists():
                listed.append(text)
            elif text:
                # As `git diff --name-only` lists what a pull request removed.
                missing.append(f"line {number} of the list: {text}: there is no such file; passed over")
        nothing = bool(paths) and not named and not listed
        return cls((*named, *listed), tuple(addresses), tuple(missing), frozenset(listed), nothing)


def as_reference(text: str) -> Reference:
    """A URL that stands in no document."""
    return Reference(
        Span(0, len(text.encode())),
        text.encode(),
        urls.resolve(text),
        "url",
        False,
        Syntax.TEXT,
        Spot.MARKDOWN,
    )


def reading(workspace: Workspace, paths: Sequence[str], progress: Progress) -> Reading:
    """The documents to read: Markdown and, where a folder holds none, HTML and CSS, as built sites do."""
    found_in = Reading(workspace, paths, progress)
    try:
        found = found_in.find()
    except NoDocuments:
        if workspace.config.extensions:
            raise
        workspace = replace(workspace, config=replace(workspace.config, extensions=("html", "css")))
        found_in = Reading(workspace, paths, progress)
        found = found_in.find()
    config = workspace.config
    if config.check.built is not None:
        if not config.check.built.is_dir():
            raise UsageError(f"--built {config.check.built}: there is no such folder", "build the site first")
        return found_in
    folder = Path(paths[0]) if len(paths) == 1 else None
    if folder is not None and folder.is_dir() and not any(_is_markdown(path) for path in found.documents):
        checked = replace(config.check, built=folder.absolute())
        found_in.workspace = replace(workspace, config=replace(config, check=checked))
    return found_in


def _is_markdown(path: str) -> bool:
    return not path.lower().endswith((".html", ".htm", ".css"))

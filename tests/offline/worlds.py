"""A built site, the copy that the command makes of it, and the web that its pages show."""

from __future__ import annotations

from pathlib import Path

from tests.commands import Ran, holdfast
from tests.servers import Origin

BASE = "https://blog.example/"
MEMORY = "_holdfast/memory.bin"
"""What the next run knows of the site: no part of what a copy shows."""


class World:
    """A folder with ``public``, and with ``copy`` once it is made."""

    def __init__(self, folder: Path, origin: Origin) -> None:
        self.folder = folder
        self.origin = origin
        self.public, self.copy = folder / "public", folder / "copy"

    def offline(self, *more: str, code: int = 0) -> Ran:
        """Make or refresh the copy; what it says is JSON."""
        done = holdfast(
            "offline", "public", "copy", "--base-url", BASE, "--format", "json", "--proxy", "",
            "--host-interval", "0", "--retries", "0", "--connect-to", self.origin.connect_to(), *more,
            cwd=self.folder,
        )  # fmt: skip
        assert done.code == code, done
        return done

    def files(self) -> dict[str, bytes]:
        """The copy's files, by their paths in it."""
        found = {
            path.relative_to(self.copy).as_posix(): path.read_bytes()
            for path in self.copy.rglob("*")
            if path.is_file()
        }
        found.pop(MEMORY, None)
        return found

    def page(self, name: str = "index.html") -> str:
        return (self.copy / name).read_text()

    def stored(self, ending: str) -> list[str]:
        return sorted(
            name for name in self.files() if name.startswith("_holdfast/") and name.endswith(ending)
        )

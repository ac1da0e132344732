"""Small sites on disk, and what their local links come to.

site = Site(tmp_path, {"a.md": "# A\n", "img/x.png": ""})
assert site.verdict("a.md", "[x](img/x.png)") == "ok"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from holdfast.check.local import Local
from holdfast.check.repository import Repository
from holdfast.config import Config
from holdfast.model import Answer, Document, ScanOptions
from holdfast.scan import LANGUAGES, scan
from holdfast.site import open_site

SETTINGS: Mapping[str, tuple[str, str]] = {
    "hugo": ("hugo.yaml", "baseURL: https://blog.lan/\n"),
    "hexo": ("_config.yml", "source_dir: source\nurl: https://blog.lan\npermalink: :year/:month/:title/\n"),
    "jekyll": ("_config.yml", "url: https://blog.lan\nbaseurl: ''\n"),
    "mkdocs": ("mkdocs.yml", "site_name: x\nsite_url: https://blog.lan/docs/\n"),
    "docusaurus": ("docusaurus.config.js", "module.exports = {baseUrl: '/'};\n"),
    "vitepress": (".vitepress/config.js", "export default {}\n"),
    "astro": ("astro.config.mjs", "export default {}\n"),
    "gatsby": ("gatsby-config.js", "module.exports = {}\n"),
    "eleventy": (".eleventy.js", "module.exports = function () {}\n"),
    "pelican": ("pelicanconf.py", "SITEURL = 'https://blog.lan'\nPATH = 'content'\n"),
    "zola": ("config.toml", 'base_url = "https://blog.lan"\n'),
    "mdbook": ("book.toml", "[book]\ntitle = 'x'\n"),
    "obsidian": (".obsidian/app.json", "{}"),
    "plain": ("", ""),
}
"""The smallest configuration by which each kind of site is known."""


class Site:
    """A tree below `root`, and the answers of `Local` to links in it."""

    def __init__(
        self,
        root: Path,
        tree: Mapping[str, str | bytes],
        preset: str = "plain",
        *,
        settings: str = "",
        config: Config | None = None,
        built: Path | None = None,
        repository: Repository | None = None,
    ) -> None:
        name, text = SETTINGS[preset]
        written = {**({name: settings or text} if name else {}), **tree}
        for path, content in written.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.root = root
        config = config or self.configured(built)
        self.site = open_site(root, config)
        assert self.site.preset == preset
        self.local = Local(self.site, config, own_repository=repository)

    @staticmethod
    def configured(built: Path | None) -> Config:
        """The defaults, with a built site to look into."""
        config = Config()
        return replace(config, check=replace(config.check, built=built))

    @staticmethod
    def read(path: str, source: bytes, options: ScanOptions) -> Document:
        """A scanned document."""
        language = LANGUAGES["." + path.rpartition(".")[2]]
        return Document(path, language, source, "", scan(source, language, options))

    def document(self, path: str, body: str | None = None) -> Document:
        """A document of the tree, with another text if one is given."""
        source = (self.root / path).read_bytes() if body is None else body.encode()
        return self.read(path, source, self.site.options)

    def answer(self, path: str, body: str) -> Answer:
        """What the last reference of a text comes to, if it stood at the end of the document at `path`."""
        document = self.document(path, (self.root / path).read_text(encoding="utf-8") + "\n" + body)
        return self.local.answer(document, document.scanned.references[-1])

    def said(self, path: str, body: str) -> str:
        """The same in words: ``ok``, ``broken no-file``, ``unverified unresolved``."""
        answer = self.answer(path, body)
        return f"{answer.verdict} {answer.reason}".strip()

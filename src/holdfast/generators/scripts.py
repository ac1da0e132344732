"""JavaScript and TypeScript configurations, read as text: nothing is run, nothing computed is guessed.

Writes nothing and decides nothing about references. One reader for each generator, in `SCRIPT_READERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from ..addresses import Mount, Style, join
from ..model import Place
from ..sites import VITEPRESS_HOMES
from .configuration import Folder
from .settings import Settings, tidy, unique

_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|//[^\n]*|/\*.*?\*/""", re.DOTALL
)
_STRING = r"""(?:"([^"\\\n]*)"|'([^'\\\n]*)'|`([^`\\$]*)`)"""


def without_comments(script: str) -> str:
    """JavaScript or TypeScript without its comments; strings (``'https://…'``) are kept."""
    return _TOKEN.sub(lambda match: match["string"] or " ", script)


def script_value(script: str, key: str) -> str | None:
    """The string that ``key`` is set to in a script without comments, read as text.

    Understands a literal, a fallback (``process.env.BASE || '/blog/'``), and a constant that is one of these.
    None when the key is not there, or its value is decided at run time.
    """
    name = re.escape(key)
    pair = re.search(rf"""(?<![\w.$-])["']?{name}["']?\s*:\s*(?P<value>[^\n]*)""", script)
    if pair is None:
        shorthand = re.search(rf"[{{,]\s*{name}\s*[,}}]", script)
        return _constant(script, key) if shorthand else None
    constant = re.match(r"([A-Za-z_$][\w$]*)\s*(?:[,})]|$)", pair["value"])
    return _constant(script, constant[1]) if constant else _literal(pair["value"])


def _constant(script: str, name: str) -> str | None:
    declared = re.search(rf"(?:const|let|var)\s+{re.escape(name)}\b[^=\n]*=\s*(?P<value>[^\n]*)", script)
    return _literal(declared["value"]) if declared else None


def _literal(expression: str) -> str | None:
    """The string an expression begins with, or falls back to."""
    direct = re.match(_STRING + r"\s*(?:[,;})\]]|as\b|satisfies\b|$)", expression)
    fallback = direct or re.search(r"(?:\|\||\?\?)\s*" + _STRING, expression)
    if fallback is None:
        return None
    return next((group for group in fallback.groups() if group is not None), "")


def script_list(script: str, key: str) -> tuple[str, ...]:
    """The strings of a list that ``key`` is set to."""
    match = re.search(rf"""(?<![\w.$])["']?{re.escape(key)}["']?\s*:\s*\[(?P<items>[^\]]*)\]""", script)
    return strings(match["items"]) if match else ()


def strings(script: str) -> tuple[str, ...]:
    """All string literals of a piece of script."""
    return tuple("".join(groups) for groups in re.findall(_STRING, script))


# -- generators ----------------------------------------------------------------------


def _script(folder: Folder, preset_files: Iterable[str]) -> str:
    return without_comments(folder.text(folder.first(*preset_files) or ""))


def _base(found: Settings, script: str, key: str) -> None:
    """Take the base path from a script, and say so when it is decided at run time."""
    found.base_path = script_value(script, key)
    if found.base_path is None and re.search(rf"(?<![\w.$-]){key}\s*[:,]", script):
        found.notices.append(
            f"{key} is computed when the site is built: / is assumed; set base-path in holdfast.toml"
        )


def _docusaurus(folder: Folder, files: tuple[str, ...]) -> Settings:
    script = _script(folder, files)
    static = unique(tidy(name) for name in script_list(script, "staticDirectories")) or ("static",)
    found = Settings(mounts=tuple(Mount(name) for name in static))
    paths = re.findall(r"""(?<![\w.$])path\s*:\s*["']([\w./-]+)["']""", script)
    found.content = unique(
        [*(tidy(path) for path in paths), "docs", "blog", "src/pages", "versioned_docs", "i18n"]
    )
    found.math = "remark-math" in script
    _base(found, script, "baseUrl")
    return found


def _vitepress(folder: Folder, files: tuple[str, ...]) -> Settings:
    name = folder.first(*files) or ""
    home = next((home for home in VITEPRESS_HOMES if home and name.startswith(home)), "").strip("/")
    script = without_comments(folder.text(name))
    source = tidy(join(home, script_value(script, "srcDir") or ""), home)
    found = Settings(content=(source,), mounts=(Mount(join(source, "public")),))
    found.leave_out = (join(home, ".vitepress"), join(source, "public"))
    found.math = re.search(r"\bmath\s*:\s*true", script) is not None
    _base(found, script, "base")
    return found


def _astro(folder: Folder, files: tuple[str, ...]) -> Settings:
    script = _script(folder, files)
    found = Settings(content=(tidy(script_value(script, "srcDir"), "src") or "src",))
    found.mounts = (Mount(tidy(script_value(script, "publicDir"), "public") or "public"),)
    found.url = script_value(script, "site") or ""
    found.math = "remark-math" in script
    _base(found, script, "base")
    return found


def _gatsby(folder: Folder, files: tuple[str, ...]) -> Settings:
    script = _script(folder, files)
    found = Settings()
    paths = re.findall(r"""(?<![\w.$])path\s*:\s*[`"'](?:\$\{__dirname\}/?)?([\w./-]+)[`"']""", script)
    # Only file nodes can be referred to, and file nodes come from these folders.
    found.content = unique([*(tidy(path) for path in paths), "content", "src/pages", "src/content", "blog"])
    existing = [name for name in found.content if name and folder.is_folder(name)]
    found.mounts = (Mount(existing[0] if existing else "content"),)
    found.base_path = script_value(script, "pathPrefix")
    return found


def _eleventy(folder: Folder, files: tuple[str, ...]) -> Settings:
    script = _script(folder, files)
    inside = re.search(r"(?<![\w.$])dir\s*:\s*\{(?P<dir>[^}]*)\}", script)
    named = re.search(r"setInputDirectory\(\s*(?P<dir>[^)]*)\)", script)
    source = tidy(
        (strings(named["dir"]) or ("",))[0]
        if named
        else script_value(inside["dir"] if inside else "", "input")
    )
    found = Settings(content=(source,))
    found.mounts = tuple(_passthrough(folder, script, source))
    if found.mounts:
        found.assets = join(found.mounts[0].folder, "archive")
    else:
        found.assets = join(source, "assets", "archive")
        found.mounts = (Mount(source),)
        found.notices.append(
            f'Eleventy copies no folder of files: add eleventyConfig.addPassthroughCopy("{found.assets}")'
        )
    if "HtmlBasePlugin" in script:
        found.styles = dict.fromkeys(Place, Style.ROOTED)
    _base(found, script, "pathPrefix")
    return found


def _passthrough(folder: Folder, script: str, source: str) -> Iterable[Mount]:
    """The folders Eleventy copies, and where to: a string keeps its path below the input folder."""
    for match in re.finditer(r"addPassthroughCopy\(\s*(?P<what>\{[^}]*\}|[^,)]*)", script):
        named = strings(match["what"])
        if match["what"].startswith("{") and len(named) == 2:
            copied, at = tidy(named[0]), tidy(named[1])
        elif named:
            copied = tidy(named[0])
            at = copied.removeprefix(source + "/") if source else copied
        else:
            continue
        if copied and folder.is_folder(copied) and not re.search(r"[*?{\[]", copied):
            yield Mount(copied, at)


SCRIPT_READERS: Mapping[str, Callable[[Folder, tuple[str, ...]], Settings]] = {
    "docusaurus": _docusaurus,
    "vitepress": _vitepress,
    "astro": _astro,
    "gatsby": _gatsby,
    "eleventy": _eleventy,
}

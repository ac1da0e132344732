"""Rows 68 to 78: documents of every form, and of sizes without end.

A document is written with `⟦` and `⟧` around what has to be replaced; nothing else in it may change by a
byte. After every run a further one changes nothing and asks for nothing, and restore gives the author's bytes
back.
"""

# ruff: noqa: E501 - a document is one line of a table

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests import pictures
from tests.campaign.rows import ids
from tests.campaign.running import GOOD, GOOD_PATH, MIB, Measured, Site, measure, place, post
from tests.commands import tree
from tests.servers import Origin, Reply, Request

pytestmark = pytest.mark.slow

X = "http://x.example"
GOOD_URL = f"http://good.example{GOOD_PATH}"
_MARKED = re.compile("⟦(.*?)⟧".encode(), re.DOTALL)
NEW = rb"(archive/assets/[\w./-]+\.png)(?:[?#][\w#?]*)?"
"""How a reference reads once its file is held; a fragment stays."""


class Web:
    """Every target brings a picture of its own, but for what ends in ``.gone``."""

    def __init__(self) -> None:
        self.brought: dict[str, bytes] = {}

    def __call__(self, request: Request) -> Reply:
        if request.path == GOOD_PATH:
            return Reply(body=GOOD)
        if request.path.endswith(".gone"):
            return Reply(404)
        key = request.host + request.target
        return Reply(body=self.brought.setdefault(key, pictures.png(seed=2000 + len(self.brought))))


def bytes_of(document: str | bytes) -> bytes:
    return document.encode() if isinstance(document, str) else document


def plain(document: str | bytes) -> bytes:
    """As the author wrote it."""
    return _MARKED.sub(rb"\1", bytes_of(document))


def rewritten(document: str | bytes) -> re.Pattern[bytes]:
    """As it must read afterwards."""
    parts = _MARKED.split(bytes_of(document))
    return re.compile(b"".join(NEW if odd % 2 else re.escape(part) for odd, part in enumerate(parts)))


def run(
    folder: Path, documents: Mapping[str, str | bytes], *options: str, code: int = 0
) -> tuple[Site, Measured]:
    """Archive, check every document byte by byte, archive again, restore."""
    with Origin(Web()) as origin:
        files = {name: plain(document) for name, document in documents.items()}
        site = Site(folder, origin, {**files, "good.md": post(GOOD_URL)})
        done = site.archive(*options)
        assert done.code == code, done
        site.check_assets()
        site.check_nothing_left()
        assert site.body(GOOD_URL) == GOOD
        assert GOOD_URL not in site.text("good.md")
        for name, document in documents.items():
            now = (folder / name).read_bytes()
            match = rewritten(document).fullmatch(now)
            assert match, f"{name}: {now!r}"
            for new in match.groups():
                assert (folder / name).parent.joinpath(new.decode()).is_file(), name
        asked = len(origin.requests)
        before = tree(folder)
        again = site.archive(*options)
        assert again.code == code, again
        assert len(origin.requests) == asked
        assert tree(folder) == before
    restored = measure("restore", "--format", "json", *documents, "good.md", cwd=folder)
    assert restored.code in (0, code), restored
    for name, data in site.before.items():
        assert (folder / name).read_bytes() == data, name
    return site, done


def notices(done: Measured) -> dict[str, str]:
    return {each["path"]: each["code"] for each in done.json()["notices"]}


# -- 69 to 75: every form of document -----------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    number: int
    documents: Mapping[str, str | bytes]
    notices: Mapping[str, str] | None = None
    """Document -> the code of what is told of it, where it is left alone; None: nothing is told of any."""
    code: int = 0


BOM = "\ufeff"
MARK = {
    "mark.md": f"{BOM}![a](⟦{X}/a.png⟧)\n",
    "mark-and-yaml.md": f"{BOM}---\nimage: ⟦{X}/b.png⟧\n---\n\n![a](⟦{X}/a.png⟧)\n",
    "mark-and-toml.md": f'{BOM}+++\nimage = "⟦{X}/b.png⟧"\n+++\n\n![a](⟦{X}/a.png⟧)\n',
    "mark-in-the-middle.md": f"a{BOM}![a](⟦{X}/a.png⟧){BOM}\n",
    "mark-and-cr-lf.md": f"{BOM}---\r\nimage: ⟦{X}/b.png⟧\r\n---\r\n![a](⟦{X}/a.png⟧)\r\n",
    "nothing-else.md": BOM,
}
ENDINGS = {
    "crlf.md": f"---\r\nimage: ⟦{X}/b.png⟧\r\n---\r\n\r\n![a](⟦{X}/a.png⟧)\r\n",
    "cr.md": f"---\rimage: ⟦{X}/b.png⟧\r---\r\r![a](⟦{X}/a.png⟧)\r",
    "mixed.md": f"---\nimage: ⟦{X}/b.png⟧\r\n---\r\n\n![a](⟦{X}/a.png⟧)\r\r\n![b](⟦{X}/c.png⟧)\n\r",
    "no-last-end.md": f"![a](⟦{X}/a.png⟧)",
    "no-last-end-of-header.md": f"---\nimage: ⟦{X}/b.png⟧\n---",
    "only-ends.md": "\r\n\r\n\n\r",
    "two-spaces.md": f"a  \r\n![a](⟦{X}/a.png⟧)  \r\nb\\\r\n",
    "separators.md": f"a\u2028![a](⟦{X}/a.png⟧)\u2029\x0b\x0c\x85b\n",
    "fence-crlf.md": f"```\r\n![a]({X}/a.png)\r\n```\r\n![a](⟦{X}/a.png⟧)\r\n",
}
CHINESE = f"# 标题\n\n![图片]({X}/a.png)\n"
ENCODINGS: dict[str, str | bytes] = {
    "gb18030.md": CHINESE.encode("gb18030"),
    "big5.md": f"# 標題\n\n![圖片]({X}/a.png)\n".encode("big5"),
    "latin-1.md": f"# Café\n\n![é]({X}/a.png)\n".encode("latin-1"),
    "utf-16.md": CHINESE.encode("utf-16"),
    "utf-16-be.md": CHINESE.encode("utf-16-be"),
    "iso-2022-jp.md": f"# 日本語\n\n![a]({X}/a.png)\n".encode("iso-2022-jp"),
    "cut.md": f"![a]({X}/a.png)\n中".encode()[:-1],
    "overlong.md": f"![a]({X}/a.png)\n".encode() + b"\xc0\xaf",
    "surrogate.md": f"![a]({X}/a.png)\n".encode() + b"\xed\xa0\x80",
    "nul.md": f"a\0b\n\n![\0](⟦{X}/a.png⟧)\n\0",
    "control.md": f"\x01\x1b[31m ![\x07](⟦{X}/a.png⟧)\n",
}
LOL = "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12))
YAML = {
    "comments.md": f"---\n# {X}/no.png\nimage: ⟦{X}/a.png⟧ # {X}/no.png\n---\n",
    "quotes.md": f"---\na: '⟦{X}/a.png⟧'\nb: \"⟦{X}/b.png⟧\"\n\"image\": ⟦{X}/c.png⟧\n'cover': '⟦{X}/d.png⟧'\n---\n",
    "lists.md": f"---\nimages:\n  - ⟦{X}/a.png⟧\n  - '⟦{X}/b.png⟧'\nmore: [⟦{X}/c.png⟧, \"⟦{X}/d.png⟧\"]\n---\n",
    "maps.md": f"---\ncover: {{image: ⟦{X}/a.png⟧, alt: x}}\nseo:\n    og:\n        image: ⟦{X}/b.png⟧\n---\n",
    "anchors.md": f"---\na: &one ⟦{X}/a.png⟧\nimage: *one\nb: &two\n  image: ⟦{X}/b.png⟧\nc:\n  <<: *two\n---\n",
    "folded.md": f"---\nimage: >-\n  ⟦{X}/a.png⟧\ncover: ⟦{X}/b.png⟧\n---\n",
    "literal.md": f"---\ncss: |\n  a\n\n   b\nimage: ⟦{X}/b.png⟧\n---\n",
    "duplicates.md": f"---\nimage: ⟦{X}/a.png⟧\nimage: ⟦{X}/b.png⟧\n---\n\n![a](⟦{X}/c.png⟧)\n",
    "tabs.md": f"---\nimage:\t⟦{X}/a.png⟧\t# x\n---\n",
    "tags.md": f"---\nimage: !!str ⟦{X}/a.png⟧\n---\n",
    "yaml-bomb.md": f"---\na: &a [lol]\n{LOL}image: ⟦{X}/a.png⟧\n---\n\n![a](⟦{X}/b.png⟧)\n",
    "yaml-alias.md": f"---\nimage: *nobody\nx: ⟦{X}/a.png⟧\n---\n\n![a](⟦{X}/b.png⟧)\n",
    "yaml-self.md": f"---\na: &a [*a]\nimage: ⟦{X}/a.png⟧\n---\n\n![a](⟦{X}/b.png⟧)\n",
    "dots.md": f"---\nimage: ⟦{X}/a.png⟧\n...\n\n![a](⟦{X}/b.png⟧)\n",
    "empty.md": f"---\n---\n![a](⟦{X}/a.png⟧)\n",
    "rule.md": f"text\n\n---\nimage: {X}/no.png\n---\n\n![a](⟦{X}/a.png⟧)\n",
    "unclosed.md": f"---\nimage: {X}/no.png\n\n![a](⟦{X}/a.png⟧)\n",
}
TOML = {
    "toml.md": f"+++\n# {X}/no.png\nimage = \"⟦{X}/a.png⟧\" # {X}/no.png\ncover = '⟦{X}/b.png⟧'\n+++\n",
    "toml-lines.md": f"+++\nimage = \"\"\"\n⟦{X}/a.png⟧\"\"\"\ncover = '''⟦{X}/b.png⟧'''\n+++\n",
    "toml-inline.md": f'+++\na = {{image = "⟦{X}/a.png⟧", alt = "x"}}\nimages = [\n "⟦{X}/b.png⟧", # x\n]\n+++\n',
    "toml-tables.md": f'+++\n[params.cover]\nimage = "⟦{X}/a.png⟧"\n[[resources]]\nsrc = "⟦{X}/b.png⟧"\n+++\n',
    "json.md": f'{{"image": "⟦{X}/a.png⟧", "x": ["⟦{X}/b.png⟧"]}}\n\n![a](⟦{X}/c.png⟧)\n',
}
BROKEN = {
    "yaml-open.md": f"---\nimage: [{X}/a.png\n---\n\n![a](⟦{X}/b.png⟧)\n",
    "yaml-tab.md": f"---\na:\n\timage: {X}/a.png\n---\n\n![a](⟦{X}/b.png⟧)\n",
    "yaml-python.md": f"---\na: !!python/object/apply:os.system ['touch owned']\nx: 1\n---\n\n![a](⟦{X}/b.png⟧)\n",
    "yaml-deep.md": f"---\na: {'[' * 20_000}{']' * 20_000}\n---\n\n![a](⟦{X}/b.png⟧)\n",
    "toml-open.md": f'+++\nimage = "{X}/a.png\n+++\n\n![a](⟦{X}/b.png⟧)\n',
    "toml-twice.md": f'+++\nimage = "{X}/a.png"\nimage = "{X}/a.png"\n+++\n\n![a](⟦{X}/b.png⟧)\n',
    "toml-deep.md": f"+++\na = {'[' * 20_000}{']' * 20_000}\n+++\n\n![a](⟦{X}/b.png⟧)\n",
}
CODE = {
    "fences.md": f"```\n![a]({X}/no.png)\n```\n\n~~~~md\n```\n![a]({X}/no.png)\n~~~\n~~~~\n\n![a](⟦{X}/a.png⟧)\n",
    "unclosed.md": f"![a](⟦{X}/a.png⟧)\n\n````\n```\n![a]({X}/no.png)\n",
    "indented.md": f"    ![a]({X}/no.png)\n\n\t![a]({X}/no.png)\n\n![a](⟦{X}/a.png⟧)\n",
    "inline.md": f"`![a]({X}/no.png)` ``a ` ![a]({X}/no.png)`` ![a](⟦{X}/a.png⟧) ` ![a](⟦{X}/b.png⟧)\n",
    "list.md": f"- ```\n  ![a]({X}/no.png)\n  ```\n- ![a](⟦{X}/a.png⟧)\n\n> ```\n> ![a]({X}/no.png)\n\n![a](⟦{X}/b.png⟧)\n",
    "comment.md": f"<!-- ![a]({X}/no.png) -->\n\n<!--\n\n![a]({X}/no.png)\n\n-->\n\n![a](⟦{X}/a.png⟧)\n",
    "code-element.md": f'<pre><code>![a]({X}/no.png)</code></pre>\n\n<img src="⟦{X}/a.png⟧">\n',
    "script.md": f"<script>\nx = '<img src=\"{X}/no.png\">'\n</script>\n\n![a](⟦{X}/a.png⟧)\n",
    "escaped.md": f"!\\[a]({X}/no.png) \\![a]({X}/no.png) ![a](⟦{X}/a.png⟧)\n",
    "same-url.md": f"`{X}/a.png` ![a](⟦{X}/a.png⟧) <!-- {X}/a.png -->\n\n    {X}/a.png\n",
    "alt.md": f"![![b]({X}/no.png)](⟦{X}/a.png⟧)\n",
    "ignored.md": f"<!-- holdfast-ignore -->\n![a]({X}/no.png)\n\n![a](⟦{X}/a.png⟧)\n",
}
SYNTAX = {
    "parentheses.md": f"![a](⟦{X}/a_(b_(c)).png⟧) ![a](⟦{X}/a\\(b.png⟧) ![a](<⟦{X}/a)b(.png⟧>)\n",
    "brackets.md": f"![a[b]c](⟦{X}/a.png⟧) ![a\\]b](⟦{X}/b.png⟧) [![a](⟦{X}/c.png⟧)]({X}/page) ![[a]({X}/no.png)\n",
    "titles.md": f"![a](⟦{X}/a.png⟧ \"a ' b\") ![a](⟦{X}/b.png⟧ 'a \" b') ![a](⟦{X}/c.png⟧ (a \\) b))\n",
    "title-on-next-line.md": f'![a](\n⟦{X}/a.png⟧\n"a\nb"\n)\n',
    "angles.md": f"![a](<⟦{X}/a b.png⟧>) ![a](<⟦{X}/c.png⟧> 'x')\n",
    "escapes.md": f"![a](⟦{X}/a\\_b\\*.png⟧) ![a](⟦{X}/a%20b.png⟧) ![a](⟦{X}/100%.png⟧)\n",
    "entities.md": f'![a](⟦{X}/a.png?b=1&amp;c=2⟧) ![a](⟦{X}/&auml;.png⟧)\n\n<img src="⟦{X}/x.png?b=1&amp;c=2⟧">\n',
    "chinese.md": f"![图](⟦{X}/图片.png⟧)，![图](⟦{X}/%E5%9B%BE.png⟧)。图![图](⟦{X}/a.png⟧)图\n",
    "fragments.md": f"![a](⟦{X}/a.png#top⟧)\n",
    "definitions.md": f"![a] ![b][a] ![][A]\n\n[a]: ⟦{X}/a.png⟧ 'x'\n[b]: <{X}/page>\n[a]: {X}/no.png\n",
    "html.md": f"<img src='⟦{X}/a.png⟧'><img src=⟦{X}/b.png⟧>\n<IMG\n SRC = \"⟦{X}/c.png⟧\"\n alt='>'>\n",
    "srcset.md": f'<img srcset="⟦{X}/a.png⟧ 1x, ⟦{X}/b,c.png⟧ 2x" src="⟦{X}/c.png⟧">\n',
    "table.md": f'| a | b |\n|---|---|\n| ![a](⟦{X}/a.png⟧) | ![b](⟦{X}/b.png⟧ "x \\| y") |\n',
    "containers.md": f"> - 1. ![a](⟦{X}/a.png⟧)\n>      ![b](⟦{X}/b.png⟧)\n\n[^1]: ![a](⟦{X}/c.png⟧)\n\na[^1]\n",
    "heading.md": f"# ![a](⟦{X}/a.png⟧) #\n\n![b](⟦{X}/b.png⟧)\n===\n",
    "not-quite.md": f"![a] ({X}/no.png) ![a]({X}/no no.png) ! [a](x) ![a]({X}/no.png 'x) ![b](⟦{X}/a.png⟧)\n",
}
PREFIXES = {
    "prefix.md": f"![a](⟦{X}/a⟧) ![a](⟦{X}/a.png⟧) ![a](⟦{X}/a.png?x⟧) ![a](⟦{X}/a.png?xy⟧) ![a](⟦{X}/a/b⟧)\n",
    "shortest-last.md": f"![a](⟦{X}/a.png?xy⟧) ![a](⟦{X}/a.png?x⟧) ![a](⟦{X}/a.png⟧) ![a](⟦{X}/a⟧)\n",
    "same-line.md": f"![a](⟦{X}/a.png⟧)" * 500 + "\n",
    "in-text.md": f"{X}/a.png is ![a](⟦{X}/a.png⟧), not {X}/a.png.\n",
    "in-alt.md": f'![{X}/a.png](⟦{X}/a.png⟧ "{X}/a.png")\n',
    "inside-another.md": f"![a](⟦{X}/?u={X}/a.png⟧) ![a](⟦{X}/a.png⟧)\n",
    "every-form.md": f'[![a](⟦{X}/a.png⟧)](⟦{X}/a.png⟧) <img src="⟦{X}/a.png⟧"> ![a][a]\n\n[a]: ⟦{X}/a.png⟧\n',
}
UNREADABLE = dict.fromkeys((name for name in ENCODINGS if name not in ("nul.md", "control.md")), "encoding")

ROWS = [
    Row(69, MARK),
    Row(70, ENDINGS),
    Row(71, ENCODINGS, UNREADABLE, code=2),
    Row(72, {**YAML, **TOML}),
    Row(73, CODE),
    Row(74, SYNTAX),
    Row(75, PREFIXES),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ids(row.number))
def test_row(row: Row, tmp_path: Path) -> None:
    _, done = run(tmp_path, row.documents, code=row.code)
    assert notices(done) == (row.notices or {})
    assert done.json()["failed"] == []


@pytest.mark.parametrize("name", [ids(72) + "-that-nobody-can-read"])
def test_broken_front_matter(name: str, tmp_path: Path) -> None:
    """What no parser takes is named and left as it is; what stands below is archived all the same."""
    site, done = run(tmp_path, BROKEN)
    assert set(notices(done).values()) == {"front-matter"}, notices(done)
    assert not (site.root / "owned").exists()


# -- 68, 76, 77: what changes meanwhile, what does not, what fails in part ----------------------------------


@pytest.mark.parametrize("name", [ids(68)])
def test_changed_meanwhile(name: str, tmp_path: Path) -> None:
    """An author's edit is never overwritten: not with a picture more, nor with one less, nor by a removal."""
    edits: Mapping[str, Callable[[Path], object]] = {
        "added.md": lambda path: path.write_text(path.read_text() + f"\nMore. ![b]({X}/late.png)\n"),
        "emptied.md": lambda path: path.write_text(""),
        "prepended.md": lambda path: path.write_text("# A title\n\n" + path.read_text()),
        "deleted.md": lambda path: path.unlink(),
        "replaced.md": lambda path: path.write_bytes(b"\xff\xfe nothing\n"),
        "untouched.md": lambda path: None,
    }
    after: dict[str, bytes | None] = {}

    def serve(request: Request) -> Reply:
        if request.path == "/last.png" and not after:
            for name, edit in edits.items():
                edit(tmp_path / name)
                after[name] = (tmp_path / name).read_bytes() if (tmp_path / name).exists() else None
        return Reply(body=GOOD if request.path == GOOD_PATH else pictures.png(seed=len(request.path)))

    with Origin(serve) as origin:
        files = dict.fromkeys(edits, f"Text.\n\n![a]({GOOD_URL})\n\n![a]({X}/last.png)\n")
        site = Site(tmp_path, origin, files)
        first = site.archive()
        assert first.code in (0, 2), first
        site.check_assets()
        site.check_nothing_left()
        for name, data in after.items():
            path = tmp_path / name
            if data is None:
                assert not path.exists()
                continue
            now = path.read_bytes()
            new = [f"archive/assets/{site.asset(url)['path']}" for url in (GOOD_URL, f"{X}/last.png")]
            done = data.replace(GOOD_URL.encode(), new[0].encode())
            done = done.replace(f"{X}/last.png".encode(), new[1].encode())
            assert now in (data, done), f"{name}: {now!r}"
        assert GOOD_URL not in site.text("untouched.md")
        (tmp_path / "replaced.md").unlink()
        second = site.archive()
        assert second.code == 0, second
        assert X not in site.text("added.md")
        assert "More." in site.text("added.md")
        assert site.text("prepended.md").startswith("# A title\n\nText.\n\n![a](archive/")
        assert site.text("emptied.md") == ""


@pytest.mark.parametrize("name", [ids(76)])
def test_second_run(name: str, tmp_path: Path) -> None:
    with Origin(Web()) as origin:
        files = {f"{n}.md": plain(document) for n, document in enumerate((*SYNTAX.values(), *YAML.values()))}
        site = Site(tmp_path, origin, {**files, "good.md": post(GOOD_URL)})
        assert site.archive().code == 0

        def state() -> dict[str, tuple[int, int]]:
            found = [path for path in tmp_path.rglob("*") if path.is_file()]
            return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino) for path in found}

        before, asked, content = state(), len(origin.requests), tree(tmp_path)
        for options in ((), ("--check",), ("--dry-run",), ("--retry-failed",)):
            done = site.archive(*options)
            assert done.code == 0, done
            report = done.json()
            assert (report["stored"], report["rewritten"], report["failed"]) == (0, 0, []), options
        done = measure("archive", "--diff", "--format", "json", *site.network, cwd=tmp_path)
        assert (done.code, done.json()["diff"]) == (0, "")
        assert measure("verify", cwd=tmp_path).code == 0
        assert len(origin.requests) == asked
        assert tree(tmp_path) == content
        changed = [path for path, was in state().items() if before.get(path) != was]
        assert not [path for path in changed if not path.endswith((".lock", "lock"))], changed


@pytest.mark.parametrize("name", [ids(77)])
def test_partial_failure(name: str, tmp_path: Path) -> None:
    lines = [f"{X}/a.png", f"{X}/b.gone", f"{X}/a.png.gone", GOOD_URL, f"{X}/b.gone", f"{X}/c.png"]
    routes: dict[str, bytes] = {}

    def serve(request: Request) -> Reply:
        if request.path.endswith(".gone") and request.path not in routes:
            return Reply(404)
        if request.path == GOOD_PATH:
            return Reply(body=GOOD)
        return Reply(body=routes.setdefault(request.path, pictures.png(seed=80 + len(request.path))))

    with Origin(serve) as origin:
        one_line = " ".join(f"![a]({url})" for url in lines) + "\n"
        site = Site(tmp_path, origin, {"post.md": post(*lines), "line.md": one_line})
        done = site.archive()
        assert done.code == 2, done
        site.check_assets()
        site.check_nothing_left()
        report = done.json()
        assert {each["url"]: each["reason"] for each in report["failed"]} == {
            f"{X}/b.gone": "http-404",
            f"{X}/a.png.gone": "http-404",
        }
        (gone,) = [each for each in report["failed"] if each["url"] == f"{X}/b.gone"]
        assert [spot for spot in gone["locations"] if spot["path"] == "post.md"] == [place(1), place(4)]
        for file in ("post.md", "line.md"):
            left = re.findall(r"\]\((http[^)]*)\)", site.text(file))
            assert left == [url for url in lines if url.endswith(".gone")]
        # what comes back later joins the rest, and all of it can be taken back
        routes.update({"/b.gone": pictures.png(seed=95), "/a.png.gone": pictures.png(seed=96)})
        assert site.archive("--retry-failed").code == 0
        site.check()
        assert "](http" not in site.text("post.md") + site.text("line.md")
    assert measure("restore", cwd=tmp_path).code == 0
    assert {path: (tmp_path / path).read_bytes() for path in site.before} == site.before


# -- 78: sizes without end ----------------------------------------------------------------------------------

LINE = "A line of text with *emphasis* and `code`, of which there are very many in this one post here.\n"
LINES = LINE * 199 + "And a [link](page.html).\n\n"


def picture_in(text: str) -> str:
    return f"![a](⟦{GOOD_URL}⟧)\n\n{text}\n"


def hundred_megabytes(share: float) -> dict[str, str]:
    return {"post.md": picture_in(LINES * int(share * 100_000_000 / len(LINES)))}


def one_line(share: float) -> dict[str, str]:
    size = int(share * 10_000_000)
    return {
        "words.md": picture_in("word " * (size // 5)),
        "letters.md": picture_in("x" * size),
        "chinese.md": picture_in("中" * (size // 3)),
        "links.md": picture_in(("word " * 2000 + "[a](b.html) ![a](b.png) ") * (size // 10_024)),
    }


NESTED = (
    "[", "![", "](", "[](", "[a](", "<", "<a ", "<div>", "</", "<!--", "<![CDATA[", "<?", "(", "*", "_", "**a ", "~~",
    "`", "` ", "``` ", "> ", "- ", "* ", "1. ", "&", "&amp;", "\\", "|", "| a ", "\"", "'", "{{<", "{{ ", "{% ", "$", "$$",
    "http://", "http://x.example/(", "[^a]", "[[", "![[", "a@", ":", "<img src=\"", "<img srcset='", "<style>", "{",
)  # fmt: skip
"""What is repeated without end, each in a post of its own."""


def nested(share: float) -> dict[str, str]:
    count = int(share * 100_000)
    posts = {f"open-{n}.md": picture_in(piece * count) for n, piece in enumerate(NESTED)}
    posts |= {
        "brackets.md": picture_in("[" * count + "a" + "]" * count),
        "pairs.md": picture_in("[" * count + "a" + "](b)" * count),
        "quotes.md": picture_in("".join("> " * (n % 100) + "a\n" for n in range(count // 10))),
        "lists.md": picture_in("".join("  " * (n % 100) + "- a\n" for n in range(count // 10))),
        "definitions.md": picture_in("".join(f"[a{n}]: b{n}.png\n" for n in range(count))),
        "elements.md": picture_in("<div>" * count + "</div>" * count),
        "ticks.md": picture_in("".join("`" * (n % 300) + " " for n in range(count // 50))),
        "yaml.md": "---\na: " + "x" * count + "\n---\n" + picture_in(""),
    }
    return posts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "memory", "seconds"),
    [(hundred_megabytes, 1500, 90), (one_line, 700, 60), (nested, 400, 180)],
    ids=[f"{ids(78)}-{each}" for each in ("100-MB", "10-MB-lines", "nested")],
)
def test_sizes(
    make: Callable[[float], Mapping[str, str]], memory: int, seconds: float, tmp_path: Path
) -> None:
    """Eight times the size takes about eight times as long; quadratic, it would take sixty-four times."""
    taken = []
    for share in (0.125, 1.0):
        documents = make(share)
        with Origin(Web()) as origin:
            files = {name: plain(document) for name, document in documents.items()}
            site = Site(tmp_path / str(share), origin, {**files, "good.md": post(GOOD_URL)})
            done = site.archive(timeout=240, memory=memory * MIB, seconds=seconds)
        assert done.code == 0, str(done)[:4000]
        assert not done.stderr
        site.check_assets()
        site.check_nothing_left()
        reference = b"](archive/assets/" + json.loads(json.dumps(site.asset(GOOD_URL)["path"])).encode()
        for name, data in site.before.items():
            now = (site.root / name).read_bytes()
            assert now == data.replace(b"](" + GOOD_URL.encode(), reference), name
        taken.append(done.cpu)
    small, large = taken
    assert large <= 16 * max(small, 0.8), taken


def test_a_row_says_what_it_expects() -> None:
    """The marks are read as meant."""
    assert plain("a ⟦b⟧ c") == b"a b c"
    match: Any = rewritten("a ⟦b⟧ c")
    assert match.fullmatch(b"a archive/assets/x/y-1.png c")
    assert not match.fullmatch(b"a b c")

"""The same site copied by each program, opened by the same Chromium without a network: what is left remote.

The table of the README's section "Read a site without a network" is what ``pytest -m slow -s`` prints here.
What the text there says that a peer does well, or leaves, is a row below; exact numbers would be those of a
peer's version.
"""

# ruff: noqa: E501 - what a peer does is one row of a table

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from tests.offline.everything import ROWS
from tests.offline.peers import BASE, FAR, NEAR, TOOLS, slug, world

from holdfast.prove.proving import prove
from holdfast.prove.seen import Attempt, Fault, Look

pytestmark = pytest.mark.slow  # a browser is opened

CONSTRUCTS = {slug(row.construct): row.construct for row in ROWS}


@dataclass(frozen=True, slots=True)
class Left:
    """What a browser made of a copy, seen as `count_remote` sees it, and in the same look what it did not get."""

    looks: tuple[Look, ...]
    home: str
    """The text of the site's first page."""

    @property
    def attempts(self) -> list[Attempt]:
        return [attempt for look in self.looks for attempt in look.attempts]

    @property
    def constructs(self) -> frozenset[str]:
        """Which constructs reach for the network."""
        return frozenset(_construct(attempt) for attempt in self.attempts)

    @property
    def empty(self) -> int:
        """Pictures that show nothing."""
        return sum(len(look.images) for look in self.looks)

    def failed(self, *faults: Fault) -> frozenset[str]:
        """Files of the copy that a page asked for and did not get."""
        return frozenset(each.url for look in self.looks for each in look.failed if each.fault in faults)


def _construct(attempt: Attempt) -> str:
    """The construct's name, which its URL tells; else the kind of the attempt."""
    parts = urlsplit(attempt.url)
    if attempt.url.startswith(BASE):
        return "refresh"  # the one page that leads on by itself
    named = CONSTRUCTS.get(parts.path.split("/")[1] if "/" in parts.path else "")
    return named if named is not None and parts.hostname in (NEAR, FAR) else attempt.kind


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Left]:
    """By program, what it left."""
    missing = [f"{tool.name} is not here; get it with {tool.get}" for tool in TOOLS if not tool.here()]
    assert not missing, "\n".join(missing)
    folder = tmp_path_factory.mktemp("peers")
    with world(folder) as site:
        copies = {tool.name: tool.copy(site) for tool in TOOLS}
    for name, copy in copies.items():
        assert [page for page in copy.pages if not (copy.folder / page).is_file()] == [], name
    return {
        name: Left(
            prove(copy.folder, pages=copy.pages, out=folder / "proofs" / name).looks,
            (copy.folder / copy.pages[0]).read_text(encoding="utf-8"),
        )
        for name, copy in copies.items()
    }


def test_the_table(left: Mapping[str, Left]) -> None:
    """Printed with ``-s``."""
    print(f"\n{'':38} {'remote':>6} {'empty':>6} {'missing':>7} {'refused':>7}")
    for tool in TOOLS:
        each = left[tool.name]
        missing, refused = each.failed(Fault.MISSING, Fault.OUTSIDE), each.failed(Fault.REFUSED)
        print(
            f"{f'{tool.name} {tool.version()}':38} {len(each.attempts):6} {each.empty:6} {len(missing):7}"
            f" {len(refused):7}  {'; '.join(sorted(each.constructs))}"
        )
    assert all(look.screenshot is not None for each in left.values() for look in each.looks)


def test_ours_leaves_nothing(left: Mapping[str, Left]) -> None:
    ours = left["holdfast offline"]
    assert ours.attempts == []
    assert ours.empty == 0
    assert ours.failed(Fault.MISSING, Fault.OUTSIDE) == frozenset()
    # what no browser takes from file:// is in one page, and the command names it
    assert {look.page for look in ours.looks if look.failed} == {"modules/index.html"}


WELL = {
    "wget -p -k -E": ("img", "integrity of a picture's query", "srcset, sizes", "@font-face", "@import in all forms", "audio", "object", "embed", "refresh", "base"),
    "httrack": ("img", "svg image", "svg image, xlink", "@font-face", "@import in all forms", "audio", "frame", "srcdoc", "refresh", "base", "preconnect"),
    "Material's privacy plugin": ("img", "svg image", "stylesheet, integrity, crossorigin", "classic script", "module script", "preconnect"),
}  # fmt: skip
LEFT = {
    "wget -p -k -E": ("picture", "image-set()", "svg image", "srcdoc", "video, poster, source, track", "svg use of another site's file", "inline module", "lost picture", "preconnect"),
    "httrack": ("picture", "srcset, sizes", "image-set()", "preload of a picture", "lost candidate", "inline module"),
    "Material's privacy plugin": ("srcset, sizes", "picture", "@import in all forms", "@font-face", "style attribute", "frame", "audio", "embed", "object", "input", "icon", "video, poster, source, track", "svg image, xlink", "lost picture"),
}  # fmt: skip


@pytest.mark.parametrize("name", WELL)
def test_what_a_peer_leaves(left: Mapping[str, Left], name: str) -> None:
    built, each = left["the site as built"], left[name]
    assert 0 < len(each.attempts) < len(built.attempts)
    assert built.constructs >= set(LEFT[name]) | set(WELL[name])
    assert each.constructs >= set(LEFT[name])
    assert not each.constructs & set(WELL[name])


def test_what_waits_for_a_script_no_browser_asks_for(left: Mapping[str, Left]) -> None:
    waits = f"http://{NEAR}/{slug('lazy data-src')}/a.png"
    assert {name for name, each in left.items() if waits not in each.home} == {"holdfast offline", "httrack"}

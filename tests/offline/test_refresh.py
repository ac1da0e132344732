"""A refresh of a copy: what is as it was is not read again, and whatever is not is noticed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import pictures
from tests.commands import holdfast
from tests.offline.worlds import BASE, MEMORY, World
from tests.servers import Origin, Reply, Request

from holdfast.errors import DiskError
from holdfast.offline import ledger
from holdfast.pipeline.crew import Crew
from holdfast.pipeline.making import Brief, Job, Made

A, B, C = (pictures.png(seed=seed) for seed in (1, 2, 3))
MASK = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="{}" height="9"/></svg>'


class Changing(World):
    """A built site, its copy, and a web that changes."""

    def __init__(self, folder: Path) -> None:
        self.web: dict[str, tuple[str, bytes]] = {
            "/a.png": ("image/png", A),
            "/b.png": ("image/png", B),
            "/mask.svg": ("image/svg+xml", MASK.format(1).encode()),
            "/sheet.css": ("text/css", b"p { mask: url(mask.svg); background: url(b.png) }"),
        }
        super().__init__(folder, Origin(self._answer))

    async def _answer(self, request: Request) -> Reply:
        found = self.web.get(request.path)
        if found is None:
            return Reply(status=404)
        tag = f'"{hash(found)}"'
        if dict(request.headers).get("if-none-match") == tag:
            return Reply(status=304, headers={"ETag": tag})
        return Reply(body=found[1], headers={"Content-Type": found[0], "ETag": tag})

    def write(self, name: str, body: str, head: str = "") -> Path:
        path = self.public / name
        path.parent.mkdir(parents=True, exist_ok=True)
        page = f"<!doctype html>\n<title>t</title>{head}\n<body>{body}\n"
        path.write_text(page if name.endswith(".html") else body)
        # as a site that was built a while ago: of a change in this very moment nobody could tell another
        past = time.time_ns() - 10**10
        os.utime(path, ns=(past, past))
        return path

    def verified(self) -> bool:
        return holdfast("verify", "copy", cwd=self.folder).code == 0

    def fetched(self, part: str) -> str:
        """Where in the copy a file from the network is."""
        names = [path.relative_to(self.copy).as_posix() for path in self.copy.glob("_holdfast/*/*")]
        return next(name for name in names if part in name)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Changing]:
    made = Changing(tmp_path)
    with made.origin:
        made.write(
            "index.html", '<a href="/post/">p</a><a href="/gone/">g</a><img src="http://cdn.lan/a.png">'
        )
        made.write("post/index.html", '<a href="http://other.lan/">o</a><img src="/own.png">')
        made.write("main.css", "p { color: red }")
        (made.public / "own.png").write_bytes(C)
        time.sleep(0.1)  # own.png is younger than a tick then
        yield made


def test_what_is_as_it_was_is_not_read(world: Changing) -> None:
    first = world.offline().json()
    before, asked = world.files(), len(world.origin.requests)
    said = world.offline().json()
    assert (first["read"], said["read"]) == (4, 0)
    assert (said["new"], said["removed"], said["unchanged"], said["fetched"]) == ([], [], 1, 0)
    assert len(world.origin.requests) == asked + 1
    assert world.files() == before
    assert world.verified()
    # and everything is told as it was the first time
    for name in ("pages", "files", "bytes", "urls", "outside", "unbuilt", "notices", "missing"):
        assert said[name] == first[name], name
    assert said["unbuilt"][0]["locations"] == [{"path": "index.html", "line": 3, "column": 38}]


def test_what_changed_is_read_and_what_was_only_touched_is_not_written(world: Changing) -> None:
    world.offline()
    world.write("post/index.html", "another text")
    os.utime(world.public / "main.css", (1, 1))
    said = world.offline().json()
    assert (said["read"], said["new"]) == (2, ["post/index.html"])
    assert said["outside"] == 0
    assert world.offline().json()["read"] == 0
    assert world.verified()


def test_a_change_that_keeps_size_and_time_is_seen(world: Changing) -> None:
    """As when an archive is unpacked, or a file is moved over another."""
    page = world.write("same.html", "one")
    world.offline()
    was = page.stat()
    new = world.public / "new"
    new.write_text(page.read_text().replace("one", "two"))
    os.utime(new, ns=(was.st_mtime_ns, was.st_mtime_ns))
    new.replace(page)
    assert world.offline().json()["new"] == ["same.html"]
    assert "two" in (world.copy / "same.html").read_text()


def test_a_page_that_was_made_in_this_moment_is_read_again(world: Changing) -> None:
    """Another change could leave the same time."""
    page = world.write("fresh.html", "one")
    os.utime(page, ns=(time.time_ns() + 10**12,) * 2)
    world.offline()
    said = world.offline().json()
    assert (said["read"], said["new"]) == (1, [])


def test_other_settings_make_every_page_anew(world: Changing) -> None:
    world.offline()
    said = world.offline("--no-seal").json()
    assert said["read"] == 4
    assert said["new"] == ["index.html", "post/index.html"]
    assert b"data-holdfast-seal" not in world.files()["index.html"]


def test_a_page_that_comes_or_goes_changes_links_to_it(world: Changing) -> None:
    world.offline()
    world.write("gone/index.html", "here")
    said = world.offline().json()
    assert said["new"] == ["gone/index.html", "index.html"]
    assert b'href="gone/index.html"' in world.files()["index.html"]
    assert said["unbuilt"] == []


def test_a_picture_that_changed_is_fetched_and_its_pages_stay(world: Changing) -> None:
    world.offline()
    world.web["/a.png"] = ("image/png", B)
    said = world.offline().json()
    assert (said["read"], said["new"]) == (0, [world.fetched("a-")])
    assert world.files()[world.fetched("a-")] == B


def test_pages_are_made_anew_where_an_embed_is_elsewhere_now(world: Changing) -> None:
    world.offline()
    world.web["/a.png"] = ("image/svg+xml", MASK.format(5).encode())
    said = world.offline().json()
    assert (said["read"], said["new"]) == (1, [world.fetched("a-"), "index.html"])
    assert b".svg" in world.files()["index.html"]
    del world.web["/a.png"]
    said = world.offline(code=2).json()
    assert (said["read"], said["new"]) == (1, ["_holdfast/missing/image.svg", "index.html"])
    said = world.offline(code=2).json()
    assert (said["read"], said["new"]) == (0, [])
    assert said["missing"][0]["locations"] == [{"path": "index.html", "line": 3, "column": 61}]


def test_pages_are_made_anew_where_an_embed_stands_in_them(world: Changing) -> None:
    """A browser takes no mask from another file: it is in the page itself."""
    world.write("masked.html", '<p style="mask: url(http://cdn.lan/mask.svg)">m</p>')
    world.write("own.html", '<p style="mask: url(/m.svg)">m</p>')
    world.write("m.svg", MASK.format(2))
    world.offline()
    before = world.files()
    assert b"data:image/svg+xml" in before["masked.html"]
    assert world.offline().json()["read"] == 0
    world.web["/mask.svg"] = ("image/svg+xml", MASK.format(7).encode())
    assert world.offline().json()["new"] == [world.fetched("mask"), "masked.html"]
    world.write("m.svg", MASK.format(3))
    assert world.offline().json()["new"] == ["m.svg", "own.html"]
    assert before["own.html"] != world.files()["own.html"]


def test_a_style_sheet_that_did_not_change_shows_what_did(world: Changing) -> None:
    world.write("styled.html", "s", '<link rel=stylesheet href="http://cdn.lan/sheet.css">')
    world.offline()
    sheet = world.fetched("sheet")
    before = world.files()[sheet]
    assert world.offline().json()["new"] == []
    world.web["/b.png"] = ("image/png", C)
    assert world.offline().json()["new"] == [world.fetched("b-")]
    world.web["/mask.svg"] = ("image/svg+xml", MASK.format(8).encode())
    assert world.offline().json()["new"] == [world.fetched("mask"), sheet]
    assert world.files()[sheet] != before
    assert world.offline().json()["new"] == []


def test_what_is_missing_in_a_style_sheet_is_told_each_time(world: Changing) -> None:
    world.web["/sheet.css"] = ("text/css", b"p { background: url(lost.png) }")
    world.write("styled.html", "s", '<link rel=stylesheet href="http://cdn.lan/sheet.css">')
    first = world.offline(code=2).json()
    said = world.offline(code=2).json()
    assert said["missing"] == first["missing"]
    assert (said["read"], said["new"], said["removed"]) == (0, [], [])


def test_a_page_of_the_copy_that_somebody_edited_is_mended(world: Changing) -> None:
    world.offline()
    before = world.files()
    for name in ("index.html", "post/index.html", "own.png", world.fetched("a-")):
        path = world.copy / name
        path.write_bytes(before[name][:-1] + b"#")  # of the same size
        assert not world.verified()
        assert world.offline().json()["new"] == [name]
        assert path.read_bytes() == before[name]
        path.unlink()
        assert world.offline().json()["new"] == [name]
    assert world.verified()


def test_a_copy_that_was_moved_is_looked_at_and_stays(world: Changing) -> None:
    world.offline()
    for path in world.copy.rglob("*"):
        os.utime(path, (1, 1))
    said = world.offline().json()
    assert (said["read"], said["new"]) == (0, [])
    os.utime(world.copy / "index.html", (2, 2))
    assert world.offline().json()["read"] == 0


@pytest.mark.parametrize(
    "spoiled", [b"", b"\x00", b"\x81\xa3key\xa1x", None], ids=["empty", "junk", "other", "gone"]
)
def test_without_its_memory_everything_is_read_and_nothing_is_written(
    world: Changing, spoiled: bytes | None
) -> None:
    world.offline()
    if spoiled is None:
        (world.copy / MEMORY).unlink()
    else:
        (world.copy / MEMORY).write_bytes(spoiled)
    said = world.offline().json()
    assert (said["read"], said["new"]) == (4, [])
    assert world.offline().json()["read"] == 0


def test_an_older_list_of_files_has_another_memory(world: Changing) -> None:
    world.offline()
    listed = (world.copy / ledger.NAME).read_bytes()
    world.write("post/index.html", "another text")
    world.offline()
    (world.copy / ledger.NAME).write_bytes(listed)
    said = world.offline().json()
    assert (said["read"], said["new"]) == (4, ["post/index.html"])
    assert world.verified()


@pytest.mark.parametrize(("spoiled", "code"), [(None, 3), (b"{", 1)], ids=["gone", "damaged"])
def test_without_its_list_of_files_a_copy_is_left_alone(
    world: Changing, spoiled: bytes | None, code: int
) -> None:
    world.offline()
    if spoiled is None:
        (world.copy / ledger.NAME).unlink()
    else:
        (world.copy / ledger.NAME).write_bytes(spoiled)
    before = world.files()
    world.offline(code=code)
    assert world.files() == before


def _brief(world: Changing, out: Path) -> tuple[Brief, list[Job]]:
    paths = sorted(path.relative_to(world.public).as_posix() for path in world.public.rglob("*.html"))
    brief = Brief(
        root=str(world.public),
        place=str(world.copy),
        out=str(out),
        languages=dict.fromkeys(paths, "page"),
        names={path: path for path in paths},
        base_url=BASE,
        information=False,
        seal=True,
    )
    return brief, [Job(path) for path in paths]


def _all(brief: Brief, jobs: list[Job], count: int) -> tuple[list[Made], list[Made]]:
    with Crew(brief, count) as crew:
        looked = list(crew.look(jobs))
        crew.tell({"http://cdn.lan/a.png": "_holdfast/a.png"})
        return looked, list(crew.make(Job(made.path) for made in looked if not made.sha256))


def test_several_processes_make_the_same_in_the_same_order(world: Changing) -> None:
    for number in range(60):
        picture = '<img src="http://cdn.lan/a.png">' * (number % 3 == 0)
        world.write(f"many/{number:02}.html", f'<a href="/post/">{number}</a>{picture}')
    outs = [world.folder / "one", world.folder / "two"]
    one, two = (_all(*_brief(world, out), count) for out, count in zip(outs, (0, 2), strict=True))
    assert one == two
    assert len(one[1]) == 22
    written = [{path.relative_to(out): path.read_bytes() for path in out.rglob("*.html")} for out in outs]
    assert written[0] == written[1]
    assert len(written[0]) == 62


def test_a_file_that_waited_is_made_of_what_was_read_of_it(world: Changing) -> None:
    """Unless its bytes are others by then."""
    world.write("waits.html", '<a href="/post/">x</a><img src="http://cdn.lan/a.png">')
    out = world.folder / "out"
    brief, _ = _brief(world, out)
    with Crew(brief, 0) as crew:
        (looked,) = crew.look([Job("waits.html")])
        crew.tell({"http://cdn.lan/a.png": "_holdfast/a.png"})

        def made(packed: bytes) -> bytes:
            (made,) = crew.make([Job("waits.html", packed=packed)])
            assert not made.packed
            return (out / "waits.html").read_bytes()

        assert looked.packed
        assert made(looked.packed) == made(b"")
        assert b'<img src="_holdfast/a.png">' in made(looked.packed)
        world.write("waits.html", '<p>changed</p><img src="http://cdn.lan/a.png">')
        assert b'<p>changed</p><img src="_holdfast/a.png">' in made(looked.packed)


@pytest.mark.parametrize("count", [0, 2])
def test_what_one_process_meets_all_hear_of(world: Changing, count: int) -> None:
    brief, jobs = _brief(world, world.folder / "out")
    with pytest.raises(FileNotFoundError, match="lost"):
        _all(brief, [*jobs, Job("lost.html")], count)
    blocked = world.folder / "blocked"
    blocked.write_text("a file")
    brief, jobs = _brief(world, blocked)
    with pytest.raises(DiskError, match="cannot write"):
        _all(brief, jobs, count)

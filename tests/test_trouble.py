"""What an archive does about servers that fail, change their mind, lie, or send too much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import pictures
from tests.life import HOST, Life, picture, post, sha256
from tests.servers import Origin, Reply, Request, gathering

GOOD = pictures.png(seed=1)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin({"/good.png": Reply(body=GOOD)}) as server:
        yield server


def serve(origin: Origin, path: str, reply: Any) -> None:
    """From now on."""
    assert isinstance(origin.routes, dict)
    origin.routes[path] = reply


def problems(report: Any) -> dict[str, str]:
    return {problem["url"].removeprefix(HOST): problem["reason"] for problem in report["failed"]}


# -- failing ----------------------------------------------------------------------------------------------


def test_passing_failures_are_asked_again_lasting_ones_are_not(tmp_path: Path, origin: Origin) -> None:
    lasting = {"/404": Reply(404), "/410": Reply(410), "/page": picture(pictures.html(), "image/png")}
    passing = {"/503": Reply(503), "/reset": Reply(0, reset=True), "/cut": Reply(body=GOOD[:99], length=500)}
    for path, reply in {**lasting, **passing}.items():
        serve(origin, path, reply)
    life = Life(tmp_path, origin, {"a.md": post(*(HOST + path for path in (*lasting, *passing)))})
    first = life.archived(code=2)
    expected = {
        "/404": "http-404",
        "/410": "http-410",
        "/page": "not-media",
        "/503": "http-503",
        "/reset": "reset",
        "/cut": "truncated",
    }
    assert problems(first) == expected
    assert life.documents() == life.before
    assert not any(problem["earlier"] for problem in first["failed"])
    transient = {problem["url"].removeprefix(HOST) for problem in first["failed"] if problem["transient"]}
    assert transient == set(passing)

    reports = []
    assert set(life.asked(lambda: reports.append(life.archived(code=2)))) == set(passing)
    again = {problem["url"].removeprefix(HOST): problem for problem in reports[0]["failed"]}
    assert set(again) == set(expected)
    assert {path for path, problem in again.items() if problem["earlier"]} == set(lasting)
    assert again["/404"]["locations"] == first["failed"][0]["locations"]
    records = {record["url"].removeprefix(HOST): record["attempts"] for record in life.records("failure")}
    assert records["/503"] >= 2 * records["/410"]

    for path in (*lasting, *passing):
        serve(origin, path, Reply(body=pictures.png(seed=len(path))))
    assert set(life.asked(lambda: life.archive(code=2))) == set(passing)
    assert set(life.asked(lambda: life.archive("--retry-failed"))) == set(lasting)
    assert life.records("failure") == []
    life.restore()
    assert life.documents() == life.before


def test_accepted_failures_are_no_failures_any_more(tmp_path: Path, origin: Origin) -> None:
    serve(origin, "/gone", Reply(410))
    serve(origin, "/down", Reply(503))
    life = Life(tmp_path, origin, {"a.md": post(HOST + "/gone", HOST + "/good.png", HOST + "/down")})
    life.archive(code=2)
    life.run("archive", "--check", code=2)
    report = life.archived("--accept-failures")
    assert (report["failed"], report["accepted"]) == ([], 2)
    assert {record["url"]: bool(record["accepted"]) for record in life.records("failure")} == {
        HOST + "/gone": True,
        HOST + "/down": True,
    }
    with life.offline():
        assert life.archived()["accepted"] == 2
    life.run("archive", "--check")
    # what fails later is not accepted with them
    serve(origin, "/late", Reply(404))
    life.edit("a.md", "Text after.", f"![]({HOST}/late)")
    assert problems(life.archived(code=2)) == {"/late": "http-404"}
    # and what was accepted can be asked for all the same
    serve(origin, "/gone", Reply(body=pictures.png(seed=7)))
    assert problems(life.archived("--retry-failed", code=2)) == {"/late": "http-404"}
    assert life.asset(HOST + "/gone")["sha256"] == sha256(pictures.png(seed=7))


# -- asking again -----------------------------------------------------------------------------------------


def test_refresh(tmp_path: Path, origin: Origin) -> None:
    def conditional(request: Request) -> Reply:
        if request.header("if-none-match") == '"v1"':
            return Reply(304, headers={"ETag": '"v1"'})
        return Reply(body=pictures.png(seed=2), headers={"ETag": '"v1"'})

    def dated(request: Request) -> Reply:
        if request.header("if-modified-since"):
            return Reply(304)
        return Reply(body=pictures.gif(seed=3), headers={"Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"})

    serve(origin, "/etag", conditional)
    serve(origin, "/dated", dated)
    serve(origin, "/changes", Reply(body=pictures.png(seed=4)))
    serve(origin, "/fails", Reply(body=pictures.png(seed=5)))
    urls = [HOST + path for path in ("/etag", "/dated", "/changes", "/fails", "/good.png")]
    life = Life(tmp_path, origin, {"a.md": post(*urls)})
    life.archive()
    old = life.asset(urls[2])
    kept = life.asset(urls[3])
    text = life.read("a.md")

    serve(origin, "/changes", Reply(body=pictures.jpeg(seed=40)))
    serve(origin, "/fails", Reply(404))
    reports = []
    asked = life.asked(lambda: reports.append(life.archived("--refresh")))
    assert asked == ["/changes", "/dated", "/etag", "/fails", "/good.png"]
    (report,) = reports
    assert (report["stored"], report["held"], report["failed"]) == (1, 4, [])
    assert [warning for warning in report["warnings"] if "could not be asked for again" in warning]
    new = life.asset(urls[2])
    assert new["sha256"] == sha256(pictures.jpeg(seed=40))
    assert life.read("a.md") == text.replace(old["path"], new["path"])
    assert life.asset(urls[3]) == kept
    assert life.records("failure") == []
    with life.offline():
        assert life.archived()["rewritten"] == 0
    # what it brought before is still there, and is no error
    verified = life.verify()
    assert [note["kind"] for note in verified["notes"]] == ["unused"]
    life.restore()
    assert life.documents() == life.before


def test_a_lost_file_whose_url_brings_something_else_now(tmp_path: Path, origin: Origin) -> None:
    life = Life(tmp_path, origin, {"a.md": post(HOST + "/good.png")})
    life.archive()
    old = life.asset(HOST + "/good.png")
    (tmp_path / "archive/assets" / old["path"]).unlink()
    serve(origin, "/good.png", Reply(body=pictures.png(seed=9)))
    assert life.archived()["stored"] == 1
    assert life.asset(HOST + "/good.png")["sha256"] == sha256(pictures.png(seed=9))
    assert old["path"] not in life.read("a.md")
    assert life.verify()["faults"] == []
    with life.offline():
        assert life.archived()["rewritten"] == 0
    life.restore()
    assert life.documents() == life.before


def test_a_refreshed_file_that_is_lost_is_not_what_it_was_before(tmp_path: Path, origin: Origin) -> None:
    life = Life(tmp_path, origin, {"a.md": post(HOST + "/good.png")})
    life.archive()
    serve(origin, "/good.png", Reply(body=pictures.png(seed=9)))
    life.archive("--refresh")
    new = life.asset(HOST + "/good.png")
    (tmp_path / "archive/assets" / new["path"]).unlink()
    assert life.asked(lambda: life.archive()) == ["/good.png"]
    assert sha256((tmp_path / "archive/assets" / new["path"]).read_bytes()) == new["sha256"]


# -- limits -----------------------------------------------------------------------------------------------


def test_max_total_stops_cleanly_and_the_next_run_goes_on(tmp_path: Path, origin: Origin) -> None:
    bodies = {f"/{number}": pictures.png(seed=100 + number) for number in range(6)}
    for path, body in bodies.items():
        serve(origin, path, Reply(body=body))
    life = Life(tmp_path, origin, {"a.md": post(*(HOST + path for path in bodies))})
    size = len(next(iter(bodies.values())))
    done = life.archive("--max-total", str(int(size * 2.5)), "--host-concurrency", "1", code=2)
    assert "--max-total" in done.stdout
    held = sum((tmp_path / path).stat().st_size for path in life.stored())
    assert 0 < held <= size * 2.5
    assert life.read("a.md").count(HOST) == 6 - len(life.stored())
    assert life.verify()["faults"] == []
    # an identical run has no room either, and says so without asking for more than the next one
    report = life.archived("--max-total", str(int(size * 2.5)), "--host-concurrency", "1", code=2)
    assert report["stopped"]
    assert {skipped["reason"] for skipped in report["skipped"]} == {"budget"}
    assert life.archived()["failed"] == []
    assert life.read("a.md").count(HOST) == 0
    life.restore()
    assert life.documents() == life.before


def test_a_host_may_be_asked_more_at_once_than_the_others(tmp_path: Path) -> None:
    for table, most in ('[hosts."pics.example"]\nconcurrency = 30\n', 30), ("", 8):
        with Origin(gathering(most, Reply(body=GOOD))) as origin:
            urls = [f"{HOST}/{n}.png" for n in range(30)]
            life = Life(tmp_path / str(most), origin, {"a.md": post(*urls), "holdfast.toml": table})
            assert life.archived()["failed"] == []
        assert origin.most_at_once == most


# -- the same bytes ---------------------------------------------------------------------------------------


def test_the_same_bytes_are_stored_once_and_every_url_is_given_back(tmp_path: Path, origin: Origin) -> None:
    for path in ("/x/1.png", "/y/2.png", "/z/3.png"):
        serve(origin, path, Reply(body=GOOD))
    x, y, z = (HOST + path for path in ("/x/1.png", "/y/2.png", "/z/3.png"))
    files = {"a.md": post(z, x), "b.md": post(y, z, y), "c.md": post(x, x, y, z)}
    life = Life(tmp_path, origin, files)
    life.archive()
    assert len(life.stored()) == 1
    assert next(iter(life.stored())).startswith("archive/assets/pics.example/1-")
    assert HOST not in "".join(map(life.read, files))
    life.restore()
    assert life.documents() == life.before


def test_many_urls_with_the_same_bytes_are_stored_with_a_warning(tmp_path: Path, origin: Origin) -> None:
    paths = [f"/{number}.png" for number in range(6)]
    for path in paths:
        serve(origin, path, Reply(body=GOOD))
    life = Life(tmp_path, origin, {"a.md": post(*(HOST + path for path in paths))})
    report = life.archived()
    assert (report["stored"], len(life.stored())) == (6, 1)
    assert report["by_host"]["pics.example"]["bytes"] == report["bytes"] == len(GOOD)
    assert [warning for warning in report["warnings"] if "6 URLs brought the same bytes" in warning]


def test_many_urls_that_lead_to_one_picture_lead_to_none(tmp_path: Path, origin: Origin) -> None:
    paths = [f"/{number}.png" for number in range(6)]
    for path in paths:
        serve(origin, path, Reply(302, headers={"Location": "/removed.png"}))
    serve(origin, "/removed.png", Reply(body=pictures.png(seed=66)))
    life = Life(tmp_path, origin, {"a.md": post(*(HOST + path for path in paths), HOST + "/good.png")})
    report = life.archived(code=2)
    assert problems(report) == dict.fromkeys(paths, "placeholder")
    assert report["stored"] == 1
    assert life.read("a.md").count(HOST) == 6


def test_a_few_that_lead_to_one_picture_are_its_other_names(tmp_path: Path, origin: Origin) -> None:
    paths = ["/1", "/2", *(f"/3?width={number}" for number in range(5))]
    for path in paths:
        serve(origin, path, Reply(302, headers={"Location": "/good.png"}))
    life = Life(tmp_path, origin, {"a.md": post(*(HOST + path for path in paths))})
    assert life.archived()["stored"] == 7
    # two more, another day: that makes five
    for path in ("/4", "/5"):
        serve(origin, path, Reply(302, headers={"Location": "/good.png"}))
    life.write("b.md", post(HOST + "/4", HOST + "/5"))
    assert problems(life.archived(code=2)) == {"/4": "placeholder", "/5": "placeholder"}


def test_a_known_placeholder(tmp_path: Path, origin: Origin) -> None:
    serve(origin, "/x.png", Reply(302, headers={"Location": "http://i.imgur.com/removed.png"}))
    serve(origin, "/removed.png", Reply(body=pictures.png(seed=66)))
    life = Life(tmp_path, origin, {"a.md": post("http://i.imgur.com/x.png")})
    assert [problem["reason"] for problem in life.archived(code=2)["failed"]] == ["placeholder"]
    assert life.documents() == life.before


def test_names_that_are_alike_stay_apart(tmp_path: Path, origin: Origin) -> None:
    bodies = {
        "/A/641": pictures.png(seed=21),
        "/B/641": pictures.png(seed=22),
        "/a/641": pictures.gif(seed=23),
    }
    for path, body in bodies.items():
        serve(origin, path, Reply(body=body))
    life = Life(tmp_path, origin, {"a.md": post(*(HOST + path for path in bodies))})
    life.archive()
    assert sorted(life.stored().values()) == sorted(map(sha256, bodies.values()))
    shown = re.findall(r"\]\((archive/assets/[^)]+)\)", life.read("a.md"))
    assert [sha256((tmp_path / path).read_bytes()) for path in shown] == [*map(sha256, bodies.values())]


# -- what is not what it should be ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(pictures.html(), "not-media", id="a page with status 200"),
        pytest.param(pictures.pixel(), "placeholder", id="1x1"),
        pytest.param(pictures.jpeg()[:-40], "truncated", id="cut JPEG"),
        pytest.param(pictures.png_bomb(), "bomb", id="bomb"),
        pytest.param(pictures.psd(), "not-media", id="Photoshop"),
        pytest.param(b"", "not-media", id="empty"),
        pytest.param(pictures.svg(body="<script>alert(1)</script>"), "active-svg", id="script"),
        pytest.param(pictures.pdf(), "not-media", id="a PDF shown as an image"),
    ],
)
def test_what_is_no_picture_is_not_stored(body: bytes, reason: str, tmp_path: Path, origin: Origin) -> None:
    serve(origin, "/x.png", picture(body, "image/png"))
    life = Life(tmp_path, origin, {"a.md": post(HOST + "/x.png", HOST + "/good.png")})
    assert problems(life.archived(code=2)) == {"/x.png": reason}
    assert len(life.stored()) == 1
    assert life.read("a.md").count(HOST + "/x.png") == 1


def test_active_drawings_on_request(tmp_path: Path, origin: Origin) -> None:
    drawing = pictures.svg(body="<script>alert(1)</script>")
    serve(origin, "/x", Reply(body=drawing))
    life = Life(tmp_path, origin, {"a.md": post(HOST + "/x")})
    life.archive(code=2)
    with life.offline():
        life.archive(code=2)
    life.archive("--allow-active-svg", "--retry-failed")
    assert life.stored() == {f"archive/assets/pics.example/x-{sha256(drawing)[:16]}.svg": sha256(drawing)}


def test_metadata_is_told_of_and_removed_on_request(tmp_path: Path, origin: Origin) -> None:
    located = pictures.jpeg(exif=pictures.exif(gps=True))
    serve(origin, "/x.jpg", Reply(body=located))
    life = Life(tmp_path / "kept", origin, {"a.md": post(HOST + "/x.jpg")})
    assert [
        warning for warning in life.archived()["warnings"] if "picture says where it was taken" in warning
    ]
    assert list(life.stored().values()) == [sha256(located)]
    life = Life(tmp_path / "stripped", origin, {"a.md": post(HOST + "/x.jpg")})
    assert life.archived("--strip-metadata")["warnings"] == []
    (path,) = life.stored()
    assert b"Made by nobody" not in (life.root / path).read_bytes()
    assert life.verify()["faults"] == []
    with life.offline():
        assert life.archived("--strip-metadata")["rewritten"] == 0


# -- secrets ----------------------------------------------------------------------------------------------


def test_a_password_in_a_document_goes_nowhere_at_all(tmp_path: Path, origin: Origin) -> None:
    serve(origin, "/user.png", Reply(body=pictures.png(seed=2)))
    secret = "http://user:s3cr3t@pics.example"
    urls = [
        secret + "/a.png",
        secret + ":port/b.png",
        "http://user@pics.example/user.png",
        HOST + "/good.png",
    ]
    life = Life(tmp_path, origin, {"a.md": post(*urls)})
    report = life.archived()
    skipped = [each for each in report["skipped"] if each["reason"] == "credentials"]
    assert report["stored"] == 2
    assert [each["url"] for each in skipped] == [HOST + "/a.png", HOST + ":port/b.png"]
    told = [life.archive(*how).stdout for how in (["-vv"], ["-v"], ["--format", "markdown"])]
    assert f"{HOST}/a.png" in told[0]
    assert not [one for one in (*told, str(report)) if "s3cr3t" in one]
    text = life.read("a.md")
    assert f"]({urls[0]})" in text
    assert f"]({urls[1]})" in text
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "a.md"]
    assert written
    assert not [path for path in written if b"s3cr3t" in path.read_bytes()]
    assert {request.header("authorization") for request in origin.requests} == {"Basic dXNlcjo=", None}
    life.restore()
    assert life.documents() == life.before

"""Each reason code as a person meets it: through the real command, on a document, with its place.

`rows.SHOWN` says which test shows which code. Here are those that no row of the campaign brings about: what
is left alone, and the failures of ordinary days.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.campaign.running import GOOD, GOOD_PATH, Site, measure, place, post, problem
from tests.servers import Origin, Reply

HOST = "http://pics.example"
URL = HOST + GOOD_PATH


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin({GOOD_PATH: Reply(body=GOOD)}) as server:
        yield server


def only(origin: Origin) -> tuple[str, ...]:
    """A network in which this one host leads to the origin, and all others where they lead."""
    led = origin.connect_to("pics.example", 80)
    return ("--connect-to", led, "--host-interval", "0", "--retries", "0")


# -- failures -----------------------------------------------------------------------------------------------


def test_refused(tmp_path: Path, origin: Origin) -> None:
    """``refused``: a port at which nobody listens; the other host's picture comes."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take it
        port = bound.getsockname()[1]
        dead = f"http://127.0.0.1:{port}/a.png"
        site = Site(tmp_path, origin, {"post.md": post(dead, URL)}, network=only(origin))
        done = site.archive("--allow-private", "127.0.0.1/32")
    assert done.code == 2, done
    found = problem(done.json(), dead)
    assert (found["reason"], found["transient"], found["locations"]) == ("refused", True, [place(0)])
    assert site.body(URL) == GOOD
    site.check()


def test_unreachable(tmp_path: Path, origin: Origin) -> None:
    """``unreachable``: a proxy that leads nowhere; past it the other picture comes."""
    far = "https://far.example/a.png"
    with Origin({}) as proxy:
        site = Site(tmp_path, origin, {"post.md": post(far, URL)}, network=only(origin))
        done = site.archive(env={"HTTPS_PROXY": proxy.url("")})
    assert done.code == 2, done
    found = problem(done.json(), far)
    assert (found["reason"], found["transient"], found["locations"]) == ("unreachable", True, [place(0)])
    site.check()


# -- what is left alone -------------------------------------------------------------------------------------

LEFT: dict[str, tuple[str, str]] = {
    # code: (what is written, what the report calls it; "" where it is not told at all)
    "live": ("![a](https://img.shields.io/badge/a-b.svg)", "https://img.shields.io/badge/a-b.svg"),
    "dynamic": ("![a](http://x.example/{{ a }}.png)", "http://x.example/{{ a }}.png"),
    "credentials": ("![a](http://user:secret@x.example/a.png)", "http://x.example/a.png"),
    "excluded": ("![a](http://x.example/unwanted.png)", "http://x.example/unwanted.png"),
    "scheme": ("![a](data:image/png;base64,AA)", "data:image/png;base64,AA"),
    "local": ("![a](b.png)", ""),
    "own-prefix": ("![a](https://cdn.example.org/a/x.example/b-0123456789abcdef.png)", ""),
    "link": ("[a](http://x.example/paper.pdf)", ""),
}


def test_what_is_left_alone(tmp_path: Path, origin: Origin) -> None:
    """Nobody is asked for any of it, the document keeps it, and it is no failure."""
    text = "".join(f"{written}\n\n" for written, _ in LEFT.values())
    site = Site(tmp_path, origin, {"left.md": text, "post.md": post(URL)})
    done = site.archive("--exclude", "unwanted", "--url-prefix", "https://cdn.example.org/a")
    assert done.code == 0, done
    report = done.json()
    told = {each["reason"]: (each["url"], each["locations"]) for each in report["skipped"]}
    lines = {code: 1 + 2 * number for number, code in enumerate(LEFT)}
    for code, (written, url) in LEFT.items():
        if url:
            assert told[code][0] == url
            assert [(spot["path"], spot["line"]) for spot in told[code][1]] == [("left.md", lines[code])]
        else:
            assert code not in told, written
    assert told.keys() == {code for code, (_, url) in LEFT.items() if url}
    assert report["links"] == 1
    assert report["failed"] == []
    assert "secret" not in done.stdout + done.stderr + site.manifest.read_text()
    assert site.text("left.md") == text
    assert origin.paths() == [GOOD_PATH]


def test_pages_are_no_media(tmp_path: Path, origin: Origin) -> None:
    """``page``: what an HTML document embeds of other pages, scripts and style sheets stays where it is."""
    page = b'<iframe src="http://x.example/page"></iframe>\n<img src="%s">\n' % URL.encode()
    site = Site(tmp_path, origin, {"page.html": page})
    done = site.archive("page.html")
    assert done.code == 0, done
    assert [(each["url"], each["reason"], each["locations"]) for each in done.json()["skipped"]] == [
        ("http://x.example/page", "page", [{"path": "page.html", "line": 1, "column": 14}])
    ]
    assert b'"http://x.example/page"' in (tmp_path / "page.html").read_bytes()
    site.check()


def test_what_was_put_back_is_left_alone(tmp_path: Path, origin: Origin) -> None:
    """``restored``: until the document is named."""
    site = Site(tmp_path, origin, {"post.md": post(URL)})
    assert site.archive().code == 0
    assert measure("restore", cwd=tmp_path).code == 0
    report = site.archive().json()
    assert [(each["url"], each["reason"], each["locations"]) for each in report["skipped"]] == [
        (URL, "restored", [place(0)])
    ]
    assert site.text("post.md") == post(URL)
    assert site.archive("post.md").json()["rewritten"] == 1
    assert HOST not in site.text("post.md")


def test_what_failed_for_good_is_not_asked_again(tmp_path: Path, origin: Origin) -> None:
    """``failed-before`` is told as the failure that it was, ``accepted`` as a number."""
    gone = HOST + "/gone.png"
    site = Site(tmp_path, origin, {"post.md": post(gone, URL)})
    assert site.archive().code == 2
    asked = len(origin.requests)
    again = site.archive()
    assert again.code == 2
    found = problem(again.json(), gone)
    assert (found["reason"], found["earlier"], found["locations"]) == ("http-404", True, [place(0)])
    accepted = site.archive("--accept-failures")
    assert (accepted.code, accepted.json()["accepted"], accepted.json()["failed"]) == (0, 1, [])
    assert len(origin.requests) == asked
    site.check()
    site.archive("--retry-failed")
    assert len(origin.requests) == asked + 1


def test_what_would_pass_the_budget(tmp_path: Path, origin: Origin) -> None:
    """``budget``: the run stops before ``--max-total``, and goes on when there is room."""
    site = Site(tmp_path, origin, {"post.md": post(URL)})
    done = site.archive("--max-total", str(len(GOOD) - 1))
    report = done.json()
    assert [(each["url"], each["reason"], each["locations"]) for each in report["skipped"]] == [
        (URL, "budget", [place(0)])
    ]
    assert site.text("post.md") == post(URL)
    assert site.archive("--max-total", str(len(GOOD) + 1)).code == 0
    site.check()


def test_the_gate_says_what_is_not_held(tmp_path: Path, origin: Origin) -> None:
    """``not-held``: only ``--check`` says so, and asks nobody."""
    site = Site(tmp_path, origin, {"post.md": post(URL)})
    done = site.archive("--check")
    assert done.code == 2, done
    found = problem(done.json(), URL)
    assert (found["reason"], found["locations"]) == ("not-held", [place(0)])
    assert origin.requests == []
    assert json.loads(site.archive().stdout)["stored"] == 1
    assert site.archive("--check").code == 0

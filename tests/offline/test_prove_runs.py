"""Runs of the proof with the real Chromium: what is compared, in which views, and how a run ends.

These tests fail where Chromium is missing, they do not skip.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tests.offline.copies import FILES, QUICK, write
from tests.servers import Origin, Reply

from holdfast.prove.browser import ready
from holdfast.prove.proving import count_remote, prove

HTML = {"Content-Type": "text/html; charset=utf-8"}


def test_a_page_that_hangs_is_told_and_holds_nothing_up(tmp_path: Path) -> None:
    hangs = "<img src=https://remote.example/a.png><script>setTimeout(() => { for (;;); }, 50)</script>"
    write(tmp_path / "copy", {"hangs.html": hangs, "after.html": "<img src=pixel.png>"})
    limits = replace(QUICK, page=6.0, at_once=1)
    proof = prove(tmp_path / "copy", pages=["hangs.html", "after.html"], out=tmp_path / "out", limits=limits)
    assert [(each.page, each.fault) for each in proof.findings] == [
        ("hangs.html", "remote"),
        ("hangs.html", "hung"),
    ]


def test_a_proof_that_takes_too_long_says_what_it_has_not_seen(tmp_path: Path) -> None:
    write(tmp_path / "copy", {"a.html": "<p>a"})
    limits = replace(QUICK, total=0.0)
    proof = prove(tmp_path / "copy", pages=["a.html"], out=tmp_path / "out", limits=limits)
    assert proof.verdict == "not-proved"
    assert [each.fault for each in proof.findings] == ["unseen"]


def test_attempts_are_counted_of_any_folder(tmp_path: Path) -> None:
    write(tmp_path, {"a.html": "<img src=https://remote.example/a.png>", "b.html": "<img src=pixel.png>"})
    counted = count_remote(tmp_path, ["a.html", "b.html"], limits=QUICK)
    assert [each.url for each in counted["a.html"]] == ["https://remote.example/a.png"]
    assert counted["b.html"] == ()


def test_an_online_page_is_compared(tmp_path: Path) -> None:
    pages = {
        "same.html": "<h1>The same</h1><img src=pixel.png>" + "<p>text" * 60,
        "other.html": "<body style='background: navy'>other",
    }
    write(tmp_path / "copy", pages)
    served = {
        "/same": Reply(body="<!doctype html><meta charset=utf-8>" + pages["same.html"], headers=HTML),
        "/other": Reply(body="<!doctype html><body style='background: gold'>other", headers=HTML),
        "/pixel.png": Reply(body=FILES["pixel.png"], headers={"Content-Type": "image/png"}),
    }
    with Origin(served) as origin:
        online = {f"{name}.html": origin.url(f"/{name}") for name in ("same", "other")}
        online["clean.html"] = "http://127.0.0.1:9/refused"
        write(tmp_path / "copy", {"clean.html": "<p>x"})
        proof = prove(
            tmp_path / "copy", pages=list(online), online=online, out=tmp_path / "out", limits=QUICK
        )
    same, other, clean = proof.looks
    assert same.difference is not None
    assert same.difference.share < proof.threshold
    assert same.difference.offline == same.difference.online
    assert other.difference is not None
    assert other.difference.share > 0.9
    assert clean.difference is None
    assert [(each.page, each.fault) for each in proof.findings] == [
        ("other.html", "differs"),
        ("clean.html", "uncompared"),
    ]
    assert (tmp_path / "out" / str(same.online)).exists()


def test_a_full_proof_opens_each_page_in_every_view(tmp_path: Path) -> None:
    body = (
        "<style>@media (prefers-color-scheme: dark) { body { background: url(second.png) } }</style>"
        "<img srcset='pixel.png, broken5.png 2x' src=pixel.png>"
        "<script>fetch('data.json').catch(() => 0)</script>"
    )
    write(tmp_path / "copy", {"a.html": body, "b.html": "<script type=module src=module.js></script>"})
    proof = prove(
        tmp_path / "copy", pages=["a.html", "b.html"], full=True, out=tmp_path / "out", limits=QUICK
    )
    found = {(each.page, each.view, each.fault) for each in proof.findings}
    refused = {(page, view, "refused") for page in ("a.html", "b.html") for view in ("file", "2x", "dark")}
    assert found == {("a.html", "2x", "empty-image"), *refused}
    by_view = {look.view: look for look in proof.looks if look.page == "a.html"}
    with Image.open(tmp_path / "out" / str(by_view["2x"].screenshot)) as picture:
        assert picture.width == 2 * QUICK.width
    assert by_view["served"].files > 1


def test_a_clean_copy_is_proved(tmp_path: Path) -> None:
    write(tmp_path / "copy", {"index.html": "<img src=pixel.png><link rel=stylesheet href=local.css>"})
    out = tmp_path / "out"
    proof = prove(tmp_path / "copy", pages=["index.html"], out=out, of=7, limits=QUICK)
    assert proof.verdict == "proved"
    assert proof.findings == ()
    assert json.loads((out / "proof.json").read_text())["pages"] == 7
    assert "1 page of 7 opened in Chromium" in (out / "proof.html").read_text()


# -- processes ---------------------------------------------------------------------------------------------

CHILD = """
import sys
from pathlib import Path
from holdfast.errors import UsageError
from holdfast.prove.browser import Limits
from holdfast.prove.proving import prove
try:
    limits = Limits(page=20, at_once=1)
    proof = prove(Path(sys.argv[1]), pages=sys.argv[3:], out=Path(sys.argv[2]), limits=limits)
except UsageError as error:
    print(error, "|", error.hint, error.exit_code)
except KeyboardInterrupt:
    sys.exit(130)
else:
    print(proof.verdict, [(each.page, each.fault.value) for each in proof.findings])
"""


def child(mark: str, *arguments: str, code: str = CHILD, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "HOLDFAST_TEST_MARK": mark, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def marked(mark: str) -> dict[int, list[str]]:
    """Processes that inherited the mark, with their command lines (proc(5))."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"HOLDFAST_TEST_MARK={mark}".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_text().split("\0")
        except OSError:
            continue
    return found


def browsers(mark: str) -> list[int]:
    """The browser's own process, not those that it has for its pages."""
    return [
        pid
        for pid, words in marked(mark).items()
        if "--remote-debugging-pipe" in words and not any(word.startswith("--type=") for word in words)
    ]


def wait_for(what: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


SLOW = "<script>setTimeout(() => { const end = Date.now() + 4000; while (Date.now() < end); }, 10)</script>"


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["kill", "terminal"])
def test_ctrl_c_ends_the_browser(tmp_path: Path, send: Callable[[int, int], None]) -> None:
    """A terminal sends it to the whole group, to the browser's driver too."""
    write(tmp_path / "copy", {"slow.html": SLOW})
    mark = uuid.uuid4().hex
    process = child(mark, str(tmp_path / "copy"), str(tmp_path / "out"), "slow.html")
    wait_for(lambda: browsers(mark))
    time.sleep(1.0)
    send(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    wait_for(lambda: not marked(mark), 10)


def test_a_browser_that_ends_takes_no_page_with_it(tmp_path: Path) -> None:
    write(tmp_path / "copy", {"slow.html": SLOW, "after.html": "<img src=pixel.png>"})
    mark = uuid.uuid4().hex
    process = child(mark, str(tmp_path / "copy"), str(tmp_path / "out"), "slow.html", "after.html")
    wait_for(lambda: browsers(mark))
    time.sleep(1.5)
    for pid in browsers(mark):
        os.kill(pid, signal.SIGKILL)
    told, errors = process.communicate(timeout=40)
    assert told == "proved []\n", errors


@pytest.mark.parametrize(
    ("code", "environment", "words"),
    [
        pytest.param(CHILD, {"PATH": "/nowhere"}, "apt install chromium", id="no-browser"),
        pytest.param(
            "import sys; sys.modules['playwright'] = None\n" + CHILD,
            {},
            "pip install 'holdfast[browser]'",
            id="no-driver",
        ),
    ],
)
def test_what_is_missing_is_said_with_how_to_get_it(
    tmp_path: Path, code: str, environment: dict[str, str], words: str
) -> None:
    process = child("", str(tmp_path), str(tmp_path / "out"), "a.html", code=code, **environment)
    told, errors = process.communicate(timeout=20)
    assert words in told, errors
    assert told.endswith(" 3\n")


def test_both_are_here() -> None:
    """CI must not pass without having opened a page."""
    assert Path(ready()).exists()

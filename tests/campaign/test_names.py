"""Rows 46 to 53: URLs, headers and templates that want a file named badly, or two files named alike.

A row is one post whose URLs name their files so, beside one good picture. Whatever the names, every file must
stand below the assets, under a name that every system takes, and no two names may differ by case only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ada_url
import pytest
from tests import pictures
from tests.campaign.rows import ids
from tests.campaign.running import GOOD, GOOD_PATH, Measured, Site, measure, place, problem
from tests.servers import Origin, Reply, Request

pytestmark = pytest.mark.slow

GOOD_URL = f"http://good.example{GOOD_PATH}"
HOST = "http://x.example"
PORTABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\.|$)")


@dataclass
class Web:
    """Every target of every host brings a picture of its own."""

    names: tuple[str, ...] = ()
    """What the servers propose as a file name, in turn (Content-Disposition)."""
    brought: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, request: Request) -> Reply:
        if request.path == GOOD_PATH:
            return Reply(body=GOOD)
        key = request.host + request.target
        body = self.brought.setdefault(key, pictures.png(seed=1000 + len(self.brought)))
        if not self.names:
            return Reply(body=body)
        proposed = self.names[len(self.brought) % len(self.names)]
        return Reply(body=body, headers=[("Content-Disposition", proposed)])


def archive(
    folder: Path, urls: Mapping[str, str] | tuple[str, ...], *options: str, names: tuple[str, ...] = ()
) -> tuple[Site, Measured]:
    """Run it over ``urls`` (as written -> as recorded), and check every name."""
    recorded = urls if isinstance(urls, Mapping) else {url: url for url in urls}
    web = Web(names)
    with Origin(web) as origin:
        post = "".join(f"![a](<{url}>)\n\n" for url in (*recorded, GOOD_URL))
        site = Site(folder, origin, {"post.md": post})
        done = site.archive(*options)
    assert done.code == 0, done
    site.check_assets()
    site.check_nothing_left()
    check_names(site)
    text = site.text("post.md")
    for url in recorded:
        assert f"]({url})" not in text
        assert f"](<{url}>)" not in text, url
    held = {asset["url"] for asset in site.records("asset")}
    assert held == {*recorded.values(), GOOD_URL}
    assert site.body(GOOD_URL) == GOOD
    shown = re.findall(r"\]\(<?([^)>]*)", text)
    assert len(shown) == len(recorded) + 1
    for url, reference in zip((*recorded.values(), GOOD_URL), shown, strict=True):
        assert (site.root / reference.partition("#")[0]).read_bytes() == site.body(url), reference
    # and the author gets every byte back
    again = measure("restore", "--format", "json", cwd=folder)
    assert again.code == 0, again
    assert (folder / "post.md").read_text() == post
    return site, done


def check_names(site: Site) -> None:
    """Every name is portable, short, inside, and different from all others in whatever case."""
    paths = [asset["path"] for asset in site.records("asset")]
    folded = [unicodedata.normalize("NFC", path).lower() for path in set(paths)]
    assert len(folded) == len(set(folded))
    for path in paths:
        file = (site.root / site.assets / path).resolve()
        assert file.is_relative_to((site.root / site.assets).resolve())
        assert file.is_file()
        for part in path.split("/"):
            assert PORTABLE.fullmatch(part), path
            assert not part.endswith("."), path
            assert not RESERVED.match(part), path
            assert len(part.encode()) <= 255, path
            assert ".." not in part, path


CLIMBING = (
    "/../../../etc/passwd",
    "/a/../../b.png",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/..%2f..%2f..%2fetc%2fcron.d%2fx.png",
    "/..%5c..%5cwindows%5cwin.ini",
    "/%252e%252e%252fx.png",
    "/%c0%ae%c0%ae%c0%afx.png",
    "/....//....//x.png",
    "/a%2F..%2F..%2Fb.png",
    "/.%2e/c.png",
    "/%2Fetc%2Fpasswd",
    "/C:%5Cx.png",
    "/~%2f.ssh%2fauthorized_keys",
    "/.git%2fconfig",
    "/.htaccess",
    "/-rf",
    "/--output=x.png",
    "/$(touch%20x).png",
    "/%60id%60.png",
    "/a;b|c&d.png",
    "/x.png/..",
    "/x.png/.",
    "/archive/manifest.jsonl",
    "/.staging/journal.jsonl",
)
PROPOSED = (
    'attachment; filename="../../../evil.png"',
    'attachment; filename="..\\..\\evil.png"',
    'attachment; filename="/etc/cron.d/evil"',
    "attachment; filename*=UTF-8''%2e%2e%2fevil.png",
    'attachment; filename="C:\\evil.png"',
    'attachment; filename="NUL.txt"',
    'attachment; filename="evil.html"',
    "attachment; filename=" + "e" * 3000,
)


def whatwg(url: str) -> str:
    """As the manifest calls it: escaped as CommonMark does, and in the WHATWG parser's normal form."""
    return str(ada_url.normalize_url(url.replace("|", "%7C").replace("]", "%5D")))


def test_the_bodies_differ() -> None:
    assert len({pictures.png(seed=1000 + number) for number in range(80)}) == 80


@pytest.mark.parametrize("name", [ids(46)])
def test_climbing(name: str, tmp_path: Path) -> None:
    urls = {HOST + path: whatwg(HOST + path) for path in CLIMBING}
    urls |= {f"{HOST}/proposed/{n}": f"{HOST}/proposed/{n}" for n in range(len(PROPOSED) * 2)}
    site, _ = archive(tmp_path / "site", urls, names=PROPOSED)
    assert not [path for path in site.root.rglob("*") if "evil" in path.name or path.suffix == ".html"]
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    # the same through a layout that puts the files beside the posts
    beside, _ = archive_beside(tmp_path / "beside", urls)
    assert not [path for path in beside.rglob("*") if "evil" in path.name or path.suffix == ".html"]


def archive_beside(folder: Path, urls: Mapping[str, str]) -> tuple[Path, Measured]:
    with Origin(Web(PROPOSED)) as origin:
        files: dict[str, str | bytes] = {
            "content/post/a/index.md": "".join(f"![a](<{url}>)\n\n" for url in urls)
        }
        site = Site(folder, origin, {**files, "hugo.toml": ""})
        done = site.archive("--layout", "beside")
    assert done.code == 0, done
    for path in folder.rglob("*"):
        if path.suffix == ".png":
            assert PORTABLE.fullmatch(path.name), path
            assert not RESERVED.match(path.name), path
    assert {path.name for path in folder.iterdir()} <= {"content", "archive", "hugo.toml", "static"}
    return folder, done


CONTROL = (
    "/a%00b.png",
    "/%00.png",
    "/a%0ab%0d.png",
    "/%1b%5b31mred.png",
    "/%1b]0;title%07.png",
    "/bell%07.png",
    "/a%7fb.png",
    "/%c2%9b31m.png",
    "/photo%E2%80%AEgnp.exe",
    "/%E2%80%8Bzero.png",
    "/%EF%BB%BFmark.png",
    "/%E2%81%A6iso%E2%81%A9.png",
    "/\u202egnp.png",
    "/%ff%fe.png",
    "/%ed%a0%80.png",
)


@pytest.mark.parametrize("name", [ids(47)])
def test_control_and_bidirectional(name: str, tmp_path: Path) -> None:
    archive(tmp_path / "stored", {HOST + path: whatwg(HOST + path) for path in CONTROL})
    # what is told to a person cannot steer the terminal, wherever the text comes from
    hostile = "\x1b[31m\x1b]0;owned\x07\u202e\u2066\x9b"
    path = f"po{hostile}st.md"
    raw = f"{HOST}/{hostile}.png"
    with Origin({"/moved": Reply(302, {"Location": raw.encode().decode("latin-1")})}) as origin:
        files: dict[str, str | bytes] = {
            path: f"![a](<{raw}>)\n\n![b](<{HOST}/moved>)\n\n![c](<http://{hostile}/c.png>)\n\n"
            f"![d](<ftp://{hostile}/d.png>)\n\n---\n{hostile}: [\n",
            "broken.md": f"---\n{hostile}: [\n---\n",
        }
        site = Site(tmp_path / "told", origin, files)
        for form in ("text", "markdown"):
            for verbose in ("-v", "-vv"):
                done = measure("archive", verbose, "--format", form, *site.network, cwd=site.root)
                assert done.code == 2, done
                for stream in (done.stdout, done.stderr):
                    bad = [char for char in stream if not char.isprintable() and char != "\n"]
                    assert not bad, (form, verbose, bad, stream)
        for command in ("scan", "list", "verify"):
            done = measure(command, cwd=site.root)
            for stream in (done.stdout, done.stderr):
                assert not [char for char in stream if not char.isprintable() and char != "\n"], done
    assert site.text(path) == files[path]


DEVICES = (
    *(
        f"/{stem}{rest}"
        for stem in ("CON", "prn", "AUX", "NUL", "COM1", "lpt9", "com%C2%B9", "CONIN$")
        for rest in ("", ".png", ".txt", ".tar.gz", "%20", "%20.png", ".")
    ),
    *(
        "/trailing.",
        "/trailing..",
        "/trailing%20",
        "/trailing%20.png",
        "/.",
        "/...",
        "/%20",
        "/.png",
        "/ .png",
    ),
)


@pytest.mark.parametrize("name", [ids(48)])
def test_reserved(name: str, tmp_path: Path) -> None:
    urls = {f"{HOST}{path}?{number}": "" for number, path in enumerate(DEVICES)}
    archive(tmp_path / "a", {url: whatwg(url) for url in urls})
    # though a template puts the stem first, or alone into a folder's name
    few = {f"{HOST}{path}?{number}": "" for number, path in enumerate(DEVICES[::5])}
    for folder, template in {"b": "{stem}.{hash16}.{ext}", "c": "{stem}/{hash16}.{ext}"}.items():
        archive(tmp_path / folder, {url: whatwg(url) for url in few}, "--naming", template)


@pytest.mark.parametrize("name", [ids(49)])
def test_long(name: str, tmp_path: Path) -> None:
    label = "a" * 60
    urls = {
        f"{HOST}/{'n' * 300}.png": "",
        f"{HOST}/{'n' * 5000}.png": "",
        f"{HOST}/{'%E4%B8%AD' * 100}.png": "",
        f"{HOST}/{'中' * 400}.png": "",
        f"{HOST}/{'.' * 300}.png": "",
        f"{HOST}/{'.png' * 100}": "",
        f"{HOST}/x.{'e' * 300}": "",
        f"{HOST}/{'d/' * 1000}x.png": "",
        f"{HOST}/{'d' * 300}/{'e' * 300}/x.png": "",
        f"{HOST}/q.png?{'q' * 5000}": "",
        f"http://{label}.{label}.{label}.{label}.example/h.png": "",
        f"http://{label}.{label}.{label}.{label}.example/{'h' * 300}.png": "",
    }
    archive(tmp_path / "a", {url: whatwg(url) for url in urls})
    archive(
        tmp_path / "b",
        {url: whatwg(url) for url in urls},
        "--naming",
        "{host}-{host}/{stem}{stem}/{stem}-{hash}.{ext}",
    )


@pytest.mark.parametrize("name", [ids(50)])
def test_alike(name: str, tmp_path: Path) -> None:
    cafe = "café"
    urls = {
        f"{HOST}/Photo.png": "",
        f"{HOST}/photo.png": "",
        f"{HOST}/PHOTO.PNG": "",
        f"{HOST}/{unicodedata.normalize('NFC', cafe)}.png": "",
        f"{HOST}/{unicodedata.normalize('NFD', cafe)}.png": "",
        f"{HOST}/CAFE.png": "",
        f"{HOST}/stra\u00dfe.png": "",
        f"{HOST}/STRASSE.png": "",
        f"{HOST}/\ufb01le.png": "",
        f"{HOST}/file.png": "",
        f"{HOST}/\u212a.png": "",
        f"{HOST}/k.png": "",
        f"{HOST}/A/x.png": "",
        f"{HOST}/a/x.png": "",
    }
    site, _ = archive(tmp_path, {url: whatwg(url) for url in urls})
    assert len({asset["path"].lower() for asset in site.records("asset")}) == len(urls) + 1


def same_picture(count: int) -> tuple[str, ...]:
    return tuple(f"http://h{number}.example/image.png" for number in range(count))


@pytest.mark.parametrize("name", [ids(51)])
def test_equal_basenames(name: str, tmp_path: Path) -> None:
    folders = tuple(f"{HOST}/{number}/image.png" for number in range(20))
    extensions = tuple(f"{HOST}/image{extension}" for extension in (".jpg", ".gif", ".png.jpg", ".webp", ""))
    for folder, template in {"a": "{host}/{stem}-{hash16}.{ext}", "b": "{stem}.{hash16}.{ext}"}.items():
        site, _ = archive(tmp_path / folder, (*folders, *extensions, *same_picture(10)), "--naming", template)
        assert len({asset["path"] for asset in site.records("asset")}) == 36


@pytest.mark.parametrize("name", [ids(52)])
def test_queries(name: str, tmp_path: Path) -> None:
    queries = ("", "?", "?a=1", "?a=2", "?A=1", "?a=1&b=2", "?b=2&a=1", "?a=%31", "?a=../../x", "?a=b/c.jpg")
    written = {f"{HOST}/i.php{query}": f"{HOST}/i.php{query}" for query in queries}
    site, _ = archive(tmp_path, {**written, f"{HOST}/i.php?a=1#frame": f"{HOST}/i.php?a=1"})
    assets = {asset["url"]: asset["sha256"] for asset in site.records("asset")}
    assert len(set(assets.values())) == len(queries) + 1


PASSWORD = "correct-horse"


@pytest.mark.parametrize("name", [ids(53)])
def test_hosts(name: str, tmp_path: Path) -> None:
    urls = {
        "http://b\u00fccher.example/a.png": "http://xn--bcher-kva.example/a.png",
        "http://xn--bcher-kva.example/b.png": "http://xn--bcher-kva.example/b.png",
        "http://B\u00dcCHER.example/c.png": "http://xn--bcher-kva.example/c.png",
        "http://\u4e2d\u6587.example/d.png": "http://xn--fiq228c.example/d.png",
        "http://ex\u00adample.example/e.png": "http://example.example/e.png",
        "http://x.example:80/f.png": "http://x.example/f.png",
        "http://x.example:8080/g.png": "http://x.example:8080/g.png",
        "http://x.example:8081/g.png": "http://x.example:8081/g.png",
        "http://x.example./h.png": "http://x.example./h.png",
        "http://under_score.example/i.png": "http://under_score.example/i.png",
        "http://owner@x.example/j.png": "http://x.example/j.png",
        "http://@x.example/k.png": "http://x.example/k.png",
        "http://good.example@x.example/l.png": "http://x.example/l.png",
        "http://x.example/m@n:o.png": "http://x.example/m@n:o.png",
        "http://x.example/?u=http://a:b@c/n.png": "http://x.example/?u=http://a:b@c/n.png",
    }
    site, _ = archive(tmp_path / "a", urls)
    folders = {asset["path"].split("/")[0] for asset in site.records("asset")}
    assert {"xn--bcher-kva.example", "x.example-8080", "x.example-8081"} <= folders
    check_passwords(tmp_path / "b")


def check_passwords(folder: Path) -> None:
    """A password goes to no server and into no record; its reference is left, and told without it."""
    urls = [
        f"http://me:{PASSWORD}@x.example/a.png",
        f"http://:{PASSWORD}@x.example/b.png",
        f"http://me:{PASSWORD}@x.example:port/c.png",
        f"HTTP://me:{PASSWORD}@X.example/d.png",
        f"http://me&#58;{PASSWORD}@x.example/e.png",
        f"//me:{PASSWORD}@x.example/f.png",
    ]
    with Origin(Web()) as origin:
        text = "---\ntitle: A post\n---\n" + "".join(f"\n![a]({url})\n" for url in (*urls, GOOD_URL))
        site = Site(folder, origin, {"post.md": text})
        done = site.archive("-vv")
        assert done.code == 0, done
        report: Any = done.json()
        told = measure("archive", "-vv", *site.network, cwd=folder)
        assert [request.path for request in origin.requests] == [GOOD_PATH]
    site.check()
    passed = [each for each in report["skipped"] if each["reason"] == "credentials"]
    assert sorted(each["locations"][0]["line"] for each in passed) == [place(n)["line"] for n in range(6)]
    assert {"http://x.example/a.png", "http://x.example:port/c.png"} <= {each["url"] for each in passed}
    for stream in (done.stdout, done.stderr, told.stdout, told.stderr):
        assert PASSWORD not in stream
    for file in folder.rglob("*"):
        if file.is_file() and file.name != "post.md":
            assert PASSWORD.encode() not in file.read_bytes(), file
    assert all(f"({url})" in site.text("post.md") for url in urls)
    assert f"({GOOD_URL})" not in site.text("post.md")
    with pytest.raises(AssertionError):
        problem(report, urls[0])

"""`holdfast offline` through the command line: a built site in, a copy out, remote parts from loopback."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from tests import pictures
from tests.commands import environment, holdfast
from tests.offline.worlds import BASE, World
from tests.servers import Origin, Reply, Request

from holdfast.prove.proving import prove

A, B = pictures.png(), pictures.png(seed=3)
WEB: dict[str, tuple[str, bytes]] = {
    "/a.png": ("image/png", A),
    "/b.png": ("image/png", B),
    "/sheet.css": ("text/css", b"@import 'more.css'; body { background: url(a.png) }"),
    # an import in a circle
    "/more.css": ("text/css", b"@import url(sheet.css); p { background: url('b.png') }"),
    "/cyrillic.css": ("text/css; charset=windows-1251", "p::before { content: 'Ж' }".encode("cp1251")),
    "/frame.html": ("text/html", b"<!doctype html><img src=a.png><iframe src=frame2.html></iframe>"),
    "/frame2.html": ("text/html", b"<!doctype html><p>too deep"),
    "/script.js": ("text/javascript", b"document.title = 'js'"),
    "/drawing.svg": (
        "image/svg+xml",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="b.png"/></svg>',
    ),
    "/error.css": ("text/css", b"<!doctype html><title>not found</title>"),
}

Site = Mapping[str, str | bytes]


def write(folder: Path, files: Site) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    async def answer(request: Request) -> Reply:
        found = WEB.get(request.path)
        if found is None:
            return Reply(status=404)
        tag = f'"{len(found[1])}"'
        if dict(request.headers).get("if-none-match") == tag:
            return Reply(status=304, headers={"ETag": tag})
        return Reply(body=found[1], headers={"Content-Type": found[0], "ETag": tag})

    with Origin(answer) as origin:
        yield World(tmp_path, origin)


def html(body: str, head: str = "") -> str:
    return f"<!doctype html>\n<html><head><title>t</title>{head}</head>\n<body>{body}</body></html>\n"


def test_everything_is_inside_and_every_inner_link_is_relative(world: World) -> None:
    site = write(world.public, {
        "index.html": html(
            '<a href="/post/foo/">foo</a><a href="https://blog.example/post/foo/#x">foo</a>'
            '<a href="https://other.example/">other</a><a href="//other.example/p">other</a>'
            '<img src="http://cdn.lan/a.png" srcset="http://cdn.lan/a.png 1x, http://cdn.lan/b.png 2x">'
            '<iframe src="http://cdn.lan/frame.html"></iframe><img src="http://cdn.lan/drawing.svg">'
            '<script src="http://cdn.lan/script.js" integrity="sha256-x" crossorigin></script>',
            '<link rel="stylesheet" href="http://cdn.lan/sheet.css"><link rel=preconnect href=http://cdn.lan>',
        ),
        "post/foo/index.html": html('<h1 id="x">Foo</h1><a href="../../">home</a><img src="/own.png">'),
        "own.png": A,
        "index.xml": "<?xml version='1.0'?><rss version='2.0'></rss>",
    })  # fmt: skip
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    said = world.offline().json()
    page = world.page()
    assert 'href="post/foo/index.html"' in page
    assert 'href="post/foo/index.html#x"' in page
    assert page.count("https://other.example/") == 2
    assert "cdn.lan/" not in page.replace("_holdfast/cdn.lan/", "")
    assert "integrity" not in page
    assert "crossorigin" not in page
    assert "preconnect" not in page
    assert "data-holdfast-seal" in page
    assert world.page("post/foo/index.html").count('"../../') == 2
    assert sorted(said["feeds"]) == ["index.xml"]
    assert (said["pages"], said["missing"], said["outside"]) == (2, [], 2)
    # one file a URL; the frame's own frame is left out, and said so
    assert len(world.stored(".png")) == 2
    assert len(world.stored(".css")) == 2
    assert [passed["reason"] for passed in said["skipped"]] == ["page"]
    sheet = next(name for name in world.stored(".css") if "sheet" in name)
    assert b"url(a-" in world.files()[sheet]
    drawing = world.files()[world.stored(".svg")[0]]
    assert b'href="b-' in drawing
    # the site was only read, and nothing of the work is left beside the copy
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in world.folder.iterdir()) == ["copy", "public"]
    assert holdfast("verify", "copy", cwd=world.folder).code == 0


def test_a_second_run_asks_by_validators_and_writes_nothing(world: World) -> None:
    write(world.public, {
        "index.html": html('<img src="http://cdn.lan/a.png">', '<link rel=stylesheet href="http://cdn.lan/sheet.css">'),
    })  # fmt: skip
    world.offline()
    before = {name: (world.copy / name).stat().st_mtime_ns for name in world.files()}
    asked = len(world.origin.requests)
    said = world.offline().json()
    assert (said["new"], said["removed"], said["fetched"], said["unchanged"]) == ([], [], 0, 4)
    assert {name: (world.copy / name).stat().st_mtime_ns for name in world.files()} == before
    assert all("if-none-match" in dict(request.headers) for request in world.origin.requests[asked:])


def test_a_refresh_writes_what_changed_and_removes_what_is_gone(world: World) -> None:
    write(world.public, {"index.html": html("one"), "old/index.html": html("old"), "same.css": "p {}"})
    world.offline()
    shutil.rmtree(world.public / "old")
    write(world.public, {"index.html": html('<img src="http://cdn.lan/a.png">'), "new.html": html("new")})
    said = world.offline().json()
    assert said["new"] == [world.stored(".png")[0], "index.html", "new.html"]
    assert said["removed"] == ["old/index.html"]
    assert not (world.copy / "old").exists()
    assert holdfast("verify", "copy", cwd=world.folder).code == 0


def test_what_cannot_be_had_is_a_placeholder_and_never_a_request(world: World) -> None:
    write(world.public, {
        "index.html": html(
            '<img src="http://cdn.lan/gone.png" alt="x">',
            '<link rel=stylesheet href="http://cdn.lan/error.css">',
        ),
    })  # fmt: skip
    said = world.offline(code=2).json()
    assert {(each["url"], each["reason"]) for each in said["missing"]} == {
        ("http://cdn.lan/gone.png", "http-404"),
        ("http://cdn.lan/error.css", "not-media"),
    }
    assert said["missing"][1]["locations"] == [{"path": "index.html", "line": 3, "column": 17}]
    page = world.page()
    assert 'data-holdfast-src="http://cdn.lan/gone.png"' in page
    assert 'src="_holdfast/missing/image.svg"' in page
    assert 'href="_holdfast/missing/style.css"' in page
    assert world.stored(".svg") == ["_holdfast/missing/image.svg"]


def test_a_link_to_a_page_that_was_never_built_leads_to_the_published_site(world: World) -> None:
    write(world.public, {"index.html": html('<a href="/draft/">d</a>')})
    said = world.offline().json()
    assert [each["url"] for each in said["unbuilt"]] == [f"{BASE}draft/"]
    assert f'href="{BASE}draft/"' in world.page()


def test_text_keeps_its_meaning_whatever_its_encoding(world: World) -> None:
    russian = html(
        "Привет", '<meta charset="windows-1251"><link rel=stylesheet href="http://cdn.lan/cyrillic.css">'
    )
    chinese = html('<img src="http://cdn.lan/a.png" alt="图">', '<meta charset="gb18030">')
    write(world.public, {"index.html": russian.encode("cp1251"), "zh.html": chinese.encode("gb18030")})
    world.offline()
    assert "Привет" in (world.copy / "index.html").read_bytes().decode("cp1251")
    assert 'alt="图"' in (world.copy / "zh.html").read_bytes().decode("gb18030")
    # nothing tells its encoding from file:// but its own bytes
    assert "Ж" in (world.copy / world.stored(".css")[0]).read_bytes().decode("utf-8-sig")


def test_what_a_browser_takes_from_no_other_file_stands_in_the_page(world: World) -> None:
    mask = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="9"/></svg>'
    write(world.public, {
        "index.html": html(
            '<p style="mask: url(/mask.svg)">m</p><p style="background: url(/mask.svg)">b</p>'
            '<video><track src="http://cdn.lan/gone.vtt"></video><svg><use href="/icons.svg#a"/></svg>'
        ),
        "mask.svg": mask,
        "icons.svg": mask,
    })  # fmt: skip
    said = world.offline(code=2).json()
    page = world.page()
    assert 'style="mask: url(data:image/svg+xml;base64,' in page
    assert 'style="background: url(mask.svg)"' in page
    assert 'data-holdfast-src="http://cdn.lan/gone.vtt" src="data:text/vtt;base64,' in page
    assert [(notice["code"], notice["path"]) for notice in said["notices"]] == [("use", "index.html")]
    assert 'href="icons.svg#a"' in page


def test_a_template_expression_is_never_asked_for(world: World) -> None:
    write(
        world.public,
        {"index.html": html('<img src="http://cdn.lan/{{x}}.png"><a href="http://cdn.lan/{{x}}">l</a>')},
    )
    said = world.offline().json()
    assert [each["reason"] for each in said["skipped"]] == ["dynamic"]
    assert 'src="_holdfast/missing/image.svg"' in world.page()
    assert '<a href="http://cdn.lan/{{x}}">' in world.page()
    assert world.origin.requests == []


def test_no_style_sheet_asks_from_within_a_url_or_for_an_expression(world: World) -> None:
    write(world.public, {
        "index.html": html("", '<link rel=stylesheet href="a.css"><link rel=stylesheet href="plain.css">'),
        "a.css": "@import \"data:text/css,@import 'http://cdn.lan/sheet.css';\";\n"
        "p { background: url('http://cdn.lan/{{x}}.png') }\n",
        "plain.css": "@import 'data:text/css,p{color:red}';\np { background: url(own.png) }\n",
        "own.png": A,
    })  # fmt: skip
    said = world.offline().json()
    assert "cdn.lan" not in world.page("a.css")
    assert "_holdfast/missing/image.svg" in world.page("a.css")
    assert world.page("plain.css") == (world.public / "plain.css").read_text()
    assert ("data-uri", "a.css") in [(notice["code"], notice["path"]) for notice in said["notices"]]
    assert world.origin.requests == []


def test_a_page_in_utf_16_is_read_and_sealed_like_any_other(world: World) -> None:
    write(world.public, {"index.html": html('图 <img src="http://cdn.lan/a.png">').encode("utf-16")})
    said = world.offline().json()
    assert said["notices"] == []
    page = (world.copy / "index.html").read_bytes().decode("utf-8-sig")
    assert 'src="_holdfast/cdn.lan/a-' in page
    assert "图" in page
    assert "data-holdfast-seal" in page


def test_a_page_that_nobody_can_read_never_asks_the_network(world: World) -> None:
    broken = html('<img src="http://cdn.lan/a.png">').encode("utf-16") + b"\x00\xd8x"
    write(world.public, {"index.html": html("home"), "broken.html": broken})
    said = world.offline(code=2).json()
    assert [(notice["path"], notice["severe"]) for notice in said["notices"]] == [("broken.html", True)]
    assert "missing in this copy" in world.page("broken.html")


def test_names_that_no_usb_stick_takes(world: World) -> None:
    write(world.public, {
        "index.html": html('<img src="a%3Ab.png"><a href="page.html?p=2">2</a>'),
        "a:b.png": A,
        "page.html?p=2": html("two"),
    })  # fmt: skip
    world.offline()
    assert not [name for name in world.files() if set(name) & set(':?*"<>|')]
    page = world.page()
    for name in (name for name in world.files() if name not in ("index.html", "holdfast.json")):
        assert f'"{quote(name)}"' in page


def test_families_and_sizes_that_are_not_wanted(world: World) -> None:
    write(world.public, {
        "index.html": html('<video src="/film.mp4"></video><video src="http://cdn.lan/v.mp4"></video>'),
        "film.mp4": b"\0\0\0\x18ftypisom",
    })  # fmt: skip
    said = world.offline("--skip", "video").json()
    assert [each["url"] for each in said["skipped"]] == ["http://cdn.lan/v.mp4", f"{BASE}film.mp4"]
    assert "film.mp4" not in world.files()
    assert world.origin.requests == []


def test_max_total_stops_before_it_is_passed(world: World) -> None:
    write(
        world.public, {"index.html": html('<img src="http://cdn.lan/a.png"><img src="http://cdn.lan/b.png">')}
    )
    said = world.offline("--max-total", str(max(len(A), len(B)) + 1), code=2).json()
    assert [each["reason"] for each in said["skipped"]] == ["budget"]
    assert len(world.stored(".png")) == 1


def test_what_says_that_it_passes_max_total_is_not_even_fetched(world: World) -> None:
    write(world.public, {"index.html": html('<img src="http://cdn.lan/a.png">')})
    said = world.offline("--max-total", "9", code=2).json()
    assert [(each["url"], each["reason"]) for each in said["skipped"]] == [("http://cdn.lan/a.png", "budget")]
    assert said["missing"] == []
    assert world.stored(".png") == []


def test_a_killed_run_leaves_no_half_made_copy_and_the_next_goes_on(world: World) -> None:
    write(
        world.public,
        {"index.html": html('<img src="http://cdn.lan/a.png"><img src="http://slow.lan/b.png">')},
    )
    gate = Origin({"/b.png": Reply(delay=30)})
    with gate:
        command = [
            sys.executable, "-m", "holdfast", "offline", "public", "copy", "--base-url", BASE, "--proxy", "",
            "--connect-to", gate.connect_to("slow.lan", 80), "--connect-to", world.origin.connect_to(),
        ]  # fmt: skip
        with subprocess.Popen(
            command, cwd=world.folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            journal = world.folder / ".copy.holdfast" / "staging" / "journal.jsonl"
            while not gate.requests or not journal.is_file() or b"a.png" not in journal.read_bytes():
                assert running.poll() is None
                time.sleep(0.05)
            running.send_signal(signal.SIGKILL)
    assert not world.copy.exists()
    asked = len(world.origin.requests)
    world.offline()
    # what had arrived whole is not asked for again
    assert [request.path for request in world.origin.requests[asked:]] == ["/b.png"]
    assert sorted(path.name for path in world.folder.iterdir()) == ["copy", "public"]


BAD: list[tuple[str, Site, tuple[str, ...], str]] = [
    # (what is wrong, the folder, arguments, what is said)
    ("no such folder", {}, ("gone", "copy"), "there is no such folder"),
    ("no page", {"site/a.png": A}, ("site", "copy"), "holds no HTML page"),
    ("a source", {"site/hugo.toml": "", "site/content/a.md": ""}, ("site", "copy"), "source of a Hugo site"),
    ("inside", {"site/index.html": html("")}, ("site", "site/copy"), "is inside"),
    ("around", {"copy/site/index.html": html("")}, ("copy/site", "copy"), "is inside"),
    ("not ours", {"site/index.html": html(""), "copy/mine.txt": ""}, ("site", "copy"), "is not empty"),
    ("a file", {"site/index.html": html(""), "copy": ""}, ("site", "copy"), "is a file"),
    ("no base", {"site/index.html": html("")}, ("site", "copy"), "not known where the site is published"),
    ("no URL", {"site/index.html": html("")}, ("site", "copy", "--base-url", "blog"), "no http or https URL"),
    (
        "another base",
        {"site/index.html": html("", '<link rel=canonical href="https://real.example/">')},
        ("site", "copy", "--base-url", BASE),
        "write --base-url https://real.example/",
    ),
    (
        "no such family",
        {"site/index.html": html("")},
        ("site", "copy", "--base-url", BASE, "--skip", "films"),
        "--skip films",
    ),
]


@pytest.mark.parametrize(
    ("files", "arguments", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_bad_input(tmp_path: Path, files: Site, arguments: tuple[str, ...], said: str) -> None:
    write(tmp_path, files)
    before = sorted(path for path in tmp_path.rglob("*"))
    done = holdfast("offline", *arguments, cwd=tmp_path)
    assert done.code == 3, done
    assert said in done.stderr
    assert "→" in done.stderr
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_the_base_url_is_found_in_the_pages(world: World) -> None:
    canonical = '<link rel="canonical" href="https://found.example/blog/post/a/">'
    write(
        world.public,
        {"post/a/index.html": html('<a href="/blog/">home</a>', canonical), "index.html": html("")},
    )
    done = holdfast("offline", "public", "copy", "--format", "json", cwd=world.folder)
    assert done.code == 0, done
    assert done.json()["base_url"] == "https://found.example/blog/"
    assert 'href="../../index.html"' in world.page("post/a/index.html")


def test_verify_tells_what_became_of_a_copy(world: World) -> None:
    write(world.public, {"index.html": html("one"), "a.css": "p {}", "b.css": "q {}"})
    world.offline()
    (world.copy / "a.css").write_text("p { color: red }")
    (world.copy / "b.css").unlink()
    (world.copy / "mine.txt").write_text("")
    done = holdfast("verify", "copy", "--format", "json", cwd=world.folder)
    assert done.code == 2
    said = done.json()
    assert {(fault["path"], fault["kind"]) for fault in said["faults"]} == {
        ("a.css", "changed"),
        ("b.css", "missing"),
    }
    assert [note["path"] for note in said["notes"]] == ["mine.txt"]
    # the next run mends it, and leaves what is not its own
    world.offline()
    assert holdfast("verify", "copy", cwd=world.folder).code == 0
    assert (world.copy / "mine.txt").exists()


@pytest.mark.slow
def test_a_copy_is_proved_in_a_browser_also_after_it_was_moved(world: World) -> None:
    web = f"http://127.0.0.1:{world.origin.port}"
    write(world.public, {
        "index.html": html(
            f'<img src="{web}/a.png"><a href="/post/">p</a>', f'<link rel=stylesheet href="{web}/sheet.css">'
        ),
        "post/index.html": html(f'<img loading=lazy src="{web}/b.png" style="margin-top: 3000px">'),
    })  # fmt: skip
    done = world.offline("--allow-private", "--prove").json()
    assert done["proof"] == "proved", (world.folder / "copy-proof" / "proof.json").read_text()
    moved = world.copy.rename(world.folder / "elsewhere")
    assert web not in (world.folder / "copy-proof" / "proof.html").read_text()
    assert holdfast("verify", str(moved), cwd=world.folder).code == 0
    shutil.rmtree(world.public)
    again = prove(moved, pages=["index.html", "post/index.html"], out=world.folder / "again")
    assert again.verdict == "proved", again.findings


@pytest.mark.slow
def test_what_a_script_computes_is_found_by_the_proof(world: World) -> None:
    write(world.public, {
        "index.html": html("<script>new Image().src = 'https://' + 'tracker.example/' + 'x.png'</script>"),
    })  # fmt: skip
    done = world.offline("--prove", code=2).json()
    assert done["proof"] == "not-proved"
    assert "tracker.example/x.png" in (world.folder / "copy-proof" / "proof.json").read_text()


def build(folder: Path, files: Site, *command: str) -> None:
    """Run a real generator."""
    write(folder, files)
    program = Path(sysconfig.get_path("scripts")) / command[0]
    done = subprocess.run(
        [program, *command[1:]], cwd=folder, capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_site_of_material_for_mkdocs_is_proved_with_its_search(world: World) -> None:
    """Its error page names its files from the site's root, and its search wants a worker."""
    picture = f"http://127.0.0.1:{world.origin.port}/a.png"
    theme = "theme: {name: material, font: false}\n"
    build(world.folder, {
        "mkdocs.yml": f"site_name: Kelp\nsite_url: {BASE}docs/\nsite_dir: public\n{theme}",
        "docs/index.md": f"# Home\n\n![kelp]({picture})\n\n[rock](rock/index.md) :smile:\n",
        "docs/rock/index.md": "# Rock\n\n```python\nprint('holdfast')\n```\n\n![own](../own.png)\n",
        "docs/own.png": A,
    }, "mkdocs", "build", "--quiet")  # fmt: skip
    said = world.offline("--base-url", f"{BASE}docs/", "--allow-private", "--prove=all").json()
    assert said["proof"] == "proved", (world.folder / "copy-proof" / "proof.json").read_text()
    assert (said["missing"], said["unbuilt"]) == ([], [])
    assert [told.partition(" (")[0] for told in said["searches"]] == [
        "MkDocs Material: this search box works in the copy"
    ]
    assert picture not in world.page()


@pytest.mark.slow
def test_a_site_of_hugo_below_a_path_is_proved(world: World) -> None:
    picture, sheet = (f"http://127.0.0.1:{world.origin.port}/{name}" for name in ("b.png", "sheet.css"))
    layout = (
        '<!doctype html><html><head><meta charset="utf-8"><title>{{ .Title }}</title>'
        '<link rel="canonical" href="{{ .Permalink }}">'
        '<link rel="stylesheet" href="{{ "main.css" | relURL }}"></head>'
        '<body><a href="{{ site.Home.RelPermalink }}">home</a>{{ .Content }}'
        "{{ range .Pages }}<a href='{{ .Permalink }}'>{{ .Title }}</a>{{ end }}</body></html>"
    )
    build(world.folder, {
        "hugo.toml": f'baseURL = "{BASE}blog/"\ndisableKinds = ["taxonomy", "term"]\n',
        "layouts/_default/list.html": layout,
        "layouts/_default/single.html": layout,
        "static/main.css": f"@import '{sheet}'; body {{ background: url(own.png) }}",
        "static/own.png": A,
        "content/post/一.md": f"---\ntitle: 一\n---\n![b]({picture}) [back](/blog/)\n",
    }, "hugo", "--quiet")  # fmt: skip
    done = holdfast(
        "offline", "public", "copy", "--allow-private", "--proxy", "", "--prove=all", "--format", "json",
        cwd=world.folder,
    )  # fmt: skip
    assert done.code == 0, done
    said = done.json()
    assert (said["base_url"], said["proof"]) == (f"{BASE}blog/", "proved")
    assert "index.xml" in said["feeds"]
    assert picture not in (world.copy / "post" / "一" / "index.html").read_text()

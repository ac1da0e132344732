"""Search boxes of a copy, typed into with Chromium from ``file://``: a result appears, its page opens."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from tests.offline.sites.copying import chromium, copied, mkdocs, opened, written
from tests.offline.sites.shapes import BASE, SHAPES, Shape, page

from holdfast.offline import search, shim

pytestmark = pytest.mark.slow  # a browser is opened

DOCUMENTS = {
    "index.md": "# Home\n\nNothing here.\n",
    "guide/start.md": "# Start\n\nA holdfast anchors *bladderwrack* to rock.\n",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


# -- real sites ---------------------------------------------------------------------------------------------

MKDOCS = "site_name: Kelp\nsite_url: https://docs.example/\n"
THEMES = {
    "mkdocs": "theme: {name: mkdocs, highlightjs: false}\nplugins: [{search: {lang: [en, de]}}]\n",
    "readthedocs": "theme: {name: readthedocs, highlightjs: false}\n",
    "material": "theme: {name: material, font: false}\nplugins: [{search: {lang: [en, de]}}]\n",
}
OPENERS = {"mkdocs": "[data-bs-target='#mkdocs_search_modal']", "material": ".md-search__input"}
BOXES = {"mkdocs": "#mkdocs-search-query", "material": ".md-search__input"}
HITS = {"mkdocs": "#mkdocs-search-results a", "material": ".md-search-result__link"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Each theme's site, by the real MkDocs; two at a time."""
    folder = tmp_path_factory.mktemp("mkdocs")
    with ThreadPoolExecutor(2) as pool:
        sites = {
            theme: pool.submit(mkdocs, folder / theme, MKDOCS + settings, DOCUMENTS)
            for theme, settings in THEMES.items()
        }
    return {theme: site.result() for theme, site in sites.items()}


@pytest.mark.parametrize("theme", ["mkdocs", "material"])
@pytest.mark.sites
def test_a_real_site_is_searched(
    tmp_path: Path, browser: Browser, built: Mapping[str, Path], theme: str
) -> None:
    copy = tmp_path / "a copy #1%"
    used = copied(built[theme], copy, "https://docs.example/")
    assert [one.works for one in used["guide/start/index.html"]] == [True]
    with opened(browser, (copy / "index.html").as_uri()) as (view, asked, faults):
        view.locator(OPENERS[theme]).first.click()
        view.locator(BOXES[theme]).press_sequentially("bladderwrack", delay=20)
        view.locator(HITS[theme]).first.click()
        view.wait_for_url(lambda url: "start/index.html" in url)
        assert "bladderwrack" in view.locator("body").inner_text()
        assert (asked, faults) == ([], [])


@pytest.mark.sites
def test_the_readthedocs_theme_shows_results_on_a_page_of_their_own(
    tmp_path: Path, browser: Browser, built: Mapping[str, Path]
) -> None:
    copied(built["readthedocs"], tmp_path / "copy", "https://docs.example/")
    with opened(browser, (tmp_path / "copy" / "index.html").as_uri()) as (view, asked, faults):
        view.fill("#rtd-search-form input", "bladderwrack")
        view.press("#rtd-search-form input", "Enter")
        view.locator("#mkdocs-search-results a").first.click()
        view.wait_for_url(lambda url: "start/index.html" in url)
        assert (asked, faults) == ([], [])


# -- the shapes of themes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_shape_is_searched(tmp_path: Path, browser: Browser, shape: Shape) -> None:
    site = written(tmp_path / "site", shape.files)
    used = copied(site, tmp_path / "copy", BASE)
    assert [one.name for one in used[shape.page]] == [shape.name]
    with opened(browser, (tmp_path / "copy" / shape.page).as_uri()) as (view, asked, faults):
        view.locator(shape.box).press_sequentially("kelp", delay=20)
        view.locator("a.hit").first.click()
        view.wait_for_url((tmp_path / "copy" / shape.target).as_uri())
        assert (asked, faults) == ([], [])


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_without_the_shim_it_finds_nothing(tmp_path: Path, browser: Browser, shape: Shape) -> None:
    site = written(tmp_path / "site", shape.files)
    with opened(browser, (site / shape.page).as_uri()) as (view, _, _):
        view.locator(shape.box).press_sequentially("kelp", delay=20)
        view.wait_for_timeout(100)
        assert view.locator("a.hit").count() == 0


# -- the shim by itself -------------------------------------------------------------------------------------


def shimmed(
    folder: Path, body: str, files: dict[str, str], *, workers: dict[str, list[str]] | None = None
) -> Path:
    written(folder, files | {"index.html": page(body)})
    (folder / shim.FOLDER / "data").mkdir(parents=True)
    data = [path for path in files if path.startswith("data/")]
    (folder / shim.CODE).write_bytes(shim.code("https://x.example", data, workers))
    (folder / shim.PAGES).write_bytes(shim.pages(["index.html"]))
    for path in data:
        (folder / shim.data_path(path)).write_bytes(shim.packed(path, files[path].encode()))
    text = (folder / "index.html").read_bytes().replace(b"<title", shim.tag("") + b"<title")
    (folder / "index.html").write_bytes(text)
    return folder / "index.html"


SCRIPTS: list[tuple[str, str, object]] = [
    ("a packed file is fetched", 'fetch("data/a.json").then(r => r.json())', {"a": "海"}),
    (
        "with its status and address",
        'fetch("/data/a.json").then(r => r.status + r.url.slice(-7))',
        "200/a.json",
    ),
    (
        "by its address online",
        'fetch("http://x.example/data/a.json?v=1#x").then(r => r.text())',
        '{"a":"海"}',
    ),
    ("a file that was not packed is refused as before", 'fetch("b.json").catch(e => e.name)', "TypeError"),
    ("and what is sent", 'fetch("data/a.json", {method: "POST"}).catch(e => e.name)', "TypeError"),
    ("and another site", 'fetch("https://y.example/data/a.json").catch(e => e.name)', "TypeError"),
    ("a member of every object is no packed file", 'fetch("toString").catch(e => e.name)', "TypeError"),
    ("an aborted request stays silent", "aborted()", "aborted"),
    ("one object, asked twice", "twice()", ['{"a":"海"}', '{"b":1}']),
    ("events come in their order", "events()", "readystatechange 1,2,3,4,load,loadend"),
    ("bytes are UTF-8", "bytes()", 11),
    ("a worker answers", 'work("work.js", 20)', 42),
    ("a worker imports what was packed at once", 'work("import.js", 20)', 43),
    ("a worker's error is told, if muted", 'work("broken.js", 1)', "Script error."),
    ("a worker that is missing is told", 'work("missing.js", 1).then(e => /missing.js/.test(e))', True),
    ("a terminated worker is silent", "terminated()", "silent"),
    ("a worker of a blob is the browser's own", "blobbed()", 7),
    ("a worker is a Worker", 'new Worker("work.js") instanceof Worker', True),
]

HELP = """<script>
function request(url, ready) {
  return new Promise(function (done) {
    var xhr = new XMLHttpRequest(); xhr.open("GET", url); ready(xhr, done); xhr.send();
  });
}
function aborted() {
  return request("data/a.json", function (xhr, done) {
    xhr.onload = function () { done("loaded"); };
    setTimeout(function () { done("aborted"); }, 300);
    Promise.resolve().then(function () { xhr.abort(); });
  });
}
async function twice() {
  var xhr = new XMLHttpRequest(), got = [];
  for (var url of ["data/a.json", "data/b.json"]) {
    await new Promise(function (done) { xhr.onload = done; xhr.open("GET", url); xhr.send(); });
    got.push(xhr.responseText);
  }
  return got;
}
function events() {
  return new Promise(function (done) {
    var seen = [], xhr = new XMLHttpRequest();
    xhr.onreadystatechange = function () { seen.push(xhr.readyState); };
    xhr.onload = function () { seen.push("load"); };
    xhr.onloadend = function () { seen.push("loadend"); done("readystatechange " + seen); };
    xhr.open("GET", "data/a.json"); xhr.send();
  });
}
function bytes() {
  return request("data/a.json", function (xhr, done) {
    xhr.responseType = "arraybuffer"; xhr.onload = function () { done(xhr.response.byteLength); };
  });
}
function work(url, number) {
  return new Promise(function (done) {
    var worker = new Worker(url);
    worker.onmessage = function (event) { done(event.data.answer); };
    worker.onerror = function (event) { event.preventDefault(); done(event.message); };
    worker.postMessage({number: number});
  });
}
function terminated() {
  return new Promise(function (done) {
    var worker = new Worker("work.js");
    worker.addEventListener("message", function () { done("spoke"); });
    worker.postMessage({number: 1});
    worker.terminate();
    setTimeout(function () { done("silent"); }, 300);
  });
}
function blobbed() {
  return new Promise(function (done) {
    var worker = new Worker(URL.createObjectURL(new Blob(["postMessage(7)"])));
    worker.onmessage = function (event) { done(event.data); };
  });
}
</script>"""

FILES = {
    "data/a.json": '{"a":"海"}',
    "data/b.json": '{"b":1}',
    "b.json": "{}",
    "data/twice.js": "function twice(n) { return 2 * n; }",
    "work.js": "onmessage = function (e) { postMessage({answer: e.data.number * 2 + 2}); };",
    "import.js": "importScripts('data/twice.js'); var top = 3;"
    "addEventListener('message', function (e) { self.postMessage({answer: twice(e.data.number) + 3}); });",
    "broken.js": "throw new Error('broken')",
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Callable[[str], object]]:
    """Runs a script in a page of a copy."""
    path = shimmed(tmp_path_factory.mktemp("bench"), HELP, FILES, workers={"import.js": ["data/twice.js"]})
    with opened(browser, path.as_uri()) as (view, _, _):
        yield view.evaluate


@pytest.mark.parametrize(
    ("script", "expected"), [row[1:] for row in SCRIPTS], ids=[row[0] for row in SCRIPTS]
)
def test_the_shim_stands_in_for_what_is_refused(
    bench: Callable[[str], object], script: str, expected: object
) -> None:
    assert bench(script) == expected


TWINS = [
    ("a twin", '<script type="module" src="m.js"></script><script nomodule>done="twin"</script>', "twin"),
    ("no module", '<script nomodule>done="twin"</script>', "none"),
    (
        "an inline module runs",
        '<script type=module>done="module"</script><script nomodule>done="twin"</script>',
        "module",
    ),
]


@pytest.mark.parametrize(("body", "expected"), [row[1:] for row in TWINS], ids=[row[0] for row in TWINS])
def test_the_twin_of_a_refused_module_runs(
    tmp_path: Path, browser: Browser, body: str, expected: str
) -> None:
    path = shimmed(tmp_path, f'<script>var done="none"</script>{body}', {"m.js": 'done="module"'})
    assert shim.has_twins(path.read_bytes()) == (expected != "none")
    with opened(browser, path.as_uri()) as (view, _, _):
        assert view.evaluate("done") == expected


# -- recognising --------------------------------------------------------------------------------------------

KNOWN: list[tuple[str, list[str], str, list[str]]] = [
    (
        "MkDocs",
        ["search/worker.js", "search/main.js", "search/search_index.json"],
        '<script src="search/main.js">',
        [],
    ),
    ("Sphinx", ["searchindex.js"], '<script src="_static/searchtools.js"></script>', []),
    ("mdBook", ["searchindex.json", "searchindex.js"], '<input type="search" id="searchbar">', []),
    ("Zola", ["search_index.en.js"], '<script src="/search_index.en.js">', []),
    ("GitBook", ["search_index.json"], '<script src="gitbook/gitbook-plugin-search/search.js">', []),
    ("Hextra", ["en.search-data.json"], '<input class="hextra-search-input x">', []),
    ("just-the-docs", ["assets/js/search-data.json"], '<input id="search-input" class="search-input">', []),
    ("LoveIt, DoIt, FixIt", ["index.json"], '<input id="search-input-desktop">', []),
    ("Congo, Blowfish", ["index.json"], "<div id=search-wrapper data-url=https://x/>", []),
    ("Stack", ["search/index.json"], '<form class="search-form" data-json="/search/index.json">', []),
    ("Hugo Learn, Relearn", ["index.json"], '<input data-search-input id="search-by" type="search">', []),
    ("Hugo with Fuse", ["index.json"], '<input id="search-query">', []),
    ("Hexo Icarus", ["content.json"], '<input class="searchbox-input" type="text">', []),
    ("Simple-Jekyll-Search", ["assets/js/data/search.json"], "<script>SimpleJekyllSearch({})", []),
    ("Pagefind", ["pagefind/pagefind.js"], '<script src="/pagefind/pagefind-ui.js">', [search.MODULES]),
    (
        "VitePress",
        ["assets/chunks/@localSearchIndexroot.x.js"],
        '<div class="VPNavBarSearch">',
        [search.MODULES],
    ),
    ("Quartz", ["static/contentIndex.json"], 'fetch("./static/contentIndex.json")', [search.MODULES]),
    ("Docusaurus", ["search-index.json"], '<div id="__docusaurus">', [search.ROUTED]),
    ("Algolia", [], '<script src="https://cdn.jsdelivr.net/npm/@docsearch/js@3">', [search.REMOTE]),
    ("Google", [], '<script async src="https://cse.google.com/cse.js?cx=1">', [search.REMOTE]),
    ("DuckDuckGo", [], '<form action="https://duckduckgo.com/">', [search.REMOTE]),
    ("Read the Docs", [], '<script src="/_/static/javascript/readthedocs-addons.js">', [search.REMOTE]),
    ("Typesense", [], '<script src="https://x/typesense-docsearch.min.js">', [search.REMOTE]),
    ("Meilisearch", [], '<script src="https://x/docs-searchbar.js/meilisearch.js">', [search.REMOTE]),
    ("Swiftype", [], '<script src="https://s.swiftype.com/install.js">', [search.REMOTE]),
]
BROWSED = {"MkDocs Material", *(shape.name for shape in SHAPES)} - {"Search"}


@pytest.mark.parametrize(("name", "paths", "body", "why"), KNOWN, ids=[row[0] for row in KNOWN])
def test_a_box_is_recognised(name: str, paths: list[str], body: str, why: list[str]) -> None:
    known = search.searches(["index.html", *paths], lambda path: b"")
    found = search.uses(page(body).encode(), known)
    assert [one.name for one in found] == [name]
    assert [one.why for one in found if not one.works] == why
    assert name in found[0].told
    assert not found[0].works or not found[0].why


def test_every_row_is_shown_here() -> None:
    assert {row.name for row in search.ROWS} == BROWSED | {row[0] for row in KNOWN}


@pytest.mark.parametrize(
    ("paths", "body"),
    [
        (["index.json"], "<p>We searched for a research pagefinder in search of worker.js</p>"),
        ([], '<form role="search"><input type="search"></form>'),
        (["data.json", "app.js"], '<input id="search-query">'),
        (["index.json"], '<p class="intro">id=searched</p>'),
    ],
    ids=["words", "a box without an index", "no index of a known name", "text"],
)
def test_nothing_is_seen_where_nothing_is(paths: list[str], body: str) -> None:
    assert search.uses(page(body).encode(), search.searches(["index.html", *paths], lambda path: b"")) == ()


def test_a_box_is_recognised_wherever_it_stands_in_a_page() -> None:
    known = search.searches(["index.json"], lambda path: b"")
    for before in (0, 99, 100, 101, 350, 399, 400, 401, 5000):
        text = "search " * (before // 7) + "x" * (before % 7)
        assert (
            search.uses(page(f'{text}<input id="searchInput">{text}').encode(), known)[0].name == "PaperMod"
        )


def test_a_book_that_imports_its_engine_is_named() -> None:
    paths = ["en.search-data.min.0a.json", "en.search.min.0a.js"]
    body = page('<input id="book-search-input">').encode()
    (found,) = search.uses(body, search.searches(paths, lambda path: b"Promise.all([import(e),fetch(d)])"))
    assert (found.works, found.why, found.data) == (False, search.MODULES, ())
    (found,) = search.uses(body, search.searches(paths, lambda path: b"loadScript(e)"))
    assert (found.works, found.data) == (True, ("en.search-data.min.0a.json",))


def test_an_index_of_one_section_is_not_packed() -> None:
    paths = ["index.json", "de/index.json", "posts/kelp/index.json"]
    (found,) = search.uses(page("<input id=searchInput>").encode(), search.searches(paths, lambda path: b""))
    assert found.data == ("de/index.json", "index.json")


def test_an_older_material_gets_its_index_packed() -> None:
    paths = ["assets/javascripts/workers/search.0a1b.min.js", "assets/javascripts/bundle.0a1b.min.js"]
    paths.append("search/search_index.json")
    (one, *_) = search.searches(paths, lambda path: b"fetch('search/search_index.json')")
    assert (one.data, one.declared) == (("search/search_index.json",), ())


# -- packing ------------------------------------------------------------------------------------------------


@given(st.text(), st.text(min_size=1))
def test_a_packed_text_comes_back(text: str, path: str) -> None:
    script = shim.packed(path, text.encode("utf-8", "surrogatepass")).decode("utf-8-sig")
    inside = script.removeprefix("holdfastOffline.data(").removesuffix(");\n")
    decoder = json.JSONDecoder()
    got, end = decoder.raw_decode(inside)
    assert got == path
    assert decoder.raw_decode(inside[end + 1 :])[0] == text.removeprefix("\ufeff")


@given(st.lists(st.text(min_size=1), unique=True))
def test_packed_files_have_legal_names_of_their_own(paths: list[str]) -> None:
    names = [shim.data_path(path) for path in paths]
    assert len({name.lower() for name in names}) == len(paths)
    assert all(
        name.removeprefix("_holdfast/shim/data/")
        .replace(".js", "")
        .replace("-", "")
        .replace("_", "")
        .isalnum()
        for name in names
    )


def test_a_page_that_has_another_name_in_the_copy_is_found() -> None:
    listed = shim.pages(
        ["a/index.html", "b.HTM", "con.html", "x.png"], {"con.html": "con_.html", "x.png": "y"}
    )
    assert listed == b'holdfastOffline.pages(["a/index.html","b.HTM"],{"con.html":"con_.html"});\n'


def linear(act: Callable[[bytes], object], small: bytes, large: bytes) -> bool:
    """Whether four times as much takes about four times as long; what takes no time at all counts as so."""

    def seconds(data: bytes) -> float:
        took = []
        for _ in range(3):
            start = time.process_time()
            act(data)
            took.append(time.process_time() - start)
        return min(took)

    return seconds(large) < 9 * max(seconds(small), 0.002)


HOSTILE = [
    b"<script ",
    b'id="',
    b'class="',
    b"class='search ",
    b"type=",
    b" nomodule",
    b"action=",
    b"search-",
]


@pytest.mark.parametrize("unit", HOSTILE, ids=repr)
def test_a_page_is_looked_through_in_linear_time(unit: bytes) -> None:
    known = search.searches([*(path for row in KNOWN for path in row[1]), "search.json"], lambda path: b"")
    assert linear(
        lambda body: (search.uses(body, known), shim.has_twins(body)),
        *(unit * (size // len(unit)) for size in (50_000, 200_000)),
    )


def test_a_large_index_is_packed_in_linear_time() -> None:
    index = json.dumps(
        [{"title": "海带 kelp \u2028", "text": "x" * 50}] * 10_000, ensure_ascii=False
    ).encode()
    assert linear(lambda data: shim.packed("index.json", data), index, index * 4)


def test_the_shim_lies_in_the_package(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    assert (root / "src/holdfast/offline/shim.js").read_bytes() in shim.code("https://x.example/", [])
    ignored = subprocess.run(["git", "check-ignore", "src/holdfast/offline/shim.js"], cwd=root, check=False)
    assert ignored.returncode == 1  # a wheel takes what git does not ignore

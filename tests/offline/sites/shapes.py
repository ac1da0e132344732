"""Small sites whose search boxes ask for their index in the ways that known themes do: files as text.

Each has a page to search from, and a page that holds the word ``kelp``. The scripts are ours, a few lines in
the theme's shape: what it asks for, how, and how its results link.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

BASE = "https://blog.example/docs/"


@dataclass(frozen=True, slots=True)
class Shape:
    """One such site."""

    name: str
    """The row of `search.ROWS` that it must be recognised by."""
    page: str
    """Where the box is."""
    box: str
    """Its selector."""
    files: Mapping[str, str]
    target: str = "posts/kelp/index.html"
    """Where the result must lead."""


def page(body: str) -> str:
    return f"<!doctype html><html><head><meta charset=utf-8><title>t</title></head><body>{body}</body></html>"


KELP = {"posts/kelp/index.html": page("<h1>Kelp and 海带</h1>"), "index.html": page("home")}

SHOW = """
function show(found) {
  document.getElementById("out").innerHTML = found.map(function (one) {
    return '<a class="hit" href="' + one.url + '">' + one.title + "</a>";
  }).join("");
}
function like(word) { return function (one) { return one.title.toLowerCase().indexOf(word) >= 0; }; }
"""


def index(**fields: str) -> str:
    return json.dumps([fields, {**fields, "title": "Rock </script> \u2028"}], ensure_ascii=False)


def xml(url: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><search><entry><title>Kelp 海带</title>'
        f"<url>{url}</url><content type='html'><![CDATA[<p>x</p>]]></content></entry></search>"
    )


PAPERMOD = Shape(
    "PaperMod",
    "search/index.html",
    "#searchInput",
    KELP
    | {
        "index.json": index(title="Kelp 海带", permalink=f"{BASE}posts/kelp/"),
        "search/index.html": page(
            '<input id="searchInput" type="search"><div id="out"></div><script>'
            + SHOW
            + """
var all = [], xhr = new XMLHttpRequest();
xhr.onreadystatechange = function () {
  if (xhr.readyState === 4 && xhr.status === 200) all = JSON.parse(xhr.responseText);
};
xhr.open('GET', "../index.json");
xhr.send();
document.getElementById("searchInput").onkeyup = function () {
  show(all.filter(like(this.value)).map(function (one) { return {url: one.permalink, title: one.title}; }));
};
</script>"""
        ),
    },
)

DOCSY = Shape(
    "Docsy",
    "posts/index.html",
    ".td-search-input",
    KELP
    | {
        "offline-search-index.0123456789abcdef.json": index(title="Kelp 海带", ref="/docs/posts/kelp/"),
        "posts/index.html": page(
            '<input type="search" class="form-control td-search-input" data-offline-search-base-href="/"'
            ' data-offline-search-index-json-src="/docs/offline-search-index.0123456789abcdef.json">'
            '<div id="out"></div><script>'
            + SHOW
            + """
var box = document.querySelector(".td-search-input"), all = [], xhr = new XMLHttpRequest();
xhr.open("GET", box.getAttribute("data-offline-search-index-json-src"), true);
xhr.responseType = "json";
xhr.setRequestHeader("X-Requested-With", "XMLHttpRequest");
xhr.onload = function () {
  if (xhr.status === 200 && /json/.test(xhr.getResponseHeader("Content-Type"))) all = xhr.response;
};
xhr.send();
box.addEventListener("input", function () {
  show(all.filter(like(box.value)).map(function (one) {
    var start = box.getAttribute("data-offline-search-base-href");
    return {url: start + one.ref.replace(/^\\//, ""), title: one.title};
  }));
});
</script>"""
        ),
    },
)

BOOK = Shape(
    "Hugo Book",
    "posts/other/index.html",
    "#book-search-input",
    KELP
    | {
        "en.search-data.min.0a1b2c3d.json": index(title="Kelp 海带", href="/docs/posts/kelp/"),
        "en.search.min.0a1b2c3d.js": SHOW
        + """
var input = document.querySelector("#book-search-input"), all = null;
input.addEventListener("focus", function () {
  fetch("/docs/en.search-data.min.0a1b2c3d.json").then(function (r) { return r.json(); })
    .then(function (data) { all = data; find(); });
}, {once: true});
input.addEventListener("keyup", find);
function find() {
  if (!all) return;
  show(all.filter(like(input.value)).map(function (one) { return {url: one.href, title: one.title}; }));
}
""",
        "posts/other/index.html": page(
            '<div class="book-search"><input type="text" id="book-search-input"></div><div id="out"></div>'
            '<script src="../../en.search.min.0a1b2c3d.js" defer></script>'
        ),
    },
)

NEXT = Shape(
    "Hexo NexT, Butterfly",
    "about/index.html",
    ".search-input",
    {
        "index.html": page("home"),
        "2020/05/01/kelp.html": page("<h1>Kelp</h1>"),
        "search.xml": xml("/docs/2020/05/01/kelp"),
        "about/index.html": page(
            '<div class="popup search-popup"><input type="search" class="search-input"></div>'
            '<div id="out"></div><script class="next-config" type="application/json">'
            '{"root":"/docs/","path":"search.xml"}</script>'
            "<script>"
            + SHOW
            + """
var config = JSON.parse(document.querySelector(".next-config").text), all = [];
fetch(config.root + config.path).then(function (r) { return r.text(); }).then(function (text) {
  var found = new DOMParser().parseFromString(text, "text/xml");
  all = [].map.call(found.querySelectorAll("entry"), function (one) {
    return {title: one.querySelector("title").textContent, url: one.querySelector("url").textContent};
  });
});
document.querySelector(".search-input").addEventListener("input", function () {
  show(all.filter(like(this.value)));
});
</script>"""
        ),
    },
    target="2020/05/01/kelp.html",
)

FLUID = Shape(
    "Hexo Fluid",
    "about/index.html",
    "#local-search-input",
    KELP
    | {
        "local-search.xml": xml("/docs/posts/kelp/"),
        "about/index.html": page(
            '<input type="search" id="local-search-input"><div id="out"></div><script>'
            + SHOW
            + """
var all = [], xhr = new XMLHttpRequest();
xhr.open("GET", "/docs/local-search.xml?v=1");
xhr.addEventListener("load", function () {
  all = [].map.call(this.responseXML.querySelectorAll("entry"), function (one) {
    return {title: one.querySelector("title").textContent, url: one.querySelector("url").textContent};
  });
});
xhr.send(null);
document.getElementById("local-search-input").addEventListener("input", function () {
  show(all.filter(like(this.value)));
});
</script>"""
        ),
    },
)

UNKNOWN = Shape(
    "Search",
    "index.html",
    "input",
    {
        "posts/kelp/index.html": page("<h1>Kelp</h1>"),
        "search-index.json": index(title="Kelp 海带", url="posts/kelp"),
        "index.html": page(
            '<form role="search"><input name="q"></form><div id="out"></div><script>'
            + SHOW
            + """
fetch(new Request("search-index.json")).then(function (r) { return r.json(); }).then(function (all) {
  var box = document.querySelector("input");
  box.addEventListener("input", function () { show(all.filter(like(box.value))); });
});
</script>"""
        ),
    },
)

SHAPES = (PAPERMOD, DOCSY, BOOK, NEXT, FLUID, UNKNOWN)

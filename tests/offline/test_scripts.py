"""What a script names by itself, and the same words where they name nothing."""

# ruff: noqa: E501 - a construct is one row of a table

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.linear import alone, too_slow

from holdfast.offline.scripts import script

HERE = "https://blog.example/js/app.js"
SITE = "https://blog.example"


def urls(text: str | bytes, codec: str | None = None) -> list[str]:
    source = text if isinstance(text, bytes) else text.encode()
    parts = script(source, HERE, codec)
    for need in parts.needs:
        span = need.reference.span
        assert source[span.start : span.end] == need.reference.raw
    return [need.reference.url.removeprefix(SITE) for need in parts.needs]


FOUND: list[tuple[str, list[str]]] = [
    # static imports (ECMA-262, "imports")
    ('import "./a.js";', ["/js/a.js"]),
    ("import'./a.js'", ["/js/a.js"]),
    ('import a from "./a.js"', ["/js/a.js"]),
    ('import a,{b as c}from"../a.js"', ["/a.js"]),
    ('import a, * as b from "/a.js"', ["/a.js"]),
    ('import * as a from "https://far.example/a.js"', ["https://far.example/a.js"]),
    ('import {\n  a, // one\n  "b-c" as d, /* } */\n} from "./a.js"', ["/js/a.js"]),
    ("import{$a as _}from'./a.js'", ["/js/a.js"]),
    ('import from from "./a.js"', ["/js/a.js"]),
    ('import as from "./a.js"', ["/js/a.js"]),
    ('import defer * as a from "./a.js"; import source b from "./b.wasm"', ["/js/a.js", "/js/b.wasm"]),
    ('import /* "./x.js" */ "./a.js"', ["/js/a.js"]),
    ('import a from "./a.json" with { type: "json" }', ["/js/a.json"]),
    ('import\u00a0"./a.js"', ["/js/a.js"]),
    ('"use strict";import"./a.js";import"./b.js"', ["/js/a.js", "/js/b.js"]),
    # re-exports
    ('export * from "./a.js"; export * as b from "./b.js"', ["/js/a.js", "/js/b.js"]),
    ('export {default as a, b} from "./a.js"; export{}from"./b.js"', ["/js/a.js", "/js/b.js"]),
    # dynamic imports
    ('import("./a.js")', ["/js/a.js"]),
    ('const a = await import( /* webpackChunkName: "x" */ "./a.js" )', ["/js/a.js"]),
    ("import(`./a.js`)", ["/js/a.js"]),
    ('import("./a.json", {with: {type: "json"}})', ["/js/a.json"]),
    ('import.defer("./a.js")', ["/js/a.js"]),
    ('[...import("./a.js")]', ["/js/a.js"]),
    ('`${import("./a.js")} ${`${import("./b.js")}`}`', ["/js/a.js", "/js/b.js"]),
    # strings
    ('import "\\x2e\\u002fa\\u{2e}js"', ["/js/a.js"]),
    ('import "./a\\\n.js"', ["/js/a.js"]),
    # files beside a module, and classic workers'
    ('new URL("./a.png", import.meta.url)', ["/js/a.png"]),
    ("new Worker(new URL('a.js', import.meta.url), {type: 'module'})", ["/js/a.js"]),
    ('importScripts("a.js", "/b.js"); self.importScripts("c.js")', ["/js/a.js", "/b.js", "/js/c.js"]),
    ('importScripts("a.js", name, "b.js")', ["/js/a.js"]),
    # a slash that divides, or begins a regular expression
    ('a = b / c; import("./a.js") / 2', ["/js/a.js"]),
    ('x = /["\'`]/; import("./a.js")', ["/js/a.js"]),
    ('if (a) /["]/.test(b); import("./a.js")', ["/js/a.js"]),
    ('f(a) / 2; "/"; import("./a.js")', ["/js/a.js"]),
    ('function f() {} /["]/.test(a); import("./a.js")', ["/js/a.js"]),
    ('a = {} / 2; "/"; import("./a.js")', ["/js/a.js"]),
    ('return /[/"]/; import("./a.js")', ["/js/a.js"]),
    ('a.return / 2; "/"; import("./a.js")', ["/js/a.js"]),
    ('a++ / 2; "/"; import("./a.js")', ["/js/a.js"]),
    ('1. / 2; "/"; import("./a.js")', ["/js/a.js"]),
    ('x = a ? /"/ : /\'/; import("./a.js")', ["/js/a.js"]),
    ('`a` / 2; "/"; import("./a.js")', ["/js/a.js"]),
    ('while(a)/"/;import("./a.js")', ["/js/a.js"]),
    ('a=>{}\n/"/.test(b);import("./a.js")', ["/js/a.js"]),
    ('x = a / /"/.source; import("./a.js")', ["/js/a.js"]),
    # what is no program
    ("#!/usr/bin/env node 'x\nimport './a.js'", ["/js/a.js"]),
    ("<!-- it's\nimport './a.js'", ["/js/a.js"]),
    ("/* it's */ --> it's\nimport './a.js'", ["/js/a.js"]),
    ("x\n  --> it's\nimport './a.js'", ["/js/a.js"]),
    ("while (i --> 0) {}\nimport './a.js'", ["/js/a.js"]),
    ("\ufeffimport './a.js'", ["/js/a.js"]),
    ("'it\\\\'; import './a.js'", ["/js/a.js"]),
    ("'never closed\nimport './a.js'", ["/js/a.js"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), FOUND, ids=[row[0] for row in FOUND])
def test_what_a_script_names(text: str, found: list[str]) -> None:
    assert urls(text) == found


NOTHING = [
    # bare specifiers are for the import map; a built one is for the proof
    'import a from "vue"; import("vue"); export * from "vue"',
    'import("./a" + b); import("./" + c + ".js"); import(d); import(`./${e}.js`)',
    "import `./a.js`",
    # strings, comments, templates' text, regular expressions
    "'import \"./a.js\"'",
    "\"import './a.js'\"",
    "`import './a.js'`",
    "`${a} import './a.js' ${{b: `import './b.js'`}} import './c.js'`",
    '// import "./a.js"',
    '/* import "./a.js" */',
    "x = /import '.\\/a.js'/",
    "x = /[/]import '.+a.js'/",
    "<!-- import './a.js'",
    "\n--> import './a.js'",
    # names of properties and parts of names
    'a.import("./a.js"); a?.import("./b.js"); this.#import("./c.js")',
    "({import(x) {}, export: './a.js', new: './b.js'})",
    'reimport("./a.js"); import_("./b.js"); $import("./c.js"); важimport("./d.js")',
    "import.meta.url",
    "export {a, b}; export default './a.js'; export const c = './c.js'",
    # workers and URLs
    "Worker('./a.js'); new MyWorker('./b.js'); new a.Worker('./c.js')",
    "new URL('./a.png', location.href); new URL('./b.png'); new URL('./', import.meta.url)",
    "importScripts(a)",
    # what no network brings
    "import('data:text/javascript,1'); import('blob:x'); import('node:fs')",
    "import './a.js",
    "import ''",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_names_nothing(text: str) -> None:
    assert urls(text) == []


def test_a_module_is_known_as_one() -> None:
    parts = script(b'import "./a.js"; import("./b.css"); new URL("c.js", import.meta.url)', HERE)
    assert [(need.module, need.families) for need in parts.needs] == [
        (True, ("script",)),
        (True, ("script",)),
        (False, ("script",)),
    ]
    typed = script(
        b'import a from "./a.css" with {type: "css"}; export * from "./b" with {type:"json"}', HERE
    )
    assert [need.families for need in typed.needs] == [("style",), ("data",)]


def test_a_worker_is_seen_from_the_page_and_so_only_told() -> None:
    parts = script(b'x; new Worker("a.js"); new window.SharedWorker("/b.js", {type: "module"})', HERE)
    assert not parts.needs
    assert [(notice.code, notice.offset) for notice in parts.notices] == [("worker", 15), ("worker", 48)]


def test_a_service_worker_is_told() -> None:
    parts = script(b"navigator.serviceWorker.register(url).then(x); a.serviceWorker = 1", HERE)
    assert [(notice.code, notice.offset) for notice in parts.notices] == [("service-worker", 10)]


ENCODED = [
    # the second byte of these characters is a backslash, a backtick or a brace in ASCII
    ("乗誠弌", "gb18030"),
    ("表示十", "shift_jis"),
    ("功許蓋", "big5"),
    ("важно", "windows-1251"),
]


@pytest.mark.parametrize(("text", "label"), ENCODED)
def test_other_encodings(text: str, label: str) -> None:
    source = f"x = '{text}'; `{text}`; /{text}/; import './{text}.js'".encode(label)
    (need,) = script(source, HERE, label).needs
    assert need.reference.raw == f"./{text}.js".encode(label)
    assert need.reference.url == script(f"import './{text}.js'".encode(), HERE).needs[0].reference.url


PIECES = [
    *("import", "export", "new", "Worker", "from", "return", "if", "a", "1", "as", "*", "import.meta.url"),
    *('"./a.js"', "'./b.js'", "`./c.js`", "`", "${", "}", "{", "(", ")", "[", "]", "/", "/*", "*/", "//"),
    *("\n", " ", ";", ",", ".", "=", "+", "++", "-->", "<!--", "\\", '"', "'", "importScripts(", "\x00", "é"),
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_script_is_read(text: str) -> None:
    urls(text)


@given(st.binary())
def test_any_bytes_are_read(data: bytes) -> None:
    urls(b"import" + data)


SHAPES = [
    *("import{", "import a,", "import{a,", "import(`", "import/*", 'import "\\', "import a from ", "import."),
    *("export{a", "export*as ", "new Worker(", "new new ", "importScripts('a',", "import('a',"),
    *("=/[", "/[/]", "a/", "}/", "{/a[", "/", "`${", "`${`", "(", "{", "(/", '"', "'\\", "//\n", "\n-->", "<!--"),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_time_is_linear(shape: str) -> None:
    """Four times the size, at most nine times the time."""

    def read(size: int) -> None:
        script((shape * size)[:size].encode() + b' import "./a.js" serviceWorker', HERE)

    read(1000)
    with alone():
        assert too_slow(read, 20_000, 80_000, least=0.002) is None

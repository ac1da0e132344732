"""The site with every construct, as a browser shows its copy: moved, without its source, its hosts gone."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.commands import holdfast
from tests.offline.everything import BASE, PAGES, Everything, everything

from holdfast.prove.proving import prove
from holdfast.prove.seen import Fault

REFUSED = {
    "modules/index.html": {"_holdfast/near/module.js", "_holdfast/far/kelp.mjs.js", "icons.svg"},
}
"""By page, what no browser takes from ``file://``; the report names these pages."""


def test_the_copy_of_everything_is_proved(tmp_path: Path) -> None:
    with everything(tmp_path / "public") as site:
        done = holdfast(
            "offline", "public", "copy", "--base-url", BASE, "--allow-private", "--proxy", "",
            "--retries", "0", "--format", "json", cwd=tmp_path,
        )  # fmt: skip
    assert done.code == 2, done  # for the lost picture
    named = {(told["code"], told["path"]) for told in done.json()["notices"]}
    assert {("module", "modules/index.html"), ("use", "modules/index.html")} <= named
    moved = (tmp_path / "copy").rename(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "public")
    proof = prove(moved, pages=list(PAGES), out=tmp_path / "proof", refused=_refused(moved, site))
    assert proof.totals.attempts == 0
    assert [each for each in proof.findings if each.fails] == []
    assert proof.verdict == "proved"
    limits = {(each.page, site.short(each.url)) for each in proof.findings if each.fault is Fault.LIMIT}
    assert limits == {(page, name) for page, names in REFUSED.items() for name in names}
    # and whoever was not told of them is told now
    proof = prove(moved, pages=list(REFUSED), out=tmp_path / "untold")
    assert proof.verdict == "not-proved"
    assert {(each.page, site.short(each.url)) for each in proof.findings if each.fails} == limits


def _refused(copy: Path, site: Everything) -> list[str]:
    paths = [path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()]
    return [path for path in paths if any(site.short(path) in names for names in REFUSED.values())]

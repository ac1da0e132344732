"""`holdfast archive` from end to end: posts in, posts with local pictures out, and nothing else changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import pictures
from tests.life import Life, picture, routes, sha256
from tests.servers import Origin

from holdfast.media import identify

# -- the post this was made for: a thumbnail and three pictures, none with an extension -------------------

COVER = "https://inews.gtimg.com/om_ls/OZq3K_7vXabcdefghJKLMNpq-0_640360/0"
BODY = tuple(f"https://inews.gtimg.com/om_bt/{name}/641" for name in ("OaAa-_w1", "OaAb-_w2", "OaAc-_w3"))
SEED = f"""---
title: "海边的灯塔，夜里的信号"
date: "2025-02-10 13:05:30"
summary: "灯塔的光每隔十秒闪一次，“守塔人”已经换了三代..."
categories:
  - "sea"
lang:
  - "zh-CN"
menu: ""
thumbnail: "{COVER}"
lead: ""
comments: false
sidebar: "right"
widgets:
  - "search"
---

灯塔的光每隔十秒闪一次，渔民说，看见它就像看见家门。

**守塔的人**
--------

守塔人已经换了三代，海浪声却没有变过。

![图片]({BODY[0]})

第二代守塔人写了四十年的日记。

![图片]({BODY[1]})

**后来**
------

![图片]({BODY[2]})

[原文](https://new.example.cn/rain/a/20250210A03W1200)
"""

BRINGS = {
    COVER: (pictures.webp(64, 36, seed=1), "webp"),
    BODY[0]: (pictures.jpeg(64, 36, seed=2), "jpg"),
    BODY[1]: (pictures.png(64, 36, seed=3), "png"),
    BODY[2]: (pictures.gif(64, 36, seed=4), "gif"),
}
"""What each URL brings, and the extension its file must have: nothing in the URLs tells."""

HUGO = {
    "hugo.yaml": "baseURL: https://blog.example.org/\ntitle: Blog\n",
    "content/post/qq/lighthouse.md": SEED,
    "layouts/_default/single.html": "{{ .Content }}",
}
PLAIN = {"lighthouse.md": SEED, "notes/other.md": "No pictures here.\n"}


@pytest.fixture(scope="module")
def gtimg() -> Iterator[Origin]:
    """A web server for inews.gtimg.com, which says what it says of every picture: JPEG."""
    serving = {
        url.removeprefix("https://inews.gtimg.com"): picture(body, "image/jpeg")
        for url, (body, _) in BRINGS.items()
    }
    with Origin(serving, tls=True) as origin:
        yield origin


Flags = Callable[[Origin], tuple[str, ...]]
PINS: dict[str, Flags] = {
    "--connect-to": lambda origin: ("--connect-to", origin.connect_to("inews.gtimg.com", 443)),
    # --resolve changes no port; together, as in curl, the address is looked up for the port connected to
    "--resolve and --connect-to": lambda origin: (
        *("--resolve", f"inews.gtimg.com:{origin.port}:127.0.0.1"),
        *("--connect-to", f"inews.gtimg.com:443::{origin.port}"),
    ),
}


@pytest.mark.parametrize("pin", PINS)
@pytest.mark.parametrize(
    ("files", "document", "assets"),
    [
        pytest.param(HUGO, "content/post/qq/lighthouse.md", "static/archive", id="hugo"),
        pytest.param(PLAIN, "lighthouse.md", "archive/assets", id="plain"),
    ],
)
def test_the_seed_post(
    files: dict[str, str], document: str, assets: str, pin: str, tmp_path: Path, gtimg: Origin
) -> None:
    life = Life(tmp_path, gtimg, files)
    flags = ("--ca-file", str(gtimg.ca_pem), *PINS[pin](gtimg))

    def run() -> dict[str, object]:
        report: dict[str, object] = life.run("archive", "--format", "json", *flags).json()
        return report

    asked = life.asked(run)
    assert asked == sorted(url.removeprefix("https://inews.gtimg.com") for url in BRINGS)
    assert {request.server_name for request in gtimg.requests} == {"inews.gtimg.com"}

    # Four files, of the types that they really are, with the bytes that were served.
    records = {record["url"]: record for record in life.records("asset")}
    assert set(records) == set(BRINGS)
    for url, (body, extension) in BRINGS.items():
        record = records[url]
        file = tmp_path / assets / record["path"]
        assert file.read_bytes() == body
        assert record["sha256"] == sha256(body)
        assert file.suffix == f".{extension}"
        assert record["media"] == identify(body).type
    assert len({record["path"] for record in records.values()}) == 4

    # The post: those four URLs are other words now, and every other byte is where it was.
    after = life.read(document)
    news = _between(SEED, after, list(BRINGS))
    folder = (tmp_path / document).parent
    for url, new in zip(BRINGS, news, strict=True):
        shown = tmp_path / "static" / new.lstrip("/") if assets.startswith("static") else folder / new
        assert shown.resolve() == (tmp_path / assets / records[url]["path"]).resolve(), new
    assert life.documents() | {document: ""} == life.before | {document: ""}

    # Nothing more to do: no request, and not a byte or a time of any file changes, the manifest's included.
    state = life.state()
    with life.offline():
        again = run()
    assert (again["stored"], again["held"], again["rewritten"]) == (0, 4, 0)
    assert _seen(life.state()) == _seen(state)

    life.restore()
    assert life.documents() == life.before


def _between(before: str, after: str, urls: list[str]) -> list[str]:
    """What stands where the URLs stood, when the text around them is what it was."""
    pattern = "(.*?)".join(map(re.escape, re.split("|".join(map(re.escape, urls)), before)))
    match = re.fullmatch(pattern, after, re.DOTALL)
    assert match, after
    return list(match.groups())


def _seen(state: dict[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
    """Without the lock, which git never sees."""
    return {path: value for path, value in state.items() if not path.endswith("/.lock")}


SAMPLE = Path(__file__).parents[2] / "shared" / "samples" / "qq-post.md"


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the sample post is not here")
@pytest.mark.parametrize("hugo", [True, False], ids=["hugo", "plain"])
def test_a_real_post_of_that_kind(hugo: bool, tmp_path: Path) -> None:
    source = SAMPLE.read_bytes()
    urls = re.findall(r"https://inews\.gtimg\.com/[^\s\")]+", source.decode())
    document = "content/post/qq.md" if hugo else "qq.md"
    makers = (pictures.jpeg, pictures.png, pictures.webp, pictures.gif)
    bodies = {
        url.removeprefix("https://inews.gtimg.com"): make(seed=9)
        for url, make in zip(urls, makers, strict=True)
    }
    with Origin(routes(bodies), tls=True) as origin:
        life = Life(tmp_path, origin, {document: source} | ({"hugo.toml": ""} if hugo else {}))
        report = life.archived()
        assert (report["stored"], report["replaced"], report["links"]) == (4, 4, 1)
        after = life.read(document)
        _between(source.decode(), after, urls)
        suffixes = sorted(Path(asset["path"]).suffix for asset in report["assets"])
        assert suffixes == [".gif", ".jpg", ".png", ".webp"]
        with life.offline():
            assert life.archived()["rewritten"] == 0
        life.restore()
        assert life.documents() == life.before

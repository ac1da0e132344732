"""A built site as a theme makes one: pages of 40 KB, most of them what all pages have.

Everything is a function of its arguments, so that two machines measure the same work.
"""

from __future__ import annotations

import html
import random
from collections.abc import Sequence
from pathlib import Path

from tests import pictures

from . import material

BASE = "https://blog.lan/"
PAGE = 40_000
"""Bytes of a page, about."""
_LINKS = 300
"""Links of the navigation, the same on every page of a section."""
_SECTIONS = 20
_STYLE = "".join(
    f".c{number}{{margin:0 {number % 7}px;color:#{number * 9973 % 4096:03x}}}" for number in range(60)
)
_SCRIPT = (
    "(function(){var t=localStorage.getItem('theme');if(t){document.documentElement.dataset.theme=t}\n"
    "document.addEventListener('click',function(e){if(e.target.matches('.burger'))"
    "{document.body.classList.toggle('open')}})})();"
)
_CODE = (
    "def get(pool, timeout=30):\n    for attempt in range(3):\n        if pool.idle:\n"
    "            return pool.idle.pop()  # <b> & co.\n        time.sleep(timeout / 10)\n"
)


def _path(number: int) -> str:
    return f"section-{number % _SECTIONS:02}/post-{number:05}/"


def _head(number: int) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">\n<title>第 {number} 篇</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="canonical" href="{BASE}{_path(number)}"><link rel="icon" href="/favicon.ico">\n'
        f'<meta property="og:url" content="{BASE}{_path(number)}">\n'
        '<link rel="stylesheet" href="/css/main.min.css">\n'
        '<link rel="stylesheet" href="/css/print.css" media="print">\n'
        '<meta property="og:type" content="article">\n'
        f"<style>{_STYLE}</style>\n<script>{_SCRIPT}</script>\n"
        '<script src="/js/main.js" defer></script></head>\n<body>\n'
    )


def _navigation(section: int, count: int) -> str:
    rows = "".join(
        f'<li><a class="nav" href="/{_path(number % count)}">第 {number} 篇</a></li>\n'
        for number in range(section, section + _LINKS * _SECTIONS, _SECTIONS)
    )
    return f'<nav id="menu" class="sidebar"><ul>\n{rows}</ul></nav>\n'


def _code(dice: random.Random) -> str:
    rows = "".join(
        f'<span class="line"><span class="k">{html.escape(row[:4])}</span>'
        f'<span class="n">{html.escape(row[4:])}</span>\n</span>'
        for row in _CODE.splitlines()
    )
    return (
        f'<div class="highlight"><pre tabindex="0"><code class="language-python">{rows}</code></pre></div>\n'
        * (dice.randint(1, 2))
    )


def page(number: int, count: int, navigation: str, remote: Sequence[str]) -> str:
    """Page ``number`` of ``count``, which shows some of the site's own pictures and all of ``remote``."""
    dice = random.Random(number)
    pieces = [_head(number), navigation, '<main><article class="post">\n']
    length = sum(len(piece.encode()) for piece in pieces)
    shown = [*remote, *(f"/images/{dice.randrange(200)}.jpg" for _ in range(4))]
    heading = 0
    while length < PAGE or shown:
        heading += 1
        text = html.escape(material.sentence(dice) + material.sentence(dice))
        other = _path(dice.randrange(count))
        block = [
            f'<h2 id="h{heading}">{heading}. {text[:12]}<a class="anchor" href="#h{heading}">#</a></h2>\n',
            f'<p>{text} <a href="{BASE}{other}">见</a> <a href="../../{other}#h2">另</a> '
            f'<a href="https://docs.lan/guide/{dice.randint(1, 9999)}.html" rel="noopener">文档</a></p>\n',
        ]
        if dice.random() < 0.5:
            block.append(_code(dice))
        if shown:
            url = shown.pop()
            block.append(
                f'<figure><img loading="lazy" src="{url}" alt="图" width="640" height="360" '
                f'srcset="{url} 1x"><figcaption>图 {heading}</figcaption></figure>\n'
            )
        pieces += block
        length += sum(len(piece.encode()) for piece in block)
    pieces.append(
        f'</article></main><footer><p>© <a href="/about/">about</a> <a href="https://gohugo.lan/">Hugo</a>'
        f'</p></footer>\n<script>window.page = {{"number": {number}}};</script></body></html>\n'
    )
    return "".join(pieces)


def site(folder: Path, count: int, remote: Sequence[str]) -> int:
    """Write a site of ``count`` pages, a third of which show two of ``remote``; return the bytes of HTML."""
    menus = [_navigation(section, count) for section in range(_SECTIONS)]
    written = 0
    for number in range(count):
        shown = [remote[(number + step) % len(remote)] for step in (0, 7)] if number % 3 == 0 else []
        data = page(number, count, menus[number % _SECTIONS], shown).encode()
        target = folder / _path(number) / "index.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        written += len(data)
    for name, text in {
        "index.html": page(0, count, menus[0], ()),
        "about/index.html": page(1, count, menus[1], ()),
        "css/main.min.css": f"body{{background:url(../images/0.jpg)}}\n{_STYLE}",
        "css/print.css": _STYLE,
        "js/main.js": _SCRIPT,
        "favicon.ico": "",
    }.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (folder / "images").mkdir()
    drawn = [pictures.photo(seed) for seed in range(4)]
    for number in range(200):
        (folder / "images" / f"{number}.jpg").write_bytes(drawn[number % len(drawn)])
    return written

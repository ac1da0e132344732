"""What the benchmarks work on: posts as people write them, in Chinese, Japanese and English, and photographs.

Everything is a function of its arguments, so that two machines measure the same work.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import pictures

_CHINESE = (
    "上周把服务迁移到新集群之后,部分请求的延迟反而变高了",
    "先看监控:内存平稳,磁盘没有压力,只有连接数一直在涨",
    "这一段代码看起来没有问题,但是在高并发下会重复创建连接",
    "所以最后的办法很简单,把连接池的大小固定下来,再加一个超时",
    "写到这里,想起几年前读过的一篇文章,作者遇到的情况几乎一样",
    "春天的河边人不多,风从水面上吹过来,带着一点泥土的味道",
    "相机还是那台旧相机,镜头换成了三十五毫米的定焦",
    "如果你也在用同样的版本,建议先备份配置文件再升级",
)
_JAPANESE = (
    "設定ファイルを読み込んだあと、値が上書きされていないか確かめます",
    "この記事では、静的サイトに画像を置く三つの方法を比べます",
    "結果は次の表のとおりで、差はほとんどありませんでした",
)
_ENGLISH = (
    "The first thing I tried was to turn the cache off, which made everything slower and proved nothing",
    "It turns out that the default timeout is thirty seconds, and nobody had ever changed it",
    "Below is the shortest program that shows the problem; it needs no dependencies",
    "We walked along the river until the rain came, then took the bus back into town",
    "Most of the time goes into parsing, so that is where I looked next",
)
_CODE = (
    "```go\nfunc (p *Pool) Get(ctx context.Context) (*Conn, error) {\n\tselect {\n\tcase c := <-p.idle:\n"
    "\t\treturn c, nil\n\tcase <-ctx.Done():\n\t\treturn nil, ctx.Err()\n\t}\n}\n```\n",
    "```bash\n$ curl -sS https://example.org/install.sh | sh\n$ kubectl get pods -n web\n```\n",
    '```python\nfor name, value in sorted(rows.items()):\n    print(f"{name}: ![no image]({value})")\n```\n',
    "    indented = code(that, nobody, should, read)\n    return indented\n",
)
_HOSTS = ("img.lan", "cdn.photos.lan", "i.pictures.lan", "static.blog.lan", "s2.loli.lan")
_STEPS = 7


def sentence(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.55:
        return ",".join(dice.choices(_CHINESE, k=dice.randint(1, 4))) + "。"
    if kind < 0.65:
        return "、".join(dice.choices(_JAPANESE, k=2)) + "。"
    return ". ".join(dice.choices(_ENGLISH, k=dice.randint(1, 2))) + ". "


def _paragraph(dice: random.Random) -> str:
    text = "".join(sentence(dice) for _ in range(dice.randint(1, 4)))
    if dice.random() < 0.25:
        text += f"见 [第 {dice.randint(1, 90)} 节](https://docs.lan/guide/{dice.randint(1, 9999)}.html#top),"
    if dice.random() < 0.3:
        text += f" `inline_{dice.randint(1, 99)}()` 和 **重点** 以及 *emphasis*。"
    if dice.random() < 0.06:
        text += f"另外 https://forum.lan/t/{dice.randint(1, 99999)}。"
    return text + "\n"


def _table(dice: random.Random) -> str:
    rows = "".join(f"| 方案 {number} | {dice.randint(1, 999)} ms | ok |\n" for number in range(1, 6))
    return f"| 名称 | 时间 | note |\n| --- | ---: | :-: |\n{rows}"


def _list(dice: random.Random) -> str:
    return "".join(f"- {sentence(dice)}\n" for _ in range(dice.randint(2, 6)))


def post(number: int, size: int, images: Sequence[str]) -> str:
    """One post of about ``size`` bytes that shows ``images``, one of them in its front matter."""
    dice = random.Random(number)
    cover = f"cover: {images[0]}\n" if images else ""
    parts = [
        f'---\ntitle: "第 {number} 篇:notes on a river"\ndate: 2021-{number % 12 + 1:02}-{number % 28 + 1:02}'
        f"T08:08:08+08:00\ntags: [运维, golang, 摄影]\n{cover}draft: false\n---\n"
    ]
    shown = list(images[1:])
    length, heading = len(parts[0].encode()), 0
    while length < size or shown:
        heading += 1
        block = [f"## {heading}. {sentence(dice)[:18]}\n"] if heading % 4 == 1 else []
        block.append(_paragraph(dice))
        choice = dice.randrange(_STEPS)
        if choice == 0:
            block.append(dice.choice(_CODE))
        elif choice == 1:
            block.append(_list(dice))
        elif choice == 2:
            block.append(_table(dice))
        elif choice == 3:
            block.append(f"> {sentence(dice)}\n")
        if shown and (choice % 2 or length >= size):
            url = shown.pop()
            tag = (
                f'<img src="{url}" alt="图" width="640">\n'
                if dice.random() < 0.12
                else f"![图 {heading}]({url})\n"
            )
            block.append(tag)
        text = "\n".join(block)
        parts.append(text)
        length += len(text.encode())
    return "\n".join(parts)


def remote_images(number: int, least: int = 2, most: int = 10) -> list[str]:
    """The URLs of the pictures in post ``number``, on hosts that nobody asks."""
    dice = random.Random(-number)
    return [
        f"https://{dice.choice(_HOSTS)}/large/{dice.getrandbits(64):016x}/{index}.jpg"
        for index in range(dice.randint(least, most))
    ]


def posts(folder: Path, count: int, size: int) -> None:
    """A Hugo site of ``count`` posts, ``size`` bytes each on the average (from a third of it to double)."""
    folder.mkdir(parents=True)
    (folder / "hugo.toml").write_text('baseURL = "https://blog.lan/"\n')
    for number in range(count):
        share = (0.33, 0.6, 0.9, 1.17, 2.0)[number % 5]
        path = folder / "content" / f"{2012 + number % 12}" / f"post-{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(post(number, int(size * share), remote_images(number)), encoding="utf-8")


def photographs(folder: Path, count: int) -> None:
    """``count`` different JPEGs of 42 KB, 640 by 360 pixels, whole."""
    folder.mkdir(parents=True)
    for number, data in enumerate(_photographs(count)):
        (folder / f"{number}.jpg").write_bytes(data)


def _photographs(count: int) -> Iterator[bytes]:
    drawn = [pictures.photo(seed) for seed in range(min(count, 100))]
    for number in range(count):
        picture = drawn[number % len(drawn)]
        # A comment segment (ITU T.81, B.2.4.5) behind the first marker makes each one's bytes its own.
        comment = f"{number:08}".encode()
        yield picture[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + picture[2:]


def illustrated(folder: Path, urls: Sequence[str], count: int, size: int) -> None:
    """A Hugo site of ``count`` posts that share ``urls`` out among them."""
    folder.mkdir(parents=True)
    (folder / "hugo.toml").write_text('baseURL = "https://blog.lan/"\n')
    for number in range(count):
        path = folder / "content" / "posts" / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(post(number, size, urls[number::count]), encoding="utf-8")


def dense(folder: Path, documents: int, references: int) -> None:
    """A plain tree of ``documents``, each with so many references, half of them images."""
    folder.mkdir(parents=True)
    for number in range(documents):
        rows = (
            f"- ![图片 {index}](https://img.lan/{number}/{index}.jpg) [more](https://docs.lan/{number}/{index})\n"
            for index in range(references // 2)
        )
        (folder / f"{number:05}.md").write_text("".join(rows), encoding="utf-8")

"""Small hand-made copies for the proof's tests."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image

from holdfast.prove.browser import Limits

QUICK = Limits(page=40.0, quiet=0.5, quiet_most=3.0, memory=96, at_once=3)
"""Short waits and little memory, so that what crashes does so soon; patience with a busy machine."""


def png(colour: str = "teal", size: int = 40) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (size, size), colour).save(buffer, "PNG")
    return buffer.getvalue()


FILES: dict[str, bytes] = {
    "pixel.png": png(),
    "second.png": png("orange"),
    **{f"broken{number}.png": b"\x89PNG\r\n\x1a\n not one" for number in range(6)},
    "page.html": b"<!doctype html><title>inner</title><p>inner",
    "frame.html": b"<!doctype html><iframe src=inner.html></iframe>",
    "inner.html": b"<!doctype html><script>new Image().src='https://remote.example/deep.png'</script>",
    "lost-inside.html": b"<!doctype html><img src=gone-inside.png>",
    "module.js": b"document.title = 'ran'",
    "classic.js": b"document.title = 'https://remote.example/only-a-text'",
    "data.json": b"{}",
    "worker.js": b"postMessage(1)",
    "local.css": b"body { background: url(pixel.png) }",
    "remote.css": b"@import 'https://remote.example/i.css'; p {background: url(https://remote.example/bg.png)}",
    "icons.svg": b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>",
    "folder/index.html": b"<!doctype html><p>a folder's page",
}


def write(copy: Path, pages: dict[str, str]) -> None:
    for name, data in FILES.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
    for name, body in pages.items():
        (copy / name).write_text(f"<!doctype html><meta charset=utf-8><title>{name}</title>{body}")

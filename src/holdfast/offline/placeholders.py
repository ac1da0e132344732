"""What stands in a copy where an embed could not be had: small local files that no browser chokes on.

Made once and the same for every site. Each is valid and of the kind that its place expects, so that no
request fails and every picture has a size; which URL is missing is told by the element's
``data-holdfast-...`` attribute, and by ``holdfast.json``.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FOLDER = "_holdfast/missing"

_PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="240" height="160" viewBox="0 0 240 160" role="img">
<title>missing</title>
<rect width="240" height="160" fill="#eee"/>
<path d="M0 0 240 160M240 0 0 160" stroke="#ccc" stroke-width="2"/>
<rect x="1" y="1" width="238" height="158" fill="none" stroke="#999" stroke-width="2" stroke-dasharray="8 6"/>
<rect x="56" y="58" width="128" height="44" rx="6" fill="#eee"/>
<text x="120" y="89" font-family="sans-serif" font-size="28" text-anchor="middle" fill="#555">missing</text>
</svg>
"""
"""Read at any size: in an icon's place the crossed frame is left of it."""

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>missing</title>
<style>
:root { color-scheme: light dark; font: 16px/1.4 sans-serif }
body { margin: 0; padding: 1em; border: 2px dashed #999; overflow-wrap: anywhere }
</style>
</head>
<body>
<p>The page that belongs here is missing in this copy.</p>
<p id="url"></p>
<script>
document.getElementById("url").textContent = decodeURIComponent(location.hash.slice(1));
</script>
</body>
</html>
"""
"""With the URL that is missing as its fragment, it says that as well."""

_FONT = (
    "eNpjYGRgYOBiaGBgZlDwD9Y3cmS3D2NgYNQAiiYk5yYWMPAwuAH5PUC+TnpOZRoDGDDuAREZqYkp8WK2HED2GiA2ywAKMPAzsAPZ"
    "T4BYJSO3pIKBA6y+A0iw5OQnJ0L17wDxcxMrChiYgJCBEaRKIS8xN5XxLOctIP8AkK9XkF9cAnQXSP0HkDwDyK1AnFg84UQ8v81X"
    "oJwAA27ADDIZYh0Q8/7/CyQ5kESQASPMbChgwmIaB+MEBlYGFgYSgT0QQJkQN/BC/IQEFOAuYwLbxMAgAiQZwTQLgwRYHOyi///B"
    "GNX1TAxyINUsnEBxPrB+EBukg48hlyGToRgIMxnyGNIZgqCm4wEAH5ctpQ=="
)
"""A TrueType font of 528 bytes with one empty glyph, by fontTools' FontBuilder; zlib, base64."""

_SILENCE = b"\x80" * 800
_SOUND = (
    b"RIFF" + (36 + len(_SILENCE)).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\1\0\1\0"
    + (8000).to_bytes(4, "little") * 2 + b"\1\0\x08\0data" + len(_SILENCE).to_bytes(4, "little") + _SILENCE
)  # fmt: skip
"""A tenth of a second of nothing (RIFF WAVE, 8 bit, 8 kHz): a ``<video>`` plays it as well, black."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One file that stands in for another."""

    name: str
    """Its path in the copy."""
    data: bytes


def _row(name: str, data: str | bytes) -> Placeholder:
    return Placeholder(f"{FOLDER}/{name}", data.encode() if isinstance(data, str) else data)


_SOUND_ROW = _row("sound.wav", _SOUND)

PLACEHOLDERS: Mapping[str, Placeholder] = {
    "page": _row("page.html", _PAGE),
    "style": _row("style.css", "/* missing */\n"),
    "script": _row("script.js", "/* missing */\n"),
    "manifest": _row("manifest.webmanifest", "{}\n"),
    "track": _row("track.vtt", "WEBVTT\n"),
    "data": _row("data.json", "null\n"),
    # without a glyph of its own, so that the next font of the list is taken for each character
    "font": _row("font.ttf", zlib.decompress(base64.b64decode(_FONT))),
    "image": _row("image.svg", _PICTURE),
    "video": _SOUND_ROW,
    "audio": _SOUND_ROW,
}
"""One row for each family that an embed can bring. A PDF is shown by elements that show a picture as well."""

_STANDS_FOR = {"pdf": "image"}


def placeholder(families: Iterable[str]) -> Placeholder:
    """What stands in for an embed of one of these families, the likeliest first.

    ``<embed>`` and ``<object>`` can bring nearly anything, and show a picture.
    """
    known = [_STANDS_FOR.get(family, family) for family in families]
    if len(known) > 2 and "image" in known:
        return PLACEHOLDERS["image"]
    return PLACEHOLDERS[next((family for family in known if family in PLACEHOLDERS), "image")]

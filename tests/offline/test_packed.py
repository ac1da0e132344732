"""What was read of a file, kept while it waits for the network."""

from __future__ import annotations

import pytest

from holdfast.model import Notice
from holdfast.offline.packed import pack, unpack
from holdfast.offline.parts import Parts
from holdfast.offline.readers import READERS

_PAGE = """<!doctype html><html><head><base href="/deep/"><meta http-equiv="refresh" content="9; url=a">
<link rel="stylesheet" href="s.css" integrity="sha384-x" crossorigin>
<script type="module" src="m.js"></script>
<style>body { background: url("b.png"), url(c.png) }</style></head><body style="background: url('d.png')">
<a href="../é?x=1&amp;y=2#here">link</a><img srcset="a.png 1x, b.png 2x" data-src="lazy.png" src="data:,">
<iframe srcdoc="&lt;img src='within.png'&gt;"></iframe><noscript><img src="n.png"></noscript></body></html>"""

READ = {
    "page": _PAGE.encode(),
    "style": b"@import 'a.css'; a { background: image-set('b.png' 1x, url(c.png) 2x) }",
    "script": b"import './a.js'; import('./b.js'); new Worker('w.js')",
    "manifest": b'{"start_url": "/", "icons": [{"src": "a.png"}], "shortcuts": [{"url": "/x"}]}',
    "vector": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="a.png"/><a href="/x"/></svg>',
}


def test_all_that_is_read_is_here() -> None:
    assert READ.keys() == READERS.keys()


@pytest.mark.parametrize("language", READ)
def test_what_was_read_comes_back_as_it_was(language: str) -> None:
    parts = READERS[language](READ[language], "https://blog.lan/post/", None)

    assert parts.needs
    assert unpack(pack("of these bytes", parts), "of these bytes") == parts


def test_what_was_read_of_other_bytes_does_not_come_back() -> None:
    packed = pack("of these bytes", Parts(base="https://blog.lan/"))

    assert unpack(packed, "of others") is None


def test_what_no_encoding_holds_is_not_kept() -> None:
    """URLs are percent-encoded by then; whatever else may quote a file is not."""
    packed = pack("of these bytes", Parts(notices=(Notice("script", "built of '\ud800'"),)))

    assert (packed, unpack(packed, "of these bytes")) == (b"", None)

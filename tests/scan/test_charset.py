"""Two questions about a page's encoding, asked at once."""

from __future__ import annotations

import pytest

from holdfast.scan import charset


@pytest.mark.parametrize(
    "source",
    [
        b"", b"<p>", "é".encode(), b"\xef\xbb\xbf<meta charset=gbk>", b"\xff\xfe<\0", b"\xfe\xff\0<",
        b"<\0p\0>\0a\0", b"<meta charset=gbk>", b"<meta charset=iso-2022-jp>", b"<meta charset=utf-16>",
        b"<meta charset=no-such>", b'<?xml version="1.0" encoding="big5"?>',
        b"<!-- <meta charset=gbk> --><p>",
        b"<body><meta charset=gbk>", b'<meta http-equiv=content-type content="text/html; charset=koi8-r">',
    ],
)  # fmt: skip
def test_one_look_answers_both(source: bytes) -> None:
    both = charset.of_whole_html(source)
    assert both == (charset.html_unreadable(source), charset.declared_in_html(source))

"""`.lycheeignore`: which lines are patterns, and what a line that is none is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.commands import write

from holdfast.check import ignorefile
from holdfast.errors import HoldfastError, UsageError

URL = "https://x.example/a/b?c=1"


@pytest.mark.parametrize(
    ("text", "ignores"),
    [
        ("x\\.example", True),
        ("^https://x", True),
        ("  x\\.example  \r\n", True),
        ("\ufeffx\\.example", True),
        ("y\n\nx\\.example\n", True),
        ("c=1\\z", True),
        ("^(?i)HTTPS://X", True),
        # ... and what must not match
        ("", False),
        ("# x\\.example", False),
        ("  # x\\.example", False),
        ("^x", False),
        ("x$", False),
        ("c=\\z", False),
        ("X\\.EXAMPLE", False),
        ("c=1\\\\z", False),
    ],
)
def test_lines(text: str, ignores: bool, tmp_path: Path) -> None:
    write(tmp_path, {".lycheeignore": text})
    assert any(pattern.search(URL) for pattern in ignorefile.load(tmp_path)) == ignores


def test_no_file_ignores_nothing(tmp_path: Path) -> None:
    assert ignorefile.load(tmp_path) == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"ok\n\n  ab(c\n", ".lycheeignore:3:5: 'ab(c' is no regular expression: missing )"),
        (b"[[:alpha:]]\n", ".lycheeignore:1:1: '[[:alpha:]]' is no regular expression: Possible nested set"),
        (b"a\n\\p{Greek}\n", ".lycheeignore:2:1: '\\\\p{Greek}' is no regular expression: bad escape"),
        (b"a\n\xff\n", ".lycheeignore:2: not UTF-8"),
    ],
)
def test_a_broken_line_is_named(data: bytes, said: str, tmp_path: Path) -> None:
    write(tmp_path, {".lycheeignore": data})
    with pytest.raises(UsageError) as caught:
        ignorefile.load(tmp_path)
    assert str(caught.value).startswith(said)
    assert caught.value.hint


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / ".lycheeignore").mkdir()
    with pytest.raises(HoldfastError, match=r"\.lycheeignore: cannot be read"):
        ignorefile.load(tmp_path)

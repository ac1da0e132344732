"""A cookie file is read as curl reads it, and each cookie goes where it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import ConfigError
from holdfast.fetch import cookies

JAR = """# Netscape HTTP Cookie File

.example.org\tTRUE\t/\tFALSE\t0\twide\t1
www.example.org\tFALSE\t/\tFALSE\t0\texact\t2
.example.org\tTRUE\t/img\tFALSE\t0\tdeep\t3
#HttpOnly_.example.org\tTRUE\t/\tTRUE\t0\tsafe\t4
.example.org\tTRUE\t/\tFALSE\t500\told\t5
.example.org\tTRUE\t/\tFALSE\t2000\tyoung\t6
other.example\tFALSE\t/\tFALSE\t0\tempty\t
"""

SENT = [
    ("www.example.org", "/", False, "wide=1; exact=2; young=6"),
    ("example.org", "/", False, "wide=1; young=6"),
    ("a.www.example.org", "/", False, "wide=1; young=6"),
    ("www.example.org", "/", True, "wide=1; exact=2; safe=4; young=6"),
    ("example.org", "/img", False, "deep=3; wide=1; young=6"),
    ("example.org", "/img/a.png", False, "deep=3; wide=1; young=6"),
    ("example.org", "/images", False, "wide=1; young=6"),
    ("other.example", "/", False, "empty="),
]
NOT_SENT = ["notexample.org", "org", "example.org.evil.example", "a.other.example", "127.0.0.1"]


@pytest.fixture
def jar(tmp_path: Path) -> tuple[cookies.Cookie, ...]:
    file = tmp_path / "cookies.txt"
    file.write_text(JAR, "utf-8")
    return cookies.load(file)


@pytest.mark.parametrize(("host", "path", "secure", "expected"), SENT)
def test_a_cookie_goes_where_it_belongs(
    jar: tuple[cookies.Cookie, ...], host: str, path: str, secure: bool, expected: str
) -> None:
    assert cookies.header(jar, host, path, secure, now=1000.0) == expected


@pytest.mark.parametrize("host", NOT_SENT)
def test_and_nowhere_else(jar: tuple[cookies.Cookie, ...], host: str) -> None:
    assert cookies.header(jar, host, "/", True, now=1000.0) == ""


@pytest.mark.parametrize(
    "text", [b"name=value", b"a.example\tTRUE\t/\tFALSE\tsoon\tname\tvalue", b"\xff\xfe\x00", b"a\tb\tc"]
)
def test_a_file_that_is_no_jar_is_refused(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "cookies.txt"
    file.write_bytes(text)
    with pytest.raises(ConfigError, match="cookie-jar"):
        cookies.load(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        cookies.load(tmp_path / "none.txt")

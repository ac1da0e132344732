"""`.lycheeignore`: URLs that a site leaves alone, one regular expression a line.

Reads that one file and asks nobody. Its format is lychee's, so that a site may keep the file it has: blank
lines and lines that begin with ``#`` say nothing, every other line is searched in the whole URL.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

from ..errors import HoldfastError, UsageError

NAME = ".lycheeignore"

_RUST_END = re.compile(r"(?<!\\)((?:\\\\)*)\\z")
"""``\\z`` of Rust's regular expressions is Python's ``\\Z``."""
_RUST_FLAGS = re.compile(r"\A\^\(\?([imsx]+)\)")
"""``^(?i)...`` is fine in Rust; Python wants its flags first."""


def load(root: Path) -> tuple[re.Pattern[str], ...]:
    """The patterns of the site's `.lycheeignore`, in order; none where there is no such file.

    Raises:
        UsageError: a line is no regular expression, or not UTF-8; names file, line and position.
        HoldfastError: the file cannot be read.
    """
    try:
        data = (root / NAME).read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise HoldfastError(f"{NAME}: cannot be read: {error.strerror or error}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(f"{NAME}:{line}: not UTF-8", "save the file as UTF-8") from error
    return tuple(
        _compiled(line.strip(), number, len(line) - len(line.lstrip()))
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.lstrip().startswith("#")
    )


def _compiled(pattern: str, line: int, indent: int) -> re.Pattern[str]:
    python = _RUST_FLAGS.sub(r"(?\1)^", _RUST_END.sub(r"\1\\Z", pattern))
    try:
        with warnings.catch_warnings():
            # [[:alpha:]] means another thing to Python, which it says in a warning.
            warnings.simplefilter("error", FutureWarning)
            return re.compile(python)
    except (re.error, FutureWarning, RecursionError, OverflowError) as error:
        column = indent + 1 + (getattr(error, "pos", None) or 0)
        said = getattr(error, "msg", "") or str(error)
        raise UsageError(
            f"{NAME}:{line}:{column}: {pattern!r} is no regular expression: {said}",
            "correct that line, or put # before it",
        ) from error

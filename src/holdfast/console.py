"""How results reach a person or a file: reports on stdout, everything else on stderr. Works for the commands.

Knows no command's options; `cli` and this print, and no other module does.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TextIO

from .errors import HoldfastError, UsageError

if TYPE_CHECKING:
    from .progress import Progress
    from .results import CheckedUrl

FORMATS: Mapping[str, tuple[str, ...]] = {
    "scan": ("text", "jsonl", "json"),
    "archive": ("text", "json", "markdown"),
    "restore": ("text", "json"),
    "list": ("text", "csv", "json"),
    "verify": ("text", "json"),
    "check": ("text", "json", "jsonl", "junit", "sarif", "github", "markdown"),
    "offline": ("text", "json"),
}
"""The rows of `report.FORMATS`, without importing it; a test holds them together."""

_FOR_PEOPLE = frozenset({"text", "github", "markdown"})
"""Formats that may follow each other on standard output; a program that reads another one wants nothing
else there."""

Look = tuple[Sequence[str], bool, int, bool]
"""What is about the report: formats, quiet, verbose, no colour."""


def look_of(flags: dict[str, Any]) -> Look:
    """Take what is about the report out of the settings, and put the settings of --set in."""
    for text in flags.pop("settings", ()):
        key, mark, value = text.partition("=")
        if not mark or not key:
            raise UsageError(f"--set {text}: no value", "write it as --set KEY=VALUE")
        flags[_key(key, value)] = value
    return flags.pop("formats"), flags.pop("quiet"), flags.pop("verbose"), flags.pop("no_color")


def _key(key: str, value: str) -> str:
    """The name of the setting that ``--set`` gives; a value that it does not take is told as it was typed."""
    from .keys import KEYS, parse, spelled, unknown

    if spelled(key) not in KEYS:
        raise unknown(key, "--set", key)
    parse(spelled(key), value, f"--set {key}")
    return key.replace("-", "_")


def report(command: str, look: Look, work: Callable[[Progress], Any], *, streamed: Sequence[str] = ()) -> int:
    """Do the work behind a progress display, write each report, return the exit code.

    ``streamed``: formats that have been written while the work was going on.
    """
    names, quiet, verbose, no_color = look
    targets = _targets(command, names)
    if not targets and not streamed:
        targets = [("text", None)]
    with _progress(quiet, verbose, no_color) as progress:
        result = work(progress)
    from .report import FORMATS as RENDERERS
    from .report import aside

    for name in streamed:
        if not quiet:
            _emit(sys.stderr, aside(command, name, result))
    for name, path in targets:
        if quiet and path is None:
            continue
        text = RENDERERS[command][name](result)
        if path is not None:
            _write(path, text)
        else:
            _emit(sys.stdout, text, exact=name != "text" or getattr(result, "mode", "") == "diff")
            _emit(sys.stderr, aside(command, name, result))
    code: int = result.exit_code
    return code


class Streams:
    """``--format jsonl``: each result a line, written as soon as it is certain.

    A context manager; what is left of the formats is for `report`.
    """

    _FLUSH = 0.2
    """Seconds that a line may wait for the next one: whoever reads along sees it soon."""

    def __init__(self, command: str, look: Look) -> None:
        names, self._quiet, *_ = look
        self.streamed = [text for text in names if text.partition("=")[0] == "jsonl"]
        self.left = [text for text in names if text not in self.streamed]
        targets = _targets(command, names)
        self._paths = [path for name, path in targets if name == "jsonl"]
        self._outs: list[BinaryIO] = []
        self._flushed = 0.0

    def __enter__(self) -> Self:
        for path in self._paths:
            if path is not None:
                try:
                    self._outs.append(Path(path).open("wb"))
                except OSError as error:
                    raise HoldfastError(
                        f"the report {path} could not be written: {error.strerror}"
                    ) from error
            elif not self._quiet:
                self._outs.append(sys.stdout.buffer)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for out in self._outs:
            with suppress(BrokenPipeError):
                out.flush()
            if out is not sys.stdout.buffer:
                out.close()

    @property
    def take(self) -> Callable[[CheckedUrl], None] | None:
        """What takes a result; None where nobody wants a line."""
        return self._take if self._outs else None

    def _take(self, checked: CheckedUrl) -> None:
        from .report.check_json import line

        data = line(checked).encode("utf-8", "surrogateescape")
        now = time.monotonic()
        with suppress(BrokenPipeError):
            for out in self._outs:
                out.write(data)
                if now - self._flushed > self._FLUSH:
                    out.flush()
        if now - self._flushed > self._FLUSH:
            self._flushed = now


def listed(paths: Sequence[str]) -> Iterator[str]:
    """The lines on stdin, where ``-`` asks for them."""
    if "-" in paths:
        for line in sys.stdin.buffer:
            yield os.fsdecode(line)


def _emit(out: TextIO, text: str, *, exact: bool = False) -> None:
    """Write a report; a console that cannot show a character gets it escaped (GBK consoles).

    With ``exact`` it is UTF-8 whatever the console is: an escape in JSON or in a diff would be an error.
    """
    with suppress(BrokenPipeError):  # whoever read the report has gone, as `head` does: no error
        _emit_all(out, text, exact)


def _emit_all(out: TextIO, text: str, exact: bool) -> None:
    encoding = out.encoding or "utf-8"
    if exact or encoding.lower().replace("-", "") == "utf8":
        out.flush()
        data = text.encode("utf-8", "surrogateescape")  # a diff shows a document's bytes as they are
        out.buffer.write(data) if hasattr(out, "buffer") else out.write(data.decode("utf-8", "replace"))
    else:
        out.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise HoldfastError(
            f"the report {path} could not be written: {error.strerror}",
            "the work itself is done; run the command again for its report",
        ) from error


def _targets(command: str, names: Sequence[str]) -> list[tuple[str, str | None]]:
    """Each format with its file, None for standard output; no two spoil each other."""
    targets = [_target(command, text) for text in names]
    places = [path and os.path.realpath(path) for _, path in targets]
    for number, (name, path) in enumerate(targets):
        for (other, _), place in zip(targets[:number], places, strict=False):
            if place == places[number] and (path or not {name, other} <= _FOR_PEOPLE):
                raise UsageError(
                    f"--format {other} and --format {name} both go to {path or 'standard output'}",
                    f"give each a place of its own, as --format {name}=FILE",
                )
    return targets


def _target(command: str, text: str) -> tuple[str, str | None]:
    name, mark, path = text.partition("=")
    if name not in FORMATS[command]:
        raise UsageError(
            f"--format {name}: there is no such format for {command}",
            f"choose one of {', '.join(FORMATS[command])}",
        )
    if mark and not path:
        raise UsageError(f"--format {text}: the file's name is missing", f"write --format {name}=FILE")
    if path and not Path(path).parent.is_dir():
        # Said before the work is done, not after it.
        raise UsageError(f"--format {text}: there is no folder {Path(path).parent}", "create it first")
    return name, path or None


def _progress(quiet: bool, verbose: int, no_color: bool) -> Progress:
    """A live display on a terminal; elsewhere, and under CI, lines of what a person must know; or nothing."""
    from .progress import Lines, Live, Progress

    if quiet:
        return Progress()
    if sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb":
        return Live(verbose, colour=not (no_color or os.environ.get("NO_COLOR")))
    return Lines(verbose)

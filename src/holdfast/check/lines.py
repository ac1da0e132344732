"""Small text files of ours, made for git: JSON lines under a first line that says what they are.

Reads and writes; what a line means is for `history` and `baseline` to say.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from .. import disk as disks
from ..disk import Disk
from ..errors import HoldfastError

S = TypeVar("S", bound=msgspec.Struct)

_CONFLICT = re.compile(rb"^(?:<{7}|={7}|>{7}|\|{7})(?: |\r?$)", re.MULTILINE)


def read(
    path: Path, kind: str, shape: type[S], *, missing_ok: bool, notices: list[str] | None = None
) -> list[S]:
    """The records of a file whose first line is ``{"holdfast-KIND":1}``.

    Blank lines, and first lines that a union merge has doubled, are passed over. With ``notices`` a last line
    that was cut off is told there instead of being an error.

    Raises:
        HoldfastError: there is no such file, it cannot be read, is none of ours, or was written by a newer
            holdfast; the message names file and line.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        if missing_ok:
            return []
        raise HoldfastError(
            f"{path}: there is no such file", f"check the name, or write one with --write-{kind}"
        ) from None
    except OSError as error:
        raise HoldfastError(
            f"{path}: cannot be read: {error.strerror or error}", "check its permissions"
        ) from error
    if match := _CONFLICT.search(data):
        at = data[: match.start()].count(b"\n") + 1
        raise HoldfastError(
            f"{path}:{at}: git's conflict markers stand in it",
            "keep the lines of both sides, drop the markers",
        )
    mark = f"holdfast-{kind}"
    found: list[S] = []
    begun = False
    rows = data.decode("utf-8-sig", "replace").split("\n")  # not splitlines: a path may hold U+2028
    for number, line in enumerate(rows, 1):
        if not line.strip():
            continue
        version = _version(line, mark)
        if version is None and not begun:
            raise HoldfastError(
                f"{path}:{number}: this is no {kind} file of holdfast", f"its first line is {_head(mark)}"
            )
        begun = True
        if version is not None:
            if version > 1:
                raise HoldfastError(
                    f"{path}: was written by a newer holdfast (format {version})",
                    "update holdfast, or name another file",
                )
            continue
        try:
            found.append(msgspec.json.decode(line, type=shape))
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
            if notices is not None and number == len(rows):
                notices.append(f"{path}:{number}: the last line was cut off, and is dropped")
                continue
            raise HoldfastError(
                f"{path}:{number}: cannot be read: {error}",
                "remove that line, or take the file back from git",
            ) from error
    return found


def write(path: Path, kind: str, records: Iterable[msgspec.Struct], disk: Disk) -> None:
    """Write records, sorted as they come, atomically; a file that says so already is not touched.

    A symlink is followed, the file's mode is kept, a folder that is missing is made.

    Raises:
        DiskError: the disk refused.
    """
    encode = msgspec.json.Encoder().encode
    data = b"\n".join([_head(f"holdfast-{kind}").encode(), *map(encode, records)]) + b"\n"
    target = path.resolve()
    try:
        if not target.is_file():
            disks.make_folders(disk, target.parent)
            disks.write_atomically(disk, target, data)
        elif target.read_bytes() != data:
            disks.write_atomically(disk, target, data, dress=lambda new: shutil.copymode(target, new))
    except OSError as error:
        raise disks.refused(error, f"writing {path}") from error


def _head(mark: str) -> str:
    return f'{{"{mark}":1}}'


def _version(line: str, mark: str) -> int | None:
    """The format's number, where a line is a first line."""
    if mark not in line[:40]:
        return None
    try:
        version = json.loads(line).get(mark)
    except (ValueError, AttributeError, RecursionError):
        return None
    return version if isinstance(version, int) else None

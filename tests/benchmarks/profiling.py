"""Where the time of a row's first contestant goes: by library, as `perf` counts it, and by function of ours.

Both are samples of the processor's time, in all processes of one run each, and never of a run that is timed.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import holdfast

from .measuring import Contestant, WorkNotDoneError, measure
from .peers import PERF

_RATE = "997"
"""Samples a second: no multiple of what else comes round, such as the kernel's tick."""
_MOST, _LEAST = 24, 0.005
"""So many parts are told of by name, and none with a smaller share."""
_SAMPLER = Path(__file__).parent / "sampler"

_LIBRARIES: Sequence[tuple[str, str]] = (
    (r"libpython|^python3", "Python itself"),
    (r"^\[(kernel|vdso)|^\[k", "the kernel"),
    (r"^(libc|ld-linux|libm|libpthread)\b", "the C library"),
    (r"pyreqwest", "pyreqwest, the HTTP engine"),
    (r"pyromark", "pyromark, which reads Markdown"),
    (r"^_html\b", "turbohtml, which reads HTML"),
    (r"^_core\b", "msgspec, records"),
    (r"^_ada_wrapper\b", "ada, which reads URLs"),
    (r"^loop\b", "uvloop"),
    (r"^(libcrypto|_hashlib)\b", "hashes"),
    (r"sqlite", "SQLite"),
    (r"jpeg|webp|_imaging|PIL|avif|tiff|png", "Pillow and its decoders"),
    (r"^(libz|zlib|_brotli|zstd)", "compression"),
)
"""What a shared object's name tells: the first that is found in it. What no row knows keeps its name."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One contestant's time, in seconds of the processor."""

    name: str
    amount: float
    what: str
    libraries: Mapping[str, float]
    functions: Mapping[str, float]
    """By ``module function``."""


def profile(contestant: Contestant) -> Profile:
    """Run it once for each of both.

    Raises:
        WorkNotDoneError: it did not do the work, or `perf` is not here or may not look on.
    """
    with TemporaryDirectory(prefix="holdfast-profile-") as folder:
        data, notes = Path(folder, "perf.data"), Path(folder, "notes")
        notes.mkdir()
        look = (_perf(), "record", "-q", "-F", _RATE, "-e", "cpu-clock", "-o", data, "--")
        measure([replace(contestant, command=(*look, *contestant.command))], 1)
        sampling = {
            "PYTHONPATH": str(_SAMPLER),
            "HOLDFAST_SAMPLES": str(notes),
            "HOLDFAST_PACKAGE": str(Path(holdfast.__file__).parent),
        }
        measure([replace(contestant, env={**contestant.env, **sampling})], 1)
        return Profile(
            contestant.name, contestant.amount, contestant.what, _libraries(_report(data)), _functions(notes)
        )


def table(found: Profile) -> Iterator[str]:
    """Lines for a person, the most first."""
    whole = sum(found.libraries.values())
    yield f"  {found.name}: {whole:.2f} s of the processor{_each(found, whole, ' for each of ')}"
    for title, parts in (("library", found.libraries), ("function", found.functions)):
        yield f"  by {title}"
        # What is told by function comes from another run: its shares are what counts.
        of = sum(parts.values())
        shares = sorted(((seconds / of, name) for name, seconds in parts.items()), reverse=True)
        told = [part for part in shares[:_MOST] if part[0] >= _LEAST]
        if left := shares[len(told) :]:
            told.append((sum(share for share, _ in left), f"{len(left)} more"))
        for share, name in told:
            yield f"    {share:>6.1%}{_each(found, share * whole)}  {name}"


def _each(found: Profile, seconds: float, words: str = "") -> str:
    """So much of it for each of the amount; nothing where none is told of."""
    if not found.amount:
        return ""
    figure = seconds / found.amount * 1e6
    return f", {figure:,.2f} µs{words}{found.amount:,.0f} {found.what}" if words else f"{figure:>11,.2f} µs"


def _perf() -> str:
    if (path := PERF.path) is None:
        raise WorkNotDoneError(f"perf is not here: {PERF.get}")
    return path


def _report(data: Path) -> str:
    command = [_perf(), "report", "--stdio", "-i", data, "--sort", "dso", "-t", "\t"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False
    )
    if done.returncode != 0:
        raise WorkNotDoneError(f"perf: {done.stderr.strip()[-400:]}")
    return done.stdout


def _libraries(report: str) -> Mapping[str, float]:
    """Seconds by library, of what `perf report` prints with tabs."""
    counted = re.search(r"^# Event count \(approx\.\): (\d+)$", report, re.MULTILINE)
    if counted is None:
        raise WorkNotDoneError(f"perf tells of no samples: {report[-400:]}")
    seconds = int(counted[1]) / 1e9
    found = Counter[str]()
    for line in report.splitlines():
        share, tab, name = line.partition("\t")
        if tab and not line.startswith("#"):
            found[_library(name.strip())] += float(share.strip().rstrip("%")) / 100 * seconds
    return found


def _library(name: str) -> str:
    return next((told for pattern, told in _LIBRARIES if re.search(pattern, name)), name)


def _functions(notes: Path) -> Mapping[str, float]:
    """Seconds by function, of what the sampler wrote in every process."""
    found = Counter[str]()
    for path in notes.iterdir():
        for line in path.read_text().splitlines():
            nanoseconds, _, place = line.partition(" ")
            found[place] += int(nanoseconds) / 1e9
    return found

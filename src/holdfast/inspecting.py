"""The process that looks at received bytes.

Fetches nothing, writes no file and decides nothing beyond `decoding.inspect`. A decoder fed by strangers is
the one part of a run that a hostile file may crash, hang or swell, so it has a process of its own, which
holds no secret, may take so much memory and no more, and ends with the run. It is started by `store.workers`.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import msgspec
from PIL import AvifImagePlugin

from .config import KIB, MediaLimits
from .containers import Data
from .decoding import inspect, too_much_memory
from .dialogue import ANSWER, READY, REQUEST, Answer, Settings
from .media import Media
from .metadata import STRIPPERS, strip_metadata
from .model import Refusal

_DESCRIPTORS = 10
"""Three for the pipes and stderr, two for a file and its mapping, the rest for modules loaded late."""
_DETAIL_CHARACTERS = 500
_READ_BYTES = 512 * KIB
"""A file up to this size is read, a larger one mapped: to map 42 KB takes 0.09 ms, and to decode them 0.4."""
_STACK_BYTES = 256 * 1024
"""Of a thread that only waits; the usual 8 MiB would count as memory of the decoder's."""


def serve(settings: Settings) -> None:
    """Answer requests on stdin until it ends, which it does with the run, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the run's to answer: it lets a picture finish
    requests, answers = _channels()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # there are as many processes as processors
    _confine(settings.limits)
    _end_with_the_run()
    answers.write(READY)
    answers.flush()
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        by_path, size = REQUEST.unpack(head)
        body = requests.read(size)
        if len(body) < size:
            return
        answer, shorter = _inspected(Path(os.fsdecode(body)) if by_path else body, settings)
        text = msgspec.json.encode(answer)
        answers.write(ANSWER.pack(len(text), len(shorter)))
        answers.write(text)
        answers.write(shorter)
        answers.flush()


def _inspected(source: bytes | Path, settings: Settings) -> tuple[Answer, bytes]:
    """What a file is, and its bytes without metadata where that was asked for and changes them."""
    try:
        if isinstance(source, bytes):
            found, shorter = _judged(source, settings)
        else:
            with source.open("rb", buffering=0) as file:
                if os.fstat(file.fileno()).st_size <= _READ_BYTES:
                    found, shorter = _judged(file.readall(), settings)
                else:
                    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                        found, shorter = _judged(data, settings)
    except MemoryError:
        found, shorter = too_much_memory(settings.limits), b""
    except Exception as error:  # whatever it is, it concerns this file alone
        found, shorter = Refusal("not-media", f"it cannot be read: {type(error).__name__}: {error}"), b""
    if isinstance(found, Media):
        return Answer(media=found), shorter
    # It may quote the file: a name of a megabyte, or half of a surrogate pair, which no report could hold.
    detail = found.detail[:_DETAIL_CHARACTERS].encode("utf-8", "replace").decode()
    return Answer(refusal=Refusal(found.reason, detail)), b""


def _judged(data: Data, settings: Settings) -> tuple[Media | Refusal, bytes]:
    found = inspect(data, settings.limits, allow_active_svg=settings.allow_active_svg)
    if isinstance(found, Media) and settings.strip_metadata and found.type in STRIPPERS:
        whole = bytes(data)
        shorter = strip_metadata(whole, found)
        if shorter != whole:
            # Judged once more, so that what is stored is always what was judged.
            again = inspect(shorter, settings.limits, allow_active_svg=settings.allow_active_svg)
            if isinstance(again, Media):
                return again, shorter
    return found, b""


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """stdin and stdout; what a library prints goes nowhere, and cannot pass for an answer."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # stderr is the null device
    return sys.stdin.buffer, answers


def _end_with_the_run() -> None:
    """Leave at once when nobody can send requests any more, also in the midst of a picture."""
    if not hasattr(select, "poll"):  # Windows: then when the picture is done
        return
    run = select.poll()
    run.register(0, 0)

    def watch() -> None:
        run.poll()
        os._exit(0)

    threading.stack_size(_STACK_BYTES)
    threading.Thread(target=watch, daemon=True).start()


def _confine(limits: MediaLimits) -> None:
    """Bound this process for good, after its imports.

    RLIMIT_DATA and not RLIMIT_AS: it counts what is allocated (since Linux 4.7 by mmap too), and neither the
    libraries' text nor the mapping of a large film. macOS enforces neither; there time alone is bounded.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # if anything must go, then this, not the run
    for name, most in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NOFILE", _DESCRIPTORS),
        ("RLIMIT_DATA", limits.decode_memory),
    ):
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(which, (most, most))

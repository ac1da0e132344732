"""Decode every picture of a folder: ``python -m tests.benchmarks.decoding FOLDER workers|here``.

``workers``: in processes of their own, as a run does it. ``here``: in this process, by as many threads. What
the one takes over the other is the price of a run that no file can take down. Prints how many were whole.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from holdfast.config import MediaLimits
from holdfast.dialogue import Settings
from holdfast.media import Media, identify
from holdfast.store.workers import Workers


def main(folder: Path, how: str) -> None:
    files = sorted(folder.iterdir())
    most = os.cpu_count() or 1
    if how == "workers":
        workers = Workers(Settings(MediaLimits(), False, False), most)
        workers.start()
        try:
            whole = _whole(files, most, lambda data: _through(workers, data))
        finally:
            workers.close()
    else:
        from holdfast.decoding import inspect  # brings Pillow, which a run leaves to its workers

        whole = _whole(files, most, lambda data: isinstance(inspect(data, MediaLimits()), Media))
    print(f"{whole} whole")


def _through(workers: Workers, data: bytes) -> bool:
    kind = identify(data)
    assert kind is not None
    found, _ = workers.inspect(data, kind)
    return isinstance(found, Media)


def _whole(files: list[Path], threads: int, is_whole: Callable[[bytes], bool]) -> int:
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(lambda path: is_whole(path.read_bytes()), files))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

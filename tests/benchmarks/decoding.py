"""Decode every picture of a folder: ``python -m tests.benchmarks.decoding FOLDER workers|here``.

``workers``: in processes of their own, as a run does it. ``here``: in this process, by as many threads. What
the one takes over the other is the price of a run that no file can take down. Prints how many were whole.
"""

from __future__ import annotations

import os
import sys
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
        workers.start(most)
        try:
            kinds = [identify(path.read_bytes()) for path in files]
            looked = [workers.look(path, kind) for path, kind in zip(files, kinds, strict=True) if kind]
            whole = sum(isinstance(file.answer.result()[0], Media) for file in looked)
        finally:
            workers.close()
    else:
        from holdfast.decoding import inspect  # brings Pillow, which a run leaves to its workers

        def is_whole(path: Path) -> bool:
            return isinstance(inspect(path.read_bytes(), MediaLimits()), Media)

        with ThreadPoolExecutor(most) as pool:
            whole = sum(pool.map(is_whole, files))
    print(f"{whole} whole")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

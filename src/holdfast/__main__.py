"""The console script. Leaves by `os._exit` once everything is flushed.

The HTTP engine's own threads can abort the process while the interpreter shuts down (measured: 1 to 30 %
of runs that had used TLS; none of 20 with `os._exit`), which would turn a good exit code into 134.
"""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # What a run makes are millions of small records, none of which leads back to itself: to look through them
    # for such as often as Python does took a twentieth of the time.
    gc.set_threshold(20_000, 50, 50)
    from .cli import run

    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            code = code or 0
        except OSError as error:
            sys.stderr.write(f"holdfast: the report could not be written: {error.strerror}\n")
            code = 1
    os._exit(code)


if __name__ == "__main__":
    main()

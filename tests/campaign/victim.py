"""Runs a verb in a process that can be killed at any operation of its disk, without starting Python anew.

``python -m tests.campaign.victim`` has imported everything, and waits; for each line of JSON on its standard
input it forks a child that does one run, and answers with how the child ended. `Victims` is the other side.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.commands import environment
from tests.faulty_disk import FaultyDisk, Step


class KillingDisk(FaultyDisk):
    """Ends its own process, as ``kill -9`` would, when a certain step is due; a write is torn in half."""

    def __init__(self, at: Step) -> None:
        super().__init__(at)

    def _step(self, name: str, subject: Path | int) -> None:
        try:
            super()._step(name, subject)
        except OSError:
            if name != "write":
                self._die()
            raise

    def write(self, fd: int, data: bytes | memoryview) -> int:
        try:
            return super().write(fd, data)
        except OSError:
            if self.hit:
                os.write(fd, data[: len(data) // 2])
                self._die()
            raise

    def _die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Victims:
    """Starts such processes, one after the other."""

    def __enter__(self) -> Self:
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.campaign.victim"],
            cwd=Path(__file__).parents[2],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zygote.communicate()

    def kill(self, at: Step, verb: str, flags: Mapping[str, Any], modes: Mapping[str, Any]) -> int:
        """Let a child do one run; its exit code, negative for the signal that ended it."""
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        order = {"at": at, "verb": verb, "flags": flags, "modes": modes}
        self._zygote.stdin.write(json.dumps(order).encode() + b"\n")
        self._zygote.stdin.flush()
        return int(self._zygote.stdout.readline())


def _main() -> None:
    import uvloop

    from holdfast import pipeline
    from holdfast.store import Store

    del Store, uvloop
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                disk = KillingDisk(Step(*order["at"]))
                getattr(pipeline, order["verb"])(flags=order["flags"], disk=disk, **order["modes"])
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _main()

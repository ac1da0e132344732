"""An interpreter that has imported holdfast already, and becomes each command by a fork.

As real a process as any other, without the half second of imports that a thousand commands would repeat.
What a command imports, and that it imports it by itself, is for the tests that start a new interpreter:
``test_startup``, ``test_progress``, ``campaign`` and every use of ``-m holdfast``.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

_LONGEST = 1 << 20
"""Bytes of one request: arguments and environment."""


def ran(
    arguments: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: bytes, timeout: float
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of ``holdfast arguments``.

    Raises:
        subprocess.TimeoutExpired: it took longer than ``timeout`` seconds, and was ended.
    """
    near, far = socket.socketpair()
    with near, TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as error:
        given.write(stdin)
        given.seek(0)
        with far:
            request = json.dumps([[*arguments], str(cwd), {**env}]).encode()
            files = [given.fileno(), out.fileno(), error.fileno(), far.fileno()]
            with socket.socket(fileno=os.dup(_waiting())) as waiting:
                socket.send_fds(waiting, [request], files)
        near.settimeout(timeout)
        with near.makefile() as told:
            process = int(told.readline())
            try:
                code = int(told.readline())
            except TimeoutError as late:
                os.kill(process, signal.SIGKILL)
                raise subprocess.TimeoutExpired(["holdfast", *arguments], timeout) from late
        return code, _all(out), _all(error)


def _all(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


@cache
def _waiting() -> int:
    """A socket, by its number, that leads to the interpreter that forks."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        subprocess.run(
            [sys.executable, "-m", "tests.warm", str(there.fileno())],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONUTF8": "1"},
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
            check=True,
        )
    number = here.detach()
    atexit.register(os.close, number)
    return number


# -- the interpreter that forks ---------------------------------------------------------------------------


def _serve(requests: socket.socket) -> None:
    """Fork for each request; return in the child, to become the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for those who wait for the commands
    while True:
        request, files, _, _ = socket.recv_fds(requests, _LONGEST, 4)
        if not request:
            os._exit(0)
        if os.fork() == 0:
            break
        for file in files:
            os.close(file)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    requests.close()
    *standard, reply = files
    process = os.fork()
    if process:
        os.write(reply, b"%d\n" % process)
        os.write(reply, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
        os._exit(0)
    for number, file in enumerate(standard):
        os.dup2(file, number)
    os.closerange(3, 1 + max(files))
    arguments, folder, environment = json.loads(request)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv[1:] = arguments
    sys.path[0] = folder


def _import_all() -> None:
    package = importlib.import_module("holdfast")
    for module in pkgutil.walk_packages(package.__path__, "holdfast."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # so that it is nobody's child: some tests count theirs
    _import_all()
    gc.collect()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("holdfast", run_name="__main__", alter_sys=True)

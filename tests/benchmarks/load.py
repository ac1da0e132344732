"""The load: a web server in processes of its own, on addresses below 127.0.0.0/8. Measures nothing.

nginx where it is on PATH, else `own_server` in two processes (which can be slower than what is measured).
"""

from __future__ import annotations

import resource
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import trustme

from .measuring import REPOSITORY
from .own_server import PAGE, Settings
from .peers import NGINX

_NAMES_PER_CERTIFICATE = 50
_PROCESSES = 2
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """A running server."""

    name: str
    addresses: Sequence[str]
    port: int
    tls: bool
    authority: Path | None
    """The PEM file that a client must trust."""

    def url(self, path: str, host: int = 0) -> str:
        """``path`` at the address of this number."""
        return f"http{'s' * self.tls}://{self.addresses[host]}:{self.port}{path}"


def addresses(count: int) -> list[str]:
    """So many different addresses of this machine; Linux answers on all of 127.0.0.0/8."""
    return [f"127.{10 + number // 40000}.{number // 200 % 200}.{number % 200 + 1}" for number in range(count)]


@contextmanager
def serve(
    folder: Path, *, own: bool, root: Path | None = None, hosts: int = 1, tls: bool = False
) -> Iterator[Load]:
    """Serve `PAGE` and the files of ``root`` on ``hosts`` addresses; ``folder`` is for the server itself."""
    folder.mkdir(parents=True)
    where = addresses(hosts) if hosts > 1 else ["127.0.0.1"]
    with socket.create_server((where[0], 0)) as free:
        port = free.getsockname()[1]
    groups = [
        where[start : start + _NAMES_PER_CERTIFICATE] for start in range(0, hosts, _NAMES_PER_CERTIFICATE)
    ]
    authority = _certificates(folder, groups) if tls else None
    program = None if own else NGINX.path
    begin = _nginx if program else _own
    processes = begin(program or sys.executable, folder, root, port, groups, tls)
    load = Load("nginx" if program else "our own server", where, port, tls, authority)
    try:
        _wait(load, processes)
        yield load
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _certificates(folder: Path, groups: Sequence[Sequence[str]]) -> Path:
    """One certificate for each group of addresses: many hosts, and none has to send a thousand names."""
    authority = trustme.CA()
    for number, names in enumerate(groups):
        issued = authority.issue_cert(*names)
        issued.private_key_pem.write_to_path(str(folder / f"{number}.key"))
        for part in issued.cert_chain_pems:
            part.write_to_path(str(folder / f"{number}.pem"), append=True)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return folder / "ca.pem"


_NGINX = """
daemon off; master_process off; worker_rlimit_nofile {descriptors};
pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections {descriptors}; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; server_tokens off;
  types {{ text/html html; image/jpeg jpg; }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {servers}
}}
"""
_SERVER = """
  server {{ {listen} {tls} root {root};
    location /page/ {{ default_type text/html; return 200 "{page}"; }} }}
"""


def _nginx(
    program: str, folder: Path, root: Path | None, port: int, groups: Sequence[Sequence[str]], tls: bool
) -> list[subprocess.Popen[bytes]]:
    servers = "".join(
        _SERVER.format(
            listen=" ".join(f"listen {name}:{port}{' ssl' * tls} backlog=4096;" for name in names),
            tls=f"ssl_certificate {folder}/{number}.pem; ssl_certificate_key {folder}/{number}.key;"
            if tls
            else "",
            root=root or folder,
            page=PAGE.decode(),
        )
        for number, names in enumerate(groups)
    )
    descriptors = _raise_limit()
    text = _NGINX.format(folder=folder, servers=servers, descriptors=min(descriptors, 65536))
    (folder / "nginx.conf").write_text(text)
    log = str(folder / "error.log")
    return [subprocess.Popen([program, "-p", str(folder), "-e", log, "-c", str(folder / "nginx.conf")])]


def _own(
    program: str, folder: Path, root: Path | None, port: int, groups: Sequence[Sequence[str]], tls: bool
) -> list[subprocess.Popen[bytes]]:
    _raise_limit()
    settings = Settings(str(folder), str(root) if root else None, port, [[*names] for names in groups], tls)
    (folder / "server.json").write_bytes(msgspec.json.encode(settings))
    command = [program, "-m", "tests.benchmarks.own_server", str(folder / "server.json")]
    return [subprocess.Popen(command, cwd=REPOSITORY) for _ in range(_PROCESSES)]


def _raise_limit() -> int:
    """Let this process and its children open as many files as the system allows; return how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return 65536 if hard == resource.RLIM_INFINITY else hard


def _wait(load: Load, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Return when the last address answers.

    Raises:
        RuntimeError: the server ended, or does not answer.
    """
    trust = ssl.create_default_context(cafile=str(load.authority)) if load.authority else None
    direct = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
    )
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            with direct.open(load.url("/page/", host=len(load.addresses) - 1), timeout=5) as response:
                if response.read() == PAGE:
                    return
        except OSError as error:
            ended = any(process.poll() is not None for process in processes)
            if ended or time.monotonic() > until:
                raise RuntimeError(f"{load.name} does not answer on port {load.port}: {error}") from error
        time.sleep(0.05)

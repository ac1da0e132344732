"""Link checkers of other people, run over the same addresses and files as ours, and what they say of each.

Knows nothing of verdicts that are right. Every program's words are brought down to `Said`.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote, urljoin

from tests.check.asking import arguments
from tests.commands import environment

Said: TypeAlias = Literal["fine", "dead", "unsure"]
"""``unsure``: left out, or said to be beyond what a program can tell; neither fails a run."""
Link: TypeAlias = tuple[str, str]
"""A document, and what it links to, both below the root, percent-decoded; ("", URL) for a URL of a list."""

OURS: Mapping[str, Said] = {
    "ok": "fine",
    "redirected": "fine",
    "broken": "dead",
    "unverified": "unsure",
    "excluded": "unsure",
}
LYCHEES: Mapping[str, Said] = {
    "success_map": "fine",
    "redirect_map": "fine",
    "error_map": "dead",
    "timeout_map": "dead",
    "excluded_map": "unsure",
    "unsupported_map": "unsure",
}
SECONDS = 3
"""Every program waits that long for an answer."""


def start(
    words: Sequence[str | Path], folder: Path, given: str = "", **variables: str
) -> subprocess.Popen[str]:
    """Begin a program; all of them run at the same time."""
    file = folder / "given.txt"
    file.write_text(given)
    with file.open() as stdin:
        return subprocess.Popen(
            [str(word) for word in words],
            cwd=folder,
            env=environment(variables),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def ended(process: subprocess.Popen[str]) -> str:
    """What it printed."""
    try:
        out, error = process.communicate(timeout=100)
    finally:
        process.kill()
    print(error)  # shown with a failure: a program that gave up halfway still prints what it had by then
    assert out, error
    return out


# -- how they are begun -----------------------------------------------------------------------------------


def start_holdfast(folder: Path, urls: Sequence[str], ca_file: Path) -> subprocess.Popen[str]:
    made = {"timeout": f"{SECONDS}", "check-deadline": "4", "retry-after-most": "2", "ca-file": str(ca_file)}
    return start([sys.executable, "-m", "holdfast", *arguments(made)], folder, "\n".join(urls))


def start_lychee(
    folder: Path, target: Path, ca_file: Path | None = None, *more: str
) -> subprocess.Popen[str]:
    program = Path(sysconfig.get_path("scripts")) / "lychee"
    words = ["--no-progress", "--format=json", "-v", "--max-retries=3", "--retry-wait-time=1"]
    words += [f"--timeout={SECONDS}", "--host-request-interval=0ms", *more]
    trust = {"SSL_CERT_FILE": str(ca_file)} if ca_file else {}
    return start([program, *words, target], folder, **trust)


LINKCHECKER = """
from linkcheck.command import linkchecker as command
command.drop_privileges = lambda: None
command.linkchecker()
"""
"""As root it would go on as nobody, who may not be allowed to read the folders that it is installed in:
what it imports late would be missing without a word."""


def start_linkchecker(
    folder: Path, given: Sequence[str], ca_file: Path | None = None, *more: str
) -> subprocess.Popen[str]:
    rules = folder / "rules"
    trust = f"sslverify={ca_file}\n" if ca_file else ""
    rules.write_text(f"[checking]\n{trust}[AnchorCheck]\n")
    words = ["-f", rules, "-v", "--no-status", "--no-robots", "-o", "csv", "--timeout", f"{SECONDS}", *more]
    return start([sys.executable, "-c", LINKCHECKER, *words, "--stdin"], folder, "\n".join(given))


# -- what they say ----------------------------------------------------------------------------------------


def holdfasts(printed: str, root: str = "") -> dict[Link, Said]:
    found: dict[Link, Said] = {}
    for result in json.loads(printed)["results"]:
        places = [location["path"] for location in result["locations"]] if root else [""]
        for path in places:
            found[_link(root, path, result["url"])] = OURS[result["verdict"]]
    return found


def lychees(printed: str, root: str = "") -> dict[Link, Said]:
    found: dict[Link, Said] = {}
    report: Mapping[str, Any] = json.loads(printed)
    for name, said in LYCHEES.items():
        for document, results in report.get(name, {}).items():
            for result in results:
                if "url" in result:
                    path = document.removeprefix(root) if root else ""
                    found[_link(root, path, result["url"])] = said
    # What it cannot ask (an unknown scheme) is counted, and listed nowhere.
    return found


def linkcheckers(printed: str, root: str = "") -> dict[Link, Said]:
    """A warning about an anchor fails a run, as an error does."""
    found: dict[Link, Said] = {}
    lines = [line for line in printed.splitlines() if not line.startswith("# ")]
    for row in csv.DictReader(lines, delimiter=";"):
        parent = unquote(row["parentname"] or "")
        if root and not parent:
            continue
        dead = row["valid"] != "True" or (root and "Anchor `" in row["warningstring"])
        link = _link(root, parent.removeprefix(f"file://{root}"), row["urlname"])
        found[link] = "dead" if dead else "fine"
    return found


def _link(root: str, document: str, url: str) -> Link:
    if not root:
        return "", url
    whole = urljoin(f"file://{root}{document}", url)
    return document, unquote(whole).removeprefix(f"file://{root}").removesuffix("/")

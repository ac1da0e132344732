"""The command line's options as rows, shared by the commands that take them.

Decides nothing: each option's long name is also its key in holdfast.toml (see `config`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from .sites import PRESETS

Command = TypeVar("Command", bound=Callable[..., Any])


def apply(options: Sequence[Callable[[Any], Any]]) -> Callable[[Command], Command]:
    """One decorator from several, in the order in which the help shows them."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


NETWORK: tuple[Callable[..., Any], ...] = (
    click.option("--concurrency", type=int, metavar="N", help="Requests under way at once. [256]"),
    click.option("--host-concurrency", type=int, metavar="N", help="Requests to one host at once. [8]"),
    click.option(
        "--host-interval", metavar="SECONDS", help="Shortest time between two requests to one host. [0.05]"
    ),
    click.option("--timeout", metavar="SECONDS", help="Longest wait for the head of an answer. [20]"),
    click.option("--deadline", metavar="SECONDS", help="Longest time for one body. [1800]"),
    click.option("--retries", type=int, metavar="N", help="Further tries after a passing failure. [3]"),
    click.option("--max-bytes", metavar="SIZE", help="Largest body to accept. [images 25MiB, other 64MiB]"),
    click.option("-A", "--user-agent", metavar="TEXT", help="What to call ourselves."),
    click.option(
        "-H", "--header", multiple=True, metavar="NAME: VALUE", help="Send this header (repeatable)."
    ),
    click.option(
        "-b", "--cookie-jar", metavar="FILE", help="Cookies in Netscape format; read, never written."
    ),
    click.option("-x", "--proxy", metavar="URL", help="Use this proxy; '' for none. [HTTPS_PROXY, NO_PROXY]"),
    click.option("--ca-file", metavar="FILE", help="Trust the certificates in this PEM file as well."),
    click.option("-k", "--insecure", is_flag=True, default=None, help="Accept any certificate."),
    click.option(
        "--resolve",
        multiple=True,
        metavar="HOST:PORT:ADDR",
        help="Use this address for a host; HOST may be * (repeatable).",
    ),
    click.option(
        "--connect-to",
        multiple=True,
        metavar="HOST1:PORT1:HOST2:PORT2",
        help="Connect to host 2 where host 1 is asked for (repeatable).",
    ),
    click.option(
        "--allow-private",
        multiple=True,
        is_flag=False,
        flag_value="*",
        metavar="[CIDR]",
        help="Allow addresses that are not on the public internet, all or one range (repeatable).",
    ),
    click.option("--include", multiple=True, metavar="REGEX", help="Only URLs that match (repeatable)."),
    click.option("--exclude", multiple=True, metavar="REGEX", help="No URLs that match (repeatable)."),
)

WALK: tuple[Callable[..., Any], ...] = (
    click.option(
        "--include-path",
        multiple=True,
        metavar="GLOB",
        help="Only documents whose path matches (repeatable).",
    ),
    click.option(
        "--exclude-path", multiple=True, metavar="GLOB", help="No documents whose path matches (repeatable)."
    ),
    click.option(
        "--extensions",
        metavar="LIST",
        help="Scan these too, besides Markdown: html,css.",
    ),
)

SITE: tuple[Callable[..., Any], ...] = (
    click.option(
        "--site",
        type=click.Choice(["auto", *PRESETS]),
        default=None,
        help="What builds the site. [auto: recognised from its files]",
    ),
    click.option("--archive", metavar="DIR", help="Where the manifest lives. [archive]"),
    click.option("--assets", metavar="DIR", help="Where stored files go. [the preset's folder]"),
    click.option("--url-prefix", metavar="PREFIX", help="What references to stored files begin with."),
    click.option(
        "--base-path", metavar="PATH", help="The path the site is served under. [from its configuration]"
    ),
)

LOOK: tuple[Callable[..., Any], ...] = (
    click.option("-q", "--quiet", is_flag=True, help="No progress and no report; the exit code says it."),
    click.option("-v", "--verbose", count=True, help="Say more on stderr (twice: every request)."),
    click.option("--no-color", is_flag=True, help="No colour; NO_COLOR is honoured too."),
)

ROOT: tuple[Callable[..., Any], ...] = (
    click.option("--root", metavar="DIR", help="The site's root. [found from the first PATH]"),
)

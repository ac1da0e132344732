"""The command line's options as rows, shared by the commands that take them, and how their help is laid out.

Decides nothing: each option's long name is also its key in holdfast.toml (see `keys`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from .sites import PRESETS

Function = TypeVar("Function", bound=Callable[..., Any])

ACTION = "What to do"
SITE = "The site"
SELECTION = "Documents and URLs"
NETWORK = "Network"
OUTPUT = "Output"
SECTIONS = (ACTION, SITE, SELECTION, NETWORK, OUTPUT)


class SectionedOption(click.Option):
    """An option that knows under which heading of the help it belongs."""

    def __init__(self, *arguments: Any, section: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.section = section


class SectionedCommand(click.Command):
    """A command whose help lists options under headings: forty in one list help nobody."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in SECTIONS}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if row is not None:
                sections[getattr(parameter, "section", OUTPUT)].append(row)
        for name, rows in sections.items():
            if rows:
                with formatter.section(name):
                    formatter.write_dl(rows)


def option(section: str, *names: str, **settings: Any) -> Callable[[Function], Function]:
    """One row: the heading it stands under, its names, its settings as click takes them."""
    return click.option(*names, cls=SectionedOption, section=section, **settings)


def flag(section: str, name: str, words: str) -> Callable[[Function], Function]:
    """A switch that a configuration file may set too: not given is None, not False."""
    return option(section, name, is_flag=True, default=None, help=words)


def apply(*options: Callable[[Any], Any]) -> Callable[[Function], Function]:
    """One decorator from several, in the order in which the help shows them."""

    def decorate(command: Function) -> Function:
        for each in reversed(options):
            command = each(command)
        return command

    return decorate


def formats(names: Sequence[str]) -> Callable[[Function], Function]:
    """How to report, for a command with these formats."""
    words = f"How to report: {', '.join(names)}; with =FILE into a file (repeatable)."
    return option(OUTPUT, "--format", "formats", multiple=True, metavar="NAME[=FILE]", help=words)


ROOT = option(SITE, "--root", metavar="DIR", help="The site's root. [found from the first PATH]")
PRESET = option(
    SITE,
    "--site",
    metavar="PRESET",
    type=click.Choice(["auto", *PRESETS]),
    help=f"What builds the site: {', '.join(PRESETS)}. [auto: recognised from its files]",
)
ARCHIVE = option(SITE, "--archive", metavar="DIR", help="Where the manifest lives. [archive]")
ASSETS = option(SITE, "--assets", metavar="DIR", help="Where stored files go. [as the preset says]")
PREFIX = option(SITE, "--url-prefix", metavar="PREFIX", help="What references to stored files begin with.")
BASE = option(
    SITE, "--base-path", metavar="PATH", help="The path the site is served under. [from its configuration]"
)
SET = option(
    SITE,
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any other setting of holdfast.toml, e.g. lock-wait=60 (repeatable).",
)
PLACES = (ROOT, PRESET, ARCHIVE, ASSETS, PREFIX, BASE, SET)

INCLUDE = option(
    SELECTION, "--include", multiple=True, metavar="REGEX", help="Only URLs that match (repeatable)."
)
EXCLUDE = option(
    SELECTION, "--exclude", multiple=True, metavar="REGEX", help="No URLs that match (repeatable)."
)
WALK = (
    option(
        SELECTION,
        "--include-path",
        multiple=True,
        metavar="GLOB",
        help="Only documents whose path matches, as in a .gitignore (repeatable).",
    ),
    option(
        SELECTION,
        "--exclude-path",
        multiple=True,
        metavar="GLOB",
        help="No documents whose path matches (repeatable).",
    ),
    option(SELECTION, "--extensions", metavar="LIST", help="Read these too, besides Markdown: html,css."),
)

WEB = (
    option(NETWORK, "--concurrency", metavar="N", help="Requests under way at once. [256]"),
    option(NETWORK, "--host-concurrency", metavar="N", help="Requests to one host at once. [8]"),
    option(
        NETWORK,
        "--host-interval",
        metavar="SECONDS",
        help="Shortest time between two requests to one host. [0.05]",
    ),
    option(NETWORK, "--timeout", metavar="SECONDS", help="Longest wait for the head of an answer. [20]"),
    option(NETWORK, "--deadline", metavar="SECONDS", help="Longest time for one body. [1800]"),
    option(NETWORK, "--retries", metavar="N", help="Further tries after a passing failure. [3]"),
    option(
        NETWORK, "--max-bytes", metavar="SIZE", help="Largest body to accept. [images 25MiB, other 64MiB]"
    ),
    option(NETWORK, "-A", "--user-agent", metavar="TEXT", help="What to call ourselves."),
    option(
        NETWORK,
        "-H",
        "--header",
        multiple=True,
        metavar="'NAME: VALUE'",
        help="Send this header as well (repeatable).",
    ),
    option(
        NETWORK, "-b", "--cookie-jar", metavar="FILE", help="Cookies in Netscape format; read, never written."
    ),
    option(
        NETWORK, "-x", "--proxy", metavar="URL", help="Use this proxy; '' for none. [HTTPS_PROXY, NO_PROXY]"
    ),
    option(NETWORK, "--ca-file", metavar="FILE", help="Trust the certificates in this PEM file as well."),
    option(NETWORK, "-k", "--insecure", is_flag=True, default=None, help="Accept any certificate."),
    option(
        NETWORK,
        "--resolve",
        multiple=True,
        metavar="HOST:PORT:ADDR",
        help="Use this address for a host; HOST may be * (repeatable).",
    ),
    option(
        NETWORK,
        "--connect-to",
        multiple=True,
        metavar="HOST1:PORT1:HOST2:PORT2",
        help="Connect to host 2 where host 1 is asked for (repeatable).",
    ),
    option(
        NETWORK,
        "--allow-private",
        multiple=True,
        is_flag=False,
        flag_value="*",
        metavar="[CIDR]",
        help="Allow addresses that are not on the public internet, all or one range (repeatable).",
    ),
)

JUDGING = (
    flag(ACTION, "--strict", "What no program can verify fails the run too."),
    option(ACTION, "--accept", metavar="LIST", help="Statuses that are good. [100..=103,200..=299]"),
    flag(ACTION, "--fragments", "Look for the anchors of remote pages too; those of local ones always are."),
    flag(ACTION, "--soft-404", "Take a page with status 200 that says it is not there for broken."),
    option(
        ACTION,
        "--grace",
        metavar="NxTIME",
        help="Broken only after N failures in a row over at least this time, e.g. 3x7d.",
    ),
    option(ACTION, "--max-age", metavar="TIME", help="What was good so recently is not asked again. [1d]"),
    option(ACTION, "--second-look", metavar="TIME", help="Pause before failures are asked once more. [5s]"),
    option(
        ACTION,
        "--baseline",
        metavar="FILE",
        help="Links known to be broken: only new breakage fails the run.",
    ),
    option(
        ACTION,
        "--history",
        metavar="FILE",
        help="Keep what fails in this text file too, for a branch or an artifact; memory is rebuilt from it.",
    ),
)
CHOOSING = (
    option(
        SELECTION,
        "--remap",
        multiple=True,
        metavar="'REGEX NEW'",
        help="Ask for another URL instead; $1 stands for a group (repeatable).",
    ),
    flag(SELECTION, "--include-reserved", "Ask for example.com, localhost and their like too."),
)

QUIET = option(
    OUTPUT, "-q", "--quiet", is_flag=True, help="No progress and no report; the exit code says it."
)
LOOK = (
    QUIET,
    option(OUTPUT, "-v", "--verbose", count=True, help="Say on stderr what is being done (twice: more)."),
    option(OUTPUT, "--no-color", is_flag=True, help="No colour; NO_COLOR is honoured too."),
)

COPYING = (
    option(
        ACTION,
        "--base-url",
        metavar="URL",
        help="Where the site is published. [from the pages' canonical URLs]",
    ),
    option(
        ACTION,
        "--skip",
        metavar="LIST",
        help="Leave these out, with a placeholder: video,audio,image,font,script,page,pdf.",
    ),
    option(
        ACTION, "--max-total", metavar="SIZE", help="Stop fetching before what is fetched passes this size."
    ),
    option(
        ACTION,
        "--no-seal",
        is_flag=True,
        help="Leave out the policy in each page that allows nothing remote.",
    ),
    option(
        ACTION,
        "--information",
        is_flag=True,
        help="Make local what only other programs read, too: og:image, canonical.",
    ),
    option(
        ACTION,
        "--prove",
        is_flag=False,
        flag_value="some",
        metavar="[some|all|full]",
        type=click.Choice(["some", "all", "full"]),
        help="Open 20 pages of all kinds (all: each one; full: also 2x, dark, and from a server) in Chromium"
        " with the network cut off, and say what it asks for.",
    ),
    option(ACTION, "--proof", metavar="DIR", help="Where the proof's report goes. [COPY-proof]"),
)

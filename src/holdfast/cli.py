"""The command line: commands, options, exit codes. The only module that prints.

Stages are imported inside the commands, so that --help and --version start fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from . import __version__, options
from .errors import HoldfastError, UsageError
from .options import Command

if TYPE_CHECKING:
    from .progress import Progress

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Group(click.Group):
    """Lists commands in the order of a person's day, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return list(self.commands)


@click.group(cls=_Group, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="holdfast", message="%(prog)s %(version)s")
def main() -> None:
    """Keep the images and links of a Markdown site alive.

    Stores verified local copies of what the posts show, rewrites the posts to point at them with not one
    other byte changed, and can always put the originals back.
    """


def _formats(command: str) -> Callable[[Command], Command]:
    return click.option(
        "--format",
        "formats",
        multiple=True,
        metavar="NAME[=FILE]",
        help=f"How to report: {', '.join(_FORMAT_NAMES[command])}; with =FILE into a file (repeatable).",
    )


_FORMAT_NAMES: Mapping[str, tuple[str, ...]] = {
    "scan": ("text", "jsonl", "json"),
    "archive": ("text", "json", "markdown"),
    "restore": ("text", "json"),
    "verify": ("text", "json"),
    "list": ("text", "csv", "json"),
}
"""The rows of `report.FORMATS`, without importing it; a test holds them together."""


@main.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_formats("scan")
@options.apply([*options.WALK, *options.SITE[:1], *options.ROOT, *options.LOOK])
def scan(
    paths: tuple[str, ...], formats: tuple[str, ...], quiet: bool, verbose: int, no_color: bool, **flags: Any
) -> int:
    """Show what is referred to, and where.

    Every image, link, style sheet and front matter value, with its byte span. Uses no network.
    """
    from . import pipeline

    return _report(
        "scan", formats, quiet, lambda progress: pipeline.scan(paths, flags, progress), verbose, no_color
    )


@main.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--dry-run", is_flag=True, help="Say what would be done; change and fetch nothing.")
@click.option("--diff", is_flag=True, help="Show the edits as a unified diff; change and fetch nothing.")
@click.option("--check", is_flag=True, help="Exit 2 when an embed is not held; no network, nothing written.")
@click.option("--no-rewrite", is_flag=True, help="Store, but leave the documents as they are.")
@click.option("--refresh", is_flag=True, help="Ask again for what is held, and take what changed.")
@click.option("--retry-failed", is_flag=True, help="Ask again for what failed for good.")
@click.option(
    "--accept-failures", is_flag=True, help="Accept what fails: it no longer makes the exit code 2."
)
@click.option(
    "--links", metavar="LIST", help="Archive linked files of these types too: pdf,video,audio,image."
)
@click.option("--max-total", metavar="SIZE", help="Stop before all stored files together pass this size.")
@click.option(
    "--layout",
    type=click.Choice(["auto", "shared", "beside"]),
    help="Stored files in one folder, or beside their post. [auto: beside for page bundles]",
)
@click.option("--naming", metavar="TEMPLATE", help="How files are named. [{host}/{stem}-{hash16}.{ext}]")
@click.option("--strip-metadata", is_flag=True, default=None, help="Remove EXIF (GPS) from stored copies.")
@click.option("--allow-active-svg", is_flag=True, default=None, help="Store SVG with scripts too.")
@click.option(
    "--front-matter-key",
    "front_matter_keys",
    multiple=True,
    metavar="KEY",
    help="This key names an image (repeatable).",
)
@_formats("archive")
@options.apply([*options.SITE, *options.WALK, *options.NETWORK, *options.ROOT, *options.LOOK])
def archive(
    paths: tuple[str, ...], formats: tuple[str, ...], quiet: bool, verbose: int, no_color: bool, **flags: Any
) -> int:
    """Store every embed and rewrite the documents.

    Without PATH: the site's content folders. A second run makes no request and no change.
    """
    from . import pipeline

    modes = {name: flags.pop(name) for name in _ARCHIVE_MODES}
    return _report(
        "archive",
        formats,
        quiet,
        lambda progress: pipeline.archive(paths, flags, progress, **modes),
        verbose,
        no_color,
    )


_ARCHIVE_MODES = ("dry_run", "diff", "check", "no_rewrite", "refresh", "retry_failed", "accept_failures")


@main.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--include", multiple=True, metavar="REGEX", help="Only originals that match (repeatable).")
@click.option("--exclude", multiple=True, metavar="REGEX", help="No originals that match (repeatable).")
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@click.option("--diff", is_flag=True, help="Show the edits as a unified diff; change nothing.")
@_formats("restore")
@options.apply([*options.SITE, *options.WALK, *options.ROOT, *options.LOOK])
def restore(
    paths: tuple[str, ...], formats: tuple[str, ...], quiet: bool, verbose: int, no_color: bool, **flags: Any
) -> int:
    """Put the original URLs back.

    Works after other edits to the posts and after renames. What is restored stays so until you name the
    document to `holdfast archive`. Stored files stay.
    """
    from . import pipeline

    modes = {name: flags.pop(name) for name in ("dry_run", "diff")}
    return _report(
        "restore",
        formats,
        quiet,
        lambda progress: pipeline.restore(paths, flags, progress, **modes),
        verbose,
        no_color,
    )


@main.command("list")
@_formats("list")
@options.apply([*options.SITE[:4], *options.ROOT, *options.LOOK])
def listing(formats: tuple[str, ...], quiet: bool, verbose: int, no_color: bool, **flags: Any) -> int:
    """Show what is held: URL, path, hash, size, documents."""
    from . import pipeline

    return _report("list", formats, quiet, lambda _: pipeline.listing(flags), verbose, no_color)


@main.command()
@click.option("--prune", is_flag=True, help="Remove files that nothing refers to, after naming them.")
@click.option("--remote", is_flag=True, help="Ask whether each asset is served under --url-prefix.")
@_formats("verify")
@options.apply([*options.SITE, *options.NETWORK[:-2], *options.ROOT, *options.LOOK])
def verify(
    formats: tuple[str, ...],
    quiet: bool,
    verbose: int,
    no_color: bool,
    prune: bool,
    remote: bool,
    **flags: Any,
) -> int:
    """Check that every held asset is still there and unchanged, and that there are no orphans."""
    from . import pipeline

    return _report(
        "verify",
        formats,
        quiet,
        lambda progress: pipeline.verify(flags, progress, prune=prune, remote=remote),
        verbose,
        no_color,
    )


@main.command()
@click.argument("folder", required=False, metavar="[DIR]")
@options.apply(options.LOOK[:1])
def demo(folder: str | None, quiet: bool) -> int:
    """Show the whole flow in a fresh folder, against a server on loopback."""
    from .demo import play

    out = sys.stdout if not quiet else open(os.devnull, "w")  # noqa: SIM115, PTH123 - lives as long as the process
    return play(Path(folder or "holdfast-demo"), out)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Never raises."""
    try:
        result = main.main(args=list(arguments), prog_name="holdfast", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 3
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return UsageError.exit_code
    except HoldfastError as error:
        _complain(str(error), error.hint)
        return error.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        _complain("interrupted; every document is wholly old or wholly new", "run the same command to go on")
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - whoever read the report has gone
        return 0
    except OSError as error:
        name = f" ({error.filename})" if error.filename else ""
        _complain(f"{error.strerror or error}{name}", "check free space and permissions, then run again")
        return 1


def _complain(message: str, hint: str) -> None:
    sys.stderr.write(f"holdfast: {message}\n")
    if hint:
        sys.stderr.write(f"  → {hint}\n")


def _report(
    command: str,
    formats: Sequence[str],
    quiet: bool,
    work: Any,
    verbose: int,
    no_color: bool,
) -> int:
    """Do the work behind a progress display, write each report, return the exit code."""
    targets = [_target(command, text) for text in formats] or [("text", None)]
    progress: Progress
    with _progress(quiet, verbose, no_color) as progress:
        result = work(progress)
    from .report import FORMATS

    for name, path in targets:
        text = FORMATS[command][name](result)
        if path is not None:
            _write(path, text)
        elif not quiet:
            _emit(sys.stdout, text)
            if name == "text" and getattr(result, "diff", None):
                sys.stderr.writelines(f"note: {line}\n" for line in result.warnings)
    code: int = result.exit_code
    return code


def _emit(out: TextIO, text: str) -> None:
    """Write a report; a console that cannot show a character gets it escaped (GBK consoles)."""
    encoding = out.encoding or "utf-8"
    if encoding.lower().replace("-", "") != "utf8":
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    out.write(text)


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise HoldfastError(f"the report {path} could not be written: {error.strerror}") from error


def _target(command: str, text: str) -> tuple[str, str | None]:
    name, mark, path = text.partition("=")
    if name not in _FORMAT_NAMES[command]:
        raise UsageError(
            f"--format {name}: there is no such format for {command}",
            f"choose one of {', '.join(_FORMAT_NAMES[command])}",
        )
    if mark and not path:
        raise UsageError(f"--format {text}: the file's name is missing", f"write --format {name}=FILE")
    return name, path or None


def _progress(quiet: bool, verbose: int, no_color: bool) -> Any:
    """A live display on a terminal; nothing elsewhere, under CI, or when asked to be quiet."""
    from .progress import Lines, Live, Progress

    wants_colour = not (no_color or os.environ.get("NO_COLOR"))
    if quiet:
        return Progress()
    if sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb":
        return Live(verbose, colour=wants_colour)
    return Lines(verbose) if verbose else Progress()

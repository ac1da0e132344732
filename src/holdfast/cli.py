"""The command line: commands, options, exit codes. The only module that prints.

Stages are imported inside the commands, so that --help and --version start fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from . import __version__
from .errors import HoldfastError, UsageError
from .options import (
    ACTION,
    ARCHIVE,
    ASSETS,
    EXCLUDE,
    INCLUDE,
    LOOK,
    PLACES,
    PRESET,
    QUIET,
    ROOT,
    SITE,
    WALK,
    WEB,
    SectionedCommand,
    apply,
    flag,
    formats,
    option,
)

if TYPE_CHECKING:
    from .progress import Progress

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

FORMATS: Mapping[str, tuple[str, ...]] = {
    "scan": ("text", "jsonl", "json"),
    "archive": ("text", "json", "markdown"),
    "restore": ("text", "json"),
    "list": ("text", "csv", "json"),
    "verify": ("text", "json"),
}
"""The rows of `report.FORMATS`, without importing it; a test holds them together."""

_Look = tuple[Sequence[str], bool, int, bool]


class _Group(click.Group):
    """Lists commands in the order of a person's day, not of the alphabet."""

    command_class = SectionedCommand

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.commands, n=1)
            known = f"the commands are {', '.join(self.commands)}"
            raise UsageError(
                f"there is no command {args[0]}", f"did you mean holdfast {near[0]}?" if near else known
            )
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return list(self.commands)


@click.group(cls=_Group, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="holdfast", message="%(prog)s %(version)s")
def main() -> None:
    """Keep the images and links of a Markdown site alive.

    Stores verified local copies of what the posts show, rewrites the posts to point at them with not one
    other byte changed, and can always put the originals back.

    Begin with `holdfast demo`, or with `holdfast archive --dry-run` in your site's folder.
    """


@main.command(short_help="Show what is referred to, and where.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@apply(ROOT, PRESET, *WALK, formats(FORMATS["scan"]), *LOOK)
def scan(paths: tuple[str, ...], **flags: Any) -> int:
    """Show what is referred to, and where.

    Every image, link, style sheet and front matter value, with its byte span. Uses no network.
    """
    from . import pipeline

    return _report("scan", _look(flags), lambda progress: pipeline.scan(paths, flags, progress))


@main.command(short_help="Store every embed and rewrite the documents.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@apply(
    option(ACTION, "--dry-run", is_flag=True, help="Say what would be done; change and fetch nothing."),
    option(
        ACTION, "--diff", is_flag=True, help="Show the edits as a unified diff; change and fetch nothing."
    ),
    option(
        ACTION, "--check", is_flag=True, help="Exit 2 when an embed is not held; no network, nothing written."
    ),
    option(ACTION, "--no-rewrite", is_flag=True, help="Store, but leave the documents as they are."),
    option(ACTION, "--refresh", is_flag=True, help="Ask again for what is held, and take what changed."),
    option(ACTION, "--retry-failed", is_flag=True, help="Ask again for what failed for good."),
    option(
        ACTION,
        "--accept-failures",
        is_flag=True,
        help="Accept what fails: it no longer makes the exit code 2.",
    ),
    option(
        ACTION,
        "--links",
        metavar="LIST",
        help="Archive linked files of these types too: pdf,video,audio,image.",
    ),
    option(
        ACTION, "--max-total", metavar="SIZE", help="Stop before all stored files together pass this size."
    ),
    flag(ACTION, "--strip-metadata", "Remove EXIF (GPS) from stored copies; not one pixel changes."),
    flag(ACTION, "--allow-active-svg", "Store SVG with scripts too."),
    *PLACES,
    option(
        SITE,
        "--layout",
        metavar="WHERE",
        type=click.Choice(["auto", "shared", "beside"]),
        help="Stored files in one folder (shared) or beside their post. [auto: beside for page bundles]",
    ),
    option(SITE, "--naming", metavar="TEMPLATE", help="How files are named. [{host}/{stem}-{hash16}.{ext}]"),
    option(
        SITE,
        "--front-matter-key",
        multiple=True,
        metavar="KEY",
        help="This front matter key names an image (repeatable).",
    ),
    INCLUDE,
    EXCLUDE,
    *WALK,
    *WEB,
    formats(FORMATS["archive"]),
    *LOOK,
)
def archive(paths: tuple[str, ...], **flags: Any) -> int:
    """Store every embed and rewrite the documents.

    Without PATH: the site's content folders. A second run makes no request and no change.
    """
    from . import pipeline

    look = _look(flags)
    modes = {name: flags.pop(name) for name in _ARCHIVE_MODES}
    return _report("archive", look, lambda progress: pipeline.archive(paths, flags, progress, **modes))


_ARCHIVE_MODES = ("dry_run", "diff", "check", "no_rewrite", "refresh", "retry_failed", "accept_failures")


@main.command(short_help="Put the original URLs back.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@apply(
    option(ACTION, "--dry-run", is_flag=True, help="Say what would be done; change nothing."),
    option(ACTION, "--diff", is_flag=True, help="Show the edits as a unified diff; change nothing."),
    *PLACES,
    INCLUDE,
    EXCLUDE,
    *WALK,
    formats(FORMATS["restore"]),
    *LOOK,
)
def restore(paths: tuple[str, ...], **flags: Any) -> int:
    """Put the original URLs back.

    Works after other edits to the posts and after renames. What is restored stays so until you name the
    document to `holdfast archive`. Stored files stay.
    """
    from . import pipeline

    look = _look(flags)
    modes = {name: flags.pop(name) for name in ("dry_run", "diff")}
    return _report("restore", look, lambda progress: pipeline.restore(paths, flags, progress, **modes))


@main.command("list", short_help="Show what is held: URL, path, hash, size, documents.")
@apply(ROOT, PRESET, ARCHIVE, ASSETS, formats(FORMATS["list"]), *LOOK)
def listing(**flags: Any) -> int:
    """Show what is held: URL, path, hash, size, documents."""
    from . import pipeline

    return _report("list", _look(flags), lambda _: pipeline.listing(flags))


@main.command(short_help="Check that every stored file is there and unchanged.")
@apply(
    option(
        ACTION, "--prune", is_flag=True, help="Remove stored files that nothing refers to, and say which."
    ),
    option(
        ACTION, "--remote", is_flag=True, help="Ask whether each stored file is served under --url-prefix."
    ),
    *PLACES,
    *WEB,
    formats(FORMATS["verify"]),
    *LOOK,
)
def verify(prune: bool, remote: bool, **flags: Any) -> int:
    """Check that every stored file is there and unchanged, and that there are none that nobody knows."""
    from . import pipeline

    look = _look(flags)
    return _report(
        "verify", look, lambda progress: pipeline.verify(flags, progress, prune=prune, remote=remote)
    )


@main.command(short_help="Show the whole flow in a fresh folder, against a server on loopback.")
@click.argument("folder", required=False, metavar="[DIR]")
@QUIET
def demo(folder: str | None, quiet: bool) -> int:
    """Show the whole flow in a fresh folder, against a server on loopback.

    A small site is written into DIR [holdfast-demo, or the next free name], archived for real, verified and
    restored.
    """
    from .demo import free, play

    out = Path(os.devnull).open("w") if quiet else sys.stdout  # noqa: SIM115 - lives as long as the process
    return play(Path(folder) if folder else free(Path("holdfast-demo")), out)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Never raises."""
    try:
        result = main.main(args=list(arguments), prog_name="holdfast", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return UsageError.exit_code
    except click.ClickException as error:
        _misused(error)
        return UsageError.exit_code
    except HoldfastError as error:
        _complain(str(error), error.hint)
        return error.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        _complain("interrupted; every document is wholly old or wholly new", "run the same command to go on")
        return 130
    except SystemExit:
        return 0  # click's answer when whoever read the help has gone
    except OSError as error:
        name = f" ({error.filename})" if error.filename else ""
        _complain(f"{error.strerror or error}{name}", "check free space and permissions, then run again")
        return HoldfastError.exit_code
    except Exception:
        # A defect of ours. A person is told so, and whoever mends it gets the trace.
        from traceback import format_exc

        sys.stderr.write(format_exc())
        _complain(
            "this is a defect in holdfast; every document is wholly old or wholly new",
            "run the same command again; if it stays, report the lines above",
        )
        return HoldfastError.exit_code


def _misused(error: click.ClickException) -> None:
    """Say what click found, in the same form as everything else."""
    context = getattr(error, "ctx", None)
    hint = f"see {context.command_path if context else 'holdfast'} --help"
    if isinstance(error, click.NoSuchOption):
        near = error.possibilities or ()
        name = error.option_name
        if near:
            from difflib import get_close_matches

            hint = f"did you mean {(get_close_matches(name, near, n=1, cutoff=0.0))[0]}? {hint}"
        _complain(f"there is no option {name}", hint)
        return
    said = error.format_message().removesuffix(".")
    _complain(said[:1].lower() + said[1:], hint)


def _complain(message: str, hint: str) -> None:
    sys.stderr.write(f"holdfast: {message}\n")
    if hint:
        sys.stderr.write(f"  → {hint}\n")


def _look(flags: dict[str, Any]) -> _Look:
    """Take what is about the report out of the settings, and put the settings of --set in."""
    for text in flags.pop("settings", ()):
        key, mark, value = text.partition("=")
        if not mark or not key:
            raise UsageError(f"--set {text}: no value", "write it as --set KEY=VALUE")
        flags[_key(key)] = value
    return flags.pop("formats"), flags.pop("quiet"), flags.pop("verbose"), flags.pop("no_color")


def _key(key: str) -> str:
    from .keys import KEYS, spelled, unknown

    if spelled(key) not in KEYS:
        raise unknown(key, "--set", key)
    return key.replace("-", "_")


def _report(command: str, look: _Look, work: Callable[[Progress], Any]) -> int:
    """Do the work behind a progress display, write each report, return the exit code."""
    names, quiet, verbose, no_color = look
    targets = [_target(command, text) for text in names] or [("text", None)]
    with _progress(quiet, verbose, no_color) as progress:
        result = work(progress)
    from .report import FORMATS as RENDERERS
    from .report import aside

    for name, path in targets:
        if quiet and path is None:
            continue
        text = RENDERERS[command][name](result)
        if path is not None:
            _write(path, text)
        else:
            _emit(sys.stdout, text, exact=name != "text" or getattr(result, "mode", "") == "diff")
            _emit(sys.stderr, aside(command, name, result))
    code: int = result.exit_code
    return code


def _emit(out: TextIO, text: str, *, exact: bool = False) -> None:
    """Write a report; a console that cannot show a character gets it escaped (GBK consoles).

    With ``exact`` it is UTF-8 whatever the console is: an escape in JSON or in a diff would be an error.
    """
    with suppress(BrokenPipeError):  # whoever read the report has gone, as `head` does: no error
        _emit_all(out, text, exact)


def _emit_all(out: TextIO, text: str, exact: bool) -> None:
    encoding = out.encoding or "utf-8"
    if exact or encoding.lower().replace("-", "") == "utf8":
        out.flush()
        data = text.encode("utf-8", "surrogateescape")  # a diff shows a document's bytes as they are
        out.buffer.write(data) if hasattr(out, "buffer") else out.write(data.decode("utf-8", "replace"))
    else:
        out.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise HoldfastError(
            f"the report {path} could not be written: {error.strerror}",
            "the work itself is done; run the command again for its report",
        ) from error


def _target(command: str, text: str) -> tuple[str, str | None]:
    name, mark, path = text.partition("=")
    if name not in FORMATS[command]:
        raise UsageError(
            f"--format {name}: there is no such format for {command}",
            f"choose one of {', '.join(FORMATS[command])}",
        )
    if mark and not path:
        raise UsageError(f"--format {text}: the file's name is missing", f"write --format {name}=FILE")
    if path and not Path(path).parent.is_dir():
        # Said before the work is done, not after it.
        raise UsageError(f"--format {text}: there is no folder {Path(path).parent}", "create it first")
    return name, path or None


def _progress(quiet: bool, verbose: int, no_color: bool) -> Progress:
    """A live display on a terminal; elsewhere, and under CI, lines of what a person must know; or nothing."""
    from .progress import Lines, Live, Progress

    if quiet:
        return Progress()
    if sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb":
        return Live(verbose, colour=not (no_color or os.environ.get("NO_COLOR")))
    return Lines(verbose)

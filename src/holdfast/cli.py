"""The command line: commands, options, exit codes. The only module that prints.

Stages are imported inside the commands, so that --help and --version start fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import __version__
from .console import FORMATS, Streams, listed, look_of, report
from .errors import HoldfastError, UsageError
from .options import (
    ACTION,
    ARCHIVE,
    ASSETS,
    CHOOSING,
    COPYING,
    EXCLUDE,
    INCLUDE,
    JUDGING,
    LOOK,
    PLACES,
    PRESET,
    QUIET,
    ROOT,
    SET,
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
    from .results import CheckResult

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


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

    return report("scan", look_of(flags), lambda progress: pipeline.scan(paths, flags, progress))


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

    look = look_of(flags)
    modes = {name: flags.pop(name) for name in _ARCHIVE_MODES}
    return report("archive", look, lambda progress: pipeline.archive(paths, flags, progress, **modes))


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

    look = look_of(flags)
    modes = {name: flags.pop(name) for name in ("dry_run", "diff")}
    return report("restore", look, lambda progress: pipeline.restore(paths, flags, progress, **modes))


@main.command("list", short_help="Show what is held: URL, path, hash, size, documents.")
@apply(ROOT, PRESET, ARCHIVE, ASSETS, formats(FORMATS["list"]), *LOOK)
def listing(**flags: Any) -> int:
    """Show what is held: URL, path, hash, size, documents."""
    from . import pipeline

    return report("list", look_of(flags), lambda _: pipeline.listing(flags))


@main.command(short_help="Check that every stored file is there and unchanged.")
@click.argument("copy", required=False, metavar="[COPY]")
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
def verify(copy: str | None, prune: bool, remote: bool, **flags: Any) -> int:
    """Check that every stored file is there and unchanged, and that there are none that nobody knows.

    With COPY, the files of a copy that `holdfast offline` made.
    """
    from . import pipeline

    look = look_of(flags)
    if copy is not None:
        from .pipeline.verifying_copy import verify_copy

        if prune or remote:
            raise UsageError("--prune and --remote are for a site's archive", f"leave them out for {copy}")
        return report("verify", look, lambda progress: verify_copy(copy, progress))
    return report(
        "verify", look, lambda progress: pipeline.verify(flags, progress, prune=prune, remote=remote)
    )


@main.command(short_help="Tell which links are dead, for CI.")
@click.argument("paths", nargs=-1, metavar="[PATH|URL|-]...")
@apply(
    option(ACTION, "--local", is_flag=True, help="Only the site's own files and anchors; no network."),
    option(
        ACTION,
        "--only",
        type=click.Choice(["failing"]),
        metavar="failing",
        help="Ask again what failed last time, and nothing else.",
    ),
    option(
        ACTION,
        "--changed-since",
        metavar="REV",
        help="Only references added since this git revision can fail the run.",
    ),
    option(
        ACTION,
        "--write-baseline",
        is_flag=True,
        help="Write what is broken now into the --baseline file; it no longer fails a run.",
    ),
    option(ACTION, "--no-memory", is_flag=True, help="Neither use nor keep the memory of earlier runs."),
    *JUDGING,
    *PLACES,
    option(SITE, "--built", metavar="DIR", help="What the generator built: local links are looked up there."),
    INCLUDE,
    EXCLUDE,
    *CHOOSING,
    *WALK,
    *WEB,
    formats(FORMATS["check"]),
    *LOOK,
)
def check(paths: tuple[str, ...], **flags: Any) -> int:
    """Tell which links are dead, for CI.

    PATH is a file, a folder, a glob; a URL is asked for itself; - reads a list of either. Without any: the
    site's content folders. Dead links exit with 2; what no program can tell does not, unless --strict.
    """
    from . import pipeline

    look = look_of(flags)
    modes = {name: flags.pop(name) for name in _CHECK_MODES}
    wants = {text.partition("=")[0] for text in look[0]}

    def work(progress: Progress) -> CheckResult:
        return pipeline.check(
            paths,
            flags,
            progress,
            lines=listed(paths),
            everything=bool(wants & {"json", "junit"}),
            on_result=lines.take,
            **modes,
        )

    with Streams("check", look) as lines:
        return report("check", (lines.left, *look[1:]), work, streamed=lines.streamed)


_CHECK_MODES = ("local", "only", "changed_since", "write_baseline", "no_memory")


@main.command(short_help="Make a copy of a built site that needs no network.")
@click.argument("site")
@click.argument("copy")
@apply(*COPYING, SET, *WEB, formats(FORMATS["offline"]), *LOOK)
def offline(site: str, copy: str, **flags: Any) -> int:
    """Make a copy of a built site that needs no network.

    SITE is what a generator built (public/, _site/, site/) or a mirror program wrote: this is no crawler, it
    follows no link. COPY is a new folder, or one of an earlier run, which is brought up to date. It can be
    moved, and opened from a USB stick: every picture, style sheet, font and script is inside. SITE is only
    read. `holdfast verify COPY` checks it later.
    """
    from . import pipeline

    look = look_of(flags)
    modes = {name: flags.pop(name) for name in ("base_url", "skip", "information", "prove", "proof")}
    modes["seal"] = not flags.pop("no_seal")
    return report("offline", look, lambda progress: pipeline.offline(site, copy, flags, progress, **modes))


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

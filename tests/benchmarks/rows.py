"""ROWS: each work that is measured, by whom, on what, and how good it is to be. A benchmark is a row."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tests.skewed import INTERVAL, Skewed
from tests.skewed import serve as skewed_server

from . import copying, growth, material, web
from .measuring import Contestant, Ran, WorkNotDoneError, measure, nothing, well_ended
from .peers import PEERS
from .work import ASKING, HASTY, Bench, Goal, Row, afresh, caching, holdfast, says

_POST = 8000
_CORPUS = (8440, 6260)
"""Posts, and bytes of each on the average: 66 MB."""
_PICTURES = 2000
_BLOG = 633
"""Posts that show them."""


# -- scan -------------------------------------------------------------------------------------------------


def _scan(bench: Bench, *, again: bool) -> Iterator[Contestant]:
    site, count = bench.folder / "site", bench.some(_CORPUS[0])
    material.posts(site, count, _CORPUS[1])
    cache = bench.folder / "cache"
    # Every post has some pictures and links in its text; an exact number would be ours, not the peers'.
    run = Contestant(
        "holdfast scan",
        holdfast("scan"),
        cwd=site,
        env=caching(bench),
        before=afresh(None, cache),
        proof=says(r"([\d,]+) references", 4 * count),
        amount=count,
        what="posts",
    )
    if again:
        measure([run], 1)
        run = replace(run, name="holdfast scan, again", before=nothing)
    yield run
    listed = bench.folder / "listed"
    if peer := PEERS["lychee"].path:

        def counted(ran: Ran) -> None:
            well_ended(ran)
            if len(listed.read_bytes().splitlines()) < 4 * count:
                raise WorkNotDoneError("it lists too few links")

        command = (peer, "--dump", "--no-progress", "--output", listed, "content")
        yield Contestant("lychee --dump", command, cwd=site, proof=counted)


# -- fetch ------------------------------------------------------------------------------------------------


def _fetch(bench: Bench, links: int, hosts: int, *, tls: bool) -> Iterator[Contestant]:
    server = bench.serve(hosts=hosts, tls=tls)
    links = bench.some(links)
    urls = [server.url(f"/page/{number}", host=number % hosts) for number in range(links)]
    listed = bench.folder / "links.txt"
    listed.write_text("\n".join(urls) + "\n")
    trust = [server.authority] if server.authority else []
    command: list[str | Path] = [sys.executable, "-m", "tests.benchmarks.fetching", listed, *trust]
    yield Contestant("holdfast's fetcher", command, proof=says(r"(\d+) came", links))
    if peer := PEERS["lychee"].path:
        many = ["--host-request-interval", "0ms", "--host-concurrency", "128", "--max-concurrency", "128"]
        env = {"SSL_CERT_FILE": str(server.authority)} if server.authority else {}
        yield Contestant(
            "lychee",
            (peer, "--no-progress", *many, listed),
            env=env,
            proof=says(r"([\d,]+) OK", links),
        )


# -- check ------------------------------------------------------------------------------------------------


def _check(bench: Bench, links: int, hosts: int, *, tls: bool) -> Iterator[Contestant]:
    """The command itself, a list of URLs on its stdin as lychee has it in a file."""
    server = bench.serve(hosts=hosts, tls=tls)
    links = bench.some(links)
    listed = bench.folder / "links.txt"
    listed.write_text(
        "\n".join(server.url(f"/page/{number}", host=number % hosts) for number in range(links)) + "\n"
    )
    document = bench.folder / "links.md"
    document.write_text("".join(f"<{url}>\n" for url in listed.read_text().split()))
    trust = ["--ca-file", server.authority] if server.authority else []
    yield Contestant(
        "holdfast check",
        holdfast("check", document, "--root", bench.folder, *ASKING, *HASTY, *trust),
        proof=says(r"([\d,]+) ok", links),
        amount=links,
        what="links",
    )
    if peer := PEERS["lychee"].path:
        many = ["--host-request-interval", "0ms", "--host-concurrency", "128", "--max-concurrency", "128"]
        env = {"SSL_CERT_FILE": str(server.authority)} if server.authority else {}
        command = (peer, "--no-progress", *many, document)
        yield Contestant("lychee", command, env=env, proof=says(r"([\d,]+) OK", links))


_SKEWED = Skewed.made()


def _paced(bench: Bench) -> Iterator[Contestant]:
    """A thousand hosts, at the pace that is polite to each: no run can be shorter than its longest host's."""
    skewed = _SKEWED if bench.scale == 1 else Skewed.made(bench.some(1000), bench.some(4000))
    origin = bench.stack.enter_context(skewed_server())
    document = bench.folder / "links.md"
    document.write_text("".join(f"<{url}>\n" for url in skewed.urls))
    polite = ("--host-interval", str(INTERVAL), "--connect-to", origin.connect_to())
    yield Contestant(
        "holdfast check",
        holdfast("check", document, "--root", bench.folder, "--proxy", "", "--no-memory", *polite),
        proof=says(r"([\d,]+) ok", len(skewed.urls)),
    )


# -- archive ----------------------------------------------------------------------------------------------

_EAGER = ("--allow-private", "--proxy", "", "--host-interval", "0", "--host-concurrency", "64")


def _blog(bench: Bench) -> tuple[Path, list[str]]:
    """An illustrated blog, untouched, and its pictures' URLs on a server that runs."""
    pictures, count = bench.folder / "pictures", bench.some(_PICTURES)
    material.photographs(pictures, count)
    server = bench.serve(root=pictures)
    urls = [server.url(f"/{number}.jpg") for number in range(count)]
    material.illustrated(bench.folder / "untouched", urls, bench.some(_BLOG), _POST)
    return bench.folder / "untouched", urls


def _archive(bench: Bench) -> Iterator[Contestant]:
    untouched, urls = _blog(bench)
    site, loose = bench.folder / "site", bench.folder / "loose"
    yield Contestant(
        "holdfast archive",
        holdfast("archive", "--root", site, *_EAGER),
        before=afresh(untouched, site),
        proof=says(r"([\d,]+) stored", len(urls)),
        amount=len(urls),
        what="pictures",
    )
    listed = bench.folder / "urls.txt"
    listed.write_text("\n".join(urls) + "\n")

    def whole(ran: Ran) -> None:
        well_ended(ran)
        if sum(path.stat().st_size > 10_000 for path in loose.rglob("*.jpg")) != len(urls):
            raise WorkNotDoneError("pictures are missing")

    if peer := PEERS["wget2"].path:
        command = (peer, "-q", "--no-proxy", "--max-threads", "64", "-P", loose, "-i", listed)
        yield Contestant("wget2", command, before=afresh(None, loose), proof=whole)
    if peer := PEERS["img2dataset"].path:
        shape = ["--processes_count", "2", "--thread_count", "64", "--resize_mode", "no"]
        shape += ["--disable_all_reencoding", "True", "--output_format", "files"]
        fetch: list[str | Path] = [peer, "--url_list", listed, "--output_folder", loose, *shape]
        yield Contestant("img2dataset", fetch, before=afresh(None, loose), proof=whole)


def _second(bench: Bench) -> Iterator[Contestant]:
    site, urls = _blog(bench)
    archive = holdfast("archive", "--root", site, *_EAGER)
    first = Contestant("the first run", archive, env=caching(bench))
    # The first run belongs to the material. After it nobody answers any more: a request would be a failure.
    measure([first], 1)
    bench.stack.close()
    yield Contestant(
        "holdfast archive, again",
        archive,
        env=caching(bench),
        proof=says(r"([\d,]+) held already, 0 failed", len(urls)),
    )


# -- decode -----------------------------------------------------------------------------------------------


def _decode(bench: Bench) -> Iterator[Contestant]:
    pictures, count = bench.folder / "pictures", bench.some(_PICTURES)
    material.photographs(pictures, count)
    for name, how in (("in processes of their own", "workers"), ("in the process itself", "here")):
        command: list[str | Path] = [sys.executable, "-m", "tests.benchmarks.decoding", pictures, how]
        yield Contestant(name, command, proof=says(r"(\d+) whole", count))


# -- small and large --------------------------------------------------------------------------------------


def _start(*arguments: str) -> Callable[[Bench], Iterator[Contestant]]:
    def contestants(bench: Bench) -> Iterator[Contestant]:
        yield Contestant(f"holdfast {' '.join(arguments)}", holdfast(*arguments), cwd=bench.folder)
        yield Contestant("python -c pass", [sys.executable, "-c", "pass"], cwd=bench.folder)

    return contestants


ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        Row("version", "holdfast --version", [Goal("s", 0.12)], _start("--version")),
        Row("help", "holdfast --help", [Goal("s", 0.2)], _start("--help")),
        Row(
            "scan",
            "scan 8,440 posts, 66 MB",
            [Goal("lychee --dump", 1.5)],
            lambda bench: _scan(bench, again=False),
            ["lychee"],
        ),
        Row(
            "scan-again",
            "scan the same again, nothing changed",
            [Goal("lychee --dump", 0.3)],
            lambda bench: _scan(bench, again=True),
            ["lychee"],
        ),
        Row(
            "fetch",
            "fetch 20,000 links on one host",
            [Goal("lychee", 1.0)],
            lambda bench: _fetch(bench, 20_000, 1, tls=False),
            ["lychee"],
        ),
        Row(
            "fetch-tls",
            "fetch 10,000 links on 2,000 TLS hosts",
            [Goal("lychee", 0.5)],
            lambda bench: _fetch(bench, 10_000, bench.some(2000), tls=True),
            ["lychee"],
        ),
        Row(
            "check",
            "check 20,000 links on one host",
            [Goal("lychee", 1.0)],
            lambda bench: _check(bench, 20_000, 1, tls=False),
            ["lychee"],
        ),
        Row(
            "check-tls",
            "check 10,000 links on 2,000 TLS hosts",
            [Goal("lychee", 0.5)],
            lambda bench: _check(bench, 10_000, bench.some(2000), tls=True),
            ["lychee"],
        ),
        Row(
            "archive",
            "archive 2,000 JPEGs of 42 KB shown in 633 posts",
            [Goal("wget2", 3.0), Goal("img2dataset", 0.2)],
            _archive,
            ["wget2", "img2dataset"],
        ),
        Row(
            "decode",
            "decode the 2,000 JPEGs, where a hostile one does no harm and where it would",
            [Goal("in the process itself", 1.5)],
            _decode,
        ),
        Row("second", "archive the same again, with no server there", [Goal("s", 0.5)], _second),
        Row(
            "offline",
            "copy a built site of 5,000 pages, 200 MB of HTML, with 60 pictures from the network",
            [Goal("MiB", 500), Goal("MB/s", 10)],
            copying.first,
        ),
        Row(
            "offline-again",
            "the same again, with nothing to do",
            [Goal("MiB", 500), Goal("s", 5)],
            copying.again,
        ),
        Row(
            "check-paced",
            "check 4,000 links on 1,000 hosts, each at its own pace: 1.1 times the longest host's",
            [Goal("s", round(1.1 * _SKEWED.bound(), 2))],
            _paced,
            warm_up=0,
        ),
        web.ROW,
        *growth.ROWS,
    )
}

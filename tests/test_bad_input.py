"""Bad input: each gets a clear message and the exit code of its kind, and nothing is lost.

Messages are snapshots (see `tests.snapshots`); what is on the disk afterwards is checked here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.commands import Ran, environment, holdfast, tree, write
from tests.servers import Origin, Reply
from tests.snapshots import Session, tile, within

H = "http://pics.example"
POST = f"![]({H}/a.png)\n"
SERVES = {"/a.png": Reply(body=tile(20)), "/b.png": Reply(body=tile(30))}


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin(SERVES) as served:
        yield served


@pytest.fixture
def settings(origin: Origin) -> str:
    """A holdfast.toml with which every name leads to the origin, and nobody waits."""
    return f"""connect-to = ["::127.0.0.1:{origin.port}"]
host-interval = 0
retries = 0
"""


@pytest.fixture
def new(tmp_path: Path, settings: str) -> Session:
    root = tmp_path / "site"
    write(root, {"holdfast.toml": f'site = "plain"\n{settings}', "a.md": POST})
    return Session(root)


def refuse(new: Session, line: str, code: int) -> Ran:
    """Run what must be refused: with this code, a message, and a tree as it was."""
    before = tree(new.root)
    done = new(line)
    assert done.code == code, done
    assert done.stdout == ""
    assert done.stderr.startswith("holdfast: ")
    assert "Traceback" not in done.stderr
    if not (new.root / "archive").exists():
        assert tree(new.root) == before
    return done


# -- the call --------------------------------------------------------------------------------------------


NETWORK = [
    "--resolve pics.example",
    "--resolve pics.example:80:nowhere",
    "--connect-to pics.example:80",
    "--ca-file missing.pem",
    "--ca-file a.md",
    "--cookie-jar missing.txt",
    "--proxy ftp://proxy.example",
]


@pytest.mark.parametrize("how", ["archive", "archive --dry-run", "archive --check"])
@pytest.mark.parametrize("flags", NETWORK)
def test_a_slip_about_the_network_is_told_where_nothing_is_to_be_asked(
    flags: str, how: str, tmp_path: Path
) -> None:
    write(tmp_path, {"holdfast.toml": 'site = "plain"\n', "a.md": "No pictures.\n"})
    refuse(Session(tmp_path), f"{how} {flags}", 3)


CALLS = {
    "paths": ["scan nope.md", "scan a.md /etc/hostname", "scan ''", "archive --root nope", "scan txt"],
    "options": [
        "frob",
        "scna",
        "archive --frobnicate",
        "archive --retires 3",
        "archive --retries",
        "archive --site hugoo",
        "archive --layout besides",
        "scan --format xml",
        "scan --format json=",
        "scan --format json=no/where.json",
        "scan --format json --format text",
        "check --format jsonl --format text",
        "archive --format json=r.json --format markdown=./r.json",
        "archive --include '('",
        "archive --exclude '[a' --exclude b",
        "archive --max-bytes 25XB",
        "archive --max-total much",
        "archive --timeout 0",
        "archive --concurrency 0",
        "archive --allow-private 10.0.0.0/99",
        "archive --naming '{host}/{name}.{ext}'",
        "archive --naming '{stem}.{ext}'",
        "archive --naming '../{hash16}.{ext}'",
        "archive --archive ../elsewhere",
        "archive --assets /tmp",
        "archive --links exe",
        "archive --extensions exe",
        "archive --header nonsense",
        "archive --set speed=3",
        "archive --set retires=3",
        "archive --set redirects",
        "archive --set redirects=many",
        "archive --check --diff",
        "archive --dry-run --refresh",
        "verify --remote",
    ],
    "network": [
        "archive --resolve pics.example",
        "archive --resolve pics.example:80:nowhere",
        "archive --connect-to pics.example",
        "archive --connect-to a:b:c:d",
        "archive --ca-file nope.pem",
        "archive --ca-file a.md",
        "archive --cookie-jar nope.txt",
        "archive --cookie-jar a.md",
        "archive --proxy gopher://proxy",
        "archive --proxy 'http://[::1'",
    ],
}


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_call(new: Session, name: str) -> None:
    write(new.root, {"txt/a.txt": "no document"})
    new = Session(new.root, within)
    for line in CALLS[name]:
        refuse(new, line, 3)
    new.check(f"bad-{name}")


# -- the configuration -----------------------------------------------------------------------------------

CONFIGURATIONS = [
    'site = "plain"\nretries = \n',
    'sitte = "plain"\n',
    "frequency = 3\n",
    "site = 3\n",
    'site = "hugoo"\n',
    "[network]\nretries = 3\n",
    'retries = "many"\n',
    'include = ["ok", "("]\n',
    'max-bytes = "25XB"\n',
    'timeout = "soon"\n',
    'allow-private = ["10.0.0.0/99"]\n',
    'naming = "{host}/{x}"\n',
    'layout = "besides"\n',
    'links = ["exe"]\n',
    'strip-metadata = "yes"\n',
    'archive = "/somewhere"\n',
    'header = ["nonsense"]\n',
    'site = "plain"\nsite = "hugo"\n',
]


def test_a_broken_configuration(new: Session) -> None:
    new = Session(new.root, within)
    for text in CONFIGURATIONS:
        write(new.root, {"holdfast.toml": text})
        new.note("holdfast.toml: " + text.strip().replace("\n", " / "))
        refuse(new, "archive", 3)
    write(new.root, {"holdfast.toml": b'site = "\xff"\n'})
    refuse(new, "archive", 3)
    (new.root / "holdfast.toml").unlink()
    write(new.root, {"pyproject.toml": "[tool.holdfast]\nretires = 3\n"})
    refuse(new, "archive", 3)
    new.check("bad-configuration")


def test_a_generator_configuration_that_does_not_parse(new: Session, settings: str) -> None:
    """A tab, which YAML refuses: the generator is recognised all the same, and its settings are read."""
    write(
        new.root,
        {
            "holdfast.toml": settings,
            "_config.yml": "title: Blog\nurl: https://blog.example.org/sub\nroot: /sub/\nfoo:\n\tbar: 1\n",
            "source/_posts/a.md": POST,
            "scaffolds/post.md": "",
        },
    )
    done = new("archive source/_posts/a.md")
    assert done.code == 0
    assert (new.root / "source" / "_posts" / "a.md").read_text().startswith("![](/archive/pics.example/a-")
    new.check("bad-generator")


# -- documents -------------------------------------------------------------------------------------------


def test_documents_that_cannot_be_read(new: Session) -> None:
    """Each is named and left; the rest goes on; the exit code says that something is missing."""
    others = {
        "gb18030.md": f"中文，简体。\n![图片]({H}/b.png)\n".encode("gb18030"),
        "utf16.md": f"![]({H}/b.png)\n".encode("utf-16"),
        "folder.md/inside.md": f"![]({H}/b.png)\n",
        "nul.md": f"a\0b ![]({H}/b.png)\n",
    }
    write(new.root, others)
    os.mkfifo(new.root / "fifo.md")
    (new.root / "loop.md").symlink_to("loop.md")
    (new.root / "dangling.md").symlink_to("gone.md")
    (new.root / "again").symlink_to(".")
    (new.root / "outside.md").symlink_to("/etc/hostname")
    for line in ("scan", "scan --format jsonl", "archive", "archive --format markdown", "archive --check"):
        assert new(line).code == 2
    assert new("scan fifo.md").code == 2
    assert new("scan loop.md").code == 3
    new.check("bad-documents")
    assert (new.root / "gb18030.md").read_bytes() == others["gb18030.md"]
    assert (new.root / "utf16.md").read_bytes() == others["utf16.md"]
    for path in ("a.md", "nul.md", "folder.md/inside.md"):
        assert H not in (new.root / path).read_text(), path


def test_front_matter_that_cannot_be_read(new: Session) -> None:
    """The body is archived, the front matter is left alone, and its place is said."""
    heads = {
        "yaml.md": f"---\ntitle: [x\nimage: {H}/b.png\n---\n",
        "tab.md": f"---\ntitle: x\n\timage: {H}/b.png\n---\n",
        "toml.md": f'+++\ntitle =\nimage = "{H}/b.png"\n+++\n',
        "json.md": f'{{"title": ,\n"image": "{H}/b.png"}}\n',
    }
    write(new.root, {name: f"{head}\n{POST}" for name, head in heads.items()})
    assert new("archive").code == 0
    assert new("scan").code == 0
    for name, head in heads.items():
        after = (new.root / name).read_text()
        assert after.startswith(head), name
        assert f"{H}/a.png" not in after, name
    new.check("bad-front-matter")


def test_urls_that_are_none(new: Session) -> None:
    write(
        new.root,
        {
            "a.md": "![](http://)\n![](http://exa mple/a.png)\n![](https://[::1)\n![](http://a:99999/b.png)\n"
            '<img src="http://exa mple/b.png">\n![](http://%zz/c.png)\n'
        },
    )
    before = (new.root / "a.md").read_bytes()
    assert new("archive").code == 2
    assert new("archive --check").code == 2
    assert new("archive --accept-failures").code == 0
    assert (new.root / "a.md").read_bytes() == before
    new.check("bad-urls")


def test_a_site_without_documents(tmp_path: Path) -> None:
    session = Session(tmp_path)
    write(tmp_path, {"notes.txt": "x", "hidden/.gitignore": "*\n", "hidden/a.md": POST})
    for line in ("scan", "archive", "archive --check", "restore"):
        assert session(line).code == 3
    assert session("list").code == session("verify").code == 0
    session.check("bad-empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hidden", "notes.txt"]


# -- the manifest ----------------------------------------------------------------------------------------

MANIFESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "newer": lambda good: good.replace(b'"holdfast":1', b'"holdfast":2'),
    "conflict": lambda good: b"<<<<<<< ours\n" + good + b"=======\n" + good + b">>>>>>> theirs\n",
    "corrupt": lambda good: good.replace(b'\n{"type":"edit"', b'\n{"type":"ed\x00t"'),
    "without its header": lambda good: good.partition(b"\n")[2],
    "an invalid record": lambda good: good.replace(b'"sha256":"', b'"sha256":7,"x":"'),
}


def test_a_manifest_that_cannot_be_trusted(new: Session) -> None:
    """Nothing is done on a guess: exit code 1, and not one byte is written by any command."""
    assert holdfast("archive", cwd=new.root).code == 0
    manifest = new.root / "archive" / "manifest.jsonl"
    good = manifest.read_bytes()
    for name, change in MANIFESTS.items():
        broken = change(good)
        assert broken != good, name
        manifest.write_bytes(broken)
        before = tree(new.root)
        new.note(f"a manifest: {name}")
        new("archive")
        for line in ("archive --check", "archive --diff", "restore", "verify", "verify --prune", "list"):
            done = within(*line.split(), cwd=new.root)
            assert done.code == 1, (name, line, done)
            assert done.stderr.startswith("holdfast: manifest.jsonl"), (name, line)
        assert tree(new.root) == before, name
    new.check("bad-manifest")


def test_a_manifest_whose_last_line_is_torn(new: Session) -> None:
    """What a power failure leaves: a notice, and the run goes on."""
    assert holdfast("archive", cwd=new.root).code == 0
    manifest = new.root / "archive" / "manifest.jsonl"
    good = manifest.read_bytes()
    for line in ("list", "verify", "restore --dry-run", "archive --check", "archive"):
        manifest.write_bytes(good + b'{"type":"asset","url":"http://pi')
        assert new(line).code == 0
    assert manifest.read_bytes() == good
    new.note("an emptied manifest")
    manifest.write_bytes(b"")
    assert new("verify").code in (0, 2)
    new("archive --check")
    new.check("bad-torn-manifest")


# -- places that refuse ----------------------------------------------------------------------------------


def test_folders_that_are_none(new: Session, tmp_path: Path) -> None:
    post = (new.root / "a.md").read_bytes()
    write(new.root, {"taken": "a file"})
    refuse(new, "archive --archive taken", 1)
    refuse(new, "archive --assets taken", 1)
    (tmp_path / "elsewhere").mkdir()
    (new.root / "linked").symlink_to(tmp_path / "elsewhere")
    refuse(new, "archive --assets linked", 1)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (new.root / "a.md").read_bytes() == post
    new.note("archive is a file, and nothing else was asked for")
    (new.root / "archive").rename(tmp_path / "away")
    write(new.root, {"archive": "a file"})
    assert new("archive").code == 0
    assert (new.root / ".holdfast" / "manifest.jsonl").is_file()
    new.check("bad-folders")


_BOUND = """
import ctypes, os, sys
for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, "-m", "holdfast", *sys.argv[1:]])
"""


def bound(*arguments: str, cwd: Path) -> Ran:
    """Run the command as someone whom permissions bind; root gives up what lets it ignore them."""
    done = subprocess.run(
        [sys.executable, "-c", _BOUND, *arguments],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_permissions(new: Session) -> None:
    session = Session(new.root, bound)
    paths = ("closed/b.md", "fixed/c.md", "readonly.md", "unreadable.md")
    write(new.root, dict.fromkeys(paths, POST))
    closed = {"closed": 0, "unreadable.md": 0, "readonly.md": 0o444, "fixed": 0o555}
    for path, mode in closed.items():
        (new.root / path).chmod(mode)
    try:
        for line in ("scan", "archive", "archive --check", "scan unreadable.md"):
            assert session(line).code == 2
        assert session("scan closed").code == 3
        write(new.root, {"later.md": f"![]({H}/b.png)\n"})
        session.note("the archive's folders may not be written")
        for path in (new.root, new.root / "archive", new.root / "archive" / "assets" / "pics.example"):
            path.chmod(0o555)
        assert session("archive").code == 1
        assert session("archive --check").code == 2
        session.note("only the assets' folder may not be written")
        for path in (new.root, new.root / "archive"):
            path.chmod(0o755)
        assert session("archive").code == 1
    finally:
        for path in (new.root, new.root / "closed", *new.root.rglob("*")):
            path.chmod(0o755)
    assert H not in (new.root / "a.md").read_text()
    assert [(new.root / path).read_text() for path in paths] == [POST] * 4
    assert not [path for path in new.root.rglob("*") if "tmp" in path.name], "nothing unfinished stays"
    session.check("bad-permissions")


def test_who_holds_the_lock_is_said(new: Session) -> None:
    assert holdfast("archive", cwd=new.root).code == 0
    holder = (
        "import sys\nfrom pathlib import Path\nfrom holdfast import upkeep\n"
        "with upkeep.lock(Path('archive'), command='restore', since='2026-01-02T03:04:05Z'):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", holder]
    with subprocess.Popen(command, cwd=new.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"held\n"
        assert new("archive --set lock-wait=1").code == 1
        assert new("archive --check").code == 0
        assert new("list").code == 0
        running.communicate(b"")
    assert new("archive").code == 0
    new.check("bad-lock")

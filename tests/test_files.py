"""Documents on disk: wholly old or wholly new, with mode, owner and times as they were."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faulty_disk import FaultyDisk, KilledError

from holdfast import files
from holdfast.disk import SYSTEM, Disk, make_folders, temporary, write_atomically
from holdfast.errors import DiskError
from holdfast.model import Refusal

OLD, NEW = b"old\r\nbytes\0", b"new bytes, and more of them"
LONG_AGO = 1_000_000_000_123_456_789


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def post(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    root.mkdir()
    path = root / "a.md"
    path.write_bytes(OLD)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    return path


def replace(
    path: Path, *, keep_mtime: bool = False, root: Path | None = None, disk: Disk = SYSTEM
) -> str | None:
    """The code of the refusal, or None; the document was scanned as OLD."""
    done = files.replace(
        path,
        NEW,
        root=root or path.parent,
        expected_sha256=sha256(OLD),
        keep_mtime=keep_mtime,
        disk=disk,
    )
    assert done is None or (isinstance(done, Refusal) and done.detail.startswith(files.REFUSALS[done.reason]))
    return done.reason if done else None


def posts(root: Path, *names: str) -> list[files.Replacement]:
    for name in names:
        (root / name).write_bytes(OLD)
    return [files.Replacement(root / name, NEW, sha256(OLD)) for name in names]


# -- several at once --------------------------------------------------------------------------------------


def test_the_bytes_and_names_of_all_are_on_the_disk_before_the_first_is_replaced(tmp_path: Path) -> None:
    disk = FaultyDisk()
    wanted = posts(tmp_path, "a.md", "b.md", "c.md")
    assert files.replace_all(wanted, root=tmp_path, keep_mtime=False, disk=disk) == [None] * 3
    assert [each.path.read_bytes() for each in wanted] == [NEW] * 3
    order = [step.operation for step in disk.steps if step.operation in ("fsync", "replace")]
    assert order == ["fsync"] * 4 + ["replace", "fsync"] * 3


def test_what_one_document_refuses_stops_no_other(tmp_path: Path) -> None:
    wanted = posts(tmp_path, "a.md", "changed.md", "gone.md", "z.md")
    (tmp_path / "changed.md").write_bytes(b"an editor was faster")
    (tmp_path / "gone.md").unlink()
    done = files.replace_all(wanted, root=tmp_path, keep_mtime=False)
    assert [each and each.reason for each in done] == [None, "changed", "gone", None]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a.md": NEW,
        "changed.md": b"an editor was faster",
        "z.md": NEW,
    }


def test_of_two_names_of_one_document_the_second_finds_it_changed(tmp_path: Path) -> None:
    wanted = posts(tmp_path, "a.md")
    (tmp_path / "b.md").symlink_to("a.md")
    wanted.append(files.Replacement(tmp_path / "b.md", b"other", sha256(OLD)))
    done = files.replace_all(wanted, root=tmp_path, keep_mtime=False)
    assert [each and each.reason for each in done] == [None, "changed"]
    assert (tmp_path / "a.md").read_bytes() == NEW
    assert (tmp_path / "b.md").is_symlink()


def test_whichever_call_fails_each_is_old_or_new_and_nothing_else_is_there(tmp_path: Path) -> None:
    counted = FaultyDisk()
    files.replace_all(posts(tmp_path, "a.md", "b.md"), root=tmp_path, keep_mtime=False, disk=counted)
    for number in range(1, len(counted.log) + 1):
        wanted = posts(tmp_path, "a.md", "b.md")
        with pytest.raises(DiskError):
            files.replace_all(wanted, root=tmp_path, keep_mtime=False, disk=FaultyDisk(number))
        assert {each.path.read_bytes() for each in wanted} <= {OLD, NEW}
        assert {path.name for path in tmp_path.iterdir()} == {"a.md", "b.md"}


# -- what is kept -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o664, 0o755, 0o200 | 0o400])
def test_the_mode_is_kept(post: Path, mode: int) -> None:
    post.chmod(mode)
    assert replace(post) is None
    assert post.read_bytes() == NEW
    assert stat.S_IMODE(post.stat().st_mode) == mode


def test_the_modification_time_is_kept_on_request_to_the_nanosecond(post: Path) -> None:
    assert replace(post, keep_mtime=True) is None
    assert post.stat().st_mtime_ns == LONG_AGO
    assert post.read_bytes() == NEW


def test_the_modification_time_is_new_without_that_request(post: Path) -> None:
    assert replace(post) is None
    assert post.stat().st_mtime_ns > LONG_AGO + 10**9


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_is_kept(post: Path) -> None:
    os.chown(post, 1234, 4321)
    post.chmod(0o640)
    assert replace(post) is None
    status = post.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o640)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes here")
def test_extended_attributes_are_kept(post: Path) -> None:
    try:
        os.setxattr(post, "user.mark", b"x")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    assert replace(post) is None
    assert os.getxattr(post, "user.mark") == b"x"


def test_a_symlink_stays_and_its_target_is_replaced(post: Path) -> None:
    link = post.parent / "folder" / "link.md"
    link.parent.mkdir()
    link.symlink_to("../a.md")
    assert replace(link, root=post.parent) is None
    assert link.is_symlink()
    assert not post.is_symlink()
    assert post.read_bytes() == NEW


def test_the_longest_names_have_room_for_a_temporary_file(post: Path) -> None:
    for name in ("n" * 252 + ".md", "漫" * 84 + ".md"):
        path = post.with_name(name)
        path.write_bytes(OLD)
        assert replace(path) is None
        assert path.read_bytes() == NEW


def test_nothing_else_appears_in_the_folder(post: Path) -> None:
    replace(post)
    assert [each.name for each in post.parent.iterdir()] == ["a.md"]


def test_what_a_killed_run_left_is_overwritten_and_a_trap_is_not_followed(post: Path, tmp_path: Path) -> None:
    temporary(post).write_bytes(b"half a docu")
    assert replace(post) is None
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    post.write_bytes(OLD)
    temporary(post).symlink_to(victim)
    assert replace(post) is None
    assert post.read_bytes() == NEW
    assert victim.read_bytes() == b"precious"


# -- what is refused, and leaves the document as it was --------------------------------------------------


def _edited(path: Path) -> None:
    path.write_bytes(b"the author was faster")


def _write_protected(path: Path) -> None:
    path.chmod(0o444)


def _outside(path: Path) -> None:
    other = path.parent.parent / "other.md"
    path.rename(other)
    path.symlink_to(other)


def _dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.md")


def _circle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


REFUSED: list[tuple[Callable[[Path], None], str]] = [
    (_edited, "changed"),
    (_write_protected, "read-only"),
    (Path.unlink, "gone"),
    (_outside, "outside"),
    (_dangling, "gone"),
    (_circle, "unreadable"),
    (_folder, "unreadable"),
    (_fifo, "unreadable"),
]


@pytest.mark.parametrize(("happens", "code"), REFUSED, ids=[row[0].__name__.strip("_") for row in REFUSED])
def test_refusals(post: Path, happens: Callable[[Path], None], code: str) -> None:
    happens(post)
    before = {each: each.read_bytes() for each in post.parent.parent.rglob("*") if each.is_file()}
    assert replace(post) == code
    assert {each: each.read_bytes() for each in post.parent.parent.rglob("*") if each.is_file()} == before


def test_every_refusal_has_a_case() -> None:
    assert {code for _, code in REFUSED} == set(files.REFUSALS)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_read_only_folder_is_a_value(post: Path, code: int) -> None:
    assert replace(post, disk=FaultyDisk(1, code=code)) == "read-only"
    assert post.read_bytes() == OLD


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused_by_the_system_itself(post: Path) -> None:
    post.parent.chmod(0o555)
    try:
        assert replace(post) == "read-only"
    finally:
        post.parent.chmod(0o755)


class Racing(FaultyDisk):
    """Lets something happen as the temporary file is synced: after the first check, before the last."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__()
        self.happens = happens

    def fsync(self, fd: int) -> None:
        super().fsync(fd)
        if "replace" not in " ".join(self.log):
            self.happens()


def test_an_edit_between_check_and_write_is_noticed(post: Path) -> None:
    assert replace(post, disk=Racing(lambda: _edited(post))) == "changed"
    assert post.read_bytes() == b"the author was faster"
    assert [each.name for each in post.parent.iterdir()] == ["a.md"]


def test_a_document_deleted_between_check_and_write_stays_deleted(post: Path) -> None:
    assert replace(post, disk=Racing(post.unlink)) == "gone"
    assert list(post.parent.iterdir()) == []


def test_a_symlink_swapped_in_between_check_and_write_is_noticed(post: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim.md"
    victim.write_bytes(OLD)

    def swap() -> None:
        post.unlink()
        post.symlink_to(victim)

    assert replace(post, disk=Racing(swap)) == "changed"
    assert victim.read_bytes() == OLD


# -- a disk that fails, a process that dies --------------------------------------------------------------


def test_the_order_of_operations(post: Path) -> None:
    disk = FaultyDisk()
    assert replace(post, disk=disk) is None
    assert disk.log == ["open .a.md.holdfast-tmp", "write", "fsync", "replace a.md", "open site", "fsync"]


@pytest.mark.parametrize("code", [None, errno.ENOSPC, errno.EIO, errno.EACCES])
def test_whatever_operation_fails_the_document_is_wholly_old_or_wholly_new(
    post: Path, code: int | None
) -> None:
    count = FaultyDisk()
    replace(post, disk=count)
    for fail_at in range(1, len(count.log) + 1):
        post.write_bytes(OLD)
        disk = FaultyDisk(fail_at, kill=code is None, code=code or 0)
        try:
            refused = replace(post, disk=disk)
        except (KilledError, DiskError):
            refused = "error"
        assert refused in ("error", "read-only")
        renamed = any(each.startswith("replace") for each in disk.log[: fail_at - 1])
        assert post.read_bytes() == (NEW if renamed else OLD)
        # The next run finishes the work, over whatever was left behind.
        assert replace(post) == ("changed" if renamed else None)
        assert post.read_bytes() == NEW
        assert [each.name for each in post.parent.iterdir()] == ["a.md"]


def test_a_process_killed_at_any_moment_leaves_old_or_new(post: Path) -> None:
    script = (
        "import sys, hashlib\n"
        "from pathlib import Path\n"
        "from holdfast import files\n"
        "path, old, new = Path(sys.argv[1]), b'o' * 500_000, b'n' * 700_000\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for before, after in ((old, new), (new, old)):\n"
        "        expected = hashlib.sha256(before).hexdigest()\n"
        "        options = {'root': path.parent, 'expected_sha256': expected, 'keep_mtime': False}\n"
        "        assert files.replace(path, after, **options) is None\n"
    )
    for delay in (0.001, 0.01, 0.03, 0.07):
        post.write_bytes(b"o" * 500_000)
        process = subprocess.Popen([sys.executable, "-c", script, str(post)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(delay)
        process.kill()
        process.communicate()
        assert post.read_bytes() in (b"o" * 500_000, b"n" * 700_000)


def test_a_full_disk_stops_the_run_with_words(post: Path) -> None:
    with pytest.raises(DiskError, match=r"writing .*a\.md: No space left on device") as caught:
        replace(post, disk=FaultyDisk(2, code=errno.ENOSPC))
    assert caught.value.exit_code == 1
    assert "free some space" in caught.value.hint


def test_a_write_may_take_fewer_bytes_than_it_was_given(post: Path) -> None:
    class Slow(FaultyDisk):
        def write(self, fd: int, data: bytes | memoryview) -> int:
            return super().write(fd, data[:3])

    assert replace(post, disk=Slow()) is None
    assert post.read_bytes() == NEW


def test_a_file_system_that_cannot_sync_folders_is_good_enough(post: Path) -> None:
    assert replace(post, disk=FaultyDisk(6, code=errno.EINVAL)) is None
    post.write_bytes(OLD)
    with pytest.raises(DiskError):
        replace(post, disk=FaultyDisk(6, code=errno.EIO))


def test_folders_are_made_durable_from_the_top(tmp_path: Path) -> None:
    disk = FaultyDisk()
    make_folders(disk, tmp_path / "a" / "b")
    make_folders(disk, tmp_path / "a" / "b")
    top = tmp_path.name
    assert disk.log == ["mkdir a", f"open {top}", "fsync", "mkdir b", "open a", "fsync"]
    (tmp_path / "f").touch()
    with pytest.raises(FileExistsError):
        make_folders(disk, tmp_path / "f")


def test_an_atomic_write_makes_a_new_file_with_the_users_mask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        assert write_atomically(SYSTEM, tmp_path / "new", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


# -- reading ------------------------------------------------------------------------------------------------


def test_a_document_is_read_as_it_is(post: Path) -> None:
    assert files.read(post) == OLD
    assert files.read(post, limit=len(OLD)) == OLD
    assert files.digest(post) == sha256(OLD)
    post.write_bytes(b"")
    assert files.read(post) == b""


UNREADABLE = [
    (_fifo, "it is no regular file"),
    (_folder, "it is no regular file"),
    (Path.unlink, "No such file or directory"),
    (lambda path: os.truncate(path, files.MAX_DOCUMENT + 1), "it is larger than 256 MiB"),
]


@pytest.mark.parametrize(("happens", "message"), UNREADABLE)
def test_what_cannot_be_read_says_why(post: Path, happens: Callable[[Path], None], message: str) -> None:
    happens(post)
    with pytest.raises(OSError, match=message) as caught:
        files.read(post)
    assert caught.value.strerror == message
    assert files.digest(post) is None


def test_a_file_of_the_proc_kind_without_a_length_is_read_to_its_end() -> None:
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("no /proc here")
    assert files.read(path).startswith(b"Name:")


def test_sweeping_removes_only_unfinished_files(post: Path) -> None:
    left = temporary(post)
    left.touch()
    files.sweep(post.parent, [left.name, post.name, ".gone.holdfast-tmp"])
    assert [each.name for each in post.parent.iterdir()] == ["a.md"]

"""The manifest: what it keeps through crashes, merges, later versions and other people's edits."""

from __future__ import annotations

import errno
import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faulty_disk import FaultyDisk, KilledError

from holdfast import records, upkeep
from holdfast.errors import DiskError, Locked, ManifestError, MergeConflict, NewerFormat
from holdfast.manifest import Manifest, merge
from holdfast.model import Asset, Edit, Failure, Record, Rewrite

HEADER = b'{"holdfast":1}\n'
T1, T2, T3 = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
A, B, C = "a" * 64, "b" * 64, "c" * 64


def asset(url: str = "https://e.test/1", sha256: str = A, fetched: str = T1, **more: object) -> Asset:
    known = {"path": "e.test/1.png", "bytes": 9, "media": "image/png"}
    return Asset(url=url, sha256=sha256, fetched=fetched, **(known | more))  # type: ignore[arg-type]


def edit(raw: str = "https://e.test/1", path: str = "a.md", **more: object) -> Edit:
    return Edit(path=path, raw=raw, new="/archive/1.png", **more)  # type: ignore[arg-type]


def failure(url: str = "https://e.test/1", **more: object) -> Failure:
    known = {"reason": "http-404", "attempts": 1, "first": T1, "last": T1}
    return Failure(url=url, **(known | more))  # type: ignore[arg-type]


def rewrite(before: str = A, after: str = B, path: str = "a.md") -> Rewrite:
    return Rewrite(path=path, before=before, after=after)


def load(path: Path) -> Manifest:
    manifest, notices = Manifest.load(path, disk=FaultyDisk())
    assert notices == ()
    return manifest


def write(path: Path, *found: Record, sync: bool = True) -> Manifest:
    """A manifest at ``path`` with these records in its journal, as a killed run leaves it."""
    manifest = load(path)
    with manifest.journal() as journal:
        journal.append(found, sync=sync)
    return manifest


# -- what a file looks like -------------------------------------------------------------------------------


def test_a_compacted_manifest_is_sorted_and_has_one_record_a_line(tmp_path: Path) -> None:
    path = tmp_path / "archive" / "manifest.jsonl"
    manifest = write(path, failure("https://e.test/3"), rewrite(), edit(), asset("https://e.test/2"), asset())
    assert manifest.compact() is True
    assert path.read_text() == (
        '{"holdfast":1}\n'
        f'{{"type":"asset","url":"https://e.test/1","path":"e.test/1.png","sha256":"{A}","bytes":9,'
        f'"media":"image/png","fetched":"{T1}"}}\n'
        f'{{"type":"asset","url":"https://e.test/2","path":"e.test/1.png","sha256":"{A}","bytes":9,'
        f'"media":"image/png","fetched":"{T1}"}}\n'
        '{"type":"edit","path":"a.md","raw":"https://e.test/1","new":"/archive/1.png"}\n'
        '{"type":"failure","url":"https://e.test/3","reason":"http-404","attempts":1,'
        f'"first":"{T1}","last":"{T1}"}}\n'
        f'{{"type":"rewrite","path":"a.md","before":"{A}","after":"{B}"}}\n'
    )


def test_the_second_run_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    write(path, asset(), edit(), rewrite()).compact()
    before = path.stat()
    disk = FaultyDisk()
    manifest, _ = Manifest.load(path, disk=disk)
    with manifest.journal():
        pass
    assert manifest.compact() is False
    assert disk.log == []
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_run_without_anything_to_record_leaves_no_file(tmp_path: Path) -> None:
    manifest = load(tmp_path / "archive" / "manifest.jsonl")
    assert manifest.compact() is False
    assert list(tmp_path.iterdir()) == []


def test_compacting_keeps_the_mode_and_a_symlink(tmp_path: Path) -> None:
    real, path = tmp_path / "real.jsonl", tmp_path / "manifest.jsonl"
    write(real, asset())
    real.chmod(0o640)
    path.symlink_to(real)
    load(path).compact()
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640


# -- what is held -----------------------------------------------------------------------------------------


def test_lookups(tmp_path: Path) -> None:
    old, new = asset(fetched=T1), asset(sha256=B, fetched=T2, path="e.test/1-b.png")
    bundle = asset(fetched=T3, path="1.png", beside="post/x")
    other = asset("https://e.test/2", fetched=T1)
    manifest = write(tmp_path / "m", old, new, other)
    for _ in range(2):  # before and after the indices are built
        assert manifest.asset("https://e.test/1") == new
        assert manifest.copies("https://e.test/1") == (new, old)
        assert manifest.with_sha256(A) == (old, other)
        assert manifest.at("e.test/1.png") == (old, other)
        assert manifest.asset("https://e.test/9") is None
    with manifest.journal() as journal:
        journal.append([bundle], sync=False)
    assert manifest.asset("https://e.test/1") == bundle
    assert manifest.asset("https://e.test/1", beside="post/x") == bundle
    assert manifest.asset("https://e.test/1", beside="post/y") is None
    assert manifest.at("1.png", beside="post/x") == (bundle,)
    assert manifest.at("1.png") == ()
    assert manifest.with_sha256(A) == (old, bundle, other)
    manifest.forget([new, bundle])
    assert manifest.asset("https://e.test/1") == old
    assert manifest.with_sha256(B) == ()
    assert manifest.at("1.png", beside="post/x") == ()


def test_restored_follows_the_edits(tmp_path: Path) -> None:
    manifest = write(tmp_path / "m", edit(), rewrite(A, B))
    assert not manifest.restored("a.md", "https://e.test/1")
    with manifest.journal() as journal:
        journal.append([edit(restored=T2), rewrite(B, A)], sync=True)
    assert manifest.restored("a.md", "https://e.test/1")
    assert not manifest.restored("b.md", "https://e.test/1")
    with manifest.journal() as journal:
        journal.append([edit(), rewrite(A, B)], sync=True)
    assert not manifest.restored("a.md", "https://e.test/1")
    reloaded = load(tmp_path / "m")
    assert not reloaded.restored("a.md", "https://e.test/1")
    assert reloaded.rewrites["a.md"].after == B


def test_a_success_supersedes_the_failure_of_its_url_in_any_order(tmp_path: Path) -> None:
    for number, pair in enumerate(itertools.permutations([asset(), failure()])):
        path = tmp_path / str(number)
        manifest = write(path, *pair)
        assert manifest.failures == {}
        manifest.compact()
        assert b"failure" not in path.read_bytes()


def test_forgotten_records_are_gone_after_compacting(tmp_path: Path) -> None:
    path = tmp_path / "m"
    everything = [asset(), edit(), rewrite(), failure("https://e.test/2")]
    manifest = write(path, *everything)
    manifest.forget(everything)
    manifest.forget(everything)
    assert list(manifest) == []
    manifest.compact()
    assert path.read_bytes() == HEADER


# -- the later of a key wins, whatever the clock and the order say -----------------------------------------

LATER = [
    ("a newer fetch", asset(fetched=T1), asset(fetched=T2)),
    ("a newer fetch after the clock went back", asset(fetched=T2), asset(fetched=T1)),
    ("another entity tag in the same second", asset(etag="b"), asset(etag="a")),
    ("restored", edit(), edit(restored=T1)),
    ("archived again after a restore", edit(restored=T1), edit()),
    ("other places", edit(places=(3,)), edit(places=(0, 4))),
    ("a second rewrite", rewrite(A, B), rewrite(B, C)),
    ("a rewrite back", rewrite(C, A), rewrite(A, C)),
]


@pytest.mark.parametrize(("one", "two"), [row[1:] for row in LATER], ids=[row[0] for row in LATER])
def test_the_later_record_wins_also_when_its_line_comes_first(
    tmp_path: Path, one: Record, two: Record
) -> None:
    path = tmp_path / "m"
    manifest = write(path, one)
    with manifest.journal() as journal:
        journal.append([two], sync=True)
    lines = [line for line in path.read_bytes().splitlines(keepends=True) if line != HEADER]
    for order in itertools.permutations(lines):
        found = list(merge(HEADER + b"".join(order)))
        assert [msgspec.structs.replace(each, turn=0) for each in found] == [two]


def test_failures_join_to_their_whole_story() -> None:
    one = failure(attempts=4, first=T2, last=T2, reason="timeout", detail="20 s")
    two = failure(attempts=2, first=T1, last=T3, reason="http-404", accepted=T3)
    assert records.join(one, two) == records.join(two, one)
    assert records.join(one, two) == failure(attempts=4, first=T1, last=T3, reason="http-404", accepted=T3)


# -- properties -------------------------------------------------------------------------------------------

_times = st.sampled_from([T1, T2, T3])
_hashes = st.sampled_from([A, B, C])
_urls = st.sampled_from(["https://e.test/1", "https://e.test/2", 'https://例え.test/画 像?a="b"\u2028'])
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_maybe = st.none() | _texts
_turns = st.integers(0, 2)
_records = st.one_of(
    st.builds(
        Asset,
        url=_urls,
        path=_texts,
        sha256=_hashes,
        bytes=st.integers(0, 2),
        media=st.just("image/png"),
        fetched=_times,
        etag=_maybe,
        beside=st.sampled_from([None, "", "post/x"]),
        turn=_turns,
    ),
    st.builds(
        Edit,
        path=st.sampled_from(["a.md", "b.md"]),
        raw=_urls,
        new=st.sampled_from(["/1.png", "2.png"]),
        places=st.lists(st.integers(0, 3), max_size=2).map(tuple),
        restored=st.none() | _times,
        turn=_turns,
    ),
    st.builds(Rewrite, path=st.sampled_from(["a.md", "b.md"]), before=_hashes, after=_hashes, turn=_turns),
    st.builds(
        Failure,
        url=_urls,
        reason=st.sampled_from(["dns", "http-404"]),
        attempts=st.integers(1, 4),
        first=_times,
        last=_times,
        accepted=st.none() | _times,
        detail=_maybe,
    ),
)


def text_of(*found: Record) -> bytes:
    return HEADER + b"".join(records.line_of(each) for each in found)


@given(st.lists(_records, max_size=12))
def test_a_manifest_round_trips(found: list[Record]) -> None:
    once = bytes(merge(text_of(*found)))
    again = merge(once)
    assert bytes(again) == once
    assert sorted(map(repr, again)) == sorted(map(repr, merge(text_of(*found))))


@given(st.lists(_records, max_size=8), st.data())
def test_the_order_of_lines_is_irrelevant(found: list[Record], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(found))
    assert bytes(merge(text_of(*found))) == bytes(merge(text_of(*shuffled)))


@given(st.lists(st.lists(_records, max_size=5).map(lambda each: text_of(*each)), min_size=3, max_size=3))
def test_merging_is_associative_commutative_and_idempotent(texts: list[bytes]) -> None:
    one, two, three = texts
    whole = bytes(merge(one, two, three))
    assert bytes(merge(three, one, two)) == whole
    assert bytes(merge(bytes(merge(one, two)), three)) == whole
    assert bytes(merge(one, bytes(merge(two, three)))) == whole
    assert bytes(merge(one, two, three, one)) == whole


@given(st.lists(_records, min_size=1, max_size=6))
def test_what_is_appended_last_is_what_is_known(found: list[Record]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m"
        manifest = load(path)
        with manifest.journal() as journal:
            for each in found:
                journal.append([each], sync=False)
                known = manifest.known(each)
                if isinstance(each, Asset | Edit | Rewrite):
                    assert known is not None
                    assert msgspec.structs.replace(known, turn=0) == msgspec.structs.replace(each, turn=0)
        manifest.settled()
        manifest.compact()
        assert bytes(load(path)) == bytes(manifest) == path.read_bytes()


# -- torn, shuffled, foreign ------------------------------------------------------------------------------


def test_a_file_cut_at_any_byte_loses_at_most_the_last_record(tmp_path: Path) -> None:
    path = tmp_path / "m"
    found = [asset(), asset("https://e.test/é"), failure("https://e.test/3")]
    manifest = load(path)
    with manifest.journal() as journal:
        for each in found:
            journal.append([each], sync=True)
    whole = path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == 0x0A]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        manifest, notices = Manifest.load(path, disk=FaultyDisk())
        # A record is there from its last brace on, whether or not its line end made it.
        expected = max(0, sum(end - 1 <= cut for end in ends) - 2)
        assert len(list(manifest)) == expected, cut
        at_an_edge = cut == 0 or cut in ends or cut + 1 in ends
        assert (notices == ()) == at_an_edge, (cut, notices)
        # And the next run goes on from there, by appending or by compacting.
        with manifest.journal() as journal:
            journal.append([rewrite(path="z.md")], sync=True)
        assert len(list(load(path))) == expected + 1, cut
        load(path).compact()
        assert len(list(load(path))) == expected + 1, cut


def test_what_a_power_failure_blanked_is_dropped_with_a_notice(tmp_path: Path) -> None:
    path = tmp_path / "m"
    write(path, asset())
    sound = path.read_bytes()
    path.write_bytes(sound + b"\0" * 100)
    manifest, notices = Manifest.load(path)
    assert list(manifest) == [asset()]
    assert notices == ("m: records lost in a power failure were dropped",)
    path.write_bytes(sound + b"\0" * 100 + b'"}\n' + records.line_of(asset("https://e.test/2")))
    manifest, notices = Manifest.load(path)
    assert len(list(manifest)) == 2
    assert notices == ("m:4: a record lost in a power failure was dropped",)


HARMLESS = {
    "CRLF": text_of(asset(), edit(), rewrite()).replace(b"\n", b"\r\n"),
    "a BOM": b"\xef\xbb\xbf" + text_of(asset(), edit(), rewrite()),
    "blank lines": text_of(asset(), edit(), rewrite()).replace(b"\n", b"\n\n"),
    "no final line end": text_of(asset(), edit(), rewrite())[:-1],
    "the header last": text_of(asset(), edit(), rewrite())[len(HEADER) :] + HEADER,
    "two headers": HEADER + text_of(asset(), edit(), rewrite()),
    "everything twice": text_of(asset(), edit(), rewrite()) + text_of(asset(), edit(), rewrite()),
    "spaces": text_of(asset(), edit(), rewrite()).replace(b'":', b'" : '),
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_what_editors_and_merges_do_to_a_file_is_harmless(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "m"
    path.write_bytes(text)
    assert bytes(load(path)) == text_of(asset(), edit(), rewrite())


FATAL = [
    (HEADER.replace(b"1", b"2"), NewerFormat, "m:1: written in format 2; this holdfast reads up to 1"),
    (text_of(asset()) + b'{"holdfast":7}\n', NewerFormat, "m:3: written in format 7"),
    (
        HEADER + b"<<<<<<< HEAD\n" + records.line_of(asset()) + b"=======\n>>>>>>> theirs\n",
        MergeConflict,
        "m:2: git's conflict markers",
    ),
    (HEADER + records.line_of(asset()) + b"||||||| base\n", MergeConflict, "m:3: "),
    (HEADER + records.line_of(asset()) + b">>>>>>> theirs", MergeConflict, "m:3: "),
    (
        HEADER + records.line_of(asset())[:20] + b"\n" + records.line_of(edit()),
        ManifestError,
        "m:2: this line is not",
    ),
    (HEADER + b'{"type":"asset","url":"x"}\n', ManifestError, "m:2: .*missing required field `path`"),
    (HEADER + b'{"type":"failure","url":5}\n', ManifestError, r"m:2: .*\$\.url"),
    (HEADER + b"\xff\xfe\n", ManifestError, "m:2: "),
    (HEADER + b"\0\0\n" + records.line_of(asset()), ManifestError, "m:2: "),
    (HEADER + b"[]\n", ManifestError, "m:2: "),
    (records.line_of(asset()), ManifestError, "m: the first line is not a holdfast manifest's"),
]


@pytest.mark.parametrize(("text", "error", "message"), FATAL)
def test_what_stops_a_run(tmp_path: Path, text: bytes, error: type[ManifestError], message: str) -> None:
    path = tmp_path / "m"
    path.write_bytes(text)
    with pytest.raises(error, match=message) as caught:
        Manifest.load(path)
    assert type(caught.value) is error
    assert caught.value.hint
    assert path.read_bytes() == text


def test_what_a_later_program_of_the_same_format_wrote_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "m"
    later = records.line_of(asset(), {"phash": "00ff", "alt": {"b": 1, "a": 2}})
    unknown = b'{"type":"thumbnail","of":"x"}\n'
    path.write_bytes(HEADER + unknown + later)
    manifest = load(path)
    manifest.compact()
    assert (
        path.read_bytes()
        == HEADER
        + later.replace(b'"b":1,"a":2', b'"a":2,"b":1').replace(
            b'"phash":"00ff","alt":{"a":2,"b":1}', b'"alt":{"a":2,"b":1},"phash":"00ff"'
        )
        + unknown
    )
    assert load(path).compact() is False
    with manifest.journal() as journal:
        journal.append([asset(fetched=T2)], sync=True)
    assert b'"phash":"00ff"' in path.read_bytes().splitlines()[-1]
    assert bytes(merge(bytes(load(path)))).count(b"phash") == 1


def test_records_appended_by_someone_else_meanwhile_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "m"
    write(path, asset()).compact()
    slow, fast = load(path), load(path)
    with fast.journal() as journal:
        journal.append([asset("https://e.test/2")], sync=True)
    fast.compact()
    with slow.journal() as journal:
        journal.append([asset("https://e.test/3")], sync=True)
    path.write_bytes(path.read_bytes() + records.line_of(asset("https://e.test/4")))
    slow.compact()
    assert [each.url[-1] for each in sorted(load(path).assets, key=records.key)] == ["1", "2", "3", "4"]


def test_threads_may_share_a_journal(tmp_path: Path) -> None:
    manifest = load(tmp_path / "m")
    with manifest.journal() as journal:

        def work(name: str) -> None:
            for number in range(50):
                journal.append([asset(f"https://{name}.test/{number}")], sync=False)

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(list(load(tmp_path / "m"))) == 200


# -- did the rewrite happen? ------------------------------------------------------------------------------

E1, E2 = edit("https://e.test/1"), edit("https://e.test/2")
BACK = edit("https://e.test/1", restored=T2)
SETTLED = [
    # (what earlier, clean runs left; what the killed run appended; the document now; edits then; undone?)
    ("happened", [], [[E1, rewrite(A, B)]], B, {E1}, False),
    ("did not happen", [], [[E1, rewrite(A, B)]], A, set(), True),
    ("edited since", [], [[E1, rewrite(A, B)]], C, {E1}, False),
    ("deleted since", [], [[E1, rewrite(A, B)]], None, {E1}, False),
    ("an earlier edit survives", [E1, rewrite(A, B)], [[E1, E2, rewrite(B, C)]], B, {E1}, True),
    ("both happened", [E1, rewrite(A, B)], [[E2, rewrite(B, C)]], C, {E1, E2}, False),
    ("the second did not", [], [[E1, rewrite(A, B)], [E2, rewrite(B, C)]], B, {E1}, True),
    ("the first did not, its second try did", [], [[E1, rewrite(A, B)], [E2, rewrite(A, C)]], C, {E2}, True),
    ("restore happened", [E1, rewrite(A, B)], [[BACK, rewrite(B, A)]], A, {BACK}, False),
    ("restore did not happen", [E1, rewrite(A, B)], [[BACK, rewrite(B, A)]], B, {E1}, True),
    ("there and back", [], [[E1, rewrite(A, B)], [BACK, rewrite(B, A)]], A, {BACK}, False),
    ("nothing changed but the record", [], [[E1, rewrite(A, A)]], A, {E1}, False),
]


@pytest.mark.parametrize(
    ("clean", "killed", "now", "edits", "undone"),
    [row[1:] for row in SETTLED],
    ids=[row[0] for row in SETTLED],
)
def test_the_documents_own_hash_says_whether_its_rewrite_happened(
    tmp_path: Path,
    clean: list[Record],
    killed: list[list[Record]],
    now: str | None,
    edits: set[Edit],
    undone: bool,
) -> None:
    path = tmp_path / "m"
    if clean:
        write(path, *clean).compact()
    for batch in killed:
        write(path, *batch)
    manifest = load(path)
    assert manifest.settle(lambda name: {"a.md": now}[name]) == (("a.md",) if undone else ())
    assert {msgspec.structs.replace(each, turn=0) for each in manifest.edits_of("a.md")} == edits
    # It stays so when the file is compacted, and nothing is asked again.
    manifest.compact()
    again = load(path)
    assert again.settle(lambda name: pytest.fail("a clean manifest asks for no document")) == ()
    assert again.edits_of("a.md") == manifest.edits_of("a.md")


def test_a_refused_document_is_settled_in_the_same_run(tmp_path: Path) -> None:
    manifest = load(tmp_path / "m")
    with manifest.journal() as journal:
        journal.append([E1, rewrite(A, B)], sync=True)
        journal.append([edit(path="b.md"), rewrite(A, B, path="b.md")], sync=True)
    assert manifest.settle({"a.md": A, "b.md": B}.get) == ("a.md",)
    manifest.compact()
    assert list(load(tmp_path / "m").edits) == ["b.md"]


def test_edits_cut_off_from_their_rewrite_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "m"
    write(path, E1, rewrite(A, B)).compact()
    write(path, BACK, E2, rewrite(B, A))
    path.write_bytes(path.read_bytes()[:-10])
    manifest, notices = Manifest.load(path)
    assert len(notices) == 1
    assert manifest.edits_of("a.md") == (E1,)
    assert manifest.rewrites["a.md"] == rewrite(A, B)


# -- a disk that refuses, a process that dies ---------------------------------------------------------------


def _a_run(path: Path, disk: FaultyDisk) -> None:
    manifest, _ = Manifest.load(path, disk=disk)
    with manifest.journal() as journal:
        journal.append([asset("https://e.test/2")], sync=False)
        journal.append([E2, rewrite(B, C)], sync=True)
    manifest.compact()


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "refused"])
@pytest.mark.parametrize("start", ["nothing", "compacted", "torn"])
def test_whatever_operation_fails_nothing_is_lost(tmp_path: Path, start: str, kill: bool) -> None:
    counting = FaultyDisk()
    for fail_at in itertools.count():
        path = tmp_path / str(fail_at) / "archive" / "m"
        held = set()
        if start != "nothing":
            write(path, asset(), E1, rewrite(A, B)).compact()
            held = {records.key(each) for each in load(path)}
        if start == "torn":
            path.write_bytes(path.read_bytes() + HEADER + b'{"type":"ass')
        disk = FaultyDisk(fail_at, kill=kill) if fail_at else counting
        try:
            _a_run(path, disk)
        except (KilledError, DiskError):
            assert fail_at
        else:
            assert fail_at == 0 or fail_at > len(counting.log)
        manifest, _ = Manifest.load(path)
        assert held <= {records.key(each) for each in manifest}
        _a_run(path, FaultyDisk())
        _, notices = Manifest.load(path)
        assert notices == ()
        wanted = held | {records.key(each) for each in (asset("https://e.test/2"), E2, rewrite(B, C))}
        assert {records.key(each) for each in load(path)} == wanted
        assert [each.name for each in path.parent.iterdir()] == ["m"]
        if fail_at > len(counting.log):
            break


def test_records_are_durable_before_append_returns(tmp_path: Path) -> None:
    disk = FaultyDisk()
    manifest, _ = Manifest.load(tmp_path / "archive" / "m", disk=disk)
    with manifest.journal() as journal:
        journal.append([asset()], sync=False)
        journal.append([E1, rewrite()], sync=True)
        # The folder's name, the file's name and its bytes: all before a document may be replaced.
        assert disk.log == [
            "mkdir archive", f"open {tmp_path.name}", "fsync", "open m", "write", "open archive", "fsync",
            "write", "fsync",
        ]  # fmt: skip
        del disk.log[:]
        manifest.compact()
        assert disk.log == ["open .m.holdfast-tmp", "write", "fsync", "replace m", "open archive", "fsync"]


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    manifest, _ = Manifest.load(tmp_path / "m", disk=FaultyDisk(2, code=errno.ENOSPC))
    with manifest.journal() as journal:
        with pytest.raises(DiskError, match=r"writing .*: No space left on device") as caught:
            journal.append([asset()], sync=True)
        assert "free some space" in caught.value.hint
        assert list(manifest) == []
        journal.append([asset()], sync=True)
    assert list(load(tmp_path / "m")) == [asset()]


def test_a_folder_in_the_manifests_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    with pytest.raises(DiskError, match="reading"):
        Manifest.load(tmp_path / "m")


# -- git --------------------------------------------------------------------------------------------------


def _git(folder: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **{f"GIT_{who}_{what}": "t@e.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("first_commit", ["with a manifest", "without one"])
@pytest.mark.parametrize("into", ["left", "right"])
def test_two_branches_merge_in_git_and_lose_nothing(tmp_path: Path, into: str, first_commit: str) -> None:
    _git(tmp_path, "init", "-q", "-b", "main", ".")
    archive = tmp_path / "archive"
    upkeep.prepare(archive)
    path = archive / "manifest.jsonl"
    if first_commit == "with a manifest":
        write(path, asset(), failure("https://e.test/2"), edit(), rewrite()).compact()
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "base")
    branches: dict[str, list[Record]] = {
        "left": [asset("https://e.test/2"), asset("https://e.test/3"), edit(places=(1,)), rewrite(B, C)],
        "right": [
            failure("https://e.test/2", attempts=3, last=T2),
            asset("https://e.test/4"),
            edit(restored=T2),
        ],
    }
    for name, found in branches.items():
        _git(tmp_path, "checkout", "-q", "-b", name, "main")
        write(path, *found).compact()
        _git(tmp_path, "add", ".")
        _git(tmp_path, "commit", "-qm", name)
    texts = [_git(tmp_path, "show", f"{name}:archive/manifest.jsonl").encode() for name in branches]
    other = "right" if into == "left" else "left"
    _git(tmp_path, "checkout", "-q", into)
    _git(tmp_path, "merge", "-q", "-m", "merge", other)
    manifest = load(path)
    assert bytes(manifest) == bytes(merge(*texts))
    assert {each.url[-1] for each in manifest.assets} >= {"2", "3", "4"}
    assert manifest.failures == {}
    manifest.compact()
    assert bytes(load(path)) == path.read_bytes()


def test_git_is_told_once_and_other_lines_stay(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    upkeep.prepare(archive)
    assert (archive / ".gitattributes").read_text() == (
        "* -text\nmanifest.jsonl merge=union linguist-generated\n"
    )
    (archive / ".gitignore").write_bytes(b"mine\r\n/.staging/")
    upkeep.prepare(archive)
    text = (archive / ".gitignore").read_text()
    assert text.startswith("mine\n/.staging/\n")
    assert text.count("/.staging/") == 1
    assert "/.lock*" in text
    disk = FaultyDisk()
    upkeep.prepare(archive, disk=disk)
    assert disk.log == []


def test_git_sees_assets_and_manifest_but_not_locks_and_staging(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q", ".")
    archive = tmp_path / "archive"
    upkeep.prepare(archive)
    write(archive / "manifest.jsonl", asset()).compact()
    (archive / "assets").mkdir()
    (archive / "assets" / "a.svg").write_bytes(b"<svg/>\r\n")
    (archive / ".staging").mkdir()
    (archive / ".staging" / "x").touch()
    (archive / ".manifest.jsonl.holdfast-tmp").touch()
    with upkeep.lock(archive, command="archive", since=T1):
        seen = _git(tmp_path, "status", "--porcelain", "-uall").split("\n")
    names = sorted(line.split("/")[-1] for line in seen if line)
    assert names == [".gitattributes", ".gitignore", "a.svg", "manifest.jsonl"]
    assert "text: unset" in _git(tmp_path, "check-attr", "text", "archive/assets/a.svg")


# -- one run at a time ------------------------------------------------------------------------------------

_HOLD = """
import sys
from pathlib import Path
from holdfast import upkeep
with upkeep.lock(Path(sys.argv[1]), command="archive", since="2026-01-01T00:00:00Z"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def _holding(archive: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(archive)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_told_who_holds_the_archive(tmp_path: Path) -> None:
    process = _holding(tmp_path / "archive")
    heard: list[str] = []
    try:
        with (
            pytest.raises(Locked, match=rf"holdfast archive \(process {process.pid} on .*since {T1}\)"),
            upkeep.lock(tmp_path / "archive", command="archive", since=T2),
        ):
            pytest.fail("two runs at once")
        with (
            pytest.raises(Locked),
            upkeep.lock(tmp_path / "archive", command="archive", since=T2, wait=0.1, waiting=heard.append),
        ):
            pytest.fail("two runs at once")
        assert len(heard) == 1
        assert str(process.pid) in heard[0]
    finally:
        process.communicate("\n", timeout=10)
    with upkeep.lock(tmp_path / "archive", command="verify", since=T2):
        pass


def test_a_second_run_may_wait_for_the_first(tmp_path: Path) -> None:
    process = _holding(tmp_path)

    def release(message: str) -> None:
        process.communicate("\n", timeout=10)

    with upkeep.lock(tmp_path, command="archive", since=T2, wait=10, waiting=release):
        assert process.returncode == 0


def test_the_lock_of_a_dead_process_holds_nobody_up(tmp_path: Path) -> None:
    process = _holding(tmp_path)
    process.kill()
    process.communicate(timeout=10)
    assert (tmp_path / upkeep.HOLDER).exists()
    with upkeep.lock(tmp_path, command="archive", since=T2):
        assert str(os.getpid()) in (tmp_path / upkeep.HOLDER).read_text()
    assert not (tmp_path / upkeep.HOLDER).exists()


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), upkeep.lock(tmp_path, command="archive", since=T1):
        raise ZeroDivisionError
    with upkeep.lock(tmp_path, command="archive", since=T1):
        pass

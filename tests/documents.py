"""Documents for the tests of what comes after a scan: scanned by the real scanner, really changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from holdfast import oracle
from holdfast.model import Document, Edit, Language, Reference, Rewrite, ScanOptions
from holdfast.oracle import Disagreement
from holdfast.restoration import Restored, plan_restore, restore, wide
from holdfast.rewrite import Change, Rewritten, change, rewrite
from holdfast.scan import scan

PLAIN = ScanOptions()


def document(
    source: bytes, path: str = "post.md", language: Language = "markdown", options: ScanOptions = PLAIN
) -> Document:
    return Document(
        path, language, source, hashlib.sha256(source).hexdigest(), scan(source, language, options)
    )


def name_of(url: str) -> str:
    """An asset's name for a URL, made as holdfast makes them: two URLs, two names."""
    return f"{hashlib.sha256(url.partition('#')[0].encode()).hexdigest()[:16]}.png"


def archived_as(url: str) -> str:
    return f"/archive/x.example/a-{name_of(url)}"


def changes(
    one: Document,
    spell: Callable[[str], str] = archived_as,
    only: Callable[[Reference], bool] = lambda _: True,
) -> list[Change]:
    """The changes that archive every remote reference of a document."""
    found = []
    for index, reference in enumerate(one.scanned.references):
        if reference.url.startswith("http") and only(reference):
            new = change(index, reference, spell(reference.url))
            if new:
                found.append(new)
    return found


def archive(
    one: Document,
    spell: Callable[[str], str] = archived_as,
    *,
    options: ScanOptions = PLAIN,
    edits: Sequence[Edit] = (),
    previous: Rewrite | None = None,
) -> Rewritten:
    answer = rewrite(
        one, changes(one, spell), oracle.reader(one.language, options), edits=edits, previous=previous
    )
    assert isinstance(answer, Rewritten), answer
    return answer


def undo(
    source: bytes,
    edits: Sequence[Edit],
    *,
    path: str = "post.md",
    language: Language = "markdown",
    options: ScanOptions = PLAIN,
    others: Iterable[Edit] = (),
    last: Rewrite | None = None,
    locate: Callable[[Reference], str | None] = lambda _: None,
    selected: Callable[[str], bool] = lambda _: True,
) -> tuple[Restored | Disagreement, tuple[str, ...]]:
    """Restore a document; the answer, and what stands where it was left."""
    one, widened = wide(document(source, path, language, options), options)
    every = (*edits, *others)
    restoration = plan_restore(
        one,
        edits,
        lambda name: [edit for edit in every if edit.new.strip("\"'<>").partition("#")[0].endswith(name)],
        locate=locate,
        rewrite=last,
        selected=selected,
    )
    answer = restore(
        one, restoration, oracle.reader(language, widened), when="2026-11-23T12:00:00Z", rewrite=last
    )
    return answer, tuple(left.raw for left in restoration.left)

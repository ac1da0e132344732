"""The plan: what is asked for, what is held, what is left alone, and why."""

from __future__ import annotations

import random
import re
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast import reasons
from holdfast.config import Config
from holdfast.errors import ConfigError
from holdfast.families import FAMILIES, LINK_TYPES, MEDIA
from holdfast.model import Asset, Document, Failed, Failure, Place, Reference, Scanned, Skipped, Span, Syntax
from holdfast.plan import Plan, Request, Use, plan, uses_by_document
from holdfast.policy import Policy, from_config


def reference(
    url: str, *, kind: str = "image", embed: bool = True, dynamic: bool = False, raw: str = ""
) -> Reference:
    written = (raw or url).encode()
    return Reference(
        Span(0, len(written)), written, url, kind, embed, Syntax.MARKDOWN, Place.MARKDOWN, (), dynamic
    )


def link(url: str, kind: str = "link") -> Reference:
    return reference(url, kind=kind, embed=False)


def document(*references: Reference, path: str = "a.md") -> Document:
    return Document(path, "markdown", b"", "0" * 64, Scanned(references))


def asset(url: str, name: str = "x.png", media: str = "image/png") -> Asset:
    return Asset(url=url, path=name, sha256="1" * 64, bytes=1, media=media, fetched="2026-11-23T12:00:00Z")


def failure(url: str, reason: str, accepted: str | None = None) -> Failure:
    day = "2026-11-20T12:00:00Z"
    return Failure(url=url, reason=reason, attempts=1, first=day, last=day, accepted=accepted)


@dataclass
class Manifest:
    """The view a plan has of a manifest, from plain dictionaries."""

    assets: dict[str, Asset] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    restored_raws: set[tuple[str, str]] = field(default_factory=set)

    def asset(self, url: str) -> Asset | None:
        return self.assets.get(url)

    def failure(self, url: str) -> Failure | None:
        return self.failures.get(url)

    def restored(self, document: str, raw: str) -> bool:
        return (document, raw) in self.restored_raws


A = "https://x.example/a.png"
B = "https://x.example/b.png"


def decided(one: Reference, manifest: Manifest | None = None, policy: Policy | None = None) -> Plan:
    return plan([document(one)], manifest or Manifest(), policy or Policy())


def said(answer: Plan) -> str:
    """One word for what a plan of one reference came to."""
    words = [skip.reason for skip in answer.skipped] + [failed.reason for failed in answer.failed]
    words += ["ask"] * len(answer.requests) + ["held"] * len(answer.held) + ["counted"] * answer.links
    return " ".join(words)


ORIGIN = [
    ("an image", reference(A), "ask"),
    ("its fragment is not fetched", reference(A + "#x"), "ask"),
    ("http is fetched too", reference("http://x.example/a.png"), "ask"),
    ("a template", reference("https://x.example/{{ a }}.png", dynamic=True), "dynamic"),
    ("a template in a link", reference("{{ url }}", dynamic=True, kind="link", embed=False), "dynamic"),
    ("a local image", reference("img/a.png"), "local"),
    ("a local link", link("b.md"), "counted"),
    ("data", reference("data:image/png;base64,AAAA"), "scheme"),
    ("ftp", reference("ftp://x.example/a.png"), "scheme"),
    ("mail", link("mailto:a@x.example"), "counted"),
    ("a page", link("https://x.example/"), "counted"),
    ("a link to an image nobody shows", link(A), "counted"),
    ("a badge", reference("https://img.shields.io/badge/a-b-c"), "live"),
    ("a link to a badge", link("https://img.shields.io/badge/a-b-c"), "counted"),
    ("no URL", reference("https://"), "bad-url"),
    ("no port", reference("https://x.example:port/a.png"), "bad-url"),
    ("a frame", reference("https://x.example/", kind="html-iframe-src"), "page"),
    ("a script", reference("https://x.example/a.js", kind="html-script-src"), "page"),
    ("a style sheet", reference("https://x.example/a.css", kind="css-import"), "page"),
    ("a video", reference("https://x.example/a.mp4", kind="html-video-src"), "ask"),
    ("a kind of the future", reference(A, kind="html-picture-magic"), "ask"),
]


@pytest.mark.parametrize(("one", "word"), [row[1:] for row in ORIGIN], ids=[row[0] for row in ORIGIN])
def test_each_reference_is_decided_by_what_it_is(one: Reference, word: str) -> None:
    assert said(decided(one)) == word


def test_every_word_has_a_row_in_the_reasons() -> None:
    for _, one, word in ORIGIN:
        if word not in ("ask", "counted", "held"):
            assert word in reasons.SKIPS or word in reasons.REASONS, one.url


PATTERN = re.compile(r"x\.example")
FAILED = {A: failure(A, "http-404")}
PASSING = {A: failure(A, "timeout")}
GIVEN_UP = {A: failure(A, "http-404", accepted="2026-11-21T12:00:00Z")}
HELD = {A: asset(A)}

STATE = [
    ("excluded", Manifest(), Policy(exclude=(PATTERN,)), "excluded"),
    ("not included", Manifest(), Policy(include=(re.compile("^ftp"),)), "excluded"),
    ("included", Manifest(), Policy(include=(re.compile("^ftp"), PATTERN)), "ask"),
    ("included and excluded", Manifest(), Policy(include=(PATTERN,), exclude=(PATTERN,)), "excluded"),
    ("held", Manifest(HELD), Policy(), "held"),
    ("held, its file gone", Manifest(HELD), Policy(has_asset=lambda asset: False), "ask"),
    ("held and excluded", Manifest(HELD), Policy(exclude=(PATTERN,)), "excluded"),
    ("held and refreshed", Manifest(HELD), Policy(refresh=True), "ask held"),
    ("failed for good", Manifest({}, FAILED), Policy(), "failed-before"),
    ("failed for good, asked again", Manifest({}, FAILED), Policy(retry_failed=True), "ask"),
    ("failed for now", Manifest({}, PASSING), Policy(), "ask"),
    ("accepted", Manifest({}, GIVEN_UP), Policy(), "accepted"),
    ("accepted, asked again", Manifest({}, GIVEN_UP), Policy(retry_failed=True), "ask"),
    ("a failure this version does not know", Manifest({}, {A: failure(A, "moonquake")}), Policy(), "ask"),
    ("held beats failed", Manifest(HELD, FAILED), Policy(), "held"),
    ("restored", Manifest({}, {}, {("a.md", A)}), Policy(), "restored"),
    ("restored and named", Manifest({}, {}, {("a.md", A)}), Policy(named=lambda path: path == "a.md"), "ask"),
    ("restored elsewhere", Manifest({}, {}, {("b.md", A)}), Policy(), "ask"),
    ("restored and held", Manifest(HELD, {}, {("a.md", A)}), Policy(), "restored"),
    ("restored and excluded", Manifest({}, {}, {("a.md", A)}), Policy(exclude=(PATTERN,)), "excluded"),
    ("ours, but not known", Manifest(), Policy(own=lambda document, reference: True), "own-prefix"),
    ("ours", Manifest(HELD), Policy(own=lambda document, reference: asset(A)), "held"),
    (
        "ours, its file gone",
        Manifest(HELD),
        Policy(own=lambda document, reference: asset(A), has_asset=lambda asset: False),
        "ask",
    ),
    (
        "ours, refreshed",
        Manifest(HELD),
        Policy(own=lambda document, reference: asset(A), refresh=True),
        "ask held",
    ),
    (
        "ours, and excluded since",
        Manifest(HELD),
        Policy(own=lambda document, reference: asset(A), exclude=(PATTERN,)),
        "held",
    ),
]


@pytest.mark.parametrize(
    ("manifest", "policy", "word"), [row[1:] for row in STATE], ids=[row[0] for row in STATE]
)
def test_the_manifest_and_the_policy_decide_about_an_image(
    manifest: Manifest, policy: Policy, word: str
) -> None:
    assert said(decided(reference(A), manifest, policy)) == word


def test_one_request_serves_every_reference() -> None:
    one = document(reference(A), link("https://y.example/"), reference(A + "#icon"), path="b.md")
    two = document(reference(A, kind="html-img-src"), reference(B), path="a.md")
    answer = plan([one, two], Manifest(), Policy())
    assert answer.requests == (
        Request(A, A, ("image",), (Use("a.md", 0), Use("b.md", 0), Use("b.md", 2))),
        Request(B, B, ("image",), (Use("a.md", 1),)),
    )
    assert uses_by_document(answer.uses) == {"a.md": ((0, A), (1, B)), "b.md": ((0, A), (2, A))}
    assert (answer.links, answer.references, answer.documents) == (1, 5, 2)


SECRET = "https://me:secret@x.example/a.png"


@pytest.mark.parametrize(
    ("one", "policy", "word"),
    [
        (reference(SECRET), Policy(), "credentials"),
        (reference("https://:secret@x.example/a.png"), Policy(), "credentials"),
        (reference("https://me:secret@x.example:port/a.png"), Policy(), "credentials"),
        (reference("https://me:a@secret@/"), Policy(), "credentials"),
        (reference(SECRET), Policy(exclude=(PATTERN,)), "credentials"),
        (link(SECRET), Policy(links=frozenset({"image"})), "credentials"),
        (link(SECRET), Policy(), "counted"),
        (reference("https://me:secret@x.example/", kind="html-iframe-src"), Policy(), "page"),
        (reference("ftp://me:secret@x.example/a.png"), Policy(), "scheme"),
        (reference("sftp://me:secret@x.example/a.png"), Policy(), "scheme"),
        (reference("https://me:secret@{{ host }}/a.png", dynamic=True), Policy(), "dynamic"),
        (reference("https://secret@x.example:port/a.png"), Policy(), "bad-url"),
    ],
    ids=lambda value: value.url if isinstance(value, Reference) else "",
)
def test_a_password_is_neither_sent_nor_recorded(one: Reference, policy: Policy, word: str) -> None:
    answer = decided(one, policy=policy)
    assert said(answer) == word
    assert "secret" not in repr(answer)


def test_a_link_with_a_password_does_not_join_the_image_it_leads_to() -> None:
    answer = plan([document(reference(A), link(SECRET))], Manifest(), Policy())
    assert answer.uses == {A: (Use("a.md", 0),)}
    assert answer.links == 1


def test_a_user_name_without_a_password_is_sent() -> None:
    (request,) = decided(reference("https://me@x.example/a.png")).requests
    assert (request.url, request.fetch_url) == (A, "https://me@x.example/a.png")


def test_a_page_in_an_image_is_asked_for_as_the_file() -> None:
    page = "https://github.com/o/r/blob/main/a.pdf"
    (request,) = decided(reference(page)).requests
    assert request.url == page
    assert request.fetch_url == "https://github.com/o/r/raw/main/a.pdf"
    (followed,) = decided(link(page), policy=Policy(links=frozenset({"pdf"}))).requests
    assert followed.fetch_url == page, "a reader who follows the link wants the page"
    assert not followed.embed


@pytest.mark.parametrize(
    ("url", "types", "families"),
    [
        ("https://x.example/a.pdf", {"pdf"}, ("pdf",)),
        ("https://x.example/a.PDF?download=1#page=2", {"pdf"}, ("pdf",)),
        ("https://x.example/a.mp4", {"video", "pdf"}, ("video",)),
        ("https://x.example/a.mp3", {"audio"}, ("audio",)),
        ("https://x.example/a.jpeg", {"image"}, ("image",)),
        ("https://x.example/a.pdf", {"video"}, None),
        ("https://x.example/a.pdf", set(), None),
        ("https://x.example/a.pdf/", {"pdf"}, None),
        ("https://x.example/?f=a.pdf", {"pdf"}, None),
        ("https://x.pdf", {"pdf"}, None),
        ("https://x.example/a.html", set(LINK_TYPES), None),
    ],
)
def test_a_link_is_selected_by_its_extension(
    url: str, types: set[str], families: tuple[str, ...] | None
) -> None:
    answer = decided(link(url), policy=Policy(links=frozenset(types)))
    assert [request.families for request in answer.requests] == ([families] if families else [])
    assert answer.links == (0 if families else 1)


def test_a_link_to_what_an_embed_shows_is_archived_too() -> None:
    documents = [document(link(A), link(B), path="a.md"), document(reference(A), link(A + "#x"), path="b.md")]
    for order in (documents, documents[::-1]):
        answer = plan(order, Manifest(), Policy())
        assert [(request.url, request.uses) for request in answer.requests] == [
            (A, (Use("a.md", 0), Use("b.md", 0), Use("b.md", 1)))
        ]
        assert answer.links == 1
    live = "https://img.shields.io/badge/a-b-c"
    assert plan([document(reference(live), link(live))], Manifest(), Policy()).links == 1


def test_a_restored_link_stays_restored_although_an_embed_elsewhere_is_archived() -> None:
    manifest = Manifest({}, {}, {("a.md", A)})
    answer = plan([document(link(A)), document(reference(A), path="b.md")], manifest, Policy())
    assert [request.uses for request in answer.requests] == [(Use("b.md", 0),)]


def test_a_url_restored_in_one_post_is_still_archived_for_another() -> None:
    manifest = Manifest({}, {}, {("a.md", A)})
    answer = plan([document(reference(A)), document(reference(A), path="b.md")], manifest, Policy())
    assert [request.uses for request in answer.requests] == [(Use("b.md", 0),)]
    assert answer.skipped == (Skipped(A, "restored"),)
    assert answer.passed_uses == {(A, "restored"): (Use("a.md", 0),)}


def test_references_that_are_ours_are_listed_by_what_they_show() -> None:
    known = {"/archive/a.png": asset(A), "/archive/other.png": True}

    def own(document: Document, reference: Reference) -> Asset | bool:
        return known.get(reference.url, False)

    one = document(reference("/archive/a.png"), reference("/archive/other.png"), reference(A))
    answer = plan([one], Manifest(HELD), Policy(own=own))
    assert answer.own == {A: (Use("a.md", 0),), "": (Use("a.md", 1),)}
    assert answer.uses == {A: (Use("a.md", 2),)}
    assert answer.held == HELD
    assert not answer.requests


def test_a_lost_file_is_asked_for_with_what_is_known_of_it() -> None:
    policy = Policy(own=lambda document, reference: asset(A), has_asset=lambda asset: False)
    (request,) = decided(reference("/archive/a.png"), Manifest(HELD), policy).requests
    assert (request.url, request.known, request.uses) == (A, HELD[A], (Use("a.md", 0),))


def test_what_failed_for_good_keeps_the_run_incomplete_until_it_is_accepted() -> None:
    assert decided(reference(A), Manifest({}, FAILED)).failed_before == (FAILED[A],)
    assert decided(reference(A), Manifest({}, FAILED)).incomplete
    assert not decided(reference(A), Manifest({}, GIVEN_UP)).incomplete
    assert not decided(reference(A), Manifest({}, PASSING)).incomplete
    bad = decided(reference("https://"))
    assert bad.incomplete
    assert bad.failed == (Failed("https://", "bad-url", "a browser could not read it either"),)
    assert bad.passed_uses == {("https://", "bad-url"): (Use("a.md", 0),)}


def test_a_bad_url_can_be_accepted() -> None:
    manifest = Manifest({}, {"https://": failure("https://", "bad-url", accepted="2026-11-21T12:00:00Z")})
    assert said(decided(reference("https://"), manifest)) == "accepted"


def test_skips_say_why() -> None:
    skips = {
        "https://img.shields.io/badge/a": "a badge",
        "https://x.example/not-this.png": "not-th.s",
        A: "--include does not match",
    }
    policy = Policy(include=(re.compile("badge|not-this"),), exclude=(re.compile("not-th.s"),))
    answer = plan([document(*map(reference, skips))], Manifest(), policy)
    assert {skip.url: skip.detail for skip in answer.skipped} == skips


def test_a_data_url_is_shown_by_its_beginning() -> None:
    (skip,) = decided(reference("data:image/png;base64," + "A" * 5_000_000)).skipped
    assert len(skip.url) < 100


def test_the_configuration_makes_the_policy() -> None:
    made = from_config(
        Config(include=("a+",), exclude=(r"\.gif$",), links=("pdf", "video")), retry_failed=True
    )
    assert (made.include[0].pattern, made.exclude[0].pattern) == ("a+", r"\.gif$")
    assert made.links == {"pdf", "video"}
    assert made.retry_failed


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (Config(include=("(",)), "include: '(' is no regular expression"),
        (Config(exclude=("[",)), "exclude: '[' is no regular expression"),
        (Config(links=("pdf", "doc")), "links: 'doc' is no type"),
    ],
)
def test_a_wrong_configuration_is_named(config: Config, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        from_config(config)


def test_the_family_tables_are_sound() -> None:
    assert all(list(row) == sorted(row) for row in FAMILIES.values())
    assert LINK_TYPES.keys() <= MEDIA
    extensions = [each for row in LINK_TYPES.values() for each in row]
    assert len(extensions) == len(set(extensions))


urls = st.sampled_from(
    [A, B, A + "#f", "img/a.png", "https://img.shields.io/x", "https://x.example/c.pdf", "https://"]
)
references = st.builds(lambda url, embed: reference(url) if embed else link(url), urls, st.booleans())
sites = st.lists(st.lists(references, max_size=5), max_size=5)


@settings(max_examples=150, deadline=None)
@given(sites, st.randoms(use_true_random=False))
def test_the_order_of_the_documents_does_not_matter(
    site: list[list[Reference]], chance: random.Random
) -> None:
    documents = [document(*found, path=f"{number}.md") for number, found in enumerate(site)]
    shuffled = documents[:]
    chance.shuffle(shuffled)
    manifest = Manifest({B: asset(B)}, {}, {("1.md", A)})
    policy = Policy(links=frozenset({"pdf"}))
    answer = plan(documents, manifest, policy)
    assert plan(shuffled, manifest, policy) == answer
    listed = [use for uses in (*answer.uses.values(), *answer.passed_uses.values()) for use in uses]
    assert len(listed) == len(set(listed)), "no reference is decided twice"
    assert len(listed) + answer.links == answer.references, "and none is forgotten"


def test_memory_and_time_grow_with_the_references_only() -> None:
    def many(count: int) -> Iterator[Document]:
        for number in range(0, count, 100):
            found = (reference(f"https://h{n % 97}.example/{n}.png") for n in range(number, number + 100))
            yield document(*found, path=f"{number}.md")

    tracemalloc.start()
    answer = plan(many(20_000), Manifest(), Policy())
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(answer.requests) == 20_000
    assert size / 20_000 < 900, "bytes for each different URL: a million stay under 1 GiB"

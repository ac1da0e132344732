"""What the proof decides without a browser: which pages, what counts as remote, how much pictures differ."""

from __future__ import annotations

import time
from io import BytesIO

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from holdfast.prove import judging, report
from holdfast.prove.choosing import choose, sketch
from holdfast.prove.comparing import difference
from holdfast.prove.seen import (
    Attempt,
    Difference,
    Fault,
    Finding,
    Local,
    Look,
    Proof,
    Trouble,
)
from holdfast.prove.seen import Image as Shown

# -- choosing ------------------------------------------------------------------------------------------------


def page(kind: str, text: str = "words") -> bytes:
    """A page as a generator writes it: the template's frame around an author's text."""
    return (
        f"<!doctype html><html><head><meta name=generator content='Hugo'><title>{text}</title></head>"
        f"<body class='{kind} page-{len(text)}'><header class=top><nav><a href=/>home</a></nav></header>"
        f"<main class={kind}><article><p>{text}</p></article></main><footer>x</footer></body></html>"
    ).encode()


def site(posts: int = 300) -> dict[str, bytes]:
    made = {f"post/{number:03}/index.html": page("post", "x" * (number % 17)) for number in range(posts)}
    made |= {f"tags/{number}/index.html": page("list") for number in range(40)}
    made |= {"index.html": page("home"), "about/index.html": page("single"), "404.html": page("error")}
    made["post/film/index.html"] = page("post", "<video src=a.mp4></video><table></table>")
    return made


def test_every_template_is_opened_and_the_home_page_first() -> None:
    chosen = choose(site(), 8)
    assert chosen[0] == "index.html"
    assert {"404.html", "about/index.html", "post/film/index.html"} <= set(chosen)
    assert any(name.startswith("tags/") for name in chosen)
    assert any(name.startswith(("post/0", "post/1")) for name in chosen)


def test_what_is_left_is_spread_over_folders_and_depths() -> None:
    pages = {f"{folder}/{number}.html": page("post") for folder in "abc" for number in range(50)}
    pages |= {f"a/deep/er/{number}.html": page("post") for number in range(50)}
    pages["index.html"] = page("post")
    places = [(name.count("/"), name[0]) for name in choose(pages, 9)]
    assert len(set(places)) == 5
    assert max(places.count(place) for place in places) == 2


def test_a_page_is_sketched_by_its_frame_and_not_by_its_text() -> None:
    assert (
        sketch(page("post", "one")).features == sketch(page("post", "seven words of another text")).features
    )
    assert sketch(page("post")).features != sketch(page("list")).features
    assert sketch(page("post")).features != sketch(page("post", "<iframe src=x></iframe>")).features


@given(
    st.dictionaries(
        st.from_regex(r"[a-c]{1,2}(/[a-c]{1,2}){0,3}\.html", fullmatch=True), st.binary(max_size=60)
    ),
    st.integers(1, 6),
)
def test_any_pages_are_chosen_from_once_and_always_the_same(pages: dict[str, bytes], most: int) -> None:
    chosen = choose(pages, most)
    assert len(chosen) == len(set(chosen)) == min(most, len(pages))
    assert set(chosen) <= set(pages)
    assert choose(dict(reversed(pages.items())), most) == chosen
    assert choose({name: sketch(data) for name, data in pages.items()}, most) == chosen


@given(st.binary(max_size=300))
def test_any_bytes_are_sketched(data: bytes) -> None:
    assert sketch(data).size == len(data)
    assert sketch(b"<body>" + data).features >= sketch(b"<body>").features


@pytest.mark.parametrize("piece", [b"<a ", b"<!--", b"<div>", b"</p>", b"<p class='", b"<meta ", b"<body "])
def test_hostile_pages_take_time_in_proportion(piece: bytes) -> None:
    def took(size: int) -> float:
        began = time.process_time()
        sketch(piece * (size // len(piece)))
        return time.process_time() - began

    took(100_000)
    assert took(800_000) < 9 * max(took(200_000), 0.005)


# -- judging -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "own", "remote"),
    [
        ("https://a.example/x", "", True),
        ("HTTP://a.example", "", True),
        ("wss://a.example/x", "", True),
        ("ftp://a.example/x", "", True),
        ("file://cdn.example/x.png", "", True),
        ("file:///copy/x.png", "", False),
        ("file://localhost/copy/x.png", "", False),
        ("data:text/plain,https://a.example", "", False),
        ("blob:null/1234", "", False),
        ("about:blank", "", False),
        ("http://127.0.0.1:8000/x", "http://127.0.0.1:8000", False),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", False),
        ("http://127.0.0.1:80001/x", "http://127.0.0.1:8000", True),
        ("http://127.0.0.1:8000.example/", "http://127.0.0.1:8000", True),
        ("http://127.0.0.1:8000/x", "", True),
    ],
)
def test_what_is_remote(url: str, own: str, remote: bool) -> None:
    assert judging.is_remote(url, own) is remote


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://a.example/x?y", "a.example:443"),
        ("wss://A.example", "a.example:443"),
        ("http://user:word@a.example/x", "a.example:80"),
        ("https://a.example:8443/x", "a.example:8443"),
        ("https://[::1]/x", "[::1]:443"),
        ("https://[::1]:9/x", "[::1]:9"),
        ("stun:a.example", "stun:a.example"),
    ],
)
def test_what_a_proxy_is_told_of(url: str, authority: str) -> None:
    assert judging.authority(url) == authority


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (
            "Access to script at 'file:///c/m.js' from origin 'null' has been blocked by CORS policy: x",
            "module",
        ),
        ("Access to fetch at 'file:///c/a.json' from origin 'null' has been blocked", "fetch"),
        ("Access to XMLHttpRequest at 'file:///c/a.json' from origin 'null' has been blocked", "fetch"),
        ("Access to font at 'file:///c/a.woff2' from origin 'null' has been blocked", "cross-origin"),
        ("Access to CSS stylesheet at 'file:///c/a.css' from origin 'null' has been", "cross-origin"),
        (
            "Failed to construct 'Worker': Script at 'file:///c/w.js' cannot be accessed from origin 'null'.",
            "worker",
        ),
        ("Unsafe attempt to load URL file:///c/i.svg from frame with URL file:///c/a.html.", "document"),
        ("Access to fetch at 'https://a.example/' from origin 'null' has been blocked", None),
        ("Failed to load resource: net::ERR_FILE_NOT_FOUND", None),
        ("the author's own words: Access to script", None),
    ],
)
def test_what_a_console_line_means(line: str, kind: str | None) -> None:
    local = judging.refusal(line)
    assert (local.kind if local is not None else None) == kind


A, B, SOCKET = "https://a.example/x", "https://b.example", "wss://a.example/x"


@pytest.mark.parametrize(
    ("attempts", "kept"),
    [
        ([(A, "image"), (A, "image")], [(A, "image", 2)]),
        ([(A, "image"), (A, "fetch")], [(A, "fetch", 1), (A, "image", 1)]),
        ([(A, "image"), ("https://a.example", "connection")], [(A, "image", 1)]),
        ([(SOCKET, "websocket"), ("https://a.example", "connection")], [(SOCKET, "websocket", 1)]),
        ([(B, "connection")], [(B, "connection", 1)]),
        ([(A, "image"), (B, "connection")], [(A, "image", 1), (B, "connection", 1)]),
        ([(judging.SILENT, "connection")], [(judging.SILENT, "connection", 1)]),
        ([(judging.SILENT, "connection"), (B, "preconnect")], [(B, "preconnect", 1)]),
        ([(A, "icon"), (A, "other")], [(A, "other", 1)]),
        ([(A, "icon"), (B, "other")], [(A, "icon", 1), (B, "other", 1)]),
    ],
)
def test_each_attempt_is_told_once(attempts: list[tuple[str, str]], kept: list[tuple[str, str, int]]) -> None:
    merged = judging.merged(Attempt(url, kind) for url, kind in attempts)
    assert [(each.url, each.kind, each.count) for each in merged] == kept
    assert judging.merged(merged) == merged


def look(**changes: object) -> Look:
    return msgspec.structs.replace(Look("a.html", "file", looked_at=3), **changes)


LOOKS = {
    Fault.REMOTE: look(attempts=(Attempt("https://a.example/x", "image", 2, "script a.js:3"),)),
    Fault.MISSING: look(failed=(Local("gone.png", "image", Fault.MISSING),)),
    Fault.OUTSIDE: look(failed=(Local("file:///etc/x", "image", Fault.OUTSIDE),)),
    Fault.REFUSED: look(failed=(Local("m.js", "module", Fault.REFUSED, "no"),)),
    Fault.LIMIT: look(failed=(Local("m.js", "module", Fault.LIMIT, "no"),)),
    Fault.FOLDER: look(failed=(Local("post", "document", Fault.FOLDER),)),
    Fault.EMPTY_IMAGE: look(images=(Shown("b.png", "img", "broken"),)),
    Fault.DIFFERS: look(difference=Difference(0.5, (9, 9), (9, 9))),
    **{
        fault: look(troubles=(Trouble(fault, "why"),))
        for fault in (
            Fault.CRASHED,
            Fault.HUNG,
            Fault.RESTLESS,
            Fault.UNSEEN,
            Fault.UNCOMPARED,
            Fault.SCRIPT_ERROR,
            Fault.MOVED,
            Fault.PARTLY,
        )
    },
}


def proof_of(*looks: Look) -> Proof:
    return judging.proof(looks, browser="Chromium 1", seconds=1.0, pages=9)


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_has_a_sentence_and_decides(fault: Fault) -> None:
    proof = proof_of(LOOKS[fault])
    assert [each.fault for each in proof.findings] == [fault]
    assert (proof.verdict == "not-proved") is judging.FAULTS[fault].fails
    assert "{}" not in proof.findings[0].text
    assert msgspec.json.decode(report.json(proof), type=Proof) == proof
    assert report.html(proof).count("<li") == 2


def test_what_was_told_of_before_is_a_limit_and_nothing_else_is() -> None:
    seen = look(failed=(*LOOKS[Fault.REFUSED].failed, *LOOKS[Fault.MISSING].failed))
    assert [each.fault for each in judging.with_limits(seen, ["m.js", "gone.png"]).failed] == [
        "limit",
        "missing",
    ]
    assert judging.with_limits(seen, ["other.js"]) == seen
    proof = proof_of(judging.with_limits(look(failed=LOOKS[Fault.REFUSED].failed), ["m.js"]))
    assert (proof.verdict, proof.totals.failed, proof.totals.limits) == ("proved", 0, 1)
    assert "1 file that no browser takes from file: had been told of before" in report.html(proof)


def test_a_clean_look_proves_and_none_at_all_does_not() -> None:
    assert proof_of(look(difference=Difference(judging.THRESHOLD, (9, 9), (9, 9)))).verdict == "proved"
    assert proof_of().verdict == "not-proved"


def test_words_of_strangers_stay_words_in_the_report() -> None:
    evil = "</li><script>alert(1)</script>\u202e\"'"
    page = report.html(
        proof_of(
            Look(
                evil,
                "file",
                attempts=(Attempt(f"https://a.example/{evil}", evil, 1, evil),),
                failed=(Local(evil, evil, Fault.MISSING, evil),),
                images=(Shown(evil, evil, evil),),
                troubles=(Trouble(Fault.SCRIPT_ERROR, evil),),
                screenshot="001-file-offline.png",
            )
        )
    )
    assert "<script" not in page
    assert "\u202e" not in page


def test_the_same_fault_on_many_pages_is_one_line() -> None:
    attempts = (Attempt("https://a.example/theme.js", "script"),)
    page = report.html(proof_of(*(Look(f"{number}.html", "file", attempts=attempts) for number in range(30))))
    mend = page[: page.index("<h2>Pages")]
    assert mend.count("theme.js") == 1
    assert "and 25 more" in mend


# -- comparing -----------------------------------------------------------------------------------------------


def shot(width: int = 100, height: int = 80, colour: object = "white", box: tuple[int, ...] = ()) -> bytes:
    picture = Image.new("RGB", (width, height), colour)  # type: ignore[arg-type]
    if box:
        ImageDraw.Draw(picture).rectangle(box, fill="black")  # type: ignore[arg-type]
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("offline", "online", "share"),
    [
        pytest.param(shot(), shot(), 0.0, id="same"),
        pytest.param(shot(), shot(colour=(240, 250, 255)), 0.0, id="a-hair"),
        pytest.param(shot(), shot(colour=(220, 255, 255)), 1.0, id="one-channel"),
        pytest.param(shot(), shot(box=(0, 0, 9, 7)), 0.01, id="a-part"),
        pytest.param(shot(), shot(height=160), 0.5, id="longer"),
        pytest.param(
            shot(width=50, height=160), shot(width=100, height=80), 0.75, id="neither-holds-the-other"
        ),
    ],
)
def test_how_much_two_pictures_differ(offline: bytes, online: bytes, share: float) -> None:
    assert difference(offline, online).share == pytest.approx(share)
    assert difference(online, offline).share == pytest.approx(share)


def test_every_finding_is_told_worst_first() -> None:
    everything = judging.findings(
        look(
            attempts=LOOKS[Fault.REMOTE].attempts,
            failed=LOOKS[Fault.REFUSED].failed + LOOKS[Fault.MISSING].failed,
            troubles=LOOKS[Fault.MOVED].troubles,
        )
    )
    assert [each.fault for each in everything] == ["remote", "missing", "refused", "moved"]
    assert all(isinstance(each, Finding) for each in everything)

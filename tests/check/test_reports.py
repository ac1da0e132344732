"""The reports of a check: what each format says, in which order, and that each is what its readers accept."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from tests.generators import installed
from tests.snapshots import FOLDER, WRITE

from holdfast import report
from holdfast.report import check_json, check_markdown, github, sarif
from holdfast.results import CheckedUrl, CheckResult, CheckSummary, DocumentNotice, Place, Revived

RENDER = report.FORMATS["check"]


def broken(url: str, *places: Place, reason: str = "http-404", **more: Any) -> CheckedUrl:
    return CheckedUrl(url=url, verdict="broken", reason=reason, locations=places, **more)


def result(found: Sequence[CheckedUrl], **more: Any) -> CheckResult:
    told = CheckResult(results=sorted(found, key=lambda each: (each.url, each.locations)), **more)
    verdicts = [each.verdict for each in found]
    told.summary = CheckSummary(
        documents=len({place.path for each in found for place in each.locations}),
        references=sum(len(each.locations) for each in found),
        urls=len(found),
        **{name: verdicts.count(name) for name in ("ok", "redirected", "broken", "unverified", "excluded")},
        failing=sum(map(told.fails, found)),
        tolerated=sum(bool(each.tolerated) for each in found),
        requests=len(found),
        seconds=4.21,
    )
    return told


FOUND = (
    broken(
        "https://gone.example/x",
        Place("a.md", 3, 5),
        Place("a.md", 9, 1),
        failures=3,
        first_failed="2026-11-01T00:00:00Z",
    ),
    broken("../Map.png", Place("b.md", 12, 30), reason="case", hint="did you mean ../map.png?"),
    broken(
        "https://dead.example/",
        *(Place(f"p{number}.md", 2, 1) for number in range(5)),
        reason="dns",
        detail="no such host",
        failures=1,
        first_failed="2026-11-25T00:00:00Z",
    ),
    broken("https://old.example/", Place("a.md", 4, 5), tolerated="baseline", accepted="2026-10-01"),
    broken(
        "https://flaky.example/",
        Place("a.md", 5, 5),
        reason="timeout",
        tolerated="grace",
        failures=2,
        first_failed="2026-11-20T00:00:00Z",
    ),
    *(
        CheckedUrl(
            url=f"https://shield.example/{number}",
            verdict="unverified",
            reason="challenge",
            status=403,
            detail="Cloudflare answers 403",
            locations=(Place("a.md", 6, number),),
        )
        for number in (1, 2)
    ),
    CheckedUrl(
        url="http://moved.example/",
        verdict="redirected",
        permanent=True,
        final_url="https://new.example/",
        locations=(Place("a, b:100%.md", 8, 5),),
    ),
    CheckedUrl(
        url="http://away.example/",
        verdict="redirected",
        final_url="https://today.example/",
        locations=(Place("a.md", 8, 5),),
    ),
)
ALL = result(
    FOUND,
    revived=[
        Revived(url="https://back.example/", accepted="2026-01-02"),
        Revived(url="x.png", path="q.md", gone=True),
    ],
    warnings=["the memory of earlier runs was broken, and begins anew"],
    notices=[DocumentNotice(path="z.md", code="encoding", message="not UTF-8", severe=True)],
)
MANY = result(
    [
        broken(
            f"https://host{number % 50}.example/{number}",
            Place(f"{number // 5:04}.md", number % 5 + 1, 3),
            reason=("http-404", "dns", "timeout", "no-file")[number % 4],
        )
        for number in range(3000)
    ]
)
CLEAN = result([])


@pytest.mark.parametrize("name", ["text", "markdown", "github", "junit", "sarif"])
def test_what_it_looks_like(name: str) -> None:
    """One of everything; ``SNAPSHOTS=write`` writes the file anew."""
    path = FOLDER.parent / "check" / f"{name}.txt"
    told = RENDER[name](ALL)
    if WRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", RENDER)
def test_nothing_found_is_said_too(name: str) -> None:
    text = RENDER[name](CLEAN)
    assert "rror file" not in text
    if name in ("text", "github"):
        assert "no link is broken" in text


# -- text ------------------------------------------------------------------------------------------------


def test_three_thousand_findings_end_in_an_overview() -> None:
    lines = RENDER["text"](MANY).splitlines()
    assert "… and 2,000 more findings (--format json lists all)" in lines
    assert "750 × the host name did not resolve [dns]" in lines
    assert "… and 30 more hosts" in lines
    assert sum(line.startswith("    → ") for line in lines) == 4, "each reason says once what to do"
    assert "3,000 links are broken" in lines


def test_what_stands_in_many_documents_is_told_once() -> None:
    text = RENDER["text"](ALL)
    assert text.count("the host name did not resolve") == 1
    assert "… and 2 more places in 5 documents\n" in text


def test_what_is_tolerated_is_more_only_where_something_fails() -> None:
    accepted = broken(
        "https://old.example/", Place("a.md", 4, 5), tolerated="baseline", accepted="2026-10-01"
    )
    assert "no link is newly broken (1 tolerated)\n" in RENDER["text"](result([accepted]))
    both = result([accepted, broken("https://new.example/", Place("a.md", 4, 5))])
    assert "1 link is broken (1 more tolerated)\n" in RENDER["text"](both)


def test_what_is_known_of_one_link_is_said_where_it_cannot_be_verified() -> None:
    def unresolved(url: str, line: int, hint: str = "") -> CheckedUrl:
        return CheckedUrl(
            url=url, verdict="unverified", reason="unresolved", hint=hint, locations=(Place("a.md", line, 1),)
        )

    hinted = unresolved("sub%5Cb.md", 1, "did you mean sub/b.md?")
    text = RENDER["text"](result([hinted]))
    assert "  → a.md:1:1  sub%5Cb.md: did you mean sub/b.md?\n" in text
    assert "--built" not in text
    text = RENDER["text"](result([hinted, unresolved("x", 2)]))
    assert "did you mean sub/b.md?\n  → unresolved: build the site and check with --built DIR\n" in text


def test_strict_counts_what_cannot_be_verified_as_broken() -> None:
    strict = RENDER["text"](result(FOUND, strict=True))
    assert "that no program can verify:" not in strict
    assert "a.md:6:1  https://shield.example/1\n" in strict
    assert "5 links are broken or cannot be verified" in strict


def test_an_interrupted_run_does_not_say_that_all_is_well() -> None:
    text = RENDER["text"](result([], interrupted=True))
    assert "no link is broken" not in text
    assert "interrupted: not everything was looked at" in text


# -- JSON ------------------------------------------------------------------------------------------------


def test_json_has_everything_and_a_line_is_one_of_its_results() -> None:
    whole = json.loads(RENDER["json"](ALL))
    assert whole["schema"] == "holdfast/check/1"
    lines = [json.loads(line) for line in RENDER["jsonl"](ALL).splitlines()]
    assert lines == whole["results"]
    assert len(lines) == len(FOUND)


def test_a_name_that_is_not_utf8_is_carried() -> None:
    line = check_json.line(broken("x.md", Place("caf\udce9.md", 1, 1)))
    assert line.endswith("\n")
    assert json.loads(line)["locations"][0]["path"] == "caf\udce9.md"


@pytest.mark.parametrize("name", ["text", "markdown", "github", "junit", "sarif"])
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("b.md#%E6%A0%87%E9%A2%98", "b.md#标题"),
        ("https://a.lan/%e4%bd%a0/?q=caf%C3%A9", "https://a.lan/你/?q=café"),
        # never another URL, and nothing that hides
        ("a%20b%2Fc%23d.md", "a%20b%2Fc%23d.md"),
        ("gbk-%C4%E3.md", "gbk-%C4%E3.md"),
        ("bidi-%E2%80%AE.md", "bidi-%E2%80%AE.md"),
        ("wide-space-%E3%80%80.md", "wide-space-%E3%80%80.md"),
        ("cut-%E6%A0.md", "cut-%E6%A0.md"),
    ],
)
def test_a_url_is_told_as_its_author_reads_it(name: str, url: str, shown: str) -> None:
    told = RENDER[name](result([broken(url, Place("a.md", 1, 1), reason="no-file", detail=f"no {url}")]))
    if name == "sarif":
        told = json.loads(told)["runs"][0]["results"][0]["message"]["text"]
    said = told.replace("%25", "%")
    assert said.count(shown) >= 2
    assert f"no {shown}" in said.replace("`", "")


# -- JUnit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [ALL, MANY, CLEAN, result(FOUND, strict=True)])
def test_junit_adds_up(told: CheckResult) -> None:
    root = ElementTree.fromstring(RENDER["junit"](told))
    assert root.tag == "testsuites"
    for suite in (root, *root):
        cases = list(suite.iter("testcase"))
        assert cases
        assert int(suite.attrib["tests"]) == len(cases)
        for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[plural]) == sum(case.find(tag) is not None for case in cases)
    failed = {case.attrib["name"] for case in root.iter("testcase") if case.find("failure") is not None}
    assert failed == {each.url for each in told.results if told.fails(each)}


def test_junit_holds_no_character_that_xml_forbids() -> None:
    hostile = "".join(map(chr, range(0x20))) + "\x7f\ud800\ufffe\uffff]]><&\"'"
    text = RENDER["junit"](result([broken(hostile, Place(hostile, 1, 1), detail=hostile)]))
    (case,) = ElementTree.fromstring(text.encode()).iter("testcase")
    assert case.attrib["name"].endswith("\\uffff]]><&\"'")


# -- SARIF -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def valid() -> Any:
    """A validator of SARIF 2.1.0, with the schema that Microsoft publishes for its own tests."""
    modules = installed("sarif", {"@microsoft/jest-sarif": "1.0.0-beta.0"})
    path = modules / "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert "2.1.0" in schema["title"]
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def run_of(told: CheckResult) -> Any:
    (run,) = json.loads(RENDER["sarif"](told))["runs"]
    return run


HOSTILE = result(
    [
        broken("a\x1b[31m\n\u202e", Place("caf\udce9 #?:\\\n.md", 1, 1), detail="\0"),
        broken("https://x.example/", Place("(arguments)", 1, 2)),
        broken("https://y.example/"),
    ]
)


@pytest.mark.parametrize("told", [ALL, MANY, CLEAN, HOSTILE, result(FOUND, strict=True, folder="docs")])
def test_sarif_is_valid(told: CheckResult, valid: Any) -> None:
    valid.validate(json.loads(RENDER["sarif"](told)))


def test_the_validator_would_notice(valid: Any) -> None:
    log = json.loads(RENDER["sarif"](ALL))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not valid.is_valid(log)


def test_sarif_levels_and_states() -> None:
    told = {
        each["message"]["text"].partition(": ")[0]: (each["level"], each.get("baselineState"))
        for each in run_of(ALL)["results"]
    }
    assert told == {
        "https://gone.example/x": ("error", "unchanged"),
        "../Map.png": ("error", None),
        "https://dead.example/": ("error", "new"),
        "https://old.example/": ("note", "unchanged"),
        "https://flaky.example/": ("warning", "unchanged"),
        "https://shield.example/1": ("note", None),
        "https://shield.example/2": ("note", None),
        "http://moved.example/": ("note", None),
    }


def test_sarif_places_are_relative_references_in_the_repository() -> None:
    places = [Place("a b/caf\udce9 #?%.md", 3, 4), Place("c:d.md", 1, 1), Place("灯.md", 1, 1)]
    run = run_of(result([broken("x", place) for place in places], folder="docs"))
    found = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert {place["artifactLocation"]["uri"] for place in found} == {
        "docs/a%20b/caf%E9%20%23%3F%25.md",
        "docs/c%3Ad.md",
        "docs/%E7%81%AF.md",
    }
    assert {"startLine": 3, "startColumn": 4} in [place["region"] for place in found]
    assert run["columnKind"] == "unicodeCodePoints"


def test_sarif_knows_a_link_again_after_it_moved_or_fails_otherwise() -> None:
    def prints(*found: CheckedUrl) -> set[str]:
        return {each["partialFingerprints"]["holdfastLink/v1"] for each in run_of(result(found))["results"]}

    before = prints(broken("https://x.example/", Place("a.md", 3, 1), Place("a.md", 9, 1)))
    assert len(before) == 2
    assert (
        prints(broken("https://x.example/", Place("a.md", 5, 7), Place("a.md", 11, 1), reason="dns"))
        == before
    )
    assert not prints(broken("https://y.example/", Place("a.md", 3, 1))) & before
    assert not prints(broken("https://x.example/", Place("b.md", 3, 1))) & before


def test_sarif_is_cut_where_github_would_refuse_it_and_says_so() -> None:
    everywhere = CheckedUrl(
        url="https://a.example/",
        verdict="unverified",
        reason="forbidden",
        locations=tuple(Place("a.md", line, 1) for line in range(1, sarif.MOST_RESULTS + 1)),
    )
    run = run_of(result([everywhere, broken("https://z.example/", Place("z.md", 1, 1))]))
    assert len(run["results"]) == sarif.MOST_RESULTS
    assert run["results"][0]["ruleId"] == "http-404", "what fails the run is never cut first"
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("25,001 results were found")


# -- GitHub ----------------------------------------------------------------------------------------------


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read as the runner does (actions/runner, ActionCommand.cs)."""
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*::([^ :]+)(?: (.*?))?::(.*)", line)
        if match:
            properties = dict(each.split("=", 1) for each in (match[2] or "").split(",") if each)
            found.append(
                (match[1], {key: _plain(value) for key, value in properties.items()}, _plain(match[3]))
            )
    return found


def _plain(text: str) -> str:
    for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, char)
    return text


def test_annotations_come_back_as_they_went_in() -> None:
    told = result([broken("https://x.example/?a,b::c%0A", Place("a, b:100%.md", 3, 4))], folder="docs")
    (found,) = commands(RENDER["github"](told))
    level, properties, message = found
    assert level == "error"
    assert properties == {
        "file": "docs/a, b:100%.md",
        "line": "3",
        "col": "4",
        "title": "the server answered 404 Not Found",
    }
    assert message.startswith("https://x.example/?a,b::c%0A: the server answered")


def test_the_first_ten_annotations_are_ten_urls() -> None:
    many = broken("https://a.example/", *(Place(f"{number}.md", 1, 1) for number in range(50)))
    told = result(
        [many, *(broken(f"https://b.example/{number}", Place("b.md", 1, 1)) for number in range(9))]
    )
    found = commands(RENDER["github"](told))
    errors = [message.split(": ")[0] for level, _, message in found if level == "error"]
    assert len(set(errors)) == len(errors) == github.MOST
    assert [level for level, *_ in found][-2:] == ["group", "endgroup"]


def test_a_document_gives_the_runner_no_commands() -> None:
    evil = "::error::x\n::set-output name=a::b\r##[command]y##[error]z"
    told = result(
        [broken(f"{number}{evil}", Place(evil, 1, 1), detail=evil) for number in range(30)], warnings=[evil]
    )
    text = RENDER["github"](told)
    assert {name for name, *_ in commands(text)} == {"error", "group", "endgroup"}
    assert not [line for line in text.splitlines() if "##[" in line and not line.startswith("::error ")]


def test_only_what_fails_or_soon_will_is_annotated() -> None:
    found = [(level, message.split(": ")[0]) for level, _, message in commands(RENDER["github"](ALL))]
    assert ("warning", "https://flaky.example/") in found
    assert not [message for _, message in found if "shield" in message or "old" in message]


# -- Markdown --------------------------------------------------------------------------------------------


def test_markdown_fits_where_github_takes_it_and_keeps_every_section() -> None:
    told = result([*MANY.results, *FOUND])
    text = RENDER["markdown"](told)
    assert len(text) <= check_markdown.MOST
    assert "### Broken\n" in text
    assert "### Broken, and tolerated\n" in text
    assert "<details><summary>1 moved for good</summary>" in text
    assert text.count("<details>") == text.count("</details>")
    assert re.search(r"\n… and [0-9,]+ more entries: there is no room", text)


@pytest.mark.parametrize("size", [1, 40, 300, 2000])
def test_markdown_counts_what_it_leaves_out(size: int) -> None:
    padding = "x" * size
    told = result(
        [broken(f"https://x.example/{n}/{padding}", Place(f"{n}{padding}.md", 1, 1)) for n in range(900)]
    )
    text = RENDER["markdown"](told)
    shown = len(re.findall(r"^- ", text, re.MULTILINE))
    left = re.search(r"and ([0-9,]+) more entr", text)
    assert shown + (int(left[1].replace(",", "")) if left else 0) == 900
    assert len(text) <= check_markdown.MOST


def test_markdown_of_others_is_no_markup() -> None:
    evil = "`@octocat` <img src=x> [a](b) </details> |"
    told = result([broken(evil, Place(f"{evil}.md", 1, 1), detail=evil, hint=evil)], warnings=[evil])
    for line in RENDER["markdown"](told).splitlines():
        outside = re.sub(r"`[^`]*`", "", line)
        assert "octocat" not in outside
        assert "<img" not in outside

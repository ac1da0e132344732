"""A check as SARIF 2.1.0 (OASIS), for code scanning.

One result a place. An error fails the run; a warning is broken and tolerated for a time; a note is what was
accepted, what nobody can tell, or what has moved for good. What is fine is not told.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from .. import __version__
from ..results import CheckedUrl, CheckResult, DocumentNotice, Place
from ..words import legible, visible
from . import findings

MOST_RESULTS = 25_000
"""GitHub takes no more in one run (Uploading a SARIF file: limits)."""
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_Object = dict[str, Any]


def render(result: CheckResult) -> str:
    """The log, with one run."""
    found = [
        *findings.failing(result),
        *findings.tolerated(result),
        *findings.unverified(result),
        *findings.moved(result),
    ]
    # What fails the run comes first, so that a cut takes what matters least.
    pairs = [(checked, place) for checked in found for place in checked.locations or (None,)]
    kept = pairs[:MOST_RESULTS]
    rules = sorted({findings.code(checked) for checked, _ in kept})
    numbers = {rule: number for number, rule in enumerate(rules)}
    seen: Counter[tuple[str, str]] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "holdfast",
                "version": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the repository."}}},
        "invocations": [
            {
                "executionSuccessful": not result.interrupted,
                "exitCode": result.exit_code,
                "toolExecutionNotifications": list(_notifications(result, len(pairs))),
            }
        ],
        "results": [_result(result, each, place, numbers, seen) for each, place in kept],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> _Object:
    rule: _Object = {"id": code, "shortDescription": {"text": _sentence(findings.meaning(code))}}
    advice = findings.advice(code)
    if advice:
        rule["help"] = {"text": _sentence(advice)}
    return rule


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _result(
    result: CheckResult,
    checked: CheckedUrl,
    place: Place | None,
    numbers: dict[str, int],
    seen: Counter[tuple[str, str]],
) -> _Object:
    code = findings.code(checked)
    path = place.path if place is not None else ""
    seen[path, checked.url] += 1
    told: _Object = {
        "ruleId": code,
        "ruleIndex": numbers[code],
        "level": _level(result, checked),
        "message": {"text": _message(checked)},
        "partialFingerprints": {"holdfastLink/v1": _fingerprint(path, checked.url, seen[path, checked.url])},
    }
    if place is not None:
        told["locations"] = [_location(result.folder, place)]
    state = _state(checked)
    if state:
        told["baselineState"] = state
    if checked.tolerated == "baseline":
        told["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": visible(findings.excuse(checked))}
        ]
    return told


def _level(result: CheckResult, checked: CheckedUrl) -> str:
    if result.fails(checked):
        return "error"
    return "warning" if checked.tolerated == "grace" else "note"


def _message(checked: CheckedUrl) -> str:
    said = f"{legible(checked.url)}: {findings.why(checked)}."
    if checked.tolerated:
        said += f" Does not fail the run: {findings.excuse(checked)}."
    hint = findings.hint(checked)
    return visible(said + (f" {_sentence(hint)}" if hint else ""))


def _state(checked: CheckedUrl) -> str:
    """Against the runs before, where something is known of them (SARIF 3.27.24)."""
    if checked.tolerated in ("baseline", "unchanged") or checked.failures > 1:
        return "unchanged"
    return "new" if checked.failures == 1 else ""


def _fingerprint(path: str, url: str, turn: int) -> str:
    """The same wherever in its document a link stands, and whatever is wrong with it."""
    whole = "\0".join((path, url, str(turn)))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _location(folder: str, place: Place) -> _Object:
    if place.path in findings.NO_DOCUMENT:
        return {
            "logicalLocations": [{"name": place.path.strip("()"), "fullyQualifiedName": visible(str(place))}]
        }
    region = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": {"artifactLocation": _artifact(folder, place.path), "region": region}}


def _artifact(folder: str, path: str) -> _Object:
    """A relative reference (RFC 3986 section 4.2): a name's bytes in percent escapes, its first colon too."""
    whole = findings.below(folder, path).encode("utf-8", "surrogateescape")
    return {"uri": quote(whole, safe="/-._~!$&'()*+,;=@"), "uriBaseId": "SRCROOT"}


def _notifications(result: CheckResult, wanted: int) -> Iterable[_Object]:
    if wanted > MOST_RESULTS:
        said = f"{wanted:,} results were found; the {MOST_RESULTS:,} that matter most are in this file."
        yield {"level": "warning", "message": {"text": said}}
    for warning in result.warnings:
        yield {"level": "note", "message": {"text": visible(warning)}}
    for notice in result.notices:
        yield _notification(result.folder, notice)


def _notification(folder: str, notice: DocumentNotice) -> _Object:
    told: _Object = {
        "level": "error" if notice.severe else "warning",
        "message": {"text": visible(notice.message)},
        "descriptor": {"id": notice.code},
    }
    if notice.path:
        place: _Object = {"artifactLocation": _artifact(folder, notice.path)}
        if notice.line:
            place["region"] = {"startLine": notice.line, "startColumn": max(notice.column, 1)}
        told["locations"] = [{"physicalLocation": place}]
    return told

"""A check as JUnit XML, which every CI system draws as test results.

A document is a suite, a URL in it is a case. There is no standard; this is the common ground of the readers:
``testsuites`` with totals, and in each case at most one of ``failure``, ``error`` and ``skipped``.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..results import CheckedUrl, CheckResult, DocumentNotice, Place
from ..words import count, legible, visible
from . import findings

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_OUTCOMES = ("failure", "error", "skipped")


def render(result: CheckResult) -> str:
    """One suite a document; where nothing is to be told of a single URL, one case says that all is well."""
    suites = {path: _cases(result, items) for path, items in findings.by_document(result.results)}
    for notice in result.notices:
        if notice.severe:
            suites.setdefault(notice.path, []).append(_unread(notice))
    if not suites:
        every = f"every link of {count(result.summary.documents, 'document')}"
        suites = {"": [("", [f"    <testcase{_attributes(classname='holdfast check', name=every)}/>"])]}
    lines = [_HEAD]
    total = _counts([case for cases in suites.values() for case in cases])
    seconds = f"{result.summary.seconds:.3f}"
    lines.append(f"<testsuites{_attributes(name='holdfast check', time=seconds, **total)}>")
    for path, cases in sorted(suites.items()):
        name = path or "holdfast check"
        lines.append(f"  <testsuite{_attributes(name=name, **_counts(cases))}>")
        for _, case in cases:
            lines += case
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


_Case = tuple[str, list[str]]
"""How it ended (empty: well), and its lines."""


def _cases(result: CheckResult, items: Sequence[tuple[CheckedUrl, list[Place]]]) -> list[_Case]:
    return [_case(result, checked, places) for checked, places in items]


def _case(result: CheckResult, checked: CheckedUrl, places: Sequence[Place]) -> _Case:
    attributes = {"classname": places[0].path if places else "holdfast check", "name": checked.url}
    if places and places[0].path not in findings.NO_DOCUMENT:
        attributes |= {"file": findings.below(result.folder, places[0].path), "line": str(places[0].line)}
    opened = f"    <testcase{_attributes(**attributes)}"
    said = findings.why(checked)
    if result.fails(checked):
        told = [*(f"{place}: {legible(checked.url)}" for place in places), said]
        if findings.hint(checked):
            told.append(f"→ {findings.hint(checked)}")
        body = "\n".join(map(_text, told))
        failure = f"      <failure{_attributes(type=findings.code(checked), message=said)}>{body}</failure>"
        return "failure", [f"{opened}>", failure, "    </testcase>"]
    if checked.tolerated:
        said = f"{findings.excuse(checked)}; {said}"
    elif checked.verdict in ("ok", "redirected"):
        return "", [f"{opened}/>"]
    return "skipped", [f"{opened}>", f"      <skipped{_attributes(message=said)}/>", "    </testcase>"]


def _unread(notice: DocumentNotice) -> _Case:
    opened = f"    <testcase{_attributes(classname=notice.path or 'holdfast check', name=notice.code)}>"
    said = f"{findings.where(notice)}: {notice.message}" if notice.path else notice.message
    error = f"      <error{_attributes(type=notice.code, message=notice.message)}>{_text(said)}</error>"
    return "error", [opened, error, "    </testcase>"]


def _counts(cases: Sequence[_Case]) -> dict[str, str]:
    ends = [end for end, _ in cases]
    names = {"failure": "failures", "error": "errors", "skipped": "skipped"}
    return {"tests": str(len(ends)), **{names[end]: str(ends.count(end)) for end in _OUTCOMES}}


def _attributes(**values: str) -> str:
    return "".join(f' {name}="{_text(value)}"' for name, value in values.items())


def _text(text: str) -> str:
    """Text that may stand anywhere: XML 1.0 (section 2.2) allows no control characters, in no spelling."""
    return escape(visible(text))

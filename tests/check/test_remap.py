"""``--remap``: what is asked for instead."""

from __future__ import annotations

import pytest

from holdfast.check.remap import Remap
from holdfast.errors import UsageError
from holdfast.kinds import read_remaps

CASES = [
    (["^https://docs\\.lan/ http://127.0.0.1:8000/"], "https://docs.lan/a", "http://127.0.0.1:8000/a"),
    (["^https://a/(.*)$ https://b/$1"], "https://a/x?y", "https://b/x?y"),
    (["^https://a/(?P<rest>.*)$ https://b/${rest}"], "https://a/x", "https://b/x"),
    (["/blob/main/ /blob/topic/"], "https://h/o/r/blob/main/f", "https://h/o/r/blob/topic/f"),
    # what one rule makes, the next one sees
    (["^https://a/ https://b/", "^https://b/ https://c/"], "https://a/x", "https://c/x"),
    # each goes once: a rule may match what it has made itself
    (["^https://a/ https://a/docs/"], "https://a/x", "https://a/docs/x"),
    (["^https://a/(.*)$ file:///srv/site/$1"], "https://a/x", "file:///srv/site/x"),
    (["\\\\ /"], "https://a/x\\y", "https://a/x/y"),
]
UNTOUCHED = [
    ([], "https://a/x"),
    (["^https://b/ https://c/"], "https://a/x"),
    (["^http://a/ https://b/"], "https://a/x"),
    (["x$ x"], "https://a/x"),
]


@pytest.mark.parametrize(("rules", "url", "expected"), CASES)
def test_another_url_is_asked_for(rules: list[str], url: str, expected: str) -> None:
    assert Remap(read_remaps(rules))(url) == expected


@pytest.mark.parametrize(("rules", "url"), UNTOUCHED)
def test_the_url_itself_is_asked_for(rules: list[str], url: str) -> None:
    assert Remap(read_remaps(rules))(url) == url


def test_rules_that_lead_in_a_circle_are_named() -> None:
    remap = Remap(read_remaps(["^https://a/ https://b/", "^https://b/ https://a/"]))
    with pytest.raises(UsageError, match=r"'\^https://b/' turns https://b/x back into https://a/x") as caught:
        remap("https://a/x")
    assert caught.value.exit_code == 3
    assert remap("https://c/") == "https://c/"

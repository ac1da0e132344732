"""The marks of search boxes are looked for near a few words, which every one of them has."""

from __future__ import annotations

from holdfast.offline import search


def test_each_mark_of_a_search_box_is_looked_for_beside_a_word_that_it_has() -> None:
    """A mark is looked for near some words alone, and near no words of boxes that the site has not."""
    for row in (*search.ROWS, search.UNKNOWN):
        for alternative in alternatives(row.marks):
            spelled = alternative.lower().replace("\\", "")
            assert any(word.decode() in spelled for word in search._words((row.name,))), alternative
    assert set(search._words(tuple(row.name for row in search.ROWS))) == set(search._WORDS)
    assert search._words(()) == ()


def alternatives(pattern: str) -> list[str]:
    """What a regular expression's outermost bars part."""
    found, depth, bracket, at = [""], 0, False, 0
    while at < len(pattern):
        mark = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        bracket = mark != "]" if bracket else mark == "["
        depth += (mark == "(") - (mark == ")") if not bracket else 0
        if mark == "|" and not depth and not bracket:
            found.append("")
        else:
            found[-1] += mark
        at += len(mark)
    return found

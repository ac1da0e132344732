"""A unified diff of edits that stay within their lines, in time linear in the document.

Takes bytes, returns text. A general diff would search for what changed; here the edits say it.
"""

from __future__ import annotations

import re

_LINE = re.compile(rb"[^\n]*\n|[^\n]+\Z")
_CONTEXT = 3


def unified(path: str, before: bytes, after: bytes) -> str:
    """The diff of two versions of a document that have equally many lines (as ``git apply`` reads it)."""
    old, new = _LINE.findall(before), _LINE.findall(after)
    changed = [index for index, (left, right) in enumerate(zip(old, new, strict=True)) if left != right]
    if not changed:
        return ""
    out = [f"--- {_name('a/' + path)}\n", f"+++ {_name('b/' + path)}\n"]
    for first, last in _groups(changed, len(old)):
        out.append(f"@@ -{first + 1},{last - first} +{first + 1},{last - first} @@\n")
        index = first
        while index < last:
            if old[index] == new[index]:
                out.append(_show(" ", old[index]))
                index += 1
                continue
            stop = index
            while stop < last and old[stop] != new[stop]:
                stop += 1
            out += [_show("-", line) for line in old[index:stop]]
            out += [_show("+", line) for line in new[index:stop]]
            index = stop
    return "".join(out)


def _groups(changed: list[int], lines: int) -> list[tuple[int, int]]:
    groups: list[tuple[int, int]] = []
    for index in changed:
        first, last = max(0, index - _CONTEXT), min(lines, index + 1 + _CONTEXT)
        if groups and first <= groups[-1][1]:
            groups[-1] = (groups[-1][0], last)
        else:
            groups.append((first, last))
    return groups


_UNPRINTED = re.compile(r'[\x00-\x1f"\\\x7f]')


def _name(path: str) -> str:
    """A file's name as git writes it: quoted as in C where need be; after one with spaces a tab ends it."""
    if _UNPRINTED.search(path):
        return '"' + _UNPRINTED.sub(lambda sign: f"\\{ord(sign[0]):03o}", path) + '"'
    return f"{path}\t" if " " in path else path


def _show(mark: str, line: bytes) -> str:
    text = line.decode("utf-8", "surrogateescape")
    return mark + (text if text.endswith("\n") else text + "\n\\ No newline at end of file\n")

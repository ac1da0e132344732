"""Find URLs that stand bare in running text, as GitHub's Markdown links them.

Knows nothing of Markdown's structure: it is told which bytes are text. The rules are those of GFM's extended
autolinks (section 6.9), with one difference: a URL also ends before CJK punctuation and before a space of
any script, because in Chinese and Japanese no blank separates it from the sentence around it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

_SCHEME = re.compile(rb"(?:https?|ftp)\Z", re.IGNORECASE)
_SEPARATOR = re.compile(rb"://")
_WWW = re.compile(rb"www\.")
_IDEOGRAPH = re.compile(rb"[\xe3-\xef][\x80-\xbf]{2}")
"""A character of three bytes from U+3000 on: CJK needs no blank before a URL either."""

_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

_STOP = re.compile(
    rb"[\x00-\x20<`\x7f]"
    rb"|\xc2\xa0"  # no-break space
    rb"|\xe2\x80[\x80-\x8b\x94\x95\x98-\x9f\xa6\xa8\xa9\xaf]"  # spaces, dashes, curly quotes, the ellipsis
    rb"|\xe3\x80[\x80-\x83\x88-\xa0]"  # ideographic space, comma and full stop; brackets
    rb"|\xef\xb8[\xb0-\xbf]|\xef\xb9[\x80-\x8f]"  # vertical forms
    rb"|\xef\xbb\xbf"  # zero width no-break space
    rb"|\xef\xbc[\x81-\x8f\x9a-\xa0\xbb-\xbf]|\xef\xbd[\x80\x9b-\xa5]"  # full-width punctuation
)
"""Where a URL ends, as UTF-8."""

_HOST = re.compile(rb"[A-Za-z0-9\x80-\xff_.-]{1,255}")
_TRAILING = b"?!.,:*_~'\""
_ENTITY = re.compile(rb"&[A-Za-z0-9]+;\Z")
_PAIRS = {0x29: 0x28, 0x5D: 0x5B, 0x7D: 0x7B}
_BEFORE_WWW = b" \t\r\n*_~(|>"


def candidates(text: bytes) -> list[tuple[int, int]]:
    """``(where the URL begins, where its host begins)`` of all that looks like one, in order."""
    found = []
    # searches for literals: one alternation that ignores case takes ten times as long
    for separator in _SEPARATOR.finditer(text):
        at = separator.start()
        before = text[max(0, at - 5) : at]
        if before == b"https" or before[-4:] == b"http":
            start = at - (5 if before == b"https" else 4)
        elif scheme := _SCHEME.search(before):
            start = at - len(scheme[0])
        else:
            continue
        if not start or text[start - 1] not in _LETTERS:
            found.append((start, at + 3))
    if b"www." in text:
        for match in _WWW.finditer(text):
            start = match.start()
            before = text[max(0, start - 3) : start]
            if not before or before[-1] in _BEFORE_WWW or _IDEOGRAPH.fullmatch(before):
                found.append((start, start))
        found.sort()
    return found


def find(
    text: bytes, candidates: Sequence[tuple[int, int]], runs: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """The byte ranges of the bare URLs that lie wholly in one of ``runs``: sorted, disjoint ranges of text.

    Time is linear in the length of the text.
    """
    starts = [start for start, _ in runs]
    behind = 0
    for start, host in candidates:
        index = bisect_right(starts, start) - 1
        if index < 0 or start < behind or host > runs[index][1]:
            continue
        if not _is_host(text, host, runs[index][1], dotted=start == host):
            continue
        stop = _STOP.search(text, start, runs[index][1])
        behind = _trimmed(text, start, stop.start() if stop else runs[index][1])
        if behind > host:
            yield start, behind


def _is_host(text: bytes, start: int, end: int, *, dotted: bool) -> bool:
    """GFM's *valid domain*: no underscore in the last two labels. What follows the host is not looked at."""
    match = _HOST.match(text, start, end)
    if match is None:
        return False
    labels = match[0].rstrip(b"._").split(b".")  # those are trimmed later
    if dotted and len(labels) < 2:
        return False
    return labels[0] != b"" and not any(b"_" in label for label in labels[-2:])


def _trimmed(text: bytes, start: int, end: int) -> int:
    """Where a URL ends when the punctuation behind it is the sentence's (GFM 6.9, path validation).

    GFM balances round brackets only; square and curly ones of ``[see https://x]`` are balanced as well.
    """
    opened: dict[int, int] = {}
    while end > start:
        last = text[end - 1]
        if last in _TRAILING:
            end -= 1
        elif last == 0x3B:
            entity = _ENTITY.search(text, max(start, end - 34), end)
            end = entity.start() if entity else end - 1
        elif last in _PAIRS:
            if last not in opened:
                brackets = text[start:end]
                opened[last] = brackets.count(last) - brackets.count(_PAIRS[last])
            if opened[last] <= 0:
                break
            opened[last] -= 1
            end -= 1
        else:
            break
    return end

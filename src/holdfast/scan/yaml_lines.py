"""YAML front matter as most posts have it, read by lines: a short cut, never the judge.

Knows only top-level keys with a one-line value or a list of such values. Anything else is left to the real
parser, and a property test holds the two to the same answers. It takes a third of the parser's time, and
front matter is a good part of the time of scanning a site.
"""

from __future__ import annotations

import re
from functools import cache

from ..model import Span, Syntax
from .values import Context, Scalar, context, may_refer

_CONTROL = r"\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff"
"""What YAML forbids, and what libyaml takes for a line break (YAML 1.1 section 4)."""
_EOL = r"[ ]*+(?:\r\n|\n|\Z)"
_WORD = rf"[^\s:#{_CONTROL}]"
_PLAIN = (
    rf"[^\s\-?:,\[\]{{}}#&*!|>'\"%@`{_CONTROL}]"
    rf"(?:{_WORD}++|:(?![\s{_CONTROL}]|\Z)|(?<=\S)#|[ ]++(?={_WORD}))*+"
)
_QUOTED = rf"\"[^\"\\\t{_CONTROL}]*+\"|'[^'\t{_CONTROL}]*+'"
_FLOW_ITEM = (
    rf"[ ]*+(?:\w[\w.+-]*+(?:[ ]++\w[\w.+-]*+)*+|\"[^\"\\\t/{_CONTROL}]*+\"|'[^'\t/{_CONTROL}]*+')[ ]*+"
)
_FLOW = rf"\[(?:{_FLOW_ITEM}(?:,{_FLOW_ITEM})*+)?\]"
_LINES = (
    rf"(?:\w[\w-]{{0,100}}:"
    rf"(?:[ ]++(?:{_PLAIN}|{_QUOTED}|{_FLOW}){_EOL}"
    rf"|{_EOL}(?:(?P<indent>[ ]*+)-[ ]++(?:{_PLAIN}|{_QUOTED}){_EOL}"
    rf"(?:(?P=indent)-[ ]++(?:{_PLAIN}|{_QUOTED}){_EOL})*+)?)"
    rf"|#[^\t{_CONTROL}]*+(?:\r\n|\n|\Z)"
    rf"|(?:\r\n|\n))*+"
)


@cache
def _lines() -> re.Pattern[str]:
    return re.compile(_LINES)  # 4 ms


def scalars(block: str, images: frozenset[str]) -> list[Scalar] | None:
    """The strings that may be URLs, in order; None where the parser has to look."""
    if _lines().fullmatch(block) is None:
        return None
    found: list[Scalar] = []
    name, item, at = "", -1, 0
    for line in block.split("\n"):
        start = at
        at += len(line) + 1
        if line[:1] in " -":
            if not line.strip(" \r"):
                continue
            item += 1
            begin = line.index("-") + 1
        elif line[:1] in "#\r":
            continue
        else:
            begin = line.index(":")
            name, item = line[:begin], -1
            begin += 1
        if not may_refer(line, image=True):
            continue
        image = context((name,), images) is Context.IMAGE
        key = (name,) if item < 0 else (name, item)
        value = line[begin:].strip(" \r")
        start += begin + line[begin:].index(value) if value else 0
        match value[:1]:
            case "[":
                if image:
                    return None
                continue  # no item of it holds a slash
            case '"':
                syntax = Syntax.YAML_DOUBLE
            case "'":
                syntax = Syntax.YAML_SINGLE
            case _:
                syntax = Syntax.YAML_PLAIN
        if syntax is not Syntax.YAML_PLAIN:
            start += 1
            value = value[1:-1]
        token = value.strip(" ")
        if not may_refer(token, image):
            continue
        start += value.index(token)
        found.append(Scalar(key, token, Span(start, start + len(token)), syntax, image))
    return found

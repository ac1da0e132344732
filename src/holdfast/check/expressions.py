"""Template expressions whose result can be told: Hugo's ``ref``, Jekyll's ``link``, ``relative_url``.

Runs no template and opens nothing. Everything else that stands in braces is the generator's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_QUOTED = r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|`(?P<back>[^`]*)`|(?P<bare>[^\s"'`<>%|}]+))"""
_BASE = r"(?:\{\{-?\s*site\.(?:url|baseurl|github\.url)\s*-?\}\}\s*)+"

_REF = re.compile(
    rf"\{{\{{[<%]\s*(?P<name>ref|relref)\s+(?:path\s*=\s*)?{_QUOTED}(?P<more>[^<>{{}}]*?)/?\s*[>%]\}}\}}(?P<tail>\S*)"
)
_TAG = re.compile(
    rf"(?:{_BASE})?\{{%-?\s*(?P<name>link|post_url|post_path|asset_path)\s+{_QUOTED}\s*-?%\}}(?P<tail>\S*)"
)
_BASED = re.compile(rf"{_BASE}(?P<path>/[^{{}}\s]*|)")
_FILTER = re.compile(
    rf"\{{\{{-?\s*{_QUOTED}\s*\|\s*(?:relative_url|absolute_url|url|prepend:\s*site\.baseurl)\s*-?\}}\}}(?P<tail>\S*)"
)

Name = Literal["ref", "link", "post_url", "post_path", "path"]


@dataclass(frozen=True, slots=True)
class Expression:
    """What an expression names."""

    name: Name
    """``ref`` (Hugo): a page, by its path; ``link``, ``post_url`` (Jekyll), ``post_path`` (Hexo): a document;
    ``path``: a path from the site's own root, before which the base path is put."""
    argument: str
    fragment: str = ""
    """Without ``#``."""
    special: bool = False
    """Another language or output format is asked for."""


def read(text: str, preset: str) -> Expression | None:
    """What ``text``, the whole of a reference, names on this kind of site; None: only the generator knows."""
    match preset:
        case "hugo":
            return _hugo(text)
        case "jekyll" | "eleventy":
            return _liquid(text)
        case "hexo":
            found = _TAG.fullmatch(text)
            if found is None or found["name"] != "post_path":
                return None
            return _made("post_path", _argument(found), found["tail"])
        case _:
            return None


def _hugo(text: str) -> Expression | None:
    found = _REF.fullmatch(text)
    if found is None:
        return None
    argument, _, inside = _argument(found).partition("#")
    special = "lang" in found["more"] or "outputFormat" in found["more"]
    expression = _made("ref", argument, found["tail"] or (f"#{inside}" if inside else ""))
    if expression is None or not special:
        return expression
    return Expression("ref", argument, expression.fragment, special=True)


def _liquid(text: str) -> Expression | None:
    if found := _TAG.fullmatch(text):
        match found["name"]:
            case "link":
                return _made("link", _argument(found), found["tail"])
            case "post_url":
                return _made("post_url", _argument(found), found["tail"])
        return None
    if found := _BASED.fullmatch(text):
        path, _, fragment = found["path"].partition("#")
        return Expression("path", path or "/", fragment)
    if found := _FILTER.fullmatch(text):
        argument, _, inside = _argument(found).partition("#")
        # a bare word is the name of a variable
        if found["bare"] is not None:
            return None
        return _made("path", "/" + argument.lstrip("/"), found["tail"] or (f"#{inside}" if inside else ""))
    return None


def _argument(match: re.Match[str]) -> str:
    return next(
        (match[group] for group in ("double", "single", "back", "bare") if match[group] is not None), ""
    )


def _made(name: Name, argument: str, tail: str) -> Expression | None:
    """None where something other than a fragment or a query follows."""
    if tail and tail[0] not in "#?":
        return None
    return Expression(name, argument, tail.partition("#")[2])

"""How a URL is written down inside each syntax, so that reading it there gives the same URL again.

Looks at one reference at a time and changes no document. Where a URL cannot be written safely the answer is
None, and the reference is left as it is: a lost chance is better than a broken post.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from . import urls
from .model import Reference, Syntax

_VERBATIM = re.compile(r"[A-Za-z0-9._~/%:-]+")
"""Safe in CommonMark, kramdown, YAML, TOML, JSON, HTML, CSS, srcset and shortcodes alike, but for what
`_yaml_plain` says of first characters."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_YAML_PLAIN = re.compile(r"[A-Za-z/.](?:[A-Za-z0-9._~/%+@=&?#-]|:[A-Za-z0-9._~/%+@=&?-])*+")
_YAML_NUMBER = re.compile(r"[-+.0-9][0-9_.:eE+-]*\Z|\.(?:inf|nan)\Z", re.IGNORECASE)
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~", ".", ".."})
_ENTITY = re.compile(r"&(?=[A-Za-z#])")

_MARKED_BYTE = re.compile("[\uf780-\uf7ff]")
_MARK = {byte: 0xF700 + byte for byte in range(0x80, 0x100)}
_MARK_SURROGATE = {0xDC00 + byte: mark for byte, mark in _MARK.items()}
_UNMARK = {mark: 0xDC00 + byte for byte, mark in _MARK.items()}


def text_of(raw: bytes) -> str:
    """A reference's bytes as the manifest spells them: UTF-8, with U+F780 to U+F7FF for what is not.

    Those stand for the bytes 80 to FF, as the surrogates do in PEP 383, which no JSON may hold. A document
    may mix encodings, so that nothing else in it tells which one a URL was written in. See `bytes_of`.
    """
    text = raw.decode("utf-8", "surrogateescape")
    if text.isascii():
        return text
    # a character that would be taken for such a byte is spelled as the bytes it is made of
    return _MARKED_BYTE.sub(_as_bytes, text).translate(_MARK_SURROGATE)


def _as_bytes(character: re.Match[str]) -> str:
    return character[0].encode().decode("latin-1").translate(_MARK)


def bytes_of(text: str) -> bytes:
    """The bytes behind `text_of`."""
    if text.isascii():
        return text.encode()
    return text.translate(_UNMARK).encode("utf-8", "surrogateescape")


def with_fragment(reference: Reference, new: str) -> str:
    """``new`` with the ``#fragment`` of the URL it replaces: it is no part of what was fetched."""
    if "#" in new:
        return new
    return new + urls.split_fragment(reference.url)[1]


def spell_into(reference: Reference, new: str) -> bytes | None:
    """The bytes that say ``new`` where ``reference`` stands; None where they cannot be written safely.

    ``new`` is a URL as a browser would take it, percent-encoded where it has to be. The fragment of the
    original is *not* added here (see `with_fragment`). The bytes can bring quotes or brackets of their own
    where the bare syntax could not hold the URL.
    """
    if not new or _CONTROL.search(new) or urls.is_dynamic(new) or new.strip() != new:
        return None
    if "srcset" in reference.kind and (re.search(r"\s", new) or new[0] == "," or new[-1] == ","):
        return None
    written = _SPELLINGS[reference.syntax](new)
    return None if written is None else written.encode()


def _markdown(new: str) -> str | None:
    """CommonMark 6.3: no space, no control, parentheses balanced or escaped; ``|`` ends a table's cell."""
    if re.search(r"[\s<>|`\\\"$\[\]!^]", new):
        return _markdown_brackets(new)
    return _amp(new) if _is_balanced(new) else re.sub(r"([()])", r"\\\1", _amp(new))


def _is_balanced(new: str) -> bool:
    depth = 0
    for character in new:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _markdown_brackets(new: str) -> str | None:
    inner = _markdown_angle(new)
    return None if inner is None else f"<{inner}>"


def _markdown_angle(new: str) -> str | None:
    return None if re.search(r"[<>|`\\\n$]", new) else _amp(new)


def _amp(new: str) -> str:
    return _ENTITY.sub("&amp;", new)


def _text(_: str) -> None:
    """An autolink or a bare URL is what the reader sees: to change it would change the text."""


def _wiki(new: str) -> str | None:
    return None if re.search(r"[\[\]|^<>\\]", new) else new


def _without(forbidden: str) -> Callable[[str], str | None]:
    pattern = re.compile(forbidden)
    return lambda new: None if pattern.search(new) else new


def _html(quote: str) -> Callable[[str], str | None]:
    """HTML 13.1.2.3: the quote ends the value, an ampersand before a letter may begin a reference."""
    replacement = {'"': "&quot;", "'": "&#39;"}[quote]
    return lambda new: _amp(new).replace(quote, replacement).replace("<", "&lt;")


def _html_unquoted(new: str) -> str | None:
    """Verbatim, or in quotes of its own; a trailing slash would look like the end of an empty element."""
    if _VERBATIM.fullmatch(new) and not new.endswith("/"):
        return new
    return f'"{_html(chr(34))(new)}"'


def _yaml_plain(new: str) -> str | None:
    """YAML 7.3.3, inside and outside flow collections; what would be read otherwise goes into quotes."""
    plain = _YAML_PLAIN.fullmatch(new) and not new.endswith(":") and not new.endswith("#")
    if plain and new.lower() not in _YAML_WORDS and not _YAML_NUMBER.match(new):
        return new
    return f'"{_escaped(new)}"'


def _escaped(new: str) -> str:
    return new.replace("\\", "\\\\").replace('"', '\\"')


def _json(new: str) -> str:
    return json.dumps(new, ensure_ascii=False)[1:-1]


def _shortcode_bare(new: str) -> str | None:
    if _VERBATIM.fullmatch(new) and not new.endswith("/"):
        return new
    return None if re.search(r'[\\"<>]', new) else f'"{new}"'


_SPELLINGS: Mapping[Syntax, Callable[[str], str | None]] = {
    Syntax.MARKDOWN: _markdown,
    Syntax.MARKDOWN_ANGLE: _markdown_angle,
    Syntax.TEXT: _text,
    Syntax.WIKI: _wiki,
    Syntax.HTML_DOUBLE: _html('"'),
    Syntax.HTML_SINGLE: _html("'"),
    Syntax.HTML_UNQUOTED: _html_unquoted,
    # a style attribute is HTML around CSS: only what means itself in both
    Syntax.CSS_DOUBLE: _without(r"[\"'\\&<>]"),
    Syntax.CSS_SINGLE: _without(r"[\"'\\&<>]"),
    Syntax.CSS_UNQUOTED: _without(r"[\"'\\&<>()\s]"),
    Syntax.YAML_PLAIN: _yaml_plain,
    Syntax.YAML_SINGLE: lambda new: new.replace("'", "''"),
    Syntax.YAML_DOUBLE: _escaped,
    Syntax.YAML_BLOCK: _without(r"\s"),
    Syntax.TOML_BASIC: _escaped,
    Syntax.TOML_LITERAL: _without("'"),
    Syntax.JSON: _json,
    Syntax.HEADER: _without(r"[\r\n]"),
    Syntax.SHORTCODE_DOUBLE: _without(r"[\"\\]|[%}>]}"),
    Syntax.SHORTCODE_SINGLE: _without(r"['\\]|[%}>]}"),
    Syntax.SHORTCODE_BACKTICK: _without(r"[`\\]|[%}>]}"),
    Syntax.SHORTCODE_BARE: _shortcode_bare,
}
"""One row for each syntax; tests check that none is missing."""

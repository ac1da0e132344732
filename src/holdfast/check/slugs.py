"""How each generator makes an id of a heading's text: rows of data, one function a rule.

Reads no Markdown (`headings` does) and knows no document: text in, id out.

Sources: the generators' own code, read. tests/check/test_slugs.py runs github-slugger, Hugo, MkDocs, Hexo
and VitePress's slugify beside these, and has kramdown's answers in a table. PyMdown, mdBook, Zola and
Obsidian are only read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

Rule = Callable[[str], str]
Numbering = Callable[[str, dict[str, int]], str]
"""From an id and the ids given so far (which it updates) the id that the heading gets."""

# -- rules -----------------------------------------------------------------------------------------------

_WORD = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "Pc"})
_CIRCLED = ((0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))
"""Symbols that are alphabetic all the same (Unicode's Other_Alphabetic)."""


def _is_word(character: str) -> bool:
    """Ruby's ``\\p{Word}``, from which github-slugger's regular expression is made too."""
    if unicodedata.category(character) in _WORD:
        return True
    code = ord(character)
    return any(low <= code <= high for low, high in _CIRCLED)


def github(text: str) -> str:
    """github-slugger 2's ``slug``; GitHub's own TableOfContentsFilter does the same.

    They agree for every character of Unicode 13, github-slugger's version; GitHub's Ruby knows newer ones.
    """
    return "".join(
        "-" if character == " " else character
        for character in text.lower()
        if character in " -" or _is_word(character)
    )


def kramdown_gfm(text: str) -> str:
    """kramdown-parser-gfm's ``generate_gfm_header_id``, the default of Jekyll; tabs count as spaces."""
    return github(text.replace("\t", " "))


def kramdown(text: str) -> str:
    """kramdown's ``generate_id`` of a heading's source (``auto_ids``); without a letter it is `section`."""
    from_letter = re.sub(r"^[^a-zA-Z]+", "", text)
    return re.sub(r"[^a-zA-Z0-9 -]", "", from_letter).replace(" ", "-").lower() or "section"


def _is_hugo_letter(character: str) -> bool:
    category = unicodedata.category(character)
    return character == "_" or category[0] == "L" or category == "Nd"


def _go_lower(character: str) -> str:
    """Go's ``unicode.ToLower``: one character for one, so ``İ`` is ``i``."""
    return character.lower()[0]


def hugo(text: str) -> str:
    """Hugo's ``autoHeadingIDType: github``: combining marks go, so ``हिन्दी`` becomes ``हनद``.

    A heading without text has no id; one without a letter is ``heading``.
    """
    return _hugo(text.strip())


def _hugo(text: str) -> str:
    slug = "".join(
        "-" if character in "- " else _go_lower(character)
        for character in text
        if character in "- " or _is_hugo_letter(character)
    )
    return slug or ("heading" if text else "")


def hugo_ascii(text: str) -> str:
    """Hugo's ``github-ascii``: accents are taken off, what is then no ASCII is left out, spaces stay."""
    plain = _without_marks(unicodedata.normalize("NFD", text.strip()))
    slug = _hugo("".join(character for character in plain if character.isascii()))
    return slug or ("heading" if plain else "")


def blackfriday(text: str) -> str:
    """Hugo's ``blackfriday``: letters and numbers, one hyphen for all else between them."""
    parts: list[str] = []
    gap = False
    for character in text:
        if unicodedata.category(character)[0] in "LN":
            if gap and parts:
                parts.append("-")
            gap = False
            parts.append(_go_lower(character))
        else:
            gap = True
    return "".join(parts) or ("heading" if text.strip() else "")


def _without_marks(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character) != "Mn")


_NOT_WORD = re.compile(r"[^\w\s-]")
_GAPS = re.compile(r"[-\s]+")


def python_markdown(text: str) -> str:
    """Python-Markdown's ``toc.slugify`` (MkDocs): ASCII alone is left of the text."""
    return _python(unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii"))


def python_markdown_unicode(text: str) -> str:
    """Python-Markdown's ``toc.slugify_unicode``."""
    return _python(text)


def _python(text: str) -> str:
    return _GAPS.sub("-", _NOT_WORD.sub("", text).strip().lower())


_PYMDOWN_DROPPED = re.compile(r"[^\w\- ]")
_PYMDOWN_TAGS = re.compile(r"</?[^>]*>")


def pymdown(text: str) -> str:
    """PyMdown's ``slugs.slugify(case="lower")``: NFC, and every space is a hyphen of its own."""
    return _pymdown(text, str.lower)


def pymdown_cased(text: str) -> str:
    """PyMdown's ``slugs.slugify()``: letters keep their case."""
    return _pymdown(text, str)


def _pymdown(text: str, cased: Callable[[str], str]) -> str:
    tagged, end, rest = unicodedata.normalize("NFC", text).rpartition(">")
    stripped = cased((_PYMDOWN_TAGS.sub("", tagged + end) + rest).strip())
    return _PYMDOWN_DROPPED.sub("", stripped).replace(" ", "-")


_CONTROL = re.compile(r"[\x00-\x1f]")
_JS_SPACE = r"\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_VITEPRESS_SPECIAL = re.compile(rf"""[{_JS_SPACE}~`!@#$%^&*()\-_+=[\]{{}}|\\;:"'“”‘’<>,.?/]+""")
_COMBINING = re.compile(r"[\u0300-\u036f]")
_LEADING_DIGIT = re.compile(r"^([0-9])")


def vitepress(text: str) -> str:
    """@mdit-vue/shared's ``slugify``."""
    plain = _CONTROL.sub("", _COMBINING.sub("", unicodedata.normalize("NFKD", text)))
    joined = re.sub(r"-{2,}", "-", _VITEPRESS_SPECIAL.sub("-", plain)).strip("-")
    return _LEADING_DIGIT.sub(r"_\1", joined).lower()


_HEXO_SPECIAL = re.compile(rf"""[{_JS_SPACE}~`!@#$%^&*()\-_+=[\]{{}}|\\;:"'<>,.?/]+""")
_HEXO_LATIN: Mapping[str, str] = {
    "A": "ȺⱯ", "AA": "Ꜳ", "AE": "ÆǼǢ", "AO": "Ꜵ", "AU": "Ꜷ", "AV": "ꜸꜺ", "AY": "Ꜽ", "B": "ɃƂƁ",
    "C": "ƇȻꜾ", "D": "ĐƋƊƉꝹ", "E": "ƐƎ", "F": "ƑꝻ", "G": "ǤƓꞠꝽꝾ", "H": "ĦⱧⱵꞍ", "I": "Ɨ", "J": "Ɉ",
    "K": "ƘⱩꝀꝂꝄꞢ", "L": "ĿŁȽⱢⱠꝈꝆꞀ", "M": "ⱮƜ", "N": "ȠƝꞐꞤ", "O": "ØǾƆƟꝊꝌ", "OI": "Ƣ", "OO": "Ꝏ",
    "OU": "Ȣ", "OE": "\x8cŒ", "oe": "\x9cœ", "P": "ƤⱣꝐꝒꝔ", "Q": "ꝖꝘɊ", "R": "ɌⱤꝚꞦꞂ", "S": "ẞⱾꞨꞄ",
    "T": "ŦƬƮȾꞆ", "TZ": "Ꜩ", "U": "Ʉ", "V": "ƲꝞɅ", "VY": "Ꝡ", "W": "Ⱳ", "Y": "ƳɎỾ", "Z": "ƵȤⱿⱫꝢ",
    "a": "ẚⱥɐ", "aa": "ꜳ", "ae": "æǽǣ", "ao": "ꜵ", "au": "ꜷ", "av": "ꜹꜻ", "ay": "ꜽ", "b": "ƀƃɓ",
    "c": "ƈȼꜿↄ", "d": "đƌɖɗꝺ", "e": "ɇɛǝ", "f": "ƒꝼ", "g": "ǥɠꞡᵹꝿ", "h": "ħⱨⱶɥ", "hv": "ƕ", "i": "ɨı",
    "j": "ɉ", "k": "ƙⱪꝁꝃꝅꞣ", "l": "ŀſłƚɫⱡꝉꞁꝇ", "m": "ɱɯ", "n": "ƞɲŉꞑꞥ", "o": "øǿɔꝋꝍɵ", "oi": "ƣ",
    "ou": "ȣ", "oo": "ꝏ", "p": "ƥᵽꝑꝓꝕ", "q": "ɋꝗꝙ", "r": "ɍɽꝛꞧꞃ", "s": "ßȿꞩꞅ", "t": "ŧƭʈⱦꞇ", "tz": "ꜩ",
    "u": "ʉ", "v": "ʋꝟʌ", "vy": "ꝡ", "w": "ⱳ", "y": "ƴɏỿ", "z": "ƶȥɀⱬꝣ",
}  # fmt: skip
"""Letters that hexo-util writes in ASCII although Unicode does not take them apart."""
_LATIN = {ord(letter): plain for plain, letters in _HEXO_LATIN.items() for letter in letters}


def hexo(text: str) -> str:
    """hexo-util's ``slugize`` with its separator ``-``, as hexo-renderer-marked calls it; case is kept."""
    plain = "".join(map(_latin, text.strip()))
    return re.sub(r"-{2,}", "-", _HEXO_SPECIAL.sub("-", _CONTROL.sub("", plain))).strip("-")


_HEXO_RANGES = ((0xC0, 0x131), (0x134, 0x24F), (0x1E00, 0x1EFF), (0x24B6, 0x24E9), (0xFF21, 0xFF5A))
"""Where hexo-util's table has all letters that Unicode takes apart to ASCII, and no others."""


def _latin(character: str) -> str:
    if character <= "~":
        return character
    if plain := _LATIN.get(ord(character)):
        return plain
    base = _without_marks(unicodedata.normalize("NFKD", character))
    listed = any(low <= ord(character) <= high for low, high in _HEXO_RANGES)
    return base if listed and base.isascii() and base.isalpha() else character


def hexo_lower(text: str) -> str:
    """The same with ``modifyAnchors: 1``."""
    return hexo(text).lower()


def hexo_upper(text: str) -> str:
    """The same with ``modifyAnchors: 2``."""
    return hexo(text).upper()


def mdbook(text: str) -> str:
    """mdBook's ``normalize_id``: letters and digits in ASCII's lower case, white space a hyphen."""
    return "".join(_mdbook(text.strip()))


def mdbook_lower(text: str) -> str:
    """The same since mdBook 0.5, where letters of every script are put in lower case."""
    return mdbook(text.lower())


def _mdbook(text: str) -> list[str]:
    kept = []
    for character in text:
        if character in "_-" or unicodedata.category(character) in (
            "Lu",
            "Ll",
            "Lt",
            "Lm",
            "Lo",
            "Nd",
            "Nl",
            "No",
        ):
            kept.append(character.lower() if character.isascii() else character)
        elif character.isspace():
            kept.append("-")
    return kept


def zola(text: str) -> str:
    """Zola's ``slugify.anchors = "on"`` (the slug crate): ASCII in lower case, single hyphens.

    Empty when that is not known here: the crate writes other scripts, and letters that Unicode does not take
    apart, in Latin letters by a table of its own (``中`` is ``zhong``).
    """
    plain = _without_marks(unicodedata.normalize("NFD", text))
    if not plain.isascii():
        return ""
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def zola_safe(text: str) -> str:
    """Zola's ``slugify.anchors = "safe"``: letters of every script are kept, white space is ``_``."""
    return re.sub(r"\s", "_", re.sub(r'[<>:"/\\|?*#()\[\]\n\r]', "", text.strip()))


def as_it_is(text: str) -> str:
    """The text itself: Zola's ``off``."""
    return text.strip()


_OBSIDIAN_PUNCTUATION = re.compile(r"[!\"#$%&()*+,.:;<=>?@^`{|}~/\[\]\\\r\n]")


def obsidian(text: str) -> str:
    """What Obsidian compares of a heading and of a link to it: no punctuation, single spaces, lower case."""
    return " ".join(_OBSIDIAN_PUNCTUATION.sub(" ", text).split()).lower()


# -- numbering: what a second heading of the same id gets ---------------------------------------------------


def until_free(slug: str, given: dict[str, int]) -> str:
    """github-slugger's: ``a``, ``a-1``, ``a-2``, past numbers that are taken."""
    unique = slug
    while unique in given:
        given[slug] += 1
        unique = f"{slug}-{given[slug]}"
    given[unique] = 0
    return unique


def counted(slug: str, given: dict[str, int]) -> str:
    """kramdown's, Hexo's and mdBook's: the same, without a look at whether that id is taken."""
    count = given.get(slug, 0)
    given[slug] = count + 1
    return f"{slug}-{count}" if count else slug


_NUMBERED = re.compile(r"(.*)_([0-9]{1,100})")


def underscored(slug: str, given: dict[str, int]) -> str:
    """Python-Markdown's ``toc.unique``: ``a``, ``a_1``, ``a_2``; ``a_1`` twice gives ``a_2``."""
    unique = slug
    passed = []
    match = _NUMBERED.fullmatch(slug)
    stem, number = (match[1], int(match[2])) if match else (slug, 0)
    while not unique or unique in given:
        passed.append(unique)
        # each id remembers how far its numbers were taken: many of one id cost no more than one
        number = max(number, given.get(unique, 0)) + 1
        unique = f"{stem}_{number}"
    for taken in passed:
        given[taken] = number - 1
    given[unique] = number
    return unique

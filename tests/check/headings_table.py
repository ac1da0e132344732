"""Headings that people write, one a row, for every test that names them.

Says nothing about their ids: what these are, the real generators tell.
"""

from __future__ import annotations

HEADINGS: tuple[str, ...] = (
    # ASCII and punctuation
    "Hello World",
    "Getting started!",
    "What's new? (2024)",
    "C++ & C#: a/b",
    "foo_bar -- baz---qux",
    "a  b   c",
    "...dots... and, commas;",
    "100% of $5 @home",
    "snake_case and __init__.py",
    "-leading and trailing-",
    "\"Quoted\" and 'single' it's",
    "a\tb",
    "~tilde~ ^caret^ =equals=",
    "!",
    "{braces} and [brackets] a|b",
    "\\*escaped\\* \\_marks\\_",
    # duplicates, and what a number could be taken for
    "Again",
    "Again",
    "Again",
    "Again-1",
    "again 1",
    "Again_1",
    "Again_1",
    # digits first
    "1. First step",
    "2024-01-02 news",
    "3D",
    "007",
    # scripts
    "中文标题",
    "中文 和 English，混排。",
    "日本語の見出し",
    "カタカナ・テスト「引用」",
    "Привет, мир",
    "Ёлка и Йод",
    "हिन्दी",
    "العربية",
    "한국어 제목",
    "Ελληνικά Τίτλος",
    "İstanbul ılık",
    # accents: composed, decomposed, and letters that Unicode does not take apart
    "Été à la plage",
    "E\u0301te\u0301",
    "Über Straße Øre Łódź",
    "naïve café œuvre Æsir",
    "ﬁne ﬂow Ⅳ ½ ² №",
    "ＦＵＬＬ　ｗｉｄｔｈ",
    # emoji and symbols
    "🚀 Launch",
    "Ship it 🚢",
    "👩‍💻 work",
    "☕️ coffee ™ ©",
    ":rocket: launch",
    "Ⓐ circled",
    "a–b—c…d “e” ‘f’",
    "a\u00a0b",
    "a\u200bb",
    # what stands inside
    "Use `code` here",
    "`<T>` and `a_b`",
    "*emphasis* and **strong** and ~~gone~~",
    "un*frigging*believable",
    "[a link](https://example.org/x)",
    "[a *link*][ref] and [ref]",
    "![a picture](a.png) beside",
    "<b>bold</b> and <br> break",
    "<kbd>Ctrl</kbd>+<kbd>C</kbd>",
    "AT&amp;T &lt;tag&gt; &copy; &#233;",
    "a < b > c & d",
    "<https://example.org/auto>",
    "see https://example.org/bare?a=1 now",
    "www.example.org is bare",
    "mail me@example.org",
    # explicit ids
    "Named {#custom-id}",
    "Named twice {#Custom_2 .cls}",
    "Classes only {.cls}",
    "Closed ##",
    "Closed and named {#shut} ##",
    "Not a list {#} at all",
    "In the middle {#mid} of it",
    "C#",
    "F#\\#",
    # names of JavaScript's own
    "constructor",
    "__proto__",
    "toString",
)


def document(headings: tuple[str, ...] = HEADINGS) -> str:
    """All of them in one document."""
    return "".join(f"## {heading}\n\ntext\n\n" for heading in headings) + "[ref]: https://example.org/\n"

"""Which ids each generator gives headings: a row for each, of the rules of `slugs`.

Reads no configuration. Where one may choose among several rules, a flavour has a `Way` for each, and an id
that any of them gives counts as there: to call a link dead that is not costs more than to miss one that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from .slugs import (
    Numbering,
    Rule,
    as_it_is,
    blackfriday,
    counted,
    github,
    hexo,
    hexo_lower,
    hexo_upper,
    hugo,
    hugo_ascii,
    kramdown,
    kramdown_gfm,
    mdbook,
    mdbook_lower,
    obsidian,
    pymdown,
    pymdown_cased,
    python_markdown,
    python_markdown_unicode,
    underscored,
    until_free,
    vitepress,
    zola,
    zola_safe,
)


class Text(Enum):
    """Which text of a heading a rule is given."""

    SHOWN = "what a reader reads"
    ALT = "the same with the texts that stand for pictures"
    SMART = "what a reader reads, with the quotes and dashes of typographers"
    COLLAPSED = "what a reader reads, with single spaces"
    HUGO = "what Hugo takes of it: no bare URLs, and the first node of what stands within marks"
    HUGO_NO_EMOJI = "the same without :emoji: codes"
    HEXO = "what Hexo takes of it: SMART without what looks like tags, few entities resolved"
    NO_EMOJI = "the same as ALT without :emoji: codes"
    SOURCE = "as it is written"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to make ids, that a generator has by default or can be told to have."""

    rule: Rule
    text: Text = Text.SHOWN
    numbering: Numbering = until_free
    attributes: bool = True
    """Whether lists of attributes (`Flavour.attributes`) are known; else they are a part of the text."""
    partial: bool = False
    """Whether the rule gives nothing for texts whose ids are not known here."""


class Matching(Enum):
    """How a fragment is compared with ids."""

    EXACT = "as browsers do (HTML Standard, section on finding a potential indicated element)"
    GITHUB = "exactly, then in lower case: the script of GitHub's pages does"
    OBSIDIAN = "without punctuation and case, each part of a path of headings"


@dataclass(frozen=True, slots=True)
class Flavour:
    """One row: what a generator does with headings."""

    ways: tuple[Way, ...]
    attributes: str = ""
    """Lists of attributes that give ids: ``b`` is ``{#id}``, ``c`` ``{: #id}``, ``j`` ``{/* #id */}``."""
    footnotes: tuple[str, ...] = ()
    """Ids of footnotes, of ``{label}`` or ``{number}``."""
    complete: bool = True
    """False where it depends on plugins whether headings have ids at all."""
    matching: Matching = Matching.EXACT
    templates: bool = True
    """Whether tags of templates and shortcodes are expanded before the Markdown."""
    terms: bool = False
    """Whether the terms of definition lists may be given ids (Hugo's ``autoDefinitionTermID``)."""
    components: bool = False
    """Whether elements may be components, which bring elements of their own."""
    layout: bool = True
    """Whether a layout stands around the document, with ids of its own."""


_PYTHON_NOTES = ("fn:{label}", "fnref:{label}", "fnref2:{label}", "fnref3:{label}")
_REMARK_NOTES = tuple(
    prefix + name + label
    for prefix in ("user-content-", "")
    for name in ("fn-", "fnref-")
    for label in ("{label}", "{label}-2", "{label}-3")
)
_GITHUB = Way(github)
_GITHUB_ALT = Way(github, Text.ALT)

_MKDOCS = Flavour(
    (
        Way(python_markdown, numbering=underscored),
        Way(python_markdown, numbering=underscored, attributes=False),
    ),
    attributes="bc",
    footnotes=_PYTHON_NOTES,
)
_PLAIN = Flavour((_GITHUB,), footnotes=_REMARK_NOTES, matching=Matching.GITHUB, templates=False, layout=False)

FLAVOURS: Mapping[str, Flavour] = MappingProxyType(
    {
        "plain": _PLAIN,
        "github": _PLAIN,
        "hugo": Flavour(
            tuple(
                Way(rule, text, attributes=known)
                for rule in (hugo, hugo_ascii, blackfriday)
                for text in (Text.HUGO, Text.HUGO_NO_EMOJI, Text.ALT)
                for known in (True, False)
            ),
            attributes="b",
            footnotes=("fn:{number}", "fnref:{number}", "fnref1:{number}", "fnref2:{number}"),
            terms=True,
        ),
        "jekyll": Flavour(
            (
                Way(kramdown_gfm, Text.SHOWN, counted),
                Way(kramdown_gfm, Text.SMART, counted),
                Way(kramdown, Text.SOURCE, counted),
                Way(kramdown_gfm, Text.SMART, counted, attributes=False),
                Way(kramdown, Text.SOURCE, counted, attributes=False),
                _GITHUB,
            ),
            attributes="bc",
            footnotes=(
                "fn:{label}",
                "fnref:{label}",
                "fnref:{label}:1",
                "fnref:{label}:2",
                "fnref:{label}:3",
            ),
        ),
        "mkdocs": _MKDOCS,
        "mkdocs-unicode": Flavour(
            tuple(
                Way(rule, text, underscored, attributes=known)
                for rule in (python_markdown_unicode, pymdown, pymdown_cased)
                for text in (Text.COLLAPSED, Text.SHOWN)
                for known in (True, False)
            ),
            attributes="bc",
            footnotes=_PYTHON_NOTES,
        ),
        "docusaurus": Flavour(
            (_GITHUB_ALT, _GITHUB), attributes="bj", footnotes=_REMARK_NOTES, components=True
        ),
        "vitepress": Flavour(
            (Way(vitepress, Text.NO_EMOJI), Way(vitepress, Text.ALT)), attributes="b", components=True
        ),
        "astro": Flavour((_GITHUB, _GITHUB_ALT), footnotes=_REMARK_NOTES, components=True),
        "gatsby": Flavour(
            (_GITHUB, _GITHUB_ALT), attributes="b", footnotes=_REMARK_NOTES, complete=False, components=True
        ),
        "hexo": Flavour(
            tuple(
                Way(rule, text, counted)
                for rule in (hexo, hexo_lower, hexo_upper)
                for text in (Text.HEXO, Text.SHOWN)
            ),
            complete=False,
        ),
        "mdbook": Flavour(
            (Way(mdbook, numbering=counted), Way(mdbook_lower)),
            attributes="b",
            footnotes=("footnote-{label}", "fr-{label}-1", "fr-{label}-2", "{label}"),
        ),
        "zola": Flavour(
            (Way(zola, partial=True), Way(zola_safe), Way(as_it_is)),
            attributes="b",
            footnotes=("{label}", "fn-{label}", "fr-{label}-1", "fr-{label}-2"),
        ),
        "eleventy": Flavour((_GITHUB, Way(zola)), attributes="b", complete=False),
        "pelican": Flavour(_MKDOCS.ways, attributes="bc", footnotes=_PYTHON_NOTES, complete=False),
        "obsidian": Flavour(
            (Way(obsidian), Way(obsidian, Text.SOURCE)),
            matching=Matching.OBSIDIAN,
            templates=False,
            layout=False,
        ),
    }
)
"""By the name of a preset (`sites.PRESETS`), and ``github`` for files that are read there.

``complete`` is False where ids depend on plugins: Hexo's other renderers, Gatsby's and Eleventy's plugins,
Pelican's ``toc`` extension."""


def flavour(name: str) -> Flavour:
    """The row of this name; a generator without one is not known, so nothing is called missing in it."""
    return FLAVOURS.get(name) or Flavour((_GITHUB,), complete=False)

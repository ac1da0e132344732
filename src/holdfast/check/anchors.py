"""Whether a fragment names a place in a page: the ids of Markdown and HTML, and how a fragment is matched.

Fetches and opens nothing: bytes in, ids out. What cannot be told is said so (`None`), never guessed: pages
that scripts build, documents that include others, generators whose plugins decide.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

import turbohtml

from ..model import Language, ScanOptions
from ..scan import charset
from ..scan.encoding import NotUtf8
from . import flavours, headings, pagetree, slugs
from .flavours import Matching
from .textfragment import TextDirective, holds_text, text_fragment

__all__ = [
    "Anchors",
    "TextDirective",
    "has",
    "holds_text",
    "nearest",
    "of_html",
    "of_markdown",
    "text_fragment",
]


@dataclass(frozen=True, slots=True)
class Anchors:
    """What can be linked to in one page."""

    ids: frozenset[str]
    complete: bool
    """False: scripts, includes, shortcodes or plugins may add more, so that a missing one is unverified."""
    matching: Matching = Matching.EXACT
    layout: bool = False
    """Whether a layout that is not known here stands around the document, with ids such as ``comments``."""


NOTHING = Anchors(frozenset(), complete=False)
"""Of a document that cannot be read."""

_LAYOUT_IDS_LISTED = (
    "about article author back-to-top banner body bottom breadcrumb breadcrumbs comment comments"
    " container content disqus_thread footer giscus header home isso-thread logo main main-content"
    " main-menu menu nav navbar navigation page page-top post posts related relatedposts respond"
    " search share sidebar site-content site-footer site-header site-navigation skip skip-to-content"
    " table-of-contents tableofcontents tags title toc toc-container utterances __docusaurus __skip"
    " __docusaurus_skiptocontent_fallback app vpcontent waline gitalk vcomments valine twikoo"
    " __comments"
)
_LAYOUT_IDS = frozenset(_LAYOUT_IDS_LISTED.split())
"""Ids, in lower case, that layouts bring: whether this site's does is not known from the document."""


def of_markdown(source: bytes, language: Language, flavour: str, options: ScanOptions) -> Anchors:
    """The ids that a generator gives a Markdown document.

    Args:
        source: the undecoded document.
        language: ``mdx`` has expressions and components.
        flavour: a row of `flavours.FLAVOURS`; of an unknown one nothing is called missing.
        options: how its front matter is written.
    """
    row = flavours.flavour(flavour)
    try:
        found = headings.read(source, row, options, is_mdx=language == "mdx")
    except NotUtf8:
        return NOTHING
    explicit = {heading.id for heading in found.headings if heading.id}
    ids = found.ids | explicit
    complete = row.complete and found.complete
    done: set[tuple[slugs.Rule, slugs.Numbering, bool, Texts]] = (
        set()
    )  # most ways say the same of most documents
    for way in row.ways:
        texts = _texts(found.headings, way)
        given = (way.rule, way.numbering, way.attributes or not explicit, texts)
        if given in done:
            continue
        done.add(given)
        names = _named(texts, way)
        ids.update(names)
        complete = complete and not (way.partial and "" in names)
    if row.matching is Matching.OBSIDIAN:
        ids |= {f"^{name}" for name in found.blocks}
    for number, label in enumerate(found.notes, 1):
        ids.update(name.format(label=label, number=number) for name in row.footnotes)
    return Anchors(frozenset(ids - {""}), complete, row.matching, row.layout)


Texts = tuple[tuple[str, str], ...]
"""Of each heading the id that is written out, or else the text that a rule is given."""


def named(found: Sequence[headings.Heading], way: flavours.Way) -> list[str]:
    """The id of each heading of one document, in order; empty where it has none."""
    return _named(_texts(found, way), way)


def _texts(found: Sequence[headings.Heading], way: flavours.Way) -> Texts:
    texts = []
    for heading in found:
        # a list on a line of its own (`{: #id}`) is no part of the text in any case
        if heading.id and (way.attributes or not heading.attributes):
            texts.append((heading.id, ""))
        else:
            texts.append(("", heading.text(way.text, attributes=way.attributes)))
    return tuple(texts)


def _named(texts: Texts, way: flavours.Way) -> list[str]:
    # what is written out is taken before the first heading is named, in the generators that look
    given = dict.fromkeys((explicit for explicit, _ in texts if explicit and way.attributes), 0)
    ids = []
    for explicit, text in texts:
        slug = explicit or way.rule(text)
        if not explicit and (slug or way.numbering is slugs.underscored):
            slug = way.numbering(slug, given)
        ids.append(slug)
    return ids


def of_html(source: bytes) -> Anchors:
    """The ids of an HTML page, and the names of its ``<a>`` (WHATWG), read in its declared encoding.

    The page is `complete` unless scripts build it. That is so when any of these holds:

    - it has scripts and hardly any text of its own (`_FEW` characters), as the shells of applications do;
    - one of the elements that frameworks fill (``#root``, ``#app``, ``<app-root>``, ``<redoc>`` ...) is there
      and holds no text;
    - a ``<noscript>`` says that JavaScript is needed, and a script is there;
    - it is an application that is known to fetch what it shows: docsify, Swagger UI, GitHub's code view.

    Scripts that only decorate a page of text say nothing against it.
    """
    if charset.html_unreadable(source):
        return NOTHING
    text = charset.decode(source, charset.of_html(source))
    tree = pagetree.tree_of(text)
    ids = frozenset(pagetree.ids_of(tree))
    return Anchors(ids, not _is_built_by_scripts(tree, text))


_FEW = 200
_ROOTS = (
    "#root,#app,#__next,#__nuxt,#___gatsby,#__docusaurus,#svelte,#react-root,#app-root,#main-app,#q-app,"
    "app-root,redoc,rapi-doc,elements-api,#swagger-ui,#redoc-container,[data-reactroot],[ng-app],[data-server-rendered=false]"
)
_APPLICATIONS = re.compile(r"\$docsify\b|react-app\.embeddedData|SwaggerUIBundle\s*\(|Redoc\.init\s*\(")
_NEEDS_SCRIPT = re.compile(
    r"(?:enable|requires?|need[s]?|activate|turn on|without|allow)\b[^<]{0,60}\bjava-?script"
    r"|java-?script[^<]{0,60}\b(?:enabled?|required|needed|disabled)|启用\s*JavaScript|JavaScript\s*を有効",
    re.IGNORECASE,
)


_NOSCRIPT = re.compile(r"<noscript\b", re.IGNORECASE)
_NOSCRIPT_END = re.compile(r"</noscript\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_MOST_ROOTS = 8


def _is_built_by_scripts(tree: turbohtml.Document, text: str) -> bool:
    """See `of_html`; takes what is not shown out of ``tree``."""
    if tree.select_one("script") is None:
        return False
    if _APPLICATIONS.search(text):
        return True
    # elements may be nested in others of their kind: each one's text, asked for alone, would cost the page's
    if any(not root.text.strip() for root in islice(tree.select(_ROOTS), _MOST_ROOTS)):
        return True
    notes = (_NOSCRIPT_END.split(part, 1)[0] for part in _NOSCRIPT.split(text)[1:])
    if any(_NEEDS_SCRIPT.search(_TAG.sub(" ", note)) for note in notes):
        return True
    body = tree.select_one("body")
    if body is None:
        return True
    for element in list(body.select("script,style,noscript,template")):
        element.decompose()
    return len(body.text.strip()) < _FEW


_ROUTE = re.compile(r"!|/|\?|[\w.-]+=")
"""Routes of applications (``#/a``, ``#!a``) and parameters (``#page=2``, ``#t=30``), no element."""
_LINES = re.compile(r"L\d+(?:C\d+)?(?:-L\d+(?:C\d+)?)?")
_PREFIX = "user-content-"


def has(anchors: Anchors, fragment: str) -> bool | None:
    """Whether ``fragment`` names a place in the page; None when that cannot be told.

    The HTML Standard's "find a potential indicated element": nothing and, when no element has that id,
    ``top`` in any case are the top of the page; the fragment is taken as it is written, then percent-decoded.
    Case matters there. On GitHub a script looks for ``user-content-`` and the fragment, then for the same in
    lower case; so case does not matter in Markdown that is read there, and the prefix may be left out of a
    fragment of any page that has such ids. ``#L10`` shows a file's line there.

    Args:
        fragment: as it stands in the URL, without ``#``; a text directive (``:~:``) is left out.
    """
    fragment = fragment.partition(":~:")[0]
    if not fragment:
        return True
    decoded = unquote(fragment, errors="replace")
    if any(name in anchors.ids for name in _names(anchors, fragment, decoded)):
        return True
    if decoded.lower() == "top":
        return True
    if anchors.matching is Matching.GITHUB and _LINES.fullmatch(decoded):
        return True
    if anchors.matching is Matching.OBSIDIAN and _is_path(anchors, decoded):
        return True
    if not anchors.complete or (anchors.matching is Matching.EXACT and _ROUTE.match(decoded)):
        return None
    if anchors.layout and decoded.lower() in _LAYOUT_IDS:
        return None
    return False


def _names(anchors: Anchors, fragment: str, decoded: str) -> list[str]:
    names = [fragment, decoded, _PREFIX + decoded, _PREFIX + decoded.lower()]
    if anchors.matching is Matching.GITHUB:
        lower = decoded.lower()
        names += (lower, lower.removeprefix(_PREFIX))
    return names


def _is_path(anchors: Anchors, decoded: str) -> bool:
    """Whether each part of ``Heading#Heading below`` is a heading; ``^id`` is a block."""
    if decoded.lstrip("#").startswith("^"):
        return decoded.lstrip("#").lower() in anchors.ids
    parts = [slugs.obsidian(part) for part in decoded.split("#")]
    wanted = [part for part in parts if part]
    return bool(wanted) and all(part in anchors.ids for part in wanted)


_COMPARED = 2000
_LONGEST = 200


def nearest(anchors: Anchors, fragment: str) -> str:
    """The id that was probably meant, or nothing; at most `_COMPARED` ids are looked at."""
    said = unquote(fragment.partition(":~:")[0], errors="replace")[:_LONGEST]
    key = _key(said)
    if not key:
        return ""
    names = sorted(name for name in anchors.ids if len(name) <= _LONGEST)
    for name in names:
        if _key(name) == key:
            return name
    close = difflib.get_close_matches(said.lower(), names[:_COMPARED], 1, 0.7)
    return close[0] if close else ""


def _key(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())

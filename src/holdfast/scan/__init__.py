"""Find every URL a document refers to, and exactly which bytes spell it.

Opens no file and no socket: bytes in, references out. Offsets count bytes of the undecoded document, so an
edit can never disturb its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..model import Language, Notice, Place, Scanned, ScanOptions
from .encoding import NotUtf8
from .positions import Positions

__all__ = ["LANGUAGES", "NotUtf8", "Positions", "scan"]

LANGUAGES: Mapping[str, Language] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mkd": "markdown",
    ".mdown": "markdown",
    ".mdx": "mdx",
    ".html": "html",
    ".htm": "html",
    ".css": "css",
}
"""A document's language by the suffix of its name, in lower case. A new suffix is a new row."""

_DEFAULT = ScanOptions()


def scan(
    source: bytes, language: Language, options: ScanOptions = _DEFAULT, base: str | None = None
) -> Scanned:
    """Return the references in ``source``, in document order and never overlapping.

    ``base`` is the document's own URL, when it is known: relative references are resolved against it.

    Raises:
        NotUtf8: a Markdown document is in another encoding; offsets would be guesses.
    """
    # each language has parsers of its own, which the others need not wait for
    match language:
        case "markdown" | "mdx":
            from . import markdown

            return markdown.scan(source, options, base, is_mdx=language == "mdx")
        case "html":
            from . import html, ignore

            found = html.references(source, document=True, place=Place.HTML, base=base)
            if ignore.WORD in source:
                ignored = ignore.in_html(source)
                found = [item for item in found if not ignore.covers(ignored, item.span.start)]
            return Scanned(tuple(found), _unreadable(html.unreadable(source)))
        case "css":
            from . import css

            return Scanned(tuple(css.references(source, base=base)), _unreadable(css.unreadable(source)))


def _unreadable(encoding: str | None) -> tuple[Notice, ...]:
    if encoding is None:
        return ()
    return (Notice("encoding", f"written in {encoding}, in which no byte can be trusted to be itself"),)

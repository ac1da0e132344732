"""The records that travel between the stages: frozen, typed, without behaviour to speak of.

Opens nothing and decides nothing. What flows, in order:
bytes -> `Reference` -> `Target` -> `Outcome` -> `Edit` -> bytes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec


class Span(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """Half-open byte range ``[start, end)`` of one document.

    A struct as `Reference` is: a site has millions of them, each made in a sixth of a dataclass's time.
    """

    start: int
    end: int


class Syntax(StrEnum):
    """How the bytes of a span are written: decides how a new value must be spelled there."""

    MARKDOWN = "markdown"
    """A Markdown destination without angle brackets (CommonMark 6.3)."""
    MARKDOWN_ANGLE = "markdown-angle"
    """A Markdown destination inside ``<...>``; the span excludes the brackets."""
    TEXT = "text"
    """A bare URL or an autolink in running text."""
    WIKI = "wiki"
    """The target of ``[[...]]`` or ``![[...]]``."""
    HTML_DOUBLE = "html-double"
    HTML_SINGLE = "html-single"
    HTML_UNQUOTED = "html-unquoted"
    CSS_DOUBLE = "css-double"
    CSS_SINGLE = "css-single"
    CSS_UNQUOTED = "css-unquoted"
    """Inside ``url(...)`` without quotes."""
    YAML_PLAIN = "yaml-plain"
    YAML_SINGLE = "yaml-single"
    YAML_DOUBLE = "yaml-double"
    YAML_BLOCK = "yaml-block"
    """Inside a literal or folded block scalar."""
    TOML_BASIC = "toml-basic"
    """Double-quoted, one or several lines."""
    TOML_LITERAL = "toml-literal"
    """Single-quoted, one or several lines."""
    JSON = "json"
    HEADER = "header"
    """A ``Key: value`` header line without fences (Pelican, MultiMarkdown)."""
    SHORTCODE_DOUBLE = "shortcode-double"
    SHORTCODE_SINGLE = "shortcode-single"
    SHORTCODE_BACKTICK = "shortcode-backtick"
    SHORTCODE_BARE = "shortcode-bare"


class Place(StrEnum):
    """Where in a post a reference stands, as far as a generator treats the places differently."""

    MARKDOWN = "markdown"
    HTML = "html"
    FRONT_MATTER = "front-matter"
    SHORTCODE = "shortcode"
    CSS = "css"


class Reference(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One URL as its author wrote it: ``source[span.start:span.end] == raw``."""

    span: Span
    raw: bytes
    """The URL alone, still escaped: no brackets, quotes or title."""
    url: str
    """What a browser would request: escapes of the syntax undone, resolved where a base is known, WHATWG
    normal form. A relative reference without a base keeps its (percent-encoded) relative form."""
    kind: str
    """A stable name: ``image``, ``link``, ``definition``, ``autolink``, ``bare-url``, ``wiki-link``,
    ``wiki-embed``, ``front-matter``, ``shortcode``, ``css-url``, ``css-import``,
    ``html-ELEMENT-ATTRIBUTE``."""
    embed: bool
    """True when the URL is fetched as the page is viewed."""
    syntax: Syntax
    place: Place
    key: tuple[str | int, ...] = ()
    """The path of a front matter value: ``("cover", "image")``, ``("images", 0)``; empty elsewhere."""
    dynamic: bool = False
    """True when the URL holds a template expression: reported and left alone."""


class Notice(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Something about a document that a person should know; never a reason to stop."""

    code: str
    """A stable name: ``front-matter``, ``encoding``, ``unreadable``, ``too-large`` ..."""
    message: str
    offset: int = 0
    """Byte offset in the document that the message is about."""


class Scanned(msgspec.Struct, frozen=True):
    """What a scan found in one document: references in order and never overlapping, and notices."""

    references: tuple[Reference, ...]
    notices: tuple[Notice, ...] = ()


class Location(msgspec.Struct, frozen=True):
    """A place a person can go to: 1-based line and column, the column counted in characters."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


# -- records of the manifest ----------------------------------------------------------------------------


class Asset(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="asset", tag_field="type"):
    """A stored local copy of what one URL served. Key: (url, sha256, beside)."""

    url: str
    path: str
    """POSIX path below the asset folder; with ``beside``, the file's name in that folder."""
    sha256: str
    bytes: int
    media: str
    """Media type found in the bytes, e.g. ``image/jpeg``."""
    fetched: str
    """UTC, RFC 3339 with seconds: ``2026-11-23T12:00:00Z``."""
    width: int | None = None
    """Pixels, of raster images and of SVG that states its size."""
    height: int | None = None
    status: int | None = None
    final_url: str | None = None
    """Where redirects ended, when that is not `url`."""
    etag: str | None = None
    last_modified: str | None = None
    source: str = msgspec.field(default="")
    """``web``; reserved for other origins."""
    derived_from: str | None = None
    """Reserved."""
    beside: str | None = None
    """The folder, POSIX below the site's root, of a copy that stands beside its posts (layout ``beside``)."""
    turn: int = 0
    """See `records.join`: set by the manifest, and only where the other fields cannot tell which is later."""


class Edit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="edit", tag_field="type"):
    """One replacement made in one document. Key: (path, raw, new)."""

    path: str
    """POSIX path of the document below the site's root."""
    raw: str
    """The author's bytes, as `spelling.text_of` spells what is not UTF-8."""
    new: str
    places: tuple[int, ...] = ()
    """Ordinals, among all references of the document, that were replaced."""
    place: str = ""
    """The `Place` of all of them, where other bytes of an author may have become the same ``new`` elsewhere:
    HTML spells an ampersand otherwise than Markdown does."""
    restored: str | None = None
    """When the original was put back; it stays so until it is asked for again. While another edit of the same
    ``raw`` stands: when that one took the place of this, which copies of the document may still show."""
    turn: int = 0
    """See `Asset.turn`."""


class Rewrite(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="rewrite", tag_field="type"):
    """A document that was replaced, by the SHA-256 of its bytes. Key: path."""

    path: str
    before: str
    after: str
    authored: str | None = None
    """The SHA-256 of the document with every edit undone, when that is not `before`; "" when not known."""
    turn: int = 0
    """See `Asset.turn`."""


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="failure", tag_field="type"):
    """A URL that could not be stored. Key: url."""

    url: str
    reason: str
    attempts: int
    first: str
    last: str
    accepted: str | None = None
    """When a person accepted the loss (``--accept-failures``)."""
    detail: str | None = None


Record: TypeAlias = Asset | Edit | Rewrite | Failure


# -- what became of one URL -----------------------------------------------------------------------------


class Stored(msgspec.Struct, frozen=True):
    """Fetched in this run, verified and durable."""

    asset: Asset


class Held(msgspec.Struct, frozen=True):
    """Had before this run; no request was made."""

    asset: Asset


class Failed(msgspec.Struct, frozen=True):
    """Could not be stored; the reference keeps its original URL."""

    url: str
    reason: str
    """A code of `reasons.REASONS`, or ``http-NNN``."""
    detail: str = ""
    attempts: int = 0
    transient: bool = False
    """True when a later run asks again by itself (time-out, 5xx, dns)."""
    here: bool = False
    """It may be this machine's own trouble: no route, no resolver, no descriptors left."""
    head: Head | None = None
    """Of the answer, where there was one and the caller wants to look at it ..."""
    page: bytes = b""
    """... and the first bytes of its body."""


class Skipped(msgspec.Struct, frozen=True):
    """Left alone on purpose."""

    url: str
    reason: str
    """A code of `reasons.SKIPS`."""
    detail: str = ""


Outcome: TypeAlias = Stored | Held | Failed | Skipped


# -- what a check concludes of one URL ------------------------------------------------------------------


class Verdict(StrEnum):
    """What a check concludes."""

    OK = "ok"
    REDIRECTED = "redirected"
    """It is there, at another address; never fails a run by itself."""
    BROKEN = "broken"
    """A reader who follows it finds nothing."""
    UNVERIFIED = "unverified"
    """Nobody can tell: the server does not let a program look, or the site's generator decides."""
    EXCLUDED = "excluded"
    """Not looked at, on purpose."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A verdict and why."""

    verdict: Verdict
    reason: str = ""
    """A code of `reasons.REASONS` or `reasons.CHECKS`, or ``http-NNN``; empty with ``ok``."""
    detail: str = ""
    """What was seen, for a person: never with credentials."""
    hint: str = ""
    """What to do about this very URL (``did you mean ...``); empty: the reason's own advice."""
    status: int | None = None
    final_url: str | None = None
    """Where redirects ended, when that is not the URL itself."""
    permanent: bool = False
    """With ``redirected``: every hop was a 301 or a 308 (RFC 9110 section 15.4)."""
    etag: str | None = None
    last_modified: str | None = None


# -- the network's answers ------------------------------------------------------------------------------


class Hop(msgspec.Struct, frozen=True):
    """One redirect on the way."""

    status: int
    url: str
    """Who answered so; without credentials."""


class Head(msgspec.Struct, frozen=True):
    """Status and headers of the final response, before its body is read."""

    url: str
    """The URL asked for first."""
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in order; values decoded as latin-1."""
    length: int | None
    """Declared Content-Length of the body that will be read, when there is one and it is not encoded."""
    hops: tuple[Hop, ...] = ()
    """The redirects that led here, in order."""

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


class Refusal(msgspec.Struct, frozen=True):
    """Why received bytes were not accepted: a value, so that the fetcher can decide on another try."""

    reason: str
    detail: str = ""


# -- documents ------------------------------------------------------------------------------------------

Language: TypeAlias = Literal["markdown", "mdx", "html", "css"]


class ScanOptions(msgspec.Struct, frozen=True):
    """What a site changes about scanning."""

    wiki: bool = False
    """``[[...]]`` is a link and ``![[...]]`` an embed (Obsidian)."""
    math: bool = False
    """``$...$`` and ``$$...$$`` are mathematics."""
    headers: bool = False
    """``Key: value`` lines before the first blank line are front matter (Pelican)."""
    unfenced: bool = False
    """Front matter may lack its opening fence: ``key: value`` lines closed by ``---`` (Hexo)."""
    image_keys: frozenset[str] = msgspec.field(default_factory=frozenset)
    """Further front matter keys, lower case, that name images; the general ones are known."""


class Document(msgspec.Struct, frozen=True):
    """One scanned file."""

    path: str
    """POSIX path below the site's root."""
    language: Language
    source: bytes
    sha256: str
    scanned: Scanned

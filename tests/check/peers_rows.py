"""What a reader finds with a browser, and why holdfast says otherwise than other link checkers.

Rows by the names of the table of servers' behaviours, and the files of a small site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tests.check.peers_asked import Link, Said

# -- servers ----------------------------------------------------------------------------------------------

GONE = frozenset(
    {
        "TLS, expired",
        "TLS, another name",
        "TLS, an issuer whom nobody knows",
        "TLS, signed by itself",
        "TLS, no TLS",
        "TLS, refused",
        "TLS, an intermediate whom nobody knows",
        *(f"status {n}" for n in (304, 400, 404, 409, 410, 411, 414, 415, 421, 422, 431)),
        *(f"status {n}" for n in (500, 501, 502, 503, 504, 520, 521, 530)),
        "301 without a Location",
        "in a circle",
        "to itself",
        "without an end",
        "to what is gone",
        "to no URL",
        "Cloudflare, 404",
        "Cloudflare, 410",
        "Cloudflare, the origin is down",
        "Akamai, 404",
        "a 404 with a captcha in its form",
        "a 500 that speaks of captchas",
        "a 503 that asks for a moment",
        "503 with a day",
        "a reset at once",
        "closed without a word",
        "closed within the head",
        "no HTTP",
        "two lengths",
        "nothing for ever",
        "broken gzip",
        "a 404 among more than a hundred headers",
        "headers without end",
    }
)
"""A browser shows an error, the server's or its own, or an empty page. It shows what came of a body that is
cut or slow, so those rows are not here."""

REFUSED = ("401", "402", "a bare 403", "405 to GET", "406 although all is accepted", "407 of a server", "418")
REFUSED += ("426", "451", "511", "999")
WALLED = ("Cloudflare's mark", "Cloudflare's old page", "Cloudflare, packed", "Cloudflare on a 404")
WALLED += ("Cloudflare's list", "Akamai", "Imperva", "DataDome", "HUMAN", "AWS WAF captcha", "Sucuri")
WALLED += ("DDoS-Guard", "Vercel's firewall", "Wordfence", "a captcha", "a captcha by its title")
LIMITED = ("429 for ever", "Cloudflare's limit", "Vercel's checkpoint", "Kasada")
DISGUISED = ("to a login", "to sign in", "Imperva with a 200", "AWS WAF challenge", "Anubis")
HIDDEN, APPLICATION = "a mail address that is hidden", "into an application"

FOR_PEOPLE = frozenset({*REFUSED, *WALLED, *LIMITED, *DISGUISED, HIDDEN, APPLICATION})
"""A person gets in, or may: with a login, with scripts, with an application, or a little later. Of these a
program cannot be sure."""

Tool = Literal["lychee", "linkchecker"]


@dataclass(frozen=True)
class Difference:
    """Rows of which holdfast says one thing and another program another, and why holdfast is right."""

    tools: tuple[Tool, ...]
    ours: Said
    theirs: Said | None
    """None: it reports the row nowhere."""
    names: tuple[str, ...]
    why: str


BOTH: tuple[Tool, ...] = ("lychee", "linkchecker")
LYCHEE: tuple[Tool, ...] = ("lychee",)
LINKCHECKER: tuple[Tool, ...] = ("linkchecker",)

DIFFERENCES = (
    Difference(
        BOTH,
        "unsure",
        "dead",
        REFUSED,
        "These statuses say who may look, and how; none says that the page is gone (RFC 9110 section 15.5, "
        "RFC 7725, RFC 6585 section 6). A reader who is no program, or has a login, sees it.",
    ),
    Difference(
        BOTH,
        "unsure",
        "dead",
        WALLED,
        "The page of a firewall, known by its own marks: a browser runs its script, or a person solves it, "
        "and the reader is let in.",
    ),
    Difference(
        LYCHEE,
        "unsure",
        "dead",
        LIMITED,
        "Too many requests of one client (RFC 6585 section 4) is no word about the page.",
    ),
    Difference(
        LINKCHECKER,
        "unsure",
        "fine",
        LIMITED,
        "The same: nobody has seen the page, so it is not called good either.",
    ),
    Difference(
        BOTH,
        "unsure",
        "fine",
        DISGUISED,
        "What answered is a login or a wall, not the page: whether that is there, nobody has seen.",
    ),
    Difference(
        BOTH,
        "unsure",
        "dead",
        (HIDDEN,),
        "Nothing is at that address by design: a script turns it into a mail address before a reader clicks.",
    ),
    Difference(
        LYCHEE,
        "unsure",
        None,
        (APPLICATION,),
        "It is counted as unsupported and listed nowhere. The reader who has the application gets there.",
    ),
    Difference(
        LINKCHECKER,
        "unsure",
        "dead",
        (APPLICATION,),
        "A redirect to another scheme is handed to an application (WHATWG HTML, navigation, hand-off to "
        "external software); only a program without one fails there.",
    ),
    Difference(
        BOTH,
        "unsure",
        "dead",
        ("TLS, a forgotten intermediate",),
        "Browsers have that certificate, or fetch it from where the server's own names it (RFC 5280 section "
        "4.2.2.1).",
    ),
    Difference(
        BOTH,
        "fine",
        "dead",
        ("TLS, RSA key exchange",),
        "TLS_RSA_WITH_AES_128_GCM_SHA256 (RFC 5288): old, and open in browsers; the others leave it out.",
    ),
    Difference(
        BOTH,
        "fine",
        "dead",
        ("more than a hundred headers", "a redirect among more than a hundred headers"),
        "RFC 9110 section 5.4 sets no limit to the number of headers; browsers bound their bytes (256 KB).",
    ),
    Difference(
        BOTH,
        "fine",
        "dead",
        (
            "503, then well",
            "500 twice, then well",
            "503 with a date that is over",
            "503 with nonsense",
            "408, then well",
            "a 404 that is none a moment later",
        ),
        "The trouble has passed (RFC 9110 sections 15.5.9 and 15.6.4 say so themselves); a reader who comes "
        "now sees the page. holdfast asks again before it calls anything broken.",
    ),
    Difference(
        LINKCHECKER,
        "fine",
        "dead",
        ("a reset, then well",),
        "The same, of a connection that broke off once; browsers try again by themselves.",
    ),
    Difference(
        LYCHEE,
        "fine",
        "dead",
        ("300 with a page of choices",),
        "A page of choices is shown to the reader (RFC 9110 section 15.4.1).",
    ),
    Difference(
        LYCHEE,
        "fine",
        "dead",
        ("in raw UTF-8",),
        "A Location with bytes beyond ASCII is read as UTF-8 by browsers (WHATWG Fetch, location URL).",
    ),
    Difference(
        LYCHEE,
        "fine",
        "dead",
        ("a circle for whoever keeps no cookie",),
        "Browsers keep the cookie that the first hop sets (RFC 6265 section 5), so the circle ends.",
    ),
    Difference(
        LINKCHECKER,
        "dead",
        "fine",
        ("status 304", "301 without a Location"),
        "Neither brings a page: nobody asked whether it has changed (RFC 9110 section 15.4.5), and without a "
        "Location there is nowhere to go. The reader's window stays empty.",
    ),
    Difference(
        LINKCHECKER,
        "dead",
        "fine",
        ("closed within the head",),
        "The head never ended (RFC 9112 section 2.1), and nothing came after it.",
    ),
    Difference(
        LINKCHECKER,
        "dead",
        None,
        ("to no URL",),
        "http://[::1/ is no URL (WHATWG URL section 4.4), so the redirect leads nowhere; the other fails on "
        "it itself and reports nothing.",
    ),
    Difference(
        BOTH,
        "unsure",
        "fine",
        ("broken gzip",),
        "A browser shows an error. It asks for compression, though, and may be sent something else than a "
        "program that does not.",
    ),
)

# -- files ------------------------------------------------------------------------------------------------

FILES: Mapping[str, str] = {
    "a.md": """\
# Über uns

[page](b.md) [heading](b.md#second-heading) [the second of its name](b.md#again-1) [own](#über-uns)
[space](<a b.html>) [escaped](a%20b.html) [by id](b.md#by-id) [by name](b.md#by-name) [folder](sub/)
[with code](b.md#the-run-command) [emphasis](b.md#the-fine-print) [setext](b.md#underlined)
[marks](b.md#whats-new-in-20) [escapes](b.md#a_b) ![picture](pic.png) [query](b.md?plain=1)
[up](sub/../b.md) [up and down](./sub/c.md) [reference][r] [top](b.md#top) [link in it](b.md#see-this)

[missing](missing.md) [no heading](b.md#nope) [case](B.md) ![case](pic.PNG) <img src="gone.png" alt="">
[reference][g] [third of its name](b.md#again-2) [file in a folder](sub/gone.md) [no id](j.html#nope)

`[code](in-code.md)` <!-- [comment](in-comment.md) <a href="in-comment.html">x</a> -->

    [indented](in-indented.md)

```
[fenced](in-fence.md)
```

\\[escaped](in-escape.md)

[r]: b.md#first "title"
[g]: gone-reference.md
""",
    "b.md": """\
# First

## Second heading

## Again

## Again

## The `run` command

## The *fine* print

Underlined
----------

## What’s new in 2.0?

## a\\_b

## See [this](a.md)

<a id="by-id"></a> <a name="by-name"></a>
""",
    "sub/c.md": "# C\n\n[up](../b.md#first) [wrong](b.md#first) [own](#c) [own, wrong](#d)\n",
    "i.html": """\
<!doctype html><html><head><title>I</title><link rel="stylesheet" href="gone.css"></head><body>
<a href="j.html">page</a> <a href="j.html#x">id</a> <a href="j.html#%78">escaped id</a> <a href="#q">name</a>
<a href="#top">top</a> <a href="">itself</a> <a href=" j.html?n=1&amp;m=2 ">space and query</a>
<a href="j.html#caf%C3%A9">id beyond ASCII</a> <img src="pic.png" alt=""> <a href="a%20b.html">space</a>
<a href="k.html">missing</a> <a href="j.html#nope">no id</a> <img src="gone2.png" alt="">
<img srcset="pic.png 1x, gone3.png 2x" alt=""> <video poster="gone4.png"></video> <a href="J.html">case</a>
<script src="gone.js"></script> <a href="#Q">case of a name</a> <map><area href="gone-area.html" alt=""></map>
<!-- <a href="in-comment.html">comment</a> --> <script>document.title = '<a href="in-script.html">';</script>
<a name="q"></a></body></html>
""",
    "j.html": '<!doctype html><title>J</title><p id="x">x</p><p id="café">y</p>\n',
    "a b.html": "<!doctype html><title>A B</title>\n",
    "pic.png": "png",
}

MISSING: frozenset[Link] = frozenset(
    {
        *(
            ("a.md", to)
            for to in (
                "missing.md",
                "b.md#nope",
                "B.md",
                "pic.PNG",
                "gone.png",
                "gone-reference.md",
                "b.md#again-2",
                "sub/gone.md",
                "j.html#nope",
            )
        ),
        ("sub/c.md", "sub/b.md#first"),
        ("sub/c.md", "sub/c.md#d"),
        *(
            ("i.html", to)
            for to in (
                "gone.css",
                "k.html",
                "j.html#nope",
                "gone2.png",
                "gone3.png",
                "gone4.png",
                "J.html",
                "gone.js",
                "i.html#Q",
                "gone-area.html",
            )
        ),
    }
)
"""Where a reader finds nothing: no such file, or a page that does not jump."""

PRESENT: frozenset[Link] = frozenset(
    {
        *(
            ("a.md", to)
            for to in (
                "b.md",
                "b.md#second-heading",
                "b.md#again-1",
                "a.md#über-uns",
                "a b.html",
                "b.md#by-id",
                "b.md#by-name",
                "sub",
                "b.md#the-run-command",
                "b.md#the-fine-print",
                "b.md#underlined",
                "b.md#whats-new-in-20",
                "b.md#a_b",
                "pic.png",
                "b.md?plain=1",
                "sub/c.md",
                "b.md#first",
                "b.md#top",
                "b.md#see-this",
            )
        ),
        ("b.md", "a.md"),
        ("sub/c.md", "b.md#first"),
        ("sub/c.md", "sub/c.md#c"),
        *(
            ("i.html", to)
            for to in (
                "j.html",
                "j.html#x",
                "i.html#q",
                "i.html#top",
                "j.html?n=1&m=2",
                "j.html#café",
                "pic.png",
                "a b.html",
            )
        ),
    }
)
"""All others. What stands in code or in a comment is no link, and a program that reports it is wrong."""


@dataclass(frozen=True)
class LocalDifference:
    """As `Difference`, of one link of the files."""

    tools: tuple[Tool, ...]
    ours: Said | None
    theirs: Said | None
    link: Link
    why: str


LOCAL_DIFFERENCES = (
    LocalDifference(
        LYCHEE,
        "dead",
        None,
        ("i.html", "gone.js"),
        "The page loads it (HTML section 4.12.1); without it the reader sees another page than was meant.",
    ),
    LocalDifference(
        LINKCHECKER,
        "dead",
        None,
        ("i.html", "gone4.png"),
        "The poster frame of a video is a picture that the page shows (HTML section 4.8.8).",
    ),
    LocalDifference(
        LINKCHECKER,
        "fine",
        None,
        ("i.html", "j.html?n=1&m=2"),
        "White space around a URL is stripped (HTML section 2.4.1), and &amp; is &: the page is there.",
    ),
    LocalDifference(
        LINKCHECKER,
        "fine",
        "dead",
        ("i.html", "i.html#top"),
        "#top is the top of every document (HTML section 7.4.6.3).",
    ),
    LocalDifference(
        LINKCHECKER,
        "fine",
        "dead",
        ("i.html", "j.html#café"),
        "A fragment is percent-decoded as UTF-8 before it is looked for (HTML section 7.4.6.3).",
    ),
    LocalDifference(
        BOTH,
        "unsure",
        "dead",
        ("i.html", "i.html#Q"),
        "The page runs scripts, which may make the id; what they do is not to be read off the file.",
    ),
)

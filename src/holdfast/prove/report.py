"""The proof as a page for people and as JSON for programs.

Pure: a `Proof` in, text out. The page asks for nothing but the screenshots beside it, and says so itself by a
policy; what pages and consoles said is strangers' text and is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

import msgspec

from ..words import count, visible
from .judging import FAULTS
from .seen import Finding, Look, Proof

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:"

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --soft: #666; --line: #d5d5d5; --good: #17692e;
  --bad: #a3201c; --paper: #fff; --band: #f5f5f3 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --soft: #a5a5a5; --line: #444; --good: #7ed196;
  --bad: #ff9a92; --paper: #161616; --band: #212121 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 75rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; margin: .5rem 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
p { margin: .5rem 0 }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem }
.proved { color: var(--good) } .bad { color: var(--bad) } .soft { color: var(--soft); font-size: .9rem }
ul { padding-left: 1.2rem; margin: .25rem 0 } li { margin: .15rem 0 }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .5rem; margin: 1rem 0 }
dl div { background: var(--band); padding: .5rem .75rem; border-radius: .4rem }
dt { color: var(--soft); font-size: .85rem } dd { margin: 0; font-size: 1.25rem }
section { border-top: 1px solid var(--line); padding-top: .25rem }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem }
figure { margin: .5rem 0 } figcaption { color: var(--soft); font-size: .85rem }
figure a { display: block; max-height: 32rem; overflow: auto; border: 1px solid var(--line) }
img { display: block; width: 100%; height: auto }
"""


def json(proof: Proof) -> str:
    """Field names and meaning: `seen`."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=2).decode() + "\n"


def html(proof: Proof) -> str:
    """The verdict, what was found, then every page with its screenshots side by side."""
    return "".join(_document(proof))


def _text(text: str) -> str:
    """Strangers' text: nothing in it is markup or turns the line around."""
    return escape(visible(text))


def _document(proof: Proof) -> Iterator[str]:
    words = "Proved" if proof.verdict == "proved" else "Not proved"
    yield "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
    yield f'<meta http-equiv=Content-Security-Policy content="{_POLICY}">\n'
    yield "<meta name=viewport content='width=device-width, initial-scale=1'>\n"
    yield f"<title>{words}: the offline copy</title>\n<style>{_STYLE}</style>\n"
    yield f"<h1 class={'proved' if proof.verdict == 'proved' else 'bad'}>{words}</h1>\n"
    yield f"<p>{_sentence(proof)}</p>\n"
    yield from _numbers(proof)
    yield from _findings(proof)
    yield "<h2>Pages</h2>\n"
    by_look = {
        key: list(found) for key, found in groupby(proof.findings, key=lambda each: (each.page, each.view))
    }
    for look in proof.looks:
        yield from _look(look, by_look.get((look.page, look.view), []))


def _sentence(proof: Proof) -> str:
    opened = f"{count(proof.totals.pages, 'page')} of {proof.pages:,}"
    if proof.verdict == "proved":
        return (
            f"{opened} opened in {_text(proof.browser)} without a network: "
            "not one reached for it, no file and no image was missing"
            f"{_limits(proof)}."
        )
    if not proof.looks:
        return "No page was opened."
    bad = len({each.page for each in proof.findings if each.fails})
    return f"{opened} opened in {_text(proof.browser)} without a network; {count(bad, 'page')} failed."


def _limits(proof: Proof) -> str:
    if not proof.totals.limits:
        return ""
    return f"; {count(proof.totals.limits, 'file')} that no browser takes from file: had been told of before"


def _numbers(proof: Proof) -> Iterator[str]:
    rows = (
        ("pages opened", f"{proof.totals.pages:,}"),
        ("attempts to reach the network", f"{proof.totals.attempts:,}"),
        ("files not had", f"{proof.totals.failed:,}"),
        ("images that show nothing", f"{proof.totals.images:,}"),
        ("images looked at", f"{proof.totals.looked_at:,}"),
        ("files read from the copy", f"{proof.totals.files:,}"),
        ("seconds", f"{proof.seconds:,.1f}"),
    )
    yield "<dl>"
    yield from (f"<div><dt>{words}</dt><dd>{value}</dd></div>" for words, value in rows)
    yield "</dl>\n"


def _findings(proof: Proof) -> Iterator[str]:
    """What fails first; the same fault on many pages (a theme's script) is one line with its pages."""
    for title, fails in (("What has to be mended", True), ("Also seen", False)):
        together: dict[str, list[Finding]] = {}
        for each in proof.findings:
            if each.fails == fails:
                together.setdefault(each.text, []).append(each)
        if not together:
            continue
        yield f"<h2>{title}</h2>\n<ul>\n"
        for text, found in sorted(together.items(), key=lambda pair: _weight(pair[1])):
            yield f"<li{' class=bad' if fails else ''}>{_text(text)}<br>"
            yield f"<span class=soft>{_pages(found)}</span>\n"
        yield "</ul>\n"
    if proof.own_requests:
        yield (
            "<p class=soft>The browser itself, whatever page is open, wanted "
            f"{_text(', '.join(proof.own_requests[:10]))}; "
            "that was stopped too and is no fault of the copy.</p>\n"
        )


def _weight(found: list[Finding]) -> tuple[int, int, str]:
    """The worst faults first, of each those on most pages."""
    return list(FAULTS).index(found[0].fault), -len(found), found[0].text


def _pages(found: Iterable[Finding]) -> str:
    names = list(dict.fromkeys(each.page for each in found))
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return _text(", ".join(names[:5])) + more


def _look(look: Look, found: list[Finding]) -> Iterator[str]:
    state = "bad" if any(each.fails for each in found) else "proved"
    yield f"<section><h3 class={state}>{_text(look.page)} <span class=soft>{_text(look.view)}</span></h3>\n"
    yield (
        f"<p class=soft>{count(look.files, 'file')} read, {count(look.looked_at, 'image')} looked at, "
        f"{count(len(look.attempts), 'address', 'addresses')} reached for, {look.seconds:.1f} s"
        f"{_apart(look)}</p>\n"
    )
    if found:
        yield "<ul>"
        yield from (f"<li{' class=bad' if each.fails else ''}>{_text(each.text)}" for each in found[:50])
        if len(found) > 50:
            yield f"<li>and {len(found) - 50:,} more, in proof.json"
        yield "</ul>\n"
    yield "<div class=pair>"
    for name, words in ((look.screenshot, "without a network"), (look.online, "online")):
        if name is not None:
            link = escape(name)
            yield (
                f"<figure><figcaption>{words}</figcaption><a href={link}><img loading=lazy src={link} "
                f'alt="{_text(look.page)}, {words}"></a></figure>'
            )
    yield "</div></section>\n"


def _apart(look: Look) -> str:
    return (
        "" if look.difference is None else f", {look.difference.share:.2%} of its pixels differ from online"
    )

"""Pages with status 200 that say they are not there.

Sends nothing: bytes in, words or a digest out. Only the title and the first heading are read for phrases: in
running text such words may be what an honest page is about.
"""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass

READ = 262144
"""Bytes of a page that are read for this."""
_TITLE = re.compile(rb"<title\b[^>]{0,200}>([^<]{0,400})", re.IGNORECASE)
_HEADING = re.compile(rb"<h1\b[^>]{0,400}>(.{0,800}?)</h1", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]{0,2000}>")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_:-]{2,30})", re.IGNORECASE)

_OH = r"(sorry,? |oops!? |whoops!? |uh[- ]oh!? |we're sorry,? |hmm,? |error:? )*"
_THING = r"(page|file|article|document|content|post|item|resource|url|site|website)"
_NO = r"(can't|cannot|can’t|couldn't|couldn’t|could not)"

PHRASES: tuple[str, ...] = (
    # English
    r"((error|http|status) )?404( error)?",
    rf"((error|http) )?404[ :.,|!-]*(error|not found|(the )?{_THING} .{{0,40}}not .{{0,20}}found).{{0,60}}",
    r"not found( \(?404\)?)?",
    rf"{_OH}(the |this |that |your |requested )*{_THING}"
    r"( you( are|'re|’re)? (looking for|requested)| requested)?"
    r" (was |is |could |can |has |does |do |been |(isn|couldn|doesn|can)['’]t )*"
    r"(not |no longer |be )*(found|available|exist|exists|removed|deleted)( \(?404\)?)?",
    rf"{_OH}(we |i )?{_NO} find (that|this|the|your) {_THING}( you.{{0,30}})?",
    rf"(no such|nonexistent|missing) {_THING}",
    rf"(the )?{_THING} (not|cannot be|can't be|can’t be) (found|displayed)( \(?404\)?)?",
    # German, French, Spanish, Portuguese, Italian, Dutch, Romanian, Polish
    r"(die |diese )?(seite|datei)( wurde)?( leider)? nicht gefunden",
    r"(la |cette )?page (non trouvée|introuvable|n['’]existe pas|n['’]a pas été trouvée)",
    r"(la )?p[aá]gina (no encontrada|no existe|não encontrada|não existe)",
    r"pagina (non trovata|niet gevonden|nu a fost găsită)",
    r"nie znaleziono strony|strona nie (została znaleziona|istnieje)",
    # Swedish, Danish, Norwegian, Turkish, Finnish, Czech, Hungarian
    r"sidan (kunde inte hittas|hittades inte|finns inte)",
    r"siden (blev ikke fundet|ble ikke funnet|finnes ikke)",
    r"sayfa bulunamadı|sivua ei löyt\w+|stránka nenalezena|az oldal nem található",
    # Russian, Ukrainian
    r"(страница|файл) не найден[ао]?|страница не существует|сторінк[ау] не знайдено",
    # Chinese, Japanese, Korean
    r".{0,12}(页面|網頁|网页|頁面|文章|内容|內容|链接|文件|帖子|商品|视频).{0,6}"
    r"(不存在|找不到|未找到|已删除|已刪除|已被删除|已失效|不见了|走丢了|丢失了)(了|啦)?.{0,8}",
    r".{0,8}(找不到|未找到|无法找到|無法找到|没有找到|沒有找到).{0,8}(页面|頁面|网页|網頁|文章|内容|內容).{0,8}",
    r".{0,10}ページ(が|は)(見つかりません|見つかりませんでした|存在しません|ありません).{0,10}",
    r".{0,10}페이지를 찾을 수 없습니다.{0,10}",
)
"""Regular expressions for a whole title or heading, or for a whole part of it between separators."""

_PARTS = re.compile(r"\s+[|\-–—·•:»«/]\s+|\s*[|｜]\s*|_|\s+-\s*|[–—]")
_WHOLE = re.compile("|".join(f"(?:{phrase})" for phrase in PHRASES), re.IGNORECASE)


def says(page: bytes) -> str:
    """The title or heading by which a page says that it is not there; empty when it says no such thing."""
    for pattern in (_TITLE, _HEADING):
        found = pattern.search(page)
        text = _text(found[1], page) if found else ""
        for part in (text, *_PARTS.split(text)):
            if _WHOLE.fullmatch(part.strip(" .!?。！？…\u3000")):
                return text[:120]
    return ""


@dataclass(frozen=True, slots=True)
class Stranger:
    """What a host answers when it is asked for something that cannot exist."""

    final_url: str
    digest: str
    redirected: bool


def resembles(stranger: Stranger | None, url: str, final_url: str, page: bytes) -> str:
    """Why an answer is the same as that to a stranger; empty when it is not.

    A site's front page is what many hosts answer to everything: it is no soft 404 when it was asked for.
    """
    if stranger is None or _is_front(url):
        return ""
    if stranger.redirected and final_url == stranger.final_url and final_url != url:
        return "it redirects to where the host sends every unknown address"
    if stranger.digest and stranger.digest == digest(page):
        return "it is the page that the host shows for every unknown address"
    return ""


def digest(page: bytes) -> str:
    """What identifies a page's words: markup, numbers and hexadecimal tokens do not count.

    Empty where too few words are left to tell pages apart: applications that draw themselves in the browser
    send the same frame for every address.
    """
    text = re.sub(r"(?is)<(script|style|noscript)\b.*?</\1\s*>", " ", page[:READ].decode("utf-8", "replace"))
    words = re.findall(r"[^\W\d_]{2,}", html.unescape(_TAG.sub(" ", text)))
    if len("".join(words)) < LEAST_LETTERS:
        return ""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


LEAST_LETTERS = 60


def _is_front(url: str) -> bool:
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    return path in ("", "index.html", "index.htm", "index.php")


def _text(markup: bytes, page: bytes) -> str:
    found = _CHARSET.search(page[:2048])
    try:
        text = markup.decode(found[1].decode() if found else "utf-8", "replace")
    except LookupError:
        text = markup.decode("utf-8", "replace")
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())

"""Jekyll: posts, pages and collections (jekyllrb.com/docs/permalinks), with GitHub Pages' plug-ins in mind.

Opens nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from ...addresses import join
from ...generators.settings import listed, table, text
from .. import front as fronts
from ..front import Front
from .record import MARKDOWN, Facts, Page, day_of, stem_of, tidied, under

STYLES: Mapping[str, str] = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
"""The built-in formats (jekyllrb.com/docs/permalinks/#built-in-formats)."""

_POST = re.compile(r"(?P<date>\d{2,4}-\d{1,2}-\d{1,2})-(?P<title>.+)")
_PAGES = MARKDOWN | {".html", ".htm"}
_MADE = re.compile(
    r"(?:.*/)?(?:page/?\d+/?|(?:feed|atom|rss|sitemap|search)[^/]*|robots\.txt|404(?:\.html)?|.*\.(?:xml|json|txt|css|js))$"
)


class Jekyll:
    """One site's rules."""

    def __init__(self, facts: Facts) -> None:
        values = facts.values
        self._facts = facts
        self._permalink = text(values.get("permalink")) or "date"
        named = values.get("collections")
        self._collections = dict(named) if isinstance(named, dict) else {name: {} for name in listed(named)}
        self._collections_dir = text(values.get("collections_dir")).strip("/")
        self._defaults = (
            [
                (table(table(each).get("scope")), table(table(each).get("values")))
                for each in (values.get("defaults") or [])
                if isinstance(each, dict)
            ]
            if isinstance(values.get("defaults"), list)
            else []
        )
        self._made_by_plugins = bool(listed(values.get("plugins"))) or bool(listed(values.get("gems")))

    def page(self, path: str, front: Front | None) -> Page | None:
        """See `Permalinks`."""
        rest = under(path, self._facts.content)
        if rest is None:
            return None
        folder, stem, ending = stem_of(rest)
        if ending not in _PAGES:
            return None
        if self._collections_dir and folder.startswith(self._collections_dir + "/"):
            folder = folder[len(self._collections_dir) + 1 :]
        parts = folder.split("/")
        values = front or {}
        for name in ("_posts", "_drafts"):
            if name in parts:
                at = parts.index(name)
                return self._post(path, parts[:at], rest, stem, values, known=front is not None)
        collection = parts[0].removeprefix("_")
        if parts[0].startswith("_") and collection in self._collections:
            return self._collected(path, collection, join(*parts[1:], stem), rest, values)
        if any(part.startswith("_") for part in (*parts, stem)):
            return None
        return self._page(path, folder, stem, rest, values, known=front is not None)

    def _default(self, rest: str, kind: str, key: str) -> str:
        """What ``defaults`` of the configuration set; the most specific scope counts."""
        best, depth = "", -1
        for scope, values in self._defaults:
            where = text(scope.get("path")).strip("/")
            fits = not where or rest == where or rest.startswith(where + "/")
            if (
                fits
                and text(scope.get("type")) in ("", kind)
                and text(values.get(key))
                and len(where) >= depth
            ):
                best, depth = text(values.get(key)), len(where)
        return best

    def _post(self, path: str, above: list[str], rest: str, stem: str, front: Front, *, known: bool) -> Page:
        named = _POST.fullmatch(stem)
        title = named["title"] if named else stem
        day = day_of(fronts.text(front, "date")) or (day_of(named["date"]) if named else None)
        own = fronts.text(front, "permalink") or self._default(rest, "posts", "permalink")
        pattern = own or table(self._collections.get("posts")).get("permalink") or self._permalink
        pattern = STYLES.get(str(pattern), str(pattern))
        slug = fronts.text(front, "slug") or title
        categories = [*(part for part in above if part), *fronts.texts(front, "category"),
                      *fronts.texts(front, "categories", " ")]  # fmt: skip
        tokens = {
            "title": _slug(slug, lower=bool(fronts.text(front, "slug"))),
            "slug": _slug(slug, lower=True),
            "name": _slug(slug, lower=True),
            "categories": "/".join(dict.fromkeys(_slug(each, lower=True) for each in categories)),
            "slugified_categories": "/".join(dict.fromkeys(_slug(each, lower=True) for each in categories)),
            "output_ext": ".html",
            "collection": "posts",
            "path": stem,
        }
        if day is not None:
            year, week, weekday = day.when.isocalendar()
            tokens |= day.tokens
            tokens |= {
                "short_year": f"{day.when.year % 100:02}",
                "y_day": f"{day.when.timetuple().tm_yday:03}",
                "week": f"{week:02}",
                "w_year": str(year),
                "w_day": str(weekday),
                "short_day": day.when.strftime("%a"),
                "long_day": day.when.strftime("%A"),
                "short_month": day.when.strftime("%b"),
                "long_month": day.when.strftime("%B"),
            }
        return self._made(path, pattern, tokens, front, known and not (day is not None and day.zoned))

    def _collected(self, path: str, collection: str, inner: str, rest: str, front: Front) -> Page | None:
        settings = table(self._collections[collection])
        own = fronts.text(front, "permalink") or self._default(rest, collection, "permalink")
        pattern = own or text(settings.get("permalink")) or "/:collection/:path:output_ext"
        if not own and not settings.get("permalink") and self._is_pretty():
            pattern = "/:collection/:path/"
        name = posixpath.basename(inner)
        tokens = {
            "collection": collection,
            "path": inner,
            "name": _slug(name, lower=True),
            "title": fronts.text(front, "slug") or name,
            "slug": fronts.text(front, "slug") or name,
            "output_ext": ".html",
        }
        if settings.get("output") is not True:
            return None
        return self._made(path, STYLES.get(pattern, pattern), tokens, front, True)

    def _made(self, path: str, pattern: str, tokens: Mapping[str, str], front: Front, known: bool) -> Page:
        missing = False

        def value(match: re.Match[str]) -> str:
            nonlocal missing
            names = [name for name in tokens if match[1].startswith(name)]
            if not names:
                missing = True
                return ""
            longest = max(names, key=len)
            return tokens[longest] + match[1][len(longest) :]

        address = tidied(re.sub(r":([a-z_]+)", value, pattern))
        if missing:
            return Page(path, (address,), known=False)
        return Page(path, (_closed(address), *_redirects(front)), known and self._facts.read)

    def _page(self, path: str, folder: str, stem: str, rest: str, front: Front, *, known: bool) -> Page:
        own = fronts.text(front, "permalink") or self._default(rest, "pages", "permalink")
        pretty = self._is_pretty()
        if own and own not in STYLES:
            tokens = {"path": folder, "basename": stem, "output_ext": ".html", "title": stem, "name": stem}
            return self._made(path, own, tokens, front, known)
        addresses = []
        if stem.lower() == "index":
            addresses.append(f"{folder}/" if folder else "")
        else:
            plain, closed = join(folder, f"{stem}.html"), join(folder, stem) + "/"
            addresses += [closed, plain] if (pretty and not own) or own == "pretty" else [plain]
            if stem.lower() == "readme":  # jekyll-readme-index
                addresses.append(f"{folder}/" if folder else "")
        return Page(path, (*addresses, *_redirects(front)), known and self._facts.read)

    def _is_pretty(self) -> bool:
        return self._permalink == "pretty" or self._permalink.endswith("/")

    def may_be(self, address: str) -> bool:
        """See `Permalinks`."""
        first, _, rest = address.partition("/")
        if _MADE.fullmatch(address) or (self._made_by_plugins and not posixpath.splitext(address)[1]):
            return True
        # archives of tags and categories, a theme's own files
        return first in ("tags", "tag", "categories", "category", "archive", "archives", "assets") or not rest


def _redirects(front: Front) -> Iterator[str]:
    """jekyll-redirect-from."""
    for each in fronts.texts(front, "redirect_from"):
        yield tidied(each)


def _closed(address: str) -> str:
    """A permalink without ``/`` or an ending is written as a file of that name with .html."""
    if not address or address.endswith("/") or posixpath.splitext(address)[1] in (".html", ".htm", ".xml"):
        return address
    return address + ".html"


def _slug(text: str, *, lower: bool) -> str:
    """Jekyll's ``slugify`` in mode ``pretty``; case is kept in titles."""
    made = re.sub(r"[^\w._~!$&'()+,;=@-]+", "-", text).strip("-")
    return made.lower() if lower else made

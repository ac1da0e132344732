"""What is known of single hosts, as rows: what is live, how to ask, what a placeholder looks like, what fits.

Asks no host anything: every row is something that was seen in the wild and that a person can check. A new
oddity is a new row; no other module names a host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec

from .config import GIB, MIB

# -- live: made anew for every viewer --------------------------------------------------------------------


class Live(msgspec.Struct, frozen=True):
    """One row: images of these hosts whose path and query match are never frozen."""

    hosts: tuple[str, ...]
    """Exact names; ``*.example.org`` stands for the domain and everything under it."""
    path: str
    """A regular expression, searched in ``/path?query``; empty for every path."""
    why: str


_BADGE_FILE = r"(?i)badge[^/]*(\.svg|\.png)?(\?|$)"

LIVE: tuple[Live, ...] = (
    # badges
    Live(("img.shields.io", "shields.io", "raster.shields.io"), "", "a badge"),
    Live(("badge.fury.io", "*.badgen.net", "forthebadge.com", "badges.gitter.im"), "", "a badge"),
    Live(("maven-badges.herokuapp.com", "maven-badges.sml.io"), "", "a badge"),
    Live(("badge.buildkite.com", "img.badgesize.io", "poser.pugx.org", "*.pepy.tech"), "", "a badge"),
    Live(("github.com",), r"^/[^/]+/[^/]+/(actions/)?workflows/.+/badge\.svg", "a build badge"),
    Live(("github.com",), r"^/[^/]+/[^/]+/badges?/", "a badge"),
    Live(("gitlab.com", "*.gitlab.io", "gitee.com"), r"/badges?/|/badge\.svg", "a badge"),
    Live(("*.travis-ci.org", "*.travis-ci.com"), r"\.(svg|png)(\?|$)", "a build badge"),
    Live(
        ("codecov.io", "app.codecov.io", "coveralls.io", "*.codeclimate.com"), "(?i)badge", "a coverage badge"
    ),
    Live(("codecov.io",), r"/graphs/.*\.svg", "a coverage graph"),
    Live(("circleci.com", "dl.circleci.com"), r"\.(svg|png)(\?|$)", "a build badge"),
    Live(("ci.appveyor.com",), r"^/api/projects/status/", "a build badge"),
    Live(("dev.azure.com", "*.visualstudio.com"), r"/_apis/.*status", "a build badge"),
    Live(("app.codacy.com", "api.codacy.com", "www.codacy.com"), r"/project/badge", "a badge"),
    Live(("sonarcloud.io",), r"^/api/(project_badges|badges)/", "a badge"),
    Live(("api.netlify.com",), r"^/api/v1/badges/", "a build badge"),
    Live(("readthedocs.org", "readthedocs.com", "*.readthedocs.io"), r"/badge/", "a build badge"),
    Live(("goreportcard.com", "pkg.go.dev", "repology.org", "isitmaintained.com"), r"^/badge", "a badge"),
    Live(("godoc.org",), r"\?status\.svg|[?&]status", "a badge"),
    Live(
        ("docs.rs", "deps.rs", "crates.io", "snyk.io", "codebeat.co", "packagephobia.com"),
        _BADGE_FILE,
        "a badge",
    ),
    Live(("*.bestpractices.dev", "bestpractices.coreinfrastructure.org"), r"/badge", "a badge"),
    Live(("david-dm.org", "*.greenkeeper.io"), r"\.(svg|png)(\?|$)", "a badge"),
    Live(("wakatime.com",), r"^/(badge|share)/", "a badge"),
    Live(("opencollective.com",), r"\.(svg|png)(\?|$)", "a list of backers"),
    # counters
    Live(("hits.seeyoufarm.com", "hits.sh", "hits.dwyl.com", "hits.dwyl.io"), "", "a visitor counter"),
    Live(
        ("visitor-badge.glitch.me", "visitor-badge.laobi.icu", "visitor-badge.imlete.cn"),
        "",
        "a visitor counter",
    ),
    Live(
        ("api.visitorbadge.io", "profile-counter.glitch.me", "page-views.glitch.me"), "", "a visitor counter"
    ),
    Live(("count.getloli.com", "moe-counter.glitch.me", "hitwebcounter.com"), "", "a visitor counter"),
    Live(("komarev.com",), r"^/ghpvc", "a visitor counter"),
    Live(("*.flagcounter.com", "*.clustrmaps.com", "*.revolvermaps.com"), "", "a visitor counter"),
    Live(("c.statcounter.com", "ga-beacon.appspot.com", "www.google-analytics.com"), "", "a tracking pixel"),
    Live(("hm.baidu.com", "pixel.wp.com", "stats.wordpress.com"), "", "a tracking pixel"),
    # statistics drawn at the moment of viewing
    Live(
        ("github-readme-stats.vercel.app", "github-readme-stats-git-masterrstaa-rickstaa.vercel.app"),
        "",
        "statistics",
    ),
    Live(("github-readme-streak-stats.herokuapp.com", "streak-stats.demolab.com"), "", "statistics"),
    Live(("github-profile-trophy.vercel.app", "github-readme-activity-graph.vercel.app"), "", "statistics"),
    Live(("activity-graph.herokuapp.com", "metrics.lecoq.io", "ghchart.rshah.org"), "", "statistics"),
    Live(("*.star-history.com", "starchart.cc", "contrib.rocks"), "", "statistics"),
    Live(
        ("spotify-github-profile.vercel.app", "quotes-github-readme.vercel.app"),
        "",
        "drawn anew for every viewer",
    ),
    Live(("wttr.in",), "", "the weather"),
    # random pictures
    Live(("source.unsplash.com", "unsplash.it", "api.ixiaowai.cn", "www.dmoe.cc"), "", "a random picture"),
    Live(("api.dujin.org", "bing.img.run", "t.mwm.moe", "api.btstu.cn"), "", "a random picture"),
    Live(("picsum.photos",), r"^/(?!id/|seed/)", "a random picture"),
    # players' posters
    Live(("img.youtube.com", "*.ytimg.com"), r"^/(vi|vi_webp|an_webp)/", "a player's poster"),
    Live(("i.vimeocdn.com", "vumbnail.com"), "", "a player's poster"),
    # proxies: the address is a signature or a request, not an image's own
    Live(("camo.githubusercontent.com", "images.weserv.nl", "wsrv.nl"), "", "an image proxy"),
    Live(("external-content.duckduckgo.com", "proxy.duckduckgo.com", "slack-imgs.com"), "", "an image proxy"),
    Live(("images-ext-1.discordapp.net", "images-ext-2.discordapp.net"), "", "an image proxy"),
    Live(("images1-focus-opensocial.googleusercontent.com",), "", "an image proxy"),
)


# -- quirks: how a host wants to be asked ----------------------------------------------------------------


class Quirk(msgspec.Struct, frozen=True):
    """How one host wants to be asked. None: as every other host."""

    hosts: tuple[str, ...] = ()
    referer: str | None = None
    """For the second try, after 401, 403 or a placeholder; the first never carries one."""
    user_agent: str | None = None
    interval: float | None = None
    """Seconds between the starts of two requests: a floor under the configured interval."""
    concurrency: int | None = None
    """Requests at once: a ceiling over the configured number."""
    token_env: str | None = None
    """The environment variable whose value goes out as ``Authorization: Bearer``, to these hosts only."""
    why: str = ""


QUIRKS: tuple[Quirk, ...] = (
    Quirk(("*.sinaimg.cn",), referer="https://weibo.com/", why="refuses foreign Referers with 403"),
    Quirk(
        ("*.qpic.cn", "*.qlogo.cn"),
        referer="https://mp.weixin.qq.com/",
        why="placeholder for foreign Referers",
    ),
    Quirk(
        ("*.doubanio.com", "*.douban.com"),
        referer="https://www.douban.com/",
        why="418 or 403 without its Referer",
    ),
    Quirk(("*.hdslb.com",), referer="https://www.bilibili.com/", why="403 for foreign Referers"),
    Quirk(("*.zhimg.com",), referer="https://www.zhihu.com/", why="403 for foreign Referers"),
    Quirk(
        ("*.jianshu.io", "*.jianshu.com"), referer="https://www.jianshu.com/", why="403 for foreign Referers"
    ),
    Quirk(
        ("*.csdnimg.cn", "img-blog.csdn.net", "img.blog.csdn.net"),
        referer="https://blog.csdn.net/",
        why="403",
    ),
    Quirk(("*.cnblogs.com",), referer="https://www.cnblogs.com/", why="403 for foreign Referers"),
    Quirk(("*.byteimg.com", "*.juejin.cn"), referer="https://juejin.cn/", why="403 for foreign Referers"),
    Quirk(("*.nlark.com", "*.yuque.com"), referer="https://www.yuque.com/", why="403 for foreign Referers"),
    Quirk(("*.sspai.com",), referer="https://sspai.com/", why="403 for foreign Referers"),
    Quirk(("*.126.net", "*.127.net"), referer="https://www.163.com/", why="403 for foreign Referers"),
    Quirk(
        ("*.bdstatic.com", "imgsrc.baidu.com", "*.bcebos.com"), referer="https://tieba.baidu.com/", why="403"
    ),
    Quirk(("*.xhscdn.com",), referer="https://www.xiaohongshu.com/", why="403 for foreign Referers"),
    Quirk(("*.pximg.net",), referer="https://www.pixiv.net/", why="403 without its Referer"),
    Quirk(("*.cdninstagram.com",), referer="https://www.instagram.com/", why="403 for foreign Referers"),
    Quirk(
        ("github.com",),
        interval=0.25,
        concurrency=4,
        token_env="GITHUB_TOKEN",  # noqa: S106 - the variable's name
        why="429 for hasty clients",
    ),
    Quirk(
        ("api.github.com",),
        interval=1.0,
        concurrency=1,
        token_env="GITHUB_TOKEN",  # noqa: S106
        why="its documentation asks for one request at a time; 60 an hour without a token",
    ),
    Quirk(
        ("raw.githubusercontent.com",),
        interval=0.1,
        concurrency=4,
        token_env="GITHUB_TOKEN",  # noqa: S106
        why="429 for hasty clients",
    ),
    Quirk(("*.wikimedia.org", "*.wikipedia.org"), interval=0.2, concurrency=2, why="429 for hasty clients"),
    Quirk(("web.archive.org",), interval=1.0, concurrency=2, why="refuses connections from hasty clients"),
    Quirk(("*.imgur.com",), interval=0.25, concurrency=2, why="429 for hasty clients"),
    Quirk(("*.reddit.com", "*.redd.it"), interval=0.5, concurrency=2, why="429 for hasty clients"),
)

_ORDINARY = Quirk()


# -- equivalents: the file behind a page -----------------------------------------------------------------


class Equivalent(msgspec.Struct, frozen=True):
    """One row: where the file is that a page's address means when it stands in an image."""

    hosts: tuple[str, ...]
    pattern: str
    """Matched against the whole of ``/path``; the query is the page's and is dropped."""
    new: str
    """With ``\\g<name>`` for the pattern's groups; it starts with a slash where the host stays."""
    why: str


_REPOSITORY = r"(?P<repository>/[^/]+/[^/]+)"
_PICTURE = r"(?P<name>.+\.(?i:png|jpe?g|gif|svg|webp))"

EQUIVALENTS: tuple[Equivalent, ...] = (
    # not raw.githubusercontent.com, which serves the pointer of a file that is in Git LFS
    Equivalent(
        ("github.com", "gitee.com"), _REPOSITORY + "/blob/(.+)", r"\g<1>/raw/\g<2>", "a blob is a page"
    ),
    Equivalent(("gitlab.com",), "(/.+?)(?:/-)?/blob/(.+)", r"\g<1>/-/raw/\g<2>", "a blob is a page"),
    Equivalent(("bitbucket.org",), _REPOSITORY + "/src/(.+)", r"\g<1>/raw/\g<2>", "src is a page"),
    Equivalent(
        ("codeberg.org", "gitea.com"),
        _REPOSITORY + "/src/((?:branch|commit|tag)/.+)",
        r"\g<1>/raw/\g<2>",
        "src is a page",
    ),
    Equivalent(("raw.github.com",), "(/.+)", r"https://raw.githubusercontent.com\g<1>", "moved in 2014"),
    Equivalent(
        ("rawgit.com", "cdn.rawgit.com"),
        _REPOSITORY + "/([^/]+)/(.+)",
        r"https://cdn.jsdelivr.net/gh\g<1>@\g<2>/\g<3>",
        "shut down in 2019",
    ),
    Equivalent(
        ("*.wikipedia.org", "commons.wikimedia.org"),
        "/wiki/(?:File|Image):" + _PICTURE,
        r"/wiki/Special:FilePath/\g<name>",
        "the page about a file",
    ),
    Equivalent(
        ("drive.google.com",),
        r"/file/d/([\w-]+)(?:/.*)?",
        r"https://drive.google.com/uc?export=download&id=\g<1>",
        "a viewer",
    ),
)


# -- placeholders: an answer that only says the image is gone --------------------------------------------


class Placeholder(msgspec.Struct, frozen=True):
    """One row: a picture that stands for a lost one, by where redirects end or by its bytes."""

    what: str
    hosts: tuple[str, ...] = ()
    path: str = ""
    """Searched in ``/path?query`` of the final URL."""
    sha256: str = ""


PLACEHOLDERS: tuple[Placeholder, ...] = (
    Placeholder("Imgur: removed", ("i.imgur.com", "imgur.com"), r"^/removed\.(png|gif|jpg)"),
    Placeholder(
        "Imgur: no longer available",
        sha256="9b5936f4006146e4e1e9025b474c02863c0b5614132ad40db4b925a10e8bfbb9",
    ),
    Placeholder(
        "Flickr: unavailable", ("s.yimg.com", "*.staticflickr.com"), r"/photo_unavailable[^/]*\.\w+$"
    ),
    Placeholder("Weibo: removed", ("*.sinaimg.cn",), r"^/images/default_\w+\.(gif|png|jpg)"),
    Placeholder("TinyPic: not found", ("*.tinypic.com",), r"^/images/404\.gif"),
)


# -- limits of the places sites are kept in --------------------------------------------------------------


class Limit(msgspec.Struct, frozen=True):
    """One row: what a common host of sites takes. Bytes; None where it sets no such limit."""

    host: str
    total: int | None = None
    file: int | None = None
    warn_file: int | None = None
    files: int | None = None
    why: str = ""


LIMITS: tuple[Limit, ...] = (
    Limit("GitHub", total=1 * GIB, file=100 * MIB, warn_file=50 * MIB, why="repositories: recommended size"),
    Limit("GitHub Pages", total=1 * GIB, why="published sites"),
    Limit("GitLab Pages", total=1 * GIB, why="published sites on gitlab.com"),
    Limit("Cloudflare Pages", file=25 * MIB, files=20_000, why="free plan"),
    Limit("Gitee", total=500 * MIB, file=50 * MIB, why="free repositories"),
)


# -- looking up -------------------------------------------------------------------------------------------


class _Row(Protocol):
    @property
    def hosts(self) -> tuple[str, ...]: ...


R = TypeVar("R", bound=_Row)


def _index(rows: Iterable[R]) -> Mapping[str, tuple[R, ...]]:
    found: dict[str, list[R]] = {}
    for row in rows:
        for host in row.hosts:
            found.setdefault(host, []).append(row)
    return {host: tuple(rows) for host, rows in found.items()}


def _rows(index: Mapping[str, tuple[R, ...]], host: str) -> Iterable[R]:
    """The rows of ``host``, the most special first: its own, then those of each domain above it."""
    if host in index:
        yield from index[host]
    domain = "*." + host
    while len(domain) > 2:
        if domain in index:
            yield from index[domain]
        domain = "*." + domain[2:].partition(".")[2]


_PARTS = re.compile(r"[a-z]+://(?:[^/?#@]*@)?(\[[^\]]*\]|[^:/?#]*)(?::\d*)?([^#]*)")


def _split(url: str) -> tuple[str, str]:
    """Host and ``/path?query`` of a URL in WHATWG normal form, without port, credentials and fragment."""
    match = _PARTS.match(url)
    return (match[1].rstrip("."), match[2] or "/") if match else ("", url)


_LIVE = _index(LIVE)
_QUIRKS = _index(QUIRKS)
_EQUIVALENTS = _index(EQUIVALENTS)
_PLACEHOLDERS = _index(PLACEHOLDERS)
_PLACEHOLDER_BYTES = {row.sha256: row.what for row in PLACEHOLDERS if row.sha256}


def live(url: str) -> str | None:
    """Why the image at ``url`` (WHATWG normal form) is made anew for every viewer; None when it is not."""
    host, path = _split(url)
    return next((row.why for row in _rows(_LIVE, host) if re.search(row.path, path)), None)


def quirk(host: str) -> Quirk:
    """How ``host`` (lower case, without port) wants to be asked; `Quirk()` when nothing is known of it."""
    return next(iter(_rows(_QUIRKS, host)), _ORDINARY)


def equivalent(url: str) -> str:
    """Where the file is that ``url`` means as an image: most often ``url`` itself.

    For embeds only: a reader who follows a link to a page wants the page.
    """
    host, path = _split(url)
    for row in _rows(_EQUIVALENTS, host):
        match = re.fullmatch(row.pattern, path.partition("?")[0])
        if match:
            new = match.expand(row.new)
            return f"https://{host}{new}" if new.startswith("/") else new
    if host in ("www.dropbox.com", "dropbox.com") and path.startswith(("/s/", "/scl/")):
        return _dropbox(url)
    return url


def _dropbox(url: str) -> str:
    """A shared file without its viewer: ``raw=1`` in place of ``dl=0``; other parameters are keys to it."""
    head, _, query = url.partition("?")
    kept = [
        (key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key not in ("dl", "raw")
    ]
    return f"{head}?{urlencode([*kept, ('raw', '1')])}"


def placeholder(final_url: str, sha256: str = "") -> str | None:
    """What stands for a lost image here, by the URL that redirects ended at or by the bytes; else None."""
    if sha256 in _PLACEHOLDER_BYTES:
        return _PLACEHOLDER_BYTES[sha256]
    host, path = _split(final_url)
    return next((row.what for row in _rows(_PLACEHOLDERS, host) if re.search(row.path, path)), None)

"""The rows about hosts: each says what it must catch, and its twin what it must leave alone."""

from __future__ import annotations

import re

import pytest

from holdfast import hosts

LIVE = [
    ("https://img.shields.io/badge/a-b-blue", "a badge"),
    ("https://maven-badges.herokuapp.com/maven-central/top.x/y/badge.svg", "a badge"),
    ("https://img.shields.io/npm/v/x.svg?style=flat", "a badge"),
    ("https://badge.fury.io/py/x.svg", "a badge"),
    ("https://badgen.net/npm/v/x", "a badge"),
    ("https://flat.badgen.net/npm/v/x", "a badge"),
    ("https://github.com/o/r/actions/workflows/ci.yml/badge.svg?branch=main", "a build badge"),
    ("https://github.com/o/r/workflows/CI/badge.svg", "a build badge"),
    ("https://travis-ci.org/o/r.svg?branch=master", "a build badge"),
    ("https://api.travis-ci.com/o/r.svg", "a build badge"),
    ("https://codecov.io/gh/o/r/branch/main/graph/badge.svg", "a coverage badge"),
    ("https://coveralls.io/repos/github/o/r/badge.svg?branch=main", "a coverage badge"),
    ("https://circleci.com/gh/o/r.svg?style=svg", "a build badge"),
    ("https://ci.appveyor.com/api/projects/status/abc?svg=true", "a build badge"),
    ("https://gitlab.com/o/r/badges/main/pipeline.svg", "a badge"),
    ("https://gitee.com/o/r/badge/star.svg", "a badge"),
    ("https://readthedocs.org/projects/x/badge/?version=latest", "a build badge"),
    ("https://goreportcard.com/badge/github.com/o/r", "a badge"),
    ("https://pkg.go.dev/badge/x.svg", "a badge"),
    ("https://godoc.org/x?status.svg", "a badge"),
    ("https://docs.rs/x/badge.svg", "a badge"),
    ("https://hits.seeyoufarm.com/api/count/incr/badge.svg?url=x", "a visitor counter"),
    ("https://visitor-badge.laobi.icu/badge?page_id=x", "a visitor counter"),
    ("https://komarev.com/ghpvc/?username=x", "a visitor counter"),
    ("https://profile-counter.glitch.me/x/count.svg", "a visitor counter"),
    ("https://s11.flagcounter.com/count/abc/", "a visitor counter"),
    ("https://github-readme-stats.vercel.app/api?username=x", "statistics"),
    ("https://api.star-history.com/svg?repos=o/r", "statistics"),
    ("https://img.youtube.com/vi/abc/0.jpg", "a player's poster"),
    ("https://i.ytimg.com/vi/abc/hqdefault.jpg", "a player's poster"),
    ("https://camo.githubusercontent.com/abc/def", "an image proxy"),
    ("https://source.unsplash.com/random", "a random picture"),
    ("https://picsum.photos/200/300", "a random picture"),
    ("http://user@img.shields.io:8080/badge/x", "a badge"),
]

NOT_LIVE = [
    "https://i.imgur.com/a.png",
    "https://github.com/o/r/blob/main/docs/badge.svg",
    "https://github.com/o/r/raw/main/badge.png",
    "https://raw.githubusercontent.com/o/r/main/badges/a.svg",
    "https://user-images.githubusercontent.com/1/2.png",
    "https://gitlab.com/o/r/-/raw/main/a.png",
    "https://circleci.com/docs/assets/diagram.jpg",
    "https://komarev.com/picture.png",
    "https://i.example.org/img.shields.io/badge/x",
    "https://notimg.shields.io.example.org/x.svg",
    "https://xbadgen.net/a.png",
    "https://example.org/?u=https://img.shields.io/badge/x",
    "https://example.org/img.youtube.com/vi/abc/0.jpg",
    "https://picsum.photos/id/237/200/300",
    "https://picsum.photos/seed/holdfast/200",
    "https://i0.wp.com/example.org/a.jpg",
    "https://opencollective.com/photo.jpg",
]


@pytest.mark.parametrize(("url", "why"), LIVE)
def test_what_is_made_anew_for_every_viewer_is_live(url: str, why: str) -> None:
    assert hosts.live(url) == why


@pytest.mark.parametrize("url", NOT_LIVE)
def test_a_picture_that_stays_is_not_live(url: str) -> None:
    assert hosts.live(url) is None


EQUIVALENT = [
    ("https://github.com/o/r/blob/main/docs/a.png", "https://github.com/o/r/raw/main/docs/a.png"),
    ("https://github.com/o/r/blob/main/a.png?raw=true", "https://github.com/o/r/raw/main/a.png"),
    ("http://github.com/o/r/blob/v1.0/a%20b.png", "https://github.com/o/r/raw/v1.0/a%20b.png"),
    ("https://raw.github.com/o/r/master/a.png", "https://raw.githubusercontent.com/o/r/master/a.png"),
    ("https://rawgit.com/o/r/master/a/b.png", "https://cdn.jsdelivr.net/gh/o/r@master/a/b.png"),
    ("https://cdn.rawgit.com/o/r/1a2b3c/b.png", "https://cdn.jsdelivr.net/gh/o/r@1a2b3c/b.png"),
    ("https://gitlab.com/g/sub/p/-/blob/main/a.png", "https://gitlab.com/g/sub/p/-/raw/main/a.png"),
    ("https://gitlab.com/g/p/blob/main/a.png?inline=false", "https://gitlab.com/g/p/-/raw/main/a.png"),
    ("https://gitee.com/o/r/blob/master/a.png", "https://gitee.com/o/r/raw/master/a.png"),
    ("https://bitbucket.org/o/r/src/master/a.png", "https://bitbucket.org/o/r/raw/master/a.png"),
    ("https://codeberg.org/o/r/src/branch/main/a.png", "https://codeberg.org/o/r/raw/branch/main/a.png"),
    ("https://gitea.com/o/r/src/tag/v1/a.png", "https://gitea.com/o/r/raw/tag/v1/a.png"),
    (
        "https://en.wikipedia.org/wiki/File:Kelp.jpg",
        "https://en.wikipedia.org/wiki/Special:FilePath/Kelp.jpg",
    ),
    (
        "https://drive.google.com/file/d/1a-B_c/view?usp=sharing",
        "https://drive.google.com/uc?export=download&id=1a-B_c",
    ),
    ("https://www.dropbox.com/s/abc/a.png?dl=0", "https://www.dropbox.com/s/abc/a.png?raw=1"),
    (
        "https://www.dropbox.com/scl/fi/x/a.png?rlkey=k&dl=0",
        "https://www.dropbox.com/scl/fi/x/a.png?rlkey=k&raw=1",
    ),
]

ITSELF = [
    "https://github.com/o/r/raw/main/a.png",
    "https://github.com/o/r/blob",
    "https://github.com/o/r/issues/1?x=/blob/main/a.png",
    "https://example.org/o/r/blob/main/a.png",
    "https://raw.githubusercontent.com/o/r/blob/main/a.png",
    "https://mmbiz.qpic.cn/mmbiz_png/abc/640?wx_fmt=png&from=appmsg",
    "https://en.wikipedia.org/wiki/Kelp",
    "https://codeberg.org/o/r/raw/branch/main/a.png",
    "https://gitlab.com/g/p/-/raw/main/a.png",
    "http://[::1]:8000/a/b/blob/c/d.png",
]


@pytest.mark.parametrize(("url", "new"), EQUIVALENT)
def test_a_page_address_in_an_image_means_the_file(url: str, new: str) -> None:
    assert hosts.equivalent(url) == new
    assert hosts.equivalent(new) == new, "asking twice is asking once"


@pytest.mark.parametrize("url", ITSELF)
def test_every_other_address_means_itself(url: str) -> None:
    assert hosts.equivalent(url) == url


@pytest.mark.parametrize(
    ("host", "referer"),
    [
        ("ww1.sinaimg.cn", "https://weibo.com/"),
        ("sinaimg.cn", "https://weibo.com/"),
        ("mmbiz.qpic.cn", "https://mp.weixin.qq.com/"),
        ("i.pximg.net", "https://www.pixiv.net/"),
        ("xsinaimg.cn", None),
        ("sinaimg.cn.example.org", None),
        ("example.org", None),
        ("", None),
    ],
)
def test_a_quirk_goes_by_the_domain(host: str, referer: str | None) -> None:
    assert hosts.quirk(host).referer == referer


def test_the_token_goes_to_github_and_nobody_else() -> None:
    with_token = {host for row in hosts.QUIRKS if row.token_env for host in row.hosts}
    assert with_token == {"github.com", "api.github.com", "raw.githubusercontent.com"}
    for host in ("github.com.evil.example", "xgithub.com", "gist.github.com"):
        assert hosts.quirk(host).token_env is None
    for host in ("github.com", "api.github.com", "raw.githubusercontent.com"):
        row = hosts.quirk(host)
        assert row.token_env == "GITHUB_TOKEN"
        assert row.interval is not None
        assert row.concurrency is not None


@pytest.mark.parametrize(
    ("final", "digest", "what"),
    [
        ("https://i.imgur.com/removed.png", "", "Imgur: removed"),
        ("https://i.imgur.com/a.png", hosts.PLACEHOLDERS[1].sha256, "Imgur: no longer available"),
        ("https://s.yimg.com/pw/images/en-us/photo_unavailable.png", "", "Flickr: unavailable"),
        ("https://wx1.sinaimg.cn/images/default_d_w_large.gif", "", "Weibo: removed"),
        ("https://i.imgur.com/a.png", "0" * 64, None),
        ("https://example.org/removed.png", "", None),
        ("https://wx1.sinaimg.cn/large/default_d.jpg", "", None),
        ("https://i.imgur.com/notremoved.png", "", None),
    ],
)
def test_a_placeholder_is_known_by_its_address_or_its_bytes(
    final: str, digest: str, what: str | None
) -> None:
    assert hosts.placeholder(final, digest) == what


def test_the_tables_are_sound() -> None:
    for live in hosts.LIVE:
        re.compile(live.path)
        assert live.hosts
        assert live.why
    for row in (*hosts.LIVE, *hosts.QUIRKS, *hosts.EQUIVALENTS, *hosts.PLACEHOLDERS):
        for host in row.hosts:
            assert re.fullmatch(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+", host), host
    for placeholder in hosts.PLACEHOLDERS:
        assert bool(placeholder.sha256) != bool(placeholder.hosts)
        assert not placeholder.sha256 or re.fullmatch("[0-9a-f]{64}", placeholder.sha256)
    named = [host for row in hosts.QUIRKS for host in row.hosts]
    assert len(named) == len(set(named)), "one host, one row"
    assert all(limit.total or limit.file or limit.files for limit in hosts.LIMITS)

"""Which strings of front matter are URLs, and which keys name images: every generator's and theme's rows."""

from __future__ import annotations

import pytest

from holdfast.scan.values import Context, Found, context, find, known_keys

IMAGES = known_keys(frozenset())

IMAGE_PATHS = {
    "Hugo core": [("images", 0), ("resources", 0, "src")],
    "Hugo Mainroad": [("thumbnail",), ("thumbnail", "src")],
    "Hugo PaperMod": [("cover", "image")],
    "Hugo Stack": [("image",)],
    "Hugo Blowfish": [("featureimage",), ("featureImage",)],
    "Hugo Congo": [("feature",), ("cover",), ("thumbnail",)],
    "Hugo LoveIt": [("featuredImage",), ("featuredImagePreview",), ("seo", "images", 0)],
    "Hugo Ananke": [("featured_image",)],
    "Hugo Tranquilpeak": [("thumbnailImage",), ("coverImage",)],
    "Hugo Universal": [("banner",)],
    "Jekyll minimal-mistakes": [
        ("header", "image"),
        ("header", "overlay_image"),
        ("header", "teaser"),
        ("header", "og_image"),
        ("gallery", 0, "image_path"),
        ("gallery", 0, "url"),
    ],
    "Jekyll Chirpy": [("image",), ("image", "path"), ("image", "lqip")],
    "Hexo Butterfly": [("cover",), ("top_img",)],
    "Hexo Fluid": [("banner_img",), ("index_img",)],
    "Hexo inside": [("thumbnail",)],
    "Hexo Matery": [("img",)],
    "VitePress": [
        ("hero", "image", "src"),
        ("hero", "image", "dark"),
        ("features", 0, "icon"),
        ("features", 0, "icon", "src"),
    ],
    "Pelican": [("Cover",), ("Image",)],
    "Obsidian": [("cover",), ("banner",), ("image",)],
}

OTHER_PATHS = {
    "Hugo core": [("resources", 0, "name"), ("resources", 0, "title"), ("resources", 0), ("title",)],
    "Hugo PaperMod": [("cover", "caption"), ("cover", "alt"), ("cover", "relative")],
    "Jekyll minimal-mistakes": [
        ("header", "overlay_filter"),
        ("header", "cta_url"),
        ("header", "caption"),
        ("header", "actions", 0, "url"),
        ("gallery", 0, "alt"),
        ("gallery", 0, "title"),
    ],
    "Jekyll Chirpy": [("media_subpath",), ("image", "alt")],
    "VitePress": [("hero", "actions", 0, "link"), ("features", 0, "link"), ("features", 0, "details")],
    "any": [
        ("link",),
        ("url",),
        ("src",),
        ("image", "link"),
        ("image", "credit", "url"),
        ("canonical_url",),
        (0,),
        (),
    ],
}


@pytest.mark.parametrize(("site", "keys"), IMAGE_PATHS.items(), ids=IMAGE_PATHS.keys())
def test_keys_that_name_an_image(site: str, keys: list[tuple[str | int, ...]]) -> None:
    assert {key: context(key, IMAGES) for key in keys} == dict.fromkeys(keys, Context.IMAGE)


@pytest.mark.parametrize(("site", "keys"), OTHER_PATHS.items(), ids=OTHER_PATHS.keys())
def test_keys_that_do_not(site: str, keys: list[tuple[str | int, ...]]) -> None:
    assert [key for key in keys if context(key, IMAGES) is Context.IMAGE] == []


def test_a_site_can_name_further_keys() -> None:
    images = known_keys(frozenset({"video-file", "hero.clip"}))
    named = [("videoFile",), ("x", "video_file", 0), ("hero", "clip"), ("a", "hero", 0, "clip")]
    assert [context(key, images) for key in named] == [Context.IMAGE] * 4
    assert context(("clip",), images) is Context.NONE


@pytest.mark.parametrize(
    "text",
    [
        "https://h/a",
        "HTTP://h/a.png",
        "//h/a.png",
        "//cdn.example.com/x",
        "/a.png",
        "/img/a",
        "./a",
        "../a/b",
        "a.png",
        "img/a.JPEG",
        "a.svg#layer",
        "a.png?v=1",
        "图/图.webp",
        "my photo.png",
        "archive/h/clip-0123456789abcdef.mp4",
        "{static}/images/x",
        "https://h/my photo.png",
    ],
)
def test_under_an_image_key_urls_and_paths_are_embeds(text: str) -> None:
    assert find(text, image=True) == Found(0, len(text), embed=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "true",
        "none",
        "photo",
        "N/A",
        "w/o",
        "12/05/2020",
        "1.5",
        "#fff",
        "#49B1F5",
        "rgb(0, 0, 0)",
        "linear-gradient(20deg, #0062be, #925696)",
        "images/*.png",
        "*feature*",
        "material/emoticon-happy",
        "fas fa-home",
        "library/redis:7.2",
        "<svg viewBox='0 0 1 1'/>",
        "data:image/png;base64,AAAA",
        "mailto:a@b.c",
        "C:\\a.png",
        "see https://h/a.png",
        "https://h/a and https://h/b.png",
        "https://h/a.png\nhttps://h/b.png",
        "https://",
        "// a comment",
        "/",
        "..",
        "🚀",
    ],
)
def test_under_an_image_key_other_things_are_not(text: str) -> None:
    assert find(text, image=True) is None


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("landscape.jpg #111", "landscape.jpg"),
        ("https://h/a #a1b2c3", "https://h/a"),
        ("url(/img/a.png)", "/img/a.png"),
        ("url('https://h/a')", "https://h/a"),
        ("[[a.png]]", "a.png"),
        ("![[img/a.png|300]]", "img/a.png"),
        ("![alt](https://h/a)", "https://h/a"),
        ("  https://h/a\n", "https://h/a"),
    ],
)
def test_the_url_may_have_company(text: str, url: str) -> None:
    found = find(text, image=True)
    assert found is not None
    assert text[found.start : found.end] == url


@pytest.mark.parametrize(
    ("text", "embed"),
    [
        ("https://h/a.png", True),
        ("https://h/a.AVIF?x#y", True),
        ("https://h/a", False),
        ("https://h/", False),
        ("https://h.png", False),
        ("https://h/?x=a.png", False),
        ("https://h/#a.png", False),
        ("https://h/a.png/b", False),
        ("https://h/a.png!w640", False),
    ],
)
def test_elsewhere_the_extension_decides(text: str, embed: bool) -> None:
    assert find(text, image=False) == Found(0, len(text), embed)


@pytest.mark.parametrize(
    "text", ["/a.png", "//h/a.png", "a/b.png", "see https://h/a.png", "https://h/a is it", "{{ x }}"]
)
def test_elsewhere_only_a_whole_url_counts(text: str) -> None:
    assert find(text, image=False) is None


@pytest.mark.parametrize(
    ("text", "image", "expected"),
    [
        ("https://h/{{ a b }}/c.png", False, Found(0, 25, embed=True, dynamic=True)),
        ("https://h/${x}", False, Found(0, 14, embed=False, dynamic=True)),
        ("{{ site.url }}/a.png", True, Found(0, 20, embed=True, dynamic=True)),
        ("{% asset a.png %}", True, Found(0, 17, embed=True, dynamic=True)),
        ("https://h is {{ a }}", False, None),
        ("{{ title }} and more", True, None),
    ],
)
def test_a_template_expression_is_dynamic(text: str, image: bool, expected: Found | None) -> None:
    assert find(text, image) == expected

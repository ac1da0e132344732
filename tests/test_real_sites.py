"""Sites that refer to local files as `Site.spell` says, built by the real generators: every image shows."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from tests import pictures
from tests.built import images_of, texts_of
from tests.generators import GENERATORS, Generator, Hexo, Hugo, MkDocs

from holdfast.config import Config
from holdfast.model import Place
from holdfast.site import Site, open_site
from holdfast.sites import PRESETS

pytestmark = pytest.mark.sites

BASES = ("/", "/blog/")
PICTURE = pictures.png()


class Writer:
    """Writes posts whose every image is a local file, spelled by the site; counts what must be seen."""

    def __init__(self, generator: Generator, **config: object) -> None:
        self.generator = generator.write({})
        self.site: Site = open_site(generator.root, Config(**config))  # type: ignore[arg-type]
        self.expected: dict[str, int] = {}
        """How often each file, by its name, must be shown."""

    def picture(self, document: str, place: Place, kind: str = "image", times: int = 1) -> str:
        """Put a new file where it belongs, and return the text that refers to it."""
        name = f"pic-{len(self.expected):04}.png"
        folder = self.site.folder_for(document, place)
        path = f"{self.site.assets}/img.host.lan/{name}" if folder is None else f"{folder}/{name}"
        file = self.site.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(PICTURE)
        self.expected[name] = times
        spelled = self.site.spell(document, path, place, kind)
        assert self.site.locate(document, spelled, place) == path
        return spelled

    def post(self, document: str, *, cover: bool = True, shortcode: str = "", listed: int = 1) -> None:
        """A document with an image in every place; `listed` is on how many pages its body is shown."""

        def picture(place: Place, kind: str = "image", times: int = 1) -> str:
            return self.picture(document, place, kind, times)

        lines = ["---", f"title: {Path(document).stem} title", "date: 2020-05-01"]
        if cover:
            key = self.generator.cover
            lines.append(f"{key}: {picture(Place.FRONT_MATTER, 'front-matter', self.generator.cover_prints)}")
        lines += ["---", "Text before.", ""]
        lines += [f"![inline]({picture(Place.MARKDOWN, times=listed)})", ""]
        lines += ["![reference][one]", "", f"[one]: {picture(Place.MARKDOWN, 'definition', listed)}", ""]
        lines += [f"| a | b |\n|---|---|\n| ![table]({picture(Place.MARKDOWN, times=listed)}) | 汉字 |", ""]
        lines += [f'<img src="{picture(Place.HTML, "html-img-src", listed)}" alt="raw">', ""]
        lines += [f'Inline <img src="{picture(Place.HTML, "html-img-src", listed)}" alt="raw"> too.', ""]
        if shortcode:
            lines += [shortcode % picture(Place.SHORTCODE, "shortcode", listed), ""]
        self.generator.write({document: "\n".join(lines) + "\n"})

    def check(self) -> Path:
        """Build, and compare with what must be seen."""
        output = self.generator.build()
        images = images_of(output, self.generator.base)
        assert [image for image in images if not image.exists] == []
        seen = [Path(image.file).name for image in images]
        assert {name: seen.count(name) for name in seen} == self.expected
        return output


FIGURE = '{{< figure src="%s" >}}'
IMG_TAG = "{%% img %s %%}"


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("layout", ["auto", "shared", "beside"])
def test_hugo_shows_every_image(tmp_path: Path, base: str, layout: str) -> None:
    writer = Writer(Hugo(tmp_path, base), layout=layout)
    for document in (
        "content/post/single.md",
        "content/post/bundle/index.md",
        "content/文章/中文.md",
        "content/Mixed Case/一 post.md",
        "content/about.md",
    ):
        writer.post(document, shortcode=FIGURE)
    writer.post("content/post/_index.md", shortcode=FIGURE)
    writer.check()


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param("permalinks: {post: /:year/:month/:contentbasename/}\n", id="permalinks"),
        pytest.param("uglyURLs: true\n", id="uglyURLs"),
        pytest.param("canonifyURLs: true\n", id="canonifyURLs"),
        pytest.param("relativeURLs: true\n", id="relativeURLs"),
        pytest.param("staticDir: [files, static]\n", id="staticDir"),
        pytest.param("contentDir: content\npublishDir: public\ntheme: []\n", id="theme-list"),
        pytest.param(
            "module: {mounts: [{source: content, target: content}, {source: files, target: static/f}]}\n",
            id="mounts",
        ),
        pytest.param("languages: {en: {weight: 1}, zh: {weight: 2}}\n", id="languages"),
        pytest.param(
            "languages: {en: {weight: 1}, zh: {weight: 2}}\ndefaultContentLanguageInSubdir: true\n",
            id="languages-in-subfolders",
        ),
    ],
)
@pytest.mark.parametrize("layout", ["auto", "beside"])
def test_hugo_settings_are_followed(tmp_path: Path, settings: str, layout: str) -> None:
    writer = Writer(Hugo(tmp_path, "/blog/", settings), layout=layout)
    writer.post("content/post/single.md", shortcode=FIGURE)
    writer.post("content/post/bundle/index.md", shortcode=FIGURE)
    if "languages" in settings:
        writer.post("content/post/bundle/index.zh.md", shortcode=FIGURE)
        writer.post("content/post/other.zh.md", shortcode=FIGURE)
    writer.check()


def test_hugo_bundle_with_its_own_address(tmp_path: Path) -> None:
    writer = Writer(Hugo(tmp_path, "/blog/"))
    writer.post("content/post/bundle/index.md")
    document = tmp_path / "content/post/bundle/index.md"
    document.write_text(document.read_text().replace("---\n", "---\nslug: elsewhere\n", 1))
    writer.check()


@pytest.mark.parametrize(
    ("base", "layout", "settings"),
    [
        ("/", "auto", ""),
        ("/", "beside", ""),
        ("/blog/", "auto", ""),
        ("/blog/", "beside", "use_directory_urls: false\n"),
        ("/blog/", "auto", "use_directory_urls: false\n"),
        ("/blog/", "auto", "docs_dir: 文档\n"),
    ],
)
def test_mkdocs_shows_every_image(tmp_path: Path, base: str, layout: str, settings: str) -> None:
    docs = "文档" if "docs_dir" in settings else "docs"
    writer = Writer(MkDocs(tmp_path, base, settings), layout=layout)
    for name in ("index.md", "top.md", "post/a.md", "post/README.md", "deep/er/index.md", "深 度/b c.md"):
        writer.post(f"{docs}/{name}")
    writer.check()


@pytest.mark.parametrize(
    ("base", "layout", "settings"),
    [
        ("/", "auto", ""),
        ("/", "beside", ""),
        ("/blog/", "auto", ""),
        ("/blog/", "beside", ""),
        ("/blog/", "auto", "marked: {prependRoot: false}\n"),
        ("/blog/", "auto", "relative_link: true\n"),
        ("/blog/", "auto", "post_asset_folder: true\nmarked: {prependRoot: true, postAsset: true}\n"),
        ("/blog/", "beside", "post_asset_folder: true\nmarked: {prependRoot: true, postAsset: true}\n"),
    ],
)
def test_hexo_shows_every_image(tmp_path: Path, base: str, layout: str, settings: str) -> None:
    writer = Writer(Hexo(tmp_path, base, settings), layout=layout)
    # With relative_link Hexo's own `img` tag writes an address that is wrong on every page but the first.
    shortcode = "" if "relative_link" in settings else IMG_TAG
    writer.post("source/_posts/first.md", shortcode=shortcode, listed=2)
    writer.post("source/_posts/中文.md", shortcode=shortcode, listed=2)
    writer.post("source/about/index.md", shortcode=shortcode)
    writer.check()


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("base", BASES)
def test_a_link_to_the_image_leads_to_it_too(tmp_path: Path, name: str, base: str) -> None:
    """A linked image (``[![](a)](a)``): Hexo completes the image's address and not the link's."""
    writer = Writer(GENERATORS[name](tmp_path, base))
    document = f"{writer.generator.posts}/linked.md"
    image = writer.picture(document, Place.MARKDOWN)
    name_of_file = next(iter(writer.expected))
    path = writer.site.locate(document, image, Place.MARKDOWN)
    assert path is not None
    link = writer.site.spell(document, path, Place.MARKDOWN, "link")
    writer.generator.write({document: f"---\ntitle: t\ndate: 2020-05-01\n---\n[![a]({image})]({link})\n"})
    output = writer.generator.build()
    page = next(path for path in output.rglob("linked/index.html"))
    html = page.read_text().replace("<a href=", "<img src=")
    page.write_text(html)
    shown = [image for image in images_of(output, base) if image.page == page.relative_to(output).as_posix()]
    assert [(Path(image.file).name, image.exists) for image in shown] == [(name_of_file, True)] * 2


def test_a_row_that_claims_a_build_has_one() -> None:
    assert {name for name, preset in PRESETS.items() if preset.built} == set(GENERATORS)


# -- the look at a built site can fail -------------------------------------------------------------------


@pytest.mark.parametrize("base", BASES)
def test_a_missing_image_is_seen(tmp_path: Path, base: str) -> None:
    page = tmp_path / "post" / "a"
    page.mkdir(parents=True)
    (page / "x y.png").write_bytes(PICTURE)
    sources = (
        quote("x y.png"),
        "gone.png",
        f"{base}post/a/x%20y.png",
        "https://other.lan/x.png",
        "../../../x",
        "",
    )
    (page / "index.html").write_text("<p>Some  text</p>" + "".join(f'<img src="{src}">' for src in sources))
    assert [image.exists for image in images_of(tmp_path, base)] == [True, False, True, False, False, False]
    assert texts_of(tmp_path) == {"post/a/index.html": "Some text"}


@pytest.mark.parametrize("place", [Place.MARKDOWN, Place.HTML, Place.FRONT_MATTER])
def test_without_the_base_path_images_would_break(tmp_path: Path, place: Place) -> None:
    """The reason why places and base paths matter: the same file, named as another place would name it."""
    writer = Writer(Hexo(tmp_path, "/blog/"))
    wrong = {Place.MARKDOWN: Place.HTML, Place.HTML: Place.MARKDOWN, Place.FRONT_MATTER: Place.HTML}[place]
    text = writer.picture("source/about/index.md", wrong)
    body = {
        Place.MARKDOWN: f"---\ntitle: t\n---\n![a]({text})\n",
        Place.HTML: f'---\ntitle: t\n---\n<img src="{text}">\n',
        Place.FRONT_MATTER: f"---\ntitle: t\ncover: {text}\n---\n",
    }[place]
    output = writer.generator.write({"source/about/index.md": body}).build()
    assert [image.exists for image in images_of(output, "/blog/")] == [False]

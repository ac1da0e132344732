"""What bytes are is read from the bytes; what is cut, swollen, empty or something else is refused."""

from __future__ import annotations

import hashlib
import io
import mmap
import struct
import time
import tracemalloc
import warnings
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests import pictures

from holdfast import families
from holdfast.config import MediaLimits
from holdfast.decoding import inspect
from holdfast.media import HEAD_BYTES, KINDS, Media, describe, identify, not_media
from holdfast.metadata import STRIPPERS, strip_metadata
from holdfast.model import Refusal

LIMITS = MediaLimits()


def refusal(data: bytes, **options: object) -> Refusal:
    found = inspect(data, LIMITS, **options)  # type: ignore[arg-type]
    assert isinstance(found, Refusal), found
    return found


def media(data: bytes, limits: MediaLimits = LIMITS) -> Media:
    found = inspect(data, limits)
    assert isinstance(found, Media), found
    return found


# -- every kind, whole ----------------------------------------------------------------------------------


def test_every_row_has_a_picture_and_every_picture_a_row() -> None:
    assert {kind.extension for kind in KINDS} == set(pictures.KINDS)


@pytest.mark.parametrize("extension", pictures.KINDS)
def test_a_whole_file_is_what_it_is(extension: str) -> None:
    found = media(pictures.KINDS[extension]())
    assert found.extension == extension
    assert found.notes == ()
    kind = next(kind for kind in KINDS if kind.extension == extension)
    assert families.of_media(found.type) == {kind.family}
    if kind.family == "image":
        assert (found.width, found.height) == ((32, 32) if extension == "ico" else (32, 24))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pictures.apng(frames=4), Media("image/png", "png", 32, 24, 4)),
        (pictures.gif(frames=5), Media("image/gif", "gif", 32, 24, 5)),
        (pictures.webp(frames=3), Media("image/webp", "webp", 32, 24, 3)),
        (pictures.webp(lossless=True), Media("image/webp", "webp", 32, 24)),
        (pictures.avif(frames=2), Media("image/avif", "avif", 32, 24, 2)),
        (pictures.tiff(frames=3), Media("image/tiff", "tiff", 32, 24, 3)),
        (pictures.mpo(), Media("image/jpeg", "jpg", 32, 24)),
        (pictures.jpeg(progressive=True), Media("image/jpeg", "jpg", 32, 24)),
        (pictures.jpeg(640, 1), Media("image/jpeg", "jpg", 640, 1)),
        (pictures.gif(2, 1, frames=1), Media("image/gif", "gif", 2, 1)),
        (pictures.ico_of_bitmaps(), Media("image/x-icon", "ico", 32, 32)),
    ],
)
def test_the_variants_of_a_kind(data: bytes, expected: Media) -> None:
    assert inspect(data, LIMITS) == expected


def test_colour_modes_are_all_decoded() -> None:
    for mode in ("L", "CMYK", "RGB"):
        buffer = io.BytesIO()
        pictures.canvas().convert(mode).save(buffer, "JPEG")
        assert media(buffer.getvalue()).width == 32
    for mode in ("1", "P", "LA", "RGBA", "I;16"):
        buffer = io.BytesIO()
        pictures.canvas().convert("L").convert(mode).save(buffer, "PNG")
        assert media(buffer.getvalue()).width == 32


def test_a_mapped_file_is_read_like_bytes(tmp_path: Path) -> None:
    for extension, make in pictures.KINDS.items():
        path = tmp_path / extension
        path.write_bytes(make())
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            assert inspect(data, LIMITS) == inspect(make(), LIMITS)


# -- cut ------------------------------------------------------------------------------------------------

PADDING = 4
"""What the TIFF writer puts behind the last page, up to a multiple of 16 bytes."""

FULLY_CHECKED = sorted(set(pictures.KINDS) - {"mp3", "flac", "ogg", "opus", "ogv", "vtt", "pdf", "svg"})
"""Kinds whose structure tells every cut. (A cut SVG or PDF may lack only its last line feed; FLAC, VTT and an
Ogg file that is cut between two pages have nothing that could tell.)"""


@pytest.mark.parametrize("extension", FULLY_CHECKED)
def test_no_cut_is_accepted(extension: str) -> None:
    data = pictures.KINDS[extension]()
    step = max(1, len(data) // 150)
    for cut in (*range(1, 40), *range(40, len(data) - 16, step)):
        found = refusal(data[:-cut])
        assert found.reason in ("truncated", "not-media"), (cut, found)
        if cut < len(data) - 60:
            assert found.reason == "truncated", (cut, found)


@pytest.mark.parametrize("extension", sorted({*pictures.KINDS} - {"flac", "vtt"}))
def test_a_file_cut_in_the_middle_is_truncated(extension: str) -> None:
    data = pictures.KINDS[extension]()
    for part in (0.3, 0.5, 0.8):
        assert refusal(data[: int(len(data) * part)]).reason == "truncated"


@pytest.mark.parametrize(
    "data",
    [
        pictures.apng(),
        pictures.webp(frames=3),
        pictures.avif(frames=2),
        pictures.tiff(frames=3)[:-PADDING],
        pictures.jpeg(progressive=True),
        pictures.ico_of_bitmaps(),
        pictures.gif(frames=1),
    ],
)
def test_no_cut_of_a_variant_is_accepted(data: bytes) -> None:
    for cut in (*range(1, 30), *range(30, len(data) - 30, len(data) // 40)):
        assert refusal(data[:-cut]).reason == "truncated", cut


def test_the_second_picture_of_a_camera_may_be_missing_but_not_cut() -> None:
    data = pictures.mpo()
    first = data.index(b"\xff\xd9") + 2
    assert media(data[:first]).notes == ()
    assert refusal(data[:-40]).reason == "truncated"


def test_a_linearised_paper_states_its_length() -> None:
    data = pictures.pdf().replace(b"<< /Type /Catalog", b"<< /Linearized 1 /L 99999 /Type /Catalog", 1)
    assert refusal(data).reason == "truncated"


# -- more than the file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", ["jpg", "png", "gif", "webp", "avif", "ico", "mp4", "webm", "pdf"])
def test_what_follows_the_end_is_noted(extension: str) -> None:
    found = media(pictures.KINDS[extension]() + b"<script>alert(1)</script>")
    assert found.extension == extension
    assert found.notes == ("trailing",)


@pytest.mark.parametrize("extension", ["jpg", "png", "gif", "webp", "ico", "pdf"])
def test_padding_is_not_worth_a_note(extension: str) -> None:
    assert media(pictures.KINDS[extension]() + b"\0\0\r\n").notes == ()


def test_junk_before_the_file_hides_it() -> None:
    assert refusal(b"junk" + pictures.jpeg()).reason == "not-media"


# -- something else -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "it is empty"),
        (b" \r\n\0", "it is nothing but blanks"),
        (pictures.html(), "it is an HTML page"),
        (b"\xef\xbb\xbf\n<!doctype HTML><p>gone", "it is an HTML page"),
        (b"<!-- cached --><html><body>gone", "it is an HTML page"),
        (b"<div>gone</div>", "it is an HTML page"),
        (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "it is an XML document"),
        (b'<?xml version="1.0"?><rss version="2.0"></rss>', "it is an XML document"),
        (b'{"error": "not found"}', "it is JSON"),
        (b"[]", "it is JSON"),
        (b"404 page not found\n", "it is text"),
        ("图片不存在".encode(), "it is text"),
        ("图片不存在".encode("gb18030"), "it is text"),
        (pictures.eps(), "it is a PostScript (EPS) file"),
        (pictures.psd(), "it is a Photoshop file"),
        (pictures.fits(), "it is a FITS file"),
        (pictures.svgz(), "it is a gzip file (an SVGZ must be unpacked first)"),
        (b"PK\x03\x04" + bytes(40), "it is a ZIP archive or an office document"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer, not the file itself"),
        (pictures.box(b"ftyp", b"heic\0\0\0\0mif1heic"), "it is a HEIC picture, which few browsers show"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "it is a JPEG XL picture, which few browsers show"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(40), "it is a camera's raw file"),
        (b"MZ\x90\0", "it is a program"),
        (b"\x01\x02\x03\x04\x05\x06", "it is of no known kind"),
    ],
)
def test_what_is_no_media_is_named(data: bytes, what: str) -> None:
    assert inspect(data, LIMITS) == Refusal("not-media", what)


def test_formats_that_pillow_knows_and_we_do_not_are_never_decoded() -> None:
    for name in ("PPM", "PCX", "TGA", "SGI", "DDS", "MSP", "XBM", "JPEG2000", "QOI"):
        buffer = io.BytesIO()
        image = pictures.canvas().convert("1" if name in ("MSP", "XBM") else "RGB")
        image.save(buffer, name)
        assert refusal(buffer.getvalue()).reason == "not-media", name


def test_only_the_row_that_matched_decodes() -> None:
    # A PNG's signature before a JPEG: Pillow, left to itself, would look for a decoder that takes it.
    assert refusal(b"\x89PNG\r\n\x1a\n" + pictures.jpeg()).reason in ("truncated", "not-media")


@pytest.mark.parametrize(
    ("data", "wanted", "fits"),
    [
        (pictures.jpeg(), {"image"}, True),
        (pictures.svg(), {"image", "video"}, True),
        (pictures.pdf(), {"image"}, False),
        (pictures.mp4(), {"image"}, False),
        (pictures.mp4(), {"video"}, True),
        (pictures.html(), {"image"}, False),
        (pictures.vtt(), {"track"}, True),
        (pictures.woff2(), {"font"}, True),
    ],
)
def test_the_family_must_be_one_that_was_asked_for(data: bytes, wanted: set[str], fits: bool) -> None:
    found = not_media(data[:HEAD_BYTES], frozenset(wanted))
    assert (found is None) is fits
    assert fits or (found is not None and found.reason == "not-media")


def test_a_damaged_picture_is_no_media() -> None:
    data = bytearray(pictures.png())
    start = data.index(b"IDAT") + 10
    data[start : start + 40] = bytes(40)
    assert refusal(bytes(data)).reason in ("not-media", "truncated")


# -- bombs ----------------------------------------------------------------------------------------------


def test_a_pixel_bomb_is_refused_before_memory_is_asked_for() -> None:
    found = refusal(pictures.png_bomb())
    assert found == Refusal("bomb", "1 × 2500000000 pixels, and 100000000 are allowed")


@pytest.mark.parametrize("lossless", [False, True])
def test_a_webp_is_measured_before_its_decoder_makes_room_for_it(lossless: bool) -> None:
    data = bytearray(pictures.webp(32, 24, lossless=lossless))
    start = 21 if lossless else 26
    data[start : start + 4] = (16_000 << 14 | 16_000 if lossless else 16_000 << 16 | 16_000).to_bytes(
        4, "little"
    )
    found = refusal(bytes(data))
    side = 16_001 if lossless else 16_000
    assert found == Refusal("bomb", f"1 × {side * side} pixels, and 100000000 are allowed")


def test_the_limit_is_exact_and_may_be_raised_above_pillows_own() -> None:
    data = pictures.png(100, 50)
    assert media(data, MediaLimits(pixels=5000)).width == 100
    assert inspect(data, MediaLimits(pixels=4999)) == Refusal("bomb", "1 × 5000 pixels, and 4999 are allowed")


def test_all_frames_count() -> None:
    data = pictures.gif(100, 100, frames=6)
    assert media(data, MediaLimits(pixels=60_000)).frames == 6
    found = inspect(data, MediaLimits(pixels=59_999))
    assert found == Refusal("bomb", "6 × 10000 pixels, and 59999 are allowed")


@pytest.mark.parametrize("make", [pictures.apng, pictures.webp, pictures.avif, pictures.tiff])
def test_all_frames_count_in_every_kind_that_has_them(make) -> None:  # type: ignore[no-untyped-def]
    data = make(100, 100, frames=6)
    found = inspect(data, MediaLimits(pixels=59_999))
    assert isinstance(found, Refusal)
    assert found.reason == "bomb"


def test_a_million_tiny_frames_are_a_bomb_though_their_pixels_are_few() -> None:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    data = b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + bytes(6) + frame * 200_000 + b";"
    assert refusal(data).reason == "bomb"


def test_a_gif_whose_frame_grows_the_screen_is_measured_by_the_frame() -> None:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\x02\x02\x4c\x01\x00"
    data = b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + bytes(6) + frame + b";"
    assert refusal(data).reason == "bomb"


def test_a_jpeg_of_a_thousand_scans_is_a_bomb() -> None:
    data = pictures.jpeg(600, 400, progressive=True)
    scan = data.index(b"\xff\xda")
    empty = b"\xff\xda\x00\x08\x01\x01\x00\x01\x01\x00"
    assert inspect(data[:scan] + empty * 1000 + data[scan:], MediaLimits(pixels=600 * 400)) == Refusal(
        "bomb", "1 × 240000 pixels, and 240000 are allowed"
    )


def icon(*inner: bytes) -> bytes:
    """An ICO whose directory says 16×16, 32×32 ... whatever the PNGs in it say."""
    place = 6 + 16 * len(inner)
    entries = b""
    for number, picture in enumerate(inner, 1):
        entries += struct.pack("<BBBBHHII", 16 * number, 16 * number, 0, 0, 1, 32, len(picture), place)
        place += len(picture)
    return struct.pack("<HHH", 0, 1, len(inner)) + entries + b"".join(inner)


def test_an_icon_that_hides_a_large_png_is_measured_by_the_png() -> None:
    assert refusal(icon(pictures.png_bomb(20_000, 20_000))).reason == "bomb"
    found = inspect(icon(pictures.png(100, 100)), MediaLimits(pixels=9999))
    assert found == Refusal("bomb", "1 × 10000 pixels, and 9999 are allowed")


def test_every_picture_of_an_icon_is_decoded() -> None:
    small, large = pictures.png(16, 16), pictures.png(32, 32)
    assert media(icon(small, large)).width == 32
    place = small.index(b"IDAT") + 8
    damaged = small[:place] + bytes(30) + small[place + 30 :]
    assert refusal(icon(damaged, large)).reason == "not-media"


@pytest.mark.parametrize(
    ("kind", "start"), [(b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0"), (b"iCCP", b"icc\0\0")]
)
def test_what_swells_beside_the_pixels_is_never_unpacked(kind: bytes, start: bytes) -> None:
    data = pictures.png()
    swollen = pictures.png_chunk(kind, start + zlib.compress(bytes(20_000_000), 9))
    tracemalloc.start()
    found = media(data[:33] + swollen + data[33:])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.width == 32
    assert peak < 2_000_000


# -- placeholders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [pictures.pixel(), pictures.png(1, 1), pictures.jpeg(1, 1), pictures.webp(1, 1), pictures.bmp(1, 1)],
)
def test_one_pixel_is_a_tracker(data: bytes) -> None:
    assert inspect(data, LIMITS) == Refusal("placeholder", "1×1 pixel")


def test_known_placeholders_are_known_by_their_hash() -> None:
    data = pictures.png(seed=5)
    table = {hashlib.sha256(data).hexdigest(): "the host's grey square"}
    assert refusal(data, placeholders=table) == Refusal("placeholder", "the host's grey square")
    assert isinstance(inspect(pictures.png(seed=6), LIMITS, placeholders=table), Media)


# -- where a picture was taken, and forgetting it -------------------------------------------------------

WITH_GPS = {
    "image/jpeg": pictures.jpeg(exif=pictures.exif(gps=True)),
    "image/png": pictures.png(exif=pictures.exif(gps=True)),
    "image/webp": pictures.webp(exif=pictures.exif(gps=True)),
}


@pytest.mark.parametrize("kind", WITH_GPS)
def test_coordinates_are_noted(kind: str) -> None:
    assert media(WITH_GPS[kind]).notes == ("gps",)


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png, pictures.webp])
def test_other_metadata_is_not(make) -> None:  # type: ignore[no-untyped-def]
    assert media(make(exif=pictures.exif(orientation=6))).notes == ()


def test_coordinates_in_xmp_are_noted() -> None:
    xmp = b'<x:xmpmeta exif:GPSLatitude="30,34.2N"/>'
    assert media(pictures.jpeg(xmp=xmp)).notes == ("gps",)
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    assert media(pictures.png(pnginfo=info)).notes == ("gps",)


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGBA").tobytes()


def test_every_kind_that_is_stripped_is_tested() -> None:
    assert set(STRIPPERS) == set(WITH_GPS)


@pytest.mark.parametrize("kind", WITH_GPS)
@pytest.mark.parametrize("orientation", [None, 1, 3, 6])
def test_stripping_forgets_everything_but_pixels_orientation_and_profile(
    kind: str, orientation: int | None
) -> None:
    make = {"image/jpeg": pictures.jpeg, "image/png": pictures.png, "image/webp": pictures.webp}[kind]
    profile = bytes(range(256)) * 2
    data = make(exif=pictures.exif(gps=True, orientation=orientation), icc_profile=profile)
    short = strip_metadata(data, media(data))
    assert pixels(short) == pixels(data)
    assert b"Made by nobody" in data
    assert b"Made by nobody" not in short
    assert media(short).notes == ()
    with Image.open(io.BytesIO(short)) as image:
        assert image.info["icc_profile"] == profile
        kept = dict(image.getexif())
        assert kept == ({0x0112: orientation} if orientation in (3, 6) else {})


@pytest.mark.parametrize(("orientation", "flags"), [(1, 0x00), (6, 0x08)])
def test_the_head_of_a_webp_no_longer_announces_what_is_gone(orientation: int, flags: int) -> None:
    block = pictures.exif(gps=True, orientation=orientation)
    data = pictures.webp(exif=block, xmp=b"<x/>", icc_profile=b"p" * 128)
    short = strip_metadata(data, media(data))
    place = short.index(b"VP8X") + 8
    assert data[place] & 0x0C == 0x0C
    assert short[place] & 0x2C == 0x20 | flags


def test_stripping_drops_comments_and_what_follows_the_end() -> None:
    data = pictures.jpeg(comment=b"a secret", exif=pictures.exif()) + b"another secret"
    short = strip_metadata(data, media(data))
    assert b"secret" not in short
    assert pixels(short) == pixels(data)
    info = PngInfo()
    info.add_text("Author", "a secret")
    info.add_itxt("Place", "another secret")
    info.add_text("Long", "a third secret " * 90, zip=True)
    data = pictures.png(pnginfo=info)
    short = strip_metadata(data, media(data))
    assert b"secret" not in short
    assert b"Long" not in short
    assert pixels(short) == pixels(data)


@pytest.mark.parametrize("extension", pictures.KINDS)
def test_stripping_a_file_without_metadata_changes_nothing(extension: str) -> None:
    data = pictures.KINDS[extension]()
    assert strip_metadata(data, media(data)) == data


# -- never an exception ---------------------------------------------------------------------------------

SEEDS = [make() for make in pictures.KINDS.values()] + [
    pictures.mpo(),
    pictures.apng(),
    pictures.ico_of_bitmaps(),
]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(min_size=1, max_size=6)), max_size=6),
    st.integers(0, 5000),
)
def test_no_bytes_make_it_raise(data: bytes, changes: list[tuple[int, bytes]], cut: int) -> None:
    changed = bytearray(data)
    for place, new in changes:
        changed[place : place + len(new)] = new
    found = inspect(
        bytes(changed[: max(1, len(changed) - cut % len(changed))]), MediaLimits(pixels=1_000_000)
    )
    assert isinstance(found, Media | Refusal)
    if isinstance(found, Media):
        strip_metadata(bytes(changed), found)


@given(st.binary(max_size=64))
def test_identify_and_describe_take_anything(head: bytes) -> None:
    assert identify(head) is None or identify(head) in KINDS
    assert describe(head)


def test_a_hostile_head_does_not_make_the_signatures_slow() -> None:
    started = time.perf_counter()
    for piece in (b"<!-- -->", b"<?a?>", b"<!DOCTYPE a [ ", b" ", b"<!--", b"OggS", b"\x1a\x45\xdf\xa3"):
        head = piece * (HEAD_BYTES // len(piece))
        identify(head)
        describe(head)
    assert time.perf_counter() - started < 0.5


def test_pillows_warnings_neither_reach_the_user_nor_change_the_answer() -> None:
    data = pictures.jpeg(exif=pictures.exif(gps=True))
    start = data.index(b"Exif")
    broken = data[: start + 20] + b"\xff" * 12 + data[start + 32 :]
    answers = []
    for action in ("error", "ignore"):
        with warnings.catch_warnings():
            warnings.simplefilter(action)  # type: ignore[arg-type]
            answers.append(inspect(broken, LIMITS))
    assert answers[0] == answers[1]
    assert isinstance(answers[0], Media)

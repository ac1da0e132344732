"""How much two screenshots of one page differ. Pure: PNG bytes in, a `Difference` out."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageChops

from .seen import Difference

STEP = 24
"""How far a channel (0 to 255) may be off and still be the same colour: text is smoothed a little differently
each time it is drawn, by fewer steps than anyone sees."""


def difference(offline: bytes, online: bytes) -> Difference:
    """Compare pixel by pixel, from the upper left corner.

    Raises:
        OSError: one of them is no image.
    """
    with (
        Image.open(BytesIO(offline), formats=["PNG"]) as one,
        Image.open(BytesIO(online), formats=["PNG"]) as two,
    ):
        width, height = min(one.width, two.width), min(one.height, two.height)
        box = (0, 0, width, height)
        apart = ImageChops.difference(one.convert("RGB").crop(box), two.convert("RGB").crop(box))
        red, green, blue = apart.split()
        worst = ImageChops.lighter(ImageChops.lighter(red, green), blue)
        differing = sum(worst.histogram()[STEP + 1 :])
        whole = max(one.width, two.width) * max(one.height, two.height)
        share = (differing + whole - width * height) / whole
        return Difference(round(share, 6), one.size, two.size)

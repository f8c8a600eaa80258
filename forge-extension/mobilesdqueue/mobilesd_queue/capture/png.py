"""Writes PNG fast, with the OpenCV that Forge ships (its modules/processing.py imports it).

Pillow takes three times as long for the same pixels and holds Python's lock meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy

if TYPE_CHECKING:
    from PIL.Image import Image

# OpenCV holds colours in the order blue, green, red.
_TO_OPENCV = {"RGB": cv2.COLOR_RGB2BGR, "RGBA": cv2.COLOR_RGBA2BGRA}
# Level 1 with runs alone: a quarter of the time of level 6, and noisy pictures are no larger.
_QUICK = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
_SMALL = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 6),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_FILTERED),
)


def encode_png(image: Image, *, small: bool = False) -> bytes:
    """The pixels as PNG, without loss and without anything but them. `small` takes longer."""
    if image.mode != "L" and image.mode not in _TO_OPENCV:
        image = image.convert("RGBA")
    pixels = numpy.asarray(image)
    if image.mode in _TO_OPENCV:
        pixels = cv2.cvtColor(pixels, _TO_OPENCV[image.mode])
    _, packed = cv2.imencode(".png", pixels, _SMALL if small else _QUICK)
    return packed.tobytes()

"""How much a job may hold altogether."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .limits import (
    IMAGES_PER_JOB_MAX,
    PARAMS_CHARS_MAX,
    UPLOAD_BYTES_MAX,
    UPLOAD_PIXELS_MAX,
    UPLOADS_PER_JOB_MAX,
)
from .picture import pictures_in, replace_pictures
from .reading import Reader, utf16_length

_UPLOAD_ID_CHARS = 26
# What the queue adds for fields that are left out.
_DEFAULTS_CHARS = 1_000
# Bytes of a pixel in the PNG, which has four where a mode is none of these.
_CHANNELS = {"L": 1, "RGB": 3}
# Bytes that a PNG may have beyond its pixels, as a share of them.
_PNG_OVERHEAD = 1.02


def _check_pictures(read: Reader, params: Mapping[str, Any]) -> None:
    pictures = pictures_in(dict(params))
    if len(pictures) > UPLOADS_PER_JOB_MAX:
        read.refuse(
            f"{len(pictures)} pictures go in: a job takes {UPLOADS_PER_JOB_MAX}. Leave some out."
        )
    for picture in pictures:
        width, height = picture.image.size
        if width * height > UPLOAD_PIXELS_MAX:
            read.refuse(
                f"The {picture.role} has {width}x{height} pixels: scale it down to "
                f"{UPLOAD_PIXELS_MAX // 1_000_000} megapixels."
            )
            continue
        # Packing takes a while, and most pictures are too small to matter.
        raw = height * (1 + width * _CHANNELS.get(picture.image.mode, 4))
        if raw * _PNG_OVERHEAD > UPLOAD_BYTES_MAX and picture.size_bytes() > UPLOAD_BYTES_MAX:
            read.refuse(
                f"The {picture.role} is larger than {UPLOAD_BYTES_MAX // 1_000_000} MB as PNG: "
                "scale it down."
            )


def _check_length(read: Reader, params: Mapping[str, Any]) -> None:
    placed = replace_pictures(dict(params), lambda _: {"upload_id": "x" * _UPLOAD_ID_CHARS})
    lengths = {
        name: utf16_length(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        for name, value in placed.items()
    }
    if sum(lengths.values()) + _DEFAULTS_CHARS > PARAMS_CHARS_MAX:
        largest = max(lengths, key=lambda name: lengths[name])
        read.refuse(
            f"All settings together are longer than {PARAMS_CHARS_MAX} characters, "
            f"{largest.replace('_', ' ')} most of all: shorten it."
        )


def check_amounts(read: Reader, params: Mapping[str, Any]) -> None:
    """Refuses too many results, too many or too large pictures, and too long settings."""
    results = params["batch_size"] * params["n_iter"]
    if "script" not in params and results > IMAGES_PER_JOB_MAX:
        read.refuse(
            f"Batch count times Batch size is {results}: make it {IMAGES_PER_JOB_MAX} at most."
        )
    _check_pictures(read, params)
    _check_length(read, params)

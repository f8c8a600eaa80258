"""Values of any script as plain JSON, with pictures in their places (forge-reference 4.4)."""

from __future__ import annotations

import enum
import math
from pathlib import PurePath
from typing import Any

import numpy
from PIL import Image

from .limits import JSON_DEPTH_MAX
from .picture import Picture
from .places import names_place
from .reading import is_storable

# What is left of the body's depth in the arguments of a script in generation_params.
_DEPTH_MAX = JSON_DEPTH_MAX - 7
# Beyond it other programs than Python lose digits.
_WHOLE_MAX = 2**53 - 1
_PLAIN_MODES = ("L", "LA", "RGB", "RGBA")


class NotTransferable(Exception):
    """A value that cannot be carried over. `str(error)` ends the sentence "the argument X …"."""


def as_image(value: Any) -> Image.Image | None:
    """A picture in a mode that every program reads; None where the value is no picture."""
    if isinstance(value, Image.Image):
        if value.mode in _PLAIN_MODES:
            return value
        has_alpha = value.mode in ("PA", "La", "RGBa") or "transparency" in value.info
        return value.convert("RGBA" if has_alpha else "RGB")
    if isinstance(value, numpy.ndarray) and value.dtype == numpy.uint8 and value.size > 0:
        if value.ndim == 3 and value.shape[2] == 1:
            value = value[:, :, 0]
        if value.ndim == 2 or (value.ndim == 3 and value.shape[2] in (3, 4)):
            return Image.fromarray(value)
    return None


def serialise(value: Any, role: str, depth: int = 0) -> Any:
    """Plain JSON of a value, a `Picture` of this role for each picture in it.

    Raises NotTransferable for what is no JSON, and for texts that name a folder or an address.
    """
    if isinstance(value, enum.Enum):
        return serialise(value.value, role, depth)
    image = as_image(value)
    if image is not None:
        return Picture(image, role)
    if isinstance(value, numpy.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, str, int, float, PurePath)):
        return _scalar(value)
    if depth >= _DEPTH_MAX:
        raise NotTransferable("is nested too deeply")
    if isinstance(value, dict):
        if "upload_id" in value:
            raise NotTransferable("has a part called upload_id, which means a picture to the queue")
        return {_scalar(str(key)): serialise(one, role, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [serialise(one, role, depth + 1) for one in value]
    if isinstance(value, (set, frozenset)):
        return [serialise(one, role, depth + 1) for one in sorted(value, key=str)]
    raise NotTransferable(f"holds something that only Forge can read ({type(value).__name__})")


def _scalar(value: Any) -> Any:
    if isinstance(value, PurePath):
        value = str(value)
    if isinstance(value, str):
        if not is_storable(value):
            raise NotTransferable("holds characters that cannot be stored")
        if names_place(value):
            raise NotTransferable("names a folder or an address")
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise NotTransferable("is not a finite number")
    if isinstance(value, int) and abs(value) > _WHOLE_MAX:
        raise NotTransferable("is too large a number")
    return value


def is_same(one: Any, other: Any) -> bool:
    """Whether two values of a script mean the same. Texts are compared as they stand."""
    if isinstance(one, enum.Enum):
        return is_same(one.value, other)
    if isinstance(other, enum.Enum):
        return is_same(one, other.value)
    images = as_image(one), as_image(other)
    if images[0] is not None or images[1] is not None:
        return images[0] is not None and images[1] is not None and _is_same_image(*images)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, numpy.ndarray) or isinstance(other, numpy.ndarray):
        return numpy.array_equal(one, other)
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if type(one) is type(other) and type(one).__eq__ is object.__eq__ and hasattr(one, "__dict__"):
        # Gradio hands every session a copy of what a state holds at first.
        return is_same(vars(one), vars(other))
    same = one == other
    return bool(same) if isinstance(same, (bool, numpy.bool_)) else False


def _is_same_image(one: Image.Image, other: Image.Image) -> bool:
    return one.mode == other.mode and one.size == other.size and one.tobytes() == other.tobytes()

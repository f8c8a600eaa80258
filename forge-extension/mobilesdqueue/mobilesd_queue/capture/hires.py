"""Hires fix of the txt2img tab (modules/txt2img.py, modules/processing.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .limits import (
    CFG_SCALE_MAX,
    HIRES_SCALE_MAX,
    MODULES_MAX,
    SIDE_PIXELS_MAX,
    SIDE_PIXELS_MIN,
    SIDE_PIXELS_MULTIPLE,
    STEPS_MAX,
)
from .options import OLD_HIRES_SIZE
from .overrides import file_name
from .prompts import read_negative_prompt, read_prompt
from .reading import Reader, chosen

_SAME_MODULES = "Use same choices"


def _size_of(read: Reader, values: Mapping[str, Any]) -> dict[str, Any]:
    """A scale, or the sides that are not 0: one alone keeps the shape."""
    sides = {
        "width": ("Resize width to", values.get("hr_resize_x")),
        "height": ("Resize height to", values.get("hr_resize_y")),
    }
    given = {
        name: read.whole(label, side, SIDE_PIXELS_MIN, SIDE_PIXELS_MAX, SIDE_PIXELS_MULTIPLE)
        for name, (label, side) in sides.items()
        if side not in (None, 0)
    }
    return given or {"scale": read.number("Upscale by", values.get("hr_scale"), 1, HIRES_SCALE_MAX)}


def _second_size(width: int, height: int, size: Mapping[str, Any]) -> tuple[int, int]:
    if "scale" in size:
        asked = int(width * size["scale"]), int(height * size["scale"])
    elif "height" not in size:
        asked = size["width"], size["width"] * height // width
    elif "width" not in size:
        asked = size["height"] * width // height, size["height"]
    else:
        asked = size["width"], size["height"]
    return asked[0] - asked[0] % SIDE_PIXELS_MULTIPLE, asked[1] - asked[1] % SIDE_PIXELS_MULTIPLE


def _check_second_size(read: Reader, width: int, height: int, size: Mapping[str, Any]) -> None:
    sides = _second_size(width, height, size)
    if max(sides) > SIDE_PIXELS_MAX or min(sides) < SIDE_PIXELS_MIN:
        what = "Upscale by" if "scale" in size else "Resize width to / height to"
        read.refuse(
            f"Hires. fix makes a picture of {sides[0]}x{sides[1]}: change {what}, so that "
            f"each side has {SIDE_PIXELS_MIN} to {SIDE_PIXELS_MAX} pixels."
        )


def _modules_of(read: Reader, values: Mapping[str, Any]) -> dict[str, Any]:
    given = values.get("hr_additional_modules")
    if given is None or _SAME_MODULES in given:
        return {}
    label = "Hires VAE / Text Encoder"
    return {"modules": read.names(label, [file_name(str(one)) for one in given], MODULES_MAX)}


def _names_of(read: Reader, values: Mapping[str, Any]) -> dict[str, Any]:
    rows = (
        ("upscaler", "hr_upscaler", "The hires upscaler", ""),
        ("checkpoint_name", "hr_checkpoint_name", "Hires Checkpoint", "Use same checkpoint"),
        ("sampler_name", "hr_sampler_name", "Hires sampling method", "Use same sampler"),
        ("scheduler", "hr_scheduler", "Hires schedule type", "Use same scheduler"),
    )
    found = ((name, label, chosen(values, key, same)) for name, key, label, same in rows)
    return {name: read.name(label, value) for name, label, value in found if value is not None}


def hires_fields(
    read: Reader,
    values: Mapping[str, Any],
    core: Mapping[str, Any],
    options: Mapping[str, Any],
    may_be_rewritten: bool,
) -> dict[str, Any]:
    """Hires fix, where it is on. `core` has the first pass's width and height."""
    if not values.get("enable_hr"):
        return {}
    if options.get(OLD_HIRES_SIZE):
        read.refuse(
            "With Forge's setting \"For hires fix, use width/height sliders to set final "
            'resolution" hires fix cannot be queued: switch that setting off.'
        )
    size = _size_of(read, values)
    _check_second_size(read, core["width"], core["height"], size)
    steps = values.get("hr_second_pass_steps")
    denoising = values.get("denoising_strength")
    hires = {
        **size,
        **_names_of(read, values),
        **_modules_of(read, values),
        "steps": read.whole("Hires steps", steps, 0, STEPS_MAX),
        "denoising_strength": read.number("Denoising strength", denoising, 0, 1),
    }
    for name, key, label in (
        ("cfg_scale", "hr_cfg", "Hires CFG Scale"),
        ("distilled_cfg_scale", "hr_distilled_cfg", "Hires Distilled CFG Scale"),
    ):
        if key in values:
            hires[name] = read.number(label, values[key], 0, CFG_SCALE_MAX)
    prompt = read_prompt(read, "Hires prompt", values.get("hr_prompt"), may_be_rewritten)
    negative = read_negative_prompt(read, "Hires negative prompt", values.get("hr_negative_prompt"))
    if prompt:
        hires["prompt"] = prompt
    if negative:
        hires["negative_prompt"] = negative
    return {"hires": hires}

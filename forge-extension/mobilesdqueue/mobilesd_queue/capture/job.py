"""From a screen to the queue's `generation_params` (src/contract/generation-params.ts)."""

from __future__ import annotations

from typing import Any

from ..errors import CannotQueue
from .amounts import check_amounts
from .hires import hires_fields
from .img2img import img2img_fields, read_input, read_size
from .left_behind import refuse_left_behind
from .limits import (
    BATCH_SIZE_MAX,
    CFG_SCALE_MAX,
    ITERATIONS_MAX,
    SIDE_PIXELS_MAX,
    SIDE_PIXELS_MIN,
    SIDE_PIXELS_MULTIPLE,
    STYLES_MAX,
)
from .overrides import model_fields, option_fields, options_of
from .page_scripts import refiner_fields, sampler_fields, seed_fields
from .prompts import may_rewrite_prompts, read_negative_prompt, read_prompt
from .reading import Reader
from .screen import Screen
from .scripts import alwayson_fields, selected_fields


def _core_fields(read: Reader, screen: Screen, may_be_rewritten: bool) -> dict[str, Any]:
    values = screen.values
    prompt = read_prompt(read, "Prompt", values.get("prompt"), may_be_rewritten)
    negative = read_negative_prompt(read, "Negative prompt", values.get("negative_prompt"))
    fields = {
        "positive_prompt": prompt,
        "negative_prompt": negative,
        "styles": read.names("Styles", values.get("prompt_styles"), STYLES_MAX),
        "n_iter": read.whole("Batch count", values.get("n_iter"), 1, ITERATIONS_MAX),
        "batch_size": read.whole("Batch size", values.get("batch_size"), 1, BATCH_SIZE_MAX),
        "cfg_scale": read.number("CFG Scale", values.get("cfg_scale"), 0, CFG_SCALE_MAX),
    }
    distilled = "distilled_cfg_scale"
    if distilled in values:
        fields[distilled] = read.number("Distilled CFG Scale", values[distilled], 0, CFG_SCALE_MAX)
    return fields


def _tab_fields(
    read: Reader, screen: Screen, options: dict[str, Any], may_be_rewritten: bool
) -> dict[str, Any]:
    """Size, and what only one of the two tabs has."""
    values = screen.values
    if screen.tab == "img2img":
        found = read_input(read, values)
        width, height = read_size(read, values, found)
        size = {"width": width, "height": height}
        return {**size, **img2img_fields(read, values, found, options)}
    bounds = (SIDE_PIXELS_MIN, SIDE_PIXELS_MAX, SIDE_PIXELS_MULTIPLE)
    size = {
        "width": read.whole("Width", values.get("width"), *bounds),
        "height": read.whole("Height", values.get("height"), *bounds),
    }
    return {**size, **hires_fields(read, values, size, options, may_be_rewritten)}


def generation_params(screen: Screen) -> dict[str, Any]:
    """What is on screen as the queue takes it, with a `Picture` wherever an upload goes.

    Raises CannotQueue with every reason where a part of it cannot be carried over.
    """
    read = Reader()
    options = options_of(screen)
    refuse_left_behind(read, screen.host.options)
    alwayson = alwayson_fields(read, screen)
    may_be_rewritten = may_rewrite_prompts(alwayson.get("alwayson_scripts", ()))
    core = {
        **_core_fields(read, screen, may_be_rewritten),
        **model_fields(read, screen),
        **sampler_fields(read, screen),
        **seed_fields(read, screen),
        **refiner_fields(read, screen),
        **_tab_fields(read, screen, options, may_be_rewritten),
    }
    samplers = {
        core["sampler_name"],
        core.get("hires", {}).get("sampler_name") or core["sampler_name"],
    }
    params = {
        **core,
        **option_fields(read, options, samplers),
        **selected_fields(read, screen),
        **alwayson,
    }
    check_amounts(read, params)
    if read.reasons:
        raise CannotQueue(read.reasons)
    return params

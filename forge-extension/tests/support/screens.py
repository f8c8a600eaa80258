"""Screens as Forge's page gives them, with one thing changed at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from types import SimpleNamespace
from typing import Any

import numpy
from PIL import Image

from mobilesd_queue.capture.screen import HostState, Screen, ScriptOnScreen

CHECKPOINT = "Pony/cyberrealisticPony_v8.safetensors"

TXT2IMG_VALUES: Mapping[str, Any] = {
    "prompt": "a lighthouse at dusk",
    "negative_prompt": "fog",
    "prompt_styles": [],
    "n_iter": 1,
    "batch_size": 1,
    "cfg_scale": 7.0,
    "distilled_cfg_scale": 3.5,
    "height": 768,
    "width": 512,
    "enable_hr": False,
    "denoising_strength": 0.7,
    "hr_scale": 2.0,
    "hr_upscaler": "Latent",
    "hr_second_pass_steps": 0,
    "hr_resize_x": 0,
    "hr_resize_y": 0,
    "hr_checkpoint_name": "Use same checkpoint",
    "hr_additional_modules": ["Use same choices"],
    "hr_sampler_name": "Use same sampler",
    "hr_scheduler": "Use same scheduler",
    "hr_prompt": "",
    "hr_negative_prompt": "",
    "hr_cfg": 7.0,
    "hr_distilled_cfg": 3.5,
    "override_settings_texts": None,
}

IMG2IMG_VALUES: Mapping[str, Any] = {
    "mode": 0,
    "prompt": "a lighthouse at dusk",
    "negative_prompt": "fog",
    "prompt_styles": [],
    "init_img": None,
    "sketch": None,
    "sketch_fg": None,
    "init_img_with_mask": None,
    "init_img_with_mask_fg": None,
    "inpaint_color_sketch": None,
    "inpaint_color_sketch_fg": None,
    "init_img_inpaint": None,
    "init_mask_inpaint": None,
    "mask_blur": 4,
    "mask_alpha": 0,
    "inpainting_fill": 1,
    "n_iter": 1,
    "batch_size": 1,
    "cfg_scale": 7.0,
    "distilled_cfg_scale": 3.5,
    "image_cfg_scale": 1.5,
    "denoising_strength": 0.75,
    "selected_scale_tab": 0,
    "height": 512,
    "width": 512,
    "scale_by": 1.0,
    "resize_mode": 0,
    "inpaint_full_res": 0,
    "inpaint_full_res_padding": 32,
    "inpainting_mask_invert": 0,
    "img2img_batch_input_dir": "",
    "img2img_batch_output_dir": "",
    "img2img_batch_inpaint_mask_dir": "",
    "override_settings_texts": None,
    "img2img_batch_use_png_info": False,
    "img2img_batch_png_info_props": [],
    "img2img_batch_png_info_dir": "",
    "img2img_batch_source_type": "upload",
    "img2img_batch_upload": None,
}

SEED_LABELS = (
    "Seed",
    "Extra",
    "Variation seed",
    "Variation strength",
    "Resize seed from width",
    "Resize seed from height",
)


def sampler(steps: Any = 20, name: Any = "Euler a", scheduler: Any = "Automatic") -> ScriptOnScreen:
    return ScriptOnScreen(
        title="Sampler",
        kind="builtin",
        labels=("Sampling steps", "Sampling method", "Schedule type"),
        values=(steps, name, scheduler),
        defaults=(20, "DPM++ 2M", "Automatic"),
        fields={"steps": 0, "sampler_name": 1, "scheduler": 2},
    )


def seed(
    seed: Any = -1,
    extra: bool = False,
    subseed: Any = -1,
    strength: Any = 0.0,
    width: Any = 0,
    height: Any = 0,
) -> ScriptOnScreen:
    # The two sizes' field names are exchanged, as in Forge.
    return ScriptOnScreen(
        title="Seed",
        kind="builtin",
        labels=SEED_LABELS,
        values=(seed, extra, subseed, strength, width, height),
        defaults=(-1, False, -1, 0.0, 0, 0),
        fields={
            "seed": 0,
            "subseed": 2,
            "subseed_strength": 3,
            "seed_resize_from_h": 4,
            "seed_resize_from_w": 5,
        },
    )


def refiner(on: bool = False, checkpoint: Any = "", switch_at: Any = 0.8) -> ScriptOnScreen:
    return ScriptOnScreen(
        title="Refiner",
        kind="builtin",
        labels=("Refiner", "Checkpoint", "Switch at"),
        values=(on, checkpoint, switch_at),
        defaults=(False, "", 0.8),
        fields={"refiner_checkpoint": 1, "refiner_switch_at": 2},
    )


def alwayson(
    title: str, values: Sequence[Any], defaults: Sequence[Any] | None, **more: Any
) -> ScriptOnScreen:
    labels = more.pop("labels", tuple(f"Label {at}" for at in range(len(values))))
    return ScriptOnScreen(
        title=title,
        kind=more.pop("kind", "alwayson"),
        labels=tuple(labels),
        values=tuple(values),
        defaults=None if defaults is None else tuple(defaults),
        **more,
    )


def freeu(on: bool) -> ScriptOnScreen:
    title = "FreeU Integrated (SD 1.x, SD 2.x, SDXL)"
    labels = (title, "B1", "B2", "S1", "S2", "Start step", "End step")
    numbers = (1.01, 1.02, 0.99, 0.95, 0.0, 1.0)
    return alwayson(title, (on, *numbers), (False, *numbers), labels=labels)


def upscale_script() -> ScriptOnScreen:
    """SD upscale as scripts/sd_upscale.py draws it, with the second upscaler chosen."""
    labels = ("", "Tile overlap", "Upscaler", "Scale Factor")
    values, defaults = ("<p>hint</p>", 64, 1, 2.0), ("<p>hint</p>", 64, "None", 2.0)
    lists = {2: ("None", "Lanczos", "Nearest")}
    kept = {"kind": "selectable", "labels": labels, "choices": lists}
    return alwayson("SD upscale", values, defaults, **kept)


class InputMode(Enum):
    SIMPLE = "simple"
    BATCH = "batch"
    MERGE = "merge"


class ControlMode(Enum):
    BALANCED = "Balanced"


def unit(**changes: Any) -> SimpleNamespace:
    """A unit of ControlNet as its builder makes it; off unless `enabled` is given."""
    fields: dict[str, Any] = {
        "input_mode": InputMode.SIMPLE,
        "use_preview_as_input": False,
        "batch_image_dir": "",
        "batch_mask_dir": "",
        "batch_input_gallery": None,
        "batch_mask_gallery": None,
        "generated_image": None,
        "mask_image": None,
        "mask_image_fg": None,
        "hr_option": "Both",
        "enabled": False,
        "module": "None",
        "model": "None",
        "weight": 1.0,
        "image": None,
        "image_fg": None,
        "resize_mode": "Crop and Resize",
        "processor_res": -1,
        "threshold_a": -1,
        "threshold_b": -1,
        "guidance_start": 0.0,
        "guidance_end": 1.0,
        "pixel_perfect": False,
        "control_mode": ControlMode.BALANCED,
        "save_detected_map": True,
    }
    return SimpleNamespace(**{**fields, **changes})


def controlnet(*units: Any) -> ScriptOnScreen:
    return alwayson("ControlNet", units, [unit() for _ in units], labels=[""] * len(units))


def detailer_unit(**changes: Any) -> dict[str, Any]:
    unit = {
        "ad_model": "None",
        "ad_tab_enable": True,
        "ad_prompt": "",
        "ad_confidence": 0.3,
        "ad_denoising_strength": 0.4,
        "is_api": (),
    }
    return {**unit, **changes}


def adetailer(on: bool, *units: Any, **more: Any) -> ScriptOnScreen:
    labels = ("Enable ADetailer", "Skip img2img", *[None] * len(units))
    defaults = (False, False, *[detailer_unit() for _ in units])
    return alwayson("ADetailer", (on, False, *units), defaults, labels=labels, **more)


def colour(width: int, height: int, rgba: tuple[int, ...]) -> Image.Image:
    """A picture of one colour, RGB or RGBA by how many numbers there are."""
    return Image.new("RGBA" if len(rgba) == 4 else "RGB", (width, height), rgba)


def drawing(width: int, height: int, box: tuple[int, ...] | None, alpha: int = 255) -> Image.Image:
    """A canvas' drawing layer: transparent, but for a red box."""
    layer = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    if box is not None:
        layer.paste((200, 0, 0, alpha), box)
    return layer


def as_array(image: Image.Image) -> Any:
    return numpy.asarray(image).copy()


BUILTIN = (sampler(), refiner(), seed())


def txt2img(
    *scripts: ScriptOnScreen,
    selected: ScriptOnScreen | None = None,
    host: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    **values: Any,
) -> Screen:
    """The txt2img tab; a script replaces the one of the same title, others come behind."""
    return _screen("txt2img", TXT2IMG_VALUES, scripts, selected, host, overrides, values)


def img2img(
    *scripts: ScriptOnScreen,
    selected: ScriptOnScreen | None = None,
    host: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    **values: Any,
) -> Screen:
    """The img2img tab, like `txt2img`."""
    return _screen("img2img", IMG2IMG_VALUES, scripts, selected, host, overrides, values)


def _screen(
    tab: Any,
    base: Mapping[str, Any],
    scripts: Sequence[ScriptOnScreen],
    selected: ScriptOnScreen | None,
    host: Mapping[str, Any] | None,
    overrides: Mapping[str, Any] | None,
    values: Mapping[str, Any],
) -> Screen:
    unknown = values.keys() - base.keys()
    assert not unknown, f"{tab} has no {unknown}"
    given = {script.title: script for script in scripts if script.kind == "builtin"}
    builtin = [given.pop(one.title, one) for one in BUILTIN]
    others = [one for one in scripts if one.kind != "builtin" or one.title in given]
    return Screen(
        tab=tab,
        values={**base, **values},
        scripts=(*builtin, *others),
        selected=selected,
        host=replace(HostState(checkpoint=CHECKPOINT), **(host or {})),
        override_settings=overrides or {},
    )

"""The settings of a pending job, as Forge's own paste reads them (modules/infotext_utils.py)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .controlnet import TITLE as CONTROLNET
from .img2img_choices import AREAS, FILLS, MASK_MODES, RESIZE_MODES
from .infotext_keys import FIELDS, HIRES, SETTING_KEYS, UNIT_KEYS
from .options import SETTINGS
from .overrides import TIMESTEP_SAMPLERS, file_name
from .screen import HostState

# Words of the queue's `scheduler_or_quality_preset` that mean a number of steps.
_PRESET_STEPS = {"Speed": 12, "Balanced": 20, "Quality": 32}
_STEPS_DEFAULT = 20
_LOW_BITS = "forge_unet_storage_dtype"
_STAYS = "Styles, scripts and ControlNet units that are on stay on: switch off what is not wanted."
_ENDINGS = (".safetensors", ".ckpt", ".gguf", ".pth", ".pt", ".bin", ".sft")


def _quoted(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    is_plain = not any(char in text for char in ',\n:"') and text == text.strip()
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _stem(name: str) -> str:
    name = file_name(name)
    ending = next((one for one in _ENDINGS if name.lower().endswith(one)), "")
    return name[: len(name) - len(ending)]


def _steps_and_scheduler(params: Mapping[str, Any]) -> tuple[int, str]:
    preset = params.get("scheduler_or_quality_preset")
    steps = params.get("steps") or _PRESET_STEPS.get(preset, _STEPS_DEFAULT)
    named = None if preset in _PRESET_STEPS else preset
    return steps, params.get("scheduler") or named or "Automatic"


def _first_pass(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    steps, scheduler = _steps_and_scheduler(params)
    yield "Steps", steps
    yield "Sampler", params.get("sampler_name", "Euler a")
    yield "Schedule type", scheduler
    yield "CFG scale", params.get("cfg_scale", 7)
    yield "Distilled CFG Scale", params.get("distilled_cfg_scale", 3.5)
    yield "Seed", params.get("seed", -1)
    yield "Size", f"{params.get('width', 512)}x{params.get('height', 512)}"
    yield "Batch size", params.get("batch_size", 1)
    yield "Model", _stem(params["checkpoint_name"])
    if params.get("subseed_strength"):
        yield "Variation seed", params.get("subseed", -1)
        yield "Variation seed strength", params["subseed_strength"]
    sides = params.get("seed_resize_from_w", -1), params.get("seed_resize_from_h", -1)
    if min(sides) > 0:
        yield "Seed resize from", f"{sides[0]}x{sides[1]}"
    if params.get("clip_skip", 1) > 1:
        yield "Clip skip", params["clip_skip"]
    if params.get("eta") is not None:
        is_timestep = params.get("sampler_name") in TIMESTEP_SAMPLERS
        yield "Eta DDIM" if is_timestep else "Eta", params["eta"]
    for name, key in FIELDS.items():
        if params.get(name) is not None and params[name] is not False:
            yield key, params[name]


def _hires(hires: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    if not hires:
        return
    yield "Denoising strength", hires.get("denoising_strength", 0.7)
    if hires.get("width") or hires.get("height"):
        yield "Hires resize", f"{hires.get('width') or 0}x{hires.get('height') or 0}"
    else:
        yield "Hires upscale", hires.get("scale", 2)
    for name, key in HIRES.items():
        if hires.get(name) not in (None, ""):
            yield key, _stem(hires[name]) if name == "checkpoint_name" else hires[name]
    modules = hires.get("modules")
    if modules is not None:
        yield from _numbered("Hires Module", modules or ["Built-in"])


def _numbered(key: str, files: list[str]) -> Iterator[tuple[str, str]]:
    for at, name in enumerate(files, 1):
        yield f"{key} {at}", _stem(name)


def _img2img(img2img: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    if not img2img:
        return
    yield "Denoising strength", img2img.get("denoising_strength", 0.75)
    if img2img.get("initial_noise_multiplier") is not None:
        yield "Noise multiplier", img2img["initial_noise_multiplier"]
    if img2img.get("image_cfg_scale") is not None:
        yield "Image CFG scale", img2img["image_cfg_scale"]
    if not img2img.get("mask"):
        return
    yield "Mask blur", img2img.get("mask_blur", 4)
    yield "Masked content", FILLS[img2img.get("inpainting_fill", 1)]
    if img2img.get("inpaint_full_res"):
        yield "Inpaint area", AREAS[1]
        yield "Masked area padding", img2img.get("inpaint_full_res_padding", 32)
    if img2img.get("inpainting_mask_invert"):
        yield "Mask mode", MASK_MODES[1]


def _refiner(refiner: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    if refiner:
        yield "Refiner", _stem(refiner["checkpoint_name"])
        yield "Refiner switch at", refiner["switch_at"]


def _unit_text(unit: Mapping[str, Any]) -> str | None:
    """A unit in Forge's words; None where a name would break them (lib_controlnet/infotext.py)."""
    known = {key: unit[name] for name, key in UNIT_KEYS.items() if unit.get(name, -1) != -1}
    if any(char in str(value) for value in known.values() for char in ",:"):
        return None
    return ", ".join(f"{key}: {value}" for key, value in known.items())


def _units_of(params: Mapping[str, Any]) -> Iterator[tuple[int, str | None]]:
    for title, script in (params.get("alwayson_scripts") or {}).items():
        if title.lower() == CONTROLNET:
            for at, unit in enumerate(script["args"]):
                if unit.get("enabled", True):
                    yield at, _unit_text(unit)


def _lines(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from _first_pass(params)
    yield from _hires(params.get("hires"))
    yield from _img2img(params.get("img2img"))
    yield from _refiner(params.get("refiner"))
    for name, value in (params.get("settings") or {}).items():
        if name in SETTING_KEYS:
            yield SETTING_KEYS[name], value
    for at, text in _units_of(params):
        if text:
            yield f"ControlNet {at}", text
    yield from _numbered("Module", params.get("modules") or [])


def infotext_of(params: Mapping[str, Any]) -> str:
    """The settings of a job, as the queue keeps them, in the form that Forge's paste reads."""
    negative = params.get("negative_prompt") or ""
    prompts = [params["positive_prompt"], *([f"Negative prompt: {negative}"] if negative else [])]
    last = ", ".join(f"{key}: {_quoted(value)}" for key, value in _lines(params))
    return "\n".join([*prompts, last])


def _at_the_top(params: Mapping[str, Any], host: HostState) -> Iterator[str]:
    checkpoint = _stem(params["checkpoint_name"])
    if host.checkpoint is None or _stem(host.checkpoint) != checkpoint:
        yield f"the checkpoint: choose {checkpoint} at the top"
    modules = params.get("modules")
    if modules is not None and sorted(modules) != sorted(host.modules):
        names = ", ".join(_stem(name) for name in modules)
        yield f"VAE / Text Encoder: choose {names or 'none'} at the top"
    low_bits = (params.get("settings") or {}).get(_LOW_BITS)
    if low_bits not in (None, host.options.get(_LOW_BITS)):
        yield f"{SETTINGS[_LOW_BITS].label}: choose {low_bits} at the top"


def _of_img2img(img2img: Mapping[str, Any] | None) -> Iterator[str]:
    if not img2img:
        return
    yield "the input picture" + (" and its mask" if img2img.get("mask") else "")
    yield f"Resize mode: choose {RESIZE_MODES[img2img.get('resize_mode', 0)]}"


def not_in_infotext(params: Mapping[str, Any], host: HostState) -> list[str]:
    """What a paste of that text does not bring back, each by its name on Forge's page.

    What is chosen at the top of the page (`host`) as the job has it is left out. The last is a
    sentence about what a paste leaves on screen as it is.
    """
    lost = [*_at_the_top(params, host), f"Batch count: set it to {params.get('n_iter', 1)}"]
    if params.get("styles"):
        lost.append(f"styles {', '.join(params['styles'])}")
    lost += _of_img2img(params.get("img2img"))
    if params.get("script"):
        lost.append(f"the script {params['script']['name']}")
    for title in params.get("alwayson_scripts") or {}:
        lost.append("ControlNet's pictures" if title.lower() == CONTROLNET else title)
    lost += [f"ControlNet Unit {at}" for at, text in _units_of(params) if text is None]
    settings = [name for name in params.get("settings") or {} if name not in SETTING_KEYS]
    lost += [
        f"the setting {SETTINGS[name].label}"
        for name in settings
        if name in SETTINGS and name != _LOW_BITS
    ]
    return [*lost, _STAYS]

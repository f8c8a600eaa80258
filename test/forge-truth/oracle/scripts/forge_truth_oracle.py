"""Writes down what Forge really runs: each generation leaves a file before it draws and one after.

Forge loads it as an extension's script. The files go to the folder that ORACLE_OUT names: `N.json`
holds every field, every option and every script's arguments, `N.done.json` the pictures' texts. Two
runs are the same job when what stands in their first files is equal.
"""

from __future__ import annotations

import enum
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from modules import scripts, shared
from modules_forge.utils import HWC3

OUT = Path(os.environ.get("ORACLE_OUT", "oracle-out"))

# What Forge works with while it runs, and the folders of its own machine.
NOT_SETTINGS = {
    "cached_c",
    "cached_hr_c",
    "cached_hr_uc",
    "cached_uc",
    "comments",
    "modified_noise",
    "outpath_grids",
    "outpath_samples",
    "sampler",
    "sampler_noise_scheduler_override",
    "script_args_value",
    "scripts",
    "scripts_value",
    "sd_model",
}
# Fields that Forge completes from its options, styles and seed before it draws.
COMPLETED = (
    "all_negative_prompts",
    "all_prompts",
    "all_seeds",
    "restore_faces",
    "s_churn",
    "s_min_uncond",
    "s_noise",
    "s_tmax",
    "s_tmin",
    "sampler_name",
    "scheduler",
    "tiling",
)
LONG_TEXT = 300
DEEPEST = 3


def digest(data: bytes) -> str:
    """The first digits of a SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]


def of_array(array: np.ndarray) -> dict[str, Any]:
    """An array by shape and digest; a picture also as ControlNet sees it, and by its alpha."""
    seen = {"shape": list(array.shape), "type": str(array.dtype), "bytes": digest(array.tobytes())}
    if array.dtype != np.uint8 or array.ndim not in (2, 3):
        return seen
    channels = array[:, :, None] if array.ndim == 2 else array
    first, last = (np.ascontiguousarray(channels[:, :, at]) for at in (0, -1))
    seen["on_white"] = digest(HWC3(array).tobytes())
    if channels.shape[2] == 4:
        return {**seen, "alpha": digest(last.tobytes()) if last.any() else "empty"}
    return {**seen, "first_channel": digest(first.tobytes())}


def of_picture(picture: Any) -> dict[str, Any]:
    """A PIL picture by mode, size and digest, and by its colours without alpha."""
    return {
        "mode": picture.mode,
        "size": list(picture.size),
        "bytes": digest(picture.tobytes()),
        "colours": digest(picture.convert("RGB").tobytes()),
    }


def plain(value: Any, depth: int = 0) -> Any:
    """A JSON form of any value; pictures and arrays become shape and digest."""
    if isinstance(value, enum.Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value if len(value) < LONG_TEXT else f"{len(value)}: {digest(value.encode())}"
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if hasattr(value, "mode") and hasattr(value, "tobytes"):
        return of_picture(value)
    if hasattr(value, "shape"):
        return of_array(value.cpu().numpy() if hasattr(value, "cpu") else value)
    if hasattr(value, "__dict__") and depth < DEEPEST:
        fields = vars(value).items()
        return {key: plain(item, depth + 1) for key, item in fields if not key.startswith("_")}
    return f"<{type(value).__name__}>"


def of_unit(unit: Any) -> dict[str, Any]:
    """A ControlNet unit as its script reads it (sd_forge_controlnet, get_enabled_units)."""
    external_code = sys.modules["lib_controlnet.external_code"]
    read = external_code.ControlNetUnit.from_dict(unit) if isinstance(unit, dict) else unit
    return plain(read) if read.enabled else {"enabled": False}


def arguments_of(script: Any, p: Any) -> list[Any]:
    """What a script is called with. A request's ControlNet units are texts until they are read."""
    values = p.script_args[script.args_from : script.args_to]
    if script.title() == "ControlNet":
        return [of_unit(unit) for unit in values]
    return [plain(value, 1) for value in values]


def changed_options() -> dict[str, Any]:
    """The options in force that are not Forge's own defaults."""
    opts = shared.opts
    names = [name for name, info in opts.data_labels.items() if not info.do_not_save]
    values = {name: getattr(opts, name) for name in sorted(names)}
    return {
        name: plain(value)
        for name, value in values.items()
        if value != opts.data_labels[name].default
    }


def write(name: str, content: dict[str, Any]) -> None:
    """Writes a file that is there whole or not at all."""
    OUT.mkdir(parents=True, exist_ok=True)
    half = OUT / f"{name}.half"
    half.write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")
    half.rename(OUT / f"{name}.json")


class ForgeTruthOracle(scripts.Script):
    """An always-on script without arguments, so that it moves nobody else's."""

    def title(self) -> str:
        return "Forge truth oracle"

    def show(self, is_img2img: bool) -> Any:
        return scripts.AlwaysVisible

    def ui(self, is_img2img: bool) -> list[Any]:
        return []

    def before_process(self, p: Any, *args: Any) -> None:
        """Notes the fields as they were asked for, before Forge or a script works on them."""
        fields = sorted(vars(p).items())
        p._oracle_seen = {
            "kind": type(p).__name__,
            "fields": {
                name: plain(value)
                for name, value in fields
                if not name.startswith("_") and name not in NOT_SETTINGS
            },
            "scripts": {
                script.title(): arguments_of(script, p)
                for script in p.scripts.scripts
                if script.args_from is not None
            },
            "selectable_script": p.script_args[0],
            "not_chosen": [
                script.title()
                for at, script in enumerate(p.scripts.selectable_scripts)
                if p.script_args[0] != at + 1
            ],
        }

    def process(self, p: Any, *args: Any) -> None:
        """Notes what is in force: now the job's options are set, and the model is loaded."""
        p._oracle_name = str(time.time_ns())
        model = {
            "checkpoint": shared.sd_model.sd_checkpoint_info.name,
            "modules": [Path(path).name for path in shared.opts.forge_additional_modules],
        }
        completed = {name: plain(getattr(p, name)) for name in COMPLETED}
        # Without a strength Forge draws them at random and uses none.
        completed["all_subseeds"] = plain(p.all_subseeds) if p.subseed_strength > 0 else None
        refiner = p.refiner_checkpoint_info
        completed["refiner_checkpoint"] = refiner.name if refiner else None
        more = {"model": model, "options": changed_options(), "completed": completed}
        seen = {**p._oracle_seen, **more}
        write(p._oracle_name, seen)

    def postprocess(self, p: Any, processed: Any, *args: Any) -> None:
        """Says that the pictures are there, and how many of them are results."""
        first = processed.index_of_first_image
        content = {"infotexts": processed.infotexts[first:]}
        write(f"{p._oracle_name}.done", content)

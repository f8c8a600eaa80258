"""Writes down what Generate was called with, and answers a picture without drawing one."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
from PIL import Image

from modules import scripts, shared
from modules.shared_cmd_options import cmd_opts

ran: list[dict[str, Any]] = []


def _picture(image: Image.Image) -> dict[str, Any]:
    return {
        "picture": hashlib.sha256(image.tobytes()).hexdigest(),
        "mode": image.mode,
        "size": list(image.size),
    }


def plain(value: Any) -> Any:
    """A value as JSON: a picture as the hash of its pixels."""
    if isinstance(value, Image.Image):
        return _picture(value)
    if isinstance(value, np.ndarray):
        return _picture(Image.fromarray(value))
    if is_dataclass(value) and not isinstance(value, type):
        return plain({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def _scripts(runner: Any, arguments: tuple[Any, ...]) -> dict[str, Any]:
    index = arguments[0] or 0
    chosen = runner.selectable_scripts[index - 1] if index else None
    of = {
        script.title(): plain(arguments[script.args_from : script.args_to])
        for script in runner.alwayson_scripts
        if script.args_to > script.args_from
    }
    if chosen is None:
        return {"alwayson": of, "script": None}
    values = plain(arguments[chosen.args_from : chosen.args_to])
    return {"alwayson": of, "script": {"title": chosen.title(), "args": values}}


def run(tab: str, function: Callable[..., Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Notes one generation by parameter names, waits while the tests hold it, and answers."""
    runner = getattr(scripts, f"scripts_{tab}")
    parameters = list(inspect.signature(function).parameters.values())
    names = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    named = dict(zip(names, values, strict=False))
    shared.may_finish.wait()
    ran.append(
        {
            "tab": tab,
            "values": {
                name: plain(value)
                for name, value in named.items()
                if name not in ("id_task", "request")
            },
            "checkpoint": shared.opts.sd_model_checkpoint,
            "modules": list(shared.opts.forge_additional_modules),
            **_scripts(runner, values[len(names) :]),
        }
    )
    width, height = int(named["width"]), int(named["height"])
    picture = Image.new("RGB", (min(width, 64), min(height, 64)), (200, 60, 60))
    infotext = f"{named['prompt']}\nSteps: 1, Sampler: Euler, Seed: 1, Size: {width}x{height}"
    info = json.dumps({"infotexts": [infotext], "index_of_first_image": 0})
    video = [None] if cmd_opts.neo_outputs else []
    return ([picture], *video, info, infotext, "")

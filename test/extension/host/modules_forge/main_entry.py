"""Checkpoint, VAE and low bits, as the quicksettings choose them."""

import os
from typing import Any

from modules import box, sd_models
from modules.paths_internal import models_path
from modules.shared import config_filename, opts

module_list: dict[str, str] = {}
ui_checkpoint: Any = None
ui_vae: Any = None
ui_clip_skip: Any = None
ui_forge_preset: Any = None


def refresh_models() -> tuple[list[str], list[str]]:
    """The names of checkpoints and of modules."""
    module_list.clear()
    for name in box.modules:
        module_list[name] = os.path.join(models_path, "VAE", name)
    return sd_models.checkpoint_tiles(), list(module_list)


def checkpoint_change(name: str, save: bool = True, refresh: bool = True) -> bool:
    """The checkpoint for what is generated next."""
    changed = opts.set("sd_model_checkpoint", name)
    if save:
        opts.save(config_filename)
    return changed


def modules_change(names: list[str], save: bool = True, refresh: bool = True) -> bool:
    """The modules for what is generated next, kept as paths."""
    known = [
        module_list[os.path.basename(name)]
        for name in names
        if os.path.basename(name) in module_list
    ]
    changed = opts.set("forge_additional_modules", known)
    if save:
        opts.save(config_filename)
    return changed

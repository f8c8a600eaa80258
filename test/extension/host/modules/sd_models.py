"""The checkpoints of the box. Nothing here can be loaded: a test sees who tries."""

import os
import re
from typing import Any

from modules import box
from modules.paths_internal import models_path
from modules.shared import opts

model_path = os.path.join(models_path, "Stable-diffusion")


class CheckpointInfo:
    """One checkpoint and every name by which it can be meant."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.name = os.path.relpath(filename, model_path).replace("\\", "/")
        self.name_for_extra = os.path.splitext(os.path.basename(filename))[0]
        self.model_name = os.path.splitext(self.name.replace("/", "_"))[0]
        self.hash = "NOFILE"
        self.sha256: str | None = None
        self.shorthash: str | None = None
        self.title = self.name
        self.short_title = self.name_for_extra
        self.metadata: dict[str, Any] = {}
        self.ids = [self.hash, self.model_name, self.title, self.name, self.name_for_extra]


checkpoints_list: dict[str, CheckpointInfo] = {}
checkpoint_aliases: dict[str, CheckpointInfo] = {}
checkpoint_alisases = checkpoint_aliases
loads: list[str] = []


def list_models() -> None:
    """Looks the checkpoints up anew."""
    checkpoints_list.clear()
    checkpoint_aliases.clear()
    for name in box.checkpoints:
        info = CheckpointInfo(os.path.join(model_path, name))
        checkpoints_list[info.title] = info
        checkpoint_aliases.update(dict.fromkeys(info.ids, info))
    if opts.sd_model_checkpoint in (None, "None", ""):
        opts.set("sd_model_checkpoint", next(iter(checkpoints_list.values())).name)


def checkpoint_tiles(use_short: bool = False) -> list[str]:
    """The names as a dropdown shows them."""
    return [i.short_title if use_short else i.name for i in checkpoints_list.values()]


def get_closet_checkpoint_match(search: str | None) -> CheckpointInfo | None:
    """The checkpoint of any of its names, else the one with the shortest title that holds it."""
    if not search:
        return None
    if search in checkpoint_aliases:
        return checkpoint_aliases[search]
    for text in (search, re.sub(r"\s*\[[^]]+]\s*$", "", search)):
        found = [info for info in checkpoints_list.values() if text in info.title]
        if found:
            return min(found, key=lambda info: len(info.title))
    return None


get_closest_checkpoint_match = get_closet_checkpoint_match


def select_checkpoint() -> CheckpointInfo | None:
    """The one chosen, else the first."""
    chosen = checkpoint_aliases.get(opts.sd_model_checkpoint)
    return chosen or next(iter(checkpoints_list.values()), None)


def load_model(*args: Any, **kwargs: Any) -> None:
    """Notes that somebody made Forge load a model."""
    loads.append("load_model")


def forge_model_reload() -> tuple[Any, bool]:
    """Notes that somebody made Forge load a model."""
    loads.append("forge_model_reload")
    return None, False

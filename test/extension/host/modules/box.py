"""What lies on the box: models, modules and styles of the demo Forge, which runs the jobs."""

import json
from typing import Any

from modules.shared_cmd_options import HOST_ROOT

_box: dict[str, list[str]] = json.loads(
    (HOST_ROOT.parent / "page" / "box.json").read_text(encoding="utf-8")
)

checkpoints = _box["checkpoints"]
modules = _box["modules"]
styles = _box["styles"]

_bare = [name.rsplit("/", 1)[-1].rsplit(".", 1)[0] for name in checkpoints]
# Lists that Forge fills from its box; what the recorded box had stays out.
_LISTS: dict[str, list[str]] = {
    "hr_checkpoint": ["Use same checkpoint", *_bare],
    "hr_vae_te": ["Use same choices", *modules],
    "txt2img_checkpoint": ["", *_bare],
    "img2img_checkpoint": ["", *_bare],
    "txt2img_styles": styles,
    "img2img_styles": styles,
}


def with_own_choices(record: dict[str, Any]) -> dict[str, Any]:
    """A recorded component, with the choices of this box where they depend on one."""
    elem_id = record.get("elem_id") or ""
    if elem_id.endswith("controlnet_model_dropdown"):
        return {**record, "choices": _box["controlnet_models"]}
    return {**record, "choices": _LISTS[elem_id]} if elem_id in _LISTS else record

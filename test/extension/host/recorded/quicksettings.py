"""The row above the tabs: what it chooses goes into the options at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from modules import shared
from modules.shared_cmd_options import cmd_opts
from modules_forge import main_entry
from recorded import component, fixture
from recorded.tree import built

# In Forge these have labels and no ids; Neo has ids, and a dropdown for the preset.
_OPTION_OF = {
    "UI": "forge_preset",
    "Diffusion in Low Bits": "forge_unet_storage_dtype",
    "Swap Method": "forge_async_loading",
    "Swap Location": "forge_pin_shared_memory",
    "Clip skip": "CLIP_stop_at_last_layers",
}
_NEO = {
    "Checkpoint": {"elem_id": "setting_sd_model_checkpoint"},
    "VAE / Text Encoder": {"elem_id": "setting_sd_vae"},
    "UI": {"type": "dropdown"},
    "Diffusion in Low Bits": {"elem_id": "forge_ui_dtype"},
}


def _setter(key: str) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        shared.opts.set(key, value)
        shared.opts.save(shared.config_filename)

    return change


def _current(label: str, recorded: Any) -> Any:
    if label == "Checkpoint":
        return lambda: shared.opts.sd_model_checkpoint
    if label == "VAE / Text Encoder":
        return lambda: [path.rsplit("/", 1)[-1] for path in shared.opts.forge_additional_modules]
    key = _OPTION_OF.get(label)
    return recorded if key is None else (lambda: getattr(shared.opts, key))


def build() -> None:
    """Builds the row and connects it."""
    checkpoints, modules = main_entry.refresh_models()
    choices = {"Checkpoint": checkpoints, "VAE / Text Encoder": modules}
    changes = {
        "Checkpoint": main_entry.checkpoint_change,
        "VAE / Text Encoder": main_entry.modules_change,
    }
    root = fixture.layout("quicksettings")
    with gr.Row(elem_id="quicksettings"):
        for node in root.children:
            record = dict(fixture.components()[node.id])
            label = record.get("label", "")
            record["value"] = _current(label, record.get("value"))
            record["choices"] = choices.get(label, record.get("choices"))
            made = component.make({**record, **(_NEO.get(label, {}) if cmd_opts.neo else {})})
            built[node.id] = made
            change = changes.get(label) or (_OPTION_OF.get(label) and _setter(_OPTION_OF[label]))
            if change:
                event = made.input if cmd_opts.neo else made.change
                event(_one(change), inputs=[made], queue=False, show_progress=False)


def _one(change: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Gradio counts outputs: a change gives none."""

    def call(value: Any) -> None:
        change(value)

    return call

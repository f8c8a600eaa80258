"""What Forge's modules share: options, state and command line."""

import json
import os
import threading
from typing import Any

import gradio as gr

from modules import box
from modules.options import OptionDiv, OptionHTML, OptionInfo, Options, options_section
from modules.paths_internal import data_path, script_path
from modules.shared_cmd_options import HOST_ROOT, cmd_opts
from modules.shared_state import State
from modules.styles import StyleDatabase

__all__ = ["OptionDiv", "OptionHTML", "OptionInfo", "cmd_opts", "options_section", "script_path"]

PAGE = HOST_ROOT.parent / "page"


class NoModelYet:
    """What stands for the model before the first load; it knows no checkpoint."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no model is loaded: {name}")


def _recorded_options() -> dict[str, OptionInfo]:
    lines = (PAGE / "options.jsonl").read_text(encoding="utf-8").splitlines()
    return {
        record["name"]: OptionInfo(
            record["default"],
            record["label"],
            section=("recorded", "Recorded"),
            infotext=record.get("infotext"),
        )
        for record in map(json.loads, lines)
    }


os.makedirs(data_path, exist_ok=True)
options_templates = _recorded_options()
opts = Options(options_templates)
config_filename = os.path.join(data_path, "config.json")
if os.path.exists(config_filename):
    opts.load(config_filename)
if cmd_opts.compact:
    opts.data["compact_prompt_box"] = True

state = State()
prompt_styles = StyleDatabase(box.styles)
sd_model: Any = NoModelYet()
demo: gr.Blocks | None = None
tab_names: list[str] = []
latent_upscale_default_mode = "Latent"
# No fonts of the net: a page of the tests asks nobody outside.
gradio_theme = gr.themes.Default(font=("sans-serif",), font_mono=("monospace",))
# While this is clear a generation waits before it ends; the tests hold and release it.
may_finish = threading.Event()
may_finish.set()

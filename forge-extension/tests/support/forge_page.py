"""A tab of Forge's page in small: real Gradio parts, wired to Generate as Forge wires them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any

import gradio as gr

from mobilesd_queue.webui.find_events import builders, clicks_on, main_event, parameter_names
from mobilesd_queue.webui.read_screen import Binding
from mobilesd_queue.webui.script_tables import always_on_tables, selectable_tables


def create_processing(id_task: str, request: gr.Request, prompt, n_iter: int, width: int, *args):
    """Has the names, as Forge's inner function does."""


def txt2img(id_task: str, request: gr.Request, *args):
    """What Generate runs."""


def queued(function: Callable[..., Any]) -> Callable[..., Any]:
    """A wrapper like those of modules/call_queue.py."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return run


def script(title: str, controls: list[Any], **more: Any) -> SimpleNamespace:
    """A script as Forge's runner keeps it, without its place yet."""
    arguments = [SimpleNamespace(label=one.label or "", value=one.value) for one in controls]
    fields = {
        "title": lambda: title,
        "alwayson": True,
        "args_from": None,
        "args_to": None,
        "controls": controls,
        "infotext_fields": None,
        "api_info": SimpleNamespace(args=arguments),
    }
    return SimpleNamespace(**{**fields, **more})


class Page:
    """txt2img with a sampler, a unit whose state a builder fills, and two selectable scripts."""

    def __init__(self, build_unit: Callable[..., Any], *, outputs: int = 4, js: str | None = None):
        with gr.Blocks() as self.blocks:
            self.generate = gr.Button("Generate")
            self.core = [gr.Textbox(), gr.Textbox(), gr.Slider(1, 16), gr.Slider(64, 2048)]
            self.steps = gr.Slider(1, 150, value=20, label="Sampling steps")
            self.weight = gr.Slider(0, 2, value=1, label="Weight")
            self.unit = gr.State({"weight": 1})
            self.choice = gr.Dropdown(["None", "Loop", "Grid"], type="index")
            self.loops = gr.Slider(1, 9, value=2, label="Loops")
            sampler = script("Sampler", [self.steps], setup_for_ui_only=True)
            pasted = [SimpleNamespace(api="steps", component=self.steps)]
            sampler.infotext_fields = pasted
            unit = script("Unit", [self.unit])
            loop = script("Loop", [self.loops], alwayson=False)
            grid = script("Grid", [], alwayson=False)
            self.runner = _runner([sampler, unit, loop, grid], self.choice)
            results = [gr.HTML() for _ in range(outputs)]
            self.generate.click(
                build_unit, inputs=[self.unit, self.weight], outputs=[self.unit], js=js, queue=False
            )
            self.generate.click(lambda: None, inputs=[], outputs=[results[0]])
            self.generate.click(
                queued(queued(txt2img)), inputs=[*self.core, *self.runner.inputs], outputs=results
            )

    def binding(self) -> Binding:
        """As the extension joins itself to a finished tab."""
        clicks = clicks_on(self.blocks, self.generate)
        main = main_event(clicks, txt2img)
        return Binding(
            tab="txt2img",
            main=main,
            names=parameter_names([txt2img, create_processing]),
            builders=tuple(builders(clicks, lambda one: isinstance(one, gr.State))),
            scripts=always_on_tables(self.runner),
            selectable=selectable_tables(self.runner),
        )


def _runner(scripts: list[Any], choice: Any) -> SimpleNamespace:
    inputs = [choice]
    for one in scripts:
        one.args_from = len(inputs)
        inputs += one.controls
        one.args_to = len(inputs)
    selectable = [one for one in scripts if not one.alwayson]
    return SimpleNamespace(scripts=scripts, selectable_scripts=selectable, inputs=inputs)

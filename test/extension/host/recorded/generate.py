"""The events on Generate and on what ControlNet's units are built from."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import gradio as gr

import modules.img2img
import modules.txt2img
from modules.call_queue import wrap_gradio_gpu_call
from modules.shared import PAGE
from modules.shared_cmd_options import cmd_opts
from recorded import fixture
from recorded.controlnet import ControlNetUnit, InputMode
from recorded.tree import TabTree, built, element


def _events() -> list[dict[str, Any]]:
    lines = (PAGE / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def connect_builders(tab: str) -> None:
    """Each unit is built anew on every change and on Generate, as Forge does it."""
    generate = fixture.by_elem_id(f"{tab}_generate")
    own = {node.id for node in fixture.layout(f"tab_{tab}").walk()}
    for event in _events():
        if not event["function"].startswith("ControlNetUnit") or event["outputs"][0] not in own:
            continue
        for target, name in event["targets"]:
            subscribe = getattr(built[target], name, None)
            if subscribe is None:
                raise LookupError(f"component {target} has no event {name}")
            subscribe(
                fn=ControlNetUnit,
                inputs=[built[i] for i in event["inputs"]],
                outputs=[built[i] for i in event["outputs"]],
                queue=target != generate and event["queue"],
            )


def connect_unit_tabs(tree: TabTree) -> None:
    """What a unit's builder reads from states: its input mode and its range of steps."""
    modes = (InputMode.SIMPLE, InputMode.BATCH, InputMode.MERGE)
    records = fixture.components()
    for event in _events():
        is_click = [fixture.by_elem_id(f"{tree.tab}_generate"), "click"] in event["targets"]
        if not (is_click and event["function"].startswith("ControlNetUnit")):
            continue
        inputs = event["inputs"]
        unit = next(n for n in tree.root.walk() if n.children and n.children[0].id == inputs[0])
        inside = [node for node in unit.walk() if node.id in built]
        tabs = [n for n in inside if records[n.id].get("label", "").startswith(("Single", "Batch"))]
        for node, mode in zip(tabs, modes, strict=False):
            select = built[node.id].select
            select(fn=lambda mode=mode: mode, inputs=[], outputs=[built[inputs[0]]])
        steps = next(built[n.id] for n in inside if records[n.id]["type"] == "rangeslider")
        steps.change(
            fn=lambda both: (both[0], both[1]),
            inputs=[steps],
            outputs=[built[inputs[20]], built[inputs[21]]],
        )


def connect_img2img_tabs() -> None:
    """The hidden numbers that say which source and which kind of resize is chosen."""
    sources = (
        "img2img_img2img_tab",
        "img2img_img2img_sketch_tab",
        "img2img_inpaint_tab",
        "img2img_inpaint_sketch_tab",
        "img2img_inpaint_upload_tab",
        "img2img_batch_tab",
    )
    scales = ("img2img_tab_resize_to", "img2img_tab_resize_by")
    inputs = dict(zip(_names("img2img"), fixture.generate_inputs("img2img"), strict=False))
    for ids, number in ((sources, inputs["mode"]), (scales, inputs["selected_scale_tab"])):
        for index, elem_id in enumerate(ids):
            element(elem_id).select(
                fn=lambda index=index: index,
                inputs=[],
                outputs=[built[number]],
                show_progress=False,
                queue=False,
            )


def _function(tab: str) -> Callable[..., Any]:
    return modules.txt2img.txt2img if tab == "txt2img" else modules.img2img.img2img


def _names(tab: str) -> list[str]:
    """Parameters of Generate's inputs; Gradio hands the request over by itself."""
    function = (
        modules.txt2img.txt2img_create_processing
        if tab == "txt2img"
        else modules.img2img.img2img_function
    )
    return [name for name in inspect.signature(function).parameters if name != "request"]


def connect_generate(tree: TabTree) -> None:
    """The main event, on the button and on Ctrl+Enter in the prompt."""
    tab, runner = tree.tab, tree.runner
    ids = fixture.generate_inputs(tab)
    core = ids[: ids.index(next(i for i in ids if built[i] is runner.inputs[0]))]
    inputs = [built[i] for i in core] + runner.inputs
    if cmd_opts.drop_input in _names(tab):
        # The place stays, so that all others keep theirs; the field on screen is not in it.
        inputs[_names(tab).index(cmd_opts.drop_input)] = gr.State(None)
    panel = [element(f"{tab}_gallery")]
    if cmd_opts.neo_outputs:
        panel.append(gr.Video(visible=False, elem_id=f"{tab}_player"))
    panel += [element(f"{name}_{tab}") for name in ("generation_info", "html_info", "html_log")]
    event: dict[str, Any] = {
        "fn": wrap_gradio_gpu_call(_function(tab), [None] * (len(panel) - 1)),
        "_js": f"(...values) => submit('{tab}', values, {len(inputs)})",
        "inputs": inputs,
        "outputs": panel,
        "show_progress": False,
    }
    for begin in (element(f"{tab}_prompt").submit, element(f"{tab}_generate").click):
        begin(**event).then(fn=None, js=f"() => showSubmitButtons('{tab}', true)")


def check_order(tree: TabTree) -> None:
    """The recorded scripts' arguments stand in the recorded order: else this is no Forge."""
    known = {id(component): number for number, component in built.items()}
    seen = [known[id(c)] for c in tree.runner.inputs if id(c) in known]
    recorded = [i for i in fixture.generate_inputs(tree.tab) if i in set(seen)]
    expected = recorded[len(recorded) - len(seen) :]
    if seen != expected:
        raise AssertionError(f"{tree.tab}: the scripts' arguments are in another order: {seen}")

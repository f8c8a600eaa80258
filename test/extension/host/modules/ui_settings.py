"""The Settings tab: every option of an extension, "Apply settings" and "Reload UI"."""

from __future__ import annotations

from typing import Any

import gradio as gr

from modules import shared
from modules.options import OptionInfo


def _component(key: str, info: OptionInfo) -> Any:
    arguments = info.component_args() if callable(info.component_args) else info.component_args
    kind = info.component or _kind_of(info.default)
    value = info.default if info.do_not_save else (lambda: getattr(shared.opts, key))
    made = kind(label=info.label, value=value, elem_id=f"setting_{key}", **(arguments or {}))
    if info.comment_before or info.comment_after:
        gr.HTML(f"{info.comment_before} {info.comment_after}", elem_classes="settings-comment")
    return made


def _kind_of(default: Any) -> Any:
    if isinstance(default, bool):
        return gr.Checkbox
    return gr.Number if isinstance(default, int | float) else gr.Textbox


def _apply(keys: list[str]) -> Any:
    def apply(*values: Any) -> tuple[str, str]:
        changed = [
            key for key, value in zip(keys, values, strict=True) if shared.opts.set(key, value)
        ]
        shared.opts.save(shared.config_filename)
        return shared.opts.dumpjson(), f"{len(changed)} settings changed: {', '.join(changed)}."

    return apply


def create_ui() -> gr.Blocks:
    """The tab. The recorded options have values but no components."""
    labels = shared.opts.data_labels
    own = {k: i for k, i in labels.items() if (i.section or ("recorded",))[0] != "recorded"}
    with gr.Blocks(analytics_enabled=False) as interface:
        with gr.Row():
            submit = gr.Button("Apply settings", variant="primary", elem_id="settings_submit")
            restart = gr.Button("Reload UI", elem_id="settings_restart_gradio")
        result = gr.HTML(elem_id="settings_result")
        text = gr.Textbox(elem_id="settings_json_after", visible=False)
        with gr.Column(elem_id="settings"):
            made = {key: _component(key, info) for key, info in own.items()}
        kept = [key for key in own if not own[key].do_not_save]
        submit.click(fn=_apply(kept), inputs=[made[key] for key in kept], outputs=[text, result])
        restart.click(fn=shared.state.request_restart, inputs=[], outputs=[])
    return interface

"""Which field of an infotext goes where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from modules.infotext_utils import (
    ParamBinding,
    PasteField,
    add_paste_fields,
    register_paste_params_button,
)
from modules.ui_components import ToolButton
from recorded import fixture
from recorded.tree import TabTree, built, element

_BOTH = {
    "Prompt": "{t}_prompt",
    "Negative prompt": "{t}_neg_prompt",
    "CFG scale": "{t}_cfg_scale",
    "Distilled CFG Scale": "{t}_distilled_cfg_scale",
    "Size-1": "{t}_width",
    "Size-2": "{t}_height",
    "Batch size": "{t}_batch_size",
    "Denoising strength": "{t}_denoising_strength",
}
_TXT2IMG = {
    "Hires upscale": "txt2img_hr_scale",
    "Hires upscaler": "txt2img_hr_upscaler",
    "Hires steps": "txt2img_hires_steps",
    "Hires resize-1": "txt2img_hr_resize_x",
    "Hires resize-2": "txt2img_hr_resize_y",
    "Hires checkpoint": "hr_checkpoint",
    "Hires VAE/TE": "hr_vae_te",
    "Hires sampler": "hr_sampler",
    "Hires schedule type": "hr_scheduler",
    "Hires prompt": "hires_prompt",
    "Hires negative prompt": "hires_neg_prompt",
    "Hires CFG Scale": "txt2img_hr_cfg",
    "Hires Distilled CFG Scale": "txt2img_hr_distilled_cfg",
}
_IMG2IMG = {
    "Image CFG scale": "img2img_image_cfg_scale",
    "Mask blur": "img2img_mask_blur",
    "Mask mode": "img2img_mask_mode",
    "Masked content": "img2img_inpainting_fill",
    "Inpaint area": "img2img_inpaint_full_res",
    "Masked area padding": "img2img_inpaint_full_res_padding",
}


def _styles(params: dict[str, Any]) -> Any:
    styles = params.get("Styles array")
    return styles if isinstance(styles, list) else gr.update()


def _has_hires(params: dict[str, Any]) -> bool:
    return "Denoising strength" in params and (
        "Hires upscale" in params or "Hires upscaler" in params
    )


def add_fields(tree: TabTree) -> None:
    """Tells the paste mechanism of one tab."""
    tab = tree.tab
    labels = {**_BOTH, **(_TXT2IMG if tab == "txt2img" else _IMG2IMG)}
    fields = [PasteField(element(i.format(t=tab)), label) for label, i in labels.items()]
    more: list[tuple[str, Callable[..., Any]]] = [(f"{tab}_styles", _styles)]
    if tab == "txt2img":
        more.append(("txt2img_hr-checkbox", _has_hires))
    fields += [PasteField(element(elem_id), target) for elem_id, target in more]
    fields += tree.runner.infotext_fields
    overrides = element(f"{tab}_override_settings")
    if tab == "txt2img":
        add_paste_fields("txt2img", None, fields, overrides)
    else:
        add_paste_fields("img2img", built[_canvas("img2img_image")], fields, overrides)
        add_paste_fields("inpaint", built[_canvas("img2maskimg")], fields, overrides)
    _add_buttons(tab)


def _canvas(elem_id: str) -> int:
    """The background textbox behind a canvas."""
    nodes = fixture.layout("tab_img2img").walk()
    at = next(i for i, n in enumerate(nodes) if n.id == fixture.by_elem_id(elem_id))
    records = fixture.components()
    return next(n.id for n in nodes[at:] if records[n.id].get("label") == "background")


def _add_buttons(tab: str) -> None:
    paste: ToolButton = element("paste") if tab == "txt2img" else _img2img_paste()
    prompt = element(f"{tab}_prompt")
    register_paste_params_button(ParamBinding(paste, tab, source_text_component=prompt))
    for target in ("img2img", "inpaint", "extras"):
        register_paste_params_button(
            ParamBinding(
                element(f"{tab}_send_to_{target}"),
                target,
                source_image_component=element(f"{tab}_gallery"),
                source_tabname=None if target == "extras" else tab,
            )
        )


def _img2img_paste() -> Any:
    nodes = fixture.layout("tab_img2img").walk()
    records = fixture.components()
    return built[next(n.id for n in nodes if records[n.id].get("elem_id") == "paste")]

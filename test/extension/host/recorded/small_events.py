"""Events of the page that decide what a person can reach: rows that open, and the swapped size."""

from __future__ import annotations

from typing import Any

import gradio as gr

from modules.shared import opts
from recorded.tree import element

# Rows of hires fix that an option shows.
_SHOWN_BY = {
    "txt2img_hires_fix_row3": "hires_fix_show_sampler",
    "txt2img_hires_fix_row3b": "hires_fix_show_sampler",
    "txt2img_hires_fix_row4": "hires_fix_show_prompts",
}


def show_rows_by_options() -> None:
    """Shows what the options ask for."""
    for elem_id, option in _SHOWN_BY.items():
        element(elem_id).visible = bool(getattr(opts, option, False))


# The sources of img2img that have a mask, and so the fields of inpainting.
_MASKED = {
    "img2img_img2img_tab": False,
    "img2img_img2img_sketch_tab": False,
    "img2img_inpaint_tab": True,
    "img2img_inpaint_sketch_tab": True,
    "img2img_inpaint_upload_tab": True,
    "img2img_batch_tab": True,
}


def show_inpaint_fields() -> None:
    """Shows the fields of inpainting where the chosen source has a mask."""
    for elem_id, is_masked in _MASKED.items():
        element(elem_id).select(
            fn=lambda is_masked=is_masked: gr.update(visible=is_masked),
            inputs=[],
            outputs=[element("inpaint_controls")],
            show_progress=False,
            queue=False,
        )


def connect(tab: str) -> None:
    """Connects one tab's."""
    size = [element(f"{tab}_width"), element(f"{tab}_height")]
    quiet: dict[str, Any] = {"show_progress": False}
    element(f"{tab}_res_switch_btn").click(
        fn=lambda width, height: (height, width), inputs=size, outputs=size, **quiet
    )
    element(f"{tab}_subseed_show").change(
        fn=lambda shown: gr.update(visible=shown),
        inputs=[element(f"{tab}_subseed_show")],
        outputs=[element(f"{tab}_seed_extras")],
        **quiet,
    )

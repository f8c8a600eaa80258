"""An ordinary extension: one script always on, with a builder on Generate, and one to select."""

import gradio as gr

from modules import script_callbacks, scripts

generate_buttons = {}


def remember(component, **kwargs):
    if kwargs.get("elem_id") in ("txt2img_generate", "img2img_generate"):
        generate_buttons[kwargs["elem_id"]] = component


class AlwaysOn(scripts.Script):
    """Four arguments, the last of them built on Generate from its own state and two components."""

    def title(self):
        return "Lab always on"

    def show(self, is_img2img):
        return scripts.AlwaysVisible

    def ui(self, is_img2img):
        tab = "img2img" if is_img2img else "txt2img"
        with gr.Accordion("Lab always on", open=False):
            enabled = gr.Checkbox(False, label="Lab enabled", elem_id=f"{tab}_lab_enabled")
            text = gr.Textbox("", label="Lab text", elem_id=f"{tab}_lab_text")
            kind = gr.Radio(["one", "two"], value="one", type="index", label="Lab kind")
            weight = gr.Slider(0, 1, 0.5, label="Lab weight", elem_id=f"{tab}_lab_weight")
            unit = gr.State({"weight": 0.5, "text": "", "builds": 0})
        button = generate_buttons.get(f"{tab}_generate")
        if button is not None:
            button.click(
                fn=lambda before, weight, text: {
                    "weight": weight,
                    "text": text,
                    "builds": 0 if before is None else before["builds"],
                },
                inputs=[unit, weight, text],
                outputs=unit,
                queue=False,
            )
        return [enabled, text, kind, unit]


class Selectable(scripts.Script):
    """One argument."""

    def title(self):
        return "Lab selectable"

    def ui(self, is_img2img):
        return [gr.Slider(1, 5, 2, step=1, label="Lab rounds", elem_id=self.elem_id("rounds"))]


script_callbacks.on_after_component(remember)

"""One real Gradio component from what was recorded of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio_rangeslider import RangeSlider

from modules_forge.forge_canvas.canvas import LogicalImage
from recorded.controlnet import ControlNetUnit, InputMode

Record = dict[str, Any]


def _textbox(record: Record) -> Any:
    if record.get("elem_id", "").startswith("uuid_"):
        return LogicalImage(numpy=record.get("numpy", False), **_common(record))
    is_prompt = (record.get("elem_id") or "").endswith(("2img_prompt", "2img_neg_prompt"))
    value = record.get("value", "" if is_prompt else None)
    return gr.Textbox(lines=record.get("lines", 1), value=value, **_common(record))


def _choice(kind: Callable[..., Any], **more: Any) -> Callable[[Record], Any]:
    def make(record: Record) -> Any:
        options = {"multiselect": True} if record.get("multiselect") else {}
        choices = [c if isinstance(c, str) else tuple(c) for c in record.get("choices", [])]
        # The recording leaves out what is empty: an empty choice is chosen where there is one.
        nothing = "" if "" in choices else None
        return kind(
            choices=choices,
            value=record.get("value", nothing),
            type=record.get("hands_over", "value"),
            info=record.get("info"),
            **options,
            **more,
            **_common(record),
        )

    return make


def _checkboxgroup(record: Record) -> Any:
    return gr.CheckboxGroup(
        choices=record.get("choices", []), value=record.get("value"), **_common(record)
    )


def _ranged(kind: Callable[..., Any]) -> Callable[[Record], Any]:
    def make(record: Record) -> Any:
        limits = {name: record[name] for name in ("minimum", "maximum", "step") if name in record}
        return kind(value=record.get("value"), **limits, **_common(record))

    return make


def _number(record: Record) -> Any:
    is_seed = (record.get("elem_id") or "").endswith("seed")
    precision = 0 if is_seed else None
    return gr.Number(value=record.get("value"), precision=precision, **_common(record))


def _state(record: Record) -> Any:
    value = record.get("value")
    if value == "simple":
        return gr.State(InputMode.SIMPLE)
    return gr.State(ControlNetUnit(enabled=False) if isinstance(value, dict) else value)


def _image(record: Record) -> Any:
    mode = "RGBA" if record.get("elem_id") == "img_inpaint_mask" else "RGB"
    return gr.Image(
        type=record["hands_over"], sources=["upload"], image_mode=mode, **_common(record)
    )


def _text(kind: Callable[..., Any]) -> Callable[[Record], Any]:
    def make(record: Record) -> Any:
        said = record.get("value")
        common = {name: value for name, value in _common(record).items() if name != "interactive"}
        return kind("" if said in (None, "<html>") else said, **common)

    return make


def _typed(kind: Callable[..., Any]) -> Callable[[Record], Any]:
    return lambda record: kind(type=record["hands_over"], **_common(record))


def _plain(kind: Callable[..., Any]) -> Callable[[Record], Any]:
    return lambda record: kind(value=record.get("value"), **_common(record))


def _checkbox(record: Record) -> Any:
    made = gr.Checkbox(value=record.get("value"), **_common(record))
    accordion = (record.get("elem_id") or "").removesuffix("-checkbox")
    if accordion != (record.get("elem_id") or ""):
        js = f"(checked) => inputAccordionChecked('{accordion}', checked)"
        made.change(fn=None, js=js, inputs=[made])
    return made


def _button(record: Record) -> Any:
    common = {name: value for name, value in _common(record).items() if name != "label"}
    variant = "primary" if record.get("value") == "Generate" else "secondary"
    return gr.Button(record.get("value", ""), variant=variant, **common)


def _context(kind: Callable[..., Any]) -> Callable[[Record], Any]:
    def make(record: Record) -> Any:
        common = {k: v for k, v in _common(record).items() if k not in ("label", "interactive")}
        return kind(**common)

    return make


def _accordion(record: Record) -> Any:
    common = {k: v for k, v in _common(record).items() if k != "interactive"}
    return gr.Accordion(open=False, **common)


def _tab(record: Record) -> Any:
    return gr.TabItem(**{k: v for k, v in _common(record).items() if k != "interactive"})


def _common(record: Record) -> dict[str, Any]:
    own = [c for c in record.get("elem_classes", [])[1:] if c != "multiselect"]
    common = {
        "label": record.get("label"),
        "elem_id": record.get("elem_id"),
        "elem_classes": own,
        "visible": record.get("visible", True),
    }
    # Only True and False are said: None lets Gradio find out.
    return {**common, "interactive": record["interactive"]} if "interactive" in record else common


_MAKERS: dict[str, Callable[[Record], Any]] = {
    "textbox": _textbox,
    "dropdown": _choice(gr.Dropdown),
    "radio": _choice(gr.Radio),
    "checkboxgroup": _checkboxgroup,
    "checkbox": _checkbox,
    "slider": _ranged(gr.Slider),
    "rangeslider": _ranged(RangeSlider),
    "number": _number,
    "state": _state,
    "image": _image,
    "html": _text(gr.HTML),
    "markdown": _text(gr.Markdown),
    "gallery": _typed(gr.Gallery),
    "file": _typed(gr.File),
    "colorpicker": _plain(gr.ColorPicker),
    "highlightedtext": _plain(gr.HighlightedText),
    "button": _button,
    "row": _context(gr.Row),
    "column": _context(gr.Column),
    "group": _context(gr.Group),
    "tabs": _context(gr.Tabs),
    "accordion": _accordion,
    "tabitem": _tab,
}


def make(record: Record) -> Any:
    """Makes it in the Gradio context that is open now."""
    return _MAKERS[record["type"]](record)

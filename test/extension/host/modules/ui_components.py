"""Components that extensions take from Forge."""

from __future__ import annotations

from functools import wraps
from typing import Any

import gradio as gr

from modules import gradio_extensions  # noqa: F401


class FormComponent:
    """What may stand inside a form."""

    webui_do_not_create_gradio_pyi_thank_you = True

    def get_expected_parent(self) -> Any:
        return gr.components.Form


def _named(base: type, block_name: str, doc: str) -> type:
    def get_block_name(self: Any) -> str:
        return block_name

    members = {"get_block_name": get_block_name, "__doc__": doc}
    return type(base)(base.__name__, (base, FormComponent), members)


FormRow = _named(gr.Row, "row", "A row inside a form.")
FormColumn = _named(gr.Column, "column", "A column inside a form.")
FormGroup = _named(gr.Group, "group", "A group inside a form.")
FormHTML = _named(gr.HTML, "html", "HTML inside a form.")
FormColorPicker = _named(gr.ColorPicker, "colorpicker", "A colour inside a form.")


class ToolButton(gr.Button, FormComponent):
    """A small button with one sign on it."""

    @wraps(gr.Button.__init__)
    def __init__(
        self, value: str = "", *args: Any, elem_classes: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(value, *args, elem_classes=["tool", *(elem_classes or [])], **kwargs)

    def get_block_name(self) -> str:
        return "button"


class ResizeHandleRow(gr.Row):
    """A row whose columns can be dragged wider."""

    webui_do_not_create_gradio_pyi_thank_you = True

    def get_block_name(self) -> str:
        return "row"


class DropdownMulti(gr.Dropdown, FormComponent):
    """A dropdown for several."""

    @wraps(gr.Dropdown.__init__)
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "multiselect": True})

    def get_block_name(self) -> str:
        return "dropdown"


class DropdownEditable(gr.Dropdown, FormComponent):
    """A dropdown that takes other values too."""

    @wraps(gr.Dropdown.__init__)
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "allow_custom_value": True})

    def get_block_name(self) -> str:
        return "dropdown"


class InputAccordionImpl(gr.Checkbox):
    """A hidden checkbox and an accordion that follow each other; True while open."""

    webui_do_not_create_gradio_pyi_thank_you = True
    global_index = 100

    @wraps(gr.Checkbox.__init__)
    def __init__(self, value: bool | None = None, **kwargs: Any) -> None:
        self.accordion_id = kwargs.get("elem_id") or f"input-accordion-{self.global_index}"
        InputAccordionImpl.global_index += 1
        checkbox = {**kwargs, "elem_id": f"{self.accordion_id}-checkbox", "visible": False}
        super().__init__(value=value, **checkbox)
        js = f"(checked) => inputAccordionChecked('{self.accordion_id}', checked)"
        self.change(fn=None, js=js, inputs=[self])
        self.accordion = gr.Accordion(
            elem_id=self.accordion_id,
            label=kwargs.get("label", "Accordion"),
            elem_classes=["input-accordion"],
            open=bool(value),
        )

    def extra(self) -> gr.Column:
        """A place in the accordion's label."""
        return gr.Column(elem_id=f"{self.accordion_id}-extra", min_width=0)

    def __enter__(self) -> InputAccordionImpl:
        self.accordion.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.accordion.__exit__(*error)

    def get_block_name(self) -> str:
        return "checkbox"


def InputAccordion(value: bool | None = None, **kwargs: Any) -> InputAccordionImpl:
    """An accordion that is an input."""
    return InputAccordionImpl(value=value, **kwargs)

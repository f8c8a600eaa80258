"""Small parts that extensions take from Forge's page."""

import html
from collections.abc import Callable
from typing import Any

import gradio as gr

from modules.ui_components import ToolButton

refresh_symbol = "\U0001f504"


def plaintext_to_html(text: str, classname: str | None = None) -> str:
    """A text as a paragraph."""
    lines = "<br>\n".join(html.escape(line) for line in text.split("\n"))
    return f"<p class='{classname}'>{lines}</p>" if classname else f"<p>{lines}</p>"


def create_refresh_button(
    component: Any, refresh: Callable[[], Any], arguments: Any, elem_id: str
) -> ToolButton:
    """A button that looks the choices of a component up anew."""
    button = ToolButton(value=refresh_symbol, elem_id=elem_id, tooltip="Refresh")

    def look() -> Any:
        refresh()
        return gr.update(**(arguments() if callable(arguments) else arguments))

    button.click(fn=look, inputs=[], outputs=[component], show_progress=False)
    return button

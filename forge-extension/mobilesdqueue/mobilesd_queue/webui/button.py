"""The button "Queue in MobileSD" beside Generate, its line, and the event of a click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr

from mobilesd_queue import element_ids
from mobilesd_queue.element_ids import Tab
from mobilesd_queue.webui.answer_click import Click
from mobilesd_queue.webui.page_parts import TabParts, events_of, keep_out_of_ui_config
from mobilesd_queue.webui.read_screen import Binding

LABEL = "Queue in MobileSD"
TOOLTIP = "Hands what is on screen over to the queue. Right-click Generate for more."

_CLICK_VALUES = 5


def add_button(parts: TabParts) -> None:
    """Makes button, line and hidden control right after Generate, in Forge's own Blocks.

    Interrupt and Skip lie over this place while a generation runs: the page's script moves the box.
    """
    tab = parts.tab
    with gr.Column(elem_id=element_ids.box(tab), elem_classes=["mobilesd_box"], min_width=80):
        parts.button = gr.Button(LABEL, elem_id=element_ids.queue_button(tab), tooltip=TOOLTIP)
        parts.status = gr.HTML(
            "", elem_id=element_ids.status(tab), elem_classes=[element_ids.STATUS_CLASS]
        )
        parts.control = gr.Textbox("", visible=False, elem_id=element_ids.control(tab))
    keep_out_of_ui_config(parts.button)
    keep_out_of_ui_config(parts.control)


def connect_button(
    parts: TabParts,
    binding: Binding,
    answer: Callable[[Click, Sequence[Any], Any], tuple[str, str]],
) -> None:
    """Lets a click hand over the values of all inputs that the binding needs.

    It never stands in Gradio's queue, where it would wait for the generation that is running.
    """
    tab, accordion = parts.tab, parts.accordion
    asked = [
        parts.control,
        accordion.priority,
        accordion.server,
        accordion.repeat,
        accordion.seed_rule,
    ]
    inputs = [*asked, *binding.inputs]

    def on_click(request: gr.Request, *values: Any) -> tuple[str, str]:
        return answer(Click(*values[:_CLICK_VALUES]), values[_CLICK_VALUES:], request)

    with events_of(parts.blocks):
        click = parts.button.click(
            fn=on_click,
            inputs=inputs,
            outputs=[parts.status, accordion.outcome],
            js=_on_click_js(tab, len(inputs)),
            queue=False,
            show_progress="hidden",
            api_name=False,
            trigger_mode="multiple",
            concurrency_limit=None,
        )
        click.then(fn=None, js=f"() => {{ window.mobilesdQueueButton?.ended('{tab}') }}")
        accordion.button.click(fn=None, js=_press_js(element_ids.queue_button(tab)))


def switch_off(parts: TabParts, reason: str) -> None:
    """Leaves the buttons on the page, dead, with the reason at hand."""
    accordion = parts.accordion
    for button in (parts.button, *((accordion.button, accordion.refresh) if accordion else ())):
        if button is not None:
            button.interactive = False
            button.webui_tooltip = reason
    line = f'<div class="mobilesd_outcome" data-kind="off">{escape(reason)}</div>'
    if parts.status is not None:
        parts.status.value = line
    if accordion is not None:
        accordion.outcome.value = line
        accordion.connection.value = ""


def _on_click_js(tab: Tab, count: int) -> str:
    """Gradio hands over the inputs and then the outputs as they are, and wants the inputs back."""
    inputs = f"args.slice(0, {count})"
    call = f"window.mobilesdQueueButton.clicked('{tab}', {inputs})"
    return f"(...args) => window.mobilesdQueueButton ? {call} : {inputs}"


def _press_js(elem_id: str) -> str:
    return f"() => {{ document.getElementById('{elem_id}').click() }}"

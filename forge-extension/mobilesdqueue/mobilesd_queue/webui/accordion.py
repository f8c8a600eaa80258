"""The accordion "MobileSD Queue": where to, how urgent, how often, and the connection's state."""

from __future__ import annotations

import logging
from html import escape
from typing import Any

import gradio as gr
from modules import ui_components

from mobilesd_queue import element_ids
from mobilesd_queue.cloud.limits import JOBS_PER_CLICK_MAX, PRIORITY_FIRST, PRIORITY_LAST
from mobilesd_queue.element_ids import Tab
from mobilesd_queue.errors import QueueError
from mobilesd_queue.service import Options, Service
from mobilesd_queue.webui.button import LABEL
from mobilesd_queue.webui.page_parts import (
    AccordionParts,
    TabParts,
    events_of,
    keep_out_of_ui_config,
)

_SEED_RULES = [
    ("next seeds", "next"),
    ("random seeds", "random"),
    ("the same seed", "screen"),
]
_NOT_ASKED = "The queue has not been asked yet."

_log = logging.getLogger("mobilesd_queue")


def build_accordion(tab: Tab, options: Options) -> AccordionParts:
    """Draws it in the place that Forge gives to a script, with components that are no arguments."""
    with gr.Accordion(
        "MobileSD Queue",
        open=False,
        elem_id=element_ids.accordion(tab),
        elem_classes=["mobilesd_accordion"],
    ):
        with gr.Row():
            button = gr.Button(
                LABEL,
                elem_id=element_ids.accordion_button(tab),
                elem_classes=[element_ids.ACCORDION_BUTTON_CLASS],
            )
        outcome = gr.HTML("", elem_classes=[element_ids.STATUS_CLASS])
        with gr.Row():
            server, refresh = _server_choice(tab, options)
            priority = gr.Slider(
                label="Priority (1 runs first)",
                value=options.priority,
                minimum=PRIORITY_FIRST,
                maximum=PRIORITY_LAST,
                step=1,
                elem_id=element_ids.priority(tab),
            )
        repeat, seed_rule = _repeat_choice(tab)
        connection = gr.HTML(
            connection_line(_NOT_ASKED),
            elem_id=element_ids.connection(tab),
            elem_classes=[element_ids.CONNECTION_CLASS],
        )
    for component in (button, server, refresh, priority, repeat, seed_rule):
        keep_out_of_ui_config(component)
    return AccordionParts(
        button=button,
        outcome=outcome,
        priority=priority,
        server=server,
        refresh=refresh,
        repeat=repeat,
        seed_rule=seed_rule,
        connection=connection,
    )


def _server_choice(tab: Tab, options: Options) -> tuple[Any, Any]:
    """The dropdown takes any name: a queue that is away must not bar a click."""
    with gr.Row(elem_classes=["mobilesd_server_row"]):
        server = gr.Dropdown(
            label="Server",
            choices=[options.server] if options.server else [],
            value=options.server or None,
            allow_custom_value=True,
            elem_id=element_ids.server(tab),
        )
        refresh = ui_components.ToolButton(
            "\U0001f504",
            elem_id=element_ids.refresh_servers(tab),
            tooltip="Ask the queue for its servers again",
        )
    return server, refresh


def _repeat_choice(tab: Tab) -> tuple[Any, Any]:
    with gr.Row():
        repeat = gr.Slider(
            label="Jobs to queue",
            value=1,
            minimum=1,
            maximum=JOBS_PER_CLICK_MAX,
            step=1,
            elem_id=element_ids.repeat(tab),
        )
        seed_rule = gr.Dropdown(
            label="Seeds when queueing several",
            choices=_SEED_RULES,
            value="next",
            elem_id=element_ids.seed_rule(tab),
        )
    return repeat, seed_rule


def connect_accordion(parts: TabParts, service: Service, options: Any) -> None:
    """Asks the queue for its servers when a page is loaded and at the refresh button.

    Never while Forge starts: a queue that is away must not hold it up.
    """
    accordion = parts.accordion

    def on_ask(chosen: str | None) -> tuple[Any, str]:
        return ask_servers(service, options(), chosen)

    def on_load() -> tuple[Any, str, int]:
        now = options()
        return (*ask_servers(service, now, now.server), now.priority)

    found = [accordion.server, accordion.connection]
    quiet = {"queue": False, "show_progress": "hidden", "api_name": False}
    with events_of(parts.blocks):
        accordion.refresh.click(fn=on_ask, inputs=[accordion.server], outputs=found, **quiet)
        parts.blocks.load(fn=on_load, inputs=[], outputs=[*found, accordion.priority], **quiet)


def ask_servers(service: Service, options: Options, chosen: str | None) -> tuple[Any, str]:
    """The dropdown with every server's presence, and the line on the connection."""
    try:
        servers = service.servers()
    except QueueError as error:
        return gr.update(), connection_line(str(error), "refused")
    names = [server["alias"] for server in servers]
    choices = [(_name_with_presence(server), server["alias"]) for server in servers]
    value = chosen or options.server or (names[0] if len(names) == 1 else None)
    if value and value not in names:
        kind, more = "refused", f", which knows no server {value}"
    elif not names:
        kind, more = "refused", ", which has no server yet"
    else:
        kind, more = "queued", ""
    line = connection_line(f"Connected to {service.state()['url']}{more}.", kind)
    return gr.update(choices=choices, value=value), line


def _name_with_presence(server: dict[str, Any]) -> str:
    return server["alias"] if server["is_present"] else f"{server['alias']} (away)"


def connection_line(sentence: str, kind: str = "unknown") -> str:
    """The page's script writes into this line too, so its shape is kept."""
    return f'<span class="mobilesd_connection_text" data-kind="{kind}">{escape(sentence)}</span>'

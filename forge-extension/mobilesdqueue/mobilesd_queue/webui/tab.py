"""The tab "MobileSD Queue": a place for the scripts, and the hidden parts that send results."""

from __future__ import annotations

import gradio as gr

from mobilesd_queue.element_ids import QUEUE, QUEUE_TAB
from mobilesd_queue.service import Service
from mobilesd_queue.webui.page_html import tab_html
from mobilesd_queue.webui.send_results import add_send_events

TITLE = "MobileSD Queue"


def build_tab(service: Service) -> list[tuple[gr.Blocks, str, str]]:
    """What `on_ui_tabs` is to answer. The scripts draw the tab; Gradio sees nothing of a job."""
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.HTML(tab_html(), elem_id=QUEUE)
        add_send_events(service)
    return [(blocks, TITLE, QUEUE_TAB)]

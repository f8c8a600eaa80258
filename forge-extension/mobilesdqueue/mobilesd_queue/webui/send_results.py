"""Sends a result to a tab of Forge, by the same paste events that Forge's own buttons use."""

from __future__ import annotations

import io
import json
import logging
from html import escape
from typing import Any

import gradio as gr
from modules import infotext_utils, shared
from PIL import Image

from mobilesd_queue.element_ids import SEND, send
from mobilesd_queue.errors import QueueError
from mobilesd_queue.service import Service
from mobilesd_queue.webui.infotext_size import with_size
from mobilesd_queue.webui.page_parts import keep_out_of_ui_config

PICTURE_DESTINATIONS = ("img2img", "inpaint", "extras")
TEXT_DESTINATIONS = ("txt2img", "img2img")

# The script keeps what is to be sent and hands it over when it clicks the hidden button.
_TAKE_REQUEST = "() => [window.mobilesdQueue.takeSendRequest()]"

_log = logging.getLogger("mobilesd_queue")


def add_send_events(service: Service) -> None:
    """
    Adds, hidden, a button that fetches a picture and one that pastes for each destination.

    Pictures and settings have buttons apart: Forge pastes its last settings for no text. Inpaint
    has the settings of img2img; Forge's own paste there calls a script that it lacks. The picture
    stays on this side in a State, so it reaches the other tab as it was drawn.
    """
    with gr.Row(elem_id=SEND):
        request = _textbox("request")
        text = _textbox("text")
        picture = gr.State(None)
        answer = gr.HTML("", elem_id=send("answer"))
        load = keep_out_of_ui_config(gr.Button("Load", elem_id=send("load")))
        for tab in PICTURE_DESTINATIONS:
            _paste_button(f"picture_{tab}", tab, source_image_component=picture)
        for tab in TEXT_DESTINATIONS:
            _paste_button(f"text_{tab}", tab, source_text_component=text)

    def fetch(asked: str) -> tuple[Any, str, str]:
        return _fetch(service, asked)

    load.click(
        fn=fetch,
        js=_TAKE_REQUEST,
        inputs=[request],
        outputs=[picture, text, answer],
        queue=False,
        show_progress="hidden",
        api_name=False,
    )


def _textbox(part: str) -> gr.Textbox:
    return keep_out_of_ui_config(gr.Textbox("", elem_id=send(part), show_label=False))


def _paste_button(part: str, tab: str, **source: Any) -> None:
    button = keep_out_of_ui_config(gr.Button(tab, elem_id=send(part)))
    infotext_utils.register_paste_params_button(
        infotext_utils.ParamBinding(paste_button=button, tabname=tab, **source)
    )


def _fetch(service: Service, asked: str) -> tuple[Any, str, str]:
    """Picture, settings as text, and an answer that the page's script waits for; never raises."""
    token = ""
    try:
        request = json.loads(asked)
        token = request["token"]
        picture = _picture(service, request["name"]) if request["name"] else None
        text = request["infotext"]
        if picture is not None and text and shared.opts.send_size:
            text = with_size(text, *picture.size)
        return picture, text, _answer(token, "")
    except QueueError as error:
        return None, "", _answer(token, str(error))
    except Exception:
        _log.exception("A result could not be sent")
        return None, "", _answer(token, "The picture cannot be read.")


def _answer(token: str, error: str) -> str:
    return f'<i data-token="{escape(token)}" data-error="{escape(error)}"></i>'


def _picture(service: Service, name: str) -> Image.Image:
    _content_type, pieces = service.image(name, "download")
    picture = Image.open(io.BytesIO(b"".join(pieces)))
    picture.load()
    return picture

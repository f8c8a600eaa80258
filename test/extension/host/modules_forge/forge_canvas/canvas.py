"""The two textboxes of a canvas: a picture travels in each as a data URL."""

from __future__ import annotations

import base64
from functools import wraps
from io import BytesIO
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

_PREFIX = "data:image/png;base64,"


class LogicalImage(gr.Textbox):
    """A textbox on the page, a picture (PIL RGBA, or numpy) on the server."""

    webui_do_not_create_gradio_pyi_thank_you = True

    @wraps(gr.Textbox.__init__)
    def __init__(self, *args: Any, numpy: bool = False, **kwargs: Any) -> None:
        self.numpy = numpy
        super().__init__(*args, **kwargs)

    def preprocess(self, payload: Any) -> Any:
        if not isinstance(payload, str) or not payload.startswith(_PREFIX):
            return None
        data = base64.b64decode(payload.removeprefix(_PREFIX))
        image = Image.open(BytesIO(data)).convert("RGBA")
        return np.array(image) if self.numpy else image

    def postprocess(self, value: Any) -> str | None:
        if value is None:
            return None
        image = Image.fromarray(value) if isinstance(value, np.ndarray) else value
        data = BytesIO()
        image.convert("RGBA").save(data, format="PNG")
        return _PREFIX + base64.b64encode(data.getvalue()).decode("ascii")

    def get_block_name(self) -> str:
        return "textbox"

"""Makes Gradio 4 take what was written for Gradio 3, and tells scripts of every component."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr
import gradio.component_meta

from modules import script_callbacks, scripts


class WithOldJsName:
    """One event of one component, which takes `_js` for `js`."""

    def __init__(self, event: Any) -> None:
        self._event = event

    def __getattr__(self, name: str) -> Any:
        return getattr(self._event, name)

    @property
    def __self__(self) -> Any:
        return self._event.__self__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if "_js" in kwargs:
            kwargs["js"] = kwargs.pop("_js")
        return self._event(*args, **kwargs)


def _telling(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        runner = scripts.scripts_current
        if runner is not None:
            runner.before_component(self, **kwargs)
        script_callbacks.before_component_callback(self, **kwargs)
        original(self, *args, **kwargs)
        classes = getattr(self, "elem_classes", None) or []
        multi = ["multiselect"] if getattr(self, "multiselect", False) else []
        self.elem_classes = [f"gradio-{self.get_block_name()}", *classes, *multi]
        script_callbacks.after_component_callback(self, **kwargs)
        if runner is not None:
            runner.after_component(self, **kwargs)

    return init


def _lenient(kind: type) -> None:
    original = kind.__init__  # type: ignore[misc]
    known = set(inspect.signature(original).parameters)

    @wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        tooltip, source = kwargs.pop("tooltip", None), kwargs.pop("source", None)
        if source:
            kwargs["sources"] = [source]
        original(self, *args, **{name: value for name, value in kwargs.items() if name in known})
        self.webui_tooltip = tooltip
        for event in self.EVENTS:
            setattr(self, str(event), WithOldJsName(getattr(self, str(event))))

    kind.__init__ = init  # type: ignore[misc]
    kind.update = gr.update  # type: ignore[attr-defined]


def install() -> None:
    """Does it once for the whole process."""
    gradio.component_meta.create_or_modify_pyi = lambda *_: None
    gradio.component_meta.updateable = lambda function: function
    gr.components.Component.__init__ = _telling(gr.components.Component.__init__)
    gr.blocks.BlockContext.__init__ = _telling(gr.blocks.BlockContext.__init__)
    for name in set(gr.components.__all__ + gr.layouts.__all__):
        kind = getattr(gr, name, None)
        if inspect.isclass(kind) and getattr(kind, "EVENTS", None):
            _lenient(kind)
    gr.Box = gr.Group


install()

"""Callbacks: each is remembered with the file that gave it, and an error stops no other."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modules import errors

_KINDS = (
    "app_started",
    "model_loaded",
    "ui_tabs",
    "ui_train_tabs",
    "ui_settings",
    "before_image_saved",
    "image_saved",
    "extra_noise",
    "cfg_denoiser",
    "cfg_denoised",
    "cfg_after_cfg",
    "before_component",
    "after_component",
    "image_grid",
    "infotext_pasted",
    "script_unloaded",
    "before_ui",
    "on_reload",
    "list_optimizers",
    "list_unets",
    "before_token_counter",
)


@dataclass(frozen=True)
class ScriptCallback:
    """A function and the file from which it came."""

    script: str
    callback: Callable[..., Any]
    name: str


callback_map: dict[str, list[ScriptCallback]] = {f"callbacks_{kind}": [] for kind in _KINDS}


def _add(kind: str, callback: Callable[..., Any], name: str | None) -> None:
    filename = next(
        (frame.filename for frame in inspect.stack() if frame.filename != __file__), "unknown file"
    )
    callback_map[f"callbacks_{kind}"].append(ScriptCallback(filename, callback, name or kind))


def _call(kind: str, *args: Any, **kwargs: Any) -> list[Any]:
    answers = []
    for entry in list(callback_map[f"callbacks_{kind}"]):
        try:
            answers.append(entry.callback(*args, **kwargs))
        except Exception:
            errors.report(f"Error executing callback {kind} for {entry.script}", exc_info=True)
    return answers


def clear_callbacks() -> None:
    """Forgets them all, as the loader does before it executes the scripts anew."""
    for entries in callback_map.values():
        entries.clear()


def remove_current_script_callbacks() -> None:
    """Forgets those of the calling file."""
    filename = next(frame.filename for frame in inspect.stack() if frame.filename != __file__)
    for entries in callback_map.values():
        entries[:] = [entry for entry in entries if entry.script != filename]


def remove_callbacks_for_function(callback: Callable[..., Any]) -> None:
    """Forgets one function wherever it is registered."""
    for entries in callback_map.values():
        entries[:] = [entry for entry in entries if entry.callback != callback]


def _registration(kind: str) -> Callable[..., None]:
    def register(callback: Callable[..., Any], *, name: str | None = None) -> None:
        _add(kind, callback, name)

    register.__doc__ = f"Registers a callback of the kind {kind}."
    return register


on_app_started = _registration("app_started")
on_before_reload = _registration("on_reload")
on_model_loaded = _registration("model_loaded")
on_ui_tabs = _registration("ui_tabs")
on_ui_train_tabs = _registration("ui_train_tabs")
on_ui_settings = _registration("ui_settings")
on_before_image_saved = _registration("before_image_saved")
on_image_saved = _registration("image_saved")
on_extra_noise = _registration("extra_noise")
on_cfg_denoiser = _registration("cfg_denoiser")
on_cfg_denoised = _registration("cfg_denoised")
on_cfg_after_cfg = _registration("cfg_after_cfg")
on_before_component = _registration("before_component")
on_after_component = _registration("after_component")
on_image_grid = _registration("image_grid")
on_infotext_pasted = _registration("infotext_pasted")
on_script_unloaded = _registration("script_unloaded")
on_before_ui = _registration("before_ui")
on_list_optimizers = _registration("list_optimizers")
on_list_unets = _registration("list_unets")
on_before_token_counter = _registration("before_token_counter")


def app_started_callback(demo: Any, app: Any) -> None:
    """The page is served: routes may be added."""
    _call("app_started", demo, app)


def app_reload_callback() -> None:
    """The page is about to be built anew."""
    _call("on_reload")


def script_unloaded_callback() -> None:
    """The scripts are about to be executed anew; the last registered is told first."""
    for entry in reversed(list(callback_map["callbacks_script_unloaded"])):
        try:
            entry.callback()
        except Exception:
            errors.report(f"Error executing script_unloaded for {entry.script}", exc_info=True)


def before_ui_callback() -> None:
    """The page is not begun yet."""
    for entry in reversed(list(callback_map["callbacks_before_ui"])):
        try:
            entry.callback()
        except Exception:
            errors.report(f"Error executing before_ui for {entry.script}", exc_info=True)


def ui_tabs_callback() -> list[Any]:
    """Tabs of extensions, each (blocks, title, elem_id)."""
    return [tab for tabs in _call("ui_tabs") for tab in tabs or []]


def ui_settings_callback() -> None:
    """Extensions add their options."""
    _call("ui_settings")


def before_component_callback(component: Any, **kwargs: Any) -> None:
    """A component is about to be made."""
    _call("before_component", component, **kwargs)


def after_component_callback(component: Any, **kwargs: Any) -> None:
    """A component has been made."""
    _call("after_component", component, **kwargs)


def infotext_pasted_callback(infotext: str, params: dict[str, Any]) -> None:
    """An infotext has been read."""
    _call("infotext_pasted", infotext, params)

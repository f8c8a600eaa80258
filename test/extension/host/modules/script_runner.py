"""One tab's scripts: it builds their parts of the page and counts their arguments."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import gradio as gr

from modules import errors, scripts
from modules.api.models import ScriptArg, ScriptInfo
from modules.scripts import AlwaysVisible, OnComponent, Script

Hooks = dict[str, list[tuple[Callable[..., Any], Script]]]


def _choices(control: Any) -> list[Any] | None:
    choices = getattr(control, "choices", None)
    if choices is None:
        return None
    return [choice[0] if isinstance(choice, tuple) else choice for choice in choices]


def _argument(control: Any) -> ScriptArg:
    argument = ScriptArg(label=control.label or "", choices=_choices(control))
    for field in ("value", "minimum", "maximum", "step"):
        value = getattr(control, field, None)
        if value is not None:
            setattr(argument, field, value)
    return argument


class ScriptRunner:
    """`inputs` holds the script dropdown, then every script's components as they are built."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.selectable_scripts: list[Script] = []
        self.alwayson_scripts: list[Script] = []
        self.titles: list[str] = []
        self.title_map: dict[str, Script] = {}
        self.infotext_fields: list[Any] = []
        self.paste_field_names: list[str] = []
        self.inputs: list[Any] = [None]
        self.on_before_component_elem_id: Hooks = {}
        self.on_after_component_elem_id: Hooks = {}

    def initialize_scripts(self, is_img2img: bool) -> None:
        """One instance of every class that shows on this tab."""
        self.scripts, self.selectable_scripts, self.alwayson_scripts = [], [], []
        for data in scripts.scripts_data:
            try:
                script = data.script_class()
            except Exception:
                errors.report(f"Cannot make a script of {data.path}", exc_info=True)
                continue
            script.filename = data.path
            script.is_txt2img, script.is_img2img = not is_img2img, is_img2img
            script.tabname = "img2img" if is_img2img else "txt2img"
            visibility = script.show(is_img2img)
            if visibility is AlwaysVisible:
                script.alwayson = True
                self.alwayson_scripts.append(script)
                self.scripts.append(script)
            elif visibility:
                self.selectable_scripts.append(script)
                self.scripts.append(script)
        self._collect_hooks()

    def _collect_hooks(self) -> None:
        for script in self.scripts:
            for own, ours in (
                (script.on_before_component_elem_id, self.on_before_component_elem_id),
                (script.on_after_component_elem_id, self.on_after_component_elem_id),
            ):
                for elem_id, callback in own or []:
                    ours.setdefault(elem_id, []).append((callback, script))
                if own:
                    own.clear()

    def prepare_ui(self) -> None:
        """The tab is built from here on."""
        self.inputs = [None]

    def name_scripts(self) -> None:
        """Titles, as the dropdown shows them."""
        self.title_map = {script.title().lower(): script for script in self.scripts}
        self.titles = [script.title() for script in self.selectable_scripts]

    def create_script_ui(self, script: Script) -> None:
        """Builds one script's part; one that fails has no arguments and breaks nothing."""
        script.args_from = script.args_to = len(self.inputs)
        try:
            self._build(script)
        except Exception:
            errors.report(f"Error creating UI for {script.name}", exc_info=True)

    def _build(self, script: Script) -> None:
        try:
            controls = script.ui(script.is_img2img)
        except Exception:
            errors.report(f"Error calling: {script.filename}/ui", exc_info=True)
            controls = None
        script.controls = controls
        if controls is None:
            return
        script.name = script.title().lower()
        for control in controls:
            control.custom_script_source = os.path.basename(script.filename or "")
        script.api_info = ScriptInfo(
            name=script.name,
            is_img2img=script.is_img2img,
            is_alwayson=script.alwayson,
            args=[_argument(control) for control in controls],
        )
        self.infotext_fields += script.infotext_fields or []
        self.paste_field_names += script.paste_field_names or []
        self.inputs += controls
        script.args_to = len(self.inputs)

    def create_in_group(self, script: Script) -> None:
        """Builds a script inside a group of its own, where it wants one."""
        if not script.create_group:
            self.create_script_ui(script)
            return
        with gr.Group(visible=script.alwayson) as group:
            self.create_script_ui(script)
        script.group = group

    def connect_dropdown(self, dropdown: gr.Dropdown) -> None:
        """Shows the group of the script that is chosen."""
        groups = [script.group for script in self.selectable_scripts]

        def select_script(index: int | None) -> list[Any]:
            chosen = (index or 0) - 1
            return [gr.update(visible=place == chosen) for place in range(len(groups))]

        dropdown.change(fn=select_script, inputs=[dropdown], outputs=groups)
        self._collect_hooks()

    def before_component(self, component: Any, **kwargs: Any) -> None:
        """Tells the scripts of a component to come."""
        hooks = self.on_before_component_elem_id.get(kwargs.get("elem_id") or "", [])
        self._tell(hooks, "before_component", component, kwargs)

    def after_component(self, component: Any, **kwargs: Any) -> None:
        """Tells the scripts of a component that is there."""
        hooks = self.on_after_component_elem_id.get(component.elem_id or "", [])
        self._tell(hooks, "after_component", component, kwargs)

    def _tell(self, hooks: list[Any], name: str, component: Any, kwargs: dict[str, Any]) -> None:
        for callback, script in hooks:
            try:
                callback(OnComponent(component=component))
            except Exception:
                errors.report(f"Error running on_{name}: {script.filename}", exc_info=True)
        for script in self.scripts:
            if getattr(type(script), name) is getattr(Script, name):
                continue
            try:
                getattr(script, name)(component, **kwargs)
            except Exception:
                errors.report(f"Error running {name}: {script.filename}", exc_info=True)

    def script(self, title: str) -> Script | None:
        """The script of that title."""
        return self.title_map.get(title.lower())

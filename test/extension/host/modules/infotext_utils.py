"""Infotexts back onto the page: each tab's fields, the buttons that fill them, overrides."""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Callable
from typing import Any

import gradio as gr
from PIL import Image

from modules import errors, script_callbacks, shared

_ENTRY = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_SIZE = re.compile(r"^(\d+)x(\d+)$")
infotext_to_setting_name_mapping = [("VAE/TE", "forge_additional_modules")]


class ParamBinding:
    """A button that sends a picture or settings to a tab."""

    def __init__(
        self,
        paste_button: Any,
        tabname: str,
        source_text_component: Any = None,
        source_image_component: Any = None,
        source_tabname: str | None = None,
        override_settings_component: Any = None,
        paste_field_names: list[str] | None = None,
    ) -> None:
        self.paste_button = paste_button
        self.tabname = tabname
        self.source_text_component = source_text_component
        self.source_image_component = source_image_component
        self.source_tabname = source_tabname
        self.override_settings_component = override_settings_component
        self.paste_field_names = paste_field_names or []


class PasteField(tuple):
    """(component, label or function), with the API's name of the field."""

    component: Any
    api: str | None

    def __new__(cls, component: Any, target: Any, *, api: str | None = None) -> PasteField:
        field = super().__new__(cls, (component, target))
        field.component, field.api = component, api
        field.label = target if isinstance(target, str) else None
        field.function = target if callable(target) else None
        return field


paste_fields: dict[str, dict[str, Any]] = {}
registered_param_bindings: list[ParamBinding] = []


def reset() -> None:
    """The page is built anew."""
    paste_fields.clear()
    registered_param_bindings.clear()


def quote(text: Any) -> Any:
    """A value as an infotext holds it."""
    needs_quotes = any(sign in str(text) for sign in ",\n:")
    return json.dumps(text, ensure_ascii=False) if needs_quotes else text


def unquote(text: str) -> str:
    """A value as it was before."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def add_paste_fields(
    tabname: str, init_img: Any, fields: list[Any] | None, override_settings_component: Any = None
) -> None:
    """Says where a tab's picture and settings go."""
    as_fields = [f if isinstance(f, PasteField) else PasteField(*f) for f in fields or []]
    paste_fields[tabname] = {
        "init_img": init_img,
        "fields": as_fields if fields else fields,
        "override_settings_component": override_settings_component,
    }


def create_buttons(tabs: list[str]) -> dict[str, gr.Button]:
    """A "Send to" button for each tab."""
    return {tab: gr.Button(f"Send to {tab}", elem_id=f"{tab}_tab") for tab in tabs}


def register_paste_params_button(binding: ParamBinding) -> None:
    """Connects a button once the page is complete."""
    registered_param_bindings.append(binding)


def send_image_and_dimensions(source: Any) -> tuple[Any, Any, Any]:
    """A picture, and its size for the tab's sliders."""
    image = source[0][0] if isinstance(source, list) else source
    if isinstance(image, Image.Image) and image.mode == "RGBA":
        image = image.convert("RGB")
    if shared.opts.send_size and isinstance(image, Image.Image):
        return image, image.width, image.height
    return image, gr.update(), gr.update()


def _connect_picture(binding: ParamBinding, target: Any, fields: list[Any]) -> None:
    named = {name: component for component, name in fields if isinstance(name, str)}
    with_size = binding.tabname != "inpaint" and "Size-1" in named
    size = [named["Size-1"], named["Size-2"]] if with_size else []
    is_gallery = isinstance(binding.source_image_component, gr.Gallery)
    if with_size:
        function: Callable[..., Any] = send_image_and_dimensions
    else:
        function = (lambda pictures: pictures[0][0]) if is_gallery else (lambda picture: picture)
    binding.paste_button.click(
        fn=function,
        _js="extract_image_from_gallery" if is_gallery else None,
        inputs=[binding.source_image_component],
        outputs=[target, *size],
        show_progress=False,
    )


def connect_paste_params_buttons() -> None:
    """Connects every registered button."""
    for binding in registered_param_bindings:
        target = paste_fields[binding.tabname]
        fields = target["fields"] or []
        overrides = binding.override_settings_component or target["override_settings_component"]
        if binding.source_image_component and target["init_img"]:
            _connect_picture(binding, target["init_img"], fields)
        if binding.source_text_component is not None and fields:
            connect_paste(
                binding.paste_button,
                fields,
                binding.source_text_component,
                overrides,
                binding.tabname,
            )
        if binding.source_tabname is not None and fields:
            names = ["Prompt", "Negative prompt", "Steps", *binding.paste_field_names]
            source = paste_fields[binding.source_tabname]["fields"]
            binding.paste_button.click(
                fn=lambda *values: values,
                inputs=[component for component, name in source if name in names],
                outputs=[component for component, name in fields if name in names],
                show_progress=False,
            )
        binding.paste_button.click(fn=None, _js=f"switch_to_{binding.tabname}", show_progress=False)


# What an infotext that says nothing of them means.
_UNSAID = {
    "Clip skip": "1",
    "Hires resize-1": 0,
    "Hires resize-2": 0,
    "Hires sampler": "Use same sampler",
    "Hires schedule type": "Use same scheduler",
    "Hires checkpoint": "Use same checkpoint",
    "Hires prompt": "",
    "Hires negative prompt": "",
    "Mask mode": "Inpaint masked",
    "Masked content": "original",
    "Inpaint area": "Whole picture",
    "Masked area padding": 32,
    "RNG": "GPU",
    "Schedule type": "Automatic",
    "VAE Encoder": "Full",
    "VAE Decoder": "Full",
}


def _modules(params: dict[str, Any]) -> None:
    def take(prefix: str) -> list[str]:
        return [str(params[key]) for key in params if key.startswith(prefix)]

    from modules_forge.main_entry import module_list

    def full(name: str) -> str:
        return next((m for m in module_list if m.rsplit(".", 1)[0] == name), name)

    chosen = [full(name) for name in take("Module ")]
    if chosen:
        params["VAE/TE"] = chosen
    hires = take("Hires Module ")
    if hires == ["Built-in"]:
        params["Hires VAE/TE"] = []
    elif hires and hires != ["Use same choices"]:
        params["Hires VAE/TE"] = [full(name) for name in hires]
    else:
        params["Hires VAE/TE"] = ["Use same choices"]


def parse_generation_parameters(text: str, skip_fields: Any = None) -> dict[str, Any]:
    """The settings that an infotext names, and those it means by silence."""
    params: dict[str, Any] = {}
    *lines, last = text.strip().split("\n")
    if len(_ENTRY.findall(last)) < 3:
        lines, last = [*lines, last], ""
    parts: dict[str, list[str]] = {"Prompt": [], "Negative prompt": []}
    part = "Prompt"
    for line in lines:
        stripped = line.strip()
        if stripped.startswith("Negative prompt:"):
            part, stripped = "Negative prompt", stripped[16:].strip()
        parts[part].append(stripped)
    for key, value in _ENTRY.findall(last):
        bare = unquote(value)
        size = _SIZE.match(bare)
        if size:
            params[f"{key}-1"], params[f"{key}-2"] = size.groups()
        else:
            params[key] = bare
    params.update({name: "\n".join(said) for name, said in parts.items()})
    params = {**_UNSAID, **params}
    if params.get("Model") and params["Model"] in (shared.opts.sd_model_checkpoint or ""):
        del params["Model"]
    _modules(params)
    return params


def _settings() -> list[tuple[str, str]]:
    labelled = [(i.infotext, key) for key, i in shared.opts.data_labels.items() if i.infotext]
    return [*labelled, *infotext_to_setting_name_mapping]


def create_override_settings_dict(text_pairs: list[str] | None) -> dict[str, Any]:
    """Options by name from the texts of the dropdown "Override settings"."""
    given = dict(pair.split(":", maxsplit=1) for pair in text_pairs or [])
    settings: dict[str, Any] = {}
    for label, name in _settings():
        value = given.get(label)
        if value is None:
            continue
        bare = value.strip()
        if name == "forge_additional_modules":
            settings[name] = literal_eval(bare)
        else:
            settings[name] = shared.opts.cast_value(name, bare)
    return settings


def get_override_settings(params: dict[str, Any], skip_fields: Any = None) -> list[Any]:
    """(label, name, value) of every option that an infotext sets otherwise than it is."""
    found = []
    for label, name in _settings():
        if label in (skip_fields or {}) or params.get(label) is None:
            continue
        value = shared.opts.cast_value(name, params[label])
        if value != getattr(shared.opts, name, None):
            found.append((label, name, value))
    return found


def _update_of(component: Any, target: Any, params: dict[str, Any]) -> Any:
    try:
        value = target(params) if callable(target) else params.get(target)
    except Exception:
        errors.report(f"Error executing {target}", exc_info=True)
        value = None
    if value is None:
        return gr.update()
    if isinstance(value, dict) and value.get("__type__") == "update":
        return value
    kind = type(component.value)
    try:
        if kind is bool and value == "False":
            return gr.update(value=False)
        return gr.update(value=float(value) if kind is int else kind(value))
    except (TypeError, ValueError):
        return gr.update()


def connect_paste(
    button: Any, fields: list[Any], source: Any, override_settings_component: Any, tabname: str
) -> None:
    """Makes a button read an infotext into a tab's fields."""
    outputs = [(component, target) for component, target in fields]
    if override_settings_component is not None:
        known = {target: 1 for _, target in fields}

        def paste_settings(params: dict[str, Any]) -> Any:
            pairs = [
                f"{label}: {value}" for label, _, value in get_override_settings(params, known)
            ]
            return gr.update(value=pairs, choices=pairs, visible=bool(pairs))

        outputs.append((override_settings_component, paste_settings))

    def paste(infotext: str) -> list[Any]:
        params = parse_generation_parameters(infotext or "")
        script_callbacks.infotext_pasted_callback(infotext, params)
        return [_update_of(component, target, params) for component, target in outputs]

    button.click(fn=paste, inputs=[source], outputs=[c for c, _ in outputs], show_progress=False)

"""Options with their defaults and labels, kept in config.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

_OWN_ATTRIBUTES = {"data", "data_labels", "restricted_opts"}


class OptionInfo:
    """What is known of one option; the methods that add to its label give it back."""

    def __init__(
        self,
        default: Any = None,
        label: str = "",
        component: Callable[..., Any] | None = None,
        component_args: Any = None,
        onchange: Callable[[], None] | None = None,
        section: tuple[str | None, str] | None = None,
        refresh: Callable[..., Any] | None = None,
        comment_before: str = "",
        comment_after: str = "",
        infotext: str | None = None,
        restrict_api: bool = False,
        category_id: str | None = None,
    ) -> None:
        self.default = default
        self.label = label
        self.component = component
        self.component_args = component_args
        self.onchange = onchange
        self.section = section
        self.refresh = refresh
        self.comment_before = comment_before
        self.comment_after = comment_after
        self.infotext = infotext
        self.restrict_api = restrict_api
        self.category_id = category_id
        self.do_not_save = False

    def link(self, label: str, url: str) -> OptionInfo:
        self.comment_before += f"[<a href='{url}' target='_blank'>{label}</a>]"
        return self

    def js(self, label: str, function: str) -> OptionInfo:
        self.comment_before += f"[<a onclick='{function}(); return false'>{label}</a>]"
        return self

    def info(self, text: str) -> OptionInfo:
        return self.html(f"<span class='info'>({text})</span>")

    def html(self, html: str) -> OptionInfo:
        self.comment_after += html
        return self

    def needs_restart(self) -> OptionInfo:
        return self.info("requires restart")

    def needs_reload_ui(self) -> OptionInfo:
        return self.info("requires Reload UI")


class OptionHTML(OptionInfo):
    """A text among the options, kept nowhere."""

    def __init__(self, text: str) -> None:
        super().__init__(str(text).strip(), component=_settings_text)
        self.do_not_save = True


def _settings_text(**kwargs: Any) -> gr.HTML:
    return gr.HTML(elem_classes="settings-info", **kwargs)


class OptionDiv(OptionInfo):
    """A line between options, kept nowhere."""

    def __init__(self) -> None:
        super().__init__("", component=lambda **_: gr.HTML("<hr>"))
        self.do_not_save = True


def options_section(
    section: tuple[str | None, str], options: dict[str, OptionInfo]
) -> dict[str, OptionInfo]:
    """Puts options into one section."""
    for info in options.values():
        info.section = (section[0], section[1])
    return options


class Options:
    """The values, read and set as attributes; what was never changed answers its default."""

    def __init__(self, data_labels: dict[str, OptionInfo]) -> None:
        self.data_labels = data_labels
        self.data = {key: i.default for key, i in data_labels.items() if not i.do_not_save}

    def __setattr__(self, key: str, value: Any) -> None:
        if key in _OWN_ATTRIBUTES:
            super().__setattr__(key, value)
            return
        info = self.data_labels.get(key)
        if info is None and key not in self.data:
            super().__setattr__(key, value)
        elif info is None or not info.do_not_save:
            self.data[key] = value

    def __getattr__(self, key: str) -> Any:
        if key in _OWN_ATTRIBUTES:
            raise AttributeError(key)
        if key in self.data:
            return self.data[key]
        if key in self.data_labels:
            return self.data_labels[key].default
        raise AttributeError(key)

    def set(self, key: str, value: Any, is_api: bool = False, run_callbacks: bool = True) -> bool:
        """Sets an option and says whether it changed."""
        if self.data.get(key) == value:
            return False
        info = self.data_labels[key]
        if info.do_not_save or (is_api and info.restrict_api):
            return False
        setattr(self, key, value)
        if run_callbacks and info.onchange is not None:
            info.onchange()
        return True

    def get_default(self, key: str) -> Any:
        """The value of an option that was never changed."""
        info = self.data_labels.get(key)
        return None if info is None else info.default

    def save(self, filename: str) -> None:
        """Writes the values, one JSON object."""
        Path(filename).write_text(json.dumps(self.data, indent=4), encoding="utf-8")

    def load(self, filename: str) -> None:
        """Reads the values; without a file there are none."""
        path = Path(filename)
        self.data = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def onchange(self, key: str, function: Callable[[], None], call: bool = True) -> None:
        self.data_labels[key].onchange = function
        if call:
            function()

    def dumpjson(self) -> str:
        """What the page gets of the options."""
        values = {key: self.data.get(key, info.default) for key, info in self.data_labels.items()}
        return json.dumps(values)

    def add_option(self, key: str, info: OptionInfo) -> None:
        """An extension's own option."""
        self.data_labels[key] = info
        if key not in self.data and not info.do_not_save:
            self.data[key] = info.default

    def reorder(self) -> None:
        """Forge sorts by section here; the order of the host is the order of adding."""

    def cast_value(self, key: str, value: Any) -> Any:
        """A value in the type of the option's default."""
        default = self.data_labels[key].default
        if default is None:
            default = getattr(self, key, None)
        if value is None or default is None:
            return None
        if isinstance(default, bool) and value == "False":
            return False
        return type(default)(value)

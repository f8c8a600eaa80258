"""Scripts: their base classes and their loading."""

from __future__ import annotations

import inspect
import os
import re
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

from modules import errors, extensions, paths, script_callbacks, script_loading

AlwaysVisible = object()


@dataclass
class OnComponent:
    """What a callback for one element gets."""

    component: Any


class Script:
    """Base class of an extension's script; what it may set and override is as in Forge."""

    name: str | None = None
    section: str | None = None
    filename: str | None = None
    args_from: int | None = None
    args_to: int | None = None
    alwayson = False
    is_txt2img = False
    is_img2img = False
    tabname: str | None = None
    group: Any = None
    create_group = True
    infotext_fields: list[Any] | None = None
    paste_field_names: list[str] | None = None
    api_info: Any = None
    on_before_component_elem_id: list[Any] | None = None
    on_after_component_elem_id: list[Any] | None = None
    setup_for_ui_only = False
    controls: list[Any] | None = None
    sorting_priority = 0

    def title(self) -> str:
        raise NotImplementedError

    def ui(self, is_img2img: bool) -> Any:
        return None

    def show(self, is_img2img: bool) -> Any:
        return True

    def run(self, p: Any, *args: Any) -> Any:
        return None

    def before_component(self, component: Any, **kwargs: Any) -> None:
        """Called before every component of the tab."""

    def after_component(self, component: Any, **kwargs: Any) -> None:
        """Called after every component of the tab."""

    def on_before_component(self, callback: Any, *, elem_id: str) -> None:
        """To be called before one element."""
        self.on_before_component_elem_id = [
            *(self.on_before_component_elem_id or []),
            (elem_id, callback),
        ]

    def on_after_component(self, callback: Any, *, elem_id: str) -> None:
        """To be called after one element."""
        self.on_after_component_elem_id = [
            *(self.on_after_component_elem_id or []),
            (elem_id, callback),
        ]

    def _tab_prefix(self) -> str:
        if self.show(True) != self.show(False):
            return ""
        return "img2img_" if self.is_img2img else "txt2img_"

    def elem_id(self, item_id: str) -> str:
        """The id of one of the script's elements."""
        title = re.sub(r"[^a-z_0-9]", "", re.sub(r"\s", "_", self.title().lower()))
        return f"script_{self._tab_prefix()}{title}_{item_id}"

    def describe(self) -> str:
        return ""


class ScriptBuiltinUI(Script):
    """A script that only the page has: the API's top-level fields stand for it."""

    setup_for_ui_only = True

    def elem_id(self, item_id: str) -> str:
        return f"{self._tab_prefix()}{item_id}"

    def show(self, is_img2img: bool) -> Any:
        return AlwaysVisible


current_basedir = paths.script_path


def basedir() -> str:
    """The root of the extension whose script is being executed."""
    return current_basedir


class ScriptFile(NamedTuple):
    """A file and the extension's root."""

    basedir: str
    filename: str
    path: str


class ScriptClassData(NamedTuple):
    """A class that a script file brought."""

    script_class: type[Script]
    path: str
    basedir: str
    module: Any


scripts_data: list[ScriptClassData] = []


def list_scripts(folder: str, extension: str) -> list[ScriptFile]:
    """The files of every active extension's folder, alphabetical within each."""
    files = []
    for ext in extensions.active():
        path = os.path.join(ext.path, folder)
        names = sorted(os.listdir(path)) if os.path.isdir(path) else []
        files += [
            ScriptFile(ext.path, name, os.path.join(path, name))
            for name in names
            if os.path.splitext(name)[1].lower() == extension
        ]
    return files


def list_files_with_name(filename: str) -> list[str]:
    """That file in the root of the host and of every active extension."""
    roots = [paths.script_path, *(ext.path for ext in extensions.active())]
    return [
        os.path.join(root, filename)
        for root in roots
        if os.path.isfile(os.path.join(root, filename))
    ]


def load_scripts() -> None:
    """Executes every script file anew. Extension roots stay on sys.path, packages stay cached."""
    global current_basedir, scripts_txt2img, scripts_img2img
    from modules.script_runner import ScriptRunner
    from recorded import scripts as recorded_scripts

    scripts_data.clear()
    script_callbacks.clear_callbacks()
    for kind in recorded_scripts.classes():
        scripts_data.append(ScriptClassData(kind, recorded_scripts.__file__, "", None))
    files = list_scripts("scripts", ".py")
    for file in files:
        if file.basedir not in sys.path:
            sys.path.insert(0, file.basedir)
    before = list(sys.path)
    for file in files:
        try:
            sys.path = [file.basedir, *sys.path]
            current_basedir = file.basedir
            _register(script_loading.load_module(file.path), file)
        except Exception:
            errors.report(f"Error loading script: {file.filename}", exc_info=True)
        finally:
            sys.path = list(before)
            current_basedir = paths.script_path
    scripts_txt2img, scripts_img2img = ScriptRunner(), ScriptRunner()


def _register(module: Any, file: ScriptFile) -> None:
    for value in module.__dict__.values():
        if inspect.isclass(value) and issubclass(value, Script):
            scripts_data.append(ScriptClassData(value, file.path, file.basedir, module))


# The runners of the two tabs; `scripts_current` is that of the tab being built.
scripts_txt2img: Any = None
scripts_img2img: Any = None
scripts_current: Any = None

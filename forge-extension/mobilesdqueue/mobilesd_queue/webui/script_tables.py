"""Where each script's arguments stand among Generate's inputs, as Forge's own tables say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mobilesd_queue.capture.screen import ScriptOnScreen


@dataclass(frozen=True)
class ScriptTable:
    """One script of a tab. Its arguments are `tail[start:end]` of Generate's inputs."""

    title: str
    kind: Literal["alwayson", "selectable", "builtin"]
    start: int
    end: int
    component_ids: tuple[int, ...] = ()
    labels: tuple[str | None, ...] = ()
    defaults: tuple[Any, ...] | None = None
    fields: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    trouble: str | None = None

    def on_screen(self, tail: Sequence[Any], failed: Mapping[int, str]) -> ScriptOnScreen:
        """The script with the values of a click. `failed` says by component id why one has none."""
        reasons = [failed[one] for one in self.component_ids if one in failed]
        return ScriptOnScreen(
            title=self.title,
            kind=self.kind,
            labels=self.labels,
            values=tuple(tail[self.start : self.end]),
            defaults=self.defaults,
            fields=self.fields,
            choices=self.choices,
            uncaptured=reasons[0] if reasons else self.trouble,
        )


def always_on_tables(runner: Any) -> tuple[ScriptTable, ...]:
    """All that take part in every generation and have arguments, in the runner's order."""
    tables = (_table(script, runner.inputs) for script in runner.scripts if script.alwayson)
    return tuple(table for table in tables if table.end > table.start)


def selectable_tables(runner: Any) -> tuple[ScriptTable, ...]:
    """Those in the dropdown, whose index counts from 1; 0 is "None"."""
    return tuple(_table(script, runner.inputs) for script in runner.selectable_scripts)


def _table(script: Any, inputs: Sequence[Any]) -> ScriptTable:
    """To be read when the page is built: `--api` then draws every script twice more elsewhere,
    and scripts name the components of the last drawing in their paste fields (modules/api/api.py).
    """
    start, end = script.args_from or 0, script.args_to or 0
    components = inputs[start:end]
    title, trouble = _title(script)
    choices = _choices(components)
    info = getattr(script, "api_info", None)
    arguments = None if info is None else info.args
    return ScriptTable(
        title=title,
        kind=_kind(script),
        start=start,
        end=end,
        component_ids=tuple(component._id for component in components),
        labels=tuple(item.label for item in (arguments or components)),
        defaults=None if arguments is None else _defaults(arguments, choices),
        fields=_fields(script, components),
        choices=choices,
        trouble=trouble,
    )


def _title(script: Any) -> tuple[str, str | None]:
    """The title, or the file's name and why the script cannot be asked for by its title.

    Forge itself has put the script's error on the console (modules/scripts.py, `wrap_call`).
    """
    try:
        return script.title(), None
    except Exception as error:
        return Path(script.filename).name, f"it does not tell its title ({type(error).__name__})"


def _kind(script: Any) -> Any:
    if getattr(script, "setup_for_ui_only", False):
        return "builtin"
    return "alwayson" if script.alwayson else "selectable"


def _fields(script: Any, components: Sequence[Any]) -> dict[str, int]:
    """Positions of components by the request field they fill, from the script's paste table."""
    places = {component._id: position for position, component in enumerate(components)}
    pasted = script.infotext_fields or ()
    named = ((getattr(field, "api", None), getattr(field, "component", None)) for field in pasted)
    return {
        api: places[component._id]
        for api, component in named
        if api and component is not None and component._id in places
    }


def _defaults(arguments: Sequence[Any], choices: Mapping[int, tuple[str, ...]]) -> tuple[Any, ...]:
    """What is handed over where nothing was touched: a name in `choices` as its place there."""
    return tuple(
        choices[at].index(item.value) if item.value in choices.get(at, ()) else item.value
        for at, item in enumerate(arguments)
    )


def _choices(components: Sequence[Any]) -> dict[int, tuple[str, ...]]:
    """The names in those lists that hand over a place (gradio's `type="index"`)."""
    return {
        position: tuple(str(value) for _, value in component.choices)
        for position, component in enumerate(components)
        if getattr(component, "type", None) == "index" and getattr(component, "choices", None)
    }

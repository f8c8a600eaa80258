"""Arguments that a list on the page hands over as a place, which on another box means another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .screen import ScriptOnScreen

# Labels by title, in lower case: lists of files that the script takes by name as well. Scripts that
# do not are sent as the page has them: nothing tells a list of files from a fixed one.
_TAKEN_BY_NAME = {"sd upscale": ("upscaler",)}  # scripts/sd_upscale.py `run`


def _name_of(value: Any, choices: tuple[str, ...] | None) -> Any:
    is_place = isinstance(value, int) and not isinstance(value, bool)
    return choices[value] if choices and is_place and 0 <= value < len(choices) else value


def with_names(script: ScriptOnScreen) -> ScriptOnScreen:
    """The script with names in place of places, where it takes them."""
    labels = _TAKEN_BY_NAME.get(script.title.lower(), ())
    values = tuple(
        _name_of(value, script.choices.get(at))
        if at < len(script.labels) and (script.labels[at] or "").lower() in labels
        else value
        for at, value in enumerate(script.values)
    )
    return replace(script, values=values)

"""Scripts of the page: the one chosen under "Script", and the always-on ones that are changed."""

from __future__ import annotations

import re
from typing import Any

from . import controlnet
from .index_args import with_names
from .limits import ALWAYSON_SCRIPTS_MAX, ARG_LABEL_CHARS_MAX, SCRIPT_ARGS_MAX
from .page_scripts import PAGE_ONLY_TITLES
from .reading import Reader, is_storable
from .screen import Screen, ScriptOnScreen
from .values import NotTransferable, is_same, serialise

_ADETAILER = "adetailer"

# What the label of a script's switch says beside the script's name, before or behind it.
_SWITCH_WORDS = re.compile(r"^(?:enabled?|active|activated?|on)(?:\s+|$)|\s+enabled?$")

# By title in lower case: why no server runs it, and what to do instead.
_NEVER_QUEUED = {
    "x/y/z plot": (
        "X/Y/Z plot cannot be queued, as it makes many pictures in one run: "
        'set "Script" to None and queue its pictures as jobs of their own.'
    ),
    "prompts from file or textbox": (
        "Prompts from file or textbox cannot be queued, as its lines say where files go: "
        'set "Script" to None and queue each prompt as a job of its own.'
    ),
}


def _labels_of(script: ScriptOnScreen, count: int) -> list[str | None]:
    """The script's fingerprint: one label for each argument."""
    labels = [*script.labels, *[None] * count][:count]
    return [
        one[:ARG_LABEL_CHARS_MAX] if one is not None and is_storable(one) else None
        for one in labels
    ]


def _args_of(script: ScriptOnScreen) -> list[Any]:
    """The arguments as plain JSON. Raises NotTransferable with the name of the argument."""
    args = []
    for at, value in enumerate(script.values):
        label = (script.labels[at] if at < len(script.labels) else None) or f"number {at + 1}"
        try:
            args.append(serialise(value, f'picture "{label}" of {script.title}'))
        except NotTransferable as error:
            raise NotTransferable(f'its argument "{label}" {error}') from error
    return args


def _is_changed(script: ScriptOnScreen) -> bool:
    return script.defaults is None or not is_same(script.values, script.defaults)


def _is_switched_off(script: ScriptOnScreen) -> bool:
    """Whether the first argument is off and its label says that it switches the whole script.

    Any other first tick is a setting, as "Enabled for UNet" of Never OOM is.
    """
    if not script.values or script.values[0] is not False or not script.labels:
        return False
    label = (script.labels[0] or "").strip().lower()
    name = _SWITCH_WORDS.sub("", label)
    if not name:
        return bool(label)
    return f"{script.title.strip().lower()} ".startswith(f"{name} ")


def _is_detailing(script: ScriptOnScreen) -> bool:
    """Whether ADetailer would do anything: switched on, and a unit with a model."""
    if script.values and script.values[0] is False:
        return False
    units = [value for value in script.values if isinstance(value, dict)]
    return any(
        unit.get("ad_model", "None") not in (None, "", "None") and unit.get("ad_tab_enable", True)
        for unit in units
    )


def _is_used(script: ScriptOnScreen) -> bool:
    """Whether a script of the page may change the picture; unknown counts as yes."""
    if script.uncaptured is not None:
        return not _is_switched_off(script)
    if script.title.lower() == _ADETAILER:
        return _is_detailing(script)
    return bool(script.values) and _is_changed(script)


def _entry(script: ScriptOnScreen, args: list[Any]) -> dict[str, Any]:
    return {"args": args, "arg_labels": _labels_of(script, len(args))}


def _read_args(read: Reader, script: ScriptOnScreen, off: str) -> dict[str, Any] | None:
    """A script's entry in a job; None, with a reason, where it cannot be carried over."""
    if script.uncaptured is not None:
        read.refuse(f"{script.title} could not be read ({script.uncaptured}): {off}.")
        return None
    if len(script.values) > SCRIPT_ARGS_MAX:
        read.refuse(f"{script.title} has more than {SCRIPT_ARGS_MAX} arguments: {off}.")
        return None
    try:
        return _entry(script, _args_of(script))
    except NotTransferable as error:
        # A script that is off may keep what it likes.
        if script.kind == "selectable" or not _is_switched_off(script):
            read.refuse(f"{script.title}: {error}. Change that, or {off}.")
        return None


def _read_alwayson(read: Reader, script: ScriptOnScreen, is_img2img: bool) -> dict[str, Any] | None:
    if script.title.lower() == controlnet.TITLE and script.uncaptured is None:
        units = controlnet.read_units(read, script.values, is_img2img)
        return _entry(script, units) if units else None
    if not _is_used(script):
        return None
    if script.kind == "builtin":
        read.refuse(
            f"{script.title} works on Forge's own page only and cannot be queued: set it back."
        )
        return None
    return _read_args(read, script, "switch the script off")


def alwayson_fields(read: Reader, screen: Screen) -> dict[str, Any]:
    """The always-on scripts that are not as Forge has them by default, with their fingerprints."""
    found: dict[str, Any] = {}
    seen: set[str] = set()
    for script in screen.scripts:
        title = script.title.lower()
        is_second = title in seen
        seen.add(title)
        if script.kind == "selectable" or title in PAGE_ONLY_TITLES:
            continue
        entry = _read_alwayson(read, script, screen.tab == "img2img")
        if entry is None:
            continue
        if is_second:
            read.refuse(
                f"There are two scripts called {script.title}, and only the first can be queued: "
                "switch the second off."
            )
        found.setdefault(script.title, entry)
    if len(found) > ALWAYSON_SCRIPTS_MAX:
        read.refuse(
            f"{len(found)} scripts are switched on or changed: leave {ALWAYSON_SCRIPTS_MAX}."
        )
    return {"alwayson_scripts": found} if found else {}


def selected_fields(read: Reader, screen: Screen) -> dict[str, Any]:
    """The script chosen under "Script"."""
    script = screen.selected
    if script is None:
        return {}
    never = _NEVER_QUEUED.get(script.title.lower())
    if never is not None:
        read.refuse(never)
        return {}
    entry = _read_args(read, with_names(script), 'set "Script" to None')
    return {"script": {"name": script.title, **entry}} if entry else {}

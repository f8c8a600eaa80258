"""Says for each tab of a finished page whether a click would capture all that Generate runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mobilesd_queue.element_ids import Tab
from mobilesd_queue.webui.read_screen import Binding

_PICTURE_INPUTS = {
    "img2img": ("init_img", "init_img_with_mask", "init_img_with_mask_fg", "init_mask_inpaint")
}
_PICTURE_CLASSES = {"LogicalImage", "Image", "ImageEditor"}
_UPDATE = (
    "Update Forge and this extension; an extension that changes Generate can be the cause too."
)
_NEEDED_NAMES = ("prompt", "negative_prompt", "width", "height", "n_iter", "batch_size")


@dataclass(frozen=True)
class TabReport:
    """`sentence` says what was found; when the capture is not whole, what is missing."""

    tab: Tab
    whole: bool
    sentence: str


def report_on(binding: Binding, table: Sequence[Any]) -> TabReport:
    """Whether names, ranges and pictures all have their place among Generate's inputs.

    `table` holds the components of all scripts in Forge's own order (`ScriptRunner.inputs`).
    """
    problem = _problem(binding, table)
    if problem is not None:
        sentence = f"{binding.tab} cannot be queued: {problem} {_UPDATE}"
        return TabReport(binding.tab, whole=False, sentence=sentence)
    scripts = [*binding.scripts, *binding.selectable]
    found = (
        f"{len(binding.names)} fields, {len(scripts)} scripts with {len(table) - 1} arguments, "
        f"{len(binding.builders)} builders, {sum(map(_is_picture, binding.main.inputs))} pictures"
    )
    return TabReport(binding.tab, whole=True, sentence=f"all of {binding.tab} is captured: {found}")


def _problem(binding: Binding, table: Sequence[Any]) -> str | None:
    missing = [name for name in _NEEDED_NAMES if name not in binding.names]
    if missing:
        return f"no input of Generate is called {missing[0]}."
    return _misplaced_scripts(binding, table) or _missing_picture(binding)


def _misplaced_scripts(binding: Binding, table: Sequence[Any]) -> str | None:
    tail = [component._id for component in binding.main.inputs[len(binding.names) :]]
    known = [getattr(component, "_id", None) for component in table]
    if tail != known:
        return (
            "Generate takes other inputs for its scripts than Forge's table of scripts says "
            f"({len(tail)}, not the {len(known)} there)."
        )
    for script in (*binding.scripts, *binding.selectable):
        if script.end > len(known):
            return f"the arguments of {script.title} are not all on the page."
    return None


def _missing_picture(binding: Binding) -> str | None:
    inputs = dict(zip(binding.names, binding.main.inputs, strict=False))
    for name in _PICTURE_INPUTS.get(binding.tab, ()):
        if not _is_picture(inputs.get(name)):
            return f"its picture input {name} was not found."
    return None


def _is_picture(component: Any) -> bool:
    return any(kind.__name__ in _PICTURE_CLASSES for kind in type(component).__mro__)

"""Forge's built-in scripts Sampler, Seed and Refiner: their arguments are fields of a job."""

from __future__ import annotations

from typing import Any

from .limits import SEED_MAX, SIDE_PIXELS_MAX, STEPS_MAX
from .reading import Reader, as_number
from .screen import Screen, ScriptOnScreen

# In lower case.
PAGE_ONLY_TITLES = ("sampler", "seed", "refiner")

_ABSENT = object()


def _find(screen: Screen, title: str) -> ScriptOnScreen | None:
    return next((one for one in screen.scripts if one.title.lower() == title), None)


def _by_field(script: ScriptOnScreen | None, name: str) -> Any:
    at = script.fields.get(name) if script else None
    return script.values[at] if script and at is not None and at < len(script.values) else _ABSENT


def _by_label(script: ScriptOnScreen, label: str) -> Any:
    for at, one in enumerate(script.labels):
        if (one or "").strip().lower() == label.lower() and at < len(script.values):
            return script.values[at]
    return _ABSENT


def _need(read: Reader, value: Any, label: str) -> Any:
    if value is not _ABSENT:
        return value
    read.refuse(f"{label} was not found on Forge's page: this Forge is not supported yet.")
    return None


def sampler_fields(read: Reader, screen: Screen) -> dict[str, Any]:
    """Steps, sampler and scheduler."""
    script = _find(screen, "sampler")
    sampler = _need(read, _by_field(script, "sampler_name"), "Sampling method")
    scheduler = _need(read, _by_field(script, "scheduler"), "Schedule type")
    steps = _need(read, _by_field(script, "steps"), "Sampling steps")
    return {
        "steps": read.whole("Sampling steps", steps, 1, STEPS_MAX),
        "sampler_name": read.name("Sampling method", sampler),
        "scheduler": read.name("Schedule type", scheduler),
    }


def _seed(read: Reader, label: str, value: Any) -> int:
    """A seed as Forge reads it: what is empty or no number means a random one."""
    if isinstance(value, str):
        try:
            value = int(value.strip())
        except ValueError:
            value = -1
    if value is None:
        return -1
    number = as_number(value)
    if number is not None and number == int(number) and -1 <= number <= SEED_MAX:
        return int(number)
    read.refuse(f"{label} is {value}: set it from 0 to {SEED_MAX}, or to -1 for a random one.")
    return -1


def seed_fields(read: Reader, screen: Screen) -> dict[str, Any]:
    """The seed and, where "Extra" is ticked, what stands under it (processing_scripts/seed.py).

    The two sizes go by their labels: their field names are exchanged in Forge.
    """
    script = _find(screen, "seed")
    seed = _seed(read, "Seed", _need(read, _by_field(script, "seed"), "Seed"))
    fields: dict[str, Any] = {"seed": seed}
    if script is None or not _need(read, _by_label(script, "Extra"), 'The tick "Extra"'):
        return fields
    strength = _need(read, _by_field(script, "subseed_strength"), "Variation strength")
    strength = read.number("Variation strength", strength, 0, 1)
    if strength > 0:
        subseed = _need(read, _by_field(script, "subseed"), "Variation seed")
        fields["subseed"] = _seed(read, "Variation seed", subseed)
        fields["subseed_strength"] = strength
    sides = {}
    for name, label in (("w", "Resize seed from width"), ("h", "Resize seed from height")):
        side = _need(read, _by_label(script, label), label)
        sides[f"seed_resize_from_{name}"] = read.whole(label, side, 0, SIDE_PIXELS_MAX)
    return {**fields, **sides} if all(sides.values()) else fields


def refiner_fields(read: Reader, screen: Screen) -> dict[str, Any]:
    """The refiner, where its accordion is on, a checkpoint is chosen, and it ever takes over."""
    script = _find(screen, "refiner")
    if script is None or not script.values or not script.values[0]:
        return {}
    checkpoint = _need(read, _by_field(script, "refiner_checkpoint"), "The refiner's checkpoint")
    if checkpoint in (None, "", "None"):
        return {}
    switch_at = _need(read, _by_field(script, "refiner_switch_at"), 'The refiner\'s "Switch at"')
    switch_at = read.number('The refiner\'s "Switch at"', switch_at, 0, 1)
    # 1 means never.
    if switch_at == 1:
        return {}
    name = read.name("The refiner's checkpoint", checkpoint)
    return {"refiner": {"checkpoint_name": name, "switch_at": switch_at}}

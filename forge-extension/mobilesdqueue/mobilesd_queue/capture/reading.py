"""Reads values of the page one by one, and collects a sentence for each that a job cannot have."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .limits import FORGE_NAME_CHARS_MAX
from .options import Option

_SHOWN_CHARS_MAX = 60
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def utf16_length(text: str) -> int:
    """Length of a text as the queue counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_storable(text: str) -> bool:
    """Whether the queue can hold a text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def shown(value: Any) -> str:
    """A value as a sentence shows it, cut where it is long."""
    text = str(value)
    return text if len(text) <= _SHOWN_CHARS_MAX else text[: _SHOWN_CHARS_MAX - 1] + "…"


def as_number(value: Any) -> float | int | None:
    """A finite number that is no truth value, as Python's own; None where it is something else."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


class Reader:
    """Reads by label. What cannot be read is a reason, and some allowed value stands for it."""

    def __init__(self) -> None:
        self._reasons: dict[str, None] = {}

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every sentence so far, each once, in order."""
        return tuple(self._reasons)

    def refuse(self, sentence: str) -> None:
        """Adds a reason, a whole sentence that names the thing and says what to do."""
        self._reasons[sentence] = None

    def number(self, label: str, value: Any, low: float, high: float) -> float | int:
        """A number from `low` to `high`."""
        number = as_number(value)
        if number is not None and low <= number <= high:
            return number
        self.refuse(f"{label} is {_state(value)}: set it from {_plain(low)} to {_plain(high)}.")
        return low

    def whole(self, label: str, value: Any, low: int, high: int, multiple: int = 1) -> int:
        """A whole number from `low` to `high`, of which each side may have to be a multiple."""
        number = as_number(value)
        is_fit = number is not None and number == int(number) and low <= number <= high
        if is_fit and int(number) % multiple == 0:
            return int(number)
        what = "it" if multiple == 1 else f"a multiple of {multiple}"
        self.refuse(f"{label} is {_state(value)}: set {what} from {low} to {high}.")
        return low

    def index(self, label: str, value: Any, names: Sequence[str]) -> int:
        """The place of a choice among `names`; the page hands over a number or a text."""
        number = as_number(value)
        if number is not None and number == int(number) and 0 <= number < len(names):
            return int(number)
        if isinstance(value, bool):
            return int(value)
        if value in names:
            return names.index(value)
        self.refuse(f"{label} is {_state(value)}: choose one of {', '.join(names)}.")
        return 0

    def text(self, label: str, value: Any, chars_max: int) -> str:
        """A text; nothing counts as an empty one."""
        text = "" if value is None else value
        if not isinstance(text, str):
            self.refuse(f"{label} is not a text: it cannot be queued.")
            return ""
        if not is_storable(text):
            self.refuse(f"{label} holds characters that cannot be stored: type it anew.")
            return ""
        length = utf16_length(text)
        if length > chars_max:
            self.refuse(f"{label} has {length} characters: shorten it to {chars_max}.")
            return ""
        return text

    def name(self, label: str, value: Any) -> str:
        """A name that Forge knows something by."""
        name = self.text(label, value, FORGE_NAME_CHARS_MAX)
        if value in (None, ""):
            self.refuse(f"{label} is empty: choose one.")
        return name or "?"

    def names(self, label: str, values: Any, many_max: int) -> list[str]:
        """A list of such names."""
        given = [] if values is None else values
        if not isinstance(given, (list, tuple)):
            self.refuse(f"{label} is {_state(values)}: choose from the list.")
            return []
        if len(given) > many_max:
            self.refuse(f"{label} has {len(given)} entries: leave {many_max} at most.")
            return []
        return [self.name(label, one) for one in given]

    def option(self, option: Option, value: Any) -> Any:
        """The value of one of Forge's options."""
        if option.kind == "whole":
            return self.whole(option.label, value, int(option.low), int(option.high))
        if option.kind == "number":
            return self.number(option.label, value, option.low, option.high)
        if option.kind == "flag" and isinstance(value, bool):
            return value
        if option.kind == "choice" and value in option.choices:
            return value
        if option.kind == "colour" and isinstance(value, str) and _COLOUR.fullmatch(value):
            return value
        takes = {"flag": "switch it on or off", "colour": "choose a colour like #ffffff"}
        what = takes.get(option.kind) or f"choose one of {', '.join(option.choices)}"
        self.refuse(f"{option.label} is {_state(value)}: {what}.")
        return value


def chosen(values: Mapping[str, Any], name: str, same_as: str = "") -> Any:
    """A value of a list on the page, None where it is empty or one that means the first pass's."""
    value = values.get(name)
    return None if value in (None, "", same_as) else value


def _state(value: Any) -> str:
    return "empty" if value is None or value == "" else shown(value)


def _plain(number: float) -> str:
    return f"{number:g}"

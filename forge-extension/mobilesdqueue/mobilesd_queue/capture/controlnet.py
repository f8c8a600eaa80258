"""Units of ControlNet, from the page's to those that Forge's API takes (forge-reference 4.4)."""

from __future__ import annotations

import enum
import re
from typing import Any

import numpy
from PIL import Image

from .limits import SIDE_PIXELS_MAX
from .picture import Picture
from .reading import Reader, as_number
from .values import as_image

TITLE = "controlnet"

_RESIZE_MODES = ("Just Resize", "Crop and Resize", "Resize and Fill")
# Older words for the same (lib_controlnet/external_code.py).
_RESIZE_ALIASES = {
    "Inner Fit (Scale to Fit)": "Crop and Resize",
    "Outer Fit (Shrink to Fit)": "Resize and Fill",
    "Scale to Fit (Inner Fit)": "Crop and Resize",
    "Envelope (Outer Fit)": "Resize and Fill",
}
_CONTROL_MODES = ("Balanced", "My prompt is more important", "ControlNet is more important")
_HIRES_OPTIONS = ("Both", "Low res only", "High res only")

_WITHOUT_MODEL = re.compile(r"^reference_|\(Revision\b")
# What ControlNet takes for nothing: up to 4 in a picture, up to 5 in a mask or a drawing.
_DARK_MAX = 4
_EMPTY_MAX = 5


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


def _of(unit: Any, name: str, absent: Any = None) -> Any:
    value = unit.get(name, absent) if isinstance(unit, dict) else getattr(unit, name, absent)
    return _plain(value)


def _brightest(value: Any) -> int:
    """The largest number of a picture, transparency among them; -1 where there is no picture."""
    return int(numpy.asarray(value).max()) if as_image(value) is not None else -1


def _drawing(value: Any) -> Image.Image | None:
    """What is drawn on a canvas: the transparency of its layer. None where nothing is."""
    layer = as_image(value)
    if layer is None or layer.mode != "RGBA":
        return None
    alpha = layer.getchannel("A")
    return alpha if alpha.getextrema()[1] > _EMPTY_MAX else None


def _on_white(canvas: Any) -> Image.Image:
    """A canvas laid on white, its fractions cut as Forge cuts them (modules_forge/utils.py)."""
    pixels = numpy.asarray(as_image(canvas).convert("RGBA")).astype(numpy.float32)
    alpha = pixels[:, :, 3:] / 255
    return Image.fromarray((pixels[:, :, :3] * alpha + 255 * (1 - alpha)).astype(numpy.uint8))


class _Unit:
    """Reads one unit that is switched on. Its pictures follow `get_input_data` of controlnet.py."""

    def __init__(self, read: Reader, unit: Any, at: int, has_input: bool) -> None:
        self._read = read
        self._unit = unit
        self._label = f"ControlNet Unit {at}"
        self._has_input = has_input
        self._uses_preview = bool(_of(unit, "use_preview_as_input", False))

    def fields(self) -> dict[str, Any]:
        """The unit as Forge's API takes it."""
        fields = {
            "enabled": True,
            **self._model(),
            **self._pictures(),
            "weight": self._number("weight", "Control Weight", 0, 2),
            **self._choices(),
            **self._numbers(),
            "pixel_perfect": bool(_of(self._unit, "pixel_perfect", False)),
            "save_detected_map": bool(_of(self._unit, "save_detected_map", True)),
        }
        if fields["guidance_start"] > fields["guidance_end"]:
            self._refuse("the start of its Timestep Range lies behind the end: exchange them")
        return fields

    def _refuse(self, what: str) -> None:
        self._read.refuse(f"{self._label}: {what}.")

    def _number(self, name: str, label: str, low: float, high: float) -> float:
        return self._read.number(f"{self._label}, {label}", _of(self._unit, name), low, high)

    def _model(self) -> dict[str, str]:
        # A preview is already what a preprocessor makes.
        module = "None" if self._uses_preview else _of(self._unit, "module") or "None"
        model = _of(self._unit, "model") or "None"
        module = self._read.name(f"{self._label}, Preprocessor", module)
        model = self._read.name(f"{self._label}, Model", model)
        if model == "None" and not _WITHOUT_MODEL.search(module):
            self._refuse("it has no model: choose one, or switch the unit off")
        return {"module": module, "model": model}

    def _numbers(self) -> dict[str, Any]:
        labels = {
            "processor_res": "Preprocessor resolution",
            "threshold_a": "Threshold A",
            "threshold_b": "Threshold B",
        }
        fields: dict[str, Any] = {}
        for name, label in labels.items():
            number = as_number(_of(self._unit, name, -1))
            # A negative number means the preprocessor's own. One without a resolution leaves 0.5.
            number = -1 if number is not None and number < 0 else number
            label = f"{self._label}, {label}"
            fields[name] = self._read.number(label, number, -1, SIDE_PIXELS_MAX)
        fields["guidance_start"] = self._number("guidance_start", "Timestep Range", 0, 1)
        fields["guidance_end"] = self._number("guidance_end", "Timestep Range", 0, 1)
        return fields

    def _choices(self) -> dict[str, str]:
        rows = (
            ("resize_mode", "Resize Mode", _RESIZE_MODES),
            ("control_mode", "Control Mode", _CONTROL_MODES),
            ("hr_option", "Hires-Fix Option", _HIRES_OPTIONS),
        )
        fields = {}
        for name, label, choices in rows:
            value = _of(self._unit, name, choices[1 if name == "resize_mode" else 0])
            value = _RESIZE_ALIASES.get(value, value) if isinstance(value, str) else value
            at = self._read.index(f"{self._label}, {label}", value, choices)
            fields[name] = choices[at]
        return fields

    def _picture(self, value: Any, what: str) -> Picture:
        image = as_image(value)
        if image is None:
            self._refuse(f"its {what} cannot be read: load it again")
            image = Image.new("L", (1, 1))
        return Picture(image, f"{what} of {self._label}")

    def _pictures(self) -> dict[str, Picture]:
        if _of(self._unit, "input_mode", "simple") != "simple":
            self._refuse(
                "batch folders and several pictures cannot be queued: "
                'use "Single Image", and queue each as a job of its own'
            )
            return {}
        preview, image = _of(self._unit, "generated_image"), _of(self._unit, "image")
        drawing = _drawing(_of(self._unit, "image_fg"))
        if self._uses_preview and preview is not None:
            return {"image": self._picture(preview, "preview"), **self._mask(drawing)}
        if image is None:
            # The input picture itself, with its mask and its resize mode.
            if not self._has_input:
                self._refuse("it has no picture: load one, or switch the unit off")
            return {}
        if _brightest(image) > _DARK_MAX:
            return {"image": self._picture(image, "image"), **self._mask(drawing)}
        if drawing is not None:
            scribble = drawing.convert("RGB")
            return {"image": self._picture(scribble, "drawing"), **self._mask(drawing)}
        if as_image(image) is None or _of(self._unit, "image_fg") is None:
            self._refuse("its picture is empty: draw something or load one, or switch the unit off")
            return {}
        # Forge's page works with an empty canvas as with white paper; its API fails at one.
        return {"image": self._picture(_on_white(image), "image"), **self._mask(None)}

    def _mask(self, drawing: Image.Image | None) -> dict[str, Picture]:
        """The first that holds something of: the drawing on the mask, the mask, the drawing."""
        uploaded = _of(self._unit, "mask_image")
        drawn = _drawing(_of(self._unit, "mask_image_fg"))
        if drawn is None and _brightest(uploaded) > _EMPTY_MAX:
            return {"mask_image": self._picture(uploaded, "mask")}
        mask = drawn or drawing
        return {"mask_image": self._picture(mask, "mask")} if mask else {}


def read_units(read: Reader, values: tuple[Any, ...], has_input: bool) -> list[dict[str, Any]]:
    """ControlNet's arguments: units in their places, none behind the last that is switched on.

    `has_input`: img2img, whose picture a unit without one takes.
    """
    units = [
        _Unit(read, unit, at, has_input).fields()
        if unit is not None and _of(unit, "enabled", False)
        else {"enabled": False}
        for at, unit in enumerate(values)
    ]
    while units and not units[-1]["enabled"]:
        units.pop()
    return units

"""The scripts of the recorded Forge, each building its own part of the recorded layout."""

from __future__ import annotations

from typing import Any

from modules import scripts
from modules.infotext_utils import PasteField
from recorded import fixture

# The API tells script titles in lower case only; these are the titles as Forge's sources have them.
_TITLES = (
    "ControlNet",
    "DynamicThresholding (CFG-Fix) Integrated",
    "Extra options",
    "FreeU Integrated (SD 1.x, SD 2.x, SDXL)",
    "Img2img alternative test",
    "img2img alternative test",
    "Kohya HRFix Integrated",
    "LatentModifier Integrated",
    "Loopback",
    "MultiDiffusion Integrated",
    "Never OOM Integrated",
    "Outpainting mk2",
    "PerturbedAttentionGuidance Integrated",
    "Poor man's outpainting",
    "Prompt matrix",
    "Prompts from file or textbox",
    "Refiner",
    "SD upscale",
    "Sampler",
    "Seed",
    "SelfAttentionGuidance Integrated (SD 1.x, SD 2.x, SDXL)",
    "Soft Inpainting",
    "StyleAlign Integrated",
    "X/Y/Z plot",
)
_TITLE_OF = {title.lower(): title for title in _TITLES}

# Top-level names of the API behind the page-only scripts. Forge has the two of seed resize swapped.
_PASTE = {
    "sampler": [("Steps", "steps"), ("Sampler", "sampler_name"), ("Schedule type", "scheduler")],
    "seed": [
        ("Seed", "seed"),
        (lambda d: "Variation seed" in d or "Seed resize from-1" in d, None),
        ("Variation seed", "subseed"),
        ("Variation seed strength", "subseed_strength"),
        ("Seed resize from-1", "seed_resize_from_h"),
        ("Seed resize from-2", "seed_resize_from_w"),
    ],
    "refiner": [
        (lambda d: "Refiner" in d, None),
        ("Refiner", "refiner_checkpoint"),
        ("Refiner switch at", "refiner_switch_at"),
    ],
}


class _Recorded:
    """What every recorded script has: its name, and where it was seen."""

    recorded_name = ""
    shown: dict[bool, bool]

    def title(self) -> str:
        return _TITLE_OF[self.recorded_name]

    def show(self, is_img2img: bool) -> Any:
        if is_img2img not in self.shown:
            return False
        return scripts.AlwaysVisible if self.shown[is_img2img] else True

    def ui(self, is_img2img: bool) -> Any:
        """Builds the recorded part; the tree gives `nodes` and itself before."""
        inputs = self.inputs_of(is_img2img)
        if not inputs:
            return []
        if getattr(self, "tree", None) is None:
            return self.build_alone(is_img2img)
        from recorded.tree import built

        for node in self.nodes:
            self.tree.build(node)
        controls = [built[component] for component in inputs]
        paste = _PASTE.get(self.recorded_name)
        if paste:
            self.infotext_fields = [
                PasteField(control, target, api=api)
                for control, (target, api) in zip(controls, paste, strict=True)
            ]
        return controls

    def inputs_of(self, is_img2img: bool) -> tuple[int, ...]:
        """The recorded components of the arguments."""
        ranges = fixture.script_ranges("img2img" if is_img2img else "txt2img")
        return next(r.inputs for r in ranges if r.name == self.recorded_name)

    def build_alone(self, is_img2img: bool) -> list[Any]:
        """The arguments alone, as the API's second look at a script builds them."""
        from recorded import component

        records = fixture.components()
        return [component.make(records[i]) for i in self.inputs_of(is_img2img)]


def classes() -> list[type[scripts.Script]]:
    """One class for each recorded script, the selectable first."""
    shown: dict[str, dict[bool, bool]] = {}
    for tab in fixture.TABS:
        for r in fixture.script_ranges(tab):
            shown.setdefault(r.name, {})[tab == "img2img"] = r.is_alwayson
    made = []
    for name, tabs in sorted(shown.items(), key=lambda item: any(item[1].values())):
        base = scripts.ScriptBuiltinUI if name in _PASTE else scripts.Script
        members = {"recorded_name": name, "shown": tabs}
        made.append(type("RecordedScript", (_Recorded, base), members))
    return made

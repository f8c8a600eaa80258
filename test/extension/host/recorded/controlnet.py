"""A ControlNet unit, and the order of the inputs from which Forge builds one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class InputMode(Enum):
    """Where a unit's pictures come from."""

    SIMPLE = "simple"
    BATCH = "batch"
    MERGE = "merge"


@dataclass
class ControlNetUnit:
    """One unit; its fields stand in the order of the builder's inputs."""

    input_mode: InputMode = InputMode.SIMPLE
    use_preview_as_input: bool = False
    batch_image_dir: str = ""
    batch_mask_dir: str = ""
    batch_input_gallery: list[str] | None = None
    batch_mask_gallery: list[str] | None = None
    generated_image: Any = None
    mask_image: Any = None
    mask_image_fg: Any = None
    hr_option: str = "Both"
    enabled: bool = True
    module: str = "None"
    model: str = "None"
    weight: float = 1.0
    image: Any = None
    image_fg: Any = None
    resize_mode: str = "Crop and Resize"
    processor_res: int = -1
    threshold_a: float = -1
    threshold_b: float = -1
    guidance_start: float = 0.0
    guidance_end: float = 1.0
    pixel_perfect: bool = False
    control_mode: str = "Balanced"
    save_detected_map: bool = True

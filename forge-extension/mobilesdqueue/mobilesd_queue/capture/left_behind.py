"""Options of Forge that change a picture and that no job can carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .reading import Reader, shown


@dataclass(frozen=True)
class LeftBehind:
    """One option by its label on Forge's settings page, and what it does to a picture.

    `instead` is what to do where a job is refused because of it; None where the box that draws the
    picture takes its own, which the README tells.
    """

    label: str
    effect: str
    instead: str | None = None


# A change on one box, or another box, makes another picture. Refused is what names a part of the
# picture that a prompt can name as well; the rest is how a box is set up for its memory and taste.
LEFT_BEHIND: Mapping[str, LeftBehind] = {
    # extensions-builtin/sd_forge_lora/extra_networks_lora.py
    "sd_lora": LeftBehind(
        "Add network to prompt",
        "puts a LoRA behind every prompt",
        "set it to None and call the LoRA in the prompt, like <lora:name:1>",
    ),
    # modules/images.py `resize_image`
    "upscaler_for_img2img": LeftBehind("Upscaler for img2img", "enlarges the input picture"),
    # modules/processing_scripts/comments.py
    "enable_prompt_comments": LeftBehind("Enable comments", "takes # in a prompt as a remark"),
    # modules/esrgan_model.py, realesrgan_model.py, hat_model.py, dat_model.py
    "ESRGAN_tile": LeftBehind("Tile size for ESRGAN upscalers", "cuts what is upscaled"),
    "ESRGAN_tile_overlap": LeftBehind("Tile overlap for ESRGAN upscalers", "joins the cuts"),
    "DAT_tile": LeftBehind("Tile size for DAT upscalers", "cuts what is upscaled"),
    "DAT_tile_overlap": LeftBehind("Tile overlap for DAT upscalers", "joins the cuts"),
    # extensions-builtin/SwinIR, extensions-builtin/ScuNET
    "SWIN_tile": LeftBehind("Tile size for all SwinIR", "cuts what is upscaled"),
    "SWIN_tile_overlap": LeftBehind("Tile overlap for SwinIR", "joins the cuts"),
    "SCUNET_tile": LeftBehind("Tile size for SCUNET upscalers", "cuts what is upscaled"),
    "SCUNET_tile_overlap": LeftBehind("Tile overlap for SCUNET upscalers", "joins the cuts"),
    # modules/rng.py: ComfyUI and DrawThings draw the noise on the processor.
    "forge_try_reproduce": LeftBehind(
        "Try to reproduce the results from external software", "makes the noise elsewhere"
    ),
    # backend/diffusion_engine/sd35.py
    "sd3_enable_t5": LeftBehind("Enable T5", "gives Stable Diffusion 3.5 a third text encoder"),
}

# Those that are looked up at a click, as a job is refused for them.
REFUSED: tuple[str, ...] = tuple(name for name, one in LEFT_BEHIND.items() if one.instead)


def refuse_left_behind(read: Reader, options: Mapping[str, Any]) -> None:
    """A reason for each option that differs from Forge's default and must not get lost."""
    for name in REFUSED:
        one, value = LEFT_BEHIND[name], options.get(name)
        if value not in (None, "", "None"):
            read.refuse(
                f'Forge\'s setting "{one.label}" is {shown(value)} and cannot be queued: '
                f"{one.instead}."
            )

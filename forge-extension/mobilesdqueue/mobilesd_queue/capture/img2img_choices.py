"""Lists of the img2img tab as Forge's page names them (modules/ui.py)."""

from __future__ import annotations

RESIZE_MODES = (
    "Just resize",
    "Crop and resize",
    "Resize and fill",
    "Just resize (latent upscale)",
)
FILLS = ("fill", "original", "latent noise", "latent nothing")
MASK_MODES = ("Inpaint masked", "Inpaint not masked")
AREAS = ("Whole picture", "Only masked")

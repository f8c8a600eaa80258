"""The input of the img2img tab, made of the page as in modules/img2img.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageFilter, ImageOps

from .img2img_choices import AREAS, FILLS, MASK_MODES, RESIZE_MODES
from .limits import CFG_SCALE_MAX, SIDE_PIXELS_MAX, SIDE_PIXELS_MIN, SIDE_PIXELS_MULTIPLE
from .options import FIELD_OPTIONS
from .picture import Picture
from .reading import Reader
from .values import as_image

_BATCH = 5
_TABS = ("img2img", "Sketch", "Inpaint", "Inpaint sketch", "Inpaint upload", "Batch")

# The tag of EXIF that says how a camera was held.
_ORIENTATION = 0x0112

# Brightness from which a mask counts as painted once Forge has rounded it.
_PAINTED_MIN = 128


@dataclass(frozen=True)
class Input:
    """What a tab hands to Forge: the picture, and the mask in grey where the tab has one."""

    image: Image.Image
    mask: Image.Image | None


def _fixed(image: Image.Image) -> Image.Image:
    """As it is seen: its orientation applied, transparency of a palette made a channel."""
    # Without an orientation it would only be copied.
    if image.getexif().get(_ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image) or image
    if image.mode in ("RGB", "P") and isinstance(image.info.get("transparency"), bytes):
        return image.convert("RGBA")
    return image


def _picture(values: Mapping[str, Any], name: str) -> Image.Image | None:
    value = values.get(name)
    return as_image(_fixed(value) if isinstance(value, Image.Image) else value)


def _composite(image: Image.Image, drawing: Image.Image | None) -> Image.Image:
    return Image.alpha_composite(image.convert("RGBA"), drawing) if drawing else image


def _threshold(mask: Image.Image) -> Image.Image:
    return mask.point(lambda value: 255 if value > 128 else 0)


def _drawn_mask(drawing: Image.Image | None, image: Image.Image, is_wide: bool) -> Image.Image:
    """Where something is drawn; an inpaint sketch is widened by 1.5 % of the shorter side."""
    if drawing is None:
        return Image.new("L", image.size, 0)
    mask = drawing.getchannel("A")
    if is_wide:
        mask = mask.filter(ImageFilter.MaxFilter(int(0.015 * min(mask.size)) * 2 + 1))
    return _threshold(mask)


def _uploaded_mask(mask: Image.Image) -> Image.Image:
    """In grey, as Forge reads it: by transparency where there is any, else by brightness."""
    mask = _threshold(mask)
    if mask.mode == "RGBA" and mask.getextrema()[-1] != (255, 255):
        return mask.getchannel("A")
    return mask.convert("L")


def _drawn_input(
    values: Mapping[str, Any], mode: int, background: str, foreground: str
) -> Input | None:
    """Input of a tab with a canvas, its drawing in the layer `foreground`."""
    image, drawing = _picture(values, background), _picture(values, foreground)
    if image is None:
        return None
    if mode == 2:
        return Input(image, _drawn_mask(drawing, image, is_wide=False))
    mask = _drawn_mask(drawing, image, is_wide=True) if mode == 3 else None
    return Input(_composite(image, drawing), mask)


def _input_of(values: Mapping[str, Any], mode: int) -> Input | None:
    if mode == 1:
        return _drawn_input(values, mode, "sketch", "sketch_fg")
    if mode == 2:
        return _drawn_input(values, mode, "init_img_with_mask", "init_img_with_mask_fg")
    if mode == 3:
        return _drawn_input(values, mode, "inpaint_color_sketch", "inpaint_color_sketch_fg")
    image = _picture(values, "init_img" if mode == 0 else "init_img_inpaint")
    if image is None:
        return None
    mask = _picture(values, "init_mask_inpaint") if mode == 4 else None
    return Input(image, _uploaded_mask(mask) if mask else None)


def read_input(read: Reader, values: Mapping[str, Any]) -> Input | None:
    """Picture and mask of the chosen tab of img2img. None, with a reason, where there is none."""
    mode = read.index("The img2img tab", values.get("mode"), _TABS)
    if mode == _BATCH:
        read.refuse(
            "Batch folders cannot be queued: choose another tab of img2img, "
            "and queue each picture as a job of its own."
        )
        return None
    try:
        found = _input_of(values, mode)
    except ValueError:
        read.refuse(
            f'The drawing in the tab "{_TABS[mode]}" does not fit its picture: '
            "remove the picture, load it again and draw anew."
        )
        return None
    if found is None:
        read.refuse(f'There is no picture in the tab "{_TABS[mode]}" of img2img: load one first.')
    return found


def read_size(read: Reader, values: Mapping[str, Any], found: Input | None) -> tuple[int, int]:
    """Width and height: from the page, or from the picture where it is resized by a factor."""
    if values.get("selected_scale_tab") == 1 and found:
        scale = read.number('"Scale" of "Resize by"', values.get("scale_by"), 0.01, 100)
        sides = [int(side * scale) for side in found.image.size]
        width, height = (side - side % SIDE_PIXELS_MULTIPLE for side in sides)
        if min(width, height) >= SIDE_PIXELS_MIN and max(width, height) <= SIDE_PIXELS_MAX:
            return width, height
        read.refuse(
            f'"Resize by" {scale:g} makes a picture of {width}x{height}: change it, so that '
            f"each side has {SIDE_PIXELS_MIN} to {SIDE_PIXELS_MAX} pixels."
        )
        return SIDE_PIXELS_MIN, SIDE_PIXELS_MIN
    bounds = (SIDE_PIXELS_MIN, SIDE_PIXELS_MAX, SIDE_PIXELS_MULTIPLE)
    if values.get("selected_scale_tab") == 1:
        return SIDE_PIXELS_MIN, SIDE_PIXELS_MIN
    width = read.whole("Width", values.get("width"), *bounds)
    return width, read.whole("Height", values.get("height"), *bounds)


def _check_mask(read: Reader, found: Input, mask: Image.Image, fields: Mapping[str, Any]) -> None:
    darkest, brightest = mask.getextrema()
    is_inverted = fields["inpainting_mask_invert"] == 1
    if is_inverted and darkest >= _PAINTED_MIN:
        read.refuse(
            'The mask covers the whole picture and "Mask mode" is "Inpaint not masked": '
            "nothing would be repainted. Leave something unpainted."
        )
    if not is_inverted and brightest < _PAINTED_MIN:
        read.refuse(
            "The mask is empty, so nothing would be repainted: paint over what is to change, "
            'or use the tab "img2img".'
        )
    if fields["inpaint_full_res"] and mask.size != found.image.size:
        read.refuse(
            f"The mask has {mask.width}x{mask.height} pixels, the picture "
            f'{found.image.width}x{found.image.height}: for "Only masked" both need the same size.'
        )


def _mask_fields(read: Reader, values: Mapping[str, Any], found: Input) -> dict[str, Any]:
    mask = found.mask
    if mask is None:
        return {}
    padding = values.get("inpaint_full_res_padding")
    area = read.index("Inpaint area", values.get("inpaint_full_res"), AREAS)
    fields = {
        "mask": Picture(mask, "mask"),
        "mask_blur": read.whole("Mask blur", values.get("mask_blur"), 0, 64),
        "inpainting_fill": read.index("Masked content", values.get("inpainting_fill"), FILLS),
        "inpaint_full_res": area == 1,
        "inpaint_full_res_padding": read.whole("Only masked padding, pixels", padding, 0, 256),
        "inpainting_mask_invert": read.index(
            "Mask mode", values.get("inpainting_mask_invert"), MASK_MODES
        ),
    }
    _check_mask(read, found, mask, fields)
    return fields


def img2img_fields(
    read: Reader, values: Mapping[str, Any], found: Input | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """The `img2img` part of a job; empty where `read_input` found no picture."""
    if found is None:
        return {}
    denoising = values.get("denoising_strength")
    fields = {
        "init_image": Picture(found.image, "init image"),
        "denoising_strength": read.number("Denoising strength", denoising, 0, 1),
        "resize_mode": read.index("Resize mode", values.get("resize_mode"), RESIZE_MODES),
        **_mask_fields(read, values, found),
    }
    if values.get("image_cfg_scale") is not None:
        scale = values["image_cfg_scale"]
        fields["image_cfg_scale"] = read.number("Image CFG Scale", scale, 0, CFG_SCALE_MAX)
    noise = "initial_noise_multiplier"
    if noise in options:
        fields[noise] = read.option(FIELD_OPTIONS[noise], options[noise])
    return {"img2img": fields}

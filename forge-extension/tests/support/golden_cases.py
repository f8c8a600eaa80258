"""The screens whose jobs both sides of the queue agree on (test/golden/capture)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from mobilesd_queue import __version__
from mobilesd_queue.capture.job import generation_params
from mobilesd_queue.capture.picture import Picture, replace_pictures
from mobilesd_queue.capture.screen import Screen
from support.screens import (
    adetailer,
    alwayson,
    as_array,
    colour,
    controlnet,
    detailer_unit,
    drawing,
    freeu,
    img2img,
    refiner,
    sampler,
    seed,
    txt2img,
    unit,
    upscale_script,
)

PHOTO = colour(512, 384, (120, 90, 60, 255))
LAYER = drawing(512, 384, (100, 100, 300, 300))
CANNY = unit(
    enabled=True,
    module="canny",
    model="control_v11p_sd15_canny [d14c016b]",
    image=as_array(PHOTO),
    image_fg=as_array(LAYER),
    processor_res=512,
    threshold_a=100,
    threshold_b=200,
)
SCRIBBLE = unit(
    enabled=True,
    module="scribble_pidinet",
    model="control_v11p_sd15_scribble [d4ba51ff]",
    image=as_array(drawing(512, 512, None)),
    image_fg=as_array(drawing(512, 512, (10, 10, 500, 40))),
)
REFERENCE = unit(enabled=True, module="reference_only", image=as_array(PHOTO), threshold_a=0.5)
THRESHOLDING = "DynamicThresholding (CFG-Fix) Integrated"


def _dynamic_thresholding() -> Any:
    values = (True, 7.0, 1.0, "Constant", 0.0, "Constant", 0.0, 4.0, "enable", "MEAN", "AD", 1.0)
    labels = [
        "Enabled",
        "Mimic Scale",
        "Threshold Percentile",
        "Mimic Mode",
        "Mimic Scale Min",
        "Cfg Mode",
        "Cfg Scale Min",
        "Sched Val",
        "Separate Feature Channels",
        "Scaling Startpoint",
        "Variability Measure",
        "Interpolate Phi",
    ]
    return alwayson(THRESHOLDING, values, (False, *values[1:]), labels=labels)


def _inpaint(**changes: Any) -> Screen:
    tab = {"mode": 2, "init_img_with_mask": PHOTO, "init_img_with_mask_fg": LAYER}
    return img2img(**{**tab, **changes})


CASES: Mapping[str, Callable[[], Screen]] = {
    "plain": txt2img,
    "batches": lambda: txt2img(n_iter=2, batch_size=4, cfg_scale=1, distilled_cfg_scale=2.2),
    "hires": lambda: txt2img(
        enable_hr=True,
        hr_scale=1.5,
        hr_sampler_name="DPM++ 2M",
        hr_scheduler="Karras",
        hr_checkpoint_name="other [0123456789]",
        hr_additional_modules=["ae.safetensors"],
        hr_second_pass_steps=12,
        hr_prompt="sharp <lora:detail:0.6>",
        hr_negative_prompt="soft",
        hr_cfg=4,
    ),
    "hires-one-side": lambda: txt2img(enable_hr=True, hr_resize_x=1024, hr_upscaler="Lanczos"),
    "hires-both-sides": lambda: txt2img(
        enable_hr=True, hr_resize_x=1024, hr_resize_y=1024, hr_additional_modules=[]
    ),
    "refiner": lambda: txt2img(refiner(True, "sd_xl_refiner_1.0 [7440042bbd]", 0.8)),
    "styles": lambda: txt2img(prompt_styles=["Oil painting", "Dark"]),
    "lora": lambda: txt2img(prompt="a cat <lora:fur:0.8> <lora:eyes:te=0.5:unet=1>\n# a note"),
    "seed-extras": lambda: txt2img(seed(4_294_967_295, True, 7, 0.35, 256, 640)),
    "overrides": lambda: txt2img(
        overrides={
            "sd_model_checkpoint": "anything-v5 [a1535d0a42]",
            "CLIP_stop_at_last_layers": 2,
            "eta_noise_seed_delta": 31337,
            "tiling": True,
        }
    ),
    "host-options": lambda: txt2img(
        host={
            "clip_skip": 2,
            "options": {
                "randn_source": "CPU",
                "emphasis": "No norm",
                "forge_unet_storage_dtype": "float8-e4m3fn (fp16 LoRA)",
                "img2img_background_color": "#102030",
                "face_restoration": True,
                "eta_ancestral": 0.67,
                "s_churn": 3.5,
                "s_tmin": 0.1,
                "s_tmax": 900.0,
                "s_noise": 1.003,
                "s_min_uncond": 1.5,
            },
        }
    ),
    "modules": lambda: txt2img(
        sampler(20, "Euler", "Simple"),
        host={
            "checkpoint": "Flux/flux1-dev-bnb-nf4.safetensors",
            "modules": (
                "/models/VAE/ae.safetensors",
                "/models/text_encoder/t5xxl_fp16.safetensors",
            ),
        },
    ),
    "img2img": lambda: img2img(
        init_img=PHOTO,
        denoising_strength=0.4,
        resize_mode=1,
        host={"options": {"initial_noise_multiplier": 0.95}},
    ),
    "img2img-resize-by": lambda: img2img(
        init_img=PHOTO, selected_scale_tab=1, scale_by=1.5, resize_mode=3
    ),
    "sketch": lambda: img2img(mode=1, sketch=PHOTO, sketch_fg=LAYER, resize_mode=2),
    "inpaint": _inpaint,
    "inpaint-only-masked": lambda: _inpaint(
        inpaint_full_res=1, inpaint_full_res_padding=64, inpainting_fill=2, mask_blur=8
    ),
    "inpaint-inverted": lambda: _inpaint(inpainting_mask_invert=1, inpainting_fill=0),
    "inpaint-sketch": lambda: img2img(
        mode=3, inpaint_color_sketch=PHOTO, inpaint_color_sketch_fg=LAYER
    ),
    "inpaint-upload": lambda: img2img(
        mode=4,
        init_img_inpaint=PHOTO.convert("RGB"),
        init_mask_inpaint=_uploaded_mask(),
    ),
    "controlnet": lambda: txt2img(controlnet(CANNY, unit(), REFERENCE, unit())),
    "controlnet-scribble": lambda: txt2img(controlnet(SCRIBBLE)),
    "controlnet-of-the-input": lambda: img2img(
        controlnet(unit(enabled=True, module="reference_only")), init_img=PHOTO
    ),
    "adetailer": lambda: txt2img(
        adetailer(True, detailer_unit(ad_model="face_yolov8n.pt"), detailer_unit())
    ),
    "script": lambda: img2img(selected=upscale_script(), init_img=PHOTO),
    "alwayson-scripts": lambda: txt2img(freeu(on=True), _dynamic_thresholding()),
}


def _uploaded_mask() -> Any:
    """An uploaded mask: a white box on black."""
    mask = colour(512, 384, (0, 0, 0, 255))
    mask.paste((255, 255, 255, 255), (200, 100, 300, 200))
    return mask


def _upload_of(picture: Picture) -> dict[str, str]:
    """An upload that changes with the very pixels."""
    image = picture.image
    pixels = repr((image.mode, image.size)).encode() + image.tobytes()
    return {"upload_id": f"upl_{hashlib.sha256(pixels).hexdigest()[:22]}"}


def message_of(screen: Screen) -> dict[str, Any]:
    """The whole message to the queue for a screen."""
    return {
        "app_type": "forge",
        "target_server_alias": "MyForgeServer",
        "priority": 5,
        "generation_params": replace_pictures(generation_params(screen), _upload_of),
        "source_info": f"forge-extension/{__version__}",
    }

"""The settings of a pending job as Forge's paste reads them (forge-reference 1.15)."""

import pytest

from mobilesd_queue.capture.infotext import infotext_of, not_in_infotext
from mobilesd_queue.capture.picture import replace_pictures
from mobilesd_queue.capture.screen import HostState
from support.forge_paste import pasted
from support.screens import (
    as_array,
    colour,
    controlnet,
    drawing,
    freeu,
    img2img,
    refiner,
    sampler,
    seed,
    txt2img,
    unit,
)

UPLOAD = {"upload_id": "upl_" + "a" * 22}
UNIT = {
    "enabled": True,
    "module": "canny",
    "model": "control_canny [0123abcd]",
    "image": as_array(colour(8, 8, (9, 9, 9, 255))),
    "processor_res": 512,
}


def stored(params_of, screen):
    return replace_pictures(params_of(screen), lambda _: UPLOAD)


def test_a_plain_job_comes_back_word_for_word(params_of):
    job = stored(params_of, txt2img(sampler(30, "DPM++ 2M", "Karras"), seed(42)))
    assert infotext_of(job) == (
        "a lighthouse at dusk\n"
        "Negative prompt: fog\n"
        "Steps: 30, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, "
        "Distilled CFG Scale: 3.5, Seed: 42, Size: 512x768, Batch size: 1, "
        "Model: cyberrealisticPony_v8"
    )


EXTRAS = seed(1, True, 2, 0.25, 256, 512)
WHOLE = {
    "mode": 2,
    "init_img_with_mask": colour(64, 64, (1, 2, 3, 255)),
    "init_img_with_mask_fg": drawing(64, 64, (0, 0, 9, 9)),
}
TEXT = 'two\nlines, a "quote": and more'


@pytest.mark.parametrize(
    ("screen", "expected"),
    [
        (txt2img(prompt=TEXT), {"Prompt": TEXT}),
        (txt2img(prompt="", negative_prompt=""), {"Prompt": "", "Negative prompt": ""}),
        (txt2img(seed(-1)), {"Seed": "-1"}),
        (
            txt2img(EXTRAS),
            {
                "Variation seed": "2",
                "Variation seed strength": "0.25",
                "Seed resize from-1": "256",
                "Seed resize from-2": "512",
            },
        ),
        (
            txt2img(refiner(True, "xl [0123456789]", 0.6)),
            {"Refiner": "xl [0123456789]", "Refiner switch at": "0.6"},
        ),
        (
            txt2img(host={"clip_skip": 2, "modules": ("ae.safetensors", "t5.gguf")}),
            {"Clip skip": "2", "Module 1": "ae", "Module 2": "t5"},
        ),
        (
            txt2img(
                host={"options": {"randn_source": "CPU", "tiling": True, "eta_ancestral": 0.5}}
            ),
            {"RNG": "CPU", "Tiling": "True", "Eta": "0.5"},
        ),
        (
            txt2img(sampler(name="DDIM"), host={"options": {"eta_ddim": 0.5}}),
            {"Eta DDIM": "0.5"},
        ),
        (
            txt2img(enable_hr=True, hr_scale=1.5, hr_prompt=TEXT, hr_sampler_name="Euler"),
            {
                "Denoising strength": "0.7",
                "Hires upscale": "1.5",
                "Hires upscaler": "Latent",
                "Hires steps": "0",
                "Hires sampler": "Euler",
                "Hires prompt": TEXT,
                "Hires CFG Scale": "7",
                "Hires Distilled CFG Scale": "3.5",
            },
        ),
        (txt2img(enable_hr=True, hr_prompt='"x"'), {"Hires prompt": '"x"'}),
        (txt2img(enable_hr=True, hr_prompt=" x: y"), {"Hires prompt": " x: y"}),
        (
            txt2img(enable_hr=True, hr_resize_y=1024, hr_additional_modules=[]),
            {"Hires resize-1": "0", "Hires resize-2": "1024", "Hires Module 1": "Built-in"},
        ),
        (
            txt2img(enable_hr=True, hr_additional_modules=["a.pt"], hr_checkpoint_name="b.ckpt"),
            {"Hires Module 1": "a", "Hires checkpoint": "b"},
        ),
        (
            img2img(
                **WHOLE,
                inpaint_full_res=1,
                inpaint_full_res_padding=8,
                inpainting_fill=0,
                inpainting_mask_invert=1,
                mask_blur=2,
                denoising_strength=0.5,
            ),
            {
                "Denoising strength": "0.5",
                "Mask blur": "2",
                "Masked content": "fill",
                "Inpaint area": "Only masked",
                "Masked area padding": "8",
                "Mask mode": "Inpaint not masked",
                "Image CFG scale": "1.5",
            },
        ),
        (
            img2img(
                init_img=colour(8, 8, (1, 2, 3)),
                host={"options": {"initial_noise_multiplier": 0.9}},
            ),
            {"Noise multiplier": "0.9"},
        ),
        (
            txt2img(controlnet(unit(), unit(**UNIT))),
            {
                "ControlNet 1": "Module: canny, Model: control_canny [0123abcd], Weight: 1.0, "
                "Resize Mode: Crop and Resize, Processor Res: 512, Guidance Start: 0.0, "
                "Guidance End: 1.0, Pixel Perfect: False, Control Mode: Balanced, Hr Option: Both"
            },
        ),
    ],
)
def test_what_a_paste_finds(params_of, screen, expected):
    found = pasted(infotext_of(stored(params_of, screen)))
    assert {key: found.get(key) for key in expected} == expected


def test_hires_fix_is_not_switched_on_by_a_job_without_it(params_of):
    # Forge takes "Denoising strength" in txt2img for its sign.
    assert "Denoising strength" not in pasted(infotext_of(stored(params_of, txt2img())))


@pytest.mark.parametrize(
    ("job", "steps", "scheduler"),
    [
        ({}, "20", "Automatic"),
        ({"scheduler_or_quality_preset": "Quality"}, "32", "Automatic"),
        ({"scheduler_or_quality_preset": "Karras"}, "20", "Karras"),
        ({"scheduler": "Simple", "steps": 4}, "4", "Simple"),
    ],
)
def test_a_job_from_elsewhere_comes_back_with_the_queues_defaults(job, steps, scheduler):
    text = infotext_of({"positive_prompt": "x", "checkpoint_name": "m.safetensors", **job})
    assert (pasted(text)["Steps"], pasted(text)["Schedule type"]) == (steps, scheduler)


STAYS = "Styles, scripts and ControlNet units that are on stay on: switch off what is not wanted."


def test_a_plain_job_loses_only_what_forge_does_not_paste(params_of):
    host = {"options": {"forge_unet_storage_dtype": "Automatic"}}
    other = HostState(checkpoint="other.safetensors", modules=("ae.pt",), clip_skip=1)
    assert not_in_infotext(stored(params_of, txt2img(host=host)), other) == [
        "the checkpoint: choose cyberrealisticPony_v8 at the top",
        "VAE / Text Encoder: choose none at the top",
        "Diffusion in Low Bits: choose Automatic at the top",
        "Batch count: set it to 1",
        STAYS,
    ]


def test_what_is_chosen_as_the_job_has_it_is_not_asked_for(params_of):
    options = {"forge_unet_storage_dtype": "Automatic"}
    params = stored(params_of, txt2img(host={"options": options}))
    same = HostState(params["checkpoint_name"], (), 1, options)
    assert not_in_infotext(params, same) == ["Batch count: set it to 1", STAYS]


def test_what_does_not_come_back_is_told_by_name(params_of):
    screen = img2img(
        controlnet(unit(**{**UNIT, "model": "a, b"})),
        freeu(on=True),
        **WHOLE,
        resize_mode=1,
        n_iter=2,
        prompt_styles=["Oil", "Dark"],
        selected=freeu(on=True),
        host={"modules": ("ae.pt",), "options": {"upcast_attn": True, "emphasis": "None"}},
    )
    title = "FreeU Integrated (SD 1.x, SD 2.x, SDXL)"
    assert not_in_infotext(stored(params_of, screen), HostState(None, (), 1)) == [
        "the checkpoint: choose cyberrealisticPony_v8 at the top",
        "VAE / Text Encoder: choose ae at the top",
        "Batch count: set it to 2",
        "styles Oil, Dark",
        "the input picture and its mask",
        "Resize mode: choose Crop and resize",
        f"the script {title}",
        "ControlNet's pictures",
        title,
        "ControlNet Unit 0",
        "the setting Upcast cross attention layer to float32",
        STAYS,
    ]

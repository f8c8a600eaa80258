"""Hires fix (forge-reference 4.2, 10 to 24)."""

import pytest

from support.screens import txt2img

PLAIN = {
    "scale": 2.0,
    "upscaler": "Latent",
    "steps": 0,
    "denoising_strength": 0.7,
    "cfg_scale": 7.0,
    "distilled_cfg_scale": 3.5,
}


def test_hires_fix_that_is_off_leaves_nothing(params_of):
    assert "hires" not in params_of(txt2img(hr_prompt="x", hr_scale=99))


def test_what_means_the_first_passs_is_left_out(params_of):
    assert params_of(txt2img(enable_hr=True))["hires"] == PLAIN


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"denoising_strength": 0.4}, {"denoising_strength": 0.4}),
        ({"hr_scale": 1.5}, {"scale": 1.5}),
        ({"hr_upscaler": "R-ESRGAN 4x+"}, {"upscaler": "R-ESRGAN 4x+"}),
        ({"hr_second_pass_steps": 12}, {"steps": 12}),
        ({"hr_checkpoint_name": "b [0123456789]"}, {"checkpoint_name": "b [0123456789]"}),
        ({"hr_additional_modules": ["ae.safetensors"]}, {"modules": ["ae.safetensors"]}),
        ({"hr_additional_modules": []}, {"modules": []}),
        ({"hr_additional_modules": ["a", "Use same choices"]}, {}),
        ({"hr_additional_modules": None}, {}),
        ({"hr_sampler_name": "DPM++ 2M"}, {"sampler_name": "DPM++ 2M"}),
        ({"hr_sampler_name": None}, {}),
        ({"hr_scheduler": "Karras"}, {"scheduler": "Karras"}),
        ({"hr_prompt": "sharp"}, {"prompt": "sharp"}),
        ({"hr_negative_prompt": "soft"}, {"negative_prompt": "soft"}),
        ({"hr_cfg": 4}, {"cfg_scale": 4}),
        ({"hr_distilled_cfg": 2.5}, {"distilled_cfg_scale": 2.5}),
    ],
)
def test_each_input_of_hires_fix_fills_its_field(params_of, changes, expected):
    assert params_of(txt2img(enable_hr=True, **changes))["hires"] == {**PLAIN, **expected}


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (1024, 0, {"width": 1024}),
        (0, 1024, {"height": 1024}),
        (1024, 2048, {"width": 1024, "height": 2048}),
    ],
)
def test_a_size_takes_the_scales_place_and_a_side_of_0_is_none(params_of, x, y, expected):
    hires = params_of(txt2img(enable_hr=True, hr_resize_x=x, hr_resize_y=y))["hires"]
    sizes = ("scale", "width", "height")
    assert {name: hires[name] for name in sizes if name in hires} == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hr_scale": 4.5}, "Upscale by is 4.5: set it from 1 to 4."),
        ({"hr_second_pass_steps": 151}, "Hires steps is 151: set it from 0 to 150."),
        ({"hr_cfg": 200}, "Hires CFG Scale is 200: set it from 0 to 100."),
        ({"hr_distilled_cfg": 200}, "Hires Distilled CFG Scale is 200: set it from 0 to 100."),
        ({"denoising_strength": 1.2}, "Denoising strength is 1.2: set it from 0 to 1."),
        ({"hr_resize_x": 1001}, "Resize width to is 1001: set a multiple of 8 from 64 to 4096."),
        (
            {"hr_additional_modules": ["a"] * 9},
            "Hires VAE / Text Encoder has 9 entries: leave 8 at most.",
        ),
        (
            {"width": 2048, "height": 2048, "hr_scale": 4.0},
            "Hires. fix makes a picture of 8192x8192: change Upscale by, so that each side has 64 "
            "to 4096 pixels.",
        ),
        (
            {"width": 512, "height": 2048, "hr_resize_x": 2048},
            "Hires. fix makes a picture of 2048x8192: change Resize width to / height to, so that "
            "each side has 64 to 4096 pixels.",
        ),
        (
            {"hr_prompt": "<wildcard:x>"},
            "Hires prompt: Forge would cut <wildcard:x> out: leave it out, or its colon.",
        ),
    ],
)
def test_what_hires_fix_cannot_have_is_told(reasons_of, changes, reason):
    assert reason in reasons_of(txt2img(enable_hr=True, **changes))


def test_a_forge_without_cfg_for_hires_fix_leaves_it_out(params_of):
    screen = txt2img(enable_hr=True)
    del screen.values["hr_cfg"], screen.values["hr_distilled_cfg"]
    hires = params_of(screen)["hires"]
    assert "cfg_scale" not in hires
    assert "distilled_cfg_scale" not in hires
